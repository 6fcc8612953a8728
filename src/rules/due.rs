//! What the World waits for: since when, of whom, and how long at most. The one list of timers.

use super::limits;
use crate::model::{
    AppId, CallStatus, ChannelNumber, ChannelState, CustomerId, CustomerNumber, CustomerState,
    Direction, Lease, Message, MessageId, MessageStatus, OrgSettings, Reminder, SessionId,
    Timestamp, UssdSession, VoiceCall,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// A kind of waiting. Lengths come from the settings at the time of asking, so a changed setting
/// holds for what waits already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// For a report about an outbound message (events.md 4.1).
    Delivery,
    /// For the end of a messaging session (R-SESS-1).
    Session,
    /// For an app to answer a USSD prompt (R-HOOK-1).
    Prompt,
    /// For a USSD customer to type (events.md 4.6).
    Typing,
    /// For a ringing call to be picked up (events.md 4.2).
    Ringing,
    /// For a queued call to ring (events.md 4.2).
    Queued,
    /// To forget the first expired tag or secondary id (R-EXP-1).
    Entries,
    /// For an app to answer a voice prompt (R-HOOK-1).
    Plan,
    /// For a customer to answer an opt-in request (events.md 4.4).
    Consent,
    /// For a lease to end by itself (decision D-LEASE).
    Lease,
    /// For a reminder to fire.
    Reminder,
}

impl Wait {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Delivery,
        Self::Session,
        Self::Prompt,
        Self::Typing,
        Self::Ringing,
        Self::Queued,
        Self::Entries,
        Self::Plan,
        Self::Consent,
        Self::Lease,
        Self::Reminder,
    ];
    /// How long it lasts at most.
    pub fn length(self, settings: &OrgSettings) -> Duration {
        match self {
            Self::Delivery => settings.message_expiry,
            Self::Session | Self::Lease | Self::Reminder => Duration::ZERO,
            Self::Consent => limits::CONSENT_LAPSE,
            Self::Prompt | Self::Plan => settings.prompt_window,
            Self::Typing => settings.ussd_idle,
            Self::Ringing => limits::RINGING,
            Self::Queued => limits::QUEUED,
            Self::Entries => settings.expiry_grace,
        }
    }
}

/// What of a customer is waiting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An outbound message.
    Message(MessageId),
    /// The session of a pair of numbers.
    Pair(CustomerNumber, ChannelNumber),
    /// A USSD session or a call.
    Talk(SessionId),
    /// Tags and secondary ids.
    Entries,
    /// An opt-in request on a pair of numbers.
    Asked(CustomerNumber, ChannelNumber),
    /// The lease of a metadata value.
    Lease(String),
    /// A reminder, by app and key.
    Reminder(AppId, String),
}

/// One waiting: its kind and since when (for sessions, leases and reminders: until when).
pub type Since = Option<(Wait, Timestamp)>;

/// Everything that waits, by kind and age.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Due {
    all: BTreeSet<(Wait, Timestamp, CustomerId, Subject)>,
    /// How many there are of each kind that there are any of.
    counts: BTreeMap<Wait, usize>,
}

impl Due {
    /// Something of a customer changed what it waits for.
    pub fn change(&mut self, customer: &CustomerId, subject: &Subject, old: Since, new: Since) {
        if old == new {
            return;
        }
        if let Some((wait, since)) = old {
            self.remove(&(wait, since, customer.clone(), subject.clone()));
        }
        if let Some((wait, since)) = new
            && self.all.insert((wait, since, customer.clone(), subject.clone()))
        {
            *self.counts.entry(wait).or_default() += 1;
        }
    }
    /// These wait no more.
    pub fn forget(&mut self, others: &Self) {
        for waiting in &others.all {
            self.remove(waiting);
        }
    }
    fn remove(&mut self, waiting: &(Wait, Timestamp, CustomerId, Subject)) {
        if self.all.remove(waiting)
            && let Some(count) = self.counts.get_mut(&waiting.0)
        {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&waiting.0);
            }
        }
    }
    /// How many wait in this way.
    pub fn count(&self, wait: Wait) -> usize {
        self.counts.get(&wait).copied().unwrap_or_default()
    }
    /// When the first waiting is over.
    pub fn next(&self, settings: &OrgSettings) -> Option<Timestamp> {
        let first = |wait| self.of(wait).next().map(|(since, ..)| since);
        Wait::ALL
            .into_iter()
            .filter_map(|wait| Some(first(wait)?.after(wait.length(settings))))
            .min()
    }
    /// What is over at `now`, kind by kind, oldest first.
    pub fn over<'a>(
        &'a self,
        settings: &'a OrgSettings,
        now: Timestamp,
    ) -> impl Iterator<Item = (Wait, &'a CustomerId, &'a Subject)> {
        Wait::ALL.into_iter().flat_map(move |wait| {
            self.of(wait)
                .take_while(move |(since, ..)| since.after(wait.length(settings)) <= now)
                .map(move |(_, customer, subject)| (wait, customer, subject))
        })
    }
    /// The messages that a network has still to report on, oldest first.
    pub fn undelivered(&self) -> impl Iterator<Item = (&CustomerId, &MessageId)> {
        self.of(Wait::Delivery).filter_map(|(_, customer, subject)| {
            let Subject::Message(id) = subject else { return None };
            Some((customer, id))
        })
    }
    /// What waits in this way, the first to be over first.
    pub fn of(&self, wait: Wait) -> impl Iterator<Item = (Timestamp, &CustomerId, &Subject)> {
        let first =
            (wait, Timestamp::from_micros(i64::MIN), CustomerId::default(), Subject::Entries);
        // Whatever the subject of `first` is, nobody's id is empty: it sorts before all others.
        self.all
            .range(first..)
            .take_while(move |(kind, ..)| *kind == wait)
            .map(|(_, since, customer, subject)| (*since, customer, subject))
    }
}

/// What an outbound message waits for.
pub fn of_message(message: &Message) -> Since {
    (message.direction == Direction::Outbound && message.status == MessageStatus::Sent)
        .then_some((Wait::Delivery, message.created_at))
}

/// What a messaging session waits for.
pub fn of_pair(state: &ChannelState) -> Since {
    state.session.as_ref().map(|session| (Wait::Session, session.expires_at))
}

/// What a USSD session waits for.
pub fn of_ussd(session: &UssdSession) -> Since {
    if session.end.is_some() {
        return None;
    }
    let asked = session.hops.last().filter(|hop| hop.menu.is_none());
    Some(asked.map_or((Wait::Typing, session.updated_at), |hop| (Wait::Prompt, hop.at)))
}

/// What an opt-in request waits for.
pub fn of_asked(state: &ChannelState) -> Since {
    state.asked.as_ref().map(|asked| (Wait::Consent, asked.at))
}

/// What a lease waits for.
#[expect(clippy::unnecessary_wraps, reason = "one shape for everything that may wait")]
pub fn of_lease(lease: &Lease) -> Since {
    Some((Wait::Lease, lease.expires_at))
}

/// What a reminder waits for.
#[expect(clippy::unnecessary_wraps, reason = "one shape for everything that may wait")]
pub fn of_reminder(reminder: &Reminder) -> Since {
    Some((Wait::Reminder, reminder.remind_at))
}

/// What a call waits for. One that rings and asks for a plan waits for the plan alone: that time
/// is shorter, and without a plan nobody picks up.
pub fn of_call(call: &VoiceCall) -> Since {
    if call.awaits_plan() {
        let asked = call.hops.iter().rev().find(|hop| hop.prompt)?;
        return Some((Wait::Plan, asked.at));
    }
    let wait = if call.status == CallStatus::Ringing { Wait::Ringing } else { Wait::Queued };
    let waits = matches!(call.status, CallStatus::Ringing | CallStatus::Queued);
    waits.then_some((wait, call.updated_at))
}

/// The first expiry among a customer's tags and secondary ids.
pub fn of_entries(customer: &CustomerState) -> Since {
    let tags = customer.tags.iter().map(|tag| tag.expires_at);
    let ids = customer.secondary_ids.iter().map(|(_, expires_at)| *expires_at);
    tags.chain(ids).filter(|at| !at.is_zero()).min().map(|at| (Wait::Entries, at))
}

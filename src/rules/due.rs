//! Everything that the World waits for, in one ordered list: what is waited for, since when, and on
//! account of which customer. It is the only list of timers in the rules, apart from payments (in
//! `ledger`) and work by tag (in `work`). Who waits for an answer from a person stands in it too, because
//! that is the same kind of list, but no time ends that.

use super::{
    layers::{Key, Layered, Table, read_text, text, whole},
    limits,
};
use crate::model::{
    AppId, CallStatus, ChannelNumber, ChannelState, CustomerId, CustomerNumber, CustomerState,
    Direction, Lease, Message, MessageId, MessageStatus, OrgSettings, Reminder, ScheduledMessage,
    SessionId, Timestamp, UssdSession, VoiceCall,
};
use imbl::OrdSet;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// What is waited for. How long is asked of the settings each time, so a changed setting also holds
/// for what waits already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Wait {
    /// A network's report about an outbound message (R-MSG-5).
    Delivery,
    /// The end of a messaging session (R-SESS-1).
    Session,
    /// An app's answer to a USSD prompt (R-HOOK-1).
    Prompt,
    /// The next input of a USSD customer (R-USSD-2).
    Typing,
    /// Somebody picking up a ringing call (R-CALL-3).
    Ringing,
    /// The ringing of a queued call (R-CALL-3).
    Queued,
    /// The time to forget the first of a customer's expired tags and secondary ids (R-EXP-1).
    Entries,
    /// An app's answer to a voice prompt (R-HOOK-1).
    Plan,
    /// A customer's answer to an opt-in request (R-CONSENT-6).
    Consent,
    /// The end of a lease by its time (D-LEASE).
    Lease,
    /// The firing of a reminder (R-REM-2).
    Reminder,
    /// A person's answer to what a customer wrote (R-WAIT-1).
    Answer,
    /// The time at which a message leaves (R-LATER-2).
    Scheduled,
}

impl Wait {
    pub const ALL: [Self; 13] = [
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
        Self::Answer,
        Self::Scheduled,
    ];
    /// How long is waited at most, counted from the time in the list. Zero where that time is
    /// already the end, and `None` where no time ends it.
    pub fn length(self, settings: &OrgSettings) -> Option<Duration> {
        Some(match self {
            Self::Delivery => settings.message_expiry,
            Self::Session | Self::Lease | Self::Reminder | Self::Scheduled => Duration::ZERO,
            Self::Consent => limits::CONSENT_LAPSE,
            // Where a network lets its customers wait less long, its worker ends the session at that time
            // (R-CARRY-23), and until then no answer is taken. All that wait for one thing stand in one order of
            // time, so that they have one length: for what a worker did not end, that is the org's.
            Self::Prompt | Self::Plan => settings.prompt_window,
            Self::Typing => settings.ussd_idle,
            Self::Ringing => limits::RINGING,
            Self::Queued => limits::QUEUED,
            Self::Entries => settings.expiry_grace,
            Self::Answer => return None,
        })
    }
}

/// The part of a customer that waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Subject {
    Message(MessageId),
    /// The messaging session of a pair of numbers.
    Pair(CustomerNumber, ChannelNumber),
    /// A USSD session or a call.
    Talk(SessionId),
    /// The tags and secondary ids, as one.
    Entries,
    /// The opt-in request on a pair of numbers.
    Asked(CustomerNumber, ChannelNumber),
    /// The lease of a metadata key.
    Lease(String),
    /// The reminder of an app and key.
    Reminder(AppId, String),
    /// The messages that nobody has answered, as one.
    Unanswered,
    /// A message that leaves later.
    Scheduled(MessageId),
}

/// What a part of a customer waits for, and since when; for sessions, leases and reminders until
/// when. `None` if it waits for nothing.
pub type Waiting = Option<(Wait, Timestamp)>;

/// How many of the first of a kind are looked up at once, and the most that are at hand.
const AT_ONCE: usize = 64;
const MOST_AT_HAND: usize = 2 * AT_ONCE;

/// Everything that waits, by kind and age.
#[derive(Clone, Debug)]
pub struct Due {
    pub all: Layered<()>,
    /// What is known of each kind; kinds of which there are none are absent.
    kinds: BTreeMap<Wait, WaitQueue>,
}

/// What is known of everything that waits for one thing. Most of what waits ends before its time, and leaves a
/// hidden row at the beginning of its kind. So whoever asks what comes first must not search for it there.
#[derive(Clone, Debug, Default)]
struct WaitQueue {
    count: usize,
    /// The first of them without a hole, so that whatever else there is comes after the last of these. There
    /// are none only if there are none at all.
    first: OrdSet<Key>,
}

/// What is stored of each kind: how many there are, and the key of the first.
pub type StoredKinds<K> = BTreeMap<Wait, (usize, K)>;

impl Default for Due {
    fn default() -> Self {
        Self { all: Layered::new(Table::Due), kinds: BTreeMap::new() }
    }
}

/// How many of the first are at hand is nobody's business.
impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.stored() == other.stored() && self.all == other.all
    }
}

impl WaitQueue {
    fn add(&mut self, key: Key) {
        let are_all = self.first.len() == self.count;
        self.count += 1;
        if are_all || self.first.get_max().is_none_or(|last| key < *last) {
            self.first.insert(key);
        }
        if self.first.len() > MOST_AT_HAND {
            self.first.remove_max();
        }
    }

    fn remove(&mut self, key: &[u8], all: &Layered<()>) {
        self.count = self.count.saturating_sub(1);
        self.first.remove(key);
        if self.first.is_empty() {
            self.first = after(all, key).take(self.count.min(AT_ONCE)).collect();
        }
    }

    /// All of them, in order. The list is not searched before the first and not beyond the last, because
    /// what is gone may lie there.
    fn keys<'a>(&'a self, all: &'a Layered<()>) -> impl Iterator<Item = Key> + use<'a> {
        let left = self.count.saturating_sub(self.first.len());
        let last = self.first.get_max().filter(|_| left > 0);
        let others = last.into_iter().flat_map(move |last| after(all, last).take(left));
        self.first.iter().cloned().chain(others)
    }
}

/// The keys after one, in order.
fn after<'a>(all: &'a Layered<()>, key: &[u8]) -> impl Iterator<Item = Key> + use<'a> {
    let next = [key, &[0]].concat();
    all.range(&next).map(|(key, ())| key)
}

impl Due {
    /// A part of a customer waits for something else now: for `new` instead of `old`. The list is not asked
    /// whether that is so, because it may lie on disk: both follow from the part as it was and is.
    pub fn change(&mut self, customer: &CustomerId, subject: &Subject, old: Waiting, new: Waiting) {
        if old == new {
            return;
        }
        if let Some(old) = old {
            let key = key(old, customer, subject);
            self.all.remove(&key);
            let kind = self.kinds.entry(old.0).or_default();
            kind.remove(&key, &self.all);
            if kind.count == 0 {
                self.kinds.remove(&old.0);
            }
        }
        if let Some(new) = new {
            let key = Key::from(key(new, customer, subject));
            self.all.insert(Key::clone(&key), ());
            self.kinds.entry(new.0).or_default().add(key);
        }
    }
    /// How many there are of a kind.
    pub fn count(&self, wait: Wait) -> usize {
        self.kinds.get(&wait).map_or(0, |kind| kind.count)
    }
    /// When the first of all of them is over; `None` if nothing waits.
    pub fn next(&self, settings: &OrgSettings) -> Option<Timestamp> {
        let first = |wait| self.of(wait).next().map(|(since, ..)| since);
        Wait::ALL
            .into_iter()
            .filter_map(|wait| {
                let length = wait.length(settings)?;
                Some(first(wait)?.after(length))
            })
            .min()
    }
    /// What is over at `now`, kind by kind, oldest first.
    pub fn over<'a>(
        &'a self,
        settings: &'a OrgSettings,
        now: Timestamp,
    ) -> impl Iterator<Item = (Wait, CustomerId, Subject)> {
        let ending = |wait: Wait| Some((wait, wait.length(settings)?));
        Wait::ALL.into_iter().filter_map(ending).flat_map(move |(wait, length)| {
            self.of(wait)
                .take_while(move |(since, ..)| since.after(length) <= now)
                .map(move |(_, customer, subject)| (wait, customer, subject))
        })
    }
    /// The messages on which a network still has to report, oldest first.
    pub fn undelivered(&self) -> impl Iterator<Item = (CustomerId, MessageId)> {
        self.of(Wait::Delivery).filter_map(|(_, customer, subject)| {
            let Subject::Message(id) = subject else { return None };
            Some((customer, id))
        })
    }
    /// All of a kind, the first to be over first. The first ones are at hand, and for them a table that lies
    /// on disk is not asked.
    pub fn of(&self, wait: Wait) -> impl Iterator<Item = (Timestamp, CustomerId, Subject)> {
        let kind = self.kinds.get(&wait).into_iter();
        kind.flat_map(|kind| kind.keys(&self.all)).map_while(move |key| read(wait, &key))
    }
    /// What is to be stored besides the list.
    pub fn stored<'a>(&'a self) -> StoredKinds<&'a [u8]> {
        let stored = |(wait, kind): (&Wait, &'a WaitQueue)| {
            let first: &'a [u8] = kind.first.get_min().map_or(&[], |key| key);
            (*wait, (kind.count, first))
        };
        self.kinds.iter().map(stored).collect()
    }
    /// Takes up what was stored besides the list.
    pub fn restore(&mut self, kinds: StoredKinds<Vec<u8>>) {
        let kind =
            |(count, first): (_, Vec<u8>)| WaitQueue { count, first: OrdSet::unit(first.into()) };
        self.kinds = kinds.into_iter().map(|(wait, stored)| (wait, kind(stored))).collect();
    }
    /// Asserts that those at hand are the first ones.
    #[cfg(test)]
    pub fn check(&self) {
        for wait in Wait::ALL {
            let all = self.all.range(&[wait as u8]).map(|(key, ())| key);
            let all: Vec<_> = all.take_while(|key| key.first() == Some(&(wait as u8))).collect();
            let known = self.kinds.get(&wait).cloned().unwrap_or_default();
            let first: Vec<_> = known.first.iter().cloned().collect();
            assert_eq!((all.len(), all.is_empty()), (known.count, first.is_empty()), "{wait:?}");
            assert!(first.len() <= MOST_AT_HAND && all.starts_with(&first), "{wait:?}");
        }
    }
}

/// The key of something that waits. Keys are in the order of kinds, times and customers.
fn key(waiting: (Wait, Timestamp), customer: &CustomerId, subject: &Subject) -> Vec<u8> {
    let (wait, since) = waiting;
    let mut key = vec![wait as u8];
    // With its sign turned, a number's bytes are in the order of the numbers.
    key.extend((since.micros() ^ i64::MIN).to_be_bytes());
    text(&mut key, customer.as_str());
    key.extend(whole(subject));
    key
}

/// What a key says, if it is of this kind.
fn read(wait: Wait, key: &[u8]) -> Option<(Timestamp, CustomerId, Subject)> {
    let (since, rest) = key.strip_prefix(&[wait as u8])?.split_first_chunk()?;
    let since = Timestamp::from_micros(i64::from_be_bytes(*since) ^ i64::MIN);
    let (customer, subject) = read_text(rest)?;
    Some((since, customer.into(), postcard::from_bytes(subject).ok()?))
}

/// What each part of a customer waits for.
pub fn of_customer(customer: &CustomerState) -> Vec<(Subject, Waiting)> {
    let mut all = vec![
        (Subject::Entries, of_entries(customer)),
        (Subject::Unanswered, of_unanswered(customer)),
    ];
    for state in &customer.channels {
        let pair = || (state.number.clone(), state.channel.clone());
        let ((number, channel), (asked, by)) = (pair(), pair());
        all.push((Subject::Pair(number, channel), of_pair(state)));
        all.push((Subject::Asked(asked, by), of_asked(state)));
    }
    let leases = customer.leases.iter();
    all.extend(leases.map(|lease| (Subject::Lease(lease.key.clone()), of_lease(lease))));
    all.extend(customer.reminders.iter().map(|reminder| {
        (Subject::Reminder(reminder.app.clone(), reminder.key.clone()), of_reminder(reminder))
    }));
    let scheduled = customer.scheduled.iter();
    all.extend(scheduled.map(|m| (Subject::Scheduled(m.id.clone()), of_scheduled(m))));
    let messages = customer.messages.iter();
    all.extend(messages.map(|m| (Subject::Message(m.id.clone()), of_message(m))));
    all.extend(customer.ussd.iter().map(|s| (Subject::Talk(s.id.clone()), of_ussd(s))));
    all.extend(customer.calls.iter().map(|c| (Subject::Talk(c.id.clone()), of_call(c))));
    all
}

/// What an outbound message waits for.
pub fn of_message(message: &Message) -> Waiting {
    let is_sent = message.direction == Direction::Outbound && message.status == MessageStatus::Sent;
    (is_sent && !message.is_final).then_some((Wait::Delivery, message.created_at))
}

/// What a messaging session waits for.
pub fn of_pair(state: &ChannelState) -> Waiting {
    state.session.as_ref().map(|session| (Wait::Session, session.expires_at))
}

/// What a USSD session waits for.
pub fn of_ussd(session: &UssdSession) -> Waiting {
    if session.end.is_some() {
        return None;
    }
    let asked = session.hops.last().filter(|hop| hop.menu.is_none());
    Some(asked.map_or((Wait::Typing, session.updated_at), |hop| (Wait::Prompt, hop.at)))
}

/// What an opt-in request waits for.
pub fn of_asked(state: &ChannelState) -> Waiting {
    state.asked.as_ref().map(|asked| (Wait::Consent, asked.at))
}

/// What a lease waits for.
#[expect(clippy::unnecessary_wraps, reason = "one shape for everything that may wait")]
pub fn of_lease(lease: &Lease) -> Waiting {
    Some((Wait::Lease, lease.expires_at))
}

/// What a reminder waits for.
#[expect(clippy::unnecessary_wraps, reason = "one shape for everything that may wait")]
pub fn of_reminder(reminder: &Reminder) -> Waiting {
    Some((Wait::Reminder, reminder.remind_at))
}

/// What a message that leaves later waits for.
#[expect(clippy::unnecessary_wraps, reason = "one shape for everything that may wait")]
pub fn of_scheduled(message: &ScheduledMessage) -> Waiting {
    Some((Wait::Scheduled, message.at))
}

/// What a call waits for. One that rings and asks an app for a plan waits for the plan only: that time
/// is shorter, and without a plan nobody picks up.
pub fn of_call(call: &VoiceCall) -> Waiting {
    if call.awaits_plan() {
        let asked = call.hops.iter().rev().find(|hop| hop.prompt)?;
        return Some((Wait::Plan, asked.at));
    }
    let wait = if call.status == CallStatus::Ringing { Wait::Ringing } else { Wait::Queued };
    let waits = matches!(call.status, CallStatus::Ringing | CallStatus::Queued);
    waits.then_some((wait, call.updated_at))
}

/// What the messages wait for that nobody has answered.
pub fn of_unanswered(customer: &CustomerState) -> Waiting {
    customer.unanswered.as_ref().map(|unanswered| (Wait::Answer, unanswered.since))
}

/// What a customer's tags and secondary ids wait for: the first of their expiries.
pub fn of_entries(customer: &CustomerState) -> Waiting {
    let tags = customer.tags.iter().map(|tag| tag.expires_at);
    let ids = customer.secondary_ids.iter().map(|(_, expires_at)| *expires_at);
    tags.chain(ids).flatten().min().map(|at| (Wait::Entries, at))
}

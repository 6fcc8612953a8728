//! What this agent did before the console started, as the hub's log has it (R-CONSOLE-28). Such a row has nothing by
//! which it could be sent again. What was refused without a trace in the log, and what never left, is not there.

use super::{Followed, Outbox, OutboxRow, SendState, row::refusal};
use crate::{
    catalog::{self, Spec},
    console::{
        msg::{EarlierEntries, EarlierQuestion},
        pane::countdown::Skew,
    },
    model::{
        Actor, CarriageStep, ClientError, CustomerId, Direction, Entry, Event, EventKind, Hello,
        PaymentParty, Seq, Task, Timestamp,
    },
};
use std::{collections::BTreeMap, sync::Arc};

/// What is known of what this agent did before the console started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Earlier {
    /// Nobody was asked yet.
    #[default]
    Unasked,
    Asked(EarlierQuestion),
    /// It is in the rows.
    Known {
        /// Whether there may be more than the rows have.
        more: bool,
        /// What was asked about what became of it since, until that is known.
        asked: Vec<(CustomerId, Seq)>,
        /// Why it is not known; `None` if it is, or is being asked.
        stale: Option<String>,
    },
    /// The hub could not answer; its words are raw.
    Failed(EarlierQuestion, String),
    /// The server keeps no history.
    NoHistory,
}

impl Outbox {
    /// What is known of what this agent did before the console started.
    #[must_use]
    pub const fn earlier(&self) -> &Earlier {
        &self.earlier
    }
    /// How many rows are from before the console started.
    #[must_use]
    pub fn from_before(&self) -> usize {
        self.rows.iter().filter(|row| row.is_from_before()).count()
    }
    /// The feed came up. Returns the question what this agent did before, once, and again if it failed.
    pub fn ask_earlier(&mut self, hello: &Hello, now: Timestamp) -> Option<EarlierQuestion> {
        if hello.live_only {
            self.earlier = Earlier::NoHistory;
        }
        let asked = match &self.earlier {
            Earlier::Unasked if hello.replay.is_none() && !hello.caller.is_empty() => {
                EarlierQuestion { by: hello.caller.clone(), before: hello.head.next(), now }
            }
            Earlier::Failed(asked, _) => asked.clone(),
            Earlier::Unasked | Earlier::Asked(_) | Earlier::Known { .. } | Earlier::NoHistory => {
                return None;
            }
        };
        self.earlier = Earlier::Asked(asked.clone());
        Some(asked)
    }
    /// Takes in what this agent did before, in front of all rows. Returns of which customers it is to be asked what
    /// happened since, and since when.
    pub fn recall_earlier(
        &mut self,
        result: Result<EarlierEntries, ClientError>,
        skew: Skew,
    ) -> Vec<(CustomerId, Seq)> {
        let Earlier::Asked(asked) = std::mem::take(&mut self.earlier) else { return Vec::new() };
        let found = match result {
            Ok(found) => found,
            Err(error) => {
                self.earlier = Earlier::Failed(asked, error.to_string());
                return Vec::new();
            }
        };
        let mut since = BTreeMap::new();
        for entry in found.entries.iter().rev() {
            let Some(row) = row_of(entry, &asked.by, skew) else { continue };
            if self.has_sent(&row.call) {
                continue;
            }
            if let Some(customer) = row.customer.clone()
                && row.followed().is_some_and(|followed| !followed.is_over())
            {
                since.insert(customer, entry.seq);
            }
            self.rows.push_front(row);
        }
        self.trim();
        let asked: Vec<_> = since.into_iter().collect();
        self.earlier = Earlier::Known { more: found.more, asked: asked.clone(), stale: None };
        asked
    }
    /// The feed came up again. Returns the question what became of what was done before, if nobody could answer it.
    pub fn ask_course(&mut self) -> Option<Vec<(CustomerId, Seq)>> {
        let Earlier::Known { asked, stale, .. } = &mut self.earlier else { return None };
        stale.take().map(|_| asked.clone())
    }
    /// Takes in what has become of it since, in the order of the log.
    pub fn hear_past(&mut self, result: Result<Vec<Arc<Entry>>, ClientError>, skew: Skew) {
        let entries = match result {
            Ok(entries) => entries,
            Err(error) => {
                if let Earlier::Known { stale, .. } = &mut self.earlier {
                    *stale = Some(error.to_string());
                }
                return;
            }
        };
        if let Earlier::Known { asked, .. } = &mut self.earlier {
            asked.clear();
        }
        // How far a work is says the list of works.
        let counts = |row: &OutboxRow| row.followed().is_some_and(|f| f.work().is_some());
        for row in self.rows.iter_mut().filter(|row| row.is_from_before() && !counts(row)) {
            for entry in &entries {
                tell(row, entry, skew);
            }
        }
    }
}

/// Tells a row what an entry of the past has of it.
fn tell(row: &mut OutboxRow, entry: &Entry, skew: Skew) {
    let Some(followed) = row.followed_mut() else { return };
    let mut is_new = false;
    for event in &entry.events {
        is_new |= followed.hear(entry.seq, event, skew.ours(event.at));
    }
    if is_new {
        row.heard(skew.ours(entry.at));
    }
}

/// The row of a command that somebody sent with this key; `None` if the entry is something else.
fn row_of(entry: &Entry, by: &str, skew: Skew) -> Option<OutboxRow> {
    let stored = entry.call.as_ref()?;
    let own = |event: &&Event| matches!(&event.actor, Actor::Key(label) if label == by);
    let made = |event: &'_ Event| spec_of(&event.kind);
    let events = || entry.events.iter().filter(own);
    // A reminder by tag that replaces another one ends that first.
    let adds = |event: &&Event| matches!(event.kind, EventKind::WorkAdded(_));
    let lead = events().find(adds).or_else(|| events().find(|event| made(event).is_some()))?;
    let title = made(lead)?.title;
    let (receipt, at) = (&stored.receipt, skew.ours(entry.at));
    let (state, advice) = if receipt.is_ok() {
        let followed = Followed::led_by(entry.seq, lead, receipt, skew.ours(lead.at));
        (followed.map_or(SendState::Done, |one| SendState::Accepted(Box::new(one))), "")
    } else {
        let refused = SendState::Refused { words: refusal(receipt), code: receipt.code() };
        (refused, receipt.advice())
    };
    let customer = lead.customer.clone().or_else(|| receipt.customer().cloned());
    let mut row = OutboxRow {
        call: stored.id.clone(),
        sent: None,
        to: whom(lead, customer.as_ref()),
        customer,
        title,
        summary: lead.content(),
        state,
        advice,
        at,
        changed: at,
        took: None,
    };
    tell(&mut row, entry, skew);
    Some(row)
}

/// Whom a command was for, by the event that leads its entry: the customer, or else what it was about.
fn whom(lead: &Event, customer: Option<&CustomerId>) -> String {
    if let EventKind::WorkAdded(work) = &lead.kind {
        return work.tag.to_string();
    }
    if let EventKind::WorkChanged { work, .. } = &lead.kind {
        return work.to_string();
    }
    let number = lead.number.as_ref().map(ToString::to_string);
    let named: Vec<_> = [lead.name.clone(), number].into_iter().flatten().collect();
    match (named.is_empty(), customer, &lead.kind) {
        (false, ..) => named.join(" "),
        (true, _, EventKind::PaymentStarted { credit, .. }) => credit.summary(),
        (true, Some(customer), _) => customer.to_string(),
        (true, None, _) => "the org".into(),
    }
}

/// The declaration of the command that is known by this event; `None` if none is.
fn spec_of(kind: &EventKind) -> Option<&'static Spec> {
    use EventKind as K;
    match kind {
        K::TagsUpdated(_) => Some(&catalog::UPDATE_TAGS),
        K::TagsDeleted(_) => Some(&catalog::DELETE_TAGS),
        K::MetadataUpdated { .. } => Some(&catalog::UPDATE_METADATA),
        K::MetadataDeleted(_) => Some(&catalog::DELETE_METADATA),
        K::SecondaryIdsUpdated(_) => Some(&catalog::ADD_IDS),
        K::SecondaryIdsDeleted(_) => Some(&catalog::DELETE_IDS),
        K::MessageSent { work: None, in_reply_to: Some(_), .. }
        | K::MessageScheduled { again: false, in_reply_to: Some(_), .. } => Some(&catalog::REPLY),
        K::MessageSent { work: None, in_reply_to: None, .. }
        | K::MessageScheduled { again: false, in_reply_to: None, .. } => Some(&catalog::MESSAGE),
        K::MessageScheduled { again: true, .. } => Some(&catalog::EDIT_SCHEDULED),
        K::ScheduledCancelled { .. } => Some(&catalog::CANCEL_SCHEDULED),
        K::ConsentRequested { .. } => Some(&catalog::CONSENT),
        K::UssdMenuShown { .. } => Some(&catalog::ANSWER_USSD),
        K::CallPlanned { .. } => Some(&catalog::ANSWER_CALL),
        K::CallChanged { direction: Direction::Outbound, .. } => Some(&catalog::CALL),
        K::PaymentStarted {
            debit: PaymentParty::Customer { .. },
            credit: PaymentParty::Purse(_),
            ..
        } => Some(&catalog::REQUEST),
        K::PaymentStarted { .. } => Some(&catalog::PAY),
        K::CustomerAdopted { .. } => Some(&catalog::ADOPT),
        K::ReminderAdded(_) => Some(&catalog::ADD_REMINDER),
        K::ReminderCancelled { .. } => Some(&catalog::CANCEL_REMINDER),
        K::LeaseGranted(_) => Some(&catalog::LEASE),
        K::WorkAdded(work) => Some(match work.task {
            Task::Message { .. } => &catalog::MESSAGE_BY_TAG,
            Task::Reminder(_) => &catalog::REMINDER_BY_TAG,
        }),
        K::WorkChanged { .. } => Some(&catalog::WORK),
        K::NoAnswerNeeded { .. } => Some(&catalog::NO_ANSWER),
        K::MessageCarried { step: CarriageStep::Again | CarriageStep::Left, .. } => {
            Some(&catalog::UNKNOWN)
        }
        K::CarrierPauseChanged { .. } => Some(&catalog::CARRIERS),
        K::CustomerMet
        | K::MessageSent { work: Some(_), .. }
        | K::MessageReceived { .. }
        | K::MessageStatusChanged { .. }
        | K::MessageCarried { .. }
        | K::CarrierLinkChanged { .. }
        | K::LogPruned { .. }
        | K::SessionChanged { .. }
        | K::ConsentChanged(_)
        | K::ConsentLapsed
        | K::UssdInput { .. }
        | K::UssdEnded { .. }
        | K::CallChanged { .. }
        | K::PromptMissed { .. }
        | K::WalletPaymentChanged { .. }
        | K::PurseFunded { .. }
        | K::PaymentReceived { .. }
        | K::PaymentContradicted { .. }
        | K::PaymentStatusChanged { .. }
        | K::EntriesExpired { .. }
        | K::CustomerReplaced { .. }
        | K::ReminderFired(_)
        | K::LeaseEnded { .. }
        | K::WorkStarted { .. }
        | K::WorkAdvanced { .. }
        | K::ClockMoved { .. }
        | K::NotificationsDropped { .. }
        | K::Unreadable => None,
    }
}

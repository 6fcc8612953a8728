//! Work by tag: a message or a reminder for everyone who has a tag. The hub does it in slices, and
//! agents can watch, pause and cancel it.

use super::{
    actor::Actor,
    address::{ChannelNumber, CustomerNumber},
    id::{AppId, CustomerId, MessageId, WorkId},
    message::Body,
    rate::Rate,
    reminder::Reminder,
    status::{MessageStatus, WorkState},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    time::Duration,
};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// A tag that selects customers: those who have this key with this value, unexpired.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TagPair {
    pub key: String,
    pub value: String,
}

impl fmt::Display for TagPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

/// What is done for each selected customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    Message(TagMessage),
    /// Reminds an app. `remind_at` is when the reminder fires next.
    Reminder(Reminder),
}

/// A message that is sent to each of those who are selected.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TagMessage {
    /// One of the org's numbers.
    pub from: ChannelNumber,
    pub body: Body,
    /// Whether the gaps of the text are filled for each customer (R-CANNED-4).
    pub fill: bool,
    /// How many go in a time at most (R-TAGWORK-7); `None` for as fast as the network allows.
    pub rate: Option<Rate>,
    /// Only those get it for whom this work has failed (R-TAGWORK-10).
    pub failed_of: Option<WorkId>,
    /// When it begins, and who is meant is decided (R-LATER-5); `None` for at once.
    pub at: Option<Timestamp>,
    /// Whether those who are left alone at that hour get it when their quiet hours are over (R-QUIET-5).
    pub keeps_quiet: bool,
    /// The message by tag that it takes the place of, which has not begun yet (R-LATER-5).
    pub instead_of: Option<WorkId>,
}

impl TagMessage {
    /// A message to everyone who has the tag, as fast as the network allows and with its text as it is.
    #[must_use]
    pub fn new(from: ChannelNumber, body: Body) -> Self {
        Self { from, body, ..Self::default() }
    }
    /// What the contract has no fields for.
    #[must_use]
    pub fn terms(&self) -> TagTerms {
        let Self { from: _, body: _, fill, rate, failed_of, at, keeps_quiet, instead_of } = self;
        let (failed_of, instead_of) = (failed_of.clone(), instead_of.clone());
        let (fill, rate, at, keeps_quiet) = (*fill, *rate, *at, *keeps_quiet);
        TagTerms { fill, rate, failed_of, at, keeps_quiet, instead_of }
    }
}

/// What is said of a message by tag beside its request, because the contract has no fields for it (D-WIRE-EXTRA).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagTerms {
    /// Whether gaps are filled for each customer (R-CANNED-4).
    pub fill: bool,
    /// How many go in a time at most (R-TAGWORK-7).
    pub rate: Option<Rate>,
    /// Only those get it for whom this work has failed (R-TAGWORK-10).
    pub failed_of: Option<WorkId>,
    /// When it begins (R-LATER-5).
    pub at: Option<Timestamp>,
    /// Whether quiet hours are waited for (R-QUIET-5).
    pub keeps_quiet: bool,
    /// The message by tag that it takes the place of (R-LATER-5).
    pub instead_of: Option<WorkId>,
}

impl TagTerms {
    /// What an idempotency key stands for besides the request.
    #[must_use]
    pub fn said(&self) -> String {
        let mut said = String::from(if self.fill { "fill-gaps" } else { "" });
        if let Some(rate) = self.rate {
            let _ = write!(said, ";rate {rate}");
        }
        if let Some(work) = &self.failed_of {
            let _ = write!(said, ";failed-of {work}");
        }
        if let Some(at) = self.at {
            let _ = write!(said, ";send-at {at}");
        }
        if self.keeps_quiet {
            said.push_str(";quiet-hours wait");
        }
        if let Some(work) = &self.instead_of {
            let _ = write!(said, ";instead-of {work}");
        }
        said
    }
}

/// What became of the messages that a work has sent (R-TAGWORK-8). Together they are as many as it was done for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkOutcomes {
    /// The network has not said yet what became of them.
    pub waiting: u64,
    /// They arrived and were not read, as far as is known.
    pub delivered: u64,
    pub read: u64,
    /// They did not arrive, by the code of the reason (`MessageStatus`).
    pub failed: BTreeMap<i32, u64>,
}

impl WorkOutcomes {
    /// One message stands otherwise than before; before it was sent it was nowhere.
    pub fn moved(&mut self, from: Option<MessageStatus>, to: MessageStatus) {
        if let Some(from) = from {
            let counted = self.counted(from);
            *counted = counted.saturating_sub(1);
            self.failed.retain(|_, n| *n > 0);
        }
        let counted = self.counted(to);
        *counted = counted.saturating_add(1);
    }
    fn counted(&mut self, status: MessageStatus) -> &mut u64 {
        if status == MessageStatus::Sent {
            &mut self.waiting
        } else if status == MessageStatus::Delivered {
            &mut self.delivered
        } else if status == MessageStatus::Read {
            &mut self.read
        } else {
            self.failed.entry(status.code()).or_default()
        }
    }
    /// How many did not arrive.
    #[must_use]
    pub fn all_failed(&self) -> u64 {
        self.failed.values().copied().fold(0, u64::saturating_add)
    }
    /// How many arrived, read or not.
    #[must_use]
    pub const fn arrived(&self) -> u64 {
        self.delivered.saturating_add(self.read)
    }
}

/// Those of a work who are left alone at this hour and get it later (R-QUIET-5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutOff {
    pub people: u64,
    /// When the first of them can get it; zero if there are none.
    pub first: Timestamp,
    /// When the last of them can get it; zero if there are none.
    pub last: Timestamp,
}

/// What became of a work for one of those who were selected.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, IntoStaticStr, EnumString, VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum RecipientOutcome {
    /// It is not their turn yet, or the work has ended before it was.
    NotYet,
    /// They are left alone at this hour, and get it later.
    PutOff,
    /// The message was sent, and the network has not said what became of it.
    Waiting,
    Delivered,
    Read,
    /// The message was sent and did not arrive.
    Failed,
    /// Nothing was sent, for the reason that the status says.
    Skipped,
    /// An app was reminded of them.
    Done,
}

impl RecipientOutcome {
    /// All of them, in the order in which they come about.
    pub const ALL: &[Self] = Self::VARIANTS;
    /// The word for it in commands and tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
    /// What a status means for somebody, by whether a message of theirs is recorded. A message that was
    /// refused before it was sent has one too.
    #[must_use]
    pub const fn of(status: MessageStatus, has_message: bool) -> Self {
        use MessageStatus as S;
        match status {
            S::Unspecified => Self::NotYet,
            S::Scheduled if !has_message => Self::PutOff,
            S::Sent if has_message => Self::Waiting,
            S::Sent => Self::Done,
            S::Delivered => Self::Delivered,
            S::Read => Self::Read,
            S::Failed | S::Expired | S::NoCapability | S::ApplicationError if has_message => {
                Self::Failed
            }
            S::Failed
            | S::Expired
            | S::NoCapability
            | S::ApplicationError
            | S::Received
            | S::NoConsent
            | S::OnlyTemplateAllowed
            | S::InvalidChannelNumber
            | S::NotSupported
            | S::InvalidReplyToMessageId
            | S::InvalidCustomerId
            | S::DuplicateRequest
            | S::TagNotFound
            | S::CustomerNumberNotFound
            | S::DecommissionedCustomerId
            | S::InvalidRequest
            | S::Conflict
            | S::Scheduled
            | S::Withdrawn => Self::Skipped,
        }
    }
}

/// One of those whom a work has selected, and what became of it (R-TAGWORK-9).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkRecipient {
    pub customer: CustomerId,
    /// The customer's name; empty if there is none.
    pub name: String,
    /// The number that was written to, or their first one if none was.
    pub number: Option<CustomerNumber>,
    /// The message that was recorded for them.
    pub message: Option<MessageId>,
    /// How it stands; `Unspecified` if it was not their turn yet.
    pub status: MessageStatus,
    /// Since when it stands so; zero if it was not their turn yet. Until when they are left alone, if it was put off.
    pub at: Timestamp,
}

impl WorkRecipient {
    /// What the status means for them.
    #[must_use]
    pub const fn outcome(&self) -> RecipientOutcome {
        RecipientOutcome::of(self.status, self.message.is_some())
    }
    /// The status in words.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        match self.outcome() {
            RecipientOutcome::NotYet => "not yet",
            RecipientOutcome::PutOff => "left alone",
            RecipientOutcome::Done => "done",
            RecipientOutcome::Waiting
            | RecipientOutcome::Delivered
            | RecipientOutcome::Read
            | RecipientOutcome::Failed
            | RecipientOutcome::Skipped => self.status.words(),
        }
    }
}

/// A piece of work by tag, as the hub keeps it and as agents watch it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    pub id: WorkId,
    /// The app in whose name it was asked for.
    pub app: Option<AppId>,
    /// Who asked for it.
    pub actor: Actor,
    pub tag: TagPair,
    pub task: Task,
    pub state: WorkState,
    /// How many customers had the tag when it last ran. They are selected once, at that
    /// time (R-TAGWORK-1, R-TAGWORK-5).
    pub total: u64,
    /// For how many of them it has been done.
    pub done: u64,
    /// For how many of them it could not be done, by the code of the reason (`MessageStatus`).
    pub skipped: BTreeMap<i32, u64>,
    /// What became of the messages that it has sent; of nothing but messages.
    pub outcomes: WorkOutcomes,
    /// Those who are left alone at this hour and get it later (R-QUIET-5).
    pub put_off: PutOff,
    /// When it was asked for.
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Work {
    /// How many customers are selected and not handled yet.
    #[must_use]
    pub fn left(&self) -> u64 {
        let skipped = self.skipped.values().copied().fold(0, u64::saturating_add);
        self.total.saturating_sub(self.done).saturating_sub(skipped)
    }
    /// How many are selected and would be handled now if nothing held it up: nobody of them is left alone.
    #[must_use]
    pub fn ahead(&self) -> u64 {
        self.left().saturating_sub(self.put_off.people)
    }
    /// When it begins, if it is a message that has not begun yet.
    #[must_use]
    pub fn begins(&self) -> Option<Timestamp> {
        match &self.task {
            Task::Message(message) if self.state == WorkState::Waiting => message.at,
            Task::Message(_) | Task::Reminder(_) => None,
        }
    }
    /// How many go in a time at most; `None` if it sends no messages, or as fast as the network allows.
    #[must_use]
    pub const fn rate(&self) -> Option<Rate> {
        match &self.task {
            Task::Message(message) => message.rate,
            Task::Reminder(_) => None,
        }
    }
    /// How long it takes at this rate until all have been handled who are not left alone; `None` unless it runs
    /// at one, and if there are none.
    #[must_use]
    pub fn lasts(&self) -> Option<Duration> {
        let rate = self.rate().filter(|_| self.state == WorkState::Running)?;
        let ahead = self.ahead();
        (ahead > 0 || self.put_off.people == 0).then(|| rate.lasts(ahead.saturating_add(1)))
    }
    /// How many were skipped for each reason, with the reason in words.
    pub fn skipped_by_reason(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.skipped
            .iter()
            .map(|(code, n)| (MessageStatus::from_code(*code).map_or("other", |s| s.words()), *n))
    }
}

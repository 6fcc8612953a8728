//! Work by tag: a message or a reminder for everyone who has a tag. The hub does it in slices, and
//! agents can watch, pause and cancel it.

use super::{
    actor::Actor,
    address::ChannelNumber,
    id::{AppId, WorkId},
    message::Body,
    reminder::Reminder,
    status::{MessageStatus, WorkState},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

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
    /// Sends a message.
    Message {
        /// One of the org's numbers.
        from: ChannelNumber,
        body: Body,
        /// Whether the gaps of the text are filled for each customer (R-CANNED-4).
        fill: bool,
    },
    /// Reminds an app. `remind_at` is when the reminder fires next.
    Reminder(Reminder),
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
    /// How many were skipped for each reason, with the reason in words.
    pub fn skipped_by_reason(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.skipped
            .iter()
            .map(|(code, n)| (MessageStatus::from_code(*code).map_or("other", |s| s.words()), *n))
    }
}

//! Work on everyone with a tag: messages and reminders by tag (operations.md 3.11, 3.12, 3.19).

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
    /// Such as `tier`.
    pub key: String,
    /// Such as `gold`.
    pub value: String,
}

impl fmt::Display for TagPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

/// What is done for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A message to each.
    Message {
        /// From one of the org's numbers.
        from: ChannelNumber,
        /// What.
        body: Body,
    },
    /// A reminder about each; `remind_at` is the next firing.
    Reminder(Reminder),
}

/// One such work, as the hub keeps it and as agents watch it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// Its id.
    pub id: WorkId,
    /// The app that asked for it.
    pub app: Option<AppId>,
    /// Who asked.
    pub actor: Actor,
    /// Who is meant.
    pub tag: TagPair,
    /// What is done.
    pub task: Task,
    /// Where it is.
    pub state: WorkState,
    /// Customers selected when it (last) ran (R-TAGWORK-1, R-TAGWORK-5).
    pub total: u64,
    /// Those for whom it was done.
    pub done: u64,
    /// Those for whom it was not, by reason.
    pub skipped: BTreeMap<i32, u64>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Work {
    /// Those it will still reach.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.total.saturating_sub(self.done).saturating_sub(self.skipped.values().sum())
    }
    /// The skipped, with the reason in words.
    pub fn skipped_by_reason(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.skipped
            .iter()
            .map(|(code, n)| (MessageStatus::from_code(*code).map_or("other", |s| s.words()), *n))
    }
}

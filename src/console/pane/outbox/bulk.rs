//! How far work by tag is: for how many it was done, of how many, and for how many it failed. A message may also
//! fail after the hub has sent it, on its way through the network, and then it is no success any more.

use crate::model::{
    EventKind, MessageId, MessageStatus, Tone, Work, WorkId, WorkOutcomes, outlook::in_words,
};
use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

/// The most messages of one work of which it is remembered that they are under way.
const UNDER_WAY: usize = 100_000;

/// For how many something was done, and for how many not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct BulkCounts {
    done: u64,
    skipped: u64,
}

impl BulkCounts {
    const fn handled(self) -> u64 {
        self.done.saturating_add(self.skipped)
    }
}

/// The numbers of one work.
#[derive(Clone, Debug, Default)]
pub struct BulkCourse {
    /// For how many it is; `None` before the hub has said, or the work is through.
    total: Option<u64>,
    /// What the events say, from the start of the work or of the console.
    heard: BulkCounts,
    /// What the hub's own count says, which may be older or newer than the events.
    listed: BulkCounts,
    /// How many of what was done failed later.
    lost: u64,
    /// What became of the messages, by the hub's own count; of nothing but messages.
    outcomes: WorkOutcomes,
    /// How long what is left takes; `None` unless it runs at a rate.
    lasts: Option<Duration>,
    /// The messages that may still fail, by the hashes of their ids.
    under_way: HashSet<u64>,
    hasher: RandomState,
}

impl PartialEq for BulkCourse {
    fn eq(&self, other: &Self) -> bool {
        let numbers = |one: &Self| (one.total, one.heard, one.listed, one.lost, one.lasts);
        numbers(self) == numbers(other) && self.outcomes == other.outcomes
    }
}

impl Eq for BulkCourse {}

impl BulkCourse {
    /// For how many it failed so far.
    pub fn failed(&self) -> u64 {
        self.counts().skipped.saturating_add(self.all_lost())
    }
    /// How many of what was sent failed later, by whichever of the two counts has come further.
    fn all_lost(&self) -> u64 {
        self.lost.max(self.outcomes.all_failed())
    }
    /// Whether the hub may still learn what became of a message.
    pub const fn waits(&self) -> bool {
        self.outcomes.waiting > 0
    }
    /// Whichever count has come further. They are never added, because they count the same.
    const fn counts(&self) -> BulkCounts {
        if self.listed.handled() > self.heard.handled() { self.listed } else { self.heard }
    }
    /// Whether it is known for how many it is, and the count has come that far.
    pub fn is_whole(&self) -> bool {
        self.total.is_some_and(|total| self.counts().handled() >= total)
    }
    /// The state in these words, and how far it is: `running: 250 of 301, 2 skipped, 1 failed`. What was skipped had
    /// been counted by the dry run, and nothing was sent for it.
    pub fn words(&self, state: String) -> String {
        let counts = self.counts();
        let lost = self.all_lost();
        let done = counts.done.saturating_sub(lost);
        let of = match self.total {
            Some(total) => format!("{done} of {total}"),
            None if counts.handled() == 0 => return state,
            None => done.to_string(),
        };
        let counted =
            |n: u64, what: &str| if n == 0 { String::new() } else { format!(", {n} {what}") };
        let skipped = counted(counts.skipped, "skipped");
        let delivered = counted(self.outcomes.arrived(), "delivered");
        let (failed, waiting) =
            (counted(lost, "failed"), counted(self.outcomes.waiting, "waiting"));
        let lasts = self.lasts.map(|lasts| format!(", done in about {}", in_words(lasts)));
        let lasts = lasts.unwrap_or_default();
        format!("{state}: {of}{skipped}{delivered}{failed}{waiting}{lasts}")
    }
    fn hash(&self, id: &MessageId) -> u64 {
        self.hasher.hash_one(id)
    }
    /// Takes in what happened. Returns whether a number changed.
    pub fn hear(&mut self, own: &WorkId, kind: &EventKind) -> bool {
        if let EventKind::MessageStatusChanged { id, status } = kind {
            // Most messages are of no work.
            let was_under_way = !self.under_way.is_empty() && {
                let hash = self.hash(id);
                self.under_way.remove(&hash)
            };
            let is_lost = was_under_way && status.tone() == Tone::Bad;
            self.lost += u64::from(is_lost);
            return is_lost;
        }
        if let EventKind::MessageSent { id, status: MessageStatus::Sent, work: Some(work), .. } =
            kind
            && work == own
            && self.under_way.len() < UNDER_WAY
        {
            let hash = self.hash(id);
            self.under_way.insert(hash);
        } else if let EventKind::WorkStarted { work, .. } = kind
            && work == own
        {
            let hasher = self.hasher.clone();
            *self = Self { hasher, ..Self::default() };
        } else if let EventKind::WorkAdvanced { work, done, skipped, .. } = kind
            && work == own
        {
            self.heard.done = self.heard.done.saturating_add(*done);
            let left_out = skipped.iter().fold(0, |sum: u64, (_, n)| sum.saturating_add(*n));
            self.heard.skipped = self.heard.skipped.saturating_add(left_out);
            return true;
        } else if let EventKind::WorkChanged { work, state } = kind
            && work == own
            && state.is_final()
        {
            self.lasts = None;
            self.total = self.total.or(Some(self.counts().handled()));
            return true;
        }
        false
    }
    /// Takes in the hub's own count. Returns whether a number changed.
    pub fn counted(&mut self, work: &Work) -> bool {
        let before = (self.total, self.counts(), self.outcomes.clone());
        let skipped = work.skipped.values().fold(0, |sum: u64, n| sum.saturating_add(*n));
        self.total = Some(work.total);
        self.listed = BulkCounts { done: work.done, skipped };
        (self.outcomes, self.lasts) = (work.outcomes.clone(), work.lasts());
        before != (self.total, self.counts(), self.outcomes.clone())
    }
}

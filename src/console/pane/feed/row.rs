//! One row of the feed, as it is drawn and acted on.

use super::{depth::ThingNow, things::RowMark};
use crate::{
    model::{CustomerId, Entry, Event, GapReason, Seq, Tone},
    query::{Filter, haystack},
    wire::entry,
};
use std::sync::Arc;

/// The `FeedRow::index` of a gap.
pub(super) const GAP: usize = usize::MAX;

/// One row of the feed.
#[derive(Clone, Debug)]
pub struct FeedRow {
    /// The place in the log of the entry that the row is part of. For a gap it is the entry before it.
    pub seq: Seq,
    /// Which event of the entry the row shows; `usize::MAX` for a gap.
    pub index: usize,
    pub kind: FeedRowKind,
    /// How an agent should feel about it.
    pub tone: Tone,
    /// How the thing stands that the row stands for; `None` where every row is an event, and for what
    /// stands for itself.
    pub thing: Option<ThingNow>,
}

/// What a row shows.
#[derive(Clone, Debug)]
pub enum FeedRowKind {
    Event(Arc<Event>),
    /// Entries that are not here and will not come.
    Gap {
        /// The last entry before the gap.
        after: Seq,
        /// The first entry behind the gap.
        next: Seq,
        /// Why there is a gap; `None` if nobody announced it.
        reason: Option<GapReason>,
    },
}

impl FeedRow {
    pub(super) fn gap(after: Seq, next: Seq, reason: Option<GapReason>) -> Self {
        let kind = FeedRowKind::Gap { after, next, reason };
        Self { seq: after, index: GAP, kind, tone: Tone::Bad, thing: None }
    }
    /// The event; `None` for a gap.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        match &self.kind {
            FeedRowKind::Event(event) => Some(event),
            FeedRowKind::Gap { .. } => None,
        }
    }
    /// The customer that the event is about; `None` if there is none, or for a gap.
    #[must_use]
    pub fn customer(&self) -> Option<&CustomerId> {
        self.event()?.customer.as_ref()
    }
}

/// About how many bytes the frame of a row takes: the row itself, and what an event has besides texts.
const FRAME: usize = 512;

/// About how many bytes an unpacked row takes if the stored form of its event is so long.
pub(super) const fn unpacked_size(stored: usize) -> usize {
    FRAME + stored
}

/// A row that is not packed yet, with the words that the filter looks at.
#[derive(Clone, Debug)]
pub(super) struct NewRow {
    pub row: FeedRow,
    pub words: Box<str>,
    /// The event in its stored form; empty for a gap. Unlike the words it has all that the event has,
    /// so its length is what the event weighs.
    pub stored: Box<[u8]>,
    /// What it is to the things of the ring; the ring sets it.
    pub mark: RowMark,
}

impl NewRow {
    /// The rows of an entry, in order. Only its events are kept.
    pub fn of(entry: Arc<Entry>) -> impl DoubleEndedIterator<Item = Self> {
        let Entry { seq, events, .. } = Arc::unwrap_or_clone(entry);
        events.into_iter().enumerate().map(move |(index, event)| {
            let words = haystack(&event).into_boxed_str();
            let stored = entry::encode_event(&event).into_boxed_slice();
            let tone = event.tone();
            let kind = FeedRowKind::Event(Arc::new(event));
            let row = FeedRow { seq, index, tone, kind, thing: None };
            Self { row, words, stored, mark: RowMark::RECORD }
        })
    }
    /// How many bytes of it are packed.
    pub fn load(&self) -> usize {
        self.words.len() + self.stored.len()
    }
    /// About how many bytes it takes before it is packed.
    pub fn bytes(&self) -> usize {
        unpacked_size(self.stored.len()) + self.load()
    }
    /// Whether the filter lets the row pass. A gap always passes, because loss is never silent.
    pub fn passes(&self, filter: &Filter) -> bool {
        let event = |filter: &Filter| self.row.event().is_some_and(|event| filter.matches(event));
        self.row.index == GAP || filter.matches_row(&self.words, event)
    }
}

impl From<FeedRow> for NewRow {
    /// A row without words, which is a gap.
    fn from(row: FeedRow) -> Self {
        Self { row, words: "".into(), stored: Box::default(), mark: RowMark::RECORD }
    }
}

//! The rows of the feed, in a ring that is bounded in rows and bytes, and which of them the filter shows.
//!
//! A row has a `RowPlace` that stays the same while rows are added at the end, leave at the front,
//! or are put before the front. So the selection and the scroll position are places, and nothing
//! has to be shifted. The rows that a filter shows are a sorted list of places, so the cost of
//! drawing depends on what is visible only.

use crate::{
    model::{CustomerId, DataValue, Entry, Event, EventKind, GapReason, Seq, Tone},
    query::{Words, haystack},
};
use std::{collections::VecDeque, sync::Arc};

/// Names a row for as long as it is kept. Newer rows have greater places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowPlace(u64);

impl RowPlace {
    /// Far enough from zero that the past can be put in front for ever.
    const START: Self = Self(1 << 62);
    pub(super) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
    pub(super) const fn before(self) -> Self {
        Self(self.0 - 1)
    }
}

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
    words: Box<str>,
    bytes: usize,
}

/// What a row shows.
#[derive(Clone, Debug)]
pub enum FeedRowKind {
    /// The event of this entry that `FeedRow::index` names.
    Event(Arc<Entry>),
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
    pub(super) fn of(entry: &Arc<Entry>, index: usize) -> Option<Self> {
        let event = entry.events.get(index)?;
        let words = haystack(event).into_boxed_str();
        // The words are about as long as the event that they were made of; the rest is the frame
        // around it.
        let bytes = 512 + 2 * words.len() + payload(event);
        Some(Self {
            seq: entry.seq,
            index,
            tone: event.tone(),
            kind: FeedRowKind::Event(entry.clone()),
            words,
            bytes,
        })
    }
    pub(super) fn gap(after: Seq, next: Seq, reason: Option<GapReason>) -> Self {
        let kind = FeedRowKind::Gap { after, next, reason };
        Self { seq: after, index: usize::MAX, kind, tone: Tone::Bad, words: "".into(), bytes: 64 }
    }
    /// The event; `None` for a gap.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        match &self.kind {
            FeedRowKind::Event(entry) => entry.events.get(self.index),
            FeedRowKind::Gap { .. } => None,
        }
    }
    /// The customer that the event is about; `None` if there is none, or for a gap.
    #[must_use]
    pub fn customer(&self) -> Option<&CustomerId> {
        self.event()?.customer.as_ref()
    }
    /// Whether the filter lets the row pass. A gap always passes, because loss is never silent.
    fn passes(&self, words: &Words) -> bool {
        words.is_empty()
            || matches!(self.kind, FeedRowKind::Gap { .. })
            || words.matches_row(&self.words)
    }
}

/// The size of an event's binary values. The words of the event only say how long these are, so
/// they are counted apart.
fn payload(event: &Event) -> usize {
    let EventKind::MetadataUpdated { values, .. } = &event.kind else { return 0 };
    values.iter().map(|(_, v)| if let DataValue::Bytes(b) = v { b.len() } else { 0 }).sum()
}

/// The places that pass a filter, in ascending order.
type ShownPlaces = VecDeque<RowPlace>;

/// A filter that is being applied, from the oldest row on.
#[derive(Debug)]
struct Pending {
    words: Words,
    next: RowPlace,
    shown: ShownPlaces,
}

/// All rows, and which of them the filter shows.
#[derive(Debug)]
pub(super) struct FeedRing {
    rows: VecDeque<FeedRow>,
    first: RowPlace,
    bytes: usize,
    problems: usize,
    gaps: usize,
    words: Words,
    /// Used only while there is a filter; without one, every row is shown.
    shown: ShownPlaces,
    pending: Option<Pending>,
}

impl Default for FeedRing {
    fn default() -> Self {
        Self {
            rows: VecDeque::new(),
            first: RowPlace::START,
            bytes: 0,
            problems: 0,
            gaps: 0,
            words: Words::default(),
            shown: ShownPlaces::new(),
            pending: None,
        }
    }
}

impl FeedRing {
    pub fn push(&mut self, row: FeedRow) {
        if row.passes(&self.words) && !self.words.is_empty() {
            self.shown.push_back(self.end());
        }
        self.count(&row, true);
        self.rows.push_back(row);
    }
    /// Puts a row before the oldest one.
    pub fn push_front(&mut self, row: FeedRow) {
        self.first = self.first.before();
        if row.passes(&self.words) && !self.words.is_empty() {
            self.shown.push_front(self.first);
        }
        if let Some(pending) = &mut self.pending
            && row.passes(&pending.words)
        {
            pending.shown.push_front(self.first);
        }
        self.count(&row, true);
        self.rows.push_front(row);
    }
    /// Lets the oldest entries go until at most so many rows and bytes are left. An entry always
    /// goes as a whole.
    pub fn keep(&mut self, rows: usize, bytes: usize) {
        let is_rest = |row: &FeedRow| row.index > 0 && row.event().is_some();
        let mut going = false;
        while self.rows.len() > rows
            || self.bytes > bytes
            || (going && self.rows.front().is_some_and(is_rest))
        {
            let Some(row) = self.rows.pop_front() else { return };
            going = true;
            self.count(&row, false);
            self.first = self.first.next();
        }
        let first = self.first;
        let trim = |shown: &mut ShownPlaces| {
            while shown.front().is_some_and(|place| *place < first) {
                shown.pop_front();
            }
        };
        trim(&mut self.shown);
        if let Some(pending) = &mut self.pending {
            pending.next = pending.next.max(first);
            trim(&mut pending.shown);
        }
    }
    fn count(&mut self, row: &FeedRow, more: bool) {
        let step = |n: &mut usize, by: usize| *n = if more { *n + by } else { *n - by };
        step(&mut self.bytes, row.bytes);
        step(&mut self.problems, usize::from(row.tone == Tone::Bad));
        step(&mut self.gaps, usize::from(matches!(row.kind, FeedRowKind::Gap { .. })));
    }

    /// Begins to apply a filter. The former one stays in force until `refilter` says that
    /// it is done.
    pub fn set_filter(&mut self, words: Words) {
        let next = self.first;
        self.pending = Some(Pending { words, next, shown: ShownPlaces::new() });
    }
    /// Goes on applying a filter and looks at no more than `budget` rows. Returns whether nothing
    /// is left to do.
    pub fn refilter(&mut self, budget: usize) -> bool {
        let end = self.end();
        let Some(pending) = &mut self.pending else { return true };
        if !pending.words.is_empty() {
            for _ in 0..budget {
                if pending.next >= end {
                    break;
                }
                let at = usize::try_from(pending.next.0 - self.first.0).unwrap_or(usize::MAX);
                if self.rows.get(at).is_some_and(|row| row.passes(&pending.words)) {
                    pending.shown.push_back(pending.next);
                }
                pending.next = pending.next.next();
            }
            if pending.next < end {
                return false;
            }
        }
        if let Some(done) = self.pending.take() {
            self.words = done.words;
            self.shown = done.shown;
        }
        true
    }
    pub const fn is_refiltering(&self) -> bool {
        self.pending.is_some()
    }
    /// The filter that was set last, whether it is in force already or not.
    pub fn words(&self) -> &Words {
        self.pending.as_ref().map_or(&self.words, |pending| &pending.words)
    }

    /// How many rows are shown.
    pub fn len_shown(&self) -> usize {
        if self.words.is_empty() { self.rows.len() } else { self.shown.len() }
    }
    /// How many shown rows come before a place.
    pub fn index_of(&self, place: RowPlace) -> usize {
        if self.words.is_empty() {
            let at = place.0.saturating_sub(self.first.0);
            usize::try_from(at).unwrap_or(usize::MAX).min(self.rows.len())
        } else {
            self.shown.partition_point(|shown| *shown < place)
        }
    }
    /// The place of the shown row with this index.
    pub fn place_at(&self, index: usize) -> Option<RowPlace> {
        if self.words.is_empty() {
            (index < self.rows.len()).then(|| RowPlace(self.first.0 + index as u64))
        } else {
            self.shown.get(index).copied()
        }
    }
    /// Whether a row is kept and shown.
    pub fn is_shown(&self, place: RowPlace) -> bool {
        self.place_at(self.index_of(place)) == Some(place)
    }
    /// The row of a place; `None` if it is not kept any more.
    pub fn row(&self, place: RowPlace) -> Option<&FeedRow> {
        let at = place.0.checked_sub(self.first.0)?;
        self.rows.get(usize::try_from(at).ok()?)
    }
    /// The oldest row that is not a gap.
    pub fn oldest(&self) -> Option<&FeedRow> {
        self.rows.iter().find(|row| row.event().is_some())
    }
    /// The place of the oldest row.
    pub const fn first(&self) -> RowPlace {
        self.first
    }
    /// The place that the next row will get.
    pub fn end(&self) -> RowPlace {
        RowPlace(self.first.0 + self.rows.len() as u64)
    }
    /// Whether the ring has reached so many rows or so many bytes.
    pub fn is_full(&self, rows: usize, bytes: usize) -> bool {
        self.rows.len() >= rows || self.bytes >= bytes
    }
    /// How many events are shown, and how many there are.
    pub fn events(&self) -> (usize, usize) {
        (self.len_shown() - self.gaps.min(self.len_shown()), self.rows.len() - self.gaps)
    }
    /// How many rows are gaps.
    pub const fn gaps(&self) -> usize {
        self.gaps
    }
    /// How many rows need attention, shown or not.
    pub const fn problems(&self) -> usize {
        self.problems
    }
}

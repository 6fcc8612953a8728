//! The rows of the feed: a ring bounded in rows and bytes, and which of them the filter shows.
//!
//! A row has a `Place` that stays the same while rows come at the end, leave at the front or are
//! put before the front, so selection and scroll position are places and nothing has to be
//! shifted. What the filter shows is a sorted list of places: drawing costs what is visible.

use crate::{
    model::{CustomerId, DataValue, Entry, Event, EventKind, GapReason, Seq, Tone},
    query::{Words, haystack},
};
use std::{collections::VecDeque, sync::Arc};

/// Where a row is, for as long as it is there; grows from older to newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u64);

impl Place {
    /// Far enough from zero that history can be put in front for ever.
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
pub struct Row {
    /// The entry it is of; for a gap the one before it.
    pub seq: Seq,
    /// Which event of the entry.
    pub index: usize,
    /// An event or a gap.
    pub what: What,
    /// How an agent should feel about it.
    pub tone: Tone,
    words: Box<str>,
    bytes: usize,
}

/// What a row shows.
#[derive(Clone, Debug)]
pub enum What {
    /// The event `Row::index` of this entry.
    Event(Arc<Entry>),
    /// Entries that are not here and will not come.
    Gap {
        /// The last one before it.
        after: Seq,
        /// The first one behind it.
        next: Seq,
        /// Why; `None` if nobody said.
        reason: Option<GapReason>,
    },
}

impl Row {
    pub(super) fn of(entry: &Arc<Entry>, index: usize) -> Option<Self> {
        let event = entry.events.get(index)?;
        let words = haystack(event).into_boxed_str();
        // The words are about as long as what they were made of; the rest is the frame around it.
        let bytes = 512 + 2 * words.len() + payload(event);
        Some(Self {
            seq: entry.seq,
            index,
            tone: event.tone(),
            what: What::Event(entry.clone()),
            words,
            bytes,
        })
    }
    pub(super) fn gap(after: Seq, next: Seq, reason: Option<GapReason>) -> Self {
        let what = What::Gap { after, next, reason };
        Self { seq: after, index: usize::MAX, what, tone: Tone::Bad, words: "".into(), bytes: 64 }
    }
    /// Its event, unless it is a gap.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        match &self.what {
            What::Event(entry) => entry.events.get(self.index),
            What::Gap { .. } => None,
        }
    }
    /// The customer whom its event touches.
    #[must_use]
    pub fn customer(&self) -> Option<&CustomerId> {
        self.event()?.customer.as_ref()
    }
    /// A gap is shown whatever the filter says: loss is never silent.
    fn passes(&self, words: &Words) -> bool {
        words.is_empty() || matches!(self.what, What::Gap { .. }) || words.matches_row(&self.words)
    }
}

/// Bytes of an event that its words only count.
fn payload(event: &Event) -> usize {
    let EventKind::MetadataUpdated { values, .. } = &event.kind else { return 0 };
    values.iter().map(|(_, v)| if let DataValue::Bytes(b) = v { b.len() } else { 0 }).sum()
}

/// The places that pass a filter, in order.
type Shown = VecDeque<Place>;

/// A filter that is being applied, oldest row first.
#[derive(Debug)]
struct Pending {
    words: Words,
    next: Place,
    shown: Shown,
}

/// All rows, and those that the filter shows.
#[derive(Debug)]
pub(super) struct Ring {
    rows: VecDeque<Row>,
    first: Place,
    bytes: usize,
    problems: usize,
    gaps: usize,
    words: Words,
    /// Used only if there are words; without any, everything is shown.
    shown: Shown,
    pending: Option<Pending>,
}

impl Default for Ring {
    fn default() -> Self {
        Self {
            rows: VecDeque::new(),
            first: Place::START,
            bytes: 0,
            problems: 0,
            gaps: 0,
            words: Words::default(),
            shown: Shown::new(),
            pending: None,
        }
    }
}

impl Ring {
    /// Puts a row at the end.
    pub fn push(&mut self, row: Row) {
        if row.passes(&self.words) && !self.words.is_empty() {
            self.shown.push_back(self.end());
        }
        self.count(&row, true);
        self.rows.push_back(row);
    }
    /// Puts a row before the oldest.
    pub fn push_front(&mut self, row: Row) {
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
    /// Lets the oldest entries go, whole ones, until no more than so many rows and bytes are left.
    pub fn keep(&mut self, rows: usize, bytes: usize) {
        let is_rest = |row: &Row| row.index > 0 && row.event().is_some();
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
        let trim = |shown: &mut Shown| {
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
    fn count(&mut self, row: &Row, more: bool) {
        let step = |n: &mut usize, by: usize| *n = if more { *n + by } else { *n - by };
        step(&mut self.bytes, row.bytes);
        step(&mut self.problems, usize::from(row.tone == Tone::Bad));
        step(&mut self.gaps, usize::from(matches!(row.what, What::Gap { .. })));
    }

    /// Begins to apply a filter; the former one stays in force until `refilter` is done.
    pub fn set_filter(&mut self, words: Words) {
        let next = self.first;
        self.pending = Some(Pending { words, next, shown: Shown::new() });
    }
    /// Looks at no more than `budget` rows; whether nothing is left to do.
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
    /// Whether a filter is being applied.
    pub const fn is_refiltering(&self) -> bool {
        self.pending.is_some()
    }
    /// The filter that was set last, in force or not yet.
    pub fn words(&self) -> &Words {
        self.pending.as_ref().map_or(&self.words, |pending| &pending.words)
    }

    /// Rows that are shown.
    pub fn len_shown(&self) -> usize {
        if self.words.is_empty() { self.rows.len() } else { self.shown.len() }
    }
    /// How many shown rows come before a place.
    pub fn index_of(&self, place: Place) -> usize {
        if self.words.is_empty() {
            let at = place.0.saturating_sub(self.first.0);
            usize::try_from(at).unwrap_or(usize::MAX).min(self.rows.len())
        } else {
            self.shown.partition_point(|shown| *shown < place)
        }
    }
    /// The place of the shown row of that index.
    pub fn place_at(&self, index: usize) -> Option<Place> {
        if self.words.is_empty() {
            (index < self.rows.len()).then(|| Place(self.first.0 + index as u64))
        } else {
            self.shown.get(index).copied()
        }
    }
    /// Whether a row is there and shown.
    pub fn is_shown(&self, place: Place) -> bool {
        self.place_at(self.index_of(place)) == Some(place)
    }
    /// The row of a place.
    pub fn row(&self, place: Place) -> Option<&Row> {
        let at = place.0.checked_sub(self.first.0)?;
        self.rows.get(usize::try_from(at).ok()?)
    }
    /// The row of the oldest event.
    pub fn oldest(&self) -> Option<&Row> {
        self.rows.iter().find(|row| row.event().is_some())
    }
    /// The place of the oldest row.
    pub const fn first(&self) -> Place {
        self.first
    }
    /// The place that the next row will have.
    pub fn end(&self) -> Place {
        Place(self.first.0 + self.rows.len() as u64)
    }
    /// Whether so many rows and bytes are reached.
    pub fn is_full(&self, rows: usize, bytes: usize) -> bool {
        self.rows.len() >= rows || self.bytes >= bytes
    }
    /// Events that are shown, and all of them.
    pub fn events(&self) -> (usize, usize) {
        (self.len_shown() - self.gaps.min(self.len_shown()), self.rows.len() - self.gaps)
    }
    /// Rows that are gaps.
    pub const fn gaps(&self) -> usize {
        self.gaps
    }
    /// Rows of tone `Bad`, shown or not.
    pub const fn problems(&self) -> usize {
        self.problems
    }
}

//! The rows that are shown, in one order: those that the hub found under the filter, and then the loaded ones.
//! Whoever moves or draws asks here and need not know that they are kept in two rings.

use super::{
    FeedRow, LiveFeed, ThingNow,
    pack::RowHead,
    ring::{FeedRing, RowPlace},
};
use crate::model::Event;
use jiff::civil::Date;

impl LiveFeed {
    /// The ring that has this place or had it.
    fn ring_of(&self, place: RowPlace) -> &FeedRing {
        if place.is_found() { &self.found } else { &self.ring }
    }
    /// How many rows are shown.
    pub(super) fn len_shown(&self) -> usize {
        self.found.len_shown() + self.ring.len_shown()
    }
    /// How many shown rows come before a place.
    pub(super) fn index_of(&self, place: RowPlace) -> usize {
        if place.is_found() {
            self.found.index_of(place)
        } else {
            self.found.len_shown() + self.ring.index_of(place)
        }
    }
    /// The place of the shown row with this index.
    pub(super) fn place_at(&self, index: usize) -> Option<RowPlace> {
        match index.checked_sub(self.found.len_shown()) {
            Some(index) => self.ring.place_at(index),
            None => self.found.place_at(index),
        }
    }
    /// Whether a row is kept and shown.
    pub(super) fn is_shown(&self, place: RowPlace) -> bool {
        self.ring_of(place).is_shown(place)
    }
    /// Whether a row is kept, shown or not.
    pub(super) fn is_kept(&self, place: RowPlace) -> bool {
        let ring = self.ring_of(place);
        ring.first() <= place && place < ring.end()
    }
    /// A place before every row.
    pub(super) fn before_all(&self) -> RowPlace {
        let found = self.found.first();
        if found < self.found.end() { found.before() } else { self.ring.first().before() }
    }
    pub(super) fn is_problem(&self, place: RowPlace) -> bool {
        self.ring_of(place).is_problem(place)
    }
    pub(super) fn head(&self, place: RowPlace) -> Option<RowHead> {
        self.ring_of(place).head(place)
    }
    pub(super) fn row(&self, place: RowPlace) -> Option<FeedRow> {
        self.ring_of(place).row(place)
    }
    /// A row as it is shown. How a thing stands of which a found row tells, the loaded rows may know better.
    pub(super) fn row_now(&self, place: RowPlace) -> Option<FeedRow> {
        let mut row = self.ring_of(place).row_now(place)?;
        if place.is_found()
            && row.thing.is_some()
            && let Some(thing) = row.event().and_then(|event| self.ring.thing_of(event))
        {
            (row.tone, row.thing) = (thing.tone(), Some(thing));
        }
        Some(row)
    }
    /// How the thing stands that an event tells of, as far as the rows that are here say it, also at the depth that
    /// shows each report by itself.
    #[must_use]
    pub fn thing_of(&self, event: &Event) -> Option<ThingNow> {
        self.ring.thing_of(event).or_else(|| self.found.thing_of(event))
    }
    /// The date of the shown row with this index.
    pub(super) fn date_at(&self, index: usize) -> Option<Date> {
        let place = self.place_at(index)?;
        self.ring_of(place).date_of(place)
    }
    /// Whether a shown row has another date than the one before it.
    pub(super) fn begins_day(&self, index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|before| self.date_at(before));
        self.date_at(index).is_some_and(|date| before != Some(date))
    }
    /// How many shown rows begin a day from the one with index `from` on and before `to`.
    pub(super) fn days_begun(&self, from: usize, to: usize) -> usize {
        let found = self.found.len_shown();
        let above = self.found.days_begun(from.min(found), to.min(found));
        let (from, to) = (from.saturating_sub(found), to.saturating_sub(found));
        let below = self.ring.days_begun(from, to);
        // The first loaded row begins a day only if the last found one has another date.
        let is_same = found > 0 && from == 0 && to > 0 && !self.begins_day(found);
        let counted = is_same && self.ring.begins_day(0);
        above + below - usize::from(counted)
    }
}

//! Going to a row by what is known of it: the time at which it happened, or its place in the log. And rows that
//! the agent has marked, to come back to them.
//!
//! A time before the oldest row is asked of the hub (`apart`).

use super::{
    FeedRow, LiveFeed, Older,
    ring::RowPlace,
    search::{FilterSearch, SearchStep},
};
use crate::{
    console::kept::{FeedBookmark, KeptChange, MOST_MARKS},
    model::{Seq, Timestamp, client::PastMoment},
};

/// What became of going to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WentTo {
    There,
    /// The hub is asked where it lies.
    Loading,
    /// The filter or the depth hides it.
    Hidden,
    /// It is not kept here, and cannot be loaded.
    NotKept,
}

impl LiveFeed {
    /// Goes to the first shown row that is not before a time, also under a filter. Where rows are in order by time
    /// only in part, because a clock jumped, it is one of those where the time is passed. A time before
    /// everything that is loaded is asked of the hub.
    pub fn go_to(&mut self, at: Timestamp) -> WentTo {
        self.going = None;
        let is_before = !self.is_loaded(at);
        if is_before && self.has_past() && !self.is_all_loaded() {
            self.set_out(PastMoment::Time(at), at);
            return WentTo::Loading;
        }
        let len = self.len_shown();
        if len == 0 {
            return WentTo::Hidden;
        }
        let (mut low, mut high) = (0, len);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.at_of(middle).is_some_and(|own| own < at) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.go(low.min(len - 1));
        if is_before { WentTo::NotKept } else { WentTo::There }
    }
    /// The time that is being gone to while the hub is asked where it lies.
    #[must_use]
    pub fn going_to(&self) -> Option<Timestamp> {
        Some(self.going?.at)
    }
    /// Gives up going to a time. Returns whether it was under way.
    pub const fn stop_going(&mut self) -> bool {
        self.going.take().is_some()
    }
    /// Whether what happened then is among the rows that are kept: behind the oldest one that is loaded, or where
    /// everything was searched.
    fn is_loaded(&self, at: Timestamp) -> bool {
        if self.oldest_at().is_some_and(|oldest| oldest <= at) {
            return true;
        }
        let found = self.found.len_shown();
        let ends = found.checked_sub(1).and_then(|last| Some((self.at_of(0)?, self.at_of(last)?)));
        let joins_on = self.between().is_none();
        let searched = self.search.as_ref().and_then(FilterSearch::back_to);
        joins_on && searched.is_some_and(|back| back <= at)
            || ends.is_some_and(|(first, last)| first <= at && (at <= last || joins_on))
    }
    /// Whether nothing of the log is missing before the newest row.
    fn is_all_loaded(&self) -> bool {
        match &self.search {
            Some(search) => *search.step() == SearchStep::Over && self.between().is_none(),
            None => self.older == Older::Beginning,
        }
    }
    /// When a shown row happened. A gap is dated as the row before it.
    fn at_of(&self, index: usize) -> Option<Timestamp> {
        let rows = (0..=index).rev().filter_map(|index| self.row(self.place_at(index)?));
        let mut at = rows.filter_map(|row| Some(row.event()?.at));
        at.next()
    }
    fn oldest_at(&self) -> Option<Timestamp> {
        let mut place = self.ring.first();
        while place < self.ring.end() {
            if let Some(at) = self.ring.row(place).and_then(|row| Some(row.event()?.at)) {
                return Some(at);
            }
            place = place.next();
        }
        None
    }

    /// Marks the chosen row, or takes its mark away; says which. `None` if no row of an event is chosen.
    pub fn mark_row(&mut self) -> Option<KeptChange> {
        let row = self.selected().filter(|_| !self.hides_selection())?;
        let event = row.event()?;
        if self.is_marked(&row) {
            self.bookmarks.retain(|mark| (mark.seq, mark.index) != (row.seq, row.index));
            return Some(KeptChange::Unmarked(row.seq, row.index));
        }
        let number = event.number.as_ref().map(ToString::to_string);
        let name = event.name.clone().filter(|name| !name.is_empty());
        let who = name.or(number).unwrap_or_default();
        let (at, text) = (event.at, event.sentence());
        let mark = FeedBookmark { seq: row.seq, index: row.index, at, who, text };
        self.bookmarks.push(mark.clone());
        let over = self.bookmarks.len().saturating_sub(MOST_MARKS);
        self.bookmarks.drain(..over);
        Some(KeptChange::Marked(mark))
    }
    /// The rows that were marked in an earlier run.
    pub fn recall_marks(&mut self, marks: Vec<FeedBookmark>) {
        self.bookmarks = marks;
    }
    /// The marked rows, the one that was marked last at the end.
    #[must_use]
    pub fn bookmarks(&self) -> &[FeedBookmark] {
        &self.bookmarks
    }
    #[must_use]
    pub fn is_marked(&self, row: &FeedRow) -> bool {
        let is_it = |mark: &FeedBookmark| (mark.seq, mark.index) == (row.seq, row.index);
        // A mark of an earlier run may be of another log, which has something else at its place.
        let at = row.event().map(|event| event.at);
        self.bookmarks.iter().any(|mark| is_it(mark) && Some(mark.at) == at)
    }
    /// Goes to a marked row. One that is not kept is asked of the hub.
    pub fn go_to_mark(&mut self, mark: &FeedBookmark) -> WentTo {
        match self.place_of(mark.seq, mark.index) {
            Some(place) if !self.is_at(place, mark.at) => self.go_to(mark.at),
            Some(place) if self.is_shown(place) => {
                self.go(self.index_of(place));
                WentTo::There
            }
            Some(_) => WentTo::Hidden,
            None if self.has_past() && !self.is_all_loaded() => {
                self.set_out(PastMoment::Place(mark.seq), mark.at);
                WentTo::Loading
            }
            None => WentTo::NotKept,
        }
    }
    /// Whether a row tells of this time. If not, the log is another one than that in which it was marked.
    pub(super) fn is_at(&self, place: RowPlace, at: Timestamp) -> bool {
        self.row(place).is_some_and(|row| row.event().is_some_and(|event| event.at == at))
    }
    /// The place of a row that is kept, shown or not.
    fn place_of(&self, seq: Seq, index: usize) -> Option<RowPlace> {
        let rings = [&self.ring, &self.found];
        rings.into_iter().find_map(|ring| {
            let (mut low, mut high) = (ring.first(), ring.end());
            while low < high {
                let middle = low.plus(high.since(low)? / 2);
                if ring.head(middle)?.seq < seq { low = middle.next() } else { high = middle }
            }
            let here = |place: &RowPlace| ring.head(*place).is_some_and(|head| head.seq == seq);
            let mut places = (0..).map(|rows| low.plus(rows)).take_while(here);
            places.find(|place| ring.row(*place).is_some_and(|row| row.index == index))
        })
    }
}

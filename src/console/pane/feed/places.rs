//! Going to a row by what is known of it: the time at which it happened, or its place in the log. And rows that
//! the agent has marked, to come back to them.
//!
//! A time before the oldest row is gone to by loading what lies between, a page at a time, so that the feed is
//! whole there and can be read both ways.

use super::{LiveFeed, Older, ring::RowPlace};
use crate::{
    model::{Seq, Timestamp},
    query::{Asker, moment_of},
};
use jiff::tz::TimeZone;

/// A row that the agent has marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedBookmark {
    pub seq: Seq,
    /// Which event of its entry it is.
    pub index: usize,
    pub at: Timestamp,
    /// Who it is about, and what it says; raw.
    pub who: String,
    pub text: String,
}

/// How many rows can be marked. The oldest mark goes first.
const MARKS: usize = 200;

/// What became of going to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WentTo {
    There,
    /// What lies between is being loaded.
    Loading,
    /// The filter or the depth hides it.
    Hidden,
    /// It is not kept here, and cannot be loaded.
    NotKept,
}

/// Reads a time as somebody types it, such as `yesterday 14:00` or `-2h`. The error says what was expected.
pub fn time_of(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
    moment_of(text.trim(), &Asker { now, zone: zone.clone() })
}

impl LiveFeed {
    /// Goes to the first shown row that is not before a time. Where rows are in order by time only in part,
    /// because a clock jumped, it is one of those where the time is passed. A filter is switched off,
    /// because under one the rows around a time are not loaded.
    pub fn go_to(&mut self, at: Timestamp) -> WentTo {
        if self.is_filtered() {
            self.toggle_filter();
        }
        self.going = Some(at);
        self.go_on()
    }
    /// The time that is being gone to while what lies between is loaded.
    #[must_use]
    pub const fn going_to(&self) -> Option<Timestamp> {
        self.going
    }
    /// Gives up going to a time; what was loaded stays. Returns whether it was under way.
    pub const fn stop_going(&mut self) -> bool {
        self.going.take().is_some()
    }
    /// Selects the row of the time that is gone to, or has the next page loaded.
    pub(super) fn go_on(&mut self) -> WentTo {
        let Some(at) = self.going else { return WentTo::There };
        let is_before = self.oldest_at().is_some_and(|oldest| at < oldest);
        let has_more = matches!(
            self.older,
            Older::More | Older::Asked(_) | Older::Failed(_) | Older::Unread(_)
        );
        if is_before && has_more {
            // What is loaded must not be let go for what arrives meanwhile.
            self.hold();
            self.reached = true;
            return WentTo::Loading;
        }
        self.going = None;
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

    /// Marks the chosen row, or takes its mark away. Returns whether it is marked now; `None` if no row of an
    /// event is chosen.
    pub fn mark_row(&mut self) -> Option<bool> {
        let row = self.selected().filter(|_| !self.hides_selection())?;
        let event = row.event()?;
        if self.is_marked(row.seq, row.index) {
            self.bookmarks.retain(|mark| (mark.seq, mark.index) != (row.seq, row.index));
            return Some(false);
        }
        let number = event.number.as_ref().map(ToString::to_string);
        let name = event.name.clone().filter(|name| !name.is_empty());
        let who = name.or(number).unwrap_or_default();
        let (at, text) = (event.at, event.sentence());
        self.bookmarks.push(FeedBookmark { seq: row.seq, index: row.index, at, who, text });
        let over = self.bookmarks.len().saturating_sub(MARKS);
        self.bookmarks.drain(..over);
        Some(true)
    }
    /// The marked rows, the one that was marked last at the end.
    #[must_use]
    pub fn bookmarks(&self) -> &[FeedBookmark] {
        &self.bookmarks
    }
    #[must_use]
    pub fn is_marked(&self, seq: Seq, index: usize) -> bool {
        self.bookmarks.iter().any(|mark| (mark.seq, mark.index) == (seq, index))
    }
    /// Goes to a marked row.
    pub fn go_to_mark(&mut self, mark: &FeedBookmark) -> WentTo {
        match self.place_of(mark.seq, mark.index) {
            Some(place) if self.is_shown(place) => {
                self.go(self.index_of(place));
                WentTo::There
            }
            Some(_) => WentTo::Hidden,
            None => WentTo::NotKept,
        }
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

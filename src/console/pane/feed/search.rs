//! What the hub finds of the filter before the oldest row that is loaded (R-FEED-5).
//!
//! Found rows stand above the loaded ones while their filter is in force, and go with it. They are in a ring of
//! their own, because nothing says that they follow one another: what lies between two of them does not match,
//! so that it is no gap. The hub is asked a piece at a time, and on its answer depends whether it is asked for
//! the next one. So a search ends with the wish for it, and whoever changes the filter has cancelled it.

use super::{LiveFeed, Older, apart::NewerSearch, ring::FeedRing, row::NewRow};
use crate::model::{
    ClientError, Seq, Timestamp,
    client::{AskedFilter, SearchedPage},
};

/// How many rows that were found are kept, and about how many bytes they may take.
const ROOM: (usize, usize) = (5_000, 16 << 20);
/// How many more rows are looked for at least when the agent scrolls to where the found ones begin.
pub(super) const AT_LEAST: usize = 20;

/// How far the past has been searched.
#[derive(Clone, Debug)]
pub struct FilterSearch {
    asked: AskedFilter,
    /// The oldest entry that was loaded when the search began, and so the first that was not searched.
    from: Seq,
    /// Everything from this entry on was searched.
    to: Seq,
    back_to: Option<Timestamp>,
    /// The search rests once so many rows are shown.
    wanted: usize,
    step: SearchStep,
    /// How far it came towards the loaded rows, if it began at a time apart from them.
    pub(super) newer: Option<NewerSearch>,
}

/// What a search does now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchStep {
    /// The hub has to be asked for the next piece.
    Due,
    /// The hub was asked and has not answered yet.
    Asked,
    /// Enough was found, or the agent stopped it. It goes on when the agent scrolls up.
    Resting,
    /// It has come to the beginning of the log.
    Over,
    /// The hub's index has still to read so many entries before the search can go on (R-REPLY-6).
    Unread(u64),
    /// The hub could not answer; its words are raw. It goes on when the hub is back.
    Failed(String),
    /// What is older finds no more room here.
    Full,
}

impl FilterSearch {
    #[must_use]
    pub const fn step(&self) -> &SearchStep {
        &self.step
    }
    /// When the oldest entry was decided that was searched; `None` before the first answer.
    #[must_use]
    pub const fn back_to(&self) -> Option<Timestamp> {
        self.back_to
    }
    const fn is_running(&self) -> bool {
        matches!(self.step, SearchStep::Due | SearchStep::Asked)
    }
    /// A search both ways from an entry that lies before everything that is loaded.
    pub(super) const fn around(
        asked: AskedFilter,
        from: Seq,
        start: Seq,
        newer: NewerSearch,
    ) -> Self {
        let step = if start.0 <= 1 { SearchStep::Over } else { SearchStep::Resting };
        Self { asked, from, to: start, back_to: None, wanted: 0, step, newer: Some(newer) }
    }
    pub(super) const fn asked(&self) -> &AskedFilter {
        &self.asked
    }
    /// Searches on until so many rows are shown.
    pub(super) fn want(&mut self, rows: usize) {
        self.wanted = rows;
        if self.step == SearchStep::Resting {
            self.step = SearchStep::Due;
        }
    }
    /// Asks for something else from now on. What the hub was asked is asked anew.
    pub(super) fn ask(&mut self, asked: AskedFilter) {
        self.asked = asked;
        if self.step == SearchStep::Asked {
            self.step = SearchStep::Due;
        }
        if let Some(newer) = &mut self.newer {
            newer.ask_anew();
        }
    }
    /// Everything before an entry has to be searched again.
    pub(super) fn begin_again_at(&mut self, oldest: Seq) {
        self.to = oldest;
        self.back_to = None;
        if matches!(self.step, SearchStep::Over | SearchStep::Full | SearchStep::Asked) {
            self.step = SearchStep::Resting;
        }
    }
}

impl LiveFeed {
    /// How far the past has been searched under the filter in force; `None` if it has not.
    #[must_use]
    pub const fn search(&self) -> Option<&FilterSearch> {
        self.search.as_ref()
    }
    /// How many of the events that the hub found are shown.
    #[must_use]
    pub fn found(&self) -> usize {
        self.found.len_shown()
    }
    /// Whether a filter is in force or being applied.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        !self.ring.filter().is_empty()
    }

    /// Searches the past if the filter leaves less than the pane has room for.
    pub fn seek(&mut self) {
        if self.search.is_none() && self.is_filtered() && self.len_shown() < self.lines {
            self.begin_search(self.lines);
        }
    }
    /// Searches on, because the agent has scrolled to the oldest row that is shown.
    pub(super) fn search_on(&mut self) {
        let wanted = self.len_shown() + self.lines.max(AT_LEAST);
        match &mut self.search {
            None => self.begin_search(wanted),
            Some(search) => match search.step {
                SearchStep::Resting | SearchStep::Unread(_) | SearchStep::Failed(_) => {
                    (search.step, search.wanted) = (SearchStep::Due, wanted);
                }
                SearchStep::Due | SearchStep::Asked => search.wanted = wanted,
                SearchStep::Over | SearchStep::Full => {}
            },
        }
    }
    fn begin_search(&mut self, wanted: usize) {
        let (Some(from), Some(asked)) = (self.ring.oldest(), self.filter.asked()) else { return };
        let step = match self.older {
            Older::NoHistory | Older::OtherLog => return,
            // All of the log is loaded.
            Older::Beginning => SearchStep::Over,
            _ if from <= Seq(1) => SearchStep::Over,
            _ => SearchStep::Due,
        };
        let newer = None;
        let search = FilterSearch { asked, from, to: from, back_to: None, wanted, step, newer };
        self.search = Some(search);
    }
    /// Before which place the hub has to be searched now, and with which filter. It is returned once
    /// for each piece.
    pub fn wants_search(&mut self) -> Option<(Seq, AskedFilter)> {
        let search = self.search.as_mut().filter(|search| search.step == SearchStep::Due)?;
        search.step = SearchStep::Asked;
        Some((search.to, search.asked.clone()))
    }
    /// Stops a search that is under way; what it has found stays. Returns whether there was one.
    pub fn stop_search(&mut self) -> bool {
        let was_running = self.stop_newer();
        let running = self.search.as_mut().filter(|search| search.is_running());
        running.map(|search| search.step = SearchStep::Resting).is_some() || was_running
    }
    /// Goes on where the hub could not answer.
    pub(super) fn resume_search(&mut self) {
        self.resume_newer();
        if let Some(search) = &mut self.search
            && matches!(search.step, SearchStep::Failed(_) | SearchStep::Asked)
        {
            search.step = SearchStep::Due;
        }
    }

    /// Takes in a piece of a search, the answer to `Effect::Search`. The answer to another question is ignored.
    pub fn searched(
        &mut self,
        before: Seq,
        filter: &AskedFilter,
        result: Result<SearchedPage, ClientError>,
    ) {
        let is_awaited = |search: &&mut FilterSearch| {
            search.step == SearchStep::Asked && search.to == before && search.asked == *filter
        };
        let Some(search) = self.search.as_mut().filter(is_awaited) else { return };
        let page = match result {
            Ok(page) => page,
            Err(error) => {
                search.step = SearchStep::Failed(error.to_string());
                return;
            }
        };
        if page.searched_to >= before {
            search.step = match page.unread {
                0 => SearchStep::Failed("the hub comes no further".into()),
                unread => SearchStep::Unread(unread),
            };
            return;
        }
        search.to = page.searched_to;
        if !page.searched_at.is_zero() {
            search.back_to = Some(page.searched_at);
        }
        let mut bound = before;
        let mut past = Vec::new();
        for entry in page.entries {
            if entry.seq < bound {
                bound = entry.seq;
                past.extend(NewRow::of(entry).rev());
            }
        }
        past.reverse();
        self.found.prepend(past);
        let is_apart = self.search.as_ref().is_some_and(|search| search.newer.is_some());
        let (rows, bytes) = if is_apart { self.limits } else { ROOM };
        let (shown, is_full) = (self.len_shown(), self.found.is_full(rows, bytes));
        if let Some(search) = &mut self.search {
            if let Some(newer) = &mut search.newer {
                newer.note_filter(&search.asked);
            }
            search.step = if search.to <= Seq(1) {
                SearchStep::Over
            } else if is_full {
                SearchStep::Full
            } else if shown >= search.wanted {
                SearchStep::Resting
            } else {
                SearchStep::Due
            };
        }
        self.follow_moves();
        self.pin();
    }

    /// Forgets what was found, because another filter is in force now or the rows do not join on any more.
    pub(super) fn drop_found(&mut self) {
        self.search = None;
        self.found = FeedRing::for_found(&self.ring);
        self.keep_marks();
    }
    /// Forgets what was found if the loaded rows begin elsewhere than when the search began: between the two
    /// there would be rows that nobody has searched. Returns whether it was so. Rows around a time need not
    /// join on: what lies between is said.
    pub(super) fn keep_found(&mut self) -> bool {
        let is_apart = |search: &FilterSearch| {
            search.newer.is_none() && Some(search.from) != self.ring.oldest()
        };
        let is_apart = self.search.as_ref().is_some_and(is_apart);
        if is_apart {
            self.drop_found();
        }
        is_apart
    }
}

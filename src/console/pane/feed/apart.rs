//! Rows around a time that lies before everything that is loaded. The hub says where in the log it is
//! (R-OPERATOR-8), and the rows from there on stand above the loaded ones, in the ring of what was found. Older ones
//! come like those of a search, and newer ones as the agent moves down, until they meet the loaded rows. How many
//! entries lie between is said by a line in between (R-CONSOLE-19).

use super::{
    LiveFeed, Older,
    row::NewRow,
    search::{AT_LEAST, FilterSearch, SearchStep},
};
use crate::model::{
    ClientError, Seq, Timestamp,
    client::{AskedFilter, PastMoment, SearchedPage},
};

/// A time or an entry that is gone to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GoingTo {
    pub moment: PastMoment,
    /// When that is.
    pub at: Timestamp,
    /// Whether the hub has still to be asked.
    pub is_due: bool,
}

impl GoingTo {
    /// The time, if it was one that was typed and not a marked row.
    fn time(self) -> Option<Timestamp> {
        matches!(self.moment, PastMoment::Time(_)).then_some(self.at)
    }
}

/// How far the log has been searched from the rows around a time towards the loaded ones.
#[derive(Clone, Debug)]
pub(super) struct NewerSearch {
    /// Everything up to this entry was searched.
    to: Seq,
    /// The entry of the time that was gone to.
    start: Seq,
    /// How many more rows are wanted before it rests.
    wanted: usize,
    step: SearchStep,
    /// Whether nothing was left out so far, so that another filter can be applied to the rows.
    is_whole: bool,
}

impl NewerSearch {
    const fn is_running(&self) -> bool {
        matches!(self.step, SearchStep::Due | SearchStep::Asked)
    }
    /// What the hub was asked is asked anew, because another filter is in force now.
    pub(super) fn ask_anew(&mut self) {
        if self.step == SearchStep::Asked {
            self.step = SearchStep::Due;
        }
    }
    /// Notes that rows came which this filter lets pass.
    pub(super) fn note_filter(&mut self, asked: &AskedFilter) {
        self.is_whole &= asked.text.trim().is_empty();
    }
}

impl LiveFeed {
    /// Has the hub asked where a time or an entry lies.
    pub(super) fn set_out(&mut self, moment: PastMoment, at: Timestamp) {
        // What is loaded must not be let go for what arrives meanwhile.
        self.hold();
        self.going = Some(GoingTo { moment, at, is_due: true });
    }
    /// What the hub has to be asked for now, and with which filter. It is returned once.
    pub fn wants_place(&mut self) -> Option<(PastMoment, AskedFilter)> {
        let going = self.going.as_mut().filter(|going| going.is_due)?;
        going.is_due = false;
        Some((going.moment, self.filter.asked().unwrap_or_default()))
    }

    /// Takes in where a time lies and the first rows from there on, the answer to `Effect::GoTo`. The answer to
    /// another question is ignored. Returns the time that was gone to once its first row is selected. The error
    /// says why the time cannot be gone to; it may have foreign text.
    pub fn placed(
        &mut self,
        moment: PastMoment,
        filter: &AskedFilter,
        result: Result<(Seq, SearchedPage), ClientError>,
    ) -> Result<Option<Timestamp>, String> {
        let is_awaited = |going: &GoingTo| going.moment == moment && !going.is_due;
        if !self.going.as_ref().is_some_and(is_awaited) {
            return Ok(None);
        }
        let asked = self.filter.asked().unwrap_or_default();
        if asked != *filter {
            // Another filter is in force now.
            self.going = self.going.map(|going| GoingTo { is_due: true, ..going });
            return Ok(None);
        }
        let (start, page) = result.map_err(|error| {
            self.going = None;
            error.to_string()
        })?;
        let Some(oldest) = self.ring.oldest().filter(|oldest| start < *oldest) else {
            // It is loaded after all: a clock was set back, or rows were let go and came again.
            let going = self.going.take();
            self.select_entry(start);
            return Ok(going.and_then(GoingTo::time));
        };
        self.drop_found();
        let newer = NewerSearch {
            to: Seq(start.0.saturating_sub(1)),
            start,
            wanted: self.lines,
            step: SearchStep::Asked,
            is_whole: true,
        };
        self.search = Some(FilterSearch::around(asked, oldest, start, newer));
        self.take_newer(page);
        let wanted = self.len_shown() + self.lines;
        if let Some(search) = &mut self.search {
            search.want(wanted);
        }
        Ok(self.arrive())
    }

    /// Selects the first row of what was gone to, once there is one. Returns the time if it was one.
    fn arrive(&mut self) -> Option<Timestamp> {
        let (newer, going) = (self.newer()?, self.going?);
        let (start, is_running) = (newer.start, newer.is_running());
        let found = self.found.len_shown();
        let first = self.first_from(start, found);
        if first < found || self.between().is_none() {
            self.going = None;
            self.select_entry(start);
            let place = self.place_at(first);
            let is_it = place.is_none_or(|place| {
                self.head(place).is_none_or(|head| head.seq != start) || self.is_at(place, going.at)
            });
            if matches!(going.moment, PastMoment::Place(_)) && !is_it {
                // The mark is of another log, which has something else there.
                self.set_out(PastMoment::Time(going.at), going.at);
            }
            return going.time();
        }
        if !is_running {
            self.going = None;
        }
        None
    }
    /// Selects the first shown row of an entry or behind it, and else the last one.
    fn select_entry(&mut self, start: Seq) {
        let len = self.len_shown();
        if let Some(last) = len.checked_sub(1) {
            self.go(self.first_from(start, len).min(last));
        }
    }
    /// How many of the first `most` shown rows come before an entry.
    fn first_from(&self, start: Seq, most: usize) -> usize {
        let (mut low, mut high) = (0, most);
        while low < high {
            let middle = usize::midpoint(low, high);
            let head = self.place_at(middle).and_then(|place| self.head(place));
            if head.is_some_and(|head| head.seq < start) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn newer(&self) -> Option<&NewerSearch> {
        self.search.as_ref()?.newer.as_ref()
    }
    fn newer_mut(&mut self) -> Option<&mut NewerSearch> {
        self.search.as_mut()?.newer.as_mut()
    }
    /// How many entries lie between the rows around a time and the loaded ones; `None` if none do.
    #[must_use]
    pub fn between(&self) -> Option<u64> {
        let (newer, oldest) = (self.newer()?, self.ring.oldest()?);
        Some(oldest.0.saturating_sub(newer.to.0.saturating_add(1))).filter(|entries| *entries > 0)
    }
    /// The line of the last row before what lies between; line 0 is the one before the oldest row.
    pub(super) fn gap_line(&self) -> Option<usize> {
        self.between().map(|_| self.found.len_shown())
    }
    /// What is being done about what lies between.
    pub(super) fn gap_step(&self) -> Option<&SearchStep> {
        Some(&self.newer()?.step)
    }

    /// Goes on towards the loaded rows, because the agent has moved down to where the rows around a time end.
    pub(super) fn onward(&mut self) {
        let wanted = self.lines.max(AT_LEAST);
        if let Some(newer) = self.newer_mut() {
            newer.wanted = newer.wanted.max(wanted);
            if !newer.is_running() {
                newer.step = SearchStep::Due;
            }
        }
    }
    /// After which place the hub has to be searched now, and with which filter. It is returned once for each piece.
    pub fn wants_newer(&mut self) -> Option<(Seq, AskedFilter)> {
        let is_between = self.between().is_some();
        let asked = self.search.as_ref()?.asked().clone();
        let newer = self.newer_mut().filter(|newer| is_between && newer.step == SearchStep::Due)?;
        newer.step = SearchStep::Asked;
        Some((newer.to, asked))
    }
    /// Takes in a piece towards the loaded rows, the answer to `Effect::SearchOn`. It ignores the answer to another
    /// question. Returns the time that was gone to once its first row is selected.
    pub fn came_newer(
        &mut self,
        after: Seq,
        filter: &AskedFilter,
        result: Result<SearchedPage, ClientError>,
    ) -> Option<Timestamp> {
        let is_same = self.search.as_ref().is_some_and(|search| search.asked() == filter);
        let is_awaited =
            |newer: &&mut NewerSearch| newer.step == SearchStep::Asked && newer.to == after;
        let newer = self.newer_mut().filter(|newer| is_same && is_awaited(newer))?;
        match result {
            Ok(page) => self.take_newer(page),
            Err(error) => newer.step = SearchStep::Failed(error.to_string()),
        }
        self.arrive()
    }

    /// Puts a piece behind the rows around a time.
    fn take_newer(&mut self, page: SearchedPage) {
        let Some(oldest) = self.ring.oldest() else { return };
        let before = self.found.len_shown();
        let Some(search) = &mut self.search else { return };
        let asked = search.asked().clone();
        let Some(newer) = &mut search.newer else { return };
        newer.note_filter(&asked);
        let mut last = newer.to;
        for entry in page.entries {
            if entry.seq > last && entry.seq < oldest {
                last = entry.seq;
                NewRow::of(entry).for_each(|row| self.found.push(row));
            }
        }
        let came = self.found.len_shown().saturating_sub(before);
        let is_stuck = page.searched_to <= newer.to;
        newer.to = page.searched_to.max(last).min(Seq(oldest.0.saturating_sub(1)));
        newer.wanted = newer.wanted.saturating_sub(came);
        newer.step = match newer.wanted {
            _ if is_stuck => SearchStep::Failed("the hub comes no further".into()),
            // Nothing lies between any more.
            _ if newer.to.next() >= oldest => SearchStep::Resting,
            0 => SearchStep::Resting,
            _ => SearchStep::Due,
        };
        self.keep_found_small();
        self.keep_marks();
        self.follow_moves();
        self.pin();
    }
    /// Lets the oldest of the rows around a time go if there are too many. They can be loaded again.
    fn keep_found_small(&mut self) {
        let first = self.found.first();
        self.found.keep(self.limits.0, self.limits.1);
        if self.found.first() > first
            && let (Some(oldest), Some(search)) = (self.found.oldest(), &mut self.search)
        {
            search.begin_again_at(oldest);
        }
    }

    /// Applies a filter that was changed to the rows around a time. Returns false where not all of these rows are
    /// there, so that the hub has to be asked.
    pub(super) fn refilter_apart(&mut self) -> bool {
        if !self.newer().is_some_and(|newer| newer.is_whole) {
            return false;
        }
        let asked = self.filter.asked().unwrap_or_default();
        if let Some(search) = &mut self.search {
            search.ask(asked);
        }
        self.found.set_filter(self.ring.filter().clone());
        true
    }
    /// Forgets the rows around a time, because the newest are shown again.
    pub(super) fn leave_apart(&mut self) {
        if self.newer().is_some() {
            self.drop_found();
        }
    }
    /// Stops loading towards the loaded rows. Returns whether that was under way.
    pub(super) fn stop_newer(&mut self) -> bool {
        let running = self.newer_mut().filter(|newer| newer.is_running());
        running.map(|newer| newer.step = SearchStep::Resting).is_some()
    }
    /// Goes on where the hub could not answer.
    pub(super) fn resume_newer(&mut self) {
        if let Some(newer) = self.newer_mut()
            && matches!(newer.step, SearchStep::Failed(_) | SearchStep::Asked)
        {
            newer.step = SearchStep::Due;
        }
        self.going = self.going.map(|going| GoingTo { is_due: true, ..going });
    }
    /// Whether rows that are older than the loaded ones could be asked for.
    pub(super) const fn has_past(&self) -> bool {
        !matches!(self.older, Older::NoHistory | Older::OtherLog)
    }
}

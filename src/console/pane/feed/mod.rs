//! The live feed: rows in order, which of them are in view, and what is selected.
//!
//! The selection is an event, not a line: new rows never move it, so a key never hits what has
//! just arrived. FOLLOW shows the newest rows; a move makes it HOLD until `bottom`; PAUSED is said
//! and taken back by hand. Whatever the mode, every event is taken in and counted.
//!
//! Lines in view are counted from the line `older`, which stands before the oldest row. Absent on
//! purpose: connection words (the status line has them) and drawing.

mod moves;
mod ring;
#[cfg(test)]
mod tests;

use crate::{
    model::{ClientError, Entry, FeedEvent, GapReason, Seq, Timestamp, answer::Page},
    query::Words,
};
use ring::Ring;
pub use ring::{Place, Row, What};
use std::sync::Arc;

/// The most rows that are kept while following; twice as many while the agent looks back.
pub const ROWS: usize = 50_000;
/// The most bytes that they take, about.
pub const BYTES: usize = 64 << 20;
/// Rows that `set_filter` looks at before it leaves the rest to `refilter_slice`.
const FIRST_SLICE: usize = 4_096;

/// What the view does when rows arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Shows the newest.
    #[default]
    Follow,
    /// Stays, because the agent moved.
    Hold,
    /// Stays, because the agent said so.
    Paused,
}

/// What is before the oldest row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Older {
    /// Rows that the hub can be asked for.
    #[default]
    More,
    /// It was asked for those before this place.
    Asked(Seq),
    /// It could not say; raw words.
    Failed(String),
    /// Nothing: the oldest row is the first of the log.
    Beginning,
    /// Nothing that could be asked for: the server keeps no history (decision D-FEED).
    NoHistory,
    /// Rows of another log, which this hub does not have.
    OtherLog,
    /// More than is kept here.
    Full,
}

/// Figures for headers and the status line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events that pass the filter.
    pub shown: usize,
    /// Events that are kept.
    pub total: usize,
    /// Shown rows that arrived since the view stays and are below it.
    pub new: usize,
    /// Shown rows that arrived while nobody looked: away, or not at the bottom.
    pub unread: usize,
    /// Rows that need attention, shown or not.
    pub problems: usize,
}

/// One line in view.
#[derive(Clone, Copy, Debug)]
pub enum Line<'a> {
    /// What is before the oldest row.
    Older(&'a Older),
    /// A row, and whether it is the selected one.
    Row(&'a Row, bool),
}

/// The state of the pane.
#[derive(Debug)]
pub struct Feed {
    ring: Ring,
    limits: (usize, usize),
    mode: Mode,
    cursor: Option<Place>,
    /// The selection before a filter hid it; it comes back if the agent has not moved since.
    home: Option<Place>,
    /// The selected row left the ring.
    lost: bool,
    /// The first line in view unless following.
    top: Place,
    /// Rows from here on arrived since the view stays.
    held: Place,
    /// Rows from here on were not looked at.
    unread: Place,
    looking: bool,
    /// Lines that the pane has for rows.
    lines: usize,
    last: Option<Seq>,
    head: Seq,
    heard: Timestamp,
    older: Older,
    /// The agent scrolled to the line `older`.
    reached: bool,
}

impl Default for Feed {
    fn default() -> Self {
        Self::with_limits(ROWS, BYTES)
    }
}

impl Feed {
    /// A feed that keeps no more than so many rows and bytes.
    #[must_use]
    pub fn with_limits(rows: usize, bytes: usize) -> Self {
        let ring = Ring::default();
        let start = ring.first();
        Self {
            ring,
            limits: (rows, bytes),
            mode: Mode::Follow,
            cursor: None,
            home: None,
            lost: false,
            top: start.before(),
            held: start,
            unread: start,
            looking: true,
            lines: 20,
            last: None,
            head: Seq(0),
            heard: Timestamp::ZERO,
            older: Older::More,
            reached: false,
        }
    }

    /// Takes in what the feed task says.
    pub fn event(&mut self, event: FeedEvent, at: Timestamp) {
        match event {
            FeedEvent::Up(hello) => {
                self.head = hello.head;
                if hello.live_only {
                    self.older = Older::NoHistory;
                }
            }
            FeedEvent::Entry(entry) => self.entry(&entry),
            FeedEvent::Bookmark { seq, head } => {
                self.head = head;
                self.last = self.last.max(Some(seq));
                self.select_first();
            }
            FeedEvent::Gap { after, next, reason } => {
                if matches!(reason, GapReason::Foreign | GapReason::Ahead) {
                    self.older = Older::OtherLog;
                }
                self.ring.push(Row::gap(after, next, Some(reason)));
                self.last = Some(Seq(next.0.saturating_sub(1)));
            }
            FeedEvent::Down { .. } => return,
        }
        self.heard = at;
        self.settle();
    }

    fn entry(&mut self, entry: &Arc<Entry>) {
        if let Some(last) = self.last {
            if entry.seq <= last {
                return;
            }
            if entry.seq > last.next() {
                self.ring.push(Row::gap(last, entry.seq, None));
            }
        }
        if self.last.is_none() && entry.seq <= Seq(1) && self.older == Older::More {
            self.older = Older::Beginning;
        }
        (0..entry.events.len()).filter_map(|i| Row::of(entry, i)).for_each(|r| self.ring.push(r));
        self.last = Some(entry.seq);
        if entry.seq >= self.head {
            self.select_first();
        }
    }

    /// Once the feed has caught up, and only then: something to inspect and answer.
    fn select_first(&mut self) {
        if self.cursor.is_none() && self.home.is_none() && !self.lost && self.mode == Mode::Follow {
            self.cursor = self.last_shown();
        }
    }

    /// Keeps the ring within its limits and the marks within the ring.
    fn settle(&mut self) {
        let (rows, bytes) = self.room();
        let first = self.ring.first();
        self.ring.keep(rows, bytes);
        let no_gap = self.ring.gaps() == 0;
        match self.older {
            Older::Beginning | Older::Full if self.ring.first() > first => self.older = Older::More,
            Older::OtherLog if no_gap => self.older = Older::More,
            _ => {}
        }
        if self.cursor.is_some_and(|place| place < self.ring.first()) {
            self.cursor = None;
            self.lost = true;
        }
        self.home = self.home.filter(|place| *place >= self.ring.first());
        if self.mode == Mode::Follow && self.looking {
            self.unread = self.ring.end();
        }
    }

    /// Twice as much while the agent looks back: what is being read should not be let go first.
    const fn room(&self) -> (usize, usize) {
        let by = if matches!(self.mode, Mode::Follow) { 1 } else { 2 };
        (self.limits.0 * by, self.limits.1 * by)
    }

    /// Takes in a page of the past. An answer to another question is ignored.
    pub fn past(&mut self, before: Seq, result: Result<Page, ClientError>) {
        if self.older != Older::Asked(before) {
            return;
        }
        let page = match result {
            Ok(page) => page,
            Err(error) => {
                self.older = Older::Failed(error.to_string());
                return;
            }
        };
        if self.ring.oldest().is_none_or(|row| row.seq != before) {
            // Meanwhile older rows were let go: this page does not join on.
            self.older = Older::More;
            return;
        }
        let (rows, bytes) = self.room();
        self.older = if page.more { Older::More } else { Older::Beginning };
        let mut bound = before;
        for entry in page.entries.iter().filter(|entry| entry.seq < before) {
            if entry.seq >= bound {
                continue;
            }
            if self.ring.is_full(rows, bytes) {
                self.older = Older::Full;
                break;
            }
            bound = entry.seq;
            let events = (0..entry.events.len()).rev();
            events.filter_map(|i| Row::of(entry, i)).for_each(|r| self.ring.push_front(r));
        }
    }

    /// The place to ask the hub's history from, once each time the agent scrolls to the line `older`.
    pub fn wants_history(&mut self) -> Option<Seq> {
        if !std::mem::take(&mut self.reached) {
            return None;
        }
        let before = self.ring.oldest()?.seq;
        let (rows, bytes) = self.room();
        if self.ring.is_full(rows, bytes) {
            self.older = Older::Full;
        }
        match self.older {
            Older::More | Older::Failed(_) => {
                self.older = Older::Asked(before);
                Some(before)
            }
            _ => None,
        }
    }

    /// Tells the pane how many lines it has for rows: its height without the header.
    pub fn fit(&mut self, lines: usize) {
        let in_view = self.cursor_in_view();
        self.lines = lines.max(1);
        if let Some(index) = in_view
            && self.mode != Mode::Follow
        {
            self.show(index);
        }
    }

    /// Tells whether the terminal has the focus: what arrives meanwhile is unread.
    pub fn looking(&mut self, looking: bool) {
        self.looking = looking;
        self.settle();
    }
}

/// Filtering.
impl Feed {
    /// Shows only rows with these words. It hides, it never drops; gaps stay visible.
    pub fn set_filter(&mut self, text: &str) {
        self.ring.set_filter(Words::parse(text));
        self.refilter_slice(FIRST_SLICE);
    }
    /// Goes on applying a filter, looking at no more than so many rows; whether it is in force.
    pub fn refilter_slice(&mut self, budget_rows: usize) -> bool {
        if !self.ring.is_refiltering() {
            return true;
        }
        let done = self.ring.refilter(budget_rows);
        if done {
            self.keep_selection();
        }
        done
    }
    /// The same event if it is shown, else the nearest before it, else the nearest behind it.
    fn keep_selection(&mut self) {
        let Some(wanted) = self.home.or(self.cursor) else { return };
        if self.ring.is_shown(wanted) {
            (self.cursor, self.home) = (Some(wanted), None);
        } else {
            let index = self.ring.index_of(wanted);
            self.cursor = self.ring.place_at(index.saturating_sub(1));
            self.home = Some(wanted);
        }
        if let Some(place) = self.cursor
            && self.mode != Mode::Follow
        {
            self.show(self.ring.index_of(place));
        }
    }
    /// The words of the filter, empty if there is none.
    #[must_use]
    pub fn filter_text(&self) -> &str {
        self.ring.words().text()
    }
}

/// Looking.
impl Feed {
    /// The selected row.
    #[must_use]
    pub fn selected(&self) -> Option<&Row> {
        self.ring.row(self.cursor?)
    }
    /// Whether the selected row was so old that it is not kept any more.
    #[must_use]
    pub const fn lost_selection(&self) -> bool {
        self.lost
    }
    /// What the view does when rows arrive.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }
    /// What is before the oldest row.
    #[must_use]
    pub const fn older(&self) -> &Older {
        &self.older
    }
    /// When the feed last said something.
    #[must_use]
    pub const fn heard(&self) -> Timestamp {
        self.heard
    }
    /// Figures.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let (shown, total) = self.ring.events();
        let len = self.ring.len_shown();
        let new = match self.mode {
            Mode::Follow => 0,
            _ => len - self.ring.index_of(self.held).max(self.last_in_view() + 1).min(len),
        };
        let unread = len - self.ring.index_of(self.unread);
        Counts { shown, total, new, unread, problems: self.ring.problems() }
    }
    /// The lines in view, from the top, no more than so many.
    pub fn view(&self, lines: usize) -> impl Iterator<Item = Line<'_>> {
        let first = self.first_line(lines);
        (first..=self.ring.len_shown()).take(lines).filter_map(|line| {
            let Some(index) = line.checked_sub(1) else { return Some(Line::Older(&self.older)) };
            let place = self.ring.place_at(index)?;
            Some(Line::Row(self.ring.row(place)?, self.cursor == Some(place)))
        })
    }

    fn last_shown(&self) -> Option<Place> {
        self.ring.place_at(self.ring.len_shown().checked_sub(1)?)
    }
}

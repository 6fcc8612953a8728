//! The live feed: its rows in order, which of them are in view, and which one is selected.
//!
//! The selection is an event and not a line. New rows never move it, so a key never acts on what
//! has just arrived (R-CONSOLE-2). In the mode FOLLOW the newest rows are shown. A move of the
//! agent makes it HOLD until `bottom` is called. PAUSED is only entered and left on request. In
//! every mode all events are taken in and counted.
//!
//! How much is shown is the depth (`depth`): every event, or each thing once and as it stands now
//! (`things`). Which lines are in view is in `lines`. Drawing is not here, and neither are words
//! about the connection, because the status line has them.

mod apart;
mod clauses;
mod days;
mod depth;
mod legend;
mod lines;
mod moves;
mod pack;
mod places;
mod ring;
mod row;
mod rows;
mod search;
mod seen;
#[cfg(test)]
mod tests;
mod things;

use crate::console::kept::FeedBookmark;
use crate::model::{ClientError, Entry, FeedEvent, GapReason, Seq, Timestamp, client::HistoryPage};
pub use clauses::{FeedClause, FeedFilter};
pub use depth::{Depth, ThingNow, Times};
use jiff::{civil::Date, tz::TimeZone};
pub use legend::LEGEND;
pub use places::WentTo;
use ring::FeedRing;
pub use ring::RowPlace;
use row::NewRow;
pub use row::{FeedRow, FeedRowKind};
pub use search::{FilterSearch, SearchStep};
pub use seen::SeenValues;
use std::sync::Arc;

/// The most rows that are kept while following. Twice as many are kept while the agent looks back.
pub const ROWS: usize = 50_000;
/// About how many bytes the rows may take.
pub const BYTES: usize = 64 << 20;
/// How many rows `set_filter` looks at before it leaves the rest to `refilter_slice`.
const FIRST_SLICE: usize = 4_096;

/// What the view does when rows arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It shows the newest rows.
    #[default]
    Follow,
    /// It stays where it is, because the agent moved.
    Hold,
    /// It stays where it is, because the agent asked for it.
    Paused,
}

/// What there is before the oldest row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Older {
    /// Rows that the hub can be asked for.
    #[default]
    More,
    /// The hub was asked for the rows before this place and has not answered yet.
    Asked(Seq),
    /// The hub could not answer; its words are raw.
    Failed(String),
    /// Rows that the hub's index has not read yet; how many entries it has still to read (R-REPLY-6).
    Unread(u64),
    /// Nothing, because the oldest row is the first of the log.
    Beginning,
    /// Nothing that could be asked for, because the server keeps no history (D-FEED).
    NoHistory,
    /// Rows of another log, which this hub does not have.
    OtherLog,
    /// Rows that find no more room here.
    Full,
}

/// Numbers for the header of the feed and for the status line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events that are kept and shown.
    pub shown: usize,
    /// Events that are kept.
    pub total: usize,
    /// Rows that pass the filter, arrived after the view stopped following, and are below what
    /// is in view.
    pub new: usize,
    /// Rows that pass the filter and arrived while nobody looked, because the terminal had no focus
    /// or the view was not at the bottom.
    pub unread: usize,
    /// Things that need attention, each once, and rows that tell of none, whether they are shown or not.
    pub problems: usize,
}

/// One line in view.
#[derive(Clone, Debug)]
pub enum FeedLine<'a> {
    /// The line before the oldest row.
    Older(&'a Older),
    /// The line before the oldest row while the past is searched.
    Search(&'a FilterSearch),
    /// The date of the rows below.
    Day(Date),
    /// How many entries lie between the rows above and those below, and what is being done about it.
    Between(u64, &'a SearchStep),
    /// A row, and whether it is the selected one.
    Row(FeedRow, bool),
}

/// The state of the feed's pane.
#[derive(Debug)]
pub struct LiveFeed {
    ring: FeedRing,
    /// What the hub found under the filter before the oldest row of the ring.
    found: FeedRing,
    search: Option<FilterSearch>,
    filter: FeedFilter,
    limits: (usize, usize),
    mode: Mode,
    cursor: Option<RowPlace>,
    /// The selection before a filter hid it. It comes back if the agent has not moved since.
    home: Option<RowPlace>,
    /// Whether the selected row was let go because the ring was full.
    lost: bool,
    /// The first line in view, except while following.
    top: RowPlace,
    /// The rows from here on arrived after the view stopped following.
    held: RowPlace,
    /// Nobody has looked at the rows from here on.
    unread: RowPlace,
    looking: bool,
    /// How many lines the pane has for rows.
    lines: usize,
    last: Option<Seq>,
    head: Seq,
    caller: String,
    times: Times,
    heard: Timestamp,
    older: Older,
    /// The time that is gone to while the hub is asked where it lies.
    going: Option<apart::GoingTo>,
    bookmarks: Vec<FeedBookmark>,
    /// Whether the agent has scrolled to the line `older` and nobody has acted on it yet.
    reached: bool,
}

impl Default for LiveFeed {
    fn default() -> Self {
        Self::with_limits(ROWS, BYTES)
    }
}

impl LiveFeed {
    /// A feed that keeps about so many rows and bytes while following.
    #[must_use]
    pub fn with_limits(rows: usize, bytes: usize) -> Self {
        let ring = FeedRing::default();
        let start = ring.first();
        Self {
            found: FeedRing::for_found(&ring),
            search: None,
            ring,
            filter: FeedFilter::default(),
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
            caller: String::new(),
            times: Times::default(),
            heard: Timestamp::ZERO,
            older: Older::More,
            going: None,
            bookmarks: Vec::new(),
            reached: false,
        }
    }

    /// A feed of the usual size whose rows have their dates in this time zone.
    #[must_use]
    pub fn in_zone(zone: TimeZone) -> Self {
        let mut feed = Self::default();
        feed.ring.in_zone(zone);
        feed.found = FeedRing::for_found(&feed.ring);
        feed
    }
    /// The label of the key under which the agent works.
    #[must_use]
    pub fn caller(&self) -> &str {
        &self.caller
    }

    /// Takes in what the feed's task reports.
    pub fn event(&mut self, event: FeedEvent, at: Timestamp) {
        match event {
            FeedEvent::Up(hello) => {
                self.head = hello.head;
                self.caller.clone_from(&hello.caller);
                if hello.live_only {
                    self.older = Older::NoHistory;
                }
                self.resume_search();
            }
            FeedEvent::Entry(entry) => self.entry(entry),
            FeedEvent::Bookmark { seq, head, .. } => {
                self.head = head;
                self.last = self.last.max(Some(seq));
                self.select_first();
            }
            FeedEvent::Gap { after, next, reason } => {
                if matches!(reason, GapReason::Foreign | GapReason::Ahead) {
                    self.older = Older::OtherLog;
                    self.going = None;
                    self.drop_found();
                }
                self.ring.push(FeedRow::gap(after, next, Some(reason)).into());
                self.last = Some(Seq(next.0.saturating_sub(1)));
            }
            FeedEvent::Down { .. } => return,
        }
        self.heard = at;
        self.settle();
    }

    fn entry(&mut self, entry: Arc<Entry>) {
        if let Some(last) = self.last {
            if entry.seq <= last {
                return;
            }
            if entry.seq > last.next() {
                self.ring.push(FeedRow::gap(last, entry.seq, None).into());
            }
        }
        if self.last.is_none() && entry.seq <= Seq(1) && self.older == Older::More {
            self.older = Older::Beginning;
        }
        let seq = entry.seq;
        NewRow::of(entry).for_each(|row| self.ring.push(row));
        self.last = Some(seq);
        if seq >= self.head {
            self.select_first();
        }
    }

    /// Selects the newest row, so that there is something to inspect and answer. This is called
    /// once the feed has caught up, and not before.
    fn select_first(&mut self) {
        if self.cursor.is_none() && self.home.is_none() && !self.lost && self.mode == Mode::Follow {
            self.cursor = self.last_shown();
        }
    }

    /// Keeps the ring within its limits, and the selection and the other marks within the ring.
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
        if self.keep_found() {
            let (rows, bytes) = self.room();
            self.ring.keep(rows, bytes);
        }
        self.keep_marks();
        self.follow_moves();
        if self.mode == Mode::Follow && self.looking {
            self.unread = self.ring.end();
        }
    }
    /// Keeps the selection within the rows. What stands in for a hidden one was never chosen, so that nothing
    /// is selected once that one is gone (R-CONSOLE-2).
    fn keep_marks(&mut self) {
        let chosen = self.home.or(self.cursor);
        if chosen.is_some_and(|place| !self.is_kept(place)) {
            (self.cursor, self.home) = (None, None);
            self.lost = true;
        }
        self.cursor = self.cursor.filter(|place| self.is_kept(*place));
    }

    /// How many rows and bytes are kept now. They are twice as many while the agent looks back,
    /// because what is being read should not be the first to go, and neither should what rows that were found
    /// join on to.
    const fn room(&self) -> (usize, usize) {
        let rests = matches!(self.mode, Mode::Follow) && self.search.is_none();
        let by = if rests { 1 } else { 2 };
        (self.limits.0 * by, self.limits.1 * by)
    }

    /// Takes in a page of the past, the answer to `Effect::History`. The answer to another
    /// question is ignored.
    pub fn past(&mut self, before: Seq, result: Result<HistoryPage, ClientError>) {
        if self.older != Older::Asked(before) {
            return;
        }
        if self.search.is_some() {
            // The rows that were found begin where the loaded ones did.
            self.older = Older::More;
            return;
        }
        let page = match result {
            Ok(page) => page,
            Err(error) => {
                self.older = Older::Failed(error.to_string());
                return;
            }
        };
        if self.ring.oldest() != Some(before) {
            // Older rows were let go meanwhile, so this page no longer joins on.
            self.older = Older::More;
            return;
        }
        if page.entries.is_empty() && page.unread > 0 {
            self.older = Older::Unread(page.unread);
            return;
        }
        let (rows, bytes) = self.room();
        self.older = if page.more { Older::More } else { Older::Beginning };
        let mut bound = before;
        // The newest first, as they come.
        let mut past: Vec<NewRow> = Vec::new();
        let mut more = 0;
        for entry in page.entries {
            if entry.seq >= bound {
                continue;
            }
            if self.ring.is_full(rows.saturating_sub(past.len()), bytes.saturating_sub(more)) {
                self.older = Older::Full;
                break;
            }
            bound = entry.seq;
            for row in NewRow::of(entry).rev() {
                more += row.bytes();
                past.push(row);
            }
        }
        past.reverse();
        self.ring.prepend(past);
        let _ = self.keep_found();
        self.follow_moves();
        self.pin();
    }

    /// The place before which the hub's history should be asked for. It is returned once each time
    /// the agent scrolls to the line `older`. Under a filter, and around a time, the past is searched instead.
    pub fn wants_history(&mut self) -> Option<Seq> {
        if !std::mem::take(&mut self.reached) {
            return None;
        }
        if self.is_filtered() || self.search.is_some() {
            self.search_on();
            return None;
        }
        let before = self.ring.oldest()?;
        let (rows, bytes) = self.room();
        if self.ring.is_full(rows, bytes) {
            self.older = Older::Full;
        }
        match self.older {
            Older::More | Older::Failed(_) | Older::Unread(_) => {
                self.older = Older::Asked(before);
                Some(before)
            }
            _ => None,
        }
    }

    /// Tells the feed how many lines its pane has for rows: the height without the header.
    pub fn fit(&mut self, lines: usize) {
        let in_view = self.cursor_in_view();
        self.lines = lines.max(1);
        if let Some(index) = in_view
            && self.mode != Mode::Follow
        {
            self.show(index);
        }
        self.pin();
    }

    /// Tells the feed whether the terminal has the focus. What arrives while it has not is unread.
    pub fn looking(&mut self, looking: bool) {
        self.looking = looking;
        self.settle();
    }
}

/// What can be read of the feed.
impl LiveFeed {
    /// The selected row; `None` if nothing is selected.
    #[must_use]
    pub fn selected(&self) -> Option<FeedRow> {
        self.row(self.cursor?)
    }
    /// Whether the selected event is hidden by the filter or the depth. The cursor then stands at the nearest
    /// shown row, which nobody has chosen, so that no command is for it (R-CONSOLE-2).
    #[must_use]
    pub const fn hides_selection(&self) -> bool {
        self.home.is_some()
    }
    /// Whether the selected row is not kept any more, because it was too old.
    #[must_use]
    pub const fn lost_selection(&self) -> bool {
        self.lost
    }
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }
    /// What there is before the oldest row.
    #[must_use]
    pub const fn older(&self) -> &Older {
        &self.older
    }
    /// When the feed's task last reported something, by our clock.
    #[must_use]
    pub const fn heard(&self) -> Timestamp {
        self.heard
    }
    /// The numbers for the header and the status line.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let (shown, total) = self.ring.events();
        let len = self.len_shown();
        let new = match self.mode {
            Mode::Follow => 0,
            _ => len - self.index_of(self.held).max(self.end_of_view()).min(len),
        };
        let unread = len - self.index_of(self.unread);
        Counts { shown, total, new, unread, problems: self.ring.problems() }
    }

    fn last_shown(&self) -> Option<RowPlace> {
        self.place_at(self.len_shown().checked_sub(1)?)
    }
}

//! Moving through the feed: the selection, and which lines are in view.
//!
//! A move away from the bottom makes the view hold. The scroll position and the selection are
//! places of rows, so whatever arrives, leaves or is hidden never changes which event is selected.

use super::{LiveFeed, Mode, lines::LineKind, pack::CustomerMark};

impl LiveFeed {
    /// Moves the selection by so many rows; a positive number moves towards newer ones. If the
    /// selection is not in view, the move begins at the last row in view.
    pub fn move_by(&mut self, rows: i32) {
        let Some(end) = self.len_shown().checked_sub(1) else {
            self.reached |= rows < 0;
            return;
        };
        let by = isize::try_from(rows).unwrap_or(0);
        let from = self.cursor_in_view().unwrap_or_else(|| self.last_in_view());
        let mut to = match self.cursor_in_view() {
            None if rows.abs() == 1 => from,
            Some(_) | None => from.saturating_add_signed(by),
        };
        // What lies between is not leapt over but loaded.
        if rows > 0 {
            to = to.min(self.end_from(from).saturating_sub(1));
        }
        if self.mode == Mode::Follow && rows > 0 && self.cursor_in_view() == Some(end) {
            return;
        }
        self.go(to.min(end));
        self.reached |= rows < 0 && self.first_line(self.lines) == 0;
        let in_view = self.first_line(self.lines)..=self.last_line(self.lines);
        if rows > 0 && self.gap_line().is_some_and(|gap| in_view.contains(&gap)) {
            self.onward();
        }
    }
    /// Moves the selection by so many pages.
    pub fn page(&mut self, pages: i32) {
        let step = i32::try_from(self.lines.saturating_sub(1)).unwrap_or(1).max(2);
        self.move_by(pages.saturating_mul(step));
    }
    pub fn top(&mut self) {
        if self.len_shown() > 0 {
            self.go(0);
        }
        self.reached = true;
    }
    /// Selects the newest row and follows again, unless the feed is paused.
    pub fn bottom(&mut self) {
        if let Some(end) = self.len_shown().checked_sub(1) {
            self.go(end);
        }
        if self.mode == Mode::Hold {
            self.follow();
        }
    }
    /// Shows the newest rows again. The selection stays on its event.
    pub fn follow(&mut self) {
        self.going = None;
        self.leave_apart();
        self.mode = Mode::Follow;
        self.settle();
    }
    /// Pauses the feed, or follows again if it is paused.
    pub fn pause(&mut self) {
        if self.mode == Mode::Paused {
            self.follow();
        } else {
            self.stay(Mode::Paused);
        }
    }
    /// Selects the row at this distance from the top of the pane, whose header is row 0. Returns
    /// whether there is such a row.
    pub fn select_at(&mut self, row: u16, pane_height: u16) -> bool {
        let head = self.head_rows(pane_height);
        self.fit(usize::from(pane_height.saturating_sub(head)));
        if row < head || row >= pane_height {
            return false;
        }
        let line = self.lines_in_view(self.lines).nth(usize::from(row - head));
        match line {
            Some(LineKind::Row(index)) => self.go(index),
            Some(LineKind::Older) => self.reached = true,
            Some(LineKind::Between) => self.onward(),
            Some(LineKind::Day(_)) | None => {}
        }
        matches!(line, Some(LineKind::Row(_)))
    }
    /// Selects the next shown row that needs attention, or the previous one. Returns whether
    /// there is one.
    pub fn next_problem(&mut self, forward: bool) -> bool {
        let is_bad =
            |index: &usize| self.place_at(*index).is_some_and(|place| self.is_problem(place));
        let len = self.len_shown();
        let found = match self.cursor.map(|place| self.index_of(place)) {
            Some(at) if forward => (at + 1..self.end_from(at)).find(is_bad),
            Some(at) => (0..at).rev().find(is_bad),
            None => (0..len).rev().find(is_bad),
        };
        found.map(|index| self.go(index)).is_some()
    }

    /// Selects the next shown row about the same customer as the chosen one, or the previous one. Returns
    /// whether there is one.
    pub fn next_of_customer(&mut self, forward: bool) -> bool {
        let Some(at) = self.cursor.filter(|_| !self.hides_selection()) else { return false };
        let Some(customer) = self.row(at).and_then(|row| row.customer().cloned()) else {
            return false;
        };
        let mark = CustomerMark::of(Some(&customer));
        let is_theirs = |index: &usize| {
            let Some(place) = self.place_at(*index) else { return false };
            self.head(place).is_some_and(|head| head.customer == mark)
                && self.row(place).is_some_and(|row| row.customer() == Some(&customer))
        };
        let at = self.index_of(at);
        let end = self.end_from(at);
        let found =
            if forward { (at + 1..end).find(is_theirs) } else { (0..at).rev().find(is_theirs) };
        found.map(|index| self.go(index)).is_some()
    }

    /// How far a shown row can be moved down from: to the newest one, or to where others are missing.
    fn end_from(&self, at: usize) -> usize {
        self.gap_line().filter(|gap| at < *gap).unwrap_or(self.len_shown())
    }

    /// Whether a row that arrives now would not be in view, because the view stays where it is and
    /// has no room left below its last row.
    #[must_use]
    pub fn hides_new(&self) -> bool {
        self.mode != Mode::Follow && self.end_of_view() <= self.len_shown()
    }
    /// Whether the selected row is in view.
    #[must_use]
    pub fn selection_in_view(&self) -> bool {
        self.cursor_in_view().is_some()
    }

    /// Scrolls to the selected row if it is shown but not in view. Returns whether it was so.
    pub fn return_to_selection(&mut self) -> bool {
        let away = self.cursor.filter(|_| !self.selection_in_view());
        let index = away.map(|place| self.ring.index_of(place));
        let index = index.filter(|index| self.ring.place_at(*index) == away);
        index.map(|index| self.go(index)).is_some()
    }

    /// Selects a shown row and makes sure that it is in view. From now on the view does not follow.
    pub(super) fn go(&mut self, index: usize) {
        self.cursor = self.place_at(index);
        self.home = None;
        self.lost = false;
        if self.mode == Mode::Follow {
            self.stay(Mode::Hold);
        }
        self.show(index);
    }
    /// Scrolls so that a shown row is in view. With the oldest row, the line `older` comes
    /// into view too.
    pub(super) fn show(&mut self, index: usize) {
        let first = self.first_line(self.lines);
        let line = index + 1;
        if line <= first {
            self.set_top(if self.top_for(line, self.lines) == 0 { 0 } else { line });
        } else if line > self.last_line(self.lines) {
            self.set_top(self.top_for(line, self.lines));
        }
    }
    /// Stays where it is if it follows.
    pub(super) fn hold(&mut self) {
        if self.mode == Mode::Follow {
            self.stay(Mode::Hold);
        }
    }
    fn stay(&mut self, mode: Mode) {
        if self.mode == Mode::Follow {
            self.set_top(self.first_line(self.lines));
            self.held = self.ring.end();
        }
        self.mode = mode;
    }
    /// Keeps in view what is in view now. If there are too few rows below the first line, the view
    /// begins further up; without this, every row that arrives would move it down again.
    pub(super) fn pin(&mut self) {
        if self.mode != Mode::Follow {
            self.set_top(self.first_line(self.lines));
        }
    }
    fn set_top(&mut self, line: usize) {
        let place = line.checked_sub(1).and_then(|index| self.place_at(index));
        self.top = place.unwrap_or(self.before_all());
    }
}

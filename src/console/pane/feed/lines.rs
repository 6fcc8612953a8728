//! Which lines are in view. Rows are counted as lines from the line `older`, which is line 0; line 1 is the
//! oldest row. Between two rows of different dates stands a day line. It belongs to the row below it, has
//! no number and cannot be selected. The first row in view has none: the header says its date. Where entries are missing
//! between two rows that are not loaded yet, a line says so; it belongs to the row above it.

use super::{FeedLine, LiveFeed, Mode};
use jiff::civil::Date;

/// What one line of the screen is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    Older,
    Day(Date),
    Between,
    /// The shown row with this index.
    Row(usize),
}

impl LiveFeed {
    /// The lines in view from the top, at most so many.
    pub fn view(&self, lines: usize) -> impl Iterator<Item = FeedLine<'_>> {
        self.lines_in_view(lines).filter_map(|line| match line {
            LineKind::Older => Some(match &self.search {
                Some(search) => FeedLine::Search(search),
                None => FeedLine::Older(&self.older),
            }),
            LineKind::Day(date) => Some(FeedLine::Day(date)),
            LineKind::Between => Some(FeedLine::Between(self.between()?, self.gap_step()?)),
            LineKind::Row(index) => {
                let place = self.place_at(index)?;
                Some(FeedLine::Row(self.row_now(place)?, self.cursor == Some(place)))
            }
        })
    }
    /// The date of the first row in view.
    #[must_use]
    pub fn top_date(&self, lines: usize) -> Option<Date> {
        let line = self.first_line(lines).max(1);
        self.date_at(line - 1)
    }

    pub(super) fn lines_in_view(&self, lines: usize) -> impl Iterator<Item = LineKind> {
        let (first, last) = (self.first_line(lines), self.len_shown());
        let day = |line: usize| Some(LineKind::Day(self.day_of_line(line)?));
        // Where the newest rows are shown, a day line that has room for itself alone is shown too.
        let spare = self.mode == Mode::Follow && self.height(first, last) < lines;
        let top = if spare && first > 0 { day(first) } else { None };
        let gap = self.gap_line();
        let below = (first..=last).flat_map(move |line| {
            let above = if line == first { None } else { day(line) };
            let own = line.checked_sub(1).map_or(LineKind::Older, LineKind::Row);
            let gap = (gap == Some(line)).then_some(LineKind::Between);
            above.into_iter().chain([own]).chain(gap)
        });
        top.into_iter().chain(below).take(lines)
    }
    /// The date whose first row a line is.
    fn day_of_line(&self, line: usize) -> Option<Date> {
        let index = line.checked_sub(1)?;
        self.date_at(index).filter(|_| self.begins_day(index))
    }
    /// How many lines of the screen it takes to show these lines.
    fn height(&self, first: usize, last: usize) -> usize {
        let gap = self.gap_line().is_some_and(|gap| (first..=last).contains(&gap));
        (last + 1).saturating_sub(first) + self.days_begun(first, last) + usize::from(gap)
    }

    /// The first line in view when there is room for so many lines.
    pub(super) fn first_line(&self, lines: usize) -> usize {
        let latest = self.top_for(self.len_shown(), lines);
        if self.mode == Mode::Follow {
            return latest;
        }
        let top = if self.top <= self.before_all() { 0 } else { self.index_of(self.top) + 1 };
        top.min(latest)
    }
    /// The first line in view if this one is the last.
    pub(super) fn top_for(&self, last: usize, lines: usize) -> usize {
        let mut first = (last + 1).saturating_sub(lines);
        while first < last && self.height(first, last) > lines {
            first += 1;
        }
        first
    }
    /// The last line in view when there is room for so many lines.
    pub(super) fn last_line(&self, lines: usize) -> usize {
        let first = self.first_line(lines);
        let mut last = first.saturating_add(lines).saturating_sub(1).min(self.len_shown());
        while last > first && self.height(first, last) > lines {
            last -= 1;
        }
        last
    }
    /// How many shown rows there would be up to the last line of the pane if it were full.
    pub(super) fn end_of_view(&self) -> usize {
        let (first, last) = (self.first_line(self.lines), self.last_line(self.lines));
        if last < self.len_shown() {
            return last;
        }
        last + self.lines.saturating_sub(self.height(first, last))
    }
    pub(super) fn last_in_view(&self) -> usize {
        self.last_line(self.lines).saturating_sub(1)
    }
    pub(super) fn cursor_in_view(&self) -> Option<usize> {
        let index = self.index_of(self.cursor?);
        (self.first_line(self.lines)..=self.last_line(self.lines))
            .contains(&(index + 1))
            .then_some(index)
    }
}

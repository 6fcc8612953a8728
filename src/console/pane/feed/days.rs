//! On which date each row happened, in the agent's zone. Rows that follow one another mostly have the same
//! date, so only the places are kept from which on there is another one.

use super::ring::RowPlace;
use crate::model::Timestamp;
use jiff::{civil::Date, tz::TimeZone};
use std::collections::VecDeque;

/// The dates of all rows, as runs: each goes from its place to the next one's.
#[derive(Debug)]
pub(super) struct Days {
    zone: TimeZone,
    runs: VecDeque<(RowPlace, Date)>,
}

impl Days {
    pub const fn new(zone: TimeZone) -> Self {
        Self { zone, runs: VecDeque::new() }
    }
    /// No rows, with dates in the same zone.
    pub fn emptied(&self) -> Self {
        Self::new(self.zone.clone())
    }
    /// A row was put behind the newest one.
    pub fn push(&mut self, place: RowPlace, at: Timestamp) {
        let date = self.date(at);
        if self.runs.back().is_none_or(|(_, last)| *last != date) {
            self.runs.push_back((place, date));
        }
    }
    /// A row was put before the oldest one.
    pub fn prepend(&mut self, place: RowPlace, at: Timestamp) {
        let date = self.date(at);
        match self.runs.front_mut() {
            Some((first, same)) if *same == date => *first = place,
            _ => self.runs.push_front((place, date)),
        }
    }
    /// The rows before this place were let go.
    pub fn let_go(&mut self, first: RowPlace) {
        while self.runs.get(1).is_some_and(|(next, _)| *next <= first) {
            self.runs.pop_front();
        }
        if let Some((from, _)) = self.runs.front_mut() {
            *from = first.max(*from);
        }
    }
    /// The date of a row; `None` before the first row that has one.
    pub fn of(&self, place: RowPlace) -> Option<Date> {
        let at = self.runs.partition_point(|(from, _)| *from <= place).checked_sub(1)?;
        Some(self.runs[at].1)
    }
    /// The places behind `after` and up to `upto` from which on there is another date.
    pub fn between(
        &self,
        after: RowPlace,
        upto: RowPlace,
    ) -> impl Iterator<Item = RowPlace> + use<'_> {
        let from = self.runs.partition_point(|(place, _)| *place <= after);
        self.runs.range(from..).map(|(place, _)| *place).take_while(move |place| *place <= upto)
    }

    fn date(&self, at: Timestamp) -> Date {
        at.in_zone(&self.zone).map_or(Date::ZERO, |at| at.date())
    }
}

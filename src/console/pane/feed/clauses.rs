//! Filtering: which of the kept rows are shown. The filter is known as its clauses, all of which must be true,
//! so that each of them can be switched off alone, and all of them together.

use super::{FIRST_SLICE, LiveFeed};
use crate::{
    model::{Timestamp, client::AskedFilter},
    query::{Asker, FIELDS, Filter, FilterError, FilterField, clause_of},
};
use jiff::tz::TimeZone;

/// How many rows a pane needs so that the filter has one of them.
const FILTER_ROW_FROM: u16 = 7;

/// A part of the filter that must be true, unless it is switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedClause {
    /// As it was typed; raw.
    pub text: String,
    pub is_on: bool,
}

/// A filter, and which of its clauses are in force.
#[derive(Clone, Debug, Default)]
pub struct FeedFilter {
    whole: Filter,
    clauses: Vec<FeedClause>,
    is_off: bool,
    /// What it is called together with the depth, if it has a name.
    pub(super) name: Option<String>,
    /// By whose clock and zone its times are meant; `None` if there is no filter.
    asker: Option<Asker>,
}

impl FeedFilter {
    fn parse(text: &str, asker: &Asker) -> Result<Self, FilterError> {
        let whole = Filter::parse(text, asker)?;
        let clauses = whole.parts().into_iter();
        let clauses = clauses.map(|text| FeedClause { text, is_on: true }).collect();
        Ok(Self { whole, clauses, is_off: false, name: None, asker: Some(asker.clone()) })
    }
    /// What is left of it without the clauses that are switched off.
    fn in_force(&self) -> Filter {
        if self.is_off {
            return Filter::default();
        }
        self.whole.only(|at| self.clauses.get(at).is_none_or(|clause| clause.is_on))
    }
    /// What is in force of it, so that a hub reads it as it is meant here; `None` if nothing is.
    pub(super) fn asked(&self) -> Option<AskedFilter> {
        let filter = self.in_force();
        Some(self.asker.as_ref().filter(|_| !filter.is_empty())?.asks(filter.text()))
    }
    /// The whole filter as it was typed, with the clauses that are switched off; empty if there is none.
    #[must_use]
    pub fn text(&self) -> &str {
        self.whole.text()
    }
    /// What it is called, raw; `None` if it has no name, or if the depth was changed since.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
    #[must_use]
    pub fn clauses(&self) -> &[FeedClause] {
        &self.clauses
    }
    /// Whether all of it is switched off, whatever its clauses say.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.is_off
    }
}

impl LiveFeed {
    /// What is in force of the filter, as a hub is asked for the same; an empty text if nothing is.
    #[must_use]
    pub fn asked(&self) -> AskedFilter {
        self.filter.asked().unwrap_or_default()
    }
    /// Shows only the rows that a filter lets pass. The others are hidden and not dropped, and gaps stay
    /// visible. A text that is no filter changes nothing: the last good one stays in force, and
    /// the error says which part of it is wrong, and what was expected there.
    pub fn set_filter(
        &mut self,
        text: &str,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<(), FilterError> {
        let asker = Asker { now, zone: zone.clone() };
        self.put_filter(FeedFilter::parse(text, &asker)?);
        Ok(())
    }
    /// Adds a clause to the filter, all of which must be true then. Clauses that are switched off stay off.
    pub fn add_clause(
        &mut self,
        clause: &str,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<(), FilterError> {
        let asker = Asker { now, zone: zone.clone() };
        let mut filter = FeedFilter::parse(&self.filter.whole.text_and(clause), &asker)?;
        for (new, old) in filter.clauses.iter_mut().zip(&self.filter.clauses) {
            new.is_on = old.is_on;
        }
        self.put_filter(filter);
        Ok(())
    }
    /// Shows all rows, and forgets the filter.
    pub fn clear_filter(&mut self) {
        self.put_filter(FeedFilter::default());
    }
    /// Filters as before, such as when typing is given up.
    pub fn put_filter(&mut self, filter: FeedFilter) {
        self.filter = filter;
        self.apply();
    }
    /// Gives the filter and the depth that are set a name for the header, until one of them is changed.
    pub fn name_filter(&mut self, name: &str) {
        self.filter.name = Some(name.to_owned());
    }
    /// The filter that asks for whatever is about the same things as the chosen row: a message with its reports,
    /// its answer and what it answers; a payment; a session; a work. `None` if it is about none of them.
    #[must_use]
    pub fn related(&self) -> Option<String> {
        let row = self.selected().filter(|_| !self.hides_selection())?;
        clause_of(row.event()?, FilterField::Id)
    }
    /// Switches the whole filter off, or on again. Returns whether there is one.
    pub fn toggle_filter(&mut self) -> bool {
        self.filter.is_off = !self.filter.is_off && !self.filter.clauses.is_empty();
        self.apply();
        !self.filter.clauses.is_empty()
    }
    /// Switches one clause off, or on again. If the whole filter was off, only this clause is on then.
    pub fn toggle_clause(&mut self, at: usize) {
        if std::mem::take(&mut self.filter.is_off) {
            self.filter.clauses.iter_mut().for_each(|clause| clause.is_on = false);
        }
        if let Some(clause) = self.filter.clauses.get_mut(at) {
            clause.is_on = !clause.is_on;
        }
        self.apply();
    }
    fn apply(&mut self) {
        self.ring.set_filter(self.filter.in_force());
        if !self.refilter_apart() {
            self.drop_found();
        }
        self.refilter_slice(FIRST_SLICE);
    }
    /// The filter with all its clauses.
    #[must_use]
    pub const fn filter(&self) -> &FeedFilter {
        &self.filter
    }
    /// What is in force of the filter, or being applied; empty if there is none.
    #[must_use]
    pub fn filter_text(&self) -> &str {
        self.ring.filter().text()
    }
    /// How many rows of a pane of this height are above the list: the header, and one for the filter where
    /// there is room for it.
    #[must_use]
    pub fn head_rows(&self, height: u16) -> u16 {
        if height < FILTER_ROW_FROM || self.filter.text().is_empty() { 1 } else { 2 }
    }
    /// The clauses that ask for what the selected row has, each with what its field means.
    #[must_use]
    pub fn clauses_of_selected(&self) -> Vec<(String, &'static str)> {
        let Some(row) = self.selected().filter(|_| !self.hides_selection()) else {
            return Vec::new();
        };
        let Some(event) = row.event() else { return Vec::new() };
        let own = |field: FilterField| Some((clause_of(event, field)?, field.row().help));
        FIELDS.iter().filter_map(|row| own(row.field)).collect()
    }

    /// Goes on applying a filter and looks at no more than so many rows. Returns whether the filter
    /// is in force.
    pub fn refilter_slice(&mut self, budget_rows: usize) -> bool {
        if !self.ring.is_refiltering() && !self.found.is_refiltering() {
            return true;
        }
        let done = self.ring.refilter(budget_rows) && self.found.refilter(budget_rows);
        if done {
            self.keep_selection();
        }
        done
    }
    /// Keeps the same event selected if it passes the filter. Otherwise the cursor goes to the nearest event
    /// before it, or else the nearest behind it, and the selection comes back with its event.
    pub(super) fn keep_selection(&mut self) {
        let Some(wanted) = self.home.or(self.cursor) else { return self.pin() };
        if self.is_shown(wanted) {
            (self.cursor, self.home) = (Some(wanted), None);
        } else {
            let index = self.index_of(wanted);
            self.cursor = self.place_at(index.saturating_sub(1));
            self.home = Some(wanted);
        }
        if let Some(place) = self.cursor
            && self.mode != super::Mode::Follow
        {
            self.show(self.index_of(place));
        }
        self.pin();
    }
    /// Selects the row at which the cursor stands, where it only stands in for one that is hidden.
    pub const fn choose(&mut self) {
        if self.cursor.is_some() {
            self.home = None;
        }
    }
}

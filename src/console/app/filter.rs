//! The filter of the feed: typing it, switching it and its clauses off and on, and adding a clause from a row.

use super::{App, Overlay, SEARCH_AFTER};
use crate::{
    console::{
        kept::{KeptChange, MOST_FILTERS},
        layout::Pane,
        msg::Effect,
        pane::{
            filter_line::FilterLine,
            picker::{Kind, PickerChoice, PickerItem},
        },
    },
    model::Tone,
};

impl App {
    pub(super) fn open_filter(&mut self) {
        self.focus = Pane::Feed;
        self.filter = Some(FilterLine::open(self.feed.filter().clone()));
        // The line has the whole filter, so that all of it is in force if it was off.
        self.filter_typed();
    }

    /// Closes the list of offers, or leaves the line with the filter that there was before.
    pub(super) fn cancel_filter(&mut self) {
        if self.filter.as_mut().is_some_and(|line| line.close_offers(false)) {
            return self.filter_typed();
        }
        if let Some(line) = self.filter.take() {
            self.feed.put_filter(line.into_before());
            self.seek_soon();
        }
    }

    /// Takes the offer that is in the line, or leaves the line. Whatever row the cursor stands at then is
    /// chosen, because the agent has seen it there. A text that is no filter stays in the line, with the reason.
    pub(super) fn accept_filter(&mut self) {
        self.filter_typed();
        let Some(line) = &mut self.filter else { return };
        if line.close_offers(true) || line.error().is_some() {
            return;
        }
        let text = line.text().trim().to_owned();
        if !text.is_empty() {
            self.filters.retain(|known| *known != text);
            self.filters.push(text.clone());
            let over = self.filters.len().saturating_sub(MOST_FILTERS);
            self.filters.drain(..over);
            self.kept.push(KeptChange::Filtered(text));
        }
        self.filter = None;
        self.feed.choose();
        self.seek_soon();
        self.follow_selection();
    }

    /// Filters the feed by what is typed now. While that is no filter, the last good one stays in force.
    pub(super) fn filter_typed(&mut self) {
        let now = self.hub_time();
        let Some(line) = &mut self.filter else { return };
        let text = line.text().to_owned();
        let is_same = text.trim() == self.feed.filter().text() && !self.feed.filter().is_off();
        let judged = match text.trim() {
            "" => {
                self.feed.clear_filter();
                Ok(())
            }
            _ if is_same && line.error().is_none() => Ok(()),
            _ => self.feed.set_filter(&text, now, &self.zone),
        };
        line.judge(judged);
        // The hub is asked once typing rests.
        self.seek = Some(self.now.after(SEARCH_AFTER));
        self.follow_selection();
    }

    pub(super) fn complete_filter(&mut self, forward: bool) {
        let Some(line) = &mut self.filter else { return };
        if line.complete(&self.feed, forward) {
            self.filter_typed();
        } else {
            self.say("nothing to complete here: no value was seen that begins so", Tone::Plain);
        }
    }

    pub(super) fn recall_filter(&mut self, older: bool) {
        let Some(line) = &mut self.filter else { return };
        if line.recall(&self.filters, older) {
            self.filter_typed();
        }
    }

    /// Has the past searched, once the filter has been applied to every loaded row and if it leaves little.
    pub(super) const fn seek_soon(&mut self) {
        self.seek = Some(self.now);
    }
    pub(super) fn seek(&mut self) {
        if self.filtered && self.seek.take_if(|at| *at <= self.now).is_some() {
            self.feed.seek();
        }
    }
    /// Asks for the next piece of a search.
    pub(super) fn search_wanted(&mut self) -> Option<Effect> {
        let (before, filter) = self.feed.wants_search()?;
        Some(Effect::Search { before, filter })
    }

    /// Whether values are being counted for the list of offers.
    pub(super) fn counts_offers(&self) -> bool {
        self.filter.as_ref().is_some_and(FilterLine::is_counting)
    }

    /// Goes on counting values for the list of offers.
    pub(super) fn count_offers(&mut self) {
        if let Some(line) = self.filter.as_mut().filter(|line| line.is_counting()) {
            line.count(&self.feed);
            self.version += 1;
        }
    }

    /// Switches the filter off, or on again.
    pub(super) fn toggle_filter(&mut self) {
        if self.feed.toggle_filter() {
            self.seek_soon();
            self.follow_selection();
        } else {
            self.say("no filter is set: / sets one", Tone::Plain);
        }
    }

    /// Lists the clauses of the filter, to switch single ones off and on.
    pub(super) fn open_clauses(&mut self) {
        if self.feed.filter().clauses().is_empty() {
            drop(
                self.say("no filter is set: / sets one, * takes a clause from a row", Tone::Plain),
            );
        } else {
            self.open_picker(Kind::Clauses, "");
        }
    }

    /// Lists the clauses that ask for what the selected row has, to add one of them.
    pub(super) fn open_row_clauses(&mut self) {
        if self.feed.clauses_of_selected().is_empty() {
            drop(self.say("select an event first, to make a clause from it", Tone::Plain));
        } else {
            self.open_picker(Kind::RowClauses, "");
        }
    }

    pub(super) fn clauses(&self) -> Vec<PickerItem> {
        let filter = self.feed.filter();
        let clauses = filter.clauses().iter().enumerate().map(|(at, clause)| {
            let is_on = clause.is_on && !filter.is_off();
            let detail = if is_on { "on" } else { "off" };
            clause_item(PickerChoice::SwitchClause(at), &clause.text, detail)
        });
        clauses.collect()
    }

    pub(super) fn row_clauses(&self) -> Vec<PickerItem> {
        let clauses = self.feed.clauses_of_selected().into_iter();
        let item = |(clause, help): (String, &str)| {
            clause_item(PickerChoice::AddClause(clause.clone()), &clause, help)
        };
        clauses.map(item).collect()
    }

    /// Switches a clause off, or on again. The list stays open, because more may follow.
    pub(super) fn switch_clause(&mut self, at: usize) -> Vec<Effect> {
        self.feed.toggle_clause(at);
        self.seek_soon();
        self.open_picker(Kind::Clauses, "");
        if let Some(Overlay::Picker(picker)) = &mut self.overlay {
            picker.select(at);
        }
        self.follow_selection();
        Vec::new()
    }

    /// Adds a clause to the filter.
    pub(super) fn add_clause(&mut self, clause: &str) -> Vec<Effect> {
        let added = self.feed.add_clause(clause, self.hub_time(), &self.zone);
        self.seek_soon();
        self.follow_selection();
        match added {
            Ok(()) => Vec::new(),
            Err(error) => self.say(error.to_string(), Tone::Bad),
        }
    }
}

fn clause_item(choice: PickerChoice, clause: &str, detail: &str) -> PickerItem {
    PickerItem::new(choice, "clauses", clause, detail)
}

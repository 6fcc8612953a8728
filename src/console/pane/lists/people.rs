//! Those whom a work by tag has selected, as a page of the lists (R-CONSOLE-33): it lies in the place of the works, has an
//! outcome that filters it, and is loaded a piece at a time. While it is short enough to be asked for at once it
//! follows the log.

use super::Lists;
use crate::{
    console::msg::{Effect, List, Listing, PIECE, PeopleQuestion},
    model::{
        ClientError, CustomerId, RecipientOutcome, Task, Timestamp, Work, WorkId, WorkRecipient,
        WorkState,
    },
};
use std::time::Duration;

/// The shortest time between two questions for the same people.
const BETWEEN: Duration = Duration::from_secs(1);
/// How near the end of what is loaded one may come before more is asked for.
const AHEAD: usize = 100;

/// The people of one work, as far as they are loaded.
#[derive(Clone, Debug)]
pub struct WorkPeople {
    work: WorkId,
    /// What the work is called on the screen: its tag; raw.
    title: String,
    outcome: Option<RecipientOutcome>,
    /// `None` before the first answer.
    rows: Option<Vec<WorkRecipient>>,
    /// Where the next piece begins; empty behind the last one.
    next: String,
    fault: Option<ClientError>,
    /// The question that has no answer yet, and when the last one was asked.
    asked: Option<PeopleQuestion>,
    last_asked: Option<Timestamp>,
    /// Whether something may have changed since.
    stale: bool,
    selected: usize,
}

impl WorkPeople {
    #[must_use]
    pub fn of(work: WorkId, title: String) -> Self {
        Self {
            work,
            title,
            outcome: None,
            rows: None,
            next: String::new(),
            fault: None,
            asked: None,
            last_asked: None,
            stale: true,
            selected: 0,
        }
    }
    #[must_use]
    pub const fn work(&self) -> &WorkId {
        &self.work
    }
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }
    /// Only those with this outcome are shown; `None` shows all.
    #[must_use]
    pub const fn outcome(&self) -> Option<RecipientOutcome> {
        self.outcome
    }
    /// Those who are loaded; `None` before the first answer.
    #[must_use]
    pub fn rows(&self) -> Option<&[WorkRecipient]> {
        self.rows.as_deref()
    }
    /// Whether there are more than are loaded.
    #[must_use]
    pub fn has_more(&self) -> bool {
        !self.next.is_empty()
    }
    #[must_use]
    pub const fn fault(&self) -> Option<&ClientError> {
        self.fault.as_ref()
    }
    pub(super) fn len(&self) -> usize {
        self.rows.as_ref().map_or(0, Vec::len)
    }
    pub(super) fn selected(&self) -> usize {
        self.selected.min(self.len().saturating_sub(1))
    }
    pub(super) fn select(&mut self, row: usize) {
        self.selected = row;
        self.selected = self.selected();
    }
    /// The selected one.
    #[must_use]
    pub fn one(&self) -> Option<&WorkRecipient> {
        self.rows.as_ref()?.get(self.selected())
    }
    pub(super) fn customer(&self) -> Option<&CustomerId> {
        Some(&self.one()?.customer)
    }
    /// Shows those with the next outcome, or with the one before; all come after the last.
    pub(super) fn turn(&mut self, forward: bool) {
        let all = RecipientOutcome::ALL;
        let at = self.outcome.and_then(|own| all.iter().position(|other| *other == own));
        let at = at.map_or(0, |at| at + 1);
        let count = all.len() + 1;
        let next = if forward { at + 1 } else { at + count - 1 } % count;
        self.show(next.checked_sub(1).and_then(|at| all.get(at).copied()));
    }
    /// Shows those with this outcome.
    pub(super) fn show(&mut self, outcome: Option<RecipientOutcome>) {
        let (work, title) = (self.work.clone(), std::mem::take(&mut self.title));
        *self = Self { outcome, ..Self::of(work, title) };
    }
    pub(super) const fn heard(&mut self) {
        self.stale = true;
    }
    /// The feed came up, so what was asked before gets no answer any more.
    pub(super) fn came_up(&mut self) {
        (self.stale, self.asked, self.fault) = (true, None, None);
    }
    fn question(&self, after: &str) -> PeopleQuestion {
        let (work, outcome, after) = (self.work.clone(), self.outcome, after.to_owned());
        PeopleQuestion { work, outcome, after }
    }
    /// Asks for what is missing, or for all of it again if that may have changed. Returns when it wants to be called
    /// again, if it asks for nothing now.
    pub(super) fn watch(&mut self, at: Timestamp) -> (Option<Effect>, Option<Timestamp>) {
        if self.asked.is_some() {
            return (None, None);
        }
        let is_short = self.next.is_empty() && self.len() <= PIECE as usize;
        let near_end = self.has_more() && self.selected() + AHEAD >= self.len();
        let asks = if self.rows.is_none() || (self.stale && is_short) {
            let due = self.last_asked.map_or(at, |last| last.after(BETWEEN));
            if due > at {
                return (None, Some(due));
            }
            self.stale = false;
            self.question("")
        } else if near_end && self.fault.is_none() {
            self.question(&self.next)
        } else {
            return (None, None);
        };
        (self.asked, self.last_asked) = (Some(asks.clone()), Some(at));
        (Some(Effect::People(asks)), None)
    }
    /// Takes in the answer to a question. One that was asked for something else is of no interest any more.
    pub(super) fn listed(
        &mut self,
        question: &PeopleQuestion,
        result: Result<(Vec<WorkRecipient>, String), ClientError>,
    ) {
        if self.asked.as_ref() != Some(question) {
            return;
        }
        self.asked = None;
        match result {
            Ok((mut people, next)) => {
                if question.after.is_empty() {
                    let kept = self.customer().cloned();
                    let at = kept.and_then(|id| people.iter().position(|one| one.customer == id));
                    self.selected = at.unwrap_or(self.selected);
                    self.rows = Some(people);
                } else {
                    self.rows.get_or_insert_default().append(&mut people);
                }
                (self.next, self.fault) = (next, None);
            }
            Err(error) => {
                self.fault = Some(error);
                self.rows.get_or_insert_default();
            }
        }
    }
}

impl Lists {
    /// Opens the people of a work, in the place of the works.
    pub fn open_people(&mut self, work: WorkId, title: String) {
        self.people = Some(WorkPeople::of(work, title));
    }
    /// The people of a work, if they are looked at.
    #[must_use]
    pub fn people(&self) -> Option<&WorkPeople> {
        self.people.as_ref().filter(|_| self.open && self.tab == List::Works)
    }
    /// Whether a work is selected whose people can be looked at.
    #[must_use]
    pub fn opens_people(&self) -> bool {
        self.open && self.tab == List::Works && self.people.is_none() && !self.is_empty()
    }
    /// Shows those of the people who have this outcome.
    pub fn show_people(&mut self, outcome: Option<RecipientOutcome>) {
        if let Some(people) = &mut self.people {
            people.show(outcome);
        }
    }
    /// Goes back from the people to the works. Returns whether there was anything to go back from.
    pub fn close_people(&mut self) -> bool {
        self.people.take().is_some()
    }
    /// Takes in the answer to `Effect::People`.
    pub fn people_listed(
        &mut self,
        question: &PeopleQuestion,
        result: Result<(Vec<WorkRecipient>, String), ClientError>,
    ) {
        if let Some(people) = &mut self.people {
            people.listed(question, result);
        }
    }
    /// The selected work by tag; `None` if another list is open or it has no rows.
    #[must_use]
    pub fn work(&self) -> Option<&Work> {
        if let Some(people) = self.people() {
            return self.work_of(people.work());
        }
        match self.rows(self.tab) {
            Some(Listing::Works(rows)) if self.open => {
                rows.get(self.selected()).map(|(work, _)| work)
            }
            _ => None,
        }
    }
    /// A work as it was last listed; `None` if it was not.
    #[must_use]
    pub fn work_of(&self, id: &WorkId) -> Option<&Work> {
        let Some(Listing::Works(rows)) = self.rows(List::Works) else { return None };
        rows.iter().map(|(work, _)| work).find(|work| work.id == *id)
    }
    /// The newest work that went again to those for whom this one had failed, as far as the list says.
    #[must_use]
    pub fn retry_of(&self, id: &WorkId) -> Option<&WorkId> {
        let Some(Listing::Works(rows)) = self.rows(List::Works) else { return None };
        let is_retry = |work: &&Work| matches!(&work.task, Task::Message(message) if message.failed_of.as_ref() == Some(id));
        rows.iter().map(|(work, _)| work).find(is_retry).map(|work| &work.id)
    }
    /// The state of the selected work.
    #[must_use]
    pub fn work_state(&self) -> Option<WorkState> {
        self.work().map(|work| work.state)
    }
}

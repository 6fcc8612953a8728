//! What agents list: who waits for an answer, work by tag, scheduled messages, reminders, leases, purses and
//! messages of unknown outcome, each on a tab of its own. The pane lies where the feed is, beside the inspector. The purses are also shown on the inspector's payments tab.
//!
//! The lists are live without polling. A list is asked for when it comes into view and when an
//! entry of the log says that it changed, at most twice a second, and never while nobody sees it.
//!
//! Whoever works through those who wait keeps their order: who was answered stays in their row, which says
//! so, and who is new comes below. The list is put in order again when it is opened.

use super::countdown::{Skew, age_changes, left_changes};
use crate::{
    catalog::Target,
    console::msg::{Effect, List, Listing},
    model::{
        ClientError, CustomerId, Entry, ListedCarrier, ListedLease, ListedReminder,
        ListedScheduled, ListedWaiting, PurseBalance, Timestamp, UnknownMessage, WorkId,
    },
};
use people::WorkPeople;
use std::{collections::BTreeSet, time::Duration};

mod heard;
pub mod people;
#[cfg(test)]
pub(crate) mod tests;

/// The shortest time between two questions for the same list.
const BETWEEN: Duration = Duration::from_millis(500);
/// A question that has no answer after this time is asked again when there is a reason to.
const LOST: Duration = Duration::from_secs(5);
/// With so many rows the list of who waits is put in order again, whoever works in it.
const MOST_KEPT: usize = 1_000;

/// One list as it was last answered.
#[derive(Clone, Debug, Default)]
struct ListPage {
    rows: Option<Listing>,
    fault: Option<ClientError>,
    /// When the question was asked that has no answer yet.
    asked: Option<Timestamp>,
    last_asked: Option<Timestamp>,
    /// Whether nothing is known to have happened since the list was last asked for. At first it is
    /// false, because nothing is known at all.
    fresh: bool,
    selected: usize,
    watched: bool,
}

impl ListPage {
    /// When the list has to be asked for; `None` if it need not be.
    fn due(&self, at: Timestamp) -> Option<Timestamp> {
        if !self.watched || self.fresh {
            return None;
        }
        match (self.asked, self.last_asked) {
            (Some(asked), _) if at.since(asked) < LOST => Some(asked.after(LOST)),
            (_, Some(last)) => Some(last.after(BETWEEN).max(at)),
            (_, None) => Some(at),
        }
    }
    fn len(&self) -> usize {
        match &self.rows {
            None => 0,
            Some(Listing::Waiting(rows, _)) => rows.len(),
            Some(Listing::Works(rows)) => rows.len(),
            Some(Listing::Scheduled(rows, _)) => rows.len(),
            Some(Listing::Reminders(rows, _)) => rows.len(),
            Some(Listing::Leases(rows)) => rows.len(),
            Some(Listing::Purses(rows)) => rows.len(),
            Some(Listing::Carriers(rows)) => rows.len(),
            Some(Listing::Unknown(rows, _)) => rows.len(),
        }
    }
    fn selected(&self) -> usize {
        self.selected.min(self.len().saturating_sub(1))
    }
}

/// The state of the lists' pane.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    open: bool,
    tab: List,
    pages: [ListPage; List::ALL.len()],
    /// Those who were answered since the list of who waits was last put in order. Their rows are kept.
    answered: BTreeSet<CustomerId>,
    /// Whether the list of who waits is put in order when it is answered next.
    reorders: bool,
    /// The people of the selected work, if they are looked at instead of the works.
    people: Option<WorkPeople>,
    /// The work that is selected once the hub has told of it.
    wanted: Option<WorkId>,
    skew: Skew,
    wake_at: Option<Timestamp>,
}

impl Lists {
    const fn page(&self, list: List) -> &ListPage {
        &self.pages[list as usize]
    }
    const fn page_mut(&mut self, list: List) -> &mut ListPage {
        &mut self.pages[list as usize]
    }
    /// Opens the pane on a tab. Who waits is asked for and put in order anew.
    pub fn open(&mut self, list: List) {
        (self.open, self.tab, self.people) = (true, list, None);
        if let List::Waiting = list {
            self.reorders = true;
            self.page_mut(list).fresh = false;
        }
    }
    /// Closes the pane. The rows are kept for the next time.
    pub const fn close(&mut self) {
        self.open = false;
    }
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open
    }
    #[must_use]
    pub const fn tab(&self) -> List {
        self.tab
    }
    /// Opens the next tab, or the one before; of people, the next outcome.
    pub fn turn(&mut self, forward: bool) {
        if let Some(people) = self.people.as_mut().filter(|_| self.tab == List::Works) {
            return people.turn(forward);
        }
        self.tab = self.tab.beside(if forward { 1 } else { List::ALL.len() - 1 });
    }
    pub const fn clock(&mut self, skew: Skew) {
        self.skew = skew;
    }
    /// How far the hub's clock is ahead of ours.
    #[must_use]
    pub const fn skew(&self) -> Skew {
        self.skew
    }
    /// The rows of a list as they were last answered; `None` before the first answer.
    #[must_use]
    pub const fn rows(&self, list: List) -> Option<&Listing> {
        self.page(list).rows.as_ref()
    }
    /// Why the last question for a list failed; `None` if it did not.
    #[must_use]
    pub const fn fault(&self, list: List) -> Option<&ClientError> {
        self.page(list).fault.as_ref()
    }
    /// The index of the selected row on the open tab.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.people().map_or_else(|| self.page(self.tab).selected(), WorkPeople::selected)
    }
    /// How many rows the open tab has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.people().map_or_else(|| self.page(self.tab).len(), WorkPeople::len)
    }
    /// Whether the open tab has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Moves the selection; a positive number moves down.
    pub fn scroll(&mut self, by: i32) {
        let step = usize::try_from(by.unsigned_abs()).unwrap_or(0);
        let at = self.selected();
        self.select(if by < 0 { at.saturating_sub(step) } else { at.saturating_add(step) });
    }
    /// Selects a row of the open tab.
    pub fn select(&mut self, row: usize) {
        if let Some(people) = self.people.as_mut().filter(|_| self.tab == List::Works) {
            return people.select(row);
        }
        let page = self.page_mut(self.tab);
        page.selected = row;
        page.selected = page.selected();
    }
    /// Selects a work by tag, now or once the hub has told of it.
    pub fn select_work(&mut self, work: WorkId) {
        let Some(Listing::Works(rows)) = self.rows(List::Works) else {
            self.wanted = Some(work);
            return;
        };
        let at = rows.iter().position(|(other, _)| other.id == work);
        let page = self.page_mut(List::Works);
        page.selected = at.unwrap_or(page.selected);
        self.wanted = at.is_none().then_some(work);
    }
    /// The customer of the selected row; `None` if the row is about no single one.
    #[must_use]
    pub fn customer(&self) -> Option<&CustomerId> {
        if let Some(people) = self.people() {
            return people.customer();
        }
        let at = self.selected();
        match self.rows(self.tab).filter(|_| self.open)? {
            Listing::Waiting(rows, _) => rows.get(at).map(|row| &row.customer),
            Listing::Scheduled(rows, _) => rows.get(at).map(|row| &row.customer),
            Listing::Reminders(rows, _) => rows.get(at).map(|row: &ListedReminder| &row.customer),
            Listing::Leases(rows) => rows.get(at).map(|row: &ListedLease| &row.customer),
            Listing::Unknown(rows, _) => rows.get(at).map(|row| &row.customer),
            Listing::Works(_) | Listing::Purses(_) | Listing::Carriers(_) => None,
        }
    }
    /// The selected one of those who wait; `None` if another list is open or nobody waits.
    #[must_use]
    pub fn waiting(&self) -> Option<&ListedWaiting> {
        match self.rows(self.tab).filter(|_| self.open)? {
            Listing::Waiting(rows, _) => rows.get(self.selected()),
            _ => None,
        }
    }
    /// The selected message that has not left yet; `None` if another list is open or it has no rows.
    #[must_use]
    pub fn scheduled(&self) -> Option<&ListedScheduled> {
        match self.rows(self.tab).filter(|_| self.open)? {
            Listing::Scheduled(rows, _) => rows.get(self.selected()),
            _ => None,
        }
    }
    /// The selected reminder; `None` if another list is open or it has no rows.
    #[must_use]
    pub fn reminder(&self) -> Option<&ListedReminder> {
        match self.rows(self.tab).filter(|_| self.open)? {
            Listing::Reminders(rows, _) => rows.get(self.selected()),
            _ => None,
        }
    }
    /// The selected lease; `None` if another list is open or it has no rows.
    #[must_use]
    pub fn lease(&self) -> Option<&ListedLease> {
        match self.rows(self.tab).filter(|_| self.open)? {
            Listing::Leases(rows) => rows.get(self.selected()),
            _ => None,
        }
    }
    /// The selected message of unknown outcome; `None` if another list is open or it has no rows.
    #[must_use]
    pub fn unknown(&self) -> Option<&UnknownMessage> {
        match self.rows(self.tab).filter(|_| self.open)? {
            Listing::Unknown(rows, _) => rows.get(self.selected()),
            _ => None,
        }
    }
    /// The selected network; `None` if another list is open or it has no rows.
    #[must_use]
    pub fn carrier(&self) -> Option<&ListedCarrier> {
        match self.rows(self.tab).filter(|_| self.open)? {
            Listing::Carriers(rows) => rows.get(self.selected()),
            _ => None,
        }
    }
    /// The selected purse; `None` if another list is open or it has no rows.
    #[must_use]
    pub fn purse(&self) -> Option<&PurseBalance> {
        match self.rows(self.tab).filter(|_| self.open)? {
            Listing::Purses(rows) => rows.get(self.selected()),
            _ => None,
        }
    }
    /// Whom a command on the selected row is for; `None` if the row is about no single customer.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        let named = |customer: &CustomerId, name: &str| Target {
            customer: Some(customer.clone()),
            name: name.to_owned(),
            ..Target::default()
        };
        let waiting = self.waiting().map(Target::of_waiting);
        let reminder = || self.reminder().map(|row| named(&row.customer, &row.name));
        let lease = || self.lease().map(|row| named(&row.customer, &row.name));
        let scheduled = || self.scheduled().map(|row| named(&row.customer, &row.name));
        let person = || {
            let one = self.people()?.one()?;
            let numbers = one.number.iter().cloned().collect();
            Some(Target { numbers, ..named(&one.customer, &one.name) })
        };
        let unknown = || self.unknown().map(Target::of_unknown);
        waiting.or_else(scheduled).or_else(reminder).or_else(lease).or_else(unknown).or_else(person)
    }
    /// Whoever waits longest, as far as is known.
    #[must_use]
    pub fn longest_waiting(&self) -> Option<&CustomerId> {
        let Some(Listing::Waiting(rows, _)) = self.rows(List::Waiting) else { return None };
        let still = rows.iter().filter(|row| !self.is_answered(&row.customer));
        Some(&still.min_by_key(|row| row.unanswered.since)?.customer)
    }
    /// Whether a customer whose row is kept among those who wait was answered meanwhile.
    #[must_use]
    pub fn is_answered(&self, customer: &CustomerId) -> bool {
        self.answered.contains(customer)
    }
    /// The org's purses as they were last answered; `None` before the first answer.
    #[must_use]
    pub fn purses(&self) -> Option<&[PurseBalance]> {
        match self.rows(List::Purses) {
            Some(Listing::Purses(rows)) => Some(rows),
            _ => None,
        }
    }

    /// Takes in an entry of the log. A list that it may have changed is asked for again when it
    /// is in view.
    pub fn entry(&mut self, entry: &Entry) {
        for &list in List::ALL {
            if entry.events.iter().any(|event| list.hears(&event.kind)) {
                self.page_mut(list).fresh = false;
                if let (List::Works, Some(people)) = (list, &mut self.people) {
                    people.heard();
                }
            }
        }
    }
    /// The feed came up. What happened meanwhile is not known, so nothing is taken as fresh.
    pub fn came_up(&mut self) {
        if let Some(people) = &mut self.people {
            people.came_up();
        }
        let mut at = 0;
        while at < self.pages.len() {
            self.pages[at].fresh = false;
            self.pages[at].asked = None;
            at += 1;
        }
    }
    /// Takes in the answer to `Effect::List`. An answer to a question that was asked before
    /// something happened is shown all the same, and the list is asked for again.
    pub fn listed(&mut self, list: List, result: Result<Listing, ClientError>) {
        let result = result.map(|rows| self.in_order(rows));
        let page = self.page_mut(list);
        page.asked = None;
        match result {
            Ok(rows) => {
                // The same work stays selected when newer ones come in above it.
                let kept = kept(page.rows.as_ref(), &rows, page.selected());
                (page.rows, page.fault) = (Some(rows), None);
                page.selected = kept.unwrap_or(page.selected);
            }
            Err(error) => page.fault = Some(error),
        }
        if list == List::Works
            && let Some(work) = self.wanted.take()
        {
            self.select_work(work);
            // One that the list does not have is not waited for any longer.
            self.wanted = None;
        }
    }
    /// Keeps the order of those who wait while an agent works in it.
    fn in_order(&mut self, new: Listing) -> Listing {
        let Listing::Waiting(mut new, total) = new else { return new };
        let reorders = std::mem::take(&mut self.reorders);
        let old = match &self.page(List::Waiting).rows {
            Some(Listing::Waiting(old, _)) if !reorders && old.len() < MOST_KEPT => old.clone(),
            _ => Vec::new(),
        };
        let mut rows = Vec::with_capacity(old.len().max(new.len()));
        self.answered.clear();
        for row in old {
            if let Some(at) = new.iter().position(|now| now.customer == row.customer) {
                rows.push(new.remove(at));
            } else {
                self.answered.insert(row.customer.clone());
                rows.push(row);
            }
        }
        rows.append(&mut new);
        Listing::Waiting(rows, total)
    }
    /// Asks for every list in view that may differ from the hub's. It is called after every
    /// message, with the lists that are in view.
    pub fn watch(&mut self, seen: &[List], live: bool, at: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut wakes = Vec::new();
        for &list in List::ALL {
            let page = self.page_mut(list);
            page.watched = live && seen.contains(&list);
            match page.due(at) {
                Some(due) if due <= at => {
                    (page.asked, page.last_asked, page.fresh) = (Some(at), Some(at), true);
                    effects.push(Effect::List(list));
                }
                due => wakes.extend(due),
            }
        }
        if let Some(people) =
            self.people.as_mut().filter(|_| live && self.open && seen.contains(&List::Works))
        {
            let (asks, wake) = people.watch(at);
            effects.extend(asks);
            wakes.extend(wake);
        }
        self.wake_at = wakes.into_iter().min();
        effects
    }
    /// When `watch` wants to be called again; `None` if nothing is due.
    #[must_use]
    pub const fn next_wake(&self) -> Option<Timestamp> {
        self.wake_at
    }
    /// When the open pane next shows another number by itself; `None` if nothing in it counts.
    #[must_use]
    pub fn counts(&self, at: Timestamp) -> Option<Timestamp> {
        let now = self.skew.hub(at);
        let next = match self.rows(self.tab).filter(|_| self.open)? {
            Listing::Waiting(rows, _) => {
                let waited = rows.iter().map(|row| age_changes(row.unanswered.since, now));
                let left = rows.iter().filter_map(|row| left_changes(row.window_ends?, now));
                waited.chain(left).min()
            }
            Listing::Works(rows) => {
                let firings = rows.iter().flat_map(|(_, next)| next);
                firings.filter_map(|fires| left_changes(*fires, now)).min()
            }
            Listing::Scheduled(rows, _) => {
                rows.iter().filter_map(|row| left_changes(row.message.at, now)).min()
            }
            Listing::Reminders(rows, _) => {
                rows.iter().filter_map(|row| left_changes(row.reminder.remind_at, now)).min()
            }
            Listing::Leases(rows) => {
                rows.iter().filter_map(|row| left_changes(row.lease.expires_at, now)).min()
            }
            Listing::Unknown(rows, _) => rows.iter().map(|row| age_changes(row.since, now)).min(),
            Listing::Carriers(rows) => {
                let pauses = rows.iter().filter_map(|row| Some(row.pause.as_ref()?.since));
                let all = rows.iter().filter_map(|row| row.since).chain(pauses);
                all.map(|since| age_changes(since, now)).min()
            }
            Listing::Purses(_) => None,
        };
        next.map(|change| self.skew.ours(change))
    }
}

/// The index that what is selected has among the new rows, so that a key acts on what it was and not on what came
/// into its place.
fn kept(old: Option<&Listing>, new: &Listing, selected: usize) -> Option<usize> {
    match (old?, new) {
        (Listing::Works(old), Listing::Works(new)) => {
            let (work, _) = old.get(selected)?;
            new.iter().position(|(other, _)| other.id == work.id)
        }
        (Listing::Waiting(old, _), Listing::Waiting(new, _)) => {
            let row = old.get(selected)?;
            new.iter().position(|other| other.customer == row.customer)
        }
        (Listing::Scheduled(old, _), Listing::Scheduled(new, _)) => {
            let row = old.get(selected)?;
            new.iter().position(|other| other.message.id == row.message.id)
        }
        (Listing::Reminders(old, _), Listing::Reminders(new, _)) => {
            let row = old.get(selected)?;
            let is_same = |other: &ListedReminder| {
                let (now, then) = (&other.reminder, &row.reminder);
                (&other.customer, &now.app, &now.key) == (&row.customer, &then.app, &then.key)
            };
            new.iter().position(is_same)
        }
        (Listing::Leases(old), Listing::Leases(new)) => {
            let row = old.get(selected)?;
            let is_same = |other: &ListedLease| {
                (&other.customer, &other.lease.key) == (&row.customer, &row.lease.key)
            };
            new.iter().position(is_same)
        }
        (Listing::Purses(old), Listing::Purses(new)) => {
            let row = old.get(selected)?;
            new.iter().position(|other| other.id == row.id)
        }
        (Listing::Carriers(old), Listing::Carriers(new)) => {
            let row = old.get(selected)?;
            new.iter().position(|other| other.id == row.id)
        }
        (Listing::Unknown(old, _), Listing::Unknown(new, _)) => {
            let row = old.get(selected)?;
            new.iter().position(|other| other.message == row.message)
        }
        _ => None,
    }
}

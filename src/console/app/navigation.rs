//! Moving about: between rows, tabs and panes, and to the customer that is looked at. Nothing here
//! sends a command; at most it asks the hub for a customer.

use super::App;
use crate::{
    console::{
        actions::Action,
        layout::Pane,
        msg::{Effect, List},
        pane::inspector::Tab,
    },
    model::{CustomerRef, Tone},
};

impl App {
    pub(super) fn travel(&mut self, action: Action) {
        match action {
            Action::Down => self.scroll(self.focus, 1),
            Action::Up => self.scroll(self.focus, -1),
            Action::PageDown => self.page(1),
            Action::PageUp => self.page(-1),
            other => self.go_to_end(other == Action::Bottom),
        }
    }

    pub(super) fn change_pane(&mut self, action: Action) {
        match action {
            Action::NextPane => self.turn(1),
            Action::PreviousPane => self.turn(-1),
            Action::InspectorPane => self.focus_on(Pane::Inspector),
            Action::FormPane => self.focus_on(Pane::Form),
            Action::ActivityPane => self.focus_on(Pane::Activity),
            Action::Waiting => self.list(List::Waiting),
            Action::Works => self.list(List::Works),
            Action::Scheduled => self.list(List::Scheduled),
            Action::Reminders => self.list(List::Reminders),
            Action::Leases => self.list(List::Leases),
            Action::Purses => self.list(List::Purses),
            Action::Carriers => self.list(List::Carriers),
            Action::Unknown => self.list(List::Unknown),
            _ => self.focus_on(Pane::Feed),
        }
    }

    pub(super) fn inspect_selected(&mut self) -> Vec<Effect> {
        self.feed.choose();
        let Some(customer) = self.target(false).and_then(|target| target.customer) else {
            return Vec::new();
        };
        let row = self.feed.selected().filter(|_| self.feed.selection_in_view());
        if let Some(row) = row.filter(|row| row.customer() == Some(&customer)) {
            self.inspector.turn_to_event(customer.clone(), (row.seq, row.index));
        }
        self.inspect(CustomerRef::Id(customer))
    }

    pub(super) fn inspect(&mut self, customer: CustomerRef) -> Vec<Effect> {
        self.focus = Pane::Inspector;
        // From now on this is the customer that is followed, so that a row of the one followed before
        // counts as a change.
        self.followed = match &customer {
            CustomerRef::Id(id) => Some(id.clone()),
            CustomerRef::Number(_) | CustomerRef::Secondary(_) => None,
        };
        self.inspector.open(customer, self.now)
    }

    pub(super) fn previous_tab(&mut self) {
        if self.inspector.tab() == Tab::ALL[0] {
            self.return_to_feed();
        } else {
            self.inspector.prev_tab();
        }
    }

    /// Goes back to the feed. The inspector follows the feed's selection again, if that is in view.
    pub(super) fn return_to_feed(&mut self) {
        self.focus = Pane::Feed;
        self.inspector.pin(false);
        // The feed may have had no room while a list lay in its place.
        self.fit();
        if self.feed.selection_in_view() {
            self.followed = None;
            self.follow_selection();
        }
    }

    fn page(&mut self, pages: i32) {
        if self.focus == Pane::Feed {
            self.feed.page(pages);
            self.follow_selection();
        } else {
            let rows = self.layout().pane(self.focus).height.saturating_sub(3).max(1);
            // A row of the lists takes two or three rows of the screen, and so does most of the timeline.
            let is_timeline =
                self.focus == Pane::Inspector && self.inspector.tab() == Tab::Timeline;
            let is_tall = self.focus == Pane::Lists || is_timeline;
            let rows = if is_tall { rows.div_ceil(3) } else { rows };
            self.scroll(self.focus, pages * i32::from(rows));
        }
    }

    fn go_to_end(&mut self, newest: bool) {
        match (self.focus, newest) {
            (Pane::Feed, true) => self.feed.bottom(),
            (Pane::Feed, false) => self.feed.top(),
            (Pane::Inspector, true) => self.inspector.bottom(),
            (Pane::Inspector, false) => self.inspector.top(),
            (Pane::Activity, true) => self.outbox.scroll(i32::MAX),
            (Pane::Activity, false) => self.outbox.scroll(i32::MIN),
            (Pane::Lists, true) => self.scroll(Pane::Lists, i32::MAX),
            (Pane::Lists, false) => self.scroll(Pane::Lists, i32::MIN),
            (Pane::Form, _) => {}
        }
        if self.focus != Pane::Lists {
            self.follow_selection();
        }
    }

    pub(super) fn focus_on(&mut self, pane: Pane) {
        if pane == Pane::Feed && self.focus != Pane::Feed {
            return self.return_to_feed();
        }
        self.focus = pane;
        if pane == Pane::Form {
            self.stand_by_form();
        }
        if pane == Pane::Lists {
            // The inspector follows the rows of the lists now.
            self.inspector.pin(false);
            self.follow_listed();
        }
    }

    fn turn(&mut self, by: isize) {
        let mut panes = vec![Pane::Feed, Pane::Inspector];
        if self.form.is_some() {
            panes.push(Pane::Form);
        }
        panes.push(Pane::Activity);
        if self.lists.is_open() {
            panes.push(Pane::Lists);
        }
        let here = panes.iter().position(|p| *p == self.focus).unwrap_or(0);
        let next = (here + panes.len()).wrapping_add_signed(by) % panes.len();
        self.focus_on(panes[next]);
    }

    /// Opens the lists on one tab and gives them the keys.
    pub(super) fn list(&mut self, list: List) {
        self.lists.open(list);
        self.focus_on(Pane::Lists);
    }

    /// Turns the inspector to the customer of the selected row of the lists, as it follows the feed.
    pub(super) fn follow_listed(&mut self) {
        let Some(customer) = self.lists.customer().filter(|_| self.focus == Pane::Lists) else {
            return;
        };
        if self.form.is_none() && self.followed.as_ref() != Some(customer) {
            self.followed = Some(customer.clone());
            self.inspector.follow(CustomerRef::Id(customer.clone()), self.now);
        }
    }

    /// Asks who waits longest, to inspect that customer when the hub has answered.
    pub(super) fn ask_who_waits(&mut self) -> Vec<Effect> {
        self.wants_longest = true;
        vec![Effect::List(List::Waiting)]
    }

    /// Inspects whoever waits longest, if that was asked for.
    pub(super) fn inspect_longest(&mut self) -> Vec<Effect> {
        if !std::mem::take(&mut self.wants_longest) {
            return Vec::new();
        }
        let fault =
            self.lists.fault(List::Waiting).map(|why| format!("it is not known who waits: {why}"));
        match (fault, self.lists.longest_waiting().cloned()) {
            (Some(why), _) => self.say(why, Tone::Bad),
            (None, None) => self.say("nobody waits for an answer", Tone::Good),
            (None, Some(_)) if self.form.is_some() => {
                self.say("a form is open: finish or leave it first", Tone::Plain)
            }
            (None, Some(customer)) => self.inspect(CustomerRef::Id(customer)),
        }
    }

    /// Inspects the customer of the selected row of a list.
    pub(super) fn inspect_listed(&mut self) -> Vec<Effect> {
        match self.lists.customer().cloned() {
            Some(customer) => self.inspect(CustomerRef::Id(customer)),
            None => self.say("this row is about no single customer", Tone::Plain),
        }
    }
}

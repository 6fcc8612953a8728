//! What each action does. None of them sends anything by itself: forms do, after a review.

use super::{App, FilterLine, LEAVE_WITHIN, Overlay, TWICE};
use crate::{
    console::{
        actions::{Action, Context},
        catalog,
        drafts::Draft,
        keymap::Chord,
        layout::{Class, Pane},
        msg::Effect,
        pane::{
            form::Form,
            inspector::Tab,
            outbox::State,
            picker::{Choice, Kind, Picker},
        },
    },
    model::{CustomerRef, Tone},
};
use crossterm::event::KeyEvent;
use tui_input::Input;

impl App {
    /// Does a possible action. `key` is the key that meant it, if one did.
    pub(super) fn perform(&mut self, action: Action, key: Option<KeyEvent>) -> Vec<Effect> {
        match action {
            Action::Pause => self.feed.pause(),
            Action::Follow => self.feed.follow(),
            Action::Filter => self.open_filter(),
            Action::FilterToggle => self.toggle_filter(),
            Action::NextProblem => self.find_problem(true),
            Action::PreviousProblem => self.find_problem(false),
            Action::Open => return self.inspect_selected(),
            Action::NextTab => self.inspector.next_tab(),
            Action::PreviousTab => self.previous_tab(),
            Action::Customer => self.open_picker(Kind::Palette, "@"),
            Action::Down
            | Action::Up
            | Action::PageDown
            | Action::PageUp
            | Action::Top
            | Action::Bottom => self.travel(action),
            Action::Reply
            | Action::Message
            | Action::Tag
            | Action::Untag
            | Action::Data
            | Action::DeleteData => self.open_form(action),
            Action::Undo => self.take_back(),
            Action::SendNow => return self.outbox.send_now(self.now),
            Action::Fix => return self.fix(),
            Action::NextPane
            | Action::PreviousPane
            | Action::FeedPane
            | Action::InspectorPane
            | Action::FormPane
            | Action::ActivityPane => self.change_pane(action),
            Action::Zoom => self.zoom = !self.zoom,
            Action::Retry => {
                self.connection.trying();
                return vec![Effect::RetryNow];
            }
            Action::Palette => self.open_picker(Kind::Palette, ""),
            Action::Help => self.open_picker(Kind::Help, ""),
            Action::Back => self.back(),
            Action::Quit | Action::Interrupt => return self.press_to_leave(action),
            Action::Suspend => return self.suspend(),
            Action::Redraw => return vec![Effect::Redraw],
            Action::Mouse => return self.toggle_mouse(),
            Action::FilterAccept => self.filter = None,
            Action::FilterCancel => self.cancel_filter(),
            Action::FormReview
            | Action::FormNext
            | Action::FormPrevious
            | Action::FormLeave
            | Action::ReviewSend
            | Action::ReviewEdit => return self.form_action(action, key),
            Action::PickRun => return self.pick(),
            Action::PickDown => self.pick_by(1),
            Action::PickUp => self.pick_by(-1),
            Action::LeaveSend => return self.leave_sending(),
            Action::LeaveDraft => return self.terminate(),
        }
        Vec::new()
    }

    fn travel(&mut self, action: Action) {
        match action {
            Action::Down => self.scroll(self.focus, 1),
            Action::Up => self.scroll(self.focus, -1),
            Action::PageDown => self.page(1),
            Action::PageUp => self.page(-1),
            other => self.go_to_end(other == Action::Bottom),
        }
    }

    fn change_pane(&mut self, action: Action) {
        match action {
            Action::NextPane => self.turn(1),
            Action::PreviousPane => self.turn(-1),
            Action::InspectorPane => self.focus_on(Pane::Inspector),
            Action::FormPane => self.focus_on(Pane::Form),
            Action::ActivityPane => self.focus_on(Pane::Activity),
            _ => self.focus_on(Pane::Feed),
        }
    }

    /// A stopped process must not send late: what is held becomes drafts first.
    fn suspend(&mut self) -> Vec<Effect> {
        while let Some(draft) = self.outbox.undo() {
            self.drafts.put(draft);
        }
        vec![Effect::Suspend]
    }

    fn open_filter(&mut self) {
        self.focus = Pane::Feed;
        let before = self.feed.filter_text().to_owned();
        self.filter = Some(FilterLine { input: Input::new(before.clone()), before });
    }

    fn cancel_filter(&mut self) {
        if let Some(line) = self.filter.take() {
            self.feed.set_filter(&line.before);
        }
    }

    /// Off and on again; the words are kept while it is off.
    fn toggle_filter(&mut self) {
        let words = self.feed.filter_text().to_owned();
        if words.is_empty() {
            match self.switched_off.take() {
                Some(words) => self.feed.set_filter(&words),
                None => drop(self.say("no filter is set: / sets one", Tone::Plain)),
            }
        } else {
            self.feed.set_filter("");
            self.switched_off = Some(words);
        }
    }

    fn find_problem(&mut self, forward: bool) {
        if self.feed.next_problem(forward) {
            self.follow_selection();
        } else {
            let way = if forward { "newer" } else { "older" };
            self.say(format!("no {way} problem is loaded"), Tone::Plain);
        }
    }

    fn inspect_selected(&mut self) -> Vec<Effect> {
        let Some(customer) = self.target(false).and_then(|target| target.customer) else {
            return Vec::new();
        };
        self.inspect(CustomerRef::Id(customer))
    }

    fn inspect(&mut self, customer: CustomerRef) -> Vec<Effect> {
        self.focus = Pane::Inspector;
        // A row of the customer that was followed before is news again.
        self.followed = match &customer {
            CustomerRef::Id(id) => Some(id.clone()),
            CustomerRef::Number(_) | CustomerRef::Secondary(_) => None,
        };
        self.inspector.open(customer, self.now)
    }

    fn previous_tab(&mut self) {
        if self.inspector.tab() == Tab::ALL[0] {
            self.return_to_feed();
        } else {
            self.inspector.prev_tab();
        }
    }

    /// Back to the feed; the inspector follows its selection again, if that can be seen.
    fn return_to_feed(&mut self) {
        self.focus = Pane::Feed;
        self.inspector.pin(false);
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
            (Pane::Form, _) => {}
        }
        self.follow_selection();
    }

    fn open_form(&mut self, action: Action) {
        let (Some(spec), Some(target)) = (action.spec(), self.target(action == Action::Reply))
        else {
            return;
        };
        let Some(hello) = self.connection.hello() else { return };
        let draft = self.drafts.take(spec.id, &target);
        let call = self.ids.call();
        let context = catalog::Context { hello, at: self.now, zone: &self.zone };
        let mut form = Form::open(spec, target, context, call, draft);
        if let Some(view) = self.inspector.view() {
            form.known(view, self.now);
        }
        self.turn_to(form);
    }

    /// A form has the keys from now on; they go back to where they were.
    fn turn_to(&mut self, form: Form) {
        self.form = Some(form);
        if self.focus != Pane::Form {
            self.form_from = self.focus;
        }
        self.focus = Pane::Form;
        self.zoom = false;
    }

    /// Back to a form from what was written in it.
    fn reopen(&mut self, draft: Draft) {
        let (Some(hello), Some(spec), None) =
            (self.connection.hello(), catalog::Spec::by_id(&draft.form), &self.form)
        else {
            self.drafts.put(draft);
            self.say("kept as a draft: it is there when the form opens again", Tone::Plain);
            return;
        };
        let call = self.ids.call();
        let context = catalog::Context { hello, at: self.now, zone: &self.zone };
        let form = Form::open(spec, draft.target.clone(), context, call, Some(draft));
        self.turn_to(form);
    }

    fn take_back(&mut self) {
        if let Some(draft) = self.outbox.undo() {
            self.reopen(draft);
        }
    }

    /// Enter on a sent command: asks about the unknown, reopens what was not done.
    fn fix(&mut self) -> Vec<Effect> {
        let Some(row) = self.outbox.selected() else { return Vec::new() };
        let call = row.call.clone();
        match row.state {
            State::Unknown { .. } if self.connection.is_live_only() => {
                let words = "this server cannot be asked: to repeat it might do it twice; \
                             look for what became of it in the feed";
                drop(self.say(words, Tone::Bad));
            }
            State::Unknown { .. } => return self.outbox.check(&call, self.now),
            State::Refused { .. } | State::NotSent { .. } => {
                if let Some(draft) = self.outbox.recall(&call) {
                    self.reopen(draft);
                }
            }
            _ => drop(self.say("nothing to mend here", Tone::Plain)),
        }
        Vec::new()
    }

    pub(super) fn form_closed(&mut self) {
        if self.focus == Pane::Form {
            self.focus = self.form_from;
        }
        if self.focus == Pane::Feed && self.feed.selection_in_view() {
            self.followed = None;
            self.follow_selection();
        }
    }

    /// Forms know their keys by themselves; a key of the agent's own stands for theirs.
    fn form_action(&mut self, action: Action, key: Option<KeyEvent>) -> Vec<Effect> {
        let own = self.own_keys.keys(action).iter().flat_map(Chord::keys);
        let own: Vec<_> = own.map(|key| key.event()).collect();
        let meant = key
            .filter(|key| own.iter().any(|k| (k.code, k.modifiers) == (key.code, key.modifiers)));
        match meant.or_else(|| own.first().copied()) {
            Some(key) if self.form.is_some() => {
                self.focus = Pane::Form;
                self.form_key(key)
            }
            _ => Vec::new(),
        }
    }

    fn focus_on(&mut self, pane: Pane) {
        if pane == Pane::Feed && self.focus != Pane::Feed {
            return self.return_to_feed();
        }
        self.focus = pane;
    }

    fn turn(&mut self, by: isize) {
        let mut panes = vec![Pane::Feed, Pane::Inspector];
        if self.form.is_some() {
            panes.push(Pane::Form);
        }
        panes.push(Pane::Activity);
        let here = panes.iter().position(|p| *p == self.focus).unwrap_or(0);
        let next = (here + panes.len()).wrapping_add_signed(by) % panes.len();
        self.focus_on(panes[next]);
    }

    fn open_picker(&mut self, kind: Kind, query: &str) {
        self.customers.found.clear();
        self.filter = None;
        self.overlay = Some(Overlay::Picker(Picker::open(kind, self.items(kind, query), query)));
    }

    fn pick_by(&mut self, rows: i32) {
        if let Some(Overlay::Picker(picker)) = &mut self.overlay {
            picker.move_by(rows);
        }
    }

    fn pick(&mut self) -> Vec<Effect> {
        let Some(Overlay::Picker(picker)) = &self.overlay else { return Vec::new() };
        match picker.choice() {
            None => Vec::new(),
            Some(Err(reason)) => self.say(reason, Tone::Plain),
            Some(Ok(choice)) => {
                self.overlay = None;
                self.customers.wanted = None;
                match choice {
                    Choice::Open(customer) => self.inspect(customer),
                    Choice::Run(action) => self.attempt(action, None),
                }
            }
        }
    }

    /// Closes what is on top, one layer at a time. Never quits, never drops text.
    fn back(&mut self) {
        if self.overlay.take().is_some() {
            self.customers.wanted = None;
        } else if self.toasts.clear() {
        } else if self.zoom {
            self.zoom = false;
        } else if self.focus != Pane::Feed {
            self.return_to_feed();
        }
    }

    fn toggle_mouse(&mut self) -> Vec<Effect> {
        self.mouse = !self.mouse;
        let words = if self.mouse {
            "mouse on: wheel scrolls, a click selects"
        } else {
            "mouse off: the terminal selects text; F2 turns it on again"
        };
        self.say(words, Tone::Plain);
        vec![Effect::CaptureMouse(self.mouse)]
    }

    /// Ctrl-C cancels what is on top; it or `q` a second time within 1.5 s leaves.
    fn press_to_leave(&mut self, action: Action) -> Vec<Effect> {
        if self.armed.take().is_some_and(|until| until > self.now) {
            return self.leave();
        }
        if action == Action::Quit && self.zoom {
            self.zoom = false;
            return Vec::new();
        }
        if action == Action::Interrupt {
            match self.context() {
                Context::Picker | Context::Leaving => self.back(),
                Context::Filter => self.cancel_filter(),
                _ => {}
            }
        }
        self.armed = Some(self.now.after(TWICE));
        Vec::new()
    }

    fn leave(&mut self) -> Vec<Effect> {
        if self.outbox.held().next().is_none() {
            return self.leave_sending();
        }
        if Class::of(self.size.width, self.size.height) == Class::Card {
            return self.terminate();
        }
        self.overlay = Some(Overlay::Leaving);
        Vec::new()
    }

    /// Sends what is held, waits for the answers, and leaves.
    fn leave_sending(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        while self.outbox.held().next().is_some() {
            let sent = self.outbox.send_now(self.now);
            if sent.is_empty() {
                break;
            }
            effects.extend(sent);
        }
        self.overlay = None;
        self.leaving = Some(self.now.after(LEAVE_WITHIN));
        self.shelve();
        effects
    }
}

//! Forms: which one an action opens, for whom, and with what already in it. Nothing here sends
//! anything, because a form only asks, and is reviewed before its command leaves.

use super::App;
use crate::{
    catalog::{self, Needs, Spec, Target},
    console::{
        actions::{Action, Answerable},
        drafts::FormDraft,
        keymap::Chord,
        layout::Pane,
        msg::Effect,
        pane::{form::Form, outbox::SendState},
    },
    model::{CustomerRef, Tone},
};
use crossterm::event::KeyEvent;

impl App {
    /// Opens the form of a command. `Reply` opens the form of whatever waits for an answer in this
    /// place: a menu, a plan or a message.
    pub(super) fn open_form(&mut self, spec: &'static Spec) {
        let (what, answered) = self.answer();
        let spec = match (spec.needs, what) {
            (Needs::Message, Answerable::Menu) => &catalog::ANSWER_USSD,
            (Needs::Message, Answerable::Plan) => &catalog::ANSWER_CALL,
            _ => spec,
        };
        let (target, occasion) = match spec.needs {
            Needs::Message => (answered, what.occasion()),
            Needs::Ussd if what == Answerable::Menu => (answered, what.occasion()),
            Needs::Call if what == Answerable::Plan => (answered, what.occasion()),
            _ => (self.target_of(spec), ""),
        };
        let Some(target) = target else { return };
        let draft = self.drafts.take(spec.id, &target);
        self.begin(spec, target, draft, occasion);
    }

    /// Whom the form of this declaration would be for now; `None` if what it needs is not selected.
    fn target_of(&self, spec: &Spec) -> Option<Target> {
        match spec.needs {
            Needs::Customer => self.target(false),
            Needs::Message => self.target(true).filter(|target| target.reply_to.is_some()),
            Needs::Ussd => self.waiting_menu(),
            Needs::Call => self.waiting_plan(),
            Needs::Work => self.lists.work().map(Target::of_work),
            Needs::Anyone => Some(self.target(false).unwrap_or_default()),
            Needs::Nothing => Some(Target::default()),
        }
    }

    pub(super) fn begin(
        &mut self,
        spec: &'static Spec,
        target: Target,
        draft: Option<FormDraft>,
        occasion: &'static str,
    ) {
        let Some(hello) = self.connection.hello() else { return };
        let call = self.ids.call();
        let at = self.hub_time();
        let context = catalog::BuildContext { hello, at, zone: &self.zone };
        let seen = self.seen_of(&target);
        let form = Form::open(spec, target, context, call, draft).on(occasion);
        let mut form = form.having_seen(seen);
        if let Some(view) = self.inspector.view() {
            form.learn(view, at);
        }
        // The inspector turns to the customer of the list meanwhile.
        if let Some(customer) = form.target().customer.clone().filter(|_| self.focus == Pane::Lists)
        {
            self.inspector.follow(CustomerRef::Id(customer), self.now);
        }
        self.turn_to(form);
    }

    /// Pauses, resumes or cancels work by tag. There is nothing to fill in, so the review sheet
    /// opens at once.
    pub(super) fn steer(&mut self, action: Action) -> Vec<Effect> {
        let what = match action {
            Action::WorkPause => "pause",
            Action::WorkResume => "resume",
            _ => "cancel",
        };
        let Some(target) = self.target_of(&catalog::WORK) else { return Vec::new() };
        self.review_at_once(&catalog::WORK, target, ("action", what))
    }

    /// Says that what the customer wrote needs no answer: all of it up to the last message that is known
    /// here, so that nothing is passed over that came since. There is nothing to write, so the review
    /// sheet opens at once.
    pub(super) fn need_no_answer(&mut self) -> Vec<Effect> {
        let Some(target) = self.target_of(&catalog::NO_ANSWER) else { return Vec::new() };
        let view = self.inspector.view().map(|view| &view.customer);
        let known = view.filter(|customer| target.customer.as_ref() == Some(&customer.id));
        let quoted = target.reply_to.as_ref().map(|quoted| (quoted.at, quoted.id.clone()));
        let unanswered = known.and_then(|customer| customer.unanswered.as_ref());
        let unanswered = unanswered.map(|unanswered| (unanswered.last_at, unanswered.last.clone()));
        let up_to = quoted.max(unanswered).map(|(_, id)| id.to_string()).unwrap_or_default();
        self.review_at_once(&catalog::NO_ANSWER, target, ("up-to", &up_to))
    }

    /// Opens the review sheet of a command of which only this one field is not in the target.
    fn review_at_once(
        &mut self,
        spec: &'static Spec,
        target: Target,
        (field, value): (&str, &str),
    ) -> Vec<Effect> {
        let draft = FormDraft {
            form: spec.id.to_owned(),
            target: target.clone(),
            values: vec![(field.to_owned(), value.to_owned())],
            saved_at: self.hub_time(),
            seen: None,
        };
        self.begin(spec, target, Some(draft), "");
        let at = self.hub_time();
        let wish = self.form.as_mut().and_then(|form| form.review(at));
        self.wish(wish)
    }

    /// Gives the keys to a form. When it closes, they go back to where they were.
    fn turn_to(&mut self, form: Form) {
        // Whoever decides about a customer sees what is so now (R-CONSOLE-15).
        if form.target().customer.as_ref().is_some_and(|id| self.inspector.is_about(id)) {
            self.inspector.return_to_now();
        }
        self.form = Some(form);
        // The agent has seen these notices, the activity list keeps what they said, and Esc is
        // needed for the form from now on.
        self.toasts.clear();
        if self.focus != Pane::Form {
            self.form_from = self.focus;
        }
        self.focus = Pane::Form;
        self.zoom = false;
    }

    /// Opens a form again with what was written in it. If that is not possible now, it
    /// stays a draft.
    pub(super) fn reopen(&mut self, draft: FormDraft) {
        let (Some(hello), Some(spec), None) =
            (self.connection.hello(), catalog::Spec::by_id(&draft.form), &self.form)
        else {
            self.drafts.put(draft);
            self.say("kept as a draft: it is there when the form opens again", Tone::Plain);
            return;
        };
        let call = self.ids.call();
        let context = catalog::BuildContext { hello, at: self.hub_time(), zone: &self.zone };
        let seen = self.seen_of(&draft.target);
        let form = Form::open(spec, draft.target.clone(), context, call, Some(draft));
        self.turn_to(form.having_seen(seen));
    }

    pub(super) fn take_back(&mut self) {
        if let Some(draft) = self.outbox.undo() {
            self.reopen(draft);
        }
    }

    /// What Enter does on a sent command: it asks the hub about an unknown outcome, and opens the
    /// form of what was not done again.
    pub(super) fn fix(&mut self) -> Vec<Effect> {
        let Some(row) = self.outbox.selected() else { return Vec::new() };
        let call = row.call.clone();
        match row.state {
            SendState::Unknown { .. } if self.connection.is_live_only() => {
                let words = "this server cannot be asked: to repeat it might do it twice; \
                             look for what became of it in the feed";
                drop(self.say(words, Tone::Bad));
            }
            SendState::Unknown { .. } => return self.outbox.check(&call, self.now),
            SendState::Refused { .. } | SendState::NotSent { .. } => {
                if let Some(draft) = self.outbox.recall(&call) {
                    self.reopen(draft);
                }
            }
            _ => drop(self.say("nothing to mend here", Tone::Plain)),
        }
        Vec::new()
    }

    /// Gives the keys back to where they were, and takes up again what was put aside for somebody on the line.
    pub(super) fn form_closed(&mut self, live: bool) -> Vec<Effect> {
        if self.focus == Pane::Form {
            self.focus = self.form_from;
        }
        let effects = if live { self.take_up_again() } else { Vec::new() };
        if self.focus == Pane::Feed && self.feed.selection_in_view() {
            self.followed = None;
            self.follow_selection();
        }
        effects
    }

    /// Hands an action to the open form. Forms know only the default keys, so a key of the agent's
    /// own is replaced by the default one.
    pub(super) fn form_action(&mut self, action: Action, key: Option<KeyEvent>) -> Vec<Effect> {
        // What goes at once goes by its key alone. A row of a list is easily chosen by mistake.
        let live = self.form.as_ref().is_some_and(Form::is_live);
        let chosen = key.is_none() && action == Action::FormReview;
        let action = if live && chosen { Action::FormSheet } else { action };
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
}

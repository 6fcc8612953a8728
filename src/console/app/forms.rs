//! Forms: which one an action opens, for whom, and with what already in it. Nothing here sends
//! anything, because a form only asks, and is reviewed before its command leaves.

use super::{App, send_again::SelectedMessage};
use crate::{
    catalog::{self, Needs, Spec, Target},
    console::{
        actions::{Action, Answerable},
        drafts::{FormDraft, KeptDraft},
        keymap::Chord,
        layout::Pane,
        msg::{Effect, List},
        pane::{form::Form, outbox::SendState},
    },
    model::{CallId, CustomerNumber, Tone},
};
use crossterm::event::KeyEvent;

impl App {
    /// Opens the field that says when the message leaves (R-LATER-1).
    pub(super) fn send_later(&mut self) {
        if let Some(form) = &mut self.form {
            form.ask_when();
        }
    }

    /// Opens the form of a command. `Reply` opens the form of whatever waits for an answer in this
    /// place: a menu, a plan or a message.
    pub(super) fn open_form(&mut self, spec: &'static Spec) {
        let Some((spec, target, occasion)) = self.form_for(spec) else { return };
        let kept = self.drafts.newest_for(spec.id, &target).cloned();
        self.begin(spec, target, kept, occasion);
    }

    /// Opens the form that writes to somebody whom the hub does not know yet. What they are sent makes them a customer.
    pub(super) fn write_first(&mut self, number: CustomerNumber) {
        let target = Target { numbers: vec![number], ..Target::default() };
        let kept = self.drafts.newest_for(catalog::MESSAGE.id, &target).cloned();
        self.begin(&catalog::MESSAGE, target, kept, "");
    }

    /// Which form this declaration opens in this place, for whom, and what is answered by it.
    pub(super) fn form_for(
        &self,
        spec: &'static Spec,
    ) -> Option<(&'static Spec, Target, &'static str)> {
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
        Some((spec, target?, occasion))
    }

    /// Whom the form of this declaration would be for now; `None` if what it needs is not selected.
    fn target_of(&self, spec: &Spec) -> Option<Target> {
        match spec.needs {
            Needs::Customer | Needs::Scheduled | Needs::Unknown => self.target(false),
            Needs::Message => self.target(true).filter(|target| target.reply_to.is_some()),
            Needs::Ussd => self.waiting_menu(),
            Needs::Call => self.waiting_plan(),
            Needs::Work => self.lists.work().map(Target::of_work),
            Needs::Anyone => Some(self.target(false).unwrap_or_default()),
            Needs::Nothing | Needs::Carrier => Some(Target::default()),
        }
    }

    pub(super) fn begin(
        &mut self,
        spec: &'static Spec,
        target: Target,
        kept: Option<KeptDraft>,
        occasion: &'static str,
    ) {
        let Some(hello) = self.connection.hello() else { return };
        // A draft goes on under its key, so that what may have been sent is not sent twice (D-IDEM).
        let call = kept.as_ref().map(|kept| kept.call.clone());
        let call = call.filter(|call| self.drafts.get(call).is_some_and(|kept| !kept.is_out()));
        let call = call.unwrap_or_else(|| self.ids.call());
        let draft = kept.map(|kept| kept.written);
        let at = self.hub_time();
        let purses = self.lists.purses().unwrap_or_default();
        let context = catalog::BuildContext { hello, at, zone: &self.zone, purses };
        let seen = self.seen_of(&target);
        let form = Form::open(spec, target, context, call, draft).on(occasion);
        let mut form = form.having_seen(seen);
        if let Some(view) = self.inspector.view() {
            form.learn(view, at);
        }
        self.turn_to(form);
    }

    /// Tells the form what is in the purses, if that is what was listed.
    pub(super) fn learn_purses(&mut self, list: List) {
        if let (List::Purses, Some(form)) = (list, &mut self.form) {
            form.learn_purses(self.lists.purses().unwrap_or_default());
        }
    }

    /// Pauses, resumes or cancels work by tag, or pauses a network or has it go on. There is nothing to fill in, so
    /// the review sheet opens at once.
    pub(super) fn steer(&mut self, action: Action) -> Vec<Effect> {
        let what = match action {
            Action::WorkPause => "pause",
            Action::WorkResume => "resume",
            _ => "cancel",
        };
        if let Some(carrier) = self.lists.carrier() {
            let values = vec![(what.to_owned(), carrier.id.to_string())];
            return self.review_at_once(&catalog::CARRIERS, Target::default(), values);
        }
        let Some(target) = self.target_of(&catalog::WORK) else { return Vec::new() };
        self.review_at_once(&catalog::WORK, target, vec![("action".into(), what.into())])
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
        self.review_at_once(&catalog::NO_ANSWER, target, vec![("up-to".into(), up_to)])
    }

    /// Opens the review sheet of a command that these values make, because there is nothing to write.
    pub(super) fn review_at_once(
        &mut self,
        spec: &'static Spec,
        target: Target,
        values: Vec<(String, String)>,
    ) -> Vec<Effect> {
        let draft = FormDraft {
            form: spec.id.to_owned(),
            target: target.clone(),
            values,
            saved_at: self.hub_time(),
            ..FormDraft::default()
        };
        self.begin(spec, target, Some(KeptDraft::new(CallId::default(), draft)), "");
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
        self.stand_by_form();
    }

    /// Has the inspector, which is over the form, show the customer of the form: of one that writes to them the
    /// conversation, at the message that is answered (R-CONSOLE-23).
    pub(super) fn stand_by_form(&mut self) {
        let Some(form) = &self.form else { return };
        let target = form.target();
        let Some(customer) = target.customer.clone() else { return };
        self.followed = Some(customer.clone());
        if !self.inspector.is_about(&customer) {
            self.pinned_before = self.inspector.pinned_to().or(self.pinned_before.take());
        }
        let answered = target.reply_to.as_ref().map(|quoted| quoted.id.clone());
        if form.writes() {
            self.inspector.stand_over_form(customer, answered, self.now);
        } else {
            self.inspector.turn_to_form(customer, self.now);
        }
    }

    /// Opens a form again with what was written in it. If that is not possible now, it
    /// stays a draft.
    pub(super) fn reopen(&mut self, kept: KeptDraft) {
        let (Some(_), Some(spec), None) =
            (self.connection.hello(), Spec::by_id(&kept.written.form), &self.form)
        else {
            if self.drafts.get(&kept.call).is_none() {
                self.keep_draft(&kept.call, kept.written);
            }
            self.say("kept as a draft: g d lists it", Tone::Plain);
            return;
        };
        let occasion = self.doubt_about(&kept);
        self.begin(spec, kept.written.target.clone(), Some(kept), occasion);
    }

    pub(super) fn take_back(&mut self) {
        if let Some((call, written)) = self.outbox.undo(self.now) {
            self.settle_drafts();
            self.reopen_written(&call, written);
        }
    }

    /// Opens the form of a command again that was not done. What was written in it may have been changed as
    /// a draft meanwhile.
    fn reopen_written(&mut self, call: &CallId, written: FormDraft) {
        let kept = match self.drafts.get(call) {
            Some(kept) => kept.clone(),
            None => KeptDraft::new(self.ids.call(), written),
        };
        self.reopen(kept);
    }

    /// What Enter does on a sent command: it asks the hub about an unknown outcome, and opens the
    /// form of what was not done again.
    pub(super) fn fix(&mut self) -> Vec<Effect> {
        let Some(row) = self.outbox.selected() else { return Vec::new() };
        let call = row.call.clone();
        let failed = SelectedMessage::of_sent(row);
        match row.state {
            SendState::Accepted(_) if let Some(failed) = failed => return self.write_again(failed),
            SendState::Accepted(ref followed) if followed.work().is_some() => {
                return self.open_people();
            }
            _ if row.is_from_before() => {
                let words =
                    "it was sent before this console started, and is not sent again from here";
                drop(self.say(words, Tone::Plain));
            }
            SendState::Unknown { .. } if self.connection.is_live_only() => {
                let words = "this server cannot be asked: to repeat it might do it twice; \
                             look for what became of it in the feed";
                drop(self.say(words, Tone::Bad));
            }
            SendState::Unknown { .. } => return self.outbox.check(&call, self.now),
            SendState::TakenBack | SendState::Refused { .. } | SendState::NotSent { .. } => {
                let Some((kept, written)) = self.outbox.recall(&call) else {
                    return self.say("it went again since: see its newer row", Tone::Plain);
                };
                if kept != call && self.outbox.has_sent(&kept) {
                    return self.say("it went again since: see its newer row", Tone::Plain);
                }
                if let Some((kept, written)) = self.reopen_refused(&call, kept, written) {
                    self.reopen_written(&kept, written);
                }
            }
            SendState::Held { .. }
            | SendState::Sending
            | SendState::Done
            | SendState::Accepted(_) => drop(self.say("nothing to mend here", Tone::Plain)),
        }
        Vec::new()
    }

    /// Gives the keys back to where they were, and takes up again what was put aside for somebody on the line.
    pub(super) fn form_closed(&mut self, live: bool) -> Vec<Effect> {
        if self.focus == Pane::Form {
            self.focus = self.form_from;
        }
        let pinned = self.pinned_before.clone();
        if live {
            self.take_up_again();
        }
        // The form that was put aside is over its own customer now.
        if self.form.is_some() {
            return Vec::new();
        }
        self.pinned_before = None;
        let effects = pinned.map(|customer| self.inspector.open(customer, self.now));
        let effects = effects.unwrap_or_default();
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
                self.focus_on(Pane::Form);
                self.form_key(key)
            }
            _ => Vec::new(),
        }
    }
}

//! Who waits on the line: the form that answers the most urgent of them from anywhere, and what becomes of
//! what the agent was doing. A form that is open is set aside as a draft and opens again afterwards, and the
//! inspector shows the caller meanwhile.

use super::App;
use crate::{
    catalog::{self, Target},
    console::{
        actions::Answerable,
        drafts::KeptDraft,
        layout::Pane,
        msg::Effect,
        pane::{form::Form, strip::LiveStrip},
    },
    model::{CustomerId, CustomerRef, LivePrompt, SessionId, Tone},
};

/// What is put aside while somebody on the line is answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Aside {
    /// The form that was open.
    form: Option<KeptDraft>,
    /// Whether the inspector was turned to whoever is on the line.
    turned: bool,
}

impl App {
    /// Who waits on the line.
    #[must_use]
    pub const fn strip(&self) -> &LiveStrip {
        &self.strip
    }
    /// Those who wait on the line and are not being answered in the open form, the least time first.
    #[must_use]
    pub fn live(&self) -> Vec<&LivePrompt> {
        let mut all = self.strip.shown(self.now);
        all.retain(|prompt| Some(&prompt.session) != self.answered_session());
        all
    }
    /// The session or call that the open form answers.
    pub(super) fn answered_session(&self) -> Option<&SessionId> {
        let form = self.form.as_ref().filter(|form| form.is_live())?;
        form.target().session.as_ref().map(|session| &session.id)
    }

    /// What waits on the line for a customer, unless their state says that it was answered.
    pub(super) fn live_of(&self, customer: &CustomerId) -> Option<&LivePrompt> {
        let (prompt, seq) = self.strip.of(customer, self.now)?;
        let view = self.inspector.view().filter(|view| view.customer.id == *customer);
        let Some(view) = view.filter(|view| view.as_of >= seq) else { return Some(prompt) };
        let menus = view.customer.ussd.iter().filter(|ussd| ussd.awaits_menu());
        let plans = view.customer.calls.iter().filter(|call| call.awaits_plan());
        let mut open = menus.map(|ussd| &ussd.id).chain(plans.map(|call| &call.id));
        open.any(|session| *session == prompt.session).then_some(prompt)
    }

    /// What the customer in the inspector waits for on the line: a menu comes before a plan.
    pub(super) fn open_talk(&self) -> Option<Answerable> {
        let menu = self.waiting_menu().map(|_| Answerable::Menu);
        menu.or_else(|| self.waiting_plan().map(|_| Answerable::Plan))
    }

    /// Answers whoever on the line has the least time. While that form is open, the next one is meant.
    pub(super) fn answer_most_urgent(&mut self) -> Vec<Effect> {
        let waiting = self.strip.waiting(self.now);
        let open = self.answered_session();
        let next = waiting.iter().find(|prompt| Some(&prompt.session) != open).copied().cloned();
        match next {
            Some(prompt) => self.answer_live(&prompt),
            None if open.is_some() => self.turn_to_form(),
            None => self.say("nobody waits on the line", Tone::Good),
        }
    }

    /// Answers one of those who wait on the line.
    pub(super) fn answer_session(&mut self, session: &SessionId) -> Vec<Effect> {
        let waiting = self.strip.waiting(self.now);
        let prompt = waiting.into_iter().find(|prompt| prompt.session == *session).cloned();
        match prompt {
            Some(_) if self.answered_session() == Some(session) => self.turn_to_form(),
            Some(prompt) => self.answer_live(&prompt),
            None => self.say("nobody waits there any more", Tone::Plain),
        }
    }

    fn turn_to_form(&mut self) -> Vec<Effect> {
        (self.overlay, self.filter) = (None, None);
        self.focus_on(Pane::Form);
        Vec::new()
    }

    fn answer_live(&mut self, prompt: &LivePrompt) -> Vec<Effect> {
        if self.connection.hello().is_none() {
            return self.say("not connected yet", Tone::Plain);
        }
        (self.overlay, self.filter) = (None, None);
        self.set_form_aside();
        let spec =
            if prompt.call.is_none() { &catalog::ANSWER_USSD } else { &catalog::ANSWER_CALL };
        let target = Target::of_prompt(prompt);
        let kept = self.drafts.newest_for(spec.id, &target).cloned();
        if !std::mem::replace(&mut self.aside.turned, true) {
            self.pinned_before = self.inspector.pinned_to();
        }
        self.begin(spec, target, kept, Answerable::Menu.occasion());
        // The inspector shows what this customer has seen so far.
        self.inspector.open(CustomerRef::Id(prompt.customer.clone()), self.now)
    }

    /// Keeps what is written in the open form as a draft. It opens again when nobody on the line is
    /// answered any more; an answer to somebody else on the line stays a draft.
    fn set_form_aside(&mut self) {
        let at = self.hub_time();
        let Some(form) = self.form.take() else { return };
        if self.focus == Pane::Form {
            self.focus = self.form_from;
        }
        let Some(written) = form.draft(at) else { return };
        self.keep_draft(form.call(), written.clone());
        if !form.is_live() {
            self.aside.form = Some(KeptDraft::new(form.call().clone(), written));
        }
    }

    /// Takes up again what was put aside, once the form of somebody on the line is closed.
    pub(super) fn take_up_again(&mut self) {
        let Aside { form, turned } = std::mem::take(&mut self.aside);
        if turned && self.pinned_before.is_none() {
            self.inspector.pin(false);
        }
        let Some(draft) = form else { return };
        let kept = self.drafts.get(&draft.call).cloned();
        self.reopen(kept.unwrap_or(draft));
    }

    /// Shows the selected row of the feed again, if it is out of sight, so that nobody is answered whom the
    /// screen does not show. Returns whether it was.
    pub(super) fn return_to_selection(&mut self) -> bool {
        let away = self.focus == Pane::Feed && self.feed.return_to_selection();
        if away {
            self.follow_selection();
            self.say("this row is selected: the same key again answers it", Tone::Plain);
        }
        away
    }
}

/// Whether a form answers somebody on the line.
pub(super) fn answers_live(form: Option<&Form>) -> bool {
    form.is_some_and(Form::is_live)
}

//! What was done once and is wanted again, or is wanted back: the last form with its values for another customer, and
//! the command that takes an accepted one back. Both only open forms. Nothing goes without its sheet (R-CONSOLE-1).

use super::{App, drafts::is_worth_keeping, send_again::SelectedMessage};
use crate::{
    catalog::{FieldKind, Needs, Spec, Target},
    console::{
        actions::Action,
        drafts::{FormDraft, KeptDraft},
        msg::Effect,
        pane::{
            form::{Ready, inverse::Inverse},
            outbox::SendState,
        },
    },
    model::{CallId, CustomerCommand, CustomerState},
};
use std::{collections::VecDeque, sync::Arc};

/// How many commands are remembered that could be taken back.
const REMEMBERED: usize = 50;

/// What can be done again or taken back.
#[derive(Clone, Debug, Default)]
pub(super) struct Again {
    last: Option<FormDraft>,
    /// The newest last.
    done: VecDeque<DoneCommand>,
    /// The form that takes a command back, and that command, each by its key.
    reversing: Option<(CallId, CallId)>,
    /// The failed message whose form opens once its customer is known.
    pub(super) awaited: Option<SelectedMessage>,
}

/// A command that went, with its customer as they were known before it.
#[derive(Clone, Debug)]
struct DoneCommand {
    call: CallId,
    command: CustomerCommand,
    target: Target,
    before: Arc<CustomerState>,
}

impl Again {
    /// Remembers a command that was decided on. `before` is what was known of its customer then.
    pub(super) fn decided(&mut self, ready: &Ready, before: Option<Arc<CustomerState>>) {
        if let Some((_, taken_back)) = self.reversing.take_if(|(form, _)| *form == ready.call) {
            self.done.retain(|done| done.call != taken_back);
            return;
        }
        if is_worth_keeping(&ready.draft) {
            self.last = Some(ready.draft.clone());
        }
        self.followed(ready, before);
    }
    /// Remembers a command that followed a reply. It is not what is done again, but it can be taken back.
    pub(super) fn followed(&mut self, ready: &Ready, before: Option<Arc<CustomerState>>) {
        let Some(before) = before else { return };
        self.done.push_back(DoneCommand {
            call: ready.call.clone(),
            command: ready.command.clone(),
            target: ready.draft.target.clone(),
            before,
        });
        let over = self.done.len().saturating_sub(REMEMBERED);
        self.done.drain(..over);
    }
    /// Whether a form takes a command back. Nobody has written in it, so that it leaves no draft.
    pub(super) fn is_reversing(&self, form: &CallId) -> bool {
        self.reversing.as_ref().is_some_and(|(own, _)| own == form)
    }
    /// The declaration of the last form.
    pub(super) fn last(&self) -> Option<&'static Spec> {
        Spec::by_id(&self.last.as_ref()?.form)
    }
}

impl App {
    /// What would take this command back now.
    pub(super) fn inverse_of(&self, call: &CallId) -> Option<Inverse> {
        let done = self.again.done.iter().rev().find(|done| done.call == *call)?;
        Inverse::of(&done.command, &done.before, self.hub_time())
    }
    /// The newest command that the hub has accepted and that can be taken back.
    pub(super) fn reversible(&self) -> Option<(CallId, Inverse)> {
        let accepted = |done: &&DoneCommand| {
            match self.outbox.state_of(&done.call) {
                Some(SendState::Done) => true,
                // A reminder that came due, or was cancelled since, is not there to be taken back.
                Some(SendState::Accepted(followed)) => !followed.is_over(),
                Some(
                    SendState::Held { .. }
                    | SendState::TakenBack
                    | SendState::Sending
                    | SendState::Refused { .. }
                    | SendState::Unknown { .. }
                    | SendState::NotSent { .. },
                )
                | None => false,
            }
        };
        let mut done = self.again.done.iter().rev().filter(accepted);
        done.find_map(|done| Some((done.call.clone(), self.inverse_of(&done.call)?)))
    }
    /// How a notice says that an accepted command can be taken back; empty if it cannot.
    pub(super) fn way_back(&self, call: &CallId) -> String {
        match (self.inverse_of(call), self.key_of(Action::Reverse)) {
            (Some(inverse), key) if !key.is_empty() => {
                format!("; {key} takes it back: {}", inverse.words)
            }
            _ => String::new(),
        }
    }

    /// Opens the sheet of the command that takes the newest accepted one back.
    pub(super) fn reverse(&mut self) -> Vec<Effect> {
        let Some((call, inverse)) = self.reversible() else { return Vec::new() };
        let done = self.again.done.iter().rev().find(|done| done.call == call);
        let Some(target) = done.map(|done| done.target.clone()) else { return Vec::new() };
        let effects = self.review_at_once(inverse.spec, target, inverse.values);
        self.again.reversing = self.form.as_ref().map(|form| (form.call().clone(), call));
        effects
    }

    /// Opens the last form again for whoever is selected now, with the same values. Whom it was for is none of them.
    pub(super) fn repeat(&mut self) {
        let (Some(last), Some(spec)) = (self.again.last.clone(), self.again.last()) else { return };
        if spec.needs == Needs::Message && self.return_to_selection() {
            return;
        }
        let Some((spec, target, occasion)) = self.form_for(spec) else { return };
        let other = last.target.customer != target.customer;
        let names = |name: &str| {
            spec.field(name).is_none_or(|field| {
                matches!(field.kind, FieldKind::Number | FieldKind::Party(_) | FieldKind::Customer)
            })
        };
        // Somebody on the line is answered by another form, which has none of these values.
        let same_form = spec.id == last.form;
        let mut values = last.values;
        values.retain(|(name, _)| same_form && !(other && names(name)));
        // A canned reply had the gaps filled for that customer, so it is chosen anew for this one.
        let again = last.reply.filter(|_| same_form && other);
        if again.is_some() {
            values.retain(|(name, _)| {
                !spec.field(name).is_some_and(|field| field.kind.is_multiline())
            });
        }
        let written = FormDraft {
            form: spec.id.to_owned(),
            target: target.clone(),
            values,
            saved_at: self.hub_time(),
            then: if same_form && !other { last.then } else { Vec::new() },
            ..FormDraft::default()
        };
        self.begin(spec, target, Some(KeptDraft::new(CallId::default(), written)), occasion);
        if let Some(reply) = again {
            self.choose_reply(&reply);
        }
    }
}

//! One row of the activity: a command that was decided on, and what is known of it.

use super::followed::Followed;
use crate::{
    console::{
        drafts::FormDraft,
        msg::{Effect, SendQueue},
        pane::form::Ready,
    },
    model::{CallId, CustomerCommand, CustomerId, Receipt, Timestamp, Tone},
};
use std::time::Duration;

/// What is known of a command that was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendState {
    /// It waits and can still be taken back.
    Held {
        /// When it leaves by itself.
        until: Timestamp,
    },
    /// It was taken back before it left, and what was written is a draft.
    TakenBack,
    /// It is on its way to the hub.
    Sending,
    /// The hub has done it, and nothing follows from it.
    Done,
    /// The hub has accepted it. This is what it began, and how that stands by now.
    Accepted(Box<Followed>),
    /// The hub refused it.
    Refused {
        /// What is said about it, in words.
        words: String,
        /// The contract's code; `None` where replies of this kind have none.
        code: Option<i32>,
    },
    /// It may or may not have been done.
    Unknown {
        /// Why the outcome is not known.
        words: String,
        /// Whether the hub is being asked about it at the moment.
        asking: bool,
    },
    /// It was not done.
    NotSent {
        /// Why it was not sent.
        reason: String,
    },
}

/// What makes a command: it can be sent with this, asked about, and opened again.
#[derive(Clone, Debug)]
pub struct SentForm {
    pub command: CustomerCommand,
    /// What was written in the form, so that it can be opened again.
    pub draft: FormDraft,
    /// The key under which that is kept. It is another one than the command's after a refusal.
    pub kept: CallId,
}

/// One command that was decided on.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// The command's idempotency key.
    pub call: CallId,
    /// `None` for what was sent before this console started. Without it nothing can be sent again.
    pub sent: Option<Box<SentForm>>,
    /// The customer whom it is about; `None` if there is none, or it is not known yet who that is.
    pub customer: Option<CustomerId>,
    /// Whom it is for, as the review sheet said; raw.
    pub to: String,
    /// The title of the command's declaration.
    pub title: &'static str,
    /// What the command says, in one line; raw.
    pub summary: String,
    pub state: SendState,
    /// What to do about a refusal or a failure; empty where there is neither.
    pub advice: &'static str,
    /// When the agent confirmed it.
    pub at: Timestamp,
    /// When the state last changed.
    pub changed: Timestamp,
    /// How long the hub took to answer; `None` before it has.
    pub took: Option<Duration>,
}

impl OutboxRow {
    /// The row of a command that was confirmed at this time and is held until then.
    pub(super) fn new(ready: Ready, until: Timestamp, at: Timestamp) -> Self {
        let (command, draft, kept) = (ready.command, ready.draft, ready.call.clone());
        Self {
            call: ready.call,
            customer: draft.target.customer.clone(),
            sent: Some(Box::new(SentForm { command, draft, kept })),
            to: ready.to,
            title: ready.title,
            summary: ready.summary,
            state: SendState::Held { until },
            advice: "",
            at,
            changed: at,
            took: None,
        }
    }
    /// Whether it was sent before this console started.
    #[must_use]
    pub const fn is_from_before(&self) -> bool {
        self.sent.is_none()
    }
    /// What it began and how that stands; `None` if the hub has not accepted it, or nothing follows from it.
    #[must_use]
    pub fn followed(&self) -> Option<&Followed> {
        if let SendState::Accepted(followed) = &self.state { Some(followed) } else { None }
    }
    pub(super) fn followed_mut(&mut self) -> Option<&mut Followed> {
        if let SendState::Accepted(followed) = &mut self.state { Some(followed) } else { None }
    }
    /// Returns whether it was in another state.
    pub(super) fn set(&mut self, state: SendState, at: Timestamp) -> bool {
        let is_new = self.state != state;
        if is_new {
            self.state = state;
            self.changed = at;
        }
        is_new
    }
    /// Takes in what the hub said. It is final, whether the reply or the log brought it. Returns whether
    /// it is news.
    pub(super) fn learn(&mut self, receipt: &Receipt, at: Timestamp) -> bool {
        self.customer = self.customer.take().or_else(|| receipt.customer().cloned());
        if !receipt.is_ok() {
            self.advice = receipt.advice();
            return self
                .set(SendState::Refused { words: refusal(receipt), code: receipt.code() }, at);
        }
        if matches!(self.state, SendState::Accepted(_)) {
            return false;
        }
        self.advice = "";
        let begun = self.sent.as_ref().and_then(|sent| Followed::of(&sent.command, receipt, at));
        let state =
            begun.map_or(SendState::Done, |followed| SendState::Accepted(Box::new(followed)));
        self.set(state, at)
    }
    /// Something of what it began may have changed.
    pub(super) fn heard(&mut self, at: Timestamp) {
        self.changed = at;
        if let SendState::Accepted(followed) = &self.state {
            self.advice = followed.advice();
        }
    }
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, SendState::Sending | SendState::Unknown { .. })
    }
    pub(super) fn queue(&self) -> SendQueue {
        let Some(sent) = &self.sent else { return SendQueue::Org };
        match (&sent.command, &sent.draft.target.customer) {
            (CustomerCommand::AnswerPrompt { session, .. }, _) => {
                SendQueue::Session(session.clone())
            }
            (_, Some(customer)) => SendQueue::Customer(customer.clone()),
            (_, None) => SendQueue::Org,
        }
    }
    fn send(&self) -> Option<Effect> {
        let command = self.sent.as_ref()?.command.clone();
        Some(Effect::Send { call: self.call.clone(), command, queue: self.queue() })
    }
    /// Whether those behind it in its queue wait for it.
    pub(super) fn holds_up(&self) -> bool {
        matches!(self.state, SendState::Sending | SendState::Unknown { asking: true, .. })
            && self.sent.as_ref().is_some_and(|sent| SendQueue::waits_for(&sent.command))
    }
    pub(super) fn start(&mut self, at: Timestamp) -> Option<Effect> {
        let effect = self.send()?;
        self.set(SendState::Sending, at);
        Some(effect)
    }
    /// The same call once more, if its outcome is unknown and the hub is not being asked about it.
    pub(super) fn ask(&mut self, at: Timestamp) -> Option<Effect> {
        let SendState::Unknown { words, asking: false } = &self.state else { return None };
        let words = words.clone();
        let effect = self.send()?;
        self.set(SendState::Unknown { words, asking: true }, at);
        Some(effect)
    }
    /// Whether it was not done, or failed, so that its form can be opened again.
    #[must_use]
    pub fn is_undone(&self) -> bool {
        match &self.state {
            SendState::TakenBack | SendState::NotSent { .. } | SendState::Refused { .. } => true,
            SendState::Accepted(followed) => followed.tone() == Tone::Bad,
            SendState::Held { .. }
            | SendState::Sending
            | SendState::Done
            | SendState::Unknown { .. } => false,
        }
    }
}

/// Says a refusal in words: those of its code, and the hub's own where they say more.
pub(super) fn refusal(receipt: &Receipt) -> String {
    let (code, said) = (receipt.code_words(), receipt.description().trim_end_matches('.'));
    let (short, long) = (code.to_lowercase(), said.to_lowercase());
    match () {
        () if short.is_empty() || long.contains(&short) => said.to_owned(),
        () if long.is_empty() || short.contains(&long) => code.to_owned(),
        () => format!("{code}: {said}"),
    }
}

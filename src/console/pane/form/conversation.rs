//! What is said to the customer and by them while a form is open. If they write, the form says so and nothing is
//! stopped. If a colleague answers them, the message that is being written here may be wrong by now, so that
//! sending it takes a typed word (R-CONFLICT-3).
//!
//! What counts as seen is what was there when the agent began to write: whatever arrives while somebody is typing
//! is easily overlooked, although it is on the screen. Only the word on the sheet says that it was read.

use super::{Form, audience::changes_audience, sheet::Sheet};
use crate::{
    catalog::{BuildContext, Target},
    model::{
        Actor, CustomerView, Direction, Entry, Event, EventKind, LastAnswer, Receipt, Seq,
        Timestamp,
    },
};

/// The customer's newest message: when it was recorded, and what it says in one line.
type NewestWriting = (Timestamp, String);

/// Whether an event is about the customer of a target, under their id or one of their numbers.
#[must_use]
pub fn is_about(target: &Target, event: &Event) -> bool {
    let by_id = target.customer.is_some() && target.customer == event.customer;
    by_id || event.number.as_ref().is_some_and(|number| target.numbers.contains(number))
}

impl Form {
    /// Says how far the agent has seen what was said to the customer. A draft from before has seen less than
    /// whoever opens it again, and that counts. `None` where places mean nothing.
    #[must_use]
    pub fn having_seen(mut self, place: Option<Seq>) -> Self {
        let place = place.filter(|_| self.spec.says_seen());
        self.seen = match (self.seen, place) {
            (Some(draft), Some(now)) => Some(draft.min(now)),
            (_, now) => now,
        };
        self
    }
    /// What a colleague answered since the agent began to write; the newest if there are several.
    #[must_use]
    pub const fn conflict(&self) -> Option<&LastAnswer> {
        self.conflict.as_ref()
    }
    /// Whether an event is about the customer to whom the form writes.
    #[must_use]
    pub fn concerns(&self, event: &Event) -> bool {
        is_about(&self.target, event)
    }
    /// Whether an answer was written with the key of this console, at another place.
    #[must_use]
    pub fn is_own_key(&self, answer: &LastAnswer) -> bool {
        answer.by == self.me()
    }
    fn me(&self) -> Actor {
        Actor::Key(self.hello.caller.clone())
    }
    /// The text of what the customer wrote after the form opened, in one line; empty if they wrote nothing.
    #[must_use]
    pub fn newer(&self) -> &str {
        &self.newer
    }

    /// Takes in an entry of the log. What is said to this customer or by them meanwhile is shown as
    /// a banner, and nothing else changes. Returns whether the entry is about this customer, or can change who gets
    /// what is on the sheet for everyone with a tag.
    pub fn entry(&mut self, entry: &Entry, at: Timestamp) -> bool {
        let touched = |event: &&Event| is_about(&self.target, event);
        let events: Vec<_> = entry.events.iter().filter(touched).collect();
        let (mut wrote, mut answered) = (None, None);
        for event in events.iter().filter(|event| event.at > self.opened) {
            match &event.kind {
                EventKind::MessageReceived { body, .. } => {
                    wrote = Some((entry.at, body.summary()));
                }
                EventKind::MessageSent { .. } => answered = Some(entry.at),
                _ => {}
            }
        }
        let changes = |sheet: &Sheet| {
            entry.events.iter().any(|event| changes_audience(&sheet.command, event))
        };
        let concerns = !events.is_empty() || self.sheet().is_some_and(changes);
        if let Some(sheet) = self.sheet.as_mut().filter(|_| concerns) {
            sheet.dry_run.overtake();
        }
        self.note_conversation(wrote, answered, at);
        if let Some(session) = self.target.session.as_ref().filter(|_| self.is_live()) {
            self.over |= entry.events.iter().any(|event| super::ends(&event.kind, &session.id));
        }
        concerns
    }
    /// Takes in what is known of the customer, for the banners and for the guess that stands in
    /// where no hub answers. Anybody else's state is ignored.
    pub fn learn(&mut self, view: &CustomerView, at: Timestamp) {
        let ours = self.target.customer.as_ref();
        let same =
            ours == Some(&view.customer.id) || (ours.is_some() && ours == view.replaces.as_ref());
        let newer = self.known.as_ref().is_none_or(|(old, _)| old.as_of <= view.as_of);
        if !(same && newer) {
            return;
        }
        let newest = |direction| {
            let said = view.customer.messages.iter().filter(|m| m.direction == direction);
            said.max_by_key(|m| m.created_at).filter(|m| m.created_at > self.opened)
        };
        let wrote = newest(Direction::Inbound).map(|m| (m.created_at, m.body.summary()));
        let answered = newest(Direction::Outbound).map(|m| m.created_at);
        let seen = self.seen.filter(|_| self.spec.is_message());
        let conflict = seen.and_then(|seen| view.customer.answered_since(seen, &self.me()));
        let conflict = conflict.cloned();
        let is_first = self.known.is_none();
        (self.known, self.now) = (Some((view.clone(), at)), at);
        let (hello, zone, purses) = (&self.hello, &self.zone, &self.purses);
        let cx = BuildContext { hello, at, zone, purses };
        if let Some(sheet) = &mut self.sheet {
            sheet.knows(&view.customer, &cx);
        }
        // A list has only the beginning of what is answered (R-WAIT-3). Whom it is for stays (R-CONSOLE-2).
        let on_sheet = self.sheet.as_mut().and_then(|sheet| sheet.quoted.as_mut());
        for quoted in self.target.reply_to.iter_mut().chain(on_sheet) {
            quoted.complete(&view.customer);
        }
        self.refresh();
        // What is written is for the way that was there to be seen.
        if is_first && self.draft(at).is_none() && !self.is_review() {
            self.choose_way();
            self.refresh();
            self.choose_body();
            self.refresh();
        }
        self.note_conversation(wrote, answered, at);
        if let Some(conflict) = conflict {
            self.overtaken(conflict, at);
        }
        self.guess(at);
    }
    /// The customer wrote again or was written to. If they wrote, whoever is reviewing has to look
    /// up first, so the keys of the sheet wait again.
    fn note_conversation(
        &mut self,
        wrote: Option<NewestWriting>,
        answered: Option<Timestamp>,
        at: Timestamp,
    ) {
        self.answered = self.answered.max(answered);
        let Some((wrote, text)) = wrote.filter(|(wrote, _)| Some(*wrote) > self.wrote_again) else {
            return;
        };
        (self.wrote_again, self.newer) = (Some(wrote), text);
        if let Some(sheet) = &mut self.sheet {
            sheet.disarm(at);
            self.arms_at = Some(sheet.armed_at());
        }
    }
    /// A colleague answered the customer. If that was after what the agent has seen, sending takes a
    /// word from now on, and whoever is reviewing has to look up first.
    pub fn overtaken(&mut self, answer: LastAnswer, at: Timestamp) {
        let unseen = self.seen.is_some_and(|seen| answer.seq > seen);
        let is_news = self.conflict.as_ref().is_none_or(|known| answer.seq > known.seq);
        if !(unseen && is_news) {
            return;
        }
        if let Some(sheet) = &mut self.sheet {
            sheet.overtaken(&answer, at);
            self.arms_at = Some(sheet.armed_at());
        }
        self.conflict = Some(answer);
    }
    /// Takes in what the hub says that a colleague answered, if that is why it would refuse the command.
    pub(super) fn learn_conflict(&mut self, at: Timestamp) {
        let outlook = self.sheet.as_ref().and_then(|sheet| sheet.dry_run.outlook());
        let Some(Receipt::Message(receipt)) = outlook.and_then(|outlook| outlook.receipt.as_ref())
        else {
            return;
        };
        if let Some(answer) = receipt.conflict.as_deref().cloned() {
            self.overtaken(answer, at);
        }
    }
}

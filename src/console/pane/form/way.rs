//! The way that a message takes: from which of the org's numbers to which of the customer's, whether it may be taken
//! now, and for how long (R-WAY-1, R-WAY-2).
//!
//! What is known of the customer decides it here as it does at the hub, so that nobody writes a text that will be
//! refused. The hub has the last word all the same.

use super::Form;
use crate::{
    catalog::{ChannelUse, FieldKind, choice},
    model::{ChannelNumber, ConsentStatus, CustomerNumber, Direction, Timestamp},
};
use std::time::Duration;

/// How often the time that is left is shown anew.
const COUNT: Duration = Duration::from_secs(30);
const MESSAGES: FieldKind = FieldKind::Channel(ChannelUse::Messages);

/// Until when a text may be sent on a channel that needs a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendWindow {
    /// Until the customer's session ends.
    Open(Timestamp),
    /// Only an approved template goes.
    Closed,
}

impl Form {
    /// The numbers that the message would go between; `None` if the form sends none, or they are not chosen.
    #[must_use]
    pub fn way(&self) -> Option<(CustomerNumber, ChannelNumber)> {
        if !self.spec.is_message() {
            return None;
        }
        let field = |kind| self.fields.iter().find(|field| field.spec.kind == kind);
        match (field(FieldKind::Number), field(MESSAGES)) {
            (Some(_), Some(from)) => {
                let needed = ChannelUse::Messages;
                let from = choice::parse_channel(&from.value(), &self.hello, needed).ok()?;
                Some((self.chosen_number()?, from))
            }
            _ => self.target.reply_to.as_ref().map(|q| (q.number.clone(), q.channel.clone())),
        }
    }
    /// How long a text may still be sent on the way that is chosen; `None` if the channel needs no session, or
    /// nothing is known of the customer yet.
    #[must_use]
    pub fn window(&self) -> Option<SendWindow> {
        let (number, channel) = self.way()?;
        self.window_of(&number, &channel)
    }
    fn window_of(&self, number: &CustomerNumber, channel: &ChannelNumber) -> Option<SendWindow> {
        let (view, _) = self.known.as_ref().filter(|_| channel.channel.needs_session())?;
        let Some(state) = view.customer.channel(number, channel) else {
            // Whoever wrote there and has no record is a customer of a server that does not say.
            let quoted = self.target.reply_to.iter().map(|q| (&q.number, &q.channel));
            let messages = view.customer.messages.iter();
            let said = messages.filter(|message| message.direction == Direction::Inbound);
            let said = said.map(|message| (&message.number, &message.channel));
            let wrote = quoted.chain(said).any(|pair| pair == (number, channel));
            return (!wrote).then_some(SendWindow::Closed);
        };
        let ends = state.session.as_ref().map(|open| open.expires_at);
        Some(match ends.filter(|ends| *ends > self.now) {
            Some(ends) => SendWindow::Open(ends),
            None => SendWindow::Closed,
        })
    }
    /// Why a text cannot go on a way; `None` if it can, as far as is known.
    pub(super) fn barred(
        &self,
        number: &CustomerNumber,
        channel: &ChannelNumber,
    ) -> Option<&'static str> {
        let (view, _) = self.known.as_ref()?;
        let consent = view.customer.channel(number, channel).and_then(|state| state.consent);
        if matches!(consent, Some((ConsentStatus::OptOutCompleted, _))) {
            return Some("they have opted out of this one");
        }
        let is_closed = self.window_of(number, channel) == Some(SendWindow::Closed);
        let body = self.fields.iter().find(|field| field.spec.name == "body");
        let is_template = body.is_some_and(|body| body.value() == "template");
        (is_closed && !is_template).then_some("its window is closed: only a template")
    }
    /// Chooses the way that the customer used last and whose window is still open, as long as nobody has chosen another.
    /// Whoever has opted out of that one is not written to on another by default: it stays, and says why not.
    pub(super) fn choose_way(&mut self) {
        let names = |kind| self.fields.iter().position(|field| field.spec.kind == kind);
        let (Some(to), Some(from)) = (names(FieldKind::Number), names(MESSAGES)) else { return };
        let Some((view, _)) = &self.known else { return };
        let mut said: Vec<_> = view.customer.messages.iter().collect();
        said.sort_by_key(|message| std::cmp::Reverse(message.created_at));
        let inbound = said.into_iter().filter(|m| m.direction == Direction::Inbound);
        let ours = |channel: &ChannelNumber| {
            self.hello.channels.iter().any(|bound| bound.channel == *channel)
        };
        let theirs = |number: &CustomerNumber| self.target.numbers.contains(number);
        let way = inbound
            .map(|message| (&message.number, &message.channel))
            .filter(|(number, channel)| ours(channel) && theirs(number))
            .find(|(number, channel)| self.window_of(number, channel) != Some(SendWindow::Closed));
        let way = way.map(|(number, channel)| (choice::number_text(number), channel.to_string()));
        if let Some((number, channel)) = way {
            self.fields[to].begin_with(&number);
            self.refresh();
            self.fields[from].begin_with(&channel);
        }
    }
    /// Has the body begin with a template where only that goes, and with a text where one does.
    pub(super) fn choose_body(&mut self) {
        let is_written =
            self.fields.iter().any(|f| f.spec.kind == FieldKind::Text && !f.value().is_empty());
        let Some(body) = self.fields.iter().position(|field| field.spec.name == "body") else {
            return;
        };
        if is_written {
            return;
        }
        let first = match self.window() {
            Some(SendWindow::Closed) => "template",
            Some(SendWindow::Open(_)) | None => self.fields[body].spec.initial(),
        };
        self.fields[body].begin_with(first);
    }
    /// When the time that is left has to be shown anew.
    pub(super) fn window_wake(&self) -> Option<Timestamp> {
        match self.window()? {
            SendWindow::Open(ends) => Some(ends.min(self.now.after(COUNT))),
            SendWindow::Closed => None,
        }
    }
}

#[cfg(test)]
mod tests;

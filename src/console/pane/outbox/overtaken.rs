//! What is held does not go once a colleague has answered its customer (R-CONFLICT-3).

use super::{Outbox, SendState};
use crate::{
    console::pane::form::conversation::is_about,
    model::{CallId, Event, LastAnswer, Timestamp},
};

impl Outbox {
    /// Whether a command of this console went under this key.
    #[must_use]
    pub fn has_sent(&self, call: &CallId) -> bool {
        self.rows.iter().any(|row| row.call == *call)
    }
    /// A colleague answered a customer: what is held for that customer does not go, unless its sender has seen
    /// the answer (R-CONFLICT-3). Returns the keys of what was stopped.
    pub fn overtaken(&mut self, event: &Event, answer: &LastAnswer, at: Timestamp) -> Vec<CallId> {
        let mut stopped = Vec::new();
        for row in &mut self.rows {
            let unseen = row.command.seen().is_some_and(|seen| answer.seq > seen);
            let held = matches!(row.state, SendState::Held { .. });
            if held && unseen && is_about(&row.draft.target, event) {
                let reason = format!("{} answered meanwhile: {}", answer.who(), answer.text);
                row.advice = "Read it; Enter opens yours again.";
                row.set(SendState::NotSent { reason }, at);
                stopped.push(row.call.clone());
            }
        }
        self.plan(at);
        stopped
    }
}

//! What is held when a colleague answers its customer.

use super::{super::form::conversation::is_about, Outbox, SendState};
use crate::model::{CallId, Event, LastAnswer, Timestamp, line_break::one_line};

impl Outbox {
    /// A colleague answered a customer: what is held for that customer does not go, unless its sender has seen
    /// the answer (R-CONFLICT-3). Returns the keys of what was stopped.
    pub fn overtaken(&mut self, event: &Event, answer: &LastAnswer, at: Timestamp) -> Vec<CallId> {
        let mut stopped = Vec::new();
        for row in &mut self.rows {
            let Some(sent) = &row.sent else { continue };
            let unseen = sent.command.seen().is_some_and(|seen| answer.seq > seen);
            let held = matches!(row.state, SendState::Held { .. });
            if held && unseen && is_about(&sent.draft.target, event) {
                let reason =
                    format!("{} answered meanwhile: {}", answer.who(), one_line(&answer.text));
                row.advice = "Read it; Enter opens yours again.";
                row.set(SendState::NotSent { reason }, at);
                stopped.push(row.call.clone());
            }
        }
        self.plan(at);
        stopped
    }
}

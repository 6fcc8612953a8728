//! Two agents who answer the same customer at once (R-CONFLICT-3): how much of the conversation an agent has seen
//! when a form opens, and what becomes of a form and of what is held when a colleague answers meanwhile. Whether
//! a message goes is the hub's to decide; here it is only stopped earlier.

use super::App;
use crate::{
    catalog::Target,
    console::pane::form::Form,
    model::{Entry, Seq, StoredCall},
};

impl App {
    /// How much of what was said to a customer the agent has seen by now: what the inspector shows of them,
    /// or else what the feed has brought. `None` where the places of a feed are not those of a log.
    pub(super) fn seen_of(&self, target: &Target) -> Option<Seq> {
        if self.connection.is_live_only() {
            return None;
        }
        let view = self.inspector.view();
        let shown = view.filter(|view| target.customer.as_ref() == Some(&view.customer.id));
        Some(shown.map_or(self.connection.place(), |view| view.as_of))
    }

    /// A colleague answered somebody: the open form learns of it, and what is held for that customer does
    /// not go. An answer of this console is none of a colleague.
    pub(super) fn note_answers(&mut self, entry: &Entry) -> bool {
        let own = |call: &StoredCall| {
            self.outbox.has_sent(&call.id) || self.drafts.get(&call.id).is_some()
        };
        if entry.call.as_ref().is_some_and(own) {
            return false;
        }
        let (at, hub, mut news) = (self.now, self.hub_time(), false);
        for event in &entry.events {
            // What was put off here leaves without a key of this console.
            let answer = event.answered(entry.seq);
            let Some(answer) = answer.filter(|answer| !self.outbox.follows(&answer.message)) else {
                continue;
            };
            let writes = |form: &&mut Form| form.spec().is_message() && form.concerns(event);
            if let Some(form) = self.form.as_mut().filter(writes) {
                form.overtaken(answer.clone(), hub);
                news = true;
            }
            for call in self.outbox.overtaken(event, &answer, at) {
                self.tell_outcome(&call);
                news = true;
            }
        }
        news
    }
}

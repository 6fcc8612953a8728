//! What this agent did before the console started: it is asked once the hub has said who the agent is, and stands in
//! the activity in front of what was sent since (R-CONSOLE-28).

use super::App;
use crate::{
    console::msg::{EarlierEntries, Effect, List},
    model::{ClientError, Entry},
};
use std::sync::Arc;

impl App {
    /// Asks what this agent did before, or what became of it, if nobody knows yet.
    pub(super) fn ask_earlier(&mut self) -> Option<Effect> {
        if let Some(asked) = self.outbox.ask_course() {
            return Some(Effect::EarlierCourse(asked));
        }
        let now = self.hub_time();
        let hello = self.connection.hello()?;
        self.outbox.ask_earlier(hello, now).map(Effect::Earlier)
    }

    /// Takes in what this agent did before, and asks what became of it. A draft that an earlier run may have sent
    /// learns from it too.
    pub(super) fn recall_earlier(
        &mut self,
        result: Result<EarlierEntries, ClientError>,
    ) -> Vec<Effect> {
        for entry in result.iter().flat_map(|found| &found.entries) {
            self.learn_of_draft(entry);
        }
        let since = self.outbox.recall_earlier(result, self.connection.skew());
        let works = self.outbox.follows_works().then_some(Effect::List(List::Works));
        let course = (!since.is_empty()).then_some(Effect::EarlierCourse(since));
        works.into_iter().chain(course).collect()
    }

    pub(super) fn hear_past(
        &mut self,
        result: Result<Vec<Arc<Entry>>, ClientError>,
    ) -> Vec<Effect> {
        self.outbox.hear_past(result, self.connection.skew());
        Vec::new()
    }
}

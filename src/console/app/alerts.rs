//! What the agent is called for (R-CONSOLE-16): it is looked at after every message, because the line changes
//! with time too.

use super::App;
use crate::console::{alert::WindowTitle, msg::Effect};

impl App {
    /// Calls the agent, and has the title of the window say how many wait, if either is due. A replay calls
    /// nobody, because nobody in it waits.
    pub(super) fn call_agent(&mut self) -> Vec<Effect> {
        let at = self.now;
        if self.connection.replay().is_some() {
            return Vec::new();
        }
        let waiting = self.connection.waiting();
        let answered = self.answered_session().cloned();
        let shown = self.strip.shown(at);
        let title = WindowTitle { live: shown.len(), waiting: waiting.unwrap_or_default() };
        let line = shown.into_iter().map(|prompt| {
            (&prompt.session, prompt.asked_at, Some(&prompt.session) == answered.as_ref())
        });
        self.alerts.line(line);
        self.alerts.waiting(waiting);
        let alert = self.alerts.call(at).map(Effect::Alert);
        let title = self.alerts.title(title, at).map(Effect::Title);
        alert.into_iter().chain(title).collect()
    }
}

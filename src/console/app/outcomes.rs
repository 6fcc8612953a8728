//! Notices of what became of a command (R-CONSOLE-27): that the hub has accepted or refused it, and that what it began
//! has failed since. The activity has all of it; a notice only says what must not wait until somebody looks there.

use super::App;
use crate::{
    catalog::Spec,
    console::pane::outbox::{Followed, OutboxRow, RowNews, SendState},
    model::{CallId, Tone},
};

/// What is said of a command that may have been done. What becomes known of it takes its place.
const UNKNOWN: &str = "outcome unknown, it may have been done; see activity (4)";

impl App {
    /// Shows a notice of what became of a command. A refusal or an unknown outcome must not wait in
    /// the activity list until somebody looks there.
    pub(super) fn tell_outcome(&mut self, call: &CallId) {
        let Some(row) = self.outbox.rows().rev().find(|row| row.call == *call) else { return };
        let Some((text, tone)) = self.outcome(row) else { return };
        self.toasts.say_of(call, text, tone, self.now);
    }

    /// Shows a notice if what a command began has failed, or is said to have succeeded after all. Other news only
    /// replaces a notice about it that is still shown, which would not be true any more.
    pub(super) fn tell_course(&mut self, news: &RowNews) {
        let RowNews { call, is_alarm } = news;
        if !is_alarm && !self.toasts.tells_of(call) {
            return;
        }
        self.tell_outcome(call);
    }

    /// What is said of a command in a notice; `None` while there is nothing to say.
    fn outcome(&self, row: &OutboxRow) -> Option<(String, Tone)> {
        // What reaches a customer goes to somebody; what only changes the record is for somebody.
        let spec = row.sent.as_ref().and_then(|sent| Spec::by_id(&sent.draft.form));
        let reaches = spec.is_none_or(|spec| spec.hold);
        let what = format!("{} {} {}", row.title, if reaches { "to" } else { "for" }, row.to);
        Some(match &row.state {
            SendState::Refused { words, code: Some(code) } => {
                (format!("{what} refused: {code} {words}. {}", row.advice), Tone::Bad)
            }
            SendState::Refused { words, code: None } => {
                (format!("{what} refused: {words}. {}", row.advice), Tone::Bad)
            }
            SendState::Unknown { .. } => (format!("{what}: {UNKNOWN}"), Tone::Bad),
            SendState::NotSent { reason } => (format!("{what} not sent: {reason}"), Tone::Bad),
            SendState::Done => (format!("{what}: done{}", self.way_back(&row.call)), Tone::Good),
            SendState::Accepted(followed) => {
                (format!("{what}: {}", self.course_in_words(row, followed)), followed.tone())
            }
            SendState::Held { .. } | SendState::TakenBack | SendState::Sending => return None,
        })
    }

    /// What is accepted is not done, so it is said which of the two it is.
    fn course_in_words(&self, row: &OutboxRow, followed: &Followed) -> String {
        let words = followed.words();
        match followed.tone() {
            Tone::Pending => format!("accepted, {words}{}", self.way_back(&row.call)),
            Tone::Bad => format!("{words}. {}", row.advice),
            Tone::Good | Tone::Plain => words,
        }
    }
}

//! A text of the form goes to an editor, which has the terminal alone until it ends (R-CONSOLE-25).

use super::App;
use crate::{
    console::{
        msg::{EditedText, Effect, Msg},
        pane::form::Form,
    },
    model::{CallId, Tone},
};
use std::time::Duration;

/// How long after the end of an editor a signal was still meant for it. Both come from one press of Ctrl-C.
const ECHO: Duration = Duration::from_secs(1);

impl App {
    /// Whether a message is for the editor that has the terminal, or had it until now.
    pub(super) fn is_editors(&self, msg: &Msg) -> bool {
        let is_pressed = matches!(
            msg,
            Msg::Key(_)
                | Msg::Paste(_)
                | Msg::Mouse(_)
                | Msg::Click(_)
                | Msg::Interrupted
                | Msg::Resumed
        );
        let is_echo = |end| matches!(msg, Msg::Interrupted) && self.now.since(end) < ECHO;
        self.editing && is_pressed || self.edited.is_some_and(is_echo)
    }

    /// Lends the terminal to an editor for the text of the form (R-CONSOLE-25). What is written so far is kept
    /// first, and nothing that is held leaves while nobody can see it.
    pub(super) fn write_elsewhere(&mut self) -> Vec<Effect> {
        match self.form.as_ref().map(Form::to_edit) {
            Some(Ok(order)) => {
                self.keep_form();
                self.editing = true;
                vec![Effect::Edit(order)]
            }
            Some(Err(why)) => self.say(why, Tone::Plain),
            None => Vec::new(),
        }
    }

    /// Takes in what was written in an editor.
    pub(super) fn edited(
        &mut self,
        call: &CallId,
        field: &str,
        result: Result<EditedText, String>,
    ) -> Vec<Effect> {
        (self.editing, self.edited) = (false, Some(self.now));
        let at = self.hub_time();
        match (result, self.form.as_mut().filter(|form| form.call() == call)) {
            (Err(why), _) => self.say(why, Tone::Bad),
            (Ok(edited), Some(form)) => {
                form.edited(field, &edited.text, at);
                self.keep_form();
                match edited.whole {
                    Some(path) => {
                        let words =
                            format!("not all of it fits; it is whole in {}", path.display());
                        self.say(words, Tone::Bad)
                    }
                    None => Vec::new(),
                }
            }
            (Ok(_), None) => {
                self.say("the form of this text is closed: it is as before", Tone::Bad)
            }
        }
    }
}

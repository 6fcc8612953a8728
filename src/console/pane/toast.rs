//! Short notices at the bottom right. There are at most three, and one that is repeated is counted.
//! Good news goes away by itself; bad news stays until Esc. A notice is never the only place where
//! something is said.

use crate::model::{CallId, Timestamp, Tone};
use std::time::Duration;

const SHOWN: usize = 3;
const LASTS: Duration = Duration::from_secs(4);

/// One notice. Its text is raw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    pub text: String,
    /// How an agent should feel about it.
    pub tone: Tone,
    /// How often it was said.
    pub times: u32,
    /// The commands of which it tells, so that it is replaced when something else becomes of them.
    of: Vec<CallId>,
    until: Option<Timestamp>,
}

/// The notices that are shown.
#[derive(Clone, Debug, Default)]
pub struct Toasts {
    shown: Vec<Toast>,
}

impl Toasts {
    /// Shows a notice. Bad news stays, everything else lasts four seconds.
    pub fn say(&mut self, text: impl Into<String>, tone: Tone, at: Timestamp) {
        self.show(text.into(), tone, Vec::new(), at);
    }

    /// Shows what became of a command. What was said of it before is true no longer and goes (R-CONSOLE-27).
    pub fn say_of(&mut self, call: &CallId, text: String, tone: Tone, at: Timestamp) {
        for toast in &mut self.shown {
            let told = toast.of.len();
            toast.of.retain(|of| of != call);
            let gone = u32::try_from(told - toast.of.len()).unwrap_or(0);
            toast.times = toast.times.saturating_sub(gone);
        }
        self.shown.retain(|toast| toast.times > 0);
        self.show(text, tone, vec![call.clone()], at);
    }

    /// Whether a notice tells of this command.
    #[must_use]
    pub fn tells_of(&self, call: &CallId) -> bool {
        self.shown.iter().any(|toast| toast.of.contains(call))
    }

    fn show(&mut self, text: String, tone: Tone, of: Vec<CallId>, at: Timestamp) {
        let until = (tone != Tone::Bad).then(|| at.after(LASTS));
        if let Some(same) = self.shown.iter_mut().find(|t| t.text == text && t.tone == tone) {
            same.times = same.times.saturating_add(1);
            same.until = until;
            same.of.extend(of);
            return;
        }
        if self.shown.len() == SHOWN {
            // The oldest notice that is not bad news makes room first.
            let goes = self.shown.iter().position(|t| t.until.is_some()).unwrap_or(0);
            self.shown.remove(goes);
        }
        self.shown.push(Toast { text, tone, times: 1, of, until });
    }

    /// Takes away what has been shown long enough. Returns whether anything went.
    pub fn wake(&mut self, at: Timestamp) -> bool {
        let before = self.shown.len();
        self.shown.retain(|t| t.until.is_none_or(|until| until > at));
        self.shown.len() != before
    }

    /// Takes away the notices that end with these words, because they are true no longer. Returns
    /// whether anything went.
    pub fn retract(&mut self, ending: &str) -> bool {
        let before = self.shown.len();
        self.shown.retain(|t| !t.text.ends_with(ending));
        self.shown.len() != before
    }

    /// Takes all notices away. Returns whether there were any.
    pub fn clear(&mut self) -> bool {
        !std::mem::take(&mut self.shown).is_empty()
    }

    /// When the next notice goes away by itself; `None` if none does.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.shown.iter().filter_map(|t| t.until).min()
    }

    /// The notices, the oldest first.
    #[must_use]
    pub fn shown(&self) -> &[Toast] {
        &self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_counted_good_news_goes_bad_news_stays() {
        let mut toasts = Toasts::default();
        let now = Timestamp::from_secs(100);
        toasts.say("failed", Tone::Bad, now);
        for _ in 0..12 {
            toasts.say("sent", Tone::Good, now);
        }
        assert_eq!(toasts.shown()[1].times, 12);
        assert_eq!(toasts.next_wake(), Some(now.after(LASTS)));
        assert!(toasts.wake(now.after(LASTS)));
        assert_eq!(toasts.shown().len(), 1);
        assert!(toasts.clear() && !toasts.clear());
    }

    #[test]
    fn never_more_than_three_and_bad_news_is_kept() {
        let mut toasts = Toasts::default();
        toasts.say("broken", Tone::Bad, Timestamp::ZERO);
        for n in 0..9 {
            toasts.say(n.to_string(), Tone::Plain, Timestamp::ZERO);
        }
        let texts: Vec<_> = toasts.shown().iter().map(|t| t.text.as_str()).collect();
        assert_eq!(texts, ["broken", "7", "8"]);
    }
    #[test]
    fn r_console_27_what_is_said_of_a_command_is_replaced_and_never_stands_beside_it() {
        let (mut toasts, at) = (Toasts::default(), Timestamp::from_secs(100));
        let (first, second) = (CallId::from("sb-1"), CallId::from("sb-2"));
        toasts.say_of(&first, "accepted, sent".into(), Tone::Pending, at);
        toasts.say_of(&second, "accepted, sent".into(), Tone::Pending, at);
        assert_eq!((toasts.shown().len(), toasts.shown()[0].times), (1, 2));
        toasts.say_of(&first, "failed".into(), Tone::Bad, at);
        let shown: Vec<_> = toasts.shown().iter().map(|t| (t.text.as_str(), t.times)).collect();
        assert_eq!(shown, [("accepted, sent", 1), ("failed", 1)], "one of the two has failed");
        toasts.say_of(&second, "delivered".into(), Tone::Good, at);
        let texts: Vec<_> = toasts.shown().iter().map(|t| t.text.as_str()).collect();
        assert_eq!(texts, ["failed", "delivered"]);
        assert!(toasts.tells_of(&second));
        assert!(toasts.wake(at.after(LASTS)));
        assert!(toasts.tells_of(&first) && !toasts.tells_of(&second), "bad news stays");
    }
}

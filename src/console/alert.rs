//! What leaves the screen to call an agent: an alert, and the title of the window (R-CONSOLE-16). Both are made of
//! numbers and nothing else, so that no name, number or word of a customer can leave with them.
//!
//! When there is one is decided in `pane/alert`, and its bytes are made in `terminal/beside`.

use strum::{IntoStaticStr, VariantArray};

/// One way to call an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum AlertMeans {
    /// The terminal's bell.
    Bell,
    /// A notice as iTerm2 and Windows Terminal show it.
    Osc9,
    /// A notice as urxvt, foot and Ghostty show it.
    Osc777,
}

/// How many things of each kind an agent is called for. There is nothing but numbers in it on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertCounts {
    pub live: usize,
    pub waiting: u64,
    pub problems: usize,
    pub views: usize,
}

impl AlertCounts {
    /// What a notice says, such as `1 on the line, 2 more wait`. It has no semicolon, which OSC 777 needs for
    /// itself, and does not begin with a digit and a semicolon, which some terminals take for an order.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { live, waiting, problems, views } = *self;
        let mut parts = Vec::new();
        if live > 0 {
            parts.push(format!("{live} on the line"));
        }
        match waiting {
            0 => {}
            1 => parts.push("1 more waits".to_owned()),
            n => parts.push(format!("{n} more wait")),
        }
        match problems {
            0 => {}
            1 => parts.push("1 problem".to_owned()),
            n => parts.push(format!("{n} problems")),
        }
        if views > 0 {
            parts.push(format!("{views} new in views"));
        }
        parts.join(", ")
    }
}

/// One call to the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Each way at most once.
    pub means: Vec<AlertMeans>,
    pub counts: AlertCounts,
}

/// What the title of the window shows: how many wait on the line, and how many for an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowTitle {
    pub live: usize,
    pub waiting: u64,
}

impl WindowTitle {
    /// `(2 live, 4 waiting) switchboard`.
    #[must_use]
    pub fn words(&self) -> String {
        match (self.live, self.waiting) {
            (0, 0) => "switchboard".to_owned(),
            (live, 0) => format!("({live} live) switchboard"),
            (0, waiting) => format!("({waiting} waiting) switchboard"),
            (live, waiting) => format!("({live} live, {waiting} waiting) switchboard"),
        }
    }
}

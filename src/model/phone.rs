//! The phones of a sandbox: how each behaves, and everything that can be acted there.
//!
//! The words stand here once, for the service, the SDK, the `sim` verbs and the steps of stories.

use super::{
    CallHop, CallStatus, CustomerNumber, DialData, HangupCause, NetworkCommand, SessionId,
};
use serde::Deserialize;
use std::{fmt, time::Duration};

/// The most keys that a phone may be told to press.
pub const MOST_KEYS: usize = 32;

/// Something acted in a sandbox: by a customer, by a network, or with a phone itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Something happens. The rules decide what comes of it, and the log records that.
    Network(NetworkCommand),
    /// From now on a phone behaves like this. A restart of the hub forgets it.
    SetPhone {
        /// The number of the phone.
        number: CustomerNumber,
        /// Replaces whatever was set before.
        manner: Manner,
    },
    /// From now on this becomes of messages to a phone. A restart of the hub forgets it.
    SetDelivery {
        /// The number of the phone.
        number: CustomerNumber,
        /// Replaces whatever was set before.
        outcome: Outcome,
    },
}

impl From<NetworkCommand> for Act {
    fn from(command: NetworkCommand) -> Self {
        Self::Network(command)
    }
}

/// What becomes of messages to a phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// What the phone's magic number says (docs/SANDBOX.md), or else the sandbox's settings.
    #[default]
    Default,
    /// They are delivered, and nobody looks.
    Deliver,
    /// They are delivered, and read where the channel reports that.
    Read,
    /// The network fails them.
    Fail,
    /// The phone cannot receive this kind of message.
    NoCapability,
    /// Nothing is ever heard of them.
    Never,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 6] =
        [Self::Default, Self::Deliver, Self::Read, Self::Fail, Self::NoCapability, Self::Never];

    /// How it is written on the command line and in a story, and what that means.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Default => ("default", "What the sandbox's settings say"),
            Self::Deliver => ("deliver", "Delivered"),
            Self::Read => ("read", "Delivered, and read where the channel reports it"),
            Self::Fail => ("fail", "Failed"),
            Self::NoCapability => ("no-capability", "The phone cannot receive them"),
            Self::Never => ("never", "Nothing is ever heard of them"),
        }
    }
}

/// What a phone does when something is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Will {
    /// It does it by itself.
    Yes,
    /// It refuses by itself.
    No,
    /// It waits until an [`Act`] says what it does.
    Wait,
}

impl Will {
    /// Every will.
    pub const ALL: [Self; 3] = [Self::Yes, Self::No, Self::Wait];

    /// How it is written on the command line and in a story, and what that means.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Yes => ("yes", "Does it by itself"),
            Self::No => ("no", "Refuses by itself"),
            Self::Wait => ("wait", "Waits to be told"),
        }
    }
}

/// How a phone behaves. `None` is what its number says if it is a magic one (docs/SANDBOX.md), or
/// else yes: a phone picks up after 2 s, pays after 1 s and consents after 1 s (R-CONSENT-1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// What it does when it is called. `No` rejects the call: 300 with cause 21.
    pub picks_up: Option<Will>,
    /// What it does when it is asked to pay. `No` refuses: 403.
    pub pays: Option<Will>,
    /// What it does when it is asked for an opt-in. `No` leaves consent as it was.
    pub consents: Option<Will>,
    /// What is pressed when keys are asked for: at most [`MOST_KEYS`] of `0` to `9`, `*` and `#`.
    /// If empty, `1` is pressed, or nothing at all by a phone that picks up only when told.
    pub digits: String,
}

impl Manner {
    /// Whether a phone has the keys it is to press, and they are not too many.
    #[must_use]
    pub fn has_valid_digits(&self) -> bool {
        self.digits.len() <= MOST_KEYS
            && self.digits.chars().all(|c| c.is_ascii_digit() || "*#".contains(c))
    }
}

impl fmt::Display for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = [("picks up", self.picks_up), ("pays", self.pays), ("consents", self.consents)];
        let mut parts: Vec<String> = asked
            .into_iter()
            .filter_map(|(what, will)| match will? {
                Will::Yes => Some(format!("{what} by itself")),
                Will::No => Some(format!("{what} never")),
                Will::Wait => Some(format!("{what} when told")),
            })
            .collect();
        if !self.digits.is_empty() {
            parts.push(format!("presses {}", self.digits));
        }
        f.write_str(&if parts.is_empty() { "as phones do".into() } else { parts.join(", ") })
    }
}

/// The usual reports of a call. A phone knows nothing of prices: what a call costs is the network's.
impl Act {
    /// A called phone is picked up (101).
    #[must_use]
    pub fn pick_up(session: SessionId) -> Self {
        Self::call(session, CallHop { status: CallStatus::Answered, ..CallHop::default() })
    }

    /// A called phone rejects the call: it ends with 300 and cause 21.
    #[must_use]
    pub fn reject_call(session: SessionId) -> Self {
        Self::end_call(session, HangupCause::CallRejected, Duration::ZERO)
    }

    /// A phone hangs up after so much talk: 300 with cause 16.
    #[must_use]
    pub fn hang_up(session: SessionId, talked: Duration) -> Self {
        Self::end_call(session, HangupCause::NormalClearing, talked)
    }

    /// Keys are pressed in a call, in answer to `get_digits`. Whether they are as many as were
    /// asked for is the caller's business.
    #[must_use]
    pub fn press(session: SessionId, digits: &str) -> Self {
        let (status, digits) = (CallStatus::Active, Some(digits.to_owned()));
        Self::call(session, CallHop { status, digits, ..CallHop::default() })
    }

    /// The caller has spoken, in answer to `get_recording`; `url` is where it can be heard.
    #[must_use]
    pub fn record(session: SessionId, url: &str) -> Self {
        let (status, recording_url) = (CallStatus::Active, Some(url.to_owned()));
        Self::call(session, CallHop { status, recording_url, ..CallHop::default() })
    }

    /// The phones that a `dial` called have been tried (202): who answered and for how long, or
    /// nobody if there is no duration. The app is asked for its next plan.
    #[must_use]
    pub fn dialled(session: SessionId, dial: DialData) -> Self {
        let (status, dial) = (CallStatus::DialCompleted, Some(dial));
        Self::call(session, CallHop { status, dial, ..CallHop::default() })
    }

    fn call(session: SessionId, hop: CallHop) -> Self {
        NetworkCommand::ReportCall { session, hop, duration: Duration::ZERO, cost: None }.into()
    }

    fn end_call(session: SessionId, cause: HangupCause, duration: Duration) -> Self {
        let hop = CallHop { status: CallStatus::Completed, cause, ..CallHop::default() };
        NetworkCommand::ReportCall { session, hop, duration, cost: None }.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_reads_the_words_of_the_command_line() {
        for outcome in Outcome::ALL {
            let read = serde_json::from_value::<Outcome>(outcome.words().0.into()).unwrap();
            assert_eq!(read, outcome);
        }
        for will in Will::ALL {
            assert_eq!(serde_json::from_value::<Will>(will.words().0.into()).unwrap(), will);
        }
    }
}

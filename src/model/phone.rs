//! The phones of a sandbox: how each of them behaves, and everything that can be acted there. The
//! service, the SDK, the `sim` verbs and the steps of stories all take the words from here.

use super::{
    CallHop, CallStatus, CustomerNumber, DialData, HangupCause, NetworkCommand, SessionId,
};
use serde::Deserialize;
use std::{fmt, time::Duration};

/// How many keys a phone can be told to press at most.
pub const MOST_KEYS: usize = 32;

/// Something acted in a sandbox: done by a customer or a network, or a change of
/// a phone's behaviour.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// A customer or a network does something. The rules decide what comes of it, and the
    /// log records that.
    Network(NetworkCommand),
    /// From now on this phone behaves like this. A restart of the hub forgets it.
    SetPhone {
        number: CustomerNumber,
        /// Replaces whatever was set for the phone before.
        manner: Manner,
    },
    /// From now on this becomes of messages to this phone. A restart of the hub forgets it.
    SetDelivery {
        number: CustomerNumber,
        /// Replaces whatever was set for the phone before.
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
    /// What the phone's number says if it is a magic one (docs/sandbox.md), and otherwise what the
    /// sandbox's settings say.
    #[default]
    Default,
    /// They are delivered, and nobody reads them.
    Deliver,
    /// They are delivered, and read if the channel reports that.
    Read,
    /// The network fails to deliver them.
    Fail,
    /// The phone cannot receive messages of this kind.
    NoCapability,
    /// The network never reports anything about them.
    Never,
}

impl Outcome {
    pub const ALL: [Self; 6] =
        [Self::Default, Self::Deliver, Self::Read, Self::Fail, Self::NoCapability, Self::Never];

    /// The word for it on the command line and in a story, and what it means.
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
    /// It agrees by itself.
    Yes,
    /// It refuses by itself.
    No,
    /// It waits until an [`Act`] tells it what to do.
    Wait,
}

impl Will {
    pub const ALL: [Self; 3] = [Self::Yes, Self::No, Self::Wait];

    /// The word for it on the command line and in a story, and what it means.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Yes => ("yes", "Does it by itself"),
            Self::No => ("no", "Refuses by itself"),
            Self::Wait => ("wait", "Waits to be told"),
        }
    }
}

/// How a phone behaves. Where it says `None`, the phone does what its number says if that is a
/// magic one (docs/sandbox.md). Otherwise it agrees: it picks up after 2 s, pays after 1 s and
/// consents after 1 s (R-CONSENT-1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// What it does when it is called. `No` rejects the call, which ends with 300 and cause 21.
    pub picks_up: Option<Will>,
    /// What it does when it is asked to pay. `No` ends the payment with 403.
    pub pays: Option<Will>,
    /// What it does when it is asked for an opt-in. `No` leaves the consent as it was.
    pub consents: Option<Will>,
    /// The keys that it presses when an app asks for some: at most [`MOST_KEYS`] of `0` to `9`, `*`
    /// and `#`. If empty, it presses `1`, unless it picks up only when told: then it presses nothing.
    pub digits: String,
}

impl Manner {
    /// Whether these are keys that a phone has, and not too many.
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

/// The usual reports about a call. None of them has a price, because a phone does not know what
/// a call costs.
impl Act {
    /// The called phone is picked up (101).
    #[must_use]
    pub fn pick_up(session: SessionId) -> Self {
        Self::call(session, CallHop { status: CallStatus::Answered, ..CallHop::default() })
    }

    /// The called phone rejects the call, which ends with 300 and cause 21.
    #[must_use]
    pub fn reject_call(session: SessionId) -> Self {
        Self::end_call(session, HangupCause::CallRejected, Duration::ZERO)
    }

    /// The phone hangs up after having talked for this long: 300 with cause 16.
    #[must_use]
    pub fn hang_up(session: SessionId, talked: Duration) -> Self {
        Self::end_call(session, HangupCause::NormalClearing, talked)
    }

    /// Keys are pressed in answer to `get_digits`. Whether they are as many as were asked for
    /// is not checked.
    #[must_use]
    pub fn press(session: SessionId, digits: &str) -> Self {
        let (status, digits) = (CallStatus::Active, Some(digits.to_owned()));
        Self::call(session, CallHop { status, digits, ..CallHop::default() })
    }

    /// The caller has spoken in answer to `get_recording`, and the recording can be heard at `url`.
    #[must_use]
    pub fn record(session: SessionId, url: &str) -> Self {
        let (status, recording_url) = (CallStatus::Active, Some(url.to_owned()));
        Self::call(session, CallHop { status, recording_url, ..CallHop::default() })
    }

    /// The numbers of a `dial` action have been called (202). `dial` says who answered and for how
    /// long; a duration of zero means that nobody did. The app is asked for its next plan.
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

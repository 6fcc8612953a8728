//! What an app answers a voice prompt with, and what the network then reports (operations.md 3.28).

use super::{
    address::{ChannelNumber, CustomerNumber},
    id::SessionId,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use strum::IntoStaticStr;

/// Who reads a text aloud (`TextToSpeechVoice`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// Not said.
    #[default]
    Unspecified,
    /// A man.
    Male,
    /// A woman.
    Female,
}

/// Text that is read aloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Say {
    /// What.
    pub text: String,
    /// By whom.
    pub voice: Voice,
    /// Whether a beep follows.
    pub play_beep: bool,
}

/// What is heard before keys or a recording are awaited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// A text.
    Say(Say),
    /// A sound file; never fetched by us.
    Play(String),
}

/// One step of a plan. The ten arms of the contract's `VoiceCallAction`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum VoiceAction {
    /// Reads a text aloud.
    Say(Say),
    /// Plays the sound file at an address.
    Play(String),
    /// Asks for keys; ends the plan.
    GetDigits {
        /// What is heard first; required.
        prompt: Option<Prompt>,
        /// How long to wait, 1 to 300 s (R-HOOK-4).
        timeout: Duration,
        /// The key that ends the input.
        finish_on_key: Option<String>,
        /// How many keys.
        num_digits: Option<i32>,
    },
    /// Calls others and joins them; ends the plan.
    Dial {
        /// Whom.
        numbers: Vec<CustomerNumber>,
        /// Whether it is recorded.
        record: bool,
        /// One after the other instead of all at once.
        sequential: bool,
        /// What the caller hears meanwhile.
        ringback_tone: Option<String>,
        /// The number shown.
        caller_id: Option<String>,
        /// Seconds of talk at most.
        max_duration: Option<i32>,
    },
    /// Records the rest of the call.
    RecordSession,
    /// Records what the caller says; ends the plan.
    GetRecording {
        /// What is heard first; required.
        prompt: Option<Prompt>,
        /// Silence that ends it, 1 to 300 s.
        timeout: Duration,
        /// The longest recording.
        max_length: Duration,
        /// The key that ends it.
        finish_on_key: Option<String>,
        /// Whether a beep precedes it.
        play_beep: bool,
        /// Whether silence at its ends is cut.
        trim_silence: bool,
    },
    /// Puts the caller into a queue; ends the plan.
    Enqueue {
        /// What the caller hears.
        hold_music: Option<String>,
        /// Which queue.
        queue_name: Option<String>,
    },
    /// Takes the first caller of a queue; ends the plan.
    Dequeue {
        /// The org's number whose queue it is.
        channel: ChannelNumber,
        /// Whether it is recorded.
        record: bool,
        /// Which queue.
        queue_name: Option<String>,
    },
    /// Refuses the call; only first, before it is answered.
    Reject,
    /// Hands the call to another address; recorded, never fetched (R-HOOK-3); ends the plan.
    Redirect(String),
}

impl VoiceAction {
    /// A short word for it, as in the contract.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.into()
    }
    /// Whether what follows it is ignored (R-HOOK-3).
    #[must_use]
    pub const fn ends_plan(&self) -> bool {
        !matches!(self, Self::Say(_) | Self::Play(_) | Self::RecordSession)
    }
}

/// What became of a `dial`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialData {
    /// Who was called.
    pub number: String,
    /// When they picked up.
    pub started_at: Timestamp,
    /// How long they talked; zero: nobody answered.
    pub duration: Duration,
}

/// What became of an `enqueue` or `dequeue`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueData {
    /// When the caller joined the queue.
    pub enqueued_at: Timestamp,
    /// When they were taken; zero while waiting.
    pub dequeued_at: Timestamp,
    /// By which number.
    pub dequeued_to_number: Option<String>,
    /// By which call.
    pub dequeued_to_session: Option<SessionId>,
    /// How long they waited.
    pub duration: Duration,
}

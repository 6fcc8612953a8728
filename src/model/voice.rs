//! What an app answers to a voice prompt, and what the network reports of dialling and queues.
//! Which actions may follow each other is decided in `rules` (R-HOOK-3).

use super::{
    address::{ChannelNumber, CustomerNumber},
    id::SessionId,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use strum::IntoStaticStr;

/// The voice that reads a text aloud (`TextToSpeechVoice` of the contract).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// The app did not say, so that the network chooses.
    #[default]
    Unspecified,
    Male,
    Female,
}

/// A text that is read aloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Say {
    pub text: String,
    pub voice: Voice,
    /// Whether a beep follows the text.
    pub play_beep: bool,
}

/// What the caller hears before the call waits for keys or for a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    Say(Say),
    /// The address of a sound file. The hub never fetches it.
    Play(String),
}

/// One step of what a call does. These are the ten arms of the contract's `VoiceCallAction`. Where
/// an action ends the plan, what follows it is ignored and the app is asked again (R-HOOK-3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum VoiceAction {
    Say(Say),
    /// Plays the sound file at this address.
    Play(String),
    /// Waits for keys. Ends the plan.
    GetDigits {
        /// What the caller hears first. The rules require it.
        prompt: Option<Prompt>,
        /// How long to wait for a key: 1 to 300 s (R-HOOK-4).
        timeout: Duration,
        /// The key that ends the input.
        finish_on_key: Option<String>,
        /// How many keys end the input.
        num_digits: Option<i32>,
    },
    /// Calls other numbers and joins them with the caller. Ends the plan.
    Dial {
        numbers: Vec<CustomerNumber>,
        /// Whether the conversation is recorded.
        record: bool,
        /// Whether the numbers are called one after the other instead of all at once.
        sequential: bool,
        /// The address of the sound that the caller hears until someone answers.
        ringback_tone: Option<String>,
        /// The number that the called phones show.
        caller_id: Option<String>,
        /// How many seconds the conversation may last.
        max_duration: Option<i32>,
    },
    /// Records the rest of the call.
    RecordSession,
    /// Records what the caller says. Ends the plan.
    GetRecording {
        /// What the caller hears first. The rules require it.
        prompt: Option<Prompt>,
        /// How long a silence ends the recording: 1 to 300 s (R-HOOK-4).
        timeout: Duration,
        /// How long the recording may become.
        max_length: Duration,
        /// The key that ends the recording.
        finish_on_key: Option<String>,
        /// Whether a beep comes before the recording.
        play_beep: bool,
        /// Whether the silence at the beginning and the end is cut off.
        trim_silence: bool,
    },
    /// Puts the caller into a queue. Ends the plan.
    Enqueue {
        /// The address of the sound that the caller hears while waiting.
        hold_music: Option<String>,
        /// A number has a queue for each name, and one without a name (`None`).
        queue_name: Option<String>,
    },
    /// Takes the first caller out of a queue and joins the two calls. Ends the plan.
    Dequeue {
        /// The org's number whose queue it is.
        channel: ChannelNumber,
        /// Whether the conversation is recorded.
        record: bool,
        /// `None` for the queue without a name.
        queue_name: Option<String>,
    },
    /// Refuses the call. It can only be the first action, before the call is answered.
    Reject,
    /// Hands the call to another address, which the hub records and never fetches. Ends the plan.
    Redirect(String),
}

impl VoiceAction {
    /// The contract's name for it, such as `get_digits`.
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

/// What became of a `dial` action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialData {
    /// The number that was called.
    pub number: String,
    pub started_at: Timestamp,
    /// How long they talked. Zero if nobody answered.
    pub duration: Duration,
}

/// What became of an `enqueue` or `dequeue` action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueData {
    pub enqueued_at: Timestamp,
    /// When the caller was taken out of the queue. Zero while they wait.
    pub dequeued_at: Timestamp,
    /// The number that took them.
    pub dequeued_to_number: Option<String>,
    /// The call that took them.
    pub dequeued_to_session: Option<SessionId>,
    /// How long they waited.
    pub duration: Duration,
}

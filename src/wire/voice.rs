//! Voice actions, and what the network reports of dialling and queues, to and from the contract.
//!
//! A voice that this version does not know reads as unspecified. An action without an arm is an
//! error, because it asks for nothing.

use super::{
    DecodeError,
    pair::{Wire, oneof_pair, struct_pairs},
    proto::hera::{self, TextToSpeechVoice, voice_call_action::Entry},
};
use crate::model::{CallHop, DialData, Prompt, QueueData, Say, Voice, VoiceAction};

impl From<&VoiceAction> for hera::VoiceCallAction {
    fn from(action: &VoiceAction) -> Self {
        Self { entry: action.to_wire() }
    }
}

impl TryFrom<hera::VoiceCallAction> for VoiceAction {
    type Error = DecodeError;
    fn try_from(action: hera::VoiceCallAction) -> Result<Self, DecodeError> {
        Self::from_wire(action.entry)
    }
}

oneof_pair! { VoiceAction = Entry else "a voice action says nothing" {
    Say(say) = Say(say);
    Play(url) = Play(hera::PlayCallAction { url });
    GetDigits { prompt, timeout, finish_on_key, num_digits }
        = GetDigits(hera::GetDigitsCallAction { prompt, timeout, finish_on_key, num_digits });
    Dial { numbers, record, sequential, ringback_tone, caller_id, max_duration }
        = Dial(hera::DialCallAction {
            customer_numbers: numbers,
            record,
            sequential,
            ringback_tone,
            caller_id,
            max_duration,
        });
    RecordSession = RecordSession(hera::RecordSessionCallAction {});
    GetRecording { prompt, timeout, max_length, finish_on_key, play_beep, trim_silence }
        = GetRecording(hera::GetRecordingCallAction {
            prompt,
            timeout,
            max_length,
            finish_on_key,
            play_beep,
            trim_silence,
        });
    Enqueue { hold_music, queue_name } = Enqueue(hera::EnqueueCallAction { hold_music, queue_name });
    Dequeue { channel, record, queue_name }
        = Dequeue(hera::DequeueCallAction { channel_number: channel, record, queue_name });
    Reject = Reject(hera::RejectCallAction {});
    Redirect(url) = Redirect(hera::RedirectCallAction { url });
} }

/// Writes both directions between the oneof `prompt` of an action and `Prompt`.
macro_rules! prompts {
    ($($action:ident)*) => {$(
        impl Wire<hera::$action::Prompt> for Prompt {
            fn to_wire(&self) -> hera::$action::Prompt {
                use hera::$action::Prompt as Theirs;
                match self {
                    Self::Say(say) => Theirs::Say(say.into()),
                    Self::Play(url) => Theirs::Play(hera::PlayCallAction { url: url.clone() }),
                }
            }
            fn from_wire(prompt: hera::$action::Prompt) -> Result<Self, DecodeError> {
                use hera::$action::Prompt as Theirs;
                Ok(match prompt {
                    Theirs::Say(say) => Self::Say(say.try_into()?),
                    Theirs::Play(play) => Self::Play(play.url),
                })
            }
        }
    )*};
}

prompts! { get_digits_call_action get_recording_call_action }

impl Wire<i32> for Voice {
    fn to_wire(&self) -> i32 {
        match self {
            Self::Unspecified => TextToSpeechVoice::Unspecified.into(),
            Self::Male => TextToSpeechVoice::Male.into(),
            Self::Female => TextToSpeechVoice::Female.into(),
        }
    }
    fn from_wire(wire: i32) -> Result<Self, DecodeError> {
        Ok(match TextToSpeechVoice::try_from(wire) {
            Ok(TextToSpeechVoice::Unspecified) => Self::Unspecified,
            Ok(TextToSpeechVoice::Male) => Self::Male,
            Ok(TextToSpeechVoice::Female) => Self::Female,
            Err(error) => return Err(DecodeError::new(error.to_string())),
        })
    }
}

struct_pairs! {
    Say { text, voice with lenient, play_beep } = hera::SayCallAction { text, voice, play_beep };
    DialData { number, started_at, duration }
        = hera::VoiceCallDialInput { destination_number: number, started_at, duration };
    QueueData {
        enqueued_at,
        dequeued_at with unless_zero,
        dequeued_to_number,
        dequeued_to_session,
        duration
    } = hera::VoiceCallQueueInput {
        enqueued_at,
        dequeued_at,
        dequeued_to_number,
        dequeued_to_session_id: dequeued_to_session,
        queue_duration: duration,
    };
    // A report about a call. What an app was asked and answered is not in it.
    CallHop {
        status, cause, digits, recording_url, dial, queue, at;
        prompt = false, answered = false, actions = Vec::new()
    } = hera::VoiceCallHopInput {
        status,
        started_at: at,
        hangup_cause: cause,
        dtmf_digits: digits,
        recording_url,
        dial_data: dial,
        queue_data: queue,
    };
}

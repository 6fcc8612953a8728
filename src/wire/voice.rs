//! Voice actions, and what calls report of dialling and queues, to and from the contract.
//!
//! The contract's `say` voice is `MALE` or `FEMALE`; what it does not know reads as unspecified.
//! An action without an arm is refused: it asks for nothing.

use super::{
    DecodeError,
    parts::{duration, from_duration, from_time, time},
    proto::hera::{self, voice_call_action::Entry},
};
use crate::model::{
    CallHop, CallStatus, DialData, HangupCause, Prompt, QueueData, Say, Voice, VoiceAction,
};

impl From<&Say> for hera::SayCallAction {
    fn from(say: &Say) -> Self {
        let voice = match say.voice {
            Voice::Unspecified => hera::TextToSpeechVoice::Unspecified,
            Voice::Male => hera::TextToSpeechVoice::Male,
            Voice::Female => hera::TextToSpeechVoice::Female,
        };
        Self { text: say.text.clone(), voice: voice.into(), play_beep: say.play_beep }
    }
}

impl From<hera::SayCallAction> for Say {
    fn from(say: hera::SayCallAction) -> Self {
        let voice = match say.voice() {
            hera::TextToSpeechVoice::Unspecified => Voice::Unspecified,
            hera::TextToSpeechVoice::Male => Voice::Male,
            hera::TextToSpeechVoice::Female => Voice::Female,
        };
        Self { text: say.text, voice, play_beep: say.play_beep }
    }
}

fn play(url: &str) -> hera::PlayCallAction {
    hera::PlayCallAction { url: url.to_owned() }
}

/// Both ways between the oneof `prompt` of an action and `Prompt`.
macro_rules! prompts {
    ($($action:ident)*) => {$(
        impl From<&Prompt> for hera::$action::Prompt {
            fn from(prompt: &Prompt) -> Self {
                match prompt {
                    Prompt::Say(say) => Self::Say(say.into()),
                    Prompt::Play(url) => Self::Play(play(url)),
                }
            }
        }
        impl From<hera::$action::Prompt> for Prompt {
            fn from(prompt: hera::$action::Prompt) -> Self {
                match prompt {
                    hera::$action::Prompt::Say(say) => Self::Say(say.into()),
                    hera::$action::Prompt::Play(play) => Self::Play(play.url),
                }
            }
        }
    )*};
}

prompts! { get_digits_call_action get_recording_call_action }

impl From<&VoiceAction> for hera::VoiceCallAction {
    fn from(action: &VoiceAction) -> Self {
        let entry = match action {
            VoiceAction::Say(say) => Entry::Say(say.into()),
            VoiceAction::Play(url) => Entry::Play(play(url)),
            VoiceAction::RecordSession => Entry::RecordSession(hera::RecordSessionCallAction {}),
            VoiceAction::Reject => Entry::Reject(hera::RejectCallAction {}),
            VoiceAction::Redirect(url) => {
                Entry::Redirect(hera::RedirectCallAction { url: url.clone() })
            }
            VoiceAction::Enqueue { hold_music, queue_name } => {
                Entry::Enqueue(hera::EnqueueCallAction {
                    hold_music: hold_music.clone(),
                    queue_name: queue_name.clone(),
                })
            }
            VoiceAction::Dequeue { channel, record, queue_name } => {
                Entry::Dequeue(hera::DequeueCallAction {
                    channel_number: Some(channel.into()),
                    record: *record,
                    queue_name: queue_name.clone(),
                })
            }
            asking => ask(asking),
        };
        Self { entry: Some(entry) }
    }
}

/// The actions that wait for the caller or for others.
fn ask(action: &VoiceAction) -> Entry {
    match action.clone() {
        VoiceAction::GetDigits { prompt, timeout, finish_on_key, num_digits } => {
            Entry::GetDigits(hera::GetDigitsCallAction {
                timeout: duration(timeout),
                finish_on_key,
                num_digits,
                prompt: prompt.as_ref().map(Into::into),
            })
        }
        VoiceAction::GetRecording {
            prompt,
            timeout,
            max_length,
            finish_on_key,
            play_beep,
            trim_silence,
        } => Entry::GetRecording(hera::GetRecordingCallAction {
            timeout: duration(timeout),
            max_length: duration(max_length),
            finish_on_key,
            play_beep,
            trim_silence,
            prompt: prompt.as_ref().map(Into::into),
        }),
        VoiceAction::Dial {
            numbers,
            record,
            sequential,
            ringback_tone,
            caller_id,
            max_duration,
        } => Entry::Dial(hera::DialCallAction {
            customer_numbers: numbers.iter().map(Into::into).collect(),
            record,
            sequential,
            ringback_tone,
            caller_id,
            max_duration,
        }),
        // The others have their own arms above.
        _ => Entry::Reject(hera::RejectCallAction {}),
    }
}

impl TryFrom<hera::VoiceCallAction> for VoiceAction {
    type Error = DecodeError;
    fn try_from(action: hera::VoiceCallAction) -> Result<Self, DecodeError> {
        Ok(match action.entry {
            None => return Err(DecodeError::new("a voice action says nothing")),
            Some(Entry::Say(say)) => Self::Say(say.into()),
            Some(Entry::Play(play)) => Self::Play(play.url),
            Some(Entry::RecordSession(_)) => Self::RecordSession,
            Some(Entry::Reject(_)) => Self::Reject,
            Some(Entry::Redirect(to)) => Self::Redirect(to.url),
            Some(Entry::Enqueue(a)) => {
                Self::Enqueue { hold_music: a.hold_music, queue_name: a.queue_name }
            }
            Some(Entry::Dequeue(a)) => Self::Dequeue {
                channel: a.channel_number.unwrap_or_default().into(),
                record: a.record,
                queue_name: a.queue_name,
            },
            Some(Entry::GetDigits(a)) => Self::GetDigits {
                prompt: a.prompt.map(Into::into),
                timeout: from_duration(a.timeout),
                finish_on_key: a.finish_on_key,
                num_digits: a.num_digits,
            },
            Some(Entry::GetRecording(a)) => Self::GetRecording {
                prompt: a.prompt.map(Into::into),
                timeout: from_duration(a.timeout),
                max_length: from_duration(a.max_length),
                finish_on_key: a.finish_on_key,
                play_beep: a.play_beep,
                trim_silence: a.trim_silence,
            },
            Some(Entry::Dial(a)) => Self::Dial {
                numbers: a.customer_numbers.into_iter().map(Into::into).collect(),
                record: a.record,
                sequential: a.sequential,
                ringback_tone: a.ringback_tone,
                caller_id: a.caller_id,
                max_duration: a.max_duration,
            },
        })
    }
}

/// Actions in order; the first that says nothing refuses them all.
pub(super) fn from_actions(
    actions: Vec<hera::VoiceCallAction>,
) -> Result<Vec<VoiceAction>, DecodeError> {
    actions.into_iter().map(VoiceAction::try_from).collect()
}

/// A report about a call.
pub(super) fn hop(hop: &CallHop) -> hera::VoiceCallHopInput {
    hera::VoiceCallHopInput {
        status: hop.status.code(),
        started_at: time(hop.at),
        hangup_cause: hop.cause.code(),
        dtmf_digits: hop.digits.clone(),
        recording_url: hop.recording_url.clone(),
        dial_data: hop.dial.as_ref().map(Into::into),
        queue_data: hop.queue.as_ref().map(|queue| hera::VoiceCallQueueInput {
            enqueued_at: time(queue.enqueued_at),
            dequeued_at: (!queue.dequeued_at.is_zero()).then(|| time(queue.dequeued_at)).flatten(),
            dequeued_to_number: queue.dequeued_to_number.clone(),
            dequeued_to_session_id: queue.dequeued_to_session.as_ref().map(ToString::to_string),
            queue_duration: duration(queue.duration),
        }),
    }
}

/// `None` if a code in it is unknown here. What the app was asked and said is not in it.
pub(super) fn from_hop(input: hera::VoiceCallHopInput) -> Option<CallHop> {
    Some(CallHop {
        status: CallStatus::from_code(input.status)?,
        cause: HangupCause::from_code(input.hangup_cause)?,
        digits: input.dtmf_digits,
        recording_url: input.recording_url,
        dial: input.dial_data.map(Into::into),
        queue: input.queue_data.map(|queue| QueueData {
            enqueued_at: from_time(queue.enqueued_at),
            dequeued_at: from_time(queue.dequeued_at),
            dequeued_to_number: queue.dequeued_to_number,
            dequeued_to_session: queue.dequeued_to_session_id.map(Into::into),
            duration: from_duration(queue.queue_duration),
        }),
        at: from_time(input.started_at),
        ..CallHop::default()
    })
}

impl From<&DialData> for hera::VoiceCallDialInput {
    fn from(dial: &DialData) -> Self {
        Self {
            destination_number: dial.number.clone(),
            started_at: time(dial.started_at),
            duration: duration(dial.duration),
        }
    }
}

impl From<hera::VoiceCallDialInput> for DialData {
    fn from(dial: hera::VoiceCallDialInput) -> Self {
        Self {
            number: dial.destination_number,
            started_at: from_time(dial.started_at),
            duration: from_duration(dial.duration),
        }
    }
}

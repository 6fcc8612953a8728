//! What a network says about a call, as what the rules are told of it (R-CALL-2), without I/O. The network says only that
//! a step of the plan is over, so that the statuses on the way there are made from the plan.

use super::africastalking::call::Called;
use crate::model::{
    CallHop, CallStatus, DialData, Direction, HangupCause, QueueData, Timestamp, VoiceAction,
    VoiceCall,
};
use CallStatus as S;
use VoiceAction as A;
use std::time::Duration;

fn to(status: CallStatus) -> CallHop {
    CallHop { status, ..CallHop::default() }
}

/// What is new in a question for the next plan. If the question was asked before, nothing is, and the same plan is the
/// answer to it.
#[must_use]
pub fn asked(call: &VoiceCall, called: &Called) -> Vec<CallHop> {
    let digits = called.digits.clone();
    let recording_url = called.recording_url.clone();
    match (call.status, call.plan().last()) {
        (S::Queued, _) => vec![to(S::Ringing), to(S::Answered)],
        (S::Ringing, _) if call.direction == Direction::Outbound => vec![to(S::Answered)],
        _ if call.awaits_plan() => Vec::new(),
        (S::Active, Some(A::GetDigits { .. })) if digits.is_some() => {
            vec![CallHop { digits, ..to(S::Active) }]
        }
        (S::Active, Some(A::GetRecording { .. })) if recording_url.is_some() => {
            vec![CallHop { recording_url, ..to(S::Active) }]
        }
        // Keys belong to the question before.
        (S::Active | S::Dialing | S::Bridged, Some(A::Dial { numbers, .. }))
            if digits.is_none() || called.dialled.is_some() =>
        {
            let first = numbers.first().map(|number| number.number.clone());
            dialled(call.status, called, first.unwrap_or_default())
        }
        (S::Enqueued, _) => vec![taken(called), to(S::Active)],
        (S::Dequeued, _) | (S::Bridged, Some(A::Enqueue { .. } | A::Dequeue { .. })) => {
            vec![to(S::Active)]
        }
        (S::Transferred, _) => vec![to(S::TransferCompleted)],
        _ => Vec::new(),
    }
}

/// The end of a `dial` action. A conversation that took no time is none.
fn dialled(status: CallStatus, called: &Called, first: String) -> Vec<CallHop> {
    let duration = called.dial_duration.unwrap_or_default();
    let number = called.dialled.clone().unwrap_or(first);
    let dial = Some(DialData { number, started_at: Timestamp::ZERO, duration });
    let recording_url = called.recording_url.clone();
    let mut hops = Vec::new();
    if status == S::Active {
        hops.push(to(S::Dialing));
    }
    if status != S::Bridged && duration > Duration::ZERO {
        hops.push(to(S::Bridged));
    }
    hops.push(CallHop { recording_url, dial, ..to(S::DialCompleted) });
    hops
}

/// Somebody took the caller out of the queue.
fn taken(called: &Called) -> CallHop {
    let dequeued_to_number = called.dequeued_to.clone();
    let queue = Some(QueueData { dequeued_to_number, ..QueueData::default() });
    CallHop { queue, ..to(S::Dequeued) }
}

/// What the network does at once when it gets a plan (R-HOOK-3).
#[must_use]
pub fn begun(call: &VoiceCall) -> Option<CallHop> {
    let status = match call.plan().last()? {
        A::Dial { .. } => S::Dialing,
        A::Enqueue { .. } => S::Enqueued,
        A::Dequeue { .. } => S::Dequeued,
        A::Redirect(_) => S::Transferred,
        A::Say(_)
        | A::Play(_)
        | A::GetDigits { .. }
        | A::RecordSession
        | A::GetRecording { .. }
        | A::Reject => return None,
    };
    (call.status == S::Active).then(|| to(status))
}

/// What the network says beside its questions: that a telephone rings, or that somebody talks.
#[must_use]
pub fn told(call: &VoiceCall, called: &Called) -> Option<CallHop> {
    let is =
        |word: &str| called.state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case(word));
    match call.status {
        S::Queued if is("Ringing") => Some(to(S::Ringing)),
        S::Dialing if is("Bridged") => Some(to(S::Bridged)),
        _ => None,
    }
}

/// The end of a call.
#[must_use]
pub fn over(call: &VoiceCall, called: &Called) -> CallHop {
    let cause = called.hangup_cause.unwrap_or(HangupCause::Unspecified);
    let was_answered = call.direction == Direction::Inbound
        || !matches!(call.status, S::Queued | S::Ringing)
        || called.duration.is_some_and(|talked| talked > Duration::ZERO);
    let status = if was_answered { S::Completed } else { cause.unanswered() };
    let recording_url = called.recording_url.clone();
    let dial = called.dialled.clone().map(|number| DialData {
        number,
        started_at: Timestamp::ZERO,
        duration: called.dial_duration.unwrap_or_default(),
    });
    CallHop { cause, recording_url, dial, ..to(status) }
}

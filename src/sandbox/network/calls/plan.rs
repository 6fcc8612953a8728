//! How the plan of a call is carried out (R-HOOK-3): talking takes a little time, keys and recordings come
//! back as the phone gives them, others are dialled, and queues are joined and left.

use super::{CallStep, CallView, PickUp, S};
use crate::model::{
    CallHop, CustomerNumber, DialData, HangupCause, Prompt, Say, Timestamp, VoiceAction, VoiceCall,
};
use std::time::Duration;

/// How long passes between a plan and the first thing heard, and between two reports that
/// follow each other.
const AT_ONCE: Duration = Duration::from_millis(200);
/// How long a text takes to be read out: at least the first, and the second for each character, but no more
/// than the third, because somebody may watch.
const SAY: (Duration, Duration, Duration) =
    (Duration::from_millis(300), Duration::from_millis(40), Duration::from_secs(6));
/// How long a sound plays. It is made up, because no sound is ever fetched.
const PLAY: Duration = Duration::from_secs(2);
/// How long it takes to press keys.
const PRESS: Duration = Duration::from_millis(800);
/// How long a caller takes to leave a message.
const SPEAK: Duration = Duration::from_secs(2);
/// How long a phone that the plan dials rings.
const RINGS: Duration = Duration::from_millis(1_500);
/// How long two people talk whom a plan has joined.
const TALK: Duration = Duration::from_secs(4);
/// How long a caller talks with an agent who has picked up without a plan.
const AGENT_TALKS: Duration = Duration::from_secs(20);

/// What comes next in the plan of a call; `None` if the call waits for somebody. The rules record ANSWERED
/// and ACTIVE when a plan begins, and end calls whose plan is empty (`rules/prompt.rs`).
pub fn next(view: &CallView<'_>, call: &VoiceCall) -> Option<CallStep> {
    // A call in a log from before there were plans has none.
    let plan = call.plan();
    match (call.status, plan.last()) {
        // An agent has picked up, so no app is asked, and they talk for a while.
        (S::Answered, _) | (_, None) => Some(hang_up(view, call, AGENT_TALKS)),
        (S::Active, Some(_)) => Some(transfer(view, call).unwrap_or_else(|| run(view, call, plan))),
        (S::Dialing, Some(_)) => Some(rings(view, plan, call)),
        (S::Bridged, Some(VoiceAction::Dial { .. })) => Some(dial_over(view, call, plan)),
        // The caller who waited in a queue hangs up, and whoever took them out of it goes on.
        (S::Bridged, Some(VoiceAction::Enqueue { .. })) => Some(hang_up(view, call, TALK)),
        (S::Bridged, Some(_)) => Some(CallStep::to(TALK + AT_ONCE, call, S::Active)),
        (S::Transferred, Some(_))
            if view.phones.call(&call.number) == Some(S::TransferCompleted) =>
        {
            Some(CallStep::to(Duration::from_secs(1), call, S::TransferCompleted))
        }
        (S::Transferred, Some(_)) => Some(hang_up(view, call, TALK)),
        _ => None,
    }
}

fn hang_up(view: &CallView<'_>, call: &VoiceCall, after: Duration) -> CallStep {
    CallStep::end(after, call, view.now, S::Completed, HangupCause::NormalClearing)
}

/// Hands the call over once, if the magic number of the phone stands for that.
fn transfer(view: &CallView<'_>, call: &VoiceCall) -> Option<CallStep> {
    let wanted =
        matches!(view.phones.call(&call.number), Some(S::Transferred | S::TransferCompleted));
    let done = call.hops.iter().any(|hop| hop.status == S::Transferred);
    (wanted && !done).then(|| CallStep::to(AT_ONCE, call, S::Transferred))
}

/// Goes through the actions up to the one that ends the plan, and returns what comes of that one.
fn run(view: &CallView<'_>, call: &VoiceCall, plan: &[VoiceAction]) -> CallStep {
    let mut time = AT_ONCE;
    for action in plan {
        match action {
            VoiceAction::Say(say) => time += said(say),
            VoiceAction::Play(_) => time += PLAY,
            VoiceAction::RecordSession => {}
            VoiceAction::GetDigits { prompt, timeout, finish_on_key, num_digits } => {
                time += heard(prompt.as_ref());
                let pressed = view.phones.digits(view.org, &call.number);
                let after = time + if pressed.is_some() { PRESS } else { *timeout };
                let pressed = pressed.unwrap_or_default();
                let digits = Some(keys(&pressed, finish_on_key.as_deref(), *num_digits));
                let hop = CallHop { status: S::Active, digits, ..CallHop::default() };
                return CallStep::one(after, call, hop);
            }
            VoiceAction::GetRecording { prompt, max_length, .. } => {
                let after = time + heard(prompt.as_ref()) + SPEAK.min(*max_length);
                let recording_url = Some(recording(call));
                let hop = CallHop { status: S::Active, recording_url, ..CallHop::default() };
                return CallStep::one(after, call, hop);
            }
            VoiceAction::Dial { .. } => return CallStep::to(time, call, S::Dialing),
            VoiceAction::Enqueue { .. } => return CallStep::to(time, call, S::Enqueued),
            // The rules look for somebody who waits, and join both or ask the app again (`rules/voice.rs`).
            VoiceAction::Dequeue { .. } => return CallStep::to(time, call, S::Dequeued),
            // No address is ever fetched: the call is in other hands from now on (R-HOOK-3).
            VoiceAction::Redirect(_) => return CallStep::to(time, call, S::Transferred),
            VoiceAction::Reject => break,
        }
    }
    let mut over = hang_up(view, call, time);
    if plan.iter().any(|action| matches!(action, VoiceAction::RecordSession)) {
        over.reports[0].hop.recording_url = Some(recording(call));
    }
    over
}

fn said(say: &Say) -> Duration {
    let length = u32::try_from(say.text.chars().count()).unwrap_or(u32::MAX);
    (SAY.0 + SAY.1.saturating_mul(length)).min(SAY.2)
}

fn heard(prompt: Option<&Prompt>) -> Duration {
    match prompt {
        Some(Prompt::Say(say)) => said(say),
        Some(Prompt::Play(_)) => PLAY,
        None => Duration::ZERO,
    }
}

/// The address of a recording. It only looks like one, because nothing is recorded.
fn recording(call: &VoiceCall) -> String {
    format!("sandbox://recordings/{}/{}.wav", call.id, call.hops.len())
}

/// The keys that count: those before the finishing key, and no more than the plan asks for.
fn keys(pressed: &str, finish: Option<&str>, most: Option<i32>) -> String {
    let finish = finish.and_then(|key| key.chars().next());
    let most = most.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0).unwrap_or(usize::MAX);
    pressed.chars().take_while(|key| Some(*key) != finish).take(most).collect()
}

fn dialled(plan: &[VoiceAction]) -> (&[CustomerNumber], Option<i32>) {
    let found = plan.iter().find_map(|action| {
        let VoiceAction::Dial { numbers, max_duration, .. } = action else { return None };
        Some((&numbers[..], *max_duration))
    });
    found.unwrap_or_default()
}

/// The first of the numbers that picks up. A phone that waits for a program does not, because a dialled
/// phone has no call of its own that a program could report about.
fn partner<'p>(view: &CallView<'_>, numbers: &'p [CustomerNumber]) -> Option<&'p CustomerNumber> {
    numbers.iter().find(|number| view.phones.rings(view.org, number) == PickUp::Yes)
}

fn rings(view: &CallView<'_>, plan: &[VoiceAction], call: &VoiceCall) -> CallStep {
    let (numbers, _) = dialled(plan);
    let (status, number, after) = match partner(view, numbers) {
        Some(number) => (S::Bridged, Some(number), RINGS),
        None => (S::DialCompleted, numbers.first(), RINGS * 2),
    };
    let number = number.map(|number| number.number.clone()).unwrap_or_default();
    let started_at = if status == S::Bridged { view.now } else { Timestamp::ZERO };
    let dial = Some(DialData { number, started_at, duration: Duration::ZERO });
    CallStep::one(after, call, CallHop { status, dial, ..CallHop::default() })
}

fn dial_over(view: &CallView<'_>, call: &VoiceCall, plan: &[VoiceAction]) -> CallStep {
    let (_, most) = dialled(plan);
    let most = most.and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs);
    let bridged = call.hops.iter().rev().find(|hop| hop.status == S::Bridged);
    let with = bridged.and_then(|hop| hop.dial.clone()).unwrap_or_default();
    let duration = bridged.map_or(Duration::ZERO, |hop| view.now.since(hop.at));
    let dial =
        Some(DialData { duration: most.map_or(duration, |most| duration.min(most)), ..with });
    let hop = CallHop { status: S::DialCompleted, dial, ..CallHop::default() };
    CallStep::one(most.map_or(TALK, |most| TALK.min(most)), call, hop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, ChannelNumber, Direction};
    use crate::sandbox::Phones;

    #[test]
    fn keys_end_at_the_finishing_key_and_at_the_number_asked_for() {
        assert_eq!(keys("123#4", Some("#"), None), "123");
        assert_eq!(keys("1234", Some("#"), Some(2)), "12");
        assert_eq!(keys("1234", None, None), "1234");
        assert_eq!(keys("1234", None, Some(0)), "1234");
        assert_eq!(keys("", Some("#"), Some(4)), "");
    }

    #[test]
    fn a_call_that_was_answered_before_there_were_plans_ends_too() {
        let hop = |status| CallHop { status, ..CallHop::default() };
        let call = VoiceCall {
            id: "el_ses_1".into(),
            direction: Direction::Inbound,
            number: CustomerNumber::telco("+254700000001"),
            channel: ChannelNumber::new(Channel::Voice, "+254711082300"),
            app: None,
            status: S::Active,
            hops: vec![hop(S::Ringing), hop(S::Answered), hop(S::Active)],
            duration: Duration::ZERO,
            cost: None,
            created_at: Timestamp::ZERO,
            updated_at: Timestamp::ZERO,
        };
        let (phones, org, now) = (Phones::default(), "acme".into(), Timestamp::from_secs(9));
        let step = next(&CallView { phones: &phones, org: &org, now }, &call).expect("a step");
        assert_eq!((step.after, step.reports[0].hop.status), (AGENT_TALKS, S::Completed));
    }

    #[test]
    fn reading_takes_longer_for_longer_texts_up_to_an_end() {
        let time = |length| said(&Say { text: "a".repeat(length), ..Say::default() });
        assert!(time(1) < time(40));
        assert_eq!(time(1_000), SAY.2);
    }
}

//! How a plan is carried out (R-HOOK-3): talking takes a little time, keys and
//! recordings come back as the phone gives them, others are dialled, queues are joined and left.

use super::{PickUp, S, Step, View};
use crate::model::{
    CallHop, CustomerNumber, DialData, HangupCause, Prompt, Say, Timestamp, VoiceAction, VoiceCall,
};
use std::time::Duration;

/// Between a plan and the first thing heard, and between two reports that follow each other.
const AT_ONCE: Duration = Duration::from_millis(200);
/// How long a text takes to read: some, and more for each character, but never too long to watch.
const SAY: (Duration, Duration, Duration) =
    (Duration::from_millis(300), Duration::from_millis(40), Duration::from_secs(6));
/// How long a sound plays, since none is ever fetched.
const PLAY: Duration = Duration::from_secs(2);
/// How long keys take to press, and a caller to leave a message.
const PRESS: Duration = Duration::from_millis(800);
const SPEAK: Duration = Duration::from_secs(2);
/// How long another phone rings, and how long two talk.
const RINGS: Duration = Duration::from_millis(1_500);
const TALK: Duration = Duration::from_secs(4);
const DESK: Duration = Duration::from_secs(20);

/// What comes next in the plan of a call. `prompt` records ANSWERED and ACTIVE as a plan begins, and
/// ends calls whose plan is empty.
pub fn next(view: &View<'_>, call: &VoiceCall) -> Option<Step> {
    // A call of a log that is older than plans has none.
    let plan = call.plan();
    match (call.status, plan.last()) {
        // Somebody at a desk has picked up: no app is asked, and they talk for a while.
        (S::Answered, _) | (_, None) => Some(hang_up(view, call, DESK)),
        (S::Active, Some(_)) => Some(transfer(view, call).unwrap_or_else(|| run(view, call, plan))),
        (S::Dialing, Some(_)) => Some(rings(view, plan, call)),
        (S::Bridged, Some(VoiceAction::Dial { .. })) => Some(dial_over(view, call, plan)),
        // The caller who waited hangs up, and whoever took them goes on.
        (S::Bridged, Some(VoiceAction::Enqueue { .. })) => Some(hang_up(view, call, TALK)),
        (S::Bridged, Some(_)) => Some(Step::to(TALK + AT_ONCE, call, S::Active)),
        (S::Transferred, Some(_))
            if view.phones.call(&call.number) == Some(S::TransferCompleted) =>
        {
            Some(Step::to(Duration::from_secs(1), call, S::TransferCompleted))
        }
        (S::Transferred, Some(_)) => Some(hang_up(view, call, TALK)),
        _ => None,
    }
}

fn hang_up(view: &View<'_>, call: &VoiceCall, after: Duration) -> Step {
    Step::end(after, call, view.now, S::Completed, HangupCause::NormalClearing)
}

/// A magic number that stands for a hand-over gets one, once.
fn transfer(view: &View<'_>, call: &VoiceCall) -> Option<Step> {
    let wanted =
        matches!(view.phones.call(&call.number), Some(S::Transferred | S::TransferCompleted));
    let done = call.hops.iter().any(|hop| hop.status == S::Transferred);
    (wanted && !done).then(|| Step::to(AT_ONCE, call, S::Transferred))
}

/// The actions up to the one that ends the plan, and its result.
fn run(view: &View<'_>, call: &VoiceCall, plan: &[VoiceAction]) -> Step {
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
                return Step::one(after, call, hop);
            }
            VoiceAction::GetRecording { prompt, max_length, .. } => {
                let after = time + heard(prompt.as_ref()) + SPEAK.min(*max_length);
                let recording_url = Some(recording(call));
                let hop = CallHop { status: S::Active, recording_url, ..CallHop::default() };
                return Step::one(after, call, hop);
            }
            VoiceAction::Dial { .. } => return Step::to(time, call, S::Dialing),
            VoiceAction::Enqueue { .. } => return Step::to(time, call, S::Enqueued),
            // The rules look who waits (`voice`), and join both or ask again.
            VoiceAction::Dequeue { .. } => return Step::to(time, call, S::Dequeued),
            // Nothing is fetched: the call is in other hands (R-HOOK-3).
            VoiceAction::Redirect(_) => return Step::to(time, call, S::Transferred),
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

/// Where a recording could be heard; nothing is there.
fn recording(call: &VoiceCall) -> String {
    format!("sandbox://recordings/{}/{}.wav", call.id, call.hops.len())
}

/// What of the keys counts: up to the finishing key, and no more than asked for.
fn keys(pressed: &str, finish: Option<&str>, most: Option<i32>) -> String {
    let finish = finish.and_then(|key| key.chars().next());
    let most = most.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0).unwrap_or(usize::MAX);
    pressed.chars().take_while(|key| Some(*key) != finish).take(most).collect()
}

fn dialled(plan: &[VoiceAction]) -> (&[CustomerNumber], Option<i32>) {
    let found = plan.iter().find_map(|action| match action {
        VoiceAction::Dial { numbers, max_duration, .. } => Some((&numbers[..], *max_duration)),
        _ => None,
    });
    found.unwrap_or_default()
}

/// The first of the numbers that picks up; a phone that waits to be told cannot, it is no call of
/// its own.
fn partner<'p>(view: &View<'_>, numbers: &'p [CustomerNumber]) -> Option<&'p CustomerNumber> {
    numbers.iter().find(|number| view.phones.rings(view.org, number) == PickUp::Yes)
}

fn rings(view: &View<'_>, plan: &[VoiceAction], call: &VoiceCall) -> Step {
    let (numbers, _) = dialled(plan);
    let (status, number, after) = match partner(view, numbers) {
        Some(number) => (S::Bridged, Some(number), RINGS),
        None => (S::DialCompleted, numbers.first(), RINGS * 2),
    };
    let number = number.map(|number| number.number.clone()).unwrap_or_default();
    let started_at = if status == S::Bridged { view.now } else { Timestamp::ZERO };
    let dial = Some(DialData { number, started_at, duration: Duration::ZERO });
    Step::one(after, call, CallHop { status, dial, ..CallHop::default() })
}

fn dial_over(view: &View<'_>, call: &VoiceCall, plan: &[VoiceAction]) -> Step {
    let (_, most) = dialled(plan);
    let most = most.and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs);
    let bridged = call.hops.iter().rev().find(|hop| hop.status == S::Bridged);
    let with = bridged.and_then(|hop| hop.dial.clone()).unwrap_or_default();
    let duration = bridged.map_or(Duration::ZERO, |hop| view.now.since(hop.at));
    let dial =
        Some(DialData { duration: most.map_or(duration, |most| duration.min(most)), ..with });
    let hop = CallHop { status: S::DialCompleted, dial, ..CallHop::default() };
    Step::one(most.map_or(TALK, |most| TALK.min(most)), call, hop)
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
        let step = next(&View { phones: &phones, org: &org, now }, &call).expect("a step");
        assert_eq!((step.after, step.reports[0].hop.status), (DESK, S::Completed));
    }

    #[test]
    fn reading_takes_longer_for_longer_texts_up_to_an_end() {
        let time = |length| said(&Say { text: "a".repeat(length), ..Say::default() });
        assert!(time(1) < time(40));
        assert_eq!(time(1_000), SAY.2);
    }
}

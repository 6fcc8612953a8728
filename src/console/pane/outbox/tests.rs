//! What becomes of a command: it is held, taken back, refused or unknown, and what is unknown stays
//! so until the hub or the log says what happened (R-CONSOLE-3).

use super::*;
use crate::{
    catalog::Target,
    console::{drafts::FormDraft, msg::SendQueue},
    model::{
        Actor, Body, CustomerCommand, CustomerId, CustomerRef, EntryId, Event, EventKind,
        MessageReceipt, MessageStatus, Seq, Standing, StateReceipt, StoredCall,
    },
};

mod course;

const NOW: Timestamp = Timestamp::from_secs(1_795_442_400);
const HOLD: Duration = Duration::from_secs(5);

pub(crate) fn ready(n: u32, hold: bool) -> Ready {
    Ready {
        call: format!("sb-0000000{n}").into(),
        command: CustomerCommand::ReplyToMessage {
            customer: "el_cst_1".into(),
            message: "el_msg_7".into(),
            body: Body::text(format!("text {n}")),
            seen: None,
        },
        then: Vec::new(),
        to: "Jane W. +254711000001".into(),
        title: "Reply",
        summary: format!("text {n}"),
        hold,
        draft: FormDraft {
            form: "reply".into(),
            target: Target::default(),
            values: vec![("text".into(), format!("text {n}"))],
            saved_at: NOW,
            ..FormDraft::default()
        },
    }
}

fn secs(s: u64) -> Timestamp {
    NOW.after(Duration::from_secs(s))
}

fn call(n: u32) -> CallId {
    format!("sb-0000000{n}").into()
}

fn send(n: u32) -> Effect {
    Effect::Send { call: call(n), command: ready(n, true).command, queue: SendQueue::Org }
}

fn accepted(n: u32) -> Receipt {
    Receipt::Message(MessageReceipt {
        status: MessageStatus::Sent,
        description: "accepted".into(),
        message: Some(format!("el_msg_new{n}").into()),
        customer: Some("el_cst_1".into()),
        conflict: None,
    })
}

fn refused() -> Receipt {
    Receipt::Message(MessageReceipt {
        status: MessageStatus::NoConsent,
        description: "the customer opted out".into(),
        message: None,
        customer: Some("el_cst_1".into()),
        conflict: None,
    })
}

fn lost() -> ClientError {
    ClientError::Unknown("the connection broke".into())
}

fn entry(kind: EventKind, stored: Option<StoredCall>) -> Entry {
    let event = Event {
        at: NOW,
        customer: Some(CustomerId::from("el_cst_1")),
        app: None,
        actor: Actor::Network,
        number: None,
        channel: None,
        name: None,
        kind,
    };
    Entry {
        org: "acme".into(),
        seq: Seq(1),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at: NOW,
        events: vec![event],
        call: stored,
    }
}

fn stored(n: u32, receipt: Receipt) -> Entry {
    entry(EventKind::CustomerMet, Some(StoredCall { id: call(n), digest: [0; 32], receipt }))
}

fn became(n: u32, status: MessageStatus) -> Entry {
    entry(EventKind::MessageStatusChanged { id: format!("el_msg_new{n}").into(), status }, None)
}

/// An outbox with one command on its way.
fn sending() -> Outbox {
    let mut outbox = Outbox::new(Duration::ZERO);
    outbox.connection(true, NOW);
    assert_eq!(outbox.submit(ready(1, true), NOW), [send(1)]);
    outbox
}

/// How the thing stands that the newest row began.
fn now(outbox: &Outbox) -> Stand {
    let row = outbox.rows().next_back().expect("a row");
    row.followed().unwrap_or_else(|| panic!("{:?}", row.state)).now()
}

fn is_now(status: MessageStatus) -> Stand {
    Stand::Thing(Standing::Message(status))
}

fn state(outbox: &Outbox) -> &SendState {
    &outbox.rows().next_back().expect("a row").state
}

#[test]
fn a_message_is_held_then_sent_then_moves_on() {
    let mut outbox = Outbox::new(HOLD);
    assert_eq!(outbox.submit(ready(1, true), NOW), []);
    assert_eq!(outbox.next_wake(), Some(secs(1)), "the countdown shows seconds");
    assert_eq!(outbox.wake(secs(4)), []);
    assert_eq!(outbox.next_wake(), Some(secs(5)));
    assert_eq!(outbox.wake(secs(5)), [send(1)]);
    assert_eq!((state(&outbox), outbox.next_wake()), (&SendState::Sending, None));
    outbox.sent(&call(1), Ok(accepted(1)), secs(6));
    assert_eq!(now(&outbox), is_now(MessageStatus::Sent));
    outbox.entry(&became(1, MessageStatus::Delivered), secs(7));
    outbox.entry(&became(1, MessageStatus::Read), secs(8));
    assert_eq!(now(&outbox), is_now(MessageStatus::Read));
    assert_eq!(outbox.recall(&call(1)), None);
}

#[test]
fn undo_takes_the_newest_back_and_it_never_leaves() {
    let mut outbox = Outbox::new(HOLD);
    outbox.submit(ready(1, true), NOW);
    outbox.submit(ready(2, true), secs(1));
    assert_eq!(outbox.undo(secs(2)), Some((call(2), ready(2, true).draft)));
    assert_eq!(outbox.wake(secs(60)), [send(1)]);
    assert_eq!(outbox.undo(secs(61)), None);
    assert_eq!(state(&outbox), &SendState::TakenBack, "it leaves a trace");
    assert_eq!(outbox.recall(&call(2)), Some((call(2), ready(2, true).draft)));
}

#[test]
fn send_now_and_no_hold() {
    let mut outbox = Outbox::new(HOLD);
    outbox.submit(ready(1, true), NOW);
    assert_eq!(outbox.send_now(NOW), [send(1)]);
    assert_eq!(outbox.send_now(NOW), []);
    assert_eq!(outbox.submit(ready(2, false), NOW), [send(2)], "a tag is not held");
    assert_eq!(sending().held().count(), 0);
}

#[test]
fn a_refusal_keeps_its_words_and_code() {
    let mut outbox = sending();
    outbox.sent(&call(1), Ok(refused()), secs(1));
    let words = "no consent: the customer opted out".into();
    let want = SendState::Refused { words, code: Some(401) };
    assert_eq!(state(&outbox), &want);
    let advice = outbox.rows().next_back().map(|row| row.advice).unwrap_or_default();
    assert!(advice.contains("only their START"), "{advice}");
    assert_eq!(outbox.recall(&call(1)), Some((call(1), ready(1, true).draft)));
    let no =
        Receipt::State(StateReceipt { ok: false, description: "too large".into(), customer: None });
    let mut outbox = sending();
    outbox.sent(&call(1), Ok(no), secs(1));
    assert_eq!(state(&outbox), &SendState::Refused { words: "too large".into(), code: None });
}

#[test]
fn what_was_surely_not_done_says_so() {
    let errors = [
        ClientError::Unreachable { endpoint: "here".into(), reason: "refused".into() },
        ClientError::Unavailable("shutting down".into()),
        ClientError::Unauthenticated("expired".into()),
    ];
    for error in errors {
        let mut outbox = sending();
        outbox.sent(&call(1), Err(error.clone()), secs(1));
        assert_eq!(state(&outbox), &SendState::NotSent { reason: error.to_string() });
        assert_eq!(outbox.recall(&call(1)), Some((call(1), ready(1, true).draft)));
        assert_eq!(outbox.wake(secs(60)), [], "never by itself");
    }
    let mut outbox = sending();
    outbox.overloaded(&call(1), secs(1));
    assert!(matches!(state(&outbox), SendState::NotSent { .. }));
}

#[test]
fn unknown_is_asked_about_once_after_a_reconnect_under_the_same_key() {
    let mut outbox = sending();
    outbox.connection(false, secs(1));
    outbox.sent(&call(1), Err(lost()), secs(1));
    assert_eq!(outbox.unknown(), 1);
    assert_eq!((outbox.wake(secs(30)), outbox.recall(&call(1))), (vec![], None));
    outbox.connection(true, secs(60));
    assert_eq!(outbox.next_wake(), Some(secs(62)), "the feed may tell first");
    assert_eq!(outbox.wake(secs(62)), [send(1)], "within 5 s of the reconnect");
    assert!(matches!(state(&outbox), SendState::Unknown { asking: true, .. }));
    assert_eq!(outbox.check(&call(1), secs(62)), [], "one question at a time");
    outbox.sent(&call(1), Ok(accepted(1)), secs(63));
    assert_eq!(now(&outbox), is_now(MessageStatus::Sent));
}

#[test]
fn unknown_stays_unknown_whatever_the_second_try_says() {
    let unsure = [
        ClientError::Unreachable { endpoint: "here".into(), reason: "refused".into() },
        ClientError::Unavailable("busy".into()),
        ClientError::Denied("not yours".into()),
        lost(),
    ];
    for error in unsure {
        let mut outbox = sending();
        outbox.sent(&call(1), Err(lost()), secs(1));
        assert_eq!(outbox.wake(secs(3)), [send(1)]);
        outbox.sent(&call(1), Err(error.clone()), secs(4));
        assert!(matches!(state(&outbox), SendState::Unknown { asking: false, .. }), "{error}");
        assert_eq!(outbox.wake(secs(300)), [], "asked once by itself");
        outbox.overloaded(&call(1), secs(4));
        assert_eq!(outbox.unknown(), 1);
        assert_eq!(outbox.check(&call(1), secs(301)), [send(1)], "and again when wanted");
        outbox.entry(&stored(1, accepted(1)), secs(302));
        assert_eq!(now(&outbox), is_now(MessageStatus::Sent), "the log tells");
        outbox.sent(&call(1), Err(lost()), secs(303));
        assert_eq!(now(&outbox), is_now(MessageStatus::Sent));
    }
}

#[test]
fn a_failing_hub_is_unknown_too() {
    let mut outbox = sending();
    outbox.sent(&call(1), Err(ClientError::Internal("panic".into())), secs(1));
    assert_eq!(outbox.unknown(), 1);
    outbox.entry(&stored(1, refused()), secs(2));
    assert!(matches!(state(&outbox), SendState::Refused { code: Some(401), .. }));
}

#[test]
fn what_is_old_is_not_asked_about_by_itself() {
    let mut outbox = sending();
    outbox.connection(false, secs(1));
    outbox.sent(&call(1), Err(lost()), secs(1));
    outbox.connection(true, secs(3_600));
    assert_eq!(outbox.wake(secs(3_602)), [], "it might surprise a customer an hour later");
    assert_eq!(outbox.check(&call(1), secs(3_603)), [send(1)]);
}

#[test]
fn the_feed_may_be_faster_than_the_answer() {
    let mut outbox = sending();
    outbox.entry(&stored(1, accepted(1)), secs(1));
    outbox.entry(&became(1, MessageStatus::Delivered), secs(2));
    outbox.sent(&call(1), Ok(accepted(1)), secs(3));
    assert_eq!(now(&outbox), is_now(MessageStatus::Delivered));
    outbox.entry(&became(2, MessageStatus::Failed), secs(4));
    assert_eq!(now(&outbox), is_now(MessageStatus::Delivered), "not ours");
}

#[test]
fn r_console_21_what_is_held_stands_still_while_the_agent_is_asked() {
    let mut outbox = Outbox::new(HOLD);
    outbox.submit(ready(1, true), NOW);
    assert!(outbox.stand_still(true, secs(3)));
    assert!(!outbox.stand_still(true, secs(4)), "it stands still already");
    assert_eq!((outbox.wake(secs(60)), outbox.next_wake()), (vec![], None));
    // What is confirmed meanwhile loses none of its time either.
    outbox.submit(ready(2, true), secs(60));
    assert!(outbox.stand_still(false, secs(63)));
    assert_eq!(outbox.wake(secs(64)), []);
    assert_eq!(outbox.wake(secs(65)), [send(1)], "2 s were left of 5");
    assert_eq!(outbox.wake(secs(67)), []);
    assert_eq!(outbox.wake(secs(68)), [send(2)]);
    // What was due when the question was asked does not leave under it.
    outbox.submit(ready(3, true), secs(70));
    outbox.stand_still(true, secs(75));
    assert_eq!(outbox.wake(secs(75)), []);
    assert_eq!(outbox.send_now(secs(76)), [send(3)], "the agent can still let it go");
}

#[test]
fn a_clock_that_jumps_takes_no_time_from_what_is_held() {
    for (set_to, still) in [(3_602, false), (2, false), (3_602, true), (2, true)] {
        let mut outbox = Outbox::new(HOLD);
        outbox.submit(ready(1, true), secs(1_000));
        if still {
            outbox.stand_still(true, secs(1_001));
        }
        // The clock would show 1,002 now, and 3 s were left; or 4, as it stood still for one of them.
        assert!(outbox.clock_set(secs(1_002), secs(set_to)));
        outbox.stand_still(false, secs(set_to));
        let left = if still { 4 } else { 3 };
        assert_eq!(outbox.wake(secs(set_to + left - 1)), [], "to {set_to}, still: {still}");
        assert_eq!(outbox.wake(secs(set_to + left)), [send(1)], "to {set_to}, still: {still}");
    }
}

#[test]
fn leaving_turns_held_ones_into_drafts() {
    let mut outbox = Outbox::new(HOLD);
    outbox.submit(ready(1, true), NOW);
    outbox.submit(ready(2, false), NOW);
    outbox.submit(ready(3, true), NOW);
    outbox.take_all_back(secs(1));
    assert_eq!(outbox.wake(secs(60)), []);
    let states: Vec<_> = outbox.rows().map(|row| &row.state).collect();
    assert_eq!(states, [&SendState::TakenBack, &SendState::Sending, &SendState::TakenBack]);
}

#[test]
fn the_newest_rows_are_kept_and_unknown_ones_stay() {
    let mut outbox = sending();
    outbox.sent(&call(1), Err(lost()), NOW);
    for n in 0..300 {
        let mut next = ready(2, false);
        next.call = format!("sb-other-{n}").into();
        outbox.submit(next, NOW);
        outbox.sent(&format!("sb-other-{n}").into(), Ok(refused()), NOW);
    }
    assert_eq!((outbox.rows().len(), outbox.unknown()), (Outbox::KEPT, 1));
    outbox.scroll(-1_000);
    assert_eq!(outbox.selected().map(|row| row.call.clone()), Some(call(1)));
    outbox.scroll(1_000);
    assert_eq!(outbox.back(), 0);
}

#[test]
fn a_row_waits_for_earlier_ones_of_its_lane_that_are_no_leases() {
    let mut outbox = Outbox::new(HOLD);
    let about = |n: u32, customer: &str, lease: bool| {
        let mut ready = ready(n, false);
        ready.draft.target.customer = Some(customer.into());
        if lease {
            let customer = CustomerRef::Id(customer.into());
            ready.command = CustomerCommand::LeaseMetadata { customer, key: "survey".into() };
        }
        ready
    };
    outbox.submit(about(1, "jane", true), NOW);
    outbox.submit(about(2, "jane", false), NOW);
    outbox.submit(about(3, "otieno", false), NOW);
    outbox.submit(about(4, "jane", false), NOW);
    let queued =
        |outbox: &Outbox| -> Vec<bool> { outbox.rows().map(|row| outbox.is_queued(row)).collect() };
    assert_eq!(queued(&outbox), [false, false, false, true]);
    outbox.sent(&call(2), Ok(accepted(2)), secs(1));
    assert_eq!(queued(&outbox), [false; 4]);
}

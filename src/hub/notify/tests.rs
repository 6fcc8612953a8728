//! The queue of one app: what it keeps, shares among streams, repeats and drops.

use super::queue::{Dropped, Queue, QueuedNotification};
use crate::{
    model::{
        Actor, AppId, Body, CallHop, CallStatus, ChannelNumber, CustomerId, CustomerNumber,
        Direction, Entry, EntryId, Event, EventKind, Firing, Reminder, Seq, Timestamp,
    },
    wire::proto::hera::{WebhookRequest, webhook_request::Entry as Kind},
};
use std::time::Duration;
use tokio::time::Instant;

const NOON: Timestamp = Timestamp::from_secs(1_700_000_000);
const WINDOW: Duration = Duration::from_secs(15);

fn app() -> AppId {
    AppId::from("desk")
}

/// Makes entry `seq`, in which the customer writes to the app or dials it.
fn entry(seq: u64, customer: &str, kind: EventKind) -> Entry {
    let event = Event {
        at: NOON,
        customer: Some(CustomerId::from(customer)),
        app: Some(app()),
        actor: Actor::Customer,
        number: Some(CustomerNumber::telco("+254700000001")),
        channel: Some(ChannelNumber::default()),
        name: None,
        kind,
    };
    Entry {
        org: "acme".into(),
        seq: Seq(seq),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at: NOON,
        events: vec![event],
        call: None,
    }
}

fn message(seq: u64) -> EventKind {
    EventKind::MessageReceived { id: seq.to_string().into(), body: Body::text("hello") }
}

fn put(queue: &mut Queue, seq: u64, customer: &str) {
    let entry = entry(seq, customer, message(seq));
    queue.push(Seq(seq), QueuedNotification::all(&entry, &app()), NOON);
}

/// The ids of the messages that a stream gets now.
fn drain(queue: &mut Queue, line: u64, now: Instant) -> Vec<u64> {
    let next = || take(queue, line, NOON, now);
    std::iter::from_fn(next).map(|note| message_id(&note)).collect()
}

fn take(queue: &mut Queue, line: u64, wall: Timestamp, now: Instant) -> Option<WebhookRequest> {
    queue.take(line, wall, now).map(QueuedNotification::note)
}

fn message_id(note: &WebhookRequest) -> u64 {
    match &note.entry {
        Some(Kind::ReceivedMessage(message)) => message.message_id.parse().unwrap(),
        other => panic!("not a received message: {other:?}"),
    }
}

/// Notifications go out in the order of the log (R-ORD-1, R-EVT-3).
#[test]
fn without_a_stream_notifications_wait_in_order() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    for seq in 1..=5 {
        put(&mut queue, seq, "a");
    }
    assert_eq!(queue.safe(Instant::now()), Seq(0));
    let line = queue.open(NOON);
    assert_eq!(drain(&mut queue, line, Instant::now()), [1, 2, 3, 4, 5]);
}

#[test]
fn other_apps_and_silent_events_are_not_notified() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    let theirs = entry(1, "a", message(1));
    queue.push(Seq(1), QueuedNotification::all(&theirs, &AppId::from("billing")), NOON);
    let silent = entry(2, "a", EventKind::CustomerMet);
    queue.push(Seq(2), QueuedNotification::all(&silent, &app()), NOON);
    let line = queue.open(NOON);
    assert_eq!(drain(&mut queue, line, Instant::now()), [0; 0]);
    assert_eq!(queue.safe(Instant::now()), Seq(2));
}

#[test]
fn r_conn_4_the_oldest_go_first_and_are_counted() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    for seq in 1..=1003 {
        put(&mut queue, seq, "a");
    }
    assert_eq!(queue.dropped(), Some(Dropped { count: 3, from: Seq(1), to: Seq(3) }));
    assert_eq!(queue.dropped(), None);
    let line = queue.open(NOON);
    let got: Vec<_> = std::iter::from_fn(|| take(&mut queue, line, NOON, Instant::now())).collect();
    assert_eq!((got.len(), message_id(&got[0])), (1000, 4));
}

#[test]
fn r_conn_4_a_day_is_the_longest() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    put(&mut queue, 1, "a");
    queue.prune(NOON.after(Duration::from_hours(24)));
    assert_eq!(queue.dropped(), None);
    queue.prune(NOON.after(Duration::from_secs(24 * 3600 + 1)));
    assert_eq!(queue.dropped(), Some(Dropped { count: 1, from: Seq(1), to: Seq(1) }));
}

#[test]
fn r_conn_4_a_prompt_is_of_no_use_after_its_window_and_is_no_loss() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    let kind = EventKind::UssdInput { session: "s".into(), input: String::new(), dial: true };
    let dial = entry(1, "a", kind);
    queue.push(Seq(1), QueuedNotification::all(&dial, &app()), NOON);
    put(&mut queue, 2, "a");
    let late = NOON.after(WINDOW + Duration::from_secs(1));
    let line = queue.open(late);
    assert_eq!(drain(&mut queue, line, Instant::now()), [2]);
    assert_eq!(queue.dropped(), None);
}

#[test]
fn r_decom_2_what_an_app_has_not_got_yet_names_who_absorbed_its_customer() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    put(&mut queue, 1, "gone");
    put(&mut queue, 2, "other");
    let line = queue.open(NOON);
    put(&mut queue, 3, "gone");
    let ids = |queue: &mut Queue, line, n: usize| -> Vec<String> {
        let next = || take(queue, line, NOON, Instant::now());
        let notes = std::iter::from_fn(next).take(n);
        let of = |note: WebhookRequest| match note.entry {
            Some(Kind::ReceivedMessage(message)) => message.customer_id,
            other => panic!("not a received message: {other:?}"),
        };
        notes.map(of).collect()
    };
    assert_eq!(ids(&mut queue, line, 1), ["gone"]);
    let replaced = entry(4, "gone", EventKind::CustomerReplaced { by: "lives".into() });
    queue.rename(&replaced);
    queue.push(Seq(4), QueuedNotification::all(&replaced, &app()), NOON);
    assert_eq!(ids(&mut queue, line, 9), ["other", "lives"]);
    // What is given again after a break names a customer who exists (D-HERA).
    queue.close(line, Instant::now());
    queue.rename(&replaced);
    let line = queue.open(NOON);
    assert_eq!(ids(&mut queue, line, 9), ["lives", "other", "lives"]);
}

/// A report about a call.
fn call(prompt: bool) -> EventKind {
    let hop = CallHop { status: CallStatus::Ringing, prompt, ..CallHop::default() };
    let (direction, session) = (Direction::Inbound, "c".into());
    EventKind::CallChanged { session, direction, hop, duration: Duration::ZERO, cost: None }
}

#[test]
fn r_conn_4_a_call_that_asks_for_a_plan_is_a_prompt_and_news_of_a_call_is_not() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    for (seq, prompt) in [(1, true), (2, false)] {
        let entry = entry(seq, "a", call(prompt));
        queue.push(Seq(seq), QueuedNotification::all(&entry, &app()), NOON);
    }
    let line = queue.open(NOON.after(WINDOW + Duration::from_secs(1)));
    let late = take(&mut queue, line, NOON, Instant::now()).unwrap();
    assert!(matches!(late.entry, Some(Kind::VoiceCall(_))));
    assert!(take(&mut queue, line, NOON, Instant::now()).is_none(), "the prompt was kept");
    assert_eq!(queue.dropped(), None);
}

/// Puts entry `seq` into the queue, in which a reminder fires or is cancelled.
fn remind(queue: &mut Queue, seq: u64, customer: &str, key: &str, fires: bool) {
    let reminder = Reminder { app: app(), key: key.to_owned(), ..Reminder::default() };
    let kind = if fires {
        EventKind::ReminderFired(Firing { reminder, ..Firing::default() })
    } else {
        EventKind::ReminderCancelled { key: key.to_owned() }
    };
    let entry = entry(seq, customer, kind);
    queue.withdraw(&entry, &app());
    queue.push(Seq(seq), QueuedNotification::all(&entry, &app()), NOON);
}

fn reminder_of(note: &WebhookRequest) -> (String, String) {
    match &note.entry {
        Some(Kind::Reminder(note)) => {
            (note.customer_id.clone(), note.reminder.clone().unwrap_or_default().key)
        }
        other => panic!("not a reminder: {other:?}"),
    }
}

#[test]
fn a_cancelled_reminder_that_nobody_has_heard_of_yet_is_dropped() {
    // R-REM-5: the firings of another customer, of another key and of later entries stay.
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    remind(&mut queue, 1, "a", "rent", true);
    remind(&mut queue, 2, "b", "rent", true);
    remind(&mut queue, 3, "a", "water", true);
    remind(&mut queue, 4, "a", "rent", false);
    remind(&mut queue, 5, "a", "rent", true);
    let line = queue.open(NOON);
    let heard = std::iter::from_fn(|| take(&mut queue, line, NOON, Instant::now()));
    let heard: Vec<_> = heard.map(|note| reminder_of(&note)).collect();
    let expected = [("b", "rent"), ("a", "water"), ("a", "rent")];
    assert_eq!(heard, expected.map(|(who, key)| (who.to_owned(), key.to_owned())));
    assert_eq!(queue.dropped(), None, "what was taken back is no loss");
}

#[test]
fn a_reminder_that_a_stream_was_given_is_not_taken_back() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    let line = queue.open(NOON);
    remind(&mut queue, 1, "a", "rent", true);
    remind(&mut queue, 2, "a", "rent", false);
    assert!(take(&mut queue, line, NOON, Instant::now()).is_some());
}

#[test]
fn r_conn_3_streams_take_turns_and_keep_their_customers() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    let (one, two) = (queue.open(NOON), queue.open(NOON));
    for (seq, customer) in [(1, "a"), (2, "b"), (3, "a"), (4, "c"), (5, "b"), (6, "a")] {
        put(&mut queue, seq, customer);
    }
    let now = Instant::now();
    let (first, second) = (drain(&mut queue, one, now), drain(&mut queue, two, now));
    let (with_a, with_b) = if first.contains(&1) { (&first, &second) } else { (&second, &first) };
    assert!(with_a.starts_with(&[1, 3]) && with_a.ends_with(&[6]), "{first:?} {second:?}");
    assert_eq!(with_b, &[2, 5]);
    assert_eq!(first.len() + second.len(), 6);
}

#[test]
fn d_hera_what_a_stream_just_got_is_given_again_when_it_breaks() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    let start = Instant::now();
    let line = queue.open(NOON);
    put(&mut queue, 1, "a");
    assert_eq!(drain(&mut queue, line, start), [1]);
    put(&mut queue, 2, "a");
    put(&mut queue, 3, "a");
    let later = start + Duration::from_secs(8);
    assert_eq!(message_id(&take(&mut queue, line, NOON, later).unwrap()), 2);

    // Entry 1 went out 11 s before the break, entry 2 three seconds before it, and entry 3 not at all.
    let broken = start + Duration::from_secs(11);
    queue.close(line, broken);
    assert_eq!(queue.safe(broken), Seq(1));
    let again = queue.open(NOON);
    assert_eq!(drain(&mut queue, again, broken), [2, 3]);
}

#[tokio::test(start_paused = true)]
async fn d_again_however_short_the_streams_are_each_is_heard_once_and_once_again() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    put(&mut queue, 1, "a");
    let mut heard = Vec::new();
    for second in 0..30 {
        if second == 5 {
            put(&mut queue, 2, "a");
        }
        let line = queue.open(NOON);
        for seq in drain(&mut queue, line, Instant::now()) {
            heard.push((second, seq));
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        queue.close(line, Instant::now());
    }
    assert_eq!(heard, [(0, 1), (1, 1), (5, 2), (6, 2)]);
    assert_eq!(queue.safe(Instant::now()), Seq(2), "nor does a restart repeat it");
}

#[tokio::test(start_paused = true)]
async fn d_again_ten_seconds_are_counted_from_the_first_time() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    put(&mut queue, 1, "a");
    let line = queue.open(NOON);
    assert_eq!(drain(&mut queue, line, Instant::now()), [1]);
    queue.close(line, Instant::now());
    // Nobody comes for a minute. What may not have arrived waits for whoever comes.
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_eq!(queue.safe(Instant::now()), Seq(0));
    let line = queue.open(NOON);
    put(&mut queue, 2, "a");
    assert_eq!(drain(&mut queue, line, Instant::now()), [1, 2]);
    assert_eq!(queue.safe(Instant::now()), Seq(1), "of these only 2 was first handed out just now");
    tokio::time::advance(Duration::from_secs(10)).await;
    queue.close(line, Instant::now());
    let line = queue.open(NOON);
    assert_eq!(drain(&mut queue, line, Instant::now()), [2], "ten seconds are not over yet");
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(queue.safe(Instant::now()), Seq(2));
    queue.close(line, Instant::now());
    let line = queue.open(NOON);
    assert_eq!(drain(&mut queue, line, Instant::now()), [0; 0]);
}

#[test]
fn d_hera_at_most_64_are_given_again() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    let now = Instant::now();
    let line = queue.open(NOON);
    for seq in 1..=100 {
        put(&mut queue, seq, "a");
    }
    assert_eq!(drain(&mut queue, line, now).len(), 100);
    queue.close(line, now);
    let again = queue.open(NOON);
    assert_eq!(drain(&mut queue, again, now), (37..=100).collect::<Vec<_>>());
}

#[test]
fn d_hera_the_others_take_over_from_a_stream_that_broke() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    let now = Instant::now();
    let (one, two) = (queue.open(NOON), queue.open(NOON));
    for seq in 1..=4 {
        put(&mut queue, seq, &format!("customer {seq}"));
    }
    queue.close(one, now);
    let mut got = drain(&mut queue, two, now);
    got.sort_unstable();
    assert_eq!(got, [1, 2, 3, 4]);
    assert_eq!(queue.dropped(), None);
}

#[test]
fn d_hera_what_is_taken_over_keeps_its_place_before_what_is_newer() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    let start = Instant::now();
    let (one, two) = (queue.open(NOON), queue.open(NOON));
    put(&mut queue, 5, "a");
    put(&mut queue, 9, "b");
    // The stream that has the newer one stays open.
    let has_a = drain(&mut queue, one, start) == [5];
    let (with_a, with_b) = if has_a { (one, two) } else { (two, one) };
    drain(&mut queue, with_a, start);
    queue.close(with_a, start);
    assert_eq!(queue.safe(start), Seq(4), "a crash now must not skip 5");
    put(&mut queue, 11, "b");

    // Without any stream the oldest is kept first.
    queue.close(with_b, start + Duration::from_secs(2));
    assert_eq!(queue.safe(start), Seq(4));
    let again = queue.open(NOON);
    assert_eq!(drain(&mut queue, again, start + Duration::from_secs(3)), [5, 9, 11]);
    assert_eq!(queue.safe(start + Duration::from_secs(4)), Seq(4), "5 may not have arrived");
}

#[test]
fn reading_pauses_while_a_stream_is_slow() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    let line = queue.open(NOON);
    for seq in 1..=256 {
        assert!(queue.wants().is_some());
        put(&mut queue, seq, "a");
    }
    assert_eq!(queue.wants(), None);
    take(&mut queue, line, NOON, Instant::now());
    assert_eq!(queue.wants(), Some(Seq(256)));
}

#[test]
fn a_restart_begins_before_what_may_not_have_arrived() {
    let mut queue = Queue::new(Seq(0), true, WINDOW);
    let start = Instant::now();
    let line = queue.open(NOON);
    put(&mut queue, 7, "a");
    put(&mut queue, 9, "a");
    assert_eq!(queue.safe(start), Seq(6));
    drain(&mut queue, line, start);
    assert_eq!(queue.safe(start + Duration::from_secs(9)), Seq(6));
    assert_eq!(queue.safe(start + Duration::from_secs(11)), Seq(9));
}

#[test]
fn an_app_that_never_listened_loses_nothing_that_is_worth_an_event() {
    let mut queue = Queue::new(Seq(0), false, WINDOW);
    for seq in 1..=1001 {
        put(&mut queue, seq, "a");
    }
    assert_eq!(queue.dropped(), None);
    let line = queue.open(NOON);
    assert_eq!(message_id(&take(&mut queue, line, NOON, Instant::now()).unwrap()), 2);
}

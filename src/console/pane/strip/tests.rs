//! Who waits on the line, from entries and from the hub's answers.

use super::*;
use crate::model::{
    Actor, CallHop, CallStatus, Channel, ChannelNumber, CustomerNumber, Direction, EntryId,
    UssdEnd, UssdMenu, settings::BoundChannel,
};
use std::sync::Arc;

const START: Timestamp = Timestamp::from_secs(1_795_442_400);

fn after(seconds: u64) -> Timestamp {
    START.after(Duration::from_secs(seconds))
}

/// A prompt of a customer and session of that number, asked so many seconds after the start.
pub(crate) fn prompt(n: u8, asked: Timestamp, call: Option<CallStatus>) -> LivePrompt {
    let channel = if call.is_some() { Channel::Voice } else { Channel::Ussd };
    LivePrompt {
        customer: format!("el_cst_{n}").into(),
        name: format!("Customer {n}"),
        number: CustomerNumber::telco(&format!("+25471100000{n}")),
        channel: ChannelNumber::new(channel, "*385#"),
        session: format!("el_ses_{n}").into(),
        said: String::new(),
        call,
        asked_at: asked,
        answer_by: asked.after(Duration::from_secs(15)),
    }
}

fn event(n: u8, at: Timestamp, kind: EventKind) -> Event {
    Event {
        at,
        customer: Some(format!("el_cst_{n}").into()),
        app: None,
        actor: Actor::Customer,
        number: Some(CustomerNumber::telco(&format!("+25471100000{n}"))),
        channel: Some(ChannelNumber::new(Channel::Ussd, "*385#")),
        name: Some(format!("Customer {n}")),
        kind,
    }
}

fn entry(seq: u64, n: u8, at: Timestamp, kind: EventKind) -> FeedEvent {
    FeedEvent::Entry(Arc::new(Entry {
        org: "acme".into(),
        seq: Seq(seq),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at,
        events: vec![event(n, at, kind)],
        call: None,
    }))
}

fn dials(n: u8) -> EventKind {
    EventKind::UssdInput { session: format!("el_ses_{n}").into(), input: String::new(), dial: true }
}
fn shown(n: u8) -> EventKind {
    EventKind::UssdMenuShown { session: format!("el_ses_{n}").into(), menu: UssdMenu::default() }
}
fn call(n: u8, status: CallStatus, prompt: bool) -> EventKind {
    EventKind::CallChanged {
        session: format!("el_ses_{n}").into(),
        direction: Direction::Inbound,
        hop: CallHop { status, prompt, ..CallHop::default() },
        duration: Duration::ZERO,
        cost: None,
    }
}

fn sessions(strip: &LiveStrip, at: Timestamp) -> Vec<String> {
    strip.shown(at).iter().map(|prompt| prompt.session.to_string()).collect()
}

/// A strip that has asked, with the answer that nobody waits as of entry 10.
fn quiet() -> LiveStrip {
    let mut strip = LiveStrip::default();
    strip.event(&FeedEvent::up(Hello::default()));
    assert_eq!(strip.watch(true, START), Some(Effect::Live));
    strip.listed(Ok(LivePrompts { as_of: Seq(10), ..LivePrompts::default() }));
    strip
}

#[test]
fn r_wait_6_the_least_time_comes_first_and_whoever_was_answered_goes() {
    // Given two who dial and one whose call rings.
    let mut strip = quiet();
    assert!(strip.event(&entry(11, 1, START, dials(1))));
    strip.event(&entry(12, 2, after(1), call(2, CallStatus::Ringing, true)));
    strip.event(&entry(13, 3, after(2), dials(3)));
    // When nobody answers within a second, then they are shown in the order of their time.
    assert_eq!(sessions(&strip, START), [""; 0], "an app may still be about to answer");
    assert_eq!(sessions(&strip, after(3)), ["el_ses_1", "el_ses_2", "el_ses_3"]);
    // When the network reports of the call, then it still waits; when it is over or a menu is shown, no more.
    assert!(strip.event(&entry(14, 2, after(3), call(2, CallStatus::Answered, false))));
    assert_eq!(strip.shown(after(3))[1].call, Some(CallStatus::Answered));
    strip.event(&entry(15, 1, after(3), shown(1)));
    let over = EventKind::UssdEnded { session: "el_ses_3".into(), end: UssdEnd::CustomerLeft };
    strip.event(&entry(16, 3, after(3), over));
    assert_eq!(sessions(&strip, after(3)), ["el_ses_2"]);
    // And when the time is over, nobody is left and nothing counts.
    assert_eq!(sessions(&strip, after(16)), [""; 0]);
    assert_eq!((strip.watch(true, after(16)), strip.counts(after(16))), (None, None));
}

#[test]
fn an_answer_of_the_hub_and_the_entries_after_it_are_joined_by_their_place() {
    // Given a question that is on its way while somebody dials and another one is answered.
    let mut strip = LiveStrip::default();
    strip.event(&FeedEvent::up(Hello::default()));
    assert_eq!(strip.watch(true, after(2)), Some(Effect::Live));
    strip.event(&entry(21, 1, after(2), dials(1)));
    strip.event(&entry(22, 2, after(2), shown(2)));
    // When the answer is as of the entry before them, then what they say is newer.
    let waiting = |n| prompt(n, START, None);
    let live = LivePrompts { prompts: vec![waiting(2), waiting(3)], total: 2, as_of: Seq(20) };
    strip.listed(Ok(live));
    assert_eq!(sessions(&strip, after(4)), ["el_ses_3", "el_ses_1"]);
    // And an older entry that comes late says nothing new.
    strip.event(&entry(19, 4, after(2), dials(4)));
    strip.event(&entry(23, 5, after(4), dials(5)));
    assert_eq!(strip.waiting(after(5)).len(), 3);
}

#[test]
fn r_hook_1_everyone_has_the_time_that_the_hub_said_of_their_number() {
    // Given a hub whose callers have 30 s, and 10 s for those on the code that a network carries.
    let mut strip = quiet();
    let code = BoundChannel {
        channel: ChannelNumber::new(Channel::Ussd, "*385#"),
        app: None,
        purse: None,
        carrier: Some("safari".into()),
        prompt_window: Some(Duration::from_secs(10)),
    };
    let prompt_window = Some(Duration::from_secs(30));
    let hello = Hello { channels: vec![code], prompt_window, ..Hello::default() };
    strip.event(&FeedEvent::up(hello.clone()));
    // When one dials that code, and another one a code that nobody limits.
    strip.event(&entry(11, 1, START, dials(1)));
    let FeedEvent::Entry(other) = entry(12, 2, START, dials(2)) else { panic!("no entry") };
    let mut other = Entry::clone(&other);
    other.events[0].channel = Some(ChannelNumber::new(Channel::Ussd, "*386#"));
    strip.event(&FeedEvent::Entry(other.into()));
    // Then each is shown for as long as they wait.
    assert_eq!(sessions(&strip, after(9)), ["el_ses_1", "el_ses_2"]);
    assert_eq!(sessions(&strip, after(10)), ["el_ses_2"]);
    assert_eq!(sessions(&strip, after(30)), [""; 0]);
    // And when the hub comes back with other settings, those count for who calls then.
    strip.event(&FeedEvent::up(Hello { channels: Vec::new(), ..hello }));
    strip.event(&entry(13, 3, after(40), dials(3)));
    assert_eq!(sessions(&strip, after(69)), ["el_ses_3"]);
    assert_eq!(sessions(&strip, after(70)), [""; 0]);
}

#[test]
fn what_is_not_known_is_asked_again_and_a_server_that_cannot_say_is_left_alone() {
    let mut strip = LiveStrip::default();
    assert_eq!(strip.watch(false, START), None, "nobody is asked who is not there");
    strip.event(&FeedEvent::up(Hello::default()));
    assert_eq!(strip.watch(true, START), Some(Effect::Live));
    strip.listed(Err(ClientError::Unavailable("draining".into())));
    assert_eq!((strip.watch(true, after(1)), strip.next_wake()), (None, Some(after(5))));
    assert_eq!(strip.watch(true, after(5)), Some(Effect::Live));
    strip.listed(Err(ClientError::Unsupported("no".into())));
    assert_eq!((strip.watch(true, after(20)), strip.next_wake()), (None, None));
    // After a gap it is not known who waits.
    let reason = crate::model::GapReason::Pruned;
    strip.event(&FeedEvent::Gap { after: Seq(3), next: Seq(9), reason });
    assert_eq!(strip.watch(true, after(21)), Some(Effect::Live));
}

#[test]
fn time_counts_by_the_clock_of_the_hub() {
    let mut strip = quiet();
    let day = Duration::from_hours(24);
    strip.clock(Skew::between(START.after(day), START));
    strip.event(&entry(11, 1, START.after(day), dials(1)));
    assert_eq!(sessions(&strip, after(2)), ["el_ses_1"]);
    assert_eq!(strip.counts(after(2)), Some(after(3)));
    assert_eq!(sessions(&strip, after(15)), [""; 0]);
}

//! A network that the hub does not reach or that is paused is said in the bar at every size (R-CARRY-12, R-CARRY-19), and
//! the list of networks pauses one and has it go on (R-CARRY-19). A message that waits for one says so (R-CARRY-24).

use super::{
    desk::{Desk, START, commands},
    gallery::{carriers, listed},
};
use crate::{
    console::msg::{Effect, List, Listing, Msg},
    model::{
        Actor, Body, CarriageStep as Step, Channel, ClientError, CustomerCommand, DownCarrier,
        EventKind, FeedEvent, MessageStatus, Seq,
    },
};
use std::time::Duration;

fn bookmark(down: Vec<DownCarrier>) -> Msg {
    let (seq, head) = (Seq(0), Seq(0));
    Msg::Feed(FeedEvent::Bookmark { seq, head, cannot_write: None, waiting: None, down })
}

#[test]
fn r_carry_12_a_network_that_is_down_is_said_in_the_bar() {
    let safari = DownCarrier {
        id: "safari".into(),
        since: START.before(Duration::from_mins(4)),
        why: "no route".into(),
        waiting: 12,
        paused: false,
    };
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut desk = Desk::open(size.0, size.1);
        assert!(!desk.screen().contains("down"), "{}", desk.screen());
        desk.send(bookmark(vec![safari.clone()]));
        let first = |desk: &mut Desk| desk.screen().lines().next().unwrap_or_default().to_owned();
        assert!(first(&mut desk).contains("!! safari down 5m, 12 wait"), "{}", first(&mut desk));
        assert!(first(&mut desk).contains("LIVE"), "the hub is heard all the same");
        desk.send(bookmark(Vec::new()));
        assert!(!first(&mut desk).contains("down"), "{}", first(&mut desk));
        // Nothing is said of it by a console that does not hear the hub.
        desk.send(bookmark(vec![safari.clone()]));
        let error = ClientError::Unavailable("draining".into());
        let retry_in = Some(Duration::from_secs(1));
        desk.send(Msg::Feed(FeedEvent::Down { error, attempt: 1, retry_in }));
        assert!(!first(&mut desk).contains("safari"), "{}", first(&mut desk));
    }
}

#[test]
fn r_carry_19_a_network_that_is_paused_is_said_in_the_bar() {
    let safari = DownCarrier {
        id: "safari".into(),
        since: START.before(Duration::from_mins(4)),
        why: "paused by wanjiku".into(),
        waiting: 12,
        paused: true,
    };
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut desk = Desk::open(size.0, size.1);
        desk.send(bookmark(vec![safari.clone()]));
        let first = desk.screen().lines().next().unwrap_or_default().to_owned();
        assert!(first.contains(".. safari paused 5m, 12 wait"), "{first}");
    }
}

#[test]
fn r_carry_19_the_keys_of_works_pause_a_network_and_have_it_go_on() {
    let mut desk = Desk::open(120, 40);
    assert_eq!(desk.press("g n"), [Effect::List(List::Carriers)]);
    desk.send(listed(List::Carriers));
    desk.press("r");
    assert!(desk.screen().contains("it is not paused"), "{}", desk.screen());
    desk.press("p");
    let paused = |carrier: &str, is_paused| CustomerCommand::PauseCarrier {
        carrier: carrier.into(),
        is_paused,
    };
    assert_eq!(commands(&desk.confirm()), [paused("safari", true)], "{}", desk.screen());
    desk.press("5 g n j p");
    assert!(desk.screen().contains("it is paused already"), "{}", desk.screen());
    desk.press("r");
    assert_eq!(commands(&desk.confirm()), [paused("backup", false)]);
    // The feed says it, and the list is asked for anew.
    desk.after(Duration::from_secs(1));
    let kind = EventKind::CarrierPauseChanged { carrier: "safari".into(), is_paused: true };
    let effects = desk.happens_by(Actor::Key("brian".into()), 0, Channel::Sms, kind);
    assert!(effects.contains(&Effect::List(List::Carriers)), "{effects:?}");
    desk.press("1 G");
    let words = "the network safari is paused, and messages";
    assert!(desk.screen().contains(words), "{}", desk.screen());
}

#[test]
fn r_carry_19_enter_lists_what_is_unknown_and_keys_that_do_nothing_say_why() {
    let mut desk = Desk::open(80, 24);
    desk.press("g n");
    desk.send(listed(List::Carriers));
    for (key, why) in [("c", "a network is not cancelled"), ("e", "as the settings of the hub say")]
    {
        desk.press(key);
        assert!(desk.screen().contains(why), "{}", desk.screen());
    }
    assert_eq!(desk.press("enter"), [Effect::List(List::Unknown)]);
    desk.press("g n");
    // The same network stays selected, wherever it is now.
    desk.press("j");
    let rows = carriers().into_iter().rev().collect();
    desk.send(Msg::Listed { list: List::Carriers, result: Ok(Listing::Carriers(rows)) });
    assert_eq!(desk.app.lists().carrier().map(|one| one.id.as_str()), Some("backup"));
    let none = Ok(Listing::Carriers(Vec::new()));
    desk.send(Msg::Listed { list: List::Carriers, result: none });
    assert!(desk.screen().contains("the org has no connections to real networks"));
}

/// A console on a hub whose text number is carried by a network, and a text on that number.
fn waiting(width: u16, height: u16) -> Desk {
    let mut desk = Desk::open(width, height);
    let mut hello = desk.app.connection().hello().cloned().expect("a hello");
    hello.channels[0].carrier = Some("safari".into());
    desk.send(Msg::Feed(FeedEvent::up(hello)));
    let (status, in_reply_to, work) = (MessageStatus::Sent, None, None);
    let body = Body::text("Your order has left");
    let kind = EventKind::MessageSent { id: "el_msg_7".into(), body, status, in_reply_to, work };
    desk.happens_by(Actor::Key("wanjiku".into()), 1, Channel::Sms, kind);
    desk.after(Duration::from_mins(4));
    desk
}
fn carried(desk: &mut Desk, attempt: u32, step: Step) {
    let (id, carrier) = ("el_msg_7".into(), "safari".into());
    let kind = EventKind::MessageCarried { id, carrier, attempt, step };
    desk.happens_by(Actor::Network, 1, Channel::Sms, kind);
}

#[test]
fn r_carry_24_a_message_that_waits_says_so_and_for_how_long() {
    let mut desk = waiting(200, 60);
    let words = "waits for the network safari, 4m: Your order has left";
    assert!(desk.screen().contains(words), "{}", desk.screen());
    desk.after(Duration::from_mins(2));
    assert!(desk.screen().contains("waits for the network safari, 6m"), "{}", desk.screen());
    carried(&mut desk, 1, Step::HandedOver);
    assert!(!desk.screen().contains("waits for the network"), "{}", desk.screen());
    // It waits since it was sent, whatever was tried meanwhile.
    carried(&mut desk, 1, Step::Returned { why: "it has too much to do".into() });
    assert!(desk.screen().contains("waits for the network safari, 6m"), "{}", desk.screen());
    carried(&mut desk, 2, Step::HandedOver);
    carried(&mut desk, 2, Step::Unknown { why: "it went away".into(), hub_stopped: false });
    assert!(!desk.screen().contains("waits for the network"), "{}", desk.screen());
    carried(&mut desk, 2, Step::Again);
    desk.after(Duration::from_mins(1));
    let words = "waits for the network safari to go once more, 60s";
    assert!(desk.screen().contains(words), "{}", desk.screen());
    let (id, status) = ("el_msg_7".into(), MessageStatus::Delivered);
    desk.happens(1, Channel::Sms, EventKind::MessageStatusChanged { id, status });
    assert!(!desk.screen().contains("waits for the network"), "{}", desk.screen());
}

#[test]
fn r_carry_24_the_timeline_says_it_too() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut desk = waiting(width, height);
        desk.press("G k j");
        insta::assert_snapshot!(format!("waits_feed_{width}x{height}"), desk.screen());
        desk.press("enter");
        desk.answer_about(1, |_| {});
        desk.answer_timeline();
        desk.press("2 G z");
        insta::assert_snapshot!(format!("waits_timeline_{width}x{height}"), desk.screen());
    }
}

//! A network that the hub does not reach or that is paused is said in the bar at every size (R-CARRY-12, R-CARRY-19), and
//! the list of networks pauses one and has it go on (R-CARRY-19).

use super::{
    desk::{Desk, START, commands},
    gallery::{carriers, listed},
};
use crate::{
    console::msg::{Effect, List, Listing, Msg},
    model::{Actor, Channel, ClientError, CustomerCommand, DownCarrier, EventKind, FeedEvent, Seq},
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

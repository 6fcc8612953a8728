//! Against a server that keeps no log (D-FEED): the console says so in words and does nothing twice.

use super::desk::Desk;
use crate::{
    console::{msg::Effect, msg::Msg},
    model::{Channel, ClientError, CustomerCommand, EventKind, FeedEvent, GapReason, Hello, Seq},
};
use std::time::Duration;

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

/// A console that was told of two messages by a server without a log.
fn desk(width: u16, height: u16) -> Desk {
    let mut desk = Desk::new(width, height);
    desk.send(Msg::Feed(FeedEvent::up(Hello::live_only(Seq(0)))));
    desk.says(0, "nataka refund");
    desk.says(1, "habari");
    desk.after(Duration::from_secs(1));
    desk.answer_inspection();
    desk
}

fn sent(effects: &[Effect]) -> Vec<&CustomerCommand> {
    let mut commands = Vec::new();
    for effect in effects {
        if let Effect::Send { command, .. } = effect {
            commands.push(command);
        }
    }
    commands
}

#[test]
fn it_says_live_only_at_every_size_and_where_it_was_away() {
    for (width, height) in SIZES {
        let mut desk = desk(width, height);
        assert!(desk.screen().contains("* LIVE ONLY"), "{width}: {}", desk.screen());
        assert!(desk.screen().contains("this server keeps no history"), "{}", desk.screen());
        // The connection breaks and comes back.
        let error = ClientError::Unavailable("restarting".into());
        desk.down(Some(Duration::from_secs(9)), error);
        assert!(desk.screen().contains("RETRY 3 in 9 s"), "{}", desk.screen());
        desk.send(Msg::Feed(FeedEvent::up(Hello::live_only(Seq(2)))));
        let reason = GapReason::LiveOnly;
        desk.send(Msg::Feed(FeedEvent::Gap { after: Seq(2), next: Seq(3), reason }));
        desk.says(2, "asante");
        // A row between what came before and what came after says so.
        let screen = desk.screen();
        let rows: Vec<_> = screen.lines().collect();
        let row = |words: &str| rows.iter().position(|row| row.contains(words));
        let gap = row("-- gap: what happened").expect(&screen);
        assert!(row("14:00").is_some_and(|first| first < gap), "{screen}");
        assert!(rows[gap + 1].contains("asante"), "{screen}");
        assert!(screen.contains("* LIVE ONLY"), "{screen}");
    }
}

#[test]
fn the_past_is_not_asked_for() {
    let mut desk = desk(120, 40);
    let effects = [desk.press("g g"), desk.press("k"), desk.press("pgup")].concat();
    let asks = |effect: &Effect| matches!(effect, Effect::History { .. });
    assert!(!effects.iter().any(asks), "{effects:?}");
    assert!(desk.screen().contains("this server keeps no history"), "{}", desk.screen());
}

/// The server does not say which numbers the org has, and this event came in on none of them.
#[test]
fn a_message_can_be_written_from_a_typed_channel_number() {
    let mut desk = desk(120, 40);
    let paid = EventKind::PaymentStatusChanged {
        id: "el_txn_1".into(),
        status: crate::model::PaymentStatus::Success,
        value: None,
    };
    desk.press("v");
    desk.happens(2, Channel::Payment, paid);
    desk.press("G");
    desk.press("m");
    desk.types("Tumepokea");
    desk.press("tab tab");
    desk.types("sms 40404");
    desk.press("ctrl-s");
    desk.after(Duration::from_secs(2));
    let screen = desk.screen();
    assert!(screen.contains("40404") && screen.contains("Tumepokea"), "{screen}");
    desk.press("s");
    let effects = desk.press("S");
    let [CustomerCommand::SendMessage { from, .. }] = sent(&effects)[..] else {
        panic!("{effects:?}\n{}", desk.screen())
    };
    assert_eq!(from.to_string(), "sms 40404");
}

/// Only our own hub knows D-IDEM. Another server would do again what it is only asked about.
#[test]
fn an_unknown_outcome_is_never_asked_about_by_sending_again() {
    let mut desk = desk(120, 40);
    desk.press("r");
    desk.types("karibu");
    desk.press("ctrl-s");
    desk.after(Duration::from_secs(2));
    desk.press("s");
    let effects = desk.press("S");
    let [Effect::Send { call, .. }] = &effects[..] else { panic!("{effects:?}") };
    let result = Err(ClientError::Unknown("connection lost".into()));
    desk.send(Msg::Sent { call: call.clone(), result });
    // Time goes by, the connection comes back, and the agent asks.
    let mut later = desk.after(Duration::from_mins(1));
    later.extend(desk.down(None, ClientError::Unavailable("away".into())));
    later.extend(desk.send(Msg::Feed(FeedEvent::up(Hello::live_only(Seq(2))))));
    later.extend(desk.after(Duration::from_mins(1)));
    later.extend(desk.press("4 enter"));
    // Nothing was sent a second time, and the screen says why.
    assert!(sent(&later).is_empty(), "{later:?}");
    let screen = desk.screen();
    assert!(screen.contains("this server cannot be asked"), "{screen}");
    assert!(screen.contains("1 unknown"), "{screen}");
}

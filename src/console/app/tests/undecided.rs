//! A message of which nobody knows whether it arrived is seen as such, and an agent decides about it (R-CARRY-18).

use super::{
    desk::{Desk, commands, customer_id},
    gallery::{listed, unknown},
};
use crate::{
    console::{
        app::tests::desk::START,
        msg::{Effect, List, Listing, Msg},
        pane::feed::Depth,
    },
    model::{
        Actor, Body, CarriageStep as Step, Channel, CustomerCommand, EventKind, Finding, Level,
        MessageId, MessageStatus, Outlook,
    },
};
use std::time::Duration;

const WHY: &str = "it did not answer within 30 s";
const DOUBT: &str = "outcome unknown: the network safari did not answer within 30 s";

fn id() -> MessageId {
    "el_msg_7".into()
}
fn carried(desk: &mut Desk, attempt: u32, step: Step) -> Vec<Effect> {
    let (id, carrier) = (id(), "safari".into());
    let kind = EventKind::MessageCarried { id, carrier, attempt, step };
    desk.happens_by(Actor::Network, 1, Channel::Sms, kind)
}
fn doubt() -> Step {
    Step::Unknown { why: WHY.into(), hub_stopped: false }
}
/// A console that shows a text which was handed over and got no answer.
fn open(width: u16, height: u16) -> Desk {
    let mut desk = Desk::open(width, height);
    let body = Body::text("Your order has left");
    let (status, in_reply_to, work) = (MessageStatus::Sent, None, None);
    let kind = EventKind::MessageSent { id: id(), body, status, in_reply_to, work };
    desk.happens_by(Actor::Key("wanjiku".into()), 1, Channel::Sms, kind);
    desk.after(Duration::from_secs(1));
    carried(&mut desk, 1, Step::HandedOver);
    desk.after(Duration::from_secs(30));
    carried(&mut desk, 1, doubt());
    desk.press("G k j");
    desk
}
fn decide(again: bool, attempt: Option<u32>) -> CustomerCommand {
    CustomerCommand::DecideUnknown { message: id(), again, attempt }
}
fn row(desk: &mut Desk, words: &str) -> String {
    let screen = desk.screen();
    let row = screen.lines().find(|line| line.contains(words));
    row.unwrap_or_else(|| panic!("{words}:\n{screen}")).to_owned()
}

#[test]
fn r_carry_18_it_is_one_row_of_the_feed_until_it_is_decided() {
    let mut desk = open(200, 60);
    let problems = desk.app.feed().counts().problems;
    assert!(row(&mut desk, DOUBT).contains(": Your order has left"));
    desk.press("v v");
    assert_eq!(desk.app.feed().depth(), Depth::Problems);
    row(&mut desk, DOUBT);
    desk.press("v");
    // What is decided is no problem any more, and neither is what the network says after all.
    for step in [Step::Again, Step::Left, Step::Accepted { reference: None, is_final: false }] {
        carried(&mut desk, 1, step);
        assert_eq!(desk.app.feed().counts().problems, problems - 1);
        assert!(!desk.screen().contains(DOUBT), "{}", desk.screen());
        carried(&mut desk, 1, doubt());
        assert_eq!(desk.app.feed().counts().problems, problems);
    }
    // A doubt about what has arrived is none.
    let status = MessageStatus::Delivered;
    desk.happens(1, Channel::Sms, EventKind::MessageStatusChanged { id: id(), status });
    carried(&mut desk, 1, doubt());
    assert_eq!(desk.app.feed().counts().problems, problems - 1);
    assert!(!desk.screen().contains(DOUBT), "{}", desk.screen());
}

#[test]
fn r_carry_18_one_key_opens_the_sheet_and_nothing_is_sent_by_it() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut desk = open(width, height);
        let effects = desk.press("o");
        assert_eq!(commands(&effects), [], "it asks what would happen");
        let asked = effects.iter().find_map(|effect| match effect {
            Effect::DryRun { token, command } => Some((token.clone(), command.clone())),
            _ => None,
        });
        let (token, command) = asked.expect("a dry run");
        assert_eq!(command, decide(false, Some(1)));
        desk.after(Duration::from_secs(1));
        let effects = desk.press("x");
        let asked = effects.iter().find_map(|effect| match effect {
            Effect::DryRun { token, command } => Some((token.clone(), command.clone())),
            _ => None,
        });
        let (other, command) = asked.expect("it is asked anew");
        assert!(other != token && command == decide(true, Some(1)));
        let found = |level, code: &str, text: &str| {
            let (code, text) = (code.to_owned(), text.to_owned());
            Finding { code, level, text }
        };
        let findings = vec![
            found(
                Level::Warn,
                "twice",
                "if the network has it after all, the customer gets it twice",
            ),
            found(Level::Note, "text", "Your order has left"),
            found(Level::Note, "handed-over", "handed to the network safari 31 s ago"),
            found(
                Level::Note,
                "outcome-unknown",
                "unknown since 0 s: the network safari did not answer",
            ),
        ];
        let outlook = Outlook { findings, ..Outlook::default() };
        desk.send(Msg::Outlook { token: other, result: Ok(Box::new(outlook)) });
        desk.after(Duration::from_secs(2));
        insta::assert_snapshot!(format!("decide_again_{width}x{height}"), desk.screen());
        assert_eq!(commands(&desk.confirm()), [decide(true, Some(1))]);
    }
}

#[test]
fn r_carry_18_what_is_left_is_left_by_two_keys_in_every_place() {
    // In the feed, the timeline and the list.
    for place in ["", "2", "g o"] {
        let mut desk = open(120, 40);
        desk.press("enter");
        desk.answer_timeline();
        desk.answer_about(1, |_| {});
        desk.answer_timeline();
        desk.press(if place == "2" { "2 G" } else { "1" });
        if place == "g o" {
            assert_eq!(desk.press("g o"), [Effect::List(List::Unknown)]);
            desk.send(Msg::Listed {
                list: List::Unknown,
                result: Ok(Listing::Unknown(vec![unknown()], 1)),
            });
        }
        desk.press("o");
        assert!(desk.app.form().is_some(), "{place}: {}", desk.screen());
        desk.after(Duration::from_secs(2));
        let attempt = if place == "g o" { 2 } else { 1 };
        assert_eq!(commands(&desk.confirm()), [decide(false, Some(attempt))], "{place}");
        let target = desk.app.outbox().rows().next().and_then(|row| row.customer.clone());
        assert_eq!(target, Some(customer_id(if place == "g o" { 2 } else { 1 })));
    }
}

#[test]
fn r_carry_18_where_nothing_is_unknown_the_key_says_where_to_look() {
    let mut desk = open(120, 40);
    carried(&mut desk, 1, Step::Left);
    assert_eq!(commands(&desk.press("o")), []);
    assert!(desk.app.form().is_none());
    assert!(desk.screen().contains("g o lists them"), "{}", desk.screen());
}

#[test]
fn r_carry_18_the_timeline_says_who_decided_what() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut desk = open(width, height);
        desk.press("enter");
        desk.answer_about(1, |_| {});
        desk.answer_timeline();
        desk.press("2 G z");
        let name = |what: &str| format!("timeline_{what}_{width}x{height}");
        insta::assert_snapshot!(name("unknown"), desk.screen());
        desk.after(Duration::from_mins(1));
        desk.happens_by(
            Actor::Key("brian".into()),
            1,
            Channel::Sms,
            EventKind::MessageCarried {
                id: id(),
                carrier: "safari".into(),
                attempt: 1,
                step: Step::Again,
            },
        );
        insta::assert_snapshot!(name("again"), desk.screen());
    }
}

#[test]
fn r_carry_18_the_list_follows_what_happens_and_keys_that_do_nothing_say_why() {
    let mut desk = open(120, 40);
    desk.press("g o");
    desk.send(listed(List::Unknown));
    assert!(desk.screen().contains("sms 40404 to +254711000002, attempt 2"), "{}", desk.screen());
    desk.after(Duration::from_secs(1));
    let effects = carried(&mut desk, 2, Step::Left);
    assert!(effects.contains(&Effect::List(List::Unknown)), "{effects:?}");
    for key in ["c", "e"] {
        desk.press(key);
        assert!(desk.screen().contains("o decides what becomes of it"), "{}", desk.screen());
    }
    desk.send(Msg::Listed { list: List::Unknown, result: Ok(Listing::Unknown(Vec::new(), 0)) });
    assert!(desk.screen().contains("of every message it is known what became of it"));
    assert!(desk.now > START);
}

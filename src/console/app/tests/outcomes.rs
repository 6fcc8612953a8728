//! What a notice says of a command, and where it lies (R-CONSOLE-27): green only for what went well, replaced when
//! that is true no longer, and never on what the agent types, has selected or waits for.

use super::desk::{Desk, customer_id, sends};
use crate::{
    console::{layout::Pane, msg::Msg, pane::outbox::OutboxRow},
    model::{
        CallId, Channel, EventKind, MessageReceipt, MessageStatus, Receipt, StateReceipt, Tone,
    },
};
use std::time::Duration;

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

/// Writes to the selected customer and lets it go at once. Returns the key of the command.
fn write(desk: &mut Desk, text: &str) -> CallId {
    desk.press("m");
    desk.types(text);
    desk.press("ctrl-s");
    desk.confirm();
    let mut effects = desk.press("S");
    effects.extend(desk.after(Duration::from_secs(6)));
    let sent = sends(&effects).pop().map(|(call, _)| call);
    sent.or_else(|| desk.app.outbox().rows().last().map(|row| row.call.clone())).expect("a command")
}

fn accepted(id: &str) -> Receipt {
    Receipt::Message(MessageReceipt {
        status: MessageStatus::Sent,
        description: "sent".into(),
        message: Some(id.into()),
        customer: Some(customer_id(0)),
        conflict: None,
    })
}

fn report(desk: &mut Desk, id: &str, status: MessageStatus) {
    desk.happens(0, Channel::Sms, EventKind::MessageStatusChanged { id: id.into(), status });
}

fn said(desk: &Desk) -> Vec<(Tone, String)> {
    desk.app.toasts().shown().iter().map(|toast| (toast.tone, toast.text.clone())).collect()
}

#[test]
fn r_console_27_a_green_notice_is_replaced_when_its_thing_fails_and_a_failure_gets_one_too() {
    let mut desk = Desk::open(120, 40);
    desk.press("1 esc");
    let call = write(&mut desk, "hello");
    desk.send(Msg::Sent { call, result: Ok(accepted("el_msg_1")) });
    let [(Tone::Pending, text)] = &said(&desk)[..] else { panic!("{:?}", said(&desk)) };
    assert!(text.contains(": accepted, sent"), "{text}");
    report(&mut desk, "el_msg_1", MessageStatus::Delivered);
    let [(Tone::Good, text)] = &said(&desk)[..] else { panic!("{:?}", said(&desk)) };
    assert!(text.ends_with(": delivered"), "{text}");
    desk.after(Duration::from_secs(5));
    assert_eq!(said(&desk), [], "good news goes");
    report(&mut desk, "el_msg_1", MessageStatus::Read);
    assert_eq!(said(&desk), [], "and does not come again");
    let call = write(&mut desk, "again");
    desk.send(Msg::Sent { call, result: Ok(accepted("el_msg_2")) });
    desk.after(Duration::from_mins(1));
    assert_eq!(said(&desk), []);
    report(&mut desk, "el_msg_2", MessageStatus::Failed);
    let [(Tone::Bad, text)] = &said(&desk)[..] else { panic!("{:?}", said(&desk)) };
    assert!(text.contains(": failed (400). The network gave up"), "{text}");
    desk.after(Duration::from_mins(1));
    assert_eq!(said(&desk).len(), 1, "bad news stays");
    desk.press("esc");
    report(&mut desk, "el_msg_2", MessageStatus::Failed);
    assert_eq!(said(&desk), [], "it is told once");
}

#[test]
fn r_console_27_what_is_done_at_once_says_done_and_not_accepted() {
    let mut desk = Desk::open(120, 40);
    desk.press("a t");
    desk.types("plan=gold");
    desk.press("ctrl-s");
    desk.confirm();
    let row: OutboxRow = desk.app.outbox().rows().last().expect("a command").clone();
    let receipt = StateReceipt { ok: true, description: "tagged".into(), customer: None };
    let result = Ok(Receipt::State(receipt));
    desk.send(Msg::Sent { call: row.call, result });
    let [(Tone::Good, text)] = &said(&desk)[..] else { panic!("{:?}", said(&desk)) };
    assert!(text.contains(": done"), "{text}");
}

#[test]
fn the_log_may_tell_before_the_reply_does() {
    let mut desk = Desk::open(120, 40);
    let call = write(&mut desk, "hello");
    desk.answers(0, "brian", "hello", Some(call.clone()));
    let id = format!("el_msg_a{}", desk.head);
    let receipt = accepted(&id);
    report(&mut desk, &id, MessageStatus::NoCapability);
    assert_eq!(said(&desk).len(), 1);
    desk.send(Msg::Sent { call, result: Ok(receipt) });
    let [(Tone::Bad, text)] = &said(&desk)[..] else { panic!("{:?}", said(&desk)) };
    assert!(text.contains("(402)"), "the reply is older than the failure: {text}");
}

/// The rows of the screen on which notices lie.
fn covered(desk: &mut Desk) -> Vec<String> {
    let screen = desk.screen();
    screen.lines().filter(|line| line.contains("NOTICE")).map(str::to_owned).collect()
}

#[test]
fn r_console_27_no_notice_lies_on_the_newest_row_or_on_the_field() {
    for (width, height) in SIZES {
        for keys in ["1", "2", "4", "g q", "w"] {
            let mut desk = Desk::open(width, height);
            desk.press(keys);
            for n in 0..3 {
                desk.send(Msg::Failed(format!("NOTICE {n} {}", "that is long ".repeat(12))));
            }
            desk.says(1, "what just came");
            let screen = desk.screen();
            assert!(!covered(&mut desk).is_empty(), "{keys} {width}x{height}:\n{screen}");
            if keys == "1" {
                assert!(screen.contains("what just came"), "{width}x{height}:\n{screen}");
            }
        }
        let mut desk = Desk::open(width, height);
        desk.press("m");
        desk.types("the text that is written");
        for n in 0..3 {
            desk.send(Msg::Failed(format!("NOTICE {n} {}", "that is long ".repeat(12))));
        }
        let screen = desk.screen();
        assert_eq!(desk.app.focus(), Pane::Form);
        assert!(!covered(&mut desk).is_empty(), "{width}x{height}:\n{screen}");
        assert!(screen.contains("the text that is"), "{width}x{height}:\n{screen}");
    }
}

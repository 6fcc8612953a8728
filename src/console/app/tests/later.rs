//! Messages that leave later, and the hours in which customers are left alone (R-QUIET-3, R-CONSOLE-32): keys in, effects
//! and the screen out.

use super::{
    desk::{Desk, START, commands, customer_id, sends},
    gallery::listed,
};
use crate::{
    console::{
        layout::Pane,
        msg::{DryRunToken, Effect, List, Msg},
    },
    model::{
        CustomerCommand, CustomerRef, Event, EventKind, Finding, Level, MessageReceipt,
        MessageStatus, Outlook, Receipt, Timestamp,
    },
};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// The question to the hub among the effects.
fn asked(effects: &[Effect]) -> (DryRunToken, CustomerCommand) {
    let ask = effects.iter().find_map(|effect| match effect {
        Effect::DryRun { token, command } => Some((token.clone(), command.clone())),
        _ => None,
    });
    ask.expect("a dry run")
}

/// What the hub says of an hour at which the customer is left alone, or of which nobody knows it.
fn hours(code: &str, until: Option<Timestamp>) -> Outlook {
    let text = "23:10 there: quiet until 08:00".to_owned();
    let finding = Finding { code: code.to_owned(), level: Level::Warn, text };
    Outlook { findings: vec![finding], quiet_until: until, ..Outlook::default() }
}

/// Writes to the first customer, opens the sheet and has the hub answer.
fn reviewed(desk: &mut Desk, keys: &str, outlook: Outlook) {
    desk.press(keys);
    desk.types("Habari");
    let effects = desk.press("ctrl-s");
    let (token, _) = asked(&effects);
    desk.send(Msg::Outlook { token, result: Ok(Box::new(outlook)) });
    desk.after(Duration::from_secs(1));
}

#[test]
fn r_quiet_3_a_message_into_the_night_takes_a_word_or_waits_for_the_morning_by_one_key() {
    for keys in ["m", "r"] {
        let mut desk = Desk::open(120, 40);
        let until = START.after(HOUR * 9);
        reviewed(&mut desk, keys, hours("quiet-hours", Some(until)));
        let screen = desk.screen();
        assert!(screen.contains("23:10 there: quiet") && screen.contains("type now"), "{screen}");
        assert!(screen.contains("l wait"), "{screen}");
        assert_eq!(sends(&desk.press("s")), [], "{keys}: not by a bare s");
        for _ in 0..3 {
            desk.press("backspace");
        }
        // The sheet is made anew, for a message that leaves in the morning.
        let effects = desk.press("l");
        let (token, command) = asked(&effects);
        let CustomerCommand::ScheduleMessage { at, in_reply_to, .. } = &command else {
            panic!("{command:?}")
        };
        assert_eq!((*at, in_reply_to.is_some()), (until, keys == "r"));
        desk.send(Msg::Outlook { token, result: Ok(Box::default()) });
        desk.after(Duration::from_secs(1));
        let screen = desk.screen();
        assert!(screen.contains("leaves") && screen.contains("in 9 hours"), "{screen}");
        // The hub keeps it, so that it is not held here first.
        assert_eq!(commands(&desk.press("s")), [command]);
    }
}

#[test]
fn r_quiet_3_whoever_types_the_word_sends_at_once() {
    for (code, until) in [("quiet-hours", Some(START.after(HOUR))), ("zone-unknown", None)] {
        let mut desk = Desk::open(80, 24);
        reviewed(&mut desk, "m", hours(code, until));
        desk.types("now");
        desk.press("s");
        let sent = commands(&desk.after(Duration::from_secs(6)));
        assert!(matches!(&sent[..], [CustomerCommand::SendMessage { .. }]), "{code}: {sent:?}");
    }
    // Where nobody knows the hour there, none is offered.
    let mut desk = Desk::open(80, 24);
    reviewed(&mut desk, "m", hours("zone-unknown", None));
    assert!(!desk.screen().contains("l wait"), "{}", desk.screen());
    desk.press("l");
    assert!(desk.app.form().is_some_and(crate::console::pane::form::Form::is_review));
}

#[test]
fn r_later_1_f6_asks_when_a_message_leaves_and_a_time_that_is_over_is_no_time() {
    let mut desk = Desk::open(80, 24);
    desk.press("m");
    desk.types("Habari");
    assert!(!desk.screen().contains(" at "), "{}", desk.screen());
    desk.press("f6");
    desk.types("2020-01-01");
    desk.press("ctrl-s");
    assert!(!desk.app.form().is_some_and(crate::console::pane::form::Form::is_review));
    assert!(desk.screen().contains("!!"), "{}", desk.screen());
    for _ in 0..10 {
        desk.press("backspace");
    }
    desk.types("+2h");
    let (_, command) = asked(&desk.press("ctrl-s"));
    let CustomerCommand::ScheduleMessage { at, .. } = command else { panic!("{command:?}") };
    assert!(at >= START.after(HOUR * 2), "{at}");
    // A form that writes to nobody has no such time.
    let mut desk = Desk::open(80, 24);
    desk.press("a t");
    desk.press("f6");
    assert!(desk.screen().contains("only a message can leave later"), "{}", desk.screen());
    // A message by tag has one (R-LATER-5).
    let mut desk = Desk::open(80, 24);
    desk.press("b m");
    desk.press("f6");
    let form = desk.app.form().expect("a form");
    assert_eq!(form.fields()[form.focus()].spec.name, "at");
}

#[test]
fn a_form_hints_only_at_keys_that_can_do_something_in_it() {
    for (keys, replies, later) in [
        ("m", true, true),
        ("b m", true, true),
        ("b r", false, false),
        ("a t", false, false),
        ("a c", false, false),
        ("$", false, false),
    ] {
        let mut desk = Desk::open(120, 40);
        desk.press(keys);
        assert!(desk.app.form().is_some(), "{keys}");
        let hinted = |title: &str| desk.app.hints().iter().any(|hint| hint.title == title);
        assert_eq!((hinted("replies"), hinted("send later")), (replies, later), "{keys}");
        if !replies {
            desk.press("ctrl-t");
            assert!(desk.screen().contains("canned replies are for"), "{}", desk.screen());
        }
    }
}

#[test]
fn r_later_1_the_activity_follows_a_message_from_its_schedule_to_the_phone() {
    let mut desk = Desk::open(120, 40);
    desk.press("m");
    desk.types("Habari");
    desk.press("f6");
    desk.types("+2h");
    desk.press("ctrl-s");
    desk.after(Duration::from_secs(1));
    let sent = sends(&desk.press("s"));
    let [(call, CustomerCommand::ScheduleMessage { body, .. })] = &sent[..] else {
        panic!("{sent:?}")
    };
    let id: crate::model::MessageId = "el_msg_later".into();
    let receipt = Receipt::Message(MessageReceipt {
        status: MessageStatus::Scheduled,
        description: "scheduled".into(),
        message: Some(id.clone()),
        customer: Some(customer_id(0)),
        conflict: None,
    });
    desk.send(Msg::Sent { call: call.clone(), result: Ok(receipt) });
    let words = |desk: &Desk| {
        let row = desk.app.outbox().rows().next_back().expect("a row");
        row.followed().expect("it is followed").words()
    };
    assert_eq!(words(&desk), "scheduled");
    desk.press("4");
    let screen = desk.screen();
    assert!(screen.contains(".. leaves 2026-11-23 16:0"), "{screen}");
    assert!(screen.contains("g m changes or cancels it"), "{screen}");
    let left = EventKind::MessageSent {
        id: id.clone(),
        body: body.clone(),
        status: MessageStatus::Sent,
        in_reply_to: None,
        work: None,
    };
    desk.happens(0, crate::model::Channel::Whatsapp, left);
    assert_eq!(words(&desk), "sent");
    let status = MessageStatus::Delivered;
    let told = EventKind::MessageStatusChanged { id, status };
    desk.happens(0, crate::model::Channel::Whatsapp, told);
    assert_eq!(words(&desk), "delivered");
}

#[test]
fn r_console_32_a_scheduled_message_is_cancelled_on_its_row_with_two_keys() {
    for keys in ["c", "ctrl-k"] {
        let mut desk = Desk::open(120, 40);
        desk.press("g m");
        desk.send(listed(List::Scheduled));
        assert!(desk.screen().contains("your order is ready"), "{}", desk.screen());
        asked(&desk.press(keys));
        desk.after(Duration::from_secs(1));
        let customer = CustomerRef::Id(customer_id(2));
        let cancel = CustomerCommand::CancelScheduled { customer, message: "el_msg_later".into() };
        assert_eq!(commands(&desk.press("s")), [cancel], "{keys}");
        assert_eq!(desk.app.focus(), Pane::Lists, "back to where it was pressed");
    }
}

#[test]
fn r_console_32_e_opens_the_scheduled_message_as_it_is() {
    let mut desk = Desk::open(120, 40);
    desk.press("g m");
    desk.send(listed(List::Scheduled));
    desk.press("e");
    desk.types("!");
    desk.press("ctrl-s");
    desk.after(Duration::from_secs(1));
    let sent = commands(&desk.press("s"));
    let [CustomerCommand::EditScheduled { customer, message, body, at, seen: Some(_) }] = &sent[..]
    else {
        panic!("{sent:?} {}", desk.screen())
    };
    assert_eq!((customer, message.as_str()), (&CustomerRef::Id(customer_id(2)), "el_msg_later"));
    assert_eq!(*at, START.after(Duration::from_mins(50)), "the time is the same");
    assert!(body.text.as_deref().is_some_and(|text| text.contains("order is ready")));
}

#[test]
fn r_later_4_the_list_is_asked_for_again_when_one_is_put_off_leaves_or_is_cancelled() {
    let id: crate::model::MessageId = "el_msg_later".into();
    let body = crate::model::Body::text("x");
    let (leaves_at, in_reply_to) = (START.after(HOUR), None);
    for kind in [
        EventKind::MessageScheduled {
            id: id.clone(),
            body: body.clone(),
            leaves_at,
            in_reply_to,
            again: false,
        },
        EventKind::ScheduledCancelled { id: id.clone() },
        EventKind::MessageSent {
            id,
            body,
            status: MessageStatus::Sent,
            in_reply_to: None,
            work: None,
        },
    ] {
        let mut desk = Desk::open(120, 40);
        desk.press("g m");
        desk.send(listed(List::Scheduled));
        desk.after(Duration::from_secs(1));
        let row = Event { kind: kind.clone(), ..event(&desk) };
        let effects = desk.happens(0, crate::model::Channel::Sms, row.kind);
        assert!(effects.contains(&Effect::List(List::Scheduled)), "{kind:?}: {effects:?}");
    }
}

fn event(desk: &Desk) -> Event {
    desk.wrote(0, "x", Duration::ZERO).events[0].clone()
}

#[test]
fn r_quiet_3_a_time_that_is_chosen_in_the_night_takes_a_word_too() {
    let mut desk = Desk::open(120, 40);
    desk.press("m");
    desk.types("Habari");
    desk.press("f6");
    desk.types("+9h");
    let (token, _) = asked(&desk.press("ctrl-s"));
    let outlook = hours("quiet-hours", Some(START.after(HOUR * 20)));
    desk.send(Msg::Outlook { token, result: Ok(Box::new(outlook)) });
    desk.after(Duration::from_secs(1));
    assert!(desk.screen().contains("type anyway"), "{}", desk.screen());
    assert_eq!(sends(&desk.press("s")), []);
    desk.press("backspace");
    let (_, command) = asked(&desk.press("l"));
    let CustomerCommand::ScheduleMessage { at, .. } = command else { panic!("{command:?}") };
    assert_eq!(at, START.after(HOUR * 20), "it waits until they are over");
}

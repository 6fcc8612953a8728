//! What is done again for another customer, and what takes an accepted command back. Both open a form and send
//! nothing by themselves.

use super::desk::{Desk, customer_id, number, sends};
use crate::{
    console::{
        msg::Msg,
        pane::{form::Form, outbox::OutboxRow},
    },
    model::{CustomerCommand, CustomerRef, Receipt, Reminder, StateReceipt, Tag},
};
use std::time::Duration;

/// Fills a form, confirms it, and lets the hub accept it.
fn done(desk: &mut Desk, keys: &str, texts: &[&str]) -> CustomerCommand {
    desk.press(keys);
    for (n, text) in texts.iter().enumerate() {
        if n > 0 {
            desk.press("tab");
        }
        desk.types(text);
    }
    desk.press("ctrl-s");
    accepted(desk)
}

/// Confirms what is on the sheet, and lets the hub accept it.
fn accepted(desk: &mut Desk) -> CustomerCommand {
    let effects = desk.confirm();
    let [(call, command)] = &sends(&effects)[..] else { panic!("{effects:?}: {}", desk.screen()) };
    let receipt =
        StateReceipt { ok: true, description: "done".into(), customer: Some(customer_id(0)) };
    desk.send(Msg::Sent { call: call.clone(), result: Ok(Receipt::State(receipt)) });
    command.clone()
}

fn me() -> CustomerRef {
    CustomerRef::Id(customer_id(0))
}

#[test]
fn a_new_tag_is_taken_off_and_an_old_one_gets_its_value_back() {
    for (tags, inverse) in [
        ("plan=gold", CustomerCommand::DeleteTags { customer: me(), keys: vec!["plan".into()] }),
        (
            "tier=basic",
            CustomerCommand::UpdateTags {
                customer: me(),
                tags: vec![Tag { key: "tier".into(), value: "vip".into(), expires_at: None }],
            },
        ),
    ] {
        let mut desk = Desk::open(120, 40);
        desk.press("g c");
        desk.types(customer_id(0).as_str());
        desk.press("enter");
        desk.answer_inspection();
        desk.press("U");
        assert!(desk.screen().contains("nothing that was done here"), "{}", desk.screen());
        done(&mut desk, "a t", &[tags]);
        assert!(desk.screen().contains("U takes it back"), "{}", desk.screen());
        assert!(sends(&desk.press("U")).is_empty(), "it only shows its sheet");
        assert!(desk.app.form().is_some_and(Form::is_review), "{}", desk.screen());
        // Left and asked for again, it is there still.
        desk.after(Duration::from_secs(1));
        desk.press("esc esc U");
        assert_eq!(accepted(&mut desk), inverse, "{tags}");
        desk.press("U");
        assert!(desk.app.form().is_none(), "once: {}", desk.screen());
    }
}

#[test]
fn a_reminder_is_cancelled_and_one_that_was_cancelled_is_set_again() {
    let mut desk = Desk::open(120, 40);
    let fires = desk.now.after(Duration::from_hours(3));
    desk.answer_with(0, |customer| {
        customer.reminders.push(Reminder {
            app: "loyal".into(),
            key: "renewal".into(),
            remind_at: fires,
            interval: Some(Duration::from_hours(24)),
            payload: "{}".into(),
        });
    });
    desk.press("2");
    done(&mut desk, "a B", &["renewal"]);
    desk.press("U");
    let command = accepted(&mut desk);
    let CustomerCommand::AddReminder { reminder, .. } = command else { panic!("{command:?}") };
    let whole = |at: crate::model::Timestamp| at.secs();
    assert!((whole(fires) - whole(reminder.remind_at)).abs() <= 1, "{reminder:?}");
    assert_eq!((reminder.interval, &*reminder.payload), (Some(Duration::from_hours(24)), "{}"));
}

fn sent_by(row: Option<&OutboxRow>) -> CustomerCommand {
    row.and_then(|row| row.sent.as_ref()).expect("a command").command.clone()
}

#[test]
fn the_last_form_opens_again_for_whoever_is_selected_and_with_none_of_the_numbers_of_before() {
    let mut desk = Desk::open(120, 40);
    desk.press(".");
    assert!(desk.screen().contains("nothing was sent yet"), "{}", desk.screen());
    desk.press("m");
    desk.types("Duka limefungwa leo");
    desk.press("ctrl-s");
    desk.confirm();
    let first = sent_by(desk.app.outbox().rows().next());
    let CustomerCommand::SendMessage { to, body, .. } = &first else { panic!("{first:?}") };
    // Another customer is selected.
    let mut whom = None;
    for _ in 0..12 {
        desk.press("j");
        desk.after(Duration::from_secs(1));
        desk.answer_inspection();
        whom = desk.app.target(false).and_then(|target| target.customer);
        if whom
            .as_ref()
            .is_some_and(|whom| (0..3).any(|n| *whom == customer_id(n) && number(n) != *to))
        {
            break;
        }
    }
    assert!(sends(&desk.press(".")).is_empty(), "it never sends by itself");
    let form = desk.app.form().expect("a form");
    assert_eq!(form.target().customer, whom);
    assert!(!form.is_review());
    desk.press("ctrl-s");
    desk.confirm();
    let again = sent_by(desk.app.outbox().rows().last());
    let CustomerCommand::SendMessage { to: other, body: same, .. } = &again else {
        panic!("{again:?}")
    };
    assert_ne!(other, to);
    assert_eq!(same, body);
}

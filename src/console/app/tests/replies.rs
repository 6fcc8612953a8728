//! Canned replies in the console (R-CANNED-2, R-CANNED-3): what is asked for, and what follows a message.

use super::desk::{Desk, customer_id, sends};
use crate::{
    console::{
        drafts::DraftsPlace,
        msg::{Effect, Msg},
    },
    model::{
        CallId, CannedReply, CustomerCommand, MessageReceipt, MessageStatus, Receipt, ReplyStep,
        StateReceipt, StepValue,
    },
};
use std::time::Duration;

/// What the reply says once its questions are answered.
const CHOSEN: &str = "Habari Otieno! Leo ni KES 80 kwa kilo.";

/// A desk whose hub offers two replies, with a reply to the first customer open.
fn desk(width: u16, height: u16) -> Desk {
    let mut desk = Desk::open(width, height);
    offer(&mut desk);
    desk.press("1 g g r");
    desk
}

fn offer(desk: &mut Desk) {
    let step = |form: &str, field: &str, text: &str| ReplyStep {
        form: form.into(),
        values: vec![StepValue { field: field.into(), text: text.into() }],
    };
    let price = CannedReply {
        name: "price of the day".into(),
        text: "Habari {{first-name}}! Leo ni {{?amount|KES 80}} kwa {{?unit}}.".into(),
        then: vec![step("tag", "tags", "asked=price"), step("untag", "keys", "new")],
        ..CannedReply::default()
    };
    let thanks = CannedReply {
        name: "thanks".into(),
        text: "Asante!".into(),
        then: vec![],
        ..CannedReply::default()
    };
    desk.offers(vec![price, thanks]);
    desk.answer_inspection();
}

/// Chooses the reply with steps, answers its questions, and confirms it.
fn confirmed(desk: &mut Desk) {
    desk.press("ctrl-t enter");
    desk.press("enter");
    desk.types("kilo");
    desk.press("enter ctrl-s");
    desk.confirm();
    assert!(desk.app.form().is_none(), "{}", desk.screen());
}

fn answer(desk: &mut Desk, call: &CallId, status: MessageStatus) -> Vec<Effect> {
    let receipt = MessageReceipt {
        status,
        description: "said".into(),
        message: Some("el_msg_new".into()),
        customer: Some(customer_id(0)),
        conflict: None,
    };
    desk.send(Msg::Sent { call: call.clone(), result: Ok(Receipt::Message(receipt)) })
}

#[test]
fn r_canned_2_the_list_shows_what_each_reply_would_say_and_asks_for_the_rest() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut desk = desk(width, height);
        desk.press("ctrl-t");
        let screen = desk.screen();
        for part in
            ["Canned replies", "of the hub", "price of the day", "Habari", "thanks", "Asante!"]
        {
            assert!(screen.contains(part), "{part}: {screen}");
        }
        desk.types("pri");
        desk.press("enter");
        let screen = desk.screen();
        assert!(screen.contains("Type what is asked for") && screen.contains("amount"), "{screen}");
        assert!(screen.contains("KES 80") && screen.contains("1 more"), "{screen}");
        desk.press("ctrl-u");
        desk.press("enter");
        assert!(desk.screen().contains("type what stands for it"), "{}", desk.screen());
        desk.types("KES 90");
        desk.press("enter");
        desk.types("kilo");
        desk.press("enter");
        let screen = desk.screen();
        assert!(screen.contains("Leo ni KES 90 kwa kilo."), "{screen}");
        assert!(screen.contains("then") && screen.contains("Tag asked=price"), "{screen}");
        desk.press("ctrl-t");
        assert!(desk.screen().contains("nothing follows"), "{}", desk.screen());
        desk.press("enter");
        assert!(!desk.screen().contains("Tag asked=price"), "{}", desk.screen());
    }
}

#[test]
fn r_canned_2_a_gap_that_is_left_keeps_the_message_here() {
    let mut desk = desk(120, 40);
    desk.press("ctrl-t enter esc ctrl-s");
    let screen = desk.screen();
    assert!(!desk.app.form().is_some_and(crate::console::pane::form::Form::is_review));
    assert!(screen.contains("!! {{?amount|KES 80}} has no value"), "{screen}");
}

#[test]
fn r_canned_3_what_follows_is_done_once_the_message_was_accepted_and_never_else() {
    let mut desk = desk(120, 40);
    confirmed(&mut desk);
    let held = sends(&desk.after(Duration::from_secs(6)));
    let [(call, CustomerCommand::ReplyToMessage { .. })] = &held[..] else { panic!("{held:?}") };
    assert_eq!(sends(&desk.after(Duration::from_secs(3))), [], "no answer has come");
    let then = sends(&answer(&mut desk, call, MessageStatus::Sent));
    let [
        (tag, CustomerCommand::UpdateTags { customer, .. }),
        (untag, CustomerCommand::DeleteTags { .. }),
    ] = &then[..]
    else {
        panic!("{then:?}")
    };
    assert_eq!(*customer, crate::model::CustomerRef::Id(customer_id(0)));
    assert!(tag != untag && tag != call);
    for call in [tag, untag] {
        let receipt =
            StateReceipt { ok: true, description: "done".into(), customer: Some(customer_id(0)) };
        desk.send(Msg::Sent { call: call.clone(), result: Ok(Receipt::State(receipt)) });
    }
    assert_eq!(sends(&desk.after(Duration::from_mins(1))), [], "once");
    assert!(desk.app.drafts().list().is_empty());
    // Refused, or taken back, nothing follows.
    let mut refused = self::desk(120, 40);
    confirmed(&mut refused);
    let held = sends(&refused.after(Duration::from_secs(6)));
    assert_eq!(sends(&answer(&mut refused, &held[0].0, MessageStatus::NoConsent)), []);
    assert_eq!(sends(&refused.after(Duration::from_mins(1))), []);
    let mut taken = self::desk(120, 40);
    confirmed(&mut taken);
    taken.press("u");
    assert_eq!(sends(&taken.after(Duration::from_mins(1))), []);
    let [draft] = taken.app.drafts().list() else { panic!("{:?}", taken.app.drafts()) };
    assert_eq!(draft.written.then.len(), 2, "the draft keeps what follows");
}

#[test]
fn r_canned_3_a_console_that_is_killed_does_what_follows_under_the_same_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("drafts.json");
    let place = DraftsPlace { path, hub: String::new(), org: "acme-ke".into() };
    let mut desk = desk(120, 40);
    confirmed(&mut desk);
    let held = sends(&desk.after(Duration::from_secs(6)));
    // Killed before the answer came.
    place.save(desk.app.drafts()).expect("a file");
    let keys = |desk: &mut Desk, call: &CallId| -> Vec<CallId> {
        let then = sends(&answer(desk, call, MessageStatus::Sent));
        then.into_iter().map(|(call, _)| call).collect()
    };
    let first = keys(&mut desk, &held[0].0);
    // The log tells that it was sent: what follows is done.
    let mut told = Desk::open_with(120, 40, place.load().0);
    let then = sends(&told.answers(0, "", CHOSEN, Some(held[0].0.clone())));
    assert_eq!(then.iter().map(|(call, _)| call.clone()).collect::<Vec<_>>(), first);
    assert!(!told.app.drafts().list().iter().any(|kept| kept.call == held[0].0));
    // Or the agent sends it again from the draft.
    let mut next = Desk::open_with(120, 40, place.load().0);
    offer(&mut next);
    next.press("g d enter ctrl-s");
    next.confirm();
    let again = sends(&next.after(Duration::from_secs(6)));
    assert_eq!(again[0].0, held[0].0);
    assert_eq!((first.len(), keys(&mut next, &again[0].0)), (2, first));
}

#[test]
fn a_reply_that_is_repeated_for_somebody_else_is_filled_for_them() {
    let mut desk = desk(120, 40);
    desk.press("ctrl-t");
    desk.types("thanks");
    desk.press("enter");
    desk.types(" Habari");
    let filled = desk.app.form().expect("a form").call().clone();
    desk.press("esc");
    assert!(desk.app.drafts().get(&filled).is_some());
    let mut desk = self::desk(120, 40);
    confirmed(&mut desk);
    desk.press("1 g g j");
    desk.after(Duration::from_secs(1));
    desk.answer_inspection();
    desk.press(".");
    let screen = desk.screen();
    assert!(screen.contains("Type what is asked for"), "{screen}");
    desk.press("esc");
    let form = desk.app.form().expect("a form");
    let text = form.draft(desk.now).expect("a text").values[0].1.clone();
    assert!(text.contains("Amina") && !text.contains("Otieno"), "{text}");
}

//! A colleague answers the customer to whom one is writing (R-CONFLICT-3): keys in, effects and the screen out.

use super::{
    desk::{Desk, customer_id, sends},
    gallery::{FORM, picture},
};
use crate::{
    console::{
        layout::Pane,
        msg::{Effect, Msg},
        pane::outbox::SendState,
    },
    model::{
        Actor, FeedEvent, Hello, LastAnswer, MessageReceipt, MessageStatus, Outlook, Receipt, Seq,
    },
};
use std::time::Duration;

/// What the last command that was sent says that its sender has seen.
fn seen(effects: &[Effect]) -> Option<Seq> {
    let sent = sends(effects);
    let [(_, command)] = &sent[..] else { panic!("{sent:?}") };
    command.seen()
}

/// Begins a reply to the selected customer, who is the first one.
fn writing(width: u16, height: u16) -> Desk {
    let mut desk = Desk::open(width, height);
    desk.press("r");
    assert_eq!(desk.app.form().and_then(|f| f.target().customer.clone()), Some(customer_id(0)));
    desk.types("iko njiani");
    desk
}

/// Opens the sheet and waits until its keys count.
fn review(desk: &mut Desk) {
    desk.press("ctrl-s");
    desk.after(Duration::from_secs(1));
}

fn held(desk: &mut Desk) {
    review(desk);
    for _ in 0..30 {
        desk.press("down");
    }
    assert_eq!(sends(&desk.press("s")), []);
    assert!(desk.screen().contains("HELD"), "{}", desk.screen());
}

fn last(desk: &Desk) -> &SendState {
    &desk.app.outbox().rows().next_back().expect("a row").state
}

#[test]
fn r_conflict_3_what_counts_as_seen_is_what_was_there_when_one_began_to_write() {
    let mut desk = writing(120, 40);
    let began = Seq(desk.head);
    desk.says(1, "na mimi?");
    desk.says(0, "haraka!");
    desk.answer_inspection();
    held(&mut desk);
    assert_eq!(seen(&desk.after(Duration::from_secs(6))), Some(began));
}

#[test]
fn r_conflict_3_a_colleagues_answer_is_on_the_form_and_the_sheet_and_takes_a_word() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut desk = writing(width, height);
        desk.after(Duration::from_secs(5));
        desk.answers(0, "brian", "It comes today.", None);
        let place = Seq(desk.head);
        desk.after(Duration::from_secs(12));
        let screen = desk.screen();
        assert!(screen.contains("!! brian answered 12s ago: It comes"), "{width}:\n{screen}");
        assert!(screen.contains("iko njiani"), "the draft is as it was:\n{screen}");
        review(&mut desk);
        let screen = desk.screen();
        assert!(screen.contains("!! brian answered 13s ago:"), "{width}:\n{screen}");
        assert!(screen.contains("It comes today.") && screen.contains("type anyway"), "{screen}");
        desk.press("s");
        desk.types("nyway");
        assert!(desk.app.form().is_some(), "not sent");
        for _ in 0..6 {
            desk.press("backspace");
        }
        desk.types("anyway");
        assert!(desk.screen().contains("s send"), "{}", desk.screen());
        desk.press("s");
        assert_eq!(seen(&desk.after(Duration::from_secs(6))), Some(place), "{width}");
    }
}

#[test]
fn r_conflict_3_what_was_answered_while_the_sheet_is_open_stops_the_keys() {
    let mut desk = writing(120, 40);
    review(&mut desk);
    assert!(desk.screen().contains("s send"), "{}", desk.screen());
    desk.answers(0, "brian", "It comes today.", None);
    assert_eq!(sends(&desk.press("s")), []);
    desk.after(Duration::from_secs(1));
    desk.press("s");
    assert!(
        desk.app.form().is_some_and(crate::console::pane::form::Form::is_review),
        "the sheet is still there"
    );
    desk.press("backspace");
    desk.types("anyway");
    // Another answer makes what was typed for the first one worthless.
    desk.answers(0, "chao", "Or tomorrow.", None);
    desk.after(Duration::from_secs(1));
    let screen = desk.screen();
    assert!(screen.contains("chao answered") && screen.contains("Or tomorrow."), "{screen}");
    desk.press("s");
    assert!(desk.app.form().is_some(), "not sent");
}

#[test]
fn r_conflict_3_the_hubs_word_counts_too_where_the_feed_has_not_come_so_far() {
    let mut desk = writing(120, 40);
    let effects = desk.press("ctrl-s");
    let Some(Effect::DryRun { token, .. }) = effects.first().cloned() else {
        panic!("{effects:?}")
    };
    let place = Seq(desk.head + 1);
    let conflict = LastAnswer {
        seq: place,
        at: desk.now,
        by: Actor::Key("brian".into()),
        message: "el_msg_b".into(),
        text: "It comes today.".into(),
    };
    let receipt = Receipt::Message(MessageReceipt {
        status: MessageStatus::Conflict,
        description: "brian answered 1 s ago: It comes today.".into(),
        message: None,
        customer: Some(customer_id(0)),
        conflict: Some(Box::new(conflict)),
    });
    let outlook = Outlook { receipt: Some(receipt), ..Outlook::default() };
    desk.send(Msg::Outlook { token, result: Ok(Box::new(outlook)) });
    // It is asked again, for somebody who has seen that.
    let effects = desk.after(Duration::from_secs(1));
    let Some(Effect::DryRun { command, .. }) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(command.seen(), Some(place));
    let screen = desk.screen();
    assert!(screen.contains("brian answered") && screen.contains("type anyway"), "{screen}");
}

#[test]
fn r_conflict_3_what_is_held_does_not_go_once_a_colleague_has_answered() {
    let mut desk = writing(120, 40);
    held(&mut desk);
    desk.answers(1, "brian", "That is another customer.", None);
    assert!(matches!(last(&desk), SendState::Held { .. }));
    desk.answers(0, "brian", "It comes today.", None);
    assert_eq!(sends(&desk.after(Duration::from_mins(1))), [], "nothing is sent");
    let SendState::NotSent { reason } = last(&desk) else { panic!("{:?}", last(&desk)) };
    assert_eq!(reason, "brian answered meanwhile: It comes today.");
    let screen = desk.screen();
    assert!(screen.contains("not sent: brian answered meanwhile"), "{screen}");
    assert_eq!(desk.app.drafts().shown().count(), 1, "it is kept");
    desk.press("4 enter");
    assert_eq!(desk.app.focus(), Pane::Form);
    assert!(desk.screen().contains("iko njiani"), "{}", desk.screen());
}

#[test]
fn r_conflict_3_ones_own_answer_stops_nothing() {
    let mut desk = writing(120, 40);
    held(&mut desk);
    let sent = sends(&desk.press("S"));
    let [(call, _)] = &sent[..] else { panic!("{sent:?}") };
    desk.press("r");
    desk.types("leo jioni");
    held(&mut desk);
    desk.answers(0, "ops", "iko njiani", Some(call.clone()));
    assert_eq!(sends(&desk.after(Duration::from_secs(6))).len(), 1);
}

#[test]
fn r_conflict_3_what_a_program_writes_and_what_the_customer_writes_stops_nothing() {
    let mut desk = writing(120, 40);
    held(&mut desk);
    desk.answers_as(Actor::Program("bot".into()), 0, "We are closed.", None);
    desk.says(0, "haraka tafadhali!");
    assert_eq!(sends(&desk.after(Duration::from_secs(6))).len(), 1);
}

#[test]
fn r_conflict_3_what_the_customer_writes_meanwhile_is_on_the_form_and_on_the_sheet() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut desk = writing(width, height);
        desk.after(Duration::from_secs(1));
        desk.says(0, "haraka tafadhali!");
        desk.after(Duration::from_secs(3));
        let screen = desk.screen();
        assert!(screen.contains("new message 3s ago: haraka"), "{screen}");
        review(&mut desk);
        let screen = desk.screen();
        assert!(screen.contains("the customer wrote again at"), "{screen}");
        assert!(screen.contains("haraka tafadhali!"), "{screen}");
        assert!(screen.contains("s send"), "nothing has to be typed:\n{screen}");
    }
}

#[test]
fn r_conflict_3_what_the_hub_refused_is_kept_and_has_not_seen_more_when_it_is_opened_again() {
    let mut desk = writing(120, 40);
    let began = Seq(desk.head);
    held(&mut desk);
    let sent = sends(&desk.press("S"));
    let [(call, _)] = &sent[..] else { panic!("{sent:?}") };
    let result = Ok(Receipt::Message(MessageReceipt {
        status: MessageStatus::Conflict,
        description: "brian answered 2 s ago: It comes today.".into(),
        message: None,
        customer: Some(customer_id(0)),
        conflict: None,
    }));
    desk.send(Msg::Sent { call: call.clone(), result });
    let screen = desk.screen();
    assert!(screen.contains("450") && screen.contains("brian answered 2"), "{screen}");
    assert_eq!(desk.app.drafts().shown().count(), 1);
    desk.says(1, "na mimi?");
    desk.answer_inspection();
    desk.press("4 enter");
    let effects = desk.press("ctrl-s");
    let Some(Effect::DryRun { command, .. }) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(command.seen(), Some(began), "the hub says again what was answered");
}

#[test]
fn r_conflict_3_a_server_without_a_log_is_told_no_place() {
    let mut desk = Desk::new(120, 40);
    desk.send(Msg::Feed(FeedEvent::up(Hello::live_only(Seq(0)))));
    desk.says(0, "nataka refund");
    desk.after(Duration::from_secs(1));
    desk.answer_inspection();
    desk.press("r");
    desk.types("sawa");
    held(&mut desk);
    assert_eq!(seen(&desk.after(Duration::from_secs(6))), None);
}

#[test]
fn what_an_agent_sees_of_a_colleagues_answer() {
    let overtaken = |desk: &mut Desk| {
        desk.press("m");
        desk.types("Order 8841 iko njiani");
        desk.after(Duration::from_secs(5));
        desk.answers(0, "brian", "It comes today, between 14:00 and 16:00.", None);
        desk.says(0, "haraka tafadhali!");
        desk.after(Duration::from_secs(12));
    };
    picture("form_overtaken", FORM, overtaken);
    picture("sheet_message_overtaken", FORM, |desk| {
        overtaken(desk);
        review(desk);
        desk.types("any");
    });
}

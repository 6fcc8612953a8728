//! A message that failed is written again (R-CONSOLE-29): from wherever it is seen, to nobody else, and once.

use super::desk::{Desk, customer_id, number, sends};
use crate::{
    console::{
        drafts::{Drafts, FormDraft},
        layout::Pane,
        msg::Msg,
        pane::form::Form,
    },
    model::{
        Body, CallId, Channel, ChannelNumber, ChannelState, CustomerCommand, CustomerState,
        Direction, EventKind, Message, MessageId, MessageReceipt, MessageStatus, MessagingSession,
        Receipt,
    },
};
use std::{sync::Arc, time::Duration};

const TEXT: &str = "Order 8841 iko njiani, itafika leo saa 11.";
const SMS: &str = "sms 40404";
const WHATSAPP: &str = "whatsapp +254700000001";

fn sms() -> ChannelNumber {
    ChannelNumber::new(Channel::Sms, "40404")
}

/// A message to the first customer that somebody sent, and how it stands in their state.
fn message(desk: &Desk, status: MessageStatus, answers: Option<MessageId>) -> Message {
    Message {
        id: "el_msg_gone".into(),
        direction: Direction::Outbound,
        number: number(0),
        channel: sms(),
        app: None,
        body: Body::text(TEXT),
        status,
        in_reply_to: answers,
        work: None,
        is_final: false,
        created_at: desk.now,
        updated_at: desk.now,
    }
}

/// A colleague's message to the first customer, of which the network says this, selected in the feed. `change` adds
/// to what is known of the customer.
fn stands(
    desk: &mut Desk,
    statuses: &[MessageStatus],
    answers: Option<MessageId>,
    change: impl FnOnce(&mut CustomerState),
) {
    let id = MessageId::from("el_msg_gone");
    desk.after(Duration::from_secs(2));
    let last = statuses.last().copied().unwrap_or(MessageStatus::Sent);
    let known = message(desk, last, answers.clone());
    let (body, status) = (Body::text(TEXT), MessageStatus::Sent);
    let sent = EventKind::MessageSent { id, body, status, in_reply_to: answers, work: None };
    desk.happens(0, Channel::Sms, sent);
    for status in statuses {
        let id = MessageId::from("el_msg_gone");
        desk.happens(0, Channel::Sms, EventKind::MessageStatusChanged { id, status: *status });
    }
    desk.press("1 esc G");
    desk.after(Duration::from_secs(1));
    desk.answer_about(0, |customer| {
        customer.messages.push(Arc::new(known), 0);
        change(customer);
    });
}

fn opens_window(customer: &mut CustomerState) {
    let far = customer.touched_at.after(Duration::from_hours(9));
    customer.channels.push(ChannelState {
        number: number(0),
        channel: ChannelNumber::new(Channel::Whatsapp, "+254700000001"),
        consent: None,
        session: Some(MessagingSession {
            started_at: customer.touched_at,
            expires_at: far,
            app: None,
        }),
        asked: None,
    });
}

fn value(desk: &Desk, field: &str) -> String {
    let form = desk.app.form().expect("a form");
    let field = form.fields().iter().find(|own| own.spec.name == field).expect("a field");
    field.value()
}

fn because(desk: &Desk) -> String {
    let form = desk.app.form().unwrap_or_else(|| panic!("{:?}", desk.app.toasts().shown()));
    form.because().expect("a reason").to_owned()
}

fn said(desk: &Desk) -> String {
    desk.app.toasts().shown().iter().map(|toast| toast.text.clone()).collect::<Vec<_>>().join("\n")
}

/// Confirms what is on the sheet. Returns what goes, once it is not held any more.
fn confirmed(desk: &mut Desk) -> (CallId, CustomerCommand) {
    let mut effects = desk.confirm();
    effects.extend(desk.press("S"));
    sends(&effects).pop().unwrap_or_else(|| panic!("{}", desk.screen()))
}

fn accepted(desk: &mut Desk, call: &CallId, id: &str) {
    let receipt = Receipt::Message(MessageReceipt {
        status: MessageStatus::Sent,
        description: "sent".into(),
        message: Some(id.into()),
        customer: Some(customer_id(0)),
        conflict: None,
    });
    desk.send(Msg::Sent { call: call.clone(), result: Ok(receipt) });
}

#[test]
fn r_console_29_a_colleagues_failed_message_goes_again_by_three_keys() {
    let mut desk = Desk::open(120, 40);
    stands(&mut desk, &[MessageStatus::Failed], None, |_| {});
    desk.press("A");
    assert!(because(&desk).starts_with("not delivered on sms 40404: failed (400)."));
    assert_eq!([value(&desk, "text"), value(&desk, "from")], [TEXT, SMS]);
    let screen = desk.screen();
    assert!(screen.contains("!! not delivered on sms 40404: failed (400). The"), "{screen}");
    assert!(screen.contains("a new attempt"), "{screen}");
    desk.press("ctrl-s");
    let (_, command) = confirmed(&mut desk);
    let CustomerCommand::SendMessage { to, from, body, .. } = command else {
        panic!("{command:?}")
    };
    assert_eq!((to, from, body), (number(0), sms(), Body::text(TEXT)));
}

#[test]
fn r_console_29_where_this_way_cannot_work_the_next_one_is_chosen_and_said() {
    for status in [
        MessageStatus::NoCapability,
        MessageStatus::NotSupported,
        MessageStatus::CustomerNumberNotFound,
    ] {
        let mut desk = Desk::open(120, 40);
        stands(&mut desk, &[status], None, opens_window);
        desk.press("a a");
        assert!(because(&desk).ends_with(&format!("Chosen instead: {WHATSAPP}.")));
        assert_eq!([value(&desk, "text"), value(&desk, "from")], [TEXT, WHATSAPP], "{status:?}");
        assert_eq!(desk.app.form().expect("a form").target().customer, Some(customer_id(0)));
    }
    let mut desk = Desk::open(120, 40);
    stands(&mut desk, &[MessageStatus::NoCapability], None, |_| {});
    desk.press("A");
    assert!(because(&desk).ends_with("No other way to them is open now."), "{}", because(&desk));
    assert_eq!(value(&desk, "from"), SMS, "the agent chooses");
}

#[test]
fn r_console_29_what_may_still_arrive_or_was_forbidden_is_not_sent_again_and_it_is_said_why() {
    use MessageStatus::{Delivered, DuplicateRequest, Failed, NoConsent};
    for (statuses, why) in [
        (&[][..], "still on its way"),
        (&[Delivered], "it has arrived"),
        (&[Failed, Delivered], "it has arrived"),
        (&[NoConsent], "only their START"),
        (&[DuplicateRequest], "it exists already"),
    ] {
        let mut desk = Desk::open(120, 40);
        stands(&mut desk, statuses, None, opens_window);
        desk.press("A");
        assert!(desk.app.form().is_none(), "{statuses:?}");
        assert!(said(&desk).contains(why), "{statuses:?}: {}", said(&desk));
    }
    let mut desk = Desk::open(120, 40);
    desk.press("g c");
    desk.types(customer_id(0).as_str());
    desk.press("enter A");
    assert!(desk.app.form().is_none(), "no message is selected");
}

#[test]
fn r_console_29_an_answer_goes_again_as_an_answer_to_the_same_message() {
    let answered = MessageId::from(format!("el_msg_{:032}", 0));
    let mut desk = Desk::open(120, 40);
    stands(&mut desk, &[MessageStatus::Failed], Some(answered.clone()), opens_window);
    desk.press("A ctrl-s");
    let (_, command) = confirmed(&mut desk);
    let CustomerCommand::ReplyToMessage { customer, message, body, .. } = command else {
        panic!("{command:?}")
    };
    assert_eq!((customer, message, body), (customer_id(0), answered.clone(), Body::text(TEXT)));
    // Where the line of the answer is shut, it becomes a message of its own to the same customer.
    let mut desk = Desk::open(120, 40);
    stands(&mut desk, &[MessageStatus::OnlyTemplateAllowed], Some(answered), |_| {});
    desk.press("A");
    let form = desk.app.form().expect("a form");
    assert_eq!((form.spec().id, form.target().customer.clone()), ("message", Some(customer_id(0))));
}

#[test]
fn r_console_29_enter_in_the_activity_opens_what_failed_on_its_way_under_a_new_key_and_once() {
    let mut desk = Desk::open(120, 40);
    desk.press("1 esc m");
    desk.types(TEXT);
    desk.press("ctrl-s");
    let (call, _) = confirmed(&mut desk);
    accepted(&mut desk, &call, "el_msg_mine");
    desk.press("4 enter");
    assert!(said(&desk).contains("still on its way"), "{}", said(&desk));
    let (id, status) = (MessageId::from("el_msg_mine"), MessageStatus::Failed);
    desk.happens(0, Channel::Whatsapp, EventKind::MessageStatusChanged { id, status });
    desk.press("esc 4 enter");
    desk.after(Duration::from_secs(1));
    desk.answer_inspection();
    assert!(because(&desk).contains("failed (400)"), "{}", because(&desk));
    assert_eq!(value(&desk, "text"), TEXT);
    let own = desk.app.form().expect("a form").call().clone();
    assert_ne!(own, call);
    desk.press("ctrl-s");
    let (again, _) = confirmed(&mut desk);
    assert_eq!(again, own);
    accepted(&mut desk, &again, "el_msg_new");
    desk.press("4 k enter");
    desk.after(Duration::from_secs(1));
    assert!(desk.app.form().is_none() && said(&desk).contains("it went again since"));
}

#[test]
fn r_console_29_two_agents_send_the_same_again_under_one_key() {
    let mut drafts = Drafts::default();
    let values = vec![("text".to_owned(), "x".to_owned())];
    drafts
        .keep(&"sb-1".into(), FormDraft { form: "message".into(), values, ..FormDraft::default() });
    let (mut one, mut two) = (Desk::open(120, 40), Desk::open_with(120, 40, drafts));
    let key = |desk: &mut Desk| {
        stands(desk, &[MessageStatus::Expired], None, |_| {});
        desk.press("A");
        desk.app.form().map(|form| form.call().clone()).expect("a form")
    };
    let keys = [key(&mut one), key(&mut two)];
    assert_eq!(keys[0], keys[1]);
    // Left and opened again, it is the same attempt, with what was written since.
    one.types("!");
    one.press("esc A");
    assert_eq!(one.app.form().map(Form::call), Some(&keys[0]));
    assert!(value(&one, "text").contains('!') && because(&one).contains("expired"));
}

#[test]
fn r_console_29_what_somebody_has_sent_again_since_is_not_sent_once_more() {
    let mut desk = Desk::open(120, 40);
    let mut newer = message(&desk, MessageStatus::Delivered, None);
    newer.id = "el_msg_newer".into();
    newer.created_at = desk.now.after(Duration::from_mins(2));
    stands(&mut desk, &[MessageStatus::Failed], None, |customer| {
        customer.messages.push(Arc::new(newer), 0);
    });
    desk.press("A");
    assert!(desk.app.form().is_none() && said(&desk).contains("went to them again since"));
}

#[test]
fn r_console_29_who_is_not_known_yet_is_read_first_and_another_key_ends_the_wait() {
    for other in ["", "j"] {
        let mut desk = Desk::open(120, 40);
        desk.after(Duration::from_secs(1));
        let known = message(&desk, MessageStatus::Failed, None);
        let (id, body) = (known.id.clone(), known.body.clone());
        let (status, in_reply_to, work) = (MessageStatus::Failed, None, None);
        let sent = EventKind::MessageSent { id, body, status, in_reply_to, work };
        desk.happens(1, Channel::Sms, sent);
        desk.press("1 esc G A");
        assert!(desk.app.form().is_none() && said(&desk).contains("being read"), "{}", said(&desk));
        desk.press(other);
        desk.after(Duration::from_secs(1));
        desk.answer_inspection();
        assert_eq!(desk.app.form().is_some(), other.is_empty(), "{other}: {}", desk.screen());
        if let Some(form) = desk.app.form() {
            assert_eq!(form.target().customer, Some(customer_id(1)));
            assert_eq!((value(&desk, "text").as_str(), desk.app.focus()), (TEXT, Pane::Form));
        }
    }
}

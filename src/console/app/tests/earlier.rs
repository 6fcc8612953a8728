//! What this agent did before the console started comes back from the hub's log (R-CONSOLE-28): with what became of
//! it, and without anything by which it could be sent again.

use super::desk::{Desk, customer_id, number};
use crate::{
    console::{
        msg::{EarlierEntries, EarlierQuestion, Effect, Msg},
        pane::outbox::{Followed, OutboxRow},
    },
    model::{
        Actor, Body, Channel, ClientError, Entry, EventKind, FeedEvent, Hello, MessageReceipt,
        MessageStatus, PaymentReceipt, PaymentStatus, Receipt, Seq, StoredCall, Tone, WorkReceipt,
        WorkState, receipt,
    },
};
use std::{sync::Arc, time::Duration};

/// An entry of the last run: somebody with this key did it to the first customer.
fn entry(desk: &Desk, seq: u64, by: &str, kind: EventKind, receipt: Receipt) -> Arc<Entry> {
    let call = StoredCall { id: format!("sb-before-{seq}").into(), digest: [0; 32], receipt };
    Arc::new(Entry { call: Some(call), ..told(desk, seq, Actor::Key(by.into()), kind) })
}

fn told(desk: &Desk, seq: u64, actor: Actor, kind: EventKind) -> Entry {
    let at = desk.now.before(Duration::from_mins(60 - seq));
    let mut entry = Arc::unwrap_or_clone(Desk::entry(Seq(seq), at, 0, Channel::Sms, kind));
    entry.events[0].actor = actor;
    entry
}

fn wrote(id: &str, text: &str) -> EventKind {
    let (body, status) = (Body::text(text), MessageStatus::Sent);
    EventKind::MessageSent { id: id.into(), body, status, in_reply_to: None, work: None }
}

fn sent(id: &str, status: MessageStatus) -> Receipt {
    let (description, message) = (status.words().to_owned(), Some(id.into()));
    let customer = Some(customer_id(0));
    MessageReceipt { status, description, message, customer, conflict: None }.into()
}

fn became(desk: &Desk, seq: u64, id: &str, status: MessageStatus) -> Arc<Entry> {
    let kind = EventKind::MessageStatusChanged { id: id.into(), status };
    Arc::new(told(desk, seq, Actor::Network, kind))
}

/// The hub speaks, and says whose key this is.
fn up(desk: &mut Desk) -> Vec<Effect> {
    let (caller, head, now) = ("amina".to_owned(), Seq(desk.head), desk.now);
    let hello = Hello { head, caller, now, ..Hello::default() };
    desk.send(Msg::Feed(FeedEvent::Up(hello.into())))
}

/// A desk on whose hub there are 60 entries of before, and the question that it asks.
fn started() -> (Desk, EarlierQuestion) {
    let mut desk = Desk::new(120, 40);
    desk.head = 60;
    let effects = up(&mut desk);
    let asked = effects.into_iter().find_map(|effect| match effect {
        Effect::Earlier(asked) => Some(asked),
        _ => None,
    });
    (desk, asked.expect("the question"))
}

fn rows(desk: &Desk) -> Vec<(String, Tone, String)> {
    let row = |row: &OutboxRow| {
        let followed = row.followed();
        let tone = followed.map_or(Tone::Plain, Followed::tone);
        let words = followed.map_or_else(|| format!("{:?}", row.state), Followed::words);
        (format!("{} {}", row.title, row.to), tone, words)
    };
    desk.app.outbox().rows().map(row).collect()
}

#[test]
fn r_console_28_what_this_agent_did_before_comes_back_with_what_became_of_it() {
    let (mut desk, asked) = started();
    assert_eq!(asked.before, Seq(61), "up to what was there when it started");
    let me = asked.by.as_str();
    let paid = EventKind::PaymentStatusChanged {
        id: "el_txn_1".into(),
        status: PaymentStatus::PendingConfirmation,
        value: None,
    };
    let payment = PaymentReceipt {
        status: PaymentStatus::PendingConfirmation,
        description: "asked".into(),
        transaction: Some("el_txn_1".into()),
        debit_customer: Some(customer_id(0)),
        credit_customer: None,
    };
    let entries = vec![
        entry(&desk, 10, me, wrote("el_msg_1", "habari"), sent("el_msg_1", MessageStatus::Sent)),
        entry(&desk, 11, "brian", wrote("el_msg_x", "x"), sent("el_msg_x", MessageStatus::Sent)),
        entry(
            &desk,
            12,
            me,
            EventKind::TagsDeleted(vec!["vip".into()]),
            receipt::state(true, "untagged", None),
        ),
        entry(&desk, 13, me, wrote("el_msg_2", "tena"), sent("el_msg_2", MessageStatus::NoConsent)),
        entry(&desk, 14, me, wrote("el_msg_3", "mwisho"), sent("el_msg_3", MessageStatus::Sent)),
        entry(&desk, 15, me, paid, payment.into()),
    ];
    let effects = desk.send(Msg::Earlier(Ok(EarlierEntries { entries, more: false })));
    assert!(
        effects.contains(&Effect::EarlierCourse(vec![(customer_id(0), Seq(10))])),
        "{effects:?}"
    );
    let past = vec![
        became(&desk, 9, "el_msg_1", MessageStatus::Failed),
        became(&desk, 20, "el_msg_1", MessageStatus::Read),
        became(&desk, 21, "el_msg_3", MessageStatus::Failed),
    ];
    desk.send(Msg::EarlierCourse(Ok(past)));
    let shown = rows(&desk);
    let said: Vec<_> = shown.iter().map(|(row, _, words)| (row.as_str(), words.as_str())).collect();
    let to = format!("Otieno P. {}", number(0));
    let with = |title: &str| format!("{title} {to}");
    assert_eq!(said[0], (with("Message").as_str(), "read"));
    assert_eq!(said[1], (with("Untag").as_str(), "Done"));
    assert!(said[2].1.contains("Refused"), "{said:?}");
    assert_eq!(said[3].1, "failed (400)");
    assert_eq!(shown.len(), 4, "what is no command of this agent is no row: {said:?}");
    assert_eq!(desk.app.toasts().shown(), [], "what is past is no news");
    // What becomes of it from now on is.
    let screen = desk.screen();
    assert!(screen.contains("[4 ACTIVITY] < 4 from before"), "{screen}");
}

#[test]
fn r_console_28_what_is_about_no_customer_comes_back_too() {
    let (mut desk, asked) = started();
    let work = WorkReceipt { ok: true, description: "paused".into(), work: None };
    let paused = EventKind::WorkChanged { work: "el_wrk_1".into(), state: WorkState::Paused };
    let mut steered = entry(&desk, 10, &asked.by, paused, work.into());
    let event = &mut Arc::make_mut(&mut steered).events[0];
    (event.customer, event.number, event.name) = (None, None, None);
    let found = EarlierEntries { entries: vec![steered], more: false };
    assert_eq!(desk.send(Msg::Earlier(Ok(found))), [], "of nobody is anything to be asked");
    assert_eq!(rows(&desk)[0].0, "Steer work el_wrk_1");
}

#[test]
fn r_console_28_what_is_from_before_can_never_be_sent_again() {
    let (mut desk, asked) = started();
    let failed = wrote("el_msg_1", "habari");
    let entries =
        vec![entry(&desk, 10, &asked.by, failed, sent("el_msg_1", MessageStatus::NoConsent))];
    desk.send(Msg::Earlier(Ok(EarlierEntries { entries, more: true })));
    assert!(desk.app.outbox().rows().all(|row| row.sent.is_none()));
    desk.press("4");
    let screen = desk.screen();
    assert!(screen.contains("sent before this console started"), "{screen}");
    for keys in ["enter", "S", "u", "U", "."] {
        let effects = desk.press(keys);
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Send { .. })), "{keys}");
        assert!(desk.app.form().is_none(), "{keys}");
    }
    assert_eq!(desk.app.drafts().list().len(), 0);
}

#[test]
fn r_console_28_what_becomes_of_it_from_now_on_is_news() {
    let (mut desk, asked) = started();
    let entries = vec![entry(
        &desk,
        10,
        &asked.by,
        wrote("el_msg_1", "habari"),
        sent("el_msg_1", MessageStatus::Sent),
    )];
    desk.send(Msg::Earlier(Ok(EarlierEntries { entries, more: false })));
    let status = MessageStatus::Failed;
    desk.happens(
        0,
        Channel::Sms,
        EventKind::MessageStatusChanged { id: "el_msg_1".into(), status },
    );
    // The past is answered later than that, and knows less.
    desk.send(Msg::EarlierCourse(Ok(Vec::new())));
    assert_eq!(rows(&desk)[0].2, "failed (400)");
    assert_eq!(desk.app.toasts().shown().len(), 1);
}

#[test]
fn r_console_28_where_it_is_not_known_the_activity_says_so_and_asks_again() {
    let (mut desk, asked) = started();
    desk.send(Msg::Earlier(Err(ClientError::Unavailable("busy".into()))));
    let screen = desk.screen();
    assert!(screen.contains("what was sent before is not known"), "{screen}");
    desk.down(Some(Duration::from_secs(9)), ClientError::Unavailable("restarting".into()));
    let effects = up(&mut desk);
    assert!(effects.contains(&Effect::Earlier(asked)), "the same question: {effects:?}");
    desk.send(Msg::Earlier(Ok(EarlierEntries::default())));
    let screen = desk.screen();
    assert!(screen.contains("nor with this key in the last 24 hours"), "{screen}");
    let mut desk = Desk::new(120, 40);
    desk.send(Msg::Feed(FeedEvent::Up(Hello::live_only(Seq(0)).into())));
    let screen = desk.screen();
    assert!(screen.contains("what was before is not known: no history here"), "{screen}");
}

//! Bad reminders and work by tag (R-REM-1 to R-REM-4, R-TAGWORK-2): without a key, without a time, too
//! often, for another app; without a tag, with nothing to say; work that is not there.

use super::{Says::*, *};
use crate::{
    hub::service::tests::BILLING,
    model::{Reminder, TagMessage, TagPair, WorkState},
    wire::proto::hera as h,
};
use prost_types::{Duration as Length, Timestamp as Time};

/// A time in the year 2096.
const LATER: i64 = 4_000_000_000;

fn gold() -> TagPair {
    TagPair { key: "level".into(), value: "gold".into() }
}

fn rent() -> h::CustomerReminder {
    h::CustomerReminder {
        app_id: "desk".into(),
        key: "rent".into(),
        expiration: Some(Time { seconds: LATER, nanos: 0 }),
        interval: None,
        payload: Some("due".into()),
    }
}

/// A reminder about a customer, and the same one about a tag.
#[expect(clippy::needless_pass_by_value, reason = "rows read like sentences")]
fn both(reminder: Option<h::CustomerReminder>) -> [Ask; 2] {
    let (customer, tag) = (jane(), gold());
    let empty = Reminder::default();
    let one = CustomerCommand::AddReminder { customer, reminder: empty.clone() };
    let by_tag = CustomerCommand::AddReminderByTag { tag, reminder: empty };
    [one, by_tag].map(|command| {
        let mut ask = ask(command);
        match &mut ask {
            Ask::AddCustomerReminder(r) => r.reminder.clone_from(&reminder),
            Ask::AddCustomerReminderByTag(r) => r.reminder.clone_from(&reminder),
            other => panic!("not a reminder: {other:?}"),
        }
        ask
    })
}

/// All kinds of wrong reminders.
fn wrong() -> Vec<(&'static str, Option<h::CustomerReminder>)> {
    let at = |seconds| Some(Time { seconds, nanos: 0 });
    let every = |seconds, nanos| Some(Length { seconds, nanos });
    let some = |change: fn(&mut h::CustomerReminder)| {
        let mut reminder = rent();
        change(&mut reminder);
        Some(reminder)
    };
    let timed = |expiration| Some(h::CustomerReminder { expiration, ..rent() });
    let repeated = |interval| Some(h::CustomerReminder { interval, ..rent() });
    vec![
        ("no reminder", None),
        ("no key", some(|r| r.key.clear())),
        ("an over-long key", some(|r| r.key = long(256))),
        ("no time", timed(None)),
        ("time 0", timed(at(0))),
        ("a time in the year 1 (D-ZERO)", timed(at(-62_135_596_800))),
        ("an interval below a second", repeated(every(0, 500_000_000))),
        ("a negative interval", repeated(every(-60, 0))),
        ("an over-long payload", some(|r| r.payload = Some(long((16 << 10) + 1)))),
        ("no app of several (D-ZERO)", some(|r| r.app_id.clear())),
        ("another app (R-REM-4)", some(|r| r.app_id = "ghost".into())),
    ]
}

#[tokio::test]
async fn r_rem_3_and_4_reminders_that_cannot_be() {
    let stage = Stage::set().await;
    let mut rows = Vec::new();
    for (what, reminder) in wrong() {
        let [one, by_tag] = both(reminder);
        rows.push(row(what, one, No));
        rows.push(row(format!("by tag: {what}"), by_tag, No));
    }
    stage.check(rows).await;
}

#[tokio::test]
async fn r_rem_4_a_key_of_one_app_sets_no_reminder_for_another() {
    let stage = Stage::set().await;
    let mut till = stage.rig.hera_with(&[("api-key", BILLING)]);
    let before = stage.rig.written().await;
    let [Ask::AddCustomerReminder(one), Ask::AddCustomerReminderByTag(by_tag)] = both(Some(rent()))
    else {
        panic!("not reminders")
    };
    let said = till.add_customer_reminder(one).await.unwrap().into_inner();
    assert!(!said.status && !said.description.is_empty());
    let said = till.add_customer_reminder_by_tag(by_tag).await.unwrap().into_inner();
    assert!(!said.status && !said.description.is_empty());
    assert_eq!(stage.rig.written().await, before);
}

#[tokio::test]
async fn a_reminder_in_the_past_is_one_that_fires_at_once() {
    let stage = Stage::set().await;
    let past = h::CustomerReminder { expiration: Some(Time { seconds: 1, nanos: 0 }), ..rent() };
    let [one, by_tag] = both(Some(past));
    let said = call(&stage.rig, one.clone()).await.unwrap();
    assert_eq!(said.words, "reminder rent added; its time has passed, so it fires at once");
    let rows = vec![row("about Jane (R-REM-2)", one, Yes), row("by tag (R-REM-2)", by_tag, Yes)];
    stage.check(rows).await;
}

#[tokio::test]
async fn d_zero_an_interval_of_zero_is_no_repetition() {
    let stage = Stage::set().await;
    let interval = Some(Length { seconds: 0, nanos: 0 });
    let [one, by_tag] = both(Some(h::CustomerReminder { interval, ..rent() }));
    stage.check(vec![row("about Jane", one, Yes), row("by tag", by_tag, Yes)]).await;
    let reminder = &stage.jane().await.reminders[0];
    assert_eq!((reminder.key.as_str(), reminder.interval), ("rent", None));
}

#[tokio::test]
async fn d_zero_a_key_of_one_app_need_not_name_it() {
    let stage = Stage::set().await;
    let mut till = stage.rig.hera_with(&[("api-key", BILLING)]);
    let unnamed = h::CustomerReminder { app_id: String::new(), ..rent() };
    let [Ask::AddCustomerReminder(one), Ask::AddCustomerReminderByTag(by_tag)] =
        both(Some(unnamed))
    else {
        panic!("not reminders")
    };
    let dry = v1::DryRunRequest {
        org_id: "acme".into(),
        app_id: String::new(),
        command: Some(Ask::AddCustomerReminder(one.clone())),
        seen_seq: None,
        ..v1::DryRunRequest::default()
    };
    let outlook = stage.rig.operator_as(BILLING).dry_run(dry).await.unwrap().into_inner();
    assert!(Receipt::from(outlook.receipt.unwrap()).is_ok());
    assert!(till.add_customer_reminder(one).await.unwrap().into_inner().status);
    assert!(till.add_customer_reminder_by_tag(by_tag).await.unwrap().into_inner().status);
    assert_eq!(stage.jane().await.reminders[0].app.as_str(), "billing");

    let send = CustomerCommand::SendMessage {
        to: number(JANE),
        from: sms(),
        body: Body::text("hello"),
        seen: None,
    };
    let Ask::SendMessage(send) = request::of(&send, &"acme".into(), &"".into()) else {
        panic!("not a message")
    };
    let said = till.send_message(send.clone()).await.unwrap().into_inner();
    assert_eq!(said.status, 101, "{}", said.description);
    let listen = h::StreamNotificationRequest { org_id: "acme".into(), app_id: String::new() };
    assert!(till.stream_notifications(listen.clone()).await.is_ok());

    // A key of several apps is told which there are.
    let words = "no app_id is given, and this key is for several: give desk or billing";
    let mut ops = stage.rig.hera();
    assert_eq!(ops.send_message(send).await.unwrap().into_inner().description, words);
    let refused = ops.stream_notifications(listen).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::InvalidArgument, words));
}

#[tokio::test]
async fn cancelling_wants_a_key_and_an_app_and_nothing_more() {
    let stage = Stage::set().await;
    let one = |key: &str, app: &str| {
        let command = CustomerCommand::CancelReminder { customer: jane(), key: key.to_owned() };
        request::of(&command, &"acme".into(), &app.into())
    };
    let by_tag = |tag: TagPair, key: &str, app: &str| {
        let command = CustomerCommand::CancelReminderByTag { tag, key: key.to_owned() };
        request::of(&command, &"acme".into(), &app.into())
    };
    let half = TagPair { key: "level".into(), value: String::new() };
    let denied = Away(Code::PermissionDenied);
    let rows = vec![
        row("no key", one("", "desk"), No),
        row("no app of several (D-ZERO)", one("rent", ""), No),
        row("an app that the org does not have", one("rent", "ghost"), denied),
        row("not there (R-REPLY-4)", one("none", "desk"), Yes),
        row("by tag: no key", by_tag(gold(), "", "desk"), No),
        row("by tag: half a tag", by_tag(half, "rent", "desk"), No),
        row("by tag: no tag", by_tag(TagPair::default(), "rent", "desk"), No),
        row("by tag: no app of several (D-ZERO)", by_tag(gold(), "rent", ""), No),
        row("by tag: not there (R-TAGWORK-4)", by_tag(gold(), "none", "desk"), Yes),
    ];
    stage.check(rows).await;
}

fn spread(tag: TagPair, from: ChannelNumber, body: Body) -> Ask {
    ask(CustomerCommand::SendMessageByTag { tag, message: TagMessage::new(from, body) })
}

#[tokio::test]
async fn r_tagwork_2_and_5_what_is_not_done_by_tag() {
    let stage = Stage::set().await;
    let hello = || Body::text("hello");
    let half = |key: &str, value: &str| TagPair { key: key.into(), value: value.into() };
    let on = ChannelNumber::new;
    let [_, Ask::AddCustomerReminderByTag(mut untagged)] = both(Some(rent())) else {
        panic!("not by tag")
    };
    untagged.tag = None;
    let mut rows = vec![
        row("a reminder without a tag", Ask::AddCustomerReminderByTag(untagged), No),
        row("no tag", spread(TagPair::default(), sms(), hello()), No),
        row("no value", spread(half("level", ""), sms(), hello()), No),
        row("no key", spread(half("", "gold"), sms(), hello()), No),
        row("an over-long value", spread(half("level", &long(256)), sms(), hello()), No),
        row("no channel", spread(gold(), ChannelNumber::default(), hello()), No),
        row("an empty channel number", spread(gold(), on(Channel::Sms, ""), hello()), No),
        row("not registered", spread(gold(), on(Channel::Sms, "40405"), hello()), No),
    ];
    for (what, body) in super::messages::bodies() {
        let whatsapp = on(Channel::Whatsapp, "+254711082000");
        rows.push(row(format!("by tag: {what}"), spread(gold(), whatsapp, body), No));
    }
    stage.check(rows).await;
}

#[tokio::test]
async fn r_tagwork_6_a_tag_that_nobody_has_is_work_for_nobody() {
    let stage = Stage::set().await;
    let nobody = TagPair { key: "level".into(), value: "bronze".into() };
    let said = call(&stage.rig, spread(nobody, sms(), Body::text("hello"))).await.unwrap();
    assert!(said.ok && said.id.is_some(), "{}", said.words);
    assert!(
        said.words.contains("0 customers") || said.words.contains("no customers"),
        "{}",
        said.words
    );
}

#[tokio::test]
async fn work_that_is_not_there_is_not_steered() {
    let stage = Stage::set().await;
    let steer = |work: &str, to| ask(CustomerCommand::SteerWork { work: work.into(), to });
    let rows = vec![
        row("no work", steer("", WorkState::Paused), No),
        row("unknown work", steer("el_wrk_0", WorkState::Cancelled), No),
        row("to nowhere", steer("el_wrk_0", WorkState::Unspecified), No),
        row("to where only the hub brings it", steer("el_wrk_0", WorkState::Done), No),
    ];
    stage.check(rows).await;
}

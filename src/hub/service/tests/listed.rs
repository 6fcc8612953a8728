//! What agents list and what dry runs say, over the wire. None of it changes anything.

use super::{BILLING, FOREIGN, JANE, Rig};
use crate::{
    hub::config::Limits,
    model::{
        Body, Channel, ChannelNumber, Currency, CustomerCommand, CustomerNumber, CustomerRef,
        Money, NetworkCommand, Outlook, Reminder, Tag, TagPair, Timestamp,
    },
    wire::{
        proto::{
            hera::TagCommandReply,
            v1::{self, dry_run_request::Command as Ask},
        },
        request,
    },
};
use std::time::Duration;
use tonic::Code;

fn ask(command: &CustomerCommand) -> Ask {
    request::of(command, &"acme".into(), &"desk".into())
}

fn org() -> String {
    "acme".into()
}

async fn dry(rig: &Rig, command: &CustomerCommand) -> Outlook {
    let command = Some(ask(command));
    let request = v1::DryRunRequest {
        org_id: org(),
        app_id: "desk".into(),
        command,
        seen_seq: None,
        ..v1::DryRunRequest::default()
    };
    rig.operator().dry_run(request).await.unwrap().into_inner().try_into().unwrap()
}

fn send(text: &str) -> CustomerCommand {
    CustomerCommand::SendMessage {
        to: CustomerNumber::telco(JANE),
        from: ChannelNumber::new(Channel::Sms, "40404"),
        body: Body::text(text),
        seen: None,
    }
}

fn reminder(key: &str, hours: u64) -> Reminder {
    Reminder {
        app: "desk".into(),
        key: key.into(),
        remind_at: Timestamp::from_secs(4_000_000_000).after(Duration::from_hours(hours)),
        interval: Some(Duration::from_hours(1)),
        payload: "due".into(),
    }
}

/// Puts Jane on the list of people who are reminded.
async fn remind(rig: &Rig, number: &str, key: &str, hours: u64) -> String {
    let customer = CustomerRef::Number(CustomerNumber::telco(number));
    let command = CustomerCommand::AddReminder { customer, reminder: reminder(key, hours) };
    let Ask::AddCustomerReminder(request) = ask(&command) else { panic!("not a reminder") };
    let reply = rig.hera().add_customer_reminder(request).await.unwrap().into_inner();
    assert!(reply.status, "{}", reply.description);
    reply.customer_id.unwrap()
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_records_nothing() {
    let rig = Rig::of_every_kind().await;
    let outlook = dry(&rig, &send("hello")).await;
    assert_eq!(outlook.receipt.as_ref().unwrap().code(), Some(101));
    assert_eq!(outlook.events.len(), 2, "Jane would be met, and written to");
    assert!(!outlook.is_blocked());
    assert_eq!(rig.written().await, 0);
    let refused = dry(&rig, &send("")).await;
    assert!(refused.is_blocked() && refused.events.is_empty());
    assert_eq!(refused.findings[0].code, "invalid-request");
    assert_eq!(rig.written().await, 0);
}

#[tokio::test]
async fn a_dry_run_is_of_one_s_own_org_and_app() {
    let rig = Rig::of_every_kind().await;
    let of = |org_id: &str, app_id: &str, command: Option<Ask>| v1::DryRunRequest {
        org_id: org_id.into(),
        app_id: app_id.into(),
        command,
        seen_seq: None,
        ..v1::DryRunRequest::default()
    };
    let hello = || Some(ask(&send("hello")));
    let code =
        async |key: &str, request| rig.operator_as(key).dry_run(request).await.unwrap_err().code();
    assert_eq!(code(FOREIGN, of("acme", "desk", hello())).await, Code::PermissionDenied);
    assert_eq!(code(FOREIGN, of("globex", "desk", hello())).await, Code::PermissionDenied);
    assert_eq!(code(BILLING, of("acme", "", hello())).await, Code::PermissionDenied);
    assert_eq!(code(BILLING, of("acme", "billing", hello())).await, Code::InvalidArgument);
    assert_eq!(code(BILLING, of("acme", "desk", hello())).await, Code::PermissionDenied);
    let super_key = super::KEY;
    assert_eq!(code(super_key, of("acme", "desk", None)).await, Code::InvalidArgument);
}

#[tokio::test]
async fn an_audience_is_counted_with_reasons() {
    let rig = Rig::of_every_kind().await;
    for number in [JANE, "+254700000002"] {
        let customer = CustomerRef::Number(CustomerNumber::telco(number));
        let tags = vec![Tag { key: "tier".into(), value: "gold".into(), ..Tag::default() }];
        let Ask::UpdateCustomerTag(request) = ask(&CustomerCommand::UpdateTags { customer, tags })
        else {
            panic!("not a tag")
        };
        assert!(rig.hera().update_customer_tag(request).await.unwrap().into_inner().status);
    }
    rig.receive(JANE, "STOP").await;
    let count = |channel| v1::CountAudienceRequest {
        org_id: org(),
        tag: Some((&TagPair { key: "tier".into(), value: "gold".into() }).into()),
        channel_number: channel,
    };
    let sms = ChannelNumber::new(Channel::Sms, "40404");
    let counted = rig.operator().count_audience(count(Some((&sms).into()))).await.unwrap();
    let counted = counted.into_inner();
    assert_eq!((counted.matching, counted.reached), (2, 1));
    assert_eq!((counted.skipped[0].code, counted.skipped[0].count), (401, 1));
    let all = rig.operator().count_audience(count(None)).await.unwrap().into_inner();
    assert_eq!((all.reached, all.sample.len()), (2, 2));
}

#[tokio::test]
async fn every_purse_of_the_settings_is_listed_with_what_is_in_it() {
    let rig = Rig::of_every_kind().await;
    let value = Money { currency: Currency::new("KES").unwrap(), minor: 150_000 };
    assert!(rig.report(NetworkCommand::FundPurse { purse: "main".into(), value }).await.is_ok());
    let listed = rig.operator().list_purses(v1::ListPursesRequest { org_id: org() }).await;
    let purses = listed.unwrap().into_inner().purses;
    let minor = |money: &Option<v1::Money>| money.clone().unwrap().minor;
    let rows: Vec<_> =
        purses.iter().map(|p| (p.purse_id.as_str(), minor(&p.available), p.pending)).collect();
    assert_eq!(rows, [("main", 150_000, 0), ("dollars", 0, 0)]);
}

#[tokio::test]
async fn reminders_are_listed_the_soonest_first_with_their_next_firings() {
    let rig = Rig::of_every_kind().await;
    let jane = remind(&rig, JANE, "rent", 5).await;
    remind(&rig, "+254700000002", "water", 1).await;
    remind(&rig, JANE, "power", 3).await;
    let list = async |customer_id: &str, limit| {
        let customer_id = customer_id.to_owned();
        let request = v1::ListRemindersRequest { org_id: org(), customer_id, limit };
        let reply = rig.operator().list_reminders(request).await.unwrap().into_inner();
        let keys = reply.reminders.iter().map(|r| r.reminder.clone().unwrap().key);
        assert!(reply.reminders.iter().all(|r| r.next.len() == 3));
        (keys.collect::<Vec<_>>(), reply.total)
    };
    assert_eq!(list("", 0).await, (vec!["water".into(), "power".into(), "rent".into()], 3));
    assert_eq!(list("", 2).await, (vec!["water".into(), "power".into()], 3));
    assert_eq!(list(&jane, 0).await, (vec!["power".into(), "rent".into()], 2));
    assert_eq!(list("el_cst_0", 0).await, (vec![], 0));
}

#[tokio::test]
async fn scheduled_work_is_listed_and_cancelled_once_under_its_key() {
    let rig = Rig::of_every_kind().await;
    let tag = TagPair { key: "tier".into(), value: "gold".into() };
    let command = CustomerCommand::AddReminderByTag { tag, reminder: reminder("rent", 1) };
    let Ask::AddCustomerReminderByTag(request) = ask(&command) else { panic!("not by tag") };
    let added = rig.hera().add_customer_reminder_by_tag(request).await.unwrap().into_inner();
    let work_id = added.work_id.expect("a work");
    let list = async |only: &str| {
        let request = v1::ListWorksRequest { org_id: org(), limit: 0, work_id: only.to_owned() };
        rig.operator().list_works(request).await.unwrap().into_inner()
    };
    let works = list("").await;
    assert_eq!(works.works.len(), 1);
    assert_eq!(works.next[&work_id].at.len(), 3);
    assert_eq!(list("el_wrk_0").await.works, []);

    let cancel = || {
        let to = v1::WorkState::Cancelled.into();
        let request = v1::SteerWorkRequest { org_id: org(), work_id: work_id.clone(), to };
        let mut request = tonic::Request::new(request);
        request.metadata_mut().insert("idempotency-key", "cancel-once".parse().unwrap());
        request
    };
    let first: TagCommandReply = rig.operator().steer_work(cancel()).await.unwrap().into_inner();
    assert!(first.status, "{}", first.description);
    let head = rig.written().await;
    let again = rig.operator().steer_work(cancel()).await.unwrap().into_inner();
    assert_eq!(
        (again, rig.written().await),
        (first, head),
        "D-IDEM: the same answer, nothing done"
    );
    let works = list(&work_id).await;
    assert_eq!(works.works[0].state, i32::from(v1::WorkState::Cancelled));
    assert!(works.next.is_empty(), "what is cancelled does not fire");
}

#[tokio::test]
async fn r_auth_1_work_is_steered_by_those_who_may_act_for_its_app() {
    let rig = Rig::of_every_kind().await;
    let tag = TagPair { key: "tier".into(), value: "gold".into() };
    let command = CustomerCommand::AddReminderByTag { tag, reminder: reminder("rent", 1) };
    let Ask::AddCustomerReminderByTag(request) = ask(&command) else { panic!("not by tag") };
    let added = rig.hera().add_customer_reminder_by_tag(request).await.unwrap().into_inner();
    let steer = async |key: &str| {
        let work_id = added.work_id.clone().expect("a work");
        let to = v1::WorkState::Paused.into();
        let request = v1::SteerWorkRequest { org_id: org(), work_id, to };
        rig.operator_as(key).steer_work(request).await
    };
    let head = rig.written().await;
    assert_eq!(steer(BILLING).await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(rig.written().await, head, "nothing was done");
    assert!(steer(super::KEY).await.unwrap().into_inner().status);
}

#[tokio::test]
async fn rule_38_looking_at_everyone_with_a_tag_is_budgeted_like_a_write() {
    let rig = Rig::with_limits(Limits { writes_per_second: 1, burst: 2, ..Limits::NONE }).await;
    let tag = TagPair { key: "tier".into(), value: "gold".into() };
    let count = async || {
        let tag = Some((&tag).into());
        let request = v1::CountAudienceRequest { org_id: org(), tag, channel_number: None };
        rig.operator().count_audience(request).await.map(drop)
    };
    count().await.unwrap();
    dry(&rig, &send("hello")).await;
    assert_eq!(count().await.unwrap_err().code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn lists_are_of_one_s_own_org() {
    let rig = Rig::of_every_kind().await;
    let mut foreign = rig.operator_as(FOREIGN);
    macro_rules! denied {
        ($($rpc:ident $request:ident;)*) => {$(
            #[allow(clippy::needless_update, reason = "one of them is of an org and no more")]
            let request = v1::$request { org_id: org(), ..v1::$request::default() };
            let refused = foreign.$rpc(request).await.unwrap_err();
            assert_eq!(refused.code(), Code::PermissionDenied, stringify!($rpc));
        )*};
    }
    denied! {
        list_works ListWorksRequest;
        list_recipients ListRecipientsRequest;
        list_reminders ListRemindersRequest;
        list_scheduled ListScheduledRequest;
        schedule_message ScheduleMessageRequest;
        edit_scheduled EditScheduledRequest;
        cancel_scheduled CancelScheduledRequest;
        list_waiting ListWaitingRequest;
        list_live ListLiveRequest;
        list_leases ListLeasesRequest;
        list_purses ListPursesRequest;
        list_carriers ListCarriersRequest;
        list_unknown ListUnknownRequest;
        count_audience CountAudienceRequest;
        steer_work SteerWorkRequest;
        no_answer_needed NoAnswerNeededRequest;
        decide_unknown DecideUnknownRequest;
        pause_carrier PauseCarrierRequest;
        dry_run DryRunRequest;
    }
}

//! Messages that leave later, over the wire (R-LATER-1 to R-LATER-4).

use super::{BILLING, JANE, KEY, Rig, soon};
use crate::{
    model::{
        Body, Channel, ChannelNumber, CustomerCommand, CustomerNumber, CustomerRef, MessageStatus,
        NetworkCommand, Timestamp,
    },
    wire::{
        from_time,
        proto::{
            hera,
            v1::{self, dry_run_request::Command as Ask},
        },
        request,
    },
};
use std::time::Duration;
use tonic::{Code, Request};

const HOUR: Duration = Duration::from_hours(1);

fn whom() -> CustomerRef {
    CustomerRef::Number(CustomerNumber::telco(JANE))
}

/// A request with a key, as the console makes it.
fn keyed<R>(request: R, key: &str) -> Request<R> {
    let mut request = Request::new(request);
    request.metadata_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

fn ask(command: &CustomerCommand) -> Ask {
    request::of(command, &"acme".into(), &"desk".into())
}

fn later(text: &str, at: Timestamp) -> v1::ScheduleMessageRequest {
    let command = CustomerCommand::ScheduleMessage {
        to: CustomerNumber::telco(JANE),
        from: ChannelNumber::new(Channel::Sms, "40404"),
        body: Body::text(text),
        at,
        in_reply_to: None,
        seen: None,
    };
    let Ask::ScheduleMessage(request) = ask(&command) else { panic!("not for later") };
    request
}

async fn now(rig: &Rig) -> Timestamp {
    let hello = rig.operator().hello(v1::HelloRequest { org_id: "acme".into() }).await.unwrap();
    from_time(hello.into_inner().now)
}

/// What waits, as text and id, and how many there are in all.
async fn listed(rig: &Rig, customer_id: &str, limit: u32) -> (Vec<(String, String)>, u64) {
    let (org_id, customer_id) = ("acme".into(), customer_id.into());
    let request = v1::ListScheduledRequest { org_id, customer_id, limit };
    let reply = rig.operator().list_scheduled(request).await.unwrap().into_inner();
    let rows = reply.messages.into_iter().map(|row| {
        let message = row.message.unwrap();
        (message.body.unwrap().text.unwrap(), message.message_id)
    });
    (rows.collect(), reply.total)
}

async fn sent(rig: &Rig) -> Vec<(String, MessageStatus)> {
    let all = |world: &crate::rules::World| {
        let customers = world.customers();
        let messages = customers.flat_map(|customer| {
            let all = customer.messages.iter();
            all.map(|m| (m.body.summary(), m.status)).collect::<Vec<_>>()
        });
        messages.collect()
    };
    rig.running.hub().read(&"acme".into(), all).await.unwrap()
}

#[tokio::test]
async fn r_later_1_under_one_key_it_is_kept_once_and_it_leaves_once_when_its_time_has_come() {
    let rig = Rig::of_every_kind().await;
    let at = now(&rig).await.after(HOUR);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let request = keyed(later("your order is ready", at), "key-1-of-the-test");
        let reply = rig.operator().schedule_message(request).await.unwrap().into_inner();
        assert_eq!(reply.status, MessageStatus::Scheduled.code(), "{}", reply.description);
        ids.push(reply.message_id.unwrap());
    }
    assert_eq!(ids[0], ids[1]);
    // Another time under the same key is another request.
    let other = keyed(later("your order is ready", at.after(HOUR)), "key-1-of-the-test");
    let reply = rig.operator().schedule_message(other).await.unwrap().into_inner();
    assert_eq!(reply.status, MessageStatus::DuplicateRequest.code());
    let row = ("your order is ready".to_owned(), ids[0].clone());
    assert_eq!(listed(&rig, "", 0).await, (vec![row], 1));
    assert_eq!(sent(&rig).await, []);
    assert!(rig.report(NetworkCommand::MoveClock { by: HOUR * 2 }).await.is_ok());
    soon(async {
        while listed(&rig, "", 0).await.1 > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(sent(&rig).await, [("your order is ready".to_owned(), MessageStatus::Sent)]);
}

#[tokio::test]
async fn r_later_3_it_is_changed_and_cancelled_and_refused_in_words_after_that() {
    let rig = Rig::of_every_kind().await;
    let at = now(&rig).await.after(HOUR);
    let reply = rig.operator().schedule_message(later("at eight", at)).await.unwrap().into_inner();
    let (id, customer) = (reply.message_id.unwrap(), reply.customer_id.unwrap());
    rig.operator().schedule_message(later("later", at.after(HOUR))).await.unwrap();
    let edit = |text: &str, at| {
        let (customer, message, body) = (whom(), id.as_str().into(), Body::text(text));
        let command = CustomerCommand::EditScheduled { customer, message, body, at, seen: None };
        let Ask::EditScheduled(request) = ask(&command) else { panic!("no edit") };
        request
    };
    let reply = rig.operator().edit_scheduled(edit("at nine", at)).await.unwrap().into_inner();
    assert_eq!(
        (reply.status, reply.message_id.as_ref()),
        (102, Some(&id)),
        "{}",
        reply.description
    );
    let (rows, total) = listed(&rig, &customer, 1).await;
    assert_eq!((rows, total), (vec![("at nine".to_owned(), id.clone())], 2));
    let cancel = || {
        let command =
            CustomerCommand::CancelScheduled { customer: whom(), message: id.as_str().into() };
        let Ask::CancelScheduled(request) = ask(&command) else { panic!("no end") };
        request
    };
    let reply = rig.operator().cancel_scheduled(cancel()).await.unwrap().into_inner();
    assert!(reply.status, "{}", reply.description);
    let reply = rig.operator().cancel_scheduled(cancel()).await.unwrap().into_inner();
    assert!(!reply.status && reply.description.contains("no message"), "{}", reply.description);
    let reply = rig.operator().edit_scheduled(edit("x", at)).await.unwrap().into_inner();
    assert_eq!(reply.status, 413, "{}", reply.description);
    assert_eq!(listed(&rig, "", 0).await.1, 1);
    assert_eq!(sent(&rig).await, []);
}

#[tokio::test]
async fn r_later_1_bad_input_is_refused_and_kept_nowhere() {
    let rig = Rig::of_every_kind().await;
    let at = now(&rig).await.after(HOUR);
    let status = async |request: v1::ScheduleMessageRequest| {
        let reply = rig.operator().schedule_message(request).await.unwrap().into_inner();
        (reply.status, reply.description)
    };
    let whole = || later("x", at);
    let no_time = v1::ScheduleMessageRequest { leaves_at: None, ..whole() };
    assert_eq!(status(no_time).await.0, 413);
    let far = v1::ScheduleMessageRequest {
        leaves_at: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: i32::MAX }),
        ..whole()
    };
    assert_eq!(status(far).await.0, 413);
    assert_eq!(status(v1::ScheduleMessageRequest { body: None, ..whole() }).await.0, 413);
    let nobody = v1::ScheduleMessageRequest { customer_number: None, ..whole() };
    assert_eq!(status(nobody).await.0, 411);
    let nowhere = v1::ScheduleMessageRequest { channel_number: None, ..whole() };
    assert_eq!(status(nowhere).await.0, 405);
    let reply = v1::ScheduleMessageRequest { in_reply_to: "el_msg_none".into(), ..whole() };
    assert_eq!(status(reply).await.0, 407);
    let long = later(&"x".repeat(70_000), at);
    assert_eq!(status(long).await.0, 413);
    let foreign = rig.operator_as(BILLING).schedule_message(whole()).await.unwrap_err();
    assert_eq!(foreign.code(), Code::PermissionDenied, "of another app");
    let edit = v1::EditScheduledRequest { org_id: "acme".into(), ..Default::default() };
    let refused = rig.operator_as(KEY).edit_scheduled(edit).await.unwrap().into_inner();
    assert_eq!(refused.description, "no customer given");
    let cancel = v1::CancelScheduledRequest { org_id: "acme".into(), ..Default::default() };
    let reply: hera::UpdateCustomerStateReply =
        rig.operator().cancel_scheduled(cancel).await.unwrap().into_inner();
    assert_eq!((reply.status, reply.description.as_str()), (false, "no customer given"));
    assert_eq!(listed(&rig, "", 0).await, (Vec::new(), 0));
    assert_eq!(listed(&rig, "el_cst_none", u32::MAX).await, (Vec::new(), 0));
}

#[tokio::test]
async fn r_later_3_a_key_of_another_app_neither_changes_nor_cancels_it() {
    let rig = Rig::of_every_kind().await;
    let at = now(&rig).await.after(HOUR);
    let reply = rig.operator().schedule_message(later("x", at)).await.unwrap().into_inner();
    let message = reply.message_id.unwrap();
    let (customer, id) = (whom(), message.as_str().into());
    let command = CustomerCommand::CancelScheduled { customer, message: id };
    let Ask::CancelScheduled(cancel) = ask(&command) else { panic!("no end") };
    let (customer, id, body) = (whom(), message.as_str().into(), Body::text("y"));
    let command = CustomerCommand::EditScheduled { customer, message: id, body, at, seen: None };
    let Ask::EditScheduled(edit) = ask(&command) else { panic!("no edit") };
    let mut billing = rig.operator_as(BILLING);
    for code in [
        billing.cancel_scheduled(cancel).await.unwrap_err().code(),
        billing.edit_scheduled(edit).await.unwrap_err().code(),
    ] {
        assert_eq!(code, Code::PermissionDenied);
    }
    assert_eq!(listed(&rig, "", 0).await.0, [("x".to_owned(), message)]);
}

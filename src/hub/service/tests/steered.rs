//! Work by tag over the wire: what is said beside the request of a message (R-TAGWORK-7, R-TAGWORK-10, R-LATER-5,
//! R-QUIET-5), and the list of the people of a work (R-TAGWORK-9).

use super::{FOREIGN, KEY, Rig};
use crate::{
    model::{
        Body, Channel, ChannelNumber, CustomerCommand, MessageStatus, NetworkCommand, Tag,
        TagMessage, TagPair, Task, WorkState,
    },
    wire::{
        proto::{hera, v1, v1::dry_run_request::Command as Ask},
        request,
    },
};
use std::time::Duration;
use tonic::{Code, Request};

fn message(terms: &[(&'static str, &str)]) -> Request<hera::SendMessageTagRequest> {
    let from = ChannelNumber::new(Channel::Sms, "40404");
    let command = CustomerCommand::SendMessageByTag {
        tag: TagPair { key: "tier".into(), value: "gold".into() },
        message: TagMessage::new(from, Body::text("Sale")),
    };
    let Ask::SendMessageByTag(asked) = request::of(&command, &"acme".into(), &"desk".into()) else {
        panic!("not by tag")
    };
    let mut request = Request::new(asked);
    for (name, value) in terms {
        request.metadata_mut().insert(*name, value.parse().unwrap());
    }
    request
}

/// A hub with this many people who have the tag.
async fn with_people(n: usize) -> Rig {
    let rig = Rig::of_every_kind().await;
    for n in 0..n {
        let tag = Tag { key: "tier".into(), value: "gold".into(), expires_at: None };
        let command = CustomerCommand::UpdateTags {
            customer: crate::model::CustomerRef::parse(&format!("+25471100000{n}")).unwrap(),
            tags: vec![tag],
        };
        let Ask::UpdateCustomerTag(asked) = request::of(&command, &"acme".into(), &"desk".into())
        else {
            panic!("no tag")
        };
        assert!(rig.hera().update_customer_tag(asked).await.unwrap().into_inner().status);
    }
    rig
}

impl Rig {
    /// The newest work, as soon as it stands so.
    async fn work_once(&self, state: WorkState) -> crate::model::Work {
        let org = "acme".into();
        loop {
            let newest = self.running.hub().read(&org, |world| world.works().last().cloned());
            if let Some(work) = newest.await.unwrap().filter(|work| work.state == state) {
                return work;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn r_tagwork_7_a_rate_travels_beside_the_request_and_is_part_of_it() {
    let rig = with_people(2).await;
    let mut ops = rig.hera_with(&[("api-key", KEY)]);
    let keyed = |rate| message(&[("idempotency-key", "key-1-of-the-test"), ("send-rate", rate)]);
    let reply = ops.send_message_by_tag(keyed("1/h")).await.unwrap().into_inner();
    assert!(reply.status, "{}", reply.description);
    let work = rig.work_once(WorkState::Running).await;
    let Task::Message(sent) = &work.task else { panic!("no message") };
    assert_eq!(sent.rate, "1/h".parse().ok());
    let again = ops.send_message_by_tag(keyed("1/h")).await.unwrap().into_inner();
    assert_eq!(again.work_id, reply.work_id, "D-IDEM");
    let other = ops.send_message_by_tag(keyed("2/h")).await.unwrap().into_inner();
    assert!(!other.status, "under the same key it is another request");
    for bad in ["300", "0/s", "fast"] {
        let refused = ops.send_message_by_tag(message(&[("send-rate", bad)])).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().starts_with("send-rate: "), "{}", refused.message());
    }
    let refused = ops.send_message_by_tag(message(&[("failed-of", " ")])).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn r_later_5_r_quiet_5_time_and_hours_travel_beside_the_request_and_are_part_of_it() {
    let rig = with_people(1).await;
    let mut ops = rig.hera_with(&[("api-key", KEY)]);
    let at = "2100-12-24T09:00:00Z";
    let refused = ops.send_message_by_tag(message(&[("send-at", at)])).await.unwrap().into_inner();
    assert!(!refused.status && refused.description.contains("too far ahead"), "{refused:?}");
    let now = rig.operator().hello(v1::HelloRequest { org_id: "acme".into() }).await.unwrap();
    let now = crate::wire::from_time(now.into_inner().now);
    let at = now.after(Duration::from_hours(1)).to_string();
    let terms =
        [("idempotency-key", "key-1-of-the-test"), ("send-at", &*at), ("quiet-hours", "wait")];
    let reply = ops.send_message_by_tag(message(&terms)).await.unwrap().into_inner();
    assert!(reply.description.starts_with("begins at "), "{}", reply.description);
    let work = rig.work_once(WorkState::Waiting).await;
    let Task::Message(sent) = &work.task else { panic!("no message") };
    assert!(sent.keeps_quiet && sent.at == work.begins() && sent.at.is_some());
    let again = ops.send_message_by_tag(message(&terms)).await.unwrap().into_inner();
    assert_eq!(again.work_id, reply.work_id, "D-IDEM");
    let other = ops.send_message_by_tag(message(&terms[..2])).await.unwrap().into_inner();
    assert!(!other.status, "under the same key it is another request");
    // It is listed with its time, and another one takes its place.
    let asked = v1::ListWorksRequest { org_id: "acme".into(), limit: 1, ..Default::default() };
    let listed = rig.operator().list_works(asked).await.unwrap().into_inner();
    assert_eq!(listed.next[work.id.as_str()].at.len(), 1);
    let instead = [("instead-of", work.id.as_str())];
    let reply = ops.send_message_by_tag(message(&instead)).await.unwrap().into_inner();
    assert_eq!(reply.description, format!("1 customer has tier=gold, instead of {}", work.id));
    let bad = [
        ("send-at", "tomorrow", "send-at is a time in RFC 3339, such as 2026-12-24T09:00:00Z"),
        ("quiet-hours", "yes", "quiet-hours is `wait` or `ignore`"),
        ("instead-of", " ", "instead-of is the id of a work by tag"),
    ];
    for (name, value, why) in bad {
        let refused = ops.send_message_by_tag(message(&[(name, value)])).await.unwrap_err();
        assert_eq!((refused.code(), refused.message()), (Code::InvalidArgument, why));
    }
}

#[tokio::test]
async fn r_tagwork_9_people_are_listed_a_page_at_a_time_and_bad_questions_are_refused() {
    let rig = with_people(3).await;
    let reply = rig.hera().send_message_by_tag(message(&[])).await.unwrap().into_inner();
    let work = rig.work_once(WorkState::Done).await;
    assert_eq!(reply.work_id.as_deref(), Some(work.id.as_str()));
    let asked = |outcome: i32, after: &str| v1::ListRecipientsRequest {
        org_id: "acme".into(),
        work_id: work.id.to_string(),
        after: after.to_owned(),
        limit: 2,
        outcome,
    };
    let first = rig.operator().list_recipients(asked(0, "")).await.unwrap().into_inner();
    assert_eq!((first.recipients.len(), first.refusal.as_str()), (2, ""));
    let rest = rig.operator().list_recipients(asked(0, &first.next)).await.unwrap().into_inner();
    assert_eq!((rest.recipients.len(), rest.next.as_str()), (1, ""));
    let one = &first.recipients[0];
    let theirs = one.message_id.clone().expect("a message").into();
    let status = MessageStatus::Failed;
    rig.report(NetworkCommand::ReportMessage { message: theirs, status }).await;
    let failed = v1::RecipientOutcome::Failed.into();
    let failed = rig.operator().list_recipients(asked(failed, "")).await.unwrap().into_inner();
    let rows: Vec<_> = failed.recipients.iter().map(|r| (&r.customer_id, r.code)).collect();
    assert_eq!(rows, [(&one.customer_id, 400)]);
    // Only they get it again.
    let terms = [("failed-of", work.id.as_str()), ("idempotency-key", "again-of-the-test")];
    let again = rig.hera().send_message_by_tag(message(&terms)).await.unwrap().into_inner();
    assert_eq!(again.description, format!("1 customer for whom {} failed", work.id));

    let bad = [
        (asked(99, ""), "there is no outcome 99"),
        (asked(0, "x"), "`after` is the `next` of the page before, as it was given"),
        (
            v1::ListRecipientsRequest { work_id: String::new(), ..asked(0, "") },
            "the people of which work? no work_id is given",
        ),
    ];
    for (question, why) in bad {
        let refused = rig.operator().list_recipients(question).await.unwrap_err();
        assert_eq!((refused.code(), refused.message()), (Code::InvalidArgument, why));
    }
    let unknown = v1::ListRecipientsRequest { work_id: "el_wrk_0".into(), ..asked(0, "") };
    let reply = rig.operator().list_recipients(unknown).await.unwrap().into_inner();
    assert_eq!(reply.refusal, "no work el_wrk_0");
    let refused = rig.operator_as(FOREIGN).list_recipients(asked(0, "")).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

//! `StreamNotifications` end to end: notifications are kept, delivered, and repeated after a break, and an
//! overflow is visible.

use super::{JANE, Rig, soon};
use crate::{
    model::{EventKind, OrgId, Seq},
    wire::proto::hera::{StreamNotificationRequest, WebhookRequest, webhook_request::Entry},
};
use std::time::Duration;
use tonic::Streaming;

async fn open(rig: &Rig) -> Streaming<WebhookRequest> {
    let request = StreamNotificationRequest { org_id: "acme".into(), app_id: "desk".into() };
    rig.hera().stream_notifications(request).await.unwrap().into_inner()
}

async fn note(stream: &mut Streaming<WebhookRequest>) -> WebhookRequest {
    soon(stream.message()).await.unwrap().unwrap()
}

/// The text of the next received message.
async fn says(stream: &mut Streaming<WebhookRequest>) -> String {
    match note(stream).await.entry {
        Some(Entry::ReceivedMessage(message)) => message.text.unwrap(),
        other => panic!("not a received message: {other:?}"),
    }
}

#[tokio::test]
async fn r_conn_4_what_happens_while_nobody_listens_is_kept() {
    let rig = Rig::new().await;
    for n in 0..3 {
        rig.receive(JANE, &format!("early {n}")).await;
    }
    let mut stream = open(&rig).await;
    for n in 0..3 {
        assert_eq!(says(&mut stream).await, format!("early {n}"));
    }
    rig.receive(JANE, "live").await;
    let live = note(&mut stream).await;
    assert_eq!((live.org_id.as_str(), live.app_id.as_str()), ("acme", "desk"));
    assert!(live.timestamp.is_some());
}

#[tokio::test]
async fn d_hera_after_a_break_the_latest_are_repeated_then_what_was_missed() {
    let rig = Rig::new().await;
    let mut stream = open(&rig).await;
    rig.receive(JANE, "one").await;
    assert_eq!(says(&mut stream).await, "one");
    drop(stream);
    // The hub notices the break before the next message comes.
    tokio::time::sleep(Duration::from_millis(100)).await;
    rig.receive(JANE, "two").await;
    let mut stream = open(&rig).await;
    assert_eq!(says(&mut stream).await, "one");
    assert_eq!(says(&mut stream).await, "two");
}

#[tokio::test]
async fn r_conn_3_two_streams_share_and_each_notification_comes_once() {
    let rig = Rig::new().await;
    let (mut one, mut two) = (open(&rig).await, open(&rig).await);
    for n in 0..10 {
        rig.receive(&format!("+25470000010{n}"), &n.to_string()).await;
    }
    let mut got = Vec::new();
    for _ in 0..5 {
        got.push(says(&mut one).await);
        got.push(says(&mut two).await);
    }
    got.sort();
    assert_eq!(got, (0..10).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn d_overflow_what_is_dropped_for_an_app_that_was_there_is_an_event() {
    let rig = Rig::new().await;
    let mut stream = open(&rig).await;
    rig.receive(JANE, "first").await;
    says(&mut stream).await;
    drop(stream);
    tokio::time::sleep(Duration::from_millis(100)).await;
    for n in 0..1010 {
        rig.receive(JANE, &n.to_string()).await;
    }
    let (hub, org) = (rig.running.hub(), OrgId::from("acme"));
    let dropped = soon(async {
        let (mut head, mut at) = (hub.head(&org).unwrap(), Seq(1000));
        loop {
            for stored in hub.entries_after(&org, at, 100).await.unwrap() {
                at = stored.entry.seq;
                let event = &stored.entry.events[0];
                if let EventKind::NotificationsDropped { count, from, to } = event.kind {
                    assert_eq!(event.app, Some("desk".into()));
                    return (count, from, to);
                }
            }
            head.changed().await.unwrap();
        }
    });
    let (count, from, to) = dropped.await;
    assert!(count >= 1 && from == Seq(1) && to >= from, "{count} from {from} to {to}");
}

#[tokio::test]
async fn an_app_that_was_never_there_makes_no_noise_when_its_queue_overflows() {
    let rig = Rig::new().await;
    for n in 0..1010 {
        rig.receive(JANE, &n.to_string()).await;
    }
    let mut stream = open(&rig).await;
    while says(&mut stream).await != "1009" {}
    let head = *rig.running.hub().head(&OrgId::from("acme")).unwrap().borrow();
    assert_eq!(head, Seq(1010));
}

#[tokio::test]
async fn a_restart_of_the_hub_repeats_the_latest_and_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::on_disk(folder.path()).await;
    let mut stream = open(&rig).await;
    rig.receive(JANE, "one").await;
    assert_eq!(says(&mut stream).await, "one");
    rig.running.shutdown().await;

    let rig = Rig::on_disk(folder.path()).await;
    rig.receive(JANE, "two").await;
    let mut stream = open(&rig).await;
    assert_eq!(says(&mut stream).await, "one");
    assert_eq!(says(&mut stream).await, "two");
}

//! `StreamNotifications` end to end: notifications are kept, delivered, and repeated after a break, and an
//! overflow is visible.

use super::{JANE, Rig, every_kind, soon};
use crate::{
    model::{
        CallStatus, Channel, ChannelNumber, CustomerNumber, EventKind, NetworkCommand, OrgId, Seq,
    },
    wire::proto::hera::{
        SayCallAction, StreamNotificationRequest, UssdMenu, VoiceCallAction, WebhookRequest,
        WebhookResponse, voice_call_action, webhook_request::Entry,
    },
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

/// What an app hears: the session that asks, the text that was received, or where a call is.
async fn hears(stream: &mut Streaming<WebhookRequest>) -> String {
    match note(stream).await.entry {
        Some(Entry::ReceivedMessage(message)) => message.text.unwrap(),
        Some(Entry::UssdSession(session)) => session.session_id,
        Some(Entry::VoiceCall(call)) => {
            let status = call.input.unwrap_or_default().status;
            match CallStatus::from_code(status).unwrap() {
                CallStatus::Ringing => call.session_id,
                other => format!("{other:?}"),
            }
        }
        other => panic!("neither a message nor a prompt: {other:?}"),
    }
}

/// Lets Jane dial a code and another customer call, and returns the sessions, which ask for a menu and
/// for a plan.
async fn prompts(rig: &Rig) -> [String; 2] {
    let on = ChannelNumber::new;
    let dial = NetworkCommand::DialUssd {
        from: CustomerNumber::telco(JANE),
        to: on(Channel::Ussd, "*384#"),
        input: String::new(),
    };
    let incoming = NetworkCommand::ReceiveCall {
        from: CustomerNumber::telco("+254700000002"),
        to: on(Channel::Voice, "+254711082300"),
    };
    let (ussd, call) = (rig.report(dial).await, rig.report(incoming).await);
    [ussd, call].map(|receipt| receipt.subject().unwrap().to_owned())
}

async fn answer(rig: &Rig, [ussd, call]: &[String; 2]) {
    let menu = WebhookResponse {
        session_id: ussd.clone(),
        ussd_menu: Some(UssdMenu { text: "1 Balance".into(), is_terminal: false }),
        ..WebhookResponse::default()
    };
    let say = SayCallAction { text: "Hello".into(), ..SayCallAction::default() };
    let say = VoiceCallAction { entry: Some(voice_call_action::Entry::Say(say)) };
    let plan = WebhookResponse {
        session_id: call.clone(),
        voice_call_actions: vec![say],
        ..WebhookResponse::default()
    };
    for response in [menu, plan] {
        let named = WebhookResponse { org_id: "acme".into(), app_id: "desk".into(), ..response };
        let reply = rig.hera().send_webhook_response(named).await.unwrap().into_inner();
        assert!(reply.status, "{}", reply.description);
    }
}

/// Hears two prompts and a message on a stream of its own, which it leaves open.
async fn hears_all(rig: &Rig) -> ([String; 2], Streaming<WebhookRequest>) {
    let mut stream = open(rig).await;
    let sessions = prompts(rig).await;
    rig.receive("+254700000003", "one").await;
    for expected in [sessions[0].as_str(), &sessions[1], "one"] {
        assert_eq!(hears(&mut stream).await, expected);
    }
    (sessions, stream)
}

/// What an app hears of a call that was answered.
const NEWS: [&str; 2] = ["Answered", "Active"];

#[tokio::test]
async fn d_hera_a_prompt_without_an_answer_is_heard_again() {
    let rig = Rig::of_every_kind().await;
    let (sessions, stream) = hears_all(&rig).await;
    drop(stream);
    let mut stream = open(&rig).await;
    for expected in [sessions[0].as_str(), &sessions[1], "one"] {
        assert_eq!(hears(&mut stream).await, expected);
    }
}

#[tokio::test]
async fn d_again_a_prompt_that_was_answered_is_not_heard_again() {
    let rig = Rig::of_every_kind().await;
    let (sessions, mut stream) = hears_all(&rig).await;
    answer(&rig, &sessions).await;
    for expected in NEWS {
        assert_eq!(hears(&mut stream).await, expected);
    }
    drop(stream);
    let mut stream = open(&rig).await;
    for expected in ["one", NEWS[0], NEWS[1]] {
        assert_eq!(hears(&mut stream).await, expected);
    }
}

#[tokio::test]
async fn d_again_a_restart_of_the_hub_does_not_repeat_an_answered_prompt_either() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::on_disk_as(folder.path(), every_kind()).await;
    let (sessions, stream) = hears_all(&rig).await;
    answer(&rig, &sessions).await;
    drop(stream);
    rig.running.shutdown().await;

    let rig = Rig::on_disk_as(folder.path(), every_kind()).await;
    let mut stream = open(&rig).await;
    for expected in ["one", NEWS[0], NEWS[1]] {
        assert_eq!(hears(&mut stream).await, expected);
    }
}

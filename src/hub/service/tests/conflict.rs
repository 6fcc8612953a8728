//! Two agents who answer the same customer at once, over the wire (R-CONFLICT-1, R-CONFLICT-2).

use super::{BILLING, JANE, KEY, Rig, Wire};
use crate::{
    model::{
        Actor, Body, Channel, ChannelNumber, CustomerCommand, CustomerNumber, LastAnswer, Outlook,
        Receipt, Seq,
    },
    wire::{
        proto::{
            hera::{self, grpc_web_service_client::GrpcWebServiceClient},
            v1::{self, dry_run_request::Command as Ask},
        },
        request,
    },
};
use prost::Message as _;
use tonic::{Code, Request, Response};

const PERSON: (&str, &str) = ("sent-by", "person");

fn message(app: &str, text: &str) -> hera::SendMessageRequest {
    let (to, from) = (CustomerNumber::telco(JANE), ChannelNumber::new(Channel::Sms, "40404"));
    let command = CustomerCommand::SendMessage { to, from, body: Body::text(text), seen: None };
    let Ask::SendMessage(request) = request::of(&command, &"acme".into(), &app.into()) else {
        panic!("not a message");
    };
    request
}

/// A message with what travels beside it.
fn with(text: &str, beside: &[(&'static str, &str)]) -> Request<hera::SendMessageRequest> {
    let mut request = Request::new(message("desk", text));
    for (name, value) in beside {
        request.metadata_mut().insert(*name, value.parse().unwrap());
    }
    request
}

/// Two people: `ops` and `till` are the labels of their keys.
fn ops(rig: &Rig) -> GrpcWebServiceClient<Wire> {
    rig.hera_with(&[("api-key", KEY), PERSON])
}
async fn till_answers(rig: &Rig, text: &str) {
    let mut till = rig.hera_with(&[("api-key", BILLING), PERSON]);
    let reply = till.send_message(message("billing", text)).await.unwrap().into_inner();
    assert_eq!(reply.status, 101, "{}", reply.description);
}

fn head(rig: &Rig) -> u64 {
    rig.running.hub().head(&"acme".into()).unwrap().borrow().0
}

/// What the reply says beside itself.
fn beside(reply: &Response<hera::SendMessageReply>) -> Option<LastAnswer> {
    let bytes = reply.metadata().get_bin("conflict-bin")?.to_bytes().unwrap();
    v1::LastAnswer::decode(bytes).unwrap().try_into().ok()
}

#[tokio::test]
async fn r_conflict_1_the_refusal_says_who_answered_when_and_what() {
    let rig = Rig::new().await;
    rig.receive(JANE, "Where is my parcel?").await;
    let seen = head(&rig).to_string();
    till_answers(&rig, "It comes today.").await;
    let (before, place) = (rig.written().await, head(&rig));
    let reply = ops(&rig).send_message(with("It is lost.", &[("seen-seq", &seen)])).await.unwrap();
    let conflict = beside(&reply).expect("what was answered");
    assert_eq!((&conflict.by, conflict.seq), (&Actor::Key("till".into()), Seq(place)));
    assert_eq!(conflict.text, "It comes today.");
    let reply = reply.into_inner();
    assert_eq!((reply.status, &*reply.message_id.unwrap_or_default()), (450, ""));
    assert!(reply.description.starts_with("till answered "), "{}", reply.description);
    assert_eq!(rig.written().await, before, "nothing was done");
    // Whoever has read it may go on.
    let place = place.to_string();
    let reply = ops(&rig).send_message(with("Today!", &[("seen-seq", &place)])).await.unwrap();
    assert_eq!((beside(&reply), reply.into_inner().status), (None, 101));
}

#[tokio::test]
async fn r_conflict_1_clients_of_the_contract_see_no_difference() {
    let rig = Rig::new().await;
    rig.receive(JANE, "Where is my parcel?").await;
    till_answers(&rig, "It comes today.").await;
    let reply = ops(&rig).send_message(with("It is lost.", &[])).await.unwrap();
    assert_eq!((beside(&reply), reply.into_inner().status), (None, 101));
}

#[tokio::test]
async fn r_conflict_1_what_is_no_place_is_refused_before_anything_is_done() {
    let rig = Rig::new().await;
    for place in ["", "-1", "now", "1.5", "18446744073709551616", "0x10"] {
        let sent = ops(&rig).send_message(with("Hi", &[("seen-seq", place)])).await;
        let refused = sent.expect_err(place);
        assert_eq!(refused.code(), Code::InvalidArgument);
        let words = "seen-seq is a place in the log: a number such as 1204";
        assert_eq!(refused.message(), words, "{place}");
    }
    assert_eq!(rig.written().await, 0);
    let place = u64::MAX.to_string();
    let reply = ops(&rig).send_message(with("Hi", &[("seen-seq", &place)])).await.unwrap();
    let reply = reply.into_inner();
    assert_eq!(reply.status, 413);
    let words = "nobody has seen entry 18446744073709551615 yet: the newest is 0";
    assert_eq!(reply.description, words);
}

#[tokio::test]
async fn r_conflict_2_a_repetition_gets_the_same_receipt_whatever_it_has_seen() {
    let rig = Rig::new().await;
    rig.receive(JANE, "Where is my parcel?").await;
    let seen = head(&rig).to_string();
    let key = ("idempotency-key", "key-0001");
    let first = ops(&rig).send_message(with("Today.", &[key, ("seen-seq", &seen)])).await.unwrap();
    assert_eq!(first.get_ref().status, 101);
    till_answers(&rig, "It comes today.").await;
    let before = rig.written().await;
    for seen in [&*seen, "0", &head(&rig).to_string()] {
        let again = ops(&rig).send_message(with("Today.", &[key, ("seen-seq", seen)])).await;
        assert_eq!(again.unwrap().get_ref(), first.get_ref(), "seen {seen}");
    }
    let again = ops(&rig).send_message(with("Today.", &[key])).await.unwrap();
    assert_eq!((again.get_ref(), rig.written().await), (first.get_ref(), before));
}

#[tokio::test]
async fn r_conflict_2_what_was_refused_may_be_sent_anyway_under_the_same_key() {
    let rig = Rig::new().await;
    rig.receive(JANE, "Where is my parcel?").await;
    let seen = head(&rig).to_string();
    till_answers(&rig, "It comes today.").await;
    let key = ("idempotency-key", "key-0001");
    let stale = || with("It is lost.", &[key, ("seen-seq", &seen)]);
    assert_eq!(ops(&rig).send_message(stale()).await.unwrap().into_inner().status, 450);
    let place = head(&rig).to_string();
    let anyway = with("It is lost.", &[key, ("seen-seq", &place)]);
    let done = ops(&rig).send_message(anyway).await.unwrap().into_inner();
    assert_eq!(done.status, 101);
    // From now on the key stands for what was done.
    assert_eq!(ops(&rig).send_message(stale()).await.unwrap().into_inner(), done);
}

#[tokio::test]
async fn r_conflict_1_a_dry_run_has_the_receipt_that_the_call_would_get() {
    let rig = Rig::new().await;
    rig.receive(JANE, "Where is my parcel?").await;
    let seen = head(&rig);
    till_answers(&rig, "It comes today.").await;
    let ask = async |seen_seq| {
        let command = Some(Ask::SendMessage(message("desk", "It is lost.")));
        let (org_id, app_id) = ("acme".into(), "desk".into());
        let request =
            v1::DryRunRequest { org_id, app_id, command, seen_seq, ..v1::DryRunRequest::default() };
        let reply = rig.operator().dry_run(request).await.unwrap().into_inner();
        Outlook::try_from(reply).unwrap()
    };
    let stale = ask(Some(seen)).await;
    assert_eq!(stale.findings[0].code, "conflict");
    let Some(Receipt::Message(receipt)) = stale.receipt else { panic!("no receipt") };
    assert_eq!((receipt.status.code(), receipt.message), (450, None));
    assert_eq!(receipt.conflict.map(|answer| answer.text), Some("It comes today.".into()));
    assert!(ask(None).await.receipt.is_some_and(|receipt| receipt.is_ok()));
    assert!(ask(Some(head(&rig))).await.receipt.is_some_and(|receipt| receipt.is_ok()));
}

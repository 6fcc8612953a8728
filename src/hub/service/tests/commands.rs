//! The commands of the contract: they are done, refused in the reply, repeated under a key, and kept apart by
//! app. The tests in `bad` show what is refused and how.

use super::{FOREIGN, JANE, Rig};
use crate::wire::proto::{
    hera::{
        self as h, CustomerIndex, CustomerMessageBody, CustomerNumber, CustomerNumberProvider,
        DataMapValue, IndexMapping, MessagingChannel, MessagingChannelNumber, TextMessageBody,
        customer_message_body, data_map_value,
    },
    v1::{GetCustomerRequest, get_customer_request},
};
use prost::Message as _;
use tonic::{Code, Request};

fn number(text: &str) -> CustomerNumber {
    CustomerNumber {
        provider: CustomerNumberProvider::Telco.into(),
        number: text.to_owned(),
        partition: None,
    }
}

fn data_of(reply: h::GetCustomerStateReply) -> h::CustomerStateReplyData {
    h::CustomerStateReplyData::decode(reply.data.unwrap()).unwrap()
}

fn state_of(number_text: &str) -> h::GetCustomerStateRequest {
    h::GetCustomerStateRequest {
        org_id: "acme".into(),
        customer: Some(h::get_customer_state_request::Customer::CustomerNumber(number(
            number_text,
        ))),
    }
}

fn tag(value: &str) -> h::UpdateCustomerTagRequest {
    let mapping = IndexMapping { key: "level".into(), value: Some(value.to_owned()) };
    h::UpdateCustomerTagRequest {
        org_id: "acme".into(),
        customer: Some(h::update_customer_tag_request::Customer::CustomerNumber(number(JANE))),
        tags: vec![CustomerIndex { mapping: Some(mapping), expiration: None }],
    }
}

fn text(text: &str) -> CustomerMessageBody {
    let text = TextMessageBody { text: Some(text.to_owned()), template: None };
    CustomerMessageBody { entry: Some(customer_message_body::Entry::Text(text)) }
}

fn send(from: &str, says: &str) -> h::SendMessageRequest {
    h::SendMessageRequest {
        org_id: "acme".into(),
        app_id: "desk".into(),
        customer_number: Some(number(JANE)),
        channel_number: Some(MessagingChannelNumber {
            channel: MessagingChannel::Sms.into(),
            number: from.to_owned(),
        }),
        body: Some(text(says)),
    }
}

fn keyed<T>(request: T, key: &str) -> Request<T> {
    let mut request = Request::new(request);
    request.metadata_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

async fn head(rig: &Rig) -> u64 {
    let asked = crate::wire::proto::v1::HelloRequest { org_id: "acme".into() };
    rig.operator().hello(asked).await.unwrap().into_inner().head
}

#[tokio::test]
async fn r_addr_1_reading_the_state_of_a_new_number_makes_a_customer_once() {
    let rig = Rig::new().await;
    let mut hera = rig.hera();
    let first = hera.get_customer_state(state_of(JANE)).await.unwrap().into_inner();
    assert!(first.status && !first.description.is_empty());
    let id = data_of(first).customer_id;
    let after = head(&rig).await;
    let again = hera.get_customer_state(state_of(JANE)).await.unwrap().into_inner();
    assert_eq!(data_of(again).customer_id, id);
    assert_eq!(head(&rig).await, after, "the second look wrote something");
}

#[tokio::test]
async fn r_addr_2_an_unknown_id_or_no_customer_at_all_is_a_refusal_and_makes_nothing() {
    let rig = Rig::new().await;
    let mut hera = rig.hera();
    let unknown = h::get_customer_state_request::Customer::CustomerId("el_cst_0".into());
    for customer in [Some(unknown), None] {
        let request = h::GetCustomerStateRequest { org_id: "acme".into(), customer };
        let reply = hera.get_customer_state(request).await.unwrap().into_inner();
        assert!(!reply.status && reply.data.is_none() && !reply.description.is_empty());
    }
    assert_eq!(head(&rig).await, 0);
}

#[tokio::test]
async fn d_lookup_the_operator_never_makes_a_customer() {
    let rig = Rig::new().await;
    let by = |number_text| GetCustomerRequest {
        org_id: "acme".into(),
        customer: Some(get_customer_request::Customer::CustomerNumber(number(number_text))),
        past: None,
    };
    let none = rig.operator().get_customer(by(JANE)).await.unwrap().into_inner();
    assert!(none.data.is_none());
    rig.receive(JANE, "hello").await;
    let some = rig.operator().get_customer(by(JANE)).await.unwrap().into_inner();
    assert!(some.data.is_some());
    assert_eq!(some.as_of_seq, head(&rig).await);
}

#[tokio::test]
async fn tags_and_metadata_are_set_and_deleted() {
    let rig = Rig::new().await;
    let mut hera = rig.hera();
    let set = hera.update_customer_tag(tag("gold")).await.unwrap().into_inner();
    assert!(set.status, "{}", set.description);
    let id = set.customer_id.unwrap();
    let value = DataMapValue { value: Some(data_map_value::Value::StringVal("\"Jane\"".into())) };
    let metadata = h::UpdateCustomerMetadataRequest {
        org_id: "acme".into(),
        customer: Some(h::update_customer_metadata_request::Customer::CustomerId(id.clone())),
        metadata: [("name".to_owned(), value)].into(),
    };
    assert!(hera.update_customer_metadata(metadata).await.unwrap().into_inner().status);
    let data = data_of(hera.get_customer_state(state_of(JANE)).await.unwrap().into_inner());
    assert_eq!((data.tags.len(), data.metadata.len()), (1, 1));

    let untag = h::DeleteCustomerTagRequest {
        org_id: "acme".into(),
        customer: Some(h::delete_customer_tag_request::Customer::CustomerId(id.clone())),
        keys: vec!["level".into()],
    };
    assert!(hera.delete_customer_tag(untag).await.unwrap().into_inner().status);
    let forget = h::DeleteCustomerMetadataRequest {
        org_id: "acme".into(),
        customer: Some(h::delete_customer_metadata_request::Customer::CustomerId(id)),
        keys: vec!["name".into()],
    };
    assert!(hera.delete_customer_metadata(forget).await.unwrap().into_inner().status);
    let data = data_of(hera.get_customer_state(state_of(JANE)).await.unwrap().into_inner());
    assert_eq!((data.tags.len(), data.metadata.len()), (0, 0));
}

#[tokio::test]
async fn r_auth_2_what_is_wrong_with_the_content_is_said_in_the_reply() {
    let rig = Rig::new().await;
    let mut hera = rig.hera();
    let nobody = h::UpdateCustomerTagRequest { customer: None, ..tag("gold") };
    let reply = hera.update_customer_tag(nobody).await.unwrap().into_inner();
    assert_eq!((reply.status, reply.description.as_str()), (false, "no customer given"));
    let reply = hera.send_message(send("99999", "hi")).await.unwrap().into_inner();
    assert_eq!(reply.status, 405, "{}", reply.description);
    let empty = h::SendMessageRequest { body: None, ..send("40404", "") };
    assert_eq!(hera.send_message(empty).await.unwrap().into_inner().status, 413);
}

#[tokio::test]
async fn a_message_is_sent_and_a_received_one_is_answered() {
    let rig = Rig::new().await;
    let mut hera = rig.hera();
    let sent = hera.send_message(send("40404", "hello Jane")).await.unwrap().into_inner();
    assert_eq!(sent.status, 101, "{}", sent.description);
    assert!(sent.message_id.is_some());
    let received = rig.receive(JANE, "hello").await;
    let state = hera.get_customer_state(state_of(JANE)).await.unwrap().into_inner();
    let messages = data_of(state).messaging_state.unwrap().messages;
    assert_eq!(messages.len(), 2);
    let inbound = messages.last().unwrap().message_id.clone();
    let answer = h::ReplyToMessageRequest {
        org_id: "acme".into(),
        app_id: "desk".into(),
        customer_id: received.customer().unwrap().to_string(),
        reply_to_message_id: inbound,
        body: Some(text("how can I help?")),
    };
    let reply = hera.reply_to_message(answer.clone()).await.unwrap().into_inner();
    assert_eq!(reply.status, 101, "{}", reply.description);
    let astray = h::ReplyToMessageRequest { reply_to_message_id: "el_msg_0".into(), ..answer };
    assert_eq!(hera.reply_to_message(astray).await.unwrap().into_inner().status, 407);
}

#[tokio::test]
async fn d_idem_the_same_call_again_gets_the_same_reply_and_does_nothing() {
    let rig = Rig::new().await;
    let mut hera = rig.hera();
    let request = send("40404", "once");
    let first = hera.send_message(keyed(request.clone(), "01J-once-only")).await.unwrap();
    let after = head(&rig).await;
    let again = hera.send_message(keyed(request, "01J-once-only")).await.unwrap();
    assert_eq!(again.into_inner(), first.into_inner());
    assert_eq!(head(&rig).await, after);

    let other = hera.send_message(keyed(send("40404", "twice"), "01J-once-only")).await.unwrap();
    let other = other.into_inner();
    assert_eq!(other.status, 409);
    assert!(other.description.contains("another request"), "{}", other.description);
    let family = hera.update_customer_tag(keyed(tag("gold"), "01J-once-only")).await.unwrap();
    assert!(!family.into_inner().status);
    assert_eq!(head(&rig).await, after);
}

#[tokio::test]
async fn d_idem_a_key_of_the_wrong_shape_is_refused_before_anything_is_done() {
    let rig = Rig::new().await;
    let long = "x".repeat(256);
    for key in ["short", "has a blank", &long] {
        let refused = rig.hera().send_message(keyed(send("40404", "hi"), key)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{key}");
    }
    assert_eq!(head(&rig).await, 0);
}

#[tokio::test]
async fn orgs_do_not_see_each_other() {
    let rig = Rig::new().await;
    let set = rig.hera().update_customer_tag(tag("gold")).await.unwrap().into_inner();
    let mut theirs = rig.hera_with(&[("api-key", FOREIGN)]);
    let by = |customer| h::GetCustomerStateRequest { org_id: "globex".into(), customer };
    let id = h::get_customer_state_request::Customer::CustomerId(set.customer_id.unwrap());
    let foreign = theirs.get_customer_state(by(Some(id))).await.unwrap().into_inner();
    let unknown = h::get_customer_state_request::Customer::CustomerId("el_cst_0".into());
    let unknown = theirs.get_customer_state(by(Some(unknown))).await.unwrap().into_inner();
    assert!(!foreign.status && foreign.data.is_none());
    assert_eq!(foreign.status, unknown.status);
    let number = h::get_customer_state_request::Customer::CustomerNumber(number(JANE));
    let same_number = theirs.get_customer_state(by(Some(number))).await.unwrap().into_inner();
    assert!(data_of(same_number).tags.is_empty(), "another org's customer");
}

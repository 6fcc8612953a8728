//! Orgs are apart: whatever id of another org a call has, it is answered as if there were no such thing. The calls and
//! their fields come from the descriptors, so that a new one is tested by itself.

use super::{FOREIGN, JANE, KEY, Rig};
use crate::{
    hub::raw_calls::{Raw, field, message, messages, text},
    model::{
        Actor, Body, Caller, Channel, ChannelNumber, CustomerCommand, CustomerNumber, OrgId,
        Receipt, TagMessage, TagPair,
    },
    wire::{
        proto::v1,
        rpcs::{Rpc, rpcs},
    },
};
use prost_types::{DescriptorProto, field_descriptor_proto::Type};
use std::collections::BTreeMap;
use tonic::{Request, Status, client::Grpc, codegen::http::uri::PathAndQuery};

/// How deep ids are looked for in requests.
const DEPTH: usize = 3;
/// What names whom a call is for, and not what it is about.
const WHOSE: [&str; 2] = ["org_id", "app_id"];

/// The ways to an id in a request: the numbers of the fields, outermost first.
fn ways(all: &BTreeMap<String, DescriptorProto>, name: &str, depth: usize) -> Vec<Vec<u32>> {
    let (Some(request), true) = (all.get(name), depth > 0) else { return Vec::new() };
    let mut found = Vec::new();
    for field in &request.field {
        let number = u32::try_from(field.number()).unwrap();
        if field.r#type() == Type::Message {
            let inner = ways(all, field.type_name(), depth - 1);
            found.extend(inner.into_iter().map(|way| [vec![number], way].concat()));
        } else if field.r#type() == Type::String
            && field.name().ends_with("_id")
            && !WHOSE.contains(&field.name())
        {
            found.push(vec![number]);
        }
    }
    found
}

/// A request of `acme` in which an id lies where the way leads.
fn request(all: &BTreeMap<String, DescriptorProto>, name: &str, way: &[u32], id: &str) -> Vec<u8> {
    let of = &all[name];
    let mut bytes = Vec::new();
    for (name, value) in WHOSE.iter().zip(["acme", "desk"]) {
        bytes.extend(field(of, name).map(|field| text(field, value)).unwrap_or_default());
    }
    let next = of.field.iter().find(|field| field.number() == way[0].cast_signed()).unwrap();
    bytes.extend(match way {
        [last] => text(*last, id),
        [first, rest @ ..] => message(*first, &request(all, next.type_name(), rest, id)),
        [] => unreachable!("a way leads somewhere"),
    });
    bytes
}

#[tokio::test]
async fn s3_whatever_id_of_another_org_a_call_has_is_answered_as_if_there_were_no_such_thing() {
    let rig = Rig::new().await;
    let (hub, globex) = (rig.running.hub(), OrgId::from("globex"));
    let does = async |command: CustomerCommand| {
        let caller = Caller { app: None, actor: Actor::Program("globex".into()) };
        hub.submit(&globex, caller, None, command.into()).await.unwrap()
    };
    // What another org has: a customer, a message and a work by tag.
    let from = ChannelNumber::new(Channel::Sms, "40404");
    let sent = does(CustomerCommand::SendMessage {
        to: CustomerNumber::telco(JANE),
        from: from.clone(),
        body: Body::text("globex-secret"),
        seen: None,
    });
    let Receipt::Message(sent) = sent.await else { panic!("no message") };
    let tag = TagPair { key: "tier".into(), value: "gold".into() };
    let message = TagMessage::new(from, Body::text("globex-secret"));
    let Receipt::Work(work) = does(CustomerCommand::SendMessageByTag { tag, message }).await else {
        panic!("no work")
    };
    let customer = sent.customer.unwrap();
    let ids =
        [customer.to_string(), sent.message.unwrap().to_string(), work.work.unwrap().to_string()];
    let all = messages();
    let ask = async |path: &str, bytes: Vec<u8>| {
        let mut grpc = Grpc::new(rig.channel());
        grpc.ready().await.unwrap();
        let mut request = Request::new(bytes);
        request.metadata_mut().insert("api-key", KEY.parse().unwrap());
        let path = PathAndQuery::try_from(path).unwrap();
        let answer = grpc.unary(request, path, Raw).await;
        answer
            .map(tonic::Response::into_inner)
            .map_err(|status: Status| status.message().to_owned())
    };
    let before = rig.written_in(&globex).await;
    let mut asked = 0;
    for Rpc { path, request: name, .. } in rpcs().into_iter().filter(|rpc| !rpc.streams) {
        for way in ways(&all, &name, DEPTH) {
            for id in &ids {
                // Another one of the same length, which nobody has.
                let nobody: String = id.chars().rev().collect();
                let said = ask(&path, request(&all, &name, &way, id)).await;
                let else_said = ask(&path, request(&all, &name, &way, &nobody)).await;
                let told = |answer: &Result<Vec<u8>, String>, id: &str| {
                    let answer = answer
                        .as_ref()
                        .map(|bytes| String::from_utf8_lossy(bytes).replace(id, "ID"));
                    answer.map_err(|error| error.replace(id, "ID"))
                };
                assert_eq!(told(&said, id), told(&else_said, &nobody), "{path} {way:?} {id}");
                assert!(!told(&said, id).unwrap_or_default().contains("globex-secret"), "{path}");
                asked += 1;
            }
        }
    }
    assert!(asked >= 150, "{asked} calls");
    assert_eq!(rig.written_in(&globex).await, before, "nothing was done to the other org");
    assert!(before > 0);
    // The same ids are something to the key of their own org.
    let found = v1::GetCustomerRequest {
        org_id: "globex".into(),
        customer: Some(v1::get_customer_request::Customer::CustomerId(ids[0].clone())),
        past: None,
    };
    let found = rig.operator_as(FOREIGN).get_customer(found).await.unwrap().into_inner();
    assert!(found.data.is_some(), "{found:?}");
}

//! Whether the gaps of a message by tag are filled is said beside the request (R-CANNED-4).

use super::{KEY, Rig};
use crate::{
    model::{Body, Channel, ChannelNumber, CustomerCommand, TagMessage, TagPair, Task},
    wire::{
        proto::{hera, v1::dry_run_request::Command as Ask},
        request,
    },
};
use tonic::{Code, Request};

#[tokio::test]
async fn r_canned_4_a_call_says_whether_gaps_are_filled() {
    let rig = Rig::new().await;
    let send = |key: &str, says: Option<&'static str>| -> Request<hera::SendMessageTagRequest> {
        let command = CustomerCommand::SendMessageByTag {
            tag: TagPair { key: "tier".into(), value: "gold".into() },
            message: TagMessage::new(
                ChannelNumber::new(Channel::Sms, "40404"),
                Body::text("Habari {{name|rafiki}}"),
            ),
        };
        let asked = request::of(&command, &"acme".into(), &"desk".into());
        let Ask::SendMessageByTag(request) = asked else { panic!("not by tag") };
        let mut request = Request::new(request);
        request.metadata_mut().insert("idempotency-key", key.parse().unwrap());
        if let Some(says) = says {
            request.metadata_mut().insert("fill-gaps", says.parse().unwrap());
        }
        request
    };
    let mut ops = rig.hera_with(&[("api-key", KEY)]);
    for (n, (says, fills)) in
        [(None, false), (Some("true"), true), (Some("false"), false)].into_iter().enumerate()
    {
        let key = format!("key-{n}-of-the-test");
        let reply = ops.send_message_by_tag(send(&key, says)).await.unwrap().into_inner();
        assert!(reply.status, "{}", reply.description);
        let org = "acme".into();
        let newest = rig.running.hub().read(&org, |world| world.works().last().cloned());
        let works = newest.await.unwrap();
        let Some(Task::Message(TagMessage { fill, .. })) = works.map(|work| work.task) else {
            panic!("no work")
        };
        assert_eq!(fill, fills, "{says:?}");
        // Under the same key it is another request.
        let other = if fills { None } else { Some("true") };
        let again = ops.send_message_by_tag(send(&key, other)).await.unwrap().into_inner();
        assert!(!again.status, "{}", again.description);
    }
    let refused =
        ops.send_message_by_tag(send("key-9-of-the-test", Some("yes"))).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(refused.message(), "fill-gaps is `true` or `false`");
}

//! Who may call, for which org, and that everyone else is refused in the same words (R-AUTH-1, D-AUTH).

use super::{BILLING, FOREIGN, KEY, Rig, pass};
use crate::{
    wire::proto::{
        hera::{AuthTokenRequest, SendMessageRequest, StreamNotificationRequest},
        v1::{HelloReply, HelloRequest, StatusRequest},
    },
    wire::rpcs::{Rpc, rpcs},
};
use std::time::Duration;
use tonic::{Code, Request, Status, client::Grpc, codegen::http::uri::PathAndQuery};
use tonic_prost::ProstCodec;

fn ask(org: &str) -> AuthTokenRequest {
    AuthTokenRequest { org_id: org.to_owned() }
}

/// How a call with these credentials is answered.
async fn answer(rig: &Rig, carry: &[(&'static str, &str)]) -> Result<String, (Code, String)> {
    let reply = rig.hera_with(carry).auth_token(ask("acme")).await;
    reply.map(|r| r.into_inner().token).map_err(|s| (s.code(), s.message().to_owned()))
}

#[tokio::test]
async fn r_auth_1_only_a_whole_known_key_opens() {
    let rig = Rig::new().await;
    let refused = |message: &str| Err((Code::Unauthenticated, message.to_owned()));
    let unknown = refused("this key or token is not valid");
    assert_eq!(answer(&rig, &[]).await, refused("an api-key or an auth-token is needed"));
    let long = "x".repeat(8 << 10);
    for key in ["", "wrong", &KEY[..KEY.len() - 1], &format!("{KEY}x"), &long] {
        assert_eq!(answer(&rig, &[("api-key", key)]).await, unknown, "{key}");
        assert_eq!(answer(&rig, &[("auth-token", key)]).await, unknown, "{key}");
    }
    assert_eq!(answer(&rig, &[("auth-token", KEY)]).await, unknown, "a key is no token");
    let token = answer(&rig, &[("api-key", KEY)]).await.unwrap();
    assert_eq!(answer(&rig, &[("api-key", &token)]).await, unknown, "a token is no key");
}

#[tokio::test]
async fn r_auth_1_if_both_are_sent_the_token_decides() {
    let rig = Rig::new().await;
    let token = answer(&rig, &[("api-key", KEY)]).await.unwrap();
    let stale = answer(&rig, &[("api-key", KEY), ("auth-token", "stale")]).await;
    assert_eq!(stale.unwrap_err().0, Code::Unauthenticated);
    // If a good token is sent too, the call is the token's, and a token cannot make tokens.
    let both = answer(&rig, &[("api-key", "wrong"), ("auth-token", &token)]).await;
    assert_eq!(both.unwrap_err().0, Code::PermissionDenied);
}

#[tokio::test]
async fn r_token_1_a_token_has_the_rights_of_its_key_but_for_making_tokens() {
    let rig = Rig::new().await;
    let mut keyed = rig.hera_with(&[("api-key", BILLING)]);
    let reply = keyed.auth_token(ask("acme")).await.unwrap().into_inner();
    assert_eq!(reply.token.len(), 43);
    assert_eq!(reply.lifetime.unwrap().seconds, 3600);
    let mut client = rig.hera_with(&[("auth-token", &reply.token)]);
    let refused = client.auth_token(ask("acme")).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    for (app, code) in [("billing", None), ("desk", Some(Code::PermissionDenied))] {
        let request =
            SendMessageRequest { org_id: "acme".into(), app_id: app.into(), ..Default::default() };
        let answer = client.send_message(request).await;
        assert_eq!(answer.err().map(|s| s.code()), code, "{app}");
    }
}

#[tokio::test]
async fn r_token_2_a_token_ends_and_its_stream_a_minute_later() {
    let rig = Rig::new().await;
    let token = answer(&rig, &[("api-key", KEY)]).await.unwrap();
    let mut client = rig.hera_with(&[("auth-token", &token)]);
    let request = StreamNotificationRequest { org_id: "acme".into(), app_id: "desk".into() };
    let mut stream = client.stream_notifications(request.clone()).await.unwrap().into_inner();

    pass(Duration::from_secs(3601)).await;
    let refused = client.stream_notifications(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let soon = tokio::time::timeout(Duration::from_millis(50), stream.message()).await;
    assert!(soon.is_err(), "the stream goes on for now");

    pass(Duration::from_mins(1)).await;
    let ended = super::soon(stream.message()).await.unwrap_err();
    assert_eq!(ended.code(), Code::Unauthenticated);
}

/// Calls any rpc with a request that has only an org, which is field 1 of them all.
async fn call(rig: &Rig, path: &str, org: &str, key: Option<&str>) -> Status {
    let mut grpc = Grpc::new(rig.channel());
    grpc.ready().await.unwrap();
    let mut request = Request::new(HelloRequest { org_id: org.to_owned() });
    if let Some(key) = key {
        request.metadata_mut().insert("api-key", key.parse().unwrap());
    }
    let path = PathAndQuery::try_from(path).unwrap();
    let codec = ProstCodec::<HelloRequest, HelloReply>::default();
    grpc.unary(request, path, codec).await.expect_err("let in")
}

#[tokio::test]
async fn d_auth_no_rpc_tells_a_foreign_org_from_one_that_does_not_exist() {
    let rig = Rig::new().await;
    for Rpc { path, .. } in rpcs() {
        assert_eq!(call(&rig, &path, "acme", None).await.code(), Code::Unauthenticated, "{path}");
        let foreign = call(&rig, &path, "acme", Some(FOREIGN)).await;
        let nowhere = call(&rig, &path, "nowhere", Some(FOREIGN)).await;
        assert_eq!(foreign.code(), nowhere.code(), "{path}");
        assert_eq!(foreign.message(), nowhere.message(), "{path}");
        let codes = [Code::PermissionDenied, Code::Unimplemented];
        assert!(codes.contains(&foreign.code()), "{path}: {foreign:?}");
    }
}

#[tokio::test]
async fn r_auth_1_an_app_that_the_org_or_the_key_does_not_have_is_refused_alike() {
    let rig = Rig::new().await;
    let mut client = rig.hera_with(&[("api-key", BILLING)]);
    let mut texts = Vec::new();
    for app in ["desk", "nowhere"] {
        let request = StreamNotificationRequest { org_id: "acme".into(), app_id: app.into() };
        let refused = client.stream_notifications(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        texts.push(refused.message().to_owned());
    }
    texts.dedup();
    assert_eq!(texts.len(), 1);
}

/// Everyone who is wrong comes at once, and who is right is answered meanwhile.
#[tokio::test]
async fn r_auth_1_a_thousand_wrong_calls_at_once_let_nobody_in() {
    let rig = Rig::new().await;
    let (short, long) = (&KEY[..KEY.len() - 1], format!("{KEY}x"));
    let wrong = [("api-key", short), ("api-key", &long), ("auth-token", KEY), ("api-key", FOREIGN)];
    let wrong = wrong.map(|pair| rig.hera_with(&[pair]));
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..1_000 {
        let mut client = wrong[n % wrong.len()].clone();
        calls.spawn(async move { client.auth_token(ask("acme")).await });
    }
    let mut right = 0;
    while let Some(answered) = calls.join_next().await {
        let code = answered.unwrap().unwrap_err().code();
        // So many at once may also be more than the hub can bear on a busy machine, which lets nobody in either.
        let refused = [Code::Unauthenticated, Code::PermissionDenied, Code::ResourceExhausted];
        assert!(refused.contains(&code), "{code:?}");
        if right < 20 {
            while let Err((code, _)) = answer(&rig, &[("api-key", KEY)]).await {
                assert_eq!(code, Code::ResourceExhausted);
            }
            right += 1;
        }
    }
    assert_eq!(right, 20);
}

#[tokio::test]
async fn health_is_open_and_reflection_is_not() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    let rig = Rig::new().await;
    for service in ["", "com.elarian.hera.proto.GrpcWebService", "switchboard.v1.Operator"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let reply = HealthClient::new(rig.channel()).check(request).await.unwrap().into_inner();
        assert_eq!(reply.status, 1, "{service}");
    }
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    assert_eq!(call(&rig, path, "acme", None).await.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn r_see_4_any_key_of_an_org_hears_how_it_is_and_nobody_else_does() {
    let rig = Rig::new().await;
    rig.receive("+254711000001", "Habari").await;
    let ask = |org: &str| StatusRequest { org_id: org.to_owned() };
    for key in [KEY, BILLING] {
        let said = rig.operator_as(key).status(ask("acme")).await.unwrap().into_inner();
        assert!(said.head > 0 && said.disk.is_none() && said.durability == "memory", "{said:?}");
    }
    let refused = rig.operator_as(FOREIGN).status(ask("acme")).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let own = rig.operator_as(FOREIGN).status(ask("globex")).await.unwrap().into_inner();
    assert_eq!(own.head, 0);
}

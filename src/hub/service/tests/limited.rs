//! What a key is refused that asks for too much, and what others do not notice of it.

use super::{BILLING, Rig, Wire, pass, soon};
use crate::{
    hub::config::Limits,
    wire::proto::v1::{self, operator_client::OperatorClient},
};
use std::time::Duration;
use tonic::{Code, Status};

fn org() -> String {
    "acme".to_owned()
}

async fn hello(operator: &mut OperatorClient<Wire>) -> Result<(), Status> {
    operator.hello(v1::HelloRequest { org_id: org() }).await.map(drop)
}

fn assert_refused(answer: Result<(), Status>, why: &str) {
    let refusal = answer.unwrap_err();
    assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal:?}");
    assert_eq!(refusal.message(), format!("{why}; nothing was done"));
    assert!(refusal.metadata().contains_key("grpc-retry-pushback-ms"), "{refusal:?}");
}

#[tokio::test]
async fn r_limit_1_who_asks_too_often_is_refused_and_nobody_else() {
    let rig = Rig::with_limits(Limits { reads_per_second: 1, ..Limits::NONE }).await;
    let (mut operator, mut other) = (rig.operator(), rig.operator_as(BILLING));
    let answers = futures_util::future::join_all((0..20).map(|_| {
        let mut operator = operator.clone();
        async move { hello(&mut operator).await }
    }));
    let (granted, refused): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
    assert!(granted.len() >= 2 && !refused.is_empty(), "{}", granted.len());
    for answer in refused {
        assert_refused(answer, "too many questions a second by this key");
    }
    hello(&mut other).await.unwrap();
    // How the hub is may always be asked.
    operator.status(v1::StatusRequest { org_id: org() }).await.unwrap();
}

#[tokio::test]
async fn r_limit_3_a_key_has_so_many_connections_and_gets_one_back_that_ends() {
    let rig = Rig::with_limits(Limits { connections: 1, ..Limits::NONE }).await;
    let (mut first, mut second) = (rig.operator(), rig.operator());
    hello(&mut first).await.unwrap();
    hello(&mut first).await.unwrap();
    assert_refused(hello(&mut second).await, "too many open connections by this key");
    second.status(v1::StatusRequest { org_id: org() }).await.unwrap();
    hello(&mut rig.operator_as(BILLING)).await.unwrap();
    drop(first);
    soon(async { while hello(&mut second).await.is_err() {} }).await;
}

#[tokio::test]
async fn r_limit_4_who_moves_too_many_bytes_is_refused_until_they_are_paid_for() {
    let rig = Rig::with_limits(Limits { mib_per_second: 1, ..Limits::NONE }).await;
    let mut operator = rig.operator();
    // It is wrong, and it came all the same.
    let large = v1::HelloRequest { org_id: "x".repeat(3 << 20) };
    let wrong = futures_util::future::join_all((0..6).map(|_| {
        let (mut operator, large) = (operator.clone(), large.clone());
        async move { operator.hello(large).await.unwrap_err().code() }
    }));
    let codes = [Code::PermissionDenied, Code::ResourceExhausted];
    let wrong = wrong.await;
    assert!(wrong.iter().all(|code| codes.contains(code)), "{wrong:?}");
    assert_refused(hello(&mut operator).await, "too many bytes a second by this key");
    hello(&mut rig.operator_as(BILLING)).await.unwrap();
    pass(Duration::from_secs(30)).await;
    soon(async { while hello(&mut operator).await.is_err() {} }).await;
}

//! gRPC health of the real binary, as a load balancer asks and watches it (R-SEE-3). What a damaged log does to it is
//! tested in `damage.rs`, together with everything else that is refused then.

use super::support::{Bench, HubProcess};
use std::time::{Duration, Instant};
use switchboard::model::{Body, Channel as Line, ChannelNumber, CustomerNumber};
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

const PATIENCE: Duration = Duration::from_secs(30);

async fn health(hub: &HubProcess) -> HealthClient<Channel> {
    let endpoint = Endpoint::new(format!("http://{}", hub.addr)).unwrap();
    HealthClient::new(endpoint.connect().await.unwrap())
}

/// Asks until the answer is this.
async fn becomes(health: &mut HealthClient<Channel>, status: ServingStatus) {
    let start = Instant::now();
    loop {
        let said = health.check(HealthCheckRequest::default()).await.unwrap().into_inner();
        if said.status() == status {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "it is {said:?} and never {status:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_see_3_health_says_whether_anything_can_be_stored_and_that_the_hub_leaves() {
    let bench = Bench::new();
    let mut hub = bench.serve("127.0.0.1:0");
    let mut health = health(&hub).await;
    becomes(&mut health, ServingStatus::Serving).await;
    let other = rusqlite::Connection::open(bench.data().join("log.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (to, from) =
        (CustomerNumber::telco("+254711000001"), ChannelNumber::new(Line::Sms, "40404"));
    assert!(hub.client().send_message(to, from, Body::text("one")).await.is_err());
    becomes(&mut health, ServingStatus::NotServing).await;
    // The services go on for whoever reads.
    let service = "switchboard.v1.Operator".to_owned();
    let said = health.check(HealthCheckRequest { service: service.clone() }).await.unwrap();
    assert_eq!(said.into_inner().status(), ServingStatus::Serving);
    other.execute_batch("ROLLBACK").unwrap();
    becomes(&mut health, ServingStatus::Serving).await;

    let mut whole = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    let mut one = health.watch(HealthCheckRequest { service }).await.unwrap().into_inner();
    for watched in [&mut whole, &mut one] {
        assert_eq!(watched.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    }
    let stopped = tokio::task::spawn_blocking(move || hub.terminate());
    for watched in [&mut whole, &mut one] {
        let said = tokio::time::timeout(PATIENCE, watched.message()).await.unwrap();
        assert_eq!(said.unwrap().unwrap().status(), ServingStatus::NotServing);
    }
    drop((whole, one, health));
    assert_eq!(stopped.await.unwrap(), Some(0));
}

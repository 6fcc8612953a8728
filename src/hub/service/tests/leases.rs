//! Lease calls wait their turn (R-LEASE-2, D-LEASE): first come, first served, up to their
//! deadline. A caller who goes away gives up the place, and a moved clock ends a lease at once.

use super::{BILLING, JANE, KEY, Rig, soon};
use crate::{
    model::NetworkCommand,
    wire::proto::{
        hera::{
            self as h, CustomerNumber, CustomerNumberProvider, DataMapValue,
            LeaseCustomerMetadataReply as Granted, data_map_value::Value,
        },
        v1::{ListLeasesReply, ListLeasesRequest},
    },
};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use tonic::Request;

fn jane() -> CustomerNumber {
    let provider = CustomerNumberProvider::Telco.into();
    CustomerNumber { provider, number: JANE.to_owned(), partition: None }
}

fn lease(key: &str) -> h::LeaseCustomerMetadataRequest {
    h::LeaseCustomerMetadataRequest {
        org_id: "acme".into(),
        customer: Some(h::lease_customer_metadata_request::Customer::CustomerNumber(jane())),
        key: key.to_owned(),
    }
}

async fn write(rig: &Rig, key: &str, value: &str) {
    let value = DataMapValue { value: Some(Value::StringVal(value.to_owned())) };
    let request = h::UpdateCustomerMetadataRequest {
        org_id: "acme".into(),
        customer: Some(h::update_customer_metadata_request::Customer::CustomerNumber(jane())),
        metadata: [(key.to_owned(), value)].into(),
    };
    assert!(rig.hera().update_customer_metadata(request).await.unwrap().into_inner().status);
}

fn text(granted: &Granted) -> Option<&str> {
    match granted.value.as_ref()?.value.as_ref()? {
        Value::StringVal(text) => Some(text),
        Value::BytesVal(_) => None,
    }
}

async fn take(rig: &Rig, key: &str) -> Granted {
    soon(rig.hera().lease_customer_metadata(lease(key))).await.unwrap().into_inner()
}

/// Starts a call with that API key that waits for the value.
fn wait(rig: &Arc<Rig>, api_key: &'static str) -> JoinHandle<Granted> {
    let rig = Arc::clone(rig);
    tokio::spawn(async move {
        let mut hera = rig.hera_with(&[("api-key", api_key)]);
        hera.lease_customer_metadata(lease("cart")).await.unwrap().into_inner()
    })
}

async fn listed(rig: &Rig) -> ListLeasesReply {
    let asked = ListLeasesRequest { org_id: "acme".into() };
    rig.operator().list_leases(asked).await.unwrap().into_inner()
}

/// Waits until so many calls wait for the one leased value.
async fn until_waiting(rig: &Rig, n: u32) {
    soon(async {
        while listed(rig).await.leases.first().map(|lease| lease.waiting) != Some(n) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn r_lease_5_a_free_value_is_granted_at_once_also_if_there_is_none() {
    let rig = Rig::of_every_kind().await;
    let granted = take(&rig, "cart").await;
    let empty = Some(DataMapValue { value: None });
    assert_eq!((granted.status, granted.value), (true, empty), "D-LEASE-VALUE");
    assert!(granted.description.ends_with("it has no value"), "{}", granted.description);
    let lease = &listed(&rig).await.leases[0];
    assert_eq!((lease.lease.as_ref().unwrap().key.as_str(), lease.waiting), ("cart", 0));
    assert!(take(&rig, "survey").await.status, "another key is free (D-LEASE)");
}

#[tokio::test]
async fn r_lease_2_first_come_first_served() {
    let rig = Arc::new(Rig::of_every_kind().await);
    write(&rig, "cart", "0").await;
    assert_eq!(text(&take(&rig, "cart").await), Some("0"));
    let second = wait(&rig, KEY);
    until_waiting(&rig, 1).await;
    let third = wait(&rig, BILLING);
    until_waiting(&rig, 2).await;
    write(&rig, "cart", "1").await;
    assert_eq!(text(&soon(second).await.unwrap()), Some("1"));
    assert!(!third.is_finished(), "the third is not served before the second is done");
    until_waiting(&rig, 1).await;
    write(&rig, "cart", "2").await;
    let third = soon(third).await.unwrap();
    assert_eq!(text(&third), Some("2"));
    assert_eq!(listed(&rig).await.leases[0].waiting, 0);
}

#[tokio::test]
async fn r_lease_2_who_goes_away_gives_up_the_place() {
    let rig = Arc::new(Rig::of_every_kind().await);
    write(&rig, "cart", "0").await;
    take(&rig, "cart").await;
    let second = wait(&rig, KEY);
    until_waiting(&rig, 1).await;
    let third = wait(&rig, KEY);
    until_waiting(&rig, 2).await;
    second.abort();
    until_waiting(&rig, 1).await;
    write(&rig, "cart", "1").await;
    assert_eq!(text(&soon(third).await.unwrap()), Some("1"));
}

#[tokio::test]
async fn r_lease_2_a_call_answers_before_its_own_deadline() {
    let rig = Rig::of_every_kind().await;
    take(&rig, "cart").await;
    let mut hurried = Request::new(lease("cart"));
    hurried.set_timeout(Duration::from_millis(400));
    let head = rig.written().await;
    let said = soon(rig.hera().lease_customer_metadata(hurried)).await.unwrap().into_inner();
    assert!(!said.status && text(&said).is_none());
    assert!(said.description.starts_with("cart is still leased by ops"), "{}", said.description);
    assert!(said.customer_id.is_some());
    assert_eq!(rig.written().await, head);
    assert_eq!(listed(&rig).await.leases[0].waiting, 0);
}

#[tokio::test]
async fn d_lease_a_moved_clock_ends_a_lease_and_the_next_one_has_it() {
    let rig = Arc::new(Rig::of_every_kind().await);
    write(&rig, "cart", "0").await;
    take(&rig, "cart").await;
    let second = wait(&rig, KEY);
    until_waiting(&rig, 1).await;
    let by = Duration::from_secs(91);
    assert!(rig.report(NetworkCommand::MoveClock { by }).await.is_ok());
    assert_eq!(text(&soon(second).await.unwrap()), Some("0"));
}

#[tokio::test]
async fn rule_38_a_key_waits_for_so_many_leases_and_no_more() {
    let rig = Arc::new(Rig::of_every_kind().await);
    take(&rig, "cart").await;
    // Of one call too many, whichever comes last is refused.
    let calls = (0..17).map(|_| wait(&rig, KEY));
    let (refused, _, waiting) = soon(futures_util::future::select_all(calls)).await;
    let refused = refused.unwrap();
    assert!(!refused.status);
    until_waiting(&rig, 16).await;
    assert!(refused.description.contains("as many leases as it may"), "{}", refused.description);
    let other = wait(&rig, BILLING);
    until_waiting(&rig, 17).await;
    for call in &waiting {
        call.abort();
    }
    other.abort();
    until_waiting(&rig, 0).await;
}

#[tokio::test]
async fn d_idem_a_lease_call_made_again_gets_the_same_grant_and_does_not_wait_for_itself() {
    let rig = Rig::of_every_kind().await;
    write(&rig, "cart", "0").await;
    let keyed = || {
        let mut request = Request::new(lease("cart"));
        request.metadata_mut().insert("idempotency-key", "lease-once-1".parse().unwrap());
        request
    };
    let first = soon(rig.hera().lease_customer_metadata(keyed())).await.unwrap().into_inner();
    let head = rig.written().await;
    let again = soon(rig.hera().lease_customer_metadata(keyed())).await.unwrap().into_inner();
    assert!(first.status);
    assert_eq!(again, first);
    assert_eq!(rig.written().await, head);
}

#[tokio::test]
async fn a_hub_that_stops_sends_those_who_wait_away() {
    let rig = Rig::of_every_kind().await;
    take(&rig, "cart").await;
    let mut hera = rig.hera();
    let waits = tokio::spawn(async move { hera.lease_customer_metadata(lease("cart")).await });
    until_waiting(&rig, 1).await;
    rig.running.shutdown().await;
    let status = soon(waits).await.unwrap().unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unavailable);
}

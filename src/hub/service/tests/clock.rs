//! When a sandbox's clock is moved, everything goes by the new time: what has expired is over at once, reads
//! agree with entries, and the timers do what has become due without waiting.

use super::{JANE, Rig, soon};
use crate::{
    hub::clock,
    model::{EventKind, NetworkCommand, OrgId, Seq, Timestamp},
    wire::{
        from_time,
        proto::{
            hera::{
                self as h, CustomerIndex, CustomerNumber, CustomerNumberProvider, IndexMapping,
            },
            v1::{FindCustomersRequest, GetCustomerRequest, HelloRequest, get_customer_request},
        },
    },
};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

async fn forward(rig: &Rig, by: Duration) {
    let receipt = rig.report(NetworkCommand::MoveClock { by }).await;
    assert!(receipt.is_ok(), "{receipt:?}");
}

async fn now(rig: &Rig) -> Timestamp {
    let hello = rig.operator().hello(HelloRequest { org_id: "acme".into() }).await.unwrap();
    from_time(hello.into_inner().now)
}

fn passport() -> IndexMapping {
    IndexMapping { key: "passport".into(), value: Some("808083".into()) }
}

/// Gives Jane a passport that is valid for an hour.
async fn name_jane(rig: &Rig) {
    let jane = CustomerNumber {
        provider: CustomerNumberProvider::Telco.into(),
        number: JANE.to_owned(),
        partition: None,
    };
    let seconds = clock::now().after(Duration::from_hours(1)).secs();
    let index = CustomerIndex {
        mapping: Some(passport()),
        expiration: Some(prost_types::Timestamp { seconds, nanos: 0 }),
    };
    let request = h::UpdateCustomerSecondaryIdRequest {
        org_id: "acme".into(),
        customer: Some(h::update_customer_secondary_id_request::Customer::CustomerNumber(jane)),
        secondary_ids: vec![index],
    };
    let reply = rig.hera().update_customer_secondary_id(request).await.unwrap().into_inner();
    assert!(reply.status, "{}", reply.description);
}

#[tokio::test]
async fn the_hub_says_the_org_s_time_and_entries_carry_it() {
    let rig = Rig::of_every_kind().await;
    let wall = clock::now();
    forward(&rig, DAY).await;
    assert!(now(&rig).await >= wall.after(DAY));
    rig.receive(JANE, "hello").await;
    let (hub, org) = (rig.running.hub(), OrgId::from("acme"));
    let entries = hub.entries_after(&org, Seq(0), 10).await.unwrap();
    let (moved, wrote) = (&entries[0].entry, &entries[1].entry);
    assert!(moved.at < wall.after(DAY), "the move itself is of the time before it");
    assert!(wrote.at >= wall.after(DAY));
    assert!(wrote.at <= hub.now(&org));
    assert!(hub.now(&"globex".into()) < wall.after(DAY), "another org keeps its own time");
}

#[tokio::test]
async fn r_exp_1_what_has_expired_is_over_as_soon_as_the_clock_is_moved() {
    let rig = Rig::of_every_kind().await;
    name_jane(&rig).await;
    let by_passport = || GetCustomerRequest {
        org_id: "acme".into(),
        customer: Some(get_customer_request::Customer::SecondaryId(passport())),
        past: None,
    };
    let state = || h::GetCustomerStateRequest {
        org_id: "acme".into(),
        customer: Some(h::get_customer_state_request::Customer::SecondaryId(passport())),
    };
    let seen = rig.operator().get_customer(by_passport()).await.unwrap().into_inner();
    assert!(seen.data.is_some());
    assert!(rig.hera().get_customer_state(state()).await.unwrap().into_inner().status);
    forward(&rig, Duration::from_hours(1)).await;
    let seen = rig.operator().get_customer(by_passport()).await.unwrap().into_inner();
    assert!(seen.data.is_none());
    assert!(!rig.hera().get_customer_state(state()).await.unwrap().into_inner().status);
    let words =
        FindCustomersRequest { org_id: "acme".into(), words: JANE.into(), ..Default::default() };
    let found = rig.operator().find_customers(words).await.unwrap().into_inner();
    assert_eq!(found.customers.len(), 1, "the customer is still there");
}

#[tokio::test]
async fn the_timers_do_at_once_what_a_moved_clock_has_made_due() {
    let rig = Rig::of_every_kind().await;
    name_jane(&rig).await;
    // It expired so long ago that it is not listed any more (R-EXP-1).
    forward(&rig, DAY + Duration::from_hours(2)).await;
    let (hub, org) = (rig.running.hub(), OrgId::from("acme"));
    let swept = soon(async {
        let (mut head, mut at) = (hub.head(&org).unwrap(), Seq(0));
        loop {
            for stored in hub.entries_after(&org, at, 100).await.unwrap() {
                at = stored.entry.seq;
                let mut events = stored.entry.events.iter();
                if events.any(|event| matches!(event.kind, EventKind::EntriesExpired { .. })) {
                    return stored.entry.at;
                }
            }
            head.changed().await.unwrap();
        }
    });
    assert!(swept.await >= clock::now().after(DAY));
}

#[tokio::test]
async fn only_a_sandbox_s_clock_is_moved() {
    let rig = Rig::new().await;
    let receipt = rig.report(NetworkCommand::MoveClock { by: DAY }).await;
    assert!(!receipt.is_ok() && rig.written().await == 0);
}

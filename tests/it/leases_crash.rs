//! Eight programs take leases over the wire, and the hub is killed in between (D-LEASE,
//! R-LEASE-1 to 4). There are never two holders, no update is lost, and a lease outlives the
//! process that granted it.

use super::support::{Bench, client, events, free_addr, settle};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use switchboard::{
    model::{
        CallId, CustomerCommand, CustomerNumber, CustomerRef, DataValue, EventKind, LeaseEnd,
        LeaseReceipt, NetworkCommand, Receipt,
    },
    sdk::Client,
};

const CLIENTS: usize = 8;
const ROUNDS: usize = 8;
/// The hub is killed when this many updates have been made.
const KILLS: [usize; 2] = [15, 40];

fn jane() -> CustomerRef {
    CustomerRef::Number(CustomerNumber::telco("+254711000001"))
}

fn lease(key: &str) -> CustomerCommand {
    CustomerCommand::LeaseMetadata { customer: jane(), key: key.into() }
}

/// Adds one to a counter again and again, like a program that keeps a sum in metadata.
async fn count(client: Client, who: usize, held: Arc<AtomicBool>, done: Arc<AtomicUsize>) {
    for round in 0..ROUNDS {
        let call = CallId::from(format!("lease-{who}-{round}"));
        let value = match settle(&client, &call, &lease("counter")).await {
            Receipt::Lease(LeaseReceipt { ok: true, value, .. }) => value,
            other => panic!("R-LEASE-2: they wait for their turn: {other:?}"),
        };
        assert!(!held.swap(true, Ordering::SeqCst), "D-LEASE: two holders at once");
        let before: usize = match value {
            Some(DataValue::Text(text)) => text.parse().unwrap(),
            None => 0,
            other => panic!("{other:?}"),
        };
        tokio::time::sleep(Duration::from_millis(3)).await;
        held.store(false, Ordering::SeqCst);
        let values = vec![("counter".to_owned(), DataValue::Text((before + 1).to_string()))];
        let update = CustomerCommand::UpdateMetadata { customer: jane(), values };
        let call = CallId::from(format!("count-{who}-{round}"));
        assert!(settle(&client, &call, &update).await.is_ok());
        done.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d_lease_eight_programs_take_turns_across_kill_9() {
    let bench = Bench::new();
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    let (held, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut programs: tokio::task::JoinSet<()> = (0..CLIENTS)
        .map(|who| count(client(&addr), who, Arc::clone(&held), Arc::clone(&done)))
        .collect();
    for enough in KILLS {
        while done.load(Ordering::Relaxed) < enough {
            tokio::time::sleep(Duration::from_millis(1)).await;
            if let Some(ended) = programs.try_join_next() {
                ended.unwrap();
            }
        }
        hub.kill();
        assert!(done.load(Ordering::Relaxed) < CLIENTS * ROUNDS, "no kill hit a lease");
        hub = bench.serve(&addr);
    }
    while let Some(ended) = programs.join_next().await {
        ended.unwrap();
    }
    let view = hub.client().customer(&jane()).await.unwrap().unwrap();
    let all = (CLIENTS * ROUNDS).to_string();
    assert_eq!(view.customer.metadata["counter"], DataValue::Text(all), "an update was lost");
    // The log says the same: each lease ends before the next one begins.
    let mut holder = None;
    let mut granted = 0;
    for event in events(&hub.client()).await {
        match event.kind {
            EventKind::LeaseGranted(lease) => {
                assert_eq!(holder.replace(lease.number), None, "D-LEASE: two leases at once");
                granted += 1;
                assert_eq!(lease.number, granted, "numbers grow by one");
            }
            EventKind::LeaseEnded { number, end, .. } => {
                assert_eq!(holder.take(), Some(number));
                assert_eq!(end, LeaseEnd::Updated);
            }
            _ => {}
        }
    }
    assert_eq!((holder, granted), (None, (CLIENTS * ROUNDS) as u64));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d_lease_a_lease_outlives_the_hub_that_granted_it() {
    let bench = Bench::new();
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    let call = CallId::from("lease-before-the-end");
    let first = settle(&hub.client(), &call, &lease("cart")).await;
    assert!(first.is_ok(), "{first:?}");
    hub.kill();
    hub = bench.serve(&addr);
    let (running, _) = hub.client().leases().await.unwrap();
    assert_eq!(running.iter().map(|l| l.lease.key.as_str()).collect::<Vec<_>>(), ["cart"]);
    assert_eq!(settle(&hub.client(), &call, &lease("cart")).await, first, "D-IDEM");

    // Somebody else has to wait until the lease is over, also if its time runs out.
    let waits = tokio::spawn({
        let client = hub.client();
        async move { settle(&client, &"lease-after-the-end".into(), &lease("cart")).await }
    });
    while hub.client().leases().await.unwrap().0[0].waiting != 1 {
        assert!(!waits.is_finished(), "R-LEASE-2: it is held");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let forward = NetworkCommand::MoveClock { by: Duration::from_secs(91) };
    let moved = hub.client().sandbox().act(forward).await.unwrap();
    assert!(moved.ok, "{moved:?}");
    let second = tokio::time::timeout(Duration::from_secs(10), waits).await.unwrap().unwrap();
    assert!(second.is_ok(), "{second:?}");
}

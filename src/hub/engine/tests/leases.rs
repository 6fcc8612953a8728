//! A lease is for a caller who hears of it (R-LEASE-7). Each test stops the log in the middle of an append, so that it
//! is certain what the writer has done when a caller goes away.

use super::{entries, org, start, write};
use crate::{
    hub::{
        engine::{Hub, HubError},
        log::{
            Append, Log, LogError, Pos, Stored,
            faulty::{Appends, Through},
            memory::MemoryLog,
        },
    },
    model::{
        Actor, CallId, Caller, CustomerCommand, CustomerNumber, CustomerRef, EventKind, LeaseEnd,
        LeaseReceipt, OrgId, Receipt,
    },
};
use futures_util::{FutureExt as _, future::BoxFuture};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Tells when an append has begun, and lets it go on when it is told to.
struct Turnstile {
    begun: Semaphore,
    go: Semaphore,
}

impl Appends for Turnstile {
    fn append<'a>(
        &'a self,
        log: &'a dyn Log,
        org: &'a OrgId,
        at: Pos,
        batch: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>> {
        Box::pin(async move {
            self.begun.add_permits(1);
            self.go.acquire().await.expect("open").forget();
            log.append(org, at, batch).await
        })
    }
}

struct Desk {
    hub: Hub,
    log: Arc<Through<Turnstile>>,
}

type Answer = BoxFuture<'static, Result<Receipt, HubError>>;

impl Desk {
    async fn open() -> Self {
        let turnstile = Turnstile { begun: Semaphore::new(0), go: Semaphore::new(0) };
        let log = Through::new(Arc::new(MemoryLog::new()), turnstile);
        Self { hub: start(log.clone(), None).await, log }
    }

    /// A lease call that was not made yet.
    fn call(&self, by: &str, key: Option<&str>) -> Answer {
        let customer = CustomerRef::Number(CustomerNumber::telco("+254700000001"));
        let command = CustomerCommand::LeaseMetadata { customer, key: "cart".into() };
        let caller = Caller { app: None, actor: Actor::Key(by.into()) };
        let call = key.map(|key| (CallId::from(key), [7; 32]));
        let hub = self.hub.clone();
        Box::pin(async move { hub.submit(&org(), caller, call, command.into()).await })
    }

    /// The answer to a lease call while nothing holds the log up.
    async fn lease_now(&self, by: &str, key: &str) -> Receipt {
        self.call(by, Some(key)).await.expect("an answer")
    }

    /// A lease call that is on its way to the writer. Dropping it is what a caller does who goes away.
    fn lease(&self, by: &str, key: Option<&str>) -> Answer {
        let mut asked = self.call(by, key);
        assert!((&mut asked).now_or_never().is_none(), "the log has not stored anything yet");
        asked
    }

    /// Waits until the next append has begun.
    async fn begun(&self) {
        self.log.appends.begun.acquire().await.expect("open").forget();
    }

    /// Lets that append and all later ones go on.
    fn go(&self) {
        self.log.appends.go.add_permits(1_000);
    }

    /// Grants and ends of leases, in the order of the log, a word for each.
    async fn story(&self) -> Vec<String> {
        let all = entries(&self.hub).await;
        let events = all.iter().flat_map(|stored| &stored.entry.events);
        let words = events.filter_map(|event| match &event.kind {
            EventKind::LeaseGranted(lease) => Some(format!("granted {}", lease.number)),
            EventKind::LeaseEnded { number, end: LeaseEnd::Unheard, .. } => {
                Some(format!("unheard {number}"))
            }
            EventKind::LeaseEnded { number, .. } => Some(format!("ended {number}")),
            _ => None,
        });
        words.collect()
    }
}

fn is_granted(answer: Result<Receipt, HubError>) -> bool {
    matches!(answer.expect("an answer"), Receipt::Lease(LeaseReceipt { ok: true, .. }))
}

#[tokio::test]
async fn r_lease_7_who_has_gone_before_the_decision_is_granted_nothing() {
    let desk = Desk::open().await;
    let hub = desk.hub.clone();
    let busy = tokio::spawn(async move { write(&hub, "hello").await });
    desk.begun().await;
    drop(desk.lease("gone", Some("gone-before")));
    let next = desk.lease("next", None);
    desk.go();
    assert!(busy.await.expect("no panic").is_ok());
    assert!(is_granted(next.await));
    assert_eq!(desk.story().await, ["granted 1"]);
}

#[tokio::test]
async fn r_lease_7_a_grant_that_nobody_heard_of_is_taken_back_at_once() {
    for key in [None, Some("gone-meanwhile")] {
        let desk = Desk::open().await;
        let asked = desk.lease("gone", key);
        desk.begun().await;
        drop(asked);
        let next = desk.lease("next", None);
        desk.go();
        assert!(is_granted(next.await), "{key:?}");
        assert_eq!(desk.story().await, ["granted 1", "unheard 1", "granted 2"], "{key:?}");
    }
}

#[tokio::test]
async fn r_lease_7_who_comes_back_under_the_key_of_a_grant_taken_back_gets_a_new_one() {
    let desk = Desk::open().await;
    let asked = desk.lease("mine", Some("lease-again-1"));
    desk.begun().await;
    drop(asked);
    let again = desk.lease("mine", Some("lease-again-1"));
    desk.go();
    let Ok(Receipt::Lease(granted)) = again.await else { panic!("no answer") };
    assert_eq!(desk.story().await, ["granted 1", "unheard 1", "granted 2"]);
    // From then on it is a repetition like any other (D-IDEM), and what it was granted is not taken away.
    let repeated = desk.lease_now("mine", "lease-again-1").await;
    assert_eq!(repeated, Receipt::Lease(granted.clone()));
    let other = desk.lease_now("other", "lease-other-1").await;
    let Receipt::Lease(refused) = other else { panic!("another receipt") };
    assert_eq!((refused.ok, refused.until), (false, granted.until));
}

#[tokio::test]
async fn r_lease_7_a_repetition_that_nobody_heard_takes_nothing_from_who_has_the_lease() {
    let desk = Desk::open().await;
    let asked = desk.lease("mine", Some("lease-once-2"));
    desk.begun().await;
    desk.log.appends.go.add_permits(1);
    assert!(is_granted(asked.await));
    let hub = desk.hub.clone();
    let busy = tokio::spawn(async move { write(&hub, "hello").await });
    desk.begun().await;
    drop(desk.lease("mine", Some("lease-once-2")));
    desk.go();
    assert!(busy.await.expect("no panic").is_ok());
    assert!(!is_granted(Ok(desk.lease_now("other", "lease-other-2").await)));
    assert_eq!(desk.story().await, ["granted 1"]);
}

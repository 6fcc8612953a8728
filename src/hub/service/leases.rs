//! Lease calls that wait for a leased value (R-LEASE-2, D-LEASE). For each customer and key the first to
//! come is the first to be served; a call waits until its own deadline and at most 90 s. The rules grant
//! or refuse at once, so only the waiting is here. It is in memory, because a restart of the hub ends
//! every call anyway.
//!
//! A place in a queue is a turn at a fair lock. Whoever has the turn asks the engine. While the engine
//! refuses, the call waits until the lease that is in its way may be over: when its time is up by the
//! org's clock, when an entry ends it, or when the clock is moved. A caller who goes away drops its future
//! and so gives up its place; what the engine was asked for it meanwhile, it takes back (R-LEASE-7).

use super::{Backend, order::AdmittedCall};
use crate::{
    hub::{engine::LogFollower, protocol, status::stopping},
    model::{
        CallId, Caller, Command, CustomerCommand, CustomerId, CustomerRef, EventKind, LeaseReceipt,
        OrgId, Receipt, Timestamp, limits,
    },
    rules::{self, World},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout_at};
use tonic::{Status, metadata::MetadataMap};

/// A call answers early enough for the answer to arrive before its deadline: a tenth of its time before
/// it, but not more than this.
const WAY_BACK: Duration = Duration::from_millis(500);
/// The least time between two attempts, in case a refusal names a time that is over already.
const PAUSE: Duration = Duration::from_millis(20);

type LeasedValue = (OrgId, CustomerId, String);

/// The queues of all leased values that some call waits for. It is cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Leases(Arc<Mutex<HashMap<LeasedValue, LeaseQueue>>>);

/// The calls that wait for one value, or hold its turn.
#[derive(Debug, Default)]
struct LeaseQueue {
    turn: Arc<tokio::sync::Mutex<()>>,
    calls: u32,
}

impl Leases {
    fn queues(&self) -> MutexGuard<'_, HashMap<LeasedValue, LeaseQueue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many lease calls wait for a value on this hub.
    #[must_use]
    pub fn waiting(&self, org: &OrgId, customer: &CustomerId, key: &str) -> u32 {
        let value = (org.clone(), customer.clone(), key.to_owned());
        self.queues().get(&value).map_or(0, |queue| queue.calls)
    }

    fn join(&self, value: LeasedValue) -> LeaseTicket {
        let mut queues = self.queues();
        let queue = queues.entry(value.clone()).or_default();
        queue.calls += 1;
        let turn = Arc::clone(&queue.turn);
        drop(queues);
        LeaseTicket { leases: self.clone(), value, turn }
    }
}

/// A call's place in a queue, which it gives up when this is dropped.
struct LeaseTicket {
    leases: Leases,
    value: LeasedValue,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Drop for LeaseTicket {
    fn drop(&mut self) {
        let mut queues = self.leases.queues();
        let Some(queue) = queues.get_mut(&self.value) else { return };
        queue.calls = queue.calls.saturating_sub(1);
        if queue.calls == 0 {
            queues.remove(&self.value);
        }
    }
}

/// How long a lease call may wait: until its own deadline, if it has one, less the time that the answer
/// needs to arrive, and at most 90 s.
pub(super) fn patience(metadata: &MetadataMap) -> Duration {
    let own = protocol::timeout(metadata.as_ref());
    own.map_or(limits::LEASE, |own| own.saturating_sub((own / 10).min(WAY_BACK)).min(limits::LEASE))
}

/// One lease call on its way to an answer.
struct LeaseCall<'a> {
    on: &'a Backend,
    org: &'a OrgId,
    caller: Caller,
    call: Option<(CallId, [u8; 32])>,
    who: CustomerRef,
    key: String,
}

impl Backend {
    /// Grants a lease when the call's turn has come and the value is free, or says who has the lease when
    /// the call has waited long enough.
    pub(super) async fn lease(
        &self,
        asked: AdmittedCall,
        who: CustomerRef,
        key: String,
        patience: Duration,
    ) -> Result<Receipt, Status> {
        let until = Instant::now() + patience;
        let AdmittedCall { access, org, caller, call, .. } = asked;
        let lease = LeaseCall { on: self, org: &org, caller, call, who, key };
        let customer = match lease.customer_to_queue_for().await? {
            Some(customer) => customer,
            // Nobody holds a lease of a customer who was unknown so far, so we ask the engine at once.
            // Only if the customer was created just now, by another call, may somebody be in the way.
            None => match lease.ask_engine().await? {
                Receipt::Lease(LeaseReceipt {
                    ok: false,
                    customer: Some(met),
                    until: Some(_),
                    ..
                }) => met,
                receipt => return Ok(receipt),
            },
        };
        let ticket = self.leases.join((org.clone(), customer.clone(), lease.key.clone()));
        if let Ok(turn) = ticket.turn.try_lock() {
            let receipt = lease.ask_engine().await?;
            if held_until(&receipt).is_none() {
                return Ok(receipt);
            }
            let Some(_wait) = access.budget().take_wait() else {
                return Ok(too_many(receipt));
            };
            return lease.wait(turn, until).await;
        }
        let Some(_wait) = access.budget().take_wait() else {
            return Ok(too_many(lease.still_held(&customer, None).await?));
        };
        tokio::select! {
            turn = timeout_at(until, ticket.turn.lock()) => match turn {
                Ok(turn) => lease.wait(turn, until).await,
                Err(_) => lease.still_held(&customer, None).await,
            },
            () = self.stop.cancelled() => Err(stopping()),
        }
    }
}

impl LeaseCall<'_> {
    fn command(&self) -> Command {
        let (customer, key) = (self.who.clone(), self.key.clone());
        CustomerCommand::LeaseMetadata { customer, key }.into()
    }

    /// Asks the engine now, without waiting for a turn.
    async fn ask_engine(&self) -> Result<Receipt, Status> {
        let (caller, call) = (self.caller.clone(), self.call.clone());
        Ok(self.on.hub.submit(self.org, caller, call, self.command()).await?)
    }

    /// The customer at whose value to queue. `None` if there is no need to queue: the customer does not
    /// exist yet, or this very call was granted before (D-IDEM).
    async fn customer_to_queue_for(&self) -> Result<Option<CustomerId>, Status> {
        let (now, who) = (self.on.hub.now(self.org), self.who.clone());
        let (call, command) = (self.call.clone(), self.command());
        let settings = self.on.hub.settings(self.org).unwrap_or_default();
        let found = move |world: &World| {
            let granted = |(id, digest)| rules::replay(world, &id, &digest, &command);
            if call.and_then(granted).is_some() {
                return None;
            }
            world.customer(&who, &settings, now).map(|customer| customer.id.clone())
        };
        Ok(self.on.hub.read(self.org, found).await?)
    }

    /// Holds the turn, and asks the engine again whenever the lease that is in the way may be over.
    async fn wait<T>(&self, turn: T, until: Instant) -> Result<Receipt, Status> {
        let _turn = turn;
        loop {
            // The cursor is placed first, so that an entry that ends the lease after the refusal is
            // not missed.
            let log = LogFollower::at_head(&self.on.hub, self.org)?;
            let receipt = self.ask_engine().await?;
            let Some(free) = held_until(&receipt) else { return Ok(receipt) };
            tokio::select! {
                () = self.lease_may_be_over(log, free, receipt.customer()) => {}
                () = sleep(until.saturating_duration_since(Instant::now())) => {
                    return match receipt.customer() {
                        Some(customer) => self.still_held(customer, Some(&receipt)).await,
                        None => Ok(receipt),
                    };
                }
                () = self.on.stop.cancelled() => return Err(stopping()),
            }
        }
    }

    /// Waits until the lease that is in the way is over or may be over. `free` is when it ends by itself.
    async fn lease_may_be_over(
        &self,
        mut log: LogFollower,
        free: Timestamp,
        customer: Option<&CustomerId>,
    ) {
        loop {
            let left = free.since(self.on.hub.now(self.org)).max(PAUSE);
            tokio::select! {
                () = sleep(left) => return,
                batch = log.next() => {
                    let Some(batch) = batch else { return };
                    let mut events = batch.iter().flat_map(|stored| &stored.entry.events);
                    let ends = events.any(|event| match &event.kind {
                        EventKind::LeaseEnded { .. } | EventKind::CustomerReplaced { .. } => {
                            event.customer.as_ref() == customer
                        }
                        EventKind::CustomerAdopted { .. } | EventKind::ClockMoved { .. } => true,
                        _ => false,
                    });
                    if ends {
                        return;
                    }
                }
            }
        }
    }

    /// The refusal for a call that has waited as long as it may, naming the holder if there is one now.
    async fn still_held(
        &self,
        customer: &CustomerId,
        last: Option<&Receipt>,
    ) -> Result<Receipt, Status> {
        let (id, key, now) = (customer.clone(), self.key.clone(), self.on.hub.now(self.org));
        let holder = move |world: &World| {
            let lease = world.by_id(&id)?.lease(&key).filter(|lease| now < lease.expires_at)?;
            Some((lease.by(), lease.expires_at))
        };
        let found = self.on.hub.read(self.org, holder).await?;
        let until = found.as_ref().map(|(_, until)| *until).or(last.and_then(held_until));
        let description = match found {
            Some((holder, until)) => {
                format!("{} is still leased by {holder} until {until}; try again", self.key)
            }
            None => format!("{} was leased by others all the time; try again", self.key),
        };
        let customer = Some(customer.clone());
        Ok(Receipt::Lease(LeaseReceipt { ok: false, description, customer, value: None, until }))
    }
}

/// When the lease that is in the way ends by itself; `None` if the call was not refused because of one.
fn held_until(receipt: &Receipt) -> Option<Timestamp> {
    if let Receipt::Lease(refused) = receipt { refused.until.filter(|_| !refused.ok) } else { None }
}

/// The refusal for a call that may not wait, because as many calls of its key wait as may (R-LIMIT-1).
fn too_many(mut receipt: Receipt) -> Receipt {
    if let Receipt::Lease(refusal) = &mut receipt
        && !refusal.ok
    {
        refusal.description.push_str("; this key waits for as many leases as it may");
        refusal.value = None;
    }
    receipt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_lease_2_a_call_waits_as_long_as_its_own_deadline_lets_it() {
        let patience = |text: Option<&str>| {
            let mut metadata = MetadataMap::new();
            if let Some(text) = text {
                metadata.insert("grpc-timeout", text.parse().unwrap());
            }
            patience(&metadata)
        };
        let millis = Duration::from_millis;
        assert_eq!(patience(None), limits::LEASE);
        assert_eq!(patience(Some("1S")), millis(900));
        assert_eq!(patience(Some("30S")), millis(29_500));
        assert_eq!(patience(Some("500m")), millis(450));
        assert_eq!(patience(Some("2H")), limits::LEASE);
    }

    #[test]
    fn a_line_is_forgotten_when_its_last_call_is_gone() {
        let leases = Leases::default();
        let (org, jane) = (OrgId::from("acme"), CustomerId::from("el_cst_1"));
        let join = || leases.join((org.clone(), jane.clone(), "cart".into()));
        let (one, two) = (join(), join());
        assert_eq!(leases.waiting(&org, &jane, "cart"), 2);
        assert_eq!(leases.waiting(&org, &jane, "survey"), 0);
        drop(one);
        assert_eq!(leases.waiting(&org, &jane, "cart"), 1);
        drop(two);
        assert!(leases.queues().is_empty());
    }
}

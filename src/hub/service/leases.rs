//! Who waits for a leased value (R-LEASE-2, decision D-LEASE): first come, first served, per
//! customer and key, up to the call's own deadline and at most 90 s. The rules grant or refuse at
//! once; only the waiting is here, in memory: a restart of the hub ends every call anyway.
//!
//! A place in the queue is a turn at a fair lock. Whoever has the turn asks the engine, and while
//! it refuses, waits for the lease in the way to end: by its time, which is the org's, by an entry
//! that ends it, or by a moved clock. A caller who goes away gives up its place by being dropped.

use super::{Backend, order::Asked};
use crate::{
    hub::{engine::Follower, status::stopping},
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

/// What the answer needs to arrive before the caller gives up: a tenth of its time, at most this.
const WAY_BACK: Duration = Duration::from_millis(500);
/// The least time between two tries, should a refusal name a time that is over.
const PAUSE: Duration = Duration::from_millis(20);

type Value = (OrgId, CustomerId, String);

/// The queues.
#[derive(Clone, Debug, Default)]
pub struct Leases(Arc<Mutex<HashMap<Value, Line>>>);

/// Who stands before one value.
#[derive(Debug, Default)]
struct Line {
    turn: Arc<tokio::sync::Mutex<()>>,
    calls: u32,
}

impl Leases {
    fn lines(&self) -> MutexGuard<'_, HashMap<Value, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many lease calls wait for a value.
    #[must_use]
    pub fn waiting(&self, org: &OrgId, customer: &CustomerId, key: &str) -> u32 {
        let value = (org.clone(), customer.clone(), key.to_owned());
        self.lines().get(&value).map_or(0, |line| line.calls)
    }

    fn join(&self, value: Value) -> Place {
        let mut lines = self.lines();
        let line = lines.entry(value.clone()).or_default();
        line.calls += 1;
        let turn = Arc::clone(&line.turn);
        drop(lines);
        Place { leases: self.clone(), value, turn }
    }
}

/// A place in a line; free again when dropped.
struct Place {
    leases: Leases,
    value: Value,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.leases.lines();
        let Some(line) = lines.get_mut(&self.value) else { return };
        line.calls = line.calls.saturating_sub(1);
        if line.calls == 0 {
            lines.remove(&self.value);
        }
    }
}

/// How long a lease call may wait: its own deadline, if it has one, less the way back.
pub(super) fn patience(metadata: &MetadataMap) -> Duration {
    let own = metadata.get("grpc-timeout").and_then(|value| grpc_timeout(value.to_str().ok()?));
    own.map_or(limits::LEASE, |own| own.saturating_sub((own / 10).min(WAY_BACK)).min(limits::LEASE))
}

/// As the gRPC protocol writes it: at most 8 digits and a unit.
fn grpc_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let n: u64 = (digits.len() <= 8).then(|| digits.parse().ok())??;
    Some(match unit {
        "H" => Duration::from_hours(n),
        "M" => Duration::from_mins(n),
        "S" => Duration::from_secs(n),
        "m" => Duration::from_millis(n),
        "u" => Duration::from_micros(n),
        "n" => Duration::from_nanos(n),
        _ => return None,
    })
}

/// A lease call.
struct Ask<'a> {
    on: &'a Backend,
    org: &'a OrgId,
    caller: Caller,
    call: Option<(CallId, [u8; 32])>,
    who: CustomerRef,
    key: String,
}

impl Backend {
    /// Grants a lease, when the turn comes and the value is free, or says who has it.
    pub(super) async fn lease(
        &self,
        asked: Asked,
        who: CustomerRef,
        key: String,
        patience: Duration,
    ) -> Result<Receipt, Status> {
        let until = Instant::now() + patience;
        let Asked { access, org, caller, call, .. } = asked;
        let ask = Ask { on: self, org: &org, caller, call, who, key };
        let customer = match ask.stands_in_line().await? {
            Some(customer) => customer,
            // Nobody can hold what a customer unknown so far has; unless they were met just now.
            None => match ask.now().await? {
                Receipt::Lease(LeaseReceipt {
                    ok: false,
                    customer: Some(met),
                    until: Some(_),
                    ..
                }) => met,
                receipt => return Ok(receipt),
            },
        };
        let place = self.leases.join((org.clone(), customer.clone(), ask.key.clone()));
        if let Ok(turn) = place.turn.try_lock() {
            let receipt = ask.now().await?;
            if held_until(&receipt).is_none() {
                return Ok(receipt);
            }
            let Some(_wait) = access.budget().take_wait() else {
                return Ok(too_many(receipt));
            };
            return ask.wait(turn, until).await;
        }
        let Some(_wait) = access.budget().take_wait() else {
            return Ok(too_many(ask.still(&customer, None).await?));
        };
        tokio::select! {
            turn = timeout_at(until, place.turn.lock()) => match turn {
                Ok(turn) => ask.wait(turn, until).await,
                Err(_) => ask.still(&customer, None).await,
            },
            () = self.stop.cancelled() => Err(stopping()),
        }
    }
}

impl Ask<'_> {
    fn command(&self) -> Command {
        let (customer, key) = (self.who.clone(), self.key.clone());
        CustomerCommand::LeaseMetadata { customer, key }.into()
    }

    /// Asks the engine, whoever waits.
    async fn now(&self) -> Result<Receipt, Status> {
        let (caller, call) = (self.caller.clone(), self.call.clone());
        Ok(self.on.hub.submit(self.org, caller, call, self.command()).await?)
    }

    /// Whose line to join; `None`: no line, because nobody is meant yet, or because this very call
    /// was granted before (decision D-IDEM).
    async fn stands_in_line(&self) -> Result<Option<CustomerId>, Status> {
        let (now, who) = (self.on.hub.now(self.org), self.who.clone());
        let (call, command) = (self.call.clone(), self.command());
        let found = move |world: &World| {
            let granted = |(id, digest)| rules::replay(world, &id, &digest, &command);
            if call.and_then(granted).is_some() {
                return None;
            }
            world.customer(&who, now).map(|customer| customer.id.clone())
        };
        Ok(self.on.hub.read(self.org, found).await?)
    }

    /// Has the turn: tries again whenever the lease in the way may be over.
    async fn wait<T>(&self, turn: T, until: Instant) -> Result<Receipt, Status> {
        let _turn = turn;
        loop {
            // The cursor first: what ends the lease after the refusal is not missed.
            let log = Follower::at_head(&self.on.hub, self.org)?;
            let receipt = self.now().await?;
            let Some(free) = held_until(&receipt) else { return Ok(receipt) };
            tokio::select! {
                () = self.over(log, free, receipt.customer()) => {}
                () = sleep(until.saturating_duration_since(Instant::now())) => {
                    return match receipt.customer() {
                        Some(customer) => self.still(customer, Some(&receipt)).await,
                        None => Ok(receipt),
                    };
                }
                () = self.on.stop.cancelled() => return Err(stopping()),
            }
        }
    }

    /// Until the lease in the way is over, or may be.
    async fn over(&self, mut log: Follower, free: Timestamp, customer: Option<&CustomerId>) {
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

    /// The answer to a call that has waited as long as it may.
    async fn still(
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

/// When the lease in the way of a refused one ends by itself.
fn held_until(receipt: &Receipt) -> Option<Timestamp> {
    if let Receipt::Lease(refused) = receipt { refused.until.filter(|_| !refused.ok) } else { None }
}

/// A refusal of a wait, instead of the wait (reliability rule 38).
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
        for odd in ["", "S", "5", "5x", "123456789S", "-1S", "é"] {
            assert_eq!(grpc_timeout(odd), None, "{odd}");
        }
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
        assert!(leases.lines().is_empty());
    }
}

//! Remembers idempotency keys and what was answered to them (D-IDEM).

use super::{World, limits};
use crate::model::{CallId, Command, NetworkCommand, Receipt, StoredCall, Timestamp, receipt};
use imbl::{HashMap, Vector};
use std::sync::Arc;

/// The idempotency keys of the last 7 days, and those of payments for ever. Age counts by the times
/// of the entries and not by a clock, so that every reader of the log keeps the same keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calls {
    known: HashMap<CallId, Arc<StoredCall>>,
    /// The keys that will be forgotten, in the order of the log.
    passing: Vector<Kept>,
    /// The keys of payments, in the order of the log.
    lasting: Vector<Kept>,
}

/// A call, with the time of its entry.
pub type Kept = (Timestamp, Arc<StoredCall>);

impl Calls {
    /// What is stored under a key; `None` if the key is new or forgotten.
    pub fn get(&self, id: &CallId) -> Option<&StoredCall> {
        self.known.get(id).map(AsRef::as_ref)
    }
    /// How many keys are kept.
    pub fn len(&self) -> usize {
        self.known.len()
    }
    /// Moves time on to `at`, an entry's time: forgets keys that are too old, and keeps that of the
    /// entry's call if it had one.
    pub fn keep(&mut self, at: Timestamp, call: Option<&StoredCall>) {
        let oldest = at.before(limits::CALLS_KEPT);
        while self.passing.front().is_some_and(|(then, _)| *then < oldest) {
            let gone = self.passing.pop_front();
            gone.and_then(|(_, call)| self.known.remove(&call.id));
        }
        if let Some(call) = call {
            self.add(at, Arc::new(call.clone()));
        }
    }
    /// Rebuilds from what `kept` returned.
    pub fn of(calls: Vec<(Timestamp, StoredCall)>) -> Self {
        let mut all = Self::default();
        for (at, call) in calls {
            all.add(at, Arc::new(call));
        }
        all
    }
    /// All keys, those of payments first, each group in the order of the log.
    pub fn kept(&self) -> impl Iterator<Item = &Kept> {
        self.lasting.iter().chain(&self.passing)
    }
    fn add(&mut self, at: Timestamp, call: Arc<StoredCall>) {
        if self.known.insert(call.id.clone(), Arc::clone(&call)).is_some() {
            self.passing.retain(|(_, other)| other.id != call.id);
            self.lasting.retain(|(_, other)| other.id != call.id);
        }
        if matches!(call.receipt, Receipt::Payment(_)) {
            self.lasting.push_back((at, call));
        } else {
            self.passing.push_back((at, call));
        }
    }
}

/// What to answer to a key without deciding anything (D-IDEM): the stored receipt if the same request
/// was answered before, a refusal with the family's duplicate code if the key belongs to another
/// request, and `None` if the key is new. `digest` is the SHA-256 of the request.
///
/// The key of a lease that was taken back is like new (R-LEASE-7): its caller heard of no grant.
/// What takes it back is never a repetition, although it comes under the same key.
#[must_use]
pub fn replay(world: &World, id: &CallId, digest: &[u8; 32], command: &Command) -> Option<Receipt> {
    let stored = world.call(id)?;
    let is_back = matches!(&stored.receipt, Receipt::Lease(lease) if !lease.ok);
    if is_back || matches!(command, Command::Network(NetworkCommand::ReturnLease { .. })) {
        return None;
    }
    if stored.digest == *digest {
        return Some(stored.receipt.clone());
    }
    Some(match command {
        Command::Customer(command) => command.duplicate(OTHER),
        Command::Network(_) => receipt::refused(OTHER),
    })
}

const OTHER: &str = "this key belongs to another request";

//! Remembers idempotency keys and what was answered to them (D-IDEM).

use super::{
    World,
    layers::{Layered, Table},
    limits,
};
use crate::model::{CallId, Command, NetworkCommand, Receipt, StoredCall, Timestamp, receipt};
use std::sync::Arc;

/// The idempotency keys of the last 7 days, and those of payments for ever. Age counts by the times
/// of the entries and not by a clock, so that every reader of the log keeps the same keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Calls {
    /// What was answered, and when.
    pub known: Layered<(Timestamp, Arc<StoredCall>)>,
    /// The keys that will be forgotten, the oldest first.
    pub passing: Layered<()>,
    /// The time of the first of them, so that most entries need not look.
    pub oldest: Option<Timestamp>,
}

impl Default for Calls {
    fn default() -> Self {
        let (known, passing) = (Layered::new(Table::Calls), Layered::new(Table::PassingCalls));
        Self { known, passing, oldest: None }
    }
}

impl Calls {
    /// What is stored under a key; `None` if the key is new or forgotten.
    pub fn get(&self, id: &CallId) -> Option<Arc<StoredCall>> {
        self.known.get(id.as_str().as_bytes()).map(|(_, call)| call)
    }
    /// Moves time on to `at`, an entry's time: forgets keys that are too old, and keeps that of the
    /// entry's call if it had one.
    pub fn keep(&mut self, at: Timestamp, call: Option<&StoredCall>) {
        let kept = at.before(limits::CALLS_KEPT);
        if self.oldest.is_some_and(|oldest| oldest < kept) {
            self.forget(kept);
        }
        if let Some(call) = call {
            self.add(at, call);
        }
    }
    /// Forgets the keys from before a time.
    fn forget(&mut self, kept: Timestamp) {
        let Some(oldest) = self.oldest else { return };
        let end = passes(kept, "");
        let (mut over, mut first) = (Vec::new(), None);
        // What is before the oldest was forgotten earlier. There may be much of it in the layers, and this is
        // asked with almost every entry, so it is not passed again.
        for (key, ()) in self.passing.range(&passes(oldest, "")) {
            if *key >= *end {
                first = passed(&key);
                break;
            }
            over.push(key);
        }
        for key in over {
            self.passing.remove(&key);
            self.known.remove(key.get(TIME..).unwrap_or_default());
        }
        self.oldest = first;
    }
    fn add(&mut self, at: Timestamp, call: &StoredCall) {
        let id = call.id.as_str();
        if let Some((before, _)) = self.known.get(id.as_bytes()) {
            self.passing.remove(&passes(before, id));
        }
        if !matches!(call.receipt, Receipt::Payment(_)) {
            self.passing.insert(passes(at, id), ());
            self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.min(at)));
        }
        self.known.insert(id.as_bytes(), (at, Arc::new(call.clone())));
    }
}

/// How many bytes of a key in `passing` are its time.
const TIME: usize = 8;

/// The key of a call in `passing`. Keys are in the order of times.
fn passes(at: Timestamp, id: &str) -> Vec<u8> {
    let mut key = (at.micros() ^ i64::MIN).to_be_bytes().to_vec();
    key.extend(id.as_bytes());
    key
}

/// The time of a key in `passing`.
fn passed(key: &[u8]) -> Option<Timestamp> {
    let at = i64::from_be_bytes(*key.first_chunk()?);
    Some(Timestamp::from_micros(at ^ i64::MIN))
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

//! Idempotency keys and what was answered to them (decision D-IDEM).

use super::{World, limits};
use crate::model::{CallId, Command, Receipt, StoredCall, Timestamp, receipt};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// The keys of the last 7 days, by the clock of the log: an entry's time, not the reader's.
/// Those of payments are kept for ever.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calls {
    known: HashMap<CallId, Arc<StoredCall>>,
    /// Those that are forgotten one day, in the order of the log.
    passing: VecDeque<Kept>,
    /// Those of payments, in the order of the log.
    lasting: Vec<Kept>,
}

/// A call and when it was made.
pub type Kept = (Timestamp, Arc<StoredCall>);

impl Calls {
    /// What is stored under a key.
    pub fn get(&self, id: &CallId) -> Option<&StoredCall> {
        self.known.get(id).map(AsRef::as_ref)
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }
    /// Time has come to `at`; keys older than 7 days go, unless of payments; this one comes.
    pub fn keep(&mut self, at: Timestamp, call: Option<&StoredCall>) {
        let oldest = at.before(limits::CALLS_KEPT);
        while let Some((_, call)) = self.passing.pop_front_if(|(then, _)| *then < oldest) {
            self.known.remove(&call.id);
        }
        if let Some(call) = call {
            self.add(at, Arc::new(call.clone()));
        }
    }
    /// What `kept` told.
    pub fn of(calls: Vec<(Timestamp, StoredCall)>) -> Self {
        let mut all = Self::default();
        for (at, call) in calls {
            all.add(at, Arc::new(call));
        }
        all
    }
    /// All of them: those of payments, then the others, each in the order of the log.
    pub fn kept(&self) -> Vec<Kept> {
        self.lasting.iter().chain(&self.passing).cloned().collect()
    }
    fn add(&mut self, at: Timestamp, call: Arc<StoredCall>) {
        if self.known.insert(call.id.clone(), Arc::clone(&call)).is_some() {
            self.passing.retain(|(_, other)| other.id != call.id);
            self.lasting.retain(|(_, other)| other.id != call.id);
        }
        if matches!(call.receipt, Receipt::Payment(_)) {
            self.lasting.push((at, call));
        } else {
            self.passing.push_back((at, call));
        }
    }
}

/// What to answer without deciding anything: the stored receipt if this very request was
/// answered before, the family's duplicate code if the key belongs to another request, `None`
/// if the key is new (decision D-IDEM). `digest` is the SHA-256 of the request.
#[must_use]
pub fn replay(world: &World, id: &CallId, digest: &[u8; 32], command: &Command) -> Option<Receipt> {
    let stored = world.call(id)?;
    if stored.digest == *digest {
        return Some(stored.receipt.clone());
    }
    Some(match command {
        Command::Customer(command) => command.duplicate(OTHER),
        Command::Network(_) => receipt::refused(OTHER),
    })
}

/// Why a key is refused.
const OTHER: &str = "this key belongs to another request";

//! Idempotency keys and what was answered to them (decision D-IDEM).

use super::{World, draft, limits};
use crate::model::{
    CallId, Command, CustomerCommand, MessageStatus, Receipt, StoredCall, Timestamp,
};
use std::collections::{HashMap, VecDeque};

/// The keys of the last 7 days, by the clock of the log: an entry's time, not the reader's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calls {
    known: HashMap<CallId, StoredCall>,
    /// In the order of the log.
    order: VecDeque<(Timestamp, CallId)>,
}

impl Calls {
    /// What is stored under a key.
    pub fn get(&self, id: &CallId) -> Option<&StoredCall> {
        self.known.get(id)
    }
    /// Time has come to `at`; keys older than 7 days go, this one comes.
    pub fn keep(&mut self, at: Timestamp, call: Option<&StoredCall>) {
        let oldest = at.before(limits::CALLS_KEPT);
        while let Some((_, id)) = self.order.pop_front_if(|(then, _)| *then < oldest) {
            self.known.remove(&id);
        }
        if let Some(call) = call {
            self.add(at, call.clone());
        }
    }
    /// These, in the order of the log.
    pub fn of(calls: Vec<(Timestamp, StoredCall)>) -> Self {
        let mut all = Self::default();
        for (at, call) in calls {
            all.add(at, call);
        }
        all
    }
    /// All of them in the order of the log.
    pub fn in_order(&self) -> Vec<(Timestamp, &StoredCall)> {
        self.order.iter().filter_map(|(at, id)| Some((*at, self.get(id)?))).collect()
    }
    fn add(&mut self, at: Timestamp, call: StoredCall) {
        let id = call.id.clone();
        if self.known.insert(id.clone(), call).is_some() {
            self.order.retain(|(_, other)| *other != id);
        }
        self.order.push_back((at, id));
    }
}

/// What to answer without deciding anything: the stored receipt if this very request was
/// answered before, the family's duplicate code if the key belongs to another request, `None`
/// if the key is new (decision D-IDEM). `digest` is the SHA-256 of the request.
#[must_use]
pub fn replay(world: &World, id: &CallId, digest: &[u8; 32], command: &Command) -> Option<Receipt> {
    use CustomerCommand as C;
    const OTHER: &str = "this key belongs to another request";
    let stored = world.call(id)?;
    if stored.digest == *digest {
        return Some(stored.receipt.clone());
    }
    Some(match command {
        Command::Customer(C::SendMessage { .. } | C::ReplyToMessage { .. }) => Receipt::Message {
            status: MessageStatus::DuplicateRequest,
            description: OTHER.into(),
            message: None,
            customer: None,
        },
        Command::Customer(_) => draft::state(false, OTHER, None),
        Command::Network(_) => draft::refused(OTHER),
    })
}

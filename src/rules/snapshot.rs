//! The World as bytes: a tag, a SHA-256, then postcard. Only what cannot be derived is written. The index
//! is built anew when a snapshot is read, so a snapshot can never contradict itself. Snapshots are a
//! cache: one that cannot be read is made anew from the log.

use super::{
    World,
    calls::{Calls, Kept},
    index::Index,
    ledger::Ledger,
    work::Works,
};
use crate::model::{CustomerId, CustomerState, EntryId, Seq, StoredCall, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

/// The version of the format. Raise the number whenever a stored type of `model` changes its shape.
const TAG: &[u8; 16] = b"switchboard-w 04";

/// How many bytes stand before the body: the tag and the digest.
const HEADER: usize = TAG.len() + 32;

type Head = (Seq, EntryId);

/// What is written, in this order. Generic over customers and calls, so that writing borrows
/// and reading owns.
type Parts<C, S> = (Head, Vec<C>, Vec<(Timestamp, S)>, Rest);

/// What is written about the org itself. The maps are ordered, so that equal Worlds have equal bytes.
#[derive(Serialize, Deserialize)]
struct Rest {
    merged: BTreeMap<CustomerId, CustomerId>,
    ledger: Ledger,
    works: Works,
    ahead: Duration,
}

/// The parts of a World that are written, set aside while the World moves on. Everything large is shared
/// and not copied, so this costs the writer milliseconds; another thread does the encoding.
#[must_use]
pub struct Frozen {
    head: Head,
    customers: Vec<Arc<CustomerState>>,
    calls: Vec<Kept>,
    merged: HashMap<CustomerId, CustomerId>,
    ledger: Ledger,
    works: Works,
    ahead: Duration,
}

/// Sets the parts of a World aside that a snapshot needs.
pub fn freeze(world: &World) -> Frozen {
    Frozen {
        head: world.head,
        customers: world.customers.values().cloned().collect(),
        calls: world.calls.kept(),
        merged: world.merged.clone(),
        ledger: world.ledger.clone(),
        works: world.works.clone(),
        ahead: world.ahead,
    }
}

impl Frozen {
    /// The bytes of the snapshot.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        let Self { head, customers, calls, merged, ledger, works, ahead } = self;
        let mut customers: Vec<&CustomerState> = customers.iter().map(AsRef::as_ref).collect();
        customers.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let calls = calls.iter().map(|(at, call)| (*at, call.as_ref())).collect();
        let rest = Rest { merged: merged.into_iter().collect(), ledger, works, ahead };
        let parts: Parts<&CustomerState, &StoredCall> = (head, customers, calls, rest);
        let mut bytes = vec![0; HEADER];
        // Serialising plain data into memory cannot fail. If it did, the empty snapshot could not be read.
        bytes = postcard::to_extend(&parts, bytes).unwrap_or_default();
        if let Some((header, body)) = bytes.split_at_mut_checked(HEADER) {
            header[..TAG.len()].copy_from_slice(TAG);
            header[TAG.len()..].copy_from_slice(&Sha256::digest(body));
        }
        bytes
    }
}

/// The World of a snapshot's bytes; `None` if they are damaged or of another version.
pub fn read(bytes: &[u8]) -> Option<World> {
    let (digest, body) = bytes.strip_prefix(TAG.as_slice())?.split_at_checked(32)?;
    if Sha256::digest(body).as_slice() != digest {
        return None;
    }
    let (head, customers, calls, rest): Parts<CustomerState, StoredCall> =
        postcard::from_bytes(body).ok()?;
    let index = Index::of(customers.iter());
    let customers = customers.into_iter().map(|c| (c.id.clone(), Arc::new(c))).collect();
    let Rest { merged, ledger, works, ahead } = rest;
    let merged = merged.into_iter().collect();
    let calls = Calls::of(calls);
    Some(World { head, customers, calls, merged, ledger, works, ahead, index })
}

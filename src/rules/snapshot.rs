//! The World as bytes: a tag, a SHA-256, then postcard. Only what cannot be derived is written. The index
//! is built anew when a snapshot is read, so a snapshot can never contradict itself. Snapshots are a
//! cache: one that cannot be read is made anew from the log.

use super::{World, calls::Calls, index::Index, ledger::Ledger, work::Works};
use crate::model::{CustomerId, CustomerState, EntryId, Seq, StoredCall, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// The version of the format. Raise the number whenever a stored type of `model` changes its shape.
const TAG: &[u8; 16] = b"switchboard-w 05";

/// How many bytes stand before the body: the tag and the digest.
const HEADER: usize = TAG.len() + 32;

type Head = (Seq, EntryId);

/// What is written, in this order. Generic over its parts, so that writing borrows and reading owns.
type Parts<C, S, L, W> = (Head, Vec<C>, Vec<(Timestamp, S)>, Rest<L, W>);

/// What is written about the org itself. The maps are ordered, so that equal Worlds have equal bytes.
#[derive(Serialize, Deserialize)]
struct Rest<L, W> {
    merged: BTreeMap<CustomerId, CustomerId>,
    ledger: L,
    works: W,
    ahead: Duration,
}

/// The bytes of the snapshot of a World.
pub fn encode(world: &World) -> Vec<u8> {
    let World { head, customers, calls, merged, ledger, works, ahead, index: _ } = world;
    let mut customers: Vec<&CustomerState> = customers.values().map(AsRef::as_ref).collect();
    customers.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    let calls = calls.kept().map(|(at, call)| (*at, call.as_ref())).collect();
    let merged = merged.iter().map(|(id, by)| (id.clone(), by.clone())).collect();
    let rest = Rest { merged, ledger, works, ahead: *ahead };
    let parts: Parts<&CustomerState, &StoredCall, &Ledger, &Works> =
        (*head, customers, calls, rest);
    let mut bytes = vec![0; HEADER];
    // Serialising plain data into memory cannot fail. If it did, the empty snapshot could not be read.
    bytes = postcard::to_extend(&parts, bytes).unwrap_or_default();
    if let Some((header, body)) = bytes.split_at_mut_checked(HEADER) {
        header[..TAG.len()].copy_from_slice(TAG);
        header[TAG.len()..].copy_from_slice(&Sha256::digest(body));
    }
    bytes
}

/// The World of a snapshot's bytes; `None` if they are damaged or of another version.
pub fn read(bytes: &[u8]) -> Option<World> {
    let (digest, body) = bytes.strip_prefix(TAG.as_slice())?.split_at_checked(32)?;
    if Sha256::digest(body).as_slice() != digest {
        return None;
    }
    let (head, customers, calls, rest): Parts<CustomerState, StoredCall, Ledger, Works> =
        postcard::from_bytes(body).ok()?;
    let index = Index::of(customers.iter());
    let customers = customers.into_iter().map(|c| (c.id.clone(), Arc::new(c))).collect();
    let Rest { merged, ledger, works, ahead } = rest;
    let merged = merged.into_iter().collect();
    let calls = Calls::of(calls);
    Some(World { head, customers, calls, merged, ledger, works, ahead, index })
}

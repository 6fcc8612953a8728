//! The World as bytes: a tag, a SHA-256, then postcard. Only what cannot be derived is written;
//! the index is built anew, so a snapshot can never disagree with itself.

use super::{World, calls::Calls, index::Index};
use crate::model::{Customer, EntryId, Seq, StoredCall, Timestamp};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Raise the number whenever a type of `model` that is stored here changes its shape.
const TAG: &[u8; 16] = b"switchboard-w 01";

type Head = (Seq, EntryId);

/// The bytes of a World.
pub fn write(world: &World) -> Vec<u8> {
    let mut customers: Vec<&Customer> = world.customers.values().map(Arc::as_ref).collect();
    customers.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    let parts = (world.head, customers, world.calls.in_order());
    // Serialising plain data into memory cannot fail; if it did, an empty snapshot reads as none.
    let body = postcard::to_allocvec(&parts).unwrap_or_default();
    [TAG.as_slice(), &Sha256::digest(&body), &body].concat()
}

/// The World of such bytes, unless they are damaged or of another version.
pub fn read(bytes: &[u8]) -> Option<World> {
    let (digest, body) = bytes.strip_prefix(TAG.as_slice())?.split_at_checked(32)?;
    if Sha256::digest(body).as_slice() != digest {
        return None;
    }
    let (head, customers, calls): (Head, Vec<Customer>, Vec<(Timestamp, StoredCall)>) =
        postcard::from_bytes(body).ok()?;
    let index = Index::of(customers.iter());
    let customers = customers.into_iter().map(|c| (c.id.clone(), Arc::new(c))).collect();
    Some(World { head, customers, calls: Calls::of(calls), index })
}

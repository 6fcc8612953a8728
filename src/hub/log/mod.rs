//! Where entries are kept. A backend promises durability and order, nothing about meaning:
//! which entries are valid is decided by the chain (`prev_id`), by every reader alike.

pub mod chain;
pub mod folder;
pub mod memory;
pub mod sqlite;

#[cfg(test)]
pub(in crate::hub) mod faulty;
#[cfg(test)]
mod tests;

use crate::{
    model::{Entry, OrgId},
    wire,
};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::watch;

/// An entry with its encoding: encoded once, stored, and handed on as it is.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Decoded.
    pub entry: Arc<Entry>,
    /// As stored: an encoded `switchboard.v1.Entry`.
    pub bytes: Bytes,
}

impl Stored {
    /// Encodes an entry.
    #[must_use]
    pub fn new(entry: Entry) -> Self {
        Self { bytes: wire::entry::encode(&entry), entry: Arc::new(entry) }
    }
    /// Decodes an entry.
    pub fn decode(bytes: Bytes) -> Result<Self, wire::DecodeError> {
        Ok(Self { entry: Arc::new(wire::entry::decode(&bytes)?), bytes })
    }
}

/// A backend's own place of an entry: opaque, ordered, sparse. Never leaves `hub/log`, `hub/engine`
/// and `hub/shelf`. `Pos(0)` is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos(pub u64);

/// Where each org's rows end. Says nothing about an org that nobody has written to since the log
/// was opened.
pub type Ends = HashMap<OrgId, Pos>;

/// What became of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Append {
    /// All of the batch is durable; the position of its last entry.
    Stored(Pos),
    /// Something else was stored after `at`; nothing of the batch was.
    Conflict,
    /// Nobody knows. Read the tail: it decides.
    Unknown,
}

/// How much a stored entry survives (decision D-DURABLE).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Power loss.
    Disk,
    /// Loss of a minority of machines.
    Quorum,
    /// Nothing: gone with the process.
    Memory,
}

impl Durability {
    /// The word of the contract.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Quorum => "quorum",
            Self::Memory => "memory",
        }
    }
}

/// Why the log did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Rolled back and known to be: no space, or locked for too long. Writes may work again later.
    #[error("the log cannot be written now: {0}")]
    Unavailable(String),
    /// The outcome of a commit is not known or the disk lies; the process must restart and read the truth.
    #[error("the log failed: {0}")]
    Fatal(String),
    /// An entry does not match its checksum or does not decode.
    #[error("the log of {org} is damaged at {what}")]
    Corrupt {
        /// Whose log.
        org: OrgId,
        /// Which row of which file.
        what: String,
    },
}

/// A log of entries per org. Object-safe, so that the hub need not be generic over it.
///
/// Several engines may share one, each with writers of its own: `append` lets only one of them
/// write after a position, and `newest` tells all of them that someone has. `SqliteLog` belongs to
/// the process that has locked its folder, so nobody else ever writes to it.
pub trait Log: Send + Sync + 'static {
    /// The random name of this log; a new or restored one has another.
    fn id(&self) -> &str;
    /// What a stored entry survives.
    fn durability(&self) -> Durability;
    /// Stores a batch after position `at` (the last position read of this org), all or nothing.
    /// May block: only the engine's own thread calls it.
    fn append<'a>(
        &'a self,
        org: &'a OrgId,
        at: Pos,
        batch: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>>;
    /// Up to `limit` entries of the org after `from`, void ones too, in order.
    fn read<'a>(
        &'a self,
        org: &'a OrgId,
        from: Pos,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Pos, Stored)>, LogError>>;
    /// The entries of the org at just these positions, in this order; positions without one are left out.
    fn at<'a>(
        &'a self,
        org: &'a OrgId,
        places: &'a [Pos],
    ) -> BoxFuture<'a, Result<Vec<Stored>, LogError>>;
    /// Where each org's rows end, as far as this process knows without asking; changes whenever
    /// someone stores, whoever it is. Whoever is behind reads on from its own position. What was
    /// acknowledged in this process is in it before the acknowledgement.
    fn newest(&self) -> watch::Receiver<Ends>;
}

/// Notes that an org's rows go on to `pos` at least, and wakes who waits for that.
fn moved(newest: &watch::Sender<Ends>, org: &OrgId, pos: Pos) {
    newest.send_modify(|ends| match ends.get_mut(org) {
        Some(end) => *end = pos.max(*end),
        None => _ = ends.insert(org.clone(), pos),
    });
}

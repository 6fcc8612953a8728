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
use futures_util::{
    future::BoxFuture,
    stream::{self, BoxStream},
};
use std::{future::Future, sync::Arc};
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
    /// All entries of all orgs after `from`, for ever; void ones too.
    fn tail(&self, from: Pos) -> BoxStream<'static, Result<(Pos, Stored), LogError>>;
}

/// How many entries a tail reads at once.
const TAIL_PAGE: usize = 256;

/// A tail made of pages: reads, and when a page is empty sleeps until `newest` changes. Holds one
/// page, so a slow reader costs nothing but its place. Ends with the log or after an error.
fn paged_tail<F>(
    from: Pos,
    newest: watch::Receiver<Pos>,
    page: impl Fn(Pos, usize) -> F + Send + 'static,
) -> BoxStream<'static, Result<(Pos, Stored), LogError>>
where
    F: Future<Output = Result<Vec<(Pos, Stored)>, LogError>> + Send + 'static,
{
    let start = (from, newest, page, Vec::new().into_iter(), false);
    Box::pin(stream::unfold(start, |(at, mut newest, page, mut rows, over)| async move {
        if over {
            return None;
        }
        loop {
            if let Some((pos, stored)) = rows.next() {
                return Some((Ok((pos, stored)), (pos, newest, page, rows, false)));
            }
            newest.borrow_and_update();
            match page(at, TAIL_PAGE).await {
                Ok(next) if next.is_empty() => newest.changed().await.ok()?,
                Ok(next) => rows = next.into_iter(),
                Err(error) => return Some((Err(error), (at, newest, page, rows, true))),
            }
        }
    }))
}

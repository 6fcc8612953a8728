//! Where entries are kept. A backend promises durability and order and knows nothing of what entries
//! mean. Which of them are valid is decided by the chain (`prev_id`, see `chain`), and every reader
//! decides it alike.

pub mod chain;
pub mod folder;
pub mod memory;
pub mod sqlite;

#[cfg(test)]
pub(in crate::hub) mod faulty;
#[cfg(test)]
pub(super) mod tests;

use crate::{
    model::{Entry, OrgId, Seq, Timestamp},
    wire::{self, entry::EntryLink},
};
use bytes::Bytes;
use chain::ChainCursor;
use futures_util::future::BoxFuture;
use std::{collections::HashMap, future::ready, sync::Arc};
use tokio::sync::watch;

/// An entry together with its encoding. It is encoded once, and the same bytes are stored and handed
/// on to feeds.
#[derive(Clone, Debug)]
pub struct Stored {
    pub entry: Arc<Entry>,
    /// The encoded `switchboard.v1.Entry`, exactly as the log has it.
    pub bytes: Bytes,
}

impl Stored {
    /// Encodes an entry, which is then ready to be stored.
    #[must_use]
    pub fn new(entry: Entry) -> Self {
        Self { bytes: wire::entry::encode(&entry), entry: Arc::new(entry) }
    }
    /// Decodes an entry that was stored before.
    pub fn decode(bytes: Bytes) -> Result<Self, wire::DecodeError> {
        Ok(Self { entry: Arc::new(wire::entry::decode(&bytes)?), bytes })
    }
}

/// An entry for whoever hands it on as it is stored, which takes no more than its place. Its events
/// are not decoded.
#[derive(Clone, Debug)]
pub struct RawEntry {
    pub link: EntryLink,
    /// The encoded `switchboard.v1.Entry`, exactly as the log has it.
    pub bytes: Bytes,
}

impl RawEntry {
    /// Reads the place of an entry that was stored before.
    pub fn read(bytes: Bytes) -> Result<Self, wire::DecodeError> {
        Ok(Self { link: wire::entry::link(&bytes)?, bytes })
    }
}

impl From<Stored> for RawEntry {
    fn from(stored: Stored) -> Self {
        Self { link: EntryLink::from(&*stored.entry), bytes: stored.bytes }
    }
}

/// How much to read at once: so many entries at most, and no further entry once there are more bytes than that.
#[derive(Clone, Copy, Debug)]
pub struct PageSize {
    pub entries: usize,
    pub bytes: usize,
}

impl PageSize {
    /// So many entries, however large they are.
    #[must_use]
    pub const fn of(entries: usize) -> Self {
        Self { entries, bytes: usize::MAX }
    }
    /// How many of these sizes a page has, and at least one of them.
    pub fn fit(self, sizes: impl IntoIterator<Item = usize>) -> usize {
        let mut room = self.bytes;
        let fits = |size: &usize| match room.checked_sub(*size) {
            Some(left) => {
                room = left;
                true
            }
            None => false,
        };
        sizes.into_iter().take(self.entries).take_while(fits).count().max(1)
    }
}

/// A backend's own position of an entry: ordered, but with holes and without meaning for anyone else.
/// It never leaves `hub/log`, `hub/engine` and `hub/shelf`; everyone else counts in `Seq`. `Pos(0)` is
/// before the first entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos(pub u64);

/// The last position of each org's log. An org that nobody has written to since the log was opened is
/// not in it.
pub type LogEnds = HashMap<OrgId, Pos>;

/// Where an org's log begins. What was before went out of it (R-KEEP-1), and what it led to lies beside the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogBegin {
    /// The last row that went, and the last valid entry up to it; before the first if nothing went.
    pub place: ChainCursor,
    /// When that entry was decided.
    pub at: Timestamp,
    /// The name of the folder that has the World of that place (`hub::origins`).
    pub origin: String,
}

/// What became of a batch that was to be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Append {
    /// All of the batch is durable. This is the position of its last entry.
    Stored(Pos),
    /// Somebody else had stored something after `at`, so nothing of the batch was stored.
    Conflict,
    /// Nobody knows whether the batch was stored. Whoever reads on in the log finds out.
    Unknown,
}

/// What a stored entry survives (D-DURABLE).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// A stored entry survives a power cut.
    Disk,
    /// A stored entry survives the loss of a minority of machines.
    Quorum,
    /// A stored entry is gone with the process.
    Memory,
}

impl Durability {
    /// The word for it in `HelloReply.durability`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Quorum => "quorum",
            Self::Memory => "memory",
        }
    }
}

/// Why a log did not read or append. What is known about the entries differs, so callers must tell
/// the cases apart.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Nothing was stored, for example because the disk is full or the file locked for too long. The
    /// same may work again later (R-LOG-1).
    #[error("the log cannot be written now: {0}")]
    Unavailable(String),
    /// It is not known what was stored, so the process must end and a new one read the log (R-LOG-2).
    #[error("the log failed: {0}")]
    Fatal(String),
    /// An entry does not match its checksum or cannot be decoded. The org's log cannot be used until
    /// somebody restores it; `what` names the row and the file.
    #[error("the log of {org} is damaged at {what}")]
    Corrupt { org: OrgId, what: String },
}

/// A log of entries for each org. It is object-safe, so that the hub need not be generic over it.
///
/// Several engines may share one log. `append` lets only one of them write after a position, and
/// `newest` tells all of them that somebody has. A `SqliteLog` belongs to the process that has locked
/// its folder, so no engine of another process ever writes to it.
pub trait Log: Send + Sync + 'static {
    /// The random name of this log. A cursor of one log is of no use in a log of another name.
    fn id(&self) -> &str;
    /// Whether this log goes on from a copy of the log of that name, which was restored or cut (R-COPY-6).
    fn replaces(&self, _id: &str) -> bool {
        false
    }
    fn durability(&self) -> Durability;
    /// Names a row for whoever has to mend it, with its entry and file (R-LOG-3).
    fn row(&self, pos: Pos, entry: Seq) -> String {
        format!("row {} (entry {entry})", pos.0)
    }
    /// Stores a batch after position `at`, which is the last one that the caller has read of this org,
    /// either all of it or nothing. It may block, so only the engine's own thread calls it.
    fn append<'a>(
        &'a self,
        org: &'a OrgId,
        at: Pos,
        batch: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>>;
    /// Tries whether an append would be stored now, by storing something that is no entry and that no
    /// reader sees. Like `append` it may block, but it does not wait for another program.
    fn probe(&self) -> BoxFuture<'_, Result<(), LogError>>;
    /// Up to `limit` entries of the org after `from`, in order, void entries included.
    fn read<'a>(
        &'a self,
        org: &'a OrgId,
        from: Pos,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Pos, Stored)>, LogError>>;
    /// Entries of the org after `from`, in order, void entries included, for whoever hands them on. There may be
    /// fewer than a page has room for although the log goes on; only at its end there are none.
    fn scan<'a>(
        &'a self,
        org: &'a OrgId,
        from: Pos,
        page: PageSize,
    ) -> BoxFuture<'a, Result<Vec<(Pos, RawEntry)>, LogError>>;
    /// The entries of the org at these positions, in the order asked for. A position at which the org
    /// has no entry is left out.
    fn at<'a>(
        &'a self,
        org: &'a OrgId,
        places: &'a [Pos],
    ) -> BoxFuture<'a, Result<Vec<Stored>, LogError>>;
    /// Where the org's log begins.
    fn begin(&self, _org: &OrgId) -> LogBegin {
        LogBegin::default()
    }
    /// Where the logs of all orgs begin from which entries went, served or not.
    fn begins(&self) -> Vec<(OrgId, LogBegin)> {
        Vec::new()
    }
    /// The checksum that all rows up to this one went into, in hexadecimal digits; `None` if there is no such row.
    fn check_at<'a>(
        &'a self,
        _org: &'a OrgId,
        _pos: Pos,
    ) -> BoxFuture<'a, Result<Option<String>, LogError>> {
        Box::pin(ready(Ok(None)))
    }
    /// Has the org's log begin there, which is durable when this returns, and takes out some of the rows before.
    /// Returns how many; 0 when none is left. No reader sees them any more, whether they are out yet or not.
    fn prune<'a>(
        &'a self,
        _org: &'a OrgId,
        _begin: &'a LogBegin,
    ) -> BoxFuture<'a, Result<usize, LogError>> {
        Box::pin(ready(Err(LogError::Unavailable("this log is not pruned".into()))))
    }
    /// Gives some of the room that is free in the log's file back to the disk. Returns whether there is more.
    fn shrink(&self) -> BoxFuture<'_, Result<bool, LogError>> {
        Box::pin(ready(Ok(false)))
    }
    /// Where each org's log ends, as far as this process knows without asking. It changes whenever
    /// anybody stores something, and a reader who is behind reads on from its own position. An append
    /// of this process shows here before it is acknowledged.
    fn newest(&self) -> watch::Receiver<LogEnds>;
}

/// Notes that an org's log goes on at least to `pos`, and wakes the readers.
fn moved(newest: &watch::Sender<LogEnds>, org: &OrgId, pos: Pos) {
    newest.send_modify(|ends| match ends.get_mut(org) {
        Some(end) => *end = pos.max(*end),
        None => _ = ends.insert(org.clone(), pos),
    });
}

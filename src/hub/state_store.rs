//! Where the Worlds lie on disk: an LSM tree with one keyspace for each org, in the folder `state` of the data
//! folder. It is a cache of the log. It can be deleted, it is made anew when it is damaged, of another version
//! or of another log, and what it lacks is folded from the log.
//!
//! Every batch is the change from one place of the log to a later one, with the place in it, so whatever a
//! crash leaves is the World at some place. A base is a snapshot of the tree and never changes. Blocks have
//! checksums that are compared as they are read. A block that does not match is noted, and then nothing is
//! decided from it any more: the hub ends, and its next start makes the folder anew. The tree leaves out what it
//! cannot read in the middle of its journals, so the batches are numbered, and a World with a hole is not loaded.

mod row_cache;
mod take_over;
mod tree;

use super::{
    clock,
    log::{Pos, chain::ChainCursor},
    private,
};
use crate::{
    model::{EntryId, OrgId, Seq, id::hex, status_report},
    rules::{Base, Key, Table, World},
};
use bytes::Bytes;
use fjall::{
    Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable as _, Snapshot,
    config::{CompressionPolicy, PinningPolicy},
};
use row_cache::{OrgRows, RowCache};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tree::{anew, no_room, tree};

/// The name of the folder in the data folder.
pub const FOLDER: &str = "state";
/// The name of the file in it that says that it is damaged.
const DAMAGED: &str = "damaged";
/// The name of the file in it whose bytes count the attempts to open it, none of which has ended.
const OPENING: &str = "opening";
/// After so many attempts that have not ended, the folder is made anew. One may have been killed from outside.
const MOST_OPENINGS: usize = 2;
/// The key of the place. No table has this number.
const PLACE: &[u8] = &[u8::MAX];
/// How many of the newest batches have a row that says that they are there. Not so many wait in the journals.
const TRACED: u64 = 4_096;
/// How many bytes must be free on the disk for anything to be stored. The tree needs them to merge its files, and
/// once a write of its own has failed, it writes nothing any more.
const ROOM: u64 = status_report::LEAST_FREE;
/// How many bytes of blocks are kept in memory.
const BLOCKS: u64 = 96 << 20;
/// How many bytes of rows wait in memory until they are written into a file of the tree.
const UNWRITTEN: u64 = 16 << 20;
/// How many bytes the rows of all orgs together may take that are not written into files of the tree yet.
const JOURNALS: u64 = 128 << 20;
/// How long and how often to wait for another hub of this process that has the tree open.
const WAIT: Duration = Duration::from_millis(10);
const MOST_WAITS: u32 = 1_000;

/// The state of all orgs of a data folder. It is cheap to clone.
#[derive(Clone)]
pub struct StateStore {
    db: Database,
    cache: RowCache,
    folder: PathBuf,
    /// Whether it can be made anew, so that the next start may do that with one that cannot be read.
    is_cache: bool,
}

/// The state of one org.
#[derive(Clone)]
pub struct OrgState {
    store: StateStore,
    rows: Keyspace,
    /// The rows in memory. Others take their place when the rows are cleared.
    known: Arc<Mutex<OrgRows>>,
    log_id: String,
    /// The batch that was stored last.
    last: Arc<Mutex<BatchNumber>>,
    /// Why nothing is decided any more: something could not be read, or nothing can be stored again.
    trouble: Arc<Mutex<Option<String>>>,
    /// Whether nothing is stored, as on a full disk.
    #[cfg(test)]
    refusing: Arc<std::sync::atomic::AtomicBool>,
}

/// The number of a batch. Batches are counted anew after the rows were cleared, with another name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct BatchNumber {
    name: String,
    number: u64,
}

impl BatchNumber {
    fn next(&self) -> Self {
        let name = if self.name.is_empty() { clock::fresh_name() } else { self.name.clone() };
        Self { name, number: self.number + 1 }
    }
    /// The key of the row that says that the batch of a number is there.
    fn row(number: u64) -> Vec<u8> {
        let mut row = PLACE.to_vec();
        row.extend(number.to_be_bytes());
        row
    }
}

/// At which place of which log a World is.
#[derive(Serialize, Deserialize)]
struct Place {
    log_id: String,
    batch: BatchNumber,
    pos: u64,
    seq: Seq,
    id: EntryId,
}

impl StateStore {
    /// Opens the state of a data folder, and makes it anew if it cannot be read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let folder = folder.join(FOLDER);
        private::folder(&folder)?;
        let attempts = attempts(&folder);
        if let Some(why) = marked(&folder, attempts) {
            anew(&folder, why)?;
        }
        let opened = marking(&folder, attempts, || match tree(&folder) {
            Ok(Err(why)) => {
                anew(&folder, &why)?;
                tree(&folder).and_then(|tree| tree.map_err(io::Error::other))
            }
            opened => opened.and_then(|tree| tree.map_err(io::Error::other)),
        })?;
        Ok(Self { db: opened, cache: RowCache::default(), folder, is_cache: true })
    }

    /// Opens it as it is, for whoever wants to know whether it is right (R-COPY-8): nothing is made anew. `None` if
    /// there is none; the inner error says what is wrong with it.
    pub fn inspect(folder: &Path) -> io::Result<Result<Option<Self>, String>> {
        let folder = folder.join(FOLDER);
        if !folder.exists() {
            return Ok(Ok(None));
        }
        let attempts = attempts(&folder);
        if let Some(why) = marked(&folder, attempts) {
            return Ok(Err(why.to_owned()));
        }
        let opened = marking(&folder, attempts, || tree(&folder))?;
        let opened =
            opened.map(|db| Some(Self { db, cache: RowCache::default(), folder, is_cache: true }));
        Ok(opened)
    }

    /// Opens one that is no cache (`hub::origins`): it is never marked as damaged, and never made anew.
    pub fn open_for_good(folder: PathBuf) -> Result<Self, String> {
        private::folder(&folder).map_err(|error| error.to_string())?;
        let db = tree(&folder).map_err(|error| error.to_string())??;
        Ok(Self { db, cache: RowCache::default(), folder, is_cache: false })
    }

    /// The state of an org that follows this log.
    pub fn org(&self, org: &OrgId, log_id: &str) -> Result<OrgState, String> {
        // An id may be longer than a name of a keyspace.
        let name = hex(&Sha256::digest(org.as_str()));
        let options = || {
            KeyspaceCreateOptions::default()
                .max_memtable_size(UNWRITTEN)
                .data_block_compression_policy(CompressionPolicy::disabled())
                // Where a row lies is known without reading, so that a row is one read of the disk. It takes about
                // 25 bytes for each KiB of rows.
                .index_block_partitioning_policy(PinningPolicy::disabled())
                .filter_block_partitioning_policy(PinningPolicy::disabled())
                .index_block_pinning_policy(PinningPolicy::all(true))
                .filter_block_pinning_policy(PinningPolicy::all(true))
        };
        let rows = self.db.keyspace(&name, options).map_err(|error| error.to_string())?;
        Ok(OrgState {
            store: self.clone(),
            rows,
            known: Arc::new(Mutex::new(self.cache.org())),
            log_id: log_id.to_owned(),
            last: Arc::default(),
            trouble: Arc::default(),
            #[cfg(test)]
            refusing: Arc::default(),
        })
    }
}

/// How many attempts to open the folder have not ended.
fn attempts(folder: &Path) -> usize {
    fs::read(folder.join(OPENING)).map_or(0, |each| each.len())
}

/// Why the folder is not opened as it is, if it is marked as damaged.
fn marked(folder: &Path, attempts: usize) -> Option<&'static str> {
    (folder.join(DAMAGED).exists() || attempts >= MOST_OPENINGS).then_some("it could not be read")
}

/// Opens the folder, which is marked meanwhile. Some damage makes the tree abort the process that opens it. Then the
/// next starts find these marks.
fn marking<T>(
    folder: &Path,
    attempts: usize,
    open: impl FnOnce() -> io::Result<T>,
) -> io::Result<T> {
    let opening = folder.join(OPENING);
    private::replace(&opening, &"x".repeat(attempts % MOST_OPENINGS + 1))?;
    let opened = open();
    match fs::remove_file(&opening) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => opened,
    }
}

impl StateStore {
    /// Whether the disk has room for what is to be stored; else says how much there is.
    fn has_room(&self) -> Result<(), String> {
        match private::room(&self.folder) {
            Some((free, _)) if free < ROOM => {
                let (free, room) = (free >> 20, ROOM >> 20);
                Err(format!("{free} MiB are free on its disk, and it needs {room}"))
            }
            _ => Ok(()),
        }
    }
}

impl OrgState {
    /// The World that is stored, and its place in the log; `None` if there is none of this log and version, or
    /// if it has a hole.
    pub fn load(&self) -> Option<(World, ChainCursor)> {
        let place = self.rows.get(PLACE).ok()??;
        let place: Place = postcard::from_bytes(&place).ok()?;
        let world = World::open(&self.base())?;
        let fits = place.log_id == self.log_id && world.head() == (place.seq, place.id);
        if !fits || !self.has_all_batches(&place.batch) {
            return None;
        }
        let Place { pos, seq, id, batch, .. } = place;
        *self.last() = batch;
        Some((world, ChainCursor { pos: Pos(pos), seq, id }))
    }

    /// The name of the log of which a World is stored, if that is another one.
    pub fn of_log(&self) -> Option<String> {
        let place = self.rows.get(PLACE).ok()??;
        let place: Place = postcard::from_bytes(&place).ok()?;
        (place.log_id != self.log_id && place.seq > Seq(0)).then_some(place.log_id)
    }

    /// Whether the newest batches up to this one are all there.
    fn has_all_batches(&self, last: &BatchNumber) -> bool {
        let first = last.number.saturating_sub(TRACED) + 1;
        let rows = self.rows.range(BatchNumber::row(first)..=BatchNumber::row(last.number));
        let mut number = first;
        for row in rows {
            let Ok((key, name)) = row.into_inner() else { return false };
            if *key != BatchNumber::row(number) || *name != *last.name.as_bytes() {
                return false;
            }
            number += 1;
        }
        number == last.number + 1
    }

    fn last(&self) -> MutexGuard<'_, BatchNumber> {
        // Only whole values are put in under this lock.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything about the org, also what could not be read. Its log can tell it all again.
    pub fn clear(&self) -> Result<(), String> {
        // A tree that is cleared is cleared once more when its journal is read at the next start, which is work
        // that an empty one need not cause.
        if self.rows.first_key_value().is_some() {
            self.rows.clear().map_err(|error| error.to_string())?;
        }
        *self.last() = BatchNumber::default();
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = self.store.cache.org();
        // The mark stays, because there may be more that cannot be read.
        self.trouble().take();
        Ok(())
    }

    /// Refuses to store anything, or stores again.
    #[cfg(test)]
    pub fn refuse(&self, refuse: bool) {
        self.refusing.store(refuse, std::sync::atomic::Ordering::SeqCst);
    }

    /// Brings the rows into files of the tree.
    #[cfg(test)]
    pub fn flush(&self) {
        self.rows.rotate_memtable_and_wait().expect("written");
    }

    /// Stores what was settled in a World that is at this place, and returns the base that has it.
    pub fn store(&self, world: &World, place: ChainCursor) -> Result<Arc<dyn Base>, String> {
        #[cfg(test)]
        if self.refusing.load(std::sync::atomic::Ordering::SeqCst) {
            return Err("no space left on device".into());
        }
        self.store.has_room()?;
        let mut batch = self.store.db.batch();
        let mut changed = Vec::new();
        world.settling(&mut |table, key, value| {
            match &value {
                Some(value) => batch.insert(&self.rows, row(table, key), value.as_slice()),
                None => batch.remove(&self.rows, row(table, key)),
            }
            // What is kept takes no more room than it is counted with.
            let value = value.map(|value| Bytes::from(value.into_boxed_slice()));
            changed.push((table, key.to_vec(), value));
        });
        let ChainCursor { pos, seq, id } = place;
        let number = self.last().next();
        batch.insert(&self.rows, BatchNumber::row(number.number), number.name.as_bytes());
        if let Some(old) = number.number.checked_sub(TRACED) {
            batch.remove(&self.rows, BatchNumber::row(old));
        }
        let place =
            Place { log_id: self.log_id.clone(), batch: number.clone(), pos: pos.0, seq, id };
        let place = postcard::to_stdvec(&place).map_err(|error| error.to_string())?;
        batch.insert(&self.rows, PLACE, place);
        // What was made of something that could not be read is not stored as if it were right.
        if let Some(why) = self.why_not() {
            return Err(why);
        }
        batch.commit().map_err(|error| self.unwritten(&error))?;
        *self.last() = number;
        Ok(self.known().changed(changed.into_iter(), |newest| self.numbered(newest)))
    }

    /// Notes what an error of the tree means. Without room nobody may write to the log either, so the layer
    /// can wait. After anything else the tree stores nothing until it is opened again.
    fn unwritten(&self, error: &fjall::Error) -> String {
        if no_room(error).is_none() {
            let folder = self.store.folder.display();
            let why = format!("{folder} cannot be written any more: {error}; start the hub again");
            self.trouble().get_or_insert(why);
        }
        error.to_string()
    }

    /// Brings everything to the disk, so that the next start finds it after a power cut too.
    pub fn persist(&self) -> Result<(), String> {
        let done = self.store.db.persist(PersistMode::SyncAll);
        done.map_err(|error| format!("{}: {error}", self.store.folder.display()))
    }

    /// Why nothing is decided any more: something could not be read, or nothing can be stored again.
    pub fn why_not(&self) -> Option<String> {
        self.trouble().clone()
    }

    fn trouble(&self) -> MutexGuard<'_, Option<String>> {
        // Only whole values are put in under this lock.
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> OrgRows {
        // Only whole values are put in under this lock.
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn base(&self) -> Arc<dyn Base> {
        self.numbered(self.known().newest())
    }

    fn numbered(&self, number: u64) -> Arc<dyn Base> {
        let (state, known) = (self.clone(), self.known());
        Arc::new(StoredBase { state, known, number, snapshot: self.store.db.snapshot() })
    }
}

/// The rows of one org as they were at one moment.
struct StoredBase {
    state: OrgState,
    known: OrgRows,
    number: u64,
    snapshot: Snapshot,
}

impl fmt::Debug for StoredBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredBase").field("seqno", &self.snapshot.seqno()).finish_non_exhaustive()
    }
}

/// The key of a row in the tree.
fn row(table: Table, key: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(1 + key.len());
    row.push(table as u8);
    row.extend(key);
    row
}

/// Whether rows of a table are kept in memory once they were read. Messages are large, and what is made of them is kept.
fn is_kept_when_read(table: Table) -> bool {
    table != Table::Histories
}

impl Base for StoredBase {
    fn get(&self, table: Table, key: &[u8], found: &mut dyn FnMut(&[u8])) {
        let key = self.known.key(table, key);
        if let Some(value) = self.known.get(self.number, &key) {
            if let Some(value) = value {
                found(&value);
            }
            return;
        }
        match self.snapshot.get(&self.state.rows, key.in_tree()) {
            Ok(value) => {
                if let Some(value) = &value {
                    found(value);
                }
                if is_kept_when_read(table) {
                    let value = value.map(|value| Bytes::copy_from_slice(&value));
                    self.known.keep(self.number, key, value);
                }
            }
            Err(error) => self.broken(error.to_string()),
        }
    }

    fn made_of(&self, customer: &[u8], make: &mut dyn FnMut() -> Option<Bytes>) -> Option<Bytes> {
        let key = self.known.made_of(customer);
        if let Some(made) = self.known.get(self.number, &key) {
            return made;
        }
        let fresh = make();
        if self.trouble().is_none() {
            self.known.keep(self.number, key, fresh.clone());
        }
        fresh
    }

    fn range<'a>(
        &'a self,
        table: Table,
        from: &[u8],
    ) -> Box<dyn Iterator<Item = (Key, Vec<u8>)> + 'a> {
        let rows = self.snapshot.range(&self.state.rows, row(table, from)..vec![table as u8 + 1]);
        Box::new(rows.map_while(|guard| match guard.into_inner() {
            Ok((key, value)) => Some((key.get(1..).unwrap_or_default().into(), value.to_vec())),
            Err(error) => {
                self.broken(error.to_string());
                None
            }
        }))
    }

    fn broken(&self, why: String) {
        let folder = &self.state.store.folder;
        let mut trouble = self.state.trouble();
        if trouble.is_some() {
            return;
        }
        if !self.state.store.is_cache {
            *trouble = Some(format!("{} cannot be read: {why}", folder.display()));
            return;
        }
        *trouble = Some(format!(
            "{} cannot be read: {why}; the next start makes it anew from the log",
            folder.display()
        ));
        if let Err(error) = private::replace(&folder.join(DAMAGED), "") {
            tracing::error!("{}: {error}", folder.display());
        }
    }

    fn trouble(&self) -> Option<String> {
        self.state.why_not()
    }
}

#[cfg(test)]
pub(in crate::hub) mod tests;

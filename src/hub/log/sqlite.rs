//! The log in one SQLite file, `log.db`: WAL, `synchronous=FULL`, one writer, one transaction for each
//! batch. A commit here is the acknowledgement (D-DURABLE).
//!
//! Every row carries a checksum over itself and over the checksum of the org's row before it, so a
//! flipped bit, a lost row and a changed order are noticed when they are read. The table `head` notes
//! where each org's rows end, so a lost end is noticed too. `rows.rs` knows the checksums; this file
//! knows commits. The shelf and every index live elsewhere, so that they can slow down or break without
//! touching the acknowledgement.
//!
//! Several hubs on one file are left out on purpose. The folder's lock allows one process, and within
//! it everyone who uses the log shares this object. A log for several machines would be another backend.

mod checked;
mod checkpoints;
mod copy;
mod file;
mod readers;
mod rows;

use super::{
    Append, Durability, Log, LogBegin, LogEnds, LogError, PageSize, Pos, RawEntry, Stored, chain,
    folder::{Folder, FolderError},
    moved,
};
use crate::model::{OrgId, Seq, id::hex};
use checked::CheckedRows;
use checkpoints::Checkpoints;
pub use copy::{LogCopy, settle};
use file::LogUnusable;
pub use file::{LogFile, LogIdentity};
use futures_util::future::BoxFuture;
use readers::LogReaders;
use rows::{BeginRow, Check, PageOf};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, config::DbConfig, params};
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::spawn_blocking};

/// The name of the log's file in the data folder.
pub const FILE: &str = "log.db";
/// SQLite's `application_id`, the letters "SWBL". It tells a log from any other SQLite file.
const APPLICATION: i32 = 0x5357_424c;
const VERSION: i32 = 1;
/// The version of a file from which rows went, which a switchboard that knows only the first cannot read.
const PRUNED: i32 = 2;
/// How many rows go in one transaction. An append waits for it, some milliseconds.
const PRUNE_STEP: u32 = 64;
/// How many pages go back to the disk in one transaction.
const SHRINK_STEP: u32 = 128;
/// How long to wait for another program that has locked the file.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// How many bytes a probe stores. It is more than most batches have, so that a disk with a page or two
/// left does not count as one that can be written.
const PROBE: usize = 64 << 10;

/// Why a hub does not run on a backup: what it wrote there would be in no other copy of that log.
const IS_BACKUP: &str =
    "it is a backup; `switchboard restore` makes a data folder of it, and leaves it as it is";

const SCHEMA: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE entry (
        pos INTEGER PRIMARY KEY, org TEXT NOT NULL, n INTEGER NOT NULL,
        payload BLOB NOT NULL, chk BLOB NOT NULL
    ) STRICT;
    CREATE INDEX entry_of_org ON entry (org);
    CREATE TABLE head (org TEXT PRIMARY KEY, pos INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

/// Makes the table of where rows begin in a file from before there was one.
const BEGIN_TABLE: &str = "
    CREATE TABLE IF NOT EXISTS begin (
        org TEXT PRIMARY KEY, pos INTEGER NOT NULL, n INTEGER NOT NULL, chk BLOB NOT NULL,
        seq INTEGER NOT NULL, id BLOB NOT NULL, at INTEGER NOT NULL, origin TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;";

/// A log in a data folder. While it lives, no other process can use the folder.
pub struct SqliteLog {
    identity: LogIdentity,
    writer: Arc<Mutex<SqliteWriter>>,
    /// Where the log of each org begins that does not begin with its first row.
    begins: Arc<Mutex<HashMap<OrgId, LogBegin>>>,
    readers: Arc<LogReaders>,
    checked: Arc<CheckedRows>,
    checkpoints: Arc<Checkpoints>,
    newest: watch::Sender<LogEnds>,
    folder: Arc<Folder>,
}

struct SqliteWriter {
    db: Connection,
    newest: Pos,
    /// The last position of each org and the checksum there, as far as they were looked up before.
    last: HashMap<OrgId, (Pos, Check)>,
    /// About how many pages were written since the last checkpoint.
    pages: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic cannot leave these half changed: SQLite rolls back, and `last` is set after the commit.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SqliteLog {
    /// Opens the log of a data folder, or makes a new one if there is none.
    pub fn open(folder: &Path) -> Result<Self, FolderError> {
        let folder = Folder::claim(folder)?;
        let file = folder.private(FILE)?;
        let unreadable = |why: LogUnusable| why.of(&file);
        let damaged = |error: rusqlite::Error| LogUnusable::from(error).of(&file);
        let mut db = connect(&file).map_err(damaged)?;
        let identity = begin(&mut db).map_err(unreadable)?;
        if identity.is_backup {
            return Err(unreadable(LogUnusable::Foreign(IS_BACKUP.into())));
        }
        let newest = rows::last(&db).map_err(damaged)?;
        let ends = rows::ends(&db).map_err(damaged)?.into_iter().collect();
        let begins = rows::begins(&db).map_err(damaged)?;
        let begins = begins.into_iter().map(|(org, row)| (org, row.begin)).collect();
        let checkpoints =
            Checkpoints::start(&file).map_err(|why| unreadable(LogUnusable::Foreign(why)))?;
        let readers = LogReaders::open(file.clone()).map_err(damaged)?;
        Ok(Self {
            identity,
            writer: Arc::new(Mutex::new(SqliteWriter {
                db,
                newest,
                last: HashMap::new(),
                pages: 0,
            })),
            begins: Arc::new(Mutex::new(begins)),
            readers,
            checked: Arc::default(),
            checkpoints: Arc::new(checkpoints),
            newest: watch::Sender::new(ends),
            folder: Arc::new(folder),
        })
    }

    fn page(
        &self,
        org: &OrgId,
        from: Pos,
        size: PageSize,
    ) -> BoxFuture<'static, Result<Vec<(Pos, RawEntry)>, LogError>> {
        let (org, checked) = (org.clone(), Arc::clone(&self.checked));
        let right = checked.until(&org, from);
        Box::pin(Arc::clone(&self.readers).run(move |db, file| {
            let is_end_doubted = false;
            let rows =
                rows::page(db, &PageOf { org: &org, file, from, size, right, is_end_doubted })?;
            let last = rows.last().map_or(from, |(pos, _)| *pos);
            if last > right {
                checked.note(&org, from, last);
            }
            Ok(rows)
        }))
    }

    /// Has the writer do something between appends, in a thread that may block. `work` says beside its answer about
    /// how many pages it wrote.
    fn beside_appends<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteWriter) -> rusqlite::Result<(T, usize)> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, LogError>> {
        let (writer, checkpoints) = (Arc::clone(&self.writer), Arc::clone(&self.checkpoints));
        // No other hub takes the folder before this is done.
        let folder = Arc::clone(&self.folder);
        let work = move || {
            let _folder = folder;
            let mut writer = lock(&writer);
            let (done, pages) = work(&mut writer).map_err(|error| {
                // After a write whose outcome nobody knows, nothing is appended any more (R-LOG-2).
                checkpoints.note_failure(&error);
                failed(&error)
            })?;
            checkpoints.committed(&mut writer.pages, pages * 4_096);
            Ok(done)
        };
        Box::pin(async move {
            let done = spawn_blocking(work).await;
            done.unwrap_or_else(|error| Err(LogError::Unavailable(error.to_string())))
        })
    }

    /// Lets the file grow to so many pages and no further, as a full disk would.
    #[cfg(test)]
    pub(in crate::hub) fn limit_pages(&self, pages: u32) {
        let writer = lock(&self.writer);
        writer.db.pragma_update(None, "max_page_count", pages).expect("a pragma");
    }
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(file, flags)?;
    db.busy_timeout(LOCK_PATIENCE)?;
    // Otherwise SQLite compiles a statement anew whenever a bound value could make another plan better.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // With WAL only FULL survives a power cut: NORMAL may lose commits that were acknowledged
    // (D-DURABLE). No commit makes a checkpoint; see `Checkpoints`.
    can_shrink(&db)?;
    db.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;
         PRAGMA wal_autocheckpoint=0; PRAGMA trusted_schema=OFF;",
    )?;
    Ok(db)
}

/// In a new file, what becomes free can be given back to the disk. An old one keeps it and uses it again.
fn can_shrink(db: &Connection) -> rusqlite::Result<()> {
    if db.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0))? == 0 {
        db.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    Ok(())
}

/// Makes the tables of a new file, or checks that an old one is a log of this version.
fn begin(db: &mut Connection) -> Result<LogIdentity, LogUnusable> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let objects: i64 = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if objects == 0 {
        LogIdentity::fresh().write(&tx)?;
    }
    let identity = LogIdentity::read(&tx)?;
    tx.execute_batch(BEGIN_TABLE)?;
    tx.commit()?;
    Ok(identity)
}

impl SqliteWriter {
    fn last(&mut self, org: &OrgId) -> rusqlite::Result<(Pos, Check)> {
        if let Some(last) = self.last.get(org) {
            return Ok(*last);
        }
        let last = rows::before(&self.db, org, Pos(u64::MAX))?;
        self.last.insert(org.clone(), (last.pos, last.check));
        Ok((last.pos, last.check))
    }

    fn append(&mut self, org: &OrgId, at: Pos, batch: &[Stored]) -> rusqlite::Result<Append> {
        let (last, mut check) = self.last(org)?;
        if last != at {
            return Ok(Append::Conflict);
        }
        if batch.is_empty() {
            return Ok(Append::Stored(at));
        }
        let mut pos = self.newest;
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert = tx.prepare_cached("INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for stored in batch {
                pos = Pos(pos.0 + 1);
                let n = stored.entry.seq.0;
                check = rows::check(&check, pos, org.as_str(), n, &stored.bytes);
                insert.execute(params![pos.0, org.as_str(), n, &stored.bytes[..], &check[..]])?;
            }
        }
        tx.prepare_cached("INSERT OR REPLACE INTO head VALUES (?1, ?2)")?
            .execute(params![org.as_str(), pos.0])?;
        tx.commit()?;
        self.newest = pos;
        if let Some(last) = self.last.get_mut(org) {
            *last = (pos, check);
        }
        Ok(Append::Stored(pos))
    }

    /// Has an org's rows begin after one of them, if they do not yet, and takes out some of those before.
    fn prune(&mut self, org: &OrgId, begin: &LogBegin) -> rusqlite::Result<usize> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let known = rows::begin(&tx, org)?.map(|row| row.end.pos).unwrap_or_default();
        if known < begin.place.pos {
            let end = rows::before(&tx, org, Pos(begin.place.pos.0 + 1))?;
            if end.pos != begin.place.pos {
                return Err(rusqlite::Error::QueryReturnedNoRows);
            }
            rows::begin_at(&tx, org, &BeginRow { end, begin: begin.clone() })?;
            tx.pragma_update(None, "user_version", PRUNED)?;
        }
        let gone = tx
            .prepare_cached(
                "DELETE FROM entry WHERE pos IN (
                     SELECT pos FROM entry WHERE org = ?1 AND pos <= ?2 ORDER BY pos LIMIT ?3
                 )",
            )?
            .execute(params![org.as_str(), begin.place.pos.0, PRUNE_STEP])?;
        tx.commit()?;
        Ok(gone)
    }

    /// Gives pages that are free back to the disk. Returns whether there are more, and how many pages were written.
    fn shrink(&self) -> rusqlite::Result<(bool, usize)> {
        let number =
            |name: &str| self.db.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
        // 2 is INCREMENTAL. Of another file nothing can be given back.
        if number("auto_vacuum")? != 2 || number("freelist_count")? == 0 {
            return Ok((false, 0));
        }
        let mut step = self.db.prepare(&format!("PRAGMA incremental_vacuum({SHRINK_STEP})"))?;
        let mut steps = step.query([])?;
        while steps.next()?.is_some() {}
        Ok((number("freelist_count")? > 0, SHRINK_STEP as usize))
    }

    /// Commits a row that is no entry, the way `append` commits entries, and takes it away again. Asking
    /// the file system for its free space instead would say nothing of locks and of what the
    /// write-ahead log still has room for.
    fn probe(&self) -> rusqlite::Result<()> {
        self.db.busy_timeout(Duration::ZERO)?;
        let row = "INSERT OR REPLACE INTO meta VALUES ('probe', hex(zeroblob(?1)))";
        let stored = self.db.execute(row, [PROBE / 2]);
        let gone = self.db.execute("DELETE FROM meta WHERE key = 'probe'", []);
        self.db.busy_timeout(LOCK_PATIENCE)?;
        stored.and(gone).map(drop)
    }
}

/// What a failed append means. After a full disk or a lock SQLite has rolled everything back, so
/// nothing was stored (R-LOG-1). After any other error nobody knows what was stored (R-LOG-2).
fn failed(error: &rusqlite::Error) -> LogError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => LogError::Unavailable("the disk is full".into()),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            LogError::Unavailable("log.db is locked by another program".into())
        }
        _ => LogError::Fatal(error.to_string()),
    }
}

impl Log for SqliteLog {
    fn id(&self) -> &str {
        &self.identity.id
    }
    fn replaces(&self, id: &str) -> bool {
        self.identity.older.contains(id)
    }
    fn durability(&self) -> Durability {
        Durability::Disk
    }
    fn row(&self, pos: Pos, entry: Seq) -> String {
        rows::name(pos, entry.0, &self.readers.file)
    }
    fn append<'a>(
        &'a self,
        org: &'a OrgId,
        at: Pos,
        batch: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>> {
        Box::pin(async move {
            if let Some(why) = self.checkpoints.failed() {
                return Err(LogError::Fatal(format!("a checkpoint of log.db failed: {why}")));
            }
            let mut writer = lock(&self.writer);
            let done = writer.append(org, at, batch).map_err(|e| failed(&e));
            if let Ok(Append::Stored(pos)) = done {
                let bytes = batch.iter().map(|stored| stored.bytes.len()).sum();
                self.checkpoints.committed(&mut writer.pages, bytes);
                drop(writer);
                self.checked.note(org, at, pos);
                moved(&self.newest, org, pos);
            }
            done
        })
    }
    fn probe(&self) -> BoxFuture<'_, Result<(), LogError>> {
        Box::pin(async move { lock(&self.writer).probe().map_err(|e| failed(&e)) })
    }
    fn read<'a>(
        &'a self,
        org: &'a OrgId,
        from: Pos,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Pos, Stored)>, LogError>> {
        let page = self.page(org, from, PageSize::of(limit));
        Box::pin(async move {
            let decoded = page.await?.into_iter().map(|(pos, raw)| {
                Ok((pos, chain::decode(org, raw, |entry| self.row(pos, entry))?))
            });
            decoded.collect()
        })
    }
    fn scan<'a>(
        &'a self,
        org: &'a OrgId,
        from: Pos,
        page: PageSize,
    ) -> BoxFuture<'a, Result<Vec<(Pos, RawEntry)>, LogError>> {
        self.page(org, from, page)
    }
    fn at<'a>(
        &'a self,
        org: &'a OrgId,
        places: &'a [Pos],
    ) -> BoxFuture<'a, Result<Vec<Stored>, LogError>> {
        let (of, places, checked) = (org.clone(), places.to_vec(), Arc::clone(&self.checked));
        Box::pin(Arc::clone(&self.readers).run(move |db, file| {
            let mut found = Vec::with_capacity(places.len());
            for pos in places {
                // Each is read alone, because the positions need not follow each other.
                let from = Pos(pos.0.saturating_sub(1));
                let (size, right) = (PageSize::of(1), checked.until(&of, from));
                let is_end_doubted = false;
                let row = PageOf { org: &of, file, from, size, right, is_end_doubted };
                let row = rows::page(db, &row)?;
                for (_, raw) in row.into_iter().filter(|(at, _)| *at == pos) {
                    found.push(chain::decode(&of, raw, |entry| rows::name(pos, entry.0, file))?);
                }
            }
            Ok(found)
        }))
    }
    fn begin(&self, org: &OrgId) -> LogBegin {
        lock(&self.begins).get(org).cloned().unwrap_or_default()
    }
    fn begins(&self) -> Vec<(OrgId, LogBegin)> {
        lock(&self.begins).iter().map(|(org, begin)| (org.clone(), begin.clone())).collect()
    }
    fn check_at<'a>(
        &'a self,
        org: &'a OrgId,
        pos: Pos,
    ) -> BoxFuture<'a, Result<Option<String>, LogError>> {
        let of = org.clone();
        Box::pin(Arc::clone(&self.readers).run(move |db, _| {
            let end = rows::before(db, &of, Pos(pos.0.saturating_add(1)));
            let end = end.map_err(|error| LogError::Unavailable(error.to_string()))?;
            Ok((end.pos == pos).then(|| hex(&end.check)))
        }))
    }
    fn prune<'a>(
        &'a self,
        org: &'a OrgId,
        begin: &'a LogBegin,
    ) -> BoxFuture<'a, Result<usize, LogError>> {
        let (of, at, begins) = (org.clone(), begin.clone(), Arc::clone(&self.begins));
        self.beside_appends(move |writer| {
            // Whoever asks here must not be behind whoever reads the file.
            let before = lock(&begins).insert(of.clone(), at.clone());
            let gone = writer.prune(&of, &at).inspect_err(|_| {
                match before {
                    Some(before) => lock(&begins).insert(of.clone(), before),
                    None => lock(&begins).remove(&of),
                };
            })?;
            Ok((gone, gone))
        })
    }
    fn shrink(&self) -> BoxFuture<'_, Result<bool, LogError>> {
        self.beside_appends(|writer| writer.shrink())
    }
    fn newest(&self) -> watch::Receiver<LogEnds> {
        self.newest.subscribe()
    }
}

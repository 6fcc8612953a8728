//! The file `shelf.db` and its tables. `batch` writes the entries into it, one transaction for each batch,
//! in which the cursor moves too, and `past` and `find` search it. With WAL and `synchronous=NORMAL` a power
//! cut may take the last batches but never damages the file, and the log still has those entries.
//! `page_sums` says whether the file is whole before SQLite opens it, and makes the checkpoints.

use super::{page_sums::PageSums, wal::PAGE};
use crate::{
    hub::{
        log::{Pos, chain::ChainCursor},
        private,
    },
    model::{EntryId, OrgId, Seq},
};
use rusqlite::{Connection, OptionalExtension as _, config::DbConfig, params};
use std::{io, path::Path, time::Duration};

/// The name of the shelf's file in the data folder.
pub(super) const FILE: &str = "shelf.db";
/// Grows whenever the tables or what is written into them change. A file of another version is made anew.
const VERSION: &str = "7";
/// How much of the file SQLite keeps in memory, in KiB. With a small cache, the pages that every batch
/// changes would be written into the write-ahead log several times in one transaction.
const CACHE_KIB: u32 = 32 << 10;

/// Orgs and customers have small numbers here, because their names would be most of what a row holds. The
/// tables of words are one for each `part` of the log (`batch`). `term` has every beginning by which a
/// customer is found (`customers`), and `seen` is apart from `customer` because it changes with every event.
const SCHEMA: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE org (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE applied (
        org INTEGER PRIMARY KEY, pos INTEGER NOT NULL,
        last_pos INTEGER NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL
    ) STRICT;
    CREATE TABLE anchor (
        org INTEGER NOT NULL, seq INTEGER NOT NULL, pos INTEGER NOT NULL, id BLOB NOT NULL,
        PRIMARY KEY (org, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE part (number INTEGER PRIMARY KEY) STRICT;
    CREATE TABLE customer (
        id INTEGER PRIMARY KEY, org INTEGER NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL,
        UNIQUE (org, name)
    ) STRICT;
    CREATE TABLE seen (customer INTEGER PRIMARY KEY, org INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
    CREATE INDEX seen_at ON seen (org, at);
    CREATE TABLE term (
        org INTEGER NOT NULL, term TEXT NOT NULL, customer INTEGER NOT NULL,
        PRIMARY KEY (org, term, customer)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE payer (
        org INTEGER NOT NULL, payment TEXT NOT NULL, customer INTEGER NOT NULL,
        PRIMARY KEY (org, payment, customer)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE cursor (
        org TEXT NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (org, name)
    ) STRICT, WITHOUT ROWID;";

pub(super) struct Store {
    pub(super) db: Connection,
    /// The checksums of the file; `None` for a shelf in memory.
    pub(super) sums: Option<PageSums>,
}

/// What a file is for a log.
pub(super) enum FoundShelf {
    /// No shelf, an empty one, or one of another version.
    Nothing,
    /// The shelf of that log.
    Whole(Store),
    /// A shelf that has seen entries of the log of this name.
    OfLog(String),
}

/// Whether an error means that the file is damaged, so that it has to be made anew.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), None | Some(DatabaseCorrupt | NotADatabase))
}

impl Store {
    /// Opens the file if it is whole and belongs to that log, and makes a new one if not. Without a folder
    /// the shelf is kept in memory.
    #[cfg(any(test, feature = "trust"))]
    pub(super) fn open(folder: Option<&Path>, log_id: &str) -> io::Result<Self> {
        Self::open_unless_lost(folder, log_id, |_| true)?.map_err(io::Error::other)
    }

    /// Does the same, unless the file has seen entries of a log that this one does not replace. Then it stays as it
    /// is, and the inner error is the name of that log.
    pub(super) fn open_unless_lost(
        folder: Option<&Path>,
        log_id: &str,
        is_replaced: impl Fn(&str) -> bool,
    ) -> io::Result<Result<Self, String>> {
        let Some(folder) = folder else { return Self::begin(None, log_id).map(Ok) };
        private::folder(folder)?;
        let file = folder.join(FILE);
        match Self::whole(&file, log_id) {
            Ok(FoundShelf::Whole(store)) => return Ok(Ok(store)),
            Ok(FoundShelf::OfLog(other)) if !is_replaced(&other) => return Ok(Err(other)),
            Ok(FoundShelf::OfLog(_) | FoundShelf::Nothing) => {}
            Err(why) => tracing::warn!(
                "{} is damaged: {why}; it is being rebuilt from the log",
                file.display()
            ),
        }
        Self::begin(Some(PageSums::begin(file)?), log_id).map(Ok)
    }

    /// What the file is for that log. An error says why it cannot be believed.
    pub(super) fn whole(file: &Path, log_id: &str) -> Result<FoundShelf, String> {
        let Some(sums) = PageSums::check(file)? else { return Ok(FoundShelf::Nothing) };
        let mut store = Self::connect(Some(sums)).map_err(|error| error.to_string())?;
        let said = |error: rusqlite::Error| error.to_string();
        if store.meta("version").map_err(said)?.as_deref() != Some(VERSION) {
            return Ok(FoundShelf::Nothing);
        }
        if let Some(other) = store.meta("log_id").map_err(said)?.filter(|id| id != log_id) {
            let has_seen = "SELECT count(*) > 0 FROM applied WHERE seq > 0";
            let has_seen = store.db.query_row(has_seen, [], |row| row.get(0)).map_err(said)?;
            return Ok(if has_seen { FoundShelf::OfLog(other) } else { FoundShelf::Nothing });
        }
        if let Some(sums) = &mut store.sums
            && let Err(error) = sums.name_next(&store.db)
        {
            // What is written before a log has its name is lost in a crash, and nothing else.
            tracing::warn!("{}: {error}", file.display());
        }
        Ok(FoundShelf::Whole(store))
    }

    /// Replaces the file by an empty one.
    pub(super) fn anew(self, log_id: &str) -> io::Result<Self> {
        let Self { db, sums } = self;
        drop(db);
        let sums = sums.map(|sums| PageSums::begin(sums.file)).transpose()?;
        Self::begin(sums, log_id)
    }

    fn begin(sums: Option<PageSums>, log_id: &str) -> io::Result<Self> {
        let make = || {
            let store = Self::connect(sums)?;
            store.db.execute_batch(&format!("BEGIN; {SCHEMA}"))?;
            let meta = [("version", VERSION), ("log_id", log_id)];
            for (key, value) in meta {
                store.db.execute("INSERT INTO meta VALUES (?1, ?2)", [key, value])?;
            }
            store.db.execute_batch("COMMIT")?;
            Ok(store)
        };
        let mut store =
            make().map_err(|error: rusqlite::Error| io::Error::other(error.to_string()))?;
        store.settle()?;
        if let Some(sums) = &mut store.sums {
            sums.name_next(&store.db)?;
        }
        Ok(store)
    }

    fn connect(sums: Option<PageSums>) -> rusqlite::Result<Self> {
        let db = match &sums {
            Some(sums) => Connection::open(&sums.file)?,
            None => Connection::open_in_memory()?,
        };
        db.busy_timeout(Duration::from_secs(5))?;
        db.set_prepared_statement_cache_capacity(64);
        // A checkpoint that `page_sums` does not know of would make the file differ from its checksums, so
        // SQLite makes none by itself, and no other program can open the file meanwhile.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        // Otherwise SQLite compiles a statement anew whenever a bound value could make another plan better.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        db.execute_batch(&format!(
            "PRAGMA page_size={PAGE}; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;
             PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;
             PRAGMA cache_size=-{CACHE_KIB};"
        ))?;
        Ok(Self { db, sums })
    }

    /// Brings everything that is stored into the file, so that the next start has no log to read.
    pub(super) fn settle(&mut self) -> io::Result<()> {
        self.sums.as_mut().map_or(Ok(()), |sums| sums.settle(&self.db))
    }

    /// Does the same if much has been stored since the last time. A checkpoint holds up whoever asks, so
    /// while somebody does, it waits until there is very much of it. `InvalidData` means that the file is
    /// damaged and has to be made anew.
    pub(super) fn settle_when_due(&mut self, asked: bool) -> io::Result<()> {
        self.sums.as_mut().map_or(Ok(()), |sums| sums.settle_when_due(&self.db, asked))
    }

    /// Does the same before a stop, unless so much has been stored that the stop would take long. What is
    /// in the write-ahead log then is kept as after a crash.
    pub(super) fn settle_to_stop(&mut self) -> io::Result<()> {
        self.sums.as_mut().map_or(Ok(()), |sums| sums.settle_to_stop(&self.db))
    }

    fn meta(&self, key: &str) -> rusqlite::Result<Option<String>> {
        let sql = "SELECT value FROM meta WHERE key = ?1";
        self.db.query_row(sql, [key], |row| row.get(0)).optional()
    }

    /// The number of an org; `None` if nothing of it was indexed yet.
    pub(super) fn org(&self, org: &OrgId) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT id FROM org WHERE name = ?1";
        self.db.prepare_cached(sql)?.query_row([org.as_str()], |row| row.get(0)).optional()
    }

    /// How far the org's log has been read.
    pub(super) fn applied(&self, org: &OrgId) -> rusqlite::Result<ChainCursor> {
        let sql = "SELECT pos, seq, a.id FROM applied a JOIN org o ON o.id = a.org WHERE name = ?1";
        let found = self.db.prepare_cached(sql)?.query_row([org.as_str()], place).optional()?;
        Ok(found.unwrap_or_default())
    }

    /// An indexed entry at or shortly before a place, from which the log can be read on.
    pub(super) fn anchor(&self, org: &OrgId, seq: Seq) -> rusqlite::Result<ChainCursor> {
        let newest = "SELECT last_pos, seq, a.id FROM applied a JOIN org o ON o.id = a.org
                      WHERE name = ?1 AND seq <= ?2";
        let older = "SELECT pos, seq, a.id FROM anchor a JOIN org o ON o.id = a.org
                     WHERE name = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1";
        for sql in [newest, older] {
            let mut found = self.db.prepare_cached(sql)?;
            let found = found.query_row(params![org.as_str(), limited(seq)], place).optional()?;
            if let Some(place) = found {
                return Ok(place);
            }
        }
        Ok(ChainCursor::default())
    }

    pub(super) fn cursor(&self, org: &OrgId, name: &str) -> rusqlite::Result<Option<Seq>> {
        self.db
            .prepare_cached("SELECT seq FROM cursor WHERE org = ?1 AND name = ?2")?
            .query_row([org.as_str(), name], |row| row.get(0).map(Seq))
            .optional()
    }

    pub(super) fn set_cursor(&self, org: &OrgId, name: &str, at: Seq) -> rusqlite::Result<()> {
        self.db
            .prepare_cached("INSERT OR REPLACE INTO cursor VALUES (?1, ?2, ?3)")?
            .execute(params![org.as_str(), name, limited(at)])
            .map(|_| ())
    }
}

fn place(row: &rusqlite::Row<'_>) -> rusqlite::Result<ChainCursor> {
    Ok(ChainCursor {
        pos: Pos(row.get(0)?),
        seq: Seq(row.get(1)?),
        id: EntryId(row.get::<_, [u8; 16]>(2)?),
    })
}

/// A place as SQLite can hold it. Its integers are signed, while a caller may pass any place.
pub(super) fn limited(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

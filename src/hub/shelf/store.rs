//! The file `shelf.db`: its tables, its queries, and one transaction for each batch of entries, in which
//! the cursor moves too. With WAL and `synchronous=NORMAL` a power cut may take the last batches but
//! never damages the file, and the log still has those entries. `page_sums` says whether the file is whole
//! before SQLite opens it, and makes the checkpoints.

use super::{HistoryQuery, Snapshot, customers::Touched, page_sums::PageSums, wal::PAGE, words};
use crate::{
    hub::{
        log::{Pos, Stored, chain::ChainCursor},
        private,
    },
    model::{CustomerId, EntryId, OrgId, Seq},
};
use rusqlite::{Connection, OptionalExtension as _, config::DbConfig, params};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeSet, io, path::Path, time::Duration};

/// The name of the shelf's file in the data folder.
pub(super) const FILE: &str = "shelf.db";
/// Grows whenever the tables or what is written into them change. A file of another version is made anew.
const VERSION: &str = "5";
/// How many entries a page of history has at most.
const MAX_PAGE: usize = 500;

const SCHEMA: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE applied (
        org TEXT PRIMARY KEY, pos INTEGER NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE entry (
        pos INTEGER PRIMARY KEY, org TEXT NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL,
        UNIQUE (org, seq)
    ) STRICT;
    CREATE TABLE entry_customer (
        org TEXT NOT NULL, customer TEXT NOT NULL, pos INTEGER NOT NULL,
        PRIMARY KEY (org, customer, pos)
    ) STRICT, WITHOUT ROWID;
    CREATE VIRTUAL TABLE words USING fts5 (
        text, content='', columnsize=0,
        tokenize=\"unicode61 remove_diacritics 2 categories 'L* M* N* Co So'\"
    );
    CREATE TABLE customer (
        org TEXT NOT NULL, id TEXT NOT NULL, last_seen INTEGER NOT NULL,
        words TEXT NOT NULL, numbers TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (org, id)
    ) STRICT;
    CREATE INDEX customer_seen ON customer (org, last_seen);
    CREATE TABLE cursor (
        org TEXT NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (org, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE snapshot (
        org TEXT PRIMARY KEY, pos INTEGER NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL,
        sum BLOB NOT NULL, bytes BLOB NOT NULL
    ) STRICT;";

// The three ways to find a page of history. All of them have the parameters org, before, customer, words
// and limit, walk an index from the newest entry down, and stop when the page is full.
const BY_PLACE: &str = "SELECT pos FROM entry
    WHERE org = ?1 AND seq < ?2 AND ?3 IS NULL AND ?4 IS NULL ORDER BY seq DESC LIMIT ?5";
const BY_CUSTOMER: &str = "SELECT pos FROM entry_customer
    WHERE org = ?1 AND pos < ?2 AND customer = ?3 AND ?4 IS NULL ORDER BY pos DESC LIMIT ?5";
const BY_WORDS: &str = "SELECT e.pos FROM words CROSS JOIN entry e ON e.pos = words.rowid
    WHERE e.org = ?1 AND words.rowid < ?2 AND words MATCH ?4 AND (?3 IS NULL OR EXISTS (
        SELECT 1 FROM entry_customer c WHERE c.org = ?1 AND c.customer = ?3 AND c.pos = e.pos))
    ORDER BY words.rowid DESC LIMIT ?5";

pub(super) struct Store {
    pub(super) db: Connection,
    /// The checksums of the file; `None` for a shelf in memory.
    pub(super) sums: Option<PageSums>,
}

/// Whether an error means that the file is damaged, so that it has to be made anew.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), None | Some(DatabaseCorrupt | NotADatabase))
}

impl Store {
    /// Opens the file if it is whole and belongs to that log, and makes a new one if not. Without a folder
    /// the shelf is kept in memory.
    pub(super) fn open(folder: Option<&Path>, log_id: &str) -> io::Result<Self> {
        let Some(folder) = folder else { return Self::begin(None, log_id) };
        private::folder(folder)?;
        let file = folder.join(FILE);
        match Self::whole(&file, log_id) {
            Ok(Some(store)) => return Ok(store),
            Ok(None) => {}
            Err(why) => tracing::warn!(
                "{} is damaged: {why}; it is being rebuilt from the log",
                file.display()
            ),
        }
        Self::begin(Some(PageSums::begin(file)?), log_id)
    }

    /// The shelf in this file; `None` if there is none, or one of another log or version. An error says
    /// why it cannot be believed.
    fn whole(file: &Path, log_id: &str) -> Result<Option<Self>, String> {
        let Some(sums) = PageSums::check(file)? else { return Ok(None) };
        let mut store = Self::connect(Some(sums)).map_err(|error| error.to_string())?;
        if !store.is_of(log_id).map_err(|error| error.to_string())? {
            return Ok(None);
        }
        if let Some(sums) = &mut store.sums
            && let Err(error) = sums.name_next(&store.db)
        {
            // What is written before a log has its name is lost in a crash, and nothing else.
            tracing::warn!("{}: {error}", file.display());
        }
        Ok(Some(store))
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
        db.execute_batch(&format!(
            "PRAGMA page_size={PAGE}; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;
             PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
        ))?;
        Ok(Self { db, sums })
    }

    /// Brings everything that is stored into the file, so that the next start has no log to read.
    pub(super) fn settle(&mut self) -> io::Result<()> {
        self.sums.as_mut().map_or(Ok(()), |sums| sums.settle(&self.db))
    }

    /// Does the same if much has been stored since the last time. `InvalidData` means that the file is
    /// damaged and has to be made anew.
    pub(super) fn settle_when_due(&mut self) -> io::Result<()> {
        self.sums.as_mut().map_or(Ok(()), |sums| sums.settle_when_due(&self.db))
    }

    fn is_of(&self, log_id: &str) -> rusqlite::Result<bool> {
        let get = |key: &str| {
            self.db
                .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| {
                    row.get::<_, String>(0)
                })
                .optional()
        };
        Ok(get("version")?.as_deref() == Some(VERSION) && get("log_id")?.as_deref() == Some(log_id))
    }

    /// How far the org's log has been read.
    pub(super) fn applied(&self, org: &OrgId) -> rusqlite::Result<ChainCursor> {
        let sql = "SELECT pos, seq, id FROM applied WHERE org = ?1";
        let found = self.db.prepare_cached(sql)?.query_row([org.as_str()], place).optional()?;
        Ok(found.unwrap_or_default())
    }

    /// The last indexed entry at or before a place.
    pub(super) fn anchor(&self, org: &OrgId, seq: Seq) -> rusqlite::Result<ChainCursor> {
        let found = self
            .db
            .prepare_cached(
                "SELECT pos, seq, id FROM entry WHERE org = ?1 AND seq <= ?2
                 ORDER BY seq DESC LIMIT 1",
            )?
            .query_row(params![org.as_str(), limited(seq)], place)
            .optional()?;
        Ok(found.unwrap_or_default())
    }

    /// Indexes valid entries and moves the cursor to `to`, in one transaction.
    pub(super) fn apply(
        &mut self,
        org: &OrgId,
        rows: &[(Pos, Stored)],
        to: ChainCursor,
    ) -> rusqlite::Result<()> {
        let tx = self.db.transaction()?;
        let mut touched = Touched::default();
        {
            let mut place = tx.prepare_cached("INSERT INTO entry VALUES (?1, ?2, ?3, ?4)")?;
            let mut link = tx.prepare_cached("INSERT INTO entry_customer VALUES (?1, ?2, ?3)")?;
            let mut words = tx.prepare_cached("INSERT INTO words (rowid, text) VALUES (?1, ?2)")?;
            for (pos, stored) in rows {
                let entry = &stored.entry;
                place.execute(params![pos.0, org.as_str(), entry.seq.0, &entry.id.0[..]])?;
                let customers: BTreeSet<_> =
                    entry.events.iter().filter_map(|event| event.customer.as_ref()).collect();
                for customer in customers {
                    link.execute(params![org.as_str(), customer.as_str(), pos.0])?;
                }
                words.execute(params![pos.0, text(stored)])?;
                for event in &entry.events {
                    touched.fold(&tx, org, event)?;
                }
            }
        }
        touched.write(&tx, org)?;
        tx.execute(
            "INSERT OR REPLACE INTO applied VALUES (?1, ?2, ?3, ?4)",
            params![org.as_str(), to.pos.0, to.seq.0, &to.id.0[..]],
        )?;
        tx.commit()
    }

    /// The positions of a page of history, newest first, and whether there are older entries.
    pub(super) fn history(
        &self,
        org: &OrgId,
        query: &HistoryQuery,
    ) -> rusqlite::Result<(Vec<Pos>, bool)> {
        let limit = query.limit.clamp(1, MAX_PAGE);
        let words = words::query(&query.words);
        let before = match query.before {
            None => i64::MAX,
            Some(seq) if words.is_none() && query.customer.is_none() => limited(seq),
            Some(seq) => self.before(org, seq)?,
        };
        let sql = match (&words, &query.customer) {
            (Some(_), _) => BY_WORDS,
            (None, Some(_)) => BY_CUSTOMER,
            (None, None) => BY_PLACE,
        };
        let customer = query.customer.as_ref().map(CustomerId::as_str);
        let mut list = self.db.prepare_cached(sql)?;
        let found = list
            .query_map(params![org.as_str(), before, customer, words, limit + 1], |row| {
                row.get(0).map(Pos)
            })?
            .collect::<rusqlite::Result<Vec<Pos>>>()?;
        let more = found.len() > limit;
        Ok((found.into_iter().take(limit).collect(), more))
    }

    /// The position of the first entry at or after a place; the highest number if there is none.
    fn before(&self, org: &OrgId, seq: Seq) -> rusqlite::Result<i64> {
        self.db
            .prepare_cached(
                "SELECT pos FROM entry WHERE org = ?1 AND seq >= ?2 ORDER BY seq LIMIT 1",
            )?
            .query_row(params![org.as_str(), limited(seq)], |row| row.get(0))
            .optional()
            .map(|pos| pos.unwrap_or(i64::MAX))
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

    pub(super) fn snapshot(&self, org: &OrgId) -> rusqlite::Result<Option<Snapshot>> {
        let sql = "SELECT pos, seq, id, sum, bytes FROM snapshot WHERE org = ?1";
        let found = self.db.prepare_cached(sql)?.query_row([org.as_str()], |row| {
            let snapshot = Snapshot { place: place(row)?, bytes: row.get(4)? };
            Ok((row.get::<_, Vec<u8>>(3)? == sum(&snapshot), snapshot))
        });
        Ok(found.optional()?.and_then(|(whole, snapshot)| whole.then_some(snapshot)))
    }

    pub(super) fn save(&self, org: &OrgId, snapshot: &Snapshot) -> rusqlite::Result<()> {
        let ChainCursor { pos, seq, id } = snapshot.place;
        self.db
            .prepare_cached("INSERT OR REPLACE INTO snapshot VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![org.as_str(), pos.0, seq.0, &id.0[..], sum(snapshot), snapshot.bytes])
            .map(|_| ())
    }
}

/// The checksum of a snapshot. It stands beside those of the pages, which are compared at a start only,
/// because a World that every decision rests on may be read from it at any time.
fn sum(snapshot: &Snapshot) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(snapshot.place.pos.0.to_le_bytes());
    hash.update(snapshot.place.id.0);
    hash.update(&snapshot.bytes);
    hash.finalize().to_vec()
}

fn place(row: &rusqlite::Row<'_>) -> rusqlite::Result<ChainCursor> {
    Ok(ChainCursor {
        pos: Pos(row.get(0)?),
        seq: Seq(row.get(1)?),
        id: EntryId(row.get::<_, [u8; 16]>(2)?),
    })
}

/// A place as SQLite can hold it. Its integers are signed, while a caller may pass any place.
fn limited(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

/// The text that an entry is found by: the sentences of its events, with names and numbers.
fn text(stored: &Stored) -> String {
    let mut text = String::new();
    for event in &stored.entry.events {
        text.push_str(&event.sentence());
        for who in [event.name.clone(), event.number.as_ref().map(ToString::to_string)] {
            text.push(' ');
            text.push_str(&who.unwrap_or_default());
        }
        text.push('\n');
    }
    words::apart(&text)
}

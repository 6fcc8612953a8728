//! A `log.db` that is written from another one: a backup, a log that was restored, or what is left of a damaged one.
//! Its rows are those of the other, with the same positions and checksums, so that one comparison of the last row
//! tells whether all of it is a beginning of the other (R-COPY-2).
//!
//! Nobody else uses the file meanwhile, so it needs no write-ahead log: between two runs it is one file, which can
//! be carried elsewhere.

use super::{
    BEGIN_TABLE, LOCK_PATIENCE, PRUNED, can_shrink,
    file::{LogFile, LogIdentity},
    rows::{self, RowEnd},
};
use crate::{
    hub::log::{LogBegin, Pos, RawEntry},
    model::{OrgId, Seq},
};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, config::DbConfig, params};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// A copy that is being written. What a call has written is durable when it returns.
pub struct LogCopy {
    db: Connection,
    file: PathBuf,
    /// What the next row of each org follows from, as far as it was looked up before.
    ends: HashMap<OrgId, RowEnd>,
}

impl LogCopy {
    /// Opens the copy in a file, or begins it in an empty one. A file that is another log is left as it is, and its
    /// identity is the inner error. The outer error is a sentence that says why the file cannot be used.
    pub fn open(file: &Path, identity: &LogIdentity) -> Result<Result<Self, LogIdentity>, String> {
        let text = |error: rusqlite::Error| error.to_string();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut db = Connection::open_with_flags(file, flags).map_err(text)?;
        db.busy_timeout(LOCK_PATIENCE).map_err(text)?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(text)?;
        can_shrink(&db).map_err(text)?;
        // EXTRA keeps a commit through a power cut also where there is no write-ahead log.
        db.execute_batch("PRAGMA synchronous=EXTRA; PRAGMA trusted_schema=OFF;").map_err(text)?;
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(text)?;
        let objects = "SELECT count(*) FROM sqlite_schema";
        if tx.query_row(objects, [], |row| row.get::<_, i64>(0)).map_err(text)? == 0 {
            identity.write(&tx).map_err(text)?;
        }
        let found = LogIdentity::read(&tx).map_err(|why| why.to_string())?;
        tx.commit().map_err(text)?;
        if found != *identity {
            return Ok(Err(found));
        }
        Ok(Ok(Self { db, file: file.to_owned(), ends: HashMap::new() }))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file
    }

    fn end(&mut self, org: &OrgId) -> rusqlite::Result<RowEnd> {
        if let Some(end) = self.ends.get(org) {
            return Ok(*end);
        }
        let end = rows::before(&self.db, org, Pos(u64::MAX))?;
        self.ends.insert(org.clone(), end);
        Ok(end)
    }

    /// Where the copy of an org ends: the position and the entry of its last row.
    pub fn place(&mut self, org: &OrgId) -> rusqlite::Result<(Pos, Seq)> {
        self.end(org).map(|end| (end.pos, Seq(end.n)))
    }

    /// Whether there are no rows of the org.
    pub fn is_empty(&self, org: &OrgId) -> rusqlite::Result<bool> {
        let rows = "SELECT count(*) FROM (SELECT 1 FROM entry WHERE org = ?1 LIMIT 1)";
        self.db.query_row(rows, [org.as_str()], |row| Ok(row.get::<_, i64>(0)? == 0))
    }

    /// Has the rows of the org begin here where they begin in that log, if there are none here yet. Returns where that is.
    pub fn begin_with(&mut self, log: &LogFile, org: &OrgId) -> rusqlite::Result<LogBegin> {
        if self.is_empty(org)?
            && let Some(begin) = log.begin_row(org)?
        {
            let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            tx.execute_batch(BEGIN_TABLE)?;
            rows::begin_at(&tx, org, &begin)?;
            tx.pragma_update(None, "user_version", PRUNED)?;
            tx.commit()?;
            self.ends.remove(org);
        }
        Ok(rows::begin(&self.db, org)?.map(|row| row.begin).unwrap_or_default())
    }

    /// Whether all rows of the org in the copy are the first ones of that log.
    pub fn is_beginning_of(&mut self, log: &LogFile, org: &OrgId) -> rusqlite::Result<bool> {
        let end = self.end(org)?;
        Ok(log.end_at(org, end.pos)? == end)
    }

    /// Stores the rows that follow, either all of them or none.
    pub fn append(&mut self, org: &OrgId, rows: &[(Pos, RawEntry)]) -> rusqlite::Result<()> {
        let mut end = self.end(org)?;
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert = tx.prepare_cached("INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for (pos, raw) in rows {
                let n = raw.link.seq.0;
                let check = rows::check(&end.check, *pos, org.as_str(), n, &raw.bytes);
                insert.execute(params![pos.0, org.as_str(), n, &raw.bytes[..], &check[..]])?;
                end = RowEnd { pos: *pos, n, check };
            }
        }
        tx.prepare_cached("INSERT OR REPLACE INTO head VALUES (?1, ?2)")?
            .execute(params![org.as_str(), end.pos.0])?;
        tx.commit()?;
        self.ends.insert(org.clone(), end);
        Ok(())
    }
}

/// Brings everything that SQLite keeps beside a log into its file, as far as nobody else has it open. It reads no table,
/// so the file may be damaged.
pub fn settle(file: &Path) -> Result<(), String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let settled = Connection::open_with_flags(file, flags).and_then(|db| {
        db.busy_timeout(LOCK_PATIENCE)?;
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
    });
    match settled {
        Ok(0) => Ok(()),
        Ok(_) => Err("another program has it open; close it".into()),
        Err(error) => Err(error.to_string()),
    }
}

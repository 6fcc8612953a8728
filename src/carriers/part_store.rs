//! The parts of texts that wait for what is missing, in a file of their own beside the log (R-CARRY-26). A network that
//! brings one request at a time brings the next part only after this one is acknowledged, so that it has to be kept
//! somewhere, and the log is for what has happened: a customer wrote when the text is whole.

use super::parts::{CodedText, KeptPart, PartSeries, TextPart};
use crate::{
    hub::private,
    model::{CarrierId, Channel, ChannelNumber, CustomerNumber, OrgId, Provider},
};
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// The name of the file in the data folder.
const FILE: &str = "parts.db";
const VERSION: i32 = 1;
const SCHEMA: &str = "
    CREATE TABLE part (
        org TEXT NOT NULL, carrier TEXT NOT NULL, in_set INTEGER NOT NULL, place INTEGER NOT NULL,
        sender TEXT NOT NULL, line TEXT NOT NULL, reference TEXT NOT NULL, total INTEGER NOT NULL,
        coding INTEGER NOT NULL, octets BLOB NOT NULL, is_joined INTEGER NOT NULL,
        PRIMARY KEY (org, carrier, in_set, place)
    ) STRICT, WITHOUT ROWID;";

/// Why the file cannot be used. It names the file and says what to do.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot use {}: {why}. Parts of texts that customers wrote may wait in it; put it in order, or move it away and \
     give those up",
    .path.display()
)]
pub struct PartDatabaseError {
    path: PathBuf,
    why: String,
}

/// The file, with the parts of all connections.
#[derive(Clone)]
pub struct PartDatabase(Arc<Mutex<Connection>>);

impl PartDatabase {
    /// Opens the file in a data folder, or makes it.
    pub fn open(folder: &Path) -> Result<Self, PartDatabaseError> {
        let path = folder.join(FILE);
        let unusable = |why: String| PartDatabaseError { path: path.clone(), why };
        let is_new = !path.exists();
        private::file(&path).map_err(|error| unusable(error.to_string()))?;
        if is_new {
            // Its name must survive a power cut too, and that is kept in the folder.
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|error| unusable(error.to_string()))?;
        }
        let db = Connection::open(&path).map_err(|error| unusable(error.to_string()))?;
        Self::begin(db).map_err(unusable)
    }

    /// One that lasts as long as the process, as the log of a hub without a data folder does.
    pub fn in_memory() -> Result<Self, PartDatabaseError> {
        let unusable = |why| PartDatabaseError { path: FILE.into(), why };
        let db = Connection::open_in_memory().map_err(|error| unusable(error.to_string()))?;
        Self::begin(db).map_err(unusable)
    }

    fn begin(mut db: Connection) -> Result<Self, String> {
        let text = |error: rusqlite::Error| error.to_string();
        // What is acknowledged survives a power cut.
        db.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF;",
        )
        .map_err(text)?;
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(text)?;
        let found: i32 =
            tx.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(text)?;
        match found {
            0 => {
                tx.execute_batch(SCHEMA).map_err(text)?;
                tx.pragma_update(None, "user_version", VERSION).map_err(text)?;
            }
            VERSION => {}
            other => {
                return Err(format!("it is of version {other}, and this hub reads {VERSION}"));
            }
        }
        tx.commit().map_err(text)?;
        Ok(Self(Arc::new(Mutex::new(db))))
    }

    /// The parts of one connection.
    pub fn of(&self, org: &OrgId, carrier: &CarrierId) -> PartStore {
        PartStore { file: self.clone(), org: org.to_string(), carrier: carrier.to_string() }
    }
}

/// Where the parts of one connection are kept. An error says in words why it did not work.
#[derive(Clone)]
pub struct PartStore {
    file: PartDatabase,
    org: String,
    carrier: String,
}

impl PartStore {
    /// All that is kept, set by set.
    pub async fn load(&self) -> Result<Vec<KeptPart>, String> {
        let (org, carrier) = (self.org.clone(), self.carrier.clone());
        self.run(move |tx| {
            let mut rows = tx.prepare(
                "SELECT in_set, place, sender, line, reference, total, coding, octets, is_joined
                 FROM part WHERE org = ?1 AND carrier = ?2 ORDER BY in_set, place",
            )?;
            rows.query_map([org, carrier], kept)?.collect()
        })
        .await
    }

    /// Keeps parts, each in its set. When this returns, they survive whatever stops the hub.
    pub async fn keep(&self, parts: Vec<(i64, TextPart)>) -> Result<(), String> {
        let (org, carrier) = (self.org.clone(), self.carrier.clone());
        self.run(move |tx| {
            let mut insert = tx.prepare(
                "INSERT OR REPLACE INTO part VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0)",
            )?;
            for (set, TextPart { series, place, text }) in &parts {
                let (from, to) = (&series.from.number, &series.to.number);
                let (of, total) = (&series.reference, series.total);
                insert.execute(params![
                    org,
                    carrier,
                    set,
                    place,
                    from,
                    to,
                    of,
                    total,
                    text.coding,
                    text.octets
                ])?;
            }
            Ok(())
        })
        .await
    }

    /// Notes which sets were put together, and removes others.
    pub async fn end(&self, joined: Vec<i64>, gone: Vec<i64>) -> Result<(), String> {
        let (org, carrier) = (self.org.clone(), self.carrier.clone());
        self.run(move |tx| {
            let is_theirs = "WHERE org = ?1 AND carrier = ?2 AND in_set = ?3";
            let mut join = tx.prepare(&format!("UPDATE part SET is_joined = 1 {is_theirs}"))?;
            for set in &joined {
                join.execute(params![org, carrier, set])?;
            }
            let mut remove = tx.prepare(&format!("DELETE FROM part {is_theirs}"))?;
            for set in &gone {
                remove.execute(params![org, carrier, set])?;
            }
            Ok(())
        })
        .await
    }

    /// Runs `work` in a transaction, where it holds up nobody.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        let file = Arc::clone(&self.file.0);
        let done = tokio::task::spawn_blocking(move || {
            // A panic leaves nothing half done, because SQLite rolls back.
            let mut db = file.lock().unwrap_or_else(PoisonError::into_inner);
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&tx)?;
            tx.commit()?;
            Ok(done)
        });
        match done.await {
            Ok(done) => done.map_err(|error: rusqlite::Error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn kept(row: &Row<'_>) -> rusqlite::Result<KeptPart> {
    let (from, to): (String, String) = (row.get(2)?, row.get(3)?);
    let series = PartSeries {
        from: CustomerNumber::new(Provider::Telco, &from),
        to: ChannelNumber::new(Channel::Sms, &to),
        reference: row.get(4)?,
        total: row.get(5)?,
    };
    let text = CodedText { coding: row.get(6)?, octets: row.get(7)? };
    let part = TextPart { series, place: row.get(1)?, text };
    Ok(KeptPart { set: row.get(0)?, is_joined: row.get(8)?, part })
}

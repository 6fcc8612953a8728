//! What a `log.db` says of itself, and the file as somebody reads it who is not the hub: it is never changed here,
//! and a hub of another process may write to it meanwhile. SQLite's write-ahead log lets both do so, as long as no
//! read lasts long; so every read here is one page.

use super::{APPLICATION, BEGIN_TABLE, FILE, LOCK_PATIENCE, PRUNED, SCHEMA, VERSION, rows};
use crate::{
    hub::{
        clock,
        log::{LogBegin, LogError, PageSize, Pos, RawEntry, folder::FolderError},
    },
    model::{OrgId, Seq},
};
use rows::{BeginRow, PageOf, RowEnd};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, config::DbConfig, params};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

/// The row of `meta` that makes a file a backup.
const BACKUP: &str = "backup";
/// What a row of `meta` begins with that names a log from a copy of which this one goes on.
const OLDER: &str = "older:";

/// Which log a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogIdentity {
    /// The random name of the log. A backup has that of the log it is of.
    pub id: String,
    /// Whether it is a backup, on which no hub runs.
    pub is_backup: bool,
    /// The names of the logs from copies of which this one goes on (R-COPY-6).
    pub older: BTreeSet<String>,
}

/// Why a file cannot be used as a log.
#[derive(Debug, thiserror::Error)]
pub(super) enum LogUnusable {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// It is whole, but no log that can be read; the text says why.
    #[error("{0}")]
    Foreign(String),
}

impl LogUnusable {
    /// The same about the file of this name.
    pub(super) fn of(self, file: &Path) -> FolderError {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        let (file, why) = (file.to_owned(), self.to_string());
        let code = match &self {
            Self::Sqlite(error) => error.sqlite_error_code(),
            Self::Foreign(_) => None,
        };
        if matches!(code, Some(DatabaseCorrupt | NotADatabase)) {
            FolderError::Damaged { file, why }
        } else {
            FolderError::Unreadable { file, why }
        }
    }
}

impl LogIdentity {
    /// A log that nobody knows yet.
    #[must_use]
    pub fn fresh() -> Self {
        Self { id: clock::fresh_name(), is_backup: false, older: BTreeSet::new() }
    }

    /// A backup of this log.
    #[must_use]
    pub fn of_backup(&self) -> Self {
        Self { is_backup: true, ..self.clone() }
    }

    /// Another log, which goes on from a copy of this one (R-COPY-6).
    #[must_use]
    pub fn renewed(&self) -> Self {
        let mut older = self.older.clone();
        older.insert(self.id.clone());
        Self { older, ..Self::fresh() }
    }

    /// Makes the tables of a new file.
    pub(super) fn write(&self, db: &Connection) -> rusqlite::Result<()> {
        db.execute_batch(SCHEMA)?;
        db.execute_batch(BEGIN_TABLE)?;
        db.pragma_update(None, "application_id", APPLICATION)?;
        db.pragma_update(None, "user_version", VERSION)?;
        let mut insert = db.prepare("INSERT INTO meta VALUES (?1, ?2)")?;
        insert.execute(["log_id", &self.id])?;
        if self.is_backup {
            insert.execute([BACKUP, "yes"])?;
        }
        for id in &self.older {
            insert.execute([format!("{OLDER}{id}").as_str(), ""])?;
        }
        Ok(())
    }

    /// Reads which log a file is.
    pub(super) fn read(db: &Connection) -> Result<Self, LogUnusable> {
        let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        if number("application_id")? != APPLICATION {
            return Err(LogUnusable::Foreign("it is not a log of switchboard".into()));
        }
        let found = number("user_version")?;
        if !(VERSION..=PRUNED).contains(&found) {
            return Err(LogUnusable::Foreign(format!(
                "it is of version {found}, and this switchboard reads {VERSION} and {PRUNED}: start the version that \
                 wrote it, or a newer one"
            )));
        }
        let meta = |key: &str| {
            db.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
                .optional()
        };
        let id: Option<String> = meta("log_id")?;
        let id = id.ok_or_else(|| LogUnusable::Foreign("it has no name".into()))?;
        let is_backup = meta(BACKUP)?.is_some();
        let names = "SELECT substr(key, ?2) FROM meta WHERE substr(key, 1, ?2 - 1) = ?1";
        let mut names = db.prepare(names)?;
        let names = names.query_map(params![OLDER, OLDER.len() + 1], |row| row.get(0));
        let older = names.and_then(Iterator::collect)?;
        Ok(Self { id, is_backup, older })
    }
}

/// A `log.db` that is only read.
pub struct LogFile {
    db: Connection,
    file: PathBuf,
    identity: LogIdentity,
}

impl LogFile {
    /// Opens the log of a data folder or of a backup.
    pub fn open(folder: &Path) -> Result<Self, FolderError> {
        let file = folder.join(FILE);
        if let Err(error) = fs::metadata(&file) {
            let why = match error.kind() {
                io::ErrorKind::NotFound => {
                    "there is no log; is that the data folder of a hub, or a backup?".into()
                }
                _ => error.to_string(),
            };
            return Err(FolderError::Unreadable { file, why });
        }
        let opened = Self::connect(&file).map_err(LogUnusable::from);
        let opened = opened.and_then(|db| LogIdentity::read(&db).map(|identity| (db, identity)));
        match opened {
            Ok((db, identity)) => Ok(Self { db, file, identity }),
            Err(why) => Err(why.of(&file)),
        }
    }

    fn connect(file: &Path) -> rusqlite::Result<Connection> {
        // SQLite takes back what a killed writer left half done before it reads, for which it has to write. Where
        // it may not, it only reads.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(file, flags)?;
        db.busy_timeout(LOCK_PATIENCE)?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        db.execute_batch("PRAGMA query_only=ON; PRAGMA trusted_schema=OFF;")?;
        Ok(db)
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file
    }

    #[must_use]
    pub fn identity(&self) -> &LogIdentity {
        &self.identity
    }

    /// Where the rows of the org begin, as the file has it.
    pub fn begin(&self, org: &OrgId) -> rusqlite::Result<LogBegin> {
        Ok(rows::begin(&self.db, org)?.map(|row| row.begin).unwrap_or_default())
    }

    /// The same with what the first row follows from.
    pub(super) fn begin_row(&self, org: &OrgId) -> rusqlite::Result<Option<BeginRow>> {
        rows::begin(&self.db, org)
    }

    /// The orgs that have entries here, and where the rows of each end at this moment. What is behind that is
    /// of a later moment.
    pub fn ends(&self) -> rusqlite::Result<BTreeMap<OrgId, Pos>> {
        rows::ends(&*self.db.unchecked_transaction()?)
    }

    /// The rows of the org after `from`, in order, each of them found to follow from the one before it (R-LOG-3).
    pub fn page(
        &self,
        org: &OrgId,
        from: Pos,
        size: PageSize,
    ) -> Result<Vec<(Pos, RawEntry)>, LogError> {
        self.rows(org, from, size, false)
    }

    /// The row of the org after `from`, whatever the file says about where the rows end, until none follows.
    pub fn next_row(&self, org: &OrgId, from: Pos) -> Result<Vec<(Pos, RawEntry)>, LogError> {
        self.rows(org, from, PageSize::of(1), true)
    }

    fn rows(
        &self,
        org: &OrgId,
        from: Pos,
        size: PageSize,
        is_end_doubted: bool,
    ) -> Result<Vec<(Pos, RawEntry)>, LogError> {
        let (file, right) = (&*self.file, Pos(0));
        rows::page(&self.db, &PageOf { org, file, from, size, right, is_end_doubted })
    }

    /// Names a row for whoever has to mend it.
    #[must_use]
    pub fn row(&self, pos: Pos, entry: Seq) -> String {
        rows::name(pos, entry.0, &self.file)
    }

    /// What the row after this position has to follow from, as the file has it; not checked.
    pub(super) fn end_at(&self, org: &OrgId, pos: Pos) -> rusqlite::Result<RowEnd> {
        rows::before(&self.db, org, Pos(pos.0 + 1))
    }

    /// How many rows of the org there are after a position, whatever is in them, and of how many bytes their entries
    /// are; `None` if the file is too damaged to say.
    #[must_use]
    pub fn count_after(&self, org: &OrgId, from: Pos) -> Option<(u64, u64)> {
        let sql = "SELECT count(*), coalesce(sum(length(payload)), 0) FROM entry
                   WHERE org = ?1 AND pos > ?2";
        let both = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        self.db.query_row(sql, params![org.as_str(), from.0], both).ok()
    }
}

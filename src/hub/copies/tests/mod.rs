//! Copies of logs that were made by hand, and damage to them.

mod backup;
mod damage;
mod verify;

use super::{CopiedOrg, CopyProgress, backup::BackedUp};
use crate::{
    hub::log::{
        Append, Log, Pos, Stored,
        sqlite::{FILE, SqliteLog},
        tests::chain,
    },
    model::{OrgId, Seq},
};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A data folder, and what was written to its log. There are two orgs, a and b, whose entries take turns.
struct Folders {
    dir: TempDir,
    written: Vec<(OrgId, Vec<Stored>)>,
}

impl Folders {
    fn new() -> Self {
        let written = ["a", "b"].map(|org| (OrgId::from(org), Vec::new())).into();
        Self { dir: TempDir::new().expect("a folder"), written }
    }

    /// With so many entries of each org.
    async fn with(count: usize) -> Self {
        let mut folders = Self::new();
        folders.grow(count).await;
        folders
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes so many more entries of each org.
    async fn grow(&mut self, count: usize) {
        let log = SqliteLog::open(&self.data()).expect("a log");
        for _ in 0..count {
            for (org, written) in &mut self.written {
                let end = log.read(org, Pos(0), usize::MAX).await.expect("readable");
                let at = end.last().map_or(Pos(0), |(pos, _)| *pos);
                let next = chain(org, written.last(), 1);
                let stored = log.append(org, at, &next).await.expect("answered");
                assert!(matches!(stored, Append::Stored(_)));
                written.extend(next);
            }
        }
    }

    fn backup(&self) -> Result<BackedUp, String> {
        self.backup_of(None)
    }

    fn backup_of(&self, org: Option<&str>) -> Result<BackedUp, String> {
        let org = org.map(OrgId::from);
        let done = super::backup(&self.data(), &self.path("copy"), org.as_ref(), &mut quiet);
        done.map_err(|error| error.to_string())
    }

    fn restore(&self, to: &str) -> Result<super::RestoredLog, String> {
        let done = super::restore(&self.path("copy"), &self.path(to), None, &mut quiet);
        done.map_err(|error| error.to_string())
    }

    /// Changes a file of SQLite behind everyone's back.
    fn change(&self, name: &str, sql: &str) {
        let db = Connection::open(self.path(name).join(FILE)).expect("a file");
        assert!(db.execute(sql, []).expect("changed") > 0, "{sql} changes nothing");
    }
}

fn quiet(_: CopyProgress<'_>) {}

/// Everything in a row of a log.
type Row = (u64, String, u64, Vec<u8>, Vec<u8>);

/// All rows of a log, byte for byte.
fn rows(folder: &Path) -> Vec<Row> {
    let db = Connection::open(folder.join(FILE)).expect("a file");
    let mut all =
        db.prepare("SELECT pos, org, n, payload, chk FROM entry ORDER BY pos").expect("sql");
    let row = |row: &rusqlite::Row<'_>| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    };
    all.query_map([], row).expect("rows").collect::<Result<_, _>>().expect("readable")
}

/// From which entry to which entry each org was copied.
fn spans(orgs: &[CopiedOrg]) -> Vec<(&str, Seq, Seq)> {
    orgs.iter().map(|copied| (copied.org.as_str(), copied.from, copied.to)).collect()
}

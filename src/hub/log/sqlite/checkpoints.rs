//! Brings what is in the write-ahead log into `log.db`, beside the commits. SQLite would do it inside the commit
//! that finds the log long, and that commit, which somebody waits for, would take many times as long as the others.
//!
//! Such a checkpoint does not make the log start again while commits and reads follow each other without a pause. So
//! one that waits for them comes at the bound of the log. It is seldom, and finds most of its work done.

use super::connect;
use rusqlite::{Connection, ErrorCode};
use std::{
    io,
    path::Path,
    sync::{
        Arc, OnceLock,
        mpsc::{SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

/// After about so many pages in the write-ahead log a checkpoint is due.
const DUE: usize = 1_000;
/// How many pages a commit writes beside the entries' text: the ends of the table and of its index, and `head`.
const EACH: usize = 3;
const PAGE: usize = 4_096;
/// How many pages the write-ahead log may have, about 64 MiB, until commits wait for a checkpoint.
const BOUND: i64 = 16_000;

/// The thread that makes checkpoints. It ends when this is dropped.
pub(super) struct Checkpoints {
    due: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Why the disk did not take what was committed, if it did not.
    failed: Arc<OnceLock<String>>,
}

impl Checkpoints {
    pub(super) fn start(file: &Path) -> Result<Self, String> {
        let db = connect(file).map_err(|error| error.to_string())?;
        let (due, ordered) = sync_channel::<()>(1);
        let failed = Arc::new(OnceLock::new());
        let failing = Arc::clone(&failed);
        let run = move || {
            while ordered.recv().is_ok() {
                // On a full disk everything stays in the write-ahead log, and the next one tries again.
                if let Err(error) = checkpoint(&db) {
                    note(&failing, &error);
                }
            }
        };
        let thread = thread::Builder::new().name("checkpoints".into()).spawn(run);
        let thread = thread.map_err(|error: io::Error| error.to_string())?;
        Ok(Self { due: Some(due), thread: Some(thread), failed })
    }

    /// Notes that something beside the appends was not written, if it is not known what was.
    pub(super) fn note_failure(&self, error: &rusqlite::Error) {
        note(&self.failed, error);
    }

    /// Why nothing may be committed any more (R-LOG-2), if so.
    pub(super) fn failed(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }

    /// Notes that a commit has written so many bytes of entries; `pages` counts what is not in the file yet.
    pub(super) fn committed(&self, pages: &mut usize, bytes: usize) {
        *pages += EACH + bytes / PAGE;
        if *pages >= DUE {
            *pages = 0;
            // One that waits already covers this commit too.
            let _ = self.due.as_ref().map(|due| due.try_send(()));
        }
    }
}

/// The disk may say only once that it lost a page, and only to whoever asks first.
fn note(failed: &OnceLock<String>, error: &rusqlite::Error) {
    if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
        let _ = failed.set(error.to_string());
    }
}

fn checkpoint(db: &Connection) -> rusqlite::Result<()> {
    let pages = |row: &rusqlite::Row<'_>| row.get::<_, i64>("log");
    let waiting = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], pages)?;
    if waiting >= BOUND {
        db.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))?;
    }
    Ok(())
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.due = None;
        // Its connection is closed before the folder is free for others.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

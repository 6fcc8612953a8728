//! Brings what is in the write-ahead log into `log.db`, beside the commits. SQLite would do it inside the commit
//! that finds the log long, and that commit, which somebody waits for, would take many times as long as the others.
//!
//! A checkpoint does not make the log start again while commits follow each other without a pause. So SQLite's own
//! checkpoint stays as the bound (`connect`): it comes seldom, and finds most of its work done.

use super::connect;
use std::{
    io,
    path::Path,
    sync::mpsc::{SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

/// After about so many pages in the write-ahead log a checkpoint is due.
const DUE: usize = 1_000;
/// How many pages a commit writes beside the entries' text: the ends of the table and of its index, and `head`.
const EACH: usize = 3;
const PAGE: usize = 4_096;

/// The thread that makes checkpoints. It ends when this is dropped.
pub(super) struct Checkpoints {
    due: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub(super) fn start(file: &Path) -> Result<Self, String> {
        let db = connect(file).map_err(|error| error.to_string())?;
        let (due, ordered) = sync_channel::<()>(1);
        let run = move || {
            while ordered.recv().is_ok() {
                // If it fails, everything stays in the write-ahead log, and the next one tries again.
                let _ = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
            }
        };
        let thread = thread::Builder::new().name("checkpoints".into()).spawn(run);
        let thread = thread.map_err(|error: io::Error| error.to_string())?;
        Ok(Self { due: Some(due), thread: Some(thread) })
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

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.due = None;
        // Its connection is closed before the folder is free for others.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

//! The connections on which `log.db` is read. There are a few, so that readers need not wait for each other, and
//! one that is free is used again, because its statements are prepared and its pages cached.

use super::connect;
use crate::hub::log::LogError;
use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{sync::Semaphore, task};

/// How many may read at once. Who comes later waits here and not in a thread.
const READERS: usize = 4;

pub(super) struct LogReaders {
    pub(super) file: PathBuf,
    turns: Arc<Semaphore>,
    free: Mutex<Vec<Connection>>,
}

impl LogReaders {
    pub(super) fn open(file: PathBuf) -> rusqlite::Result<Arc<Self>> {
        let free = Mutex::new(vec![connect(&file)?]);
        Ok(Arc::new(Self { file, turns: Arc::new(Semaphore::new(READERS)), free }))
    }

    /// Runs `read` in a thread that may block: a page that is not cached has to come from the disk, which must not
    /// hold up async threads.
    pub(super) async fn run<T: Send + 'static>(
        self: Arc<Self>,
        read: impl FnOnce(&Connection, &Path) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let unavailable = |error: &dyn std::fmt::Display| LogError::Unavailable(error.to_string());
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|error| unavailable(&error))?;
        let read = task::spawn_blocking(move || {
            let free = self.free().pop();
            let db = free.map_or_else(|| connect(&self.file), Ok);
            let db = db.map_err(|error| LogError::Unavailable(error.to_string()))?;
            let said = read(&db, &self.file);
            self.free().push(db);
            drop(turn);
            said
        });
        read.await.unwrap_or_else(|error| Err(unavailable(&error)))
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // Only pushes and pops happen under this lock.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The read model: where entries are (by place, customer, words) and which customers match.
//! A cache of the log on its own thread; it can be deleted and is rebuilt. No rule reads it.
//!
//! `store` is the file, `customers` and `words` what is kept for searching, `follow` the thread: it
//! reads the log from the cursor that the file keeps in the same transaction as its contents, so
//! nothing is queued for it and nothing can be lost on the way.

mod customers;
mod follow;
mod store;
mod words;

#[cfg(test)]
mod tests;

use super::log::{Log, Pos, Stored, chain::Place};
use crate::model::{CustomerId, FoundCustomer, OrgId, Seq, Timestamp};
use follow::{Job, Query, Task};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};
#[cfg(test)]
use store::FILE;
use store::Store;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

/// Which part of the past.
#[derive(Clone, Debug, Default)]
pub struct HistoryQuery {
    /// Entries before this place; `None` starts at the head.
    pub before: Option<Seq>,
    /// At most this many, 1 to 500.
    pub limit: usize,
    /// Only entries that touch this customer.
    pub customer: Option<CustomerId>,
    /// Only entries whose text matches all these words.
    pub words: String,
}

/// A page, newest first.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Stored>,
    /// Whether older ones exist.
    pub more: bool,
}

/// Customers that match.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The best ones, most recently seen first.
    pub customers: Vec<FoundCustomer>,
    /// How many match in all.
    pub total: u64,
}

/// A World as of a place in the log, encoded by the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last entry folded into it.
    pub place: Place,
    /// The World.
    pub bytes: Vec<u8>,
}

/// Why the shelf did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShelfError {
    /// Its thread is gone.
    #[error("the index has stopped")]
    Stopped,
    /// Its file cannot be read or written now.
    #[error("the index cannot be used now: {0}")]
    Unavailable(String),
}

/// How many questions may wait; more wait outside.
const MAILBOX: usize = 256;

/// The handle on the shelf's thread; cheap to clone.
#[derive(Clone)]
pub struct Shelf {
    mailbox: mpsc::Sender<Job>,
    behind: Arc<AtomicBool>,
}

impl Shelf {
    /// Opens `shelf.db` in the data folder (in memory without one) and starts its thread. A file
    /// that is damaged, of another version or of another log is made anew.
    pub async fn start(
        folder: Option<&Path>,
        log: Arc<dyn Log>,
        orgs: Vec<OrgId>,
    ) -> Result<Self, ShelfError> {
        let unusable = |error: &dyn std::fmt::Display| ShelfError::Unavailable(error.to_string());
        let mut store = Store::open(folder, log.id()).map_err(|e| unusable(&e))?;
        if !follow::fits(&store, &*log, &orgs).await {
            store = store.anew(log.id()).map_err(|e| unusable(&e))?;
        }
        let (mailbox, jobs) = mpsc::channel(MAILBOX);
        let behind = Arc::new(AtomicBool::new(true));
        let task = Task::new(store, log, orgs, jobs, Arc::clone(&behind));
        let runtime = Handle::current();
        thread::Builder::new()
            .name("shelf".into())
            .spawn(move || task.run(&runtime))
            .map_err(|e| unusable(&e))?;
        let shelf = Self { mailbox, behind };
        shelf.wake();
        Ok(shelf)
    }

    /// Tells that entries were stored.
    pub fn wake(&self) {
        self.behind.store(true, Ordering::Release);
        // A full mailbox needs no waking.
        let _ = self.mailbox.try_send(Job::Wake);
    }

    /// Where the entries of a page of history are, newest first, and whether there are older ones:
    /// of everything up to `head`.
    pub async fn history(
        &self,
        org: &OrgId,
        head: Seq,
        query: HistoryQuery,
    ) -> Result<(Vec<Pos>, bool), ShelfError> {
        let of = org.clone();
        self.ask(Some((org.clone(), head)), move |store| store.history(&of, &query)).await
    }

    /// Customers that match all words: of everything up to `head`.
    pub async fn find(
        &self,
        org: &OrgId,
        head: Seq,
        words: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<Found, ShelfError> {
        let (of, words) = (org.clone(), words.to_owned());
        self.ask(Some((org.clone(), head)), move |store| store.find(&of, &words, limit, now)).await
    }

    /// The last indexed entry up to a place, from which the log can be read on.
    pub async fn anchor(&self, org: &OrgId, seq: Seq) -> Result<Place, ShelfError> {
        let org = org.clone();
        self.ask(None, move |store| store.anchor(&org, seq)).await
    }

    /// A value set by `set_cursor`.
    pub async fn cursor(&self, org: &OrgId, name: &str) -> Result<Option<Seq>, ShelfError> {
        let (org, name) = (org.clone(), name.to_owned());
        self.ask(None, move |store| store.cursor(&org, &name)).await
    }

    /// Keeps a value. Lost when the file is made anew.
    pub async fn set_cursor(&self, org: &OrgId, name: &str, at: Seq) -> Result<(), ShelfError> {
        let (org, name) = (org.clone(), name.to_owned());
        self.ask(None, move |store| store.set_cursor(&org, &name, at)).await
    }

    /// The last snapshot, if it is whole.
    pub async fn snapshot(&self, org: &OrgId) -> Result<Option<Snapshot>, ShelfError> {
        let org = org.clone();
        self.ask(None, move |store| store.snapshot(&org)).await
    }

    /// Keeps a snapshot, encoded on the shelf's thread.
    pub async fn save(
        &self,
        org: &OrgId,
        encode: impl FnOnce() -> Snapshot + Send + 'static,
    ) -> Result<(), ShelfError> {
        let org = org.clone();
        self.ask(None, move |store| store.save(&org, &encode())).await
    }

    /// Like `save`, but does not wait; not kept if too much else waits. Whether it was taken.
    pub fn save_later(
        &self,
        org: &OrgId,
        encode: impl FnOnce() -> Snapshot + Send + 'static,
    ) -> bool {
        let org = org.clone();
        let (query, _) = Query::new(None, move |store| store.save(&org, &encode()));
        self.mailbox.try_send(Job::Query(query)).is_ok()
    }

    /// Ends the thread after what waits.
    pub async fn stop(&self) {
        let (done, ended) = oneshot::channel();
        if self.mailbox.send(Job::Stop(done)).await.is_ok() {
            let _ = ended.await;
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        up_to: Option<(OrgId, Seq)>,
        run: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ShelfError> {
        let (query, answer) = Query::new(up_to, run);
        self.mailbox.send(Job::Query(query)).await.map_err(|_| ShelfError::Stopped)?;
        answer.await.unwrap_or(Err(ShelfError::Stopped))
    }
}

//! The read model, a SQLite file that knows where entries are (by place, by customer, by words) and which
//! customers match a search. It is a cache of the log on a thread of its own: it can be deleted and is
//! then rebuilt. It also keeps cursors. No rule reads it.
//!
//! `store` is the file, `page_sums` says whether it is whole, `batch`, `customers` and `words` are what is
//! kept for searching, `past`, `pages` and `find` search it, `check` compares it with the log, and `follow` is the thread. The thread reads
//! the log from the cursor that the file keeps in the same transaction as its contents, so nothing has to
//! be queued for it and nothing can be lost on the way.

mod batch;
mod begin;
mod check;
mod customers;
mod find;
mod follow;
mod page_sums;
mod pages;
mod past;
mod store;
mod wal;
mod words;

#[cfg(test)]
mod tests;

use super::{
    log::{
        Log, Pos, Stored,
        chain::{self, ChainCursor},
    },
    origins::Origins,
};
use crate::model::{CustomerId, FoundCustomer, OrgId, Seq, Timestamp};
pub use check::{FoundCheck, ShelfCheck};
use follow::{Bell, Fit, Query, ShelfRequest, ShelfThread};
pub use pages::PageError;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};
use store::{FILE, Store};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

/// Which entries of the past to find.
#[derive(Clone, Debug, Default)]
pub struct HistoryQuery {
    /// Only entries before this place; `None` starts at the newest.
    pub before: Option<Seq>,
    /// Only entries after this place. Then the page begins with the oldest of them. It goes
    /// together with `customer`.
    pub after: Option<Seq>,
    /// How many entries at most; values outside of 1 to 500 are moved into that range.
    pub limit: usize,
    /// Only entries with an event of this customer; `None` for all customers.
    pub customer: Option<CustomerId>,
    /// Only entries whose text has all of these words, each as the beginning of a word. Without any
    /// letter or digit it excludes nothing.
    pub words: String,
}

/// How many entries a page of history has at most.
const MAX_PAGE: usize = 500;

impl HistoryQuery {
    /// How many entries the page has at most.
    pub(super) fn page(&self) -> usize {
        self.limit.clamp(1, MAX_PAGE)
    }

    /// Whether places alone say which entries are on the page, so that nothing has to be searched for.
    pub(super) fn is_by_place(&self) -> bool {
        self.after.is_none() && self.customer.is_none() && words::query(&self.words).is_none()
    }
}

/// A page of entries, newest first, or oldest first if it was asked for after a place.
#[derive(Clone, Debug, Default)]
pub struct StoredPage {
    pub entries: Vec<Stored>,
    /// Whether there are further entries that match.
    pub more: bool,
    /// How many entries the index has still to read (R-REPLY-6). What is in them is not on the page.
    pub unread: u64,
}

/// The customers that match a search.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Those seen most recently, newest first, up to the limit that was asked for.
    pub customers: Vec<FoundCustomer>,
    /// How many customers match in all, or at least.
    pub total: u64,
    /// Whether more may match than were counted (R-OPERATOR-5).
    pub total_is_least: bool,
    /// How many entries the index has still to read (R-REPLY-6). What is in them was not looked at.
    pub unread: u64,
}

/// The entries whose text has the words of a search.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The newest of them.
    pub page: StoredPage,
    /// How many there are in all, or at least.
    pub total: u64,
    /// Whether there may be more than were counted (R-OPERATOR-6).
    pub total_is_least: bool,
}

/// Why the shelf did not answer. The caller may try again, unless it has stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShelfError {
    /// The shelf's thread is gone, because the hub is shutting down.
    #[error("the index has stopped")]
    Stopped,
    /// The shelf's file cannot be read or written now, or is too far behind the log. The text says why.
    #[error("the index cannot be used now: {0}")]
    Unavailable(String),
    /// The log lacks entries that the shelf has seen, and nobody said that this is meant (R-LOG-4).
    #[error("{0}")]
    Lost(String),
}

/// How many requests may wait in the mailbox; the callers of further ones wait for room in it.
const MAILBOX: usize = 256;

/// The handle on the shelf's thread. It is cheap to clone.
#[derive(Clone)]
pub struct Shelf {
    /// The Worlds with which pruned logs begin; `None` without a data folder.
    origins: Option<Origins>,
    mailbox: mpsc::Sender<ShelfRequest>,
    bell: Arc<Bell>,
    /// Up to which place each org is indexed.
    indexed: Arc<IndexedPlaces>,
}

/// Up to which place of its log each org is indexed. The thread writes it and everyone may read it.
type IndexedPlaces = BTreeMap<OrgId, AtomicU64>;

impl Shelf {
    /// Opens `shelf.db` in the data folder, or in memory if there is no folder, and starts its thread. A
    /// file that is damaged or of another version is made anew, and so is one of a log that this one replaces. One
    /// that has seen entries which the log lacks, or those of a log that has nothing to do with this one, is made anew
    /// only with `accept_loss`: the log lost its tail, is an older copy, or is not the one that was here.
    pub async fn start(
        folder: Option<&Path>,
        log: Arc<dyn Log>,
        orgs: Vec<OrgId>,
        accept_loss: bool,
    ) -> Result<Self, ShelfError> {
        let unusable = |error: &dyn std::fmt::Display| ShelfError::Unavailable(error.to_string());
        let is_replaced = |other: &str| accept_loss || log.replaces(other);
        let store = Store::open_unless_lost(folder, log.id(), is_replaced);
        let Ok(mut store) = store.map_err(|e| unusable(&e))? else {
            return Err(ShelfError::Lost(chain::is_of_another_log(FILE)));
        };
        let origins = folder.map(Origins::of);
        match follow::compare(&store, &*log, &orgs).await {
            Fit::Fits => {}
            Fit::Lacks(why) if !accept_loss => return Err(ShelfError::Lost(why)),
            Fit::Lacks(why) => {
                tracing::warn!("{why}; this was accepted, and the hub goes on from what is there");
                store = store.anew(log.id()).map_err(|e| unusable(&e))?;
            }
            Fit::Unreadable => store = store.anew(log.id()).map_err(|e| unusable(&e))?,
        }
        let (mailbox, jobs) = mpsc::channel(MAILBOX);
        let bell = Arc::new(Bell::default());
        let indexed: IndexedPlaces = orgs
            .iter()
            .map(|org| (org.clone(), store.applied(org).unwrap_or_default().seq.0.into()))
            .collect();
        let indexed = Arc::new(indexed);
        let bells = (Arc::clone(&bell), Arc::clone(&indexed));
        let task = ShelfThread::new(store, (log, origins.clone()), orgs, jobs, bells);
        let runtime = Handle::current();
        thread::Builder::new()
            .name("shelf".into())
            .spawn(move || task.run(&runtime))
            .map_err(|e| unusable(&e))?;
        Ok(Self { origins, mailbox, bell, indexed })
    }

    /// A shelf that reads no log and has no thread, for whoever steps a hub by hand. Whoever asks where to read on is
    /// sent to the beginning of the log.
    #[cfg(any(test, feature = "trust"))]
    #[must_use]
    pub fn unindexed() -> Self {
        let (mailbox, jobs) = mpsc::channel(MAILBOX);
        tokio::spawn(follow::answer_unindexed(jobs));
        Self { origins: None, mailbox, bell: Arc::default(), indexed: Arc::default() }
    }

    /// Tells the thread that entries were stored. Once it knows, this costs the writer nothing.
    pub fn wake(&self) {
        if self.bell.ring() {
            // If the mailbox is full, the thread is awake already and sees for itself.
            let _ = self.mailbox.try_send(ShelfRequest::Wake);
        }
    }

    /// Up to which place an org is indexed, without asking the thread.
    #[must_use]
    pub fn indexed(&self, org: &OrgId) -> Seq {
        Seq(self.indexed.get(org).map_or(0, |at| at.load(Ordering::Relaxed)))
    }

    /// The positions of a page of history by customer or words, whether there are further entries, and how
    /// many up to `head` are not indexed yet (R-REPLY-6). Only entries between these positions are in it.
    pub(super) async fn history(
        &self,
        org: &OrgId,
        head: Seq,
        between: (Option<Pos>, Option<Pos>),
        query: HistoryQuery,
    ) -> Result<((Vec<Pos>, bool), u64), ShelfError> {
        let of = org.clone();
        self.ask_up_to(org, head, move |store| store.history(&of, between, &query)).await
    }

    /// The customers that match all words, or have the number that the words together read as, at most
    /// `limit`, as of `head` (R-REPLY-6).
    pub async fn find(
        &self,
        org: &OrgId,
        head: Seq,
        (words, number): (&str, Option<String>),
        limit: usize,
        now: Timestamp,
    ) -> Result<Found, ShelfError> {
        let (of, words) = (org.clone(), words.to_owned());
        let find = move |store: &mut Store| store.find(&of, &words, number.as_deref(), limit, now);
        let (found, unread) = self.ask_up_to(org, head, find).await?;
        Ok(Found { unread, ..found })
    }

    /// How many entries have all of the words in their text, or at least, and whether there may be more
    /// (R-OPERATOR-6), as of `head` (R-REPLY-6). What is up to `begin` went out of the log.
    pub(super) async fn count_written(
        &self,
        org: &OrgId,
        head: Seq,
        begin: Pos,
        words: &str,
    ) -> Result<(u64, bool), ShelfError> {
        let (of, words) = (org.clone(), words.to_owned());
        let count = move |store: &mut Store| store.count_written(&of, begin, &words);
        Ok(self.ask_up_to(org, head, count).await?.0)
    }

    /// Like `anchor`, but as of `head` (R-REPLY-6). Beside it is how many entries are not indexed yet.
    pub(super) async fn anchor_up_to(
        &self,
        org: &OrgId,
        head: Seq,
        seq: Seq,
    ) -> Result<(ChainCursor, u64), ShelfError> {
        let of = org.clone();
        self.ask_up_to(org, head, move |store| store.anchor(&of, seq)).await
    }

    /// An indexed entry at or shortly before a place. It is where to read on in the log to get past it.
    pub async fn anchor(&self, org: &OrgId, seq: Seq) -> Result<ChainCursor, ShelfError> {
        let org = org.clone();
        self.ask(None, move |store| store.anchor(&org, seq)).await
    }

    /// The value that `set_cursor` stored under this name; `None` if there is none.
    pub async fn cursor(&self, org: &OrgId, name: &str) -> Result<Option<Seq>, ShelfError> {
        let (org, name) = (org.clone(), name.to_owned());
        self.ask(None, move |store| store.cursor(&org, &name)).await
    }

    /// Stores a value under a name. It is lost when the file is made anew.
    pub async fn set_cursor(&self, org: &OrgId, name: &str, at: Seq) -> Result<(), ShelfError> {
        let (org, name) = (org.clone(), name.to_owned());
        self.ask(None, move |store| store.set_cursor(&org, &name, at)).await
    }

    /// The Worlds with which pruned logs begin; `None` without a data folder.
    pub(super) fn origins(&self) -> Option<&Origins> {
        self.origins.as_ref()
    }

    /// Forgets what went out of the logs of all orgs, which begin after these positions.
    pub(super) async fn forget(&self, begins: Vec<(OrgId, Pos)>) -> Result<(), ShelfError> {
        self.ask(None, move |store| store.forget(&begins)).await
    }

    /// How far an org's log has been read.
    pub(super) async fn applied(&self, org: &OrgId) -> Result<ChainCursor, ShelfError> {
        let org = org.clone();
        self.ask(None, move |store| store.applied(&org)).await
    }

    /// Answers what waits, and ends the thread.
    pub async fn stop(&self) {
        let (done, ended) = oneshot::channel();
        if self.mailbox.send(ShelfRequest::Stop(done)).await.is_ok() {
            let _ = ended.await;
        }
    }

    /// Asks as of `head`, and returns beside the answer how many entries up to there are not in it.
    async fn ask_up_to<T: Send + 'static>(
        &self,
        org: &OrgId,
        head: Seq,
        run: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<(T, u64), ShelfError> {
        let of = org.clone();
        let run = move |store: &mut Store| {
            let unread = head.0.saturating_sub(store.applied(&of)?.seq.0);
            Ok((run(store)?, unread))
        };
        self.ask(Some((org.clone(), head)), run).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        up_to: Option<(OrgId, Seq)>,
        run: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ShelfError> {
        let (query, answer) = Query::new(up_to, run);
        self.mailbox.send(ShelfRequest::Query(query)).await.map_err(|_| ShelfError::Stopped)?;
        answer.await.unwrap_or(Err(ShelfError::Stopped))
    }
}

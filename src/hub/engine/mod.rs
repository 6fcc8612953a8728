//! The only writer of this process, and the handle through which everyone else reaches it.
//!
//! `writer` is the thread: it takes what waits in its mailbox, and for each org a `lane` decides
//! against the World, appends once, and only then publishes (`recent`, `head`) and answers: log
//! first, answers last. What other engines append to the same log is folded and published in the
//! same way. Reading the past goes through here too, but never waits for the writer.

mod asked;
mod desk;
mod lane;
mod recent;
#[cfg(test)]
mod still;
#[cfg(test)]
mod tests;
mod writer;

use super::{
    clock,
    log::{Durability, Log, LogError, Stored, chain},
    shelf::{Found, HistoryQuery, Page, Shelf, ShelfError},
};
use crate::{
    model::{CallId, Caller, Command, OrgId, OrgSettings, Receipt, Seq, Timestamp},
    rules::World,
};
use asked::Asked;
pub use desk::{Desk, Follower};
use lane::Lane;
use recent::Published;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use tokio::{
    runtime::Handle,
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot, watch,
    },
};
use writer::{Job, MAILBOX, Writer};

/// Why the hub did not answer. Refusals by rule are receipts, not errors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// No such org here.
    #[error("no such org")]
    NoSuchOrg,
    /// Too much is waiting; nothing was done.
    #[error("the hub is busy; nothing was done, try again")]
    Busy,
    /// The log cannot be written or read now; nothing was done.
    #[error("{0}")]
    Unavailable(String),
    /// It is not known whether it was done. Ask again with the same idempotency key.
    #[error("{0}; it is not known whether this was done, ask again with the same idempotency key")]
    Unknown(String),
    /// The hub is shutting down; nothing was done.
    #[error("the hub is shutting down")]
    Stopped,
}

impl From<LogError> for HubError {
    fn from(error: LogError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<ShelfError> for HubError {
    fn from(error: ShelfError) -> Self {
        match error {
            ShelfError::Stopped => Self::Stopped,
            ShelfError::Unavailable(_) => Self::Unavailable(error.to_string()),
        }
    }
}

/// The handle on the engine; cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    orgs: BTreeMap<OrgId, Org>,
    jobs: mpsc::Sender<Job>,
    log: Arc<dyn Log>,
    shelf: Shelf,
    failed: watch::Receiver<Option<String>>,
}

struct Org {
    settings: Arc<OrgSettings>,
    published: Arc<Published>,
}

/// What the engine is started with.
pub struct EngineOptions {
    /// The orgs served.
    pub orgs: Vec<OrgSettings>,
    /// The log.
    pub log: Arc<dyn Log>,
    /// The data folder, where `shelf.db` (index, snapshots) is kept; `None` keeps it in memory.
    pub shelf: Option<PathBuf>,
}

/// How many entries are read from the log at once for someone who is far behind.
const PAGE: usize = 512;

impl Hub {
    /// Folds the log (snapshot and tail) and starts the writer thread and the shelf thread. An org
    /// whose log is damaged is refused from then on, the others are served.
    pub async fn start(options: EngineOptions) -> Result<Self, HubError> {
        let EngineOptions { orgs, log, shelf } = options;
        let ids = orgs.iter().map(|org| org.id.clone()).collect();
        let shelf = Shelf::start(shelf.as_deref(), Arc::clone(&log), ids).await?;
        let (jobs, mailbox) = mpsc::channel(MAILBOX);
        let (failing, failed) = watch::channel(None);
        let mut known = BTreeMap::new();
        let mut lanes = BTreeMap::new();
        for settings in orgs {
            let (settings, published) = (Arc::new(settings), Arc::new(Published::default()));
            let lane = Lane::new(
                Arc::clone(&settings),
                Arc::clone(&published),
                Arc::clone(&log),
                shelf.clone(),
            );
            let lane = lane.started().await?;
            lanes.insert(settings.id.clone(), lane);
            known.insert(settings.id.clone(), Org { settings, published });
        }
        Writer::new(lanes, mailbox, &*log, shelf.clone(), failing)
            .spawn(Handle::current())
            .map_err(|error| HubError::Unavailable(format!("no thread for the writer: {error}")))?;
        Ok(Self(Arc::new(Inner { orgs: known, jobs, log, shelf, failed })))
    }

    /// The orgs served.
    #[must_use]
    pub fn orgs(&self) -> Vec<OrgId> {
        self.0.orgs.keys().cloned().collect()
    }

    /// The settings of an org.
    #[must_use]
    pub fn settings(&self, org: &OrgId) -> Option<Arc<OrgSettings>> {
        self.0.orgs.get(org).map(|org| Arc::clone(&org.settings))
    }

    /// Decides, appends, folds, then answers: the receipt is durable (decision D-DURABLE).
    /// `call` is the idempotency key and the SHA-256 of the request (decision D-IDEM).
    pub async fn submit(
        &self,
        org: &OrgId,
        caller: Caller,
        call: Option<(CallId, [u8; 32])>,
        command: Command,
    ) -> Result<Receipt, HubError> {
        self.org(org)?;
        let (reply, answer) = oneshot::channel();
        let asked = Box::new(Asked::new(caller, call, command, reply));
        #[cfg(test)]
        let _still = still::Still::stand();
        self.tell(Job::Submit(org.clone(), asked))?;
        answer.await.unwrap_or_else(|_| match &*self.0.failed.borrow() {
            Some(why) => Err(HubError::Unknown(why.clone())),
            None => Err(HubError::Stopped),
        })
    }

    /// Runs `f` on the World, after everything submitted before it (R-REPLY-5).
    pub async fn read<T: Send + 'static>(
        &self,
        org: &OrgId,
        f: impl FnOnce(&World) -> T + Send + 'static,
    ) -> Result<T, HubError> {
        self.org(org)?;
        let (reply, answer) = oneshot::channel();
        let run = move |world: Result<&World, HubError>| {
            // Nobody waits for the answer any more: fine.
            let _ = reply.send(world.map(f));
        };
        #[cfg(test)]
        let _still = still::Still::stand();
        self.tell(Job::Read(org.clone(), Box::new(run)))?;
        answer.await.unwrap_or(Err(HubError::Stopped))
    }

    /// The org's time: the wall's, or later if its sandbox's clock was moved forward. What is read
    /// by it agrees with what entries say of themselves. Of an org that is not served: the wall's.
    #[must_use]
    pub fn now(&self, org: &OrgId) -> Timestamp {
        let ahead = self.0.orgs.get(org).map(|org| org.published.ahead());
        clock::now().after(ahead.unwrap_or_default())
    }

    /// The newest durable place of an org; changes as entries are stored, here or by another engine
    /// on the same log.
    pub fn head(&self, org: &OrgId) -> Result<watch::Receiver<Seq>, HubError> {
        Ok(self.org(org)?.published.head())
    }

    /// Up to `limit` valid, durable entries after `after`, in order, dense; empty at the head.
    pub async fn entries_after(
        &self,
        org: &OrgId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Stored>, HubError> {
        let published = &self.org(org)?.published;
        if let Some(recent) = published.after(after, limit) {
            return Ok(recent);
        }
        let head = published.newest();
        let mut place = self.0.shelf.anchor(org, after).await?;
        let mut found = Vec::new();
        while found.len() < limit && place.seq < head {
            let ahead = usize::try_from(after.0.saturating_sub(place.seq.0)).unwrap_or(PAGE);
            let page = limit.saturating_add(ahead).min(PAGE);
            let rows = chain::follow(&*self.0.log, org, &mut place, page).await?;
            if rows.is_empty() {
                break;
            }
            let wanted = rows.into_iter().map(|(_, stored)| stored);
            found.extend(wanted.filter(|stored| (after.next()..=head).contains(&stored.entry.seq)));
        }
        found.truncate(limit);
        Ok(found)
    }

    /// A page of the past, newest first; contains everything that was published before the call.
    pub async fn history(&self, org: &OrgId, query: HistoryQuery) -> Result<Page, HubError> {
        let head = self.org(org)?.published.newest();
        let (places, more) = self.0.shelf.history(org, head, query).await?;
        let entries = self.0.log.at(org, &places).await?;
        Ok(Page { entries, more })
    }

    /// Customers whose name, number, id, tag or secondary id match all the words.
    pub async fn find(&self, org: &OrgId, words: &str, limit: usize) -> Result<Found, HubError> {
        let head = self.org(org)?.published.newest();
        Ok(self.0.shelf.find(org, head, words, limit, self.now(org)).await?)
    }

    /// A small durable value for a worker's cursor (kept in `shelf.db`), by name.
    pub async fn cursor(&self, org: &OrgId, name: &str) -> Result<Option<Seq>, HubError> {
        self.org(org)?;
        Ok(self.0.shelf.cursor(org, name).await?)
    }

    /// Sets such a value; may be lost by a crash or with the file, never runs ahead.
    pub async fn set_cursor(&self, org: &OrgId, name: &str, at: Seq) -> Result<(), HubError> {
        self.org(org)?;
        Ok(self.0.shelf.set_cursor(org, name, at).await?)
    }

    /// The random name of the log.
    #[must_use]
    pub fn log_id(&self) -> String {
        self.0.log.id().to_owned()
    }

    /// What a receipt survives.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.0.log.durability()
    }

    /// Becomes `Some` when the log failed in a way that only a restart can judge: nothing is
    /// written from then on, and the process should end (reliability rule 24).
    #[must_use]
    pub fn failed(&self) -> watch::Receiver<Option<String>> {
        self.0.failed.clone()
    }

    /// Answers what waits, writes a snapshot, stops. Later calls get `Stopped`.
    pub async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        // Waits for a place in a full mailbox: everything before it is answered first.
        if self.0.jobs.send(Job::Stop(done)).await.is_ok() {
            let _ = stopped.await;
        }
    }

    fn org(&self, org: &OrgId) -> Result<&Org, HubError> {
        self.0.orgs.get(org).ok_or(HubError::NoSuchOrg)
    }

    fn tell(&self, job: Job) -> Result<(), HubError> {
        self.0.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => HubError::Busy,
            TrySendError::Closed(_) => HubError::Stopped,
        })
    }
}

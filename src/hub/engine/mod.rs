//! The only writer of this process, and the handle through which everyone else reaches it.
//!
//! `writer` is the thread. It takes what waits in its mailbox and hands it to an `OrgActor` for each
//! org, which decides against the World, appends to the log once, publishes the entries (`recent`)
//! and only then answers: the log comes first and the answers last. What other engines append to the
//! same log is folded and published in the same way. The past is read through `Hub` too, but from the
//! log and the shelf, so a reader of history never waits for the writer.

mod filtered;
#[cfg(test)]
mod frozen_clock;
mod hub_error;
mod moments;
mod networks;
mod org_actor;
mod org_handle;
mod outages;
mod past_states;
mod pending_command;
mod places;
mod prune;
mod reader;
mod reading;
mod recent;
mod scrub;
mod search;
mod settler;
#[cfg(any(test, feature = "trust"))]
pub mod stepped;
#[cfg(test)]
mod tests;
mod writer;

pub use super::log::PageSize;
use super::{
    clock,
    log::{Log, LogEnds, LogError, Stored},
    measures::Measures,
    shelf::{HistoryQuery, PageError, Shelf, StoredPage},
    state_store::StateStore,
};
use crate::{
    model::{CallId, Caller, Command, OrgId, OrgSettings, Outage, Receipt, Seq, Timestamp},
    rules::World,
};
pub use filtered::SearchedEntries;
pub use hub_error::HubError;
use org_actor::OrgActor;
pub use org_handle::{LogFollower, OrgHandle};
use outages::Outages;
use past_states::PastStates;
use pending_command::PendingCommand;
pub use prune::{LogSize, PrunedLog};
pub use reader::LogReader;
pub use reading::{TellReading, to_the_log};
use recent::Published;
use settler::Settler;
use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread,
};
use tokio::{
    runtime::Handle,
    sync::{
        OwnedSemaphorePermit, Semaphore,
        mpsc::{self, error::TrySendError},
        oneshot, watch,
    },
    task::{JoinHandle, spawn_blocking},
};
use writer::{MAILBOX, Writer, WriterRequest};

/// The handle on the engine. It is cheap to clone, and every clone reaches the same writer.
#[derive(Clone)]
pub struct Hub(Arc<HubInner>);

struct HubInner {
    orgs: BTreeMap<OrgId, ServedOrg>,
    jobs: mpsc::Sender<WriterRequest>,
    log: Arc<dyn Log>,
    /// Where each org's log ends.
    newest: watch::Receiver<LogEnds>,
    /// The turns for questions about many customers, of all orgs together.
    scans: Arc<Semaphore>,
    shelf: Shelf,
    /// Held while something goes out of a log, so that no origin is taken for one that nobody needs.
    pruning: tokio::sync::Mutex<()>,
    failed: watch::Receiver<Option<String>>,
    /// Changes when the log of an org turns out to be damaged.
    damaged: watch::Sender<()>,
    outages: Outages,
    measures: Arc<Measures>,
    /// The task that reads the logs from their beginning.
    scrub: Mutex<Option<JoinHandle<()>>>,
    /// The states of the past that were asked for last.
    past: PastStates,
}

struct ServedOrg {
    settings: Arc<OrgSettings>,
    published: Arc<Published>,
    /// The turn for questions about many customers of this org.
    scans: Arc<Semaphore>,
}

pub struct EngineOptions {
    pub orgs: Vec<OrgSettings>,
    pub log: Arc<dyn Log>,
    /// Whether to go on with a log that lacks entries which the shelf has seen (R-LOG-4).
    pub accept_loss: bool,
    /// The data folder in which the index (`shelf.db`) and the Worlds (`state`) are kept; `None` keeps
    /// them in memory.
    pub shelf: Option<PathBuf>,
}

/// How many questions about many customers are answered at once: half as many as there are processors, so
/// that the writer and everyone who asks about one customer have the others.
fn scans_at_once() -> usize {
    thread::available_parallelism().map_or(1, |n| (n.get() / 2).max(1))
}

impl Hub {
    /// Folds the log from the stored Worlds on, and starts the writer's thread and the shelf's. An org
    /// whose log is damaged is refused from then on, while the others are served.
    pub async fn start(options: EngineOptions) -> Result<Self, HubError> {
        Self::start_telling(options, to_the_log).await
    }

    /// Does the same, and tells how much of a log was read for as long as that takes long.
    pub async fn start_telling(
        options: EngineOptions,
        tell: TellReading,
    ) -> Result<Self, HubError> {
        let EngineOptions { orgs, log, accept_loss, shelf } = options;
        let ids = orgs.iter().map(|org| org.id.clone()).collect();
        let folder = shelf;
        let shelf = Shelf::start(folder.as_deref(), Arc::clone(&log), ids, accept_loss).await?;
        // On a full disk, for example. The log has everything, and whoever only reads is served all the same.
        let unusable = |error| {
            tracing::warn!(
                "the stored Worlds cannot be used: {error}; the whole log is folded, and everything stays in \
                 memory until the next start"
            );
        };
        let state = match folder {
            // It reads files, and may wait for another hub of this process that is about to end.
            Some(folder) => {
                let opened = spawn_blocking(move || StateStore::open(&folder)).await;
                opened.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(unusable).ok()
            }
            None => None,
        };
        let (jobs, mailbox) = mpsc::channel(MAILBOX);
        let (failing, failed) = watch::channel(None);
        let damaged = watch::Sender::new(());
        let (outages, measures) = (Outages::default(), Arc::new(Measures::default()));
        let mut unread = Vec::new();
        let mut known = BTreeMap::new();
        let mut actors = BTreeMap::new();
        for settings in orgs {
            let settings = Arc::new(settings);
            let published = Arc::new(Published::new(damaged.clone()));
            let state = state.as_ref().map(|state| state.org(&settings.id, log.id())).transpose();
            let state = state.map_err(|why| unusable(io::Error::other(why))).ok().flatten();
            let actor = OrgActor::new(
                Arc::clone(&settings),
                Arc::clone(&published),
                Arc::clone(&log),
                (outages.clone(), Arc::clone(&measures)),
                shelf.clone(),
                Settler::new(state),
                Arc::new(clock::MachineClock),
            );
            let actor = Box::pin(actor.started(accept_loss, tell)).await?;
            unread.push((settings.id.clone(), actor.loaded_from()));
            actors.insert(settings.id.clone(), actor);
            tokio::spawn(published.beating());
            let scans = Arc::new(Semaphore::new(1));
            known.insert(settings.id.clone(), ServedOrg { settings, published, scans });
        }
        Writer::new(actors, mailbox, Arc::clone(&log), outages.clone(), shelf.clone(), failing)
            .spawn(Handle::current())
            .map_err(|error| HubError::Unavailable(format!("no thread for the writer: {error}")))?;
        let hub = Self(Arc::new(HubInner {
            orgs: known,
            jobs,
            newest: log.newest(),
            log,
            scans: Arc::new(Semaphore::new(scans_at_once())),
            shelf,
            pruning: tokio::sync::Mutex::default(),
            failed,
            damaged,
            outages,
            measures,
            scrub: Mutex::default(),
            past: PastStates::default(),
        }));
        hub.0
            .scrub
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(scrub::start(&hub, unread));
        Ok(hub)
    }

    #[must_use]
    pub fn orgs(&self) -> Vec<OrgId> {
        self.0.orgs.keys().cloned().collect()
    }

    /// The settings of an org; `None` if it is not served here.
    #[must_use]
    pub fn settings(&self, org: &OrgId) -> Option<Arc<OrgSettings>> {
        self.0.orgs.get(org).map(|org| Arc::clone(&org.settings))
    }

    /// Has a command decided, and answers once its entry is in the log, so that whoever has the receipt
    /// can rely on it (D-DURABLE). `call` is the idempotency key and the SHA-256 of the request
    /// (D-IDEM); without one, the same command submitted again is done again.
    pub async fn submit(
        &self,
        org: &OrgId,
        caller: Caller,
        call: Option<(CallId, [u8; 32])>,
        command: Command,
    ) -> Result<Receipt, HubError> {
        self.org(org)?;
        let (reply, answer) = oneshot::channel();
        let asked = Box::new(PendingCommand::new(caller, call, command, reply));
        #[cfg(test)]
        let _frozen = frozen_clock::FrozenClock::hold();
        self.tell(WriterRequest::Submit(org.clone(), asked))?;
        answer.await.unwrap_or_else(|_| match &*self.0.failed.borrow() {
            Some(why) => Err(HubError::Unknown(why.clone())),
            None => Err(HubError::Stopped),
        })
    }

    /// Runs `f` on the World, in which a reader sees every change that it has a receipt for (R-REPLY-5).
    /// It runs where it is called, so it should look at few customers; see `scan`.
    pub async fn read<T>(&self, org: &OrgId, f: impl FnOnce(&World) -> T) -> Result<T, HubError> {
        let world = World::clone(&*self.world(org).await?);
        let answer = f(&world);
        self.believe(org, world.trouble()).map(|()| answer)
    }

    /// Like `read`, for questions about many customers. They are answered beside the work: one at a time
    /// for each org, and few at a time in all, so that no caller can slow down others (R-LIMIT-2).
    pub async fn scan<T: Send + 'static>(
        &self,
        org: &OrgId,
        f: impl FnOnce(&World) -> T + Send + 'static,
    ) -> Result<T, HubError> {
        let taken = self.turn(org).await?;
        let world = World::clone(&*self.world(org).await?);
        let run = move || {
            let answer = f(&world);
            // A caller who has gone meanwhile does not end this, so the turn is over only now.
            drop(taken);
            (answer, world.trouble())
        };
        let answer = spawn_blocking(run).await;
        let bug = |error| HubError::Unavailable(format!("the question met a bug: {error}"));
        let (answer, trouble) = answer.map_err(bug)?;
        self.believe(org, trouble).map(|()| answer)
    }

    /// The turn for a question that takes long. It is over when this is dropped.
    async fn turn(&self, org: &OrgId) -> Result<[OwnedSemaphorePermit; 2], HubError> {
        let take = async |turns: &Arc<Semaphore>| {
            Arc::clone(turns).acquire_owned().await.map_err(|_| HubError::Stopped)
        };
        Ok([take(&self.org(org)?.scans).await?, take(&self.0.scans).await?])
    }

    /// Refuses an answer from a World of which something could not be read, and has the writer see to it.
    fn believe(&self, org: &OrgId, trouble: Option<String>) -> Result<(), HubError> {
        let Some(why) = trouble else { return Ok(()) };
        let (nobody, _) = oneshot::channel();
        // If the mailbox is full, whatever is in it makes the writer look.
        let _ = self.tell(WriterRequest::Read(org.clone(), nobody));
        Err(HubError::Unavailable(why))
    }

    /// The World as of now. It never waits for the writer, except when another engine has written to the log
    /// and this one has not read that yet, or when the log cannot be read.
    async fn world(&self, org: &OrgId) -> Result<Arc<World>, HubError> {
        let published = &self.org(org)?.published;
        let mut head = None;
        let end = self.0.newest.borrow().get(org).copied().unwrap_or_default();
        #[cfg(test)]
        let _frozen = frozen_clock::FrozenClock::hold();
        while let Some((world, read)) = published.world() {
            if read >= end {
                return Ok(world);
            }
            // Whoever waits looks once more after it began to listen, so that nothing comes in between.
            match &mut head {
                None => head = Some(published.head()),
                Some(head) => head.changed().await.map_err(|_| HubError::Stopped)?,
            }
        }
        let (reply, answer) = oneshot::channel();
        self.tell(WriterRequest::Read(org.clone(), reply))?;
        answer.await.unwrap_or(Err(HubError::Stopped))
    }

    /// The org's time: that of the wall clock, or later if its sandbox's clock was moved forward. A
    /// reader who goes by it agrees with the times of the entries. For an org that is not served it is
    /// the wall clock's.
    #[must_use]
    pub fn now(&self, org: &OrgId) -> Timestamp {
        let ahead = self.0.orgs.get(org).map(|org| org.published.ahead());
        clock::now().after(ahead.unwrap_or_default())
    }

    /// How many customers of an org wait for an answer from a person (R-WAIT-3).
    pub fn waiting(&self, org: &OrgId) -> Result<u64, HubError> {
        Ok(self.org(org)?.published.waiting())
    }

    /// The place of an org's newest durable entry. The watch changes whenever entries are stored, by
    /// this engine or by another one on the same log.
    pub fn head(&self, org: &OrgId) -> Result<watch::Receiver<Seq>, HubError> {
        Ok(self.org(org)?.published.head())
    }

    /// The head for readers who want several entries at once: under load it moves a hundred times a second at most,
    /// in the same moment for all of them.
    pub fn beat(&self, org: &OrgId) -> Result<watch::Receiver<Seq>, HubError> {
        Ok(self.org(org)?.published.beat())
    }

    /// Up to `limit` valid and durable entries after `after`, in order and without a hole; none if
    /// `after` is the newest. Who reads on keeps a `LogReader`.
    pub async fn entries_after(
        &self,
        org: &OrgId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Stored>, HubError> {
        LogReader::new(self, org, after).entries(limit).await
    }

    /// A page of the past, newest first. It covers everything that was published before the call, unless
    /// the index has much of it still to read: then the page says so (R-REPLY-6).
    pub async fn history(&self, org: &OrgId, query: HistoryQuery) -> Result<StoredPage, HubError> {
        let published = &self.org(org)?.published;
        let head = published.newest();
        let begin = self.begin(org);
        if let Some((after, newest)) = query.places(begin, head)
            && let Some(recent) = published.after(after, newest, PageSize::of(usize::MAX))
        {
            return Ok(StoredPage::by_place(begin, after, recent));
        }
        let page = self.0.shelf.page(&*self.0.log, org, head, query).await;
        page.map_err(|error| match error {
            PageError::Index(error) => error.into(),
            PageError::Log(error) => self.unread(org, &error),
        })
    }

    /// The cursor that a worker stored under this name in `shelf.db`; `None` if it never did, or if the
    /// file was made anew since.
    pub async fn cursor(&self, org: &OrgId, name: &str) -> Result<Option<Seq>, HubError> {
        self.org(org)?;
        Ok(self.0.shelf.cursor(org, name).await?)
    }

    /// Stores a worker's cursor. A crash may lose the last values, so the one found after a restart may
    /// be an older one but never one that was not stored.
    pub async fn set_cursor(&self, org: &OrgId, name: &str, at: Seq) -> Result<(), HubError> {
        self.org(org)?;
        Ok(self.0.shelf.set_cursor(org, name, at).await?)
    }

    /// Is `Some` while the log takes no entries, in whatever org (R-LOG-5). It changes with each refusal
    /// too, because those are counted.
    #[must_use]
    pub fn outage(&self) -> watch::Receiver<Option<Outage>> {
        self.0.outages.watch()
    }

    /// Says in lines for the hub's own log when nothing can be stored, and when it can again. Never ends.
    pub fn report_outages<F: FnMut(&str)>(&self, say: F) -> impl Future<Output = ()> + use<F> {
        self.0.outages.clone().report(say)
    }

    /// Becomes `Some`, with the reason, when the log has failed in such a way that only a restart can
    /// tell what is in it. Nothing is written from then on, and the process should end (R-LOG-2).
    #[must_use]
    pub fn failed(&self) -> watch::Receiver<Option<String>> {
        self.0.failed.clone()
    }

    /// Answers everything that waits, stores the Worlds and stops. Later calls get `Stopped`.
    pub async fn stop(&self) {
        let scrub = self.0.scrub.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(scrub) = scrub {
            // It holds the log open, which whoever waits for the stop may open next.
            scrub.abort();
            let _ = scrub.await;
        }
        let (done, stopped) = oneshot::channel();
        // `send` waits if the mailbox is full, because everything before the stop is answered first.
        if self.0.jobs.send(WriterRequest::Stop(done)).await.is_ok() {
            let _ = stopped.await;
        }
    }

    /// Whether an org is served. The error says why not, for a damaged log with the row, the entry
    /// and the file.
    pub fn served(&self, org: &OrgId) -> Result<(), HubError> {
        self.org(org).map(drop)
    }

    /// Waits until the log of some org is damaged; forever, if none ever is.
    pub async fn damaged(&self) {
        let mut news = self.0.damaged.subscribe();
        while self.damage().is_empty() {
            // The sender is ours, so it is never gone.
            let _ = news.changed().await;
        }
    }

    /// What is damaged, in each org whose log is. The org is refused until somebody restores its log.
    #[must_use]
    pub fn damage(&self) -> Vec<String> {
        self.0.orgs.values().filter_map(|org| org.published.damage()).map(str::to_owned).collect()
    }

    fn org(&self, org: &OrgId) -> Result<&ServedOrg, HubError> {
        let org = self.0.orgs.get(org).ok_or(HubError::NoSuchOrg)?;
        match org.published.damage() {
            Some(why) => Err(HubError::Damaged(why.to_owned())),
            None => Ok(org),
        }
    }

    /// What a failed read of an org's log means. If the log is damaged, the org is closed.
    fn unread(&self, org: &OrgId, error: &LogError) -> HubError {
        let why = error.to_string();
        match error {
            LogError::Corrupt { .. } => {
                if let Some(org) = self.0.orgs.get(org) {
                    org.published.close(&why);
                }
                // If the mailbox is full, the next read or the scrub says it again; readers know it now.
                let _ = self.tell(WriterRequest::Damaged(org.clone(), why.clone()));
                HubError::Damaged(why)
            }
            LogError::Unavailable(_) | LogError::Fatal(_) => HubError::Unavailable(why),
        }
    }

    fn tell(&self, job: WriterRequest) -> Result<(), HubError> {
        self.0.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => HubError::Busy,
            TrySendError::Closed(_) => HubError::Stopped,
        })
    }
}

//! The shelf's thread. It answers queries and, between them, reads the log from its cursor: in large steps
//! when nobody asks, because each step costs a transaction and a write of every page that changes, and at
//! once when somebody does. A query may ask for everything up to a place, and then waits until that has been
//! read, unless so much is unread that the wait would be long (R-REPLY-6).

use super::{
    IndexedPlaces, ShelfError,
    store::{Store, is_damage},
};
use crate::{
    hub::{
        log::{
            Log, Pos, Stored,
            chain::{self, ChainCursor},
        },
        origins::Origins,
    },
    model::{OrgId, Seq, status_report},
};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    time::Instant,
};

/// How long entries gather before they are indexed, if nobody asks.
const LINGER: Duration = Duration::from_millis(250);
/// How many entries are read from the log at once.
const STEP: usize = 250;
/// How many entries are indexed in one transaction, if nobody asks.
const BATCH: usize = 20_000;
/// How many are while somebody does, who would wait for the transaction: about 50 ms of work.
const BATCH_WHILE_ASKED: usize = 1_000;
/// How long after a query the next one is expected.
const ASKED_FOR: Duration = Duration::from_secs(2);
/// How many unread entries a query waits for: about 200 ms of work.
pub(super) const WAITED_FOR: u64 = status_report::INDEX_BEHIND;
/// How long it waits for them at most, should it take longer than it ought to.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) enum ShelfRequest {
    /// Read the log, which may have grown.
    Wake,
    Query(Query),
    Stop(oneshot::Sender<()>),
}

type QueryFn = dyn FnOnce(Result<&mut Store, ShelfError>) -> rusqlite::Result<()> + Send;

/// A query that waits to be answered.
pub(super) struct Query {
    up_to: Option<(OrgId, Seq)>,
    /// When the thread took it in; the thread's clock is not that of a caller in a test.
    since: Option<Instant>,
    answer: Box<QueryFn>,
}

impl Query {
    pub(super) fn new<T: Send + 'static>(
        up_to: Option<(OrgId, Seq)>,
        run: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> (Self, oneshot::Receiver<Result<T, ShelfError>>) {
        let (reply, answer) = oneshot::channel();
        let run = move |store: Result<&mut Store, ShelfError>| {
            let (said, damage) = match store.map(run) {
                Err(error) => (Err(error), Ok(())),
                Ok(Ok(found)) => (Ok(found), Ok(())),
                Ok(Err(error)) => (Err(ShelfError::Unavailable(error.to_string())), Err(error)),
            };
            // The caller may have stopped waiting for the answer, which is fine.
            let _ = reply.send(said);
            damage
        };
        (Self { up_to, since: None, answer: Box::new(run) }, answer)
    }
}

/// How a shelf and a log go together.
pub(super) enum Fit {
    /// The log holds what the shelf has read.
    Fits,
    /// The log does not hold what the shelf has read, in words. It lost its tail, or it is an older copy.
    Lacks(String),
    /// The shelf cannot be read, so it has to be made anew.
    Unreadable,
}

/// Compares the last entry of each org that the shelf has read with what the log has there. A shelf of
/// another log is none of these cases, because it was made anew when it was opened.
pub(super) async fn compare(store: &Store, log: &dyn Log, orgs: &[OrgId]) -> Fit {
    for org in orgs {
        let read = store.applied(org).and_then(|place| store.anchor(org, place.seq));
        let Ok(place) = read else { return Fit::Unreadable };
        if place.seq > Seq(0) && place.seq < log.begin(org).place.seq {
            // What it lacks went out of the log, so that it begins anew with what the log begins with.
            return Fit::Unreadable;
        }
        // If the log cannot be read now, the shelf gets the benefit of the doubt.
        if !chain::holds(log, org, &place).await.unwrap_or(true) {
            return Fit::Lacks(chain::lacks(org, &place, "shelf.db"));
        }
    }
    Fit::Fits
}

/// How writers tell the thread that something was stored. While the thread is awake, or knows already, this
/// costs them no message.
#[derive(Default)]
pub(super) struct Bell {
    /// Whether something was stored that the thread has not begun to read.
    behind: AtomicBool,
    /// Whether the thread sleeps until a message comes.
    asleep: AtomicBool,
}

impl Bell {
    /// Says that something was stored. Returns whether the thread needs a message.
    pub(super) fn ring(&self) -> bool {
        !self.behind.swap(true, Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst)
    }

    /// Says that the thread sleeps now. False if it must not, because something was stored.
    fn sleep(&self) -> bool {
        self.asleep.store(true, Ordering::SeqCst);
        !self.behind.load(Ordering::SeqCst) || !self.asleep.swap(false, Ordering::SeqCst)
    }
}

/// Answers questions from an index of nothing, which is made when the first of them comes.
#[cfg(any(test, feature = "trust"))]
pub(super) async fn answer_unindexed(mut jobs: mpsc::Receiver<ShelfRequest>) {
    let mut empty = None;
    while let Some(job) = jobs.recv().await {
        match job {
            ShelfRequest::Wake => {}
            ShelfRequest::Query(query) => {
                if empty.is_none() {
                    empty = Store::open(None, "").ok();
                }
                // What is damaged in it is told to whoever asked.
                let _ = (query.answer)(empty.as_mut().ok_or(ShelfError::Stopped));
            }
            ShelfRequest::Stop(done) => drop(done.send(())),
        }
    }
}

pub(super) struct ShelfThread {
    store: Option<Store>,
    log: Arc<dyn Log>,
    /// The Worlds with which pruned logs begin; `None` without a data folder.
    origins: Option<Origins>,
    orgs: Vec<OrgId>,
    jobs: mpsc::Receiver<ShelfRequest>,
    bell: Arc<Bell>,
    indexed: Arc<IndexedPlaces>,
    /// When the log is to be read on, if nobody asks before; `None` if nothing new was stored.
    due: Option<Instant>,
    /// When somebody asked last.
    asked: Option<Instant>,
    waiting: Vec<Query>,
}

impl ShelfThread {
    pub(super) fn new(
        store: Store,
        (log, origins): (Arc<dyn Log>, Option<Origins>),
        orgs: Vec<OrgId>,
        jobs: mpsc::Receiver<ShelfRequest>,
        (bell, indexed): (Arc<Bell>, Arc<IndexedPlaces>),
    ) -> Self {
        let (due, asked, waiting) = (Some(Instant::now()), None, Vec::new());
        let store = Some(store);
        Self { store, log, origins, orgs, jobs, bell, indexed, due, asked, waiting }
    }

    pub(super) fn run(mut self, runtime: &Handle) {
        loop {
            match self.next() {
                NextJob::Closed => return,
                NextJob::Due => {}
                NextJob::Job(first) => {
                    let mut job = Some(first);
                    while let Some(next) = job {
                        match next {
                            ShelfRequest::Wake => {}
                            ShelfRequest::Query(query) => self.take_in(query),
                            ShelfRequest::Stop(done) => return self.stop(done),
                        }
                        job = self.jobs.try_recv().ok();
                    }
                }
            }
            self.answer(true);
            let now = Instant::now();
            if self.due.is_none() && self.bell.behind.load(Ordering::SeqCst) {
                self.due = Some(now + LINGER);
            }
            if !self.waiting.is_empty() || self.due.is_some_and(|due| due <= now) {
                self.bell.behind.store(false, Ordering::SeqCst);
                let most = if self.is_asked() { BATCH_WHILE_ASKED } else { BATCH };
                let more = runtime.block_on(self.read_on(most));
                self.due = more.then_some(now);
                self.answer(more);
            }
            let asked = self.is_asked();
            self.settle(|store| store.settle_when_due(asked));
        }
    }

    fn take_in(&mut self, mut query: Query) {
        query.since = Some(Instant::now());
        if query.up_to.is_some() {
            self.asked = query.since;
        }
        self.waiting.push(query);
    }

    /// Waits for what is to be done next.
    fn next(&mut self) -> NextJob {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            match self.jobs.poll_recv(&mut context) {
                Poll::Ready(Some(job)) => return NextJob::Job(job),
                Poll::Ready(None) => return NextJob::Closed,
                Poll::Pending => {}
            }
            let Some(due) = self.due else {
                if self.bell.sleep() {
                    thread::park();
                } else {
                    self.due = Some(Instant::now() + LINGER);
                }
                continue;
            };
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return NextJob::Due;
            }
            thread::park_timeout(left);
        }
    }

    fn is_asked(&self) -> bool {
        self.asked.is_some_and(|at| at.elapsed() < ASKED_FOR)
    }

    fn stop(mut self, done: oneshot::Sender<()>) {
        self.answer(false);
        self.settle(Store::settle_to_stop);
        // The file is closed before anyone hears of the stop, because whoever waited for it may be the
        // next to open the file.
        drop(self);
        let _ = done.send(());
    }

    /// Answers the queries that can be answered, and all of them if there is no `more` to read.
    fn answer(&mut self, more: bool) {
        for query in std::mem::take(&mut self.waiting) {
            let Some(store) = &mut self.store else {
                let gone = ShelfError::Unavailable("its file cannot be made".into());
                let _ = (query.answer)(Err(gone));
                continue;
            };
            let unread = query.up_to.as_ref().map_or(0, |(org, head)| {
                head.0.saturating_sub(store.applied(org).unwrap_or_default().seq.0)
            });
            let patient = query.since.is_none_or(|since| since.elapsed() < PATIENCE);
            let waits = patient && (1..=WAITED_FOR).contains(&unread);
            if waits && more {
                self.waiting.push(query);
                continue;
            }
            if let Err(error) = (query.answer)(Ok(store))
                && is_damage(&error)
            {
                self.renew(&error);
            }
        }
    }

    /// Reads one batch of each org, of up to `most` entries, and returns whether there may be more. When somebody
    /// asks, the other orgs are left for the next time, when they come first.
    async fn read_on(&mut self, most: usize) -> bool {
        let mut more = false;
        for _ in 0..self.orgs.len() {
            if more && !self.jobs.is_empty() {
                break;
            }
            let Some(org) = self.orgs.first().cloned() else { break };
            self.orgs.rotate_left(1);
            match self.read_org(&org, most).await {
                Ok(unfinished) => more |= unfinished,
                Err(Trouble::Log(error)) => tracing::warn!(%org, "the index stands: {error}"),
                Err(Trouble::Store(error)) if is_damage(&error) => {
                    self.renew(&error);
                    more = true;
                }
                Err(Trouble::Store(error)) => tracing::warn!(%org, "the index stands: {error}"),
                Err(Trouble::Origin(why)) => tracing::warn!(%org, "the index stands: {why}"),
            }
        }
        more
    }

    /// Indexes up to `most` entries of an org, and returns whether it may have more. When somebody asks, the
    /// batch ends early, so that nobody waits for a large one.
    async fn read_org(&mut self, org: &OrgId, most: usize) -> Result<bool, Trouble> {
        let Some(store) = &mut self.store else { return Ok(false) };
        let mut from = store.applied(org).map_err(Trouble::Store)?;
        let begin = self.log.begin(org);
        if from.seq < begin.place.seq {
            let origins = self.origins.as_ref().ok_or("a log without a data folder is not pruned");
            let origin = origins.map_err(str::to_owned).and_then(|all| all.open(org, &begin));
            let origin = origin.map_err(Trouble::Origin)?;
            let taken = store.begin_with(org, &origin, begin.place).map_err(Trouble::Store)?;
            taken.map_err(Trouble::Origin)?;
            from = begin.place;
        }
        let mut to = from;
        let mut read = follow(&*self.log, org, &mut to).await?;
        if to == from {
            return Ok(false);
        }
        let mut batch = store.batch(org).map_err(Trouble::Store)?;
        let mut indexed = 0;
        loop {
            batch.add(&read).map_err(Trouble::Store)?;
            indexed += read.len();
            let more = read.len() == STEP;
            if !more || indexed >= most || !self.jobs.is_empty() {
                batch.commit(to).map_err(Trouble::Store)?;
                self.note(org, to.seq);
                return Ok(more);
            }
            read = follow(&*self.log, org, &mut to).await?;
        }
    }

    /// Notes for whoever asks up to where an org is indexed.
    fn note(&self, org: &OrgId, at: Seq) {
        if let Some(place) = self.indexed.get(org) {
            place.store(at.0, Ordering::Relaxed);
        }
    }

    /// Has a checkpoint made. If the disk is full, the write-ahead log has everything until there is room.
    fn settle(&mut self, settle: impl FnOnce(&mut Store) -> io::Result<()>) {
        match self.store.as_mut().map_or(Ok(()), settle) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => self.renew(&error),
            Err(error) => tracing::warn!("shelf.db keeps its write-ahead log: {error}"),
            Ok(()) => {}
        }
    }

    /// Begins again with an empty file, which the log can fill.
    fn renew(&mut self, why: &dyn std::fmt::Display) {
        tracing::warn!("shelf.db is damaged: {why}; it is being rebuilt from the log");
        self.store = self.store.take().and_then(|store| {
            store.anew(self.log.id()).map_err(|error| tracing::error!("shelf.db: {error}")).ok()
        });
        self.indexed.values().for_each(|place| place.store(0, Ordering::Relaxed));
        self.bell.behind.store(true, Ordering::SeqCst);
    }
}

async fn follow(
    log: &dyn Log,
    org: &OrgId,
    to: &mut ChainCursor,
) -> Result<Vec<(Pos, Stored)>, Trouble> {
    chain::follow(log, org, to, STEP).await.map_err(Trouble::Log)
}

enum NextJob {
    Job(ShelfRequest),
    /// It is time to read on.
    Due,
    /// Nobody has a handle on the shelf any more.
    Closed,
}

/// Wakes the thread, which waits for a job or until something is due, whichever comes first.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

enum Trouble {
    Log(crate::hub::log::LogError),
    Store(rusqlite::Error),
    /// The World with which the log begins cannot be read.
    Origin(String),
}

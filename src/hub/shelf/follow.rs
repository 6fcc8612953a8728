//! The shelf's thread: answers questions and, between them, reads the log from its cursor. A
//! question may ask for everything up to a place; it waits until that has been read.

use super::{
    ShelfError,
    store::{Store, is_damage},
};
use crate::{
    hub::log::{Log, chain},
    model::{OrgId, Seq},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

/// Entries per transaction: what a question may have to wait for, about 20 ms.
const BATCH: usize = 500;

pub(super) enum Job {
    /// There may be something to read.
    Wake,
    Query(Query),
    Stop(oneshot::Sender<()>),
}

type Answer = dyn FnOnce(Result<&mut Store, ShelfError>) -> rusqlite::Result<()> + Send;

/// A question and how it is answered.
pub(super) struct Query {
    up_to: Option<(OrgId, Seq)>,
    answer: Box<Answer>,
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
            // Nobody waits for an answer any more: fine.
            let _ = reply.send(said);
            damage
        };
        (Self { up_to, answer: Box::new(run) }, answer)
    }
}

/// Whether what the shelf has read is still what the log holds.
pub(super) async fn fits(store: &Store, log: &dyn Log, orgs: &[OrgId]) -> bool {
    for org in orgs {
        let read = store.applied(org).and_then(|place| store.anchor(org, place.seq));
        match read {
            // A log that cannot be read now says nothing about the shelf.
            Ok(place) if chain::holds(log, org, &place).await.unwrap_or(true) => {}
            _ => return false,
        }
    }
    true
}

pub(super) struct Task {
    store: Option<Store>,
    log: Arc<dyn Log>,
    orgs: Vec<OrgId>,
    jobs: mpsc::Receiver<Job>,
    /// Set from outside when something was stored.
    behind: Arc<AtomicBool>,
    waiting: Vec<Query>,
}

impl Task {
    pub(super) fn new(
        store: Store,
        log: Arc<dyn Log>,
        orgs: Vec<OrgId>,
        jobs: mpsc::Receiver<Job>,
        behind: Arc<AtomicBool>,
    ) -> Self {
        Self { store: Some(store), log, orgs, jobs, behind, waiting: Vec::new() }
    }

    pub(super) fn run(mut self, runtime: &Handle) {
        let mut more = false;
        loop {
            let first = if more { self.jobs.try_recv().ok() } else { self.jobs.blocking_recv() };
            if first.is_none() && (!more || self.jobs.is_closed()) {
                return;
            }
            let mut job = first;
            while let Some(next) = job {
                match next {
                    Job::Wake => {}
                    Job::Query(query) => self.waiting.push(query),
                    Job::Stop(done) => {
                        self.answer(false);
                        // Closed before anyone hears of it: who waited may open the file next.
                        drop(self);
                        let _ = done.send(());
                        return;
                    }
                }
                job = self.jobs.try_recv().ok();
            }
            self.answer(true);
            let behind = self.behind.swap(false, Ordering::AcqRel);
            if more || behind || !self.waiting.is_empty() {
                more = runtime.block_on(self.read_on());
                self.answer(more);
            }
        }
    }

    /// Answers what can be answered; if there is no `more` to read, everything.
    fn answer(&mut self, more: bool) {
        for query in std::mem::take(&mut self.waiting) {
            let Some(store) = &mut self.store else {
                let gone = ShelfError::Unavailable("its file cannot be made".into());
                let _ = (query.answer)(Err(gone));
                continue;
            };
            let ready = query
                .up_to
                .as_ref()
                .is_none_or(|(org, seq)| store.applied(org).is_ok_and(|place| place.seq >= *seq));
            if !ready && more {
                self.waiting.push(query);
                continue;
            }
            let store = if ready { Ok(store) } else { Err(behind()) };
            let answer = (query.answer)(store);
            if answer.is_err_and(|error| is_damage(&error)) {
                self.renew();
            }
        }
    }

    /// Reads one batch of each org; whether there may be more.
    async fn read_on(&mut self) -> bool {
        let mut more = false;
        for org in self.orgs.clone() {
            match self.read_org(&org).await {
                Ok(read) => more |= read == BATCH,
                Err(Trouble::Log(error)) => tracing::warn!(%org, "the index stands: {error}"),
                Err(Trouble::Store(error)) if is_damage(&error) => {
                    self.renew();
                    more = true;
                }
                Err(Trouble::Store(error)) => tracing::warn!(%org, "the index stands: {error}"),
            }
        }
        more
    }

    async fn read_org(&mut self, org: &OrgId) -> Result<usize, Trouble> {
        let Some(store) = &mut self.store else { return Ok(0) };
        let from = store.applied(org).map_err(Trouble::Store)?;
        let mut to = from;
        let rows = chain::follow(&*self.log, org, &mut to, BATCH).await.map_err(Trouble::Log)?;
        if to != from {
            store.apply(org, &rows, to).map_err(Trouble::Store)?;
        }
        Ok(rows.len())
    }

    /// Begins with an empty file: the log has everything.
    fn renew(&mut self) {
        tracing::warn!("shelf.db is damaged; it is being rebuilt from the log");
        self.store = self.store.take().and_then(|store| {
            store.anew(self.log.id()).map_err(|error| tracing::error!("shelf.db: {error}")).ok()
        });
        self.behind.store(true, Ordering::Release);
    }
}

fn behind() -> ShelfError {
    ShelfError::Unavailable("it is behind the log".into())
}

enum Trouble {
    Log(crate::hub::log::LogError),
    Store(rusqlite::Error),
}

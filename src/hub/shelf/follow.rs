//! The shelf's thread. It answers queries and, between them, reads the log from its cursor. A query may
//! ask for everything up to a place, and then waits until that has been read.

use super::{
    ShelfError,
    store::{Store, is_damage},
};
use crate::{
    hub::log::{Log, chain},
    model::{OrgId, Seq},
};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

/// How many entries are indexed in one transaction. A query may have to wait for one, about 20 ms.
const BATCH: usize = 500;

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
        (Self { up_to, answer: Box::new(run) }, answer)
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
        // If the log cannot be read now, the shelf gets the benefit of the doubt.
        if !chain::holds(log, org, &place).await.unwrap_or(true) {
            return Fit::Lacks(format!(
                "the log of {org} lacks entry {}, which shelf.db has seen: log.db lost its end or is an older \
                 copy. What came after is gone, and so are its idempotency keys: a call of then that is \
                 repeated would be done twice. Put the right log.db back, or start once with --accept-loss",
                place.seq
            ));
        }
    }
    Fit::Fits
}

pub(super) struct ShelfThread {
    store: Option<Store>,
    log: Arc<dyn Log>,
    orgs: Vec<OrgId>,
    jobs: mpsc::Receiver<ShelfRequest>,
    /// Set by `Shelf::wake` when something was stored.
    behind: Arc<AtomicBool>,
    waiting: Vec<Query>,
}

impl ShelfThread {
    pub(super) fn new(
        store: Store,
        log: Arc<dyn Log>,
        orgs: Vec<OrgId>,
        jobs: mpsc::Receiver<ShelfRequest>,
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
                    ShelfRequest::Wake => {}
                    ShelfRequest::Query(query) => self.waiting.push(query),
                    ShelfRequest::Stop(done) => {
                        self.answer(false);
                        self.settle(Store::settle);
                        // The file is closed before anyone hears of the stop, because whoever waited
                        // for it may open the file next.
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
            self.settle(Store::settle_when_due);
        }
    }

    /// Answers the queries that can be answered. If there is no `more` to read, it answers all of them,
    /// those that wait for more with an error.
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
            if let Err(error) = answer
                && is_damage(&error)
            {
                self.renew(&error);
            }
        }
    }

    /// Reads one batch of each org, and returns whether there may be more.
    async fn read_on(&mut self) -> bool {
        let mut more = false;
        for org in self.orgs.clone() {
            match self.read_org(&org).await {
                Ok(read) => more |= read == BATCH,
                Err(Trouble::Log(error)) => tracing::warn!(%org, "the index stands: {error}"),
                Err(Trouble::Store(error)) if is_damage(&error) => {
                    self.renew(&error);
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

    /// Has a checkpoint made. If the disk is full, the write-ahead log has everything until there is room.
    fn settle(&mut self, settle: fn(&mut Store) -> io::Result<()>) {
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

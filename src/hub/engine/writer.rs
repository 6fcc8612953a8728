//! The writer's thread. In each turn it takes what waits in the mailbox (up to 256 requests), lets each
//! org's actor decide, and has each actor commit once. No timer forms these groups: while one commit
//! runs, the requests of the next turn gather by themselves. The thread is woken by its mailbox, and by
//! the log when somebody else has appended.
//!
//! Several writers share a log fairly, because a writer that meets another takes short turns and gives way
//! after each. So a slower writer gets its turn too, and a writer that loses an append tries again at once.

use super::{HubError, org_actor::OrgActor, outages::Outages, pending_command::PendingCommand};
use crate::{
    hub::{
        log::{Log, LogEnds, LogError},
        shelf::Shelf,
    },
    model::OrgId,
    rules::World,
};
use futures_util::future::join_all;
use std::{
    collections::BTreeMap,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Duration,
};
use tokio::{
    runtime::Handle,
    select,
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep, sleep_until},
};

/// How many requests may wait in the mailbox; the next one is refused as busy.
pub(super) const MAILBOX: usize = 1024;
/// How many requests a turn takes at most, which bounds how long the first waits for the last.
const TURN: usize = 256;
/// How many requests a turn takes at most while another engine writes to the log too.
const SHORT_TURN: usize = 8;
/// How long to wait before trying again to read a log that could not be read, or to write one that could
/// not be written.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) enum WriterRequest {
    Submit(OrgId, Box<PendingCommand>),
    /// Asks for the World with everything that was asked before.
    Read(OrgId, oneshot::Sender<Result<Arc<World>, HubError>>),
    /// The org's log is damaged, in the words given.
    Damaged(OrgId, String),
    Stop(oneshot::Sender<()>),
}

pub(super) struct Writer {
    actors: BTreeMap<OrgId, OrgActor>,
    mailbox: mpsc::Receiver<WriterRequest>,
    log: Arc<dyn Log>,
    newest: watch::Receiver<LogEnds>,
    outages: Outages,
    /// When to try again whether the log can be written; `None` while it can.
    probe_at: Option<Instant>,
    shelf: Shelf,
    failed: watch::Sender<Option<String>>,
}

impl Writer {
    pub(super) fn new(
        actors: BTreeMap<OrgId, OrgActor>,
        mailbox: mpsc::Receiver<WriterRequest>,
        log: Arc<dyn Log>,
        outages: Outages,
        shelf: Shelf,
        failed: watch::Sender<Option<String>>,
    ) -> Self {
        let newest = log.newest();
        Self { actors, mailbox, log, newest, outages, probe_at: None, shelf, failed }
    }

    pub(super) fn spawn(mut self, runtime: Handle) -> io::Result<()> {
        let run = move || {
            let done = catch_unwind(AssertUnwindSafe(|| runtime.block_on(self.run())));
            match done {
                Ok(stopped) => {
                    // The log is dropped before anyone hears of the stop: whoever waits for it may
                    // open the same folder next.
                    drop(self);
                    // Whoever waited for the stop may have gone meanwhile.
                    let _ = stopped.map(|stopped| stopped.send(()));
                }
                // Whatever was being decided is lost in memory only; a restart reads what was stored.
                Err(_) => self.fail("the writer met a bug".into()),
            }
        };
        thread::Builder::new().name("writer".into()).spawn(run).map(|_| ())
    }

    fn fail(&self, why: String) {
        tracing::error!("nothing is written any more: {why}");
        self.failed.send_replace(Some(why));
    }

    /// Runs until someone asks to stop, and returns whom to tell when it is done; or until every handle
    /// is gone, which is like a crash: nobody is left to tell, and no World is stored.
    async fn run(&mut self) -> Option<oneshot::Sender<()>> {
        let mut turn = Vec::with_capacity(TURN);
        while self.wait(&mut turn).await {
            #[cfg(test)]
            let frozen = super::frozen_clock::FrozenClock::hold();
            if let Some(done) = self.turn(turn.drain(..)).await {
                self.stop().await;
                return Some(done);
            }
            #[cfg(test)]
            drop(frozen);
            let polite = self.actors.values_mut().filter(|actor| actor.gives_way());
            join_all(polite.map(OrgActor::give_way)).await;
        }
        None
    }

    /// Does what was asked for in a turn. Returns whom to tell of the stop, if someone asked for it.
    async fn turn(
        &mut self,
        asked: impl Iterator<Item = WriterRequest>,
    ) -> Option<oneshot::Sender<()>> {
        let stopping = self.decide(asked).await;
        self.commit().await;
        self.probe().await;
        stopping
    }

    /// A turn with what waits now, for whoever steps the writer by hand.
    #[cfg(any(test, feature = "trust"))]
    pub(super) async fn step(&mut self) {
        let shared = self.actors.values().any(OrgActor::is_careful);
        let most = if shared { SHORT_TURN } else { TURN };
        let mut waits = Vec::new();
        while waits.len() < most
            && let Ok(request) = self.mailbox.try_recv()
        {
            waits.push(request);
        }
        self.turn(waits.drain(..)).await;
    }

    #[cfg(any(test, feature = "trust"))]
    pub(super) fn actor(&mut self, org: &OrgId) -> Option<&mut OrgActor> {
        self.actors.get_mut(org)
    }

    /// Waits for something to do. False if no handle is left, so that nothing can be asked any more.
    async fn wait(&mut self, turn: &mut Vec<WriterRequest>) -> bool {
        let shared = self.actors.values().any(OrgActor::is_careful);
        let behind = self.actors.values().any(OrgActor::is_behind);
        let most = if shared { SHORT_TURN } else { TURN };
        let probe_at = self.probe_at;
        let probe = async {
            match probe_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        select! {
            biased;
            taken = self.mailbox.recv_many(turn, most) => if taken == 0 { return false },
            Ok(()) = self.newest.changed() => {}
            () = sleep(AGAIN), if behind => {}
            () = probe => {}
        }
        // Each actor looks for itself whether its log has grown. What is stored after this wakes us.
        self.newest.mark_unchanged();
        true
    }

    /// Hands each request to its actor. Returns whom to tell of the stop, if someone asked for it.
    async fn decide(
        &mut self,
        turn: impl Iterator<Item = WriterRequest>,
    ) -> Option<oneshot::Sender<()>> {
        let mut stopping = None;
        for job in turn {
            match job {
                // A request after the stop is dropped, which its caller reads as `Stopped`.
                WriterRequest::Submit(..) | WriterRequest::Read(..) if stopping.is_some() => {}
                WriterRequest::Damaged(org, why) => {
                    if let Some(actor) = self.actors.get_mut(&org) {
                        actor.damaged(&why);
                    }
                }
                WriterRequest::Submit(org, asked) => {
                    if let Some(actor) = self.actors.get_mut(&org) {
                        actor.enqueue(*asked);
                    }
                }
                WriterRequest::Read(org, reply) => {
                    if let Some(actor) = self.actors.get_mut(&org) {
                        let (world, failure) = actor.read().await;
                        // The caller may have stopped waiting for the answer, which is fine.
                        let _ = reply.send(world);
                        self.note(failure);
                    }
                }
                WriterRequest::Stop(done) => stopping = Some(done),
            }
        }
        stopping
    }

    async fn commit(&mut self) {
        let mut failure = None;
        for actor in self.actors.values_mut() {
            failure = actor.commit().await.or(failure);
        }
        self.note(failure);
        for actor in self.actors.values_mut() {
            actor.settle();
        }
    }

    /// Tries once a second whether the log can be written, while it cannot. Without this only a write that
    /// somebody risks would tell, and as long as the hub says that it cannot write, nobody may.
    async fn probe(&mut self) {
        if !self.outages.is_on() {
            self.probe_at = None;
            return;
        }
        let now = Instant::now();
        if *self.probe_at.get_or_insert(now + AGAIN) > now {
            return;
        }
        match self.log.probe().await {
            Ok(()) => self.outages.over(),
            Err(LogError::Unavailable(_)) => {}
            Err(error @ (LogError::Fatal(_) | LogError::Corrupt { .. })) => {
                self.note(Some(error.to_string()));
            }
        }
        self.probe_at = self.outages.is_on().then(|| Instant::now() + AGAIN);
    }

    /// Closes all actors if the log has failed for good: none may write until a restart (R-LOG-2).
    fn note(&mut self, failure: Option<String>) {
        if let Some(why) = failure {
            for actor in self.actors.values_mut() {
                actor.close(&why);
            }
            self.fail(why);
        }
    }

    async fn stop(&mut self) {
        self.mailbox.close();
        while self.mailbox.try_recv().is_ok() {}
        for actor in self.actors.values_mut() {
            actor.settle_all().await;
            actor.close("the hub is shutting down");
        }
        self.shelf.stop().await;
    }
}

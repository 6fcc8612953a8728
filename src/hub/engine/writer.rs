//! The writer's thread: one turn takes what waits (up to 256 jobs), lets each org's lane decide,
//! and commits each lane once. No timer makes the group: while one commit runs, the next waits.
//! It is woken by its mailbox, and by the log when somebody else has appended.
//!
//! Several writers share a log fairly because whoever meets another takes short turns and gives way
//! after each: the others need not be as fast, and who does lose an append tries again at once.

use super::{HubError, asked::Asked, lane::Lane};
use crate::{
    hub::{
        log::{Ends, Log},
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
    thread,
    time::Duration,
};
use tokio::{
    runtime::Handle,
    select,
    sync::{mpsc, oneshot, watch},
    time::sleep,
};

/// How many jobs may wait; the next is refused as busy.
pub(super) const MAILBOX: usize = 1024;
/// Jobs per turn: bounds how long the first waits for the last.
const TURN: usize = 256;
/// Jobs per turn while another engine writes too.
const SHORT_TURN: usize = 8;
/// When to try again to read a log that could not be read.
const AGAIN: Duration = Duration::from_secs(1);

type Reading = dyn FnOnce(Result<&World, HubError>) + Send;

pub(super) enum Job {
    Submit(OrgId, Box<Asked>),
    Read(OrgId, Box<Reading>),
    Stop(oneshot::Sender<()>),
}

pub(super) struct Writer {
    lanes: BTreeMap<OrgId, Lane>,
    mailbox: mpsc::Receiver<Job>,
    newest: watch::Receiver<Ends>,
    shelf: Shelf,
    failed: watch::Sender<Option<String>>,
}

impl Writer {
    pub(super) fn new(
        lanes: BTreeMap<OrgId, Lane>,
        mailbox: mpsc::Receiver<Job>,
        log: &dyn Log,
        shelf: Shelf,
        failed: watch::Sender<Option<String>>,
    ) -> Self {
        Self { lanes, mailbox, newest: log.newest(), shelf, failed }
    }

    pub(super) fn spawn(mut self, runtime: Handle) -> io::Result<()> {
        let run = move || {
            let done = catch_unwind(AssertUnwindSafe(|| runtime.block_on(self.run())));
            match done {
                Ok(stopped) => {
                    // The log is let go before anyone hears of it: its folder is free again.
                    drop(self);
                    // Whoever waits for the end may have gone.
                    let _ = stopped.map(|stopped| stopped.send(()));
                }
                // What was being decided is lost in memory only; a restart reads the truth.
                Err(_) => self.fail("the writer met a bug".into()),
            }
        };
        thread::Builder::new().name("writer".into()).spawn(run).map(|_| ())
    }

    fn fail(&self, why: String) {
        tracing::error!("nothing is written any more: {why}");
        self.failed.send_replace(Some(why));
    }

    /// Until every handle is gone (a crash in miniature: nothing is owed), or someone who is then
    /// to be told says stop.
    async fn run(&mut self) -> Option<oneshot::Sender<()>> {
        let mut turn = Vec::with_capacity(TURN);
        while self.wait(&mut turn).await {
            #[cfg(test)]
            let still = super::still::Still::stand();
            let stopping = self.decide(turn.drain(..)).await;
            self.commit().await;
            if let Some(done) = stopping {
                self.stop().await;
                return Some(done);
            }
            #[cfg(test)]
            drop(still);
            let polite = self.lanes.values_mut().filter(|lane| lane.gives_way());
            join_all(polite.map(Lane::give_way)).await;
        }
        None
    }

    /// Waits for something to do; false when nobody can ask for anything any more.
    async fn wait(&mut self, turn: &mut Vec<Job>) -> bool {
        let shared = self.lanes.values().any(Lane::is_careful);
        let behind = self.lanes.values().any(Lane::is_behind);
        let most = if shared { SHORT_TURN } else { TURN };
        select! {
            biased;
            taken = self.mailbox.recv_many(turn, most) => if taken == 0 { return false },
            Ok(()) = self.newest.changed() => {}
            () = sleep(AGAIN), if behind => {}
        }
        // Each lane looks for itself; what is stored from here on wakes us again.
        self.newest.mark_unchanged();
        true
    }

    /// Hands each job to its lane; who asked to stop, if someone did.
    async fn decide(&mut self, turn: impl Iterator<Item = Job>) -> Option<oneshot::Sender<()>> {
        let mut stopping = None;
        for job in turn {
            match job {
                // What comes after a stop is dropped, which its caller reads as `Stopped`.
                Job::Submit(..) | Job::Read(..) if stopping.is_some() => {}
                Job::Submit(org, asked) => {
                    if let Some(lane) = self.lanes.get_mut(&org) {
                        lane.take(*asked);
                    }
                }
                Job::Read(org, reading) => {
                    if let Some(lane) = self.lanes.get_mut(&org) {
                        // A reading sees only what is durable, and all of what came before it.
                        let (world, failure) = lane.read().await;
                        reading(world);
                        self.note(failure);
                    }
                }
                Job::Stop(done) => stopping = Some(done),
            }
        }
        stopping
    }

    async fn commit(&mut self) {
        let mut failure = None;
        for lane in self.lanes.values_mut() {
            failure = lane.commit().await.or(failure);
        }
        self.note(failure);
        for lane in self.lanes.values_mut() {
            lane.snapshot_if_due();
        }
    }

    /// After a failure of the log no lane writes again.
    fn note(&mut self, failure: Option<String>) {
        if let Some(why) = failure {
            for lane in self.lanes.values_mut() {
                lane.close(&why);
            }
            self.fail(why);
        }
    }

    async fn stop(&mut self) {
        self.mailbox.close();
        while self.mailbox.try_recv().is_ok() {}
        for lane in self.lanes.values() {
            lane.snapshot().await;
        }
        self.shelf.stop().await;
    }
}

//! The writer's thread: one turn takes what waits (up to 256 jobs), lets each org's lane decide,
//! and commits each lane once. No timer makes the group: while one commit runs, the next waits.

use super::{
    HubError,
    lane::{Asked, Lane},
};
use crate::{hub::shelf::Shelf, model::OrgId, rules::World};
use std::{
    collections::BTreeMap,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot, watch},
};

/// How many jobs may wait; the next is refused as busy.
pub(super) const MAILBOX: usize = 1024;
/// Jobs per turn: bounds how long the first waits for the last.
const TURN: usize = 256;

type Reading = dyn FnOnce(Result<&World, HubError>) + Send;

pub(super) enum Job {
    Submit(OrgId, Box<Asked>),
    Read(OrgId, Box<Reading>),
    Stop(oneshot::Sender<()>),
}

pub(super) struct Writer {
    lanes: BTreeMap<OrgId, Lane>,
    mailbox: mpsc::Receiver<Job>,
    shelf: Shelf,
    failed: watch::Sender<Option<String>>,
}

impl Writer {
    pub(super) fn new(
        lanes: BTreeMap<OrgId, Lane>,
        mailbox: mpsc::Receiver<Job>,
        shelf: Shelf,
        failed: watch::Sender<Option<String>>,
    ) -> Self {
        Self { lanes, mailbox, shelf, failed }
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
        while self.mailbox.recv_many(&mut turn, TURN).await > 0 {
            #[cfg(test)]
            let _still = super::still::Still::stand();
            let stopping = self.decide(turn.drain(..)).await;
            self.commit().await;
            if let Some(done) = stopping {
                self.stop().await;
                return Some(done);
            }
        }
        None
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
                        lane.take(*asked).await;
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

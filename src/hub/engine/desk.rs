//! How a worker reads the log and reports: one org's hub with patience, and its log from a cursor.
//! Timers, notifications, the sandbox and every network work through these two.

use crate::{
    hub::{
        engine::{Hub, HubError},
        log::Stored,
    },
    model::{Actor, Caller, Command, NetworkCommand, OrgId, OrgSettings, Receipt, Seq, Timestamp},
    rules::World,
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::sleep};

/// How long to wait before asking a busy hub again, at first and at most.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// How many entries are read at once.
const BATCH: usize = 256;

/// The hub as one org's workers see it. Every call waits until the hub can answer; `None` means
/// that it never will: it is shutting down.
#[derive(Clone)]
pub struct Desk {
    hub: Hub,
    org: OrgId,
}

impl Desk {
    /// For the workers of an org.
    #[must_use]
    pub fn new(hub: &Hub, org: &OrgId) -> Self {
        Self { hub: hub.clone(), org: org.clone() }
    }
    /// The org.
    #[must_use]
    pub fn org(&self) -> &OrgId {
        &self.org
    }
    /// The org's settings.
    #[must_use]
    pub fn settings(&self) -> Arc<OrgSettings> {
        self.hub.settings(&self.org).unwrap_or_default()
    }

    /// The org's time, which a sandbox may have moved forward.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.hub.now(&self.org)
    }

    /// What a network, a phone or a timer reports.
    pub async fn report(&self, actor: Actor, command: NetworkCommand) -> Option<Receipt> {
        self.submit(Caller { app: None, actor }, command.into()).await
    }

    /// Has a command decided, asking again for as long as the hub is busy or the log cannot be
    /// written. What is asked again may be done twice when its fate was unknown, so only what the
    /// rules take as a repetition should be submitted so.
    pub async fn submit(&self, caller: Caller, command: Command) -> Option<Receipt> {
        let mut wait = WAITS.0;
        loop {
            match self.hub.submit(&self.org, caller.clone(), None, command.clone()).await {
                Ok(receipt) => return Some(receipt),
                Err(error) => wait = patience(&error, wait).await?,
            }
        }
    }

    /// Asks the World something.
    pub async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&World) -> T + Clone + Send + 'static,
    ) -> Option<T> {
        let mut wait = WAITS.0;
        loop {
            match self.hub.read(&self.org, ask.clone()).await {
                Ok(answer) => return Some(answer),
                Err(error) => wait = patience(&error, wait).await?,
            }
        }
    }

    /// Changes whenever an entry is stored.
    #[must_use]
    pub fn head(&self) -> Option<watch::Receiver<Seq>> {
        self.hub.head(&self.org).ok()
    }
    /// The log after a place.
    #[must_use]
    pub fn follow(&self, after: Seq) -> Option<Follower> {
        Follower::new(&self.hub, &self.org, after).ok()
    }
}

/// Waits if trying again makes sense; the next wait is longer.
async fn patience(error: &HubError, wait: Duration) -> Option<Duration> {
    match error {
        HubError::Busy | HubError::Unavailable(_) | HubError::Unknown(_) => {
            sleep(wait).await;
            Some((wait * 2).min(WAITS.1))
        }
        HubError::NoSuchOrg | HubError::Stopped => None,
    }
}

/// A cursor on one org's log.
pub struct Follower {
    hub: Hub,
    org: OrgId,
    at: Seq,
    head: watch::Receiver<Seq>,
}

impl Follower {
    /// A cursor after `at`.
    pub fn new(hub: &Hub, org: &OrgId, at: Seq) -> Result<Self, HubError> {
        let head = hub.head(org)?;
        Ok(Self { hub: hub.clone(), org: org.clone(), at, head })
    }
    /// A cursor at the newest entry.
    pub fn at_head(hub: &Hub, org: &OrgId) -> Result<Self, HubError> {
        let head = hub.head(org)?;
        let at = *head.borrow();
        Ok(Self { hub: hub.clone(), org: org.clone(), at, head })
    }

    /// The next entries, at least one; waits for them. `None`: the hub is shutting down.
    /// Dropping the future loses nothing: the cursor moves when the entries are handed out.
    pub async fn next(&mut self) -> Option<Vec<Stored>> {
        let mut wait = WAITS.0;
        loop {
            // Marked as seen before reading: what is stored meanwhile wakes us again.
            self.head.borrow_and_update();
            match self.hub.entries_after(&self.org, self.at, BATCH).await {
                Ok(batch) => match batch.last() {
                    Some(newest) => {
                        self.at = newest.entry.seq;
                        return Some(batch);
                    }
                    None => self.head.changed().await.ok()?,
                },
                Err(error) => wait = patience(&error, wait).await?,
            }
        }
    }
}

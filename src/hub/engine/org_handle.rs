//! How a worker that runs beside the engine reads an org's log and reports to it. `OrgHandle` is the
//! hub as one org's workers see it, with the patience to ask again; `LogFollower` is a cursor on the
//! org's log. Timers, lease calls and the sandbox use them. Neither has a way around the engine.

use crate::{
    hub::{
        engine::{Hub, HubError, LogReader},
        log::Stored,
        measures::outcome,
    },
    model::{
        Actor, CallId, Caller, Command, NetworkCommand, OrgId, OrgSettings, Receipt, Seq, Timestamp,
    },
    rules::World,
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::sleep};

/// How long to wait before asking again, at first and at most; the wait doubles in between.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// How many entries a follower reads at once.
const BATCH: usize = 256;

/// The hub as one org's workers see it. Every call waits until the hub can answer. `None` means that
/// it never will, because it is shutting down.
#[derive(Clone)]
pub struct OrgHandle {
    hub: Hub,
    org: OrgId,
}

impl OrgHandle {
    #[must_use]
    pub fn new(hub: &Hub, org: &OrgId) -> Self {
        Self { hub: hub.clone(), org: org.clone() }
    }
    #[must_use]
    pub fn org(&self) -> &OrgId {
        &self.org
    }
    #[must_use]
    pub fn settings(&self) -> Arc<OrgSettings> {
        self.hub.settings(&self.org).unwrap_or_default()
    }

    /// The org's time, which a sandbox may have moved forward.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.hub.now(&self.org)
    }

    /// Submits what a network, a phone or a timer reports.
    pub async fn report(&self, actor: Actor, command: NetworkCommand) -> Option<Receipt> {
        let carried = match &command {
            NetworkCommand::ReportCarriage { carrier, step, .. } => {
                outcome(step).map(|outcome| (carrier.clone(), outcome))
            }
            _ => None,
        };
        let receipt = self.submit(Caller { app: None, actor }, command.into()).await?;
        if let Some((carrier, outcome)) = carried.filter(|_| receipt.is_ok()) {
            self.hub.measures().carried.note(&self.org, &carrier, outcome);
        }
        Some(receipt)
    }

    /// Has a command decided, and asks again for as long as the hub is busy or the log cannot be
    /// written. A command of unknown fate is asked again too and may be done twice, so only commands
    /// that the rules recognise as repetitions should go this way.
    pub async fn submit(&self, caller: Caller, command: Command) -> Option<Receipt> {
        let mut wait = WAITS.0;
        loop {
            match self.hub.submit(&self.org, caller.clone(), None, command.clone()).await {
                Ok(receipt) => return Some(receipt),
                Err(error) => wait = patience(&error, wait).await?,
            }
        }
    }

    /// The same under an idempotency key, so that a command of unknown fate is done once however often it is asked.
    pub async fn once(
        &self,
        caller: Caller,
        call: (CallId, [u8; 32]),
        command: Command,
    ) -> Option<Receipt> {
        let mut wait = WAITS.0;
        loop {
            let call = Some(call.clone());
            match self.hub.submit(&self.org, caller.clone(), call, command.clone()).await {
                Ok(receipt) => return Some(receipt),
                Err(error) => wait = patience(&error, wait).await?,
            }
        }
    }

    /// Runs `ask` on the World, after everything that was submitted before.
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

    /// The same beside the work, for questions about many customers; see `Hub::scan`.
    pub async fn scan<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&World) -> T + Clone + Send + 'static,
    ) -> Option<T> {
        let mut wait = WAITS.0;
        loop {
            match self.hub.scan(&self.org, ask.clone()).await {
                Ok(answer) => return Some(answer),
                Err(error) => wait = patience(&error, wait).await?,
            }
        }
    }

    /// The newest place of the org, as a watch that changes whenever an entry is stored.
    #[must_use]
    pub fn head(&self) -> Option<watch::Receiver<Seq>> {
        self.hub.head(&self.org).ok()
    }
    /// A cursor on the org's log after `after`.
    #[must_use]
    pub fn follow(&self, after: Seq) -> Option<LogFollower> {
        LogFollower::new(&self.hub, &self.org, after).ok()
    }
}

/// Waits if trying again makes sense, and returns the next and longer wait; `None` if it does not.
async fn patience(error: &HubError, wait: Duration) -> Option<Duration> {
    match error {
        HubError::Busy | HubError::Unavailable(_) | HubError::Unknown(_) => {
            sleep(wait).await;
            Some((wait * 2).min(WAITS.1))
        }
        HubError::NoSuchOrg | HubError::Stopped | HubError::Damaged(_) => None,
    }
}

/// A cursor on one org's log. It hands out every entry once, in order, and waits for new ones.
pub struct LogFollower {
    reader: LogReader,
    head: watch::Receiver<Seq>,
}

impl LogFollower {
    /// Starts after `at`, so that the first entry handed out is the next one.
    pub fn new(hub: &Hub, org: &OrgId, at: Seq) -> Result<Self, HubError> {
        let head = hub.head(org)?;
        Ok(Self { reader: LogReader::new(hub, org, at), head })
    }
    /// Starts after the newest entry, so that only what is stored from now on is handed out.
    pub fn at_head(hub: &Hub, org: &OrgId) -> Result<Self, HubError> {
        let head = hub.head(org)?;
        let at = *head.borrow();
        Ok(Self { reader: LogReader::new(hub, org, at), head })
    }

    /// The next entries, at least one; waits until there are any. `None` means that the hub is shutting
    /// down. Dropping the future loses nothing: the cursor moves only when entries are handed out.
    pub async fn next(&mut self) -> Option<Vec<Stored>> {
        let mut wait = WAITS.0;
        loop {
            // The head is marked as seen before reading, so that an entry stored meanwhile wakes us.
            self.head.borrow_and_update();
            match self.reader.entries(BATCH).await {
                Ok(batch) if batch.is_empty() => self.head.changed().await.ok()?,
                Ok(batch) => return Some(batch),
                Err(error) => wait = patience(&error, wait).await?,
            }
        }
    }
}

//! `StreamNotifications`: what apps are told of, at least once (R-CONN-3, R-CONN-4, D-HERA,
//! D-OVERFLOW).
//!
//! One follower per app reads the log from a cursor into the app's `queue`; streams take from it.
//! With a slow stream the follower stops reading: then the log is the queue. The cursor is kept by
//! the shelf and never runs ahead of what was delivered, so a restart repeats but misses nothing.
//! An app that has never opened a stream has a queue too, but nobody is told when it overflows.

#![deny(clippy::wildcard_enum_match_arm)]

mod queue;
#[cfg(test)]
#[allow(clippy::wildcard_enum_match_arm, reason = "a test asks about what it expects")]
mod tests;

use super::{
    engine::{Hub, HubError},
    limits::{Ends, FeedPlace},
};
use crate::{
    model::{AppId, Caller, NetworkCommand, OrgId, Seq, Timestamp},
    wire::proto::hera::WebhookRequest,
};
use futures_util::stream::{self, Stream};
use queue::{Item, Queue};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// Entries read at once.
const PAGE: usize = 64;
/// How far back the first reader of an app's notifications looks.
const LOOK_BACK: u64 = 10_000;
/// How often a quiet follower looks whether something became too old.
const TICK: Duration = Duration::from_secs(10);
/// The cursor is stored, and an overflow reported, at most this often.
const SAVE_EVERY: Duration = Duration::from_secs(1);
const REPORT_EVERY: Duration = Duration::from_mins(1);

/// The queues of all apps.
#[derive(Clone)]
pub struct Notifier {
    desks: Arc<HashMap<(OrgId, AppId), Arc<Desk>>>,
}

/// One app's queue and who waits at it.
struct Desk {
    hub: Hub,
    org: OrgId,
    app: AppId,
    queue: Mutex<Queue>,
    /// Something may be there to take.
    filled: Notify,
    /// Something was taken, or a stream came or went.
    changed: Notify,
}

impl Desk {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// The org's time: what it is too late for is judged by the clock that the entries carry.
    fn now(&self) -> Timestamp {
        self.hub.now(&self.org)
    }
    fn cursor_name(&self) -> String {
        format!("notify:{}", self.app)
    }
}

impl Notifier {
    /// Starts a follower per app of the hub's orgs, on `tasks`, until `stop`.
    pub async fn start(
        hub: &Hub,
        stop: &CancellationToken,
        tasks: &mut JoinSet<()>,
    ) -> Result<Self, HubError> {
        let mut desks = HashMap::new();
        for org in hub.orgs() {
            let Some(settings) = hub.settings(&org) else { continue };
            let head = *hub.head(&org)?.borrow();
            for app in &settings.apps {
                let name = format!("notify:{app}");
                let stored = hub.cursor(&org, &name).await?;
                // Of another log, the cursor may lie after the head.
                let known = stored.filter(|at| *at <= head);
                let from = known.unwrap_or(Seq(head.0.saturating_sub(LOOK_BACK)));
                let desk = Arc::new(Desk {
                    hub: hub.clone(),
                    org: org.clone(),
                    app: app.clone(),
                    queue: Mutex::new(Queue::new(from, stored.is_some(), settings.prompt_window)),
                    filled: Notify::new(),
                    changed: Notify::new(),
                });
                desks.insert((org.clone(), app.clone()), Arc::clone(&desk));
                let follower = Follower {
                    hub: hub.clone(),
                    desk,
                    saved: stored,
                    saved_at: Instant::now(),
                    reported_at: None,
                };
                tasks.spawn(follower.run(stop.clone()));
            }
        }
        Ok(Self { desks: Arc::new(desks) })
    }

    /// Opens a stream for an app; `None` if there is no such app.
    #[must_use]
    pub fn open(
        &self,
        org: &OrgId,
        app: &AppId,
        ends: Ends,
        place: FeedPlace,
    ) -> Option<Subscription> {
        let desk = self.desks.get(&(org.clone(), app.clone())).map(Arc::clone)?;
        let id = desk.queue().open(desk.now());
        desk.changed.notify_one();
        Some(Subscription { desk, id, ends, _place: place })
    }
}

/// One open stream of an app.
pub struct Subscription {
    desk: Arc<Desk>,
    id: u64,
    ends: Ends,
    _place: FeedPlace,
}

impl Subscription {
    /// The notifications; ends only with a status.
    pub fn notes(self) -> impl Stream<Item = Result<WebhookRequest, Status>> + Send {
        stream::unfold(Some(self), |open| async move {
            let open = open?;
            Some(match open.next().await {
                Ok(note) => (Ok(note), Some(open)),
                Err(status) => (Err(status), None),
            })
        })
    }

    async fn next(&self) -> Result<WebhookRequest, Status> {
        loop {
            // Registered before looking: what comes in between is not missed.
            let filled = self.desk.filled.notified();
            tokio::pin!(filled);
            filled.as_mut().enable();
            if let Some(status) = self.ends.reached() {
                return Err(status);
            }
            let next = self.desk.queue().take(self.id, self.desk.now(), Instant::now());
            if let Some(note) = next {
                self.desk.changed.notify_one();
                return Ok(note);
            }
            tokio::select! {
                () = filled => {}
                status = self.ends.wait() => return Err(status),
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.desk.queue().close(self.id, Instant::now());
        self.desk.filled.notify_waiters();
        self.desk.changed.notify_one();
    }
}

/// Reads the log for one app.
struct Follower {
    hub: Hub,
    desk: Arc<Desk>,
    saved: Option<Seq>,
    saved_at: Instant,
    reported_at: Option<Instant>,
}

impl Follower {
    async fn run(mut self, stop: CancellationToken) {
        let (org, app) = (self.desk.org.clone(), self.desk.app.clone());
        let end = tokio::select! {
            () = stop.cancelled() => Ok(()),
            end = self.follow() => end,
        };
        if let Err(error) = end {
            tracing::warn!(%org, %app, %error, "notifications stop");
        }
        self.save(Duration::ZERO).await;
    }

    async fn follow(&mut self) -> Result<(), HubError> {
        let mut head = self.hub.head(&self.desk.org)?;
        loop {
            head.borrow_and_update();
            let read = match self.read().await {
                Ok(read) => read,
                // The log cannot be read now; it may be later.
                Err(HubError::Busy | HubError::Unavailable(_)) => 0,
                Err(error) => return Err(error),
            };
            self.report().await;
            self.save(SAVE_EVERY).await;
            if read == 0 {
                tokio::select! {
                    changed = head.changed() => changed.map_err(|_| HubError::Stopped)?,
                    () = self.desk.changed.notified() => {}
                    () = sleep(TICK) => self.desk.queue().prune(self.desk.now()),
                }
            }
        }
    }

    /// Reads a page, if the queue wants more; how many entries it was.
    async fn read(&self) -> Result<usize, HubError> {
        let Some(after) = self.desk.queue().wants() else { return Ok(0) };
        let page = self.hub.entries_after(&self.desk.org, after, PAGE).await?;
        if !page.is_empty() {
            let now = self.desk.now();
            let mut queue = self.desk.queue();
            for stored in &page {
                queue.withdraw(&stored.entry, &self.desk.app);
                queue.rename(&stored.entry);
                queue.push(stored.entry.seq, Item::all(&stored.entry, &self.desk.app), now);
            }
            drop(queue);
            self.desk.filled.notify_waiters();
        }
        Ok(page.len())
    }

    /// Makes an overflow visible to operators (decision D-OVERFLOW).
    async fn report(&mut self) {
        let soon = self.reported_at.is_some_and(|at| at.elapsed() < REPORT_EVERY);
        let dropped = {
            let mut queue = self.desk.queue();
            if soon && !queue.is_open() {
                return;
            }
            queue.dropped()
        };
        let Some(dropped) = dropped else { return };
        let command = NetworkCommand::DropNotifications {
            app: self.desk.app.clone(),
            count: dropped.count,
            from: dropped.from,
            to: dropped.to,
        };
        let told = self.hub.submit(&self.desk.org, Caller::default(), None, command.into()).await;
        match told {
            Ok(_) => self.reported_at = Some(Instant::now()),
            Err(_) => self.desk.queue().not_reported(dropped),
        }
    }

    /// Stores the cursor, if the app ever listened and the last time was long enough ago.
    async fn save(&mut self, every: Duration) {
        let (safe, listened) = {
            let mut queue = self.desk.queue();
            (queue.safe(Instant::now()), queue.listened())
        };
        let due = self.saved.is_none() || self.saved_at.elapsed() >= every;
        if !listened || self.saved == Some(safe) || !due {
            return;
        }
        let name = self.desk.cursor_name();
        if self.hub.set_cursor(&self.desk.org, &name, safe).await.is_ok() {
            self.saved = Some(safe);
            self.saved_at = Instant::now();
        }
    }
}

//! `StreamNotifications`: tells apps what happens, at least once (R-CONN-3,
//! R-CONN-4, D-HERA, D-AGAIN, D-OVERFLOW).
//!
//! For each app a follower reads the log from a cursor into the app's `queue`, and streams take from
//! the queue. If the streams are slow the follower stops reading, and the log itself is the queue. The
//! shelf keeps the cursor, which never runs ahead of what was delivered, so a restart may repeat
//! notifications but misses none. An app that has never opened a stream has a queue too, but an
//! overflow of it is not reported.

#![deny(clippy::wildcard_enum_match_arm)]

mod queue;
#[cfg(test)]
#[allow(clippy::wildcard_enum_match_arm, reason = "a test asks about what it expects")]
mod tests;

use super::{
    budget::OpenPermit,
    engine::{Hub, HubError, LogReader},
    limits::StreamEnd,
};
use crate::{
    model::{AppId, Caller, NetworkCommand, OrgId, Seq, Timestamp},
    wire::proto::hera::WebhookRequest,
};
use futures_util::stream::{self, Stream};
use queue::{Queue, QueuedNotification};
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

/// How many entries a follower reads at once.
const PAGE: usize = 64;
/// How many entries back the follower begins for an app that has no stored cursor.
const LOOK_BACK: u64 = 10_000;
/// How often a follower with nothing to read looks whether something in the queue has become too old.
const TICK: Duration = Duration::from_secs(10);
// How often the cursor is stored, and an overflow reported, at most.
const SAVE_EVERY: Duration = Duration::from_secs(1);
const REPORT_EVERY: Duration = Duration::from_mins(1);

/// The queues of all apps of all orgs. It is cheap to clone.
#[derive(Clone)]
pub struct Notifier {
    deliveries: Arc<HashMap<(OrgId, AppId), Arc<AppDelivery>>>,
}

/// One app's queue, shared by the follower that fills it and the streams that take from it.
struct AppDelivery {
    hub: Hub,
    org: OrgId,
    app: AppId,
    /// The newest entry when this process began. An earlier one may have told the app of it already.
    began: Seq,
    queue: Mutex<Queue>,
    /// Wakes streams, because the queue may have something for them.
    filled: Notify,
    /// Wakes the follower, because something was taken or a stream came or went.
    changed: Notify,
}

impl AppDelivery {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// The org's time. What is too old for delivery is judged by the clock that the entries go by.
    fn now(&self) -> Timestamp {
        self.hub.now(&self.org)
    }
    /// Whether this is a prompt that the app may have heard already and that needs no answer any more. The
    /// World is asked and not the queue, which may not have read the answer yet.
    async fn was_answered(&self, item: &QueuedNotification) -> bool {
        let Some((session, asked)) = item.repeats_prompt(self.began) else { return false };
        let waits =
            self.hub.read(&self.org, move |world| world.awaits_answer(&session, asked)).await;
        // If nobody can say, hearing it twice is better than not at all.
        !waits.unwrap_or(true)
    }
    fn cursor_name(&self) -> String {
        format!("notify:{}", self.app)
    }
}

impl Notifier {
    /// Starts a follower for each app of the hub's orgs, as tasks on `tasks` that end when
    /// `stop` is cancelled.
    pub async fn start(
        hub: &Hub,
        stop: &CancellationToken,
        tasks: &mut JoinSet<()>,
    ) -> Result<Self, HubError> {
        let mut deliveries = HashMap::new();
        for org in hub.orgs() {
            let Some(settings) = hub.settings(&org) else { continue };
            let Ok(head) = hub.head(&org) else { continue };
            let head = *head.borrow();
            for app in &settings.apps {
                let name = format!("notify:{app}");
                let stored = hub.cursor(&org, &name).await?;
                // A cursor after the head is of another log, and so of no use.
                let known = stored.filter(|at| *at <= head);
                let from = known.unwrap_or(Seq(head.0.saturating_sub(LOOK_BACK)));
                let delivery = Arc::new(AppDelivery {
                    hub: hub.clone(),
                    org: org.clone(),
                    app: app.clone(),
                    began: head,
                    queue: Mutex::new(Queue::new(from, stored.is_some(), settings.prompt_window)),
                    filled: Notify::new(),
                    changed: Notify::new(),
                });
                deliveries.insert((org.clone(), app.clone()), Arc::clone(&delivery));
                let follower = AppFollower {
                    hub: hub.clone(),
                    reader: LogReader::new(hub, &org, from),
                    delivery,
                    saved: stored,
                    saved_at: Instant::now(),
                    reported_at: None,
                };
                tasks.spawn(follower.run(stop.clone()));
            }
        }
        Ok(Self { deliveries: Arc::new(deliveries) })
    }

    /// Opens a stream for an app; `None` if the org has no such app.
    #[must_use]
    pub fn open(
        &self,
        org: &OrgId,
        app: &AppId,
        ends: StreamEnd,
        permit: OpenPermit,
    ) -> Option<Subscription> {
        let delivery = self.deliveries.get(&(org.clone(), app.clone())).map(Arc::clone)?;
        let id = delivery.queue().open(delivery.now());
        delivery.changed.notify_one();
        Some(Subscription { delivery, id, ends, _permit: permit })
    }
}

/// How far the notifications of an app are, for whoever asks how the hub is.
pub struct AppPlace {
    pub app: AppId,
    /// Everything up to this place was delivered.
    pub at: Seq,
    /// How many notifications wait to be taken.
    pub queued: usize,
    /// How many streams are open.
    pub streams: usize,
}

impl Notifier {
    /// How far the apps of an org are that have ever opened a stream, in the order of their ids.
    #[must_use]
    pub fn places(&self, org: &OrgId) -> Vec<AppPlace> {
        let mut places: Vec<_> = self
            .deliveries
            .iter()
            .filter(|((of, _), _)| of == org)
            .filter_map(|((_, app), delivery)| {
                let mut queue = delivery.queue();
                let (queued, streams) = (queue.waiting(), queue.streams());
                let at = queue.listened().then(|| queue.safe(Instant::now()))?;
                Some(AppPlace { app: app.clone(), at, queued, streams })
            })
            .collect();
        places.sort_by(|one, other| one.app.cmp(&other.app));
        places
    }
}

/// One open stream of an app. When it is dropped, what it had not delivered goes to other streams or is
/// kept for the next one.
pub struct Subscription {
    delivery: Arc<AppDelivery>,
    id: u64,
    ends: StreamEnd,
    _permit: OpenPermit,
}

impl Subscription {
    /// The notifications of the stream, which ends only with a status that says why.
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
            // We register before looking, so that what comes in between is not missed.
            let filled = self.delivery.filled.notified();
            tokio::pin!(filled);
            filled.as_mut().enable();
            if let Some(status) = self.ends.reached() {
                return Err(status);
            }
            self.delivery.hub.served(&self.delivery.org)?;
            let next = self.delivery.queue().take(self.id, self.delivery.now(), Instant::now());
            if let Some(item) = next {
                self.delivery.changed.notify_one();
                if self.delivery.was_answered(&item).await {
                    continue;
                }
                return Ok(item.note());
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
        self.delivery.queue().close(self.id, Instant::now());
        self.delivery.filled.notify_waiters();
        self.delivery.changed.notify_one();
    }
}

/// Reads the log into the queue of one app.
struct AppFollower {
    hub: Hub,
    reader: LogReader,
    delivery: Arc<AppDelivery>,
    saved: Option<Seq>,
    saved_at: Instant,
    reported_at: Option<Instant>,
}

impl AppFollower {
    async fn run(mut self, stop: CancellationToken) {
        let (org, app) = (self.delivery.org.clone(), self.delivery.app.clone());
        let end = tokio::select! {
            () = stop.cancelled() => Ok(()),
            end = self.follow() => end,
        };
        if let Err(error) = end {
            tracing::warn!(%org, %app, %error, "notifications stop");
            // Whoever waits on a stream of this app looks again, and is told why.
            self.delivery.filled.notify_waiters();
        }
        self.save(Duration::ZERO).await;
    }

    async fn follow(&mut self) -> Result<(), HubError> {
        let mut head = self.hub.beat(&self.delivery.org)?;
        loop {
            head.borrow_and_update();
            let read = match self.read().await {
                Ok(read) => read,
                // The log cannot be read now, but may be later.
                Err(HubError::Busy | HubError::Unavailable(_)) => 0,
                Err(error) => return Err(error),
            };
            self.report().await;
            self.save(SAVE_EVERY).await;
            if read == 0 {
                tokio::select! {
                    changed = head.changed() => changed.map_err(|_| HubError::Stopped)?,
                    () = self.delivery.changed.notified() => {}
                    () = sleep(TICK) => self.delivery.queue().prune(self.delivery.now()),
                }
            }
        }
    }

    /// Reads a page into the queue, if it wants more, and returns how many entries it read.
    async fn read(&mut self) -> Result<usize, HubError> {
        let Some(after) = self.delivery.queue().wants() else { return Ok(0) };
        self.reader.seek(after);
        let page = self.reader.entries(PAGE).await?;
        if !page.is_empty() {
            let now = self.delivery.now();
            let mut queue = self.delivery.queue();
            for stored in &page {
                queue.withdraw(&stored.entry, &self.delivery.app);
                queue.rename(&stored.entry);
                queue.push(
                    stored.entry.seq,
                    QueuedNotification::all(&stored.entry, &self.delivery.app),
                    now,
                );
            }
            drop(queue);
            self.delivery.filled.notify_waiters();
        }
        Ok(page.len())
    }

    /// Records an overflow as an event that operators see (D-OVERFLOW).
    async fn report(&mut self) {
        let soon = self.reported_at.is_some_and(|at| at.elapsed() < REPORT_EVERY);
        let dropped = {
            let mut queue = self.delivery.queue();
            if soon && !queue.is_open() {
                return;
            }
            queue.dropped()
        };
        let Some(dropped) = dropped else { return };
        let command = NetworkCommand::DropNotifications {
            app: self.delivery.app.clone(),
            count: dropped.count,
            from: dropped.from,
            to: dropped.to,
        };
        let told =
            self.hub.submit(&self.delivery.org, Caller::default(), None, command.into()).await;
        match told {
            Ok(_) => self.reported_at = Some(Instant::now()),
            Err(_) => self.delivery.queue().not_reported(dropped),
        }
    }

    /// Stores the cursor, if the app has ever opened a stream and `every` has passed since the last time.
    async fn save(&mut self, every: Duration) {
        let (safe, listened) = {
            let mut queue = self.delivery.queue();
            (queue.safe(Instant::now()), queue.listened())
        };
        let due = self.saved.is_none() || self.saved_at.elapsed() >= every;
        if !listened || self.saved == Some(safe) || !due {
            return;
        }
        let name = self.delivery.cursor_name();
        if self.hub.set_cursor(&self.delivery.org, &name, safe).await.is_ok() {
            self.saved = Some(safe);
            self.saved_at = Instant::now();
        }
    }
}

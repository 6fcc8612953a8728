//! How the hub is, for people who ask (`switchboard status`) and for programs that watch it (`metrics`). What is counted
//! anyway is in `measures`; here it is put together with where everybody is in the log and what is on the disk.
//!
//! It is asked beside the work, and looks once a second for each org at most, so that nobody can slow the hub down by
//! asking how it is. It answers while the hub cannot write and for an org that is damaged, because that is when one asks.

mod disk;

use super::{clock, engine::Hub, notify::Notifier};
use crate::model::{DiskUse, OrgId, ReaderPlace, Seq, StatusReport, Timestamp};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    sync::Mutex,
    task::spawn_blocking,
    time::{Instant, timeout},
};

/// How long an answer is as good as a new one.
const FRESH: Duration = Duration::from_secs(1);
/// How long what the files take is as good as new; it is read file by file.
const DISK_FRESH: Duration = Duration::from_secs(10);
/// How long a question about an org may take that has to wait for its turn.
const PATIENCE: Duration = Duration::from_secs(2);
const DAY: Duration = Duration::from_hours(24);

/// What is known of a hub when it starts.
#[derive(Clone, Debug)]
pub struct HubStart {
    pub at: Timestamp,
    /// Where its data is; `None` if it keeps everything in memory.
    pub folder: Option<PathBuf>,
    /// Whether other machines come by TLS.
    pub encrypted: bool,
}

/// The last answer to a question, and when it was given.
type FreshAnswer<T> = Mutex<Option<(Instant, T)>>;

/// Answers how the hub is. It is cheap to clone.
#[derive(Clone)]
pub struct Overview(Arc<OverviewInner>);

struct OverviewInner {
    hub: Hub,
    notifier: Notifier,
    start: HubStart,
    orgs: BTreeMap<OrgId, WatchedOrg>,
    disk: FreshAnswer<Option<DiskUse>>,
}

struct WatchedOrg {
    /// The newest entry when the hub started.
    began: Seq,
    kept: FreshAnswer<StatusReport>,
}

impl Overview {
    #[must_use]
    pub fn new(hub: &Hub, notifier: &Notifier, start: HubStart) -> Self {
        let watched = |org: OrgId| {
            let began = hub.known_head(&org);
            (org, WatchedOrg { began, kept: Mutex::default() })
        };
        let orgs = hub.orgs().into_iter().map(watched).collect();
        let (hub, notifier, disk) = (hub.clone(), notifier.clone(), Mutex::default());
        Self(Arc::new(OverviewInner { hub, notifier, start, orgs, disk }))
    }

    /// The hub that this is about.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.0.hub
    }

    #[must_use]
    pub fn started(&self) -> Timestamp {
        self.0.start.at
    }

    /// How the hub is, and how an org is on it. Of one that is not served only the hub is told of.
    pub async fn status(&self, org: &OrgId) -> StatusReport {
        let Some(watched) = self.0.orgs.get(org) else { return self.of_hub().await };
        // Whoever comes while somebody asks waits for that answer.
        let mut kept = watched.kept.lock().await;
        match &*kept {
            Some((at, status)) if at.elapsed() < FRESH => status.clone(),
            Some(_) | None => {
                let status = self.look(org, watched.began).await;
                *kept = Some((Instant::now(), status.clone()));
                status
            }
        }
    }

    /// What is the same for all orgs.
    async fn of_hub(&self) -> StatusReport {
        let OverviewInner { hub, start, .. } = &*self.0;
        let (queued, size) = hub.writes_waiting();
        let cannot_write = hub.outage().borrow().clone();
        StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            log_id: hub.log_id(),
            durability: hub.durability().word().to_owned(),
            started: start.at,
            now: clock::now(),
            encrypted: start.encrypted,
            cannot_write,
            disk: self.disk().await,
            queued: u32::try_from(queued).unwrap_or(u32::MAX),
            queue_size: u32::try_from(size).unwrap_or(u32::MAX),
            pressure: hub.measures().load.percent(),
            ..StatusReport::default()
        }
    }

    async fn look(&self, org: &OrgId, began: Seq) -> StatusReport {
        let hub = &self.0.hub;
        let head = hub.known_head(org);
        // An org whose turn does not come is busy, and what is not known of it is left out.
        let (carriers, late, last_day) = tokio::join!(
            timeout(PATIENCE, hub.listed_carriers(org)),
            timeout(PATIENCE, hub.overdue(org)),
            self.last_day(org)
        );
        StatusReport {
            head,
            damage: hub.damage_of(org),
            last_day,
            since_start: head.0.saturating_sub(began.0),
            readers: self.readers(org, head),
            timers_late: late.ok().and_then(Result::ok).unwrap_or_default(),
            carriers: carriers.ok().and_then(Result::ok).unwrap_or_default(),
            refused_lately: hub.measures().exhausted.lately(org, clock::now()),
            ..self.of_hub().await
        }
    }

    fn readers(&self, org: &OrgId, head: Seq) -> Vec<ReaderPlace> {
        let OverviewInner { hub, notifier, .. } = &*self.0;
        let behind = |at: Seq| head.0.saturating_sub(at.0);
        let index = ReaderPlace {
            kind: "index".into(),
            behind: hub.unindexed(org),
            ..ReaderPlace::default()
        };
        let apps = notifier.places(org).into_iter().map(|place| ReaderPlace {
            kind: "app".into(),
            app: Some(place.app),
            behind: behind(place.at),
            queued: place.queued as u64,
            streams: u32::try_from(place.streams).unwrap_or(u32::MAX),
        });
        let feeds = hub.measures().feeds.of(org).into_iter().map(|at| ReaderPlace {
            kind: "feed".into(),
            behind: behind(at),
            ..ReaderPlace::default()
        });
        std::iter::once(index).chain(apps).chain(feeds).collect()
    }

    /// How many entries an org's log got in the last 24 hours, by their dates.
    async fn last_day(&self, org: &OrgId) -> Option<u64> {
        let hub = &self.0.hub;
        let since = hub.now(org).before(DAY);
        let first = timeout(PATIENCE, hub.place_of(org, since)).await.ok()?.ok()?;
        Some(hub.known_head(org).next().0.saturating_sub(first.0))
    }

    /// What the files take, and by how much that grows: as the log does, at what an entry takes on average.
    async fn disk(&self) -> Option<DiskUse> {
        let folder = self.0.start.folder.clone()?;
        let mut kept = self.0.disk.lock().await;
        if let Some((at, disk)) = &*kept
            && at.elapsed() < DISK_FRESH
        {
            return disk.clone();
        }
        let mut disk = spawn_blocking(move || disk::measure(&folder)).await.ok();
        let (mut entries, mut last_day) = (0_u64, None);
        for org in self.0.orgs.keys() {
            // What went out of a log takes nothing any more.
            let kept = self.0.hub.known_head(org).0.saturating_sub(self.0.hub.begin(org).0);
            entries = entries.saturating_add(kept);
            if let Some(count) = self.last_day(org).await {
                last_day = Some(last_day.unwrap_or(0) + count);
            }
        }
        if let Some(disk) = &mut disk {
            let of_day = |count: u64| u128::from(disk.used()) * u128::from(count);
            let per_day =
                last_day.filter(|_| entries > 0).map(|count| of_day(count) / u128::from(entries));
            disk.per_day = per_day.and_then(|bytes| u64::try_from(bytes).ok());
        }
        *kept = Some((Instant::now(), disk.clone()));
        disk
    }
}

//! The machine of a hub: its clock, which may jump, what it has stored of its Worlds, and the hub itself while it runs.

use super::{sabotage::Sabotage, storage::Storage};
use crate::{
    hub::{
        clock::{EngineClock, LatestTime},
        engine::{HubError, stepped::SteppedHub},
        log::{
            Log as _,
            chain::{self, ChainCursor},
        },
    },
    model::{OrgId, OrgSettings, Timestamp},
    rules::{Base, MemoryBase, World},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

/// The chance of a run. Everyone draws from the same seed, in the order in which things happen.
#[derive(Clone, Debug)]
pub struct Chance(Arc<Mutex<fastrand::Rng>>);

impl Chance {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))))
    }
    fn draw(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// A number from 0 up to, but not including, `n`; 0 if there is none.
    #[must_use]
    pub fn below(&self, n: usize) -> usize {
        self.draw().usize(..n.max(1))
    }
    /// Whether something happens that happens so many times in a hundred.
    #[must_use]
    pub fn percent(&self, n: usize) -> bool {
        self.below(100) < n
    }
    #[must_use]
    pub fn seconds(&self, n: usize) -> std::time::Duration {
        std::time::Duration::from_secs(self.below(n) as u64)
    }
    /// One of them; `None` if there are none.
    #[must_use]
    pub fn one<'a, T>(&self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }
}

/// The clock of one life of a hub, as its process has it.
struct SimulatedClock {
    wall: Arc<AtomicI64>,
    latest: LatestTime,
    chance: Chance,
    is_honest: bool,
}

impl EngineClock for SimulatedClock {
    fn now(&self) -> Timestamp {
        let wall = Timestamp::from_micros(self.wall.load(Ordering::Relaxed));
        if self.is_honest { self.latest.at_least(wall) } else { wall }
    }
    fn fresh(&self) -> [u8; 16] {
        self.chance.draw().u128(..).to_be_bytes()
    }
}

/// A machine on which a hub runs, or not.
pub struct Machine {
    storage: Arc<Storage>,
    orgs: Vec<OrgSettings>,
    chance: Chance,
    sabotage: Option<Sabotage>,
    wall: Arc<AtomicI64>,
    disk: BTreeMap<OrgId, (MemoryBase, ChainCursor)>,
    pub hub: Option<SteppedHub>,
}

impl Machine {
    pub fn new(
        storage: &Arc<Storage>,
        orgs: &[OrgSettings],
        chance: &Chance,
        sabotage: Option<Sabotage>,
        at: Timestamp,
    ) -> Self {
        Self {
            storage: Arc::clone(storage),
            orgs: orgs.to_vec(),
            chance: chance.clone(),
            sabotage,
            wall: Arc::new(AtomicI64::new(at.micros())),
            disk: BTreeMap::new(),
            hub: None,
        }
    }

    /// Moves the wall clock, to whatever side.
    pub fn move_clock(&self, micros: i64) {
        self.wall.fetch_add(micros, Ordering::Relaxed);
    }
    pub fn wall(&self) -> Timestamp {
        Timestamp::from_micros(self.wall.load(Ordering::Relaxed))
    }

    /// Starts a hub from what is stored here and in the log, as the given life of it.
    pub async fn start(&mut self, life: usize) -> Result<(), HubError> {
        let log = self.storage.open(life);
        let clock = Arc::new(SimulatedClock {
            wall: Arc::clone(&self.wall),
            latest: LatestTime::default(),
            chance: self.chance.clone(),
            is_honest: self.sabotage != Some(Sabotage::ClockJumpsBack),
        });
        let mut worlds = BTreeMap::new();
        let mut lost = Vec::new();
        for (org, (rows, place)) in &self.disk {
            if !matches!(chain::holds(&*log, org, place).await, Ok(true)) {
                lost.push(org.clone());
                continue;
            }
            let mut place = *place;
            if self.sabotage == Some(Sabotage::StaleWorld) {
                let next = log.read(org, place.pos, 1).await?;
                place.pos = next.first().map_or(place.pos, |(pos, _)| *pos);
            }
            let base: Arc<dyn Base> = Arc::new(rows.clone());
            worlds.extend(World::open(&base).map(|world| (org.clone(), (world, place.pos))));
        }
        for org in lost {
            self.disk.remove(&org);
        }
        let stored = |org: &OrgId| worlds.remove(org);
        self.hub = Some(SteppedHub::start(&self.orgs, log, clock, stored).await?);
        Ok(())
    }

    /// Stores the World of an org, if it is known now.
    pub fn store(&mut self, org: &OrgId) {
        let Some(hub) = &mut self.hub else { return };
        let (before, mut after) = (self.disk.get(org).map(|(rows, _)| rows.clone()), None);
        let place = hub.rest_on(org, |world| {
            let rows = before.unwrap_or_default().and(world);
            after = Some(rows.clone());
            Arc::new(rows)
        });
        if let (Some(rows), Some(place)) = (after, place) {
            self.disk.insert(org.clone(), (rows, place));
        }
    }

    pub fn has_stored(&self) -> bool {
        !self.disk.is_empty()
    }
    /// Whether its hub has met a log that fails for good, and has to end.
    pub fn has_failed(&self) -> bool {
        self.hub.as_ref().is_some_and(|hub| hub.hub().failed().borrow().is_some())
    }

    /// Forgets what is stored, so that the next start folds the whole log.
    pub fn clear(&mut self) {
        self.disk.clear();
    }
}

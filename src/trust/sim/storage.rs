//! The log of the simulation: a log in memory with everything that real ones were seen to do. It stores twice, loses
//! acknowledgements, delivers late, reports conflicts where there are none, is full, cannot be read, and fails for good. A
//! hub waits here before and after each access, so that another hub may come first or the machine may stop.

use super::{machine::Chance, sabotage::Sabotage};
use crate::{
    hub::log::{
        Append, Durability, Log, LogEnds, LogError, PageSize, Pos, RawEntry, Stored,
        chain::{self, ChainCursor},
        memory::MemoryLog,
    },
    model::{EntryId, OrgId, Seq},
};
use futures_util::future::BoxFuture;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};
use tokio::sync::watch;

/// The name of the log.
pub const LOG: &str = "simulated";

/// What all hubs of a run share.
#[derive(Debug)]
pub struct Storage {
    chance: Chance,
    sabotage: Option<Sabotage>,
    held: Mutex<StorageState>,
}

#[derive(Debug)]
struct StorageState {
    log: Arc<MemoryLog>,
    /// What was appended and does not come before later.
    late: Vec<(OrgId, Vec<Stored>)>,
    /// In which life of which hub an entry was decided.
    writers: HashMap<EntryId, usize>,
    is_faulty: bool,
    faults: u64,
    conflicts: u64,
}

#[derive(Clone, Copy)]
enum DiskFault {
    None,
    Twice,
    LostAck,
    Nothing,
    Late,
    FalseConflict,
    Full,
    Fatal,
    /// Only under `Sabotage::AckBeforeCommit`.
    Forgets,
}

impl Storage {
    pub fn new(chance: Chance, sabotage: Option<Sabotage>) -> Arc<Self> {
        let log = Arc::new(MemoryLog::named(LOG));
        let (late, writers) = (Vec::new(), HashMap::new());
        let held = StorageState { log, late, writers, is_faulty: true, faults: 0, conflicts: 0 };
        Arc::new(Self { chance, sabotage, held: Mutex::new(held) })
    }
    fn held(&self) -> MutexGuard<'_, StorageState> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn log(&self) -> Arc<MemoryLog> {
        Arc::clone(&self.held().log)
    }
    /// The log for one life of a hub.
    pub fn open(self: &Arc<Self>, life: usize) -> Arc<SimulatedLog> {
        Arc::new(SimulatedLog { storage: Arc::clone(self), log: self.log(), life })
    }
    pub fn set_faulty(&self, is_faulty: bool) {
        self.held().is_faulty = is_faulty;
    }
    /// How often it has misbehaved, and how often a hub lost an append to another one.
    pub fn counts(&self) -> (u64, u64) {
        let held = self.held();
        (held.faults, held.conflicts)
    }
    /// In which life of which hub an entry was decided.
    pub fn writer(&self, entry: EntryId) -> Option<usize> {
        self.held().writers.get(&entry).copied()
    }
    /// The valid entries after a place, as they are stored.
    pub async fn read_on(&self, org: &OrgId, place: &mut ChainCursor) -> Vec<(Pos, Stored)> {
        let log = self.log();
        chain::follow(&*log, org, place, usize::MAX >> 1).await.unwrap_or_default()
    }
    /// Loses the last entry of an org, as a log that was not synced does when the power fails. No hub may run.
    pub async fn lose_last(&self, org: &OrgId, orgs: &[OrgId]) {
        let (from, to) = (self.log(), Arc::new(MemoryLog::named(LOG)));
        for of in orgs {
            let Ok(rows) = from.read(of, Pos(0), usize::MAX >> 1).await else { continue };
            let kept = rows.len().saturating_sub(usize::from(of == org));
            for (_, stored) in rows.into_iter().take(kept) {
                force(&to, of, &[stored]).await;
            }
        }
        self.held().log = to;
    }
    fn draw(&self) -> DiskFault {
        if !self.held().is_faulty {
            return DiskFault::None;
        }
        let drawn = self.chance.below(400);
        let fault = match drawn {
            0..4 => DiskFault::Twice,
            4..12 => DiskFault::LostAck,
            12..16 => DiskFault::Nothing,
            16..20 => DiskFault::Late,
            20..24 => DiskFault::FalseConflict,
            24..28 => DiskFault::Full,
            28 => DiskFault::Fatal,
            29..49 if self.sabotage == Some(Sabotage::AckBeforeCommit) => DiskFault::Forgets,
            _ => return DiskFault::None,
        };
        self.held().faults += 1;
        fault
    }
}

/// Stores a batch wherever the log ends now, as a broken compare-and-set would.
async fn force(log: &MemoryLog, org: &OrgId, batch: &[Stored]) {
    let end = log.newest().borrow().get(org).copied().unwrap_or_default();
    // A log in memory refuses nothing but a wrong end.
    let _ = log.append(org, end, batch).await;
}

/// Lets others go first, once.
async fn pass() {
    let mut passed = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut passed, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The log as one life of one hub has it.
#[derive(Debug)]
pub struct SimulatedLog {
    storage: Arc<Storage>,
    log: Arc<MemoryLog>,
    life: usize,
}

impl SimulatedLog {
    async fn wait(&self) {
        for _ in 0..self.storage.chance.below(3) {
            pass().await;
        }
    }

    async fn store(&self, org: &OrgId, at: Pos, batch: &[Stored]) -> Result<Append, LogError> {
        let late = {
            let mut held = self.storage.held();
            let is_due = !held.late.is_empty() && self.storage.chance.below(2) == 0;
            is_due.then(|| held.late.remove(0))
        };
        if let Some((org, batch)) = late {
            force(&self.log, &org, &batch).await;
        }
        match self.storage.draw() {
            DiskFault::None => self.log.append(org, at, batch).await,
            DiskFault::Twice => {
                let said = self.log.append(org, at, batch).await?;
                if said != Append::Conflict {
                    force(&self.log, org, batch).await;
                }
                Ok(said)
            }
            DiskFault::LostAck => {
                self.log.append(org, at, batch).await?;
                Ok(Append::Unknown)
            }
            DiskFault::Nothing => Ok(Append::Unknown),
            DiskFault::Late => {
                self.storage.held().late.push((org.clone(), batch.to_vec()));
                Ok(Append::Unknown)
            }
            DiskFault::FalseConflict => Ok(Append::Conflict),
            DiskFault::Full => Err(LogError::Unavailable("the disk is full".into())),
            DiskFault::Fatal => {
                if self.storage.chance.below(2) == 0 {
                    self.log.append(org, at, batch).await?;
                }
                Err(LogError::Fatal("the disk fails".into()))
            }
            DiskFault::Forgets => Ok(Append::Stored(Pos(at.0 + batch.len() as u64))),
        }
    }

    /// What is appended, with a place too far if that is the sabotage.
    fn sent(&self, batch: &[Stored]) -> Vec<Stored> {
        let mut held = self.storage.held();
        held.writers.extend(batch.iter().map(|stored| (stored.entry.id, self.life)));
        drop(held);
        if self.storage.sabotage != Some(Sabotage::PlaceSkipped)
            || self.storage.chance.below(20) > 0
        {
            return batch.to_vec();
        }
        let skip = |stored: &Stored| {
            let entry = (*stored.entry).clone();
            Stored::new(crate::model::Entry { seq: Seq(entry.seq.0 + 1), ..entry })
        };
        batch.iter().map(skip).collect()
    }

    /// Whoever reads waits here, and may hear that it cannot be read.
    async fn readable(&self) -> Result<(), LogError> {
        self.wait().await;
        if self.storage.held().is_faulty && self.storage.chance.below(100) == 0 {
            return Err(LogError::Unavailable("it cannot be read".into()));
        }
        Ok(())
    }

    fn read_as(&self, stored: Stored) -> Stored {
        let misread = self.storage.sabotage.and_then(|sabotage| sabotage.misread(&stored.entry));
        match misread {
            // The bytes that are handed on to readers stay as they are.
            Some(entry) => Stored { entry: Arc::new(entry), ..stored },
            None => stored,
        }
    }
}

impl Log for SimulatedLog {
    fn id(&self) -> &str {
        self.log.id()
    }
    fn durability(&self) -> Durability {
        Durability::Disk
    }
    fn append<'a>(
        &'a self,
        org: &'a OrgId,
        at: Pos,
        batch: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>> {
        Box::pin(async move {
            let batch = self.sent(batch);
            self.wait().await;
            let end = self.log.newest().borrow().get(org).copied().unwrap_or_default();
            self.storage.held().conflicts += u64::from(end > at);
            let said = self.store(org, at, &batch).await;
            self.wait().await;
            said
        })
    }
    fn probe(&self) -> BoxFuture<'_, Result<(), LogError>> {
        self.log.probe()
    }
    fn read<'a>(
        &'a self,
        org: &'a OrgId,
        from: Pos,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Pos, Stored)>, LogError>> {
        Box::pin(async move {
            self.readable().await?;
            let rows = self.log.read(org, from, limit).await?;
            Ok(rows.into_iter().map(|(pos, stored)| (pos, self.read_as(stored))).collect())
        })
    }
    fn scan<'a>(
        &'a self,
        org: &'a OrgId,
        from: Pos,
        page: PageSize,
    ) -> BoxFuture<'a, Result<Vec<(Pos, RawEntry)>, LogError>> {
        Box::pin(async move {
            self.readable().await?;
            self.log.scan(org, from, page).await
        })
    }
    fn at<'a>(
        &'a self,
        org: &'a OrgId,
        places: &'a [Pos],
    ) -> BoxFuture<'a, Result<Vec<Stored>, LogError>> {
        self.log.at(org, places)
    }
    fn newest(&self) -> watch::Receiver<LogEnds> {
        self.log.newest()
    }
}

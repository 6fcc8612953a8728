//! Logs that misbehave, for tests. `Through` lets a test put anything between the engine and a log's
//! appends. `Faults` does what real logs were seen to do: it stores twice, loses acknowledgements,
//! claims not to know although nothing was stored, delivers an old append late, and reports conflicts
//! where there are none. It is seeded, so that a failing run can be repeated.

use super::{
    Append, Durability, Log, LogBegin, LogEnds, LogError, PageSize, Pos, RawEntry, Stored,
};
use crate::model::{OrgId, Seq};
use futures_util::future::BoxFuture;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// What a test wants to happen when something is appended.
pub trait Appends: Send + Sync + 'static {
    /// Stands in for `Log::append`; `log` is the real log.
    fn append<'a>(
        &'a self,
        log: &'a dyn Log,
        org: &'a OrgId,
        at: Pos,
        batch: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>> {
        log.append(org, at, batch)
    }
    /// Beyond this position nothing can be read.
    fn readable(&self) -> Pos {
        Pos(u64::MAX)
    }
    /// Stands in for `Log::probe`.
    fn probe<'a>(&'a self, log: &'a dyn Log) -> BoxFuture<'a, Result<(), LogError>> {
        log.probe()
    }
}

/// A log whose appends go through `appends`; everything else goes to the real log behind it, as far as it
/// can be read.
pub struct Through<A> {
    inner: Arc<dyn Log>,
    pub appends: A,
}

impl<A: Appends> Through<A> {
    pub fn new(inner: Arc<dyn Log>, appends: A) -> Arc<Self> {
        Arc::new(Self { inner, appends })
    }
}

impl<A: Appends> Log for Through<A> {
    fn id(&self) -> &str {
        self.inner.id()
    }
    fn durability(&self) -> Durability {
        self.inner.durability()
    }
    fn row(&self, pos: Pos, entry: Seq) -> String {
        self.inner.row(pos, entry)
    }
    fn append<'a>(
        &'a self,
        org: &'a OrgId,
        at: Pos,
        batch: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>> {
        self.appends.append(&*self.inner, org, at, batch)
    }
    fn probe(&self) -> BoxFuture<'_, Result<(), LogError>> {
        self.appends.probe(&*self.inner)
    }
    fn read<'a>(
        &'a self,
        org: &'a OrgId,
        from: Pos,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Pos, Stored)>, LogError>> {
        Box::pin(async move {
            let mut rows = self.inner.read(org, from, limit).await?;
            rows.retain(|(pos, _)| *pos <= self.appends.readable());
            Ok(rows)
        })
    }
    fn scan<'a>(
        &'a self,
        org: &'a OrgId,
        from: Pos,
        page: PageSize,
    ) -> BoxFuture<'a, Result<Vec<(Pos, RawEntry)>, LogError>> {
        Box::pin(async move {
            let mut rows = self.inner.scan(org, from, page).await?;
            rows.retain(|(pos, _)| *pos <= self.appends.readable());
            Ok(rows)
        })
    }
    fn at<'a>(
        &'a self,
        org: &'a OrgId,
        places: &'a [Pos],
    ) -> BoxFuture<'a, Result<Vec<Stored>, LogError>> {
        self.inner.at(org, places)
    }
    fn begin(&self, org: &OrgId) -> LogBegin {
        self.inner.begin(org)
    }
    fn begins(&self) -> Vec<(OrgId, LogBegin)> {
        self.inner.begins()
    }
    fn check_at<'a>(
        &'a self,
        org: &'a OrgId,
        pos: Pos,
    ) -> BoxFuture<'a, Result<Option<String>, LogError>> {
        self.inner.check_at(org, pos)
    }
    fn prune<'a>(
        &'a self,
        org: &'a OrgId,
        begin: &'a LogBegin,
    ) -> BoxFuture<'a, Result<usize, LogError>> {
        self.inner.prune(org, begin)
    }
    fn shrink(&self) -> BoxFuture<'_, Result<bool, LogError>> {
        self.inner.shrink()
    }
    fn newest(&self) -> watch::Receiver<LogEnds> {
        self.inner.newest()
    }
}

/// One of so many appends goes wrong.
const ONE_IN: u64 = 3;

/// Misbehaves at random, in every way that `AppendFault` lists.
pub struct Faults(Mutex<FaultState>);

struct FaultState {
    random: Random,
    late: Vec<(OrgId, Vec<Stored>)>,
    faults: u64,
}

/// `SplitMix64`, a small generator that is good enough for tests and the same for the same seed.
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// A number from 0 up to, but not including, `n`.
    pub const fn below(&mut self, n: u64) -> u64 {
        self.draw() % n
    }
}

#[derive(Clone, Copy)]
enum AppendFault {
    None,
    Twice,
    LostAck,
    Nothing,
    Late,
    FalseConflict,
}

impl Faults {
    /// What goes wrong, and when, depends on the seed alone.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(FaultState { random: Random::new(seed), late: Vec::new(), faults: 0 }))
    }

    /// How often it has misbehaved so far, so that a test can show that it tested something.
    pub fn count(&self) -> u64 {
        self.0.lock().expect("not poisoned").faults
    }

    fn draw(&self) -> (AppendFault, Option<(OrgId, Vec<Stored>)>) {
        let mut state = self.0.lock().expect("not poisoned");
        let due = !state.late.is_empty() && state.random.below(2) == 0;
        let late = due.then(|| state.late.remove(0));
        let fault = match state.random.below(5 * ONE_IN) {
            0 => AppendFault::Twice,
            1 => AppendFault::LostAck,
            2 => AppendFault::Nothing,
            3 => AppendFault::Late,
            4 => AppendFault::FalseConflict,
            _ => return (AppendFault::None, late),
        };
        state.faults += 1;
        (fault, late)
    }
}

/// Stores a batch wherever the log ends now, as a broken compare-and-set would.
async fn force(log: &dyn Log, org: &OrgId, batch: &[Stored]) -> Result<(), LogError> {
    let end = log.read(org, Pos(0), usize::MAX >> 1).await?;
    let end = end.last().map_or(Pos(0), |(pos, _)| *pos);
    log.append(org, end, batch).await.map(|_| ())
}

impl Appends for Faults {
    fn append<'a>(
        &'a self,
        log: &'a dyn Log,
        org: &'a OrgId,
        at: Pos,
        batch: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>> {
        Box::pin(async move {
            let (fault, late) = self.draw();
            if let Some((org, batch)) = late {
                force(log, &org, &batch).await?;
            }
            match fault {
                AppendFault::None => log.append(org, at, batch).await,
                AppendFault::Twice => {
                    let first = log.append(org, at, batch).await?;
                    if first != Append::Conflict {
                        force(log, org, batch).await?;
                    }
                    Ok(first)
                }
                AppendFault::LostAck => {
                    log.append(org, at, batch).await?;
                    Ok(Append::Unknown)
                }
                AppendFault::Nothing => Ok(Append::Unknown),
                AppendFault::Late => {
                    let held = (org.clone(), batch.to_vec());
                    self.0.lock().expect("not poisoned").late.push(held);
                    Ok(Append::Unknown)
                }
                AppendFault::FalseConflict => Ok(Append::Conflict),
            }
        })
    }
}

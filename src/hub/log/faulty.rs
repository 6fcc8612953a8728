//! A log that misbehaves as real ones were seen to (engine.md 2 and 8), for tests: stores twice,
//! loses acknowledgements, claims not to know without storing, delivers an old append late, and
//! reports conflicts that are none. Seeded, so that a failing run can be repeated.

use super::{Append, Durability, Log, LogError, Pos, Stored};
use crate::model::OrgId;
use futures_util::{future::BoxFuture, stream::BoxStream};
use std::sync::{Arc, Mutex};

/// One in so many appends goes wrong.
const ONE_IN: u64 = 3;

/// The wrapper.
pub struct Faulty {
    inner: Arc<dyn Log>,
    state: Mutex<State>,
}

struct State {
    random: Random,
    late: Vec<(OrgId, Vec<Stored>)>,
    faults: u64,
}

/// `SplitMix64`: small, seeded, good enough for tests.
pub struct Random(u64);

impl Random {
    /// A sequence of its own per seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }
    /// The next number.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// A number below `n`.
    pub const fn below(&mut self, n: u64) -> u64 {
        self.draw() % n
    }
}

#[derive(Clone, Copy)]
enum Fault {
    None,
    Twice,
    LostAck,
    Nothing,
    Late,
    FalseConflict,
}

impl Faulty {
    /// Misbehaves in a way that depends on the seed alone.
    pub fn new(inner: Arc<dyn Log>, seed: u64) -> Self {
        let state = State { random: Random::new(seed), late: Vec::new(), faults: 0 };
        Self { inner, state: Mutex::new(state) }
    }

    /// How often it misbehaved.
    pub fn faults(&self) -> u64 {
        self.state.lock().expect("not poisoned").faults
    }

    fn draw(&self) -> (Fault, Option<(OrgId, Vec<Stored>)>) {
        let mut state = self.state.lock().expect("not poisoned");
        let due = !state.late.is_empty() && state.random.below(2) == 0;
        let late = due.then(|| state.late.remove(0));
        let fault = match state.random.below(5 * ONE_IN) {
            0 => Fault::Twice,
            1 => Fault::LostAck,
            2 => Fault::Nothing,
            3 => Fault::Late,
            4 => Fault::FalseConflict,
            _ => return (Fault::None, late),
        };
        state.faults += 1;
        (fault, late)
    }

    /// Stores wherever the log ends now, as a broken compare-and-set would.
    async fn force(&self, org: &OrgId, batch: &[Stored]) -> Result<(), LogError> {
        let end = self.inner.read(org, Pos(0), usize::MAX >> 1).await?;
        let end = end.last().map_or(Pos(0), |(pos, _)| *pos);
        self.inner.append(org, end, batch).await.map(|_| ())
    }
}

impl Log for Faulty {
    fn id(&self) -> &str {
        self.inner.id()
    }
    fn durability(&self) -> Durability {
        self.inner.durability()
    }
    fn append<'a>(
        &'a self,
        org: &'a OrgId,
        at: Pos,
        batch: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>> {
        Box::pin(async move {
            let (fault, late) = self.draw();
            if let Some((org, batch)) = late {
                self.force(&org, &batch).await?;
            }
            match fault {
                Fault::None => self.inner.append(org, at, batch).await,
                Fault::Twice => {
                    let first = self.inner.append(org, at, batch).await?;
                    if first != Append::Conflict {
                        self.force(org, batch).await?;
                    }
                    Ok(first)
                }
                Fault::LostAck => {
                    self.inner.append(org, at, batch).await?;
                    Ok(Append::Unknown)
                }
                Fault::Nothing => Ok(Append::Unknown),
                Fault::Late => {
                    let held = (org.clone(), batch.to_vec());
                    self.state.lock().expect("not poisoned").late.push(held);
                    Ok(Append::Unknown)
                }
                Fault::FalseConflict => Ok(Append::Conflict),
            }
        })
    }
    fn read<'a>(
        &'a self,
        org: &'a OrgId,
        from: Pos,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Pos, Stored)>, LogError>> {
        self.inner.read(org, from, limit)
    }
    fn at<'a>(
        &'a self,
        org: &'a OrgId,
        places: &'a [Pos],
    ) -> BoxFuture<'a, Result<Vec<Stored>, LogError>> {
        self.inner.at(org, places)
    }
    fn tail(&self, from: Pos) -> BoxStream<'static, Result<(Pos, Stored), LogError>> {
        self.inner.tail(from)
    }
}

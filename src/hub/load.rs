//! How much a hub has to do, and what it gives up when that is too much (R-LIMIT-5).
//!
//! Two things tell it: how full the queue of the writer is, and how long whoever is to be served next waits for a
//! processor. The larger one, in parts of what is bearable, is the pressure. A crowd that comes at once and is served in a
//! moment is no trouble, so what counts is the least of the last looks.

use super::call_class::CallClass;
use crate::model::status_report::BUSY;
use std::{
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::Notify,
    task::spawn_blocking,
    time::{Instant, sleep, timeout},
};

/// How often the hub looks while there are calls.
const TICK: Duration = Duration::from_millis(25);
/// How many looks have to agree.
const LOOKS: usize = 3;
/// For how long whoever is served next may wait for a processor at most. A call waits twice: its connection is to be
/// read, and then the call is to be served.
const BEARABLE: Duration = Duration::from_millis(200);
/// The whole, in the parts in which pressure is counted.
const WHOLE: u32 = 1_000;
/// From which pressure on new connections have to wait.
const CONNECTIONS: u32 = BUSY * WHOLE / 100;
/// For how long a connection is held up at most.
const HELD: Duration = Duration::from_secs(1);
/// How many kinds of work there are to be given up: connections, and the kinds of calls.
const KINDS: usize = 6;

/// How much a hub has to do.
#[derive(Debug, Default)]
pub struct Load {
    /// The pressure, in thousandths.
    pressure: AtomicU32,
    /// Whether nobody looks, because nobody has called.
    rests: AtomicBool,
    wake: Notify,
    /// How much of each kind was given up; the last is connections.
    given_up: [AtomicU64; KINDS],
}

impl Load {
    /// How near the hub is to what it can bear, in percent.
    #[must_use]
    pub fn percent(&self) -> u32 {
        self.pressure.load(Relaxed) / (WHOLE / 100)
    }

    /// How much of each kind of work was given up since the start, by a word for it.
    pub fn given_up(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let kinds = <CallClass as strum::IntoEnumIterator>::iter();
        let words = kinds.filter(|kind| at_pressure(*kind).is_some()).map(CallClass::word);
        let counts = self.given_up.iter().map(|count| count.load(Relaxed));
        let connections = self.given_up[KINDS - 1].load(Relaxed);
        words.zip(counts).chain([("connection", connections)])
    }

    fn holds_connections(&self) -> bool {
        self.pressure.load(Relaxed) >= CONNECTIONS
    }

    /// Waits until one more connection is taken: until the hub can bear it, and a second at most, so that how the hub is can
    /// be asked. Whoever connects waits in the system's queue, where nothing is lost.
    pub async fn connection_turn(&self) {
        if !self.holds_connections() {
            return;
        }
        self.given_up[KINDS - 1].fetch_add(1, Relaxed);
        let until = Instant::now() + HELD;
        while self.holds_connections() && Instant::now() < until {
            sleep(TICK).await;
        }
    }

    /// Whether a call is taken, which it is not if it is of a kind that is given up now.
    pub fn admits(&self, kind: CallClass) -> bool {
        if self.rests.swap(false, Relaxed) {
            self.wake.notify_one();
        }
        match at_pressure(kind) {
            Some(limit) if self.pressure.load(Relaxed) >= limit => {
                self.given_up[kind as usize].fetch_add(1, Relaxed);
                false
            }
            Some(_) | None => true,
        }
    }

    /// Looks how much there is to do, for as long as there are calls: `queue` is how many requests wait for the writer, and
    /// how many may. Never ends.
    pub async fn watch(&self, queue: impl Fn() -> (usize, usize)) {
        let mut looks = [0; LOOKS];
        loop {
            sleep(TICK).await;
            let calm = looks.iter().all(|look| *look == 0);
            if calm && self.rests.swap(true, Relaxed) {
                self.wake.notified().await;
            }
            looks.rotate_left(1);
            looks[LOOKS - 1] = look(queue()).await;
            self.bear(&looks);
        }
    }

    pub(in crate::hub) fn bear(&self, looks: &[u32]) {
        self.pressure.store(looks.iter().copied().min().unwrap_or_default(), Relaxed);
    }
}

/// From which pressure on a kind of call is refused; `None` if it never is.
const fn at_pressure(kind: CallClass) -> Option<u32> {
    match kind {
        CallClass::Stream => Some(600),
        CallClass::ByTag => Some(700),
        CallClass::Read => Some(800),
        CallClass::Write => Some(950),
        CallClass::Open => None,
    }
}

/// The pressure at this moment.
async fn look((waiting, room): (usize, usize)) -> u32 {
    let turn = turn().await.as_micros();
    parts(waiting as u128, room as u128).max(parts(turn, BEARABLE.as_micros()))
}

/// For how long a task that is new waits until it runs. It is put into the queue from outside of the processors' own
/// work, because whatever one of them wakes by itself goes before what waits.
async fn turn() -> Duration {
    let here = Handle::current();
    let began = Instant::now();
    let enqueued = spawn_blocking(move || {
        let began = Instant::now();
        here.spawn(async move { began.elapsed() })
    });
    let waited = async { enqueued.await.ok()?.await.ok() };
    timeout(BEARABLE, waited).await.ok().flatten().unwrap_or_else(|| began.elapsed())
}

fn parts(of: u128, whole: u128) -> u32 {
    let parts = of.saturating_mul(WHOLE.into()) / whole.max(1);
    u32::try_from(parts).unwrap_or(WHOLE).min(WHOLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator as _;

    #[test]
    fn r_limit_5_work_is_given_up_in_its_order_and_how_the_hub_is_never() {
        let load = Load::default();
        let mut given_up = Vec::new();
        for pressure in 0..=WHOLE {
            load.bear(&[WHOLE, pressure, WHOLE]);
            if load.holds_connections() && !given_up.contains(&"connection") {
                given_up.push("connection");
            }
            for kind in CallClass::iter() {
                if !load.admits(kind) && !given_up.contains(&kind.word()) {
                    given_up.push(kind.word());
                }
            }
        }
        assert_eq!(given_up, ["connection", "stream", "by_tag", "read", "write"]);
        let calls = load.given_up().filter(|(kind, _)| *kind != "connection");
        assert!({ calls }.all(|(_, count)| count > 0), "{load:?}");
        assert_eq!(load.given_up().count(), given_up.len());
        assert_eq!(load.percent(), 100);
    }

    #[test]
    fn r_limit_5_a_crowd_that_was_served_in_a_moment_is_no_trouble() {
        let load = Load::default();
        load.bear(&[WHOLE, 0, WHOLE]);
        assert!(load.admits(CallClass::Stream));
        assert_eq!(parts(3, 4), 750);
        assert_eq!(parts(8, 4), WHOLE);
    }

    /// The processors of a runtime are kept busy, and a task that is new waits.
    #[test]
    fn r_limit_5_whoever_waits_for_a_processor_is_noticed() {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(1).enable_all().build().unwrap();
        let waited = runtime.block_on(async {
            let (busy, until) = (Instant::now(), 8 * BEARABLE);
            tokio::spawn(async move { while busy.elapsed() < until {} });
            turn().await
        });
        assert!(waited >= BEARABLE, "{waited:?}");
        runtime.block_on(async { while turn().await >= BEARABLE {} });
    }

    #[tokio::test(start_paused = true)]
    async fn r_limit_5_a_connection_waits_a_second_at_most_and_not_at_all_if_there_is_little_to_do()
    {
        let (load, began) = (Load::default(), Instant::now());
        load.connection_turn().await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        load.bear(&[CONNECTIONS]);
        load.connection_turn().await;
        assert_eq!(began.elapsed(), HELD);
        assert_eq!(load.given_up().last(), Some(("connection", 1)));
    }
}

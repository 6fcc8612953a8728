//! Time and chance, which the hub takes from outside. This is the one file of the hub that reads the
//! wall clock. Rules get both through `Ctx` and read neither, so that they can be tested.

use crate::model::{Timestamp, id::hex};
use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::SystemTime,
};

/// Where an engine has its time and its chance from. A hub takes both from the machine, and a simulation from its seed.
pub trait EngineClock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
    /// 16 bytes that never come twice.
    fn fresh(&self) -> [u8; 16];
}

/// The clock and the chance of this machine.
#[derive(Clone, Copy, Debug)]
pub struct MachineClock;

impl EngineClock for MachineClock {
    fn now(&self) -> Timestamp {
        now()
    }
    fn fresh(&self) -> [u8; 16] {
        fresh()
    }
}

/// The latest time that was given, so that no earlier one is given after it.
#[derive(Debug, Default)]
pub struct LatestTime(AtomicI64);

impl LatestTime {
    /// What a wall clock shows; or the latest time, while that clock is behind it.
    pub fn at_least(&self, wall: Timestamp) -> Timestamp {
        let latest = self.0.fetch_max(wall.micros(), Ordering::Relaxed);
        Timestamp::from_micros(latest.max(wall.micros()))
    }
}

static LATEST: LatestTime = LatestTime(AtomicI64::new(0));

/// The wall clock, except that it never goes back: while the machine's clock is behind a time that was
/// already given, the same time is given again.
#[must_use]
pub fn now() -> Timestamp {
    #[allow(clippy::disallowed_methods, reason = "the one place of the hub that may")]
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    LATEST.at_least(Timestamp::ZERO.after(wall))
}

/// 16 random bytes, for ids that must never occur twice.
///
/// # Panics
/// If the operating system has no random bytes, because going on would make ids that collide.
#[must_use]
pub fn fresh() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A name of 32 random hex digits.
#[must_use]
pub fn fresh_name() -> String {
    hex(&fresh())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_goes_back() {
        let latest = LatestTime::default();
        let at_least = |wall| latest.at_least(Timestamp::from_micros(wall)).micros();
        assert_eq!([5, 9, 3, 9, 10].map(at_least), [5, 9, 9, 9, 10]);
        assert!(now() <= now());
    }

    #[test]
    fn names_are_fresh() {
        assert_ne!(fresh(), fresh());
        assert_eq!(fresh_name().len(), 32);
    }
}

//! Time and chance, which the hub takes from outside. This is the one file of the hub that reads the
//! wall clock. Rules get both through `Ctx` and read neither, so that they can be tested.

use crate::model::{Timestamp, id::hex};
use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::SystemTime,
};

static LATEST: AtomicI64 = AtomicI64::new(0);

/// The wall clock, except that it never goes back: while the machine's clock is behind a time that was
/// already given, the same time is given again.
#[must_use]
pub fn now() -> Timestamp {
    #[allow(clippy::disallowed_methods, reason = "the one place of the hub that may")]
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    clamp(&LATEST, i64::try_from(wall.as_micros()).unwrap_or(i64::MAX))
}

fn clamp(latest: &AtomicI64, wall: i64) -> Timestamp {
    Timestamp::from_micros(latest.fetch_max(wall, Ordering::Relaxed).max(wall))
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
        let latest = AtomicI64::new(0);
        let said: Vec<_> = [5, 9, 3, 9, 10].map(|wall| clamp(&latest, wall).micros()).into();
        assert_eq!(said, [5, 9, 9, 9, 10]);
        assert!(now() <= now());
    }

    #[test]
    fn names_are_fresh() {
        assert_ne!(fresh(), fresh());
        assert_eq!(fresh_name().len(), 32);
    }
}

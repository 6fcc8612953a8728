//! The only clock of the console. The loop reads it once for each message and hands the time on;
//! neither the state nor the pictures ever ask for it.
//!
//! Anybody may set this clock, and a machine that slept wakes hours later. [`ClockWatch`] finds that out, because
//! seconds that nobody could have used do not count as a time to change one's mind in.

use crate::model::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time by this machine's clock. It may differ from the hub's, see `pane::countdown::Skew`.
#[must_use]
pub fn now() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of the console that reads a clock"
    )]
    let now = SystemTime::now();
    Timestamp::ZERO.after(now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO))
}

/// How far the time of day may come apart from a clock that nobody can set before it counts as set.
const APART: Duration = Duration::from_secs(1);

/// Compares the time of day with a clock that nobody can set and that stands while the machine sleeps.
#[derive(Clone, Copy, Debug)]
pub struct ClockWatch {
    day: Timestamp,
    running: Instant,
}

impl ClockWatch {
    /// A watch that compares from this moment on.
    #[must_use]
    pub fn start() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place of the console that reads a clock; it must not be one that tests pause"
        )]
        let running = Instant::now();
        Self { day: now(), running }
    }
    /// What the time of day would be by now if nobody had set it and the machine had not slept since the last
    /// time; `None` if that is what it is.
    pub fn was_set(&mut self) -> Option<Timestamp> {
        let (before, now) = (*self, Self::start());
        *self = now;
        let would = before.day.after(now.running.saturating_duration_since(before.running));
        (now.day.since(would).max(would.since(now.day)) > APART).then_some(would)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_is_found_and_one_that_runs_is_not() {
        let mut watch = ClockWatch::start();
        assert_eq!(watch.was_set(), None);
        let day = watch.day;
        for set_to in [day.after(Duration::from_hours(1)), day.before(Duration::from_hours(1))] {
            watch.day = set_to;
            let would = watch.was_set().expect("it was set");
            assert!(would >= set_to && would.since(set_to) < APART, "{would:?}");
            assert_eq!(watch.was_set(), None, "once");
        }
    }
}

//! What counts down or ages on the screen, and when it next shows another number. All of it counts
//! by the hub's clock, because a sandbox may be a day ahead, and the clock of the agent's machine
//! may be wrong.

use crate::model::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

/// How far the hub's clock is ahead of ours, in microseconds. It is negative if the hub's
/// clock is behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skew(i64);

impl Skew {
    /// The skew of a hub whose clock shows `hub` at the moment at which ours shows `ours`.
    #[must_use]
    pub const fn between(hub: Timestamp, ours: Timestamp) -> Self {
        Self(hub.micros().saturating_sub(ours.micros()))
    }
    /// What the hub's clock shows when ours shows `ours`.
    #[must_use]
    pub const fn hub(self, ours: Timestamp) -> Timestamp {
        Timestamp::from_micros(ours.micros().saturating_add(self.0))
    }
    /// What our clock shows when the hub's shows `hub`.
    #[must_use]
    pub const fn ours(self, hub: Timestamp) -> Timestamp {
        Timestamp::from_micros(hub.micros().saturating_sub(self.0))
    }
}

/// The whole seconds that are left, rounded up, so that a countdown ends at 1 and not at 0.
#[must_use]
pub fn seconds_left(until: Timestamp, now: Timestamp) -> u64 {
    until.since(now).as_micros().div_ceil(1_000_000).try_into().unwrap_or(u64::MAX)
}

/// Up to this length a time is shown in seconds, and above it in coarser units.
const FINE: Duration = Duration::from_secs(100);

/// When the time that is left until `end` next shows another number; `None` if nothing is left.
#[must_use]
pub fn left_changes(end: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let left = end.since(now);
    if left.is_zero() {
        return None;
    }
    // The number is rounded up, so it changes when a whole unit is left.
    let part = part(left, unit(left));
    Some(now.after(if part.is_zero() { unit(left) } else { part }))
}

/// When the age of something that began at `start` next shows another number.
#[must_use]
pub fn age_changes(start: Timestamp, now: Timestamp) -> Timestamp {
    let age = now.since(start);
    now.after(unit(age).saturating_sub(part(age, unit(age))))
}

/// When the date changes next in a time zone; `None` if that is beyond what dates can be.
#[must_use]
pub fn next_day(now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let date = now.in_zone(zone)?.date();
    let next = date.tomorrow().ok()?.to_zoned_datetime(zone.clone()).ok()?;
    Some(next.timestamp().into())
}

fn unit(length: Duration) -> Duration {
    if length <= FINE { Duration::from_secs(1) } else { Duration::from_mins(1) }
}

fn part(length: Duration, unit: Duration) -> Duration {
    let micros = length.as_micros() % unit.as_micros();
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    #[test]
    fn a_countdown_shows_every_second_once_and_then_wants_nothing() {
        let mut now = at(0);
        let mut shown = Vec::new();
        while let Some(next) = left_changes(at(3200), now) {
            shown.push(seconds_left(at(3200), now));
            now = next;
        }
        assert_eq!((shown, now), (vec![4, 3, 2, 1], at(3200)));
    }

    #[test]
    fn what_is_shown_in_minutes_is_looked_at_once_a_minute() {
        assert_eq!(left_changes(at(3_600_000), at(0)), Some(at(60_000)));
        assert_eq!(age_changes(at(0), at(90_500)), at(91_000));
        assert_eq!(age_changes(at(0), at(610_000)), at(660_000));
    }

    #[test]
    fn two_clocks_agree_about_a_moment() {
        let skew = Skew::between(at(86_400_000), at(1000));
        assert_eq!(skew.ours(skew.hub(at(5))), at(5));
        assert_eq!(Skew::default().hub(at(5)), at(5));
    }
}

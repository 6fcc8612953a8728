//! Quiet hours: the part of the day in which people are left alone, by the clock of the place where they
//! are themselves (R-QUIET-1).

use super::time::Timestamp;
use jiff::{civil::Time, tz::TimeZone};
use std::fmt;

/// From a time of day until another one, which may be on the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: Time,
    to: Time,
}

impl Default for QuietHours {
    fn default() -> Self {
        Self { from: Time::constant(20, 0, 0, 0), to: Time::constant(8, 0, 0, 0) }
    }
}

impl QuietHours {
    /// Reads `20:00-08:00`. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let time = |text: &str| -> Option<Time> {
            let (hour, minute) = text.trim().split_once(':')?;
            Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
        };
        let both = text.split_once('-').and_then(|(from, to)| Some((time(from)?, time(to)?)));
        let (from, to) =
            both.ok_or_else(|| format!("`{text}` is no part of a day: write 20:00-08:00"))?;
        if from == to {
            return Err(format!("`{text}` has no end: for no quiet hours write none"));
        }
        Ok(Self { from, to })
    }

    /// Until when it is quiet at a place where it is quiet now; `None` if people may be written to there. The
    /// clocks of a place may leave the end out: then it is the first moment after it.
    #[must_use]
    pub fn until(self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let now = at.in_zone(zone)?;
        let time = now.time();
        let over_midnight = self.from > self.to;
        let is_quiet = if over_midnight {
            time >= self.from || time < self.to
        } else {
            time >= self.from && time < self.to
        };
        if !is_quiet {
            return None;
        }
        let day = if time >= self.to { now.date().tomorrow().ok()? } else { now.date() };
        let end = zone.to_ambiguous_zoned_datetime(day.to_datetime(self.to)).compatible().ok()?;
        // Where the clocks go back, the time of day may come twice: the second one is after now.
        Some(Timestamp::from(end.timestamp()).max(at))
    }
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse::<jiff::Timestamp>().expect("a time").into()
    }

    fn nairobi() -> TimeZone {
        TimeZone::get("Africa/Nairobi").expect("a zone")
    }

    #[test]
    fn r_quiet_1_the_end_is_by_the_clock_of_the_place() {
        let quiet = QuietHours::default();
        let until = |now| quiet.until(at(now), &nairobi());
        // 23:10 and 05:00 there are quiet until 08:00, which is 05:00 in UTC.
        assert_eq!(until("2026-11-29T20:10:00Z"), Some(at("2026-11-30T05:00:00Z")));
        assert_eq!(until("2026-11-30T02:00:00Z"), Some(at("2026-11-30T05:00:00Z")));
        assert_eq!(until("2026-11-30T05:00:00Z"), None, "the end itself is not quiet");
        assert_eq!(until("2026-11-30T16:59:59Z"), None);
        assert_eq!(until("2026-11-30T17:00:00Z"), Some(at("2026-12-01T05:00:00Z")));
    }

    #[test]
    fn r_quiet_1_hours_within_a_day_and_a_night_in_which_the_clocks_change() {
        let noon = QuietHours::parse("12:00 - 14:30").expect("a part of a day");
        assert_eq!(noon.to_string(), "12:00 to 14:30");
        let zone = nairobi();
        assert_eq!(noon.until(at("2026-11-30T09:30:00Z"), &zone), Some(at("2026-11-30T11:30:00Z")));
        assert_eq!(noon.until(at("2026-11-30T20:30:00Z"), &zone), None);
        // In Berlin the clocks go forward at 02:00 on 28 March 2027, and the night is an hour shorter.
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        let night = QuietHours::default().until(at("2027-03-27T21:00:00Z"), &berlin);
        assert_eq!(night, Some(at("2027-03-28T06:00:00Z")));
    }

    #[test]
    fn r_quiet_1_what_is_no_part_of_a_day_is_refused_in_words() {
        for text in ["", "20-8", "20:00", "25:00-08:00", "08:00-08:00", "20:00-08:60"] {
            assert!(QuietHours::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_end_comes_after_now_and_within_a_day(secs in 0_i64..4_000_000_000) {
            let now = Timestamp::from_secs(secs);
            for zone in ["Africa/Nairobi", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"] {
                let zone = TimeZone::get(zone).expect("a zone");
                if let Some(end) = QuietHours::default().until(now, &zone) {
                    prop_assert!(end >= now);
                    prop_assert!(end.since(now) <= std::time::Duration::from_hours(13));
                }
            }
        }
    }
}

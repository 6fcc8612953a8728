//! Points in time. Nothing here reads a clock, because time is always an argument.

use jiff::{ZonedDateTime, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::time::Duration;

/// A point in time, in microseconds since 1970-01-01 UTC. Where the contract says so, zero stands
/// for "never" (R-TAG-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The beginning of the scale. As the expiry of a tag or secondary id it means "never".
    pub const ZERO: Self = Self(0);

    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    /// From whole seconds since 1970. What does not fit becomes the earliest or latest time.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    /// Whether it is [`Timestamp::ZERO`], which the contract sends for "never".
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
    /// The time that is later by this much, or the latest time if that does not fit.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }
    /// The time that is earlier by this much, or the earliest time if that does not fit.
    #[must_use]
    pub fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }
    /// The time as the clocks of a zone show it; `None` outside of what calendars go to, which is about the years
    /// -9999 to 9999.
    #[must_use]
    pub fn in_zone(self, zone: &TimeZone) -> Option<ZonedDateTime> {
        let at = jiff::Timestamp::try_from(self).ok()?;
        Some(at.to_zoned_datetime(zone.clone()))
    }
    /// How long before this `earlier` was. Zero if it was not before.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl From<jiff::Timestamp> for Timestamp {
    /// To the microsecond.
    fn from(at: jiff::Timestamp) -> Self {
        Self(at.as_microsecond())
    }
}

impl TryFrom<Timestamp> for jiff::Timestamp {
    /// The time lies outside of what jiff can hold, which is about the years -9999 to 9999.
    type Error = jiff::Error;
    fn try_from(at: Timestamp) -> Result<Self, jiff::Error> {
        Self::from_microsecond(at.0)
    }
}

/// Whole seconds in one unit, `units` being what seconds, minutes, hours and days are called, and
/// `begins` from when on the last three are used.
#[must_use]
pub fn in_one_unit(secs: u64, begins: [u64; 3], units: [&str; 4]) -> String {
    let [m, h, d] = begins;
    let [seconds, minutes, hours, days] = units;
    match secs {
        _ if secs >= d => format!("{}{days}", secs / 86_400),
        _ if secs >= h => format!("{}{hours}", secs / 3_600),
        _ if secs >= m => format!("{}{minutes}", secs / 60),
        _ => format!("{secs}{seconds}"),
    }
}

impl Timestamp {
    /// The minute in UTC, for sentences of the log: `2026-11-23 14:03 UTC`.
    #[must_use]
    pub fn minute(self) -> String {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(at) => at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            Err(_) => self.to_string(),
        }
    }
}

impl std::fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC with microseconds: `2026-11-23T14:03:21.000250Z`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(at) => write!(f, "{at:.6}"),
            Err(_) => write!(f, "{} us", self.0),
        }
    }
}

/// Text formats get the time as RFC 3339, and nothing for a time that nobody has said, which is no day
/// in 1970. Compact formats, such as those of snapshots, get the number.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match *self {
            at if !to.is_human_readable() => at.0.serialize(to),
            Self::ZERO => to.serialize_none(),
            at => to.collect_str(&at),
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if !from.is_human_readable() {
            return i64::deserialize(from).map(Self);
        }
        let Some(text) = Option::<String>::deserialize(from)? else { return Ok(Self::ZERO) };
        // What no calendar has is written as a number.
        if let Some(micros) = text.strip_suffix(" us") {
            return micros.parse().map(Self).map_err(D::Error::custom);
        }
        let at: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
        Ok(Self(at.as_microsecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_jiff_convert_both_ways() {
        for micros in [0, 1_795_442_601_000_250, -1_500_000] {
            let at = Timestamp::from_micros(micros);
            assert_eq!(Timestamp::from(jiff::Timestamp::try_from(at).unwrap()), at);
        }
        assert!(jiff::Timestamp::try_from(Timestamp::from_micros(i64::MAX)).is_err());
    }

    #[test]
    fn text_formats_carry_rfc_3339_and_compact_ones_the_number() {
        let at = Timestamp::from_micros(1_795_442_601_000_250);
        let json = serde_json::to_string(&at).unwrap();
        assert_eq!(json, "\"2026-11-23T14:03:21.000250Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), at);
        for beyond in [i64::MIN, i64::MAX].map(Timestamp) {
            let json = serde_json::to_string(&beyond).unwrap();
            assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), beyond, "{json}");
        }
        let never = serde_json::to_string(&Timestamp::ZERO).unwrap();
        assert_eq!(never, "null", "no day in 1970");
        assert_eq!(serde_json::from_str::<Timestamp>("null").unwrap(), Timestamp::ZERO);
        let compact = postcard::to_stdvec(&at).unwrap();
        assert!(compact.len() <= 10);
        assert_eq!(postcard::from_bytes::<Timestamp>(&compact).unwrap(), at);
    }
}

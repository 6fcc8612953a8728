//! How many messages may go in a time (R-TAGWORK-7): how it is written, and how it is cut into slices.

use super::limits::SLICE;
use serde::{Deserialize, Serialize};
use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

/// The most slices that are sent in a second. A slice is an entry of the log, so more would only cost the disk.
const SLICES_PER_SECOND: u32 = 10;
/// The most messages in a second that can be asked for.
const MOST_PER_SECOND: u32 = 1_000;
/// What may be written, for whoever wrote something else.
const FORMS: &str = "a rate has a number and a time, such as 10/s, 300/min or 5000/h";

/// The time that a rate counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter)]
pub enum RateUnit {
    Second,
    Minute,
    Hour,
}

impl RateUnit {
    const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
        }
    }
    const fn word(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "min",
            Self::Hour => "h",
        }
    }
    fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "s" | "sec" | "second" => Self::Second,
            "m" | "min" | "minute" => Self::Minute,
            "h" | "hour" => Self::Hour,
            _ => return None,
        })
    }
}

/// The most messages that may go in a time, such as `300/min`. It is shown and stored as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate {
    count: NonZeroU32,
    unit: RateUnit,
}

impl Rate {
    /// `None` if nothing would ever go, or more than 1,000 in a second.
    #[must_use]
    pub const fn new(count: u32, unit: RateUnit) -> Option<Self> {
        match NonZeroU32::new(count) {
            Some(count) if count.get() <= MOST_PER_SECOND * unit.seconds() => {
                Some(Self { count, unit })
            }
            _ => None,
        }
    }

    /// How many go at once at most, and how long it is from one slice to the next at least. So however long a
    /// slice has waited, no more than the rate go in any of its units of time, and none of what was missed
    /// is made good. The rate is met exactly if its number has a divisor that fits, else nearly.
    #[must_use]
    pub fn pace(self) -> (usize, Duration) {
        let (count, seconds) = (self.count.get(), self.unit.seconds());
        let least = count.div_ceil(SLICES_PER_SECOND * seconds);
        let most = u32::try_from(SLICE).unwrap_or(u32::MAX).min(count);
        let at_once = (least..=most).min_by_key(|size| count % size).unwrap_or(1);
        let slices = u64::from((count / at_once).max(1));
        let apart = (u64::from(seconds) * 1_000_000).div_ceil(slices);
        (usize::try_from(at_once).unwrap_or(1), Duration::from_micros(apart))
    }

    /// How long this many take at least.
    #[must_use]
    pub fn lasts(self, messages: u64) -> Duration {
        let (at_once, apart) = self.pace();
        let slices = messages.div_ceil(at_once as u64).saturating_sub(1);
        apart.saturating_mul(u32::try_from(slices).unwrap_or(u32::MAX))
    }

    /// The lower of two rates; a missing one is no bound.
    #[must_use]
    pub fn lower(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        [one, other].into_iter().flatten().min_by_key(|rate| {
            // Each in an hour, so that units compare.
            u64::from(rate.count.get()) * u64::from(3_600 / rate.unit.seconds())
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.unit.word())
    }
}

impl FromStr for Rate {
    type Err = String;

    /// Reads such as `10/s`, `300/min` and `5000/h`. The error says what may be written.
    fn from_str(text: &str) -> Result<Self, String> {
        let small = text.trim().to_ascii_lowercase();
        let parts = small.split_once('/').map(|(count, unit)| (count.trim(), unit.trim()));
        let Some((count, Some(unit))) = parts.map(|(n, unit)| (n, RateUnit::of_word(unit))) else {
            return Err(if small.is_empty() || !small.bytes().all(|b| b.is_ascii_digit()) {
                format!("`{}` cannot be read: {FORMS}", short(text))
            } else {
                format!("{} in what time? {FORMS}", short(text.trim()))
            });
        };
        let plain = count.replace(['_', ','], "");
        let is_number = !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_digit());
        if !is_number {
            return Err(format!("`{}` cannot be read: {FORMS}", short(text)));
        }
        let count = plain.parse().unwrap_or(u32::MAX);
        if count == 0 {
            return Err(
                "with a rate of 0 nothing would ever go: leave it empty, or pause it".into()
            );
        }
        Self::new(count, unit).ok_or_else(|| {
            format!("at most {MOST_PER_SECOND}/s: leave it empty for as fast as the network allows")
        })
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

impl TryFrom<String> for Rate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use strum::IntoEnumIterator as _;

    #[test]
    fn r_tagwork_7_a_rate_has_a_number_and_a_time() {
        for (text, shown) in [
            ("10/s", "10/s"),
            (" 300 / min ", "300/min"),
            ("5000/H", "5000/h"),
            ("1,200/minute", "1200/min"),
            ("2/m", "2/min"),
        ] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), shown);
        }
        for text in ["300", "fast", "", "10/day", "/s", "-1/s", "1.5/s", "10/s/s", "+3/s"] {
            let why = text.parse::<Rate>().unwrap_err();
            assert!(why.contains("10/s, 300/min or 5000/h"), "{text}: {why}");
        }
        assert_eq!("300".parse::<Rate>().unwrap_err(), format!("300 in what time? {FORMS}"));
        assert!("0/s".parse::<Rate>().unwrap_err().contains("nothing would ever go"));
        for text in ["1001/s", "99999999999999/h"] {
            assert!(text.parse::<Rate>().unwrap_err().contains("at most 1000/s"));
        }
    }

    #[test]
    fn r_tagwork_7_a_rate_is_cut_into_slices() {
        let pace = |text: &str| text.parse::<Rate>().unwrap().pace();
        assert_eq!(pace("10/s"), (1, Duration::from_millis(100)));
        assert_eq!(pace("300/min"), (1, Duration::from_millis(200)));
        assert_eq!(pace("1000/s"), (100, Duration::from_millis(100)));
        assert_eq!(pace("5000/h"), (1, Duration::from_millis(720)));
        assert_eq!(pace("37/s"), (37, Duration::from_secs(1)));
        let lasts = |text: &str, n| text.parse::<Rate>().unwrap().lasts(n);
        assert_eq!(lasts("10/s", 300), Duration::from_millis(29_900));
        assert_eq!(lasts("10/s", 0), Duration::ZERO);
        assert_eq!(lasts("1/h", 2), Duration::from_hours(1));
    }

    proptest! {
        /// Of slices that are as close as they may be, no unit of time has more than the rate, and hardly fewer.
        #[test]
        fn r_tagwork_7_no_time_has_more_than_the_rate(count in 1..=3_600_000_u32, unit in 0..3_usize) {
            let unit = RateUnit::iter().nth(unit).expect("a unit");
            let Some(rate) = Rate::new(count, unit) else { return Ok(()) };
            prop_assert_eq!(rate.to_string().parse::<Rate>(), Ok(rate));
            let (at_once, apart) = rate.pace();
            prop_assert!((1..=SLICE).contains(&at_once));
            let length = u128::from(unit.seconds()) * 1_000_000;
            let slices = length.div_ceil(apart.as_micros());
            let sent = slices * at_once as u128;
            prop_assert!(sent <= u128::from(count), "{} of {}", sent, rate);
            prop_assert!(sent * 10 >= u128::from(count) * 9, "{} of {}", sent, rate);
        }
    }
}

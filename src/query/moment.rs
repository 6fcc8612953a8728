//! Times and amounts as people write them in a filter. A time is a stretch: `14:00` is the whole minute and
//! `2026-08-21` the whole day, so that "after" and "up to" mean what people mean by them.

use super::Asker;
use crate::model::Timestamp;
use jiff::civil::{Date, Time};
use std::ops::Range;

/// From the first microsecond to the one behind the last. Wider than any time, so that nothing overflows.
pub(super) type Stretch = Range<i128>;

const SECOND: i128 = 1_000_000;

/// What a time can look like, for an error.
pub(super) const FORMS: &str = "a time such as 14:00, 2026-08-21, 2026-08-21T14:00, today, \
                                \"yesterday 14:00\", -2h or now";

/// Reads a time. The error is what is wrong with it.
pub(super) fn stretch(text: &str, asker: &Asker) -> Result<Stretch, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("now") {
        let now = i128::from(asker.now.micros());
        return Ok(now..now + 1);
    }
    if let Some(ago) = text.strip_prefix('-') {
        let at = i128::from(asker.now.micros()) - length(ago)?;
        return Ok(at..at + 1);
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        let at = i128::from(Timestamp::from(at).micros());
        // Without a fraction it is a whole second.
        return Ok(if text.contains('.') { at..at + 1 } else { at..at + SECOND });
    }
    let (day, clock) = match split(text) {
        Some((day, clock)) => (self::day(day, asker)?, Some(clock.trim())),
        None if text.contains(':') => (self::day("today", asker)?, Some(text)),
        None => (self::day(text, asker)?, None),
    };
    let start = |date: Date, time: Time| {
        let zoned = date.to_datetime(time).to_zoned_datetime(asker.zone.clone());
        let at = zoned.map_err(|_| format!("{text} lies outside of the calendar"))?;
        Ok::<_, String>(i128::from(Timestamp::from(at.timestamp()).micros()))
    };
    if let Some(clock) = clock {
        let (time, length) = self::clock(clock)?;
        let at = start(day, time)?;
        return Ok(at..at + length);
    }
    let next = day.tomorrow().map_err(|_| format!("{text} lies outside of the calendar"))?;
    Ok(start(day, Time::midnight())?..start(next, Time::midnight())?)
}

/// A day and a time of day, as in `yesterday 14:00` and `2026-08-21T14:00`.
fn split(text: &str) -> Option<(&str, &str)> {
    let date = "2026-08-21".len();
    let iso =
        text.split_at_checked(date).and_then(|(day, rest)| Some((day, rest.strip_prefix('T')?)));
    iso.or_else(|| text.split_once(' '))
}

fn day(text: &str, asker: &Asker) -> Result<Date, String> {
    let today = || {
        let now = asker.now.in_zone(&asker.zone).map(|now| now.date());
        now.ok_or_else(|| "the clock shows no day of the calendar".to_owned())
    };
    match text.to_ascii_lowercase().as_str() {
        "today" => today(),
        "yesterday" => today()?.yesterday().map_err(|error| error.to_string()),
        _ => Date::strptime("%Y-%m-%d", text).map_err(|_| format!("there is no day `{text}`")),
    }
}

/// A time of day, and how long it lasts.
fn clock(text: &str) -> Result<(Time, i128), String> {
    let wrong = || format!("there is no time of day `{text}`");
    let parts: Vec<&str> = text.split(':').collect();
    let number = |part: &&str| {
        let is_number = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| part.parse::<i8>().ok()).flatten()
    };
    let numbers: Option<Vec<i8>> = parts.iter().map(number).collect();
    let (time, length) = match numbers.as_deref() {
        Some([hour, minute]) => (Time::new(*hour, *minute, 0, 0), 60 * SECOND),
        Some([hour, minute, second]) => (Time::new(*hour, *minute, *second, 0), SECOND),
        _ => return Err(wrong()),
    };
    Ok((time.map_err(|_| wrong())?, length))
}

/// What a length of time can look like, for an error.
pub(super) const LENGTHS: &str = "a length of time such as 30s, 15m, 2h, 1h30m, 7d or 2w";

/// Reads a length of time, in microseconds.
pub(super) fn length(text: &str) -> Result<i128, String> {
    let wrong = || format!("`{text}` is no length of time");
    let mut rest = text.trim();
    let mut sum: i128 = 0;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, behind) = rest.split_at(digits);
        let unit = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let seconds = match &*behind[..unit].to_ascii_lowercase() {
            "s" => 1,
            "m" | "min" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return Err(wrong()),
        };
        // A million years is more than any clock shows, and far from what would overflow.
        let number: i128 = number.parse().ok().filter(|n| *n <= 1_000_000_000).ok_or_else(wrong)?;
        sum += number * seconds * SECOND;
        rest = &behind[unit..];
    }
    Ok(sum)
}

/// How many parts of a whole unit an amount is counted in. No currency has finer ones.
const PARTS: i128 = 1_000_000;

/// Reads an amount in whole units, such as `1000` or `0.5`, in parts of a unit.
pub(super) fn amount(text: &str) -> Result<i128, String> {
    let wrong = || format!("`{text}` is no amount");
    let (sign, plain) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, "0"));
    let is_number = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !is_number(whole, 18) || !is_number(fraction, 6) {
        return Err(wrong());
    }
    let whole: i128 = whole.parse().map_err(|_| wrong())?;
    let fraction: i128 = format!("{fraction:0<6}").parse().map_err(|_| wrong())?;
    Ok(sign * (whole * PARTS + fraction))
}

/// An amount of money in parts of a unit.
pub(super) fn parts(money: crate::model::Money) -> i128 {
    i128::from(money.minor) * (PARTS / 10_i128.pow(money.currency.exponent()))
}

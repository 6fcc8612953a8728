//! When something ends: `never`, `+7d`, `+1d12h`, `in 3d`, `2026-12-24 09:00`, `2026-12-24`.
//! The contract counts whole seconds, 0 is never (R-TAG-2); so does this.

use crate::model::Timestamp;
use jiff::{civil::DateTime, tz::TimeZone};
use std::time::Duration;

/// The furthest an expiry may lie ahead: a hundred years.
const FURTHEST: u64 = 100 * 366 * 86_400;

const HOW: &str = "write +7d, +2h, in 3d, 2026-12-24 09:00 or never";

/// Reads an expiry at `now` in the agent's zone. Empty is never.
pub fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
    let text = text.trim().to_ascii_lowercase();
    if text.is_empty() || text == "never" {
        return Ok(Timestamp::ZERO);
    }
    if let Some(span) = text.strip_prefix('+').or_else(|| text.strip_prefix("in ")) {
        let secs = seconds(span.trim()).ok_or(HOW)?;
        return match secs {
            0 => Err("that is now: choose a later time or never".into()),
            secs if secs > FURTHEST => Err("more than a hundred years: write never".into()),
            secs => Ok(Timestamp::from_secs(now.after(Duration::from_secs(secs)).secs())),
        };
    }
    let ends = date(&text, zone).ok_or(HOW)?;
    if ends <= now {
        return Err("this time has passed: choose a later one or never".into());
    }
    if ends.since(now).as_secs() > FURTHEST {
        return Err("more than a hundred years: write never".into());
    }
    Ok(ends)
}

/// `1d12h` in seconds.
fn seconds(span: &str) -> Option<u64> {
    let mut total = 0_u64;
    let mut count: Option<u64> = None;
    for c in span.chars() {
        if let Some(digit) = c.to_digit(10) {
            count = Some(count.unwrap_or(0).checked_mul(10)?.checked_add(u64::from(digit))?);
        } else {
            let unit = match c {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                'w' => 7 * 86_400,
                _ => return None,
            };
            total = total.checked_add(count.take()?.checked_mul(unit)?)?;
        }
    }
    (count.is_none() && !span.is_empty()).then_some(total)
}

/// A date, or a date and a time of day, in the zone.
fn date(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.replace('t', " ");
    let whole = if text.contains(' ') { text } else { format!("{text} 00:00") };
    let at = DateTime::strptime("%Y-%m-%d %H:%M", whole).ok()?.to_zoned_datetime(zone.clone());
    Some(Timestamp::from_secs(at.ok()?.timestamp().as_second()))
}

/// Back in absolute local time, with how long it is: `2026-12-24 09:00 EAT, in 31 days`.
#[must_use]
pub fn show(ends: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    if ends.is_zero() {
        return "never".into();
    }
    let Ok(moment) = jiff::Timestamp::from_microsecond(ends.micros()) else {
        return "?".into();
    };
    let local = moment.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string();
    if ends <= now {
        return format!("{local}, over");
    }
    let secs = ends.since(now).as_secs();
    let (count, unit) = match secs {
        0..=119 => (secs, "seconds"),
        120..=7_199 => (secs / 60, "minutes"),
        7_200..=172_799 => (secs / 3_600, "hours"),
        _ => (secs / 86_400, "days"),
    };
    format!("{local}, in {count} {unit}")
}

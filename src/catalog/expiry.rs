//! Reads and shows times: when something ends (`never`, `+7d`, `in 3d`, `2026-12-24 09:00`), when
//! something happens, how often, and lengths of time such as `1d12h`.
//!
//! The contract counts whole seconds and means never by 0 (R-TAG-2), and this module says `None` for it. The
//! present time and the zone are arguments: the hub's time may be days ahead of this machine's.

use crate::model::Timestamp;
use jiff::{civil::DateTime, tz::TimeZone};
use std::time::Duration;

/// How far ahead an expiry may lie at most, in seconds: a hundred years.
const FURTHEST: u64 = 100 * 366 * 86_400;

/// Reads when something ends, seen from `now` and with dates in the user's zone. An empty text means
/// never, which is `None`.
pub fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Option<Timestamp>, String> {
    let text = text.trim().to_ascii_lowercase();
    if text.is_empty() || text == "never" {
        return Ok(None);
    }
    let how = format!("write +7d, +2h, in 3d, {} 09:00 or never", tomorrow(now, zone));
    later(&text, now, zone, &how).map(Some)
}

/// The day that is so many days after `now`, in the user's zone.
fn day(now: Timestamp, zone: &TimeZone, days: i64) -> Option<String> {
    let date = now.in_zone(zone)?.date().checked_add(jiff::Span::new().days(days)).ok()?;
    Some(date.strftime("%Y-%m-%d").to_string())
}

/// The day that errors give as an example. A day that was written down once would lie in the past
/// some day, and whoever followed the example would be refused.
fn tomorrow(now: Timestamp, zone: &TimeZone) -> String {
    day(now, zone, 1).unwrap_or_else(|| "2099-12-31".into())
}

/// Reads a time that lies ahead of `now`, in small letters. `how` is the error for a text that is no time.
fn later(text: &str, now: Timestamp, zone: &TimeZone, how: &str) -> Result<Timestamp, String> {
    if let Some(span) = text.strip_prefix('+').or_else(|| text.strip_prefix("in ")) {
        let secs = seconds(span.trim()).ok_or(how)?;
        return match secs {
            0 => Err("that is now: choose a later time or never".into()),
            secs if secs > FURTHEST => Err("more than a hundred years: write never".into()),
            secs => Ok(Timestamp::from_secs(now.after(Duration::from_secs(secs)).secs())),
        };
    }
    let ends = date(text, zone).ok_or(how)?;
    if ends <= now {
        return Err("this time has passed: choose a later one or never".into());
    }
    if ends.since(now).as_secs() > FURTHEST {
        return Err("more than a hundred years: write never".into());
    }
    Ok(ends)
}

/// Reads when something happens: `+2h`, `in 3d`, `today 17:00`, `tomorrow 09:00`, or a date with a
/// time. Unlike an expiry it can be neither empty nor `never`.
pub fn moment(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
    let how = format!("write +2h, tomorrow 09:00 or {} 09:00", tomorrow(now, zone));
    let text = text.trim().to_ascii_lowercase();
    let on = |days, time: &str| Some(format!("{}{time}", day(now, zone, days)?));
    let whole = match (text.strip_prefix("today"), text.strip_prefix("tomorrow")) {
        (Some(time), _) => on(0, time).ok_or(&*how)?,
        (_, Some(time)) => on(1, time).ok_or(&*how)?,
        _ if text.is_empty() || text == "never" => return Err(format!("when: {how}")),
        _ => text,
    };
    // Everything but the words is the same as for an expiry; `never` was refused above.
    match later(&whole, now, zone, &how) {
        Err(why) if why == how => Err(how),
        Err(why) => Err(why.replace(" or never", "").replace(": write never", " ahead")),
        when => when,
    }
}

/// Reads how often something repeats: `1d`, `12h`, `90m`. `None` means once, for an empty text,
/// `none` or `once`.
pub fn every(text: &str) -> Result<Option<Duration>, String> {
    let text = text.trim().to_ascii_lowercase();
    if matches!(text.as_str(), "" | "none" | "once") {
        return Ok(None);
    }
    let span = text.strip_prefix("every ").unwrap_or(&text);
    match seconds(span) {
        None => Err("write 1d, 12h, 90m or none".into()),
        Some(0) => Err("at least a second, or none".into()),
        Some(secs) if secs > FURTHEST => Err("more than a hundred years: write none".into()),
        Some(secs) => Ok(Some(Duration::from_secs(secs))),
    }
}

/// Writes a length of time in the way in which [`seconds`] reads it, such as `1d12h`. Fractions of a
/// second are dropped.
#[must_use]
pub fn span(time: Duration) -> String {
    let secs = time.as_secs();
    let parts = [(secs / 86_400, 'd'), (secs / 3_600 % 24, 'h'), (secs / 60 % 60, 'm')];
    let parts = parts.into_iter().chain([(secs % 60, 's')]).filter(|(count, _)| *count > 0);
    let all: Vec<_> = parts.map(|(count, unit)| format!("{count}{unit}")).collect();
    if all.is_empty() { "0s".into() } else { all.concat() }
}

/// Reads a length of time such as `1d12h`, in seconds. The units are s, m, h, d and w. `None` if it
/// is anything else or too long to count.
#[must_use]
pub fn seconds(span: &str) -> Option<u64> {
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

/// Reads a date, or a date and a time of day, in the zone. A date alone means its midnight.
fn date(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.replace('t', " ");
    let whole = if text.contains(' ') { text } else { format!("{text} 00:00") };
    let at = DateTime::strptime("%Y-%m-%d %H:%M", whole).ok()?.to_zoned_datetime(zone.clone());
    Some(Timestamp::from_secs(at.ok()?.timestamp().as_second()))
}

/// Writes when something ends, as [`show`] does, or `never`.
#[must_use]
pub fn show_end(ends: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> String {
    ends.map_or_else(|| "never".into(), |ends| show(ends, now, zone))
}

/// Writes a time in the user's zone together with its distance from `now`, such as
/// `2026-12-24 09:00 EAT, in 31 days`.
#[must_use]
pub fn show(ends: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let Some(moment) = ends.in_zone(zone) else { return "?".into() };
    let local = moment.strftime("%Y-%m-%d %H:%M %Z").to_string();
    if ends <= now {
        return format!("{local}, over");
    }
    // Rounded, so that what was written as three days does not read as two a moment later.
    let secs = ends.since(now).as_secs();
    let (count, unit) = match secs {
        0..=119 => (secs, "seconds"),
        120..=7_169 => ((secs + 30) / 60, "minutes"),
        7_170..=170_999 => ((secs + 1_800) / 3_600, "hours"),
        _ => ((secs + 43_200) / 86_400, "days"),
    };
    format!("{local}, in {count} {unit}")
}

//! Says times back, in words that [`super::read()`] reads as the same second (R-TIME-3).

use super::CustomerZone;
use crate::model::{Reminder, Timestamp};
use jiff::{
    ZonedDateTime,
    tz::{AmbiguousOffset, TimeZone},
};
use std::time::Duration;

/// How many firings of a series are looked at for a change of the clocks, and how far ahead at most.
const FIRINGS: u32 = 30;
const A_YEAR: Duration = Duration::from_hours(366 * 24);

/// Writes a time as the clocks of a zone show it, such as `Tue 2026-12-24 09:00 EAT`, with its seconds if it
/// has any. Where the clocks show it twice under one name the offset stands there.
#[must_use]
pub fn absolute(at: Timestamp, zone: &TimeZone) -> String {
    let Some(shown) = at.in_zone(zone) else { return "?".into() };
    let name = if is_named_twice(&shown) { "%:z" } else { "%Z" };
    let clock = if shown.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    shown.strftime(&format!("%a %Y-%m-%d {clock} {name}")).to_string()
}

/// Whether the clocks show this twice, and the zone has the same name both times.
fn is_named_twice(shown: &ZonedDateTime) -> bool {
    let asked = shown.time_zone().to_ambiguous_zoned_datetime(shown.datetime());
    let AmbiguousOffset::Fold { before, after } = asked.offset() else { return false };
    let name = |offset: jiff::tz::Offset| {
        let at = offset.to_timestamp(shown.datetime()).ok()?;
        Some(shown.time_zone().to_offset_info(at).abbreviation().to_owned())
    };
    name(before) == name(after)
}

/// Writes a time together with its distance from `now`, such as `Thu 2026-12-24 09:00 EAT, in 31 days`.
#[must_use]
pub fn show(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let shown = absolute(at, zone);
    if at <= now {
        return format!("{shown}, over");
    }
    // Rounded, so that what was written as three days does not read as two a moment later.
    let secs = at.since(now).as_secs();
    let (count, unit) = match secs {
        0..=119 => (secs, "seconds"),
        120..=7_169 => ((secs + 30) / 60, "minutes"),
        7_170..=170_999 => ((secs + 1_800) / 3_600, "hours"),
        _ => ((secs + 43_200) / 86_400, "days"),
    };
    format!("{shown}, in {count} {unit}")
}

/// Writes when something ends, as [`show`] does, or `never`.
#[must_use]
pub fn show_end(ends: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> String {
    ends.map_or_else(|| "never".into(), |ends| show(ends, now, zone))
}

/// Writes a time that lies ahead as a form reads it: to the minute in the agent's zone if that says it exactly, else
/// in RFC 3339. `None` if it is over.
#[must_use]
pub fn exact(at: Timestamp, now: Timestamp, zone: &TimeZone) -> Option<String> {
    let exact = jiff::Timestamp::try_from(at).ok().filter(|_| at > now)?;
    let whole = jiff::Timestamp::try_from(Timestamp::from_secs(at.secs())).ok()?;
    let local = zone.to_datetime(exact).strftime("%Y-%m-%d %H:%M").to_string();
    let ways = [local, exact.to_string(), whole.to_string()];
    let says = |text: &&String| super::ahead(text, now, zone).is_ok_and(|when| when.at == at);
    Some(ways.iter().find(says).unwrap_or(&ways[2]).clone())
}

/// What a time means where the customer is; `None` if the clocks there show the same, or if their zone is not known.
#[must_use]
pub fn say(at: Timestamp, zone: &TimeZone, customer: Option<&CustomerZone>) -> Option<String> {
    let customer = customer?;
    let theirs = match &customer.zone {
        Ok(theirs) => theirs,
        Err(name) => {
            return Some(format!("the customer's time zone `{name}` is none that is known here"));
        }
    };
    let moment = jiff::Timestamp::try_from(at).ok()?;
    let differs = zone.to_offset(moment) != theirs.to_offset(moment);
    differs.then(|| format!("for the customer {} ({})", absolute(at, theirs), customer.why))
}

/// What to say of a reminder that repeats across a change of the clocks: it repeats after so many seconds, so
/// that it fires at another time of day from then on. `None` if it is not repeated, or if nobody would notice.
#[must_use]
pub fn series(reminder: &Reminder, zone: &TimeZone) -> Option<String> {
    let every = reminder.interval?;
    // What fires each hour or more often does so at the same minutes.
    if every <= Duration::from_hours(1) {
        return None;
    }
    let first = jiff::Timestamp::try_from(reminder.remind_at).ok()?;
    let before = zone.to_offset(first);
    let until = reminder.remind_at.after(every.saturating_mul(FIRINGS).min(A_YEAR));
    let change = zone.following(first).find(|change| change.offset() != before)?;
    let change = Timestamp::from(change.timestamp());
    if change > until {
        return None;
    }
    // The first firing that is not before the change.
    let times = change.since(reminder.remind_at).as_micros().div_ceil(every.as_micros().max(1));
    let fires = reminder.remind_at.after(every.checked_mul(u32::try_from(times).ok()?)?);
    let [fires, usual] = [fires.in_zone(zone)?, fires.in_zone(&TimeZone::fixed(before))?];
    if fires.time() == usual.time() {
        return None;
    }
    Some(format!(
        "the clocks change: from {} on it fires at {}, and not at {}",
        fires.strftime("%a %Y-%m-%d"),
        fires.strftime("%H:%M %Z"),
        usual.strftime("%H:%M"),
    ))
}

//! Times and lengths of time as people write them: one grammar for forms, verbs, filters and "go to a time"
//! (R-TIME-1). `docs/TIMES.md` is the grammar for people, and its table is made of [`EXAMPLES`].
//!
//! Whoever reads a time says it back with [`say()`], because one text may mean several moments: which Monday, and
//! which of two hours when the clocks change. Lengths are in `length`, and there `m` is a minute. Months and
//! years are units of the calendar, and no length (R-TIME-2). The present time and the zone are arguments: the
//! hub's time may be days ahead of this machine's.

mod length;
mod read;
mod say;
#[cfg(test)]
mod tests;
mod zone;

use super::Timestamp;
use jiff::tz::TimeZone;
pub use length::{LENGTHS, every, length, written};
pub use read::read;
pub use say::{absolute, exact, say, series, show, show_end};
pub use zone::CustomerZone;

/// What a time of the past can look like, for an error.
pub const FORMS: &str = "a time such as 14:00, 2026-08-21, 2026-08-21T14:00, today, \
                         \"yesterday 14:00\", mon, -2h or now";

/// How far ahead a time may lie at most, in seconds: a hundred years.
const FURTHEST: u64 = 100 * 366 * 86_400;

/// Which way a text points that does not say it, such as `mon 14:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// The last Monday, today if it is one; and `14:30` is today's.
    Past,
    /// The next Monday whose 14:30 is yet to come; and `14:30` is today's or else tomorrow's.
    Future,
}

/// A time that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// The first moment of what was named, such as the midnight with which a day begins.
    pub at: Timestamp,
    /// The last microsecond of what was named: a day, a minute and a second are stretches. The same as `at`
    /// for what is one moment, such as `-2h`.
    pub last: Timestamp,
    /// What the clocks do at that time, and which of two moments was taken (R-TIME-4); `None` if there is only one.
    pub note: Option<String>,
}

impl When {
    /// A moment of it in words, the first or the last, and what the clocks do then.
    #[must_use]
    pub fn said(&self, at: Timestamp, zone: &TimeZone) -> String {
        let note = self.note.as_ref().map_or_else(String::new, |note| format!("; {note}"));
        format!("{}{note}", absolute(at, zone))
    }
}

/// What can be written, and what it means, for the page of the docs. A test reads each of them.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("now", "this moment"),
    ("+2h", "so much later; also `in 2h`, `+1h30m`, `in 3 days`"),
    ("-2h", "so much earlier; also `2h ago`"),
    (
        "+7d",
        "seven days later at the same time of day, whatever the clocks do in between; so is `+1w`",
    ),
    (
        "+1mo",
        "the same day of the next month, or its last day; `mo` and `y` are months and years of the calendar",
    ),
    ("today 14:00", "a day and a time of day; also `yesterday 14:00`"),
    (
        "tomorrow 9",
        "behind a day an hour is enough; also `tomorrow 9:30`, `tomorrow 9am`, `tomorrow 9 pm`",
    ),
    ("tomorrow", "a day alone is its beginning, and where stretches are asked for the whole of it"),
    (
        "mon 14:30",
        "the next Monday for what is to come, and the last one (or today) for what has been",
    ),
    ("14:30", "today; for what is to come tomorrow, if it is over today"),
    ("9am", "a time of day in twelve hours; also `9 pm`, `9:30pm`"),
    ("2026-12-01", "a day"),
    ("2026-12-01 14:30", "a day and a time of day; also with a `T` in between, and with seconds"),
    (
        "2026-12-01 14:30 EAT",
        "with what the zone is called then, or its offset, where the clocks show it twice",
    ),
    (
        "2026-12-01T14:30:00+01:00",
        "RFC 3339, which is the same in every zone; also `2026-12-01T13:30:00Z`",
    ),
];

/// The grammar in few words, for the help of verbs and fields; at most 80 columns wide.
pub const GRAMMAR: &str = "\
Times: now, +2h, -2h, 'in 3 days', '2h ago', +1mo, today 14:00, tomorrow 9,
mon 14:30, 14:30, 9pm, 2026-12-01, '2026-12-01 14:30', RFC 3339. Lengths: 90m,
2h, 1d12h, and m is minutes. All of it is in docs/TIMES.md.";

/// Reads a time that has been, such as `yesterday 14:00`. The error says what is wrong, and what a time can look
/// like, or that it lies in the future.
pub fn back(text: &str, now: Timestamp, zone: &TimeZone) -> Result<When, String> {
    let when = read(text, now, zone, Toward::Past);
    let when = when.map_err(|why| format!("{why}; expected {FORMS}"))?;
    if when.at > now {
        let shown = absolute(when.at, zone);
        return Err(format!("{shown} lies in the future: nothing has happened then yet"));
    }
    Ok(when)
}

/// Reads when something happens, in whole seconds, because the contract counts in them. It lies ahead of `now`.
pub fn ahead(text: &str, now: Timestamp, zone: &TimeZone) -> Result<When, String> {
    let how = format!("write +2h, tomorrow 9, mon 14:30 or {} 09:00", example(now, zone));
    if text.trim().is_empty() || is_never(text) {
        return Err(format!("when: {how}"));
    }
    let when = read(text, now, zone, Toward::Future).map_err(|why| format!("{why}: {how}"))?;
    later(when, now, zone, ["", " ahead"])
}

/// Reads when something ends, in whole seconds. An empty text and `never` mean never, which is `None`.
pub fn end(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Option<When>, String> {
    if text.trim().is_empty() || is_never(text) {
        return Ok(None);
    }
    let how = format!("write +7d, +2h, fri 18:00, {} 09:00 or never", example(now, zone));
    let when = read(text, now, zone, Toward::Future).map_err(|why| format!("{why}: {how}"))?;
    later(when, now, zone, [" or never", ": write never"]).map(Some)
}

fn is_never(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("never")
}

/// The day that errors give as an example. One that was written down once would lie in the past some day, and
/// whoever followed the example would be refused.
fn example(now: Timestamp, zone: &TimeZone) -> String {
    let day = now.in_zone(zone).and_then(|now| now.date().tomorrow().ok());
    day.map_or_else(|| "2099-12-31".into(), |day| day.strftime("%Y-%m-%d").to_string())
}

/// Checks that a time lies ahead, and not too far. The words are added to the two errors.
fn later(
    when: When,
    now: Timestamp,
    zone: &TimeZone,
    [passed, far]: [&str; 2],
) -> Result<When, String> {
    let at = Timestamp::from_secs(when.at.secs());
    if when.at < now {
        let shown = absolute(when.at, zone);
        return Err(format!("{shown} has passed: choose a later time{passed}"));
    }
    if at <= now {
        return Err(format!("that is now: choose a later time{passed}"));
    }
    if at.since(now).as_secs() > FURTHEST {
        return Err(format!("more than a hundred years{far}"));
    }
    Ok(When { at, ..when })
}

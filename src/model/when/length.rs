//! Lengths of time such as `1d12h`, which are always as long (R-TIME-2). jiff reads them; what it reads and what
//! has no fixed length is refused here.

use super::FURTHEST;
use jiff::{Span, SpanRelativeTo, fmt::friendly::SpanParser};
use std::time::Duration;

/// What a length of time can look like, for an error.
pub const LENGTHS: &str = "a length of time such as 30s, 15m, 2h, 1h30m, 7d or 2w";

/// Reads units of any kind. The error says what is wrong with the text.
pub(super) fn units(text: &str) -> Result<Span, String> {
    let text = text.trim();
    let odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | ',' | ' '));
    let small = text.to_ascii_lowercase();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!(
            "`{text}` has no unit: {text}m is minutes, {text}h hours, {text}d days"
        ));
    }
    // Whoever writes 3M hardly means minutes, and may mean months.
    let behind = |at: usize| text[at + 1..].chars().next().is_none_or(|c| !c.is_ascii_alphabetic());
    if text.match_indices('M').any(|(at, _)| behind(at)) {
        let months = small.replace('m', "mo");
        return Err(format!("`{text}` can be minutes or months: write {small} or {months}"));
    }
    let wrong = || format!("`{text}` is no length of time");
    if text.contains(odd) || small.contains("ago") || small.starts_with('p') {
        return Err(wrong());
    }
    SpanParser::new().parse_span(&small).map_err(|_| wrong())
}

/// Reads a length of time. A day has 24 hours here, and a week seven of these. Months and years are refused,
/// because they are not always as long.
pub fn length(text: &str) -> Result<Duration, String> {
    let span = units(text)?;
    for (count, name, days) in
        [(i64::from(span.get_years()), "year", 365), (span.get_months().into(), "month", 30)]
    {
        if count != 0 {
            let days = count * days;
            return Err(format!(
                "a {name} is not always as long: write it in days, such as {days}d"
            ));
        }
    }
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let length = length.ok().and_then(|length| Duration::try_from(length).ok());
    length.ok_or_else(|| format!("`{}` is no length of time", text.trim()))
}

/// Reads how often something repeats: `1d`, `12h`, `90m`. `None` means once, for an empty text, `none` or `once`.
/// The contract counts the seconds in between, so that nothing repeats by months (R-TIME-2).
pub fn every(text: &str) -> Result<Option<Duration>, String> {
    let text = text.trim();
    if ["", "none", "once"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Ok(None);
    }
    let span = text.split_at_checked(6).filter(|(every, _)| every.eq_ignore_ascii_case("every "));
    let span = span.map_or(text, |(_, rest)| rest);
    let every = length(span).map_err(|why| format!("{why}; write 1d, 12h, 90m or none"))?;
    match every.as_secs() {
        0 => Err("at least a second, or none".into()),
        _ if every.subsec_nanos() > 0 => Err("whole seconds, or none".into()),
        secs if secs > FURTHEST => Err("more than a hundred years: write none".into()),
        _ => Ok(Some(every)),
    }
}

/// Writes a length of time in the way in which [`length`] reads it, such as `1d12h`. Fractions of a
/// second are dropped.
#[must_use]
pub fn written(time: Duration) -> String {
    let secs = time.as_secs();
    let parts = [(secs / 86_400, 'd'), (secs / 3_600 % 24, 'h'), (secs / 60 % 60, 'm')];
    let parts = parts.into_iter().chain([(secs % 60, 's')]).filter(|(count, _)| *count > 0);
    let all: Vec<_> = parts.map(|(count, unit)| format!("{count}{unit}")).collect();
    if all.is_empty() { "0s".into() } else { all.concat() }
}

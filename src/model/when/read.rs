//! Reads a time: a distance from now, RFC 3339, or a day and a time of day in the zone of whoever writes. No text
//! makes it panic. Where the clocks of the zone leave an hour out or show it twice, one moment is taken as jiff
//! takes it, and the note says which (R-TIME-4).

use super::{Toward, When, length};
use crate::model::Timestamp;
use jiff::{
    Span, ZonedDateTime,
    civil::{Date, DateTime, Time, Weekday},
    tz::{AmbiguousOffset, Offset, TimeZone},
};

const SECOND: i64 = 1_000_000;
const DAYS: [(Weekday, &str, &str); 7] = [
    (Weekday::Monday, "mon", "monday"),
    (Weekday::Tuesday, "tue", "tuesday"),
    (Weekday::Wednesday, "wed", "wednesday"),
    (Weekday::Thursday, "thu", "thursday"),
    (Weekday::Friday, "fri", "friday"),
    (Weekday::Saturday, "sat", "saturday"),
    (Weekday::Sunday, "sun", "sunday"),
];

/// Reads a time, seen from `now` and in the zone of whoever wrote it. The error is what is wrong with the text.
pub fn read(text: &str, now: Timestamp, zone: &TimeZone, toward: Toward) -> Result<When, String> {
    let text = text.trim();
    let reader = TimeReader { text, now, zone, toward };
    if text.is_empty() {
        return Err("a time is missing".into());
    }
    if text.eq_ignore_ascii_case("now") {
        return Ok(moment(now));
    }
    if let Some((is_ahead, length)) = distance(text) {
        return reader.distance(is_ahead, length);
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        let at = Timestamp::from(at);
        // Without a fraction it is a whole second.
        let long = if text.contains('.') { 1 } else { SECOND };
        return Ok(stretch(at, long));
    }
    reader.day_and_clock()
}

const fn moment(at: Timestamp) -> When {
    stretch(at, 1)
}

const fn stretch(at: Timestamp, micros: i64) -> When {
    let last = Timestamp::from_micros(at.micros().saturating_add(micros - 1));
    When { at, last, note: None }
}

/// Whether a text is a distance from now: whether it is ahead, and how far.
fn distance(text: &str) -> Option<(bool, &str)> {
    let word = |text: &str, word: &str| text.eq_ignore_ascii_case(word);
    if let Some(length) = text.strip_prefix('+') {
        return Some((true, length));
    }
    if let Some(length) = text.strip_prefix(['-', '\u{2212}']) {
        return Some((false, length));
    }
    if let Some((_, length)) = text.split_at_checked(3).filter(|(begin, _)| word(begin, "in ")) {
        return Some((true, length));
    }
    let ends = text.len().checked_sub(3).and_then(|at| text.split_at_checked(at));
    ends.filter(|(_, end)| word(end, "ago")).map(|(length, _)| (false, length))
}

/// A time of day, and how long it lasts in microseconds.
type DayTime = (Time, i64);

/// What is read, from when and where, and which way it points.
struct TimeReader<'a> {
    text: &'a str,
    now: Timestamp,
    zone: &'a TimeZone,
    toward: Toward,
}

impl TimeReader<'_> {
    fn now(&self) -> Result<ZonedDateTime, String> {
        let now = self.now.in_zone(self.zone);
        now.ok_or_else(|| "the clock shows no day of the calendar".to_owned())
    }
    fn beyond(&self) -> String {
        format!("{} lies outside of the calendar", self.text)
    }

    /// Days, weeks, months and years go along the calendar and keep the time of day, the rest is counted.
    fn distance(&self, is_ahead: bool, length: &str) -> Result<When, String> {
        let span = length::units(length)?;
        let beyond = |_| self.beyond();
        let sign = if is_ahead { 1 } else { -1 };
        let days = Span::new()
            .try_years(span.get_years())
            .and_then(|days| days.try_months(span.get_months()))
            .and_then(|days| days.try_weeks(span.get_weeks()))
            .and_then(|days| days.try_days(span.get_days()))
            .map_err(beyond)?;
        let rest = span.years(0).months(0).weeks(0).days(0);
        let mut at = self.now()?;
        let mut note = None;
        if !days.is_zero() {
            let day = at.datetime().checked_add(days * sign).map_err(beyond)?;
            (at, note) = self.settle(day)?;
        }
        let at = at.checked_add(rest * sign).map_err(beyond)?;
        Ok(When { note, ..moment(at.timestamp().into()) })
    }

    /// A day, a time of day, or both; then perhaps what the zone is called.
    fn day_and_clock(&self) -> Result<When, String> {
        let small = self.text.to_ascii_lowercase();
        let iso = small.split_at_checked("2026-08-21".len());
        let iso = iso.and_then(|(day, clock)| Some(format!("{day} {}", clock.strip_prefix('t')?)));
        let whole = iso.filter(|text| looks_like_day(&text[..10])).unwrap_or(small);
        let words: Vec<&str> = whole.split_whitespace().filter(|word| *word != "at").collect();
        let mut rest = &words[..];
        let weekday = take(&mut rest, |word| weekday(word.trim_end_matches(',')));
        let day = take(&mut rest, |word| self.day(word)).transpose()?;
        let first = rest.first().copied();
        let clock = self.clock(&mut rest, weekday.is_some() || day.is_some())?;
        let zone = rest.first().copied();
        match (&clock, rest) {
            (None, [word, ..]) if day.is_some() || weekday.is_some() => {
                return Err(format!("there is no time of day `{word}`"));
            }
            (None, [word, ..]) => return Err(self.unknown(word)),
            (Some(_), [_, word, ..]) => return Err(format!("`{word}` stands behind the time")),
            (_, _) => {}
        }
        if let (Some(day), Some(weekday)) = (day, weekday)
            && day.weekday() != weekday
        {
            return Err(format!("{day} is a {}", name(day.weekday())));
        }
        match clock {
            Some(clock) => self.of_clock(day, weekday, clock, zone),
            None if day.is_some() || weekday.is_some() => self.whole_day(day, weekday),
            None => Err(self.unknown(first.unwrap_or(self.text))),
        }
    }

    /// The day that a word names; `None` if it is none of the words for days.
    fn day(&self, word: &str) -> Option<Result<Date, String>> {
        let beyond = |_| self.beyond();
        let today = || self.now().map(|now| now.date());
        Some(match word {
            "today" => today(),
            "tomorrow" => today().and_then(|day| day.tomorrow().map_err(beyond)),
            "yesterday" => today().and_then(|day| day.yesterday().map_err(beyond)),
            word if looks_like_day(word) => {
                Date::strptime("%Y-%m-%d", word).map_err(|_| format!("there is no day `{word}`"))
            }
            _ => return None,
        })
    }

    /// Takes the time of day from the words. An hour alone is one only behind a day.
    fn clock(&self, words: &mut &[&str], has_day: bool) -> Result<Option<DayTime>, String> {
        let [word, rest @ ..] = *words else { return Ok(None) };
        let is_half = |half: &&str| matches!(*half, "am" | "pm");
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let (figures, half, left) = match (&word[digits.len()..], rest) {
            ("", [half, left @ ..]) if is_half(half) => (*word, Some(*half), left),
            ("", left) => (*word, None, left),
            (half, left) if is_half(&half) => (digits, Some(half), left),
            _ => return Ok(None),
        };
        let is_clock = |c: char| c.is_ascii_digit() || c == ':';
        if figures.is_empty() || !figures.chars().all(is_clock) {
            return Ok(None);
        }
        if !has_day && half.is_none() && !figures.contains(':') {
            return Err(self.bare(figures));
        }
        let clock = time_of_day(figures, half);
        *words = left;
        clock.map(Some).ok_or_else(|| format!("there is no time of day `{word}`"))
    }

    /// What a number alone probably means.
    fn bare(&self, figures: &str) -> String {
        if self.text != figures && length::units(self.text).is_ok() {
            return self.unknown(figures);
        }
        let sign = if self.toward == Toward::Past { '-' } else { '+' };
        let hour = figures.parse::<u8>().ok().filter(|hour| *hour < 24);
        let hour = hour.map_or_else(String::new, |hour| format!("{hour}:00 as a time of day, "));
        format!(
            "`{figures}` alone is no time: write {hour}{sign}{figures}m for minutes or {sign}{figures}h for hours"
        )
    }

    /// Why a word is no time, with what was probably meant.
    fn unknown(&self, word: &str) -> String {
        let text = self.text;
        if length::units(text).is_ok() {
            return format!("`{text}` is a length of time: write +{text} or -{text}");
        }
        let forms = ["%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y%m%d"];
        let read = forms.iter().filter_map(|form| Date::strptime(form, word).ok());
        let mut meant: Vec<_> = read.map(|day| day.to_string()).collect();
        meant.dedup();
        if meant.is_empty() {
            return format!("there is no day `{word}`");
        }
        format!("there is no day `{word}`; did you mean {}?", meant.join(" or "))
    }

    /// A whole day: the one that is named, or that of the week.
    fn whole_day(&self, day: Option<Date>, weekday: Option<Weekday>) -> Result<When, String> {
        let beyond = |_| self.beyond();
        let day = match (day, weekday) {
            (Some(day), _) => day,
            (None, weekday) => self.days(weekday)?.into_iter().next_back().ok_or("no day")?,
        };
        let begin = |day: Date| Ok::<_, String>(self.settle(day.at(0, 0, 0, 0))?.0.timestamp());
        let [start, next] = [begin(day)?, begin(day.tomorrow().map_err(beyond)?)?];
        let long = next.as_microsecond() - start.as_microsecond();
        if long <= 0 {
            return Err(format!("there is no day `{day}` there: the clocks leave it out"));
        }
        Ok(stretch(start.into(), long))
    }

    /// The days that may be meant where none is named, in the order in which they are tried; the last one is
    /// taken in any case.
    fn days(&self, weekday: Option<Weekday>) -> Result<Vec<Date>, String> {
        let today = self.now()?.date();
        let then = |days: i64| today.checked_add(Span::new().days(days)).map_err(|_| self.beyond());
        let Some(weekday) = weekday else {
            return match self.toward {
                Toward::Past => Ok(vec![today]),
                Toward::Future => Ok(vec![today, then(1)?]),
            };
        };
        match self.toward {
            Toward::Past => Ok(vec![then(-i64::from(today.weekday().since(weekday)))?]),
            Toward::Future => {
                let days = i64::from(weekday.since(today.weekday()));
                Ok(vec![then(days)?, then(days + if days == 0 { 7 } else { 0 })?])
            }
        }
    }

    fn of_clock(
        &self,
        day: Option<Date>,
        weekday: Option<Weekday>,
        (time, long): DayTime,
        zone: Option<&str>,
    ) -> Result<When, String> {
        let days = day.map_or_else(|| self.days(weekday), |day| Ok(vec![day]))?;
        let mut found = Err(self.beyond());
        for day in days {
            let day = day.to_datetime(time);
            found = match zone {
                Some(zone) => self.in_named(day, zone).map(|at| stretch(at, long)),
                None => self.settle(day).map(|(at, note)| {
                    let at = at.timestamp().into();
                    When { note, ..stretch(at, long) }
                }),
            };
            if found.as_ref().is_ok_and(|when| when.at > self.now) {
                break;
            }
        }
        found
    }

    /// When the clocks show this, and what to say if they never do, or twice.
    fn settle(&self, day: DateTime) -> Result<(ZonedDateTime, Option<String>), String> {
        let asked = self.zone.to_ambiguous_zoned_datetime(day);
        let offset = asked.offset();
        let [early, late] = [asked.clone().earlier(), asked.clone().later()];
        let at = asked.compatible().map_err(|_| self.beyond())?;
        let shown = day.strftime("%H:%M");
        let name = |at: &ZonedDateTime| at.strftime("%H:%M %Z").to_string();
        let note = match (offset, early, late) {
            (AmbiguousOffset::Unambiguous { .. }, ..) | (_, Err(_), _) | (_, _, Err(_)) => None,
            (AmbiguousOffset::Gap { .. }, ..) if at.date() != day.date() => Some(format!(
                "{} {shown} is left out when the clocks change: taken as {} {}",
                day.date(),
                at.date(),
                name(&at)
            )),
            (AmbiguousOffset::Gap { .. }, ..) => Some(format!(
                "{shown} is left out when the clocks go forward: taken as {}",
                name(&at)
            )),
            (AmbiguousOffset::Fold { .. }, early, late) => {
                let [early, late] =
                    [early, late].map(|at| at.as_ref().map(name).unwrap_or_default());
                Some(format!(
                    "{shown} comes twice when the clocks go back: taken as the first, {early}, and not {late}"
                ))
            }
        };
        Ok((at, note))
    }

    /// When the clocks show this while the zone is called so, or while it has this offset.
    fn in_named(&self, day: DateTime, named: &str) -> Result<Timestamp, String> {
        if let Some(offset) = offset(named) {
            let at = offset.to_timestamp(day).map_err(|_| self.beyond())?;
            return Ok(at.into());
        }
        let offsets = match self.zone.to_ambiguous_zoned_datetime(day).offset() {
            AmbiguousOffset::Unambiguous { offset } => vec![offset],
            AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => {
                vec![before, after]
            }
        };
        let mut known = Vec::new();
        for offset in offsets {
            let Ok(at) = offset.to_timestamp(day) else { continue };
            let there = self.zone.to_offset_info(at);
            if there.offset() == offset && there.abbreviation().eq_ignore_ascii_case(named) {
                return Ok(at.into());
            }
            known.push(there.abbreviation().to_owned());
        }
        let known = known.join(" or ");
        Err(format!(
            "`{}` is not what your zone is called then: {known}, or write an offset such as +03:00",
            named.to_ascii_uppercase()
        ))
    }
}

/// Takes the first word if it can be read so.
fn take<T>(words: &mut &[&str], read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    let [first, rest @ ..] = *words else { return None };
    let found = read(first)?;
    *words = rest;
    Some(found)
}

fn weekday(word: &str) -> Option<Weekday> {
    let is_it = |short: &str, long: &str| {
        word == short
            || word == long
            || (word.len() > 3 && word.len() < 6 && long.starts_with(word))
    };
    DAYS.into_iter().find(|(_, short, long)| is_it(short, long)).map(|(day, ..)| day)
}

fn name(weekday: Weekday) -> String {
    let found = DAYS.into_iter().find(|(day, ..)| *day == weekday);
    let (first, rest) = found.map_or("", |(.., long)| long).split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

fn looks_like_day(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.matches('-').count() == 2
}

/// A time of day in 24 hours, or in twelve with its half.
fn time_of_day(figures: &str, half: Option<&str>) -> Option<DayTime> {
    let number = |part: &str| {
        let is_short = (1..=2).contains(&part.len());
        part.parse::<i8>().ok().filter(|_| is_short)
    };
    let parts: Option<Vec<i8>> = figures.split(':').map(number).collect();
    let (hour, minute, second, long) = match parts?[..] {
        [hour] => (hour, 0, 0, 60 * SECOND),
        [hour, minute] => (hour, minute, 0, 60 * SECOND),
        [hour, minute, second] => (hour, minute, second, SECOND),
        _ => return None,
    };
    let hour = match half {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + if half == "pm" { 12 } else { 0 },
    };
    Some((Time::new(hour, minute, second, 0).ok()?, long))
}

/// An offset such as `+03:00`, `+03` or `Z`.
fn offset(text: &str) -> Option<Offset> {
    if matches!(text, "z" | "utc" | "gmt") {
        return Some(Offset::UTC);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-" | "\u{2212}", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "00"));
    let number = |text: &str, most: i32| {
        let number = text.parse::<i32>().ok().filter(|number| (0..=most).contains(number));
        number.filter(|_| text.len() == 2)
    };
    let seconds = number(hours, 25)? * 3_600 + number(minutes, 59)? * 60;
    Offset::from_seconds(sign * seconds).ok()
}

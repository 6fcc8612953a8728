//! The grammar in a table, in four zones; and what is said of a text that is no time.

mod any;
mod changes;
mod lengths;

use super::*;
use Toward::{Future, Past};

/// Friday 27 November 2026, 10:00 in Nairobi.
pub(super) const NOW: Timestamp = Timestamp::from_secs(1_795_762_800);

pub(super) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("a zone")
}

/// The moment that is written so in RFC 3339.
pub(super) fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().expect("RFC 3339").into()
}

/// What a text means in a zone, in UTC and as far as seconds go.
pub(super) fn meant(text: &str, now: Timestamp, name: &str, toward: Toward) -> String {
    let read = read(text, now, &zone(name), toward);
    read.map_or_else(|why| why, |when| when.at.to_string().replace(".000000", ""))
}

#[test]
fn r_time_1_the_grammar_is_one_for_what_is_to_come_and_for_what_has_been() {
    // What is written, what it means for what is to come, and for what has been if that is something else.
    for (text, future, past) in [
        ("now", "2026-11-27T07:00:00Z", ""),
        (" NOW ", "2026-11-27T07:00:00Z", ""),
        ("in 2h", "2026-11-27T09:00:00Z", ""),
        ("+2h", "2026-11-27T09:00:00Z", ""),
        ("+ 2 hours", "2026-11-27T09:00:00Z", ""),
        ("+1h30m", "2026-11-27T08:30:00Z", ""),
        ("in 1 hour, 30 minutes", "2026-11-27T08:30:00Z", ""),
        ("+1.5h", "2026-11-27T08:30:00Z", ""),
        ("+2m", "2026-11-27T07:02:00Z", ""),
        ("+90s", "2026-11-27T07:01:30Z", ""),
        ("+7d", "2026-12-04T07:00:00Z", ""),
        ("+1w", "2026-12-04T07:00:00Z", ""),
        ("in 3 days", "2026-11-30T07:00:00Z", ""),
        ("+1mo", "2026-12-27T07:00:00Z", ""),
        ("in 2 months", "2027-01-27T07:00:00Z", ""),
        ("in 3 months", "2027-02-27T07:00:00Z", ""),
        ("+1y", "2027-11-27T07:00:00Z", ""),
        ("in 2 years", "2028-11-27T07:00:00Z", ""),
        ("+1mo1d2h", "2026-12-28T09:00:00Z", ""),
        ("2h ago", "2026-11-27T05:00:00Z", ""),
        ("-2h", "2026-11-27T05:00:00Z", ""),
        ("-7d", "2026-11-20T07:00:00Z", ""),
        ("1 month ago", "2026-10-27T07:00:00Z", ""),
        ("today", "2026-11-26T21:00:00Z", ""),
        ("today 14:00", "2026-11-27T11:00:00Z", ""),
        ("today 9", "2026-11-27T06:00:00Z", ""),
        ("tomorrow", "2026-11-27T21:00:00Z", ""),
        ("tomorrow 9", "2026-11-28T06:00:00Z", ""),
        ("Tomorrow  9:30", "2026-11-28T06:30:00Z", ""),
        ("tomorrow at 9", "2026-11-28T06:00:00Z", ""),
        ("tomorrow 9am", "2026-11-28T06:00:00Z", ""),
        ("tomorrow 9 PM", "2026-11-28T18:00:00Z", ""),
        ("yesterday", "2026-11-25T21:00:00Z", ""),
        ("yesterday 14:00", "2026-11-26T11:00:00Z", ""),
        ("yesterday 14:00:05", "2026-11-26T11:00:05Z", ""),
        ("mon", "2026-11-29T21:00:00Z", "2026-11-22T21:00:00Z"),
        ("mon 14:30", "2026-11-30T11:30:00Z", "2026-11-23T11:30:00Z"),
        ("Monday 9", "2026-11-30T06:00:00Z", "2026-11-23T06:00:00Z"),
        ("thu 14:30", "2026-12-03T11:30:00Z", "2026-11-26T11:30:00Z"),
        ("thurs 14:30", "2026-12-03T11:30:00Z", "2026-11-26T11:30:00Z"),
        ("fri 14:30", "2026-11-27T11:30:00Z", ""),
        ("fri 9:30", "2026-12-04T06:30:00Z", "2026-11-27T06:30:00Z"),
        ("fri", "2026-12-03T21:00:00Z", "2026-11-26T21:00:00Z"),
        ("14:30", "2026-11-27T11:30:00Z", ""),
        ("9:30", "2026-11-28T06:30:00Z", "2026-11-27T06:30:00Z"),
        ("9am", "2026-11-28T06:00:00Z", "2026-11-27T06:00:00Z"),
        ("9 pm", "2026-11-27T18:00:00Z", ""),
        ("9:30pm", "2026-11-27T18:30:00Z", ""),
        ("12am", "2026-11-27T21:00:00Z", "2026-11-26T21:00:00Z"),
        ("12 pm", "2026-11-27T09:00:00Z", ""),
        ("2026-12-01", "2026-11-30T21:00:00Z", ""),
        ("2026-12-01 14:30", "2026-12-01T11:30:00Z", ""),
        ("2026-12-01T14:30", "2026-12-01T11:30:00Z", ""),
        ("2026-12-01 14:30:15", "2026-12-01T11:30:15Z", ""),
        ("2026-12-01 9", "2026-12-01T06:00:00Z", ""),
        ("2026-12-01 9pm", "2026-12-01T18:00:00Z", ""),
        ("Tue 2026-12-01 14:30", "2026-12-01T11:30:00Z", ""),
        ("Tue, 2026-12-01 14:30 EAT", "2026-12-01T11:30:00Z", ""),
        ("2026-12-01 14:30 +01:00", "2026-12-01T13:30:00Z", ""),
        ("2026-12-01 14:30 -05", "2026-12-01T19:30:00Z", ""),
        ("2026-12-01 14:30 UTC", "2026-12-01T14:30:00Z", ""),
        ("2026-12-01T14:30:00+01:00", "2026-12-01T13:30:00Z", ""),
        ("2026-12-01T14:30:00Z", "2026-12-01T14:30:00Z", ""),
        ("2026-12-01t14:30:00z", "2026-12-01T14:30:00Z", ""),
    ] {
        assert_eq!(meant(text, NOW, "Africa/Nairobi", Future), future, "{text}");
        let past = if past.is_empty() { future } else { past };
        assert_eq!(meant(text, NOW, "Africa/Nairobi", Past), past, "{text}, of the past");
    }
}

#[test]
fn what_is_no_time_is_told_with_what_was_probably_meant() {
    for (text, why) in [
        ("", "a time is missing"),
        (
            "9",
            "`9` alone is no time: write 9:00 as a time of day, +9m for minutes or +9h for hours",
        ),
        ("90", "`90` alone is no time: write +90m for minutes"),
        ("+7", "`7` has no unit: 7m is minutes, 7h hours, 7d days"),
        ("in 30", "`30` has no unit"),
        ("7d", "`7d` is a length of time: write +7d or -7d"),
        ("2 hours", "write +2 hours or -2 hours"),
        ("+3M", "`3M` can be minutes or months: write 3m or 3mo"),
        ("in 3M", "`3M` can be minutes or months"),
        ("+d", "`d` is no length of time"),
        ("+7x", "`7x` is no length of time"),
        ("+1e3h", "is no length of time"),
        ("--2h", "`-2h` is no length of time"),
        ("+-2h", "is no length of time"),
        ("in 2h ago", "is no length of time"),
        ("+9:30", "is no length of time"),
        ("soon", "there is no day `soon`"),
        ("tomorrow at nine", "there is no time of day `nine`"),
        ("tomorrowish 14:00", "there is no day `tomorrowish`"),
        ("25:00", "there is no time of day `25:00`"),
        ("14:60", "there is no time of day"),
        ("24:00", "there is no time of day"),
        ("13pm", "there is no time of day `13pm`"),
        ("0am", "there is no time of day"),
        ("14:30 pm", "there is no time of day"),
        ("2026-02-30", "there is no day `2026-02-30`"),
        ("2026-13-01", "there is no day"),
        ("24.12.2026", "there is no day `24.12.2026`; did you mean 2026-12-24?"),
        ("1/12/2026", "did you mean 2026-12-01 or 2026-01-12?"),
        ("20261201", "`20261201` alone is no time"),
        ("Mon 2026-12-01 14:30", "2026-12-01 is a Tuesday"),
        ("2026-12-01 14:30 CET", "`CET` is not what your zone is called then: EAT"),
        ("14:30 15:30", "`15:30` is not what your zone is called then"),
        ("14:30 EAT please", "`please` stands behind the time"),
        ("9999-12-31", "lies outside of the calendar"),
        ("+20000y", "is no length of time"),
        ("+9000y", "lies outside of the calendar"),
    ] {
        for toward in [Future, Past] {
            let said = read(text, NOW, &zone("Africa/Nairobi"), toward).map(|when| when.at);
            let said = said.expect_err(text).replace(['-', '+'], "+");
            assert!(said.contains(&why.replace('-', "+")), "{text}: {said}");
        }
    }
    let future = ahead("soon", NOW, &zone("Africa/Nairobi")).unwrap_err();
    assert!(future.ends_with("write +2h, tomorrow 9, mon 14:30 or 2026-11-28 09:00"), "{future}");
}

#[test]
fn what_lies_ahead_is_in_whole_seconds_and_not_over() {
    let nairobi = zone("Africa/Nairobi");
    let now = Timestamp::from_micros(NOW.micros() + 700_000);
    let read = |text: &str| ahead(text, now, &nairobi).map(|when| when.at);
    assert_eq!(read("+2h"), Ok(at("2026-11-27T09:00:00Z")));
    assert_eq!(read("+1s"), Ok(at("2026-11-27T07:00:01Z")));
    for (text, why) in [
        ("", "when: write +2h"),
        ("never", "when: write +2h"),
        ("now", "that is now: choose a later time"),
        ("+0s", "that is now"),
        ("+100ms", "that is now"),
        ("-2h", "Fri 2026-11-27 08:00 EAT has passed: choose a later time"),
        ("today 9", "Fri 2026-11-27 09:00 EAT has passed"),
        ("2026-11-27 09:59", "has passed: choose a later time"),
        ("+200y", "more than a hundred years ahead"),
    ] {
        let said = read(text).expect_err(text);
        assert!(said.contains(why), "{text}: {said}");
    }
    assert_eq!(end(" Never ", now, &nairobi), Ok(None));
    assert_eq!(end("", now, &nairobi), Ok(None));
    let ends = end("fri 18:00", now, &nairobi).map(|ends| ends.map(|ends| ends.at));
    assert_eq!(ends, Ok(Some(at("2026-11-27T15:00:00Z"))));
    let said = end("2026-11-01", now, &nairobi).unwrap_err();
    assert!(said.ends_with("has passed: choose a later time or never"), "{said}");
    let said = end("+200y", now, &nairobi).unwrap_err();
    assert_eq!(said, "more than a hundred years: write never");
}

#[test]
fn a_day_a_minute_and_a_second_are_stretches() {
    let nairobi = zone("Africa/Nairobi");
    for (text, micros) in [
        ("-2h", 1),
        ("now", 1),
        ("14:00", 60_000_000),
        ("yesterday 9", 60_000_000),
        ("14:00:05", 1_000_000),
        ("2026-11-27T09:00:00Z", 1_000_000),
        ("2026-11-27T09:00:00.5Z", 1),
        ("yesterday", 86_400_000_000),
    ] {
        let when = read(text, NOW, &nairobi, Past).expect(text);
        assert_eq!(when.last.micros() - when.at.micros() + 1, micros, "{text}");
    }
    // The day on which the clocks go back has 25 hours, and the one on which they go forward 23.
    for (text, hours) in [("2026-10-25", 25), ("2026-03-29", 23)] {
        let when = read(text, NOW, &zone("Europe/Berlin"), Past).expect(text);
        assert_eq!(when.last.micros() - when.at.micros() + 1, hours * 3_600_000_000, "{text}");
    }
}

#[test]
fn every_example_of_the_page_is_read() {
    for (text, _) in EXAMPLES {
        let read = read(text, NOW, &zone("Africa/Nairobi"), Future);
        assert!(read.is_ok(), "{text}: {read:?}");
    }
}

#[test]
fn the_zone_of_a_customer_is_that_of_their_data_or_of_the_country_of_their_number() {
    use crate::model::CustomerNumber;
    let number = |text: &str| vec![CustomerNumber::telco(text)];
    let name =
        |named: Option<&str>, numbers: &[CustomerNumber]| {
            let zone = CustomerZone::of(named, numbers)?.zone;
            Some(zone.map_or_else(
                |name| format!("no {name}"),
                |zone| zone.iana_name().unwrap_or("").into(),
            ))
        };
    assert_eq!(name(None, &number("+254711000001")).as_deref(), Some("Africa/Nairobi"));
    assert_eq!(name(None, &number("+4930123456")).as_deref(), Some("Europe/Berlin"));
    assert_eq!(name(None, &number("+12125550100")), None, "several zones");
    assert_eq!(name(None, &number("40404")), None);
    assert_eq!(name(None, &[]), None);
    let named = name(Some(" Pacific/Apia "), &number("+254711000001"));
    assert_eq!(named.as_deref(), Some("Pacific/Apia"));
    assert_eq!(name(Some("Mars/Phobos"), &[]).as_deref(), Some("no Mars/Phobos"), "and not UTC");
    let berlin = CustomerZone::of(Some("Europe/Berlin"), &[]);
    let said = say(at("2026-12-01T11:30:00Z"), &zone("Africa/Nairobi"), berlin.as_ref());
    assert_eq!(said.as_deref(), Some("for the customer Tue 2026-12-01 12:30 CET (by their data)"));
    let same = say(at("2026-12-01T11:30:00Z"), &zone("Europe/Paris"), berlin.as_ref());
    assert_eq!(same, None, "the clocks show the same");
    let wrong = CustomerZone::of(Some("Mars/Phobos"), &[]);
    let said = say(NOW, &zone("Europe/Paris"), wrong.as_ref()).unwrap();
    assert_eq!(said, "the customer's time zone `Mars/Phobos` is none that is known here");
    for line in
        include_str!("../../../../assets/zones.tsv").lines().filter(|line| !line.starts_with('#'))
    {
        let (country, zone) = line.split_once('\t').expect("two columns");
        assert!(country.len() == 2 && zone.contains('/'), "{line}");
    }
}

//! The hours in which the clocks change: which moment is taken, what is said of it, and series that cross one.

use super::*;
use crate::model::Reminder;
use std::time::Duration;

/// What a text means, and what is said of the clocks.
fn noted(text: &str, now: &str, name: &str) -> (String, String) {
    let when = read(text, at(now), &zone(name), Future).expect(text);
    (when.at.to_string().replace(".000000", ""), when.note.unwrap_or_default())
}

#[test]
fn r_time_4_of_an_hour_that_is_left_out_or_comes_twice_it_is_said_which_was_taken() {
    const SPRING: &str = "2026-03-28T12:00:00Z";
    const AUTUMN: &str = "2026-10-24T12:00:00Z";
    for (text, now, name, meant, note) in [
        (
            "tomorrow 2:30",
            SPRING,
            "Europe/Berlin",
            "2026-03-29T01:30:00Z",
            "02:30 is left out when the clocks go forward: taken as 03:30 CEST",
        ),
        ("tomorrow 1:59", SPRING, "Europe/Berlin", "2026-03-29T00:59:00Z", ""),
        ("tomorrow 3", SPRING, "Europe/Berlin", "2026-03-29T01:00:00Z", ""),
        (
            "2026-10-25 02:30",
            AUTUMN,
            "Europe/Berlin",
            "2026-10-25T00:30:00Z",
            "02:30 comes twice when the clocks go back: taken as the first, 02:30 CEST, and not 02:30 CET",
        ),
        ("2026-10-25 02:30 CEST", AUTUMN, "Europe/Berlin", "2026-10-25T00:30:00Z", ""),
        ("2026-10-25 02:30 cet", AUTUMN, "Europe/Berlin", "2026-10-25T01:30:00Z", ""),
        ("2026-10-25 02:30 +01:00", AUTUMN, "Europe/Berlin", "2026-10-25T01:30:00Z", ""),
        ("sun 3", AUTUMN, "Europe/Berlin", "2026-10-25T02:00:00Z", ""),
        (
            "2026-03-08 02:15",
            "2026-03-07T12:00:00Z",
            "America/New_York",
            "2026-03-08T07:15:00Z",
            "02:15 is left out when the clocks go forward: taken as 03:15 EDT",
        ),
        (
            "2026-11-01 01:15",
            "2026-10-31T12:00:00Z",
            "America/New_York",
            "2026-11-01T05:15:00Z",
            "01:15 comes twice when the clocks go back: taken as the first, 01:15 EDT, and not 01:15 EST",
        ),
        (
            "2026-11-01 01:15 EST",
            "2026-10-31T12:00:00Z",
            "America/New_York",
            "2026-11-01T06:15:00Z",
            "",
        ),
        (
            "2011-12-30 14:30",
            "2011-12-28T12:00:00Z",
            "Pacific/Apia",
            "2011-12-31T00:30:00Z",
            "2011-12-30 14:30 is left out when the clocks change: taken as 2011-12-31 14:30 +14",
        ),
        ("tomorrow 9", "2026-11-27T07:00:00Z", "Pacific/Apia", "2026-11-27T20:00:00Z", ""),
    ] {
        let want = (meant.to_owned(), note.to_owned());
        assert_eq!(noted(text, now, name), want, "{text} in {name}");
    }
    let gone = read("2011-12-30", NOW, &zone("Pacific/Apia"), Past).unwrap_err();
    assert_eq!(gone, "there is no day `2011-12-30` there: the clocks leave it out");
    let wrong = read("2026-03-29 02:30 CEST", NOW, &zone("Europe/Berlin"), Past).unwrap_err();
    assert!(wrong.starts_with("`CEST` is not what your zone is called then"), "{wrong}");
}

#[test]
fn r_time_2_days_months_and_years_keep_the_time_of_day_and_hours_are_counted() {
    // A day before the clocks go back, at noon in Berlin.
    let now = "2026-10-24T10:00:00Z";
    for (text, meant) in [
        ("+1d", "2026-10-25T11:00:00Z"),
        ("+24h", "2026-10-25T10:00:00Z"),
        ("+1w", "2026-10-31T11:00:00Z"),
        ("+1mo", "2026-11-24T11:00:00Z"),
        ("+1y", "2027-10-24T10:00:00Z"),
        ("-7mo", "2026-03-24T11:00:00Z"),
    ] {
        assert_eq!(noted(text, now, "Europe/Berlin").0, meant, "{text}");
    }
    // The month has no 31st, so that it is its last day.
    assert_eq!(noted("+1mo", "2026-01-31T10:00:00Z", "Africa/Nairobi").0, "2026-02-28T10:00:00Z");
    // A day later the hour is left out.
    let (meant, note) = noted("+1d", "2026-03-28T01:30:00Z", "Europe/Berlin");
    assert_eq!(meant, "2026-03-29T01:30:00Z");
    assert!(note.starts_with("02:30 is left out"), "{note}");
    // In an hour that comes twice, so much later is no question of what the clocks show.
    assert_eq!(noted("+10m", "2026-10-25T01:30:00Z", "Europe/Berlin").0, "2026-10-25T01:40:00Z");
}

#[test]
fn r_time_5_a_series_that_crosses_a_change_of_the_clocks_says_so() {
    let series = |first: &str, hours: u64, name: &str| {
        let interval = Some(Duration::from_hours(hours)).filter(|every| !every.is_zero());
        let reminder = Reminder { remind_at: at(first), interval, ..Reminder::default() };
        super::series(&reminder, &zone(name))
    };
    let said = series("2026-10-20T07:00:00Z", 24, "Europe/Berlin");
    let want = "the clocks change: from Sun 2026-10-25 on it fires at 08:00 CET, and not at 09:00";
    assert_eq!(said.as_deref(), Some(want));
    let said = series("2026-10-01T07:00:00Z", 7 * 24, "Europe/Berlin");
    let want = "the clocks change: from Thu 2026-10-29 on it fires at 08:00 CET, and not at 09:00";
    assert_eq!(said.as_deref(), Some(want));
    let said = series("2026-03-01T14:00:00Z", 24, "America/New_York");
    let want = "the clocks change: from Sun 2026-03-08 on it fires at 10:00 EDT, and not at 09:00";
    assert_eq!(said.as_deref(), Some(want));
    assert_eq!(series("2026-10-20T07:00:00Z", 24, "Africa/Nairobi"), None);
    assert_eq!(series("2026-10-20T07:00:00Z", 24, "Pacific/Apia"), None, "no more since 2021");
    assert_eq!(series("2026-10-20T07:00:00Z", 0, "Europe/Berlin"), None, "once");
    assert_eq!(series("2026-10-24T22:00:00Z", 1, "Europe/Berlin"), None, "at the same minutes");
    assert_eq!(
        series("2026-04-10T07:00:00Z", 24, "Europe/Berlin"),
        None,
        "none of the next thirty"
    );
}

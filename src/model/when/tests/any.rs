//! What holds for every text and every moment.

use super::*;
use proptest::{collection::vec, prelude::*, sample::select};
use std::time::Duration;

const ZONES: [&str; 5] =
    ["Africa/Nairobi", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"];

/// Text that looks like a time and mostly is none.
fn nearly() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "now",
        "in",
        "+",
        "-",
        "ago",
        "today",
        "tomorrow",
        "yesterday",
        "mon",
        "sunday",
        "at",
        " ",
        " ",
        " ",
        ":",
        "1",
        "9",
        "24",
        "30",
        "h",
        "m",
        "mo",
        "M",
        "d",
        "y",
        "am",
        "pm",
        "2026-03-29",
        "02:30",
        "T",
        "Z",
        "+03:00",
        "CET",
        "CEST",
        "EAT",
        "99999999999",
        ".",
        "é",
        "-9999-01-01",
        "9999-12-31",
    ];
    vec(select(PIECES), 0..7).prop_map(|pieces| pieces.concat())
}

fn moments() -> impl Strategy<Value = Timestamp> {
    // From 1990 to 2120, and often in the days in which the clocks change.
    let near = select(vec![
        "2026-03-29T01:00:00Z",
        "2026-10-25T01:00:00Z",
        "2026-11-01T06:00:00Z",
        "2011-12-30T10:00:00Z",
    ]);
    prop_oneof![
        (631_152_000_i64..4_733_510_400).prop_map(Timestamp::from_secs),
        (near, -90_000_i64..90_000)
            .prop_map(|(near, secs)| Timestamp::from_secs(at(near).secs() + secs)),
    ]
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_of_times_fall(
        text in prop_oneof![nearly(), ".{0,40}"],
        now in prop_oneof![9 => moments(), 1 => any::<i64>().prop_map(Timestamp::from_micros)],
        name in select(&ZONES[..]),
    ) {
        for toward in [Past, Future] {
            if let Ok(when) = read(&text, now, &zone(name), toward) {
                prop_assert!(when.at <= when.last, "{}", text);
                let _ = show(when.at, now, &zone(name));
            }
        }
        let _ = (ahead(&text, now, &zone(name)), end(&text, now, &zone(name)), length(&text), every(&text));
    }

    #[test]
    fn r_time_3_what_is_said_back_is_read_as_the_same_second(
        at in moments(),
        now in moments(),
        name in select(&ZONES[..]),
    ) {
        let said = absolute(at, &zone(name));
        for toward in [Past, Future] {
            let read = read(&said, now, &zone(name), toward).map(|when| (when.at, when.note));
            prop_assert_eq!(read, Ok((at, None)), "{}", said);
        }
        let shown = show(at, now, &zone(name));
        prop_assert!(shown.starts_with(&said), "{}", shown);
    }

    #[test]
    fn r_time_3_a_time_that_was_read_is_said_back_as_itself(
        text in nearly(),
        now in moments(),
        name in select(&ZONES[..]),
    ) {
        if let Ok(when) = ahead(&text, now, &zone(name)) {
            let said = absolute(when.at, &zone(name));
            let again = ahead(&said, now, &zone(name)).map(|when| when.at);
            prop_assert_eq!(again, Ok(when.at), "{} said back as {}", text, said);
        }
    }

    #[test]
    fn a_length_is_read_back_to_the_second(secs in 1..3_000_000_000_u64) {
        let time = Duration::from_secs(secs);
        prop_assert_eq!(length(&written(time)), Ok(time));
        prop_assert_eq!(every(&written(time)), Ok(Some(time)));
    }
}

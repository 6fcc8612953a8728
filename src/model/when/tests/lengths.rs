//! Lengths of time, and how often something repeats.

use super::*;
use std::time::Duration;

#[test]
fn r_time_2_a_length_is_always_as_long_and_m_is_a_minute() {
    for (text, secs) in [
        ("30s", 30),
        ("15m", 900),
        ("2min", 120),
        ("2h", 7_200),
        ("1h30m", 5_400),
        ("1.5h", 5_400),
        ("7d", 604_800),
        ("2w", 1_209_600),
        ("1d12h", 129_600),
        ("3 days, 4 hours", 273_600),
        ("2H", 7_200),
        ("0s", 0),
    ] {
        assert_eq!(length(text), Ok(Duration::from_secs(secs)), "{text}");
    }
    for (text, why) in [
        ("14", "`14` has no unit: 14m is minutes, 14h hours, 14d days"),
        ("1mo", "a month is not always as long: write it in days, such as 30d"),
        ("2 months", "such as 60d"),
        ("1y", "a year is not always as long: write it in days, such as 365d"),
        ("5M", "`5M` can be minutes or months: write 5m or 5mo"),
        ("", "`` is no length of time"),
        ("soon", "`soon` is no length of time"),
        ("-2h", "`-2h` is no length of time"),
        ("99999999999h", "is no length of time"),
        ("p1d", "is no length of time"),
    ] {
        let said = length(text).expect_err(text);
        assert!(said.contains(why), "{text}: {said}");
    }
}

#[test]
fn r_time_2_what_repeats_does_so_after_seconds_and_not_by_the_calendar() {
    for text in ["", " none", "Once"] {
        assert_eq!(every(text), Ok(None), "{text}");
    }
    assert_eq!(every("1d12h"), Ok(Some(Duration::from_hours(36))));
    assert_eq!(every("every 90m"), Ok(Some(Duration::from_mins(90))));
    for (text, why) in [
        ("1mo", "a month is not always as long: write it in days, such as 30d; write 1d"),
        ("every year", "is no length of time"),
        ("0s", "at least a second, or none"),
        ("10ms", "at least a second"),
        ("1.5s", "whole seconds"),
        ("daily", "write 1d, 12h, 90m or none"),
        ("1", "has no unit"),
        ("-1d", "is no length of time"),
        ("1000000d", "more than a hundred years: write none"),
        ("99999999999999999999d", "is no length of time"),
    ] {
        let said = every(text).expect_err(text);
        assert!(said.contains(why), "{text}: {said}");
    }
    assert_eq!(written(Duration::ZERO), "0s");
    assert_eq!(written(Duration::from_secs(131_405)), "1d12h30m5s");
}

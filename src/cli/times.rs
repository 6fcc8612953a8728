//! `--since` and `--until` of the verbs that print events: times in the grammar of all times (R-TIME-1), which are
//! said back on standard error. A time that cannot be meant is a usage error.

use super::{exit::CliError, out, zone::zone};
use crate::{
    console::clock,
    model::{
        Timestamp,
        client::TimeSpan,
        when::{self, Toward, When},
    },
};
use clap::Args;

/// From when and up to when.
#[derive(Args, Clone, Debug, Default)]
pub struct TimesArgs {
    /// From this time on: 14:00, 'yesterday 14:00', mon, -2h, 2026-08-21, RFC 3339 (docs/TIMES.md)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Up to this time and no further; a minute or day as a whole
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,
}

impl TimesArgs {
    /// Whether a text is no time at all, which can be told without a hub.
    pub fn check(&self) -> Result<(), CliError> {
        // Whether a time is in the future depends on the hub's clock, and is not asked here.
        let (zone, now) = (zone()?, clock::now());
        for (flag, text) in self.given() {
            let read = when::read(text, now, &zone, Toward::Past);
            read.map_err(|why| {
                CliError::usage(format!("{flag}: {why}; expected {}", when::FORMS))
            })?;
        }
        Ok(())
    }

    /// The times by the hub's clock and in the zone of this machine. They are said back, because a time can be
    /// meant in several ways.
    pub fn read(&self, now: Timestamp) -> Result<TimeSpan, CliError> {
        let zone = zone()?;
        let read = |flag: &str, text: &Option<String>| -> Result<Option<When>, CliError> {
            let Some(text) = text else { return Ok(None) };
            let when = when::back(text, now, &zone)
                .map_err(|why| CliError::usage(format!("{flag}: {why}")))?;
            // What is said is the moment that is taken.
            let at = if flag == "--until" { when.last } else { when.at };
            out::complain(&format!("{} {}", flag.trim_start_matches('-'), when.said(at, &zone)));
            Ok(Some(when))
        };
        let [since, until] = [read("--since", &self.since)?, read("--until", &self.until)?];
        let span =
            TimeSpan { since: since.map(|when| when.at), until: until.map(|when| when.last) };
        if let (Some(since), Some(until)) = (span.since, span.until)
            && since > until
        {
            let [since, until] =
                [&self.since, &self.until].map(|text| text.as_deref().unwrap_or_default());
            let why =
                format!("--since {since} is after --until {until}: nothing lies between them");
            return Err(CliError::usage(why));
        }
        Ok(span)
    }

    fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let given = [("--since", self.since.as_deref()), ("--until", self.until.as_deref())];
        given.into_iter().filter_map(|(flag, text)| Some((flag, text?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::exit::Code;
    use std::time::Duration;

    /// Noon of 2026-11-29 in UTC. The zone of this machine moves what is read by hours, and never the order.
    const NOW: Timestamp = Timestamp::from_micros(1_795_953_600_000_000);

    fn read(since: Option<&str>, until: Option<&str>) -> Result<TimeSpan, CliError> {
        let times = TimesArgs { since: since.map(str::to_owned), until: until.map(str::to_owned) };
        times.check()?;
        times.read(NOW)
    }

    #[test]
    fn the_times_of_the_filter_language_are_read_and_a_minute_belongs_to_it_as_a_whole() {
        let ago = |hours: i64| Timestamp::from_micros(NOW.micros() - hours * 3_600_000_000);
        let span = read(Some("-2h"), Some("-1h")).unwrap();
        assert_eq!((span.since, span.until), (Some(ago(2)), Some(ago(1))));
        let span = read(Some("2026-11-20T14:00:00Z"), Some("2026-11-20T14:00:00Z")).unwrap();
        let (since, until) = (span.since.unwrap(), span.until.unwrap());
        assert_eq!(until, since.after(Duration::from_micros(999_999)));
        assert_eq!(read(None, None).unwrap(), TimeSpan::default());
        // Today is not over, and that is no mistake.
        assert!(read(Some("today"), Some("today")).unwrap().until > Some(NOW));
    }

    #[test]
    fn times_that_cannot_be_meant_are_usage_errors_that_say_why() {
        for (since, until, words) in [
            (Some("gestern"), None, "--since: there is no day `gestern`; expected a time such as"),
            (None, Some("25:00"), "--until: there is no time of day `25:00`"),
            (Some("2030-01-01"), None, "--since: Tue 2030-01-01 00:00 "),
            (None, Some("2030-01-01"), "--until: Tue 2030-01-01 00:00 "),
            (Some("-1h"), Some("-2h"), "--since -1h is after --until -2h"),
            (Some(""), None, "--since: a time is missing; expected a time such as"),
            (Some("9"), None, "--since: `9` alone is no time: write 9:00 as a time of day, -9m"),
        ] {
            let error = read(since, until).unwrap_err();
            assert_eq!(error.code, Code::Usage);
            assert!(error.message.contains(words), "{words}: {}", error.message);
        }
    }
}

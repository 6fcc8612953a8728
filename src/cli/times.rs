//! `--since` and `--until` of the verbs that print events: times as the filter language and the console's "go to a
//! time" read them (`query`). A time that cannot be meant is a usage error.

use super::{exit::CliError, tail};
use crate::{
    model::{Timestamp, client::TimeSpan},
    query,
};
use clap::Args;

/// From when and up to when.
#[derive(Args, Clone, Debug, Default)]
pub struct TimesArgs {
    /// From this time on: 14:00, 'yesterday 14:00', -2h, 2026-08-21, RFC 3339
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Up to this time and no further; a minute or day as a whole
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,
}

impl TimesArgs {
    /// Whether a text is no time at all, which can be told without a hub.
    pub fn check(&self) -> Result<(), CliError> {
        // Only the words are looked at: whether a time is in the future depends on the hub's clock.
        for (flag, text) in self.given() {
            let read = query::moment_of(text, &tail::asker(Timestamp::ZERO));
            read.map_err(|why| CliError::usage(format!("{flag}: {why}")))?;
        }
        Ok(())
    }

    /// The times by the hub's clock and in the zone of this machine.
    pub fn read(&self, now: Timestamp) -> Result<TimeSpan, CliError> {
        let asker = tail::asker(now);
        for (flag, text) in self.given() {
            let begins = query::moment_of(text, &asker)
                .map_err(|why| CliError::usage(format!("{flag}: {why}")))?;
            if begins > now {
                let at = begins.in_zone(&asker.zone);
                let at = at.map(|at| at.strftime(" (%Y-%m-%d %H:%M:%S)").to_string());
                let at = at.unwrap_or_default();
                let why =
                    format!("{flag} {text}{at} lies in the future: nothing has happened then yet");
                return Err(CliError::usage(why));
            }
        }
        let since = self.since.as_deref().map(|text| query::moment_of(text, &asker));
        let until = self.until.as_deref().map(|text| query::end_of(text, &asker));
        let span = TimeSpan {
            since: since.transpose().map_err(CliError::usage)?,
            until: until.transpose().map_err(CliError::usage)?,
        };
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
            (
                Some("2030-01-01"),
                None,
                "--since 2030-01-01 (2030-01-01 00:00:00) lies in the future",
            ),
            (
                None,
                Some("2030-01-01"),
                "--until 2030-01-01 (2030-01-01 00:00:00) lies in the future",
            ),
            (Some("-1h"), Some("-2h"), "--since -1h is after --until -2h"),
            (Some(""), None, "--since: there is no day"),
        ] {
            let error = read(since, until).unwrap_err();
            assert_eq!(error.code, Code::Usage);
            assert!(error.message.contains(words), "{words}: {}", error.message);
        }
    }
}

//! How far a start has read an org's log. A hub that has to read all of a long one answers nobody for as long as that
//! takes, so whoever waits for it is told (R-SEE-7).

use crate::{hub::log::Pos, model::OrgId};
use std::time::Duration;
use tokio::time::Instant;

/// Tells a line about a start that takes long.
pub type TellReading = fn(&str);

/// How long a start takes until it is told about, and how long it is until the next line.
const FIRST: Duration = Duration::from_secs(2);
const EVERY: Duration = Duration::from_secs(5);

/// Tells it in the log of the hub.
pub fn to_the_log(line: &str) {
    tracing::info!("{line}");
}

/// The reading of a log from one position to another.
pub(super) struct Reading {
    from: Pos,
    to: Pos,
    began: Instant,
    due: Instant,
}

impl Reading {
    pub(super) fn begin(from: Pos, to: Pos) -> Self {
        let began = Instant::now();
        Self { from, to, began, due: began + FIRST }
    }

    /// What is to be said now that the log was read up to a position; `None` if it is not time.
    pub(super) fn news(&mut self, org: &OrgId, at: Pos) -> Option<String> {
        let now = Instant::now();
        if now < self.due {
            return None;
        }
        self.due = now + EVERY;
        let whole = self.to.0.saturating_sub(self.from.0);
        let read = at.0.saturating_sub(self.from.0);
        let percent = (read * 100).checked_div(whole).unwrap_or(100).min(100);
        Some(format!(
            "org {org}: its log is being read, {percent} % in {} s; until all of it is, nobody is answered",
            (now - self.began).as_secs()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn r_see_7_a_start_is_told_about_once_it_takes_long_and_then_now_and_again() {
        let org = OrgId::from("acme");
        let mut reading = Reading::begin(Pos(1_000), Pos(3_000));
        advance(FIRST / 2).await;
        assert_eq!(reading.news(&org, Pos(1_200)), None);
        advance(FIRST / 2).await;
        let said =
            "org acme: its log is being read, 25 % in 2 s; until all of it is, nobody is answered";
        assert_eq!(reading.news(&org, Pos(1_500)).as_deref(), Some(said));
        assert_eq!(reading.news(&org, Pos(1_600)), None);
        advance(EVERY).await;
        // Another engine has written meanwhile, so more was read than there was.
        assert!(reading.news(&org, Pos(4_000)).is_some_and(|said| said.contains(" 100 % in 7 s")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_log_without_a_known_end_is_read_whole() {
        let mut reading = Reading::begin(Pos(0), Pos(0));
        advance(FIRST).await;
        let said = reading.news(&OrgId::from("acme"), Pos(7));
        assert!(said.is_some_and(|said| said.contains(" 100 % ")));
    }
}

//! What is known about the connection: always one word, and LIVE only on evidence.

use crate::model::{ClientError, FeedEvent, Hello, Seq, Timestamp};
use std::time::Duration;

/// Where the connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing heard yet.
    Connecting,
    /// The hub has spoken.
    Live,
    /// Down; the next try comes by itself.
    Retry {
        /// Which try, from 1.
        attempt: u32,
        /// When.
        at: Timestamp,
    },
    /// Down; nothing is tried until asked.
    Offline,
    /// The hub does not accept our key.
    Auth,
    /// What answers is not a hub.
    NotAHub,
}

/// The connection and what the hub said about itself.
#[derive(Clone, Debug)]
pub struct Connection {
    phase: Phase,
    down_since: Option<Timestamp>,
    error: Option<ClientError>,
    hello: Option<Hello>,
    head: Seq,
}

impl Default for Connection {
    fn default() -> Self {
        Self { phase: Phase::Connecting, down_since: None, error: None, hello: None, head: Seq(0) }
    }
}

impl Connection {
    /// Takes in what the feed says; true if the picture changed.
    pub fn event(&mut self, event: &FeedEvent, at: Timestamp) -> bool {
        match event {
            FeedEvent::Up(hello) => {
                self.head = hello.head;
                self.hello = Some(hello.clone());
                (self.phase, self.down_since, self.error) = (Phase::Live, None, None);
                true
            }
            FeedEvent::Down { error, attempt, retry_in } => {
                self.phase = phase(error, *attempt, *retry_in, at);
                self.down_since.get_or_insert(at);
                self.error = Some(error.clone());
                true
            }
            FeedEvent::Entry(entry) => {
                self.head = self.head.max(entry.seq);
                false
            }
            FeedEvent::Bookmark { head, .. } => {
                self.head = self.head.max(*head);
                false
            }
            FeedEvent::Gap { .. } => false,
        }
    }

    /// A new try was asked for.
    pub fn trying(&mut self) {
        if self.phase != Phase::Live {
            self.phase = Phase::Connecting;
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn phase(&self) -> &Phase {
        &self.phase
    }
    /// Whether the hub is being heard.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }
    /// Whether the server has no log: what was missed does not come, what is unknown cannot be
    /// asked about (decision D-FEED).
    #[must_use]
    pub fn is_live_only(&self) -> bool {
        self.hello.as_ref().is_some_and(|hello| hello.live_only)
    }
    /// Since when it is down.
    #[must_use]
    pub const fn down_since(&self) -> Option<Timestamp> {
        self.down_since
    }
    /// Why it is down.
    #[must_use]
    pub const fn error(&self) -> Option<&ClientError> {
        self.error.as_ref()
    }
    /// Who we are to the hub; stays known while down.
    #[must_use]
    pub const fn hello(&self) -> Option<&Hello> {
        self.hello.as_ref()
    }
    /// The newest place of the log we know of.
    #[must_use]
    pub const fn head(&self) -> Seq {
        self.head
    }

    /// When the picture changes by itself: each second of a countdown.
    #[must_use]
    pub fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let Phase::Retry { at, .. } = self.phase else { return None };
        let left = at.since(now);
        if left.is_zero() {
            return None;
        }
        // The shown number is rounded up, so it changes when a whole number of seconds is left.
        let part = Duration::from_micros(u64::from(left.subsec_micros()));
        Some(now.after(if part.is_zero() { Duration::from_secs(1) } else { part }))
    }
}

fn phase(error: &ClientError, attempt: u32, retry_in: Option<Duration>, at: Timestamp) -> Phase {
    match (error, retry_in) {
        (_, Some(delay)) => Phase::Retry { attempt, at: at.after(delay) },
        (ClientError::Unauthenticated(_) | ClientError::Denied(_), None) => Phase::Auth,
        (ClientError::NotAHub { .. }, None) => Phase::NotAHub,
        (_, None) => Phase::Offline,
    }
}

/// Whole seconds that are left, rounded up: a countdown ends at 1, not at 0.
#[must_use]
pub fn seconds_left(until: Timestamp, now: Timestamp) -> u64 {
    until.since(now).as_micros().div_ceil(1_000_000).try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }
    fn down(retry_in: Option<Duration>) -> FeedEvent {
        FeedEvent::Down { error: ClientError::Unavailable("x".into()), attempt: 3, retry_in }
    }

    #[test]
    fn a_countdown_changes_the_picture_once_a_second_and_then_no_more() {
        let mut connection = Connection::default();
        assert!(connection.event(&down(Some(Duration::from_millis(2300))), at(0)));
        let mut shown = Vec::new();
        let mut now = at(0);
        while let Some(next) = connection.next_wake(now) {
            shown.push(seconds_left(at(2300), now));
            now = next;
        }
        assert_eq!(shown, [3, 2, 1]);
        assert_eq!(now, at(2300));
    }

    #[test]
    fn live_only_on_evidence_and_down_since_the_first_loss() {
        let mut connection = Connection::default();
        assert_eq!(*connection.phase(), Phase::Connecting);
        connection.event(&down(Some(Duration::from_secs(1))), at(10));
        connection.trying();
        assert_eq!(*connection.phase(), Phase::Connecting);
        connection.event(&down(None), at(5000));
        assert_eq!(
            (connection.phase().clone(), connection.down_since()),
            (Phase::Offline, Some(at(10)))
        );
        connection.event(&FeedEvent::Up(Hello::default()), at(6000));
        assert!(connection.is_live() && connection.down_since().is_none());
    }
}

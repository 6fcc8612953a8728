//! How often a connection asks whether its peer is alive (R-CONN-7).
//!
//! Servers of gRPC refuse clients that ping more often than every five minutes, and end the connection (gRFC
//! A8). Our hub allows what it does itself, and a stream of notifications, which may be silent for long,
//! needs it: nothing else would show that the hub is gone. Which of the two answers is known when `Hello` of
//! `switchboard.v1` was answered, so a client begins as the guest of a stranger.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

/// How long a quiet connection to our hub goes without a ping, and how long any peer may take to answer one.
pub(super) const OURS: Duration = Duration::from_secs(20);
/// The shortest time between pings that every server of gRPC allows (gRFC A8).
const FOREIGN: Duration = Duration::from_mins(5);
/// How often the time is doubled at most, which makes five hours of five minutes.
const DOUBLED: u32 = 6;

/// What a client knows of its server's patience. It concerns the connections made from then on.
#[derive(Debug, Default)]
pub(super) struct Pings {
    is_ours: AtomicBool,
    complaints: AtomicU32,
    /// Whether there was a complaint that no error has told of yet.
    is_untold: AtomicBool,
}

impl Pings {
    /// The time between pings on a connection that is made now.
    pub(super) fn interval(&self) -> Duration {
        let base = if self.is_ours.load(Ordering::Relaxed) { OURS } else { FOREIGN };
        base * (1 << self.complaints.load(Ordering::Relaxed).min(DOUBLED))
    }

    /// Says whether our hub answers there.
    pub(super) fn are_for_our_hub(&self, is_ours: bool) {
        self.is_ours.store(is_ours, Ordering::Relaxed);
    }

    /// The server ended a connection because it was asked too often: from now on half as often.
    pub(super) fn were_too_many(&self) {
        self.complaints.fetch_add(1, Ordering::Relaxed);
        self.is_untold.store(true, Ordering::Relaxed);
    }

    /// Whether there was a complaint since this was last asked. Whatever breaks next is what the complaint broke,
    /// because the server hangs up after it.
    pub(super) fn complaint(&self) -> bool {
        self.is_untold.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_conn_7_a_stranger_is_asked_every_five_minutes_and_half_as_often_after_each_complaint() {
        let pings = Pings::default();
        assert_eq!(pings.interval(), Duration::from_mins(5));
        assert!(!pings.complaint());
        pings.were_too_many();
        assert!(pings.complaint() && !pings.complaint(), "it is told once");
        assert_eq!(pings.interval(), Duration::from_mins(10));
        pings.are_for_our_hub(true);
        assert_eq!(pings.interval(), Duration::from_secs(40));
        pings.are_for_our_hub(false);
        for _ in 0..100 {
            pings.were_too_many();
        }
        assert_eq!(pings.interval(), Duration::from_mins(5 * 64), "and never out of range");
    }
}

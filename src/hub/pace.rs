//! How often the hub says the same thing in its log, which is once a minute. Whoever wants to say
//! something counts meanwhile, and says the count when it is its turn. So neither a full disk nor someone
//! who tries out keys can fill the log.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

const EVERY: Duration = Duration::from_mins(1);

/// The turns of one kind of line.
#[derive(Debug)]
pub struct Pace {
    every: Duration,
    next: Option<Instant>,
}

impl Default for Pace {
    fn default() -> Self {
        Self::every(EVERY)
    }
}

impl Pace {
    /// Turns that are at least so far apart.
    #[must_use]
    pub const fn every(every: Duration) -> Self {
        Self { every, next: None }
    }

    /// Waits until a minute, or what was said otherwise, after the turn before; the first turn comes at once. A turn that is dropped
    /// while it waits was none.
    pub async fn turn(&mut self) {
        if let Some(next) = self.next {
            sleep_until(next).await;
        }
        self.next = Some(Instant::now() + self.every);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_turn_comes_at_once_after_a_quiet_minute_and_not_before_a_minute_otherwise() {
        let (began, mut pace) = (Instant::now(), Pace::default());
        pace.turn().await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        pace.turn().await;
        assert_eq!(began.elapsed(), EVERY);
        tokio::time::advance(2 * EVERY).await;
        pace.turn().await;
        assert_eq!(began.elapsed(), 3 * EVERY);
    }
}

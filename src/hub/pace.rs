//! How often the hub says the same thing in its log, which is once a minute. Whoever wants to say
//! something counts meanwhile, and says the count when it is its turn. So neither a full disk nor someone
//! who tries out keys can fill the log.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

const EVERY: Duration = Duration::from_mins(1);

/// The turns of one kind of line.
#[derive(Debug, Default)]
pub struct Pace {
    next: Option<Instant>,
}

impl Pace {
    /// Waits until a minute after the turn before; the first turn comes at once. A turn that is dropped
    /// while it waits was none.
    pub async fn turn(&mut self) {
        if let Some(next) = self.next {
            sleep_until(next).await;
        }
        self.next = Some(Instant::now() + EVERY);
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

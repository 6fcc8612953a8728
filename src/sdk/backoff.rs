//! How long to wait before the next try (R-CONN-2): 1.2 s, doubled up to 30 s, each with up to
//! 20 % random spread, so that consoles do not come back all at once.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(1_200);
const LONGEST: Duration = Duration::from_secs(30);
const SPREAD: f64 = 0.2;

/// Counts failures in a row, and says how long to wait before the next try.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Counts one more failure, and says how long to wait now.
    pub fn fail(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        // 2^5 first waits are more than the longest; beyond that only the shift would overflow.
        let wait = FIRST.saturating_mul(1 << (self.failures - 1).min(5)).min(LONGEST);
        wait.mul_f64(1.0 - SPREAD + 2.0 * SPREAD * random())
    }
    /// The number of the next try since the last success, from 1.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.failures
    }
    /// Starts over, because a try was a success.
    pub const fn reset(&mut self) {
        self.failures = 0;
    }
}

/// From 0 to 1. Without randomness everyone waits alike, which is still correct.
fn random() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}

//! How long to wait before the next try (R-CONN-2): a random time of up to 5 s, after each further failure of up to
//! twice as much, and of up to 30 s at most. The whole wait is random from the first one on ("full jitter"), because a
//! hub that restarts breaks all its connections in the same moment: clients that wait about the same time come back in
//! the same second, and a fixed part of the wait would only move that second. Where the waits end is a compromise: a
//! shorter first one spreads less, and a longer one lets an agent look at a dead screen.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(30);

/// Counts failures in a row, and says how long to wait before the next try.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Counts one more failure, and says how long to wait now.
    pub fn fail(&mut self) -> Duration {
        self.fail_at(random())
    }
    /// The same with a given chance, from 0 to 1.
    fn fail_at(&mut self, chance: f64) -> Duration {
        self.failures = self.failures.saturating_add(1);
        // 2^3 first waits are more than the longest; beyond that only the shift would overflow.
        FIRST.saturating_mul(1 << (self.failures - 1).min(3)).min(LONGEST).mul_f64(chance)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `SplitMix64` as a chance from 0 to 1, the same for the same seed.
    fn chances(mut seed: u64) -> impl FnMut() -> f64 {
        move || {
            seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let bits = u32::try_from((z ^ (z >> 31)) >> 32).expect("32 bits");
            f64::from(bits) / f64::from(u32::MAX)
        }
    }

    /// The most of these times that lie in any one second.
    fn most_in_a_second(mut times: Vec<f64>) -> usize {
        times.sort_by(f64::total_cmp);
        let from = |at: f64| times.iter().filter(|time| (at..at + 1.0).contains(*time)).count();
        times.iter().map(|at| from(*at)).max().unwrap_or_default()
    }

    #[test]
    fn r_conn_2_a_thousand_clients_do_not_come_back_in_the_same_second() {
        for seed in 0..10 {
            let mut chance = chances(seed);
            let first: Vec<_> =
                (0..1_000).map(|_| Backoff::default().fail_at(chance()).as_secs_f64()).collect();
            assert!(first.iter().all(|wait| *wait <= 5.0), "an agent waits for seconds only");
            let most = most_in_a_second(first);
            assert!(most <= 250, "seed {seed}: {most} of 1000 in one second");
        }
        // The measure itself: as the waits were before, they come in a crowd.
        let mut chance = chances(1);
        let crowd = (0..1_000).map(|_| 1.2 * (0.8 + 0.4 * chance())).collect();
        assert_eq!(most_in_a_second(crowd), 1_000);
    }

    #[test]
    fn r_conn_2_the_longest_wait_doubles_up_to_30_s_and_starts_over() {
        let mut backoff = Backoff::default();
        for (tries, longest) in (1..).zip([5, 10, 20, 30, 30, 30]) {
            assert_eq!(backoff.clone().fail_at(0.0), Duration::ZERO);
            assert_eq!(backoff.fail_at(1.0), Duration::from_secs(longest));
            assert_eq!(backoff.attempt(), tries);
        }
        backoff.reset();
        assert_eq!(backoff.fail_at(1.0), FIRST);
        let waits: std::collections::BTreeSet<_> =
            (0..10).map(|_| Backoff::default().fail()).collect();
        assert!(waits.len() > 1, "everybody waits alike");
    }
}

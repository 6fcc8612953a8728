//! What each API key may still use, and all keys of an org together (R-LIMIT-1, R-LIMIT-3, R-LIMIT-4).
//!
//! Rates are leaky buckets, and what is open at once has so many seats. A call takes from its key first and from its
//! org then, and what the one grants and the other does not goes back.

use super::{config::Limits, limits::PING, status::too_much};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tonic::Status;

/// How many lease calls of one key may wait for their turn at once (R-LIMIT-1).
const WAITS: u32 = 16;
/// How many seconds' worth of questions and of bytes may be used at once after a pause.
const PAUSE: f64 = 2.0;
const MIB: f64 = 1_048_576.0;

/// What one API key may still use, and its org.
#[derive(Debug)]
pub struct Budget {
    key: Allowance,
    org: Arc<Allowance>,
}

/// What a key, or all keys of an org, may still use.
#[derive(Debug)]
pub struct Allowance {
    /// Who has it, for refusals.
    whose: &'static str,
    writes: Bucket,
    reads: Bucket,
    bytes: Bucket,
    feeds: Seats,
    connections: Seats,
    waits: Seats,
}

/// The right to have one more of something open. It goes back when this is dropped.
#[derive(Debug, Default)]
pub struct OpenPermit {
    _permits: Option<[OwnedSemaphorePermit; 2]>,
}

impl Allowance {
    /// What all keys of an org may use together, if each may use this.
    #[must_use]
    pub fn of_org(limits: Limits) -> Self {
        // Lease calls that wait are counted for each key alone.
        Self::new("the keys of this org together", limits.of_org(), 0)
    }
    fn new(whose: &'static str, limits: Limits, waits: u32) -> Self {
        let (reads, bytes) =
            (f64::from(limits.reads_per_second), f64::from(limits.mib_per_second) * MIB);
        Self {
            whose,
            writes: Bucket::new(limits.writes_per_second.into(), limits.burst.max(1).into()),
            reads: Bucket::new(reads, reads * PAUSE),
            bytes: Bucket::new(bytes, bytes * PAUSE),
            feeds: Seats::new(limits.feeds),
            connections: Seats::new(limits.connections),
            waits: Seats::new(waits),
        }
    }
}

impl Budget {
    /// What a key may use, whose org may use that.
    #[must_use]
    pub fn new(limits: Limits, org: Arc<Allowance>) -> Self {
        Self { key: Allowance::new("this key", limits, WAITS), org }
    }
    /// No limits, but for the lease calls that wait.
    #[cfg(test)]
    #[must_use]
    pub fn unlimited() -> Self {
        Self::new(Limits::NONE, Arc::new(Allowance::of_org(Limits::NONE)))
    }
    /// Spends one write, or refuses and says after which wait it would be granted.
    pub fn spend_write(&self) -> Result<(), Status> {
        self.spend(|of| &of.writes, "too many commands a second")
    }
    /// Spends one question, or refuses and says after which wait it would be granted.
    pub fn spend_read(&self) -> Result<(), Status> {
        self.spend(|of| &of.reads, "too many questions a second")
    }
    fn spend(&self, bucket: fn(&Allowance) -> &Bucket, what: &str) -> Result<(), Status> {
        let now = Instant::now();
        bucket(&self.key).take(now).map_err(|wait| refusal(&self.key, what, wait))?;
        bucket(&self.org).take(now).map_err(|wait| {
            bucket(&self.key).give_back();
            refusal(&self.org, what, wait)
        })
    }
    /// Whether bytes are counted at all.
    #[must_use]
    pub fn counts_bytes(&self) -> bool {
        self.key.bytes.rate > 0.0 || self.org.bytes.rate > 0.0
    }
    /// Counts bytes that came or went. They are counted afterwards, so that there may be a debt.
    pub fn use_bytes(&self, count: usize) {
        let (now, count) = (Instant::now(), f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
        for of in [&self.key, &self.org] {
            of.bytes.fill(now, count);
        }
    }
    /// When the bytes that were used are paid for; `None` if they are.
    #[must_use]
    pub fn in_debt_until(&self) -> Option<Instant> {
        let now = Instant::now();
        [&self.key, &self.org].into_iter().filter_map(|of| of.bytes.full_until(now)).max()
    }
    /// Refuses while more bytes were used than allowed, and says for how long.
    pub fn check_bytes(&self) -> Result<(), Status> {
        let now = Instant::now();
        match [&self.key, &self.org]
            .into_iter()
            .find_map(|of| Some((of, of.bytes.full_until(now)?)))
        {
            Some((of, until)) => Err(refusal(of, "too many bytes a second", until - now)),
            None => Ok(()),
        }
    }
    /// Takes the right to let one more lease call wait, which ends when the permit is dropped. `None` if
    /// as many wait as may.
    #[must_use]
    pub fn take_wait(&self) -> Option<OpenPermit> {
        self.take_seat(|of| &of.waits).ok()
    }
    /// Takes the right to open a feed or a notification stream, or refuses if as many are open as may be.
    pub fn take_feed(&self) -> Result<OpenPermit, Status> {
        let full = |of| refusal(of, "too many open streams", PING);
        self.take_seat(|of| &of.feeds).map_err(full)
    }
    /// Takes the right to use one more connection, or refuses if as many are in use as may be.
    pub fn take_connection(&self) -> Result<OpenPermit, Status> {
        let full = |of| refusal(of, "too many open connections", PING);
        self.take_seat(|of| &of.connections).map_err(full)
    }
    /// Takes a seat of both. The error is the one that has none.
    fn take_seat(&self, seats: fn(&Allowance) -> &Seats) -> Result<OpenPermit, &Allowance> {
        let take = |of| seats(of).take().ok_or(of);
        Ok(OpenPermit { _permits: Some([take(&self.key)?, take(&self.org)?]) })
    }
}

fn refusal(of: &Allowance, what: &str, wait: Duration) -> Status {
    too_much(&format!("{what} by {}; nothing was done", of.whose), wait)
}

/// A leaky bucket: what is used fills it, and it empties at the allowed rate. At a rate of 0 there is no limit.
#[derive(Debug)]
struct Bucket {
    rate: f64,
    room: f64,
    level: Mutex<BucketLevel>,
}

#[derive(Debug, Default)]
struct BucketLevel {
    used: f64,
    at: Option<Instant>,
}

impl Bucket {
    fn new(rate: f64, room: f64) -> Self {
        Self { rate, room, level: Mutex::default() }
    }
    /// Does something with how much is used now.
    fn with<T>(&self, now: Instant, act: impl FnOnce(&mut f64) -> T) -> T {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = level.at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        level.at = Some(level.at.map_or(now, |at| at.max(now)));
        level.used = (level.used - idle.as_secs_f64() * self.rate).max(0.0);
        act(&mut level.used)
    }
    /// Uses one, if there is room for it. The error is the wait until there is.
    fn take(&self, now: Instant) -> Result<(), Duration> {
        if self.rate <= 0.0 {
            return Ok(());
        }
        self.with(now, |used| {
            if *used + 1.0 > self.room {
                return Err(Duration::from_secs_f64((*used + 1.0 - self.room) / self.rate));
            }
            *used += 1.0;
            Ok(())
        })
    }
    fn give_back(&self) {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        level.used = (level.used - 1.0).max(0.0);
    }
    /// Uses so many, whether there is room or not.
    fn fill(&self, now: Instant, count: f64) {
        if self.rate > 0.0 {
            self.with(now, |used| *used += count);
        }
    }
    /// When there is room again; `None` if there is now.
    fn full_until(&self, now: Instant) -> Option<Instant> {
        if self.rate <= 0.0 {
            return None;
        }
        let over = self.with(now, |used| *used - self.room);
        (over > 0.0).then(|| now + Duration::from_secs_f64(over / self.rate))
    }
}

/// How many of something may be open at once.
#[derive(Debug)]
struct Seats(Arc<Semaphore>);

impl Seats {
    /// 0 is no limit.
    fn new(most: u32) -> Self {
        let most = if most == 0 { Semaphore::MAX_PERMITS } else { most as usize };
        Self(Arc::new(Semaphore::new(most)))
    }
    /// A seat, for as long as the permit lives. `None` if all are taken.
    fn take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;

    fn budget(limits: Limits) -> Budget {
        Budget::new(limits, Arc::new(Allowance::of_org(limits)))
    }

    #[tokio::test(start_paused = true)]
    async fn r_limit_1_a_key_may_burst_and_then_write_at_its_rate() {
        let budget = budget(Limits { writes_per_second: 10, burst: 3, ..Limits::NONE });
        for _ in 0..3 {
            budget.spend_write().unwrap();
        }
        let refusal = budget.spend_write().unwrap_err();
        assert_eq!(refusal.code(), Code::ResourceExhausted);
        assert_eq!(refusal.metadata().get("grpc-retry-pushback-ms").unwrap(), "100");

        tokio::time::advance(Duration::from_millis(100)).await;
        budget.spend_write().unwrap();
        assert!(budget.spend_write().is_err());
        budget.spend_read().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn r_limit_3_what_the_org_refuses_does_not_cost_the_key() {
        let limits = Limits { reads_per_second: 1, org_keys: 2, ..Limits::NONE };
        let org = Arc::new(Allowance::of_org(limits));
        let keys: Vec<_> = (0..3).map(|_| Budget::new(limits, Arc::clone(&org))).collect();
        for key in &keys[..2] {
            key.spend_read().unwrap();
            key.spend_read().unwrap();
            assert!(key.spend_read().unwrap_err().message().contains(" by this key"));
        }
        let refusal = keys[2].spend_read().unwrap_err();
        assert_eq!(
            refusal.message(),
            "too many questions a second by the keys of this org together; nothing was done"
        );
        // The org has room again, and the third key as much as at first.
        tokio::time::advance(Duration::from_secs(1)).await;
        keys[2].spend_read().unwrap();
        keys[2].spend_read().unwrap();
        assert!(keys[2].spend_read().unwrap_err().message().contains(" by this key"));
    }

    #[tokio::test(start_paused = true)]
    async fn r_limit_4_bytes_are_counted_afterwards_and_refuse_until_they_are_paid_for() {
        let budget = budget(Limits { mib_per_second: 1, ..Limits::NONE });
        budget.use_bytes(2 << 20);
        budget.check_bytes().unwrap();
        budget.use_bytes(3 << 20);
        let refusal = budget.check_bytes().unwrap_err();
        assert_eq!(refusal.metadata().get("grpc-retry-pushback-ms").unwrap(), "3000");
        assert_eq!(budget.in_debt_until(), Some(Instant::now() + Duration::from_secs(3)));
        tokio::time::advance(Duration::from_secs(3)).await;
        budget.check_bytes().unwrap();
        assert_eq!(budget.in_debt_until(), None);
    }

    #[tokio::test]
    async fn r_limit_1_a_place_for_a_feed_is_free_again_when_the_feed_is_gone() {
        let limits = Limits { feeds: 1, connections: 1, org_keys: 1, ..Limits::NONE };
        let org = Arc::new(Allowance::of_org(limits));
        let [one, two] = [(); 2].map(|()| Budget::new(limits, Arc::clone(&org)));
        let place = one.take_feed().unwrap();
        assert!(one.take_feed().unwrap_err().message().contains(" by this key"));
        assert!(two.take_feed().unwrap_err().message().contains(" by the keys of this org"));
        drop(place);
        assert!(two.take_feed().is_ok());
        let seat = two.take_connection().unwrap();
        assert!(one.take_connection().is_err());
        drop(seat);
        assert!(one.take_connection().is_ok());
        let none = Budget::unlimited();
        let open: Vec<_> = (0..100).map(|_| (none.take_feed(), none.take_connection())).collect();
        assert!(open.iter().all(|(feed, connection)| feed.is_ok() && connection.is_ok()));
    }
}

//! What is counted while the hub runs, for `metrics` and for `switchboard status`. On the way of a command there are
//! atomic numbers only: a counter that takes a lock there would slow down what it measures. What is kept under a lock
//! changes when a feed opens or ends, or when a network has answered.
//!
//! Nothing here is about a customer, and nothing survives the process.

use super::load::Load;
use crate::model::{CarriageStep, CarrierId, OrgId, Seq, Timestamp};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// The upper bounds of times, in seconds: from a commit on a fast disk to the longest call.
pub const SECONDS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
/// The upper bounds of how many entries one commit has. The last one is what a turn of the writer takes at most.
pub const ENTRIES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// By how much the sum of a histogram is multiplied, so that it can be a whole number.
const MILLIONTHS: f64 = 1e6;

/// How often a measured value was at most each of some bounds, and the sum of all values.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    bounds: [f64; N],
    counts: [AtomicU64; N],
    above: AtomicU64,
    millionths: AtomicU64,
}

/// A histogram as it was read: each bound with how many values are above the bound before it and at most this one, then
/// those above all of them, and the sum.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramReading {
    pub counts: Vec<(f64, u64)>,
    pub sum: f64,
}

impl<const N: usize> Histogram<N> {
    /// An empty one with these upper bounds, the least first.
    #[must_use]
    pub const fn new(bounds: [f64; N]) -> Self {
        let (above, millionths) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { bounds, counts: [const { AtomicU64::new(0) }; N], above, millionths }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "no time and no size of a batch comes near the largest number"
    )]
    fn add(&self, value: f64) {
        let place = self.bounds.iter().position(|bound| value <= *bound);
        place.map_or(&self.above, |place| &self.counts[place]).fetch_add(1, Relaxed);
        self.millionths.fetch_add((value * MILLIONTHS) as u64, Relaxed);
    }

    /// Adds a length of time, in seconds.
    pub fn took(&self, time: Duration) {
        self.add(time.as_secs_f64());
    }

    /// Adds a number of things.
    pub fn had(&self, count: usize) {
        self.add(u32::try_from(count).unwrap_or(u32::MAX).into());
    }

    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a sum of millionths is no money")]
    pub fn read(&self) -> HistogramReading {
        let counts = self.bounds.iter().zip(&self.counts);
        let mut counts: Vec<_> =
            counts.map(|(bound, count)| (*bound, count.load(Relaxed))).collect();
        counts.push((f64::INFINITY, self.above.load(Relaxed)));
        HistogramReading { counts, sum: self.millionths.load(Relaxed) as f64 / MILLIONTHS }
    }
}

/// Everything that is counted in one hub.
#[derive(Debug)]
pub struct Measures {
    /// How long each append to the log took, until it was on the disk.
    pub commits: Histogram<12>,
    /// How many entries each of them had.
    pub batches: Histogram<9>,
    /// How much there is to do.
    pub load: Arc<Load>,
    /// The connections that are open.
    pub connections: Arc<AtomicU64>,
    /// The feeds that are open, each with the place that it has sent.
    pub feeds: OpenFeeds,
    /// How often keys of each org were refused for asking too much.
    pub exhausted: ExhaustedCounts,
    /// What networks said to messages that were handed over to them.
    pub carried: CarriedCounts,
}

impl Default for Measures {
    fn default() -> Self {
        Self {
            commits: Histogram::new(SECONDS),
            batches: Histogram::new(ENTRIES),
            load: Arc::default(),
            connections: Arc::default(),
            feeds: OpenFeeds::default(),
            exhausted: ExhaustedCounts::default(),
            carried: CarriedCounts::default(),
        }
    }
}

/// The place of one feed, which its owner moves.
#[derive(Debug)]
pub struct FeedPlace {
    org: OrgId,
    at: AtomicU64,
}

impl FeedPlace {
    /// Notes that everything up to this place was sent.
    pub fn moved(&self, at: Seq) {
        self.at.store(at.0, Relaxed);
    }
}

/// The feeds that are open. One is gone when its place is dropped.
#[derive(Debug, Default)]
pub struct OpenFeeds(Mutex<Vec<Weak<FeedPlace>>>);

impl OpenFeeds {
    /// Notes that a feed of an org opens at this place.
    pub fn open(&self, org: &OrgId, at: Seq) -> Arc<FeedPlace> {
        let place = Arc::new(FeedPlace { org: org.clone(), at: AtomicU64::new(at.0) });
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|feed| feed.strong_count() > 0);
        all.push(Arc::downgrade(&place));
        place
    }

    /// The places of an org's feeds.
    #[must_use]
    pub fn of(&self, org: &OrgId) -> Vec<Seq> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = all.iter().filter_map(Weak::upgrade).filter(|feed| feed.org == *org);
        open.map(|feed| Seq(feed.at.load(Relaxed))).collect()
    }
}

/// How often keys of each org were refused in a minute, which is a number from the epoch on, and in the one before it.
#[derive(Debug, Default)]
pub struct ExhaustedCounts(Mutex<BTreeMap<Option<OrgId>, MinuteCounts>>);

/// A minute, and what was counted in it and in the one before.
type MinuteCounts = (u64, [u64; 2]);

impl ExhaustedCounts {
    /// Counts one call that was refused now, to an org's key, or to whoever came, when the hub had too much to do.
    pub fn note(&self, org: Option<&OrgId>, now: Timestamp) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(org.cloned()).or_default();
        *count = Self::at(*count, now);
        count.1[0] += 1;
    }

    /// How many there were of an org and of whoever came, in this minute and the one before.
    #[must_use]
    pub fn lately(&self, org: &OrgId, now: Timestamp) -> u64 {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = [None, Some(org.clone())];
        let of = of.iter().filter_map(|of| counts.get(of));
        of.map(|count| Self::at(*count, now).1.iter().sum::<u64>()).sum()
    }

    /// What was counted, as it stands at a time.
    fn at((minute, counts): MinuteCounts, now: Timestamp) -> MinuteCounts {
        let this = now.since(Timestamp::ZERO).as_secs() / 60;
        let counts = match this.saturating_sub(minute) {
            0 => counts,
            1 => [0, counts[0]],
            _ => [0, 0],
        };
        (this, counts)
    }
}

/// Of which connection of which org, and what became of a message there.
type CarriedKey = (OrgId, CarrierId, &'static str);

/// How often each network took a message that was handed over to it, or did not.
#[derive(Debug, Default)]
pub struct CarriedCounts(Mutex<BTreeMap<CarriedKey, u64>>);

/// What became of a hand-over, in a word. What a person decided is none.
#[must_use]
pub const fn outcome(step: &CarriageStep) -> Option<&'static str> {
    match step {
        CarriageStep::Accepted { .. } => Some("accepted"),
        CarriageStep::Refused { .. } => Some("refused"),
        CarriageStep::Returned { .. } => Some("returned"),
        CarriageStep::Unknown { .. } => Some("unknown"),
        CarriageStep::HandedOver | CarriageStep::Again | CarriageStep::Left => None,
    }
}

impl CarriedCounts {
    /// Counts what became of a hand-over.
    pub fn note(&self, org: &OrgId, carrier: &CarrierId, outcome: &'static str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((org.clone(), carrier.clone(), outcome)).or_default() += 1;
    }

    /// All of them, in the order of their orgs.
    #[must_use]
    pub fn read(&self) -> BTreeMap<CarriedKey, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_each_value_once_below_its_bound() {
        let times = Histogram::new([0.001, 0.01]);
        for millis in [1, 2, 10, 11, 1_000] {
            times.took(Duration::from_millis(millis));
        }
        let read = times.read();
        assert_eq!(read.counts, [(0.001, 1), (0.01, 2), (f64::INFINITY, 2)]);
        assert!((read.sum - 1.024).abs() < 1e-9, "{}", read.sum);
    }

    #[test]
    fn refusals_are_forgotten_after_two_minutes() {
        let (counts, acme) = (ExhaustedCounts::default(), OrgId::from("acme"));
        let lately = |secs| counts.lately(&acme, Timestamp::from_secs(secs));
        assert_eq!(lately(600), 0);
        counts.note(Some(&acme), Timestamp::from_secs(600));
        counts.note(Some(&acme), Timestamp::from_secs(659));
        counts.note(None, Timestamp::from_secs(660));
        assert_eq!([659, 660, 719, 720, 780].map(lately), [3, 3, 3, 1, 0]);
        // What was refused to whoever came is told everyone.
        assert_eq!(counts.lately(&OrgId::from("globex"), Timestamp::from_secs(660)), 1);
    }

    #[test]
    fn a_feed_counts_for_its_org_until_it_is_dropped() {
        let (feeds, acme) = (OpenFeeds::default(), OrgId::from("acme"));
        let place = feeds.open(&acme, Seq(7));
        let _other = feeds.open(&OrgId::from("globex"), Seq(1));
        assert_eq!(feeds.of(&acme), [Seq(7)]);
        place.moved(Seq(9));
        assert_eq!(feeds.of(&acme), [Seq(9)]);
        drop(place);
        assert!(feeds.of(&acme).is_empty());
    }
}

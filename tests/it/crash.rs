//! The hub is killed with `kill -9` while clients write, as often as `SWITCHBOARD_KILLS` says. What was acknowledged is
//! there, nothing is there twice, and a feed that was connected all the time shows neither a gap nor a duplicate.

use super::support::{Bench, HubProcess, client, free_addr, reached};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use switchboard::{
    model::{
        CallId, ClientError, CustomerCommand, CustomerNumber, CustomerRef, Event, EventKind,
        FeedEvent, FeedStart, Seq, Tag,
    },
    sdk::Client,
};
use tokio::task::JoinHandle;

const WRITERS: usize = 4;

/// What the writers know for certain in the end.
#[derive(Default)]
pub struct Known {
    pub acknowledged: BTreeSet<CallId>,
    pub unknown: BTreeSet<CallId>,
}

impl Known {
    /// What all of these writers know.
    pub async fn of(writers: Vec<JoinHandle<Known>>) -> Self {
        let mut known = Self::default();
        for writer in writers {
            let one = writer.await.unwrap();
            known.acknowledged.extend(one.acknowledged);
            known.unknown.extend(one.unknown);
        }
        known
    }

    /// Everything that was acknowledged is in the log, once, and there is nothing in it that nobody asked for.
    pub fn assert_kept(&self, log: &BTreeMap<Seq, Option<CallId>>) {
        let calls: Vec<_> = log.values().flatten().cloned().collect();
        let in_log: BTreeSet<_> = calls.iter().cloned().collect();
        assert_eq!(calls.len(), in_log.len(), "something was done twice");
        let lost: Vec<_> = self.acknowledged.difference(&in_log).collect();
        assert!(lost.is_empty(), "acknowledged but lost: {lost:?}");
        let is_asked =
            |call: &&CallId| self.acknowledged.contains(*call) || self.unknown.contains(*call);
        let invented: Vec<_> = in_log.iter().filter(|call| !is_asked(call)).collect();
        assert!(invented.is_empty(), "in the log but never asked for: {invented:?}");
        let count = self.acknowledged.len();
        assert!(count > 50, "only {count} writes: nothing was tested");
        let done = self.unknown.intersection(&in_log).count();
        println!(
            "{count} acknowledged, {} unknown ({done} of them done), {} entries",
            self.unknown.len(),
            log.len()
        );
    }
}

fn tag(writer: usize, n: usize) -> CustomerCommand {
    CustomerCommand::UpdateTags {
        customer: CustomerRef::Number(CustomerNumber::telco(&format!("+2547110000{writer:02}"))),
        tags: vec![Tag { key: "n".into(), value: n.to_string(), expires_at: None }],
    }
}

/// Writes until it is told to stop. It never repeats a key, so that only the log can tell what
/// became of a call.
pub async fn write(client: Client, writer: usize, stop: Arc<AtomicBool>) -> Known {
    let mut known = Known::default();
    for n in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let call = CallId::from(format!("crash-{writer}-{n}"));
        match client.send(&call, &tag(writer, n)).await {
            Ok(receipt) => {
                assert!(receipt.is_ok(), "{receipt:?}");
                known.acknowledged.insert(call);
            }
            Err(ClientError::Unknown(_)) => {
                known.unknown.insert(call);
            }
            // The hub was not there, so that nothing was done.
            Err(ClientError::Unreachable { .. } | ClientError::Unavailable(_)) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    known
}

/// Follows the feed from the beginning. The place of every entry must be the one after the last.
pub async fn follow(
    client: Client,
    until: tokio::sync::watch::Receiver<Seq>,
) -> BTreeMap<Seq, Option<CallId>> {
    let mut feed = client.feed(FeedStart::After { log_id: String::new(), seq: Seq(0) });
    let mut seen = BTreeMap::new();
    let mut last = Seq(0);
    loop {
        let target = *until.borrow();
        if target > Seq(0) && last >= target {
            return seen;
        }
        match tokio::time::timeout(Duration::from_millis(500), feed.next()).await {
            Ok(FeedEvent::Entry(entry)) => {
                assert_eq!(entry.seq, last.next(), "a gap or a duplicate after {last}");
                last = entry.seq;
                seen.insert(last, entry.call.as_ref().map(|call| call.id.clone()));
            }
            Ok(FeedEvent::Gap { after, next, .. }) => panic!("gap {after}..{next}"),
            Ok(FeedEvent::Down { .. }) => feed.retry_now(),
            Ok(FeedEvent::Up(_) | FeedEvent::Bookmark { .. }) | Err(_) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9_and_a_feed_sees_it_once() {
    let bench = Bench::new();
    let addr = free_addr();
    let mut hub: HubProcess = bench.serve(&addr);
    let stop = Arc::new(AtomicBool::new(false));
    let (head, until) = tokio::sync::watch::channel(Seq(0));

    let follower = tokio::spawn(follow(client(&addr), until));
    let writers: Vec<_> =
        (0..WRITERS).map(|w| tokio::spawn(write(client(&addr), w, stop.clone()))).collect();
    let kills = std::env::var("SWITCHBOARD_KILLS").map_or(5, |n| n.parse().unwrap());
    for round in 0..kills {
        // A different number of writes each time.
        let until = reached(&addr, Seq(0)).await.0 + 40 + 17 * (round % 5);
        reached(&addr, Seq(until)).await;
        hub.kill();
        hub = bench.serve(&addr);
    }
    let until = reached(&addr, Seq(0)).await.0 + 40;
    reached(&addr, Seq(until)).await;
    stop.store(true, Ordering::Relaxed);

    let known = Known::of(writers).await;
    let newest = hub.client().hello().await.unwrap().head;
    head.send(newest).unwrap();
    let log = tokio::time::timeout(Duration::from_secs(30), follower).await.unwrap().unwrap();
    known.assert_kept(&log);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_outcome_is_settled_by_asking_again_with_the_same_key() {
    let bench = Bench::new();
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    let call = CallId::from("settle-by-key");
    let first = hub.client().send(&call, &tag(1, 1)).await.unwrap();
    hub.kill();
    hub = bench.serve(&addr);
    // The sandbox's app puts money into the purse when it starts, which is an entry too.
    let mut feed = hub.client().feed(FeedStart::After { log_id: String::new(), seq: Seq(0) });
    let funds = |event: &Event| matches!(event.kind, EventKind::PurseFunded { .. });
    loop {
        if let FeedEvent::Entry(entry) = feed.next().await
            && entry.events.iter().any(funds)
        {
            break;
        }
    }
    let before = hub.client().hello().await.unwrap().head;
    let again = hub.client().send(&call, &tag(1, 1)).await.unwrap();
    assert_eq!(first, again, "D-IDEM: the same reply");
    assert_eq!(hub.client().hello().await.unwrap().head, before, "D-IDEM: nothing done");
    let other = hub.client().send(&call, &tag(1, 2)).await.unwrap();
    assert!(!other.is_ok() && other.description().contains("key"), "{other:?}");
    assert_eq!(hub.terminate(), Some(0), "SIGTERM drains and exits 0");
}

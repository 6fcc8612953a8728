//! The feed: nothing twice, nothing missing, and no pestering.

use super::fake::{End, Fake, Telling, Watch, batch, bookmark, gap, stored};
use crate::{
    model::{EntryId, GapReason, Seq},
    sdk::{AskedFilter, Error, Feed, FeedEvent, FeedStart},
    wire::{
        entry,
        proto::v1::{Batch, WatchRequest, gap::Reason, watch_reply::Frame},
    },
};
use std::time::Duration;
use tokio::time::Instant;
use tonic::Status;

fn watch(frames: Vec<crate::wire::proto::v1::watch_reply::Frame>, end: End) -> Watch {
    Watch { frames, end }
}

/// A feed event in a word or two.
async fn next(feed: &mut Feed) -> String {
    match feed.next().await {
        FeedEvent::Up(_) => "up".into(),
        FeedEvent::Entry(entry) => entry.seq.to_string(),
        FeedEvent::Bookmark { seq, .. } => format!("all up to {seq}"),
        FeedEvent::Gap { after, next, reason } => format!("gap {after}..{next} {reason:?}"),
        FeedEvent::Down { attempt, retry_in: Some(_), .. } => format!("down {attempt}"),
        FeedEvent::Down { error, retry_in: None, .. } => format!("down for good: {error}"),
    }
}

async fn story(feed: &mut Feed, length: usize) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..length {
        told.push(next(feed).await);
    }
    told
}

#[tokio::test(start_paused = true)]
async fn after_a_cut_it_resumes_without_gap_or_duplicate() {
    // Given a hub that is cut after entry 3 and sends 3 again to be sure.
    let fake = Fake::new([
        watch(vec![batch([1, 2]), batch([3])], End::Cut),
        watch(vec![batch([3, 4]), bookmark(4)], End::Hang),
    ]);
    // When a feed follows from the beginning.
    let start = FeedStart::After { log_id: String::new(), seq: Seq(0) };
    let mut feed = fake.client().feed(start);
    // Then each entry is there once, and the second try asked for what was missing.
    let told = story(&mut feed, 8).await;
    assert_eq!(told, ["up", "1", "2", "3", "down 1", "up", "4", "all up to 4"]);
    let asked = fake.with(|script| script.asked.clone());
    assert_eq!((asked[0].after_seq, asked[0].log_id.as_str()), (Some(0), ""));
    assert_eq!((asked[1].after_seq, asked[1].log_id.as_str()), (Some(3), "log-1"));
}

#[tokio::test(start_paused = true)]
async fn a_tail_starts_wherever_the_hub_says() {
    let fake = Fake::new([
        watch(vec![batch([41, 42])], End::Say(Status::unavailable("restarting"))),
        watch(vec![batch([43])], End::Hang),
    ]);
    let mut feed = fake.client().feed(FeedStart::Tail(2));
    assert_eq!(story(&mut feed, 6).await, ["up", "41", "42", "down 1", "up", "43"]);
    let asked = fake.with(|script| script.asked.clone());
    assert_eq!((asked[0].after_seq, asked[0].tail), (None, 2));
    assert_eq!(asked[1].after_seq, Some(42));
}

#[tokio::test(start_paused = true)]
async fn a_hole_that_nobody_explained_is_a_fault_and_is_asked_for_again() {
    let fake = Fake::new([
        watch(vec![batch([1]), batch([3])], End::Hang),
        watch(vec![bookmark(5)], End::Hang),
        watch(vec![batch([2, 3])], End::Hang),
    ]);
    let mut feed = fake.client().feed(FeedStart::After { log_id: String::new(), seq: Seq(0) });
    let told = story(&mut feed, 7).await;
    assert_eq!(told, ["up", "1", "down 1", "down 2", "up", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn what_came_before_a_broken_entry_is_handed_on() {
    let mut broken = batch([1, 2]);
    if let Frame::Batch(batch) = &mut broken {
        batch.entries.push("not an entry".into());
    }
    let fake = Fake::new([watch(vec![broken, bookmark(3)], End::Hang), watch(vec![], End::Hang)]);
    let mut feed = fake.client().feed(FeedStart::After { log_id: String::new(), seq: Seq(0) });
    assert_eq!(story(&mut feed, 4).await, ["up", "1", "2", "down 1"]);
    let _ = tokio::time::timeout(Duration::from_secs(5), feed.next()).await;
    let asked = fake.with(|script| script.asked.clone());
    assert_eq!(asked[1].after_seq, Some(2), "nothing is left out");
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_passed_on_and_the_feed_goes_on_behind_it() {
    let fake = Fake::new([watch(
        vec![gap(3, 10, Reason::Pruned), batch([10]), gap(10, 1, Reason::Foreign), batch([1])],
        End::Hang,
    )]);
    let mut feed = fake.client().feed(FeedStart::After { log_id: String::new(), seq: Seq(3) });
    let told = story(&mut feed, 5).await;
    assert_eq!(told, ["up", "gap 3..10 Pruned", "10", "gap 10..1 Foreign", "1"]);
}

#[tokio::test(start_paused = true)]
async fn another_log_without_a_gap_is_a_fault() {
    let fake = Fake::new([watch(vec![batch([4])], End::Hang)]);
    fake.with(|script| "log-2".clone_into(&mut script.log_id));
    let start = FeedStart::After { log_id: "log-1".into(), seq: Seq(3) };
    let FeedEvent::Down { error, .. } = fake.client().feed(start).next().await else {
        panic!("it should be down")
    };
    assert_eq!(
        error.to_string(),
        "the hub failed: the feed broke its promise: the log was exchanged"
    );
}

/// R-FEED-2: an entry that follows in place but does not name the one before is of another history.
#[tokio::test(start_paused = true)]
async fn another_history_at_the_same_places_is_a_fault_and_the_hub_is_told_what_we_have() {
    let mut other = stored(4);
    other.prev_id = EntryId([77; 16]);
    let other = Frame::Batch(Batch { entries: vec![entry::encode(&other)], head: 4 });
    let fake = Fake::new([
        watch(vec![batch([1, 2, 3])], End::Cut),
        watch(vec![bookmark(3), other], End::Hang),
        watch(vec![gap(3, 5, Reason::Ahead), batch([5])], End::Hang),
    ]);
    let mut feed = fake.client().feed(FeedStart::After { log_id: String::new(), seq: Seq(0) });
    let told = story(&mut feed, 11).await;
    let rest = ["up", "all up to 3", "down 1", "up", "gap 3..5 Ahead", "5"];
    assert_eq!(told[5..], rest);
    let asked = fake.with(|script| script.asked.clone());
    assert_eq!((asked[0].after_id.len(), &asked[1].after_id), (0, &vec![3; 16]));
    assert_eq!(asked[2].after_id, vec![3; 16], "it is asked for again, and the hub can tell");
}

/// R-FEED-4: with a filter places have holes, a bookmark says up to where, and that is where it resumes.
#[tokio::test(start_paused = true)]
async fn a_feed_with_a_filter_has_holes_and_resumes_behind_them() {
    let fake = Fake::new([
        watch(vec![bookmark(0), batch([2, 5]), bookmark(9)], End::Cut),
        watch(vec![bookmark(9), batch([10]), batch([10, 14])], End::Hang),
    ]);
    let filter = AskedFilter { text: "refund".into(), ..AskedFilter::default() };
    let start = FeedStart::After { log_id: String::new(), seq: Seq(0) };
    let mut feed = fake.client().filtered_feed(start, filter);
    let told = story(&mut feed, 10).await;
    let first = ["up", "all up to 0", "2", "5", "all up to 9", "down 1"];
    assert_eq!(
        (&told[..6], &told[6..]),
        (&first.map(str::to_owned)[..], &["up", "all up to 9", "10", "14"].map(str::to_owned)[..])
    );
    let asked = fake.with(|script| script.asked.clone());
    let text = |asked: &WatchRequest| asked.filter.as_ref().map(|filter| filter.text.clone());
    assert_eq!(
        (asked[1].after_seq, text(&asked[0]), text(&asked[1])),
        (Some(9), Some("refund".into()), Some("refund".into()))
    );
}

#[tokio::test(start_paused = true)]
async fn silence_for_30_s_is_a_dead_line() {
    let fake = Fake::new([watch(vec![batch([1])], End::Hang)]);
    let mut feed = fake.client().feed(FeedStart::Tail(1));
    assert_eq!(story(&mut feed, 2).await, ["up", "1"]);
    let quiet_since = Instant::now();
    assert_eq!(next(&mut feed).await, "down 1");
    assert_eq!(quiet_since.elapsed().as_secs(), 30);
    // And it came back on a line of its own.
    assert_eq!(next(&mut feed).await, "down 2");
    assert_eq!(fake.with(|script| script.connections), 2);
}

/// R-CONN-2: a wrong key stays wrong until somebody says otherwise.
#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_not_tried_again_until_asked_to() {
    for refusal in [Status::unauthenticated("no"), Status::permission_denied("no")] {
        let fake = Fake::new([watch(vec![batch([1])], End::Hang)]);
        fake.with(|script| script.refuse = Some(refusal));
        let mut feed = fake.client().feed(FeedStart::Tail(1));
        assert!(next(&mut feed).await.starts_with("down for good: "));
        let more = tokio::time::timeout(Duration::from_hours(1), feed.next()).await;
        assert!(more.is_err(), "it tried again by itself");
        // When the key was mended and the operator says "now".
        fake.with(|script| script.refuse = None);
        feed.retry_now();
        assert_eq!(story(&mut feed, 2).await, ["up", "1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_with_neither_service_is_not_pestered() {
    let refusal = End::Say(Status::unimplemented("what is StreamNotifications?"));
    let fake = Fake::plain([Telling { requests: Vec::new(), end: refusal }]);
    let down = fake.client().feed(FeedStart::Tail(1)).next().await;
    let FeedEvent::Down { error: Error::Unsupported(_), retry_in: None, .. } = down else {
        panic!("{down:?}")
    };
}

#[tokio::test(start_paused = true)]
async fn retry_now_wakes_the_wait_once() {
    let fake = Fake::new([]);
    fake.with(|script| script.refuse = Some(Status::unavailable("draining")));
    let mut feed = fake.client().feed(FeedStart::Tail(1));
    for attempt in 1..=6 {
        assert_eq!(next(&mut feed).await, format!("down {attempt}"));
    }
    let waiting_since = Instant::now();
    feed.retry_now();
    let FeedEvent::Down { attempt: 7, retry_in: Some(wait), .. } = feed.next().await else {
        panic!("another try")
    };
    assert!(waiting_since.elapsed() < Duration::from_secs(1));
    // A key pressed twice does not skip the next wait too.
    let waiting_since = Instant::now();
    assert_eq!(next(&mut feed).await, "down 8");
    assert!(waiting_since.elapsed() >= wait);
}

#[tokio::test(start_paused = true)]
async fn tries_are_counted_from_the_last_success() {
    let say = |frames| watch(frames, End::Say(Status::unavailable("again")));
    let fake = Fake::new([say(vec![]), say(vec![]), say(vec![batch([1])]), say(vec![])]);
    let mut feed = fake.client().feed(FeedStart::Tail(1));
    let told = story(&mut feed, 6).await;
    assert_eq!(told, ["down 1", "down 2", "up", "1", "down 1", "down 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_feed_hangs_up() {
    let fake = Fake::new([watch(vec![batch([1])], End::Hang)]);
    let mut feed = fake.client().feed(FeedStart::Tail(1));
    assert_eq!(story(&mut feed, 2).await, ["up", "1"]);
    drop(feed);
    tokio::time::sleep(Duration::from_mins(2)).await;
    assert_eq!(fake.with(|script| script.asked.len()), 1);
}

#[test]
fn reasons_are_kept() {
    assert_eq!(crate::wire::client::gap_reason(GapReason::Ahead), Reason::Ahead);
}

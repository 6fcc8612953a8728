//! Against a server of the public contract alone (D-FEED, `LIVE ONLY`): what it tells is
//! shown once, where it was not heard stands a gap, and looking creates nobody.

use super::fake::{End, Fake, Telling, Watch, batch, gap, told_of};
use crate::{
    model::{CustomerNumber, CustomerRef, EventKind, Seq},
    sdk::{Error, Feed, FeedEvent, FeedStart},
    wire::proto::{hera::WebhookRequest, v1::gap::Reason},
};
use std::time::Duration;
use tokio::time::timeout;
use tonic::Status;

fn telling(messages: &[&str], end: End) -> Telling {
    Telling { requests: messages.iter().map(|id| told_of(id, "app")).collect(), end }
}

fn broken() -> End {
    End::Say(Status::unavailable("restarting"))
}

/// A feed event in a word or two.
async fn next(feed: &mut Feed) -> String {
    match feed.next().await {
        FeedEvent::Up(hello) if hello.live_only => format!("live only at {}", hello.head),
        FeedEvent::Up(_) => "up".into(),
        FeedEvent::Entry(entry) => match &entry.events[0].kind {
            EventKind::MessageStatusChanged { id, .. } => format!("{} {id}", entry.seq),
            kind => format!("{} {}", entry.seq, kind.code()),
        },
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
async fn every_reconnect_leaves_a_gap_and_places_are_counted_on() {
    // Given a server that breaks off twice, once without having said anything.
    let fake = Fake::plain([
        telling(&["a", "b"], broken()),
        telling(&[], End::Cut),
        telling(&["c"], End::Hang),
    ]);
    // When a feed follows it.
    let mut feed = fake.client().feed(FeedStart::Tail(500));
    // Then its places are dense and each reconnect says that something may be missing.
    let told = story(&mut feed, 10).await;
    assert_eq!(
        told,
        [
            "live only at 0",
            "1 a",
            "2 b",
            "down 1",
            "live only at 2",
            "gap 2..3 LiveOnly",
            "down 2",
            "live only at 2",
            "gap 2..3 LiveOnly",
            "3 c"
        ]
    );
    let quiet = timeout(Duration::from_hours(1), feed.next()).await;
    assert!(quiet.is_err(), "silence is no fault where nobody promised to speak: {quiet:?}");
}

/// D-HERA: what was handed out before the break comes again, and is shown once.
#[tokio::test(start_paused = true)]
async fn what_is_sent_again_is_shown_once() {
    let fake = Fake::plain([
        telling(&["a", "b"], broken()),
        telling(&["a"], broken()),
        telling(&["a", "b", "c", "c"], End::Hang),
    ]);
    let mut feed = fake.client().feed(FeedStart::Tail(1));
    let told = story(&mut feed, 11).await;
    // The last "c" is no repetition: no break was between.
    assert_eq!((told[1].as_str(), told[2].as_str()), ("1 a", "2 b"));
    assert_eq!(
        told[4..],
        [
            "live only at 2",
            "gap 2..3 LiveOnly",
            "down 2",
            "live only at 2",
            "gap 2..3 LiveOnly",
            "3 c",
            "4 c"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_shown_each_time() {
    let unknown = || WebhookRequest { app_id: "app".into(), ..WebhookRequest::default() };
    let requests = || vec![unknown(), unknown()];
    let fake = Fake::plain([
        Telling { requests: requests(), end: broken() },
        Telling { requests: requests(), end: End::Hang },
    ]);
    let mut feed = fake.client().feed(FeedStart::Tail(1));
    let told = story(&mut feed, 8).await;
    let code = EventKind::Unreadable.code();
    let rows: Vec<_> = told.into_iter().filter(|word| word.ends_with(code)).collect();
    assert_eq!(rows, [1, 2, 3, 4].map(|seq| format!("{seq} {code}")));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_not_tried_again() {
    let end = End::Say(Status::unauthenticated("no such key"));
    let fake = Fake::plain([telling(&[], end), telling(&["a"], End::Hang)]);
    let mut feed = fake.client().feed(FeedStart::Tail(1));
    assert!(next(&mut feed).await.starts_with("down for good: "));
    assert!(timeout(Duration::from_hours(1), feed.next()).await.is_err());
    // Until the key was mended and the operator says "now".
    feed.retry_now();
    assert_eq!(story(&mut feed, 2).await, ["live only at 0", "1 a"]);
}

/// Some servers answer a stream only together with its first item.
#[tokio::test(start_paused = true)]
async fn a_server_that_answers_late_is_up_because_it_refused_hello() {
    let fake = Fake::plain([telling(&[], End::Hang)]);
    let mut feed = fake.client().feed(FeedStart::Tail(1));
    let begun = tokio::time::Instant::now();
    assert_eq!(next(&mut feed).await, "live only at 0");
    assert_eq!(begun.elapsed().as_secs(), 10);
    fake.cut();
    assert_eq!(next(&mut feed).await, "down 1");
}

/// Two consoles of one app take the stream from each other: tries become rarer all the same, and
/// only a stream that lasted makes them start over.
#[tokio::test(start_paused = true)]
async fn only_a_stream_that_lasts_is_a_success() {
    let fake = Fake::plain([
        telling(&["a"], broken()),
        telling(&["b"], broken()),
        telling(&["c"], End::Hang),
        telling(&["d"], End::Hang),
    ]);
    let mut feed = fake.client().feed(FeedStart::Tail(1));
    let told = story(&mut feed, 9).await;
    assert_eq!((told[2].as_str(), told[6].as_str()), ("down 1", "down 2"));
    assert_eq!(told[8], "gap 2..3 LiveOnly");
    assert_eq!(next(&mut feed).await, "3 c");
    tokio::time::sleep(Duration::from_secs(31)).await;
    fake.cut();
    assert_eq!(next(&mut feed).await, "down 1");
}

/// A server that was replaced by a hub with a log, and before that the other way round.
#[tokio::test(start_paused = true)]
async fn a_log_may_go_and_come_back() {
    let fake = Fake::new([
        Watch { frames: vec![batch([7])], end: broken() },
        Watch { frames: vec![gap(8, 41, Reason::Foreign), batch([41])], end: End::Hang },
    ]);
    fake.with(|script| script.tellings.push_back(telling(&["a"], broken())));
    let mut feed = fake.client().feed(FeedStart::Tail(1));
    assert_eq!(story(&mut feed, 3).await, ["up", "7 NEW", "down 1"]);
    fake.with(|script| script.is_plain = true);
    assert_eq!(story(&mut feed, 4).await, ["live only at 7", "gap 7..8 LiveOnly", "8 a", "down 2"]);
    fake.with(|script| script.is_plain = false);
    assert_eq!(story(&mut feed, 3).await, ["up", "gap 8..41 Foreign", "41 NEW"]);
    // The place that was counted here is of no log that the hub could mistake for its own.
    let asked = fake.with(|script| script.asked[1].clone());
    assert_eq!((asked.after_seq, asked.log_id.as_str()), (Some(8), "live-only"));
}

/// D-LOOKUP: `GetCustomerState` by an unknown number would create a customer.
#[tokio::test(start_paused = true)]
async fn a_look_never_creates_a_customer() {
    let fake = Fake::plain([telling(&["a", "b"], End::Hang)]);
    let client = fake.client();
    let number = CustomerRef::Number(CustomerNumber::telco("+254711000001"));
    let error = client.customer(&number).await.unwrap_err();
    assert!(matches!(&error, Error::Unsupported(why) if why.contains("create")), "{error}");
    assert!(fake.with(|script| script.looked_at.is_empty()), "it was asked all the same");
    // By id it is the app's own view, as of what was told before.
    let mut feed = client.feed(FeedStart::Tail(1));
    assert_eq!(story(&mut feed, 3).await, ["live only at 0", "1 a", "2 b"]);
    let id = CustomerRef::Id("el_cst_old".into());
    let view = client.customer(&id).await.unwrap().expect("a customer");
    assert_eq!((view.customer.id.as_str(), view.as_of), ("el_cst_jane", Seq(2)));
    assert_eq!(view.replaces, Some("el_cst_old".into()));
    assert_eq!(fake.with(|script| script.looked_at.clone()), [id]);
}

#[tokio::test(start_paused = true)]
async fn what_needs_a_log_is_refused_in_words() {
    let client = Fake::plain([]).client();
    assert!(client.hello().await.unwrap().live_only);
    let past = client.history(None, 2, None, "").await.unwrap_err();
    assert_eq!(past, Error::Unsupported("it keeps no history".into()));
    let found = client.find("jane", 2, 0).await.unwrap_err();
    assert_eq!(found, Error::Unsupported("it cannot search customers".into()));
}

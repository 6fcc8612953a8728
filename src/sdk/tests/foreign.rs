//! Servers that are not ours, and what stands before servers: their patience with pings (R-CONN-7), headers that
//! come late (R-CONN-6), and answers that are no gRPC.

use super::fake::{
    Fake,
    raw_server::{RawReply, RawServer},
    told_of,
};
use crate::{
    model::{Body, Channel, ChannelNumber, CustomerNumber},
    sdk::{Client, Error, FeedEvent, FeedStart, StreamState},
};
use prost::Message as _;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const HOUR: Duration = Duration::from_hours(1);

fn apart(pings: &[Duration]) -> Vec<u64> {
    let before = [Duration::ZERO].into_iter().chain(pings.iter().copied());
    before.zip(pings).map(|(one, next)| next.saturating_sub(one).as_secs()).collect()
}

#[tokio::test(start_paused = true)]
async fn r_conn_7_a_foreign_server_is_pinged_every_five_minutes() {
    for to_others in [RawReply::Headers, RawReply::Never] {
        let server = RawServer::new(RawReply::Unimplemented, to_others);
        let client = server.client();
        client.connect().await.unwrap();
        let mut feed = client.feed(FeedStart::Tail(1));
        assert!(matches!(feed.next().await, FeedEvent::Up(_)));
        sleep(HOUR).await;
        for pings in server.pings() {
            assert!(pings.len() >= 11, "{pings:?}");
            assert!(apart(&pings).iter().all(|apart| *apart >= 300), "{pings:?}");
        }
        assert_eq!(server.pings().len(), 2, "nothing broke");
        client.disconnect();
    }
}

#[tokio::test(start_paused = true)]
async fn r_conn_7_our_hub_is_pinged_every_20_s_while_a_stream_is_open() {
    let server = RawServer::new(RawReply::Empty, RawReply::Headers);
    let client = server.client();
    client.connect().await.unwrap();
    sleep(Duration::from_mins(2)).await;
    // The first connection was for finding out who is there.
    let pings = server.pings();
    assert_eq!((pings.len(), pings[0].len()), (2, 0), "{pings:?}");
    assert!(apart(&pings[1]).iter().all(|apart| *apart == 20) && pings[1].len() >= 5, "{pings:?}");
}

const TOO_MANY: &str = "cannot reach the embedded hub: the server ended the connection because of too many pings; \
    it gets half as many from now on";

#[tokio::test(start_paused = true)]
async fn r_conn_7_after_a_complaint_there_are_half_as_many_pings_and_the_error_says_so() {
    let mut server = RawServer::new(RawReply::Unimplemented, RawReply::Headers);
    server.patience = 1;
    let client = server.client();
    let mut state = client.connection();
    client.connect().await.unwrap();
    for _ in 0..3 {
        let broken = state.wait_for(|now| matches!(now, StreamState::Broken { .. })).await.unwrap();
        let StreamState::Broken { error, .. } = broken.clone() else { panic!("{broken:?}") };
        drop(broken);
        assert_eq!(error.to_string(), TOO_MANY);
        state.wait_for(|now| matches!(now, StreamState::Open)).await.unwrap();
    }
    let pings: Vec<_> = server.pings().iter().flat_map(|pings| apart(pings)).collect();
    assert_eq!(pings, [300, 600, 1200]);
}

#[tokio::test(start_paused = true)]
async fn a_feed_says_that_it_pinged_too_often() {
    let mut server = RawServer::new(RawReply::Unimplemented, RawReply::Headers);
    server.patience = 1;
    let mut feed = server.client().feed(FeedStart::Tail(1));
    assert!(matches!(feed.next().await, FeedEvent::Up(_)));
    let FeedEvent::Down { error, retry_in: Some(_), .. } = feed.next().await else { panic!() };
    assert_eq!(error.to_string(), TOO_MANY);
}

/// R-CONN-6: some servers answer a stream only together with its first message.
#[tokio::test(start_paused = true)]
async fn r_conn_6_a_stream_whose_headers_come_late_is_open_for_listeners_and_programs_too() {
    let message = told_of("m1", "app").encode_to_vec();
    let late = RawReply::Late(HOUR, message);
    let server = RawServer::new(RawReply::Unimplemented, late);
    let begun = Instant::now();
    let client = server.client();
    client.connect().await.unwrap();
    assert_eq!(
        (begun.elapsed().as_secs(), client.connection().borrow().clone()),
        (10, StreamState::Open)
    );
    let mut notifications = client.notifications().await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 20);
    let event = notifications.next().await.unwrap();
    assert_eq!(event.app, Some("app".into()));
    assert!(begun.elapsed() >= HOUR);
    assert_eq!(*client.connection().borrow(), StreamState::Open, "nothing broke meanwhile");
    assert_eq!(client.tally().heard, 1);
}

#[tokio::test(start_paused = true)]
async fn r_conn_6_who_says_nothing_at_all_is_not_there_and_our_hub_is_never_late() {
    let silent = "cannot reach the embedded hub: no answer within 10 s";
    for to_hello in [RawReply::Never, RawReply::Empty] {
        let client = RawServer::new(to_hello, RawReply::Never).client();
        let begun = Instant::now();
        assert_eq!(client.connect().await.unwrap_err().to_string(), silent);
        assert_eq!(client.notifications().await.err().unwrap().to_string(), silent);
        assert_eq!(begun.elapsed().as_secs(), 20);
    }
}

async fn write(client: &Client) -> Error {
    let to = CustomerNumber::telco("+254700000001");
    let from = ChannelNumber::new(Channel::Sms, "40404");
    client.send_message(to, from, Body::text("hello")).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn what_stands_before_a_server_is_told_in_words() {
    let cases = [
        (
            RawReply::Page("200"),
            "the embedded hub is not a switchboard hub: it answers with HTTP status 200 and a web page, not with gRPC",
            "the embedded hub is not a switchboard hub: it answers with HTTP status 200 and a web page, not with gRPC",
        ),
        (
            RawReply::Page("404"),
            "the embedded hub is not a switchboard hub: it answers with HTTP status 404 and a web page, not with gRPC",
            "the embedded hub is not a switchboard hub: it answers with HTTP status 404 and a web page, not with gRPC",
        ),
        (
            RawReply::Page("502"),
            "cannot reach the embedded hub: a proxy before the server answered 502 with a web page",
            "outcome unknown: a proxy before the server answered 502 with a web page",
        ),
        (
            RawReply::Cut,
            "cannot reach the embedded hub: the answer ended without its gRPC status, as when a proxy gives up on it",
            "outcome unknown: the answer ended without its gRPC status, as when a proxy gives up on it",
        ),
    ];
    for (reply, read, written) in cases {
        let client = RawServer::new(reply.clone(), reply).client();
        assert_eq!(client.hello().await.unwrap_err().to_string(), read);
        assert_eq!(write(&client).await.to_string(), written);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_without_a_status_or_breaks_says_so_without_jargon() {
    let client = RawServer::new(RawReply::Unimplemented, RawReply::Cut).client();
    let mut stream = client.notifications().await.unwrap();
    stream.next().await.unwrap();
    let ended = stream.next().await.unwrap_err().to_string();
    assert!(
        ended.ends_with("the answer ended without its gRPC status, as when a proxy gives up on it"),
        "{ended}"
    );

    let fake =
        Fake::plain([super::listen::telling([told_of("m1", "app")], super::fake::End::Hang)]);
    let mut stream = fake.client().notifications().await.unwrap();
    stream.next().await.unwrap();
    fake.cut();
    let broke = timeout(HOUR, stream.next()).await.unwrap().unwrap_err();
    assert_eq!(broke.to_string(), "cannot reach the embedded hub: the connection broke");
}

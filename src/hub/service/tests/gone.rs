//! Consumers that are gone without a word.

use super::{KEY, Rig, soon};
use crate::{hub::limits::PING, wire::proto::v1::WatchRequest};
use prost::{Message as _, bytes::Bytes};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Notify, time::Instant};
use tonic::codegen::http;

/// Its machine has lost power, or somebody has pulled the plug: nothing comes from it and nothing goes to it, and
/// the connection stands.
#[tokio::test]
async fn r_feed_3_a_consumer_that_is_gone_without_a_word_is_given_up() {
    let rig = Rig::new().await;
    let (mut client, mut connection) =
        h2::client::handshake((rig.running.connector())()).await.unwrap();
    let gone = Arc::new(Notify::new());
    let heard = Arc::clone(&gone);
    let line = tokio::spawn(async move {
        tokio::select! {
            _ = &mut connection => {}
            () = heard.notified() => {}
        }
        // It is not closed, and nobody looks at it any more.
        std::future::pending::<()>().await;
        drop(connection);
    });
    let request = http::Request::post("http://hub/switchboard.v1.Operator/Watch")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("api-key", KEY)
        .body(())
        .unwrap();
    let (answer, mut body) = client.send_request(request, false).unwrap();
    let asked = WatchRequest { org_id: "acme".into(), ..WatchRequest::default() }.encode_to_vec();
    let length = u32::try_from(asked.len()).unwrap().to_be_bytes();
    let frame = [&[0], &length[..], &asked].concat();
    body.send_data(Bytes::from(frame), true).unwrap();
    assert_eq!(soon(answer).await.unwrap().status(), http::StatusCode::OK);
    let feeds = || rig.running.hub().measures().feeds.of(&"acme".into()).len();
    assert_eq!(feeds(), 1);

    gone.notify_one();
    let began = Instant::now();
    while feeds() > 0 {
        super::pass(Duration::from_secs(1)).await;
        // Whoever is woken gets a turn, and whoever they wake.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(began.elapsed() <= 2 * PING + Duration::from_secs(5), "{:?}", began.elapsed());
    }
    assert!(began.elapsed() >= PING, "not before it was asked");
    line.abort();
}

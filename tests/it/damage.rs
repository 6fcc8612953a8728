//! A log whose bytes on disk have changed, as operators, agents and scripts see it (R-LOG-3): never as a live
//! and empty org.

use super::support::{Bench, KEY, binary_in};
use std::{
    process::{Command, Stdio},
    time::Duration,
};
use switchboard::{
    Error,
    model::{Body, Channel, ChannelNumber, CustomerNumber, FeedEvent, FeedStart},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// A hub whose log has one row changed, after its snapshot was written.
pub(super) fn damaged(bench: &Bench) {
    let mut hub = bench.serve("127.0.0.1:0");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (client, jane) = (hub.client(), CustomerNumber::telco("+254711000001"));
        let from = ChannelNumber::new(Channel::Sms, "40404");
        for text in ["one", "two", "three"] {
            client.send_message(jane.clone(), from.clone(), Body::text(text)).await.unwrap();
        }
    });
    assert_eq!(hub.terminate(), Some(0));
    let db = rusqlite::Connection::open(bench.data().join("log.db")).unwrap();
    let changed = "UPDATE entry SET chk = zeroblob(length(chk)) WHERE n = 2";
    assert_eq!(db.execute(changed, []).unwrap(), 1);
}

fn verb(addr: &str, args: &[&str]) -> (Option<i32>, String) {
    let mut command: Command = binary_in(&std::env::temp_dir());
    let command = command
        .args(["--endpoint", &format!("http://{addr}"), "--org", "acme", "--app", "desk"])
        .args(args)
        .env("SWITCHBOARD_API_KEY", KEY)
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn r_log_3_a_damaged_org_is_refused_with_row_entry_and_file_by_everything_that_asks() {
    let bench = Bench::new();
    damaged(&bench);
    let hub = bench.serve("127.0.0.1:0");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = hub.client();
        // The row is before the snapshot, so it is found beside the work: by then this stream may be open.
        let mut feed = client.feed(FeedStart::Tail(10));
        let down = tokio::time::timeout(Duration::from_secs(30), async {
            loop {
                if let FeedEvent::Down { error, .. } = feed.next().await {
                    break error;
                }
            }
        });
        let down = down.await.unwrap();
        let Error::Damaged(why) = &down else { panic!("{down:?}") };
        assert!(why.contains("the log of acme is damaged at row"), "{why}");
        assert!(why.contains("entry 2") && why.contains("log.db"), "{why}");

        assert_eq!(client.hello().await.map(drop), Err(down.clone()));
        assert_eq!(client.history(None, 10, None, "").await.map(drop), Err(down.clone()));
        assert_eq!(client.find("jane", 10, 0).await.map(drop), Err(down.clone()));
        assert_eq!(client.connect().await, Err(down.clone()));
        let jane = CustomerNumber::telco("+254711000001");
        let sms = ChannelNumber::new(Channel::Sms, "40404");
        let sent = client.send_message(jane, sms, Body::text("four")).await;
        assert_eq!(sent.map(drop), Err(down.clone()));

        let uri = format!("http://{}", hub.addr);
        let channel = tonic::transport::Endpoint::new(uri).unwrap().connect().await.unwrap();
        let mut health = HealthClient::new(channel);
        let whole = health.watch(HealthCheckRequest { service: String::new() }).await.unwrap();
        let mut whole = whole.into_inner();
        let not_serving = tokio::time::timeout(Duration::from_secs(30), async {
            while whole.message().await.unwrap().unwrap().status != 2 {}
        });
        not_serving.await.unwrap();
    });
    for args in [
        &["get", "+254711000001"][..],
        &["tail", "--no-follow"],
        &["send", "--to", "+254711000001", "--channel", "sms", "--from", "40404", "--text", "x"],
        &["works"],
    ] {
        let (code, err) = verb(&hub.addr, args);
        assert_eq!(code, Some(74), "{args:?}: {err}");
        assert!(err.contains("the log of acme is damaged at row"), "{args:?}: {err}");
    }
}

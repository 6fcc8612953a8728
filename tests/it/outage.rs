//! A hub that cannot write, as operators, agents and scripts see it (R-LOG-5), and keys that are
//! not known, as operators see them (R-AUTH-4).
//!
//! Another program that has locked the log stands for a full disk, because only root can fill one that is
//! no one else's. Either way SQLite refuses the commit and nothing is stored; `hub/engine/tests/outage.rs`
//! has a file that cannot grow.

use super::support::{Bench, HubProcess, KEY, binary_in, reads};
use std::{
    fs::File,
    path::Path,
    process::{Child, Stdio},
    time::Duration,
};
use switchboard::{
    Error,
    model::{Body, Channel, ChannelNumber, CustomerNumber, FeedEvent, FeedStart},
    sdk::{Client, Credentials, Endpoint, Feed, Options},
};
use tonic::Streaming;
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_client::HealthClient,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until a feed says whether the hub can write, and returns why not.
async fn told(feed: &mut Feed, is_writable: bool) -> Option<String> {
    let news = async {
        loop {
            if let FeedEvent::Bookmark { cannot_write, .. } = feed.next().await
                && cannot_write.is_none() == is_writable
            {
                return cannot_write.map(|outage| format!("{} {}", outage.why, outage.refused));
            }
        }
    };
    tokio::time::timeout(PATIENCE, news).await.unwrap()
}

async fn becomes(health: &mut Streaming<HealthCheckResponse>, status: ServingStatus) {
    let news = async { while health.message().await.unwrap().unwrap().status() != status {} };
    tokio::time::timeout(PATIENCE, news).await.unwrap();
}

/// `switchboard tail` on the hub, which complains into a file. It ends with the process that is returned.
struct Tailing(Child);

impl Tailing {
    fn start(hub: &HubProcess, complaints: &Path) -> Self {
        let tail = binary_in(complaints.parent().unwrap())
            .args(["--endpoint", &format!("http://{}", hub.addr), "--org", "acme", "--app", "desk"])
            .arg("tail")
            .env("SWITCHBOARD_API_KEY", KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(complaints).unwrap())
            .spawn();
        Self(tail.unwrap())
    }
}

impl Drop for Tailing {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn started(bench: &Bench, log: &Path) -> HubProcess {
    let mut command = bench.command("127.0.0.1:0");
    command.stderr(File::create(log).unwrap());
    HubProcess::start(command)
}

#[tokio::test]
async fn r_log_5_a_hub_that_cannot_write_says_so_everywhere_until_it_can() {
    let bench = Bench::new();
    let log = bench.settings().with_file_name("stderr");
    let hub = started(&bench, &log);
    let (client, jane) = (hub.client(), CustomerNumber::telco("+254711000001"));
    let from = ChannelNumber::new(Channel::Sms, "40404");
    let send = |text| client.send_message(jane.clone(), from.clone(), Body::text(text));
    send("one").await.unwrap();
    let channel = tonic::transport::Endpoint::new(format!("http://{}", hub.addr)).unwrap();
    let mut health = HealthClient::new(channel.connect().await.unwrap());
    let mut health = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    becomes(&mut health, ServingStatus::Serving).await;
    let complaints = bench.settings().with_file_name("complaints");
    let _tail = Tailing::start(&hub, &complaints);
    let mut feed = client.feed(FeedStart::Tail(10));
    assert_eq!(told(&mut feed, true).await, None);
    assert_eq!(client.hello().await.unwrap().cannot_write, None);

    let other = rusqlite::Connection::open(bench.data().join("log.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let Err(Error::Unavailable(why)) = send("two").await else { panic!("it was stored") };
    assert!(why.contains("log.db is locked by another program"), "{why}");
    becomes(&mut health, ServingStatus::NotServing).await;
    let said = told(&mut feed, false).await;
    assert_eq!(said.as_deref(), Some("log.db is locked by another program 1"));
    let hello = client.hello().await.unwrap();
    assert_eq!(hello.cannot_write.map(|outage| outage.refused), Some(1));
    let line = ": log.db is locked by another program (1 refused)";
    let text = reads(&log, line).await;
    assert!(text.contains("cannot write since "), "{text}");
    let text = reads(&complaints, line).await;
    assert!(text.contains("the hub cannot write since "), "{text}");

    // Nobody writes, and still all of them hear of the end.
    other.execute_batch("ROLLBACK").unwrap();
    becomes(&mut health, ServingStatus::Serving).await;
    assert_eq!(told(&mut feed, true).await, None);
    assert_eq!(client.hello().await.unwrap().cannot_write, None);
    reads(&log, "can write again").await;
    reads(&complaints, "the hub can write again").await;
    send("two").await.unwrap();
}

#[tokio::test]
async fn r_auth_4_refused_keys_are_counted_in_the_log_and_nothing_of_them_is_in_it() {
    let bench = Bench::new();
    let log = bench.settings().with_file_name("stderr");
    let hub = started(&bench, &log);
    let wrong = "sb_test_a-key-of-another-hub-0123456789";
    let client = Client::new(Options {
        endpoint: Endpoint::Uri(format!("http://{}", hub.addr)),
        org: "acme".into(),
        app: "desk".into(),
        credentials: Credentials::api_key(wrong),
        insecure: false,
        by_person: false,
        ..Options::default()
    });
    let refused = client.unwrap().hello().await;
    assert!(matches!(refused, Err(Error::Unauthenticated(_))), "{refused:?}");
    let line = "calls without a valid API key or token were refused: 1, from 1 address";
    let text = reads(&log, line).await;
    assert!(!text.contains("sb_test") && !text.contains("another-hub"), "{text}");
}

//! A gigabyte goes out of a log while its hub is written to: how long it takes, what the writers notice, how large the file is
//! afterwards, and whether everything is as before. `MIB` is how much there is.

use std::{path::Path, sync::Arc, time::Duration};
use switchboard::{
    hub::{
        engine::{EngineOptions, Hub, LogSize},
        log::sqlite::SqliteLog,
        shelf::HistoryQuery,
    },
    model::{
        Body, Caller, Channel, ChannelNumber, CustomerNumber, NetworkCommand, OrgId, OrgSettings,
        settings::KeptLog,
    },
};

const DAY: Duration = Duration::from_hours(24);
/// How long a text is, in bytes.
const TEXT: usize = 8 << 10;
const CUSTOMERS: usize = 1_000;
const AT_ONCE: usize = 64;

fn org() -> OrgId {
    "demo".into()
}

async fn start(folder: &Path) -> Hub {
    let log = Arc::new(SqliteLog::open(folder).expect("a log"));
    let orgs = vec![OrgSettings { id: org(), sandbox: true, ..OrgSettings::default() }];
    let shelf = Some(folder.to_owned());
    Hub::start(EngineOptions { orgs, log, accept_loss: false, shelf }).await.expect("a hub")
}

async fn does(hub: &Hub, command: NetworkCommand) {
    hub.submit(&org(), Caller::default(), None, command.into()).await.expect("an answer");
}

fn writes(n: usize) -> NetworkCommand {
    NetworkCommand::ReceiveMessage {
        from: CustomerNumber::telco(&format!("+2547{:08}", n % CUSTOMERS)),
        to: ChannelNumber::new(Channel::Sms, "40404"),
        body: Body::text(format!("{n} {}", "parcel ".repeat(TEXT / 7))),
    }
}

/// Writes for as long as `until` says, and returns how long each took.
async fn write_while(hub: &Hub, until: &std::sync::atomic::AtomicBool) -> Vec<Duration> {
    let mut took = Vec::new();
    while !until.load(std::sync::atomic::Ordering::SeqCst) {
        let begun = tokio::time::Instant::now();
        let text = Body::text("is it on its way?");
        let from = CustomerNumber::telco(&format!("+2547{:08}", took.len() % CUSTOMERS));
        let to = ChannelNumber::new(Channel::Sms, "40404");
        does(hub, NetworkCommand::ReceiveMessage { from, to, body: text }).await;
        took.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    took
}

fn told(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 1_000];
    println!(
        "{what}: {} writes, p50 {:?}, p99 {:?}, p99.9 {:?}, longest {:?}",
        took.len(),
        at(500),
        at(990),
        at(999),
        took[took.len() - 1]
    );
}

fn mib(folder: &Path) -> u64 {
    std::fs::metadata(folder.join("log.db")).map_or(0, |file| file.len() >> 20)
}

async fn customers(hub: &Hub) -> (usize, usize) {
    let count = |world: &switchboard::rules::World| {
        world
            .customers()
            .fold((0, 0), |(all, messages), customer| (all + 1, messages + customer.messages.len()))
    };
    hub.scan(&org(), count).await.expect("counted")
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let most: usize = std::env::var("MIB").ok().and_then(|n| n.parse().ok()).unwrap_or(1_024);
    let dir = tempfile::tempdir().expect("a folder");
    let hub = start(dir.path()).await;
    let count = most * (1 << 20) / TEXT;
    let begun = tokio::time::Instant::now();
    for n in (0..count).step_by(AT_ONCE) {
        let all = (n..(n + AT_ONCE).min(count)).map(|n| does(&hub, writes(n)));
        futures_util::future::join_all(all).await;
    }
    println!("{count} entries in {:?}, log.db {} MiB", begun.elapsed(), mib(dir.path()));
    let words = HistoryQuery { words: "nobody".into(), ..HistoryQuery::default() };
    while hub.history(&org(), words.clone()).await.expect("a page").unread > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    does(&hub, NetworkCommand::MoveClock { by: 40 * DAY }).await;
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let alone = async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        is_over.store(true, std::sync::atomic::Ordering::SeqCst);
    };
    let (took, ()) = tokio::join!(write_while(&hub, &is_over), alone);
    told("before", took);
    is_over.store(false, std::sync::atomic::Ordering::SeqCst);
    let before = customers(&hub).await;
    let pruned = async {
        let keep = KeptLog { age: Some(30 * DAY), bytes: None };
        let begun = tokio::time::Instant::now();
        let gone = hub.prune(&org(), keep, &mut LogSize::default()).await.expect("pruned");
        is_over.store(true, std::sync::atomic::Ordering::SeqCst);
        (gone, begun.elapsed())
    };
    let (took, (gone, lasted)) = tokio::join!(write_while(&hub, &is_over), pruned);
    told("while it goes", took);
    println!("{gone:?} in {lasted:?}");
    hub.stop().await;
    drop(hub);
    println!("log.db {} MiB", mib(dir.path()));
    std::fs::remove_dir_all(dir.path().join("state")).expect("removed");
    let begun = tokio::time::Instant::now();
    let again = start(dir.path()).await;
    let after = customers(&again).await;
    println!(
        "customers and their messages before {before:?}, and after a start without `state` {after:?}, {:?}",
        begun.elapsed()
    );
    assert_eq!(before.0, after.0, "everybody is there");
    again.stop().await;
}

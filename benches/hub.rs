//! How fast the hub and the making of safe text are, as ratios against a baseline of the same
//! run. Measured are durable writes by 64 clients compared with those by one (group commit), writes
//! of one org beside another org that looks at all of its customers compared with writes alone, a
//! restart from a stored World compared with one from the log alone, and making text safe compared
//! with copying it.

use futures_util::stream::StreamExt as _;
use std::{
    hint::black_box,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use switchboard::{
    console::text::Safe,
    hub::{
        engine::{EngineOptions, Hub},
        log::{folder::FolderError, sqlite::SqliteLog},
    },
    model::{
        Body, Caller, Channel, ChannelNumber, CustomerCommand, CustomerNumber, CustomerRef,
        NetworkCommand, OrgId, OrgSettings, Tag, TagPair, Timestamp,
    },
    rules::World,
};

/// How long each measurement of writing takes.
const SPAN: Duration = Duration::from_secs(3);
/// How many entries the log has that the hub restarts from.
const ENTRIES: usize = 100_000;
/// How many customers an org has whose clients look at all of them.
const CUSTOMERS: u64 = 100_000;

fn org() -> OrgId {
    "bench".into()
}

/// Opens the log again. The threads of the hub before let go of the folder only a moment after
/// it has stopped.
async fn free(folder: &Path) -> SqliteLog {
    loop {
        match SqliteLog::open(folder) {
            Err(FolderError::InUse(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
            other => return other.expect("a log"),
        }
    }
}

async fn open(folder: &Path) -> Hub {
    let log = Arc::new(free(folder).await);
    let orgs = [org(), "noisy".into()].map(|id| OrgSettings { id, ..OrgSettings::default() });
    let orgs = orgs.to_vec();
    Hub::start(EngineOptions { orgs, log, accept_loss: false, shelf: Some(folder.to_owned()) })
        .await
        .expect("a hub")
}

async fn write(hub: &Hub, org: &OrgId, client: usize, n: usize) {
    let command = NetworkCommand::ReceiveMessage {
        from: CustomerNumber::telco(&format!("+2547{client:03}{:05}", n % 200)),
        to: from(),
        body: Body::text(format!("habari, order {n} yangu iko wapi?")),
    };
    let receipt = hub.submit(org, Caller::default(), None, command.into()).await;
    assert!(receipt.expect("an answer").is_ok());
}

/// Durable writes per second with this many clients.
async fn writes(hub: &Hub, clients: usize) -> f64 {
    let start = tokio::time::Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let hub = hub.clone();
            tokio::spawn(async move {
                let mut n = 0;
                while start.elapsed() < SPAN {
                    write(&hub, &org(), client, n).await;
                    n += 1;
                }
                n
            })
        })
        .collect();
    let mut all = 0_u32;
    for task in tasks {
        all += u32::try_from(task.await.expect("a count")).expect("a small count");
    }
    f64::from(all) / start.elapsed().as_secs_f64()
}

async fn fill(hub: &Hub) {
    let tasks: Vec<_> = (0..64)
        .map(|client| {
            let hub = hub.clone();
            tokio::spawn(async move {
                for n in 0..ENTRIES / 64 {
                    write(&hub, &org(), client, n).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("written");
    }
}

/// The 50th and the 99th percentile of how long a write of one client takes, one after the other.
async fn latencies(hub: &Hub) -> (Duration, Duration) {
    let (start, mut all) = (clock(), Vec::new());
    while start.elapsed() < SPAN {
        let asked = clock();
        write(hub, &org(), 0, all.len()).await;
        all.push(asked.elapsed());
    }
    all.sort_unstable();
    (all[all.len() / 2], all[all.len() * 99 / 100])
}

/// The org's own number.
fn from() -> ChannelNumber {
    ChannelNumber::new(Channel::Sms, "40404")
}

/// How the writes of one org fare beside 16 clients of another org who count everyone with a tag.
async fn neighbour() {
    let folder = tempfile::tempdir().expect("a folder");
    let (hub, loud) = (open(folder.path()).await, OrgId::from("noisy"));
    let tag = TagPair { key: "tier".into(), value: "gold".into() };
    let tags = vec![Tag { key: tag.key.clone(), value: tag.value.clone(), expires_at: None }];
    let customers = (0..CUSTOMERS).map(|n| {
        let number = CustomerNumber::telco(&format!("+2547{n:08}"));
        let customer = CustomerRef::Number(number);
        let command = CustomerCommand::UpdateTags { customer, tags: tags.clone() };
        hub.submit(&loud, Caller::default(), None, command.into())
    });
    let mut asked = futures_util::stream::iter(customers).buffer_unordered(512);
    while let Some(said) = asked.next().await {
        assert!(said.expect("an answer").is_ok());
    }
    drop(asked);
    let idle = latencies(&hub).await;
    let counters: Vec<_> = (0..16)
        .map(|_| {
            let (hub, loud, tag) = (hub.clone(), loud.clone(), tag.clone());
            tokio::spawn(async move {
                let mut counted = 0;
                loop {
                    let tag = tag.clone();
                    let count = move |world: &World| {
                        world.audience(
                            &tag,
                            Some(&from()),
                            &OrgSettings::default(),
                            Timestamp::ZERO,
                        )
                    };
                    let audience = hub.scan(&loud, count).await.expect("an audience");
                    assert_eq!(audience.reached, CUSTOMERS);
                    counted += 1;
                    black_box(counted);
                }
            })
        })
        .collect();
    let beside = latencies(&hub).await;
    for task in counters {
        task.abort();
    }
    println!(
        "a write beside 16 clients of another org who count {CUSTOMERS} customers: p50 {:.2?}, p99 {:.2?}; \
         without them {:.2?}, {:.2?}; ratio of the p99s {:.1}",
        beside.0,
        beside.1,
        idle.0,
        idle.1,
        beside.1.as_secs_f64() / idle.1.as_secs_f64()
    );
    hub.stop().await;
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn clock() -> Instant {
    Instant::now()
}

async fn restart(folder: &Path) -> Duration {
    drop(free(folder).await);
    let start = clock();
    let hub = open(folder).await;
    hub.read(&org(), |world| black_box(world.head())).await.expect("a first answer");
    let took = start.elapsed();
    hub.stop().await;
    took
}

/// Megabytes of text per second that go through `f`.
fn rate(text: &str, f: impl Fn(&str) -> usize) -> f64 {
    let (start, mut bytes) = (clock(), 0_u32);
    while start.elapsed() < Duration::from_secs(1) {
        black_box(f(black_box(text)));
        bytes += u32::try_from(text.len()).expect("a short text") / 1000;
    }
    f64::from(bytes) / 1000.0 / start.elapsed().as_secs_f64()
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a folder");
        let hub = open(folder.path()).await;
        let (one, many) = (writes(&hub, 1).await, writes(&hub, 64).await);
        println!("durable writes/s: 1 client {one:.0}, 64 clients {many:.0}, ratio {:.1}", many / one);
        hub.stop().await;
        neighbour().await;

        let folder = tempfile::tempdir().expect("a folder");
        let hub = open(folder.path()).await;
        fill(&hub).await;
        hub.stop().await;
        drop(hub);
        let with = restart(folder.path()).await;
        for name in ["shelf.db", "shelf.db-wal", "shelf.sums"] {
            let _ = std::fs::remove_file(folder.path().join(name));
        }
        std::fs::remove_dir_all(folder.path().join("state")).expect("a stored World");
        let without = restart(folder.path()).await;
        println!(
            "restart to first answer, {ENTRIES} entries: from the stored World {with:.0?}, log alone {without:.0?}, ratio {:.1}",
            without.as_secs_f64() / with.as_secs_f64()
        );
    });
    let line = "habari, order yangu 8841 iko wapi? \u{1b}[2J نص عربي नमस्ते 👩‍👩‍👧 ";
    let text = line.repeat(65_000 / line.len());
    let copy = rate(&text, |t| t.to_owned().len());
    let safe = rate(&text, |t| Safe::new(t).width());
    println!("text: safe {safe:.0} MB/s, copied {copy:.0} MB/s, ratio {:.0}", copy / safe);
}

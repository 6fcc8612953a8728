//! The way of bytes, beside what each of its parts takes alone, in the same run: a reader who catches up beside a
//! bare scan of log.db, a hundred followers beside a bare broadcast, and the durable writes of one client beside
//! bare commits of the same bytes. The processor's time is that of the whole process and needs Linux.

use bytes::Bytes;
use futures_util::{future::join_all, stream::StreamExt as _};
use rusqlite::Connection;
use std::{
    path::Path,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};
use switchboard::{
    hub::{
        budget::OpenPermit,
        engine::{EngineOptions, Hub},
        feed::{Watch, WatchStart},
        limits::StreamEnd,
        log::{folder::FolderError, sqlite::SqliteLog},
    },
    model::{
        Body, Caller, Channel, ChannelNumber, CustomerNumber, EventKind, NetworkCommand, OrgId,
        OrgSettings, Seq,
    },
    wire::{self, proto::v1::watch_reply::Frame},
};
use tokio::{sync::broadcast, time::interval};
use tokio_util::sync::CancellationToken;

/// How many entries the log has that is caught up with.
const ENTRIES: usize = 200_000;
const FOLLOWERS: usize = 100;
/// How many entries a second the followers get, and for how long.
const RATE: u32 = 2_000;
const SPAN: Duration = Duration::from_secs(5);

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn clock() -> Instant {
    Instant::now()
}

/// The time of the processors that this process has used, which Linux counts in hundredths of a second.
fn used() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Waits until the process does nothing by itself any more: the index follows the log at its own pace.
async fn rest() {
    loop {
        let before = used();
        tokio::time::sleep(Duration::from_millis(500)).await;
        if used() - before < 0.015 {
            return;
        }
    }
}

fn org() -> OrgId {
    "bench".into()
}

async fn open(folder: &Path) -> Hub {
    // The threads of the hub before let go of the folder only a moment after it has stopped.
    let log = loop {
        match SqliteLog::open(folder) {
            Err(FolderError::InUse(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
            other => break Arc::new(other.expect("a log")),
        }
    };
    let orgs = vec![OrgSettings { id: org(), ..OrgSettings::default() }];
    Hub::start(EngineOptions { orgs, log, accept_loss: false, shelf: Some(folder.to_owned()) })
        .await
        .expect("a hub")
}

async fn write(hub: &Hub, n: usize) {
    let command = NetworkCommand::ReceiveMessage {
        from: CustomerNumber::telco(&format!("+2547{:08}", n % 10_000)),
        to: ChannelNumber::new(Channel::Sms, "40404"),
        body: Body::text(format!("habari, order {n} yangu iko wapi?")),
    };
    let receipt = hub.submit(&org(), Caller::default(), None, command.into()).await;
    assert!(receipt.expect("an answer").is_ok());
}

/// Follows the feed from a place on until it has had so many entries; returns how many times `wants` said yes.
async fn follow(hub: Hub, after: Seq, count: usize, wants: impl Fn(&Bytes) -> bool) -> usize {
    let start = WatchStart { after: Some(after), ..WatchStart::default() };
    let ends = StreamEnd::new(CancellationToken::new(), None);
    let watch = Watch::open(hub, org(), &start, ends, OpenPermit::default()).await.expect("a feed");
    let mut frames = pin!(watch.frames());
    let (mut seen, mut wanted) = (0, 0);
    while seen < count {
        let frame = frames.next().await.expect("a frame").expect("no end").frame;
        if let Some(Frame::Batch(batch)) = frame {
            seen += batch.entries.len();
            wanted += batch.entries.iter().filter(|bytes| wants(bytes)).count();
        }
    }
    assert_eq!(seen, count);
    wanted
}

fn failed(bytes: &Bytes) -> bool {
    let entry = wire::entry::decode(bytes).expect("an entry");
    entry.events.iter().any(|event| matches!(event.kind, EventKind::MessageStatusChanged { .. }))
}

fn scan(folder: &Path) -> usize {
    let db = Connection::open(folder.join("log.db")).expect("a file");
    let mut list = db.prepare("SELECT payload FROM entry ORDER BY pos").expect("a statement");
    let mut rows = list.query([]).expect("rows");
    let mut bytes = 0;
    while let Some(row) = rows.next().expect("a row") {
        bytes += row.get_ref(0).expect("a value").as_blob().expect("a payload").len();
    }
    bytes
}

/// Thousands a second.
fn rate(count: usize, span: Duration) -> f64 {
    f64::from(u32::try_from(count).expect("a small count")) / span.as_secs_f64() / 1_000.0
}

async fn catch_up(folder: &Path) {
    let hub = open(folder).await;
    futures_util::stream::iter(0..ENTRIES).for_each_concurrent(512, |n| write(&hub, n)).await;
    let count = usize::try_from(hub.head(&org()).expect("an org").borrow().0).expect("small");
    rest().await;
    let start = clock();
    let bytes = scan(folder);
    let scanned = rate(count, start.elapsed());
    let mut rates = Vec::new();
    for wants in [|_: &Bytes| true, failed] {
        let start = clock();
        follow(hub.clone(), Seq(0), count, wants).await;
        rates.push(rate(count, start.elapsed()));
    }
    let start = clock();
    let four = (0..4).map(|_| tokio::spawn(follow(hub.clone(), Seq(0), count, |_| true)));
    join_all(four).await;
    println!(
        "catch-up, {count} entries of {} bytes, thousands a second: handed on {:.0}, decoded and filtered {:.0}, \
         four readers {:.0} in all; bare scan {scanned:.0}, ratio {:.2}",
        bytes / count,
        rates[0],
        rates[1],
        rate(4 * count, start.elapsed()),
        rates[0] / scanned
    );
    hub.stop().await;
}

/// Runs `each` at the rate for the span, and returns how many processors were used.
async fn load(mut each: impl AsyncFnMut(usize)) -> f64 {
    rest().await;
    let before = used();
    let start = clock();
    let mut tick = interval(Duration::from_millis(10));
    let batch = (RATE / 100) as usize;
    for n in 0..(SPAN.as_millis() / 10) as usize {
        tick.tick().await;
        each(n * batch).await;
    }
    (used() - before) / start.elapsed().as_secs_f64()
}

async fn fan_out(folder: &Path) {
    let (hub, batch) = (open(folder).await, (RATE / 100) as usize);
    let head = *hub.head(&org()).expect("an org").borrow();
    let writes = async |n: usize| {
        join_all((n..n + batch).map(|n| write(&hub, n))).await;
    };
    let alone = load(writes).await;
    let from = *hub.head(&org()).expect("an org").borrow();
    let per_span = usize::try_from(from.0 - head.0).expect("small");
    let followers: Vec<_> = (0..FOLLOWERS)
        .map(|_| tokio::spawn(follow(hub.clone(), from, per_span, |_| true)))
        .collect();
    let followed = load(writes).await;
    for follower in followers {
        follower.await.expect("everything");
    }
    let (out, _) = broadcast::channel::<Vec<Bytes>>(64);
    let listeners: Vec<_> = (0..FOLLOWERS)
        .map(|_| {
            let mut entries = out.subscribe();
            tokio::spawn(async move { while entries.recv().await.is_ok() {} })
        })
        .collect();
    let row = Bytes::from(vec![b'x'; 289]);
    let bare = load(async |_| drop(out.send(vec![row.clone(); batch]))).await;
    drop(out);
    join_all(listeners).await;
    println!(
        "{FOLLOWERS} followers at {RATE} entries a second, processors: {followed:.3} in all, {alone:.3} for the \
         writes alone, bare broadcast {bare:.3}"
    );
    hub.stop().await;
}

/// The 50th and the 99th percentile, and how many a second.
fn told(mut all: Vec<Duration>, span: Duration) -> (Duration, Duration, f64) {
    all.sort_unstable();
    (all[all.len() / 2], all[all.len() * 99 / 100], rate(all.len(), span) * 1_000.0)
}

async fn one_client(folder: &Path) {
    let hub = open(folder).await;
    rest().await;
    let (start, mut all) = (clock(), Vec::new());
    while start.elapsed() < SPAN {
        let asked = clock();
        write(&hub, all.len()).await;
        all.push(asked.elapsed());
    }
    let ours = told(all, start.elapsed());
    hub.stop().await;
    let db = Connection::open(folder.join("bare.db")).expect("a file");
    db.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;
         CREATE TABLE entry (pos INTEGER PRIMARY KEY, payload BLOB NOT NULL) STRICT;",
    )
    .expect("a table");
    let (start, mut all, row) = (clock(), Vec::new(), vec![7_u8; 289]);
    while start.elapsed() < SPAN {
        let asked = clock();
        let mut insert = db.prepare_cached("INSERT INTO entry (payload) VALUES (?1)").expect("SQL");
        insert.execute([&row]).expect("stored");
        all.push(asked.elapsed());
    }
    let bare = told(all, start.elapsed());
    println!(
        "durable writes of one client: {:.0}/s, p50 {:.2?}, p99 {:.2?}; bare commits {:.0}/s, {:.2?}, {:.2?}; \
         ratio {:.2}",
        ours.2,
        ours.0,
        ours.1,
        bare.2,
        bare.0,
        bare.1,
        ours.2 / bare.2
    );
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a folder");
        catch_up(folder.path()).await;
        fan_out(folder.path()).await;
        one_client(folder.path()).await;
    });
}

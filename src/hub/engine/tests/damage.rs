//! Logs whose bytes on disk have changed (R-LOG-3): the org that is hit is refused and says why, another
//! org goes on, and nothing that is wrong is ever handed out as right.

use super::write_as;
use crate::{
    hub::{
        engine::{EngineOptions, Hub, HubError},
        folders,
        log::{Stored, sqlite::SqliteLog},
        state_store,
    },
    model::{
        Body, Caller, Channel, ChannelNumber, CustomerNumber, NetworkCommand, OrgId, OrgSettings,
        Seq,
    },
};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::time::timeout;

const ORGS: [&str; 2] = ["demo", "other"];

/// A hub of two orgs, or why there is none.
async fn start(folder: &Path) -> Result<Hub, String> {
    let log = SqliteLog::open(folder).map_err(|error| error.to_string())?;
    let orgs = ORGS.map(|id| OrgSettings { id: id.into(), ..OrgSettings::default() }).to_vec();
    let options = EngineOptions {
        orgs,
        log: Arc::new(log),
        accept_loss: false,
        shelf: Some(folder.to_owned()),
    };
    Hub::start(options).await.map_err(|error| error.to_string())
}

async fn write(hub: &Hub, org: &str, text: &str) -> Result<(), HubError> {
    let command = NetworkCommand::ReceiveMessage {
        from: CustomerNumber::telco("+254700000001"),
        to: ChannelNumber::new(Channel::Sms, "40404"),
        body: Body::text(text),
    };
    hub.submit(&org.into(), Caller::default(), None, command.into()).await.map(drop)
}

async fn entries(hub: &Hub, org: &str) -> Result<Vec<bytes::Bytes>, HubError> {
    let stored = hub.entries_after(&OrgId::from(org), Seq(0), 1_000).await?;
    Ok(stored.into_iter().map(|Stored { bytes, .. }| bytes).collect())
}

/// Waits until every log was read from its beginning.
async fn scrubbed(hub: &Hub) {
    let scrub = hub.0.scrub.lock().expect("not poisoned").take().expect("a scrub");
    timeout(Duration::from_secs(20), scrub).await.expect("it ends").expect("without a panic");
}

/// A folder with 20 entries of each org, stored Worlds of all, and what the entries are.
async fn folder() -> (TempDir, BTreeMap<&'static str, Vec<bytes::Bytes>>) {
    let dir = TempDir::new().expect("a folder");
    let hub = start(dir.path()).await.expect("a hub");
    for n in 0..20 {
        for org in ORGS {
            write(&hub, org, &format!("message {n} of {org}")).await.expect("an answer");
        }
    }
    let mut right = BTreeMap::new();
    for org in ORGS {
        right.insert(org, entries(&hub, org).await.expect("readable"));
    }
    hub.stop().await;
    drop(hub);
    // The rows go from the write-ahead log into the file that is damaged below.
    let db = rusqlite::Connection::open(dir.path().join("log.db")).expect("a file");
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("a checkpoint");
    (dir, right)
}

/// A copy of the folder: whole, without the shelf, without the stored Worlds, or without both.
fn copy(from: &Path, n: u64) -> TempDir {
    let dir = folders::copy(from);
    if n & 1 == 0 {
        fs::remove_file(dir.path().join("shelf.db")).expect("removed");
        fs::remove_file(dir.path().join("shelf.sums")).expect("removed");
    }
    if n & 2 == 0 {
        fs::remove_dir_all(dir.path().join(state_store::FOLDER)).expect("removed");
    }
    dir
}

/// Flips one bit of log.db, starts on it and looks at both orgs: what is served must be right. Returns what
/// came of it: no start at all, an org that is refused, or a flip that hit nothing.
async fn flip(
    from: &Path,
    right: &BTreeMap<&'static str, Vec<bytes::Bytes>>,
    n: u64,
) -> &'static str {
    let dir = copy(from, n);
    let file = dir.path().join("log.db");
    let mut bytes = fs::read(&file).expect("readable");
    let mut random = fastrand::Rng::with_seed(n);
    let at = random.usize(..bytes.len());
    bytes[at] ^= 1 << random.u8(..8);
    fs::write(&file, bytes).expect("written");
    let Ok(hub) = start(dir.path()).await else { return "no start" };
    scrubbed(&hub).await;
    let mut came = "nothing hit";
    for org in ORGS {
        match entries(&hub, org).await {
            Ok(entries) => assert!(entries == right[org], "flip {n} at byte {at}: {org} is wrong"),
            Err(HubError::Damaged(why)) => {
                assert!(why.contains(&format!("the log of {org} is damaged")), "flip {n}: {why}");
                assert!(write(&hub, org, "more").await.is_err(), "flip {n}: {org} is written to");
                assert!(hub.head(&org.into()).is_err(), "flip {n}: {org} has a head");
                came = "refused";
            }
            Err(HubError::Unavailable(_)) => came = "refused",
            Err(error) => panic!("flip {n}: {error}"),
        }
    }
    hub.stop().await;
    came
}

/// `FLIPS` is how many bits to flip, each in a folder of its own, for a longer run by hand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_of_the_log_is_refused_or_harmless_and_never_silently_wrong() {
    let (dir, right) = folder().await;
    let mut came: BTreeMap<&str, usize> = BTreeMap::new();
    let flips = std::env::var("FLIPS").ok().and_then(|n| n.parse().ok()).unwrap_or(150);
    for n in 0..flips {
        *came.entry(flip(dir.path(), &right, n).await).or_default() += 1;
    }
    println!("{flips} flips of the log: {came:?}");
    assert!(came.get("refused").is_some_and(|refused| *refused > 20), "{came:?}");
}

/// The stored World is newer than the row, so that only the scrub sees that it is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_missing_before_the_stored_world_closes_its_org_and_no_other() {
    let (dir, right) = folder().await;
    let db = rusqlite::Connection::open(dir.path().join("log.db")).expect("a file");
    let gone = "DELETE FROM entry WHERE org = 'demo' AND n = 3";
    assert_eq!(db.execute(gone, []).expect("deleted"), 1);
    drop(db);
    let hub = start(dir.path()).await.expect("a hub");
    let mut head = hub.head(&"demo".into()).ok();
    scrubbed(&hub).await;
    let why = hub.served(&"demo".into()).expect_err("damaged").to_string();
    assert!(why.contains("the log of demo is damaged at row") && why.contains("log.db"), "{why}");
    assert_eq!(hub.damage(), [why]);
    // Whoever waits for news of this org is woken, to find out.
    if let Some(head) = &mut head {
        timeout(Duration::from_secs(5), head.changed()).await.expect("woken").expect("a hub");
    }
    assert!(matches!(entries(&hub, "demo").await, Err(HubError::Damaged(_))));
    assert!(matches!(write_as(&hub, None, "more").await, Err(HubError::Damaged(_))));
    assert_eq!(entries(&hub, "other").await.expect("served"), right["other"]);
    write(&hub, "other", "it goes on").await.expect("an answer");
    hub.stop().await;
}

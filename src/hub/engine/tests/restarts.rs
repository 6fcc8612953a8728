//! What a restart finds: everything that was acknowledged, from a snapshot or from the log alone.

use super::{assert_dense, entries, known, org, start, texts, write};
use crate::{
    hub::{
        engine::{EngineOptions, Hub, HubError, org_actor::PAGE},
        log::{Log as _, folder::FolderError, sqlite::SqliteLog},
        state_store::{self, StateStore},
    },
    model::{OrgSettings, Seq},
    rules::World,
};
use futures_util::future::join_all;
use std::{fs, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;

/// Starts a hub on the folder, as soon as the threads of one that was dropped without a stop let go of it.
pub(super) async fn open(folder: &Path) -> Arc<SqliteLog> {
    for _ in 0..500 {
        match SqliteLog::open(folder) {
            Err(FolderError::InUse(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            log => return Arc::new(log.expect("a log")),
        }
    }
    panic!("the folder is never freed")
}

pub(super) async fn hub(folder: &Path) -> Hub {
    start(open(folder).await, Some(folder)).await
}

pub(super) async fn world(hub: &Hub) -> World {
    hub.read(&org(), World::in_memory).await.expect("readable")
}

/// D-DURABLE: what was acknowledged is there after a crash.
#[tokio::test]
async fn a_crash_loses_nothing_acknowledged_and_seq_goes_on() {
    let dir = TempDir::new().expect("a folder");
    let mut said = Vec::new();
    for round in 0..5 {
        let hub = hub(dir.path()).await;
        assert_eq!(texts(&entries(&hub).await), said, "round {round}");
        for i in 0..7 {
            let text = format!("{round}-{i}");
            write(&hub, &text).await.expect("an answer");
            said.push(text);
        }
        assert_dense(&entries(&hub).await);
        drop(hub);
    }
}

/// Folding from empty, folding from a snapshot and its tail, and folding live make the same World.
#[tokio::test]
async fn every_way_to_the_world_leads_to_the_same() {
    let dir = TempDir::new().expect("a folder");
    let first = hub(dir.path()).await;
    for i in 0..100 {
        write(&first, &format!("m {i}")).await.expect("an answer");
    }
    first.stop().await;
    drop(first);

    let second = hub(dir.path()).await;
    for i in 100..150 {
        write(&second, &format!("m {i}")).await.expect("an answer");
    }
    let live = world(&second).await;
    drop(second);

    let third = hub(dir.path()).await;
    assert!(world(&third).await == live, "snapshot of 100 and a tail of 50");
    third.stop().await;
    drop(third);

    fs::remove_file(dir.path().join("shelf.db")).expect("removed");
    fs::remove_dir_all(dir.path().join(state_store::FOLDER)).expect("removed");
    let fourth = hub(dir.path()).await;
    assert!(world(&fourth).await == live, "the log alone");
    fourth.stop().await;
}

/// A log is folded in pages, of which the next is read beside the work: the last may be full, short, or empty.
#[tokio::test]
async fn a_log_of_any_number_of_pages_is_folded_to_its_end() {
    let dir = TempDir::new().expect("a folder");
    let mut writer = hub(dir.path()).await;
    for size in [PAGE - 1, PAGE, PAGE + 1, 2 * PAGE] {
        loop {
            let missing = size - entries(&writer).await.len();
            if missing == 0 {
                break;
            }
            join_all((0..missing.min(64)).map(|n| write(&writer, ["a", "b"][n % 2]))).await;
        }
        let live = world(&writer).await;
        // Nothing was stored of it, so that all of it is read again.
        drop(writer);
        writer = hub(dir.path()).await;
        let folded = world(&writer).await;
        assert_eq!(folded.head().0, Seq(size as u64));
        assert!(folded == live, "{size} entries");
    }
    writer.stop().await;
}

#[tokio::test]
async fn the_past_is_read_from_the_log_when_memory_does_not_have_it() {
    let dir = TempDir::new().expect("a folder");
    let first = hub(dir.path()).await;
    for i in 0..700 {
        write(&first, &format!("m {i}")).await.expect("an answer");
    }
    first.stop().await;
    drop(first);

    let hub = hub(dir.path()).await;
    let all = entries(&hub).await;
    assert_dense(&all);
    assert_eq!(texts(&all).len(), 700);
    for (after, limit) in [(0, 3), (5, 1), (250, 600), (699, 10), (10_000, 5)] {
        let page = hub.entries_after(&org(), Seq(after), limit).await.expect("readable");
        let places: Vec<u64> = page.iter().map(|stored| stored.entry.seq.0).collect();
        let to = (after + limit as u64).min(all.len() as u64);
        assert_eq!(places, (after + 1..=to).collect::<Vec<_>>(), "after {after}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn cursors_of_workers_are_kept() {
    let dir = TempDir::new().expect("a folder");
    let first = hub(dir.path()).await;
    first.set_cursor(&org(), "simulator", Seq(42)).await.expect("kept");
    first.stop().await;
    drop(first);
    let second = hub(dir.path()).await;
    assert_eq!(second.cursor(&org(), "simulator").await, Ok(Some(Seq(42))));
    second.stop().await;
}

/// A log that was moved away, emptied or exchanged is not replaced by an empty one without a word, whichever of index and
/// stored World is left to remember it.
#[tokio::test]
async fn r_log_4_a_log_that_is_another_one_is_refused_until_that_is_accepted() {
    for lost in ["", "state", "shelf.db"] {
        let dir = TempDir::new().expect("a folder");
        let first = hub(dir.path()).await;
        write(&first, "hello").await.expect("an answer");
        // A question makes the index read the entry.
        assert_eq!(first.find(&org(), "", 1).await.expect("found").customers.len(), 1);
        first.stop().await;
        drop(first);
        for file in fs::read_dir(dir.path()).expect("a folder").map(|file| file.expect("a file")) {
            let name = file.file_name().to_string_lossy().into_owned();
            if name.starts_with("log.db") || (name.starts_with("shelf") && lost == "shelf.db") {
                fs::remove_file(file.path()).expect("removed");
            }
        }
        if lost == "state" {
            fs::remove_dir_all(dir.path().join(state_store::FOLDER)).expect("removed");
        }
        let begin = async |accept_loss| {
            let orgs = vec![OrgSettings { id: org(), ..OrgSettings::default() }];
            let (log, shelf) = (open(dir.path()).await, Some(dir.path().to_owned()));
            Hub::start(EngineOptions { orgs, log, accept_loss, shelf }).await
        };
        for _ in 0..2 {
            let Err(HubError::Unavailable(why)) = begin(false).await else {
                panic!("without {lost:?} it starts")
            };
            assert!(why.contains("is not the log that") && why.contains("--accept-loss"), "{why}");
        }
        let second = begin(true).await.expect("a hub");
        assert!(entries(&second).await.is_empty());
        write(&second, "again").await.expect("an answer");
        second.stop().await;
        drop(second);
        begin(false).await.expect("it is accepted for good").stop().await;
    }
}

/// A damaged log closes its own org, says where it is damaged, and leaves the others alone.
#[tokio::test]
async fn damage_refuses_that_org_only() {
    let dir = TempDir::new().expect("a folder");
    let orgs =
        || ["demo", "other"].map(|id| OrgSettings { id: id.into(), ..OrgSettings::default() });
    let begin = async |folder: &Path| {
        let (log, shelf) = (open(folder).await, Some(folder.to_owned()));
        Hub::start(EngineOptions { orgs: orgs().to_vec(), log, accept_loss: false, shelf })
            .await
            .expect("a hub")
    };
    let first = begin(dir.path()).await;
    write(&first, "hello").await.expect("an answer");
    drop(first);
    drop(open(dir.path()).await);
    let db = rusqlite::Connection::open(dir.path().join("log.db")).expect("a database");
    db.execute("UPDATE entry SET n = 7 WHERE org = 'demo'", []).expect("changed");
    drop(db);

    let second = begin(dir.path()).await;
    match write(&second, "more").await {
        Err(HubError::Damaged(why)) => {
            assert!(why.contains("demo") && why.contains("log.db"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(second.read(&"other".into(), |world| world.head().0).await, Ok(Seq(0)));
    second.stop().await;
}

#[tokio::test]
async fn a_long_log_has_its_world_stored_on_the_way() {
    let dir = TempDir::new().expect("a folder");
    let first = hub(dir.path()).await;
    let clients = (0..64).map(|client| {
        let hub = first.clone();
        async move {
            for i in 0..90 {
                write(&hub, &format!("{client}-{i}")).await.expect("an answer");
            }
        }
    });
    futures_util::future::join_all(clients).await;
    assert!(known(&first).await > 0);
    let live = world(&first).await;
    drop(first);
    drop(open(dir.path()).await);
    let log = open(dir.path()).await;
    let kept = {
        let state = StateStore::open(dir.path()).expect("a state");
        let state = state.org(&"demo".into(), log.id()).expect("of the org");
        state.load().expect("a World").1
    };
    // A World is stored after 5,000 events. Each entry has one, except the first, which creates the customer
    // too.
    assert!(kept.seq.0 >= 4_999, "{kept:?}");
    drop(log);
    let second = hub(dir.path()).await;
    assert!(world(&second).await == live);
    second.stop().await;
}

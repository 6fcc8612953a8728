//! What was made from a log is compared with what it says.

use super::*;
use crate::{
    hub::{
        copies::{Compared, VerifiedOrg, verify},
        engine::{EngineOptions, Hub},
        shelf::HistoryQuery,
        state_store::StateStore,
    },
    model::OrgSettings,
    rules::World,
};
use std::{fs, sync::Arc};

/// Has a hub read everything and stop in order.
async fn serve(folders: &Folders) {
    let log: Arc<dyn Log> = Arc::new(SqliteLog::open(&folders.data()).expect("a log"));
    let orgs = ["a", "b"].map(|id| OrgSettings { id: id.into(), ..OrgSettings::default() });
    let hub = Hub::start(EngineOptions {
        orgs: orgs.into(),
        log,
        accept_loss: false,
        shelf: Some(folders.data()),
    });
    let hub = hub.await.expect("a hub");
    for org in hub.orgs() {
        // The index answers once it has read everything.
        let found = hub.history(&org, HistoryQuery::default()).await.expect("a page");
        assert_eq!(found.unread, 0);
        let words = HistoryQuery { words: "message".into(), ..HistoryQuery::default() };
        assert_eq!(hub.history(&org, words).await.expect("a page").unread, 0);
    }
    hub.stop().await;
}

fn verified(folders: &Folders) -> Vec<VerifiedOrg> {
    verify(&folders.data(), None, 7, &mut quiet).expect("readable")
}

fn is_wrong(compared: &Compared, says: &str) -> bool {
    matches!(compared, Compared::Wrong(why) if why.contains(says) && why.contains("remove"))
}

#[tokio::test]
async fn r_copy_8_an_index_and_a_world_that_are_right_are_equal_to_those_made_anew() {
    let folders = Folders::with(40).await;
    serve(&folders).await;
    for _ in 0..2 {
        for found in verified(&folders) {
            assert_eq!((found.entries, found.void, found.place), (40, 0, Seq(40)));
            assert_eq!(found.index, Compared::Equal(Seq(40)), "{}", found.org);
            assert_eq!(found.world, Compared::Equal(Seq(40)), "{}", found.org);
        }
    }
    assert!(!folders.data().join("verify").exists(), "nothing is left");
    // Beside a hub the log alone is checked.
    let hub = SqliteLog::open(&folders.data()).expect("a log");
    for found in verified(&folders) {
        assert_eq!((found.entries, found.wrongs().count()), (40, 0));
        let Compared::NotCompared(why) = found.world else { panic!("{found:?}") };
        assert!(why.contains("stop the hub"), "{why}");
    }
    drop(hub);
    folders.backup().expect("a backup");
    let found = verify(&folders.path("copy"), None, 7, &mut quiet).expect("readable");
    assert_eq!(found.iter().map(|org| org.entries).sum::<u64>(), 80);
}

#[tokio::test]
async fn r_copy_8_an_index_that_has_changed_is_found() {
    let folders = Folders::with(40).await;
    serve(&folders).await;
    let file = folders.data().join("shelf.db");
    let mut bytes = fs::read(&file).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).expect("written");
    for found in verified(&folders) {
        assert!(is_wrong(&found.index, "shelf.db is damaged: page"), "{:?}", found.index);
        assert_eq!(found.world, Compared::Equal(Seq(40)));
    }
}

/// A World of the right place with something else in it: no checksum can find that.
#[tokio::test]
async fn r_copy_8_a_stored_world_that_is_not_the_fold_of_the_log_is_found() {
    let folders = Folders::with(5).await;
    serve(&folders).await;
    let log = SqliteLog::open(&folders.data()).expect("a log");
    let id = log.id().to_owned();
    drop(log);
    let store = StateStore::open(&folders.data()).expect("a state");
    let (org, written) = &folders.written[0];
    let state = store.org(org, &id).expect("of the org");
    let (_, place) = state.load().expect("a World");
    state.clear().expect("cleared");
    let mut world = World::default();
    for stored in written {
        let mut entry = (*stored.entry).clone();
        if entry.seq == Seq(3) {
            entry.events.clear();
        }
        assert!(world.apply(&entry));
    }
    world.settle();
    state.store(&world, place).expect("stored");
    state.persist().expect("on disk");
    drop((state, store));
    let found = verified(&folders);
    assert!(
        is_wrong(&found[0].world, "differs for a from what the log says up to entry 5"),
        "{found:?}"
    );
    assert_eq!(found[1].world, Compared::Equal(Seq(5)));
}

/// R-LOG-4: a log that was begun anew, or exchanged, where another one had been.
#[tokio::test]
async fn r_copy_8_an_index_that_has_seen_another_log_is_told() {
    let folders = Folders::with(5).await;
    serve(&folders).await;
    let other = Folders::with(3).await;
    let remove = || {
        for name in [FILE, "log.db-wal", "log.db-shm"] {
            // SQLite may have none of these beside the file.
            let _ = fs::remove_file(folders.data().join(name));
        }
    };
    let why = |compared: &Compared| match compared {
        Compared::Wrong(why) => why.clone(),
        other => panic!("{other:?}"),
    };
    remove();
    for file in crate::hub::folders::filled_files_in(&other.data()) {
        let name = file.file_name().expect("a name").to_owned();
        if name.to_string_lossy().starts_with(FILE) {
            fs::copy(file, folders.data().join(name)).expect("copied");
        }
    }
    for found in verified(&folders) {
        assert!(why(&found.index).contains("is not the log that shelf.db has seen"), "{found:?}");
        assert!(why(&found.world).contains("is not the log that the folder state"), "{found:?}");
    }
    remove();
    drop(SqliteLog::open(&folders.data()).expect("a new log"));
    let said = verify(&folders.data(), None, 7, &mut quiet).map(drop);
    assert!(said.is_err_and(|error| error.to_string().contains("is not the log that shelf.db")));
}

/// R-LOG-4 as `verify` sees it.
#[tokio::test]
async fn r_copy_8_an_index_and_a_world_that_have_seen_more_than_the_log_are_told() {
    let mut folders = Folders::with(5).await;
    let older = crate::hub::folders::copy(&folders.data());
    folders.grow(2).await;
    serve(&folders).await;
    fs::copy(older.path().join(FILE), folders.data().join(FILE)).expect("copied");
    for found in verified(&folders) {
        for compared in [&found.index, &found.world] {
            let Compared::Wrong(why) = compared else { panic!("{found:?}") };
            assert!(why.contains("has seen entry 7") && why.contains("--accept-loss"), "{why}");
        }
    }
}

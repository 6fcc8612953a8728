//! What is copied is the log, byte for byte, and nothing is written over.

use super::*;
use crate::hub::log::folder::Folder;
use std::fs;

#[tokio::test]
async fn r_copy_1_2_a_backup_is_the_log_byte_for_byte_and_goes_on_where_it_ends() {
    let mut folders = Folders::with(3).await;
    let first = folders.backup().expect("a backup");
    assert_eq!(spans(&first.orgs), [("a", Seq(0), Seq(3)), ("b", Seq(0), Seq(3))]);
    assert_eq!(rows(&folders.path("copy")), rows(&folders.data()));
    folders.grow(2).await;
    let second = folders.backup().expect("a backup");
    assert_eq!(spans(&second.orgs), [("a", Seq(3), Seq(5)), ("b", Seq(3), Seq(5))]);
    assert_eq!(second.orgs[0].entries, 2, "nothing is copied twice");
    assert_eq!(rows(&folders.path("copy")), rows(&folders.data()));
    let third = folders.backup().expect("a backup");
    assert_eq!(spans(&third.orgs), [("a", Seq(5), Seq(5)), ("b", Seq(5), Seq(5))]);
    // It is one file, which can be carried elsewhere.
    let names: Vec<_> = fs::read_dir(folders.path("copy")).expect("a folder").collect();
    let names: Vec<_> = names.into_iter().map(|file| file.expect("a file").file_name()).collect();
    assert!(names.iter().all(|name| name == "log.db" || name == "lock"), "{names:?}");
}

/// A hub of the same process or of another holds the folder and writes on.
#[tokio::test]
async fn r_copy_1_a_backup_is_made_beside_a_hub_that_writes() {
    let folders = Folders::with(3).await;
    let log = SqliteLog::open(&folders.data()).expect("a log");
    let (org, written) = &folders.written[0];
    let more = chain(org, written.last(), 1);
    // The last entry of a is at the last position but one.
    assert_eq!(log.append(org, Pos(5), &more).await.expect("answered"), Append::Stored(Pos(7)));
    let copied = folders.backup().expect("a backup");
    assert_eq!(spans(&copied.orgs), [("a", Seq(0), Seq(4)), ("b", Seq(0), Seq(3))]);
    let after = chain(org, more.last(), 1);
    assert_eq!(log.append(org, Pos(7), &after).await.expect("answered"), Append::Stored(Pos(8)));
}

#[tokio::test]
async fn r_copy_1_one_org_can_be_meant_and_the_others_are_counted() {
    let folders = Folders::with(2).await;
    let copied = folders.backup_of(Some("b")).expect("a backup");
    assert_eq!((spans(&copied.orgs), copied.left_out), (vec![("b", Seq(0), Seq(2))], 1));
    let all = folders.backup().expect("a backup");
    assert_eq!(spans(&all.orgs), [("a", Seq(0), Seq(2)), ("b", Seq(2), Seq(2))]);
    assert_eq!(rows(&folders.path("copy")), rows(&folders.data()));
    let none = folders.backup_of(Some("c")).expect_err("refused");
    assert!(none.contains("has no entries of an org c"), "{none}");
}

#[tokio::test]
async fn r_copy_3_a_backup_that_does_not_fit_is_left_as_it_is() {
    let folders = Folders::with(3).await;
    folders.backup().expect("a backup");
    let before = rows(&folders.path("copy"));
    // Another log, whose first entries are at the same places.
    let other = Folders::with(3).await;
    let into = |data: &Path, to: &Path| {
        super::super::backup(data, to, None, &mut quiet).expect_err("refused").to_string()
    };
    let why = into(&other.data(), &folders.path("copy"));
    assert!(why.contains("holds a backup of another log"), "{why}");
    // The same log, which went another way: it was put back from an older copy.
    folders.change("data", "DELETE FROM entry WHERE org = 'a' AND n = 3");
    let why = folders.backup().expect_err("refused");
    assert!(why.contains("the log has another entry 3 of a, or has lost it"), "{why}");
    // The data folder of a hub.
    let why = into(&folders.data(), &other.data());
    assert!(why.contains("holds the log of a hub"), "{why}");
    let why = into(&folders.data(), &folders.data());
    assert!(why.contains("holds the log of a hub"), "{why}");
    assert_eq!(rows(&folders.path("copy")), before);
}

#[tokio::test]
async fn r_copy_3_no_hub_runs_on_a_backup() {
    let folders = Folders::with(1).await;
    folders.backup().expect("a backup");
    let refused = SqliteLog::open(&folders.path("copy")).err().expect("refused").to_string();
    assert!(refused.contains("it is a backup") && refused.contains("restore"), "{refused}");
    folders.backup().expect("it is a backup still");
    let _busy = Folder::claim(&folders.path("copy")).expect("claimed");
    let why = folders.backup().expect_err("refused");
    assert!(why.contains("is being written or restored by another switchboard"), "{why}");
}

#[tokio::test]
async fn r_copy_4_a_damaged_row_is_not_copied_and_what_is_before_it_is_kept() {
    let mut folders = Folders::with(3).await;
    folders.backup().expect("a backup");
    folders.grow(2).await;
    folders.change("data", "UPDATE entry SET payload = x'00' WHERE org = 'b' AND n = 5");
    let why = folders.backup().expect_err("damaged");
    assert!(why.contains("the log of b is damaged at row 10 (entry 5)"), "{why}");
    let copied = rows(&folders.path("copy"));
    let all = rows(&folders.data());
    assert!(copied.iter().all(|row| all.contains(row)), "what is there is right");
    assert!(copied.len() >= 8, "{} rows", copied.len());
}

#[tokio::test]
async fn r_copy_5_6_a_restored_log_has_the_same_rows_and_a_name_of_its_own() {
    let mut folders = Folders::with(3).await;
    folders.backup().expect("a backup");
    let restored = folders.restore("new").expect("restored");
    assert_eq!(spans(&restored.orgs), [("a", Seq(0), Seq(3)), ("b", Seq(0), Seq(3))]);
    let (old, new) = (SqliteLog::open(&folders.data()), SqliteLog::open(&folders.path("new")));
    let (old, new) = (old.expect("a log"), new.expect("a log"));
    assert_eq!((old.id(), new.id()), (&*restored.was, &*restored.id));
    assert_ne!(old.id(), new.id());
    assert!(new.replaces(old.id()) && !old.replaces(new.id()) && !new.replaces(new.id()));
    drop((old, new));
    assert_eq!(rows(&folders.path("new")), rows(&folders.data()));
    // It goes on as a log does, and its copies remember both names.
    let data = std::mem::replace(&mut folders.dir, TempDir::new().expect("a folder"));
    fs::rename(data.path().join("new"), folders.data()).expect("moved");
    folders.grow(1).await;
    folders.backup().expect("a backup");
    let again = folders.restore("again").expect("restored");
    assert_eq!(again.was, restored.id);
    let log = SqliteLog::open(&folders.path("again")).expect("a log");
    assert!(log.replaces(&restored.was) && log.replaces(&restored.id));
}

#[tokio::test]
async fn r_copy_5_nothing_is_restored_over_a_log_or_what_is_left_of_one() {
    let folders = Folders::with(1).await;
    folders.backup().expect("a backup");
    let before = rows(&folders.data());
    let why = folders.restore("data").expect_err("refused");
    assert!(why.contains("log.db is there already and stays as it is"), "{why}");
    assert_eq!(rows(&folders.data()), before);
    let hub = SqliteLog::open(&folders.data()).expect("a log");
    let why = folders.restore("data").expect_err("refused");
    assert!(why.contains("a hub is running on"), "{why}");
    drop(hub);
    for left in ["log.db-wal", "log.db-shm", "log.db-journal"] {
        let _ = fs::remove_dir_all(folders.path("left"));
        fs::create_dir(folders.path("left")).expect("made");
        fs::write(folders.path("left").join(left), "").expect("written");
        let why = folders.restore("left").expect_err("refused");
        assert!(why.contains(left), "{why}");
    }
}

#[tokio::test]
async fn r_copy_5_of_a_damaged_backup_nothing_is_restored() {
    let folders = Folders::with(5).await;
    folders.backup().expect("a backup");
    folders.change("copy", "UPDATE entry SET n = 9 WHERE org = 'a' AND n = 2");
    let why = folders.restore("new").expect_err("damaged");
    assert!(why.contains("the log of a is damaged at row 3"), "{why}");
    let left: Vec<_> = fs::read_dir(folders.path("new")).expect("a folder").collect();
    assert_eq!(left.len(), 1, "only the lock: {left:?}");
}

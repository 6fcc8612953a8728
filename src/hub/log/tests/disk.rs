//! What only a log on a disk promises: it survives restarts, belongs to one process, is private, notices
//! damage, and survives a full disk.

use super::{chain, ids, org};
use crate::hub::log::{Append, Log, LogError, Pos, Stored, faulty::Random, sqlite::SqliteLog};
use rusqlite::Connection;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

fn open(dir: &Path) -> SqliteLog {
    SqliteLog::open(dir).expect("a log")
}

async fn fill(dir: &Path, count: usize) -> Vec<Stored> {
    let (log, a) = (open(dir), org("a"));
    let written = chain(&a, None, count);
    assert!(matches!(log.append(&a, Pos(0), &written).await, Ok(Append::Stored(_))));
    written
}

async fn read(log: &SqliteLog) -> Result<Vec<Stored>, LogError> {
    let rows = log.read(&org("a"), Pos(0), 10_000).await?;
    Ok(rows.into_iter().map(|(_, stored)| stored).collect())
}

#[tokio::test]
async fn a_restart_keeps_name_and_entries_and_goes_on() {
    let dir = TempDir::new().expect("a folder");
    let name = open(dir.path()).id().to_owned();
    let written = fill(dir.path(), 5).await;
    let log = open(dir.path());
    assert_eq!(log.id(), name);
    assert_eq!(ids(&read(&log).await.expect("readable")), ids(&written));
    let a = org("a");
    let more = chain(&a, written.last(), 1);
    assert_eq!(log.append(&a, Pos(4), &more).await.expect("answered"), Append::Conflict);
    assert_eq!(log.append(&a, Pos(5), &more).await.expect("answered"), Append::Stored(Pos(6)));
}

/// Else a start that reads all of a long log could not tell how far it is (R-SEE-7).
#[tokio::test]
async fn where_each_org_ends_is_known_as_soon_as_the_log_is_open() {
    let dir = TempDir::new().expect("a folder");
    fill(dir.path(), 5).await;
    let newest = open(dir.path()).newest();
    assert_eq!(newest.borrow().get(&org("a")), Some(&Pos(5)));
    assert_eq!(newest.borrow().get(&org("b")), None);
}

#[test]
fn a_second_process_is_refused_and_told_which_folder() {
    let dir = TempDir::new().expect("a folder");
    let first = open(dir.path());
    let refused = SqliteLog::open(dir.path()).err().expect("refused").to_string();
    assert!(refused.contains(&dir.path().display().to_string()), "{refused}");
    assert!(refused.contains("in use by another switchboard"), "{refused}");
    drop(first);
    open(dir.path());
}

/// A lock on a file is gone with the file's name; the one on the folder is not.
#[test]
fn a_folder_stays_claimed_when_its_lock_file_is_removed() {
    let dir = TempDir::new().expect("a folder");
    let first = open(dir.path());
    fs::remove_file(dir.path().join("lock")).expect("removed");
    let refused = SqliteLog::open(dir.path()).err().expect("refused").to_string();
    assert!(refused.contains("in use by another switchboard"), "{refused}");
    drop(first);
    open(dir.path());
}

#[test]
fn an_unusable_folder_or_file_is_named() {
    let dir = TempDir::new().expect("a folder");
    let file = dir.path().join("a-file");
    fs::write(&file, "x").expect("written");
    let refused = SqliteLog::open(&file.join("data")).err().expect("refused").to_string();
    assert!(refused.contains("cannot use the data folder"), "{refused}");

    let foreign = dir.path().join("foreign");
    fs::create_dir(&foreign).expect("made");
    let db = Connection::open(foreign.join("log.db")).expect("a database");
    db.execute_batch("CREATE TABLE recipes (name TEXT)").expect("made");
    drop(db);
    let refused = SqliteLog::open(&foreign).err().expect("refused").to_string();
    assert!(refused.contains("not a log of switchboard"), "{refused}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new().expect("a folder");
    let data: PathBuf = dir.path().join("data");
    let _log = open(&data);
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in ["log.db", "log.db-wal", "lock"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
}

/// One flipped bit anywhere is noticed or harmless; it is never read as something else.
#[tokio::test]
async fn one_flipped_bit_is_noticed_or_harmless() {
    let dir = TempDir::new().expect("a folder");
    let written = fill(dir.path(), 400).await;
    let file = dir.path().join("log.db");
    let whole = fs::read(&file).expect("readable");
    let (mut random, mut noticed) = (Random::new(4), 0);
    for _ in 0..200 {
        let mut bytes = whole.clone();
        let place = usize::try_from(random.below(bytes.len() as u64)).expect("small");
        bytes[place] ^= 1 << random.below(8);
        fs::write(&file, &bytes).expect("written");
        let read = match SqliteLog::open(dir.path()) {
            Ok(log) => read(&log).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(rows) => assert!(ids(&rows) == ids(&written), "byte {place}: {} read", rows.len()),
            Err(error) => {
                noticed += 1;
                assert!(error.contains("log.db"), "names the file: {error}");
            }
        }
        for rest in ["log.db-wal", "log.db-shm"] {
            let _ = fs::remove_file(dir.path().join(rest));
        }
    }
    assert!(noticed > 100, "most places matter, {noticed} of 200 noticed");
}

#[tokio::test]
async fn a_changed_payload_names_org_and_entry() {
    let dir = TempDir::new().expect("a folder");
    fill(dir.path(), 3).await;
    let db = Connection::open(dir.path().join("log.db")).expect("a database");
    db.execute(
        "UPDATE entry SET payload = (SELECT payload FROM entry WHERE pos = 1) WHERE pos = 2",
        [],
    )
    .expect("changed");
    drop(db);
    let error = read(&open(dir.path())).await.expect_err("noticed").to_string();
    assert!(error.contains("the log of a is damaged at row 2 (entry 2)"), "{error}");
}

/// R-LOG-3: an entry that follows from the one before, and is none all the same.
#[tokio::test]
async fn an_entry_that_cannot_be_decoded_is_named_with_its_row_and_file() {
    let dir = TempDir::new().expect("a folder");
    let (log, a) = (open(dir.path()), org("a"));
    let mut written = chain(&a, None, 3);
    // One of its events is no message.
    let bytes = [&written[1].bytes[..], &[6 << 3 | 2, 1, 255]].concat();
    written[1].bytes = bytes.into();
    assert_eq!(log.append(&a, Pos(0), &written).await.expect("answered"), Append::Stored(Pos(3)));
    let file = dir.path().join("log.db");
    let named = format!("the log of a is damaged at row 2 (entry 2) of {}: ", file.display());
    let by_place = log.at(&a, &[Pos(2)]).await.map(drop);
    for error in [read(&log).await.map(drop), by_place] {
        let error = error.expect_err("damaged").to_string();
        assert!(error.starts_with(&named), "{error}");
    }
}

/// R-LOG-3: a row's checksum is computed once, by the first who reads it, and what is missing later is noticed
/// all the same.
#[tokio::test]
async fn a_row_that_goes_after_it_was_read_once_is_noticed() {
    let dir = TempDir::new().expect("a folder");
    let written = fill(dir.path(), 30).await;
    let log = open(dir.path());
    for _ in 0..2 {
        assert_eq!(ids(&read(&log).await.expect("readable")), ids(&written));
    }
    let db = Connection::open(dir.path().join("log.db")).expect("a database");
    for (gone, first) in [(7, 8), (1, 2)] {
        db.execute("DELETE FROM entry WHERE pos = ?1", [gone]).expect("deleted");
        let error = read(&log).await.expect_err("noticed").to_string();
        assert!(error.contains(&format!("at row {first} (entry {first})")), "{error}");
    }
}

/// The commits of a long run are brought into the file beside them, and the write-ahead log stays short.
#[tokio::test]
async fn a_long_run_of_commits_leaves_the_write_ahead_log_bounded() {
    let dir = TempDir::new().expect("a folder");
    let (log, a) = (open(dir.path()), org("a"));
    let batch = chain(&a, None, 6_000);
    let mut at = Pos(0);
    for part in batch.chunks(2) {
        let Ok(Append::Stored(pos)) = log.append(&a, at, part).await else { panic!("not stored") };
        at = pos;
    }
    let wal = || fs::metadata(dir.path().join("log.db-wal")).expect("there").len();
    // The bound of 16,000 pages, and the last commit.
    assert!(wal() < 17_000 * 4_120, "{} bytes", wal());
    let file = || fs::metadata(dir.path().join("log.db")).expect("there").len();
    let began = tokio::time::Instant::now();
    while file() < 500_000 {
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{} bytes", file());
        tokio::task::yield_now().await;
    }
    drop(log);
    assert_eq!(ids(&read(&open(dir.path())).await.expect("readable")), ids(&batch));
}

#[tokio::test]
async fn a_full_disk_stores_nothing_and_is_over_when_there_is_room() {
    let dir = TempDir::new().expect("a folder");
    let (log, a) = (open(dir.path()), org("a"));
    let first = chain(&a, None, 2);
    assert_eq!(log.append(&a, Pos(0), &first).await.expect("stored"), Append::Stored(Pos(2)));
    log.limit_pages(5);
    let many = chain(&a, first.last(), 200);
    let full = log.append(&a, Pos(2), &many).await.expect_err("no room");
    assert!(matches!(full, LogError::Unavailable(_)), "{full}");
    assert_eq!(ids(&read(&log).await.expect("reads go on")), ids(&first));
    log.limit_pages(100_000);
    assert_eq!(log.append(&a, Pos(2), &many).await.expect("room"), Append::Stored(Pos(202)));
}

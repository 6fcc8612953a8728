//! Damage to a log is found, and a repair leaves what was right, and keeps the rest.

use super::*;
use crate::hub::{
    copies::{Compared, LogCut, RepairPlan, RepairedLog, VerifiedOrg, verify},
    folders::copy,
};
use std::fs;

fn verified(folder: &Path) -> Result<Vec<VerifiedOrg>, String> {
    verify(folder, None, usize::MAX, &mut quiet).map_err(|error| error.to_string())
}

/// What is wrong with the log of each org, and the last entry that is right.
fn damage(folder: &Path) -> Vec<(String, Seq, Option<String>)> {
    let all = verified(folder).expect("readable").into_iter();
    all.map(|found| (found.org.as_str().to_owned(), found.place, found.damage)).collect()
}

fn plan(folder: &Path, only: Option<&str>) -> Result<Option<RepairPlan>, String> {
    let only = only.map(OrgId::from);
    RepairPlan::make(folder, only.as_ref(), &mut quiet).map_err(|error| error.to_string())
}

fn repaired(folder: &Path) -> (Vec<LogCut>, RepairedLog) {
    let plan = plan(folder, None).expect("readable").expect("something is wrong");
    let cuts = plan.cuts().to_vec();
    (cuts, plan.carry_out(&mut quiet).expect("repaired"))
}

#[tokio::test]
async fn r_copy_7_9_every_kind_of_damage_is_found_where_it_is_and_cut_there() {
    let whole = Folders::with(10).await;
    let all = rows(&whole.data());
    // What is changed, the last entry of a that is right then, what is said, and how many rows follow.
    let missing = "the checksum does not match";
    let kinds: &[(&str, u64, &str, u64)] = &[
        ("UPDATE entry SET payload = zeroblob(9) WHERE org = 'a' AND n = 4", 3, missing, 7),
        ("UPDATE entry SET chk = zeroblob(16) WHERE org = 'a' AND n = 1", 0, missing, 10),
        ("DELETE FROM entry WHERE org = 'a' AND n = 6", 5, missing, 4),
        ("DELETE FROM entry WHERE org = 'a' AND n = 10", 9, "its rows end at 17, not at 19", 0),
        ("UPDATE head SET pos = 9 WHERE org = 'a'", 10, "its rows end at 19, not at 9", 0),
        ("DELETE FROM head WHERE org = 'a'", 10, "its rows end at 19, not at 0", 0),
        (
            "UPDATE entry SET payload = (SELECT payload FROM entry WHERE n = 7 AND org = 'b')
          WHERE org = 'a' AND n = 7",
            6,
            missing,
            4,
        ),
    ];
    for (sql, last, what, rest) in kinds {
        let copied = copy(&whole.data());
        let folder = copied.path();
        let db = Connection::open(folder.join(FILE)).expect("a file");
        assert!(db.execute(sql, []).expect("changed") > 0);
        drop(db);
        let found = damage(folder);
        let [(a, place, Some(why)), (b, Seq(10), None)] = &found[..] else {
            panic!("{sql}: {found:?}")
        };
        assert_eq!((&**a, &**b, *place), ("a", "b", Seq(*last)), "{sql}");
        assert!(why.contains(what) && why.contains("log.db"), "{sql}: {why}");
        assert!(why.contains(&format!("right up to entry {last}. Restore a backup")), "{why}");

        let (cuts, done) = repaired(folder);
        let [cut] = &cuts[..] else { panic!("{cuts:?}") };
        assert_eq!((cut.org.as_str(), cut.last), ("a", Seq(*last)));
        assert_eq!(cut.rows.expect("countable").0, *rest, "{sql}");
        assert!(
            verified(folder).expect("readable").iter().all(|org| org.wrongs().next().is_none())
        );
        let kept = |row: &Row| row.1 == "b" || row.2 <= *last;
        let right: Vec<_> = all.iter().filter(|row| kept(row)).cloned().collect();
        assert_eq!(rows(folder), right, "{sql}");
        // What was cut can still be read.
        let name = done.kept.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(
            name.starts_with("log.db.cut-2") && name.ends_with(&format!("-a-{last}")),
            "{name}"
        );
        let db = Connection::open(&done.kept).expect("a file");
        let sql = "SELECT count(*) FROM entry WHERE org = 'a' AND n > ?1";
        let count: u64 = db.query_row(sql, [last], |row| row.get(0)).expect("readable");
        assert_eq!(count, *rest, "{name}");
    }
}

/// R-COPY-9: a row that went over to another org is missing in the one and of no use in the other.
#[tokio::test]
async fn a_row_of_another_org_is_damage_to_both() {
    let folders = Folders::with(5).await;
    folders.change("data", "UPDATE entry SET org = 'b' WHERE org = 'a' AND n = 3");
    let found = damage(&folders.data());
    let [(_, Seq(2), Some(_)), (_, Seq(2), Some(_))] = &found[..] else { panic!("{found:?}") };
    let why = plan(&folders.data(), Some("a")).err().expect("b is damaged too");
    assert!(why.contains("the log of b is damaged too") && why.contains("--org"), "{why}");
    let (cuts, _) = repaired(&folders.data());
    assert_eq!(cuts.iter().map(|cut| cut.last).collect::<Vec<_>>(), [Seq(2), Seq(2)]);
    assert_eq!(rows(&folders.data()).len(), 4);
}

#[tokio::test]
async fn r_copy_9_of_a_right_log_nothing_is_cut_and_of_a_damaged_one_nothing_without_consent() {
    let folders = Folders::with(3).await;
    let before = fs::read(folders.data().join(FILE)).expect("a file");
    assert!(plan(&folders.data(), None).expect("readable").is_none());
    folders.change("data", "DELETE FROM entry WHERE org = 'b' AND n = 2");
    let damaged = fs::read(folders.data().join(FILE)).expect("a file");
    assert_ne!(before, damaged);
    let made = plan(&folders.data(), Some("b")).expect("readable").expect("a plan");
    // No hub can start while somebody thinks about it, and nothing has changed when they say no.
    assert!(SqliteLog::open(&folders.data()).is_err());
    drop(made);
    assert_eq!(fs::read(folders.data().join(FILE)).expect("a file"), damaged);
    let _hub = SqliteLog::open(&folders.data()).expect("a log");
    let why = plan(&folders.data(), None).err().expect("refused");
    assert!(why.contains("a hub is running on"), "{why}");
}

#[tokio::test]
async fn r_copy_10_a_repaired_log_has_a_new_name_and_a_repaired_backup_keeps_its_own() {
    let mut folders = Folders::with(5).await;
    folders.backup().expect("a backup");
    let was = SqliteLog::open(&folders.data()).expect("a log").id().to_owned();
    folders.change("copy", "UPDATE entry SET payload = x'' WHERE org = 'a' AND n = 3");
    repaired(&folders.path("copy"));
    let filled = folders.backup().expect("it goes on from the cut");
    assert_eq!(spans(&filled.orgs), [("a", Seq(2), Seq(5)), ("b", Seq(5), Seq(5))]);
    assert_eq!(rows(&folders.path("copy")), rows(&folders.data()));

    folders.change("data", "UPDATE entry SET payload = x'' WHERE org = 'a' AND n = 4");
    let (_, done) = repaired(&folders.data());
    let log = SqliteLog::open(&folders.data()).expect("a log");
    assert_eq!(log.id(), done.id);
    assert!(log.id() != was && log.replaces(&was));
    drop(log);
    let why = folders.backup().expect_err("another log");
    assert!(why.contains("holds a backup of another log"), "{why}");
    for (_, written) in &mut folders.written {
        written.truncate(if written[0].entry.org.as_str() == "a" { 3 } else { 5 });
    }
    folders.grow(1).await;
    assert!(damage(&folders.data()).iter().all(|(_, _, damage)| damage.is_none()));
}

/// R-COPY-7. `FLIPS` is how many bits to flip, each in a copy of its own, for a longer run by hand.
#[tokio::test]
async fn a_flipped_bit_is_found_or_harmless_and_a_repair_leaves_a_beginning() {
    let flips = std::env::var("FLIPS").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    let whole = Folders::with(60).await;
    let all = rows(&whole.data());
    let (mut found, mut harmless, mut unusable) = (0, 0, 0);
    for seed in 0..flips {
        let copied = copy(&whole.data());
        let file = copied.path().join(FILE);
        let mut bytes = fs::read(&file).expect("a file");
        let mut random = fastrand::Rng::with_seed(seed);
        let at = random.usize(..bytes.len());
        bytes[at] ^= 1 << random.u8(..8);
        fs::write(&file, bytes).expect("written");
        let is_right = verified(copied.path())
            .map(|orgs| orgs.iter().all(|org| org.wrongs().next().is_none()));
        match is_right {
            Ok(true) => {
                harmless += 1;
                assert_eq!(rows(copied.path()), all, "flip {seed} of byte {at}");
                continue;
            }
            Ok(false) => found += 1,
            Err(why) => {
                unusable += 1;
                assert!(why.contains("log.db"), "{why}");
                continue;
            }
        }
        let (_, done) = repaired(copied.path());
        let again = verified(copied.path()).expect("readable");
        assert!(again.iter().all(|org| org.wrongs().next().is_none()), "flip {seed}: {again:?}");
        assert!(again.iter().all(|org| matches!(org.index, Compared::NotCompared(_))));
        for row in rows(copied.path()) {
            assert!(all.contains(&row), "flip {seed} of byte {at}");
        }
        assert!(done.kept.exists());
    }
    println!("{flips} flips of the log: {found} found, {harmless} harmless, {unusable} unusable");
    // The rest of the bits are in what SQLite does not use of its pages.
    assert!(found > flips / 4, "{found} of {flips} found");
}

#[tokio::test]
async fn a_file_that_was_cut_short_is_found_and_what_is_left_of_it_is_kept() {
    let whole = Folders::with(200).await;
    let bytes = fs::read(whole.data().join(FILE)).expect("a file");
    let all = rows(&whole.data());
    for eighths in 1..8 {
        let copied = copy(&whole.data());
        fs::write(copied.path().join(FILE), &bytes[..bytes.len() * eighths / 8]).expect("written");
        match verified(copied.path()) {
            // SQLite says at once that there is no such page.
            Err(why) => assert!(why.contains("log.db"), "{why}"),
            Ok(found) => {
                assert!(found.iter().any(|org| org.damage.is_some()), "{eighths}: {found:?}");
                repaired(copied.path());
                assert!(rows(copied.path()).iter().all(|row| all.contains(row)));
            }
        }
    }
}

/// R-COPY-9: the end of a log that was not stopped in order is beside its file, and belongs to it.
#[tokio::test]
async fn a_log_whose_hub_was_killed_is_verified_and_repaired_with_what_lies_beside_it() {
    let folders = Folders::with(3).await;
    let log = SqliteLog::open(&folders.data()).expect("a log");
    let (org, written) = &folders.written[1];
    let more = chain(org, written.last(), 3);
    assert_eq!(log.append(org, Pos(6), &more).await.expect("answered"), Append::Stored(Pos(9)));
    let copied = copy(&folders.data());
    drop(log);
    let folder = copied.path();
    assert!(fs::metadata(folder.join("log.db-wal")).is_ok_and(|wal| wal.len() > 0));
    let places = |folder| damage(folder).into_iter().map(|(_, place, _)| place).collect::<Vec<_>>();
    assert_eq!(places(folder), [Seq(3), Seq(6)]);
    let db = Connection::open(folder.join(FILE)).expect("a file");
    db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .expect("set");
    db.execute("DELETE FROM entry WHERE org = 'b' AND n = 5", []).expect("deleted");
    drop(db);
    assert!(fs::metadata(folder.join("log.db-wal")).is_ok_and(|wal| wal.len() > 0));
    let (cuts, _) = repaired(folder);
    assert_eq!((cuts.len(), cuts[0].last, cuts[0].rows.map(|rows| rows.0)), (1, Seq(4), Some(1)));
    assert!(!folder.join("log.db-wal").exists());
    assert_eq!(places(folder), [Seq(3), Seq(4)]);
    let all = rows(&folders.data());
    assert!(rows(folder).iter().all(|row| all.contains(row)));
    SqliteLog::open(folder).expect("a log");
}

/// R-COPY-7: the org in a row is read from the row, and not from the index that found it.
#[tokio::test]
async fn r_copy_7_an_org_that_differs_in_a_row_from_the_index_is_damage() {
    let folders = Folders::with(20).await;
    let file = folders.data().join(FILE);
    let mut bytes = fs::read(&file).expect("a file");
    // The payload of an entry begins with its org too, and the column stands in the bytes before it.
    let payload = &rows(&folders.data())[13].3;
    // What SQLite has moved to another page stands where it was, too.
    let places: Vec<usize> =
        (0..bytes.len() - payload.len()).filter(|at| bytes[*at..].starts_with(payload)).collect();
    for at in places {
        let org = bytes[..at].iter().rposition(|byte| *byte == b'b').expect("the column");
        bytes[org] ^= 2;
    }
    fs::write(&file, bytes).expect("written");
    assert_eq!(rows(&folders.data())[13].1, "`");
    let found = damage(&folders.data());
    let b = found.iter().find(|(org, ..)| org == "b").expect("listed");
    assert!(b.2.as_ref().is_some_and(|why| why.contains("entry 7")), "{found:?}");
}

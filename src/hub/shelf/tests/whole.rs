//! R-LOG-6: a shelf whose file is not what was written is made anew, and one whose process died or whose
//! power failed is not, at whichever moment that was.

use super::{Story, last};
use crate::{
    hub::{
        folders::copy,
        log::chain,
        shelf::{
            FILE, Shelf,
            page_sums::PageSums,
            store::Store,
            wal::{PAGE, Wal},
        },
    },
    model::{DataValue, EventKind, Seq, Tag},
};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

fn beside(folder: &Path, name: &str) -> PathBuf {
    folder.join(FILE).with_extension(name)
}

/// Puts one file of another folder in the place of this folder's.
fn exchange(folder: &Path, name: &str, with: &Path) {
    fs::copy(beside(with, name), beside(folder, name)).expect("copied");
}

/// Some customers write and get names and tags.
async fn grow(story: &mut Story, customers: std::ops::Range<usize>) {
    for n in customers {
        let customer = format!("{:03}", n % 40);
        story.says(&customer, &format!("order {n} is late, please look at it")).await;
        let values = vec![("name".to_owned(), DataValue::Text(format!("\"Jane {n}\"")))];
        story.tell(&customer, EventKind::MetadataUpdated { values, over_lease: None }).await;
        let tag = Tag { key: "tier".into(), value: format!("gold{n}"), expires_at: None };
        story.tell(&customer, EventKind::TagsUpdated(vec![tag])).await;
    }
}

/// Reads the log into the store until there is no more.
async fn read_on(story: &Story, opened: &mut Store) {
    loop {
        let from = opened.applied(&story.org).expect("readable");
        let mut to = from;
        let rows = chain::follow(&*story.log, &story.org, &mut to, 50).await.expect("readable");
        if to == from {
            return;
        }
        opened.apply(&story.org, &rows, to).expect("stored");
    }
}

/// What a start on a folder finds.
#[derive(Debug, PartialEq, Eq)]
struct Start {
    answers: Vec<String>,
    /// A cursor that was stored in the file: it is gone if the file was made anew.
    cursor: Option<Seq>,
}

async fn start(story: &Story, folder: &Path) -> Start {
    let shelf = story.shelf(Some(folder)).await;
    let mut answers = Vec::new();
    for words in ["", "jane", "jane 11", "gold7", "+2547000007", "031"] {
        answers.push(format!("{:?}", story.find(&shelf, words).await));
    }
    for words in ["", "late", "order 33"] {
        answers.push(format!("{:?}", story.words(&shelf, words).await));
    }
    let customer = Some("007".into());
    let of = super::HistoryQuery { customer, ..last(50) };
    answers.push(format!("{:?}", story.page(&shelf, of).await));
    let before = super::HistoryQuery { before: Some(Seq(99)), ..last(9) };
    answers.push(format!("{:?}", story.page(&shelf, before).await));
    let cursor = shelf.cursor(&story.org, "worker").await.expect("an answer");
    shelf.stop().await;
    Start { answers, cursor }
}

/// A folder of a shelf that was stopped, then went on and died, and what is right to answer. `older` is the
/// folder as it was stopped.
struct Died {
    story: Story,
    older: TempDir,
    newer: TempDir,
    right: Vec<String>,
}

async fn died() -> Died {
    let (mut story, dir) = (Story::new(), TempDir::new().expect("a folder"));
    grow(&mut story, 0..60).await;
    let shelf = story.shelf(Some(dir.path())).await;
    shelf.set_cursor(&story.org, "worker", Seq(7)).await.expect("kept");
    assert_eq!(story.find(&shelf, "").await.total, 40);
    shelf.stop().await;
    let older = copy(dir.path());
    let mut opened = Store::open(Some(dir.path()), story.log.id()).expect("a store");
    grow(&mut story, 60..90).await;
    read_on(&story, &mut opened).await;
    opened.set_cursor(&story.org, "worker", Seq(9)).expect("kept");
    // The folder of a process that was killed is what its files are at that moment.
    let newer = copy(dir.path());
    let right = start(&story, TempDir::new().expect("a folder").path()).await.answers;
    Died { story, older, newer, right }
}

impl Died {
    async fn assert_kept(&self, folder: &Path, cursor: u64, when: &str) {
        let folder = copy(folder);
        let Start { answers, cursor: found } = start(&self.story, folder.path()).await;
        assert_eq!(found, Some(Seq(cursor)), "{when}: it was made anew");
        assert!(answers == self.right, "{when}: {answers:?}");
        // A start must not leave behind what the next one takes for damage.
        assert_eq!(
            start(&self.story, folder.path()).await.cursor,
            Some(Seq(cursor)),
            "{when}, again"
        );
    }

    async fn assert_anew(&self, folder: &Path, when: &str) {
        let Start { answers, cursor } = start(&self.story, copy(folder).path()).await;
        assert_eq!(cursor, None, "{when}: it was believed");
        assert!(answers == self.right, "{when}: {answers:?}");
    }
}

#[tokio::test]
async fn r_log_6_dying_between_any_two_steps_of_a_checkpoint_keeps_the_shelf() {
    let died = died().await;
    let mut moments = vec![("before", copy(died.newer.path()))];
    let live = copy(died.newer.path());
    let mut opened = Store::open(Some(live.path()), died.story.log.id()).expect("a store");
    let (db, sums) = (&opened.db, opened.sums.as_mut().expect("a file"));
    let staged = sums.stage().expect("written").expect("a log");
    moments.push(("stage", copy(live.path())));
    sums.copy(db, staged).expect("copied");
    moments.push(("copy", copy(live.path())));
    sums.keep().expect("renamed");
    moments.push(("keep", copy(live.path())));
    PageSums::empty(db).expect("emptied");
    moments.push(("empty", copy(live.path())));
    sums.name_next(db).expect("named");
    moments.push(("name_next", copy(live.path())));
    opened.set_cursor(&died.story.org, "worker", Seq(9)).expect("kept");
    moments.push(("the next write", copy(live.path())));

    // A copy that was cut short has brought any of the pages over and not the others. The length of
    // the file is that of the last page that was.
    let (before, after) = (moments[1].1.path(), moments[2].1.path());
    let old = fs::read(before.join(FILE)).expect("readable");
    let new = fs::read(after.join(FILE)).expect("readable");
    assert!(new.len() > old.len() && new != old);
    let mut random = fastrand::Rng::with_seed(7);
    let mut torn = Vec::new();
    for _ in 0..20 {
        let mut bytes =
            new[..old.len() + PAGE * random.usize(..(new.len() - old.len()) / PAGE)].to_vec();
        for (page, old) in bytes.chunks_mut(PAGE).zip(old.chunks(PAGE)) {
            if random.bool() {
                page.copy_from_slice(old);
            }
        }
        let dir = copy(before);
        fs::write(dir.path().join(FILE), bytes).expect("written");
        torn.push(("within copy", dir));
    }
    for (when, dir) in moments.iter().chain(&torn) {
        died.assert_kept(dir.path(), 9, when).await;
    }
    // Without the whole of its log, such a file is neither the old one nor the new one.
    for (_, dir) in torn {
        let wal = beside(dir.path(), "db-wal");
        let bytes = fs::read(&wal).expect("readable");
        fs::write(&wal, &bytes[..bytes.len() / 3]).expect("written");
        died.assert_anew(dir.path(), "within copy, and the log lost its end").await;
    }
}

#[tokio::test]
async fn r_log_6_a_log_that_lost_its_end_is_an_older_shelf_that_reads_on() {
    let died = died().await;
    let whole = fs::read(beside(died.newer.path(), "db-wal")).expect("readable");
    let mut random = fastrand::Rng::with_seed(7);
    for n in 0..30 {
        let dir = copy(died.newer.path());
        let mut bytes = whole.clone();
        let at = random.usize(..bytes.len());
        match n % 3 {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << random.u8(..8),
            _ => bytes[at..].fill(0),
        }
        fs::write(beside(dir.path(), "db-wal"), bytes).expect("written");
        let Start { answers, cursor } = start(&died.story, dir.path()).await;
        assert!(cursor == Some(Seq(7)) || cursor == Some(Seq(9)), "{n} at {at}: {cursor:?}");
        assert!(answers == died.right, "{n} at {at}: {answers:?}");
    }
    let dir = copy(died.newer.path());
    fs::remove_file(beside(dir.path(), "db-wal")).expect("removed");
    died.assert_kept(dir.path(), 7, "no log at all").await;
}

#[tokio::test]
async fn r_log_6_what_is_not_the_file_that_was_written_is_made_anew() {
    let mut died = died().await;
    // Two shelves that were stopped, one older than the other.
    start(&died.story, died.newer.path()).await;
    let (old, new) = (died.older.path(), died.newer.path());
    let bytes = fs::read(new.join(FILE)).expect("readable");
    let pages = bytes.len() / PAGE;
    let older = fs::read(old.join(FILE)).expect("readable");
    let changed = older.chunks(PAGE).zip(bytes.chunks(PAGE)).rposition(|(old, new)| old != new);
    let changed = changed.expect("a page that has changed") * PAGE;
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let (dir, mut bytes) = (copy(new), bytes.clone());
        change(&mut bytes);
        assert_ne!(fs::read(dir.path().join(FILE)).expect("readable"), bytes);
        fs::write(dir.path().join(FILE), bytes).expect("written");
        dir
    };
    let mut wrong = vec![
        ("empty", with(&|bytes| bytes.clear())),
        ("cut at a page", with(&|bytes| bytes.truncate((pages - 1) * PAGE))),
        ("cut in a page", with(&|bytes| bytes.truncate(pages / 2 * PAGE + 100))),
        ("one page more", with(&|bytes| bytes.extend([0; PAGE]))),
        ("an empty page", with(&|bytes| bytes[changed..changed + PAGE].fill(0))),
        (
            "two pages for each other",
            with(&|bytes| {
                let (one, two) = bytes.split_at_mut(changed);
                one[changed - PAGE..].swap_with_slice(&mut two[..PAGE]);
            }),
        ),
        (
            "a page from an older copy",
            with(&|bytes| {
                bytes[changed..changed + PAGE].copy_from_slice(&older[changed..changed + PAGE]);
            }),
        ),
        ("a reserved byte of the header", with(&|bytes| bytes[80] = 1)),
        ("an older file under newer sums", copy(new)),
        ("a newer file under older sums", copy(new)),
        ("no sums", copy(new)),
        ("the sums cut", copy(new)),
    ];
    let [.., older_file, older_sums, no_sums, cut] = &wrong[..] else { panic!("too few") };
    exchange(older_file.1.path(), "db", old);
    exchange(older_sums.1.path(), "sums", old);
    fs::remove_file(beside(no_sums.1.path(), "sums")).expect("removed");
    let sums = fs::read(beside(new, "sums")).expect("readable");
    fs::write(beside(cut.1.path(), "sums"), &sums[..sums.len() - 4]).expect("written");
    for seed in 0..20 {
        let (dir, mut random) = (copy(new), fastrand::Rng::with_seed(seed));
        let mut sums = sums.clone();
        let at = random.usize(..sums.len());
        sums[at] ^= 1 << random.u8(..8);
        fs::write(beside(dir.path(), "sums"), sums).expect("written");
        wrong.push(("a bit of the sums", dir));
    }
    died.right = start(&died.story, new).await.answers;
    for (what, dir) in wrong {
        died.assert_anew(dir.path(), what).await;
    }
}

/// A log or a journal that another file left behind would be played into this one.
#[tokio::test]
async fn r_log_6_a_log_of_another_time_is_not_played_into_the_file() {
    let died = died().await;
    let dir = copy(died.older.path());
    exchange(dir.path(), "db-wal", died.newer.path());
    died.assert_kept(dir.path(), 7, "a newer log beside an older file").await;

    let newer = copy(died.newer.path());
    start(&died.story, newer.path()).await;
    exchange(newer.path(), "db-wal", died.newer.path());
    died.assert_kept(newer.path(), 9, "an older log beside a newer file").await;
    fs::write(beside(newer.path(), "db-journal"), [7; 9000]).expect("written");
    died.assert_kept(newer.path(), 9, "a journal").await;
}

/// The frame has changed since it was written, which SQLite does not look for while it runs.
#[tokio::test]
async fn r_log_6_a_log_that_changed_under_a_running_hub_is_found_before_it_is_believed() {
    let died = died().await;
    let dir = copy(died.newer.path());
    let mut opened = Store::open(Some(dir.path()), died.story.log.id()).expect("a store");
    let file = beside(dir.path(), "db-wal");
    let mut bytes = fs::read(&file).expect("readable");
    let half = bytes.len() / 2;
    bytes[half] ^= 4;
    fs::write(&file, bytes).expect("written");
    let error = opened.settle().expect_err("it has changed");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{error}");
    drop(opened);
    died.assert_anew(dir.path(), "a start after it").await;
}

/// If the sums cannot be written, the log stays and the shelf goes on.
#[tokio::test]
async fn r_log_6_a_checkpoint_whose_sums_cannot_be_written_changes_nothing() {
    let died = died().await;
    let dir = copy(died.newer.path());
    let mut opened = Store::open(Some(dir.path()), died.story.log.id()).expect("a store");
    let (file, wal) = (dir.path().join(FILE), beside(dir.path(), "db-wal"));
    let before = (fs::read(&file).expect("readable"), fs::read(&wal).expect("readable"));
    // A folder of that name cannot be opened as a file, as a file cannot be written on a full disk.
    let staged = beside(dir.path(), "sums.new");
    fs::create_dir(&staged).expect("made");
    let error = opened.settle().expect_err("it cannot be written");
    assert_ne!(error.kind(), std::io::ErrorKind::InvalidData, "{error}");
    assert_eq!((fs::read(&file).expect("readable"), fs::read(&wal).expect("readable")), before);
    fs::remove_dir(&staged).expect("removed");
    opened.settle().expect("settled");
    drop(opened);
    died.assert_kept(dir.path(), 9, "after it").await;
}

#[tokio::test]
async fn a_log_is_read_as_sqlite_reads_it_and_brought_into_the_file_when_it_is_long() {
    let (mut story, dir) = (Story::new(), TempDir::new().expect("a folder"));
    let mut opened = Store::open(Some(dir.path()), story.log.id()).expect("a store");
    let (file, wal) = (dir.path().join(FILE), beside(dir.path(), "db-wal"));
    // A transaction that does not fit into SQLite's memory and is then undone leaves frames that count
    // for nothing.
    grow(&mut story, 0..20).await;
    read_on(&story, &mut opened).await;
    let large =
        "BEGIN; CREATE TABLE t (b BLOB); INSERT INTO t VALUES (zeroblob(40000000)); ROLLBACK";
    opened.db.execute_batch(large).expect("undone");
    let read = Wal::read(&wal).expect("readable").expect("a log");
    let length = fs::metadata(&wal).expect("a log").len();
    assert!(length > (read.frames * (PAGE + 24) + PAGE) as u64, "nothing was undone");
    // It is an error if SQLite knows another number of frames.
    opened.settle().expect("settled");
    assert_eq!(fs::metadata(&file).expect("a file").len(), (read.size * PAGE) as u64);

    grow(&mut story, 0..1).await;
    read_on(&story, &mut opened).await;
    opened.settle_when_due(false).expect("not due");
    assert!(fs::metadata(&wal).expect("a log").len() > 0);
    for n in 0..20 {
        let key = format!("{n}");
        let large = "INSERT INTO meta VALUES (?1, hex(zeroblob(524288)))";
        opened.db.execute(large, [&key]).expect("kept");
        opened.settle_when_due(false).expect("settled");
    }
    let length = fs::metadata(&wal).expect("a log").len();
    assert!(length < 10 << 20, "a log of {length} bytes was left alone");
    drop(opened);
    assert!(PageSums::check(&file).expect("whole").is_some());
    let opened = Store::open(Some(dir.path()), story.log.id()).expect("a store");
    let kept = "SELECT length(value) FROM meta WHERE key = '19'";
    assert_eq!(opened.db.query_row(kept, [], |row| row.get(0)), Ok(1 << 20));
}

/// Whoever drops the handle without a stop leaves what a killed process leaves.
#[tokio::test]
async fn r_log_6_a_shelf_that_was_not_stopped_is_not_made_anew() {
    let (mut story, dir) = (Story::new(), TempDir::new().expect("a folder"));
    for round in 1..5 {
        let shelf: Shelf = story.shelf(Some(dir.path())).await;
        if round > 1 {
            assert_eq!(shelf.cursor(&story.org, "worker").await, Ok(Some(Seq(round - 1))));
        }
        grow(&mut story, 0..9).await;
        story.find(&shelf, "").await;
        shelf.set_cursor(&story.org, "worker", Seq(round)).await.expect("kept");
        let dead = copy(dir.path());
        let found = story.shelf(Some(dead.path())).await;
        assert_eq!(found.cursor(&story.org, "worker").await, Ok(Some(Seq(round))));
        found.stop().await;
        shelf.stop().await;
    }
}

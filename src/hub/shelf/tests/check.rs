//! R-COPY-8: an index is equal to one that is made anew, however it was made, and whatever differs is found.

use super::Story;
use crate::{
    hub::{
        log::{Pos, Stored, chain::ChainCursor},
        shelf::{FoundCheck, ShelfCheck, store::Store},
    },
    model::{Body, DataValue, EventKind, Seq, Tag},
};
use std::path::Path;
use tempfile::TempDir;

/// Four customers of whom one was merged away, and enough entries for a place to read on from.
async fn told() -> Story {
    let mut story = Story::new();
    for nr in 0..80 {
        let customer = ["101", "102", "103", "104"][nr % 4];
        let tag = Tag { key: "city".into(), value: format!("town{nr}"), expires_at: None };
        match nr {
            40 => story.tell("101", EventKind::CustomerAdopted { other: "102".into() }).await,
            _ if nr % 7 == 0 => story.tell(customer, EventKind::TagsUpdated(vec![tag])).await,
            _ if nr % 4 == 1 && nr > 40 => story.says("101", "for the other").await,
            _ => story.says(customer, &format!("order {nr}")).await,
        }
    }
    let values = vec![("name".to_owned(), DataValue::Text("Amina".into()))];
    story.tell("103", EventKind::MetadataUpdated { values, over_lease: None }).await;
    story
}

async fn rows(story: &Story) -> Vec<(Pos, Stored)> {
    story.log.read(&story.org, Pos(0), 1_000).await.expect("readable")
}

/// Stores an index of these entries, in one transaction, and changes it as `change` says.
fn stored(story: &Story, folder: &Path, rows: &[(Pos, Stored)], change: &str) {
    let mut made = Store::open(Some(folder), story.log.id()).expect("a shelf");
    made.apply(&story.org, rows, story.place).expect("indexed");
    made.db.execute_batch(change).expect("changed");
    made.settle().expect("settled");
}

/// What differs from an index that is made anew of all entries, a few at a time.
async fn difference(story: &Story, folder: &Path) -> Option<&'static str> {
    let scratch = TempDir::new().expect("a folder");
    let found = ShelfCheck::open(folder, scratch.path(), story.log.id()).expect("whole");
    let FoundCheck::Whole(mut check) = found else { panic!("it is of this log") };
    assert_eq!(check.place(&story.org), Ok(story.place));
    let mut to = ChainCursor::default();
    for some in rows(story).await.chunks(3) {
        for (pos, entry) in some {
            to.step(*pos, &*entry.entry);
        }
        check.add(&story.org, some, to).expect("indexed");
    }
    let found = check.difference(&story.org).expect("readable");
    check.close().expect("closed");
    found
}

#[tokio::test]
async fn r_copy_8_an_index_made_in_other_steps_is_equal() {
    let (story, dir) = (told().await, TempDir::new().expect("a folder"));
    stored(&story, dir.path(), &rows(&story).await, "");
    for _ in 0..2 {
        assert_eq!(difference(&story, dir.path()).await, None);
    }
}

#[tokio::test]
async fn r_copy_8_every_table_of_an_index_is_compared() {
    let story = told().await;
    for (change, found) in [
        ("UPDATE anchor SET pos = pos + 1", "the places to read on from"),
        ("UPDATE customer SET data = x'00' WHERE name = '103'", "customers"),
        ("DELETE FROM seen WHERE customer = (SELECT min(customer) FROM seen)", "customers"),
        ("UPDATE seen SET at = at + 1", "when customers were seen"),
        ("DELETE FROM term WHERE term = 'amina'", "what customers are found by"),
        (
            "INSERT INTO payer SELECT org, 'el_pay_1', id FROM customer",
            "who takes part in payments",
        ),
        (
            "INSERT INTO words0 (rowid, text, who) VALUES ((1 << 44) + 999, 'more', '')",
            "the words of entries",
        ),
    ] {
        let dir = TempDir::new().expect("a folder");
        let all = rows(&story).await;
        stored(&story, dir.path(), &all, change);
        assert_eq!(difference(&story, dir.path()).await, Some(found), "{change}");
    }
}

/// The kind of fault that no checksum finds: an entry was indexed as something else than it is.
#[tokio::test]
async fn r_copy_8_an_entry_that_was_indexed_wrongly_is_found() {
    let (story, dir) = (told().await, TempDir::new().expect("a folder"));
    let mut wrong = rows(&story).await;
    let mut entry = (*wrong[10].1.entry).clone();
    entry.events[0].kind =
        EventKind::MessageReceived { id: "el_msg_1".into(), body: Body::text("something else") };
    assert_eq!(entry.seq, Seq(11));
    wrong[10].1 = Stored::new(entry);
    stored(&story, dir.path(), &wrong, "");
    assert_eq!(difference(&story, dir.path()).await, Some("the words of entries"));
}

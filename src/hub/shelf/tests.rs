//! The shelf follows the log whatever happens to its file, and finds entries and customers by words.

mod check;
mod whole;

use super::{FILE, Found, HistoryQuery, Shelf, follow::WAITED_FOR};
use crate::{
    hub::{
        clock,
        log::{
            Append, Log, Pos, Stored,
            chain::ChainCursor,
            faulty::{Appends, Through},
            memory::MemoryLog,
        },
    },
    model::{
        Actor, Body, CustomerNumber, DataValue, Entry, EntryId, Event, EventKind, OrgId, Region,
        SecondaryId, Seq, Tag, Timestamp, telephone,
    },
};
use std::{fs, path::Path, sync::Arc};
use tempfile::TempDir;

/// A log of one org and what was written to it.
struct Story {
    org: OrgId,
    log: Arc<dyn Log>,
    place: ChainCursor,
}

impl Story {
    fn new() -> Self {
        Self { org: "demo".into(), log: Arc::new(MemoryLog::new()), place: ChainCursor::default() }
    }

    async fn append(&mut self, entry: Entry) {
        let stored = Stored::new(entry);
        match self.log.append(&self.org, self.place.pos, std::slice::from_ref(&stored)).await {
            Ok(Append::Stored(pos)) => {
                self.place.step(pos, &*stored.entry);
            }
            other => panic!("not stored: {other:?}"),
        }
    }

    fn next(&self, customer: &str, kind: EventKind) -> Entry {
        let seq = self.place.seq.next();
        let at = Timestamp::from_secs(i64::try_from(seq.0).expect("small"));
        Entry {
            org: self.org.clone(),
            seq,
            id: EntryId(clock::fresh()),
            prev_id: self.place.id,
            at,
            events: vec![Event {
                at,
                customer: Some(customer.into()),
                app: None,
                actor: Actor::Customer,
                number: Some(CustomerNumber::telco(&format!("+2547000{customer}"))),
                channel: None,
                name: None,
                kind,
            }],
            call: None,
        }
    }

    async fn tell(&mut self, customer: &str, kind: EventKind) {
        let entry = self.next(customer, kind);
        self.append(entry).await;
    }

    async fn says(&mut self, customer: &str, text: &str) {
        let kind = EventKind::MessageReceived { id: "el_msg_1".into(), body: Body::text(text) };
        self.tell(customer, kind).await;
    }

    async fn shelf(&self, folder: Option<&Path>) -> Shelf {
        let log = Arc::clone(&self.log);
        Shelf::start(folder, log, vec![self.org.clone()], true).await.expect("a shelf")
    }

    /// The sentences of a page, newest first, and whether there are more.
    async fn page(&self, on: &Shelf, query: HistoryQuery) -> (Vec<String>, bool) {
        let page = on.page(&*self.log, &self.org, self.place.seq, query).await.expect("an answer");
        let said = page.entries.iter().map(|stored| stored.entry.events[0].sentence());
        (said.collect(), page.more)
    }

    async fn words(&self, on: &Shelf, words: &str) -> Vec<String> {
        let query = HistoryQuery { limit: 50, words: words.into(), ..HistoryQuery::default() };
        self.page(on, query).await.0
    }

    async fn find(&self, on: &Shelf, words: &str) -> Found {
        let now = Timestamp::from_secs(1_000);
        let number = telephone::read(words, Region::parse("KE"));
        on.find(&self.org, self.place.seq, (words, number), 10, now).await.expect("an answer")
    }

    async fn written(&self, on: &Shelf, words: &str) -> (u64, bool) {
        on.count_written(&self.org, self.place.seq, Pos(0), words).await.expect("an answer")
    }

    async fn found(&self, on: &Shelf, words: &str) -> Vec<String> {
        let found = self.find(on, words).await;
        found.customers.into_iter().map(|customer| customer.id.into()).collect()
    }
}

fn last(limit: usize) -> HistoryQuery {
    HistoryQuery { limit, ..HistoryQuery::default() }
}

#[tokio::test]
async fn history_is_newest_first_in_pages_by_customer_and_by_words() {
    let mut story = Story::new();
    for i in 1..=5 {
        story.says("101", &format!("apple {i}")).await;
        story.says("102", &format!("pear {i}")).await;
    }
    let shelf = story.shelf(None).await;
    assert_eq!(story.page(&shelf, last(3)).await.0, ["pear 5", "apple 5", "pear 4"]);
    let older = HistoryQuery { before: Some(Seq(3)), ..last(3) };
    assert_eq!(story.page(&shelf, older).await, (vec!["pear 1".into(), "apple 1".into()], false));
    let of = HistoryQuery { customer: Some("101".into()), before: Some(Seq(9)), ..last(2) };
    assert_eq!(story.page(&shelf, of).await, (vec!["apple 4".into(), "apple 3".into()], true));
    let both = HistoryQuery {
        customer: Some("101".into()),
        words: "app".into(),
        before: Some(Seq(4)),
        ..last(9)
    };
    assert_eq!(story.page(&shelf, both).await.0, ["apple 2", "apple 1"]);
    assert_eq!(story.words(&shelf, "PEAR 3").await, ["pear 3"]);
    assert_eq!(story.words(&shelf, "+2547000102").await.len(), 5);
    assert!(story.words(&shelf, "apple pear").await.is_empty());
}

#[tokio::test]
async fn words_are_found_in_every_script_and_no_query_is_an_error() {
    let mut story = Story::new();
    let said = [
        "Habari za asubuhi",
        "Où est ma commande déjà payée",
        "أين طلبي",
        "ትዕዛዜ የት ነው",
        "मेरा ऑर्डर कहाँ है",
        "我的订单在哪里",
        "thanks 🙏 friend",
    ];
    for text in said {
        story.says("101", text).await;
    }
    let shelf = story.shelf(None).await;
    let words = ["asub", "deja", "طلبي", "ትዕዛዜ", "ऑर्डर", "订单", "🙏"];
    for (words, text) in words.iter().zip(said) {
        assert_eq!(story.words(&shelf, words).await, [text], "{words}");
    }
    for hostile in [
        "\"", "AND", "NOT a", "a OR", "*", "(", "text:x", "a NEAR b", "^x", "-", "\0", "'; DROP",
        "世\"", "\u{301}", "🙏*\"",
    ] {
        story.words(&shelf, hostile).await;
        story.found(&shelf, hostile).await;
    }
    assert_eq!(story.words(&shelf, "").await.len(), said.len(), "no words: everything");
}

#[tokio::test]
async fn customers_are_found_by_name_number_id_tag_and_secondary_id() {
    let mut story = Story::new();
    for (customer, name) in [("101", "\"Jane Wanjiku\""), ("102", "王小明"), ("103", "Jan Doe")]
    {
        let name = ("name".to_owned(), DataValue::Text(name.into()));
        story
            .tell(customer, EventKind::MetadataUpdated { values: vec![name], over_lease: None })
            .await;
    }
    let tag = |key: &str, value: &str, until| Tag {
        key: key.into(),
        value: value.into(),
        expires_at: until,
    };
    let tags =
        vec![tag("tier", "Gold", None), tag("trial", "yes", Some(Timestamp::from_secs(500)))];
    story.tell("101", EventKind::TagsUpdated(tags)).await;
    let passport = SecondaryId { key: "passport".into(), value: "808083".into() };
    let ids = vec![(passport, None)];
    story.tell("103", EventKind::SecondaryIdsUpdated(ids)).await;
    let shelf = story.shelf(None).await;

    assert_eq!(story.found(&shelf, "jan").await, ["103", "101"], "most recently seen first");
    assert_eq!(story.found(&shelf, "wanj JANE").await, ["101"]);
    assert!(story.found(&shelf, "ane").await.is_empty(), "beginnings of words only");
    assert_eq!(story.found(&shelf, "小明").await, ["102"]);
    assert_eq!(story.found(&shelf, "700010").await.len(), 3, "a part of a number");
    assert_eq!(story.found(&shelf, "102").await, ["102"]);
    for way in ["0700 0102", "+254 700-0102", "2547000102", "00254 7000102", "(0)700 0102"] {
        assert_eq!(story.found(&shelf, way).await, ["102"], "R-ADDR-5: {way}");
    }
    assert!(story.found(&shelf, "0700 0109").await.is_empty());
    assert_eq!(story.found(&shelf, "tier=gold").await, ["101"]);
    assert_eq!(story.found(&shelf, "gold").await, ["101"]);
    assert_eq!(story.found(&shelf, "passport:8080").await, ["103"]);
    assert_eq!(story.found(&shelf, "808083").await, ["103"]);

    let all = story.find(&shelf, "").await;
    assert_eq!((all.total, all.customers.len()), (3, 3));
    let jane = &story.find(&shelf, "jane").await.customers[0];
    assert_eq!((jane.name.as_str(), &jane.tags[..]), ("Jane Wanjiku", &["tier=Gold".into()][..]));
    assert_eq!(jane.numbers, [CustomerNumber::telco("+2547000101")]);
    assert_eq!(jane.last_seen, Timestamp::from_secs(4));
}

#[tokio::test]
async fn tags_and_names_that_are_gone_are_not_found() {
    let mut story = Story::new();
    let tag = Tag { key: "tier".into(), value: "gold".into(), expires_at: None };
    story.tell("101", EventKind::TagsUpdated(vec![tag])).await;
    let name = |text: &str| ("name".to_owned(), DataValue::Text(text.into()));
    story
        .tell(
            "101",
            EventKind::MetadataUpdated { values: vec![name("Old"), name("New")], over_lease: None },
        )
        .await;
    let shelf = story.shelf(None).await;
    assert_eq!(story.found(&shelf, "gold new").await, ["101"]);
    assert!(story.found(&shelf, "old").await.is_empty(), "the last wins");

    story.tell("101", EventKind::TagsDeleted(vec!["tier".into()])).await;
    story.tell("101", EventKind::MetadataDeleted(vec!["name".into()])).await;
    assert!(story.found(&shelf, "gold").await.is_empty(), "asked as of the head, never behind it");
    assert!(story.found(&shelf, "new").await.is_empty());
}

#[tokio::test]
async fn r_decom_2_who_was_merged_is_found_as_the_survivor_with_their_past() {
    let mut story = Story::new();
    story.says("101", "apple").await;
    let tag = Tag { key: "tier".into(), value: "gold".into(), expires_at: None };
    story.tell("102", EventKind::TagsUpdated(vec![tag])).await;
    story.says("102", "pear").await;
    let shelf = story.shelf(None).await;
    assert_eq!(story.found(&shelf, "").await, ["102", "101"]);

    story.tell("102", EventKind::CustomerReplaced { by: "101".into() }).await;
    story.tell("101", EventKind::CustomerAdopted { other: "102".into() }).await;
    for words in ["", "gold", "+2547000102", "102"] {
        assert_eq!(story.found(&shelf, words).await, ["101"], "{words:?}");
    }
    let of = |customer: &str| HistoryQuery { customer: Some(customer.into()), ..last(9) };
    let said = |lines: Vec<String>| lines.into_iter().filter(|l| l == "apple" || l == "pear");
    let past: Vec<_> = said(story.page(&shelf, of("101")).await.0).collect();
    assert_eq!(past, ["pear", "apple"], "both pasts");
    let past: Vec<_> = said(story.page(&shelf, of("102")).await.0).collect();
    assert_eq!(past, ["pear"], "the old id keeps its own");
}

#[tokio::test]
async fn void_entries_are_never_shown() {
    let mut story = Story::new();
    story.says("101", "one").await;
    let mut stale = story.next("101", EventKind::CustomerMet);
    stale.prev_id = EntryId([9; 16]);
    let kept = story.place;
    story.append(stale).await;
    assert_eq!((story.place.seq, story.place.id), (kept.seq, kept.id));
    story.says("101", "two").await;
    let shelf = story.shelf(None).await;
    assert_eq!(story.page(&shelf, last(9)).await.0, ["two", "one"]);
    let anchor = shelf.anchor(&story.org, Seq(99)).await.expect("an answer");
    assert_eq!(anchor, story.place);
}

#[tokio::test]
async fn a_restart_goes_on_and_any_damage_is_mended_from_the_log() {
    let (mut story, dir) = (Story::new(), TempDir::new().expect("a folder"));
    for i in 1..=20 {
        story.says("101", &format!("apple {i}")).await;
    }
    let file = dir.path().join(FILE);
    let expected = story.page(&story.shelf(None).await, last(50)).await;
    let damages: [&dyn Fn(); 5] = [
        &|| {},
        &|| fs::remove_file(&file).expect("removed"),
        &|| fs::write(&file, b"not a database at all, but long enough to be one").expect("written"),
        &|| {
            let mut bytes = fs::read(&file).expect("readable");
            let half = bytes.len() / 2;
            bytes[4096..half].fill(0x5a);
            fs::write(&file, bytes).expect("written");
        },
        &|| {
            let db = rusqlite::Connection::open(&file).expect("a database");
            db.execute("UPDATE meta SET value = 'another' WHERE key = 'log_id'", []).expect("set");
        },
    ];
    for (n, damage) in damages.iter().enumerate() {
        damage();
        let shelf = story.shelf(Some(dir.path())).await;
        assert_eq!(story.page(&shelf, last(50)).await, expected, "damage {n}");
        assert_eq!(story.words(&shelf, "apple 20").await, ["apple 20"], "damage {n}");
        shelf.stop().await;
    }
}

#[tokio::test]
async fn a_shelf_of_an_older_or_other_copy_of_the_log_is_made_anew() {
    let dir = TempDir::new().expect("a folder");
    let mut ahead = Story::new();
    for i in 1..=5 {
        ahead.says("101", &format!("apple {i}")).await;
    }
    let shelf = ahead.shelf(Some(dir.path())).await;
    ahead.page(&shelf, last(1)).await;
    shelf.stop().await;
    // A log of the same name with other entries was restored from an older copy and then written on.
    let log = Arc::new(MemoryLog::named(ahead.log.id()));
    let mut restored = Story { log, ..Story::new() };
    restored.says("101", "pear").await;
    let shelf = restored.shelf(Some(dir.path())).await;
    assert_eq!(restored.page(&shelf, last(9)).await.0, ["pear"]);
    assert!(restored.words(&shelf, "apple").await.is_empty());
}

#[tokio::test]
async fn cursors_are_kept() {
    let (story, dir) = (Story::new(), TempDir::new().expect("a folder"));
    let shelf = story.shelf(Some(dir.path())).await;
    assert_eq!(shelf.cursor(&story.org, "sim").await, Ok(None));
    shelf.set_cursor(&story.org, "sim", Seq(7)).await.expect("kept");
    shelf.stop().await;

    let shelf = story.shelf(Some(dir.path())).await;
    assert_eq!(shelf.cursor(&story.org, "sim").await, Ok(Some(Seq(7))));
    shelf.stop().await;
}

/// A log that can be read up to a position.
struct HeldBack(Pos);

impl Appends for HeldBack {
    fn readable(&self) -> Pos {
        self.0
    }
}

#[tokio::test]
async fn r_reply_6_a_search_says_how_much_the_index_has_still_to_read() {
    let mut story = Story::new();
    for i in 1..=10 {
        story.says("101", &format!("apple {i}")).await;
    }
    let read = story.place;
    for i in 1..=WAITED_FOR + 600 {
        story.says("102", &format!("pear {i}")).await;
    }
    let log: Arc<dyn Log> = Through::new(Arc::clone(&story.log), HeldBack(read.pos));
    let orgs = vec![story.org.clone()];
    let shelf = Shelf::start(None, Arc::clone(&log), orgs, true).await.expect("a shelf");
    // Nobody waits for what cannot be read soon, and what is missing is told.
    let head = story.place.seq;
    let missing = WAITED_FOR + 600;
    let now = Timestamp::from_secs(1_000);
    let first = shelf.find(&story.org, read.seq, ("", None), 10, now).await.expect("an answer");
    assert_eq!((first.total, first.unread), (1, 0));
    let found = shelf.find(&story.org, head, ("", None), 10, now).await.expect("an answer");
    assert_eq!((found.total, found.unread), (1, missing));
    let query = HistoryQuery { limit: 3, words: "apple".into(), ..HistoryQuery::default() };
    let page = shelf.page(&*log, &story.org, head, query).await.expect("an answer");
    assert_eq!((page.entries.len(), page.more, page.unread), (3, true, missing));
    let page = shelf.page(&*log, &story.org, head, last(3)).await.expect("an answer");
    assert!(page.entries.is_empty() && page.more, "older ones would leave a hole");
    assert_eq!(page.unread, missing);
    let known = HistoryQuery { before: Some(Seq(8)), ..last(3) };
    let page = shelf.page(&*log, &story.org, head, known).await.expect("an answer");
    let seqs: Vec<u64> = page.entries.iter().map(|stored| stored.entry.seq.0).collect();
    assert_eq!((seqs, page.unread), (vec![7, 6, 5], 0), "what was read is whole");
}

#[tokio::test]
async fn r_operator_5_a_thousand_matches_are_counted_and_the_newest_come_first() {
    let mut story = Story::new();
    let name = |text: String| ("name".to_owned(), DataValue::Text(text));
    for n in 0..2_500 {
        let values = vec![name(format!("Jane{} Number{n}", n % 2))];
        let kind = EventKind::MetadataUpdated { values, over_lease: None };
        story.tell(&format!("c{n}"), kind).await;
    }
    let shelf = story.shelf(None).await;
    let ids = |found: &Found| -> Vec<String> {
        found.customers.iter().map(|customer| customer.id.as_str().to_owned()).collect()
    };
    let newest = |from: usize, by: usize| -> Vec<String> {
        (0..10).map(|n| format!("c{}", from - by * n)).collect()
    };
    for (words, from, by) in [("", 2_499, 1), ("jane", 2_499, 1), ("jane0", 2_498, 2)] {
        let found = story.find(&shelf, words).await;
        assert_eq!((found.total, found.total_is_least), (1_000, true), "{words:?}");
        assert_eq!(ids(&found), newest(from, by), "{words:?}");
    }
    let both = |n: &usize| n % 2 == 1 && n.to_string().starts_with('7');
    let few: [(&str, Vec<usize>); 2] = [
        ("number24", (0..2_500).filter(|n| n.to_string().starts_with("24")).collect()),
        ("jane1 number7", (0..2_500).filter(both).collect()),
    ];
    for (words, expected) in few {
        let found = story.find(&shelf, words).await;
        assert_eq!((found.total, found.total_is_least), (expected.len() as u64, false), "{words}");
        let newest: Vec<_> = expected.iter().rev().take(10).map(|n| format!("c{n}")).collect();
        assert_eq!(ids(&found), newest, "{words}");
    }
}

#[tokio::test]
async fn r_operator_6_a_thousand_entries_with_the_words_are_counted() {
    let mut story = Story::new();
    for n in 0..1_003 {
        story.says("101", &format!("parcel number{n}")).await;
    }
    let shelf = story.shelf(None).await;
    assert_eq!(story.written(&shelf, "parcel").await, (1_000, true));
    assert_eq!(story.written(&shelf, "parcel number10").await, (14, false));
    assert_eq!(story.written(&shelf, "nowhere").await, (0, false));
    assert_eq!(story.written(&shelf, "-- ").await, (0, false));
}

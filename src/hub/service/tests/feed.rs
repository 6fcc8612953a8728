//! The feed resumes, proves that it is complete, and says what it cannot give (D-FEED).

use super::{JANE, Rig, pass, soon};
use crate::{
    model::{Entry, EventKind, Seq},
    wire::{
        entry::decode,
        proto::v1::{
            Bookmark, FindCustomersRequest, Gap, HelloRequest, HistoryRequest, WatchReply,
            WatchRequest, gap::Reason, watch_reply::Frame,
        },
    },
};
use std::time::Duration;
use tonic::Streaming;

/// A subscription from the first entry on.
fn from_start() -> WatchRequest {
    WatchRequest { org_id: "acme".into(), after_seq: Some(0), ..Default::default() }
}

async fn watch(rig: &Rig, request: WatchRequest) -> Streaming<WatchReply> {
    rig.operator().watch(request).await.unwrap().into_inner()
}

async fn frame(stream: &mut Streaming<WatchReply>) -> Frame {
    soon(stream.message()).await.unwrap().unwrap().frame.unwrap()
}

async fn bookmark(stream: &mut Streaming<WatchReply>) -> Bookmark {
    match frame(stream).await {
        Frame::Bookmark(bookmark) => bookmark,
        other => panic!("not a bookmark: {other:?}"),
    }
}

async fn gap(stream: &mut Streaming<WatchReply>) -> Gap {
    match frame(stream).await {
        Frame::Gap(gap) => gap,
        other => panic!("not a gap: {other:?}"),
    }
}

/// Takes the next `n` entries from a feed.
async fn entries(stream: &mut Streaming<WatchReply>, n: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    while entries.len() < n {
        match frame(stream).await {
            Frame::Batch(batch) => entries.extend(batch.entries.iter().map(|e| decode(e).unwrap())),
            Frame::Bookmark(_) => {}
            Frame::Gap(gap) => panic!("{gap:?}"),
        }
    }
    entries
}

fn seqs(entries: &[Entry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.seq.0).collect()
}

#[tokio::test]
async fn a_feed_proves_that_it_lives_before_anything_happens() {
    let rig = Rig::new().await;
    let hello = rig.operator().hello(HelloRequest { org_id: "acme".into() }).await.unwrap();
    let hello = hello.into_inner();
    assert_eq!(
        (hello.head, hello.durability.as_str(), hello.caller.as_str()),
        (0, "memory", "ops")
    );
    assert_eq!(hello.app_ids, ["desk", "billing"]);
    assert_eq!(hello.channels.len(), 2);
    let first = bookmark(&mut watch(&rig, from_start()).await).await;
    assert_eq!(first, Bookmark { log_id: hello.log_id, waiting: Some(0), ..Bookmark::default() });
}

#[tokio::test]
async fn entries_come_in_order_whether_old_or_new_and_a_cursor_resumes() {
    let rig = Rig::new().await;
    for n in 0..5 {
        rig.receive(JANE, &format!("before {n}")).await;
    }
    let mut stream = watch(&rig, from_start()).await;
    assert_eq!(bookmark(&mut stream).await.seq, 0);
    let old = entries(&mut stream, 5).await;
    rig.receive(JANE, "after").await;
    let new = entries(&mut stream, 1).await;
    assert_eq!(seqs(&old), [1, 2, 3, 4, 5]);
    assert_eq!(seqs(&new), [6]);
    drop(stream);

    let resumed = WatchRequest { after_seq: Some(4), ..from_start() };
    let mut stream = watch(&rig, resumed).await;
    assert_eq!(bookmark(&mut stream).await.seq, 4);
    assert_eq!(seqs(&entries(&mut stream, 2).await), [5, 6]);
}

#[tokio::test]
async fn a_feed_without_a_cursor_starts_with_the_tail() {
    let rig = Rig::new().await;
    for n in 0..5 {
        rig.receive(JANE, &format!("{n}")).await;
    }
    let tail = WatchRequest { after_seq: None, tail: 2, ..from_start() };
    let mut stream = watch(&rig, tail).await;
    assert_eq!(bookmark(&mut stream).await.seq, 3);
    assert_eq!(seqs(&entries(&mut stream, 2).await), [4, 5]);
}

#[tokio::test]
async fn a_cursor_that_is_of_no_use_gets_one_gap_with_its_reason_and_then_the_tail() {
    let rig = Rig::new().await;
    for n in 0..3 {
        rig.receive(JANE, &format!("{n}")).await;
    }
    let ahead = WatchRequest { after_seq: Some(100), tail: 1, ..from_start() };
    let foreign =
        WatchRequest { after_seq: Some(1), tail: 1, log_id: "other".into(), ..from_start() };
    // R-FEED-2: there is an entry at this place, but it is not the one that the cursor had.
    let restored =
        WatchRequest { after_seq: Some(2), tail: 1, after_id: vec![9; 16], ..from_start() };
    for (request, after, reason) in
        [(ahead, 100, Reason::Ahead), (foreign, 1, Reason::Foreign), (restored, 2, Reason::Ahead)]
    {
        let mut stream = watch(&rig, request).await;
        let gap = gap(&mut stream).await;
        assert_eq!((gap.after, gap.next, gap.reason()), (after, 3, reason));
        assert_eq!(bookmark(&mut stream).await.seq, 2);
        assert_eq!(seqs(&entries(&mut stream, 1).await), [3]);
    }
}

#[tokio::test]
async fn r_feed_2_a_cursor_whose_entry_is_here_goes_on_and_bookmarks_name_theirs() {
    let rig = Rig::new().await;
    for n in 0..3 {
        rig.receive(JANE, &format!("{n}")).await;
    }
    let mut stream = watch(&rig, WatchRequest { after_seq: Some(2), ..from_start() }).await;
    let id = bookmark(&mut stream).await.id;
    let third = entries(&mut stream, 1).await;
    assert_eq!(id[..], third[0].prev_id.0[..], "the third entry names the second");
    let resumed = WatchRequest { after_seq: Some(2), after_id: id, ..from_start() };
    let mut stream = watch(&rig, resumed).await;
    assert_eq!(bookmark(&mut stream).await.seq, 2);
    assert_eq!(seqs(&entries(&mut stream, 1).await), [3]);
}

#[tokio::test]
async fn bookmarks_come_every_ten_seconds_even_if_nothing_happens() {
    let rig = Rig::new().await;
    let mut stream = watch(&rig, from_start()).await;
    bookmark(&mut stream).await;
    let early = tokio::time::timeout(Duration::from_millis(50), stream.message()).await;
    assert!(early.is_err());
    pass(Duration::from_secs(10)).await;
    assert_eq!(bookmark(&mut stream).await.seq, 0);
    rig.receive(JANE, "hello").await;
    entries(&mut stream, 1).await;
    pass(Duration::from_secs(10)).await;
    assert_eq!(bookmark(&mut stream).await.seq, 1);
}

#[tokio::test]
async fn a_burst_comes_in_few_batches_and_a_batch_is_bounded() {
    let rig = Rig::new().await;
    for n in 0..600 {
        rig.receive(JANE, &format!("{n}")).await;
    }
    let mut stream = watch(&rig, from_start()).await;
    let (mut sizes, mut seen) = (Vec::new(), 0);
    while seen < 600 {
        if let Frame::Batch(batch) = frame(&mut stream).await {
            let bytes: usize = batch.entries.iter().map(bytes::Bytes::len).sum();
            assert!(batch.entries.len() <= 512 && bytes <= 64 << 10);
            seen += batch.entries.len();
            sizes.push(batch.entries.len());
        }
    }
    assert!(sizes.len() <= 6, "{sizes:?}");
}

#[tokio::test]
async fn entries_too_large_for_one_batch_come_one_after_the_other() {
    let rig = Rig::new().await;
    for n in 0..6 {
        rig.receive(JANE, &format!("{n}{}", "x".repeat(60 << 10))).await;
    }
    let mut stream = watch(&rig, from_start()).await;
    assert_eq!(seqs(&entries(&mut stream, 6).await), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn feeds_of_other_orgs_stay_silent() {
    let rig = Rig::new().await;
    let mut theirs = rig.operator_as(super::FOREIGN);
    let request = WatchRequest { org_id: "globex".into(), ..from_start() };
    let mut stream = theirs.watch(request).await.unwrap().into_inner();
    bookmark(&mut stream).await;
    rig.receive(JANE, "for acme").await;
    let silence = tokio::time::timeout(Duration::from_millis(100), stream.message()).await;
    assert!(silence.is_err());
}

#[tokio::test]
async fn the_past_comes_in_pages_newest_first() {
    let rig = Rig::new().await;
    for n in 0..5 {
        rig.receive(JANE, &format!("{n}")).await;
    }
    let mut operator = rig.operator();
    let page = |before_seq| HistoryRequest {
        org_id: "acme".into(),
        before_seq,
        limit: 2,
        ..Default::default()
    };
    let mut seen = Vec::new();
    let mut before = 0;
    loop {
        let reply = operator.history(page(before)).await.unwrap().into_inner();
        let entries: Vec<_> = reply.entries.iter().map(|e| decode(e).unwrap()).collect();
        seen.extend(entries.iter().map(|entry| entry.seq));
        before = seen.last().unwrap().0;
        if !reply.more {
            break;
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1].map(Seq));
}

#[tokio::test]
async fn customers_are_found_by_their_number() {
    let rig = Rig::new().await;
    rig.receive(JANE, "hello").await;
    let request = FindCustomersRequest {
        org_id: "acme".into(),
        words: "254700000001".into(),
        ..Default::default()
    };
    let mut operator = rig.operator();
    // The index follows the log at its own pace.
    let found = soon(async {
        loop {
            let found = operator.find_customers(request.clone()).await.unwrap().into_inner();
            if found.total > 0 {
                break found;
            }
            tokio::task::yield_now().await;
        }
    });
    let found = found.await;
    assert_eq!((found.total, found.customers.len()), (1, 1));
    assert_eq!(found.customers[0].numbers[0].number, JANE);
}

#[tokio::test]
async fn r_operator_6_ids_and_written_words_are_found() {
    let rig = Rig::new().await;
    rig.receive(JANE, "where is my parcel").await;
    rig.receive(JANE, "hello").await;
    let mut operator = rig.operator();
    let mut find = async |words: &str| {
        let request = FindCustomersRequest {
            org_id: "acme".into(),
            words: words.into(),
            limit: 0,
            entries: 20,
        };
        operator.find_customers(request).await.unwrap().into_inner()
    };
    let found = find("parcel").await;
    assert_eq!((found.entries.len(), found.entries_total), (1, 1));
    let entry = decode(&found.entries[0]).unwrap();
    let mut kinds = entry.events.iter().map(|event| &event.kind);
    let id = kinds.find_map(|kind| match kind {
        EventKind::MessageReceived { id, .. } => Some(id),
        _ => None,
    });
    let id = id.expect("a message");
    let found = find(&format!(" {id} ")).await;
    let things: Vec<_> = found.things.iter().map(|thing| thing.text.as_str()).collect();
    assert_eq!(things, ["where is my parcel"]);
    assert_eq!(found.things[0].name, JANE);
    assert_eq!(find("el_msg_nothing").await.things, []);
}

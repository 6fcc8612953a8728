//! The past and the feed with a filter: nothing that matches is missing, what is left out is proven, and
//! what is no filter is said so.

use super::{JANE, Rig, soon};
use crate::{
    model::{Entry, Seq},
    wire::{
        entry::decode,
        proto::v1::{EventFilter, HistoryReply, HistoryRequest, WatchRequest, watch_reply::Frame},
    },
};
use tonic::{Code, Status, Streaming};

fn filter(text: &str) -> EventFilter {
    EventFilter { text: text.into(), ..EventFilter::default() }
}

fn history(text: &str) -> HistoryRequest {
    let filter = Some(filter(text));
    HistoryRequest { org_id: "acme".into(), filter, ..HistoryRequest::default() }
}

async fn search(rig: &Rig, asked: HistoryRequest) -> Result<HistoryReply, Status> {
    Ok(rig.operator().history(asked).await?.into_inner())
}

fn entries(encoded: &[impl AsRef<[u8]>]) -> Vec<Entry> {
    encoded.iter().map(|bytes| decode(bytes.as_ref()).unwrap()).collect()
}

fn seqs(reply: &HistoryReply) -> Vec<u64> {
    entries(&reply.entries).iter().map(|entry| entry.seq.0).collect()
}

/// A hub with six messages, of which every third is about a refund.
async fn rig() -> Rig {
    let rig = Rig::new().await;
    for n in 1..=6 {
        let text = if n % 3 == 0 { format!("REFUND {n}") } else { format!("habari {n}") };
        rig.receive(JANE, &text).await;
    }
    rig
}

/// R-FEED-5: each call looks at a piece, and the next one begins where it ended.
#[tokio::test]
async fn the_past_is_searched_backwards_and_the_reply_says_how_far() {
    let rig = rig().await;
    let all = search(&rig, history("refund type:msg dir:in")).await.unwrap();
    assert_eq!((seqs(&all), all.searched_to, all.more), (vec![6, 3], Some(1), false));
    let none = search(&rig, history("nobody")).await.unwrap();
    assert_eq!((seqs(&none), none.searched_to, none.more), (vec![], Some(1), false));
    // A page that is full goes on where it ended, until there is nothing older.
    let first = search(&rig, HistoryRequest { limit: 1, ..history("refund") }).await.unwrap();
    assert_eq!((seqs(&first), first.searched_to, first.more), (vec![6], Some(6), true));
    let next = HistoryRequest { before_seq: 6, limit: 1, ..history("refund") };
    let next = search(&rig, next).await.unwrap();
    assert_eq!((seqs(&next), next.searched_to), (vec![3], Some(3)));
    let last = search(&rig, HistoryRequest { before_seq: 3, ..history("refund") }).await.unwrap();
    assert_eq!((seqs(&last), last.searched_to, last.more), (vec![], Some(1), false));
    // Without a filter nothing changes.
    let plain = HistoryRequest { filter: None, limit: 2, ..history("") };
    let plain = search(&rig, plain).await.unwrap();
    assert_eq!((seqs(&plain), plain.searched_to, plain.more), (vec![6, 5], None, true));
}

/// R-FEED-5: what is no filter is refused with the words that a person needs.
#[tokio::test]
async fn what_is_no_filter_is_refused_with_what_was_expected() {
    let rig = rig().await;
    let long = "x".repeat(10_240);
    let many = "x ".repeat(100);
    for (text, words) in [
        ("tpye:msg", "did you mean `type`?"),
        ("text~/(/", "this is no pattern"),
        ("at>25:00", "there is no time of day"),
        (&long, "at most 1024"),
        (&many, "more than 64 clauses"),
    ] {
        let refused = search(&rig, history(text)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{text:.20}");
        assert!(refused.message().contains(words), "{}", refused.message());
        let asked = WatchRequest { filter: Some(filter(text)), ..from_start() };
        let refused = rig.operator().watch(asked).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{text:.20}");
    }
    let zone = EventFilter { zone: "Nowhere/Else".into(), ..filter("at:today") };
    let asked = HistoryRequest { filter: Some(zone), ..history("") };
    let refused = search(&rig, asked).await.unwrap_err();
    assert!(refused.message().contains("Africa/Nairobi"), "{}", refused.message());
    let both = HistoryRequest { words: "refund".into(), ..history("refund") };
    assert_eq!(search(&rig, both).await.unwrap_err().code(), Code::InvalidArgument);
}

/// R-FEED-5: times are those of whoever asks, and the hub's if they say nothing.
#[tokio::test]
async fn times_in_a_filter_are_those_of_whoever_asks() {
    let rig = rig().await;
    let found = search(&rig, history("age<1h refund")).await.unwrap();
    assert_eq!(seqs(&found), [6, 3], "by the hub's clock");
    let long_ago = prost_types::Timestamp { seconds: 1_000_000_000, nanos: 0 };
    let zone = "+03:00".to_owned();
    let asked = EventFilter { now: Some(long_ago), zone, ..filter("at>now refund") };
    let found = search(&rig, HistoryRequest { filter: Some(asked.clone()), ..history("") });
    assert_eq!(seqs(&found.await.unwrap()), [6, 3], "later than the asker's now");
    let asked = EventFilter { text: "at:2001-09-09".into(), ..asked };
    let found = search(&rig, HistoryRequest { filter: Some(asked), ..history("") });
    assert_eq!(seqs(&found.await.unwrap()), [] as [u64; 0]);
}

fn from_start() -> WatchRequest {
    WatchRequest { org_id: "acme".into(), after_seq: Some(0), ..WatchRequest::default() }
}

/// What a feed says next: the places of entries, or how far a bookmark proves that there are no others.
async fn next(stream: &mut Streaming<crate::wire::proto::v1::WatchReply>) -> (Vec<u64>, Seq) {
    match soon(stream.message()).await.unwrap().unwrap().frame.unwrap() {
        Frame::Batch(batch) => {
            let seqs: Vec<u64> = entries(&batch.entries).iter().map(|entry| entry.seq.0).collect();
            let last = *seqs.last().expect("no batch is empty");
            (seqs, Seq(last))
        }
        Frame::Bookmark(bookmark) => (Vec::new(), Seq(bookmark.seq)),
        Frame::Gap(gap) => panic!("{gap:?}"),
    }
}

/// The places of the entries that come until one of them, or a bookmark, is at a place.
async fn until(stream: &mut Streaming<crate::wire::proto::v1::WatchReply>, at: u64) -> Vec<u64> {
    let mut all = Vec::new();
    loop {
        let (seqs, reached) = next(stream).await;
        all.extend(seqs);
        if reached >= Seq(at) {
            return all;
        }
    }
}

/// R-FEED-4: what is left out is proven by bookmarks.
#[tokio::test]
async fn a_feed_with_a_filter_leaves_out_entries_and_proves_it() {
    let rig = rig().await;
    let mut operator = rig.operator();
    let mut open = async |text: &str| {
        let asked = WatchRequest { filter: Some(filter(text)), ..from_start() };
        let mut stream = operator.watch(asked).await.unwrap().into_inner();
        assert_eq!(next(&mut stream).await, (vec![], Seq(0)), "it works");
        stream
    };
    let mut stream = open("text:habari,refund -\"habari 5\"").await;
    assert_eq!(until(&mut stream, 6).await, [1, 2, 3, 4, 6]);
    let mut nobody = open("nobody").await;
    assert_eq!(until(&mut nobody, 6).await, [] as [u64; 0], "all of it was looked at");

    let mut stream = open("refund").await;
    assert_eq!(until(&mut stream, 6).await, [3, 6]);
    // What does not match later is told within a second, and what matches at once.
    rig.receive(JANE, "habari 7").await;
    assert_eq!(until(&mut stream, 7).await, [] as [u64; 0]);
    rig.receive(JANE, "one more refund").await;
    assert_eq!(until(&mut stream, 8).await, [8]);
}

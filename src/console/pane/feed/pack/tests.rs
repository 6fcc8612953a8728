//! What is packed comes back as it was, and a row is small beside its text.

use super::*;
use crate::{
    console::pane::feed::{Depth, FeedLine, FeedRing, LiveFeed, Mode},
    model::{
        Body, Channel, ChannelNumber, CustomerNumber, DataValue, Entry, EntryId, FeedEvent,
        GapReason, MessageStatus, arbitrary,
    },
    query::haystack,
};
use proptest::prelude::*;

/// How many bytes a row may take beside its text.
const BESIDE_ITS_TEXT: usize = 160;

fn entry(seq: u64, events: Vec<Event>) -> Arc<Entry> {
    Arc::new(Entry {
        org: "acme".into(),
        seq: Seq(seq),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at: Timestamp::from_secs(1_700_000_000),
        events,
        call: None,
    })
}

fn arrive(feed: &mut LiveFeed, seq: u64, events: Vec<Event>) {
    feed.event(FeedEvent::Entry(entry(seq, events)), Timestamp::ZERO);
}

/// Digits without a pattern, for the ids that hubs draw at random.
fn random(n: u64) -> String {
    let mix = |n: u64| {
        let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    };
    let n = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{:016x}{:016x}", mix(n), mix(!n))
}

/// A message of one of 10,000 customers. The words of each are its own.
fn message(n: u64) -> Event {
    let who = n * 7919 % 10_000;
    let words: Vec<_> = (0..8).map(|i| random(n * 8 + i)[..5].to_owned()).collect();
    Event {
        at: Timestamp::from_micros(
            1_700_000_000_000_000 + 200_137 * i64::try_from(n).expect("few"),
        ),
        customer: Some(format!("el_cst_{}", random(who + (1 << 40))).into()),
        app: Some("shop".into()),
        actor: Actor::Customer,
        number: Some(CustomerNumber::telco(&format!("+2547{:08}", who * 104_729 % 100_000_000))),
        channel: Some(ChannelNumber::new(Channel::Whatsapp, "40404")),
        name: Some(format!("Wanjiru {}", &random(who)[..6])),
        kind: EventKind::MessageReceived {
            id: format!("el_msg_{}", random(n + (1 << 50))).into(),
            body: Body::text(words.join(" ")),
        },
    }
}

#[test]
fn a_row_takes_little_beside_its_text() {
    assert!(size_of::<RowHead>() <= 24);
    // Given as many rows as are kept while the agent looks back.
    let mut feed = LiveFeed::default();
    feed.pause();
    let (mut text, rows) = (0, 100_000);
    for n in 0..rows {
        let event = message(n);
        text += haystack(&event).len();
        arrive(&mut feed, n + 1, vec![event]);
    }
    assert_eq!(feed.mode(), Mode::Paused);
    assert_eq!(feed.counts().total, 100_000);
    // Then each takes at most so much.
    let beside = (feed.ring.bytes().0 - text) / 100_000;
    assert!(
        beside <= BESIDE_ITS_TEXT,
        "{beside} bytes a row beside its text of {}",
        text / 100_000
    );
}

#[test]
fn what_is_known_of_messages_takes_little_too() {
    // Given messages of which each is reported on twice, what is known of each counts with its rows.
    let mut feed = LiveFeed::default();
    feed.pause();
    let (mut text, messages) = (0, 30_000);
    for n in 0..messages {
        let sent = message(n);
        let EventKind::MessageReceived { id, body } = sent.kind.clone() else {
            panic!("a message")
        };
        let id = || id.clone();
        let status = MessageStatus::Sent;
        let kinds = [
            EventKind::MessageSent { id: id(), body, status, in_reply_to: None, work: None },
            EventKind::MessageStatusChanged { id: id(), status: MessageStatus::Delivered },
            EventKind::MessageStatusChanged { id: id(), status: MessageStatus::Read },
        ];
        for (i, kind) in (1..).zip(kinds) {
            let event = Event { kind, ..sent.clone() };
            text += haystack(&event).len();
            arrive(&mut feed, 3 * n + i, vec![event]);
        }
    }
    assert_eq!((feed.counts().shown, feed.counts().total), (30_000, 90_000));
    let beside = (feed.ring.bytes().0 - text) / 90_000;
    assert!(beside <= BESIDE_ITS_TEXT, "{beside} bytes a row beside its text");
}

#[test]
fn rows_are_what_they_were_wherever_they_are_kept() {
    let mut feed = LiveFeed::default();
    feed.fit(10);
    feed.pause();
    for seq in 1..=500_u64 {
        arrive(&mut feed, 2 * seq, vec![message(seq), message(seq + 1000)]);
    }
    let is_row = |line: &FeedLine<'_>| matches!(line, FeedLine::Row(..));
    let lines: Vec<_> = feed.view(usize::MAX).filter(is_row).collect();
    let mut at = 0;
    for seq in 1..=500_u64 {
        if seq > 1 {
            let FeedLine::Row(row, _) = &lines[at] else { panic!("no row") };
            let FeedRowKind::Gap { after, next, reason: None } = row.kind else {
                panic!("no gap: {row:?}")
            };
            assert_eq!((after.0, next.0, row.index), (2 * seq - 2, 2 * seq, usize::MAX));
            at += 1;
        }
        for (index, n) in [(0, seq), (1, seq + 1000)] {
            let FeedLine::Row(row, _) = &lines[at] else { panic!("no row") };
            assert_eq!((row.seq.0, row.index, row.event()), (2 * seq, index, Some(&message(n))));
            at += 1;
        }
    }
    assert_eq!(lines.len(), at);
}

/// Data that is binary and cannot be compressed. Its words only say how long it is.
fn picture(n: u64) -> Event {
    let bytes = (0..32 << 10).flat_map(|i| random(n << 20 | i).as_bytes()[..2].to_vec()).collect();
    let values = vec![("photo".to_owned(), DataValue::Bytes(bytes))];
    Event { kind: EventKind::MetadataUpdated { values, over_lease: None }, ..message(n) }
}

#[test]
fn large_rows_are_bounded_before_they_are_packed_and_after_they_are_unpacked() {
    // Given 400 rows of 64 KiB, for which there is room.
    let room = 64 << 20;
    let mut feed = LiveFeed::with_limits(10_000, room);
    feed.fit(10);
    feed.set_depth(Depth::All);
    for n in 1..=400 {
        arrive(&mut feed, n, vec![picture(n)]);
        assert!(feed.ring.bytes().0 <= room);
    }
    assert_eq!(feed.counts().total, 400);
    // When all of them are looked at, then few are remembered, and no row is unpacked for another.
    let is_row = |line: &FeedLine<'_>| matches!(line, FeedLine::Row(..));
    assert_eq!(feed.view(usize::MAX).filter(is_row).count(), 400);
    let (_, remembered) = feed.ring.bytes();
    assert!((1..9 << 20).contains(&remembered), "{remembered} bytes are remembered");
    let FeedLine::Row(row, _) = feed.view(1).last().expect("a line") else { panic!("no row") };
    assert_eq!(row.event(), Some(&picture(400)));
    let past: Vec<_> = (1..=64).flat_map(|n| NewRow::of(entry(n, vec![picture(n)]))).collect();
    let mut ring = FeedRing::default();
    ring.prepend(past);
    assert!(ring.row(ring.first()).is_some());
    assert!(ring.bytes().1 < 1 << 20, "one row is unpacked");
}

#[test]
fn a_filter_that_few_rows_pass_finds_them_in_every_pack() {
    let mut feed = LiveFeed::default();
    feed.pause();
    (1..=1_000).for_each(|n| arrive(&mut feed, n, vec![message(n)]));
    let rare = random(8 * 700)[..5].to_owned();
    feed.set_filter(&rare, Timestamp::ZERO, &jiff::tz::TimeZone::UTC).expect("a filter");
    let wanted: Vec<u64> = (1..=1_000).filter(|n| haystack(&message(*n)).contains(&rare)).collect();
    let found: Vec<u64> = feed
        .view(usize::MAX)
        .filter_map(|line| if let FeedLine::Row(row, _) = line { Some(row.seq.0) } else { None })
        .collect();
    assert_eq!(found, wanted);
    assert!(found.contains(&700));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn whatever_is_packed_comes_back(given in proptest::collection::vec(arbitrary::event(), 1..40)) {
        let rows: Vec<_> = given
            .iter()
            .enumerate()
            .flat_map(|(n, event)| NewRow::of(entry(n as u64, vec![event.clone()])))
            .chain([FeedRow::gap(Seq(90), Seq(95), Some(GapReason::Pruned)).into()])
            .collect();
        let pack = Pack::new(RowPlace::START, rows);
        let mut unpacked = None;
        for (n, event) in given.iter().enumerate().rev() {
            let place = RowPlace::START.plus(n);
            let (row, _) = pack.row(place, &mut unpacked).expect("a row");
            prop_assert_eq!((row.seq.0, row.event()), (n as u64, Some(event)));
            prop_assert_eq!(row.tone, event.tone());
        }
        let place = RowPlace::START.plus(given.len());
        let (gap, _) = pack.row(place, &mut unpacked).expect("a gap");
        let is_it = matches!(gap.kind, FeedRowKind::Gap { after: Seq(90), next: Seq(95), .. });
        prop_assert!(is_it && pack.row(pack.end(), &mut unpacked).is_none());
    }
}

//! What the agent is promised about the feed: nothing is lost in silence, and nothing moves
//! under the cursor.

use super::*;
use crate::model::{
    Actor, Body, Channel, ChannelNumber, CustomerNumber, EntryId, Event, EventKind, Hello,
    MessageStatus,
};
use crate::query::{Asker, Filter};
use std::time::Duration;

mod model;
mod places;
mod search;
mod things;

const AT: Timestamp = Timestamp::from_secs(1_700_000_000);

fn event(seq: u64, name: &str, text: &str) -> Event {
    Event {
        at: AT.after(Duration::from_secs(seq)),
        customer: Some(format!("el_cst_{name}").into()),
        app: None,
        actor: Actor::Customer,
        number: Some(CustomerNumber::telco("+254712345678")),
        channel: Some(ChannelNumber::new(Channel::Sms, "40404")),
        name: Some(name.into()),
        kind: EventKind::MessageReceived {
            id: format!("el_msg_{seq}").into(),
            body: Body { text: Some(text.into()), ..Body::default() },
        },
    }
}

fn failed(seq: u64, name: &str) -> Event {
    let kind = EventKind::MessageStatusChanged {
        id: format!("el_msg_{seq}").into(),
        status: MessageStatus::NoConsent,
    };
    Event { kind, ..event(seq, name, "") }
}

fn entry_of(seq: u64, events: Vec<Event>) -> Arc<Entry> {
    Arc::new(Entry {
        org: "acme".into(),
        seq: Seq(seq),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at: AT,
        events,
        call: None,
    })
}

fn entry(seq: u64) -> Arc<Entry> {
    entry_of(seq, vec![event(seq, if seq.is_multiple_of(2) { "Amina" } else { "Juma" }, "habari")])
}

fn feed(seqs: std::ops::RangeInclusive<u64>) -> LiveFeed {
    let mut feed = LiveFeed::default();
    feed.fit(10);
    feed.event(FeedEvent::up(Hello { head: Seq(*seqs.end()), ..Hello::default() }), AT);
    seqs.for_each(|seq| arrive(&mut feed, seq));
    feed
}

fn arrive(feed: &mut LiveFeed, seq: u64) {
    feed.event(FeedEvent::Entry(entry(seq)), AT);
}

fn filter(feed: &mut LiveFeed, text: &str) {
    feed.set_filter(text, AT, &TimeZone::UTC).expect("a filter");
}

/// The places of the rows in view; 0 stands for the line `older`.
fn seen(feed: &LiveFeed) -> Vec<u64> {
    let seq = |line| match line {
        FeedLine::Row(row, _) => Some(row.seq.0),
        FeedLine::Older(_) | FeedLine::Search(_) => Some(0),
        FeedLine::Day(_) | FeedLine::Between(..) => None,
    };
    feed.view(10).filter_map(seq).collect()
}

fn selected(feed: &LiveFeed) -> Option<u64> {
    feed.selected().map(|row| row.seq.0)
}

fn page(seqs: impl Iterator<Item = u64>, more: bool) -> HistoryPage {
    HistoryPage { entries: seqs.map(entry).collect(), more, unread: 0 }
}

#[test]
fn it_follows_and_selects_once_it_has_caught_up_and_never_moves_the_selection() {
    let mut feed = feed(1..=100);
    assert_eq!(feed.mode(), Mode::Follow);
    assert_eq!(seen(&feed), (91..=100).collect::<Vec<_>>());
    assert_eq!(selected(&feed), Some(100));
    arrive(&mut feed, 101);
    assert_eq!(selected(&feed), Some(100));
    assert_eq!(seen(&feed).last(), Some(&101));
}

#[test]
fn a_move_holds_the_view_and_bottom_follows_again() {
    let mut feed = feed(1..=100);
    feed.move_by(-1);
    assert_eq!((feed.mode(), selected(&feed)), (Mode::Hold, Some(99)));
    let before = seen(&feed);
    for seq in 101..=112 {
        arrive(&mut feed, seq);
    }
    assert_eq!(seen(&feed), before);
    assert_eq!(feed.counts().new, 12);
    assert_eq!(selected(&feed), Some(99));
    feed.move_by(3);
    assert_eq!((selected(&feed), feed.counts().new), (Some(102), 10));
    feed.bottom();
    assert_eq!((feed.mode(), selected(&feed), feed.counts().new), (Mode::Follow, Some(112), 0));
}

#[test]
fn a_selection_out_of_view_is_left_for_the_last_row_in_view() {
    let mut feed = feed(1..=100);
    for seq in 101..=150 {
        arrive(&mut feed, seq);
    }
    assert_eq!(selected(&feed), Some(100));
    feed.move_by(-1);
    assert_eq!(selected(&feed), Some(150));
}

#[test]
fn only_pause_and_follow_end_a_pause() {
    let mut feed = feed(1..=100);
    feed.pause();
    let before = seen(&feed);
    arrive(&mut feed, 101);
    assert_eq!((seen(&feed), feed.counts().new), (before, 1));
    feed.bottom();
    assert_eq!((feed.mode(), selected(&feed)), (Mode::Paused, Some(101)));
    feed.move_by(-2);
    assert_eq!(feed.mode(), Mode::Paused);
    feed.pause();
    assert_eq!(feed.mode(), Mode::Follow);
    feed.pause();
    feed.follow();
    assert_eq!(feed.mode(), Mode::Follow);
}

#[test]
fn a_reconnect_without_loss_shows_nothing_and_loss_shows_a_row() {
    let mut feed = feed(1..=812);
    let error = ClientError::Unavailable("restart".into());
    feed.event(FeedEvent::Down { error, attempt: 1, retry_in: None }, AT);
    feed.event(FeedEvent::up(Hello::default()), AT);
    arrive(&mut feed, 812);
    arrive(&mut feed, 813);
    assert_eq!(feed.counts().total, 813);
    assert_eq!(seen(&feed), (804..=813).collect::<Vec<_>>());
    let reason = GapReason::Pruned;
    feed.event(FeedEvent::Gap { after: Seq(813), next: Seq(841), reason }, AT);
    arrive(&mut feed, 841);
    filter(&mut feed, "nobody says this");
    assert_eq!(seen(&feed), [0, 813], "a gap shows whatever the filter");
    assert_eq!((feed.counts().shown, feed.counts().problems), (0, 1));
    // The same holds for a gap that nobody announced.
    arrive(&mut feed, 850);
    assert_eq!(seen(&feed), [0, 813, 841]);
}

#[test]
fn the_filter_hides_and_keeps_the_selection_on_its_event() {
    let mut feed = feed(1..=100);
    feed.move_by(-4);
    assert_eq!(selected(&feed), Some(96));
    filter(&mut feed, "juma");
    assert_eq!((feed.counts().shown, feed.counts().total), (50, 100));
    assert_eq!(selected(&feed), Some(95));
    filter(&mut feed, "");
    assert_eq!(selected(&feed), Some(96), "it comes back");
    filter(&mut feed, "AMINA habari");
    assert_eq!(selected(&feed), Some(96));
    arrive(&mut feed, 101);
    arrive(&mut feed, 102);
    assert_eq!((feed.counts().shown, feed.counts().total), (51, 102));
    filter(&mut feed, "nobody");
    assert_eq!((selected(&feed), feed.filter_text()), (None, "nobody"));
}

#[test]
fn refiltering_in_slices_gives_what_one_pass_gives_while_rows_come_and_go() {
    let mut feed = LiveFeed::with_limits(6_000, usize::MAX / 2);
    for seq in 1..=6_000 {
        arrive(&mut feed, seq);
    }
    filter(&mut feed, "juma");
    let mut turns = 0;
    while !feed.refilter_slice(100) {
        turns += 1;
        arrive(&mut feed, 6_000 + turns);
    }
    assert!(turns > 10);
    assert_eq!((feed.counts().shown, feed.counts().total), (3_000, 6_000));
    feed.top();
    let first = selected(&feed).expect("a row");
    assert!(first > turns && !first.is_multiple_of(2));
}

#[test]
fn scrolling_to_the_top_asks_for_history_once_and_moves_nothing() {
    let mut feed = feed(101..=200);
    assert_eq!(feed.wants_history(), None);
    feed.top();
    assert_eq!(selected(&feed), Some(101));
    assert_eq!(seen(&feed)[..2], [0, 101]);
    assert_eq!(feed.wants_history(), Some(Seq(101)));
    assert_eq!((feed.wants_history(), feed.older()), (None, &Older::Asked(Seq(101))));
    feed.past(Seq(77), Ok(page((1..77).rev(), false)));
    feed.past(Seq(101), Ok(page((51..=100).rev(), true)));
    assert_eq!((feed.counts().total, selected(&feed)), (150, Some(101)));
    assert_eq!(seen(&feed)[..2], [100, 101]);
    feed.page(-9);
    assert_eq!(feed.wants_history(), Some(Seq(51)));
    feed.past(Seq(51), Err(ClientError::Unavailable("busy".into())));
    assert!(matches!(feed.older(), Older::Failed(words) if words.contains("busy")));
    feed.move_by(-1);
    assert_eq!(feed.wants_history(), Some(Seq(51)));
    feed.past(Seq(51), Ok(page((1..=50).rev(), false)));
    feed.top();
    assert_eq!((feed.wants_history(), feed.older()), (None, &Older::Beginning));
    assert_eq!(selected(&feed), Some(1));
}

#[test]
fn what_the_index_has_not_read_is_asked_for_again_and_what_it_has_read_is_taken() {
    let unread = |seqs: std::ops::RangeInclusive<u64>, unread| {
        Ok(HistoryPage { unread, ..page(seqs.rev(), true) })
    };
    let mut feed = feed(101..=200);
    feed.top();
    assert_eq!(feed.wants_history(), Some(Seq(101)));
    // Given an index that has read nothing of it, then that is said, and the next move asks again.
    feed.past(Seq(101), Ok(HistoryPage { entries: Vec::new(), more: false, unread: 70 }));
    assert_eq!((feed.counts().total, feed.older()), (100, &Older::Unread(70)));
    assert_eq!(feed.wants_history(), None, "nobody has moved");
    feed.move_by(-1);
    assert_eq!(feed.wants_history(), Some(Seq(101)));
    // What it has read is taken, however much is unread.
    feed.past(Seq(101), unread(51..=100, 7));
    assert_eq!((feed.counts().total, feed.older()), (150, &Older::More));
    assert_eq!(selected(&feed), Some(101));
}

#[test]
fn a_page_that_does_not_join_on_is_not_taken() {
    let mut feed = LiveFeed::with_limits(100, BYTES);
    feed.fit(10);
    (101..=200).for_each(|seq| arrive(&mut feed, seq));
    feed.top();
    assert_eq!(feed.wants_history(), Some(Seq(101)));
    feed.follow();
    arrive(&mut feed, 201);
    feed.past(Seq(101), Ok(page((51..=100).rev(), true)));
    assert_eq!((feed.counts().total, feed.older()), (100, &Older::More));
}

#[test]
fn the_ring_is_bounded_lets_whole_entries_go_and_says_so_of_the_selection() {
    let mut feed = LiveFeed::with_limits(100, BYTES);
    feed.fit(10);
    arrive(&mut feed, 1);
    assert_eq!(selected(&feed), Some(1));
    for seq in 2..=101 {
        let events = vec![event(seq, "Amina", "a"), event(seq, "Amina", "b")];
        feed.event(FeedEvent::Entry(entry_of(seq, events)), AT);
    }
    assert_eq!((feed.counts().total, selected(&feed)), (100, None));
    assert!(feed.lost_selection());
    feed.top();
    assert_eq!(feed.selected().map(|row| (row.seq.0, row.index)), Some((52, 0)));
    assert!(!feed.lost_selection());
    // What is in view is not let go while the agent looks back.
    for seq in 102..=140 {
        arrive(&mut feed, seq);
    }
    assert_eq!((feed.counts().total, selected(&feed)), (139, Some(52)));
    let big = "x".repeat(1 << 20);
    let mut feed = LiveFeed::with_limits(100, 8 << 20);
    for seq in 1..=50 {
        feed.event(FeedEvent::Entry(entry_of(seq, vec![event(seq, "Amina", &big)])), AT);
    }
    let total = feed.counts().total;
    assert!((4..=8).contains(&total), "{total} rows of a MiB of words in 8 MiB");
    feed.top();
    assert_eq!(selected(&feed), Some(51 - u64::try_from(total).expect("few")), "the newest stay");
}

#[test]
fn problems_are_counted_outside_the_filter_and_reached_inside() {
    let mut feed = feed(1..=20);
    feed.event(FeedEvent::Entry(entry_of(21, vec![failed(21, "Otieno")])), AT);
    feed.event(FeedEvent::Entry(entry_of(22, vec![failed(22, "Wanjiru")])), AT);
    arrive(&mut feed, 23);
    assert_eq!(feed.counts().problems, 2);
    feed.bottom();
    assert!(feed.next_problem(false));
    assert_eq!(selected(&feed), Some(22));
    assert!(feed.next_problem(false));
    assert_eq!(selected(&feed), Some(21));
    assert!(!feed.next_problem(false));
    assert!(feed.next_problem(true));
    filter(&mut feed, "otieno");
    assert_eq!((feed.counts().shown, feed.counts().problems), (1, 2));
}

#[test]
fn what_arrives_while_nobody_looks_is_unread_until_the_bottom_is_seen() {
    let mut feed = feed(1..=20);
    assert_eq!(feed.counts().unread, 0);
    feed.looking(false);
    arrive(&mut feed, 21);
    arrive(&mut feed, 22);
    assert_eq!(feed.counts().unread, 2);
    feed.looking(true);
    assert_eq!(feed.counts().unread, 0);
    feed.move_by(-1);
    arrive(&mut feed, 23);
    assert_eq!(feed.counts().unread, 1);
    feed.bottom();
    assert_eq!(feed.counts().unread, 0);
}

#[test]
fn a_click_selects_the_row_under_it() {
    let mut feed = feed(101..=200);
    assert!(feed.select_at(4, 11));
    assert_eq!((selected(&feed), feed.mode()), (Some(194), Mode::Hold));
    feed.top();
    assert!(!feed.select_at(1, 11), "the line `older`");
    assert_eq!(feed.wants_history(), Some(Seq(101)));
}

#[test]
fn pages_move_by_what_is_in_view() {
    let mut feed = feed(1..=100);
    feed.page(-1);
    assert_eq!(selected(&feed), Some(91));
    feed.page(-1);
    assert_eq!((selected(&feed), seen(&feed)[0]), (Some(82), 82));
    feed.page(1);
    assert_eq!(selected(&feed), Some(91));
    feed.fit(3);
    assert!(feed.view(3).any(|line| matches!(line, FeedLine::Row(_, true))));
}

#[test]
fn nothing_happens_to_an_empty_feed() {
    let mut feed = LiveFeed::default();
    for rows in [-1, 1, -10, 10] {
        feed.move_by(rows);
    }
    feed.top();
    feed.bottom();
    feed.pause();
    filter(&mut feed, "x");
    assert!(!feed.next_problem(true) && !feed.select_at(5, 9) && feed.selected().is_none());
    assert_eq!(feed.wants_history(), None);
    assert_eq!((feed.counts(), feed.view(0).count()), (Counts::default(), 0));
    feed.fit(0);
    feed.event(
        FeedEvent::Bookmark {
            seq: Seq(9),
            head: Seq(9),
            cannot_write: None,
            waiting: None,
            down: Vec::new(),
        },
        AT,
    );
    arrive(&mut feed, 10);
    assert_eq!(feed.counts().total, 1);
}

#[test]
fn what_arrives_below_the_view_is_told_from_what_comes_into_it() {
    let mut short = feed(1..=5);
    short.move_by(-1);
    assert!(!short.hides_new(), "there is room below the last row");
    let mut feed = feed(1..=100);
    assert!(!feed.hides_new(), "it follows");
    feed.move_by(-1);
    assert!(feed.hides_new());
    let before = seen(&feed);
    arrive(&mut feed, 101);
    assert_eq!((seen(&feed), feed.counts().new), (before, 1));
}

#[test]
fn a_view_that_a_filter_or_a_larger_pane_moved_up_stays_there() {
    // Given a view that holds on the newest rows, of which the filter leaves fewer below its top.
    let mut feed = feed(1..=100);
    feed.move_by(-1);
    filter(&mut feed, "amina");
    let before = seen(&feed);
    assert_eq!(before, (82..=100).step_by(2).collect::<Vec<_>>());
    // When more rows arrive that it shows, then they are below the view.
    (101..=120).for_each(|seq| arrive(&mut feed, seq));
    assert_eq!((seen(&feed), feed.counts().new), (before, 10));
    filter(&mut feed, "");
    feed.fit(3);
    feed.bottom();
    feed.move_by(-1);
    feed.fit(10);
    let before = seen(&feed);
    arrive(&mut feed, 121);
    assert_eq!(seen(&feed), before);
}

//! What the hub finds under a filter stands above the loaded rows and is told from them (R-FEED-5).

use super::*;
use crate::model::client::{AskedFilter, SearchedPage};
use proptest::prelude::*;

fn piece(to: u64, found: &[u64]) -> SearchedPage {
    let entries = found.iter().rev().map(|seq| entry(*seq)).collect();
    SearchedPage { entries, searched_to: Seq(to), searched_at: AT, unread: 0 }
}

fn wanted(feed: &mut LiveFeed) -> Option<u64> {
    Some(feed.wants_search()?.0.0)
}

fn answer(feed: &mut LiveFeed, before: u64, page: SearchedPage) {
    let asked = Asker::utc(AT).asks(feed.filter_text());
    feed.searched(Seq(before), &asked, Ok(page));
}

fn step(feed: &LiveFeed) -> Option<&SearchStep> {
    Some(feed.search()?.step())
}

#[test]
fn a_full_screen_is_not_searched_for_more_until_the_agent_scrolls_up() {
    let mut feed = feed(101..=200);
    filter(&mut feed, "juma");
    feed.seek();
    assert_eq!(wanted(&mut feed), None);
    feed.top();
    assert_eq!((feed.wants_history(), wanted(&mut feed)), (None, Some(101)));
    // Rows that were found come before the loaded ones, whatever lies between, and move nothing.
    answer(&mut feed, 101, piece(5, &[7, 33]));
    assert_eq!((selected(&feed), feed.found()), (Some(101), 2));
    assert_eq!(wanted(&mut feed), Some(5), "that were few");
    feed.move_by(-1);
    assert_eq!(selected(&feed), Some(33));
    feed.top();
    assert_eq!((selected(&feed), seen(&feed)[..4].to_vec()), (Some(7), vec![0, 7, 33, 101]));
    answer(&mut feed, 5, piece(1, &[1, 3]));
    assert_eq!(step(&feed), Some(&SearchStep::Over));
    feed.top();
    assert_eq!((selected(&feed), feed.wants_history(), wanted(&mut feed)), (Some(1), None, None));
    // They go with their filter, and the selection with them.
    filter(&mut feed, "amina");
    assert_eq!((feed.found(), selected(&feed)), (0, None));
    assert!(feed.lost_selection() && feed.search().is_none());
}

#[test]
fn an_answer_to_another_question_is_not_taken() {
    let mut feed = feed(101..=200);
    filter(&mut feed, "nobody");
    feed.seek();
    assert_eq!(wanted(&mut feed), Some(101));
    answer(&mut feed, 90, piece(5, &[7]));
    let other = AskedFilter { text: "juma".into(), ..Asker::utc(AT).asks("nobody") };
    feed.searched(Seq(101), &other, Ok(piece(5, &[7])));
    assert_eq!(step(&feed), Some(&SearchStep::Asked));
    // A hub that knows no filters answers with everything, and the rows are asked here again.
    answer(&mut feed, 101, piece(90, &(90..=100).collect::<Vec<_>>()));
    assert_eq!((feed.found(), step(&feed)), (0, Some(&SearchStep::Due)));
}

#[test]
fn why_a_search_does_not_go_on_is_known() {
    let mut feed = feed(101..=200);
    filter(&mut feed, "nobody");
    feed.seek();
    assert_eq!(wanted(&mut feed), Some(101));
    answer(&mut feed, 101, SearchedPage { unread: 9, ..piece(101, &[]) });
    assert_eq!(step(&feed), Some(&SearchStep::Unread(9)));
    feed.move_by(-1);
    assert_eq!((feed.wants_history(), wanted(&mut feed)), (None, Some(101)));
    feed.searched(
        Seq(101),
        &Asker::utc(AT).asks("nobody"),
        Err(ClientError::Unavailable("restarting".into())),
    );
    assert!(matches!(step(&feed), Some(SearchStep::Failed(why)) if why.contains("restarting")));
    feed.event(FeedEvent::up(Hello::default()), AT);
    assert_eq!(wanted(&mut feed), Some(101));
    assert!(feed.stop_search() && !feed.stop_search());
    assert_eq!(step(&feed), Some(&SearchStep::Resting));
    // What is older is of another log now.
    let reason = GapReason::Foreign;
    feed.event(FeedEvent::Gap { after: Seq(200), next: Seq(1), reason }, AT);
    feed.seek();
    assert_eq!(step(&feed), None);
}

#[test]
fn what_was_found_goes_when_the_loaded_rows_begin_elsewhere() {
    let mut feed = LiveFeed::with_limits(100, BYTES);
    feed.fit(10);
    (101..=200).for_each(|seq| arrive(&mut feed, seq));
    filter(&mut feed, "nobody");
    feed.seek();
    assert_eq!(wanted(&mut feed), Some(101));
    answer(&mut feed, 101, piece(50, &[]));
    // More are kept meanwhile, so that what was found does not go at once.
    (201..=300).for_each(|seq| arrive(&mut feed, seq));
    assert!(feed.search().is_some());
    arrive(&mut feed, 301);
    assert!(feed.search().is_none());
}

#[test]
fn r_console_2_what_stands_in_for_a_row_that_goes_is_not_chosen() {
    let mut feed = LiveFeed::with_limits(100, BYTES);
    feed.fit(10);
    (101..=200).for_each(|seq| arrive(&mut feed, seq));
    feed.top();
    feed.follow();
    assert_eq!(selected(&feed), Some(101));
    filter(&mut feed, "amina");
    assert!(feed.hides_selection() && selected(&feed) == Some(102));
    arrive(&mut feed, 201);
    assert!(feed.lost_selection() && !feed.hides_selection());
    assert_eq!(selected(&feed), None);
}

/// An event of a time of its own, so that days begin between rows.
fn timed(seq: u64, word: &str) -> Arc<Entry> {
    let at = AT.after(Duration::from_hours(seq * 5));
    entry_of(seq, vec![Event { at, ..event(seq, "Amina", word) }])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_is_found_and_what_is_loaded_are_all_that_matches(
        words in prop::collection::vec(prop::sample::select(vec!["parcel", "refund"]), 2..160),
        loaded in 1..80_usize,
        pages in prop::collection::vec(1..40_u64, 1..60),
        depth in prop::sample::select(vec![Depth::Talk, Depth::All]),
    ) {
        let last = words.len() as u64;
        let first = last.saturating_sub(loaded as u64).max(2);
        let word = |seq: u64| words[usize::try_from(seq).expect("few") - 1];
        let seqs = |from: u64, to: u64| (from..to).filter(|seq| word(*seq) == "parcel");
        let mut feed = LiveFeed::default();
        feed.fit(7);
        feed.set_depth(depth);
        for seq in first..=last {
            feed.event(FeedEvent::Entry(timed(seq, word(seq))), AT);
        }
        filter(&mut feed, "parcel");
        feed.top();
        prop_assert_eq!(feed.wants_history(), None);
        let mut sizes = pages.iter().cycle();
        while step(&feed) != Some(&SearchStep::Over) {
            let Some(before) = wanted(&mut feed) else {
                feed.top();
                prop_assert_eq!(feed.wants_history(), None);
                continue;
            };
            let to = before.saturating_sub(*sizes.next().expect("endless")).max(1);
            let entries = seqs(to, before).collect::<Vec<_>>().into_iter().rev();
            let entries = entries.map(|seq| timed(seq, "parcel")).collect();
            answer(&mut feed, before, SearchedPage { entries, ..piece(to, &[]) });
        }
        feed.top();
        let (mut rows, mut days, mut date) = (Vec::new(), Vec::new(), None);
        for line in feed.view(usize::MAX) {
            match line {
                FeedLine::Row(row, _) => {
                    let at = row.event().expect("no gap").at.in_zone(&TimeZone::UTC).expect("a date");
                    if date.replace(at.date()).is_some_and(|before| before != at.date()) {
                        days.push(at.date());
                    }
                    rows.push(row.seq.0);
                }
                FeedLine::Day(day) => {
                    prop_assert!(date.is_none_or(|before| before != day));
                    prop_assert!(days.last() != Some(&day), "a day line twice");
                }
                FeedLine::Older(_) | FeedLine::Search(_) | FeedLine::Between(..) => {}
            }
        }
        prop_assert_eq!(&rows, &seqs(1, last + 1).collect::<Vec<_>>());
        // The selection is in view wherever it goes, and no line is too many.
        for _ in 0..rows.len() + 3 {
            feed.move_by(1);
            prop_assert!(rows.is_empty() || feed.view(7).any(|line| matches!(line, FeedLine::Row(_, true))));
            prop_assert!(feed.view(7).count() <= 7);
        }
        for _ in 0..rows.len() + 3 {
            feed.move_by(-1);
            prop_assert!(rows.is_empty() || feed.view(7).any(|line| matches!(line, FeedLine::Row(_, true))));
        }
    }
}

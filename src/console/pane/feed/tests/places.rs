//! A time is gone to, wherever in the log it lies; marked rows are found again.

use super::*;
use crate::{
    console::kept::KeptChange,
    model::client::{AskedFilter, PastMoment, SearchedPage},
};

fn second(seq: u64) -> Timestamp {
    AT.after(Duration::from_secs(seq))
}

#[test]
fn a_time_among_the_loaded_rows_is_gone_to_at_once() {
    let mut feed = feed(101..=200);
    assert_eq!(feed.go_to(second(150)), WentTo::There);
    assert_eq!((selected(&feed), feed.mode(), feed.going_to()), (Some(150), Mode::Hold, None));
    // Between two rows it is the later one, and behind the last it is the last.
    assert_eq!(feed.go_to(AT.after(Duration::from_millis(150_500))), WentTo::There);
    assert_eq!(selected(&feed), Some(151));
    feed.go_to(second(999));
    assert_eq!(selected(&feed), Some(200));
    // A filter stays in force, and the next row that it shows is selected.
    filter(&mut feed, "juma");
    feed.go_to(second(150));
    assert!(!feed.filter().is_off());
    assert!(selected(&feed).is_some_and(|seq| (150..=153).contains(&seq)), "{:?}", selected(&feed));
}

/// Entries from one place up to another, as a hub answers with `searched_to`, the oldest first.
fn onward(seqs: std::ops::RangeInclusive<u64>) -> SearchedPage {
    let searched_to = Seq(*seqs.end());
    SearchedPage { entries: seqs.map(entry).collect(), searched_to, searched_at: AT, unread: 0 }
}

fn older(seqs: std::ops::RangeInclusive<u64>) -> SearchedPage {
    let searched_to = Seq(*seqs.start());
    SearchedPage {
        entries: seqs.rev().map(entry).collect(),
        searched_to,
        searched_at: AT,
        unread: 0,
    }
}

fn place(seq: u64) -> PastMoment {
    PastMoment::Time(second(seq))
}

/// Goes to the time of an entry that is not loaded, of which the hub says this.
fn goes(feed: &mut LiveFeed, seq: u64, page: SearchedPage) {
    assert_eq!(feed.go_to(second(seq)), WentTo::Loading);
    let (moment, filter) = feed.wants_place().expect("a question");
    assert_eq!((moment, feed.wants_place(), feed.mode()), (place(seq), None, Mode::Hold));
    let arrived = feed.placed(moment, &filter, Ok((Seq(seq), page))).expect("it is placed");
    assert!(arrived.is_none_or(|at| at == second(seq)), "{arrived:?}");
}

/// R-CONSOLE-19: the rows around a time, and both ways from there.
#[test]
fn r_console_19_the_feed_stands_at_a_time_and_loads_both_ways() {
    let mut feed = feed(901..=1_000);
    goes(&mut feed, 400, onward(400..=419));
    assert_eq!((selected(&feed), feed.mode(), feed.going_to()), (Some(400), Mode::Hold, None));
    assert_eq!(feed.between(), Some(901 - 420));
    // What is older comes at once, so that there is something above.
    let (before, filter) = feed.wants_search().expect("older rows");
    assert_eq!((before, feed.wants_history()), (Seq(400), None));
    feed.searched(before, &filter, Ok(older(300..=399)));
    assert_eq!((selected(&feed), feed.wants_search(), feed.wants_newer()), (Some(400), None, None));
    // The line below the last row says how many lie between, and nobody moves over them.
    feed.move_by(15);
    assert_eq!((selected(&feed), feed.wants_newer()), (Some(415), None));
    feed.page(3);
    assert_eq!(selected(&feed), Some(419));
    let gap = |feed: &LiveFeed| {
        feed.view(10)
            .filter_map(|line| match line {
                FeedLine::Between(entries, _) => Some(entries),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(gap(&feed), [481]);
    let (after, filter) = feed.wants_newer().expect("newer rows");
    assert_eq!((after, feed.wants_newer()), (Seq(419), None));
    arrive(&mut feed, 1_001);
    feed.came_newer(after, &filter, Ok(onward(420..=619)));
    assert_eq!((selected(&feed), feed.between(), feed.counts().new), (Some(419), Some(281), 1));
    feed.move_by(1);
    assert_eq!((selected(&feed), gap(&feed)), (Some(420), vec![]));
    // They meet what is loaded, and nothing is twice or missing.
    for _ in 0..40 {
        feed.page(10);
        if let Some((after, filter)) = feed.wants_newer() {
            let to = (after.0 + 200).min(1_001);
            feed.came_newer(after, &filter, Ok(onward(after.0 + 1..=to)));
        }
    }
    assert_eq!((feed.between(), selected(&feed)), (None, Some(1_001)));
    feed.top();
    let mut all = vec![selected(&feed).expect("a row")];
    for _ in 301..=1_001 {
        feed.move_by(1);
        all.push(selected(&feed).expect("a row"));
    }
    assert_eq!(all, (300..=1_001).collect::<Vec<_>>());
    // Whoever follows again lets them go.
    feed.bottom();
    assert_eq!((feed.mode(), feed.found(), feed.between()), (Mode::Follow, 0, None));
}

#[test]
fn r_console_19_a_log_of_millions_costs_two_questions() {
    let mut feed = feed(4_999_901..=5_000_000);
    goes(&mut feed, 1_000_000, onward(1_000_000..=1_000_199));
    let (before, filter) = feed.wants_search().expect("older rows");
    feed.searched(before, &filter, Ok(older(999_800..=999_999)));
    assert_eq!((selected(&feed), feed.between()), (Some(1_000_000), Some(3_999_701)));
    assert_eq!((feed.wants_search(), feed.wants_newer(), feed.wants_place()), (None, None, None));
}

#[test]
fn r_console_19_what_is_let_go_on_the_way_can_be_loaded_again() {
    let mut feed = LiveFeed::with_limits(100, BYTES);
    feed.fit(10);
    (901..=1_000).for_each(|seq| arrive(&mut feed, seq));
    goes(&mut feed, 400, onward(400..=449));
    for step in 0..3 {
        feed.move_by(60);
        let (after, filter) = feed.wants_newer().unwrap_or_else(|| panic!("newer rows {step}"));
        feed.came_newer(after, &filter, Ok(onward(after.0 + 1..=after.0 + 60)));
    }
    assert!(feed.found() <= 100 && feed.between() == Some(901 - 630), "{:?}", feed.between());
    feed.top();
    assert_eq!(
        (feed.wants_history(), feed.wants_search().map(|(before, _)| before)),
        (None, Some(Seq(530)))
    );
    // The loaded rows that go meanwhile are counted among those that lie between.
    (1_001..=1_200).for_each(|seq| arrive(&mut feed, seq));
    assert_eq!(feed.between(), Some(1_001 - 630));
}

#[test]
fn r_console_19_under_a_filter_only_what_matches_comes_and_another_filter_is_asked_anew() {
    let mut feed = feed(901..=1_000);
    filter(&mut feed, "juma");
    let (moment, asked) = {
        assert_eq!(feed.go_to(second(400)), WentTo::Loading);
        feed.wants_place().expect("a question")
    };
    assert_eq!(asked.text, "juma");
    // The filter was changed meanwhile, so that the answer is to another question.
    filter(&mut feed, "amina");
    assert_eq!(feed.placed(moment, &asked, Ok((Seq(400), onward(400..=410)))), Ok(None));
    assert_eq!(feed.found(), 0);
    let (moment, asked) = feed.wants_place().expect("the same time again");
    let page = SearchedPage { entries: Vec::new(), searched_to: Seq(450), ..onward(1..=1) };
    assert_eq!(feed.placed(moment, &asked, Ok((Seq(400), page))), Ok(None));
    assert!(feed.going_to().is_some(), "nothing that matches has come yet");
    let (after, asked) = feed.wants_newer().expect("the search goes on by itself");
    assert_eq!(after, Seq(450));
    let matching: Vec<u64> = (451..=460).filter(|seq| seq % 3 == 0).collect();
    let page = SearchedPage {
        entries: (451..=460).map(entry).collect(),
        searched_to: Seq(460),
        ..onward(1..=1)
    };
    feed.came_newer(after, &asked, Ok(page));
    assert_eq!((feed.going_to(), feed.mode()), (None, Mode::Hold));
    assert!(selected(&feed).is_some_and(|seq| seq >= 451), "{matching:?}");
    // Without the filter there would be rows that nobody has searched.
    feed.clear_filter();
    assert_eq!((feed.found(), feed.between()), (0, None));
}

#[test]
fn r_console_19_rows_that_are_all_there_stay_when_a_filter_is_set() {
    let mut feed = feed(901..=1_000);
    goes(&mut feed, 400, onward(400..=449));
    filter(&mut feed, "juma");
    assert!((1..50).contains(&feed.found()), "{}", feed.found());
    feed.clear_filter();
    assert_eq!((feed.found(), feed.between()), (50, Some(451)));
    feed.set_depth(Depth::Talk);
    assert_eq!((feed.found(), feed.between()), (50, Some(451)));
}

#[test]
fn why_a_time_cannot_be_gone_to_is_known() {
    let mut feed = feed(101..=200);
    assert_eq!(feed.go_to(second(2)), WentTo::Loading);
    assert!(feed.stop_going() && !feed.stop_going());
    assert_eq!((feed.wants_place(), feed.going_to()), (None, None));
    assert_eq!(feed.go_to(second(2)), WentTo::Loading);
    let (moment, asked) = feed.wants_place().expect("a question");
    let why = feed.placed(moment, &asked, Err(ClientError::Unavailable("busy".into())));
    assert!(why.unwrap_err().contains("busy") && feed.going_to().is_none());
    // The hub restarts while it is asked.
    assert_eq!(feed.go_to(second(2)), WentTo::Loading);
    assert!(feed.wants_place().is_some());
    feed.event(FeedEvent::up(Hello::default()), AT);
    assert_eq!(feed.wants_place().map(|(moment, _)| moment), Some(place(2)));
    // The log begins later than the time: it stands at its first entry.
    assert_eq!(
        feed.placed(place(2), &AskedFilter::default(), Ok((Seq(1), onward(1..=20)))),
        Ok(Some(second(2)))
    );
    assert_eq!((selected(&feed), feed.wants_search()), (Some(1), None), "nothing is older");
    // A clock was set back: the place is among the loaded rows.
    let mut feed = self::feed(101..=200);
    goes(&mut feed, 50, onward(50..=60));
    assert_eq!(feed.go_to(second(2)), WentTo::Loading);
    let (moment, asked) = feed.wants_place().expect("a question");
    let arrived = feed.placed(moment, &asked, Ok((Seq(150), onward(150..=160))));
    assert_eq!(arrived, Ok(Some(second(2))));
    assert_eq!((selected(&feed), feed.going_to()), (Some(150), None));
    let mut feed = self::feed(1..=20);
    assert_eq!(feed.go_to(AT), WentTo::NotKept);
    assert_eq!(selected(&feed), Some(1));
}

#[test]
fn marked_rows_are_found_again_whatever_comes_and_goes() {
    let mut feed = LiveFeed::with_limits(100, BYTES);
    feed.fit(10);
    (101..=200).for_each(|seq| arrive(&mut feed, seq));
    assert_eq!(LiveFeed::default().mark_row(), None, "nothing is selected");
    feed.top();
    for _ in 0..3 {
        assert!(matches!(feed.mark_row(), Some(KeptChange::Marked(_))));
        feed.move_by(30);
    }
    let marks: Vec<_> = feed.bookmarks().to_vec();
    assert_eq!(marks.iter().map(|mark| mark.seq.0).collect::<Vec<_>>(), [101, 131, 161]);
    feed.go_to_mark(&marks[1]);
    let row = feed.selected().expect("a row");
    assert!(feed.is_marked(&row));
    let other = FeedRow { seq: Seq(132), ..row };
    assert!(!feed.is_marked(&other));
    assert_eq!((feed.go_to_mark(&marks[1]), selected(&feed)), (WentTo::There, Some(131)));
    filter(&mut feed, "amina");
    assert_eq!(feed.go_to_mark(&marks[2]), WentTo::Hidden);
    feed.clear_filter();
    feed.bottom();
    (201..=240).for_each(|seq| arrive(&mut feed, seq));
    assert_eq!(feed.go_to_mark(&marks[0]), WentTo::Loading);
    let asked = feed.wants_place();
    assert_eq!(asked.map(|(moment, _)| moment), Some(PastMoment::Place(Seq(101))));
    assert!(feed.stop_going());
    assert_eq!((feed.go_to_mark(&marks[2]), selected(&feed)), (WentTo::There, Some(161)));
    assert_eq!(feed.mark_row(), Some(KeptChange::Unmarked(Seq(161), 0)));
    assert_eq!(feed.bookmarks().len(), 2);
}

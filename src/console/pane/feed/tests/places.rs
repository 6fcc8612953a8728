//! A time is gone to, and what lies between is loaded; marked rows are found again.

use super::*;

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
    // A filter is switched off: under one, what lies around is not there.
    filter(&mut feed, "juma");
    feed.go_to(second(150));
    assert_eq!((selected(&feed), feed.filter().is_off()), (Some(150), true));
}

#[test]
fn what_lies_before_the_oldest_row_is_loaded_a_page_at_a_time() {
    let mut feed = feed(101..=200);
    assert_eq!(feed.go_to(second(40)), WentTo::Loading);
    assert_eq!((feed.wants_history(), feed.wants_history()), (Some(Seq(101)), None));
    arrive(&mut feed, 201);
    feed.past(Seq(101), Ok(page((71..=100).rev(), true)));
    assert_eq!((feed.going_to(), feed.wants_history()), (Some(second(40)), Some(Seq(71))));
    feed.past(Seq(71), Ok(page((21..=70).rev(), true)));
    assert_eq!((selected(&feed), feed.going_to(), feed.wants_history()), (Some(40), None, None));
    // Esc gives up, and a hub that cannot answer ends it.
    assert_eq!(feed.go_to(second(2)), WentTo::Loading);
    assert!(feed.stop_going() && !feed.stop_going());
    assert_eq!(feed.go_to(second(2)), WentTo::Loading);
    assert_eq!(feed.wants_history(), Some(Seq(21)));
    feed.past(Seq(21), Err(ClientError::Unavailable("busy".into())));
    assert_eq!((feed.going_to(), selected(&feed)), (None, Some(40)));
    // What is before the beginning of the log is its beginning.
    assert_eq!(feed.go_to(AT), WentTo::Loading);
    assert_eq!(feed.wants_history(), Some(Seq(21)));
    feed.past(Seq(21), Ok(page((1..=20).rev(), false)));
    assert_eq!((feed.going_to(), selected(&feed)), (None, Some(1)));
    assert_eq!(feed.go_to(AT), WentTo::NotKept);
}

#[test]
fn a_time_beyond_what_can_be_kept_ends_at_the_oldest_row() {
    let mut feed = LiveFeed::with_limits(100, BYTES);
    feed.fit(10);
    (201..=300).for_each(|seq| arrive(&mut feed, seq));
    assert_eq!(feed.go_to(second(2)), WentTo::Loading);
    assert_eq!(feed.wants_history(), Some(Seq(201)));
    feed.past(Seq(201), Ok(page((51..=200).rev(), true)));
    assert_eq!((feed.going_to(), feed.older()), (None, &Older::Full));
    assert_eq!(selected(&feed), Some(101));
}

#[test]
fn marked_rows_are_found_again_whatever_comes_and_goes() {
    let mut feed = LiveFeed::with_limits(100, BYTES);
    feed.fit(10);
    (101..=200).for_each(|seq| arrive(&mut feed, seq));
    assert_eq!(LiveFeed::default().mark_row(), None, "nothing is selected");
    feed.top();
    for _ in 0..3 {
        assert_eq!(feed.mark_row(), Some(true));
        feed.move_by(30);
    }
    let marks: Vec<_> = feed.bookmarks().to_vec();
    assert_eq!(marks.iter().map(|mark| mark.seq.0).collect::<Vec<_>>(), [101, 131, 161]);
    assert!(feed.is_marked(Seq(131), 0) && !feed.is_marked(Seq(132), 0));
    assert_eq!((feed.go_to_mark(&marks[1]), selected(&feed)), (WentTo::There, Some(131)));
    filter(&mut feed, "amina");
    assert_eq!(feed.go_to_mark(&marks[2]), WentTo::Hidden);
    feed.clear_filter();
    feed.bottom();
    (201..=240).for_each(|seq| arrive(&mut feed, seq));
    assert_eq!(feed.go_to_mark(&marks[0]), WentTo::NotKept);
    assert_eq!((feed.go_to_mark(&marks[2]), selected(&feed)), (WentTo::There, Some(161)));
    assert_eq!((feed.mark_row(), feed.bookmarks().len()), (Some(false), 2));
}

//! Time travel at the desk: where the keys lead, what is asked for, what is on the screen, and that nothing can be
//! done about a customer whose past is shown.

use super::desk::{Desk, START, customer_id, number};
use crate::{
    console::{
        layout::Pane,
        msg::{Effect, LookBack, Msg},
        pane::inspector::{Tab, TimelineItem},
    },
    model::{
        ClientError, CustomerRef, CustomerState, CustomerView, DataValue, Seq, Tag, Timestamp,
        client::{PastMoment, PastPlace, PastView},
    },
};
use std::{sync::Arc, time::Duration};

/// A desk with the inspector in focus on customer 0, whose entries have the places 1, 4, 7 and 10.
fn desk(width: u16, height: u16) -> Desk {
    let mut desk = Desk::open(width, height);
    desk.press("2");
    desk.answer_timeline();
    desk
}

/// Customer 0 after one of their entries: the plan is the number of the entry.
pub fn then(seq: u64) -> PastView {
    let entries = [1, 4, 7, 10];
    let plan = Tag { key: "plan".into(), value: format!("plan-{seq}"), expires_at: None };
    let mut customer = CustomerState {
        id: customer_id(0),
        numbers: vec![number(0)],
        tags: vec![plan],
        ..CustomerState::default()
    };
    customer.metadata.insert("name".into(), DataValue::Text("Otieno".into()));
    let place = PastPlace {
        unfinished: false,
        seq: Seq(seq),
        at: START.after(Duration::from_secs(seq * 7)),
        previous: entries.into_iter().rev().find(|n| *n < seq).map(Seq),
        next: entries.into_iter().find(|n| *n > seq).map(Seq),
    };
    let view = CustomerView { customer: Arc::new(customer), as_of: Seq(seq), replaces: None };
    PastView { place, view: Some(view) }
}

fn asked(moment: PastMoment) -> LookBack {
    LookBack { customer: customer_id(0), moment }
}

pub fn place(seq: u64) -> LookBack {
    asked(PastMoment::Place(Seq(seq)))
}

/// Goes to the state after an entry, as the hub would answer.
fn answer(desk: &mut Desk, asked: LookBack, seq: u64) {
    desk.send(Msg::LookedBack { asked, result: Ok(Some(then(seq))) });
}

#[test]
fn r_console_15_the_past_is_walked_with_a_banner_and_each_state_is_asked_for_once() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut desk = desk(width, height);
        assert_eq!(
            desk.press("["),
            [Effect::LookBack(place(9))],
            "the state before the newest event"
        );
        assert!(desk.screen().contains("GOING BACK"), "{}", desk.screen());
        answer(&mut desk, place(9), 7);
        let screen = desk.screen();
        assert!(screen.contains("AS OF Mon 23 Nov 14:00:49"), "{screen}");
        assert!(screen.contains("(past)") && screen.contains("Esc"), "{screen}");
        assert_eq!(desk.press("["), [Effect::LookBack(place(4))]);
        answer(&mut desk, place(4), 4);
        desk.press("l");
        assert!(desk.screen().contains("plan-4"), "{}", desk.screen());
        // There and back again, nothing is asked for that is known.
        assert_eq!(desk.press("]"), []);
        assert!(desk.screen().contains("plan-7"), "{}", desk.screen());
        assert_eq!(desk.press("["), []);
        assert_eq!(desk.press("] ]"), [Effect::LookBack(place(10))]);
        answer(&mut desk, place(10), 10);
        assert!(desk.screen().contains("plan-10"), "{}", desk.screen());
        // Behind the last event is the present.
        assert_eq!(desk.press("]"), []);
        let screen = desk.screen();
        assert!(!screen.contains("(past)") && screen.contains("tier"), "{screen}");
        assert_eq!(desk.press("]"), []);
        assert!(desk.screen().contains("this is the present"), "{}", desk.screen());
    }
}

#[test]
fn the_first_event_is_where_the_past_begins() {
    let mut desk = desk(120, 40);
    desk.press("g g");
    desk.press("[");
    answer(&mut desk, place(1), 1);
    assert_eq!(desk.press("["), []);
    assert!(
        desk.screen().contains("this is the first event of this customer"),
        "{}",
        desk.screen()
    );
}

#[test]
fn the_timeline_ends_with_the_event_that_is_shown() {
    let mut desk = desk(120, 40);
    desk.press("k [");
    answer(&mut desk, place(7), 7);
    let timeline = desk.app.inspector().timeline();
    assert_eq!(timeline.selected().map(|item| item.place().0), Some(Seq(7)));
    // What comes meanwhile does not show, and is there afterwards.
    desk.after(Duration::from_secs(1));
    desk.says(0, "mimi tena");
    assert_eq!(desk.app.inspector().timeline().selected().map(|item| item.place().0), Some(Seq(7)));
    desk.press("esc");
    assert_eq!(
        desk.app.inspector().timeline().selected().map(|item| item.place().0),
        Some(Seq(13))
    );
}

#[test]
fn r_console_15_nothing_can_be_done_about_a_customer_whose_past_is_shown() {
    for keys in ["r", "m", "d", "a t", "a c", "$", "a g", "a x"] {
        let mut desk = desk(120, 40);
        desk.press("[");
        // Not even on the way there.
        assert_eq!(desk.press(keys), []);
        assert!(desk.app.form().is_none(), "{keys}");
        answer(&mut desk, place(9), 7);
        for pane in ["2", "1"] {
            desk.press(pane);
            desk.press(keys);
            assert!(desk.app.form().is_none(), "{keys} in pane {pane}: {}", desk.screen());
        }
        desk.press("2");
        desk.press(keys);
        let screen = desk.screen();
        assert!(
            screen.contains("the inspector shows the past: Esc returns to now"),
            "{keys}: {screen}"
        );
        desk.press("esc");
        assert!(!desk.screen().contains("(past)"), "{}", desk.screen());
        desk.press("m");
        assert!(desk.app.form().is_some(), "{keys}: {}", desk.screen());
    }
}

#[test]
fn a_form_that_is_open_keeps_the_present() {
    let mut desk = desk(120, 40);
    desk.press("m");
    assert!(desk.app.form().is_some());
    desk.click("Timeline");
    assert_eq!(desk.app.focus(), Pane::Inspector);
    assert_eq!(desk.press("["), []);
    assert!(
        desk.screen().contains("a form is open: finish or leave it first"),
        "{}",
        desk.screen()
    );
}

#[test]
fn a_time_is_gone_to_in_the_same_words_as_in_the_feed() {
    let mut desk = desk(120, 40);
    desk.press("g t");
    desk.types("14:01");
    let effects = desk.press("enter");
    let moment = PastMoment::Time(START.after(Duration::from_mins(1)));
    assert_eq!(effects, [Effect::LookBack(asked(moment))]);
    answer(&mut desk, asked(moment), 4);
    assert!(desk.screen().contains("AS OF Mon 23 Nov 14:00:28"), "{}", desk.screen());
    assert_eq!(desk.app.feed().going_to(), None, "the feed stays where it is");
    desk.press("g t");
    desk.types("half past never");
    assert!(desk.screen().contains("no time"), "{}", desk.screen());
}

#[test]
fn a_long_past_says_how_far_the_hub_has_come_and_is_asked_again() {
    let mut desk = desk(120, 40);
    desk.press("[");
    let so_far = PastView {
        place: PastPlace { unfinished: true, at: START, ..PastPlace::default() },
        view: None,
    };
    let effects = desk.send(Msg::LookedBack { asked: place(9), result: Ok(Some(so_far)) });
    assert_eq!(effects, [Effect::LookBack(place(9))]);
    assert!(desk.screen().contains("read up to 14:00"), "{}", desk.screen());
    // Esc gives it up, and the answer that comes afterwards changes nothing.
    desk.press("esc");
    answer(&mut desk, place(9), 7);
    assert!(!desk.screen().contains("(past)"), "{}", desk.screen());
}

#[test]
fn a_past_that_cannot_be_shown_says_why_and_stays_where_it_was() {
    let faults = [
        (Err(ClientError::Unavailable("draining".into())), "draining"),
        (Err(ClientError::Unsupported("it shows no past".into())), "it shows no past"),
        (Ok(None), "no such customer any more"),
    ];
    for (result, words) in faults {
        let mut desk = desk(120, 40);
        desk.press("[");
        desk.send(Msg::LookedBack { asked: place(9), result });
        let screen = desk.screen();
        assert!(screen.contains("the past is not shown") && screen.contains(words), "{screen}");
        assert!(!desk.app.inspector().is_past());
        // The same key tries again.
        desk.press("esc");
        assert_eq!(desk.press("["), [Effect::LookBack(place(9))]);
    }
    let mut desk = desk(120, 40);
    desk.press("[");
    answer(&mut desk, place(9), 7);
    desk.press("[");
    let result = Err(ClientError::Unavailable("draining".into()));
    desk.send(Msg::LookedBack { asked: place(4), result });
    assert!(desk.screen().contains("14:00:49"), "{}", desk.screen());
}

#[test]
fn before_their_first_event_nothing_was_known() {
    let mut desk = desk(80, 24);
    desk.press("g t");
    desk.types("-9h");
    desk.press("enter");
    let Some((moment, _)) = desk.app.inspector().past().going() else { panic!("nothing is asked") };
    let place = PastPlace { next: Some(Seq(1)), ..PastPlace::default() };
    let result = Ok(Some(PastView { place, view: None }));
    desk.send(Msg::LookedBack { asked: asked(moment), result });
    let screen = desk.screen();
    assert!(screen.contains("nothing was known of this customer yet"), "{screen}");
    assert_eq!(desk.press("]"), [Effect::LookBack(self::place(1))]);
}

#[test]
fn what_differs_is_listed_against_now_and_against_a_mark() {
    let mut desk = desk(120, 40);
    desk.press("D");
    assert!(desk.screen().contains("go to the past first"), "{}", desk.screen());
    desk.press("[");
    answer(&mut desk, place(9), 7);
    desk.press("D");
    let screen = desk.screen();
    assert!(screen.contains("tag plan") && screen.contains("plan-7 -> gone"), "{screen}");
    assert!(screen.contains("with now") && screen.contains("Otieno -> Otieno P."), "{screen}");
    desk.press("esc");
    assert!(desk.screen().contains("(past)"), "Esc closes the list only: {}", desk.screen());
    desk.press("B [");
    answer(&mut desk, place(4), 4);
    desk.press("D");
    let screen = desk.screen();
    assert!(screen.contains("plan-4 -> plan-7"), "the older one comes first: {screen}");
}

#[test]
fn another_customer_is_shown_as_they_are_now() {
    let mut desk = desk(120, 40);
    desk.press("[");
    answer(&mut desk, place(9), 7);
    desk.press("g c");
    desk.types(customer_id(1).as_str());
    desk.press("enter");
    desk.answer_inspection();
    assert!(!desk.screen().contains("(past)"), "{}", desk.screen());
}

#[test]
fn the_customers_that_were_looked_at_are_gone_back_to_and_forward_again() {
    let shown = |desk: &Desk| desk.app.inspected().cloned();
    let is = |who: usize| Some(customer_id(who));
    let mut desk = desk(120, 40);
    for who in [1, 2] {
        desk.press("g c");
        desk.types(customer_id(who).as_str());
        desk.press("enter");
        desk.answer_inspection();
    }
    assert_eq!(shown(&desk), is(2));
    for (keys, who) in [("-", 1), ("-", 0), ("=", 1), ("ctrl-o", 0), ("= =", 2)] {
        let effects = desk.press(keys);
        assert!(
            effects.contains(&Effect::Inspect(CustomerRef::Id(customer_id(who)))),
            "{keys} {effects:?}"
        );
        desk.answer_inspection();
        assert_eq!(shown(&desk), is(who), "{keys}");
    }
    assert_eq!(desk.press("="), []);
    assert!(desk.screen().contains("no customer was gone back from"), "{}", desk.screen());
}

#[test]
fn tabs_and_rows_are_clicked_in_the_past_too() {
    let mut desk = desk(120, 40);
    desk.press("[");
    answer(&mut desk, place(9), 7);
    desk.click(" Profile ");
    assert_eq!(desk.app.inspector().tab(), Tab::Profile);
    assert!(desk.screen().contains("plan-7"), "{}", desk.screen());
    desk.click(" Timeline ");
    desk.click("wrote, whatsapp");
    let selected = desk.app.inspector().timeline().selected().map(TimelineItem::place);
    assert_eq!(selected, Some((Seq(1), 0)));
}

#[test]
fn the_banner_shows_without_colours_and_after_a_resize() {
    use ratatui::style::Modifier;
    let mut desk = desk(80, 24);
    desk.press("[");
    answer(&mut desk, place(9), 7);
    for (width, height) in [(40, 12), (200, 60), (120, 40), (80, 24)] {
        desk.resize(width, height);
        let screen = desk.screen();
        let y = screen.lines().position(|line| line.contains("AS OF ")).expect("the banner");
        let line = screen.lines().nth(y).unwrap_or_default();
        assert!(line.contains("(past)") || width == 40, "{screen}");
        let x = line.chars().position(|c| c == 'A').expect("a column");
        let buffer = desk.paint(true);
        let [x, y] = [x, y].map(|n| u16::try_from(n).expect("on the screen"));
        assert!(buffer[(x, y)].modifier.contains(Modifier::REVERSED | Modifier::BOLD));
    }
}

#[test]
fn the_states_that_are_kept_are_bounded() {
    let mut desk = desk(120, 40);
    desk.press("[");
    answer(&mut desk, place(9), 7);
    let at = |n: u64| Timestamp::from_secs(1_700_000_000 + i64::try_from(n).unwrap_or(0));
    for n in 0..200 {
        let moment = PastMoment::Time(at(n));
        desk.app.inspector_mut().go_to_time(at(n)).expect("a customer");
        let mut view = then(7);
        view.place.seq = Seq(1_000 + n);
        desk.send(Msg::LookedBack { asked: asked(moment), result: Ok(Some(view)) });
    }
    assert_eq!(desk.app.inspector().past().kept(), 24);
}

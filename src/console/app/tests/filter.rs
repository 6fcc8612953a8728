//! The filter of the feed from its keys: typing it, completing it, switching it and its clauses, and whom a
//! command is for meanwhile (R-CONSOLE-2).

use super::desk::{Desk, NAMES, customer_id};
use crate::{
    console::{
        msg::{Effect, Msg},
        pane::feed::Depth,
    },
    model::{
        Body, Channel, ChannelNumber, ClientError, Entry, EntryId, Event, EventKind, Seq,
        Timestamp,
        client::{AskedFilter, SearchedPage},
    },
};
use std::{sync::Arc, time::Duration};

/// A desk on which everything is shown, so that the clauses are about rows and not about things.
fn desk(width: u16, height: u16) -> Desk {
    let mut desk = Desk::open(width, height);
    desk.app.feed_mut().set_depth(Depth::All);
    desk
}

fn recipient(desk: &Desk) -> Option<String> {
    Some(desk.app.form()?.target().name.clone())
}

/// A filter is typed and kept, and switched off; then an event of another customer is selected.
fn with_a_hidden_selection() -> Desk {
    let mut desk = desk(120, 40);
    desk.press("/");
    desk.types("num=+254711000000");
    desk.press("enter x");
    desk.says(1, "nataka refund");
    desk.press("G");
    assert_eq!(desk.app.target(false).and_then(|t| t.customer), Some(customer_id(1)));
    desk
}

#[test]
fn r_console_2_a_filter_that_hides_the_selected_event_turns_no_command_to_another_customer() {
    let mut desk = with_a_hidden_selection();
    // When the filter is switched on, which hides the selected event
    desk.press("x");
    assert_eq!(desk.app.feed().filter_text(), "num=+254711000000");
    let screen = desk.screen();
    assert!(screen.contains("the selected event is hidden"), "{screen}");
    // then nobody is answered, whom the agent has not chosen,
    assert_eq!(desk.app.target(true), None);
    desk.press("r");
    assert!(desk.app.form().is_none(), "{}", desk.screen());
    let why = "the selected event is hidden: choose a row";
    assert!(desk.screen().contains(why), "{}", desk.screen());
    desk.press("m d");
    assert!(desk.app.form().is_none(), "{}", desk.screen());
    desk.press("$");
    assert_eq!(recipient(&desk).as_deref(), Some(""), "a payment is for nobody yet");
    desk.press("esc esc 1");
    // and the same event is selected again when the filter is off.
    desk.press("x");
    assert!(!desk.app.feed().hides_selection());
    assert_eq!(desk.app.target(false).and_then(|t| t.customer), Some(customer_id(1)));
    desk.press("r");
    assert_eq!(recipient(&desk).as_deref(), Some(NAMES[1]));
}

#[test]
fn r_console_2_a_row_is_chosen_by_a_move_by_enter_or_by_keeping_the_filter() {
    let chosen = |keys: &str| {
        let mut desk = with_a_hidden_selection();
        desk.press("x");
        desk.press(keys);
        assert!(!desk.app.feed().hides_selection(), "{keys}");
        desk.app.target(false).and_then(|target| target.customer)
    };
    for keys in ["k", "G", "enter", "/ enter"] {
        assert_eq!(chosen(keys), Some(customer_id(0)), "{keys}");
    }
}

#[test]
fn what_is_wrong_is_said_at_each_key_and_the_last_good_filter_stays_in_force() {
    let mut desk = desk(120, 40);
    desk.press("/");
    desk.types("refund");
    assert!(!desk.screen().contains("!! there is"), "{}", desk.screen());
    desk.types(" tpye:msg");
    let screen = desk.screen();
    assert!(screen.contains("!! there is no field `tpye`; did you mean `type`?"), "{screen}");
    assert_eq!(desk.app.feed().filter_text(), "refund tpye", "the last good one");
    // The part that is wrong is underlined in the line.
    let at = screen.lines().last().expect("a line").find("tpye").expect("in the line");
    let row = desk.paint(false).area.height - 1;
    let is_underlined = |desk: &mut Desk, at: usize| {
        let cell = &desk.paint(true)[(u16::try_from(at).expect("few"), row)];
        cell.modifier.contains(ratatui::style::Modifier::UNDERLINED)
    };
    assert!(is_underlined(&mut desk, at) && !is_underlined(&mut desk, at + 5), "{screen}");
    assert!(!is_underlined(&mut desk, at - 2), "{screen}");
    // Enter keeps the line open while its text is no filter.
    desk.press("enter");
    assert!(desk.app.filter_line().is_some());
    desk.press("esc");
    assert_eq!(desk.app.feed().filter_text(), "");
}

#[test]
fn every_kind_of_bad_filter_is_told_in_the_row_above_the_line() {
    for (text, told) in [
        ("x".repeat(10 << 10), "the filter has 10240 bytes; expected at most 1024"),
        ("a ".repeat(100), "the filter has more than 64 clauses"),
        ("text~/(/".into(), "pattern"),
        ("nmae:juma".into(), "did you mean `name`?"),
        ("at:25:61".into(), "there is no time of day `25:61`"),
        ("type:".into(), "a value is missing here"),
    ] {
        for (width, height) in [(80, 24), (40, 12), (200, 60)] {
            let mut desk = desk(width, height);
            desk.press("/");
            desk.types("refund ");
            desk.press("backspace");
            desk.send(Msg::Paste(format!(" {text}")));
            let screen = desk.screen().replace("\n    ", " ");
            let told = if width < 80 { told.split(' ').next().expect("a word") } else { told };
            let told = told.replace("10240", "10247");
            assert!(screen.contains(&told), "{width}: {told}: {screen}");
            assert_eq!(desk.app.feed().filter_text(), "refund", "{text:.20}");
        }
    }
}

#[test]
fn tab_completes_fields_and_then_the_values_that_were_seen_with_their_counts() {
    let mut desk = desk(120, 40);
    desk.press("/");
    desk.types("ty");
    desk.press("tab");
    assert_eq!(desk.app.filter_line().expect("a line").text(), "type:", "the only one");
    desk.press("tab");
    let screen = desk.screen();
    assert!(screen.contains("values of type in 12 events"), "{screen}");
    assert_eq!(desk.app.filter_line().expect("a line").text(), "type:dlv");
    assert!(screen.contains("> dlv") && screen.contains("6 DLV"), "{screen}");
    desk.press("tab");
    assert_eq!(desk.app.feed().filter_text(), "type:msg");
    desk.press("backtab backtab");
    assert_eq!(desk.app.filter_line().expect("a line").text(), "type:unreadable", "from the end");
    // Esc takes out what was put in, and Enter leaves it there.
    desk.press("esc");
    assert_eq!(desk.app.filter_line().expect("a line").text(), "type:");
    desk.press("tab enter");
    assert!(desk.app.filter_line().is_some_and(|line| line.offers().is_none()));
    assert_eq!(desk.app.feed().filter_text(), "type:dlv");
    // A value goes in with quotes if it needs them.
    desk.types(" name:otie");
    desk.press("tab");
    assert_eq!(desk.app.feed().filter_text(), "type:dlv name:\"Otieno P.\"");
    desk.types(" name:nobody");
    desk.press("tab");
    assert!(desk.screen().contains("nothing to complete here"), "{}", desk.screen());
}

#[test]
fn a_comparison_that_is_typed_takes_the_place_of_the_offered_one() {
    for (typed, text) in [
        (">1000", "amt>1000"),
        ("<1000", "amt<1000"),
        (":1000", "amt:1000"),
        ("=1000", "amt>=1000"),
        (">=1000", "amt>=1000"),
        ("1000", "amt>1000"),
    ] {
        let mut desk = desk(120, 40);
        desk.press("/");
        desk.types("am");
        desk.press("tab");
        let screen = desk.screen();
        assert!(screen.contains("\n .. a value is missing"), "only not yet whole: {screen}");
        desk.types(typed);
        assert_eq!(desk.app.filter_line().expect("a line").text(), text);
        assert_eq!(desk.app.feed().filter_text(), text);
    }
    // What the agent has typed stays, and is an error.
    let mut desk = desk(120, 40);
    desk.press("/");
    desk.types("amt>>1");
    assert_eq!(desk.app.filter_line().expect("a line").text(), "amt>>1");
    assert!(desk.screen().contains("\n !! "), "{}", desk.screen());
}

#[test]
fn clauses_are_chips_that_are_switched_off_alone_and_together() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut desk = desk(width, height);
        desk.press("/");
        desk.types("type:msg refund");
        desk.press("enter");
        let screen = desk.screen();
        assert!(screen.contains("  1 type:msg  2 refund"), "{screen}");
        assert_eq!(desk.app.feed().counts().shown, 1);
        desk.press("X down");
        let screen = desk.screen();
        assert!(
            screen.contains("> refund") && screen.contains("Clauses of the filter"),
            "{screen}"
        );
        desk.press("enter");
        assert_eq!(desk.app.feed().filter_text(), "type:msg");
        desk.press("esc");
        let screen = desk.screen();
        assert!(screen.contains("1 type:msg  2 refund off"), "{screen}");
        desk.press("x");
        let screen = desk.screen();
        assert!(screen.contains("filter off (x)  1 type:msg  2 refund"), "{screen}");
        assert_eq!(desk.app.feed().counts().shown, 12);
        desk.press("x");
        assert_eq!(desk.app.feed().filter_text(), "type:msg", "as it was before");
        // Esc in the line brings back what was off.
        desk.press("/");
        desk.types(" x");
        desk.press("esc");
        assert_eq!(desk.app.feed().filter_text(), "type:msg");
    }
}

#[test]
fn a_clause_is_made_from_the_row() {
    let mut desk = desk(120, 40);
    desk.press("/");
    desk.types("type:msg OR is:problem");
    desk.press("enter");
    desk.press("*");
    let screen = desk.screen();
    assert!(screen.contains("Filter by this row"), "{screen}");
    desk.types("name");
    desk.press("enter");
    let name = desk.app.feed().selected().and_then(|row| row.event()?.name.clone());
    let name = name.expect("a name");
    assert_eq!(
        desk.app.feed().filter_text(),
        format!("(type:msg OR is:problem) name={}", crate::query::quoted(&name))
    );
    assert!(desk.app.feed().counts().shown < 6);
}

#[test]
fn earlier_filters_come_back_with_up() {
    let mut desk = desk(120, 40);
    for words in ["refund", "order", "refund"] {
        desk.press("/ ctrl-u");
        desk.types(words);
        desk.press("enter");
    }
    desk.press("x / ctrl-u");
    desk.types("as");
    let text = |desk: &Desk| desk.app.filter_line().expect("a line").text().to_owned();
    desk.press("up");
    assert_eq!(text(&desk), "order", "what is in force is not among them");
    desk.press("up");
    assert_eq!(text(&desk), "order");
    assert_eq!(desk.app.feed().filter_text(), "order");
    desk.press("down");
    assert_eq!(text(&desk), "as");
}

/// What Amina wrote three weeks before the desk opened.
fn older(seq: u64, text: &str) -> Arc<Entry> {
    let at = super::desk::START.before(Duration::from_hours(21 * 24));
    let kind = EventKind::MessageReceived { id: "el_msg_old".into(), body: Body::text(text) };
    let event = Event {
        at,
        customer: Some(customer_id(1)),
        app: None,
        actor: crate::model::Actor::Customer,
        number: Some(super::desk::number(1)),
        channel: Some(ChannelNumber::new(Channel::Whatsapp, "40404")),
        name: Some(NAMES[1].into()),
        kind,
    };
    Arc::new(Entry {
        org: "acme-ke".into(),
        seq: Seq(seq),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at,
        events: vec![event],
        call: None,
    })
}

/// The one search among effects.
fn asked(effects: &[Effect]) -> Option<(Seq, AskedFilter)> {
    let mut searches = effects.iter().filter_map(|effect| match effect {
        Effect::Search { before, filter } => Some((*before, filter.clone())),
        _ => None,
    });
    let first = searches.next();
    assert!(searches.next().is_none(), "{effects:?}");
    first
}

/// Has the hub answer a search: so many days back, to a place, with these entries.
fn answer(
    desk: &mut Desk,
    (before, filter): (Seq, AskedFilter),
    to: u64,
    entries: Vec<Arc<Entry>>,
) -> Vec<Effect> {
    let searched_at = super::desk::START.before(Duration::from_hours(21 * 24));
    let page = SearchedPage { entries, searched_to: Seq(to), searched_at, unread: 0 };
    desk.send(Msg::Searched { before, filter, result: Ok(page) })
}

/// A desk before which there are 1,000 entries, and the search for a word that is in none of the loaded rows.
fn searching(width: u16, height: u16) -> (Desk, (Seq, AskedFilter)) {
    let mut desk = Desk::open_behind(width, height, 1_000);
    desk.press("/");
    assert_eq!(asked(&desk.types("parcel")), None, "not at every key");
    let first = asked(&desk.after(Duration::from_millis(300))).expect("a search");
    assert_eq!((first.0, first.1.text.as_str()), (Seq(1_001), "parcel"));
    (desk, first)
}

#[test]
fn r_feed_5_a_filter_that_finds_little_has_the_past_searched_and_says_how_far() {
    for (width, height) in [(80, 24), (120, 40)] {
        let (mut desk, first) = searching(width, height);
        let screen = desk.screen();
        assert!(screen.contains("nothing here yet in talk that matches"), "{screen}");
        // When the hub has found nothing yet, it is asked on, and nothing is said of the rest.
        let second = asked(&answer(&mut desk, first, 700, vec![])).expect("the next piece");
        assert_eq!(second.0, Seq(700));
        let screen = desk.screen();
        assert!(screen.contains("back to 2 Nov 14:00"), "{screen}");
        // When it finds something, that is a row above the loaded ones, and no gap.
        let third = asked(&answer(&mut desk, second, 300, vec![older(400, "my parcel")]));
        let screen = desk.screen();
        assert!(screen.contains("my parcel") && !screen.contains("gap"), "{screen}");
        assert!(screen.contains("1 more"), "{screen}");
        // Only when all of it was searched, that is said.
        assert_eq!(asked(&answer(&mut desk, third.expect("more"), 1, vec![])), None);
        let screen = desk.screen();
        assert!(screen.contains("beginning of the log: all of it was searched"), "{screen}");
        desk.press("enter k");
        desk.answer_inspection();
        desk.press("r");
        assert_eq!(recipient(&desk).as_deref(), Some(NAMES[1]), "{}", desk.screen());
    }
}

#[test]
fn r_feed_5_that_nothing_matches_is_said_once_the_hub_has_said_so() {
    let (mut desk, first) = searching(120, 40);
    assert!(!desk.screen().contains("nothing in talk matches"), "{}", desk.screen());
    answer(&mut desk, first, 1, vec![]);
    assert!(
        desk.screen().contains("nothing in talk matches \u{201c}parcel\u{201d}"),
        "{}",
        desk.screen()
    );
}

#[test]
fn r_feed_5_a_search_ends_with_the_wish_for_it() {
    // Given a search in a log without an end, when the filter changes
    let (mut desk, first) = searching(120, 40);
    desk.press("enter x");
    // then its answer leads to nothing,
    assert_eq!(answer(&mut desk, first.clone(), 900, vec![older(950, "my parcel")]), []);
    assert!(!desk.screen().contains("my parcel"), "{}", desk.screen());
    // and the filter begins anew.
    let again = asked(&desk.press("x")).expect("a search");
    assert_eq!(again, first);
    // When it is stopped, what was found stays, and a move up goes on.
    let second = asked(&answer(&mut desk, again, 900, vec![older(950, "my parcel")])).expect("on");
    desk.press("esc");
    assert_eq!(answer(&mut desk, second.clone(), 800, vec![]), []);
    assert!(desk.screen().contains("my parcel"), "{}", desk.screen());
    assert_eq!(asked(&desk.press("k k")), Some(second));
}

#[test]
fn r_feed_5_a_hub_that_restarts_is_asked_on() {
    let (mut desk, first) = searching(120, 40);
    let error = ClientError::Unavailable("restarting".into());
    desk.down(Some(Duration::from_secs(1)), error.clone());
    let (before, filter) = first.clone();
    assert_eq!(asked(&desk.send(Msg::Searched { before, filter, result: Err(error) })), None);
    let screen = desk.screen();
    assert!(screen.contains("goes on when the hub answers"), "{screen}");
    assert_eq!(asked(&desk.up()), Some(first));
}

#[test]
fn a_time_in_the_filter_means_the_same_to_the_hub() {
    let mut desk = Desk::open_behind(120, 40, 1_000);
    desk.press("/");
    desk.types("parcel age<2h");
    let (_, filter) = asked(&desk.press("enter")).expect("a search");
    assert!(filter.now > Timestamp::ZERO && filter.now <= desk.now);
    assert_eq!((filter.text.as_str(), filter.zone.as_str()), ("parcel age<2h", "UTC"));
}

#[test]
fn where_all_of_the_log_is_loaded_nobody_is_asked() {
    let mut desk = Desk::open(120, 40);
    desk.press("/");
    desk.types("parcel");
    assert_eq!(asked(&desk.press("enter")), None);
    let screen = desk.screen();
    assert!(screen.contains("nothing in talk matches \u{201c}parcel\u{201d}"), "{screen}");
    assert!(screen.contains("0 here, none older"), "{screen}");
}

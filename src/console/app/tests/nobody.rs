//! Rows that are about nobody, and keys that mean nothing where they are pressed.

use super::desk::Desk;
use crate::console::{
    app::{App, AppOptions},
    msg::{Effect, Msg},
};
use std::time::Duration;

/// A row of no customer is beside nobody, and commands are for nobody (R-CONSOLE-2).
#[test]
fn r_console_2_a_row_of_no_customer_leads_to_nobody() {
    let mut desk = Desk::open(120, 40);
    desk.press("k");
    desk.after(Duration::from_secs(1));
    desk.answer_inspection();
    assert!(desk.app.inspected().is_some());
    desk.funds_a_purse();
    desk.press("G");
    desk.after(Duration::from_secs(1));
    assert_eq!(desk.app.inspected().cloned(), None, "{}", desk.screen());
    for keys in ["r", "m", "d", "a t", "enter"] {
        assert_eq!(desk.press(keys), [], "{keys}");
        assert!(desk.app.form().is_none(), "{keys}: {}", desk.screen());
    }
    // The next row is about somebody again.
    desk.press("k");
    let effects = desk.after(Duration::from_secs(1));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Inspect(_))), "{effects:?}");
}

#[test]
fn keys_of_another_place_say_where_they_work() {
    let mut desk = Desk::open(120, 40);
    for (keys, words) in [("g r", "in the feed"), ("J", "in the feed")] {
        desk.press("2");
        assert_eq!(desk.press(keys), []);
        assert!(desk.screen().contains(words), "{keys}: {}", desk.screen());
        desk.press("esc");
    }
}

#[test]
fn a_time_that_is_none_or_lies_ahead_keeps_the_line_open_and_says_why() {
    let mut desk = Desk::open(120, 40);
    for (typed, words) in [("25:99", "no time of day"), ("2030-01-01", "lies in the future")] {
        desk.press("g t");
        desk.types(typed);
        assert_eq!(desk.press("enter"), [], "{typed}");
        assert!(desk.app.overlay().is_some(), "{typed}: {}", desk.screen());
        let screen = desk.screen();
        assert!(screen.contains(words) && screen.contains("not gone there"), "{typed}: {screen}");
        desk.press("esc");
    }
}

#[test]
fn every_view_that_is_off_is_listed_with_its_reason() {
    let mut desk = Desk::new(120, 40);
    let why = |line: u32| format!("views.toml:{line}: the view \"Typo {line}\" is off: no field");
    let views_off = [1, 6, 9, 12].map(why).to_vec();
    desk.app = App::new(AppOptions { org: "acme-ke".into(), views_off, ..AppOptions::default() });
    desk.send(Msg::Resize(120, 40));
    desk.up();
    desk.press("V");
    let screen = desk.screen();
    for line in [1, 6, 9, 12] {
        assert!(screen.contains(&format!("views.toml:{line}: ")), "{line}: {screen}");
    }
    assert!(!screen.contains("no views yet"), "{screen}");
}

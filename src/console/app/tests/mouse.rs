//! Clicks, from the picture to the effect.

use super::{
    desk::{Desk, customer_id},
    gallery::waiting,
};
use crate::{
    console::{
        layout::Pane,
        msg::{Effect, List, Listing, Msg},
        pane::inspector::Tab,
    },
    model::{CustomerCommand, CustomerRef},
};
use std::time::Duration;

fn sends(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Send { .. })).count()
}

/// A desk with the list of who waits open and answered.
fn queue() -> Desk {
    let mut desk = Desk::open(120, 40);
    desk.press("g q");
    let rows = waiting();
    let total = u64::try_from(rows.len()).expect("few");
    desk.send(Msg::Listed { list: List::Waiting, result: Ok(Listing::Waiting(rows, total)) });
    desk
}

#[test]
fn hints_and_buttons_are_their_keys() {
    let mut desk = Desk::open(120, 40);
    desk.click("m message");
    assert_eq!(desk.app.form().map(|form| form.spec().id), Some("message"));
    desk.types("Habari");
    desk.click("Esc leave, draft");
    assert!(desk.app.form().is_none(), "{}", desk.screen());
    // A leader's hint opens its menu, and a row of the menu is the second key.
    desk.click("a act…");
    desk.after(Duration::from_millis(300));
    desk.click("untag");
    assert_eq!(desk.app.form().map(|form| form.spec().id), Some("untag"));
    desk.press("esc");
    // The sheet waits for its reader however it is confirmed.
    desk.press("m");
    assert!(desk.screen().contains("Habari"), "the draft");
    desk.click("[Review]");
    assert!(desk.app.form().is_some_and(crate::console::pane::form::Form::is_review));
    desk.after(Duration::from_secs(1));
    desk.click("s send");
    assert!(desk.screen().contains("HELD"), "{}", desk.screen());
    desk.click("u undo");
    assert!(desk.screen().contains("Habari") && desk.app.form().is_some());
    desk.click("[Review]");
    desk.after(Duration::from_secs(1));
    desk.click("e edit");
    assert!(!desk.app.form().is_some_and(crate::console::pane::form::Form::is_review));
}

#[test]
fn tabs_and_rows_are_clicked() {
    let mut desk = queue();
    desk.click("Habari");
    assert_eq!(desk.app.lists().waiting().map(|row| row.customer.clone()), Some(customer_id(2)));
    let effects = desk.click("Habari");
    assert!(effects.contains(&Effect::Inspect(CustomerRef::Id(customer_id(2)))), "{effects:?}");
    assert_eq!(desk.app.focus(), Pane::Inspector);
    desk.click(" Works ");
    assert_eq!((desk.app.lists().tab(), desk.app.focus()), (List::Works, Pane::Lists));
    desk.press("esc");
    desk.after(Duration::from_secs(1));
    desk.answer_inspection();
    desk.click(" Money ");
    assert_eq!((desk.app.inspector().tab(), desk.app.focus()), (Tab::Money, Pane::Inspector));
    // The palette: a click selects, and another one runs.
    desk.press(":");
    desk.types("reminders");
    desk.click("reminders of all");
    assert_eq!(desk.app.lists().tab(), List::Reminders, "{}", desk.screen());
    // What lies under a list that is on top is not clicked.
    desk.press("?");
    desk.click(" switchboard ");
    assert!(desk.app.overlay().is_some());
}

#[test]
fn a_row_of_the_strip_is_answered_by_a_click() {
    let mut desk = Desk::open(120, 40);
    desk.after(Duration::from_secs(20));
    desk.dials(1, 7);
    desk.dials(2, 8);
    desk.after(Duration::from_secs(2));
    desk.click("Jane W.             ");
    let form = desk.app.form().expect("a form");
    assert_eq!(form.target().customer, Some(customer_id(2)));
    desk.types("1. Balance");
    let effects = desk.click("Ctrl-S send");
    assert_eq!(sends(&effects), 1, "{effects:?}");
    assert!(effects.iter().any(|effect| matches!(
        effect,
        Effect::Send { command: CustomerCommand::AnswerPrompt { .. }, .. }
    )));
}

#[test]
fn the_inspector_follows_the_selected_row_of_the_lists() {
    let mut desk = queue();
    desk.after(Duration::from_secs(1));
    desk.press("j");
    let effects = desk.after(Duration::from_secs(1));
    assert!(effects.contains(&Effect::Inspect(CustomerRef::Id(customer_id(2)))), "{effects:?}");
    desk.press("esc");
    let effects = desk.after(Duration::from_secs(1));
    assert!(effects.contains(&Effect::Inspect(CustomerRef::Id(customer_id(0)))), "{effects:?}");
}

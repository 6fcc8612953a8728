//! The conversation over an open form is the one with its customer, whatever was looked at or asked for before it
//! was opened and meanwhile (R-CONSOLE-23).

use super::desk::{Desk, customer_id};
use crate::{
    console::{layout::Pane, msg::Effect},
    model::CustomerRef,
};
use std::time::Duration;

/// Looks somebody up, and their state is not here yet.
fn look_up(desk: &mut Desk, who: usize) {
    desk.press("ctrl-p");
    desk.types("@");
    desk.types(customer_id(who).as_str());
    desk.press("enter");
}

/// Whom the screen shows; `None` for nobody.
fn shown(desk: &mut Desk) -> Option<usize> {
    let screen = desk.screen();
    let title = screen.split("[2 ").nth(1).unwrap_or_else(|| panic!("no inspector: {screen}"));
    super::desk::NAMES.iter().position(|name| title.starts_with(name))
}

#[test]
fn r_console_23_the_conversation_stays_over_a_form_with_the_message_that_is_answered() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut desk = Desk::open(width, height);
        desk.press("r");
        desk.answer_inspection();
        desk.answer_timeline();
        desk.types(&"long words ".repeat(40));
        let screen = desk.screen();
        let form = screen.find("[3 REPLY]").expect("a form");
        let said = screen.find("wrote, whatsapp").expect("the conversation");
        assert!(said < form, "{screen}");
    }
}

#[test]
fn r_console_23_the_whole_question_is_on_the_screen_at_80x24() {
    let mut desk = Desk::open(80, 24);
    desk.says(
        1,
        &format!("Nimelipa jana {}mwisho wa swali", "na bado sijapata chochote ".repeat(14)),
    );
    desk.press("G r");
    desk.after(Duration::from_millis(1));
    desk.answer_inspection();
    let screen = desk.screen();
    assert!(screen.contains("[2 Amina]"), "not the conversation with somebody else: {screen}");
    assert!(screen.contains("answers Nimelipa jana"), "{screen}");
    assert!(screen.contains("mwisho wa swali"), "{screen}");
    desk.types("Pole sana");
    assert!(desk.screen().contains("Pole sana"), "{}", desk.screen());
}

#[test]
fn r_console_23_the_conversation_comes_back_with_the_form() {
    let mut desk = Desk::open(80, 24);
    desk.says(1, "Nimelipa jana");
    desk.press("G r");
    desk.after(Duration::from_millis(1));
    desk.answer_inspection();
    desk.types("Pole");
    let whom = Some(customer_id(1));
    assert_eq!(desk.app.form().and_then(|form| form.target().customer.clone()), whom);
    assert_eq!(desk.app.inspected(), whom.as_ref());
    // The agent looks at somebody else meanwhile, whom the inspector stays with,
    look_up(&mut desk, 2);
    desk.after(Duration::from_millis(600));
    desk.answer_inspection();
    assert_ne!(desk.app.inspected(), whom.as_ref());
    // and goes back to the form.
    desk.press("3");
    desk.after(Duration::from_secs(1));
    desk.answer_inspection();
    assert_eq!(desk.app.inspected(), whom.as_ref());
}

#[test]
fn r_console_23_an_answer_about_somebody_else_that_comes_late_is_not_shown_over_the_form() {
    let mut desk = Desk::open(120, 40);
    desk.says(1, "Nimelipa jana");
    desk.press("G");
    desk.after(Duration::from_secs(1));
    desk.answer_inspection();
    assert_eq!(shown(&mut desk), Some(1));
    look_up(&mut desk, 2);
    desk.press("1 r");
    assert_eq!(desk.app.form().and_then(|f| f.target().customer.clone()), Some(customer_id(1)));
    desk.answer_about(2, |_| {});
    assert_ne!(shown(&mut desk), Some(2), "the form is for somebody else");
    desk.after(Duration::from_millis(1));
    desk.answer_inspection();
    assert_eq!(shown(&mut desk), Some(1));
}

#[test]
fn r_console_23_whoever_was_shown_before_goes_when_the_form_opens_and_not_when_the_hub_answers() {
    let mut desk = Desk::open(120, 40);
    look_up(&mut desk, 2);
    desk.answer_about(2, |_| {});
    assert_eq!(shown(&mut desk), Some(2));
    desk.press("1");
    desk.says(1, "Nimelipa jana");
    desk.press("G");
    // The hub was asked about the selected customer, and has not answered.
    desk.after(Duration::from_millis(200));
    desk.press("r");
    assert_eq!(shown(&mut desk), None);
}

#[test]
fn r_console_23_the_inspector_goes_back_to_whom_it_was_pinned_to() {
    let mut desk = Desk::open(120, 40);
    desk.says(1, "Nimelipa jana");
    desk.press("G r");
    desk.types("Pole");
    desk.press("esc");
    look_up(&mut desk, 2);
    desk.answer_about(2, |_| {});
    assert!(desk.app.inspector().pinned());
    desk.press("g d enter");
    assert_eq!(desk.app.form().and_then(|f| f.target().customer.clone()), Some(customer_id(1)));
    desk.after(Duration::from_millis(1));
    desk.answer_inspection();
    assert_eq!(shown(&mut desk), Some(1));
    let effects = desk.press("esc");
    assert!(effects.contains(&Effect::Inspect(CustomerRef::Id(customer_id(2)))), "{effects:?}");
    assert!(desk.app.inspector().pinned());
    assert_eq!(desk.app.focus(), Pane::Inspector);
}

#[test]
fn r_console_23_the_key_for_whoever_waits_turns_back_to_them_too() {
    let mut desk = Desk::open(120, 40);
    desk.dials(1, 7);
    desk.press("g w");
    desk.answer_inspection();
    assert_eq!(shown(&mut desk), Some(1));
    look_up(&mut desk, 2);
    desk.answer_about(2, |_| {});
    assert_eq!(shown(&mut desk), Some(2));
    desk.press("g w");
    desk.after(Duration::from_millis(1));
    desk.answer_inspection();
    assert_eq!(desk.app.focus(), Pane::Form);
    assert_eq!(shown(&mut desk), Some(1), "{}", desk.screen());
}

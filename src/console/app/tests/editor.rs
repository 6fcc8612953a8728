//! A text of a form goes to an editor and comes back (R-CONSOLE-25).

use super::desk::Desk;
use crate::console::msg::{EditOrder, EditedText, Effect, Msg};
use crossterm::event::{KeyCode, MouseEvent, MouseEventKind};
use std::{path::PathBuf, time::Duration};

/// Presses the key of the editor.
fn lent(desk: &mut Desk) -> EditOrder {
    let effects = desk.press("f4");
    let [Effect::Edit(order)] = &effects[..] else { panic!("{effects:?}") };
    order.clone()
}

fn came_back(desk: &mut Desk, order: &EditOrder, result: Result<EditedText, String>) {
    let (call, field) = (order.call.clone(), order.field);
    desk.send(Msg::Edited { call, field, result });
}

fn text(text: &str) -> EditedText {
    EditedText { text: text.into(), whole: None }
}

#[test]
fn r_console_25_nothing_is_typed_or_leaves_while_an_editor_has_the_terminal() {
    let mut desk = Desk::open(120, 40);
    desk.press("r");
    desk.types("wa kwanza");
    desk.press("ctrl-s");
    desk.confirm();
    assert!(desk.screen().contains("sends in"), "{}", desk.screen());
    desk.press("j m");
    desk.types("wa pili");
    let order = lent(&mut desk);
    assert_eq!(order.text, "wa pili");
    let kept = desk.app.drafts().get(&order.call).expect("what is written is kept first");
    assert_eq!(kept.words(), "wa pili");
    // What is held would leave in seconds.
    assert_eq!(desk.after(Duration::from_secs(30)).len(), 0);
    for msg in [
        Msg::Key(KeyCode::Esc.into()),
        Msg::Paste("of the editor".into()),
        Msg::Mouse(MouseEvent {
            kind: MouseEventKind::ScrollDown,
            column: 3,
            row: 3,
            modifiers: crossterm::event::KeyModifiers::NONE,
        }),
        Msg::Interrupted,
        Msg::Resumed,
    ] {
        assert_eq!(desk.send(msg.clone()), [], "{msg:?}");
    }
    came_back(&mut desk, &order, Ok(text("wa pili, kwa kirefu\nmstari wa pili")));
    let screen = desk.screen();
    assert!(screen.contains("mstari wa pili") && screen.contains("Ctrl-Z"), "{screen}");
    let kept = desk.app.drafts().get(&order.call).expect("a draft").words().to_owned();
    assert_eq!(
        kept, "wa pili, kwa kirefu\nmstari wa pili",
        "it is safe before anything is pressed"
    );
    desk.press("ctrl-z");
    assert!(!desk.screen().contains("mstari"), "{}", desk.screen());
    let sent = desk.after(Duration::from_secs(10));
    assert!(sent.iter().any(|effect| matches!(effect, Effect::Send { .. })), "{sent:?}");
}

#[test]
fn ctrl_z_takes_a_change_of_the_text_back_and_stops_no_process() {
    let mut desk = Desk::open(120, 40);
    desk.press("m");
    desk.types("kuandi\u{200b}ka");
    desk.press("f7");
    assert!(desk.screen().contains("kuandika"), "{}", desk.screen());
    assert_eq!(desk.press("ctrl-z"), []);
    assert!(!desk.screen().contains("kuandika"), "{}", desk.screen());
    assert_eq!(desk.press("esc ctrl-z"), [Effect::Suspend], "outside of the form it does");
}

#[test]
fn an_editor_that_fails_leaves_the_field_and_its_words_are_said() {
    let mut desk = Desk::open(80, 24);
    desk.press("m");
    desk.types("Habari");
    let order = lent(&mut desk);
    came_back(&mut desk, &order, Err("`vi` ended with 1: the text is as before".into()));
    let screen = desk.screen();
    assert!(screen.contains("`vi` ended with 1") && screen.contains("Habari"), "{screen}");
    // The same text is no change.
    let order = lent(&mut desk);
    came_back(&mut desk, &order, Ok(text("Habari")));
    assert!(!desk.screen().contains("Ctrl-Z"), "{}", desk.screen());
    let order = lent(&mut desk);
    let whole = Some(PathBuf::from("/state/editor-1.txt"));
    came_back(&mut desk, &order, Ok(EditedText { text: "x".repeat(9000), whole }));
    let screen = desk.screen();
    assert!(screen.contains("not all of it fits; it is whole in /state/editor-1.txt"), "{screen}");
    assert_eq!(desk.send(Msg::Interrupted), [], "it was for the editor");
    desk.after(Duration::from_secs(2));
    assert_eq!(desk.send(Msg::Interrupted), [Effect::Quit], "it is ours again");
}

#[test]
fn what_cannot_be_written_elsewhere_says_why() {
    let mut desk = Desk::open(120, 40);
    desk.press("a l");
    assert_eq!(desk.press("f4"), []);
    assert!(
        desk.screen().contains("no field of this form takes several lines"),
        "{}",
        desk.screen()
    );
}

//! Random sizes and keys: nothing panics, and nothing is sent by accident (R-CONSOLE-1).

use super::desk::{Desk, NAMES};
use crate::{
    console::{keymap::Chord, msg::Effect, msg::Msg, pane::form::Form},
    model::ClientError,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::{prelude::*, strategy::ValueTree as _};
use std::time::Duration;

/// Keys that somebody may press who drops a pen on the keyboard or types into the wrong window.
fn browsing_key() -> impl Strategy<Value = KeyEvent> {
    let special = [
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::Backspace,
        KeyCode::F(1),
        KeyCode::F(2),
        KeyCode::F(5),
        KeyCode::F(8),
    ];
    prop_oneof![
        3 => prop::char::range(' ', '~').prop_map(|c| KeyCode::Char(c).into()),
        1 => prop::sample::select(special.to_vec()).prop_map(KeyEvent::from),
    ]
}

/// Something that can happen during a working day.
#[derive(Clone, Debug)]
enum Moment {
    Key(KeyEvent),
    Chord(&'static str),
    Says(usize),
    Dials(usize),
    Time(u64),
    Size(u16, u16),
    Down,
    Up,
    Answer,
}

fn moment() -> impl Strategy<Value = Moment> {
    let chords = ["ctrl-s", "ctrl-p", "ctrl-c", "r", "m", "a", "t", "g", "c", "/", "?", "z", "esc"];
    prop_oneof![
        6 => browsing_key().prop_map(Moment::Key),
        4 => prop::sample::select(chords.to_vec()).prop_map(Moment::Chord),
        3 => (0..NAMES.len()).prop_map(Moment::Says),
        2 => (0..NAMES.len()).prop_map(Moment::Dials),
        2 => (0_u64..3000).prop_map(Moment::Time),
        2 => (0_u16..=250, 0_u16..=70).prop_map(|(w, h)| Moment::Size(w, h)),
        1 => Just(Moment::Down),
        1 => Just(Moment::Up),
        1 => Just(Moment::Answer),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn every_state_can_be_drawn_at_every_size(
        size in (0_u16..=250, 0_u16..=70),
        moments in prop::collection::vec(moment(), 0..60),
    ) {
        let mut desk = Desk::open(size.0, size.1);
        for moment in moments {
            match moment {
                Moment::Key(key) => drop(desk.send(Msg::Key(key))),
                Moment::Chord(name) => drop(desk.press(name)),
                Moment::Says(who) => drop(desk.says(who, "je? \u{202e}\u{1b}[31m 🙏🏽 اﻟﺴﻼم")),
                Moment::Dials(who) => drop(desk.dials(who, who)),
                Moment::Time(millis) => drop(desk.after(Duration::from_millis(millis))),
                Moment::Size(width, height) => desk.resize(width, height),
                Moment::Down => drop(desk.down(
                    Some(Duration::from_secs(3)),
                    ClientError::Unavailable("draining".into()),
                )),
                Moment::Up => drop(desk.up()),
                Moment::Answer => desk.answer_inspection(),
            }
            desk.paint(false);
        }
        prop_assert!(desk.app.versions().0 > 0);
    }
}

#[test]
fn ten_thousand_keys_while_browsing_send_nothing() {
    let mut desk = Desk::open(120, 40);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let keys = browsing_key();
    let mut seen = Vec::new();
    for n in 0..10_000_u64 {
        let key = keys.new_tree(&mut runner).expect("a key").current();
        seen.extend(desk.send(Msg::Key(key)));
        if desk.app.form().is_some() {
            // Browsing ends where a form opens. An agent who did not mean to open it leaves it.
            seen.extend(desk.press("esc"));
        }
        if n % 50 == 0 {
            seen.extend(desk.after(Duration::from_millis(700)));
            desk.answer_inspection();
            desk.says(0, "habari");
        }
    }
    let sent = seen.iter().filter(|effect| matches!(effect, Effect::Send { .. })).count();
    assert_eq!(sent, 0);
    assert!(
        !Chord::parse("r").expect("a key").keys().is_empty() && seen.len() > 10,
        "it was lively"
    );
}

#[test]
fn a_storm_of_every_key_sends_only_what_a_sheet_confirmed() {
    let mut desk = Desk::open(120, 40);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let ctrl_s = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL);
    let keys = prop_oneof![20 => browsing_key(), 1 => Just(ctrl_s)];
    let (mut sent, mut live) = (0, 0);
    for n in 0..10_000 {
        // Now and then somebody is on the line, whom Ctrl-S answers without a sheet.
        if n % 200 == 0 {
            desk.dials(n / 200 % NAMES.len(), n);
        }
        let key = keys.new_tree(&mut runner).expect("a key").current();
        let on_sheet = desk.app.form().is_some_and(Form::is_review);
        let answers = !on_sheet && desk.app.form().is_some_and(Form::is_live) && key == ctrl_s;
        let confirms = answers || (on_sheet && key.code == KeyCode::Char('s') && key != ctrl_s);
        live += usize::from(answers);
        let before = desk.app.outbox().rows().len();
        let effects = desk.send(Msg::Key(key));
        let grew = desk.app.outbox().rows().len() > before;
        assert!(!grew || confirms, "{key:?} submitted without a sheet");
        sent += effects.iter().filter(|e| matches!(e, Effect::Send { .. })).count();
        desk.after(Duration::from_millis(20));
    }
    assert!(sent <= desk.app.outbox().rows().len(), "nothing is sent twice");
    assert!(live > 0, "somebody was answered");
}

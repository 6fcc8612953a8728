//! Keys as data: the default map is sound, a broken line is tolerated, and letters stay text
//! while one types.

use super::*;

fn key(name: &str) -> KeyPress {
    KeyPress::parse(name).expect(name)
}

#[test]
fn the_default_map_has_no_problems() {
    let mut map = Keymap::default();
    assert_eq!(map.change(DEFAULT), Vec::<String>::new());
}

#[test]
fn a_broken_line_is_reported_and_the_rest_is_used() {
    let mut map = Keymap::default();
    let problems = map.change("[keys]\npause = [\"f9\"]\nfly = [\"w\"]\nfilter = [\"hyper-w\"]\n");
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!(map.find(KeyContext::Feed, &[key("f9")]), Meaning::Action(Action::Pause));
    assert_eq!(map.find(KeyContext::Feed, &[key("p")]), Meaning::Nothing);
    assert_eq!(map.find(KeyContext::Feed, &[key("/")]), Meaning::Action(Action::Filter));
}

#[test]
fn conflicts_and_shadowing_are_found() {
    let mut map = Keymap::default();
    let problems = map.change("[keys]\npause = [\"f\"]\nzoom = [\"g\"]\n");
    assert!(problems.iter().any(|p| p.contains("pause") && p.contains("follow")), "{problems:?}");
    assert!(problems.iter().any(|p| p.contains("zoom") && p.contains("g g")), "{problems:?}");
}

#[test]
fn letters_are_text_while_typing_and_leaders_wait() {
    let map = Keymap::default();
    assert_eq!(map.find(KeyContext::Form, &[key("?")]), Meaning::Nothing);
    assert_eq!(map.find(KeyContext::Form, &[key("f1")]), Meaning::Action(Action::Help));
    assert_eq!(map.find(KeyContext::Feed, &[key("g")]), Meaning::Leader);
    assert_eq!(map.find(KeyContext::Feed, &[key("g"), key("g")]), Meaning::Action(Action::Top));
    assert_eq!(map.find(KeyContext::Feed, &[key("g"), key("z")]), Meaning::Nothing);
    assert!(
        map.following(KeyContext::Feed, key("a"))
            .iter()
            .any(|(k, a)| *k == key("t") && *a == Action::Command(&crate::catalog::UPDATE_TAGS))
    );
}

#[test]
fn keys_are_named_as_they_are_read() {
    for (file, screen) in [
        ("ctrl-p", "Ctrl-P"),
        ("f12", "F12"),
        ("g g", "g g"),
        ("G", "G"),
        ("backtab", "S-Tab"),
        ("space", "Space"),
    ] {
        assert_eq!(Chord::parse(file).expect(file).to_string(), screen);
    }
    for wrong in ["", "f13", "f0", "meta-x", "a b c", "nokey"] {
        assert_eq!(Chord::parse(wrong), None, "{wrong}");
    }
    let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
    assert_eq!(KeyPress::of(shifted), key("G"));
}

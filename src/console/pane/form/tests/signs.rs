//! What one press deletes, in a field of one line and in one of several.

use super::*;
use crate::catalog::ALL;

/// A field of one line, or of several, with a text in it and the cursor behind it.
fn with(text: &str, several_lines: bool) -> Field {
    let specs = ALL.iter().flat_map(|spec| spec.fields);
    let is_it = |spec: &&catalog::FieldSpec| {
        spec.kind.is_multiline() == several_lines && !spec.kind.is_choice()
    };
    let mut field = Field::new(specs.into_iter().find(is_it).expect("a field"), "", Vec::new());
    field.paste(text);
    assert_eq!(field.value(), text);
    field
}

fn keys(field: &mut Field, code: KeyCode, times: usize) {
    for _ in 0..times {
        field.key(code.into());
    }
}

const FAMILY: &str = "👨‍👩‍👧";
const KENYA: &str = "🇰🇪";

#[test]
fn r_console_24_emoji_and_flags_are_deleted_as_one_and_marks_one_by_one() {
    for several_lines in [false, true] {
        for sign in [FAMILY, KENYA, "👍🏿", "❤️", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "x", "é"]
        {
            let mut field = with(&format!("ab{sign}"), several_lines);
            keys(&mut field, KeyCode::Backspace, 1);
            assert_eq!(field.value(), "ab", "{sign}");
        }
        // Two flags are four letters in a row, and one press takes one flag.
        let mut field = with(&format!("{KENYA}🇹🇿"), several_lines);
        keys(&mut field, KeyCode::Backspace, 1);
        assert_eq!(field.value(), KENYA);
        // A wrong mark goes, and the letter stays.
        let mut field = with("ne\u{323}\u{301}", several_lines);
        for rest in ["ne\u{323}", "ne", "n", "", ""] {
            keys(&mut field, KeyCode::Backspace, 1);
            assert_eq!(field.value(), rest);
        }
    }
}

#[test]
fn r_console_24_the_cursor_steps_over_a_sign_and_never_into_it() {
    for several_lines in [false, true] {
        let mut field = with(&format!("a{FAMILY}{KENYA}e\u{301}z"), several_lines);
        keys(&mut field, KeyCode::Left, 4);
        keys(&mut field, KeyCode::Char('-'), 1);
        assert_eq!(field.value(), format!("a-{FAMILY}{KENYA}e\u{301}z"));
        keys(&mut field, KeyCode::Right, 1);
        keys(&mut field, KeyCode::Delete, 1);
        assert_eq!(field.value(), format!("a-{FAMILY}e\u{301}z"));
        keys(&mut field, KeyCode::Delete, 1);
        assert_eq!(field.value(), format!("a-{FAMILY}z"));
        keys(&mut field, KeyCode::Delete, 3);
        assert_eq!(field.value(), format!("a-{FAMILY}"));
    }
}

#[test]
fn r_console_24_a_line_above_or_below_is_entered_between_signs() {
    let mut field = with(&format!("abcd\n{FAMILY}z\nabcd"), true);
    keys(&mut field, KeyCode::Left, 2);
    keys(&mut field, KeyCode::Up, 1);
    keys(&mut field, KeyCode::Char('-'), 1);
    assert_eq!(field.value(), format!("abcd\n-{FAMILY}z\nabcd"));
}

#[test]
fn what_went_as_one_comes_back_as_one() {
    let mut field = with(&format!("ab{FAMILY}"), true);
    keys(&mut field, KeyCode::Backspace, 1);
    assert_eq!(field.value(), "ab");
    field.key(KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL));
    assert_eq!(field.value(), format!("ab{FAMILY}"));
}

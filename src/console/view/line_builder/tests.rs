//! What the tests of all panes share: a screen as text, drawn at a fixed time and without colours, and text
//! that attacks the screen.

use crate::{console::view::DrawContext, model::Timestamp};
use ratatui::{Frame, Terminal, backend::TestBackend};

/// The time at which [`screen`] draws: 2026-11-23 14:00:00 UTC.
pub const DRAWN_AT: Timestamp = Timestamp::from_secs(1_795_442_400);

/// Draws once and returns the screen as text. Panics where anything that could drive a terminal is on it.
pub(crate) fn screen(
    width: u16,
    height: u16,
    draw: impl FnOnce(&mut Frame, &DrawContext),
) -> String {
    let ctx = DrawContext::new(DRAWN_AT, jiff::tz::TimeZone::UTC, true);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let drawn = terminal.draw(|frame| draw(frame, &ctx)).unwrap();
    let mut out = String::new();
    for y in 0..height {
        for x in 0..width {
            let symbol = drawn.buffer[(x, y)].symbol();
            assert!(!symbol.chars().any(is_forbidden), "{symbol:?} reached the screen");
            out.push_str(symbol);
        }
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
    out
}

/// Controls, bidi overrides and isolates, and other scalars that could drive a terminal or hide.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}'
            | '\u{61c}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{e000}'..='\u{f8ff}')
}

/// Texts that attack the screen: control sequences, overrides of the writing direction, characters that
/// stack or take no room, and a very long word.
#[must_use]
pub fn hostile() -> Vec<String> {
    vec![
        "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m".into(),
        "a\u{202e}gnp.exe\u{2066}b\u{200f}".into(),
        format!("z{}", "\u{335}".repeat(2_000)),
        "x".repeat(64 * 1024),
        "line\nline\r\nline\rline\u{2028}line".into(),
        "\u{e000}\u{feff}\u{61c}\u{115f}\u{3164}".into(),
        "مرحبا 你好 नमस्ते ሰላም 👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿".into(),
        String::new(),
    ]
}

#[test]
fn a_line_that_is_too_long_ends_with_a_sign_that_it_goes_on() {
    let drawn = |text: &'static str| {
        screen(8, 1, |frame, ctx| {
            let line = super::LineBuilder::new().own("ab", ctx.dim()).own(text, ctx.plain()).line();
            super::rows(frame, frame.area(), vec![line]);
        })
    };
    assert_eq!(drawn("cdefgh"), "abcdefgh\n");
    assert_eq!(drawn("cdefghi"), "abcdefg…\n");
    // A wide character is drawn whole or not at all.
    assert_eq!(drawn("cdef你好"), "abcdef…\n");
    assert_eq!(drawn("cde你好你"), "abcde你 …\n");
}

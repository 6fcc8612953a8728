//! What a line break is, in whatever way it was written (R-TEXT-3).

use std::borrow::Cow;

/// Whether a character ends a line by itself: LF, VT, FF, CR, NEL, and Unicode's line and paragraph separators.
#[must_use]
pub const fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The text with one `\n` for each line break, however it was written. CR and LF behind one another are
/// one line break.
#[must_use]
pub fn with_newlines(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| c != '\n' && is_line_break(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut after_cr = false;
    for c in text.chars() {
        if !(after_cr && c == '\n') {
            out.push(if is_line_break(c) { '\n' } else { c });
        }
        after_cr = c == '\r';
    }
    Cow::Owned(out)
}

/// The text in one line: each run of blanks and line breaks in it is one blank. It is for words of others among
/// words of ours, where a line of its own could be taken for one of ours.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_text_3_every_kind_of_line_break_is_one_line_break() {
        for one in ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
            assert_eq!(with_newlines(&format!("a{one}b")), "a\nb", "{one:?}");
            assert_eq!(with_newlines(&format!("{one}a{one}{one}")), "\na\n\n", "{one:?}");
        }
        assert_eq!(with_newlines("a\n\rb\r\r\nc"), "a\n\nb\n\nc");
        assert!(matches!(with_newlines("a\n\nb\t"), Cow::Borrowed("a\n\nb\t")));
        let only = ('\0'..=char::MAX).filter(|c| is_line_break(*c)).count();
        assert_eq!(only, 7);
    }
}

//! What one press deletes or steps over in a line (R-CONSOLE-24).
//!
//! A sign is an extended grapheme cluster of Unicode. An emoji may be one of several characters (a flag, a family, a
//! colour of skin), and each of its parts alone is another sign, so that it goes as one. A letter with marks goes
//! mark by mark, as it was typed.

use unicode_properties::UnicodeEmoji as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// The part of a line before a cursor, which is counted in characters, and the part behind it.
fn split(line: &str, cursor: usize) -> (&str, &str) {
    let at = line.char_indices().nth(cursor).map_or(line.len(), |(at, _)| at);
    line.split_at(at)
}

fn is_emoji(sign: &str) -> bool {
    sign.chars().next().is_some_and(char::is_emoji_char)
}

/// How many characters the sign before the cursor has; 0 at the beginning of the line.
pub(super) fn before(line: &str, cursor: usize) -> usize {
    split(line, cursor).0.graphemes(true).next_back().map_or(0, |sign| sign.chars().count())
}

/// How many characters the sign behind the cursor has; 0 at the end of the line.
pub(super) fn behind(line: &str, cursor: usize) -> usize {
    split(line, cursor).1.graphemes(true).next().map_or(0, |sign| sign.chars().count())
}

/// How many characters Backspace deletes: an emoji whole, and of anything else the last character.
pub(super) fn taken_off(line: &str, cursor: usize) -> usize {
    let sign = split(line, cursor).0.graphemes(true).next_back().unwrap_or_default();
    if is_emoji(sign) { sign.chars().count() } else { sign.chars().count().min(1) }
}

/// The line without the character before the cursor, and where the cursor is then.
pub(super) fn without_mark(line: &str, cursor: usize) -> (String, usize) {
    let (before, behind) = split(line, cursor);
    let mut left = before.chars();
    left.next_back();
    (format!("{}{behind}", left.as_str()), cursor.saturating_sub(1))
}

/// How many characters lie between the cursor and the beginning of the sign that it stands in; 0 if it stands
/// between two signs.
pub(super) fn inside(line: &str, cursor: usize) -> usize {
    let mut start = 0;
    for sign in line.graphemes(true) {
        let end = start + sign.chars().count();
        if cursor < end {
            return cursor - start;
        }
        start = end;
    }
    0
}

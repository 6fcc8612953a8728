//! Text that is drawn. What is forbidden is in `tests/it/hostile/forbidden.rs`, by hand from the Unicode charts and without
//! `console/text`, so that a hole in one list is not the same hole in the other.

use super::{head, text};
use crate::console::text::Safe;

#[path = "../../../tests/it/hostile/forbidden.rs"]
mod forbidden;

/// How many bytes a character may become: a mark such as `«U+10FFFF»`.
const GROWTH: usize = 14;

/// Text of somebody else, after a byte of the columns that there are for it.
pub(super) fn safe(bytes: &[u8]) {
    let ([columns], foreign) = head::<1>(bytes);
    let (columns, foreign) = (usize::from(columns), text(foreign));
    let made = [
        (Safe::new(&foreign), Safe::new as fn(&str) -> Safe),
        (Safe::identity(&foreign), Safe::identity),
    ];
    for (safe, make) in made {
        let shown = safe.as_str();
        visible(shown);
        assert!(shown.len() <= foreign.len().saturating_mul(GROWTH), "{foreign:?} grows");
        assert_eq!(make(shown).as_str(), shown, "what was made of {foreign:?} stays as it is");
        let fits = [safe.clip(columns), safe.tail(columns), safe.fit(columns)];
        for part in &fits {
            visible(part.as_str());
            assert!(part.width() <= columns, "{part:?} in {columns} columns");
            assert_eq!(Safe::new(part.as_str()).width(), part.width(), "{part:?}");
        }
        for line in safe.wrap(columns) {
            visible(line.as_str());
            assert!(line.width() <= columns.max(1), "{line:?} in {columns} columns");
        }
    }
    for clipped in [Safe::new_clipped(&foreign, columns), Safe::identity_clipped(&foreign, columns)]
    {
        visible(clipped.as_str());
        assert!(clipped.width() <= columns, "{clipped:?} in {columns} columns");
    }
    for line in Safe::lines(&foreign) {
        visible(line.as_str());
    }
}

/// Expects that nothing forbidden is in a text.
pub(super) fn visible(text: &str) {
    let mut before = ' ';
    for c in text.chars() {
        let is_forbidden = forbidden::is_forbidden(c, before);
        assert!(!is_forbidden, "U+{:04X} after {before:?} in {text:?}", u32::from(c));
        before = c;
    }
}

//! Which scalars may be drawn as they are. This is an allow-list by general category, so
//! that a scalar which nobody thought of is shown as a mark. A denylist would let through
//! whatever it forgot.
//!
//! The categories come from the Unicode data of `unicode-properties`. Only what that data does not
//! carry is listed here: `Default_Ignorable_Code_Point` outside of `Cf`, a set that Unicode's
//! stability policy has closed for assigned scalars.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Whether a scalar shows itself, as a letter, mark, number, sign, symbol or blank with a look of
/// its own. Controls, bidi and format scalars, line separators, private use, non-characters and
/// scalars that Unicode has not assigned do not.
pub fn is_drawable(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    match c.general_category() {
        GeneralCategory::Control
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::Surrogate
        | GeneralCategory::PrivateUse
        | GeneralCategory::Unassigned => false,
        GeneralCategory::Format => is_visible_format(c),
        _ => !is_ignorable(c),
    }
}

/// `Prepended_Concatenation_Mark`: format scalars by category, but Arabic, Syriac and Kaithi signs
/// that are seen, such as the end-of-verse sign and the sign before a number.
const fn is_visible_format(c: char) -> bool {
    matches!(
        c,
        '\u{600}'
            ..='\u{605}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'
                | '\u{891}'
                | '\u{8e2}'
                | '\u{110bd}'
                | '\u{110cd}'
    )
}

/// `Default_Ignorable_Code_Point` among marks and letters, which are drawn as nothing at all.
const fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180d}'
            | '\u{180f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Joiners and selectors that spell words and emoji when they stand inside a cluster: ZWNJ, ZWJ,
/// text and emoji presentation, and the letter shapes of Mongolian.
pub const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
        || matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}')
}

/// Scalars that can make two different names look the same: joiners, all blanks but the ordinary
/// one, and the empty braille cell.
pub fn is_odd_in_identity(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{2800}')
        || matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}')
        || (c != ' ' && c.general_category() == GeneralCategory::SpaceSeparator)
}

/// Whether a cluster is the flag of a region: a black flag, up to six tag letters or digits, and
/// the closing tag. Anywhere else, tag scalars only smuggle text.
pub fn is_flag(cluster: &str) -> bool {
    let mut scalars = cluster.chars();
    if scalars.next() != Some('\u{1f3f4}') {
        return false;
    }
    let mut tags = 0;
    for c in scalars.by_ref() {
        match c {
            '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}' if tags < 6 => tags += 1,
            '\u{e007f}' => return tags > 0 && scalars.next().is_none(),
            _ => return false,
        }
    }
    false
}

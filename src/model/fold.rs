//! Folds text for comparing, so that different spellings of a word become the same: compatibility forms,
//! case and accents are removed, and so are characters that cannot be seen. The filter folds the query and
//! the text, and the opt-out words and messages are folded alike; what is stored stays as it was written.

use unicode_normalization::{UnicodeNormalization as _, char::canonical_combining_class};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// The folded form of a text. It is only for comparing, and may be longer or shorter than the text.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else if !is_accent(c) && !is_unseen(c) {
            c.to_lowercase().for_each(|c| match letters(c) {
                Some(letters) => out.push_str(letters),
                None => out.push(c),
            });
        }
    }
    out
}

/// Tells accents by their combining class: Hebrew and Arabic points (10 to 35), and marks above, below or
/// around a letter (200 to 240). Indic and Thai vowels and viramas have other classes and are kept,
/// because to their readers they are letters.
fn is_accent(c: char) -> bool {
    matches!(canonical_combining_class(c), 10..=35 | 200..=240)
}

fn is_unseen(c: char) -> bool {
    c.general_category() == GeneralCategory::Format || matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// What people type for letters that Unicode does not decompose. `None` for all other letters.
const fn letters(c: char) -> Option<&'static str> {
    Some(match c {
        'đ' => "d",
        'ł' => "l",
        'ø' => "o",
        'ı' => "i",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ς' => "σ",
        _ => return None,
    })
}

//! What two spellings of a word have in common: compatibility forms, case and accents are gone,
//! and so is everything that is not seen. For comparing only; what is stored stays as it was said.

use unicode_normalization::{UnicodeNormalization as _, char::canonical_combining_class};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// Folds text for comparing.
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

/// Accents by their combining class: Hebrew and Arabic points (10 to 35) and what stands above,
/// below or around a letter (200 to 240). Indic and Thai vowels and viramas have others: they are
/// letters to their readers.
fn is_accent(c: char) -> bool {
    matches!(canonical_combining_class(c), 10..=35 | 200..=240)
}

fn is_unseen(c: char) -> bool {
    c.general_category() == GeneralCategory::Format || matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// Letters that Unicode does not take apart but people type apart.
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

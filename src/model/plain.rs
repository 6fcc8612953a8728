//! What a text could be written with more plainly (R-TEXT-3): characters that editors and phones make of what
//! was typed, letters that are written as a letter and an accent, and characters that nobody sees.
//!
//! Nothing is replaced here by itself. A form says what there is and replaces it when the agent presses the
//! key for it, and a dry run says what it would save. Letters are never replaced by other letters, because
//! that would spell another word.

use super::{
    line_break::is_line_break,
    segments::{Encoding, measure, named, septets},
};
use std::{borrow::Cow, ops::Range};
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

/// What is unusual about a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddness {
    /// A character for which the GSM alphabet has another one, such as a typographic quote.
    Fancy,
    /// A letter and its accents as characters of their own, although Unicode has one for all of it.
    Decomposed,
    /// A character that cannot be seen, with its name.
    Invisible(&'static str),
}

/// A piece of a text that could be written more plainly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddPiece {
    pub oddness: Oddness,
    /// Where it is, in bytes.
    pub range: Range<usize>,
    /// What stands for it; empty for what is better left out.
    pub plain: String,
}

impl OddPiece {
    /// What it is, in words that can be followed by what it costs; `text` is the text that it is in.
    #[must_use]
    pub fn words(&self, text: &str) -> String {
        let written = &text[self.range.clone()];
        let first = written.chars().next().unwrap_or_default();
        match self.oddness {
            Oddness::Fancy => blank_name(first).map_or_else(|| named(first), str::to_owned),
            Oddness::Decomposed => {
                let all: Vec<_> = written.chars().map(piece_name).collect();
                format!("{} (written as {})", self.plain, all.join(" and "))
            }
            Oddness::Invisible(name) => name.to_owned(),
        }
    }
    /// Its place in the text, in characters and counted from 1.
    #[must_use]
    pub fn place(&self, text: &str) -> usize {
        text[..self.range.start].chars().count() + 1
    }
}

fn piece_name(c: char) -> String {
    if c.is_alphanumeric() { c.to_string() } else { format!("U+{:04X}", u32::from(c)) }
}

/// Everything in a text that could be written more plainly, in order. What is only a matter of the GSM
/// alphabet counts `on_phone` only: on other channels a typographic quote costs nothing.
#[must_use]
pub fn odd_pieces(text: &str, on_phone: bool) -> Vec<OddPiece> {
    if text.bytes().all(|b| b == b'\n' || (b != b'`' && (b' '..=b'~').contains(&b))) {
        return Vec::new();
    }
    let mut out = Vec::new();
    for range in clusters(text) {
        let written = &text[range.clone()];
        let mut whole = written.chars();
        let (first, rest) = (whole.next().unwrap_or_default(), whole.as_str());
        let composed: String = written.nfc().collect();
        if !rest.is_empty() && composed.encode_utf16().count() < written.encode_utf16().count() {
            out.push(OddPiece { oddness: Oddness::Decomposed, range, plain: composed });
        } else if let Some(name) = invisible(text, range.start, first) {
            let range = range.start..range.start + first.len_utf8();
            out.push(OddPiece { oddness: Oddness::Invisible(name), range, plain: String::new() });
        } else if on_phone && rest.is_empty() {
            let same = || composed.chars().all(|c| septets(c).is_some()) && composed != written;
            let plain = equivalent(first).or_else(|| same().then_some(Cow::Borrowed(&*composed)));
            if let Some(plain) = plain.filter(|_| septets(first).is_none()) {
                let plain = plain.into_owned();
                out.push(OddPiece { oddness: Oddness::Fancy, range, plain });
            }
        }
    }
    out
}

/// The text with everything replaced that has a plain equivalent; the same text if nothing has. What would
/// become longer stays where that would not save anything, because another character keeps the text in UCS-2.
#[must_use]
pub fn plain(text: &str, on_phone: bool) -> Cow<'_, str> {
    let mut out = once(text, on_phone);
    // What was between two characters is gone now, so that they may be odd together.
    while let Cow::Owned(written) = &out
        && let Cow::Owned(next) = once(written, on_phone)
    {
        out = Cow::Owned(next);
    }
    out
}

fn once(text: &str, on_phone: bool) -> Cow<'_, str> {
    let pieces = odd_pieces(text, on_phone);
    let all = replaced(text, pieces.iter());
    let meter = measure(&all);
    if !on_phone || (meter.encoding == Encoding::Gsm7 && meter.parts <= measure(text).parts) {
        return all;
    }
    let shorter = |piece: &&OddPiece| {
        piece.plain.encode_utf16().count() <= text[piece.range.clone()].encode_utf16().count()
    };
    replaced(text, pieces.iter().filter(shorter))
}

fn replaced<'a, 'p>(text: &'a str, pieces: impl Iterator<Item = &'p OddPiece>) -> Cow<'a, str> {
    let mut out = String::new();
    let mut at = 0;
    for piece in pieces {
        out.push_str(&text[at..piece.range.start]);
        out.push_str(&piece.plain);
        at = piece.range.end;
    }
    if at == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}

/// The text in pieces, each of a character and all behind it that may compose with what stands before them.
fn clusters(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = chars.next()?;
        let mut end = start + first.len_utf8();
        while let Some((at, c)) = chars.next_if(|(_, c)| composes(*c)) {
            end = at + c.len_utf8();
        }
        Some(start..end)
    })
}

/// Whether a character may become one with the character before it.
fn composes(c: char) -> bool {
    !c.is_ascii() && is_nfc_quick(std::iter::once(c)) == IsNormalized::Maybe
}

/// The name of a character that cannot be seen where it stands; `None` for one that can be, and for
/// joiners and selectors that spell an emoji or a word.
fn invisible(text: &str, at: usize, c: char) -> Option<&'static str> {
    let before = text[..at].chars().next_back().unwrap_or_default();
    let after = text[at + c.len_utf8()..].chars().next().unwrap_or_default();
    // The scripts that join letters, and emoji, come later in Unicode than Latin, Greek and Cyrillic.
    let joins = |c: char| c >= '\u{590}' && !('\u{2000}'..='\u{206f}').contains(&c);
    Some(match c {
        '\u{200c}' | '\u{200d}' if joins(before) && joins(after) => return None,
        '\u{fe0e}' | '\u{fe0f}' if is_pictured(before) || after == '\u{20e3}' => return None,
        '\u{e0020}'..='\u{e007f}' if is_flag(&text[..at]) => return None,
        '\u{200b}' => "zero width space",
        '\u{200c}' => "zero width non-joiner",
        '\u{200d}' => "zero width joiner",
        '\u{2060}' => "word joiner",
        '\u{feff}' => "byte order mark",
        '\u{ad}' => "soft hyphen",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{61c}' => "Arabic letter mark",
        '\u{202a}' => "left-to-right embedding",
        '\u{202b}' => "right-to-left embedding",
        '\u{202c}' => "end of a direction",
        '\u{202d}' => "left-to-right override",
        '\u{202e}' => "right-to-left override",
        '\u{2066}' => "left-to-right isolate",
        '\u{2067}' => "right-to-left isolate",
        '\u{2068}' => "first strong isolate",
        '\u{2069}' => "end of an isolate",
        '\u{2061}'..='\u{2064}' => "invisible operator",
        '\u{206a}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' => "format character",
        '\u{34f}' => "grapheme joiner",
        '\u{180e}' => "vowel separator",
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => "Hangul filler",
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => "variation selector",
        '\u{e0000}'..='\u{e007f}' => "tag character",
        c if c.is_control() && c != '\t' && !is_line_break(c) => "control character",
        _ => return None,
    })
}

/// Whether a selector of a text or an emoji look can follow a character.
const fn is_pictured(c: char) -> bool {
    let is_mark = matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e01ef}');
    (c >= '\u{203c}' && !is_mark) || matches!(c, '\u{a9}' | '\u{ae}')
}

/// Whether a text ends in a black flag and few tags, as the flags of parts of a country are written.
fn is_flag(text: &str) -> bool {
    let is_tag = |c: &char| ('\u{e0020}'..='\u{e007e}').contains(c);
    text.chars().rev().take(8).find(|c| !is_tag(c)) == Some('\u{1f3f4}')
}

/// The name of a blank that is not the ordinary one, which nobody could tell from it.
const fn blank_name(c: char) -> Option<&'static str> {
    Some(match c {
        '\t' => "tab",
        '\u{a0}' => "no-break space",
        '\u{202f}' => "narrow no-break space",
        '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{205f}' | '\u{3000}' => "wide or thin space",
        _ => return None,
    })
}

/// What people type for a character that an editor, a keyboard or a web page made. Each is in the GSM
/// alphabet, and reads the same.
fn equivalent(c: char) -> Option<Cow<'static, str>> {
    if blank_name(c).is_some() {
        return Some(" ".into());
    }
    // The wide forms of ASCII stand in its order.
    if let Some(ascii) = u32::from(c).checked_sub(0xfee0).filter(|n| (0x21..=0x7e).contains(n)) {
        let ascii = char::from_u32(ascii).filter(|c| *c != '`').unwrap_or('\'');
        return Some(ascii.to_string().into());
    }
    Some(Cow::Borrowed(match c {
        '`' | '´' | '‘' | '’' | '‚' | '‛' | '′' | '‹' | '›' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' => {
            "'"
        }
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' | '〝' | '〞' => "\"",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '⁃' | '•' | '‣' | '﹣' => {
            "-"
        }
        '…' => "...",
        '‥' => "..",
        '⁄' | '∕' => "/",
        '∗' => "*",
        '×' => "x",
        '→' => "->",
        '←' => "<-",
        '≤' => "<=",
        '≥' => ">=",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        _ => return None,
    }))
}

#[cfg(test)]
mod tests;

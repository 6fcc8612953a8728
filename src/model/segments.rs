//! How much of a short message or USSD menu a text takes (R-TEXT-1, R-TEXT-2), by 3GPP TS 23.038 (alphabets),
//! TS 23.040 (parts) and TS 23.090 (USSD): <https://www.3gpp.org/dynareport/23038.htm>,
//! <https://www.3gpp.org/dynareport/23040.htm> and <https://www.3gpp.org/dynareport/23090.htm>.
//!
//! A part has 140 bytes, of which 6 are taken for a header if there are several. A single character
//! outside the GSM alphabet turns the whole message into UCS-2. A character that takes two units is
//! never split over two parts. This is in `model` and not in the catalog, because the form's meter and
//! the hub must come to the same result. The shift tables of single languages are left out, because
//! networks do not agree on them.

use super::limits::{USSD_SEPTETS, USSD_UNITS};
use std::{cmp::Ordering, ops::Range};

/// The default alphabet in the order of its codes. Escape (1B) is left out, because it is no character.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table. Each of its characters is sent as an escape and a code.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";
/// The codes of its characters, in the same order.
const EXTENDED_CODES: &[u8] = &[0x0A, 0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65];
/// The code of the escape, which is no character.
const ESCAPE: u8 = 0x1B;

/// The code of a character in GSM 03.38, and whether it is one of the extension table; `None` if it is in neither.
#[must_use]
pub fn code_of(c: char) -> Option<(u8, bool)> {
    if let Some(at) = EXTENDED.chars().position(|other| other == c) {
        return EXTENDED_CODES.get(at).map(|code| (*code, true));
    }
    let at = u8::try_from(BASIC.chars().position(|other| other == c)?).ok()?;
    Some((if at < ESCAPE { at } else { at + 1 }, false))
}

/// The character of a code of GSM 03.38, in the extension table or in the default alphabet.
#[must_use]
pub fn of_code(code: u8, is_extended: bool) -> Option<char> {
    if is_extended {
        let at = EXTENDED_CODES.iter().position(|other| *other == code)?;
        return EXTENDED.chars().nth(at);
    }
    match code.cmp(&ESCAPE) {
        Ordering::Less => BASIC.chars().nth(usize::from(code)),
        Ordering::Equal => None,
        Ordering::Greater => BASIC.chars().nth(usize::from(code) - 1),
    }
}

/// How the text of a short message is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits for most characters.
    Gsm7,
    /// Sixteen bits for most characters, and twice as many for those outside the Basic Multilingual Plane.
    Ucs2,
}

impl Encoding {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }
    /// The encoding of a text, and the first character that is to blame if it is UCS-2, with its place
    /// counted from 1.
    fn of(text: &str) -> (Self, Option<(char, usize)>) {
        let outside = text.chars().enumerate().find(|(_, c)| septets(*c).is_none());
        match outside {
            Some((i, c)) => (Self::Ucs2, Some((c, i + 1))),
            None => (Self::Gsm7, None),
        }
    }
    /// How many units a single part holds, and how many each of several parts does.
    const fn room(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }
    fn units(self, c: char) -> usize {
        match self {
            Self::Gsm7 => septets(c).unwrap_or(1),
            Self::Ucs2 => c.len_utf16(),
        }
    }
}

/// How many septets a character takes; `None` if it is in neither table of GSM 03.38.
#[must_use]
pub fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENDED.contains(c) {
        Some(2)
    } else {
        None
    }
}

/// How long a text is as a short message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter {
    pub encoding: Encoding,
    /// Its length in septets or 16-bit units.
    pub units: usize,
    /// How many parts it takes. 0 for an empty text.
    pub parts: usize,
    /// How many units fit into the last part besides.
    pub left: usize,
    /// The first character that needs UCS-2 and its position, counted from 1. `None` if the text is
    /// in the GSM alphabet.
    pub culprit: Option<(char, usize)>,
}

/// Measures a text as a short message (R-TEXT-1).
#[must_use]
pub fn measure(text: &str) -> Meter {
    let (encoding, culprit) = Encoding::of(text);
    let units: usize = text.chars().map(|c| encoding.units(c)).sum();
    let all = parts(text);
    let (single, several) = encoding.room();
    let left = match &all[..] {
        [] | [_] => single - units,
        [.., last] => {
            several - text[last.clone()].chars().map(|c| encoding.units(c)).sum::<usize>()
        }
    };
    Meter { encoding, units, parts: all.len(), left, culprit }
}

/// The parts of a text as a short message, as ranges of bytes (R-TEXT-1). There is none for an empty text.
#[must_use]
pub fn parts(text: &str) -> Vec<Range<usize>> {
    let (encoding, _) = Encoding::of(text);
    let (single, several) = encoding.room();
    let units: usize = text.chars().map(|c| encoding.units(c)).sum();
    let room = if units <= single { single } else { several };
    let (mut out, mut start, mut used) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        let size = encoding.units(c);
        if used + size > room {
            out.push(start..at);
            (start, used) = (at, 0);
        }
        used += size;
    }
    if start < text.len() {
        out.push(start..text.len());
    }
    out
}

/// The measure of a USSD menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MenuMeter {
    pub encoding: Encoding,
    /// The length in septets for GSM-7, else in units of 16 bits.
    pub units: usize,
    /// How many of those units a phone shows.
    pub room: usize,
    /// The first character that is not in the GSM alphabet, and its place counted from 1. It is named
    /// because it alone more than halves the room.
    pub culprit: Option<(char, usize)>,
}

impl MenuMeter {
    /// Why a phone cannot show it whole, in words for a form and for the answer of a hub; `None` if
    /// it can (R-TEXT-2).
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        let over = self.units.checked_sub(self.room).filter(|over| *over > 0)?;
        let what = match self.culprit {
            Some((c, at)) => format!("units of UCS-2, which {} at {at} needs", named(c)),
            None => "septets".into(),
        };
        Some(format!("{over} too long: a USSD phone shows {} {what} (R-TEXT-2)", self.room))
    }
}

/// Measures a USSD menu (R-TEXT-2).
#[must_use]
pub fn measure_menu(text: &str) -> MenuMeter {
    let (encoding, culprit) = Encoding::of(text);
    let units = text.chars().map(|c| encoding.units(c)).sum();
    let room = match encoding {
        Encoding::Gsm7 => USSD_SEPTETS,
        Encoding::Ucs2 => USSD_UNITS,
    };
    MenuMeter { encoding, units, room, culprit }
}

/// A character as it can stand in a sentence: itself if it can be seen, else its number.
#[must_use]
pub fn named(c: char) -> String {
    if c == '"' || c == '\'' || c == '\\' || c.escape_debug().count() == 1 {
        c.to_string()
    } else {
        format!("U+{:04X}", u32::from(c))
    }
}

#[cfg(test)]
mod tests;

//! How many parts a short message takes (R-TEXT-1), by 3GPP TS 23.038 (alphabets) and TS 23.040 (parts):
//! <https://www.3gpp.org/dynareport/23038.htm> and <https://www.3gpp.org/dynareport/23040.htm>.
//!
//! A part has 140 bytes, of which 6 are taken for a header if there are several. A single character
//! outside the GSM alphabet turns the whole message into UCS-2. A character that takes two units is
//! never split over two parts. This is in `model` and not in the catalog, because the form's meter
//! and the hub's dry run must come to the same result.

/// Characters that take one septet. Carriage return and escape are left out, because we
/// never send them.
const BASIC: &str = "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Characters that take two septets.
const EXTENDED: &str = "^{}\\[~]|€\u{c}";

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
    /// How many units a single part holds, and how many each of several parts does.
    const fn room(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }
    fn units(self, c: char) -> usize {
        match self {
            Self::Gsm7 if EXTENDED.contains(c) => 2,
            Self::Gsm7 => 1,
            Self::Ucs2 => c.len_utf16(),
        }
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

#[must_use]
pub fn measure(text: &str) -> Meter {
    let culprit = text
        .chars()
        .enumerate()
        .find(|(_, c)| !BASIC.contains(*c) && !EXTENDED.contains(*c))
        .map(|(i, c)| (c, i + 1));
    let encoding = if culprit.is_some() { Encoding::Ucs2 } else { Encoding::Gsm7 };
    let (single, several) = encoding.room();
    let units: usize = text.chars().map(|c| encoding.units(c)).sum();
    if units <= single {
        let parts = usize::from(units > 0);
        return Meter { encoding, units, parts, left: single - units, culprit };
    }
    let (mut parts, mut used) = (1, 0);
    for c in text.chars() {
        let size = encoding.units(c);
        if used + size > several {
            parts += 1;
            used = 0;
        }
        used += size;
    }
    Meter { encoding, units, parts, left: several - used, culprit }
}

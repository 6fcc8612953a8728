//! How many parts a short message takes (3GPP TS 23.038 and 23.040; domain.md D2).
//!
//! One character outside the GSM alphabet turns the whole message into UCS-2. A character that
//! takes two units is never split over two parts. Here and not in the catalog, because the form's
//! meter and the hub's dry run must not differ.

/// Characters of one septet; carriage return and escape are left out, we never send them.
const BASIC: &str = "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Characters of two septets.
const EXTENDED: &str = "^{}\\[~]|€\u{c}";

/// How a short message is written on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits a character.
    Gsm7,
    /// Sixteen bits a unit.
    Ucs2,
}

impl Encoding {
    /// The standard's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }
    /// Units of a single part, and of each of several.
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

/// The measure of a short message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter {
    /// How it is written.
    pub encoding: Encoding,
    /// Septets or 16-bit units in all.
    pub units: usize,
    /// Parts; 0 for an empty text.
    pub parts: usize,
    /// Units left in the last part.
    pub left: usize,
    /// The first character that needs UCS-2, and its place, from 1.
    pub culprit: Option<(char, usize)>,
}

/// Measures a text.
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

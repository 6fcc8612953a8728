//! How many parts a short message takes: the model's measure, under the name that forms know; and
//! whether a USSD menu fits (domain.md D4).

pub use crate::model::segments::{Encoding, Meter, measure};

/// What a USSD phone shows at most: 182 septets, or 80 characters outside the GSM alphabet
/// (3GPP TS 23.090, domain.md D4; the hub cuts at 182, R-HOOK-4).
const USSD: (usize, usize) = (182, 80);

/// The measure of a USSD menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MenuMeter {
    /// How it is written.
    pub encoding: Encoding,
    /// Septets or 16-bit units in all.
    pub units: usize,
    /// How many a phone shows.
    pub room: usize,
    /// The first character that needs UCS-2, and its place, from 1.
    pub culprit: Option<(char, usize)>,
}

/// Measures a USSD menu.
#[must_use]
pub fn measure_menu(text: &str) -> MenuMeter {
    let Meter { encoding, units, culprit, .. } = measure(text);
    let room = if encoding == Encoding::Gsm7 { USSD.0 } else { USSD.1 };
    MenuMeter { encoding, units, room, culprit }
}

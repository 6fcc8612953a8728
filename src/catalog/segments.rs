//! Measures texts for phones: how many parts a short message takes (which is the model's measure,
//! re-exported for forms) and whether a USSD menu fits on a screen.

pub use crate::model::segments::{Encoding, Meter, measure};

/// The most that a USSD phone shows: 182 septets of the GSM alphabet, or 80 characters if one is
/// outside of it, because a USSD string has 160 octets (R-TEXT-2, 3GPP TS 23.090).
const USSD: (usize, usize) = (182, 80);

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

/// Measures a USSD menu. It fits if `units` is at most `room`.
#[must_use]
pub fn measure_menu(text: &str) -> MenuMeter {
    let Meter { encoding, units, culprit, .. } = measure(text);
    let room = if encoding == Encoding::Gsm7 { USSD.0 } else { USSD.1 };
    MenuMeter { encoding, units, room, culprit }
}

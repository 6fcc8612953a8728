//! The header that may stand before the text of a short message, and what it says of the parts of a longer text. By
//! 3GPP TS 23.040, section 9.2.3.24 (<https://www.3gpp.org/dynareport/23040.htm>).

/// The elements that say which part of a longer text this is, with a reference of 8 and of 16 bits.
const PART_8: u8 = 0x00;
const PART_16: u8 = 0x08;

/// Which part of a longer text something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartPlace {
    /// What all parts of the text have in common, with how it was written, so that the numbers of one way are not
    /// taken for those of another.
    pub reference: String,
    /// How many parts there are, at least 2.
    pub total: u8,
    /// The number of this one, from 1 to `total`.
    pub place: u8,
}

impl PartPlace {
    /// `None` if the numbers make no sense, or if the text has one part only and is whole therefore.
    pub fn new(reference: String, total: u8, place: u8) -> Option<Self> {
        let is_part = total > 1 && (1..=total).contains(&place);
        is_part.then_some(Self { reference, total, place })
    }
}

/// Cuts the header off. A header that is longer than all there is is none, so that nothing of the text is lost.
pub fn split(octets: &[u8]) -> (Option<PartPlace>, &[u8]) {
    let parts = octets.split_first().and_then(|(length, rest)| {
        let (header, text) = rest.split_at_checked(usize::from(*length))?;
        Some((place(header), text))
    });
    parts.unwrap_or((None, octets))
}

/// What the elements of a header say. Of several that say it the last one counts; one that makes no sense is passed over,
/// and a header that ends in the middle of an element says nothing.
fn place(mut header: &[u8]) -> Option<PartPlace> {
    let mut found = None;
    while let [id, length, rest @ ..] = header {
        let (data, behind) = rest.split_at_checked(usize::from(*length))?;
        let said = match (*id, data) {
            (PART_8, [reference, total, place]) => {
                PartPlace::new(format!("8/{reference}"), *total, *place)
            }
            (PART_16, [high, low, total, place]) => {
                let reference = u16::from_be_bytes([*high, *low]);
                PartPlace::new(format!("16/{reference}"), *total, *place)
            }
            _ => None,
        };
        found = said.or(found);
        header = behind;
    }
    found.filter(|_| header.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(reference: &str, total: u8, place: u8) -> PartPlace {
        PartPlace { reference: reference.into(), total, place }
    }

    #[test]
    fn r_carry_26_a_header_says_which_part_it_is_and_garbage_says_nothing() {
        let cases: [(&[u8], Option<PartPlace>, &[u8]); 13] = [
            (b"\x05\x00\x03\x07\x02\x01Habari", Some(part("8/7", 2, 1)), b"Habari"),
            (b"\x06\x08\x04\x01\x02\x03\x03Habari", Some(part("16/258", 3, 3)), b"Habari"),
            // Ports, or a language, before and behind it.
            (b"\x0b\x05\x04\x0b\x84\x23\xf0\x00\x03\x07\x02\x01x", Some(part("8/7", 2, 1)), b"x"),
            (b"\x08\x00\x03\x07\x02\x01\x24\x01\x01x", Some(part("8/7", 2, 1)), b"x"),
            // The last one counts, unless it makes no sense.
            (b"\x0a\x00\x03\x01\x02\x01\x00\x03\x07\x02\x02x", Some(part("8/7", 2, 2)), b"x"),
            (b"\x0a\x00\x03\x01\x02\x01\x00\x03\x07\x00\x00x", Some(part("8/1", 2, 1)), b"x"),
            (b"\x05\x00\x03\x07\x02\x03x", None, b"x"),
            (b"\x05\x00\x03\x07\x02\x00x", None, b"x"),
            (b"\x05\x00\x03\x07\x01\x01x", None, b"x"),
            // An element that is longer than the header, and a header that is longer than everything.
            (b"\x05\x00\x09\x07\x02\x01x", None, b"x"),
            (b"\x06\x00\x03\x07\x02\x01\x08x", None, b"x"),
            (b"Habari", None, b"Habari"),
            (b"", None, b""),
        ];
        for (octets, place, text) in cases {
            assert_eq!(split(octets), (place, text), "{octets:?}");
        }
    }

    proptest! {
        #[test]
        fn r_carry_26_no_header_makes_it_fall(octets in any::<Vec<u8>>()) {
            let (place, text) = split(&octets);
            prop_assert!(octets.ends_with(text));
            prop_assert!(place.is_none_or(|part| part.total > 1 && (1..=part.total).contains(&part.place)));
        }
    }
}

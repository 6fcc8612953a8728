//! How the text of a short message is encoded: in the alphabet of GSM 03.38 where it has every character, one octet
//! for each septet as SMPP carries them, and else in UTF-16 with the high octet first. By 3GPP TS 23.038
//! (<https://www.3gpp.org/dynareport/23038.htm>) and SMPP 3.4, section 5.2.19 (<https://smpp.org/SMPP_v3_4_Issue1_2.pdf>).

use crate::model::segments::{code_of, of_code};

/// The default alphabet of the network.
pub const DEFAULT: u8 = 0;
/// The Latin alphabet of ISO-8859-1.
const LATIN_1: u8 = 3;
/// UTF-16 with the high octet first.
pub const UCS_2: u8 = 8;
/// Octets that are no text, such as ring tones, in the two numbers that SMPP has for them.
const BINARY: u8 = 2;
const BINARY_OF_SMPP: u8 = 4;
/// What begins a code of the extension table.
const ESCAPE: u8 = 0x1B;

/// A text as octets, with the number of its encoding (`data_coding`).
pub fn encode(text: &str) -> (u8, Vec<u8>) {
    let mut octets = Vec::with_capacity(text.len());
    for c in text.chars() {
        let Some((code, is_extended)) = code_of(c) else {
            return (UCS_2, text.encode_utf16().flat_map(u16::to_be_bytes).collect());
        };
        if is_extended {
            octets.push(ESCAPE);
        }
        octets.push(code);
    }
    (DEFAULT, octets)
}

/// What octets say. Those that say nothing in their encoding become U+FFFD, and so does an unknown encoding's text
/// as far as it is not ASCII.
pub fn decode(data_coding: u8, octets: &[u8]) -> String {
    match data_coding {
        // Classes of messages in the default alphabet, such as those that flash on a screen, are read as it.
        DEFAULT | 0x10..=0x13 | 0xF0..=0xF3 => {
            let mut text = String::with_capacity(octets.len());
            let mut is_extended = false;
            for octet in octets {
                if *octet == ESCAPE && !is_extended {
                    is_extended = true;
                    continue;
                }
                // A phone that does not know a code of the extension table shows that of the alphabet.
                let extended = if is_extended { of_code(*octet, true) } else { None };
                let c = extended.or_else(|| of_code(*octet, false));
                text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
                is_extended = false;
            }
            text
        }
        LATIN_1 => octets.iter().map(|octet| char::from(*octet)).collect(),
        UCS_2 | 0x18..=0x1B => {
            let units = octets.chunks(2).map(|pair| {
                u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or_default()])
            });
            let chars = char::decode_utf16(units);
            chars.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        BINARY | BINARY_OF_SMPP | 0x14..=0x17 | 0xF4..=0xF7 => {
            format!("[{} octets that are no text]", octets.len())
        }
        // IA5 is ASCII, and of the others that is what they have in common.
        _ => {
            let ascii = |octet: &u8| {
                if octet.is_ascii() { char::from(*octet) } else { char::REPLACEMENT_CHARACTER }
            };
            octets.iter().map(ascii).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r_carry_5_a_text_is_gsm_where_it_can_be_and_utf_16_where_not() {
        assert_eq!(encode("Ana @ 5€"), (DEFAULT, b"Ana \x00 5\x1be".to_vec()));
        assert_eq!(encode("çoklu").0, UCS_2, "the small c with cedilla is not in the alphabet");
        assert_eq!(encode("é{}").1, [0x05, ESCAPE, 0x28, ESCAPE, 0x29]);
        assert_eq!(encode("🌻").1, [0xD8, 0x3C, 0xDF, 0x3B]);
        assert_eq!(decode(1, b"STOP"), "STOP");
        assert_eq!(decode(LATIN_1, &[0x6d, 0xe1]), "má");
        assert_eq!(decode(DEFAULT, &[ESCAPE]), "", "an escape alone says nothing");
        assert_eq!(decode(UCS_2, &[0x00]), "\0", "half a unit does not make it fall");
        assert_eq!(decode(5, &[0xff, b'a']), "\u{fffd}a");
        assert_eq!(decode(0x11, &[0x00]), "@", "the default alphabet with a class");
        assert_eq!(decode(4, &[0xff, b'a']), "[2 octets that are no text]");
    }

    proptest! {
        #[test]
        fn r_carry_5_what_is_encoded_is_read_back(text in "\\PC{0,200}") {
            let (coding, octets) = encode(&text);
            prop_assert_eq!(decode(coding, &octets), text);
        }

        #[test]
        fn no_octets_make_it_fall(coding in any::<u8>(), octets in any::<Vec<u8>>()) {
            let read = decode(coding, &octets);
            prop_assert!(read.chars().count() <= octets.len().max(60));
        }
    }
}

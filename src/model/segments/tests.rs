//! Both tables of GSM 03.38 code by code, the lengths at which a text takes another part (R-TEXT-1), and
//! what fits into a USSD menu (R-TEXT-2).

use super::*;
use proptest::prelude::*;

/// The default alphabet of 3GPP TS 23.038, section 6.2.1: a row for each low half of the code, as Unicode.
/// The place of the escape (1B) holds a zero.
const DEFAULT_ALPHABET: [[u32; 8]; 16] = [
    [0x40, 0x394, 0x20, 0x30, 0xA1, 0x50, 0xBF, 0x70],
    [0xA3, 0x5F, 0x21, 0x31, 0x41, 0x51, 0x61, 0x71],
    [0x24, 0x3A6, 0x22, 0x32, 0x42, 0x52, 0x62, 0x72],
    [0xA5, 0x393, 0x23, 0x33, 0x43, 0x53, 0x63, 0x73],
    [0xE8, 0x39B, 0xA4, 0x34, 0x44, 0x54, 0x64, 0x74],
    [0xE9, 0x3A9, 0x25, 0x35, 0x45, 0x55, 0x65, 0x75],
    [0xF9, 0x3A0, 0x26, 0x36, 0x46, 0x56, 0x66, 0x76],
    [0xEC, 0x3A8, 0x27, 0x37, 0x47, 0x57, 0x67, 0x77],
    [0xF2, 0x3A3, 0x28, 0x38, 0x48, 0x58, 0x68, 0x78],
    [0xC7, 0x398, 0x29, 0x39, 0x49, 0x59, 0x69, 0x79],
    [0x0A, 0x39E, 0x2A, 0x3A, 0x4A, 0x5A, 0x6A, 0x7A],
    [0xD8, 0x00, 0x2B, 0x3B, 0x4B, 0xC4, 0x6B, 0xE4],
    [0xF8, 0xC6, 0x2C, 0x3C, 0x4C, 0xD6, 0x6C, 0xF6],
    [0x0D, 0xE6, 0x2D, 0x3D, 0x4D, 0xD1, 0x6D, 0xF1],
    [0xC5, 0xDF, 0x2E, 0x3E, 0x4E, 0xDC, 0x6E, 0xFC],
    [0xE5, 0xC9, 0x2F, 0x3F, 0x4F, 0xA7, 0x6F, 0xE0],
];

/// The extension table of section 6.2.1.1: form feed, `^ { } \ [ ~ ] |` and the euro sign.
const EXTENSION: [u32; 10] = [0x0C, 0x5E, 0x7B, 0x7D, 0x5C, 0x5B, 0x7E, 0x5D, 0x7C, 0x20AC];

fn a(n: usize) -> String {
    "a".repeat(n)
}

#[test]
fn r_text_1_both_tables_of_gsm_03_38_and_no_other_character() {
    let default: Vec<u32> = DEFAULT_ALPHABET.into_iter().flatten().filter(|c| *c != 0).collect();
    assert_eq!((default.len(), BASIC.chars().count()), (127, 127));
    assert_eq!((EXTENSION.len(), EXTENDED.chars().count()), (10, 10));
    for c in '\0'..=char::MAX {
        let code = u32::from(c);
        let expected =
            if default.contains(&code) { Some(1) } else { EXTENSION.contains(&code).then_some(2) };
        assert_eq!(septets(c), expected, "U+{code:04X}");
    }
}

#[test]
fn r_text_1_the_table_is_in_the_order_of_its_codes() {
    let column = |code: usize| DEFAULT_ALPHABET[code % 16][code / 16];
    let codes = (0..128).filter(|code| *code != 0x1B);
    for (code, c) in codes.zip(BASIC.chars()) {
        assert_eq!(column(code), u32::from(c), "code {code:02X}");
    }
}

/// The lengths at which a short message takes another part (R-TEXT-1).
#[test]
fn parts_of_a_short_message() {
    let parts = |text: &str| measure(text).parts;
    assert_eq!([160, 161, 306, 307].map(|n| parts(&a(n))), [1, 2, 2, 3]);
    assert_eq!([80, 81].map(|n| parts(&"€".repeat(n))), [1, 2]);
    assert_eq!(measure(&format!("{}€{}", a(152), a(152))).units, 306);
    assert_eq!(parts(&format!("{}€{}", a(152), a(152))), 3, "the euro sign would straddle");
    assert_eq!(parts(&format!("{}€{}", a(152), a(151))), 2);
    assert_eq!([70, 71, 134, 135].map(|n| parts(&"ж".repeat(n))), [1, 2, 2, 3]);
    assert_eq!([35, 36, 66, 67].map(|n| parts(&"😀".repeat(n))), [1, 2, 2, 3]);
    assert_eq!(measure(&"😀".repeat(67)).units, 134, "but a pair would straddle");
    assert_eq!(parts(&format!("{}’", a(159))), 3);
    assert_eq!(parts(&format!("{}'", a(159))), 1);
    assert_eq!(parts(""), 0);
}

#[test]
fn the_character_that_costs_is_named() {
    let meter = measure("Karibu Ç ê");
    assert_eq!((meter.encoding, meter.culprit), (Encoding::Ucs2, Some(('ê', 10))));
    let meter = measure("[ok]");
    assert_eq!((meter.encoding, meter.units, meter.left), (Encoding::Gsm7, 6, 154));
    for out in ['`', '\t', '“', '”', '’', 'ç', 'ê', '₦', '₵', '😀'] {
        assert_eq!(measure(&out.to_string()).encoding, Encoding::Ucs2, "{out}");
    }
}

#[test]
fn what_is_left_is_left_in_the_last_part() {
    let left = |text: &str| measure(text).left;
    assert_eq!([0, 1, 160, 161, 306].map(|n| left(&a(n))), [160, 159, 0, 145, 0]);
    assert_eq!(left(&format!("{}€{}", a(152), a(152))), 152, "153 - 1 after a part of 153");
    assert_eq!(left(&"😀".repeat(36)), 67 - 6);
}

#[test]
fn r_text_1_neither_an_escape_nor_a_surrogate_pair_is_split() {
    let text = format!("{}€{}", a(152), a(152));
    let lengths: Vec<_> = parts(&text).into_iter().map(|part| text[part].chars().count()).collect();
    assert_eq!(lengths, [152, 152, 1], "152, then the escape with its code and 151 more");
    let smiles = "😀".repeat(67);
    let lengths: Vec<_> = parts(&smiles).into_iter().map(|part| part.len() / 4).collect();
    assert_eq!(lengths, [33, 33, 1]);
}

/// A phone shows 182 septets, or 80 units if one character is outside the GSM alphabet (R-TEXT-2).
#[test]
fn menus_are_measured() {
    let room = |text: &str| (measure_menu(text).units, measure_menu(text).room);
    assert_eq!(room(&a(182)), (182, 182));
    assert_eq!(room(&"€".repeat(92)), (184, 182), "an extension costs two");
    assert_eq!(room(&"ሰ".repeat(80)), (80, 80));
    assert_eq!(room(&"😀".repeat(41)), (82, 80));
    assert_eq!(measure_menu("abcሰ").culprit, Some(('ሰ', 4)));
    let why = |text: &str| measure_menu(text).refusal();
    assert_eq!(
        [why(""), why(&a(182)), why(&"€".repeat(91)), why(&"ሰ".repeat(80))],
        [None, None, None, None]
    );
    let words = "1 too long: a USSD phone shows 182 septets (R-TEXT-2)";
    assert_eq!(why(&a(183)).as_deref(), Some(words));
    let words = "2 too long: a USSD phone shows 80 units of UCS-2, which ’ at 5 needs (R-TEXT-2)";
    assert_eq!(why(&format!("ng, o’{}", a(74))), None, "80 of 80");
    assert_eq!(why(&format!("Ombe’{}", a(77))).as_deref(), Some(words));
    assert!(
        why(&format!("\u{202e}{}", a(90))).is_some_and(|why| why.contains("which U+202E at 1"))
    );
}

fn any_text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "€", "[", "ж", "😀", "é", "\n"]), 0..400)
        .prop_map(|all| all.concat())
}

proptest! {
    #[test]
    fn parts_hold_the_whole_text_and_none_holds_too_much(text in any_text()) {
        let meter = measure(&text);
        let all = parts(&text);
        prop_assert_eq!(all.iter().map(|part| &text[part.clone()]).collect::<String>(), text.clone());
        let (single, several) = meter.encoding.room();
        let room = if all.len() < 2 { single } else { several };
        for (i, part) in all.iter().enumerate() {
            let used: usize = text[part.clone()].chars().map(|c| meter.encoding.units(c)).sum();
            prop_assert!(used <= room && used > 0);
            // A part ends only where the next character does not fit any more.
            prop_assert!(i + 1 == all.len() || used >= room - 1);
        }
    }
}

//! How telephone numbers are read (R-ADDR-5, R-ADDR-6).

use super::*;
use proptest::prelude::*;

fn at(code: &str) -> Option<Region> {
    let region = Region::parse(code);
    assert!(region.is_some(), "{code}");
    region
}

#[test]
fn r_addr_5_every_way_to_write_a_number_reads_the_same() {
    #[rustfmt::skip]
    let ways = [
        "+254733900001", "254733900001", "0733900001", "00254733900001", "733900001", "000254733900001",
        "+254 733 900 001", "+254-733-900-001", "+254 (0)733 900001", "+2540733900001", "(+254) 733900001", "+254.733.900.001",
        "0733 900 001", "0733-900001", "(0733) 900 001", "0733/900001", "0733\u{a0}900\u{a0}001", "0733–900–001", "  0733900001\n",
        "00 254 733 900 001", "254 733 900001", "0254733900001", "＋２５４７３３９００００１", "０７３３９００００１", "٠٧٣٣٩٠٠٠٠١", "०७३३९००००१",
        "\u{202a}+254 733 900 001\u{202c}", "\u{200e}0733900001", "+254\u{2011}733\u{2011}900001", "+254 733 900 001\u{200b}",
        "tel:+254733900001", " TEL:0733-900-001",
    ];
    for way in ways {
        assert_eq!(read(way, at("KE")).as_deref(), Some("+254733900001"), "{way:?}");
    }
}

#[test]
fn r_addr_5_the_region_says_how_a_number_without_a_plus_is_read() {
    #[rustfmt::skip]
    let table = [
        ("255713000106", "KE", Some("+255713000106")), ("0713000106", "TZ", Some("+255713000106")),
        ("08030001170", "NG", Some("+2348030001170")), ("2348030001170", "NG", Some("+2348030001170")),
        ("020 7946 0958", "GB", Some("+442079460958")), ("+44 (0)20 7946 0958", "KE", Some("+442079460958")),
        ("(202) 555-0173", "US", Some("+12025550173")), ("1 202 555 0173", "US", Some("+12025550173")),
        ("011 254 733 900001", "US", Some("+254733900001")), ("8 916 123 45 67", "RU", Some("+79161234567")),
        ("06 698 12345", "IT", Some("+390669812345")), ("77 200 01 20", "SN", Some("+221772000120")),
        ("052 123 4567", "IL", Some("+972521234567")), ("0 81 234 5678", "TH", Some("+66812345678")),
        // What is no number there, is none.
        ("07339", "KE", None), ("073390000123456", "KE", None), ("0", "KE", None), ("00", "KE", None), ("1234567890123", "KE", None),
    ];
    for (text, region, want) in table {
        assert_eq!(read(text, at(region)).as_deref(), want, "{text} in {region}");
    }
    for text in ["0733900001", "733900001", "254733900001", "2025550173", "40404"] {
        assert_eq!(read(text, None), None, "{text}: of which country?");
    }
    assert_eq!(read("00254733900001", None).as_deref(), Some("+254733900001"));
}

#[test]
fn r_addr_5_what_can_be_read_in_two_ways_is_not_read() {
    for (text, region, all) in [
        ("9198100001", "IN", ["+919198100001", "+9198100001"]),
        ("62812292308", "ID", ["+6262812292308", "+62812292308"]),
        ("376312008", "AD", ["+376376312008", "+376312008"]),
        ("4930116614", "DE", ["+494930116614", "+4930116614"]),
        ("3912345678", "IT", ["+393912345678", "+3912345678"]),
    ] {
        assert_eq!(readings(text, at(region)), all, "{text} in {region}");
        assert_eq!(read(text, at(region)), None);
        let said = fault(text, at(region), []).expect("refused");
        let [one, other] = all;
        assert!(said.contains(&format!("did you mean {one} or {other}?")), "{said}");
    }
    // With a trunk zero, or of another country, there is only one way.
    assert_eq!(read("09810000133", at("IN")).as_deref(), Some("+919810000133"));
    assert_eq!(read("9810000133", at("IN")).as_deref(), Some("+919810000133"));
    // So many digits are no local number.
    assert_eq!(read("919810000133", at("IN")).as_deref(), Some("+919810000133"));
    assert_eq!(read("4915184683433", at("DE")).as_deref(), Some("+4915184683433"));
    assert_eq!(read("254733900001", at("IN")).as_deref(), Some("+254733900001"));
}

#[test]
fn r_addr_5_with_a_plus_a_number_is_kept_although_its_plan_has_none_such() {
    for (text, want) in [
        ("+22179900906", Some("+22179900906")),
        ("+221 79 90 09 06", Some("+22179900906")),
        ("+254700100300", Some("+254700100300")),
        ("+2547339", Some("+2547339")),
        ("+25471", None),
        ("+1234567890123456", None),
        ("+0733900001", None),
        ("+", None),
        ("++254733900001", None),
        ("254+733900001", None),
        ("+254733900001 ext 5", None),
        ("+25473390000x", None),
        ("BAHARI", None),
        ("*384#", None),
        ("", None),
        ("telegram", None),
    ] {
        for region in [None, at("KE")] {
            assert_eq!(read(text, region).as_deref(), want, "{text:?}");
        }
    }
}

#[test]
fn r_addr_6_short_codes_stay_as_they_are() {
    for code in ["404", "5250", "40404", "525900", " 40404 "] {
        assert!(is_short_code(code) && read(code, at("KE")).is_none(), "{code}");
        assert_eq!(fault(code, at("NO"), []), None, "{code}");
    }
    for other in ["04040", "40", "+40404", "4040404", "40a04", ""] {
        assert!(!is_short_code(other), "{other}");
    }
}

#[test]
fn r_addr_6_what_cannot_be_read_says_what_was_probably_meant() {
    let kenya = at("KE");
    #[rustfmt::skip]
    let table = [
        ("07339", kenya, "07339 is too short for a number of KE: did you mean one that begins with +2547339, and has 7 to 10 digits"),
        ("0733900001234", kenya, "too long for a number of KE: did you mean one that begins with +2547339"),
        ("0733900001", None, "0733900001 does not say of which country it is: did you mean +254733900001?"),
        ("254733900001", None, "did you mean +254733900001?"),
        ("07339", None, "write it with its country, such as +254711000001"),
        ("+25471", kenya, "5 digits after the plus; 7 to 15 are possible"),
        ("+0733900001", kenya, "no country's code begins with 0"),
        ("07x", kenya, "only digits after the plus"),
    ];
    for (text, region, words) in table {
        let said = fault(text, region, kenya).unwrap_or_else(|| panic!("{text} is read"));
        assert!(said.contains(words), "{text}: {said}");
    }
    assert_eq!(fault("0733 900 001", kenya, []), None);
}

#[test]
fn a_region_is_two_letters_of_a_country_with_telephones() {
    assert_eq!(Region::parse(" ke ").map(Region::code), Some("KE"));
    assert_eq!(["ZZ", "001", "KEN", "", "254"].map(Region::parse), [None; 5]);
    assert_eq!(Region::of("+254711082000"), Region::parse("KE"));
    assert_eq!(["254711082000", "40404", "bahari"].map(Region::of), [None; 3]);
}

/// A number of Kenya or one of its neighbours, with its country.
fn number() -> impl Strategy<Value = String> {
    let plans =
        [("254", "7[0-9]{8}"), ("255", "7[0-9]{8}"), ("256", "7[0-9]{8}"), ("251", "9[0-9]{8}")];
    prop::sample::select(plans.to_vec())
        .prop_flat_map(|(code, rest)| rest.prop_map(move |rest| format!("+{code}{rest}")))
}

/// The number with separators between its digits, and in one of the ways that it can begin.
pub(crate) fn written(number: String) -> impl Strategy<Value = String> {
    let separator =
        prop::sample::select(vec!["", "", "", " ", "-", ".", "/", " (", ") ", "\u{a0}", "–"]);
    let digits = number.len() - 1;
    (0..4_usize, prop::collection::vec(separator, digits)).prop_map(move |(way, separators)| {
        let (start, rest) = match way {
            1 if number.starts_with("+254") => ("0", &number[4..]),
            2 => ("00", &number[1..]),
            3 => ("", &number[1..]),
            _ => ("+", &number[1..]),
        };
        let spaced = rest.chars().zip(separators).map(|(c, after)| format!("{c}{after}"));
        format!("{start}{}", spaced.collect::<String>())
    })
}

proptest! {
    #[test]
    fn r_addr_5_separators_do_not_matter(
        (number, text) in number().prop_flat_map(|n| (Just(n.clone()), written(n))),
    ) {
        prop_assert_eq!(read(&text, at("KE")), Some(number));
    }

    #[test]
    fn r_addr_5_what_was_read_reads_as_itself(text in "[+0-9 ()-]{0,20}", region in prop::sample::select(vec!["KE", "US", "IT", "JP", "NO"])) {
        if let Some(once) = read(&text, at(region)) {
            prop_assert!(once.starts_with('+') && DIGITS.contains(&(once.len() - 1)), "{}", once);
            prop_assert_eq!(read(&once, at(region)), Some(once.clone()));
            prop_assert_eq!(read(&once, None), Some(once.clone()));
            prop_assert!(spellings(&once, at(region)).contains(&once));
        }
    }

    #[test]
    fn no_text_is_a_panic(text in ".{0,40}") {
        let _ = (read(&text, at("KE")), fault(&text, None, at("KE")), is_short_code(&text));
    }
}

//! What has a plain equivalent, what is joined, what cannot be seen, and that nothing else changes (R-TEXT-3).

use super::*;
use proptest::prelude::*;

fn on_phone(text: &str) -> String {
    plain(text, true).into_owned()
}

/// Each piece as what it is, where, and what stands for it.
fn found(text: &str) -> Vec<(String, usize, String)> {
    let all = odd_pieces(text, true).into_iter();
    all.map(|piece| (piece.words(text), piece.place(text), piece.plain)).collect()
}

#[test]
fn r_text_3_what_editors_make_of_quotes_dashes_and_blanks_is_written_as_typed() {
    for (fancy, typed) in [
        ("ng’ombe", "ng'ombe"),
        ("“Karibu”, ‘ndiyo’ «oui» `x`", "\"Karibu\", 'ndiyo' \"oui\" 'x'"),
        ("9–17 h — leo − 5 ‑ 6", "9-17 h - leo - 5 - 6"),
        ("Subiri…", "Subiri..."),
        ("KES\u{a0}1\u{202f}500\tleo\u{3000}x", "KES 1 500 leo x"),
        ("ＡＢ１！｀", "AB1!'"),
        ("oﬃce ﬁ", "office fi"),
        ("• moja\n• mbili", "- moja\n- mbili"),
        ("\u{2126} \u{212b} \u{212a}", "Ω Å K"),
    ] {
        assert_eq!(on_phone(fancy), typed);
        assert_eq!(measure(typed).encoding, Encoding::Gsm7, "{typed}");
        assert_eq!(plain(fancy, false), fancy, "a quote costs nothing elsewhere");
    }
}

#[test]
fn r_text_3_every_plain_equivalent_is_in_the_gsm_alphabet() {
    let mut count = 0;
    for c in '\0'..=char::MAX {
        let Some(plain) = equivalent(c) else { continue };
        count += 1;
        assert!(!plain.is_empty() && plain.chars().all(|c| septets(c).is_some()), "{c:?}");
        if !c.is_ascii() || c == '`' || c == '\t' {
            assert_eq!(septets(c), None, "{c:?} is in the alphabet and stays");
        }
    }
    assert!(count > 130, "{count}");
}

#[test]
fn r_text_3_a_letter_and_its_accent_become_one_letter() {
    assert_eq!(on_phone("cafe\u{301} ne\u{302}"), "café nê");
    assert_eq!(plain("cafe\u{301}", false), "café", "on every channel");
    assert_eq!(found("cafe\u{301}"), [("é (written as e and U+0301)".into(), 4, "é".into())]);
    assert_eq!(on_phone("Vie\u{323}\u{302}t"), "Việt");
    assert_eq!(on_phone("\u{1112}\u{1161}\u{11ab}"), "한");
    // What has no composed form stays, and so does what Unicode composes to something longer.
    for stays in ["x\u{301}", "\u{915}\u{93c}", "\u{5d0}\u{5b7}", "नमस्ते", "สวัสดี"]
    {
        assert_eq!(on_phone(stays), stays);
        assert_eq!(found(stays), []);
    }
}

#[test]
fn r_text_3_what_cannot_be_seen_is_named_and_left_out() {
    for (c, name) in [
        ('\u{200b}', "zero width space"),
        ('\u{200c}', "zero width non-joiner"),
        ('\u{200d}', "zero width joiner"),
        ('\u{2060}', "word joiner"),
        ('\u{feff}', "byte order mark"),
        ('\u{ad}', "soft hyphen"),
        ('\u{200e}', "left-to-right mark"),
        ('\u{200f}', "right-to-left mark"),
        ('\u{202a}', "left-to-right embedding"),
        ('\u{202e}', "right-to-left override"),
        ('\u{2066}', "left-to-right isolate"),
        ('\u{2069}', "end of an isolate"),
        ('\u{e0068}', "tag character"),
        ('\u{fe0f}', "variation selector"),
        ('\u{7f}', "control character"),
    ] {
        let text = format!("ab{c}cd");
        assert_eq!(found(&text), [(name.into(), 3, String::new())]);
        assert_eq!(plain(&text, false), "abcd");
    }
}

#[test]
fn what_spells_an_emoji_or_a_word_is_not_odd() {
    for text in [
        "👩\u{200d}👩\u{200d}👧 ❤\u{fe0f}\u{200d}🔥",
        "1\u{fe0f}\u{20e3} ©\u{fe0f}",
        "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
        "می\u{200c}خواهم",
        "ශ්\u{200d}රී",
        "🇰🇪 ж ê ₦",
    ] {
        assert_eq!(odd_pieces(text, true), []);
        assert!(matches!(plain(text, true), Cow::Borrowed(same) if same == text));
    }
}

#[test]
fn what_only_grows_stays_where_the_text_is_ucs_2_anyway() {
    assert_eq!(on_phone("Subiri… ‘ж’"), "Subiri… 'ж'");
    assert_eq!(on_phone("Subiri… ‘x’"), "Subiri... 'x'");
}

proptest! {
    #[test]
    fn plain_is_plain_and_never_costs_more(text in "(\\PC|[’“…–é\u{301}e\u{200b}😀ж\n\t]){0,60}", phone in any::<bool>()) {
        let once = plain(&text, phone).into_owned();
        prop_assert_eq!(plain(&once, phone), once.clone(), "twice is once");
        let (before, after) = (measure(&text), measure(&once));
        prop_assert!(after.parts <= before.parts);
        let breaks = |text: &str| text.matches('\n').count();
        prop_assert_eq!(breaks(&text), breaks(&once), "lines stay lines");
    }

    #[test]
    fn plain_text_is_not_touched(text in "[a-zA-Z0-9 .,!?@£$éèÇ€{}\\[\\]~|\n]{0,80}") {
        prop_assert!(matches!(plain(&text, true), Cow::Borrowed(same) if same == text));
    }
}

#[test]
fn a_row_of_selectors_or_tags_is_odd_at_once_and_not_one_after_the_other() {
    for (first, mark) in [("x", "\u{fe0f}"), ("x", "\u{e0041}"), ("\u{2764}", "\u{fe0e}")] {
        let text = format!("{first}{}", mark.repeat(4_000));
        let odd = odd_pieces(&text, false).len();
        assert!(odd >= 3_999, "{first} {mark:?}: {odd}");
        assert!(plain(&text, false).chars().count() <= 2);
    }
    let scotland = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
    assert_eq!(odd_pieces(scotland, false), []);
}

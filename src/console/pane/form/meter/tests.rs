//! What is said about a text: its price, what causes it, what the key would do, and what nobody can see.

use super::*;

fn said(text: &str, carrier: Carrier) -> Vec<String> {
    lines(text, carrier).into_iter().map(|line| line.words).collect()
}
fn sms(text: &str) -> Vec<String> {
    said(text, Carrier::Sms)
}
fn a(n: usize) -> String {
    "a".repeat(n)
}

#[test]
fn r_text_3_the_character_that_costs_parts_is_named_with_what_replaces_it() {
    assert_eq!(
        sms(&format!("{}’", a(159))),
        ["sms: 3 parts, UCS-2, 160 units, 41 left", "’ at 160 costs 2 parts: F7 replaces it by '",]
    );
    assert_eq!(
        sms("ng’ombe"),
        [
            "sms: 1 part, UCS-2, 7 units, 63 left",
            "’ at 3 makes it UCS-2, with 70 in a part: F7 replaces it by '",
        ]
    );
    let line = |text: &str| sms(text).remove(1);
    let text = format!("’{}’", a(100));
    assert_eq!(line(&text), "’ at 1 and 1 more cost 1 part: F7 replaces them by '");
    let text = format!("“{}”", a(100));
    assert_eq!(line(&text), "“ at 1 and another character cost 1 part: F7 replaces both");
    let text = format!("“{}” – …", a(100));
    assert_eq!(line(&text), "“ at 1 and 3 other characters cost 1 part: F7 replaces all");
    let text = format!("KES\u{a0}{}", a(70));
    assert_eq!(line(&text), "no-break space at 4 costs 1 part: F7 replaces it by a blank");
}

#[test]
fn a_character_without_a_plain_equivalent_is_named_too() {
    let line = |text: &str| sms(text).remove(1);
    let text = format!("{}ж", a(159));
    assert_eq!(line(&text), "ж at 160 costs 2 parts: it has no plain equivalent");
    let text = "’ ê ’";
    assert_eq!(line(text), "ê at 3 makes it UCS-2, with 70 in a part: it has no plain equivalent");
    assert_eq!(line("ሰላም"), "ሰ at 1 makes it UCS-2, with 70 in a part: it has no plain equivalent");
    let text = "…".repeat(62);
    assert_eq!(line(&text), "… at 1 makes it UCS-2, with 70 in a part: what is plainer takes more");
    assert_eq!(sms("[ok] €"), ["sms: 1 part, GSM-7, 9 units, 151 left"]);
    let text = format!("€{}[]", a(157));
    assert_eq!(line(&text), "€ at 1 and 2 more count twice each and cost 1 part");
    let text = format!("{}€", a(159));
    assert_eq!(line(&text), "€ at 160 counts twice and costs 1 part");
}

#[test]
fn a_menu_says_how_much_room_is_lost() {
    assert_eq!(said("1. Karibu", Carrier::Ussd), ["ussd: 9 of 182, GSM-7, 173 left"]);
    let words = said(&format!("’{}", a(80)), Carrier::Ussd);
    assert_eq!(
        words,
        [
            "ussd: 81 of 80, UCS-2, 1 too long",
            "’ at 1 leaves room for 80 instead of 182: F7 replaces it by '",
        ]
    );
    let words = said(&"€".repeat(92), Carrier::Ussd);
    assert_eq!(
        words[1],
        "€ at 1 and 91 more count twice each and cost more than there is room for"
    );
}

#[test]
fn r_text_3_letters_in_pieces_and_what_cannot_be_seen_are_said_on_every_channel() {
    let text = "cafe\u{301} le\u{200b}o \u{202e}\u{200b}";
    let words = said(text, Carrier::Internet);
    assert_eq!(
        words,
        [
            "é (written as e and U+0301) at 4 is in pieces: F7 joins it",
            "zero width space at 9 cannot be seen, and 2 more: F7 removes them",
        ]
    );
    assert_eq!(said("“Karibu” – 😀…", Carrier::Internet), Vec::<String>::new());
    assert_eq!(
        sms("cafe\u{301}"),
        [
            "sms: 1 part, UCS-2, 5 units, 65 left",
            "é (written as e and U+0301) at 4 makes it UCS-2, with 70 in a part: F7 joins it",
        ]
    );
    assert_eq!(
        sms("’\u{feff}")[1..],
        [
            "’ at 1 and another character make it UCS-2, with 70 in a part: F7 replaces both",
            "byte order mark at 2 cannot be seen",
        ]
    );
    assert_eq!(sms(""), Vec::<String>::new());
}

#[test]
fn what_a_phone_cannot_show_is_noted_where_nothing_can_be_edited() {
    let noted = |text: &str, carrier| -> Vec<String> {
        notes(text, carrier).into_iter().map(|line| line.words).collect()
    };
    assert_eq!(noted("Karibu 😀", Carrier::Sms), ["a simple phone shows a box for 😀 at 8"]);
    assert_eq!(noted("Karibu 😀", Carrier::Internet), Vec::<String>::new());
    assert_eq!(noted("a\u{e000}", Carrier::Internet), ["no phone can show U+E000 at 2"]);
    let words = noted("a\u{200b}’", Carrier::Sms);
    assert_eq!(words, ["zero width space at 2 cannot be seen"], "no key works there");
}

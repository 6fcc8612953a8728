//! What stands below a text that is being written, and how a sheet shows it as the phone will (R-TEXT-1, R-TEXT-3).

use super::*;
use crossterm::event::KeyCode;

#[test]
fn the_character_that_costs_and_its_key_stand_below_the_text() {
    let mut form = open(&catalog::REPLY, None);
    form.paste(&format!("Karibu ng’ombe {}", "a".repeat(60)), DRAWN_AT);
    let seen = picture(&form, 78, 16);
    assert!(seen.contains("sms: 2 parts, UCS-2, 75 units, 59 left"), "{seen}");
    assert!(seen.contains("’ at 10 costs 1 part: F7 replaces it by '"), "{seen}");
    form.key(KeyCode::F(7).into(), DRAWN_AT);
    let seen = picture(&form, 78, 16);
    assert!(seen.contains("written plainly: Ctrl-Z takes it back"), "{seen}");
    assert!(seen.contains("sms: 1 part, GSM-7, 75 units, 85 left"), "{seen}");
    press(&mut form, "!", DRAWN_AT);
    assert!(!picture(&form, 78, 16).contains("F7"), "nothing is left to replace");
}

#[test]
fn a_text_of_several_parts_is_shown_as_the_phone_shows_it() {
    let mut form = open(&catalog::REPLY, None);
    form.paste(&format!("{}\nmwisho", "neno ".repeat(31).trim_end()), DRAWN_AT);
    let seen = picture(&form, 78, 24);
    assert!(seen.contains(" phone   neno"), "{seen}");
    assert!(seen.contains("«1/2»"), "{seen}");
    // Where there is no room, nothing else gives way to it.
    assert!(!picture(&form, 78, 9).contains("phone"));
    press(&mut form, "ctrl-s", before());
    let seen = picture(&form, 78, 24);
    assert!(seen.contains("text, in 2 parts: «1/2» ends the first"), "{seen}");
    assert!(seen.contains("│ mwisho  "), "{seen}");
}

#[test]
fn a_sheet_says_what_nobody_sees() {
    let mut form = open(&catalog::REPLY, None);
    form.paste("Kari\u{200b}bu 😀", DRAWN_AT);
    press(&mut form, "ctrl-s", before());
    let seen = picture(&form, 78, 24);
    assert!(seen.contains("Kari«U+200B»bu 😀"), "{seen}");
    assert!(seen.contains("zero width space at 5 cannot be seen"), "{seen}");
    assert!(seen.contains("a simple phone shows a box for 😀"), "{seen}");
}

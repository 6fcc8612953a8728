//! What forms and review sheets look like.

use crate::{
    catalog::{self, BuildContext},
    console::{
        pane::form::{
            Form,
            tests::{hello, open, press, target},
        },
        view::{
            form::draw,
            line_builder::tests::{DRAWN_AT, hostile, screen},
        },
    },
    model::Timestamp,
};
use std::time::Duration;

mod kinds;
mod text;

fn picture(form: &Form, width: u16, height: u16) -> String {
    screen(width, height, |frame, ctx| draw(form, frame, frame.area(), ctx, true))
}

/// When the sheet opened: so long before it is drawn that it can be confirmed in the picture.
fn before() -> Timestamp {
    DRAWN_AT.before(Duration::from_secs(2))
}

#[test]
fn a_reply_being_written() {
    let mut form = open(&catalog::REPLY, None);
    press(&mut form, "Order 8841 iko njiani, itafika leo saa 11. Asante!", DRAWN_AT);
    insta::assert_snapshot!(picture(&form, 60, 10), @r#"
    [3 REPLY] ─────────────────────────────────────────── LOCKED
     to      Jane W. …9b1f +254711000001 sms 40404
     answers habari, order yangu iko wapi?               5m ago
     text    Order 8841 iko njiani, itafika leo saa 11. Asante!
             sms: 1 part, GSM-7, 50 units, 110 left
     body    < text >  1 of 4
     [Review] Ctrl-S                      Esc leave, draft kept
    "#);
}

#[test]
fn a_message_with_errors_in_a_small_terminal() {
    let mut form = open(&catalog::MESSAGE, None);
    press(&mut form, "ctrl-s", DRAWN_AT);
    insta::assert_snapshot!(picture(&form, 40, 9), @"
    [3 MESSAGE] ───────────── 1 error LOCKED
     to      Jane W. …9b1f
     text    write to the customer
             !! write something
     number  < +254711000001 >  1 of 2
     from    < sms 40404 >  1 of 2
     body    < text >  1 of 4
     [Review] Ctrl-S  Esc leave, draft kept
    ");
}

#[test]
fn a_tag_with_its_expiry_in_absolute_time() {
    let mut form = open(&catalog::UPDATE_TAGS, None);
    press(&mut form, "tier=vip", DRAWN_AT);
    press(&mut form, "tab", DRAWN_AT);
    press(&mut form, "+7d", DRAWN_AT);
    insta::assert_snapshot!(picture(&form, 78, 8), @r#"
    [3 TAG] ─────────────────────────────────────────────────────────────── LOCKED
     to      Jane W. …9b1f
     tags    tier=vip
     expires +7d
             Mon 2026-11-30 14:00 UTC, in 7 days
             for the customer Mon 2026-11-30 17:00 EAT (by their number)
     [Review] Ctrl-S                                        Esc leave, draft kept
    "#);
}

#[test]
fn the_review_sheet() {
    let mut form = open(&catalog::REPLY, None);
    press(&mut form, "Order 8841 iko njiani", before());
    press(&mut form, "enter", before());
    press(&mut form, "itafika leo", before());
    press(&mut form, "ctrl-s", before());
    insta::assert_snapshot!(picture(&form, 80, 18), @r"
    [3 REVIEW REPLY] ──────────────────────────────────────────────────────── LOCKED
     to      Jane W.
             id …9b1f  number +254711000001  on sms 40404
     answers, of 5m ago
     │ habari, order yangu iko wapi?                                              │
     .. the hub has not answered yet: a guess without knowing the customer
     text
     │ Order 8841 iko njiani                                                      │
     │ itafika leo                                                                │
     the same in a shell
     │ switchboard reply --customer el_cst_00009b1f --message el_msg_7 --text     │
     │ $'Order 8841 iko njiani\nitafika leo'                                      │





     s send  e edit
    ");
}

#[test]
fn a_sheet_too_small_says_what_is_below_and_scrolls() {
    let mut form = open(&catalog::REPLY, None);
    form.paste(&"njiani\n".repeat(30), before());
    press(&mut form, "ctrl-s", before());
    let first = picture(&form, 40, 12);
    assert!(first.contains("more rows") && first.contains("s send"), "{first}");
    for _ in 0..100 {
        form.key(crossterm::event::KeyCode::PageDown.into(), DRAWN_AT);
    }
    let last = picture(&form, 40, 12);
    assert!(!last.contains("more rows") && last.contains("--text"), "{last}");
}

#[test]
fn a_sheet_that_just_opened_says_wait_and_a_dangerous_one_wants_a_word() {
    let mut form = open(&catalog::DELETE_METADATA, None);
    press(&mut form, "survey", DRAWN_AT);
    press(&mut form, "ctrl-s", DRAWN_AT);
    assert!(picture(&form, 60, 14).contains("read first"));
    let mut form = open(&catalog::DELETE_METADATA, None);
    press(&mut form, "survey", before());
    press(&mut form, "ctrl-s", before());
    assert!(picture(&form, 60, 14).contains("type delete to go on"));
    press(&mut form, "delete", DRAWN_AT);
    assert!(picture(&form, 60, 14).contains("s apply"));
}

#[test]
fn the_cursor_is_seen_in_a_long_text() {
    let mut form = open(&catalog::UPDATE_METADATA, None);
    press(&mut form, "tab", DRAWN_AT);
    form.paste(&"word ".repeat(12_000), DRAWN_AT);
    press(&mut form, "END", DRAWN_AT);
    let screen = picture(&form, 60, 12);
    assert!(screen.contains("END"), "{screen}");
}

#[test]
fn every_size_draws_every_form_and_sheet() {
    for spec in catalog::ALL {
        for text in ["", "tier"] {
            let mut form = open(spec, None);
            press(&mut form, text, before());
            for (width, height) in [(0, 0), (1, 1), (3, 2), (20, 3), (40, 6), (50, 10), (250, 70)] {
                picture(&form, width, height);
            }
            press(&mut form, "ctrl-s", before());
            for (width, height) in [(0, 0), (1, 1), (3, 2), (20, 3), (40, 6), (50, 10), (250, 70)] {
                picture(&form, width, height);
            }
        }
    }
}

#[test]
fn hostile_text_draws_clean() {
    for text in hostile() {
        let (hello, zone) = (hello(), jiff::tz::TimeZone::UTC);
        let context = BuildContext { hello: &hello, at: before(), zone: &zone, purses: &[] };
        let mut target = target();
        target.name.clone_from(&text);
        if let Some(quoted) = &mut target.reply_to {
            quoted.text.clone_from(&text);
        }
        let mut form = Form::open(&catalog::REPLY, target, context, "sb-00000001".into(), None);
        form.paste(&text, before());
        for review in [false, true] {
            if review {
                press(&mut form, "ctrl-s", before());
            }
            for (width, height) in [(40, 12), (78, 20), (120, 40)] {
                picture(&form, width, height);
            }
        }
    }
}

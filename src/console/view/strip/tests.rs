//! The rows of the strip, at the widths that there are.

use super::*;
use crate::{
    console::pane::strip::tests::prompt,
    console::view::line_builder::tests::{DRAWN_AT, hostile, screen},
    model::CallStatus,
};
use std::time::Duration;

fn draw(prompt: &LivePrompt, more: usize, width: u16) -> String {
    screen(width, 1, |frame, ctx| {
        let row = line(prompt, Some("g w"), more, usize::from(width), ctx);
        rows(frame, frame.area(), vec![row]);
    })
}

#[test]
fn a_row_says_who_waits_for_what_and_how_long() {
    let ussd = prompt(1, DRAWN_AT, None);
    assert_eq!(
        draw(&ussd, 0, 80),
        " USSD  *385#  +254711000001 Customer 1                wants a menu  g w    15 s\n"
    );
    let call = LivePrompt {
        answer_by: DRAWN_AT.after(Duration::from_millis(3_200)),
        ..prompt(2, DRAWN_AT, Some(CallStatus::Ringing))
    };
    let row = draw(&call, 2, 80);
    assert!(row.contains(" call ") && row.contains("+2 more  ringing, wants a plan"), "{row}");
    assert!(row.contains("!!  4 s"), "{row}");
}

#[test]
fn who_it_is_and_how_long_are_there_at_every_width() {
    let ussd = prompt(1, DRAWN_AT, None);
    for width in [40, 52, 60, 70, 100, 200] {
        let row = draw(&ussd, 3, width);
        assert!(row.contains("Customer 1") || width == 40, "{width}: {row}");
        assert!(row.contains("Cust") && row.contains("15 s"), "{width}: {row}");
    }
    let unnamed = LivePrompt { name: String::new(), ..ussd };
    assert!(draw(&unnamed, 0, 60).contains("+254711000001"));
}

#[test]
fn names_and_numbers_cannot_attack_the_screen() {
    for text in hostile() {
        let attacker = LivePrompt { name: text, ..prompt(1, DRAWN_AT, None) };
        for width in [20, 40, 80] {
            draw(&attacker, 1, width);
        }
    }
}

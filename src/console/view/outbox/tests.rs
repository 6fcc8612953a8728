//! What the held strip and the activity pane look like.

use super::*;
use crate::{
    console::{
        pane::outbox::tests::ready,
        view::line_builder::tests::{DRAWN_AT, hostile, screen},
    },
    model::{ClientError, MessageReceipt, MessageStatus, Receipt},
};
use std::time::Duration;

fn refused(words: &str) -> Receipt {
    Receipt::Message(MessageReceipt {
        status: MessageStatus::NoConsent,
        description: words.into(),
        message: None,
        customer: None,
        conflict: None,
    })
}

/// An outbox with five sends: a refused one, one of unknown fate, one that was not sent, one on its way and
/// one that is held.
fn outbox(words: &str) -> Outbox {
    let mut outbox = Outbox::new(Duration::from_secs(5));
    for n in 1..=5 {
        let mut ready = ready(n, n == 5);
        if !words.is_empty() {
            (ready.to, ready.summary) = (words.into(), words.into());
        }
        outbox.submit(ready, DRAWN_AT.before(Duration::from_secs(1)));
    }
    let call = |n: u32| format!("sb-0000000{n}").into();
    let why = if words.is_empty() { "the customer opted out" } else { words };
    outbox.sent(&call(1), Ok(refused(why)), DRAWN_AT);
    outbox.sent(
        &call(2),
        Err(ClientError::Unknown(format!("the connection broke {words}"))),
        DRAWN_AT,
    );
    outbox.sent(&call(3), Err(ClientError::Unavailable(words.into())), DRAWN_AT);
    outbox
}

#[test]
fn the_activity_pane() {
    let outbox = outbox("");
    let picture = screen(100, 11, |frame, ctx| draw(&outbox, frame, frame.area(), ctx, true));
    insta::assert_snapshot!(picture, @r"
    [4 ACTIVITY] ────────────────────────────────────────────────────────────────────────── ?? 1 unknown
     13:59:59 Reply      Jane W. +254711000001 !! refused 401: no consent: the customer opted …  1000 ms
     13:59:59 Reply      Jane W. +254711000001 ?? UNKNOWN: the connection broke   text 2
     13:59:59 Reply      Jane W. +254711000001 !! not sent: the hub cannot do this now:   text 3
     13:59:59 Reply      Jane W. +254711000001 .. sending  text 4
    >13:59:59 Reply      Jane W. +254711000001 .. HELD 4 s  text 5

      HELD 4 s
      text 5
    ");
}

#[test]
fn the_selected_row_says_all_of_its_reason_and_what_enter_does() {
    let mut outbox = outbox("");
    outbox.scroll(i32::MIN);
    let picture = screen(60, 13, |frame, ctx| draw(&outbox, frame, frame.area(), ctx, true));
    let words = "\n  refused 401: no consent: the customer opted out\n  Do not send again: only";
    assert!(picture.contains(words), "{picture}");
    assert!(picture.contains("Enter opens it again as it was written"), "{picture}");
    outbox.scroll(1);
    let picture = screen(60, 11, |frame, ctx| draw(&outbox, frame, frame.area(), ctx, true));
    assert!(picture.contains("UNKNOWN: the connection broke"), "{picture}");
    assert!(picture.contains("nothing is sent twice"), "{picture}");
}

#[test]
fn a_row_that_waits_for_another_says_so() {
    let mut outbox = outbox("");
    outbox.submit(ready(6, false), DRAWN_AT);
    let picture = screen(100, 11, |frame, ctx| draw(&outbox, frame, frame.area(), ctx, false));
    assert!(picture.contains(".. sending  text 4"), "{picture}");
    assert!(picture.contains(".. waits for the one before it  text 6"), "{picture}");
}

#[test]
fn the_held_strip() {
    let mut outbox = outbox("");
    assert_eq!(outbox.held().count(), 1);
    for n in 6..=9 {
        outbox.submit(ready(n, true), DRAWN_AT);
    }
    assert_eq!(outbox.held().count(), 5);
    let wide = screen(80, 3, |frame, ctx| strip(&outbox, frame, frame.area(), ctx));
    insta::assert_snapshot!(wide, @r#"
    HELD  Reply to Jane W. +254711000001 "text…"   sends in 5 s  u undo  S send now
    HELD  Reply to Jane W. +254711000001 "text 8"                      sends in 5 s
    HELD  Reply to Jane W. +254711000001 "text 7"          sends in 5 s  and 2 more
    "#);
    let narrow = screen(40, 1, |frame, ctx| strip(&outbox, frame, frame.area(), ctx));
    insta::assert_snapshot!(narrow, @r#"
HELD  Jane W. +…   sends in 5 s  u undo
    "#);
}

#[test]
fn hostile_text_draws_clean_at_every_size() {
    for text in hostile() {
        let outbox = outbox(&text);
        for (width, height) in [(0, 0), (1, 1), (20, 3), (40, 12), (80, 6), (120, 40)] {
            screen(width, height, |frame, ctx| draw(&outbox, frame, frame.area(), ctx, true));
            screen(width, height, |frame, ctx| strip(&outbox, frame, frame.area(), ctx));
        }
    }
}

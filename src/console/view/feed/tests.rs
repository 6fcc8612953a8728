//! What the feed looks like at the sizes that are promised.

use super::*;
use crate::model::{
    Actor, Body, Channel, ChannelNumber, CustomerNumber, Entry, EntryId, EventKind, FeedEvent,
    MessageStatus, Timestamp,
};
use jiff::tz::TimeZone;
use ratatui::{Terminal, backend::TestBackend, style::Modifier};
use std::{sync::Arc, time::Duration};

/// 2026-11-23 14:00:00 UTC.
const START: Timestamp = Timestamp::from_secs(1_795_442_400);

fn ctx() -> DrawContext {
    DrawContext { now: START, zone: TimeZone::UTC, mono: false }
}

fn event(name: &str, channel: Channel, kind: EventKind) -> Event {
    Event {
        at: START,
        customer: Some("el_cst_1".into()),
        app: None,
        actor: Actor::Customer,
        number: Some(CustomerNumber::telco("+254712345678")),
        channel: Some(ChannelNumber::new(channel, "40404")),
        name: Some(name.into()),
        kind,
    }
}

fn said(name: &str, text: &str) -> Event {
    let body = Body { text: Some(text.into()), ..Body::default() };
    event(name, Channel::Whatsapp, EventKind::MessageReceived { id: "el_msg_1".into(), body })
}

fn feed(events: Vec<Event>) -> LiveFeed {
    let mut feed = LiveFeed::default();
    for (i, mut event) in events.into_iter().enumerate() {
        let seq = Seq(i as u64 + 7);
        event.at = START.after(Duration::from_secs(i as u64));
        let entry = Entry {
            org: "acme".into(),
            seq,
            id: EntryId::default(),
            prev_id: EntryId::default(),
            at: event.at,
            events: vec![event],
            call: None,
        };
        feed.event(FeedEvent::Entry(Arc::new(entry)), START);
    }
    feed
}

fn sample() -> LiveFeed {
    let no_consent =
        EventKind::MessageStatusChanged { id: "el_msg_1".into(), status: MessageStatus::NoConsent };
    let delivered =
        EventKind::MessageStatusChanged { id: "el_msg_1".into(), status: MessageStatus::Delivered };
    feed(vec![
        said("Amina", "habari, order yangu iko wapi?"),
        said("محمد علي", "سلام لا بأس شكرا"),
        said("王小明", "你好，我的订单在哪里？谢谢"),
        said("Wanjirũ 👩🏾", "asante 👩‍👩‍👧 ❤️"),
        event("Otieno P.", Channel::Sms, no_consent),
        event("Otieno P.", Channel::Sms, delivered),
        said("Mallory\u{202e}", "\x1b[2Jgone\nDELIVERED"),
    ])
}

/// The lines of a screen; a wide cluster is followed by nothing, as on a terminal.
fn screen(feed: &mut LiveFeed, width: u16, height: u16) -> (Vec<String>, Terminal<TestBackend>) {
    let area = Rect::new(0, 0, width, height);
    feed.fit(usize::from(height) - 1);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("test backend");
    terminal.draw(|frame| draw(feed, frame, area, &ctx(), true)).expect("draws");
    let buffer = terminal.backend().buffer().clone();
    let line = |y| {
        let mut text = String::new();
        let mut x = 0;
        while x < width {
            let symbol = buffer[(x, y)].symbol();
            text.push_str(symbol);
            x += u16::try_from(Safe::new(symbol).width().max(1)).expect("narrow");
        }
        text.trim_end().to_owned()
    };
    ((0..height).map(line).collect(), terminal)
}

#[test]
fn eighty_columns_show_every_column_and_no_box() {
    let (lines, _) = screen(&mut sample(), 80, 24);
    assert_eq!(
        lines[..9],
        [
            "[1 FEED] all 7 ────────────────────────────────────────────────────────── FOLLOW",
            "  older rows are at the hub: move up to load them",
            "> 14:00:00 MSG < +254712345678 Amina        whatsapp    habari, order yangu iko…",
            "  14:00:01 MSG < +254712345678 محمد علي     whatsapp    سلام لا بأس شكرا",
            "  14:00:02 MSG < +254712345678 王小明       whatsapp    你好，我的订单在哪里？…",
            "  14:00:03 MSG < +254712345678 Wanjirũ 👩🏾   whatsapp    asante 👩‍👩‍👧 ❤️",
            "  14:00:04 DLV . +254712345678 Otieno P.    sms      !! no consent: the custome…",
            "  14:00:05 DLV . +254712345678 Otieno P.    sms      ok delivered",
            "  14:00:06 MSG < +254712345678 Mallory«U+2… whatsapp    ␛[2Jgone⏎DELIVERED",
        ]
    );
}

#[test]
fn forty_columns_keep_time_kind_who_and_what() {
    let mut feed = sample();
    feed.move_by(-1);
    let (lines, _) = screen(&mut feed, 40, 12);
    assert_eq!(lines[0], "[1 FEED] all 7 ─── HOLD 0 new, G follows");
    assert_eq!(lines[2], "> 14:00 MSG < Amina         habari, ord…");
    assert_eq!(lines[6], "  14:00 DLV . Otieno P.  !! no consent:…");
    assert!(lines.iter().any(|line| line.starts_with('>')), "{lines:#?}");
}

#[test]
fn wide_screens_have_wide_columns_and_say_what_is_below() {
    let mut feed = sample();
    feed.move_by(-6);
    feed.set_filter("amina");
    let (lines, _) = screen(&mut feed, 120, 40);
    assert!(lines[0].starts_with("[1 FEED] /amina 1/7 "), "{}", lines[0]);
    assert!(lines[0].ends_with(" HOLD 0 new, G follows"), "{}", lines[0]);
    let row = "> 14:00:00 MSG < +254712345678   Amina                whatsapp    habari, order yan";
    assert!(lines[2].starts_with(row), "{}", lines[2]);

    let mut feed = self::feed((0..90).map(|_| said("Amina", "habari")).collect());
    feed.fit(59);
    feed.top();
    let gap = FeedEvent::Gap { after: Seq(96), next: Seq(125), reason: GapReason::Pruned };
    feed.event(gap, START);
    let (lines, _) = screen(&mut feed, 200, 60);
    assert!(lines[0].ends_with("HOLD 1 new, G follows"), "{}", lines[0]);
    feed.bottom();
    let (lines, _) = screen(&mut feed, 200, 60);
    let gap = "> -- gap after 96: entries 97-124 not here (pruned) ----";
    assert!(lines[59].starts_with(gap), "{}", lines[59]);
}

#[test]
fn the_selected_row_is_reversed_in_any_palette_and_has_the_cursor() {
    let mut feed = sample();
    let (_, mut terminal) = screen(&mut feed, 80, 24);
    let buffer = terminal.backend().buffer();
    for x in 0..80 {
        assert!(buffer[(x, 2)].modifier.contains(Modifier::REVERSED), "column {x}");
        assert!(!buffer[(x, 3)].modifier.contains(Modifier::REVERSED), "column {x}");
    }
    assert_eq!(terminal.get_cursor_position().expect("a cursor"), (0, 2).into());
}

#[test]
fn marks_stand_out_from_the_text_around_them() {
    let (_, terminal) = screen(&mut sample(), 80, 24);
    let buffer = terminal.backend().buffer();
    let is_marked = |x| buffer[(x, 8)].modifier.contains(Modifier::UNDERLINED);
    assert!(is_marked(56) && !is_marked(57), "the picture of ESC, then `[`");
}

#[test]
fn it_says_what_is_before_the_oldest_row_and_what_an_empty_feed_means() {
    let (lines, _) = screen(&mut LiveFeed::default(), 80, 5);
    assert!(lines[1].contains("nothing has happened yet"));
    for (older, words) in [
        (Older::Asked(Seq(1)), "loading"),
        (Older::Failed("bad\x1b[2J".into()), "bad␛[2J"),
        (Older::Unread(1_234_567), "still reads 1,234,567 entries"),
        (Older::Beginning, "beginning of the log"),
        (Older::OtherLog, "another log"),
        (Older::Full, "no more are kept"),
    ] {
        assert!(older_words(&older).as_str().contains(words));
    }
    assert!(gap_words(Seq(9), Seq(1), Some(GapReason::Foreign)).as_str().contains("another log"));
    assert!(gap_words(Seq(9), Seq(11), None).as_str().contains("entry 10 not here"));
}

#[test]
fn no_size_is_too_small() {
    let mut feed = sample();
    for (width, height) in [(1, 1), (2, 3), (9, 2), (36, 5), (110, 2), (120, 1), (200, 3)] {
        let (lines, _) = screen(&mut feed, width, height);
        assert_eq!(lines.len(), usize::from(height));
    }
}

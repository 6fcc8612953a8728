//! What the feed looks like at the sizes that are promised.

use super::*;
use crate::console::{
    layout::{Layout, LayoutInput},
    pane::feed::Times,
};
use crate::model::{
    Actor, Body, CallHop, CallStatus, Channel, ChannelNumber, CustomerNumber, Direction, Entry,
    EntryId, Event, EventKind, FeedEvent, HangupCause, Hello, MessageStatus, Timestamp,
};
use jiff::tz::TimeZone;
use ratatui::{Terminal, backend::TestBackend, style::Modifier};
use std::{sync::Arc, time::Duration};

/// 2026-11-23 14:00:00 UTC.
const START: Timestamp = Timestamp::from_secs(1_795_442_400);

fn ctx() -> DrawContext {
    DrawContext::new(START, TimeZone::UTC, false)
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

fn sent(name: &str, key: &str, id: &str, text: &str) -> Event {
    let kind = EventKind::MessageSent {
        id: id.into(),
        body: Body::text(text),
        status: MessageStatus::Sent,
        in_reply_to: None,
        work: None,
    };
    Event { actor: Actor::Key(key.into()), ..event(name, Channel::Sms, kind) }
}

fn reported(name: &str, id: &str, status: MessageStatus) -> Event {
    let kind = EventKind::MessageStatusChanged { id: id.into(), status };
    Event { actor: Actor::Network, ..event(name, Channel::Sms, kind) }
}

fn sample() -> LiveFeed {
    let dialled =
        EventKind::UssdInput { session: "el_ses_1".into(), input: "*385#".into(), dial: true };
    let mut feed = feed(vec![
        said("Amina", "habari, order yangu iko wapi?"),
        said("محمد علي", "سلام لا بأس شكرا"),
        said("王小明", "你好，我的订单在哪里？谢谢"),
        said("Wanjirũ 👩🏾", "asante 👩‍👩‍👧 ❤️"),
        sent("Otieno P.", "me", "el_msg_2", "Iko njiani, itafika kesho saa nne."),
        sent("Otieno P.", "shop", "el_msg_3", "Karibu tena"),
        reported("Otieno P.", "el_msg_2", MessageStatus::NoCapability),
        reported("Otieno P.", "el_msg_3", MessageStatus::Read),
        event("Fatou", Channel::Ussd, dialled),
        said("Mallory\u{202e}", "\x1b[2Jgone\nDELIVERED"),
    ]);
    let hello = Hello { head: Seq(16), caller: "me".into(), ..Hello::default() };
    feed.event(FeedEvent::up(hello), START);
    feed
}

/// The lines of a screen; a wide cluster is followed by nothing, as on a terminal.
fn screen(feed: &mut LiveFeed, width: u16, height: u16) -> (Vec<String>, Terminal<TestBackend>) {
    screen_at(feed, width, height, &ctx())
}

fn screen_at(
    feed: &mut LiveFeed,
    width: u16,
    height: u16,
    ctx: &DrawContext,
) -> (Vec<String>, Terminal<TestBackend>) {
    let area = Rect::new(0, 0, width, height);
    feed.fit(usize::from(height) - 1);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("test backend");
    terminal.draw(|frame| draw(feed, frame, area, ctx, true)).expect("draws");
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
    let mut feed = sample();
    feed.top();
    feed.follow();
    let (lines, _) = screen(&mut feed, 80, 24);
    assert_eq!(
        lines[..11],
        [
            "[1 FEED] talk 8 of 10 ─────────────────────────────────────────────────── FOLLOW",
            "  older rows are at the hub: move up to load them",
            "  -- Monday 23 November --------------------------------------------------------",
            "> 14:00 Amina          wa   habari, order yangu iko wapi?",
            "  14:00 محمد علي       wa   سلام لا بأس شكرا",
            "  14:00 王小明         wa   你好，我的订单在哪里？谢谢",
            "  14:00 Wanjirũ 👩🏾     wa   asante 👩‍👩‍👧 ❤️",
            "  14:00 you > Otieno … sms  the customer cannot receive this: Iko njiani, … !!",
            "  14:00 shop > Otieno… sms  Karibu tena                                     read",
            "  14:00 Fatou          ussd wants a menu, dialled *385#                     wait",
            "  14:00 Mallory«U+202… wa   ␛[2Jgone⏎DELIVERED",
        ]
    );
}

#[test]
fn what_stands_for_itself_says_who_did_it_and_is_never_pending() {
    let by = |key: &str, kind| Event {
        actor: Actor::Key(key.into()),
        ..event("Amina", Channel::Sms, kind)
    };
    let leaves_at = START.after(Duration::from_hours(1));
    let (id, body, in_reply_to) = ("el_msg_2".into(), Body::text("It leaves today."), None);
    let mut feed = feed(vec![
        by("me", EventKind::MessageScheduled { id, body, leaves_at, in_reply_to, again: false }),
        by("otto", EventKind::ScheduledCancelled { id: "el_msg_2".into() }),
    ]);
    feed.event(
        FeedEvent::up(Hello { head: Seq(8), caller: "me".into(), ..Hello::default() }),
        START,
    );
    let (lines, _) = screen(&mut feed, 80, 8);
    let row = |words: &str| lines.iter().find(|line| line.contains(words)).expect("a row");
    let put_off = row("It leaves today.");
    assert!(put_off.contains("you > Amina") && !put_off.ends_with(".."), "{put_off}");
    assert!(row("was cancelled").contains("otto > Amina"), "{lines:?}");
}

#[test]
fn forty_columns_keep_time_who_what_and_how_it_stands() {
    let mut feed = sample();
    feed.move_by(-1);
    let (lines, _) = screen(&mut feed, 40, 12);
    assert_eq!(
        lines[..11],
        [
            "[1 FEED] talk 8 o… HOLD 0 new, G follows",
            "  older rows are at the hub: move up to…",
            "  -- Monday 23 November ----------------",
            "> 14:00 Amina     habari, order yang…",
            "  14:00 محمد علي  سلام لا بأس شكرا",
            "  14:00 王小明    你好，我的订单在哪…",
            "  14:00 Wanjirũ … asante 👩‍👩‍👧 ❤️",
            "  14:00 > Otieno… the customer canno… !!",
            "  14:00 > Otieno… Karibu tena         ok",
            "  14:00 Fatou     wants a menu, dial… ??",
            "  14:00 Mallory«… ␛[2Jgone⏎DELIVERED",
        ]
    );
}

#[test]
fn the_text_has_most_of_the_columns_at_every_width() {
    // The widths of the feed beside the inspector at 120x40, over it at 80x24, and beside it at 200x60.
    for (screen, least) in [((120, 40), 45), ((80, 24), 34), ((200, 60), 70)] {
        for sent in [false, true] {
            let area = Rect::new(0, 0, screen.0, screen.1);
            let input = LayoutInput { sent, ..LayoutInput::default() };
            let width = Layout::of(area, input).feed.width;
            let (from, columns) = row::text_columns(width, Times::Minute);
            assert!(columns >= least, "{columns} columns of text at {screen:?}");
            // What is drawn has them too: a long text fills them and leaves the state alone.
            let text = "x".repeat(300);
            let mut feed = self::feed(vec![sent_by_me(&text)]);
            let (lines, _) = self::screen(&mut feed, width, 10);
            let line = lines.iter().find(|line| line.contains('x')).expect("the row");
            let own = line.chars().filter(|c| *c == 'x').count() + 1;
            assert_eq!(own, usize::from(columns), "{line}");
            assert!(line.ends_with(".."), "{line}");
            assert_eq!(line.chars().position(|c| c == 'x'), Some(usize::from(from)));
        }
    }
}

fn sent_by_me(text: &str) -> Event {
    sent("Otieno P.", "me", "el_msg_2", text)
}

#[test]
fn times_are_shown_to_the_minute_to_the_second_or_as_ages() {
    let mut feed = self::feed(vec![said("Amina", "habari")]);
    let ctx = DrawContext { now: START.after(Duration::from_mins(7)), ..ctx() };
    for (times, shown) in [
        (Times::Minute, "> 14:00 Amina"),
        (Times::Second, "> 14:00:00 Amina"),
        (Times::Age, "> 7 min  Amina"),
    ] {
        feed.set_times(times);
        let (lines, _) = screen_at(&mut feed, 80, 8, &ctx);
        assert!(lines.iter().any(|line| line.starts_with(shown)), "{lines:#?}");
    }
    let later = DrawContext { now: START.after(Duration::from_hours(1)), ..ctx };
    let (lines, _) = screen_at(&mut feed, 80, 8, &later);
    assert!(lines.iter().any(|line| line.starts_with("> 14:00  Amina")), "{lines:#?}");
}

#[test]
fn a_failure_is_said_once_and_first() {
    let hop = CallHop {
        status: CallStatus::NotAnswered,
        cause: HangupCause::UserBusy,
        ..CallHop::default()
    };
    let call = EventKind::CallChanged {
        session: "el_ses_1".into(),
        direction: Direction::Outbound,
        hop,
        duration: Duration::from_secs(8),
        cost: None,
    };
    let mut feed = self::feed(vec![
        event("Kiprono", Channel::Voice, call),
        sent("Otieno P.", "me", "el_msg_2", "Karibu"),
        reported("Otieno P.", "el_msg_2", MessageStatus::Failed),
    ]);
    let (lines, _) = screen(&mut feed, 80, 8);
    let has = |words: &str| lines.iter().any(|line| line.contains(words));
    assert!(has("call not answered, busy, 8 s  "), "{lines:#?}");
    assert!(has("sms  failed: Karibu  "), "{lines:#?}");
}

#[test]
fn a_call_that_waits_says_once_how_it_stands() {
    for (digits, rest) in [(None, ""), (Some("42".to_owned()), ", pressed 42")] {
        let hop =
            CallHop { status: CallStatus::Answered, digits, prompt: true, ..CallHop::default() };
        let call = EventKind::CallChanged {
            session: "el_ses_1".into(),
            direction: Direction::Outbound,
            hop,
            duration: Duration::ZERO,
            cost: None,
        };
        let mut feed = self::feed(vec![event("Kiprono", Channel::Voice, call)]);
        let (lines, _) = screen(&mut feed, 80, 8);
        let words = format!("call answered, wants a plan{rest}  ");
        assert!(lines.iter().any(|line| line.contains(&words)), "{lines:#?}");
    }
}

#[test]
fn a_depth_that_hides_everything_says_so() {
    let mut feed = self::feed(vec![event("Amina", Channel::Sms, EventKind::CustomerMet); 12]);
    let (lines, _) = screen(&mut feed, 80, 8);
    assert!(lines[1].contains("nothing in talk; v shows all 12"), "{lines:#?}");
    feed.set_filter("juma\x1b[2J", START, &TimeZone::UTC).expect("a filter");
    let (lines, _) = screen(&mut feed, 80, 8);
    assert!(lines[2].contains("nothing in talk has “juma␛[2J” of the 12 events"), "{lines:#?}");
    assert!(lines[3].contains("x switches the filter off, v looks at every event"), "{lines:#?}");
}

#[test]
fn the_header_says_the_date_of_what_is_in_view_unless_it_is_today() {
    let mut feed = sample();
    let (lines, _) = screen(&mut feed, 80, 24);
    assert!(!lines[0].contains("November"), "{}", lines[0]);
    let tomorrow = DrawContext { now: START.after(Duration::from_hours(24)), ..ctx() };
    let (lines, _) = screen_at(&mut feed, 80, 24, &tomorrow);
    assert!(lines[0].contains("Monday 23 November"), "{}", lines[0]);
}

#[test]
fn wide_screens_have_wide_columns_and_say_what_is_below() {
    let mut feed = sample();
    feed.move_by(-6);
    feed.set_filter("amina", START, &TimeZone::UTC).expect("a filter");
    let (lines, _) = screen(&mut feed, 120, 40);
    assert!(lines[0].starts_with("[1 FEED] talk 1 of 10 "), "{}", lines[0]);
    assert_eq!(lines[1], "  1 amina");
    assert!(lines[0].ends_with(" HOLD 0 new, G follows"), "{}", lines[0]);
    let row = "> 14:00 Amina                wa   habari, order yangu iko wapi?";
    assert!(lines.iter().any(|line| line == row), "{lines:#?}");

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
        assert!(buffer[(x, 3)].modifier.contains(Modifier::REVERSED), "column {x}");
        assert!(!buffer[(x, 4)].modifier.contains(Modifier::REVERSED), "column {x}");
    }
    assert_eq!(terminal.get_cursor_position().expect("a cursor"), (0, 3).into());
}

#[test]
fn marks_stand_out_from_the_text_around_them() {
    let (_, terminal) = screen(&mut sample(), 80, 24);
    let buffer = terminal.backend().buffer();
    let is_marked = |x| buffer[(x, 10)].modifier.contains(Modifier::UNDERLINED);
    let (from, _) = row::text_columns(80, Times::Minute);
    assert!(is_marked(from) && !is_marked(from + 1), "the picture of ESC, then `[`");
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
        assert!(older_words(&older, false).as_str().contains(words));
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

#[test]
fn the_selected_row_has_one_colour_although_times_are_dim() {
    let mut feed = feed(vec![said("Amina", "habari"), said("Amina", "asante")]);
    feed.top();
    let (lines, terminal) = screen(&mut feed, 80, 8);
    let y = lines.iter().position(|line| line.starts_with('>')).expect("a selected row");
    let y = u16::try_from(y).expect("small");
    let buffer = terminal.backend().buffer();
    let looks = |x: u16| {
        let cell = &buffer[(x, y)];
        (cell.fg, cell.bg, cell.modifier.intersection(Modifier::DIM | Modifier::REVERSED))
    };
    assert!((0..80).all(|x| looks(x) == looks(0)), "{:?}", (0..80).map(looks).collect::<Vec<_>>());
}

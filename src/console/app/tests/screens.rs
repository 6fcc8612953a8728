//! What must be on the screen at every size that is promised (R-CONSOLE-7), whatever else changes
//! in the picture.

use super::desk::Desk;
use crate::{
    console::{
        app::Hint,
        msg::Msg,
        pane::feed::LEGEND,
        text::Safe,
        view::{hints::fitting, palette},
    },
    model::ClientError,
};
use ratatui::style::{Color, Modifier};
use std::time::Duration;

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

fn columns(hints: &[Hint]) -> usize {
    hints.iter().map(|h| Safe::own(format!(" {} {} ", h.keys, h.title)).width()).sum()
}

#[test]
fn hints_fit_whole_end_in_help_and_are_on_the_screen() {
    for (width, height) in SIZES {
        for keys in ["", "2", "4", "/", "r", ":", "?"] {
            let mut desk = Desk::open(width, height);
            desk.press(keys);
            let shown = fitting(desk.app.hints(), usize::from(width));
            assert!(columns(&shown) <= usize::from(width), "{width} {keys}: {shown:?}");
            assert_eq!(shown.last().map(|h| h.title.as_str()), Some("help"), "{width} {keys}");
        }
        let mut desk = Desk::open(width, height);
        let screen = desk.screen();
        let last = screen.lines().last().unwrap_or_default();
        assert!(last.contains("Enter inspect") && last.ends_with("? help"), "{width}: {last}");
    }
}

#[test]
fn what_must_be_seen_is_seen_at_every_size() {
    for (width, height) in SIZES {
        let mut desk = Desk::open(width, height);
        let screen = desk.screen();
        for words in ["SANDBOX", "LIVE", "problems 3", "FOLLOW", "acme-ke"] {
            assert!(screen.contains(words), "{width}x{height} lacks {words}:\n{screen}");
        }
        desk.down(Some(Duration::from_secs(9)), ClientError::Unavailable("busy".into()));
        assert!(desk.screen().contains("RETRY 3 in 9 s"), "{}", desk.screen());
    }
}

#[test]
fn before_the_hub_speaks_it_says_connecting() {
    let mut desk = Desk::new(80, 24);
    let screen = desk.screen();
    assert!(screen.contains("CONNECTING") && !screen.contains("LIVE"), "{screen}");
}

#[test]
fn a_screen_without_colours_has_none_and_still_shows_the_selection() {
    let mut desk = Desk::open(120, 40);
    desk.press("r");
    desk.send(Msg::Failed("something".into()));
    let buffer = desk.paint(true);
    assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    assert!(buffer.content.iter().any(|cell| cell.modifier.contains(Modifier::REVERSED)));
}

#[test]
fn r_console_18_a_screen_has_no_colours_but_those_of_the_palette() {
    let mut desk = Desk::open(120, 40);
    desk.press("r");
    desk.send(Msg::Failed("something".into()));
    let mut seen = std::collections::HashSet::new();
    for keys in ["1", "2", "3", "4", "w", "g q", "?"] {
        desk.press(keys);
        for cell in &desk.paint(false).content {
            assert_eq!(cell.bg, Color::Reset, "a background is left to the terminal");
            assert!(!cell.modifier.contains(Modifier::DIM), "how faint is for the terminal to say");
            if cell.fg != Color::Reset {
                assert!(palette::ALL.contains(&cell.fg), "{:?} on {:?}", cell.fg, cell.symbol());
                seen.insert(cell.fg);
            }
        }
    }
    assert!(seen.len() >= 4, "{seen:?}");
}

#[test]
fn bad_news_stays_until_esc_and_does_not_cover_the_hints() {
    let mut desk = Desk::open(80, 24);
    desk.send(Msg::Failed("disk \u{1b}[31m full".into()));
    desk.after(Duration::from_mins(1));
    let screen = desk.screen();
    assert!(screen.contains("fault: disk") && screen.contains("? help"), "{screen}");
    assert!(!screen.contains('\u{1b}'));
    desk.press("esc");
    assert!(!desk.screen().contains("fault: disk"));
}

#[test]
fn a_console_that_was_never_let_in_says_why_and_what_to_do() {
    for (width, height) in [(40, 12), (80, 24), (200, 60)] {
        let mut desk = Desk::new(width, height);
        assert!(desk.screen().contains("CONNECTING"), "{}", desk.screen());
        let why = "this API key: this key or token is not valid";
        desk.down(None, ClientError::Unauthenticated(why.into()));
        let words = desk.screen().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("this key or token is not valid"), "{words}");
        assert!(
            words.contains("Check the API key or token, and the org, of this profile."),
            "{words}"
        );
        assert!(!words.contains("nothing has happened yet"), "{words}");
    }
}

#[test]
fn activity_takes_no_room_from_the_traffic_until_something_is_sent() {
    for (width, height) in [(120, 40), (200, 60)] {
        let mut desk = Desk::open(width, height);
        assert_eq!(desk.app.layout().activity.height, 2, "header and one line");
        desk.press("m");
        desk.types("karibu");
        desk.press("ctrl-s");
        desk.after(Duration::from_secs(1));
        desk.press("s");
        assert!(desk.app.layout().activity.height >= 8, "{}", desk.screen());
        assert!(desk.screen().contains("HELD"), "{}", desk.screen());
    }
}

#[test]
fn the_help_explains_the_signs_of_the_feed_whole_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        for (sign, meaning) in LEGEND {
            let mut desk = Desk::open(width, height);
            desk.press("?");
            desk.types(meaning);
            let screen = desk.screen();
            let explains = |line: &str| line.contains(sign) && line.contains(meaning);
            assert!(screen.lines().any(explains), "{width} {sign}:\n{screen}");
            // Choosing it closes the help and does nothing else.
            assert_eq!(desk.press("enter"), []);
            assert!(desk.app.overlay().is_none());
        }
    }
}

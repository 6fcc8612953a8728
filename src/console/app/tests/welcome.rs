//! The card of the first start: what it shows, which keys it takes, and that it comes once.

use super::desk::Desk;
use crate::{
    console::{
        app::{App, AppOptions, Overlay},
        keymap::Keymap,
        msg::{Effect, Msg},
    },
    model::{FeedEvent, Hello},
};
use std::time::Duration;

const TITLE: &str = "Welcome to switchboard";

/// The first start on a screen of this size.
fn first(width: u16, height: u16) -> Desk {
    let mut desk = Desk::new(width, height);
    desk.app =
        App::new(AppOptions { org: "acme-ke".into(), welcome: true, ..AppOptions::default() });
    desk.send(Msg::Resize(width, height));
    desk
}
fn is_open(desk: &Desk) -> bool {
    matches!(desk.app.overlay(), Some(Overlay::Welcome))
}
/// The words of the screen without its lines and borders.
fn words(desk: &mut Desk) -> String {
    let screen = desk.screen().replace(['│', '─'], " ");
    screen.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn r_console_17_the_card_fits_every_size_and_says_what_to_do() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 60)] {
        let mut desk = first(width, height);
        assert!(desk.screen().contains(TITLE), "before the hub is heard: {}", desk.screen());
        assert!(!words(&mut desk).contains("Try it"), "which hub it is is not known yet");
        desk.up();
        let seen = words(&mut desk);
        for word in [TITLE, "what every key does", "[ Enter: begin ]", "LIVE", "SANDBOX"] {
            assert!(seen.contains(word), "{word} at {width}x{height}:\n{}", desk.screen());
        }
        if width >= 80 {
            for word in
                ["k j", "Ctrl-S", "held", "waiting", "everybody in it is simulated", "g ? shows"]
            {
                assert!(seen.contains(word), "{word} at {width}x{height}:\n{}", desk.screen());
            }
        }
    }
    let mut desk = first(80, 24);
    desk.up();
    insta::assert_snapshot!("welcome_80x24", desk.screen());
}

#[test]
fn r_console_17_on_a_real_hub_nothing_is_to_be_tried() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut desk = first(width, height);
        let now = desk.now;
        desk.send(Msg::Feed(FeedEvent::up(Hello { now, ..Hello::default() })));
        let seen = words(&mut desk);
        assert!(seen.contains("This hub is real"), "{}", desk.screen());
        assert!(!seen.contains("Try it") && !seen.contains("Habari"), "{}", desk.screen());
    }
}

#[test]
fn r_console_17_only_its_own_keys_and_those_of_everywhere_work_on_the_card() {
    let mut desk = first(120, 40);
    desk.up();
    desk.says(0, "habari");
    desk.dials(1, 7);
    desk.after(Duration::from_secs(2));
    let free = "acdefghijklmnoprstuvwxyzABCDEGIJKLMNOPSUVXZ0123456789$*'/<>- ";
    for key in free.chars() {
        assert_eq!(desk.types(&key.to_string()), [], "{key}");
        assert!(is_open(&desk) && desk.app.form().is_none(), "{key}:\n{}", desk.screen());
    }
    for key in ["tab", "ctrl-s", "f5", "f8", "up", "pgdn", "home"] {
        assert_eq!(desk.press(key), [], "{key}");
        assert!(is_open(&desk) && desk.app.form().is_none(), "{key}:\n{}", desk.screen());
    }
    assert_eq!(desk.send(Msg::Paste("s\nr\n".into())), []);
    assert!(is_open(&desk) && desk.app.form().is_none());
    assert!(desk.app.outbox().rows().next().is_none());
}

#[test]
fn r_console_17_it_is_closed_and_remembered_once_and_comes_back_when_asked_for() {
    for keys in ["esc", "enter", "?", ":"] {
        let mut desk = first(80, 24);
        desk.up();
        assert_eq!(desk.press(keys), [Effect::Welcomed], "{keys}");
        assert!(!is_open(&desk));
        desk.press("esc");
        desk.press("esc");
        assert_eq!(desk.press("g ?"), []);
        assert!(is_open(&desk), "{}", desk.screen());
        assert_eq!(desk.press("enter"), [], "it was remembered before");
        assert!(!is_open(&desk));
    }
    // With the button too.
    let mut desk = first(80, 24);
    desk.up();
    desk.screen();
    assert_eq!(desk.click("Enter: begin"), [Effect::Welcomed]);
    assert!(!is_open(&desk));
    // Whoever leaves at once has not closed it.
    let mut desk = first(80, 24);
    desk.up();
    assert_eq!(desk.press("ctrl-c ctrl-c"), [Effect::Quit]);
}

#[test]
fn the_help_lists_how_it_comes_back_and_the_card_names_the_agents_own_keys() {
    let mut desk = Desk::open(120, 40);
    desk.press("?");
    desk.types("first steps");
    assert!(desk.screen().contains("g ?"), "{}", desk.screen());
    desk.press("enter");
    assert!(is_open(&desk));
    let mut keymap = Keymap::default();
    assert_eq!(keymap.change("[keys]\nreply = [\"f9\"]\n"), [""; 0]);
    let mut desk = first(80, 24);
    desk.app = App::new(AppOptions { keymap, welcome: true, ..AppOptions::default() });
    desk.resize(80, 24);
    desk.up();
    assert!(words(&mut desk).contains("press F9,"), "{}", desk.screen());
}

//! The window's title, a wrong `[notify]`, and the card of the first start, in the real binary.

use super::pty::{CARD, PATIENCE, Terminal};
use std::time::{Duration, Instant};

/// Waits until the program has written something so many times.
fn written(t: &Terminal, what: &str, times: usize) {
    let start = Instant::now();
    while t.raw().matches(what).count() < times {
        assert!(start.elapsed() < PATIENCE, "{what:?} was not written: {:?}", t.raw());
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// Quitting, signals and panics are looked at by [`Terminal::end`] in every test.
#[test]
fn r_console_16_the_title_is_given_back_on_every_way_out() {
    let home = tempfile::tempdir().unwrap();
    let mut t = Terminal::run(home.path(), 80, 24, &[]);
    t.begin();
    written(&t, "\x1b[22;2t\x1b]2;", 1);
    // Drawing anew keeps no title twice, because it is given back once.
    t.press("\x0c");
    written(&t, "switchboard\x1b\\", 2);
    assert_eq!(t.raw().matches("\x1b[22;2t").count(), 1);
    // Stopped, it is the shell's; afterwards it is ours again.
    t.press("\x1a");
    written(&t, "\x1b]2;\x1b\\\x1b[23;2t", 1);
    t.signal("-CONT");
    written(&t, "\x1b[22;2t\x1b]2;", 2);
    t.press("qq");
    assert!(t.end().success());
}

#[test]
fn a_wrong_line_of_notify_is_told_with_its_place_and_the_console_starts() {
    let home = tempfile::tempdir().unwrap();
    let settings = home.path().join(".config/switchboard");
    std::fs::create_dir_all(&settings).unwrap();
    std::fs::write(settings.join("config.toml"), "[notify]\nlive = [\"bel\"]\ntitle = false\n")
        .unwrap();
    let mut t = Terminal::run(home.path(), 120, 40, &[]);
    t.begin();
    let screen = t.wait_for("did you mean \"bell\"?");
    assert!(screen.contains("config.toml:2: [notify] live is not used"), "{screen}");
    t.press("qq");
    let raw = t.raw();
    assert!(t.end().success());
    assert!(!raw.contains("\x1b]2;"), "the rest is used: {raw:?}");
}

#[test]
fn r_console_17_the_first_start_shows_a_card_and_the_second_does_not() {
    let home = tempfile::tempdir().unwrap();
    let mut t = Terminal::run(home.path(), 80, 24, &[]);
    t.begin();
    t.press("qq");
    assert!(t.end().success());
    assert!(home.path().join(".local/state/switchboard/first-start").exists());
    let mut t = Terminal::run(home.path(), 80, 24, &[]);
    let screen = t.wait_for("LIVE");
    assert!(!screen.contains(CARD), "{screen}");
    t.press("g?");
    t.wait_for(CARD);
    t.press("\r");
    t.wait_until("the card is closed", |s| !s.contains(CARD));
    t.press("qq");
    assert!(t.end().success());
}

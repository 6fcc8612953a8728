//! The real binary, killed at each step of writing to a customer: nothing is lost, and nothing is sent twice.

use super::pty::{PATIENCE, Terminal};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const TEXT: &str = "Karibu tena kesho 77";

fn console(home: &Path, hold: &str) -> Terminal {
    Terminal::run(home, 120, 40, &["--hold", hold])
}

fn file(home: &Path) -> PathBuf {
    home.join(".local/state/switchboard/drafts.json")
}

/// Waits until the file of the drafts has a text, or has it no more.
fn wait_for_file(home: &Path, text: &str, has: bool) {
    let start = Instant::now();
    while std::fs::read_to_string(file(home)).unwrap_or_default().contains(text) != has {
        assert!(start.elapsed() < PATIENCE, "{text:?} in the file of the drafts: never {has}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// Opens the one draft from the list of them.
fn reopen(t: &mut Terminal) {
    t.wait_for("LIVE");
    t.wait_for("1 draft");
    t.press("gd");
    t.wait_for("Drafts: Enter opens");
    t.press("\r");
    t.wait_for("LOCKED");
    t.wait_for(TEXT);
}

/// Confirms what is written.
fn confirm(t: &mut Terminal) {
    t.press("\x13"); // Ctrl-S
    t.wait_for("REVIEW");
    t.wait_until("that it can be sent", |s| s.contains("s send") && !s.contains("read first"));
    t.press("s");
}

fn answers(screen: &str) -> usize {
    screen.lines().filter(|line| line.contains("you > ") && line.contains(TEXT)).count()
}

#[test]
fn r_console_20_a_console_that_is_killed_at_every_step_loses_nothing_and_sends_once() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    // Composing.
    let mut t = console(home, "30");
    t.begin_among_messages();
    t.press("m");
    t.wait_for("LOCKED");
    t.press(TEXT);
    wait_for_file(home, TEXT, true);
    t.kill();
    // As soon as it is open again.
    let mut t = console(home, "30");
    reopen(&mut t);
    t.kill();
    wait_for_file(home, TEXT, true);
    // On the sheet.
    let mut t = console(home, "30");
    reopen(&mut t);
    t.press("\x13");
    t.wait_for("REVIEW");
    t.kill();
    wait_for_file(home, TEXT, true);
    // On hold.
    let mut t = console(home, "30");
    reopen(&mut t);
    confirm(&mut t);
    t.wait_for("sends in");
    wait_for_file(home, "\"held\"", true);
    // Under the question whether to leave.
    t.press("qq");
    t.wait_for("nothing leaves while you are asked");
    t.wait_for("stands still while you are asked");
    t.kill();
    wait_for_file(home, TEXT, true);
    // Nothing was sent by any of them, and then it is sent once.
    let mut t = console(home, "1");
    reopen(&mut t);
    assert_eq!(answers(&t.screen()), 0, "{}", t.screen());
    confirm(&mut t);
    t.wait_until("the answer in the feed", |s| answers(s) == 1);
    wait_for_file(home, TEXT, false);
    t.press("qq");
    assert!(t.end().success());
    let mut t = console(home, "1");
    t.wait_until("the answer in the feed, once", |s| s.contains("LIVE") && answers(s) == 1);
    t.press("qq");
    assert!(t.end().success());
}

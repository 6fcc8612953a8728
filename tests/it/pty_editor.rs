//! The real binary lends its terminal to an editor (R-CONSOLE-25). The editor is a script, which reads a line from the
//! terminal and writes it into its file.

use super::pty::Terminal;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

const OPEN: &str = "EDITOR OPEN";

fn begin(home: &Path) -> Terminal {
    let editor = home.join("an_editor.sh");
    let script =
        format!("#!/bin/sh\necho '{OPEN}'\nread answer\nprintf '%s\\n' \"$answer\" > \"$2\"\n");
    fs::write(&editor, script).unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o700)).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_switchboard"));
    let line = format!("{} --wait", editor.display());
    let env = [("EDITOR", line.as_str()), ("VISUAL", "")];
    let mut t = Terminal::program(program, home, 80, 24, &["--hold", "30"], &env);
    t.begin_among_messages();
    t.press("m");
    t.wait_for("LOCKED");
    t.press("Karibu 77");
    t.wait_for("Karibu 77");
    t
}

/// Opens the editor.
fn lend(t: &mut Terminal) {
    t.press("\x1bOS"); // F4
    t.wait_until("the editor alone", |s| s.contains(OPEN) && !s.contains("LOCKED"));
}

/// The files of editors that were left.
fn left(home: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(home.join(".local/state/switchboard")).unwrap();
    let all = all.map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect()
}

#[test]
fn r_console_25_every_key_is_the_editors_and_its_text_comes_back_into_the_form() {
    let home = tempfile::tempdir().unwrap();
    let mut t = begin(home.path());
    for n in 1..=2 {
        lend(&mut t);
        assert_eq!(left(home.path()).len(), 1);
        // In the console `q` twice would leave it, and Ctrl-S would review.
        t.press(&format!("qq Bei mpya {n}\r"));
        let back = format!("qq Bei mpya {n}");
        let screen = t.wait_until("the form", |s| s.contains("LOCKED") && s.contains(&back));
        assert!(screen.contains("Ctrl-Z takes it back"), "{screen}");
        assert!(!screen.contains("Karibu 77"), "{screen}");
        assert_eq!(left(home.path()), Vec::<PathBuf>::new());
    }
    // The terminal is read again, a key at a time.
    for key in ["!", "!"] {
        t.press(key);
    }
    t.wait_for("Bei mpya 2!!");
    t.press("\x1b");
    t.wait_until("the form is closed", |s| !s.contains("LOCKED"));
    t.press("qq");
    assert!(t.end().success());
}

#[test]
fn r_console_25_an_editor_that_is_interrupted_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut t = begin(home.path());
    lend(&mut t);
    t.press("\x03");
    let screen = t.wait_until("the form", |s| s.contains("LOCKED"));
    assert!(screen.contains("Karibu 77") && screen.contains("ended with signal: 2"), "{screen}");
    assert_eq!(left(home.path()), Vec::<PathBuf>::new());
    // A console that is told to end while an editor is open ends with it, and nothing is lost.
    lend(&mut t);
    t.signal("-TERM");
    assert!(t.end().success());
    assert_eq!(left(home.path()), Vec::<PathBuf>::new(), "the draft has all of it");
    let mut t = Terminal::run(home.path(), 80, 24, &[]);
    t.wait_for("1 draft kept from before");
    t.press("qq");
    assert!(t.end().success());
}

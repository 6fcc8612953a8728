//! What a terminal sends to the real binary that no hand has typed: its answers to somebody's
//! questions, text in one burst, and its own end.

use super::{
    pty::{HELP, PATIENCE, Terminal},
    support::binary_in,
};
use portable_pty::{PtySize, native_pty_system};
use std::{
    fs::File,
    io::{Read as _, Write as _},
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

#[test]
fn answers_of_the_terminal_are_not_typed_and_the_next_key_works() {
    let home = tempfile::tempdir().unwrap();
    let mut t = Terminal::run(home.path(), 120, 40, &[]);
    t.begin();
    let answers = [
        "\x1b]11;rgb:0000/0000/0000\x1b\\",
        "\x1b]11;rgb:1111/1111/1111\x07",
        "\x1bP>|XTerm(390)\x1b\\",
        "\x1b_Gi=31;OK\x1b\\",
        "\x1b[24;80R",
        "\x1b[?62;c",
        "\x1b[>0;276;0c",
        "\x1b[?2026;2$y",
        "\x1b[?1u",
    ];
    // Where letters are keys, and where they are text; whole, and in two reads.
    for answer in answers {
        t.press(answer);
    }
    t.press("?");
    t.wait_for(HELP);
    for (n, answer) in answers.iter().enumerate() {
        let at = 2 + n % (answer.len() - 2);
        t.press(&answer[..at]);
        t.press(&answer[at..]);
        t.press("z");
    }
    let screen = t.wait_for("> zzzzzzzzz");
    assert!(screen.contains("> zzzzzzzzz "), "nothing but what was typed: {screen}");
    // An answer without an end takes no key after a moment, and Esc alone is Escape.
    t.press("\x1b]11;rgb:00");
    let start = Instant::now();
    while !t.screen().contains("> zzzzzzzzzy") {
        t.press("y");
        std::thread::park_timeout(Duration::from_millis(100));
        assert!(start.elapsed() < PATIENCE, "keys are taken away:\n{}", t.screen());
    }
    t.press("\x1b");
    t.wait_until("the help is closed", |s| !s.contains(HELP));
    t.press("qq");
    assert!(t.end().success());
}

#[test]
fn a_burst_while_nothing_is_typed_runs_no_key() {
    let home = tempfile::tempdir().unwrap();
    let mut t = Terminal::run(home.path(), 120, 40, &[]);
    t.begin();
    t.press("please call me back, aldente\r");
    let screen = t.wait_for("29 characters arrived at once");
    assert!(!screen.contains("LOCKED"), "no form was opened: {screen}");
    // A chord in one read is still a chord, and one @ more is no part of a name.
    t.press("gc");
    t.wait_for(" Find: a name");
    t.press("\x1b");
    t.wait_until("the palette is closed", |s| !s.contains(" Find: a name"));
    t.press("qq");
    assert!(t.end().success());
}

/// The console on terminals that are not those of its session, so that no SIGHUP tells it when one of
/// them is gone.
fn detached(home: &Path, input: &Path, output: &Path) -> Child {
    let open = |path: &Path| File::options().read(true).write(true).open(path).unwrap();
    binary_in(home)
        .stdin(Stdio::from(open(input)))
        .stdout(Stdio::from(open(output)))
        .stderr(Stdio::from(open(output)))
        .spawn()
        .unwrap()
}

/// A terminal's two ends: the file that writes and reads it from outside, and the path of the other.
fn terminal() -> (Box<dyn portable_pty::MasterPty + Send>, std::path::PathBuf) {
    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let path = pair.master.tty_name().unwrap();
    (pair.master, path)
}

/// Reads what the console draws until it has connected.
fn wait_until_live(output: &mut dyn std::io::Read) {
    let mut seen = Vec::new();
    let mut buffer = [0; 8192];
    while !String::from_utf8_lossy(&seen).contains("LIVE") {
        let n = output.read(&mut buffer).unwrap();
        assert!(n > 0, "it ended: {}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&buffer[..n]);
    }
}

fn ends_at_once_with_success(mut child: Child) {
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it goes on without a terminal");
        }
        std::thread::park_timeout(Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_terminal_that_is_gone_ends_the_console_without_a_signal() {
    let home = tempfile::tempdir().unwrap();
    let (master, path) = terminal();
    let child = detached(home.path(), &path, &path);
    let mut output = master.try_clone_reader().unwrap();
    wait_until_live(&mut output);
    drop((master, output));
    ends_at_once_with_success(child);
}

#[test]
fn an_input_that_is_gone_ends_the_console_and_gives_the_terminal_back() {
    let home = tempfile::tempdir().unwrap();
    let (input, input_path) = terminal();
    let (screen, screen_path) = terminal();
    let child = detached(home.path(), &input_path, &screen_path);
    let mut output = screen.try_clone_reader().unwrap();
    wait_until_live(&mut output);
    // The other end must not stay open here, or the input would not be gone.
    drop(input);
    let reader = std::thread::spawn(move || {
        let (mut all, mut buffer) = (Vec::new(), [0; 8192]);
        while let Ok(n @ 1..) = output.read(&mut buffer) {
            all.extend_from_slice(&buffer[..n]);
        }
        all
    });
    ends_at_once_with_success(child);
    drop(screen);
    let drawn = String::from_utf8_lossy(&reader.join().unwrap()).into_owned();
    assert!(drawn.contains("\x1b[?1049l"), "the screen is given back: {drawn:?}");
}

/// The output of a program on a terminal, and how it ended. Whatever it asks, nobody answers.
fn ended(mut child: Child, output: &mut dyn std::io::Read) -> (Option<i32>, String) {
    let code = child.wait().unwrap().code();
    let mut buffer = [0; 8192];
    let n = output.read(&mut buffer).unwrap();
    (code, String::from_utf8_lossy(&buffer[..n]).into_owned())
}

#[test]
fn a_terminal_that_cannot_be_drawn_on_is_refused_with_a_sentence_and_2() {
    let home = tempfile::tempdir().unwrap();
    let (master, path) = terminal();
    let open = || Stdio::from(File::options().read(true).write(true).open(&path).unwrap());
    let child = binary_in(home.path())
        .env("TERM", "dumb")
        .stdin(open())
        .stdout(open())
        .stderr(open())
        .spawn()
        .unwrap();
    let (code, said) = ended(child, &mut master.try_clone_reader().unwrap());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("dumb") && said.contains("tail") && !said.contains('\x1b'), "{said:?}");
}

#[test]
fn without_a_size_a_state_folder_or_utf_8_the_console_starts_with_what_is_there() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".local")).unwrap();
    std::fs::write(home.path().join(".local/state"), "a file where a folder should be").unwrap();
    let size = PtySize { rows: 0, cols: 0, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let path = pair.master.tty_name().unwrap();
    let open = || Stdio::from(File::options().read(true).write(true).open(&path).unwrap());
    let child = binary_in(home.path())
        .env("LC_ALL", "de_DE.ISO-8859-1")
        .stdin(open())
        .stdout(open())
        .stderr(open())
        .spawn()
        .unwrap();
    let mut output = pair.master.try_clone_reader().unwrap();
    let mut parser = vt100::Parser::default();
    let mut buffer = [0; 8192];
    let shown = |parser: &vt100::Parser| {
        let screen = parser.screen().contents();
        ["LIVE", "FOLLOW", "drafts", "is not UTF-8"].iter().all(|words| screen.contains(words))
    };
    while !shown(&parser) {
        let n = output.read(&mut buffer).unwrap();
        assert!(n > 0, "it ended:\n{}", parser.screen().contents());
        parser.process(&buffer[..n]);
    }
    let mut keys = pair.master.take_writer().unwrap();
    keys.write_all(b"qq").unwrap();
    let reader = std::thread::spawn(move || while let Ok(1..) = output.read(&mut buffer) {});
    ends_at_once_with_success(child);
    drop((keys, pair));
    reader.join().unwrap();
}

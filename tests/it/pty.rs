//! The real binary in a real pseudo-terminal. It opens, shows traffic, answers a customer, and
//! leaves the terminal as it was, however it ends (R-CONSOLE-4).

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use std::{
    io::{Read as _, Write},
    num::NonZero,
    path::Path,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};
use switchboard::console::{
    alert::WindowTitle,
    terminal::{ConsoleScreen as _, PanicHook, ReaderGate, Tty, in_loop},
};

pub const PATIENCE: Duration = Duration::from_secs(20);
/// A text that only the card of the first start shows.
pub const CARD: &str = "Welcome to switchboard";
/// A text that only the help shows.
pub const HELP: &str = "Help: type to search";

fn cells(n: u16) -> NonZero<u16> {
    NonZero::new(n).unwrap()
}

/// What the program has written so far.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
}

/// The program on a terminal of its own.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    seen: Arc<Mutex<Seen>>,
    reader: Option<JoinHandle<()>>,
}

impl Terminal {
    fn console(home: &Path, cols: u16, rows: u16) -> Self {
        Self::run(home, cols, rows, &["--hold", "1"])
    }

    pub fn run(home: &Path, cols: u16, rows: u16, args: &[&str]) -> Self {
        Self::program(Path::new(env!("CARGO_BIN_EXE_switchboard")), home, cols, rows, args, &[])
    }

    pub fn program(
        program: &Path,
        home: &Path,
        cols: u16,
        rows: u16,
        args: &[&str],
        env: &[(&str, &str)],
    ) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        command.env("TZ", "UTC");
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let seen = Arc::new(Mutex::new(Seen {
            parser: vt100::Parser::new(cells(rows), cells(cols), 0),
            raw: Vec::new(),
        }));
        let mut output = pair.master.try_clone_reader().unwrap();
        let sink = seen.clone();
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(n @ 1..) = output.read(&mut buffer) {
                let mut seen = sink.lock().unwrap();
                seen.parser.process(&buffer[..n]);
                seen.raw.extend_from_slice(&buffer[..n]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, keys, master: pair.master, seen, reader: Some(reader) }
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Every byte that the program has written.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap().raw).into_owned()
    }

    pub fn screen(&self) -> String {
        self.seen.lock().unwrap().parser.screen().contents()
    }

    pub fn wait_for(&self, what: &str) -> String {
        self.wait_until(what, |screen| screen.contains(what))
    }

    /// Waits until the hub is heard, and closes the card of the first start as anybody would.
    pub fn begin(&mut self) {
        self.wait_for("LIVE");
        self.wait_for(CARD);
        self.press("\x1b");
        self.wait_until("the card is closed", |s| !s.contains(CARD));
    }

    /// Begins the console, shows messages only, and selects one of them.
    pub fn begin_among_messages(&mut self) {
        self.begin();
        self.press("/");
        self.wait_for("Enter keep");
        self.press("msg");
        self.wait_for("/msg");
        self.press("\r");
        self.wait_until("a message from a customer", |s| s.lines().any(is_from_a_customer));
        self.press("k");
        self.wait_for("HOLD");
    }

    pub fn wait_until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return screen;
            }
            assert!(start.elapsed() < PATIENCE, "never saw {what:?} on:\n{screen}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn resize(&mut self, cols: u16, rows: u16) {
        // This is locked before the size changes, because what is drawn for the new size must not
        // be read at the old one.
        let mut seen = self.seen.lock().unwrap();
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        seen.parser.screen_mut().set_size(cells(rows), cells(cols));
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.process_id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Kills the program, and waits until it is gone with everything that it held.
    pub fn kill(mut self) {
        self.signal("-KILL");
        self.child.wait().unwrap();
    }

    /// Waits until the program ends, and checks that every mode it turned on is off again and that
    /// its last picture was erased.
    pub fn end(mut self) -> ExitStatus {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "does not end; the screen is\n{}", self.screen());
            std::thread::park_timeout(Duration::from_millis(20));
        };
        // The terminal hangs up when its last program is gone and everything that it wrote has been
        // read.
        self.reader.take().unwrap().join().unwrap();
        let seen = self.seen.lock().unwrap();
        let raw = String::from_utf8_lossy(&seen.raw);
        for mode in ["?1049", "?2004", "?1004", "?1000", "?1006"] {
            let (on, off) =
                (raw.rfind(&format!("\x1b[{mode}h")), raw.rfind(&format!("\x1b[{mode}l")));
            assert!(on.is_none() || off > on, "mode {mode} was left on");
        }
        if let Some(left) = raw.rfind("\x1b[?1049l") {
            let (rows, cols) = seen.parser.screen().size();
            let mut parser = vt100::Parser::new(rows, cols, 0);
            parser.process(&raw.as_bytes()[..left]);
            let remains = parser.screen().contents();
            assert!(remains.trim().is_empty(), "left on the alternate screen:\n{remains}");
        }
        for mode in ["?1002", "?1003", "?1015"] {
            assert!(
                !raw.contains(&format!("\x1b[{mode}h")),
                "the mouse is asked for more than is used"
            );
        }
        let (held, wraps) = (raw.rfind("\x1b[?7l"), raw.rfind("\x1b[?7h"));
        assert!(held.is_none() || wraps > held, "lines are not wrapped any more");
        let (kept, back) = (raw.rfind("\x1b[22;2t"), raw.rfind("\x1b[23;2t"));
        assert!(back >= kept, "the title of before did not come back");
        assert!(raw.rfind("switchboard\x1b\\") <= back, "a title was left on the window");
        let (hidden, shown) = (raw.rfind("\x1b[?25l"), raw.rfind("\x1b[?25h"));
        assert!(hidden.is_none() || shown > hidden, "the cursor was left hidden");
        status
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn with_an_empty_home_the_console_shows_traffic_and_answers_a_customer() {
    let home = tempfile::tempdir().unwrap();
    let mut t = Terminal::console(home.path(), 120, 40);
    t.begin_among_messages();
    // Moves up to the newest one from a customer.
    let start = Instant::now();
    while !t.screen().lines().any(|l| l.starts_with('>') && is_from_a_customer(l)) {
        t.press("k");
        std::thread::park_timeout(Duration::from_millis(60));
        assert!(start.elapsed() < PATIENCE, "no inbound message selected:\n{}", t.screen());
    }
    t.press("r");
    t.wait_for("LOCKED");
    t.press("Karibu sana 0123456789");
    t.wait_for("Karibu sana 0123456789");
    t.press("\x13"); // Ctrl-S
    t.wait_for("REVIEW");
    t.wait_until("that it can be sent", |s| s.contains("s send") && !s.contains("read first"));
    t.press("s");
    t.wait_until("the answer in the feed", |s| {
        s.lines().any(|l| l.contains("you > ") && l.contains("Karibu sana"))
    });
    t.press("qq");
    assert!(t.end().success());
}

/// Whether a line of the screen is a row of the feed with a message of a customer: behind the time
/// stands who it is, without somebody who wrote to them, and then the channel.
pub fn is_from_a_customer(line: &str) -> bool {
    let Some((time, rest)) = line.get(2..8).zip(line.get(8..)) else { return false };
    let channel = ["sms", "wa", "tg", "fb", "rcs"].iter().find_map(|name| {
        let at = rest.find(&format!(" {name} "))?;
        Some(&rest[..at])
    });
    time.as_bytes().get(2) == Some(&b':') && channel.is_some_and(|who| !who.contains('>'))
}

/// Every file and folder below, with the bits of its mode that are others'.
fn open_to_others(folder: &Path, found: &mut Vec<(String, u32)>) {
    use std::os::unix::fs::PermissionsExt as _;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // SQLite may remove its files while we look.
        let Ok(meta) = std::fs::symlink_metadata(&path) else { continue };
        found.push((path.display().to_string(), meta.permissions().mode() & 0o077));
        if meta.is_dir() {
            open_to_others(&path, found);
        }
    }
}

/// Runs the program under a umask that forbids nothing.
#[test]
fn whatever_is_made_under_an_open_umask_is_private() {
    let home = tempfile::tempdir().unwrap();
    let open = ["-c", "umask 0; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_switchboard")];
    let args = [&open[..], &["--hold", "1", "--listen", "127.0.0.1:0"]].concat();
    let mut t = Terminal::program(Path::new("/bin/sh"), home.path(), 120, 40, &args, &[]);
    t.begin_among_messages();
    t.press("m");
    t.wait_for("LOCKED");
    t.press("Karibu");
    t.wait_for("Karibu");
    t.press("\x1b");
    let made = |name: &str| {
        let mut found = Vec::new();
        open_to_others(home.path(), &mut found);
        for (path, bits) in &found {
            assert_eq!(*bits, 0, "{path} is open to others");
        }
        found.iter().any(|(path, _)| path.ends_with(name))
    };
    for name in [
        ".local/share/switchboard",
        ".local/state/switchboard",
        "/lock",
        "/log.db",
        "/log.db-wal",
        "/log.db-shm",
        "/shelf.db",
        "/api-key",
        "/listening",
        "/switchboard.log",
        "/drafts.json",
    ] {
        let start = Instant::now();
        while !made(name) {
            assert!(start.elapsed() < PATIENCE, "{name} was never made");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
    t.signal("-TERM");
}

#[test]
fn it_fits_every_size_and_survives_resizing() {
    let home = tempfile::tempdir().unwrap();
    let mut t = Terminal::console(home.path(), 80, 24);
    t.wait_for("LIVE");
    for (cols, rows) in [(200, 60), (40, 12), (20, 5), (120, 40)] {
        t.resize(cols, rows);
        t.wait_until("something", |s| !s.trim().is_empty());
        std::thread::park_timeout(Duration::from_millis(150));
    }
    t.begin();
    t.press("?");
    t.wait_for(HELP);
    t.press("\x1b");
    t.wait_until("help closed", |s| !s.contains(HELP));
    t.press("qq");
    assert!(t.end().success());
}

#[test]
fn keys_can_be_changed_and_a_bad_line_is_told_without_blocking() {
    let home = tempfile::tempdir().unwrap();
    let settings = home.path().join(".config/switchboard");
    std::fs::create_dir_all(&settings).unwrap();
    std::fs::write(settings.join("keymap.toml"), "[keys]\nhelp = [\"f9\"]\nfly = [\"x\"]\n")
        .unwrap();
    let mut t = Terminal::console(home.path(), 120, 40);
    t.wait_for("unknown action fly");
    t.begin();
    t.press("\x1b[20~"); // F9
    t.wait_for(HELP);
    t.press("\x1b");
    t.wait_until("help closed", |s| !s.contains(HELP));
    t.press("qq");
    assert!(t.end().success());
}

/// Not a test of its own: the child process of `a_panic_gives_the_terminal_back_before_it_is_told`.
#[test]
fn panicking_child() {
    if std::env::var_os("SWITCHBOARD_TEST_PANIC").is_none() {
        return;
    }
    let (tell, _told) = tokio::sync::mpsc::channel(1);
    let _hook = PanicHook::install(tell);
    let (gate, _watched) = ReaderGate::new().unwrap();
    let mut screen = Tty::open(true, gate).unwrap();
    screen.title(WindowTitle { live: 2, waiting: 4 }).unwrap();
    in_loop(|| panic!("a fault of the test"));
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    let home = tempfile::tempdir().unwrap();
    let myself = std::env::current_exe().unwrap();
    let args = ["pty::panicking_child", "--exact", "--nocapture", "--test-threads=1"];
    let env = [("SWITCHBOARD_TEST_PANIC", "1")];
    let t = Terminal::program(&myself, home.path(), 80, 24, &args, &env);
    t.wait_for("a fault of its own");
    let seen = t.seen.clone();
    assert!(!t.end().success());
    let raw = String::from_utf8_lossy(&seen.lock().unwrap().raw).into_owned();
    let (restored, told) = (raw.find("\x1b[?1049l"), raw.find("a fault of its own"));
    assert!(restored.is_some() && restored < told, "told on the alternate screen: {raw:?}");
    assert!(!raw.contains("RUST_BACKTRACE"), "no backtrace noise");
    assert!(raw.contains("\x1b]2;(2 live, 4 waiting) switchboard\x1b\\"), "{raw:?}");
    let back = raw.find("\x1b[23;2t");
    assert!(back.is_some() && back < told, "the title is given back first: {raw:?}");
}

#[test]
fn ctrl_c_and_sigterm_leave_the_terminal_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let mut t = Terminal::console(home.path(), 80, 24);
    t.wait_for("LIVE");
    t.press("\x03");
    std::thread::park_timeout(Duration::from_millis(200));
    t.press("\x03");
    assert!(t.end().success());

    let t = Terminal::console(home.path(), 80, 24);
    t.wait_for("LIVE");
    t.signal("-TERM");
    t.end();
}

/// tmux before 3.4 moves rows of the alternate screen that are wider than the shell's screen was among
/// the shell's lines, so the screen is empty before it is left, which `end` checks.
#[test]
fn after_a_resize_the_shell_has_its_own_lines_and_none_of_the_feed() {
    let home = tempfile::tempdir().unwrap();
    let shell = ["-c", "echo before; \"$0\" \"$@\"; echo after", env!("CARGO_BIN_EXE_switchboard")];
    let args = [&shell[..], &["--hold", "1"]].concat();
    let mut t = Terminal::program(Path::new("/bin/sh"), home.path(), 80, 24, &args, &[]);
    t.wait_for("LIVE");
    t.resize(100, 30);
    t.wait_until("rows wider than before", |s| s.lines().any(|l| l.chars().count() > 80));
    t.press("\x03\x03");
    let seen = t.seen.clone();
    assert!(t.end().success());
    assert_eq!(seen.lock().unwrap().parser.screen().contents().trim(), "before\nafter");
}

#[test]
fn a_second_start_continues_where_the_first_stopped() {
    let home = tempfile::tempdir().unwrap();
    let mut t = Terminal::console(home.path(), 120, 40);
    t.begin();
    t.wait_until("traffic", |s| s.lines().filter(|l| is_from_a_customer(l)).count() > 2);
    t.press("qq");
    t.end();
    let head = |args: &[&str]| {
        let out = super::support::binary_in(home.path()).args(args).output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let first = head(&["tail", "--no-follow", "-n", "500", "--format", "ndjson"]);
    let again = head(&["tail", "--no-follow", "-n", "2000", "--format", "ndjson"]);
    assert!(first.lines().count() > 5);
    assert!(first.lines().take(5).all(|line| again.contains(line)), "history is kept");
}

#[test]
fn other_programs_of_the_same_user_find_a_console_that_listens() {
    let home = tempfile::tempdir().unwrap();
    let get = |args: &[&str]| {
        let out = super::support::binary_in(home.path()).args(args).output().unwrap();
        (
            out.status.code(),
            String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap(),
        )
    };
    let mut t = Terminal::run(home.path(), 80, 24, &["--listen", "127.0.0.1:0"]);
    t.begin();
    t.wait_until("traffic", |s| s.lines().any(is_from_a_customer));
    let (code, out) = get(&["tail", "--no-follow", "-n", "20"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("MSG"), "the same traffic: {out}");
    t.press("qq");
    t.end();

    let mut t = Terminal::run(home.path(), 80, 24, &[]);
    t.wait_for("LIVE");
    let (code, out) = get(&["tail", "--no-follow"]);
    assert_eq!(code, Some(3), "{out}");
    assert!(out.contains("--listen") && out.contains("--data-dir"), "what to do: {out}");
    t.press("qq");
    t.end();
}

//! Two agents, each with a key of their own, answer one customer at once (R-CONFLICT-1 to R-CONFLICT-3): by verbs,
//! and at two consoles in two pseudo-terminals on one hub.

use super::{
    pty::Terminal,
    support::{Bench, HubProcess, KEY, binary_in, events},
};
use serde_json::Value;
use std::{
    path::Path,
    process::{Output, Stdio},
};
use switchboard::model::EventKind;

/// The key of the other agent.
const BRIAN: &str = "sb_brian_only-for-loopback-tests-0123456789abc";
const JANE: &str = "+254711000001";

/// A hub with two agents: `tests` and `brian` are the labels of their keys.
struct Floor {
    hub: HubProcess,
    bench: Bench,
    homes: [tempfile::TempDir; 2],
}

impl Floor {
    fn open() -> Self {
        let bench = Bench::new();
        let text = std::fs::read_to_string(bench.settings()).unwrap();
        let key = "[[org.key]]\nlabel = \"brian\"\nenv = \"SWITCHBOARD_TEST_BRIAN\"\n[[org.key]]";
        std::fs::write(bench.settings(), text.replacen("[[org.key]]", key, 1)).unwrap();
        let mut command = bench.command("127.0.0.1:0");
        command.env("SWITCHBOARD_TEST_BRIAN", BRIAN);
        let hub = HubProcess::start(command);
        let home = || tempfile::tempdir().unwrap();
        Self { hub, bench, homes: [home(), home()] }
    }

    fn connection(&self) -> Vec<String> {
        let endpoint = format!("http://{}", self.hub.addr);
        ["--endpoint", &endpoint, "--org", "acme", "--app", "desk"].map(str::to_owned).into()
    }

    /// Runs a verb under a key. Returns its exit code, and what it printed.
    fn run(&self, key: &str, args: &[&str]) -> (Option<i32>, String, String) {
        let mut command = binary_in(self.bench.data().parent().unwrap_or(Path::new(".")));
        command.args(self.connection()).args(args).env("SWITCHBOARD_API_KEY", key);
        let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code(), text(stdout), text(stderr))
    }

    fn done(&self, key: &str, args: &[&str]) -> String {
        let (code, out, err) = self.run(key, args);
        assert_eq!(code, Some(0), "{args:?}: {out}{err}");
        out
    }

    /// The entry as of which Jane is known now.
    fn as_of(&self) -> String {
        let out = self.done(KEY, &["get", JANE, "--format", "json"]);
        let told: Value = serde_json::from_str(&out).unwrap();
        told["as_of"].to_string()
    }

    /// The console of the first or the second agent.
    fn console(&self, nth: usize, hold: &str) -> Terminal {
        let args = [self.connection(), vec!["--hold".to_owned(), hold.to_owned()]].concat();
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let program = Path::new(env!("CARGO_BIN_EXE_switchboard"));
        let key = [("SWITCHBOARD_API_KEY", [KEY, BRIAN][nth])];
        let home = self.homes[nth].path();
        let mut console = Terminal::program(program, home, 120, 40, &args, &key);
        console.begin();
        console.wait_for("Where is my parcel?");
        console
    }

    /// The texts that were sent to Jane, in order.
    fn sent(&self) -> Vec<String> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let all = runtime.block_on(events(&self.hub.client()));
        let texts = all.into_iter().filter_map(|event| match event.kind {
            EventKind::MessageSent { body, .. } => body.text,
            _ => None,
        });
        texts.collect()
    }
}

const TO: [&str; 6] = ["--to", JANE, "--from", "sms 40404", "--text", "It is lost."];

#[test]
fn r_conflict_1_send_and_reply_with_seen_go_only_if_nobody_else_has_answered_since() {
    let floor = Floor::open();
    floor.done(KEY, &["sim", "message", JANE, "Where is my parcel?"]);
    let seen = floor.as_of();
    let out = floor.done(KEY, &["get", JANE, "--format", "json"]);
    let told: Value = serde_json::from_str(&out).unwrap();
    let message = told.pointer("/messages/0/id").and_then(Value::as_str);
    let message = message.unwrap_or_else(|| panic!("{told:#}")).to_owned();
    let today = ["--to", JANE, "--from", "sms 40404", "--text", "It comes today."];
    floor.done(BRIAN, &[&["send"], &today[..]].concat());

    let send = [&["send", "--seen", &seen], &TO[..]].concat();
    let (code, out, err) = floor.run(KEY, &send);
    assert_eq!((code, &*out), (Some(6), ""), "{err}");
    for words in ["refused: brian answered ", " ago: It comes today. (450)", "--seen "] {
        assert!(err.contains(words), "{words:?} is not in {err}");
    }
    let reply = ["reply", "--customer", JANE, "--message", &message, "--text", "It is lost."];
    assert_eq!(floor.run(KEY, &[&reply[..], &["--seen", &seen]].concat()).0, Some(6));
    let dry = floor.run(KEY, &[&send[..], &["--dry-run"]].concat());
    assert_eq!(dry.0, Some(6), "{dry:?}");

    let (code, out, _) = floor.run(KEY, &[&send[..], &["--format", "json"]].concat());
    let told: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!((code, &told["outcome"], &told["exit"]), (Some(6), &"conflict".into(), &6.into()));
    assert_eq!((&told["code"], &told["ok"]), (&450.into(), &false.into()));
    let conflict = &told["conflict"];
    assert_eq!((&conflict["by"], &conflict["text"]), (&"brian".into(), &"It comes today.".into()));
    assert_eq!(floor.sent(), ["It comes today."], "nothing was sent");

    let place = conflict["seq"].to_string();
    floor.done(KEY, &[&["send", "--seen", &place], &TO[..]].concat());
    for (bad, code, why) in [
        ("1.5", 2, "--seen"),
        ("now", 2, "--seen"),
        ("999999", 1, "nobody has seen entry 999999 yet"),
    ] {
        let (got, _, err) = floor.run(KEY, &[&["send", "--seen", bad], &TO[..]].concat());
        assert_eq!(got, Some(code), "{bad}: {err}");
        assert!(err.contains(why), "{bad}: {err}");
    }
    assert_eq!(floor.sent(), ["It comes today.", "It is lost."]);
}

/// Begins a reply to the newest message.
fn reply(console: &mut Terminal, text: &str) {
    console.press("r");
    console.wait_for("LOCKED");
    console.press(text);
    console.wait_for(text);
}

/// Opens the sheet and waits until its keys count.
fn review(console: &mut Terminal, foot: &str) -> String {
    console.press("\x13"); // Ctrl-S
    console.wait_for("REVIEW");
    console.wait_until(foot, |s| s.contains(foot) && !s.contains("read first"))
}

#[test]
fn r_conflict_3_of_two_consoles_the_second_sees_what_the_first_answered() {
    let floor = Floor::open();
    floor.done(KEY, &["sim", "message", JANE, "Where is my parcel?"]);
    let (mut amina, mut brian) = (floor.console(0, "30"), floor.console(1, "0"));

    // Amina's message is on hold when Brian answers: it does not go.
    reply(&mut amina, "It is lost.");
    reply(&mut brian, "It comes today.");
    review(&mut amina, "s send");
    amina.press("s");
    amina.wait_for("HELD");
    review(&mut brian, "s send");
    brian.press("s");
    brian.wait_for("accepted");
    let screen = amina.wait_for("not sent: brian answered");
    assert!(!screen.contains("HELD"), "{screen}");

    // She opens it again. The sheet shows his answer, and `s` alone sends nothing.
    amina.press("4\r");
    amina.wait_for("LOCKED");
    let screen = review(&mut amina, "type anyway");
    assert!(screen.contains("brian answered") && screen.contains("It comes today."), "{screen}");
    amina.press("s");
    assert_eq!(floor.sent(), ["It comes today."]);
    amina.press("\x7f");
    // Key by key, because what comes at once is a paste, and a paste means nothing on a sheet.
    for typed in 1.."anyway".len() {
        amina.press(&"anyway"[typed - 1..typed]);
        amina.wait_for(&format!("go on: {}", &"anyway"[..typed]));
    }
    amina.press("y");
    amina.wait_until("that it can be sent", |s| s.contains("s send") && !s.contains("read first"));
    amina.press("s");
    amina.wait_for("HELD");
    amina.press("S");
    amina.wait_for("accepted");
    assert_eq!(floor.sent(), ["It comes today.", "It is lost."], "each once");
}

//! The headless verbs, and every wrong way to start the program: the message, the exit code, and
//! that nothing is lost.

use super::support::{Bench, KEY, binary, binary_in};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    process::{Command, Output, Stdio},
    time::Duration,
};

pub fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(stdout), text(stderr));
    assert!(!err.contains("panicked") && !err.contains("RUST_BACKTRACE"), "{err}");
    assert!(!err.contains(KEY) && !out.contains(KEY), "the key leaked");
    (status.code(), out, err)
}

fn at(addr: &str, args: &[&str]) -> Command {
    let home = std::env::temp_dir();
    let mut command = binary_in(&home);
    command
        .args(["--endpoint", &format!("http://{addr}"), "--org", "acme", "--app", "desk"])
        .args(args)
        .env("SWITCHBOARD_API_KEY", KEY);
    command
}

const SEND: [&str; 9] =
    ["send", "--to", "+254711000001", "--channel", "sms", "--from", "40404", "--text", "habari"];

#[test]
fn send_get_and_tail_work_on_a_hub_elsewhere() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");

    let (code, out, err) = run(at(&hub.addr, &SEND).args(["--idempotency", "first-message"]));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("el_msg_"), "{out}");
    let (_, again, _) = run(at(&hub.addr, &SEND).args(["--idempotency", "first-message"]));
    assert_eq!(out, again, "D-IDEM: the same reply");

    let (code, json, _) = run(&mut at(&hub.addr, &["get", "+254711000001", "--format", "json"]));
    assert_eq!(code, Some(0));
    let customer: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(customer["messages"].as_array().unwrap().len(), 1, "sent once");
    assert_eq!(customer["messages"][0]["body"]["text"], "habari");

    let (code, lines, _) =
        run(&mut at(&hub.addr, &["tail", "--format", "ndjson", "--no-follow", "-q", "habari"]));
    assert_eq!(code, Some(0));
    let line: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((line["code"].as_str(), line["text"].as_str()), (Some("MSG"), Some("habari")));
    assert_eq!(lines.lines().count(), 1, "words filter: {lines}");
}

#[test]
fn a_refusal_is_1_with_the_reason_and_the_code() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    let (code, _, err) = run(at(&hub.addr, &SEND).args(["--from", "99999"]));
    assert_eq!(code, Some(2), "given twice is usage: {err}");
    let mut args = SEND;
    args[6] = "99999";
    let (code, _, err) = run(&mut at(&hub.addr, &args));
    assert_eq!(code, Some(2), "the form's own check: {err}");
    assert!(err.contains("--from"), "{err}");
    (args[4], args[6]) = ("whatsapp", "40405");
    let (code, _, err) = run(&mut at(&hub.addr, &args));
    assert_eq!(code, Some(1));
    assert!(err.contains("(404)"), "R-MSG-1 step 6: {err}");
    let (code, _, err) = run(&mut at(&hub.addr, &["get", "+254799999999"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("no customer +254799999999") && err.contains("nothing was created"));
    let (code, _, _) = run(&mut at(&hub.addr, &["get", "+254799999999"]));
    assert_eq!(code, Some(1), "D-LOOKUP: looking created nobody");
}

#[test]
fn every_command_of_the_catalog_has_a_verb() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    let who = ["--customer", "+254711000009"];
    let say = |args: &[&str]| run(&mut at(&hub.addr, &[args, &who].concat()));
    let done = |(code, out, err): (Option<i32>, String, String)| {
        assert_eq!(code, Some(0), "{err}");
        out
    };
    assert!(done(say(&["tag", "--tags", "tier=gold, lang=sw", "--expires", "+7d"])).contains('2'));
    done(say(&["untag", "--keys", "lang"]));
    done(say(&["set-data", "--key", "name", "--value", "\"Jane\""]));
    let (_, json, _) = run(&mut at(&hub.addr, &["get", "+254711000009", "--format", "json"]));
    let customer: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(customer["tags"].as_array().unwrap().len(), 1);
    assert_eq!(customer["tags"][0]["value"], "gold");
    assert_eq!(customer["metadata"]["name"]["text"], "\"Jane\"");
    let (code, _, err) = say(&["delete-data", "--keys", "name"]);
    assert_eq!(code, Some(2), "R3 needs --confirm: {err}");
    let (code, _, err) = say(&["delete-data", "--keys", "name", "--confirm", "yes"]);
    assert_eq!(code, Some(2), "the word is delete: {err}");
    done(say(&["delete-data", "--keys", "name", "--confirm", "delete"]));
    let (code, _, err) = say(&["reply", "--message", "el_msg_none", "--text", "habari"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("(407)"), "R-REPLYTO-1: {err}");
}

/// An entry may have several events, each of which is a line.
#[test]
fn tail_begins_with_as_many_lines_as_were_asked_for() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    for number in ["+254711000001", "+254711000002", "+254711000003"] {
        let tag = ["tag", "--customer", number, "--tags", "tier=gold"];
        assert_eq!(run(&mut at(&hub.addr, &tag)).0, Some(0));
    }
    let tail = |args: &[&str]| {
        let (code, out, err) = run(&mut at(&hub.addr, &[&["tail", "--no-follow"], args].concat()));
        assert_eq!((code, err.as_str()), (Some(0), ""));
        out.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    // Each customer is new and gets a tag, and the demo app fills the purse when it comes to it.
    let mut all = Vec::new();
    while all.len() < 7 {
        all = tail(&["--after", "0"]);
    }
    for count in 0..9 {
        let last = &all[all.len().saturating_sub(count)..];
        assert_eq!(tail(&["-n", &count.to_string()]), last, "-n {count}");
        let json = tail(&["-n", &count.to_string(), "--format", "json"]);
        assert_eq!(json.len(), last.len(), "-n {count} as JSON: {json:?}");
        for line in json {
            let event: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert!(event["seq"].is_u64() && event["index"].is_u64(), "{line}");
        }
    }
    let tagged: Vec<_> = all.iter().filter(|line| line.contains("tier=gold")).cloned().collect();
    assert_eq!(tagged.len(), 3);
    assert_eq!(tail(&["-n", "2", "-q", "tag:tier=gold"]), tagged[1..]);
    assert_eq!(tail(&["-n", "9", "-q", "tag:tier=gold"]), tagged);
    assert!(tail(&["-n", "3", "-q", "silver"]).is_empty());
    // A text that is no filter shows where, whether a hub is there or not.
    let (code, _, err) = run(&mut at("127.0.0.1:1", &["tail", "-q", "gold tpye:tag"]));
    assert!(code == Some(2) && err.contains("did you mean `type`?"), "{err}");
    assert!(err.contains("  gold tpye:tag\n       ^^^^\n"), "{err}");
}

#[test]
fn a_closed_pipe_is_success() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    run(&mut at(&hub.addr, &SEND));
    let mut tail = at(&hub.addr, &["tail", "-n", "50"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(tail.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    assert!(!first.is_empty());
    drop(out);
    // The line of this message finds nobody who reads it.
    run(&mut at(&hub.addr, &SEND));
    let status = tail.wait().unwrap();
    let mut err = String::new();
    tail.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((status.code(), err.as_str()), (Some(0), ""));
}

#[test]
fn a_wrong_key_or_org_is_4_and_nobody_there_is_3() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    let (code, _, err) =
        run(at(&hub.addr, &["get", "+254711000001"])
            .env("SWITCHBOARD_API_KEY", "wrong-key-wrong-key"));
    assert_eq!(code, Some(4), "{err}");
    assert!(err.contains("SWITCHBOARD_API_KEY"), "{err}");
    let (code, _, err) = run(at(&hub.addr, &["get", "+254711000001"])
        .env("SWITCHBOARD_ORG", "acme")
        .args(["--org", "other"]));
    assert!(code == Some(4) || code == Some(2), "{code:?} {err}");
    let (code, _, err) = run(&mut at("127.0.0.1:9", &["get", "+254711000001"]));
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("127.0.0.1:9"), "{err}");
}

#[test]
fn a_server_that_is_not_a_hub_is_3_and_said_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(4) {
            let mut stream = stream.unwrap();
            let mut head = [0; 512];
            let _ = stream.read(&mut head);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
        }
    });
    let (code, _, err) = run(&mut at(&addr, &["get", "+254711000001"]));
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains(&addr), "{err}");
    assert!(err.contains("not a switchboard hub"), "{err}");
}

#[test]
fn a_lost_reply_is_5_and_tells_how_to_find_out() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    let proxy = cut_after_request(hub.addr.clone());
    let (code, _, err) = run(at(&proxy, &SEND).args(["--idempotency", "lost-reply-1"]));
    assert_eq!(code, Some(5), "{err}");
    assert!(err.contains("--idempotency lost-reply-1"), "{err}");
    let (code, out, _) = run(at(&hub.addr, &SEND).args(["--idempotency", "lost-reply-1"]));
    assert_eq!(code, Some(0));
    assert!(out.starts_with("el_msg_"));
    let (_, json, _) = run(&mut at(&hub.addr, &["get", "+254711000001", "--format", "json"]));
    let customer: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(customer["messages"].as_array().unwrap().len(), 1, "asked twice, sent once");
}

/// However a verb ends, a program that asked for JSON gets one object that says so.
#[test]
fn every_end_of_a_verb_is_one_object_for_programs() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    let proxy = cut_after_request(hub.addr.clone());
    let nowhere = "127.0.0.1:9";
    let send = |number: &'static str, rest: &[&'static str]| {
        let mut args = SEND.to_vec();
        args[2] = number;
        [&args[..], rest].concat()
    };
    let jane = "+254711000001";
    let closed =
        ["send", "--to", jane, "--channel", "whatsapp", "--from", "40405", "--text", "habari"];
    let steer = ["work", "--work", "el_wrk_none", "--action", "pause"];
    let fund = ["sim", "fund", "nothing", "KES 5"];
    let delete = ["delete-data", "--customer", jane, "--keys", "k"];
    let rows: &[(&str, i32, &str, Vec<&str>)] = &[
        (&hub.addr, 0, "done", send(jane, &[])),
        (&hub.addr, 1, "refused", closed.to_vec()),
        (&hub.addr, 1, "refused", [&closed[..], &["--dry-run"]].concat()),
        (&hub.addr, 1, "refused", steer.to_vec()),
        (&hub.addr, 1, "refused", vec!["get", "+254799999999"]),
        (&hub.addr, 1, "refused", fund.to_vec()),
        (&hub.addr, 1, "refused", vec!["reminders", "--customer", "+254799999999"]),
        (&hub.addr, 2, "usage", delete.to_vec()),
        (&hub.addr, 2, "usage", [&delete[..], &["--confirm", "yes"]].concat()),
        (&hub.addr, 2, "usage", send(jane, &["--idempotency", "short"])),
        (&hub.addr, 2, "usage", send("nobody at all", &[])),
        (&hub.addr, 2, "usage", send(jane, &["--since", "5"])),
        (&hub.addr, 2, "usage", vec!["send", "--text", "habari"]),
        (&hub.addr, 2, "usage", vec!["tail", "--after", "x"]),
        (nowhere, 3, "unreachable", send(jane, &[])),
        (nowhere, 3, "unreachable", vec!["works"]),
        (nowhere, 3, "unreachable", vec!["tail"]),
        (nowhere, 2, "usage", vec!["sim", "sing"]),
        (&proxy, 5, "unknown", send(jane, &["--idempotency", "lost-reply-2"])),
    ];
    for (addr, exit, outcome, args) in rows {
        let (code, out, err) = run(at(addr, args).args(["--format", "json"]));
        assert_eq!(code, Some(*exit), "{args:?}: {out}{err}");
        assert_eq!(out.lines().count(), 1, "{args:?}: {out:?}");
        let told: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(told["outcome"], *outcome, "{args:?}: {told}");
        assert_eq!(told["ok"], *exit == 0, "{args:?}: {told}");
        if *exit != 0 {
            assert_eq!(told["exit"], *exit, "{args:?}: {told}");
            assert!(!err.is_empty(), "{args:?}: the sentence is for people too");
            let dry = args.contains(&"--dry-run");
            assert!(dry || told["description"].as_str().is_some_and(|d| !d.is_empty()), "{told}");
        }
        if *exit == 5 {
            assert_eq!(told["idempotency"], "lost-reply-2", "{told}");
            let description = told["description"].as_str().unwrap();
            assert!(description.contains("--idempotency lost-reply-2"), "{told}");
        }
    }
    let (code, out, _) = run(at(&hub.addr, &["works", "--format=json"])
        .env("SWITCHBOARD_API_KEY", "wrong-key-wrong-key"));
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &told["outcome"]), (Some(4), &"not-allowed".into()), "{told}");
}

/// A proxy that lets everything through until the message is sent, and cuts the line before its
/// answer comes back.
fn cut_after_request(hub: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut server = std::net::TcpStream::connect(&hub).unwrap();
            let (mut from_server, mut to_client) =
                (server.try_clone().unwrap(), client.try_clone().unwrap());
            let asked = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
            let gate = asked.clone();
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(n @ 1..) = from_server.read(&mut buffer) {
                    if gate.load(std::sync::atomic::Ordering::SeqCst) {
                        continue; // swallowed
                    }
                    if to_client.write_all(&buffer[..n]).is_err() {
                        return;
                    }
                }
            });
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = client.read(&mut buffer) {
                // The text of the message travels as it is, so its bytes tell which packet is the request.
                let is_it = buffer[..n].windows(6).any(|w| w == b"habari");
                asked.fetch_or(is_it, std::sync::atomic::Ordering::SeqCst);
                if server.write_all(&buffer[..n]).is_err() {
                    break;
                }
                if is_it {
                    std::thread::park_timeout(Duration::from_millis(500));
                    let _ = client.shutdown(std::net::Shutdown::Both);
                    break;
                }
            }
        }
    });
    addr
}

#[test]
fn without_a_terminal_the_console_says_what_to_use_instead() {
    let home = tempfile::tempdir().unwrap();
    let (code, out, err) = run(&mut binary_in(home.path()));
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("needs a terminal") && err.contains("tail"), "{err}");
}

#[test]
fn help_and_version_are_success_and_a_mistyped_verb_is_2() {
    let (code, out, _) = run(binary().arg("--help"));
    assert_eq!(code, Some(0));
    assert!(["serve", "tail", "get", "send"].iter().all(|verb| out.contains(verb)), "{out}");
    assert!(!out.contains("api-key"), "a key is never an argument");
    let (code, _, err) = run(binary().arg("sned"));
    assert_eq!(code, Some(2));
    assert!(err.contains("send"), "{err}");
}

/// A file that a script makes of the help is not half a file with a success.
#[cfg(target_os = "linux")]
#[test]
fn help_that_cannot_be_written_is_no_success() {
    for asked in [&["--help"][..], &["--version"], &["send", "--help"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = binary().args(asked).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(74), "{asked:?}: {said}");
        assert!(said.contains("cannot write to stdout"), "{asked:?}: {said}");
    }
}

#[test]
fn with_an_empty_home_tail_runs_on_a_hub_of_its_own() {
    let home = tempfile::tempdir().unwrap();
    let mut tail = binary_in(home.path()).arg("tail").stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let out: Vec<_> = lines.take(20).map(Result::unwrap).collect();
    assert_eq!(tail.wait().unwrap().code(), Some(0), "the reader left: that is success");
    assert_eq!(out.len(), 20, "sandbox traffic");
    assert!(home.path().join(".local/share/switchboard/log.db").exists());
    assert!(!out.concat().contains(char::is_control), "a control character reached stdout");
}

/// A token is used in place of a key, until it ends: then that is said, and what to do.
#[test]
fn an_auth_token_works_until_it_ends_and_says_so_then() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    let (code, token, err) = run(&mut at(&hub.addr, &["token"]));
    assert_eq!(code, Some(0), "{err}");
    let with = |token: &str, args: &[&str]| {
        let mut command = at(&hub.addr, args);
        command.env_remove("SWITCHBOARD_API_KEY").env("SWITCHBOARD_AUTH_TOKEN", token);
        run(&mut command)
    };
    let (code, out, err) = with(&token, &SEND);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("el_msg_"), "{out}");

    // It has the rights of its key, except to make tokens.
    let (code, _, err) = with(&token, &["token"]);
    assert_eq!(code, Some(4), "{err}");
    let (code, _, err) = with("ended-long-ago", &["works"]);
    assert_eq!(code, Some(4), "{err}");
    assert!(err.contains("this auth token") && err.contains("switchboard token"), "{err}");
    assert!(!err.contains("ended-long-ago"), "{err}");

    // Two credentials at once are refused: nobody could tell which one counts.
    let (code, _, err) = run(at(&hub.addr, &["works"]).env("SWITCHBOARD_AUTH_TOKEN", "x"));
    assert_eq!(code, Some(2), "{err}");
}

/// What a terminal would obey is shown as marks, also where the parser repeats an argument.
#[test]
fn arguments_that_hold_escapes_reach_the_terminal_as_marks() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    let hostile = ["--x\u{1b}]0;pwn\u{7}", "\u{9b}31m", "ge\u{1b}[2Jt", "--format=\u{202e}nosj"];
    for text in hostile {
        for args in [&["get", text][..], &[text][..], &["send", "--to", text][..]] {
            let (code, out, err) = run(&mut at(&hub.addr, args));
            assert_ne!(code, Some(0), "{args:?}");
            let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!out.contains(bad) && !err.contains(bad), "{args:?}: {err:?}");
        }
    }
}

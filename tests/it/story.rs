//! The story that is shipped is played by the real binary, without a console, on a real hub, and
//! checked step by step. A story that does not go as it says ends with exit code 1 and tells
//! what came instead.

use super::support::{KEY, Stage};
use std::process::{Command, Output, Stdio};

fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(stdout), text(stderr));
    assert!(!err.contains("panicked"), "{err}");
    assert!(!err.contains(KEY) && !out.contains(KEY), "the key leaked");
    (status.code(), out, err)
}

#[test]
fn the_registration_is_played_to_its_end() {
    let stage = Stage::open();
    let (code, out, err) = run(&mut stage.sim(&["run", "registration", "--format", "json"]));
    assert_eq!(code, Some(0), "{err}\n{out}");
    let steps: Vec<serde_json::Value> =
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |verb: &str, words: &str| {
        let fits = |step: &&serde_json::Value| {
            step["verb"] == verb && step["text"].as_str().unwrap().contains(words)
        };
        assert_eq!(steps.iter().filter(fits).count(), 1, "{verb} {words}\n{out}");
    };
    said("wait", "registration leased");
    said("wait", "session over: completed");
    said("wait", "payment received");
    said("wait", "pressed 4711");
    said("wait", "consent: opted out");
    said("wait", "took over");
    said("wait", "REMINDER welcome");
    let codes = |verb: &str| -> Vec<i64> {
        let of = steps.iter().filter(|step| step["verb"] == verb);
        of.map(|step| step["code"].as_i64().unwrap()).collect()
    };
    assert_eq!(codes("pay"), [102]);
    assert_eq!(codes("call"), [100]);
    assert_eq!(codes("send"), [101, 401, 401, 101]);
    assert_eq!(codes("reply"), [412]);

    // The hub is left in a state from which a second run starts just as well.
    let (code, out, err) = run(&mut stage.sim(&["run", "registration"]));
    assert_eq!(code, Some(0), "{err}\n{out}");
    assert_eq!(out.lines().count(), steps.len() + 1, "one line a step, and a last one");
}

#[test]
fn the_first_expectation_that_fails_ends_the_story_with_1() {
    let stage = Stage::open();
    let play = |steps: &str| {
        let file = stage.file("story.toml", &format!("version = 1\n{steps}"));
        run(&mut stage.sim(&["run", file.to_str().unwrap()]))
    };
    let send =
        "[[step]]\ncommand = \"send\"\nto = \"+254700000001\"\nfrom = \"${sms}\"\ntext = \"x\"\n";
    let (code, out, err) = play(&format!(
        "{send}\n{send}expect = {{ code = 401 }}\n\n{send}expect = {{ code = 9 }}\n"
    ));
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("step 2 (line 8), send: expected code 401, came accepted 101: "), "{err}");
    assert_eq!(out.lines().count(), 2, "the third step is not done: {out}");

    let (code, _, err) = play("[[step]]\nwait = \"PAY received\"\nwithin = 1\n");
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("expected an event `PAY received` within 1 s"), "{err}");

    let (code, _, err) = play("[[step]]\nsim = \"dial\"\nfone = \"+1\"\n");
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("story.toml: line 2: step 1: sim: "), "{err}");
    let (code, _, err) = run(&mut stage.sim(&["run", "no-such-story"]));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("Built in: registration"), "{err}");
}

#[test]
fn every_sim_verb_acts_and_says_what_came_of_it() {
    let stage = Stage::open();
    let done = |args: &[&str]| {
        let (code, out, err) = run(&mut stage.sim(args));
        assert_eq!(code, Some(0), "{args:?}: {err}");
        out.trim_end().to_owned()
    };
    let refused = |args: &[&str]| {
        let (code, _, err) = run(&mut stage.sim(args));
        assert_eq!(code, Some(1), "{args:?}: {err}");
        err
    };
    let phone = "+254700000001";
    assert!(done(&["message", phone, "Habari"]).starts_with("el_msg_"));
    assert!(done(&["message", phone, "Habari", "--to", "whatsapp"]).starts_with("el_msg_"));
    let session = done(&["dial", phone, "--input", "1"]);
    assert!(session.starts_with("el_ses_"), "{session}");
    let session = session.split(' ').next().unwrap();
    assert!(refused(&["type", session, "2"]).contains("still waits for its menu"));
    done(&["leave", phone]);
    assert!(refused(&["leave", phone]).contains("no open USSD session"));
    assert!(done(&["call", phone]).starts_with("el_ses_"));
    done(&["hang-up", phone, "--talked", "5s"]);
    assert!(done(&["pay", phone, "KES 150"]).contains("received"));
    assert!(done(&["report", phone, "500"]).contains("reversed"));
    done(&["stop", phone]);
    done(&["start", phone]);
    assert!(refused(&["agree", phone]).contains("nobody asked"));
    done(&["fund", "till", "KES 50000"]);
    assert!(!refused(&["fund", "none", "KES 1"]).is_empty());
    assert!(done(&["deliver", phone, "never"]).contains("Never"));
    assert!(done(&["phone", phone, "--pays", "wait", "--digits", "12"]).contains("pays when told"));
    done(&["clock", "+24h"]);
    let json = done(&["message", phone, "Habari", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["ok"], true);
    assert!(json["customer"].as_str().unwrap().starts_with("el_cst_"));
    assert!(done(&["numbers"]).contains("`+254700400403`"));

    let (code, _, err) = run(&mut stage.sim(&["clock", "yesterday"]));
    assert_eq!(code, Some(2), "{err}");
    let (code, _, err) = run(&mut stage.sim(&["pay", phone, "1500"]));
    assert_eq!(code, Some(2), "in which currency? {err}");
    let (code, out, _) = run(&mut stage.sim(&["--help"]));
    assert_eq!(code, Some(0));
    assert!(
        ["pick-up", "hang-up", "clock", "watch", "run"].iter().all(|v| out.contains(v)),
        "{out}"
    );
}

#[test]
fn a_watched_phone_shows_what_reaches_it() {
    use std::io::{BufRead as _, BufReader};
    let stage = Stage::open();
    let mut watch = stage
        .sim(&["watch", "+254700000005", "--count", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    // It shows only what comes from now on, so the phone does something again and again until the
    // watcher is there. Dialling again leaves the session before.
    for _ in 0..200 {
        run(&mut stage.sim(&["dial", "+254700000005"]));
        if watch.try_wait().unwrap().is_some() {
            break;
        }
    }
    let _ = watch.kill();
    let line = lines.next().unwrap().unwrap();
    assert!(line.contains(" USS ussd *384#") && line.contains("the customer left"), "{line}");
    assert!(watch.wait().unwrap().success(), "one line was asked for");
}

#[test]
fn an_org_that_is_no_sandbox_refuses_in_the_hub_s_words() {
    let stage = Stage::open_with(|settings| settings.replace("enabled = true", "enabled = false"));
    let (code, _, err) = run(&mut stage.sim(&["message", "+254700000001", "Habari"]));
    assert_eq!(code, Some(4), "{err}");
    assert!(err.contains("this org is not a sandbox"), "{err}");
}

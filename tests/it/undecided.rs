//! `switchboard unknown` and `switchboard carriers` against a real hub whose network is silent (R-CARRY-18, R-CARRY-19).

use super::{
    smsc::{Manner, Smsc},
    support::{Bench, HubProcess, KEY, binary_in},
};
use serde_json::Value;
use std::{process::Stdio, time::Duration};

type Said = (Option<i32>, String, String);

async fn run(hub: &HubProcess, args: &[&str]) -> Said {
    let mut command = binary_in(&std::env::temp_dir());
    command
        .args(["--endpoint", &format!("http://{}", hub.addr), "--org", "acme", "--app", "desk"])
        .args(args)
        .env("SWITCHBOARD_API_KEY", KEY)
        .env("TZ", "UTC")
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(!err.contains("panicked"), "{err}");
    (output.status.code(), out, err)
}

/// Sends a text that the network does not answer to, and waits until that is unknown. Returns its id.
async fn doubtful(hub: &HubProcess, text: &str) -> String {
    let to = ["send", "--to", "+254711000001", "--from", "sms 40404", "--format", "json"];
    let (code, out, err) = run(hub, &[&to[..], &["--text", text]].concat()).await;
    assert_eq!(code, Some(0), "{err}");
    let id = serde_json::from_str::<Value>(&out).unwrap()["id"].as_str().unwrap().to_owned();
    let end = tokio::time::Instant::now() + Duration::from_mins(1);
    loop {
        let (_, out, err) = run(hub, &["unknown"]).await;
        if out.contains(&id) {
            return id;
        }
        assert!(
            tokio::time::Instant::now() < end,
            "{id} is not unknown within a minute: {out}{err}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_carry_18_messages_of_unknown_outcome_are_listed_and_decided_about_in_a_shell() {
    let smsc = Smsc::start(Manner { is_silent: true, ..Manner::default() }).await;
    let bench = Bench::reaching(smsc.addr, "answer_seconds = 1");
    let hub = bench.serve("127.0.0.1:0");
    let (code, out, err) = run(&hub, &["unknown"]).await;
    let none = "of every message it is known what became of it";
    assert_eq!((code, out.trim(), &*err), (Some(0), none, ""));

    let id = doubtful(&hub, "one").await;
    let (_, out, _) = run(&hub, &["unknown"]).await;
    let words = "+254711000001 from sms 40404 attempt 1 at";
    assert!(out.contains(words) && out.trim().ends_with("within 1 s: one"), "{out}");
    let (_, out, _) = run(&hub, &["unknown", "--format", "json"]).await;
    let listed = &serde_json::from_str::<Value>(&out).unwrap()[0];
    assert_eq!((listed["id"].as_str(), listed["attempt"].as_u64()), (Some(&*id), Some(1)));
    assert_eq!(listed["carrier"], "safari");

    // What cannot be meant is refused in words, and nothing is done.
    for (args, why) in [
        (&["--leave", &*id, "--again", &id][..], "--again: either this or leave, and not both"),
        (&["--leave", "7"], "--leave: the id of a message, which begins with el_msg_"),
        (&["--again", &id, "--attempt", "first"], "--attempt: a number from 1"),
        (&["--attempt", "1"], "--attempt goes with --leave or --again"),
        (&["--leave", ""], "--leave is blank"),
        (&["--agian", &id], "--again"),
    ] {
        let (code, out, err) = run(&hub, &[&["unknown"], args].concat()).await;
        assert_eq!((code, &*out), (Some(2), ""), "{args:?}: {err}");
        assert!(err.contains(why), "{args:?}: {err}");
    }
    let (code, _, err) = run(&hub, &["unknown", "--again", "el_msg_no"]).await;
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("refused: no message el_msg_no"), "{err}");

    // A dry run says what is risked.
    let (_, out, _) = run(&hub, &["unknown", "--again", &id, "--dry-run"]).await;
    assert!(out.contains("the customer gets it twice"), "{out}");
    let (code, out, err) = run(&hub, &["unknown", "--leave", &id, "--attempt", "1"]).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("it is held to have arrived"), "{out}");
    let (code, out, err) = run(&hub, &["unknown", "--again", &id, "--format", "json"]).await;
    assert_eq!(code, Some(1), "{err}");
    assert!(format!("{out}{err}").contains("decided already: it is held to have arrived"), "{out}");
    assert_eq!(smsc.texts().len(), 1, "nothing was sent by all this");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_carry_19_a_network_is_paused_and_goes_on_in_a_shell_and_over_a_restart() {
    let smsc = Smsc::start(Manner::default()).await;
    let bench = Bench::reaching(smsc.addr, "");
    let mut hub = bench.serve("127.0.0.1:0");
    let (code, out, err) = run(&hub, &["carriers"]).await;
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("safari smpp sms 40404 ") && !out.contains("paused"), "{out}");
    for (args, why) in [
        (&["--pause", "safari", "--resume", "safari"][..], "either this or pause, and not both"),
        (&["--pause", ""], "--pause is blank: say which one is meant"),
        (&["--idempotency", "key-00000001"], "goes with --pause or --resume"),
        (&["--puase", "safari"], "--pause"),
    ] {
        let (code, out, err) = run(&hub, &[&["carriers"], args].concat()).await;
        assert_eq!((code, &*out), (Some(2), ""), "{args:?}: {err}");
        assert!(err.contains(why), "{args:?}: {err}");
    }
    let (code, _, err) = run(&hub, &["carriers", "--pause", "nobody"]).await;
    assert_eq!(code, Some(1));
    assert!(err.contains("refused: no network nobody: there is safari"), "{err}");

    let (code, out, err) = run(&hub, &["carriers", "--pause", "safari"]).await;
    assert_eq!((code, out.trim()), (Some(0), "the network safari: it is paused now"), "{err}");
    hub.kill();
    hub = bench.serve("127.0.0.1:0");
    let (_, out, _) = run(&hub, &["carriers", "--format", "json"]).await;
    let listed = &serde_json::from_str::<Value>(&out).unwrap()[0];
    assert!(listed["paused_by"].is_string() && listed["paused_since"].is_string(), "{out}");
    let (_, out, _) = run(&hub, &["carriers"]).await;
    assert!(out.contains(", paused since ") && out.contains(" by "), "{out}");
    let (code, out, _) = run(&hub, &["carriers", "--resume", "safari", "--format", "json"]).await;
    assert_eq!(code, Some(0), "{out}");
    let (_, out, _) = run(&hub, &["carriers"]).await;
    assert!(!out.contains("paused"), "{out}");
}

//! Messages that leave later, on the real binary: each leaves exactly once although the hub dies again and again while
//! their time comes (R-LATER-1), and the verbs put off, list, change and cancel them (R-LATER-3, R-LATER-4).

use super::support::{Bench, HubProcess, client, events, free_addr, settle};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};
use switchboard::model::{
    Body, CallId, Channel, ChannelNumber, CustomerCommand, CustomerNumber, Event, EventKind,
    NetworkCommand,
};

const CUSTOMERS: usize = 1_000;
const JANE: &str = "+254711000001";

/// How often each message was sent that was put off.
fn left(events: &[Event]) -> BTreeMap<String, usize> {
    let mut left = BTreeMap::new();
    for event in events {
        if let EventKind::MessageSent { id, .. } = &event.kind {
            *left.entry(id.to_string()).or_default() += 1;
        }
    }
    left
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_later_1_what_is_due_while_the_hub_dies_leaves_exactly_once() {
    let bench = Bench::new();
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    let at = hub.client().hello().await.unwrap().now.after(Duration::from_hours(1));
    let mut asked = tokio::task::JoinSet::new();
    for n in 0..CUSTOMERS {
        let client = hub.client();
        asked.spawn(async move {
            let command = CustomerCommand::ScheduleMessage {
                to: CustomerNumber::telco(&format!("+25475{n:07}")),
                from: ChannelNumber::new(Channel::Sms, "40404"),
                body: Body::text("Your order is ready."),
                at,
                in_reply_to: None,
                seen: None,
            };
            let call = CallId::from(format!("put-it-off-{n}"));
            assert!(settle(&client, &call, &command).await.is_ok());
        });
        if asked.len() >= 64 {
            asked.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(done) = asked.join_next().await {
        done.unwrap();
    }
    assert_eq!(hub.client().scheduled(None, 1).await.unwrap().1, CUSTOMERS as u64);
    let by = Duration::from_mins(61);
    assert!(hub.client().sandbox().act(NetworkCommand::MoveClock { by }).await.unwrap().ok);
    for round in 0..6 {
        hub.kill();
        hub = bench.serve(&addr);
        // How far the hub comes before it dies is different each time. Nothing is awaited here.
        tokio::time::sleep(Duration::from_millis(4 * round)).await;
    }
    let end = tokio::time::Instant::now() + Duration::from_mins(1);
    let all = loop {
        let all = left(&events(&client(&addr)).await);
        if all.len() >= CUSTOMERS {
            break all;
        }
        assert!(tokio::time::Instant::now() < end, "{} of {CUSTOMERS} left", all.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(all.len(), CUSTOMERS);
    assert_eq!(all.iter().find(|(_, times)| **times != 1), None, "one left twice");
    assert_eq!(hub.client().scheduled(None, 1).await.unwrap().1, 0);
}

#[test]
fn r_later_5_the_verbs_have_a_message_by_tag_begin_later_change_and_cancel_it() {
    let bench = Bench::new();
    let hub = HubProcess::start(bench.command("127.0.0.1:0"));
    let folder = bench.data().parent().expect("a folder").to_owned();
    let run = |args: &[&str]| hub.run_in_zone(&folder, "Africa/Nairobi", args);
    assert_eq!(run(&["tag", "--customer", JANE, "--tags", "tier=gold"]).0, Some(0));
    let send = ["send-by-tag", "--tag", "tier=gold", "--channel", "sms", "--from", "40404"];
    let send = [&send[..], &["--text", "Sale", "--confirm", "1"]].concat();
    let (code, out, err) = run(&[&send[..], &["--at", "tomorrow 9"]].concat());
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("begins at "), "{out}");
    let works = || {
        let (_, listed, _) = run(&["works", "--format", "json"]);
        let listed: Value = serde_json::from_str(&listed).unwrap();
        listed.as_array().unwrap().clone()
    };
    let first = works()[0]["work"].clone();
    assert_eq!((first["state"].as_str(), first["total"].as_u64()), (Some("waiting"), Some(0)));
    let first = first["id"].as_str().unwrap().to_owned();
    assert!(run(&["works"]).1.contains(", begins "), "{}", run(&["works"]).1);
    let other = [&send[..], &["--at", "tomorrow 10", "--instead-of", &first]].concat();
    assert_eq!(run(&other).0, Some(0));
    let states: Vec<_> = works().iter().map(|row| row["work"]["state"].clone()).collect();
    assert_eq!(states, ["waiting", "cancelled"]);
    let second = works()[0]["work"]["id"].as_str().unwrap().to_owned();
    assert_eq!(run(&["work", "--work", &second, "--action", "cancel"]).0, Some(0));
    for (extra, why) in [
        (&["--at", "yesterday"][..], "--at"),
        (&["--quiet", "maybe"][..], "maybe"),
        (&["--instead-of", "el_wrk_none"][..], "no work el_wrk_none"),
        (&["--instead-of", "that one"][..], "begins with el_wrk_"),
        (&["--at", "+1h", "--failed-of", &second][..], "--at"),
    ] {
        let (code, out, err) = run(&[&send[..], extra].concat());
        assert!(code == Some(1) || code == Some(2), "{extra:?}: {out}{err}");
        assert!(format!("{out}{err}").contains(why), "{extra:?}: {out}{err}");
    }
    assert!(works().iter().all(|row| row["work"]["state"] == "cancelled"), "{:#?}", works());
}

#[test]
fn r_later_3_the_verbs_put_off_list_change_and_cancel() {
    let bench = Bench::new();
    let hub = HubProcess::start(bench.command("127.0.0.1:0"));
    let folder = bench.data().parent().expect("a folder").to_owned();
    let run = |args: &[&str]| hub.run_in_zone(&folder, "Africa/Nairobi", args);
    assert_eq!(run(&["sim", "message", JANE, "When do you open?"]).0, Some(0));
    let (_, told, _) = run(&["get", JANE, "--format", "json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let message = told.pointer("/messages/0/id").and_then(Value::as_str).unwrap().to_owned();
    let reply = ["reply", "--customer", JANE, "--message", &message, "--text", "At eight."];
    let later = [&reply[..], &["--at", "tomorrow 9"]].concat();
    let (code, out, err) = run(&later);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(err.contains("09:00 EAT"), "{err}");
    let send = ["send", "--to", JANE, "--from", "sms 40404", "--text", "Karibu"];
    assert_eq!(run(&[&send[..], &["--at", "+2h"]].concat()).0, Some(0));
    // An empty variable of a script must not send it at once.
    for blank in ["", " "] {
        let (code, _, err) = run(&[&send[..], &["--at", blank]].concat());
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains("--at is blank"), "{err}");
    }
    let (_, listed, _) = run(&["scheduled", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let ids: Vec<_> =
        listed.as_array().unwrap().iter().map(|row| row["message"]["id"].clone()).collect();
    let [soon, answer] = &ids[..] else { panic!("{listed:#}") };
    let (soon, answer) = (soon.as_str().unwrap(), answer.as_str().unwrap());
    let edit = ["edit-scheduled", "--customer", JANE, "--id", answer, "--text", "At nine."];
    assert_eq!(run(&[&edit[..], &["--at", "tomorrow 10"]].concat()).0, Some(0));
    let cancel = ["cancel-scheduled", "--customer", JANE, "--id", soon];
    assert_eq!(run(&cancel).0, Some(0));
    let (code, _, err) = run(&cancel);
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("no message"), "{err}");
    let (_, listed, _) = run(&["scheduled"]);
    assert!(listed.contains("At nine.") && listed.lines().count() == 1, "{listed}");
    let (_, got, _) = run(&["get", JANE]);
    assert!(got.contains("leaves ") && got.contains("At nine."), "{got}");
    let wrong = ["reply", "--customer", JANE, "--message", "el_msg_none", "--text", "x"];
    let (code, _, err) = run(&[&wrong[..], &["--at", "+1h"]].concat());
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("wrote no message"), "{err}");
}

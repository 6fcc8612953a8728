//! `switchboard status` on hubs that are well and on hubs in trouble (R-SEE-4, R-SEE-5). Another program that has locked the
//! log stands for a full disk, as in `outage.rs`.

use super::{
    damage::damaged,
    support::{Bench, HubProcess},
};
use serde_json::Value;
use std::time::{Duration, Instant};
use switchboard::model::{Body, Channel, ChannelNumber, CustomerNumber};

const PATIENCE: Duration = Duration::from_secs(30);

/// Asks until the hub is in trouble of this kind, and returns the exit code and what was printed.
fn in_trouble(hub: &HubProcess, bench: &Bench, code: &str) -> (Option<i32>, Value) {
    let start = Instant::now();
    loop {
        let (exit, out, err) = hub.run(&bench.home(), &["status", "--json"]);
        let said: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        let troubles = said["troubles"].as_array().unwrap();
        if troubles.iter().any(|trouble| trouble["code"] == code) {
            return (exit, said);
        }
        assert!(start.elapsed() < PATIENCE, "never in trouble of the kind {code}: {said}");
    }
}

fn send(hub: &HubProcess, count: usize) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = hub.client();
        let from = ChannelNumber::new(Channel::Sms, "40404");
        for n in 0..count {
            let jane = CustomerNumber::telco("+254711000001");
            // What is refused is what some of these tests are about.
            let _ = client.send_message(jane, from.clone(), Body::text(format!("{n}"))).await;
        }
    });
}

#[test]
fn r_see_4_a_hub_that_is_well_says_its_facts_and_ends_with_0() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    send(&hub, 3);
    let start = Instant::now();
    let (exit, out, err) = loop {
        let said = hub.run(&bench.home(), &["status"]);
        if said.1.contains("index       level") {
            break said;
        }
        assert!(start.elapsed() < PATIENCE, "the index is never level: {}", said.1);
    };
    assert_eq!(exit, Some(0), "{out}{err}");
    for words in [
        concat!("switchboard ", env!("CARGO_PKG_VERSION"), ", up "),
        "plain text",
        "what is accepted survives a power cut",
        "in the last 24 h",
        "timers      level",
        "nothing is in trouble",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    let (exit, out, _) = hub.run(&bench.home(), &["status", "--format", "json"]);
    assert_eq!(exit, Some(0));
    let said: Value = serde_json::from_str(&out).unwrap();
    let head = said["head"].as_u64().unwrap();
    assert!(head >= 3 && said["last_day"] == head && said["since_start"] == head, "{said}");
    assert!(said["disk"]["log"].as_u64().unwrap() > 0 && said["disk"]["free"].as_u64() > Some(0));
    assert_eq!((&said["durability"], &said["org"]), (&"disk".into(), &"acme".into()));
    assert_eq!(said["troubles"], Value::Array(Vec::new()));
}

#[test]
fn r_see_5_a_hub_that_cannot_write_is_in_trouble_until_it_can() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    send(&hub, 1);
    let other = rusqlite::Connection::open(bench.data().join("log.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    send(&hub, 1);
    let (exit, said) = in_trouble(&hub, &bench, "cannot-write");
    assert_eq!((exit, &said["outcome"], &said["exit"]), (Some(7), &"trouble".into(), &7.into()));
    let why = said["cannot_write"]["why"].as_str().unwrap();
    assert!(why.contains("log.db is locked"), "{said}");
    let (exit, out, err) = hub.run(&bench.home(), &["status"]);
    assert_eq!(exit, Some(7), "{out}{err}");
    assert!(out.contains("TROUBLE     cannot-write: the hub cannot write since"), "{out}");
    assert!(out.contains("Make room on the disk") && err.contains("cannot-write"), "{out}{err}");

    other.execute_batch("ROLLBACK").unwrap();
    let start = Instant::now();
    while hub.run(&bench.home(), &["status"]).0 != Some(0) {
        assert!(start.elapsed() < PATIENCE, "still in trouble");
    }
}

#[test]
fn r_see_4_the_status_of_a_damaged_org_is_told_although_everything_else_is_refused() {
    let bench = Bench::new();
    damaged(&bench);
    let hub = bench.serve("127.0.0.1:0");
    let (exit, said) = in_trouble(&hub, &bench, "damaged");
    assert_eq!(exit, Some(7));
    let damage = said["damage"].as_str().unwrap();
    assert!(damage.contains("the log of acme is damaged at row"), "{damage}");
    assert_eq!(hub.run(&bench.home(), &["works"]).0, Some(74));
}

#[test]
fn r_see_5_a_network_that_is_not_reached_is_trouble() {
    // Nobody listens there.
    let bench = Bench::reaching("127.0.0.1:1".parse().unwrap(), "");
    let hub = bench.serve("127.0.0.1:0");
    let (exit, said) = in_trouble(&hub, &bench, "carrier-down");
    assert_eq!(exit, Some(7));
    assert_eq!(
        (&said["carriers"][0]["id"], &said["carriers"][0]["is_up"]),
        (&"safari".into(), &false.into())
    );
}

#[test]
fn r_see_5_an_org_whose_keys_ask_too_much_is_in_trouble() {
    let bench = Bench::new();
    let settings = std::fs::read_to_string(bench.settings()).unwrap();
    let slow =
        settings.replace("writes_per_second = 0\nburst = 0", "writes_per_second = 1\nburst = 1");
    std::fs::write(bench.settings(), slow).unwrap();
    let hub = bench.serve("127.0.0.1:0");
    send(&hub, 5);
    let (exit, said) = in_trouble(&hub, &bench, "overload");
    assert_eq!(exit, Some(7));
    assert!(said["refused_lately"].as_u64().unwrap() > 0, "{said}");
}

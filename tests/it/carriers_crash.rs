//! The hub is killed with `kill -9` again and again while it hands texts to a network, and what happened is counted at
//! the network (R-CARRY-1, R-CARRY-2): where it must not repeat, nobody gets a text twice and every doubtful one is
//! known to be unknown; where it may, nobody misses one.
//!
//! `SWITCHBOARD_KILLS=200 cargo test --test it carriers` does it at length, with 1,000 texts.

use super::{
    smsc::{Manner, Smsc},
    support::{Bench, client, events, free_addr, settle},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use switchboard::model::{
    Body, CallId, CarriageStep, Channel, ChannelNumber, CustomerCommand, CustomerNumber, Event,
    EventKind, FeedEvent, FeedStart, MessageStatus, Seq,
};

/// How often the hub is killed.
fn kills() -> u64 {
    std::env::var("SWITCHBOARD_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(12)
}

/// What is known in the log of every text, by its words.
#[derive(Debug, Default)]
struct Known {
    delivered: BTreeSet<String>,
    unknown: BTreeSet<String>,
    all: BTreeSet<String>,
    /// What customers wrote.
    inbound: BTreeSet<String>,
}

fn known(events: &[Event]) -> Known {
    let mut known = Known::default();
    let mut words = BTreeMap::new();
    for event in events {
        match &event.kind {
            EventKind::MessageSent { id, body, .. } => {
                words.insert(id.clone(), body.summary());
                known.all.insert(body.summary());
            }
            EventKind::MessageReceived { body, .. } => {
                known.inbound.insert(body.summary());
            }
            EventKind::MessageCarried { id, step: CarriageStep::Unknown { .. }, .. } => {
                known.unknown.insert(words[id].clone());
            }
            EventKind::MessageStatusChanged { id, status: MessageStatus::Delivered } => {
                known.delivered.insert(words[id].clone());
            }
            _ => {}
        }
    }
    known
}

/// Has the hub pass texts while it is killed, until everything is known of all of them. Returns how often each was
/// seen at the network, and what is known.
async fn pass(on_unknown: &str) -> (BTreeMap<String, usize>, Known) {
    let (kills, texts) = (kills(), kills() * 5);
    let smsc = Smsc::start(Manner::default()).await;
    let bench = Bench::reaching(
        smsc.addr,
        &format!("on_unknown = \"{on_unknown}\"\nper_second = 400\nanswer_seconds = 5"),
    );
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    let mut asked = tokio::task::JoinSet::new();
    for n in 0..texts {
        let client = client(&addr);
        asked.spawn(async move {
            // Of each customer several are on their way.
            let command = CustomerCommand::SendMessage {
                to: CustomerNumber::telco(&format!("+25475{:07}", n % 97)),
                from: ChannelNumber::new(Channel::Sms, "40404"),
                body: Body::text(format!("text {n}")),
                seen: None,
            };
            // They come for as long as the hub is killed, so that each kill has some under way.
            tokio::time::sleep(Duration::from_millis(n * 40)).await;
            assert!(
                settle(&client, &CallId::from(format!("text-{n}-{texts}")), &command).await.is_ok()
            );
        });
    }
    for round in 0..kills {
        // What the hub is in the middle of when it dies is different each time. Nothing is awaited here.
        tokio::time::sleep(Duration::from_millis(60 + (round * 37) % 140)).await;
        smsc.bring(&format!("+25476{round:07}"), "40404", &format!("in {round}"));
        hub.kill();
        hub = bench.serve(&addr);
    }
    while let Some(done) = asked.join_next().await {
        done.unwrap();
    }
    let end = tokio::time::Instant::now() + Duration::from_mins(2);
    let known = loop {
        let known = known(&events(&client(&addr)).await);
        let settled = known.delivered.union(&known.unknown).count() as u64;
        // A repeated one is unknown first, and delivered after it.
        let repeats_are_over = on_unknown == "hold" || known.delivered.len() as u64 == texts;
        let is_in = known.inbound.len() as u64 == kills;
        if settled == texts && repeats_are_over && is_in {
            break known;
        }
        assert!(tokio::time::Instant::now() < end, "{settled} of {texts}: {known:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for text in smsc.texts() {
        *seen.entry(text.words()).or_default() += 1;
    }
    (seen, known)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_carry_2_nobody_gets_a_text_twice_and_every_doubtful_one_is_known() {
    let (seen, known) = pass("hold").await;
    let (doubtful, texts) = (known.unknown.len(), known.all.len());
    println!("{} kills: {doubtful} of {texts} texts doubtful, {} seen", kills(), seen.len());
    assert_eq!(seen.iter().find(|(_, times)| **times > 1), None, "seen twice");
    for words in &known.all {
        let was_seen = seen.contains_key(words);
        assert!(was_seen || known.unknown.contains(words), "{words} is lost and nobody knows");
        assert!(was_seen || !known.delivered.contains(words), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_carry_2_where_it_may_repeat_nobody_misses_a_text() {
    let (seen, known) = pass("repeat").await;
    let twice = seen.values().filter(|times| **times > 1).count();
    println!("{} kills: {twice} of {} texts seen more than once", kills(), known.all.len());
    for words in &known.all {
        assert!(seen.contains_key(words), "{words} is lost");
    }
    let most = usize::try_from(kills()).unwrap() + 1;
    assert!(seen.values().all(|times| *times <= most), "more than one repeat for each kill");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_carry_26_a_text_in_parts_is_one_message_wherever_the_hub_is_killed() {
    let smsc = Smsc::start(Manner { brings_one: true, ..Manner::default() }).await;
    let bench = Bench::reaching(smsc.addr, "");
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    for round in 0..kills() {
        // With the first part alone the network waits for its acknowledgement.
        for nth in 1..=3 {
            let place = (u8::try_from(round % 256).unwrap(), 3, nth);
            smsc.bring_part(
                &format!("+25476{round:07}"),
                "40404",
                place,
                &format!("{nth} of {round}, "),
            );
        }
        tokio::time::sleep(Duration::from_millis((round * 37) % 140)).await;
        hub.kill();
        hub = bench.serve(&addr);
    }
    let brought = usize::try_from(kills() * 3).unwrap();
    smsc.once(|smsc| smsc.acknowledged() == brought).await;
    let known = known(&events(&client(&addr)).await);
    let whole = |round| format!("1 of {round}, 2 of {round}, 3 of {round}, ");
    assert_eq!(known.inbound, (0..kills()).map(whole).collect());
}

#[test]
fn r_carry_1_a_network_beside_a_sandbox_stops_the_start() {
    let bench = Bench::reaching("127.0.0.1:1".parse().unwrap(), "");
    let settings = std::fs::read_to_string(bench.settings()).unwrap();
    let both = settings.replace("[org.sandbox]\nenabled = false", "[org.sandbox]\nenabled = true");
    std::fs::write(bench.settings(), both).unwrap();
    let output =
        bench.command("127.0.0.1:0").stderr(std::process::Stdio::piped()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("never mix"), "{told}");
}

#[tokio::test]
async fn r_carry_6_a_hub_whose_network_is_away_starts_and_says_so_in_the_feed() {
    let bench = Bench::reaching(free_addr().parse().unwrap(), "");
    let hub = bench.serve("127.0.0.1:0");
    let client = hub.client();
    let mut feed = client.feed(FeedStart::After { log_id: String::new(), seq: Seq(0) });
    let wanted = "the network safari is not reached: no connection to 127.0.0.1";
    let told = async {
        loop {
            let FeedEvent::Entry(entry) = feed.next().await else { continue };
            if entry.events.iter().any(|event| event.sentence().starts_with(wanted)) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), told).await.expect("told within a minute");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_carry_11_the_verb_lists_the_connection_with_how_it_is() {
    let smsc = Smsc::start(Manner { refuses: true, ..Manner::default() }).await;
    let bench = Bench::reaching(smsc.addr, "per_second = 25");
    let hub = bench.serve("127.0.0.1:0");
    let folder = bench.data().parent().expect("a folder").to_owned();
    let told = |wanted: &str| {
        let (code, out, err) = hub.run(&folder, &["carriers"]);
        assert_eq!(code, Some(0), "{out}{err}");
        out.contains(wanted)
    };
    smsc.once(|_| told("check system_id and password")).await;
    assert!(told("safari smpp sms 40404 down since "), "{}", hub.run(&folder, &["carriers"]).1);
    assert!(told("0 waiting, 0 unknown, at most 25/s"));
    smsc.behave(Manner::default());
    smsc.once(|smsc| smsc.logins() > 1).await;
    let (_, json, _) = hub.run(&folder, &["carriers", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(listed[0]["kind"], "smpp");
}

//! A message to very many people is paused, killed with `kill -9`, resumed, killed again and cancelled. Whoever got
//! it got it once, nobody gets it while it is paused, and the counts are those of the log
//! (R-TAGWORK-7, R-TAGWORK-8, R-TAGWORK-9, R-TAGWORK-10).

use super::support::{Bench, client, free_addr};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use switchboard::{
    model::{
        Body, CallId, Channel, ChannelNumber, CustomerCommand, CustomerNumber, CustomerRef,
        EventKind, FeedEvent, FeedStart, Receipt, RecipientOutcome, Seq, Tag, TagMessage, TagPair,
        Work, WorkId, WorkReceipt, WorkState,
    },
    sdk::Client,
};

/// How many are selected: as many as `SWITCHBOARD_CUSTOMERS` says, or so many that a debug build is done within
/// half a minute.
fn customers() -> usize {
    std::env::var("SWITCHBOARD_CUSTOMERS").map_or(6_000, |n| n.parse().expect("a number"))
}

fn gold() -> TagPair {
    TagPair { key: "tier".into(), value: "gold".into() }
}

async fn tag(client: &Client, pair: TagPair, customers: usize) {
    let tag = Tag { key: pair.key, value: pair.value, expires_at: None };
    let mut asked = tokio::task::JoinSet::new();
    for n in 0..customers {
        let (client, tag) = (client.clone(), tag.clone());
        asked.spawn(async move {
            let number = CustomerNumber::telco(&format!("+25473{n:07}"));
            let customer = CustomerRef::Number(number);
            let call = CallId::from(format!("tag-{}-{n}", tag.value));
            let command = CustomerCommand::UpdateTags { customer, tags: vec![tag] };
            assert!(client.send(&call, &command).await.unwrap().is_ok());
        });
        if asked.len() >= 64 {
            asked.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(done) = asked.join_next().await {
        done.unwrap();
    }
}

async fn send(client: &Client, call: &str, tag: TagPair, message: TagMessage) -> WorkId {
    let command = CustomerCommand::SendMessageByTag { tag, message };
    match client.send(&CallId::from(call), &command).await.unwrap() {
        Receipt::Work(WorkReceipt { ok: true, work: Some(work), .. }) => work,
        other => panic!("{other:?}"),
    }
}

async fn steer(client: &Client, work: &WorkId, to: WorkState, call: &str) {
    let command = CustomerCommand::SteerWork { work: work.clone(), to };
    assert!(client.send(&CallId::from(call), &command).await.unwrap().is_ok());
}

async fn listed(client: &Client, work: &WorkId) -> Work {
    client.work(work).await.unwrap().expect("a work").0
}

/// The work as soon as that holds.
async fn once(client: &Client, work: &WorkId, holds: impl Fn(&Work) -> bool) -> Work {
    for _ in 0..3_000 {
        let now = listed(client, work).await;
        if holds(&now) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", listed(client, work).await);
}

/// Sends another work of a second and a half to its end. One that went on beside it would have had its turns.
async fn another_meanwhile(client: &Client) {
    let staff = TagPair { key: "team".into(), value: "staff".into() };
    tag(client, staff.clone(), 15).await;
    let message = TagMessage {
        rate: Some("10/s".parse().unwrap()),
        ..TagMessage::new(ChannelNumber::new(Channel::Sms, "40404"), Body::text("Meet at 9"))
    };
    let work = send(client, "to-the-staff", staff, message).await;
    let done = once(client, &work, |now| now.state == WorkState::Done).await;
    assert_eq!(done.done, 15);
}

/// How often the work wrote to each customer, and what was reported of its messages, according to the log alone.
async fn told(client: &Client, of: &WorkId) -> (BTreeMap<String, usize>, BTreeMap<i32, u64>) {
    let head = client.hello().await.unwrap().head;
    let mut feed = client.feed(FeedStart::After { log_id: String::new(), seq: Seq(0) });
    let (mut sent, mut stands) = (BTreeMap::new(), BTreeMap::new());
    loop {
        let FeedEvent::Entry(entry) = feed.next().await else { continue };
        for event in &entry.events {
            match &event.kind {
                EventKind::MessageSent { id, work: Some(work), status, .. } if work == of => {
                    *sent.entry(event.customer.clone().unwrap().to_string()).or_default() += 1;
                    stands.insert(id.clone(), status.code());
                }
                EventKind::MessageStatusChanged { id, status } => {
                    stands.entry(id.clone()).and_modify(|now| *now = status.code());
                }
                _ => {}
            }
        }
        if entry.seq >= head {
            let mut counts: BTreeMap<i32, u64> = BTreeMap::new();
            for code in stands.into_values() {
                *counts.entry(code).or_default() += 1;
            }
            return (sent, counts);
        }
    }
}

/// The counts of a work by code, as the hub has them.
fn counts(work: &Work) -> BTreeMap<i32, u64> {
    let own = &work.outcomes;
    let arrived = [(101, own.waiting), (300, own.delivered), (301, own.read)];
    let all = arrived.into_iter().chain(own.failed.iter().map(|(code, n)| (*code, *n)));
    all.filter(|(_, n)| *n > 0).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_tagwork_7_a_steered_work_reaches_each_once_and_counts_right_across_kill_9() {
    let bench = Bench::new();
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    tag(&hub.client(), gold(), customers()).await;
    let message = TagMessage {
        rate: Some("600/s".parse().unwrap()),
        ..TagMessage::new(ChannelNumber::new(Channel::Sms, "40404"), Body::text("Sale"))
    };
    let work = send(&hub.client(), "one-work-1", gold(), message).await;

    // Killed while it runs.
    once(&hub.client(), &work, |now| now.done > 500).await;
    hub.kill();
    hub = bench.serve(&addr);
    // Paused: after the slice that may be under way nothing leaves, also not after another kill.
    once(&hub.client(), &work, |now| now.done > 1_200).await;
    steer(&hub.client(), &work, WorkState::Paused, "pause-it-1").await;
    let paused = listed(&hub.client(), &work).await;
    assert!((1_200..5_000).contains(&paused.done), "{}", paused.done);
    hub.kill();
    hub = bench.serve(&addr);
    another_meanwhile(&hub.client()).await;
    assert_eq!(listed(&hub.client(), &work).await.done, paused.done, "nobody while it is paused");
    // Resumed, killed, and cancelled before its end.
    steer(&hub.client(), &work, WorkState::Running, "resume-it-1").await;
    once(&hub.client(), &work, |now| now.done > paused.done + 600).await;
    hub.kill();
    hub = bench.serve(&addr);
    steer(&hub.client(), &work, WorkState::Cancelled, "cancel-it-1").await;
    let end = listed(&hub.client(), &work).await;
    assert_eq!(end.state, WorkState::Cancelled);
    assert!(end.done < customers() as u64, "it was cancelled too late to test anything");
    let end = once(&hub.client(), &work, |now| now.outcomes.waiting == 0).await;

    let (sent, stands) = told(&hub.client(), &work).await;
    assert_eq!(sent.len() as u64, end.done);
    assert_eq!(sent.iter().find(|(_, times)| **times != 1), None, "somebody got it twice");
    assert_eq!(counts(&end), stands);
    // Everyone is in the table once.
    let client = client(&addr);
    let (mut people, mut after) = (Vec::new(), String::new());
    loop {
        let (page, next) = client.recipients(&work, None, &after, 500).await.unwrap();
        people.extend(page);
        if next.is_empty() {
            break;
        }
        after = next;
    }
    let ids: BTreeSet<_> = people.iter().map(|one| one.customer.to_string()).collect();
    assert_eq!((people.len(), ids.len()), (customers(), customers()));
    let not_yet = people.iter().filter(|one| one.outcome() == RecipientOutcome::NotYet).count();
    assert_eq!(not_yet as u64, customers() as u64 - end.done);
    again_to_the_failed(&client).await;
}

#[tokio::test]
async fn r_tagwork_7_300_messages_in_the_sandbox_take_long_enough_to_be_steered() {
    let bench = Bench::new();
    let built_in = include_str!("../../assets/hub.toml");
    let rate = built_in.lines().find(|line| line.starts_with("bulk_rate")).expect("its rate");
    let settings = std::fs::read_to_string(bench.settings()).unwrap();
    std::fs::write(bench.settings(), format!("{settings}\n[org.rules]\n{rate}\n")).unwrap();
    let hub = bench.serve(&free_addr());
    let client = hub.client();
    tag(&client, gold(), 300).await;
    let message = TagMessage::new(ChannelNumber::new(Channel::Sms, "40404"), Body::text("Sale"));
    let work = send(&client, "to-300-people", gold(), message).await;

    let home = tempfile::tempdir().unwrap();
    let verb = |action: &str| {
        let id = work.to_string();
        let line = ["work", "--work", &id, "--action", action];
        let (code, out, err) = hub.run(home.path(), &line);
        assert_eq!(code, Some(0), "{action}: {out} {err}");
    };
    once(&client, &work, |now| now.done > 5).await;
    verb("pause");
    let paused = listed(&client, &work).await;
    assert_eq!(paused.state, WorkState::Paused);
    another_meanwhile(&client).await;
    assert_eq!(listed(&client, &work).await.done, paused.done, "nobody while it is paused");
    verb("resume");
    once(&client, &work, |now| now.done > paused.done + 5).await;
    verb("cancel");
    let end = once(&client, &work, |now| now.outcomes.waiting == 0).await;
    assert_eq!(end.state, WorkState::Cancelled);
    assert!(end.done < 300, "it was done before anybody could steer it");
    let (sent, stands) = told(&client, &work).await;
    assert_eq!((sent.len() as u64, counts(&end)), (end.done, stands));
}

/// To those it failed for it goes again, and once under the same key.
async fn again_to_the_failed(client: &Client) {
    let vip = || TagPair { key: "tier".into(), value: "vip".into() };
    // Messages to the first of these fail (docs/sandbox.md).
    for number in ["+254700100400", "+254711000001"] {
        let tag = Tag { key: "tier".into(), value: "vip".into(), expires_at: None };
        let customer = CustomerRef::parse(number).unwrap();
        let command = CustomerCommand::UpdateTags { customer, tags: vec![tag] };
        let call = CallId::from(format!("tag-{number}"));
        assert!(client.send(&call, &command).await.unwrap().is_ok());
    }
    let message = TagMessage::new(ChannelNumber::new(Channel::Sms, "40404"), Body::text("Sale"));
    let first = send(client, "to-vips-1", vip(), message.clone()).await;
    let ended = |now: &Work| now.state == WorkState::Done && now.outcomes.waiting == 0;
    let first = once(client, &first, ended).await;
    assert_eq!((first.outcomes.arrived(), first.outcomes.all_failed()), (1, 1));
    let again = TagMessage { failed_of: Some(first.id.clone()), ..message };
    let second = send(client, "again-to-failed", vip(), again.clone()).await;
    assert_eq!(send(client, "again-to-failed", vip(), again).await, second);
    let second = once(client, &second, ended).await;
    assert_eq!((second.total, second.done, second.outcomes.all_failed()), (1, 1, 1));
}

//! The hub is killed with `kill -9` in the middle of work by tag. Everyone who has the tag gets the
//! message exactly once, however often the hub dies meanwhile (R-TAGWORK-5, R-ORD-9, R-ORD-10).

use super::support::{Bench, client, free_addr};
use std::{collections::BTreeMap, time::Duration};
use switchboard::{
    model::{
        Body, CallId, Channel, ChannelNumber, CustomerCommand, CustomerNumber, CustomerRef,
        EventKind, FeedEvent, FeedStart, Receipt, Seq, Tag, TagMessage, TagPair, WorkId,
        WorkReceipt, WorkState,
    },
    sdk::Client,
};

const CUSTOMERS: usize = 1_500;
const ROUNDS: usize = 4;
/// The hub is killed when this many slices of a work have been seen.
const SLICES: usize = 3;

fn number(n: usize) -> CustomerNumber {
    CustomerNumber::telco(&format!("+25472{n:07}"))
}

async fn tag_everyone(client: &Client) {
    let tag = Tag { key: "tier".into(), value: "gold".into(), expires_at: None };
    let mut asked = tokio::task::JoinSet::new();
    for n in 0..CUSTOMERS {
        let (client, tag) = (client.clone(), tag.clone());
        asked.spawn(async move {
            let customer = CustomerRef::Number(number(n));
            let command = CustomerCommand::UpdateTags { customer, tags: vec![tag] };
            let call = CallId::from(format!("tag-everyone-{n}"));
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

async fn start_work(client: &Client, round: usize) -> WorkId {
    let command = CustomerCommand::SendMessageByTag {
        tag: TagPair { key: "tier".into(), value: "gold".into() },
        message: TagMessage::new(
            ChannelNumber::new(Channel::Sms, "40404"),
            Body::text(format!("round {round}")),
        ),
    };
    let call = CallId::from(format!("work-round-{round}"));
    match client.send(&call, &command).await.unwrap() {
        Receipt::Work(WorkReceipt { ok: true, work: Some(work), .. }) => work,
        other => panic!("{other:?}"),
    }
}

/// Follows the log after a place until `enough` slices of the work have been seen, or the
/// work is done.
async fn watch(client: &Client, after: Seq, work: &WorkId, enough: usize) -> bool {
    let mut feed = client.feed(FeedStart::After { log_id: String::new(), seq: after });
    let mut slices = 0;
    loop {
        let next = tokio::time::timeout(Duration::from_mins(1), feed.next()).await.unwrap();
        let FeedEvent::Entry(entry) = next else { continue };
        for event in &entry.events {
            match &event.kind {
                EventKind::WorkAdvanced { work: of, .. } if of == work => slices += 1,
                EventKind::WorkChanged { work: of, state: WorkState::Done } if of == work => {
                    return true;
                }
                _ => {}
            }
        }
        if slices >= enough {
            return false;
        }
    }
}

/// How often each work wrote to each number, according to the log alone.
async fn sent(client: &Client) -> BTreeMap<WorkId, BTreeMap<CustomerNumber, usize>> {
    let head = client.hello().await.unwrap().head;
    let mut feed = client.feed(FeedStart::After { log_id: String::new(), seq: Seq(0) });
    let mut sent: BTreeMap<WorkId, BTreeMap<CustomerNumber, usize>> = BTreeMap::new();
    loop {
        let FeedEvent::Entry(entry) = feed.next().await else { continue };
        for event in &entry.events {
            if let EventKind::MessageSent { work: Some(work), .. } = &event.kind {
                let to = event.number.clone().unwrap();
                *sent.entry(work.clone()).or_default().entry(to).or_default() += 1;
            }
        }
        if entry.seq >= head {
            return sent;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_by_tag_reaches_everyone_exactly_once_across_kill_9() {
    let bench = Bench::new();
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    tag_everyone(&hub.client()).await;
    let mut killed_midway = 0;
    let mut works = Vec::new();
    for round in 0..ROUNDS {
        let before = hub.client().hello().await.unwrap().head;
        let work = start_work(&hub.client(), round).await;
        let done = watch(&client(&addr), before, &work, SLICES).await;
        hub.kill();
        killed_midway += usize::from(!done);
        hub = bench.serve(&addr);
        // The next process finishes what this one began.
        assert!(watch(&client(&addr), before, &work, usize::MAX).await);
        works.push(work);
    }
    let sent = sent(&hub.client()).await;
    for work in &works {
        let reached = &sent[work];
        assert_eq!(reached.len(), CUSTOMERS, "{work}: somebody was left out");
        let twice = reached.iter().find(|(_, times)| **times != 1);
        assert_eq!(twice, None, "{work}: somebody got it twice");
    }
    assert!(killed_midway > 0, "no kill hit a running work: nothing was tested");
    println!("{ROUNDS} works to {CUSTOMERS} customers, {killed_midway} killed midway");
}

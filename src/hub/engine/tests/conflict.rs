//! Many agents answer one customer at once (R-CONFLICT-1, R-CONFLICT-2), on logs that work and on logs that misbehave.

use super::{org, start, write};
use crate::{
    hub::{
        engine::{Hub, HubError},
        log::{
            Log,
            faulty::{Faults, Through},
            memory::MemoryLog,
        },
    },
    model::{
        Actor, Body, CallId, Caller, Channel, ChannelNumber, CustomerCommand, CustomerNumber,
        EventKind, MessageReceipt, Receipt, Seq,
    },
};
use futures_util::future::join_all;
use std::sync::Arc;

const AGENTS: usize = 6;
const ROUNDS: usize = 8;

/// An agent answers, having seen this much. The key is the same each time that they try in this round.
async fn answers(
    hub: &Hub,
    agent: usize,
    round: usize,
    seen: Seq,
) -> Result<MessageReceipt, HubError> {
    let command = CustomerCommand::SendMessage {
        to: CustomerNumber::telco("+254700000001"),
        from: ChannelNumber::new(Channel::Sms, "40404"),
        body: Body::text(format!("{round}-{agent}")),
        seen: Some(seen),
    };
    let caller = Caller { app: None, actor: Actor::Key(format!("agent {agent}")) };
    let call = (CallId::from(format!("round-{round}-agent-{agent}")), [1; 32]);
    let receipt = hub.submit(&org(), caller, Some(call), command.into()).await?;
    let Receipt::Message(receipt) = receipt else { panic!("{receipt:?}") };
    Ok(receipt)
}

/// The texts of all answers in the log, in order.
async fn sent(hub: &Hub) -> Vec<String> {
    let all = super::entries(hub).await;
    let events = all.into_iter().flat_map(|stored| stored.entry.events.clone());
    let texts = events.filter_map(|event| match event.kind {
        EventKind::MessageSent { body, .. } => body.text,
        _ => None,
    });
    texts.collect()
}

/// In each round all agents have seen the same and answer at once, and then each of them repeats the call.
async fn rounds(log: Arc<dyn Log>, what: &str) -> usize {
    let hub = start(log, None).await;
    while !write(&hub, "Where is my parcel?").await.is_ok_and(|receipt| receipt.is_ok()) {}
    let mut unknown = 0;
    for round in 0..ROUNDS {
        let seen = *hub.head(&org()).expect("served").borrow();
        let all = join_all((0..AGENTS).map(|agent| answers(&hub, agent, round, seen))).await;
        for (agent, first) in all.iter().enumerate() {
            let again = loop {
                match answers(&hub, agent, round, seen).await {
                    Ok(receipt) => break receipt,
                    Err(HubError::Unknown(_)) => unknown += 1,
                    Err(error) => panic!("{what}: {error:?}"),
                }
            };
            match first {
                Ok(first) if first.status.code() == 101 => assert_eq!(again, *first, "{what}"),
                Ok(first) => {
                    assert_eq!((first.status.code(), again.status.code()), (450, 450), "{what}");
                    let conflict = first.conflict.as_deref().expect("who answered");
                    assert_ne!(conflict.by, Actor::Key(format!("agent {agent}")), "{what}");
                }
                Err(HubError::Unknown(_)) => unknown += 1,
                Err(error) => panic!("{what}: {error:?}"),
            }
        }
        let of_round = format!("{round}-");
        let sent = sent(&hub).await;
        let answers = sent.iter().filter(|text| text.starts_with(&of_round)).count();
        assert_eq!(answers, 1, "{what}: {sent:?}");
    }
    hub.stop().await;
    unknown
}

#[tokio::test]
async fn r_conflict_1_of_many_who_have_seen_the_same_one_answers() {
    assert_eq!(rounds(Arc::new(MemoryLog::new()), "a log that works").await, 0);
}

/// R-CONFLICT-2: whoever is decided again after a lost append, or repeats what may have been done, is never
/// stopped by their own answer.
#[tokio::test]
async fn r_conflict_2_a_log_that_misbehaves_makes_no_second_answer_and_stops_nobody_by_their_own() {
    for seed in 0..20 {
        let log = Through::new(Arc::new(MemoryLog::new()), Faults::new(seed));
        rounds(log, &format!("seed {seed}")).await;
    }
}

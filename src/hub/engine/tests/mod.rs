//! The engine with real rules on real logs: whatever goes wrong, what was acknowledged is there afterwards,
//! once and in order.

mod answers;
mod conflict;
mod damage;
mod faults;
mod first_log;
mod leases;
mod look_back;
mod outage;
mod prune;
mod restarts;
mod shared;
mod shelf_damage;

use super::{EngineOptions, Hub, HubError};
use crate::{
    hub::log::{Log, Stored},
    model::{
        Body, CallId, Caller, Channel, ChannelNumber, CustomerNumber, EventKind, NetworkCommand,
        OrgId, OrgSettings, Receipt, Seq,
    },
};
use std::{path::Path, sync::Arc};

fn org() -> OrgId {
    "demo".into()
}

async fn start(log: Arc<dyn Log>, folder: Option<&Path>) -> Hub {
    let orgs = vec![OrgSettings { id: org(), sandbox: true, ..OrgSettings::default() }];
    let options =
        EngineOptions { orgs, log, accept_loss: false, shelf: folder.map(Path::to_owned) };
    Hub::start(options).await.expect("a hub")
}

/// Lets a customer write `text`.
async fn write(hub: &Hub, text: &str) -> Result<Receipt, HubError> {
    write_as(hub, None, text).await
}

/// Lets a customer write `text`, under an idempotency key if one is given.
async fn write_as(hub: &Hub, key: Option<&str>, text: &str) -> Result<Receipt, HubError> {
    let command = NetworkCommand::ReceiveMessage {
        from: CustomerNumber::telco("+254700000001"),
        to: ChannelNumber::new(Channel::Sms, "40404"),
        body: Body::text(text),
    };
    let mut digest = [0; 32];
    for (to, from) in digest.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    let call = key.map(|key| (CallId::from(key), digest));
    hub.submit(&org(), Caller::default(), call, command.into()).await
}

/// Everything that was published, read in pages.
async fn entries(hub: &Hub) -> Vec<Stored> {
    let mut all: Vec<Stored> = Vec::new();
    loop {
        let after = all.last().map_or(Seq(0), |stored| stored.entry.seq);
        let page = hub.entries_after(&org(), after, 100).await.expect("readable");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// What customers wrote, in the order of the log.
fn texts(entries: &[Stored]) -> Vec<String> {
    let events = entries.iter().flat_map(|stored| &stored.entry.events);
    let texts = events.filter_map(|event| match &event.kind {
        EventKind::MessageReceived { body, .. } => body.text.clone(),
        _ => None,
    });
    texts.collect()
}

fn assert_dense(entries: &[Stored]) {
    let places: Vec<u64> = entries.iter().map(|stored| stored.entry.seq.0).collect();
    assert_eq!(places, (1..=places.len() as u64).collect::<Vec<_>>());
}

/// How many messages the World knows.
async fn known(hub: &Hub) -> usize {
    let count = |world: &crate::rules::World| world.customers().map(|c| c.messages.len()).sum();
    hub.read(&org(), count).await.expect("readable")
}

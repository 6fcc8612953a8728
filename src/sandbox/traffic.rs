//! Performs what the cast is planned to do (`traffic_plan`): they write, dial, call and pay. At first
//! contact it also fills in what an org would know about them. The first start of an org begins with a
//! burst, so that nobody looks at an empty screen.

use super::{
    act,
    cast::{Cast, Person},
    look_at,
    traffic_plan::{CustomerAct, Deed, TrafficPlan},
};
use crate::{
    hub::{config::SandboxSettings, engine::OrgHandle},
    model::{
        Actor, Body, CallHop, CallStatus, CustomerCommand, CustomerNumber, CustomerRef, DataValue,
        Direction, HangupCause, NetworkCommand, NetworkReceipt, OrgSettings, PaymentStatus,
        Receipt, SessionId, Tag, Timestamp, TransactionId, UssdEnd, VoiceCall,
    },
};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::sleep};

/// How many acts are done at once at the very first start. With what follows from them they make
/// about 30 entries.
const BURST: usize = 12;
/// How many acts may be under way at once, so that a slow hub slows the customers down.
const UNDER_WAY: usize = 64;
/// How often a customer tries to type into a session that is not ready.
const TRIES: usize = 4;
/// How long the welcome tag lasts at least.
const WELCOME: Duration = Duration::from_mins(20);

/// Performs one act after the other until the hub stops.
pub(super) async fn run(hub: OrgHandle, settings: SandboxSettings, cast: Arc<Cast>) {
    let Some(head) = hub.read(|world| world.head().0).await else { return };
    // Each start goes on with other acts than the one before, but the same log and seed always give the
    // same acts.
    let seed = settings.seed ^ head.0.rotate_left(32);
    // There may be no agent at the numbers that are left to agents, so these customers do not use them.
    let mut rules = OrgSettings::clone(&hub.settings());
    rules.channels.retain(|bound| !settings.left_to_agents.contains(&bound.channel.number));
    let story = TrafficPlan::new(Arc::clone(&cast), &rules, seed, settings.rate_per_minute);
    let mut known = HashSet::new();
    let mut under_way: JoinSet<Option<()>> = JoinSet::new();
    let burst = if head.0 == 0 { BURST } else { 0 };
    for (n, act) in story.enumerate() {
        if n >= burst {
            sleep(act.after).await;
        }
        if !known.contains(&act.from) {
            let person = &cast.people()[act.who];
            let Some(complete) = introduce(&hub, person, &act).await else { return };
            if complete {
                known.insert(act.from.clone());
            }
        }
        while under_way.len() >= UNDER_WAY {
            under_way.join_next().await;
        }
        while under_way.try_join_next().is_some() {}
        let hub = hub.clone();
        if quick(&act.deed) {
            if perform(&hub, act).await.is_none() {
                return;
            }
        } else {
            under_way.spawn(async move { perform(&hub, act).await });
        }
    }
}

/// Whether an act is over at once. The others go on beside those that follow.
fn quick(deed: &Deed) -> bool {
    matches!(deed, Deed::Write(_) | Deed::Nudge(_) | Deed::Pay(_, None))
}

async fn perform(hub: &OrgHandle, act: CustomerAct) -> Option<()> {
    let CustomerAct { from, to, deed, .. } = act;
    match deed {
        Deed::Write(body) => {
            phone(hub, NetworkCommand::ReceiveMessage { from, to, body }).await?;
        }
        Deed::Nudge(text) => {
            let line = to.clone();
            let ignored = look_at(hub, &from, move |customer| {
                let newest = customer.messages.iter().rev().find(|m| m.channel == line);
                newest.is_some_and(|m| m.direction == Direction::Inbound)
            });
            if ignored.await? == Some(true) {
                let body = Body::text(text);
                phone(hub, NetworkCommand::ReceiveMessage { from, to, body }).await?;
            }
        }
        Deed::Dial(keys) => {
            let dialled = NetworkCommand::DialUssd { from, to, input: String::new() };
            if let Some(session) = subject(phone(hub, dialled).await?) {
                type_in(hub, session.into(), keys).await?;
            }
        }
        Deed::Call(patience) => {
            let number = from.clone();
            let called = phone(hub, NetworkCommand::ReceiveCall { from, to }).await?;
            if let Some(call) = subject(called) {
                wait_for_answer(hub, number, call.into(), patience).await?;
            }
        }
        Deed::Pay(value, regret) => {
            let paid = phone(hub, NetworkCommand::ReceivePayment { from, to, value }).await?;
            if let (Some(transaction), Some(regret)) = (subject(paid), regret) {
                sleep(regret).await;
                let transaction = TransactionId::from(transaction);
                let status = PaymentStatus::Reversed;
                let back = NetworkCommand::ReportPayment { transaction, status };
                hub.report(Actor::Network, back).await?;
            }
        }
    }
    Some(())
}

/// Types keys as people do: after reading the menu, again if the menu is late; and leaves when done.
async fn type_in(hub: &OrgHandle, session: SessionId, keys: Vec<String>) -> Option<()> {
    'keys: for (n, input) in keys.into_iter().enumerate() {
        for _ in 0..TRIES {
            sleep(Duration::from_millis(2_200 + 700 * (n as u64 % 3))).await;
            let (session, input) = (session.clone(), input.clone());
            if phone(hub, NetworkCommand::InputUssd { session, input }).await?.is_ok() {
                continue 'keys;
            }
        }
        break;
    }
    sleep(Duration::from_secs(5)).await;
    // This is refused if a last menu has ended the session already, which is fine.
    let end = UssdEnd::CustomerLeft;
    phone(hub, NetworkCommand::EndUssd { session, end }).await?;
    Some(())
}

/// Submits a command on behalf of the org's first app.
async fn act_as_default(hub: &OrgHandle, command: CustomerCommand) -> Option<Receipt> {
    act(hub, hub.settings().apps.first().cloned(), command).await
}

/// Hangs up if nobody has picked up when the customer's patience ends.
async fn wait_for_answer(
    hub: &OrgHandle,
    number: CustomerNumber,
    session: SessionId,
    patience: Duration,
) -> Option<()> {
    sleep(patience).await;
    let id = session.clone();
    let still_ringing = look_at(hub, &number, move |customer| {
        let ringing = |call: &VoiceCall| call.id == id && call.status == CallStatus::Ringing;
        customer.calls.iter().any(ringing)
    });
    if still_ringing.await? == Some(true) {
        let (status, cause) = if patience < Duration::from_secs(10) {
            (CallStatus::Completed, HangupCause::OriginatorCancel)
        } else {
            (CallStatus::NotAnswered, HangupCause::NoAnswer)
        };
        let hop = CallHop { status, cause, ..CallHop::default() };
        let gone =
            NetworkCommand::ReportCall { session, hop, duration: Duration::ZERO, cost: None };
        hub.report(Actor::Customer, gone).await?;
    }
    Some(())
}

/// Fills in what an import from elsewhere would know about a customer: the name at first contact, and the
/// rest then or at the next one, so that it does not crowd the feed. True when everything is filled in.
async fn introduce(hub: &OrgHandle, person: &Person, act: &CustomerAct) -> Option<bool> {
    let known = look_at(hub, &act.from, |customer| {
        (customer.name().is_some(), !customer.tags.is_empty(), !customer.secondary_ids.is_empty())
    });
    let (named, tagged, linked) = known.await?.unwrap_or_default();
    let customer = CustomerRef::Number(act.from.clone());
    if !named {
        let text = |key: &str, value: &str| (key.to_owned(), DataValue::Text(value.to_owned()));
        let mut values = vec![text("name", &person.name), text("language", &person.language)];
        values.extend(person.metadata.iter().map(|(key, value)| text(key, value)));
        let customer = customer.clone();
        act_as_default(hub, CustomerCommand::UpdateMetadata { customer, values }).await?;
    }
    let tags = tags_of(person, act.who, hub.now());
    if !tagged && !tags.is_empty() && (named || act.who.is_multiple_of(2)) {
        let customer = customer.clone();
        act_as_default(hub, CustomerCommand::UpdateTags { customer, tags }).await?;
    }
    // A secondary id belongs to one customer, and each number of a person is a customer until they are
    // merged. So only the first number gets the ids.
    if named && !linked && person.numbers.first() == Some(&act.from) && !person.ids.is_empty() {
        let ids = person.ids.iter().map(|id| (id.clone(), None)).collect();
        act_as_default(hub, CustomerCommand::UpdateSecondaryIds { customer, ids }).await?;
    }
    Some(named)
}

/// The tags of a customer, and for some of them a welcome tag that expires soon, so that there is an
/// expiry to watch.
fn tags_of(person: &Person, who: usize, now: Timestamp) -> Vec<Tag> {
    let mut tags = person.tags.clone();
    if who.is_multiple_of(3) {
        let expires_at = Some(now.after(WELCOME + Duration::from_mins(who as u64)));
        tags.push(Tag { key: "promo".into(), value: "welcome".into(), expires_at });
    }
    tags
}

/// Reports what a customer does on their phone.
async fn phone(hub: &OrgHandle, command: NetworkCommand) -> Option<Receipt> {
    hub.report(Actor::Customer, command).await
}

/// The id of the message, session or transaction that came of a report; `None` if it was refused.
fn subject(receipt: Receipt) -> Option<String> {
    match receipt {
        Receipt::Network(NetworkReceipt { ok: true, subject, .. }) => subject,
        Receipt::Network(_)
        | Receipt::State(_)
        | Receipt::Message(_)
        | Receipt::Work(_)
        | Receipt::Lease(_)
        | Receipt::Consent(_)
        | Receipt::Payment(_)
        | Receipt::Call(_) => None,
    }
}

//! Performs the story of the cast: they write, dial, call and pay, and what is known about them
//! is filled in at first contact. The first start of an org begins with a burst, so that
//! nobody looks at an empty screen.

use super::{
    act,
    cast::{Cast, Person},
    look_at,
    story::{Act, Deed, Story},
};
use crate::{
    hub::{config::SandboxSettings, engine::Desk},
    model::{
        Actor, Body, CallHop, CallStatus, CustomerCommand, CustomerNumber, CustomerRef, DataValue,
        Direction, HangupCause, NetworkCommand, NetworkReceipt, OrgSettings, PaymentStatus,
        Receipt, SessionId, Tag, Timestamp, TransactionId, UssdEnd, VoiceCall,
    },
};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::sleep};

/// Acts at the very first start, done at once: with what they entail some 30 entries.
const BURST: usize = 12;
/// Acts that may be under way at once; a slow hub slows the customers down.
const UNDER_WAY: usize = 64;
/// How often a customer types again into a session that is not ready.
const TRIES: usize = 4;
/// How long a welcome tag lasts at least.
const WELCOME: Duration = Duration::from_mins(20);

/// Performs until the hub stops.
pub(super) async fn run(desk: Desk, settings: SandboxSettings, cast: Arc<Cast>) {
    let Some(head) = desk.read(|world| world.head().0).await else { return };
    // Another start of the same log is another part of the story, told the same way each time.
    let seed = settings.seed ^ head.0.rotate_left(32);
    // Nobody may sit at what is left to agents: customers of this story do not go there.
    let mut rules = OrgSettings::clone(&desk.settings());
    rules.channels.retain(|bound| !settings.left_to_agents.contains(&bound.channel.number));
    let story = Story::new(Arc::clone(&cast), &rules, seed, settings.rate_per_minute);
    let mut known = HashSet::new();
    let mut under_way: JoinSet<Option<()>> = JoinSet::new();
    let burst = if head.0 == 0 { BURST } else { 0 };
    for (n, act) in story.enumerate() {
        if n >= burst {
            sleep(act.after).await;
        }
        if !known.contains(&act.from) {
            let person = &cast.people()[act.who];
            let Some(complete) = introduce(&desk, person, &act).await else { return };
            if complete {
                known.insert(act.from.clone());
            }
        }
        while under_way.len() >= UNDER_WAY {
            under_way.join_next().await;
        }
        while under_way.try_join_next().is_some() {}
        let desk = desk.clone();
        if quick(&act.deed) {
            if perform(&desk, act).await.is_none() {
                return;
            }
        } else {
            under_way.spawn(async move { perform(&desk, act).await });
        }
    }
}

/// Whether an act is over at once; those that take time go on beside the others.
fn quick(deed: &Deed) -> bool {
    matches!(deed, Deed::Write(_) | Deed::Nudge(_) | Deed::Pay(_, None))
}

async fn perform(desk: &Desk, act: Act) -> Option<()> {
    let Act { from, to, deed, .. } = act;
    match deed {
        Deed::Write(body) => {
            phone(desk, NetworkCommand::ReceiveMessage { from, to, body }).await?;
        }
        Deed::Nudge(text) => {
            let line = to.clone();
            let ignored = look_at(desk, &from, move |customer| {
                let newest = customer.messages.iter().rev().find(|m| m.channel == line);
                newest.is_some_and(|m| m.direction == Direction::Inbound)
            });
            if ignored.await? == Some(true) {
                let body = Body::text(text);
                phone(desk, NetworkCommand::ReceiveMessage { from, to, body }).await?;
            }
        }
        Deed::Dial(keys) => {
            let dialled = NetworkCommand::DialUssd { from, to, input: String::new() };
            if let Some(session) = subject(phone(desk, dialled).await?) {
                type_in(desk, session.into(), keys).await?;
            }
        }
        Deed::Call(patience) => {
            let number = from.clone();
            let called = phone(desk, NetworkCommand::ReceiveCall { from, to }).await?;
            if let Some(call) = subject(called) {
                wait_for_answer(desk, number, call.into(), patience).await?;
            }
        }
        Deed::Pay(value, regret) => {
            let paid = phone(desk, NetworkCommand::ReceivePayment { from, to, value }).await?;
            if let (Some(transaction), Some(regret)) = (subject(paid), regret) {
                sleep(regret).await;
                let transaction = TransactionId::from(transaction);
                let status = PaymentStatus::Reversed;
                let back = NetworkCommand::ReportPayment { transaction, status };
                desk.report(Actor::Network, back).await?;
            }
        }
    }
    Some(())
}

/// Types as people do: after reading, again if the menu is late, and leaves when done.
async fn type_in(desk: &Desk, session: SessionId, keys: Vec<String>) -> Option<()> {
    'keys: for (n, input) in keys.into_iter().enumerate() {
        for _ in 0..TRIES {
            sleep(Duration::from_millis(2_200 + 700 * (n as u64 % 3))).await;
            let (session, input) = (session.clone(), input.clone());
            if phone(desk, NetworkCommand::InputUssd { session, input }).await?.is_ok() {
                continue 'keys;
            }
        }
        break;
    }
    sleep(Duration::from_secs(5)).await;
    // Refused if a last menu has ended it already: then there is nothing to leave.
    let end = UssdEnd::CustomerLeft;
    phone(desk, NetworkCommand::EndUssd { session, end }).await?;
    Some(())
}

/// What an agent does in the name of the org's default app.
async fn act_as_default(desk: &Desk, command: CustomerCommand) -> Option<Receipt> {
    act(desk, desk.settings().apps.first().cloned(), command).await
}

/// Hangs up when patience ends and nobody has picked up.
async fn wait_for_answer(
    desk: &Desk,
    number: CustomerNumber,
    session: SessionId,
    patience: Duration,
) -> Option<()> {
    sleep(patience).await;
    let id = session.clone();
    let still_ringing = look_at(desk, &number, move |customer| {
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
        desk.report(Actor::Customer, gone).await?;
    }
    Some(())
}

/// Fills in what an import from elsewhere would know about a customer: the name at first contact,
/// the rest then or at the next one, so that it does not crowd the feed. True when all is known.
async fn introduce(desk: &Desk, person: &Person, act: &Act) -> Option<bool> {
    let known = look_at(desk, &act.from, |customer| {
        (customer.name().is_some(), !customer.tags.is_empty(), !customer.secondary_ids.is_empty())
    });
    let (named, tagged, linked) = known.await?.unwrap_or_default();
    let customer = CustomerRef::Number(act.from.clone());
    if !named {
        let text = |key: &str, value: &str| (key.to_owned(), DataValue::Text(value.to_owned()));
        let mut values = vec![text("name", &person.name), text("language", &person.language)];
        values.extend(person.metadata.iter().map(|(key, value)| text(key, value)));
        let customer = customer.clone();
        act_as_default(desk, CustomerCommand::UpdateMetadata { customer, values }).await?;
    }
    let tags = tags_of(person, act.who, desk.now());
    if !tagged && !tags.is_empty() && (named || act.who.is_multiple_of(2)) {
        let customer = customer.clone();
        act_as_default(desk, CustomerCommand::UpdateTags { customer, tags }).await?;
    }
    // A secondary id belongs to one customer, and each number is one until they are merged.
    if named && !linked && person.numbers.first() == Some(&act.from) && !person.ids.is_empty() {
        let ids = person.ids.iter().map(|id| (id.clone(), Timestamp::ZERO)).collect();
        act_as_default(desk, CustomerCommand::UpdateSecondaryIds { customer, ids }).await?;
    }
    Some(named)
}

/// The tags of the cast, and for some a welcome that ends soon, so that expiries can be watched.
fn tags_of(person: &Person, who: usize, now: Timestamp) -> Vec<Tag> {
    let mut tags = person.tags.clone();
    if who.is_multiple_of(3) {
        let expires_at = now.after(WELCOME + Duration::from_mins(who as u64));
        tags.push(Tag { key: "promo".into(), value: "welcome".into(), expires_at });
    }
    tags
}

/// What a phone does.
async fn phone(desk: &Desk, command: NetworkCommand) -> Option<Receipt> {
    desk.report(Actor::Customer, command).await
}

/// The message, session or transaction that came of it.
fn subject(receipt: Receipt) -> Option<String> {
    match receipt {
        Receipt::Network(NetworkReceipt { ok: true, subject, .. }) => subject,
        _ => None,
    }
}

//! How what a network brings gets into the hub: reports, and what customers write. Whoever brings it is told only after
//! it is stored.

use super::order::{Brought, Named};
use crate::{
    hub::engine::OrgHandle,
    model::{
        Actor, Body, CallId, Caller, CarrierId, ChannelNumber, CustomerNumber, MessageId,
        MessageStatus, NetworkCommand, Receipt, carriage::CarriageStep, id::hex,
        masked::without_numbers,
    },
};
use sha2::{Digest as _, Sha256};

/// What became of something that was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intake {
    /// It is stored, or there is nothing in it to store.
    Stored,
    /// It is a report about a name that no message has yet. The answer to the message may come later.
    NotYet,
}

/// Stores what a network brings. `delivery` tells this delivery from every other one of the carrier, where the network
/// does not. `None` means that the hub is shutting down.
pub(super) async fn store(
    hub: &OrgHandle,
    carrier: &CarrierId,
    brought: &Brought,
    delivery: &str,
) -> Option<Intake> {
    match brought {
        // One that is under way still is on its way, which is known.
        Brought::Nothing | Brought::Report { of: Named::Reference(_), status: None, .. } => {
            Some(Intake::Stored)
        }
        Brought::Report { of: Named::Message(message), status, .. } => {
            reported(hub, carrier, message, *status).await
        }
        Brought::Report { of: Named::Reference(reference), about, status: Some(status) } => {
            let (carrier, status) = (carrier.clone(), *status);
            let (reference, about) = (reference.clone(), about.clone());
            let command = NetworkCommand::ReportReference { carrier, reference, about, status };
            let is_known = hub.report(Actor::Network, command).await?.is_ok();
            Some(if is_known { Intake::Stored } else { Intake::NotYet })
        }
        // Whoever dials waits for an answer, which the worker of their network gives.
        Brought::Typed(_) | Brought::Left(_) => Some(Intake::Stored),
        Brought::Message { from, to, body, key } => {
            let delivery = key.as_deref().unwrap_or(delivery);
            received(hub, carrier, (from, to, body), delivery).await
        }
    }
}

/// A network reports on a message by our own id. Whatever it says, the message has arrived there; a message of another
/// carrier is none of its business.
async fn reported(
    hub: &OrgHandle,
    carrier: &CarrierId,
    message: &MessageId,
    status: Option<MessageStatus>,
) -> Option<Intake> {
    let asked = message.clone();
    let look = move |world: &crate::rules::World| world.carriage(&asked);
    let Some(known) = hub.read(look).await?.filter(|known| known.carrier == *carrier) else {
        tracing::warn!("carrier {carrier}: a report is about no message of its own");
        return Some(Intake::Stored);
    };
    // Whatever was decided about it while that was unknown, it is known now.
    if known.step.is_unsettled() {
        let settings = hub.settings();
        let reports = settings.carriers.iter().find(|known| known.id == *carrier);
        let is_final = reports.is_some_and(|known| !known.reports);
        let command = NetworkCommand::ReportCarriage {
            message: message.clone(),
            carrier: carrier.clone(),
            attempt: known.attempt,
            step: CarriageStep::Accepted { reference: None, is_final },
            status: MessageStatus::Sent,
        };
        hub.report(Actor::Network, command).await?;
    }
    if let Some(status) = status {
        let command = NetworkCommand::ReportMessage { message: message.clone(), status };
        hub.report(Actor::Network, command).await?;
    }
    Some(Intake::Stored)
}

/// Has the hub take what a customer did, once however often it is brought or asked. `content` is what they did, and
/// `delivery` tells it from everything else that the network brings. `None` means that the hub is shutting down.
pub(super) async fn once(
    hub: &OrgHandle,
    carrier: &CarrierId,
    command: NetworkCommand,
    content: &str,
    delivery: &str,
) -> Option<Receipt> {
    let digest: [u8; 32] = Sha256::digest(content).into();
    // A network may use a name again, for something else, and may choose a long one.
    let name: [u8; 32] = Sha256::digest(delivery).into();
    let call = format!("in/{carrier}/{}/{}", hex(&name[..16]), hex(&digest[..8]));
    let caller = Caller { app: None, actor: Actor::Customer };
    hub.once(caller, (CallId::from(call), digest), command.into()).await
}

/// A customer wrote. However often it is brought or asked, it is stored once.
async fn received(
    hub: &OrgHandle,
    carrier: &CarrierId,
    (from, to, body): (&CustomerNumber, &ChannelNumber, &Body),
    delivery: &str,
) -> Option<Intake> {
    let Some(to) = line(hub, carrier, to) else {
        tracing::warn!("carrier {carrier}: a message was not taken: it carries no such number");
        return Some(Intake::Stored);
    };
    let content = format!("{from}\n{to}\n{body:?}");
    let (from, body) = (from.clone(), body.clone());
    let command = NetworkCommand::ReceiveMessage { from, to, body };
    let receipt = once(hub, carrier, command, &content, delivery).await?;
    if !receipt.is_ok() {
        let why = without_numbers(receipt.description());
        tracing::warn!("carrier {carrier}: a message was not taken: {why}");
    }
    Some(Intake::Stored)
}

/// The number of the org that a network means, which may write it without its plus sign. Those of other carriers are
/// none of its business.
pub(super) fn line(
    hub: &OrgHandle,
    carrier: &CarrierId,
    to: &ChannelNumber,
) -> Option<ChannelNumber> {
    let bare = |number: &str| number.trim().trim_start_matches('+').to_owned();
    let settings = hub.settings();
    let own = settings.channels.iter().filter(|bound| bound.carrier.as_ref() == Some(carrier));
    let mut same = own
        .map(|bound| &bound.channel)
        .filter(|line| line.channel == to.channel && bare(&line.number) == bare(&to.number));
    same.next().cloned()
}

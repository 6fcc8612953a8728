//! Messages of which nobody knows whether they arrived (R-CARRY-18). No network here can be asked, so a person decides:
//! such a message goes once more, or is held to have arrived. Who decides second is told that it was decided.

use super::{
    RuleResult, World,
    builder::{About, DecisionBuilder},
};
use crate::model::{
    Actor, Carriage, CarriageStep, CustomerState, EventKind, Message, MessageId, MessageStatus,
    UnknownMessage, receipt::state,
};
use std::sync::Arc;

impl World {
    /// The messages of which nobody knows whether they arrived, those that were sent first first: at most `limit`, and
    /// how many there are in all. Everything without a report is looked at.
    #[must_use]
    pub fn unknown(&self, limit: usize) -> (Vec<UnknownMessage>, usize) {
        let (mut all, mut total) = (Vec::new(), 0);
        for (_, id) in self.index.due.undelivered() {
            let Some(carriage) = self.carriage(&id) else { continue };
            let CarriageStep::Unknown { why, .. } = carriage.step else { continue };
            let Some((customer, message)) = self.message(&id) else { continue };
            total += 1;
            if all.len() >= limit {
                continue;
            }
            all.push(UnknownMessage {
                customer: customer.id.clone(),
                name: customer.name().unwrap_or_default().to_owned(),
                message: id,
                number: message.number.clone(),
                channel: message.channel.clone(),
                body: message.body.clone(),
                carrier: carriage.carrier,
                attempt: carriage.attempt,
                handed_at: carriage.handed_at,
                since: carriage.at,
                why,
            });
        }
        (all, total)
    }

    /// The message that is meant, if it is unknown whether it arrived, or why nothing can be decided about it.
    pub(super) fn undecided(
        &self,
        id: &MessageId,
        seen: Option<u32>,
    ) -> Result<(&Arc<CustomerState>, Arc<Message>, Carriage), String> {
        let Some((customer, message)) = self.message(id) else {
            return Err(format!("no message {id}"));
        };
        let Some(carriage) = self.carriage(id) else {
            return Err("it was never handed to a network, so nothing about it is unknown".into());
        };
        if message.status != MessageStatus::Sent {
            return Err(format!("it is known what became of it: {}", message.status.words()));
        }
        if !matches!(carriage.step, CarriageStep::Unknown { .. }) {
            return Err(already(&carriage));
        }
        if seen.is_some_and(|seen| seen != carriage.attempt) {
            let Carriage { attempt, .. } = carriage;
            return Err(format!(
                "it was handed over since: what is unknown now is attempt {attempt}"
            ));
        }
        Ok((customer, message, carriage))
    }
}

/// Why there is nothing to decide after a step other than `Unknown`.
fn already(carriage: &Carriage) -> String {
    let Carriage { carrier, decided_by, step, .. } = carriage;
    let who = decided_by.as_ref().map_or_else(|| "somebody".to_owned(), by);
    match step {
        CarriageStep::Left => format!("{who} decided already: it is held to have arrived"),
        CarriageStep::Again => format!("{who} decided already: it goes once more"),
        CarriageStep::HandedOver if decided_by.is_some() => {
            format!("{who} decided already: it was handed to the network {carrier} once more")
        }
        CarriageStep::HandedOver => {
            format!("it is not unknown: the network {carrier} may still answer")
        }
        CarriageStep::Accepted { .. } => format!("it is not unknown: the network {carrier} has it"),
        CarriageStep::Refused { .. } => {
            format!("it is not unknown: the network {carrier} refused it")
        }
        CarriageStep::Returned { .. } => {
            format!("it is not unknown: it waits for the network {carrier}")
        }
        CarriageStep::Unknown { .. } => "it is unknown".to_owned(),
    }
}

/// Who somebody is, in a word or two.
pub fn by(actor: &Actor) -> String {
    match actor {
        Actor::Key(label) | Actor::Program(label) => label.clone(),
        Actor::Hub | Actor::Customer | Actor::Network => actor.to_string(),
    }
}

/// Decides what becomes of a message of which nobody knows whether it arrived (R-CARRY-18).
pub fn decide(
    builder: &mut DecisionBuilder<'_, '_>,
    id: &MessageId,
    again: bool,
    seen: Option<u32>,
) -> RuleResult {
    let whose = builder.world.message(id).map(|(customer, _)| customer.id.clone());
    let found = builder.world.undecided(id, seen);
    let (customer, message, carriage) = found.map_err(|why| state(false, why, whose))?;
    let Carriage { carrier, attempt, .. } = carriage;
    let about = About::message(customer, &message, builder.actor());
    let step = if again { CarriageStep::Again } else { CarriageStep::Left };
    builder.push(&about, EventKind::MessageCarried { id: id.clone(), carrier, attempt, step });
    let words = if again { "it goes once more" } else { "it is held to have arrived" };
    Ok(state(true, words, Some(customer.id.clone())))
}

//! Which messages may be handed to a network, as the checker knows it from the events alone, and how often the networks
//! were really given each (R-CARRY-1, R-CARRY-2).

use super::stage::HOLD;
use crate::model::{CarriageStep, CarrierId, EventKind, MessageId};
use std::collections::BTreeMap;

/// The messages of an org that networks were given.
#[derive(Debug, Default)]
pub struct Carried {
    messages: BTreeMap<MessageId, Way>,
    /// How often a network has really got a message.
    pub taken: BTreeMap<MessageId, usize>,
    /// How often a hub died while a message was under way.
    pub interrupted: BTreeMap<MessageId, usize>,
}

/// How far a message has come.
#[derive(Debug)]
struct Way {
    carrier: CarrierId,
    attempt: u32,
    may_go: bool,
    /// Whether it went once more because its network was silent.
    was_silent: bool,
    has_arrived: bool,
    /// How often somebody decided that it goes once more.
    again: usize,
}

impl Carried {
    /// Follows what an event tells. The error says what must not be.
    pub fn event(&mut self, kind: &EventKind) -> Result<(), String> {
        let EventKind::MessageCarried { id, carrier, attempt, step } = kind else { return Ok(()) };
        let fresh = || Way {
            carrier: carrier.clone(),
            attempt: 0,
            may_go: true,
            was_silent: false,
            has_arrived: false,
            again: 0,
        };
        let way = self.messages.entry(id.clone()).or_insert_with(fresh);
        let is_current = *attempt == way.attempt && !way.has_arrived;
        match step {
            CarriageStep::HandedOver => {
                if !way.may_go || *attempt != way.attempt + 1 {
                    return Err(format!("{id} is handed to {carrier} as attempt {attempt}"));
                }
                (way.may_go, way.attempt) = (false, *attempt);
            }
            CarriageStep::Accepted { .. } => (way.may_go, way.has_arrived) = (false, true),
            CarriageStep::Returned { .. } => way.may_go |= is_current,
            CarriageStep::Again => {
                way.may_go |= is_current;
                way.again += 1;
            }
            CarriageStep::Unknown { hub_stopped, .. } if is_current => {
                let repeats = way.carrier.as_str() != HOLD;
                way.may_go = repeats && (*hub_stopped || !way.was_silent);
                way.was_silent |= !hub_stopped;
            }
            CarriageStep::Unknown { .. } => {}
            CarriageStep::Refused { .. } | CarriageStep::Left => way.may_go = false,
        }
        Ok(())
    }

    /// Compares how often networks got each message with how often they might have. The error names the first of which
    /// they got too many.
    pub fn compare(&self) -> Result<(), String> {
        for (id, taken) in &self.taken {
            let Some(way) = self.messages.get(id) else {
                return Err(format!("{id} went to a network and nothing says so"));
            };
            let crashes = self.interrupted.get(id).copied().unwrap_or_default();
            let repeats = way.carrier.as_str() != HOLD;
            let most = 1 + way.again + if repeats { crashes + 1 } else { 0 };
            if *taken > most {
                let carrier = &way.carrier;
                return Err(format!("{carrier} got {id} {taken} times, and {most} are the most"));
            }
        }
        Ok(())
    }
}

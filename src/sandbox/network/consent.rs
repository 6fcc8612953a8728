//! Those who are asked for an opt-in agree after a second, unless their phone was told otherwise
//! (R-CONSENT-1).

use super::{Later, Site};
use crate::{
    model::{
        Actor, ChannelNumber, ConsentAction, CustomerNumber, Event, EventKind, NetworkCommand,
    },
    rules::World,
};
use std::time::Duration;

/// How long it takes to agree.
pub const AFTER: Duration = Duration::from_secs(1);

/// A question to answer.
#[derive(Debug)]
pub struct Job {
    number: CustomerNumber,
    channel: ChannelNumber,
}

/// Questions of an earlier run.
pub fn in_flight(world: &World) -> impl Iterator<Item = Job> {
    let pairs = world.customers().flat_map(|customer| &customer.channels);
    pairs
        .filter(|pair| pair.asked.is_some())
        .map(|pair| Job { number: pair.number.clone(), channel: pair.channel.clone() })
}

/// The question of an event. Opting out asks nobody.
pub fn notice(event: &Event) -> Option<Job> {
    let EventKind::ConsentRequested { action: ConsentAction::OptIn, .. } = event.kind else {
        return None;
    };
    Some(Job { number: event.number.clone()?, channel: event.channel.clone()? })
}

/// Answers; refused if somebody else did meanwhile, which is fine.
pub async fn perform(site: &Site, job: Job) -> Option<Option<Later>> {
    if let Some(agrees) = site.phones.consents(site.desk.org(), &job.number) {
        let answer = NetworkCommand::AnswerConsent { from: job.number, to: job.channel, agrees };
        site.report(Actor::Customer, answer).await?;
    }
    Some(None)
}

//! What becomes of requests for consent: customers agree to an opt-in after a second, unless their phone is
//! set otherwise (R-CONSENT-1).

use super::{ScheduledJob, Site};
use crate::model::{
    Actor, ChannelNumber, ConsentAction, CustomerNumber, CustomerState, Event, EventKind,
    NetworkCommand,
};
use std::time::Duration;

/// How long a customer takes to answer.
pub const AFTER: Duration = Duration::from_secs(1);

/// A request for consent that a customer has to answer.
#[derive(Debug)]
pub struct ConsentJob {
    number: CustomerNumber,
    channel: ChannelNumber,
}

/// Requests that an earlier run has left unanswered by a customer.
pub fn in_flight(customer: &CustomerState) -> impl Iterator<Item = ConsentJob> {
    let asked = customer.channels.iter().filter(|pair| pair.asked.is_some());
    asked.map(|pair| ConsentJob { number: pair.number.clone(), channel: pair.channel.clone() })
}

/// The request that an event is about; `None` for an opt-out, which asks nobody.
pub fn notice(event: &Event) -> Option<ConsentJob> {
    let EventKind::ConsentRequested { action: ConsentAction::OptIn, .. } = event.kind else {
        return None;
    };
    Some(ConsentJob { number: event.number.clone()?, channel: event.channel.clone()? })
}

/// Answers for the customer. The answer is refused if another one came meanwhile, which is fine. The outer
/// `None` means that the hub is shutting down.
pub async fn perform(site: &Site, job: ConsentJob) -> Option<Option<ScheduledJob>> {
    if let Some(agrees) = site.phones.consents(site.hub.org(), &job.number) {
        let answer = NetworkCommand::AnswerConsent { from: job.number, to: job.channel, agrees };
        site.report(Actor::Customer, answer).await?;
    }
    Some(None)
}

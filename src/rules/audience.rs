//! Counts who would be reached by tag before anything is sent: how many match, how many would get
//! it, why the others would not, and a few examples (R-DRYRUN-1). It asks the same questions
//! about each customer as `work` does. The answers may be others when the work runs, because the
//! World moves on.

use super::{World, messaging, runs::selected, spelling, work::reach};
use crate::model::{
    Audience, Body, ChannelNumber, CustomerState, FoundCustomer, MessageStatus, OrgSettings,
    TagPair, Timestamp,
};

/// How many of those who would be reached are shown as examples.
const SAMPLE: usize = 5;

impl World {
    /// Counts who would be reached by tag with a plain text from a channel number. Without a channel
    /// number it counts who would be reached by a reminder.
    #[must_use]
    pub fn audience(
        &self,
        tag: &TagPair,
        channel: Option<&ChannelNumber>,
        settings: &OrgSettings,
        now: Timestamp,
    ) -> Audience {
        let body = Body::text("x");
        reached_by(self, tag, channel.map(|from| (from, &body)), settings, now)
    }
}

/// Counts who would get this message. Without a message it counts who would get a reminder.
pub fn reached_by(
    world: &World,
    tag: &TagPair,
    message: Option<(&ChannelNumber, &Body)>,
    settings: &OrgSettings,
    now: Timestamp,
) -> Audience {
    let mut audience = Audience { tag: tag.clone(), ..Audience::default() };
    let message =
        message.map(|(from, body)| (ChannelNumber::new(from.channel, &from.number), body));
    let impossible = message.as_ref().and_then(|(from, body)| {
        let fits = messaging::addressed(settings, from, body)
            .and_then(|()| messaging::carried(from, body));
        fits.err().map(|(status, _)| status)
    });
    for customer in selected(world, tag, now).filter_map(|id| world.passing(&id)) {
        audience.matching += 1;
        let status = match (&message, impossible) {
            (Some(_), Some(status)) => status,
            (Some((from, body)), None) => would_get(world, settings, &customer, from, body, now),
            (None, _) => MessageStatus::Sent,
        };
        if status != MessageStatus::Sent {
            *audience.skipped.entry(status.code()).or_default() += 1;
            continue;
        }
        audience.reached += 1;
        if audience.sample.len() < SAMPLE {
            audience.sample.push(found(&customer, now));
        }
    }
    audience
}

fn would_get(
    world: &World,
    settings: &OrgSettings,
    customer: &CustomerState,
    from: &ChannelNumber,
    body: &Body,
    now: Timestamp,
) -> MessageStatus {
    match reach(customer, from.channel.provider()) {
        Some(number) => {
            let out = spelling::opted_out(world, settings, Some(customer), number, from);
            messaging::permitted(Some(customer), number, from, body, now, out)
        }
        None => MessageStatus::CustomerNumberNotFound,
    }
}

fn found(customer: &CustomerState, now: Timestamp) -> FoundCustomer {
    let live = customer.tags.iter().filter(|tag| !tag.is_expired(now));
    FoundCustomer {
        id: customer.id.clone(),
        name: customer.name().unwrap_or_default().to_owned(),
        numbers: customer.numbers.clone(),
        tags: live.map(|tag| format!("{}={}", tag.key, tag.value)).collect(),
        last_seen: customer.touched_at,
    }
}

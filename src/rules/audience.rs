//! Counts who would be reached by tag before anything is sent: how many match, how many would get
//! it, why the others would not, and a few examples (R-DRYRUN-1). It asks the same questions
//! about each customer as `work` does. The answers may be others when the work runs, because the
//! World moves on.

use super::{
    World, addressing, messaging,
    quiet::{self, LocalHour},
    recipient::{filled, reach},
    runs::{Meant, meant},
    spelling,
};
use crate::model::{
    Audience, Body, ChannelNumber, CustomerState, FoundCustomer, LongestText, MessageStatus,
    OrgSettings, Provider, TagMessage, TagPair, Task, Timestamp, segments::measure,
};
use std::collections::BTreeSet;

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
        let message = channel.map(|from| TagMessage::new(from.clone(), Body::text("x")));
        reached_by(self, tag, message.as_ref(), settings, now)
    }
}

/// Counts who would get this message. Without a message it counts who would get a reminder.
pub fn reached_by(
    world: &World,
    tag: &TagPair,
    message: Option<&TagMessage>,
    settings: &OrgSettings,
    now: Timestamp,
) -> Audience {
    let mut audience = Audience { tag: tag.clone(), ..Audience::default() };
    let message = message.map(|message| TagMessage {
        from: ChannelNumber::new(message.from.channel, &message.from.number),
        ..message.clone()
    });
    audience.rate = message.as_ref().and_then(|m| settings.bulk_rate_on(&m.from, m.rate));
    let mut most = (0, 0);
    let impossible = message.as_ref().and_then(|TagMessage { from, body, .. }| {
        let fits = messaging::addressed(settings, from, body)
            .and_then(|()| messaging::carried(from, body));
        fits.err().map(|(status, _)| status)
    });
    let task = message.clone().map(Task::Message);
    let who = task.map_or_else(|| Meant::Tag(tag.clone()), |task| Meant::of(tag, &task));
    let mut seen = BTreeSet::new();
    for member in meant(world, &who, now) {
        let id = addressing::survivor(world, &member).unwrap_or(member);
        let Some(customer) = world.passing(&id) else { continue };
        // Only of those who failed some may have been merged since.
        if matches!(who, Meant::FailedOf { .. }) && !seen.insert(id) {
            continue;
        }
        audience.matching += 1;
        let (status, text) = match (&message, impossible) {
            (Some(_), Some(status)) => (status, None),
            (Some(message), None) => would_get(world, settings, &customer, message, now),
            (None, _) => (MessageStatus::Sent, None),
        };
        if status != MessageStatus::Sent {
            *audience.skipped.entry(status.code()).or_default() += 1;
            continue;
        }
        audience.reached += 1;
        if let Some(message) = &message {
            hour(&mut audience, settings, &customer, message, now);
        }
        if let Some(text) = text {
            let size = measure(&text);
            if (size.parts, size.units) > most {
                most = (size.parts, size.units);
                let name = customer.name().unwrap_or_default().to_owned();
                audience.longest = Some(LongestText { customer: customer.id.clone(), name, text });
            }
        }
        if audience.sample.len() < SAMPLE {
            audience.sample.push(found(&customer, now));
        }
    }
    audience
}

/// What would become of the message to one customer, and its text if that is filled for them.
fn would_get(
    world: &World,
    settings: &OrgSettings,
    customer: &CustomerState,
    TagMessage { from, body, fill, .. }: &TagMessage,
    now: Timestamp,
) -> (MessageStatus, Option<String>) {
    let fill = *fill;
    let Some(number) = reach(customer, from.channel.provider()) else {
        return (MessageStatus::CustomerNumberNotFound, None);
    };
    let own = if fill { filled(body, customer, number, now) } else { None };
    if fill && own.is_none() {
        return (MessageStatus::InvalidRequest, None);
    }
    let out = spelling::opted_out(world, settings, Some(customer), number, from);
    let body = own.as_ref().unwrap_or(body);
    let status = messaging::permitted(Some(customer), number, from, body, now, out);
    (status, own.and_then(|body| body.text))
}

/// Counts a customer who is left alone at the hour at which the message begins, or whose hour is not known.
fn hour(
    audience: &mut Audience,
    settings: &OrgSettings,
    customer: &CustomerState,
    message: &TagMessage,
    now: Timestamp,
) {
    let Some(number) = reach(customer, message.from.channel.provider()) else { return };
    match quiet::hour(settings, Some(customer), number, message.at.unwrap_or(now)) {
        LocalHour::Quiet { until, .. } => {
            audience.quiet += 1;
            audience.quiet_until = audience.quiet_until.max(Some(until));
        }
        LocalHour::Unknown if number.provider == Provider::Telco => audience.hour_unknown += 1,
        LocalHour::Awake | LocalHour::Unknown => {}
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

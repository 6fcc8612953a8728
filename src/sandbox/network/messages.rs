//! What becomes of messages, and what those of the cast answer to an agent.

use super::{Job as Any, Later, Site};
use crate::{
    hub::engine::Desk,
    model::{
        Actor, Body, ChannelNumber, CustomerNumber, Direction, Event, EventKind, Message,
        MessageId, MessageStatus, NetworkCommand, Timestamp,
    },
    rules::World,
    sandbox::{DEMO, cast::Cast, chance, look_at},
};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

/// Answers of one customer within an hour: programs that answer answers must come to an end.
const ANSWERS: usize = 30;
const HOUR: Duration = Duration::from_hours(1);
/// How long a customer takes to answer.
const THINKING_MS: std::ops::Range<u64> = 2_000..6_000;

/// When each customer was last made to answer.
pub type Answers = HashMap<CustomerNumber, VecDeque<Timestamp>>;

/// What comes next for a message.
#[derive(Debug)]
pub enum Job {
    /// A report, and the one that follows it.
    Report { message: MessageId, status: MessageStatus, then: Option<MessageStatus> },
    /// The customer answers.
    Answer { number: CustomerNumber, channel: ChannelNumber, pick: usize },
}

/// Messages whose network has still something to say.
pub fn in_flight(world: &World) -> Vec<Message> {
    let mut all: Vec<_> = world.in_flight().into_iter().map(|(_, message)| message).collect();
    let delivered = world.customers().flat_map(|c| &c.messages).filter(|m| {
        m.status == MessageStatus::Delivered
            && m.direction == Direction::Outbound
            && m.channel.channel.reports_reads()
    });
    all.extend(delivered.cloned());
    all
}

/// A message of an earlier run.
pub fn resume(site: &Site, message: &Message) -> Option<Later> {
    if message.status == MessageStatus::Sent {
        return sent(site, &message.id, &message.number, &message.channel);
    }
    let fate = fate(site, &message.id, &message.number, &message.channel)?;
    (fate == MessageStatus::Read).then(|| {
        let message = message.id.clone();
        (Any::Message(Job::Report { message, status: fate, then: None }), read_after(site))
    })
}

/// What an event gives the network to do with messages.
pub fn notice(site: &Site, answers: &mut Answers, event: &Event) -> Vec<Later> {
    if let EventKind::MessageSent { id, status: MessageStatus::Sent, .. } = &event.kind
        && let (Some(number), Some(channel)) = (&event.number, &event.channel)
    {
        let mut all = Vec::from_iter(sent(site, id, number, channel));
        all.extend(prompt(site, answers, event, id, number, channel));
        return all;
    }
    Vec::new()
}

fn sent(
    site: &Site,
    id: &MessageId,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) -> Option<Later> {
    let fate = fate(site, id, number, channel)?;
    let (status, then) = match fate {
        MessageStatus::Read => (MessageStatus::Delivered, Some(fate)),
        _ => (fate, None),
    };
    let job = Job::Report { message: id.clone(), status, then };
    Some((Any::Message(job), deliver_after(site)))
}

/// Lets the customer answer, if it is one of the cast who got a message of someone else than
/// the built-in app, and not too often.
fn prompt(
    site: &Site,
    answers: &mut Answers,
    event: &Event,
    id: &MessageId,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) -> Option<Later> {
    let agent = matches!(&event.actor, Actor::Key(label) if label != DEMO);
    if !agent
        || site.cast.by_number(number).is_none()
        || !site.phones.reaches(site.desk.org(), number, channel, id)
    {
        return None;
    }
    let given = answers.entry(number.clone()).or_default();
    while given.front().is_some_and(|then| event.at.since(*then) >= HOUR) {
        given.pop_front();
    }
    if given.len() >= ANSWERS {
        return None;
    }
    given.push_back(event.at);
    let mut chance = chance(site.settings.seed, id.as_str());
    let thinking = Duration::from_millis(chance.u64(THINKING_MS));
    let (number, channel) = (number.clone(), channel.clone());
    let job = Job::Answer { number, channel, pick: chance.usize(..1000) };
    Some((Any::Message(job), deliver_after(site) + thinking))
}

/// Does it; says what comes after it. `None`: the hub is shutting down.
pub async fn perform(site: &Site, job: Job) -> Option<Option<Later>> {
    match job {
        Job::Report { message, status, then } => {
            let report = NetworkCommand::ReportMessage { message: message.clone(), status };
            site.report(Actor::Network, report).await?;
            Some(then.map(|status| {
                let next = Job::Report { message, status, then: None };
                (Any::Message(next), read_after(site))
            }))
        }
        Job::Answer { number, channel, pick } => {
            answer(&site.desk, &site.cast, &number, &channel, pick).await?;
            Some(None)
        }
    }
}

fn fate(
    site: &Site,
    id: &MessageId,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) -> Option<MessageStatus> {
    site.phones.fate(site.desk.org(), number, channel, id)
}
fn deliver_after(site: &Site) -> Duration {
    Duration::from_millis(site.settings.deliver_after_ms)
}
fn read_after(site: &Site) -> Duration {
    Duration::from_millis(site.settings.read_after_ms)
}

/// The customer writes the next line of the conversation on that channel.
async fn answer(
    desk: &Desk,
    cast: &Cast,
    number: &CustomerNumber,
    channel: &ChannelNumber,
    pick: usize,
) -> Option<()> {
    let Some(person) = cast.by_number(number) else { return Some(()) };
    let said = said(desk, number, channel).await?;
    let Some(line) = person.answer(said.iter().map(String::as_str), pick) else {
        return Some(());
    };
    let (from, to, body) = (number.clone(), channel.clone(), Body::text(line));
    desk.report(Actor::Customer, NetworkCommand::ReceiveMessage { from, to, body }).await?;
    Some(())
}

/// What a customer has written on a line, newest first.
async fn said(
    desk: &Desk,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) -> Option<Vec<String>> {
    let (from, to) = (number.clone(), channel.clone());
    let said = look_at(desk, number, move |customer| {
        let inbound =
            customer.messages.iter().rev().filter(|m| {
                m.direction == Direction::Inbound && m.number == from && m.channel == to
            });
        inbound.filter_map(|m| m.body.text.clone()).take(20).collect()
    });
    Some(said.await?.unwrap_or_default())
}

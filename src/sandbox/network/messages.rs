//! What becomes of messages to customers, and what customers of the cast answer when an agent
//! writes to them.

use super::{NetworkJob, ScheduledJob, Site};
use crate::{
    hub::engine::OrgHandle,
    model::{
        Actor, Body, ChannelNumber, CustomerId, CustomerNumber, CustomerState, Direction, Event,
        EventKind, Message, MessageId, MessageStatus, NetworkCommand, Timestamp,
    },
    rules::World,
    sandbox::{DEMO, cast::Cast, chance, look_at},
};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

/// How many answers a customer gives within an hour, so that a program that answers every message does not
/// talk with them for ever.
const ANSWERS: usize = 30;
const HOUR: Duration = Duration::from_hours(1);
/// How long a customer takes to answer, in milliseconds.
const THINKING_MS: std::ops::Range<u64> = 2_000..6_000;

/// When each customer has answered within the last hour.
pub type Answers = HashMap<CustomerNumber, VecDeque<Timestamp>>;

/// The next thing to do about a message.
#[derive(Debug)]
pub enum MessageJob {
    /// Reports a status, and after it another one if there is one in `then`.
    Report { message: MessageId, status: MessageStatus, then: Option<MessageStatus> },
    /// Lets the customer answer.
    Answer { number: CustomerNumber, channel: ChannelNumber, pick: usize },
}

/// How much longer than a read takes a report on it may be owed, when the network is busy.
const BUSY: Duration = Duration::from_mins(10);
/// After how many customers those are dropped for whom nothing is owed any more, at first.
const SIFT: usize = 1_000;

/// Looks for messages that were delivered and about which the network has to report still that they were read.
/// No list has them, and to read the history of everyone who ever wrote would take minutes. So only customers
/// are looked at who were in use near the end of the last run, whenever that was: what was delivered long
/// before had its report, or never gets one.
pub struct AwaitingRead {
    owed: Duration,
    /// When anybody was in use last.
    last: Timestamp,
    customers: Vec<(Timestamp, CustomerId)>,
    most: usize,
}

impl AwaitingRead {
    pub fn new(read_after: Duration) -> Self {
        let owed = read_after + BUSY;
        Self { owed, last: Timestamp::ZERO, customers: Vec::new(), most: SIFT }
    }

    /// Looks at a customer, without their messages.
    pub fn see(&mut self, customer: &CustomerState) {
        self.last = self.last.max(customer.touched_at);
        self.customers.push((customer.touched_at, customer.id.clone()));
        if self.customers.len() > self.most {
            self.sift();
            self.most = SIFT.max(2 * self.customers.len());
        }
    }

    fn sift(&mut self) {
        let Self { owed, last, .. } = *self;
        self.customers.retain(|(touched_at, _)| touched_at.after(owed) >= last);
    }

    pub fn messages(mut self, world: &World) -> Vec<Message> {
        self.sift();
        let delivered = |m: &&Arc<Message>| {
            m.status == MessageStatus::Delivered
                && m.direction == Direction::Outbound
                && m.channel.channel.reports_reads()
        };
        let mut all = Vec::new();
        for customer in self.customers.iter().filter_map(|(_, id)| world.passing(id)) {
            let delivered = customer.messages.iter().filter(delivered);
            all.extend(delivered.map(|message| Message::clone(message)));
        }
        all
    }
}

/// What is to be done about a message that an earlier run has left unfinished.
pub fn resume(site: &Site, message: &Message) -> Option<ScheduledJob> {
    if message.status == MessageStatus::Sent {
        return sent(site, &message.id, &message.number, &message.channel);
    }
    let fate = fate(site, &message.id, &message.number, &message.channel)?;
    (fate == MessageStatus::Read).then(|| {
        let message = message.id.clone();
        (
            NetworkJob::Message(MessageJob::Report { message, status: fate, then: None }),
            read_after(site),
        )
    })
}

/// What an event gives to do about messages.
pub fn notice(site: &Site, answers: &mut Answers, event: &Event) -> Vec<ScheduledJob> {
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
) -> Option<ScheduledJob> {
    let fate = fate(site, id, number, channel)?;
    // Whatever is read was delivered first.
    let (status, then) = if fate == MessageStatus::Read {
        (MessageStatus::Delivered, Some(fate))
    } else {
        (fate, None)
    };
    let job = MessageJob::Report { message: id.clone(), status, then };
    Some((NetworkJob::Message(job), deliver_after(site)))
}

/// Lets the customer answer, if they are of the cast, the message reaches them and is not from the
/// built-in app, and they have not answered too often.
fn prompt(
    site: &Site,
    answers: &mut Answers,
    event: &Event,
    id: &MessageId,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) -> Option<ScheduledJob> {
    let agent = event.actor.key().is_some_and(|label| label != DEMO);
    if !agent
        || site.cast.by_number(number).is_none()
        || !site.phones.reaches(site.hub.org(), number, channel, id)
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
    let job = MessageJob::Answer { number, channel, pick: chance.usize(..1000) };
    Some((NetworkJob::Message(job), deliver_after(site) + thinking))
}

/// Does a job, and returns the one that follows from it. The outer `None` means that the hub
/// is shutting down.
pub async fn perform(site: &Site, job: MessageJob) -> Option<Option<ScheduledJob>> {
    match job {
        MessageJob::Report { message, status, then } => {
            let report = NetworkCommand::ReportMessage { message: message.clone(), status };
            site.report(Actor::Network, report).await?;
            Some(then.map(|status| {
                let next = MessageJob::Report { message, status, then: None };
                (NetworkJob::Message(next), read_after(site))
            }))
        }
        MessageJob::Answer { number, channel, pick } => {
            answer(&site.hub, &site.cast, &number, &channel, pick).await?;
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
    site.phones.fate(site.hub.org(), number, channel, id)
}
fn deliver_after(site: &Site) -> Duration {
    Duration::from_millis(site.settings.deliver_after_ms)
}
pub fn read_after(site: &Site) -> Duration {
    Duration::from_millis(site.settings.read_after_ms)
}

/// Writes the customer's next line of the conversation on that channel, if they have one.
async fn answer(
    hub: &OrgHandle,
    cast: &Cast,
    number: &CustomerNumber,
    channel: &ChannelNumber,
    pick: usize,
) -> Option<()> {
    let Some(person) = cast.by_number(number) else { return Some(()) };
    let said = said(hub, number, channel).await?;
    let Some(line) = person.answer(said.iter().map(String::as_str), pick) else {
        return Some(());
    };
    let (from, to, body) = (number.clone(), channel.clone(), Body::text(line));
    hub.report(Actor::Customer, NetworkCommand::ReceiveMessage { from, to, body }).await?;
    Some(())
}

/// What a customer has written last to that number of the org, newest first.
async fn said(
    hub: &OrgHandle,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) -> Option<Vec<String>> {
    let (from, to) = (number.clone(), channel.clone());
    let said = look_at(hub, number, move |customer| {
        let inbound =
            customer.messages.iter().rev().filter(|m| {
                m.direction == Direction::Inbound && m.number == from && m.channel == to
            });
        inbound.filter_map(|m| m.body.text.clone()).take(20).collect()
    });
    Some(said.await?.unwrap_or_default())
}

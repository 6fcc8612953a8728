//! The simulated network: every outbound message gets its reports (events.md 4.1), and those
//! of the cast whom an agent writes answer.
//!
//! What is in flight is read from the World at start and from the log afterwards, so a restart
//! finishes what the last run began. Only answers not yet given are lost with the process.

use super::{Phones, cast::Cast, desk::Desk};
use crate::{
    hub::{config::SandboxSettings, rules::World},
    model::{
        Actor, Body, ChannelNumber, CustomerNumber, CustomerRef, Direction, Entry, Event,
        EventKind, Message, MessageId, MessageStatus, NetworkCommand, Timestamp,
    },
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio_util::time::DelayQueue;

/// Reports sent at once.
const AT_ONCE: usize = 64;
/// With so much waiting the log is read no further; nothing is lost, it is a cursor.
const ENOUGH: usize = 50_000;
/// Answers of one customer within an hour: programs that answer answers must come to an end.
const ANSWERS: usize = 30;
const HOUR: Duration = Duration::from_hours(1);
/// How long a customer takes to answer.
const THINKING_MS: std::ops::Range<u64> = 2_000..6_000;

/// Simulates the network of one org until the hub stops.
pub(super) async fn run(
    desk: Desk,
    settings: SandboxSettings,
    phones: Arc<Phones>,
    cast: Arc<Cast>,
) {
    let mut network =
        Network { desk, settings, phones, cast, due: DelayQueue::new(), answers: HashMap::new() };
    let Some((head, waiting)) = network.desk.read(|w| (w.head().0, unreported(w))).await else {
        return;
    };
    let Some(mut log) = network.desk.follow(head) else { return };
    for message in waiting {
        network.resume(&message);
    }
    loop {
        let room = network.due.len() < ENOUGH;
        tokio::select! {
            Some(first) = network.due.next(), if !network.due.is_empty() => {
                let mut jobs = vec![first.into_inner()];
                while let Some(Some(more)) = network.due.next().now_or_never() {
                    jobs.push(more.into_inner());
                }
                if network.perform(jobs).await.is_none() { return }
            }
            batch = log.next(), if room => {
                let Some(batch) = batch else { return };
                for stored in batch {
                    network.see(&stored.entry);
                }
            }
        }
    }
}

/// Messages whose network has still something to say.
fn unreported(world: &World) -> Vec<Message> {
    let mut all: Vec<_> = world.in_flight().into_iter().map(|(_, message)| message).collect();
    let delivered = world.customers().flat_map(|c| &c.messages).filter(|m| {
        m.status == MessageStatus::Delivered
            && m.direction == Direction::Outbound
            && m.channel.channel.reports_reads()
    });
    all.extend(delivered.cloned());
    all
}

/// What comes next for a message.
#[derive(Debug)]
enum Job {
    /// A report, and the one that follows it.
    Report { message: MessageId, status: MessageStatus, then: Option<MessageStatus> },
    /// The customer answers.
    Answer { number: CustomerNumber, channel: ChannelNumber, pick: usize },
}

struct Network {
    desk: Desk,
    settings: SandboxSettings,
    phones: Arc<Phones>,
    cast: Arc<Cast>,
    due: DelayQueue<Job>,
    /// When each customer was last made to answer.
    answers: HashMap<CustomerNumber, VecDeque<Timestamp>>,
}

impl Network {
    fn see(&mut self, entry: &Entry) {
        for event in &entry.events {
            if let EventKind::MessageSent { id, status: MessageStatus::Sent, .. } = &event.kind
                && let (Some(number), Some(channel)) = (&event.number, &event.channel)
            {
                self.sent(id, number, channel);
                self.prompt(event, id, number, channel);
            }
        }
    }

    /// A message of an earlier run.
    fn resume(&mut self, message: &Message) {
        if message.status == MessageStatus::Sent {
            self.sent(&message.id, &message.number, &message.channel);
        } else if self.fate(&message.id, &message.number, &message.channel)
            == Some(MessageStatus::Read)
        {
            let job = Job::Report {
                message: message.id.clone(),
                status: MessageStatus::Read,
                then: None,
            };
            self.due.insert(job, self.read_after());
        }
    }

    fn sent(&mut self, id: &MessageId, number: &CustomerNumber, channel: &ChannelNumber) {
        let Some(fate) = self.fate(id, number, channel) else { return };
        let (status, then) = match fate {
            MessageStatus::Read => (MessageStatus::Delivered, Some(fate)),
            _ => (fate, None),
        };
        self.due.insert(Job::Report { message: id.clone(), status, then }, self.deliver_after());
    }

    /// Lets the customer answer, if it is one of the cast who got a message of someone else than
    /// the built-in app, and not too often.
    fn prompt(
        &mut self,
        event: &Event,
        id: &MessageId,
        number: &CustomerNumber,
        channel: &ChannelNumber,
    ) {
        let agent = matches!(&event.actor, Actor::Key(label) if label != super::DEMO);
        if !agent
            || self.cast.by_number(number).is_none()
            || !self.phones.reaches(self.desk.org(), number, channel, id)
        {
            return;
        }
        let given = self.answers.entry(number.clone()).or_default();
        while given.front().is_some_and(|then| event.at.since(*then) >= HOUR) {
            given.pop_front();
        }
        if given.len() >= ANSWERS {
            return;
        }
        given.push_back(event.at);
        let mut chance = super::chance(self.settings.seed, id.as_str());
        let thinking = Duration::from_millis(chance.u64(THINKING_MS));
        let (number, channel) = (number.clone(), channel.clone());
        let job = Job::Answer { number, channel, pick: chance.usize(..1000) };
        self.due.insert(job, self.deliver_after() + thinking);
    }

    /// Does what is due; what follows from it is due later. `None`: the hub is shutting down.
    async fn perform(&mut self, jobs: Vec<Job>) -> Option<()> {
        let desk = &self.desk;
        let cast = &self.cast;
        let done: Vec<_> = stream::iter(jobs)
            .map(|job| async move {
                match &job {
                    Job::Report { message, status, .. } => {
                        let (message, status) = (message.clone(), *status);
                        let report = NetworkCommand::ReportMessage { message, status };
                        desk.report(Actor::Network, report).await?;
                    }
                    Job::Answer { number, channel, pick } => {
                        answer(desk, cast, number, channel, *pick).await?;
                    }
                }
                Some(job)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for job in done {
            if let Job::Report { message, then: Some(status), .. } = job? {
                let next = Job::Report { message, status, then: None };
                self.due.insert(next, self.read_after());
            }
        }
        Some(())
    }

    fn fate(
        &self,
        id: &MessageId,
        number: &CustomerNumber,
        channel: &ChannelNumber,
    ) -> Option<MessageStatus> {
        self.phones.fate(self.desk.org(), number, channel, id)
    }
    fn deliver_after(&self) -> Duration {
        Duration::from_millis(self.settings.deliver_after_ms)
    }
    fn read_after(&self) -> Duration {
        Duration::from_millis(self.settings.read_after_ms)
    }
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
    let (number, channel) = (number.clone(), channel.clone());
    desk.read(move |world| {
        let whom = CustomerRef::Number(number.clone());
        let Some(customer) = world.customer(&whom, crate::hub::clock::now()) else {
            return Vec::new();
        };
        let inbound = customer.messages.iter().rev().filter(|m| {
            m.direction == Direction::Inbound && m.number == number && m.channel == channel
        });
        inbound.filter_map(|m| m.body.text.clone()).take(20).collect()
    })
    .await
}

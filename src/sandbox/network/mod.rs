//! The simulated network: outbound messages get their reports, calls ring, are picked up
//! and go through their plans, payments are confirmed, and those asked for consent answer
//! (R-CONSENT-1).
//!
//! What is in flight is read from the World at start and from the log afterwards, so a restart
//! finishes what the last run began. Only answers not yet given are lost with the process.

mod calls;
mod consent;
mod messages;
mod payments;

use super::{Phones, cast::Cast};
use crate::{
    hub::{config::SandboxSettings, engine::Desk},
    model::{Actor, Entry, Event, EventKind, NetworkCommand},
    rules::World,
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio_util::time::DelayQueue;

/// Reports sent at once.
const AT_ONCE: usize = 64;
/// With so much waiting the log is read no further; nothing is lost, it is a cursor.
const ENOUGH: usize = 50_000;

/// What comes next for something in flight.
#[derive(Debug)]
enum Job {
    Message(messages::Job),
    Call(calls::Job),
    Payment(payments::Job),
    Consent(consent::Job),
}

/// What is to be done, and after how long.
type Later = (Job, Duration);

/// Where the network works: one org's log, its phones and how they are set.
struct Site {
    desk: Desk,
    settings: SandboxSettings,
    phones: Arc<Phones>,
    cast: Arc<Cast>,
}

/// Simulates the network of one org until the hub stops.
pub(super) async fn run(
    desk: Desk,
    settings: SandboxSettings,
    phones: Arc<Phones>,
    cast: Arc<Cast>,
) {
    let site = Site { desk, settings, phones, cast };
    let mut network = Network {
        answers: messages::Answers::default(),
        acting: HashSet::new(),
        due: DelayQueue::new(),
        site,
    };
    let flying = network.site.desk.read(|world| (world.head().0, in_flight(world))).await;
    let Some((head, flying)) = flying else { return };
    let Some(mut log) = network.site.desk.follow(head) else { return };
    network.resume(flying);
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

/// What an earlier run, or the time before there was a network, left unfinished.
struct InFlight {
    messages: Vec<crate::model::Message>,
    rest: Vec<Job>,
}

fn in_flight(world: &World) -> InFlight {
    let mut rest: Vec<_> = calls::in_flight(world).map(Job::Call).collect();
    rest.extend(payments::in_flight(world).map(Job::Payment));
    rest.extend(consent::in_flight(world).map(Job::Consent));
    InFlight { messages: messages::in_flight(world), rest }
}

struct Network {
    site: Site,
    answers: messages::Answers,
    /// Steps of calls that are due: several events of one entry lead to the same step.
    acting: HashSet<calls::Act>,
    due: DelayQueue<Job>,
}

impl Network {
    fn resume(&mut self, flying: InFlight) {
        for message in &flying.messages {
            self.later(messages::resume(&self.site, message));
        }
        for job in flying.rest {
            let after = match &job {
                Job::Message(_) | Job::Call(_) => Duration::ZERO,
                Job::Payment(job) => job.after(),
                Job::Consent(_) => consent::AFTER,
            };
            self.due.insert(job, after);
        }
    }

    fn see(&mut self, entry: &Entry) {
        for event in &entry.events {
            for later in self.notice(event) {
                self.later(Some(later));
            }
        }
    }

    fn notice(&mut self, event: &Event) -> Vec<Later> {
        use EventKind as K;
        let later = match &event.kind {
            K::MessageSent { .. } => {
                return messages::notice(&self.site, &mut self.answers, event);
            }
            K::CallChanged { .. } | K::CallPlanned { .. } => {
                calls::notice(event).map(|job| (Job::Call(job), Duration::ZERO))
            }
            K::PaymentStarted { .. } => payments::notice(event).map(|job| {
                let after = job.after();
                (Job::Payment(job), after)
            }),
            K::ConsentRequested { .. } => {
                consent::notice(event).map(|job| (Job::Consent(job), consent::AFTER))
            }
            K::CustomerMet
            | K::TagsUpdated(_)
            | K::TagsDeleted(_)
            | K::MetadataUpdated { .. }
            | K::MetadataDeleted(_)
            | K::SecondaryIdsUpdated(_)
            | K::SecondaryIdsDeleted(_)
            | K::EntriesExpired { .. }
            | K::MessageReceived { .. }
            | K::MessageStatusChanged { .. }
            | K::SessionChanged { .. }
            | K::ConsentChanged(_)
            | K::ConsentLapsed
            | K::UssdMenuShown { .. }
            | K::UssdEnded { .. }
            | K::PromptMissed { .. }
            | K::PaymentReceived { .. }
            | K::PaymentStatusChanged { .. }
            | K::WalletPaymentChanged { .. }
            | K::PurseFunded { .. }
            | K::CustomerAdopted { .. }
            | K::CustomerReplaced { .. }
            | K::ReminderAdded(_)
            | K::ReminderCancelled { .. }
            | K::ReminderFired(_)
            | K::LeaseGranted(_)
            | K::LeaseEnded { .. }
            | K::WorkAdded(_)
            | K::WorkStarted { .. }
            | K::WorkAdvanced { .. }
            | K::WorkChanged { .. }
            | K::ClockMoved { .. }
            | K::NotificationsDropped { .. }
            | K::Unreadable
            | K::UssdInput { .. } => None,
        };
        later.into_iter().collect()
    }

    fn later(&mut self, later: Option<Later>) {
        let Some((job, after)) = later else { return };
        if let Job::Call(calls::Job::Act(act)) = &job
            && !self.acting.insert(act.clone())
        {
            return;
        }
        self.due.insert(job, after);
    }

    /// Does what is due; what follows from it is due later. `None`: the hub is shutting down.
    async fn perform(&mut self, jobs: Vec<Job>) -> Option<()> {
        for job in &jobs {
            if let Job::Call(calls::Job::Act(act)) = job {
                self.acting.remove(act);
            }
        }
        let site = &self.site;
        let done: Vec<Option<Option<Later>>> = stream::iter(jobs)
            .map(|job| async move {
                match job {
                    Job::Message(job) => messages::perform(site, job).await,
                    Job::Call(job) => calls::perform(site, job).await,
                    Job::Payment(job) => payments::perform(site, job).await,
                    Job::Consent(job) => consent::perform(site, job).await,
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for later in done {
            self.later(later?);
        }
        Some(())
    }
}

impl Site {
    /// What the network says; whether anything came of it. `None`: the hub is shutting down.
    async fn report(&self, actor: Actor, command: NetworkCommand) -> Option<bool> {
        Some(self.desk.report(actor, command).await?.is_ok())
    }
}

//! The simulated network. Outbound messages get their reports, calls ring, are picked up and go through
//! their plans, payments are confirmed, and customers who are asked for consent answer (R-CONSENT-1).
//!
//! What is in flight is read from the World at the start and from the log afterwards, so a restart finishes
//! what the last run began. Only the answers of customers that were not given yet are lost with the
//! process. Each kind of thing has a file, with `in_flight` (what an earlier run left), `notice` (what an
//! event gives to do) and `perform`.

mod calls;
mod consent;
mod messages;
mod payments;

use super::{Phones, cast::Cast};
use crate::{
    hub::{config::SandboxSettings, engine::OrgHandle},
    model::{Actor, Entry, Event, EventKind, NetworkCommand},
    rules::World,
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio_util::time::DelayQueue;

/// How many reports are submitted at once.
const AT_ONCE: usize = 64;
/// How many jobs may wait before the log is read no further. Nothing is lost meanwhile, because the cursor
/// stays where it is.
const ENOUGH: usize = 50_000;

/// The next thing to do for something in flight.
#[derive(Debug)]
enum NetworkJob {
    Message(messages::MessageJob),
    Call(calls::CallJob),
    Payment(payments::PaymentJob),
    Consent(consent::ConsentJob),
}

/// A job, and after how long it is to be done.
type ScheduledJob = (NetworkJob, Duration);

/// Everything that the network of one org works with.
struct Site {
    hub: OrgHandle,
    settings: SandboxSettings,
    phones: Arc<Phones>,
    cast: Arc<Cast>,
}

/// Simulates the network of one org until the hub stops.
pub(super) async fn run(
    hub: OrgHandle,
    settings: SandboxSettings,
    phones: Arc<Phones>,
    cast: Arc<Cast>,
) {
    let site = Site { hub, settings, phones, cast };
    let mut network = Network {
        answers: messages::Answers::default(),
        acting: HashSet::new(),
        due: DelayQueue::new(),
        site,
    };
    let read_after = messages::read_after(&network.site);
    let open = move |world: &World| (world.head().0, in_flight(world, read_after));
    let flying = network.site.hub.scan(open).await;
    let Some((head, flying)) = flying else { return };
    let Some(mut log) = network.site.hub.follow(head) else { return };
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

/// What an earlier run left unfinished, or what came to be before there was a network.
struct InFlight {
    messages: Vec<crate::model::Message>,
    rest: Vec<NetworkJob>,
}

fn in_flight(world: &World, read_after: Duration) -> InFlight {
    let mut rest: Vec<_> = payments::in_flight(world).map(NetworkJob::Payment).collect();
    let mut unread = messages::AwaitingRead::new(read_after);
    for customer in world.customers() {
        rest.extend(calls::in_flight(&customer).map(NetworkJob::Call));
        rest.extend(consent::in_flight(&customer).map(NetworkJob::Consent));
        unread.see(&customer);
    }
    let mut messages: Vec<_> = world.in_flight().into_iter().map(|(_, m)| m).collect();
    messages.extend(unread.messages(world));
    InFlight { messages, rest }
}

struct Network {
    site: Site,
    answers: messages::Answers,
    /// The steps of calls that wait to be done. Several events of one entry lead to the same step, which
    /// must be done once.
    acting: HashSet<calls::DueStep>,
    due: DelayQueue<NetworkJob>,
}

impl Network {
    fn resume(&mut self, flying: InFlight) {
        for message in &flying.messages {
            self.later(messages::resume(&self.site, message));
        }
        for job in flying.rest {
            let after = match &job {
                NetworkJob::Message(_) | NetworkJob::Call(_) => Duration::ZERO,
                NetworkJob::Payment(job) => job.after(),
                NetworkJob::Consent(_) => consent::AFTER,
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

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a new kind is nothing to it until that is written here"
    )]
    fn notice(&mut self, event: &Event) -> Vec<ScheduledJob> {
        use EventKind as K;
        let later = match &event.kind {
            K::MessageSent { .. } => {
                return messages::notice(&self.site, &mut self.answers, event);
            }
            K::CallChanged { hop, .. } if hop.status.is_final() => None,
            K::CallChanged { session, .. } | K::CallPlanned { session, .. } => {
                calls::notice(event, session).map(|job| (NetworkJob::Call(job), Duration::ZERO))
            }
            K::PaymentStarted { .. } => payments::notice(event).map(|job| {
                let after = job.after();
                (NetworkJob::Payment(job), after)
            }),
            K::ConsentRequested { .. } => {
                consent::notice(event).map(|job| (NetworkJob::Consent(job), consent::AFTER))
            }
            _ => None,
        };
        later.into_iter().collect()
    }

    fn later(&mut self, later: Option<ScheduledJob>) {
        let Some((job, after)) = later else { return };
        if let NetworkJob::Call(calls::CallJob::Act(act)) = &job
            && !self.acting.insert(act.clone())
        {
            return;
        }
        self.due.insert(job, after);
    }

    /// Does the jobs that are due, and schedules what follows from them. `None` means that the hub
    /// is shutting down.
    async fn perform(&mut self, jobs: Vec<NetworkJob>) -> Option<()> {
        for job in &jobs {
            if let NetworkJob::Call(calls::CallJob::Act(act)) = job {
                self.acting.remove(act);
            }
        }
        let site = &self.site;
        let done: Vec<Option<Option<ScheduledJob>>> = stream::iter(jobs)
            .map(|job| async move {
                match job {
                    NetworkJob::Message(job) => messages::perform(site, job).await,
                    NetworkJob::Call(job) => calls::perform(site, job).await,
                    NetworkJob::Payment(job) => payments::perform(site, job).await,
                    NetworkJob::Consent(job) => consent::perform(site, job).await,
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
    /// Reports something, and returns whether the rules accepted it. `None` means that the hub
    /// is shutting down.
    async fn report(&self, actor: Actor, command: NetworkCommand) -> Option<bool> {
        Some(self.hub.report(actor, command).await?.is_ok())
    }
}

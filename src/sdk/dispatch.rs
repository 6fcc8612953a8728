//! Runs the listeners of a client: `data` first, then the listener of the kind with the customer's state
//! read, then the answer to a prompt goes out (R-LSN-1, R-LSN-3, R-HOOK-1).
//!
//! A listener is never cut short: one that is late has lost its answer, not its work. One that
//! panics is caught; the next notification of its customer comes all the same.

use super::{
    Client, Customer, Error, Notification, PromptAnswer, Topic,
    keyed_queue::KeyedQueue,
    listen::{Arrived, Counters, Listener},
    topic::{asks_for_plan, session},
};
use crate::model::{CustomerId, Event, EventKind, SessionId};
use futures_util::FutureExt as _;
use std::{panic::AssertUnwindSafe, pin::pin, time::Duration};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

/// Reading state must leave time for an answer.
const HYDRATION: Duration = Duration::from_secs(5);
/// Customers whose listeners run at once, and notifications held for them in all.
const SIDE_BY_SIDE: usize = 64;
const HELD: usize = 256;

/// Notifications of one customer are heard one after the other; those without a customer share a key.
type QueueKey = Option<CustomerId>;

/// Runs the listeners of one client.
pub(super) struct Dispatcher {
    client: Client,
    queue: KeyedQueue<QueueKey, Arrived>,
    running: JoinSet<QueueKey>,
}

impl Dispatcher {
    pub(super) fn new(client: Client) -> Self {
        Self { client, queue: KeyedQueue::new(HELD), running: JoinSet::new() }
    }

    /// Until the stream is given up and everything was heard, or the client is disconnected.
    pub(super) async fn run(
        mut self,
        mut events: mpsc::Receiver<Arrived>,
        closed: CancellationToken,
    ) {
        let mut is_open = true;
        loop {
            tokio::select! {
                biased;
                () = closed.cancelled() => {
                    // They finish what they do; their own calls fail here.
                    self.running.detach_all();
                    return;
                }
                Some(done) = self.running.join_next(), if !self.running.is_empty() => {
                    // A task never fails by itself: listeners are caught inside.
                    if let Ok(key) = done {
                        self.queue.done(key);
                    }
                }
                event = events.recv(), if is_open && self.queue.has_room() => match event {
                    Some(arrived) => self.queue.push(arrived.event.customer.clone(), arrived),
                    None => is_open = false,
                },
            }
            while self.running.len() < SIDE_BY_SIDE
                && let Some((key, arrived)) = self.queue.next()
            {
                let client = self.client.clone();
                self.running.spawn(async move {
                    client.hear(arrived).await;
                    key
                });
            }
            if !is_open && self.running.is_empty() {
                return;
            }
        }
    }
}

impl Client {
    /// One notification, from first to last.
    async fn hear(&self, arrived: Arrived) {
        let Arrived { event, at, answer_within } = arrived;
        Counters::count(&self.0.listeners.tally.heard);
        if let Some(listener) = self.0.listeners.of(Topic::Data) {
            let event = event.clone();
            let notification = Notification { topic: Topic::Data, event, customer: None };
            self.run(Topic::Data, &listener, notification).await;
        }
        let Some(topic) = Topic::of(&event) else { return };
        let Some(listener) = self.0.listeners.of(topic) else { return };
        let customer = self.hydrated(&event).await;
        let notification = Notification { topic, event: event.clone(), customer };
        match session(&event) {
            Some(session) => {
                let time = (at, answer_within);
                self.prompt(topic, session, &listener, notification, time).await;
            }
            None => drop(self.run(topic, &listener, notification).await),
        }
    }

    /// The customer of a notification with their state, or with the id only if that fails.
    async fn hydrated(&self, event: &Event) -> Option<Customer> {
        let id = event.customer.as_ref()?;
        let mut customer = Customer::notified(self, id, event.number.clone());
        // By id: a look must not create, and a number may have moved to whoever adopted this one.
        let read = timeout(HYDRATION, customer.read_by_id());
        match read.await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => {
                tracing::warn!("the state of {id} cannot be read for a listener: {why}");
            }
            Err(_) => tracing::warn!("the state of {id} was not read within 5 s for a listener"),
        }
        Some(customer)
    }

    /// A listener and the answer that its prompt gets.
    async fn prompt(
        &self,
        topic: Topic,
        session: &SessionId,
        listener: &Listener,
        notification: Notification,
        (at, answer_within): (Instant, Duration),
    ) {
        let must_plan = match &notification.event.kind {
            EventKind::CallChanged { direction, hop, .. } => asks_for_plan(*direction, hop.status),
            _ => false,
        };
        let mut work = pin!(self.run(topic, listener, notification));
        let in_time = timeout_at(at + answer_within, &mut work).await;
        let is_late = in_time.is_err();
        let answer = in_time.ok().flatten().unwrap_or_default();
        match (topic, answer) {
            (Topic::VoiceCall, PromptAnswer::Nothing) if must_plan => {
                self.answer(session, PromptAnswer::Plan(Vec::new())).await;
            }
            (_, PromptAnswer::Nothing) => {}
            (_, answer) => self.answer(session, answer).await,
        }
        if is_late {
            Counters::count(&self.0.listeners.tally.late);
            tracing::warn!("the {topic} listener had no answer within {answer_within:?}");
            work.await;
        }
    }

    async fn answer(&self, session: &SessionId, answer: PromptAnswer) {
        match self.send_webhook_response(session.clone(), answer).await {
            Ok(_) => {}
            Err(Error::Refused(receipt)) => {
                Counters::count(&self.0.listeners.tally.refused);
                tracing::warn!("the answer to {session} was refused: {}", receipt.description());
            }
            Err(why) => {
                Counters::count(&self.0.listeners.tally.failed);
                tracing::warn!("the answer to {session} did not arrive: {why}");
            }
        }
    }

    /// Runs a listener to its end; `None` if it failed.
    async fn run(
        &self,
        topic: Topic,
        listener: &Listener,
        notification: Notification,
    ) -> Option<PromptAnswer> {
        // Making the future runs the listener's own code too.
        let work = AssertUnwindSafe(async { listener(self, notification).await });
        let why = match work.catch_unwind().await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(why)) => why,
            Err(_) => "it panicked".to_owned(),
        };
        Counters::count(&self.0.listeners.tally.failed);
        tracing::warn!("the {topic} listener failed: {why}");
        None
    }
}

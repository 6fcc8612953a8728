//! Listeners and the stream they live on: `on` registers a listener, `connect` opens the stream and
//! keeps it open, `disconnect` ends it (R-LSN-3, R-CONN-6). The state belongs to a client and is shared
//! by its clones (R-CLIENT-1).
//!
//! There are two tasks: one follows the stream and tries again after every break (R-CONN-2), the other runs
//! the listeners (`dispatch.rs`). Nothing is queued between them but what the dispatcher holds: when
//! listeners are slow, flow control holds the hub. Absent on purpose: a place to resume from. A program that
//! must see everything uses the feed.

use super::{
    Backoff, Client, Error, IntoAnswer, Notification, PromptAnswer, Repeat, Topic,
    dispatch::Dispatcher, error::CallKind, live_only::RecentNotifications,
};
use crate::{model::Event, wire::notification};
use futures_util::future::BoxFuture;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

/// A stream that lasted this long was a success; an answer alone is none, because two programs of
/// one app may take the stream from each other.
const LASTED: Duration = Duration::from_secs(30);

/// A registered listener.
pub(super) type Listener = Arc<
    dyn Fn(&Client, Notification) -> BoxFuture<'static, Result<PromptAnswer, String>> + Send + Sync,
>;

/// A notification that came from the hub.
pub(super) struct Arrived {
    pub(super) event: Event,
    /// When it came. From then on a prompt's time runs.
    pub(super) at: Instant,
    /// How long whoever it is about waits for an answer, if it is a prompt (R-HOOK-1).
    pub(super) answer_within: Duration,
}

/// What a client knows of its listeners.
pub(super) struct Listeners {
    table: Mutex<HashMap<Topic, Listener>>,
    connection: watch::Sender<StreamState>,
    pub(super) tally: Counters,
}

impl Default for Listeners {
    fn default() -> Self {
        Self {
            table: Mutex::default(),
            connection: watch::Sender::new(StreamState::Closed(None)),
            tally: Counters::default(),
        }
    }
}

impl Listeners {
    fn table(&self) -> MutexGuard<'_, HashMap<Topic, Listener>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(super) fn of(&self, topic: Topic) -> Option<Listener> {
        self.table().get(&topic).cloned()
    }
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) heard: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) late: AtomicU64,
    pub(super) refused: AtomicU64,
}

impl Counters {
    pub(super) fn count(which: &AtomicU64) {
        which.fetch_add(1, Ordering::Relaxed);
    }
}

/// What listeners heard so far (R-LSN-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListenerCounts {
    /// Notifications that were handled, with or without a listener.
    pub heard: u64,
    /// Listeners that failed or panicked, and answers that did not reach the hub.
    pub failed: u64,
    /// Answers that were not there in the customer's time (R-HOOK-1).
    pub late: u64,
    /// Answers that the hub refused.
    pub refused: u64,
}

/// How the stream of notifications stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamState {
    /// There is none: not asked for, disconnected, or, with an error, given up (a wrong key is not
    /// tried again, R-CONN-2).
    Closed(Option<Error>),
    /// The first try is under way.
    Opening,
    /// It is open.
    Open,
    /// It broke and will be tried again.
    Broken {
        error: Error,
        /// How long until the next try.
        retry_in: Duration,
    },
}

impl Client {
    /// Registers the listener of an event, given as a [`Topic`] or by its name in the contract; any other
    /// name is `Usage`. One per event: registering again replaces. Register before
    /// [`connect`](Self::connect): notifications without a listener are dropped.
    ///
    /// `data` is awaited first and gets every notification; then the listener of its kind gets it
    /// with the customer's state read (if that fails, with the id only). A failing listener is logged
    /// and counted ([`tally`](Self::tally)) and stops nothing. Notifications of one customer come one
    /// after the other, those of different customers side by side, at most 64 at once (R-LSN-1).
    /// What is sent again after a break (D-HERA) is heard once.
    ///
    /// What listeners of `ussdSession` and `voiceCall` return while the customer waits is the answer to the prompt
    /// (R-LSN-4): within 15 s, or what the hub says of the number on which they wait (R-HOOK-1). Nothing, a failure, or a late one is an empty answer: a call that surely waits (inbound at RINGING, outbound at
    /// ANSWERED) gets an empty plan and is hung up; for USSD nothing is sent, because the contract has no empty
    /// menu, and the hub's own timeout speaks to the customer (R-HOOK-2).
    ///
    /// ```no_run
    /// # use switchboard::{Client, model::UssdMenu, sdk::{Error, Notification, Topic}};
    /// # async fn demo(client: Client) -> Result<(), Error> {
    /// client.on(Topic::UssdSession, async |_: Notification| UssdMenu {
    ///     text: "1 Balance\n2 Help".into(),
    ///     is_terminal: false,
    /// })?;
    /// client.on("receivedMessage", async |notification: Notification| println!("{:?}", notification.event.kind))?;
    /// client.connect().await?;
    /// # Ok(()) }
    /// ```
    pub fn on<T, F, R>(&self, topic: T, listener: F) -> Result<(), Error>
    where
        T: TryInto<Topic>,
        Error: From<T::Error>,
        F: Fn(Notification) -> R + Send + Sync + 'static,
        R: Future<Output: IntoAnswer> + Send + 'static,
    {
        let topic = topic.try_into()?;
        let listener: Listener = Arc::new(move |_, notification| {
            let heard = listener(notification);
            Box::pin(async move { heard.await.into_answer() })
        });
        self.register(topic, listener);
        Ok(())
    }

    pub(super) fn register(&self, topic: Topic, listener: Listener) {
        self.0.listeners.table().insert(topic, listener);
    }

    /// The JavaScript SDK's other name for [`on`](Self::on).
    pub fn register_listener<T, F, R>(&self, topic: T, listener: F) -> Result<(), Error>
    where
        T: TryInto<Topic>,
        Error: From<T::Error>,
        F: Fn(Notification) -> R + Send + Sync + 'static,
        R: Future<Output: IntoAnswer> + Send + 'static,
    {
        self.on(topic, listener)
    }

    /// [`register_listener`](Self::register_listener) as the JavaScript SDK spells it.
    pub fn register_listerner<T, F, R>(&self, topic: T, listener: F) -> Result<(), Error>
    where
        T: TryInto<Topic>,
        Error: From<T::Error>,
        F: Fn(Notification) -> R + Send + Sync + 'static,
        R: Future<Output: IntoAnswer> + Send + 'static,
    {
        self.on(topic, listener)
    }

    /// Removes the listener of an event; none is no error, and it may be registered again (R-LSN-3,
    /// R-LSN-2). The stream stays open.
    pub fn off<T>(&self, topic: T) -> Result<(), Error>
    where
        T: TryInto<Topic>,
        Error: From<T::Error>,
    {
        let topic = topic.try_into()?;
        self.0.listeners.table().remove(&topic);
        Ok(())
    }

    /// The JavaScript SDK's other name for [`off`](Self::off).
    pub fn remove_listener<T>(&self, topic: T) -> Result<(), Error>
    where
        T: TryInto<Topic>,
        Error: From<T::Error>,
    {
        self.off(topic)
    }

    /// Opens the stream of notifications and keeps it open until [`disconnect`](Self::disconnect), also
    /// when every clone of this client is gone. Returns when it is open. If the first try fails, returns why
    /// and does not try again. Once open it is opened again after every break: after a random
    /// time of up to 5 s, later of up to 30 s, but not after `Unauthenticated` or `Denied` (R-CONN-2). Safe to call twice. Other calls do not need it.
    pub async fn connect(&self) -> Result<(), Error> {
        let mut connection = self.0.listeners.connection.subscribe();
        // Under the watch's lock, so that a `disconnect` comes wholly before or wholly after.
        let mut closed = None;
        self.0.listeners.connection.send_if_modified(|now| {
            let is_closed = matches!(now, StreamState::Closed(_));
            if is_closed {
                *now = StreamState::Opening;
                closed = Some(self.reopen());
            }
            is_closed
        });
        let disconnected = || Error::Usage("the client was disconnected".into());
        if let Some(closed) = closed {
            // A channel of its own, because the watch may already hold what came after the first try.
            let (first, opened) = oneshot::channel();
            self.listen(closed, first);
            return opened.await.unwrap_or_else(|_| Err(disconnected()));
        }
        // Cloned out: the guard must not be held while matching.
        let now = connection.wait_for(|now| !matches!(now, StreamState::Opening)).await;
        match now.map(|now| now.clone()) {
            Ok(StreamState::Open | StreamState::Opening) => Ok(()),
            Ok(StreamState::Broken { error, .. } | StreamState::Closed(Some(error))) => Err(error),
            Ok(StreamState::Closed(None)) | Err(_) => Err(disconnected()),
        }
    }

    /// Closes the stream and every connection (R-CONN-5). Nothing reconnects; calls in flight
    /// fail here (a write as `Unknown`: what the hub accepted stays accepted), feeds go down, later
    /// calls are `Usage` until [`connect`](Self::connect). Listeners that run finish; what was not
    /// handed to one is sent again by the hub. Safe to call twice. Clones are disconnected with it.
    pub fn disconnect(&self) {
        self.0.listeners.connection.send_modify(|now| {
            self.close();
            *now = StreamState::Closed(None);
        });
        self.drop_channel();
    }

    /// How the stream of notifications stands, now and from now on.
    #[must_use]
    pub fn connection(&self) -> watch::Receiver<StreamState> {
        self.0.listeners.connection.subscribe()
    }

    /// What the listeners heard so far.
    #[must_use]
    pub fn tally(&self) -> ListenerCounts {
        let Counters { heard, failed, late, refused } = &self.0.listeners.tally;
        let [heard, failed, late, refused] =
            [heard, failed, late, refused].map(|count| count.load(Ordering::Relaxed));
        ListenerCounts { heard, failed, late, refused }
    }

    fn listen(&self, closed: CancellationToken, first: oneshot::Sender<Result<(), Error>>) {
        // One: what the desk does not take yet waits at the hub.
        let (out, events) = mpsc::channel(1);
        tokio::spawn(Dispatcher::new(self.clone()).run(events, closed.clone()));
        let follower = NotificationFollower {
            client: self.clone(),
            recent: RecentNotifications::default(),
            out,
            closed: closed.clone(),
            first: Some(first),
        };
        tokio::spawn(async move {
            tokio::select! {
                biased;
                () = closed.cancelled() => {}
                why = follower.run() => follower_is_over(&why),
            }
        });
    }
}

fn follower_is_over(why: &Error) {
    tracing::warn!("notifications are no longer followed: {why}");
}

/// Follows the stream.
struct NotificationFollower {
    client: Client,
    recent: RecentNotifications,
    out: mpsc::Sender<Arrived>,
    closed: CancellationToken,
    /// Who waits for the first try.
    first: Option<oneshot::Sender<Result<(), Error>>>,
}

impl NotificationFollower {
    /// Until trying again is of no use.
    async fn run(mut self) -> Error {
        let mut backoff = Backoff::default();
        loop {
            let mut opened = None;
            let error = self.follow(&mut opened).await;
            let first = self.first.take();
            if first.is_some() || error.repeat() == Repeat::No {
                self.tell(StreamState::Closed(Some(error.clone())));
                if let Some(first) = first {
                    let _ = first.send(Err(error.clone()));
                }
                return error;
            }
            if opened.is_some_and(|at: Instant| at.elapsed() >= LASTED) {
                backoff.reset();
            }
            let retry_in = backoff.fail();
            tracing::info!("notifications broke off, trying again in {retry_in:.1?}: {error}");
            self.tell(StreamState::Broken { error, retry_in });
            sleep(retry_in).await;
        }
    }

    /// One stream, until it fails.
    async fn follow(&mut self, opened: &mut Option<Instant>) -> Error {
        let mut stream = match self.client.open_stream().await {
            Ok(stream) => stream,
            Err(error) => return error,
        };
        *opened = Some(Instant::now());
        self.recent.begin();
        self.tell(StreamState::Open);
        if let Some(first) = self.first.take() {
            let _ = first.send(Ok(()));
        }
        loop {
            let event = match stream.message().await {
                Ok(Some(request)) => notification::decode(request),
                Ok(None) => {
                    return CallKind::Read.lost(&self.client.0.name, "the hub ended the stream");
                }
                Err(status) => return self.client.fault(CallKind::Read, &status).await,
            };
            if !self.recent.is_news(&event) {
                continue;
            }
            let (at, answer_within) = (Instant::now(), stream.answer_within(&event));
            if self.out.send(Arrived { event, at, answer_within }).await.is_err() {
                return Error::Usage("the client was disconnected".into());
            }
        }
    }

    fn tell(&self, connection: StreamState) {
        // Whoever disconnected has the last word, also when this runs at the same time.
        self.client.0.listeners.connection.send_if_modified(|now| {
            let is_ours = !self.closed.is_cancelled();
            if is_ours {
                *now = connection;
            }
            is_ours
        });
    }
}

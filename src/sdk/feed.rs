//! The live feed: a task that follows the log, and after every break tries again from the last
//! entry it handed on (D-FEED, R-CONN-2). Against a server without
//! `switchboard.v1.Operator` it follows the notifications to our app (`LIVE ONLY`): places are
//! counted here, and a gap stands where it was not connected.

use super::{
    Backoff, Client, Error, FeedEvent, FeedStart, GapReason, Hello, Repeat, connect::HubChannel,
    cursor::Cursor, error::CallKind, live_only::RecentNotifications,
};
use crate::{
    model::{Event, client::AskedFilter},
    wire::{
        notification,
        proto::v1::{HelloRequest, operator_client::OperatorClient},
    },
};
use futures_util::FutureExt as _;
use std::{
    convert::Infallible,
    future::pending,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
    vec,
};
use tokio::{
    sync::{
        Notify,
        mpsc::{self, error::SendError},
    },
    time::{sleep, timeout},
};
use tonic::{Response, Status};

/// The hub says something at least every 10 s (a bookmark); after this long without a word the
/// connection is dead, whatever TCP thinks.
const SILENCE: Duration = Duration::from_secs(30);
pub(super) const ANSWER: Duration = Duration::from_secs(10);
/// How many batches wait for the reader; with more, flow control holds the hub. They are handed over as they come,
/// because handing over each entry alone would cost more than decoding it.
const AHEAD: usize = 1;

/// The live feed. It reconnects by itself and resumes after the last entry it yielded.
/// Dropping it ends it.
pub struct Feed {
    batches: mpsc::Receiver<Vec<FeedEvent>>,
    /// The batch that is being read.
    events: vec::IntoIter<FeedEvent>,
    retry: Arc<Notify>,
}

impl Feed {
    pub(super) fn start(client: Client, start: FeedStart, filter: Option<AskedFilter>) -> Self {
        let (out, batches) = mpsc::channel(AHEAD);
        let retry = Arc::new(Notify::new());
        let task = FeedTask {
            cursor: Cursor::new(client.0.org.to_string(), start, filter),
            client,
            backoff: Backoff::default(),
            recent: RecentNotifications::default(),
            out: out.clone(),
            retry: retry.clone(),
        };
        tokio::spawn(async move {
            tokio::select! {
                () = out.closed() => {}
                _ = task.run() => {}
            }
        });
        Self { batches, events: Vec::new().into_iter(), retry }
    }

    /// The next thing; never ends.
    pub async fn next(&mut self) -> FeedEvent {
        loop {
            if let Some(event) = self.events.next() {
                return event;
            }
            match self.batches.recv().await {
                Some(batch) => self.events = batch.into_iter(),
                // Only when the runtime is shutting down.
                None => pending().await,
            }
        }
    }

    /// Try again now instead of waiting.
    pub fn retry_now(&self) {
        self.retry.notify_one();
    }
}

struct FeedTask {
    client: Client,
    cursor: Cursor,
    backoff: Backoff,
    recent: RecentNotifications,
    out: mpsc::Sender<Vec<FeedEvent>>,
    retry: Arc<Notify>,
}

/// Why following stopped.
enum Stop {
    /// The connection or the hub failed.
    Failed(Error),
    /// Nobody reads any more.
    Unread,
}

impl From<SendError<Vec<FeedEvent>>> for Stop {
    fn from(_: SendError<Vec<FeedEvent>>) -> Self {
        Self::Unread
    }
}

impl FeedTask {
    async fn run(mut self) -> Result<(), SendError<Vec<FeedEvent>>> {
        loop {
            let error = match self.follow().await {
                Stop::Failed(error) => error,
                Stop::Unread => return Ok(()),
            };
            let wait = self.backoff.fail();
            let retry_in = (error.repeat() != Repeat::No).then_some(wait);
            // A wish to retry from before this failure is over.
            let _ = self.retry.notified().now_or_never();
            let attempt = self.backoff.attempt();
            self.out.send(vec![FeedEvent::Down { error, attempt, retry_in }]).await?;
            match retry_in {
                Some(wait) => drop(timeout(wait, self.retry.notified()).await),
                None => self.retry.notified().await,
            }
        }
    }

    /// Connects, and hands on what comes until something fails.
    async fn follow(&mut self) -> Stop {
        let line = self.client.new_channel();
        let closed = self.client.closed();
        let follow = async {
            let stop = match self.follow_log(line.clone()).await {
                Err(Stop::Failed(Error::Unsupported(_))) => self.follow_notifications(line).await,
                stop => stop,
            };
            match stop {
                Ok(never) => match never {},
                Err(stop) => stop,
            }
        };
        tokio::select! {
            biased;
            // No reconnection by itself after that (R-CONN-5).
            () = closed.cancelled() => {
                Stop::Failed(Error::Usage("the client was disconnected".into()))
            }
            stop = follow => stop,
        }
    }

    async fn follow_log(&mut self, line: HubChannel) -> Result<Infallible, Stop> {
        let mut operator = OperatorClient::new(line);
        let hello = HelloRequest { org_id: self.client.0.org.to_string() };
        let hello = self.answer(operator.hello(hello)).await?;
        let hello = Hello::try_from(hello).map_err(|error| Stop::Failed(error.into()))?;
        // This connection pings as before. It is not made anew, because bookmarks tell more than pings.
        self.client.is_our_hub(true);
        let mut frames = self.answer(operator.watch(self.cursor.request())).await?;
        let mut hello = Some(hello);
        loop {
            let frame = match timeout(SILENCE, frames.message()).await {
                Ok(Ok(Some(reply))) => reply.frame,
                Ok(Ok(None)) => return Err(self.lost("the hub ended the feed")),
                Ok(Err(status)) => {
                    return Err(Stop::Failed(self.client.fault(CallKind::Read, &status).await));
                }
                Err(_) => return Err(self.lost("nothing was heard for 30 s")),
            };
            let events = self.cursor.accept(frame).map_err(Stop::Failed)?;
            if let Some(hello) = hello.take() {
                // Evidence at last: the line works in both directions.
                self.cursor.answered_by(&hello.log_id).map_err(Stop::Failed)?;
                self.backoff.reset();
                self.out.send(vec![FeedEvent::up(hello)]).await?;
            }
            self.out.send(events).await?;
        }
    }

    /// Without a log (D-FEED): what the server tells our app, as it tells it.
    async fn follow_notifications(&mut self, line: HubChannel) -> Result<Infallible, Stop> {
        self.client.is_our_hub(false);
        // It has just refused `Hello`, so that it is there, and from here on keepalive watches it.
        let opened = self.client.open_stream_on(line, true).await;
        let mut stream = opened.map_err(Stop::Failed)?;
        let had = self.cursor.leave_log();
        self.recent.begin();
        self.out.send(vec![FeedEvent::up(Hello::live_only(self.cursor.place()))]).await?;
        if let Some(after) = had {
            let (next, reason) = (after.next(), GapReason::LiveOnly);
            self.out.send(vec![FeedEvent::Gap { after, next, reason }]).await?;
        }
        // Two consoles of one app take the stream from each other; an answer alone does not mean that the stream will last.
        let mut lasts = pin!(sleep(SILENCE));
        let mut is_new = true;
        loop {
            let request = tokio::select! {
                request = stream.message() => request,
                () = &mut lasts, if is_new => {
                    is_new = false;
                    self.backoff.reset();
                    continue;
                }
            };
            match request {
                Ok(Some(request)) => self.tell(notification::decode(request)).await?,
                Ok(None) => return Err(self.lost("the server ended the notifications")),
                Err(status) => {
                    return Err(Stop::Failed(self.client.fault(CallKind::Read, &status).await));
                }
            }
        }
    }

    async fn tell(&mut self, event: Event) -> Result<(), Stop> {
        if !self.recent.is_news(&event) {
            return Ok(());
        }
        let entry = self.cursor.count(event);
        self.client.0.counted.store(entry.seq.0, Ordering::Relaxed);
        Ok(self.out.send(vec![FeedEvent::Entry(Arc::new(entry))]).await?)
    }

    async fn answer<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Stop> {
        match timeout(ANSWER, call).await {
            Ok(Ok(reply)) => Ok(reply.into_inner()),
            Ok(Err(status)) => Err(Stop::Failed(self.client.fault(CallKind::Read, &status).await)),
            Err(_) => Err(self.lost("no answer within 10 s")),
        }
    }

    fn lost(&self, reason: &str) -> Stop {
        Stop::Failed(CallKind::Read.lost(&self.client.0.name, reason))
    }
}

//! What a call may use and how long it may last: bounds of the transport, a budget for each API key, the
//! deadline of unary calls, and when streams end. Nothing here knows what a call is about.

pub use super::protocol::LARGEST_MESSAGE;
use super::{
    config::Limits,
    protocol,
    status::{stopping, too_much},
};
use futures_util::FutureExt as _;
use std::{
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tonic::{Status, body::Body, codegen::http};
use tower::{Layer, Service};

/// How many calls and streams one connection may have open at once.
pub const STREAMS_PER_CONNECTION: u32 = 64;
/// How many bytes of a reply may wait on each stream until the peer takes them, before the next message is
/// asked for. A message is never cut, so one more may wait, which is why a feed's batches are small too.
pub const UNSENT_BYTES: usize = 64 << 10;
/// How often a quiet peer is asked whether it is alive, and how long it may take to answer.
pub const PING: Duration = Duration::from_secs(20);
/// How long a unary call may take, unless it waits for a lease.
pub const DEADLINE: Duration = Duration::from_secs(30);
/// How many lease calls of one key may wait for their turn at once (R-LIMIT-1).
const WAITS: usize = 16;
/// How long a stream outlives its token (R-TOKEN-2).
const TOKEN_GRACE: Duration = Duration::from_mins(1);

/// What one API key may still use (R-LIMIT-1).
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    writes: Mutex<Bucket>,
    feeds: Option<Arc<Semaphore>>,
    waits: Arc<Semaphore>,
}

/// The right to have one more feed or notification stream open. It goes back to the key's
/// budget when dropped.
#[derive(Debug, Default)]
pub struct FeedPermit {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Budget {
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let feeds = (limits.feeds > 0).then(|| Arc::new(Semaphore::new(limits.feeds as usize)));
        let waits = Arc::new(Semaphore::new(WAITS));
        Self { limits, writes: Mutex::new(Bucket::default()), feeds, waits }
    }
    /// Spends one write, or refuses and says after which wait it would be granted.
    pub fn spend_write(&self) -> Result<(), Status> {
        if self.limits.writes_per_second == 0 {
            return Ok(());
        }
        let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        writes
            .take(Instant::now(), self.limits)
            .map_err(|wait| too_much("this key writes faster than it may; nothing was done", wait))
    }
    /// Takes the right to let one more lease call wait, which ends when the permit is dropped. `None` if
    /// as many wait as may.
    #[must_use]
    pub fn take_wait(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.waits).try_acquire_owned().ok()
    }
    /// Takes the right to open a feed or a notification stream, or refuses if as many are open as may be.
    pub fn take_feed(&self) -> Result<FeedPermit, Status> {
        let Some(feeds) = &self.feeds else { return Ok(FeedPermit::default()) };
        match Arc::clone(feeds).try_acquire_owned() {
            Ok(permit) => Ok(FeedPermit { _permit: Some(permit) }),
            Err(_) => Err(too_much("this key has as many streams open as it may", PING)),
        }
    }
}

/// A leaky bucket: writes fill it, and it empties at the allowed rate. A write that would overfill
/// it is refused.
#[derive(Debug, Default)]
struct Bucket {
    spent: f64,
    at: Option<Instant>,
}

impl Bucket {
    fn take(&mut self, now: Instant, limits: Limits) -> Result<(), Duration> {
        let rate = f64::from(limits.writes_per_second);
        let room = f64::from(limits.burst.max(1));
        let idle = self.at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.spent = (self.spent - idle.as_secs_f64() * rate).max(0.0);
        self.at = Some(now);
        if self.spent + 1.0 > room {
            return Err(Duration::from_secs_f64((self.spent + 1.0 - room) / rate));
        }
        self.spent += 1.0;
        Ok(())
    }
}

/// When the hub ends a stream, and with which status. It is never OK, so that clients know that they
/// have to connect again (R-CONN-1).
#[derive(Clone, Debug)]
pub struct StreamEnd {
    stop: CancellationToken,
    token: Option<Instant>,
    revoked: CancellationToken,
}

impl StreamEnd {
    /// Ends when `stop` is cancelled, or a minute after the token that the stream was opened with has
    /// expired (R-TOKEN-2); with `None` no token ends it.
    #[must_use]
    pub fn new(stop: CancellationToken, token_expires: Option<Instant>) -> Self {
        let revoked = CancellationToken::new();
        Self { stop, token: token_expires.map(|at| at + TOKEN_GRACE), revoked }
    }
    /// Ends too when `revoked` is cancelled, which is when the caller's key is taken away (R-KEY-3).
    #[must_use]
    pub fn or_revoked(self, revoked: CancellationToken) -> Self {
        Self { revoked, ..self }
    }
    /// Waits until the stream has to end, and returns the status to end it with.
    pub async fn wait(&self) -> Status {
        let token = async {
            match self.token {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.stop.cancelled() => stopping(),
            () = self.revoked.cancelled() => revoked(),
            () = token => expired(),
        }
    }
    /// The status to end the stream with, if it has to end now.
    #[must_use]
    pub fn reached(&self) -> Option<Status> {
        // Feeds ask before each frame, so nothing is registered for this.
        if self.stop.is_cancelled() {
            return Some(stopping());
        }
        if self.revoked.is_cancelled() {
            return Some(revoked());
        }
        self.token.filter(|at| *at <= Instant::now()).map(|_| expired())
    }
}

/// What a call or a stream ends with whose key was taken away (R-KEY-3).
#[must_use]
pub fn revoked() -> Status {
    Status::unauthenticated("this API key was revoked")
}

fn expired() -> Status {
    Status::unauthenticated("the auth token of this stream has expired")
}

/// Puts every call under a deadline, turns a panic in a handler into a failure of that call alone, and
/// refuses new calls while the hub stops and what is no good gRPC (`protocol`). The deadline is the hub's
/// or the caller's, whichever is earlier; for streams it holds only until they are open.
#[derive(Clone, Debug)]
pub struct GuardLayer {
    stop: CancellationToken,
    deadline: fn(&str) -> Duration,
}

impl GuardLayer {
    /// `stop` is cancelled when the hub stops, and `deadline` says how long a call to a path may take.
    #[must_use]
    pub fn new(stop: CancellationToken, deadline: fn(&str) -> Duration) -> Self {
        Self { stop, deadline }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;
    fn layer(&self, inner: S) -> Guard<S> {
        Guard { stop: self.stop.clone(), deadline: self.deadline, inner }
    }
}

/// A service behind a [`GuardLayer`].
#[derive(Clone, Debug)]
pub struct Guard<S> {
    stop: CancellationToken,
    deadline: fn(&str) -> Duration,
    inner: S,
}

type GuardedResponse<E> = Pin<Box<dyn Future<Output = Result<http::Response<Body>, E>> + Send>>;

impl<S> Service<http::Request<Body>> for Guard<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = GuardedResponse<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if self.stop.is_cancelled() {
            return Box::pin(std::future::ready(Ok(stopping().into_http())));
        }
        if let Some(refusal) = protocol::refusal(&request) {
            let body = request.into_body();
            return Box::pin(async move { Ok(protocol::after_the_rest(body, refusal).await) });
        }
        let path = request.uri().path().to_owned();
        let (own, ours) = (protocol::timeout(request.headers()), (self.deadline)(&path));
        let deadline = own.map_or(ours, |own| own.min(ours));
        let answer = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        Box::pin(async move {
            match timeout(deadline, answer).await {
                Ok(Ok(answer)) => answer.map(|mut answer| {
                    protocol::mend(&mut answer, &path);
                    answer
                }),
                Ok(Err(_)) => {
                    tracing::error!(path, "a call failed by a fault of the hub");
                    Ok(Status::internal("a fault of the hub; see its log").into_http())
                }
                Err(_) => {
                    if deadline == ours {
                        tracing::warn!(path, "a call took too long");
                    }
                    let message = "no answer in time; a write may or may not have been done";
                    Ok(Status::deadline_exceeded(message).into_http())
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_key_may_burst_and_then_write_at_its_rate() {
        let budget = Budget::new(Limits { writes_per_second: 10, burst: 3, feeds: 1 });
        for _ in 0..3 {
            budget.spend_write().unwrap();
        }
        let refusal = budget.spend_write().unwrap_err();
        assert_eq!(refusal.code(), tonic::Code::ResourceExhausted);
        assert_eq!(refusal.metadata().get("grpc-retry-pushback-ms").unwrap(), "100");

        tokio::time::advance(Duration::from_millis(100)).await;
        budget.spend_write().unwrap();
        assert!(budget.spend_write().is_err());
    }

    #[tokio::test]
    async fn a_place_for_a_feed_is_free_again_when_the_feed_is_gone() {
        let budget = Budget::new(Limits { feeds: 1, ..Limits::NONE });
        let place = budget.take_feed().unwrap();
        assert!(budget.take_feed().is_err());
        drop(place);
        assert!(budget.take_feed().is_ok());
        assert!(Budget::new(Limits::NONE).take_feed().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_outlives_its_token_by_a_minute() {
        let expires = Instant::now() + Duration::from_secs(10);
        let ends = StreamEnd::new(CancellationToken::new(), Some(expires));
        tokio::time::advance(Duration::from_secs(69)).await;
        assert!(ends.reached().is_none());
        assert_eq!(ends.wait().await.code(), tonic::Code::Unauthenticated);
        assert_eq!(Instant::now(), expires + TOKEN_GRACE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_may_ask_for_less_time_than_it_would_get_and_not_for_more() {
        let hang = |_: http::Request<Body>| std::future::pending::<Result<_, Status>>();
        let mut guard =
            GuardLayer::new(CancellationToken::new(), |_| DEADLINE).layer(tower::service_fn(hang));
        for (asked, wait) in [
            ("250m", Duration::from_millis(250)),
            ("2S", Duration::from_secs(2)),
            ("7000000u", Duration::from_secs(7)),
            ("5000000n", Duration::from_millis(5)),
            ("1M", DEADLINE),
            ("99999999H", DEADLINE),
            ("100000000m", DEADLINE),
            ("2", DEADLINE),
            ("s", DEADLINE),
            ("-1S", DEADLINE),
            ("", DEADLINE),
        ] {
            let request = http::Request::builder().header("grpc-timeout", asked);
            let request = request.header("content-type", "application/grpc");
            let began = Instant::now();
            let answer = guard.call(request.body(Body::default()).unwrap()).await.unwrap();
            let code = Status::from_header_map(answer.headers()).map(|status| status.code());
            assert_eq!(code, Some(tonic::Code::DeadlineExceeded), "{asked}");
            assert_eq!(began.elapsed(), wait, "{asked}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_guard_ends_what_hangs_and_keeps_faults_in_their_call() {
        let stop = CancellationToken::new();
        let inner = tower::service_fn(|request: http::Request<Body>| async move {
            match request.uri().path() {
                "/hang" => std::future::pending().await,
                "/fault" => panic!("a fault in a handler"),
                _ => Ok::<_, Status>(http::Response::new(Body::default())),
            }
        });
        let mut guard = GuardLayer::new(stop.clone(), |_| DEADLINE).layer(inner);
        let began = Instant::now();
        let mut code = async |path: &str| {
            let request = http::Request::builder().uri(path);
            let request = request.header("content-type", "application/grpc");
            let request = request.body(Body::default()).unwrap();
            let answer = guard.call(request).await.unwrap();
            Status::from_header_map(answer.headers()).map(|status| status.code())
        };
        assert_eq!(code("/hang").await, Some(tonic::Code::DeadlineExceeded));
        assert_eq!(began.elapsed(), DEADLINE);
        assert_eq!(code("/fault").await, Some(tonic::Code::Internal));
        assert_eq!(code("/fine").await, None);
        stop.cancel();
        assert_eq!(code("/fine").await, Some(tonic::Code::Unavailable));
    }
}

//! How long a call may last and what a connection may hold: bounds of the transport, the deadline of unary calls, and
//! when streams end. Nothing here knows what a call is about.

pub use super::protocol::LARGEST_MESSAGE;
use super::{
    call_class::CallClass,
    load::Load,
    protocol,
    status::{PUSHBACK, stopping, too_much},
};
use futures_util::FutureExt as _;
use std::{
    future::Future,
    ops::RangeInclusive,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, sleep, sleep_until, timeout};
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
/// For how many milliseconds whoever asks too much waits until they hear so (R-LIMIT-1). It is not always the same, so that
/// those who were refused together do not come again together.
const REST: RangeInclusive<u64> = 50..=150;
/// When to try again what a hub does not do that has too much to do (R-LIMIT-5).
const AGAIN: Duration = Duration::from_secs(1);
/// How long a stream outlives its token (R-TOKEN-2).
const TOKEN_GRACE: Duration = Duration::from_mins(1);

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
/// refuses new calls while the hub stops, those for which it has too much to do (`load`), and what is no good gRPC
/// (`protocol`). The deadline is the hub's or the caller's, whichever is earlier. For streams
/// it holds only until they are open.
#[derive(Clone, Debug)]
pub struct GuardLayer {
    stop: CancellationToken,
    load: Arc<Load>,
    deadline: fn(&str) -> Duration,
}

impl GuardLayer {
    /// `stop` is cancelled when the hub stops, `load` is what it has to do, and `deadline` says how long a call to a
    /// path may take.
    #[must_use]
    pub const fn new(
        stop: CancellationToken,
        load: Arc<Load>,
        deadline: fn(&str) -> Duration,
    ) -> Self {
        Self { stop, load, deadline }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;
    fn layer(&self, inner: S) -> Guard<S> {
        let (stop, load) = (self.stop.clone(), Arc::clone(&self.load));
        Guard { stop, load, deadline: self.deadline, inner }
    }
}

/// A service behind a [`GuardLayer`].
#[derive(Clone, Debug)]
pub struct Guard<S> {
    stop: CancellationToken,
    load: Arc<Load>,
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
        if !self.load.admits(CallClass::of(&path)) {
            let refusal = too_much("the hub has too much to do; nothing was done", AGAIN);
            return Box::pin(refused(refusal.into_http()).map(Ok));
        }
        let (own, ours) = (protocol::timeout(request.headers()), (self.deadline)(&path));
        let deadline = own.map_or(ours, |own| own.min(ours));
        let answer = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        Box::pin(async move {
            match timeout(deadline, answer).await {
                Ok(Ok(answer)) => {
                    let mut answer = answer?;
                    protocol::mend(&mut answer, &path);
                    Ok(refused(answer).await)
                }
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

/// The answer, after a rest if it refuses for want of room. Whoever asks again at once would keep the hub busy with
/// nothing but refusals; this way one connection gets so many a second at most as it may have calls open.
async fn refused(answer: http::Response<Body>) -> http::Response<Body> {
    if answer.headers().contains_key(PUSHBACK) {
        sleep(Duration::from_millis(fastrand::u64(REST))).await;
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let mut guard = GuardLayer::new(CancellationToken::new(), Arc::default(), |_| DEADLINE)
            .layer(tower::service_fn(hang));
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
        let mut guard = GuardLayer::new(stop.clone(), Arc::default(), |_| DEADLINE).layer(inner);
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

    #[tokio::test(start_paused = true)]
    async fn r_limit_5_what_is_given_up_is_refused_after_a_rest_and_not_done() {
        let load = Arc::new(Load::default());
        let inner = tower::service_fn(|_: http::Request<Body>| async {
            Ok::<_, Status>(http::Response::new(Body::default()))
        });
        let stop = CancellationToken::new();
        let mut guard = GuardLayer::new(stop, Arc::clone(&load), |_| DEADLINE).layer(inner);
        let mut call = async |method: &str| {
            let began = Instant::now();
            let request =
                http::Request::builder().uri(format!("/switchboard.v1.Operator/{method}"));
            let request = request.header("content-type", "application/grpc");
            let answer = guard.call(request.body(Body::default()).unwrap()).await.unwrap();
            let waited = u64::try_from(began.elapsed().as_millis()).unwrap();
            let status = Status::from_header_map(answer.headers());
            (status.map(|status| status.message().to_owned()), REST.contains(&waited), waited > 0)
        };
        let refused = Some("the hub has too much to do; nothing was done".to_owned());
        load.bear(&[800]);
        assert_eq!(call("Hello").await, (refused.clone(), true, true));
        assert_eq!(call("CountAudience").await, (refused.clone(), true, true));
        assert_eq!(call("Watch").await, (refused, true, true));
        assert_eq!(call("SteerWork").await, (None, false, false));
        assert_eq!(call("Status").await, (None, false, false));
        load.bear(&[0]);
        assert_eq!(call("Watch").await, (None, false, false));
    }
}

//! Watches every call from outside of all other layers: how long it took and how it ended, for `metrics` and for the hub's
//! own log (R-SEE-1, R-SEE-2).
//!
//! A call is a line at `debug`, with who made it and nothing of what was said. What is refused for want of a right or
//! of room is counted, and the counts are a line every ten seconds at most, so that whoever is refused cannot fill
//! the log. Only methods that the hub has are told apart, because the path of a call is its caller's to choose.

use super::{
    auth::CallNote,
    call_class::methods,
    clock,
    engine::Hub,
    measures::{Histogram, HistogramReading, SECONDS},
    pace::Pace,
    status::PUSHBACK,
};
use http_body::{Frame, SizeHint};
use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};
use tonic::{Code, Status, body::Body, codegen::http};
use tower::{Layer, Service};

/// How often a line says how many calls were refused, at most.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// How many codes gRPC has.
const CODES: usize = 17;
/// The method of a call that is none of the hub's.
const UNKNOWN: &str = "unknown";
/// What is counted for the hub's log, in the words for it.
const REFUSALS: [(Code, &str); 3] = [
    (Code::Unauthenticated, "unauthenticated"),
    (Code::PermissionDenied, "permission denied"),
    (Code::ResourceExhausted, "resource exhausted"),
];

/// What all calls have in common. It is cheap to clone.
#[derive(Clone)]
pub struct CallCounts(Arc<CallCountsInner>);

struct CallCountsInner {
    hub: Hub,
    /// Where each method is in `methods`. The first of those is for all that are not known.
    places: HashMap<String, usize>,
    methods: Vec<MethodCalls>,
    refused: [AtomicU64; REFUSALS.len()],
    news: Notify,
}

/// What is counted of one method.
struct MethodCalls {
    path: String,
    ended: [AtomicU64; CODES],
    open: AtomicU64,
    times: Histogram<12>,
}

/// The calls of one method as they were read.
pub struct MethodReading<'a> {
    /// Its path, such as `/switchboard.v1.Operator/Hello`.
    pub path: &'a str,
    /// How many ended with each code.
    pub ended: Vec<(Code, u64)>,
    /// How many are open.
    pub open: u64,
    /// How long it took until each answer began.
    pub times: HistogramReading,
}

impl CallCounts {
    #[must_use]
    pub fn new(hub: &Hub) -> Self {
        let paths = std::iter::once(UNKNOWN.to_owned()).chain(methods().map(|(path, _)| path));
        let methods: Vec<_> = paths
            .map(|path| MethodCalls {
                path,
                ended: [const { AtomicU64::new(0) }; CODES],
                open: AtomicU64::new(0),
                times: Histogram::new(SECONDS),
            })
            .collect();
        let places = methods.iter().enumerate().map(|(n, of)| (of.path.clone(), n)).collect();
        let (hub, news) = (hub.clone(), Notify::new());
        Self(Arc::new(CallCountsInner { hub, places, methods, refused: Default::default(), news }))
    }

    /// What was counted of each method that was ever called.
    pub fn read(&self) -> impl Iterator<Item = MethodReading<'_>> {
        let all = self.0.methods.iter().map(|method| {
            let codes = method.ended.iter().enumerate().filter_map(|(n, count)| {
                let (code, count) = (i32::try_from(n).ok()?, count.load(Relaxed));
                (count > 0).then_some((Code::from_i32(code), count))
            });
            MethodReading {
                path: &method.path,
                ended: codes.collect(),
                open: method.open.load(Relaxed),
                times: method.times.read(),
            }
        });
        all.filter(|method| method.open > 0 || !method.ended.is_empty())
    }

    /// Says how many calls were refused, at once and then every ten seconds at most. Never ends.
    pub async fn report_refused(self, mut say: impl FnMut(&str)) {
        let mut pace = Pace::every(TELL_EVERY);
        loop {
            self.0.news.notified().await;
            pace.turn().await;
            let refused = REFUSALS.iter().zip(&self.0.refused).filter_map(|((_, word), count)| {
                let count = count.swap(0, Relaxed);
                (count > 0).then(|| format!("{count} {word}"))
            });
            let refused: Vec<_> = refused.collect();
            if !refused.is_empty() {
                say(&format!("calls were refused: {}", refused.join(", ")));
            }
        }
    }

    fn begin(&self, path: &str) -> WatchedCall {
        let method = self.0.places.get(path).copied().unwrap_or_default();
        self.0.methods[method].open.fetch_add(1, Relaxed);
        let (calls, note, code) = (self.clone(), CallNote::default(), None);
        WatchedCall { calls, method, note, code, is_paced: false, began: Instant::now() }
    }
}

/// A call until it has ended, which is when this is dropped.
struct WatchedCall {
    calls: CallCounts,
    method: usize,
    note: CallNote,
    /// How it ended; `None` if its caller is gone before it has.
    code: Option<Code>,
    /// Whether its caller is told to wait, because too much is asked.
    is_paced: bool,
    began: Instant,
}

impl WatchedCall {
    fn method(&self) -> &MethodCalls {
        &self.calls.0.methods[self.method]
    }

    /// The answer begins.
    fn answered(&mut self, response: &http::Response<Body>) {
        self.method().times.took(self.began.elapsed());
        if response.status() == http::StatusCode::OK {
            self.heard(response.headers());
        } else {
            self.code = Some(Code::Unknown);
        }
    }

    fn heard(&mut self, headers: &http::HeaderMap) {
        if let Some(status) = Status::from_header_map(headers) {
            self.code = Some(status.code());
            self.is_paced = status.metadata().contains_key(PUSHBACK);
        }
    }
}

impl Drop for WatchedCall {
    fn drop(&mut self) {
        let code = self.code.unwrap_or(Code::Cancelled);
        let method = self.method();
        method.open.fetch_sub(1, Relaxed);
        method.ended[(code as usize).min(CODES - 1)].fetch_add(1, Relaxed);
        if let Some(refused) = REFUSALS.iter().position(|(of, _)| *of == code) {
            self.calls.0.refused[refused].fetch_add(1, Relaxed);
            self.calls.0.news.notify_one();
            if self.is_paced {
                self.calls.0.hub.measures().exhausted.note(self.note.org(), clock::now());
            }
        }
        let (org, app, key) = (self.note.org(), self.note.app(), self.note.label());
        tracing::debug!(
            method = method.path,
            org = org.map(tracing::field::display),
            app = app.map(tracing::field::display),
            key,
            code = ?code,
            ms = self.began.elapsed().as_secs_f64() * 1e3,
            "call"
        );
    }
}

/// Puts the watch before a service.
pub struct CallsLayer(CallCounts);

impl CallsLayer {
    #[must_use]
    pub const fn new(calls: CallCounts) -> Self {
        Self(calls)
    }
}

impl<S> Layer<S> for CallsLayer {
    type Service = CountedService<S>;
    fn layer(&self, inner: S) -> CountedService<S> {
        CountedService { calls: self.0.clone(), inner }
    }
}

/// A service behind a [`CallsLayer`].
#[derive(Clone)]
pub struct CountedService<S> {
    calls: CallCounts,
    inner: S,
}

type WatchedResponse<E> = Pin<Box<dyn Future<Output = Result<http::Response<Body>, E>> + Send>>;

impl<S> Service<http::Request<Body>> for CountedService<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = WatchedResponse<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let mut call = self.calls.begin(request.uri().path());
        request.extensions_mut().insert(call.note.clone());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let response = answer.await?;
            call.answered(&response);
            if call.code.is_some() {
                return Ok(response);
            }
            Ok(response.map(|body| Body::new(WatchedBody { body, call })))
        })
    }
}

/// The body of an answer, whose trailers say how the call ended.
struct WatchedBody {
    body: Body,
    call: WatchedCall,
}

impl http_body::Body for WatchedBody {
    type Data = bytes::Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.call.heard(trailers);
                }
            }
            Some(Err(status)) => self.call.code = Some(status.code()),
            None => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

//! Serves HTTP on connections, from the network or from memory, until the hub stops. It is HTTP/2 for
//! gRPC, and HTTP/1 too for pages in browsers and for people (`web`).
//!
//! tonic has a server of its own, which does not let anyone say how much of a reply may wait to be sent on
//! a stream. HTTP/2's flow control does not say it either: the window is the client's to choose, and one
//! that announces 2 GiB and never reads would have the hub keep whatever is made for it. So hyper, which
//! is below tonic, is used directly. Who may call what, and for how long, is decided behind it.

use super::{
    auth::KeySeats,
    limits::{PING, STREAMS_PER_CONNECTION, UNSENT_BYTES},
    protocol::HEADERS_READ,
};
use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt as _};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use std::{
    convert::Infallible,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tonic::{body::Body, codegen::http, transport::server::Connected};
use tower::{BoxError, Service, ServiceExt as _};

/// Serves every connection that arrives, once it has: one that does not get that far is `None`. `open` counts those that are
/// open. When `stop` is cancelled, no more are taken, and this returns once the calls on all of them have ended. Dropping the future cuts them off.
pub async fn serve<S, F, IO>(
    service: S,
    mut incoming: impl Stream<Item = F> + Unpin,
    stop: CancellationToken,
    open: Arc<AtomicU64>,
) where
    F: Future<Output = Option<IO>> + Send + 'static,
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
    IO: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = incoming.next() => {
                let Some(arriving) = accepted else { break };
                let (service, stop, open) = (service.clone(), stop.clone(), Arc::clone(&open));
                connections.spawn(async move {
                    if let Some(io) = arriving.await {
                        let _counted = Counted::new(open);
                        serve_one(service, io, stop).await;
                    }
                });
            }
        }
    }
    // The port is free while the last calls end, so that whoever connects now is told at once.
    drop(incoming);
    while connections.join_next().await.is_some() {}
}

/// Counts a connection for as long as this lives.
struct Counted(Arc<AtomicU64>);

impl Counted {
    fn new(open: Arc<AtomicU64>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(open)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn serve_one<S, IO>(service: S, io: IO, stop: CancellationToken)
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
    IO: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    let (info, keys) = (io.connect_info(), KeySeats::default());
    let service = service.map_request(move |request| from_connection(request, &info, &keys));
    // Connections have no maximal age, because streams must not end without a status (R-CONN-1).
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).max_buf_size(UNSENT_BYTES);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .max_header_list_size(HEADERS_READ)
        .max_send_buf_size(UNSENT_BYTES)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    let served = http.serve_connection(TokioIo::new(io), TowerToHyperService::new(service));
    let mut served = pin!(served);
    let ended = tokio::select! {
        ended = &mut served => ended,
        () = stop.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended: {error}");
    }
}

/// Notes in a request which connection it came on, and makes its body the one that tonic reads.
fn from_connection<B, I>(
    mut request: http::Request<B>,
    info: &I,
    keys: &KeySeats,
) -> http::Request<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    I: Clone + Send + Sync + 'static,
{
    request.extensions_mut().insert(info.clone());
    request.extensions_mut().insert(keys.clone());
    request.map(Body::new)
}

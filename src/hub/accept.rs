//! Accepts connections from the network, with TLS if the hub has a certificate, and ends those that never send the
//! greeting of HTTP/2.
//!
//! A peer has 10 seconds for TLS and the greeting together (R-TLS-3); from then on the pings of HTTP/2 notice a peer that is gone.
//! Without this limit, peers that connect and say nothing would hold their connections for ever. HTTP/1
//! has no pings, so a browser that is gone is noticed by those of TCP. Who may call what is decided
//! later, in `auth`.

use super::{limits::PING, load::Load, tls::Certificates};
use futures_util::stream::{self, Stream};
use socket2::{SockRef, TcpKeepalive};
use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::sleep,
};
use tokio_rustls::server::TlsStream;
use tokio_util::{either::Either, sync::CancellationToken};
use tonic::transport::server::{Connected, TcpConnectInfo};

/// The length of the client's connection preface in bytes (RFC 9113, section 3.4).
const GREETING: usize = 24;
/// How long a peer may take for TLS and to send the greeting.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait when no connection can be accepted because too many files are open. Trying again
/// at once would only keep a processor busy.
const REST: Duration = Duration::from_millis(100);

/// How many connections may be open at once, however many files the system allows.
const MOST_OPEN: usize = 20_000;
/// How many peers may be in the middle of the TLS handshake at once. Further ones wait in the system's queue, so that
/// a crowd cannot keep all processors busy with it.
const HANDSHAKES: usize = 256;

/// Completes when a peer should have greeted, or when the hub stops.
type Patience = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The connections that arrive, each as a future that shakes hands if there is TLS, and is `None` if that fails. Whoever
/// takes them runs each in a task of its own, so that nobody waits for a peer that is slow. The stream never ends;
/// connections that have not greeted yet end when `stop` is cancelled, so that a hub that stops does not wait for them.
pub fn incoming(
    listener: TcpListener,
    tls: Option<Arc<Certificates>>,
    load: Arc<Load>,
    stop: CancellationToken,
) -> impl Stream<Item = impl Future<Output = Option<IncomingConnection>> + Send + 'static> {
    let places = tls.is_some().then(|| Arc::new(Semaphore::new(HANDSHAKES)));
    let seats = Arc::new(Semaphore::new(most_open()));
    let all = (listener, tls, places, seats, load, stop);
    stream::unfold(all, |(listener, tls, places, seats, load, stop)| async move {
        let place = match &places {
            Some(places) => Arc::clone(places).acquire_owned().await.ok(),
            None => None,
        };
        // Whoever connects meanwhile waits in the system's queue.
        let seat = Arc::clone(&seats).acquire_owned().await.ok();
        load.connection_turn().await;
        let (tcp, _) = accepted(|| listener.accept()).await;
        // Without TCP_NODELAY the connection works too, only slower.
        let _ = tcp.set_nodelay(true);
        watch(&tcp);
        let (until, tls_here) = (patience(stop.clone()), tls.clone());
        let arriving = async move {
            let connection = IncomingConnection::arrive(tcp, tls_here, until).await;
            drop(place);
            connection.map(|connection| IncomingConnection { _seat: seat, ..connection })
        };
        Some((arriving, (listener, tls, places, seats, load, stop)))
    })
}

/// How many connections may be open at once: three quarters of the files that the system lets the process have, because the
/// log and the index are files too.
fn most_open() -> usize {
    #[cfg(unix)]
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let files = None;
    files.map_or(MOST_OPEN, |files: u64| {
        MOST_OPEN.min(usize::try_from(files / 4 * 3).unwrap_or(MOST_OPEN))
    })
}

fn patience(stop: CancellationToken) -> Patience {
    Box::pin(async move {
        tokio::select! {
            () = sleep(PATIENCE) => {}
            () = stop.cancelled() => {}
        }
    })
}

/// Has the system end a connection whose peer is gone, within as long as HTTP/2 takes for it: `PING` of quiet
/// and `PING` without an answer. A system that cannot do it leaves it to HTTP/2.
fn watch(tcp: &TcpStream) {
    let socket = SockRef::from(tcp);
    let pings = TcpKeepalive::new().with_time(PING).with_interval(PING / 4).with_retries(4);
    let _ = socket.set_tcp_keepalive(&pings);
    // While bytes are on their way, TCP sends those again instead of its pings, and for much longer.
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(2 * PING));
}

/// Takes everyone who connects, so many at once at most, each in a task of its own, until it is dropped. Those beyond wait
/// in the system's queue.
pub async fn serve_each<S>(listener: TcpListener, most: usize, serve: impl Fn(TcpStream) -> S)
where
    S: Future<Output = ()> + Send + 'static,
{
    let (mut connections, seats) = (JoinSet::new(), Arc::new(Semaphore::new(most)));
    loop {
        let Ok(seat) = Arc::clone(&seats).acquire_owned().await else { return };
        let (tcp, _) = accepted(|| listener.accept()).await;
        while connections.try_join_next().is_some() {}
        let serving = serve(tcp);
        connections.spawn(async move {
            serving.await;
            drop(seat);
        });
    }
}

/// Accepts the next connection, and tries again after a rest for as long as it takes.
async fn accepted<T, A>(accept: impl Fn() -> A) -> T
where
    A: Future<Output = io::Result<T>>,
{
    let mut warned = false;
    loop {
        match accept().await {
            Ok(connection) => return connection,
            // The peer was gone before we accepted it. The next one may be fine.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                if !warned {
                    tracing::warn!(%error, "no connection can be accepted now");
                }
                warned = true;
                sleep(REST).await;
            }
        }
    }
}

/// A connection from the network that has to greet in time.
pub struct IncomingConnection {
    io: Either<TcpStream, TlsStream<TcpStream>>,
    from: TcpConnectInfo,
    /// How many bytes of the greeting are still missing.
    missing: usize,
    /// Completes when the greeting should have come; `None` once it has.
    patience: Option<Patience>,
    /// One of the connections that the hub may have open.
    _seat: Option<OwnedSemaphorePermit>,
}

impl IncomingConnection {
    /// Shakes hands if there is TLS. `None` if that fails, or is not done in time.
    async fn arrive(
        tcp: TcpStream,
        tls: Option<Arc<Certificates>>,
        mut patience: Patience,
    ) -> Option<Self> {
        let from = tcp.connect_info();
        let io = match tls {
            None => Either::Left(tcp),
            Some(tls) => tokio::select! {
                shaken = tls.accept(tcp) => Either::Right(shaken.ok()?),
                () = &mut patience => return None,
            },
        };
        Some(Self { io, from, missing: GREETING, patience: Some(patience), _seat: None })
    }
}

impl AsyncRead for IncomingConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.io).poll_read(cx, buf) {
            self.missing = self.missing.saturating_sub(buf.filled().len() - before);
            if self.missing == 0 {
                self.patience = None;
            }
            return Poll::Ready(read);
        }
        let Some(patience) = &mut self.patience else { return Poll::Pending };
        ready!(patience.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer did not greet")))
    }
}

impl AsyncWrite for IncomingConnection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl Connected for IncomingConnection {
    type ConnectInfo = TcpConnectInfo;
    fn connect_info(&self) -> TcpConnectInfo {
        self.from.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::tls;
    use futures_util::StreamExt as _;
    use std::cell::Cell;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        time::Instant,
    };

    /// A peer, and the connection it is to us.
    async fn pair(stop: &CancellationToken) -> (TcpStream, IncomingConnection) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let arriving =
            Box::pin(incoming(listener, None, Arc::default(), stop.clone())).next().await.unwrap();
        (peer, arriving.await.unwrap())
    }

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn the_system_is_asked_to_notice_who_is_gone_within_40_s() {
        let (_peer, connection) = pair(&CancellationToken::new()).await;
        let Either::Left(tcp) = &connection.io else { panic!("there is no TLS") };
        let socket = SockRef::from(tcp);
        assert!(socket.keepalive().unwrap());
        let (quiet, each) = (socket.tcp_keepalive_time(), socket.tcp_keepalive_interval());
        let tries = socket.tcp_keepalive_retries().unwrap();
        let whole = quiet.unwrap() + each.unwrap() * tries;
        assert_eq!((whole, socket.tcp_user_timeout().unwrap()), (2 * PING, Some(2 * PING)));
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_greet_is_put_out_and_a_little_at_a_time_is_no_greeting() {
        let (mut peer, mut connection) = pair(&CancellationToken::new()).await;
        let came = Instant::now();
        peer.write_all(&[b'P'; GREETING - 1]).await.unwrap();
        connection.read_exact(&mut [0; GREETING - 1]).await.unwrap();
        let end = connection.read(&mut [0; 1]).await.unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::TimedOut);
        assert!(came.elapsed() >= PATIENCE && came.elapsed() < 2 * PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_greeted_may_be_silent() {
        let (mut peer, mut connection) = pair(&CancellationToken::new()).await;
        peer.write_all(&[b'P'; GREETING]).await.unwrap();
        connection.read_exact(&mut [0; GREETING]).await.unwrap();
        let silent = tokio::time::timeout(10 * PATIENCE, connection.read(&mut [0; 1])).await;
        assert!(silent.is_err(), "{silent:?}");
    }

    #[tokio::test]
    async fn a_hub_that_stops_does_not_wait_for_a_greeting() {
        let stop = CancellationToken::new();
        let (_peer, mut connection) = pair(&stop).await;
        stop.cancel();
        assert!(connection.read(&mut [0; 1]).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn r_tls_3_who_does_not_shake_hands_is_put_out_and_is_in_nobody_s_way() {
        let (_folder, files, _) = tls::tests::certified();
        let tls = Some(Certificates::open(files, &[tls::HTTP2]).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut arrivals =
            Box::pin(incoming(listener, tls, Arc::default(), CancellationToken::new()));
        let mut peer = async || {
            let peer = TcpStream::connect(addr).await.unwrap();
            (peer, arrivals.next().await.unwrap())
        };
        let (_silent, silence) = peer().await;
        let (mut plain, speech) = peer().await;
        plain.write_all(b"GET / HTTP/1.1\r\nhost: hub\r\n\r\n").await.unwrap();
        assert!(speech.await.is_none(), "it speaks no TLS");
        let came = Instant::now();
        assert!(silence.await.is_none());
        assert!(came.elapsed() >= PATIENCE / 2 && came.elapsed() < 2 * PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn without_free_files_it_rests_between_tries() {
        let (began, tries) = (Instant::now(), Cell::new(0_u32));
        let accept = || {
            tries.set(tries.get() + 1);
            // 24 is EMFILE, which means that too many files are open.
            std::future::ready(if tries.get() > 3 {
                Ok(7)
            } else {
                Err(io::Error::from_raw_os_error(24))
            })
        };
        assert_eq!(accepted(accept).await, 7);
        assert!(began.elapsed() >= 3 * REST, "{tries:?} tries in {:?}", began.elapsed());
    }
}

//! The door to the network: lets connections in, and puts those out that do not say hello.
//!
//! A peer has a while to send the greeting of HTTP/2; from then on the pings of HTTP/2 notice who
//! is gone. Without the first, peers that connect and say nothing would hold their connections for
//! ever. Who may call what is decided later (`auth`).

use futures_util::stream::{self, Stream};
use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tonic::transport::server::{Connected, TcpConnectInfo};

/// The bytes of the client's connection preface (RFC 9113, 3.4).
const GREETING: usize = 24;
/// How long a peer may take to send them.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to leave connections waiting when none can be accepted: too many files are open, and
/// trying again at once would only keep a processor busy.
const REST: Duration = Duration::from_millis(100);

/// The connections that arrive; never ends. Those that have not greeted end with `stop`.
pub fn guests(
    listener: TcpListener,
    stop: CancellationToken,
) -> impl Stream<Item = io::Result<Guest>> {
    stream::unfold((listener, stop), |(listener, stop)| async move {
        let (tcp, _) = accepted(|| listener.accept()).await;
        // Only slower without it.
        let _ = tcp.set_nodelay(true);
        Some((Ok(Guest::new(tcp, stop.clone())), (listener, stop)))
    })
}

/// The next connection, after as many rests as it takes.
async fn accepted<T, A>(accept: impl Fn() -> A) -> T
where
    A: Future<Output = io::Result<T>>,
{
    let mut told = false;
    loop {
        match accept().await {
            Ok(connection) => return connection,
            // Gone before we came to it: that one only.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                if !told {
                    tracing::warn!(%error, "no connection can be accepted now");
                }
                told = true;
                sleep(REST).await;
            }
        }
    }
}

/// A connection from the network.
pub struct Guest {
    tcp: TcpStream,
    /// What is still missing of the greeting.
    missing: usize,
    /// Ends when the greeting should have come; `None` once it has.
    patience: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Guest {
    fn new(tcp: TcpStream, stop: CancellationToken) -> Self {
        let patience = Box::pin(async move {
            tokio::select! {
                () = sleep(PATIENCE) => {}
                () = stop.cancelled() => {}
            }
        });
        Self { tcp, missing: GREETING, patience: Some(patience) }
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.tcp).poll_read(cx, buf) {
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

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs)
    }
    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

impl Connected for Guest {
    type ConnectInfo = TcpConnectInfo;
    fn connect_info(&self) -> TcpConnectInfo {
        self.tcp.connect_info()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;
    use std::cell::Cell;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        time::Instant,
    };

    /// A peer, and the guest it is to us.
    async fn pair(stop: &CancellationToken) -> (TcpStream, Guest) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let guest = Box::pin(guests(listener, stop.clone())).next().await.unwrap().unwrap();
        (peer, guest)
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_greet_is_put_out_and_a_little_at_a_time_is_no_greeting() {
        let (mut peer, mut guest) = pair(&CancellationToken::new()).await;
        let came = Instant::now();
        peer.write_all(&[b'P'; GREETING - 1]).await.unwrap();
        guest.read_exact(&mut [0; GREETING - 1]).await.unwrap();
        let end = guest.read(&mut [0; 1]).await.unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::TimedOut);
        assert!(came.elapsed() >= PATIENCE && came.elapsed() < 2 * PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_greeted_may_be_silent() {
        let (mut peer, mut guest) = pair(&CancellationToken::new()).await;
        peer.write_all(&[b'P'; GREETING]).await.unwrap();
        guest.read_exact(&mut [0; GREETING]).await.unwrap();
        let silent = tokio::time::timeout(10 * PATIENCE, guest.read(&mut [0; 1])).await;
        assert!(silent.is_err(), "{silent:?}");
    }

    #[tokio::test]
    async fn a_hub_that_stops_does_not_wait_for_a_greeting() {
        let stop = CancellationToken::new();
        let (_peer, mut guest) = pair(&stop).await;
        stop.cancel();
        assert!(guest.read(&mut [0; 1]).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn without_free_files_it_rests_between_tries() {
        let (began, tries) = (Instant::now(), Cell::new(0_u32));
        let accept = || {
            tries.set(tries.get() + 1);
            // EMFILE: too many open files.
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

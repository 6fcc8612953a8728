//! Makes the connections of a client: TCP with TLS where the address says `https`, or a pipe to a hub in
//! the same process.
//!
//! TLS is set up here and not by tonic, because of one frame: a server that is pinged too often says so in a
//! GOAWAY (gRFC A8) and hangs up, and the streams that break by it only hear that the connection is gone. So
//! what comes out of TLS is looked at on its way to tonic.

use super::{
    Error,
    error::handshake_refusal,
    options::{TlsOptions, address},
    pings::{self, Pings},
};
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use std::{
    fmt,
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf},
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore, crypto,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    },
};
use tonic::{
    codegen::{StdError, http::Uri},
    transport::{Channel, Endpoint as Transport},
};
use tower::Service as _;

/// How long TCP and TLS may take together.
const CONNECT: Duration = Duration::from_secs(10);
/// How many calls are under way at once on a connection; further ones wait for their turn. A server says how many
/// it takes only after the connection has begun, and refuses those above it that came earlier.
const CALLS_AT_ONCE: usize = 64;
/// What both sides call HTTP/2 while they agree on a protocol (RFC 9113, section 3.1).
const HTTP2: &[u8] = b"h2";

/// How a client connects.
pub(super) enum Dial {
    Network { transport: Transport, uri: Uri, tls: Option<Tls> },
    Local(Transport, Arc<dyn Fn() -> DuplexStream + Send + Sync>),
}

#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
    refusal: Arc<HandshakeRefusal>,
    shown: Arc<Mutex<Option<Vec<u8>>>>,
}

/// Why the server ended a connection after our side of the handshake was done, until an error tells of it. With TLS 1.3 a
/// server looks at our certificate only then, and HTTP/2 hands on no more than that the connection broke.
#[derive(Debug, Default)]
struct HandshakeRefusal(Mutex<Option<&'static str>>);

impl HandshakeRefusal {
    fn note(&self, why: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }
    fn take(&self) -> Option<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A server that speaks TLS, but not HTTP/2 in it.
#[derive(Debug)]
pub(super) struct WithoutHttp2;

impl fmt::Display for WithoutHttp2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it does not speak HTTP/2")
    }
}

impl std::error::Error for WithoutHttp2 {}

impl Dial {
    /// Over the network.
    pub(super) fn network(text: &str, insecure: bool, tls: &TlsOptions) -> Result<Self, Error> {
        let uri = address(text, insecure)?;
        if uri.scheme_str() != Some("https") {
            return Ok(Self::Network {
                transport: tuned(Transport::from(uri.clone())),
                uri,
                tls: None,
            });
        }
        let unusable = |why: String| Error::Usage(format!("the endpoint cannot be used: {why}"));
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(|error| unusable(error.to_string()))?;
        let mut config = tls_config(tls).map_err(Error::Usage)?;
        config.alpn_protocols = vec![HTTP2.to_vec()];
        let connector = TlsConnector::from(Arc::new(config));
        let tls = Tls { connector, name, refusal: Arc::default(), shown: Arc::default() };
        // tonic would make TLS itself for an address with `https`; requests name the real one.
        let transport = Transport::from_static("http://tls.is.made.here").origin(uri.clone());
        Ok(Self::Network { transport: tuned(transport), uri, tls: Some(tls) })
    }

    /// Over pipes in this process.
    pub(super) fn local(make: Arc<dyn Fn() -> DuplexStream + Send + Sync>) -> Self {
        Self::Local(tuned(Transport::from_static("http://switchboard.local")), make)
    }

    /// A connection, which is made when it is first used and made again after it broke.
    pub(super) fn channel(&self, pings: &Arc<Pings>) -> Channel {
        let (every, pings) = (pings.interval(), pings.clone());
        match self {
            Self::Network { transport, uri, tls } => {
                let (uri, tls) = (uri.clone(), tls.clone());
                let mut http = HttpConnector::new();
                http.enforce_http(false);
                http.set_nodelay(true);
                http.set_connect_timeout(Some(CONNECT));
                let connect = tower::service_fn(move |_| {
                    let tcp = http.call(uri.clone());
                    let (tls, pings) = (tls.clone(), pings.clone());
                    async move {
                        let connected = async {
                            let tcp = tcp.await?.into_inner();
                            let (io, refusal) = match tls {
                                Some(tls) => {
                                    let refusal = tls.refusal.clone();
                                    (tls.over(tcp).await?, Some(refusal))
                                }
                                None => (Box::new(tcp) as Box<dyn Connection>, None),
                            };
                            Ok::<_, StdError>(Overheard::new(io, pings, refusal))
                        };
                        let late =
                            |_| io::Error::new(io::ErrorKind::TimedOut, "no answer within 10 s");
                        let io = timeout(CONNECT, connected).await.map_err(late)??;
                        Ok::<_, StdError>(TokioIo::new(io))
                    }
                });
                transport
                    .clone()
                    .http2_keep_alive_interval(every)
                    .connect_with_connector_lazy(connect)
            }
            Self::Local(transport, make) => {
                let make = make.clone();
                let connect = tower::service_fn(move |_| {
                    let io = TokioIo::new(Overheard::new(make(), pings.clone(), None));
                    async move { Ok::<_, io::Error>(io) }
                });
                transport
                    .clone()
                    .http2_keep_alive_interval(every)
                    .connect_with_connector_lazy(connect)
            }
        }
    }

    /// Why the server ended a connection after the handshake, if that was not asked since.
    pub(super) fn refused(&self) -> Option<&'static str> {
        let Self::Network { tls: Some(tls), .. } = self else { return None };
        tls.refusal.take()
    }

    /// The certificate that the server showed last, in DER.
    pub(super) fn certificate(&self) -> Option<Vec<u8>> {
        let Self::Network { tls: Some(tls), .. } = self else { return None };
        tls.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Host and port, if nothing is between us and what answers there in the clear.
    pub(super) fn plain_host(&self) -> Option<(&str, u16)> {
        let Self::Network { uri, tls: None, .. } = self else { return None };
        Some((uri.host()?, uri.port_u16().unwrap_or(80)))
    }
}

/// How TLS is spoken. The error is a sentence for whoever gave the files.
fn tls_config(tls: &TlsOptions) -> Result<ClientConfig, String> {
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .with_root_certificates(match &tls.ca {
            Some(ca) => roots(ca)?,
            None => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
        });
    let Some(identity) = &tls.identity else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates("certificate of this client", &identity.cert)?;
    let key = PrivateKeyDer::from_pem_slice(identity.key.expose().as_bytes())
        .map_err(|error| format!("the key of this client's certificate is no PEM: {error}"))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|error| format!("the certificate of this client and its key do not fit: {error}"))
}

fn roots(ca: &str) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("certificate of the authority", ca)? {
        roots
            .add(certificate)
            .map_err(|error| format!("the certificate of the authority cannot be used: {error}"))?;
    }
    Ok(roots)
}

/// The certificates in a text, at least one; `what` is what they are to be.
fn certificates(what: &str, text: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match found {
        Ok(found) if found.is_empty() => Err(format!(
            "the {what} is not there: a file in PEM has `-----BEGIN CERTIFICATE-----` in it"
        )),
        Ok(found) => Ok(found),
        Err(error) => Err(format!("the {what} is damaged: {error}")),
    }
}

impl Tls {
    async fn over(self, tcp: tokio::net::TcpStream) -> Result<Box<dyn Connection>, StdError> {
        let stream = self.connector.connect(self.name, tcp).await?;
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = shown.map(|der| der.to_vec());
        if stream.get_ref().1.alpn_protocol() != Some(HTTP2) {
            return Err(WithoutHttp2.into());
        }
        Ok(Box::new(stream))
    }
}

/// The windows keep a feed that nobody reads from holding up the calls on a shared connection.
fn tuned(transport: Transport) -> Transport {
    transport
        .concurrency_limit(CALLS_AT_ONCE)
        .keep_alive_timeout(pings::OURS)
        // Pings go out only while calls or streams are open.
        .keep_alive_while_idle(false)
        .initial_stream_window_size(1024 * 1024)
        .initial_connection_window_size(4 * 1024 * 1024)
}

trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// A connection whose server is listened to, for a complaint about pings and for a refusal of our certificate.
struct Overheard<T> {
    io: T,
    frames: FrameScan,
    pings: Arc<Pings>,
    refusal: Option<Arc<HandshakeRefusal>>,
}

impl<T> Overheard<T> {
    fn new(io: T, pings: Arc<Pings>, refusal: Option<Arc<HandshakeRefusal>>) -> Self {
        Self { io, frames: FrameScan::default(), pings, refusal }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Overheard<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut self.io).poll_read(cx, buf));
        if let (Some(refusal), Err(error)) = (&self.refusal, &read)
            && let Some(why) = handshake_refusal(error)
        {
            refusal.note(why);
        }
        if self.frames.have_complaint(&buf.filled()[before..]) {
            self.pings.were_too_many();
        }
        Poll::Ready(read)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Overheard<T> {
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

/// Follows the frames that a server sends, for those of type GOAWAY (RFC 9113, sections 4.1 and 6.8).
#[derive(Default)]
struct FrameScan {
    /// The head of the frame that is read now, and of a GOAWAY its first fields.
    head: Vec<u8>,
    /// How many bytes of the frame are of no interest.
    skip: usize,
}

const HEAD: usize = 9;
const FIELDS: usize = 8;
const GOAWAY: u8 = 7;

impl FrameScan {
    /// Whether these bytes complete a GOAWAY with `ENHANCE_YOUR_CALM`. What servers of gRPC mean by it is that they
    /// were pinged too often.
    fn have_complaint(&mut self, mut bytes: &[u8]) -> bool {
        let mut found = false;
        while !bytes.is_empty() {
            let wanted = if self.head.len() < HEAD { HEAD } else { HEAD + FIELDS };
            let taken = if self.skip > 0 { self.skip } else { wanted - self.head.len() };
            let (now, rest) = bytes.split_at(taken.min(bytes.len()));
            bytes = rest;
            if self.skip > 0 {
                self.skip -= now.len();
                continue;
            }
            self.head.extend_from_slice(now);
            let [a, b, c, kind, ..] = self.head[..] else { continue };
            let length = u32::from_be_bytes([0, a, b, c]) as usize;
            if self.head.len() == HEAD && (kind != GOAWAY || length < FIELDS) {
                self.skip = length;
                self.head.clear();
            } else if self.head.len() == HEAD + FIELDS {
                found |=
                    self.head.ends_with(&u32::from(h2::Reason::ENHANCE_YOUR_CALM).to_be_bytes());
                self.skip = length - FIELDS;
                self.head.clear();
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, 0, 0, 0, 0, 0], payload].concat()
    }

    fn go_away(code: u8) -> Vec<u8> {
        frame(GOAWAY, &[&[0, 0, 0, 1, 0, 0, 0, code], &b"too_many_pings"[..]].concat())
    }

    #[test]
    fn r_conn_7_a_complaint_is_found_wherever_it_stands_and_nothing_else_is_one() {
        let data = frame(0, &go_away(11));
        let before =
            [frame(4, &[]), data, go_away(0), frame(GOAWAY, &[0; 3]), frame(6, &[0; 8])].concat();
        let all = [before.clone(), go_away(11), frame(6, &[0; 8])].concat();
        for size in 1..all.len() {
            let mut scan = FrameScan::default();
            let found: Vec<_> = all.chunks(size).map(|chunk| scan.have_complaint(chunk)).collect();
            let at = found.iter().position(|found| *found).unwrap() * size;
            assert!(at < before.len() + HEAD + FIELDS && at + size >= before.len() + HEAD + FIELDS);
            assert_eq!(found.iter().filter(|found| **found).count(), 1, "in pieces of {size}");
        }
        assert!(!FrameScan::default().have_complaint(&before));
    }
}

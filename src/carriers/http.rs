//! Calls to networks that speak HTTP. They go only to the addresses of the settings: redirects are not followed, and what
//! is said of an error never has the address in it, because some networks want their secret there.

use super::{session::Lost, tls};
use crate::hub::config::CarrierTrust;
use bytes::Bytes;
use http::{Request, StatusCode, header::RETRY_AFTER};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use std::{error::Error, future::Future, io, time::Duration};
use tokio::time::timeout;
use tokio_rustls::rustls::Error as TlsError;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// The longest answer that is read, in octets.
const LONGEST: usize = 4 << 20;
/// After how long a connection that nobody uses is closed. Many servers close theirs after a minute.
const IDLE: Duration = Duration::from_secs(30);

/// A client with its connections.
#[derive(Clone)]
pub(super) struct HttpClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    trust: CarrierTrust,
}

/// What a network answered.
#[derive(Clone, Debug)]
pub(super) struct HttpReply {
    pub status: StatusCode,
    /// After how long it wants to be asked again, if it says that in the header of HTTP.
    pub retry_after: Option<Duration>,
    pub body: Bytes,
}

/// Why there is no answer, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CallError {
    /// Nothing was sent.
    NotSent(String),
    /// It may have been sent.
    Broken(String),
}

impl CallError {
    pub fn into_words(self) -> String {
        match self {
            Self::NotSent(words) | Self::Broken(words) => words,
        }
    }
}

impl HttpClient {
    /// A client of a network whose certificate may be issued by these.
    pub fn new(trust: CarrierTrust) -> Result<Self, Lost> {
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECT));
        http.set_nodelay(true);
        http.enforce_http(false);
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls::client_config(&trust)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(https);
        Ok(Self { client, trust })
    }

    /// Makes a call, which may take this long in all.
    pub fn call(
        &self,
        request: Request<Vec<u8>>,
        within: Duration,
    ) -> impl Future<Output = Result<HttpReply, CallError>> + Send + use<> {
        let Self { client, trust } = self.clone();
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let name = request.uri().host().unwrap_or_default().to_owned();
        let call = async move {
            let request = request.map(|body| Full::new(Bytes::from(body)));
            let response = client.request(request).await.map_err(|error| {
                let why = causes(&error);
                if let Some(words) = certificate_fault(&error, &name, &trust) {
                    CallError::NotSent(words)
                } else if error.is_connect() {
                    CallError::NotSent(format!("no connection to {host}: {why}"))
                } else {
                    CallError::Broken(format!("the connection to {host} broke: {why}"))
                }
            })?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, LONGEST).collect().await.map_err(|error| {
                CallError::Broken(format!("its answer broke off: {}", causes(&*error)))
            })?;
            let retry_after = parts.headers.get(RETRY_AFTER);
            let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
            let retry_after = retry_after.map(Duration::from_secs);
            Ok(HttpReply { status: parts.status, retry_after, body: body.to_bytes() })
        };
        async move {
            let seconds = within.as_secs();
            let late = || CallError::Broken(format!("it did not answer within {seconds} s"));
            timeout(within, call).await.map_err(|_| late())?
        }
    }
}

/// What is wrong with the certificate of the network, if that is why there is no connection.
fn certificate_fault(
    error: &(dyn Error + 'static),
    host: &str,
    trust: &CarrierTrust,
) -> Option<String> {
    match tls_error(error)? {
        TlsError::InvalidCertificate(fault) => tls::bad_certificate(fault, host, "url", trust),
        _ => None,
    }
}

/// The error of TLS that is somewhere inside. What an `io::Error` carries is not its source.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let inner = carried.map(|inner| -> &'a (dyn Error + 'static) { inner });
    tls_error(inner.or_else(|| error.source())?)
}

/// The innermost reason of an error, which is the one that says something.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    fn client() -> HttpClient {
        HttpClient::new(CarrierTrust::default()).expect("a client")
    }
    fn request(to: &str) -> Request<Vec<u8>> {
        Request::post(to).body(b"{}".to_vec()).expect("a request")
    }

    /// A server that reads once from each connection, says this, and hangs up.
    async fn server(says: &'static [u8]) -> std::net::SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("its address");
        tokio::spawn(async move {
            while let Ok((mut peer, _)) = listener.accept().await {
                let _ = peer.read(&mut [0; 4096]).await;
                let _ = peer.write_all(says).await;
            }
        });
        addr
    }

    async fn fails(to: &str) -> CallError {
        client().call(request(to), Duration::from_secs(5)).await.expect_err("no answer")
    }

    #[tokio::test]
    async fn r_carry_14_what_was_not_sent_is_told_from_what_may_have_been() {
        let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = gone.local_addr().expect("its address");
        drop(gone);
        let CallError::NotSent(words) = fails(&format!("http://{addr}/botSECRET/x")).await else {
            panic!("nothing was sent");
        };
        assert!(words.starts_with(&format!("no connection to {addr}")), "{words}");
        assert!(!words.contains("SECRET"), "{words}");
        let addr = server(b"").await;
        let CallError::Broken(words) = fails(&format!("http://{addr}/botSECRET/x")).await else {
            panic!("it may have been sent");
        };
        assert!(!words.contains("SECRET"), "{words}");
        // It speaks no TLS, so that nothing was said to it.
        let addr = server(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        assert!(matches!(fails(&format!("https://{addr}/")).await, CallError::NotSent(_)));
    }

    #[tokio::test]
    async fn r_carry_14_a_redirect_is_an_answer_and_is_not_followed() {
        let addr =
            server(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n").await;
        let call = client().call(request(&format!("http://{addr}/")), Duration::from_secs(5));
        let reply = call.await.expect("an answer");
        assert_eq!(
            (reply.status, reply.retry_after),
            (StatusCode::FOUND, Some(Duration::from_secs(7)))
        );
    }

    #[tokio::test]
    async fn r_carry_14_an_answer_without_end_is_not_read() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("its address");
        tokio::spawn(async move {
            while let Ok((mut peer, _)) = listener.accept().await {
                let _ = peer.read(&mut [0; 4096]).await;
                let _ = peer.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                while peer.write_all(&[b'x'; 8_192]).await.is_ok() {}
            }
        });
        assert!(matches!(fails(&format!("http://{addr}/")).await, CallError::Broken(_)));
    }
}

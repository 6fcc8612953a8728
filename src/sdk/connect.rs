//! The client itself and its lines to the hub. A line is one HTTP/2 connection, made when first
//! used and again by itself after it broke.
//!
//! Calls share one line. A call that runs out of time gives up the line too: the peer may be
//! gone without a word, and the next call must not wait on the same dead connection. Each try of
//! a feed has its own line for the same reason.

use super::{
    Endpoint, Error, Feed, FeedStart, Options, Serializer,
    error::{Call, is_broken},
    listen::Listeners,
    options::{address, credential},
    probe,
};
use crate::{
    model::{AppId, OrgId},
    wire::proto::{
        hera::grpc_web_service_client::GrpcWebServiceClient,
        v1::{operator_client::OperatorClient, sandbox_client::SandboxClient},
    },
};
use hyper_util::rt::TokioIo;
use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
    time::Duration,
};
use tokio::io::DuplexStream;
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Status,
    metadata::AsciiMetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, ClientTlsConfig, Endpoint as Transport},
};

const CONNECT: Duration = Duration::from_secs(10);
/// Pings go out only while calls or streams are open.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// A line with our credentials on every call.
pub(super) type Line = InterceptedService<Channel, Credential>;

/// A connection to a hub; cheap to clone, connects when first used.
#[derive(Clone)]
pub struct Client(pub(super) Arc<Inner>, pub(super) Serializer);

pub(super) struct Inner {
    pub(super) name: String,
    pub(super) org: OrgId,
    pub(super) app: AppId,
    dial: Dial,
    credential: Credential,
    line: Mutex<Option<Line>>,
    /// The last place that a feed without a log counted (decision D-FEED).
    pub(super) counted: AtomicU64,
    pub(super) listeners: Listeners,
    /// Cancelled when the client is disconnected (R-CONN-5).
    closed: Mutex<CancellationToken>,
}

enum Dial {
    Network(Transport),
    Local(Transport, Arc<dyn Fn() -> DuplexStream + Send + Sync>),
}

/// Adds the API key to every call.
#[derive(Clone)]
pub(super) struct Credential(AsciiMetadataValue);

impl Interceptor for Credential {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("api-key", self.0.clone());
        Ok(request)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { name, org, app, .. } = &*self.0;
        write!(f, "Client({name}, org {org}, app {app})")
    }
}

impl Client {
    /// Checks the options; does not connect yet (R-CONN-2). Settings are per client: options merge over
    /// `Options::default()` by struct update (R-CLIENT-1).
    pub fn new(options: Options) -> Result<Self, Error> {
        let credential = Credential(credential(&options.api_key)?);
        let name = options.endpoint.name().to_owned();
        let dial = match options.endpoint {
            Endpoint::Uri(text) => Dial::Network(network(&text, options.insecure)?),
            Endpoint::Local(make) => {
                Dial::Local(tuned(Transport::from_static("http://switchboard.local")), make)
            }
        };
        let Options { org, app, .. } = options;
        let inner = Inner {
            name,
            org,
            app,
            dial,
            credential,
            line: Mutex::new(None),
            counted: AtomicU64::new(0),
            listeners: Listeners::default(),
            closed: Mutex::default(),
        };
        Ok(Self(Arc::new(inner), Serializer::default()))
    }

    /// The same client with another serializer for metadata; the connection is shared.
    #[must_use]
    pub fn with_serializer(&self, serializer: Serializer) -> Self {
        Self(self.0.clone(), serializer)
    }

    /// How metadata values are written and read.
    #[must_use]
    pub fn serializer(&self) -> Serializer {
        self.1
    }

    /// Is cancelled when the client is disconnected.
    pub(super) fn closed(&self) -> CancellationToken {
        self.token().clone()
    }

    /// Lets calls through again.
    pub(super) fn reopen(&self) -> CancellationToken {
        let mut token = self.token();
        if token.is_cancelled() {
            *token = CancellationToken::new();
        }
        token.clone()
    }

    /// Ends everything that is under way.
    pub(super) fn close(&self) {
        self.token().cancel();
    }

    fn token(&self) -> MutexGuard<'_, CancellationToken> {
        self.0.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows the org's log, from a task of its own.
    #[must_use]
    pub fn feed(&self, start: FeedStart) -> Feed {
        Feed::start(self.clone(), start)
    }

    /// A line of its own.
    pub(super) fn new_line(&self) -> Line {
        let channel = match &self.0.dial {
            Dial::Network(transport) => transport.connect_lazy(),
            Dial::Local(transport, make) => {
                let make = make.clone();
                transport.connect_with_connector_lazy(tower::service_fn(move |_| {
                    let io = TokioIo::new(make());
                    async move { Ok::<_, io::Error>(io) }
                }))
            }
        };
        InterceptedService::new(channel, self.0.credential.clone())
    }

    /// The line that calls share.
    fn line(&self) -> Line {
        let mut line = self.0.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.get_or_insert_with(|| self.new_line()).clone()
    }

    /// Lets the next call make a new line.
    pub(super) fn hang_up(&self) {
        *self.0.line.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The error behind a status.
    pub(super) async fn fault(&self, call: Call, status: &Status) -> Error {
        if is_broken(status)
            && let Dial::Network(transport) = &self.0.dial
            && let Some(host) = transport.uri().host()
            && transport.uri().scheme_str() == Some("http")
            && probe::speaks_http1(host, transport.uri().port_u16().unwrap_or(80)).await
        {
            let reason = "it speaks HTTP/1, not gRPC".to_owned();
            return Error::NotAHub { endpoint: self.0.name.clone(), reason };
        }
        call.error(&self.0.name, status)
    }

    pub(super) fn hera(&self) -> GrpcWebServiceClient<Line> {
        GrpcWebServiceClient::new(self.line())
    }
    pub(super) fn operator(&self) -> OperatorClient<Line> {
        OperatorClient::new(self.line())
    }
    pub(super) fn phones(&self) -> SandboxClient<Line> {
        SandboxClient::new(self.line())
    }
}

fn network(text: &str, insecure: bool) -> Result<Transport, Error> {
    let uri = address(text, insecure)?;
    let is_tls = uri.scheme_str() == Some("https");
    let transport = tuned(Transport::from(uri));
    if !is_tls {
        return Ok(transport);
    }
    transport
        .tls_config(ClientTlsConfig::new().with_webpki_roots())
        .map_err(|error| Error::Usage(format!("TLS cannot be set up: {error}")))
}

/// The windows keep a feed that nobody reads from holding up the calls on a shared connection.
fn tuned(transport: Transport) -> Transport {
    transport
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE)
        .keep_alive_while_idle(false)
        .initial_stream_window_size(1024 * 1024)
        .initial_connection_window_size(4 * 1024 * 1024)
}

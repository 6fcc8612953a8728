//! The client itself and its channels to the hub. A channel is one HTTP/2 connection, made when it is
//! first used and made again by itself after it broke.
//!
//! Calls share one channel. A call that runs out of time gives up the channel too: the peer may be
//! gone without a word, and the next call must not wait on the same dead connection. Each try of
//! a feed has its own channel for the same reason.

use super::{
    Endpoint, Error, Feed, FeedStart, Options, Serializer,
    dial::Dial,
    error::{CallKind, TOO_MANY_PINGS, is_broken, is_odd, is_unheard},
    listen::Listeners,
    options::{credential, is_this_machine},
    pings::Pings,
    probe,
    response::Checked,
};
use crate::{
    model::{AppId, OrgId, client::AskedFilter},
    wire::proto::{
        hera::grpc_web_service_client::GrpcWebServiceClient,
        v1::{operator_client::OperatorClient, sandbox_client::SandboxClient},
    },
};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
};
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Status,
    metadata::AsciiMetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};

/// A channel with our credentials on every call, whose responses are looked at.
pub(super) type HubChannel = InterceptedService<Checked<Channel>, CredentialInterceptor>;

/// A connection to a hub; cheap to clone, connects when first used.
#[derive(Clone)]
pub struct Client(pub(super) Arc<ClientInner>, pub(super) Serializer);

pub(super) struct ClientInner {
    pub(super) name: String,
    pub(super) org: OrgId,
    pub(super) app: AppId,
    dial: Dial,
    pings: Arc<Pings>,
    credential: CredentialInterceptor,
    /// What to call the credentials in a sentence.
    credential_noun: &'static str,
    channel: Mutex<Option<HubChannel>>,
    /// The last place that a feed without a log counted (D-FEED).
    pub(super) counted: AtomicU64,
    pub(super) listeners: Listeners,
    /// Cancelled when the client is disconnected (R-CONN-5).
    closed: Mutex<CancellationToken>,
}

/// Adds to every call who sends it: the credentials, as the name of the metadata and its value, and whether
/// a person does.
#[derive(Clone)]
pub(super) struct CredentialInterceptor(&'static str, AsciiMetadataValue, bool);

impl Interceptor for CredentialInterceptor {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert(self.0, self.1.clone());
        if self.2 {
            request.metadata_mut().insert("sent-by", AsciiMetadataValue::from_static("person"));
        }
        Ok(request)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ClientInner { name, org, app, .. } = &*self.0;
        write!(f, "Client({name}, org {org}, app {app})")
    }
}

impl Client {
    /// The certificate that the hub showed when the last connection was made, in DER; `None` if there is no TLS, and
    /// before the first connection.
    #[must_use]
    pub fn certificate(&self) -> Option<Vec<u8>> {
        self.0.dial.certificate()
    }

    /// The org that this client works in.
    #[must_use]
    pub fn org(&self) -> &OrgId {
        &self.0.org
    }

    /// Checks the options; does not connect yet (R-CONN-2). Settings are per client: options merge over
    /// `Options::default()` by struct update (R-CLIENT-1).
    pub fn new(options: Options) -> Result<Self, Error> {
        let (name, value) = credential(&options.credentials)?;
        let credential_noun = options.credentials.noun();
        let credential = CredentialInterceptor(name, value, options.by_person);
        let name = options.endpoint.name().to_owned();
        let dial = match options.endpoint {
            Endpoint::Uri(text) => Dial::network(&text, options.insecure, &options.tls)?,
            Endpoint::Local(make) => Dial::local(make),
        };
        let Options { org, app, .. } = options;
        let inner = ClientInner {
            name,
            org,
            app,
            dial,
            pings: Arc::default(),
            credential,
            credential_noun,
            channel: Mutex::new(None),
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
        Feed::start(self.clone(), start, None)
    }

    /// Follows the org's log like `feed`, but for the entries none of whose events match. A bookmark says how
    /// far nothing more matched (R-FEED-4). A hub that is too old to know filters, and a server without a
    /// log, leave nothing out.
    #[must_use]
    pub fn filtered_feed(&self, start: FeedStart, filter: AskedFilter) -> Feed {
        Feed::start(self.clone(), start, Some(filter))
    }

    /// A channel of its own.
    pub(super) fn new_channel(&self) -> HubChannel {
        let channel = self.0.dial.channel(&self.0.pings);
        InterceptedService::new(Checked(channel), self.0.credential.clone())
    }

    /// Notes whether our hub answers there; true if connections made from now on ping otherwise than
    /// those made before.
    pub(super) fn is_our_hub(&self, is_ours: bool) -> bool {
        let before = self.0.pings.interval();
        self.0.pings.are_for_our_hub(is_ours);
        before != self.0.pings.interval()
    }

    /// Whether what is said to the hub crosses a network where it can be read.
    pub(crate) fn is_plaintext(&self) -> bool {
        self.0.dial.plain_host().is_some_and(|(host, _)| !is_this_machine(host))
    }

    /// The channel that calls share.
    fn channel(&self) -> HubChannel {
        let mut channel = self.0.channel.lock().unwrap_or_else(PoisonError::into_inner);
        channel.get_or_insert_with(|| self.new_channel()).clone()
    }

    /// Gives the shared channel up, so that the next call makes a new one.
    pub(super) fn drop_channel(&self) {
        *self.0.channel.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The error behind a status, after listening to what is there if the connection broke.
    pub(super) async fn fault(&self, kind: CallKind, status: &Status) -> Error {
        if is_broken(status) && self.0.pings.complaint() {
            // The next connection pings less often.
            self.drop_channel();
            return kind.lost(&self.0.name, TOO_MANY_PINGS);
        }
        // The handshake is not over for the server, so that it has not looked at the call.
        if is_unheard(status)
            && let Some(reason) = self.0.dial.refused()
        {
            return Error::Unreachable { endpoint: self.0.name.clone(), reason: reason.into() };
        }
        if is_odd(status)
            && let Some((host, port)) = self.0.dial.plain_host()
            && let Some(reason) = probe::speaks_otherwise(host, port).await
        {
            return Error::NotAHub { endpoint: self.0.name.clone(), reason: reason.into() };
        }
        kind.error(&self.0.name, self.0.credential_noun, status)
    }

    pub(super) fn hera(&self) -> GrpcWebServiceClient<HubChannel> {
        GrpcWebServiceClient::new(self.channel())
    }
    pub(super) fn operator(&self) -> OperatorClient<HubChannel> {
        OperatorClient::new(self.channel())
    }
    pub(super) fn phones(&self) -> SandboxClient<HubChannel> {
        SandboxClient::new(self.channel())
    }
}

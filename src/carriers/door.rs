//! The door by which networks call the hub, to report and to bring what customers write. It is a listener of its own, so
//! that it can be open to the world while the hub is not.
//!
//! Nobody is believed who does not know the secret of a carrier: it stands in the address, or the call is signed with
//! it. Whoever is wrong in anything hears the same 401, so that nobody finds out which orgs and carriers there are. A
//! call is answered with 200 only after what it brings is stored, and with 503 if that cannot be done now, so that the
//! network calls again.

use super::{
    africastalking::{self, call, dial},
    asked_menus::AskedMenus,
    heard::{EARLY, RETRY},
    held_calls::HeldCalls,
    intake::{self, Intake},
    kannel,
    order::Brought,
    webhook,
};
use crate::{
    hub::{
        accept::serve_each,
        clock,
        config::{CarrierSecret, HttpKind, UssdSettings},
        engine::OrgHandle,
        pace::Pace,
        serve::StartError,
        tls::Certificates,
    },
    model::CarrierId,
};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use subtle::ConstantTimeEq as _;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::either::Either;
use tower::service_fn;

/// The longest body that is read, in octets.
const LONGEST: usize = 64 << 10;
/// How many octets of a call's headers are kept before they are read.
const HEADERS: usize = 80 << 10;
/// How many connections there are at once. Those beyond wait.
const CONNECTIONS: usize = 200;
/// How long a caller may take for its headers, and then for its body.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a call may take to be stored.
const STORING: Duration = Duration::from_secs(10);

/// A carrier whose network calls.
pub(super) struct DoorCarrier {
    pub hub: OrgHandle,
    pub id: CarrierId,
    pub kind: HttpKind,
    pub ussd: UssdSettings,
    /// Whoever waits for a menu.
    pub menus: AskedMenus,
    /// The calls that the network asks about.
    pub calls: Arc<HeldCalls>,
}

/// The listener, before it serves.
pub(super) struct Door {
    pub addr: SocketAddr,
    listener: TcpListener,
    tls: Option<Arc<Certificates>>,
    desk: Arc<Desk>,
}

/// Who may call, and how many called who may not.
struct Desk {
    carriers: Vec<DoorCarrier>,
    refused: AtomicU64,
}

/// Why a call is not taken: the status, and a sentence for whoever may hear it.
type CallRefusal = (StatusCode, String);

impl Door {
    /// Listens, but takes nobody yet.
    pub fn open(
        addr: SocketAddr,
        tls: Option<Arc<Certificates>>,
        carriers: Vec<DoorCarrier>,
    ) -> Result<Self, StartError> {
        let listen = || -> io::Result<(TcpListener, SocketAddr)> {
            let listener = std::net::TcpListener::bind(addr)?;
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            let addr = listener.local_addr()?;
            Ok((listener, addr))
        };
        let (listener, addr) = listen().map_err(|error| {
            let why = format!(
                "cannot listen for networks on {addr}: {error}; change `listen` of [callbacks]"
            );
            StartError::Attached(why.into())
        })?;
        let desk = Arc::new(Desk { carriers, refused: AtomicU64::new(0) });
        Ok(Self { addr, listener, tls, desk })
    }

    /// Serves everyone who calls, until it is dropped.
    pub async fn serve(self) {
        let Self { listener, tls, desk, .. } = self;
        let mut beside = JoinSet::new();
        beside.spawn(Arc::clone(&desk).tell_refused());
        serve_each(listener, CONNECTIONS, |tcp| {
            let _ = tcp.set_nodelay(true);
            let (desk, tls) = (Arc::clone(&desk), tls.clone());
            async move {
                let io = match tls {
                    None => Either::Left(tcp),
                    Some(tls) => match timeout(PATIENCE, tls.accept(tcp)).await {
                        Ok(Ok(shaken)) => Either::Right(shaken),
                        Ok(Err(_)) | Err(_) => return,
                    },
                };
                let answer = service_fn(move |request| {
                    let desk = Arc::clone(&desk);
                    async move { Ok::<_, Infallible>(desk.answer(request).await) }
                });
                let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
                http.http1()
                    .timer(TokioTimer::new())
                    .header_read_timeout(PATIENCE)
                    .max_buf_size(HEADERS);
                let _ =
                    http.serve_connection(TokioIo::new(io), TowerToHyperService::new(answer)).await;
            }
        })
        .await;
    }
}

impl Desk {
    /// Says once a minute how many calls were refused. What they said is never in the log.
    async fn tell_refused(self: Arc<Self>) {
        let mut pace = Pace::default();
        loop {
            pace.turn().await;
            let refused = self.refused.swap(0, Ordering::Relaxed);
            if refused > 0 {
                tracing::warn!(
                    "{refused} calls of networks were refused: wrong address or signature"
                );
            }
        }
    }

    async fn answer<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (status, words) = match self.taken(request).await {
            Ok(answer) => (StatusCode::OK, answer),
            Err(refusal) => refusal,
        };
        if status == StatusCode::UNAUTHORIZED {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        let mut response = Response::new(Full::new(Bytes::from(words)));
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        *response.status_mut() = status;
        response
    }

    /// Takes in a call, and returns what is said to it.
    async fn taken<B>(&self, request: Request<B>) -> Result<String, CallRefusal>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let unknown = || (StatusCode::UNAUTHORIZED, String::new());
        let (head, body) = request.into_parts();
        let path: Vec<_> = head.uri.path().trim_start_matches('/').split('/').collect();
        let [org, id, rest @ ..] = &path[..] else { return Err(unknown()) };
        let carrier = self
            .carriers
            .iter()
            .find(|carrier| carrier.hub.org().as_str() == *org && carrier.id.as_str() == *id);
        let carrier = carrier.ok_or_else(unknown)?;
        // Nobody calls for a bot, and whoever signs has said nothing yet that they could be believed for.
        let is_unknown_yet = match &carrier.kind {
            HttpKind::Telegram(_) => return Err(unknown()),
            HttpKind::Webhook(_) => true,
            HttpKind::Kannel(_) | HttpKind::AfricasTalking(_) => false,
        };
        let refusal = |status, words: &str| {
            if is_unknown_yet { unknown() } else { (status, words.to_owned()) }
        };
        if let Some(secret) = carrier.kind.path_secret()
            && rest.first().is_none_or(|said| !is_same(said, secret))
        {
            return Err(unknown());
        }
        let body = timeout(PATIENCE, Limited::new(body, LONGEST).collect()).await;
        let too_long = |_| refusal(StatusCode::PAYLOAD_TOO_LARGE, "at most 64 KiB");
        let body = body
            .map_err(|_| refusal(StatusCode::REQUEST_TIMEOUT, ""))?
            .map_err(too_long)?
            .to_bytes();
        // Kannel repeats a call that is not answered with 200, which does not mend what cannot be read.
        let is_repeated = matches!(carrier.kind, HttpKind::Kannel(_));
        let wrong = |why: String| {
            let id = &carrier.id;
            // The words may repeat what a customer wrote. The network hears them, and the log only at `debug`.
            tracing::warn!("carrier {id}: what it brought cannot be read");
            tracing::debug!("carrier {id}: what it brought cannot be read: {why}");
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            if is_repeated { (StatusCode::OK, String::new()) } else { (status, why) }
        };
        let query = head.uri.query().unwrap_or_default().as_bytes();
        let said = if head.method == Method::GET { query } else { &body[..] };
        let what = rest.get(1).copied().unwrap_or_default();
        let gone = || (StatusCode::SERVICE_UNAVAILABLE, "try again".to_owned());
        let brought = match (&carrier.kind, what) {
            (HttpKind::AfricasTalking(_), "ussd") => {
                let dialled = dial::dialled(said).map_err(wrong)?;
                return carrier.menu(&dialled).await.ok_or_else(gone);
            }
            (HttpKind::AfricasTalking(_), "ussd-ended") => {
                let session = dial::ended(said).map_err(wrong)?;
                carrier.hung_up(&session).await.ok_or_else(gone)?;
                return Ok(String::new());
            }
            (HttpKind::AfricasTalking(_), "voice") => {
                let called = call::called(said).map_err(wrong)?;
                let within = carrier.ussd.answers_within + STORING;
                let plan = timeout(within, carrier.next_plan(&called)).await;
                return plan.ok().flatten().ok_or_else(gone);
            }
            (HttpKind::AfricasTalking(_), "voice-events") => {
                let called = call::called(said).map_err(wrong)?;
                timeout(STORING, carrier.call_told(&called))
                    .await
                    .ok()
                    .flatten()
                    .ok_or_else(gone)?;
                return Ok(String::new());
            }
            (HttpKind::Kannel(_), "report") => kannel::reported(query).map_err(wrong)?,
            (HttpKind::Kannel(_), "message") => kannel::received(said).map_err(wrong)?,
            (HttpKind::AfricasTalking(_), "report") => {
                africastalking::reported(said).map_err(wrong)?
            }
            (HttpKind::AfricasTalking(_), "message") => {
                africastalking::received(said).map_err(wrong)?
            }
            (HttpKind::Webhook(settings), _) => {
                let delivery = webhook::verify(&settings.keys, &head.headers, &body, clock::now());
                let delivery = delivery.map_err(|_| unknown())?;
                webhook::brought(&body, &delivery).map_err(wrong)?
            }
            (HttpKind::Kannel(_) | HttpKind::AfricasTalking(_) | HttpKind::Telegram(_), _) => {
                return Err(unknown());
            }
        };
        carrier.store(&brought).await.map(|()| String::new())
    }
}

impl DoorCarrier {
    /// Stores what was brought. A report may come before the answer to its message, and waits a little for it.
    async fn store(&self, brought: &Brought) -> Result<(), CallRefusal> {
        let busy = || (StatusCode::SERVICE_UNAVAILABLE, "try again".to_owned());
        let until = Instant::now() + EARLY;
        loop {
            // Without a name of its own, what is alike is taken for the same only while the hub is asked.
            let delivery = format!("call/{:016x}", fastrand::u64(..));
            let stored = intake::store(&self.hub, &self.id, brought, &delivery);
            match timeout(STORING, stored).await.ok().flatten().ok_or_else(busy)? {
                Intake::NotYet if Instant::now() < until => sleep(RETRY).await,
                Intake::Stored | Intake::NotYet => return Ok(()),
            }
        }
    }
}

impl HttpKind {
    /// What stands in the address that the network calls, where it does not sign.
    const fn path_secret(&self) -> Option<&CarrierSecret> {
        match self {
            Self::Kannel(settings) => Some(&settings.callback_secret),
            Self::AfricasTalking(settings) => Some(&settings.callback_secret),
            Self::Telegram(_) | Self::Webhook(_) => None,
        }
    }
}

/// Whether these are the same, in a time that does not depend on where they differ.
fn is_same(said: &str, secret: &CarrierSecret) -> bool {
    said.as_bytes().ct_eq(secret.expose().as_bytes()).into()
}

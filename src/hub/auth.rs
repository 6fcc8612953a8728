//! Finds out who is calling, by API keys and auth tokens (R-AUTH-1, R-TOKEN-1, R-TOKEN-2, D-AUTH), and
//! whether a page in a browser may (D-BROWSER).
//!
//! One layer stands before every service except health, and leaves an [`Access`] in the request.
//! Handlers ask that and never look at credentials themselves. Credentials are known by their hash only.
//! An org that does not exist and an org of someone else are refused in the same words, so nobody learns
//! which orgs exist. Tokens live in memory, so a restart of the hub ends them.

mod key_ring;
mod key_seats;

use super::{
    budget::{Allowance, Budget},
    call_class::CallClass,
    clock,
    config::{HubConfig, KeyHash, Limits},
    limits::StreamEnd,
    metered::MeteredBody,
    pace::Pace,
    web::WebCall,
};
use crate::model::{Actor, AppId, Caller, OrgId};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::{BoxFuture, Either, ready};
use key_ring::{KeyRing, KnownKey, OrgRights};
pub use key_seats::KeySeats;
use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;
use tonic::{Status, body::Body, codegen::http, transport::server::TcpConnectInfo};
use tower::{Layer, Service};
use zeroize::Zeroizing;

/// How many tokens of one key may be alive at once. A client with more probably asks for one for each
/// call. The limit is for each key, so that such a client does not lock others out.
const MOST_TOKENS: usize = 10_000;
/// How many of a key's apps a refusal names.
const APPS_SHOWN: usize = 8;
/// How many addresses are told apart when refused calls are counted. Whoever has more addresses than that
/// must not fill the memory.
const MOST_PEERS: usize = 1_000;
/// Health is answered without a credential, because probes have none.
const OPEN: &str = "/grpc.health.v1.Health/";
/// What a page hears that came with an API key, whether it is a good one or not.
const KEY_IN_PAGE: &str = "an API key is not accepted from a page, where anyone could read it; let your \
    server make an auth-token with AuthToken, and give the page that";

/// All credentials that the hub accepts.
pub struct Auth {
    orgs: Vec<OrgRights>,
    limits: Limits,
    keys: RwLock<KeyRing>,
    tokens: Mutex<HashMap<KeyHash, IssuedToken>>,
    lifetime: Duration,
    refused: watch::Sender<RefusedCalls>,
}

/// Calls without a valid credential that nothing was said of yet (R-AUTH-4).
#[derive(Default)]
struct RefusedCalls {
    count: u64,
    /// The addresses that they came from. A call from within the process has none.
    peers: HashSet<IpAddr>,
}

struct IssuedToken {
    key: Arc<KnownKey>,
    expires: Instant,
}

/// What a caller may do. It is all that handlers know about credentials.
#[derive(Clone)]
pub struct Access {
    key: Arc<KnownKey>,
    /// When the caller's token expires; `None` if the call came with a key.
    expires: Option<Instant>,
    note: CallNote,
}

/// Who makes a call, for whoever watches it from outside of this layer and put an empty one into the request.
#[derive(Clone, Default)]
pub struct CallNote(Arc<NotedCaller>);

#[derive(Default)]
struct NotedCaller {
    key: OnceLock<Arc<KnownKey>>,
    app: OnceLock<AppId>,
}

impl CallNote {
    /// The caller's org; `None` if nobody knows who calls.
    #[must_use]
    pub fn org(&self) -> Option<&OrgId> {
        self.0.key.get().map(|key| &key.org)
    }
    /// The app for which the caller acts, as far as the call names one.
    #[must_use]
    pub fn app(&self) -> Option<&AppId> {
        self.0.app.get()
    }
    /// The label of the caller's key.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.0.key.get().map(|key| key.label.as_str())
    }
}

impl Auth {
    /// Accepts the keys of the settings. There are no tokens yet.
    #[must_use]
    pub fn new(config: &HubConfig) -> Self {
        let orgs = config.orgs.iter().map(|org| OrgRights {
            id: org.settings.id.clone(),
            apps: org.settings.apps.clone(),
            origins: org.origins.clone(),
            allowance: Arc::new(Allowance::of_org(config.limits)),
        });
        let auth = Self {
            orgs: orgs.collect(),
            limits: config.limits,
            keys: RwLock::default(),
            tokens: Mutex::default(),
            lifetime: config.token_lifetime,
            refused: watch::Sender::default(),
        };
        // A key for an app that its org does not have is refused as the settings are read.
        let _ = auth.take_settings(config);
        auth
    }

    /// Says how many calls were refused for want of a valid key or token, in one line a minute at most. The
    /// line has nothing of what was sent, because a wrong key may be a right one of another hub, or one
    /// with a typing error.
    pub async fn report_refused(self: Arc<Self>, mut say: impl FnMut(&str)) {
        let (mut news, mut pace) = (self.refused.subscribe(), Pace::default());
        while news.changed().await.is_ok() {
            if news.borrow().count == 0 {
                continue;
            }
            pace.turn().await;
            let mut calls = RefusedCalls::default();
            self.refused.send_if_modified(|gathered| {
                calls = std::mem::take(gathered);
                false
            });
            news.mark_unchanged();
            say(&calls.to_string());
        }
    }

    fn refuse(&self, peer: Option<IpAddr>) {
        self.refused.send_modify(|calls| {
            calls.count += 1;
            if calls.peers.len() < MOST_PEERS {
                calls.peers.extend(peer);
            }
        });
    }

    /// Finds the owner of the credential in the headers. If a token is sent, it decides, whatever key is
    /// sent beside it. From a page, a key is refused also beside a token.
    fn admit(&self, request: &http::Request<Body>) -> Result<Access, Status> {
        let headers = request.headers();
        if request.extensions().get::<WebCall>().is_some() {
            return self.admit_page(headers);
        }
        let access = if let Some(token) = headers.get("auth-token") {
            self.by_token(KeyHash::of(token.as_bytes()))
        } else if let Some(key) = headers.get("api-key") {
            self.by_key(KeyHash::of(key.as_bytes()))
        } else {
            return Err(Status::unauthenticated("an api-key or an auth-token is needed"));
        };
        access.ok_or_else(|| Status::unauthenticated("this key or token is not valid"))
    }

    /// Finds the owner of a page's token, and refuses if the owner's org does not allow the page (D-BROWSER).
    /// A program that speaks gRPC-Web outside of a browser has no origin to be looked at.
    fn admit_page(&self, headers: &http::HeaderMap) -> Result<Access, Status> {
        if headers.contains_key("api-key") {
            return Err(Status::permission_denied(KEY_IN_PAGE));
        }
        let Some(token) = headers.get("auth-token") else {
            return Err(Status::unauthenticated("an auth-token is needed"));
        };
        let access = self
            .by_token(KeyHash::of(token.as_bytes()))
            .ok_or_else(|| Status::unauthenticated("this token is not valid"))?;
        let allowed = &access.key.origins;
        let is_allowed = match headers.get(http::header::ORIGIN) {
            Some(origin) => allowed.iter().any(|one| one.as_bytes() == origin.as_bytes()),
            None => !allowed.is_empty(),
        };
        if is_allowed {
            Ok(access)
        } else {
            let why = "the org of this token does not allow this page; its settings list `origins`";
            Err(Status::permission_denied(why))
        }
    }

    /// Compares with every key, so that the time it takes tells nothing about the keys.
    fn by_key(&self, hash: KeyHash) -> Option<Access> {
        let mut found = None;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        for key in &keys.known {
            if key.hash.matches(&hash) {
                found = Some(Access::of(key, None));
            }
        }
        found
    }

    fn by_token(&self, hash: KeyHash) -> Option<Access> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let is_good = |token: &&IssuedToken| {
            Instant::now() < token.expires && !token.key.revoked.is_cancelled()
        };
        let token = tokens.get(&hash).filter(is_good)?;
        Some(Access::of(&token.key, Some(token.expires)))
    }

    /// Makes a token with the rights of the caller's key (R-TOKEN-1), and returns how long it lasts. A
    /// caller who came with a token is refused.
    pub fn issue(&self, access: &Access) -> Result<(Zeroizing<String>, Duration), Status> {
        if access.expires.is_some() {
            return Err(Status::permission_denied("a token cannot make tokens; use an API key"));
        }
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(bytes.as_mut())
            .map_err(|e| Status::internal(format!("no random bytes for a token: {e}")))?;
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes));
        let now = Instant::now();
        let token = IssuedToken { key: Arc::clone(&access.key), expires: now + self.lifetime };
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, token| now < token.expires);
        let own = tokens.values().filter(|token| Arc::ptr_eq(&token.key, &access.key));
        if own.count() >= MOST_TOKENS {
            return Err(Status::resource_exhausted("too many tokens of this key are alive"));
        }
        tokens.insert(KeyHash::of(text.as_bytes()), token);
        Ok((text, self.lifetime))
    }
}

impl std::fmt::Display for RefusedCalls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let least = if self.peers.len() < MOST_PEERS { "" } else { "at least " };
        let (calls, peers) = (self.count, self.peers.len());
        write!(f, "calls without a valid API key or token were refused: {calls}, from {least}")?;
        write!(f, "{peers} {}", if peers == 1 { "address" } else { "addresses" })
    }
}

impl Access {
    fn of(key: &Arc<KnownKey>, expires: Option<Instant>) -> Self {
        Self { key: Arc::clone(key), expires, note: CallNote::default() }
    }
    /// The caller's org, if it is the one asked for.
    pub fn org(&self, asked: &str) -> Result<&OrgId, Status> {
        if self.key.org.as_str() == asked {
            Ok(&self.key.org)
        } else {
            Err(Status::permission_denied("this key is not for that org"))
        }
    }
    /// The app that is asked for, if the caller may act for it. No name is that of the key's
    /// only app (D-ZERO).
    pub fn app(&self, asked: &str) -> Result<&AppId, NoApp> {
        let app = match self.key.apps.as_slice() {
            [only] if asked.is_empty() => Ok(only),
            apps if asked.is_empty() => Err(NoApp::Unnamed(unnamed(apps))),
            apps => apps.iter().find(|app| app.as_str() == asked).ok_or(NoApp::Foreign),
        };
        if let Ok(app) = app {
            // A call that names several notes the first.
            let _ = self.note.0.app.set(app.clone());
        }
        app
    }
    /// Refuses callers who may act for some of the org's apps only, where something concerns all
    /// of them (R-AUTH-3).
    pub fn whole_org(&self) -> Result<(), Status> {
        if self.key.whole {
            return Ok(());
        }
        Err(Status::permission_denied(
            "this key is for some of the org's apps only, and this concerns all of them",
        ))
    }
    #[must_use]
    pub fn apps(&self) -> &[AppId] {
        &self.key.apps
    }
    /// The label of the caller's key, which events carry as their author.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.key.label
    }
    /// The caller of a command: on behalf of `app`, or of the key's only app if `None` is given; a key of
    /// several apps then acts for none. `by_person` tells an agent from a program (R-WAIT-2).
    #[must_use]
    pub fn caller(&self, app: Option<&AppId>, by_person: bool) -> Caller {
        let own = match self.key.apps.as_slice() {
            [one] => Some(one),
            _ => None,
        };
        let label = self.key.label.clone();
        let actor = if by_person { Actor::Key(label) } else { Actor::Program(label) };
        Caller { app: app.or(own).cloned(), actor }
    }
    /// What the key may still use. A token shares the budget of its key.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.key.budget
    }
    /// Pays for a call before anything is done for it (R-LIMIT-1, R-LIMIT-3, R-LIMIT-4). What changes something is paid
    /// for when it is understood, because a question about many costs as much.
    fn pay(&self, kind: CallClass, connection: Option<&KeySeats>) -> Result<(), Status> {
        if kind == CallClass::Open {
            return Ok(());
        }
        if let Some(seats) = connection {
            seats.take(&self.key)?;
        }
        self.key.budget.check_bytes()?;
        if kind == CallClass::Read {
            self.key.budget.spend_read()?;
        }
        Ok(())
    }
    /// When a stream that is opened now has to end: when `stop` is cancelled, or with the caller's token or key.
    #[must_use]
    pub fn ends(&self, stop: &CancellationToken) -> StreamEnd {
        StreamEnd::new(stop.clone(), self.expires).or_revoked(self.key.revoked.clone())
    }
    /// Is cancelled when the caller's key is taken away (R-KEY-3).
    #[must_use]
    pub fn revoked(&self) -> CancellationToken {
        self.key.revoked.clone()
    }
}

/// Why a request is made on behalf of no app.
#[derive(Debug)]
pub enum NoApp {
    /// The caller may not act for the app that is named.
    Foreign,
    /// None is named, and the caller's key has several. The text says which.
    Unnamed(String),
}

impl From<NoApp> for Status {
    fn from(why: NoApp) -> Self {
        match why {
            NoApp::Foreign => Self::permission_denied("this key is not for that app"),
            NoApp::Unnamed(why) => Self::invalid_argument(why),
        }
    }
}

fn unnamed(apps: &[AppId]) -> String {
    let names: Vec<&str> = apps.iter().take(APPS_SHOWN).map(AppId::as_str).collect();
    let more = if apps.len() > APPS_SHOWN { " and others" } else { "" };
    format!("no app_id is given, and this key is for several: give {}{more}", names.join(" or "))
}

/// Puts [`Auth`] before a service, so that only known callers reach it.
#[derive(Clone)]
pub struct AuthLayer(Arc<Auth>);

impl AuthLayer {
    #[must_use]
    pub fn new(auth: Arc<Auth>) -> Self {
        Self(auth)
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Gate<S>;
    fn layer(&self, inner: S) -> Gate<S> {
        Gate { auth: Arc::clone(&self.0), inner }
    }
}

/// A service behind an [`AuthLayer`].
#[derive(Clone)]
pub struct Gate<S> {
    auth: Arc<Auth>,
    inner: S,
}

impl<S> Service<http::Request<Body>> for Gate<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<S::Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        if request.uri().path().starts_with(OPEN) {
            return Either::Left(self.inner.call(request));
        }
        let mut access = match self.auth.admit(&request) {
            Ok(access) => access,
            Err(status) => {
                let peer = request.extensions().get().and_then(TcpConnectInfo::remote_addr);
                self.auth.refuse(peer.map(|addr| addr.ip()));
                return Either::Right(Box::pin(ready(Ok(status.into_http()))));
            }
        };
        if let Some(note) = request.extensions().get::<CallNote>() {
            access.note = note.clone();
            // It is empty, because each call has one of its own.
            let _ = note.0.key.set(Arc::clone(&access.key));
        }
        access.key.used.store(clock::now().micros(), Ordering::Relaxed);
        let kind = CallClass::of(request.uri().path());
        if let Err(status) = access.pay(kind, request.extensions().get()) {
            return Either::Right(Box::pin(ready(Ok(status.into_http()))));
        }
        let budget = Arc::clone(&access.key.budget);
        request.extensions_mut().insert(access);
        if !budget.counts_bytes() {
            return Either::Left(self.inner.call(request));
        }
        let metered =
            |body, is_paced| Body::new(MeteredBody::new(body, Arc::clone(&budget), is_paced));
        let answer = self.inner.call(request.map(|body| metered(body, false)));
        let is_paced = kind == CallClass::Stream;
        Either::Right(Box::pin(async move {
            let metered = |body| Body::new(MeteredBody::new(body, budget, is_paced));
            Ok(answer.await?.map(metered))
        }))
    }
}

#[cfg(test)]
mod tests;

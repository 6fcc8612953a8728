//! Finds out who is calling, by API keys and auth tokens (R-AUTH-1, R-TOKEN-1, R-TOKEN-2, D-AUTH), and
//! whether a page in a browser may (D-BROWSER).
//!
//! One layer stands before every service except health, and leaves an [`Access`] in the request.
//! Handlers ask that and never look at credentials themselves. Credentials are known by their hash only.
//! An org that does not exist and an org of someone else are refused in the same words, so nobody learns
//! which orgs exist. Tokens live in memory, so a restart of the hub ends them.

use super::{
    config::{HubConfig, KeyHash},
    limits::{Budget, StreamEnd},
    pace::Pace,
    web::WebCall,
};
use crate::model::{Actor, AppId, Caller, OrgId};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::{Either, Ready, ready};
use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
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
    keys: Vec<Arc<KnownKey>>,
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

struct KnownKey {
    org: OrgId,
    /// The apps that it may act for, in the order of the settings.
    apps: Vec<AppId>,
    /// Whether these are all apps of the org, so that it may act for the org as a whole (R-AUTH-3).
    whole: bool,
    label: String,
    /// The pages that may call with its tokens, by their origins.
    origins: Vec<String>,
    hash: KeyHash,
    budget: Budget,
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
}

impl Auth {
    /// Accepts the keys of the settings. There are no tokens yet.
    #[must_use]
    pub fn new(config: &HubConfig) -> Self {
        let mut keys = Vec::new();
        for org in &config.orgs {
            for key in &org.keys {
                let apps = if key.apps.is_empty() { &org.settings.apps } else { &key.apps };
                keys.push(Arc::new(KnownKey {
                    org: org.settings.id.clone(),
                    apps: apps.clone(),
                    whole: org.settings.apps.iter().all(|app| apps.contains(app)),
                    label: key.label.clone(),
                    origins: org.origins.clone(),
                    hash: key.hash,
                    budget: Budget::new(config.limits),
                }));
            }
        }
        let lifetime = config.token_lifetime;
        Self { keys, tokens: Mutex::default(), lifetime, refused: watch::Sender::default() }
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
        for key in &self.keys {
            if key.hash.matches(&hash) {
                found = Some(Access { key: Arc::clone(key), expires: None });
            }
        }
        found
    }

    fn by_token(&self, hash: KeyHash) -> Option<Access> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let token = tokens.get(&hash).filter(|token| Instant::now() < token.expires)?;
        Some(Access { key: Arc::clone(&token.key), expires: Some(token.expires) })
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
        match self.key.apps.as_slice() {
            [only] if asked.is_empty() => Ok(only),
            apps if asked.is_empty() => Err(NoApp::Unnamed(unnamed(apps))),
            apps => apps.iter().find(|app| app.as_str() == asked).ok_or(NoApp::Foreign),
        }
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
    /// When a stream that is opened now has to end: when `stop` is cancelled, or with the caller's token.
    #[must_use]
    pub fn ends(&self, stop: &CancellationToken) -> StreamEnd {
        StreamEnd::new(stop.clone(), self.expires)
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
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<S::Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        if request.uri().path().starts_with(OPEN) {
            return Either::Left(self.inner.call(request));
        }
        match self.auth.admit(&request) {
            Ok(access) => {
                request.extensions_mut().insert(access);
                Either::Left(self.inner.call(request))
            }
            Err(status) => {
                let peer = request.extensions().get().and_then(TcpConnectInfo::remote_addr);
                self.auth.refuse(peer.map(|addr| addr.ip()));
                Either::Right(ready(Ok(status.into_http())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::config::Limits;
    use tokio::sync::watch::Sender;

    fn by_key(org: &str) -> Access {
        let key = KnownKey {
            org: org.into(),
            apps: Vec::new(),
            whole: true,
            label: org.to_owned(),
            origins: Vec::new(),
            hash: KeyHash::of(org.as_bytes()),
            budget: Budget::new(Limits::NONE),
        };
        Access { key: Arc::new(key), expires: None }
    }

    fn no_keys() -> Auth {
        let lifetime = Duration::from_hours(1);
        Auth { keys: Vec::new(), tokens: Mutex::default(), lifetime, refused: Sender::default() }
    }

    /// R-AUTH-4: the first at once, all others with the next line, and nothing when nothing happens.
    #[tokio::test(start_paused = true)]
    async fn refused_calls_are_one_line_a_minute_with_how_many_and_from_how_many() {
        let auth = Arc::new(no_keys());
        let (to, mut said) = tokio::sync::mpsc::channel(10);
        let report =
            Arc::clone(&auth).report_refused(move |line| to.try_send(line.into()).unwrap());
        tokio::spawn(report);
        tokio::task::yield_now().await;
        let mut gate = AuthLayer::new(Arc::clone(&auth)).layer(tower::service_fn(
            async |_: http::Request<Body>| Ok::<_, Status>(http::Response::new(Body::default())),
        ));
        let mut wrong = async |from: [u8; 4]| {
            let mut request = http::Request::new(Body::default());
            request.headers_mut().insert("api-key", "sb_live_wrong".parse().unwrap());
            let remote_addr = Some((from, 4000).into());
            request.extensions_mut().insert(TcpConnectInfo { local_addr: None, remote_addr });
            let answer = gate.call(request).await.unwrap();
            let code = Status::from_header_map(answer.headers()).map(|status| status.code());
            assert_eq!(code, Some(tonic::Code::Unauthenticated));
        };
        let began = Instant::now();
        wrong([10, 0, 0, 1]).await;
        let line = |n: &str| format!("calls without a valid API key or token were refused: {n}");
        let first: String = said.recv().await.unwrap();
        assert_eq!((first, began.elapsed()), (line("1, from 1 address"), Duration::ZERO));
        for n in 0..250 {
            wrong([10, 0, 0, n % 3]).await;
            wrong([10, 0, 0, n % 3]).await;
        }
        let second: String = said.recv().await.unwrap();
        assert_eq!(second, line("500, from 3 addresses"));
        assert_eq!(began.elapsed(), Duration::from_mins(1));
        for n in 0..1_200_u16 {
            let [high, low] = n.to_be_bytes();
            wrong([10, 1, high, low]).await;
        }
        assert_eq!(said.recv().await.unwrap(), line("1200, from at least 1000 addresses"));
        let quiet = tokio::time::timeout(Duration::from_hours(1), said.recv()).await;
        assert!(quiet.is_err(), "{quiet:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_for_too_many_tokens_takes_none_from_others_and_gets_some_again_later() {
        let lifetime = Duration::from_hours(1);
        let auth = Auth { lifetime, ..no_keys() };
        let (greedy, modest) = (by_key("greedy"), by_key("modest"));
        let expires = Instant::now() + lifetime;
        auth.tokens.lock().unwrap().extend((0..MOST_TOKENS).map(|n| {
            let token = IssuedToken { key: Arc::clone(&greedy.key), expires };
            (KeyHash::of(&n.to_be_bytes()), token)
        }));
        let refused = auth.issue(&greedy).unwrap_err();
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
        assert!(auth.issue(&modest).is_ok());
        tokio::time::advance(lifetime).await;
        assert!(auth.issue(&greedy).is_ok());
    }
}

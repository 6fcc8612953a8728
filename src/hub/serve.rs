//! Starts and stops a whole hub: log, engine, workers, services, and the two ways in (TCP
//! and in-memory connections).
//!
//! Whoever starts a hub decides what is printed and which signals stop it. A stop is graceful first and
//! hard after a while, because a peer that does not let go must not keep the process: a graceful stop of
//! HTTP/2 alone was seen to hang for an hour.

use super::{
    accept,
    auth::{Auth, AuthLayer, Gate},
    calls::{CallCounts, CallsLayer, CountedService},
    clock,
    config::HubConfig,
    connections,
    engine::{EngineOptions, Hub, HubError, TellReading, to_the_log},
    health,
    keys::{KeyStore, KeyStoreError},
    limits::{Guard, GuardLayer},
    log::{Log, folder::FolderError, memory::MemoryLog, sqlite::SqliteLog},
    metrics::Metrics,
    notify::Notifier,
    overview::{HubStart, Overview},
    reflection, retention,
    service::{Backend, deadline, leases::Leases},
    timers,
    tls::{self, Certificates, TlsError},
    web::{Web, WebLayer},
};
use futures_util::stream::StreamExt as _;
use std::{
    convert::Infallible, future::ready, io, net::SocketAddr, path::PathBuf, sync::Arc,
    time::Duration,
};
use tokio::{
    io::DuplexStream,
    net::TcpListener,
    sync::mpsc,
    task::{JoinSet, spawn_blocking},
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{
    body::Body,
    codegen::http,
    server::NamedService,
    service::{Routes, RoutesBuilder},
};
use tonic_health::{ServingStatus, server::HealthReporter};
use tower::{Layer as _, Service};

/// How long calls in flight may take to end before they are cut. Together with `SETTLE` it keeps every
/// stop under 10 s.
const DRAIN: Duration = Duration::from_secs(5);
/// How long the engine may take to answer what waits and to store its Worlds.
const SETTLE: Duration = Duration::from_secs(4);
/// How often it is kept when keys were last used.
const USED_EVERY: Duration = Duration::from_mins(1);
/// How many in-memory connections may wait to be accepted.
const CONNECTS: usize = 64;
/// How many bytes each side of an in-memory connection may write before the other reads.
const PIPE: usize = 256 << 10;

/// Why a hub does not start. Each message is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program listens on that address and port.
    #[error("cannot listen on {addr}: another program does; choose another with {setting}")]
    PortInUse { addr: SocketAddr, setting: &'static str },
    /// The address is not one of this machine, or the process may not listen on it.
    #[error("cannot listen on {addr}: {error}")]
    Listen { addr: SocketAddr, error: io::Error },
    /// Plain TCP to other machines was not asked for twice (R-TLS-6).
    #[error(
        "{0} would be open to other machines without encryption, and keys and what customers write with it: name a \
         certificate in the table `{1}` of the settings, or listen on 127.0.0.1; if plain text is what you want, say \
         it twice, with `plaintext = true` at the top of the settings and --plaintext at the start"
    )]
    Plaintext(SocketAddr, &'static str),
    /// The certificate or its key cannot be used.
    #[error("cannot speak TLS: {0}")]
    Tls(#[from] TlsError),
    /// The keys that were added cannot be read.
    #[error("cannot take the API keys: {0}")]
    Keys(#[from] KeyStoreError),
    /// Another process has the data folder, the folder cannot be written, or its files cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The log cannot be folded, because it is damaged or cannot be read now.
    #[error("cannot start from the log: {0}")]
    Log(HubError),
    /// The settings of something that should run beside the hub cannot be used.
    #[error("{0}")]
    Settings(String),
    /// Something that should run beside the hub cannot start.
    #[error(transparent)]
    Attached(Box<dyn std::error::Error + Send + Sync>),
    /// Something went wrong that the operator cannot be blamed for.
    #[error("cannot start: {0}")]
    Internal(String),
}

/// Makes a new in-memory connection to a hub with each call. If the hub is gone, the connection
/// ends at once.
pub type Connector = Arc<dyn Fn() -> DuplexStream + Send + Sync>;

/// Starts something that runs beside a hub in its process. It gets the hub's settings, which say
/// which orgs there are, and reaches the hub through the backend as any service does. What it starts
/// goes to `Attached`.
pub type Attach = fn(&HubConfig, &Backend, &mut Attached) -> Result<(), StartError>;

/// The tasks and services that run beside a hub in its process, and end with it.
#[derive(Default)]
pub struct Attached {
    tasks: JoinSet<()>,
    leaving: JoinSet<()>,
    routes: RoutesBuilder,
    named: Vec<&'static str>,
    notes: Vec<String>,
}

impl Attached {
    /// Says something to whoever starts the hub, such as where else it listens.
    pub fn note(&mut self, line: String) {
        self.notes.push(line);
    }
    /// Takes tasks. Each of them is dropped when the hub stops, wherever it waits at that moment.
    pub fn tasks(&mut self) -> &mut JoinSet<()> {
        &mut self.tasks
    }
    /// Takes tasks that end by themselves soon after the hub is asked to stop (`Backend::stop`), because they have to
    /// take leave of somebody. They are dropped only when that takes too long.
    pub fn leaving(&mut self) -> &mut JoinSet<()> {
        &mut self.leaving
    }
    /// Adds a gRPC service, which stands behind the same limits and the same keys as the hub's own.
    pub fn serve<S>(&mut self, service: S)
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.named.push(S::NAME);
        self.routes.add_service(service);
    }
}

/// A running hub. Call [`Running::shutdown`] to stop it; dropping it cuts everything off where it is.
pub struct Running {
    /// Where the hub listens, with the real port if 0 was asked for; `None` if it does not listen.
    pub addr: Option<SocketAddr>,
    /// What runs beside the hub says at its start, a line each.
    pub notes: Vec<String>,
    hub: Hub,
    auth: Arc<Auth>,
    connects: mpsc::Sender<DuplexStream>,
    stop: CancellationToken,
    servers: JoinSet<()>,
    followers: JoinSet<()>,
    attached: JoinSet<()>,
    leaving: JoinSet<()>,
}

/// Starts a hub and everything in `beside`, and returns when it can be called. How much of a long log was read is
/// told in the hub's own log.
pub async fn start(config: HubConfig, beside: &[Attach]) -> Result<Running, StartError> {
    start_telling(config, beside, to_the_log).await
}

/// Does the same, and tells how much of a long log was read (R-SEE-7).
pub async fn start_telling(
    config: HubConfig,
    beside: &[Attach],
    tell: TellReading,
) -> Result<Running, StartError> {
    check_plaintext(&config)?;
    let tls = config.tls.clone().map(|files| Certificates::open(files, &[tls::HTTP2, tls::HTTP1]));
    let tls = tls.transpose()?;
    // The port comes before the data, so that a hub that finds it taken does not touch those.
    let listener = match config.listen {
        Some(addr) => Some(listen(addr, "--listen").await?),
        None => None,
    };
    let addr = listener.as_ref().and_then(|listener| listener.local_addr().ok());
    let log = open_log(config.data_dir.clone()).await?;
    let options = EngineOptions {
        orgs: config.orgs.iter().map(|org| org.settings.clone()).collect(),
        log,
        accept_loss: config.accept_loss,
        shelf: config.data_dir.clone(),
    };
    let hub = Hub::start_telling(options, tell).await.map_err(StartError::Log)?;
    let stop = CancellationToken::new();
    let mut followers = JoinSet::new();
    let notifier = Notifier::start(&hub, &stop, &mut followers).await.map_err(StartError::Log)?;
    let began =
        HubStart { at: clock::now(), folder: config.data_dir.clone(), encrypted: tls.is_some() };
    let backend = Backend {
        overview: Overview::new(&hub, &notifier, began),
        hub: hub.clone(),
        auth: Arc::new(Auth::new(&config)),
        notifier,
        leases: Leases::default(),
        stop: stop.clone(),
    };
    let mut attached = Attached::default();
    timers::start(&hub, attached.tasks());
    retention::start(&hub, attached.tasks());
    if let Some(folder) = &config.data_dir {
        take_keys(&KeyStore::in_folder(folder), &backend, &mut attached)?;
    }
    let refused = Arc::clone(&backend.auth).report_refused(|line| tracing::warn!("{line}"));
    attached.tasks().spawn(refused);
    attached.tasks().spawn(hub.report_outages(|line| tracing::warn!("{line}")));
    if let Some(tls) = &tls {
        attached.tasks().spawn(Arc::clone(tls).keep(|line| tracing::warn!("{line}")));
    }
    for attach in beside {
        attach(&config, &backend, &mut attached)?;
    }
    let Attached { mut tasks, leaving, routes, named, mut notes } = attached;
    let mut servers = JoinSet::new();
    let calls = CallCounts::new(&hub);
    tasks.spawn(calls.clone().report_refused(|line| tracing::info!("{line}")));
    if let Some(addr) = config.metrics {
        let listener = listen(addr, "`listen` of [metrics]").await?;
        let addr = listener.local_addr().unwrap_or(addr);
        notes.push(format!("metrics on {addr}"));
        tasks.spawn(Metrics::new(backend.overview.clone(), calls.clone()).serve(listener));
    }
    let (open, load) = (Arc::clone(&hub.measures().connections), Arc::clone(&hub.measures().load));
    let (watched, watch) = (hub.clone(), Arc::clone(&load));
    tasks.spawn(async move { watch.watch(|| watched.writes_waiting()).await });
    let front = front(&config, &backend, (routes.routes(), named), calls, &mut servers).await?;
    if let Some(listener) = listener {
        let incoming = accept::incoming(listener, tls, load, stop.clone()).boxed();
        servers.spawn(connections::serve(front.clone(), incoming, stop.clone(), Arc::clone(&open)));
    }
    let (connects, incoming) = mpsc::channel(CONNECTS);
    let incoming = ReceiverStream::new(incoming).map(|pipe| ready(Some(pipe)));
    servers.spawn(connections::serve(front, incoming, stop.clone(), open));
    let auth = Arc::clone(&backend.auth);
    Ok(Running {
        addr,
        notes,
        hub,
        auth,
        connects,
        stop,
        servers,
        followers,
        attached: tasks,
        leaving,
    })
}

impl Running {
    /// The engine, for callers in the hub's own process who need no credentials.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Makes in-memory connections to this hub, on which the same services answer as over TCP.
    #[must_use]
    pub fn connector(&self) -> Connector {
        let connects = self.connects.clone();
        Arc::new(move || {
            let (ours, theirs) = tokio::io::duplex(PIPE);
            // If the hub is gone or too many wait, `theirs` is dropped and the caller's side ends.
            let _ = connects.try_send(theirs);
            ours
        })
    }

    /// Accepts the keys of these settings in the place of those of the settings before, and looks at nothing
    /// else of them (R-KEY-2). What cannot be accepted is returned in sentences.
    #[must_use]
    pub fn take_keys(&self, config: &HubConfig) -> Vec<String> {
        self.auth.take_settings(config)
    }

    /// Waits until the log has failed for good, and returns the reason. What was not acknowledged may or
    /// may not be stored, and only a new process that reads the log finds out (R-LOG-2).
    pub async fn failed(&self) -> String {
        let mut failed = self.hub.failed();
        match failed.wait_for(Option::is_some).await {
            Ok(why) => why.clone().unwrap_or_default(),
            // The writer has stopped in good order, so the log cannot fail any more.
            Err(_) => std::future::pending().await,
        }
    }

    /// Stops the hub within 10 s: refuses new calls, ends streams with UNAVAILABLE (R-CONN-1), lets calls
    /// in flight finish, and then stops the engine.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        let drained = timeout(DRAIN, async {
            while self.servers.join_next().await.is_some() {}
            while self.followers.join_next().await.is_some() {}
            while self.leaving.join_next().await.is_some() {}
            self.attached.shutdown().await;
        });
        if drained.await.is_err() {
            tracing::warn!("some connections did not end in time; they are cut");
        }
        self.servers.shutdown().await;
        self.followers.shutdown().await;
        self.leaving.shutdown().await;
        if timeout(SETTLE, self.hub.stop()).await.is_err() {
            tracing::warn!("the engine did not stop in time; the next start reads more of the log");
        }
    }
}

/// Accepts the keys that were added, now and whenever they change (R-KEY-2), and keeps when keys were last used.
fn take_keys(
    store: &KeyStore,
    backend: &Backend,
    attached: &mut Attached,
) -> Result<(), StartError> {
    let stored = store.read()?;
    let auth = Arc::clone(&backend.auth);
    let take = move |keys| auth.take_stored(keys).iter().for_each(|line| tracing::warn!("{line}"));
    take(stored.clone());
    for org in backend.auth.keyless() {
        tracing::warn!("nobody can call org {org}: `switchboard admin key add` makes a key for it");
    }
    attached.tasks().spawn(store.clone().follow(stored, take, |line| tracing::warn!("{line}")));
    let (auth, stop) = (Arc::clone(&backend.auth), backend.stop.clone());
    attached.leaving().spawn(keep_used(store.clone(), auth, stop));
    Ok(())
}

/// Keeps when keys were last used: once a minute at most, and when the hub stops (R-KEY-4).
async fn keep_used(store: KeyStore, auth: Arc<Auth>, stop: CancellationToken) {
    let mut kept = store.used();
    loop {
        let is_over = timeout(USED_EVERY, stop.cancelled()).await.is_ok();
        let used = auth.used(&kept);
        if used != kept {
            let (store, file) = (store.clone(), used.clone());
            let written = spawn_blocking(move || store.keep_used(&file)).await;
            if let Ok(Err(error)) = written {
                tracing::warn!("when API keys were last used is not kept: {error}");
            }
            kept = used;
        }
        if is_over {
            return;
        }
    }
}

/// Refuses to be open to other machines in plain text, unless that was asked for twice (R-TLS-6).
fn check_plaintext(config: &HubConfig) -> Result<(), StartError> {
    if config.plaintext.in_settings && config.plaintext.at_start {
        return Ok(());
    }
    let own = config.listen.filter(|_| config.tls.is_none()).map(|addr| (addr, "[tls]"));
    let callbacks = config.callbacks.as_ref().filter(|callbacks| callbacks.tls.is_none());
    let callbacks = callbacks.map(|callbacks| (callbacks.listen, "[callbacks.tls]"));
    let is_open = |(addr, _): &(SocketAddr, _)| !addr.ip().to_canonical().is_loopback();
    match own.into_iter().chain(callbacks).find(is_open) {
        Some((addr, table)) => Err(StartError::Plaintext(addr, table)),
        None => Ok(()),
    }
}

async fn listen(addr: SocketAddr, setting: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(addr).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse { addr, setting },
        _ => StartError::Listen { addr, error },
    })
}

async fn open_log(folder: Option<PathBuf>) -> Result<Arc<dyn Log>, StartError> {
    let Some(folder) = folder else { return Ok(Arc::new(MemoryLog::new())) };
    // Opening a log reads and locks files, which must not hold up async threads.
    let opened = tokio::task::spawn_blocking(move || SqliteLog::open(&folder)).await;
    let opened = opened.map_err(|e| StartError::Internal(e.to_string()))?;
    Ok(Arc::new(opened?))
}

/// All services behind the four layers.
type Front = Web<CountedService<Guard<Gate<Routes>>>>;

async fn front(
    config: &HubConfig,
    backend: &Backend,
    (mut routes, mut named): (Routes, Vec<&'static str>),
    calls: CallCounts,
    servers: &mut JoinSet<()>,
) -> Result<Front, StartError> {
    let health = HealthReporter::new();
    let health_service = health::service(health.clone(), backend.stop.clone());
    let (hera, operator) = (backend.hera(), backend.operator());
    named.extend([name_of(&hera), name_of(&operator)]);
    for name in &named {
        health.set_service_status(*name, ServingStatus::Serving).await;
    }
    servers.spawn(watch_health(health, named, backend.hub.clone(), backend.stop.clone()));
    routes = routes.add_service(health_service).add_service(hera).add_service(operator);
    if config.reflection {
        let internal = |e: tonic_reflection::server::Error| StartError::Internal(e.to_string());
        routes = routes.add_service(reflection::v1::service().map_err(internal)?);
        routes = routes.add_service(reflection::v1alpha::service().map_err(internal)?);
    }
    let known = AuthLayer::new(Arc::clone(&backend.auth)).layer(routes.prepare());
    let load = Arc::clone(&backend.hub.measures().load);
    let guarded = GuardLayer::new(backend.stop.clone(), load, deadline).layer(known);
    let origins = config.orgs.iter().flat_map(|org| &org.origins).map(String::as_str);
    Ok(WebLayer::new(origins).layer(CallsLayer::new(calls).layer(guarded)))
}

/// The name under which health reports a service.
const fn name_of<S: NamedService>(_: &S) -> &'static str {
    S::NAME
}

/// Keeps the health of the hub as a whole, which is the empty name: it is `NOT_SERVING` while nothing can be
/// written (R-LOG-5) and while the log of any org is damaged, and the services go on for the others. There is no name for an org, because health asks
/// for no key and would say which orgs exist (D-AUTH); `Hello` says it to whoever may know.
///
/// When the hub stops, tells those who watch and ends their streams. Nothing else would end them, and they
/// would keep the hub waiting.
async fn watch_health(
    mut health: HealthReporter,
    named: Vec<&'static str>,
    hub: Hub,
    stop: CancellationToken,
) {
    let mut outage = hub.outage();
    let mut is_damaged = false;
    loop {
        let is_well = !is_damaged && outage.borrow_and_update().is_none();
        let status = if is_well { ServingStatus::Serving } else { ServingStatus::NotServing };
        health.set_service_status("", status).await;
        tokio::select! {
            () = stop.cancelled() => break,
            () = hub.damaged(), if !is_damaged => is_damaged = true,
            // The hub is ours, so the outage that it tells of is never gone.
            _ = outage.wait_for(|outage| outage.is_none() != is_well), if !is_damaged => {}
        }
    }
    // The empty name stands for the hub as a whole.
    for name in named.into_iter().chain([""]) {
        health.set_service_status(name, ServingStatus::NotServing).await;
        health.clear_service_status(name).await;
    }
}

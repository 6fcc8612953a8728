//! The services over in-memory connections, called with the generated clients: a real hub and real HTTP/2,
//! but no network. Each test has a hub of its own, in memory.

mod apart;
mod auth;
mod bad;
mod clock;
mod commands;
mod conflict;
mod feed;
mod filter;
mod foreign;
mod gaps;
mod gone;
mod leases;
mod limited;
mod listed;
mod notifications;
mod past;
mod scheduled;
mod shutdown;
mod steered;
mod waiting;
mod web;

use crate::{
    hub::{
        config::{
            HubConfig, KeyConfig, Limits, LogFormat, OrgConfig, PlaintextWish, SandboxSettings,
        },
        serve::{Running, start},
    },
    model::{
        Actor, AppId, Body, Caller, Channel as Line, ChannelNumber, Currency, CustomerNumber,
        Event, NetworkCommand, OrgId, OrgSettings, Receipt, Seq,
        settings::{BoundChannel, Purse},
    },
    wire::proto::{
        hera::grpc_web_service_client::GrpcWebServiceClient, v1::operator_client::OperatorClient,
    },
};
use hyper_util::rt::TokioIo;
use std::{path::Path, time::Duration};
use tonic::{
    Request, Status,
    metadata::MetadataMap,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

/// A key for all apps of `acme`.
const KEY: &str = "sb_acmeacme_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
/// A key for app `billing` of `acme` alone.
const BILLING: &str = "sb_billbill_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
/// A key for the other org, `globex`.
const FOREIGN: &str = "sb_globglob_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
const JANE: &str = "+254700000001";

/// Metadata that every call of a client carries.
#[derive(Clone, Default)]
struct Carry(Vec<(&'static str, String)>);

impl Interceptor for Carry {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        carry(request.metadata_mut(), &self.0);
        Ok(request)
    }
}

fn carry(metadata: &mut MetadataMap, pairs: &[(&'static str, String)]) {
    for (name, value) in pairs {
        metadata.insert(*name, value.parse().unwrap());
    }
}

type Wire = InterceptedService<Channel, Carry>;

/// A running hub, with clients for it.
struct Rig {
    running: Running,
}

fn org(id: &str, apps: &[&str], keys: Vec<KeyConfig>) -> OrgConfig {
    let bound = |channel, number: &str| BoundChannel {
        channel: ChannelNumber::new(channel, number),
        app: Some("desk".into()),
        purse: None,
        carrier: None,
        prompt_window: None,
    };
    let settings = OrgSettings {
        id: id.into(),
        apps: apps.iter().map(|app| AppId::from(*app)).collect(),
        channels: vec![bound(Line::Sms, "40404"), bound(Line::Whatsapp, "+254711082000")],
        // The clock of these hubs is that of the machine, and what a test shows holds at every hour.
        quiet: None,
        ..OrgSettings::default()
    };
    OrgConfig {
        settings,
        keys,
        origins: Vec::new(),
        sandbox: SandboxSettings::off(),
        carriers: Vec::new(),
    }
}

fn settings() -> HubConfig {
    let billing = KeyConfig { apps: vec!["billing".into()], ..KeyConfig::of_text("till", BILLING) };
    HubConfig {
        callbacks: None,
        metrics: None,
        log: LogFormat::Text,
        accept_loss: false,
        plaintext: PlaintextWish::default(),
        tls: None,
        listen: None,
        data_dir: None,
        reflection: true,
        token_lifetime: Duration::from_hours(1),
        limits: Limits::NONE,
        orgs: vec![
            org("acme", &["desk", "billing"], vec![KeyConfig::of_text("ops", KEY), billing]),
            org("globex", &["desk"], vec![KeyConfig::of_text("globex ops", FOREIGN)]),
        ],
    }
}

/// Settings with every kind of channel, two purses, and a clock that can be moved; nothing is simulated.
fn every_kind() -> HubConfig {
    let mut config = settings();
    let acme = &mut config.orgs[0].settings;
    acme.sandbox = true;
    let bound = |channel, number: &str, purse: Option<&str>| BoundChannel {
        channel: ChannelNumber::new(channel, number),
        app: Some("desk".into()),
        purse: purse.map(str::to_owned),
        carrier: None,
        prompt_window: None,
    };
    acme.channels.extend([
        bound(Line::Telegram, "acme_bot", None),
        bound(Line::Ussd, "*384#", None),
        bound(Line::Voice, "+254711082300", None),
        bound(Line::Payment, "5250", Some("main")),
    ]);
    let purse =
        |id: &str, code| Purse { id: id.to_owned(), currency: Currency::new(code).unwrap() };
    acme.purses = vec![purse("main", "KES"), purse("dollars", "USD")];
    config
}

impl Rig {
    async fn new() -> Self {
        Self { running: start(settings(), &[]).await.unwrap() }
    }
    /// A hub in which each key has these limits.
    async fn with_limits(limits: Limits) -> Self {
        Self { running: start(HubConfig { limits, ..settings() }, &[]).await.unwrap() }
    }
    async fn of_every_kind() -> Self {
        Self { running: start(every_kind(), &[]).await.unwrap() }
    }
    /// A hub in a data folder, as soon as an earlier hub has let go of it.
    async fn on_disk(folder: &Path) -> Self {
        Self::on_disk_as(folder, settings()).await
    }
    async fn on_disk_as(folder: &Path, config: HubConfig) -> Self {
        let config = HubConfig { data_dir: Some(folder.to_owned()), ..config };
        let started = soon(async {
            loop {
                match start(config.clone(), &[]).await {
                    Ok(running) => break running,
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        });
        Self { running: started.await }
    }
    fn channel(&self) -> Channel {
        let connect = self.running.connector();
        Endpoint::from_static("http://hub").connect_with_connector_lazy(tower::service_fn(
            move |_| {
                let io = connect();
                async move { Ok::<_, std::io::Error>(TokioIo::new(io)) }
            },
        ))
    }
    fn hera_with(&self, carry: &[(&'static str, &str)]) -> GrpcWebServiceClient<Wire> {
        let carry = carry.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        GrpcWebServiceClient::with_interceptor(self.channel(), Carry(carry))
    }
    fn hera(&self) -> GrpcWebServiceClient<Wire> {
        self.hera_with(&[("api-key", KEY)])
    }
    fn operator(&self) -> OperatorClient<Wire> {
        self.operator_as(KEY)
    }
    fn operator_as(&self, key: &str) -> OperatorClient<Wire> {
        let carry = Carry(vec![("api-key", key.to_owned())]);
        OperatorClient::with_interceptor(self.channel(), carry)
    }
    /// Submits what a network, a phone or a timer of `acme` reports.
    async fn report(&self, command: NetworkCommand) -> Receipt {
        let org = OrgId::from("acme");
        let caller = Caller { app: None, actor: Actor::Network };
        let done = self.running.hub().submit(&org, caller, None, command.into());
        done.await.unwrap()
    }
    /// How many entries of `acme` somebody caused. What the hub does by itself when its time has come is
    /// not counted, because it may be written at any moment, also between two looks.
    async fn written(&self) -> usize {
        self.written_in(&OrgId::from("acme")).await
    }
    /// The same of another org.
    async fn written_in(&self, org: &OrgId) -> usize {
        let (mut after, mut count) = (Seq(0), 0);
        loop {
            let page = self.running.hub().entries_after(org, after, 1_000).await.unwrap();
            let Some(last) = page.last() else { return count };
            after = last.entry.seq;
            let by_itself = |event: &Event| event.actor == Actor::Hub;
            count += page.iter().filter(|s| !s.entry.events.iter().all(by_itself)).count();
        }
    }
    /// Lets a customer of `acme` write to the sms number.
    async fn receive(&self, number: &str, text: &str) -> Receipt {
        let command = NetworkCommand::ReceiveMessage {
            from: CustomerNumber::telco(number),
            to: ChannelNumber::new(Line::Sms, "40404"),
            body: Body::text(text),
        };
        let receipt = self.report(command).await;
        assert!(receipt.is_ok(), "{receipt:?}");
        receipt
    }
}

/// Lets time pass at once. The clock is paused only for this moment, because the engine answers from its own
/// thread and a paused clock would run ahead while a call waits for it.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Waits for something that must come soon, or else the test fails.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, what).await.expect("nothing came in time")
}

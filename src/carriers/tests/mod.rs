//! Workers between a hub in memory and a network: what goes out, what comes back, and what is recorded when one fails.

/// Waits until a question has this answer.
macro_rules! once {
    ($asked:expr, $wanted:expr) => {{
        let end = tokio::time::Instant::now() + Duration::from_mins(1);
        loop {
            let found = $asked;
            if found == $wanted {
                break;
            }
            assert!(tokio::time::Instant::now() < end, "{found:?} instead of {:?}", $wanted);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }};
}

mod callbacks;
mod calls;
mod parts;
mod provider;
mod smpp;
mod smpp34;
#[allow(dead_code, reason = "a benchmark uses the rest")]
#[path = "../../../tests/it/smsc.rs"]
mod smsc;
mod telegram;
#[path = "../../../tests/it/telegram.rs"]
mod telegram_stub;
mod tls;
mod ussd;

use super::{http::HttpClient, part_store::PartDatabase, worker};
use crate::{
    hub::{
        config::{
            CarrierConfig, CarrierKind, CarrierSecret, CarrierTrust, SmppSettings, UssdSettings,
        },
        engine::{EngineOptions, Hub, OrgHandle},
        log::memory::MemoryLog,
    },
    model::{
        Actor, Body, Caller, Channel, ChannelNumber, CustomerCommand, CustomerNumber, Direction,
        Entry, EventKind, Message, MessageStatus, NetworkCommand, OrgSettings,
        carriage::CarriageStep,
        settings::{BoundCarrier, BoundChannel, Repeats},
    },
};
use smsc::Smsc;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

fn line() -> ChannelNumber {
    ChannelNumber::new(Channel::Sms, "40404")
}
/// A number of the org that is written with its plus sign.
fn long_line() -> ChannelNumber {
    ChannelNumber::new(Channel::Sms, "+254711082000")
}
fn voice_line() -> ChannelNumber {
    ChannelNumber::new(Channel::Voice, "+254711082300")
}
fn nth(n: usize) -> CustomerNumber {
    CustomerNumber::telco(&format!("+2547{n:08}"))
}

fn http_client() -> HttpClient {
    HttpClient::new(CarrierTrust::default()).expect("a client")
}
fn smpp_of(smsc: &Smsc) -> CarrierKind {
    CarrierKind::Smpp(SmppSettings {
        address: smsc.addr.to_string(),
        system_id: "desk".into(),
        password: CarrierSecret::new("secret".into()),
        system_type: String::new(),
        tls: false,
    })
}

/// A hub with one connection to a network.
struct Desk {
    hub: OrgHandle,
    carrier: CarrierConfig,
    report_to: Option<String>,
    /// What it keeps of texts in several parts. It outlives the worker, as a file does.
    parts: PartDatabase,
    workers: JoinSet<()>,
    stop: CancellationToken,
}

impl Desk {
    async fn of(smsc: &Smsc, repeats: Repeats) -> Self {
        Self::with(smpp_of(smsc), vec![line(), long_line()], repeats, true).await
    }
    async fn with(
        kind: CarrierKind,
        lines: Vec<ChannelNumber>,
        repeats: Repeats,
        reports: bool,
    ) -> Self {
        let carrier = CarrierConfig {
            id: "safari".into(),
            kind,
            per_second: 1_000,
            window: 10,
            answers_within: Duration::from_secs(2),
            repeats,
            reports,
            trust: CarrierTrust::default(),
            ussd: UssdSettings::default(),
        };
        let bound = |channel| BoundChannel {
            channel,
            app: Some("shop".into()),
            purse: None,
            carrier: Some("safari".into()),
            prompt_window: None,
        };
        let settings = OrgSettings {
            id: "acme".into(),
            apps: vec!["shop".into()],
            channels: lines.into_iter().map(bound).collect(),
            carriers: vec![BoundCarrier {
                id: "safari".into(),
                kind: carrier.kind.word(),
                per_second: 1_000,
                repeats,
                reports,
            }],
            quiet: None,
            ..OrgSettings::default()
        };
        let options = EngineOptions {
            orgs: vec![settings],
            log: Arc::new(MemoryLog::default()),
            accept_loss: false,
            shelf: None,
        };
        let hub = Hub::start(options).await.expect("a hub");
        let hub = OrgHandle::new(&hub, &"acme".into());
        let mut desk = Self {
            hub,
            carrier,
            report_to: None,
            parts: PartDatabase::in_memory().expect("a file"),
            workers: JoinSet::new(),
            stop: CancellationToken::new(),
        };
        desk.work();
        desk
    }
    fn work(&mut self) {
        self.workers.spawn(worker::run(
            self.hub.clone(),
            self.carrier.clone(),
            self.report_to.clone(),
            self.parts.of(&"acme".into(), &self.carrier.id),
            self.stop.clone(),
        ));
    }
    /// The worker dies wherever it is.
    async fn kill(&mut self) {
        self.workers.shutdown().await;
    }
    /// The worker ends in good order, as when the hub stops.
    async fn leave(&mut self) {
        self.stop.cancel();
        while self.workers.join_next().await.is_some() {}
        self.stop = CancellationToken::new();
    }
    async fn send(&self, to: &CustomerNumber, text: &str) {
        self.send_body(to, Body::text(text)).await;
    }
    /// Sends from the org's first number.
    async fn send_body(&self, to: &CustomerNumber, body: Body) {
        let from = self.hub.settings().channels[0].channel.clone();
        let to = to.clone();
        self.asks(CustomerCommand::SendMessage { to, from, body, seen: None }).await;
    }
    async fn asks(&self, command: CustomerCommand) {
        let caller = Caller { app: Some("shop".into()), actor: Actor::Key("wanjiku".into()) };
        let receipt = self.hub.submit(caller, command.into()).await.expect("running");
        assert!(receipt.is_ok(), "{receipt:?}");
    }
    async fn entries(&self) -> Vec<Entry> {
        let head = self.hub.read(|world| world.head().0).await.expect("running");
        let mut log = self.hub.follow(crate::model::Seq(0)).expect("running");
        let mut all = Vec::new();
        while all.len() < usize::try_from(head.0).expect("few") {
            all.extend(
                log.next()
                    .await
                    .expect("running")
                    .into_iter()
                    .map(|stored| Entry::clone(&stored.entry)),
            );
        }
        all
    }
    async fn messages(&self, direction: Direction) -> Vec<Message> {
        let look = move |world: &crate::rules::World| {
            let all = world.customers().flat_map(|who| who.messages.to_vec());
            all.filter(|message| message.direction == direction)
                .map(|message| Message::clone(&message))
                .collect::<Vec<_>>()
        };
        self.hub.scan(look).await.expect("running")
    }
    /// How the messages to customers stand, and how many of each.
    async fn stands(&self, status: MessageStatus) -> usize {
        let all = self.messages(Direction::Outbound).await;
        all.iter().filter(|message| message.status == status).count()
    }
    /// The steps of all messages on their way.
    async fn steps(&self) -> Vec<CarriageStep> {
        let entries = self.entries().await;
        let events = entries.into_iter().flat_map(|entry| entry.events);
        events
            .filter_map(|event| match event.kind {
                EventKind::MessageCarried { step, .. } => Some(step),
                _ => None,
            })
            .collect()
    }
    async fn unknown(&self) -> usize {
        let steps = self.steps().await;
        steps.iter().filter(|step| matches!(step, CarriageStep::Unknown { .. })).count()
    }
    async fn links(&self) -> Vec<(bool, String)> {
        let entries = self.entries().await;
        let events = entries.into_iter().flat_map(|entry| entry.events);
        events
            .filter_map(|event| match event.kind {
                EventKind::CarrierLinkChanged { is_up, why, .. } => Some((is_up, why)),
                _ => None,
            })
            .collect()
    }
}

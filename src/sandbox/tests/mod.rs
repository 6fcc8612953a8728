//! The workers of the sandbox on a real hub over a log in memory. Virtual time runs on while the engine's
//! thread works, up to the next timer, so tests wait in small steps (`pass`) or not at all.

mod app;
mod calls;
mod money;
mod network;
mod situations;
mod traffic;

use super::{cast::Cast, *};
use crate::{
    hub::{
        engine::{EngineOptions, LogFollower},
        log::memory::MemoryLog,
        timers,
    },
    model::{
        Actor, Body, Caller, Channel, ChannelNumber, Command, CustomerCommand, CustomerNumber,
        CustomerRef, Event, EventKind, MessageId, MessageReceipt, NetworkCommand, NetworkReceipt,
        OrgSettings, Receipt, Seq,
    },
};
use std::time::Duration;

/// Amina's number. She writes on whatsapp and sms, and has a script.
const AMINA: &str = "+254711000101";
/// How long something that must happen may take, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(1);

struct Rig {
    hub: Hub,
    org: OrgId,
    cast: Arc<Cast>,
    settings: SandboxSettings,
    phones: Arc<Phones>,
    seen: LogFollower,
    tasks: JoinSet<()>,
}

impl Rig {
    async fn start() -> Self {
        Self::with(OrgSettings::default()).await
    }
    async fn with(rules: OrgSettings) -> Self {
        let org = OrgId::from("o");
        let rules =
            OrgSettings { id: org.clone(), apps: vec!["helpdesk".into()], sandbox: true, ..rules };
        let log = Arc::new(MemoryLog::new());
        let hub =
            Hub::start(EngineOptions { orgs: vec![rules], log, accept_loss: false, shelf: None })
                .await
                .unwrap();
        let settings =
            SandboxSettings { fail_percent: 0, rate_per_minute: 20, ..SandboxSettings::default() };
        Self {
            phones: Arc::new(Phones::new(&[(org.clone(), settings.clone())])),
            cast: Arc::new(Cast::load(None, true).unwrap()),
            seen: LogFollower::new(&hub, &org, Seq(0)).unwrap(),
            tasks: JoinSet::new(),
            hub,
            org,
            settings,
        }
    }

    fn handle(&self) -> OrgHandle {
        OrgHandle::new(&self.hub, &self.org)
    }
    fn run_network(&mut self) {
        let (phones, cast) = (Arc::clone(&self.phones), Arc::clone(&self.cast));
        self.tasks.spawn(super::network::run(self.handle(), self.settings.clone(), phones, cast));
    }
    fn run_traffic(&mut self) {
        let cast = Arc::clone(&self.cast);
        self.tasks.spawn(super::traffic::run(self.handle(), self.settings.clone(), cast));
    }
    fn run_app(&mut self) {
        self.tasks.spawn(super::demo_app::run(self.handle(), self.settings.clone()));
    }

    async fn submit(&self, actor: Actor, command: impl Into<Command>) -> Receipt {
        let caller = Caller { app: Some("helpdesk".into()), actor };
        self.hub.submit(&self.org, caller, None, command.into()).await.unwrap()
    }
    /// Lets a customer do something, and returns the id of the message, session or transaction.
    async fn phone(&self, command: NetworkCommand) -> String {
        match self.submit(Actor::Customer, command).await {
            Receipt::Network(NetworkReceipt { ok: true, subject: Some(subject), .. }) => subject,
            other => panic!("{other:?}"),
        }
    }
    async fn writes(&self, number: &str, on: &ChannelNumber, text: &str) {
        let (from, to, body) = (CustomerNumber::telco(number), on.clone(), Body::text(text));
        self.phone(NetworkCommand::ReceiveMessage { from, to, body }).await;
    }
    /// Lets the holder of the key `label` write to a customer.
    async fn sends(&self, label: &str, number: &str, on: &ChannelNumber) -> MessageId {
        let (to, from) = (CustomerNumber::telco(number), on.clone());
        let send = CustomerCommand::SendMessage {
            to,
            from,
            body: Body::text("How can I help?"),
            seen: None,
        };
        match self.submit(Actor::Key(label.into()), send).await {
            Receipt::Message(MessageReceipt { message: Some(id), .. }) => id,
            other => panic!("{other:?}"),
        }
    }

    /// Lets so much virtual time pass, in steps after each of which the engine has caught up.
    async fn pass(&self, time: Duration) {
        let begin = now();
        while begin.elapsed() < time {
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.hub.read(&self.org, |_| ()).await.unwrap();
        }
    }
    /// The first event from here on that `pick` accepts.
    async fn until<T>(&mut self, pick: impl Fn(&Event) -> Option<T>) -> T {
        loop {
            let batch = self.seen.next().await.expect("the hub runs");
            let mut events = batch.iter().flat_map(|stored| &stored.entry.events);
            if let Some(found) = events.find_map(&pick) {
                return found;
            }
        }
    }
    /// Everything in the log, in order.
    async fn events(&self) -> Vec<Event> {
        let mut all = Vec::new();
        let mut after = Seq(0);
        loop {
            let batch = self.hub.entries_after(&self.org, after, 500).await.unwrap();
            let Some(last) = batch.last() else { return all };
            after = last.entry.seq;
            all.extend(batch.iter().flat_map(|stored| stored.entry.events.clone()));
        }
    }
    async fn count(&self, is: impl Fn(&EventKind) -> bool) -> usize {
        self.events().await.iter().filter(|event| is(&event.kind)).count()
    }
}

fn line(channel: Channel) -> ChannelNumber {
    ChannelNumber::new(channel, "40404")
}

fn now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// Lets workers notice what is in the log. Whatever they do about it takes longer than this.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    // Time stands still while a thread looks at all customers, as workers do when they start.
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Whether a customer has begun something.
fn begun(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::MessageReceived { .. }
            | EventKind::UssdInput { dial: true, .. }
            | EventKind::PaymentReceived { .. }
    )
}

#[tokio::test]
async fn workers_start_burst_and_stop() {
    let mut rig = Rig::start().await;
    let settings = SandboxSettings { rate_per_minute: 1, ..rig.settings.clone() };
    let mut tasks = JoinSet::new();
    start(&rig.hub, vec![(rig.org.clone(), settings.clone())], &mut tasks).unwrap();
    let mut head = rig.hub.head(&rig.org).unwrap();
    let burst = tokio::time::timeout(PATIENCE, head.wait_for(|head| head.0 >= 25));
    burst.await.expect("the first start fills the feed at once").unwrap();
    tasks.shutdown().await;
    let met = |kind: &EventKind| matches!(kind, EventKind::CustomerMet);
    assert!(rig.count(met).await >= 5);

    // A second start goes on from there, without a burst: when the app has answered a session
    // nobody else has begun anything.
    let before = rig.count(begun).await;
    start(&rig.hub, vec![(rig.org.clone(), settings)], &mut tasks).unwrap();
    let (from, to) = (CustomerNumber::telco("+254700000001"), line(Channel::Ussd));
    let dialled = rig.phone(NetworkCommand::DialUssd { from, to, input: String::new() }).await;
    let shown = rig.until(|event| match &event.kind {
        EventKind::UssdMenuShown { session, .. } => (session.as_str() == dialled).then_some(()),
        _ => None,
    });
    tokio::time::timeout(PATIENCE, shown).await.expect("the app answers");
    tasks.shutdown().await;
    assert_eq!(rig.count(begun).await - before, 1, "only deliveries and menus go on");
}

#[tokio::test]
async fn an_org_that_is_no_sandbox_is_not_simulated() {
    let rig = Rig::start().await;
    let mut tasks = JoinSet::new();
    let off = vec![(rig.org.clone(), SandboxSettings::off())];
    let phones = start(&rig.hub, off, &mut tasks).unwrap();
    assert!(tasks.is_empty(), "nobody is there who could do something later");
    assert!(!phones.simulated(&rig.org));
    assert_eq!(rig.events().await, []);
}

#[tokio::test]
async fn time_passes_for_the_rules_when_something_is_due() {
    // given a USSD prompt that no app answers in time (R-HOOK-2)
    let window = Duration::from_millis(60);
    let mut rig = Rig::with(OrgSettings { prompt_window: window, ..OrgSettings::default() }).await;
    timers::start(&rig.hub, &mut rig.tasks);
    let dial = NetworkCommand::DialUssd {
        from: CustomerNumber::telco(AMINA),
        to: line(Channel::Ussd),
        input: String::new(),
    };
    rig.phone(dial).await;
    // then the sweep ends it, and nothing is left to sweep
    let end = rig.until(|e| match e.kind {
        EventKind::UssdEnded { end, .. } => Some(end),
        _ => None,
    });
    let end = tokio::time::timeout(PATIENCE, end).await.expect("swept in time");
    assert_eq!(end, crate::model::UssdEnd::Unanswered);
    let settings = rig.handle().settings();
    let due = rig.hub.read(&rig.org, move |world| world.next_due(&settings)).await.unwrap();
    assert_eq!(due, None);
}

#[tokio::test]
async fn a_cast_that_cannot_be_read_keeps_the_hub_from_starting() {
    let rig = Rig::start().await;
    let cast = Some("/nowhere/cast.toml".into());
    let settings = SandboxSettings { cast, ..rig.settings.clone() };
    let error = start(&rig.hub, vec![(rig.org.clone(), settings)], &mut JoinSet::new())
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("/nowhere/cast.toml: cannot be read"), "{error}");
}

#[tokio::test]
async fn a_line_of_64_kib_is_accepted_and_stored_as_it_is() {
    let rig = Rig::start().await;
    let larry = rig.cast.people().iter().find(|p| p.name == "Long Line Larry").unwrap();
    let long = &larry.threads[0][0];
    assert_eq!(long.len(), 65_536);
    for text in larry.threads.iter().map(|thread| &thread[0]) {
        rig.writes(&larry.numbers[0].number, &line(Channel::Whatsapp), text).await;
    }
    let whom = CustomerRef::Number(larry.numbers[0].clone());
    let at = crate::hub::clock::now();
    let read = move |w: &crate::rules::World| w.customer(&whom, &OrgSettings::default(), at);
    let customer = rig.hub.read(&rig.org, read).await.unwrap().unwrap();
    let said: Vec<_> = customer.messages.iter().filter_map(|m| m.body.text.as_ref()).collect();
    assert_eq!(said, larry.threads.iter().map(|thread| &thread[0]).collect::<Vec<_>>());
}

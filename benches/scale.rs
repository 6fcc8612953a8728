//! The hub with 100,000 customers: how long operations on the whole World take, and how long
//! others have to wait meanwhile. `SCALE=20000` makes it smaller. Rates are printed as ratios to
//! plain writes in the same run. All the time a probe writes to one customer every few
//! milliseconds; the longest wait of the probe in a phase is what an agent would have felt.
//! Reading the memory needs Linux.

use std::{
    hint::black_box,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use switchboard::{
    hub::{
        engine::{EngineOptions, Hub},
        log::{folder::FolderError, sqlite::SqliteLog},
        timers,
    },
    model::{
        Actor, Body, Caller, Channel, ChannelNumber, Command, Currency, CustomerCommand,
        CustomerNumber, CustomerRef, Money, NetworkCommand, OrgId, OrgSettings, PaymentParty,
        Receipt, Reminder, Tag, TagMessage, TagPair, Timestamp, WorkState,
        settings::{BoundChannel, Purse},
    },
    rules::World,
};
use tokio::task::JoinSet;

/// How many commands are under way at once.
const CLIENTS: usize = 64;
const DAY: Duration = Duration::from_hours(24);

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn clock() -> Instant {
    Instant::now()
}

fn org() -> OrgId {
    "bench".into()
}

fn kes() -> Currency {
    Currency::new("KES").expect("a currency")
}

fn settings() -> OrgSettings {
    let bound = |channel, number: &str| BoundChannel {
        channel: ChannelNumber::new(channel, number),
        app: Some("desk".into()),
        purse: None,
        carrier: None,
        prompt_window: None,
    };
    OrgSettings {
        id: org(),
        apps: vec!["desk".into()],
        channels: vec![bound(Channel::Sms, "40404"), bound(Channel::Payment, "500500")],
        purses: vec![Purse { id: "main".into(), currency: kes() }],
        sandbox: true,
        ..OrgSettings::default()
    }
}

fn number(n: usize) -> CustomerNumber {
    CustomerNumber::telco(&format!("+2547{n:08}"))
}

fn who(n: usize) -> CustomerRef {
    CustomerRef::Number(number(n))
}

fn gold() -> TagPair {
    TagPair { key: "tier".into(), value: "gold".into() }
}

fn tag(n: usize) -> CustomerCommand {
    let tag = Tag { key: "tier".into(), value: "gold".into(), expires_at: None };
    CustomerCommand::UpdateTags { customer: who(n), tags: vec![tag] }
}

fn reminder(key: &str, at: Timestamp) -> Reminder {
    Reminder { app: "desk".into(), key: key.into(), remind_at: at, ..Reminder::default() }
}

/// The resident memory of this process in MB.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<usize>().ok()).unwrap_or(0) / 1000
}

/// The hub that is measured, and the probe that writes beside it.
struct Rig {
    hub: Hub,
    customers: usize,
    waits: Arc<Mutex<Vec<Duration>>>,
    /// Plain writes per second. 0 until they have been measured.
    plain: Mutex<f64>,
}

impl Rig {
    async fn submit(&self, command: impl Into<Command>) -> Receipt {
        let caller = Caller { app: Some("desk".into()), actor: Actor::Key("bench".into()) };
        let receipt = self.hub.submit(&org(), caller, None, command.into()).await;
        let receipt = receipt.expect("an answer");
        assert!(receipt.is_ok(), "{receipt:?}");
        receipt
    }

    async fn read<T: Send + 'static>(&self, f: impl FnOnce(&World) -> T + Send + 'static) -> T {
        self.hub.read(&org(), f).await.expect("a reading")
    }

    /// Writes to the last customer all the time, and notes how long each write waits.
    fn probe(&self) -> tokio::task::JoinHandle<()> {
        let (hub, waits, n) = (self.hub.clone(), Arc::clone(&self.waits), self.customers);
        tokio::spawn(async move {
            for round in 0_u64.. {
                let tags =
                    vec![Tag { key: "probe".into(), value: round.to_string(), expires_at: None }];
                let command = CustomerCommand::UpdateTags { customer: who(n), tags };
                let start = clock();
                if hub.submit(&org(), Caller::default(), None, command.into()).await.is_err() {
                    return;
                }
                waits.lock().expect("a list").push(start.elapsed());
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
    }

    /// Prints how long a phase took, for how many, and how long the probe had to wait during it.
    fn tell(&self, what: &str, n: usize, took: Duration) {
        let mut waits = std::mem::take(&mut *self.waits.lock().expect("a list"));
        waits.sort_unstable();
        let at = |percent: usize| {
            let last = waits.len().saturating_sub(1);
            waits.get(last * percent / 100).copied().unwrap_or_default()
        };
        let rate = u32::try_from(n).map_or(0.0, f64::from) / took.as_secs_f64();
        let mut plain = self.plain.lock().expect("a rate");
        if *plain == 0.0 {
            *plain = rate;
        }
        println!(
            "{what:<34} {n:>7} in {took:>8.2?} = {rate:>8.0}/s = {:.2} of plain; others wait p50 {:.1?} p99 {:.1?} longest {:.1?}; {} MB",
            rate / *plain,
            at(50),
            at(99),
            at(100),
            memory()
        );
    }

    /// Sends one command for each customer, `CLIENTS` of them at once.
    async fn each(&self, what: &str, command: impl Fn(usize) -> Command) {
        use futures_util::StreamExt as _;
        self.waits.lock().expect("a list").clear();
        let start = clock();
        let all = futures_util::stream::iter(0..self.customers).map(|n| self.submit(command(n)));
        all.buffer_unordered(CLIENTS).for_each(|_| std::future::ready(())).await;
        self.tell(what, self.customers, start.elapsed());
    }

    /// Measures something that the hub does by itself, and that is over when the World says so.
    async fn until(
        &self,
        what: &str,
        start: Instant,
        over: impl Fn(&World) -> bool + Copy + Send + 'static,
    ) {
        while !self.read(over).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.tell(what, self.customers, start.elapsed());
    }

    /// Measures how long a reading of the whole World takes, beside the writer.
    async fn reading<T: Send + 'static>(
        &self,
        what: &str,
        f: impl FnOnce(&World) -> T + Send + 'static,
    ) -> T {
        let timed = move |world: &World| {
            let start = clock();
            let found = f(world);
            (found, start.elapsed())
        };
        let (found, took) = self.read(timed).await;
        println!("{what:<34} takes {took:.1?}");
        found
    }
}

/// Opens the log again. The threads of the hub before let go of the folder only a moment after
/// it has stopped.
async fn free(folder: &Path) -> SqliteLog {
    loop {
        match SqliteLog::open(folder) {
            Err(FolderError::InUse(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
            other => return other.expect("a log"),
        }
    }
}

async fn open(folder: &Path) -> Hub {
    let log = Arc::new(free(folder).await);
    let options = EngineOptions {
        orgs: vec![settings()],
        log,
        accept_loss: false,
        shelf: Some(folder.to_owned()),
    };
    Hub::start(options).await.expect("a hub")
}

fn all_done(world: &World) -> bool {
    world.works().all(|work| work.state == WorkState::Done)
}

async fn works(rig: &Rig) {
    let from = ChannelNumber::new(Channel::Sms, "40404");
    let (settings, now) = (settings(), rig.hub.now(&org()));
    let on = from.clone();
    let count = move |world: &World| world.audience(&gold(), Some(&on), &settings, now).reached;
    let reached = rig.reading("audience of a tag", count).await;
    assert_eq!(usize::try_from(reached), Ok(rig.customers));
    for round in 1..=2 {
        let start = clock();
        let body = Body::text("Habari! Your parcel is ready, collect it at the Westlands shop.");
        let send = CustomerCommand::SendMessageByTag {
            tag: gold(),
            message: TagMessage::new(from.clone(), body),
        };
        rig.submit(send).await;
        println!("{:<34} answered after {:.1?}", "message by tag", start.elapsed());
        rig.until(&format!("message by tag, round {round}"), start, all_done).await;
    }
    let start = clock();
    let reminder = reminder("by tag", rig.hub.now(&org()));
    rig.submit(CustomerCommand::AddReminderByTag { tag: gold(), reminder }).await;
    rig.until("reminder by tag", start, all_done).await;
}

async fn reminders(rig: &Rig) {
    let at = rig.hub.now(&org()).after(DAY / 2);
    rig.each("reminders added", |n| {
        let reminder = reminder("call back", at);
        CustomerCommand::AddReminder { customer: who(n), reminder }.into()
    })
    .await;
    rig.reading("list of 100 reminders", |world| {
        (world.reminders().take(100).count(), world.reminder_count())
    })
    .await;
    let start = clock();
    rig.submit(NetworkCommand::MoveClock { by: DAY }).await;
    rig.until("reminders due at once", start, |world| world.reminder_count() == 0).await;
}

async fn money(rig: &Rig) {
    let value = |minor| Money { currency: kes(), minor };
    let purse = PaymentParty::Purse("main".into());
    rig.submit(NetworkCommand::FundPurse { purse: "main".into(), value: value(10_000_000_000) })
        .await;
    let ids = rig.read(|world| world.customers().map(|c| c.id.clone()).collect::<Vec<_>>()).await;
    rig.each("payments, purse to wallet", |n| {
        let credit = PaymentParty::Wallet { customer: ids[n].clone(), wallet: "main".into() };
        CustomerCommand::InitiatePayment { debit: purse.clone(), credit, value: value(100) }.into()
    })
    .await;
    rig.each("payments, purse to phone (open)", |n| {
        let channel = ChannelNumber::new(Channel::Payment, "500500");
        let credit = PaymentParty::Customer { number: number(n), channel };
        CustomerCommand::InitiatePayment { debit: purse.clone(), credit, value: value(100) }.into()
    })
    .await;
    let start = clock();
    rig.submit(NetworkCommand::MoveClock { by: DAY * 8 }).await;
    rig.until("open payments expire at once", start, |world| {
        world.open_payments().next().is_none()
    })
    .await;
}

async fn leases(rig: &Rig) {
    rig.each("leases", |n| {
        CustomerCommand::LeaseMetadata { customer: who(n), key: "cart".into() }.into()
    })
    .await;
    let now = rig.hub.now(&org());
    rig.reading("list of running leases", move |world| world.leases(now).count()).await;
    let start = clock();
    rig.submit(NetworkCommand::MoveClock { by: DAY }).await;
    rig.until("leases end at once", start, |world| world.leases(Timestamp::ZERO).next().is_none())
        .await;
}

/// Measures the adoption of a customer with a full history by another one.
async fn adoption(rig: &Rig) {
    let from = ChannelNumber::new(Channel::Sms, "40404");
    for n in 0..500 {
        for to in [number(0), number(1)] {
            let body = Body::text(format!("order {n}"));
            rig.submit(CustomerCommand::SendMessage { to, from: from.clone(), body, seen: None })
                .await;
        }
    }
    rig.waits.lock().expect("a list").clear();
    let now = rig.hub.now(&org());
    let settings = rig.hub.settings(&org()).unwrap_or_default();
    let one =
        rig.read(move |world| world.customer(&who(0), &settings, now).map(|c| c.id.clone())).await;
    let customer = one.expect("a customer");
    let start = clock();
    rig.submit(CustomerCommand::AdoptCustomer { customer, other: who(1) }).await;
    rig.tell("adoption of full histories", 1, start.elapsed());
}

async fn snapshots(rig: &Rig) {
    let copy = rig.reading("copy of the World", World::clone).await;
    let start = clock();
    let (mut copy, mut bytes) = (copy, 0);
    copy.settle();
    copy.settling(&mut |_, key, row| bytes += key.len() + row.map_or(0, |row| row.len()));
    let (of, took) = ("what changed lately, as rows", start.elapsed());
    println!("{of:<34} {} MB in {took:.2?}", bytes / 1_000_000);
}

async fn restart(folder: &Path) -> Duration {
    drop(free(folder).await);
    let start = clock();
    let hub = open(folder).await;
    hub.read(&org(), |world| black_box(world.head())).await.expect("a first answer");
    let took = start.elapsed();
    hub.stop().await;
    took
}

async fn run(customers: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let hub = open(folder.path()).await;
    let mut tasks = JoinSet::new();
    timers::start(&hub, &mut tasks);
    let rig = Rig { hub: hub.clone(), customers, waits: Arc::default(), plain: Mutex::default() };
    println!("{:<34} {} MB", "empty", memory());
    let probe = rig.probe();
    rig.each("tags (plain writes)", |n| tag(n).into()).await;
    works(&rig).await;
    reminders(&rig).await;
    money(&rig).await;
    leases(&rig).await;
    adoption(&rig).await;
    probe.abort();
    snapshots(&rig).await;
    tasks.shutdown().await;
    let start = clock();
    hub.stop().await;
    println!("{:<34} in {:.2?}", "stop, with a snapshot", start.elapsed());
    drop((rig, hub));
    println!("{:<34} in {:.2?}", "restart from the snapshot", restart(folder.path()).await);
    for name in ["shelf.db", "shelf.db-wal", "shelf.sums"] {
        let _ = std::fs::remove_file(folder.path().join(name));
    }
    println!("{:<34} in {:.2?}", "restart from the log alone", restart(folder.path()).await);
}

fn main() {
    let customers = std::env::var("SCALE").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    tokio::runtime::Runtime::new().expect("a runtime").block_on(run(customers));
}

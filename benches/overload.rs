//! Too much is asked of a hub, over the network and on the disk: what an org notices of another one that asks for ten times
//! its share, and what becomes of a hub that is asked for five times what it can do. `SECONDS` is for how long. The
//! hub has one processor of its own and whoever calls has another, so that it is the hub that is too slow.

#![allow(clippy::cast_precision_loss, reason = "counts of some millions")]
#![allow(clippy::cast_possible_truncation, reason = "a number of connections")]

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use switchboard::{
    hub::{
        config::{HubConfig, KeyConfig, Limits},
        serve::{self, Running},
    },
    wire::proto::hera::{self, grpc_web_service_client::GrpcWebServiceClient},
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tonic::{
    Code, Request,
    transport::{Channel, Endpoint},
};

const ORGS: [&str; 2] = ["acme", "globex"];
const CUSTOMERS: u64 = 1_000;
/// How many calls a connection has under way at most, a few less than it may.
const CALLS: usize = 60;
/// How often the quiet org calls.
const EVERY: Duration = Duration::from_millis(5);

fn processor() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().expect("a runtime")
}

async fn start(folder: &Path, limits: Limits) -> Running {
    let org = |id| format!("[[org]]\nid = '{id}'\napps = ['desk']\nregion = 'KE'\n");
    let settings = format!("listen = '127.0.0.1:0'\n{}", ORGS.map(org).concat());
    let mut config = HubConfig::parse(Path::new("hub.toml"), &settings).expect("settings");
    for (org, id) in config.orgs.iter_mut().zip(ORGS) {
        org.keys.push(KeyConfig::of_text("bench", &key(id)));
    }
    (config.limits, config.data_dir) = (limits, Some(folder.to_owned()));
    serve::start(config, &[]).await.expect("a hub")
}

fn key(org: &str) -> String {
    format!("sb_{org:_<8}_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")
}

/// One org's connection, with the number of its next call.
#[derive(Clone)]
struct Caller {
    hera: GrpcWebServiceClient<Channel>,
    org: &'static str,
    calls: Arc<AtomicU64>,
}

impl Caller {
    fn new(hub: &Running, org: &'static str) -> Self {
        let addr = hub.addr.expect("it listens");
        let channel = Endpoint::from_shared(format!("http://{addr}")).expect("an address");
        Self { hera: GrpcWebServiceClient::new(channel.connect_lazy()), org, calls: Arc::default() }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("api-key", key(self.org).parse().expect("a key"));
        request
    }

    /// Asks for a customer's state, or sets a tag, in turn: of so many calls one is a write.
    async fn call(&mut self, writes_one_in: u64) -> Result<(), Code> {
        let n = self.calls.fetch_add(1, Relaxed);
        let number = format!("+2547{:08}", n / writes_one_in % CUSTOMERS);
        let provider = hera::CustomerNumberProvider::Telco.into();
        let number = hera::CustomerNumber { number, provider, ..hera::CustomerNumber::default() };
        let org_id = self.org.to_owned();
        let answer = if n.is_multiple_of(writes_one_in) {
            let mapping = hera::IndexMapping { key: "n".into(), value: Some(n.to_string()) };
            let tags = vec![hera::CustomerIndex { mapping: Some(mapping), expiration: None }];
            let customer =
                Some(hera::update_customer_tag_request::Customer::CustomerNumber(number));
            let request = hera::UpdateCustomerTagRequest { org_id, tags, customer };
            let answer = self.hera.update_customer_tag(self.request(request)).await;
            match answer {
                Ok(reply) if !reply.get_ref().status => return Err(Code::InvalidArgument),
                answer => answer.map(drop),
            }
        } else {
            let customer = Some(hera::get_customer_state_request::Customer::CustomerNumber(number));
            let request = hera::GetCustomerStateRequest { org_id, customer };
            self.hera.get_customer_state(self.request(request)).await.map(drop)
        };
        answer.map_err(|status| status.code())
    }
}

/// What became of calls.
#[derive(Default)]
struct Outcome {
    took: Vec<Duration>,
    refused: u64,
    failed: Vec<Code>,
}

impl Outcome {
    fn add(&mut self, answer: Result<(), Code>, took: Duration) {
        match answer {
            Ok(()) => self.took.push(took),
            Err(Code::ResourceExhausted) => self.refused += 1,
            Err(code) => self.failed.push(code),
        }
    }

    fn p(&mut self, share: usize) -> Duration {
        self.took.sort_unstable();
        self.took.get((self.took.len().max(1) - 1) * share / 1_000).copied().unwrap_or_default()
    }

    fn tell(&mut self, what: &str, lasted: Duration) {
        let (p50, p99, most) = (self.p(500), self.p(990), self.p(1_000));
        println!(
            "{what}: {} done ({:.0}/s), p50 {p50:.1?}, p99 {p99:.1?}, longest {most:.1?}; {} refused, {} failed",
            self.took.len(),
            self.took.len() as f64 / lasted.as_secs_f64(),
            self.refused,
            self.failed.len(),
        );
    }
}

/// Calls at a rate, whatever becomes of the calls before, for so long.
async fn quiet(caller: &Caller, lasts: Duration) -> Outcome {
    let (mut calls, mut tick, began) = (JoinSet::new(), interval(EVERY), Instant::now());
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while began.elapsed() < lasts {
        let due = tick.tick().await;
        let mut caller = caller.clone();
        calls.spawn(async move { (caller.call(2).await, due.elapsed()) });
    }
    let mut outcome = Outcome::default();
    while let Some(Ok((answer, took))) = calls.join_next().await {
        outcome.add(answer, took);
    }
    outcome
}

/// Calls as often as the hub answers, on so many connections.
async fn flood(callers: Vec<Caller>, each: usize, writes_one_in: u64, lasts: Duration) -> Outcome {
    let (mut tasks, began) = (JoinSet::new(), Instant::now());
    for mut caller in callers.iter().flat_map(|caller| vec![caller.clone(); each]) {
        tasks.spawn(async move {
            let mut outcome = Outcome::default();
            while began.elapsed() < lasts {
                let asked = Instant::now();
                outcome.add(caller.call(writes_one_in).await, asked.elapsed());
            }
            outcome
        });
    }
    let mut all = Outcome::default();
    while let Some(Ok(one)) = tasks.join_next().await {
        all.took.extend(one.took);
        all.failed.extend(one.failed);
        all.refused += one.refused;
    }
    all
}

/// Calls at a rate on so many connections; what finds no room on them is not sent.
async fn storm(callers: Vec<Caller>, rate: f64, lasts: Duration) -> (Outcome, u64) {
    let room: Vec<_> = callers.iter().map(|_| Arc::new(Semaphore::new(CALLS))).collect();
    let (mut calls, mut all, began) = (JoinSet::new(), Outcome::default(), Instant::now());
    let (mut asked, mut unsent) = (0_u64, 0);
    while began.elapsed() < lasts {
        while (asked as f64) < began.elapsed().as_secs_f64() * rate {
            let at = asked as usize % callers.len();
            asked += 1;
            let Ok(permit) = Arc::clone(&room[at]).try_acquire_owned() else {
                unsent += 1;
                continue;
            };
            let (mut caller, sent) = (callers[at].clone(), Instant::now());
            calls.spawn(async move {
                let answer = caller.call(2).await;
                drop(permit);
                (answer, sent.elapsed())
            });
        }
        while let Some(Ok((answer, took))) = calls.try_join_next() {
            all.add(answer, took);
        }
        sleep(Duration::from_millis(1)).await;
    }
    while let Some(Ok((answer, took))) = calls.join_next().await {
        all.add(answer, took);
    }
    println!(
        "asked {asked} times in {:?}, {unsent} of them found no room on a connection",
        began.elapsed()
    );
    (all, asked)
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse().map_or(0, |kib: u64| kib >> 10)
}

fn noisy_neighbour(hubs: &Runtime, callers: &Runtime, lasts: Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let hub = hubs.block_on(start(folder.path(), Limits::default()));
    callers.block_on(async {
        let globex = Caller::new(&hub, "globex");
        quiet(&globex, Duration::from_secs(2)).await;
        let mut idle = quiet(&globex, lasts).await;
        idle.tell("S4: one org alone", lasts);
        // As many calls as a key may have connections for make some ten thousand refusals a second.
        let acme: Vec<_> = (0..16).map(|_| Caller::new(&hub, "acme")).collect();
        let (mut loud, mut beside) =
            tokio::join!(flood(acme, CALLS, 11, lasts), quiet(&globex, lasts));
        loud.tell("S4: another that asks for ten times its share", lasts);
        beside.tell("S4: the first one beside it", lasts);
        println!(
            "S4: p99 is {:.2} of that alone",
            beside.p(990).as_secs_f64() / idle.p(990).as_secs_f64()
        );
        let bad: Vec<_> = [&idle, &loud, &beside].map(|of| of.failed.first()).into();
        assert!(bad.iter().all(Option::is_none), "{bad:?}");
        assert_eq!(beside.refused, 0, "nobody else is refused");
    });
    hubs.block_on(hub.shutdown());
}

fn five_times(hubs: &Runtime, callers: &Runtime, connections: usize, lasts: Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let hub = hubs.block_on(start(folder.path(), Limits::NONE));
    callers.block_on(async {
        let acme: Vec<_> = (0..connections).map(|_| Caller::new(&hub, "acme")).collect();
        let short = lasts / 4;
        let mut peak = flood(acme[..4].to_vec(), 16, 2, short).await;
        peak.tell("S5: the most that it can do, 64 calls at a time", short);
        let rate = peak.took.len() as f64 / short.as_secs_f64();
        let before = resident_mib();
        let watched = async {
            let mut most = 0;
            let began = Instant::now();
            while began.elapsed() < lasts {
                most = most.max(resident_mib());
                sleep(Duration::from_millis(250)).await;
            }
            most
        };
        let ((mut over, asked), most) = tokio::join!(storm(acme.clone(), 5.0 * rate, lasts), watched);
        over.tell("S5: five times as much", lasts);
        let done = over.took.len() as f64 / lasts.as_secs_f64();
        println!(
            "S5: {:.2} of the most it can do, at {:.1} times as much asked; memory {before} MiB before and {most} at most",
            done / rate,
            asked as f64 / lasts.as_secs_f64() / rate
        );
        let given_up: Vec<_> = hub.hub().measures().load.given_up().collect();
        println!("S5: given up: {given_up:?}");
        let ended = Instant::now();
        let mut after = Caller::new(&hub, "globex");
        let again = async { while after.call(1).await.is_err() {} };
        timeout(Duration::from_secs(30), again).await.expect("it takes calls again");
        println!("S5: a command and a new connection are taken again after {:?}", ended.elapsed());
    });
    hubs.block_on(hub.shutdown());
}

fn main() {
    let seconds = std::env::var("SECONDS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let lasts = Duration::from_secs(seconds);
    let (hubs, callers) = (processor(), processor());
    noisy_neighbour(&hubs, &callers, lasts);
    for connections in [32, 128] {
        println!(
            "S5: on {connections} connections, which are {} calls at once",
            connections * CALLS
        );
        five_times(&hubs, &callers, connections, lasts);
    }
}

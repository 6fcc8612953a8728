//! The steps of a run. Everything that happens is drawn from the seed, in one thread and on a clock that stands still, so
//! that a seed is the whole story.

use super::{
    checker::{Checker, Invariant, Submission, Violation},
    crowd::{Crowd, text},
    machine::{Chance, Machine},
    network::{SimulatedNetwork, lie_key, may_be_done},
    reader::FeedReader,
    sabotage::Sabotage,
    stage::{self, HOLD, REPEAT},
    storage::Storage,
};
use crate::{
    hub::engine::stepped::PendingAnswer,
    model::{
        Actor, Body, CallId, Caller, Command, CustomerCommand, NetworkCommand, OrgId, OrgSettings,
        Timestamp,
    },
};
use std::{collections::BTreeMap, pin::Pin, sync::Arc, task::Poll, time::Duration};
use tokio::{runtime::Builder, sync::oneshot::error::TryRecvError, task::unconstrained};

/// After so many seconds of rest everything has come to an end.
const MOST_ROUNDS: u32 = 5_000;

/// What is played.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub seed: u64,
    pub steps: usize,
    pub sabotage: Option<Sabotage>,
}

/// What happened in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub entries: u64,
    pub acknowledged: u64,
    /// How many attempts ended without anybody knowing what became of them.
    pub unknown: u64,
    pub repeated: u64,
    pub crashes: u64,
    pub starts_from_stored: u64,
    pub clock_jumps: u64,
    pub faults: u64,
    pub conflicts: u64,
    pub lies: u64,
    pub gaps: u64,
    /// Of the ids of the last entries; the same for the same seed.
    pub digest: u64,
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.entries += other.entries;
        self.acknowledged += other.acknowledged;
        self.unknown += other.unknown;
        self.repeated += other.repeated;
        self.crashes += other.crashes;
        self.starts_from_stored += other.starts_from_stored;
        self.clock_jumps += other.clock_jumps;
        self.faults += other.faults;
        self.conflicts += other.conflicts;
        self.lies += other.lies;
        self.gaps += other.gaps;
        self.digest ^= other.digest;
    }
}

/// An attempt that has no answer yet.
struct Attempt {
    nr: usize,
    caller: Caller,
    answer: PendingAnswer,
}

/// A command whose fate its client does not know, or whose answer it wants once more.
struct Repetition {
    nr: usize,
    caller: Caller,
    command: Command,
    call: (CallId, [u8; 32]),
}

struct Play {
    plan: Plan,
    chance: Chance,
    orgs: Vec<OrgSettings>,
    storage: Arc<Storage>,
    machines: Vec<Machine>,
    networks: Vec<SimulatedNetwork>,
    readers: Vec<FeedReader>,
    checker: Checker,
    attempts: Vec<Attempt>,
    again: Vec<Repetition>,
    /// How many commands were asked, and how many hubs were started.
    asked: usize,
    lives: usize,
    figures: Figures,
}

/// Plays a seed. The error is everything that did not hold after the first step in which something did not, and the number
/// of the step.
///
/// # Panics
/// If there is no runtime to play in.
pub fn run(plan: Plan) -> Result<Figures, (usize, Vec<Violation>)> {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(Play::new(plan).play())
}

/// Lets everything run on that waits for nobody.
async fn settle() {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}

impl Play {
    fn new(plan: Plan) -> Self {
        let (chance, orgs) = (Chance::new(plan.seed), stage::orgs());
        let storage = Storage::new(chance.clone(), plan.sabotage);
        let at = Timestamp::from_secs(1_700_000_000);
        let machine = |_| Machine::new(&storage, &orgs, &chance, plan.sabotage, at);
        let machines = (0..2).map(machine).collect();
        let networks =
            orgs.iter().flat_map(|org| [HOLD, REPEAT].map(|id| SimulatedNetwork::new(org, id)));
        let readers =
            orgs.iter().flat_map(|org| [90, 40, 5].map(|pace| FeedReader::new(&org.id, pace)));
        let (networks, readers) = (networks.collect(), readers.collect());
        let checker = Checker::new(&storage, &orgs);
        let (attempts, again, figures) = (Vec::new(), Vec::new(), Figures::default());
        Self {
            plan,
            chance,
            orgs,
            storage,
            machines,
            networks,
            readers,
            checker,
            attempts,
            again,
            asked: 0,
            lives: 0,
            figures,
        }
    }

    async fn play(mut self) -> Result<Figures, (usize, Vec<Violation>)> {
        for step in 0..self.plan.steps {
            self.happen().await;
            self.ask();
            self.check(step, step % 50 == 49).await?;
        }
        self.end().await
    }

    /// Whatever hubs and clients have no say in.
    async fn happen(&mut self) {
        let passed = self.chance.below(12_000);
        tokio::time::advance(Duration::from_millis(passed as u64)).await;
        let micros = i64::try_from(passed).unwrap_or_default() * 1_000;
        for machine in &self.machines {
            machine.move_clock(micros);
        }
        if self.chance.percent(3) {
            self.figures.clock_jumps += 1;
            let jump = [-7_200, -60, 90, 3_600, 10_800];
            let jump = self.chance.one(&jump).copied().unwrap_or_default() * 1_000_000;
            let at = self.chance.below(self.machines.len());
            self.machines.iter().skip(at).take(1).for_each(|machine| machine.move_clock(jump));
        }
        if self.chance.percent(1) {
            self.power_cut().await;
        }
        if self.chance.percent(3) {
            let at = self.chance.below(self.machines.len());
            self.readers.iter_mut().for_each(|reader| reader.cut(at));
        }
        if self.chance.percent(4) {
            let org = self.org();
            let at = self.chance.below(self.machines.len());
            self.machines.iter_mut().skip(at).take(1).for_each(|machine| machine.store(&org));
        }
        for at in 0..self.machines.len() {
            if self.chance.percent(30) {
                self.start(at).await;
            }
        }
    }

    fn org(&self) -> OrgId {
        self.chance.one(&self.orgs).map(|org| org.id.clone()).unwrap_or_default()
    }

    /// Starts the hub of a machine, if none runs there. Its log may not be readable now.
    async fn start(&mut self, at: usize) {
        let Some(machine) = self.machines.get_mut(at).filter(|machine| machine.hub.is_none())
        else {
            return;
        };
        self.lives += 1;
        if self.chance.percent(10) {
            machine.clear();
        }
        if machine.start(self.lives).await.is_ok() {
            self.figures.starts_from_stored += u64::from(machine.has_stored());
        }
    }

    fn crash(&mut self, at: usize) {
        let Some(machine) = self.machines.get_mut(at) else { return };
        if machine.hub.take().is_some() {
            self.figures.crashes += 1;
        }
        for network in &mut self.networks {
            network.crash(at, &mut self.checker);
        }
        for reader in &mut self.readers {
            reader.cut(at);
        }
    }

    /// Both hubs die at once. A log that was not synced loses its end by that.
    async fn power_cut(&mut self) {
        for at in 0..self.machines.len() {
            self.crash(at);
        }
        if self.plan.sabotage == Some(Sabotage::UnsyncedEntryLost) {
            let ids: Vec<OrgId> = self.orgs.iter().map(|org| org.id.clone()).collect();
            self.collect();
            self.checker.read_logs().await;
            self.storage.lose_last(&self.org(), &ids).await;
        }
    }

    /// Puts commands into the mailboxes of the hubs that run.
    fn ask(&mut self) {
        for _ in 0..=self.chance.below(3) {
            self.new_command();
        }
        if self.chance.percent(50) && !self.again.is_empty() {
            let again = self.again.swap_remove(self.chance.below(self.again.len()));
            self.figures.repeated += 1;
            self.submit(again.nr, again.caller, again.command, Some(again.call));
        }
        if self.chance.percent(10) {
            self.lie();
        }
        if self.plan.sabotage == Some(Sabotage::UnaskedCommand) && self.chance.percent(2) {
            self.unasked();
        }
        self.sweep();
        let at = self.chance.below(self.networks.len());
        if let Some(network) = self.networks.get_mut(at) {
            network.step(&self.machines, &mut self.checker, &self.chance, self.plan.sabotage);
        }
    }

    fn new_command(&mut self) {
        let org = self.org();
        self.asked += 1;
        let (nr, world) = (self.asked, self.checker.world(&org));
        let wall = self.machines.first().map(Machine::wall).unwrap_or_default();
        let now = world.time(wall);
        let crowd = Crowd { world: &world, now, chance: &self.chance, nr };
        let (caller, command) = (crowd.caller(), crowd.command());
        // Without a key only what has a text of its own, by which it is known again.
        let is_told_by_text = match &command {
            Command::Customer(CustomerCommand::SendMessage { .. }) => true,
            Command::Network(NetworkCommand::ReceiveMessage { body, .. }) => {
                *body == Body::text(text(nr))
            }
            Command::Customer(_) | Command::Network(_) => false,
        };
        let call = if is_told_by_text && self.chance.percent(30) {
            None
        } else {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&(nr as u64).to_be_bytes());
            Some((CallId::from(format!("the-key-of-{nr}")), digest))
        };
        let asked = Submission::new(&org, call.clone(), command.clone());
        self.checker.asked.insert(nr, asked);
        self.submit(nr, caller, command, call);
    }

    fn submit(
        &mut self,
        nr: usize,
        caller: Caller,
        command: Command,
        call: Option<(CallId, [u8; 32])>,
    ) {
        let at = self.chance.below(self.machines.len());
        let Some(org) = self.checker.asked.get(&nr).map(|asked| asked.org.clone()) else { return };
        let hub = self.machines.get(at).and_then(|machine| machine.hub.as_ref());
        let answer = hub.and_then(|hub| hub.submit(&org, caller.clone(), call, command).ok());
        // If nobody runs there, the client hears so at once and has asked nothing.
        let Some(answer) = answer else { return self.later(nr, caller) };
        self.checker.ask(nr);
        if self.chance.percent(5) {
            // The client has gone, and nobody hears what becomes of it (R-LEASE-7).
            self.checker.no_receipt(nr, true);
        } else {
            self.attempts.push(Attempt { nr, caller, answer });
        }
    }

    /// Lets a client ask again under the same key, if it has one.
    fn later(&mut self, nr: usize, caller: Caller) {
        let Some(asked) = self.checker.asked.get(&nr).filter(|asked| !asked.is_lie) else { return };
        if let Some(call) = asked.call.clone() {
            let command = asked.command.clone();
            self.again.push(Repetition { nr, caller, command, call });
        }
    }

    fn lie(&mut self) {
        let Some(network) = self.chance.one(&self.networks) else { return };
        let Some((org, command)) = network.lie(&self.chance, self.plan.sabotage) else { return };
        self.asked += 1;
        self.figures.lies += 1;
        let call = Some((lie_key(self.asked), [1; 32]));
        let mut asked = Submission::new(&org, call.clone(), command.clone().into());
        asked.is_lie = true;
        self.checker.asked.insert(self.asked, asked);
        let caller = Caller { app: None, actor: Actor::Network };
        self.submit(self.asked, caller, command.into(), call);
    }

    /// What the sabotage of that name does.
    fn unasked(&mut self) {
        let (from, to, body) = (stage::person(0), stage::sms(), Body::text("nobody wrote this"));
        let command = NetworkCommand::ReceiveMessage { from, to, body };
        let org = self.org();
        let hub = self.machines.iter().find_map(|machine| machine.hub.as_ref());
        // Nobody waits for the answer.
        hub.map(|hub| hub.submit(&org, Caller::default(), None, command.into()));
    }

    /// Has every hub do what is due by its own clock, as its timers would.
    fn sweep(&mut self) {
        for machine in &self.machines {
            let Some(hub) = &machine.hub else { continue };
            for org in &self.orgs {
                let Some(world) = hub.world(&org.id) else { continue };
                let now = world.time(machine.wall());
                if world.next_due(org).is_some_and(|due| due <= now) {
                    let sweep = NetworkCommand::Sweep.into();
                    // Whoever sweeps looks again in the next step.
                    let _ = hub.submit(&org.id, Caller::default(), None, sweep);
                }
            }
        }
    }

    /// Lets the hubs take a turn, side by side; one may die in the middle of it.
    async fn turns(&mut self) {
        type Turn<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
        let chance = &self.chance;
        let hubs = self.machines.iter_mut().enumerate();
        let hubs = hubs.filter_map(|(at, machine)| Some((at, machine.hub.as_mut()?)));
        let busy = hubs.filter(|_| chance.percent(70));
        let mut turns: Vec<(usize, Turn<'_>)> =
            busy.map(|(at, hub)| (at, Box::pin(unconstrained(hub.turn())) as Turn<'_>)).collect();
        let mut died = Vec::new();
        while !turns.is_empty() {
            let n = chance.below(turns.len());
            let Some((at, turn)) = turns.get_mut(n) else { break };
            let at = *at;
            let polled =
                std::future::poll_fn(|context| Poll::Ready(turn.as_mut().poll(context))).await;
            if chance.below(500) == 0 {
                died.push(at);
                drop(turns.swap_remove(n));
            } else if polled.is_ready() {
                drop(turns.swap_remove(n));
            }
        }
        drop(turns);
        let failed = self.machines.iter().enumerate().filter(|(_, machine)| machine.has_failed());
        died.extend(failed.map(|(at, _)| at));
        for at in died {
            self.crash(at);
        }
    }

    /// Hears what was answered.
    fn collect(&mut self) {
        for mut attempt in std::mem::take(&mut self.attempts) {
            let nr = attempt.nr;
            match attempt.answer.try_recv() {
                Err(TryRecvError::Empty) => self.attempts.push(attempt),
                Err(TryRecvError::Closed) => {
                    self.figures.unknown += 1;
                    self.checker.no_receipt(nr, true);
                    self.later(nr, attempt.caller);
                }
                Ok(Err(error)) => {
                    self.figures.unknown += u64::from(may_be_done(&error));
                    self.checker.no_receipt(nr, may_be_done(&error));
                    self.later(nr, attempt.caller);
                }
                Ok(Ok(receipt)) => {
                    self.figures.acknowledged += 1;
                    self.checker.receipt(nr, receipt);
                    if self.chance.percent(10) {
                        self.later(nr, attempt.caller);
                    }
                }
            }
        }
    }

    async fn check(&mut self, step: usize, all: bool) -> Result<(), (usize, Vec<Violation>)> {
        self.turns().await;
        self.collect();
        self.checker.read_logs().await;
        for org in &self.orgs {
            let shown =
                self.machines.iter().filter_map(|machine| machine.hub.as_ref()?.world(&org.id));
            for world in shown {
                self.checker.compare(&org.id, &world, all);
            }
        }
        settle().await;
        let (machines, checker) = (&self.machines, &mut self.checker);
        for reader in &mut self.readers {
            reader.step(machines, checker, &self.chance, self.plan.sabotage).await;
        }
        let found = self.checker.violations();
        if found.is_empty() { Ok(()) } else { Err((step, found)) }
    }

    /// Lets everything come to rest, and checks that nothing is missing.
    async fn end(mut self) -> Result<Figures, (usize, Vec<Violation>)> {
        self.storage.set_faulty(false);
        self.readers.iter_mut().for_each(FeedReader::hurry);
        let mut quiet = 0;
        for round in 0.. {
            if quiet == 4 {
                break;
            }
            if round == MOST_ROUNDS {
                let what = "the readers do not come to the end of the log".to_owned();
                self.checker.found(Invariant::Feed, what);
                return Err((self.plan.steps, self.checker.violations()));
            }
            for at in 0..self.machines.len() {
                self.start(at).await;
            }
            let before: BTreeMap<_, _> =
                self.orgs.iter().map(|org| (org.id.clone(), self.checker.head(&org.id))).collect();
            tokio::time::advance(Duration::from_secs(1)).await;
            self.check(self.plan.steps, quiet == 3).await?;
            let is_read =
                self.readers.iter().all(|reader| reader.at() == self.checker.head(&reader.org));
            let is_same = before.iter().all(|(org, head)| self.checker.head(org) == *head);
            quiet = if is_read && is_same && self.attempts.is_empty() { quiet + 1 } else { 0 };
        }
        (self.figures.faults, self.figures.conflicts) = self.storage.counts();
        self.figures.gaps = self.readers.iter().map(|reader| reader.gaps).sum();
        for org in &self.orgs {
            let (seq, id) = self.checker.world(&org.id).head();
            self.figures.entries += seq.0;
            let half = id.0.first_chunk().map(|half| u64::from_be_bytes(*half));
            self.figures.digest ^= half.unwrap_or_default();
        }
        Ok(self.figures)
    }
}

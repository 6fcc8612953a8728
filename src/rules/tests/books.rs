//! The books under load (R-BOOKS-1, R-BOOKS-2, R-BOOKS-4, R-BOOKS-6): whatever is asked in whatever
//! order, no money is made, lost, overdrawn or moved twice. The random numbers have a seed, so that a
//! failure can be repeated.

use super::{
    money::{bank, fund, kes, money, pay, phone, purse, till, wallet},
    *,
};
use crate::{
    model::{
        Account, CustomerId, EventKind, Money, PaymentParty, PaymentStatus as P, TransactionId,
    },
    rules::{
        contradiction, ledger,
        payment::{STEPS, follows},
    },
};
use std::collections::{HashMap, HashSet};

/// How many people there are at a time. Whoever is adopted makes room for somebody new.
const PEOPLE: usize = 4;

struct Chaos {
    story: Story,
    chance: fastrand::Rng,
    people: Vec<CustomerId>,
    numbers: Vec<CustomerNumber>,
    met: usize,
    /// The last payments, about which networks report.
    recent: Vec<TransactionId>,
    accepted: [usize; 6],
}

impl Chaos {
    fn new(seed: u64) -> Self {
        let story = bank().with(|s| {
            s.payment_expiry = Duration::from_mins(10);
            let (channel, app) = (line(Channel::Payment), None);
            s.channels.push(BoundChannel {
                channel,
                app,
                purse: Some("float".to_owned()),
                carrier: None,
                prompt_window: None,
            });
        });
        let chance = fastrand::Rng::with_seed(seed);
        let (people, numbers, recent) = (Vec::new(), Vec::new(), Vec::new());
        let mut chaos = Self { story, chance, people, numbers, met: 0, recent, accepted: [0; 6] };
        for place in 0..PEOPLE {
            chaos.meet(place);
        }
        chaos
    }
    /// Somebody new takes a place.
    fn meet(&mut self, place: usize) {
        self.met += 1;
        let number = CustomerNumber::telco(&format!("+{}", self.met));
        let customer = CustomerRef::Number(number.clone());
        let met = self.story.decide(&CustomerCommand::Meet(customer.clone()).into());
        self.story.fold(met.events);
        let id = self.story.who(&customer).expect("met").id.clone();
        if place == self.people.len() {
            self.people.push(id);
            self.numbers.push(number);
        } else {
            (self.people[place], self.numbers[place]) = (id, number);
        }
    }
    /// One of the people is merged into another. No money comes or goes (R-BOOKS-6).
    fn adopt(&mut self) {
        let (place, by) = (self.chance.usize(..PEOPLE), self.chance.usize(..PEOPLE));
        let (customer, other) = (self.people[by].clone(), self.people[place].clone());
        let other = CustomerRef::Id(other);
        let merged = self.story.decide(&CustomerCommand::AdoptCustomer { customer, other }.into());
        if !merged.events.is_empty() {
            self.accepted[5] += 1;
            self.story.fold(merged.events);
            assert_eq!(ledger::check(&self.story.world), Ok(()), "R-BOOKS-6");
            self.meet(place);
        }
    }
    fn value(&mut self) -> Money {
        let code = if self.chance.u8(..8) == 0 { "USD" } else { "KES" };
        money(code, self.chance.i64(1..5_000))
    }
    fn party(&mut self) -> PaymentParty {
        let number = self.numbers[self.chance.usize(..PEOPLE)].clone();
        let person = self.people[self.chance.usize(..self.people.len())].clone();
        match self.chance.u8(..8) {
            0 => purse("main"),
            1 => purse("float"),
            2 => purse("usd"),
            3 => till(),
            4 | 5 => phone(number),
            6 => wallet(&person, "a"),
            _ => wallet(&person, "b"),
        }
    }
    /// A status that may follow, or, one time in four, any status.
    fn outcome(&mut self, id: &TransactionId) -> P {
        let now = ledger::payment(&self.story.world, id).map_or(P::Unspecified, |p| p.status);
        let next = STEPS.iter().find(|(from, _)| *from == now).map_or(P::ALL, |(_, next)| *next);
        let any = if self.chance.u8(..4) == 0 { P::ALL } else { next };
        any[self.chance.usize(..any.len())]
    }
    fn command(&mut self) -> (usize, Command) {
        match self.chance.u8(..100) {
            0..8 => (0, fund(["main", "float", "usd"][self.chance.usize(..3)], self.value())),
            8..50 => (1, pay(self.party(), self.party(), self.value())),
            50..88 if !self.recent.is_empty() => {
                let transaction = self.recent[self.chance.usize(..self.recent.len())].clone();
                let status = self.outcome(&transaction);
                (2, NetworkCommand::ReportPayment { transaction, status }.into())
            }
            99 => (4, NetworkCommand::Sweep.into()),
            _ => {
                let from = self.numbers[self.chance.usize(..PEOPLE)].clone();
                let (to, value) = (line(Channel::Payment), self.value());
                (3, NetworkCommand::ReceivePayment { from, to, value }.into())
            }
        }
    }
    /// For every purse and wallet: what is there, what is available, how much is pending, and how often
    /// it changed. Zeros before it is opened.
    fn accounts(&self) -> Vec<(i64, i64, usize, u64)> {
        let world = &self.story.world;
        let wallets = self.people.iter().flat_map(|id| {
            let wallets = &world.by_id(id).expect("known").wallets;
            ["a", "b"].map(|wallet| wallets.get(wallet))
        });
        let purses = ["main", "float", "usd"];
        let purses = purses.map(|id| world.purses().find(|(purse, ..)| *purse == id));
        let purses = purses.map(|purse| purse.map(|(_, account, pending)| (account, pending)));
        let wallets = wallets.map(|wallet| wallet.map(|account| (account, account.pending.len())));
        let figures =
            |(a, pending): (&Account, usize)| (a.actual, a.available, pending, a.sequence_nr);
        wallets.chain(purses).map(|account| account.map(figures).unwrap_or_default()).collect()
    }
    fn step(&mut self) {
        let (kind, command) = self.command();
        self.story.now = self.story.now.after(Duration::from_secs(self.chance.u64(..40)));
        let decision = self.story.decide(&command);
        for event in &decision.events {
            if let EventKind::PaymentStarted { id, .. } | EventKind::PaymentReceived { id, .. } =
                &event.kind
            {
                self.recent.push(id.clone());
            }
        }
        if self.recent.len() > 40 {
            self.recent.remove(0);
        }
        let before = self.accounts();
        if !decision.events.is_empty() {
            self.accepted[kind] += 1;
            let entry = self.story.entry(decision.events);
            assert!(self.story.world.apply(&entry));
        }
        assert_eq!(ledger::check(&self.story.world), Ok(()), "R-BOOKS-1 after {command:?}");
        for (was, now) in before.into_iter().zip(self.accounts()) {
            let changed = (was.0, was.1, was.2) != (now.0, now.1, now.2);
            // A sweep may end several payments of one account. Anything else touches an account once.
            let once = kind == 4 || now.3 == was.3 + u64::from(changed);
            assert!(once && (!changed || now.3 > was.3), "{was:?} -> {now:?}, {command:?}");
        }
    }
}

/// `SWITCHBOARD_OPERATIONS` is how many.
#[test]
fn m1_m6_the_books_balance_after_each_of_100_000_random_operations() {
    let seed = 20_261_126;
    let mut chaos = Chaos::new(seed);
    let count = std::env::var("SWITCHBOARD_OPERATIONS").map_or(100_000, |n| n.parse().unwrap());
    for n in 0..count {
        chaos.step();
        if n % 200 == 0 {
            chaos.adopt();
        }
    }
    let [funded, started, reported, received, swept, merged] = chaos.accepted;
    println!(
        "seed {seed}: {funded} fundings, {started} payments, {reported} changes, \
         {received} received, {swept} sweeps, {merged} merges"
    );
    assert!(chaos.accepted.iter().all(|n| *n > 50), "{:?}", chaos.accepted);
    let again = chaos.story.restarted();
    assert_eq!(again, chaos.story.world, "what is pending and due is kept");
}

#[test]
fn m2_64_clients_cannot_overdraw_a_purse() {
    let story = bank().when(fund("main", kes(90_000)));
    let jane = story.jane().id.clone();
    let mut chaos = Chaos { story, ..Chaos::new(64) };
    let mut turns: Vec<usize> = (0..64).flat_map(|client| [client; 100]).collect();
    chaos.chance.shuffle(&mut turns);
    let (mut done, mut refused) = (0, 0);
    for client in turns {
        let credit = if client % 2 == 0 { wallet(&jane, "w") } else { phone(super::jane()) };
        chaos.story.last = chaos.story.decide(&pay(purse("main"), credit, kes(100)));
        let events = std::mem::take(&mut chaos.story.last.events);
        chaos.story.fold(events);
        match chaos.story.last.receipt.code() {
            Some(101 | 300) => done += 1,
            Some(202) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((done, refused), (1_000, 5_400));
    let main = chaos.story.world.purses().find(|(id, ..)| *id == "main").expect("a purse").1;
    assert_eq!(main.available, 0);
    assert_eq!(ledger::check(&chaos.story.world), Ok(()));
}

#[test]
fn m4_a_payment_resolves_once_whatever_is_reported_how_often() {
    let mut chaos = Chaos::new(4);
    chaos.story = chaos.story.when(fund("main", kes(1_000_000)));
    let mut status: HashMap<TransactionId, P> = HashMap::new();
    for n in 0..250 {
        let credit = if n % 2 == 0 { till() } else { phone(jane()) };
        chaos.story.last = chaos.story.decide(&pay(purse("main"), credit, kes(100)));
        let id = chaos.story.last.receipt.subject().expect("accepted").into();
        let events = std::mem::take(&mut chaos.story.last.events);
        chaos.story.fold(events);
        status.insert(id, P::Queued);
    }
    let mut ids: Vec<_> = status.keys().cloned().collect();
    ids.sort();
    let (mut ended, mut reversed) = (0, 0);
    let mut contradicted = HashSet::new();
    for _ in 0..10_000 {
        let transaction = ids[chaos.chance.usize(..ids.len())].clone();
        let to = P::ALL[chaos.chance.usize(..P::ALL.len())];
        let report = NetworkCommand::ReportPayment { transaction: transaction.clone(), status: to };
        let decision = chaos.story.decide(&report.into());
        let from = status[&transaction];
        // What contradicts an end is told once, and moves nothing (R-PAY-11).
        let told = contradiction::contradicts(from, to) && contradicted.insert(transaction.clone());
        let events = usize::from(follows(from, to) || told);
        assert_eq!(decision.events.len(), events, "{from:?} -> {to:?}");
        if told {
            chaos.story.fold(decision.events);
        } else if !decision.events.is_empty() {
            ended += usize::from(from.is_pending() && !to.is_pending());
            reversed += usize::from(to == P::Reversed);
            status.insert(transaction, to);
            chaos.story.fold(decision.events);
        }
    }
    assert_eq!(ended, 250, "every payment ended, and once");
    let succeeded = status.values().filter(|s| matches!(s, P::Success | P::Reversed)).count();
    let kept = status.values().filter(|s| **s == P::Success).count();
    assert_eq!(reversed, succeeded - kept, "a reversal at most once");
    println!("250 payments: {succeeded} succeeded, {reversed} of them were reversed");
    let main = chaos.story.world.purses().find(|(id, ..)| *id == "main").expect("a purse").1;
    let spent = i64::try_from(kept).expect("few") * 100;
    assert_eq!(main.actual, 1_010_000 - spent);
    assert_eq!(ledger::check(&chaos.story.world), Ok(()));
}

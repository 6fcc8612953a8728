//! The books. Double entry (reliability M1): every movement debits one account and credits
//! another, so that all accounts of a currency sum to zero at every moment.
//!
//! | account | where it is kept | may be negative |
//! |---|---|---|
//! | purse | here | no |
//! | wallet | with its customer, so that an adoption moves it; here is their control total | no |
//! | outside, per payment number or network | here: minus all that came in, plus what left | yes |
//!
//! A payment's money is in one of three stages, which follow from its status alone; a change of
//! status is the way from one stage to another. The books refuse what they cannot do whole.

use super::{World, limits};
use crate::model::{
    Account, Currency, CustomerId, CustomerState, Money, OrgSettings, Payment, PaymentParty,
    PaymentStatus, Timestamp, TransactionId,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The org's side of the books.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Ledger {
    purses: BTreeMap<String, Account>,
    outside: BTreeMap<(String, Currency), i128>,
    /// The sum of all wallets: the control account of what the customers hold.
    wallets: BTreeMap<Currency, i128>,
    /// Payments under way, also those that fell off a customer's history.
    open: BTreeMap<TransactionId, Payment>,
    /// Payments without any customer, newest 500.
    own: Vec<Payment>,
    /// Follows from `open`: whether the payer is waited for, since when.
    #[serde(skip_serializing)]
    waiting: BTreeSet<(bool, Timestamp, TransactionId)>,
}

/// A ledger as it is written to a snapshot.
#[derive(Deserialize)]
struct Written {
    purses: BTreeMap<String, Account>,
    outside: BTreeMap<(String, Currency), i128>,
    wallets: BTreeMap<Currency, i128>,
    open: BTreeMap<TransactionId, Payment>,
    own: Vec<Payment>,
}

impl From<Written> for Ledger {
    fn from(written: Written) -> Self {
        let Written { purses, outside, wallets, open, own } = written;
        let waiting = open.values().filter_map(waiting).collect();
        Self { purses, outside, wallets, open, own, waiting }
    }
}

/// What a pending payment waits for (events.md 4.3: a validated one never expires).
fn waiting(payment: &Payment) -> Option<(bool, Timestamp, TransactionId)> {
    use PaymentStatus as S;
    let confirmation = payment.status == S::PendingConfirmation;
    let waits = confirmation || matches!(payment.status, S::Queued | S::PendingValidation);
    waits.then(|| (confirmation, payment.updated_at, payment.id.clone()))
}

impl Ledger {
    /// Purses that ever held money, by id.
    pub fn purses(&self) -> impl Iterator<Item = (&str, &Account)> {
        self.purses.iter().map(|(id, account)| (id.as_str(), account))
    }
    /// When the first pending payment runs out of time.
    pub fn next_due(&self, settings: &OrgSettings) -> Option<Timestamp> {
        let first = |confirmation| self.since(confirmation).next().map(|(since, _)| since);
        let confirm = first(true).map(|at| at.after(settings.payment_confirmation));
        let resolve = first(false).map(|at| at.after(settings.payment_expiry));
        [confirm, resolve].into_iter().flatten().min()
    }
    /// The pending payments whose time is over, oldest first of each kind.
    pub fn over(&self, settings: &OrgSettings, now: Timestamp) -> impl Iterator<Item = &Payment> {
        let over = move |confirmation, length| {
            self.since(confirmation).take_while(move |(since, _)| since.after(length) <= now)
        };
        over(true, settings.payment_confirmation)
            .chain(over(false, settings.payment_expiry))
            .filter_map(|(_, id)| self.open.get(id))
    }
    fn since(&self, confirmation: bool) -> impl Iterator<Item = (Timestamp, &TransactionId)> {
        let first = Timestamp::from_micros(i64::MIN);
        self.waiting
            .range((confirmation, first, TransactionId::default())..)
            .take_while(move |(kind, ..)| *kind == confirmation)
            .map(|(_, since, id)| (*since, id))
    }
    /// Payments under way, of any kind.
    pub fn under_way(&self) -> impl Iterator<Item = &Payment> {
        self.open.values()
    }
    /// A payment of any kind is kept here while it is under way.
    pub fn follow(&mut self, payment: &Payment) {
        if let Some(old) = self.open.remove(&payment.id).as_ref().and_then(waiting) {
            self.waiting.remove(&old);
        }
        if payment.status.is_pending() {
            self.waiting.extend(waiting(payment));
            self.open.insert(payment.id.clone(), payment.clone());
        }
    }
    /// Keeps a payment without any customer.
    pub fn keep(&mut self, payment: Payment) {
        self.own.push(payment);
        limits::cut(&mut self.own);
    }
    /// A payment without any customer, to be changed.
    pub fn own_mut(&mut self, id: &TransactionId) -> Option<&mut Payment> {
        self.own.iter_mut().rev().find(|payment| payment.id == *id)
    }
    /// Whether the sums are right (M1), as far as the ledger itself knows.
    pub fn balanced(&self) -> Result<(), String> {
        let mut sums: BTreeMap<Currency, i128> = self.wallets.clone();
        for ((_, currency), balance) in &self.outside {
            *sums.entry(*currency).or_default() += balance;
        }
        for (id, account) in &self.purses {
            sound(account).map_err(|why| format!("purse {id}: {why}"))?;
            *sums.entry(account.currency).or_default() += i128::from(account.actual);
        }
        match sums.into_iter().find(|(_, sum)| *sum != 0) {
            Some((currency, sum)) => Err(format!("{} sums to {sum}", currency.code())),
            None => Ok(()),
        }
    }
}

/// What holds for every purse and wallet (M1).
fn sound(account: &Account) -> Result<(), String> {
    let held: i128 = account.pending.values().map(|(minor, _)| i128::from(*minor)).sum();
    let Account { actual, available, .. } = *account;
    if available < 0 || available > actual {
        return Err(format!("{available} available of {actual}"));
    }
    if i128::from(actual) - i128::from(available) != held {
        return Err(format!("{held} held, but {available} available of {actual}"));
    }
    if account.pending.values().any(|(minor, _)| *minor <= 0) {
        return Err("something holds nothing".into());
    }
    Ok(())
}

/// Whether the books are right in all (M1): walks every customer, so only tests ask.
#[cfg(test)]
pub fn check(world: &World) -> Result<(), String> {
    world.ledger.balanced()?;
    let mut wallets: BTreeMap<Currency, i128> = BTreeMap::new();
    let mut pending: Vec<&TransactionId> = Vec::new();
    for customer in world.customers.values() {
        for (id, account) in &customer.wallets {
            sound(account).map_err(|why| format!("wallet {id} of {}: {why}", customer.id))?;
            *wallets.entry(account.currency).or_default() += i128::from(account.actual);
            pending.extend(account.pending.keys());
        }
    }
    let mut control = world.ledger.wallets.clone();
    control.retain(|_, sum| *sum != 0);
    wallets.retain(|_, sum| *sum != 0);
    if wallets != control {
        return Err(format!("the wallets hold {wallets:?}, their control says {control:?}"));
    }
    pending.extend(world.ledger.purses.values().flat_map(|purse| purse.pending.keys()));
    match pending.iter().find(|id| !world.ledger.open.contains_key(**id)) {
        Some(id) => Err(format!("{id} holds money and is not under way")),
        None => Ok(()),
    }
}

/// A payment that is under way or still in a history.
pub fn payment<'w>(world: &'w World, id: &TransactionId) -> Option<&'w Payment> {
    let of = |customer: &CustomerId| {
        world.by_id(customer)?.payments.iter().rev().find(|payment| payment.id == *id)
    };
    let mut holders = world.index.transactions.get(id).into_iter().flatten();
    world
        .ledger
        .open
        .get(id)
        .or_else(|| holders.find_map(of))
        .or_else(|| world.ledger.own.iter().rev().find(|payment| payment.id == *id))
}

/// Who a customer is now: whoever absorbed them, and so on.
pub fn alive<'w>(world: &'w World, id: &'w CustomerId) -> Option<&'w Arc<CustomerState>> {
    let mut id = id;
    // Merges form no circle; the bound is for a damaged log.
    for _ in 0..=world.merged.len() {
        match world.merged.get(id) {
            Some(by) => id = by,
            None => return world.by_id(id),
        }
    }
    None
}

/// An account, as payments mean it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Purse(String),
    Wallet(CustomerId, String),
    Outside(String),
}

fn place(world: &World, party: &PaymentParty) -> Place {
    match party {
        PaymentParty::Purse(id) => Place::Purse(id.clone()),
        PaymentParty::Wallet { customer, wallet } => match alive(world, customer) {
            Some(customer) => Place::Wallet(customer.id.clone(), wallet.clone()),
            None => Place::Outside("nobody".into()),
        },
        PaymentParty::Customer { channel, .. } => Place::Outside(channel.number.clone()),
        PaymentParty::Channel { code, .. } => Place::Outside(format!("network {code}")),
    }
}

fn at<'w>(world: &'w World, place: &Place) -> Option<&'w Account> {
    match place {
        Place::Purse(id) => world.ledger.purses.get(id),
        Place::Wallet(customer, id) => world.by_id(customer)?.wallets.get(id),
        Place::Outside(_) => None,
    }
}

/// The account of a party, if it is one of the hub's and exists.
pub fn account<'w>(world: &'w World, party: &PaymentParty) -> Option<&'w Account> {
    at(world, &place(world, party))
}

/// What is done to one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    /// A pending debit sets money aside.
    Hold,
    /// It is given up.
    Release,
    /// It is carried out: what was set aside leaves.
    Spend,
    /// Money leaves that was not set aside.
    Take,
    /// Money comes.
    Give,
}

/// Why an account cannot do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Less is available.
    Short(Money),
    /// Nothing is converted.
    Other(Currency),
    /// It cannot hold more.
    Full,
    /// Nothing was set aside for it.
    NotHeld,
}

impl Why {
    /// In words, with the name of the account.
    pub fn words(self, account: &str) -> String {
        match self {
            Self::Short(available) => format!("{account} has only {available} available"),
            Self::Other(holds) => {
                format!("{account} is in {}, and nothing is converted", holds.code())
            }
            Self::Full => format!("{account} cannot hold more"),
            Self::NotHeld => format!("{account} holds nothing for this payment"),
        }
    }
}

fn can(account: Option<&Account>, op: Op, id: &TransactionId, value: Money) -> Result<(), Why> {
    let none = Account::new(value.currency);
    let account = account.unwrap_or(&none);
    if account.currency != value.currency {
        return Err(Why::Other(account.currency));
    }
    let minor = account.available;
    match op {
        Op::Hold | Op::Take if minor < value.minor => {
            Err(Why::Short(Money { currency: value.currency, minor }))
        }
        Op::Release | Op::Spend if account.pending.get(id).is_none_or(|p| p.0 != value.minor) => {
            Err(Why::NotHeld)
        }
        Op::Give if account.actual.checked_add(value.minor).is_none() => Err(Why::Full),
        Op::Hold | Op::Take | Op::Release | Op::Spend | Op::Give => Ok(()),
    }
}

/// Does what `can` allowed: every change counts (`sequence_nr`, R-PAY-5).
fn act(account: &mut Account, op: Op, id: &TransactionId, minor: i64, at: Timestamp) {
    account.sequence_nr += 1;
    match op {
        Op::Hold => {
            account.available -= minor;
            account.pending.insert(id.clone(), (minor, at));
        }
        Op::Release => {
            account.available += minor;
            account.pending.remove(id);
        }
        Op::Spend => {
            account.actual -= minor;
            account.pending.remove(id);
        }
        Op::Take => {
            account.actual -= minor;
            account.available -= minor;
        }
        Op::Give => {
            account.actual += minor;
            account.available += minor;
        }
    }
    debug_assert_eq!(sound(account), Ok(()), "M1");
}

/// Where a payment's money is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Where it was before: not begun, refused, failed, reversed, or passed through.
    Nothing,
    /// Set aside by the payer (R-PAY-5).
    Held,
    /// With the receiver.
    Booked,
}

fn stage(payment: &Payment, status: PaymentStatus) -> Stage {
    if payment.credit.is_none() {
        Stage::Nothing
    } else if status == PaymentStatus::Success {
        Stage::Booked
    } else if status.is_pending() {
        Stage::Held
    } else {
        Stage::Nothing
    }
}

/// Which side does what on the way between two stages; `true` is the debit side.
fn steps(from: Stage, to: Stage) -> &'static [(bool, Op)] {
    use Stage as S;
    match (from, to) {
        (S::Nothing, S::Held) => &[(true, Op::Hold)],
        (S::Nothing, S::Booked) => &[(true, Op::Take), (false, Op::Give)],
        (S::Held, S::Booked) => &[(true, Op::Spend), (false, Op::Give)],
        (S::Held, S::Nothing) => &[(true, Op::Release)],
        (S::Booked, S::Nothing) => &[(false, Op::Take), (true, Op::Give)],
        // No status leads back from booked to held, and the books follow no other way.
        (S::Booked, S::Held) | (S::Nothing | S::Held | S::Booked, _) => &[],
    }
}

/// What a payment's change of status does, account by account.
fn moves(world: &World, payment: &Payment, to: PaymentStatus) -> Vec<(Place, Op, bool)> {
    let Some(credit) = &payment.credit else { return Vec::new() };
    let steps = steps(stage(payment, payment.status), stage(payment, to));
    let (debit, credit) = (place(world, &payment.debit), place(world, credit));
    if debit == credit {
        // Two wallets have become one by an adoption: what goes back and forth in it is nothing.
        return Vec::new();
    }
    let at = |is_debit| if is_debit { debit.clone() } else { credit.clone() };
    steps.iter().map(|(is_debit, op)| (at(*is_debit), *op, *is_debit)).collect()
}

/// Whether the books can follow a payment to a status; else which party cannot, and why.
pub fn fits<'p>(
    world: &World,
    payment: &'p Payment,
    to: PaymentStatus,
) -> Result<(), (&'p PaymentParty, Why)> {
    for (place, op, debit) in moves(world, payment, to) {
        if !matches!(place, Place::Outside(_)) {
            let party = if debit { Some(&payment.debit) } else { payment.credit.as_ref() };
            can(at(world, &place), op, &payment.id, payment.value)
                .map_err(|why| (party.unwrap_or(&payment.debit), why))?;
        }
    }
    Ok(())
}

/// Moves a payment's money on its way to a status; all of it or, against the books, nothing.
pub fn settle(world: &mut World, payment: &Payment, to: PaymentStatus, at: Timestamp) {
    if fits(world, payment, to).is_ok() {
        for (place, op, _) in moves(world, payment, to) {
            book(world, &place, op, (&payment.id, payment.value), at);
        }
    }
    debug_assert_eq!(world.ledger.balanced(), Ok(()), "M1");
}

fn book(world: &mut World, place: &Place, op: Op, what: (&TransactionId, Money), at: Timestamp) {
    let (id, value) = what;
    let change = match op {
        Op::Hold | Op::Release => 0,
        Op::Spend | Op::Take => -i128::from(value.minor),
        Op::Give => i128::from(value.minor),
    };
    let fresh = || Account::new(value.currency);
    match place {
        Place::Purse(purse) => {
            let purse = world.ledger.purses.entry(purse.clone()).or_insert_with(fresh);
            act(purse, op, id, value.minor, at);
        }
        Place::Wallet(customer, wallet) => {
            let Some(customer) = world.customers.get_mut(customer) else { return };
            let wallets = &mut Arc::make_mut(customer).wallets;
            act(wallets.entry(wallet.clone()).or_insert_with(fresh), op, id, value.minor, at);
            *world.ledger.wallets.entry(value.currency).or_default() += change;
        }
        Place::Outside(name) => {
            let account = (name.clone(), value.currency);
            *world.ledger.outside.entry(account).or_default() += change;
        }
    }
}

/// Whether a purse can take money from outside.
pub fn fundable(world: &World, purse: &str, value: Money) -> Result<(), Why> {
    can(world.ledger.purses.get(purse), Op::Give, &TransactionId::default(), value)
}

/// Money comes into a purse from outside.
pub fn fund(world: &mut World, purse: &str, value: Money, at: Timestamp) {
    if fundable(world, purse, value).is_ok() {
        let what = (&TransactionId::default(), value);
        book(world, &Place::Outside("funds".into()), Op::Take, what, at);
        book(world, &Place::Purse(purse.to_owned()), Op::Give, what, at);
    }
    debug_assert_eq!(world.ledger.balanced(), Ok(()), "M1");
}

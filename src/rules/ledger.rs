//! The books. They are double entry: every movement debits one account and credits another, so that
//! all accounts of a currency sum to zero at every moment (R-BOOKS-1).
//!
//! | account | where it is kept | may be negative |
//! |---|---|---|
//! | purse | here | no |
//! | wallet | with its customer, so that an adoption moves it; the sum of all wallets is here | no |
//! | outside, per payment number or network | here: minus all that came in, plus what left | yes |
//!
//! The money of a payment is in one of three stages, and the stage follows from the payment's status
//! alone. A change of status is the way from one stage to another. The books refuse a change that they
//! cannot make whole (R-PAY-5).

use super::{World, contradiction::Contradicted, limits};
use crate::model::{
    Account, Currency, CustomerId, CustomerState, Money, OrgSettings, Payment, PaymentParty,
    PaymentStatus, Timestamp, TransactionId,
};
use imbl::{OrdMap, OrdSet, Vector};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// The org's side of the books.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredLedger")]
pub struct Ledger {
    purses: OrdMap<String, PurseAccount>,
    outside: BTreeMap<(String, Currency), i128>,
    /// The sum of all wallets by currency. It is the control account of what the customers hold.
    wallets: BTreeMap<Currency, i128>,
    /// Payments under way, including those that fell off a customer's history.
    open: OrdMap<TransactionId, Payment>,
    /// Payments without any customer; the newest 500 are kept.
    own: Vector<Payment>,
    /// Payments whose network has contradicted their end (R-PAY-11).
    pub contradicted: Contradicted,
    /// Derived from `open`: whether it is the payer who is waited for, and since when.
    #[serde(skip_serializing)]
    waiting: OrdSet<(bool, Timestamp, TransactionId)>,
}

/// The account of a purse. Many payments may be under way from one purse, so what they hold is kept here
/// in a map that is cheap to copy, and `account.pending` stays empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PurseAccount {
    account: Account,
    held: OrdMap<TransactionId, (i64, Timestamp)>,
}

/// A ledger as it stands in a snapshot, without what can be derived.
#[derive(Deserialize)]
struct StoredLedger {
    purses: OrdMap<String, PurseAccount>,
    outside: BTreeMap<(String, Currency), i128>,
    wallets: BTreeMap<Currency, i128>,
    open: OrdMap<TransactionId, Payment>,
    own: Vector<Payment>,
    contradicted: Contradicted,
}

impl From<StoredLedger> for Ledger {
    fn from(written: StoredLedger) -> Self {
        let StoredLedger { purses, outside, wallets, open, own, contradicted } = written;
        let waiting = open.values().filter_map(waiting).collect();
        Self { purses, outside, wallets, open, own, contradicted, waiting }
    }
}

/// Since when a pending payment waits, and whether for the payer. `None` if it does not run out of
/// time; that includes a validated one (R-PAY-9).
fn waiting(payment: &Payment) -> Option<(bool, Timestamp, TransactionId)> {
    use PaymentStatus as S;
    let confirmation = payment.status == S::PendingConfirmation;
    let waits = confirmation || matches!(payment.status, S::Queued | S::PendingValidation);
    waits.then(|| (confirmation, payment.updated_at, payment.id.clone()))
}

impl Ledger {
    /// The purses that ever held money, by id, each with the number of payments that hold some of it.
    pub fn purses(&self) -> impl Iterator<Item = (&str, &Account, usize)> {
        self.purses.iter().map(|(id, purse)| (id.as_str(), &purse.account, purse.held.len()))
    }
    /// When the first pending payment runs out of time (R-PAY-9); `None` if none can.
    pub fn next_due(&self, settings: &OrgSettings) -> Option<Timestamp> {
        let first = |confirmation| self.since(confirmation).next().map(|(since, _)| since);
        let confirm = first(true).map(|at| at.after(settings.payment_confirmation));
        let resolve = first(false).map(|at| at.after(settings.payment_expiry));
        [confirm, resolve].into_iter().flatten().min()
    }
    /// The pending payments whose time is over: those that wait for a payer, then the others, each
    /// the oldest first.
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
    /// All payments under way.
    pub fn under_way(&self) -> impl Iterator<Item = &Payment> {
        self.open.values()
    }
    /// Keeps a payment here while it is under way, and forgets it when it is over.
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
        self.own.push_back(payment);
        while self.own.len() > limits::HISTORY {
            self.own.pop_front();
        }
    }
    /// A payment without any customer.
    pub fn own_mut(&mut self, id: &TransactionId) -> Option<&mut Payment> {
        self.own.iter_mut().rev().find(|payment| payment.id == *id)
    }
    /// Checks the sums, as far as the ledger itself knows them (R-BOOKS-1).
    pub fn balanced(&self) -> Result<(), String> {
        let mut sums: BTreeMap<Currency, i128> = self.wallets.clone();
        for ((_, currency), balance) in &self.outside {
            *sums.entry(*currency).or_default() += balance;
        }
        for (id, PurseAccount { account, held }) in &self.purses {
            let held = held.values().map(|(minor, _)| *minor);
            sound(account, held).map_err(|why| format!("purse {id}: {why}"))?;
            *sums.entry(account.currency).or_default() += i128::from(account.actual);
        }
        match sums.into_iter().find(|(_, sum)| *sum != 0) {
            Some((currency, sum)) => Err(format!("{} sums to {sum}", currency.code())),
            None => Ok(()),
        }
    }
}

/// Checks what holds for every purse and wallet (R-BOOKS-1), given the amounts that payments hold of it.
fn sound(account: &Account, holds: impl Iterator<Item = i64>) -> Result<(), String> {
    let (mut held, mut empty) = (0, false);
    for minor in holds {
        held += i128::from(minor);
        empty |= minor <= 0;
    }
    let Account { actual, available, .. } = *account;
    if available < 0 || available > actual {
        return Err(format!("{available} available of {actual}"));
    }
    if i128::from(actual) - i128::from(available) != held {
        return Err(format!("{held} held, but {available} available of {actual}"));
    }
    if empty {
        return Err("something holds nothing".into());
    }
    Ok(())
}

/// Checks everything that R-BOOKS-1 says. It walks all customers, so only tests and the simulation ask.
#[cfg(any(test, feature = "trust"))]
pub fn check(world: &World) -> Result<(), String> {
    world.ledger.balanced()?;
    let mut wallets: BTreeMap<Currency, i128> = BTreeMap::new();
    let mut pending: Vec<TransactionId> = Vec::new();
    for customer in world.customers() {
        for (id, account) in &customer.wallets {
            let held = account.pending.values().map(|(minor, _)| *minor);
            sound(account, held).map_err(|why| format!("wallet {id} of {}: {why}", customer.id))?;
            *wallets.entry(account.currency).or_default() += i128::from(account.actual);
            pending.extend(account.pending.keys().cloned());
        }
    }
    let mut control = world.ledger.wallets.clone();
    control.retain(|_, sum| *sum != 0);
    wallets.retain(|_, sum| *sum != 0);
    if wallets != control {
        return Err(format!("the wallets hold {wallets:?}, their control says {control:?}"));
    }
    pending.extend(world.ledger.purses.values().flat_map(|purse| purse.held.keys().cloned()));
    match pending.iter().find(|id| !world.ledger.open.contains_key(*id)) {
        Some(id) => Err(format!("{id} holds money and is not under way")),
        None => Ok(()),
    }
}

/// Finds a payment that is under way or still in a history.
pub fn payment<'w>(world: &'w World, id: &TransactionId) -> Option<&'w Payment> {
    let of = |customer: &CustomerId| {
        world.by_id(customer)?.payments.iter().rev().find(|payment| payment.id == *id)
    };
    let holders = world.index.transaction(id);
    world
        .ledger
        .open
        .get(id)
        .or_else(|| holders.iter().find_map(of))
        .or_else(|| world.ledger.own.iter().rev().find(|payment| payment.id == *id))
}

/// Who a customer is now: the one into whom they were merged, at the end of the chain.
pub fn alive<'w>(world: &'w World, id: &CustomerId) -> Option<&'w Arc<CustomerState>> {
    match world.survivor(id) {
        Some(by) => world.by_id(&by),
        None => world.by_id(id),
    }
}

/// The account that a party of a payment means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum LedgerAccount {
    Purse(String),
    Wallet(CustomerId, String),
    Outside(String),
}

fn ledger_account(world: &World, party: &PaymentParty) -> LedgerAccount {
    match party {
        PaymentParty::Purse(id) if world.is_part() => LedgerAccount::Outside(id.clone()),
        PaymentParty::Purse(id) => LedgerAccount::Purse(id.clone()),
        PaymentParty::Wallet { customer, wallet } => match alive(world, customer) {
            Some(customer) => LedgerAccount::Wallet(customer.id.clone(), wallet.clone()),
            None => LedgerAccount::Outside("nobody".into()),
        },
        PaymentParty::Customer { channel, .. } => LedgerAccount::Outside(channel.number.clone()),
        PaymentParty::Channel { code, .. } => LedgerAccount::Outside(format!("network {code}")),
    }
}

fn stored_account<'w>(world: &'w World, place: &LedgerAccount) -> Option<&'w Account> {
    match place {
        LedgerAccount::Purse(id) => world.ledger.purses.get(id).map(|purse| &purse.account),
        LedgerAccount::Wallet(customer, id) => world.by_id(customer)?.wallets.get(id),
        LedgerAccount::Outside(_) => None,
    }
}

/// What a payment holds of an account; `None` if it holds nothing.
fn held(world: &World, place: &LedgerAccount, id: &TransactionId) -> Option<i64> {
    let held = match place {
        LedgerAccount::Purse(purse) => world.ledger.purses.get(purse)?.held.get(id),
        LedgerAccount::Wallet(..) => stored_account(world, place)?.pending.get(id),
        LedgerAccount::Outside(_) => None,
    };
    held.map(|(minor, _)| *minor)
}

/// The account of a party; `None` if the hub keeps no account for it, or it was never opened.
pub fn account<'w>(world: &'w World, party: &PaymentParty) -> Option<&'w Account> {
    stored_account(world, &ledger_account(world, party))
}

/// What is done to one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AccountOp {
    /// Sets money aside for a pending payment.
    Hold,
    /// Makes the money of a pending payment available again.
    Release,
    /// Takes out what was set aside.
    Spend,
    /// Takes out money that was not set aside.
    Take,
    /// Puts money in.
    Give,
}

/// Why an account cannot take part in a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingError {
    /// Only this much is available.
    TooLittle(Money),
    /// The account holds this currency, and nothing is converted.
    OtherCurrency(Currency),
    /// The account cannot hold more.
    TooMuch,
    /// Nothing was set aside for this payment.
    NotHeld,
}

impl BookingError {
    /// The reason in words, with the name of the account.
    pub fn words(self, account: &str) -> String {
        match self {
            Self::TooLittle(available) => format!("{account} has only {available} available"),
            Self::OtherCurrency(holds) => {
                format!("{account} is in {}, and nothing is converted", holds.code())
            }
            Self::TooMuch => format!("{account} cannot hold more"),
            Self::NotHeld => format!("{account} holds nothing for this payment"),
        }
    }
}

/// Whether an account can take part in a movement, of which the payment holds `held` there.
fn can(
    account: Option<&Account>,
    held: Option<i64>,
    op: AccountOp,
    value: Money,
) -> Result<(), BookingError> {
    let none = Account::new(value.currency);
    let account = account.unwrap_or(&none);
    if account.currency != value.currency {
        return Err(BookingError::OtherCurrency(account.currency));
    }
    let minor = account.available;
    match op {
        AccountOp::Hold | AccountOp::Take if minor < value.minor => {
            Err(BookingError::TooLittle(Money { currency: value.currency, minor }))
        }
        AccountOp::Release | AccountOp::Spend if held != Some(value.minor) => {
            Err(BookingError::NotHeld)
        }
        AccountOp::Give if account.actual.checked_add(value.minor).is_none() => {
            Err(BookingError::TooMuch)
        }
        AccountOp::Hold
        | AccountOp::Take
        | AccountOp::Release
        | AccountOp::Spend
        | AccountOp::Give => Ok(()),
    }
}

/// Does what `can` allowed. Every change counts in `sequence_nr` (R-PAY-5).
fn act(account: &mut Account, op: AccountOp, minor: i64) {
    account.sequence_nr += 1;
    match op {
        AccountOp::Hold => account.available -= minor,
        AccountOp::Release => account.available += minor,
        AccountOp::Spend => account.actual -= minor,
        AccountOp::Take => {
            account.actual -= minor;
            account.available -= minor;
        }
        AccountOp::Give => {
            account.actual += minor;
            account.available += minor;
        }
    }
}

/// Where a payment's money is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Where it was before: the payment has not begun, was refused, failed, was reversed, or passed
    /// the hub by.
    Nothing,
    /// Set aside in the payer's account (R-PAY-5).
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

/// What each side does on the way between two stages, in order; `true` is the debit side.
fn steps(from: Stage, to: Stage) -> &'static [(bool, AccountOp)] {
    use Stage as S;
    match (from, to) {
        (S::Nothing, S::Held) => &[(true, AccountOp::Hold)],
        (S::Nothing, S::Booked) => &[(true, AccountOp::Take), (false, AccountOp::Give)],
        (S::Held, S::Booked) => &[(true, AccountOp::Spend), (false, AccountOp::Give)],
        (S::Held, S::Nothing) => &[(true, AccountOp::Release)],
        (S::Booked, S::Nothing) => &[(false, AccountOp::Take), (true, AccountOp::Give)],
        // No status leads back from booked to held, and the other pairs change nothing.
        (S::Booked, S::Held) | (S::Nothing | S::Held | S::Booked, _) => &[],
    }
}

/// What a payment's change of status does, account by account; `true` is the debit side.
fn moves(
    world: &World,
    payment: &Payment,
    to: PaymentStatus,
) -> Vec<(LedgerAccount, AccountOp, bool)> {
    let Some(credit) = &payment.credit else { return Vec::new() };
    let steps = steps(stage(payment, payment.status), stage(payment, to));
    let (debit, credit) = (ledger_account(world, &payment.debit), ledger_account(world, credit));
    if debit == credit {
        // An adoption has made one wallet of two. What it would pay to itself changes nothing.
        return Vec::new();
    }
    let at = |is_debit| if is_debit { debit.clone() } else { credit.clone() };
    steps.iter().map(|(is_debit, op)| (at(*is_debit), *op, *is_debit)).collect()
}

/// Checks that the books can follow a payment to a status. The error says which party's account
/// cannot, and why.
pub fn fits<'p>(
    world: &World,
    payment: &'p Payment,
    to: PaymentStatus,
) -> Result<(), (&'p PaymentParty, BookingError)> {
    for (place, op, debit) in moves(world, payment, to) {
        if !matches!(place, LedgerAccount::Outside(_)) {
            let party = if debit { Some(&payment.debit) } else { payment.credit.as_ref() };
            let held = held(world, &place, &payment.id);
            can(stored_account(world, &place), held, op, payment.value)
                .map_err(|why| (party.unwrap_or(&payment.debit), why))?;
        }
    }
    Ok(())
}

/// Moves the money of a payment on its way to a status. If the books cannot follow, nothing moves.
pub fn settle(world: &mut World, payment: &Payment, to: PaymentStatus, at: Timestamp) {
    if fits(world, payment, to).is_ok() {
        for (place, op, _) in moves(world, payment, to) {
            book(world, &place, op, (&payment.id, payment.value), at);
        }
    }
    debug_assert_eq!(world.ledger.balanced(), Ok(()), "R-BOOKS-1");
}

fn book(
    world: &mut World,
    place: &LedgerAccount,
    op: AccountOp,
    what: (&TransactionId, Money),
    at: Timestamp,
) {
    let (id, value) = what;
    let change = match op {
        AccountOp::Hold | AccountOp::Release => 0,
        AccountOp::Spend | AccountOp::Take => -i128::from(value.minor),
        AccountOp::Give => i128::from(value.minor),
    };
    let (hold, fresh) = ((value.minor, at), || Account::new(value.currency));
    match place {
        LedgerAccount::Purse(purse) => {
            let opened = || PurseAccount { account: fresh(), held: OrdMap::new() };
            let purse = world.ledger.purses.entry(purse.clone()).or_insert_with(opened);
            act(&mut purse.account, op, value.minor);
            match op {
                AccountOp::Hold => purse.held.insert(id.clone(), hold),
                AccountOp::Release | AccountOp::Spend => purse.held.remove(id),
                AccountOp::Take | AccountOp::Give => None,
            };
        }
        LedgerAccount::Wallet(customer, wallet) => {
            let customer = world.customers.get_mut(customer.as_str().as_bytes());
            let Some(customer) = customer else { return };
            let wallets = &mut Arc::make_mut(customer).wallets;
            let account = wallets.entry(wallet.clone()).or_insert_with(fresh);
            act(account, op, value.minor);
            match op {
                AccountOp::Hold => account.pending.insert(id.clone(), hold),
                AccountOp::Release | AccountOp::Spend => account.pending.remove(id),
                AccountOp::Take | AccountOp::Give => None,
            };
            *world.ledger.wallets.entry(value.currency).or_default() += change;
        }
        LedgerAccount::Outside(name) => {
            let account = (name.clone(), value.currency);
            *world.ledger.outside.entry(account).or_default() += change;
        }
    }
}

/// Checks that a purse can take money from outside.
pub fn fundable(world: &World, purse: &str, value: Money) -> Result<(), BookingError> {
    let account = world.ledger.purses.get(purse).map(|purse| &purse.account);
    can(account, None, AccountOp::Give, value)
}

/// Books money that comes into a purse from outside.
pub fn fund(world: &mut World, purse: &str, value: Money, at: Timestamp) {
    if fundable(world, purse, value).is_ok() {
        let what = (&TransactionId::default(), value);
        book(world, &LedgerAccount::Outside("funds".into()), AccountOp::Take, what, at);
        book(world, &LedgerAccount::Purse(purse.to_owned()), AccountOp::Give, what, at);
    }
    debug_assert_eq!(world.ledger.balanced(), Ok(()), "R-BOOKS-1");
}

//! Payments: those that apps start (R-PAY-1 to R-PAY-9), those that customers make on their own
//! (R-RCVPAY-1), money that is put into purses, and what becomes of all of them. What a status means
//! for the money is decided in `ledger`. Checks and booking are one decision, so no race can overdraw
//! an account (R-BOOKS-2).

use super::{
    RuleResult, World, addressing,
    builder::{About, DecisionBuilder},
    contradiction,
    ledger::{self, BookingError},
    limits, party,
};
use crate::model::{
    Actor, BalanceRow, Channel, ChannelNumber, CustomerId, CustomerNumber, CustomerState, Event,
    EventKind, Money, OrgSettings, Payment, PaymentParty, PaymentReceipt, PaymentStatus, Receipt,
    Timestamp, TransactionId,
    receipt::{network, refused},
    settings::Purse,
};
use party::{Parties, PaymentRefusal};
use std::sync::Arc;

use PaymentStatus as S;

/// Which status of a payment may follow which (R-PAY-8).
pub const STEPS: [(PaymentStatus, &[PaymentStatus]); 6] = [
    (S::Queued, &[S::PendingConfirmation, S::Success, S::Failed, S::Throttled, S::Expired]),
    (
        S::PendingConfirmation,
        &[S::PendingValidation, S::Success, S::Failed, S::Throttled, S::Rejected, S::Expired],
    ),
    (S::PendingValidation, &[S::Validated, S::Failed, S::Throttled, S::Rejected, S::Expired]),
    (S::Validated, &[S::Success, S::Failed, S::Throttled]),
    (S::Success, &[S::Reversed]),
    (S::PassThrough, &[S::Reversed]),
];

/// Whether a payment may go from one status to another.
pub fn follows(from: PaymentStatus, to: PaymentStatus) -> bool {
    STEPS.iter().any(|(at, next)| *at == from && next.contains(&to))
}

/// An app moves money (R-PAY-1 to R-PAY-6). Who may pay whom is in `party`.
pub fn initiate(
    builder: &mut DecisionBuilder<'_, '_>,
    debit: &PaymentParty,
    credit: &PaymentParty,
    value: Money,
) -> RuleResult {
    let parties = Parties::of(builder.world, debit, credit);
    let refuse = |(status, why)| receipt(status, why, None, parties.known());
    amount(value).map_err(|why| refuse((S::InvalidRequest, why.into())))?;
    parties.check(builder.world, builder.settings()).map_err(refuse)?;
    let [debit, credit] = parties.named();
    let first = first(&debit, &credit);
    let now = builder.now();
    let mut payment = Payment {
        id: builder.id("el_txn_"),
        app: builder.app(),
        debit,
        credit: Some(credit),
        value,
        status: S::Unspecified,
        created_at: now,
        updated_at: now,
    };
    // From here on the parties are valid, so a refusal is recorded too (R-PAY-4).
    let (status, words) = match affordable(builder.world, builder.settings(), &payment, first) {
        Ok(()) => (first, accepted(first, value)),
        Err(refused) => refused,
    };
    payment.status = status;
    let customers = start(builder, &parties, &payment);
    if status == S::Success {
        changed(builder, &payment, status, &builder.actor());
    }
    Ok(receipt(status, words, Some(payment.id), customers))
}

/// The status with which an accepted payment begins (R-PAY-4).
fn first(debit: &PaymentParty, credit: &PaymentParty) -> PaymentStatus {
    use PaymentParty as P;
    match (debit, credit) {
        (P::Customer { .. }, _) => S::PendingConfirmation,
        (
            P::Purse(_) | P::Wallet { .. } | P::Channel { .. },
            P::Customer { .. } | P::Channel { .. },
        ) => S::Queued,
        (P::Purse(_) | P::Wallet { .. } | P::Channel { .. }, P::Purse(_) | P::Wallet { .. }) => {
            S::Success
        }
    }
}

fn accepted(status: PaymentStatus, value: Money) -> String {
    if status == S::PendingConfirmation {
        format!("the payer is asked for {value}")
    } else if status == S::Queued {
        format!("{value} is on its way")
    } else {
        format!("{value} moved")
    }
}

/// Makes the last checks of R-PAY-2: the currency, then whether there is enough money.
fn affordable(
    world: &World,
    settings: &OrgSettings,
    payment: &Payment,
    first: PaymentStatus,
) -> Result<(), PaymentRefusal> {
    for party in [Some(&payment.debit), payment.credit.as_ref()].into_iter().flatten() {
        let named = |p: &&Purse| matches!(party, PaymentParty::Purse(id) if p.id == *id);
        let purse = settings.purses.iter().find(named);
        let account = ledger::account(world, party).map(|account| account.currency);
        let mut holds = purse.map(|purse| purse.currency).into_iter().chain(account);
        if let Some(other) = holds.find(|currency| *currency != payment.value.currency) {
            return Err((
                S::NotAllowed,
                BookingError::OtherCurrency(other).words(&party.summary()),
            ));
        }
    }
    ledger::fits(world, payment, first).map_err(|(party, why)| {
        let status = match why {
            BookingError::TooLittle(_) | BookingError::NotHeld => S::InsufficientFunds,
            BookingError::OtherCurrency(_) | BookingError::TooMuch => S::NotAllowed,
        };
        (status, why.words(&party.summary()))
    })
}

/// Records that a payment begins, and returns the customers of both sides.
fn start<'w>(
    builder: &mut DecisionBuilder<'w, '_>,
    parties: &Parties<'w>,
    payment: &Payment,
) -> [Option<CustomerId>; 2] {
    let Some(credit) = payment.credit.clone() else { return [None, None] };
    let sides = parties.meet(builder);
    let [debit_customer, credit_customer] =
        sides.each_ref().map(|about| about.as_ref()?.customer.clone());
    let [pays, receives] = sides;
    let number = receives.as_ref().filter(|_| debit_customer == credit_customer);
    let number = number.and_then(|about| about.number.clone());
    let mut about = pays.or(receives).unwrap_or_else(|| About::org(builder.actor()));
    about.number = about.number.or(number);
    about.channel = [&payment.debit, &credit].into_iter().find_map(|party| {
        let PaymentParty::Customer { channel, .. } = party else { return None };
        Some(channel.clone())
    });
    let kind = EventKind::PaymentStarted {
        id: payment.id.clone(),
        debit: payment.debit.clone(),
        credit,
        debit_customer: debit_customer.clone(),
        credit_customer: credit_customer.clone(),
        value: payment.value,
        status: payment.status,
    };
    builder.push(&about.for_app(payment.app.clone()), kind);
    [debit_customer, credit_customer]
}

/// Records a change of status: first the payment's (R-PAYSTAT-1), then for the wallet that pays, then
/// for the wallet that receives (R-WALLET-1, R-ORD-6).
fn changed(
    builder: &mut DecisionBuilder<'_, '_>,
    payment: &Payment,
    status: PaymentStatus,
    actor: &Actor,
) {
    let world = builder.world;
    let sides = [Some(&payment.debit), payment.credit.as_ref()].into_iter().flatten();
    let mut about = match sides.clone().find_map(|party| party::holder(world, party)) {
        Some(customer) => About::known(customer, actor.clone()),
        None => About::org(actor.clone()),
    };
    for party in sides.clone() {
        if let PaymentParty::Customer { number, channel } = party {
            let own = party::holder(world, party).map(|c| &c.id) == about.customer.as_ref();
            about.number = own.then(|| number.clone());
            about.channel = Some(channel.clone());
        }
    }
    let id = payment.id.clone();
    let about = about.for_app(payment.app.clone());
    let value = Some(payment.value);
    builder.push(&about, EventKind::PaymentStatusChanged { id: id.clone(), status, value });
    for party in sides {
        let PaymentParty::Wallet { wallet, .. } = party else { continue };
        if let Some(customer) = party::holder(world, party) {
            let about = About::known(customer, actor.clone()).for_app(payment.app.clone());
            let (wallet, id) = (wallet.clone(), id.clone());
            builder.push(&about, EventKind::WalletPaymentChanged { wallet, id, status });
        }
    }
}

fn receipt(
    status: PaymentStatus,
    description: impl Into<String>,
    transaction: Option<TransactionId>,
    customers: [Option<CustomerId>; 2],
) -> Receipt {
    let [debit_customer, credit_customer] = customers;
    let description = description.into();
    Receipt::Payment(PaymentReceipt {
        status,
        description,
        transaction,
        debit_customer,
        credit_customer,
    })
}

/// A customer paid on their own: 300 into the purse that is bound to the number, or 301 if there
/// is none (R-RCVPAY-1).
pub fn receive(
    builder: &mut DecisionBuilder<'_, '_>,
    from: &CustomerNumber,
    to: &ChannelNumber,
    value: Money,
) -> RuleResult {
    let to = ChannelNumber::new(to.channel, &to.number);
    let payment = |channel| channel == Channel::Payment;
    let (whom, number) = addressing::sender(builder.world, builder.settings(), from, &to, payment)?;
    amount(value).map_err(refused)?;
    let purse = purse(builder.settings(), &to, value);
    let status = if purse.is_some() { S::Success } else { S::PassThrough };
    if let Some(id) = &purse {
        let full = |why: BookingError| refused(why.words(&format!("purse {id}")));
        ledger::fundable(builder.world, id, value).map_err(full)?;
    }
    let (about, _) = builder.meet(&whom, Actor::Customer);
    let app = addressing::routed(builder.settings(), None, &number, &to);
    let about = about.between(&number, &to).for_app(app);
    let id: TransactionId = builder.id("el_txn_");
    builder.push(&about, EventKind::PaymentReceived { id: id.clone(), purse, value, status });
    Ok(network(true, status.words(), about.customer.as_ref(), Some(id.as_str())))
}

/// The purse that is bound to a number, if it is in this currency, because nothing is converted.
fn purse(settings: &OrgSettings, to: &ChannelNumber, value: Money) -> Option<String> {
    let bound = settings.channels.iter().find(|b| b.channel == *to)?.purse.as_ref()?;
    let purse = settings.purses.iter().find(|p| p.id == *bound)?;
    (purse.currency == value.currency).then(|| purse.id.clone())
}

/// Puts money into a purse from outside.
pub fn fund(builder: &mut DecisionBuilder<'_, '_>, purse: &str, value: Money) -> RuleResult {
    let name = format!("purse {purse}");
    let Some(set_up) = builder.settings().purses.iter().find(|p| p.id == purse) else {
        return Err(refused(format!("no {name} in the hub's settings")));
    };
    amount(value).map_err(refused)?;
    if set_up.currency != value.currency {
        return Err(refused(BookingError::OtherCurrency(set_up.currency).words(&name)));
    }
    ledger::fundable(builder.world, purse, value).map_err(|why| refused(why.words(&name)))?;
    let kind = EventKind::PurseFunded { purse: purse.to_owned(), value };
    builder.push(&About::org(builder.actor()), kind);
    Ok(network(true, format!("{value} put into {name}"), None, Some(purse)))
}

/// Checks that an amount is above zero and no larger than D-CASH allows.
fn amount(value: Money) -> Result<(), &'static str> {
    let unit = 10_i64.pow(value.currency.exponent());
    if value.minor <= 0 {
        return Err("a payment is of more than nothing");
    }
    if value.minor > Money::MAX_UNITS.saturating_mul(unit) {
        return Err("that is more than one payment may be");
    }
    Ok(())
}

/// A network reports on a payment. A report that goes backwards changes nothing (R-ORD-3). A report that
/// the books cannot follow is refused: a reversal of money that the receiver has spent, or a credit in
/// another currency than the one in which the wallet was opened meanwhile.
pub fn report(
    builder: &mut DecisionBuilder<'_, '_>,
    id: &TransactionId,
    status: PaymentStatus,
) -> RuleResult {
    let Some(payment) = ledger::payment(builder.world, id) else {
        return Err(refused(format!("no payment {id}")));
    };
    let sides = [Some(&payment.debit), payment.credit.as_ref()].into_iter().flatten();
    let customer = sides.into_iter().find_map(|party| party::holder(builder.world, party));
    let customer = customer.map(|c| &c.id);
    if !follows(payment.status, status) {
        let words = if contradiction::record(builder, payment, status) {
            "nothing changed; that it contradicts the end is recorded"
        } else {
            "nothing changed"
        };
        return Ok(network(true, words, customer, Some(id.as_str())));
    }
    if let Err((party, why)) = ledger::fits(builder.world, payment, status) {
        let why = why.words(&party.summary());
        return Err(network(false, why, customer, Some(id.as_str())));
    }
    changed(builder, payment, status, &builder.actor());
    Ok(network(true, status.words(), customer, Some(id.as_str())))
}

/// Expires pending payments whose time is over (R-PAY-9), and returns how many.
pub fn expire(builder: &mut DecisionBuilder<'_, '_>) -> usize {
    let (world, now, settings) = (builder.world, builder.now(), builder.settings());
    let mut done = 0;
    for payment in world.ledger.over(settings, now).take(limits::SWEEP) {
        changed(builder, payment, S::Expired, &Actor::Hub);
        done += 1;
    }
    done
}

/// What a payment would do to the hub's accounts once it has succeeded, for the dry run. A party for
/// which the hub keeps no account, or one in another currency, has no row.
#[must_use]
pub fn preview(
    world: &World,
    settings: &OrgSettings,
    debit: &PaymentParty,
    credit: &PaymentParty,
    value: Money,
) -> Vec<BalanceRow> {
    let row = |party: &PaymentParty, change: i64| {
        let exists = match party {
            PaymentParty::Purse(id) => settings.purses.iter().any(|p| p.id == *id),
            PaymentParty::Wallet { .. } => party::holder(world, party).is_some(),
            PaymentParty::Customer { .. } | PaymentParty::Channel { .. } => false,
        };
        let account = ledger::account(world, party);
        let same = account.is_none_or(|account| account.currency == value.currency);
        let now = account.map_or(0, |account| account.available);
        let money = |minor| Money { currency: value.currency, minor };
        (exists && same).then(|| BalanceRow {
            account: party.summary(),
            before: money(now),
            after: money(now.saturating_add(change)),
        })
    };
    [row(debit, value.minor.saturating_neg()), row(credit, value.minor)]
        .into_iter()
        .flatten()
        .collect()
}

/// A payment as it begins.
pub fn new(
    event: &Event,
    id: &TransactionId,
    debit: &PaymentParty,
    credit: Option<&PaymentParty>,
    value: Money,
    status: PaymentStatus,
) -> Payment {
    Payment {
        id: id.clone(),
        app: event.app.clone(),
        debit: debit.clone(),
        credit: credit.cloned(),
        value,
        status,
        created_at: event.at,
        updated_at: event.at,
    }
}

/// Folds what a customer paid on their own.
pub fn fold_received(
    world: &mut World,
    event: &Event,
    id: &TransactionId,
    purse: Option<&String>,
    value: Money,
    status: PaymentStatus,
) {
    let debit = PaymentParty::Customer {
        number: event.number.clone().unwrap_or_default(),
        channel: event.channel.clone().unwrap_or_default(),
    };
    let credit = purse.cloned().map(PaymentParty::Purse);
    let payment = new(event, id, &debit, credit.as_ref(), value, status);
    fold_started(world, payment, [event.customer.as_ref(), None]);
}

/// Folds a new payment: it joins the history of each customer who is a party of it, or else the
/// ledger's own (R-PAY-6). The customers are those of the event, up to two, and not the envelope's.
pub fn fold_started(world: &mut World, payment: Payment, customers: [Option<&CustomerId>; 2]) {
    if ledger::payment(world, &payment.id).is_some() {
        return;
    }
    let unborn = Payment { status: S::Unspecified, ..payment.clone() };
    ledger::settle(world, &unborn, payment.status, payment.created_at);
    world.ledger.follow(&payment);
    let mut kept = false;
    for id in customers.into_iter().flatten() {
        if !world.has_part(id) {
            continue;
        }
        let World { customers, index, .. } = world;
        let customer = customers.get_or_insert(id.as_str().as_bytes(), || {
            let at = payment.created_at;
            let unknown =
                CustomerState { id: id.clone(), created_at: at, ..CustomerState::default() };
            Arc::new(CustomerState { touched_at: at, ..unknown })
        });
        let Some(customer) = customer.map(Arc::make_mut) else { continue };
        let payments = &mut customer.payments;
        if payments.last().is_none_or(|last| last.id != payment.id) {
            payments.push(payment.clone());
            index.add_payment(id, &payment.id);
            for old in limits::cut(payments) {
                index.remove_payment(id, &old.id);
            }
        }
        kept = true;
    }
    if !kept {
        world.ledger.keep(payment);
    }
}

/// Folds a change of a payment's status: first the books, then every copy of the payment.
pub fn fold_status(world: &mut World, id: &TransactionId, status: PaymentStatus, at: Timestamp) {
    let Some(mut payment) = ledger::payment(world, id).cloned() else { return };
    ledger::settle(world, &payment, status, at);
    payment.status = status;
    payment.updated_at = at;
    world.ledger.follow(&payment);
    for holder in world.index.transaction(id) {
        let customer = world.customers.get_mut(holder.as_str().as_bytes());
        let Some(customer) = customer else { continue };
        let copies = &mut Arc::make_mut(customer).payments;
        if let Some(copy) = copies.iter_mut().rev().find(|copy| copy.id == *id) {
            (copy.status, copy.updated_at) = (status, at);
        }
    }
    if let Some(own) = world.ledger.own_mut(id) {
        (own.status, own.updated_at) = (status, at);
    }
}

//! Payments that customers make on their own, and what becomes of payments (R-RCVPAY-1, events.md
//! 4.3). Payments that an app starts, and balances, are a later issue.

use super::{
    Answer,
    draft::{About, Draft, network, refused, unchanged},
    index::Index,
    limits, whom,
};
use crate::model::{
    Actor, Channel, ChannelNumber, Customer, CustomerNumber, Event, EventKind, Money, OrgSettings,
    Payment, PaymentParty, PaymentStatus, Receipt, TransactionId,
};

use PaymentStatus as S;

/// events.md 4.3: which status of a payment may follow which.
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

/// A customer paid: 300 into the purse bound to the number, or 301 if there is none (R-RCVPAY-1).
pub fn receive(
    draft: &mut Draft<'_, '_>,
    from: &CustomerNumber,
    to: &ChannelNumber,
    value: Money,
) -> Answer {
    let to = ChannelNumber::new(to.channel, &to.number);
    let payment = |channel| channel == Channel::Payment;
    let (whom, number) = whom::sender(draft.world, draft.settings(), from, &to, payment)?;
    amount(value)?;
    let purse = purse(draft.settings(), &to, value);
    let status = if purse.is_some() { S::Success } else { S::PassThrough };
    let (about, _) = draft.meet(&whom, Actor::Customer);
    let app = whom::routed(draft.settings(), None, &number, &to);
    let about = about.between(&number, &to).told(app);
    let id: TransactionId = draft.id("el_txn_");
    draft.push(&about, EventKind::PaymentReceived { id: id.clone(), purse, value, status });
    Ok(network(true, status.words(), about.customer.as_ref(), Some(id.as_str())))
}

/// A network reports on a payment; going backwards changes nothing (R-ORD-3).
pub fn report(draft: &mut Draft<'_, '_>, id: &TransactionId, status: PaymentStatus) -> Answer {
    let owner = draft.world.index.transactions.get(id).and_then(|c| draft.world.by_id(c));
    let found = owner.and_then(|c| Some((c, c.payments.iter().rev().find(|p| p.id == *id)?)));
    let Some((customer, payment)) = found else {
        return Err(refused(format!("no payment {id}")));
    };
    if !follows(payment.status, status) {
        return Ok(unchanged(&customer.id, id.as_str()));
    }
    let mut about = About::known(customer, draft.actor()).told(payment.app.clone());
    if let PaymentParty::Customer { number, channel } = &payment.debit {
        about = about.between(number, channel);
    }
    draft.push(&about, EventKind::PaymentStatusChanged { id: id.clone(), status });
    Ok(network(true, status.words(), Some(&customer.id), Some(id.as_str())))
}

/// Above zero and within D-CASH.
fn amount(value: Money) -> Result<(), Receipt> {
    let unit = 10_i64.pow(value.currency.exponent());
    if value.minor <= 0 {
        return Err(refused("a payment is of more than nothing"));
    }
    if value.minor > Money::MAX_UNITS.saturating_mul(unit) {
        return Err(refused("that is more than one payment may be"));
    }
    Ok(())
}

/// The purse bound to a number, if it holds this currency: nothing is converted.
fn purse(settings: &OrgSettings, to: &ChannelNumber, value: Money) -> Option<String> {
    let bound = settings.channels.iter().find(|b| b.channel == *to)?.purse.as_ref()?;
    let purse = settings.purses.iter().find(|p| p.id == *bound)?;
    (purse.currency == value.currency).then(|| purse.id.clone())
}

/// Folds a payment event.
pub fn fold(customer: &mut Customer, index: &mut Index, event: &Event) {
    match &event.kind {
        EventKind::PaymentReceived { id, purse, value, status } => {
            index.transactions.insert(id.clone(), customer.id.clone());
            customer.payments.push(Payment {
                id: id.clone(),
                app: event.app.clone(),
                debit: PaymentParty::Customer {
                    number: event.number.clone().unwrap_or_default(),
                    channel: event.channel.clone().unwrap_or_default(),
                },
                credit: purse.clone().map(PaymentParty::Purse),
                value: *value,
                status: *status,
                created_at: event.at,
                updated_at: event.at,
            });
            for old in limits::cut(&mut customer.payments) {
                index.transactions.remove(&old.id);
            }
        }
        EventKind::PaymentStatusChanged { id, status } => {
            if let Some(payment) = customer.payments.iter_mut().rev().find(|p| p.id == *id) {
                payment.status = *status;
                payment.updated_at = event.at;
            }
        }
        _ => {}
    }
}

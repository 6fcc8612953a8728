//! What a network reports of a payment against how it ended: that it succeeded although it had failed, was given up
//! or was taken back. Nothing is booked, because a status never goes backwards (R-ORD-3); but the money may have moved
//! where the books do not see it, so people are told, once for each payment (R-PAY-11).

use super::{
    World,
    builder::{About, DecisionBuilder},
    limits, party,
};
use crate::model::{EventKind, Payment, PaymentStatus, TransactionId};
use imbl::Vector;
use serde::{Deserialize, Serialize};

/// The payments of which this was told already, the newest last. Only some are kept: of one that is older, a network
/// that repeats itself is told of again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Contradicted(Vector<TransactionId>);

impl Contradicted {
    fn has(&self, id: &TransactionId) -> bool {
        self.0.contains(id)
    }
}

/// Whether a report says that money moved of a payment that was under way and is over without it.
pub fn contradicts(ended: PaymentStatus, reported: PaymentStatus) -> bool {
    use PaymentStatus as S;
    let without = [S::Failed, S::Throttled, S::Rejected, S::Expired, S::Reversed];
    reported == S::Success && without.contains(&ended)
}

/// Records such a report. Returns whether it is one, and the first of its payment.
pub fn record(
    builder: &mut DecisionBuilder<'_, '_>,
    payment: &Payment,
    reported: PaymentStatus,
) -> bool {
    let world = builder.world;
    if !contradicts(payment.status, reported) || world.ledger.contradicted.has(&payment.id) {
        return false;
    }
    let sides = [Some(&payment.debit), payment.credit.as_ref()].into_iter().flatten();
    let about = match sides.into_iter().find_map(|party| party::holder(world, party)) {
        Some(customer) => About::known(customer, builder.actor()),
        None => About::org(builder.actor()),
    };
    let kind = EventKind::PaymentContradicted {
        id: payment.id.clone(),
        reported,
        ended: payment.status,
        value: payment.value,
    };
    builder.push(&about.for_app(payment.app.clone()), kind);
    true
}

/// Folds it: nothing of the payment changes.
pub fn fold(world: &mut World, id: &TransactionId) {
    let told = &mut world.ledger.contradicted.0;
    told.push_back(id.clone());
    while told.len() > limits::HISTORY {
        told.pop_front();
    }
}

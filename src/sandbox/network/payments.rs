//! What becomes of payments: the payer confirms after 1 s, and the network completes after 500 ms. A phone
//! that has a magic number or is set otherwise leads elsewhere, but step by step along the statuses that
//! the rules allow (R-PAY-8). So a payment that will be rejected is first asked about.

use super::{NetworkJob, ScheduledJob, Site};
use crate::{
    model::{
        Actor, CustomerNumber, Event, EventKind, NetworkCommand, PaymentParty, PaymentStatus,
        TransactionId,
    },
    rules::World,
};
use std::time::Duration;

use PaymentStatus as S;

/// How long a payer takes to confirm or refuse, and how long after its success a payment is reversed.
const CONFIRMED: Duration = Duration::from_secs(1);
/// How long the network takes for any other step.
const COMPLETED: Duration = Duration::from_millis(500);

/// A payment on its way, and where it is.
#[derive(Debug)]
pub struct PaymentJob {
    id: TransactionId,
    /// The phone that decides, and whether it is the payer's; `None` if no customer takes part.
    phone: Option<(CustomerNumber, bool)>,
    at: PaymentStatus,
}

impl PaymentJob {
    pub const fn after(&self) -> Duration {
        if matches!(self.at, S::PendingConfirmation | S::Success) { CONFIRMED } else { COMPLETED }
    }
}

/// Payments that an earlier run has left unfinished.
pub fn in_flight(world: &World) -> impl Iterator<Item = PaymentJob> {
    world.open_payments().map(|payment| PaymentJob {
        id: payment.id.clone(),
        phone: phone(&payment.debit, payment.credit.as_ref()),
        at: payment.status,
    })
}

/// The payment that an event has started, if it is not over already.
pub fn notice(event: &Event) -> Option<PaymentJob> {
    let EventKind::PaymentStarted { id, debit, credit, status, .. } = &event.kind else {
        return None;
    };
    let phone = phone(debit, Some(credit));
    status.is_pending().then(|| PaymentJob { id: id.clone(), phone, at: *status })
}

/// The phone that decides: the payer's if that is a customer, or else the receiver's.
fn phone(debit: &PaymentParty, credit: Option<&PaymentParty>) -> Option<(CustomerNumber, bool)> {
    match (debit, credit) {
        (PaymentParty::Customer { number, .. }, _) => Some((number.clone(), true)),
        (_, Some(PaymentParty::Customer { number, .. })) => Some((number.clone(), false)),
        _ => None,
    }
}

/// The next status on the way from one status to another; `None` if the payment stays where it is.
fn step(at: PaymentStatus, end: PaymentStatus) -> Option<PaymentStatus> {
    match (at, end) {
        (at, end) if at == end => None,
        (S::Queued, S::PendingConfirmation | S::PendingValidation | S::Validated | S::Rejected) => {
            Some(S::PendingConfirmation)
        }
        (S::PendingConfirmation, S::Validated) => Some(S::PendingValidation),
        (S::Queued | S::PendingConfirmation | S::Validated, S::Reversed) => Some(S::Success),
        (S::PendingValidation, S::Success | S::Reversed) => Some(S::Validated),
        (S::Success, end) => (end == S::Reversed).then_some(end),
        // A phone that stands for an earlier status leaves the payment where it is.
        (_, S::Queued) | (S::PendingValidation | S::Validated, S::PendingConfirmation) => None,
        (_, end) => Some(end),
    }
}

/// Reports the next status, and returns the job for the one after it. The outer `None` means that the hub
/// is shutting down.
pub async fn perform(site: &Site, job: PaymentJob) -> Option<Option<ScheduledJob>> {
    let next = |at| {
        let end = match &job.phone {
            Some((number, asked)) => site.phones.pays(site.hub.org(), number, *asked)?,
            None => S::Success,
        };
        step(at, end)
    };
    let Some(status) = next(job.at) else { return Some(None) };
    // When the payer was asked, the answer is the customer's and not the network's.
    let asked = job.at == S::PendingConfirmation && matches!(status, S::Success | S::Rejected);
    let actor = if asked { Actor::Customer } else { Actor::Network };
    let report = NetworkCommand::ReportPayment { transaction: job.id.clone(), status };
    if !site.report(actor, report).await? || next(status).is_none() {
        return Some(None);
    }
    let next = PaymentJob { at: status, ..job };
    let after = next.after();
    Some(Some((NetworkJob::Payment(next), after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_is_reached_along_the_table() {
        let way = |from, end| {
            std::iter::successors(Some(from), |at| step(*at, end)).skip(1).collect::<Vec<_>>()
        };
        for (from, end, expected) in [
            (S::Queued, S::Success, vec![S::Success]),
            (S::PendingConfirmation, S::Success, vec![S::Success]),
            (S::PendingConfirmation, S::Rejected, vec![S::Rejected]),
            (S::Queued, S::Rejected, vec![S::PendingConfirmation, S::Rejected]),
            (
                S::Queued,
                S::Validated,
                vec![S::PendingConfirmation, S::PendingValidation, S::Validated],
            ),
            (S::PendingConfirmation, S::Reversed, vec![S::Success, S::Reversed]),
            (S::Queued, S::Queued, vec![]),
            (S::PendingConfirmation, S::Queued, vec![]),
            (S::Queued, S::Throttled, vec![S::Throttled]),
        ] {
            assert_eq!(way(from, end), expected, "{from:?} to {end:?}");
        }
    }
}

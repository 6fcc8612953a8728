//! Adoption, reminders, leases, work by tag, consent requests, call plans, payments that apps
//! start, and the sandbox's clock.

use crate::{
    model::{ConsentAction, EventKind, PaymentStatus, WorkState},
    wire::{
        money::from_money,
        parts::{duration, from_duration, from_time, time},
        proto::v1::{self, event::Kind},
        state::party,
        voice::from_actions,
        work::{from_end, from_work},
    },
};

/// `None` for what is not among these.
pub(super) fn encode(kind: &EventKind) -> Option<Kind> {
    Some(match kind {
        EventKind::CustomerAdopted { other } => {
            Kind::CustomerAdopted(v1::CustomerAdopted { other_id: other.to_string() })
        }
        EventKind::CustomerReplaced { by } => {
            Kind::CustomerReplaced(v1::CustomerReplaced { by_id: by.to_string() })
        }
        EventKind::ReminderAdded(reminder) => Kind::ReminderAdded(reminder.into()),
        EventKind::ReminderCancelled { key } => {
            Kind::ReminderCancelled(v1::ReminderCancelled { key: key.clone() })
        }
        EventKind::ReminderFired(firing) => Kind::ReminderFired(firing.into()),
        EventKind::LeaseGranted(lease) => Kind::LeaseGranted(lease.into()),
        EventKind::LeaseEnded { key, number, end } => {
            Kind::LeaseEnded(v1::LeaseEnded { key: key.clone(), number: *number, end: end.code() })
        }
        EventKind::ClockMoved { by } => Kind::ClockMoved(v1::ClockMoved { by: duration(*by) }),
        EventKind::ConsentRequested { action, reason } => {
            Kind::ConsentRequested(v1::ConsentRequested {
                action: action.code(),
                reason: reason.clone(),
            })
        }
        EventKind::ConsentLapsed => Kind::ConsentLapsed(v1::ConsentLapsed {}),
        rest => return encode_works(rest).or_else(|| encode_money(rest)),
    })
}

fn encode_works(kind: &EventKind) -> Option<Kind> {
    Some(match kind {
        EventKind::WorkAdded(work) => Kind::WorkAdded(work.into()),
        EventKind::WorkStarted { work, next } => Kind::WorkStarted(v1::WorkStarted {
            work_id: work.to_string(),
            next: next.and_then(time),
        }),
        EventKind::WorkAdvanced { work, handled, done, skipped } => {
            let count =
                |(code, count): &(i32, u64)| v1::SkippedCount { code: *code, count: *count };
            Kind::WorkAdvanced(v1::WorkAdvanced {
                work_id: work.to_string(),
                handled: *handled,
                done: *done,
                skipped: skipped.iter().map(count).collect(),
            })
        }
        EventKind::WorkChanged { work, state } => {
            Kind::WorkChanged(v1::WorkChanged { work_id: work.to_string(), state: state.code() })
        }
        EventKind::CallPlanned { session, actions } => Kind::CallPlanned(v1::CallPlanned {
            session_id: session.to_string(),
            actions: actions.iter().map(Into::into).collect(),
        }),
        EventKind::PromptMissed { session } => {
            Kind::PromptMissed(v1::PromptMissed { session_id: session.to_string() })
        }
        _ => return None,
    })
}

fn encode_money(kind: &EventKind) -> Option<Kind> {
    Some(match kind {
        EventKind::PaymentStarted {
            id,
            debit,
            credit,
            debit_customer,
            credit_customer,
            value,
            status,
        } => Kind::PaymentStarted(v1::PaymentStarted {
            transaction_id: id.to_string(),
            debit: Some(debit.into()),
            credit: Some(credit.into()),
            debit_customer_id: debit_customer.clone().map(Into::into),
            credit_customer_id: credit_customer.clone().map(Into::into),
            value: Some((*value).into()),
            status: status.code(),
        }),
        EventKind::WalletPaymentChanged { wallet, id, status } => {
            Kind::WalletPaymentChanged(v1::WalletPaymentChanged {
                wallet_id: wallet.clone(),
                transaction_id: id.to_string(),
                status: status.code(),
            })
        }
        EventKind::PurseFunded { purse, value } => Kind::PurseFunded(v1::PurseFunded {
            purse_id: purse.clone(),
            value: Some((*value).into()),
        }),
        _ => return None,
    })
}

/// `None` if a code or part is unknown here, or the kind is not among these.
pub(super) fn decode(kind: Kind) -> Option<EventKind> {
    Some(match kind {
        Kind::CustomerAdopted(k) => EventKind::CustomerAdopted { other: k.other_id.into() },
        Kind::CustomerReplaced(k) => EventKind::CustomerReplaced { by: k.by_id.into() },
        Kind::ReminderAdded(reminder) => EventKind::ReminderAdded(reminder.into()),
        Kind::ReminderCancelled(k) => EventKind::ReminderCancelled { key: k.key },
        Kind::ReminderFired(fired) => EventKind::ReminderFired(fired.into()),
        Kind::LeaseGranted(lease) => EventKind::LeaseGranted(lease.into()),
        Kind::LeaseEnded(k) => {
            EventKind::LeaseEnded { key: k.key, number: k.number, end: from_end(k.end)? }
        }
        Kind::ClockMoved(k) => EventKind::ClockMoved { by: from_duration(k.by) },
        Kind::ConsentRequested(k) => EventKind::ConsentRequested {
            action: ConsentAction::from_code(k.action)?,
            reason: k.reason,
        },
        Kind::ConsentLapsed(_) => EventKind::ConsentLapsed,
        rest => return decode_works(rest),
    })
}

fn decode_works(kind: Kind) -> Option<EventKind> {
    Some(match kind {
        Kind::WorkAdded(work) => EventKind::WorkAdded(from_work(work)?),
        Kind::WorkStarted(k) => EventKind::WorkStarted {
            work: k.work_id.into(),
            next: k.next.map(|at| from_time(Some(at))),
        },
        Kind::WorkAdvanced(k) => EventKind::WorkAdvanced {
            work: k.work_id.into(),
            handled: k.handled,
            done: k.done,
            skipped: k.skipped.into_iter().map(|s| (s.code, s.count)).collect(),
        },
        Kind::WorkChanged(k) => {
            EventKind::WorkChanged { work: k.work_id.into(), state: WorkState::from_code(k.state)? }
        }
        Kind::CallPlanned(k) => EventKind::CallPlanned {
            session: k.session_id.into(),
            actions: from_actions(k.actions).ok()?,
        },
        Kind::PromptMissed(k) => EventKind::PromptMissed { session: k.session_id.into() },
        Kind::PaymentStarted(k) => EventKind::PaymentStarted {
            id: k.transaction_id.into(),
            debit: party(k.debit?)?,
            credit: party(k.credit?)?,
            debit_customer: k.debit_customer_id.map(Into::into),
            credit_customer: k.credit_customer_id.map(Into::into),
            value: from_money(&k.value?)?,
            status: PaymentStatus::from_code(k.status)?,
        },
        Kind::WalletPaymentChanged(k) => EventKind::WalletPaymentChanged {
            wallet: k.wallet_id,
            id: k.transaction_id.into(),
            status: PaymentStatus::from_code(k.status)?,
        },
        Kind::PurseFunded(k) => {
            EventKind::PurseFunded { purse: k.purse_id, value: from_money(&k.value?)? }
        }
        _ => return None,
    })
}

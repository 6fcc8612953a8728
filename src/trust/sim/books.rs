//! Books of its own, which the checker keeps from the events alone: what is in each purse, and how far each payment has
//! come. The rules have their own way to the same figures.

use super::checker::Invariant;
use crate::{
    model::{EventKind, Money, PaymentParty, PaymentStatus, TransactionId},
    rules::{World, check_books},
};
use std::collections::{BTreeMap, BTreeSet};

/// What payments have done to the purses of an org.
#[derive(Debug, Default)]
pub struct Books {
    purses: BTreeMap<String, i128>,
    payments: BTreeMap<TransactionId, Movement>,
}

#[derive(Debug)]
struct Movement {
    from: Option<String>,
    to: Option<String>,
    value: Money,
    status: PaymentStatus,
}

fn purse(party: &PaymentParty) -> Option<String> {
    match party {
        PaymentParty::Purse(id) => Some(id.clone()),
        PaymentParty::Customer { .. }
        | PaymentParty::Wallet { .. }
        | PaymentParty::Channel { .. } => None,
    }
}

impl Books {
    /// Books what an entry tells of money. The error says what cannot be.
    pub fn entry<'e>(
        &mut self,
        kinds: impl Iterator<Item = &'e EventKind>,
    ) -> Result<(), (Invariant, String)> {
        let mut told = BTreeSet::new();
        for kind in kinds {
            if let EventKind::PaymentStatusChanged { id, status, .. } = kind {
                // An entry says it once for each side, and also of a payment that is over as soon as it is begun.
                if told.insert((id, status.code())) {
                    self.change(id, *status)?;
                }
            } else if let EventKind::PaymentStarted { id, debit, credit, value, status, .. } = kind
            {
                told.insert((id, status.code()));
                let (from, to) = (purse(debit), purse(credit));
                self.begin(id, Movement { from, to, value: *value, status: *status });
            } else if let EventKind::PaymentReceived { id, purse, value, status } = kind {
                let (from, to) = (None, purse.clone());
                self.begin(id, Movement { from, to, value: *value, status: *status });
            } else if let EventKind::PurseFunded { purse, value } = kind {
                *self.purses.entry(purse.clone()).or_default() += i128::from(value.minor);
            }
        }
        Ok(())
    }

    fn begin(&mut self, id: &TransactionId, movement: Movement) {
        if movement.status == PaymentStatus::Success {
            self.book(&movement, 1);
        }
        self.payments.entry(id.clone()).or_insert(movement);
    }

    fn change(&mut self, id: &TransactionId, to: PaymentStatus) -> Result<(), (Invariant, String)> {
        let Some(mut movement) = self.payments.remove(id) else {
            return Err((Invariant::PaymentsEndOnce, format!("nobody has begun {id}")));
        };
        let from = std::mem::replace(&mut movement.status, to);
        let is_done = matches!(from, PaymentStatus::Success | PaymentStatus::PassThrough);
        let is_reversal = is_done && to == PaymentStatus::Reversed;
        if !from.is_pending() && !is_reversal {
            let what = format!("{id} was over with {from:?} and became {to:?}");
            return Err((Invariant::PaymentsEndOnce, what));
        }
        if to == PaymentStatus::Success {
            self.book(&movement, 1);
        } else if is_reversal {
            self.book(&movement, -1);
        }
        self.payments.insert(id.clone(), movement);
        Ok(())
    }

    fn book(&mut self, Movement { from, to, value, .. }: &Movement, sign: i128) {
        let minor = i128::from(value.minor) * sign;
        for (purse, change) in [(from, -minor), (to, minor)] {
            if let Some(purse) = purse {
                *self.purses.entry(purse.clone()).or_default() += change;
            }
        }
    }

    /// Compares the purses of a World with these books.
    pub fn compare(&self, world: &World) -> Result<(), String> {
        let theirs: BTreeMap<&str, i128> =
            world.purses().map(|(id, account, _)| (id, i128::from(account.actual))).collect();
        let differs = self
            .purses
            .iter()
            .find(|(id, minor)| theirs.get(id.as_str()).copied().unwrap_or_default() != **minor);
        let stranger = theirs.iter().find(|(id, minor)| {
            **minor != 0 && !self.purses.keys().any(|own| own.as_str() == **id)
        });
        if let Some((id, minor)) = stranger {
            return Err(format!("purse {id} holds {minor} and nobody put that in"));
        }
        match differs {
            Some((id, minor)) => {
                let theirs = theirs.get(id.as_str());
                Err(format!("purse {id} should hold {minor} and holds {theirs:?}"))
            }
            None => Ok(()),
        }
    }

    /// Checks everything that R-BOOKS-1 says of a World. It walks all customers.
    pub fn audit(world: &World) -> Result<(), String> {
        check_books(world)
    }
}

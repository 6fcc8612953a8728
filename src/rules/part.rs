//! A World of a few customers, folded from the entries about them alone. What was known of them at any place is
//! in it as it was in the World of everyone (R-OPERATOR-7), at the cost of their own entries.
//!
//! The money of everyone else is as good as outside of the hub: whether a purse could pay was decided when it
//! did, and nothing is decided here.

use super::{Lent, World};
use crate::model::{CustomerId, Entry};
use std::{collections::BTreeSet, sync::Arc};

impl World {
    /// A World in which these customers will be, and nobody else.
    #[must_use]
    pub fn of(customers: Arc<BTreeSet<CustomerId>>) -> Self {
        Self { only: Some(customers), ..Self::default() }
    }

    /// The same of a World that is known already.
    #[must_use]
    pub fn only(self, customers: Arc<BTreeSet<CustomerId>>) -> Self {
        Self { only: Some(customers), ..self }
    }
    /// Folds the next entry about these customers. The entries between, which are about others, are left out.
    pub fn apply_part(&mut self, entry: &Entry) {
        self.head = (entry.seq, entry.id);
        self.lent = Lent::default();
        let mut after = entry.events.as_slice();
        while let [event, rest @ ..] = after {
            self.fold(event, rest);
            after = rest;
        }
    }
    /// Whether it is a World of a few customers.
    pub(super) fn is_part(&self) -> bool {
        self.only.is_some()
    }
    /// Whether a customer may be in it.
    pub(super) fn has_part(&self, customer: &CustomerId) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(customer))
    }
}

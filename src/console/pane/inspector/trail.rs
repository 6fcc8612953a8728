//! The customers that were looked at, in order, to go back to them and forward again.

use crate::model::CustomerId;

/// How many are remembered.
const MOST: usize = 50;

/// The customers that were looked at, and at which of them the agent is.
#[derive(Clone, Debug, Default)]
pub(super) struct CustomerTrail {
    all: Vec<CustomerId>,
    at: usize,
}

impl CustomerTrail {
    /// A customer is looked at. Those that were gone back from are forgotten. One who was asked for under the id of
    /// somebody who was merged into them takes that place, so that going back leads past it.
    pub fn note(&mut self, customer: &CustomerId, replaces: Option<&CustomerId>) {
        if self.all.get(self.at) == Some(customer) {
            return;
        }
        if let Some(here) = self.all.get_mut(self.at).filter(|here| Some(&**here) == replaces) {
            here.clone_from(customer);
            return;
        }
        self.all.truncate(self.at + 1);
        self.all.push(customer.clone());
        let over = self.all.len().saturating_sub(MOST);
        self.all.drain(..over);
        self.at = self.all.len() - 1;
    }
    /// The customer before this one, or after this one; `None` if there is none.
    pub fn turn(&mut self, back: bool) -> Option<CustomerId> {
        let at = if back { self.at.checked_sub(1)? } else { self.at + 1 };
        let customer = self.all.get(at)?.clone();
        self.at = at;
        Some(customer)
    }
}

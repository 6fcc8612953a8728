//! Reminders and leases of all customers and who waits for an answer, as agents list them (R-OPERATOR-1,
//! R-OPERATOR-3, R-WAIT-3): what ends first or waits longest comes first. Nothing is searched or sorted,
//! because that is the order of what waits.

use super::{
    World,
    due::{Subject, Wait},
};
use crate::model::{CustomerState, Lease, Reminder, Timestamp};
use std::sync::Arc;

impl World {
    /// The reminders of single customers, the soonest first.
    pub fn reminders(&self) -> impl Iterator<Item = (Arc<CustomerState>, Reminder)> {
        self.index.due.of(Wait::Reminder).filter_map(|(_, customer, subject)| {
            let Subject::Reminder(app, key) = subject else { return None };
            let customer = self.passing(&customer)?;
            let mut all = customer.reminders.iter();
            let reminder = all.find(|r| r.app == app && r.key == key)?.clone();
            Some((customer, reminder))
        })
    }

    /// How many reminders of single customers there are.
    #[must_use]
    pub fn reminder_count(&self) -> usize {
        self.index.due.count(Wait::Reminder)
    }

    /// The customers who wait for an answer from a person, the longest first (R-WAIT-3).
    pub fn waiting(&self) -> impl Iterator<Item = Arc<CustomerState>> {
        self.index.due.of(Wait::Answer).filter_map(|(_, customer, _)| self.passing(&customer))
    }

    /// How many customers wait for an answer from a person.
    #[must_use]
    pub fn waiting_count(&self) -> usize {
        self.index.due.count(Wait::Answer)
    }

    /// The leases that run at `now`; the one that ends first comes first.
    pub fn leases(&self, now: Timestamp) -> impl Iterator<Item = (Arc<CustomerState>, Lease)> {
        let running = self.index.due.of(Wait::Lease).filter(move |(until, ..)| now < *until);
        running.filter_map(|(_, customer, subject)| {
            let Subject::Lease(key) = subject else { return None };
            let customer = self.passing(&customer)?;
            let lease = customer.lease(&key)?.clone();
            Some((customer, lease))
        })
    }
}

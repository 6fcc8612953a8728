//! Reminders, scheduled messages and leases of all customers and who waits for an answer, as agents list them
//! (R-OPERATOR-1, R-OPERATOR-3, R-LATER-4, R-WAIT-3, R-WAIT-6): what ends first or waits longest comes first. Nothing is searched or sorted,
//! because that is the order of what waits.

use super::{
    World,
    due::{Subject, Wait},
};
use crate::model::{CustomerState, Lease, Reminder, ScheduledMessage, SessionId, Timestamp};
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

    /// The messages that wait for their time, the soonest first (R-LATER-4).
    pub fn scheduled(&self) -> impl Iterator<Item = (Arc<CustomerState>, ScheduledMessage)> {
        self.index.due.of(Wait::Scheduled).filter_map(|(_, customer, subject)| {
            let Subject::Scheduled(id) = subject else { return None };
            let customer = self.passing(&customer)?;
            let message = customer.scheduled(&id)?.clone();
            Some((customer, message))
        })
    }

    /// How many messages wait for their time.
    #[must_use]
    pub fn scheduled_count(&self) -> usize {
        self.index.due.count(Wait::Scheduled)
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

    /// Who waits on the line for a menu or a plan, the longest first, at most `limit` of them: the customer,
    /// the session, and since when they wait.
    #[must_use]
    pub fn live(&self, limit: usize) -> Vec<(Arc<CustomerState>, SessionId, Timestamp)> {
        let of = |wait| self.index.due.of(wait).take(limit);
        let mut all: Vec<_> = of(Wait::Prompt).chain(of(Wait::Plan)).collect();
        all.sort_by_key(|(since, ..)| *since);
        let live = all.into_iter().take(limit).filter_map(|(since, customer, subject)| {
            let Subject::Talk(session) = subject else { return None };
            Some((self.passing(&customer)?, session, since))
        });
        live.collect()
    }

    /// How many wait on the line for a menu or a plan.
    #[must_use]
    pub fn live_count(&self) -> usize {
        self.index.due.count(Wait::Prompt) + self.index.due.count(Wait::Plan)
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

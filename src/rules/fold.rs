//! One event into the World. Total: an event about somebody unknown makes them known, one about
//! a message or session that is no longer kept changes nothing else.

use super::{
    World, adoption, consent, customer, index::Index, lease, messaging, payment, reminder, ussd,
    voice, work,
};
use crate::model::{Customer, Event, EventKind, Firing, Provider};
use std::sync::Arc;

impl World {
    /// Folds one event of a valid entry: first into the customer it touches, then into what is
    /// the org's or concerns two customers.
    pub(super) fn fold(&mut self, event: &Event) {
        self.fold_customer(event);
        match &event.kind {
            EventKind::CustomerAdopted { other } => adoption::fold(self, event, other),
            EventKind::MessageSent { work: Some(_), .. }
            | EventKind::ReminderFired(Firing { work: Some(_), .. })
            | EventKind::WorkAdded(_)
            | EventKind::WorkStarted { .. }
            | EventKind::WorkAdvanced { .. }
            | EventKind::WorkChanged { .. } => work::fold(self, event),
            EventKind::PaymentStarted { .. }
            | EventKind::PaymentReceived { .. }
            | EventKind::PaymentStatusChanged { .. }
            | EventKind::PurseFunded { .. } => payment::fold(self, event),
            EventKind::ClockMoved { by } => self.ahead = self.ahead.saturating_add(*by),
            _ => {}
        }
    }

    fn fold_customer(&mut self, event: &Event) {
        let Some(id) = event.customer.as_ref().filter(|id| !id.is_empty()) else { return };
        let Self { customers, index, .. } = self;
        let customer = customers.entry(id.clone()).or_insert_with(|| {
            Arc::new(Customer { id: id.clone(), created_at: event.at, ..Customer::default() })
        });
        let customer = Arc::make_mut(customer);
        customer.touched_at = customer.touched_at.max(event.at);
        learn_number(customer, index, event);
        fold_kind(customer, index, event);
    }
}

/// The customer has every number that was ever involved with them, and nobody else has it.
fn learn_number(customer: &mut Customer, index: &mut Index, event: &Event) {
    let Some(number) = &event.number else { return };
    if number.provider == Provider::Unspecified || index.numbers.contains_key(number) {
        return;
    }
    index.numbers.insert(number.clone(), customer.id.clone());
    customer.numbers.push(number.clone());
}

fn fold_kind(customer: &mut Customer, index: &mut Index, event: &Event) {
    use EventKind as K;
    match &event.kind {
        K::TagsUpdated(_)
        | K::TagsDeleted(_)
        | K::MetadataUpdated { .. }
        | K::MetadataDeleted(_)
        | K::SecondaryIdsUpdated(_)
        | K::SecondaryIdsDeleted(_)
        | K::EntriesExpired { .. } => customer::fold(customer, index, &event.kind),
        K::MessageSent { .. }
        | K::MessageReceived { .. }
        | K::MessageStatusChanged { .. }
        | K::SessionChanged { .. } => messaging::fold(customer, index, event),
        K::ConsentRequested { .. } | K::ConsentLapsed | K::ConsentChanged(_) => {
            consent::fold(customer, index, event);
        }
        K::UssdInput { .. } | K::UssdMenuShown { .. } | K::UssdEnded { .. } => {
            ussd::fold(customer, index, event);
        }
        K::CallChanged { .. } | K::CallPlanned { .. } | K::PromptMissed { .. } => {
            voice::fold(customer, index, event);
        }
        K::ReminderAdded(_) | K::ReminderCancelled { .. } | K::ReminderFired(_) => {
            reminder::fold(customer, index, event);
        }
        K::LeaseGranted(_) | K::LeaseEnded { .. } => lease::fold(customer, index, event),
        _ => {}
    }
}

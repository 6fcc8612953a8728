//! Folds one event into the World. Every event can be folded: one about an unknown customer creates
//! them, and one about a message or session that is no longer kept changes nothing else.

use super::{
    World, adoption, carriage, conflict, consent, contradiction, customer,
    index::Index,
    layers::whole,
    lease, ledger, messaging, pause, payment, reminder,
    runs::{Chosen, ServedPerson},
    scheduled, ussd, voice, waiting,
    works::{self, WorkSlice},
};
use crate::model::{
    CustomerState, Event, EventKind, MessageId, MessageStatus, Provider, carriage::CarriageStep,
};
use std::sync::Arc;

impl World {
    /// Folds one event of a valid entry. First it makes sure that the customer whom it touches exists and
    /// has the number. Then the change is made to that customer and the index, or to the World where it is
    /// about the org or about two customers.
    #[expect(clippy::too_many_lines, reason = "an arm for each kind of event")]
    /// `after` are the events that follow in the same entry.
    pub(super) fn fold(&mut self, event: &Event, after: &[Event]) {
        use EventKind as K;
        if !matches!(event.kind, K::WorkAdded(_) | K::WorkStarted { .. }) {
            self.chosen = Chosen::default();
        }
        self.meet(event);
        let (at, app) = (event.at, event.app.as_ref());
        match &event.kind {
            K::CustomerMet
            | K::CustomerReplaced { .. }
            | K::PromptMissed { .. }
            | K::WalletPaymentChanged { .. }
            | K::NotificationsDropped { .. }
            | K::LogPruned { .. }
            | K::Unreadable => {}
            K::TagsUpdated(tags) => self.touch(event, |c, i| customer::fold_tags(c, i, tags)),
            K::TagsDeleted(keys) => self.touch(event, |c, i| customer::fold_gone(c, i, keys, &[])),
            K::MetadataUpdated { values, .. } => {
                self.touch(event, |c, _| c.metadata.extend(values.iter().cloned()));
            }
            K::MetadataDeleted(keys) => {
                self.touch(event, |c, _| c.metadata.retain(|key, _| !keys.contains(key)));
            }
            K::SecondaryIdsUpdated(ids) => self.touch(event, |c, i| customer::fold_ids(c, i, ids)),
            K::SecondaryIdsDeleted(ids) => {
                self.touch(event, |c, i| customer::fold_gone(c, i, &[], ids));
            }
            K::EntriesExpired { tags, secondary_ids } => {
                self.touch(event, |c, i| customer::fold_gone(c, i, tags, secondary_ids));
            }
            K::MessageSent { id, body, status, in_reply_to, work } => {
                let served = ServedPerson { message: Some(id.clone()), status: *status, at };
                let (in_reply_to, work) = (in_reply_to.as_ref(), work.as_ref());
                let message = messaging::sent(event, id, body, *status, in_reply_to, work);
                let answer = event.answered(self.head.0);
                let mut gone = Vec::new();
                self.touch(event, |c, i| {
                    // What they wrote after it was written is answered by nobody (R-WAIT-2).
                    if !scheduled::is_overtaken(c, id) {
                        waiting::fold_sent(c, i, answer.as_ref());
                    }
                    conflict::fold(c, answer);
                    scheduled::fold_gone(c, i, id);
                    gone = messaging::keep(c, i, message);
                });
                self.forget(&gone);
                works::fold_served(self, work, event.customer.as_ref(), served);
            }
            K::MessageReceived { id, body } => {
                let message = messaging::received(event, id, body);
                let asks = !waiting::is_consent_word(event, after);
                let mut gone = Vec::new();
                self.touch(event, |c, i| {
                    if asks {
                        waiting::fold_received(c, i, &message);
                    }
                    gone = messaging::keep(c, i, message);
                });
                self.forget(&gone);
            }
            K::MessageScheduled { .. } => {
                let seq = self.head.0;
                self.touch(event, |c, i| scheduled::fold_scheduled(c, i, event, seq));
            }
            K::ScheduledCancelled { id } => {
                self.touch(event, |c, i| scheduled::fold_gone(c, i, id));
            }
            K::MessageStatusChanged { id, status } => {
                let mut before = None;
                self.touch(event, |c, i| {
                    before = works::own_message(c, i, id);
                    messaging::fold_status(c, i, at, id, *status);
                });
                if let Some(before) = before {
                    works::fold_report(self, event.customer.as_ref(), &before, *status, at);
                }
            }
            K::MessageCarried { id, carrier, attempt, step } => {
                let message = (id, carrier, *attempt);
                carriage::fold_carried(self, event, message, step);
                if matches!(step, CarriageStep::Accepted { is_final: true, .. }) {
                    self.touch(event, |c, i| messaging::fold_final(c, i, id));
                }
            }
            K::CarrierPauseChanged { carrier, is_paused } => {
                pause::fold(self, event, carrier, *is_paused);
            }
            K::CarrierLinkChanged { carrier, is_up, why } => {
                carriage::fold_link(self, carrier, *is_up, why, at);
            }
            K::SessionChanged { status, started_at, expires_at, notify: _ } => {
                let times = (*started_at, *expires_at);
                self.touch(event, |c, i| messaging::fold_session(c, i, event, *status, times));
            }
            K::ConsentChanged(status) => {
                self.touch(event, |c, i| consent::fold_changed(c, i, event, *status));
            }
            K::ConsentRequested { action, reason: _ } => {
                self.touch(event, |c, i| consent::fold_requested(c, i, event, *action));
            }
            K::ConsentLapsed => self.touch(event, |c, i| consent::fold_lapsed(c, i, event)),
            K::UssdInput { session, input, dial } => {
                self.touch(event, |c, i| ussd::fold_input(c, i, event, session, input, *dial));
            }
            K::UssdMenuShown { session, menu } => {
                self.touch(event, |c, i| ussd::fold_menu(c, i, at, session, menu));
            }
            K::UssdEnded { session, end } => {
                self.touch(event, |c, i| ussd::fold_end(c, i, at, session, *end));
            }
            K::CallChanged { session, direction, hop, duration, cost } => {
                self.touch(event, |c, i| {
                    voice::open(c, i, event, session, *direction);
                    voice::fold_report(c, i, at, session, hop, (*duration, *cost));
                });
            }
            K::CallPlanned { session, actions } => {
                self.touch(event, |c, i| voice::fold_plan(c, i, session, actions));
            }
            K::PaymentReceived { id, purse, value, status } => {
                payment::fold_received(self, event, id, purse.as_ref(), *value, *status);
            }
            K::PaymentStarted {
                id,
                debit,
                credit,
                debit_customer,
                credit_customer,
                value,
                status,
            } => {
                let payment = payment::new(event, id, debit, Some(credit), *value, *status);
                let customers = [debit_customer.as_ref(), credit_customer.as_ref()];
                payment::fold_started(self, payment, customers);
            }
            K::PaymentStatusChanged { id, status, .. } => {
                payment::fold_status(self, id, *status, at);
            }
            K::PaymentContradicted { id, .. } => contradiction::fold(self, id),
            K::PurseFunded { purse, value } => ledger::fund(self, purse, *value, at),
            K::CustomerAdopted { other } => adoption::fold(self, event, other),
            K::ReminderAdded(new) => self.touch(event, |c, i| reminder::fold_added(c, i, new)),
            K::ReminderCancelled { key } => {
                self.touch(event, |c, i| reminder::fold_cancelled(c, i, app, key));
            }
            K::ReminderFired(firing) => {
                self.touch(event, |c, i| reminder::fold_fired(c, i, firing));
                let served = ServedPerson { message: None, status: MessageStatus::Sent, at };
                works::fold_served(self, firing.work.as_ref(), event.customer.as_ref(), served);
            }
            K::LeaseGranted(lease) => self.touch(event, |c, i| lease::fold_granted(c, i, lease)),
            K::LeaseEnded { key, number, end: _ } => {
                self.touch(event, |c, i| lease::fold_ended(c, i, key, *number));
            }
            K::NoAnswerNeeded { .. } => self.touch(event, waiting::fold_no_answer_needed),
            K::WorkAdded(work) => works::fold_added(self, work),
            K::WorkStarted { work, next } => works::fold_started(self, work, *next, at),
            K::WorkAdvanced { work, handled, done, skipped, left_out, put_off, resumed } => {
                let (handled, done, resumed) = (*handled, *done, *resumed);
                let slice = WorkSlice { handled, done, skipped, left_out, put_off, resumed };
                works::fold_advanced(self, work, &slice, at);
            }
            K::WorkChanged { work, state } => works::fold_changed(self, work, *state, at),
            K::ClockMoved { by } => self.ahead = self.ahead.saturating_add(*by),
        }
    }

    /// Makes sure that the customer whom an event touches exists, and has the number in the envelope.
    fn meet(&mut self, event: &Event) {
        let Some(id) = event.customer.as_ref().filter(|id| !id.is_empty()) else { return };
        if !self.has_part(id) {
            return;
        }
        let Self { customers, index, .. } = self;
        let customer = customers.get_or_insert(id.as_str().as_bytes(), || {
            Arc::new(CustomerState {
                id: id.clone(),
                created_at: event.at,
                ..CustomerState::default()
            })
        });
        let Some(customer) = customer.map(Arc::make_mut) else { return };
        customer.touched_at = customer.touched_at.max(event.at);
        let Some(number) = &event.number else { return };
        // A number belongs to one customer, so it stays with somebody else who has it.
        if number.provider != Provider::Unspecified
            && !customer.numbers.contains(number)
            && index.number(number).is_none()
        {
            index.numbers.insert(whole(number), customer.id.clone());
            customer.numbers.push(number.clone());
        }
    }

    /// Forgets how messages got to their networks that left a history.
    fn forget(&mut self, messages: &[MessageId]) {
        for id in messages {
            self.carriages.forget(id);
        }
    }

    /// Changes the customer whom an event touches, if it touches one, and the index with them.
    fn touch(&mut self, event: &Event, change: impl FnOnce(&mut CustomerState, &mut Index)) {
        let Self { customers, index, .. } = self;
        let id = event.customer.as_ref().map(|id| id.as_str().as_bytes());
        if let Some(customer) = id.and_then(|id| customers.get_mut(id)) {
            change(Arc::make_mut(customer), index);
        }
    }
}

//! What can be looked up without searching: who holds a number, an id, a message, a session.
//! Follows from the customers alone; `Index::of` says how, and a test compares it with what
//! folding maintains.

use super::{
    due::{self, Due, Since, Subject},
    limits,
};
use crate::model::{
    Customer, CustomerId, CustomerNumber, Message, MessageId, SecondaryId, SessionId, TransactionId,
};
use std::collections::HashMap;

/// Who holds what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Index {
    /// Customer numbers.
    pub numbers: HashMap<CustomerNumber, CustomerId>,
    /// Secondary ids, also expired ones that are still listed.
    pub secondary: HashMap<SecondaryId, CustomerId>,
    /// Messages that are in a customer's history.
    pub messages: HashMap<MessageId, CustomerId>,
    /// USSD sessions and calls that are in a customer's history.
    pub sessions: HashMap<SessionId, CustomerId>,
    /// Payments that are in a customer's history.
    pub transactions: HashMap<TransactionId, CustomerId>,
    /// What waits.
    pub due: Due,
    /// Bytes of the messages of each customer who has any.
    bytes: HashMap<CustomerId, usize>,
}

impl Index {
    /// The index of these customers.
    pub fn of<'a>(customers: impl Iterator<Item = &'a Customer>) -> Self {
        let mut index = Self::default();
        for customer in customers {
            index.add(customer);
        }
        index
    }

    fn add(&mut self, customer: &Customer) {
        let id = &customer.id;
        for number in &customer.numbers {
            self.numbers.insert(number.clone(), id.clone());
        }
        for (pair, _) in &customer.secondary_ids {
            self.secondary.insert(pair.clone(), id.clone());
        }
        self.wait(id, &Subject::Entries, None, due::of_entries(customer));
        for state in &customer.channels {
            let pair = Subject::Pair(state.number.clone(), state.channel.clone());
            self.wait(id, &pair, None, due::of_pair(state));
        }
        for message in &customer.messages {
            self.add_message(id, message);
        }
        for session in &customer.ussd {
            self.sessions.insert(session.id.clone(), id.clone());
            self.wait(id, &Subject::Talk(session.id.clone()), None, due::of_ussd(session));
        }
        for call in &customer.calls {
            self.sessions.insert(call.id.clone(), id.clone());
            self.wait(id, &Subject::Talk(call.id.clone()), None, due::of_call(call));
        }
        for payment in &customer.payments {
            self.transactions.insert(payment.id.clone(), id.clone());
        }
    }

    /// Something of a customer changed what it waits for.
    pub fn wait(&mut self, customer: &CustomerId, subject: &Subject, old: Since, new: Since) {
        self.due.change(customer, subject, old, new);
    }

    /// A message joined a history.
    pub fn add_message(&mut self, customer: &CustomerId, message: &Message) {
        self.messages.insert(message.id.clone(), customer.clone());
        *self.bytes.entry(customer.clone()).or_default() += limits::weight(&message.body);
        self.wait(customer, &Subject::Message(message.id.clone()), None, due::of_message(message));
    }

    /// A message left a history.
    pub fn remove_message(&mut self, customer: &CustomerId, message: &Message) {
        self.messages.remove(&message.id);
        if let Some(bytes) = self.bytes.get_mut(customer) {
            *bytes = bytes.saturating_sub(limits::weight(&message.body));
        }
        self.wait(customer, &Subject::Message(message.id.clone()), due::of_message(message), None);
    }

    /// Bytes of the messages in a customer's history.
    pub fn message_bytes(&self, customer: &CustomerId) -> usize {
        self.bytes.get(customer).copied().unwrap_or_default()
    }
}

//! Answers without searching who holds a number, a secondary id, a message or a session. The index
//! follows from the customers alone: `Index::of` builds it from them, and a test compares that with
//! what folding keeps up step by step.

use super::{
    due::{self, Due, Subject, Waiting},
    limits,
};
use crate::model::{
    CallStatus, ChannelNumber, CustomerId, CustomerNumber, CustomerState, Message, MessageId,
    SecondaryId, SessionId, Tag, TagPair, Timestamp, TransactionId, VoiceAction, VoiceCall,
};
use imbl::{HashMap, OrdMap, OrdSet};
use std::hash::Hash;

/// A call that waits in a queue: the channel number, the name of the queue, since when it waits,
/// and the call itself.
pub type Queued = (ChannelNumber, String, Timestamp, SessionId);

/// Look-up tables over all customers of an org.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Index {
    pub numbers: HashMap<CustomerNumber, CustomerId>,
    /// Secondary ids, including expired ones that are still listed.
    pub secondary: HashMap<SecondaryId, CustomerId>,
    /// The messages that are in a customer's history.
    pub messages: HashMap<MessageId, CustomerId>,
    /// The USSD sessions and calls that are in a customer's history.
    pub sessions: HashMap<SessionId, CustomerId>,
    /// The payments that are in the histories of customers: of one, or of both sides (R-PAY-6).
    pub transactions: HashMap<TransactionId, OrdSet<CustomerId>>,
    /// Calls that wait in queues; within a queue, whoever came first stands first.
    pub queued: OrdSet<Queued>,
    /// Who has which tag and until when, expired or not. Customers are in the order in which work by
    /// tag takes them (R-ORD-9).
    pub tags: HashMap<TagPair, OrdMap<CustomerId, Option<Timestamp>>>,
    pub due: Due,
    /// How many bytes the messages of each customer have who has any.
    bytes: HashMap<CustomerId, usize>,
}

impl Index {
    /// Builds the index of these customers.
    pub fn of<'a>(customers: impl Iterator<Item = &'a CustomerState>) -> Self {
        let mut index = Self::default();
        for customer in customers {
            index.add(customer);
        }
        index
    }

    /// Adds everything about a customer as they are now.
    pub fn add(&mut self, customer: &CustomerState) {
        let id = &customer.id;
        self.add_tags(customer);
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
            let asked = Subject::Asked(state.number.clone(), state.channel.clone());
            self.wait(id, &asked, None, due::of_asked(state));
        }
        for lease in &customer.leases {
            self.wait(id, &Subject::Lease(lease.key.clone()), None, due::of_lease(lease));
        }
        for reminder in &customer.reminders {
            let subject = Subject::Reminder(reminder.app.clone(), reminder.key.clone());
            self.wait(id, &subject, None, due::of_reminder(reminder));
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
            self.add_call(id, call);
        }
        for payment in &customer.payments {
            self.add_payment(id, &payment.id);
        }
    }

    /// Removes everything about a customer as they are now: the opposite of `add`.
    pub fn remove(&mut self, customer: &CustomerState) {
        let own = Self::of(std::iter::once(customer));
        forget(&mut self.numbers, &own.numbers);
        forget(&mut self.secondary, &own.secondary);
        forget(&mut self.messages, &own.messages);
        forget(&mut self.sessions, &own.sessions);
        for payment in &customer.payments {
            self.remove_payment(&customer.id, &payment.id);
        }
        self.remove_tags(customer);
        for queued in &own.queued {
            self.queued.remove(queued);
        }
        self.due.forget(&own.due);
        self.bytes.remove(&customer.id);
    }

    /// Adds the tags of a customer. After a change of tags, what they had must have been removed.
    pub fn add_tags(&mut self, customer: &CustomerState) {
        for tag in &customer.tags {
            let holders = self.tags.entry(pair_of(tag)).or_default();
            holders.insert(customer.id.clone(), tag.expires_at);
        }
    }

    /// Removes the tags of a customer, before they change.
    pub fn remove_tags(&mut self, customer: &CustomerState) {
        for pair in customer.tags.iter().map(pair_of) {
            if let Some(holders) = self.tags.get_mut(&pair) {
                holders.remove(&customer.id);
                if holders.is_empty() {
                    self.tags.remove(&pair);
                }
            }
        }
    }

    /// Something of a customer waits for something else now: for `new` instead of `old`.
    pub fn wait(&mut self, customer: &CustomerId, subject: &Subject, old: Waiting, new: Waiting) {
        self.due.change(customer, subject, old, new);
    }

    /// Removes a call that is about to change or to leave the history.
    pub fn remove_call(&mut self, customer: &CustomerId, call: &VoiceCall) {
        if let Some(queued) = queued(call) {
            self.queued.remove(&queued);
        }
        self.wait(customer, &Subject::Talk(call.id.clone()), due::of_call(call), None);
    }

    /// Adds what a call waits for now.
    pub fn add_call(&mut self, customer: &CustomerId, call: &VoiceCall) {
        self.queued.extend(queued(call));
        self.wait(customer, &Subject::Talk(call.id.clone()), None, due::of_call(call));
    }

    /// Adds a payment that joined a history.
    pub fn add_payment(&mut self, customer: &CustomerId, payment: &TransactionId) {
        self.transactions.entry(payment.clone()).or_default().insert(customer.clone());
    }

    /// Removes a payment that left a history.
    pub fn remove_payment(&mut self, customer: &CustomerId, payment: &TransactionId) {
        if let Some(holders) = self.transactions.get_mut(payment) {
            holders.remove(customer);
            if holders.is_empty() {
                self.transactions.remove(payment);
            }
        }
    }

    /// Adds a message that joined a history.
    pub fn add_message(&mut self, customer: &CustomerId, message: &Message) {
        self.messages.insert(message.id.clone(), customer.clone());
        *self.bytes.entry(customer.clone()).or_default() += limits::weight(&message.body);
        self.wait(customer, &Subject::Message(message.id.clone()), None, due::of_message(message));
    }

    /// Removes a message that left a history.
    pub fn remove_message(&mut self, customer: &CustomerId, message: &Message) {
        self.messages.remove(&message.id);
        if let Some(bytes) = self.bytes.get_mut(customer) {
            *bytes = bytes.saturating_sub(limits::weight(&message.body));
        }
        self.wait(customer, &Subject::Message(message.id.clone()), due::of_message(message), None);
    }

    /// How many bytes the messages in a customer's history have.
    pub fn message_bytes(&self, customer: &CustomerId) -> usize {
        self.bytes.get(customer).copied().unwrap_or_default()
    }
}

/// The queue in which a call waits, if it does. A queue without a name is a queue as well.
fn queued(call: &VoiceCall) -> Option<Queued> {
    let mut name = String::new();
    if let Some(VoiceAction::Enqueue { queue_name: Some(queue), .. }) = call.plan().last() {
        name.clone_from(queue);
    }
    (call.status == CallStatus::Enqueued)
        .then(|| (call.channel.clone(), name, call.updated_at, call.id.clone()))
}

fn forget<K: Clone + Eq + Hash, V: Clone>(all: &mut HashMap<K, V>, own: &HashMap<K, V>) {
    for key in own.keys() {
        all.remove(key);
    }
}

fn pair_of(tag: &Tag) -> TagPair {
    TagPair { key: tag.key.clone(), value: tag.value.clone() }
}

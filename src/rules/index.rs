//! What can be looked up without searching: who holds a number, an id, a message, a session.
//! Follows from the customers alone; `Index::of` says how, and a test compares it with what
//! folding maintains.

use super::{
    due::{self, Due, Since, Subject},
    limits,
};
use crate::model::{
    CallStatus, ChannelNumber, CustomerId, CustomerNumber, CustomerState, Message, MessageId,
    SecondaryId, SessionId, Tag, TagPair, Timestamp, TransactionId, VoiceAction, VoiceCall,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
};

/// A call in a queue: on which channel number, the queue's name, since when.
pub type Queued = (ChannelNumber, String, Timestamp, SessionId);

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
    /// Payments that are in the histories of customers: of one, or of both sides (R-PAY-6).
    pub transactions: HashMap<TransactionId, BTreeSet<CustomerId>>,
    /// Calls that wait in a queue, of each the first to come first.
    pub queued: BTreeSet<Queued>,
    /// Who has which tag and until when, expired or not; in the order in which work by tag takes them (R-ORD-9).
    pub tags: HashMap<TagPair, BTreeMap<CustomerId, Timestamp>>,
    /// What waits.
    pub due: Due,
    /// Bytes of the messages of each customer who has any.
    bytes: HashMap<CustomerId, usize>,
}

impl Index {
    /// The index of these customers.
    pub fn of<'a>(customers: impl Iterator<Item = &'a CustomerState>) -> Self {
        let mut index = Self::default();
        for customer in customers {
            index.add(customer);
        }
        index
    }

    /// A customer as they are becomes known.
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

    /// A customer as they are is forgotten: the opposite of `add`.
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

    /// A customer has these tags from now on.
    pub fn add_tags(&mut self, customer: &CustomerState) {
        for tag in &customer.tags {
            let holders = self.tags.entry(pair_of(tag)).or_default();
            holders.insert(customer.id.clone(), tag.expires_at);
        }
    }

    /// A customer had these tags until now.
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

    /// Something of a customer changed what it waits for.
    pub fn wait(&mut self, customer: &CustomerId, subject: &Subject, old: Since, new: Since) {
        self.due.change(customer, subject, old, new);
    }

    /// A call is about to change, or to be forgotten.
    pub fn remove_call(&mut self, customer: &CustomerId, call: &VoiceCall) {
        if let Some(queued) = queued(call) {
            self.queued.remove(&queued);
        }
        self.wait(customer, &Subject::Talk(call.id.clone()), due::of_call(call), None);
    }

    /// A call as it is now.
    pub fn add_call(&mut self, customer: &CustomerId, call: &VoiceCall) {
        self.queued.extend(queued(call));
        self.wait(customer, &Subject::Talk(call.id.clone()), None, due::of_call(call));
    }

    /// A payment joined a history.
    pub fn add_payment(&mut self, customer: &CustomerId, payment: &TransactionId) {
        self.transactions.entry(payment.clone()).or_default().insert(customer.clone());
    }

    /// A payment left a history.
    pub fn remove_payment(&mut self, customer: &CustomerId, payment: &TransactionId) {
        if let Some(holders) = self.transactions.get_mut(payment) {
            holders.remove(customer);
            if holders.is_empty() {
                self.transactions.remove(payment);
            }
        }
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

/// Where a call waits, if it is in a queue; one without a name is a queue as well.
fn queued(call: &VoiceCall) -> Option<Queued> {
    let mut name = String::new();
    if let Some(VoiceAction::Enqueue { queue_name: Some(queue), .. }) = call.plan().last() {
        name.clone_from(queue);
    }
    (call.status == CallStatus::Enqueued)
        .then(|| (call.channel.clone(), name, call.updated_at, call.id.clone()))
}

fn forget<K: Eq + Hash, V>(all: &mut HashMap<K, V>, own: &HashMap<K, V>) {
    for key in own.keys() {
        all.remove(key);
    }
}

fn pair_of(tag: &Tag) -> TagPair {
    TagPair { key: tag.key.clone(), value: tag.value.clone() }
}

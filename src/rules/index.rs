//! Answers without searching who holds a number, a secondary id, a message or a session. The index
//! follows from the customers alone: `Index::of` builds it from them, and a test compares that with
//! what folding keeps up step by step.

use super::{
    due::{self, Due, Subject, Waiting},
    layers::{Layered, Table, read_text, text, whole},
};
use crate::model::{
    CallStatus, ChannelNumber, CustomerId, CustomerNumber, CustomerState, Message, MessageId,
    SecondaryId, SessionId, Tag, TagPair, Timestamp, TransactionId, VoiceAction, VoiceCall,
};
use imbl::OrdSet;

/// A call that waits in a queue: the channel number, the name of the queue, since when it waits,
/// and the call itself.
pub type Queued = (ChannelNumber, String, Timestamp, SessionId);

/// Look-up tables over all customers of an org.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    pub numbers: Layered<CustomerId>,
    /// Secondary ids, including expired ones that are still listed.
    pub secondary: Layered<CustomerId>,
    /// The messages that are in a customer's history, with their numbers there.
    pub messages: Layered<(CustomerId, u64)>,
    /// The USSD sessions and calls that are in a customer's history.
    pub sessions: Layered<CustomerId>,
    /// The payments that are in the histories of customers: of one, or of both sides (R-PAY-6).
    pub transactions: Layered<Vec<CustomerId>>,
    /// Calls that wait in queues; within a queue, whoever came first stands first.
    pub queued: OrdSet<Queued>,
    /// Who has which tag and until when, expired or not. Customers are in the order in which work by
    /// tag takes them (R-ORD-9).
    pub tags: Layered<Option<Timestamp>>,
    pub due: Due,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            numbers: Layered::new(Table::Numbers),
            secondary: Layered::new(Table::SecondaryIds),
            messages: Layered::new(Table::Messages),
            sessions: Layered::new(Table::Sessions),
            transactions: Layered::new(Table::Transactions),
            queued: OrdSet::new(),
            tags: Layered::new(Table::Tags),
            due: Due::default(),
        }
    }
}

impl Index {
    /// Builds the index of these customers.
    #[cfg(test)]
    pub fn of(customers: impl Iterator<Item = std::sync::Arc<CustomerState>>) -> Self {
        let mut index = Self::default();
        for customer in customers {
            index.add(&customer);
        }
        index
    }

    /// Who has a number.
    pub fn number(&self, number: &CustomerNumber) -> Option<CustomerId> {
        self.numbers.get(&whole(number))
    }

    /// Who has a secondary id, which may have expired.
    pub fn secondary_id(&self, pair: &SecondaryId) -> Option<CustomerId> {
        self.secondary.get(&whole(pair))
    }

    /// Whose history has a message, and its number there.
    pub fn message(&self, id: &MessageId) -> Option<(CustomerId, u64)> {
        self.messages.get(id.as_str().as_bytes())
    }

    /// Whose history has a USSD session or a call.
    pub fn session(&self, id: &SessionId) -> Option<CustomerId> {
        self.sessions.get(id.as_str().as_bytes())
    }

    /// Whose histories have a payment.
    pub fn transaction(&self, id: &TransactionId) -> Vec<CustomerId> {
        self.transactions.get(id.as_str().as_bytes()).unwrap_or_default()
    }

    /// Who has a tag, expired or not, in the order of their ids.
    pub fn holders(
        &self,
        tag: &TagPair,
    ) -> impl Iterator<Item = (CustomerId, Option<Timestamp>)> + use<'_> {
        let prefix = tag_key(&tag.key, &tag.value);
        let all = self.tags.range(&prefix);
        all.map_while(move |(key, expires_at)| {
            let (id, _) = read_text(key.strip_prefix(&prefix[..])?)?;
            Some((id.into(), expires_at))
        })
    }

    /// Adds everything about a customer as they are now.
    pub fn add(&mut self, customer: &CustomerState) {
        self.change(customer, true);
    }

    /// Removes everything about a customer as they are now: the opposite of `add`.
    pub fn remove(&mut self, customer: &CustomerState) {
        self.change(customer, false);
    }

    fn change(&mut self, customer: &CustomerState, there: bool) {
        let id = &customer.id;
        let own = || there.then(|| id.clone());
        for number in &customer.numbers {
            self.numbers.set(whole(number), own());
        }
        for (pair, _) in &customer.secondary_ids {
            self.secondary.set(whole(pair), own());
        }
        for tag in &customer.tags {
            self.set_tag(id, tag, there);
        }
        for (number, message) in customer.messages.numbers().zip(&customer.messages) {
            let own = own().map(|id| (id, number));
            self.messages.set(message.id.as_str().into(), own);
        }
        let talks = customer.ussd.iter().map(|session| &session.id);
        for talk in talks.chain(customer.calls.iter().map(|call| &call.id)) {
            self.sessions.set(talk.as_str().into(), own());
        }
        for payment in &customer.payments {
            if there {
                self.add_payment(id, &payment.id);
            } else {
                self.remove_payment(id, &payment.id);
            }
        }
        for queued in customer.calls.iter().filter_map(queued) {
            if there {
                self.queued.insert(queued);
            } else {
                self.queued.remove(&queued);
            }
        }
        for (subject, waiting) in due::of_customer(customer) {
            let (old, new) = if there { (None, waiting) } else { (waiting, None) };
            self.wait(id, &subject, old, new);
        }
    }

    fn set_tag(&mut self, customer: &CustomerId, tag: &Tag, there: bool) {
        let mut key = tag_key(&tag.key, &tag.value);
        text(&mut key, customer.as_str());
        self.tags.set(key, there.then_some(tag.expires_at));
    }

    /// Follows a change of a customer's tags.
    pub fn retag(&mut self, customer: &CustomerId, before: &[Tag], after: &[Tag]) {
        for tag in before.iter().filter(|tag| !after.contains(tag)) {
            self.set_tag(customer, tag, false);
        }
        for tag in after.iter().filter(|tag| !before.contains(tag)) {
            self.set_tag(customer, tag, true);
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
        let mut holders = self.transaction(payment);
        if let Err(place) = holders.binary_search(customer) {
            holders.insert(place, customer.clone());
            self.transactions.insert(payment.as_str().as_bytes(), holders);
        }
    }

    /// Removes a payment that left a history.
    pub fn remove_payment(&mut self, customer: &CustomerId, payment: &TransactionId) {
        let mut holders = self.transaction(payment);
        holders.retain(|holder| holder != customer);
        let left = (!holders.is_empty()).then_some(holders);
        self.transactions.set(payment.as_str().into(), left);
    }

    /// Adds a session or call that joined a history.
    pub fn add_session(&mut self, customer: &CustomerId, session: &SessionId) {
        self.sessions.insert(session.as_str().as_bytes(), customer.clone());
    }

    /// Removes a session or call that left a history.
    pub fn remove_session(&mut self, session: &SessionId) {
        self.sessions.remove(session.as_str().as_bytes());
    }

    /// Adds a message that joined a history.
    pub fn add_message(&mut self, customer: &CustomerId, number: u64, message: &Message) {
        self.messages.insert(message.id.as_str().as_bytes(), (customer.clone(), number));
        self.wait(customer, &Subject::Message(message.id.clone()), None, due::of_message(message));
    }

    /// Removes a message that left a history.
    pub fn remove_message(&mut self, customer: &CustomerId, message: &Message) {
        self.messages.remove(message.id.as_str().as_bytes());
        self.wait(customer, &Subject::Message(message.id.clone()), due::of_message(message), None);
    }
}

/// What the keys of everyone with a tag begin with.
fn tag_key(key: &str, value: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    text(&mut bytes, key);
    text(&mut bytes, value);
    bytes
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

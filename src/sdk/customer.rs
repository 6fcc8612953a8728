//! A handle on one customer, like `Customer` of the JavaScript SDK: what is known of them, and
//! the operations that need no more than that. Consent, replies, payments and calls are the client's.

use super::{
    Client, CustomerSelector, CustomerState, Error, ExpiringId, LeaseReceipt, MessageReceipt,
    PendingCall, StateReceipt, TagKey, Unread, pending::Unsent,
};
use crate::model::{
    Body, ChannelNumber, CustomerId, CustomerNumber, DataValue, MessageId, Reminder, SecondaryId,
    Tag,
};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;

/// One customer of one client. Making it sends nothing; only [`get_state`](Self::get_state)
/// changes what it knows.
///
/// ```no_run
/// # use switchboard::{Client, Customer, model::*, sdk::{Error, CustomerSelector}};
/// # async fn demo(client: &Client) -> Result<(), Error> {
/// let mut jane = Customer::new(client, CustomerNumber::telco("+254711000001"))?;
/// jane.get_state().await?;
/// println!("{:?} has {} tags", jane.id(), jane.state().map_or(0, |state| state.tags.len()));
/// let sms = ChannelNumber::new(Channel::Sms, "40404");
/// let sent = jane.send_message(sms, Body::text("Karibu")).await?;
/// println!("{} {}", sent.status.code(), sent.description);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Customer {
    client: Client,
    selector: CustomerSelector,
    state: Option<Arc<CustomerState>>,
}

impl From<&Customer> for CustomerSelector {
    fn from(customer: &Customer) -> Self {
        customer.selector.clone()
    }
}

impl Customer {
    /// A handle by id, number or secondary id, or several of them. `Usage` if it names nobody,
    /// or has a number without a provider (R-CUST-1).
    pub fn new(client: &Client, params: impl Into<CustomerSelector>) -> Result<Self, Error> {
        let selector = params.into().checked()?;
        Ok(Self { client: client.clone(), selector, state: None })
    }

    /// A handle for a notification that names nobody, with the number if it has one. Operations that need
    /// more are `Usage`.
    pub(super) fn unnamed(client: &Client, number: Option<CustomerNumber>) -> Self {
        let selector = CustomerSelector { number, ..CustomerSelector::default() };
        Self { client: client.clone(), selector, state: None }
    }

    /// The client that it was made with.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The customer selector a notification names.
    pub(super) fn notified(
        client: &Client,
        id: &CustomerId,
        number: Option<CustomerNumber>,
    ) -> Self {
        let selector = CustomerSelector { id: Some(id.clone()), number, secondary_id: None };
        Self { client: client.clone(), selector, state: None }
    }

    /// Reads the state by id, whatever else is known.
    pub(super) async fn read_by_id(&mut self) -> Result<(), Error> {
        let selector =
            CustomerSelector { id: self.selector.id.clone(), ..CustomerSelector::default() };
        let state = self.client.get_customer_state(selector).await?;
        self.learn(Arc::new(state));
        Ok(())
    }

    /// The id, once known.
    #[must_use]
    pub fn id(&self) -> Option<&CustomerId> {
        self.selector.id.as_ref()
    }
    /// The number that messages go to, if known.
    #[must_use]
    pub fn number(&self) -> Option<&CustomerNumber> {
        self.selector.number.as_ref()
    }
    /// The secondary id it was made with.
    #[must_use]
    pub fn secondary_id(&self) -> Option<&SecondaryId> {
        self.selector.secondary_id.as_ref()
    }
    /// The state as last read; it does not follow what happens.
    #[must_use]
    pub fn state(&self) -> Option<&CustomerState> {
        self.state.as_deref()
    }

    /// Reads the state and fills in the id and, if no number is known yet, the first one found in
    /// the messaging, USSD, voice and payment states (R-CLIENT-5). An unknown number creates its customer.
    pub async fn get_state(&mut self) -> Result<Arc<CustomerState>, Error> {
        let state = Arc::new(self.client.get_customer_state(&*self).await?);
        self.learn(state.clone());
        Ok(state)
    }

    fn learn(&mut self, state: Arc<CustomerState>) {
        self.selector.id = Some(state.id.clone());
        if self.selector.number.is_none() {
            // Decoded states list them in that order.
            let mut numbers = state.numbers.iter();
            self.selector.number = numbers.find(|number| !number.number.is_empty()).cloned();
        }
        self.state = Some(state);
    }

    /// Merges another customer into this one, which survives: [`Client::adopt_customer_state`].
    pub fn adopt_state(&self, other: impl Into<CustomerSelector>) -> PendingCall<StateReceipt> {
        self.client.adopt_customer_state(self, other)
    }

    /// Sets tags: [`Client::update_customer_tag`].
    pub fn update_tag(&self, tags: impl IntoIterator<Item = Tag>) -> PendingCall<StateReceipt> {
        self.client.update_customer_tag(self, tags)
    }

    /// Removes tags, given by key or as tags: [`Client::delete_customer_tag`].
    pub fn delete_tag<T: Into<TagKey>>(
        &self,
        tags: impl IntoIterator<Item = T>,
    ) -> PendingCall<StateReceipt> {
        self.client.delete_customer_tag(self, tags)
    }

    /// Adds or renews secondary ids: [`Client::update_customer_secondary_id`].
    pub fn update_secondary_id<T: Into<ExpiringId>>(
        &self,
        secondary_ids: impl IntoIterator<Item = T>,
    ) -> PendingCall<StateReceipt> {
        self.client.update_customer_secondary_id(self, secondary_ids)
    }

    /// Removes secondary ids: [`Client::delete_customer_secondary_id`].
    pub fn delete_secondary_id(
        &self,
        secondary_ids: impl IntoIterator<Item = SecondaryId>,
    ) -> PendingCall<StateReceipt> {
        self.client.delete_customer_secondary_id(self, secondary_ids)
    }

    /// Says that what they wrote needs no answer: [`Client::no_answer_needed`].
    pub fn no_answer_needed(&self, up_to: Option<MessageId>) -> PendingCall<StateReceipt> {
        self.client.no_answer_needed(self, up_to)
    }

    /// Adds or replaces a reminder: [`Client::add_customer_reminder`].
    pub fn add_reminder(&self, reminder: Reminder) -> PendingCall<StateReceipt> {
        self.client.add_customer_reminder(self, reminder)
    }

    /// Cancels a reminder: [`Client::cancel_customer_reminder`].
    pub fn cancel_reminder(&self, key: impl Into<String>) -> PendingCall<StateReceipt> {
        self.client.cancel_customer_reminder(self, key)
    }

    /// Sets metadata: [`Client::update_customer_metadata`].
    pub fn update_metadata<K: Into<String>>(
        &self,
        metadata: impl IntoIterator<Item = (K, DataValue)>,
    ) -> PendingCall<StateReceipt> {
        self.client.update_customer_metadata(self, metadata)
    }

    /// Sets one typed metadata value, through the client's serializer.
    pub fn write_metadata<T: Serialize + ?Sized>(
        &self,
        key: impl Into<String>,
        value: &T,
    ) -> PendingCall<StateReceipt> {
        match self.client.serializer().write(value) {
            Ok(value) => self.update_metadata([(key, value)]),
            Err(error) => PendingCall::new(&self.client, Unsent::Invalid(error)),
        }
    }

    /// A typed metadata value of the state as last read, through the client's serializer; `None` if it
    /// has none. A value of the other arm is an error that keeps it (R-META-1).
    pub fn read_metadata<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Unread> {
        let value = self.state().and_then(|state| state.metadata.get(key));
        value.map(|value| self.client.serializer().read(value)).transpose()
    }

    /// Fetches a metadata value and locks fetching it: [`Client::lease_customer_metadata`].
    pub fn lease_metadata(&self, key: impl Into<String>) -> PendingCall<LeaseReceipt> {
        self.client.lease_customer_metadata(self, key)
    }

    /// Removes metadata: [`Client::delete_customer_metadata`].
    pub fn delete_metadata<K: Into<String>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> PendingCall<StateReceipt> {
        self.client.delete_customer_metadata(self, keys)
    }

    /// Writes to them; needs a known number: [`Client::send_message`].
    pub fn send_message(&self, channel: ChannelNumber, body: Body) -> PendingCall<MessageReceipt> {
        self.client.send_message(self, channel, body)
    }
}

//! The operations of the contract as methods of the client, named as in the JavaScript SDK but in
//! `snake_case`. Each returns a [`PendingCall`]: await it, or give it a key, or only dry-run it.
//!
//! What that SDK checks before it sends is checked here too and is `Error::Usage`; everything else
//! the hub decides. `connect`, `on` and their kin are in `listen.rs`, `auth_token` in `calls.rs`.

use super::{
    CallReceipt, Client, ConsentReceipt, CustomerSelector, CustomerState, Error, LeaseReceipt,
    MessageReceipt, PaymentReceipt, PendingCall, StateReceipt, WorkReceipt, pending::Unsent,
};
use crate::model::{
    Body, ChannelNumber, ConsentAction, CustomerCommand, CustomerRef, DataValue, MessageId, Money,
    PaymentParty, Reminder, SecondaryId, SessionId, Tag, TagMessage, TagPair, Timestamp, UssdMenu,
    VoiceAction,
};

/// The key of a tag to delete, from a key or a tag (R-TAG-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagKey(String);

impl From<&str> for TagKey {
    fn from(key: &str) -> Self {
        Self(key.to_owned())
    }
}
impl From<String> for TagKey {
    fn from(key: String) -> Self {
        Self(key)
    }
}
impl From<Tag> for TagKey {
    fn from(tag: Tag) -> Self {
        Self(tag.key)
    }
}
impl From<&Tag> for TagKey {
    fn from(tag: &Tag) -> Self {
        Self(tag.key.clone())
    }
}

/// A secondary id to add, with its expiry. Without one it never expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiringId(SecondaryId, Option<Timestamp>);

impl From<SecondaryId> for ExpiringId {
    fn from(id: SecondaryId) -> Self {
        Self(id, None)
    }
}
impl<T: Into<Timestamp>> From<(SecondaryId, T)> for ExpiringId {
    fn from((id, expires_at): (SecondaryId, T)) -> Self {
        Self(id, Some(expires_at.into()))
    }
}

/// The answer to a USSD or voice prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PromptAnswer {
    /// None: for a call an empty plan, for USSD nothing at all.
    #[default]
    Nothing,
    /// What a USSD phone shows.
    Menu(UssdMenu),
    /// What a call does next; an empty list hangs up (R-HOOK-3).
    Plan(Vec<VoiceAction>),
}

fn required<T>(items: Vec<T>, what: &str) -> Result<Vec<T>, Error> {
    if items.is_empty() { Err(missing(what)) } else { Ok(items) }
}

fn named(text: impl Into<String>, what: &str) -> Result<String, Error> {
    let text = text.into();
    if text.is_empty() { Err(missing(what)) } else { Ok(text) }
}

fn missing(what: &str) -> Error {
    Error::Usage(format!("{what} required"))
}

fn said(body: Body) -> Result<Body, Error> {
    let is_empty = body.text.is_none() && body.media.is_empty() && body.location.is_none();
    if is_empty { Err(missing("a text, media or location is")) } else { Ok(body) }
}

fn whole(tag: TagPair) -> Result<TagPair, Error> {
    if tag.key.is_empty() || tag.value.is_empty() {
        return Err(missing("the tag's key and value are"));
    }
    Ok(tag)
}

/// What is known of a customer: state, merges, tags and secondary ids.
impl Client {
    /// A customer's state as apps see it. An unknown *number* creates its customer (R-ADDR-1);
    /// unknown ids do not and are refused (R-ADDR-2). To only look, use [`Client::customer`].
    /// Histories are the newest 500 of each; times in microseconds, money in minor units. Reads
    /// never wait for a lease.
    pub async fn get_customer_state(
        &self,
        customer: impl Into<CustomerSelector>,
    ) -> Result<CustomerState, Error> {
        let (receipt, state) = self.ask_state(&customer.into().named()?).await?;
        match (receipt.is_ok(), state) {
            (true, Some(state)) => Ok(state),
            (true, None) => Err(Error::Internal("the hub gave no state".into())),
            (false, _) => Err(Error::Refused(Box::new(receipt))),
        }
    }

    /// Merges `other` into `customer`, whose id survives (R-ADOPT-1 to 4, decisions
    /// D-CONSENT-MERGE and D-ADOPT-LIVE). The request can name the survivor only by id, so without one their state is
    /// read first, which creates an unknown number. An unknown number of `other` is simply added.
    pub fn adopt_customer_state(
        &self,
        customer: impl Into<CustomerSelector>,
        other: impl Into<CustomerSelector>,
    ) -> PendingCall<StateReceipt> {
        let customer = customer.into();
        let wish = match (other.into().as_other(), customer.id.clone(), customer.named()) {
            (Err(error), ..) | (_, None, Err(error)) => Unsent::Invalid(error),
            (Ok(other), Some(customer), _) => {
                Unsent::Ready(CustomerCommand::AdoptCustomer { customer, other })
            }
            (Ok(other), None, Ok(named)) => Unsent::NeedsId(
                named,
                Box::new(|customer| CustomerCommand::AdoptCustomer { customer, other }),
            ),
        };
        PendingCall::new(self, wish)
    }

    /// Sets tags: one value per key; a tag without `expires_at` never expires (R-TAG-1, R-TAG-2). Keys and
    /// values have 1 to 255 characters. All of them or none (R-REPLY-3).
    pub fn update_customer_tag(
        &self,
        customer: impl Into<CustomerSelector>,
        tags: impl IntoIterator<Item = Tag>,
    ) -> PendingCall<StateReceipt> {
        let tags = required(tags.into_iter().collect(), "tags are");
        self.change(&customer.into(), tags, |customer, tags| CustomerCommand::UpdateTags {
            customer,
            tags,
        })
    }

    /// Removes tags, given by key or as tags (R-TAG-3). What is not there is no error (R-REPLY-4).
    pub fn delete_customer_tag<T: Into<TagKey>>(
        &self,
        customer: impl Into<CustomerSelector>,
        tags: impl IntoIterator<Item = T>,
    ) -> PendingCall<StateReceipt> {
        let keys = tags.into_iter().map(|tag| tag.into().0).collect();
        let keys = required(keys, "tags are");
        self.change(&customer.into(), keys, |customer, keys| CustomerCommand::DeleteTags {
            customer,
            keys,
        })
    }

    /// Adds or renews secondary ids. Key and value together are the identity (R-SID-1); a pair
    /// that another customer holds is refused (R-SID-2).
    pub fn update_customer_secondary_id<T: Into<ExpiringId>>(
        &self,
        customer: impl Into<CustomerSelector>,
        secondary_ids: impl IntoIterator<Item = T>,
    ) -> PendingCall<StateReceipt> {
        let ids = secondary_ids.into_iter().map(Into::into);
        let ids = required(ids.map(|ExpiringId(id, at)| (id, at)).collect(), "secondary ids are");
        self.change(&customer.into(), ids, |customer, ids| CustomerCommand::UpdateSecondaryIds {
            customer,
            ids,
        })
    }

    /// Removes secondary ids; one without a value means every id with its key (R-SID-3).
    pub fn delete_customer_secondary_id(
        &self,
        customer: impl Into<CustomerSelector>,
        secondary_ids: impl IntoIterator<Item = SecondaryId>,
    ) -> PendingCall<StateReceipt> {
        let ids = required(secondary_ids.into_iter().collect(), "secondary ids are");
        self.change(&customer.into(), ids, |customer, ids| CustomerCommand::DeleteSecondaryIds {
            customer,
            ids,
        })
    }

    /// Says that what the customer wrote needs no answer, so that they wait no longer (R-WAIT-5). `up_to` is the
    /// last message that was read: it is refused if they have written since. `None` holds for whatever they
    /// have written. Our hub only.
    pub fn no_answer_needed(
        &self,
        customer: impl Into<CustomerSelector>,
        up_to: Option<MessageId>,
    ) -> PendingCall<StateReceipt> {
        self.change(&customer.into(), Ok(up_to), |customer, up_to| {
            CustomerCommand::NoAnswerNeeded { customer, up_to }
        })
    }

    fn change<D, T>(
        &self,
        customer: &CustomerSelector,
        data: Result<D, Error>,
        command: impl FnOnce(CustomerRef, D) -> CustomerCommand,
    ) -> PendingCall<T> {
        let wish = customer.named().and_then(|customer| Ok(command(customer, data?)));
        PendingCall::new(self, wish)
    }
}

/// Metadata: values that apps keep with a customer, and leases of them.
impl Client {
    /// Sets metadata; keys that are not named keep their values. Values go as they are; typed
    /// ones through [`Serializer::write`](super::Serializer::write). Nothing is a valid request. Ends the
    /// leases of the keys it sets (D-LEASE). Limits: 256 keys of up to 255 characters, 64 KiB per value, 1
    /// MiB in all (R-META-2, D-SIZE).
    pub fn update_customer_metadata<K: Into<String>>(
        &self,
        customer: impl Into<CustomerSelector>,
        metadata: impl IntoIterator<Item = (K, DataValue)>,
    ) -> PendingCall<StateReceipt> {
        let values = metadata.into_iter().map(|(key, value)| (key.into(), value)).collect();
        self.change(&customer.into(), Ok(values), |customer, values| {
            CustomerCommand::UpdateMetadata { customer, values }
        })
    }

    /// Fetches a value and locks fetching it for up to 90 s, until its next update (D-LEASE).
    /// While someone else holds it the call waits its turn, up to 90 s; it ends after 100 s.
    pub fn lease_customer_metadata(
        &self,
        customer: impl Into<CustomerSelector>,
        key: impl Into<String>,
    ) -> PendingCall<LeaseReceipt> {
        self.change(&customer.into(), named(key, "a key is"), |customer, key| {
            CustomerCommand::LeaseMetadata { customer, key }
        })
    }

    /// Removes metadata by key. Ends the leases of these keys (R-LEASE-3).
    pub fn delete_customer_metadata<K: Into<String>>(
        &self,
        customer: impl Into<CustomerSelector>,
        keys: impl IntoIterator<Item = K>,
    ) -> PendingCall<StateReceipt> {
        let keys = required(keys.into_iter().map(Into::into).collect(), "keys are");
        self.change(&customer.into(), keys, |customer, keys| CustomerCommand::DeleteMetadata {
            customer,
            keys,
        })
    }
}

/// Reminders, of one customer or of everyone with a tag.
impl Client {
    /// Adds or replaces a reminder about a customer. `remind_at` is when it fires (the past fires
    /// at once, R-REM-2), `interval` repeats it from there, at least 1 s (R-REM-3). An empty `app` is
    /// filled in with ours; another app's is refused (R-REM-4). Comes as a `reminder` notification.
    pub fn add_customer_reminder(
        &self,
        customer: impl Into<CustomerSelector>,
        reminder: Reminder,
    ) -> PendingCall<StateReceipt> {
        let reminder = Ok(self.ours(reminder));
        self.change(&customer.into(), reminder, |customer, reminder| CustomerCommand::AddReminder {
            customer,
            reminder,
        })
    }

    /// Cancels our app's reminder. One that has just fired is no error (R-REPLY-4).
    pub fn cancel_customer_reminder(
        &self,
        customer: impl Into<CustomerSelector>,
        key: impl Into<String>,
    ) -> PendingCall<StateReceipt> {
        self.change(&customer.into(), named(key, "a key is"), |customer, key| {
            CustomerCommand::CancelReminder { customer, key }
        })
    }

    /// Adds or replaces a reminder about everyone who has a tag *when it fires* (R-TAGWORK-1 to 3).
    /// Comes as one `reminder` notification per customer, with tag and work.
    pub fn add_customer_reminder_by_tag(
        &self,
        tag: TagPair,
        reminder: Reminder,
    ) -> PendingCall<WorkReceipt> {
        let reminder = self.ours(reminder);
        let wish = whole(tag).map(|tag| CustomerCommand::AddReminderByTag { tag, reminder });
        PendingCall::new(self, wish)
    }

    /// Cancels a schedule by tag (R-TAGWORK-4); reminders of single customers stay.
    pub fn cancel_customer_reminder_by_tag(
        &self,
        tag: TagPair,
        key: impl Into<String>,
    ) -> PendingCall<WorkReceipt> {
        let wish = whole(tag).and_then(|tag| {
            Ok(CustomerCommand::CancelReminderByTag { tag, key: named(key, "a key is")? })
        });
        PendingCall::new(self, wish)
    }

    fn ours(&self, mut reminder: Reminder) -> Reminder {
        if reminder.app.is_empty() {
            reminder.app = self.0.app.clone();
        }
        reminder
    }
}

/// Messages, consent, payments and calls.
impl Client {
    /// Writes to a customer whose number is known. Of a body with several parts the location
    /// goes before media, media before text. 101 is "accepted"; every other status says why not
    /// (R-MSG-1). What becomes of it comes as `messageStatus`.
    pub fn send_message(
        &self,
        customer: impl Into<CustomerSelector>,
        channel: ChannelNumber,
        body: Body,
    ) -> PendingCall<MessageReceipt> {
        let wish = customer.into().reachable().and_then(|to| {
            Ok(CustomerCommand::SendMessage { to, from: channel, body: said(body)?, seen: None })
        });
        PendingCall::new(self, wish)
    }

    /// Has the hub keep a message until its time (R-LATER-1): `leaves_at` lies ahead, at most 366 days. `in_reply_to`
    /// is the customer's message that it answers. 102 is "scheduled", and the receipt has the id under which it leaves.
    /// Our hub only: another server does not know the call, and sends nothing.
    pub fn schedule_message(
        &self,
        customer: impl Into<CustomerSelector>,
        channel: ChannelNumber,
        body: Body,
        leaves_at: Timestamp,
        in_reply_to: Option<MessageId>,
    ) -> PendingCall<MessageReceipt> {
        let wish = customer.into().reachable().and_then(|to| {
            let (from, body, at) = (channel, said(body)?, leaves_at);
            Ok(CustomerCommand::ScheduleMessage { to, from, body, at, in_reply_to, seen: None })
        });
        PendingCall::new(self, wish)
    }

    /// Changes what a message says that has not left yet, and when it leaves (R-LATER-3). One that has left is
    /// refused. Our hub only.
    pub fn edit_scheduled(
        &self,
        customer: impl Into<CustomerSelector>,
        message_id: MessageId,
        body: Body,
        leaves_at: Timestamp,
    ) -> PendingCall<MessageReceipt> {
        self.change(&customer.into(), said(body), |customer, body| CustomerCommand::EditScheduled {
            customer,
            message: message_id,
            body,
            at: leaves_at,
            seen: None,
        })
    }

    /// Has a message not leave that waits for its time (R-LATER-3). One that has left is refused. Our hub only.
    pub fn cancel_scheduled(
        &self,
        customer: impl Into<CustomerSelector>,
        message_id: MessageId,
    ) -> PendingCall<StateReceipt> {
        self.change(&customer.into(), Ok(message_id), |customer, message| {
            CustomerCommand::CancelScheduled { customer, message }
        })
    }

    /// Writes to everyone who has a tag now (R-TAGWORK-5); nobody is a success (R-TAGWORK-6).
    pub fn send_message_by_tag(
        &self,
        tag: TagPair,
        channel: ChannelNumber,
        body: Body,
    ) -> PendingCall<WorkReceipt> {
        let wish = whole(tag).and_then(|tag| {
            let (from, body) = (channel, said(body)?);
            Ok(CustomerCommand::SendMessageByTag { tag, message: TagMessage::new(from, body) })
        });
        PendingCall::new(self, wish)
    }

    /// Answers a received message, on its channel (R-REPLYTO-1). The customer travels only by
    /// id: without one their state is read first.
    pub fn reply_to_message(
        &self,
        customer: impl Into<CustomerSelector>,
        message_id: MessageId,
        body: Body,
    ) -> PendingCall<MessageReceipt> {
        let customer = customer.into();
        let wish = match (said(body), customer.id.clone(), customer.named()) {
            (Err(error), ..) | (_, None, Err(error)) => Unsent::Invalid(error),
            (Ok(body), Some(customer), _) => Unsent::Ready(CustomerCommand::ReplyToMessage {
                customer,
                message: message_id,
                body,
                seen: None,
            }),
            (Ok(body), None, Ok(named)) => Unsent::NeedsId(
                named,
                Box::new(|customer| CustomerCommand::ReplyToMessage {
                    customer,
                    message: message_id,
                    body,
                    seen: None,
                }),
            ),
        };
        PendingCall::new(self, wish)
    }

    /// Asks a customer for consent, or opts them out at once (R-CONSENT-1 to 4). The end comes
    /// as `messagingConsentStatus`. A reason for the record: [`PendingCall::because`].
    pub fn messaging_consent(
        &self,
        customer: impl Into<CustomerSelector>,
        channel: ChannelNumber,
        action: ConsentAction,
    ) -> PendingCall<ConsentReceipt> {
        let wish = customer.into().reachable().map(|number| {
            let reason = String::new();
            CustomerCommand::RequestConsent { number, channel, action, reason }
        });
        PendingCall::new(self, wish)
    }

    /// Moves money: from a customer's phone, a wallet or a purse to one of these or to a
    /// channel (R-PAY-1). Minor units, whole ones (D-CASH). 1xx is under way; the rest
    /// comes as `paymentStatus` and, for wallets, `walletPaymentStatus`. After
    /// `Error::Unknown` never pay again: ask again under the same key (D-STATE-MONEY).
    pub fn initiate_payment(
        &self,
        debit: PaymentParty,
        credit: PaymentParty,
        value: Money,
    ) -> PendingCall<PaymentReceipt> {
        let command = CustomerCommand::InitiatePayment { debit, credit, value };
        PendingCall::new(self, Ok(command))
    }

    /// Calls a customer whose number is known (R-CALL-1). 100 is "accepted". The call is steered
    /// by answering `voiceCall` notifications.
    pub fn make_voice_call(
        &self,
        customer: impl Into<CustomerSelector>,
        channel: ChannelNumber,
    ) -> PendingCall<CallReceipt> {
        let wish = customer.into().reachable();
        let wish = wish.map(|to| CustomerCommand::MakeCall { to, from: channel });
        PendingCall::new(self, wish)
    }

    /// Answers a USSD or voice prompt, once and while the customer waits (R-HOOK-1). Listeners answer with
    /// what they return; this is for programs that answer from elsewhere.
    pub fn send_webhook_response(
        &self,
        session: impl Into<SessionId>,
        answer: PromptAnswer,
    ) -> PendingCall<StateReceipt> {
        let session = session.into();
        let (menu, actions) = match answer {
            PromptAnswer::Nothing => (None, Vec::new()),
            PromptAnswer::Menu(menu) => (Some(menu), Vec::new()),
            PromptAnswer::Plan(actions) => (None, actions),
        };
        let wish = named(session.as_str(), "a session is").map(|_| CustomerCommand::AnswerPrompt {
            session,
            menu,
            actions,
        });
        PendingCall::new(self, wish)
    }
}

//! One customer's state, as the hub folds it and as the console inspects it.

use super::{
    address::{ChannelNumber, CustomerNumber, SecondaryId},
    id::{AppId, CustomerId, MessageId, SessionId, TransactionId, WorkId},
    limits,
    message::{Body, DataValue, Tag},
    money::{Currency, Money},
    reminder::{Lease, Reminder},
    status::{
        CallStatus, ConsentStatus, Direction, HangupCause, MessageStatus, PaymentStatus, UssdEnd,
    },
    time::Timestamp,
    voice::{DialData, QueueData, VoiceAction},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// Everything known about a customer. Lists are in order of creation, oldest first (R-STATE-2).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// The hub's name for them.
    pub id: CustomerId,
    /// First contact.
    pub created_at: Timestamp,
    /// The newest event that touched them; the next one is later (R-EVT-1).
    pub touched_at: Timestamp,
    /// Numbers, in the order they were learnt. The identity of a number is unique in an org.
    pub numbers: Vec<CustomerNumber>,
    /// Tags, also expired ones until they are swept (R-EXP-1).
    pub tags: Vec<Tag>,
    /// Metadata, shared by all apps of the org.
    pub metadata: BTreeMap<String, DataValue>,
    /// Other names, each with its expiry (`ZERO` is never).
    pub secondary_ids: Vec<(SecondaryId, Timestamp)>,
    /// Consent and session per customer number and channel number.
    pub channels: Vec<ChannelState>,
    /// Messages both ways, newest 500.
    pub messages: Vec<Message>,
    /// USSD sessions, newest 500.
    pub ussd: Vec<UssdSession>,
    /// Calls, newest 500.
    pub calls: Vec<Call>,
    /// Payments, newest 500.
    pub payments: Vec<Payment>,
    /// Money held for the customer, by wallet id.
    pub wallets: BTreeMap<String, Account>,
    /// Reminders of all apps, in order of creation.
    pub reminders: Vec<Reminder>,
    /// Running leases, one per metadata key (decision D-LEASE).
    pub leases: Vec<Lease>,
    /// How many leases were ever granted: the number of the last one.
    pub leases_granted: u64,
    /// The ids of customers merged into this one (R-DECOM-1).
    pub absorbed: Vec<CustomerId>,
}

impl Customer {
    /// The name to call them by: metadata `name`, with the JSON quotes of text serializers removed.
    /// Every event carries it, so that of a text that is no name only the beginning counts.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self.metadata.get("name") {
            Some(DataValue::Text(text)) => {
                let plain = text
                    .strip_prefix('"')
                    .and_then(|t| t.strip_suffix('"'))
                    .filter(|t| !t.contains('\\'))
                    .unwrap_or(text);
                let end =
                    plain.char_indices().nth(limits::WORD_CHARS).map_or(plain.len(), |(at, _)| at);
                plain.get(..end).filter(|name| !name.trim().is_empty())
            }
            _ => None,
        }
    }
    /// The state of one pair of numbers.
    #[must_use]
    pub fn channel(&self, number: &CustomerNumber, on: &ChannelNumber) -> Option<&ChannelState> {
        self.channels.iter().find(|c| c.number == *number && c.channel == *on)
    }
    /// The running lease of a metadata value.
    #[must_use]
    pub fn lease(&self, key: &str) -> Option<&Lease> {
        self.leases.iter().find(|lease| lease.key == key)
    }
    /// The message of that id.
    #[must_use]
    pub fn message(&self, id: &MessageId) -> Option<&Message> {
        self.messages.iter().rev().find(|m| m.id == *id)
    }
}

/// Consent and session of one customer number on one channel number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelState {
    /// The customer's side.
    pub number: CustomerNumber,
    /// The org's side.
    pub channel: ChannelNumber,
    /// Consent and when it changed; no record means allowed on sms (R-MSG-4).
    pub consent: Option<(ConsentStatus, Timestamp)>,
    /// The open session, if any.
    pub session: Option<Session>,
    /// The opt-in request that waits for the customer (events.md 4.4); does not replace `consent`.
    pub asked: Option<Asked>,
}

/// A consent request without an answer yet. However many apps ask, the customer is asked one
/// question; its answer is told to each of them (R-CONSENT-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// When it was last asked.
    pub at: Timestamp,
    /// The apps that wait for the answer, each once, in the order in which they asked.
    pub apps: Vec<AppId>,
}

/// The window in which the customer may be answered freely (R-SESS-1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The inbound message that opened it.
    pub started_at: Timestamp,
    /// When it closes by itself.
    pub expires_at: Timestamp,
    /// The app it belongs to.
    pub app: Option<AppId>,
}

/// One message, either way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Who wrote.
    pub direction: Direction,
    /// The customer's number.
    pub number: CustomerNumber,
    /// The org's number.
    pub channel: ChannelNumber,
    /// The app that sent it or was told of it.
    pub app: Option<AppId>,
    /// What it says.
    pub body: Body,
    /// What became of it.
    pub status: MessageStatus,
    /// The inbound message it answers.
    pub in_reply_to: Option<MessageId>,
    /// The work by tag that it is part of.
    pub work: Option<WorkId>,
    /// When it was accepted or received.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
}

/// One USSD session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UssdSession {
    /// Its id.
    pub id: SessionId,
    /// The customer's number.
    pub number: CustomerNumber,
    /// The code dialled.
    pub channel: ChannelNumber,
    /// The app that answers.
    pub app: Option<AppId>,
    /// Inputs and menus in turn.
    pub hops: Vec<UssdHop>,
    /// How it ended; `None` while open.
    pub end: Option<UssdEnd>,
    /// First dial.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl UssdSession {
    /// Whether the customer is waiting for a menu.
    #[must_use]
    pub fn awaits_menu(&self) -> bool {
        self.end.is_none() && self.hops.last().is_some_and(|hop| hop.menu.is_none())
    }
}

/// What the customer typed and what was shown in answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UssdHop {
    /// What was typed; empty for a bare dial.
    pub input: String,
    /// The answer, when there is one.
    pub menu: Option<super::message::UssdMenu>,
    /// When it was typed.
    pub at: Timestamp,
}

/// One voice call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Its id.
    pub id: SessionId,
    /// Who called.
    pub direction: Direction,
    /// The customer's number.
    pub number: CustomerNumber,
    /// The org's number.
    pub channel: ChannelNumber,
    /// The app that steers it.
    pub app: Option<AppId>,
    /// Where it is.
    pub status: CallStatus,
    /// Every report of the network.
    pub hops: Vec<CallHop>,
    /// Talking time; zero until it is over.
    pub duration: Duration,
    /// Its price, when known.
    pub cost: Option<Money>,
    /// Begin.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl Call {
    /// The plan that an app gave last; empty before the first.
    #[must_use]
    pub fn plan(&self) -> &[VoiceAction] {
        self.hops.iter().rev().find(|hop| hop.answered).map_or(&[], |hop| &hop.actions)
    }
    /// Whether the app has been asked what to do and has not said yet (R-VOICE-1).
    #[must_use]
    pub fn awaits_plan(&self) -> bool {
        !self.status.is_final()
            && self.hops.iter().rev().find(|h| h.prompt || h.answered).is_some_and(|h| !h.answered)
    }
}

/// One report about a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CallHop {
    /// Where the call was.
    pub status: CallStatus,
    /// Why it ended; set only with a final status.
    pub cause: HangupCause,
    /// Keys the customer pressed.
    pub digits: Option<String>,
    /// Where a recording can be heard.
    pub recording_url: Option<String>,
    /// What became of a `dial`.
    pub dial: Option<DialData>,
    /// What became of an `enqueue` or `dequeue`.
    pub queue: Option<QueueData>,
    /// Whether the app is asked for a plan (R-VOICE-1).
    pub prompt: bool,
    /// Whether the app has answered.
    pub answered: bool,
    /// Its answer.
    pub actions: Vec<VoiceAction>,
    /// When.
    pub at: Timestamp,
}

/// One side of a payment (operations.md 3.26).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentParty {
    /// A person's mobile money, through one of the org's payment numbers.
    Customer {
        /// The person's number.
        number: CustomerNumber,
        /// The org's payment number.
        channel: ChannelNumber,
    },
    /// Money of the org.
    Purse(String),
    /// Money held at the hub for one customer.
    Wallet {
        /// Whose.
        customer: CustomerId,
        /// Which.
        wallet: String,
    },
    /// A till, bill or bank account of someone else.
    Channel {
        /// The payment network's number.
        channel: ChannelNumber,
        /// The network's code.
        code: i32,
        /// The account there.
        account: Option<String>,
    },
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// Its id.
    pub id: TransactionId,
    /// The app that asked for it or was told of it.
    pub app: Option<AppId>,
    /// Who pays.
    pub debit: PaymentParty,
    /// Who receives; `None` when no purse is bound to the number paid to (R-RCVPAY-1).
    pub credit: Option<PaymentParty>,
    /// How much.
    pub value: Money,
    /// Where it is.
    pub status: PaymentStatus,
    /// When it began.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
}

/// The balance of a wallet or purse (`PaymentBalance`, R-PAY-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its currency.
    pub currency: Currency,
    /// Minor units there.
    pub actual: i64,
    /// `actual` less what pending debits hold.
    pub available: i64,
    /// Counts changes.
    pub sequence_nr: u64,
    /// What pending debits hold: minor units, and since when.
    pub pending: BTreeMap<TransactionId, (i64, Timestamp)>,
}

impl Account {
    /// An empty one.
    #[must_use]
    pub const fn new(currency: Currency) -> Self {
        Self { currency, actual: 0, available: 0, sequence_nr: 0, pending: BTreeMap::new() }
    }
}

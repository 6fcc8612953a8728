//! One customer's state, as the hub folds it from the log and as the console's inspector shows it.

use super::{
    actor::Actor,
    address::{ChannelNumber, CustomerNumber, SecondaryId},
    history::MessageHistory,
    id::{AppId, CustomerId, MessageId, Seq, SessionId, TransactionId, WorkId},
    limits,
    message::{Body, DataValue, Tag},
    money::{Currency, Money},
    reminder::{Lease, Reminder},
    scheduled::ScheduledMessage,
    status::{
        CallStatus, ConsentStatus, Direction, HangupCause, MessageStatus, PaymentStatus, UssdEnd,
    },
    time::Timestamp,
    voice::{DialData, QueueData, VoiceAction},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// Everything that is known about a customer. Lists are in order of creation,
/// oldest first (R-STATE-2).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerState {
    /// The hub's id for them. It never changes.
    pub id: CustomerId,
    /// When the first event about them was recorded.
    pub created_at: Timestamp,
    /// When the newest event about them was recorded. The next event gets a later time (R-EVT-1).
    pub touched_at: Timestamp,
    /// Their numbers, in the order in which they became known. No other customer of the org has
    /// any of them.
    pub numbers: Vec<CustomerNumber>,
    /// Their tags. Expired ones stay in the list, without effect, until they are swept (R-EXP-1).
    pub tags: Vec<Tag>,
    /// Their metadata, which all apps of the org share.
    pub metadata: BTreeMap<String, DataValue>,
    /// Secondary ids, each with its expiry; `None` means never.
    pub secondary_ids: Vec<(SecondaryId, Option<Timestamp>)>,
    /// Consent and session, for each pair of a number of theirs and a channel number.
    pub channels: Vec<ChannelState>,
    /// Messages in both directions: the newest 500 of them, or fewer if they are large (D-SIZE). Copies of
    /// the customer share them, because the hub makes one at every change.
    pub messages: MessageHistory,
    /// The newest 500 USSD sessions.
    pub ussd: Vec<UssdSession>,
    /// The newest 500 calls.
    pub calls: Vec<VoiceCall>,
    /// The newest 500 payments.
    pub payments: Vec<Payment>,
    /// Money that the hub holds for them, by wallet id.
    pub wallets: BTreeMap<String, Account>,
    /// The reminders of all apps about them.
    pub reminders: Vec<Reminder>,
    /// Messages to them that the hub keeps until their time, in the order in which somebody asked for them
    /// and with the id that each will have when it leaves (R-LATER-1).
    pub scheduled: Vec<ScheduledMessage>,
    /// Running leases, one per metadata key (D-LEASE).
    pub leases: Vec<Lease>,
    /// The number of the newest lease, which is also how many were ever granted.
    pub leases_granted: u64,
    /// The ids of the customers that were merged into this one (R-DECOM-1).
    pub absorbed: Vec<CustomerId>,
    /// What they wrote that no person has answered (R-WAIT-1). `None` if they wait for nobody.
    pub unanswered: Option<Unanswered>,
    /// The last answer of a person, and before it the last of another person. That is enough to find, for
    /// whoever asks, the last that somebody else answered (R-CONFLICT-1). The newest comes first.
    pub answers: Vec<LastAnswer>,
}

impl CustomerState {
    /// The customer's name: the metadata value `name`. Every event carries it, so that it is cut to 255 characters.
    /// `None` if there is none.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let plain = self.metadata.get("name")?.plain()?;
        let end = plain.char_indices().nth(limits::WORD_CHARS).map_or(plain.len(), |(at, _)| at);
        plain.get(..end).filter(|name| !name.trim().is_empty())
    }
    /// The name of the time zone that an app has put among their data.
    #[cfg(feature = "hub")]
    #[must_use]
    pub fn timezone(&self) -> Option<&str> {
        match self.metadata.get(super::when::CustomerZone::KEY)? {
            DataValue::Text(name) => Some(name),
            DataValue::Bytes(_) => None,
        }
    }
    /// The message with this id that waits for its time (R-LATER-1).
    #[must_use]
    pub fn scheduled(&self, id: &MessageId) -> Option<&ScheduledMessage> {
        self.scheduled.iter().find(|message| message.id == *id)
    }
    /// Consent and session of one pair of numbers, if anything is known about it.
    #[must_use]
    pub fn channel(&self, number: &CustomerNumber, on: &ChannelNumber) -> Option<&ChannelState> {
        self.channels.iter().find(|c| c.number == *number && c.channel == *on)
    }
    /// The running lease of this metadata key, if there is one.
    #[must_use]
    pub fn lease(&self, key: &str) -> Option<&Lease> {
        self.leases.iter().find(|lease| lease.key == key)
    }
    /// The message with this id, if it is still kept.
    #[must_use]
    pub fn message(&self, id: &MessageId) -> Option<&Message> {
        self.messages.iter().rev().find(|m| m.id == *id).map(AsRef::as_ref)
    }
}

/// What a customer wrote since a person last answered (R-WAIT-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// When the first of these messages came. They have waited since then.
    pub since: Timestamp,
    /// How many messages there are.
    pub count: u64,
    /// The last of them.
    pub last: MessageId,
    /// When the last one came.
    pub last_at: Timestamp,
    /// The number from which the last one was written.
    pub number: CustomerNumber,
    /// The org's number to which it was written.
    pub channel: ChannelNumber,
    /// The beginning of the last one, in one line.
    pub text: String,
}

/// What a person answered a customer last (R-WAIT-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastAnswer {
    /// The place in the log of the entry that it is in.
    pub seq: Seq,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who wrote it.
    pub by: Actor,
    /// The message that it is.
    pub message: MessageId,
    /// The beginning of it, as it was written.
    pub text: String,
}

impl LastAnswer {
    /// Who wrote it, as they are called among colleagues: the label of their key. It is chosen by others, so
    /// it is not yet safe to draw.
    #[must_use]
    pub fn who(&self) -> String {
        self.by
            .key()
            .filter(|label| !label.is_empty())
            .map_or_else(|| self.by.to_string(), Into::into)
    }
}

impl CustomerState {
    /// The last answer of somebody else than `me` after a place (R-CONFLICT-1). `None` if nobody else
    /// has answered since.
    #[must_use]
    pub fn answered_since(&self, place: Seq, me: &Actor) -> Option<&LastAnswer> {
        self.answers.iter().find(|answer| answer.by != *me).filter(|answer| answer.seq > place)
    }
}

/// Consent and session of one customer number on one channel number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelState {
    pub number: CustomerNumber,
    pub channel: ChannelNumber,
    /// The consent and when it changed. `None` if nothing was recorded, which means allowed
    /// on SMS (R-MSG-4).
    pub consent: Option<(ConsentStatus, Timestamp)>,
    /// The open session, if there is one.
    pub session: Option<MessagingSession>,
    /// The opt-in request that waits for the customer's answer. Until they answer, `consent` stays
    /// what it was.
    pub asked: Option<PendingOptIn>,
}

/// An opt-in request that the customer has not answered yet. However many apps ask, the customer is
/// asked one question, and each of the apps is notified of the answer (R-CONSENT-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingOptIn {
    /// When it was last asked for.
    pub at: Timestamp,
    /// The apps that wait for the answer, each once, in the order in which they asked.
    pub apps: Vec<AppId>,
}

/// The time in which a customer who has written may be answered freely (R-SESS-1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessagingSession {
    /// When the message arrived that opened it.
    pub started_at: Timestamp,
    /// When it closes unless the customer writes again.
    pub expires_at: Timestamp,
    /// The app that is notified of it. `None` if no app is.
    pub app: Option<AppId>,
}

/// A message in either direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub direction: Direction,
    pub number: CustomerNumber,
    pub channel: ChannelNumber,
    /// The app that sent it or was notified of it.
    pub app: Option<AppId>,
    pub body: Body,
    /// What has become of it so far.
    pub status: MessageStatus,
    /// The message of the customer that this one answers.
    pub in_reply_to: Option<MessageId>,
    /// The work by tag that sent it.
    pub work: Option<WorkId>,
    /// Whether its network has it and reports nothing more on it (R-CARRY-21).
    pub is_final: bool,
    /// When the hub accepted or received it.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
}

/// A USSD session (R-USSD-2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UssdSession {
    pub id: SessionId,
    pub number: CustomerNumber,
    /// The code that was dialled.
    pub channel: ChannelNumber,
    /// The app that answers with menus.
    pub app: Option<AppId>,
    /// Inputs and menus in turn, oldest first.
    pub hops: Vec<UssdHop>,
    /// How it ended. `None` while it is open.
    pub end: Option<UssdEnd>,
    /// When the code was dialled.
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl UssdSession {
    /// Whether the customer has typed something and waits for a menu.
    #[must_use]
    pub fn awaits_menu(&self) -> bool {
        self.end.is_none() && self.hops.last().is_some_and(|hop| hop.menu.is_none())
    }
}

/// One step of a USSD session: what the customer typed, and the menu that answered it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UssdHop {
    /// Empty for a bare dial (R-USSD-1).
    pub input: String,
    /// `None` until an app has answered.
    pub menu: Option<super::message::UssdMenu>,
    /// When it was typed.
    pub at: Timestamp,
}

/// A call between a customer and the org, from the first ring to the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoiceCall {
    pub id: SessionId,
    pub direction: Direction,
    pub number: CustomerNumber,
    pub channel: ChannelNumber,
    /// The app that says what the call does.
    pub app: Option<AppId>,
    pub status: CallStatus,
    /// Every report of the network about it, oldest first.
    pub hops: Vec<CallHop>,
    /// How long they talked. Zero until the call is over (R-VOICE-2).
    pub duration: Duration,
    /// What it cost. `None` until the network has said.
    pub cost: Option<Money>,
    /// When it was placed or began to ring.
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl VoiceCall {
    /// The actions that an app gave last. Empty before the first.
    #[must_use]
    pub fn plan(&self) -> &[VoiceAction] {
        self.hops.iter().rev().find(|hop| hop.answered).map_or(&[], |hop| &hop.actions)
    }
    /// Whether an app has been asked what the call does next and has not answered yet (R-VOICE-1).
    #[must_use]
    pub fn awaits_plan(&self) -> bool {
        !self.status.is_final()
            && self.hops.iter().rev().find(|h| h.prompt || h.answered).is_some_and(|h| !h.answered)
    }
}

/// One report of the network about a call, and what an app answered to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CallHop {
    pub status: CallStatus,
    /// Why the call ended. It is set only with a final status.
    pub cause: HangupCause,
    /// The keys that the customer pressed, if keys were asked for.
    pub digits: Option<String>,
    /// Where the recording can be heard, if one was made.
    pub recording_url: Option<String>,
    /// What became of a `dial` action.
    pub dial: Option<DialData>,
    /// What became of an `enqueue` or `dequeue` action.
    pub queue: Option<QueueData>,
    /// Whether an app is asked what the call does next (R-VOICE-1).
    pub prompt: bool,
    /// Whether an app has answered.
    pub answered: bool,
    /// What the app answered. An empty list hangs up.
    pub actions: Vec<VoiceAction>,
    /// When the network reported it.
    pub at: Timestamp,
}

/// One side of a payment (R-PAY-10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentParty {
    /// A person's mobile money, which moves through one of the org's payment numbers.
    Customer { number: CustomerNumber, channel: ChannelNumber },
    /// One of the org's purses, by its id.
    Purse(String),
    /// Money that the hub holds for a customer.
    Wallet { customer: CustomerId, wallet: String },
    /// A till, bill or bank account of somebody else.
    Channel {
        /// The org's payment number through which it is reached.
        channel: ChannelNumber,
        /// The code by which the payment network knows the receiver.
        code: i32,
        /// The account there, if the receiver has several.
        account: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    pub id: TransactionId,
    /// The app that asked for it or was notified of it.
    pub app: Option<AppId>,
    /// The side from which the money is taken.
    pub debit: PaymentParty,
    /// The side to which the money goes. `None` if no purse is bound to the number that was
    /// paid to (R-RCVPAY-1).
    pub credit: Option<PaymentParty>,
    pub value: Money,
    pub status: PaymentStatus,
    /// When it was asked for or received.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
}

/// The balance of a wallet or purse (R-PAY-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub currency: Currency,
    /// What is in it, in minor units of the currency.
    pub actual: i64,
    /// What can be spent, in minor units: `actual` less what pending payments hold.
    pub available: i64,
    /// Grows by one with every change of the balance.
    pub sequence_nr: u64,
    /// What each pending payment holds, in minor units, and since when.
    pub pending: BTreeMap<TransactionId, (i64, Timestamp)>,
}

impl Account {
    /// An account without money.
    #[must_use]
    pub const fn new(currency: Currency) -> Self {
        Self { currency, actual: 0, available: 0, sequence_nr: 0, pending: BTreeMap::new() }
    }
}

//! Wishes: what can be asked of the hub. Two kinds: what apps and agents ask for, and what
//! networks, phones and timers report.

use super::{
    actor::Actor,
    address::{ChannelNumber, CustomerNumber, CustomerRef, SecondaryId},
    customer::{CallHop, PaymentParty},
    id::{AppId, CustomerId, MessageId, Seq, SessionId, TransactionId, WorkId},
    message::{Body, DataValue, Tag, UssdMenu},
    money::Money,
    receipt::{
        self, CallReceipt, ConsentReceipt, LeaseReceipt, MessageReceipt, PaymentReceipt, Receipt,
        WorkReceipt,
    },
    reminder::Reminder,
    status::{
        CallStatus, ConsentAction, ConsentStatus, MessageStatus, PaymentStatus, UssdEnd, WorkState,
    },
    time::Timestamp,
    voice::VoiceAction,
    work::TagPair,
};
use std::time::Duration;

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The app in whose name; `None` for the hub's own workers and networks.
    pub app: Option<AppId>,
    /// Who caused it.
    pub actor: Actor,
}

/// A wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// What an app or an agent asks for, by the public contract.
    Customer(CustomerCommand),
    /// What a network, a phone or a timer reports. Never from the public contract.
    Network(NetworkCommand),
}

impl From<CustomerCommand> for Command {
    fn from(command: CustomerCommand) -> Self {
        Self::Customer(command)
    }
}
impl From<NetworkCommand> for Command {
    fn from(command: NetworkCommand) -> Self {
        Self::Network(command)
    }
}

/// One per mutating operation of the public contract, and steering work by tag, which the
/// contract lacks.
#[derive(Clone, Debug, PartialEq)]
pub enum CustomerCommand {
    /// Make sure that this number has a customer (R-ADDR-1): the writing half of `GetCustomerState`.
    Meet(CustomerRef),
    /// Set tags (3.5).
    UpdateTags {
        /// Whose.
        customer: CustomerRef,
        /// Which.
        tags: Vec<Tag>,
    },
    /// Remove tags by key (3.6).
    DeleteTags {
        /// Whose.
        customer: CustomerRef,
        /// Which.
        keys: Vec<String>,
    },
    /// Add or renew secondary ids (3.7).
    UpdateSecondaryIds {
        /// Whose.
        customer: CustomerRef,
        /// Which, each with its expiry (`ZERO` is never).
        ids: Vec<(SecondaryId, Timestamp)>,
    },
    /// Set metadata (3.13).
    UpdateMetadata {
        /// Whose.
        customer: CustomerRef,
        /// Which. The same key twice: the last wins.
        values: Vec<(String, DataValue)>,
    },
    /// Remove metadata by key (3.15).
    DeleteMetadata {
        /// Whose.
        customer: CustomerRef,
        /// Which.
        keys: Vec<String>,
    },
    /// Write to a customer number (3.18).
    SendMessage {
        /// To.
        to: CustomerNumber,
        /// From one of the org's numbers.
        from: ChannelNumber,
        /// What.
        body: Body,
    },
    /// Answer a message (3.20).
    ReplyToMessage {
        /// Whose message.
        customer: CustomerId,
        /// Which.
        message: MessageId,
        /// The answer.
        body: Body,
    },
    /// Merge another customer into this one (3.4).
    AdoptCustomer {
        /// Who remains.
        customer: CustomerId,
        /// Whose id dies. An unknown number is simply added (R-ADOPT-2).
        other: CustomerRef,
    },
    /// Remove secondary ids (3.8).
    DeleteSecondaryIds {
        /// Whose.
        customer: CustomerRef,
        /// Which; one without a value means every id with its key (R-SID-3).
        ids: Vec<SecondaryId>,
    },
    /// Add or replace a reminder (3.9).
    AddReminder {
        /// About whom.
        customer: CustomerRef,
        /// Which.
        reminder: Reminder,
    },
    /// Cancel a reminder of the caller's app (3.10).
    CancelReminder {
        /// About whom.
        customer: CustomerRef,
        /// Which.
        key: String,
    },
    /// Add or replace a reminder about everyone with a tag (3.11).
    AddReminderByTag {
        /// Whose, when it fires.
        tag: TagPair,
        /// Which.
        reminder: Reminder,
    },
    /// Cancel such a reminder (3.12).
    CancelReminderByTag {
        /// Of which tag.
        tag: TagPair,
        /// Which.
        key: String,
    },
    /// Fetch a metadata value and lock fetching it (3.14, decision D-LEASE). Refused while
    /// someone holds it; waiting is the service's business.
    LeaseMetadata {
        /// Whose.
        customer: CustomerRef,
        /// Which.
        key: String,
    },
    /// Write to everyone with a tag (3.19).
    SendMessageByTag {
        /// Whose.
        tag: TagPair,
        /// From one of the org's numbers.
        from: ChannelNumber,
        /// What.
        body: Body,
    },
    /// Ask for an opt-in, or opt a customer out (3.21).
    RequestConsent {
        /// Whose.
        number: CustomerNumber,
        /// On which of the org's numbers.
        channel: ChannelNumber,
        /// Which.
        action: ConsentAction,
        /// Why, for the record; not a part of the public contract, may be empty.
        reason: String,
    },
    /// Move money (3.26).
    InitiatePayment {
        /// Who pays.
        debit: PaymentParty,
        /// Who receives.
        credit: PaymentParty,
        /// How much.
        value: Money,
    },
    /// Call a customer (3.27).
    MakeCall {
        /// Whom.
        to: CustomerNumber,
        /// From which of the org's numbers.
        from: ChannelNumber,
    },
    /// Answer a USSD or voice prompt (3.28): not both (R-HOOK-1).
    AnswerPrompt {
        /// Which session.
        session: SessionId,
        /// For USSD.
        menu: Option<UssdMenu>,
        /// For voice; an empty list hangs up.
        actions: Vec<VoiceAction>,
    },
    /// Pause, resume or cancel work by tag (domain.md W4); not a part of the public contract.
    SteerWork {
        /// Which.
        work: WorkId,
        /// `Paused`, `Running` or `Cancelled`.
        to: WorkState,
    },
}

/// Whom or what a command is addressed to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Addressee<'c> {
    /// One customer.
    Customer(&'c CustomerRef),
    /// Two customers, of whom the first remains.
    Adoption(&'c CustomerId, &'c CustomerRef),
    /// A phone, from one of the org's numbers.
    Phone(&'c CustomerNumber, &'c ChannelNumber),
    /// Whoever wrote this message.
    Message(&'c MessageId),
    /// Whoever is in this session.
    Session(&'c SessionId),
    /// Everyone with a tag; messages come from one of the org's numbers.
    Tag(&'c TagPair, Option<&'c ChannelNumber>),
    /// A work by tag.
    Work(&'c WorkId),
    /// Who pays, and who receives.
    Parties(&'c PaymentParty, &'c PaymentParty),
}

impl CustomerCommand {
    /// Whom or what it is addressed to.
    #[must_use]
    pub const fn addressee(&self) -> Addressee<'_> {
        match self {
            Self::Meet(customer)
            | Self::UpdateTags { customer, .. }
            | Self::DeleteTags { customer, .. }
            | Self::UpdateSecondaryIds { customer, .. }
            | Self::DeleteSecondaryIds { customer, .. }
            | Self::UpdateMetadata { customer, .. }
            | Self::DeleteMetadata { customer, .. }
            | Self::AddReminder { customer, .. }
            | Self::CancelReminder { customer, .. }
            | Self::LeaseMetadata { customer, .. } => Addressee::Customer(customer),
            Self::AdoptCustomer { customer, other } => Addressee::Adoption(customer, other),
            Self::SendMessage { to, from, .. } | Self::MakeCall { to, from } => {
                Addressee::Phone(to, from)
            }
            Self::RequestConsent { number, channel, .. } => Addressee::Phone(number, channel),
            Self::ReplyToMessage { message, .. } => Addressee::Message(message),
            Self::AnswerPrompt { session, .. } => Addressee::Session(session),
            Self::SendMessageByTag { tag, from, .. } => Addressee::Tag(tag, Some(from)),
            Self::AddReminderByTag { tag, .. } | Self::CancelReminderByTag { tag, .. } => {
                Addressee::Tag(tag, None)
            }
            Self::SteerWork { work, .. } => Addressee::Work(work),
            Self::InitiatePayment { debit, credit, .. } => Addressee::Parties(debit, credit),
        }
    }

    /// What it is answered with when its idempotency key belongs to another request: a receipt of its
    /// own family (decision D-IDEM).
    #[must_use]
    pub fn duplicate(&self, description: &str) -> Receipt {
        let description = description.to_owned();
        match self {
            Self::SendMessage { .. } | Self::ReplyToMessage { .. } => {
                let status = MessageStatus::DuplicateRequest;
                MessageReceipt { status, description, message: None, customer: None }.into()
            }
            Self::InitiatePayment { .. } => Receipt::Payment(PaymentReceipt {
                status: PaymentStatus::DuplicateRequest,
                description,
                transaction: None,
                debit_customer: None,
                credit_customer: None,
            }),
            // These two families have no code for it: 501 says that the hub would not.
            Self::RequestConsent { .. } => {
                let status = ConsentStatus::ApplicationError;
                ConsentReceipt { status, description, customer: None }.into()
            }
            Self::MakeCall { .. } => {
                let status = CallStatus::ApplicationError;
                CallReceipt { status, description, session: None, customer: None }.into()
            }
            Self::LeaseMetadata { .. } => {
                let (customer, value, until) = (None, None, None);
                LeaseReceipt { ok: false, description, customer, value, until }.into()
            }
            Self::AddReminderByTag { .. }
            | Self::CancelReminderByTag { .. }
            | Self::SendMessageByTag { .. }
            | Self::SteerWork { .. } => WorkReceipt { ok: false, description, work: None }.into(),
            Self::Meet(_)
            | Self::UpdateTags { .. }
            | Self::DeleteTags { .. }
            | Self::UpdateSecondaryIds { .. }
            | Self::DeleteSecondaryIds { .. }
            | Self::UpdateMetadata { .. }
            | Self::DeleteMetadata { .. }
            | Self::AnswerPrompt { .. }
            | Self::AdoptCustomer { .. }
            | Self::AddReminder { .. }
            | Self::CancelReminder { .. } => receipt::state(false, description, None),
        }
    }
}

/// What networks, phones and timers report.
#[derive(Clone, Debug, PartialEq)]
pub enum NetworkCommand {
    /// A customer wrote.
    ReceiveMessage {
        /// From.
        from: CustomerNumber,
        /// To.
        to: ChannelNumber,
        /// What.
        body: Body,
    },
    /// What became of an outbound message. Going backwards is ignored (R-ORD-3).
    ReportMessage {
        /// Which.
        message: MessageId,
        /// What.
        status: MessageStatus,
    },
    /// A customer dialled a code; opens a session.
    DialUssd {
        /// Who.
        from: CustomerNumber,
        /// The code.
        to: ChannelNumber,
        /// Digits dialled after the code.
        input: String,
    },
    /// A customer typed into an open session that has shown its menu.
    InputUssd {
        /// Which.
        session: SessionId,
        /// What.
        input: String,
    },
    /// A session is over without a terminal menu.
    EndUssd {
        /// Which.
        session: SessionId,
        /// How.
        end: UssdEnd,
    },
    /// A customer called; opens a call at RINGING.
    ReceiveCall {
        /// Who.
        from: CustomerNumber,
        /// Which of the org's numbers.
        to: ChannelNumber,
    },
    /// A call moved on (events.md 4.2). Impossible transitions are refused.
    ReportCall {
        /// Which.
        session: SessionId,
        /// Where it is now; `at` is set by the hub.
        hop: CallHop,
        /// Talking time, with a final status.
        duration: Duration,
        /// Price, with a final status.
        cost: Option<Money>,
    },
    /// A customer paid on their own (R-RCVPAY-1).
    ReceivePayment {
        /// Who.
        from: CustomerNumber,
        /// Which of the org's payment numbers.
        to: ChannelNumber,
        /// How much.
        value: Money,
    },
    /// A payment moved on (events.md 4.3). Going backwards is ignored.
    ReportPayment {
        /// Which.
        transaction: TransactionId,
        /// Where it is now.
        status: PaymentStatus,
    },
    /// A customer answers an opt-in request.
    AnswerConsent {
        /// Who.
        from: CustomerNumber,
        /// On which of the org's numbers.
        to: ChannelNumber,
        /// Yes or no.
        agrees: bool,
    },
    /// Money comes into a purse from outside.
    FundPurse {
        /// Which.
        purse: String,
        /// How much.
        value: Money,
    },
    /// The sandbox's clock moves forward.
    MoveClock {
        /// By how much.
        by: Duration,
    },
    /// The time has come for whatever is due: sessions, prompts, undelivered messages, expired entries.
    Sweep,
    /// A disconnected app's queue overflowed (decision D-OVERFLOW).
    DropNotifications {
        /// Whose queue.
        app: AppId,
        /// How many were dropped.
        count: u64,
        /// The first entry concerned.
        from: Seq,
        /// The last entry concerned.
        to: Seq,
    },
}

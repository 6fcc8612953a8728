//! Facts: what the log holds and the feed shows.

use super::{
    actor::Actor,
    address::{ChannelNumber, CustomerNumber, SecondaryId},
    customer::CallHop,
    customer::PaymentParty,
    id::{
        AppId, CallId, CustomerId, EntryId, MessageId, OrgId, Seq, SessionId, TransactionId, WorkId,
    },
    message::{Body, DataValue, Tag, UssdMenu},
    money::Money,
    receipt::Receipt,
    reminder::{Firing, Lease, Reminder},
    status::{
        ConsentAction, ConsentStatus, Direction, LeaseEnd, MessageStatus, PaymentStatus,
        SessionStatus, UssdEnd, WorkState,
    },
    time::Timestamp,
    voice::VoiceAction,
    work::Work,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One atomic transaction of one org: the events of one command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Whose log.
    pub org: OrgId,
    /// Its public place: the one after `prev_id`'s.
    pub seq: Seq,
    /// Its random name.
    pub id: EntryId,
    /// The entry it was decided upon. Valid only if that is the head when it is read back:
    /// the chain decides, not the acknowledgement.
    pub prev_id: EntryId,
    /// When it was decided.
    pub at: Timestamp,
    /// What happened, in order; never empty.
    pub events: Vec<Event>,
    /// What makes a repeated call harmless (decision D-IDEM).
    pub call: Option<StoredCall>,
}

/// The idempotency key of a call, the digest of its request and the answer it got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredCall {
    /// The key.
    pub id: CallId,
    /// SHA-256 of the request.
    pub digest: [u8; 32],
    /// The answer to repeat.
    pub receipt: Receipt,
}

/// A fact. The envelope carries what a feed row needs without a look-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it was recorded; later than every earlier event of the same customer (R-EVT-1).
    pub at: Timestamp,
    /// The customer it touches.
    pub customer: Option<CustomerId>,
    /// The app it concerns; a notifiable event goes to this app (R-EVT-2).
    pub app: Option<AppId>,
    /// Who caused it.
    pub actor: Actor,
    /// The customer's number involved.
    pub number: Option<CustomerNumber>,
    /// The org's number involved.
    pub channel: Option<ChannelNumber>,
    /// What the customer was called when it was recorded.
    pub name: Option<String>,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// First contact; the envelope has the number if one is known.
    CustomerMet,
    /// Tags set or replaced.
    TagsUpdated(Vec<Tag>),
    /// Tags removed, by key.
    TagsDeleted(Vec<String>),
    /// Metadata set or replaced.
    MetadataUpdated {
        /// What.
        values: Vec<(String, DataValue)>,
        /// The number of a running lease that someone else holds on one of them (decision D-LEASE).
        over_lease: Option<u64>,
    },
    /// Metadata removed, by key.
    MetadataDeleted(Vec<String>),
    /// Secondary ids added or renewed, with their expiry (`ZERO` is never).
    SecondaryIdsUpdated(Vec<(SecondaryId, Timestamp)>),
    /// Secondary ids removed.
    SecondaryIdsDeleted(Vec<SecondaryId>),
    /// An outbound message was accepted or refused; the envelope has both numbers (R-MSG-2).
    MessageSent {
        /// Its id.
        id: MessageId,
        /// What it says.
        body: Body,
        /// 101, or why it was refused.
        status: MessageStatus,
        /// The inbound message it answers.
        in_reply_to: Option<MessageId>,
        /// The work by tag that it is part of.
        work: Option<WorkId>,
    },
    /// An inbound message.
    MessageReceived {
        /// Its id.
        id: MessageId,
        /// What it says.
        body: Body,
    },
    /// What became of an outbound message.
    MessageStatusChanged {
        /// Which.
        id: MessageId,
        /// Its new status.
        status: MessageStatus,
    },
    /// A messaging session opened, was renewed or closed; the envelope has both numbers.
    SessionChanged {
        /// Open or closed.
        status: SessionStatus,
        /// When it opened.
        started_at: Timestamp,
        /// When it closes or closed.
        expires_at: Timestamp,
        /// Whether apps are told (R-SESS-1).
        notify: bool,
    },
    /// Consent changed; the envelope has both numbers.
    ConsentChanged(ConsentStatus),
    /// Someone asked for an opt-in or opt-out; the envelope has both numbers.
    ConsentRequested {
        /// Which.
        action: ConsentAction,
        /// Why, as the agent said; may be empty.
        reason: String,
    },
    /// Nobody answered an opt-in request within a day (events.md 4.4).
    ConsentLapsed,
    /// The customer dialled or typed.
    UssdInput {
        /// Which session.
        session: SessionId,
        /// What; empty for a bare dial.
        input: String,
        /// The first of the session.
        dial: bool,
    },
    /// A menu was shown.
    UssdMenuShown {
        /// Which session.
        session: SessionId,
        /// What.
        menu: UssdMenu,
    },
    /// A USSD session is over.
    UssdEnded {
        /// Which.
        session: SessionId,
        /// How.
        end: UssdEnd,
    },
    /// A call began or moved on; the envelope has both numbers.
    CallChanged {
        /// Which.
        session: SessionId,
        /// Who called.
        direction: Direction,
        /// The report.
        hop: CallHop,
        /// Talking time; zero until it is over.
        duration: Duration,
        /// Its price, when known.
        cost: Option<Money>,
    },
    /// An app answered a voice prompt.
    CallPlanned {
        /// Which call.
        session: SessionId,
        /// What it does now, in order; empty hangs up.
        actions: Vec<VoiceAction>,
    },
    /// No app answered a voice prompt in time (R-HOOK-2).
    PromptMissed {
        /// Which call.
        session: SessionId,
    },
    /// An app started a payment, or was refused (R-PAY-4); the envelope has the numbers of the
    /// customer party, if there is one.
    PaymentStarted {
        /// Its id.
        id: TransactionId,
        /// Who pays.
        debit: PaymentParty,
        /// Who receives.
        credit: PaymentParty,
        /// The customer who pays, of a customer or wallet.
        debit_customer: Option<CustomerId>,
        /// The customer who receives.
        credit_customer: Option<CustomerId>,
        /// How much.
        value: Money,
        /// 101, 102, 300, or why not.
        status: PaymentStatus,
    },
    /// A payment of a wallet moved on; the envelope has the wallet's customer (R-WALLET-1).
    WalletPaymentChanged {
        /// Which wallet.
        wallet: String,
        /// Which payment.
        id: TransactionId,
        /// Its new status.
        status: PaymentStatus,
    },
    /// Money came into a purse from outside.
    PurseFunded {
        /// Which.
        purse: String,
        /// How much.
        value: Money,
    },
    /// A customer paid on their own; the envelope has both numbers (R-RCVPAY-1).
    PaymentReceived {
        /// Its id.
        id: TransactionId,
        /// Where it was credited; `None` passes through.
        purse: Option<String>,
        /// How much.
        value: Money,
        /// 300 or 301.
        status: PaymentStatus,
    },
    /// A payment moved on.
    PaymentStatusChanged {
        /// Which.
        id: TransactionId,
        /// Its new status.
        status: PaymentStatus,
    },
    /// Tags and secondary ids over for longer than the grace period were removed (R-EXP-1).
    EntriesExpired {
        /// Tag keys.
        tags: Vec<String>,
        /// Secondary ids.
        secondary_ids: Vec<SecondaryId>,
    },
    /// The envelope's customer took over another's state (operations.md 3.4).
    CustomerAdopted {
        /// Whose id is no more.
        other: CustomerId,
    },
    /// The envelope's customer is no more; told beside `CustomerAdopted` (R-DECOM-1).
    CustomerReplaced {
        /// Who remains.
        by: CustomerId,
    },
    /// A reminder was added or replaced (R-REM-1).
    ReminderAdded(Reminder),
    /// A reminder was cancelled; the envelope has the app.
    ReminderCancelled {
        /// Its key.
        key: String,
    },
    /// A reminder's time came; goes to its app.
    ReminderFired(Firing),
    /// A lease was granted (decision D-LEASE).
    LeaseGranted(Lease),
    /// A lease is over.
    LeaseEnded {
        /// Of which value.
        key: String,
        /// Which.
        number: u64,
        /// How.
        end: LeaseEnd,
    },
    /// Work by tag was asked for; who is meant is decided when it runs (R-TAGWORK-1, -5).
    WorkAdded(Work),
    /// The time of work by tag has come: everyone who has the tag at this place of the log is
    /// selected.
    WorkStarted {
        /// Which.
        work: WorkId,
        /// When a repeated reminder fires again.
        next: Option<Timestamp>,
    },
    /// A slice of work by tag was done, together with what it led to.
    WorkAdvanced {
        /// Which.
        work: WorkId,
        /// How many of the selected were handled.
        handled: u64,
        /// For how many it was done.
        done: u64,
        /// For how many it was not, by reason.
        skipped: Vec<(i32, u64)>,
    },
    /// Work by tag was paused, resumed, cancelled or is done.
    WorkChanged {
        /// Which.
        work: WorkId,
        /// To what.
        state: WorkState,
    },
    /// The sandbox's clock was moved forward.
    ClockMoved {
        /// By how much.
        by: Duration,
    },
    /// The queue of a disconnected app overflowed (decision D-OVERFLOW); the envelope has the app.
    NotificationsDropped {
        /// How many.
        count: u64,
        /// The first entry concerned.
        from: Seq,
        /// The last entry concerned.
        to: Seq,
    },
    /// Written by a newer hub or damaged: kept and shown, never skipped.
    Unreadable,
}

impl EventKind {
    /// The three-letter code of a feed row.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CustomerMet => "NEW",
            Self::TagsUpdated(_) | Self::TagsDeleted(_) => "TAG",
            Self::MetadataUpdated { .. } | Self::MetadataDeleted(_) => "DAT",
            Self::SecondaryIdsUpdated(_) | Self::SecondaryIdsDeleted(_) => "IDS",
            Self::MessageSent { .. } | Self::MessageReceived { .. } => "MSG",
            Self::MessageStatusChanged { .. } => "DLV",
            Self::SessionChanged { .. } => "SES",
            Self::ConsentChanged(_) | Self::ConsentRequested { .. } | Self::ConsentLapsed => "CON",
            Self::UssdInput { .. } | Self::UssdMenuShown { .. } | Self::UssdEnded { .. } => "USS",
            Self::CallChanged { .. } | Self::CallPlanned { .. } | Self::PromptMissed { .. } => {
                "CAL"
            }
            Self::PaymentReceived { .. }
            | Self::PaymentStarted { .. }
            | Self::PaymentStatusChanged { .. }
            | Self::WalletPaymentChanged { .. }
            | Self::PurseFunded { .. } => "PAY",
            Self::CustomerAdopted { .. } | Self::CustomerReplaced { .. } => "MRG",
            Self::ReminderAdded(_) | Self::ReminderCancelled { .. } | Self::ReminderFired(_) => {
                "REM"
            }
            Self::LeaseGranted(_) | Self::LeaseEnded { .. } => "LSE",
            Self::WorkAdded(_)
            | Self::WorkStarted { .. }
            | Self::WorkAdvanced { .. }
            | Self::WorkChanged { .. } => "WRK",
            Self::ClockMoved { .. } => "CLK",
            Self::EntriesExpired { .. } => "EXP",
            Self::NotificationsDropped { .. } => "DRP",
            Self::Unreadable => "???",
        }
    }
    /// Who it came from: from the customer, to the customer, or neither.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        match self {
            Self::MessageReceived { .. }
            | Self::UssdInput { .. }
            | Self::PaymentReceived { .. } => Direction::Inbound,
            Self::MessageSent { .. } | Self::UssdMenuShown { .. } | Self::CallPlanned { .. } => {
                Direction::Outbound
            }
            Self::CallChanged { direction, .. } => *direction,
            Self::CustomerMet
            | Self::TagsUpdated(_)
            | Self::TagsDeleted(_)
            | Self::MetadataUpdated { .. }
            | Self::MetadataDeleted(_)
            | Self::SecondaryIdsUpdated(_)
            | Self::SecondaryIdsDeleted(_)
            | Self::EntriesExpired { .. }
            | Self::MessageStatusChanged { .. }
            | Self::SessionChanged { .. }
            | Self::ConsentChanged(_)
            | Self::ConsentRequested { .. }
            | Self::ConsentLapsed
            | Self::UssdEnded { .. }
            | Self::PromptMissed { .. }
            | Self::PaymentStarted { .. }
            | Self::PaymentStatusChanged { .. }
            | Self::WalletPaymentChanged { .. }
            | Self::PurseFunded { .. }
            | Self::CustomerAdopted { .. }
            | Self::CustomerReplaced { .. }
            | Self::ReminderAdded(_)
            | Self::ReminderCancelled { .. }
            | Self::ReminderFired(_)
            | Self::LeaseGranted(_)
            | Self::LeaseEnded { .. }
            | Self::WorkAdded(_)
            | Self::WorkStarted { .. }
            | Self::WorkAdvanced { .. }
            | Self::WorkChanged { .. }
            | Self::ClockMoved { .. }
            | Self::NotificationsDropped { .. }
            | Self::Unreadable => Direction::Unspecified,
        }
    }
    /// The session that waits for an app's answer from now on (R-VOICE-1), and what the customer
    /// typed or pressed; `None`: nobody has to answer.
    #[must_use]
    pub fn prompt(&self) -> Option<(&SessionId, &str)> {
        match self {
            Self::UssdInput { session, input, .. } => Some((session, input)),
            Self::CallChanged { session, hop, .. } if hop.prompt => {
                Some((session, hop.digits.as_deref().unwrap_or_default()))
            }
            Self::CustomerMet
            | Self::TagsUpdated(_)
            | Self::TagsDeleted(_)
            | Self::MetadataUpdated { .. }
            | Self::MetadataDeleted(_)
            | Self::SecondaryIdsUpdated(_)
            | Self::SecondaryIdsDeleted(_)
            | Self::EntriesExpired { .. }
            | Self::MessageSent { .. }
            | Self::MessageReceived { .. }
            | Self::MessageStatusChanged { .. }
            | Self::SessionChanged { .. }
            | Self::ConsentChanged(_)
            | Self::ConsentRequested { .. }
            | Self::ConsentLapsed
            | Self::UssdMenuShown { .. }
            | Self::UssdEnded { .. }
            | Self::CallChanged { .. }
            | Self::CallPlanned { .. }
            | Self::PromptMissed { .. }
            | Self::PaymentReceived { .. }
            | Self::PaymentStarted { .. }
            | Self::PaymentStatusChanged { .. }
            | Self::WalletPaymentChanged { .. }
            | Self::PurseFunded { .. }
            | Self::CustomerAdopted { .. }
            | Self::CustomerReplaced { .. }
            | Self::ReminderAdded(_)
            | Self::ReminderCancelled { .. }
            | Self::ReminderFired(_)
            | Self::LeaseGranted(_)
            | Self::LeaseEnded { .. }
            | Self::WorkAdded(_)
            | Self::WorkStarted { .. }
            | Self::WorkAdvanced { .. }
            | Self::WorkChanged { .. }
            | Self::ClockMoved { .. }
            | Self::NotificationsDropped { .. }
            | Self::Unreadable => None,
        }
    }
}

//! Events: the facts that the log holds, the World is folded from and the feed shows. An event says
//! what happened, and never what should happen.

use super::{
    actor::Actor,
    address::{ChannelNumber, CustomerNumber, SecondaryId},
    carriage::CarriageStep,
    customer::{CallHop, LastAnswer, PaymentParty},
    id::{
        AppId, CallId, CarrierId, CustomerId, EntryId, MessageId, OrgId, Seq, SessionId,
        TransactionId, WorkId,
    },
    limits::UNANSWERED_CHARS,
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

/// An atomic transaction in an org's log: all events of one command, with one place in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The org whose log it is in.
    pub org: OrgId,
    /// Its place in the log: the one after the place of the entry `prev_id`. This is what
    /// clients resume from.
    pub seq: Seq,
    /// Random, and what the next entry names as its `prev_id`.
    pub id: EntryId,
    /// The newest valid entry when this one was decided. The entry is valid only if that is still
    /// so when it is read back: this chain decides, not the acknowledgement of the write.
    pub prev_id: EntryId,
    /// When it was decided.
    pub at: Timestamp,
    /// What happened, in order. Never empty.
    pub events: Vec<Event>,
    /// What lets the same call come again without being done again (D-IDEM). `None` if it had
    /// no idempotency key.
    pub call: Option<StoredCall>,
}

/// An idempotency key that was used, and what a repeated call needs (D-IDEM).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredCall {
    /// The idempotency key.
    pub id: CallId,
    /// The SHA-256 of the request, which tells a repeated request from another one under the same key.
    pub digest: [u8; 32],
    /// The receipt that a repeated call gets again.
    pub receipt: Receipt,
}

/// A fact, in an envelope of everything that a feed row needs, so that nothing has to be looked up
/// to show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it was recorded. Later than every earlier event of the same customer (R-EVT-1).
    pub at: Timestamp,
    /// The customer whom it concerns, if it concerns one.
    pub customer: Option<CustomerId>,
    /// The app that it concerns, and the one that is notified if apps are notified of
    /// this kind (R-EVT-2).
    pub app: Option<AppId>,
    pub actor: Actor,
    /// The customer's number that took part, if one did.
    pub number: Option<CustomerNumber>,
    /// The org's number that took part, if one did.
    pub channel: Option<ChannelNumber>,
    /// What the customer was called when it was recorded. `None` if they had no name.
    pub name: Option<String>,
    pub kind: EventKind,
}

/// What happened. Beside each variant the envelope of [`Event`] names the customer, and their
/// number and the org's number where two numbers took part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A customer became known. The envelope has their number if one is known.
    CustomerMet,
    /// Tags were set or replaced.
    TagsUpdated(Vec<Tag>),
    /// Tags were removed, by their keys.
    TagsDeleted(Vec<String>),
    /// Metadata values were set or replaced.
    MetadataUpdated {
        values: Vec<(String, DataValue)>,
        /// The number of the lease, if somebody else was holding one on one of
        /// these values (D-LEASE).
        over_lease: Option<u64>,
    },
    /// Metadata values were removed, by their keys.
    MetadataDeleted(Vec<String>),
    /// Secondary ids were added or renewed, each with its expiry; `None` means never.
    SecondaryIdsUpdated(Vec<(SecondaryId, Option<Timestamp>)>),
    /// Secondary ids were removed.
    SecondaryIdsDeleted(Vec<SecondaryId>),
    /// An outbound message was accepted or refused (R-MSG-2).
    MessageSent {
        id: MessageId,
        body: Body,
        /// 101 if it was accepted, otherwise why it was refused.
        status: MessageStatus,
        /// The message of the customer that it answers.
        in_reply_to: Option<MessageId>,
        /// The work by tag that sent it.
        work: Option<WorkId>,
    },
    /// A message was put off, or its time or content was changed before it left (R-LATER-1).
    MessageScheduled {
        /// The id that the message has when it leaves too.
        id: MessageId,
        body: Body,
        /// When it leaves.
        leaves_at: Timestamp,
        /// The message of the customer that it answers.
        in_reply_to: Option<MessageId>,
        /// Whether it was put off before, and this says anew when it leaves and what it says.
        again: bool,
    },
    /// A message that was put off will not leave (R-LATER-3).
    ScheduledCancelled { id: MessageId },
    /// A message from a customer arrived.
    MessageReceived { id: MessageId, body: Body },
    /// The status of an outbound message changed.
    MessageStatusChanged { id: MessageId, status: MessageStatus },
    /// Something happened between the hub and a network on account of an outbound message (R-CARRY-1).
    MessageCarried {
        id: MessageId,
        carrier: CarrierId,
        /// How often it was handed over by then, from 1.
        attempt: u32,
        step: CarriageStep,
    },
    /// Somebody paused a network or had it go on (R-CARRY-19).
    CarrierPauseChanged { carrier: CarrierId, is_paused: bool },
    /// The connection to a network was made or was lost (R-CARRY-6).
    CarrierLinkChanged {
        carrier: CarrierId,
        is_up: bool,
        /// Why it is down, in words; empty if it is up, and when it is used for the first time.
        why: String,
    },
    /// What the org does not keep went out of the log (R-KEEP-2): all entries up to this place.
    LogPruned {
        up_to: Seq,
        /// The checksum of the row there, which all rows before it went into, in hexadecimal digits.
        check: String,
        /// How many entries went, and the bytes of them.
        entries: u64,
        bytes: u64,
    },
    /// A messaging session was opened, renewed or closed.
    SessionChanged {
        status: SessionStatus,
        started_at: Timestamp,
        /// When it will close, or did close.
        expires_at: Timestamp,
        /// Whether apps are notified. Of a renewal that moves the end by a minute or less they
        /// are not (R-SESS-1).
        notify: bool,
    },
    /// The consent for a pair of numbers changed, or was given or withdrawn again.
    ConsentChanged(ConsentStatus),
    /// Someone asked for an opt-in or opt-out.
    ConsentRequested {
        action: ConsentAction,
        /// Why, in the words of whoever asked. May be empty.
        reason: String,
    },
    /// The customer did not answer an opt-in request within a day. Their consent stays what
    /// it was (R-CONSENT-6).
    ConsentLapsed,
    /// The customer dialled a USSD code or typed an answer to a menu.
    UssdInput {
        session: SessionId,
        /// What was typed. Empty for a bare dial (R-USSD-1).
        input: String,
        /// Whether this is the dial that opened the session.
        dial: bool,
    },
    /// A menu was shown on a USSD phone.
    UssdMenuShown { session: SessionId, menu: UssdMenu },
    /// A USSD session ended.
    UssdEnded { session: SessionId, end: UssdEnd },
    /// A call began, or its status changed.
    CallChanged {
        session: SessionId,
        direction: Direction,
        /// What the network reported.
        hop: CallHop,
        /// How long they talked. Zero until the call is over (R-VOICE-2).
        duration: Duration,
        /// What the call cost. `None` until the network has said.
        cost: Option<Money>,
    },
    /// An app answered a voice prompt.
    CallPlanned {
        session: SessionId,
        /// What the call does next, in order. An empty list hangs up.
        actions: Vec<VoiceAction>,
    },
    /// No app answered a voice prompt in time (R-HOOK-2).
    PromptMissed { session: SessionId },
    /// An app asked for a payment, which was started or refused (R-PAY-4). The envelope has the
    /// numbers of the party that is a customer, if one is.
    PaymentStarted {
        id: TransactionId,
        /// The side from which the money is taken.
        debit: PaymentParty,
        /// The side to which the money goes.
        credit: PaymentParty,
        /// The customer who pays, from their own money or from a wallet. `None` if the org or
        /// somebody else pays.
        debit_customer: Option<CustomerId>,
        /// The customer who receives, in the same way.
        credit_customer: Option<CustomerId>,
        value: Money,
        /// 101, 102 or 300 if it was started, otherwise why it was refused.
        status: PaymentStatus,
    },
    /// A payment of a wallet changed its status. The envelope names the
    /// wallet's customer (R-WALLET-1).
    WalletPaymentChanged { wallet: String, id: TransactionId, status: PaymentStatus },
    /// Money came into a purse from outside.
    PurseFunded { purse: String, value: Money },
    /// A customer paid without having been asked (R-RCVPAY-1).
    PaymentReceived {
        id: TransactionId,
        /// The purse that was credited. `None` if none is bound to the number, and the
        /// money passes through.
        purse: Option<String>,
        value: Money,
        /// 300 if a purse was credited, otherwise 301.
        status: PaymentStatus,
    },
    /// A payment changed its status.
    PaymentStatusChanged {
        id: TransactionId,
        status: PaymentStatus,
        /// What the payment is of. `None` in old entries, and where only the public contract is spoken.
        value: Option<Money>,
    },
    /// A network reported of a payment that is over what contradicts its end (R-PAY-11). Nothing was booked.
    PaymentContradicted {
        id: TransactionId,
        reported: PaymentStatus,
        /// The status with which it was over, and still is.
        ended: PaymentStatus,
        value: Money,
    },
    /// Tags and secondary ids were removed because they had been expired for longer than the
    /// grace period (R-EXP-1).
    EntriesExpired {
        /// The keys of the tags.
        tags: Vec<String>,
        secondary_ids: Vec<SecondaryId>,
    },
    /// The customer in the envelope took over the state of another one (R-ADOPT-1).
    CustomerAdopted {
        /// The customer who was merged away.
        other: CustomerId,
    },
    /// The customer in the envelope was merged into another one. Recorded together
    /// with `CustomerAdopted` (R-DECOM-1).
    CustomerReplaced {
        /// The customer who remains.
        by: CustomerId,
    },
    /// A reminder was added or replaced (R-REM-1).
    ReminderAdded(Reminder),
    /// A reminder of the app in the envelope was cancelled.
    ReminderCancelled { key: String },
    /// The time of a reminder has come, and its app is notified.
    ReminderFired(Firing),
    /// A lease was granted (D-LEASE).
    LeaseGranted(Lease),
    /// A lease ended (R-LEASE-3).
    LeaseEnded {
        /// The metadata key that was leased.
        key: String,
        /// The number of the lease, which is in `LeaseGranted` too.
        number: u64,
        end: LeaseEnd,
    },
    /// Somebody asked for work by tag. Who has the tag is looked up when the work
    /// runs (R-TAGWORK-1, R-TAGWORK-5).
    WorkAdded(Work),
    /// The time of work by tag has come: it selects everyone who has the tag at this place
    /// in the log.
    WorkStarted {
        work: WorkId,
        /// When a repeated reminder fires again. `None` for messages, and for a reminder that fires once.
        next: Option<Timestamp>,
    },
    /// A slice of work by tag was done. What it led to is in the same entry.
    WorkAdvanced {
        work: WorkId,
        /// How many of the selected customers the slice covers.
        handled: u64,
        /// For how many of them it was done.
        done: u64,
        /// For how many it was not, by the code of the reason (`MessageStatus`).
        skipped: Vec<(i32, u64)>,
        /// Those of them of whom nothing else in the entry tells, each with the code of the reason. Entries from
        /// before this was recorded have none.
        left_out: Vec<(CustomerId, i32)>,
        /// Those of them who are left alone at this hour (R-QUIET-5), each with the time at which it is their turn
        /// again, by the clock of the hub.
        put_off: Vec<(CustomerId, Timestamp)>,
        /// How many of those who had been put off were handled, the first by their time and id. They are not among
        /// those whom the slice covers.
        resumed: u64,
    },
    /// Work by tag was paused, resumed, cancelled or finished.
    WorkChanged { work: WorkId, state: WorkState },
    /// Somebody said that what the customer wrote needs no answer (R-WAIT-5).
    NoAnswerNeeded {
        /// The last of the messages.
        message: MessageId,
        /// How many messages there were.
        count: u64,
    },
    /// A sandbox's clock moved forward by this much.
    ClockMoved { by: Duration },
    /// The queue of a disconnected app was full, so that notifications for it were dropped
    /// (D-OVERFLOW). The envelope names the app.
    NotificationsDropped {
        count: u64,
        /// The entry of the first dropped notification.
        from: Seq,
        /// The entry of the last one.
        to: Seq,
    },
    /// An event that a newer hub wrote, or that is damaged. It is kept and shown, never skipped.
    Unreadable,
}

impl Event {
    /// What is remembered of a message to a customer in the entry at this place, if it is an answer: a person wrote
    /// it to this customer, and it was not refused. A message by tag is written to nobody in particular (R-WAIT-2).
    #[must_use]
    pub fn answered(&self, seq: Seq) -> Option<LastAnswer> {
        let EventKind::MessageSent { id, body, status: MessageStatus::Sent, work: None, .. } =
            &self.kind
        else {
            return None;
        };
        self.actor.is_agent().then(|| LastAnswer {
            seq,
            at: self.at,
            by: self.actor.clone(),
            message: id.clone(),
            text: body.summary().chars().take(UNANSWERED_CHARS).collect(),
        })
    }
}

impl EventKind {
    /// The three-letter code that a feed row shows for it.
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
            | Self::PaymentContradicted { .. }
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
            Self::MessageScheduled { .. } | Self::ScheduledCancelled { .. } => "SCH",
            Self::MessageCarried { .. }
            | Self::CarrierLinkChanged { .. }
            | Self::CarrierPauseChanged { .. } => "NET",
            Self::LogPruned { .. } => "CUT",
            Self::NoAnswerNeeded { .. } => "ANS",
            Self::ClockMoved { .. } => "CLK",
            Self::EntriesExpired { .. } => "EXP",
            Self::NotificationsDropped { .. } => "DRP",
            Self::Unreadable => "???",
        }
    }
    /// Whether it came from the customer, went to the customer, or neither.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        match self {
            Self::MessageReceived { .. }
            | Self::UssdInput { .. }
            | Self::PaymentReceived { .. } => Direction::Inbound,
            Self::MessageSent { .. }
            | Self::MessageScheduled { .. }
            | Self::UssdMenuShown { .. }
            | Self::CallPlanned { .. } => Direction::Outbound,
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
            | Self::ScheduledCancelled { .. }
            | Self::MessageCarried { .. }
            | Self::CarrierLinkChanged { .. }
            | Self::LogPruned { .. }
            | Self::CarrierPauseChanged { .. }
            | Self::SessionChanged { .. }
            | Self::ConsentChanged(_)
            | Self::ConsentRequested { .. }
            | Self::ConsentLapsed
            | Self::UssdEnded { .. }
            | Self::PromptMissed { .. }
            | Self::PaymentStarted { .. }
            | Self::PaymentStatusChanged { .. }
            | Self::WalletPaymentChanged { .. }
            | Self::PaymentContradicted { .. }
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
            | Self::NoAnswerNeeded { .. }
            | Self::ClockMoved { .. }
            | Self::NotificationsDropped { .. }
            | Self::Unreadable => Direction::Unspecified,
        }
    }
}

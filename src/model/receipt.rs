//! The hub's answer to a command: one shape per family of replies (operations.md 1.4).

use super::{
    id::{CustomerId, MessageId, SessionId, TransactionId, WorkId},
    message::DataValue,
    status::{CallStatus, ConsentStatus, MessageStatus, PaymentStatus, Tone},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The answer. A refusal is an answer too, never an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// To a change of state (`UpdateCustomerStateReply`).
    State {
        /// Whether it was done.
        ok: bool,
        /// A sentence for the operator, never empty (R-REPLY-1).
        description: String,
        /// Whenever the customer was resolved, also on failure (R-REPLY-2).
        customer: Option<CustomerId>,
    },
    /// To sending a message (`SendMessageReply`).
    Message {
        /// 101, or why not.
        status: MessageStatus,
        /// A sentence for the operator, never empty.
        description: String,
        /// The message, if it was recorded (R-MSG-2).
        message: Option<MessageId>,
        /// The customer, if resolved.
        customer: Option<CustomerId>,
    },
    /// To what a network or a phone reported. Never on the public contract.
    Network {
        /// Whether it was recorded.
        ok: bool,
        /// A sentence.
        description: String,
        /// The customer, if resolved.
        customer: Option<CustomerId>,
        /// The message, session or transaction that came of it.
        subject: Option<String>,
    },
    /// To work by tag (`TagCommandReply`).
    Work {
        /// Whether it was recorded.
        ok: bool,
        /// A sentence.
        description: String,
        /// The work.
        work: Option<WorkId>,
    },
    /// To leasing a metadata value (`LeaseCustomerMetadataReply`).
    Lease {
        /// Whether it was granted.
        ok: bool,
        /// A sentence.
        description: String,
        /// The customer, if resolved.
        customer: Option<CustomerId>,
        /// The value, if the key has one (R-LEASE-5).
        value: Option<DataValue>,
        /// When it ends by itself; of a refusal: when the lease in the way does.
        until: Option<Timestamp>,
    },
    /// To a consent request (`MessagingConsentReply`).
    Consent {
        /// 101, 301, or why not.
        status: ConsentStatus,
        /// A sentence.
        description: String,
        /// The customer, if resolved.
        customer: Option<CustomerId>,
    },
    /// To a payment (`InitiatePaymentReply`).
    Payment {
        /// 101, 102, 300, or why not.
        status: PaymentStatus,
        /// A sentence.
        description: String,
        /// The payment, if it was recorded (R-PAY-4).
        transaction: Option<TransactionId>,
        /// The customer who pays (R-PAY-6).
        debit_customer: Option<CustomerId>,
        /// The customer who receives.
        credit_customer: Option<CustomerId>,
    },
    /// To placing a call (`MakeVoiceCallReply`).
    Call {
        /// 100, or why not.
        status: CallStatus,
        /// A sentence.
        description: String,
        /// The call.
        session: Option<SessionId>,
        /// The customer, if resolved.
        customer: Option<CustomerId>,
    },
}

impl Receipt {
    /// Whether what was asked for was accepted.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        match self {
            Self::State { ok, .. }
            | Self::Network { ok, .. }
            | Self::Work { ok, .. }
            | Self::Lease { ok, .. } => *ok,
            Self::Message { status, .. } => !matches!(status.tone(), Tone::Bad),
            // Opted out is what was asked for, however it sounds.
            Self::Consent { status, .. } => matches!(status.code(), 101 | 300 | 301),
            Self::Payment { status, .. } => !matches!(status.tone(), Tone::Bad),
            Self::Call { status, .. } => !matches!(status.tone(), Tone::Bad),
        }
    }
    /// The sentence.
    #[must_use]
    pub fn description(&self) -> &str {
        match self {
            Self::State { description, .. }
            | Self::Message { description, .. }
            | Self::Network { description, .. }
            | Self::Work { description, .. }
            | Self::Lease { description, .. }
            | Self::Consent { description, .. }
            | Self::Payment { description, .. }
            | Self::Call { description, .. } => description,
        }
    }
    /// The contract's code, where the family has one.
    #[must_use]
    pub const fn code(&self) -> Option<i32> {
        match self {
            Self::State { .. } | Self::Network { .. } | Self::Work { .. } | Self::Lease { .. } => {
                None
            }
            Self::Message { status, .. } => Some(status.code()),
            Self::Consent { status, .. } => Some(status.code()),
            Self::Payment { status, .. } => Some(status.code()),
            Self::Call { status, .. } => Some(status.code()),
        }
    }
    /// The customer concerned, when resolved.
    #[must_use]
    pub fn customer(&self) -> Option<&CustomerId> {
        match self {
            Self::State { customer, .. }
            | Self::Message { customer, .. }
            | Self::Network { customer, .. }
            | Self::Lease { customer, .. }
            | Self::Consent { customer, .. }
            | Self::Call { customer, .. } => customer.as_ref(),
            Self::Payment { debit_customer, credit_customer, .. } => {
                debit_customer.as_ref().or(credit_customer.as_ref())
            }
            Self::Work { .. } => None,
        }
    }
    /// The id of what came of it: a message, a session, a transaction, a work.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::State { .. } | Self::Lease { .. } | Self::Consent { .. } => None,
            Self::Message { message, .. } => message.as_ref().map(MessageId::as_str),
            Self::Network { subject, .. } => subject.as_deref(),
            Self::Work { work, .. } => work.as_ref().map(WorkId::as_str),
            Self::Payment { transaction, .. } => transaction.as_ref().map(TransactionId::as_str),
            Self::Call { session, .. } => session.as_ref().map(SessionId::as_str),
        }
    }
}

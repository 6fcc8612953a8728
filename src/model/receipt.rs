//! The hub's answer to a command: one struct per family of replies. The SDK returns these structs, the
//! log keeps them inside a [`Receipt`] beside the call they answer.

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
    State(StateReceipt),
    /// To sending a message (`SendMessageReply`).
    Message(MessageReceipt),
    /// To what a network or a phone reported. Never on the public contract.
    Network(NetworkReceipt),
    /// To work by tag (`TagCommandReply`).
    Work(WorkReceipt),
    /// To leasing a metadata value (`LeaseCustomerMetadataReply`).
    Lease(LeaseReceipt),
    /// To a consent request (`MessagingConsentReply`).
    Consent(ConsentReceipt),
    /// To a payment (`InitiatePaymentReply`).
    Payment(PaymentReceipt),
    /// To placing a call (`MakeVoiceCallReply`).
    Call(CallReceipt),
}

/// What became of a change of a customer's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateReceipt {
    /// Whether it was done.
    pub ok: bool,
    /// A sentence for the operator, never empty (R-REPLY-1).
    pub description: String,
    /// Whenever the customer was resolved, also on failure (R-REPLY-2).
    pub customer: Option<CustomerId>,
}

/// What became of a message so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReceipt {
    /// 101 SENT is the only "accepted"; the rest says why not.
    pub status: MessageStatus,
    /// A sentence for the operator, never empty.
    pub description: String,
    /// The message, if it was recorded (R-MSG-2).
    pub message: Option<MessageId>,
    /// The customer, if resolved.
    pub customer: Option<CustomerId>,
}

/// What became of a report by a network or a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkReceipt {
    /// Whether it was recorded.
    pub ok: bool,
    /// A sentence for the operator, never empty.
    pub description: String,
    /// The customer, if resolved.
    pub customer: Option<CustomerId>,
    /// The message, session or transaction that came of it.
    pub subject: Option<String>,
}

/// What became of work by tag; what it leads to arrives as notifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkReceipt {
    /// Whether it was recorded.
    pub ok: bool,
    /// A sentence for the operator, never empty.
    pub description: String,
    /// The work, if it was recorded.
    pub work: Option<WorkId>,
}

/// What became of leasing a metadata value: when it is granted, fetching the value is locked for up
/// to 90 s (decision D-LEASE).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseReceipt {
    /// Whether it was granted.
    pub ok: bool,
    /// A sentence for the operator, never empty.
    pub description: String,
    /// The customer, if resolved.
    pub customer: Option<CustomerId>,
    /// The value, in its own arm; `None` when the key has none (R-LEASE-5).
    pub value: Option<DataValue>,
    /// When the lease ends by itself, or the one in the way if this one was refused. The public
    /// contract does not carry it.
    pub until: Option<Timestamp>,
}

/// What became of a consent request so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentReceipt {
    /// 101 asked, 300 opted in, 301 opted out; the rest says why not (R-CONSENT-1).
    pub status: ConsentStatus,
    /// A sentence for the operator, never empty.
    pub description: String,
    /// The customer, if resolved.
    pub customer: Option<CustomerId>,
}

/// What became of a payment so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReceipt {
    /// 1xx is under way, 300 done; 2xx says why not (R-PAY-4).
    pub status: PaymentStatus,
    /// A sentence for the operator, never empty.
    pub description: String,
    /// The payment, if it was recorded (R-PAY-4).
    pub transaction: Option<TransactionId>,
    /// Who pays, of a customer or wallet (R-PAY-6).
    pub debit_customer: Option<CustomerId>,
    /// Who receives, of a customer or wallet.
    pub credit_customer: Option<CustomerId>,
}

/// What became of a call so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallReceipt {
    /// 100 QUEUED is the only "accepted"; the rest says why not.
    pub status: CallStatus,
    /// A sentence for the operator, never empty.
    pub description: String,
    /// The call, if it was recorded.
    pub session: Option<SessionId>,
    /// The customer, if resolved.
    pub customer: Option<CustomerId>,
}

/// Both ways between `Receipt` and the struct of a family. A row `State StateReceipt` becomes a `From`
/// into the arm `Receipt::State`, and a `TryFrom` out of it whose error is the receipt of the other family.
macro_rules! families {
    ($($arm:ident $family:ident)*) => {$(
        impl From<$family> for Receipt {
            fn from(receipt: $family) -> Self {
                Self::$arm(receipt)
            }
        }
        impl TryFrom<Receipt> for $family {
            type Error = Receipt;
            fn try_from(receipt: Receipt) -> Result<Self, Receipt> {
                if let Receipt::$arm(receipt) = receipt { Ok(receipt) } else { Err(receipt) }
            }
        }
    )*};
}

families! {
    State StateReceipt
    Message MessageReceipt
    Network NetworkReceipt
    Work WorkReceipt
    Lease LeaseReceipt
    Consent ConsentReceipt
    Payment PaymentReceipt
    Call CallReceipt
}

impl Receipt {
    /// Whether what was asked for was accepted.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        match self {
            Self::State(r) => r.ok,
            Self::Message(r) => !matches!(r.status.tone(), Tone::Bad),
            Self::Network(r) => r.ok,
            Self::Work(r) => r.ok,
            Self::Lease(r) => r.ok,
            // Opted out is what was asked for, however it sounds.
            Self::Consent(r) => matches!(r.status.code(), 101 | 300 | 301),
            Self::Payment(r) => !matches!(r.status.tone(), Tone::Bad),
            Self::Call(r) => !matches!(r.status.tone(), Tone::Bad),
        }
    }
    /// The sentence.
    #[must_use]
    pub fn description(&self) -> &str {
        match self {
            Self::State(r) => &r.description,
            Self::Message(r) => &r.description,
            Self::Network(r) => &r.description,
            Self::Work(r) => &r.description,
            Self::Lease(r) => &r.description,
            Self::Consent(r) => &r.description,
            Self::Payment(r) => &r.description,
            Self::Call(r) => &r.description,
        }
    }
    /// The contract's code, where the family has one.
    #[must_use]
    pub const fn code(&self) -> Option<i32> {
        match self {
            Self::State(_) | Self::Network(_) | Self::Work(_) | Self::Lease(_) => None,
            Self::Message(r) => Some(r.status.code()),
            Self::Consent(r) => Some(r.status.code()),
            Self::Payment(r) => Some(r.status.code()),
            Self::Call(r) => Some(r.status.code()),
        }
    }
    /// The customer concerned, when resolved.
    #[must_use]
    pub fn customer(&self) -> Option<&CustomerId> {
        match self {
            Self::State(r) => r.customer.as_ref(),
            Self::Message(r) => r.customer.as_ref(),
            Self::Network(r) => r.customer.as_ref(),
            Self::Work(_) => None,
            Self::Lease(r) => r.customer.as_ref(),
            Self::Consent(r) => r.customer.as_ref(),
            Self::Payment(r) => r.debit_customer.as_ref().or(r.credit_customer.as_ref()),
            Self::Call(r) => r.customer.as_ref(),
        }
    }
    /// The id of what came of it: a message, a session, a transaction, a work.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::State(_) | Self::Lease(_) | Self::Consent(_) => None,
            Self::Message(r) => r.message.as_ref().map(MessageId::as_str),
            Self::Network(r) => r.subject.as_deref(),
            Self::Work(r) => r.work.as_ref().map(WorkId::as_str),
            Self::Payment(r) => r.transaction.as_ref().map(TransactionId::as_str),
            Self::Call(r) => r.session.as_ref().map(SessionId::as_str),
        }
    }
}

/// The hub's sentence, raw.
impl std::fmt::Display for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.description())
    }
}

/// An answer to a change of state.
pub fn state(ok: bool, description: impl Into<String>, customer: Option<CustomerId>) -> Receipt {
    Receipt::State(StateReceipt { ok, description: description.into(), customer })
}

/// An answer to a report.
pub fn network(
    ok: bool,
    description: impl Into<String>,
    customer: Option<&CustomerId>,
    subject: Option<&str>,
) -> Receipt {
    Receipt::Network(NetworkReceipt {
        ok,
        description: description.into(),
        customer: customer.cloned(),
        subject: subject.map(str::to_owned),
    })
}

/// A refusal of a report before a customer was found.
pub fn refused(description: impl Into<String>) -> Receipt {
    network(false, description, None, None)
}

/// The answer to a late, repeated or backward report (R-ORD-3).
#[must_use]
pub fn unchanged(customer: &CustomerId, subject: &str) -> Receipt {
    network(true, "nothing changed", Some(customer), Some(subject))
}

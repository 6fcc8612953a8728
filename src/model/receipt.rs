//! The hub's answers to commands: one struct for each family of replies in the contract. The SDK
//! returns these structs, and the log keeps them inside a [`Receipt`], so that a repeated call gets
//! the same answer (D-IDEM).

use super::{
    customer::LastAnswer,
    id::{CustomerId, MessageId, SessionId, TransactionId, WorkId},
    message::DataValue,
    status::{CallStatus, ConsentStatus, MessageStatus, PaymentStatus, Tone},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The hub's answer to a command. A refusal is a receipt too, never an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// For changes of a customer's state (`UpdateCustomerStateReply`).
    State(StateReceipt),
    /// For messages (`SendMessageReply`).
    Message(MessageReceipt),
    /// For reports of a network or a phone, which the public contract does not have.
    Network(NetworkReceipt),
    /// For work by tag (`TagCommandReply`).
    Work(WorkReceipt),
    /// For leases (`LeaseCustomerMetadataReply`).
    Lease(LeaseReceipt),
    /// For consent requests (`MessagingConsentReply`).
    Consent(ConsentReceipt),
    /// For payments (`InitiatePaymentReply`).
    Payment(PaymentReceipt),
    /// For calls (`MakeVoiceCallReply`).
    Call(CallReceipt),
}

/// What became of a change of a customer's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateReceipt {
    pub ok: bool,
    /// A sentence for the operator, never empty (R-REPLY-1).
    pub description: String,
    /// The customer, if the request named one whom the hub knows, also after a failure (R-REPLY-2).
    pub customer: Option<CustomerId>,
}

/// What has become of a message so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReceipt {
    /// 101 if the message was accepted, 102 if the hub keeps it until its time (R-LATER-1); any other code says why
    /// it was not.
    pub status: MessageStatus,
    /// A sentence for the operator, never empty (R-REPLY-1).
    pub description: String,
    /// The message, if it was recorded (R-MSG-2).
    pub message: Option<MessageId>,
    /// The customer, if the hub knows who was meant (R-REPLY-2).
    pub customer: Option<CustomerId>,
    /// What a colleague answered meanwhile, if that is why it was refused (R-CONFLICT-1). The contract's
    /// reply has no field for it: it travels beside it.
    pub conflict: Option<Box<LastAnswer>>,
}

/// What became of a report by a network or a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkReceipt {
    /// Whether it was accepted. A late or repeated report is accepted too and changes nothing.
    pub ok: bool,
    /// A sentence for the operator, never empty (R-REPLY-1).
    pub description: String,
    /// The customer, if the hub knows who was meant (R-REPLY-2).
    pub customer: Option<CustomerId>,
    /// The id of the message, session or transaction that it created or changed.
    pub subject: Option<String>,
}

/// What became of a request for work by tag. It says that the work is recorded; what the work does
/// is notified later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkReceipt {
    /// Whether it was recorded.
    pub ok: bool,
    /// A sentence for the operator, never empty (R-REPLY-1).
    pub description: String,
    /// The work, if it was recorded.
    pub work: Option<WorkId>,
}

/// What became of a lease call. If it was granted, nobody else can lease the value for up to
/// 90 s (D-LEASE).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseReceipt {
    /// Whether the lease was granted.
    pub ok: bool,
    /// A sentence for the operator, never empty (R-REPLY-1).
    pub description: String,
    /// The customer, if the hub knows who was meant (R-REPLY-2).
    pub customer: Option<CustomerId>,
    /// The leased value. `None` if the key has no value (R-LEASE-5).
    pub value: Option<DataValue>,
    /// When the granted lease ends by itself. If it was refused, when the lease that stands in the
    /// way does. The public contract does not carry it.
    pub until: Option<Timestamp>,
}

/// What has become of a consent request so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentReceipt {
    /// 101 if the customer is being asked, 300 if they are opted in, 301 if they are opted out; any
    /// other code says why nothing was done (R-CONSENT-1).
    pub status: ConsentStatus,
    /// A sentence for the operator, never empty (R-REPLY-1).
    pub description: String,
    /// The customer, if the hub knows who was meant (R-REPLY-2).
    pub customer: Option<CustomerId>,
}

/// What has become of a payment so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReceipt {
    /// 1xx if the payment is under way and 300 if it is done; 2xx says why it
    /// was refused (R-PAY-4).
    pub status: PaymentStatus,
    /// A sentence for the operator, never empty (R-REPLY-1).
    pub description: String,
    /// The payment, if it was recorded (R-PAY-4).
    pub transaction: Option<TransactionId>,
    /// The customer who pays, from their own money or from a wallet (R-PAY-6). `None` if the org or
    /// somebody else pays.
    pub debit_customer: Option<CustomerId>,
    /// The customer who receives, in the same way.
    pub credit_customer: Option<CustomerId>,
}

/// What has become of a call so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallReceipt {
    /// 100 if the call was accepted; any other code says why it was not.
    pub status: CallStatus,
    /// A sentence for the operator, never empty (R-REPLY-1).
    pub description: String,
    /// The call, if it was recorded.
    pub session: Option<SessionId>,
    /// The customer, if the hub knows who was meant (R-REPLY-2).
    pub customer: Option<CustomerId>,
}

/// Writes the conversions between `Receipt` and the struct of each family. A row `State
/// StateReceipt` becomes a `From` into the arm `Receipt::State`, and a `TryFrom` out of it, which
/// gives the receipt back if it is of another family.
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
    /// Whether the command was accepted.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        match self {
            Self::State(r) => r.ok,
            Self::Message(r) => !matches!(r.status.tone(), Tone::Bad),
            Self::Network(r) => r.ok,
            Self::Work(r) => r.ok,
            Self::Lease(r) => r.ok,
            // Someone who asked for an opt-out got what they asked for, although the tone of the
            // status is bad.
            Self::Consent(r) => matches!(r.status.code(), 101 | 300 | 301),
            Self::Payment(r) => !matches!(r.status.tone(), Tone::Bad),
            Self::Call(r) => !matches!(r.status.tone(), Tone::Bad),
        }
    }
    /// The sentence for the operator.
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
    /// The contract's status code. `None` for the families that only say yes or no.
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
    /// The customer whom it is about, if the hub knows who was meant. Of a payment, the one who
    /// pays comes first.
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
    /// The id of the message, session, transaction or work that the command created, if it created one.
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

/// A receipt for the report of a network or a phone.
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

/// Refuses a report for which no customer was found.
pub fn refused(description: impl Into<String>) -> Receipt {
    network(false, description, None, None)
}

/// Answers a report that came late, twice or would go backwards (R-ORD-3): it is accepted
/// and changes nothing.
#[must_use]
pub fn unchanged(customer: &CustomerId, subject: &str) -> Receipt {
    network(true, "nothing changed", Some(customer), Some(subject))
}

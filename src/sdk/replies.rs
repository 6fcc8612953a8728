//! What an operation gives back, one shape per family of replies (operations.md 1.4).
//!
//! As in the seed: where the reply is a yes or no (state, leases, work by tag, answers to prompts),
//! a no is an error that carries the hub's sentence; where it is a code (messages, consent,
//! payments, calls), the code is handed out and nobody throws: look at it.

use super::{Client, Error, Serializer, Unread};
use crate::model::{
    CallStatus, ConsentStatus, CustomerId, DataValue, MessageId, MessageStatus, PaymentStatus,
    Receipt, SessionId, Timestamp, TransactionId, WorkId,
};
use serde::de::DeserializeOwned;

/// The hub said no; nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct Refused {
    /// The hub's sentence, fit to be shown to an operator (R-REPLY-1).
    pub description: String,
    /// The customer, if resolved (R-REPLY-2); of a merged one the id that remains (R-DECOM-1).
    pub customer: Option<CustomerId>,
}

/// Why an operation did not give what it promises.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The hub said no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There is no answer. After [`Error::Unknown`] ask again under the same key.
    #[error(transparent)]
    Call(#[from] Error),
}

/// A state change was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    /// What was done, in a sentence.
    pub description: String,
    /// Whose state it is.
    pub customer: Option<CustomerId>,
}

/// Work by tag was recorded; what comes of it arrives as notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What was done, in a sentence.
    pub description: String,
    /// The work.
    pub work: Option<WorkId>,
}

/// A metadata value was fetched and fetching it is locked, for up to 90 s (3.14, decision D-LEASE).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leased {
    /// What was done, in a sentence.
    pub description: String,
    /// Whose value it is.
    pub customer: Option<CustomerId>,
    /// The value, in its own arm; `None` when the key has none (R-LEASE-5).
    pub value: Option<DataValue>,
    /// When the lease ends by itself, if the hub says so (the public contract cannot).
    pub until: Option<Timestamp>,
    serializer: Serializer,
}

impl Leased {
    /// The value through the client's serializer; `None` when the key has none.
    pub fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, Unread> {
        self.value.as_ref().map(|value| self.serializer.read(value)).transpose()
    }
}

/// What became of a message so far (3.18).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a refusal is in the status"]
pub struct MessageReply {
    /// 101 SENT is the only "accepted"; the rest says why not.
    pub status: MessageStatus,
    /// In a sentence.
    pub description: String,
    /// The message, if it was recorded (R-MSG-2).
    pub message: Option<MessageId>,
    /// The customer, if resolved.
    pub customer: Option<CustomerId>,
}

/// What became of a consent request so far (3.21).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a refusal is in the status"]
pub struct ConsentReply {
    /// 101 asked, 300 opted in, 301 opted out; the rest says why not (R-CONSENT-1).
    pub status: ConsentStatus,
    /// In a sentence.
    pub description: String,
    /// The customer, if resolved.
    pub customer: Option<CustomerId>,
}

/// What became of a payment so far (3.26).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a refusal is in the status"]
pub struct PaymentReply {
    /// 1xx is under way, 300 done; 2xx says why not (R-PAY-4).
    pub status: PaymentStatus,
    /// In a sentence.
    pub description: String,
    /// The payment, if it was recorded.
    pub transaction: Option<TransactionId>,
    /// Who pays, of a customer or wallet (R-PAY-6).
    pub debit_customer: Option<CustomerId>,
    /// Who receives, of a customer or wallet.
    pub credit_customer: Option<CustomerId>,
}

/// What became of a call so far (3.27).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a refusal is in the status"]
pub struct CallReply {
    /// 100 QUEUED is the only "accepted".
    pub status: CallStatus,
    /// In a sentence.
    pub description: String,
    /// The call.
    pub session: Option<SessionId>,
    /// The customer, if resolved.
    pub customer: Option<CustomerId>,
}

/// How a receipt reads as what the operation promises.
pub(super) type Reading<T> = fn(Receipt, &Client) -> Result<T, Failure>;

/// A reply of one family never reads as a receipt of another.
fn odd<T>(receipt: &Receipt) -> Result<T, Failure> {
    Err(Error::Internal(format!("an answer of another kind: {}", receipt.description())).into())
}

fn refused<T>(description: String, customer: Option<CustomerId>) -> Result<T, Failure> {
    Err(Refused { description, customer }.into())
}

pub(super) fn updated(receipt: Receipt, _: &Client) -> Result<Updated, Failure> {
    match receipt {
        Receipt::State { ok: true, description, customer } => Ok(Updated { description, customer }),
        Receipt::State { description, customer, .. } => refused(description, customer),
        other => odd(&other),
    }
}

pub(super) fn recorded(receipt: Receipt, _: &Client) -> Result<Recorded, Failure> {
    match receipt {
        Receipt::Work { ok: true, description, work } => Ok(Recorded { description, work }),
        Receipt::Work { description, .. } => refused(description, None),
        other => odd(&other),
    }
}

pub(super) fn leased(receipt: Receipt, client: &Client) -> Result<Leased, Failure> {
    match receipt {
        Receipt::Lease { ok: true, description, customer, value, until } => {
            Ok(Leased { description, customer, value, until, serializer: client.serializer() })
        }
        Receipt::Lease { description, customer, .. } => refused(description, customer),
        other => odd(&other),
    }
}

pub(super) fn message(receipt: Receipt, _: &Client) -> Result<MessageReply, Failure> {
    match receipt {
        Receipt::Message { status, description, message, customer } => {
            Ok(MessageReply { status, description, message, customer })
        }
        other => odd(&other),
    }
}

pub(super) fn consent(receipt: Receipt, _: &Client) -> Result<ConsentReply, Failure> {
    match receipt {
        Receipt::Consent { status, description, customer } => {
            Ok(ConsentReply { status, description, customer })
        }
        other => odd(&other),
    }
}

pub(super) fn payment(receipt: Receipt, _: &Client) -> Result<PaymentReply, Failure> {
    match receipt {
        Receipt::Payment { status, description, transaction, debit_customer, credit_customer } => {
            Ok(PaymentReply { status, description, transaction, debit_customer, credit_customer })
        }
        other => odd(&other),
    }
}

pub(super) fn call(receipt: Receipt, _: &Client) -> Result<CallReply, Failure> {
    match receipt {
        Receipt::Call { status, description, session, customer } => {
            Ok(CallReply { status, description, session, customer })
        }
        other => odd(&other),
    }
}

//! Receipts to and from the replies of the public contract (operations.md 1.4).
//!
//! A receipt of another family than the reply's keeps its sentence and whether it is good news;
//! that happens only when an idempotency key was used for two kinds of calls.

use super::{DecodeError, proto::hera};
use crate::model::{
    CallReceipt, CallStatus, ConsentReceipt, ConsentStatus, Customer, DataValue, LeaseReceipt,
    MessageReceipt, MessageStatus, PaymentReceipt, PaymentStatus, Receipt, StateReceipt,
    WorkReceipt,
};

impl From<&Receipt> for hera::UpdateCustomerStateReply {
    fn from(receipt: &Receipt) -> Self {
        Self {
            status: receipt.is_ok(),
            description: receipt.description().to_owned(),
            customer_id: receipt.customer().map(ToString::to_string),
        }
    }
}

impl From<hera::UpdateCustomerStateReply> for Receipt {
    fn from(reply: hera::UpdateCustomerStateReply) -> Self {
        Self::State(StateReceipt {
            ok: reply.status,
            description: reply.description,
            customer: reply.customer_id.map(Into::into),
        })
    }
}

impl From<&Receipt> for hera::SendMessageReply {
    fn from(receipt: &Receipt) -> Self {
        let (status, message_id) = match receipt {
            Receipt::Message(r) => (r.status, r.message.clone()),
            _ if receipt.is_ok() => (MessageStatus::Sent, None),
            _ => (MessageStatus::ApplicationError, None),
        };
        Self {
            status: status.code(),
            description: receipt.description().to_owned(),
            message_id: message_id.map(Into::into),
            customer_id: receipt.customer().map(ToString::to_string),
        }
    }
}

impl TryFrom<hera::SendMessageReply> for Receipt {
    type Error = DecodeError;
    fn try_from(reply: hera::SendMessageReply) -> Result<Self, DecodeError> {
        Ok(Self::Message(MessageReceipt {
            status: said(MessageStatus::from_code(reply.status), reply.status)?,
            description: reply.description,
            message: reply.message_id.map(Into::into),
            customer: reply.customer_id.map(Into::into),
        }))
    }
}

impl From<&Receipt> for hera::TagCommandReply {
    fn from(receipt: &Receipt) -> Self {
        let work_id = match receipt {
            Receipt::Work(r) => r.work.as_ref().map(ToString::to_string),
            _ => None,
        };
        Self { status: receipt.is_ok(), description: receipt.description().to_owned(), work_id }
    }
}

impl From<hera::TagCommandReply> for Receipt {
    fn from(reply: hera::TagCommandReply) -> Self {
        Self::Work(WorkReceipt {
            ok: reply.status,
            description: reply.description,
            work: reply.work_id.map(Into::into),
        })
    }
}

impl From<&Receipt> for hera::WebhookResponseReply {
    fn from(receipt: &Receipt) -> Self {
        Self { status: receipt.is_ok(), description: receipt.description().to_owned() }
    }
}

impl From<hera::WebhookResponseReply> for Receipt {
    fn from(reply: hera::WebhookResponseReply) -> Self {
        Self::State(StateReceipt {
            ok: reply.status,
            description: reply.description,
            customer: None,
        })
    }
}

impl From<&Receipt> for hera::LeaseCustomerMetadataReply {
    fn from(receipt: &Receipt) -> Self {
        let value = match receipt {
            Receipt::Lease(r) => r.value.as_ref().map(Into::into),
            _ => None,
        };
        Self {
            status: receipt.is_ok(),
            description: receipt.description().to_owned(),
            customer_id: receipt.customer().map(ToString::to_string),
            value,
        }
    }
}

impl From<hera::LeaseCustomerMetadataReply> for Receipt {
    /// A value with neither arm reads as none.
    fn from(reply: hera::LeaseCustomerMetadataReply) -> Self {
        Self::Lease(LeaseReceipt {
            ok: reply.status,
            description: reply.description,
            customer: reply.customer_id.map(Into::into),
            value: reply.value.and_then(|value| DataValue::try_from(value).ok()),
            until: None,
        })
    }
}

/// A code that is not in its table says neither yes nor no; so does zero.
fn said<T: PartialEq + Default>(known: Option<T>, code: i32) -> Result<T, DecodeError> {
    known
        .filter(|status| *status != T::default())
        .ok_or_else(|| DecodeError::new(format!("the hub answered with the unknown code {code}")))
}

impl From<&Receipt> for hera::MessagingConsentReply {
    fn from(receipt: &Receipt) -> Self {
        let status = match receipt {
            Receipt::Consent(r) => r.status,
            _ if receipt.is_ok() => ConsentStatus::OptInRequestSent,
            _ => ConsentStatus::ApplicationError,
        };
        Self {
            status: status.code(),
            description: receipt.description().to_owned(),
            customer_id: receipt.customer().map(ToString::to_string),
        }
    }
}

impl TryFrom<hera::MessagingConsentReply> for Receipt {
    type Error = DecodeError;
    fn try_from(reply: hera::MessagingConsentReply) -> Result<Self, DecodeError> {
        Ok(Self::Consent(ConsentReceipt {
            status: said(ConsentStatus::from_code(reply.status), reply.status)?,
            description: reply.description,
            customer: reply.customer_id.map(Into::into),
        }))
    }
}

impl From<&Receipt> for hera::InitiatePaymentReply {
    /// A request that is no payment is 200 (R-CASH-1).
    fn from(receipt: &Receipt) -> Self {
        let (status, transaction, debit, credit) = match receipt.clone() {
            Receipt::Payment(r) => (r.status, r.transaction, r.debit_customer, r.credit_customer),
            other if other.is_ok() => (PaymentStatus::Queued, None, None, None),
            _ => (PaymentStatus::InvalidRequest, None, None, None),
        };
        Self {
            status: status.code(),
            description: receipt.description().to_owned(),
            transaction_id: transaction.map(Into::into),
            debit_customer_id: debit.map(Into::into),
            credit_customer_id: credit.map(Into::into),
        }
    }
}

impl TryFrom<hera::InitiatePaymentReply> for Receipt {
    type Error = DecodeError;
    fn try_from(reply: hera::InitiatePaymentReply) -> Result<Self, DecodeError> {
        Ok(Self::Payment(PaymentReceipt {
            status: said(PaymentStatus::from_code(reply.status), reply.status)?,
            description: reply.description,
            transaction: reply.transaction_id.map(Into::into),
            debit_customer: reply.debit_customer_id.map(Into::into),
            credit_customer: reply.credit_customer_id.map(Into::into),
        }))
    }
}

impl From<&Receipt> for hera::MakeVoiceCallReply {
    fn from(receipt: &Receipt) -> Self {
        let (status, session) = match receipt {
            Receipt::Call(r) => (r.status, r.session.clone()),
            _ if receipt.is_ok() => (CallStatus::Queued, None),
            _ => (CallStatus::ApplicationError, None),
        };
        Self {
            status: status.code(),
            description: receipt.description().to_owned(),
            session_id: session.map(Into::into),
            customer_id: receipt.customer().map(ToString::to_string),
        }
    }
}

impl TryFrom<hera::MakeVoiceCallReply> for Receipt {
    type Error = DecodeError;
    fn try_from(reply: hera::MakeVoiceCallReply) -> Result<Self, DecodeError> {
        Ok(Self::Call(CallReceipt {
            status: said(CallStatus::from_code(reply.status), reply.status)?,
            description: reply.description,
            session: reply.session_id.map(Into::into),
            customer: reply.customer_id.map(Into::into),
        }))
    }
}

/// The reply to `GetCustomerState`: the receipt of `Meet`, and the state if there is one.
#[must_use]
pub fn state(receipt: &Receipt, customer: Option<&Customer>) -> hera::GetCustomerStateReply {
    hera::GetCustomerStateReply {
        status: receipt.is_ok(),
        description: receipt.description().to_owned(),
        data: customer.map(super::state::encode),
    }
}

impl From<&hera::GetCustomerStateReply> for Receipt {
    fn from(reply: &hera::GetCustomerStateReply) -> Self {
        Self::State(StateReceipt {
            ok: reply.status,
            description: reply.description.clone(),
            customer: reply.data.as_ref().map(|data| data.customer_id.as_str().into()),
        })
    }
}

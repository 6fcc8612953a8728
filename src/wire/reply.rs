//! Receipts to and from the replies of the public contract (operations.md 1.4).
//!
//! A receipt of another family than the reply's keeps its sentence and whether it is good news;
//! that happens only when an idempotency key was used for two kinds of calls.

use super::{DecodeError, proto::hera};
use crate::model::{Customer, MessageStatus, Receipt};

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
        Self::State {
            ok: reply.status,
            description: reply.description,
            customer: reply.customer_id.map(Into::into),
        }
    }
}

impl From<&Receipt> for hera::SendMessageReply {
    fn from(receipt: &Receipt) -> Self {
        let (status, message_id) = match receipt {
            Receipt::Message { status, message, .. } => (*status, message.clone()),
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
    /// A code that is not in the table says neither yes nor no; so does zero.
    fn try_from(reply: hera::SendMessageReply) -> Result<Self, DecodeError> {
        let status = MessageStatus::from_code(reply.status)
            .filter(|status| *status != MessageStatus::Unspecified)
            .ok_or_else(|| {
                DecodeError::new(format!("the hub answered with the unknown code {}", reply.status))
            })?;
        Ok(Self::Message {
            status,
            description: reply.description,
            message: reply.message_id.map(Into::into),
            customer: reply.customer_id.map(Into::into),
        })
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
        Self::State {
            ok: reply.status,
            description: reply.description.clone(),
            customer: reply.data.as_ref().map(|data| data.customer_id.as_str().into()),
        }
    }
}

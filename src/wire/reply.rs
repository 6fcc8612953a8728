//! Receipts, to and from the replies of the public contract.
//!
//! A receipt can be of another family than the reply: if a request asks for no command, or if an
//! idempotency key was used for two kinds of calls. Then the reply gets the description, and a code
//! that says yes or no as the receipt does.

use super::{
    DecodeError,
    pair::{Wire, struct_pairs},
    proto::hera,
};
use crate::model::{
    CallReceipt, CallStatus, ConsentReceipt, ConsentStatus, CustomerState, LeaseReceipt,
    MessageReceipt, MessageStatus, PaymentReceipt, PaymentStatus, Receipt, StateReceipt,
    WorkReceipt, receipt,
};
use bytes::Bytes;
use prost::Message as _;

/// Writes both directions between `Receipt` and the replies. A row `MakeVoiceCallReply = call:
/// CallReceipt;` becomes a `From<&Receipt>`, for which the function `call` makes a `CallReceipt` of
/// any receipt, and a `TryFrom<MakeVoiceCallReply>`, which reads a `CallReceipt`. The fields of the
/// two are a row of the table below.
macro_rules! replies {
    ($($reply:ident = $of:ident: $family:ident;)*) => {$(
        impl From<&Receipt> for hera::$reply {
            fn from(receipt: &Receipt) -> Self {
                $of(receipt).to_wire()
            }
        }
        impl TryFrom<hera::$reply> for Receipt {
            type Error = DecodeError;
            fn try_from(reply: hera::$reply) -> Result<Self, DecodeError> {
                $family::from_wire(reply).map(Into::into)
            }
        }
    )*};
}

replies! {
    UpdateCustomerStateReply = state_of: StateReceipt;
    WebhookResponseReply = state_of: StateReceipt;
    SendMessageReply = message: MessageReceipt;
    TagCommandReply = work: WorkReceipt;
    LeaseCustomerMetadataReply = lease: LeaseReceipt;
    MessagingConsentReply = consent: ConsentReceipt;
    InitiatePaymentReply = payment: PaymentReceipt;
    MakeVoiceCallReply = call: CallReceipt;
}

struct_pairs! {
    StateReceipt { ok, description, customer }
        = hera::UpdateCustomerStateReply { status: ok, description, customer_id: customer };
    StateReceipt { ok, description; customer = None }
        = hera::WebhookResponseReply { status: ok, description };
    MessageReceipt { status with definite, description, message, customer; conflict = None }
        = hera::SendMessageReply { status, description, message_id: message, customer_id: customer };
    WorkReceipt { ok, description, work }
        = hera::TagCommandReply { status: ok, description, work_id: work };
    LeaseReceipt { ok, description, customer, value with leased; until = None }
        = hera::LeaseCustomerMetadataReply { status: ok, description, customer_id: customer, value };
    ConsentReceipt { status with definite, description, customer }
        = hera::MessagingConsentReply { status, description, customer_id: customer };
    PaymentReceipt { status with definite, description, transaction, debit_customer, credit_customer }
        = hera::InitiatePaymentReply {
            status,
            description,
            transaction_id: transaction,
            debit_customer_id: debit_customer,
            credit_customer_id: credit_customer,
        };
    CallReceipt { status with definite, description, session, customer }
        = hera::MakeVoiceCallReply { status, description, session_id: session, customer_id: customer };
}

fn state_of(receipt: &Receipt) -> StateReceipt {
    let (description, customer) = (receipt.description().to_owned(), receipt.customer().cloned());
    StateReceipt { ok: receipt.is_ok(), description, customer }
}

fn message(receipt: &Receipt) -> MessageReceipt {
    if let Receipt::Message(own) = receipt {
        return own.clone();
    }
    let StateReceipt { ok, description, customer } = state_of(receipt);
    let status = if ok { MessageStatus::Sent } else { MessageStatus::ApplicationError };
    MessageReceipt { status, description, message: None, customer, conflict: None }
}

fn work(receipt: &Receipt) -> WorkReceipt {
    if let Receipt::Work(own) = receipt {
        return own.clone();
    }
    let StateReceipt { ok, description, .. } = state_of(receipt);
    WorkReceipt { ok, description, work: None }
}

fn lease(receipt: &Receipt) -> LeaseReceipt {
    if let Receipt::Lease(own) = receipt {
        return own.clone();
    }
    let StateReceipt { ok, description, customer } = state_of(receipt);
    LeaseReceipt { ok, description, customer, value: None, until: None }
}

fn consent(receipt: &Receipt) -> ConsentReceipt {
    if let Receipt::Consent(own) = receipt {
        return own.clone();
    }
    let StateReceipt { ok, description, customer } = state_of(receipt);
    let status = if ok { ConsentStatus::OptInRequestSent } else { ConsentStatus::ApplicationError };
    ConsentReceipt { status, description, customer }
}

/// A request that asks for no payment is refused with 200 (R-CASH-1).
fn payment(receipt: &Receipt) -> PaymentReceipt {
    if let Receipt::Payment(own) = receipt {
        return own.clone();
    }
    let StateReceipt { ok, description, .. } = state_of(receipt);
    let status = if ok { PaymentStatus::Queued } else { PaymentStatus::InvalidRequest };
    PaymentReceipt {
        status,
        description,
        transaction: None,
        debit_customer: None,
        credit_customer: None,
    }
}

fn call(receipt: &Receipt) -> CallReceipt {
    if let Receipt::Call(own) = receipt {
        return own.clone();
    }
    let StateReceipt { ok, description, customer } = state_of(receipt);
    let status = if ok { CallStatus::Queued } else { CallStatus::ApplicationError };
    CallReceipt { status, description, session: None, customer }
}

/// The reply to `GetCustomerState`: the receipt of `CustomerCommand::Meet`, and the state if the customer exists,
/// as `encoded` has it.
#[must_use]
pub fn state(receipt: &Receipt, encoded: Option<Bytes>) -> hera::GetCustomerStateReply {
    hera::GetCustomerStateReply {
        status: receipt.is_ok(),
        description: receipt.description().to_owned(),
        data: encoded,
    }
}

/// The state of a customer as it is in such a reply.
#[must_use]
pub fn encoded(customer: &CustomerState) -> Bytes {
    super::state::encode(customer).encode_to_vec().into()
}

/// The state in such a reply.
pub fn decoded(encoded: &[u8]) -> Result<CustomerState, DecodeError> {
    Ok(super::state::decode(hera::CustomerStateReplyData::decode(encoded)?))
}

impl From<&hera::GetCustomerStateReply> for Receipt {
    fn from(reply: &hera::GetCustomerStateReply) -> Self {
        let customer = reply.data.as_deref().and_then(|data| decoded(data).ok());
        let customer = customer.map(|customer| customer.id);
        receipt::state(reply.status, &reply.description, customer)
    }
}

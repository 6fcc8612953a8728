//! Receipts in the form in which an entry stores them beside the call that they answer.

use super::{
    pair::{Wire, oneof_pair, struct_pairs},
    proto::v1::{self, receipt::Kind},
};
use crate::model::{
    CallReceipt, ConsentReceipt, LastAnswer, LeaseReceipt, MessageReceipt, NetworkReceipt,
    PaymentReceipt, Receipt, StateReceipt, WorkReceipt, receipt,
};

impl From<&Receipt> for v1::Receipt {
    fn from(receipt: &Receipt) -> Self {
        Self { kind: receipt.to_wire() }
    }
}

impl From<v1::Receipt> for Receipt {
    /// A receipt of a family that only a newer hub knows reads as the refusal of a report, and one
    /// with an unknown code as a failure. That way the entry around it stays readable.
    fn from(receipt: v1::Receipt) -> Self {
        Self::from_wire(receipt.kind)
            .unwrap_or_else(|_| receipt::refused("an answer this version cannot read"))
    }
}

oneof_pair! { Receipt = Kind else "an answer of no family" {
    State(r) = State(r);
    Message(r) = Message(r);
    Network(r) = Network(r);
    Work(r) = Work(r);
    Lease(r) = Lease(r);
    Consent(r) = Consent(r);
    Payment(r) = Payment(r);
    Call(r) = Call(r);
} }

struct_pairs! {
    StateReceipt { ok, description, customer }
        = v1::StateReceipt { ok, description, customer_id: customer };
    MessageReceipt { status with failing, description, message, customer, conflict with known }
        = v1::MessageReceipt {
            status,
            description,
            message_id: message,
            customer_id: customer,
            conflict,
        };
    LastAnswer { seq, at, by, message, text }
        = v1::LastAnswer { seq, at, by, message_id: message, text };
    NetworkReceipt { ok, description, customer, subject }
        = v1::NetworkReceipt { ok, description, customer_id: customer, subject_id: subject };
    WorkReceipt { ok, description, work } = v1::WorkReceipt { ok, description, work_id: work };
    LeaseReceipt { ok, description, customer, value with known, until }
        = v1::LeaseReceipt { ok, description, customer_id: customer, value, until };
    ConsentReceipt { status with failing, description, customer }
        = v1::ConsentReceipt { status, description, customer_id: customer };
    PaymentReceipt { status with failing, description, transaction, debit_customer, credit_customer }
        = v1::PaymentReceipt {
            status,
            description,
            transaction_id: transaction,
            debit_customer_id: debit_customer,
            credit_customer_id: credit_customer,
        };
    CallReceipt { status with failing, description, session, customer }
        = v1::CallReceipt { status, description, session_id: session, customer_id: customer };
}

//! Receipts as they are stored beside the call they answer, one pair per family.

use super::{
    pair::{Wire, oneof_pair, struct_pairs},
    proto::v1::{self, receipt::Kind},
};
use crate::model::{
    CallReceipt, ConsentReceipt, LeaseReceipt, MessageReceipt, NetworkReceipt, PaymentReceipt,
    Receipt, StateReceipt, WorkReceipt, receipt,
};

impl From<&Receipt> for v1::Receipt {
    fn from(receipt: &Receipt) -> Self {
        Self { kind: receipt.to_wire() }
    }
}

impl From<v1::Receipt> for Receipt {
    /// An answer of a family that a newer hub wrote reads as a failed report, and one with a code
    /// that is unknown here as a failure, so that the entry around it stays readable.
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
    MessageReceipt { status by failing, description, message, customer }
        = v1::MessageReceipt { status, description, message_id: message, customer_id: customer };
    NetworkReceipt { ok, description, customer, subject }
        = v1::NetworkReceipt { ok, description, customer_id: customer, subject_id: subject };
    WorkReceipt { ok, description, work } = v1::WorkReceipt { ok, description, work_id: work };
    LeaseReceipt { ok, description, customer, value by known, until }
        = v1::LeaseReceipt { ok, description, customer_id: customer, value, until };
    ConsentReceipt { status by failing, description, customer }
        = v1::ConsentReceipt { status, description, customer_id: customer };
    PaymentReceipt { status by failing, description, transaction, debit_customer, credit_customer }
        = v1::PaymentReceipt {
            status,
            description,
            transaction_id: transaction,
            debit_customer_id: debit_customer,
            credit_customer_id: credit_customer,
        };
    CallReceipt { status by failing, description, session, customer }
        = v1::CallReceipt { status, description, session_id: session, customer_id: customer };
}

//! Receipts as they are stored beside the call they answer, one pair per family.

use super::{
    parts::{from_time, time},
    proto::v1::{self, receipt::Kind},
};
use crate::model::{
    CallReceipt, CallStatus, ConsentReceipt, ConsentStatus, DataValue, LeaseReceipt,
    MessageReceipt, MessageStatus, NetworkReceipt, PaymentReceipt, PaymentStatus, Receipt,
    StateReceipt, WorkReceipt, receipt,
};

impl From<&Receipt> for v1::Receipt {
    fn from(receipt: &Receipt) -> Self {
        let kind = match receipt.clone() {
            Receipt::State(r) => Kind::State(r.into()),
            Receipt::Message(r) => Kind::Message(r.into()),
            Receipt::Network(r) => Kind::Network(r.into()),
            Receipt::Work(r) => Kind::Work(r.into()),
            Receipt::Lease(r) => Kind::Lease(r.into()),
            Receipt::Consent(r) => Kind::Consent(r.into()),
            Receipt::Payment(r) => Kind::Payment(r.into()),
            Receipt::Call(r) => Kind::Call(r.into()),
        };
        Self { kind: Some(kind) }
    }
}

impl From<v1::Receipt> for Receipt {
    /// An answer of a family or with a code that a newer hub wrote reads as a failed report, so
    /// that the entry around it stays readable.
    fn from(receipt: v1::Receipt) -> Self {
        match receipt.kind {
            Some(Kind::State(r)) => Self::State(r.into()),
            Some(Kind::Message(r)) => Self::Message(r.into()),
            Some(Kind::Network(r)) => Self::Network(r.into()),
            Some(Kind::Work(r)) => Self::Work(r.into()),
            Some(Kind::Lease(r)) => Self::Lease(r.into()),
            Some(Kind::Consent(r)) => Self::Consent(r.into()),
            Some(Kind::Payment(r)) => Self::Payment(r.into()),
            Some(Kind::Call(r)) => Self::Call(r.into()),
            None => receipt::refused("an answer this version cannot read"),
        }
    }
}

impl From<StateReceipt> for v1::StateReceipt {
    fn from(r: StateReceipt) -> Self {
        let StateReceipt { ok, description, customer } = r;
        Self { ok, description, customer_id: customer.map(Into::into) }
    }
}

impl From<v1::StateReceipt> for StateReceipt {
    fn from(r: v1::StateReceipt) -> Self {
        let v1::StateReceipt { ok, description, customer_id } = r;
        Self { ok, description, customer: customer_id.map(Into::into) }
    }
}

impl From<MessageReceipt> for v1::MessageReceipt {
    fn from(r: MessageReceipt) -> Self {
        Self {
            status: r.status.code(),
            description: r.description,
            message_id: r.message.map(Into::into),
            customer_id: r.customer.map(Into::into),
        }
    }
}

impl From<v1::MessageReceipt> for MessageReceipt {
    fn from(r: v1::MessageReceipt) -> Self {
        Self {
            status: MessageStatus::from_code(r.status).unwrap_or(MessageStatus::ApplicationError),
            description: r.description,
            message: r.message_id.map(Into::into),
            customer: r.customer_id.map(Into::into),
        }
    }
}

impl From<NetworkReceipt> for v1::NetworkReceipt {
    fn from(r: NetworkReceipt) -> Self {
        let NetworkReceipt { ok, description, customer, subject } = r;
        Self { ok, description, customer_id: customer.map(Into::into), subject_id: subject }
    }
}

impl From<v1::NetworkReceipt> for NetworkReceipt {
    fn from(r: v1::NetworkReceipt) -> Self {
        let v1::NetworkReceipt { ok, description, customer_id, subject_id } = r;
        Self { ok, description, customer: customer_id.map(Into::into), subject: subject_id }
    }
}

impl From<WorkReceipt> for v1::WorkReceipt {
    fn from(r: WorkReceipt) -> Self {
        let WorkReceipt { ok, description, work } = r;
        Self { ok, description, work_id: work.map(Into::into) }
    }
}

impl From<v1::WorkReceipt> for WorkReceipt {
    fn from(r: v1::WorkReceipt) -> Self {
        let v1::WorkReceipt { ok, description, work_id } = r;
        Self { ok, description, work: work_id.map(Into::into) }
    }
}

impl From<LeaseReceipt> for v1::LeaseReceipt {
    fn from(r: LeaseReceipt) -> Self {
        Self {
            ok: r.ok,
            description: r.description,
            customer_id: r.customer.map(Into::into),
            value: r.value.as_ref().map(Into::into),
            until: r.until.and_then(time),
        }
    }
}

impl From<v1::LeaseReceipt> for LeaseReceipt {
    fn from(r: v1::LeaseReceipt) -> Self {
        Self {
            ok: r.ok,
            description: r.description,
            customer: r.customer_id.map(Into::into),
            value: r.value.and_then(|value| DataValue::try_from(value).ok()),
            until: r.until.map(|at| from_time(Some(at))),
        }
    }
}

impl From<ConsentReceipt> for v1::ConsentReceipt {
    fn from(r: ConsentReceipt) -> Self {
        Self {
            status: r.status.code(),
            description: r.description,
            customer_id: r.customer.map(Into::into),
        }
    }
}

impl From<v1::ConsentReceipt> for ConsentReceipt {
    fn from(r: v1::ConsentReceipt) -> Self {
        Self {
            status: ConsentStatus::from_code(r.status).unwrap_or(ConsentStatus::ApplicationError),
            description: r.description,
            customer: r.customer_id.map(Into::into),
        }
    }
}

impl From<PaymentReceipt> for v1::PaymentReceipt {
    fn from(r: PaymentReceipt) -> Self {
        Self {
            status: r.status.code(),
            description: r.description,
            transaction_id: r.transaction.map(Into::into),
            debit_customer_id: r.debit_customer.map(Into::into),
            credit_customer_id: r.credit_customer.map(Into::into),
        }
    }
}

impl From<v1::PaymentReceipt> for PaymentReceipt {
    fn from(r: v1::PaymentReceipt) -> Self {
        Self {
            status: PaymentStatus::from_code(r.status).unwrap_or(PaymentStatus::ApplicationError),
            description: r.description,
            transaction: r.transaction_id.map(Into::into),
            debit_customer: r.debit_customer_id.map(Into::into),
            credit_customer: r.credit_customer_id.map(Into::into),
        }
    }
}

impl From<CallReceipt> for v1::CallReceipt {
    fn from(r: CallReceipt) -> Self {
        Self {
            status: r.status.code(),
            description: r.description,
            session_id: r.session.map(Into::into),
            customer_id: r.customer.map(Into::into),
        }
    }
}

impl From<v1::CallReceipt> for CallReceipt {
    fn from(r: v1::CallReceipt) -> Self {
        Self {
            status: CallStatus::from_code(r.status).unwrap_or(CallStatus::ApplicationError),
            description: r.description,
            session: r.session_id.map(Into::into),
            customer: r.customer_id.map(Into::into),
        }
    }
}

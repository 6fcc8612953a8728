//! Receipts as they are stored beside the call they answer, one arm per family.

use super::{
    parts::{from_time, time},
    proto::v1::{self, receipt::Kind},
};
use crate::model::{CallStatus, ConsentStatus, DataValue, MessageStatus, PaymentStatus, Receipt};

impl From<&Receipt> for v1::Receipt {
    fn from(receipt: &Receipt) -> Self {
        let kind = match receipt.clone() {
            Receipt::State { ok, description, customer } => Kind::State(v1::StateReceipt {
                ok,
                description,
                customer_id: customer.map(Into::into),
            }),
            Receipt::Message { status, description, message, customer } => {
                Kind::Message(v1::MessageReceipt {
                    status: status.code(),
                    description,
                    message_id: message.map(Into::into),
                    customer_id: customer.map(Into::into),
                })
            }
            Receipt::Network { ok, description, customer, subject } => {
                Kind::Network(v1::NetworkReceipt {
                    ok,
                    description,
                    customer_id: customer.map(Into::into),
                    subject_id: subject,
                })
            }
            Receipt::Work { ok, description, work } => {
                Kind::Work(v1::WorkReceipt { ok, description, work_id: work.map(Into::into) })
            }
            later => encode_later(later),
        };
        Self { kind: Some(kind) }
    }
}

fn encode_later(receipt: Receipt) -> Kind {
    match receipt {
        Receipt::Lease { ok, description, customer, value, until } => {
            Kind::Lease(v1::LeaseReceipt {
                ok,
                description,
                customer_id: customer.map(Into::into),
                value: value.as_ref().map(Into::into),
                until: until.and_then(time),
            })
        }
        Receipt::Consent { status, description, customer } => Kind::Consent(v1::ConsentReceipt {
            status: status.code(),
            description,
            customer_id: customer.map(Into::into),
        }),
        Receipt::Payment { status, description, transaction, debit_customer, credit_customer } => {
            Kind::Payment(v1::PaymentReceipt {
                status: status.code(),
                description,
                transaction_id: transaction.map(Into::into),
                debit_customer_id: debit_customer.map(Into::into),
                credit_customer_id: credit_customer.map(Into::into),
            })
        }
        Receipt::Call { status, description, session, customer } => Kind::Call(v1::CallReceipt {
            status: status.code(),
            description,
            session_id: session.map(Into::into),
            customer_id: customer.map(Into::into),
        }),
        // The others have their own arms above.
        other => Kind::Network(v1::NetworkReceipt {
            ok: other.is_ok(),
            description: other.description().to_owned(),
            customer_id: None,
            subject_id: None,
        }),
    }
}

impl From<v1::Receipt> for Receipt {
    /// An answer of a family or with a code that a newer hub wrote reads as a failed report, so
    /// that the entry around it stays readable.
    fn from(receipt: v1::Receipt) -> Self {
        match receipt.kind {
            Some(Kind::State(r)) => Self::State {
                ok: r.ok,
                description: r.description,
                customer: r.customer_id.map(Into::into),
            },
            Some(Kind::Message(r)) => Self::Message {
                status: MessageStatus::from_code(r.status)
                    .unwrap_or(MessageStatus::ApplicationError),
                description: r.description,
                message: r.message_id.map(Into::into),
                customer: r.customer_id.map(Into::into),
            },
            Some(Kind::Network(r)) => Self::Network {
                ok: r.ok,
                description: r.description,
                customer: r.customer_id.map(Into::into),
                subject: r.subject_id,
            },
            Some(later) => decode_later(later),
            None => Self::Network {
                ok: false,
                description: "an answer this version cannot read".into(),
                customer: None,
                subject: None,
            },
        }
    }
}

fn decode_later(kind: Kind) -> Receipt {
    match kind {
        Kind::Work(r) => {
            Receipt::Work { ok: r.ok, description: r.description, work: r.work_id.map(Into::into) }
        }
        Kind::Lease(r) => Receipt::Lease {
            ok: r.ok,
            description: r.description,
            customer: r.customer_id.map(Into::into),
            value: r.value.and_then(|value| DataValue::try_from(value).ok()),
            until: r.until.map(|at| from_time(Some(at))),
        },
        Kind::Consent(r) => Receipt::Consent {
            status: ConsentStatus::from_code(r.status).unwrap_or(ConsentStatus::ApplicationError),
            description: r.description,
            customer: r.customer_id.map(Into::into),
        },
        Kind::Payment(r) => Receipt::Payment {
            status: PaymentStatus::from_code(r.status).unwrap_or(PaymentStatus::ApplicationError),
            description: r.description,
            transaction: r.transaction_id.map(Into::into),
            debit_customer: r.debit_customer_id.map(Into::into),
            credit_customer: r.credit_customer_id.map(Into::into),
        },
        Kind::Call(r) => Receipt::Call {
            status: CallStatus::from_code(r.status).unwrap_or(CallStatus::ApplicationError),
            description: r.description,
            session: r.session_id.map(Into::into),
            customer: r.customer_id.map(Into::into),
        },
        Kind::State(_) | Kind::Message(_) | Kind::Network(_) => v1::Receipt::default().into(),
    }
}

//! The hub's answer to a command: one shape per family of replies (operations.md 1.4).

use super::{
    id::{CustomerId, MessageId},
    status::{MessageStatus, Tone},
};
use serde::{Deserialize, Serialize};

/// The answer. A refusal is an answer too, never an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// To a change of state (`UpdateCustomerStateReply`).
    State {
        /// Whether it was done.
        ok: bool,
        /// A sentence for the operator, never empty (R-REPLY-1).
        description: String,
        /// Whenever the customer was resolved, also on failure (R-REPLY-2).
        customer: Option<CustomerId>,
    },
    /// To sending a message (`SendMessageReply`).
    Message {
        /// 101, or why not.
        status: MessageStatus,
        /// A sentence for the operator, never empty.
        description: String,
        /// The message, if it was recorded (R-MSG-2).
        message: Option<MessageId>,
        /// The customer, if resolved.
        customer: Option<CustomerId>,
    },
    /// To what a network or a phone reported. Never on the public contract.
    Network {
        /// Whether it was recorded.
        ok: bool,
        /// A sentence.
        description: String,
        /// The customer, if resolved.
        customer: Option<CustomerId>,
        /// The message, session or transaction that came of it.
        subject: Option<String>,
    },
}

impl Receipt {
    /// Whether what was asked for was accepted.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        match self {
            Self::State { ok, .. } | Self::Network { ok, .. } => *ok,
            Self::Message { status, .. } => !matches!(status.tone(), Tone::Bad),
        }
    }
    /// The sentence.
    #[must_use]
    pub fn description(&self) -> &str {
        match self {
            Self::State { description, .. }
            | Self::Message { description, .. }
            | Self::Network { description, .. } => description,
        }
    }
    /// The contract's code, where the family has one.
    #[must_use]
    pub const fn code(&self) -> Option<i32> {
        match self {
            Self::State { .. } | Self::Network { .. } => None,
            Self::Message { status, .. } => Some(status.code()),
        }
    }
    /// The customer concerned, when resolved.
    #[must_use]
    pub const fn customer(&self) -> Option<&CustomerId> {
        match self {
            Self::State { customer, .. }
            | Self::Message { customer, .. }
            | Self::Network { customer, .. } => customer.as_ref(),
        }
    }
}

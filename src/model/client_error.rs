//! Why a call to the hub did not give what was asked for. One type for the SDK, the console and the
//! headless verbs, with what may be done about it: whether to send the same call again, and how.

use super::receipt::Receipt;

/// Why a call did not give what was asked for. [`repeat`](Self::repeat) says whether sending it again
/// may help and whether it is safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The hub said no, and nothing of the command was done. The receipt has the hub's sentence, fit
    /// to be shown to an operator (R-REPLY-1), for messages, consent, payments and calls the status
    /// code, and the customer if one was resolved (R-REPLY-2).
    #[error("{0}")]
    Refused(Box<Receipt>),
    /// The arguments or options cannot be used; nothing was sent.
    #[error("{0}")]
    Usage(String),
    /// There was no connection, so nothing was done.
    #[error("cannot reach {endpoint}: {reason}")]
    Unreachable {
        /// The address that was tried.
        endpoint: String,
        /// What the network said.
        reason: String,
    },
    /// Something answers at that address, but it is not a hub of this contract.
    #[error("{endpoint} is not a switchboard hub: {reason}")]
    NotAHub {
        /// The address that was tried.
        endpoint: String,
        /// What it answered instead.
        reason: String,
    },
    /// The API key or auth token is missing, unknown or has ended.
    #[error("the hub does not accept {0}")]
    Unauthenticated(String),
    /// The key is not for this org or app.
    #[error("not allowed: {0}")]
    Denied(String),
    /// The hub is busy or shutting down; nothing was done.
    #[error("the hub cannot do this now: {0}")]
    Unavailable(String),
    /// The org's log is damaged, so nothing is done and nothing is read until somebody restores it (R-LOG-3).
    #[error("the hub refuses everything of this org: {0}")]
    Damaged(String),
    /// This hub does not have the operation.
    #[error("this hub does not offer that: {0}")]
    Unsupported(String),
    /// The call left but no answer came: it may or may not have been done. Send the same call again
    /// under the same idempotency key to find out; it is never done twice (D-IDEM).
    #[error("outcome unknown: {0}")]
    Unknown(String),
    /// The hub failed, or its answer cannot be read. A change may or may not have been done.
    #[error("the hub failed: {0}")]
    Internal(String),
}

/// Whether a call that failed may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing was done, and sending it again later may succeed.
    Later,
    /// Nobody knows whether it was done. Sending the same call again under the same idempotency key
    /// gives its answer; under another key it may be done twice.
    SameKey,
    /// Nothing was done, and the same call gets the same answer until its cause is mended.
    No,
}

impl ClientError {
    /// Whether the call may be sent again, and how.
    #[must_use]
    pub const fn repeat(&self) -> Repeat {
        match self {
            Self::Unreachable { .. } | Self::Unavailable(_) | Self::Damaged(_) => Repeat::Later,
            Self::Unknown(_) | Self::Internal(_) => Repeat::SameKey,
            Self::Refused(_)
            | Self::Usage(_)
            | Self::NotAHub { .. }
            | Self::Unauthenticated(_)
            | Self::Denied(_)
            | Self::Unsupported(_) => Repeat::No,
        }
    }
}

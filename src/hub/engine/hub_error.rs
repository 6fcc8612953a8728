//! Why the engine did not do what was asked.

use crate::hub::{log::LogError, shelf::ShelfError};

/// Why the hub has no receipt for a command or no answer to a question. A command that the rules
/// refuse is no error: its receipt says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// This hub does not serve an org of that id.
    #[error("no such org")]
    NoSuchOrg,
    /// Too many requests wait already. Nothing was done, so the caller may simply try again.
    #[error("the hub is busy; nothing was done, try again")]
    Busy,
    /// The log cannot be written or read now, and the text says why. Nothing was done.
    #[error("{0}")]
    Unavailable(String),
    /// Nobody knows whether the command was done. Asking again with the same idempotency key is safe
    /// and tells (D-IDEM).
    #[error("{0}; it is not known whether this was done, ask again with the same idempotency key")]
    Unknown(String),
    /// The hub is shutting down. Nothing was done.
    #[error("the hub is shutting down")]
    Stopped,
    /// The org's log is damaged. Nothing is done and nothing is read until somebody restores it; other orgs
    /// are served (R-LOG-3).
    #[error("{0}")]
    Damaged(String),
}

impl From<LogError> for HubError {
    fn from(error: LogError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<ShelfError> for HubError {
    fn from(error: ShelfError) -> Self {
        match error {
            ShelfError::Stopped => Self::Stopped,
            ShelfError::Unavailable(_) => Self::Unavailable(error.to_string()),
            ShelfError::Lost(why) => Self::Unavailable(why),
        }
    }
}

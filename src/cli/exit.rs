//! How a run ends: one exit code per kind of end, the same for every verb.

use crate::model::ClientError;
use std::{fmt, process::ExitCode};

/// The kinds of end. Documented in the README; scripts depend on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// Done.
    Done = 0,
    /// The hub refused, or there is no such customer. Nothing changed.
    Refused = 1,
    /// The arguments or a settings file cannot be used.
    Usage = 2,
    /// No hub could be reached or started.
    Unreachable = 3,
    /// The key is not accepted, or not for this.
    NotAllowed = 4,
    /// It may or may not have been done. Ask again with the same idempotency key.
    Unknown = 5,
    /// The hub's log failed; restart it (`EX_IOERR`).
    LogFailed = 74,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// An end that is not success: what happened, to what, and what to do.
#[derive(Debug)]
pub struct Failure {
    /// How it ends.
    pub code: Code,
    /// The sentence for stderr.
    pub message: String,
}

impl Failure {
    /// A failure of that kind.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
    /// The arguments or settings cannot be used.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let (code, advice) = match &error {
            ClientError::Usage(_) => (Code::Usage, ""),
            ClientError::Unreachable { .. } => {
                (Code::Unreachable, "\nIs the hub running there? Check --endpoint.")
            }
            ClientError::NotAHub { .. } => {
                (Code::Unreachable, "\nCheck the host and port of --endpoint.")
            }
            ClientError::Unauthenticated(_) => (
                Code::NotAllowed,
                "\nCheck SWITCHBOARD_API_KEY or SWITCHBOARD_AUTH_TOKEN, or the file that the profile names. \
                 A token ends by itself: `switchboard token` makes a new one.",
            ),
            ClientError::Denied(_) => (Code::NotAllowed, "\nCheck --org and --app."),
            ClientError::Unavailable(_) => (Code::Unreachable, "\nNothing was done; try again."),
            ClientError::Unknown(_) => (Code::Unknown, ""),
            ClientError::Refused(_) | ClientError::Unsupported(_) => (Code::Refused, ""),
            ClientError::Internal(_) => (Code::Unreachable, ""),
        };
        Self::new(code, format!("{error}{advice}"))
    }
}

//! How a run ends: one exit code for each kind of end, the same for every verb, and the error that
//! carries it with a sentence for stderr.

use crate::{
    hub::{log::folder::FolderError, serve::StartError},
    model::{CallId, ClientError},
};
use serde_json::{Value, json};
use std::{fmt, process::ExitCode};

/// The exit codes. Scripts depend on the numbers, which the README and the man page list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// It was done. A closed pipe ends so too.
    Done = 0,
    /// The hub refused, or what was looked up does not exist. Nothing changed.
    Refused = 1,
    /// The arguments or a settings file cannot be used.
    Usage = 2,
    /// No hub could be reached or started.
    Unreachable = 3,
    /// The API key is not accepted, or not for this org or app.
    NotAllowed = 4,
    /// It may or may not have been done. Ask again with the same idempotency key.
    Unknown = 5,
    /// Somebody else has answered the customer since the entry that `--seen` named. Nothing
    /// was sent (R-CONFLICT-1).
    Conflict = 6,
    /// Something is in trouble, as `status` found; nothing went wrong with asking.
    Trouble = 7,
    /// Input or output failed: the log of the hub in this process, the terminal, or stdout; or a log that was
    /// verified, or what was made from it, is damaged. It is
    /// `EX_IOERR` of `sysexits.h`, so that a service manager can tell it from other ends.
    LogFailed = 74,
}

impl Code {
    /// The word for it in the JSON of `--format json`. Scripts depend on it.
    const fn outcome(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Usage => "usage",
            Self::Unreachable => "unreachable",
            Self::NotAllowed => "not-allowed",
            Self::Unknown => "unknown",
            Self::Conflict => "conflict",
            Self::Trouble => "trouble",
            Self::LogFailed => "log-failed",
        }
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// Why a run does not end with success.
#[derive(Debug)]
pub struct CliError {
    pub code: Code,
    /// What happened, to what, and what to do about it. It may hold text of a server, so it is made
    /// safe before it is printed.
    pub message: String,
    /// What the hub answered, as JSON, where that says more than the message.
    answer: Option<Box<Value>>,
    /// The idempotency key under which the same command can be given again.
    call: Option<CallId>,
}

impl CliError {
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), answer: None, call: None }
    }
    /// The same error, of a command that went out under this idempotency key.
    #[must_use]
    pub fn under(self, call: &CallId) -> Self {
        Self { call: Some(call.clone()), ..self }
    }
    /// The same error, for programs told by the hub's answer.
    #[must_use]
    pub fn answered(self, answer: Value) -> Self {
        Self { answer: Some(Box::new(answer)), ..self }
    }
    /// What `--format json` prints: the hub's answer if there is one, else what happened, and in any case
    /// how the run ends.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut all = match &self.answer {
            Some(answer) => (**answer).clone(),
            None => json!({ "description": self.message }),
        };
        all["ok"] = json!(false);
        all["outcome"] = json!(self.code.outcome());
        all["exit"] = json!(self.code as u8);
        if let Some(call) = &self.call {
            all["idempotency"] = json!(call);
        }
        all
    }
    /// An error in the arguments or in a settings file.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }
}

impl From<&StartError> for Code {
    /// How a run ends whose hub does not start. A service manager does not try again what only a change of settings or
    /// of files can mend.
    fn from(error: &StartError) -> Self {
        match error {
            StartError::Plaintext(..)
            | StartError::Tls(_)
            | StartError::Keys(_)
            | StartError::Settings(_)
            | StartError::Folder(FolderError::Exposed(_) | FolderError::Unreadable { .. }) => {
                Self::Usage
            }
            StartError::Folder(FolderError::Damaged { .. }) | StartError::Log(_) => Self::LogFailed,
            StartError::PortInUse { .. }
            | StartError::Listen { .. }
            | StartError::Folder(FolderError::InUse(_) | FolderError::Unusable { .. })
            | StartError::Attached(_)
            | StartError::Internal(_) => Self::Unreachable,
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ClientError> for CliError {
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
            ClientError::Damaged(_) => (
                Code::LogFailed,
                "\nNothing was done. Whoever runs the hub restores a backup, or cuts the log to what is right: \
                 `switchboard verify` says how far that is.",
            ),
            ClientError::Unknown(_) => (Code::Unknown, ""),
            ClientError::Refused(_) | ClientError::Unsupported(_) => (Code::Refused, ""),
            ClientError::Internal(_) => (Code::Unreachable, ""),
        };
        Self::new(code, format!("{error}{advice}"))
    }
}

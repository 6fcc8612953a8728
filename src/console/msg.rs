//! The whole contract between the console's state and everything outside it, on one page.
//!
//! What comes in is a `Msg`, what is wanted is an `Effect`. Both are plain data, so a bug report
//! is a list of messages that a test replays.

use crate::model::{
    CallId, ClientError, CustomerCommand, CustomerRef, CustomerView, FeedEvent, FoundCustomer,
    ListedLease, ListedReminder, Outlook, PurseBalance, Receipt, Seq, Timestamp, Work,
    answer::Page,
};
use crossterm::event::{KeyEvent, MouseEvent};

/// Names one question for an outlook, so that an answer is never taken for that to another: the
/// form's call id and which of its questions it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// The form's call id.
    pub call: CallId,
    /// Counts the form's questions.
    pub nth: u32,
}

/// What agents list because the public contract does not (domain.md W3, W4, W5, W7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// Work by tag.
    #[default]
    Works,
    /// Reminders of single customers.
    Reminders,
    /// Running leases.
    Leases,
    /// The org's purses.
    Purses,
}

/// The answer to `Effect::List`.
#[derive(Clone, Debug, PartialEq)]
pub enum Listing {
    /// Works, newest first, each with its next firings.
    Works(Vec<(Work, Vec<Timestamp>)>),
    /// Reminders, soonest first, and how many there are in all.
    Reminders(Vec<ListedReminder>, u64),
    /// Leases.
    Leases(Vec<ListedLease>),
    /// Purses, in the order of the hub's settings.
    Purses(Vec<PurseBalance>),
}

/// Anything that reaches the console.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key.
    Key(KeyEvent),
    /// A bracketed paste; never treated as keys.
    Paste(String),
    /// The mouse.
    Mouse(MouseEvent),
    /// The terminal changed size.
    Resize(u16, u16),
    /// The terminal gained (true) or lost the focus.
    Focus(bool),
    /// The time that `App::next_wake` asked for has come.
    Wake,
    /// SIGTERM or SIGHUP: leave now; held sends become drafts.
    Terminate,
    /// The process runs again after a stop.
    Resumed,
    /// Something of ours failed in the background; what it said.
    Failed(String),
    /// The feed task.
    Feed(FeedEvent),
    /// The inspector task's answer to `Effect::Inspect`.
    Inspected {
        /// What was asked.
        customer: CustomerRef,
        /// `Ok(None)`: no such customer.
        result: Result<Option<CustomerView>, ClientError>,
    },
    /// The answer to `Effect::History`.
    Past {
        /// What was asked.
        before: Seq,
        /// The page, newest first.
        result: Result<Page, ClientError>,
    },
    /// The answer to `Effect::Find`.
    Found {
        /// What was asked.
        words: String,
        /// Matches and how many there are in all.
        result: Result<(Vec<FoundCustomer>, u64), ClientError>,
    },
    /// The command task's answer to `Effect::Send`.
    Sent {
        /// The call.
        call: CallId,
        /// `Err(ClientError::Unknown)`: it may or may not have been done.
        result: Result<Receipt, ClientError>,
    },
    /// The answer to `Effect::DryRun`.
    Outlook {
        /// Which question.
        token: Token,
        /// What the command would lead to.
        result: Result<Box<Outlook>, ClientError>,
    },
    /// The answer to `Effect::List`.
    Listed {
        /// What was asked.
        list: List,
        /// What there is.
        result: Result<Listing, ClientError>,
    },
    /// An effect could not be handed over: the channel to its task is full. Nothing was done.
    Overloaded(Box<Effect>),
}

/// What the console wants from outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send a command (or ask again with the same call id what became of it).
    Send {
        /// Its idempotency key.
        call: CallId,
        /// The command.
        command: CustomerCommand,
    },
    /// Look at a customer. A newer wish replaces an older one that has not started.
    Inspect(CustomerRef),
    /// Load older entries.
    History {
        /// Entries before this place.
        before: Seq,
    },
    /// Search customers.
    Find(String),
    /// Ask what a command would lead to; nothing is done. A newer question replaces an older one
    /// that has not started.
    DryRun {
        /// Which question.
        token: Token,
        /// The command on the sheet.
        command: CustomerCommand,
    },
    /// List something.
    List(List),
    /// Reconnect now instead of waiting.
    RetryNow,
    /// Take the terminal again and draw everything (`Ctrl-L`, `fg`).
    Redraw,
    /// Turn mouse capture on or off.
    CaptureMouse(bool),
    /// Stop the process until `fg` (`Ctrl-Z`).
    Suspend,
    /// Leave; the terminal is restored by the guard.
    Quit,
}

//! The whole contract between the console's state and everything outside it, on one page.
//!
//! What comes in is a `Msg`, what is wanted is an `Effect`. Both are plain data, so a bug report
//! is a list of messages that a test replays.

use crate::model::{
    CallId, ClientError, CustomerCommand, CustomerId, CustomerRef, CustomerView, FeedEvent,
    FoundCustomer, ListedLease, ListedReminder, Outlook, PurseBalance, Receipt, Seq, SessionId,
    Timestamp, Work, answer::Page,
};
use crossterm::event::{KeyEvent, MouseEvent};
use strum::{IntoStaticStr, VariantArray};

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
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, VariantArray,
)]
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

/// Which commands must not overtake each other: those of one lane are sent one after the other, in
/// the order in which they were given, and each lane goes its own way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Whatever is for one customer.
    Customer(CustomerId),
    /// Answers to one USSD session or call: somebody waits on the line, also while a message to the
    /// same customer is on its way.
    Session(SessionId),
    /// Work by tag, and money that moves without a customer.
    Org,
}

impl Lane {
    /// Whether what comes after this command waits for its answer. That of a lease takes as long as
    /// somebody else holds the value.
    #[must_use]
    pub const fn waits_for(command: &CustomerCommand) -> bool {
        !matches!(command, CustomerCommand::LeaseMetadata { .. })
    }
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
    /// A command could not be handed over, because too many wait already. Nothing was done.
    Overloaded(CallId),
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
        /// What it must not overtake.
        lane: Lane,
    },
    /// Look at a customer. This and the other questions replace an older one of their kind that is
    /// not answered yet; of lists each is a kind of its own.
    Inspect(CustomerRef),
    /// Load older entries.
    History {
        /// Entries before this place.
        before: Seq,
    },
    /// Search customers.
    Find(String),
    /// Ask what a command would lead to; nothing is done.
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

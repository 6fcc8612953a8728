//! What all kinds of networks have in common: an order goes out, an answer comes back, and the network brings reports
//! and what customers write. Each kind has a file that puts an order into its words and reads what it says, without I/O.

use crate::model::{Body, ChannelNumber, CustomerNumber, MessageId, MessageStatus};
use std::time::Duration;

/// A message that is to be handed over.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    pub id: &'a MessageId,
    pub to: &'a CustomerNumber,
    pub from: &'a ChannelNumber,
    pub body: &'a Body,
    /// How long the network shall try. It is as long as the hub waits, so that both give up together.
    pub valid_for: Duration,
    /// The address to which the network shall report, if the hub has one.
    pub report_to: Option<&'a str>,
}

/// What became of a hand-over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The network has it, and calls it by this reference if it calls it anything.
    Accepted(Option<String>),
    /// The network refuses it for good. `code` is the network's, and `words` are its or ours.
    Refused { status: MessageStatus, code: String, words: String },
    /// The network has too much to do: the same message goes again after this time, or after a usual one.
    Busy(Option<Duration>),
    /// The network did not take it for a reason that holds for every message, such as a wrong password. It goes
    /// again when that is mended.
    Closed(String),
    /// Nobody knows whether the network has it.
    Doubt(String),
}

impl Answer {
    /// The network has it.
    pub const fn accepted(reference: Option<String>) -> Self {
        Self::Accepted(reference)
    }
    /// The network refuses it for good.
    pub fn refused(status: MessageStatus, code: &str, words: &str) -> Self {
        Self::Refused { status, code: code.to_owned(), words: words.to_owned() }
    }
    /// It cannot be said to this network at all.
    pub fn cannot(status: MessageStatus, words: &str) -> Self {
        Self::refused(status, "local", words)
    }
}

/// Which message a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// Our own id, where the network gives it back.
    Message(MessageId),
    /// What the network calls it.
    Reference(String),
}

/// What a network brings.
#[derive(Clone, Debug, PartialEq)]
pub enum Brought {
    /// What became of a message.
    Report {
        of: Named,
        /// The number that it went to, as the network writes it; it may be empty.
        about: String,
        /// `None` if it is still under way.
        status: Option<MessageStatus>,
    },
    /// What a customer wrote.
    Message {
        from: CustomerNumber,
        to: ChannelNumber,
        body: Body,
        /// What tells it from every other one that this network brings, if the network says such a thing.
        key: Option<String>,
    },
    /// Somebody dialled a USSD code, or typed something into the menu that they were shown.
    Typed(Typed),
    /// Whoever has this number left their USSD session.
    Left(CustomerNumber),
    /// It is to be acknowledged, and says nothing.
    Nothing,
}

/// What somebody dialled or typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    pub from: CustomerNumber,
    pub is_dial: bool,
    /// What was dialled, with the code if the network says it, or typed.
    pub said: String,
    pub marks: SessionMarks,
}

/// How a network knows a USSD session. What is said in the session carries them back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionMarks {
    /// The number of the org, as the network writes it.
    pub line: String,
    /// The session and the place in it (`its_session_info` of SMPP).
    pub session: Option<(u8, u8)>,
    /// A number of the network's own (`user_message_reference` of SMPP).
    pub reference: Option<u16>,
}

/// A menu that is to be shown.
#[derive(Clone, Copy, Debug)]
pub struct MenuOrder<'a> {
    pub to: &'a CustomerNumber,
    pub text: &'a str,
    /// Whether the session ends with it.
    pub is_terminal: bool,
    pub marks: &'a SessionMarks,
}

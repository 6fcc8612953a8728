//! What listeners listen for: the ten kinds of notifications under their names in the contract, and `data`
//! for all of them (R-LSN-3, R-EVT-8); what a listener gets, and what it may answer.

use super::{Customer, Error, PromptAnswer};
use crate::model::{CallStatus, Direction, Event, EventKind, SessionId, UssdMenu, VoiceAction};
use std::{convert::Infallible, fmt, str::FromStr};
use strum::{Display, IntoStaticStr, VariantArray};

/// What a listener listens for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "camelCase")]
pub enum Topic {
    /// Everything, before the listener of its kind; also what this version cannot read.
    Data,
    /// A reminder's time came.
    Reminder,
    /// A call began, moved on or asks for a plan.
    VoiceCall,
    /// A customer dialled or typed, and waits for a menu.
    UssdSession,
    /// A payment moved on.
    PaymentStatus,
    /// An outbound message moved on.
    MessageStatus,
    /// A customer wrote.
    ReceivedMessage,
    /// A customer paid on their own.
    ReceivedPayment,
    /// A payment of a wallet moved on.
    WalletPaymentStatus,
    /// A messaging session opened, was renewed or closed.
    MessagingSessionStatus,
    /// A customer opted in or out.
    MessagingConsentStatus,
}

impl Topic {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name in the contract, such as `receivedMessage`.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
    /// The topic of a notification; `None` for what this version cannot read, which only `data` gets.
    #[must_use]
    pub const fn of(event: &Event) -> Option<Self> {
        Some(match &event.kind {
            EventKind::ReminderFired(_) => Self::Reminder,
            EventKind::CallChanged { .. } => Self::VoiceCall,
            EventKind::UssdInput { .. } => Self::UssdSession,
            EventKind::PaymentStatusChanged { .. } => Self::PaymentStatus,
            EventKind::MessageStatusChanged { .. } => Self::MessageStatus,
            EventKind::MessageReceived { .. } => Self::ReceivedMessage,
            EventKind::PaymentReceived { .. } => Self::ReceivedPayment,
            EventKind::WalletPaymentChanged { .. } => Self::WalletPaymentStatus,
            EventKind::SessionChanged { .. } => Self::MessagingSessionStatus,
            EventKind::ConsentChanged(_) => Self::MessagingConsentStatus,
            _ => return None,
        })
    }
}

impl FromStr for Topic {
    type Err = Error;
    /// From its name in the contract; any other name is `Usage`.
    fn from_str(word: &str) -> Result<Self, Error> {
        Self::ALL.iter().copied().find(|topic| topic.word() == word).ok_or_else(|| {
            let all: Vec<_> = Self::ALL.iter().map(|topic| topic.word()).collect();
            let all = all.join(", ");
            Error::Usage(format!("there is no event {word:?}; there are {all}"))
        })
    }
}

impl TryFrom<&str> for Topic {
    type Error = Error;
    fn try_from(word: &str) -> Result<Self, Error> {
        word.parse()
    }
}

/// Lets `on` take a `Topic` where it also takes a name.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// What a listener gets.
#[derive(Clone, Debug)]
pub struct Notification {
    /// The topic that the listener was registered for.
    pub topic: Topic,
    /// The notification, as the event it tells of: `at` is when the hub recorded it, `number` and
    /// `channel` are there where the contract carries them (R-EVT-8).
    pub event: Event,
    /// The customer it concerns, with their state read just before (R-ORD-7); if that failed, with the id
    /// only (R-LSN-1). `None` for `data`, and where no customer is named.
    pub customer: Option<Customer>,
}

impl Notification {
    /// The USSD session or call that it belongs to.
    #[must_use]
    pub const fn session(&self) -> Option<&SessionId> {
        session(&self.event)
    }
}

/// The session of a prompt.
pub(super) const fn session(event: &Event) -> Option<&SessionId> {
    match &event.kind {
        EventKind::UssdInput { session, .. } | EventKind::CallChanged { session, .. } => {
            Some(session)
        }
        _ => None,
    }
}

/// Whether a call certainly waits for a plan (R-VOICE-1). The contract does not mark prompts; after
/// these an empty answer cannot hit a later one by mistake.
pub(super) const fn asks_for_plan(direction: Direction, status: CallStatus) -> bool {
    matches!(
        (direction, status),
        (Direction::Inbound, CallStatus::Ringing) | (Direction::Outbound, CallStatus::Answered)
    )
}

/// What listeners may return: nothing, a menu, a plan, an option or a result of these. Only what
/// `ussdSession` and `voiceCall` return is sent; an error is logged and counted.
pub trait IntoAnswer {
    /// The answer, or what went wrong.
    fn into_answer(self) -> Result<PromptAnswer, String>;
}

impl IntoAnswer for () {
    fn into_answer(self) -> Result<PromptAnswer, String> {
        Ok(PromptAnswer::Nothing)
    }
}
impl IntoAnswer for PromptAnswer {
    fn into_answer(self) -> Result<PromptAnswer, String> {
        Ok(self)
    }
}
impl IntoAnswer for UssdMenu {
    fn into_answer(self) -> Result<PromptAnswer, String> {
        Ok(PromptAnswer::Menu(self))
    }
}
impl IntoAnswer for Vec<VoiceAction> {
    fn into_answer(self) -> Result<PromptAnswer, String> {
        Ok(PromptAnswer::Plan(self))
    }
}
impl<T: IntoAnswer> IntoAnswer for Option<T> {
    fn into_answer(self) -> Result<PromptAnswer, String> {
        self.map_or(Ok(PromptAnswer::Nothing), T::into_answer)
    }
}
impl<T: IntoAnswer, E: fmt::Display> IntoAnswer for Result<T, E> {
    fn into_answer(self) -> Result<PromptAnswer, String> {
        self.map_err(|error| error.to_string())?.into_answer()
    }
}

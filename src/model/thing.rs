//! What several events tell of together: a message, a payment, a call or a USSD session. An agent wants
//! to see it once and as it stands now, and not each report about it.

use super::{
    carriage::CarriageStep,
    event::{Event, EventKind},
    id::{MessageId, SessionId, TransactionId},
    status::{CallStatus, HangupCause, MessageStatus, PaymentStatus, Tone, UssdEnd},
};

/// What an event is about, if other events can be about the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thing<'a> {
    /// A message to a customer. One from a customer has no course, so it stands for itself.
    Message(&'a MessageId),
    Payment(&'a TransactionId),
    /// A call or a USSD session.
    Session(&'a SessionId),
}

/// How far a message has come on its way to a real network, after a step (R-CARRY-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnTheWay {
    HandedOver,
    /// The network has it.
    Accepted,
    Refused,
    /// The network did not take it yet, so it waits.
    Returned,
    /// Nobody knows whether the network has it.
    Unknown,
    /// Somebody decided that it goes once more, so it waits.
    Again,
    /// Somebody decided that it is held to have arrived.
    Left,
}

impl From<&CarriageStep> for OnTheWay {
    fn from(step: &CarriageStep) -> Self {
        match step {
            CarriageStep::HandedOver => Self::HandedOver,
            CarriageStep::Accepted { .. } => Self::Accepted,
            CarriageStep::Refused { .. } => Self::Refused,
            CarriageStep::Returned { .. } => Self::Returned,
            CarriageStep::Unknown { .. } => Self::Unknown,
            CarriageStep::Again => Self::Again,
            CarriageStep::Left => Self::Left,
        }
    }
}

impl OnTheWay {
    const fn words(self) -> &'static str {
        match self {
            Self::HandedOver => "handed to the network",
            Self::Accepted => "the network has it",
            Self::Refused => "the network refused it",
            Self::Returned => "waits for the network",
            Self::Unknown => "outcome unknown",
            Self::Again => "waits for the network to go once more",
            Self::Left => "held to have arrived",
        }
    }
    const fn tone(self) -> Tone {
        match self {
            Self::HandedOver | Self::Accepted | Self::Returned | Self::Again => Tone::Pending,
            Self::Refused | Self::Unknown => Tone::Bad,
            Self::Left => Tone::Plain,
        }
    }
}

/// How a thing stands after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Message(MessageStatus),
    /// A message that is on its way to a real network, which has not reported on it.
    OnTheWay(OnTheWay),
    Payment(PaymentStatus),
    /// A USSD phone waits for a menu.
    WantsMenu,
    /// A menu is on the phone, and the customer has not answered it yet.
    MenuShown,
    UssdOver(UssdEnd),
    /// A call waits to be told what it does next.
    WantsPlan(CallStatus),
    /// A call was told what it does next.
    Planned,
    /// Nobody told a call in time what it does next.
    NoPlan,
    Call(CallStatus, HangupCause),
}

impl Standing {
    /// How a thing stands that stood like this before the next event. What happens on the way to a network says
    /// nothing any more once it is known what became of the message.
    #[must_use]
    pub const fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Message(status), Self::OnTheWay(_))
                if !matches!(status, MessageStatus::Sent) =>
            {
                self
            }
            _ => next,
        }
    }
    /// Whether it is unknown what became of it, and a person has to decide (R-CARRY-18). Whatever happens next ends
    /// that, and it is a failure no longer.
    #[must_use]
    pub const fn is_doubt(self) -> bool {
        matches!(self, Self::OnTheWay(OnTheWay::Unknown))
    }
    /// Whether it is good or bad news for an agent.
    #[must_use]
    pub const fn tone(self) -> Tone {
        match self {
            Self::Message(status) => status.tone(),
            Self::OnTheWay(way) => way.tone(),
            Self::Payment(status) => status.tone(),
            Self::UssdOver(end) => end.tone(),
            Self::WantsMenu | Self::MenuShown | Self::WantsPlan(_) | Self::Planned => Tone::Pending,
            Self::NoPlan => Tone::Bad,
            Self::Call(status, cause) => match cause.tone() {
                Tone::Bad => Tone::Bad,
                Tone::Pending | Tone::Good | Tone::Plain => status.tone(),
            },
        }
    }
    /// What it means, in words for an agent.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Message(status) => status.words().into(),
            Self::OnTheWay(way) => way.words().into(),
            Self::Payment(status) => status.words().into(),
            Self::WantsMenu => "wants a menu".into(),
            Self::MenuShown => "reads a menu".into(),
            Self::UssdOver(end) => end.words().into(),
            Self::WantsPlan(status) => format!("{}, wants a plan", status.words()),
            Self::Planned => "follows its plan".into(),
            Self::NoPlan => "nobody said what to do in time".into(),
            Self::Call(status, HangupCause::Unspecified) => status.words().into(),
            Self::Call(status, cause) => format!("{}, {}", status.words(), cause.words()),
        }
    }
    /// The status code that the contract has for it; `None` where it has none.
    #[must_use]
    pub const fn code(self) -> Option<i32> {
        match self {
            Self::Message(status) => Some(status.code()),
            Self::OnTheWay(_) => Some(MessageStatus::Sent.code()),
            Self::Payment(status) => Some(status.code()),
            Self::WantsPlan(status) | Self::Call(status, _) => Some(status.code()),
            Self::WantsMenu
            | Self::MenuShown
            | Self::UssdOver(_)
            | Self::Planned
            | Self::NoPlan => None,
        }
    }
    /// Whether the customer waits on the line for an answer of an app or agent.
    #[must_use]
    pub const fn waits(self) -> bool {
        matches!(self, Self::WantsMenu | Self::WantsPlan(_))
    }
    /// The state in four letters at most, for a narrow column; empty if there is nothing to say.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Message(MessageStatus::Read) => "read",
            Self::WantsMenu | Self::WantsPlan(_) => "wait",
            Self::OnTheWay(OnTheWay::Unknown) => "??",
            Self::Message(_)
            | Self::OnTheWay(_)
            | Self::Payment(_)
            | Self::MenuShown
            | Self::UssdOver(_)
            | Self::Planned
            | Self::NoPlan
            | Self::Call(..) => self.tone().sign(),
        }
    }
}

/// What part an event has in what customers and the org say and do to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventPart<'a> {
    /// It stands for itself: a message of a customer, a consent, a reminder that came due.
    Word,
    /// It only changes a record: a tag, a lease, work by tag.
    Record,
    /// It tells of a thing.
    Of {
        thing: Thing<'a>,
        /// How the thing stands after it.
        now: Standing,
        /// Whether it is what was said or done, which can stand for the whole thing. A report is not.
        leads: bool,
    },
}

impl EventKind {
    /// What part it has in what customers and the org say and do to each other.
    #[must_use]
    pub fn part(&self) -> EventPart<'_> {
        let message = |id, status, leads| EventPart::Of {
            thing: Thing::Message(id),
            now: Standing::Message(status),
            leads,
        };
        let payment = |id, status, leads| EventPart::Of {
            thing: Thing::Payment(id),
            now: Standing::Payment(status),
            leads,
        };
        let session = |id, now, leads| EventPart::Of { thing: Thing::Session(id), now, leads };
        match self {
            Self::MessageSent { id, status, .. } => message(id, *status, true),
            Self::MessageStatusChanged { id, status } => message(id, *status, false),
            Self::MessageCarried { id, step, .. } => EventPart::Of {
                thing: Thing::Message(id),
                now: Standing::OnTheWay(step.into()),
                leads: false,
            },
            Self::PaymentStarted { id, status, .. } | Self::PaymentReceived { id, status, .. } => {
                payment(id, *status, true)
            }
            Self::WalletPaymentChanged { id, status, .. }
            | Self::PaymentStatusChanged { id, status, .. } => payment(id, *status, false),
            Self::UssdInput { session: id, .. } => session(id, Standing::WantsMenu, true),
            Self::UssdMenuShown { session: id, .. } => session(id, Standing::MenuShown, true),
            Self::UssdEnded { session: id, end } => session(id, Standing::UssdOver(*end), false),
            Self::CallChanged { session: id, hop, .. } if hop.prompt && !hop.status.is_final() => {
                session(id, Standing::WantsPlan(hop.status), true)
            }
            Self::CallChanged { session: id, hop, .. } => {
                session(id, Standing::Call(hop.status, hop.cause), true)
            }
            Self::CallPlanned { session: id, .. } => session(id, Standing::Planned, true),
            Self::PromptMissed { session: id } => session(id, Standing::NoPlan, false),
            Self::MessageReceived { .. }
            | Self::MessageScheduled { .. }
            | Self::ScheduledCancelled { .. }
            | Self::CarrierLinkChanged { .. }
            | Self::LogPruned { .. }
            | Self::CarrierPauseChanged { .. }
            | Self::ConsentChanged(_)
            | Self::ConsentRequested { .. }
            | Self::ConsentLapsed
            | Self::PaymentContradicted { .. }
            | Self::PurseFunded { .. }
            | Self::ReminderFired(_)
            | Self::NoAnswerNeeded { .. } => EventPart::Word,
            Self::CustomerMet
            | Self::TagsUpdated(_)
            | Self::TagsDeleted(_)
            | Self::MetadataUpdated { .. }
            | Self::MetadataDeleted(_)
            | Self::SecondaryIdsUpdated(_)
            | Self::SecondaryIdsDeleted(_)
            | Self::SessionChanged { .. }
            | Self::EntriesExpired { .. }
            | Self::CustomerAdopted { .. }
            | Self::CustomerReplaced { .. }
            | Self::ReminderAdded(_)
            | Self::ReminderCancelled { .. }
            | Self::LeaseGranted(_)
            | Self::LeaseEnded { .. }
            | Self::WorkAdded(_)
            | Self::WorkStarted { .. }
            | Self::WorkAdvanced { .. }
            | Self::WorkChanged { .. }
            | Self::ClockMoved { .. }
            | Self::NotificationsDropped { .. }
            | Self::Unreadable => EventPart::Record,
        }
    }
    /// The session in which an app has to answer because of this event, and what the customer typed
    /// or pressed (R-VOICE-1). `None` if nobody has to answer.
    #[must_use]
    pub fn prompt(&self) -> Option<(&SessionId, &str)> {
        match self {
            Self::UssdInput { session, input, .. } => Some((session, input)),
            Self::CallChanged { session, hop, .. } if hop.prompt => {
                Some((session, hop.digits.as_deref().unwrap_or_default()))
            }
            Self::CustomerMet
            | Self::TagsUpdated(_)
            | Self::TagsDeleted(_)
            | Self::MetadataUpdated { .. }
            | Self::MetadataDeleted(_)
            | Self::SecondaryIdsUpdated(_)
            | Self::SecondaryIdsDeleted(_)
            | Self::EntriesExpired { .. }
            | Self::MessageSent { .. }
            | Self::MessageReceived { .. }
            | Self::MessageStatusChanged { .. }
            | Self::MessageScheduled { .. }
            | Self::ScheduledCancelled { .. }
            | Self::MessageCarried { .. }
            | Self::CarrierLinkChanged { .. }
            | Self::LogPruned { .. }
            | Self::CarrierPauseChanged { .. }
            | Self::SessionChanged { .. }
            | Self::ConsentChanged(_)
            | Self::ConsentRequested { .. }
            | Self::ConsentLapsed
            | Self::UssdMenuShown { .. }
            | Self::UssdEnded { .. }
            | Self::CallChanged { .. }
            | Self::CallPlanned { .. }
            | Self::PromptMissed { .. }
            | Self::PaymentReceived { .. }
            | Self::PaymentStarted { .. }
            | Self::PaymentStatusChanged { .. }
            | Self::WalletPaymentChanged { .. }
            | Self::PaymentContradicted { .. }
            | Self::PurseFunded { .. }
            | Self::CustomerAdopted { .. }
            | Self::CustomerReplaced { .. }
            | Self::ReminderAdded(_)
            | Self::ReminderCancelled { .. }
            | Self::ReminderFired(_)
            | Self::LeaseGranted(_)
            | Self::LeaseEnded { .. }
            | Self::WorkAdded(_)
            | Self::WorkStarted { .. }
            | Self::WorkAdvanced { .. }
            | Self::WorkChanged { .. }
            | Self::NoAnswerNeeded { .. }
            | Self::ClockMoved { .. }
            | Self::NotificationsDropped { .. }
            | Self::Unreadable => None,
        }
    }
}

impl Event {
    /// What was said or done, without what became of it: the sentence of the row that stands for a
    /// thing, whose state is told beside it.
    #[must_use]
    pub fn content(&self) -> String {
        if let EventKind::MessageSent { body, .. } = &self.kind {
            body.summary()
        } else if let EventKind::PaymentStarted { debit, credit, value, .. } = &self.kind {
            format!("{value} from {} to {}", debit.summary(), credit.summary())
        } else if let EventKind::PaymentReceived { value, purse, .. } = &self.kind {
            purse
                .as_ref()
                .map_or_else(|| value.to_string(), |purse| format!("{value} into {purse}"))
        } else if let (EventKind::UssdInput { dial: true, input, .. }, Some(channel)) =
            (&self.kind, &self.channel)
            && input.is_empty()
        {
            format!("dialled {}", channel.number)
        } else {
            self.sentence()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CallHop, Direction, UssdMenu, arbitrary};
    use proptest::prelude::*;
    use std::time::Duration;

    fn standing(kind: &EventKind) -> Option<Standing> {
        match kind.part() {
            EventPart::Of { now, .. } => Some(now),
            EventPart::Word | EventPart::Record => None,
        }
    }

    #[test]
    fn a_session_that_waits_is_called_what_it_is() {
        let session = || "el_ses_1".into();
        let dial = EventKind::UssdInput { session: session(), input: "*385#".into(), dial: true };
        assert_eq!(standing(&dial).map(|now| (now.words(), now.sign())), {
            Some(("wants a menu".to_owned(), "wait"))
        });
        let menu = EventKind::UssdMenuShown { session: session(), menu: UssdMenu::default() };
        assert!(standing(&menu).is_some_and(|now| !now.waits() && now.sign() == ".."));
        let hop = CallHop { status: CallStatus::Ringing, prompt: true, ..CallHop::default() };
        let call = EventKind::CallChanged {
            session: session(),
            direction: Direction::Inbound,
            hop,
            duration: Duration::ZERO,
            cost: None,
        };
        let now = standing(&call).expect("a call stands somehow");
        assert_eq!((now.words().as_str(), now.waits()), ("ringing, wants a plan", true));
    }

    proptest! {
        /// A row of a thing must not be calmer than the event that it stands for.
        #[test]
        fn how_a_thing_stands_is_as_good_or_bad_as_its_event(event in arbitrary::event()) {
            if let Some(now) = standing(&event.kind) {
                let prompt = now.waits() || now == Standing::MenuShown || now == Standing::Planned;
                prop_assert!(prompt || now.tone() == event.tone(), "{now:?} {event:?}");
                prop_assert!(now.sign().len() <= 4 && !now.words().is_empty());
            } else {
                prop_assert!(event.tone() != Tone::Pending, "nothing ends it: {event:?}");
            }
        }
    }
}

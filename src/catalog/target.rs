//! Whom a command is for, fixed when its form opens (H2): events that arrive later never change it.

use crate::model::{
    ChannelNumber, CustomerId, CustomerNumber, CustomerRef, CustomerState, Direction, Event,
    EventKind, Message, MessageId, SessionId, Timestamp, UssdSession, VoiceCall, Work, WorkId,
    limits::PROMPT_WINDOW,
};
use serde::{Deserialize, Serialize};

/// Whom a command is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The customer; `None` only in headless use, where a number may be all there is.
    pub customer: Option<CustomerId>,
    /// What they are called; raw, may be empty.
    pub name: String,
    /// Their numbers: the choices. The first is the default.
    pub numbers: Vec<CustomerNumber>,
    /// The org's number the conversation is on: the default.
    pub channel: Option<ChannelNumber>,
    /// The message being answered.
    pub reply_to: Option<Quoted>,
    /// The USSD session or call being answered.
    #[serde(default)]
    pub session: Option<LockedSession>,
    /// The work by tag being steered.
    #[serde(default)]
    pub work: Option<WorkId>,
    /// The keys of their reminders: suggestions.
    #[serde(default)]
    pub reminders: Vec<String>,
}

/// A live USSD session or call that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedSession {
    /// Its id.
    pub id: SessionId,
    /// The org's number it is on.
    pub channel: ChannelNumber,
    /// Who waits.
    pub number: CustomerNumber,
    /// What they typed or pressed last; raw, may be empty.
    pub said: String,
    /// When the answer is too late (R-HOOK-1); `None` if that is not known.
    pub deadline: Option<Timestamp>,
}

/// A message that is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    /// Its id.
    pub id: MessageId,
    /// The number it came from.
    pub number: CustomerNumber,
    /// The org's number it came to: where the answer goes out.
    pub channel: ChannelNumber,
    /// What it says; raw.
    pub text: String,
    /// When it came.
    pub at: Timestamp,
}

impl Target {
    /// A customer, with the number and channel to begin with, if known.
    #[must_use]
    pub fn of(
        customer: &CustomerState,
        number: Option<&CustomerNumber>,
        channel: Option<&ChannelNumber>,
    ) -> Self {
        let mut numbers: Vec<_> = number.cloned().into_iter().collect();
        numbers.extend(customer.numbers.iter().filter(|n| Some(*n) != number).cloned());
        Self {
            customer: Some(customer.id.clone()),
            name: customer.name().unwrap_or_default().to_owned(),
            numbers,
            channel: channel.cloned(),
            reminders: keys(customer),
            ..Self::default()
        }
    }
    /// Answering a USSD session of theirs.
    #[must_use]
    pub fn of_ussd(customer: &CustomerState, session: &UssdSession) -> Self {
        let asked = session.hops.last().filter(|hop| hop.menu.is_none());
        Self {
            session: Some(LockedSession {
                id: session.id.clone(),
                channel: session.channel.clone(),
                number: session.number.clone(),
                said: asked.map(|hop| hop.input.clone()).unwrap_or_default(),
                deadline: asked.map(|hop| hop.at.after(PROMPT_WINDOW)),
            }),
            ..Self::of(customer, Some(&session.number), None)
        }
    }
    /// Answering a call with them.
    #[must_use]
    pub fn of_call(customer: &CustomerState, call: &VoiceCall) -> Self {
        let asked = call.hops.iter().rev().find(|hop| hop.prompt || hop.answered);
        let asked = asked.filter(|hop| !hop.answered);
        Self {
            session: Some(LockedSession {
                id: call.id.clone(),
                channel: call.channel.clone(),
                number: call.number.clone(),
                said: asked.and_then(|hop| hop.digits.clone()).unwrap_or_default(),
                deadline: asked.map(|hop| hop.at.after(PROMPT_WINDOW)),
            }),
            ..Self::of(customer, Some(&call.number), None)
        }
    }
    /// Steering a work by tag.
    #[must_use]
    pub fn of_work(work: &Work) -> Self {
        Self { work: Some(work.id.clone()), ..Self::default() }
    }
    /// The customer an event touched, as far as the event says. `None`: it touched nobody.
    #[must_use]
    pub fn of_event(event: &Event) -> Option<Self> {
        let reply_to = match (&event.kind, &event.number, &event.channel) {
            (EventKind::MessageReceived { id, body }, Some(number), Some(channel)) => {
                Some(Quoted {
                    id: id.clone(),
                    number: number.clone(),
                    channel: channel.clone(),
                    text: body.summary(),
                    at: event.at,
                })
            }
            _ => None,
        };
        Some(Self {
            customer: Some(event.customer.clone()?),
            name: event.name.clone().unwrap_or_default(),
            numbers: event.number.clone().into_iter().collect(),
            channel: event.channel.clone().filter(|c| c.channel.is_messaging()),
            reply_to,
            session: prompt(event),
            ..Self::default()
        })
    }
    /// Answering a message of theirs.
    #[must_use]
    pub fn of_message(customer: &CustomerState, message: &Message) -> Self {
        let mut target = Self::of(customer, Some(&message.number), Some(&message.channel));
        target.reply_to = (message.direction == Direction::Inbound).then(|| Quoted {
            id: message.id.clone(),
            number: message.number.clone(),
            channel: message.channel.clone(),
            text: message.body.summary(),
            at: message.created_at,
        });
        target
    }
    /// Adds the other numbers of the same customer, when more is known than the event said.
    #[must_use]
    pub fn completed(mut self, customer: &CustomerState) -> Self {
        if self.customer.as_ref() == Some(&customer.id) {
            for number in &customer.numbers {
                if !self.numbers.contains(number) {
                    self.numbers.push(number.clone());
                }
            }
            if self.name.is_empty() {
                customer.name().unwrap_or_default().clone_into(&mut self.name);
            }
            self.reminders = keys(customer);
        }
        self
    }
    /// How a request names the customer: by id, else by the first number.
    #[must_use]
    pub fn customer_ref(&self) -> Option<CustomerRef> {
        match &self.customer {
            Some(id) => Some(CustomerRef::Id(id.clone())),
            None => self.numbers.first().cloned().map(CustomerRef::Number),
        }
    }
    /// Whether both are for the same customer, or both for none; and for the same work.
    #[must_use]
    pub fn same_customer(&self, other: &Self) -> bool {
        self.customer_ref() == other.customer_ref() && self.work == other.work
    }
}

/// The keys of a customer's reminders; two apps may use the same one.
fn keys(customer: &CustomerState) -> Vec<String> {
    let mut all: Vec<_> = customer.reminders.iter().map(|reminder| reminder.key.clone()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The session whose prompt an event is.
fn prompt(event: &Event) -> Option<LockedSession> {
    let (id, said) = event.kind.prompt()?;
    Some(LockedSession {
        id: id.clone(),
        channel: event.channel.clone()?,
        number: event.number.clone()?,
        said: said.to_owned(),
        deadline: Some(event.at.after(PROMPT_WINDOW)),
    })
}

//! Whom a command is for. It is fixed when a form opens, and events that arrive later never change
//! it, so that a message cannot go to whoever was selected meanwhile (R-CONSOLE-2).
//!
//! Targets are stored in drafts: new fields need `#[serde(default)]`.

use crate::model::{
    ChannelNumber, CustomerId, CustomerNumber, CustomerRef, CustomerState, Direction, Event,
    EventKind, Hello, ListedWaiting, LivePrompt, Message, MessageId, SessionId, Timestamp,
    Unanswered, UnknownMessage, UssdSession, VoiceCall, Work, WorkId, limits::UNANSWERED_CHARS,
    when::CustomerZone,
};
use serde::{Deserialize, Serialize};

/// Whom a command is for, and what of theirs it answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// `None` only on the command line, where a number may be all that is known.
    pub customer: Option<CustomerId>,
    /// The customer's name, as it came from outside; empty if there is none.
    pub name: String,
    /// The customer's numbers, which a form offers. The first is the default.
    pub numbers: Vec<CustomerNumber>,
    /// The org's number that the conversation is on, which is the default of a form.
    pub channel: Option<ChannelNumber>,
    /// The message that is answered.
    pub reply_to: Option<Quoted>,
    /// The USSD session or call that is answered.
    #[serde(default)]
    pub session: Option<LockedSession>,
    /// The work by tag that is paused, resumed or cancelled.
    #[serde(default)]
    pub work: Option<WorkId>,
    /// The name of the time zone that an app says the customer is in.
    #[serde(default)]
    pub timezone: Option<String>,
    /// The keys of the customer's reminders, which a form suggests.
    #[serde(default)]
    pub reminders: Vec<String>,
}

/// A live USSD session or call that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedSession {
    pub id: SessionId,
    /// The org's number it is on. On the command line it is unspecified, because only the hub knows.
    pub channel: ChannelNumber,
    /// The number of the customer who waits.
    pub number: CustomerNumber,
    /// What the customer typed or pressed last, as it came from outside; may be empty.
    pub said: String,
    /// After this an answer is too late (R-HOOK-1); `None` if that is not known.
    pub deadline: Option<Timestamp>,
}

/// A message that is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    pub id: MessageId,
    /// The customer's number that it came from.
    pub number: CustomerNumber,
    /// The org's number that it came to, from which the answer goes out.
    pub channel: ChannelNumber,
    /// What it says, as it came from outside. While only its beginning is known, it ends with `…`.
    pub text: String,
    pub at: Timestamp,
}

/// What stands where a text may go on that is not known.
const CUT: char = '…';

impl Quoted {
    /// Takes in what the message says as a whole, where only its beginning was known.
    pub fn complete(&mut self, customer: &CustomerState) {
        let beginning = self.text.strip_suffix(CUT).unwrap_or(&self.text);
        let whole = customer.message(&self.id).map(|message| message.body.summary());
        if let Some(whole) = whole.filter(|whole| whole.starts_with(beginning)) {
            self.text = whole;
        }
    }
}

impl Target {
    /// Targets a customer. The number becomes the first of the choices and the channel the default.
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
            timezone: customer.timezone().map(str::to_owned),
            reminders: keys(customer),
            ..Self::default()
        }
    }
    /// Targets a USSD session of the customer, which waits for a menu. The hub has said for how long.
    #[must_use]
    pub fn of_ussd(customer: &CustomerState, session: &UssdSession, hello: &Hello) -> Self {
        let within = hello.answer_within(&session.channel);
        let asked = session.hops.last().filter(|hop| hop.menu.is_none());
        Self {
            session: Some(LockedSession {
                id: session.id.clone(),
                channel: session.channel.clone(),
                number: session.number.clone(),
                said: asked.map(|hop| hop.input.clone()).unwrap_or_default(),
                deadline: asked.map(|hop| hop.at.after(within)),
            }),
            ..Self::of(customer, Some(&session.number), None)
        }
    }
    /// Targets a call with the customer, which waits for a plan. The hub has said for how long.
    #[must_use]
    pub fn of_call(customer: &CustomerState, call: &VoiceCall, hello: &Hello) -> Self {
        let within = hello.answer_within(&call.channel);
        let asked = call.hops.iter().rev().find(|hop| hop.prompt || hop.answered);
        let asked = asked.filter(|hop| !hop.answered);
        Self {
            session: Some(LockedSession {
                id: call.id.clone(),
                channel: call.channel.clone(),
                number: call.number.clone(),
                said: asked.and_then(|hop| hop.digits.clone()).unwrap_or_default(),
                deadline: asked.map(|hop| hop.at.after(within)),
            }),
            ..Self::of(customer, Some(&call.number), None)
        }
    }
    /// Targets a customer who waits for an answer, with what they wrote last as the message to answer.
    #[must_use]
    pub fn of_waiting(waiting: &ListedWaiting) -> Self {
        let Unanswered { last, last_at, number, channel, text, .. } = waiting.unanswered.clone();
        // A text as long as the longest excerpt may go on (R-WAIT-3).
        let is_cut = text.chars().count() >= UNANSWERED_CHARS;
        let text = if is_cut { format!("{text}{CUT}") } else { text };
        Self {
            customer: Some(waiting.customer.clone()),
            name: waiting.name.clone(),
            numbers: vec![number.clone()],
            channel: Some(channel.clone()),
            reply_to: Some(Quoted { id: last, number, channel, text, at: last_at }),
            ..Self::default()
        }
    }
    /// Targets a customer on the line, with the session or call that waits.
    #[must_use]
    pub fn of_prompt(prompt: &LivePrompt) -> Self {
        let LivePrompt { customer, name, number, channel, session, said, answer_by, .. } = prompt;
        Self {
            customer: Some(customer.clone()),
            name: name.clone(),
            numbers: vec![number.clone()],
            session: Some(LockedSession {
                id: session.clone(),
                channel: channel.clone(),
                number: number.clone(),
                said: said.clone(),
                deadline: Some(*answer_by),
            }),
            ..Self::default()
        }
    }
    /// Targets a customer with their last message that nobody has answered; `None` if there is none.
    #[must_use]
    pub fn of_unanswered(customer: &CustomerState) -> Option<Self> {
        let unanswered = customer.unanswered.clone()?;
        let name = customer.name().unwrap_or_default().to_owned();
        let waiting =
            ListedWaiting { customer: customer.id.clone(), name, unanswered, window_ends: None };
        let mut target = Self::of_waiting(&waiting).completed(customer);
        // The hub keeps the beginning of the text only.
        let quoted = target.reply_to.as_mut();
        if let Some((quoted, message)) =
            quoted.and_then(|q| customer.message(&q.id).map(|m| (q, m)))
        {
            quoted.text = message.body.summary();
        }
        Some(target)
    }
    /// Targets whom a message of unknown outcome was sent to.
    #[must_use]
    pub fn of_unknown(listed: &UnknownMessage) -> Self {
        Self {
            customer: Some(listed.customer.clone()),
            name: listed.name.clone(),
            numbers: vec![listed.number.clone()],
            channel: Some(listed.channel.clone()),
            ..Self::default()
        }
    }
    /// Targets a work by tag.
    #[must_use]
    pub fn of_work(work: &Work) -> Self {
        Self { work: Some(work.id.clone()), ..Self::default() }
    }
    /// Targets the customer of an event, as far as the event says, with what waits for an answer in it; `None` if it
    /// is about nobody.
    #[must_use]
    pub fn of_event(event: &Event, hello: &Hello) -> Option<Self> {
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
            session: prompt(event, hello),
            ..Self::default()
        })
    }
    /// Targets a message of the customer. A message of ours cannot be answered and is left out.
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
    /// Adds the customer's other numbers, name and reminders, once more is known than an event said.
    /// The state of another customer changes nothing.
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
            self.timezone = customer.timezone().map(str::to_owned);
            self.reminders = keys(customer);
        }
        self
    }
    /// The time zone of the customer, as far as that is known.
    #[must_use]
    pub fn zone(&self) -> Option<CustomerZone> {
        CustomerZone::of(self.timezone.as_deref(), &self.numbers)
    }
    /// How a request names the customer: by id, else by the first number; `None` if there is neither.
    #[must_use]
    pub fn customer_ref(&self) -> Option<CustomerRef> {
        match &self.customer {
            Some(id) => Some(CustomerRef::Id(id.clone())),
            None => self.numbers.first().cloned().map(CustomerRef::Number),
        }
    }
    /// Whether both are for the same customer (or both for none) and for the same work.
    #[must_use]
    pub fn same_customer(&self, other: &Self) -> bool {
        self.customer_ref() == other.customer_ref() && self.work == other.work
    }
}

/// The keys of a customer's reminders. Two apps may use the same key, so each is listed once.
fn keys(customer: &CustomerState) -> Vec<String> {
    let mut all: Vec<_> = customer.reminders.iter().map(|reminder| reminder.key.clone()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The session that an event asks to answer, if it is such an event.
fn prompt(event: &Event, hello: &Hello) -> Option<LockedSession> {
    let (id, said) = event.kind.prompt()?;
    let channel = event.channel.clone()?;
    Some(LockedSession {
        id: id.clone(),
        number: event.number.clone()?,
        said: said.to_owned(),
        deadline: Some(event.at.after(hello.answer_within(&channel))),
        channel,
    })
}

//! What clients, customers and networks ask at random. Every text is written once, so that whatever was done twice shows.

use super::{
    machine::Chance,
    stage::{self, FLOAT, PEOPLE, person},
};
use crate::{
    model::{
        Actor, AppId, Body, CallHop, CallStatus, Caller, ChannelNumber, Command, ConsentAction,
        Currency, CustomerCommand as C, CustomerId, CustomerNumber, CustomerRef, CustomerState,
        DataValue, Message, MessageStatus, Money, NetworkCommand as N, PaymentParty, PaymentStatus,
        Reminder, SecondaryId, Tag, TagMessage, TagPair, Timestamp, UssdEnd, UssdMenu, VoiceAction,
        WorkState,
    },
    rules::World,
};
use std::{sync::Arc, time::Duration};

/// The next command of somebody.
pub struct Crowd<'a> {
    /// What is known by now.
    pub world: &'a World,
    pub now: Timestamp,
    pub chance: &'a Chance,
    /// The number of this command, which stands in its text.
    pub nr: usize,
}

/// The text of a command.
pub fn text(nr: usize) -> String {
    format!("text {nr}")
}

impl Crowd<'_> {
    /// Who asks: a person or a program, for one of the apps or for none.
    pub fn caller(&self) -> Caller {
        let app = ["first", "second", ""].get(self.chance.below(3)).copied().unwrap_or_default();
        let app = (!app.is_empty()).then(|| AppId::from(app));
        let label = format!("key {}", self.chance.below(3));
        let actor = if self.chance.percent(50) { Actor::Key(label) } else { Actor::Program(label) };
        Caller { app, actor }
    }

    pub fn command(&self) -> Command {
        match self.chance.below(100) {
            0..12 => self.written().into(),
            12..34 => self.message(),
            34..44 => self.data().into(),
            44..50 => self.lease().into(),
            50..59 => self.reminder().into(),
            59..63 => self.by_tag().into(),
            63..81 => self.money(),
            81..85 => self.consent(),
            85..93 => self.talk(),
            93..95 => self.adoption().into(),
            95 => N::MoveClock { by: self.chance.seconds(7_200) }.into(),
            96 => {
                C::PauseCarrier { carrier: stage::HOLD.into(), is_paused: self.chance.percent(30) }
                    .into()
            }
            _ => C::PauseCarrier { carrier: stage::REPEAT.into(), is_paused: false }.into(),
        }
    }

    fn number(&self) -> CustomerNumber {
        person(self.chance.below(PEOPLE))
    }
    fn customers(&self) -> Vec<Arc<CustomerState>> {
        self.world.customers().collect()
    }
    fn customer(&self) -> Option<Arc<CustomerState>> {
        self.chance.one(&self.customers()).cloned()
    }
    fn id(&self) -> CustomerId {
        self.customer().map(|customer| customer.id.clone()).unwrap_or_default()
    }
    fn whom(&self) -> CustomerRef {
        if self.chance.percent(50) {
            CustomerRef::Number(self.number())
        } else {
            CustomerRef::Id(self.id())
        }
    }
    fn line(&self) -> ChannelNumber {
        match self.chance.below(10) {
            0..5 => stage::sms(),
            5..9 => stage::other_sms(),
            _ => stage::whatsapp(),
        }
    }
    fn body(&self) -> Body {
        Body::text(text(self.nr))
    }
    fn some_message(&self) -> Option<(CustomerId, Arc<Message>)> {
        let customer = self.customer()?;
        let messages: Vec<_> = customer.messages.iter().cloned().collect();
        let newest = messages.get(messages.len().saturating_sub(8)..)?;
        Some((customer.id.clone(), self.chance.one(newest).cloned()?))
    }
    fn soon(&self) -> Timestamp {
        self.now.after(self.chance.seconds(5_000)).before(Duration::from_mins(10))
    }

    /// What customers write, a word now and then by which they opt out or come back.
    fn written(&self) -> N {
        let body = match self.chance.below(12) {
            0 | 1 => Body::text("STOP"),
            2 => Body::text("START"),
            _ => self.body(),
        };
        N::ReceiveMessage { from: self.number(), to: self.line(), body }
    }

    fn message(&self) -> Command {
        let (to, from, body, seen) = (self.number(), self.line(), self.body(), None);
        let some = self.some_message();
        match self.chance.below(20) {
            0..12 => C::SendMessage { to, from, body, seen }.into(),
            12 | 13 => {
                let (customer, message) = some.map(|(c, m)| (c, m.id.clone())).unwrap_or_default();
                C::ReplyToMessage { customer, message, body, seen }.into()
            }
            14 | 15 => {
                let at = self.soon();
                C::ScheduleMessage { to, from, body, at, in_reply_to: None, seen }.into()
            }
            16 => {
                let customers = self.customers();
                let kept = customers.iter().flat_map(|customer| {
                    customer.scheduled.iter().map(|kept| (customer.id.clone(), kept.id.clone()))
                });
                let kept: Vec<_> = kept.collect();
                let (customer, message) = self.chance.one(&kept).cloned().unwrap_or_default();
                C::CancelScheduled { customer: CustomerRef::Id(customer), message }.into()
            }
            17 => C::NoAnswerNeeded { customer: self.whom(), up_to: None }.into(),
            18 => {
                let (unknown, _) = self.world.unknown(5);
                let message = self.chance.one(&unknown).map(|unknown| unknown.message.clone());
                let message = message.unwrap_or_default();
                let again = self.chance.percent(50);
                C::DecideUnknown { message, again, attempt: None }.into()
            }
            _ => {
                let message = some.map(|(_, message)| message.id.clone()).unwrap_or_default();
                N::ReportMessage { message, status: MessageStatus::Delivered }.into()
            }
        }
    }

    fn data(&self) -> C {
        let customer = self.whom();
        let key = format!("key {}", self.chance.below(3));
        match self.chance.below(8) {
            0..3 => {
                let value = if self.chance.percent(70) { "gold" } else { "silver" }.to_owned();
                let expires_at = self.chance.percent(30).then(|| self.soon());
                let tags = vec![Tag { key: "tier".into(), value, expires_at }];
                C::UpdateTags { customer, tags }
            }
            3 => C::DeleteTags { customer, keys: vec!["tier".into()] },
            4 | 5 => {
                let values = vec![(key, DataValue::Text(text(self.nr)))];
                C::UpdateMetadata { customer, values }
            }
            6 => C::DeleteMetadata { customer, keys: vec![key] },
            _ => {
                let value = self.chance.below(5).to_string();
                let ids = vec![(SecondaryId { key: "badge".into(), value }, None)];
                C::UpdateSecondaryIds { customer, ids }
            }
        }
    }

    fn lease(&self) -> C {
        let key = format!("key {}", self.chance.below(2));
        C::LeaseMetadata { customer: CustomerRef::Number(person(0)), key }
    }

    fn reminder(&self) -> C {
        let key = format!("key {}", self.chance.below(2));
        let interval = self.chance.percent(30).then(|| Duration::from_mins(15));
        let reminder = Reminder {
            app: "first".into(),
            key: key.clone(),
            remind_at: self.soon(),
            interval,
            payload: text(self.nr),
        };
        let tag = TagPair { key: "tier".into(), value: "gold".into() };
        match self.chance.below(10) {
            0 => C::CancelReminder { customer: self.whom(), key },
            1 => C::AddReminderByTag { tag, reminder: Reminder { interval: None, ..reminder } },
            2 => C::CancelReminderByTag { tag, key },
            _ => C::AddReminder { customer: self.whom(), reminder },
        }
    }

    fn by_tag(&self) -> C {
        let tag = TagPair { key: "tier".into(), value: "gold".into() };
        let works: Vec<_> = self.world.works().map(|work| work.id.clone()).collect();
        match self.chance.one(&works) {
            Some(work) if self.chance.percent(40) => {
                let to = [WorkState::Paused, WorkState::Running, WorkState::Cancelled];
                let to = self.chance.one(&to).copied().unwrap_or(WorkState::Running);
                C::SteerWork { work: work.clone(), to }
            }
            _ => C::SendMessageByTag { tag, message: TagMessage::new(self.line(), self.body()) },
        }
    }

    fn value(&self) -> Option<Money> {
        let code = if self.chance.percent(10) { "USD" } else { "KES" };
        let minor = i64::try_from(self.chance.below(5_000)).ok()? + 1;
        Some(Money { currency: Currency::new(code)?, minor })
    }
    fn party(&self) -> PaymentParty {
        match self.chance.below(8) {
            0 => PaymentParty::Purse("main".into()),
            1 => PaymentParty::Purse(FLOAT.into()),
            2 => PaymentParty::Purse("usd".into()),
            3 | 4 => PaymentParty::Customer { number: self.number(), channel: stage::till() },
            5 => PaymentParty::Channel { channel: stage::till(), code: 63_902, account: None },
            _ => PaymentParty::Wallet { customer: self.id(), wallet: "saving".into() },
        }
    }
    fn money(&self) -> Command {
        let Some(value) = self.value() else { return self.outcome().into() };
        match self.chance.below(18) {
            0..3 => {
                let purse = if self.chance.percent(70) { "main" } else { "usd" }.to_owned();
                N::FundPurse { purse, value }.into()
            }
            3..9 => {
                let (debit, credit) = (self.party(), self.party());
                C::InitiatePayment { debit, credit, value }.into()
            }
            9 | 10 => {
                let (from, to) = (self.number(), stage::till());
                N::ReceivePayment { from, to, value }.into()
            }
            _ => self.outcome().into(),
        }
    }
    /// What a network says of a payment: of one under way, or of one that is over.
    fn outcome(&self) -> N {
        let mut known: Vec<_> = self.world.open_payments().map(|p| p.id.clone()).collect();
        if self.chance.percent(50)
            && let Some(customer) = self.customer()
        {
            known.extend(customer.payments.iter().rev().take(4).map(|payment| payment.id.clone()));
        }
        let transaction = self.chance.one(&known).cloned().unwrap_or_default();
        let status = match self.chance.below(10) {
            0..5 => PaymentStatus::Success,
            5 | 6 => PaymentStatus::Failed,
            7 => PaymentStatus::Reversed,
            8 => PaymentStatus::Validated,
            _ => PaymentStatus::PendingValidation,
        };
        N::ReportPayment { transaction, status }
    }

    fn consent(&self) -> Command {
        let (number, channel) = (self.number(), self.line());
        match self.chance.below(4) {
            0 | 1 => {
                let opts_in = self.chance.percent(50);
                let action = if opts_in { ConsentAction::OptIn } else { ConsentAction::OptOut };
                C::RequestConsent { number, channel, action, reason: String::new() }.into()
            }
            _ => {
                let agrees = self.chance.percent(50);
                N::AnswerConsent { from: number, to: channel, agrees }.into()
            }
        }
    }

    fn talk(&self) -> Command {
        let (from, customer) = (self.number(), self.customer());
        let dialled = customer.as_ref().and_then(|customer| customer.ussd.last());
        let called = customer.as_ref().and_then(|customer| customer.calls.last());
        let session = dialled.map(|session| session.id.clone()).unwrap_or_default();
        let call = called.map(|call| call.id.clone()).unwrap_or_default();
        match self.chance.below(8) {
            0 => N::DialUssd { from, to: stage::ussd(), input: String::new() }.into(),
            1 => N::InputUssd { session, input: "1".into() }.into(),
            2 => N::EndUssd { session, end: UssdEnd::CustomerLeft }.into(),
            3 => {
                let menu = UssdMenu { text: text(self.nr), is_terminal: self.chance.percent(50) };
                C::AnswerPrompt { session, menu: Some(menu), actions: Vec::new() }.into()
            }
            4 => C::MakeCall { to: from, from: stage::voice() }.into(),
            5 => N::ReceiveCall { from, to: stage::voice() }.into(),
            6 => {
                let actions = vec![VoiceAction::Play("https://example.com/a.mp3".into())];
                C::AnswerPrompt { session: call, menu: None, actions }.into()
            }
            _ => {
                let status = [CallStatus::Ringing, CallStatus::Active, CallStatus::Completed];
                let status = self.chance.one(&status).copied().unwrap_or_default();
                let hop = CallHop { status, ..CallHop::default() };
                N::ReportCall { session: call, hop, duration: Duration::from_secs(3), cost: None }
                    .into()
            }
        }
    }

    fn adoption(&self) -> C {
        C::AdoptCustomer { customer: self.id(), other: CustomerRef::Id(self.id()) }
    }
}

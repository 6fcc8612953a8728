//! The rows of the table of magic numbers that no phone brings about, but a state or an input does: each
//! comes about as its row says.

use super::*;
use crate::model::{
    CallId, ConsentAction, Currency, CustomerId, MessageStatus, Money, PaymentParty, Provider,
    magic::{self, Family, Reach},
    settings::{BoundChannel, Purse},
};

const WANJIKU: &str = "+254700000007";
const JUMA: &str = "+254700000008";

fn kes(units: i64) -> Money {
    Money { currency: Currency::new("KES").unwrap(), minor: units * 100 }
}
fn telco(number: &str) -> CustomerNumber {
    CustomerNumber::telco(number)
}
fn purse(id: &str) -> PaymentParty {
    PaymentParty::Purse(id.into())
}
fn person(number: &str) -> PaymentParty {
    PaymentParty::Customer { number: telco(number), channel: line(Channel::Payment) }
}

async fn rig() -> Rig {
    let bound = |channel| BoundChannel {
        channel: line(channel),
        app: None,
        purse: None,
        carrier: None,
        prompt_window: None,
    };
    let channels = Channel::ALL.map(bound).into();
    let purses = ["till", "other"]
        .map(|id| Purse { id: id.into(), currency: Currency::new("KES").unwrap() })
        .into();
    Rig::with(OrgSettings { channels, purses, ..OrgSettings::default() }).await
}

impl Rig {
    async fn told(&self, command: CustomerCommand) -> i32 {
        self.submit(Actor::Key("agent".into()), command).await.code().unwrap()
    }
    /// The same key with another request (D-IDEM).
    async fn again(&self, command: CustomerCommand) -> i32 {
        let caller = || Caller { app: Some("helpdesk".into()), actor: Actor::Key("a".into()) };
        let key = CallId::from("the-same-key");
        let first = Command::from(write(line(Channel::Sms), WANJIKU, "first"));
        self.hub.submit(&self.org, caller(), Some((key.clone(), [1; 32])), first).await.unwrap();
        let second = self.hub.submit(&self.org, caller(), Some((key, [2; 32])), command.into());
        second.await.unwrap().code().unwrap()
    }
    /// A message that leaves in an hour.
    fn later(&self, from: ChannelNumber) -> CustomerCommand {
        let at = self.hub.now(&self.org).after(std::time::Duration::from_hours(1));
        let (to, body) = (telco(WANJIKU), Body::text("x"));
        CustomerCommand::ScheduleMessage { to, from, body, at, in_reply_to: None, seen: None }
    }
    async fn reply(&self, customer: CustomerId, message: &str) -> i32 {
        let (message, body) = (message.into(), Body::text("x"));
        self.told(CustomerCommand::ReplyToMessage { customer, message, body, seen: None }).await
    }
    async fn id_of(&self, number: &str) -> CustomerId {
        let whom = CustomerRef::Number(telco(number));
        let at = crate::hub::clock::now();
        let read = move |w: &crate::rules::World| {
            w.customer(&whom, &OrgSettings::default(), at).unwrap().id.clone()
        };
        self.hub.read(&self.org, read).await.unwrap()
    }
    /// Merges Juma into Wanjiku, and returns his old id.
    async fn merge(&self) -> CustomerId {
        for number in [WANJIKU, JUMA] {
            self.writes(number, &line(Channel::Sms), "hello").await;
        }
        let (customer, old) = (self.id_of(WANJIKU).await, self.id_of(JUMA).await);
        let adopt =
            CustomerCommand::AdoptCustomer { customer, other: CustomerRef::Id(old.clone()) };
        assert!(self.submit(Actor::Key("agent".into()), adopt).await.is_ok());
        old
    }
    async fn pays(&self, debit: PaymentParty, credit: PaymentParty, value: Money) -> i32 {
        self.told(CustomerCommand::InitiatePayment { debit, credit, value }).await
    }
    async fn status_of_received(&self) -> i32 {
        self.events()
            .await
            .iter()
            .find_map(|event| match &event.kind {
                EventKind::PaymentReceived { status, .. } => Some(status.code()),
                EventKind::MessageReceived { .. } => Some(302),
                _ => None,
            })
            .unwrap()
    }
}

fn write(from: ChannelNumber, to: &str, text: &str) -> CustomerCommand {
    CustomerCommand::SendMessage { to: telco(to), from, body: Body::text(text), seen: None }
}

async fn message(rig: &Rig, code: i32) -> i32 {
    let (sms, none) = (line(Channel::Sms), CustomerId::from("el_cst_none"));
    match code {
        102 => rig.told(rig.later(sms)).await,
        199 => {
            assert_eq!(rig.told(rig.later(sms)).await, 102);
            let events = rig.events().await;
            let id = events.iter().find_map(|event| match &event.kind {
                EventKind::MessageScheduled { id, .. } => Some(id.clone()),
                _ => None,
            });
            let customer = CustomerRef::Id(rig.id_of(WANJIKU).await);
            let cancel = CustomerCommand::CancelScheduled { customer, message: id.unwrap() };
            assert!(rig.submit(Actor::Key("agent".into()), cancel).await.is_ok());
            let events = rig.events().await;
            let kind = &events.last().unwrap().kind;
            assert!(matches!(kind, EventKind::ScheduledCancelled { .. }), "{kind:?}");
            MessageStatus::Withdrawn.code()
        }
        302 => {
            rig.writes(WANJIKU, &sms, "hello").await;
            rig.status_of_received().await
        }
        401 => {
            rig.writes(WANJIKU, &sms, "STOP").await;
            rig.told(write(sms, WANJIKU, "x")).await
        }
        404 => rig.told(write(line(Channel::Whatsapp), WANJIKU, "x")).await,
        405 => rig.told(write(ChannelNumber::new(Channel::Sms, "1"), WANJIKU, "x")).await,
        406 => {
            let to = CustomerNumber::new(Provider::Telegram, "wanjiku");
            let body = Body::text("x");
            rig.told(CustomerCommand::SendMessage { to, from: sms, body, seen: None }).await
        }
        407 => {
            rig.writes(WANJIKU, &sms, "hello").await;
            rig.reply(rig.id_of(WANJIKU).await, "el_msg_none").await
        }
        408 => rig.reply(none, "el_msg_none").await,
        409 => rig.again(write(sms, WANJIKU, "second")).await,
        411 => rig.told(write(sms, "", "x")).await,
        412 => rig.reply(rig.merge().await, "el_msg_none").await,
        413 => rig.told(write(sms, WANJIKU, "")).await,
        450 => {
            let answer = write(sms.clone(), WANJIKU, "It comes today.");
            assert!(rig.submit(Actor::Key("brian".into()), answer).await.is_ok());
            rig.told(write(sms, WANJIKU, "x").having_seen(Some(Seq(0)))).await
        }
        other => panic!("how is {other} reached?"),
    }
}

async fn consent(rig: &Rig, code: i32) -> i32 {
    let request = |action, line| CustomerCommand::RequestConsent {
        number: telco(WANJIKU),
        channel: line,
        action,
        reason: String::new(),
    };
    let elsewhere = ChannelNumber::new(Channel::Sms, "1");
    match code {
        301 => rig.told(request(ConsentAction::OptOut, line(Channel::Sms))).await,
        401 => rig.told(request(ConsentAction::OptIn, elsewhere)).await,
        501 => rig.told(request(ConsentAction::Unspecified, line(Channel::Sms))).await,
        other => panic!("how is {other} reached?"),
    }
}

async fn call(rig: &Rig, code: i32) -> i32 {
    let voice = line(Channel::Voice);
    let make = |to, from| CustomerCommand::MakeCall { to, from };
    match code {
        402 => rig.told(make(telco(""), voice)).await,
        403 => {
            assert_eq!(rig.told(make(telco(WANJIKU), voice.clone())).await, 100);
            rig.told(make(telco(WANJIKU), voice)).await
        }
        406 => rig.told(make(telco(WANJIKU), ChannelNumber::new(Channel::Voice, "1"))).await,
        other => panic!("how is {other} reached?"),
    }
}

async fn payment(rig: &Rig, code: i32) -> i32 {
    let wallet = |customer: CustomerId| PaymentParty::Wallet { customer, wallet: "w".into() };
    let shillings = Money { currency: Currency::new("UGX").unwrap(), minor: 1 };
    match code {
        200 => rig.pays(purse("till"), purse("till"), kes(1)).await,
        201 => rig.pays(person(WANJIKU), person(JUMA), kes(1)).await,
        202 => rig.pays(purse("till"), person(WANJIKU), kes(1)).await,
        204 => rig.pays(person(WANJIKU), purse("till"), shillings).await,
        205 => {
            let (debit, credit, value) = (person(WANJIKU), purse("till"), kes(1));
            rig.again(CustomerCommand::InitiatePayment { debit, credit, value }).await
        }
        206 => rig.pays(person(WANJIKU), purse("none"), kes(1)).await,
        207 => {
            rig.writes(WANJIKU, &line(Channel::Sms), "hello").await;
            rig.pays(wallet(rig.id_of(WANJIKU).await), purse("till"), kes(1)).await
        }
        299 => rig.pays(wallet(rig.merge().await), purse("till"), kes(1)).await,
        301 => {
            let (from, to) = (telco(WANJIKU), line(Channel::Payment));
            rig.phone(NetworkCommand::ReceivePayment { from, to, value: kes(1) }).await;
            rig.status_of_received().await
        }
        other => panic!("how is {other} reached?"),
    }
}

#[tokio::test(start_paused = true)]
async fn every_row_that_is_told_is_reached_as_it_says() {
    for row in magic::TABLE.iter().filter(|row| row.reach == Reach::Situation) {
        let rig = rig().await;
        let reached = match row.family {
            Family::Message => message(&rig, row.code).await,
            Family::Consent => consent(&rig, row.code).await,
            // What becomes of plans is shown in `calls`.
            Family::Call if (200..300).contains(&row.code) => row.code,
            Family::Call => call(&rig, row.code).await,
            Family::Payment => payment(&rig, row.code).await,
            Family::Cause => panic!("every cause has a number"),
        };
        assert_eq!(reached, row.code, "{:?}: {}", row.family, row.how);
    }
}

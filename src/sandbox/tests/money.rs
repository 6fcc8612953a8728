//! Payments and consent: what phones do by themselves, what they wait for, and magic numbers.

use super::*;
use crate::model::{
    ConsentAction, ConsentStatus, Currency, CustomerState, Direction, MessageStatus, Money,
    PaymentParty, PaymentReceipt, PaymentStatus, TransactionId,
    magic::{self, Family, Magic},
    phone::{Manner, Will},
    settings::Purse,
};

const JUMA: &str = "+254700000009";

fn kes(units: i64) -> Money {
    Money { currency: Currency::new("KES").unwrap(), minor: units * 100 }
}

async fn rig() -> Rig {
    let purses = vec![Purse { id: "till".into(), currency: Currency::new("KES").unwrap() }];
    let mut rig = Rig::with(OrgSettings { purses, ..OrgSettings::default() }).await;
    let fund = NetworkCommand::FundPurse { purse: "till".into(), value: kes(1_000_000) };
    assert!(rig.submit(Actor::Network, fund).await.is_ok());
    rig.run_network();
    settle().await;
    rig
}

fn person(number: &str) -> PaymentParty {
    let number = CustomerNumber::telco(number);
    PaymentParty::Customer { number, channel: line(Channel::Payment) }
}

impl Rig {
    async fn moves(&self, debit: PaymentParty, credit: PaymentParty) -> TransactionId {
        let pay = CustomerCommand::InitiatePayment { debit, credit, value: kes(100) };
        match self.submit(Actor::Key("agent".into()), pay).await {
            Receipt::Payment(PaymentReceipt { status, transaction: Some(id), .. })
                if status.is_pending() =>
            {
                id
            }
            other => panic!("{other:?}"),
        }
    }
    async fn asks_to_pay(&self, number: &str) -> TransactionId {
        self.moves(person(number), PaymentParty::Purse("till".into())).await
    }
    async fn asks_for_consent(&self, number: &str) {
        let request = CustomerCommand::RequestConsent {
            number: CustomerNumber::telco(number),
            channel: line(Channel::Sms),
            action: ConsentAction::OptIn,
            reason: String::new(),
        };
        let receipt = self.submit(Actor::Key("agent".into()), request).await;
        assert!(receipt.is_ok(), "{receipt:?}");
    }
    async fn who(&self, number: &str) -> Arc<CustomerState> {
        let whom = CustomerRef::Number(CustomerNumber::telco(number));
        let at = crate::hub::clock::now();
        self.hub
            .read(&self.org, move |w| w.customer(&whom, &OrgSettings::default(), at))
            .await
            .unwrap()
            .unwrap()
    }
    async fn payment(&self, number: &str) -> PaymentStatus {
        self.who(number).await.payments[0].status
    }
    async fn consent(&self, number: &str) -> Option<ConsentStatus> {
        let pair = self.who(number).await.channels[0].clone();
        let asked = pair.asked.map(|_| ConsentStatus::OptInRequestSent);
        pair.consent.map(|(status, _)| status).or(asked)
    }
}

#[tokio::test(start_paused = true)]
async fn the_payer_confirms_after_1_s_and_money_arrives_after_500_ms() {
    let mut rig = rig().await;
    let moved = |event: &Event| match event.kind {
        EventKind::PaymentStatusChanged { status, .. } => Some((status, event.actor.clone())),
        _ => None,
    };
    let took = |begin: tokio::time::Instant, ms: u64| {
        let passed = begin.elapsed();
        let (low, high) = (Duration::from_millis(ms), Duration::from_millis(ms + 60));
        assert!((low..high).contains(&passed), "{passed:?} instead of {ms} ms");
    };
    let begin = now();
    rig.asks_to_pay(JUMA).await;
    assert_eq!(rig.until(moved).await, (PaymentStatus::Success, Actor::Customer));
    took(begin, 1_000);
    let begin = now();
    rig.moves(PaymentParty::Purse("till".into()), person(JUMA)).await;
    assert_eq!(rig.until(moved).await, (PaymentStatus::Success, Actor::Network));
    took(begin, 500);
}

#[tokio::test(start_paused = true)]
async fn phones_refuse_or_wait_as_they_were_told() {
    let rig = rig().await;
    let set = |number: &str, will| {
        let manner = Manner { pays: will, consents: will, ..Manner::default() };
        assert!(rig.phones.behave(&rig.org, &CustomerNumber::telco(number), manner));
    };
    set(JUMA, Some(Will::No));
    set("+254700000010", Some(Will::Wait));
    for number in [JUMA, "+254700000010"] {
        rig.asks_to_pay(number).await;
        rig.asks_for_consent(number).await;
    }
    rig.pass(Duration::from_secs(10)).await;
    assert_eq!(rig.payment(JUMA).await, PaymentStatus::Rejected);
    assert_eq!(rig.consent(JUMA).await, None, "a refusal leaves it as it was");
    assert_eq!(rig.payment("+254700000010").await, PaymentStatus::PendingConfirmation);
    let waits = rig.consent("+254700000010").await;
    assert_eq!(waits, Some(ConsentStatus::OptInRequestSent));
}

#[tokio::test(start_paused = true)]
async fn a_restart_finishes_payments_and_questions() {
    let purses = vec![Purse { id: "till".into(), currency: Currency::new("KES").unwrap() }];
    let mut rig = Rig::with(OrgSettings { purses, ..OrgSettings::default() }).await;
    rig.submit(
        Actor::Network,
        NetworkCommand::FundPurse { purse: "till".into(), value: kes(1_000) },
    )
    .await;
    rig.asks_to_pay(JUMA).await;
    rig.asks_for_consent(JUMA).await;
    let till = PaymentParty::Channel {
        channel: line(Channel::Payment),
        code: 1,
        account: Some("55".into()),
    };
    rig.moves(PaymentParty::Purse("till".into()), till).await;
    rig.run_network();
    rig.pass(Duration::from_secs(2)).await;
    assert_eq!(rig.payment(JUMA).await, PaymentStatus::Success);
    assert_eq!(rig.consent(JUMA).await, Some(ConsentStatus::OptInCompleted));
    let open = rig.hub.read(&rig.org, |world| world.open_payments().count()).await.unwrap();
    assert_eq!(open, 0, "also the one that concerns no customer");
}

/// Brings about what a magic number stands for.
async fn provoke(rig: &Rig, row: &Magic, number: &str) {
    match row.family {
        Family::Message => {
            let whatsapp = line(Channel::Whatsapp);
            rig.writes(number, &whatsapp, "hello").await;
            rig.sends("agent", number, &whatsapp).await;
        }
        Family::Consent => rig.asks_for_consent(number).await,
        Family::Call | Family::Cause => {
            let (to, from) = (CustomerNumber::telco(number), line(Channel::Voice));
            let call = CustomerCommand::MakeCall { to, from };
            assert!(rig.submit(Actor::Key("agent".into()), call).await.is_ok());
        }
        // Only a payment to a phone waits for the network first.
        Family::Payment if row.code == 101 => {
            rig.moves(PaymentParty::Purse("till".into()), person(number)).await;
        }
        Family::Payment => {
            rig.asks_to_pay(number).await;
        }
    }
}

/// The codes that a phone has seen in a family.
fn seen(customer: &CustomerState, family: Family) -> Vec<i32> {
    let call = customer.calls.first();
    let hops = call.iter().flat_map(|call| &call.hops);
    match family {
        Family::Message => customer
            .messages
            .iter()
            .filter(|m| m.direction == Direction::Outbound)
            .map(|m| m.status.code())
            .collect(),
        Family::Consent => {
            let pair = &customer.channels[0];
            let asked = pair.asked.iter().map(|_| 101);
            asked.chain(pair.consent.iter().map(|(status, _)| status.code())).collect()
        }
        Family::Call => hops.map(|hop| hop.status.code()).collect(),
        Family::Cause => hops.map(|hop| hop.cause.code()).collect(),
        Family::Payment => customer.payments.iter().map(|p| p.status.code()).collect(),
    }
}

#[tokio::test(start_paused = true)]
async fn every_magic_number_does_what_its_row_says() {
    let mut rig = rig().await;
    rig.run_app();
    settle().await;
    let rows: Vec<_> = magic::TABLE.iter().filter_map(|row| Some((row, row.number()?))).collect();
    assert!(rows.len() > 35);
    for (row, number) in &rows {
        provoke(&rig, row, &number.number).await;
    }
    rig.pass(Duration::from_secs(30)).await;
    for (row, number) in &rows {
        let seen = seen(&*rig.who(&number.number).await, row.family);
        let there = match row.family {
            // The status is where the call is at the end, or was on its way there.
            Family::Call | Family::Cause => seen.contains(&row.code),
            _ => seen == [row.code],
        };
        assert!(there, "{number} led to {seen:?}: {}", row.how);
    }
    // Those that stay where they are do so only because nothing else happens.
    let stays = rig.who("+254700300100").await.calls[0].status.code();
    assert_eq!(stays, 100);
    let sent = rig.who("+254700100101").await.messages[1].status;
    assert_eq!(sent, MessageStatus::Sent);
}

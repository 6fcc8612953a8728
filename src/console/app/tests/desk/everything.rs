//! A customer with something of every kind, for pictures.

use crate::model::{
    Account, CallHop, CallStatus, Channel, ChannelNumber, ChannelState, Currency, CustomerState,
    Direction, Lease, Money, Payment, PaymentParty, PaymentStatus, PendingOptIn, Reminder,
    Timestamp, UssdHop, UssdSession, VoiceCall,
};
use std::time::Duration;

pub fn kes(minor: i64) -> Money {
    Money { currency: Currency::new("KES").expect("a code"), minor }
}

/// Adds to a customer something that counts down or ages on every tab.
pub fn everything(customer: &mut CustomerState, now: Timestamp) {
    let number = customer.numbers[0].clone();
    let on = |kind, number: &str| ChannelNumber::new(kind, number);
    customer.reminders.push(Reminder {
        app: "loyal".into(),
        key: "renewal".into(),
        remind_at: now.after(Duration::from_hours(3)),
        ..Reminder::default()
    });
    customer.leases.push(Lease {
        key: "survey".into(),
        app: Some("loyal".into()),
        expires_at: now.after(Duration::from_secs(41)),
        ..Lease::default()
    });
    customer.absorbed.push("el_cst_gone".into());
    customer.channels.push(ChannelState {
        number: number.clone(),
        channel: on(Channel::Sms, "40404"),
        consent: None,
        session: None,
        asked: Some(PendingOptIn { at: now, apps: vec!["loyal".into()] }),
    });
    customer.ussd.push(UssdSession {
        id: "el_ses_1".into(),
        number: number.clone(),
        channel: on(Channel::Ussd, "*384#"),
        app: None,
        hops: vec![UssdHop { input: "1".into(), menu: None, at: now }],
        end: None,
        created_at: now,
        updated_at: now,
    });
    customer.calls.push(VoiceCall {
        id: "el_ses_2".into(),
        direction: Direction::Inbound,
        number: number.clone(),
        channel: on(Channel::Voice, "+254700000000"),
        app: None,
        status: CallStatus::Active,
        hops: vec![CallHop {
            status: CallStatus::Active,
            digits: Some("2".into()),
            prompt: true,
            at: now,
            ..CallHop::default()
        }],
        duration: Duration::ZERO,
        cost: None,
        created_at: now,
        updated_at: now,
    });
    customer.payments.push(Payment {
        id: "el_txn_1".into(),
        app: None,
        debit: PaymentParty::Purse("main".into()),
        credit: Some(PaymentParty::Customer { number, channel: on(Channel::Payment, "5250") }),
        value: kes(125_000),
        status: PaymentStatus::Queued,
        created_at: now,
        updated_at: now,
    });
    let wallet = Account::new(kes(0).currency);
    customer.wallets.insert("loyalty".into(), wallet);
}

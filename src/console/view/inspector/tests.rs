//! What the inspector looks like at three sizes and in every state, and that hostile text cannot break it.

mod live;
mod timeline;

use super::*;
use crate::{
    console::view::line_builder::tests::{DRAWN_AT, hostile, screen},
    model::{
        Account, Actor, Body, CallHop, CallStatus, Channel, ChannelNumber, ChannelState,
        ConsentStatus, Currency, CustomerNumber, CustomerRef, DataValue, Direction, Lease, Message,
        MessageStatus, MessagingSession, Money, Payment, PaymentParty, PaymentStatus, Provider,
        Reminder, SecondaryId, Seq, Tag, Timestamp, UssdEnd, UssdHop, UssdMenu, UssdSession,
        VoiceCall,
    },
};
use std::{sync::Arc, time::Duration};

fn ago(secs: u64) -> Timestamp {
    DRAWN_AT.before(Duration::from_secs(secs))
}

fn later(secs: u64) -> Timestamp {
    DRAWN_AT.after(Duration::from_secs(secs))
}

fn message(direction: Direction, text: &str, status: MessageStatus, at: Timestamp) -> Arc<Message> {
    Arc::new(Message {
        id: "el_msg_1".into(),
        direction,
        number: CustomerNumber::telco("+254711000001"),
        channel: ChannelNumber::new(Channel::Whatsapp, "5250"),
        app: None,
        body: Body::text(text),
        status,
        in_reply_to: None,
        work: None,
        is_final: false,
        created_at: at,
        updated_at: at,
    })
}

/// A customer with something of everything; every foreign text is `text` if one is given.
#[expect(clippy::too_many_lines, reason = "one of everything")]
fn customer(text: Option<&str>) -> CustomerState {
    let say = |own: &str| text.unwrap_or(own).to_owned();
    let number = CustomerNumber::new(Provider::Telco, &say("+254711000001"));
    let channel = |kind, own: &str| ChannelNumber::new(kind, &say(own));
    let money = |minor| Money { currency: Currency::new("KES").unwrap(), minor };
    let pair = |kind, own: &str, consent, session| ChannelState {
        number: number.clone(),
        channel: channel(kind, own),
        consent,
        session,
        asked: None,
    };
    let open = MessagingSession { started_at: ago(60), expires_at: later(5 * 3_600), app: None };
    CustomerState {
        scheduled: Vec::new(),
        id: say("el_cst_00000000000000000000000000009b1f").into(),
        created_at: ago(10 * 86_400),
        touched_at: ago(5),
        numbers: vec![number.clone(), CustomerNumber::new(Provider::Telegram, &say("4417"))],
        tags: vec![
            Tag { key: say("tier"), value: say("vip"), expires_at: None },
            Tag { key: say("churn"), value: say("risk"), expires_at: Some(later(2 * 86_400)) },
            Tag { key: say("promo"), value: say("may"), expires_at: Some(ago(3 * 3_600)) },
        ],
        metadata: [
            ("name".to_owned(), DataValue::Text(say("\"Jane W.\""))),
            (say("survey"), DataValue::Text(say("{\"step\":3,\"lang\":\"sw\"}"))),
            (say("blob"), DataValue::Bytes(vec![0, 255, 16])),
        ]
        .into(),
        secondary_ids: vec![(SecondaryId { key: say("passport"), value: say("A12345678") }, None)],
        channels: vec![
            pair(Channel::Sms, "40404", Some((ConsentStatus::OptOutCompleted, ago(86_400))), None),
            pair(Channel::Whatsapp, "5250", None, Some(open)),
        ],
        messages: vec![
            message(
                Direction::Outbound,
                &say("Karibu! How can we help?"),
                MessageStatus::Read,
                ago(900),
            ),
            message(
                Direction::Inbound,
                &say("nataka refund ya order 8841"),
                MessageStatus::Received,
                ago(600),
            ),
            message(
                Direction::Outbound,
                &say("Your refund is approved"),
                MessageStatus::NoConsent,
                ago(5),
            ),
        ]
        .into(),
        ussd: vec![UssdSession {
            id: "el_ses_1".into(),
            number: number.clone(),
            channel: channel(Channel::Ussd, "*384#"),
            app: None,
            hops: vec![UssdHop {
                input: say("1"),
                menu: Some(UssdMenu { text: say("Balance\n1. Loan"), is_terminal: false }),
                at: ago(50),
            }],
            end: Some(UssdEnd::TimedOut),
            created_at: ago(60),
            updated_at: ago(40),
        }],
        calls: vec![VoiceCall {
            id: "el_ses_2".into(),
            direction: Direction::Inbound,
            number: number.clone(),
            channel: channel(Channel::Voice, "+254700000000"),
            app: None,
            status: CallStatus::Completed,
            hops: vec![CallHop {
                status: CallStatus::Completed,
                cause: crate::model::HangupCause::UserBusy,
                digits: Some(say("42")),
                recording_url: Some(say("https://example.org/r.mp3")),
                at: ago(30),
                ..CallHop::default()
            }],
            duration: Duration::from_secs(83),
            cost: Some(money(450)),
            created_at: ago(120),
            updated_at: ago(30),
        }],
        payments: vec![Payment {
            id: "el_txn_1".into(),
            app: None,
            debit: PaymentParty::Customer { number, channel: channel(Channel::Payment, "5250") },
            credit: Some(PaymentParty::Purse(say("prs-main"))),
            value: money(125_000),
            status: PaymentStatus::Success,
            created_at: ago(20),
            updated_at: ago(20),
        }],
        wallets: [(
            say("loyalty"),
            Account {
                currency: Currency::new("KES").unwrap(),
                actual: 90_000,
                available: 50_000,
                sequence_nr: 1,
                pending: std::collections::BTreeMap::new(),
            },
        )]
        .into(),
        reminders: vec![Reminder {
            app: say("loyal").into(),
            key: say("renewal"),
            remind_at: later(3 * 3_600),
            interval: Some(Duration::from_hours(24)),
            payload: say("{\"plan\":\"gold\"}"),
        }],
        leases: vec![Lease {
            key: say("survey"),
            number: 7,
            holder: Actor::Key(say("agent-1")),
            app: Some(say("loyal").into()),
            granted_at: ago(49),
            expires_at: later(41),
        }],
        leases_granted: 7,
        absorbed: vec![say("el_cst_0000000000000000000000000000dead").into()],
        answers: Vec::new(),
        unanswered: None,
    }
}

fn showing(customer: CustomerState, tab: Tab) -> Inspector {
    let mut inspector = Inspector::default();
    inspector.connection(true, DRAWN_AT);
    let id = CustomerRef::Id(customer.id.clone());
    inspector.open(id.clone(), DRAWN_AT);
    inspector.pin(false);
    let view = CustomerView { customer: Arc::new(customer), as_of: Seq(42), replaces: None };
    inspector.inspected(&id, Ok(Some(view)), DRAWN_AT);
    inspector.set_tab(tab);
    inspector
}

fn picture(inspector: &Inspector, width: u16, height: u16) -> String {
    let none = Purses { rows: Some(&[]), fault: None };
    screen(width, height, |frame, ctx| draw(inspector, none, 0, frame, frame.area(), ctx, true))
}

#[test]
fn profile() {
    insta::assert_snapshot!(picture(&showing(customer(None), Tab::Profile), 60, 34));
}

#[test]
fn money() {
    insta::assert_snapshot!(picture(&showing(customer(None), Tab::Money), 78, 9));
}

#[test]
fn what_is_not_there_is_said() {
    let all: Vec<_> = Tab::ALL
        .iter()
        .map(|tab| picture(&showing(CustomerState::default(), *tab), 60, 12))
        .collect();
    for words in ["loading ..", "nobody is on the line", "no payments", "tags: none"] {
        assert!(all.iter().any(|screen| screen.contains(words)), "{words}");
    }
    assert!(picture(&Inspector::default(), 40, 12).contains("select an event"));
    let mut inspector = Inspector::default();
    let number = CustomerRef::Number(CustomerNumber::telco("+254799000000"));
    inspector.open(number.clone(), DRAWN_AT);
    inspector.inspected(&number, Ok(None), DRAWN_AT);
    let screen = picture(&inspector, 60, 12);
    assert!(screen.contains("no customer +254799000000; nothing was created"), "{screen}");
    inspector.open(number.clone(), DRAWN_AT);
    inspector.inspected(&number, Err(ClientError::Unavailable("busy".into())), DRAWN_AT);
    let screen = picture(&inspector, 60, 12);
    assert!(screen.contains("busy") && screen.contains("asked again"), "{screen}");
    let mut inspector = showing(customer(None), Tab::Profile);
    inspector.connection(false, DRAWN_AT);
    inspector.pin(true);
    for width in [40, 44, 50, 60, 80] {
        let screen = picture(&inspector, width, 12);
        assert!(screen.contains("STALE"), "{width}: {screen}");
    }
}

#[test]
fn every_size_draws() {
    for &tab in Tab::ALL {
        let inspector = showing(customer(None), tab);
        for (width, height) in
            [(0, 0), (1, 1), (2, 3), (7, 2), (40, 4), (49, 9), (50, 10), (250, 70)]
        {
            let _ = picture(&inspector, width, height);
        }
        let wide = picture(&inspector, 120, 40);
        assert!(wide.contains("Jane W.") && wide.contains("40404"), "{wide}");
    }
}

#[test]
fn hostile_text_draws_clean_in_every_field() {
    for text in hostile() {
        for &tab in Tab::ALL {
            let inspector = showing(customer(Some(&text)), tab);
            for (width, height) in [(40, 12), (78, 20), (120, 40)] {
                picture(&inspector, width, height);
            }
        }
    }
}

//! The stand-in app answers sessions, picks up calls and confirms payments.

use super::*;
use crate::model::{CallStatus, Currency, Money, UssdEnd};

#[tokio::test(start_paused = true)]
async fn a_session_is_answered_to_its_end() {
    let mut rig = Rig::start().await;
    rig.run_app();
    settle().await;
    let shown = |event: &Event| match &event.kind {
        EventKind::UssdMenuShown { menu, .. } => Some(menu.clone()),
        _ => None,
    };
    let (from, to) = (CustomerNumber::telco(AMINA), line(Channel::Ussd));
    let session = rig.phone(NetworkCommand::DialUssd { from, to, input: String::new() }).await;
    assert!(rig.until(shown).await.text.contains("1. Salio"));
    for (input, says) in [("2", "amount"), ("50", "KES 50?"), ("1", "Done")] {
        let session = session.as_str().into();
        rig.phone(NetworkCommand::InputUssd { session, input: input.into() }).await;
        let menu = rig.until(shown).await;
        assert!(menu.text.contains(says), "{menu:?}");
        assert_eq!(menu.is_terminal, says == "Done");
    }
    let ended =
        |kind: &EventKind| matches!(kind, EventKind::UssdEnded { end: UssdEnd::Completed, .. });
    assert_eq!(rig.count(ended).await, 1);
}

#[tokio::test(start_paused = true)]
async fn prompts_of_an_earlier_run_are_answered_after_a_restart() {
    let mut rig = Rig::start().await;
    let (from, to) = (CustomerNumber::telco(AMINA), line(Channel::Ussd));
    rig.phone(NetworkCommand::DialUssd { from, to, input: "1".into() }).await;
    rig.run_app();
    let text = rig
        .until(|event| match &event.kind {
            EventKind::UssdMenuShown { menu, .. } => Some(menu.text.clone()),
            _ => None,
        })
        .await;
    assert!(text.starts_with("Your balance"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn most_calls_are_taken_and_cost_something() {
    let mut rig = Rig::start().await;
    rig.run_app();
    settle().await;
    for n in 0..20 {
        let from = CustomerNumber::telco(&format!("+2547000000{n:02}"));
        rig.phone(NetworkCommand::ReceiveCall { from, to: line(Channel::Voice) }).await;
    }
    rig.pass(Duration::from_mins(5)).await;
    let ends: Vec<_> = rig
        .events()
        .await
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::CallChanged { hop, duration, cost, .. } if hop.status.is_final() => {
                Some((hop.status, duration, cost))
            }
            _ => None,
        })
        .collect();
    let talked: Vec<_> = ends.iter().filter(|e| e.0 == CallStatus::Completed).collect();
    assert!((8..20).contains(&talked.len()), "{} of 20 were taken", talked.len());
    assert!(talked.iter().all(|(_, duration, cost)| !duration.is_zero() && cost.is_some()));
}

#[tokio::test(start_paused = true)]
async fn a_payment_is_confirmed_by_sms() {
    let mut rig = Rig::start().await;
    rig.run_app();
    settle().await;
    let value = Money { currency: Currency::new("UGX").unwrap(), minor: 85_000 };
    let (from, to) = (CustomerNumber::telco(AMINA), line(Channel::Payment));
    rig.phone(NetworkCommand::ReceivePayment { from, to, value }).await;
    let (text, actor) = rig
        .until(|event| match &event.kind {
            EventKind::MessageSent { body, .. } => Some((body.summary(), event.actor.clone())),
            _ => None,
        })
        .await;
    assert!(text.starts_with("Received UGX 85,000. Asante! Ref "), "{text}");
    assert_eq!(actor, Actor::Key(DEMO.into()));
}

//! The built-in app answers sessions, picks up calls and confirms payments.

use super::*;
use crate::model::{
    CallStatus, Currency, Money, UssdEnd,
    settings::{BoundChannel, Purse},
};

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
    rig.run_network();
    rig.run_app();
    settle().await;
    // By the session's random id one of ten callers is turned away, so of so many some surely are.
    for n in 0..100 {
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
    // Callers whom nobody answers wait for the hub's timers, which do not run here.
    let talked: Vec<_> = ends.iter().filter(|(_, talked, _)| !talked.is_zero()).collect();
    assert!(talked.len() < ends.len(), "some are turned away");
    assert!((50..100).contains(&talked.len()), "{} of 100 were taken", talked.len());
    assert!(
        talked
            .iter()
            .all(|(status, _, cost)| { *status == CallStatus::Completed && cost.is_some() })
    );
    let pressed = |kind: &EventKind| matches!(kind, EventKind::CallChanged { hop, .. } if hop.digits.as_deref() == Some("1"));
    assert_eq!(rig.count(pressed).await, talked.len(), "all were asked and pressed a key");
}

#[tokio::test(start_paused = true)]
async fn airtime_is_paid_for_and_who_wants_a_call_gets_one() {
    let purses = vec![Purse { id: "till".into(), currency: Currency::new("KES").unwrap() }];
    let bound = |channel, number: &str| BoundChannel {
        channel: ChannelNumber::new(channel, number),
        app: None,
        purse: (channel == Channel::Payment).then(|| "till".into()),
        carrier: None,
        prompt_window: None,
    };
    let channels = [Channel::Ussd, Channel::Voice, Channel::Payment, Channel::Sms];
    let channels = channels.map(|channel| bound(channel, "40404")).into();
    let mut rig = Rig::with(OrgSettings { channels, purses, ..OrgSettings::default() }).await;
    rig.run_network();
    rig.run_app();
    settle().await;
    for (number, input) in [(AMINA, "2*50*1"), ("+254700000002", "4")] {
        let (from, to) = (CustomerNumber::telco(number), line(Channel::Ussd));
        rig.phone(NetworkCommand::DialUssd { from, to, input: input.into() }).await;
    }
    rig.pass(Duration::from_mins(1)).await;
    let events = rig.events().await;
    let texts: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::MessageSent { body, .. } => body.text.clone(),
            _ => None,
        })
        .collect();
    assert!(texts.iter().any(|text| text.starts_with("Paid KES 50.00")), "{texts:?}");
    let called = |kind: &EventKind| matches!(kind, EventKind::CallPlanned { .. });
    assert_eq!(rig.count(called).await, 1);
    let funded = |kind: &EventKind| matches!(kind, EventKind::PurseFunded { .. });
    assert_eq!(rig.count(funded).await, 1, "the purse has money to pay customers from");
    rig.tasks.shutdown().await;
    rig.run_app();
    rig.pass(Duration::from_secs(1)).await;
    assert_eq!(rig.count(funded).await, 1, "once");
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
    assert_eq!(actor, Actor::Program(DEMO.into()));
}

#[tokio::test(start_paused = true)]
async fn what_is_left_to_agents_is_not_answered_by_the_app() {
    let mut rig = Rig::start().await;
    rig.settings.left_to_agents = vec!["*385#".into()];
    rig.run_app();
    settle().await;
    for (n, code) in ["*384#", "*385#"].into_iter().enumerate() {
        let from = CustomerNumber::telco(&format!("+25470000000{n}"));
        let to = ChannelNumber::new(Channel::Ussd, code);
        rig.phone(NetworkCommand::DialUssd { from, to, input: String::new() }).await;
    }
    rig.pass(Duration::from_secs(5)).await;
    let shown: Vec<_> = rig
        .events()
        .await
        .into_iter()
        .filter(|event| matches!(event.kind, EventKind::UssdMenuShown { .. }))
        .map(|event| event.channel.expect("a code").number)
        .collect();
    assert_eq!(shown, ["*384#"]);
}

//! The simulated network's reports and the customers' answers come as they should, and when they should.

use super::*;
use crate::model::{MessageStatus, phone::Outcome};

fn report(event: &Event) -> Option<MessageStatus> {
    match event.kind {
        EventKind::MessageStatusChanged { status, .. } => Some(status),
        _ => None,
    }
}

fn answer(event: &Event) -> Option<String> {
    match &event.kind {
        EventKind::MessageReceived { body, .. } => body.text.clone(),
        _ => None,
    }
}

fn within(passed: Duration, low_ms: u64, high_ms: u64) {
    assert!(
        (Duration::from_millis(low_ms)..=Duration::from_millis(high_ms)).contains(&passed),
        "after {passed:?} instead of {low_ms} to {high_ms} ms"
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_is_delivered_after_500_ms_and_read_a_second_later() {
    let mut rig = Rig::start().await;
    rig.run_network();
    settle().await;
    rig.writes("+254700000001", &line(Channel::Whatsapp), "hello").await;
    let sent = now();
    rig.sends("agent", "+254700000001", &line(Channel::Whatsapp)).await;
    assert_eq!(rig.until(report).await, MessageStatus::Delivered);
    within(sent.elapsed(), 500, 520);
    assert_eq!(rig.until(report).await, MessageStatus::Read);
    within(sent.elapsed(), 1500, 1540);
}

#[tokio::test(start_paused = true)]
async fn sms_has_no_read_reports_and_outcomes_of_single_phones_win() {
    for (outcome, expected) in [
        (Outcome::Default, Some(MessageStatus::Delivered)),
        (Outcome::Read, Some(MessageStatus::Delivered)),
        (Outcome::Fail, Some(MessageStatus::Failed)),
        (Outcome::NoCapability, Some(MessageStatus::NoCapability)),
        (Outcome::Never, None),
    ] {
        let mut rig = Rig::start().await;
        assert!(rig.phones.set(&rig.org, &CustomerNumber::telco("+254700000001"), outcome));
        rig.run_network();
        settle().await;
        rig.sends("agent", "+254700000001", &line(Channel::Sms)).await;
        rig.pass(Duration::from_mins(10)).await;
        let all: Vec<_> = rig.events().await.iter().filter_map(report).collect();
        assert_eq!(all, Vec::from_iter(expected), "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_finishes_what_was_in_flight() {
    // given messages that left while no network was there, one of them delivered already
    let mut rig = Rig::start().await;
    let whatsapp = line(Channel::Whatsapp);
    rig.writes("+254700000001", &whatsapp, "hello").await;
    let delivered = rig.sends("agent", "+254700000001", &whatsapp).await;
    let status = MessageStatus::Delivered;
    let message = delivered.clone();
    rig.submit(Actor::Network, NetworkCommand::ReportMessage { message, status }).await;
    let sent = rig.sends("agent", "+254700000001", &whatsapp).await;
    // when it starts
    rig.run_network();
    // then both are reported to their end
    let mut read = Vec::new();
    while read.len() < 2 {
        read.push(
            rig.until(|event| match &event.kind {
                EventKind::MessageStatusChanged { id, status: MessageStatus::Read } => {
                    Some(id.clone())
                }
                _ => None,
            })
            .await,
        );
    }
    assert_eq!(read, [delivered, sent]);
}

/// What was delivered long before the end of the last run is left alone, so that the start need not
/// read every history.
#[tokio::test(start_paused = true)]
async fn a_restart_owes_reports_on_reads_only_for_who_was_in_use_last() {
    let mut rig = Rig::start().await;
    let whatsapp = line(Channel::Whatsapp);
    let mut delivered = Vec::new();
    for number in ["+254700000001", "+254700000002", "+254700000003"] {
        let by = Duration::from_hours(1);
        rig.submit(Actor::Customer, NetworkCommand::MoveClock { by }).await;
        rig.writes(number, &whatsapp, "hello").await;
        let message = rig.sends("agent", number, &whatsapp).await;
        delivered.push(message.clone());
        let status = MessageStatus::Delivered;
        rig.submit(Actor::Network, NetworkCommand::ReportMessage { message, status }).await;
    }
    rig.run_network();
    rig.pass(Duration::from_mins(1)).await;
    let read = rig.events().await.into_iter().filter_map(|event| match event.kind {
        EventKind::MessageStatusChanged { id, status: MessageStatus::Read } => Some(id),
        _ => None,
    });
    assert_eq!(read.collect::<Vec<_>>(), delivered[2..]);
}

#[tokio::test(start_paused = true)]
async fn the_cast_answers_an_agent_with_the_next_line_of_the_thread() {
    let mut rig = Rig::start().await;
    let cast = Arc::clone(&rig.cast);
    let amina = cast.by_number(&CustomerNumber::telco(AMINA)).unwrap();
    let whatsapp = line(Channel::Whatsapp);
    rig.run_network();
    settle().await;
    rig.writes(AMINA, &whatsapp, &amina.threads[1][0]).await;
    assert_eq!(rig.until(answer).await, amina.threads[1][0]);
    for expected in &amina.threads[1][1..] {
        let sent = now();
        rig.sends("agent", AMINA, &whatsapp).await;
        assert_eq!(rig.until(answer).await, *expected);
        within(sent.elapsed(), 2500, 6600);
    }
    rig.sends("agent", AMINA, &whatsapp).await;
    assert!(amina.thanks.contains(&rig.until(answer).await));
}

#[tokio::test(start_paused = true)]
async fn nobody_answers_the_app_a_stranger_or_without_end() {
    let mut rig = Rig::start().await;
    let sms = line(Channel::Sms);
    rig.run_network();
    settle().await;
    // The built-in app gets no answer, nor does an agent who writes to somebody not of the cast,
    // or to a phone that nothing reaches.
    rig.sends(DEMO, AMINA, &sms).await;
    rig.sends("agent", "+254700000001", &sms).await;
    let juma = CustomerNumber::telco("+254722000102");
    assert!(rig.phones.set(&rig.org, &juma, Outcome::Never));
    rig.sends("agent", &juma.number, &sms).await;
    rig.pass(Duration::from_mins(1)).await;
    assert_eq!(rig.count(|kind| matches!(kind, EventKind::MessageReceived { .. })).await, 0);
    // Each message gets an answer, but no more than 30 within an hour.
    for _ in 0..40 {
        rig.sends("agent", AMINA, &sms).await;
        rig.pass(Duration::from_secs(10)).await;
    }
    rig.pass(Duration::from_mins(1)).await;
    assert_eq!(rig.count(|kind| matches!(kind, EventKind::MessageReceived { .. })).await, 30);
}

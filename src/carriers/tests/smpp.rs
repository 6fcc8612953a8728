//! A worker and a message centre that speaks SMPP.

use super::{
    smsc::{Manner, Smsc, Text},
    *,
};
use crate::model::{Tag, TagMessage, TagPair};
use rusmpp::CommandStatus;

#[tokio::test]
async fn r_carry_1_a_text_is_handed_over_accepted_and_delivered_in_this_order() {
    let smsc = Smsc::start(Manner::default()).await;
    let desk = Desk::of(&smsc, Repeats::Never).await;
    desk.send(&nth(1), "Habari @ 5€").await;
    once!(desk.stands(MessageStatus::Delivered).await, 1);
    let [text] = &smsc.texts()[..] else { panic!("{:?}", smsc.texts()) };
    assert_eq!((text.to.as_str(), text.from.as_str(), text.coding), ("254700000001", "40404", 0));
    assert_eq!(text.octets, b"Habari \x00 5\x1be");
    let steps = desk.steps().await;
    let accepted = CarriageStep::Accepted { reference: Some("2561".into()), is_final: false };
    assert_eq!(steps, [CarriageStep::HandedOver, accepted]);
    let links = [(false, String::new()), (true, String::new())];
    assert_eq!(desk.links().await, links);
}

#[tokio::test]
async fn r_carry_5_a_long_text_goes_whole_and_one_of_other_letters_in_utf_16() {
    let smsc = Smsc::start(Manner::default()).await;
    let desk = Desk::of(&smsc, Repeats::Never).await;
    let long = "x".repeat(1_000);
    desk.send(&nth(1), &long).await;
    desk.send(&nth(2), "şimdi 🌻").await;
    smsc.once(|smsc| smsc.texts().len() == 2).await;
    let texts = smsc.texts();
    let long_one = texts.iter().find(|text| text.to.ends_with('1')).expect("the first");
    assert_eq!(long_one.words(), long);
    let other = texts.iter().find(|text| text.to.ends_with('2')).expect("the second");
    let units: Vec<_> =
        other.octets.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    assert_eq!((other.coding, String::from_utf16_lossy(&units).as_str()), (8, "şimdi 🌻"));
}

#[tokio::test]
async fn r_carry_4_reports_come_first_or_in_other_digits_and_are_still_of_their_message() {
    for manner in [
        Manner { reports_first: true, ..Manner::default() },
        Manner { changes_digits: true, ..Manner::default() },
    ] {
        let smsc = Smsc::start(manner.clone()).await;
        let desk = Desk::of(&smsc, Repeats::Never).await;
        for n in 0..20 {
            desk.send(&nth(n), "Habari").await;
        }
        once!(desk.stands(MessageStatus::Delivered).await, 20);
        smsc.once(|smsc| smsc.acknowledged() == 20).await;
        assert_eq!(desk.unknown().await, 0, "{manner:?}");
    }
}

#[tokio::test]
async fn r_carry_2_without_an_answer_nobody_knows_and_nothing_is_sent_twice() {
    let smsc =
        Smsc::start(Manner { is_silent: true, reports_nothing: true, ..Manner::default() }).await;
    let mut desk = Desk::of(&smsc, Repeats::Never).await;
    desk.send(&nth(1), "one").await;
    once!(desk.unknown().await, 1);
    // The next to the same customer goes then, and the worker's death in the middle of one is unknown as well.
    desk.send(&nth(1), "two").await;
    smsc.once(|smsc| smsc.texts().len() == 2).await;
    desk.kill().await;
    smsc.behave(Manner::default());
    desk.work();
    once!(desk.unknown().await, 2);
    desk.send(&nth(1), "three").await;
    once!(desk.stands(MessageStatus::Delivered).await, 1);
    let words: Vec<_> = smsc.texts().iter().map(Text::words).collect();
    assert_eq!(words, ["one", "two", "three"], "each once");
}

#[tokio::test]
async fn r_carry_2_where_the_settings_say_so_it_is_repeated_once() {
    let quiet = Manner { is_silent: true, reports_nothing: true, ..Manner::default() };
    let smsc = Smsc::start(quiet).await;
    let desk = Desk::of(&smsc, Repeats::Once).await;
    desk.send(&nth(1), "one").await;
    once!(desk.unknown().await, 2);
    desk.send(&nth(2), "two").await;
    once!(desk.unknown().await, 4);
    let words: Vec<_> = smsc.texts().iter().map(Text::words).collect();
    assert_eq!(words, ["one", "one", "two", "two"], "once more, and not for ever");
}

#[tokio::test]
async fn r_carry_3_throttling_holds_up_and_loses_nothing() {
    let smsc = Smsc::start(Manner { throttles_every: 5, ..Manner::default() }).await;
    let desk = Desk::of(&smsc, Repeats::Never).await;
    for n in 0..40 {
        desk.send(&nth(n % 8), &format!("text {n}")).await;
    }
    once!(desk.stands(MessageStatus::Delivered).await, 40);
    let texts = smsc.texts();
    assert_eq!(texts.len(), 40);
    for who in 0..8 {
        let theirs = texts.iter().filter(|text| text.to.ends_with(&format!("0{who}")));
        let order: Vec<_> = theirs.map(Text::words).collect();
        let wanted: Vec<_> =
            (0..40).filter(|n| n % 8 == who).map(|n| format!("text {n}")).collect();
        assert_eq!(order, wanted, "in order");
    }
    assert_eq!(desk.unknown().await, 0);
}

#[tokio::test]
async fn r_carry_3_a_refusal_is_the_status_of_the_message_with_the_networks_code() {
    let smsc = Smsc::start(Manner {
        refuses_texts: Some(CommandStatus::EsmeRinvsrcadr),
        ..Manner::default()
    })
    .await;
    let desk = Desk::of(&smsc, Repeats::Never).await;
    desk.send(&nth(1), "one").await;
    once!(desk.stands(MessageStatus::InvalidChannelNumber).await, 1);
    let steps = desk.steps().await;
    let words = "it does not take this sender".to_owned();
    assert_eq!(steps[1], CarriageStep::Refused { code: "0x0000000A".into(), words });
}

#[tokio::test]
async fn r_carry_6_a_connection_that_is_lost_is_told_and_made_again() {
    let smsc = Smsc::start(Manner { refuses: true, ..Manner::default() }).await;
    let desk = Desk::of(&smsc, Repeats::Never).await;
    once!(desk.links().await.len(), 2);
    let (is_up, why) = desk.links().await.remove(1);
    assert!(!is_up && why.contains("check system_id and password"), "{why}");
    desk.send(&nth(1), "one").await;
    smsc.behave(Manner::default());
    once!(desk.stands(MessageStatus::Delivered).await, 1);
    // It hangs up with nothing under way: nothing is unknown, and it is connected again.
    let logins = smsc.logins();
    smsc.hang_up();
    smsc.once(|smsc| smsc.logins() > logins).await;
    desk.send(&nth(2), "two").await;
    once!(desk.stands(MessageStatus::Delivered).await, 2);
    assert_eq!(desk.unknown().await, 0);
}

#[tokio::test]
async fn r_carry_6_what_cannot_be_read_and_what_is_not_there_has_a_sentence() {
    let smsc = Smsc::start(Manner { is_garbled: true, ..Manner::default() }).await;
    let desk = Desk::of(&smsc, Repeats::Never).await;
    once!(desk.links().await.len(), 2);
    let (_, why) = desk.links().await.remove(1);
    assert!(why.starts_with("what it says cannot be read"), "{why}");
    let smsc = Smsc::start(Manner::default()).await;
    let nowhere = smsc.addr;
    drop(smsc);
    let gone = Smsc::start(Manner::default()).await;
    let mut desk = Desk::of(&gone, Repeats::Never).await;
    desk.kill().await;
    let CarrierKind::Smpp(smpp) = &mut desk.carrier.kind else { panic!("SMPP") };
    smpp.address = nowhere.to_string();
    desk.work();
    let away = "no connection to 127.0.0.1";
    once!(desk.links().await.iter().any(|(is_up, why)| !is_up && why.contains(away)), true);
}

#[tokio::test]
async fn r_carry_8_what_customers_write_is_acknowledged_when_it_is_stored() {
    let smsc = Smsc::start(Manner::default()).await;
    let mut desk = Desk::of(&smsc, Repeats::Never).await;
    smsc.bring("+254711000001", "40404", "Where is it?");
    once!(desk.messages(Direction::Inbound).await.len(), 1);
    smsc.once(|smsc| smsc.acknowledged() == 1).await;
    let inbound = desk.messages(Direction::Inbound).await;
    assert_eq!(inbound[0].number, CustomerNumber::telco("+254711000001"));
    assert_eq!(inbound[0].body, Body::text("Where is it?"));
    // What comes while nobody is there comes later.
    desk.kill().await;
    for n in 0..30 {
        smsc.bring("+254711000002", "40404", &format!("text {n}"));
    }
    // Nobody here has this number: it is acknowledged, because it would come for ever.
    smsc.bring("+254711000002", "99999", "lost");
    desk.work();
    once!(desk.messages(Direction::Inbound).await.len(), 31);
    smsc.once(|smsc| smsc.acknowledged() == 32).await;
    let texts: Vec<_> = desk
        .messages(Direction::Inbound)
        .await
        .into_iter()
        .filter_map(|m| m.body.text)
        .filter(|t| t.starts_with("text"))
        .collect();
    assert_eq!(texts, (0..30).map(|n| format!("text {n}")).collect::<Vec<_>>(), "in order");
}

#[tokio::test]
async fn r_carry_7_a_single_message_overtakes_work_by_tag() {
    let smsc = Smsc::start(Manner::default()).await;
    let mut desk = Desk::of(&smsc, Repeats::Never).await;
    desk.kill().await;
    for n in 0..150 {
        let tags = vec![Tag { key: "tier".into(), value: "gold".into(), expires_at: None }];
        let customer = crate::model::CustomerRef::Number(nth(n));
        desk.asks(CustomerCommand::UpdateTags { customer, tags }).await;
    }
    let tag = TagPair { key: "tier".into(), value: "gold".into() };
    let message = TagMessage::new(line(), Body::text("sale"));
    desk.asks(CustomerCommand::SendMessageByTag { tag, message }).await;
    let sent = async || {
        desk.hub.report(Actor::Hub, NetworkCommand::Sweep).await.expect("running");
        desk.messages(Direction::Outbound).await.len()
    };
    once!(sent().await, 150);
    desk.send(&nth(200), "your answer").await;
    desk.work();
    once!(desk.stands(MessageStatus::Delivered).await, 151);
    assert_eq!(smsc.texts()[0].words(), "your answer");
}

#[tokio::test]
async fn r_carry_10_what_cannot_be_read_is_refused_and_everything_else_goes_on() {
    let smsc = Smsc::start(Manner::default()).await;
    let desk = Desk::of(&smsc, Repeats::Never).await;
    once!(desk.links().await.len(), 2);
    for body in [&b"\0\x01\x01254711\xff"[..], b"", b"\xff\xff\xff"] {
        smsc.bring_unreadable(body);
    }
    smsc.bring("+254711000001", "40404", "Where is it?");
    desk.send(&nth(1), "one").await;
    once!(desk.stands(MessageStatus::Delivered).await, 1);
    once!(desk.messages(Direction::Inbound).await.len(), 1);
    smsc.once(|smsc| smsc.refused() == 3).await;
    assert_eq!((smsc.logins(), desk.unknown().await), (1, 0), "the session goes on");
}

#[tokio::test]
async fn r_carry_8_a_number_of_the_org_is_known_without_its_plus_sign() {
    let smsc = Smsc::start(Manner::default()).await;
    let desk = Desk::of(&smsc, Repeats::Never).await;
    smsc.bring("+254711000001", "254711082000", "STOP");
    once!(desk.messages(Direction::Inbound).await.len(), 1);
    assert_eq!(desk.messages(Direction::Inbound).await[0].channel, long_line());
}

#[tokio::test]
async fn r_carry_2_a_silent_network_gets_one_at_a_time_until_it_answers() {
    let quiet = Manner { is_silent: true, reports_nothing: true, ..Manner::default() };
    let smsc = Smsc::start(quiet).await;
    let mut desk = Desk::of(&smsc, Repeats::Never).await;
    desk.kill().await;
    desk.carrier.answers_within = Duration::from_millis(300);
    for n in 0..60 {
        desk.send(&nth(n), "Habari").await;
    }
    desk.work();
    // Ten at first, and then one after the other.
    once!(desk.unknown().await >= 12, true);
    assert!(smsc.texts().len() <= 14, "{}", smsc.texts().len());
    smsc.behave(Manner::default());
    let unknown = desk.unknown().await;
    once!(desk.stands(MessageStatus::Delivered).await >= 60 - unknown - 1, true);
}

#[tokio::test]
async fn r_carry_7_messages_go_at_the_pace_and_in_order() {
    let smsc = Smsc::start(Manner::default()).await;
    let mut desk = Desk::of(&smsc, Repeats::Never).await;
    desk.kill().await;
    desk.carrier.per_second = 50;
    for n in 0..100 {
        desk.send(&nth(n % 10), &format!("text {n}")).await;
    }
    desk.work();
    once!(desk.stands(MessageStatus::Delivered).await, 100);
    let texts = smsc.texts();
    let took = texts[99].at.duration_since(texts[0].at).as_secs_f64();
    assert!(took >= 99.0 / 50.0 * 0.9, "no faster than 50 a second: {took}");
    for who in 0..10 {
        let theirs = texts.iter().filter(|text| text.to.ends_with(&format!("0{who}")));
        let order: Vec<_> = theirs.map(Text::words).collect();
        let wanted: Vec<_> =
            (0..100).filter(|n| n % 10 == who).map(|n| format!("text {n}")).collect();
        assert_eq!(order, wanted);
    }
}

#[tokio::test]
async fn r_carry_13_a_login_is_tried_and_ended_again() {
    let smsc = Smsc::start(Manner::default()).await;
    let mut desk = Desk::of(&smsc, Repeats::Never).await;
    desk.kill().await;
    smsc.bring("+254711000001", "40404", "Anybody there?");
    assert_eq!(crate::carriers::check(&desk.carrier).await, Ok(()));
    assert_eq!((smsc.logouts(), smsc.acknowledged()), (1, 0));
    smsc.behave(Manner { is_garbled: true, ..Manner::default() });
    let why = crate::carriers::check(&desk.carrier).await.expect_err("no network");
    assert!(why.contains("cannot be read"), "{why}");
}

#[tokio::test]
async fn r_carry_2_a_hub_that_stops_waits_for_what_is_owed_and_logs_out() {
    let slow = Manner { answers_after: Duration::from_millis(30), ..Manner::default() };
    let smsc = Smsc::start(slow).await;
    let mut desk = Desk::of(&smsc, Repeats::Never).await;
    for n in 0..60 {
        desk.send(&nth(n), "Habari").await;
    }
    smsc.once(|smsc| smsc.texts().len() >= 5).await;
    desk.leave().await;
    let sent = smsc.texts().len();
    assert!((5..30).contains(&sent), "no more are handed over: {sent}");
    assert_eq!((desk.unknown().await, smsc.logouts()), (0, 1));
    desk.work();
    once!(desk.stands(MessageStatus::Delivered).await, 60);
    assert_eq!((smsc.texts().len(), desk.unknown().await), (60, 0), "each once");
    // One that never answers does not hold up the stop.
    smsc.behave(Manner { is_silent: true, ..Manner::default() });
    desk.send(&nth(1), "one more").await;
    smsc.once(|smsc| smsc.texts().len() == 61).await;
    desk.leave().await;
    assert_eq!(desk.unknown().await, 1);
}

#[tokio::test]
async fn r_carry_19_a_paused_network_gets_nothing_until_it_goes_on_and_brings_what_is_written() {
    let smsc = Smsc::start(Manner::default()).await;
    let mut desk = Desk::of(&smsc, Repeats::Never).await;
    let pause = |is_paused| CustomerCommand::PauseCarrier { carrier: "safari".into(), is_paused };
    desk.send(&nth(1), "one").await;
    once!(desk.stands(MessageStatus::Delivered).await, 1);
    desk.asks(pause(true)).await;
    desk.send(&nth(1), "two").await;
    // Once this is stored, the worker has seen everything before it.
    smsc.bring("+254711000001", "40404", "Hello?");
    smsc.once(|smsc| smsc.acknowledged() == 2).await;
    assert_eq!(smsc.texts().len(), 1);
    // It stays so when the hub is started again.
    desk.kill().await;
    desk.work();
    smsc.bring("+254711000001", "40404", "Hello again?");
    smsc.once(|smsc| smsc.acknowledged() == 3).await;
    assert_eq!(smsc.texts().len(), 1);
    desk.asks(pause(false)).await;
    once!(desk.stands(MessageStatus::Delivered).await, 2);
}

#[tokio::test]
async fn r_carry_18_what_somebody_decides_goes_once_more_and_what_they_leave_does_not() {
    let quiet = Manner { is_silent: true, reports_nothing: true, ..Manner::default() };
    let smsc = Smsc::start(quiet).await;
    let desk = Desk::of(&smsc, Repeats::Never).await;
    desk.send(&nth(1), "one").await;
    desk.send(&nth(2), "two").await;
    once!(desk.unknown().await, 2);
    smsc.behave(Manner::default());
    let decide = async |words: &str, again| {
        let all = desk.messages(Direction::Outbound).await;
        let found = all.iter().find(|message| message.body == Body::text(words));
        let message = found.expect("a message").id.clone();
        desk.asks(CustomerCommand::DecideUnknown { message, again, attempt: Some(1) }).await;
    };
    decide("one", true).await;
    decide("two", false).await;
    once!(desk.stands(MessageStatus::Delivered).await, 1);
    let words: Vec<_> = smsc.texts().iter().map(Text::words).collect();
    assert_eq!(words.iter().filter(|text| *text == "one").count(), 2);
    assert_eq!(words.iter().filter(|text| *text == "two").count(), 1);
}

#[tokio::test]
async fn r_carry_19_what_is_paused_while_it_is_down_gets_nothing_when_it_is_back() {
    let smsc = Smsc::start(Manner { refuses: true, ..Manner::default() }).await;
    let desk = Desk::of(&smsc, Repeats::Never).await;
    for n in 0..5 {
        desk.send(&nth(n), "Habari").await;
    }
    once!(desk.links().await.len(), 2);
    let pause = |is_paused| CustomerCommand::PauseCarrier { carrier: "safari".into(), is_paused };
    desk.asks(pause(true)).await;
    smsc.behave(Manner::default());
    smsc.bring("+254711000001", "40404", "Hello?");
    smsc.once(|smsc| smsc.acknowledged() == 1).await;
    assert_eq!(smsc.texts().len(), 0);
    desk.asks(pause(false)).await;
    once!(desk.stands(MessageStatus::Delivered).await, 5);
}

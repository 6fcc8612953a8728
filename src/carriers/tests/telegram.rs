//! A worker and a Bot API that is stricter than Telegram's.

use super::{
    telegram_stub::{Manner, TOKEN, TelegramStub},
    *,
};
use crate::{
    hub::config::{HttpKind, TelegramSettings},
    model::{Location, Provider},
};
use serde_json::json;

fn bot() -> ChannelNumber {
    ChannelNumber::new(Channel::Telegram, "@bahari_bot")
}
fn chat(id: i64) -> CustomerNumber {
    CustomerNumber::new(Provider::Telegram, &id.to_string())
}
async fn desk(stub: &TelegramStub, token: &str) -> Desk {
    let token = CarrierSecret::new(token.to_owned());
    let kind = HttpKind::Telegram(TelegramSettings { url: stub.url(), token });
    Desk::with(CarrierKind::Http(kind), vec![bot()], Repeats::Never, false).await
}

#[tokio::test]
async fn r_carry_20_what_is_written_to_a_bot_comes_in_and_its_answer_goes_out() {
    let stub = TelegramStub::start(Manner::default()).await;
    let desk = desk(&stub, TOKEN).await;
    stub.write(7, "Is it there? 🌻");
    once!(desk.messages(Direction::Inbound).await.len(), 1);
    let inbound = desk.messages(Direction::Inbound).await;
    assert_eq!((&inbound[0].number, &inbound[0].channel), (&chat(7), &bot()));
    assert_eq!(inbound[0].body, Body::text("Is it there? 🌻"));
    stub.once(|stub| stub.confirmed() == 1).await;
    desk.send(&chat(7), "Yes, *it* is").await;
    stub.once(|stub| stub.sent().len() == 1).await;
    assert_eq!((stub.sent()[0].chat, stub.sent()[0].words()), (7, "Yes, *it* is"));
    // Telegram reports nothing, so SENT is the last that is known (R-CARRY-21).
    let accepted = CarriageStep::Accepted { reference: Some("2".into()), is_final: true };
    once!(desk.steps().await, vec![CarriageStep::HandedOver, accepted.clone()]);
    assert!(desk.messages(Direction::Outbound).await[0].is_final);
    let place = Location { latitude: -4.04, longitude: 39.66 };
    desk.send_body(&chat(7), Body { location: Some(place), ..Body::default() }).await;
    stub.once(|stub| stub.sent().len() == 2).await;
    assert_eq!(stub.sent()[1].fields["longitude"], json!(39.66));
}

#[tokio::test]
async fn r_carry_20_what_was_not_confirmed_comes_again_and_is_stored_once() {
    let stub = TelegramStub::start(Manner::default()).await;
    let mut desk = desk(&stub, TOKEN).await;
    for n in 0..150 {
        stub.write(n % 10 + 1, &format!("text {n}"));
        if n % 50 == 25 {
            // It dies wherever it is, perhaps with messages that are stored and not confirmed.
            once!(desk.messages(Direction::Inbound).await.is_empty(), false);
            desk.kill().await;
            desk.work();
        }
    }
    // What nobody understands holds nothing up.
    stub.bring_update(&json!({ "edited_message": 7 }));
    stub.bring_update(&json!({ "message": { "chat": { "id": -5, "type": "group" } } }));
    once!(desk.messages(Direction::Inbound).await.len(), 150);
    stub.once(|stub| stub.confirmed() == 152).await;
    let all = desk.messages(Direction::Inbound).await;
    for who in 1..=10 {
        let theirs = all.iter().filter(|message| message.number == chat(who));
        let words: Vec<_> = theirs.filter_map(|message| message.body.text.clone()).collect();
        let wanted: Vec<_> =
            (0..150).filter(|n| n % 10 + 1 == who).map(|n| format!("text {n}")).collect();
        assert_eq!(words, wanted, "each once and in order");
    }
}

#[tokio::test]
async fn r_carry_20_too_many_messages_wait_as_long_as_telegram_says() {
    let manner = Manner { throttles_every: 5, retry_after: 1, ..Manner::default() };
    let stub = TelegramStub::start(manner).await;
    let desk = desk(&stub, TOKEN).await;
    (1..=5).for_each(|who| stub.know(who));
    for n in 0..12 {
        desk.send(&chat(n % 5 + 1), &format!("text {n}")).await;
    }
    stub.once(|stub| stub.sent().len() == 12).await;
    for who in 1..=5 {
        let sent = stub.sent();
        let theirs: Vec<_> = sent.iter().filter(|sent| sent.chat == who).collect();
        let words: Vec<_> = theirs.iter().map(|sent| sent.words().to_owned()).collect();
        let wanted: Vec<_> =
            (0..12).filter(|n| n % 5 + 1 == who).map(|n| format!("text {n}")).collect();
        assert_eq!(words, wanted, "each once and in order");
    }
    let took = stub.sent()[11].at.duration_since(stub.sent()[0].at);
    assert!(took >= Duration::from_secs(2), "two pauses of a second: {took:?}");
    assert_eq!(desk.unknown().await, 0);
}

#[tokio::test]
async fn r_carry_20_a_refusal_has_its_status() {
    let stub = TelegramStub::start(Manner::default()).await;
    let desk = desk(&stub, TOKEN).await;
    stub.block(1);
    desk.send(&chat(1), "one").await;
    once!(desk.stands(MessageStatus::NoConsent).await, 1);
    // A bot cannot write first.
    desk.send(&chat(2), "two").await;
    once!(desk.stands(MessageStatus::Failed).await, 1);
    assert_eq!(stub.sent(), []);
}

#[tokio::test]
async fn r_carry_20_a_wrong_token_and_a_second_reader_are_said_and_the_token_is_not() {
    let stub = TelegramStub::start(Manner::default()).await;
    let wrong = desk(&stub, "1:wrong-secret").await;
    let says = async |desk: &Desk, words: &str| {
        desk.links().await.iter().any(|(is_up, why)| !is_up && why.contains(words))
    };
    once!(says(&wrong, "ask BotFather").await, true);
    assert!(!says(&wrong, "secret").await);
    wrong.send(&chat(1), "one").await;
    let one = desk(&stub, TOKEN).await;
    once!(one.links().await.last().is_some_and(|(is_up, _)| *is_up), true);
    let two = desk(&stub, TOKEN).await;
    once!(says(&one, "409").await || says(&two, "409").await, true);
    assert_eq!((stub.sent().len(), wrong.unknown().await), (0, 0));
    assert_eq!(crate::carriers::check(&one.carrier).await, Ok(()));
    assert!(crate::carriers::check(&wrong.carrier).await.is_err());
}

#[tokio::test]
async fn r_carry_20_without_an_answer_nobody_knows_and_nothing_is_sent_twice() {
    for manner in [
        Manner { is_silent: true, ..Manner::default() },
        Manner { is_garbled: true, ..Manner::default() },
    ] {
        let stub = TelegramStub::start(Manner::default()).await;
        let desk = desk(&stub, TOKEN).await;
        (1..=30).for_each(|who| stub.know(who));
        once!(desk.links().await.len(), 2);
        stub.behave(manner);
        for n in 1..=30 {
            desk.send(&chat(n), "Habari").await;
        }
        once!(desk.unknown().await >= 1, true);
        stub.behave(Manner::default());
        let all_but_unknown = async |desk: &Desk| {
            let known = desk.steps().await;
            let accepted = |step: &&CarriageStep| matches!(step, CarriageStep::Accepted { .. });
            known.iter().filter(accepted).count() + desk.unknown().await
        };
        once!(all_but_unknown(&desk).await, 30);
        let mut chats: Vec<_> = stub.sent().iter().map(|sent| sent.chat).collect();
        chats.sort_unstable();
        let sent = chats.len();
        chats.dedup();
        assert_eq!(chats.len(), sent, "nobody twice");
    }
}

//! What reaches a customer: messages, consent, payments, calls and answers to prompts. Their replies
//! carry codes, also when they are refusals.

use super::{desk, jane_s, sms};
use crate::{
    model::{
        Body, CallReceipt, CallStatus, Channel, ChannelNumber, ConsentAction, ConsentReceipt,
        ConsentStatus, Currency, CustomerCommand as Command, MessageReceipt, MessageStatus, Money,
        PaymentParty, PaymentReceipt, PaymentStatus, Receipt, Seq, StateReceipt, TagPair, UssdMenu,
        WorkReceipt,
    },
    sdk::{Error, PromptAnswer},
};

#[tokio::test(start_paused = true)]
async fn messages_are_answered_with_a_code_also_when_refused() {
    let (fake, client, mut jane) = desk();
    let refused = |status| {
        Receipt::Message(MessageReceipt {
            status,
            description: "no".into(),
            message: None,
            customer: None,
            conflict: None,
        })
    };
    fake.answers(refused(MessageStatus::NoConsent));
    fake.answers(refused(MessageStatus::InvalidReplyToMessageId));
    let sent = jane.send_message(sms(), Body::text("hi")).await;
    assert_eq!(sent, Err(Error::Refused(Box::new(refused(MessageStatus::NoConsent)))));
    let reply = client.reply_to_message(&jane, "el_msg_9".into(), Body::text("hi")).await;
    let Err(Error::Refused(no)) = reply else { panic!("{reply:?}") };
    assert_eq!(no.code(), Some(MessageStatus::InvalidReplyToMessageId.code()));
    let answer = Command::ReplyToMessage {
        customer: "el_cst_jane".into(),
        message: "el_msg_9".into(),
        body: Body::text("hi"),
        seen: None,
    };
    assert_eq!(
        fake.asked_for(),
        [
            Command::SendMessage { to: jane_s(), from: sms(), body: Body::text("hi"), seen: None },
            answer
        ]
    );
    // The reply needed an id, so it read the state; a known id is not read again.
    assert_eq!(fake.with(|script| script.looked_at.len()), 1);
    jane.get_state().await.unwrap();
    let _ = client.reply_to_message(&jane, "el_msg_9".into(), Body::text("hi")).await.unwrap();
    assert_eq!(fake.with(|script| script.looked_at.len()), 2);
}

/// R-CONFLICT-1: beside the request, because the contract has no field for it.
#[tokio::test(start_paused = true)]
async fn what_was_seen_travels_beside_a_message_and_into_its_dry_run() {
    let (fake, client, jane) = desk();
    let hello = || Body::text("hi");
    let _ = jane.send_message(sms(), hello()).having_seen(Seq(1204)).await.unwrap();
    let reply = || client.reply_to_message(&jane, "el_msg_9".into(), hello());
    let _ = reply().having_seen(Seq(0)).await.unwrap();
    let _ = reply().await.unwrap();
    let _ = jane.send_message(sms(), hello()).having_seen(Seq(7)).dry_run().await.unwrap();
    let metadata = fake.with(|script| script.metadata.clone());
    let seen = metadata.iter().map(|m| m.get("seen-seq").map(|seen| seen.to_str().unwrap()));
    let seen: Vec<_> = seen.flatten().collect();
    assert_eq!(seen, ["1204", "0"]);
    let asked = fake.with(|script| script.dry_runs.clone());
    let asked: Vec<_> = asked.iter().map(Command::seen).collect();
    assert_eq!(asked, [Some(Seq(7))]);
}

/// R-CANNED-4: beside the request too.
#[tokio::test(start_paused = true)]
async fn whether_gaps_are_filled_travels_beside_a_message_by_tag_and_into_its_dry_run() {
    let (fake, client, _) = desk();
    let work = WorkReceipt { ok: true, description: "recorded".into(), work: Some("w".into()) };
    fake.answers(Receipt::Work(work));
    let tag = || TagPair { key: "tier".into(), value: "gold".into() };
    let send = || client.send_message_by_tag(tag(), sms(), Body::text("Habari {{name|rafiki}}"));
    let _ = send().await.unwrap();
    let _ = send().filling_gaps().await.unwrap();
    let _ = send().filling_gaps().dry_run().await.unwrap();
    let metadata = fake.with(|script| script.metadata.clone());
    let said = metadata.iter().filter_map(|m| m.get("fill-gaps")).map(|v| v.to_str().unwrap());
    assert_eq!(said.collect::<Vec<_>>(), ["true"], "the first call says nothing of gaps");
    let asked = fake.with(|script| script.dry_runs.clone());
    assert!(asked.iter().all(Command::fills) && asked.len() == 1);
}

/// R-TAGWORK-7, R-TAGWORK-10: beside the request, and not at all to a server that does not know of it.
#[tokio::test(start_paused = true)]
async fn a_rate_and_for_whom_it_failed_travel_beside_a_message_by_tag() {
    let (fake, client, _) = desk();
    let work = WorkReceipt { ok: true, description: "recorded".into(), work: Some("w".into()) };
    fake.answers(Receipt::Work(work));
    let tag = || TagPair { key: "tier".into(), value: "gold".into() };
    let send = || client.send_message_by_tag(tag(), sms(), Body::text("Sale"));
    let rate = "300/min".parse().unwrap();
    let at = crate::model::Timestamp::from_secs(1_800_000_000);
    let timed = || send().leaving_at(at).keeping_quiet().instead_of("el_wrk_2".into());
    let _ = send().at_most(rate).failed_of("el_wrk_1".into()).await.unwrap();
    let _ = timed().await.unwrap();
    let _ = send().at_most(rate).failed_of("el_wrk_1".into()).dry_run().await.unwrap();
    let metadata = fake.with(|script| script.metadata.clone());
    for (name, value) in [("send-rate", "300/min"), ("failed-of", "el_wrk_1")] {
        let said = metadata.iter().filter_map(|m| m.get(name)).map(|v| v.to_str().unwrap());
        assert_eq!(said.collect::<Vec<_>>(), [value]);
    }
    let beside = [
        ("send-at", "2027-01-15T08:00:00.000000Z"),
        ("quiet-hours", "wait"),
        ("instead-of", "el_wrk_2"),
    ];
    for (name, value) in beside {
        let said = metadata.iter().filter_map(|m| m.get(name)).map(|v| v.to_str().unwrap());
        assert_eq!(said.collect::<Vec<_>>(), [value], "{name}");
    }
    let _ = timed().dry_run().await.unwrap();
    let asked = fake.with(|script| script.dry_runs[1].terms());
    assert_eq!(
        (asked.at, asked.keeps_quiet, asked.instead_of),
        (Some(at), true, Some("el_wrk_2".into()))
    );
    let asked = fake.with(|script| script.dry_runs[0].terms());
    assert_eq!((asked.rate, asked.failed_of), (Some(rate), Some("el_wrk_1".into())));
}

#[tokio::test(start_paused = true)]
async fn the_people_of_a_work_come_in_pages_and_a_refusal_is_an_error() {
    let (_, client, _) = desk();
    let (first, next) = client.recipients(&"el_wrk_1".into(), None, "", 1).await.unwrap();
    assert_eq!((first[0].customer.as_str(), next.as_str()), ("el_cst_1", "2"));
    let failed = crate::model::RecipientOutcome::Failed;
    let (rest, next) = client.recipients(&"el_wrk_1".into(), Some(failed), &next, 1).await.unwrap();
    assert_eq!((rest[0].outcome(), next.as_str()), (failed, ""));
    let refused = client.recipients(&"el_wrk_0".into(), None, "", 1).await.unwrap_err();
    assert!(refused.to_string().contains("no work el_wrk_0"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn messaging_consent_carries_its_reason_beside_the_request() {
    let (fake, client, jane) = desk();
    fake.answers(Receipt::Consent(ConsentReceipt {
        status: ConsentStatus::OptOutCompleted,
        description: "opted out".into(),
        customer: None,
    }));
    let ask = || client.messaging_consent(&jane, sms(), ConsentAction::OptOut);
    let reply = ask().because("asked on the phone \u{2014} Jané").await.unwrap();
    assert_eq!(reply.status, ConsentStatus::OptOutCompleted);
    let _ = ask().await.unwrap();
    let metadata = fake.with(|script| script.metadata.clone());
    let reason = metadata[0].get_bin("reason-bin").unwrap().to_bytes().unwrap();
    assert_eq!(reason, "asked on the phone \u{2014} Jané".as_bytes());
    assert!(metadata[1].get_bin("reason-bin").is_none());
    let Command::RequestConsent { number, channel, action, .. } = &fake.asked_for()[0] else {
        panic!("a consent request")
    };
    assert_eq!((number, channel, *action), (&jane_s(), &sms(), ConsentAction::OptOut));
}

#[tokio::test(start_paused = true)]
async fn initiate_payment_says_who_pays_whom_how_much() {
    let (fake, client, _) = desk();
    let value = Money { currency: Currency::new("KES").unwrap(), minor: 150_000 };
    let till = ChannelNumber::new(Channel::Payment, "525900");
    let debit = PaymentParty::Customer { number: jane_s(), channel: till };
    let credit = PaymentParty::Purse("till".into());
    fake.answers(Receipt::Payment(PaymentReceipt {
        status: PaymentStatus::PendingConfirmation,
        description: "the payer is asked".into(),
        transaction: Some("el_txn_1".into()),
        debit_customer: Some("el_cst_jane".into()),
        credit_customer: None,
    }));
    let reply = client.initiate_payment(debit.clone(), credit.clone(), value).await.unwrap();
    assert_eq!(reply.status, PaymentStatus::PendingConfirmation);
    assert_eq!(reply.transaction, Some("el_txn_1".into()));
    assert_eq!(fake.asked_for(), [Command::InitiatePayment { debit, credit, value }]);
}

#[tokio::test(start_paused = true)]
async fn make_voice_call_and_the_answer_to_a_prompt() {
    let (fake, client, jane) = desk();
    let line = ChannelNumber::new(Channel::Voice, "+254711082300");
    fake.answers(Receipt::Call(CallReceipt {
        status: CallStatus::Queued,
        description: "queued".into(),
        session: Some("el_ses_1".into()),
        customer: None,
    }));
    let reply = client.make_voice_call(&jane, line.clone()).await.unwrap();
    assert_eq!((reply.status, reply.session), (CallStatus::Queued, Some("el_ses_1".into())));
    let menu = UssdMenu { text: "Karibu".into(), is_terminal: true };
    client.send_webhook_response("el_ses_2", PromptAnswer::Menu(menu.clone())).await.unwrap();
    fake.answers(Receipt::State(StateReceipt {
        ok: false,
        description: "too late".into(),
        customer: None,
    }));
    let late =
        client.send_webhook_response("el_ses_1", PromptAnswer::Plan(vec![])).await.unwrap_err();
    assert_eq!(late.to_string(), "too late");
    let answer = |session: &str, menu| Command::AnswerPrompt {
        session: session.into(),
        menu,
        actions: vec![],
    };
    assert_eq!(
        fake.asked_for(),
        [
            Command::MakeCall { to: jane_s(), from: line },
            answer("el_ses_2", Some(menu)),
            answer("el_ses_1", None),
        ]
    );
}

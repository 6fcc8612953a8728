//! Typed listeners: what each gets, that they stand beside untyped ones, and what a server that names
//! nobody leaves of a notification.

use super::{
    fake::End,
    listen::{about, answer, ear, every_kind, telling},
};
use crate::{
    model::{Body, CustomerCommand, EventKind, PaymentStatus, UssdMenu},
    sdk::{Customer, Topic},
};

/// One typed listener per kind: each hears its own, with the customer's state read.
#[tokio::test(start_paused = true)]
async fn typed_listeners_get_what_their_kind_carries() {
    let mut ear = ear([telling(every_kind(), End::Hang)]);
    let client = ear.client.clone();
    let sender = ear.say.clone();
    let say = move |what: String, customer: &Customer| {
        let id = customer.id().map(ToString::to_string).unwrap_or_default();
        let line = format!("{what} {id} {}", customer.state().is_some());
        let sender = sender.clone();
        async move { Ok(sender.send(line).await?) }
    };
    macro_rules! hear {
        ($($on:ident |$notice:ident| $what:expr;)*) => {$({
            let say = say.clone();
            client.$on(move |$notice| say($what, &$notice.customer));
        })*};
    }
    hear! {
        on_reminder |fired| format!("reminder {:?}", fired.reminder.key);
        on_payment_status |paid| format!("payment {} {}", paid.transaction, paid.status.code());
        on_message_status |sent| format!("message {} {}", sent.message, sent.status.code());
        on_message |message| format!("wrote {:?}", message.body.text);
        on_payment |paid| format!("paid {} {:?}", paid.value, paid.purse);
        on_wallet_payment_status |paid| format!("wallet {} {}", paid.wallet, paid.transaction);
        on_messaging_session |session| format!("session {:?}", session.status);
        on_messaging_consent |consent| format!("consent {}", consent.status.code());
    }
    client.on_ussd_session(async |request| {
        Ok(UssdMenu { text: format!("typed {:?}", request.input), is_terminal: true })
    });
    client.on_voice_call(async |call| Ok(call.asks_for_plan().then(Vec::new)));
    client.connect().await.unwrap();
    let mut said = ear.heard(8).await;
    said.sort();
    assert_eq!(
        said,
        [
            "consent 300 el_cst_jane true",
            "message m 301 el_cst_jane true",
            "paid KES 1.00 None el_cst_jane true",
            "payment t 300 el_cst_jane true",
            "reminder \"\" el_cst_jane true",
            "session Active el_cst_jane true",
            "wallet w t el_cst_jane true",
            "wrote Some(\"hi\") el_cst_jane true",
        ]
    );
    ear.is_quiet().await;
    let menu = UssdMenu { text: "typed \"\"".into(), is_terminal: true };
    assert_eq!(ear.answers(), [answer("u", Some(menu), vec![]), answer("v", None, vec![])]);
}

#[tokio::test(start_paused = true)]
async fn a_typed_listener_replaces_an_untyped_one_and_can_answer_a_message() {
    let wrote = EventKind::MessageReceived { id: "m1".into(), body: Body::text("hi") };
    let mut ear = ear([telling([about("jane", 1, wrote)], End::Hang)]);
    ear.hears(Topic::ReceivedMessage, || ());
    let say = ear.say.clone();
    ear.client.on_message(move |message| {
        let say = say.clone();
        async move {
            let receipt = message.reply(Body::text("Karibu")).await?;
            Ok(say.send(receipt.description).await?)
        }
    });
    ear.client.connect().await.unwrap();
    assert_eq!(ear.heard(1).await, ["on its way"]);
    let [CustomerCommand::ReplyToMessage { customer, message, .. }] = &ear.answers()[..] else {
        panic!("{:?}", ear.answers())
    };
    assert_eq!((customer.as_str(), message.as_str()), ("el_cst_jane", "m1"));
}

/// A server that names nobody: the handle knows only what was said, and says so when more is needed.
#[tokio::test(start_paused = true)]
async fn a_typed_notification_without_a_customer_is_heard_too() {
    let paid = EventKind::PaymentStatusChanged {
        id: "t".into(),
        status: PaymentStatus::Success,
        value: None,
    };
    let mut ear = ear([telling([about("", 1, paid)], End::Hang)]);
    let say = ear.say.clone();
    ear.client.on_payment_status(move |paid| {
        let say = say.clone();
        async move {
            let why = paid.customer.delete_tag(["tier"]).await.unwrap_err();
            Ok(say.send(why.to_string()).await?)
        }
    });
    ear.client.connect().await.unwrap();
    assert_eq!(ear.heard(1).await, ["a customer needs an id, a number or a secondary id"]);
}

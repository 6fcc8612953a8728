//! Bad messages, answers and requests for consent (R-MSG-1, R-REPLYTO-1, R-CONSENT-1 to R-CONSENT-3).

use super::{Says::*, *};
use crate::model::{ConsentAction, Location, Media, MediaKind, Provider, Template};

fn send(to: CustomerNumber, from: ChannelNumber, body: Body) -> Ask {
    ask(CustomerCommand::SendMessage { to, from, body, seen: None })
}

fn on(channel: Channel, number: &str) -> ChannelNumber {
    ChannelNumber::new(channel, number)
}

fn hello() -> Body {
    Body::text("hello")
}

fn media(url: &str) -> Body {
    Body { media: vec![Media { url: url.into(), kind: MediaKind::Image }], ..Body::default() }
}

fn place(latitude: f64, longitude: f64) -> Body {
    Body { location: Some(Location { latitude, longitude }), ..Body::default() }
}

/// Bodies that no message may have, on a channel that carries everything.
pub(super) fn bodies() -> Vec<(&'static str, Body)> {
    let template = Template { name: String::new(), params: Vec::new() };
    vec![
        ("no body", Body::default()),
        ("an empty text", Body::text("")),
        ("more than 64 KiB", Body::text(long((64 << 10) + 1))),
        ("media without an address", media("")),
        ("too far north", place(90.5, 0.0)),
        ("too far west", place(0.0, -181.0)),
        ("nowhere", place(f64::NAN, 0.0)),
        ("infinitely far", place(0.0, f64::INFINITY)),
        ("a template without a name", Body { template: Some(template), ..hello() }),
    ]
}

#[tokio::test]
async fn r_msg_1_the_first_failure_decides_and_nothing_is_recorded() {
    let stage = Stage::set().await;
    let jane = || number(JANE);
    let unsaid = |text: &str| CustomerNumber::new(Provider::Unspecified, text);
    let mut rows = vec![
        row("no channel", send(jane(), ChannelNumber::default(), hello()), Is(405)),
        row("an empty channel number", send(jane(), on(Channel::Sms, " "), hello()), Is(405)),
        row("not registered", send(jane(), on(Channel::Sms, "40405"), hello()), Is(405)),
        row(
            "registered on another line",
            send(jane(), on(Channel::Rcs, "40404"), hello()),
            Is(405),
        ),
        row("an over-long one", send(jane(), on(Channel::Sms, &long(256)), hello()), Is(405)),
        row(
            "a provider that the channel does not reach",
            send(CustomerNumber::new(Provider::Telegram, "jane"), sms(), hello()),
            Is(406),
        ),
        row("media on sms", send(jane(), sms(), media("https://a.example/b")), Is(406)),
        row("a place on sms", send(jane(), sms(), place(1.0, 1.0)), Is(406)),
        row("no number", send(number(""), sms(), hello()), Is(411)),
        row("an over-long number", send(number(&long(256)), sms(), hello()), Is(411)),
        row("provider 0, unknown", send(unsaid("+254799999999"), sms(), hello()), Is(411)),
    ];
    for (what, body) in bodies() {
        rows.push(row(what, send(jane(), on(Channel::Whatsapp, "+254711082000"), body), Is(413)));
    }
    stage.check(rows).await;
}

#[tokio::test]
async fn r_msg_2_what_passed_the_fourth_step_is_refused_and_recorded() {
    let stage = Stage::set().await;
    let whatsapp = on(Channel::Whatsapp, "+254711082000");
    let closed = call(&stage.rig, send(number(JANE), whatsapp, hello())).await.unwrap();
    assert_eq!((closed.code, closed.id.is_some()), (Some(404), true), "{}", closed.words);
    stage.rig.receive(JANE, "STOP").await;
    let refused = call(&stage.rig, send(number(JANE), sms(), hello())).await.unwrap();
    assert_eq!((refused.code, refused.id.is_some()), (Some(401), true), "{}", refused.words);
}

#[tokio::test]
async fn r_replyto_1_answers_to_nothing() {
    let stage = Stage::set().await;
    let reply = |customer: &CustomerId, message: &MessageId, body| {
        let (customer, message) = (customer.clone(), message.clone());
        ask(CustomerCommand::ReplyToMessage { customer, message, body, seen: None })
    };
    let (jane, inbound) = (&stage.jane, &stage.inbound);
    let mut rows = vec![
        row("no customer", reply(&CustomerId::default(), inbound, hello()), Is(408)),
        row("unknown customer", reply(&"el_cst_0".into(), inbound, hello()), Is(408)),
        row("merged away", reply(&stage.gone, inbound, hello()), Is(412)),
        row("no message", reply(jane, &MessageId::default(), hello()), Is(407)),
        row("unknown message", reply(jane, &"el_msg_0".into(), hello()), Is(407)),
        row("somebody else's message", reply(&stage.omar, inbound, hello()), Is(407)),
        row("one's own message", reply(jane, &stage.outbound, hello()), Is(407)),
        row("media on sms", reply(jane, inbound, media("https://a.example/b")), Is(406)),
    ];
    for (what, body) in bodies() {
        rows.push(row(format!("answer: {what}"), reply(jane, inbound, body), Is(413)));
    }
    stage.check(rows).await;
}

#[tokio::test]
async fn r_consent_3_what_is_not_asked_of_anyone() {
    let stage = Stage::set().await;
    let consent = |number: CustomerNumber, channel: ChannelNumber, action| {
        let reason = String::new();
        ask(CustomerCommand::RequestConsent { number, channel, action, reason })
    };
    let (jane, opt_in) = (|| number(JANE), ConsentAction::OptIn);
    let telegram = CustomerNumber::new(Provider::Telegram, "jane");
    let unsaid = CustomerNumber::new(Provider::Unspecified, "+254799999999");
    let rows = vec![
        row("neither in nor out", consent(jane(), sms(), ConsentAction::Unspecified), Is(501)),
        row("no channel", consent(jane(), ChannelNumber::default(), opt_in), Is(401)),
        row("an empty one", consent(jane(), on(Channel::Sms, ""), opt_in), Is(401)),
        row("not registered", consent(jane(), on(Channel::Sms, "40405"), opt_in), Is(401)),
        row(
            "not a line for messages",
            consent(jane(), on(Channel::Ussd, "*384#"), opt_in),
            Is(401),
        ),
        row("a provider that does not fit", consent(telegram, sms(), opt_in), Is(401)),
        row("no number", consent(number(""), sms(), opt_in), Bad),
        row("an over-long number", consent(number(&long(256)), sms(), opt_in), Bad),
        row("provider 0, unknown", consent(unsaid, sms(), opt_in), Bad),
    ];
    stage.check(rows).await;
}

#[tokio::test]
async fn a_reason_for_asking_is_text_of_a_bounded_length() {
    let stage = Stage::set().await;
    let Ask::MessagingConsent(request) = ask(CustomerCommand::RequestConsent {
        number: number(JANE),
        channel: sms(),
        action: ConsentAction::OptOut,
        reason: String::new(),
    }) else {
        panic!("not a consent request")
    };
    let before = stage.rig.written().await;
    for reason in [vec![0xff, 0xfe], long(256).into_bytes()] {
        let mut request = tonic::Request::new(request.clone());
        let reason = tonic::metadata::MetadataValue::from_bytes(&reason);
        request.metadata_mut().insert_bin("reason-bin", reason);
        let reply = stage.rig.hera().messaging_consent(request).await.unwrap().into_inner();
        assert_eq!(reply.status, 501, "{}", reply.description);
        assert!(reply.description.contains("255"), "{}", reply.description);
    }
    assert_eq!(stage.rig.written().await, before);
}

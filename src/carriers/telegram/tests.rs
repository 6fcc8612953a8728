//! What is said to Telegram for an order, and what its answers and updates mean.

use super::*;
use crate::hub::config::CarrierSecret;
use crate::model::{Channel, MessageId, Template};
use proptest::prelude::*;
use std::fmt::Debug;

const TOKEN: &str = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";

fn bot() -> TelegramSettings {
    TelegramSettings {
        url: "https://api.telegram.org".into(),
        token: CarrierSecret::new(TOKEN.into()),
    }
}
fn line() -> ChannelNumber {
    ChannelNumber::new(Channel::Telegram, "example_bot")
}
fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap()
}
fn fields(request: &Request<Vec<u8>>) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}
/// What is sent for a body: the method and its fields.
fn sent_to(number: &str, body: &Body) -> Result<(String, Value), Box<Answer>> {
    let order = Order {
        id: &MessageId::from("el_msg_1"),
        to: &CustomerNumber::new(Provider::Telegram, number),
        from: &line(),
        body,
        valid_for: Duration::from_mins(1),
        report_to: None,
    };
    let request = request(&bot(), &order)?;
    let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    Ok((method, fields(&request)))
}
fn sent(body: &Body) -> Result<(String, Value), Box<Answer>> {
    sent_to("4417", body)
}
fn media(kind: MediaKind, url: &str) -> Body {
    Body { media: vec![Media { url: url.into(), kind }], ..Body::default() }
}
fn error(code: u16, description: &str) -> (StatusCode, Vec<u8>) {
    let body = json!({ "ok": false, "error_code": code, "description": description });
    (status(code), body.to_string().into_bytes())
}
fn after_error(code: u16, description: &str) -> Answer {
    let (status, body) = error(code, description);
    answered(status, &body)
}
/// What a poll brings if it is answered with these updates.
fn brought(updates: &Value) -> Vec<Update> {
    let body = json!({ "ok": true, "result": updates }).to_string();
    polled(StatusCode::OK, body.as_bytes(), &line()).expect("an answer of the Bot API")
}
/// What a private message says that has these fields.
fn says(more: &Value) -> Option<Body> {
    let mut message =
        json!({ "message_id": 3, "date": 0, "chat": { "id": 4417, "type": "private" } });
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    match brought(&json!([{ "update_id": 7, "message": message }])).remove(0).brought {
        Brought::Message { body, .. } => Some(body),
        Brought::Report { .. } | Brought::Typed(_) | Brought::Left(_) | Brought::Nothing => None,
    }
}
fn lost(status: StatusCode, body: &[u8]) -> String {
    match polled(status, body, &line()) {
        Err(PollError::Lost(why)) => why,
        other => panic!("not lost: {other:?}"),
    }
}

#[test]
fn r_carry_20_every_method_is_called_at_the_address_of_the_bot() {
    let request = check(&bot());
    assert_eq!(request.method(), http::Method::POST);
    assert_eq!(request.headers()[CONTENT_TYPE], "application/json");
    let address = format!("https://api.telegram.org/bot{TOKEN}/getMe");
    assert_eq!(request.uri().to_string(), address);

    let odd = TelegramSettings { token: CarrierSecret::new("1:a b/?é".into()), ..bot() };
    assert_eq!(check(&odd).uri().path(), "/bot1:a%20b%2F%3F%C3%A9/getMe", "a token stays a token");
}

#[test]
fn r_carry_20_a_wrong_token_is_said_in_words() {
    let me = br#"{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"Desk"}}"#;
    assert_eq!(checked(StatusCode::OK, me), Ok(()));
    for (code, description) in [(401, "Unauthorized"), (404, "Not Found")] {
        let (status, body) = error(code, description);
        assert_eq!(checked(status, &body), Err(BAD_TOKEN.into()));
        assert_eq!(lost(status, &body), BAD_TOKEN);
        assert_eq!(answered(status, &body), Answer::Closed(BAD_TOKEN.into()));
    }
    for (code, body, words) in [
        (200, "<html>", "it does not answer like Telegram (200)"),
        (200, r#"{"ok":true,"result":true}"#, "it does not answer like Telegram (200)"),
        (404, r#"{"message":"Not Found"}"#, "it does not answer like Telegram (404)"),
        (302, "", "it does not answer like Telegram (302)"),
        (502, "<html>", "it has a fault of its own (502)"),
        (429, "", "it gets too many requests from this bot (429)"),
        (400, r#"{"ok":false,"description":"Logged out"}"#, "it refuses: Logged out (400)"),
    ] {
        assert_eq!(checked(status(code), body.as_bytes()), Err(words.into()), "{code} {body}");
    }
}

#[test]
fn r_carry_20_a_poll_confirms_what_came_before_and_asks_for_messages_only() {
    let request = poll(&bot(), 8, Duration::from_millis(25_900));
    assert!(request.uri().path().ends_with("/getUpdates"));
    let asked = json!({ "offset": 8, "timeout": 25, "limit": 64, "allowed_updates": ["message"] });
    assert_eq!(fields(&request), asked);
    let long = poll(&bot(), 0, Duration::from_hours(1));
    assert_eq!(fields(&long)["timeout"], 50, "Telegram waits no longer");
}

#[test]
fn r_carry_20_what_a_customer_writes_comes_with_the_chat_as_their_number() {
    let chat = json!({ "id": 6_000_000_001_i64, "type": "private", "first_name": "Wanjiku" });
    let message = json!({ "message_id": 1, "date": 0, "chat": chat, "text": "/start" });
    let expected = Update {
        id: 810_000_001,
        brought: Brought::Message {
            from: CustomerNumber::new(Provider::Telegram, "6000000001"),
            to: line(),
            body: Body::text("/start"),
            key: Some("810000001".into()),
        },
    };
    assert_eq!(brought(&json!([{ "update_id": 810_000_001, "message": message }])), [expected]);
}

#[test]
fn r_carry_20_a_strange_update_says_nothing_and_does_not_stop_those_after_it() {
    let private = json!({ "id": 1, "type": "private" });
    let group = json!({ "id": -5, "type": "group" });
    let updates = json!([
        { "update_id": 1, "edited_message": { "chat": private, "text": "changed" } },
        { "update_id": 2, "message": { "chat": group, "text": "hello all" } },
        { "update_id": 3, "channel_post": { "chat": { "id": -6, "type": "channel" } } },
        { "update_id": 4, "message": { "chat": private, "pinned_message": {} } },
        { "update_id": 5, "message": { "chat": { "id": "1", "type": "private" }, "text": "x" } },
        { "update_id": 6, "message": 7 },
        { "update_id": 7, "never_heard_of": {} },
        { "update_id": 8, "message": { "chat": private, "text": ["x"] } },
        { "message": { "chat": private, "text": "without an id" } },
        { "update_id": i64::MAX, "message": { "chat": private, "text": "no id after it" } },
        "what",
        { "update_id": 9, "message": { "chat": private, "text": "hello" } },
    ]);
    let brought = brought(&updates);
    let ids: Vec<i64> = brought.iter().map(|update| update.id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7, 8, 9], "each that has an id is confirmed");
    assert!(brought[..8].iter().all(|update| update.brought == Brought::Nothing));
    assert!(matches!(brought[8].brought, Brought::Message { .. }));
}

#[test]
fn r_carry_20_files_are_told_in_words_and_places_are_places() {
    let report = json!({ "file_id": "x", "file_name": "re\nport.pdf" });
    let contact = json!({ "first_name": "Omar", "phone_number": "+254711" });
    for (message, words) in [
        (json!({ "photo": [{ "file_id": "x" }], "caption": "my roof" }), "[photo] my roof"),
        (json!({ "photo": [], "caption": "" }), "[photo]"),
        (json!({ "document": report }), "[document report.pdf]"),
        (json!({ "document": { "file_id": "x" }, "animation": {} }), "[animation]"),
        (json!({ "audio": { "title": "Malaika" } }), "[audio Malaika]"),
        (json!({ "video": {} }), "[video]"),
        (json!({ "video_note": {} }), "[video message]"),
        (json!({ "voice": {} }), "[voice message]"),
        (json!({ "sticker": { "emoji": "👍" } }), "[sticker 👍]"),
        (json!({ "contact": contact }), "[contact Omar +254711]"),
        (json!({ "paid_media": {}, "caption": "look" }), "look"),
    ] {
        assert_eq!(says(&message), Some(Body::text(words)), "{message}");
    }
    let nairobi = Location { latitude: -1.29, longitude: 36.82 };
    let point = json!({ "latitude": -1.29, "longitude": 36.82 });
    let here = Body { location: Some(nairobi), ..Body::default() };
    assert_eq!(says(&json!({ "location": point })), Some(here.clone()));
    let venue = json!({ "location": point, "venue": { "title": "Hilton", "location": point } });
    assert_eq!(says(&venue), Some(Body { text: Some("[place Hilton]".into()), ..here }));
    assert_eq!(says(&json!({ "location": { "latitude": 91, "longitude": 0 } })), None);
    assert_eq!(says(&json!({ "photo": null, "dice": { "value": 5 } })), None);
}

#[test]
fn r_carry_20_a_poll_that_fails_says_why() {
    let (status, body) = error(409, "Conflict: terminated by other getUpdates request");
    let words = "another program reads this bot's messages (409): only one may";
    assert_eq!(lost(status, &body), words);
    let (status, body) =
        error(409, "Conflict: can't use getUpdates method while webhook is active");
    assert!(lost(status, &body).contains("deleteWebhook"));
    for body in ["<html>", r#"{"ok":true}"#, r#"{"ok":true,"result":{}}"#, r#"{"ok":false}"#, ""] {
        assert_eq!(lost(StatusCode::OK, body.as_bytes()), "it does not answer like Telegram (200)");
    }
    assert_eq!(lost(StatusCode::BAD_GATEWAY, b""), "it has a fault of its own (502)");
}

#[test]
fn r_carry_20_too_many_requests_make_a_pause_as_long_as_telegram_says() {
    for (parameters, said) in [
        (json!({ "retry_after": 35 }), Some(35)),
        (json!({ "retry_after": 0 }), Some(1)),
        (json!({ "retry_after": u64::MAX }), Some(60 * 60)),
        (json!({ "retry_after": -1 }), None),
        (json!([]), None),
    ] {
        let body = json!({ "ok": false, "error_code": 429, "parameters": parameters }).to_string();
        let said = said.map(Duration::from_secs);
        assert_eq!(answered(status(429), body.as_bytes()), Answer::Busy(said));
        let pause = PollError::Busy(said.unwrap_or(USUAL_PAUSE));
        assert_eq!(polled(status(429), body.as_bytes(), &line()), Err(pause));
    }
    assert_eq!(answered(status(429), b"<html>"), Answer::Busy(None));
}

#[test]
fn r_carry_20_each_kind_of_body_has_its_method() {
    let url = "https://example.org/a";
    let place = Location { latitude: -1.29, longitude: 36.82 };
    let said = |body: &Body| sent(body).expect("Telegram has a method for it");
    let text = said(&Body::text("<b>*5* & 6_7"));
    assert_eq!(text, ("sendMessage".into(), json!({ "chat_id": 4417, "text": "<b>*5* & 6_7" })));
    let here = said(&Body { location: Some(place), ..Body::default() });
    let fields = json!({ "chat_id": 4417, "latitude": -1.29, "longitude": 36.82 });
    assert_eq!(here, ("sendLocation".into(), fields));
    for (kind, method, field) in [
        (MediaKind::Image, "sendPhoto", "photo"),
        (MediaKind::Audio, "sendAudio", "audio"),
        (MediaKind::Video, "sendVideo", "video"),
        (MediaKind::Document, "sendDocument", "document"),
        (MediaKind::Unspecified, "sendDocument", "document"),
        (MediaKind::Voice, "sendVoice", "voice"),
        (MediaKind::Sticker, "sendSticker", "sticker"),
    ] {
        let fields = json!({ "chat_id": 4417, field: url });
        assert_eq!(said(&media(kind, url)), (method.into(), fields));
    }
}

#[test]
fn r_carry_20_what_telegram_cannot_carry_is_refused_before_it_leaves() {
    let two =
        [media(MediaKind::Image, "https://a").media, media(MediaKind::Image, "https://b").media];
    let template = Some(Template { name: "welcome".into(), params: vec![] });
    for body in [
        Body::text("🌻".repeat(LONGEST_TEXT / 2) + "x"),
        Body::text(" \n"),
        Body { template, ..Body::text("hello") },
        media(MediaKind::Image, "AgACAgIAAxkBAAI"),
        media(MediaKind::Image, "file:///etc/passwd"),
        Body { media: two.concat(), ..Body::default() },
        Body { text: Some("caption".into()), ..media(MediaKind::Image, "https://a") },
        Body::default(),
    ] {
        let Answer::Refused { status, .. } = *sent(&body).expect_err("it cannot be said") else {
            panic!("no refusal of the message")
        };
        assert_eq!(status, MessageStatus::NotSupported, "{body:?}");
    }
    assert!(sent(&Body::text("🌻".repeat(LONGEST_TEXT / 2))).is_ok(), "this just fits");
    for number in ["wanjiku", "", "+4417", "04417", "-100123", "4417 1", "99999999999999999999"] {
        let refused = sent_to(number, &Body::text("hello")).expect_err("this is no chat");
        let failed = |answer: &Answer| {
            matches!(answer, Answer::Refused { status: MessageStatus::Failed, .. })
        };
        assert!(failed(&refused), "{number}");
    }
}

#[test]
fn r_carry_20_an_accepted_message_has_telegrams_id_as_its_reference() {
    let body = br#"{"ok":true,"result":{"message_id":31,"chat":{"id":4417}}}"#;
    assert_eq!(answered(StatusCode::OK, body), Answer::accepted(Some("31".into())));
    let bare = br#"{"ok":true,"result":true}"#;
    assert_eq!(answered(StatusCode::OK, bare), Answer::accepted(None));
}

#[test]
fn r_carry_20_a_refusal_means_what_telegram_says() {
    for (code, words, means) in [
        (403, "Forbidden: bot was blocked by the user", MessageStatus::NoConsent),
        (403, "Forbidden: user is deactivated", MessageStatus::NoCapability),
        (
            403,
            "Forbidden: bot can't initiate conversation with a user",
            MessageStatus::NoCapability,
        ),
        (403, "Forbidden: bot can't send messages to bots", MessageStatus::NoCapability),
        (403, "Forbidden: something new", MessageStatus::Failed),
        (400, "Bad Request: chat not found", MessageStatus::Failed),
        (400, "Bad Request: message is too long", MessageStatus::NotSupported),
        (418, "", MessageStatus::Failed),
    ] {
        let refused = Answer::refused(means, &code.to_string(), words);
        assert_eq!(after_error(code, words), refused, "{words}");
    }
    let long = "Bad Request: \u{1b}[31m\n".to_owned() + &"é".repeat(300);
    let cut = "Bad Request: [31m ".to_owned() + &"é".repeat(182);
    assert_eq!(after_error(400, &long), Answer::refused(MessageStatus::Failed, "400", &cut));
}

#[test]
fn r_carry_20_nobody_knows_what_became_of_a_message_without_a_proper_answer() {
    for (code, body) in
        [(200, "<html>"), (200, r#"{"ok":false}"#), (200, ""), (500, ""), (502, "<html>")]
    {
        let answer = answered(status(code), body.as_bytes());
        assert!(matches!(answer, Answer::Doubt(_)), "{code} {body}: {answer:?}");
    }
    for (code, body) in [(403, "<html>"), (404, ""), (302, "")] {
        let answer = answered(status(code), body.as_bytes());
        assert!(matches!(answer, Answer::Closed(_)), "no page of a proxy refuses a message");
    }
}

/// Everything that is made of an answer, as it would stand in a log.
fn shown(status: StatusCode, body: &[u8]) -> String {
    let all: [&dyn Debug; 3] =
        [&checked(status, body), &polled(status, body, &line()), &answered(status, body)];
    format!("{all:?}")
}

#[test]
fn r_carry_20_the_token_is_shown_nowhere() {
    let answers = [
        error(400, &format!("Bad Request: https://api.telegram.org/bot{TOKEN}/sendMessage")),
        error(401, &format!("Unauthorized: {TOKEN}")),
        error(404, &format!("Not Found: /bot{TOKEN}")),
        error(409, &format!("\u{1b}({TOKEN})")),
        error(400, &TOKEN.replace("Hdq", "H\u{1}dq")),
        (status(404), format!("<p>no /bot{TOKEN}/getMe here").into_bytes()),
        (status(200), format!("<p>no /bot{TOKEN}/getMe here").into_bytes()),
    ];
    for (status, body) in &answers {
        let shown = shown(*status, body);
        assert!(!shown.contains("AAHdqTcv"), "{shown}");
    }
    assert!(!format!("{:?}", bot()).contains("AAHdqTcv"));
    let refused = sent_to("wanjiku", &Body::text("hello"));
    assert!(!format!("{refused:?}").contains("AAHdqTcv"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "ok",
        "result",
        "message",
        "chat",
        "id",
        "type",
        "text",
        "caption",
        "photo",
        "location",
        "latitude",
        "description",
        "parameters",
        "retry_after",
        "update_id",
        "message_id",
        "contact",
    ]);
    let words = prop::sample::select(vec!["private", "Not Found", "webhook", "é", ""]);
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        let fields =
            prop::collection::hash_map(names.clone().prop_map(str::to_owned), inner.clone(), 0..8);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn r_carry_20_no_bytes_make_it_fall(code in 100_u16..=999, body in any::<Vec<u8>>()) {
        shown(status(code), &body);
    }

    #[test]
    fn r_carry_20_no_json_makes_it_fall(code in 100_u16..=999, json in any_json(), ok in any::<bool>()) {
        shown(status(code), json.to_string().as_bytes());
        let updates = json!({ "ok": ok, "result": [json, { "update_id": 5, "message": json }] });
        shown(StatusCode::OK, updates.to_string().as_bytes());
    }

    #[test]
    fn r_carry_20_no_number_and_no_text_make_it_fall(number in any::<String>(), text in any::<String>()) {
        let _ = sent_to(&number, &Body::text(text.clone()));
        let token = CarrierSecret::new(number);
        check(&TelegramSettings { url: text, token });
    }
}

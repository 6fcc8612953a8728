//! What is said to a provider of one's own and what it answers, without I/O. What it posts itself is in `brought`.
//! Both sides post JSON that is signed by Standard Webhooks (<https://www.standardwebhooks.com>).
//!
//! The hub posts `{"type":"message","timestamp":..,"data":{..}}`, and `webhook-id` is the id of the message. Whoever
//! gets the same id again answers as before and sends nothing. So the hub may repeat whenever it is in doubt, and no
//! answer leaves it in doubt.

mod brought;
mod signature;

use super::http_answer::{self, quoted, words};
use super::order::{Answer, Order};
use crate::hub::config::{CarrierSecret, WebhookSettings};
use crate::model::{Location, MessageStatus, Template, Timestamp};
use crate::rules::may_refuse;
pub use brought::brought;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signature::sign;
pub use signature::verify;

/// The longest id or code of the provider that is kept, in bytes.
const SHORT: usize = 255;

/// What the hub posts.
#[derive(Serialize)]
struct Post<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Outbound<'a>>,
}

/// A message that the provider is to deliver.
#[derive(Serialize)]
struct Outbound<'a> {
    id: &'a str,
    channel: &'static str,
    from: &'a str,
    to: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<&'a Template>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    media: Vec<OutboundMedia<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    valid_for_seconds: u64,
}

#[derive(Serialize)]
struct OutboundMedia<'a> {
    url: &'a str,
    kind: &'static str,
}

/// A request that finds out whether the provider takes our signature. The error says what is wrong with the settings.
pub fn check(settings: &WebhookSettings, now: Timestamp) -> Result<Request<Vec<u8>>, String> {
    let id = format!("ping_{}", now.micros());
    post(settings, &id, &Post { kind: "ping", timestamp: now.to_string(), data: None }, now)
}

/// What the answer to a check means, and what is wrong in words for a person.
pub fn checked(status: StatusCode, body: &[u8]) -> Result<(), String> {
    if status.is_success() {
        return Ok(());
    }
    let said = words(body);
    Err(closed(status, &said).unwrap_or_else(|| format!("it answers {}", quoted(status, &said))))
}

/// The request that hands a message over, or the answer if it cannot be made.
pub fn request(
    settings: &WebhookSettings,
    order: &Order<'_>,
    now: Timestamp,
) -> Result<Request<Vec<u8>>, Box<Answer>> {
    let body = order.body;
    let media = body.media.iter().map(|m| OutboundMedia { url: &m.url, kind: m.kind.word() });
    let data = Outbound {
        id: order.id.as_str(),
        channel: order.from.channel.word(),
        from: &order.from.number,
        to: &order.to.number,
        text: body.text.as_deref(),
        template: body.template.as_ref(),
        media: media.collect(),
        location: body.location,
        valid_for_seconds: order.valid_for.as_secs(),
    };
    let content = Post { kind: "message", timestamp: now.to_string(), data: Some(data) };
    let made = post(settings, order.id.as_str(), &content, now);
    made.map_err(|why| Box::new(Answer::Closed(why)))
}

fn post(
    settings: &WebhookSettings,
    id: &str,
    content: &Post<'_>,
    now: Timestamp,
) -> Result<Request<Vec<u8>>, String> {
    let body = serde_json::to_vec(content).map_err(|wrong| wrong.to_string())?;
    let headers = signed(&settings.keys, id, now, &body)?;
    let mut request = Request::post(settings.url.as_str())
        .body(body)
        .map_err(|wrong| format!("the request cannot be written: {wrong}"))?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// The headers of a body that is posted under an id.
pub fn signed(
    keys: &[CarrierSecret],
    id: &str,
    now: Timestamp,
    body: &[u8],
) -> Result<HeaderMap, String> {
    let signature = sign(keys, id, now.secs(), body)?;
    let mut headers = HeaderMap::new();
    let seconds = now.secs().to_string();
    for (name, value) in [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", seconds.as_str()),
        ("webhook-signature", signature.as_str()),
    ] {
        let value = HeaderValue::from_str(value);
        let value = value.map_err(|_| format!("{name} cannot be written in a request"))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// What a provider may say in its answer. All of it may be left out.
#[derive(Default, Deserialize)]
#[serde(default)]
struct WebhookAnswer {
    /// What it calls the message.
    id: Value,
    /// A status of ours, by number or by name.
    status: Value,
    /// A code of its own.
    code: Value,
    words: Value,
}

/// What the answer to a message means. It is never in doubt, because the provider knows a message that comes again.
pub fn answered(status: StatusCode, body: &[u8]) -> Answer {
    let said: WebhookAnswer = serde_json::from_slice(body).unwrap_or_default();
    if status.is_success() {
        return Answer::accepted(short(&said.id));
    }
    let words = words(said.words.as_str().map_or(body, str::as_bytes));
    if let Some(why) = closed(status, &words) {
        return Answer::Closed(why);
    }
    let is_refusal = status.is_client_error()
        && !matches!(
            status,
            // These speak of the moment, and not of the message.
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        );
    if !is_refusal {
        return Answer::Busy(None);
    }
    let code = short(&said.code).unwrap_or_else(|| status.as_str().to_owned());
    let meaning = of_value(&said.status).filter(|status| may_refuse(*status));
    Answer::refused(meaning.unwrap_or(MessageStatus::Failed), &code, &words)
}

/// Why the provider takes no message at all, if the answer says that.
fn closed(status: StatusCode, said: &str) -> Option<String> {
    let login = "it does not take our signature: check the keys and the clocks of both sides";
    http_answer::closed(status, said, login, "nothing takes messages at this address")
}

/// An id or a code, which some write as a number. `None` for anything else, and for what is too long to be one.
fn short(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty() && text.len() <= SHORT)
}

/// The status that a number or a name such as `no_consent` stands for, and `None` if there is none.
pub fn of_value(value: &Value) -> Option<MessageStatus> {
    match value.as_i64() {
        Some(code) => MessageStatus::from_code(i32::try_from(code).ok()?),
        None => MessageStatus::deserialize(value).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::signature::verify;
    use super::*;
    use crate::model::{Body, Channel, ChannelNumber, CustomerNumber, Media, MediaKind, MessageId};
    use proptest::prelude::*;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_micros(1_795_442_601_000_250);

    fn settings() -> WebhookSettings {
        let keys = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
        let keys = keys.map(|text| CarrierSecret::new(text.to_owned())).to_vec();
        WebhookSettings { url: "https://sms.example/out".to_owned(), keys }
    }

    fn made(settings: &WebhookSettings, body: &Body) -> Result<Request<Vec<u8>>, Box<Answer>> {
        let (id, to) = (MessageId::from("el_msg_1"), CustomerNumber::telco("+254700000001"));
        let from = ChannelNumber::new(Channel::Whatsapp, "40404");
        let valid_for = Duration::from_hours(1);
        let order = Order { id: &id, to: &to, from: &from, body, valid_for, report_to: None };
        request(settings, &order, NOW)
    }

    fn json(request: &Request<Vec<u8>>) -> Value {
        let taken = verify(&settings().keys, request.headers(), request.body(), NOW);
        assert_eq!(taken.unwrap(), request.headers()["webhook-id"]);
        serde_json::from_slice(request.body()).unwrap()
    }

    fn code(status: u16) -> StatusCode {
        StatusCode::from_u16(status).unwrap()
    }

    #[test]
    fn r_carry_16_a_message_is_posted_with_its_own_id_and_signed() {
        let template = Template { name: "hi".to_owned(), params: vec!["Ana".to_owned()] };
        let body = Body { template: Some(template), ..Body::text("Hi Ana") };
        let request = made(&settings(), &body).unwrap();
        assert_eq!(
            (request.method().as_str(), request.headers()["webhook-id"].as_bytes()),
            ("POST", &b"el_msg_1"[..])
        );
        assert_eq!(
            json(&request),
            serde_json::json!({
                "type": "message", "timestamp": "2026-11-23T14:03:21.000250Z", "data": {
                    "id": "el_msg_1", "channel": "whatsapp", "from": "40404", "to": "+254700000001",
                    "text": "Hi Ana", "template": {"name": "hi", "params": ["Ana"]},
                    "valid_for_seconds": 3600,
                },
            })
        );
        let media = Media { url: "https://a/b.png".to_owned(), kind: MediaKind::Image };
        let location = Some(Location { latitude: -1.5, longitude: 36.75 });
        let request = made(&settings(), &Body { media: vec![media], location, ..Body::default() });
        let sent = json(&request.unwrap());
        assert_eq!(
            sent["data"]["media"][0],
            serde_json::json!({"url": "https://a/b.png", "kind": "image"})
        );
        assert_eq!(sent["data"]["location"]["latitude"], -1.5);
        assert_eq!(sent["data"].get("text"), None);
        let no_key = WebhookSettings { keys: vec![], ..settings() };
        assert!(
            matches!(*made(&no_key, &body).unwrap_err(), Answer::Closed(why) if why.contains("key"))
        );
    }

    #[test]
    fn r_carry_16_a_check_is_a_signed_ping() {
        assert_eq!(json(&check(&settings(), NOW).unwrap())["type"], "ping");
        let said = |status| checked(code(status), b"no such route");
        assert_eq!((said(200), said(204)), (Ok(()), Ok(())));
        assert!(said(401).unwrap_err().contains("signature"));
        assert!(said(404).unwrap_err().contains("nothing takes messages at this address (404 no"));
        assert_eq!(said(500).unwrap_err(), "it answers 500 no such route");
        assert!(said(302).unwrap_err().contains("not followed"));
        assert!(!format!("{:?} {:?}", settings(), check(&settings(), NOW)).contains("MfKQ"));
    }

    #[test]
    fn r_carry_16_each_answer_has_its_meaning_and_none_leaves_doubt() {
        let answer = |status, body: &str| answered(code(status), body.as_bytes());
        assert_eq!(answer(200, r#"{"id":"x-1"}"#), Answer::accepted(Some("x-1".to_owned())));
        assert_eq!(answer(202, r#"{"id":17}"#), Answer::accepted(Some("17".to_owned())));
        for nothing in ["", "OK", "{}", r#"{"id":""}"#, r#"{"id":{}}"#] {
            assert_eq!(answer(200, nothing), Answer::accepted(None), "{nothing}");
        }
        let refused = Answer::refused;
        assert_eq!(answer(410, "gone"), refused(MessageStatus::Failed, "410", "gone"));
        let words = r#"{"status":"no_consent","code":21610,"words":"opted out"}"#;
        assert_eq!(answer(422, words), refused(MessageStatus::NoConsent, "21610", "opted out"));
        let by_number = answer(400, r#"{"status":404,"words":null,"code":"x"}"#);
        assert!(matches!(
            by_number,
            Answer::Refused { status: MessageStatus::OnlyTemplateAllowed, .. }
        ));
        for unfit in [r#"{"status":"delivered"}"#, r#"{"status":300}"#, r#"{"status":"so"}"#, "[]"]
        {
            assert_eq!(answer(422, unfit), refused(MessageStatus::Failed, "422", unfit));
        }
        for closed in [301, 401, 403, 404] {
            assert!(matches!(answer(closed, ""), Answer::Closed(_)), "{closed}");
        }
        for busy in [408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(answer(busy, ""), Answer::Busy(None), "{busy}");
        }
    }

    proptest! {
        #[test]
        fn r_carry_16_no_bytes_make_it_fall(bytes in any::<Vec<u8>>(), status in 100_u16..600) {
            let answer = answered(code(status), &bytes);
            prop_assert!(!matches!(answer, Answer::Doubt(_)));
            let _ = checked(code(status), &bytes);
        }

        #[test]
        fn r_carry_16_no_text_makes_it_fall(text in any::<String>()) {
            let data = json(&made(&settings(), &Body::text(text.clone())).unwrap());
            prop_assert_eq!(data["data"]["text"].as_str(), Some(&*text));
        }
    }
}

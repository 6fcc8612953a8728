//! What is said to Africa's Talking about SMS and what it says
//! (<https://developers.africastalking.com>), without I/O. Calls are in `call` and `plan`, and USSD in `dial`.
//!
//! Its callbacks carry no signature. So whoever listens for them must keep their address secret.

pub mod call;
pub mod dial;
pub mod plan;

use super::{
    form::{UrlForm, written},
    order::{Answer, Brought, Named, Order},
};
use crate::{
    hub::config::AfricasTalkingSettings,
    model::{Body, Channel, ChannelNumber, CustomerNumber, MessageStatus},
};
use http::{
    HeaderValue, Method, Request, StatusCode, Uri,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde_json::Value;

/// How many characters of the network's own words are kept.
const WORDS: usize = 200;
/// What a person is told about a wrong login.
const LOGIN: &str = "it refuses the username or the API key";

/// What each refusal of a recipient means: the number and the name that the network gives it, what it means for the
/// message, and our words. A lack of money is missing, because it holds for every message.
const REFUSALS: [(u64, &str, MessageStatus, &str); 10] = [
    (401, "RiskHold", MessageStatus::Failed, "it holds the message back as a risk"),
    (
        402,
        "InvalidSenderId",
        MessageStatus::InvalidChannelNumber,
        "it does not let this account send from this number or name",
    ),
    (403, "InvalidPhoneNumber", MessageStatus::Failed, "it knows no such number"),
    (
        404,
        "UnsupportedNumberType",
        MessageStatus::NoCapability,
        "this kind of number cannot receive SMS",
    ),
    (406, "UserInBlacklist", MessageStatus::NoConsent, "the customer has opted out there"),
    (407, "CouldNotRoute", MessageStatus::Failed, "it has no way to this number"),
    (
        409,
        "DoNotDisturbRejection",
        MessageStatus::NoConsent,
        "the customer wants no such messages, at least not at this time",
    ),
    (500, "InternalServerError", MessageStatus::ApplicationError, "it has a fault of its own"),
    (501, "GatewayError", MessageStatus::ApplicationError, "its gateway has a fault"),
    (502, "RejectedByGateway", MessageStatus::Failed, "the customer's network refuses it"),
];
/// The number and the name of the refusal for lack of money.
const NO_MONEY: (u64, &str) = (405, "InsufficientBalance");

/// The request that asks for the account, which shows whether the login is right. The error says
/// what is wrong with the settings.
pub fn check(settings: &AfricasTalkingSettings) -> Result<Request<Vec<u8>>, String> {
    let query = written(&[("username", &settings.username)]);
    let url = format!("{}/version1/user?{query}", settings.url);
    asking(settings, Method::GET, &url, Vec::new())
}

/// Whether the answer to `check` says that messages can go. The error is a sentence for a person.
pub fn checked(status: StatusCode, body: &[u8]) -> Result<(), String> {
    let code = status.as_u16();
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        return Err(LOGIN.to_owned());
    }
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Err(format!("it has a fault or too much to do (HTTP {code})"));
    }
    if !status.is_success() {
        return Err(format!("it does not answer as Africa's Talking does (HTTP {code})"));
    }
    let is_account = serde_json::from_slice::<Value>(body)
        .is_ok_and(|value| value.get("UserData").is_some_and(Value::is_object));
    let words = "what answers there is not Africa's Talking: check the address";
    if is_account { Ok(()) } else { Err(words.to_owned()) }
}

/// The request that sends a message, or the answer if it cannot be said to this network. It is the
/// one of the official libraries for a single recipient.
pub fn request(
    settings: &AfricasTalkingSettings,
    order: &Order<'_>,
) -> Result<Request<Vec<u8>>, Box<Answer>> {
    let cannot = |status, words| Box::new(Answer::cannot(status, words));
    if order.from.channel != Channel::Sms {
        return Err(cannot(MessageStatus::NotSupported, "this network carries only SMS"));
    }
    let is_text_alone = order.body.template.is_none()
        && order.body.media.is_empty()
        && order.body.location.is_none();
    let text = order.body.text.as_deref().filter(|text| is_text_alone && !text.is_empty());
    let text =
        text.ok_or_else(|| cannot(MessageStatus::NotSupported, "an SMS carries text alone"))?;
    // A comma in a number would make two recipients of it.
    if !is_international(&order.to.number) {
        let words = "this network takes only numbers with their country, such as +254711000001";
        return Err(cannot(MessageStatus::Failed, words));
    }
    let fields = [
        ("username", settings.username.as_str()),
        ("to", &order.to.number),
        ("message", text),
        ("from", &order.from.number),
        ("bulkSMSMode", "1"),
    ];
    let url = format!("{}/version1/messaging", settings.url);
    post(settings, &url, &fields).map_err(|why| Box::new(Answer::Closed(why)))
}

/// Whether a number is written with its country, as this network wants it.
fn is_international(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (4..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A request that carries a form. The error says what is wrong with the settings.
fn post(
    settings: &AfricasTalkingSettings,
    url: &str,
    fields: &[(&str, &str)],
) -> Result<Request<Vec<u8>>, String> {
    let mut request = asking(settings, Method::POST, url, written(fields).into_bytes())?;
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(request)
}

fn asking(
    settings: &AfricasTalkingSettings,
    method: Method,
    url: &str,
    body: Vec<u8>,
) -> Result<Request<Vec<u8>>, String> {
    let uri: Uri = url.parse().map_err(|_| format!("{url} is not an address"))?;
    let key = HeaderValue::from_str(settings.api_key.expose());
    let mut key = key.map_err(|_| "the API key has characters that no header takes".to_owned())?;
    key.set_sensitive(true);
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    request.headers_mut().insert("apikey", key);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    Ok(request)
}

/// What the answer to `request` means for the message.
#[must_use]
pub fn answered(status: StatusCode, body: &[u8]) -> Answer {
    if let Some(answer) = unserved(status) {
        return answer;
    }
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    // The network was seen to answer 409 with the same body as 201, so the body is asked first.
    if let Some(data) = value.get("SMSMessageData") {
        let message = data.get("Message").and_then(Value::as_str).unwrap_or_default().trim();
        match data.get("Recipients").and_then(Value::as_array).map(Vec::as_slice) {
            Some([recipient, ..]) => return of_recipient(recipient),
            Some([]) if !message.is_empty() => return of_nobody(message),
            _ => {}
        }
    }
    if status.is_client_error() {
        let words = cut(&String::from_utf8_lossy(body));
        let code = format!("HTTP {}", status.as_u16());
        return Answer::refused(MessageStatus::Failed, &code, &words);
    }
    Answer::Doubt(format!("its answer cannot be read (HTTP {})", status.as_u16()))
}

/// What a status of HTTP says by itself. `None` if the body is to be asked.
fn unserved(status: StatusCode) -> Option<Answer> {
    let code = status.as_u16();
    match code {
        401 | 403 => Some(Answer::Closed(LOGIN.to_owned())),
        300..=399 | 404 | 405 => {
            Some(Answer::Closed(format!("it takes no orders at this address (HTTP {code})")))
        }
        429 => Some(Answer::Busy(None)),
        500.. => Some(Answer::Doubt(format!("it has a fault of its own (HTTP {code})"))),
        _ => None,
    }
}

fn of_recipient(recipient: &Value) -> Answer {
    let text = |name| recipient.get(name).and_then(Value::as_str).map(str::trim);
    let code = recipient.get("statusCode");
    let code = code.and_then(|code| code.as_u64().or_else(|| code.as_str()?.trim().parse().ok()));
    let word = text("status").unwrap_or_default();
    let is_taken = match code {
        Some(code) => (100..=102).contains(&code),
        None => ["Success", "Sent", "Queued", "Processed"].contains(&word),
    };
    if is_taken {
        let id = text("messageId").filter(|id| !id.is_empty() && *id != "None");
        return Answer::accepted(id.map(str::to_owned));
    }
    match (of_refusal(code, word), code) {
        (Some(answer), _) => answer,
        (None, Some(code)) if code >= 400 => {
            Answer::refused(MessageStatus::Failed, &code.to_string(), &cut(word))
        }
        _ => Answer::Doubt("its answer says neither that it took the message nor that not".into()),
    }
}

/// The meaning of an answer that names no recipient. Its message is the name of a refusal, such as
/// `InvalidSenderId`, or counts them, such as "Sent to 0/1 Total Cost: 0".
fn of_nobody(message: &str) -> Answer {
    if let Some(answer) = of_refusal(None, message) {
        return answer;
    }
    if message.starts_with("Sent to ") && !message.starts_with("Sent to 0/") {
        return Answer::Doubt("its answer says that it took the message, but not which".into());
    }
    Answer::refused(MessageStatus::Failed, "nobody", &cut(message))
}

fn of_refusal(code: Option<u64>, word: &str) -> Option<Answer> {
    let is_it = |number: u64, name: &str| {
        code.map_or_else(|| name.eq_ignore_ascii_case(word), |code| code == number)
    };
    if is_it(NO_MONEY.0, NO_MONEY.1) {
        return Some(Answer::Closed("the account has no money".to_owned()));
    }
    let (number, _, status, words) =
        REFUSALS.into_iter().find(|(number, name, ..)| is_it(*number, name))?;
    Some(Answer::refused(status, &number.to_string(), words))
}

/// The beginning of what the network says, as much as is worth keeping.
fn cut(words: &str) -> String {
    words.trim().chars().take(WORDS).collect()
}

/// A delivery report. The reason is given only where a message was rejected or has failed.
pub fn reported(form: &[u8]) -> Result<Brought, String> {
    let form = UrlForm::read(form);
    let reason = form.get("failureReason").unwrap_or_default();
    let status = match form.needed("status")?.to_ascii_lowercase().as_str() {
        "success" => Some(MessageStatus::Delivered),
        "expired" => Some(MessageStatus::Expired),
        "rejected" | "failed" | "absentsubscriber" => Some(of_reason(reason)),
        // These are `Sent`, `Submitted` and `Buffered`. A word that is new to us cannot be taken
        // for an end either; without one the message expires by our own clock.
        _ => None,
    };
    Ok(Brought::Report {
        of: Named::Reference(form.needed("id")?.to_owned()),
        about: form.number("phoneNumber").unwrap_or_default(),
        status,
    })
}

fn of_reason(reason: &str) -> MessageStatus {
    match reason.to_ascii_lowercase().as_str() {
        "userinblacklist" | "donotdisturbrejection" => MessageStatus::NoConsent,
        _ => MessageStatus::Failed,
    }
}

/// What a customer wrote. Its id is the key, so that a repeated callback makes no second message.
pub fn received(form: &[u8]) -> Result<Brought, String> {
    let form = UrlForm::read(form);
    let text = form.whole("text").ok_or("the form does not say its text")?;
    Ok(Brought::Message {
        from: CustomerNumber::telco(&form.needed_number("from")?),
        to: ChannelNumber::new(Channel::Sms, &form.needed_number("to")?),
        body: Body::text(text),
        key: form.text("id"),
    })
}

#[cfg(test)]
mod tests;

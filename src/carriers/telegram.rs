//! What is said to the Telegram Bot API and what it says (<https://core.telegram.org/bots/api>), without I/O.
//! Telegram wants the bot's token in the path of every address. So no address goes into an answer, an error or a
//! message, nothing that is not JSON is quoted, and whoever sends a request must not write it anywhere: the
//! `Debug` of `http` shows its address. Files stay where they are, because their addresses hold the token too.

use super::order::{Answer, Brought, Order};
use crate::hub::config::TelegramSettings;
use crate::model::{
    Body, ChannelNumber, CustomerNumber, Location, Media, MediaKind, MessageStatus, Provider,
};
use http::{Request, StatusCode, header::CONTENT_TYPE};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{fmt::Write as _, time::Duration};

/// How long a text may be, in units of UTF-16.
const LONGEST_TEXT: usize = 4_096;
/// How many updates come at once. What follows them comes with the next poll.
const UPDATES: u32 = 64;
/// Telegram holds a poll no longer than this, whatever it is asked for.
const LONGEST_WAIT: Duration = Duration::from_secs(50);
/// How long a poll pauses if Telegram does not say how long.
const USUAL_PAUSE: Duration = Duration::from_secs(5);
/// A longer pause than this is not believed.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// How much is kept of what Telegram says about an error, in characters.
const LONGEST_WORDS: usize = 200;
/// How much is kept of the name of a file and the like, in characters.
const LONGEST_NAME: usize = 100;

const BAD_TOKEN: &str = "it refuses the token: ask BotFather for the right one";

/// Something that Telegram brings, with the id that confirms it.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// A poll with a greater offset confirms it, so that it does not come again.
    pub id: i64,
    pub brought: Brought,
}

/// Why a poll brought no updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PollError {
    /// There were too many requests: the next poll waits this long.
    Busy(Duration),
    /// The connection is as good as down. This says why, in words for a person.
    Lost(String),
}

/// What every method of the Bot API answers with.
#[derive(Deserialize)]
struct Reply {
    ok: bool,
    #[serde(default)]
    result: Value,
    #[serde(default)]
    description: Value,
    #[serde(default)]
    parameters: Value,
}

impl Reply {
    /// Reads an answer. `None` if it is not one of the Bot API.
    fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
    /// What went well, if it did.
    fn success(self, status: StatusCode) -> Option<Value> {
        (self.ok && status.is_success()).then_some(self.result)
    }
    /// What Telegram says about an error. It is cut, and a token in it cannot be read.
    fn words(&self) -> String {
        let words = self.description.as_str().unwrap_or_default().split_whitespace();
        // A control character would only part a token for as long as it is there.
        let plain = words.map(|word| one_line(word, usize::MAX));
        let hidden = plain.map(|word| if has_token(&word) { "***".to_owned() } else { word });
        one_line(&hidden.collect::<Vec<_>>().join(" "), LONGEST_WORDS)
    }
    fn retry_after(&self) -> Option<Duration> {
        let seconds = self.parameters.get("retry_after")?.as_u64()?;
        Some(Duration::from_secs(seconds.max(1)).min(LONGEST_PAUSE))
    }
}

/// Whether there may be a token in a word: digits, a colon, and many letters.
fn has_token(word: &str) -> bool {
    let is_letter = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
    word.match_indices(':').any(|(at, _)| {
        let digits = word[..at].chars().rev().take_while(char::is_ascii_digit).count();
        digits >= 3 && word[at + 1..].chars().take_while(is_letter).count() >= 16
    })
}

/// A text in one line, without control characters and cut to a number of characters.
fn one_line(text: &str, length: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(length).collect()
}

/// The call of a method. Settings are only taken with an address that can be read; with another one the request
/// has none, so that it reaches nobody.
fn call(settings: &TelegramSettings, method: &str, fields: &Value) -> Request<Vec<u8>> {
    let mut token = String::new();
    for byte in settings.token.expose().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            token.push(char::from(byte));
        } else {
            let _ = write!(token, "%{byte:02X}");
        }
    }
    let mut request = Request::new(fields.to_string().into_bytes());
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() =
        format!("{}/bot{token}/{method}", settings.url).parse().unwrap_or_default();
    let json = http::HeaderValue::from_static("application/json");
    request.headers_mut().insert(CONTENT_TYPE, json);
    request
}

/// The question who the bot is, which shows whether Telegram takes the token.
pub fn check(settings: &TelegramSettings) -> Request<Vec<u8>> {
    call(settings, "getMe", &json!({}))
}

/// What the answer to [`check`] means. An error is a sentence for a person.
pub fn checked(status: StatusCode, body: &[u8]) -> Result<(), String> {
    let reply = Reply::read(body);
    let why = trouble(status, reply.as_ref());
    let bot = reply.and_then(|reply| reply.success(status)).ok_or(why)?;
    let is_bot = bot.get("is_bot").and_then(Value::as_bool) == Some(true);
    if is_bot { Ok(()) } else { Err(unlike(status)) }
}

/// The question for updates from `offset` on, which confirms all those before it. Telegram answers at once if there
/// are any, and otherwise after `wait`, in whole seconds.
///
/// `offset` is one more than the id of the *last* update, not of the greatest: after a quiet week the ids begin anew
/// at any number.
pub fn poll(settings: &TelegramSettings, offset: i64, wait: Duration) -> Request<Vec<u8>> {
    let timeout = wait.min(LONGEST_WAIT).as_secs();
    let fields = json!({
        "offset": offset, "timeout": timeout, "limit": UPDATES, "allowed_updates": ["message"],
    });
    call(settings, "getUpdates", &fields)
}

/// What the answer to [`poll`] brings to the bot, whose number is `to`, in Telegram's order. Something strange in an
/// update makes it say nothing; it is there all the same, because it has to be confirmed.
pub fn polled(
    status: StatusCode,
    body: &[u8],
    to: &ChannelNumber,
) -> Result<Vec<Update>, PollError> {
    let reply = Reply::read(body);
    if status == StatusCode::TOO_MANY_REQUESTS {
        let pause = reply.and_then(|reply| reply.retry_after()).unwrap_or(USUAL_PAUSE);
        return Err(PollError::Busy(pause));
    }
    let why = trouble(status, reply.as_ref());
    match reply.and_then(|reply| reply.success(status)) {
        // What has no id cannot be confirmed by itself, only together with what follows it.
        Some(Value::Array(all)) => Ok(all.iter().filter_map(|one| update(one, to)).collect()),
        Some(_) => Err(PollError::Lost(unlike(status))),
        None => Err(PollError::Lost(why)),
    }
}

fn update(update: &Value, to: &ChannelNumber) -> Option<Update> {
    // One more than the id must be a number too.
    let id = update.get("update_id")?.as_i64().filter(|id| (0..i64::MAX).contains(id))?;
    let message = update.get("message").and_then(|message| written(message, id, to));
    Some(Update { id, brought: message.unwrap_or(Brought::Nothing) })
}

/// What a customer wrote to the bot itself. Groups and channels are not customers.
fn written(message: &Value, id: i64, to: &ChannelNumber) -> Option<Brought> {
    let chat = message.get("chat")?;
    if chat.get("type")?.as_str()? != "private" {
        return None;
    }
    let number = chat.get("id")?.as_i64()?.to_string();
    let own = || message.get("text")?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let text = own().or_else(|| described(message));
    let location = message.get("location").and_then(place);
    if text.is_none() && location.is_none() {
        return None;
    }
    Some(Brought::Message {
        from: CustomerNumber::new(Provider::Telegram, &number),
        to: to.clone(),
        body: Body { text, location, ..Body::default() },
        key: Some(id.to_string()),
    })
}

fn place(location: &Value) -> Option<Location> {
    let latitude = location.get("latitude")?.as_f64().filter(|degrees| degrees.abs() <= 90.0)?;
    let longitude = location.get("longitude")?.as_f64().filter(|degrees| degrees.abs() <= 180.0)?;
    Some(Location { latitude, longitude })
}

/// What can be shown of a message that has more than text: its field, what it is called, and which of its own fields
/// say more. The first that fits counts: an animation is also there as a document.
const SHOWN: [(&str, &str, &[&str]); 10] = [
    ("animation", "animation", &[]),
    ("photo", "photo", &[]),
    ("document", "document", &["file_name"]),
    ("audio", "audio", &["performer", "title"]),
    ("video", "video", &[]),
    ("video_note", "video message", &[]),
    ("voice", "voice message", &[]),
    ("sticker", "sticker", &["emoji"]),
    ("contact", "contact", &["first_name", "last_name", "phone_number"]),
    ("venue", "place", &["title", "address"]),
];

/// A file, contact or place in words, such as `[document report.pdf] as you asked`.
fn described(message: &Value) -> Option<String> {
    let shown = SHOWN.into_iter().find_map(|(field, name, says)| {
        let thing = message.get(field).filter(|thing| !thing.is_null())?;
        let mut shown = format!("[{name}");
        for detail in says.iter().filter_map(|field| thing.get(field)?.as_str()) {
            shown.push(' ');
            shown.push_str(&one_line(detail, LONGEST_NAME));
        }
        shown.push(']');
        Some(shown)
    });
    let caption = message.get("caption").and_then(Value::as_str).map(str::to_owned);
    let parts: Vec<String> = shown.into_iter().chain(caption).filter(|s| !s.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The call that sends a message, or the refusal if Telegram has no way to say it.
pub fn request(
    settings: &TelegramSettings,
    order: &Order<'_>,
) -> Result<Request<Vec<u8>>, Box<Answer>> {
    // People have positive ids, groups negative ones, and another spelling is no id at all.
    let number = order.to.number.as_str();
    let chat = number.parse().ok().filter(|chat: &i64| *chat > 0 && chat.to_string() == number);
    let Some(chat) = chat else {
        let words = "the number is no chat id: Telegram gives one with a person's first message";
        return Err(Box::new(Answer::cannot(MessageStatus::Failed, words)));
    };
    let (method, mut fields) = content(order.body)
        .map_err(|words| Box::new(Answer::cannot(MessageStatus::NotSupported, words)))?;
    fields["chat_id"] = chat.into();
    Ok(call(settings, method, &fields))
}

/// The method that sends a body and its fields, or why there is none.
fn content(body: &Body) -> Result<(&'static str, Value), &'static str> {
    if body.template.is_some() {
        return Err("Telegram has no templates");
    }
    match (body.text.as_deref(), body.media.as_slice(), body.location) {
        (Some(text), [], None) if text.trim().is_empty() => Err("Telegram takes no empty text"),
        (Some(text), [], None) if text.encode_utf16().count() > LONGEST_TEXT => {
            Err("Telegram takes no text of more than 4096 characters")
        }
        // Without a parse_mode the text arrives as it was written, whatever signs are in it.
        (Some(text), [], None) => Ok(("sendMessage", json!({ "text": text }))),
        (None, [media], None) => file(media),
        (None, [], Some(Location { latitude, longitude })) => {
            Ok(("sendLocation", json!({ "latitude": latitude, "longitude": longitude })))
        }
        _ => Err("Telegram takes one text, one file or one place at a time"),
    }
}

fn file(media: &Media) -> Result<(&'static str, Value), &'static str> {
    // Telegram takes any other text for the id of a file that it has already.
    let scheme = media.url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) {
        return Err("Telegram fetches files only from addresses with http or https");
    }
    let (method, field) = match media.kind {
        MediaKind::Image => ("sendPhoto", "photo"),
        MediaKind::Audio => ("sendAudio", "audio"),
        MediaKind::Video => ("sendVideo", "video"),
        MediaKind::Document | MediaKind::Unspecified => ("sendDocument", "document"),
        MediaKind::Voice => ("sendVoice", "voice"),
        MediaKind::Sticker => ("sendSticker", "sticker"),
    };
    Ok((method, json!({ field: media.url })))
}

/// What the answer to [`request`] means.
pub fn answered(status: StatusCode, body: &[u8]) -> Answer {
    let reply = Reply::read(body);
    let why = trouble(status, reply.as_ref());
    match (status.as_u16(), reply) {
        (200..=299, Some(Reply { ok: true, result, .. })) => {
            let id = result.get("message_id").and_then(Value::as_i64);
            Answer::accepted(id.map(|id| id.to_string()))
        }
        (429, reply) => Answer::Busy(reply.and_then(|reply| reply.retry_after())),
        // What is not from Telegram, such as the page of a proxy, is not about the message.
        (401 | 404 | 300..=399, _) | (400..=499, None) => Answer::Closed(why),
        (code @ 400..=499, Some(reply)) => {
            let words = reply.words();
            Answer::refused(meaning(code, &words), &code.to_string(), &words)
        }
        _ => Answer::Doubt(why),
    }
}

/// What a refusal means for the message. Telegram has codes for kinds of errors only, so its words decide.
fn meaning(code: u16, words: &str) -> MessageStatus {
    let says = |part: &str| words.contains(part);
    match code {
        403 if says("bot was blocked by the user") => MessageStatus::NoConsent,
        403 if says("user is deactivated") || says("bot can't ") => MessageStatus::NoCapability,
        400 if says("message is too long") => MessageStatus::NotSupported,
        _ => MessageStatus::Failed,
    }
}

/// Why something did not go well, in words for a person.
fn trouble(status: StatusCode, reply: Option<&Reply>) -> String {
    let words = reply.map(Reply::words);
    match (status.as_u16(), words.as_deref()) {
        (500..=599, _) => format!("it has a fault of its own ({})", status.as_u16()),
        (429, _) => "it gets too many requests from this bot (429)".to_owned(),
        (401, Some(_)) | (404, Some("Not Found")) => BAD_TOKEN.to_owned(),
        (409, Some(words)) if words.contains("webhook") => {
            "this bot's messages go to a webhook (409): delete it with deleteWebhook".to_owned()
        }
        (409, Some(_)) => {
            "another program reads this bot's messages (409): only one may".to_owned()
        }
        (code @ 400..=499, Some(words)) => format!("it refuses: {words} ({code})"),
        _ => unlike(status),
    }
}

fn unlike(status: StatusCode) -> String {
    format!("it does not answer like Telegram ({})", status.as_u16())
}

#[cfg(test)]
mod tests;

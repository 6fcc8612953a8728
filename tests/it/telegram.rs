//! A Bot API like Telegram's, for tests: it takes one token, holds polls open, brings again what
//! was not confirmed, and is stricter than Telegram about what it is sent. How it behaves can be
//! chosen. What it does is written in <https://core.telegram.org/bots/api> and in the server's
//! public source (<https://github.com/tdlib/telegram-bot-api>).

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeSet, VecDeque},
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::{net::TcpListener, sync::Notify, task::JoinSet, time::Instant};

/// The only token that it takes.
pub const TOKEN: &str = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";

/// How it behaves.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// It says that there are too many requests to every so manieth message, and does not take it.
    pub throttles_every: usize,
    /// How many seconds it then wants to be left alone.
    pub retry_after: u64,
    /// It never answers to messages, although it has them.
    pub is_silent: bool,
    /// It answers with a page instead of JSON, although it has what was sent.
    pub is_garbled: bool,
    /// It answers to this many requests that it is down, and then works.
    pub down_first: usize,
}

/// A message that it got.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// The method of the Bot API, such as `sendMessage`.
    pub method: String,
    pub chat: i64,
    /// All fields of the request.
    pub fields: Value,
    pub at: Instant,
}

impl Sent {
    /// What it says, if it is a text.
    pub fn words(&self) -> &str {
        self.fields["text"].as_str().unwrap_or_default()
    }
}

#[derive(Debug, Default)]
struct Inside {
    manner: Manner,
    sent: Vec<Sent>,
    /// How many messages somebody tried to send, whatever became of them.
    tried: usize,
    /// Updates that nobody has confirmed, oldest first.
    updates: VecDeque<Value>,
    confirmed: usize,
    /// The id of the latest update, or where the ids begin.
    last_update: i64,
    /// The number of the latest poll that waits. An earlier one that waits still is told so.
    latest_poll: u64,
    known: BTreeSet<i64>,
    blocking: BTreeSet<i64>,
}

#[derive(Debug, Default)]
struct Shared {
    inside: Mutex<Inside>,
    news: Notify,
}

impl Shared {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().expect("no test has failed in it")
    }
}

/// A running Bot API. It ends when it is dropped.
pub struct TelegramStub {
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

impl TelegramStub {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let inside = Inside { manner, last_update: 810_000_000, ..Inside::default() };
        let shared = Arc::new(Shared { inside: Mutex::new(inside), news: Notify::new() });
        let app = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // They end together with the stub, which those of axum::serve would not.
            let mut connections = JoinSet::new();
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let service = TowerToHyperService::new(app.clone());
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                connections.spawn(async move { drop(connection.await) });
            }
        });
        Self { addr, shared, _tasks: tasks }
    }
    /// Its address as it stands in settings.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
    /// Behaves so from now on.
    pub fn behave(&self, manner: Manner) {
        self.shared.inside().manner = manner;
    }
    /// What it got, in order. What it refused is not in it.
    pub fn sent(&self) -> Vec<Sent> {
        self.shared.inside().sent.clone()
    }
    /// How many updates were confirmed, so that they are not brought again.
    pub fn confirmed(&self) -> usize {
        self.shared.inside().confirmed
    }
    /// Lets a person write to the bot, which may answer from then on.
    pub fn write(&self, chat: i64, text: &str) {
        self.bring(chat, &json!({ "text": text }));
    }
    /// Brings a private message that has these fields, such as a `photo`.
    pub fn bring(&self, chat: i64, fields: &Value) {
        let person = json!({ "id": chat, "is_bot": false, "first_name": "Wanjiku" });
        let mut message = json!({
            "message_id": 1, "date": 1_764_460_800, "from": person,
            "chat": { "id": chat, "type": "private", "first_name": "Wanjiku" },
        });
        extend(&mut message, fields);
        self.shared.inside().known.insert(chat);
        self.bring_update(&json!({ "message": message }));
    }
    /// Brings an update that has these fields beside its id, whatever they are.
    pub fn bring_update(&self, fields: &Value) {
        let mut inside = self.shared.inside();
        inside.last_update += 1;
        let mut update = json!({ "update_id": inside.last_update });
        extend(&mut update, fields);
        inside.updates.push_back(update);
        drop(inside);
        self.shared.news.notify_waiters();
    }
    /// Makes a chat known, as if its person had written long ago.
    pub fn know(&self, chat: i64) {
        self.shared.inside().known.insert(chat);
    }
    /// Lets a person block the bot.
    pub fn block(&self, chat: i64) {
        self.shared.inside().blocking.insert(chat);
    }
    /// Waits until what it has seen is so.
    pub async fn once(&self, is_so: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_mins(1);
        while !is_so(self) {
            assert!(Instant::now() < end, "not within a minute: {:?}", self.shared.inside());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn extend(object: &mut Value, fields: &Value) {
    let fields = fields.as_object().expect("fields").clone();
    object.as_object_mut().expect("an object").extend(fields);
}

/// A code, a description, and after how many seconds to try again.
struct Refusal(u16, String, Option<u64>);

fn bad(what: impl AsRef<str>) -> Refusal {
    Refusal(400, format!("Bad Request: {}", what.as_ref()), None)
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    {
        let manner = &mut shared.inside().manner;
        if manner.down_first > 0 {
            manner.down_first -= 1;
            return (StatusCode::BAD_GATEWAY, "<html>502 Bad Gateway</html>").into_response();
        }
    }
    let outcome = outcome(&shared, request).await;
    if shared.inside().manner.is_garbled {
        return "<html>".into_response();
    }
    let (code, body) = match outcome {
        Ok(result) => (200, json!({ "ok": true, "result": result })),
        Err(Refusal(code, words, retry_after)) => {
            let mut body = json!({ "ok": false, "error_code": code, "description": words });
            if let Some(seconds) = retry_after {
                body["parameters"] = json!({ "retry_after": seconds });
            }
            (code, body)
        }
    };
    let code = StatusCode::from_u16(code).expect("a status of HTTP");
    (code, axum::Json(body)).into_response()
}

async fn outcome(shared: &Shared, request: Request) -> Result<Value, Refusal> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().strip_prefix("/bot").and_then(|path| path.split_once('/'));
    let (token, method) = path.ok_or_else(|| Refusal(404, "Not Found".into(), None))?;
    if token != TOKEN {
        return Err(Refusal(401, "Unauthorized".into(), None));
    }
    // Telegram takes fields in other ways too, but only this one is used.
    let kind = head.headers.get(header::CONTENT_TYPE);
    if head.method != Method::POST || kind.is_none_or(|kind| kind != "application/json") {
        return Err(bad("it is no POST of application/json"));
    }
    let body = to_bytes(body, 65_536).await.map_err(|_| bad("the body is too large"))?;
    let fields: Fields =
        serde_json::from_slice(&body).map_err(|_| bad("can't parse JSON object"))?;
    let wanted: &[&str] = match method {
        "getMe" => &[],
        "getUpdates" => &["offset", "limit", "timeout", "allowed_updates"],
        "sendMessage" => &["chat_id", "text"],
        "sendLocation" => &["chat_id", "latitude", "longitude"],
        _ => match FILES.iter().find(|(name, _)| *name == method) {
            Some((_, field)) => &["chat_id", field],
            None => return Err(Refusal(404, "Not Found: method not found".into(), None)),
        },
    };
    if let Some(unknown) = fields.keys().find(|field| !wanted.contains(&field.as_str())) {
        return Err(bad(format!("the field {unknown} is not of {method}")));
    }
    match method {
        "getMe" => Ok(me()),
        "getUpdates" => updates(shared, &fields).await,
        _ => {
            let message = shared.inside().take(method, fields)?;
            if shared.inside().manner.is_silent {
                std::future::pending::<()>().await;
            }
            Ok(message)
        }
    }
}

type Fields = Map<String, Value>;

/// The methods that send a file, and the field that holds its address.
const FILES: [(&str, &str); 6] = [
    ("sendPhoto", "photo"),
    ("sendDocument", "document"),
    ("sendAudio", "audio"),
    ("sendVideo", "video"),
    ("sendVoice", "voice"),
    ("sendSticker", "sticker"),
];

fn me() -> Value {
    json!({ "id": 110_201_543, "is_bot": true, "first_name": "Desk", "username": "desk_bot" })
}

/// Confirms what came before the offset, and brings what is left, or waits for something to bring.
/// Of two that wait at once, the earlier one is told that there is another.
async fn updates(shared: &Shared, fields: &Fields) -> Result<Value, Refusal> {
    let number = |name: &str, most: i64| {
        let number = fields.get(name).and_then(Value::as_i64);
        let number = number.filter(|number| (0..=most).contains(number));
        number.ok_or_else(|| bad(format!("{name} is no number that fits")))
    };
    let limit = usize::try_from(number("limit", 100)?).expect("not negative");
    let timeout = u64::try_from(number("timeout", 50)?).expect("not negative");
    if fields.get("allowed_updates") != Some(&json!(["message"])) {
        return Err(bad("allowed_updates are not messages alone"));
    }
    let end = Instant::now() + Duration::from_secs(timeout);
    shared.inside().confirm(number("offset", i64::MAX)?);
    let mut own = None;
    loop {
        let mut news = pin!(shared.news.notified());
        // From here on nothing that is brought is missed.
        news.as_mut().enable();
        {
            let mut inside = shared.inside();
            if own.is_some_and(|own| own != inside.latest_poll) {
                let words = "Conflict: terminated by other getUpdates request; \
                     make sure that only one bot instance is running";
                return Err(Refusal(409, words.into(), None));
            }
            let brought: Vec<Value> = inside.updates.iter().take(limit).cloned().collect();
            if !brought.is_empty() || Instant::now() >= end {
                return Ok(brought.into());
            }
            if own.is_none() {
                inside.latest_poll += 1;
                own = Some(inside.latest_poll);
                // The future of the news above hears this too, and looks once more.
                shared.news.notify_waiters();
            }
        }
        let _ = tokio::time::timeout_at(end, news).await;
    }
}

impl Inside {
    /// Forgets what is confirmed. An offset in the future confirms nothing, as the ids began anew.
    fn confirm(&mut self, offset: i64) {
        if offset <= self.last_update + 1 {
            let before = self.updates.len();
            self.updates.retain(|update| update["update_id"].as_i64() >= Some(offset));
            self.confirmed += before - self.updates.len();
        }
    }
    /// Takes a message, or says why not.
    fn take(&mut self, method: &str, fields: Fields) -> Result<Value, Refusal> {
        self.tried += 1;
        let manner = &self.manner;
        if manner.throttles_every > 0 && self.tried.is_multiple_of(manner.throttles_every) {
            let words = format!("Too Many Requests: retry after {}", manner.retry_after);
            return Err(Refusal(429, words, Some(manner.retry_after)));
        }
        let chat = self.receiver(method, &fields)?;
        let message = json!({
            "message_id": self.sent.len() + 2, "date": 1_764_460_800, "from": me(),
            "chat": { "id": chat, "type": "private", "first_name": "Wanjiku" },
            "text": fields.get("text"),
        });
        let (method, fields) = (method.to_owned(), Value::Object(fields));
        self.sent.push(Sent { method, chat, fields, at: Instant::now() });
        Ok(message)
    }
    /// The chat that a message is for, if everything about the message is right.
    fn receiver(&self, method: &str, fields: &Fields) -> Result<i64, Refusal> {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
        let chat = fields.get("chat_id").and_then(Value::as_i64);
        let chat = chat.ok_or_else(|| bad("chat_id is empty"))?;
        let is_beyond = |name: &str, most: f64| {
            fields.get(name).and_then(Value::as_f64).is_none_or(|degrees| degrees.abs() > most)
        };
        let is_web = |url: &str| url.starts_with("http://") || url.starts_with("https://");
        let file = FILES.iter().find(|(name, _)| *name == method).map(|(_, field)| text(field));
        let (is_text, is_place) = (method == "sendMessage", method == "sendLocation");
        let is_blocked = self.blocking.contains(&chat);
        let faults = [
            (file.is_some_and(|url| !is_web(url)), "wrong file identifier/HTTP URL specified"),
            (is_text && text("text").trim().is_empty(), "message text is empty"),
            (text("text").encode_utf16().count() > 4_096, "message is too long"),
            (is_place && is_beyond("latitude", 90.0), "latitude is empty"),
            (is_place && is_beyond("longitude", 180.0), "longitude is empty"),
            (!is_blocked && !self.known.contains(&chat), "chat not found"),
        ];
        if let Some((_, words)) = faults.iter().find(|(is_so, _)| *is_so) {
            return Err(bad(words));
        }
        if is_blocked {
            return Err(Refusal(403, "Forbidden: bot was blocked by the user".into(), None));
        }
        Ok(chat)
    }
}

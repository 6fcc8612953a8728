//! Networks that the hub calls and that call the hub: Kannel, a provider of one's own, and Africa's Talking.

use super::{
    provider::{HttpNetwork, Told},
    *,
};
use crate::{
    carriers::{
        asked_menus::AskedMenus,
        caller::{self, CallPlacer},
        door::{Door, DoorCarrier},
        held_calls::HeldCalls,
        http::HttpReply,
        webhook,
    },
    hub::{
        clock,
        config::{AfricasTalkingSettings, HttpKind, KannelSettings, WebhookSettings},
    },
    model::{MessageId, Timestamp},
};
use http::{HeaderMap, Request};
use serde_json::{Value, json};

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_KEY: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// How long a menu may take: long enough for a busy machine, and no longer than a test can wait.
const MENU: Duration = Duration::from_secs(10);
pub(super) const SECRET: &str = "0123456789abcdefghijkl";

fn keys(text: &str) -> Vec<CarrierSecret> {
    vec![CarrierSecret::new(text.to_owned())]
}
fn secret() -> CarrierSecret {
    CarrierSecret::new(SECRET.to_owned())
}
fn ok(body: &str) -> (u16, String) {
    (200, body.to_owned())
}

/// A hub, a network that it calls, and the door by which that calls the hub.
pub(super) struct Both {
    pub desk: Desk,
    pub network: HttpNetwork,
    door: String,
    _doors: JoinSet<()>,
}

impl Both {
    async fn of(
        kind: impl FnOnce(&HttpNetwork) -> HttpKind,
        (repeats, menu): (Repeats, Duration),
        answers: impl Fn(&Told, usize) -> Option<(u16, String)> + Send + 'static,
    ) -> Self {
        let mut doors = JoinSet::new();
        let network = HttpNetwork::start(answers).await;
        let kind = kind(&network);
        let lines =
            vec![line(), long_line(), ChannelNumber::new(Channel::Ussd, "*384#"), voice_line()];
        let mut desk = Desk::with(CarrierKind::Http(kind.clone()), lines, repeats, true).await;
        let calls = Arc::new(HeldCalls::default());
        let stop = CancellationToken::new();
        if let HttpKind::AfricasTalking(settings) = &kind {
            let (hub, carrier) = (desk.hub.clone(), desk.carrier.clone());
            let (settings, calls) = (settings.clone(), Arc::clone(&calls));
            doors.spawn(caller::run(CallPlacer { hub, carrier, settings, calls }, stop));
        }
        let carrier = DoorCarrier {
            hub: desk.hub.clone(),
            id: "safari".into(),
            kind,
            ussd: UssdSettings { answers_within: menu, missed: "Later".into() },
            menus: AskedMenus::default(),
            calls,
        };
        let addr = "127.0.0.1:0".parse().expect("an address");
        let door = Door::open(addr, None, vec![carrier]).expect("a free port");
        let at = format!("http://{}/acme/safari", door.addr);
        desk.kill().await;
        desk.report_to = Some(format!("{at}/{SECRET}/report"));
        desk.work();
        doors.spawn(door.serve());
        Self { desk, network, door: at, _doors: doors }
    }
    async fn webhook(
        answers: impl Fn(&Told, usize) -> Option<(u16, String)> + Send + 'static,
    ) -> Self {
        let kind = |network: &HttpNetwork| {
            HttpKind::Webhook(WebhookSettings { url: network.url("/sms"), keys: keys(KEY) })
        };
        Self::of(kind, (Repeats::Always, MENU), answers).await
    }
    async fn kannel(
        answers: impl Fn(&Told, usize) -> Option<(u16, String)> + Send + 'static,
    ) -> Self {
        let kind = |network: &HttpNetwork| {
            HttpKind::Kannel(KannelSettings {
                url: network.url("/cgi-bin/sendsms"),
                username: "hub".into(),
                password: CarrierSecret::new("s3cret".into()),
                callback_secret: secret(),
            })
        };
        Self::of(kind, (Repeats::Never, MENU), answers).await
    }
    pub async fn africas_talking(
        answers: impl Fn(&Told, usize) -> Option<(u16, String)> + Send + 'static,
    ) -> Self {
        Self::africas_talking_within(MENU, answers).await
    }
    /// The same, where whoever waits at a telephone waits for so long.
    pub async fn africas_talking_within(
        menu: Duration,
        answers: impl Fn(&Told, usize) -> Option<(u16, String)> + Send + 'static,
    ) -> Self {
        let kind = |network: &HttpNetwork| {
            HttpKind::AfricasTalking(AfricasTalkingSettings {
                url: network.url(""),
                voice_url: network.url(""),
                username: "bahari".into(),
                api_key: CarrierSecret::new("atsk_hidden".into()),
                callback_secret: secret(),
            })
        };
        Self::of(kind, (Repeats::Never, menu), answers).await
    }
    /// What the network says to the hub by this address behind the door's own.
    pub async fn say(&self, to: &str, headers: HeaderMap, body: Vec<u8>) -> HttpReply {
        let mut request =
            if body.is_empty() { Request::get(self.at(to)) } else { Request::post(self.at(to)) };
        *request.headers_mut().expect("headers") = headers;
        let request = request.body(body).expect("a request");
        super::http_client().call(request, Duration::from_secs(30)).await.expect("an answer")
    }
    fn at(&self, to: &str) -> String {
        if to.starts_with("http") { to.to_owned() } else { format!("{}{to}", self.door) }
    }
    /// The same, signed under this id.
    async fn signed(&self, id: &str, body: &Value) -> u16 {
        let body = serde_json::to_vec(body).expect("JSON");
        let headers = signature(KEY, id, clock::now(), &body);
        self.say("", headers, body).await.status.as_u16()
    }
    async fn last(&self) -> Message {
        self.desk.messages(Direction::Outbound).await.pop().expect("a message")
    }
}

fn signature(key: &str, id: &str, at: Timestamp, body: &[u8]) -> HeaderMap {
    webhook::signed(&keys(key), id, at, body).expect("a key")
}
/// Kannel's answer to the question whether it is there, and what it says to messages.
fn or_check(told: &Told, answer: Option<(u16, String)>) -> Option<(u16, String)> {
    if told.headers.contains_key("x-kannel-to") {
        return answer;
    }
    Some((400, "Missing receiver(s) number(s), rejected".into()))
}

#[tokio::test]
async fn r_carry_16_a_provider_of_ones_own_is_told_and_tells_and_both_sign() {
    let both = Both::webhook(|_, _| Some(ok(r#"{"id":"p-1"}"#))).await;
    both.desk.send(&nth(1), "Habari").await;
    let message = {
        once!(both.desk.messages(Direction::Outbound).await.len(), 1);
        both.last().await
    };
    both.network.once(|network| network.told("/sms").len() >= 2).await;
    let told = both.network.told("/sms").pop().expect("the message");
    let id = webhook::verify(&keys(KEY), &told.headers, &told.body, clock::now());
    assert_eq!(id, Ok(message.id.to_string()));
    assert!(webhook::verify(&keys(OTHER_KEY), &told.headers, &told.body, clock::now()).is_err());
    let said: Value = serde_json::from_slice(&told.body).expect("JSON");
    assert_eq!(
        (&said["data"]["text"], &said["data"]["channel"]),
        (&json!("Habari"), &json!("sms"))
    );
    // By our id, and by the provider's.
    let report =
        |id: &str, status: &str| json!({"type": "report", "data": {"id": id, "status": status}});
    assert_eq!(both.signed("r-1", &report(message.id.as_str(), "delivered")).await, 200);
    once!(both.desk.stands(MessageStatus::Delivered).await, 1);
    both.desk.send(&nth(2), "Habari").await;
    once!(both.desk.steps().await.len(), 4);
    let by_name = json!({"type": "report", "data": {"reference": "p-1", "status": "failed"}});
    assert_eq!(both.signed("r-2", &by_name).await, 200);
    once!(both.desk.stands(MessageStatus::Failed).await, 1);
    let wrote = json!({"type": "message", "data":
        {"from": "+254711000001", "to": "40404", "channel": "sms", "text": "Where is it?"}});
    // However often it is brought, it is stored once; it comes five times.
    for _ in 0..5 {
        assert_eq!(both.signed("m-1", &wrote).await, 200);
    }
    assert_eq!(both.desk.messages(Direction::Inbound).await.len(), 1);
    assert_eq!(both.signed("m-2", &wrote).await, 200);
    assert_eq!(both.desk.messages(Direction::Inbound).await.len(), 2);
}

#[tokio::test]
async fn r_carry_22_whoever_is_wrong_in_anything_hears_the_same_and_changes_nothing() {
    let both = Both::webhook(|_, _| Some(ok("{}"))).await;
    let wrote = json!({"type": "message", "data":
        {"from": "+254711000001", "to": "40404", "channel": "sms", "text": "Where is it?"}});
    let body = serde_json::to_vec(&wrote).expect("JSON");
    let now = clock::now();
    let old = now.before(Duration::from_mins(10));
    let early = now.after(Duration::from_mins(10));
    for headers in [
        HeaderMap::new(),
        signature(OTHER_KEY, "m-1", now, &body),
        signature(KEY, "m-1", old, &body),
        signature(KEY, "m-1", early, &body),
        signature(KEY, "m-1", now, b"another"),
    ] {
        let reply = both.say("", headers, body.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.body.len()), (401, 0));
    }
    for path in ["", "/", "/acme", "/acme/other", "/other/safari", "/acme/safari/../x"] {
        let root = both.door.trim_end_matches("/acme/safari");
        let reply = both.say(&format!("{root}{path}"), HeaderMap::new(), b"{}".to_vec()).await;
        assert_eq!((reply.status.as_u16(), reply.body.len()), (401, 0), "{path}");
    }
    let long = vec![b' '; 10 << 20];
    let headers = signature(KEY, "m-1", now, &long);
    let request = Request::post(both.at("")).body(long).expect("a request");
    let (mut parts, body) = request.into_parts();
    parts.headers = headers;
    let call = super::http_client().call(Request::from_parts(parts, body), Duration::from_secs(30));
    // It may hang up before all of it was sent.
    assert!(call.await.map_or(true, |reply| reply.status.as_u16() == 401));
    assert_eq!(both.signed("m-3", &json!({"type": "what"})).await, 422);
    let none = json!({"type": "report", "data": {"id": "el_msg_none", "status": "delivered"}});
    assert_eq!(both.signed("r-1", &none).await, 200, "it would come for ever");
    // A number that it does not carry is none of its business.
    let other = json!({"type": "message", "data":
        {"from": "+254711000001", "to": "99999", "channel": "sms", "text": "x"}});
    assert_eq!(both.signed("m-4", &other).await, 200);
    assert_eq!(both.desk.messages(Direction::Inbound).await.len(), 0);
}

#[tokio::test]
async fn r_carry_16_what_has_no_answer_goes_again_because_the_provider_knows_its_id() {
    let is_ping = |told: &Told| told.body.starts_with(br#"{"type":"ping""#);
    let both = Both::webhook(move |told, count| match count {
        _ if is_ping(told) => Some(ok("{}")),
        // No answer, a fault of its own, and too much to do.
        1 => None,
        2 => Some((500, String::new())),
        3 => Some((429, String::new())),
        _ => Some(ok("{}")),
    })
    .await;
    both.desk.send(&nth(1), "Habari").await;
    let accepted = async |desk: &Desk| {
        let steps = desk.steps().await;
        steps.iter().any(|step| matches!(step, CarriageStep::Accepted { .. }))
    };
    once!(accepted(&both.desk).await, true);
    let told = both.network.told("/sms");
    let ids: Vec<_> =
        told.iter().filter(|told| !is_ping(told)).map(|told| told.header("webhook-id")).collect();
    assert!(ids.len() >= 4 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(both.desk.unknown().await, 0);
}

#[tokio::test]
async fn r_carry_16_what_the_hub_stopped_over_goes_again_and_was_never_unknown() {
    let is_ping = |told: &Told| told.body.starts_with(br#"{"type":"ping""#);
    let mut both =
        Both::webhook(move |told, _| if is_ping(told) { Some(ok("{}")) } else { None }).await;
    both.desk.send(&nth(1), "Habari").await;
    both.network.once(move |network| !network.told("/sms").iter().all(is_ping)).await;
    both.desk.kill().await;
    both.network.answer(|_, _| Some(ok("{}")));
    both.desk.work();
    let accepted = async |desk: &Desk| {
        let steps = desk.steps().await;
        steps.iter().any(|step| matches!(step, CarriageStep::Accepted { .. }))
    };
    once!(accepted(&both.desk).await, true);
    assert_eq!(both.desk.unknown().await, 0);
}

#[tokio::test]
async fn r_carry_15_kannel_gets_a_text_and_reports_on_it_by_our_id() {
    let both =
        Both::kannel(|told, _| or_check(told, Some((202, "0: Accepted for delivery".into()))))
            .await;
    both.desk.send(&nth(1), "Habari € ñ").await;
    once!(both.desk.steps().await.len(), 2);
    let path = "/cgi-bin/sendsms";
    let told = both.network.told(path).pop().expect("the message");
    assert_eq!(
        (told.header("x-kannel-to"), told.header("x-kannel-from")),
        ("+254700000001".into(), "40404".into())
    );
    assert_eq!(told.body, "Habari € ñ".as_bytes());
    let report = told.header("x-kannel-dlr-url");
    let report = report.replace("%d", "8").replace("%p", "%2B254700000001").replace("%A", "ACK%2F");
    assert_eq!(both.say(&report, HeaderMap::new(), Vec::new()).await.status.as_u16(), 200);
    assert_eq!(both.desk.stands(MessageStatus::Sent).await, 1);
    let delivered = report.replace("type=8", "type=1");
    let wrong = delivered.replace(SECRET, "0123456789abcdefghijkx");
    assert_eq!(both.say(&wrong, HeaderMap::new(), Vec::new()).await.status.as_u16(), 401);
    assert_eq!(both.desk.stands(MessageStatus::Sent).await, 1);
    assert_eq!(both.say(&delivered, HeaderMap::new(), Vec::new()).await.status.as_u16(), 200);
    once!(both.desk.stands(MessageStatus::Delivered).await, 1);
    // A text comes in, twice, with the name that Kannel has for it.
    let hex = crate::model::id::hex("two  blanks ñ".as_bytes());
    let text =
        format!("/{SECRET}/message?from=%2B254711000001&to=40404&hex={hex}&charset=UTF-8&id=7f");
    for _ in 0..2 {
        let reply = both.say(&text, HeaderMap::new(), Vec::new()).await;
        // What is answered would go to the customer.
        assert_eq!((reply.status.as_u16(), reply.body.len()), (200, 0));
    }
    let inbound = both.desk.messages(Direction::Inbound).await;
    assert_eq!(inbound.len(), 1);
    assert_eq!(inbound[0].body, Body::text("two  blanks ñ"));
    // Kannel repeats what is not answered with 200, and that does not mend it.
    let broken = format!("/{SECRET}/message?from=%2B254711000001");
    assert_eq!(both.say(&broken, HeaderMap::new(), Vec::new()).await.status.as_u16(), 200);
}

#[tokio::test]
async fn r_carry_15_an_unknown_outcome_is_known_with_the_first_report() {
    let both = Both::kannel(|told, _| or_check(told, Some((500, "what".into())))).await;
    both.desk.send(&nth(1), "Habari").await;
    once!(both.desk.unknown().await, 1);
    let told = both.network.told("/cgi-bin/sendsms");
    let sent = told.iter().find(|told| told.headers.contains_key("x-kannel-to"));
    let report = sent.expect("the message").header("x-kannel-dlr-url");
    let report = report.replace("%d", "8").replace("%p", "").replace("%A", "");
    assert_eq!(both.say(&report, HeaderMap::new(), Vec::new()).await.status.as_u16(), 200);
    let steps = both.desk.steps().await;
    assert!(matches!(steps.last(), Some(CarriageStep::Accepted { .. })), "{steps:?}");
}

#[tokio::test]
async fn r_carry_18_a_report_settles_what_somebody_has_decided_to_send_again() {
    let both = Both::kannel(|told, _| or_check(told, Some((500, "what".into())))).await;
    both.desk.send(&nth(1), "Habari").await;
    once!(both.desk.unknown().await, 1);
    let message = both.last().await.id;
    let carrier = || "safari".into();
    both.desk.asks(CustomerCommand::PauseCarrier { carrier: carrier(), is_paused: true }).await;
    let decided = CustomerCommand::DecideUnknown { message, again: true, attempt: Some(1) };
    both.desk.asks(decided).await;
    let told = both.network.told("/cgi-bin/sendsms");
    let sent = told.iter().find(|told| told.headers.contains_key("x-kannel-to"));
    let report = sent.expect("the message").header("x-kannel-dlr-url");
    let report = report.replace("%d", "8").replace("%p", "").replace("%A", "");
    assert_eq!(both.say(&report, HeaderMap::new(), Vec::new()).await.status.as_u16(), 200);
    both.network.answer(|told, _| or_check(told, Some((202, "0: Accepted".into()))));
    both.desk.asks(CustomerCommand::PauseCarrier { carrier: carrier(), is_paused: false }).await;
    // The next one goes, and this one does not go again.
    both.desk.send(&nth(2), "Habari").await;
    let texts = |network: &HttpNetwork| {
        let told = network.told("/cgi-bin/sendsms");
        told.iter().filter(|told| told.headers.contains_key("x-kannel-to")).count()
    };
    both.network.once(|network| texts(network) == 2).await;
    let steps = both.desk.steps().await;
    assert_eq!(steps.iter().filter(|step| **step == CarriageStep::HandedOver).count(), 2);
}

#[tokio::test]
async fn r_carry_7_one_message_that_a_provider_cannot_take_holds_up_nobody_else() {
    let is_poison = |told: &Told| String::from_utf8_lossy(&told.body).contains("poison");
    let both =
        Both::webhook(
            move |told, _| {
                if is_poison(told) { Some((500, String::new())) } else { Some(ok("{}")) }
            },
        )
        .await;
    both.desk.send(&nth(0), "poison").await;
    for n in 1..=5 {
        both.desk.send(&nth(n), "Habari").await;
    }
    let accepted = async || {
        let steps = both.desk.steps().await;
        steps.iter().filter(|step| matches!(step, CarriageStep::Accepted { .. })).count()
    };
    once!(accepted().await, 5);
    assert_eq!(both.desk.unknown().await, 0);
}

#[tokio::test]
async fn r_carry_14_a_login_that_is_refused_ends_the_session_and_loses_nothing() {
    let both =
        Both::kannel(|told, _| or_check(told, Some((202, "0: Accepted for delivery".into()))))
            .await;
    once!(both.desk.links().await.last().is_some_and(|(is_up, _)| *is_up), true);
    both.network.answer(|_, _| Some((403, "Authorization failed for sendsms".into())));
    for n in 0..20 {
        both.desk.send(&nth(n), "Habari").await;
    }
    once!(both.desk.links().await.last().is_some_and(|(is_up, _)| !*is_up), true);
    let (_, why) = both.desk.links().await.pop().expect("a change");
    assert!(why.contains("check username and password"), "{why}");
    both.network.answer(|told, _| or_check(told, Some((202, "0: Accepted".into()))));
    let accepted = async |desk: &Desk| {
        let steps = desk.steps().await;
        steps.iter().filter(|step| matches!(step, CarriageStep::Accepted { .. })).count()
    };
    once!(accepted(&both.desk).await, 20);
    assert_eq!(both.desk.unknown().await, 0);
}

#[tokio::test]
async fn r_carry_17_africas_talking_gets_a_text_and_reports_on_it_by_its_own_name() {
    let both = Both::africas_talking(|told, _| {
        if told.path == "/version1/user" {
            return Some(ok(r#"{"UserData":{"balance":"KES 100"}}"#));
        }
        Some(ok(r#"{"SMSMessageData":{"Message":"Sent to 1/1","Recipients":[{"statusCode":101,
            "number":"+254700000001","status":"Success","cost":"KES 0.8","messageId":"ATXid_1"}]}}"#))
    })
    .await;
    let form = |text: &str| text.as_bytes().to_vec();
    both.desk.send(&nth(1), "Habari").await;
    both.network.once(|network| network.told("/version1/messaging").len() == 1).await;
    // It may come before the answer is recorded, and waits for it.
    let report = format!("/{SECRET}/report");
    let said = form("id=ATXid_1&status=Success&phoneNumber=%2B254700000001");
    assert_eq!(both.say(&report, HeaderMap::new(), said).await.status.as_u16(), 200);
    once!(both.desk.stands(MessageStatus::Delivered).await, 1);
    let told = both.network.told("/version1/messaging").pop().expect("the message");
    assert_eq!((told.field("to"), told.field("from")), ("+254700000001".into(), "40404".into()));
    let wrote = form("from=%2B254711000001&to=40404&text=Where+is+it%3F&id=in-1&date=now");
    for _ in 0..3 {
        let to = format!("/{SECRET}/message");
        assert_eq!(both.say(&to, HeaderMap::new(), wrote.clone()).await.status.as_u16(), 200);
    }
    let inbound = both.desk.messages(Direction::Inbound).await;
    assert_eq!((inbound.len(), &inbound[0].body), (1, &Body::text("Where is it?")));
    let unknown: MessageId = "el_msg_none".into();
    assert!(
        both.desk.hub.read(move |world| world.carriage(&unknown)).await.expect("running").is_none()
    );
}

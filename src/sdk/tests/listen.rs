//! Listeners: who is called with what, in which order, what
//! their answers become, and what breaks do.

use super::fake::{End, Fake, Telling};
use crate::{
    model::{
        Actor, CallHop, CallStatus, Channel, ChannelNumber, ConsentStatus, Currency,
        CustomerCommand, CustomerNumber, Direction, Event, EventKind, Firing, MessageStatus, Money,
        PaymentStatus, Receipt, SessionStatus, StateReceipt, Timestamp, UssdMenu, VoiceAction,
    },
    sdk::{Client, Error, IntoAnswer, Notification, StreamState, Topic},
    wire::{notification, proto::hera::WebhookRequest},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use tonic::Status;

pub(super) fn about(customer: &str, at: i64, kind: EventKind) -> WebhookRequest {
    let event = Event {
        at: Timestamp::from_secs(at),
        customer: Some(customer.into()).filter(|_| !customer.is_empty()),
        app: Some("app".into()),
        actor: Actor::Network,
        number: Some(CustomerNumber::telco("+254711000001")),
        channel: Some(ChannelNumber::new(Channel::Sms, "40404")),
        name: None,
        kind,
    };
    notification::encode(&"org".into(), &event).expect("a notification")
}

fn delivered(customer: &str, nr: i64) -> WebhookRequest {
    let id = format!("m{nr}").as_str().into();
    about(customer, nr, EventKind::MessageStatusChanged { id, status: MessageStatus::Delivered })
}

fn dialled(session: &str) -> WebhookRequest {
    let input = EventKind::UssdInput { session: session.into(), input: String::new(), dial: true };
    about("jane", 1, input)
}

fn call(session: &str, direction: Direction, status: CallStatus) -> WebhookRequest {
    let hop = CallHop { status, ..CallHop::default() };
    let changed = EventKind::CallChanged {
        session: session.into(),
        direction,
        hop,
        duration: Duration::ZERO,
        cost: None,
    };
    about("jane", 1, changed)
}

pub(super) fn telling(requests: impl IntoIterator<Item = WebhookRequest>, end: End) -> Telling {
    Telling { requests: requests.into_iter().collect(), end }
}

fn broken() -> End {
    End::Say(Status::unavailable("restarting"))
}

/// A hub with these streams, its client, and a place where listeners say what they heard.
pub(super) struct Ear {
    pub(super) fake: Fake,
    pub(super) client: Client,
    pub(super) say: mpsc::Sender<String>,
    said: mpsc::Receiver<String>,
}

pub(super) fn ear(tellings: impl IntoIterator<Item = Telling>) -> Ear {
    let fake = Fake::plain(tellings);
    let client = fake.client();
    let (say, said) = mpsc::channel(1_000);
    Ear { fake, client, say, said }
}

impl Ear {
    /// A listener that says its topic and the customer's number of tags, or `?` without state.
    pub(super) fn hears<A: IntoAnswer + Send + 'static>(
        &self,
        topic: Topic,
        answer: impl Fn() -> A + Send + Sync + 'static,
    ) {
        let say = self.say.clone();
        let listener = move |notification: Notification| {
            let whom = notification.customer.as_ref().map(|customer| {
                let id = customer.id().map(ToString::to_string).unwrap_or_default();
                format!(" {id}{}", if customer.state().is_some() { "" } else { "?" })
            });
            let (say, answer) = (say.clone(), answer());
            async move {
                say.send(format!("{}{}", notification.topic, whom.unwrap_or_default()))
                    .await
                    .unwrap();
                answer
            }
        };
        self.client.on(topic, listener).unwrap();
    }
    pub(super) async fn heard(&mut self, count: usize) -> Vec<String> {
        let mut said = Vec::new();
        for _ in 0..count {
            said.push(self.said.recv().await.unwrap());
        }
        said
    }
    pub(super) async fn is_quiet(&mut self) {
        let more = timeout(Duration::from_hours(1), self.said.recv()).await;
        assert!(more.is_err(), "{more:?}");
    }
    pub(super) fn answers(&self) -> Vec<CustomerCommand> {
        self.fake.with(|script| script.commands.clone())
    }
}

pub(super) fn answer(
    session: &str,
    menu: Option<UssdMenu>,
    actions: Vec<VoiceAction>,
) -> CustomerCommand {
    CustomerCommand::AnswerPrompt { session: session.into(), menu, actions }
}

pub(super) fn every_kind() -> Vec<WebhookRequest> {
    let value = Money { currency: Currency::new("KES").unwrap(), minor: 100 };
    let status = PaymentStatus::Success;
    let session = SessionStatus::Active;
    let at = Timestamp::from_secs(9);
    let kinds = [
        EventKind::ReminderFired(Firing::default()),
        EventKind::PaymentStatusChanged { id: "t".into(), status, value: None },
        EventKind::MessageStatusChanged { id: "m".into(), status: MessageStatus::Read },
        EventKind::MessageReceived { id: "m".into(), body: crate::model::Body::text("hi") },
        EventKind::PaymentReceived { id: "t".into(), purse: None, value, status },
        EventKind::WalletPaymentChanged { wallet: "w".into(), id: "t".into(), status },
        EventKind::SessionChanged { status: session, started_at: at, expires_at: at, notify: true },
        EventKind::ConsentChanged(ConsentStatus::OptInCompleted),
    ];
    let mut requests: Vec<_> = kinds.into_iter().map(|kind| about("jane", 1, kind)).collect();
    requests.push(dialled("u"));
    requests.push(call("v", Direction::Inbound, CallStatus::Ringing));
    requests
}

#[tokio::test(start_paused = true)]
async fn every_kind_reaches_data_first_and_then_its_own_listener_with_the_state_read() {
    let mut ear = ear([telling(every_kind(), End::Hang)]);
    for &topic in Topic::ALL {
        ear.hears(topic, || ());
    }
    ear.client.connect().await.unwrap();
    let said = ear.heard(20).await;
    let (all, own): (Vec<_>, Vec<_>) =
        said.iter().cloned().enumerate().partition(|(n, _)| n % 2 == 0);
    assert!(
        all.iter().all(|(_, said)| said == "data"),
        "awaited first, without a customer: {said:?}"
    );
    let mut own: Vec<_> = own.into_iter().map(|(_, said)| said).collect();
    let mut names: Vec<_> =
        Topic::ALL[1..].iter().map(|topic| format!("{topic} el_cst_jane")).collect();
    own.sort();
    names.sort();
    assert_eq!(own, names);
    assert_eq!(ear.fake.with(|script| script.looked_at.len()), 10, "one read each");
}

#[tokio::test(start_paused = true)]
async fn r_lsn_1_a_failed_read_still_calls_the_listener_with_the_id_only() {
    let mut ear = ear([telling([delivered("jane", 1), delivered("omar", 2)], End::Hang)]);
    ear.fake.with(|script| script.look = Some(End::Say(Status::internal("a fault"))));
    ear.hears(Topic::MessageStatus, || ());
    ear.client.connect().await.unwrap();
    let mut said = ear.heard(2).await;
    said.sort();
    assert_eq!(said, ["messageStatus jane?", "messageStatus omar?"]);
    // A read that hangs leaves time for an answer.
    ear.fake.with(|script| {
        script.look = Some(End::Hang);
        script.tellings.push_back(telling([delivered("jane", 3)], End::Hang));
    });
    ear.fake.cut();
    let begun = Instant::now();
    assert_eq!(ear.heard(1).await, ["messageStatus jane?"]);
    // Up to 5 s until it is connected again, and 5 s for the read.
    assert!(begun.elapsed() < Duration::from_secs(11), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn without_a_listener_nothing_is_read_and_everything_is_dropped() {
    let mut ear = ear([telling([delivered("jane", 1), delivered("", 2)], End::Hang)]);
    ear.hears(Topic::Data, || ());
    ear.client.connect().await.unwrap();
    ear.heard(2).await;
    ear.is_quiet().await;
    assert_eq!(ear.fake.with(|script| script.looked_at.len()), 0);
    assert_eq!(ear.client.tally().heard, 2);
}

#[tokio::test(start_paused = true)]
async fn a_notification_without_a_customer_has_its_listener_too() {
    let status = PaymentStatus::Success;
    let paid = EventKind::PaymentStatusChanged { id: "t".into(), status, value: None };
    let mut ear = ear([telling([about("", 1, paid)], End::Hang)]);
    ear.hears(Topic::PaymentStatus, || ());
    ear.client.connect().await.unwrap();
    assert_eq!(ear.heard(1).await, ["paymentStatus"]);
}

#[tokio::test(start_paused = true)]
async fn r_lsn_1_failures_and_panics_are_counted_and_stop_nothing() {
    let mut ear = ear([telling((1..=4).map(|nr| delivered("jane", nr)), End::Hang)]);
    let calls = AtomicUsize::new(0);
    ear.hears(Topic::MessageStatus, move || match calls.fetch_add(1, Ordering::Relaxed) {
        0 => Err("the till is closed"),
        1 => panic!("a bug in a listener"),
        _ => Ok(()),
    });
    ear.client.connect().await.unwrap();
    // The second one panics before it says anything.
    ear.heard(3).await;
    let tally = ear.client.tally();
    assert_eq!((tally.heard, tally.failed), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn r_lsn_1_one_customer_in_turn_and_others_side_by_side() {
    let requests = [("a", 1), ("a", 2), ("b", 3), ("a", 4), ("b", 5)];
    let requests = requests.map(|(customer, nr)| delivered(customer, nr));
    let mut ear = ear([telling(requests, End::Hang)]);
    let (say, begun) = (ear.say.clone(), Instant::now());
    let listener = move |notification: Notification| {
        let say = say.clone();
        async move {
            sleep(Duration::from_secs(10)).await;
            let EventKind::MessageStatusChanged { id, .. } = &notification.event.kind else {
                return;
            };
            say.send(format!("{} {id}", begun.elapsed().as_secs())).await.unwrap();
        }
    };
    ear.client.on(Topic::MessageStatus, listener).unwrap();
    ear.client.connect().await.unwrap();
    let mut said = ear.heard(5).await;
    said.sort();
    assert_eq!(said, ["10 m1", "10 m3", "20 m2", "20 m5", "30 m4"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_64_listeners_run_at_once() {
    let requests = (0..400).map(|nr| delivered(&format!("c{nr}"), nr));
    let mut ear = ear([telling(requests, End::Hang)]);
    let say = ear.say.clone();
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = most.clone();
    let listener = move |_: Notification| {
        let (say, running, most) = (say.clone(), running.clone(), most.clone());
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(Duration::from_secs(1)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            say.send(String::new()).await.unwrap();
        }
    };
    ear.client.on(Topic::Data, listener).unwrap();
    ear.client.connect().await.unwrap();
    ear.heard(400).await;
    assert_eq!(seen.load(Ordering::SeqCst), 64);
    assert_eq!(ear.client.tally().heard, 400);
}

#[tokio::test(start_paused = true)]
async fn r_lsn_2_registering_again_replaces_and_what_was_removed_may_come_back() {
    let mut ear = ear([
        telling([delivered("jane", 1)], broken()),
        telling([delivered("jane", 2)], broken()),
        telling([delivered("jane", 3)], End::Hang),
    ]);
    let register = |ear: &Ear, word: &'static str| {
        let say = ear.say.clone();
        let listener = move |_: Notification| {
            let say = say.clone();
            async move { say.send(word.to_owned()).await.unwrap() }
        };
        if word == "again" {
            ear.client.register_listener("messageStatus", listener).unwrap();
        } else {
            ear.client.register_listerner("messageStatus", listener).unwrap();
        }
    };
    ear.hears(Topic::Data, || ());
    register(&ear, "old");
    register(&ear, "new");
    ear.client.connect().await.unwrap();
    assert_eq!(ear.heard(2).await, ["data", "new"]);
    ear.client.remove_listener(Topic::MessageStatus).unwrap();
    ear.client.off("messageStatus").unwrap();
    assert_eq!(ear.heard(1).await, ["data"], "read and dropped; the stream stays");
    register(&ear, "again");
    assert_eq!(ear.heard(2).await, ["data", "again"]);
    ear.is_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn any_other_name_is_an_error() {
    let ear = ear([]);
    for &topic in Topic::ALL {
        assert_eq!(topic.word().parse(), Ok(topic));
    }
    for name in ["receivedSms", "Reminder", ""] {
        let refused = ear.client.on(name, async |_: Notification| ());
        let Err(Error::Usage(why)) = refused else { panic!("{refused:?}") };
        assert!(why.contains("walletPaymentStatus"), "{why}");
        assert!(matches!(ear.client.off(name), Err(Error::Usage(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn what_ussd_and_voice_listeners_return_is_the_answer() {
    let mut ear = ear([telling(
        [
            dialled("u1"),
            call("v1", Direction::Inbound, CallStatus::Ringing),
            call("v1", Direction::Inbound, CallStatus::Active),
        ],
        End::Hang,
    )]);
    let menu = UssdMenu { text: "1 Balance".into(), is_terminal: false };
    let shown = menu.clone();
    ear.hears(Topic::UssdSession, move || Ok::<_, Error>(shown.clone()));
    let calls = AtomicUsize::new(0);
    // A plan once; `None` where nothing is asked.
    ear.hears(Topic::VoiceCall, move || {
        let is_first = calls.fetch_add(1, Ordering::Relaxed) == 0;
        is_first.then(|| vec![VoiceAction::RecordSession])
    });
    ear.client.connect().await.unwrap();
    ear.heard(3).await;
    ear.is_quiet().await;
    let plan = vec![VoiceAction::RecordSession];
    assert_eq!(ear.answers(), [answer("u1", Some(menu), vec![]), answer("v1", None, plan)]);
    assert_eq!(ear.client.tally().failed, 0);
}

/// R-HOOK-1, R-HOOK-2: the hub's own timeout speaks to a USSD customer.
#[tokio::test(start_paused = true)]
async fn nothing_or_a_late_answer_is_an_empty_plan_for_a_waiting_call_and_silence_for_ussd() {
    let prompts = [
        dialled("u1"),
        call("v1", Direction::Inbound, CallStatus::Ringing),
        call("v2", Direction::Outbound, CallStatus::Ringing),
        call("v2", Direction::Outbound, CallStatus::Answered),
        dialled("u2"),
    ];
    let mut ear = ear([telling(prompts, End::Hang)]);
    let say = ear.say.clone();
    let slow = move |notification: Notification| {
        let say = say.clone();
        async move {
            let is_slow = notification.session().is_some_and(|session| session.as_str() == "v2");
            sleep(Duration::from_secs(if is_slow { 20 } else { 0 })).await;
            say.send("done".into()).await.unwrap();
            is_slow.then(|| vec![VoiceAction::Reject])
        }
    };
    ear.client.on(Topic::VoiceCall, slow).unwrap();
    ear.hears(Topic::UssdSession, || Err::<UssdMenu, _>("no idea"));
    ear.client.connect().await.unwrap();
    ear.heard(5).await;
    ear.is_quiet().await;
    // In the order of one customer. Nothing for u1 and u2; v1 waits and gets an empty plan; v2's
    // first report asks for nothing, its second one does, but its answers come after 20 s.
    assert_eq!(ear.answers(), [answer("v1", None, vec![]), answer("v2", None, vec![])]);
    let tally = ear.client.tally();
    assert_eq!((tally.late, tally.failed, tally.refused), (2, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_refused_answer_is_counted() {
    let mut ear = ear([telling([dialled("u1")], End::Hang)]);
    ear.fake.with(|script| {
        let late = Receipt::State(StateReceipt {
            ok: false,
            description: "too late".into(),
            customer: None,
        });
        script.receipts.push_back(late);
    });
    ear.hears(Topic::UssdSession, UssdMenu::default);
    ear.client.connect().await.unwrap();
    ear.heard(1).await;
    ear.is_quiet().await;
    assert_eq!(ear.client.tally().refused, 1);
}

#[tokio::test(start_paused = true)]
async fn connect_says_why_the_first_try_failed_and_tries_no_more() {
    let denied = End::Say(Status::permission_denied("not your app"));
    let ear =
        ear([telling([], broken()), telling([], denied), telling([delivered("a", 1)], End::Hang)]);
    let first = ear.client.connect().await;
    assert_eq!(first, Err(Error::Unavailable("restarting".into())));
    sleep(Duration::from_hours(1)).await;
    assert_eq!(ear.fake.with(|script| script.tellings.len()), 2, "nothing goes on by itself");
    let second = ear.client.connect().await;
    assert_eq!(second, Err(Error::Denied("not your app".into())));
    ear.client.connect().await.unwrap();
    ear.client.connect().await.unwrap();
    assert_eq!(*ear.client.connection().borrow(), StreamState::Open);
}

#[tokio::test(start_paused = true)]
async fn r_conn_2_breaks_are_retried_ever_more_slowly_but_not_after_a_wrong_key() {
    let revoked = End::Say(Status::unauthenticated("revoked"));
    let breaks = (0..8).map(|nr| telling([delivered("jane", nr)], broken()));
    let ear = ear(breaks.chain([telling([], revoked), telling([], End::Hang)]));
    let mut connection = ear.client.connection();
    ear.client.connect().await.unwrap();
    let mut waits = Vec::new();
    let end = loop {
        let now = connection.borrow_and_update().clone();
        match now {
            StreamState::Broken { retry_in, .. } => waits.push(retry_in.as_secs_f64()),
            StreamState::Closed(why) => break why,
            StreamState::Open | StreamState::Opening => {}
        }
        connection.changed().await.unwrap();
    };
    assert_eq!(waits.len(), 8);
    for (wait, longest) in waits.iter().zip([5.0, 10.0, 20.0, 30.0, 30.0, 30.0, 30.0, 30.0]) {
        assert!((0.0..=longest).contains(wait), "{waits:?}");
    }
    assert_eq!(end, Some(Error::Unauthenticated("this API key: revoked".into())));
    sleep(Duration::from_hours(1)).await;
    assert_eq!(ear.fake.with(|script| script.tellings.len()), 1, "not tried again");
}

/// D-HERA: what was handed out before a break comes again.
#[tokio::test(start_paused = true)]
async fn what_is_sent_again_after_a_break_is_heard_once() {
    let mut ear = ear([
        telling([delivered("jane", 1), delivered("jane", 2)], broken()),
        telling([delivered("jane", 2), delivered("jane", 3)], End::Hang),
    ]);
    ear.hears(Topic::Data, || ());
    ear.client.connect().await.unwrap();
    ear.heard(3).await;
    ear.is_quiet().await;
    assert_eq!(ear.client.tally().heard, 3);
}

/// R-CONN-5.
#[tokio::test(start_paused = true)]
async fn disconnect_ends_the_stream_until_it_is_connected_again() {
    let mut ear = ear([
        telling([delivered("jane", 1)], broken()),
        telling([delivered("jane", 2)], End::Hang),
    ]);
    ear.hears(Topic::Data, || ());
    ear.client.connect().await.unwrap();
    ear.heard(1).await;
    ear.client.disconnect();
    ear.client.disconnect();
    assert_eq!(*ear.client.connection().borrow(), StreamState::Closed(None));
    ear.is_quiet().await;
    assert_eq!(ear.fake.with(|script| script.tellings.len()), 1, "no reconnection");
    ear.client.connect().await.unwrap();
    assert_eq!(ear.heard(1).await, ["data"]);
    ear.client.auth_token().await.unwrap();
}

/// A listener that runs when the client is disconnected finishes; what waited is not begun.
#[tokio::test(start_paused = true)]
async fn a_running_listener_is_not_cut_by_disconnect() {
    let mut ear = ear([telling([delivered("jane", 1), delivered("jane", 2)], End::Hang)]);
    let (say, client) = (ear.say.clone(), ear.client.clone());
    let listener = move |_: Notification| {
        let (say, client) = (say.clone(), client.clone());
        async move {
            sleep(Duration::from_secs(5)).await;
            client.disconnect();
            let refused = client.auth_token().await.is_err();
            say.send(format!("finished, calls refused: {refused}")).await.unwrap();
        }
    };
    ear.client.on(Topic::MessageStatus, listener).unwrap();
    ear.client.connect().await.unwrap();
    assert_eq!(ear.heard(1).await, ["finished, calls refused: true"]);
    ear.is_quiet().await;
}

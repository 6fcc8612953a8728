//! Calls and USSD over Africa's Talking: it asks what comes next, and is told by an app or an agent (R-CARRY-23, R-CARRY-25).

use super::{
    callbacks::{Both, SECRET},
    provider::Told,
    *,
};
use crate::model::{
    CallStatus, HangupCause, Prompt, Say, SessionId, UssdEnd, UssdMenu, Voice, VoiceAction,
    VoiceCall,
};
use http::HeaderMap;
use std::sync::atomic::{AtomicUsize, Ordering};

const JANE: &str = "%2B254711000001";
const LINE: &str = "%2B254711082300";
/// How long a plan may take: long enough for a busy machine.
const PLAN: Duration = Duration::from_secs(20);

fn account() -> (u16, String) {
    (200, r#"{"UserData":{}}"#.to_owned())
}
async fn desk(plan: Duration) -> Arc<Both> {
    Arc::new(Both::africas_talking_within(plan, |_, _| Some(account())).await)
}
/// One that answers so to the calls that are placed with it, of which each is the so manieth.
async fn caller(answer: impl Fn(usize) -> (u16, String) + Send + 'static) -> Arc<Both> {
    let placed = AtomicUsize::new(0);
    let answers = move |told: &Told, _: usize| {
        let is_call = told.path == "/call";
        let answer = || answer(placed.fetch_add(1, Ordering::Relaxed));
        Some(if is_call { answer() } else { account() })
    };
    Arc::new(Both::africas_talking_within(PLAN, answers).await)
}
fn queued(status: &str) -> String {
    format!(
        r#"{{"entries":[{{"phoneNumber":"+254711000001","sessionId":"ATVId_9","status":"{status}"}}],
        "errorMessage":"None"}}"#
    )
}
fn say(text: &str) -> VoiceAction {
    VoiceAction::Say(Say { text: text.to_owned(), ..Say::default() })
}
fn asks(text: &str) -> VoiceAction {
    let say = Say { text: text.to_owned(), voice: Voice::Female, play_beep: false };
    VoiceAction::GetDigits {
        prompt: Some(Prompt::Say(say)),
        timeout: Duration::from_secs(5),
        finish_on_key: None,
        num_digits: Some(1),
    }
}
fn response(inner: &str) -> String {
    format!(r#"<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>"#)
}

/// The network says something about a call, and gets this answer.
fn says(both: &Arc<Both>, what: &str) -> tokio::task::JoinHandle<String> {
    told(both, "voice", "Inbound", what)
}
fn told(
    both: &Arc<Both>,
    at: &str,
    direction: &str,
    what: &str,
) -> tokio::task::JoinHandle<String> {
    let form = format!("direction={direction}&callerNumber={JANE}&destinationNumber={LINE}&{what}");
    let (both, to) = (Arc::clone(both), format!("/{SECRET}/{at}"));
    tokio::spawn(async move {
        let reply = both.say(&to, HeaderMap::new(), form.into_bytes()).await;
        assert_eq!(reply.status.as_u16(), 200);
        String::from_utf8(reply.body.to_vec()).expect("text")
    })
}

impl Desk {
    async fn calls(&self) -> Vec<VoiceCall> {
        let look = |world: &crate::rules::World| {
            world.customers().flat_map(|who| who.calls.clone()).collect::<Vec<_>>()
        };
        self.hub.scan(look).await.expect("running")
    }
    /// The only call, once it waits for its plan of this number.
    async fn waits(&self, plan: usize) -> SessionId {
        let waits = async || {
            let calls = self.calls().await;
            let asked = |call: &VoiceCall| call.hops.iter().filter(|hop| hop.prompt).count();
            calls.last().is_some_and(|call| call.awaits_plan() && asked(call) == plan)
        };
        once!(waits().await, true);
        self.calls().await.pop().expect("a call").id
    }
    async fn plans(&self, session: &SessionId, actions: Vec<VoiceAction>) {
        let session = session.clone();
        self.asks(CustomerCommand::AnswerPrompt { session, menu: None, actions }).await;
    }
    async fn call_stands(&self) -> Option<CallStatus> {
        self.calls().await.last().map(|call| call.status)
    }
    async fn steps_of_call(&self) -> Vec<CallStatus> {
        let call = self.calls().await.pop().expect("a call");
        call.hops.iter().map(|hop| hop.status).collect()
    }
}

#[tokio::test]
async fn r_carry_25_who_calls_hears_the_plans_of_an_app_or_an_agent_until_somebody_hangs_up() {
    use CallStatus as S;
    let both = desk(PLAN).await;
    let rings = "sessionId=c-1&isActive=1";
    let questions: Vec<_> = (0..5).map(|_| says(&both, rings)).collect();
    let session = both.desk.waits(1).await;
    both.desk.plans(&session, vec![asks("1 for sales")]).await;
    let menu = response(
        r#"<GetDigits timeout="5" numDigits="1"><Say voice="woman">1 for sales</Say></GetDigits>"#,
    );
    for question in questions {
        assert_eq!(question.await.expect("an answer"), menu);
    }
    // A question that comes again is the same, also much later.
    assert_eq!(says(&both, rings).await.expect("an answer"), menu);
    let pressed = "sessionId=c-1&isActive=1&dtmfDigits=7";
    let questions: Vec<_> = (0..5).map(|_| says(&both, pressed)).collect();
    both.desk.waits(2).await;
    both.desk.plans(&session, vec![say("We call you back"), VoiceAction::RecordSession]).await;
    for question in questions {
        let said = question.await.expect("an answer");
        assert_eq!(said, response("<Say>We call you back</Say><Record/>"));
    }
    for _ in 0..5 {
        let over = "sessionId=c-1&isActive=0&durationInSeconds=21&amount=2.5&currencyCode=KES\
            &hangupCause=NORMAL_CLEARING&recordingUrl=https%3A%2F%2Fbahari.example%2F1.mp3";
        assert_eq!(says(&both, over).await.expect("an answer"), "");
    }
    let call = both.desk.calls().await.pop().expect("a call");
    assert_eq!((call.id, call.status), (session, S::Completed));
    assert_eq!(
        (call.duration, call.cost.expect("a cost").to_string().as_str()),
        (Duration::from_secs(21), "KES 2.50")
    );
    let steps: Vec<_> = call.hops.iter().map(|hop| hop.status).collect();
    assert_eq!(steps, [S::Ringing, S::Answered, S::Active, S::Active, S::Completed]);
    assert_eq!(call.hops[3].digits.as_deref(), Some("7"));
    let last = call.hops.last().expect("an end");
    assert_eq!(last.cause, HangupCause::NormalClearing);
    assert_eq!(last.recording_url.as_deref(), Some("https://bahari.example/1.mp3"));
    assert_eq!(both.desk.calls().await.len(), 1);
}

#[tokio::test]
async fn r_carry_25_if_nobody_says_in_time_what_a_call_does_it_ends_and_was_missed() {
    let both = desk(Duration::from_millis(200)).await;
    let rings = says(&both, "sessionId=c-1&isActive=1");
    assert_eq!(rings.await.expect("an answer"), response("<Reject/>"));
    assert_eq!(both.desk.call_stands().await, Some(CallStatus::Completed));
    let missed = |entry: &Entry| {
        entry.events.iter().any(|event| matches!(event.kind, EventKind::PromptMissed { .. }))
    };
    assert!(both.desk.entries().await.iter().any(missed));
    // What the network says afterwards changes nothing, and a call to a number of nobody here is rejected.
    says(&both, "sessionId=c-1&isActive=0&hangupCause=CALL_REJECTED").await.expect("an answer");
    let form = format!(
        "direction=Inbound&callerNumber={JANE}&destinationNumber=%2B1&sessionId=c-2&isActive=1"
    );
    let reply = both.say(&format!("/{SECRET}/voice"), HeaderMap::new(), form.into_bytes()).await;
    assert_eq!(&reply.body[..], response("<Reject/>").as_bytes());
    assert_eq!(both.desk.calls().await.len(), 1);
    let to = format!("/{SECRET}/voice");
    let garbage = both.say(&to, HeaderMap::new(), b"isActive=2".to_vec()).await;
    assert_eq!(garbage.status.as_u16(), 422);
}

#[tokio::test]
async fn r_carry_25_others_are_dialled_and_callers_wait_in_queues() {
    use CallStatus as S;
    let both = desk(PLAN).await;
    let question = says(&both, "sessionId=c-1&isActive=1");
    let session = both.desk.waits(1).await;
    let dial = VoiceAction::Dial {
        numbers: vec![CustomerNumber::telco("+254711000009")],
        record: false,
        sequential: false,
        ringback_tone: None,
        caller_id: None,
        max_duration: None,
    };
    both.desk.plans(&session, vec![say("One moment"), dial]).await;
    question.await.expect("an answer");
    assert_eq!(both.desk.call_stands().await, Some(S::Dialing));
    let talked =
        "sessionId=c-1&isActive=1&dialDestinationNumber=%2B254711000009&dialDurationInSeconds=60";
    let question = says(&both, talked);
    both.desk.waits(2).await;
    let queue = VoiceAction::Enqueue { hold_music: None, queue_name: Some("support".into()) };
    both.desk.plans(&session, vec![queue]).await;
    assert_eq!(question.await.expect("an answer"), response(r#"<Enqueue name="support"/>"#));
    assert_eq!(both.desk.call_stands().await, Some(S::Enqueued));
    let taken =
        "sessionId=c-1&isActive=1&dequeuedToPhoneNumber=%2B254711000009&dialDurationInSeconds=9";
    let question = says(&both, taken);
    both.desk.waits(3).await;
    both.desk.plans(&session, Vec::new()).await;
    assert_eq!(question.await.expect("an answer"), response(""));
    assert_eq!(
        both.desk.steps_of_call().await,
        [
            S::Ringing,
            S::Answered,
            S::Active,
            S::Dialing,
            S::Bridged,
            S::DialCompleted,
            S::Active,
            S::Enqueued,
            S::Dequeued,
            S::Active,
            S::Completed,
        ]
    );
    let call = both.desk.calls().await.pop().expect("a call");
    let dial =
        call.hops.iter().find_map(|hop| hop.dial.clone().filter(|dial| !dial.duration.is_zero()));
    assert_eq!(dial.expect("a conversation").duration, Duration::from_mins(1));
    let queue = call.hops[8].queue.clone().expect("a queue");
    assert_eq!(queue.dequeued_to_number.as_deref(), Some("+254711000009"));
}

#[tokio::test]
async fn r_carry_25_an_app_calls_and_the_network_asks_when_somebody_answers() {
    use CallStatus as S;
    let both =
        caller(|n| if n == 0 { (429, String::new()) } else { (201, queued("Queued")) }).await;
    let (to, from) = (CustomerNumber::telco("+254711000001"), voice_line());
    both.desk.asks(CustomerCommand::MakeCall { to, from }).await;
    both.network.once(|network| network.told("/call").len() == 2).await;
    let placed = both.network.told("/call").pop().expect("a call");
    let id = placed.field("clientRequestId");
    assert_eq!(
        (placed.field("to"), placed.field("from")),
        ("+254711000001".into(), "+254711082300".into())
    );
    let ours = format!("sessionId=ATVId_9&clientRequestId={id}");
    let ringing = format!("{ours}&isActive=1&callSessionState=Ringing");
    assert_eq!(told(&both, "voice-events", "Outbound", &ringing).await.expect("an answer"), "");
    assert_eq!(both.desk.call_stands().await, Some(S::Ringing));
    // By the network's own name, if it does not repeat ours.
    let question = told(&both, "voice", "Outbound", "sessionId=ATVId_9&isActive=1");
    let session = both.desk.waits(1).await;
    assert_eq!(session.as_str(), id);
    both.desk.plans(&session, vec![say("Your parcel is here")]).await;
    assert_eq!(question.await.expect("an answer"), response("<Say>Your parcel is here</Say>"));
    let over = format!("{ours}&isActive=0&durationInSeconds=4&hangupCause=NORMAL_CLEARING");
    told(&both, "voice-events", "Outbound", &over).await.expect("an answer");
    assert_eq!(
        both.desk.steps_of_call().await,
        [S::Queued, S::Ringing, S::Answered, S::Active, S::Completed]
    );
}

#[tokio::test]
async fn r_carry_25_a_call_that_is_refused_or_not_answered_says_so_and_none_is_placed_twice() {
    use CallStatus as S;
    let both = caller(|n| match n {
        0 => (201, queued("InvalidPhoneNumber")),
        1 => (500, String::new()),
        _ => (201, queued("Queued")),
    })
    .await;
    let to = |n| CustomerNumber::telco(&format!("+25471100000{n}"));
    let make =
        async |n| both.desk.asks(CustomerCommand::MakeCall { to: to(n), from: voice_line() }).await;
    let stands = async |n: u32| {
        let calls = both.desk.calls().await;
        calls.iter().find(|call| call.number == to(n)).map(|call| call.status)
    };
    make(1).await;
    once!(stands(1).await, Some(S::InvalidPhoneNumber));
    // Nobody knows, so that it is not placed again.
    make(2).await;
    both.network.once(|network| network.told("/call").len() == 2).await;
    make(3).await;
    both.network.once(|network| network.told("/call").len() == 3).await;
    assert_eq!(stands(2).await, Some(S::Queued));
    let over = "sessionId=ATVId_9&isActive=0&hangupCause=NO_ANSWER";
    once!(
        {
            told(&both, "voice", "Outbound", over).await.expect("an answer");
            stands(3).await
        },
        Some(S::NotAnswered)
    );
    let placed = both.network.told("/call");
    assert_eq!(placed.len(), 3);
    // One that nobody here has placed is none of ours.
    let other =
        told(&both, "voice", "Outbound", "sessionId=x&isActive=1").await.expect("an answer");
    assert_eq!(other, response("<Reject/>"));
}

#[tokio::test]
async fn r_carry_25_a_plan_that_the_network_cannot_follow_is_refused_and_may_be_given_again() {
    let both = desk(PLAN).await;
    let question = says(&both, "sessionId=c-1&isActive=1");
    let session = both.desk.waits(1).await;
    let caller = || Caller { app: Some("shop".into()), actor: Actor::Key("wanjiku".into()) };
    let dequeue = |record| VoiceAction::Dequeue { channel: voice_line(), record, queue_name: None };
    let dial = |number: &str| VoiceAction::Dial {
        numbers: vec![CustomerNumber::telco(number)],
        record: false,
        sequential: false,
        ringback_tone: None,
        caller_id: None,
        max_duration: None,
    };
    for (plan, why) in [
        (vec![VoiceAction::RecordSession, say("Karibu")], "record_session must be the last action"),
        (vec![dequeue(true)], "dequeue without record"),
        (vec![dial("+254711000001,+254711000002")], "comma or blank"),
    ] {
        let (session, menu) = (session.clone(), None);
        let command = CustomerCommand::AnswerPrompt { session, menu, actions: plan };
        let receipt = both.desk.hub.submit(caller(), command.into()).await.expect("running");
        assert!(!receipt.is_ok() && receipt.description().contains(why), "{receipt:?}");
    }
    both.desk.plans(&session, vec![dequeue(false)]).await;
    let plan = response(r#"<Dequeue phoneNumber="+254711082300"/>"#);
    assert_eq!(question.await.expect("an answer"), plan);
    // Nobody waits there: what comes next is ready before the network asks, and is what it gets.
    both.desk.waits(2).await;
    both.desk.plans(&session, vec![asks("1 to wait on")]).await;
    let next = says(&both, "sessionId=c-1&isActive=1&status=Empty").await.expect("an answer");
    assert!(next.contains("1 to wait on"), "{next}");
    // No network carries calls from there.
    let (to, from) = (nth(1), ChannelNumber::new(Channel::Voice, "+254711099999"));
    let command = CustomerCommand::MakeCall { to, from };
    let receipt = both.desk.hub.submit(caller(), command.into()).await.expect("running");
    assert!(!receipt.is_ok());
}

#[tokio::test]
async fn r_carry_23_a_call_for_a_menu_is_held_until_somebody_answers_or_it_is_time_to_say_so() {
    let both = Arc::new(Both::africas_talking(|_, _| Some(account())).await);
    let dials = |session: &str, text: &str| {
        let form = format!(
            "sessionId={session}&serviceCode=*384%23&phoneNumber=%2B254711000001&text={text}"
        );
        let both = Arc::clone(&both);
        tokio::spawn(async move {
            let to = format!("/{SECRET}/ussd");
            let reply = both.say(&to, HeaderMap::new(), form.into_bytes()).await;
            String::from_utf8(reply.body.to_vec()).expect("text")
        })
    };
    let open = async |inputs: usize| -> SessionId {
        let typed = async || -> Vec<SessionId> {
            let entries = both.desk.entries().await;
            let events = entries.into_iter().flat_map(|entry| entry.events);
            let session = |kind| match kind {
                EventKind::UssdInput { session, .. } => Some(session),
                _ => None,
            };
            events.filter_map(|event| session(event.kind)).collect()
        };
        once!(typed().await.len(), inputs);
        typed().await.pop().expect("a session")
    };
    let shows = async |session: &SessionId, text: &str, is_terminal: bool| {
        let menu = Some(UssdMenu { text: text.to_owned(), is_terminal });
        let (session, actions) = (session.clone(), Vec::new());
        both.desk.asks(CustomerCommand::AnswerPrompt { session, menu, actions }).await;
    };
    let call = dials("s-1", "");
    let session = open(1).await;
    shows(&session, "1 Where 2 When", false).await;
    assert_eq!(call.await.expect("an answer"), "CON 1 Where 2 When");
    // The same again gets the same, and is nothing new.
    assert_eq!(dials("s-1", "").await.expect("an answer"), "CON 1 Where 2 When");
    let call = dials("s-1", "2");
    assert_eq!(open(2).await, session);
    shows(&session, "Tomorrow", true).await;
    assert_eq!(call.await.expect("an answer"), "END Tomorrow");
    // Nobody answers.
    assert_eq!(dials("s-2", "").await.expect("an answer"), "END Later");
    let ends = async || -> Vec<UssdEnd> {
        let entries = both.desk.entries().await;
        let events = entries.into_iter().flat_map(|entry| entry.events);
        let end = |kind| match kind {
            EventKind::UssdEnded { end, .. } => Some(end),
            _ => None,
        };
        events.filter_map(|event| end(event.kind)).collect()
    };
    assert_eq!(ends().await, [UssdEnd::Completed, UssdEnd::Unanswered]);
    // Somebody hangs up.
    let call = dials("s-3", "");
    open(4).await;
    let left = b"sessionId=s-3&status=Incomplete".to_vec();
    both.say(&format!("/{SECRET}/ussd-ended"), HeaderMap::new(), left).await;
    assert_eq!(call.await.expect("an answer"), "END Later");
    assert_eq!(ends().await.pop(), Some(UssdEnd::CustomerLeft));
}

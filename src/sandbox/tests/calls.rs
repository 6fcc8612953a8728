//! Calls go through the plans of apps, with keys, recordings, dialled phones and queues.

use super::*;
use crate::model::{
    CallHop, CallReceipt, CallStatus as S, HangupCause, Prompt, Say, SessionId, VoiceAction,
    VoiceCall,
    phone::{Manner, Will},
};

fn say(text: &str) -> VoiceAction {
    VoiceAction::Say(spoken(text))
}
fn spoken(text: &str) -> Say {
    Say { text: text.into(), ..Say::default() }
}
fn ask(keys: i32) -> VoiceAction {
    ask_for(keys, Duration::from_secs(1))
}
fn ask_for(keys: i32, timeout: Duration) -> VoiceAction {
    VoiceAction::GetDigits {
        prompt: Some(Prompt::Say(spoken("Which?"))),
        timeout,
        finish_on_key: Some("#".into()),
        num_digits: Some(keys),
    }
}
fn dial(number: &str) -> VoiceAction {
    VoiceAction::Dial {
        numbers: vec![CustomerNumber::telco(number)],
        record: false,
        sequential: false,
        ringback_tone: None,
        caller_id: None,
        max_duration: None,
    }
}

const WANJIKU: &str = "+254700000007";

impl Rig {
    async fn calls(&self, from: &str) -> SessionId {
        let (from, to) = (CustomerNumber::telco(from), line(Channel::Voice));
        self.phone(NetworkCommand::ReceiveCall { from, to }).await.as_str().into()
    }
    async fn is_called(&self, to: &str) -> SessionId {
        let (to, from) = (CustomerNumber::telco(to), line(Channel::Voice));
        let call = CustomerCommand::MakeCall { to, from };
        match self.submit(Actor::Key("agent".into()), call).await {
            Receipt::Call(CallReceipt { session: Some(session), .. }) => session,
            other => panic!("{other:?}"),
        }
    }
    /// The app answers as soon as it is asked.
    async fn plans(&self, session: &SessionId, actions: &[VoiceAction]) {
        while !self.call(session).await.awaits_plan() {
            self.pass(Duration::from_millis(100)).await;
        }
        let (session, actions) = (session.clone(), actions.to_vec());
        let plan = CustomerCommand::AnswerPrompt { session, menu: None, actions };
        let receipt = self.submit(Actor::Key("app".into()), plan).await;
        assert!(receipt.is_ok(), "{receipt:?}");
    }
    async fn call(&self, session: &SessionId) -> VoiceCall {
        let session = session.clone();
        let find = move |world: &crate::rules::World| {
            let mut calls = world.customers().flat_map(|c| c.calls.clone());
            calls.find(|call| call.id == session)
        };
        self.hub.read(&self.org, find).await.unwrap().unwrap()
    }
    async fn reaches(&self, session: &SessionId, status: S) {
        let begin = now();
        while self.call(session).await.status != status {
            assert!(begin.elapsed() < PATIENCE, "never {status:?}");
            self.pass(Duration::from_millis(100)).await;
        }
    }
    /// The call when it is over, and where it went.
    async fn over(&self, session: &SessionId) -> (VoiceCall, Vec<S>) {
        for _ in 0..600 {
            let call = self.call(session).await;
            if call.status.is_final() {
                let way = call.hops.iter().map(|hop| hop.status).collect();
                return (call, way);
            }
            self.pass(Duration::from_millis(100)).await;
        }
        panic!("never over: {:?}", self.call(session).await)
    }
    fn behaves(&self, number: &str, manner: Manner) {
        assert!(self.phones.behave(&self.org, &CustomerNumber::telco(number), manner));
    }
}

fn hop(call: &VoiceCall, is: impl Fn(&CallHop) -> bool) -> CallHop {
    call.hops.iter().find(|hop| is(hop)).cloned().unwrap_or_else(|| panic!("{:?}", call.hops))
}

async fn rig() -> Rig {
    let mut rig = Rig::start().await;
    rig.run_network();
    settle().await;
    rig
}

#[tokio::test(start_paused = true)]
async fn an_inbound_call_is_answered_by_the_plan_and_presses_what_it_is_asked_for() {
    let rig = rig().await;
    rig.behaves(WANJIKU, Manner { digits: "42#7".into(), ..Manner::default() });
    let session = rig.calls(WANJIKU).await;
    rig.plans(&session, &[say("Karibu"), ask(4)]).await;
    rig.plans(&session, &[say("Kwaheri")]).await;
    let (call, way) = rig.over(&session).await;
    assert_eq!(way, [S::Ringing, S::Answered, S::Active, S::Active, S::Completed]);
    assert_eq!(hop(&call, |hop| hop.digits.is_some()).digits.as_deref(), Some("42"));
    assert_eq!(call.hops.last().unwrap().cause, HangupCause::NormalClearing);
    assert!(!call.duration.is_zero() && call.cost.is_some(), "{call:?}");
}

#[tokio::test(start_paused = true)]
async fn an_outbound_call_rings_is_picked_up_and_records() {
    let rig = rig().await;
    let session = rig.is_called(WANJIKU).await;
    let record = VoiceAction::GetRecording {
        prompt: Some(Prompt::Say(spoken("Speak"))),
        timeout: Duration::from_secs(5),
        max_length: Duration::from_secs(30),
        finish_on_key: None,
        play_beep: true,
        trim_silence: false,
    };
    rig.plans(&session, &[record]).await;
    rig.plans(&session, &[VoiceAction::RecordSession, say("Asante")]).await;
    let (call, way) = rig.over(&session).await;
    let expected = [S::Queued, S::Ringing, S::Answered, S::Active, S::Active, S::Completed];
    assert_eq!(way, expected);
    let urls: Vec<_> = call.hops.iter().filter_map(|hop| hop.recording_url.as_deref()).collect();
    assert_eq!(urls.len(), 2, "what was said, and the whole call");
    assert!(urls.iter().all(|url| url.starts_with("sandbox://recordings/el_ses_")), "{urls:?}");
}

#[tokio::test(start_paused = true)]
async fn dial_joins_another_phone_or_finds_nobody() {
    let rig = rig().await;
    let session = rig.calls(WANJIKU).await;
    rig.plans(&session, &[dial("+254700000008")]).await;
    rig.plans(&session, &[dial("+254700300401")]).await;
    rig.plans(&session, &[say("Kwaheri")]).await;
    let (call, way) = rig.over(&session).await;
    let dials = [S::Dialing, S::Bridged, S::DialCompleted, S::Active, S::Dialing, S::DialCompleted];
    assert_eq!(way[3..9], dials);
    let ends: Vec<_> = call.hops.iter().filter(|hop| hop.status == S::DialCompleted).collect();
    let talked = ends[0].dial.clone().unwrap();
    assert_eq!(talked.number, "+254700000008");
    assert!(!talked.duration.is_zero() && !talked.started_at.is_zero());
    assert!(ends[1].dial.clone().unwrap().duration.is_zero());
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_joined_and_served_by_another_call() {
    let rig = rig().await;
    let waits = rig.calls(WANJIKU).await;
    let queue_name = Some("sales".to_owned());
    let join = VoiceAction::Enqueue { hold_music: None, queue_name: queue_name.clone() };
    rig.plans(&waits, &[join]).await;
    rig.pass(Duration::from_secs(30)).await;
    assert_eq!(rig.call(&waits).await.status, S::Enqueued);
    let agent = rig.is_called("+254700000008").await;
    let channel = line(Channel::Voice);
    let take = VoiceAction::Dequeue { channel, record: false, queue_name };
    rig.plans(&agent, std::slice::from_ref(&take)).await;
    rig.plans(&agent, &[take]).await; // nobody is left: the app is asked again
    rig.plans(&agent, &[]).await;
    let (call, way) = rig.over(&waits).await;
    assert_eq!(way[3..], [S::Enqueued, S::Dequeued, S::Bridged, S::Completed]);
    let queue = hop(&call, |hop| hop.status == S::Dequeued).queue.unwrap();
    assert_eq!(queue.dequeued_to_session, Some(agent.clone()));
    assert!(!queue.duration.is_zero() && queue.enqueued_at < queue.dequeued_at, "{queue:?}");
    assert!(rig.over(&agent).await.1.ends_with(&[S::Bridged, S::Active, S::Active, S::Completed]));
}

/// This runs in real time, because virtual time would run ahead while a program sets the phone.
#[tokio::test]
async fn a_phone_that_waits_is_told_and_is_faster_than_the_network() {
    let rig = rig().await;
    rig.behaves(WANJIKU, Manner { picks_up: Some(Will::Wait), ..Manner::default() });
    let session = rig.is_called(WANJIKU).await;
    rig.reaches(&session, S::Ringing).await;
    // A phone that is called later picks up, and this one still rings.
    let other = rig.is_called("+254700000008").await;
    rig.reaches(&other, S::Answered).await;
    assert_eq!(rig.call(&session).await.status, S::Ringing);
    let tell = |status, digits: Option<&str>| NetworkCommand::ReportCall {
        session: session.clone(),
        hop: CallHop { status, digits: digits.map(Into::into), ..CallHop::default() },
        duration: Duration::ZERO,
        cost: None,
    };
    rig.submit(Actor::Customer, tell(S::Answered, None)).await;
    rig.plans(&session, &[ask_for(4, PATIENCE)]).await;
    rig.submit(Actor::Customer, tell(S::Active, Some("77"))).await;
    rig.plans(&session, &[ask(4)]).await;
    // Nobody presses anything: when the plan's time is over, nothing comes back.
    rig.plans(&session, &[]).await;
    let (call, _) = rig.over(&session).await;
    let digits: Vec<_> = call.hops.iter().filter_map(|hop| hop.digits.as_deref()).collect();
    assert_eq!(digits, ["77", ""]);
}

#[tokio::test(start_paused = true)]
async fn a_restart_goes_on_with_calls_and_a_rejecting_phone_rejects() {
    let mut rig = Rig::start().await;
    rig.behaves(WANJIKU, Manner { picks_up: Some(Will::No), ..Manner::default() });
    let rejected = rig.is_called(WANJIKU).await;
    let planned = rig.calls("+254700000008").await;
    rig.plans(&planned, &[say("Karibu")]).await;
    rig.run_network();
    let (call, _) = rig.over(&rejected).await;
    let last = call.hops.last().unwrap();
    assert_eq!((call.status, last.cause), (S::Completed, HangupCause::CallRejected));
    assert_eq!(rig.over(&planned).await.1.last(), Some(&S::Completed));
}

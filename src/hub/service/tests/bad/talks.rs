//! Bad calls and answers to prompts (R-CALL-1, R-HOOK-1 to R-HOOK-4): calls to nobody and from nowhere;
//! answers without a session, to somebody else's, of the wrong kind, of no kind, of both, twice, late.

use super::{Says::*, *};
use crate::{
    hub::service::tests::BILLING,
    model::{Prompt, Provider, Say, VoiceAction},
};
use std::time::Duration;

fn dial(to: CustomerNumber, from: ChannelNumber) -> Ask {
    ask(CustomerCommand::MakeCall { to, from })
}

fn line() -> ChannelNumber {
    ChannelNumber::new(Channel::Voice, "+254711082300")
}

#[tokio::test]
async fn r_call_1_calls_that_are_not_placed() {
    let stage = Stage::set().await;
    let on = ChannelNumber::new;
    let unsaid = CustomerNumber::new(Provider::Unspecified, "+254799999999");
    let rows = vec![
        row("no line", dial(number(JANE), ChannelNumber::default()), Is(406)),
        row("an empty line", dial(number(JANE), on(Channel::Voice, "")), Is(406)),
        row("not registered", dial(number(JANE), on(Channel::Voice, "+254700")), Is(406)),
        row("no number", dial(number(""), line()), Is(402)),
        row("an over-long number", dial(number(&long(256)), line()), Bad),
        row("a telegram name", dial(CustomerNumber::new(Provider::Telegram, "j"), line()), Is(403)),
        row("provider 0, unknown", dial(unsaid, line()), Bad),
    ];
    stage.check(rows).await;
    let first = call(&stage.rig, dial(number(OMAR), line())).await.unwrap();
    assert_eq!((first.code, first.id.is_some()), (Some(100), true), "{}", first.words);
    stage.check(vec![row("already in a call", dial(number(OMAR), line()), Is(403))]).await;
}

fn answer(session: &SessionId, menu: Option<UssdMenu>, actions: Vec<VoiceAction>) -> Ask {
    ask(CustomerCommand::AnswerPrompt { session: session.clone(), menu, actions })
}

fn say(text: &str) -> VoiceAction {
    VoiceAction::Say(Say { text: text.into(), ..Say::default() })
}

fn keys(prompt: Option<Prompt>, secs: u64) -> VoiceAction {
    VoiceAction::GetDigits {
        prompt,
        timeout: Duration::from_secs(secs),
        finish_on_key: None,
        num_digits: None,
    }
}

impl Stage {
    /// Lets Omar call, so that the app is asked for a plan.
    async fn ringing(&self) -> SessionId {
        let receipt =
            self.rig.report(NetworkCommand::ReceiveCall { from: number(OMAR), to: line() }).await;
        assert!(receipt.is_ok(), "{receipt:?}");
        receipt.subject().unwrap().into()
    }
}

#[tokio::test]
async fn r_hook_1_answers_that_nobody_asked_for() {
    let stage = Stage::set().await;
    let (ussd, voice) = (&stage.ussd, &stage.ringing().await);
    let nobody = SessionId::from("el_ses_0");
    let menu = || Some(menu("Welcome"));
    let rows = vec![
        row("no session", answer(&SessionId::default(), menu(), vec![]), No),
        row("an unknown session", answer(&nobody, menu(), vec![]), No),
        row("an unknown call", answer(&nobody, None, vec![say("hi")]), No),
        row("a plan for a USSD session", answer(ussd, None, vec![say("hi")]), No),
        row("a menu for a call", answer(voice, menu(), vec![]), No),
        row("both kinds", answer(ussd, menu(), vec![say("hi")]), No),
        row("neither, for a USSD session", answer(ussd, None, vec![]), No),
        row("an empty menu", answer(ussd, Some(super::menu("")), vec![]), No),
        row("a menu of 183", answer(ussd, Some(super::menu(&"x".repeat(183))), vec![]), No),
    ];
    stage.check(rows).await;
    let mut till = stage.rig.hera_with(&[("api-key", BILLING)]);
    let Ask::SendWebhookResponse(mut request) = answer(ussd, menu(), vec![]) else {
        panic!("not an answer")
    };
    request.app_id = "billing".into();
    let before = stage.rig.written().await;
    let theirs = till.send_webhook_response(request).await.unwrap().into_inner();
    assert!(!theirs.status, "the session belongs to the app that got the prompt");
    assert_eq!(stage.rig.written().await, before);
}

#[tokio::test]
async fn r_hook_3_and_4_plans_that_cannot_be_carried_out() {
    let stage = Stage::set().await;
    let voice = &stage.ringing().await;
    let heard = || Some(Prompt::Say(Say { text: "press 1".into(), ..Say::default() }));
    let plan = |actions: Vec<VoiceAction>| answer(voice, None, actions);
    let many = (0..21).map(|n| say(&n.to_string())).collect();
    let rows = vec![
        row("more than 20 actions", plan(many), No),
        row("keys without a prompt", plan(vec![keys(None, 10)]), No),
        row("keys without time", plan(vec![keys(heard(), 0)]), No),
        row("keys with too much time", plan(vec![keys(heard(), 301)]), No),
        row("a refusal after the first words", plan(vec![say("hi"), VoiceAction::Reject]), No),
        row(
            "a call of nobody",
            plan(vec![VoiceAction::Dial {
                numbers: vec![],
                record: false,
                sequential: false,
                ringback_tone: None,
                caller_id: None,
                max_duration: None,
            }]),
            No,
        ),
    ];
    stage.check(rows).await;
}

#[tokio::test]
async fn r_hook_1_a_prompt_is_answered_once_and_in_time() {
    let stage = Stage::set().await;
    let welcome = || answer(&stage.ussd, Some(menu("Welcome")), vec![]);
    assert!(call(&stage.rig, welcome()).await.unwrap().ok);
    let goodbye = UssdMenu { is_terminal: true, ..menu("Goodbye") };
    stage.check(vec![row("a second answer", welcome(), No)]).await;
    let typed = NetworkCommand::InputUssd { session: stage.ussd.clone(), input: "1".into() };
    assert!(stage.rig.report(typed).await.is_ok());
    let ends = answer(&stage.ussd, Some(goodbye), vec![]);
    assert!(call(&stage.rig, ends.clone()).await.unwrap().ok);
    stage.check(vec![row("an answer to a finished session", ends, No)]).await;

    let voice = stage.ringing().await;
    let by = Duration::from_secs(16);
    assert!(stage.rig.report(NetworkCommand::MoveClock { by }).await.is_ok());
    // The window is over, whether the timers have noticed it yet or not (R-HOOK-2).
    let late = call(&stage.rig, answer(&voice, None, vec![say("hi")])).await.unwrap();
    assert!(!late.ok && late.words.contains(' '), "{}", late.words);
}

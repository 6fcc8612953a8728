//! Consent that apps ask for (R-CONSENT-1 to R-CONSENT-3, R-CONSENT-6), and what a dry run
//! says of it (R-CONSENT-7).

use super::*;
use crate::model::{ConsentAction as A, ConsentStatus as S, Provider};

pub fn asks(channel: Channel, action: A) -> Command {
    let reason = String::new();
    let channel = line(channel);
    CustomerCommand::RequestConsent { number: jane(), channel, action, reason }.into()
}
pub fn answers(channel: Channel, agrees: bool) -> Command {
    NetworkCommand::AnswerConsent { from: jane(), to: line(channel), agrees }.into()
}
fn state(story: &Story) -> (Option<S>, bool) {
    let jane = story.jane();
    let pair = jane.channel(&super::jane(), &line(Channel::Sms));
    pair.map_or((None, false), |p| (p.consent.map(|(s, _)| s), p.asked.is_some()))
}

#[test]
fn r_consent_1_an_opt_out_holds_at_once() {
    let story = given([meet()]).when(asks(Channel::Sms, A::OptOut)).code(301);
    let story = story.then(&["CON asked to opt out", "CON consent: opted out"]);
    let story = story.accepted("opted out").for_apps(&["shop", "shop"]);
    story.when(send(Channel::Sms, "sale!")).code(401);
}

#[test]
fn r_consent_1_an_opt_in_is_asked_of_the_customer_who_agrees_or_not() {
    let asked = || given([meet()]).when(asks(Channel::Sms, A::OptIn)).code(101);
    let story = asked().then(&["CON asked to opt in"]).accepted("asked");
    assert_eq!(state(&story), (None, true));
    let story = story.by(None, Actor::Network).when(answers(Channel::Sms, true));
    let story = story.then(&["CON consent: opted in"]).for_apps(&["shop"]);
    assert_eq!(state(&story), (Some(S::OptInCompleted), false));
    story.when(answers(Channel::Sms, true)).refused("nobody asked");
    let story = asked().when(answers(Channel::Sms, false)).accepted("the customer does not agree");
    let story = story.then(&["CON the opt-in request ended without a yes"]);
    assert_eq!(state(&story), (None, false));
    assert_eq!(story.last.events[0].actor, Actor::Customer);
    nothing().when(answers(Channel::Sms, true)).refused("nobody asked");
}

#[test]
fn r_consent_1_the_agents_reason_is_on_record() {
    let ask = |reason: String| CustomerCommand::RequestConsent {
        number: jane(),
        channel: line(Channel::Sms),
        action: A::OptOut,
        reason,
    };
    let story = given([meet()]).when(ask("called the desk".into()));
    story.then(&["CON asked to opt out, because called the desk", "CON consent: opted out"]);
    let story = given([meet()]).when(ask("x".repeat(256))).code(501).refused("255 characters");
    story.when(ask("x".repeat(255))).code(301);
}

#[test]
fn r_consent_2_every_accepted_request_ends_in_one_notification_also_when_nothing_changed() {
    let told = |story: &Story| {
        story.last.events.iter().filter(|e| e.sentence().starts_with("consent: ")).count()
    };
    let story = given([meet(), asks(Channel::Sms, A::OptOut)]);
    let story = story.when(asks(Channel::Sms, A::OptOut)).code(301);
    assert_eq!(told(&story), 1, "opted out twice");
    let story = story.when(asks(Channel::Sms, A::OptIn)).code(101);
    assert_eq!((told(&story), state(&story)), (0, (Some(S::OptOutCompleted), true)));
    let story = story.when(answers(Channel::Sms, true));
    assert_eq!(told(&story), 1);
    let story = story.when(asks(Channel::Sms, A::OptIn)).code(300);
    assert_eq!((told(&story), state(&story)), (1, (Some(S::OptInCompleted), false)));
}

#[test]
fn r_consent_2_an_opt_out_ends_the_request_of_another_app_and_tells_it() {
    let story = given([meet()]).by(Some("bank"), Actor::Hub).when(asks(Channel::Sms, A::OptIn));
    let story = story.by(Some("shop"), Actor::Hub).when(asks(Channel::Sms, A::OptOut)).code(301);
    let story = story.for_apps(&["shop", "shop", "bank"]);
    assert_eq!(state(&story), (Some(S::OptOutCompleted), false));
    story.when(answers(Channel::Sms, true)).refused("nobody asked");
}

#[test]
fn r_consent_2_two_apps_that_ask_are_both_told_of_the_answer() {
    let asked = || {
        let story = given([meet()]).by(Some("bank"), Actor::Hub).when(asks(Channel::Sms, A::OptIn));
        let story = story.by(Some("shop"), Actor::Hub).when(asks(Channel::Sms, A::OptIn)).code(101);
        // The same app that asks again waits once and not twice.
        story.when(asks(Channel::Sms, A::OptIn)).code(101)
    };
    let story = asked().when(answers(Channel::Sms, true)).for_apps(&["bank", "shop"]);
    let times: Vec<_> = story.last.events.iter().map(|e| e.at).collect();
    assert!(times[0] < times[1], "R-EVT-1");
    assert_eq!(state(&story), (Some(S::OptInCompleted), false));
    asked().when(asks(Channel::Sms, A::OptOut)).for_apps(&["shop", "shop", "bank"]);
    let story = asked().when(hears(Channel::Sms, "start"));
    story.for_apps(&["first", "first", "bank", "shop"]);
    // If the customer declines, the request ends for both apps and neither is told (R-CONSENT-2).
    let story = asked().when(answers(Channel::Sms, false)).for_apps(&["bank"]);
    story.when(answers(Channel::Sms, true)).refused("nobody asked");
}

#[test]
fn r_consent_2_a_restart_keeps_who_asked() {
    let story = given([meet()]).by(Some("bank"), Actor::Hub).when(asks(Channel::Sms, A::OptIn));
    let mut story = story.by(Some("shop"), Actor::Hub).when(asks(Channel::Sms, A::OptIn));
    story.restart();
    story.when(answers(Channel::Sms, true)).for_apps(&["bank", "shop"]);
}

#[test]
fn r_consent_3_what_cannot_be_asked_is_refused_and_changes_nothing() {
    let ask = |channel: ChannelNumber, number: CustomerNumber| CustomerCommand::RequestConsent {
        number,
        channel,
        action: A::OptIn,
        reason: String::new(),
    };
    let sms = || line(Channel::Sms);
    nothing().when(asks(Channel::Sms, A::Unspecified)).code(501).refused("neither opt in nor");
    nothing().when(ask(ChannelNumber::default(), jane())).code(401).refused("no channel given");
    nothing().when(ask(line(Channel::Ussd), jane())).code(401).refused("no messages travel");
    nothing().when(ask(line(Channel::Telegram), jane())).code(401).refused("cannot be reached");
    let story = nothing().bind(ChannelNumber::new(Channel::Sms, "1"), None, None);
    story.when(ask(sms(), jane())).code(401).refused("not one of the org's channel numbers");
    nothing().when(ask(sms(), CustomerNumber::telco(" "))).code(501).refused("customer number");
    let nameless = CustomerNumber::new(Provider::Unspecified, "+254711000001");
    nothing().when(ask(sms(), nameless.clone())).code(501).refused("no provider is given");
    let story = given([meet()]).when(ask(sms(), nameless)).code(101);
    assert_eq!(story.last.events[0].number, Some(jane()), "recorded with its true provider");
    let story = nothing().when(ask(sms(), jane())).code(101);
    story.then(&["NEW new customer", "CON asked to opt in"]);
}

#[test]
fn r_consent_4_yes_answers_a_request_on_any_channel_and_stop_withdraws_it() {
    let asked = |on| given([meet()]).by(Some("bank"), Actor::Hub).when(asks(on, A::OptIn));
    let story = asked(Channel::Whatsapp).when(hears(Channel::Whatsapp, "Yes "));
    let story = story.then(&[
        "SES session open",
        "MSG Yes ",
        "CON consent: opted in",
        "CON consent: opted in",
    ]);
    let story = story.for_apps(&["first", "first", "first", "bank"]);
    story.when(hears(Channel::Whatsapp, "yes")).then(&["SES session open", "MSG yes"]);
    let story = asked(Channel::Sms).when(hears(Channel::Sms, "stop"));
    let story = story.for_apps(&["first", "first", "bank"]);
    assert_eq!(state(&story), (Some(S::OptOutCompleted), false));
}

#[test]
fn events_4_4_a_request_lapses_after_a_day_and_asking_again_restarts_the_wait() {
    let day = 24 * 3600;
    let asked = given([meet()]).when(asks(Channel::Sms, A::OptIn)).later(day - 1);
    let story = asked.when(asks(Channel::Sms, A::OptIn)).code(101).later(day - 1);
    let story = story.when(NetworkCommand::Sweep).then(&[]).later(1).when(NetworkCommand::Sweep);
    let story = story.then(&["CON the opt-in request ended without a yes"]).for_apps(&["shop"]);
    assert_eq!(state(&story), (None, false));
    assert_eq!(story.world.next_due(&story.settings), None);
}

#[test]
fn events_4_5_an_opt_out_closes_the_session_first() {
    let story = given([hears(Channel::Whatsapp, "hi")]).when(asks(Channel::Whatsapp, A::OptOut));
    let rows = ["CON asked to opt out", "SES session closed", "CON consent: opted out"];
    let story = story.then(&rows).for_apps(&["shop", "first", "shop"]);
    assert_eq!(story.jane().channels[0].session, None);
}

#[test]
fn r_consent_7_who_opted_out_of_one_sender_is_a_warning_for_another() {
    let other = ChannelNumber::new(Channel::Sms, "50505");
    let from = |from: &ChannelNumber| CustomerCommand::SendMessage {
        to: jane(),
        from: from.clone(),
        body: Body::text("hello"),
        seen: None,
    };
    let says = |text| NetworkCommand::ReceiveMessage {
        from: jane(),
        to: other.clone(),
        body: Body::text(text),
    };
    let mut story = given([hears(Channel::Sms, "stop")]);
    assert_eq!(story.finds(send(Channel::Sms, "hello")), ["block no-consent"]);
    assert_eq!(story.finds(from(&other)), ["warn opted-out-elsewhere"]);
    let found = story.outlook(from(&other)).findings;
    assert!(found[0].text.contains("opted out of sms 40404 10 s ago"), "{found:?}");
    // On another channel it is another matter, and whoever opts in on this number says that it is not.
    let whatsapp = ChannelNumber::new(Channel::Whatsapp, "50505");
    assert!(!story.finds(from(&whatsapp)).contains(&"warn opted-out-elsewhere".to_owned()));
    let mut story = story.when(says("STOP")).when(says("START"));
    assert_eq!(story.finds(from(&other)), [""; 0]);
}

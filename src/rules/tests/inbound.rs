//! What customers write: the order of events (R-ORD-4, R-ORD-5), sessions (R-SESS-1), consent
//! (R-CONSENT-4, R-CONSENT-5), and which app is told (R-EVT-2).

use super::*;
use crate::model::{
    ConsentStatus, EventKind, Location, Media, NetworkReceipt, OptWord, OptWords, SessionStatus,
};

const DAY: u64 = 24 * 3600;

fn session_event(story: &Story) -> (SessionStatus, Timestamp, bool) {
    let kinds = story.last.events.iter().rev().map(|e| &e.kind);
    let mut found = kinds.filter_map(|kind| match kind {
        EventKind::SessionChanged { status, expires_at, notify, .. } => {
            Some((*status, *expires_at, *notify))
        }
        _ => None,
    });
    found.next().expect("a session event")
}
fn consent(story: &Story) -> Option<ConsentStatus> {
    let jane = story.jane();
    jane.channel(&super::jane(), &line(Channel::Sms))?.consent.map(|(status, _)| status)
}

#[test]
fn r_ord_4_5_the_customer_then_the_session_then_the_message() {
    let story = nothing().when(hears(Channel::Whatsapp, "hello")).accepted("message received");
    let story = story.then(&["NEW new customer", "SES session open", "MSG hello"]);
    assert!(story.last.events.is_sorted_by(|a, b| a.at < b.at), "R-EVT-1");
    assert!(story.last.events.iter().all(|e| e.actor == Actor::Customer));
    let Receipt::Network(NetworkReceipt { subject, .. }) = &story.last.receipt else { panic!() };
    assert_eq!(subject.as_deref(), Some(story.last_message().as_str()));
}

#[test]
fn r_sess_1_a_message_opens_a_session_for_a_day_and_sms_has_none() {
    let story = nothing().when(hears(Channel::Telegram, "x")).refused("cannot be reached");
    let story = story.when(hears(Channel::Rcs, "hello"));
    let until = story.now.after(Duration::from_secs(DAY));
    assert_eq!(session_event(&story), (SessionStatus::Active, until, true));
    let jane = story.jane();
    let session = jane.channels[0].session.clone().expect("open");
    assert_eq!((session.expires_at, session.app), (until, Some("first".into())));
    nothing().when(hears(Channel::Sms, "hello")).then(&["NEW new customer", "MSG hello"]);
}

#[test]
fn r_sess_1_how_long_it_lasts_is_a_matter_of_the_channel_number() {
    let story = nothing().with(|s| {
        s.session_lengths.insert(line(Channel::Rcs), Duration::from_hours(1));
    });
    let story = story.when(hears(Channel::Rcs, "a"));
    assert_eq!(session_event(&story).1, story.now.after(Duration::from_hours(1)));
    let story = story.when(hears(Channel::Whatsapp, "a"));
    assert_eq!(session_event(&story).1, story.now.after(Duration::from_secs(DAY)));
}

#[test]
fn r_sess_1_a_renewal_is_notified_when_it_moves_the_end_by_more_than_a_minute() {
    let story = nothing().when(hears(Channel::Whatsapp, "1")).later(60);
    let began = story.jane().channels[0].session.clone().expect("open").started_at;
    let story = story.when(hears(Channel::Whatsapp, "2"));
    assert!(!session_event(&story).2, "60 s are not more than 60 s");
    let story = story.later(61).when(hears(Channel::Whatsapp, "3"));
    assert!(session_event(&story).2);
    let session = story.jane().channels[0].session.clone().expect("open");
    assert_eq!(session.started_at, began, "the same session");
    assert_eq!(session.expires_at, story.now.after(Duration::from_secs(DAY)));
}

#[test]
fn a_session_that_is_over_ends_before_the_next_begins() {
    let story = nothing().when(hears(Channel::Whatsapp, "1")).later(DAY);
    let story = story.when(hears(Channel::Whatsapp, "2"));
    story.then(&["SES session closed", "SES session open", "MSG 2"]);
}

#[test]
fn what_cannot_have_arrived_is_refused() {
    let receive = |to, body| NetworkCommand::ReceiveMessage { from: jane(), to, body };
    let sms = || line(Channel::Sms);
    let story = nothing().when(receive(sms(), Body::default())).refused("an empty message");
    let story = story.when(receive(sms(), Body::text(""))).refused("an empty message");
    let story = story.when(receive(line(Channel::Ussd), Body::text("x"))).refused("cannot arrive");
    let story =
        story.when(receive(ChannelNumber::default(), Body::text("x"))).refused("no channel");
    let big = "x".repeat(64 * 1024 + 1);
    let story = story.when(receive(sms(), Body::text(&big))).refused("64 KiB at most");
    let media = vec![Media::default(); 257];
    let many = Body { media, ..Body::default() };
    let story = story.when(receive(sms(), many)).refused("256 parts at most");
    let story = story.when(receive(sms(), Body::text(&big[1..]))).accepted("message received");
    let story = story.bind(line(Channel::Voice), None, None);
    story.when(receive(sms(), Body::text("x"))).refused("not one of the org's channel numbers");
}

#[test]
fn text_media_and_place_may_come_together() {
    let media = vec![Media::default(), Media::default()];
    let body = Body { media, location: Some(Location::default()), ..Body::text("look") };
    let to = line(Channel::Whatsapp);
    let story =
        nothing().when(NetworkCommand::ReceiveMessage { from: jane(), to, body: body.clone() });
    assert_eq!(story.jane().messages[0].body, body);
}

#[test]
fn r_evt_2_inbound_goes_to_the_bound_app_else_the_last_writer_else_the_first() {
    let writes = |app| given([meet()]).by(Some(app), Actor::Hub).when(send(Channel::Sms, "x"));
    given([meet()]).when(hears(Channel::Sms, "x")).for_apps(&["first"]);
    writes("shop").when(hears(Channel::Sms, "x")).for_apps(&["shop"]);
    writes("shop").when(hears(Channel::Whatsapp, "x")).for_apps(&["first", "first"]);
    let bound = writes("shop").bind(line(Channel::Sms), Some("bank"), None);
    bound.when(hears(Channel::Sms, "x")).for_apps(&["bank"]);
    let nobody = given([meet()]).with(|s| s.apps.clear());
    nobody.when(hears(Channel::Sms, "x")).for_apps(&["-"]);
    // A message that was refused never reached the customer.
    let refused = given([meet()]).when(send(Channel::Whatsapp, "x")).code(404);
    refused.when(hears(Channel::Whatsapp, "x")).for_apps(&["first", "first"]);
}

#[test]
fn r_consent_4_a_stop_word_alone_opts_out_on_sms() {
    for text in ["STOP", " stop\n", "Unsubscribe", "ACHA"] {
        let story = given([meet()]).when(hears(Channel::Sms, text));
        let said = format!("MSG {}", text.trim_start());
        let story = story.then(&[&said, "CON consent: opted out"]);
        assert_eq!(consent(&story), Some(ConsentStatus::OptOutCompleted));
    }
    given([meet()]).when(hears(Channel::Sms, "stop please")).then(&["MSG stop please"]);
    given([meet(), hears(Channel::Whatsapp, "x")])
        .when(hears(Channel::Whatsapp, "stop"))
        .then(&["SES session open", "MSG stop"]);
}

#[test]
fn r_consent_5_an_org_has_words_of_its_own_and_help_changes_nothing() {
    let mut words = OptWords::default();
    words.add(OptWord::Out, "Toka").unwrap();
    words.add(OptWord::In, "Rudi").unwrap();
    let story = given([meet()]).with(|s| s.opt_words = words.into());
    let story = story.when(hears(Channel::Sms, "TOKA!"));
    let story = story.then(&["MSG TOKA!", "CON consent: opted out"]);
    let story = story.when(hears(Channel::Sms, "start")).then(&["MSG start"]);
    story.when(hears(Channel::Sms, "rudi")).then(&["MSG rudi", "CON consent: opted in"]);
    let out = given([hears(Channel::Sms, "stop")]).when(hears(Channel::Sms, "HELP"));
    assert_eq!(consent(&out.then(&["MSG HELP"])), Some(ConsentStatus::OptOutCompleted));
    given([meet()]).when(hears(Channel::Sms, "aide")).then(&["MSG aide"]);
}

#[test]
fn r_consent_4_a_log_from_before_a_word_was_known_reads_as_it_did() {
    let mut story = given([meet()]);
    let heard = story.decide(&hears(Channel::Sms, "Stop.")).events;
    assert_eq!(heard.len(), 2, "the message, and the change of consent");
    story.fold(heard.into_iter().take(1).collect());
    assert_eq!(consent(&story), None, "only what was recorded counts");
    story.when(send(Channel::Sms, "x")).code(101);
}

#[test]
fn r_consent_5_every_way_to_write_stop_ends_the_messages() {
    for text in [
        "Stop.",
        "STOP ALL",
        "\"stop\"",
        "STOP 🛑",
        "ARRÊT",
        "ＳＴＯＰ",
        "\u{200e}stop",
        "\u{200b}STOP",
    ] {
        let story = given([meet()]).when(hears(Channel::Sms, text));
        assert_eq!(consent(&story), Some(ConsentStatus::OptOutCompleted), "{text:?}");
        story.when(send(Channel::Sms, "x")).code(401);
    }
}

#[test]
fn r_consent_4_every_app_that_wrote_to_this_pair_is_told() {
    let writes = |story: Story, app| story.by(Some(app), Actor::Hub).when(send(Channel::Sms, "x"));
    let story = writes(writes(writes(given([meet()]), "shop"), "bank"), "bank");
    story.when(hears(Channel::Sms, "stop")).for_apps(&["bank", "bank", "shop"]);
}

#[test]
fn r_consent_4_start_brings_back_and_yes_is_only_an_answer_for_everybody_else() {
    let story = given([hears(Channel::Sms, "stop")]).when(hears(Channel::Sms, "Start"));
    let story = story.then(&["MSG Start", "CON consent: opted in"]);
    assert_eq!(consent(&story), Some(ConsentStatus::OptInCompleted));
    story
        .when(hears(Channel::Sms, "yes"))
        .then(&["MSG yes"])
        .when(send(Channel::Sms, "x"))
        .code(101);
    given([meet()]).when(hears(Channel::Sms, "yes")).then(&["MSG yes"]);
}

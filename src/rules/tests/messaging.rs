//! Writing to customers, and what becomes of the messages (R-MSG-1 to R-MSG-5, R-REPLYTO-1).

use super::*;
use crate::{
    model::{Location, Media, MessageReceipt, MessageStatus as S, Provider, Template},
    rules::messaging::LADDER,
};

fn reports(story: Story, status: S) -> Story {
    let message = story.last_message();
    story.when(NetworkCommand::ReportMessage { message, status })
}
fn reply(story: Story, text: &str) -> Story {
    let (customer, message) = (story.jane().id.clone(), story.last_message());
    story.when(CustomerCommand::ReplyToMessage {
        customer,
        message,
        body: Body::text(text),
        seen: None,
    })
}
fn post(body: Body) -> Command {
    CustomerCommand::SendMessage { to: jane(), from: line(Channel::Sms), body, seen: None }.into()
}

#[test]
fn r_msg_1_step_1_a_message_is_one_text_one_media_or_one_place() {
    let media = |url: &str| Media { url: url.into(), ..Media::default() };
    let place = |latitude, longitude| Some(Location { latitude, longitude });
    let template = Some(Template::default());
    for body in [
        Body::default(),
        Body::text(""),
        Body { media: vec![media("")], ..Body::default() },
        Body { media: vec![media("u")], ..Body::text("x") },
        Body { media: vec![media("u"), media("u")], ..Body::default() },
        Body { location: place(91.0, 0.0), ..Body::default() },
        Body { location: place(0.0, -180.5), ..Body::default() },
        Body { location: place(f64::NAN, 0.0), ..Body::default() },
        Body { template: template.clone(), ..Body::default() },
        Body { template, ..Body::text("x") },
        Body::text("x".repeat(64 * 1024 + 1)),
    ] {
        nothing().when(post(body)).code(413).then(&[]);
    }
    nothing().when(post(Body::text("x".repeat(64 * 1024)))).code(101);
}

#[test]
fn r_msg_1_step_2_the_number_must_be_one_of_the_orgs() {
    let from =
        |from| CustomerCommand::SendMessage { to: jane(), from, body: Body::text("x"), seen: None };
    nothing().when(from(ChannelNumber::default())).code(405).then(&[]);
    nothing().when(from(ChannelNumber::new(Channel::Sms, " "))).code(405).then(&[]);
    let story = nothing().bind(ChannelNumber::new(Channel::Sms, "1"), None, None);
    let story = story.when(send(Channel::Sms, "x")).code(405).then(&[]);
    story.when(from(ChannelNumber::new(Channel::Sms, " 1 "))).code(101);
}

#[test]
fn r_msg_1_step_3_the_channel_must_reach_the_number_and_carry_the_body() {
    nothing().when(send(Channel::Telegram, "x")).code(406).then(&[]);
    nothing().when(send(Channel::Ussd, "x")).code(406).then(&[]);
    let location = Some(Location::default());
    nothing().when(post(Body { location, ..Body::default() })).code(406).then(&[]);
}

#[test]
fn r_msg_1_step_4_the_number_must_mean_somebody() {
    let to = |provider, number: &str| CustomerCommand::SendMessage {
        to: CustomerNumber::new(provider, number),
        from: line(Channel::Sms),
        body: Body::text("x"),
        seen: None,
    };
    nothing().when(to(Provider::Telco, "")).code(411).then(&[]);
    nothing().when(to(Provider::Telegram, "")).code(406).then(&[]); // step 3 is first
    nothing().when(to(Provider::Unspecified, "+254711000001")).code(411).then(&[]);
    let story = given([meet()]).when(to(Provider::Unspecified, "+254711000001")).code(101);
    assert_eq!(story.last.events[0].number, Some(jane()), "recorded with its true provider");
}

#[test]
fn r_msg_1_step_5_who_opted_out_is_not_written_to() {
    let story = given([hears(Channel::Sms, "stop")]).when(send(Channel::Sms, "sale!")).code(401);
    story.then(&["MSG REFUSED no consent: the customer opted out: sale!"]);
}

#[test]
fn r_msg_1_step_6_without_a_session_only_a_template_may_be_sent() {
    let story = nothing().when(send(Channel::Whatsapp, "hi")).code(404);
    let story = story.then(&[
        "NEW new customer",
        "MSG REFUSED no open session: only a template may be sent: hi",
    ]);
    let template = Template { name: "hello".into(), params: vec!["Jane".into()] };
    let body = Body { template: Some(template), ..Body::text("hi") };
    let from = line(Channel::Whatsapp);
    story.when(CustomerCommand::SendMessage { to: jane(), from, body, seen: None }).code(101);
    let story = given([hears(Channel::Whatsapp, "hey")]).when(send(Channel::Whatsapp, "hi"));
    story.code(101).later(24 * 3600).when(send(Channel::Whatsapp, "still there?")).code(404);
}

#[test]
fn r_msg_2_a_message_that_passed_step_4_is_recorded_and_has_an_id() {
    let story = nothing().when(send(Channel::Whatsapp, "hi")).code(404);
    let Receipt::Message(MessageReceipt { message, customer, .. }) = &story.last.receipt else {
        panic!()
    };
    assert_eq!(message.as_ref(), Some(&story.last_message()));
    assert_eq!(customer.as_ref(), Some(&story.jane().id));
    assert_eq!(story.jane().messages[0].status, S::OnlyTemplateAllowed);
    assert!(story.world.in_flight().is_empty());
}

#[test]
fn r_msg_4_no_consent_record_means_allowed() {
    let story = nothing().when(send(Channel::Sms, "hello")).code(101).accepted("sent");
    let story = story.then(&["NEW new customer", "MSG hello"]).for_apps(&["-", "shop"]);
    let in_flight = story.world.in_flight();
    assert_eq!(in_flight.len(), 1);
    assert_eq!(in_flight[0].1.body, Body::text("hello"));
}

#[test]
fn r_replyto_1_a_reply_answers_an_inbound_message_of_that_customer() {
    let body = || Body::text("x");
    let to = |customer: &str, message: &str| {
        let (customer, message) = (customer.into(), message.into());
        CustomerCommand::ReplyToMessage { customer, message, body: body(), seen: None }
    };
    let story = given([hears(Channel::Sms, "hello")]).when(to("el_cst_x", "m")).code(408).then(&[]);
    let jane = story.jane().id.as_str().to_owned();
    let story = story.when(to(&jane, "el_msg_x")).code(407).then(&[]);
    let asked = story.last_message();
    let story = reply(story, "hi Jane").code(101).then(&["MSG hi Jane"]);
    assert_eq!(story.jane().messages[1].in_reply_to.as_ref(), Some(&asked));
    // The answer is not an inbound message, so it cannot be answered. The question can, again.
    let story = reply(story, "x").code(407);
    story.when(to(&jane, asked.as_str())).code(101);
}

#[test]
fn r_replyto_1_who_wrote_may_be_answered_for_a_day_whatever_the_consent() {
    let story = reply(given([hears(Channel::Sms, "STOP")]).later(3600), "you are out").code(101);
    let asked = story.jane().messages[0].id.clone();
    let customer = story.jane().id.clone();
    let body = Body::text("really?");
    let story = story.later(24 * 3600);
    story
        .when(CustomerCommand::ReplyToMessage { customer, message: asked, body, seen: None })
        .code(401);
}

#[test]
fn events_4_1_only_the_steps_of_the_ladder_change_a_message() {
    for channel in [Channel::Sms, Channel::Whatsapp] {
        for &from in S::ALL {
            for &to in S::ALL {
                let story = given([hears(channel, "hey"), send(channel, "x")]);
                // Whatever is not SENT is reached by a report, if it can be reached at all.
                let story = if from == S::Sent { story } else { reports(story, from) };
                let reached = story.jane().messages[1].status == from;
                let step =
                    LADDER.contains(&(from, to)) && (to != S::Read || channel.reports_reads());
                let story = reports(story, to);
                assert!(story.last.receipt.is_ok(), "late reports are no errors (R-ORD-3)");
                let changed = story.last.events.len() == 1;
                assert!(!reached || changed == step, "{channel:?} {from:?} -> {to:?}");
            }
        }
    }
}

#[test]
fn r_ord_3_a_late_report_changes_nothing() {
    let story = given([hears(Channel::Whatsapp, "hey"), send(Channel::Whatsapp, "hi")]);
    let story = reports(story, S::Read).then(&["DLV read"]).for_apps(&["shop"]);
    let story = reports(story, S::Delivered).then(&[]).accepted("nothing changed");
    assert!(story.world.in_flight().is_empty());
    let message = "el_msg_x".into();
    story.when(NetworkCommand::ReportMessage { message, status: S::Read }).refused("no message");
}

#[test]
fn an_inbound_message_never_changes() {
    reports(given([hears(Channel::Sms, "hey")]), S::Delivered)
        .then(&[])
        .accepted("nothing changed");
}

#[test]
fn r_state_2_histories_keep_the_newest_500() {
    let story = given((0..503).map(|n| send(Channel::Sms, &n.to_string())));
    let jane = story.jane();
    assert_eq!(jane.messages.len(), 500);
    assert_eq!(jane.messages[0].body, Body::text("3"));
    assert_eq!(story.world.in_flight().len(), 500);
}

#[test]
fn d_size_histories_are_cut_by_bytes_too() {
    let long = "x".repeat(64 * 1024);
    let story = given((0..20).map(|_| send(Channel::Sms, &long)));
    assert_eq!(story.jane().messages.len(), 16, "a mebibyte of text");
}

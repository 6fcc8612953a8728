//! Which way a message takes (R-WAY-1), and how long that is open (R-WAY-2).

use super::*;
use crate::{
    catalog::{self, BuildContext},
    console::pane::form::tests::{NOW, hello, press, target, view},
    model::{
        Body, Channel, ChannelState, CustomerView, Hello, Message, MessageStatus, MessagingSession,
        settings::BoundChannel,
    },
};
use jiff::tz::TimeZone;
use std::sync::Arc;

fn whatsapp() -> ChannelNumber {
    ChannelNumber::new(Channel::Whatsapp, "+254700000001")
}
fn sms() -> ChannelNumber {
    ChannelNumber::new(Channel::Sms, "40404")
}
fn jane() -> CustomerNumber {
    CustomerNumber::telco("+254711000001")
}

/// A customer who wrote on these channels, the last one last, and whose WhatsApp window ends then.
fn wrote_on(channels: &[ChannelNumber], ends: Option<Timestamp>) -> CustomerView {
    let mut view = view(5);
    let customer = Arc::make_mut(&mut view.customer);
    let session = ends.map(|expires_at| MessagingSession {
        started_at: NOW.before(Duration::from_hours(2)),
        expires_at,
        app: None,
    });
    customer.channels = vec![ChannelState {
        number: jane(),
        channel: whatsapp(),
        consent: None,
        session,
        asked: None,
    }];
    let messages = channels.iter().zip(1..).map(|(channel, n)| {
        Arc::new(Message {
            id: format!("el_msg_{n}").into(),
            direction: Direction::Inbound,
            number: jane(),
            channel: channel.clone(),
            app: None,
            body: Body::text("habari"),
            status: MessageStatus::Received,
            in_reply_to: None,
            work: None,
            is_final: false,
            created_at: NOW.before(Duration::from_mins(60 - n)),
            updated_at: NOW,
        })
    });
    customer.messages = messages.collect::<Vec<_>>().into();
    view
}

fn form() -> Form {
    let bound = BoundChannel {
        channel: whatsapp(),
        app: None,
        purse: None,
        carrier: None,
        prompt_window: None,
    };
    let channels = hello().channels.into_iter().chain([bound]).collect();
    let hello = Hello { channels, ..hello() };
    let zone = TimeZone::UTC;
    let context = BuildContext { hello: &hello, at: NOW, zone: &zone, purses: &[] };
    Form::open(&catalog::MESSAGE, target(), context, "sb-00000001".into(), None)
}

fn value(form: &Form, name: &str) -> String {
    form.fields().iter().find(|field| field.spec.name == name).expect(name).value()
}

fn reasons(form: &Form) -> Vec<String> {
    let from = form.fields().iter().find(|field| field.spec.kind == MESSAGES).expect("from");
    let (all, _) = from.choices().expect("choices");
    all.iter().filter_map(|c| Some(format!("{}: {}", c.value, c.refused.as_ref()?))).collect()
}

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn r_way_1_the_last_way_that_the_customer_used_and_that_is_open_comes_first() {
    for (said, ends, from, body) in [
        (vec![sms(), whatsapp()], Some(NOW.after(HOUR)), whatsapp(), "text"),
        (vec![whatsapp(), sms()], Some(NOW.after(HOUR)), sms(), "text"),
        // The window is closed, so what they used before is next.
        (vec![sms(), whatsapp()], Some(NOW.before(HOUR)), sms(), "text"),
        (vec![whatsapp()], None, sms(), "text"),
        (vec![], None, sms(), "text"),
    ] {
        let mut form = form();
        form.learn(&wrote_on(&said, ends), NOW);
        let shown = (value(&form, "from"), value(&form, "body"));
        assert_eq!(shown, (from.to_string(), body.to_owned()), "{said:?} {ends:?}");
    }
}

#[test]
fn r_way_1_what_is_written_stays_on_the_way_that_was_shown() {
    let mut form = form();
    press(&mut form, "habari", NOW);
    form.learn(&wrote_on(&[whatsapp()], Some(NOW.after(HOUR))), NOW);
    assert_eq!(value(&form, "from"), sms().to_string());
    // Nor does a later message move it.
    let mut form = self::form();
    form.learn(&wrote_on(&[sms()], None), NOW);
    let mut later = wrote_on(&[sms(), whatsapp()], Some(NOW.after(HOUR)));
    later.as_of = crate::model::Seq(9);
    form.learn(&later, NOW);
    assert_eq!(value(&form, "from"), sms().to_string());
}

#[test]
fn r_way_2_a_closed_window_says_so_and_begins_with_a_template() {
    let mut form = form();
    form.learn(&wrote_on(&[sms()], None), NOW);
    let closed = format!("{}: its window is closed: only a template", whatsapp());
    assert!(reasons(&form).contains(&closed), "{:?}", reasons(&form));
    // Whoever chooses it all the same gets the template's fields.
    for _ in 0..20 {
        if value(&form, "from") == whatsapp().to_string() {
            break;
        }
        while form.fields()[form.focus()].spec.kind != MESSAGES {
            press(&mut form, "tab", NOW);
        }
        press(&mut form, "right", NOW);
    }
    assert_eq!(
        (value(&form, "body"), form.window()),
        ("template".into(), Some(SendWindow::Closed))
    );
    assert!(!reasons(&form).contains(&closed), "a template goes");
}

#[test]
fn r_way_2_the_window_closes_while_one_writes() {
    let mut form = form();
    form.learn(&wrote_on(&[whatsapp()], Some(NOW.after(HOUR))), NOW);
    assert_eq!(form.window(), Some(SendWindow::Open(NOW.after(HOUR))));
    assert!(form.next_wake().is_some_and(|wake| wake <= NOW.after(COUNT)));
    press(&mut form, "habari", NOW);
    form.wake(NOW.after(HOUR));
    assert_eq!(form.window(), Some(SendWindow::Closed));
    assert_eq!(value(&form, "body"), "text", "what is written is not taken away");
    assert!(reasons(&form).iter().any(|why| why.contains("its window is closed")));
}

#[test]
fn r_way_1_whoever_has_opted_out_is_not_written_to_on_another_way_by_default() {
    let mut form = form();
    let mut view = wrote_on(&[whatsapp(), sms()], Some(NOW.after(HOUR)));
    let customer = Arc::make_mut(&mut view.customer);
    let out = Some((ConsentStatus::OptOutCompleted, NOW.before(HOUR)));
    let (number, channel) = (jane(), sms());
    customer.channels.push(ChannelState {
        number,
        channel,
        consent: out,
        session: None,
        asked: None,
    });
    form.learn(&view, NOW);
    assert_eq!(value(&form, "from"), sms().to_string());
    assert!(reasons(&form).iter().any(|why| why == "sms 40404: they have opted out of this one"));
}

//! The jobs of an agent in docs/desk.md: its keys are pressed, the hub answers, and what comes of it
//! is checked, so that the page cannot promise what the console does not do.

use super::{
    desk::{Desk, START, customer_id, kes, number},
    gallery::waiting,
    past::{place, then},
};
use crate::{
    console::{
        layout::Pane,
        msg::{Effect, List, Listing, Msg},
        pane::feed::Depth,
    },
    model::{
        Body, CannedReply, Channel, ChannelNumber, ChannelState, CustomerCommand, CustomerRef,
        EventKind, FoundCustomers, MessageId, MessageStatus, Money, PaymentStatus, Unanswered,
        client::PastMoment,
    },
};
use std::time::Duration;

const PAGE: &str = include_str!("../../../../docs/desk.md");

/// What an agent does before looking at the screen again.
#[derive(Debug)]
enum Stroke {
    /// Keys, by their names in the keymap.
    Keys(String),
    /// Words for a line or a field.
    Words(String),
}

/// The strokes of a job, which the page writes as keys between backticks and words beside them.
fn strokes(job: usize) -> Vec<Stroke> {
    let start = format!("| {job} | ");
    let row = PAGE.lines().find(|line| line.starts_with(&start)).expect("a row of the page");
    let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
    let [.., does, count] = cells[..] else { panic!("{row}") };
    let mut keys = 0;
    let mut strokes = Vec::new();
    for (at, part) in does.split('`').map(str::trim).enumerate() {
        if at % 2 == 1 {
            let name = |key: &str| if key.len() > 1 { key.to_lowercase() } else { key.to_owned() };
            let names: Vec<_> = part.split_whitespace().map(name).collect();
            keys += names.len();
            strokes.push(Stroke::Keys(names.join(" ")));
        } else if !part.is_empty() {
            strokes.push(Stroke::Words(part.to_owned()));
        }
    }
    assert_eq!(count, keys.to_string(), "the number of keys of job {job}");
    strokes
}

/// Does a job. After each stroke a second passes, and `hub` answers what was asked. At the end there is
/// time for what is held to leave.
fn done(
    job: usize,
    desk: &mut Desk,
    hub: impl Fn(&mut Desk, &Effect) -> Vec<Effect>,
) -> Vec<Effect> {
    let mut all = Vec::new();
    for stroke in strokes(job) {
        let mut effects = match stroke {
            Stroke::Keys(names) => desk.press(&names),
            Stroke::Words(words) => desk.types(&words),
        };
        effects.extend(desk.after(Duration::from_secs(1)));
        while !effects.is_empty() {
            let answers = effects.iter().flat_map(|effect| hub(desk, effect)).collect();
            all.append(&mut effects);
            effects = answers;
        }
    }
    all.extend(desk.after(Duration::from_secs(6)));
    all
}

fn sent(effects: &[Effect]) -> &CustomerCommand {
    let mut commands = effects.iter().filter_map(|effect| match effect {
        Effect::Send { command, .. } => Some(command),
        _ => None,
    });
    let command = commands.next().expect("something is sent");
    assert_eq!(commands.next(), None, "sent once");
    command
}

/// Whether the second customer got an answer to what they wrote last, and nobody else anything.
fn answers_the_second(effects: &[Effect]) {
    match sent(effects) {
        CustomerCommand::ReplyToMessage { customer, body, message, .. } => {
            assert_eq!(customer, &customer_id(1));
            assert_eq!(body.text.as_deref(), Some("It leaves the depot today."));
            assert_eq!(message.as_str(), "el_msg_77");
        }
        other => panic!("{other:?}"),
    }
}

/// The second customer as the hub shows them: they wait for an answer.
fn inspected(desk: &mut Desk) -> Vec<Effect> {
    let unanswered = Unanswered {
        since: START,
        count: 1,
        last: "el_msg_77".into(),
        last_at: START,
        number: number(1),
        channel: ChannelNumber::new(Channel::Whatsapp, "40404"),
        text: "Where is my parcel?".into(),
    };
    desk.answer_about(1, |customer| customer.unanswered = Some(unanswered))
}

fn listed(desk: &mut Desk) -> Vec<Effect> {
    let rows = waiting();
    let total = u64::try_from(rows.len()).expect("few");
    let result = Ok(Listing::Waiting(rows, total));
    desk.send(Msg::Listed { list: List::Waiting, result })
}

#[test]
fn job_1_who_wrote_about_it_is_found_and_answered() {
    let mut desk = Desk::open(120, 40);
    let effects = done(1, &mut desk, |desk, effect| match effect {
        Effect::Find(words) => {
            assert_eq!(words, "parcel");
            let found = FoundCustomers {
                entries: vec![desk.wrote(1, "Where is my parcel?", Duration::from_mins(15))],
                entries_total: 1,
                ..FoundCustomers::default()
            };
            desk.send(Msg::Found { words: words.clone(), result: Ok(found) })
        }
        Effect::Inspect(CustomerRef::Id(id)) if *id == customer_id(1) => inspected(desk),
        _ => Vec::new(),
    });
    answers_the_second(&effects);
}

#[test]
fn job_2_one_filter_asks_for_failed_payments() {
    let mut desk = Desk::open(120, 40);
    let pays = |desk: &mut Desk, id: &str, minor, status| {
        let value: Money = kes(minor);
        let kind = EventKind::PaymentReceived { id: id.into(), purse: None, value, status };
        desk.happens(0, Channel::Payment, kind);
    };
    pays(&mut desk, "el_txn_long_ago", 500_000, PaymentStatus::Failed);
    desk.after(Duration::from_mins(90));
    pays(&mut desk, "el_txn_small", 90_000, PaymentStatus::Failed);
    pays(&mut desk, "el_txn_good", 500_000, PaymentStatus::Success);
    pays(&mut desk, "el_txn_it", 150_000, PaymentStatus::Failed);
    // And one that the org had asked for, and that was only refused later.
    let (id, status, value) = ("el_txn_asked".into(), PaymentStatus::Failed, Some(kes(220_000)));
    desk.happens(1, Channel::Payment, EventKind::PaymentStatusChanged { id, status, value });
    done(2, &mut desk, |_, _| Vec::new());
    assert_eq!(desk.app.feed().counts().shown, 2, "{}", desk.screen());
    let screen = desk.crop(desk.app.layout().feed);
    assert!(screen.contains("KES 1,500.00") && screen.contains("KES 2,200.00"), "{screen}");
    assert!(!screen.contains("KES 5,000.00") && !screen.contains("KES 900.00"), "{screen}");
}

#[test]
fn job_3_a_time_is_gone_to() {
    let mut desk = Desk::open_behind(120, 40, 1_000);
    let effects = done(3, &mut desk, |_, _| Vec::new());
    let [Effect::GoTo { moment: PastMoment::Time(at), .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(*at, START.before(Duration::from_hours(24)));
    assert!(desk.screen().contains("22 Nov 14:00"), "{}", desk.screen());
}

#[test]
fn job_4_somebody_on_the_line_is_answered() {
    let mut desk = Desk::open(120, 40);
    desk.press("g q");
    desk.dials(1, 7);
    desk.after(Duration::from_millis(1_500));
    match sent(&done(4, &mut desk, |_, _| Vec::new())) {
        CustomerCommand::AnswerPrompt { menu: Some(menu), .. } => {
            assert_eq!(&*menu.text, "1. Balance");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn job_5_whoever_waits_longest_is_answered() {
    let mut desk = Desk::open(120, 40);
    let effects = done(5, &mut desk, |desk, effect| match effect {
        Effect::List(List::Waiting) => listed(desk),
        Effect::Inspect(CustomerRef::Id(id)) if *id == customer_id(1) => inspected(desk),
        _ => Vec::new(),
    });
    answers_the_second(&effects);
}

#[test]
fn job_6_the_first_in_the_queue_needs_no_answer() {
    let mut desk = Desk::open(120, 40);
    let effects = done(6, &mut desk, |desk, effect| match effect {
        Effect::List(List::Waiting) => listed(desk),
        _ => Vec::new(),
    });
    match sent(&effects) {
        CustomerCommand::NoAnswerNeeded { customer: CustomerRef::Id(customer), .. } => {
            assert_eq!(customer, &customer_id(1));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn job_7_a_customer_is_seen_as_they_were() {
    let mut desk = Desk::open(120, 40);
    desk.answer_timeline();
    done(7, &mut desk, |desk, effect| match effect {
        Effect::LookBack(asked) => {
            assert_eq!(asked, &place(9), "the state before the newest event");
            desk.send(Msg::LookedBack { asked: asked.clone(), result: Ok(Some(then(7))) })
        }
        _ => Vec::new(),
    });
    let screen = desk.crop(desk.app.layout().inspector);
    assert!(screen.contains("AS OF Mon 23 Nov 14:00:49"), "{screen}");
    assert!(screen.contains("(past)"), "{screen}");
}

#[test]
fn job_8_a_number_is_taken_along() {
    let mut desk = Desk::open(120, 40);
    desk.says(1, "Where is my parcel?");
    desk.press("G");
    let effects = done(8, &mut desk, |_, _| Vec::new());
    let copied = effects.iter().find_map(|effect| match effect {
        Effect::Copy { text, .. } => Some(&**text),
        _ => None,
    });
    assert_eq!(copied, Some(&*number(1).number));
}

#[test]
fn job_9_all_that_became_of_a_message_is_shown() {
    let mut desk = Desk::open(120, 40);
    let kind = EventKind::MessageSent {
        id: "el_msg_answer".into(),
        body: Body::text("It leaves the depot today."),
        status: MessageStatus::Sent,
        in_reply_to: None,
        work: None,
    };
    desk.happens(1, Channel::Whatsapp, kind);
    for status in [MessageStatus::Delivered, MessageStatus::Read] {
        let id = "el_msg_answer".into();
        desk.happens(1, Channel::Whatsapp, EventKind::MessageStatusChanged { id, status });
    }
    desk.press("G");
    done(9, &mut desk, |_, _| Vec::new());
    assert_eq!(desk.app.feed().depth(), Depth::All);
    assert_eq!(desk.app.feed().counts().shown, 3, "{}", desk.screen());
}

#[test]
fn job_10_what_is_on_the_screen_becomes_a_table() {
    let mut desk = Desk::open(120, 40);
    let effects = done(10, &mut desk, |_, _| Vec::new());
    let order = effects.iter().find_map(|effect| match effect {
        Effect::Export(order) => Some(&order.order),
        _ => None,
    });
    let order = order.expect("an export");
    assert!(order.masked, "without what customers wrote");
    assert_eq!(desk.app.focus(), Pane::Feed);
}

/// What is known of the first customer: no window is open, and one on whatsapp was.
fn closed(desk: &mut Desk) -> Vec<Effect> {
    desk.answer_about(0, |customer| {
        customer.channels.push(ChannelState {
            number: number(0),
            channel: ChannelNumber::new(Channel::Whatsapp, "+254700000001"),
            consent: None,
            session: None,
            asked: None,
        });
    })
}

#[test]
fn job_11_a_message_that_failed_goes_again() {
    let mut desk = Desk::open(120, 40);
    let (id, body) = (MessageId::from("el_msg_gone"), Body::text("It leaves the depot today."));
    let (status, in_reply_to, work) = (MessageStatus::Sent, None, None);
    let kind = EventKind::MessageSent { id: id.clone(), body, status, in_reply_to, work };
    desk.happens(0, Channel::Sms, kind);
    let status = MessageStatus::Failed;
    desk.happens(0, Channel::Sms, EventKind::MessageStatusChanged { id, status });
    desk.press("G");
    desk.after(Duration::from_secs(1));
    desk.answer_inspection();
    match sent(&done(11, &mut desk, |_, _| Vec::new())) {
        CustomerCommand::SendMessage { to, body, .. } => {
            assert_eq!((to, body), (&number(0), &Body::text("It leaves the depot today.")));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn job_12_a_customer_is_asked_for_money() {
    let mut desk = Desk::open(120, 40);
    let effects = done(12, &mut desk, |desk, effect| match effect {
        Effect::List(list @ List::Purses) => desk.send(super::gallery::listed(*list)),
        _ => Vec::new(),
    });
    match sent(&effects) {
        CustomerCommand::InitiatePayment { value, .. } => assert_eq!(*value, kes(150_000)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn job_13_a_reminder_is_cancelled_in_the_list() {
    let mut desk = Desk::open(120, 40);
    desk.press("g b");
    desk.send(super::gallery::listed(List::Reminders));
    match sent(&done(13, &mut desk, |_, _| Vec::new())) {
        CustomerCommand::CancelReminder { key, .. } => assert_eq!(key, "renewal"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn job_14_a_template_goes_after_the_window_closed() {
    let mut desk = Desk::open(120, 40);
    let update = CannedReply {
        name: "order update".into(),
        text: "Your order is on its way.".into(),
        template: "order_update".into(),
        ..CannedReply::default()
    };
    desk.offers(vec![update]);
    desk.press("1 g g");
    closed(&mut desk);
    let effects = done(14, &mut desk, |_, _| Vec::new());
    match sent(&effects) {
        CustomerCommand::ReplyToMessage { body, .. } => {
            let template = body.template.as_ref().expect("a template");
            assert_eq!(template.name, "order_update");
            assert_eq!(body.text.as_deref(), Some("Your order is on its way."));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn job_15_a_message_leaves_tomorrow_morning() {
    let mut desk = Desk::open(120, 40);
    match sent(&done(15, &mut desk, |_, _| Vec::new())) {
        CustomerCommand::ScheduleMessage { body, at, .. } => {
            assert_eq!(body.text.as_deref(), Some("Your order is ready."));
            // The desk is in UTC: nine on the day after.
            assert_eq!(*at, START.after(Duration::from_hours(19)));
        }
        other => panic!("{other:?}"),
    }
}

//! Where two subjects meet: a merge and whatever is under way, an opt-out and work by tag, a tag that
//! expires while work is running. Also the routing rule R-EVT-2, case by case.

use super::{
    consent::{answers, asks},
    money::{bank, kes, pay, phone, purse, wallet},
    work::{crowd, gold, nth, person, sends},
    world::check,
    *,
};
use crate::model::{
    CallHop, CallStatus, ConsentAction, CustomerId, EventKind, MessageStatus as S, PaymentStatus,
    Reminder, WorkState,
};
use std::collections::BTreeSet;

const DAY: u64 = 24 * 3600;

fn adopts(story: &Story) -> CustomerCommand {
    let customer = story.jane().id.clone();
    CustomerCommand::AdoptCustomer { customer, other: to_omar() }
}
fn reminds(customer: CustomerRef, at: Timestamp) -> Command {
    let reminder =
        Reminder { app: "shop".into(), key: "renew".into(), remind_at: at, ..Reminder::default() };
    CustomerCommand::AddReminder { customer, reminder }.into()
}
fn of_omar(channel: Channel, text: &str) -> Command {
    let body = Body::text(text);
    NetworkCommand::ReceiveMessage { from: omar(), to: line(channel), body }.into()
}
fn to_omar_by_sms() -> Command {
    let (to, from, body) = (omar(), line(Channel::Sms), Body::text("your order"));
    CustomerCommand::SendMessage { to, from, body, seen: None }.into()
}
fn asks_omar() -> Command {
    CustomerCommand::RequestConsent {
        number: omar(),
        channel: line(Channel::Sms),
        action: ConsentAction::OptIn,
        reason: String::new(),
    }
    .into()
}

impl Story {
    /// Whom the last events are about.
    fn whose(&self) -> BTreeSet<CustomerId> {
        self.last.events.iter().filter_map(|event| event.customer.clone()).collect()
    }
}

#[test]
fn r_decom_2_whatever_was_in_flight_for_the_discarded_id_names_the_adopter() {
    let story = bank().when(CustomerCommand::Meet(to_omar())).later(1);
    let gone = story.who(&to_omar()).expect("Omar").id.clone();
    let soon = story.now.after(Duration::from_hours(1));
    let story = story.when(pay(purse("main"), wallet(&gone, "w"), kes(500))).code(300);
    let story = story.when(to_omar_by_sms()).code(101).when(asks_omar()).code(101);
    let story = story.when(reminds(to_omar(), soon)).when(of_omar(Channel::Whatsapp, "hi"));
    let story = story.when(pay(phone(omar()), wallet(&gone, "w"), kes(100))).code(102);
    let adopt = adopts(&story);
    let story = story.when(adopt);
    let (merged, jane) = (story.last.events.last().expect("a merge").at, story.jane().id.clone());
    check(&story.world);

    let one = story.jane();
    let message = one.messages.iter().find(|m| m.status == S::Sent).expect("sent").id.clone();
    let transaction = one.payments.last().expect("a payment").id.clone();
    let status = PaymentStatus::Success;
    let told = |story: Story, code: &str| {
        assert_eq!(story.whose(), [jane.clone()].into(), "{code}");
        assert!(story.last.events.iter().any(|event| event.kind.code() == code), "{code}");
        assert!(story.last.events.iter().all(|event| event.at > merged), "R-EVT-1");
        story
    };
    let status_of = NetworkCommand::ReportMessage { message, status: S::Delivered };
    let story = told(story.when(status_of), "DLV");
    let agrees =
        NetworkCommand::AnswerConsent { from: omar(), to: line(Channel::Sms), agrees: true };
    let story = told(story.when(agrees), "CON");
    let story = told(story.when(NetworkCommand::ReportPayment { transaction, status }), "PAY");
    let rows: Vec<_> = story.last.events.iter().map(|event| event.kind.code()).collect();
    assert_eq!(rows, ["PAY", "PAY"], "R-ORD-6: the payment, then the wallet");
    assert_eq!(story.jane().wallets["w"].actual, 600, "R-ORD-7: booked already");
    let story = told(story.later(3600).swept(), "REM");
    told(story.later(DAY).swept(), "SES");
}

#[test]
fn r_adopt_1_the_survivors_reminder_stays_and_the_others_never_fires() {
    let story = given([meet(), CustomerCommand::Meet(to_omar()).into()]);
    let at = |story: &Story, secs| story.now.after(Duration::from_secs(secs));
    let (mine, theirs) = (at(&story, 500), at(&story, 100));
    let story = story.when(reminds(to_jane(), mine)).when(reminds(to_omar(), theirs));
    let adopt = adopts(&story);
    let story = story.when(adopt).later(200).swept().then(&[]);
    let story = story.later(400).settled();
    assert_eq!((story.jane().reminders.len(), story.due()), (0, None));
}

#[test]
fn r_consent_2_a_question_moves_along_with_its_number_and_all_who_asked_are_told() {
    let story = given([meet()]).by(Some("bank"), Actor::Hub).when(asks_omar());
    let story = story
        .by(Some("shop"), Actor::Hub)
        .when(asks_omar())
        .when(asks(Channel::Sms, ConsentAction::OptIn));
    let adopt = adopts(&story);
    let story = story.when(adopt);
    // Her own number has an opt-in request of its own, and each is answered for itself.
    let story = story.when(answers(Channel::Sms, true)).for_apps(&["shop"]);
    let agrees =
        NetworkCommand::AnswerConsent { from: omar(), to: line(Channel::Sms), agrees: true };
    let story = story.when(agrees).for_apps(&["bank", "shop"]);
    assert_eq!(story.whose(), [story.jane().id.clone()].into());
}

#[test]
fn r_consent_4_who_says_stop_while_work_is_running_gets_nothing_of_it() {
    let story = crowd(150).when(sends("sale")).swept();
    let stop = NetworkCommand::ReceiveMessage {
        from: nth(120),
        to: line(Channel::Sms),
        body: Body::text("STOP"),
    };
    let story = story.when(stop).settled();
    let work = story.work();
    assert_eq!((work.state, work.done), (WorkState::Done, 149));
    assert_eq!(work.skipped, [(S::NoConsent.code(), 1)].into());
    let theirs = story.who(&person(120)).expect("known");
    let status: Vec<_> = theirs.messages.iter().map(|m| m.status).collect();
    assert_eq!(status, [S::Received, S::NoConsent], "R-MSG-2: it is on record");
}

#[test]
fn r_consent_4_work_by_tag_counts_as_having_written() {
    let story = crowd(1).by(Some("bank"), Actor::Hub).when(sends("sale")).settled();
    let stop = NetworkCommand::ReceiveMessage {
        from: nth(0),
        to: line(Channel::Sms),
        body: Body::text("STOP"),
    };
    // It goes to the app that wrote last, and to no other.
    story.when(stop).then(&["MSG STOP", "CON consent: opted out"]).for_apps(&["bank", "bank"]);
}

#[test]
fn r_tagwork_5_a_tag_that_expires_while_the_work_runs_was_selected_once() {
    let until = Some(nothing().now.after(Duration::from_mins(1)));
    let late = Tag { expires_at: until, ..tag("tier", "gold") };
    let tags = vec![late.clone()];
    let story = crowd(149).when(CustomerCommand::UpdateTags { customer: person(149), tags });
    let reminder = Reminder {
        app: "shop".into(),
        key: "k".into(),
        remind_at: story.now,
        ..Reminder::default()
    };
    let story = story.when(CustomerCommand::AddReminderByTag { tag: gold(), reminder }).swept();
    let story = story.swept().later(DAY * 3).settled();
    assert_eq!((story.work().done, story.work().skipped.len()), (150, 0));
    let id = story.who(&person(149)).expect("known").id.clone();
    let fired =
        story.entries.iter().flat_map(|entry| &entry.events).find_map(|event| match &event.kind {
            EventKind::ReminderFired(firing) if event.customer.as_ref() == Some(&id) => {
                firing.tag.clone()
            }
            _ => None,
        });
    assert_eq!(fired, Some(late), "R-EVT-6: the tag that matched, with its date");
}

#[test]
fn r_evt_2_the_status_of_what_an_app_asked_for_goes_to_that_app() {
    // All channel numbers are bound to `first`, and `shop` asks.
    let bound = || {
        [Channel::Sms, Channel::Voice, Channel::Payment]
            .into_iter()
            .fold(bank(), |story, on| story.bind(line(on), Some("first"), None))
    };
    let story = bound().when(send(Channel::Sms, "x"));
    let (message, status) = (story.last_message(), S::Delivered);
    story
        .by(None, Actor::Network)
        .when(NetworkCommand::ReportMessage { message, status })
        .for_apps(&["shop"]);
    let story = bound().when(asks(Channel::Sms, ConsentAction::OptIn)).by(None, Actor::Network);
    story.when(answers(Channel::Sms, true)).for_apps(&["shop"]);
    let story = bound().when(pay(phone(jane()), purse("main"), kes(100))).code(102);
    let (transaction, status) = (story.last_payment(), PaymentStatus::Success);
    let story = story.by(None, Actor::Network);
    story.when(NetworkCommand::ReportPayment { transaction, status }).for_apps(&["shop"]);
    let story = bound().when(CustomerCommand::MakeCall { to: jane(), from: line(Channel::Voice) });
    let (session, hop) =
        (story.last_call(), CallHop { status: CallStatus::Ringing, ..CallHop::default() });
    let (duration, cost) = (Duration::ZERO, None);
    let story = story.by(None, Actor::Network);
    story.when(NetworkCommand::ReportCall { session, hop, duration, cost }).for_apps(&["shop"]);
    // The same for what the hub records by itself if nobody reports.
    let story = bound().when(pay(phone(jane()), purse("main"), kes(100))).later(120);
    story.swept().then(&["PAY payment expired: KES 1.00"]).for_apps(&["shop"]);
}

#[test]
fn r_evt_2_a_dial_a_call_and_a_payment_go_to_the_bound_app_else_to_the_first() {
    let arrives = |on| -> Command {
        let (from, to) = (jane(), line(on));
        match on {
            Channel::Ussd => NetworkCommand::DialUssd { from, to, input: String::new() },
            Channel::Voice => NetworkCommand::ReceiveCall { from, to },
            _ => NetworkCommand::ReceivePayment { from, to, value: kes(100) },
        }
        .into()
    };
    for on in [Channel::Ussd, Channel::Voice, Channel::Payment] {
        // That `shop` wrote last counts for messages only.
        let wrote = || given([send(Channel::Sms, "x")]);
        wrote().when(arrives(on)).for_apps(&["first"]);
        wrote().bind(line(on), Some("shop"), None).when(arrives(on)).for_apps(&["shop"]);
        wrote().bind(line(on), None, None).when(arrives(on)).for_apps(&["first"]);
        let nobody = wrote().with(|s| s.apps.clear()).when(arrives(on)).for_apps(&["-"]);
        assert!(nobody.last.receipt.is_ok(), "if nothing fits it is only logged");
    }
}

#[test]
fn r_evt_1_times_of_a_customer_grow_over_a_moved_clock_and_a_merge() {
    let story = given([meet(), CustomerCommand::Meet(to_omar()).into()]).with(|s| s.sandbox = true);
    let mut story = story.when(NetworkCommand::MoveClock { by: Duration::from_secs(DAY) });
    // Omar was last touched after the clock was moved, Jane before.
    let wall = story.now;
    story.now = story.world.time(wall);
    let mut story = story.when(to_omar_by_sms());
    let omars = story.last.events[0].at;
    // A hub whose wall clock went back decides at an earlier time. The merge is later all the same.
    story.now = wall;
    let adopt = adopts(&story);
    let story = story.when(adopt).when(to_omar_by_sms());
    let last = story.last.events[0].at;
    assert!(omars < last && last < omars.after(Duration::from_millis(1)));
    check(&story.world);
}

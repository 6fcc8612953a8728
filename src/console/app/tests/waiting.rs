//! Those who wait for an answer: keys in, effects and the screen out.

use super::{
    desk::{Desk, START, commands, customer_id, number},
    gallery::waiting,
};
use crate::{
    console::{
        layout::Pane,
        msg::{Effect, List, Listing, Msg},
    },
    model::{
        Body, Channel, ClientError, CustomerCommand, CustomerRef, EventKind, FeedEvent,
        ListedWaiting, Message, Seq,
    },
};
use std::{sync::Arc, time::Duration};

fn answered(rows: Vec<ListedWaiting>) -> Msg {
    let total = u64::try_from(rows.len()).expect("few");
    Msg::Listed { list: List::Waiting, result: Ok(Listing::Waiting(rows, total)) }
}

/// A desk with the list of who waits open and answered.
fn queue(width: u16, height: u16) -> Desk {
    let mut desk = Desk::open(width, height);
    assert_eq!(desk.press("g q"), [Effect::List(List::Waiting)]);
    desk.send(answered(waiting()));
    desk
}

fn selected(desk: &Desk) -> &str {
    desk.app.lists().waiting().map_or("nobody", |row| row.customer.as_str())
}

#[test]
fn those_who_wait_are_shown_with_what_is_left_of_the_time_to_answer() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut desk = queue(width, height);
        let screen = desk.screen();
        for words in
            ["[Waiting]", "25h", "!! closed", "Where is my parcel?", "!! 8m", ".. 81m", "Habari"]
        {
            assert!(screen.contains(words), "{words} at {width}x{height}:\n{screen}");
        }
        assert!(screen.contains(&number(2).to_string()), "without a name the number: {screen}");
    }
    let mut desk = queue(40, 12);
    assert!(desk.screen().contains("Where is my parcel?"), "{}", desk.screen());
}

#[test]
fn enter_opens_the_customer_and_r_answers_what_they_wrote_last() {
    let mut desk = queue(120, 40);
    desk.press("j");
    desk.press("r");
    let form = desk.app.form().expect("a form");
    let quoted = form.target().reply_to.clone().expect("what they wrote");
    assert_eq!((form.spec().id, &*quoted.text), ("reply", "Habari"));
    assert_eq!(form.target().customer, Some(customer_id(2)));
    desk.types("Habari yako");
    desk.press("esc");
    assert_eq!(desk.app.focus(), Pane::Lists, "back to where it was pressed");
    let effects = desk.press("enter");
    assert!(effects.contains(&Effect::Inspect(CustomerRef::Id(customer_id(2)))), "{effects:?}");
    assert_eq!(desk.app.focus(), Pane::Inspector);
}

#[test]
fn r_wait_3_what_is_answered_is_quoted_whole_once_it_is_known() {
    let whole = format!("{}tafadhali?", "Nimelipa lakini sijapata bidhaa. ".repeat(6));
    let mut rows = waiting();
    rows[1].unanswered.text = whole.chars().take(160).collect();
    let cut = format!("{}…", rows[1].unanswered.text);
    let mut desk = Desk::open(120, 40);
    desk.press("g q");
    desk.send(answered(rows));
    desk.press("j r");
    let quoted = |desk: &Desk| {
        let form = desk.app.form().expect("a form");
        form.target().reply_to.clone().expect("what they wrote").text
    };
    assert_eq!(quoted(&desk), cut, "only the beginning is known");
    desk.after(Duration::from_secs(1));
    desk.answer_about(2, |customer| {
        let mut said = Message::clone(&customer.messages[0]);
        (said.id, said.body) = ("el_msg_2".into(), Body::text(&*whole));
        customer.messages.push(Arc::new(said), 0);
    });
    assert_eq!(quoted(&desk), whole);
    // A text that was there as a whole is as it was.
    let mut desk = queue(120, 40);
    desk.press("j r");
    assert_eq!(quoted(&desk), "Habari");
}

#[test]
fn d_says_that_no_answer_is_needed_after_its_sheet() {
    let mut desk = queue(120, 40);
    desk.press("G");
    let asked = desk.press("d");
    assert!(asked.iter().any(|effect| matches!(effect, Effect::DryRun { .. })), "{asked:?}");
    assert!(desk.screen().contains("no answer needed"), "{}", desk.screen());
    desk.after(Duration::from_secs(1));
    let done = CustomerCommand::NoAnswerNeeded {
        customer: CustomerRef::Id(customer_id(5)),
        up_to: Some("el_msg_5".into()),
    };
    assert_eq!(commands(&desk.press("s")), [done]);
    assert_eq!(desk.app.focus(), Pane::Lists);
}

#[test]
fn the_order_stays_while_one_works_in_it() {
    let mut desk = queue(120, 40);
    desk.press("j");
    assert_eq!(selected(&desk), customer_id(2).as_str());
    desk.after(Duration::from_secs(1));
    let kind = EventKind::NoAnswerNeeded { message: "el_msg_1".into(), count: 3 };
    let effects = desk.happens(1, Channel::Sms, kind);
    assert!(effects.contains(&Effect::List(List::Waiting)), "{effects:?}");
    let mut left = waiting();
    let mut first = left.remove(0);
    desk.send(answered(left.clone()));
    assert_eq!(selected(&desk), customer_id(2).as_str(), "the selection stays");
    assert!(desk.screen().contains("  done "), "{}", desk.screen());
    desk.press("k");
    assert_eq!(selected(&desk), customer_id(1).as_str(), "and so does whoever was answered");
    // Who writes again waits in the same row; somebody new comes below.
    (first.unanswered.since, first.unanswered.text) = (START, "Still there?".into());
    let mut new = left[0].clone();
    new.customer = customer_id(7);
    left.extend([new, first]);
    desk.send(answered(left.clone()));
    assert!(!desk.screen().contains("  done "), "{}", desk.screen());
    assert_eq!(selected(&desk), customer_id(1).as_str());
    desk.press("G");
    assert_eq!(selected(&desk), customer_id(7).as_str());
    // Opened again it is in the order of the hub.
    desk.press("esc");
    desk.after(Duration::from_secs(1));
    desk.press("g q");
    desk.send(answered(left));
    desk.press("G");
    assert_eq!(selected(&desk), customer_id(1).as_str());
}

#[test]
fn g_u_opens_whoever_waits_longest() {
    let mut desk = Desk::open(120, 40);
    assert_eq!(desk.press("g u"), [Effect::List(List::Waiting)]);
    let effects = desk.send(answered(waiting()));
    assert!(effects.contains(&Effect::Inspect(CustomerRef::Id(customer_id(1)))), "{effects:?}");
    desk.press("g u");
    desk.send(answered(Vec::new()));
    assert!(desk.screen().contains("nobody waits for an answer"), "{}", desk.screen());
    desk.press("g u");
    let result = Err(ClientError::Unavailable("draining".into()));
    desk.send(Msg::Listed { list: List::Waiting, result });
    assert!(desk.screen().contains("it is not known who waits"), "{}", desk.screen());
}

#[test]
fn the_status_line_counts_those_who_wait() {
    let mut desk = Desk::open(120, 40);
    assert!(!desk.screen().contains("waiting"), "nothing is said that the hub has not said");
    for (waiting, words) in [(Some(4), "4 waiting"), (Some(1_204), "1,204 waiting")] {
        let event = FeedEvent::Bookmark {
            seq: Seq(1),
            head: Seq(1),
            cannot_write: None,
            waiting,
            down: Vec::new(),
        };
        desk.send(Msg::Feed(event));
        assert!(desk.screen().contains(words), "{}", desk.screen());
    }
}

/// While the lists lie in the feed's place, the feed's selection, which nobody sees, leads nobody (R-CONSOLE-2).
#[test]
fn r_console_2_the_inspector_stays_with_the_list_whatever_arrives() {
    let mut desk = queue(120, 40);
    desk.press("j");
    desk.after(Duration::from_secs(1));
    desk.press("2");
    for n in 0..20 {
        desk.says(n % 3, "na mimi?");
        let effects = desk.after(Duration::from_secs(1));
        let turned = |effect: &Effect| match effect {
            Effect::Inspect(customer) => *customer != CustomerRef::Id(customer_id(2)),
            _ => false,
        };
        assert!(!effects.iter().any(turned), "{effects:?}");
    }
    assert!(!desk.app.layout().lists.is_empty(), "{}", desk.screen());
    // Back in the feed it is the feed that leads, and Enter there does not bring the lists back.
    desk.press("1 G");
    desk.after(Duration::from_secs(1));
    desk.press("enter");
    assert!(desk.app.layout().lists.is_empty(), "{}", desk.screen());
}

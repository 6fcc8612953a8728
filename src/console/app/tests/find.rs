//! Finding whatever an agent pastes or remembers (R-OPERATOR-6).

use super::desk::{Desk, commands};
use crate::{
    console::msg::{Effect, Msg},
    model::{
        Actor, Body, ClientError, CustomerCommand, CustomerNumber, CustomerRef, Entry, EntryId,
        Event, EventKind, FoundCustomer, FoundCustomers, FoundThing, OrgId, Seq, ThingKind,
        Timestamp,
    },
};
use std::{sync::Arc, time::Duration};

const NUMBER: &str = "+254711000101";

fn amina() -> FoundCustomer {
    FoundCustomer {
        id: "el_cst_amina".into(),
        name: "Amina Wanjiru".into(),
        numbers: vec![CustomerNumber::telco(NUMBER)],
        tags: Vec::new(),
        last_seen: Timestamp::ZERO,
    }
}

/// What Amina wrote a day before the desk opens.
fn wrote(text: &str) -> Arc<Entry> {
    let at = super::desk::START.before(Duration::from_hours(24));
    let kind = EventKind::MessageReceived { id: "el_msg_7".into(), body: Body::text(text) };
    let event = Event {
        at,
        customer: Some(amina().id),
        app: None,
        actor: Actor::Hub,
        number: Some(CustomerNumber::telco(NUMBER)),
        channel: None,
        name: Some(amina().name),
        kind,
    };
    Arc::new(Entry {
        org: OrgId::from("acme-ke"),
        seq: Seq(3),
        id: EntryId([3; 16]),
        prev_id: EntryId([2; 16]),
        at,
        events: vec![event],
        call: None,
    })
}

/// Types into the find box and has the hub answer.
fn searched(desk: &mut Desk, words: &str, answer: FoundCustomers) {
    desk.press("g c");
    desk.types(words);
    assert_eq!(desk.after(Duration::from_millis(300)), [Effect::Find(words.into())]);
    desk.send(Msg::Found { words: words.into(), result: Ok(answer) });
}

fn opens_amina(effects: &[Effect]) {
    assert_eq!(effects, [Effect::Inspect(CustomerRef::Id(amina().id))]);
}

#[test]
fn r_operator_6_a_number_in_another_spelling_keeps_the_customer_whom_the_hub_found() {
    let mut desk = Desk::open(120, 40);
    let answer = FoundCustomers { customers: vec![amina()], total: 1, ..Default::default() };
    searched(&mut desk, "0711 000 101", answer);
    assert!(desk.screen().contains("Amina Wanjiru"), "{}", desk.screen());
    opens_amina(&desk.press("enter"));
}

#[test]
fn r_operator_6_an_id_finds_what_has_it_and_whose_it_is() {
    let mut desk = Desk::open(120, 40);
    let payment = FoundThing {
        kind: ThingKind::Payment,
        id: "el_txn_42".into(),
        customer: Some(amina().id),
        name: "Amina Wanjiru".into(),
        text: "KES 1,500.00, success".into(),
        at: Timestamp::ZERO,
    };
    let work = FoundThing { kind: ThingKind::Work, customer: None, ..payment.clone() };
    let answer = FoundCustomers { things: vec![payment], ..Default::default() };
    searched(&mut desk, "el_txn_42", answer);
    let screen = desk.screen();
    assert!(screen.contains("has this id") && screen.contains("KES 1,500.00"), "{screen}");
    opens_amina(&desk.press("enter"));
    let answer = FoundCustomers { things: vec![work], ..Default::default() };
    searched(&mut desk, "el_txn_42", answer);
    desk.press("enter");
    assert!(desk.screen().contains("LISTS"), "{}", desk.screen());
}

#[test]
fn r_operator_6_words_that_were_written_are_shown_with_their_day_and_how_many_there_are() {
    let mut desk = Desk::open(120, 40);
    let answer = FoundCustomers {
        entries: vec![wrote("where is my parcel LT-9")],
        entries_total: 1_000,
        entries_total_is_least: true,
        ..Default::default()
    };
    searched(&mut desk, "parcel", answer);
    let screen = desk.screen();
    assert!(screen.contains("where is my parcel LT-9"), "{screen}");
    assert!(screen.contains("22 Nov 14:00"), "{screen}");
    assert!(screen.contains("1 of 1,000+ times written"), "{screen}");
    opens_amina(&desk.press("enter"));
}

#[test]
fn an_answer_for_other_words_shows_nothing() {
    let mut desk = Desk::open(120, 40);
    let answer = FoundCustomers { customers: vec![amina()], total: 1, ..Default::default() };
    searched(&mut desk, "0711 000 101", answer);
    desk.types("9");
    let screen = desk.screen();
    assert!(!screen.contains("Amina Wanjiru") && screen.contains("searching"), "{screen}");
    let result = Err(ClientError::Unavailable("no route".into()));
    desk.send(Msg::Found { words: "0711 000 1019".into(), result });
    assert!(desk.screen().contains("the hub could not search"), "{}", desk.screen());
}

#[test]
fn the_palette_runs_actions_and_opens_customers() {
    let mut desk = Desk::open(120, 40);
    desk.press(":");
    desk.types("freeze");
    desk.press("enter");
    assert!(desk.screen().contains("PAUSED"), "{}", desk.screen());
    desk.press("g c");
    desk.types("+254711000009");
    let effects = desk.press("enter");
    let wanted = CustomerRef::parse("+254711000009").expect("a number");
    assert_eq!(effects, [Effect::Inspect(wanted)]);
    desk.press("g c");
    desk.types("@ami");
    assert_eq!(desk.after(Duration::from_millis(300)), [Effect::Find("ami".into())]);
}

#[test]
fn r_operator_6_a_number_that_nobody_has_can_be_written_to() {
    let mut desk = Desk::open(120, 40);
    searched(&mut desk, "+254711000999", FoundCustomers::default());
    let screen = desk.screen();
    assert!(screen.contains("write to them: nobody has this number yet"), "{screen}");
    desk.press("down");
    desk.press("enter");
    desk.types("Karibu");
    desk.press("ctrl-s");
    let screen = desk.screen();
    assert!(screen.contains("+254711000999") && screen.contains("Karibu"), "{screen}");
    let mut sent = desk.confirm();
    sent.extend(desk.after(Duration::from_secs(6)));
    let is_to_them = |command: &CustomerCommand| {
        matches!(command, CustomerCommand::SendMessage { to, .. }
            if *to == CustomerNumber::telco("+254711000999"))
    };
    assert!(commands(&sent).iter().any(is_to_them), "{sent:?}");
    // Whom the hub knows is opened, and not written to as a stranger.
    let mut desk = Desk::open(120, 40);
    let answer = FoundCustomers { customers: vec![amina()], total: 1, ..Default::default() };
    searched(&mut desk, NUMBER, answer);
    assert!(!desk.screen().contains("nobody has this number"), "{}", desk.screen());
}

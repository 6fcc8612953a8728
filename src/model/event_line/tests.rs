//! Lines that are written are read back, and no cell is a formula.

use super::*;
use crate::model::{Body, CustomerNumber, MessageId, Timestamp, arbitrary};
use proptest::prelude::*;

fn line(event: Event) -> EventLine {
    EventLine::new(Seq(7), 1, &OrgId::from("acme"), event)
}

fn wrote(text: &str) -> Event {
    let body = Body::text(text);
    Event {
        at: Timestamp::from_micros(1_800_000_000_000_000),
        customer: None,
        app: None,
        actor: crate::model::Actor::Customer,
        number: Some(CustomerNumber::telco("+254711000101")),
        channel: None,
        name: Some("@SUM(A1)".into()),
        kind: EventKind::MessageReceived { id: MessageId::from("el_msg_1"), body },
    }
}

proptest! {
    #[test]
    fn every_event_is_read_back_from_its_line(event in arbitrary::event()) {
        let json = line(event).json();
        prop_assert!(!json.chars().any(|c| c.is_control() || is_hidden(c)), "{json}");
        // JSON has one word for a time that nobody has said and for none.
        prop_assert_eq!(EventLine::read(&json).map(|read| read.json()), Ok(json));
    }

    #[test]
    fn no_cell_begins_a_formula(event in arbitrary::event(), text in "[=+@\\-\\t\r\n＝]?.{0,8}") {
        for event in [event, wrote(&text)] {
            for cell in line(event).cells() {
                let first = cell.chars().next();
                prop_assert!(!first.is_some_and(|c| "=+-@\t\r\n＝＋－＠".contains(c)), "{cell:?}");
                let obeyed = |c: char| is_hidden(c) || c.is_control() && !"\n\t".contains(c);
                prop_assert!(!cell.contains(obeyed), "{cell:?}");
            }
        }
    }
}

#[test]
fn the_cells_are_those_of_the_columns() {
    let cells = line(wrote("=1+1")).cells();
    let cell =
        |column| cells[EventLine::COLUMNS.iter().position(|c| *c == column).unwrap()].as_str();
    assert_eq!(cell("text"), "'=1+1");
    assert_eq!(cell("name"), "'@SUM(A1)");
    assert_eq!(cell("number"), "'+254711000101");
    assert_eq!((cell("seq"), cell("index"), cell("code")), ("7", "1", "MSG"));
    assert_eq!((cell("direction"), cell("actor")), ("in", "the customer"));
    assert_eq!(cell("amount"), "");
}

#[test]
fn a_cell_can_be_read_in_a_terminal() {
    let cells = line(wrote("\u{200b}=1\u{1b}[2J\u{9b}31m and \u{202e}back")).cells();
    assert_eq!(cells.last().unwrap(), "'=1[2J31m and back");
}

#[test]
fn a_kind_of_a_newer_hub_is_read_as_one_that_cannot_be_shown() {
    let json = line(wrote("habari")).json();
    let newer = json.replace("message_received", "telepathy_received");
    assert_ne!(newer, json);
    let read = EventLine::read(&newer).unwrap();
    assert_eq!(read.event.kind, EventKind::Unreadable);
    assert_eq!(read.event.name.as_deref(), Some("@SUM(A1)"), "the envelope is kept");
}

#[test]
fn what_is_no_event_is_told() {
    for text in ["", "{}", "[1]", "{\"seq\": 1, \"index\": 0, \"org\": \"acme\"}", "time,seq"] {
        assert!(EventLine::read(text).is_err(), "{text}");
    }
}

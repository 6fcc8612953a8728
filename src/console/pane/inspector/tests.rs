//! What the inspector asks for and what it shows, and when.

mod holes;
mod timeline;

use super::*;
use crate::model::{Actor, CustomerNumber, CustomerState, EntryId, EventKind, SecondaryId};
use std::sync::Arc;

const NOW: Timestamp = Timestamp::from_secs(1_795_442_400);

fn ms(ms: u64) -> Timestamp {
    NOW.after(Duration::from_millis(ms))
}

fn id(id: &str) -> CustomerRef {
    CustomerRef::Id(id.into())
}

fn view(id: &str, as_of: u64) -> CustomerView {
    let customer = CustomerState {
        id: id.into(),
        numbers: vec![CustomerNumber::telco("+254711000001")],
        ..CustomerState::default()
    };
    CustomerView { customer: Arc::new(customer), as_of: Seq(as_of), replaces: None }
}

fn entry(customer: &str, seq: u64) -> Entry {
    let event = Event {
        at: NOW,
        customer: Some(CustomerId::from(customer)),
        app: None,
        actor: Actor::Hub,
        number: None,
        channel: None,
        name: None,
        kind: EventKind::CustomerMet,
    };
    Entry {
        org: "acme".into(),
        seq: Seq(seq),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at: NOW,
        events: vec![event],
        call: None,
    }
}

/// An inspector that shows customer `a` as of place 10.
fn shows_a() -> Inspector {
    let mut inspector = Inspector::default();
    inspector.connection(true, NOW);
    inspector.follow(id("a"), NOW);
    assert_eq!(inspector.wake(ms(120)), [Effect::Inspect(id("a"))]);
    inspector.inspected(&id("a"), Ok(Some(view("a", 10))), ms(130));
    inspector
}

fn shown(inspector: &Inspector) -> String {
    match inspector.showing() {
        Showing::Nothing => "nothing".into(),
        Showing::Loading(customer) => format!("loading {customer}"),
        Showing::Customer(view) => format!("{} as of {}", view.customer.id, view.as_of),
        Showing::NotFound(customer) => format!("no {customer}"),
        Showing::Failed(customer, error) => format!("{customer}: {error}"),
    }
}

#[test]
fn it_follows_when_the_selection_rests() {
    let mut inspector = Inspector::default();
    for (i, name) in ["a", "b", "c"].into_iter().enumerate() {
        inspector.follow(id(name), ms(i as u64 * 50));
    }
    assert_eq!(inspector.next_wake(), Some(ms(220)));
    assert_eq!(inspector.wake(ms(219)), []);
    assert_eq!(inspector.wake(ms(220)), [Effect::Inspect(id("c"))], "one question for three");
    inspector.inspected(&id("c"), Ok(Some(view("c", 1))), ms(230));
    assert_eq!((shown(&inspector).as_str(), inspector.next_wake()), ("c as of 1", None));
    inspector.follow(CustomerRef::Number(CustomerNumber::telco("+254711000001")), ms(300));
    assert_eq!(inspector.next_wake(), None, "the same customer by number");
}

#[test]
fn a_selection_that_never_rests_is_followed_all_the_same() {
    let mut inspector = Inspector::default();
    let mut asked = 0;
    for i in 0..100_u64 {
        inspector.follow(id(&format!("c{i}")), ms(i * 20));
        asked += inspector.wake(ms(i * 20)).len();
    }
    assert!((3..=5).contains(&asked), "{asked} questions in 2 s");
}

#[test]
fn pinned_it_stays_and_open_pins() {
    let mut inspector = shows_a();
    inspector.pin(true);
    inspector.follow(id("b"), ms(200));
    assert_eq!(inspector.next_wake(), None);
    let pair = SecondaryId { key: "passport".into(), value: "808083".into() };
    let other = CustomerRef::Secondary(pair);
    assert_eq!(inspector.open(other.clone(), ms(300)), [Effect::Inspect(other)]);
    assert!(inspector.pinned());
    inspector.pin(false);
    inspector.follow(id("b"), ms(400));
    assert_eq!(inspector.next_wake(), Some(ms(520)));
}

#[test]
fn loading_is_said_only_when_it_takes_long_and_nobody_is_the_wrong_one() {
    let mut inspector = shows_a();
    inspector.follow(id("b"), ms(1_000));
    assert!(inspector.view().is_none(), "nothing may be sent to who was just left");
    inspector.wake(ms(1_120));
    assert_eq!(shown(&inspector), "a as of 10");
    assert!(inspector.view().is_none());
    assert_eq!(inspector.next_wake(), Some(ms(1_420)));
    inspector.wake(ms(1_420));
    assert_eq!(shown(&inspector), "loading b");
    inspector.inspected(&id("a"), Ok(Some(view("a", 11))), ms(1_430));
    assert_eq!(shown(&inspector), "loading b", "an answer to an older question");
    inspector.inspected(&id("b"), Ok(Some(view("b", 11))), ms(1_440));
    assert_eq!(shown(&inspector), "b as of 11");
    assert_eq!(inspector.view().map(|v| v.as_of), Some(Seq(11)));
}

#[test]
fn entries_refresh_at_most_every_quarter_second() {
    let mut inspector = shows_a();
    inspector.entry(&entry("b", 11), ms(140));
    inspector.entry(&entry("a", 9), ms(140));
    assert_eq!(inspector.next_wake(), None, "not ours, or known already");
    inspector.entry(&entry("a", 11), ms(140));
    inspector.entry(&entry("a", 12), ms(150));
    assert_eq!(inspector.next_wake(), Some(ms(370)), "250 ms after the last question");
    assert_eq!(inspector.wake(ms(370)), [Effect::Inspect(id("a"))]);
    inspector.entry(&entry("a", 13), ms(380));
    assert_eq!(inspector.wake(ms(390)), [], "one question at a time");
    inspector.inspected(&id("a"), Ok(Some(view("a", 12))), ms(400));
    assert_eq!(shown(&inspector), "a as of 12");
    assert_eq!(inspector.wake(ms(620)), [Effect::Inspect(id("a"))], "13 is still to come");
    inspector.inspected(&id("a"), Ok(Some(view("a", 11))), ms(630));
    assert_eq!(shown(&inspector), "a as of 12", "an answer that knows less is ignored");
}

#[test]
fn not_found_creates_nothing_and_is_asked_again_when_they_appear() {
    let mut inspector = Inspector::default();
    let number = CustomerNumber::telco("+254799000000");
    inspector.open(CustomerRef::Number(number.clone()), NOW);
    inspector.inspected(&CustomerRef::Number(number.clone()), Ok(None), ms(10));
    assert_eq!(shown(&inspector), "no +254799000000");
    let mut first = entry("new", 5);
    first.events[0].number = Some(number.clone());
    inspector.entry(&first, ms(20));
    assert_eq!(inspector.wake(ms(250)), [Effect::Inspect(CustomerRef::Number(number))]);
}

#[test]
fn failures_keep_what_is_known_and_are_asked_again_when_the_connection_is_back() {
    let mut inspector = shows_a();
    inspector.connection(false, ms(200));
    assert!(inspector.is_stale());
    inspector.entry(&entry("a", 20), ms(300));
    inspector.wake(ms(400));
    inspector.inspected(&id("a"), Err(ClientError::Unavailable("busy".into())), ms(410));
    assert_eq!(shown(&inspector), "a as of 10");
    assert!(inspector.fault().is_some());
    inspector.connection(true, ms(500));
    assert!(!inspector.is_stale());
    assert_eq!(inspector.wake(ms(500)), [Effect::Inspect(id("a"))]);
    inspector.inspected(&id("a"), Ok(Some(view("a", 20))), ms(510));
    assert_eq!((shown(&inspector).as_str(), inspector.fault()), ("a as of 20", None));
    inspector.open(id("b"), ms(600));
    inspector.inspected(&id("b"), Err(ClientError::Unavailable("busy".into())), ms(610));
    assert_eq!(shown(&inspector), "b: the hub cannot do this now: busy");
}

#[test]
fn tabs_go_round_and_scrolling_is_bounded_by_the_picture() {
    let mut inspector = shows_a();
    assert_eq!(inspector.tab(), Tab::Timeline);
    inspector.next_tab();
    inspector.position().measured(3);
    inspector.scroll(10);
    assert_eq!(inspector.position().offset(), 3);
    inspector.scroll(-1);
    assert_eq!(inspector.position().offset(), 2);
    inspector.bottom();
    assert_eq!(inspector.position().measured(9), 9);
    inspector.top();
    assert_eq!(inspector.position().offset(), 0);
    inspector.next_tab();
    assert_eq!((inspector.tab(), inspector.position().offset()), (Tab::Money, 0));
    for _ in 0..Tab::ALL.len() - 1 {
        inspector.prev_tab();
    }
    assert_eq!(inspector.tab(), Tab::Live);
}

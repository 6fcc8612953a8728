//! Lists are live without polling: they are asked for when they are in view and when something happened.

use super::*;
use crate::model::{
    Actor, Channel, ChannelNumber, EntryId, Event, EventKind, Reminder, Seq, TagPair, Task, Work,
    WorkState,
};

const NOW: Timestamp = Timestamp::from_secs(1_795_442_400);

fn ms(ms: u64) -> Timestamp {
    NOW.after(Duration::from_millis(ms))
}

pub(crate) fn work(n: u32, state: WorkState, total: u64, done: u64) -> Work {
    Work {
        id: format!("el_wrk_{n:032}").into(),
        app: Some("loyal".into()),
        actor: Actor::Key("agent-1".into()),
        tag: TagPair { key: "tier".into(), value: "vip".into() },
        task: Task::Message(crate::model::TagMessage::new(
            ChannelNumber::new(Channel::Sms, "40404"),
            crate::model::Body::text("Tuna ofa mpya leo"),
        )),
        state,
        total,
        done,
        skipped: std::collections::BTreeMap::new(),
        put_off: crate::model::PutOff::default(),
        outcomes: crate::model::WorkOutcomes::default(),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn works(all: &[u32]) -> Listing {
    let row = |n: &u32| (work(*n, WorkState::Running, 10, 5), Vec::new());
    Listing::Works(all.iter().map(row).collect())
}

fn entry(kind: EventKind) -> Entry {
    let event = Event {
        at: NOW,
        customer: None,
        app: None,
        actor: Actor::Hub,
        number: None,
        channel: None,
        name: None,
        kind,
    };
    Entry {
        org: "acme".into(),
        seq: Seq(1),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at: NOW,
        events: vec![event],
        call: None,
    }
}

fn advanced() -> Entry {
    let work = "el_wrk_1".into();
    entry(EventKind::WorkAdvanced {
        work,
        handled: 1,
        done: 1,
        skipped: Vec::new(),
        left_out: Vec::new(),
        put_off: Vec::new(),
        resumed: 0,
    })
}

#[test]
fn a_work_that_was_looked_for_is_selected_now_or_once_the_hub_has_told_of_it() {
    let id = |n: u32| works(&[n]);
    let of = |n: u32| match id(n) {
        Listing::Works(rows) => rows[0].0.id.clone(),
        _ => unreachable!("works were made"),
    };
    let mut lists = Lists::default();
    lists.open(List::Works);
    lists.select_work(of(2));
    lists.listed(List::Works, Ok(works(&[3, 2, 1])));
    assert_eq!(lists.selected(), 1);
    lists.select_work(of(1));
    assert_eq!(lists.selected(), 2);
    // One that is too old for the list is not waited for, so that nothing jumps later.
    lists.select_work(of(9));
    lists.listed(List::Works, Ok(works(&[3, 2, 1])));
    assert_eq!(lists.selected(), 2);
    lists.listed(List::Works, Ok(works(&[9, 3, 2, 1])));
    assert_eq!(lists.selected(), 3);
}

/// The list of works, in view and answered.
fn watching() -> Lists {
    let mut lists = Lists::default();
    lists.open(List::Works);
    assert_eq!(lists.watch(&[List::Works], true, NOW), [Effect::List(List::Works)]);
    assert_eq!(lists.watch(&[List::Works], true, ms(10)), [], "one question at a time");
    lists.listed(List::Works, Ok(works(&[3, 2, 1])));
    lists
}

#[test]
fn a_list_is_asked_for_when_it_comes_into_view_and_then_never_by_itself() {
    let mut lists = watching();
    assert_eq!(lists.watch(&[List::Works], true, ms(3_600_000)), []);
    assert_eq!(lists.next_wake(), None, "nothing changes, nothing is asked");
    assert_eq!(lists.watch(&[List::Leases], true, ms(3_600_000)), [Effect::List(List::Leases)]);
}

#[test]
fn what_happens_is_asked_about_at_most_twice_a_second() {
    let mut lists = watching();
    let mut asked = 0;
    for step in 1..=40 {
        lists.entry(&advanced());
        let effects = lists.watch(&[List::Works], true, ms(step * 100));
        asked += effects.len();
        if !effects.is_empty() {
            lists.listed(List::Works, Ok(works(&[3, 2, 1])));
        }
    }
    assert!((7..=8).contains(&asked), "{asked} in 4 s");
    // What happened last is not missed.
    lists.entry(&advanced());
    let due = {
        lists.watch(&[List::Works], true, ms(4_010));
        lists.next_wake()
    };
    assert!(due.is_some_and(|due| due <= ms(4_600)), "{due:?}");
}

#[test]
fn what_nobody_sees_is_not_asked_about_until_somebody_looks() {
    let mut lists = watching();
    lists.entry(&advanced());
    assert_eq!(lists.watch(&[], true, ms(5_000)), []);
    assert_eq!(lists.next_wake(), None);
    assert_eq!(lists.watch(&[List::Works], false, ms(5_000)), [], "nobody to ask");
    assert_eq!(lists.watch(&[List::Works], true, ms(9_000)), [Effect::List(List::Works)]);
    // An event of another kind is not about works.
    lists.listed(List::Works, Ok(works(&[1])));
    lists.entry(&entry(EventKind::TagsDeleted(Vec::new())));
    assert_eq!(lists.watch(&[List::Works], true, ms(20_000)), []);
}

#[test]
fn the_same_work_stays_selected_when_newer_ones_come_in() {
    let mut lists = watching();
    lists.scroll(1);
    assert_eq!(
        lists.work().map(|work| work.id.as_str()),
        Some(work(2, WorkState::Running, 0, 0).id.as_str())
    );
    lists.listed(List::Works, Ok(works(&[5, 4, 3, 2, 1])));
    assert_eq!((lists.selected(), lists.work_state()), (3, Some(WorkState::Running)));
    lists.listed(List::Works, Ok(works(&[5])));
    assert_eq!(lists.selected(), 0, "it is no longer listed");
}

#[test]
fn a_failure_keeps_what_is_known_and_a_reconnect_asks_again() {
    let mut lists = watching();
    lists.entry(&advanced());
    lists.watch(&[List::Works], true, ms(1_000));
    lists.listed(List::Works, Err(ClientError::Unavailable("draining".into())));
    assert_eq!((lists.len(), lists.fault(List::Works).is_some()), (3, true));
    assert_eq!(lists.watch(&[List::Works], true, ms(60_000)), [], "not again and again");
    lists.came_up();
    assert_eq!(lists.watch(&[List::Works], true, ms(60_000)), [Effect::List(List::Works)]);
}

#[test]
fn an_answer_that_never_came_is_asked_for_again() {
    let mut lists = Lists::default();
    lists.open(List::Leases);
    lists.watch(&[List::Leases], true, NOW);
    lists.entry(&entry(EventKind::LeaseEnded {
        key: "survey".into(),
        number: 1,
        end: crate::model::LeaseEnd::Expired,
    }));
    assert_eq!(lists.watch(&[List::Leases], true, ms(4_000)), []);
    assert_eq!(lists.next_wake(), Some(ms(5_000)));
    assert_eq!(lists.watch(&[List::Leases], true, ms(5_000)), [Effect::List(List::Leases)]);
}

#[test]
fn rows_count_down_by_the_hub_s_clock() {
    let day = Duration::from_hours(24);
    let mut lists = Lists::default();
    lists.open(List::Reminders);
    lists.clock(Skew::between(NOW.after(day), NOW));
    let reminder = Reminder { remind_at: ms(1_500).after(day), ..Reminder::default() };
    let (customer, name) = ("el_cst_1".into(), String::new());
    let row = ListedReminder { customer, name, reminder, next: Vec::new() };
    lists.listed(List::Reminders, Ok(Listing::Reminders(vec![row], 1)));
    assert_eq!(lists.counts(NOW), Some(ms(500)));
    assert_eq!(lists.counts(ms(1_500)), None, "it is due");
    assert_eq!(lists.customer().map(CustomerId::as_str), Some("el_cst_1"));
}

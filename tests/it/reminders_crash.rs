//! The hub is down when the time of reminders comes, or dies while they fire. Each of them fires
//! exactly once, and a repeated one makes up for all that it missed with one firing (R-REM-2).

use super::support::{Bench, client, events, free_addr, settle};
use std::{collections::BTreeMap, time::Duration};
use switchboard::{
    model::{
        CallId, CustomerCommand, CustomerNumber, CustomerRef, Event, EventKind, NetworkCommand,
        Reminder, Tag, TagPair, Timestamp,
    },
    sdk::Client,
};

const CUSTOMERS: usize = 1_000;
const KEYS: [&str; 2] = ["call back", "by tag"];

fn who(n: usize) -> CustomerRef {
    CustomerRef::Number(CustomerNumber::telco(&format!("+25474{n:07}")))
}

fn reminder(key: &str, remind_at: Timestamp, interval: Option<Duration>) -> Reminder {
    Reminder { app: "desk".into(), key: key.into(), remind_at, interval, payload: String::new() }
}

/// Gives every customer a tag, and a reminder at this time.
async fn prepare(client: &Client, at: Timestamp) {
    let mut asked = tokio::task::JoinSet::new();
    for n in 0..CUSTOMERS {
        let client = client.clone();
        asked.spawn(async move {
            let tag = Tag { key: "tier".into(), value: "gold".into(), ..Tag::default() };
            let tags = CustomerCommand::UpdateTags { customer: who(n), tags: vec![tag] };
            let call = CallId::from(format!("tag-customer-{n}"));
            assert!(settle(&client, &call, &tags).await.is_ok());
            let reminder = reminder(KEYS[0], at, None);
            let remind = CustomerCommand::AddReminder { customer: who(n), reminder };
            let call = CallId::from(format!("remind-customer-{n}"));
            assert!(settle(&client, &call, &remind).await.is_ok());
        });
        if asked.len() >= 64 {
            asked.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(done) = asked.join_next().await {
        done.unwrap();
    }
    let tag = TagPair { key: "tier".into(), value: "gold".into() };
    let by_tag = CustomerCommand::AddReminderByTag { tag, reminder: reminder(KEYS[1], at, None) };
    assert!(settle(client, &"remind-by-tag".into(), &by_tag).await.is_ok());
}

/// How often each reminder of each customer fired.
fn firings(events: &[Event]) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut fired: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for event in events {
        if let EventKind::ReminderFired(firing) = &event.kind {
            let customer = event.customer.as_ref().unwrap().to_string();
            let of = fired.entry(firing.reminder.key.clone()).or_default();
            *of.entry(customer).or_default() += 1;
        }
    }
    fired
}

fn all(fired: &BTreeMap<String, BTreeMap<String, usize>>) -> usize {
    fired.values().map(BTreeMap::len).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_rem_2_what_was_due_while_the_hub_was_down_fires_exactly_once() {
    let bench = Bench::new();
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    let now = hub.client().hello().await.unwrap().now;
    // A time long after everything is set up. The clock is moved to it.
    let at = now.after(Duration::from_hours(1));
    prepare(&hub.client(), at).await;
    let hourly = reminder("hourly", at, Some(Duration::from_hours(1)));
    let remind = CustomerCommand::AddReminder { customer: who(0), reminder: hourly };
    assert!(settle(&hub.client(), &"remind-hourly".into(), &remind).await.is_ok());

    // The clock moves by five hours and a bit, so that all are due. The hub dies at once, and again
    // and again while they fire, a little later each time.
    let far = Duration::from_mins(5 * 60 + 30);
    let moved = hub.client().sandbox().act(NetworkCommand::MoveClock { by: far }).await;
    assert!(moved.unwrap().ok);
    let mut midway = 0;
    for round in 0..6 {
        hub.kill();
        hub = bench.serve(&addr);
        tokio::time::sleep(Duration::from_millis(4 * round)).await;
        let so_far = all(&firings(&events(&client(&addr)).await));
        midway += usize::from(so_far > 0 && so_far < KEYS.len() * CUSTOMERS);
    }
    let expected = KEYS.len() * CUSTOMERS + 1;
    let fired = loop {
        let fired = firings(&events(&hub.client()).await);
        if all(&fired) >= expected {
            break fired;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    for key in KEYS {
        assert_eq!(fired[key].len(), CUSTOMERS, "{key}: somebody was left out");
        let twice = fired[key].iter().find(|(_, times)| **times != 1);
        assert_eq!(twice, None, "R-REM-2: {key} fired twice");
    }
    let made_up: Vec<_> = fired["hourly"].values().collect();
    assert_eq!(made_up, [&1], "R-REM-2: five missed firings are made up for by one");
    let (waiting, total) = hub.client().reminders(None, 10).await.unwrap();
    assert_eq!((waiting.len(), total), (1, 1), "only the repeating one still waits");
    let next = at.after(Duration::from_hours(5));
    assert_eq!(waiting[0].reminder.remind_at, next, "R-REM-2: anchored");
    println!("{midway} kills hit a hub in the middle of firing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_rem_2_a_hub_that_was_down_at_the_time_fires_at_its_start() {
    let bench = Bench::new();
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    let now = hub.client().hello().await.unwrap().now;
    let at = now.after(Duration::from_secs(2));
    for n in 0..20_usize {
        // The even ones are repeated every second and miss some firings.
        let every = n.is_multiple_of(2).then(|| Duration::from_secs(1));
        let reminder = reminder(KEYS[0], at, every);
        let remind = CustomerCommand::AddReminder { customer: who(n), reminder };
        let call = CallId::from(format!("remind-soon-{n}"));
        assert!(settle(&hub.client(), &call, &remind).await.is_ok());
    }
    hub.kill();
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    hub = bench.serve(&addr);
    let start = hub.client().hello().await.unwrap().now;
    let fired = loop {
        let events = events(&hub.client()).await;
        let fired = firings(&events);
        if fired.get(KEYS[0]).is_some_and(|of| of.len() == 20) {
            let mut first: BTreeMap<_, Timestamp> = BTreeMap::new();
            for event in events.iter().filter(|e| matches!(e.kind, EventKind::ReminderFired(_))) {
                first.entry(event.customer.clone()).or_insert(event.at);
            }
            break first;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    // They fire when the hub starts, not only when the timers look at the clock by themselves a
    // minute later.
    let late = start.after(Duration::from_secs(20));
    assert!(fired.values().all(|at| *at < late), "they fire at the start: {fired:?}");
    hub.kill();
    hub = bench.serve(&addr);
    let customer = hub.client().customer(&who(1)).await.unwrap().unwrap().customer;
    assert_eq!(customer.reminders, [], "what fired is gone");
    let once = events(&hub.client()).await;
    let of = |event: &&Event| {
        event.customer.as_ref() == Some(&customer.id)
            && matches!(event.kind, EventKind::ReminderFired(_))
    };
    assert_eq!(once.iter().filter(of).count(), 1, "R-REM-2: exactly once");
}

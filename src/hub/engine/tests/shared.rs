//! Two engines on one log, each with clients of its own, as two hubs would be: what either acknowledges is
//! there once, and both have the same entries.

use super::{assert_dense, entries, org, start, texts, write, write_as};
use crate::{
    hub::{
        engine::{Hub, HubError, LogFollower},
        log::{
            Append, Log, LogError, Pos, Stored,
            faulty::{Appends, Faults, Through},
            memory::MemoryLog,
        },
        shelf::HistoryQuery,
        timers,
    },
    model::{
        Body, CallId, Caller, Channel, ChannelNumber, CustomerCommand, CustomerNumber, CustomerRef,
        EntryId, EventKind, NetworkCommand, OrgId, Receipt, Reminder, Seq, Timestamp,
    },
    rules::World,
};
use futures_util::future::{BoxFuture, join_all};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// How many of each engine's clients write at once.
const CLIENTS: usize = 32;

async fn world(hub: &Hub) -> World {
    hub.read(&org(), World::clone).await.expect("readable")
}

fn names(entries: &[Stored]) -> Vec<EntryId> {
    entries.iter().map(|stored| stored.entry.id).collect()
}

/// Lets one of a hundred customers write `text`, under a key of its own, until the hub says what became of
/// it. Returns how often the hub was busy or did not know.
async fn insist(hub: &Hub, text: String) -> usize {
    let customer = text.bytes().map(usize::from).sum::<usize>() % 100;
    let command = NetworkCommand::ReceiveMessage {
        from: CustomerNumber::telco(&format!("+2547000000{customer:02}")),
        to: ChannelNumber::new(Channel::Sms, "40404"),
        body: Body::text(&text),
    };
    let call = Some((CallId::from(&*format!("the-key-of-{text}")), [7; 32]));
    for tries in 0..100 {
        match hub.submit(&org(), Caller::default(), call.clone(), command.clone().into()).await {
            Ok(receipt) => {
                assert!(receipt.is_ok(), "{text}: {receipt:?}");
                return tries;
            }
            Err(HubError::Busy | HubError::Unknown(_)) => {}
            Err(error) => panic!("{text}: {error}"),
        }
    }
    panic!("{text}: nobody knows after all this time");
}

/// Lets an engine's clients write `count` texts between them. Returns how often they had to ask again.
async fn clients(hub: &Hub, name: &str, count: usize) -> usize {
    let client = |client: usize| async move {
        let mut again = 0;
        for i in (client..count).step_by(CLIENTS) {
            again += insist(hub, format!("{name}-{i}")).await;
        }
        again
    };
    join_all((0..CLIENTS).map(client)).await.into_iter().sum()
}

/// Follows this engine's feed until so many entries have come.
async fn follow(hub: Hub, count: usize) -> Vec<Stored> {
    let mut follower = LogFollower::new(&hub, &org(), Seq(0)).expect("served");
    let mut all = Vec::new();
    while all.len() < count {
        all.extend(follower.next().await.expect("the hub runs"));
    }
    all
}

/// Gives each engine `count` commands, and shows that both have all of them afterwards, in the same order.
/// Returns how often a client had to ask again, and the texts in the order of the log.
async fn share(a: Hub, b: Hub, log: Arc<dyn Log>, count: usize) -> (usize, Vec<String>) {
    let feeds = [&a, &b].map(|hub| tokio::spawn(follow(hub.clone(), 2 * count)));
    let writing = [(&a, "a"), (&b, "b")].map(|(hub, name)| {
        let hub = hub.clone();
        tokio::spawn(async move { clients(&hub, name, count).await })
    });
    let mut again = 0;
    for writing in writing {
        again += writing.await.expect("written");
    }

    let [of_a, of_b] = feeds;
    let (of_a, of_b) = (of_a.await.expect("followed"), of_b.await.expect("followed"));
    assert_dense(&of_a);
    assert!(names(&of_a) == names(&of_b), "both feeds have each entry, in order");
    assert!(names(&entries(&a).await) == names(&of_a), "and so has whoever comes later");
    assert!(names(&entries(&b).await) == names(&of_a), "and so has whoever comes later");
    let said = texts(&of_a);
    let all = ["a", "b"].iter().flat_map(|name| (0..count).map(move |i| format!("{name}-{i}")));
    let sorted: BTreeSet<String> = said.iter().cloned().collect();
    assert!(sorted == all.collect(), "each command is there");
    assert_eq!(said.len(), 2 * count, "and once");
    let (of_a, of_b) = (world(&a).await, world(&b).await);
    assert!(of_a == of_b, "the same World");
    a.stop().await;
    b.stop().await;
    let third = start(log, None).await;
    assert!(world(&third).await == of_a, "and that of the log");
    third.stop().await;
    (again, said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_commands_of_two_engines_are_there_once() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    let (a, b) = (start(Arc::clone(&log), None).await, start(Arc::clone(&log), None).await);
    let (again, said) = share(a, b, log, 5_000).await;
    assert_eq!(again, 0, "nobody was turned away");
    // Neither engine starves: each has its part of the log for as long as both write.
    let of_a = said[..5_000].iter().filter(|text| text.starts_with('a')).count();
    assert!((500..=4_500).contains(&of_a), "{of_a} of the first 5,000 entries");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_when_the_log_misbehaves_to_both() {
    let mut faults = 0;
    for seed in 0..10 {
        let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
        let logs = [seed, seed + 100].map(|seed| Through::new(Arc::clone(&log), Faults::new(seed)));
        let [a, b] = logs.clone().map(|log| start(log, None));
        share(a.await, b.await, log, 100).await;
        faults += logs.iter().map(|log| log.appends.count()).sum::<u64>();
    }
    assert!(faults > 100, "{faults} faults test little");
}

/// The second engine gets no commands; its feed is only followed.
#[tokio::test]
async fn an_idle_engine_shows_what_another_writes() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    let (busy, idle) = (start(Arc::clone(&log), None).await, start(log, None).await);
    let mut head = idle.head(&org()).expect("served");
    let mut follower = LogFollower::at_head(&idle, &org()).expect("served");
    for n in 1..=20 {
        let text = format!("hello {n}");
        write(&busy, &text).await.expect("an answer");
        head.wait_for(|head| head.0 == n).await.expect("the hub runs");
        assert_eq!(texts(&follower.next().await.expect("the hub runs")), [&*text], "the feed");
        let query = HistoryQuery { limit: 1, words: text.clone(), ..HistoryQuery::default() };
        let page = idle.history(&org(), query).await.expect("a page");
        assert_eq!(texts(&page.entries), [text], "history");
    }
    assert!(world(&busy).await == world(&idle).await);
    // R-REPLY-5 holds between the two: what one has acknowledged, a reader of the other sees.
    for n in 21..=40 {
        write(&busy, "more").await.expect("an answer");
        assert_eq!(idle.read(&org(), |world| world.head().0).await, Ok(Seq(n)));
    }
    busy.stop().await;
    idle.stop().await;
}

/// D-IDEM: one key has one receipt, whichever engine is asked.
#[tokio::test]
async fn a_key_is_answered_by_every_engine_alike() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    let (a, b) = (start(Arc::clone(&log), None).await, start(log, None).await);
    let first = write_as(&a, Some("key-0001"), "hello").await.expect("an answer");
    assert_eq!(write_as(&b, Some("key-0001"), "hello").await.expect("an answer"), first);
    assert!(!write_as(&b, Some("key-0001"), "other").await.expect("an answer").is_ok());
    // Both engines get the same call at the same moment.
    for n in 0..50 {
        let key = format!("key-of-{n}");
        let (one, other) =
            tokio::join!(write_as(&a, Some(&key), "hello"), write_as(&b, Some(&key), "hello"));
        assert_eq!(one.expect("an answer"), other.expect("an answer"));
    }
    assert_eq!(texts(&entries(&b).await).len(), 51);
    a.stop().await;
    b.stop().await;
}

/// A log in which another writer is always faster.
struct Slow;

impl Appends for Slow {
    fn append<'a>(
        &'a self,
        _: &'a dyn Log,
        _: &'a OrgId,
        _: Pos,
        _: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>> {
        Box::pin(async { Ok(Append::Conflict) })
    }
}

#[tokio::test]
async fn whoever_always_loses_is_told_that_nothing_was_done() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    let hub = start(Through::new(Arc::clone(&log), Slow), None).await;
    let said: Vec<Result<Receipt, HubError>> = join_all((0..5).map(|_| write(&hub, "hello"))).await;
    assert_eq!(said, vec![Err(HubError::Busy); 5]);
    assert!(log.read(&org(), Pos(0), 10).await.expect("readable").is_empty());
    assert_eq!(hub.read(&org(), |world| world.head().0).await, Ok(Seq(0)), "it serves on");
    hub.stop().await;
}

/// Every hub has timers that sweep what is due, and still each thing is done once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_is_done_once_however_many_hubs_have_timers() {
    const REMINDERS: usize = 1_000;
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    let (a, b) = (start(Arc::clone(&log), None).await, start(log, None).await);
    let caller = Caller { app: Some("app".into()), ..Caller::default() };
    let due = a.now(&org()).after(Duration::from_hours(1));
    for n in 0..REMINDERS {
        let customer = CustomerRef::Number(CustomerNumber::telco(&format!("+25470000{n:04}")));
        let reminder = Reminder {
            app: "app".into(),
            key: "call back".into(),
            remind_at: due,
            ..Reminder::default()
        };
        let add = CustomerCommand::AddReminder { customer, reminder };
        let said = a.submit(&org(), caller.clone(), None, add.into()).await.expect("an answer");
        assert!(said.is_ok(), "{said:?}");
    }
    let mut tasks = JoinSet::new();
    timers::start(&a, &mut tasks);
    timers::start(&b, &mut tasks);
    let later = NetworkCommand::MoveClock { by: Duration::from_hours(2) };
    a.submit(&org(), Caller::default(), None, later.into()).await.expect("an answer");
    let mut follower = LogFollower::new(&b, &org(), Seq(0)).expect("served");
    let mut reminded = Vec::new();
    while reminded.len() < REMINDERS {
        let batch = follower.next().await.expect("the hub runs");
        let events = batch.iter().flat_map(|stored| &stored.entry.events);
        reminded.extend(events.filter_map(|event| match &event.kind {
            EventKind::ReminderFired { .. } => event.customer.clone(),
            _ => None,
        }));
    }
    let settings = a.settings(&org()).expect("served");
    assert_eq!(a.read(&org(), move |world| world.next_due(&settings)).await, Ok(None::<Timestamp>));
    assert_eq!(reminded.iter().collect::<BTreeSet<_>>().len(), REMINDERS);
    assert_eq!(reminded.len(), REMINDERS, "once each");
    assert!(world(&a).await == world(&b).await);
    a.stop().await;
    b.stop().await;
}

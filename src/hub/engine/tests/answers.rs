//! What callers get as answers, and when they get them.

use super::{entries, known, org, start, texts, write, write_as};
use crate::{
    hub::{
        engine::{Hub, HubError},
        log::{
            Append, Log, LogError, Pos, Stored,
            faulty::{Appends, Through},
            memory::MemoryLog,
        },
        shelf::HistoryQuery,
    },
    model::{Caller, NetworkCommand, OrgId, Seq},
};
use futures_util::future::BoxFuture;
use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

/// Counts appends, and fails or holds those that a test wants to fail or to hold.
struct Watched {
    count: AtomicUsize,
    fail: Box<dyn Fn(usize) -> Option<LogError> + Send + Sync>,
}

impl Watched {
    fn log(fail: impl Fn(usize) -> Option<LogError> + Send + Sync + 'static) -> Arc<Through<Self>> {
        let watched = Self { count: AtomicUsize::new(0), fail: Box::new(fail) };
        Through::new(Arc::new(MemoryLog::new()), watched)
    }

    /// A log whose first append waits in the middle, and the gate: it is passed once by the append and the
    /// test together when the append has come, and once more to let it go on.
    fn held() -> (Arc<Through<Self>>, Arc<Barrier>) {
        let gate = Arc::new(Barrier::new(2));
        let inside = Arc::clone(&gate);
        let hold = move |n| {
            if n == 0 {
                inside.wait();
                inside.wait();
            }
            None
        };
        (Self::log(hold), gate)
    }
}

impl Appends for Watched {
    fn append<'a>(
        &'a self,
        log: &'a dyn Log,
        org: &'a OrgId,
        at: Pos,
        batch: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>> {
        let n = self.count.fetch_add(1, Ordering::SeqCst);
        match (self.fail)(n) {
            Some(error) => Box::pin(async move { Err(error) }),
            None => log.append(org, at, batch),
        }
    }
}

async fn memory() -> Hub {
    start(Arc::new(MemoryLog::new()), None).await
}

/// R-REPLY-5: whoever has a receipt sees its effect everywhere.
#[tokio::test]
async fn an_answer_is_seen_by_every_reader_at_once() {
    let hub = memory().await;
    for i in 1..=50 {
        let text = format!("hello {i}");
        assert!(write(&hub, &text).await.expect("an answer").is_ok());
        assert_eq!(known(&hub).await, i, "the World");
        assert_eq!(texts(&entries(&hub).await).last(), Some(&text), "the feed");
        let query = HistoryQuery { limit: 1, words: text.clone(), ..HistoryQuery::default() };
        let page = hub.history(&org(), query).await.expect("a page");
        assert_eq!(texts(&page.entries), [text], "history");
        let found = hub.find(&org(), "700000001", 5).await.expect("an answer");
        assert_eq!(found.total, 1, "search");
    }
    let head = *hub.head(&org()).expect("served").borrow();
    assert_eq!(head.0, entries(&hub).await.len() as u64);
    hub.stop().await;
}

/// While an append is under way, readers are answered at once, and with what is durable.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_does_not_wait_for_the_writer_and_sees_only_what_is_durable() {
    let (log, gate) = Watched::held();
    let hub = start(log, None).await;
    let writing = {
        let hub = hub.clone();
        tokio::spawn(async move { write(&hub, "a").await })
    };
    gate.wait();
    assert_eq!(known(&hub).await, 0);
    let scanned = hub.scan(&org(), |world| world.customers().count()).await;
    assert_eq!(scanned, Ok(0));
    gate.wait();
    writing.await.expect("joined").expect("an answer");
    assert_eq!(known(&hub).await, 1);
}

/// R-LIMIT-2: a question about many customers waits for the one before it, also when whoever asked that
/// one has gone, and meanwhile everything else goes on.
#[tokio::test(flavor = "multi_thread")]
async fn questions_about_many_customers_are_answered_one_at_a_time_beside_the_work() {
    let hub = memory().await;
    let gate = Arc::new(Barrier::new(2));
    let first = {
        let (hub, gate) = (hub.clone(), Arc::clone(&gate));
        tokio::spawn(async move {
            let ask = move |_: &crate::rules::World| {
                gate.wait();
                gate.wait();
            };
            hub.scan(&org(), ask).await
        })
    };
    gate.wait();
    first.abort();
    assert!(first.await.expect_err("aborted").is_cancelled());
    let org = org();
    let mut second = Box::pin(hub.scan(&org, |world| world.customers().count()));
    assert!(futures_util::poll!(&mut second).is_pending());
    write(&hub, "meanwhile").await.expect("an answer");
    assert_eq!(known(&hub).await, 1);
    assert!(futures_util::poll!(&mut second).is_pending());
    gate.wait();
    assert_eq!(second.await, Ok(1));
}

#[tokio::test]
async fn many_clients_share_one_append() {
    let log = Watched::log(|_| None);
    let hub = start(Arc::clone(&log) as Arc<dyn Log>, None).await;
    let clients = (0..64).map(|client| {
        let hub = hub.clone();
        async move {
            for i in 0..20 {
                write(&hub, &format!("{client}-{i}")).await.expect("an answer");
            }
        }
    });
    futures_util::future::join_all(clients).await;
    let appends = log.appends.count.load(Ordering::SeqCst);
    assert!(appends < 1280 / 4, "{appends} appends for 1280 commands");
    let mut said = texts(&entries(&hub).await);
    said.sort();
    said.dedup();
    assert_eq!(said.len(), 1280);
}

/// D-IDEM: the same key again gets the same receipt and does nothing; another request is refused.
#[tokio::test]
async fn a_repeated_call_is_answered_from_the_log() {
    let hub = memory().await;
    let first = write_as(&hub, Some("key-0001"), "hello").await.expect("an answer");
    let again = write_as(&hub, Some("key-0001"), "hello").await.expect("an answer");
    assert_eq!(first, again);
    let other = write_as(&hub, Some("key-0001"), "other").await.expect("an answer");
    assert!(!other.is_ok());
    // It holds within one turn too, before the first of the two is stored.
    let (a, b) = tokio::join!(
        write_as(&hub, Some("key-0002"), "twice"),
        write_as(&hub, Some("key-0002"), "twice")
    );
    assert_eq!(a.expect("an answer"), b.expect("an answer"));
    assert_eq!(texts(&entries(&hub).await), ["hello", "twice"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_mailbox_is_said_and_nothing_is_done() {
    let (log, gate) = Watched::held();
    let hub = start(log, None).await;
    let blocked = {
        let hub = hub.clone();
        tokio::spawn(async move { write(&hub, "the first").await })
    };
    gate.wait();
    let mut waiting = Vec::new();
    let refused = loop {
        let mut next = Box::pin(write(&hub, "one of many"));
        match futures_util::poll!(&mut next) {
            std::task::Poll::Pending => waiting.push(next),
            std::task::Poll::Ready(said) => break said,
        }
    };
    assert_eq!(refused, Err(HubError::Busy));
    assert_eq!(waiting.len(), super::super::writer::MAILBOX);
    gate.wait();
    blocked.await.expect("joined").expect("an answer");
    let accepted = waiting.len() + 1;
    for next in waiting {
        next.await.expect("an answer");
    }
    assert_eq!(texts(&entries(&hub).await).len(), accepted);
}

#[tokio::test]
async fn after_a_stop_nothing_is_done() {
    let hub = memory().await;
    write(&hub, "before").await.expect("an answer");
    // Without the reading of the log beside the work, which a stop waits for, the stop is asked for at once.
    let scrub = hub.0.scrub.lock().expect("not poisoned").take().expect("a scrub");
    scrub.await.expect("without a panic");
    let ((), late) = tokio::join!(hub.stop(), async {
        tokio::task::yield_now().await;
        write(&hub, "after").await
    });
    assert_eq!(late, Err(HubError::Stopped));
    assert_eq!(write(&hub, "later").await, Err(HubError::Stopped));
    assert_eq!(hub.read(&org(), |_| ()).await, Err(HubError::Stopped));
    assert_eq!(texts(&entries_in_memory(&hub).await), ["before"]);
}

async fn entries_in_memory(hub: &Hub) -> Vec<Stored> {
    hub.entries_after(&org(), Seq(0), 100).await.expect("still in memory")
}

#[tokio::test]
async fn other_orgs_are_not_served() {
    let hub = memory().await;
    let other: OrgId = "other".into();
    assert_eq!(hub.orgs(), [org()]);
    let sweep = NetworkCommand::Sweep.into();
    let said = hub.submit(&other, Caller::default(), None, sweep).await;
    assert_eq!(said, Err(HubError::NoSuchOrg));
    assert_eq!(hub.cursor(&other, "x").await, Err(HubError::NoSuchOrg));
    assert!(hub.head(&other).is_err() && hub.settings(&other).is_none());
}

/// R-LOG-1: nothing was stored, so callers hear that, and writes resume by themselves.
#[tokio::test]
async fn a_full_disk_refuses_writes_and_serves_reads_until_there_is_room() {
    let full = |n| (n == 1 || n == 2).then(|| LogError::Unavailable("the disk is full".into()));
    let hub = start(Watched::log(full), None).await;
    write(&hub, "one").await.expect("an answer");
    for _ in 0..2 {
        let said = write(&hub, "lost").await;
        assert_eq!(said, Err(HubError::Unavailable("the disk is full".into())));
        assert_eq!(known(&hub).await, 1, "reads go on, without what was rolled back");
    }
    write(&hub, "two").await.expect("room again");
    assert_eq!(texts(&entries(&hub).await), ["one", "two"]);
    assert_eq!(*hub.failed().borrow(), None);
}

/// R-LOG-2: the outcome is not known, so nothing is written until a restart.
#[tokio::test]
async fn a_failed_commit_is_final() {
    let hub = start(Watched::log(|n| (n == 1).then(|| LogError::Fatal("EIO".into()))), None).await;
    let mut failed = hub.failed();
    write(&hub, "one").await.expect("an answer");
    assert!(matches!(write(&hub, "two").await, Err(HubError::Unknown(_))));
    let why = failed.wait_for(Option::is_some).await.expect("told").clone();
    assert!(why.is_some_and(|why| why.contains("EIO")));
    assert!(matches!(write(&hub, "three").await, Err(HubError::Unavailable(_))));
    assert_eq!(texts(&entries(&hub).await), ["one"]);
    hub.stop().await;
}

/// R-ORD-2: when an entry wakes somebody, its reply is on its way already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_ord_2_the_answer_goes_before_anyone_is_told() {
    let hub = start(Arc::new(MemoryLog::new()), None).await;
    for n in 0..300 {
        let mut head = hub.head(&org()).expect("the org");
        let text = n.to_string();
        let mut answer = Box::pin(write(&hub, &text));
        let at_once = std::future::poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await;
        if at_once.is_ready() {
            continue;
        }
        head.changed().await.expect("the hub runs");
        let answer = std::future::poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await;
        assert!(answer.is_ready(), "told of entry {n} before its reply");
    }
}

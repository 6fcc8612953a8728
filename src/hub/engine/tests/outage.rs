//! A log that takes nothing for a while (R-LOG-5): the hub says since when, why and how often it refused,
//! and notices the end of it by itself.

use super::{known, org, start, write};
use crate::{
    hub::{
        engine::{Hub, HubError},
        log::{
            Append, Log, LogError, Pos, Stored,
            faulty::{Appends, Through},
            memory::MemoryLog,
            sqlite::SqliteLog,
        },
    },
    model::{Caller, CustomerCommand, CustomerNumber, CustomerRef, OrgId, Receipt},
};
use futures_util::future::BoxFuture;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::time::Instant;

/// A log that has no room while a test says so, and counts how often it was tried.
#[derive(Default)]
struct Room {
    is_full: AtomicBool,
    probes: AtomicUsize,
}

impl Room {
    fn check(&self) -> Result<(), LogError> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(LogError::Unavailable("the disk is full".into()));
        }
        Ok(())
    }
}

impl Appends for Room {
    fn append<'a>(
        &'a self,
        log: &'a dyn Log,
        org: &'a OrgId,
        at: Pos,
        batch: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>> {
        Box::pin(async move {
            self.check()?;
            log.append(org, at, batch).await
        })
    }
    fn probe<'a>(&'a self, _: &'a dyn Log) -> BoxFuture<'a, Result<(), LogError>> {
        self.probes.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::ready(self.check()))
    }
}

/// Asks for something as an app does.
async fn ask(hub: &Hub, number: &str) -> Result<Receipt, HubError> {
    let meet = CustomerCommand::Meet(CustomerRef::Number(CustomerNumber::telco(number)));
    hub.submit(&org(), Caller::default(), None, meet.into()).await
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_with_how_many_were_refused_until_a_probe_or_a_write_is_stored() {
    let log = Through::new(Arc::new(MemoryLog::new()), Room::default());
    let hub = start(Arc::clone(&log) as Arc<dyn Log>, None).await;
    let mut outage = hub.outage();
    assert!(ask(&hub, "+254700000001").await.unwrap().is_ok());
    assert_eq!(*outage.borrow(), None);

    log.appends.is_full.store(true, Ordering::SeqCst);
    for n in 1..=3 {
        let said = ask(&hub, &format!("+25470000001{n}")).await;
        assert_eq!(said, Err(HubError::Unavailable("the disk is full".into())));
        let now = outage.borrow_and_update().clone().expect("told with the refusal");
        assert_eq!((now.why.as_str(), now.refused), ("the disk is full", n));
    }
    // What the hub's own workers want is refused too, but they ask again and are not counted.
    assert!(write(&hub, "from a network").await.is_err());
    assert_eq!(outage.borrow_and_update().as_ref().map(|now| now.refused), Some(3));
    assert_eq!(known(&hub).await, 0, "reads go on");

    // While it lasts it is tried once a second, whoever else asks for something meanwhile.
    let began = Instant::now();
    let tried = log.appends.probes.load(Ordering::SeqCst);
    while began.elapsed() < Duration::from_secs(10) {
        assert!(write(&hub, "from a network").await.is_err());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let tried = log.appends.probes.load(Ordering::SeqCst) - tried;
    assert!((9..=11).contains(&tried), "{tried} probes in 10 s");
    assert!(!outage.has_changed().unwrap());

    // Nobody writes, and still the end is noticed.
    log.appends.is_full.store(false, Ordering::SeqCst);
    let began = Instant::now();
    outage.wait_for(Option::is_none).await.unwrap();
    assert!(began.elapsed() <= Duration::from_secs(1), "{:?}", began.elapsed());
    let tried = log.appends.probes.load(Ordering::SeqCst);

    // Whoever writes before the next probe ends it as well.
    log.appends.is_full.store(true, Ordering::SeqCst);
    assert!(ask(&hub, "+254700000021").await.is_err());
    log.appends.is_full.store(false, Ordering::SeqCst);
    assert!(ask(&hub, "+254700000022").await.is_ok());
    assert_eq!(*outage.borrow(), None, "known with the answer");
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(log.appends.probes.load(Ordering::SeqCst), tried, "no probes while all is well");
    hub.stop().await;
}

/// The same with a real file that cannot grow.
#[tokio::test]
async fn r_log_5_a_real_log_is_tried_by_a_row_that_is_no_entry() {
    let dir = TempDir::new().expect("a folder");
    let log = Arc::new(SqliteLog::open(dir.path()).expect("a log"));
    let hub = start(Arc::clone(&log) as Arc<dyn Log>, None).await;
    let mut outage = hub.outage();
    log.limit_pages(8);
    let mut n = 0;
    while ask(&hub, &format!("+2547000{n:05}")).await.is_ok() {
        n += 1;
        assert!(n < 1_000, "the file is not limited");
    }
    let full = outage.borrow_and_update().clone();
    assert_eq!(full.map(|now| (now.why, now.refused)), Some(("the disk is full".into(), 1)));
    assert!(matches!(log.probe().await, Err(LogError::Unavailable(_))));

    log.limit_pages(100_000);
    let over = tokio::time::timeout(Duration::from_secs(20), outage.wait_for(Option::is_none));
    over.await.expect("noticed").unwrap();
    assert_eq!(super::entries(&hub).await.len(), n, "no entry came of it");
    hub.stop().await;
    drop((hub, log));

    // A lock of another program is told at once and not waited for.
    let log = SqliteLog::open(dir.path()).expect("a log");
    let other = rusqlite::Connection::open(dir.path().join("log.db")).expect("a file");
    let left: i64 = other
        .query_row("SELECT count(*) FROM meta WHERE key = 'probe'", [], |row| row.get(0))
        .expect("read");
    assert_eq!(left, 0, "nothing is left of it");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let began = Instant::now();
    let locked = log.probe().await.expect_err("locked").to_string();
    assert!(locked.contains("locked by another program"), "{locked}");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    other.execute_batch("ROLLBACK").expect("unlocked");
    log.probe().await.expect("free");
}

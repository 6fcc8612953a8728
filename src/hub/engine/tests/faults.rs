//! The engine on a log that misbehaves: nothing acknowledged is lost, nothing is applied twice.

use super::{assert_dense, entries, known, start, texts, write, write_as};
use crate::{
    hub::{
        engine::HubError,
        log::{
            Append, Log, LogError, Pos, Stored,
            faulty::{Appends, Faults, Through},
            memory::MemoryLog,
            sqlite::SqliteLog,
        },
    },
    model::OrgId,
};
use futures_util::future::BoxFuture;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tempfile::TempDir;

/// Lets eight clients write at once, and compares the log with what each of them was answered.
async fn run(log: Arc<dyn Log>, seed: u64) -> u64 {
    let faulty = Through::new(Arc::clone(&log), Faults::new(seed));
    let hub = start(Arc::clone(&faulty) as Arc<dyn Log>, None).await;
    let clients = (0..8).map(|client| {
        let hub = hub.clone();
        async move {
            let (mut acknowledged, mut unknown) = (Vec::new(), Vec::new());
            for i in 0..10 {
                let text = format!("{client}-{i}");
                match write(&hub, &text).await {
                    Ok(receipt) if receipt.is_ok() => acknowledged.push(text),
                    Err(HubError::Unknown(_)) => unknown.push(text),
                    other => panic!("seed {seed}: {other:?}"),
                }
            }
            (acknowledged, unknown)
        }
    });
    let told = futures_util::future::join_all(clients).await;
    let entries = entries(&hub).await;
    assert_dense(&entries);
    let said = texts(&entries);
    let once: BTreeSet<&String> = said.iter().collect();
    assert_eq!(once.len(), said.len(), "seed {seed}: applied twice");
    for text in told.iter().flat_map(|(acknowledged, _)| acknowledged) {
        assert!(once.contains(text), "seed {seed}: {text} was acknowledged and is lost");
    }
    let unknown = told.iter().map(|(_, unknown)| unknown.len()).sum::<usize>();
    assert!(said.len() + unknown >= 80, "seed {seed}: someone was told nothing");
    assert_eq!(known(&hub).await, said.len(), "seed {seed}: the World is that of the log");
    hub.stop().await;

    // Another process reads the same from the log.
    let again = start(log, None).await;
    assert_eq!(texts(&super::entries(&again).await), said, "seed {seed}: after a restart");
    again.stop().await;
    faulty.appends.count()
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_in_memory() {
    let mut faults = 0;
    for seed in 0..40 {
        faults += run(Arc::new(MemoryLog::new()), seed).await;
    }
    assert!(faults > 100, "{faults} faults test little");
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_on_disk() {
    let mut faults = 0;
    for seed in 100..110 {
        let dir = TempDir::new().expect("a folder");
        faults += run(Arc::new(SqliteLog::open(dir.path()).expect("a log")), seed).await;
    }
    assert!(faults > 20, "{faults} faults test little");
}

/// A log that claims not to know what became of the first append and keeps it, has no space for the second,
/// then stores the first one late, and works from then on.
#[derive(Default)]
struct Late {
    count: AtomicUsize,
    kept: Mutex<Vec<Stored>>,
}

impl Appends for Late {
    fn append<'a>(
        &'a self,
        log: &'a dyn Log,
        org: &'a OrgId,
        at: Pos,
        batch: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>> {
        Box::pin(async move {
            match self.count.fetch_add(1, Ordering::Relaxed) {
                0 => {
                    *self.kept.lock().expect("not poisoned") = batch.to_vec();
                    Ok(Append::Unknown)
                }
                1 => {
                    let kept = std::mem::take(&mut *self.kept.lock().expect("not poisoned"));
                    log.append(org, at, &kept).await?;
                    Err(LogError::Unavailable("no space".into()))
                }
                _ => log.append(org, at, batch).await,
            }
        })
    }
}

#[tokio::test]
async fn what_may_still_come_to_light_is_never_said_to_be_undone() {
    let log = Through::new(Arc::new(MemoryLog::new()), Late::default());
    let hub = start(log, None).await;
    let said = write_as(&hub, Some("late-write"), "late").await;
    assert!(matches!(said, Err(HubError::Unknown(_))), "{said:?}");
    // It was done after all; asking again with the same key does it no second time (D-IDEM).
    assert!(write_as(&hub, Some("late-write"), "late").await.unwrap().is_ok());
    assert!(write(&hub, "next").await.unwrap().is_ok());
    assert_eq!(texts(&entries(&hub).await), ["late", "next"]);
    hub.stop().await;
}

//! What every log promises. `contract!` runs each promise on each backend.

use super::{Bench, chain, entry, ids, memory, org, sqlite};
use crate::{
    hub::log::{
        Append, Log, PageSize, Pos, Stored,
        chain::{self as chains, ChainCursor},
        faulty::{Faults, Through},
    },
    model::{EntryId, OrgId},
    wire::entry::EntryLink,
};
use std::sync::Arc;

macro_rules! contract {
    ($($promise:ident)*) => {$(
        mod $promise {
            #[tokio::test]
            async fn memory() { super::$promise(&super::memory()).await }
            #[tokio::test]
            async fn sqlite() { super::$promise(&super::sqlite()).await }
        }
    )*};
}

contract! {
    returns_what_was_stored
    refuses_a_stale_position
    keeps_orgs_apart
    reads_pages_from_anywhere
    hands_on_what_it_reads
    keeps_void_entries
    finds_places
    tells_where_each_org_ends
    every_entry_once_whatever_the_log_does
}

async fn store(log: &dyn Log, org: &OrgId, at: Pos, batch: &[Stored]) -> Pos {
    match log.append(org, at, batch).await.expect("appended") {
        Append::Stored(pos) => pos,
        other => panic!("not stored: {other:?}"),
    }
}

async fn all(log: &dyn Log, org: &OrgId) -> Vec<(Pos, Stored)> {
    log.read(org, Pos(0), 10_000).await.expect("readable")
}

fn stored(rows: Vec<(Pos, Stored)>) -> Vec<Stored> {
    rows.into_iter().map(|(_, stored)| stored).collect()
}

async fn returns_what_was_stored(bench: &Bench) {
    let (log, a) = (&*bench.log, org("a"));
    let batch = chain(&a, None, 3);
    let pos = store(log, &a, Pos(0), &batch).await;
    let rows = all(log, &a).await;
    assert_eq!(rows.last().map(|(pos, _)| *pos), Some(pos));
    assert!(rows.is_sorted_by_key(|(pos, _)| *pos) && rows[0].0 > Pos(0));
    for (read, written) in stored(rows).iter().zip(&batch) {
        assert_eq!(read.entry, written.entry);
        assert_eq!(read.bytes, written.bytes);
    }
    assert_eq!(store(log, &a, pos, &[]).await, pos, "an empty batch changes nothing");
}

async fn refuses_a_stale_position(bench: &Bench) {
    let (log, a) = (&*bench.log, org("a"));
    let first = chain(&a, None, 2);
    let pos = store(log, &a, Pos(0), &first).await;
    let next = chain(&a, first.last(), 2);
    for stale in [Pos(0), Pos(pos.0 - 1), Pos(pos.0 + 1)] {
        assert_eq!(log.append(&a, stale, &next).await.expect("answered"), Append::Conflict);
    }
    assert_eq!(ids(&stored(all(log, &a).await)), ids(&first), "nothing of the batch was stored");
    store(log, &a, pos, &next).await;
}

async fn keeps_orgs_apart(bench: &Bench) {
    let (log, a, b) = (&*bench.log, org("a"), org("b"));
    let (of_a, of_b) = (chain(&a, None, 4), chain(&b, None, 4));
    let (mut at_a, mut at_b) = (Pos(0), Pos(0));
    for i in 0..4 {
        at_a = store(log, &a, at_a, &of_a[i..=i]).await;
        at_b = store(log, &b, at_b, &of_b[i..=i]).await;
    }
    assert_eq!(ids(&stored(all(log, &a).await)), ids(&of_a));
    assert_eq!(ids(&stored(all(log, &b).await)), ids(&of_b));
    assert!(all(log, &org("c")).await.is_empty());
    assert_eq!(log.at(&b, &[at_a]).await.expect("answered").len(), 0, "not b's");
}

async fn reads_pages_from_anywhere(bench: &Bench) {
    let (log, a) = (&*bench.log, org("a"));
    let written = chain(&a, None, 20);
    store(log, &a, Pos(0), &written).await;
    let mut read = Vec::new();
    let mut from = Pos(0);
    loop {
        let page = log.read(&a, from, 7).await.expect("readable");
        assert!(page.len() <= 7);
        let Some((last, _)) = page.last() else { break };
        from = *last;
        read.extend(stored(page));
    }
    assert_eq!(ids(&read), ids(&written));
}

/// Whoever hands entries on gets the same ones in pages of any size, and only at the end of the log none.
async fn hands_on_what_it_reads(bench: &Bench) {
    let (log, a, b) = (&*bench.log, org("a"), org("b"));
    let (of_a, of_b) = (chain(&a, None, 40), chain(&b, None, 3));
    let mut end = Pos(0);
    for batch in of_a.chunks(20) {
        end = store(log, &a, end, batch).await;
        let at_b = log.read(&b, Pos(0), 10).await.expect("readable").last().map(|(pos, _)| *pos);
        store(log, &b, at_b.unwrap_or_default(), &of_b[at_b.map_or(0..1, |_| 1..3)]).await;
    }
    let bytes = of_a[0].bytes.len();
    for page in [
        PageSize::of(1_000),
        PageSize::of(7),
        PageSize { entries: 10, bytes: 4 * bytes },
        PageSize { entries: 10, bytes: 1 },
    ] {
        let (mut place, mut handed) = (ChainCursor::default(), Vec::new());
        loop {
            let next = chains::follow_raw(log, &a, &mut place, page).await.expect("readable");
            let size: usize = next.iter().map(|(_, raw)| raw.bytes.len()).sum();
            assert!(next.len() <= page.entries && (size <= page.bytes || next.len() == 1));
            if next.is_empty() {
                break;
            }
            handed.extend(next.into_iter().map(|(_, raw)| raw));
        }
        assert_eq!(place.pos, end);
        assert_eq!(handed.len(), 40, "{page:?}");
        for (raw, written) in handed.iter().zip(&of_a) {
            assert_eq!((raw.link, &raw.bytes), (EntryLink::from(&*written.entry), &written.bytes));
        }
    }
}

async fn keeps_void_entries(bench: &Bench) {
    let (log, a) = (&*bench.log, org("a"));
    let (one, other) = (entry(&a, None, "one"), entry(&a, None, "other"));
    let pos = store(log, &a, Pos(0), std::slice::from_ref(&one)).await;
    store(log, &a, pos, std::slice::from_ref(&other)).await;
    assert_eq!(ids(&stored(all(log, &a).await)), ids(&[one, other]), "meaning is not its business");
}

async fn finds_places(bench: &Bench) {
    let (log, a) = (&*bench.log, org("a"));
    store(log, &a, Pos(0), &chain(&a, None, 9)).await;
    let rows = all(log, &a).await;
    let wanted: Vec<Pos> = [7, 2, 5].map(|i: usize| rows[i].0).into();
    let found = log.at(&a, &[&wanted[..], &[Pos(4711)]].concat()).await.expect("readable");
    let expected: Vec<Stored> = [7, 2, 5].map(|i: usize| rows[i].1.clone()).into();
    assert_eq!(ids(&found), ids(&expected));
}

async fn tells_where_each_org_ends(bench: &Bench) {
    let (log, a, b) = (&*bench.log, org("a"), org("b"));
    let mut newest = log.newest();
    let at_a = store(log, &a, Pos(0), &chain(&a, None, 2)).await;
    assert!(newest.has_changed().expect("open"), "told before the answer");
    assert_eq!(newest.borrow_and_update().get(&a), Some(&at_a));
    assert_eq!(
        log.append(&a, Pos(0), &chain(&a, None, 1)).await.expect("answered"),
        Append::Conflict
    );
    assert!(!newest.has_changed().expect("open"), "nothing was stored");
    let waiting = tokio::spawn(async move {
        newest.changed().await.expect("open");
        newest.borrow_and_update().clone()
    });
    let at_b = store(log, &b, Pos(0), &chain(&b, None, 1)).await;
    let ends = waiting.await.expect("woken");
    assert_eq!((ends.get(&a), ends.get(&b)), (Some(&at_a), Some(&at_b)));
    assert_eq!(log.newest().borrow().get(&b), Some(&at_b), "whoever comes late sees it too");
}

/// The valid entries of a log, found as every reader does.
fn valid(rows: &[(Pos, Stored)]) -> Vec<Stored> {
    let mut head = EntryId::default();
    let mut valid = Vec::new();
    for (_, stored) in rows {
        if stored.entry.prev_id == head {
            head = stored.entry.id;
            valid.push(stored.clone());
        }
    }
    valid
}

/// A writer that trusts nothing but the chain loses nothing and stores nothing twice.
async fn every_entry_once_whatever_the_log_does(bench: &Bench) {
    for seed in 0..20 {
        let org = org(&format!("org-{seed}"));
        let log = Through::new(Arc::clone(&bench.log), Faults::new(seed));
        for i in 0..20 {
            // All attempts for one wish are remembered, since a late one may still arrive.
            let mut tried: Vec<EntryId> = Vec::new();
            loop {
                let rows = all(&*log, &org).await;
                let chain = valid(&rows);
                if chain.iter().any(|stored| tried.contains(&stored.entry.id)) {
                    break;
                }
                let next = entry(&org, chain.last(), &format!("wish {i}"));
                tried.push(next.entry.id);
                let end = rows.last().map_or(Pos(0), |(pos, _)| *pos);
                let said = log.append(&org, end, &[next]).await.expect("answered");
                if matches!(said, Append::Stored(_)) {
                    break;
                }
            }
        }
        let chain = valid(&all(&*log, &org).await);
        let said: Vec<String> = chain.iter().map(|s| s.entry.events[0].sentence()).collect();
        let expected: Vec<String> = (0..20).map(|i| format!("wish {i}")).collect();
        assert_eq!(said, expected, "seed {seed}");
        assert!(chain.iter().zip(1..).all(|(s, n)| s.entry.seq.0 == n), "dense, seed {seed}");
        assert!(log.appends.count() > 0, "seed {seed} tests nothing");
    }
}

//! A log that is gone with its process, for tests, for demonstrations and for hubs without a data
//! folder, which say so (`durability: memory`). It keeps the contract of every other backend.

use super::{Append, Durability, Log, LogEnds, LogError, PageSize, Pos, RawEntry, Stored, moved};
use crate::{hub::clock, model::OrgId};
use futures_util::future::BoxFuture;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// Entries of all orgs in memory, in the order in which they were stored.
#[derive(Debug)]
pub struct MemoryLog {
    id: String,
    rows: Mutex<Rows>,
    newest: watch::Sender<LogEnds>,
}

#[derive(Debug, Default)]
struct Rows {
    all: BTreeMap<Pos, (OrgId, Stored)>,
    last: BTreeMap<OrgId, Pos>,
}

impl Rows {
    fn of(&self, org: &OrgId, from: Pos, limit: usize) -> Vec<(Pos, Stored)> {
        self.all
            .range(Pos(from.0.saturating_add(1))..)
            .filter(|(_, (of, _))| of == org)
            .take(limit)
            .map(|(pos, (_, stored))| (*pos, stored.clone()))
            .collect()
    }
}

fn lock(rows: &Mutex<Rows>) -> MutexGuard<'_, Rows> {
    // Every change under this lock is a plain insert, so a panic cannot leave it half done.
    rows.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryLog {
    #[must_use]
    pub fn new() -> Self {
        Self { id: clock::fresh_name(), rows: Mutex::default(), newest: watch::Sender::default() }
    }

    /// An empty log that claims to be the one of that name, as a restored copy would.
    #[cfg(any(test, feature = "trust"))]
    #[must_use]
    pub fn named(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::new() }
    }

    fn store(&self, org: &OrgId, at: Pos, batch: &[Stored]) -> Append {
        let mut rows = lock(&self.rows);
        if rows.last.get(org).copied().unwrap_or_default() != at {
            return Append::Conflict;
        }
        let mut pos = rows.all.last_key_value().map(|(pos, _)| *pos).unwrap_or_default();
        for stored in batch {
            pos = Pos(pos.0 + 1);
            rows.all.insert(pos, (org.clone(), stored.clone()));
        }
        if batch.is_empty() {
            return Append::Stored(at);
        }
        rows.last.insert(org.clone(), pos);
        drop(rows);
        moved(&self.newest, org, pos);
        Append::Stored(pos)
    }
}

impl Log for MemoryLog {
    fn id(&self) -> &str {
        &self.id
    }
    fn durability(&self) -> Durability {
        Durability::Memory
    }
    fn append<'a>(
        &'a self,
        org: &'a OrgId,
        at: Pos,
        batch: &'a [Stored],
    ) -> BoxFuture<'a, Result<Append, LogError>> {
        Box::pin(async move { Ok(self.store(org, at, batch)) })
    }
    fn probe(&self) -> BoxFuture<'_, Result<(), LogError>> {
        Box::pin(std::future::ready(Ok(())))
    }
    fn read<'a>(
        &'a self,
        org: &'a OrgId,
        from: Pos,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Pos, Stored)>, LogError>> {
        Box::pin(async move { Ok(lock(&self.rows).of(org, from, limit)) })
    }
    fn scan<'a>(
        &'a self,
        org: &'a OrgId,
        from: Pos,
        page: PageSize,
    ) -> BoxFuture<'a, Result<Vec<(Pos, RawEntry)>, LogError>> {
        Box::pin(async move {
            let mut rows = lock(&self.rows).of(org, from, page.entries);
            rows.truncate(page.fit(rows.iter().map(|(_, stored)| stored.bytes.len())));
            Ok(rows.into_iter().map(|(pos, stored)| (pos, stored.into())).collect())
        })
    }
    fn at<'a>(
        &'a self,
        org: &'a OrgId,
        places: &'a [Pos],
    ) -> BoxFuture<'a, Result<Vec<Stored>, LogError>> {
        Box::pin(async move {
            let rows = lock(&self.rows);
            let found = places.iter().filter_map(|pos| rows.all.get(pos));
            Ok(found.filter(|(of, _)| of == org).map(|(_, stored)| stored.clone()).collect())
        })
    }
    fn newest(&self) -> watch::Receiver<LogEnds> {
        self.newest.subscribe()
    }
}

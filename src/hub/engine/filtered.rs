//! Searches the past with a filter, backwards or forwards and a bounded piece at a time (R-FEED-5).
//!
//! No index helps: that of the shelf knows beginnings of words, and a filter looks for parts of them and for
//! much else. So entries are read as pages of history are, decoded and asked. Whoever wants to know more asks
//! again from where this came to, and whoever has had enough does not.

use super::{Hub, HubError, LogReader};
use crate::{
    hub::{log::Stored, shelf::HistoryQuery},
    model::{OrgId, Seq, Timestamp},
    query::Filter,
};
use std::{sync::Arc, time::Duration};
use tokio::{task::spawn_blocking, time::Instant};

/// How many entries are read at once.
const AT_ONCE: usize = 500;
/// How long a piece of a search takes, but for the last entries that are read at once.
const AS_LONG: Duration = Duration::from_millis(100);

/// What a piece of a search has found.
#[derive(Clone, Debug, Default)]
pub struct SearchedEntries {
    /// The entries with an event that matches, newest first; forwards the oldest first.
    pub entries: Vec<Stored>,
    /// Everything from this place on was looked at, and 1 if there is nothing older; forwards everything up to it.
    pub searched_to: Seq,
    /// When the entry there was decided; `None` if none was looked at.
    pub searched_at: Option<Timestamp>,
    /// How many entries the index has still to read before the search can go on (R-REPLY-6).
    pub unread: u64,
}

impl Hub {
    /// Looks for at most so many entries and about so many bytes of them before a place, or from the newest
    /// on. Like questions about many customers, searches of an org take turns (R-LIMIT-2).
    pub async fn search(
        &self,
        org: &OrgId,
        before: Option<Seq>,
        filter: Arc<Filter>,
        (limit, bytes): (usize, usize),
    ) -> Result<SearchedEntries, HubError> {
        let _turn = self.turn(org).await?;
        let begun = Instant::now();
        let end = self.org(org)?.published.newest().next();
        let mut found = SearchedEntries {
            searched_to: before.map_or(end, |before| end.min(before)).max(Seq(1)),
            ..SearchedEntries::default()
        };
        let mut room = bytes;
        while found.searched_to > Seq(1) {
            let before = Some(found.searched_to);
            let query = HistoryQuery { before, limit: AT_ONCE, ..HistoryQuery::default() };
            let page = self.history(org, query).await?;
            found.unread = page.unread;
            if page.entries.is_empty() {
                // Either there is nothing older, or the index has not come so far yet.
                found.searched_to = if page.more { found.searched_to } else { Seq(1) };
                break;
            }
            let looked_at = asked(&filter, page.entries).await?;
            if found.take(looked_at, limit, &mut room) {
                return Ok(found);
            }
            if !page.more {
                found.searched_to = Seq(1);
            }
            if begun.elapsed() >= AS_LONG {
                break;
            }
        }
        Ok(found)
    }

    /// The same towards newer entries, after a place.
    pub async fn search_on(
        &self,
        org: &OrgId,
        after: Seq,
        filter: Arc<Filter>,
        (limit, bytes): (usize, usize),
    ) -> Result<SearchedEntries, HubError> {
        let _turn = self.turn(org).await?;
        let begun = Instant::now();
        let mut found = SearchedEntries { searched_to: after, ..SearchedEntries::default() };
        let (mut room, mut reader) = (bytes, LogReader::new(self, org, after));
        loop {
            let entries = reader.entries(AT_ONCE).await?;
            if entries.is_empty() {
                return Ok(found);
            }
            let looked_at = asked(&filter, entries).await?;
            if found.take(looked_at, limit, &mut room) || begun.elapsed() >= AS_LONG {
                return Ok(found);
            }
        }
    }
}

impl SearchedEntries {
    /// Notes entries that were looked at, each with whether it matches, and keeps those that do. Returns whether
    /// there are enough now; the rest was not looked at then.
    fn take(&mut self, entries: Vec<(Stored, bool)>, limit: usize, room: &mut usize) -> bool {
        for (stored, is_match) in entries {
            let (seq, at) = (stored.entry.seq, stored.entry.at);
            if is_match {
                let left = room.checked_sub(stored.bytes.len());
                if left.is_none() && !self.entries.is_empty() {
                    return true;
                }
                *room = left.unwrap_or_default();
                self.entries.push(stored);
            }
            (self.searched_to, self.searched_at) = (seq, Some(at));
            if self.entries.len() >= limit {
                return true;
            }
        }
        false
    }
}

/// Beside each entry, whether one of its events matches.
async fn asked(
    filter: &Arc<Filter>,
    entries: Vec<Stored>,
) -> Result<Vec<(Stored, bool)>, HubError> {
    let filter = Arc::clone(filter);
    let is_match =
        move |stored: &Stored| stored.entry.events.iter().any(|event| filter.matches(event));
    let beside = move |stored| (is_match(&stored), stored);
    let all = move || entries.into_iter().map(beside).map(|(yes, one)| (one, yes)).collect();
    let bug = |error| HubError::Unavailable(format!("the search met a bug: {error}"));
    spawn_blocking(all).await.map_err(bug)
}

//! Searches the past with a filter, backwards and a bounded piece at a time (R-FEED-5).
//!
//! No index helps: that of the shelf knows beginnings of words, and a filter looks for parts of them and for
//! much else. So entries are read as pages of history are, decoded and asked. Whoever wants to know more asks
//! again from where this came to, and whoever has had enough does not.

use super::{Hub, HubError};
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
    /// The entries with an event that matches, newest first.
    pub entries: Vec<Stored>,
    /// Everything from this place on was looked at; 1 if there is nothing older.
    pub searched_to: Seq,
    /// When the oldest entry that was looked at was decided; `None` if none was.
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
            let (filter, entries) = (Arc::clone(&filter), page.entries);
            let asked = spawn_blocking(move || asked(&filter, entries)).await;
            let bug = |error| HubError::Unavailable(format!("the search met a bug: {error}"));
            for (stored, is_match) in asked.map_err(bug)? {
                let (seq, at) = (stored.entry.seq, stored.entry.at);
                if is_match {
                    let left = room.checked_sub(stored.bytes.len());
                    if left.is_none() && !found.entries.is_empty() {
                        return Ok(found);
                    }
                    room = left.unwrap_or_default();
                    found.entries.push(stored);
                }
                (found.searched_to, found.searched_at) = (seq, Some(at));
                if found.entries.len() >= limit {
                    return Ok(found);
                }
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
}

/// Beside each entry, whether one of its events matches.
fn asked(filter: &Filter, entries: Vec<Stored>) -> Vec<(Stored, bool)> {
    let is_match = |stored: &Stored| stored.entry.events.iter().any(|event| filter.matches(event));
    entries
        .into_iter()
        .map(|stored| (is_match(&stored), stored))
        .map(|(yes, one)| (one, yes))
        .collect()
}

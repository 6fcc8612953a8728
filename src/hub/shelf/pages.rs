//! Pages of an org's past, from the index and the log. They are as of the org's newest entry, or so far as
//! the index has come (R-REPLY-6).

use super::{HistoryQuery, Shelf, ShelfError, StoredPage, batch::ANCHOR_EVERY, follow::WAITED_FOR};
use crate::{
    hub::log::{Log, LogError, Pos, Stored, chain},
    model::{OrgId, Seq},
};

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error(transparent)]
    Index(#[from] ShelfError),
    #[error(transparent)]
    Log(#[from] LogError),
}

/// How many entries are read from the log at once.
const AT_ONCE: usize = 512;

impl HistoryQuery {
    /// If places alone say which entries are on the page: the place before its oldest entry, and its newest
    /// one. `None` if the page has to be searched for. What is up to `begin` went out of the log.
    #[must_use]
    pub fn places(&self, begin: Seq, head: Seq) -> Option<(Seq, Seq)> {
        let newest = self.before.map_or(head, |before| head.min(Seq(before.0.saturating_sub(1))));
        let newest = newest.max(begin);
        let page = u64::try_from(self.page()).unwrap_or(u64::MAX);
        let after = Seq(newest.0.saturating_sub(page)).max(begin);
        self.is_by_place().then_some((after, newest))
    }
}

impl StoredPage {
    /// The entries after the place `after`, given the oldest first, of a log that begins after `begin`.
    #[must_use]
    pub fn by_place(begin: Seq, after: Seq, mut entries: Vec<Stored>) -> Self {
        entries.reverse();
        Self { entries, more: after > begin, unread: 0 }
    }
}

impl Shelf {
    /// A page of the past.
    pub async fn page(
        &self,
        log: &dyn Log,
        org: &OrgId,
        head: Seq,
        query: HistoryQuery,
    ) -> Result<StoredPage, PageError> {
        let begin = log.begin(org).place;
        if let Some((after, newest)) = query.places(begin.seq, head) {
            let (mut place, unread) = self.anchor_up_to(org, newest, after).await?;
            place.begin_with(log, org);
            if after.0.saturating_sub(place.seq.0) > WAITED_FOR {
                // Reading the log up to there would take long. Older entries would leave a hole before
                // those that the caller has, so there are none.
                return Ok(StoredPage { entries: Vec::new(), more: true, unread });
            }
            let entries = between(log, org, after, newest, place).await?;
            return Ok(StoredPage::by_place(begin.seq, after, entries));
        }
        let before = match query.before {
            Some(before) => self.position(log, org, before).await?,
            None => None,
        };
        let from = match query.after {
            Some(after) if after >= head => return Ok(StoredPage::default()),
            Some(after) => match self.position(log, org, after.next()).await? {
                Some(from) => Some(from),
                None => return Ok(StoredPage::default()),
            },
            None => None,
        };
        // What the index still knows of what went out of the log is on no page.
        let from = from.max((begin.seq > Seq(0)).then(|| Pos(begin.pos.0 + 1)));
        let ((places, more), unread) = self.history(org, head, (from, before), query).await?;
        Ok(StoredPage { entries: log.at(org, &places).await?, more, unread })
    }

    /// The position of the entry at a place, or of the first one after what is indexed; `None` if there is
    /// no such entry yet.
    async fn position(
        &self,
        log: &dyn Log,
        org: &OrgId,
        seq: Seq,
    ) -> Result<Option<Pos>, PageError> {
        let previous = Seq(seq.0.saturating_sub(1));
        let (mut place, unread) = self.anchor_up_to(org, previous, previous).await?;
        if unread > 0 {
            return Ok(Some(Pos(place.pos.0.saturating_add(1))));
        }
        let rows = chain::follow(log, org, &mut place, ANCHOR_EVERY).await?;
        Ok(rows.into_iter().find(|(_, stored)| stored.entry.seq >= seq).map(|(pos, _)| pos))
    }
}

/// The entries after one place up to another one, the oldest first, read on from `place`.
async fn between(
    log: &dyn Log,
    org: &OrgId,
    after: Seq,
    newest: Seq,
    mut place: chain::ChainCursor,
) -> Result<Vec<Stored>, LogError> {
    let mut found = Vec::new();
    while place.seq < newest {
        let left = usize::try_from(newest.0 - place.seq.0).unwrap_or(AT_ONCE);
        let rows = chain::follow(log, org, &mut place, left.min(AT_ONCE)).await?;
        if rows.is_empty() {
            break;
        }
        let wanted = |stored: &Stored| (after.next()..=newest).contains(&stored.entry.seq);
        found.extend(rows.into_iter().map(|(_, stored)| stored).filter(wanted));
    }
    Ok(found)
}

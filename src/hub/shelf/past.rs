//! Pages of the past by customer and by words. A page by place alone needs no index, because the places of
//! an org's entries have no holes.

use super::{
    HistoryQuery,
    batch::{key, keys, pos, who},
    store::Store,
    words,
};
use crate::{hub::log::Pos, model::OrgId};
use rusqlite::params;

const NEWEST_FIRST: &str = "SELECT rowid FROM words
    WHERE words MATCH ?1 AND rowid >= ?2 AND rowid < ?3 ORDER BY rowid DESC LIMIT ?4";

impl Store {
    /// The positions of a page, newest first, of entries before a position, and whether there are older
    /// entries. It finds nothing if the query has neither a customer nor a word.
    pub(super) fn history(
        &self,
        org: &OrgId,
        before: Option<Pos>,
        query: &HistoryQuery,
    ) -> rusqlite::Result<(Vec<Pos>, bool)> {
        let Some(org) = self.org(org)? else { return Ok((Vec::new(), false)) };
        let mut wanted = Vec::new();
        if let Some(customer) = &query.customer {
            // The past of those who were merged into the customer is theirs too (R-DECOM-2).
            let whose = self.numbers_in_file(org, customer.as_str())?;
            let whose: Vec<String> = whose.into_iter().map(who).collect();
            if whose.is_empty() {
                return Ok((Vec::new(), false));
            }
            wanted.push(format!("who : ({})", whose.join(" OR ")));
        }
        wanted.extend(words::query(&query.words).map(|words| format!("text : ({words})")));
        if wanted.is_empty() {
            return Ok((Vec::new(), false));
        }
        let keys = keys(org);
        let before = before.map_or(keys.end, |before| key(org, before));
        let limit = query.page();
        let found = self
            .db
            .prepare_cached(NEWEST_FIRST)?
            .query_map(params![wanted.join(" AND "), keys.start, before, limit + 1], |row| {
                row.get(0).map(pos)
            })?
            .collect::<rusqlite::Result<Vec<Pos>>>()?;
        let more = found.len() > limit;
        Ok((found.into_iter().take(limit).collect(), more))
    }
}

//! Pages of the past by customer and by words. A page by place alone needs no index, because the places of
//! an org's entries have no holes.

use super::{
    HistoryQuery,
    batch::{key, keys, part, pos, who},
    store::Store,
    words,
};
use crate::{hub::log::Pos, model::OrgId};
use rusqlite::params;

/// How many entries that a search finds are counted.
const MOST_COUNTED: usize = 1_000;

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
        let limit = query.page();
        let mut found = self.newest(org, before, &wanted.join(" AND "), limit + 1)?;
        let more = found.len() > limit;
        found.truncate(limit);
        Ok((found, more))
    }

    /// How many entries have all of the words in their text. Up to `MOST_COUNTED` the number is exact; of more it
    /// is that one, and the second value is true.
    pub(super) fn count_written(&self, org: &OrgId, words: &str) -> rusqlite::Result<(u64, bool)> {
        let (Some(org), Some(words)) = (self.org(org)?, words::query(words)) else {
            return Ok((0, false));
        };
        let found = self.newest(org, None, &format!("text : ({words})"), MOST_COUNTED + 1)?.len();
        Ok((found.min(MOST_COUNTED) as u64, found > MOST_COUNTED))
    }

    /// The positions that FTS5 finds, newest first, from one part of the log after another.
    fn newest(
        &self,
        org: i64,
        before: Option<Pos>,
        wanted: &str,
        limit: usize,
    ) -> rusqlite::Result<Vec<Pos>> {
        let keys = keys(org);
        let end = before.map_or(keys.end, |before| key(org, before));
        let parts = self
            .db
            .prepare_cached("SELECT number FROM part WHERE number <= ?1 ORDER BY number DESC")?
            .query_map([before.map_or(u64::MAX >> 1, part)], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<u64>>>()?;
        let mut found = Vec::new();
        for part in parts {
            let sql = format!(
                "SELECT rowid FROM words{part} WHERE words{part} MATCH ?1
                 AND rowid >= ?2 AND rowid < ?3 ORDER BY rowid DESC LIMIT ?4"
            );
            let mut newest = self.db.prepare_cached(&sql)?;
            let left = limit - found.len();
            let rows =
                newest.query_map(params![wanted, keys.start, end, left], |row| row.get(0))?;
            for key in rows {
                found.push(pos(key?));
            }
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }
}

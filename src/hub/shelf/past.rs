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
    /// The positions of a page of entries from a position on and before another one, and whether there are
    /// further entries. It finds nothing if the query has neither a customer nor a word.
    pub(super) fn history(
        &self,
        org: &OrgId,
        between: (Option<Pos>, Option<Pos>),
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
        let order = if query.after.is_some() { "ASC" } else { "DESC" };
        let mut found = self.in_order(org, between, &wanted.join(" AND "), order, limit + 1)?;
        let more = found.len() > limit;
        found.truncate(limit);
        Ok((found, more))
    }

    /// How many entries have all of the words in their text. Up to `MOST_COUNTED` the number is exact; of more it
    /// is that one, and the second value is true.
    pub(super) fn count_written(
        &self,
        org: &OrgId,
        begin: Pos,
        words: &str,
    ) -> rusqlite::Result<(u64, bool)> {
        let (Some(org), Some(words)) = (self.org(org)?, words::query(words)) else {
            return Ok((0, false));
        };
        let wanted = format!("text : ({words})");
        let found = self
            .in_order(org, (Some(Pos(begin.0 + 1)), None), &wanted, "DESC", MOST_COUNTED + 1)?
            .len();
        Ok((found.min(MOST_COUNTED) as u64, found > MOST_COUNTED))
    }

    /// The positions that FTS5 finds, in the order `ASC` or `DESC`, from one part of the log after another.
    fn in_order(
        &self,
        org: i64,
        (from, before): (Option<Pos>, Option<Pos>),
        wanted: &str,
        order: &str,
        limit: usize,
    ) -> rusqlite::Result<Vec<Pos>> {
        let keys = keys(org);
        let start = from.map_or(keys.start, |from| key(org, from));
        let end = before.map_or(keys.end, |before| key(org, before));
        let sql = format!(
            "SELECT number FROM part WHERE number >= ?1 AND number <= ?2 ORDER BY number {order}"
        );
        let parts = self
            .db
            .prepare_cached(&sql)?
            .query_map([from.map_or(0, part), before.map_or(u64::MAX >> 1, part)], |row| {
                row.get(0)
            })?
            .collect::<rusqlite::Result<Vec<u64>>>()?;
        let mut found = Vec::new();
        for part in parts {
            let sql = format!(
                "SELECT rowid FROM words{part} WHERE words{part} MATCH ?1
                 AND rowid >= ?2 AND rowid < ?3 ORDER BY rowid {order} LIMIT ?4"
            );
            let mut next = self.db.prepare_cached(&sql)?;
            let left = limit - found.len();
            let rows = next.query_map(params![wanted, start, end, left], |row| row.get(0))?;
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

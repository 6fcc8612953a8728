//! The search for customers (R-OPERATOR-5): which ones have a term that begins with each of the words. It
//! looks at a bounded number of them, whatever is searched for and however many there are.

use super::{
    Found,
    customers::{listed, numbers_of, term, words_of},
    store::Store,
    words,
};
use crate::model::{CustomerState, OrgId, Timestamp};
use rusqlite::params;
use std::{cmp::Reverse, collections::HashSet};

/// How many words of a search count. Further ones would only narrow the result.
const MAX_WORDS: usize = 8;
/// How many matches are counted. Up to here the count and the order are exact.
const MOST_COUNTED: usize = 1_000;
/// How many terms are gone through for a word. One with more of them is too common to begin with.
const MOST_TERMS: usize = 20_000;
/// How many customers are looked at, those seen last first, when more match than are counted.
const MOST_LOOKED_AT: usize = 2_000;

/// What is searched for.
struct Sought<'a> {
    words: Vec<String>,
    /// The number that the words together read as (R-ADDR-5).
    number: Option<&'a str>,
}

impl Sought<'_> {
    fn matches(&self, customer: &CustomerState) -> bool {
        let (words, numbers) = (words_of(customer), numbers_of(customer));
        let begins = |word: &String| {
            // In scripts without blanks between words, a word may begin anywhere.
            let anywhere = word.chars().any(words::stands_alone) && words.contains(word.as_str());
            anywhere || words.contains(&format!(" {word}")) || numbers.contains(word.as_str())
        };
        self.words.iter().all(begins) || self.number.is_some_and(|number| numbers.contains(number))
    }
}

impl Store {
    /// The customers of whom each of the words given begins a word or is part of a number, those seen
    /// most recently first, and those who have `number` (R-ADDR-5). Without a word it finds everyone.
    pub(super) fn find(
        &self,
        org: &OrgId,
        text: &str,
        number: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> rusqlite::Result<Found> {
        let Some(org) = self.org(org)? else { return Ok(Found::default()) };
        let text = text.replace('\0', " ").to_lowercase();
        let words = text.split_whitespace().take(MAX_WORDS).map(str::to_owned).collect();
        let sought = Sought { words, number };
        let (total, total_is_least, found) = match self.candidates(org, &sought)? {
            Some(rows) if rows.len() <= MOST_COUNTED => {
                let found = self.looked_at(rows, &sought, MOST_COUNTED)?;
                (found.len(), false, found)
            }
            many => self.newest_of(org, &sought, many, limit)?,
        };
        let customers = found.into_iter().take(limit).map(|found| listed(found, now)).collect();
        Ok(Found { customers, total: total as u64, total_is_least, unread: 0 })
    }

    /// Everyone who may match; `None` if nobody can be left out.
    fn candidates(&self, org: i64, sought: &Sought<'_>) -> rusqlite::Result<Option<HashSet<i64>>> {
        let mut candidates: Option<HashSet<i64>> = None;
        for word in &sought.words {
            let Some(rows) = self.with_term(org, word)? else { continue };
            match &mut candidates {
                Some(candidates) => candidates.retain(|row| rows.contains(row)),
                None => candidates = Some(rows),
            }
        }
        if let (Some(candidates), Some(number)) = (&mut candidates, sought.number) {
            candidates.extend(self.with_term(org, number)?.unwrap_or_default());
        }
        Ok(candidates)
    }

    /// The customers with a term that begins so; `None` if there are too many terms.
    fn with_term(&self, org: i64, word: &str) -> rusqlite::Result<Option<HashSet<i64>>> {
        let from = term(word);
        let sql = "SELECT customer FROM term
                   WHERE org = ?1 AND term >= ?2 AND term < ?2 || char(1114111) LIMIT ?3";
        let mut rows = HashSet::new();
        let mut read = 0;
        for row in self
            .db
            .prepare_cached(sql)?
            .query_map(params![org, from, MOST_TERMS + 1], |row| row.get(0))?
        {
            rows.insert(row?);
            read += 1;
        }
        Ok((read <= MOST_TERMS).then_some(rows))
    }

    /// Those of the rows that match, up to `limit`, newest first.
    fn looked_at(
        &self,
        rows: impl IntoIterator<Item = i64>,
        sought: &Sought<'_>,
        limit: usize,
    ) -> rusqlite::Result<Vec<CustomerState>> {
        let mut found = Vec::new();
        for row in rows {
            if found.len() == limit {
                break;
            }
            let known = self.customer(row)?.filter(|known| sought.matches(known));
            found.extend(known.map(|known| (known.touched_at, row, known)));
        }
        found.sort_by_key(|(seen, row, _)| Reverse((*seen, *row)));
        Ok(found.into_iter().map(|(.., known)| known).collect())
    }

    /// Of more matches than are counted, those seen last: how many there are at least, whether there may
    /// be more, and who they are. Those who were not seen lately come after the others, in no order.
    fn newest_of(
        &self,
        org: i64,
        sought: &Sought<'_>,
        among: Option<HashSet<i64>>,
        limit: usize,
    ) -> rusqlite::Result<(usize, bool, Vec<CustomerState>)> {
        let newest = self
            .db
            .prepare_cached("SELECT customer FROM seen WHERE org = ?1 ORDER BY at DESC LIMIT ?2")?
            .query_map(params![org, MOST_LOOKED_AT + 1], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        if sought.words.is_empty() {
            let total = newest.len().min(MOST_COUNTED);
            let more = newest.len() > MOST_COUNTED;
            return Ok((total, more, self.looked_at(newest, sought, limit)?));
        }
        let everyone = newest.len() <= MOST_LOOKED_AT;
        let lately = newest.iter().filter(|row| among.as_ref().is_none_or(|all| all.contains(row)));
        let mut found = self.looked_at(lately.copied(), sought, MOST_COUNTED + 1)?;
        if found.len() < limit && !everyone {
            let seen: HashSet<i64> = newest.into_iter().collect();
            let others = match (among, sought.number) {
                (Some(among), _) => Some(among),
                // All of the words are too common, but they may be those of one number.
                (None, Some(number)) => self.with_term(org, number)?,
                (None, None) => None,
            };
            let others = others.unwrap_or_default().into_iter().filter(|row| !seen.contains(row));
            let missing = limit - found.len();
            found.extend(self.looked_at(others.take(MOST_COUNTED), sought, missing)?);
        }
        let more = found.len() > MOST_COUNTED || !everyone;
        Ok((found.len().min(MOST_COUNTED), more, found))
    }
}

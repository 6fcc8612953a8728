//! Which values the rows that are kept have in a field, and how often. The rows are looked at from the newest
//! back and a slice at a time, because most of them have to be unpacked for it.

use super::{LiveFeed, ring::RowPlace};
use crate::query::{FilterField, values};
use std::collections::HashMap;

/// How many different values are counted. Whoever looks for one of more types how it begins.
const MOST: usize = 2_000;
/// Longer values are not offered, because nobody recognises them in a line.
const LONGEST: usize = 120;

/// The values of a field that have been counted so far.
#[derive(Clone, Debug)]
pub struct SeenValues {
    field: FilterField,
    key: Option<String>,
    /// The rows before this place are still to be looked at; `None` before the first.
    next: Option<RowPlace>,
    is_done: bool,
    rows: usize,
    counts: HashMap<String, usize>,
}

impl SeenValues {
    /// Begins to count. `key` is that of a metadata value.
    #[must_use]
    pub fn of(field: FilterField, key: Option<String>) -> Self {
        Self { field, key, next: None, is_done: false, rows: 0, counts: HashMap::new() }
    }
    /// How often a value was seen.
    #[must_use]
    pub fn count(&self, value: &str) -> usize {
        self.counts.get(value).copied().unwrap_or_default()
    }
    /// Every value that was seen, and how often, in no order.
    pub fn all(&self) -> impl Iterator<Item = (&str, usize)> {
        self.counts.iter().map(|(value, count)| (value.as_str(), *count))
    }
    /// How many rows were looked at.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.is_done
    }
}

impl LiveFeed {
    /// Looks at no more than so many rows for their values. Rows that arrive meanwhile are not counted.
    pub fn count_values(&self, seen: &mut SeenValues, budget_rows: usize) {
        let from = seen.next.unwrap_or(self.ring.end());
        let (counts, key) = (&mut seen.counts, seen.key.as_deref());
        let next = self.ring.look_back(from, budget_rows, |event| {
            for value in values(event, seen.field, key) {
                let is_new = !counts.contains_key(&value);
                if value.len() <= LONGEST && (!is_new || counts.len() < MOST) {
                    *counts.entry(value).or_default() += 1;
                }
            }
        });
        seen.rows += from.since(next).unwrap_or_default();
        seen.next = Some(next);
        seen.is_done = next <= self.ring.first();
    }
}

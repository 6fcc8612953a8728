//! Which rows of `log.db` need no second look, because this process has found them right before or has written
//! them itself (R-LOG-3). The start, the scrub and every reader add to it.

use crate::{hub::log::Pos, model::OrgId};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many spans are kept for an org. What the start and the scrub read grows together into one, so there are more
/// only while readers look here and there.
const MOST_SPANS: usize = 16;

/// All rows after the first position up to the second.
type Span = (Pos, Pos);

/// The spans of each org, in order and apart from each other.
#[derive(Default)]
pub(super) struct CheckedRows(Mutex<HashMap<OrgId, Vec<Span>>>);

impl CheckedRows {
    fn lock(&self) -> MutexGuard<'_, HashMap<OrgId, Vec<Span>>> {
        // A panic can lose spans under this lock, which costs a second look.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Up to where the rows after `from` need no second look.
    pub(super) fn until(&self, org: &OrgId, from: Pos) -> Pos {
        let spans = self.lock();
        let mut spans = spans.get(org).into_iter().flatten();
        spans.find(|span| (span.0..span.1).contains(&from)).map_or(from, |span| span.1)
    }

    /// Notes that all rows after `from` up to `to` are right.
    pub(super) fn note(&self, org: &OrgId, from: Pos, to: Pos) {
        if from >= to {
            return;
        }
        let mut orgs = self.lock();
        if !orgs.contains_key(org) {
            orgs.insert(org.clone(), Vec::new());
        }
        let Some(spans) = orgs.get_mut(org) else { return };
        let first = spans.partition_point(|span| span.1 < from);
        let after = spans.partition_point(|span| span.0 <= to);
        let joined = spans[first..after]
            .iter()
            .fold((from, to), |all, span| (all.0.min(span.0), all.1.max(span.1)));
        spans.splice(first..after, [joined]);
        if spans.len() > MOST_SPANS {
            let short = (0..spans.len()).min_by_key(|n| spans[*n].1.0 - spans[*n].0.0);
            short.map(|n| spans.remove(n));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_touch_are_one_and_the_shortest_of_too_many_is_forgotten() {
        let (rows, org) = (CheckedRows::default(), OrgId::from("a"));
        let until = |from| rows.until(&org, Pos(from)).0;
        assert_eq!((until(0), until(7)), (0, 7), "nothing is known");
        rows.note(&org, Pos(0), Pos(10));
        rows.note(&org, Pos(20), Pos(30));
        assert_eq!((until(0), until(9), until(10), until(20)), (10, 10, 10, 30));
        rows.note(&org, Pos(10), Pos(20));
        assert_eq!((until(0), until(25), until(30)), (30, 30, 30));
        rows.note(&org, Pos(5), Pos(35));
        assert_eq!(until(0), 35);
        rows.note(&org, Pos(40), Pos(41));
        for n in 1..MOST_SPANS as u64 {
            rows.note(&org, Pos(n * 100), Pos(n * 100 + 10));
        }
        assert_eq!((until(40), until(0), until(100)), (40, 35, 110));
        assert_eq!(rows.until(&OrgId::from("b"), Pos(0)), Pos(0), "each org for itself");
    }
}

//! Where in an org's log a time lies (R-OPERATOR-8). Entries are numbered without a hole and dated, so that the
//! place is found by halving: a log of a million entries is looked at some twenty times.

use super::{Hub, HubError};
use crate::{
    hub::shelf::HistoryQuery,
    model::{OrgId, Seq, Timestamp},
};

impl Hub {
    /// The place of the first entry that was not decided before a time; the one behind the newest entry if all
    /// of them were. Dates go back where the clock of a machine was set back between two starts. Then a time lies
    /// in several places, and this is one of them: the entry before it was decided earlier, and the entry at it was not.
    pub async fn place_of(&self, org: &OrgId, at: Timestamp) -> Result<Seq, HubError> {
        let head = self.org(org)?.published.newest();
        let mut halves = Halves::of(self.begin(org), head);
        while let Some(seq) = halves.middle() {
            let is_before = self.decided_at(org, seq).await? < at;
            halves.look(seq, is_before);
        }
        Ok(halves.place())
    }

    /// When an entry was decided.
    async fn decided_at(&self, org: &OrgId, seq: Seq) -> Result<Timestamp, HubError> {
        let query = HistoryQuery { before: Some(seq.next()), limit: 1, ..HistoryQuery::default() };
        let page = self.history(org, query).await?;
        let Some(stored) = page.entries.first().filter(|stored| stored.entry.seq == seq) else {
            let why = format!("the index has still to read {} entries", page.unread);
            return Err(HubError::Unavailable(why));
        };
        Ok(stored.entry.at)
    }
}

/// The places among which a time lies: from the first up to the second.
struct Halves(u64, u64);

impl Halves {
    /// All places after `begin` up to `head`, and the one behind it.
    const fn of(begin: Seq, head: Seq) -> Self {
        Self(begin.0.saturating_add(1), head.0.saturating_add(1))
    }
    /// The entry to look at next; `None` once there is only one place left.
    fn middle(&self) -> Option<Seq> {
        (self.0 < self.1).then(|| Seq(u64::midpoint(self.0, self.1)))
    }
    /// Leaves out one half, by whether the entry in the middle was decided before the time.
    const fn look(&mut self, seq: Seq, is_before: bool) {
        if is_before {
            self.0 = seq.0.saturating_add(1);
        } else {
            self.1 = seq.0;
        }
    }
    const fn place(&self) -> Seq {
        Seq(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const BEGAN: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    fn second(n: u64) -> Timestamp {
        BEGAN.after(Duration::from_secs(n))
    }

    /// The place that is found in a log with these dates, and how many entries were looked at.
    fn found(at: Timestamp, head: u64, date: impl Fn(u64) -> Timestamp) -> (u64, u32) {
        let (mut halves, mut reads) = (Halves::of(Seq(0), Seq(head)), 0);
        while let Some(seq) = halves.middle() {
            assert!((1..=head).contains(&seq.0), "there is no entry {seq}");
            reads += 1;
            halves.look(seq, date(seq.0) < at);
        }
        (halves.place().0, reads)
    }

    /// R-OPERATOR-8: in a log of millions it takes a look at some twenty entries.
    #[test]
    fn r_operator_8_a_time_is_found_by_halving() {
        for head in [0_u64, 1, 2, 3, 1_000_000, 4_000_000] {
            for n in [1, 2, head / 3, head / 2, head.saturating_sub(1), head] {
                if n == 0 || n > head {
                    continue;
                }
                let (place, reads) = found(second(n), head, second);
                assert_eq!(place, n, "of {head}");
                assert!(reads <= head.ilog2() + 1, "{reads} reads of {head}");
                // Between two dates it is the later entry.
                let between = BEGAN.after(Duration::from_millis(n * 1_000 - 500));
                assert_eq!(found(between, head, second).0, n);
            }
            assert_eq!(found(BEGAN, head, second).0, 1, "before the first");
            assert_eq!(found(second(head + 1), head, second).0, head + 1, "after the last");
        }
    }

    #[test]
    fn of_entries_with_one_date_it_is_the_first_and_a_gap_is_leapt() {
        // Ten entries each second, and nothing for an hour after the thousandth.
        let date = |seq: u64| second((seq - 1) / 10 + if seq > 1_000 { 3_600 } else { 0 });
        assert_eq!(found(second(50), 5_000, date).0, 501);
        assert_eq!(found(second(100), 5_000, date).0, 1_001, "in the gap");
        assert_eq!(found(second(3_600), 5_000, date).0, 1_001);
        assert_eq!(found(second(3_700), 5_000, date).0, 1_001);
        assert_eq!(found(second(3_701), 5_000, date).0, 1_011);
    }

    /// R-OPERATOR-8: where a clock was set back, it is one of the places at which the time is passed.
    #[test]
    fn r_operator_8_a_clock_that_was_set_back_leads_to_a_place_where_the_time_is_passed() {
        for back in [1, 7, 400, 3_000] {
            for jump in [2, 500, 777, 999] {
                let date = |seq: u64| second(if seq < jump { seq + back } else { seq });
                for wanted in (1..4_500).step_by(13) {
                    let at = second(wanted);
                    let (place, _) = found(at, 1_000, date);
                    assert!(place > 1_000 || date(place) >= at, "{back} {jump} {wanted}: {place}");
                    assert!(place == 1 || date(place - 1) < at, "{back} {jump} {wanted}: {place}");
                }
            }
        }
    }
}

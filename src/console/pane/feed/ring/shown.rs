//! Which of the rows are shown: those that the filter and the depth let pass. Where not every event is
//! shown, a thing is shown by one of its rows, whatever they are.

use super::{
    super::{
        depth::{Depth, Sieve},
        pack::RowHead,
        things::RowMark,
    },
    FeedRing, RowPlace,
};
use crate::{model::Tone, query::Filter};
use std::collections::VecDeque;

/// How many rows are looked at in the time that it takes to unpack and ask the event of one.
const AN_EVENT: usize = 8;

/// The places that pass a sieve, in ascending order.
pub(super) type ShownPlaces = VecDeque<RowPlace>;

/// A sieve that is being applied, from the oldest row on.
#[derive(Debug)]
pub(super) struct Pending {
    pub sieve: Sieve,
    pub next: RowPlace,
    pub shown: ShownPlaces,
}

/// Which rows are shown.
impl FeedRing {
    /// Whether a row is shown or hidden whatever other rows say, because it tells of no thing or because
    /// every event is shown.
    pub(super) fn is_for_itself(sieve: &Sieve, head: RowHead) -> bool {
        !sieve.is_open() && (sieve.depth == Depth::All || !head.mark.is_of_thing())
    }
    pub(super) fn lets_pass(&self, sieve: &Sieve, place: RowPlace, head: RowHead) -> bool {
        self.is_deep_enough(sieve, place, head) && self.passes(&sieve.filter, place)
    }
    /// Whether the depth lets a row pass. A gap always passes, because loss is never silent.
    fn is_deep_enough(&self, sieve: &Sieve, place: RowPlace, head: RowHead) -> bool {
        let bad = head.tone == Tone::Bad;
        match sieve.depth {
            Depth::All => true,
            _ if head.is_gap() => true,
            _ if head.mark.is_of_thing() => self.stand_in(sieve, head.mark) == Some(place),
            Depth::Talk => bad || head.mark.is_word(),
            Depth::Problems => bad,
        }
    }
    /// Whether a filter lets a row pass.
    fn passes(&self, filter: &Filter, place: RowPlace) -> bool {
        filter.is_empty()
            || if let Some(pack) = self.pack_of(place) {
                pack.passes(filter, place)
            } else {
                let at = place.since(self.first_new());
                at.and_then(|at| self.newest.get(at)).is_some_and(|row| row.passes(filter))
            }
    }
    /// The row that shows a thing where not every event is shown. It is the one that stands for it. If a
    /// filter hides that one, the thing is shown by the row that says what went wrong.
    pub(super) fn stand_in(&self, sieve: &Sieve, mark: RowMark) -> Option<RowPlace> {
        let course = self.things.get(mark)?;
        match sieve.depth {
            Depth::All => return None,
            Depth::Problems if course.bad_place().is_none() => return None,
            Depth::Talk | Depth::Problems => {}
        }
        let rows = [course.lead(), course.bad_place()];
        rows.into_iter().flatten().find(|place| self.passes(&sieve.filter, *place))
    }
    /// The rows that show a thing now, by the sieve in force and by the one that is being applied.
    pub(super) fn stand_ins(&self, mark: RowMark) -> [Option<RowPlace>; 2] {
        let pending = self.pending.as_ref();
        let pending = pending.and_then(|pending| self.stand_in(&pending.sieve, mark));
        [self.stand_in(&self.sieve, mark), pending]
    }
    /// Shows a thing by the row that has to show it now, where `before` says which rows did.
    pub(super) fn moved(&mut self, mark: RowMark, before: [Option<RowPlace>; 2]) {
        let after = self.stand_ins(mark);
        if before == after {
            return;
        }
        amend(&mut self.shown, before[0], after[0]);
        if let Some(pending) = &mut self.pending {
            // Rows from `next` on are still to be looked at.
            amend(&mut pending.shown, before[1], after[1].filter(|place| *place < pending.next));
        }
        if let Some(from) = before[0].filter(|_| before[0] != after[0]) {
            self.moves.push((from, after[0]));
        }
    }
    /// Which rows gave up being shown since this was asked last, and which other rows show their things now.
    pub fn take_moves(&mut self) -> Vec<(RowPlace, Option<RowPlace>)> {
        std::mem::take(&mut self.moves)
    }
    /// Begins to apply a filter. The former one stays in force until `refilter` says that
    /// it is done.
    pub fn set_filter(&mut self, filter: Filter) {
        self.set_sieve(Sieve { filter, depth: self.sieve().depth });
    }
    /// Begins to show more or less, in the same way.
    pub fn set_depth(&mut self, depth: Depth) {
        self.set_sieve(Sieve { depth, ..self.sieve().clone() });
    }
    fn set_sieve(&mut self, sieve: Sieve) {
        let next = self.first;
        self.pending = Some(Pending { sieve, next, shown: ShownPlaces::new() });
    }
    /// Goes on applying a filter and looks at no more than `budget` rows. Returns whether nothing
    /// is left to do.
    pub fn refilter(&mut self, budget: usize) -> bool {
        let Some(mut pending) = self.pending.take() else { return true };
        let events = pending.sieve.filter.needs_event();
        let mut left = if events { budget / AN_EVENT } else { budget }.max(1);
        while !pending.sieve.is_open() && pending.next < self.end() {
            if left == 0 {
                self.pending = Some(pending);
                return false;
            }
            let (next, seen) = self.look(&mut pending, left);
            pending.next = next;
            left -= seen;
        }
        self.sieve = pending.sieve;
        self.shown = pending.shown;
        true
    }
    /// Looks at the rows of one pack, or at the newest ones, and at no more than so many. Returns where
    /// to go on, and how many they were.
    fn look(&self, pending: &mut Pending, most: usize) -> (RowPlace, usize) {
        let from = pending.next;
        let sieve = &pending.sieve;
        let in_depth = |place: &RowPlace| {
            let head = self.head(*place);
            head.is_some_and(|head| self.is_deep_enough(sieve, *place, head))
        };
        let end = if let Some(pack) = self.pack_of(from) {
            let passing = pack.passing(&sieve.filter, from, most);
            pending.shown.extend(passing.into_iter().filter(in_depth));
            pack.end()
        } else {
            let at = from.since(self.first_new()).unwrap_or_default();
            let rows = self.newest.iter().enumerate().skip(at).take(most);
            let passing = rows.filter(|(_, row)| row.passes(&sieve.filter));
            let places = passing.map(|(i, _)| self.first_new().plus(i));
            pending.shown.extend(places.filter(in_depth));
            self.end()
        };
        let seen = end.since(from).unwrap_or_default().min(most);
        (from.plus(seen), seen)
    }
    pub const fn is_refiltering(&self) -> bool {
        self.pending.is_some()
    }
    /// The sieve that was set last, whether it is in force already or not.
    pub fn sieve(&self) -> &Sieve {
        self.pending.as_ref().map_or(&self.sieve, |pending| &pending.sieve)
    }
    /// The filter that was set last.
    pub fn filter(&self) -> &Filter {
        &self.sieve().filter
    }
}

/// Takes one place out and puts another one in.
fn amend(shown: &mut ShownPlaces, out: Option<RowPlace>, place: Option<RowPlace>) {
    if out == place {
        return;
    }
    if let Some(at) = out.and_then(|out| shown.binary_search(&out).ok()) {
        shown.remove(at);
    }
    if let Some(place) = place
        && let Err(at) = shown.binary_search(&place)
    {
        shown.insert(at, place);
    }
}

//! Customers as they were at an earlier place (R-OPERATOR-7). No state of the past is stored, so it is folded
//! anew from the entries about the customer alone, which the index finds.
//!
//! A customer may have very many of them. So each call folds for a bounded time and says how far it came, and
//! the next one goes on from there. On the way it leaves marks, which are Worlds of this one customer: dense near the
//! place that was asked for last and sparse far from it, so that both a step and a leap from there cost little.

use super::{Hub, HubError};
use crate::{
    hub::{
        log::{LogBegin, Stored},
        shelf::HistoryQuery,
    },
    model::{
        CustomerId, CustomerRef, CustomerState, OrgId, Seq, Timestamp,
        client::{PastMoment, PastPlace},
    },
    rules::World,
};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{task::spawn_blocking, time::Instant};

/// How many entries are read at once.
const AT_ONCE: usize = 250;
/// How long a call folds, but for the last entries that are read at once.
const AS_LONG: Duration = Duration::from_millis(100);
/// For how many customers marks are kept, those asked for last.
const MOST_WALKS: usize = 4;
/// How many marks are kept of each.
const MOST_MARKS: usize = 24;

/// What was known of a customer after one of their entries.
#[derive(Clone)]
struct PastMark {
    place: PastPlace,
    /// How many entries about them there are up to it.
    nth: u64,
    world: World,
}

/// The marks in the past of one customer.
struct PastWalk {
    org: OrgId,
    customer: CustomerId,
    /// The customer and everyone who was merged into them. It is another walk after the next merge.
    only: Arc<BTreeSet<CustomerId>>,
    /// In the order of their places.
    marks: Vec<PastMark>,
}

/// The walks that were taken last, the newest at the end.
#[derive(Default)]
pub(super) struct PastStates(Mutex<VecDeque<PastWalk>>);

impl PastStates {
    /// Takes a walk out, or begins it.
    fn take(&self, org: &OrgId, known: &CustomerState) -> PastWalk {
        let only: BTreeSet<_> = known.absorbed.iter().chain([&known.id]).cloned().collect();
        // Nothing under this lock can panic.
        let mut walks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = walks.iter().position(|walk| walk.org == *org && walk.customer == known.id);
        let walk = at.and_then(|at| walks.remove(at)).filter(|walk| *walk.only == only);
        walk.unwrap_or_else(|| {
            let (org, customer) = (org.clone(), known.id.clone());
            PastWalk { org, customer, only: Arc::new(only), marks: Vec::new() }
        })
    }

    fn put(&self, walk: PastWalk) {
        let mut walks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        walks.push_back(walk);
        if walks.len() > MOST_WALKS {
            walks.pop_front();
        }
    }
}

/// Whether an entry lies behind the moment that is asked for.
fn is_behind(moment: PastMoment, seq: Seq, at: Timestamp) -> bool {
    match moment {
        PastMoment::Place(place) => seq > place,
        PastMoment::Time(time) => at > time,
    }
}

impl PastWalk {
    /// The mark from which the fewest entries have to be folded; `None` if none is early enough.
    fn nearest(&self, moment: PastMoment) -> Option<PastMark> {
        let before = |mark: &&PastMark| !is_behind(moment, mark.place.seq, mark.place.at);
        self.marks.iter().rev().find(before).cloned()
    }

    /// What was known before the first entry.
    fn beginning(&self) -> PastMark {
        let world = World::of(Arc::clone(&self.only));
        PastMark { place: PastPlace::default(), nth: 0, world }
    }

    /// Leaves a mark. If there are too many then, the one goes that saves least for its distance from here.
    fn leave(&mut self, mark: &PastMark) {
        let Err(at) = self.marks.binary_search_by_key(&mark.nth, |mark| mark.nth) else { return };
        self.marks.insert(at, mark.clone());
        if self.marks.len() <= MOST_MARKS {
            return;
        }
        let saved = |i: &usize| {
            let before = i.checked_sub(1).map_or(0, |i| self.marks[i].nth);
            let after = self.marks.get(i + 1).map_or(self.marks[*i].nth, |after| after.nth);
            let distance = self.marks[*i].nth.abs_diff(mark.nth) + AT_ONCE as u64;
            (after - before) * 1_000 / distance
        };
        let least = (0..self.marks.len()).filter(|i| *i != at).min_by_key(saved);
        least.map(|least| self.marks.remove(least));
    }
}

/// Folds entries up to a moment. The second value is whether the first entry behind it was met.
fn fold(mut mark: PastMark, entries: &[Stored], moment: PastMoment) -> (PastMark, bool) {
    for Stored { entry, .. } in entries {
        if is_behind(moment, entry.seq, entry.at) {
            mark.place.next = Some(entry.seq);
            return (mark, true);
        }
        mark.world.apply_part(entry);
        let previous = Some(mark.place.seq).filter(|seq| *seq > Seq(0));
        mark.place = PastPlace { seq: entry.seq, at: entry.at, previous, ..PastPlace::default() };
        mark.nth += 1;
    }
    (mark, false)
}

impl Hub {
    /// What was known of a customer after the last entry about them up to a moment, and where in the log
    /// that is; no state if they were unknown then, or if the place is as far as this call came. `None` if there is
    /// no such customer now. Like questions about many customers, these of an org take turns (R-LIMIT-2).
    pub async fn look_back(
        &self,
        org: &OrgId,
        customer: &CustomerRef,
        moment: PastMoment,
    ) -> Result<Option<(PastPlace, Option<Arc<CustomerState>>)>, HubError> {
        let (now, settings) = (self.now(org), self.settings(org).unwrap_or_default());
        let asked = customer.clone();
        let known = self.read(org, move |world| world.customer(&asked, &settings, now)).await?;
        let Some(known) = known else { return Ok(None) };
        let _turn = self.turn(org).await?;
        let mut walk = self.0.past.take(org, &known);
        let come = self.walk(&mut walk, moment).await;
        self.0.past.put(walk);
        let mark = come?;
        if mark.place.unfinished {
            return Ok(Some((mark.place, None)));
        }
        let id = match customer {
            CustomerRef::Id(id) => id,
            CustomerRef::Number(_) | CustomerRef::Secondary(_) => &known.id,
        };
        Ok(Some((mark.place, mark.world.by_id(id).cloned())))
    }

    /// What was known when the log begins, of which entries went.
    fn origin(
        &self,
        org: &OrgId,
        only: Arc<BTreeSet<CustomerId>>,
        begin: &LogBegin,
        moment: PastMoment,
    ) -> Result<PastMark, HubError> {
        let (seq, at) = (begin.place.seq, begin.at);
        if is_behind(moment, seq, at) {
            let why = format!("what was before entry {seq} went out of the log ({at})");
            return Err(HubError::Unavailable(why));
        }
        let origins = self.0.shelf.origins().ok_or(HubError::Stopped)?;
        let origin = origins.open(org, begin).map_err(HubError::Unavailable)?;
        let place = PastPlace { seq, at, ..PastPlace::default() };
        Ok(PastMark { place, nth: 0, world: origin.world.only(only) })
    }

    /// Goes on to a moment, or as far as the time allows.
    async fn walk(&self, walk: &mut PastWalk, moment: PastMoment) -> Result<PastMark, HubError> {
        let since = Instant::now();
        let begin = self.0.log.begin(&walk.org);
        // From an older mark nobody can go on.
        walk.marks.retain(|mark| mark.place.seq >= begin.place.seq);
        let mut mark = match walk.nearest(moment) {
            Some(mark) => mark,
            None if begin.place.seq == Seq(0) => walk.beginning(),
            None => {
                let (hub, of, only) = (self.clone(), walk.org.clone(), Arc::clone(&walk.only));
                let at = begin.clone();
                // It reads files.
                let opened = spawn_blocking(move || hub.origin(&of, only, &at, moment)).await;
                let bug =
                    |error| HubError::Unavailable(format!("the look back met a bug: {error}"));
                opened.map_err(bug)??
            }
        };
        loop {
            let query = HistoryQuery {
                after: Some(mark.place.seq),
                limit: AT_ONCE,
                customer: Some(walk.customer.clone()),
                ..HistoryQuery::default()
            };
            let page = self.history(&walk.org, query).await?;
            if page.unread > 0 {
                let why = format!("the index has still to read {} entries", page.unread);
                return Err(HubError::Unavailable(why));
            }
            if self.0.log.begin(&walk.org) != begin {
                walk.marks.clear();
                let why = "entries went out of the log meanwhile; ask again";
                return Err(HubError::Unavailable(why.into()));
            }
            let entries = page.entries;
            let folded = spawn_blocking(move || fold(mark, &entries, moment)).await;
            let bug = |error| HubError::Unavailable(format!("the look back met a bug: {error}"));
            let (come, is_behind) = folded.map_err(bug)?;
            mark = come;
            if mark.nth > 0 {
                walk.leave(&mark);
            }
            if is_behind || !page.more {
                return Ok(mark);
            }
            if since.elapsed() >= AS_LONG {
                mark.place.unfinished = true;
                return Ok(mark);
            }
        }
    }
}

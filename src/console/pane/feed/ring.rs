//! The rows of the feed, in a ring that is bounded in rows and bytes, and which of them the filter shows.
//!
//! A row has a `RowPlace` that stays the same while rows are added at the end, leave at the front,
//! or are put before the front. So the selection and the scroll position are places, and nothing
//! has to be shifted. The rows that a filter shows are a sorted list of places, so the cost of
//! drawing depends on what is visible only.
//!
//! The newest rows are kept as they came. Once there are enough of them they are packed (`pack`), and
//! the rows of packs that were drawn lately are remembered, because they are drawn again.

mod shown;

use super::{
    days::Days,
    depth::{Depth, Sieve, ThingNow},
    pack::{Pack, RowHead, Unpacked},
    row::{FeedRow, FeedRowKind, NewRow},
    things::{Course, Things},
};
use crate::model::{Event, Seq, Tone};
use jiff::{civil::Date, tz::TimeZone};
use shown::{Pending, ShownPlaces};
use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    num::NonZeroU64,
};

/// How many unpacked rows are remembered, which is more than any screen has lines, and about how many
/// bytes they may take.
const REMEMBERED: (usize, usize) = (512, 8 << 20);

/// Names a row for as long as it is kept. Newer rows have greater places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowPlace(NonZeroU64);

impl RowPlace {
    /// Far enough from zero that the past can be put in front for ever.
    pub(super) const START: Self = Self(NonZeroU64::MIN.saturating_add(1 << 62));
    /// Before all of those, and as far from both ends.
    const FOUND: Self = Self(NonZeroU64::MIN.saturating_add(1 << 61));
    /// Whether it is of the ring of what the hub found, whose places are before those of the loaded rows.
    pub(super) const fn is_found(self) -> bool {
        self.0.get() < 3 << 60
    }
    pub(super) const fn next(self) -> Self {
        self.plus(1)
    }
    pub(super) const fn before(self) -> Self {
        match NonZeroU64::new(self.0.get() - 1) {
            Some(before) => Self(before),
            None => self,
        }
    }
    pub(super) const fn plus(self, rows: usize) -> Self {
        Self(self.0.saturating_add(rows as u64))
    }
    /// How many rows this place is behind another one; `None` if it is before it.
    pub(super) fn since(self, other: Self) -> Option<usize> {
        usize::try_from(self.0.get().checked_sub(other.0.get())?).ok()
    }
}

/// The rows of packs that were looked at lately.
#[derive(Debug, Default)]
struct Remembered {
    rows: BTreeMap<RowPlace, FeedRow>,
    /// About how many bytes these rows take.
    bytes: usize,
    pack: Option<Unpacked>,
}

impl Remembered {
    /// Remembers a row, and forgets all others if they would be too many with it.
    fn put(&mut self, place: RowPlace, row: FeedRow, bytes: usize) {
        if self.rows.len() >= REMEMBERED.0 || self.bytes + bytes > REMEMBERED.1 {
            self.rows.clear();
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.rows.insert(place, row);
    }
}

/// All rows, and which of them the filter shows.
#[derive(Debug)]
pub(super) struct FeedRing {
    packs: VecDeque<Pack>,
    /// The rows behind the packs.
    newest: VecDeque<NewRow>,
    /// How many bytes of these will be packed.
    newest_load: usize,
    first: RowPlace,
    len: usize,
    bytes: usize,
    /// How many rows are bad news and tell of no thing.
    problems: usize,
    gaps: usize,
    things: Things,
    days: Days,
    sieve: Sieve,
    /// Used only while the sieve is not open; with an open one, every row is shown.
    shown: ShownPlaces,
    pending: Option<Pending>,
    /// Counts what came and changed what is shown.
    changes: u64,
    /// Which rows gave up being shown to another row of their thing, or to none.
    moves: Vec<(RowPlace, Option<RowPlace>)>,
    /// It is not part of the state: every row in it is in a pack too.
    remembered: RefCell<Remembered>,
}

impl Default for FeedRing {
    fn default() -> Self {
        Self {
            packs: VecDeque::new(),
            newest: VecDeque::new(),
            newest_load: 0,
            first: RowPlace::START,
            len: 0,
            bytes: 0,
            problems: 0,
            gaps: 0,
            things: Things::default(),
            days: Days::new(TimeZone::UTC),
            sieve: Sieve::default(),
            moves: Vec::new(),
            changes: 0,
            shown: ShownPlaces::new(),
            pending: None,
            remembered: RefCell::default(),
        }
    }
}

/// Rows come and go.
impl FeedRing {
    /// A ring for what the hub finds, with the filter and the depth of this one.
    pub fn for_found(ring: &Self) -> Self {
        Self {
            first: RowPlace::FOUND,
            days: ring.days.emptied(),
            sieve: ring.sieve().clone(),
            ..Self::default()
        }
    }
    pub fn push(&mut self, mut row: NewRow) {
        let place = self.end();
        if let Some(event) = row.row.event() {
            self.days.push(place, event.at);
            row.mark = self.things.mark(event);
        }
        let head = RowHead::from(&row);
        let said = Things::said(head.mark, place, &row.row);
        let before = self.stand_ins(head.mark);
        self.count(head, true);
        self.bytes += row.bytes();
        self.newest_load += row.load();
        self.newest.push_back(row);
        if let Some(said) = said {
            self.things.push(said);
            self.moved(head.mark, before);
        }
        let passes =
            Self::is_for_itself(&self.sieve, head) && self.lets_pass(&self.sieve, place, head);
        if passes {
            self.shown.push_back(place);
        }
        let changes =
            passes || self.sieve.is_open() || self.stand_in(&self.sieve, head.mark).is_some();
        self.changes += u64::from(changes);
        if Pack::is_enough(self.newest.len(), self.newest_load) {
            let first = self.first_new();
            let came: usize = self.newest.iter().map(NewRow::bytes).sum();
            let pack = Pack::new(first, self.newest.drain(..));
            self.bytes = self.bytes - came + pack.bytes();
            self.newest_load = 0;
            self.packs.push_back(pack);
        }
    }
    /// Puts rows before the oldest one. They come in their order in the log.
    pub fn prepend(&mut self, rows: Vec<NewRow>) {
        // Places of rows that were let go may now be given a second time.
        self.remembered.take();
        let mut rest = rows;
        while !rest.is_empty() {
            let mut load = 0;
            let enough = rest.iter().rev().position(|row| {
                load += row.load();
                Pack::is_enough(0, load)
            });
            let most = rest.len().min(Pack::MOST).min(enough.map_or(usize::MAX, |at| at + 1));
            let mut rows = rest.split_off(rest.len() - most);
            let mut place = self.first;
            let mut heads = Vec::with_capacity(most);
            for row in rows.iter_mut().rev() {
                place = place.before();
                if let Some(event) = row.row.event() {
                    self.days.prepend(place, event.at);
                    row.mark = self.things.mark(event);
                }
                let head = RowHead::from(&*row);
                heads.push((place, head, Things::said(head.mark, place, &row.row)));
            }
            self.first = place;
            let pack = Pack::new(self.first, rows);
            self.bytes += pack.bytes();
            self.packs.push_front(pack);
            for (place, head, said) in heads {
                self.count(head, true);
                let before = self.stand_ins(head.mark);
                if let Some(said) = said {
                    self.things.prepend(said);
                    self.moved(head.mark, before);
                }
                let passes =
                    |sieve| Self::is_for_itself(sieve, head) && self.lets_pass(sieve, place, head);
                let pending = self.pending.as_ref().is_some_and(|pending| passes(&pending.sieve));
                if passes(&self.sieve) {
                    self.shown.push_front(place);
                }
                if let Some(pending) = self.pending.as_mut().filter(|_| pending) {
                    pending.shown.push_front(place);
                }
            }
        }
    }
    /// Lets the oldest entries go until at most so many rows and bytes are left. An entry always
    /// goes as a whole.
    pub fn keep(&mut self, rows: usize, bytes: usize) {
        let mut going = false;
        while self.len > rows
            || self.weight() > bytes
            || (going && self.head(self.first).is_some_and(RowHead::is_rest))
        {
            if !self.let_go() {
                return;
            }
            going = true;
        }
        if !going {
            return;
        }
        let first = self.first;
        self.days.let_go(first);
        let trim = |shown: &mut ShownPlaces| {
            while shown.front().is_some_and(|place| *place < first) {
                shown.pop_front();
            }
        };
        trim(&mut self.shown);
        if let Some(pending) = &mut self.pending {
            pending.next = pending.next.max(first);
            trim(&mut pending.shown);
        }
    }
    /// Lets the oldest row go. Returns whether there was one.
    fn let_go(&mut self) -> bool {
        let place = self.first;
        let Some(head) = self.head(place) else { return false };
        let before = self.stand_ins(head.mark);
        if let Some(pack) = self.packs.front_mut() {
            pack.let_go();
            if pack.len() == 0 {
                self.bytes -= pack.bytes();
                self.packs.pop_front();
            }
        } else if let Some(row) = self.newest.pop_front() {
            self.bytes -= row.bytes();
            self.newest_load -= row.load();
        }
        self.first = place.next();
        self.things.let_go(head.mark, place);
        self.moved(head.mark, before);
        self.count(head, false);
        true
    }
    /// In whose time zone rows have dates. It must be said before there are rows.
    pub fn in_zone(&mut self, zone: TimeZone) {
        self.days = Days::new(zone);
    }
    fn count(&mut self, head: RowHead, more: bool) {
        let step = |n: &mut usize, by: usize| *n = if more { *n + by } else { *n - by };
        let bad = head.tone == Tone::Bad && !head.mark.is_of_thing();
        step(&mut self.len, 1);
        step(&mut self.problems, usize::from(bad));
        step(&mut self.gaps, usize::from(head.is_gap()));
    }
}

/// What can be read of the rows.
impl FeedRing {
    /// How many rows are shown.
    pub fn len_shown(&self) -> usize {
        if self.sieve.is_open() { self.len } else { self.shown.len() }
    }
    /// How many shown rows come before a place.
    pub fn index_of(&self, place: RowPlace) -> usize {
        if self.sieve.is_open() {
            place.since(self.first).unwrap_or_default().min(self.len)
        } else {
            self.shown.partition_point(|shown| *shown < place)
        }
    }
    /// The place of the shown row with this index.
    pub fn place_at(&self, index: usize) -> Option<RowPlace> {
        if self.sieve.is_open() {
            (index < self.len).then(|| self.first.plus(index))
        } else {
            self.shown.get(index).copied()
        }
    }
    /// Whether a row is kept and shown.
    pub fn is_shown(&self, place: RowPlace) -> bool {
        self.place_at(self.index_of(place)) == Some(place)
    }
    /// The row of a place; `None` if it is not kept any more.
    pub fn row(&self, place: RowPlace) -> Option<FeedRow> {
        let Some(pack) = self.pack_of(place) else {
            return Some(self.newest.get(place.since(self.first_new())?)?.row.clone());
        };
        let remembered = &mut *self.remembered.borrow_mut();
        if let Some(row) = remembered.rows.get(&place) {
            return Some(row.clone());
        }
        let (row, bytes) = pack.row(place, &mut remembered.pack)?;
        remembered.put(place, row.clone(), bytes);
        Some(row)
    }
    /// Looks at the events before a place, the newest first and at most so many rows. Returns the place of the
    /// oldest of these rows. Nothing of it is remembered.
    pub fn look_back(
        &self,
        before: RowPlace,
        most: usize,
        mut look: impl FnMut(&Event),
    ) -> RowPlace {
        let mut place = before;
        let mut unpacked = None;
        for _ in 0..most {
            if place <= self.first {
                break;
            }
            place = place.before();
            if let Some(pack) = self.pack_of(place) {
                let row = pack.row(place, &mut unpacked);
                row.iter().filter_map(|(row, _)| row.event()).for_each(&mut look);
            } else {
                let at = place.since(self.first_new());
                let row = at.and_then(|at| self.newest.get(at));
                row.and_then(|row| row.row.event()).into_iter().for_each(&mut look);
            }
        }
        place
    }
    /// What is known of a row without unpacking it.
    pub fn head(&self, place: RowPlace) -> Option<RowHead> {
        match self.pack_of(place) {
            Some(pack) => pack.head(place),
            None => Some(self.newest.get(place.since(self.first_new())?)?.into()),
        }
    }
    /// The pack that has a place; `None` if it is not kept any more or among the newest.
    fn pack_of(&self, place: RowPlace) -> Option<&Pack> {
        let at = self.packs.partition_point(|pack| pack.end() <= place);
        self.packs.get(at).filter(|pack| pack.first() <= place)
    }
    /// The place of the oldest row that is in no pack.
    fn first_new(&self) -> RowPlace {
        self.packs.back().map_or(self.first, Pack::end)
    }
    /// The entry of the oldest row that is not a gap.
    pub fn oldest(&self) -> Option<Seq> {
        let packed = self.packs.iter().flat_map(|pack| pack.heads().iter().copied());
        let newest = self.newest.iter().map(RowHead::from);
        packed.chain(newest).find(|head| !head.is_gap()).map(|head| head.seq)
    }
    /// The place of the oldest row.
    pub const fn first(&self) -> RowPlace {
        self.first
    }
    /// The place that the next row will get.
    pub fn end(&self) -> RowPlace {
        self.first.plus(self.len)
    }
    /// Whether the ring has reached so many rows or so many bytes.
    pub fn is_full(&self, rows: usize, bytes: usize) -> bool {
        self.len >= rows || self.weight() >= bytes
    }
    /// About how many bytes the rows and what is known of their things take.
    fn weight(&self) -> usize {
        self.bytes + self.things.bytes()
    }
    /// About how many bytes the rows take, and how many those that are remembered take besides.
    #[cfg(test)]
    pub fn bytes(&self) -> (usize, usize) {
        let remembered = self.remembered.borrow();
        let unpacked = remembered.pack.as_ref().map_or(0, Unpacked::bytes);
        (self.weight(), remembered.bytes + unpacked)
    }
    /// How many events are shown, and how many there are.
    pub fn events(&self) -> (usize, usize) {
        (self.len_shown() - self.gaps.min(self.len_shown()), self.len - self.gaps)
    }
    /// A counter of what came and changed what is shown.
    pub const fn changes(&self) -> u64 {
        self.changes
    }
    /// How many rows are gaps.
    pub const fn gaps(&self) -> usize {
        self.gaps
    }
    /// How many things, and rows that tell of none, need attention, shown or not.
    pub const fn problems(&self) -> usize {
        self.problems + self.things.bad()
    }
    /// Whether a row needs attention, or the thing that it stands for.
    pub fn is_problem(&self, place: RowPlace) -> bool {
        let Some(head) = self.head(place) else { return false };
        match self.things.get(head.mark).filter(|_| self.sieve.depth != Depth::All) {
            Some(course) => course.bad_place().is_some(),
            None => head.tone == Tone::Bad,
        }
    }
    /// A row as it is shown: where not every event is, with how its thing stands.
    pub fn row_now(&self, place: RowPlace) -> Option<FeedRow> {
        let mut row = self.row(place)?;
        let head = self.head(place).filter(|_| self.sieve.depth != Depth::All);
        if let Some(course) = head.and_then(|head| self.things.get(head.mark)) {
            let thing = self.thing_now(course, course.said().filter(|said| *said != place));
            (row.tone, row.thing) = (thing.tone(), Some(thing));
        }
        Some(row)
    }
    /// How the thing stands that an event of another ring tells of, if rows of this one tell of it too.
    pub fn thing_of(&self, event: &Event) -> Option<ThingNow> {
        let course = self.things.of(event)?;
        Some(self.thing_now(course, course.said()))
    }
    fn thing_now(&self, course: &Course, said: Option<RowPlace>) -> ThingNow {
        let last = said.and_then(|said| match self.row(said)?.kind {
            FeedRowKind::Event(event) => Some(event),
            FeedRowKind::Gap { .. } => None,
        });
        let failed = course.bad().map(|(_, standing)| standing);
        let way = course.way().and_then(|way| match self.row(way)?.kind {
            FeedRowKind::Event(event) => Some(event),
            FeedRowKind::Gap { .. } => None,
        });
        ThingNow { now: course.now(), failed, last, way }
    }
    /// The date of a row.
    pub fn date_of(&self, place: RowPlace) -> Option<Date> {
        self.days.of(place)
    }
    /// The date of the shown row with this index.
    pub fn date_at(&self, index: usize) -> Option<Date> {
        self.days.of(self.place_at(index)?)
    }
    /// Whether a shown row has another date than the one before it.
    pub fn begins_day(&self, index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|before| self.date_at(before));
        self.date_at(index).is_some_and(|date| before != Some(date))
    }
    /// How many shown rows begin a day from the one with index `from` on and before `to`.
    pub fn days_begun(&self, from: usize, to: usize) -> usize {
        let Some(last) = to.checked_sub(1).and_then(|last| self.place_at(last)) else { return 0 };
        let first = from.checked_sub(1).and_then(|before| self.place_at(before));
        let mut begun: Vec<usize> = self
            .days
            .between(first.unwrap_or(self.first.before()), last)
            .map(|place| self.index_of(place))
            .chain((from == 0).then_some(0))
            .filter(|index| self.begins_day(*index))
            .collect();
        begun.sort_unstable();
        begun.dedup();
        begun.len()
    }
}

//! The rows of the feed, in a ring that is bounded in rows and bytes, and which of them the filter shows.
//!
//! A row has a `RowPlace` that stays the same while rows are added at the end, leave at the front,
//! or are put before the front. So the selection and the scroll position are places, and nothing
//! has to be shifted. The rows that a filter shows are a sorted list of places, so the cost of
//! drawing depends on what is visible only.
//!
//! The newest rows are kept as they came. Once there are enough of them they are packed (`pack`), and
//! the rows of packs that were drawn lately are remembered, because they are drawn again.

use super::{
    pack::{Pack, RowHead, Unpacked},
    row::{FeedRow, NewRow},
};
use crate::{
    model::{Seq, Tone},
    query::Words,
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
};

/// How many unpacked rows are remembered, which is more than any screen has lines, and about how many
/// bytes they may take.
const REMEMBERED: (usize, usize) = (512, 8 << 20);

/// Names a row for as long as it is kept. Newer rows have greater places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowPlace(u64);

impl RowPlace {
    /// Far enough from zero that the past can be put in front for ever.
    pub(super) const START: Self = Self(1 << 62);
    pub(super) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
    pub(super) const fn before(self) -> Self {
        Self(self.0 - 1)
    }
    pub(super) const fn plus(self, rows: usize) -> Self {
        Self(self.0 + rows as u64)
    }
    /// How many rows this place is behind another one; `None` if it is before it.
    pub(super) fn since(self, other: Self) -> Option<usize> {
        usize::try_from(self.0.checked_sub(other.0)?).ok()
    }
}

/// The places that pass a filter, in ascending order.
type ShownPlaces = VecDeque<RowPlace>;

/// A filter that is being applied, from the oldest row on.
#[derive(Debug)]
struct Pending {
    words: Words,
    next: RowPlace,
    shown: ShownPlaces,
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
    problems: usize,
    gaps: usize,
    words: Words,
    /// Used only while there is a filter; without one, every row is shown.
    shown: ShownPlaces,
    pending: Option<Pending>,
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
            words: Words::default(),
            shown: ShownPlaces::new(),
            pending: None,
            remembered: RefCell::default(),
        }
    }
}

/// Rows come and go.
impl FeedRing {
    pub fn push(&mut self, row: NewRow) {
        if !self.words.is_empty() && row.passes(&self.words) {
            self.shown.push_back(self.end());
        }
        self.count(row.row.tone, row.row.event().is_none(), true);
        self.bytes += row.bytes();
        self.newest_load += row.load();
        self.newest.push_back(row);
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
            let rows = rest.split_off(rest.len() - most);
            for row in rows.iter().rev() {
                self.first = self.first.before();
                if !self.words.is_empty() && row.passes(&self.words) {
                    self.shown.push_front(self.first);
                }
                if let Some(pending) = &mut self.pending
                    && row.passes(&pending.words)
                {
                    pending.shown.push_front(self.first);
                }
                self.count(row.row.tone, row.row.event().is_none(), true);
            }
            let pack = Pack::new(self.first, rows);
            self.bytes += pack.bytes();
            self.packs.push_front(pack);
        }
    }
    /// Lets the oldest entries go until at most so many rows and bytes are left. An entry always
    /// goes as a whole.
    pub fn keep(&mut self, rows: usize, bytes: usize) {
        let mut going = false;
        while self.len > rows
            || self.bytes > bytes
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
        let head = if let Some(pack) = self.packs.front_mut() {
            let head = pack.let_go();
            if pack.len() == 0 {
                self.bytes -= pack.bytes();
                self.packs.pop_front();
            }
            head
        } else {
            self.newest.pop_front().map(|row| {
                self.bytes -= row.bytes();
                self.newest_load -= row.load();
                RowHead::from(&row.row)
            })
        };
        let Some(head) = head else { return false };
        self.first = self.first.next();
        self.count(head.tone, head.is_gap(), false);
        true
    }
    fn count(&mut self, tone: Tone, gap: bool, more: bool) {
        let step = |n: &mut usize, by: usize| *n = if more { *n + by } else { *n - by };
        step(&mut self.len, 1);
        step(&mut self.problems, usize::from(tone == Tone::Bad));
        step(&mut self.gaps, usize::from(gap));
    }
}

impl FeedRing {
    /// Begins to apply a filter. The former one stays in force until `refilter` says that
    /// it is done.
    pub fn set_filter(&mut self, words: Words) {
        let next = self.first;
        self.pending = Some(Pending { words, next, shown: ShownPlaces::new() });
    }
    /// Goes on applying a filter and looks at no more than `budget` rows. Returns whether nothing
    /// is left to do.
    pub fn refilter(&mut self, budget: usize) -> bool {
        let Some(mut pending) = self.pending.take() else { return true };
        let mut left = budget;
        while !pending.words.is_empty() && pending.next < self.end() {
            if left == 0 {
                self.pending = Some(pending);
                return false;
            }
            let (next, seen) = self.look(&mut pending, left);
            pending.next = next;
            left -= seen;
        }
        self.words = pending.words;
        self.shown = pending.shown;
        true
    }
    /// Looks at the rows of one pack, or at the newest ones, and at no more than so many. Returns where
    /// to go on, and how many they were.
    fn look(&self, pending: &mut Pending, most: usize) -> (RowPlace, usize) {
        let from = pending.next;
        let end = if let Some(pack) = self.pack_of(from) {
            pending.shown.extend(pack.passing(&pending.words, from, most));
            pack.end()
        } else {
            let at = from.since(self.first_new()).unwrap_or_default();
            let rows = self.newest.iter().enumerate().skip(at).take(most);
            let passing = rows.filter(|(_, row)| row.passes(&pending.words));
            pending.shown.extend(passing.map(|(i, _)| self.first_new().plus(i)));
            self.end()
        };
        let seen = end.since(from).unwrap_or_default().min(most);
        (from.plus(seen), seen)
    }
    pub const fn is_refiltering(&self) -> bool {
        self.pending.is_some()
    }
    /// The filter that was set last, whether it is in force already or not.
    pub fn words(&self) -> &Words {
        self.pending.as_ref().map_or(&self.words, |pending| &pending.words)
    }
}

/// What can be read of the rows.
impl FeedRing {
    /// How many rows are shown.
    pub fn len_shown(&self) -> usize {
        if self.words.is_empty() { self.len } else { self.shown.len() }
    }
    /// How many shown rows come before a place.
    pub fn index_of(&self, place: RowPlace) -> usize {
        if self.words.is_empty() {
            place.since(self.first).unwrap_or_default().min(self.len)
        } else {
            self.shown.partition_point(|shown| *shown < place)
        }
    }
    /// The place of the shown row with this index.
    pub fn place_at(&self, index: usize) -> Option<RowPlace> {
        if self.words.is_empty() {
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
    /// What is known of a row without unpacking it.
    pub fn head(&self, place: RowPlace) -> Option<RowHead> {
        match self.pack_of(place) {
            Some(pack) => pack.head(place),
            None => Some((&self.newest.get(place.since(self.first_new())?)?.row).into()),
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
        let newest = self.newest.iter().map(|row| RowHead::from(&row.row));
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
        self.len >= rows || self.bytes >= bytes
    }
    /// About how many bytes the rows take, and how many those that are remembered take besides.
    #[cfg(test)]
    pub fn bytes(&self) -> (usize, usize) {
        let remembered = self.remembered.borrow();
        let unpacked = remembered.pack.as_ref().map_or(0, Unpacked::bytes);
        (self.bytes, remembered.bytes + unpacked)
    }
    /// How many events are shown, and how many there are.
    pub fn events(&self) -> (usize, usize) {
        (self.len_shown() - self.gaps.min(self.len_shown()), self.len - self.gaps)
    }
    /// How many rows are gaps.
    pub const fn gaps(&self) -> usize {
        self.gaps
    }
    /// How many rows need attention, shown or not.
    pub const fn problems(&self) -> usize {
        self.problems
    }
}

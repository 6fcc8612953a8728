//! How each thing stands that the rows of the feed tell of, and which row stands for it (`model::thing`).
//!
//! All of it follows from the rows that are kept: whatever is known of a thing goes with its last row. So
//! it is as bounded as the ring is. Rows come at the end, where they say how a thing stands now, or from
//! the past, where they only say what was not known yet.

use super::{ring::RowPlace, row::FeedRow};
use crate::model::{Event, EventPart, Standing, Tone};
use slab::Slab;
use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
};

/// What a row is to the things that the rows tell of, in four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowMark(u32);

impl RowMark {
    /// A row that stands for itself.
    const WORD: Self = Self(u32::MAX);
    /// A row that only says that a record changed; or a gap.
    pub const RECORD: Self = Self(u32::MAX - 1);

    pub const fn is_word(self) -> bool {
        self.0 == u32::MAX
    }
    pub const fn is_of_thing(self) -> bool {
        self.0 < Self::RECORD.0
    }
    /// The key of the thing that the row tells of, if it tells of one.
    const fn key(self) -> Option<usize> {
        if self.is_of_thing() { Some(self.0 as usize) } else { None }
    }
}

/// What a row says of its thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    mark: RowMark,
    place: RowPlace,
    now: Standing,
    leads: bool,
    bad: bool,
}

/// How one thing stands by the rows that tell of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    /// The hash of its id. Hashes of 64 bits that nobody outside can know do not meet in practice.
    id: u64,
    /// How many rows tell of it.
    rows: u32,
    /// The row that stands for it: one that leads, or else the newest that is bad news.
    lead: Option<RowPlace>,
    /// The newest row that leads.
    said: Option<RowPlace>,
    /// The newest row that is bad news, and how the thing stood then.
    bad: Option<(RowPlace, Standing)>,
    now: Standing,
    /// The newest row that tells of its way to a real network.
    way: Option<RowPlace>,
}

impl Course {
    pub const fn lead(&self) -> Option<RowPlace> {
        self.lead
    }
    pub const fn said(&self) -> Option<RowPlace> {
        self.said
    }
    pub const fn now(&self) -> Standing {
        self.now
    }
    /// The newest row that tells of its way to a real network, if that is how it stands.
    pub fn way(&self) -> Option<RowPlace> {
        self.way.filter(|_| matches!(self.now, Standing::OnTheWay(_)))
    }
    /// The newest row that is bad news, and how the thing stood then.
    pub const fn bad(&self) -> Option<(RowPlace, Standing)> {
        self.bad
    }
    pub fn bad_place(&self) -> Option<RowPlace> {
        self.bad.map(|(place, _)| place)
    }
}

/// All things that the rows tell of.
#[derive(Debug, Default)]
pub(super) struct Things {
    all: Slab<Course>,
    keys: HashMap<u64, u32>,
    hasher: RandomState,
    bad: usize,
}

impl Things {
    /// Finds or makes room for the thing that an event tells of.
    pub fn mark(&mut self, event: &Event) -> RowMark {
        let (thing, now) = match event.kind.part() {
            EventPart::Word => return RowMark::WORD,
            EventPart::Record => return RowMark::RECORD,
            EventPart::Of { thing, now, .. } => (thing, now),
        };
        let id = self.hasher.hash_one(thing);
        let all = &mut self.all;
        let key = *self.keys.entry(id).or_insert_with(|| {
            let (lead, said, bad, way) = (None, None, None, None);
            let new = Course { id, rows: 0, lead, said, bad, now, way };
            u32::try_from(all.insert(new)).unwrap_or(RowMark::RECORD.0)
        });
        RowMark(key)
    }
    /// What a row says of its thing; `None` if it tells of none.
    pub fn said(mark: RowMark, place: RowPlace, row: &FeedRow) -> Option<Said> {
        mark.key()?;
        let EventPart::Of { now, leads, .. } = row.event()?.kind.part() else { return None };
        Some(Said { mark, place, now, leads, bad: row.tone == Tone::Bad })
    }
    /// How the thing stands that an event tells of, if it is known.
    pub fn of(&self, event: &Event) -> Option<&Course> {
        let EventPart::Of { thing, .. } = event.kind.part() else { return None };
        let key = *self.keys.get(&self.hasher.hash_one(thing))?;
        self.all.get(key as usize)
    }
    pub fn get(&self, mark: RowMark) -> Option<&Course> {
        self.all.get(mark.key()?)
    }
    /// How many things there are of which a row is bad news.
    pub const fn bad(&self) -> usize {
        self.bad
    }

    /// Notes what the newest of all rows says.
    pub fn push(&mut self, said: Said) {
        let Some(course) = said.mark.key().and_then(|key| self.all.get_mut(key)) else { return };
        course.now = if course.rows == 0 { said.now } else { course.now.then(said.now) };
        course.rows += 1;
        if course.bad.is_some_and(|(_, then)| then.is_doubt()) {
            course.bad = None;
            self.bad -= 1;
        }
        if matches!(said.now, Standing::OnTheWay(_)) {
            course.way = Some(said.place);
        }
        // A doubt about what is known is none.
        if said.bad && !(said.now.is_doubt() && course.now != said.now) {
            self.bad += usize::from(course.bad.is_none());
            course.bad = Some((said.place, said.now));
        }
        let had_said = course.said.is_some();
        if said.leads {
            course.said = Some(said.place);
        }
        if !had_said {
            course.lead = course.said.or(course.bad_place());
        }
    }
    /// Notes what the oldest of all rows says. What newer rows said stays in force.
    pub fn prepend(&mut self, said: Said) {
        let Some(course) = said.mark.key().and_then(|key| self.all.get_mut(key)) else { return };
        let is_newest = course.rows == 0;
        course.now = if is_newest { said.now } else { said.now.then(course.now) };
        course.rows += 1;
        if course.bad.is_some_and(|(_, then)| then.is_doubt() && course.now != then) {
            course.bad = None;
            self.bad -= 1;
        }
        if matches!(said.now, Standing::OnTheWay(_)) {
            course.way = course.way.or(Some(said.place));
        }
        let is_over = said.now.is_doubt() && !is_newest;
        if said.bad && course.bad.is_none() && !is_over {
            self.bad += 1;
            course.bad = Some((said.place, said.now));
        }
        if said.leads {
            course.lead = Some(said.place);
            course.said = course.said.or(Some(said.place));
        }
        if course.said.is_none() {
            course.lead = course.bad_place();
        }
    }
    /// The oldest of all rows goes, which had this place.
    pub fn let_go(&mut self, mark: RowMark, place: RowPlace) {
        let Some(key) = mark.key() else { return };
        let Some(course) = self.all.get_mut(key) else { return };
        course.rows = course.rows.saturating_sub(1);
        if course.bad_place() == Some(place) {
            course.bad = None;
            self.bad -= 1;
        }
        course.way = course.way.filter(|way| *way > place);
        course.said = course.said.filter(|said| *said > place);
        if course.lead == Some(place) {
            course.lead = course.said.or(course.bad_place());
        }
        if course.rows == 0 {
            self.keys.remove(&course.id);
            self.all.remove(key);
        }
    }
    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.all.len() * (size_of::<Course>() + 2 * size_of::<(u64, u32)>())
    }
}

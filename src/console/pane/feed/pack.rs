//! Rows of the feed that are packed together, because most rows that are kept are never looked at again.
//!
//! What is asked of every row is at hand: its place in the log, its tone, and the words that the
//! filter looks at. The event itself is in the stored form and compressed, with the words as the
//! dictionary, because they say most of it already. Only a row that is drawn or acted on is unpacked.

use super::{
    ring::RowPlace,
    row::{FeedRow, FeedRowKind, GAP, NewRow, unpacked_size},
    things::RowMark,
};
use crate::{
    model::{Actor, CustomerId, Event, EventKind, Seq, Timestamp, Tone},
    query::Filter,
    wire::entry,
};
use lz4_flex::block::{compress_with_dict, decompress_with_dict};
use std::{ops::Range, sync::Arc};

/// How many bytes of words and events are packed together, unless the last row has more by itself. The
/// compression finds what is repeated within 64 KiB, and the words and the events should both lie
/// within that. It also bounds what has to be unpacked for the sake of one row.
const LOAD: usize = 48 << 10;

/// What is asked of a row without unpacking it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowHead {
    pub seq: Seq,
    /// Which event of its entry it is; `u32::MAX` for a gap.
    index: u32,
    /// Where its words end among those of its pack.
    words_end: u32,
    /// What it is to the things of the ring.
    pub mark: RowMark,
    pub tone: Tone,
    pub customer: CustomerMark,
}

/// Tells the customers of rows apart in three bytes. Two customers rarely have the same; whoever must know
/// looks at the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CustomerMark([u8; 3]);

impl CustomerMark {
    pub fn of(customer: Option<&CustomerId>) -> Self {
        // FNV-1a: ids are made by the hub, so that nobody can make them meet on purpose.
        let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(16_777_619);
        let bytes = customer.map_or(&b""[..], |customer| customer.as_str().as_bytes());
        let [a, b, c, _] = bytes.iter().fold(2_166_136_261, step).to_le_bytes();
        Self([a, b, c])
    }
}

impl RowHead {
    pub const fn is_gap(self) -> bool {
        self.index == u32::MAX
    }
    /// Whether the row belongs to the same entry as the row before it.
    pub const fn is_rest(self) -> bool {
        self.index > 0 && !self.is_gap()
    }
}

impl From<&NewRow> for RowHead {
    /// The head of a row that is in no pack. Its words are still beside it, so they end nowhere yet.
    fn from(NewRow { row, mark, .. }: &NewRow) -> Self {
        let index = u32::try_from(row.index).unwrap_or(u32::MAX);
        let customer = CustomerMark::of(row.customer());
        Self { seq: row.seq, index, words_end: 0, mark: *mark, tone: row.tone, customer }
    }
}

/// Rows that follow one another.
#[derive(Debug)]
pub(super) struct Pack {
    /// The place of the oldest row that is still kept.
    first: RowPlace,
    /// How many rows before that one have been let go.
    gone: usize,
    heads: Box<[RowHead]>,
    words: Box<str>,
    /// The events, compressed.
    events: Box<[u8]>,
    /// How long the events are when they are not compressed.
    length: usize,
    /// What the gaps among the rows say, in order.
    gaps: Box<[FeedRowKind]>,
}

/// The events of one pack, no longer compressed.
#[derive(Debug)]
pub(super) struct Unpacked {
    end: RowPlace,
    events: Vec<u8>,
}

impl Unpacked {
    #[cfg(test)]
    pub const fn bytes(&self) -> usize {
        self.events.len()
    }
}

impl Pack {
    /// How many rows are packed together at most. More would be smaller, and take longer to unpack.
    pub const MOST: usize = 64;

    /// Whether so many rows with so many bytes to pack ([`NewRow::load`]) are enough for a pack.
    pub const fn is_enough(rows: usize, load: usize) -> bool {
        rows >= Self::MOST || load >= LOAD
    }

    /// Packs rows that follow one another from the place `first` on.
    pub fn new(first: RowPlace, rows: impl IntoIterator<Item = NewRow>) -> Self {
        let (mut heads, mut words) = (Vec::with_capacity(Self::MOST), String::new());
        let (mut events, mut gaps) = (Vec::new(), Vec::new());
        for new in rows {
            let head = RowHead::from(&new);
            let NewRow { row, words: own, stored, .. } = new;
            words.push_str(&own);
            events.extend_from_slice(&stored);
            let words_end = u32::try_from(words.len()).unwrap_or(u32::MAX);
            heads.push(RowHead { words_end, ..head });
            if matches!(row.kind, FeedRowKind::Gap { .. }) {
                gaps.push(row.kind);
            }
        }
        Self {
            first,
            gone: 0,
            heads: heads.into(),
            length: events.len(),
            events: compress_with_dict(&events, words.as_bytes()).into(),
            words: words.into(),
            gaps: gaps.into(),
        }
    }

    /// The place of the oldest row that is still kept.
    pub const fn first(&self) -> RowPlace {
        self.first
    }
    /// The place behind the newest row.
    pub fn end(&self) -> RowPlace {
        self.first.plus(self.len())
    }
    /// How many rows are still kept.
    pub fn len(&self) -> usize {
        self.heads.len() - self.gone
    }
    /// How many bytes it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + size_of_val(&*self.heads)
            + size_of_val(&*self.gaps)
            + self.words.len()
            + self.events.len()
    }
    /// Lets the oldest row go. Its bytes stay until the last one goes.
    pub fn let_go(&mut self) -> Option<RowHead> {
        let head = *self.heads.get(self.gone)?;
        self.gone += 1;
        self.first = self.first.next();
        Some(head)
    }

    fn at(&self, place: RowPlace) -> Option<usize> {
        Some(place.since(self.first)? + self.gone)
    }
    pub fn head(&self, place: RowPlace) -> Option<RowHead> {
        self.heads.get(self.at(place)?).copied()
    }
    /// The rows that are still kept, in order.
    pub fn heads(&self) -> &[RowHead] {
        &self.heads[self.gone..]
    }
    /// The places from `from` on, at most so many, whose rows a filter lets pass. The events are unpacked
    /// once a row alone cannot tell.
    pub fn passing(&self, filter: &Filter, from: RowPlace, most: usize) -> Vec<RowPlace> {
        let none = self.gaps.is_empty() && !filter.may_match_in(&self.words);
        let Some(at) = self.at(from).filter(|_| !none) else { return Vec::new() };
        let last = at.saturating_add(most).min(self.heads.len());
        let mut unpacked = None;
        let places = (at..last).map(|i| from.plus(i - at));
        places.filter(|place| self.lets(filter, *place, &mut unpacked)).collect()
    }
    /// Whether a filter lets the row of a place pass.
    pub fn passes(&self, filter: &Filter, place: RowPlace) -> bool {
        self.lets(filter, place, &mut None)
    }
    fn lets(&self, filter: &Filter, place: RowPlace, unpacked: &mut Option<Unpacked>) -> bool {
        let Some(i) = self.at(place) else { return false };
        let words = self.words.get(self.words_of(i)).unwrap_or("");
        self.heads[i].is_gap()
            || filter.matches_row(words, |filter| {
                let row = self.row(place, unpacked);
                row.is_some_and(|(row, _)| row.event().is_some_and(|e| filter.matches(e)))
            })
    }
    fn words_of(&self, i: usize) -> Range<usize> {
        let end = |i: usize| self.heads[i].words_end as usize;
        i.checked_sub(1).map_or(0, end)..end(i)
    }

    /// Unpacks one row, and says about how many bytes it takes now. `unpacked` remembers the events of
    /// the pack for the next row of it.
    pub fn row(
        &self,
        place: RowPlace,
        unpacked: &mut Option<Unpacked>,
    ) -> Option<(FeedRow, usize)> {
        let at = self.at(place)?;
        let head = *self.heads.get(at)?;
        let gaps = self.heads[..at].iter().filter(|head| head.is_gap()).count();
        if head.is_gap() {
            let kind = self.gaps.get(gaps)?.clone();
            let row = FeedRow { seq: head.seq, index: GAP, kind, tone: head.tone, thing: None };
            return Some((row, unpacked_size(0)));
        }
        let end = self.end();
        let known = unpacked.take().filter(|known| known.end == end);
        let known = unpacked.insert(known.unwrap_or_else(|| {
            Unpacked {
                end,
                events: decompress_with_dict(&self.events, self.length, self.words.as_bytes())
                    .unwrap_or_default(),
            }
        }));
        let stored = entry::nth_event(&known.events, at - gaps).unwrap_or_default();
        let event = entry::decode_event(stored).unwrap_or_else(unreadable);
        let kind = FeedRowKind::Event(Arc::new(event));
        let (seq, index, tone) = (head.seq, head.index as usize, head.tone);
        let row = FeedRow { seq, index, kind, tone, thing: None };
        Some((row, unpacked_size(stored.len())))
    }
}

/// What a row shows whose event cannot be read back. That would be a fault of this program, but a
/// row is never left out.
fn unreadable() -> Event {
    Event {
        at: Timestamp::ZERO,
        customer: None,
        app: None,
        actor: Actor::Hub,
        number: None,
        channel: None,
        name: None,
        kind: EventKind::Unreadable,
    }
}

#[cfg(test)]
mod tests;

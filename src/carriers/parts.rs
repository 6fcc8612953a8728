//! Texts that customers write in several parts, while they wait for what is missing (R-CARRY-26). This is who belongs to
//! whom, without I/O: `part_store` keeps the parts on disk, and `gather` puts both to use.
//!
//! A text that was put together is remembered for a while, because its last part may be brought again, whose
//! acknowledgement was lost, and would wait in vain for the others.

use super::{alphabet, order::Brought, user_data::PartPlace};
use crate::model::{Body, ChannelNumber, CustomerNumber, limits::MESSAGE_BYTES};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};
use tokio::time::Instant;

/// How long a text waits for its next part.
const WAIT: Duration = Duration::from_mins(2);
/// How long a text is remembered that was put together.
const REMEMBERED: Duration = Duration::from_hours(1);
/// How much room all of them may take, in octets. If it is not enough, those that waited longest wait no longer.
const ROOM: usize = 4 << 20;
/// What a part takes beside its text.
const BESIDE: usize = 256;

/// What the parts of one text have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PartSeries {
    pub from: CustomerNumber,
    pub to: ChannelNumber,
    pub reference: String,
    pub total: u8,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPart {
    pub series: PartSeries,
    /// Its number, from 1.
    pub place: u8,
    pub text: CodedText,
}

/// What a part says, as it came: a character may be cut in two by the end of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodedText {
    /// The `data_coding` of SMPP.
    pub coding: u8,
    pub octets: Vec<u8>,
}

impl TextPart {
    pub fn new(from: CustomerNumber, to: ChannelNumber, of: PartPlace, text: CodedText) -> Self {
        let PartPlace { reference, total, place } = of;
        Self { series: PartSeries { from, to, reference, total }, place, text }
    }
    /// The part as a message of its own, under the name of its set.
    pub fn alone(&self, set: i64) -> Brought {
        message(&self.series, set, self.place, read(&[&self.text]))
    }
}

/// A part that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPart {
    /// The set that it is in.
    pub set: i64,
    /// Whether the text was put together already.
    pub is_joined: bool,
    pub part: TextPart,
}

/// The parts of one text that have come.
#[derive(Debug)]
struct PartSet {
    /// Tells it from every other one, also in another run of the hub.
    id: i64,
    parts: BTreeMap<u8, CodedText>,
    /// When the newest one came.
    touched: Instant,
}

impl PartSet {
    fn new(id: i64, touched: Instant) -> Self {
        Self { id, parts: BTreeMap::new(), touched }
    }
    fn size(&self) -> usize {
        self.parts.values().map(size).sum()
    }
}

fn size(text: &CodedText) -> usize {
    text.octets.len() + BESIDE
}

/// The texts with one reference from one number to another.
#[derive(Debug, Default)]
struct SeriesState {
    open: Option<PartSet>,
    joined: Option<PartSet>,
}

/// What came of a part, or of time that passed.
#[derive(Debug, Default)]
pub struct PartsOutcome {
    /// The set in which the part is new. `None` if it is known already.
    pub kept: Option<i64>,
    /// What is to be stored in the log now, each under a name that stays the same.
    pub messages: Vec<Brought>,
    /// Whose parts are all there, and who need not be kept any more, once that is stored.
    pub joined: Vec<i64>,
    pub gone: Vec<i64>,
}

/// The parts of all texts of one connection.
#[derive(Debug, Default)]
pub struct WaitingParts {
    series: HashMap<PartSeries, SeriesState>,
    /// How much room they take.
    size: usize,
    /// No text is late before this.
    next: Option<Instant>,
}

impl WaitingParts {
    /// Those that were kept when the hub stopped, set by set. They wait anew, because what is missing may come only now;
    /// what is whole does not, and of two sets of one series only the later one does.
    pub fn load(kept: Vec<KeptPart>, now: Instant) -> (Self, PartsOutcome) {
        let (mut all, mut outcome) = (Self::default(), PartsOutcome::default());
        for KeptPart { set, is_joined, part } in kept {
            let TextPart { series, place, text } = part;
            let known = all.series.get(&series);
            let there = known
                .and_then(|known| if is_joined { &known.joined } else { &known.open }.as_ref());
            match there.map(|there| there.id) {
                Some(id) if id != set && is_joined => all.forget(&series, &mut outcome),
                Some(id) if id != set => all.end(&series, &mut outcome),
                Some(_) | None => {}
            }
            all.size += size(&text);
            let known = all.series.entry(series).or_default();
            let slot = if is_joined { &mut known.joined } else { &mut known.open };
            slot.get_or_insert_with(|| PartSet::new(set, now)).parts.insert(place, text);
        }
        let is_whole = |(series, known): (&PartSeries, &SeriesState)| {
            let open = known.open.as_ref()?;
            (open.parts.len() == usize::from(series.total)).then(|| series.clone())
        };
        let whole: Vec<_> = all.series.iter().filter_map(is_whole).collect();
        for series in whole {
            all.end(&series, &mut outcome);
        }
        all.next = all.first();
        (all, outcome)
    }

    /// Takes a part. `id` is for the set that it begins, if it begins one.
    pub fn take(&mut self, part: TextPart, id: i64, now: Instant) -> PartsOutcome {
        let mut outcome = PartsOutcome::default();
        let TextPart { series, place, text } = part;
        let open = self.series.get(&series).and_then(|known| known.open.as_ref());
        match open.and_then(|open| open.parts.get(&place)) {
            Some(there) if *there == text => return outcome,
            // The customer's telephone uses the number again, for another text.
            Some(_) => self.end(&series, &mut outcome),
            None => {}
        }
        self.size += size(&text);
        let known = self.series.entry(series.clone()).or_default();
        let open = known.open.get_or_insert_with(|| PartSet::new(id, now));
        open.parts.insert(place, text);
        open.touched = now;
        outcome.kept = Some(open.id);
        self.next = Some(self.next.map_or(now + WAIT, |next| next.min(now + WAIT)));
        if open.parts.len() == usize::from(series.total) {
            self.end(&series, &mut outcome);
        }
        self.make_room(&mut outcome);
        outcome
    }

    /// Ends what has waited for too long.
    pub fn late(&mut self, now: Instant) -> PartsOutcome {
        let mut outcome = PartsOutcome::default();
        let is_over = |(series, known): (&PartSeries, &SeriesState)| {
            known.open.as_ref().filter(|open| open.touched + WAIT <= now)?;
            Some(series.clone())
        };
        let over: Vec<_> = self.series.iter().filter_map(is_over).collect();
        for series in over {
            self.end(&series, &mut outcome);
        }
        let is_old = |(series, known): (&PartSeries, &SeriesState)| {
            known.joined.as_ref().filter(|set| set.touched + REMEMBERED <= now)?;
            Some(series.clone())
        };
        let old: Vec<_> = self.series.iter().filter_map(is_old).collect();
        for series in old {
            self.forget(&series, &mut outcome);
        }
        self.next = self.first();
        outcome
    }

    /// When there may be something to end.
    pub fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Takes a part back that could not be kept. Says whether it was still waiting.
    pub fn withdraw(&mut self, set: i64, part: &TextPart) -> bool {
        let known = self.series.get_mut(&part.series);
        let open = known.and_then(|known| known.open.as_mut()).filter(|open| open.id == set);
        let taken = open.and_then(|open| open.parts.remove(&part.place));
        self.size -= taken.as_ref().map_or(0, size);
        taken.is_some()
    }

    fn first(&self) -> Option<Instant> {
        let times = self.series.values().flat_map(|known| {
            let open = known.open.as_ref().map(|set| set.touched + WAIT);
            [open, known.joined.as_ref().map(|set| set.touched + REMEMBERED)]
        });
        times.flatten().min()
    }

    /// Has what is there of an open text stored, as one message if it is whole. What was part of the text before it is
    /// there already, and came again.
    fn end(&mut self, series: &PartSeries, outcome: &mut PartsOutcome) {
        let Some(known) = self.series.get_mut(series) else { return };
        let Some(open) = known.open.take() else { return };
        let is_whole = open.parts.len() == usize::from(series.total);
        let before = known.joined.as_ref().filter(|_| !is_whole);
        let is_new = |place: &u8, text: &CodedText| {
            before.and_then(|set| set.parts.get(place)).is_none_or(|there| there != text)
        };
        let parts = open.parts.iter().filter(|(place, text)| is_new(place, text));
        outcome.messages.extend(messages(series, open.id, parts));
        if is_whole {
            outcome.joined.push(open.id);
            if let Some(old) = known.joined.replace(open) {
                self.size -= old.size();
                outcome.gone.push(old.id);
            }
        } else {
            self.size -= open.size();
            outcome.gone.push(open.id);
            if known.joined.is_none() {
                self.series.remove(series);
            }
        }
    }

    /// Remembers no longer that a text was put together.
    fn forget(&mut self, series: &PartSeries, outcome: &mut PartsOutcome) {
        let Some(known) = self.series.get_mut(series) else { return };
        if let Some(old) = known.joined.take() {
            self.size -= old.size();
            outcome.gone.push(old.id);
        }
        if known.open.is_none() {
            self.series.remove(series);
        }
    }

    /// Makes an eighth more room than is needed, so that it is not made anew for every part. What is whole and
    /// only remembered goes before what still waits.
    fn make_room(&mut self, outcome: &mut PartsOutcome) {
        if self.size <= ROOM {
            return;
        }
        let mut all: Vec<_> = self
            .series
            .iter()
            .flat_map(|(of, known)| {
                let open = known.open.as_ref().map(|set| (false, set.touched, of.clone()));
                [open, known.joined.as_ref().map(|set| (true, set.touched, of.clone()))]
            })
            .flatten()
            .collect();
        all.sort_by_key(|(is_joined, touched, _)| (!*is_joined, *touched));
        for (is_joined, _, series) in all {
            if self.size <= ROOM / 8 * 7 {
                return;
            }
            if is_joined {
                self.forget(&series, outcome);
            } else {
                self.end(&series, outcome);
            }
        }
    }
}

/// What parts say: a message for each run of them that nothing is missing from, unless that is too long for one.
fn messages<'a>(
    series: &PartSeries,
    set: i64,
    parts: impl Iterator<Item = (&'a u8, &'a CodedText)>,
) -> Vec<Brought> {
    // Each with its first place, its texts, and how many bytes those have if each is read by itself.
    let mut runs: Vec<(u8, Vec<&CodedText>, usize)> = Vec::new();
    for (place, text) in parts {
        let bytes = read(&[text]).len();
        match runs.last_mut() {
            Some((first, run, all))
                if usize::from(*first) + run.len() == usize::from(*place)
                    && *all + bytes <= MESSAGE_BYTES =>
            {
                run.push(text);
                *all += bytes;
            }
            _ => runs.push((*place, vec![text], bytes)),
        }
    }
    runs.into_iter().map(|(first, run, _)| message(series, set, first, read(&run))).collect()
}

/// Reads texts that follow each other, those of one encoding together.
fn read(run: &[&CodedText]) -> String {
    let of_one_coding = run.chunk_by(|one, next| one.coding == next.coding);
    of_one_coding
        .map(|texts| {
            let octets: Vec<_> = texts.iter().flat_map(|text| &text.octets).copied().collect();
            alphabet::decode(texts[0].coding, &octets)
        })
        .collect()
}

fn message(series: &PartSeries, set: i64, first: u8, text: String) -> Brought {
    let PartSeries { from, to, .. } = series.clone();
    let key = Some(format!("parts/{set:016x}/{first}"));
    Brought::Message { from, to, body: Body::text(text), key }
}

#[cfg(test)]
mod tests;

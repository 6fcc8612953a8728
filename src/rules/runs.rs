//! The runs of works by tag: who was selected, and who got it. That can be everyone whom the org knows, so
//! both lie in tables, and what a work costs does not grow with how far it has come.
//!
//! The rows of a run that is over are of no use. They go a few with each entry, because a million of them
//! would hold up whoever waits.

use super::{
    World, addressing,
    layers::{Key, Layered, Row, Table},
    works::WorkProgress,
};
use crate::model::{
    Channel, CustomerId, MessageId, MessageStatus, PutOff, RecipientOutcome, TagMessage, TagPair,
    Task, Timestamp, WorkId, advice::RetryChance,
};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// How many of the selected a row has.
const CHUNK: usize = 256;
/// How many rows of runs that are over go with an entry.
const AT_ONCE: usize = 100;

/// Some of the selected, in the order of their ids.
type SelectedChunk = Arc<[CustomerId]>;

impl Row for SelectedChunk {}

/// What became of a work for one of those who were handled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServedPerson {
    /// The message that was recorded for them; `None` if they were left out or an app was reminded of them.
    pub message: Option<MessageId>,
    pub status: MessageStatus,
    pub at: Timestamp,
}

impl ServedPerson {
    /// What the status means for them.
    pub const fn outcome(&self) -> RecipientOutcome {
        RecipientOutcome::of(self.status, self.message.is_some())
    }
    /// Whether they got it, or it was recorded that they may not.
    const fn got_it(&self) -> bool {
        self.message.is_some() || matches!(self.status, MessageStatus::Sent)
    }
}

impl Row for ServedPerson {}

/// One run through everyone who was selected.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its number, which no other run of the org has. Its rows begin with it.
    number: u64,
    /// How many were selected.
    pub selected: usize,
    /// How many of them, from the first, were handled.
    pub handled: usize,
    /// How many customers got it.
    served: usize,
    /// How many rows there are of those who were put off.
    put_off: usize,
    /// Whether the hub was down when it was to begin (R-QUIET-4).
    pub is_late: bool,
    /// When the reminder fires again, if it repeats.
    pub next: Option<Timestamp>,
}

/// What is left of a run that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct FinishedRun {
    number: u64,
    chunks: usize,
    put_off: usize,
    served: usize,
    /// The rows of those who got it are gone up to here.
    from: Vec<u8>,
}

/// Who was selected and who got it, for all runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Runs {
    /// Who was selected, in order of their ids (R-ORD-9), as numbered rows.
    #[serde(skip, default = "no_selected")]
    pub selected: Layered<SelectedChunk>,
    /// What became of it for those who were handled, by the id that they had then. So a person who was merged from
    /// several of the selected gets it once.
    #[serde(skip, default = "no_served")]
    pub served: Layered<ServedPerson>,
    /// Whose turn comes again because they were left alone: by run, time and id.
    #[serde(skip, default = "no_put_off")]
    pub put_off: Layered<()>,
    /// The number of the last run.
    last: u64,
    over: Vec<FinishedRun>,
}

fn no_selected() -> Layered<SelectedChunk> {
    Layered::new(Table::Selected)
}

fn no_served() -> Layered<ServedPerson> {
    Layered::new(Table::Served)
}

fn no_put_off() -> Layered<()> {
    Layered::new(Table::PutOff)
}

impl Default for Runs {
    fn default() -> Self {
        let (selected, served, put_off) = (no_selected(), no_served(), no_put_off());
        Self { selected, served, put_off, last: 0, over: Vec::new() }
    }
}

/// The key of the selected of this place.
fn chunk_key(run: u64, place: usize) -> Vec<u8> {
    let chunk = (place / CHUNK) as u64;
    [run.to_be_bytes(), chunk.to_be_bytes()].concat()
}

/// The key of somebody who got it.
fn served_key(run: u64, customer: &CustomerId) -> Vec<u8> {
    [&run.to_be_bytes(), customer.as_str().as_bytes()].concat()
}

/// The key of somebody who is put off until a time. Keys are in the order of the times.
fn put_off_key(run: u64, until: Timestamp, customer: &CustomerId) -> Vec<u8> {
    let until = (until.micros() ^ i64::MIN).to_be_bytes();
    [&run.to_be_bytes()[..], &until, customer.as_str().as_bytes()].concat()
}

/// What a key of somebody who is put off says.
fn read_put_off(run: u64, key: &[u8]) -> Option<(Timestamp, CustomerId)> {
    let (until, id) = key.strip_prefix(&run.to_be_bytes())?.split_first_chunk()?;
    let until = Timestamp::from_micros(i64::from_be_bytes(*until) ^ i64::MIN);
    Some((until, CustomerId::from(String::from_utf8_lossy(id).into_owned())))
}

impl Runs {
    /// Starts a run through these.
    pub fn start(&mut self, chosen: Vec<SelectedChunk>, next: Option<Timestamp>) -> Run {
        self.last += 1;
        let (number, mut selected) = (self.last, 0);
        for chunk in chosen {
            let place = selected;
            selected += chunk.len();
            self.selected.insert(chunk_key(number, place), chunk);
        }
        Run { number, selected, next, ..Run::default() }
    }

    /// The selected who were not handled yet, with their places.
    pub fn ahead<'a>(
        &'a self,
        run: &'a Run,
    ) -> impl Iterator<Item = (usize, CustomerId)> + use<'a> {
        self.not_yet(run, 0)
    }

    /// The same from a place on.
    pub fn not_yet<'a>(
        &'a self,
        run: &'a Run,
        from: usize,
    ) -> impl Iterator<Item = (usize, CustomerId)> + use<'a> {
        let from = from.max(run.handled);
        let first = from - from % CHUNK;
        let chunks = (first..run.selected).step_by(CHUNK);
        let chunks = chunks.map_while(|place| Some((place, self.chunk(run, place)?)));
        let all = chunks.flat_map(|(place, chunk)| (place..).zip(chunk.to_vec()));
        all.skip(from - first)
    }

    fn chunk(&self, run: &Run, place: usize) -> Option<SelectedChunk> {
        self.selected.get(&chunk_key(run.number, place))
    }

    /// The place of a customer among the selected. Only people who were merged are looked for.
    pub fn place(&self, run: &Run, customer: &CustomerId) -> Option<usize> {
        let (mut low, mut high) = (0, run.selected.div_ceil(CHUNK));
        while low < high {
            let middle = low.midpoint(high);
            let chunk = self.chunk(run, middle * CHUNK)?;
            if chunk.last()? < customer {
                low = middle + 1;
            } else if chunk.first()? > customer {
                high = middle;
            } else {
                return chunk.binary_search(customer).ok().map(|at| middle * CHUNK + at);
            }
        }
        None
    }

    pub fn has(&self, run: &Run, customer: &CustomerId) -> bool {
        let served = self.served.get(&served_key(run.number, customer));
        served.is_some_and(|person| person.got_it())
    }

    /// Notes what became of it for a customer.
    pub fn serve(&mut self, run: &mut Run, customer: &CustomerId, person: ServedPerson) {
        let key = served_key(run.number, customer);
        // Only where somebody is put off may there be a row already. Whoever got it in the turn of another one, who
        // is the same person by now, has got it.
        let before = if run.put_off > 0 { self.served.get(&key) } else { None };
        if before.as_ref().is_some_and(ServedPerson::got_it) && !person.got_it() {
            return;
        }
        self.served.insert(key, person);
        run.served += usize::from(before.is_none());
    }

    /// Has the turn of a customer come again later.
    pub fn put_off(&mut self, run: &mut Run, customer: &CustomerId, until: Timestamp) {
        self.put_off.insert(put_off_key(run.number, until, customer), ());
        run.put_off += 1;
        let status = MessageStatus::Scheduled;
        self.serve(run, customer, ServedPerson { message: None, status, at: until });
    }

    /// Those who were put off, the first to have their turn first.
    pub fn waiting<'a>(
        &'a self,
        run: &Run,
    ) -> impl Iterator<Item = (Timestamp, CustomerId)> + use<'a> {
        let number = run.number;
        let rows = self.put_off.range(&number.to_be_bytes()).take(run.put_off);
        rows.map_while(move |(key, ())| read_put_off(number, &key))
    }

    /// The first of those who were put off have had their turn. Whoever is another customer by now has no row of their
    /// own any more.
    pub fn resume(&mut self, run: &mut Run, count: usize) {
        let first: Vec<_> = self.waiting(run).take(count).collect();
        for (until, customer) in &first {
            self.put_off.remove(&put_off_key(run.number, *until, customer));
            let key = served_key(run.number, customer);
            if self.served.get(&key).is_some_and(|one| one.outcome() == RecipientOutcome::PutOff) {
                self.served.remove(&key);
                run.served -= 1;
            }
        }
        run.put_off -= first.len();
    }

    /// How many are put off. `before` is how it was.
    pub fn all_put_off(&self, run: &Run, before: PutOff) -> PutOff {
        match self.waiting(run).next() {
            Some((first, _)) => PutOff { people: run.put_off as u64, first, ..before },
            None => PutOff::default(),
        }
    }

    /// Notes how their message stands now. It is false if it is not their message.
    pub fn report(
        &mut self,
        run: &Run,
        customer: &CustomerId,
        message: &MessageId,
        status: MessageStatus,
        at: Timestamp,
    ) -> bool {
        let key = served_key(run.number, customer);
        let theirs = self.served.get(&key).filter(|one| one.message.as_ref() == Some(message));
        let Some(person) = theirs else { return false };
        self.served.insert(key, ServedPerson { status, at, ..person });
        true
    }

    /// Those who were handled after this id, in the order of their ids.
    pub fn people<'a>(
        &'a self,
        run: &Run,
        after: &CustomerId,
    ) -> impl Iterator<Item = (CustomerId, ServedPerson)> + use<'a> {
        let number = run.number.to_be_bytes();
        let mut from = served_key(run.number, after);
        if !after.is_empty() {
            from.push(0);
        }
        let rows = self.served.range(&from);
        rows.map_while(move |(key, person)| {
            let id = key.strip_prefix(&number[..])?;
            Some((CustomerId::from(String::from_utf8_lossy(id).into_owned()), person))
        })
    }

    /// Those who were selected from one place on up to another, with what became of each by now.
    pub fn between<'a>(
        &'a self,
        run: &'a Run,
        places: std::ops::Range<usize>,
    ) -> impl Iterator<Item = (usize, CustomerId, Option<ServedPerson>)> + use<'a> {
        places.filter_map(move |place| {
            let chunk = self.chunk(run, place)?;
            let id = chunk.get(place % CHUNK)?.clone();
            let person = self.served.get(&served_key(run.number, &id));
            Some((place, id, person))
        })
    }

    /// Lets a run be over.
    pub fn end(&mut self, run: &Run) {
        let Run { number, served, put_off, .. } = *run;
        let (chunks, from) = (run.selected.div_ceil(CHUNK), number.to_be_bytes().to_vec());
        self.over.push(FinishedRun { number, chunks, put_off, served, from });
    }

    /// Removes some of what is left of runs that are over.
    pub fn tidy(&mut self) {
        let mut most = AT_ONCE;
        while most > 0
            && let Some(mut rest) = self.over.pop()
        {
            let chunks = rest.chunks.min(most);
            for chunk in rest.chunks - chunks..rest.chunks {
                self.selected.remove(&chunk_key(rest.number, chunk * CHUNK));
            }
            rest.chunks -= chunks;
            let wanted = rest.put_off.min(most - chunks);
            let run = rest.number.to_be_bytes();
            let rows = self.put_off.range(&run).map(|(key, ())| key).take(wanted);
            let rows: Vec<Key> = rows.take_while(|key| key.starts_with(&run)).collect();
            for key in &rows {
                self.put_off.remove(key);
            }
            rest.put_off -= wanted;
            most -= chunks + wanted;
            let wanted = rest.served.min(most);
            let rows = self.served.range(&rest.from).map(|(key, _)| key).take(wanted);
            let rows: Vec<Key> = rows.take_while(|key| key.starts_with(&run)).collect();
            for key in &rows {
                self.served.remove(key);
            }
            most -= rows.len();
            rest.served = if rows.len() < wanted { 0 } else { rest.served - wanted };
            if let Some(last) = rows.last() {
                rest.from = [last, &[0][..]].concat();
            }
            if rest.chunks > 0 || rest.put_off > 0 || rest.served > 0 {
                self.over.push(rest);
            }
        }
    }
}

/// Who is meant by a work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// Everyone with a tag.
    Tag(TagPair),
    /// Those for whom another work has failed, and who may get it now (R-TAGWORK-10). Whoever cannot get
    /// anything on a channel may on another one.
    FailedOf { work: WorkId, on: Channel },
}

impl Meant {
    /// Who is meant by what is done for those with a tag.
    pub fn of(tag: &TagPair, task: &Task) -> Self {
        if let Task::Message(TagMessage { failed_of: Some(work), from, .. }) = task {
            return Self::FailedOf { work: work.clone(), on: from.channel };
        }
        Self::Tag(tag.clone())
    }
}

/// Who is meant at a time, in order of their ids.
pub fn meant<'w>(
    world: &'w World,
    who: &Meant,
    at: Timestamp,
) -> Box<dyn Iterator<Item = CustomerId> + 'w> {
    match who {
        Meant::Tag(tag) => Box::new(selected(world, tag, at)),
        Meant::FailedOf { work, on } => {
            let job = world.works.get(work);
            let was_on = job.and_then(|job| match &job.work.task {
                Task::Message(message) => Some(message.from.channel),
                Task::Reminder(_) => None,
            });
            let same_channel = was_on == Some(*on);
            let failed = job
                .and_then(|job| job.run.as_ref())
                .into_iter()
                .flat_map(|run| world.works.runs.people(run, &CustomerId::default()));
            let tries: Vec<&Run> =
                retries(world, work).filter_map(|job| job.run.as_ref()).collect();
            let has_again = move |id: &CustomerId| {
                let now = addressing::survivor(world, id);
                let ids = || std::iter::once(id).chain(&now);
                tries.iter().any(|run| ids().any(|id| world.works.runs.has(run, id)))
            };
            let failed =
                failed.filter(move |(id, one)| may_again(one, same_channel) && !has_again(id));
            Box::new(failed.map(|(id, _)| id))
        }
    }
}

/// The works that went again to those for whom this one has failed.
pub fn retries<'w>(
    world: &'w World,
    of: &WorkId,
) -> impl Iterator<Item = &'w WorkProgress> + use<'w> {
    let of = of.clone();
    let is_retry = move |task: &Task| matches!(task, Task::Message(TagMessage { failed_of: Some(failed), .. }) if *failed == of);
    world.works.jobs().filter(move |job| is_retry(&job.work.task))
}

/// Whether a message that failed can be tried again (R-CODE-3).
fn may_again(person: &ServedPerson, same_channel: bool) -> bool {
    person.outcome() == RecipientOutcome::Failed
        && match person.status.retry() {
            RetryChance::SameAgain | RetryChance::OnceMended => true,
            RetryChance::OtherWay => !same_channel,
            RetryChance::Not(_) => false,
        }
}

/// Who has a tag at a time, in order of their ids. An expired tag selects nobody (R-EXP-1). Only the index
/// is asked and no customer is looked at, because there may be very many.
pub fn selected<'w>(
    world: &'w World,
    tag: &TagPair,
    at: Timestamp,
) -> impl Iterator<Item = CustomerId> + use<'w> {
    let holders = world.index.holders(tag);
    holders
        .filter(move |(_, expires_at)| !addressing::has_expired(*expires_at, at))
        .map(|(id, _)| id)
}

fn in_chunks(mut all: impl Iterator<Item = CustomerId>) -> Vec<SelectedChunk> {
    let mut chunks = Vec::new();
    loop {
        let chunk: SelectedChunk = all.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return chunks;
        }
        chunks.push(chunk);
    }
}

/// Who is meant at a time.
type Selection = (Meant, Timestamp, Vec<SelectedChunk>);

/// Whom the start of a work selects, from its decision until it is folded, so that a million holders of a tag
/// are looked up once. A World that changes forgets it.
#[derive(Default)]
pub struct Chosen(OnceLock<Selection>);

impl Chosen {
    /// How many are selected.
    pub fn count(world: &World, who: &Meant, at: Timestamp) -> usize {
        let find = || (who.clone(), at, in_chunks(meant(world, who, at)));
        let (of, then, chunks) = world.chosen.0.get_or_init(find);
        if (of, *then) != (who, at) {
            return meant(world, who, at).count();
        }
        chunks.iter().map(|chunk| chunk.len()).sum()
    }

    /// Whom this World selects, which may be known already.
    pub fn take(world: &mut World, who: &Meant, at: Timestamp) -> Vec<SelectedChunk> {
        match std::mem::take(&mut world.chosen).0.into_inner() {
            Some((of, then, chunks)) if (&of, then) == (who, at) => chunks,
            Some(_) | None => in_chunks(meant(world, who, at)),
        }
    }
}

/// A copy of a World finds out for itself.
impl Clone for Chosen {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Chosen {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chosen")
    }
}

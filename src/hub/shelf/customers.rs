//! What the shelf keeps of customers for searching: names, numbers, tags and secondary ids. It is folded
//! from the same events as the World, without whatever only rules need.

use super::{store::Store, words};
use crate::model::{
    CustomerId, CustomerState, DataValue, Event, EventKind, FoundCustomer, Timestamp, limits,
};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use std::{
    collections::{BTreeSet, HashMap, hash_map},
    fmt::Write as _,
};

/// How many characters of a term are kept. Whoever searches for more gets those who agree so far, and has
/// to look at them.
const TERM_CHARS: usize = 32;
/// How many parts of a number, or of a word in a script without blanks, are kept: those that begin with one
/// of the first characters. Telephone numbers have 15 digits at most.
const PARTS: usize = 64;

/// A customer whom a batch changes.
struct HeldCustomer {
    /// The customer's number in this file.
    row: i64,
    /// What the file has of the customer, as bytes and as when they were last seen. Nothing for a new one.
    stored: Option<(Vec<u8>, Timestamp)>,
    known: CustomerState,
}

/// The customers that one transaction changes. Each is read once and written once, and only what has
/// changed is written.
pub(super) struct Touched {
    org: i64,
    held: HashMap<CustomerId, HeldCustomer>,
}

impl Touched {
    pub(super) fn new(org: i64) -> Self {
        Self { org, held: HashMap::new() }
    }

    /// Folds an event, and returns the number of its customer.
    pub(super) fn fold(
        &mut self,
        tx: &Transaction<'_>,
        event: &Event,
    ) -> rusqlite::Result<Option<i64>> {
        let Some(id) = &event.customer else { return Ok(None) };
        let adopted = match &event.kind {
            EventKind::CustomerAdopted { other } if other != id => Some(self.take(tx, other)?),
            _ => None,
        };
        let held = match self.held.entry(id.clone()) {
            hash_map::Entry::Occupied(held) => held.into_mut(),
            hash_map::Entry::Vacant(free) => free.insert(load(tx, self.org, id, event.at)?),
        };
        fold(&mut held.known, event);
        if let Some(other) = adopted {
            adopt(&mut held.known, other);
        }
        Ok(Some(held.row))
    }

    /// Takes a customer who is as they are known from elsewhere.
    pub(super) fn take_in(
        &mut self,
        tx: &Transaction<'_>,
        known: CustomerState,
    ) -> rusqlite::Result<()> {
        for id in &known.absorbed {
            // The old id keeps its own past, and needs a number for that.
            load(tx, self.org, id, known.created_at)?;
        }
        let held = load(tx, self.org, &known.id, known.created_at)?;
        self.held.insert(known.id.clone(), HeldCustomer { known, ..held });
        Ok(())
    }

    /// Removes a customer who was merged away, and returns what was known of them. The row stays, because
    /// the old id keeps its own past; who is in no row of `seen` is not found.
    fn take(&mut self, tx: &Transaction<'_>, id: &CustomerId) -> rusqlite::Result<CustomerState> {
        let held = match self.held.remove(id) {
            Some(held) => held,
            None => load(tx, self.org, id, Timestamp::default())?,
        };
        if let Some((data, _)) = &held.stored {
            change_terms(tx, self.org, held.row, &terms_of(data), &BTreeSet::new())?;
            tx.prepare_cached("DELETE FROM seen WHERE customer = ?1")?.execute([held.row])?;
        }
        Ok(held.known)
    }

    pub(super) fn write(self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut held: Vec<HeldCustomer> = self.held.into_values().collect();
        // In the order of the rows, so that each page is changed once.
        held.sort_unstable_by_key(|held| held.row);
        let mut change = tx.prepare_cached("UPDATE customer SET data = ?2 WHERE id = ?1")?;
        let mut see = tx.prepare_cached("INSERT OR REPLACE INTO seen VALUES (?1, ?2, ?3)")?;
        for HeldCustomer { row, stored, mut known } in held {
            let seen = std::mem::take(&mut known.touched_at);
            if stored.as_ref().is_none_or(|(_, before)| *before != seen) {
                see.execute(params![row, self.org, seen.micros()])?;
            }
            let data = postcard::to_stdvec(&known).unwrap_or_default();
            let before = stored.map(|(before, _)| before).unwrap_or_default();
            if before != data {
                change.execute(params![row, data])?;
                change_terms(tx, self.org, row, &terms_of(&before), &terms(&known))?;
            }
        }
        Ok(())
    }
}

/// What the file has of a customer. One who is new to it gets a number.
fn load(
    tx: &Connection,
    org: i64,
    id: &CustomerId,
    at: Timestamp,
) -> rusqlite::Result<HeldCustomer> {
    let sql = "SELECT c.id, data, at FROM customer c LEFT JOIN seen s ON s.customer = c.id
               WHERE c.org = ?1 AND name = ?2";
    let found = tx
        .prepare_cached(sql)?
        .query_row(params![org, id.as_str()], |row| {
            Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, Option<i64>>(2)?))
        })
        .optional()?;
    let fresh = CustomerState { id: id.clone(), created_at: at, ..CustomerState::default() };
    let Some((row, data, seen)) = found else {
        tx.prepare_cached("INSERT INTO customer (org, name, data) VALUES (?1, ?2, x'')")?
            .execute(params![org, id.as_str()])?;
        return Ok(HeldCustomer { row: tx.last_insert_rowid(), stored: None, known: fresh });
    };
    let (Some(seen), Ok(known)) = (seen, postcard::from_bytes::<CustomerState>(&data)) else {
        return Ok(HeldCustomer { row, stored: None, known: fresh });
    };
    let touched_at = Timestamp::from_micros(seen);
    let known = CustomerState { touched_at, ..known };
    Ok(HeldCustomer { row, stored: Some((data, touched_at)), known })
}

fn change_terms(
    tx: &Connection,
    org: i64,
    row: i64,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM term WHERE org = ?1 AND term = ?2 AND customer = ?3";
    let mut delete = tx.prepare_cached(sql)?;
    for term in before.difference(after) {
        delete.execute(params![org, term, row])?;
    }
    let mut insert = tx.prepare_cached("INSERT INTO term VALUES (?1, ?2, ?3)")?;
    for term in after.difference(before) {
        insert.execute(params![org, term, row])?;
    }
    Ok(())
}

/// What is kept of a customer for searching.
pub(super) fn searched(customer: &CustomerState) -> CustomerState {
    let name = customer.metadata.get("name").map(|name| ("name".to_owned(), short(name)));
    CustomerState {
        id: customer.id.clone(),
        created_at: customer.created_at,
        touched_at: customer.touched_at,
        numbers: customer.numbers.clone(),
        tags: customer.tags.clone(),
        metadata: name.into_iter().collect(),
        secondary_ids: customer.secondary_ids.clone(),
        absorbed: customer.absorbed.clone(),
        ..CustomerState::default()
    }
}

fn fold(customer: &mut CustomerState, event: &Event) {
    customer.touched_at = customer.touched_at.max(event.at);
    if let Some(number) = &event.number
        && !customer.numbers.contains(number)
    {
        customer.numbers.push(number.clone());
    }
    match &event.kind {
        EventKind::TagsUpdated(tags) => {
            customer.tags.retain(|old| tags.iter().all(|tag| tag.key != old.key));
            customer.tags.extend(tags.iter().cloned());
        }
        EventKind::TagsDeleted(keys) => customer.tags.retain(|tag| !keys.contains(&tag.key)),
        EventKind::MetadataUpdated { values, .. } => {
            let name = values.iter().rev().find(|(key, _)| key == "name");
            customer.metadata.extend(name.map(|(key, value)| (key.clone(), short(value))));
        }
        EventKind::MetadataDeleted(keys) => {
            customer.metadata.retain(|key, _| !keys.contains(key));
        }
        EventKind::SecondaryIdsUpdated(ids) => {
            customer.secondary_ids.retain(|(old, _)| ids.iter().all(|(id, _)| id != old));
            customer.secondary_ids.extend(ids.iter().cloned());
        }
        EventKind::SecondaryIdsDeleted(ids) => {
            customer.secondary_ids.retain(|(id, _)| !ids.contains(id));
        }
        EventKind::EntriesExpired { tags, secondary_ids } => {
            customer.tags.retain(|tag| !tags.contains(&tag.key));
            customer.secondary_ids.retain(|(id, _)| !secondary_ids.contains(id));
        }
        _ => {}
    }
}

/// Unites two customers as the World does (R-ADOPT-1). The old id finds the survivor from then on.
fn adopt(survivor: &mut CustomerState, other: CustomerState) {
    survivor.touched_at = survivor.touched_at.max(other.touched_at);
    let numbers = other.numbers.into_iter().filter(|n| !survivor.numbers.contains(n));
    let numbers: Vec<_> = numbers.collect();
    survivor.numbers.extend(numbers);
    let tags = other.tags.into_iter().filter(|t| survivor.tags.iter().all(|own| own.key != t.key));
    let tags: Vec<_> = tags.collect();
    survivor.tags.extend(tags);
    survivor.secondary_ids.extend(other.secondary_ids);
    for (key, value) in other.metadata {
        survivor.metadata.entry(key).or_insert(value);
    }
    survivor.absorbed.push(other.id);
    survivor.absorbed.extend(other.absorbed);
}

/// The beginning of a name, which is enough to search and list it. Metadata may be long, so all of it
/// stays in the World only.
fn short(value: &DataValue) -> DataValue {
    match value {
        DataValue::Text(text) => DataValue::Text(text.chars().take(limits::WORD_CHARS).collect()),
        DataValue::Bytes(_) => DataValue::Bytes(Vec::new()),
    }
}

/// Everything that is found by the beginning of a word, each word after a blank.
pub(super) fn words_of(customer: &CustomerState) -> String {
    let mut words = format!(" {} {}", customer.id, customer.name().unwrap_or_default());
    for id in &customer.absorbed {
        let _ = write!(words, " {id}");
    }
    for tag in &customer.tags {
        let _ = write!(words, " {}={} {}", tag.key, tag.value, tag.value);
    }
    for (id, _) in &customer.secondary_ids {
        let _ = write!(words, " {id} {}", id.value);
    }
    let split: Vec<&str> = words.split_whitespace().collect();
    format!(" {}", split.join(" ")).to_lowercase()
}

/// Everything that is found by any part of it.
pub(super) fn numbers_of(customer: &CustomerState) -> String {
    let numbers: Vec<String> = customer.numbers.iter().map(ToString::to_string).collect();
    numbers.join(" ").to_lowercase()
}

/// The beginning of a text that is kept as a term, or searched for as one.
pub(super) fn term(text: &str) -> &str {
    let end = text.char_indices().nth(TERM_CHARS).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text)
}

/// The terms of a customer: the words, and of what is found by any part all the ends, because a part of it
/// is the beginning of one of them.
fn terms(customer: &CustomerState) -> BTreeSet<String> {
    let (words, numbers) = (words_of(customer), numbers_of(customer));
    let (alone, plain): (Vec<&str>, Vec<&str>) =
        words.split_whitespace().partition(|word| word.chars().any(words::stands_alone));
    let ends = alone
        .into_iter()
        .chain(numbers.split_whitespace())
        .flat_map(|text| text.char_indices().take(PARTS).filter_map(move |(at, _)| text.get(at..)));
    plain.into_iter().chain(ends).map(|text| term(text).to_owned()).collect()
}

fn terms_of(data: &[u8]) -> BTreeSet<String> {
    postcard::from_bytes(data).map(|known| terms(&known)).unwrap_or_default()
}

pub(super) fn listed(customer: CustomerState, now: Timestamp) -> FoundCustomer {
    FoundCustomer {
        name: customer.name().unwrap_or_default().to_owned(),
        tags: customer
            .tags
            .iter()
            .filter(|tag| !tag.is_expired(now))
            .map(|tag| format!("{}={}", tag.key, tag.value))
            .collect(),
        last_seen: customer.touched_at,
        numbers: customer.numbers,
        id: customer.id,
    }
}

impl Store {
    /// The number in this file of a customer, and of those who were merged into them.
    pub(super) fn numbers_in_file(&self, org: i64, name: &str) -> rusqlite::Result<Vec<i64>> {
        let sql = "SELECT id, data FROM customer WHERE org = ?1 AND name = ?2";
        let mut read = self.db.prepare_cached(sql)?;
        let mut read = |name: &str| {
            read.query_row(params![org, name], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))
                .optional()
        };
        let Some((row, data)) = read(name)? else { return Ok(Vec::new()) };
        let mut rows = vec![row];
        let known = postcard::from_bytes::<CustomerState>(&data).unwrap_or_default();
        for other in known.absorbed {
            rows.extend(read(other.as_str())?.map(|(row, _)| row));
        }
        Ok(rows)
    }

    /// What is known of a customer, by the number in this file; `None` for one who was merged away.
    pub(super) fn customer(&self, row: i64) -> rusqlite::Result<Option<CustomerState>> {
        let sql =
            "SELECT data, at FROM customer c JOIN seen s ON s.customer = c.id WHERE c.id = ?1";
        let found = self
            .db
            .prepare_cached(sql)?
            .query_row([row], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?)))
            .optional()?;
        Ok(found.and_then(|(data, seen)| {
            let known = postcard::from_bytes::<CustomerState>(&data).ok()?;
            Some(CustomerState { touched_at: Timestamp::from_micros(seen), ..known })
        }))
    }
}

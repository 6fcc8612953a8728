//! What the shelf keeps of customers for searching: names, numbers, tags and secondary ids. It is folded
//! from the same events as the World, without whatever only rules need.

use super::{Found, store::Store, words};
use crate::model::{
    CustomerId, CustomerState, DataValue, Event, EventKind, FoundCustomer, OrgId, Timestamp, limits,
};
use rusqlite::{
    Connection, OptionalExtension as _, Transaction, params, params_from_iter, types::Value,
};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

/// How many words of a search count. Further ones would only narrow the result.
const MAX_WORDS: usize = 8;

/// The customers that one transaction changes. Each is read once and written once.
#[derive(Default)]
pub(super) struct Touched {
    known: HashMap<CustomerId, CustomerState>,
    /// Customers who were merged into another one, and are found by their names and numbers as that one.
    gone: HashSet<CustomerId>,
}

impl Touched {
    pub(super) fn fold(
        &mut self,
        tx: &Transaction<'_>,
        org: &OrgId,
        event: &Event,
    ) -> rusqlite::Result<()> {
        let Some(id) = &event.customer else { return Ok(()) };
        if !self.known.contains_key(id) {
            let known = load(tx, org, id)?;
            self.known.insert(id.clone(), known.unwrap_or_else(|| new(id, event.at)));
        }
        let adopted = match &event.kind {
            EventKind::CustomerAdopted { other } if other != id => self.take(tx, org, other)?,
            _ => None,
        };
        if let Some(customer) = self.known.get_mut(id) {
            fold(customer, event);
            if let Some(other) = adopted {
                // The other customer's entries are the survivor's past too (R-DECOM-2).
                tx.prepare_cached(
                    "INSERT OR IGNORE INTO entry_customer
                     SELECT org, ?2, pos FROM entry_customer WHERE org = ?1 AND customer = ?3",
                )?
                .execute([org.as_str(), id.as_str(), other.id.as_str()])?;
                adopt(customer, other);
            }
        }
        Ok(())
    }

    /// Removes a customer who was merged away, and returns what was known of them.
    fn take(
        &mut self,
        tx: &Transaction<'_>,
        org: &OrgId,
        id: &CustomerId,
    ) -> rusqlite::Result<Option<CustomerState>> {
        self.gone.insert(id.clone());
        match self.known.remove(id) {
            Some(customer) => Ok(Some(customer)),
            None => load(tx, org, id),
        }
    }

    pub(super) fn write(self, tx: &Transaction<'_>, org: &OrgId) -> rusqlite::Result<()> {
        let mut delete = tx.prepare_cached("DELETE FROM customer WHERE org = ?1 AND id = ?2")?;
        for id in self.gone {
            delete.execute([org.as_str(), id.as_str()])?;
        }
        let mut insert =
            tx.prepare_cached("INSERT OR REPLACE INTO customer VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for (id, customer) in self.known {
            let data = postcard::to_stdvec(&customer).unwrap_or_default();
            let seen = customer.touched_at.micros();
            let (words, numbers) = (words_of(&customer), numbers_of(&customer));
            insert.execute(params![org.as_str(), id.as_str(), seen, words, numbers, data])?;
        }
        Ok(())
    }
}

fn new(id: &CustomerId, at: Timestamp) -> CustomerState {
    CustomerState { id: id.clone(), created_at: at, ..CustomerState::default() }
}

fn load(tx: &Connection, org: &OrgId, id: &CustomerId) -> rusqlite::Result<Option<CustomerState>> {
    tx.prepare_cached("SELECT data FROM customer WHERE org = ?1 AND id = ?2")?
        .query_row([org.as_str(), id.as_str()], |row| row.get::<_, Vec<u8>>(0))
        .optional()
        .map(|data| data.and_then(|data| postcard::from_bytes(&data).ok()))
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
fn words_of(customer: &CustomerState) -> String {
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
fn numbers_of(customer: &CustomerState) -> String {
    let numbers: Vec<String> = customer.numbers.iter().map(ToString::to_string).collect();
    numbers.join(" ").to_lowercase()
}

fn listed(customer: CustomerState, now: Timestamp) -> FoundCustomer {
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
    /// The customers of whom each of the words given begins a word or is part of a number, those seen
    /// most recently first, and those who have `number` (R-ADDR-5). Without a word it finds everyone.
    pub(super) fn find(
        &self,
        org: &OrgId,
        text: &str,
        number: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> rusqlite::Result<Found> {
        let mut filter = String::from("FROM customer WHERE org = ? AND (1");
        let mut values = vec![Value::from(org.as_str().to_owned())];
        for word in text.replace('\0', " ").to_lowercase().split_whitespace().take(MAX_WORDS) {
            filter.push_str(" AND (instr(words, ?) > 0 OR instr(numbers, ?) > 0)");
            // In scripts without blanks between words, a word may begin anywhere.
            let begins = if word.chars().any(words::stands_alone) { "" } else { " " };
            values.extend([format!("{begins}{word}").into(), word.to_owned().into()]);
        }
        if let Some(number) = number {
            filter.push_str(" OR instr(numbers, ?) > 0");
            values.push(number.to_owned().into());
        }
        filter.push(')');
        let count = format!("SELECT count(*) {filter}");
        let total = self
            .db
            .prepare_cached(&count)?
            .query_row(params_from_iter(values.iter()), |row| row.get(0))?;
        let list = format!("SELECT data {filter} ORDER BY last_seen DESC LIMIT ?");
        values.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
        let mut list = self.db.prepare_cached(&list)?;
        let rows = list.query_map(params_from_iter(values), |row| row.get::<_, Vec<u8>>(0))?;
        let rows: Vec<Vec<u8>> = rows.collect::<rusqlite::Result<_>>()?;
        let known = rows.iter().filter_map(|data| postcard::from_bytes(data).ok());
        Ok(Found { customers: known.map(|customer| listed(customer, now)).collect(), total })
    }
}

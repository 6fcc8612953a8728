//! What an event changed of what is known of a customer: each value as it was before and as it is after. It
//! follows from the events before it, as far as they are loaded.

use crate::model::{ConsentStatus, CustomerId, Event, EventKind};
use std::collections::{HashMap, HashSet};

/// The longest value in characters that is remembered, which is more than a line shows.
const LONGEST: usize = 160;
/// What the name of a consent begins with.
const CONSENT: &str = "consent on ";

/// What a value was before a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueBefore {
    /// What came before is not loaded.
    Unknown,
    /// There was none.
    Nothing,
    Was(String),
}

/// One value that an event changed. Its texts are raw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// What it is: `tag plan`, `name`, `consent on sms 40404`.
    pub what: String,
    pub before: ValueBefore,
    /// What it is now; `None` if it was taken away.
    pub after: Option<String>,
}

/// What is known at a point of a history. It is the history of a customer and of all who were merged into them, and
/// up to the merge each of these has values of their own.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownFields {
    customers: HashMap<CustomerId, CustomerFields>,
    /// Whether nothing was set before the first event.
    begins: bool,
}

/// What is known of one customer.
#[derive(Clone, Debug, Default)]
struct CustomerFields {
    /// `None` stands for a value that was taken away.
    values: HashMap<String, Option<String>>,
    /// Whether whatever is not in `values` was never set.
    is_whole: bool,
}

impl CustomerFields {
    fn before_all(begins: bool) -> Self {
        Self { values: HashMap::new(), is_whole: begins }
    }
    fn value(&self, key: &str) -> ValueBefore {
        match self.values.get(key) {
            Some(Some(value)) => ValueBefore::Was(value.clone()),
            Some(None) => ValueBefore::Nothing,
            None if self.is_whole => ValueBefore::Nothing,
            None => ValueBefore::Unknown,
        }
    }
    /// Takes over what is known of a customer who is merged into this one.
    fn take_over(&mut self, gone: &Self) {
        let keys: HashSet<_> = self.values.keys().chain(gone.values.keys()).cloned().collect();
        let mut values = HashMap::new();
        for key in keys {
            match united(&key, self.value(&key), gone.value(&key)) {
                ValueBefore::Unknown => {}
                ValueBefore::Nothing => drop(values.insert(key, None)),
                ValueBefore::Was(value) => drop(values.insert(key, Some(value))),
            }
        }
        *self = Self { values, is_whole: self.is_whole && gone.is_whole };
    }
}

/// What remains of a value when two customers are merged: the survivor's, if they have one (R-ADOPT-1). Of two consents
/// an opt-out remains (D-CONSENT-MERGE).
fn united(key: &str, own: ValueBefore, theirs: ValueBefore) -> ValueBefore {
    let out = ConsentStatus::OptOutCompleted.words();
    let is_out = matches!(&theirs, ValueBefore::Was(words) if words == out);
    match own {
        _ if is_out && key.starts_with(CONSENT) => theirs,
        ValueBefore::Nothing => theirs,
        ValueBefore::Was(_) | ValueBefore::Unknown => own,
    }
}

impl KnownFields {
    /// What is known before anything is read: that there is nothing, if the history begins there.
    pub fn before_all(begins: bool) -> Self {
        Self { customers: HashMap::new(), begins }
    }
    fn of(&mut self, customer: CustomerId) -> &mut CustomerFields {
        let begins = self.begins;
        self.customers.entry(customer).or_insert_with(|| CustomerFields::before_all(begins))
    }
    /// Goes past an event. Returns what it changed.
    pub fn step(&mut self, event: &Event) -> Vec<FieldChange> {
        let whose = event.customer.clone().unwrap_or_default();
        match &event.kind {
            // Nothing was known of a customer who is new.
            EventKind::CustomerMet => *self.of(whose.clone()) = CustomerFields::before_all(true),
            EventKind::CustomerAdopted { other } => {
                // Where none of the other's events is loaded, nothing is known of what they had.
                let gone = self.customers.remove(other).unwrap_or_default();
                self.of(whose.clone()).take_over(&gone);
            }
            _ => {}
        }
        let set = set_by(event);
        if set.is_empty() {
            return Vec::new();
        }
        let known = self.of(whose);
        let number = event.number.as_ref().map(ToString::to_string).unwrap_or_default();
        let changes = set.into_iter().map(|(what, after)| {
            // Each of their numbers has a consent of its own.
            let is_consent = matches!(event.kind, EventKind::ConsentChanged(_));
            let key = if is_consent { format!("{what} of {number}") } else { what.clone() };
            let before = known.value(&key);
            known.values.insert(key, after.clone());
            FieldChange { what, before, after }
        });
        changes.collect()
    }
}

/// What a value of the metadata is called.
pub(super) fn datum_words(key: &str) -> String {
    if key == "name" { key.to_owned() } else { format!("data {key}") }
}

/// A value as far as a line shows it.
pub(super) fn shortened(value: &str) -> String {
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// The values that an event sets, or takes away.
fn set_by(event: &Event) -> Vec<(String, Option<String>)> {
    let tag = |key: &String| format!("tag {key}");
    match &event.kind {
        EventKind::TagsUpdated(tags) => {
            tags.iter().map(|t| (tag(&t.key), Some(shortened(&t.value)))).collect()
        }
        EventKind::TagsDeleted(keys) | EventKind::EntriesExpired { tags: keys, .. } => {
            keys.iter().map(|key| (tag(key), None)).collect()
        }
        EventKind::MetadataUpdated { values, .. } => values
            .iter()
            .map(|(key, v)| (datum_words(key), Some(shortened(&v.summary()))))
            .collect(),
        EventKind::MetadataDeleted(keys) => {
            keys.iter().map(|key| (datum_words(key), None)).collect()
        }
        EventKind::ConsentChanged(status) => match &event.channel {
            Some(channel) => {
                vec![(format!("{CONSENT}{channel}"), Some(status.words().to_owned()))]
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

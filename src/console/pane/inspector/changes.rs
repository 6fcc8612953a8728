//! What an event changed of what is known of a customer: each value as it was before and as it is after. It
//! follows from the events before it, as far as they are loaded.

use crate::model::{Event, EventKind};
use std::collections::HashMap;

/// The longest value in characters that is remembered, which is more than a line shows.
const LONGEST: usize = 160;

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

/// What is known of a customer at a point of their history.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownFields {
    values: HashMap<String, Option<String>>,
    /// Whether whatever is not in `values` was never set.
    is_whole: bool,
}

impl KnownFields {
    /// What is known before anything is read: that there is nothing, if the history begins there.
    pub fn before_all(begins: bool) -> Self {
        Self { values: HashMap::new(), is_whole: begins }
    }
    /// Goes past an event. Returns what it changed.
    pub fn step(&mut self, event: &Event) -> Vec<FieldChange> {
        match &event.kind {
            // Nothing was known of a customer who is new.
            EventKind::CustomerMet => *self = Self::before_all(true),
            // What the other customer had is not in these events.
            EventKind::CustomerAdopted { .. } => *self = Self::before_all(false),
            _ => {}
        }
        let number = event.number.as_ref().map(ToString::to_string).unwrap_or_default();
        let changes = set_by(event).into_iter().map(|(what, after)| {
            // Each of their numbers has a consent of its own.
            let is_consent = matches!(event.kind, EventKind::ConsentChanged(_));
            let key = if is_consent { format!("{what} of {number}") } else { what.clone() };
            let known = self.values.insert(key, after.clone());
            let before = match known {
                Some(Some(value)) => ValueBefore::Was(value),
                Some(None) => ValueBefore::Nothing,
                None if self.is_whole => ValueBefore::Nothing,
                None => ValueBefore::Unknown,
            };
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
                vec![(format!("consent on {channel}"), Some(status.words().to_owned()))]
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

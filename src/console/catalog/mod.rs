//! One declaration per command: its fields, help, risk class and how it is built.
//!
//! Forms, the palette, the outbox and the headless verbs are all made from [`ALL`]. Nothing here
//! draws, asks the hub or reads a clock: time, zone and what the hub said come in as [`Context`].

pub mod choice;
pub mod command_line;
pub mod commands;
pub mod entry;
pub mod expiry;
pub mod segments;
pub mod target;

#[cfg(test)]
mod tests;

pub use choice::Choice;
pub use commands::{
    ALL, DELETE_METADATA, DELETE_TAGS, MESSAGE, REPLY, UPDATE_METADATA, UPDATE_TAGS,
};
pub use target::{Quoted, Target};

use crate::model::{CustomerCommand, Hello, Timestamp};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// How much a mistake costs (console.md C5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Local only.
    R0,
    /// Remote, and another command takes it back.
    R1,
    /// Reaches a customer.
    R2,
    /// Money, identity, or nothing brings it back: a word must be typed.
    R3,
    /// Many targets at once.
    R4,
}

/// What a field holds and how it is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Several lines.
    Text,
    /// One line.
    Line,
    /// One of the customer's numbers.
    Number,
    /// One of the org's messaging numbers.
    Channel,
    /// When something ends: `+7d`, `in 3d`, `2026-12-24 09:00`, `never`.
    Expiry,
    /// `key=value`, separated by commas or line breaks.
    Pairs,
    /// Keys, separated by commas or line breaks.
    Keys,
    /// Several lines of data; whether they are JSON is shown.
    Data,
}

impl FieldKind {
    /// Whether it is edited over several lines.
    #[must_use]
    pub const fn is_multiline(self) -> bool {
        matches!(self, Self::Text | Self::Pairs | Self::Keys | Self::Data)
    }
    /// Whether it is chosen from a list.
    #[must_use]
    pub const fn is_choice(self) -> bool {
        matches!(self, Self::Number | Self::Channel)
    }
}

/// One field of a command.
#[derive(Debug)]
pub struct FieldSpec {
    /// The flag of the headless verb, without dashes.
    pub name: &'static str,
    /// What the form calls it.
    pub label: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it must be filled.
    pub required: bool,
    /// One sentence.
    pub help: &'static str,
    /// Shown while it is empty.
    pub placeholder: &'static str,
    /// At most so many characters.
    pub max: usize,
}

/// A command's builder.
pub type Build = fn(&Values, &Target, &Context) -> Result<CustomerCommand, FieldErrors>;

/// One command.
#[derive(Debug)]
pub struct Spec {
    /// Its stable name, also in drafts.
    pub id: &'static str,
    /// What menus call it.
    pub title: &'static str,
    /// The headless verb.
    pub verb: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// What a mistake costs.
    pub risk: Risk,
    /// Whether it waits in the outbox before it leaves.
    pub hold: bool,
    /// Its fields; the first is the main one.
    pub fields: &'static [FieldSpec],
    /// Checks every field and makes the command.
    pub build: Build,
}

impl Spec {
    /// The spec of that id.
    #[must_use]
    pub fn by_id(id: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|spec| spec.id == id)
    }
    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static FieldSpec> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// What the world looks like while a command is made.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What the hub said of itself: its channel numbers are the choices.
    pub hello: &'a Hello,
    /// The time.
    pub at: Timestamp,
    /// The agent's time zone.
    pub zone: &'a TimeZone,
}

/// What stands in the fields, by field name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, String>);

impl Values {
    /// What stands in a field; empty if nothing does.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
    /// Fills a field.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }
    /// With one more field filled.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }
    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }
}

/// Why a command cannot be made: one sentence per field, each saying the fix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(&'static str, String)>);

impl FieldErrors {
    /// One error.
    #[must_use]
    pub fn of(name: &'static str, why: impl Into<String>) -> Self {
        Self(vec![(name, why.into())])
    }
    /// One more error.
    pub fn add(&mut self, name: &'static str, why: impl Into<String>) {
        self.0.push((name, why.into()));
    }
    /// What is wrong with that field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, why)| why.as_str())
    }
    /// In the order of the fields.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, why)| (*name, why.as_str()))
    }
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (name, why)) in self.iter().enumerate() {
            write!(f, "{}{name}: {why}", if i > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

//! One declaration per command: its fields, help, risk class and how it is built.
//!
//! Forms, the palette, the outbox and the headless verbs are all made from [`ALL`]. Nothing here
//! draws, asks the hub or reads a clock: time, zone and what the hub said come in as [`Context`].

#![deny(clippy::wildcard_enum_match_arm)]

pub mod amount;
pub mod choice;
pub mod command_line;
pub mod commands;
pub mod entry;
pub mod expiry;
pub mod field;
pub mod party;
pub mod plan;
pub mod segments;
pub mod spec;
pub mod target;

#[cfg(test)]
pub(crate) mod tests;

pub use choice::Choice;
pub use commands::*;
pub use field::{FieldKind, FieldSpec, Lines};
pub use spec::{Asks, Build, Confirm, Menu, Needs, Risk, Spec};
pub use target::{LockedSession, Quoted, Target};

use crate::model::{Hello, Timestamp};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

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

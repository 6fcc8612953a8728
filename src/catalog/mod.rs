//! One declaration per command of an agent: its fields, help texts, risk and how it is built.
//!
//! The forms of the console, its palette, the verbs of the command line and the man page are all made
//! from [`ALL`], so that none of them can lack a command or differ from another. Nothing here draws,
//! asks the hub or reads a clock: the time, the zone and what the hub said come in as [`BuildContext`].

#![deny(clippy::wildcard_enum_match_arm)]

pub mod amount;
pub mod choice;
pub mod command_line;
pub mod commands;
pub mod entry;
pub mod field;
pub mod party;
pub mod plan;
pub mod said;
pub mod spec;
pub mod target;

#[cfg(test)]
pub(crate) mod tests;

pub use choice::FieldChoice;
pub use commands::*;
pub use field::{ChannelUse, FieldHelp, FieldKind, FieldSpec, PaymentSide};
pub use spec::{Asks, Build, BuildResult, Confirm, Menu, Needs, Risk, Spec, VerbGroup, VerbSpec};
pub use target::{LockedSession, Quoted, Target};

use crate::model::{Hello, PurseBalance, Timestamp, line_break::with_newlines};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// What a builder needs to know besides the fields and the target.
#[derive(Clone, Copy, Debug)]
pub struct BuildContext<'a> {
    /// What the hub said of itself. The channel numbers of the org are in it.
    pub hello: &'a Hello,
    /// The hub's time, from which `+2h` counts.
    pub at: Timestamp,
    /// The zone in which dates and times of day are read: the user's, or UTC for stories.
    pub zone: &'a TimeZone,
    /// The org's purses with what is in them, as far as the hub has said.
    pub purses: &'a [PurseBalance],
}

impl BuildContext<'_> {
    /// What is in a purse; `None` if the hub has not said.
    #[must_use]
    pub fn purse(&self, id: &str) -> Option<&PurseBalance> {
        self.purses.iter().find(|purse| purse.id == id)
    }
}

/// The texts that stand in the fields of a form or were given as flags, by field name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, String>);

impl Values {
    /// The text of a field; empty if there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
    /// Fills a field. Forms, verbs and stories all come through here, so that a line break in a value is one
    /// `\n` for every builder, however it was written (R-TEXT-3).
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), with_newlines(&value.into()).into_owned());
    }
    /// The same values with one more field filled.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }
}

/// Why a command cannot be built: for each field with a fault, its name and a sentence that says how
/// to mend it. There is at least one whenever a builder fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(&'static str, String)>);

impl FieldErrors {
    #[must_use]
    pub fn of(name: &'static str, why: impl Into<String>) -> Self {
        Self(vec![(name, why.into())])
    }
    pub fn add(&mut self, name: &'static str, why: impl Into<String>) {
        self.0.push((name, why.into()));
    }
    /// What is wrong with that field; `None` if nothing is.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, why)| why.as_str())
    }
    /// Names and sentences, in the order in which the builder found them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, why)| (*name, why.as_str()))
    }
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
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

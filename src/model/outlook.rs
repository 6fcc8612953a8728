//! What a command would lead to: the answer to a dry run, with findings by the codes of domain.md
//! section G, and what agents need to see before they act (audience, merge, balances).

use super::{
    answer::FoundCustomer, event::Event, id::CustomerId, money::Money, receipt::Receipt,
    work::TagPair,
};
use serde::Serialize;
use std::collections::BTreeMap;
use strum::IntoStaticStr;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Level {
    /// It speaks for the command.
    #[serde(rename = "ok")]
    #[strum(serialize = "ok")]
    Good,
    /// Good to know.
    Note,
    /// Think again.
    Warn,
    /// It must not go: the hub refuses it, it is not filled in, or its twin is still under way.
    Block,
}

impl Level {
    /// Its word, for programs too.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// One thing that is known about a command before it is done: a reason to stop, to think, or not to worry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Such as `no-consent`.
    pub code: String,
    /// How much it weighs.
    pub level: Level,
    /// In words: what, and what to do. Raw.
    pub text: String,
}

/// Who would get something by tag.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Audience {
    /// By which tag.
    pub tag: TagPair,
    /// Customers with the tag, unexpired.
    pub matching: u64,
    /// Those who would get it.
    pub reached: u64,
    /// Those who would not, by reason (codes of `MessageStatus`).
    pub skipped: BTreeMap<i32, u64>,
    /// The first few of those who would.
    pub sample: Vec<FoundCustomer>,
}

impl PartialEq for FoundCustomer {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// One line of a merge: what each side has under a name and what remains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MergeRow {
    /// Such as `tag tier`. Raw.
    pub field: String,
    /// What the survivor has.
    pub survivor: String,
    /// What the other has.
    pub other: String,
    /// What remains.
    pub result: String,
}

/// What an adoption would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Merge {
    /// Who remains.
    pub survivor: CustomerId,
    /// Whose id dies.
    pub other: CustomerId,
    /// Side by side.
    pub rows: Vec<MergeRow>,
}

/// One account of a payment, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BalanceRow {
    /// Such as `purse main`. Raw.
    pub account: String,
    /// What is available now.
    pub before: Money,
    /// What would be.
    pub after: Money,
}

/// The answer to a dry run.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// What would be answered.
    pub receipt: Option<Receipt>,
    /// Heaviest first; what speaks for it comes last.
    pub findings: Vec<Finding>,
    /// What would be recorded, the first few.
    pub events: Vec<Event>,
    /// For work by tag.
    pub audience: Option<Audience>,
    /// For adoptions.
    pub merge: Option<Merge>,
    /// For payments.
    pub balances: Vec<BalanceRow>,
}

impl Outlook {
    /// Whether something speaks against it so that the hub would refuse.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Block)
            || self.receipt.as_ref().is_some_and(|receipt| !receipt.is_ok())
    }
}

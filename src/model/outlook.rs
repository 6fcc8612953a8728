//! The answer to a dry run: what a command would lead to, what speaks for and against it, and what
//! an agent needs to see before acting, such as who gets a message by tag or what a merge keeps.
//! Nothing of it is recorded (R-DRYRUN-1).

use super::{
    event::Event, found::FoundCustomer, id::CustomerId, money::Money, rate::Rate, receipt::Receipt,
    time::Timestamp, work::TagPair,
};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};
use strum::IntoStaticStr;

/// How serious a finding is, from the lightest to the heaviest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Level {
    /// It speaks for the command.
    #[serde(rename = "ok")]
    #[strum(serialize = "ok")]
    Good,
    /// It is worth knowing, and no reason to hesitate.
    Note,
    /// It is a reason to think again.
    Warn,
    /// It stops the command: the hub would refuse it, something is not filled in, or the same
    /// command is still under way.
    Block,
}

impl Level {
    /// The level in lower case, as it is shown to people and written to JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// One thing that is known about a command before it is done: a reason to stop, to think again, or
/// not to worry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A word for programs that names the kind of finding, such as `no-consent` (R-DRYRUN-2).
    pub code: String,
    pub level: Level,
    /// What was found and what to do about it, as a sentence. It may quote text from outside and is
    /// not yet safe to draw.
    pub text: String,
}

/// Who would get a message or reminder by tag.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Audience {
    pub tag: TagPair,
    /// How many customers have the tag unexpired.
    pub matching: u64,
    /// How many of them would get it.
    pub reached: u64,
    /// How many of them would not, by the code of the reason (`MessageStatus`).
    pub skipped: BTreeMap<i32, u64>,
    /// The first few of those who would get it.
    pub sample: Vec<FoundCustomer>,
    /// The longest text that one of them would get, if gaps are filled (R-CANNED-4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest: Option<LongestText>,
    /// How many go in a time at most: the lower one of the rate that was asked for and that of the org's
    /// network (R-TAGWORK-7), if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// How many of those who would get it are left alone at the hour at which it begins (R-QUIET-5).
    #[serde(skip_serializing_if = "is_none")]
    pub quiet: u64,
    /// When the last of them is left alone no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_until: Option<Timestamp>,
    /// How many of those who would get it have a telephone of which nobody knows which hour it is there.
    #[serde(skip_serializing_if = "is_none")]
    pub hour_unknown: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_none(n: &u64) -> bool {
    *n == 0
}

impl Audience {
    /// How long it takes until all who would get it have been written to; `None` if no rate bounds it.
    #[must_use]
    pub fn lasts(&self) -> Option<Duration> {
        self.rate.map(|rate| rate.lasts(self.reached))
    }
    /// The rate and how long it takes, such as `at 300/min done in about 2 min`; `None` if no rate bounds it.
    #[must_use]
    pub fn pace(&self) -> Option<String> {
        let (rate, lasts) = (self.rate?, self.lasts().filter(|_| self.reached > 0)?);
        Some(format!("at {rate} done in about {}", in_words(lasts)))
    }
}

/// A length of time in one unit, rounded up: it is never over sooner than that.
#[must_use]
pub fn in_words(length: Duration) -> String {
    let secs = length.as_millis().div_ceil(1_000).max(1);
    let secs = u64::try_from(secs).unwrap_or(u64::MAX);
    match secs {
        ..=119 => format!("{secs} s"),
        120..=7_199 => format!("{} min", secs.div_ceil(60)),
        7_200..=172_799 => format!("{} h", secs.div_ceil(3_600)),
        172_800.. => format!("{} d", secs.div_ceil(86_400)),
    }
}

/// The longest of the texts that are filled for each customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LongestText {
    pub customer: CustomerId,
    /// The customer's name; empty if there is none.
    pub name: String,
    /// As that customer would get it.
    pub text: String,
}

impl PartialEq for FoundCustomer {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// One line of a merge: what each of the two customers has under a name, and what remains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MergeRow {
    /// What the line is about, such as `tag tier`. It may quote text from outside and is not yet
    /// safe to draw.
    pub field: String,
    pub survivor: String,
    pub other: String,
    /// What the merged customer would have.
    pub result: String,
}

/// What the adoption of one customer by another would do (R-DRYRUN-4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Merge {
    /// The customer who remains.
    pub survivor: CustomerId,
    /// The customer who is merged away.
    pub other: CustomerId,
    pub rows: Vec<MergeRow>,
}

/// The balance of one account before and after a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BalanceRow {
    /// The account in words, such as `purse main`. It may quote text from outside and is not yet
    /// safe to draw.
    pub account: String,
    /// What can be spent now.
    pub before: Money,
    /// What could be spent after the payment.
    pub after: Money,
}

#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// What the hub would answer. `None` if only a hub could tell.
    pub receipt: Option<Receipt>,
    /// The findings, heaviest first. Those that speak for the command come last.
    pub findings: Vec<Finding>,
    /// The first few of the events that would be recorded.
    pub events: Vec<Event>,
    /// Only for work by tag.
    pub audience: Option<Audience>,
    /// Only for the adoption of one customer by another.
    pub merge: Option<Merge>,
    /// Until when the customer is left alone, if that is so where they are (R-QUIET-2).
    pub quiet_until: Option<Timestamp>,
    /// Only for payments, and only for the accounts that are inside the hub.
    pub balances: Vec<BalanceRow>,
}

impl Outlook {
    /// Whether the hub would refuse the command, or one of the findings stops it.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Block)
            || self.receipt.as_ref().is_some_and(|receipt| !receipt.is_ok())
    }
}

//! What a search for a pasted or typed text finds: customers, what has that text as its id, and what was
//! written with those words.

use super::{address::CustomerNumber, event::Entry, id::CustomerId, time::Timestamp};
use serde::Serialize;
use std::sync::Arc;

/// What a search has found.
#[derive(Clone, Debug, Default)]
pub struct FoundCustomers {
    /// The customers that match: those seen most recently, newest first, up to the limit that was asked for.
    pub customers: Vec<FoundCustomer>,
    /// How many match in all, or at least.
    pub total: u64,
    /// Whether more may match than `total` (R-OPERATOR-5).
    pub total_is_least: bool,
    /// How many of the newest entries the hub's index has still to read. If it is not 0, what is in them
    /// may be missing here (R-REPLY-6).
    pub unread: u64,
    /// What has exactly the searched text as its id (R-OPERATOR-6).
    pub things: Vec<FoundThing>,
    /// The newest entries whose text has the words, if they were asked for.
    pub entries: Vec<Arc<Entry>>,
    /// How many such entries there are in all, or at least.
    pub entries_total: u64,
    /// Whether there may be more entries than `entries_total`.
    pub entries_total_is_least: bool,
}

/// A customer that matched a search.
#[derive(Clone, Debug, Serialize)]
pub struct FoundCustomer {
    pub id: CustomerId,
    /// The customer's name, or an empty text if they have none.
    pub name: String,
    pub numbers: Vec<CustomerNumber>,
    /// The tags that have not expired, written as `key=value`.
    pub tags: Vec<String>,
    /// When something last happened to the customer. It is for people to look at and left out of JSON.
    #[serde(skip)]
    pub last_seen: Timestamp,
}

/// What an id is the id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ThingKind {
    Message,
    Ussd,
    Call,
    Payment,
    Work,
}

impl ThingKind {
    /// The kind in a word or two.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Ussd => "USSD session",
            Self::Call => "call",
            Self::Payment => "payment",
            Self::Work => "work by tag",
        }
    }
}

/// Something that was asked for by its id. A payment between two customers is found once for each of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundThing {
    pub kind: ThingKind,
    pub id: String,
    /// Whose it is; `None` for work by tag.
    pub customer: Option<CustomerId>,
    /// The customer's name, or else their number.
    pub name: String,
    /// What it is, in a line.
    pub text: String,
    /// When it began.
    pub at: Timestamp,
}

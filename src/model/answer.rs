//! What a client learns from a hub besides receipts: who it is to the hub, pages, matches, the
//! feed. Shared by the SDK, the headless verbs and the console.

use super::{
    address::CustomerNumber,
    client_error::ClientError,
    customer::Customer,
    event::Entry,
    id::{AppId, CustomerId, Seq},
    money::Money,
    reminder::{Lease, Reminder},
    settings::BoundChannel,
    time::Timestamp,
};
use serde::Serialize;
use std::{sync::Arc, time::Duration};

/// Who we are to the hub and what it promises.
#[derive(Clone, Debug, Default)]
pub struct Hello {
    /// The hub's version.
    pub version: String,
    /// The log's random name.
    pub log_id: String,
    /// The newest place.
    pub head: Seq,
    /// `disk`, `quorum` or `memory`.
    pub durability: String,
    /// Whether this org is a sandbox.
    pub sandbox: bool,
    /// The label of our key.
    pub caller: String,
    /// The org's apps.
    pub apps: Vec<AppId>,
    /// The org's channel numbers.
    pub channels: Vec<BoundChannel>,
    /// The hub's clock.
    pub now: Timestamp,
    /// The server has only the public contract: no log to resume, to page or to search. Its
    /// places are counted here, and the rest of this is empty (decision D-FEED, `LIVE ONLY`).
    pub live_only: bool,
}

impl Hello {
    /// Of a server that does not say who it is.
    #[must_use]
    pub fn live_only(head: Seq) -> Self {
        Self { head, live_only: true, ..Self::default() }
    }
}

/// A customer's state as of a place in the log.
#[derive(Clone, Debug)]
pub struct CustomerView {
    /// The state.
    pub customer: Arc<Customer>,
    /// It contains every entry up to this one.
    pub as_of: Seq,
    /// The merged-away id that was asked for, if it was one.
    pub replaces: Option<CustomerId>,
}

/// A page of the past, newest first.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Arc<Entry>>,
    /// Whether older ones exist.
    pub more: bool,
}

/// A customer that matched a search.
#[derive(Clone, Debug, Serialize)]
pub struct FoundCustomer {
    /// Its id.
    pub id: CustomerId,
    /// Its name; empty if it has none.
    pub name: String,
    /// Its numbers.
    pub numbers: Vec<CustomerNumber>,
    /// Its live tags as `key=value`.
    pub tags: Vec<String>,
    /// Its newest event; programs are not told.
    #[serde(skip)]
    pub last_seen: Timestamp,
}

/// A reminder of one customer, with its next firings.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedReminder {
    /// Whose.
    pub customer: CustomerId,
    /// What they are called; raw, may be empty.
    pub name: String,
    /// Which.
    pub reminder: Reminder,
    /// At most 3.
    pub next: Vec<Timestamp>,
}

/// A running lease: who holds what, and who waits for it.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedLease {
    /// Of whose data.
    pub customer: CustomerId,
    /// What they are called; raw, may be empty.
    pub name: String,
    /// The lease.
    pub lease: Lease,
    /// Lease calls that wait for it on this hub.
    pub waiting: u32,
}

/// A purse's balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurseBalance {
    /// Which.
    pub id: String,
    /// What may be spent.
    pub available: Money,
    /// What is there.
    pub actual: Money,
    /// How many debits are pending.
    pub pending: u32,
}

/// Where a feed starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedStart {
    /// With the last so many entries.
    Tail(u32),
    /// After an entry of a log (empty name: whatever log is there).
    After {
        /// The log's name.
        log_id: String,
        /// The entry.
        seq: Seq,
    },
}

/// Why entries are missing from a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// The hub no longer has them.
    Pruned,
    /// The cursor was of another log.
    Foreign,
    /// The hub's log is shorter than the cursor: it was restored from an older copy.
    Ahead,
    /// The server has no resumable feed (decision D-FEED, `LIVE ONLY`).
    LiveOnly,
}

impl GapReason {
    /// Why, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Pruned => "the hub no longer keeps them",
            Self::Foreign => "this is another log than before",
            Self::Ahead => "the hub was restored from an older copy",
            Self::LiveOnly => "this server keeps no history",
        }
    }
}

/// What a feed yields.
#[derive(Clone, Debug)]
pub enum FeedEvent {
    /// The stream is up and has said something: evidence, not hope.
    Up(Hello),
    /// The next entry; never the same one twice, never out of order.
    Entry(Arc<Entry>),
    /// Everything up to `seq` was delivered; the hub stands at `head`.
    Bookmark {
        /// Proven complete up to here.
        seq: Seq,
        /// The hub's newest.
        head: Seq,
    },
    /// Entries between `after` and `next` are not coming.
    Gap {
        /// The last one we have.
        after: Seq,
        /// The next one that will come.
        next: Seq,
        /// Why.
        reason: GapReason,
    },
    /// The stream is down.
    Down {
        /// Why.
        error: ClientError,
        /// Which try comes next, from 1.
        attempt: u32,
        /// After how long; `None`: not by itself (wrong key, not allowed, not a hub).
        retry_in: Option<Duration>,
    },
}

//! What a client gets from a hub besides receipts: customers, pages of history, lists and
//! the live feed. The SDK, the headless verbs and the console share these types. Answers to
//! commands are in `receipt.rs`, and answers to dry runs in `outlook.rs`.

use super::{
    actor::Actor,
    address::{ChannelNumber, CustomerNumber},
    canned::CannedReply,
    client_error::ClientError,
    customer::{CustomerState, Unanswered},
    event::Entry,
    id::{AppId, CarrierId, CustomerId, Seq, SessionId},
    limits::PROMPT_WINDOW,
    money::Money,
    reminder::{Lease, Reminder},
    scheduled::ScheduledMessage,
    settings::{BoundChannel, prompt_window_on},
    status::CallStatus,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc, time::Duration};

/// No hub gives anybody on the line longer than this.
const LONGEST_WINDOW: Duration = Duration::from_hours(24);

/// What the hub says about itself and about the caller when a client connects.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that a hub says of itself")]
pub struct Hello {
    pub version: String,
    /// The random id of the org's log. A new log, and one restored from a copy, has another id.
    pub log_id: String,
    /// The place of the newest entry.
    pub head: Seq,
    /// How safe an acknowledged entry is: `disk`, `quorum` or `memory` (D-DURABLE).
    pub durability: String,
    /// Whether the org's phones are simulated, so that a client may act for them.
    pub sandbox: bool,
    /// The label of the API key that the client used.
    pub caller: String,
    /// The apps that the key may act for, in the order of the hub's settings.
    pub apps: Vec<AppId>,
    /// The org's channel numbers, in the order of the hub's settings.
    pub channels: Vec<BoundChannel>,
    /// How long a prompt may be answered where the number has no time of its own (R-HOOK-1). `None` if the hub does not
    /// say it; `answer_within` knows what counts then.
    pub prompt_window: Option<Duration>,
    /// The country in whose way the org's local telephone numbers are read (R-ADDR-5), as two letters; empty
    /// if the settings name none.
    pub region: String,
    /// The replies that the hub's settings offer to everybody, in their order.
    pub replies: Vec<CannedReply>,
    /// Whether the hub fills the gaps of messages by tag (R-CANNED-4). One that does not would send them as they are.
    pub fills_gaps: bool,
    /// Whether the hub keeps to the rate of a message by tag, sends it again to those for whom it failed, and lists
    /// whom a work has selected (R-TAGWORK-7, R-TAGWORK-9, R-TAGWORK-10).
    pub paces_works: bool,
    /// Whether it has a message by tag begin later, keeps quiet hours with it, and puts one in another's place
    /// (R-LATER-5, R-QUIET-5), which is what the terms say.
    pub times_works: bool,
    /// The time on the hub's clock. In a sandbox it can be ahead of ours.
    pub now: Timestamp,
    /// Whether the server has only the public contract, and so no log to resume, page through or
    /// search. Then the client counts places itself, and the other fields are empty. The console
    /// shows `LIVE ONLY` (D-FEED).
    pub live_only: bool,
    /// Why the hub cannot write now; `None` if it can.
    pub cannot_write: Option<Outage>,
    /// What is played, where there is no hub but a file of events; `None` if there is a hub.
    pub replay: Option<String>,
    /// Whether what is said to the hub crosses a network where it can be read (R-TLS-6). The client finds that
    /// out by itself.
    pub plaintext: bool,
}

/// A time during which a hub can store nothing, so that it refuses what would change something. Reads
/// go on meanwhile (R-LOG-5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outage {
    /// When something was refused first, by the clock of the hub's machine.
    pub since: Timestamp,
    /// In words, such as "the disk is full".
    pub why: String,
    /// How many commands of apps and agents were refused for it so far, in all orgs of the hub.
    pub refused: u64,
}

impl fmt::Display for Outage {
    /// As a phrase: `cannot write since 14:03 UTC: the disk is full (27 refused)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { why, refused, .. } = self;
        write!(f, "cannot write since {}: {why} ({refused} refused)", self.since_when())
    }
}

impl Outage {
    /// When it began, as `14:03 UTC`.
    #[must_use]
    pub fn since_when(&self) -> String {
        let since = jiff::Timestamp::try_from(self.since).unwrap_or_default();
        since.strftime("%H:%M UTC").to_string()
    }
}

impl Hello {
    /// Which network carries what a number of the org sends; `None` if none does.
    #[must_use]
    pub fn carrier_of(&self, channel: &ChannelNumber) -> Option<&CarrierId> {
        self.channels.iter().find(|bound| bound.channel == *channel)?.carrier.as_ref()
    }
    /// How long somebody who waits on a number of the org may be answered (R-HOOK-1). A hub that does not say it has
    /// the usual 15 s, and more than a day is not believed.
    #[must_use]
    pub fn answer_within(&self, channel: &ChannelNumber) -> Duration {
        let org = self.prompt_window.unwrap_or(PROMPT_WINDOW).min(LONGEST_WINDOW);
        prompt_window_on(&self.channels, channel, org)
    }
    /// Stands for the hello of a server that has only the public contract and therefore cannot say
    /// who it is.
    #[must_use]
    pub fn live_only(head: Seq) -> Self {
        Self { head, live_only: true, ..Self::default() }
    }
}

/// A customer's state together with the place in the log that it belongs to.
#[derive(Clone, Debug)]
pub struct CustomerView {
    pub customer: Arc<CustomerState>,
    /// The place of the newest entry that the state contains.
    pub as_of: Seq,
    /// The id that was asked for, if that customer has been merged into this one. Otherwise `None`.
    pub replaces: Option<CustomerId>,
}

/// A moment in the past as of which a customer is looked at (R-OPERATOR-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PastMoment {
    /// After the last entry about them up to this place.
    Place(Seq),
    /// After the last entry about them that was decided up to this time.
    Time(Timestamp),
}

/// Where in a customer's past a state belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PastPlace {
    /// Whether this is only how far the hub came: what was asked for lies further on, and whoever asks again
    /// has the hub go on from here.
    pub unfinished: bool,
    /// The last entry about the customer up to the moment; 0 if there is none so early.
    pub seq: Seq,
    /// When it was decided.
    pub at: Timestamp,
    /// The entry about them before that one.
    pub previous: Option<Seq>,
    /// The entry about them after that one.
    pub next: Option<Seq>,
}

/// A customer as of an earlier entry.
#[derive(Clone, Debug)]
pub struct PastView {
    pub place: PastPlace,
    /// What was known then; `None` if nothing was, or if the hub has not come so far yet.
    pub view: Option<CustomerView>,
}

/// One page of an org's past entries, newest first.
#[derive(Clone, Debug, Default)]
pub struct HistoryPage {
    pub entries: Vec<Arc<Entry>>,
    /// Whether there are older entries than these.
    pub more: bool,
    /// How many of the newest entries the hub's index has still to read. If it is not 0, what is in them
    /// may be missing here (R-REPLY-6).
    pub unread: u64,
}

/// A filter in the language of docs/FILTER.md, as it is sent to a hub. It says whose times are meant, so that
/// it means the same at both ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedFilter {
    pub text: String,
    /// What "now" means in it. If it is zero, the hub takes its own time.
    pub now: Timestamp,
    /// The zone of times such as 14:00: a name such as `Africa/Nairobi`, or an offset such as `+03:00`. If
    /// it is empty, UTC is meant.
    pub zone: String,
}

/// What a search of an org's past with a filter has found so far.
#[derive(Clone, Debug, Default)]
pub struct SearchedPage {
    /// The entries with an event that matches, newest first. A hub that is too old to know filters gives all
    /// entries, so whoever shows events asks the filter about each.
    pub entries: Vec<Arc<Entry>>,
    /// Everything from this place on was looked at. The search goes on before it, and is over at place 1. A search
    /// towards newer entries has looked at everything up to this place, and its entries come oldest first.
    pub searched_to: Seq,
    /// When the oldest entry that was looked at was decided; zero if none was.
    pub searched_at: Timestamp,
    /// How many of the newest entries the hub's index has still to read. If it is not 0, the search comes no
    /// further until the index has read them (R-REPLY-6).
    pub unread: u64,
}

/// From when and up to when events are wanted, both ends included. `None` bounds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeSpan {
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// A reminder of one customer in a list of reminders (R-OPERATOR-1).
#[derive(Clone, Debug, PartialEq)]
pub struct ListedReminder {
    pub customer: CustomerId,
    /// The customer's name as it is stored. Empty if they have none.
    pub name: String,
    pub reminder: Reminder,
    /// The next times at which it fires, at most 3.
    pub next: Vec<Timestamp>,
}

/// A message in the list of those that have not left yet (R-LATER-4).
#[derive(Clone, Debug, PartialEq)]
pub struct ListedScheduled {
    pub customer: CustomerId,
    /// The customer's name as it is stored. Empty if they have none.
    pub name: String,
    pub message: ScheduledMessage,
}

/// A customer in the list of those who wait for an answer from a person (R-WAIT-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedWaiting {
    pub customer: CustomerId,
    /// The customer's name as it is stored. Empty if they have none.
    pub name: String,
    pub unanswered: Unanswered,
    /// Until when they may be answered freely where their last message came (R-SESS-1). `None` on channels
    /// that have no such time, and if it is over.
    pub window_ends: Option<Timestamp>,
}

/// A customer on the line who waits for an answer: a USSD phone for a menu, or a call for a plan (R-WAIT-6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivePrompt {
    pub customer: CustomerId,
    /// The customer's name as it is stored. Empty if they have none.
    pub name: String,
    pub number: CustomerNumber,
    /// The org's number that they are on.
    pub channel: ChannelNumber,
    pub session: SessionId,
    /// What they dialled, typed or pressed last. May be empty.
    pub said: String,
    /// How the call stands. `None` for a USSD session.
    pub call: Option<CallStatus>,
    pub asked_at: Timestamp,
    /// From then on an answer is too late (R-HOOK-1).
    pub answer_by: Timestamp,
}

/// Who waits on the line, the least time first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LivePrompts {
    pub prompts: Vec<LivePrompt>,
    /// How many wait in all.
    pub total: u64,
    /// The place of the newest entry that this contains.
    pub as_of: Seq,
}

/// A running lease in a list of leases: who holds what, and how many wait for it (R-OPERATOR-3).
#[derive(Clone, Debug, PartialEq)]
pub struct ListedLease {
    pub customer: CustomerId,
    /// The customer's name as it is stored. Empty if they have none.
    pub name: String,
    pub lease: Lease,
    /// How many lease calls wait for it on this hub.
    pub waiting: u32,
}

/// The balance of one of the org's purses (R-OPERATOR-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurseBalance {
    pub id: String,
    /// What can be spent: the actual balance less what pending payments hold (R-PAY-5).
    pub available: Money,
    /// What is in the purse, with the held amounts included.
    pub actual: Money,
    /// How many payments hold a part of the balance.
    pub pending: u32,
}

/// A connection to a real network, with how it is (R-CARRY-11).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedCarrier {
    pub id: CarrierId,
    /// What it speaks, such as `smpp`.
    pub kind: String,
    /// The org's numbers that it carries.
    pub numbers: Vec<ChannelNumber>,
    pub is_up: bool,
    /// Since when it is so; `None` if it was never used.
    pub since: Option<Timestamp>,
    /// Why it is down; untrusted, and empty if it is up.
    pub why: String,
    /// How many messages go in a second at most.
    pub per_second: u32,
    /// How many messages wait for it.
    pub waiting: u64,
    /// Of how many messages nobody knows whether they arrived.
    pub unknown: u64,
    /// Who has paused it; `None` if nobody has (R-CARRY-19).
    pub pause: Option<CarrierPause>,
}

/// That somebody has paused a connection to a real network (R-CARRY-19).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarrierPause {
    pub by: Actor,
    pub since: Timestamp,
}

/// A connection to a real network to which nothing goes: it is down (R-CARRY-12), or paused (R-CARRY-19).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DownCarrier {
    pub id: CarrierId,
    pub since: Timestamp,
    /// Why, in words; untrusted.
    pub why: String,
    /// How many messages wait for it, at most 1,000 of which are looked at.
    pub waiting: u64,
    /// Whether somebody has paused it. Then `since` and `why` are about that.
    pub paused: bool,
}

/// The place in the log from which a feed starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedStart {
    /// Starts with this many of the newest entries.
    Tail(u32),
    /// Resumes after an entry.
    After {
        /// The log that the entry is of. If empty, the number is taken for a place in whatever log
        /// the hub has.
        log_id: String,
        /// The last entry that the client has seen.
        seq: Seq,
    },
}

/// Why entries are missing from a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// The hub does not keep them any more.
    Pruned,
    /// The client resumed after an entry of another log.
    Foreign,
    /// The client has seen more than the hub's log holds: the log was restored from an older copy.
    Ahead,
    /// The server has only the public contract, whose stream cannot be resumed (D-FEED).
    LiveOnly,
}

impl GapReason {
    /// The reason as a phrase for people, without a full stop.
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

/// One item of the live feed.
#[derive(Clone, Debug)]
pub enum FeedEvent {
    /// The stream is open and the hub has answered on it, so that this is proof of a connection and
    /// not just an attempt.
    Up(Arc<Hello>),
    /// The next entry. No entry comes twice, and none comes out of order.
    Entry(Arc<Entry>),
    /// Everything up to `seq` has been delivered, while the newest entry of the hub is `head`. The
    /// hub also says why it cannot write now, if it cannot, and how many customers wait for an answer from
    /// a person, `None` if it does not know, and which of the org's networks it does not reach.
    Bookmark {
        seq: Seq,
        head: Seq,
        cannot_write: Option<Outage>,
        waiting: Option<u64>,
        down: Vec<DownCarrier>,
    },
    /// The entries between `after` and `next` will never come.
    Gap {
        /// The last entry that was delivered.
        after: Seq,
        /// The next entry that will be delivered.
        next: Seq,
        reason: GapReason,
    },
    /// The stream broke or could not be opened.
    Down {
        error: ClientError,
        /// The number of the next attempt, counted from 1.
        attempt: u32,
        /// How long until that attempt. `None` if trying again is pointless: the key is wrong, the
        /// caller is not allowed, or the server is not a hub (R-CONN-2).
        retry_in: Option<Duration>,
    },
}

impl FeedEvent {
    /// The stream is open, and the hub has said this of itself.
    #[must_use]
    pub fn up(hello: Hello) -> Self {
        Self::Up(Arc::new(hello))
    }
}

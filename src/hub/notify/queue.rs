//! What waits for one app, and which of its streams gets what. This is plain data; times come
//! in as arguments.
//!
//! Without a stream, notifications wait in order, bounded by number, bytes and age (R-CONN-4). With
//! several streams each notification goes to one of them in turn, but all of one customer go to the
//! same stream while it stays open (R-CONN-3). What a stream was given shortly before it broke is
//! given again, once (D-HERA, D-AGAIN).

use crate::{
    model::{AppId, CustomerId, Entry, Event, EventKind, Seq, SessionId, Timestamp},
    wire::{notification, proto::hera::WebhookRequest},
};
use prost::Message as _;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

/// How many notifications are kept while no stream is open (R-CONN-4).
const KEPT: usize = 1000;
/// How long a notification is kept while no stream is open (R-CONN-4).
const KEPT_FOR: Duration = Duration::from_hours(24);
/// How many bytes are kept while no stream is open. A body may have 64 KiB, and a thousand of those
/// would be too much for each app.
const KEPT_BYTES: usize = 8 << 20;
/// How many of the last notifications of a broken stream are given again (D-HERA).
const AGAIN: usize = 64;
/// How long after a notification was first handed out a broken stream makes it come again (D-AGAIN).
const AGAIN_WITHIN: Duration = Duration::from_secs(10);
/// With a stream open, reading the log pauses while so many notifications wait.
const READ_AHEAD: usize = 256;
/// For how many customers it is remembered which stream has them. Beyond that all are dealt out anew.
const OWNERS: usize = 50_000;

/// One notification that waits for a stream, or that a stream was given lately.
#[derive(Clone, Debug)]
pub(super) struct QueuedNotification {
    seq: Seq,
    at: Timestamp,
    customer: Option<CustomerId>,
    /// The session or call in which it asks the app for an answer. Then it is of no use after the answer
    /// window (R-HOOK-1), nor a second time after the answer (D-AGAIN).
    prompt: Option<SessionId>,
    /// The key of the reminder that fired for a single customer. Cancelling it takes the notification
    /// back as long as it waits (R-REM-5).
    reminder: Option<String>,
    handed: Handed,
    note: WebhookRequest,
    /// How many bytes the encoded notification has.
    size: usize,
}

/// How often a notification was handed to a stream, and when first. It comes again once at most, or a
/// client whose streams are short would hear it from every one of them (D-AGAIN).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handed {
    Never,
    Once(Instant),
    Again(Instant),
}

impl Handed {
    fn out(self, now: Instant) -> Self {
        match self {
            Self::Never => Self::Once(now),
            Self::Once(first) | Self::Again(first) => Self::Again(first),
        }
    }
    /// Whether the first time was so lately that it may not have arrived.
    fn is_recent(self, now: Instant) -> bool {
        match self {
            Self::Never => false,
            Self::Once(first) | Self::Again(first) => {
                now.saturating_duration_since(first) <= AGAIN_WITHIN
            }
        }
    }
}

impl QueuedNotification {
    /// The notifications that an entry makes for an app.
    pub fn all<'a>(entry: &'a Entry, app: &'a AppId) -> impl Iterator<Item = Self> + 'a {
        let ours = entry.events.iter().filter(move |event| event.app.as_ref() == Some(app));
        ours.filter_map(move |event| {
            let note = notification::encode(&entry.org, event)?;
            Some(Self {
                seq: entry.seq,
                at: event.at,
                customer: event.customer.clone(),
                prompt: event.kind.prompt().map(|(session, _)| session.clone()),
                reminder: reminder(event),
                handed: Handed::Never,
                size: note.encoded_len(),
                note,
            })
        })
    }
    /// Whether it is a prompt that nobody can answer any more.
    fn is_stale(&self, now: Timestamp, window: Duration) -> bool {
        self.prompt.is_some() && now.since(self.at) > window
    }
    pub fn note(self) -> WebhookRequest {
        self.note
    }
    /// The session and time of the prompt in it, if a stream may have been given it before: by this queue,
    /// or by an earlier process, which read the log up to `before`.
    pub fn repeats_prompt(&self, before: Seq) -> Option<(SessionId, Timestamp)> {
        let again = self.handed != Handed::Never || self.seq <= before;
        self.prompt.clone().filter(|_| again).map(|session| (session, self.at))
    }
}

/// The key of the reminder that fired; `None` if it fired by tag, because then it is
/// no single customer's.
fn reminder(event: &Event) -> Option<String> {
    let EventKind::ReminderFired(firing) = &event.kind else { return None };
    firing.work.is_none().then(|| firing.reminder.key.clone())
}

/// How many notifications were dropped, and the places of the first and the last of them (D-OVERFLOW).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dropped {
    pub count: u64,
    pub from: Seq,
    pub to: Seq,
}

impl Dropped {
    pub fn and(self, other: Option<Self>) -> Self {
        other.map_or(self, |other| Self {
            count: self.count + other.count,
            from: self.from.min(other.from),
            to: self.to.max(other.to),
        })
    }
}

/// The notifications of one stream.
#[derive(Debug, Default)]
struct StreamQueue {
    waiting: VecDeque<QueuedNotification>,
    /// What the stream was given lately and may not have delivered, in the order in which it was given.
    handed: VecDeque<QueuedNotification>,
}

impl StreamQueue {
    fn forget(&mut self, now: Instant) {
        self.handed.retain(|item| item.handed.is_recent(now));
        self.handed.drain(..self.handed.len().saturating_sub(AGAIN));
    }
}

/// The queue of one app, with its streams.
#[derive(Debug)]
pub(super) struct Queue {
    /// Everything up to this place has been read from the log.
    read: Seq,
    /// How long a prompt is handed out: the org's time. Where a network's customers wait less long, the app may be
    /// given a prompt of the last seconds in vain, and is told so when it answers (R-HOOK-1).
    prompt_window: Duration,
    /// Whether the app has ever had a stream open. Only then is it a loss if something is dropped.
    listened: bool,
    kept: VecDeque<QueuedNotification>,
    kept_bytes: usize,
    lines: BTreeMap<u64, StreamQueue>,
    opened: u64,
    turn: usize,
    owners: HashMap<CustomerId, u64>,
    dropped: Option<Dropped>,
}

impl Queue {
    pub fn new(read: Seq, listened: bool, prompt_window: Duration) -> Self {
        Self {
            read,
            prompt_window,
            listened,
            kept: VecDeque::new(),
            kept_bytes: 0,
            lines: BTreeMap::new(),
            opened: 0,
            turn: 0,
            owners: HashMap::new(),
            dropped: None,
        }
    }
    /// After which place to read on; `None` while enough waits for the streams.
    pub fn wants(&self) -> Option<Seq> {
        let ahead: usize = self.lines.values().map(|line| line.waiting.len()).sum();
        (ahead < READ_AHEAD).then_some(self.read)
    }
    pub fn is_open(&self) -> bool {
        !self.lines.is_empty()
    }
    /// How many notifications wait to be taken, by a stream or by the next one that opens.
    pub fn waiting(&self) -> usize {
        self.kept.len() + self.lines.values().map(|line| line.waiting.len()).sum::<usize>()
    }
    /// How many streams are open.
    pub fn streams(&self) -> usize {
        self.lines.len()
    }
    pub fn listened(&self) -> bool {
        self.listened
    }
    /// Takes in the notifications of the entry at `seq`.
    pub fn push(
        &mut self,
        seq: Seq,
        items: impl Iterator<Item = QueuedNotification>,
        now: Timestamp,
    ) {
        for item in items {
            self.place(item);
        }
        self.read = seq;
        self.shorten(now);
    }
    /// Takes back what an entry cancels: firings of a reminder that wait while no stream is open. What an
    /// open stream was given, or is about to get, may be on its way already and stays (R-REM-5).
    pub fn withdraw(&mut self, entry: &Entry, app: &AppId) {
        for event in entry.events.iter().filter(|event| event.app.as_ref() == Some(app)) {
            if let EventKind::ReminderCancelled { key } = &event.kind {
                let same = |item: &QueuedNotification| {
                    item.reminder.as_ref() == Some(key) && item.customer == event.customer
                };
                self.kept.retain(|item| !same(item));
                self.kept_bytes = self.kept.iter().map(|item| item.size).sum();
            }
        }
    }
    /// If an entry merges a customer into another, names them by the surviving id in everything that the
    /// app has not got yet or may get again (R-DECOM-2), because it cannot read the state of the old id.
    pub fn rename(&mut self, entry: &Entry) {
        for event in &entry.events {
            let EventKind::CustomerReplaced { by } = &event.kind else { continue };
            let lines = self.lines.values_mut();
            let given = lines.flat_map(|line| line.handed.iter_mut().chain(&mut line.waiting));
            let theirs = |item: &&mut QueuedNotification| item.customer == event.customer;
            for item in given.chain(&mut self.kept).filter(theirs) {
                item.customer = Some(by.clone());
                notification::rename(&mut item.note, by);
            }
        }
    }
    fn place(&mut self, item: QueuedNotification) {
        if let Some(line) = self.line_for(item.customer.as_ref()) {
            line.waiting.push_back(item);
        } else {
            self.kept_bytes += item.size;
            self.kept.push_back(item);
        }
    }
    /// The stream that has the customer, or else the next one in turn; `None` if no stream is open.
    fn line_for(&mut self, customer: Option<&CustomerId>) -> Option<&mut StreamQueue> {
        let next = (self.turn + 1).checked_rem(self.lines.len())?;
        let known = customer.and_then(|customer| self.owners.get(customer)).copied();
        let id = if let Some(id) = known {
            id
        } else {
            self.turn = next;
            *self.lines.keys().nth(next)?
        };
        if let Some(customer) = customer {
            if self.owners.len() >= OWNERS {
                self.owners.clear();
            }
            self.owners.insert(customer.clone(), id);
        }
        self.lines.get_mut(&id)
    }
    /// Drops the prompts that nobody can answer any more, and whatever is too old or too much.
    pub fn prune(&mut self, now: Timestamp) {
        let window = self.prompt_window;
        self.kept.retain(|item| !item.is_stale(now, window));
        self.kept_bytes = self.kept.iter().map(|item| item.size).sum();
        self.shorten(now);
    }
    /// Drops the oldest notifications until the rest is within the limits.
    fn shorten(&mut self, now: Timestamp) {
        while let Some(oldest) = self.kept.front() {
            let over = self.kept.len() > KEPT || self.kept_bytes > KEPT_BYTES;
            if !over && now.since(oldest.at) <= KEPT_FOR {
                break;
            }
            if self.listened {
                let one = Dropped { count: 1, from: oldest.seq, to: oldest.seq };
                self.dropped = Some(one.and(self.dropped));
            }
            self.kept_bytes -= oldest.size;
            self.kept.pop_front();
        }
    }
    /// Opens a stream and returns its id. The first one gets everything that was kept.
    pub fn open(&mut self, now: Timestamp) -> u64 {
        self.prune(now);
        self.listened = true;
        self.opened += 1;
        self.lines.insert(self.opened, StreamQueue::default());
        self.kept_bytes = 0;
        for item in std::mem::take(&mut self.kept) {
            self.place(item);
        }
        self.opened
    }
    /// Closes a stream. What it had not been given, or had been given only just now, goes to the other
    /// streams, or is kept if there are none.
    pub fn close(&mut self, id: u64, now: Instant) {
        let Some(mut line) = self.lines.remove(&id) else { return };
        line.forget(now);
        self.owners.retain(|_, owner| *owner != id);
        let again = line.handed.into_iter().filter(|item| matches!(item.handed, Handed::Once(_)));
        for item in again.chain(line.waiting) {
            self.place(item);
        }
        // These may be older than what waits there already, and the front must be the oldest.
        let others = self.lines.values_mut().map(|line| &mut line.waiting);
        for waiting in others.chain([&mut self.kept]) {
            waiting.make_contiguous().sort_by_key(|item| item.seq);
        }
    }
    /// The next notification for a stream; `None` if nothing waits for it. Prompts that are too
    /// late are skipped.
    pub fn take(&mut self, id: u64, wall: Timestamp, now: Instant) -> Option<QueuedNotification> {
        let line = self.lines.get_mut(&id)?;
        loop {
            let item = line.waiting.pop_front()?;
            if item.is_stale(wall, self.prompt_window) {
                continue;
            }
            line.handed
                .push_back(QueuedNotification { handed: item.handed.out(now), ..item.clone() });
            line.forget(now);
            return Some(item);
        }
    }
    /// The place after which a restart begins, so that nothing is missed. It lies before the first
    /// notification that no stream was given, or was given so lately that it may not have arrived.
    pub fn safe(&mut self, now: Instant) -> Seq {
        let mut safe = self.kept.front().map_or(self.read, |item| before(item.seq));
        for line in self.lines.values_mut() {
            line.forget(now);
            // What was taken over from another stream may be older than what was given before it.
            let handed = line.handed.iter().map(|item| item.seq).min();
            let waiting = line.waiting.front().map(|item| item.seq);
            for seq in handed.into_iter().chain(waiting) {
                safe = safe.min(before(seq));
            }
        }
        safe
    }
    pub fn dropped(&mut self) -> Option<Dropped> {
        self.dropped.take()
    }
    pub fn not_reported(&mut self, dropped: Dropped) {
        self.dropped = Some(dropped.and(self.dropped));
    }
}

fn before(seq: Seq) -> Seq {
    Seq(seq.0.saturating_sub(1))
}

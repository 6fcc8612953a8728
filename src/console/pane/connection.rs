//! What is known about the connection to the hub. It is always said in one word, and that word is
//! LIVE only on evidence.
//!
//! It also says how far the hub's clock is ahead of ours. Whatever counts down counts by the hub's
//! clock, because a sandbox may be a day ahead, and the clock of the agent's machine may be wrong.

use super::countdown::Skew;
use crate::model::{
    AppId, ClientError, DownCarrier, Entry, EventKind, FeedEvent, Hello, Outage, Seq, Timestamp,
};
use std::{sync::Arc, time::Duration};

/// A smaller difference between the clocks is how long a message was on its way, and not
/// a moved clock.
const ON_THE_WAY: Duration = Duration::from_secs(1);

/// How the connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing was heard yet.
    Connecting,
    /// The hub has spoken.
    Live,
    /// The connection is down, and the next try comes by itself.
    Retry {
        /// The number of the try, from 1.
        attempt: u32,
        /// When the next try comes.
        at: Timestamp,
    },
    /// The connection is down, and nothing is tried until the agent asks for it.
    Offline,
    /// The hub does not accept our credentials.
    Auth,
    /// What answers is not a hub.
    NotAHub,
}

/// The connection, and what the hub said about itself.
#[derive(Clone, Debug)]
pub struct HubConnection {
    /// The app in whose name commands go; empty if only the hub knows it.
    app: AppId,
    phase: Phase,
    down_since: Option<Timestamp>,
    error: Option<ClientError>,
    hello: Option<Arc<Hello>>,
    outage: Option<Outage>,
    waiting: Option<u64>,
    down: Vec<DownCarrier>,
    head: Seq,
    place: Seq,
    skew: Skew,
}

impl Default for HubConnection {
    fn default() -> Self {
        Self {
            app: AppId::default(),
            phase: Phase::Connecting,
            down_since: None,
            error: None,
            hello: None,
            outage: None,
            waiting: None,
            down: Vec::new(),
            head: Seq(0),
            place: Seq(0),
            skew: Skew::default(),
        }
    }
}

impl HubConnection {
    /// A connection that commands of this app go through.
    #[must_use]
    pub fn of_app(app: AppId) -> Self {
        Self { app, ..Self::default() }
    }
    /// Whether a command that goes now is of this app (R-REM-4). If nobody has said which app that is, the hub
    /// decides whether it takes the command.
    #[must_use]
    pub fn acts_for(&self, app: &AppId) -> bool {
        if !self.app.is_empty() {
            return self.app == *app;
        }
        match self.hello.as_ref().map(|hello| &hello.apps[..]) {
            Some([only]) => only == app,
            Some(_) | None => true,
        }
    }
    /// Takes in what the feed's task reports. Returns whether the picture changed.
    pub fn event(&mut self, event: &FeedEvent, at: Timestamp) -> bool {
        match event {
            FeedEvent::Up(hello) => {
                self.head = hello.head;
                // A server that has only the public contract does not say what its time is.
                if !hello.now.is_zero() {
                    self.skew = Skew::between(hello.now, at);
                }
                self.outage.clone_from(&hello.cannot_write);
                self.hello = Some(Arc::clone(hello));
                (self.phase, self.down_since, self.error) = (Phase::Live, None, None);
                true
            }
            FeedEvent::Down { error, attempt, retry_in } => {
                self.phase = phase(error, *attempt, *retry_in, at);
                self.down_since.get_or_insert(at);
                self.error = Some(error.clone());
                true
            }
            FeedEvent::Entry(entry) => {
                self.head = self.head.max(entry.seq);
                self.place = self.place.max(entry.seq);
                self.keep_time(entry, at)
            }
            FeedEvent::Bookmark { seq, head, cannot_write, waiting, down } => {
                self.head = self.head.max(*head);
                self.place = self.place.max(*seq);
                let before = (&self.outage, self.waiting, &self.down);
                let is_news = before != (cannot_write, *waiting, down);
                self.waiting = *waiting;
                self.down.clone_from(down);
                self.outage.clone_from(cannot_write);
                is_news
            }
            FeedEvent::Gap { .. } => false,
        }
    }

    /// The place up to which the feed has come. Before its first entry that is the newest one of when the
    /// connection came up.
    #[must_use]
    pub fn place(&self) -> Seq {
        let head = self.hello.as_ref().map_or(Seq(0), |hello| hello.head);
        if self.place == Seq(0) { head } else { self.place.min(self.head) }
    }
    /// Keeps up with the clock of a sandbox, which can be moved. A move counts if it came after the
    /// hub said its time, because that time contains all earlier ones. An entry from the future
    /// proves that a move was missed.
    fn keep_time(&mut self, entry: &Entry, at: Timestamp) -> bool {
        let before = self.skew;
        let news = self.hello.as_ref().is_some_and(|h| entry.seq > h.head && !h.now.is_zero());
        if !news {
            return false;
        }
        let moved = entry.events.iter().filter_map(|event| match event.kind {
            EventKind::ClockMoved { by } => Some(by),
            _ => None,
        });
        let moved = self.skew.hub(at).after(moved.sum());
        // The entry of a move may bear the time before it or after it, so only a time that is later
        // than both proves anything.
        let now = if entry.at > moved.after(ON_THE_WAY) { entry.at } else { moved };
        self.skew = Skew::between(now, at);
        self.skew != before
    }

    /// The agent asked for a new try.
    pub fn trying(&mut self) {
        if self.phase != Phase::Live {
            self.phase = Phase::Connecting;
        }
    }

    #[must_use]
    pub const fn phase(&self) -> &Phase {
        &self.phase
    }
    /// What is played instead of a hub; `None` if there is a hub.
    #[must_use]
    pub fn replay(&self) -> Option<&str> {
        self.hello.as_ref()?.replay.as_deref()
    }
    /// Whether the hub is being heard.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }
    /// Whether the server keeps no log, so that what was missed does not come, and nobody can be
    /// asked about an unknown outcome (D-FEED).
    #[must_use]
    pub fn is_live_only(&self) -> bool {
        self.hello.as_ref().is_some_and(|hello| hello.live_only)
    }
    /// When the connection was lost; `None` while it is up.
    #[must_use]
    pub const fn down_since(&self) -> Option<Timestamp> {
        self.down_since
    }
    /// Why the connection is down; `None` while it is up.
    #[must_use]
    pub const fn error(&self) -> Option<&ClientError> {
        self.error.as_ref()
    }
    /// What the hub said about itself and about us. It stays known while the connection is down;
    /// `None` before the first connection.
    #[must_use]
    pub fn hello(&self) -> Option<&Hello> {
        self.hello.as_deref()
    }
    /// The same for whoever does not care whether there was a connection yet: before the first one the hub has said
    /// nothing of anything.
    #[must_use]
    pub fn said(&self) -> Arc<Hello> {
        self.hello.clone().unwrap_or_default()
    }
    /// Why the hub cannot write; `None` if it can, and while it is not heard.
    #[must_use]
    pub fn outage(&self) -> Option<&Outage> {
        self.outage.as_ref().filter(|_| self.is_live())
    }
    /// How many customers wait for an answer from a person (R-WAIT-3); `None` if the hub has not said it.
    #[must_use]
    pub fn waiting(&self) -> Option<u64> {
        self.waiting.filter(|_| self.is_live())
    }
    /// The networks that the hub does not reach (R-CARRY-12); none if the hub is not heard.
    #[must_use]
    pub fn down(&self) -> &[DownCarrier] {
        if self.is_live() { &self.down } else { &[] }
    }
    /// The newest place of the log that we know of.
    #[must_use]
    pub const fn head(&self) -> Seq {
        self.head
    }

    /// How far the hub's clock is ahead of ours.
    #[must_use]
    pub const fn skew(&self) -> Skew {
        self.skew
    }

    /// When the picture changes by itself: at each second of the countdown to the next try.
    #[must_use]
    pub fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let Phase::Retry { at, .. } = self.phase else { return None };
        let left = at.since(now);
        if left.is_zero() {
            return None;
        }
        // The number on the screen is rounded up, so it changes when a whole number of seconds is
        // left.
        let part = Duration::from_micros(u64::from(left.subsec_micros()));
        Some(now.after(if part.is_zero() { Duration::from_secs(1) } else { part }))
    }
}

fn phase(error: &ClientError, attempt: u32, retry_in: Option<Duration>, at: Timestamp) -> Phase {
    match (error, retry_in) {
        (_, Some(delay)) => Phase::Retry { attempt, at: at.after(delay) },
        (ClientError::Unauthenticated(_) | ClientError::Denied(_), None) => Phase::Auth,
        (ClientError::NotAHub { .. }, None) => Phase::NotAHub,
        (_, None) => Phase::Offline,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::countdown::seconds_left, *};
    use crate::model::{Actor, EntryId, Event};
    use std::sync::Arc;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }
    fn down(retry_in: Option<Duration>) -> FeedEvent {
        FeedEvent::Down { error: ClientError::Unavailable("x".into()), attempt: 3, retry_in }
    }

    #[test]
    fn a_countdown_changes_the_picture_once_a_second_and_then_no_more() {
        let mut connection = HubConnection::default();
        assert!(connection.event(&down(Some(Duration::from_millis(2300))), at(0)));
        let mut shown = Vec::new();
        let mut now = at(0);
        while let Some(next) = connection.next_wake(now) {
            shown.push(seconds_left(at(2300), now));
            now = next;
        }
        assert_eq!(shown, [3, 2, 1]);
        assert_eq!(now, at(2300));
    }

    fn entry(seq: u64, at: Timestamp, by: Option<Duration>) -> FeedEvent {
        let kind = by.map_or(EventKind::CustomerMet, |by| EventKind::ClockMoved { by });
        let event = Event {
            at,
            customer: None,
            app: None,
            actor: Actor::Hub,
            number: None,
            channel: None,
            name: None,
            kind,
        };
        FeedEvent::Entry(Arc::new(Entry {
            org: "acme".into(),
            seq: Seq(seq),
            id: EntryId::default(),
            prev_id: EntryId::default(),
            at,
            events: vec![event],
            call: None,
        }))
    }

    #[test]
    fn the_hub_s_clock_is_followed_also_when_it_is_moved() {
        let day = Duration::from_hours(24);
        let mut connection = HubConnection::default();
        let hello = Hello { head: Seq(5), now: at(1000).after(day), ..Hello::default() };
        connection.event(&FeedEvent::up(hello), at(1000));
        assert_eq!(connection.skew().hub(at(3000)), at(3000).after(day));
        // The hub's time already contains a move that the hub knew of when it said that time.
        connection.event(&entry(4, at(500), Some(day)), at(3000));
        assert_eq!(connection.skew().hub(at(3000)), at(3000).after(day));
        connection.event(&entry(6, at(4000).after(day), Some(day)), at(4000));
        assert_eq!(connection.skew().hub(at(4000)), at(4000).after(day * 2));
        // An entry from later than the clock shows: a move was missed.
        connection.event(&entry(9, at(5000).after(day * 4), None), at(5000));
        assert_eq!(connection.skew().hub(at(5000)), at(5000).after(day * 4));
        assert_eq!(connection.skew().ours(at(5000).after(day * 4)), at(5000));
    }

    /// R-LOG-5: it is shown while the hub is heard, and goes away with the bookmark that no longer has it.
    #[test]
    fn an_outage_is_news_when_it_begins_grows_and_ends() {
        let outage = |refused| Some(Outage { refused, ..Outage::default() });
        let bookmark = |cannot_write| FeedEvent::Bookmark {
            seq: Seq(1),
            head: Seq(1),
            cannot_write,
            waiting: None,
            down: Vec::new(),
        };
        let mut connection = HubConnection::default();
        connection.event(&FeedEvent::up(Hello::default()), at(0));
        let mut shown = Vec::new();
        for refused in [None, outage(1), outage(1), outage(2), None, None] {
            let is_news = connection.event(&bookmark(refused), at(0));
            shown.push((connection.outage().map(|outage| outage.refused), is_news));
        }
        let right = [
            (None, false),
            (Some(1), true),
            (Some(1), false),
            (Some(2), true),
            (None, true),
            (None, false),
        ];
        assert_eq!(shown, right);
        let hello = Hello { cannot_write: outage(5), ..Hello::default() };
        connection.event(&FeedEvent::up(hello), at(0));
        assert_eq!(connection.outage().map(|outage| outage.refused), Some(5));
        connection.event(&down(None), at(1));
        assert_eq!(connection.outage(), None, "nobody knows now");
    }

    #[test]
    fn live_only_on_evidence_and_down_since_the_first_loss() {
        let mut connection = HubConnection::default();
        assert_eq!(*connection.phase(), Phase::Connecting);
        connection.event(&down(Some(Duration::from_secs(1))), at(10));
        connection.trying();
        assert_eq!(*connection.phase(), Phase::Connecting);
        connection.event(&down(None), at(5000));
        assert_eq!(
            (connection.phase().clone(), connection.down_since()),
            (Phase::Offline, Some(at(10)))
        );
        connection.event(&FeedEvent::up(Hello::default()), at(6000));
        assert!(connection.is_live() && connection.down_since().is_none());
    }
}

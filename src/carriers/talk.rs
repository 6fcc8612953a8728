//! What a session with a network is in the middle of: what is owed, when the next message may go, and when
//! there is something to look at.

use super::{
    heard::EarlyReport,
    session::{Lost, Session},
    waiting::WaitingMessage,
};
use crate::model::SessionId;
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

/// How long to wait after the network had too much to do, at first and at most.
const BUSY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// The longest pause that a network can ask for.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// A message that was handed over and has no answer yet.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub message: WaitingMessage,
    pub attempt: u32,
    /// Until when the network may answer.
    pub deadline: Instant,
    /// Whether it is waited for. Once it was called unknown it is not, and a late answer is believed still.
    pub is_open: bool,
}

/// What a session is in the middle of.
pub(super) struct Talk {
    pub session: Session,
    /// Tells the requests of this session from those of another one with the same number.
    pub name: u64,
    pub under_way: HashMap<u32, Flight>,
    /// The menus to which no answer came yet.
    pub menus: HashMap<u32, (SessionId, Instant)>,
    pub early: Vec<EarlyReport>,
    /// When the next message may go by the pace, and after a pause.
    pub next: Instant,
    pub paused_until: Instant,
    busy: Duration,
    /// Why nothing more is handed over in this session, which ends when nothing is under way any more.
    pub ending: Option<Lost>,
    /// When the session ends at the latest, because the hub stops.
    pub leave_at: Option<Instant>,
    /// When reports that came early are tried again.
    pub retry_at: Instant,
    pub heard: Instant,
    pub asked: Option<Instant>,
    /// When the connection counts as made, if it does not yet.
    pub up_at: Option<Instant>,
}

impl Talk {
    /// A session of which nothing is known yet. `up_at` is when the connection counts as made.
    pub fn new(session: Session, up_at: Instant) -> Self {
        let now = Instant::now();
        Self {
            session,
            name: fastrand::u64(..),
            under_way: HashMap::new(),
            menus: HashMap::new(),
            early: Vec::new(),
            next: now,
            paused_until: now,
            busy: BUSY.0,
            ending: None,
            leave_at: None,
            retry_at: now,
            heard: now,
            asked: None,
            up_at: Some(up_at),
        }
    }

    /// The network takes messages again.
    pub fn is_at_ease(&mut self) {
        self.busy = BUSY.0;
    }

    /// Nothing goes for this time, or for a usual one.
    pub fn pause(&mut self, wait: Option<Duration>) {
        let now = Instant::now();
        if wait.is_none() && self.paused_until > now {
            return;
        }
        let usual = self.busy;
        if self.paused_until <= now {
            self.busy = (self.busy * 2).min(BUSY.1);
        }
        // A network that asks for no pause at all gets one nevertheless, and one that asks for days does not.
        let wait = wait.unwrap_or(usual).clamp(usual, LONGEST_PAUSE);
        self.paused_until = self.paused_until.max(now + wait);
    }

    /// For how many messages an answer is waited for.
    pub fn open(&self) -> usize {
        self.under_way.values().filter(|flight| flight.is_open).count()
    }

    /// When there is something to look at, even if nothing happens.
    pub fn wake(&self, within: Duration) -> Instant {
        let open = self.under_way.values().filter(|flight| flight.is_open);
        let late = open.map(|flight| flight.deadline);
        let early = self.early.first().map(|_| self.retry_at);
        let patience = self.heard + self.session.patience();
        let asks = self.asked.map_or(patience, |asked| asked + within);
        late.chain(early).chain(self.up_at).chain(self.leave_at).fold(asks, Instant::min)
    }
}

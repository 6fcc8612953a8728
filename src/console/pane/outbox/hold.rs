//! What is held before it leaves, and the time that passes over it (R-CONSOLE-21).

use super::{FRESH, Outbox, OutboxRow, SendState};
use crate::{
    console::{drafts::FormDraft, msg::Effect},
    model::{CallId, Timestamp},
};
use std::time::Duration;

impl Outbox {
    /// The rows that are held, the newest first, for the strip of held sends.
    pub fn held(&self) -> impl Iterator<Item = &OutboxRow> {
        self.rows.iter().rev().filter(|row| matches!(row.state, SendState::Held { .. }))
    }
    /// Takes the newest held row back. It stays as a trace, and what was written in it is returned with the
    /// key under which that is kept.
    pub fn undo(&mut self, at: Timestamp) -> Option<(CallId, FormDraft)> {
        let held =
            self.rows.iter_mut().rev().find(|row| matches!(row.state, SendState::Held { .. }))?;
        held.set(SendState::TakenBack, at);
        held.sent.as_ref().map(|sent| (sent.kept.clone(), sent.draft.clone()))
    }
    /// Lets the hold stand still while the agent is asked something, or go on. What is held then leaves
    /// neither by itself nor any sooner afterwards (R-CONSOLE-21). Returns whether that is a change.
    pub fn stand_still(&mut self, asked: bool, at: Timestamp) -> bool {
        match self.still {
            None if asked => self.still = Some(at),
            Some(since) if !asked => {
                self.still = None;
                for row in &mut self.rows {
                    if let SendState::Held { until } = &mut row.state {
                        *until = until.after(at.since(since.max(row.changed)));
                    }
                }
                self.plan(at);
            }
            None | Some(_) => return false,
        }
        self.held().next().is_some()
    }
    /// The clock was set: it shows `at`, and would have shown `would`. What is held has as many seconds left as
    /// before. Returns whether anything is held.
    pub fn clock_set(&mut self, would: Timestamp, at: Timestamp) -> bool {
        self.still = self.still.map(|since| at.before(would.since(since)));
        for row in &mut self.rows {
            if let SendState::Held { until } = &mut row.state {
                *until = at.after(until.since(would));
                row.changed = at.before(would.since(row.changed));
            }
        }
        self.plan(at);
        self.held().next().is_some()
    }
    /// Whether the hold stands still.
    #[must_use]
    pub const fn stands_still(&self) -> bool {
        self.still.is_some()
    }
    /// Sends the newest held row now.
    pub fn send_now(&mut self, at: Timestamp) -> Vec<Effect> {
        let held =
            self.rows.iter_mut().rev().find(|row| matches!(row.state, SendState::Held { .. }));
        held.and_then(|row| row.start(at)).into_iter().collect()
    }
    /// Sends what was held long enough, and asks about what is unknown.
    pub fn wake(&mut self, at: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        for row in &mut self.rows {
            if let SendState::Held { until } = row.state
                && until <= at
                && self.still.is_none()
            {
                effects.extend(row.start(at));
            }
        }
        if self.live && self.ask_at.is_some_and(|ask| ask <= at) {
            self.ask_at = None;
            let fresh = self.rows.iter_mut().filter(|row| at.since(row.at) <= FRESH);
            effects.extend(fresh.filter_map(|row| row.ask(at)));
        }
        self.plan(at);
        effects
    }
    /// When `wake` wants to be called: at every second of a countdown, and when the hub is
    /// to be asked.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        let runs = self.still.is_none() && self.held().next().is_some();
        let tick = self.tick_at.filter(|_| runs);
        [tick, self.ask_at.filter(|_| self.live)].into_iter().flatten().min()
    }
    /// Works out when a countdown next shows another number.
    pub(super) fn plan(&mut self, at: Timestamp) {
        let ticks = self.held().filter_map(|row| match row.state {
            SendState::Held { until } => {
                let part = until.since(at).subsec_nanos();
                let second = Duration::from_secs(1);
                Some(at.after(if part == 0 { second } else { Duration::from_nanos(part.into()) }))
            }
            _ => None,
        });
        self.tick_at = ticks.min();
    }
    /// The console is left or stopped: everything that is held is taken back.
    pub fn take_all_back(&mut self, at: Timestamp) {
        while self.undo(at).is_some() {}
    }
}

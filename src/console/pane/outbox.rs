//! What was decided to be sent and what became of it. Nothing here is optimistic: a row says what
//! is known, and `??` stays `??` until the hub or the log says what happened (H3).

use super::form::Ready;
use crate::{
    console::{
        drafts::Draft,
        msg::{Effect, Lane},
    },
    model::{
        CallId, ClientError, CustomerCommand, Entry, EventKind, MessageId, MessageReceipt,
        MessageStatus, Receipt, Timestamp, Tone,
    },
};
use std::{collections::VecDeque, time::Duration};

#[cfg(test)]
pub(crate) mod tests;

/// What is known of a sent command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits; can be taken back.
    Held {
        /// Until.
        until: Timestamp,
    },
    /// On its way.
    Sending,
    /// The hub did it.
    Accepted,
    /// What became of the message later.
    Became(MessageStatus),
    /// The hub refused: its words, its code.
    Refused {
        /// Its sentence.
        words: String,
        /// The contract's code, if the family has one.
        code: Option<i32>,
    },
    /// It may or may not have been done.
    Unknown {
        /// Why.
        words: String,
        /// Whether the hub is being asked about it now.
        asking: bool,
    },
    /// Nothing was done.
    NotSent {
        /// Why.
        reason: String,
    },
}

/// One sent command.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its idempotency key.
    pub call: CallId,
    /// The command.
    pub command: CustomerCommand,
    /// For whom; raw.
    pub to: String,
    /// What kind.
    pub title: &'static str,
    /// What it says; raw.
    pub summary: String,
    /// What is known.
    pub state: State,
    /// What to do about a refusal; empty before one.
    pub advice: &'static str,
    /// When it was handed over.
    pub at: Timestamp,
    /// When the state last changed.
    pub changed: Timestamp,
    /// How long the hub took to answer.
    pub took: Option<Duration>,
    /// The message that came of it.
    pub message: Option<MessageId>,
    /// To go back to the form.
    pub draft: Draft,
}

/// All of them, oldest first.
#[derive(Clone, Debug)]
pub struct Outbox {
    rows: VecDeque<Row>,
    hold: Duration,
    live: bool,
    /// When the unknown ones are asked about by themselves.
    ask_at: Option<Timestamp>,
    /// When a countdown shows another number.
    tick_at: Option<Timestamp>,
    /// Rows between the selection and the newest.
    back: usize,
}

/// An unknown one is asked about by itself only this long: later it might surprise a customer.
const FRESH: Duration = Duration::from_mins(10);
/// How long the feed gets to tell what happened before the hub is asked.
const PATIENCE: Duration = Duration::from_secs(2);

impl Row {
    fn set(&mut self, state: State, at: Timestamp) {
        if self.state != state {
            self.state = state;
            self.changed = at;
        }
    }
    /// What the hub said is final, whoever brought it.
    fn learn(&mut self, receipt: &Receipt, at: Timestamp) {
        if let Receipt::Message(MessageReceipt { message: Some(id), .. }) = receipt {
            self.message = Some(id.clone());
        }
        if receipt.is_ok() {
            if !matches!(self.state, State::Became(_)) {
                self.set(State::Accepted, at);
            }
        } else {
            self.advice = receipt.advice();
            self.set(State::Refused { words: refusal(receipt), code: receipt.code() }, at);
        }
    }
    fn is_open(&self) -> bool {
        matches!(self.state, State::Sending | State::Unknown { .. })
    }
    fn lane(&self) -> Lane {
        match (&self.command, &self.draft.target.customer) {
            (CustomerCommand::AnswerPrompt { session, .. }, _) => Lane::Session(session.clone()),
            (_, Some(customer)) => Lane::Customer(customer.clone()),
            (_, None) => Lane::Org,
        }
    }
    fn send(&self) -> Effect {
        Effect::Send { call: self.call.clone(), command: self.command.clone(), lane: self.lane() }
    }
    fn is_under_way(&self) -> bool {
        matches!(self.state, State::Sending | State::Unknown { asking: true, .. })
    }
    fn start(&mut self, at: Timestamp) -> Effect {
        self.set(State::Sending, at);
        self.send()
    }
}

impl Outbox {
    /// The rows kept.
    pub const KEPT: usize = 200;

    /// An empty outbox; commands that are held wait for `hold`.
    #[must_use]
    pub const fn new(hold: Duration) -> Self {
        Self { rows: VecDeque::new(), hold, live: false, ask_at: None, tick_at: None, back: 0 }
    }
    /// All rows, oldest first.
    #[must_use]
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &Row> + ExactSizeIterator {
        self.rows.iter()
    }
    /// The held ones, newest first: what the strip shows.
    pub fn held(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().rev().filter(|row| matches!(row.state, State::Held { .. }))
    }
    /// Whether a row that is being sent still waits here for an earlier one of its lane.
    #[must_use]
    pub fn is_queued(&self, row: &Row) -> bool {
        let Some(own) = self.rows.iter().position(|other| other.call == row.call) else {
            return false;
        };
        let holds_up = |(at, other): (usize, &Row)| {
            other.is_under_way()
                && Lane::waits_for(&other.command)
                && other.lane() == row.lane()
                && (other.changed, at) < (row.changed, own)
        };
        matches!(row.state, State::Sending) && self.rows.iter().enumerate().any(holds_up)
    }
    fn row(&mut self, call: &CallId) -> Option<&mut Row> {
        self.rows.iter_mut().rev().find(|row| row.call == *call)
    }
    /// Takes a reviewed command.
    pub fn submit(&mut self, ready: Ready, at: Timestamp) -> Vec<Effect> {
        let holds = ready.hold && !self.hold.is_zero();
        let mut row = Row {
            call: ready.call,
            command: ready.command,
            to: ready.to,
            title: ready.title,
            summary: ready.summary,
            state: State::Held { until: at.after(self.hold) },
            advice: "",
            at,
            changed: at,
            took: None,
            message: None,
            draft: ready.draft,
        };
        let effects = if holds { Vec::new() } else { vec![row.start(at)] };
        self.rows.push_back(row);
        self.back = 0;
        self.trim();
        self.plan(at);
        effects
    }
    /// Forgets the oldest row that nothing more is expected of.
    fn trim(&mut self) {
        while self.rows.len() > Self::KEPT {
            let settled = |row: &Row| !row.is_open() && !matches!(row.state, State::Held { .. });
            let oldest = self.rows.iter().position(settled).unwrap_or(0);
            self.rows.remove(oldest);
        }
    }
    /// Takes the newest held one back.
    pub fn undo(&mut self) -> Option<Draft> {
        let at = self.rows.iter().rposition(|row| matches!(row.state, State::Held { .. }))?;
        self.rows.remove(at).map(|row| row.draft)
    }
    /// Sends the newest held one now.
    pub fn send_now(&mut self, at: Timestamp) -> Vec<Effect> {
        let held = self.rows.iter_mut().rev().find(|row| matches!(row.state, State::Held { .. }));
        held.map(|row| row.start(at)).into_iter().collect()
    }
    /// The answer to `Effect::Send`. A row that was unknown once stays so until the hub or the log
    /// says what happened: that the hub could not be asked proves nothing about the first try.
    pub fn sent(
        &mut self,
        call: &CallId,
        result: Result<Receipt, ClientError>,
        at: Timestamp,
    ) -> Vec<Effect> {
        let live = self.live;
        let Some(row) = self.row(call) else {
            return Vec::new();
        };
        match result {
            Ok(receipt) => {
                row.took.get_or_insert(at.since(row.changed));
                row.learn(&receipt, at);
            }
            Err(_) if !row.is_open() => {}
            Err(error) => {
                let first = matches!(row.state, State::Sending);
                let unsure = matches!(error, ClientError::Unknown(_) | ClientError::Internal(_));
                let words = match error {
                    ClientError::Unknown(why) => why,
                    error => error.to_string(),
                };
                if first && !unsure {
                    row.set(State::NotSent { reason: words }, at);
                } else {
                    row.set(State::Unknown { words, asking: false }, at);
                    if first && live {
                        self.ask_at.get_or_insert(at.after(PATIENCE));
                    }
                }
            }
        }
        Vec::new()
    }
    /// `Effect::Send` could not be handed over: nothing was done now.
    pub fn overloaded(&mut self, call: &CallId, at: Timestamp) {
        let reason = "the console is too busy to send; nothing was sent".to_owned();
        if let Some(row) = self.row(call) {
            match &row.state {
                State::Sending => row.set(State::NotSent { reason }, at),
                State::Unknown { words, .. } => {
                    let words = words.clone();
                    row.set(State::Unknown { words, asking: false }, at);
                }
                _ => {}
            }
        }
    }
    /// A log entry: resolves our own calls and moves messages on.
    pub fn entry(&mut self, entry: &Entry, at: Timestamp) {
        if let Some(stored) = &entry.call
            && let Some(row) = self.row(&stored.id)
        {
            row.learn(&stored.receipt, at);
        }
        for event in &entry.events {
            if let EventKind::MessageStatusChanged { id, status } = &event.kind
                && let Some(row) = self.rows.iter_mut().find(|row| row.message.as_ref() == Some(id))
            {
                row.advice = if status.tone() == Tone::Bad { status.advice() } else { "" };
                row.set(State::Became(*status), at);
            }
        }
    }
    /// The feed came up (true) or went down. Coming up asks once about what is unknown, after the
    /// feed had a moment to tell by itself.
    pub fn connection(&mut self, live: bool, at: Timestamp) -> Vec<Effect> {
        let came_up = live && !self.live;
        self.live = live;
        if came_up && self.unknown() > 0 {
            self.ask_at = Some(at.after(PATIENCE));
        }
        Vec::new()
    }
    /// Asks the hub about an unknown one: the same call again, under the same key (D-IDEM).
    pub fn check(&mut self, call: &CallId, at: Timestamp) -> Vec<Effect> {
        self.row(call).and_then(|row| ask(row, at)).into_iter().collect()
    }
    /// Back to the form: the draft of a row that was refused or not sent.
    #[must_use]
    pub fn recall(&self, call: &CallId) -> Option<Draft> {
        let row = self.rows.iter().rev().find(|row| row.call == *call)?;
        let undone = match row.state {
            State::NotSent { .. } | State::Refused { .. } => true,
            State::Became(status) => status.tone() == Tone::Bad,
            _ => false,
        };
        undone.then(|| row.draft.clone())
    }
    /// Time passes: sends what was held long enough, asks about what is unknown.
    pub fn wake(&mut self, at: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        for row in &mut self.rows {
            if let State::Held { until } = row.state
                && until <= at
            {
                effects.push(row.start(at));
            }
        }
        if self.live && self.ask_at.is_some_and(|ask| ask <= at) {
            self.ask_at = None;
            let fresh = self.rows.iter_mut().filter(|row| at.since(row.at) <= FRESH);
            effects.extend(fresh.filter_map(|row| ask(row, at)));
        }
        self.plan(at);
        effects
    }
    /// When it wants to be woken; each second while a countdown shows.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        let tick = self.tick_at.filter(|_| self.held().next().is_some());
        [tick, self.ask_at.filter(|_| self.live)].into_iter().flatten().min()
    }
    /// The next moment at which a countdown shows another number.
    fn plan(&mut self, at: Timestamp) {
        let ticks = self.held().filter_map(|row| match row.state {
            State::Held { until } => {
                let part = until.since(at).subsec_nanos();
                let second = Duration::from_secs(1);
                Some(at.after(if part == 0 { second } else { Duration::from_nanos(part.into()) }))
            }
            _ => None,
        });
        self.tick_at = ticks.min();
    }
    /// The console leaves: held ones become drafts, nothing more is sent.
    pub fn terminate(&mut self) -> Vec<Draft> {
        let held = |row: &Row| matches!(row.state, State::Held { .. });
        let drafts = self.rows.iter().filter(|row| held(row)).map(|row| row.draft.clone());
        let drafts = drafts.collect();
        self.rows.retain(|row| !held(row));
        drafts
    }
    /// How many are unknown: the number that never hides.
    #[must_use]
    pub fn unknown(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.state, State::Unknown { .. })).count()
    }
    /// Which row the activity pane has selected, counted back from the newest.
    #[must_use]
    pub fn back(&self) -> usize {
        self.back.min(self.rows.len().saturating_sub(1))
    }
    /// The selected row of the activity pane.
    #[must_use]
    pub fn selected(&self) -> Option<&Row> {
        self.rows.iter().nth_back(self.back())
    }
    /// Moves the selection: down (towards the newest) is positive.
    pub fn scroll(&mut self, by: i32) {
        let step = usize::try_from(by.unsigned_abs()).unwrap_or(0);
        let back = self.back();
        self.back = if by > 0 { back.saturating_sub(step) } else { back.saturating_add(step) };
        self.back = self.back();
    }
}

/// A refusal in words: those of its code, then the hub's own where they say more.
fn refusal(receipt: &Receipt) -> String {
    let (code, said) = (receipt.code_words(), receipt.description().trim_end_matches('.'));
    let (short, long) = (code.to_lowercase(), said.to_lowercase());
    match () {
        () if short.is_empty() || long.contains(&short) => said.to_owned(),
        () if long.is_empty() || short.contains(&long) => code.to_owned(),
        () => format!("{code}: {said}"),
    }
}

/// The same call once more, if it is unknown and not being asked about.
fn ask(row: &mut Row, at: Timestamp) -> Option<Effect> {
    match &row.state {
        State::Unknown { words, asking: false } => {
            let words = words.clone();
            row.set(State::Unknown { words, asking: true }, at);
            Some(row.send())
        }
        _ => None,
    }
}

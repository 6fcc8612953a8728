//! What the agent decided to send, and what became of it. Nothing here is optimistic. A row says
//! what is known, and `??` stays `??` until the hub or the log says what happened (R-CONSOLE-3).

use super::form::Ready;
use crate::{
    console::{
        drafts::FormDraft,
        msg::{Effect, SendQueue},
    },
    model::{
        CallId, ClientError, CustomerCommand, Entry, EventKind, MessageId, MessageReceipt,
        MessageStatus, Receipt, Timestamp, Tone,
    },
};
use std::{collections::VecDeque, time::Duration};

mod overtaken;
#[cfg(test)]
pub(crate) mod tests;

/// What is known of a command that was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendState {
    /// It waits and can still be taken back.
    Held {
        /// When it leaves by itself.
        until: Timestamp,
    },
    /// It was taken back before it left, and what was written is a draft.
    TakenBack,
    /// It is on its way to the hub.
    Sending,
    /// The hub has done it.
    Accepted,
    /// The message has this status by now.
    Became(MessageStatus),
    /// The hub refused it.
    Refused {
        /// What is said about it, in words.
        words: String,
        /// The contract's code; `None` where replies of this kind have none.
        code: Option<i32>,
    },
    /// It may or may not have been done.
    Unknown {
        /// Why the outcome is not known.
        words: String,
        /// Whether the hub is being asked about it at the moment.
        asking: bool,
    },
    /// It was not done.
    NotSent {
        /// Why it was not sent.
        reason: String,
    },
}

/// One command that was decided on.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// The command's idempotency key.
    pub call: CallId,
    pub command: CustomerCommand,
    /// Whom it is for, as the review sheet said; raw.
    pub to: String,
    /// The title of the command's declaration.
    pub title: &'static str,
    /// What the command says, in one line; raw.
    pub summary: String,
    pub state: SendState,
    /// What to do about a refusal or a failed message; empty where there is neither.
    pub advice: &'static str,
    /// When the agent confirmed it.
    pub at: Timestamp,
    /// When the state last changed.
    pub changed: Timestamp,
    /// How long the hub took to answer; `None` before it has.
    pub took: Option<Duration>,
    /// The id of the message that was made; `None` if there is none.
    pub message: Option<MessageId>,
    /// What was written in the form, so that it can be opened again.
    pub draft: FormDraft,
    /// The key under which that is kept. It is another one than the command's after a refusal.
    pub kept: CallId,
}

/// All commands that were decided on, the oldest first.
#[derive(Clone, Debug)]
pub struct Outbox {
    rows: VecDeque<OutboxRow>,
    hold: Duration,
    live: bool,
    /// When the hub is asked about the rows with an unknown outcome.
    ask_at: Option<Timestamp>,
    /// When a countdown next shows another number.
    tick_at: Option<Timestamp>,
    /// Since when the hold stands still; `None` while it runs.
    still: Option<Timestamp>,
    /// How many rows the selection is away from the newest.
    back: usize,
}

/// How long the console asks about an unknown outcome by itself. Asking repeats the command under
/// its key, and after this time a command that was never done might surprise the customer.
const FRESH: Duration = Duration::from_mins(10);
/// How long the feed may take to tell what happened before the hub is asked.
const PATIENCE: Duration = Duration::from_secs(2);

impl OutboxRow {
    /// Returns whether it was in another state.
    fn set(&mut self, state: SendState, at: Timestamp) -> bool {
        let is_new = self.state != state;
        if is_new {
            self.state = state;
            self.changed = at;
        }
        is_new
    }
    /// Takes in what the hub said. It is final, whether the reply or the log brought it. Returns whether
    /// it is news.
    fn learn(&mut self, receipt: &Receipt, at: Timestamp) -> bool {
        if let Receipt::Message(MessageReceipt { message: Some(id), .. }) = receipt {
            self.message = Some(id.clone());
        }
        if receipt.is_ok() {
            !matches!(self.state, SendState::Became(_)) && self.set(SendState::Accepted, at)
        } else {
            self.advice = receipt.advice();
            self.set(SendState::Refused { words: refusal(receipt), code: receipt.code() }, at)
        }
    }
    fn is_open(&self) -> bool {
        matches!(self.state, SendState::Sending | SendState::Unknown { .. })
    }
    fn queue(&self) -> SendQueue {
        match (&self.command, &self.draft.target.customer) {
            (CustomerCommand::AnswerPrompt { session, .. }, _) => {
                SendQueue::Session(session.clone())
            }
            (_, Some(customer)) => SendQueue::Customer(customer.clone()),
            (_, None) => SendQueue::Org,
        }
    }
    fn send(&self) -> Effect {
        Effect::Send { call: self.call.clone(), command: self.command.clone(), queue: self.queue() }
    }
    fn is_under_way(&self) -> bool {
        matches!(self.state, SendState::Sending | SendState::Unknown { asking: true, .. })
    }
    fn start(&mut self, at: Timestamp) -> Effect {
        self.set(SendState::Sending, at);
        self.send()
    }
}

impl Outbox {
    /// How many rows are kept.
    pub const KEPT: usize = 200;

    /// An empty outbox. Commands that can be taken back are held for `hold`; with zero
    /// none is held.
    #[must_use]
    pub const fn new(hold: Duration) -> Self {
        let rows = VecDeque::new();
        Self { rows, hold, live: false, ask_at: None, tick_at: None, still: None, back: 0 }
    }
    /// All rows, the oldest first.
    #[must_use]
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &OutboxRow> + ExactSizeIterator {
        self.rows.iter()
    }
    /// The rows that are held, the newest first, for the strip of held sends.
    pub fn held(&self) -> impl Iterator<Item = &OutboxRow> {
        self.rows.iter().rev().filter(|row| matches!(row.state, SendState::Held { .. }))
    }
    /// Whether a row that is being sent still waits in this process for an earlier one
    /// of its queue.
    #[must_use]
    pub fn is_queued(&self, row: &OutboxRow) -> bool {
        let Some(own) = self.rows.iter().rposition(|other| other.call == row.call) else {
            return false;
        };
        let holds_up = |(at, other): (usize, &OutboxRow)| {
            other.is_under_way()
                && SendQueue::waits_for(&other.command)
                && other.queue() == row.queue()
                && (other.changed, at) < (row.changed, own)
        };
        matches!(row.state, SendState::Sending) && self.rows.iter().enumerate().any(holds_up)
    }
    fn row(&mut self, call: &CallId) -> Option<&mut OutboxRow> {
        self.rows.iter_mut().rev().find(|row| row.call == *call)
    }
    /// Takes in a command that was reviewed and confirmed.
    pub fn submit(&mut self, ready: Ready, at: Timestamp) -> Vec<Effect> {
        let holds = ready.hold && !self.hold.is_zero();
        let mut row = OutboxRow {
            kept: ready.call.clone(),
            call: ready.call,
            command: ready.command,
            to: ready.to,
            title: ready.title,
            summary: ready.summary,
            state: SendState::Held { until: at.after(self.hold) },
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
    /// Forgets the oldest rows of which nothing more is expected.
    fn trim(&mut self) {
        while self.rows.len() > Self::KEPT {
            let settled =
                |row: &OutboxRow| !row.is_open() && !matches!(row.state, SendState::Held { .. });
            let oldest = self.rows.iter().position(settled).unwrap_or(0);
            self.rows.remove(oldest);
        }
    }
    /// Takes the newest held row back. It stays as a trace, and what was written in it is returned with the
    /// key under which that is kept.
    pub fn undo(&mut self, at: Timestamp) -> Option<(CallId, FormDraft)> {
        let held =
            self.rows.iter_mut().rev().find(|row| matches!(row.state, SendState::Held { .. }))?;
        held.set(SendState::TakenBack, at);
        Some((held.kept.clone(), held.draft.clone()))
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
    /// What became of the newest command under this key; `None` if there is none.
    #[must_use]
    pub fn state_of(&self, call: &CallId) -> Option<&SendState> {
        self.rows.iter().rev().find(|row| row.call == *call).map(|row| &row.state)
    }
    /// What was written for this command is kept under another key from now on.
    pub fn keep_as(&mut self, call: &CallId, kept: CallId) {
        if let Some(row) = self.row(call) {
            row.kept = kept;
        }
    }
    /// Sends the newest held row now.
    pub fn send_now(&mut self, at: Timestamp) -> Vec<Effect> {
        let held =
            self.rows.iter_mut().rev().find(|row| matches!(row.state, SendState::Held { .. }));
        held.map(|row| row.start(at)).into_iter().collect()
    }
    /// Takes in the answer to `Effect::Send`. A row whose outcome was once unknown stays so until
    /// the hub or the log says what happened: that a second try could not reach the hub proves
    /// nothing about the first (R-CONSOLE-3).
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
                let first = matches!(row.state, SendState::Sending);
                let unsure = matches!(error, ClientError::Unknown(_) | ClientError::Internal(_));
                let words = match error {
                    ClientError::Unknown(why) => why,
                    error => error.to_string(),
                };
                if first && !unsure {
                    row.set(SendState::NotSent { reason: words }, at);
                } else {
                    row.set(SendState::Unknown { words, asking: false }, at);
                    if first && live {
                        self.ask_at.get_or_insert(at.after(PATIENCE));
                    }
                }
            }
        }
        Vec::new()
    }
    /// `Effect::Send` could not be handed over, so nothing was done by it.
    pub fn overloaded(&mut self, call: &CallId, at: Timestamp) {
        let reason = "the console is too busy to send; nothing was sent".to_owned();
        if let Some(row) = self.row(call) {
            match &row.state {
                SendState::Sending => {
                    row.set(SendState::NotSent { reason }, at);
                }
                SendState::Unknown { words, .. } => {
                    let words = words.clone();
                    row.set(SendState::Unknown { words, asking: false }, at);
                }
                _ => {}
            }
        }
    }
    /// Takes in an entry of the log. It tells the outcome of our own calls and the status
    /// of our messages. Returns whether it told something new.
    pub fn entry(&mut self, entry: &Entry, at: Timestamp) -> bool {
        let mut news = false;
        if let Some(stored) = &entry.call
            && let Some(row) = self.row(&stored.id)
        {
            news |= row.learn(&stored.receipt, at);
        }
        for event in &entry.events {
            if let EventKind::MessageStatusChanged { id, status } = &event.kind
                && let Some(row) = self.rows.iter_mut().find(|row| row.message.as_ref() == Some(id))
            {
                row.advice = if status.tone() == Tone::Bad { status.advice() } else { "" };
                news |= row.set(SendState::Became(*status), at);
            }
        }
        news
    }
    /// The feed came up (true) or went down (false). When it comes up, the hub is asked once about
    /// what is unknown, after the feed has had a moment to tell it by itself.
    pub fn connection(&mut self, live: bool, at: Timestamp) -> Vec<Effect> {
        let came_up = live && !self.live;
        self.live = live;
        if came_up && self.unknown() > 0 {
            self.ask_at = Some(at.after(PATIENCE));
        }
        Vec::new()
    }
    /// Asks the hub about an unknown outcome, by sending the same call again under the
    /// same key (D-IDEM).
    pub fn check(&mut self, call: &CallId, at: Timestamp) -> Vec<Effect> {
        self.row(call).and_then(|row| ask(row, at)).into_iter().collect()
    }
    /// What was written for a command that was not done, with the key under which that is kept, so that its
    /// form can be opened again; `None` for any other row.
    #[must_use]
    pub fn recall(&self, call: &CallId) -> Option<(CallId, FormDraft)> {
        let row = self.rows.iter().rev().find(|row| row.call == *call)?;
        let undone = match row.state {
            SendState::TakenBack | SendState::NotSent { .. } | SendState::Refused { .. } => true,
            SendState::Became(status) => status.tone() == Tone::Bad,
            SendState::Held { .. }
            | SendState::Sending
            | SendState::Accepted
            | SendState::Unknown { .. } => false,
        };
        undone.then(|| (row.kept.clone(), row.draft.clone()))
    }
    /// Sends what was held long enough, and asks about what is unknown.
    pub fn wake(&mut self, at: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        for row in &mut self.rows {
            if let SendState::Held { until } = row.state
                && until <= at
                && self.still.is_none()
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
    /// When `wake` wants to be called: at every second of a countdown, and when the hub is
    /// to be asked.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        let runs = self.still.is_none() && self.held().next().is_some();
        let tick = self.tick_at.filter(|_| runs);
        [tick, self.ask_at.filter(|_| self.live)].into_iter().flatten().min()
    }
    /// Works out when a countdown next shows another number.
    fn plan(&mut self, at: Timestamp) {
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
    /// How many outcomes are unknown. This number is shown at every size.
    #[must_use]
    pub fn unknown(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.state, SendState::Unknown { .. })).count()
    }
    /// Which row is selected, counted back from the newest.
    #[must_use]
    pub fn back(&self) -> usize {
        self.back.min(self.rows.len().saturating_sub(1))
    }
    /// The selected row; `None` if there are no rows.
    #[must_use]
    pub fn selected(&self) -> Option<&OutboxRow> {
        self.rows.iter().nth_back(self.back())
    }
    /// Selects a row, counted from the newest.
    pub fn select(&mut self, back: usize) {
        self.back = back;
        self.back = self.back();
    }
    /// Moves the selection; a positive number moves down, towards the newest.
    pub fn scroll(&mut self, by: i32) {
        let step = usize::try_from(by.unsigned_abs()).unwrap_or(0);
        let back = self.back();
        self.back = if by > 0 { back.saturating_sub(step) } else { back.saturating_add(step) };
        self.back = self.back();
    }
}

/// Says a refusal in words: those of its code, and the hub's own where they say more.
fn refusal(receipt: &Receipt) -> String {
    let (code, said) = (receipt.code_words(), receipt.description().trim_end_matches('.'));
    let (short, long) = (code.to_lowercase(), said.to_lowercase());
    match () {
        () if short.is_empty() || long.contains(&short) => said.to_owned(),
        () if long.is_empty() || short.contains(&long) => code.to_owned(),
        () => format!("{code}: {said}"),
    }
}

/// The same call once more, if its outcome is unknown and the hub is not being asked about it.
fn ask(row: &mut OutboxRow, at: Timestamp) -> Option<Effect> {
    match &row.state {
        SendState::Unknown { words, asking: false } => {
            let words = words.clone();
            row.set(SendState::Unknown { words, asking: true }, at);
            Some(row.send())
        }
        _ => None,
    }
}

//! What the agent decided to send, and what became of it. Nothing here is optimistic. A row says
//! what is known, and `??` stays `??` until the hub or the log says what happened (R-CONSOLE-3). What the hub has
//! accepted is followed to its end (R-CONSOLE-26).

use super::form::Ready;
use crate::{
    console::{drafts::FormDraft, msg::Effect},
    model::{CallId, ClientError, Entry, MessageId, Receipt, Timestamp, Tone, Work},
};
use std::{collections::VecDeque, time::Duration};

mod begun;
mod bulk;
mod conflicts;
mod earlier;
mod followed;
mod hold;
mod row;
#[cfg(test)]
pub(crate) mod tests;

pub use earlier::Earlier;
pub use followed::{Followed, Stand};
pub use row::{OutboxRow, SendState, SentForm};

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
    earlier: Earlier,
}

/// What the log told about a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowNews {
    pub call: CallId,
    /// Whether what had not failed before has failed now, or what had failed is said to have succeeded.
    pub is_alarm: bool,
}

/// How long the console asks about an unknown outcome by itself. Asking repeats the command under
/// its key, and after this time a command that was never done might surprise the customer.
const FRESH: Duration = Duration::from_mins(10);
/// How long the feed may take to tell what happened before the hub is asked.
const PATIENCE: Duration = Duration::from_secs(2);

impl Outbox {
    /// How many rows are kept.
    pub const KEPT: usize = 200;

    /// An empty outbox. Commands that can be taken back are held for `hold`; with zero
    /// none is held.
    #[must_use]
    pub const fn new(hold: Duration) -> Self {
        let rows = VecDeque::new();
        let (ask_at, tick_at, still, earlier) = (None, None, None, Earlier::Unasked);
        Self { rows, hold, live: false, ask_at, tick_at, still, back: 0, earlier }
    }
    /// All rows, the oldest first.
    #[must_use]
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &OutboxRow> + ExactSizeIterator {
        self.rows.iter()
    }
    /// Whether a row that is being sent still waits in this process for an earlier one
    /// of its queue.
    #[must_use]
    pub fn is_queued(&self, row: &OutboxRow) -> bool {
        let Some(own) = self.rows.iter().rposition(|other| other.call == row.call) else {
            return false;
        };
        let holds_up = |(at, other): (usize, &OutboxRow)| {
            other.holds_up()
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
        let mut row = OutboxRow::new(ready, at.after(self.hold), at);
        let effects = if holds { Vec::new() } else { row.start(at).into_iter().collect() };
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
    /// What became of the newest command under this key; `None` if there is none.
    #[must_use]
    pub fn state_of(&self, call: &CallId) -> Option<&SendState> {
        self.rows.iter().rev().find(|row| row.call == *call).map(|row| &row.state)
    }
    /// What makes the command that sent a message; `None` if it was not sent from here.
    #[must_use]
    pub fn sent_message(&self, id: &MessageId) -> Option<&SentForm> {
        let sends = |row: &&OutboxRow| {
            row.followed().and_then(Followed::message).is_some_and(|(own, _)| own == id)
        };
        self.rows.iter().rev().find(sends)?.sent.as_deref()
    }
    /// What was written for this command is kept under another key from now on.
    pub fn keep_as(&mut self, call: &CallId, kept: CallId) {
        if let Some(sent) = self.row(call).and_then(|row| row.sent.as_mut()) {
            sent.kept = kept;
        }
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
    /// Takes in an entry of the log. It tells the outcome of our own calls, and what becomes of what they began.
    /// Returns what it told.
    pub fn entry(&mut self, entry: &Entry, at: Timestamp) -> Vec<RowNews> {
        let mut news = Vec::new();
        if let Some(stored) = &entry.call
            && let Some(row) = self.row(&stored.id)
        {
            if row.learn(&stored.receipt, at) {
                news.push(RowNews { call: stored.id.clone(), is_alarm: false });
            }
            if let Some(followed) = row.followed_mut() {
                followed.place(entry.seq);
            }
        }
        for row in &mut self.rows {
            news.extend(hear(row, entry, at));
        }
        news
    }
    /// Takes in the list of works, which says for how many each is. Returns whether it told something new.
    pub fn counted(&mut self, works: &[(Work, Vec<Timestamp>)], at: Timestamp) -> bool {
        let mut news = false;
        for row in &mut self.rows {
            let Some(followed) = row.followed_mut() else { continue };
            let Some(id) = followed.work() else { continue };
            let Some((work, _)) = works.iter().find(|(work, _)| work.id == *id) else { continue };
            if followed.counted(work, at) {
                row.heard(at);
                news = true;
            }
        }
        news
    }
    /// Whether the list of works is wanted, because it says how far a followed work is.
    #[must_use]
    pub fn counts_works(&self) -> bool {
        self.rows.iter().filter_map(OutboxRow::followed).any(Followed::is_counted)
    }
    /// Whether a work by tag is among what is followed.
    #[must_use]
    pub fn follows_works(&self) -> bool {
        self.rows.iter().filter_map(OutboxRow::followed).any(|followed| followed.work().is_some())
    }
    /// Whether this message is one of those that are followed here.
    #[must_use]
    pub fn follows(&self, message: &MessageId) -> bool {
        let mut all = self.rows.iter().filter_map(|row| row.followed()?.message());
        all.any(|(own, _)| own == message)
    }
    /// Whether a command of this console went under this key.
    #[must_use]
    pub fn has_sent(&self, call: &CallId) -> bool {
        self.rows.iter().any(|row| row.call == *call)
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
        self.row(call).and_then(|row| row.ask(at)).into_iter().collect()
    }
    /// What was written for a command that was not done, with the key under which that is kept, so that its
    /// form can be opened again; `None` for any other row.
    #[must_use]
    pub fn recall(&self, call: &CallId) -> Option<(CallId, FormDraft)> {
        let row = self.rows.iter().rev().find(|row| row.call == *call)?;
        let sent = row.sent.as_ref().filter(|_| row.is_undone())?;
        Some((sent.kept.clone(), sent.draft.clone()))
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

/// Tells a row what happened. Returns what is new about it.
fn hear(row: &mut OutboxRow, entry: &Entry, at: Timestamp) -> Option<RowNews> {
    let followed = row.followed_mut().filter(|followed| !followed.is_over())?;
    let before = (followed.tone(), followed.is_contradicted());
    let mut is_new = false;
    for event in &entry.events {
        is_new |= followed.hear(entry.seq, event, at);
    }
    if !is_new {
        return None;
    }
    let failed = followed.tone() == Tone::Bad && before.0 != Tone::Bad;
    let is_alarm = failed || (followed.is_contradicted() && !before.1);
    row.heard(at);
    Some(RowNews { call: row.call.clone(), is_alarm })
}

//! A command on its way through the engine: who asked, what it has been tried with, and what its
//! caller is told when it cannot be done.

use super::HubError;
use crate::model::{CallId, Caller, Command, EntryId, Receipt};
use tokio::sync::oneshot;

/// After so many appends whose fate nobody knows, the caller is told so.
const DOUBTS: usize = 8;
/// After so many appends that another writer was faster than, the caller is told that the hub is
/// busy. Writers give way to each other (`writer.rs`), so two of them rarely lose twice in a row.
const LOSSES: usize = 64;

/// A command and who waits for its answer.
pub(super) struct Asked {
    pub(super) caller: Caller,
    pub(super) call: Option<(CallId, [u8; 32])>,
    pub(super) command: Command,
    reply: oneshot::Sender<Result<Receipt, HubError>>,
    /// Every entry it was tried with, and what the answer is if the log turns out to hold that one.
    tried: Vec<(EntryId, Receipt)>,
    doubts: usize,
    losses: usize,
}

impl Asked {
    pub(super) fn new(
        caller: Caller,
        call: Option<(CallId, [u8; 32])>,
        command: Command,
        reply: oneshot::Sender<Result<Receipt, HubError>>,
    ) -> Self {
        Self { caller, call, command, reply, tried: Vec::new(), doubts: 0, losses: 0 }
    }

    /// Notes an entry before it is appended.
    pub(super) fn try_with(&mut self, entry: EntryId, receipt: &Receipt) {
        self.tried.push((entry, receipt.clone()));
    }

    /// The answer, if the entry is one of those it was tried with.
    pub(super) fn answered_by(&self, entry: EntryId) -> Option<Receipt> {
        let found = self.tried.iter().find(|(tried, _)| *tried == entry);
        found.map(|(_, receipt)| receipt.clone())
    }

    /// Its last attempt was not stored, because something else was.
    pub(super) fn lost(&mut self) {
        self.losses += 1;
    }

    /// Its last attempt may have been stored, and may still come to light.
    pub(super) fn doubted(&mut self) {
        self.doubts += 1;
    }

    /// What to say instead of trying once more.
    pub(super) fn exhausted(&self) -> Option<HubError> {
        if self.doubts >= DOUBTS || (self.doubts > 0 && self.losses >= LOSSES) {
            Some(HubError::Unknown("the log does not confirm".into()))
        } else if self.losses >= LOSSES {
            Some(HubError::Busy)
        } else {
            None
        }
    }

    pub(super) fn answer(self, said: Result<Receipt, HubError>) {
        // A caller that has gone finds the answer under its idempotency key (D-IDEM).
        let _ = self.reply.send(said);
    }

    /// It will not be tried again. Whether it was done is unknown if one of its attempts is.
    pub(super) fn give_up(self, why: &str) {
        let said = if self.doubts > 0 { HubError::Unknown } else { HubError::Unavailable };
        self.answer(Err(said(why.to_owned())));
    }
}

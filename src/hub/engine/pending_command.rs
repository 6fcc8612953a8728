//! A command on its way through the engine: who asked, with which entries it was attempted, and what
//! its caller hears when it cannot be done. Another writer may win an append, and a log may not know
//! what became of one, so a command may take several attempts.

use super::HubError;
use crate::model::{CallId, Caller, Command, CustomerCommand, EntryId, NetworkCommand, Receipt};
use tokio::sync::oneshot;

/// After so many appends of unknown fate the caller hears that nobody knows whether it was done.
const DOUBTS: usize = 8;
/// After so many appends that another writer won, the caller hears that the hub is busy. Writers give
/// way to each other (`writer.rs`), so one of two rarely loses twice in a row.
const LOSSES: usize = 64;

/// A command, and the way back to the caller who waits for its receipt.
pub(super) struct PendingCommand {
    pub(super) caller: Caller,
    pub(super) call: Option<(CallId, [u8; 32])>,
    pub(super) command: Command,
    reply: oneshot::Sender<Result<Receipt, HubError>>,
    /// Every entry that it was attempted with, and the receipt to give if the log holds that one.
    tried: Vec<(EntryId, Receipt)>,
    doubts: usize,
    losses: usize,
}

impl PendingCommand {
    pub(super) fn new(
        caller: Caller,
        call: Option<(CallId, [u8; 32])>,
        command: Command,
        reply: oneshot::Sender<Result<Receipt, HubError>>,
    ) -> Self {
        Self { caller, call, command, reply, tried: Vec::new(), doubts: 0, losses: 0 }
    }

    /// Notes an entry and its receipt before the entry is appended.
    pub(super) fn try_with(&mut self, entry: EntryId, receipt: &Receipt) {
        self.tried.push((entry, receipt.clone()));
    }

    /// The receipt to give, if the entry is one of its attempts.
    pub(super) fn answered_by(&self, entry: EntryId) -> Option<Receipt> {
        let found = self.tried.iter().find(|(tried, _)| *tried == entry);
        found.map(|(_, receipt)| receipt.clone())
    }

    /// Notes that the last attempt was not stored, because another writer was faster.
    pub(super) fn lost(&mut self) {
        self.losses += 1;
    }

    /// Notes that the last attempt may have been stored, which may still come to light.
    pub(super) fn doubted(&mut self) {
        self.doubts += 1;
    }

    /// What to answer instead of trying once more; `None` while another attempt makes sense.
    pub(super) fn exhausted(&self) -> Option<HubError> {
        if self.doubts >= DOUBTS || (self.doubts > 0 && self.losses >= LOSSES) {
            Some(HubError::Unknown("the log does not confirm".into()))
        } else if self.losses >= LOSSES {
            Some(HubError::Busy)
        } else {
            None
        }
    }

    /// Whether it asks for a lease that nobody waits for any more, and was not tried yet. Such a lease would keep
    /// others waiting for nothing (R-LEASE-7).
    pub(super) fn is_idle_lease(&self) -> bool {
        let leases =
            matches!(self.command, Command::Customer(CustomerCommand::LeaseMetadata { .. }));
        leases && self.tried.is_empty() && self.reply.is_closed()
    }

    /// Gives the receipt of a command that was decided. If nobody is there to hear that a lease is granted by it,
    /// the command that takes the lease back is returned (R-LEASE-7). A repetition grants nothing.
    pub(super) fn deliver(self, receipt: Receipt) -> Option<Self> {
        let Self { caller, call, command, reply, tried, .. } = self;
        let Err(Ok(Receipt::Lease(granted))) = reply.send(Ok(receipt)) else { return None };
        let Command::Customer(CustomerCommand::LeaseMetadata { key, .. }) = command else {
            return None;
        };
        let (customer, until) = (granted.customer?, granted.until?);
        if !granted.ok || tried.is_empty() {
            return None;
        }
        let (reply, _) = oneshot::channel();
        let back = NetworkCommand::ReturnLease { customer, key, until };
        Some(Self::new(caller, call, back.into(), reply))
    }

    pub(super) fn answer(self, said: Result<Receipt, HubError>) {
        // A caller who has gone meanwhile finds the receipt under its idempotency key (D-IDEM).
        let _ = self.reply.send(said);
    }

    /// Answers that it will not be tried again. If the fate of an attempt is unknown, so is whether the
    /// command was done.
    pub(super) fn give_up(self, why: &str) {
        let said = if self.doubts > 0 { HubError::Unknown } else { HubError::Unavailable };
        self.answer(Err(said(why.to_owned())));
    }
}

//! For tests with virtual time only: from a question to the engine until its answer, and while the
//! engine's thread is in a turn, that time stands still. Otherwise a paused clock jumps to the next
//! timer as soon as everyone waits for the engine, and how late things happen depends on how fast
//! this machine is. Giving way to another engine takes time, so it happens between turns.

use std::sync::mpsc::{SyncSender, sync_channel};

/// Time does not run on by itself until this is dropped: tokio's paused clock waits for blocking
/// tasks.
pub(super) struct Still(#[expect(dead_code, reason = "its end is its message")] SyncSender<()>);

impl Still {
    /// From now on.
    pub(super) fn stand() -> Self {
        let (held, dropped) = sync_channel(0);
        // Ends with an error when the other side is dropped, which is what it waits for.
        tokio::task::spawn_blocking(move || dropped.recv().is_ok());
        Self(held)
    }
}

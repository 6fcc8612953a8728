//! For tests with virtual time only: from a question to the engine until its answer, and while the
//! engine's thread is in a turn, virtual time stands still. Otherwise a paused clock jumps to the next
//! timer as soon as everyone waits for the engine, and how late things happen depends on how fast
//! this machine is. Giving way to another engine takes time, so it happens between turns.

use std::sync::mpsc::{SyncSender, sync_channel};

/// While one of these lives, virtual time does not run on by itself, because tokio's paused clock waits
/// for blocking tasks and this holds one.
pub(super) struct FrozenClock(
    #[expect(dead_code, reason = "its end is its message")] SyncSender<()>,
);

impl FrozenClock {
    /// Stops virtual time until the value is dropped.
    pub(super) fn hold() -> Self {
        let (held, dropped) = sync_channel(0);
        // `recv` ends with an error when the other side is dropped, which is what it waits for.
        tokio::task::spawn_blocking(move || dropped.recv().is_ok());
        Self(held)
    }
}

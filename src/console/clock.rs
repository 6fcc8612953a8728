//! The only clock of the console. The loop reads it once for each message and hands the time on;
//! neither the state nor the pictures ever ask for it.

use crate::model::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time by this machine's clock. It may differ from the hub's, see `pane::countdown::Skew`.
#[must_use]
pub fn now() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of the console that reads a clock"
    )]
    let now = SystemTime::now();
    Timestamp::ZERO.after(now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO))
}

//! The only clock of the console. The loop reads it once per message and hands the time on;
//! state and pictures never ask for it.

use crate::model::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time now, by this machine's clock.
#[must_use]
pub fn now() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of the console that reads a clock"
    )]
    let now = SystemTime::now();
    Timestamp::ZERO.after(now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO))
}

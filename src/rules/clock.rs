//! The sandbox's clock: it can be moved forward, never back, and the log says so, so that every
//! hub and every restart agrees on the time.

use super::{
    Answer,
    draft::{About, Draft},
    limits,
};
use crate::model::{
    EventKind, describe,
    receipt::{network, refused},
};
use std::time::Duration;

/// Moves the org's clock forward; only where phones are simulated.
pub fn forward(draft: &mut Draft<'_, '_>, by: Duration) -> Answer {
    if !draft.settings().sandbox {
        return Err(refused("only the clock of a sandbox can be moved"));
    }
    if by.is_zero() {
        return Err(refused("forward by how much?"));
    }
    if by > limits::CLOCK_STEP || draft.world.ahead.saturating_add(by) > limits::CLOCK_AHEAD {
        return Err(refused("a sandbox's clock moves at most a year at once, and ten in all"));
    }
    draft.push(&About::org(draft.actor()), EventKind::ClockMoved { by });
    Ok(network(true, format!("the clock is forward by {}", describe::span(by)), None, None))
}

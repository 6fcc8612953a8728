//! The clock of a sandbox. It can be moved forward but never back, and each move is an event of the
//! log, so that every hub and every restart agrees on the time.

use super::{
    RuleResult,
    builder::{About, DecisionBuilder},
    limits,
};
use crate::model::{
    EventKind, describe,
    receipt::{network, refused},
};
use std::time::Duration;

/// Moves the org's clock forward. Refused where phones are not simulated.
pub fn forward(builder: &mut DecisionBuilder<'_, '_>, by: Duration) -> RuleResult {
    if !builder.settings().sandbox {
        return Err(refused("only the clock of a sandbox can be moved"));
    }
    if by.is_zero() {
        return Err(refused("forward by how much?"));
    }
    if by > limits::CLOCK_STEP || builder.world.ahead.saturating_add(by) > limits::CLOCK_AHEAD {
        return Err(refused("a sandbox's clock moves at most a year at once, and ten in all"));
    }
    builder.push(&About::org(builder.actor()), EventKind::ClockMoved { by });
    Ok(network(true, format!("the clock is forward by {}", describe::span(by)), None, None))
}

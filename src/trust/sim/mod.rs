//! Two hubs on one log, deterministically: from a seed follow random commands of clients, clocks that jump, logs that
//! misbehave, crashes at every place where a hub waits for its log, feeds that are slow or cut, and networks that lie. The
//! hubs are real ones that are stepped by hand (`hub/engine/stepped.rs`); so are the rules, the chain, the feed and the
//! client's cursor. After every step `checker` compares what happened with what is promised.
//!
//! `stage` is the settings, `storage` the log, `machine` a hub with its clock and what it has stored, `crowd` what clients
//! ask, `network` what carriers do, `reader` who follows the feed, `play` the steps. `sabotage` has the switches that break
//! a promise on purpose, so that tests can show that the checker would see it.

mod books;
mod carried;
mod checker;
mod crowd;
mod machine;
mod network;
mod play;
mod reader;
mod sabotage;
mod stage;
mod storage;
#[cfg(test)]
mod tests;

pub use checker::{Invariant, Violation};
pub use play::{Figures, Plan, run};
pub use sabotage::Sabotage;

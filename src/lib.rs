//! **Switchboard**: an operator console for support agents, and the hub it talks to.
//!
//! One crate, four faces over one core: the console (terminal), the hub (gRPC server), headless
//! verbs, and an SDK. See ARCHITECTURE.md for the house; seven words carry it:
//!
//! `Command` a wish, imperative. `Event` a fact in the log, past tense. `World` the fold of all
//! events of an org. `Receipt` the hub's answer to a Command. `Msg` anything that reaches the
//! console. `Action` what a key means. `Effect` what the console wants from outside.
//!
//! Who may import whom stands in ARCHITECTURE.md too, and `tests/it/tidy.rs` holds the rooms to it.

pub mod catalog;
pub mod cli;
pub mod console;
pub mod hub;
pub mod model;
pub mod query;
pub mod rules;
pub mod sandbox;
pub mod sdk;
pub mod wire;

pub use sdk::{Client, Customer};

/// The README's Rust example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

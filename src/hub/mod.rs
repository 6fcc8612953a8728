//! The server. One org is one totally ordered log; everything else reads it from a cursor.
//!
//! `engine` is the only writer; `rules` decide and fold, purely; `log` keeps; `shelf` indexes;
//! `feed`, `notify` and `workers` follow; `service` translates. No handler holds a rule.

pub mod auth;
pub mod clock;
pub mod config;
pub mod door;
pub mod engine;
pub mod feed;
pub mod limits;
pub mod log;
pub mod notify;
pub mod rules;
pub mod serve;
pub mod service;
pub mod shelf;
pub mod workers;

//! The server. One org is one totally ordered log; everything else reads it from a cursor.
//!
//! `engine` is the only writer; it decides and folds with `rules`; `log` keeps; `shelf` indexes;
//! `feed`, `notify` and `timers` follow; `service` translates. No handler holds a rule. What else
//! runs in a hub's process and follows its logs (the sandbox) is attached to it at the start
//! (`serve::Attach`): the hub itself knows nothing of it.

pub mod auth;
pub mod clock;
pub mod config;
pub mod door;
pub mod engine;
pub mod feed;
pub mod limits;
pub mod log;
pub mod notify;
pub mod serve;
pub mod service;
pub mod shelf;
pub mod status;
pub mod timers;

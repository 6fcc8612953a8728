//! The server. Each org has one totally ordered log, and everything else reads it from a cursor.
//!
//! `engine` is the only writer: it decides and folds with the rules. `log` keeps the entries, and
//! `shelf` indexes them; the Worlds that they fold to lie in `state_store`. `feed`, `notify` and
//! `timers` follow the log. `service` translates between gRPC and the engine; no handler holds a rule.
//! `accept`, `tls`, `connections`, `web`, `limits`, `protocol` and `auth` stand before it; `budget`, `metered` and `load` are what
//! keys may use and what is given up under load. `health` and `reflection` stand beside it. `calls` watches every call, `measures`
//! is what is counted, `overview` how the hub is, and `metrics` tells Prometheus. `pace` is how often something is said in the log. `serve` starts all of
//! this. `copies` backs a log up, restores, verifies and repairs it, without a hub. Whatever else runs in a hub's process and follows its logs, such as the sandbox, is attached at
//! the start (`serve::Attach`), and the hub itself knows nothing of it.

pub mod accept;
pub mod auth;
pub mod budget;
pub mod call_class;
mod calls;
pub mod clock;
pub mod config;
pub mod connections;
pub mod copies;
pub mod engine;
pub mod feed;
#[cfg(test)]
mod folders;
mod health;
pub mod keys;
pub mod limits;
pub mod load;
pub mod log;
pub mod measures;
mod metered;
pub mod metrics;
pub mod notify;
mod origins;
pub mod overview;
pub mod pace;
pub mod private;
mod protocol;
#[cfg(test)]
pub(crate) mod raw_calls;
mod reflection;
mod retention;
pub mod serve;
pub mod service;
pub mod shelf;
mod state_store;
pub mod status;
pub mod timers;
pub mod tls;
pub mod web;

//! End to end, SDK, interop and tidiness: everything that needs more than one room.

#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::disallowed_methods, reason = "real processes are waited for in real time")]

mod cli;
mod contract;
mod crash;
mod desk;
mod hostile;
mod live_only;
mod pty;
mod resume;
mod support;
mod tidy;

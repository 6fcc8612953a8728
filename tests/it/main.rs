//! Tests that need more than one module: end to end, the SDK, and the tidiness of the repository.

#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::disallowed_methods, reason = "real processes are waited for in real time")]

mod carriers_crash;
mod certificates;
mod cli;
mod conflict;
mod contract;
mod contract_table;
mod contributing;
mod copies;
mod crash;
mod damage;
mod desk;
mod docs;
mod doctor;
mod export;
mod filter;
mod health;
mod hostile;
mod init;
mod keys;
mod leases_crash;
mod live_only;
mod logs;
mod metrics;
mod outage;
mod payments_crash;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod power_cut;
mod prompts;
mod prose;
mod pty;
mod pty_carrier;
mod pty_drafts;
mod pty_editor;
mod pty_input;
mod pty_title;
mod refused;
mod reminders_crash;
mod restored;
mod resume;
mod retention;
mod rules;
mod scheduled;
#[allow(dead_code, reason = "the tests of the room `carriers` use the rest")]
mod smsc;
mod status;
mod steered_crash;
mod story;
mod support;
#[allow(dead_code, reason = "the tests of the room `carriers` use the rest")]
mod telegram;
mod tidy;
mod times;
mod tls;
mod tls_client;
mod undecided;
mod unread;
mod verbs;
mod versions;
mod works_crash;

//! A client for customer-engagement hubs that speak the Elarian contract over gRPC: send and answer
//! messages on SMS, WhatsApp, Telegram, Messenger and RCS, answer USSD sessions and calls, move money, and
//! keep what is known of a customer (tags, metadata, reminders, consent).
//!
//! A [`Client`] connects to a hub in the name of one app. A [`Customer`] is a handle on one customer. Every
//! operation is a method under its name in the contract (docs/CONTRACT.md lists them all) and returns a
//! [`PendingCall`](sdk::PendingCall): await it, give it an idempotency key of your own, or only ask what it
//! would do. Everything that can go wrong is one [`Error`].
//!
#![doc = concat!("```no_run\n", include_str!("../examples/front_page.rs"), "```")]
//!
//! Listeners get what happens to the app's customers while it is connected, and what the hub kept for it
//! meanwhile. Whoever must see everything that happens in an org, once and in order, from any place on,
//! reads the [`feed`](Client::feed). [`sdk::Sandbox`] acts as customers, for tests and demos.
//!
//! # Features
//! - `console` (default): the operator console and the headless verbs, which are the binary.
//! - `hub` (default): the hub and its sandbox, to run one inside a program or a test (`hub::serve`).
//!
//! With `default-features = false` the crate is this client alone, without terminal and database.

#[cfg(feature = "hub")]
#[doc(hidden)]
pub mod carriers;
#[cfg(feature = "console")]
#[doc(hidden)]
pub mod catalog;
#[cfg(feature = "console")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "console")]
#[doc(hidden)]
pub mod console;
#[cfg(feature = "hub")]
pub mod hub;
pub mod model;
#[cfg(feature = "hub")]
#[doc(hidden)]
pub mod query;
#[cfg(feature = "hub")]
#[doc(hidden)]
pub mod rules;
#[cfg(feature = "hub")]
pub mod sandbox;
pub mod sdk;
#[cfg(all(feature = "console", any(test, feature = "trust")))]
#[doc(hidden)]
pub mod trust;
#[doc(hidden)]
pub mod wire;

pub use sdk::{Client, Customer, Error};

/// The README's Rust example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

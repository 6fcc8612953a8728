//! The client: calls, the resumable feed, notifications, and acting as a customer in a sandbox.
//! Used by the console's link, by the headless verbs, and by Rust programs.
//!
//! ```text
//! options.rs where and as whom    connect.rs lines to the hub     error.rs  gRPC faults in our words
//! calls.rs   one call each        feed.rs    the live feed        cursor.rs what a feed may say next
//! ```
//!
//! Nothing is cached and no write is repeated by itself here: whoever gets `Error::Unknown` asks
//! again with the same `CallId` (decision D-IDEM). Must be used inside a tokio runtime.

mod backoff;
mod calls;
mod connect;
mod cursor;
mod error;
mod feed;
mod live_only;
mod notifications;
mod options;
mod probe;
mod sandbox;

pub use crate::model::answer::{
    ClientError as Error, CustomerView, FeedEvent, FeedStart, FoundCustomer, GapReason, Hello, Page,
};
pub use backoff::Backoff;
pub use calls::{AuthToken, fresh_call};
pub use connect::Client;
pub use feed::Feed;
pub use notifications::Notifications;
pub use options::{Endpoint, Options, Secret};
pub use sandbox::{Delivery, Phone, Sandbox};

#[cfg(test)]
mod tests;

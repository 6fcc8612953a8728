//! The client: calls, the resumable feed, notifications, and acting as a customer in a sandbox.
//! Used by the console's link, by the headless verbs, and by Rust programs.
//!
//! ```text
//! options.rs  where and as whom     connect.rs  lines to the hub    error.rs   gRPC faults in our words
//! methods.rs  the seed's operations customer.rs the seed's handle   ask.rs     one that is not sent yet
//! listen.rs   the seed's listeners  desk.rs     who runs them       topic.rs   what they get and answer
//! calls.rs    one call each         operator.rs what agents ask     feed.rs    the live feed
//! ```
//!
//! Every operation of the seed has its method here, under its name in `snake_case`; docs/CONTRACT.md
//! lists them. A refusal of a state change is an error ([`Refused`]), a refused message, payment, consent
//! request or call is a reply with a status.
//!
//! Nothing is cached and no write is repeated by itself here: whoever gets `Error::Unknown` asks
//! again with the same `CallId` (decision D-IDEM). Must be used inside a tokio runtime.

mod ask;
mod backoff;
mod calls;
mod connect;
mod cursor;
mod customer;
mod desk;
mod error;
mod feed;
pub(crate) mod lanes;
mod listen;
mod live_only;
mod methods;
mod notifications;
mod operator;
mod options;
mod probe;
mod sandbox;
mod serializer;
mod topic;
mod whom;

pub use crate::model::Customer as CustomerState;
pub use crate::model::answer::{
    ClientError as Error, CustomerView, FeedEvent, FeedStart, FoundCustomer, GapReason, Hello,
    ListedLease, ListedReminder, Page, PurseBalance,
};
pub use crate::model::phone::{Act, Manner, Outcome, Will};
pub use crate::model::{
    CallReceipt, ConsentReceipt, LeaseReceipt, MessageReceipt, NetworkReceipt, PaymentReceipt,
    StateReceipt, WorkReceipt,
};
pub use ask::Ask;
pub use backoff::Backoff;
pub use calls::{AuthToken, fresh_call};
pub use connect::Client;
pub use customer::Customer;
pub use error::{Failure, Refused};
pub use feed::Feed;
pub use listen::{Connection, Tally};
pub use methods::{Answer, ExpiringId, TagKey};
pub use notifications::Notifications;
pub use options::{Endpoint, Options, Secret};
pub use sandbox::{Phone, Sandbox};
pub use serializer::{Serializer, Unread};
pub use topic::{IntoAnswer, Notice, Topic};
pub use whom::Whom;

#[cfg(test)]
pub(crate) mod tests;

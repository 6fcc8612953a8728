//! The client: one method for each operation of the contract, typed listeners, the resumable feed, and
//! acting as a customer in a sandbox. The console and the headless verbs use it as other programs do.
//!
//! ```text
//! options.rs   where the hub is, and with which credentials     connect.rs, dial.rs   connections to it
//! methods.rs   the operations        customer.rs  the same for one customer    pending.rs  one that is not sent yet
//! listen.rs    listeners             typed_notifications.rs  what typed ones get    dispatch.rs  how they are run
//! calls.rs     how one call is made  operator.rs  what only agents ask         feed.rs     the live feed
//! open_stream.rs  when a stream of notifications is open    pings.rs  how often a connection is asked whether it lives
//! error.rs     what a failed call means    response.rs  what came back instead of gRPC
//! ```
//!
//! docs/CONTRACT.md lists the operations with their counterparts in the JavaScript SDK. Nothing is cached
//! here but the state that a `Customer` last read, and no write is repeated by itself: after [`Error::Unknown`] the caller asks again under the same
//! [`CallId`](crate::model::CallId) (D-IDEM). Everything must be used inside a tokio runtime.

mod backoff;
mod beside;
mod calls;
mod connect;
mod cursor;
mod customer;
mod dial;
mod dispatch;
mod error;
mod feed;
pub(crate) mod keyed_queue;
mod listen;
mod live_only;
mod methods;
mod notifications;
mod open_stream;
mod operator;
mod options;
mod pending;
mod pings;
mod probe;
mod response;
mod sandbox;
mod selector;
mod serializer;
mod time;
mod topic;
mod typed_notifications;

pub use crate::model::CustomerState;
pub use crate::model::client::{
    AskedFilter, CustomerView, FeedEvent, FeedStart, GapReason, Hello, HistoryPage, ListedLease,
    ListedReminder, PastMoment, PastPlace, PastView, PurseBalance, SearchedPage, TimeSpan,
};
pub use crate::model::client_error::{ClientError as Error, Repeat};
pub use crate::model::found::{FoundCustomer, FoundCustomers, FoundThing, ThingKind};
pub use crate::model::phone::{Act, Manner, Outcome, Will};
pub use crate::model::{
    CallReceipt, ConsentReceipt, LeaseReceipt, MessageReceipt, NetworkReceipt, PaymentReceipt,
    Receipt, StateReceipt, WorkReceipt,
};
pub use backoff::Backoff;
pub use calls::{AuthToken, fresh_call};
pub use connect::Client;
#[cfg(all(feature = "hub", any(test, feature = "trust")))]
pub(crate) use cursor::Cursor;
pub use customer::Customer;
pub use feed::Feed;
pub use listen::{ListenerCounts, StreamState};
pub use methods::{ExpiringId, PromptAnswer, TagKey};
pub use notifications::Notifications;
pub use options::{Credentials, Endpoint, Options, Secret, TlsIdentity, TlsOptions};
pub use pending::PendingCall;
pub use sandbox::{Phone, Sandbox};
pub use selector::CustomerSelector;
pub use serializer::{Serializer, Unread};
pub use topic::{IntoAnswer, Notification, Topic};
pub use typed_notifications::{
    ConsentNotice, FiredReminder, ListenerError, MessageStatusNotice, PaymentStatusNotice,
    ReceivedMessage, ReceivedPayment, SessionNotice, UssdRequest, VoiceCallNotice,
    WalletPaymentNotice,
};

#[cfg(test)]
#[cfg(feature = "hub")]
pub(crate) mod tests;

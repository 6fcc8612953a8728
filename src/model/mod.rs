//! What we talk about: ids, addresses, money, commands, events, customers, receipts.
//!
//! Plain data. No I/O, no clock, no async, no protobuf: every other room imports this one and
//! this one imports nothing of ours. Text from outside is kept raw here; it becomes drawable
//! only in `console/text.rs`.

#![deny(clippy::wildcard_enum_match_arm)]

pub mod actor;
pub mod address;
pub mod advice;
pub mod answer;
#[cfg(test)]
pub mod arbitrary;
pub mod client_error;
pub mod command;
pub mod customer;
pub mod describe;
pub mod event;
pub mod id;
pub mod limits;
pub mod magic;
pub mod message;
pub mod money;
pub mod outlook;
pub mod phone;
pub mod receipt;
pub mod reminder;
pub mod segments;
pub mod settings;
pub mod status;
pub mod time;
pub mod voice;
pub mod work;

pub use actor::Actor;
pub use address::{Channel, ChannelNumber, CustomerNumber, CustomerRef, Provider, SecondaryId};
pub use answer::{
    CustomerView, FeedEvent, FeedStart, FoundCustomer, GapReason, Hello, ListedLease,
    ListedReminder, PurseBalance,
};
pub use client_error::{ClientError, Repeat};
pub use command::{Addressee, Caller, Command, CustomerCommand, NetworkCommand};
pub use customer::{
    Account, Asked, Call, CallHop, ChannelState, Customer, Message, Payment, PaymentParty, Session,
    UssdHop, UssdSession,
};
pub use event::{Entry, Event, EventKind, StoredCall};
pub use id::{
    AppId, CallId, CustomerId, EntryId, MessageId, OrgId, Seq, SessionId, TransactionId, WorkId,
};
pub use message::{Body, DataValue, Location, Media, MediaKind, Tag, Template, UssdMenu};
pub use money::{Currency, Money};
pub use outlook::{Audience, BalanceRow, Finding, Level, Merge, MergeRow, Outlook};
pub use receipt::{
    CallReceipt, ConsentReceipt, LeaseReceipt, MessageReceipt, NetworkReceipt, PaymentReceipt,
    Receipt, StateReceipt, WorkReceipt,
};
pub use reminder::{Firing, Lease, Reminder};
pub use settings::OrgSettings;
pub use status::{
    CallStatus, ConsentAction, ConsentStatus, Direction, HangupCause, LeaseEnd, MessageStatus,
    PaymentStatus, SessionStatus, Tone, UssdEnd, WorkState,
};
pub use time::Timestamp;
pub use voice::{DialData, Prompt, QueueData, Say, Voice, VoiceAction};
pub use work::{TagPair, Task, Work};

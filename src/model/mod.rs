//! The types that every other module talks about: ids, addresses, money, commands, events,
//! customers and receipts.
//!
//! They are plain data and pure functions on it. There is no I/O, clock, async or protobuf here,
//! and the module imports nothing of this crate, so that everything else may import it. Text that
//! comes from outside is kept as it came; it becomes safe to draw only in `console/text.rs`.

#![deny(clippy::wildcard_enum_match_arm)]

pub mod actor;
pub mod address;
pub mod advice;
#[cfg(test)]
pub mod arbitrary;
pub mod canned;
pub mod carriage;
pub mod client;
pub mod client_error;
pub mod command;
pub mod customer;
pub mod describe;
pub mod event;
pub mod event_line;
pub mod file_text;
#[cfg(feature = "hub")]
pub mod fold;
pub mod found;
pub mod history;
pub mod id;
pub mod limits;
pub mod line_break;
pub mod magic;
pub mod masked;
pub mod message;
pub mod money;
#[cfg(feature = "hub")]
pub mod nearest;
pub mod network_command;
#[cfg(feature = "hub")]
pub mod opt_words;
pub mod outlook;
pub mod phone;
#[cfg(feature = "hub")]
pub mod plain;
#[cfg(feature = "hub")]
pub mod quiet;
pub mod rate;
pub mod receipt;
pub mod reminder;
pub mod scheduled;
pub mod segments;
pub mod settings;
pub mod status;
pub mod status_report;
#[cfg(feature = "hub")]
pub mod telephone;
pub mod thing;
pub mod time;
pub mod voice;
#[cfg(feature = "hub")]
pub mod when;
pub mod work;

pub use actor::Actor;
pub use address::{Channel, ChannelNumber, CustomerNumber, CustomerRef, Provider, SecondaryId};
pub use canned::{CannedReply, ReplyStep, StepValue};
pub use carriage::{Carriage, CarriageStep, UnknownMessage};
pub use client::{
    CarrierPause, CustomerView, DownCarrier, FeedEvent, FeedStart, GapReason, Hello, ListedCarrier,
    ListedLease, ListedReminder, ListedScheduled, ListedWaiting, LivePrompt, LivePrompts, Outage,
    PurseBalance,
};
pub use client_error::{ClientError, Repeat};
pub use command::{Addressee, Caller, Command, CustomerCommand};
pub use customer::{
    Account, CallHop, ChannelState, CustomerState, LastAnswer, Message, MessagingSession, Payment,
    PaymentParty, PendingOptIn, Unanswered, UssdHop, UssdSession, VoiceCall,
};
pub use event::{Entry, Event, EventKind, StoredCall};
pub use found::{FoundCustomer, FoundCustomers, FoundThing, ThingKind};
pub use history::{MessageHistory, MessageSource};
pub use id::{
    AppId, CallId, CarrierId, CustomerId, EntryId, MessageId, OrgId, Seq, SessionId, TransactionId,
    WorkId,
};
pub use message::{Body, DataValue, Location, Media, MediaKind, Tag, Template, UssdMenu};
pub use money::{Currency, Money};
#[cfg(feature = "hub")]
pub use nearest::nearest;
pub use network_command::NetworkCommand;
#[cfg(feature = "hub")]
pub use opt_words::{OptWord, OptWords};
pub use outlook::{Audience, BalanceRow, Finding, Level, LongestText, Merge, MergeRow, Outlook};
#[cfg(feature = "hub")]
pub use quiet::QuietHours;
pub use rate::Rate;
pub use receipt::{
    CallReceipt, ConsentReceipt, LeaseReceipt, MessageReceipt, NetworkReceipt, PaymentReceipt,
    Receipt, StateReceipt, WorkReceipt,
};
pub use reminder::{Firing, Lease, Reminder};
pub use scheduled::ScheduledMessage;
pub use settings::OrgSettings;
pub use status::{
    CallStatus, ConsentAction, ConsentStatus, Direction, HangupCause, LeaseEnd, MessageStatus,
    PaymentStatus, SessionStatus, Tone, UssdEnd, WorkState,
};
pub use status_report::{DiskUse, HubTrouble, ReaderPlace, StatusReport};
#[cfg(feature = "hub")]
pub use telephone::Region;
pub use thing::{EventPart, OnTheWay, Standing, Thing};
pub use time::Timestamp;
pub use voice::{DialData, Prompt, QueueData, Say, Voice, VoiceAction};
pub use work::{
    PutOff, RecipientOutcome, TagMessage, TagPair, TagTerms, Task, Work, WorkOutcomes,
    WorkRecipient,
};

//! Ids and places in the log. Only the hub makes ids, and to everyone else they are
//! opaque text (R-ADDR-3). A World holds each id in many places, so copies of an id share its text.

use super::limits;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(Arc<str>);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
            /// Whether this stands for "no id".
            #[must_use]
            pub fn is_empty(&self) -> bool { self.0.is_empty() }
        }
        impl From<&str> for $name { fn from(text: &str) -> Self { Self(text.into()) } }
        impl From<String> for $name { fn from(text: String) -> Self { Self(text.into()) } }
        impl From<$name> for String { fn from(id: $name) -> Self { id.0.as_ref().to_owned() } }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )*};
}

text_id! {
    /// An organisation. It has one log, one World and one feed.
    OrgId;
    /// A program of an org that sends commands and receives notifications.
    AppId;
    /// A customer: `el_cst_` and 32 hex digits.
    CustomerId;
    /// A message: `el_msg_` and 32 hex digits.
    MessageId;
    /// A USSD session or a voice call: `el_ses_` and 32 hex digits.
    SessionId;
    /// A payment: `el_txn_` and 32 hex digits.
    TransactionId;
    /// Work on everyone with a tag: `el_wrk_` and 32 hex digits.
    WorkId;
    /// A connection to a real network, as the settings call it.
    CarrierId;
    /// The idempotency key of a call that changes something (D-IDEM). Clients make it,
    /// and see [`CallId::is_valid`].
    CallId;
}

impl CallId {
    /// Whether the hub accepts it as a key: 8 to 255 printable ASCII characters without blanks.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        limits::CALL_ID_CHARS.contains(&self.0.len())
            && self.0.bytes().all(|b| b.is_ascii_graphic())
    }
}

/// The bytes as lower-case hex digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The last four characters of an id, by which people tell ids apart.
#[must_use]
pub fn last_four(id: &str) -> &str {
    id.char_indices().rev().nth(3).map_or(id, |(start, _)| &id[start..])
}

/// The place of an entry in its org's log, and the cursor that clients resume from. Places count up
/// from 1 without holes; 0 stands for the place before the first entry.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Seq(pub u64);

impl Seq {
    /// The place after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The random id of an entry. Each entry names the one before it, and this chain decides which
/// entries are valid.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct EntryId(pub [u8; 16]);

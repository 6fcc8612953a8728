//! How a customer and one of the org's own numbers are named.

use super::id::CustomerId;
use serde::{Deserialize, Serialize};
use std::fmt;
use strum::IntoStaticStr;

/// Whose numbering a customer number belongs to.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Provider {
    /// Not said. Resolves only to an existing customer (R-ADDR-4).
    #[default]
    Unspecified,
    /// Facebook: Messenger.
    Facebook,
    /// The telephone network: SMS, WhatsApp, RCS, USSD, voice, mobile money.
    Telco,
    /// Telegram.
    Telegram,
}

impl Provider {
    /// The three providers an agent can choose from.
    pub const ALL: [Self; 3] = [Self::Telco, Self::Telegram, Self::Facebook];

    /// The word of the contract's SDKs (`telco`, `telegram`, `facebook`).
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
    /// The provider of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word().eq_ignore_ascii_case(word))
    }
}

/// A customer's number. Provider, number and partition together are its identity.
/// Numbers are compared as text after trimming (R-ADDR-5).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CustomerNumber {
    /// Whose numbering.
    pub provider: Provider,
    /// As written, blanks trimmed.
    pub number: String,
    /// Opaque; part of the identity.
    pub partition: Option<String>,
}

impl CustomerNumber {
    /// A number without a partition; blanks around it are trimmed.
    #[must_use]
    pub fn new(provider: Provider, number: &str) -> Self {
        Self { provider, number: number.trim().to_owned(), partition: None }
    }
    /// A telephone number.
    #[must_use]
    pub fn telco(number: &str) -> Self {
        Self::new(Provider::Telco, number)
    }
}

impl fmt::Display for CustomerNumber {
    /// The number; prefixed by its provider unless that is the telephone network.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.provider {
            Provider::Telco | Provider::Unspecified => f.write_str(&self.number),
            Provider::Telegram | Provider::Facebook => {
                write!(f, "{}:{}", self.provider.word(), self.number)
            }
        }
    }
}

/// A key and value by which a customer can be found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SecondaryId {
    /// Such as `passport`.
    pub key: String,
    /// Such as `808083`.
    pub value: String,
}

impl fmt::Display for SecondaryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.key, self.value)
    }
}

/// The three ways in which a request names a customer (operations.md 1.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerRef {
    /// By id; never creates.
    Id(CustomerId),
    /// By number; an unknown one creates the customer (R-ADDR-1).
    Number(CustomerNumber),
    /// By secondary id; never creates.
    Secondary(SecondaryId),
}

impl CustomerRef {
    /// What an agent pasted: an id (`el_cst_…`), a number (`+254…`, `telegram:…`, `40404`),
    /// or a secondary id (`key:value`). `None` for blank text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if text.starts_with("el_cst_") {
            return Some(Self::Id(text.into()));
        }
        match text.split_once(':') {
            Some((key, value)) if !key.is_empty() && !value.trim().is_empty() => {
                Some(match Provider::from_word(key) {
                    Some(provider) => Self::Number(CustomerNumber::new(provider, value)),
                    None => Self::Secondary(SecondaryId {
                        key: key.to_owned(),
                        value: value.trim().to_owned(),
                    }),
                })
            }
            _ => Some(Self::Number(CustomerNumber::telco(text))),
        }
    }
}

impl fmt::Display for CustomerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Secondary(pair) => pair.fmt(f),
        }
    }
}

/// The kind of line a message, session, call or payment travels on.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Channel {
    /// Not said; always refused for sending (R-MSG-1).
    #[default]
    #[strum(serialize = "?")]
    Unspecified,
    /// Short messages.
    Sms,
    /// WhatsApp.
    Whatsapp,
    /// Telegram.
    Telegram,
    /// Facebook Messenger.
    Messenger,
    /// Google RCS.
    Rcs,
    /// USSD menus.
    Ussd,
    /// Telephone calls.
    Voice,
    /// Mobile money.
    Payment,
}

impl Channel {
    /// Every channel but `Unspecified`.
    pub const ALL: [Self; 8] = [
        Self::Sms,
        Self::Whatsapp,
        Self::Telegram,
        Self::Messenger,
        Self::Rcs,
        Self::Ussd,
        Self::Voice,
        Self::Payment,
    ];

    /// A short word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
    /// The channel of a word; the SDKs' spellings `google_rcs` and `fb_messenger` work too.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "google_rcs" => Some(Self::Rcs),
            "fb_messenger" => Some(Self::Messenger),
            word => Self::ALL.into_iter().find(|c| c.word() == word),
        }
    }
    /// Whether messages travel on it.
    #[must_use]
    pub const fn is_messaging(self) -> bool {
        matches!(self, Self::Sms | Self::Whatsapp | Self::Telegram | Self::Messenger | Self::Rcs)
    }
    /// Whose numbers it can reach (R-MSG-1 step 3).
    #[must_use]
    pub const fn provider(self) -> Provider {
        match self {
            Self::Unspecified => Provider::Unspecified,
            Self::Telegram => Provider::Telegram,
            Self::Messenger => Provider::Facebook,
            Self::Sms | Self::Whatsapp | Self::Rcs | Self::Ussd | Self::Voice | Self::Payment => {
                Provider::Telco
            }
        }
    }
    /// Whether an inbound message opens a session on it (R-SESS-1); sms has none.
    #[must_use]
    pub const fn has_sessions(self) -> bool {
        matches!(self, Self::Whatsapp | Self::Messenger | Self::Telegram | Self::Rcs)
    }
    /// Whether writing without an open session needs a template (R-MSG-1 step 6).
    #[must_use]
    pub const fn needs_session(self) -> bool {
        matches!(self, Self::Whatsapp | Self::Messenger)
    }
    /// Whether its network reports that a message was read (events.md 4.1).
    #[must_use]
    pub const fn reports_reads(self) -> bool {
        matches!(self, Self::Whatsapp | Self::Messenger | Self::Telegram)
    }
}

/// One of the org's own numbers on a channel: `sms 40404`, `ussd *384#`, `payment 5250`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChannelNumber {
    /// The line.
    pub channel: Channel,
    /// The number, blanks trimmed.
    pub number: String,
}

impl ChannelNumber {
    /// A channel number; blanks around the number are trimmed.
    #[must_use]
    pub fn new(channel: Channel, number: &str) -> Self {
        Self { channel, number: number.trim().to_owned() }
    }
}

impl fmt::Display for ChannelNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.channel.word(), self.number)
    }
}

//! How the two ends of a conversation are named: a customer by id, number or secondary id, and the
//! org by one of its channel numbers.

use super::id::CustomerId;
use serde::{Deserialize, Serialize};
use std::fmt;
use strum::IntoStaticStr;

/// The network that gives out a customer number. The same digits mean different people in different networks.
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
    /// The request did not say. It can only mean a customer who exists already, and only if the
    /// number is theirs alone (R-ADDR-4).
    #[default]
    Unspecified,
    /// Facebook, which numbers the users of Messenger.
    Facebook,
    /// The telephone network, which carries SMS, WhatsApp, RCS, USSD, voice and mobile money.
    Telco,
    Telegram,
}

impl Provider {
    /// The three providers that a form offers. `Unspecified` is left out because it cannot
    /// create a customer.
    pub const ALL: [Self; 3] = [Self::Telco, Self::Telegram, Self::Facebook];

    /// The spelling that the SDKs of the contract use: `telco`, `telegram` or `facebook`.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
    /// Reads such a spelling in any case. `None` if there is no such provider, and
    /// also for `unspecified`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word().eq_ignore_ascii_case(word))
    }
}

/// A number by which a customer can be reached. Provider, number and partition together identify
/// it. How the hub reads and keeps the text of a telephone number is R-ADDR-5.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CustomerNumber {
    pub provider: Provider,
    /// The text as it was written, without the blanks around it.
    pub number: String,
    /// Text whose meaning only the sender knows. Two numbers that differ in it are two numbers.
    pub partition: Option<String>,
}

impl CustomerNumber {
    /// Makes a number without a partition and trims the blanks around its text.
    #[must_use]
    pub fn new(provider: Provider, number: &str) -> Self {
        Self { provider, number: number.trim().to_owned(), partition: None }
    }
    /// Makes a number of the telephone network.
    #[must_use]
    pub fn telco(number: &str) -> Self {
        Self::new(Provider::Telco, number)
    }
}

impl fmt::Display for CustomerNumber {
    /// Writes the number, with its provider in front unless that is the telephone network.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.provider {
            Provider::Telco | Provider::Unspecified => f.write_str(&self.number),
            Provider::Telegram | Provider::Facebook => {
                write!(f, "{}:{}", self.provider.word(), self.number)
            }
        }
    }
}

/// A key and a value by which a customer can be found, such as `passport` and `808083` (R-SID-1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SecondaryId {
    pub key: String,
    pub value: String,
}

impl SecondaryId {
    /// The value with only its end to be read. It may be the number of a passport or of a licence, and
    /// an agent's screen, and what scripts print, can be seen by others (R-SID-4).
    #[must_use]
    pub fn masked_value(&self) -> String {
        let count = self.value.chars().count();
        let shown = if count >= 8 { 4 } else { count / 3 };
        let end: String = self.value.chars().skip(count - shown).collect();
        format!("****{end}")
    }
    /// The key, and the value with only its end to be read. An id without a value is its key.
    #[must_use]
    pub fn masked(&self) -> String {
        if self.value.is_empty() {
            return self.key.clone();
        }
        format!("{}:{}", self.key, self.masked_value())
    }
}

impl fmt::Display for SecondaryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.key, self.value)
    }
}

/// The three ways in which a request can name a customer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerRef {
    /// By the hub's id. An unknown id never creates a customer (R-ADDR-2).
    Id(CustomerId),
    /// By a number. A number that was never seen creates its customer (R-ADDR-1).
    Number(CustomerNumber),
    /// By a secondary id. An unknown one never creates a customer (R-ADDR-2).
    Secondary(SecondaryId),
}

impl CustomerRef {
    /// Reads what an agent typed or pasted: an id (`el_cst_…`), a number (`+254…`, `telegram:…`,
    /// `40404`) or a secondary id (`key:value`). `None` if the text is blank.
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

/// What a message, session, call or payment travels on.
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
    /// The request did not say. Sending on it is always refused (R-MSG-1).
    #[default]
    #[strum(serialize = "?")]
    Unspecified,
    Sms,
    Whatsapp,
    Telegram,
    /// Messenger, the messages of Facebook.
    Messenger,
    /// RCS, the successor of SMS, as Google offers it.
    Rcs,
    Ussd,
    Voice,
    /// Mobile money, which moves over the telephone network.
    Payment,
}

impl Channel {
    /// All channels except `Unspecified`.
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

    /// The channel's name in lower case, such as `sms`.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
    /// Reads such a name in any case, and also the SDKs' spellings `google_rcs` and `fb_messenger`.
    /// `None` if there is no such channel.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let named = |c: &Self| c.word() == word || c.aliases().contains(&&*word);
        Self::ALL.into_iter().find(named)
    }
    /// What else it is called where numbers are written.
    #[must_use]
    pub const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Rcs => &["google_rcs"],
            Self::Messenger => &["fb_messenger"],
            Self::Unspecified
            | Self::Sms
            | Self::Whatsapp
            | Self::Telegram
            | Self::Ussd
            | Self::Voice
            | Self::Payment => &[],
        }
    }
    /// Whether messages travel on it, as opposed to USSD, voice and payments.
    #[must_use]
    pub const fn is_messaging(self) -> bool {
        matches!(self, Self::Sms | Self::Whatsapp | Self::Telegram | Self::Messenger | Self::Rcs)
    }
    /// The provider whose numbers it can reach (R-MSG-1 step 3).
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
    /// Whether an inbound message opens a session on it (R-SESS-1). On SMS it does not.
    #[must_use]
    pub const fn has_sessions(self) -> bool {
        matches!(self, Self::Whatsapp | Self::Messenger | Self::Telegram | Self::Rcs)
    }
    /// Whether only a template may be sent on it while no session is open (R-MSG-1 step 6).
    #[must_use]
    pub const fn needs_session(self) -> bool {
        matches!(self, Self::Whatsapp | Self::Messenger)
    }
    /// Whether its network reports that a message was read. The others only report delivery, so
    /// that `Delivered` is the best end that a message can have there (R-MSG-5).
    #[must_use]
    pub const fn reports_reads(self) -> bool {
        matches!(self, Self::Whatsapp | Self::Messenger | Self::Telegram)
    }
}

/// One of the org's own numbers on a channel, such as `sms 40404`, `ussd *384#` or `payment 5250`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChannelNumber {
    pub channel: Channel,
    /// The text as it was written, without the blanks around it.
    pub number: String,
}

impl ChannelNumber {
    /// Makes a channel number and trims the blanks around its text.
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

//! What messages, tags and metadata carry.

use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

/// A kind of media (`MediaType` of the contract; its codes).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MediaKind {
    /// Not said.
    #[default]
    #[strum(serialize = "media")]
    Unspecified,
    /// A picture.
    Image,
    /// Sound.
    Audio,
    /// Film.
    Video,
    /// A file.
    Document,
    /// A voice note.
    Voice,
    /// A sticker.
    Sticker,
}

impl MediaKind {
    /// A short word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// A file somewhere on the web. Never fetched or opened by us.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// As the sender gave it.
    pub url: String,
    /// What it is said to be.
    pub kind: MediaKind,
}

/// A point on the globe, in degrees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// -90 to 90.
    pub latitude: f64,
    /// -180 to 180.
    pub longitude: f64,
}

/// An approved template: a name and positional parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// As approved by the network.
    pub name: String,
    /// In order.
    pub params: Vec<String>,
}

/// What a message says. Outbound exactly one of text, one media, location; inbound any together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// Text; present but empty is not the same as absent.
    pub text: Option<String>,
    /// Only together with text.
    pub template: Option<Template>,
    /// Several only inbound.
    pub media: Vec<Media>,
    /// A place.
    pub location: Option<Location>,
}

impl Body {
    /// A body of text alone.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }
}

/// A tag on a customer: one value per key (R-TAG-1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Its name.
    pub key: String,
    /// Its value, never empty on the hub.
    pub value: String,
    /// When it becomes inert; `ZERO` is never (R-TAG-2, R-EXP-1).
    pub expires_at: Timestamp,
}

impl Tag {
    /// Whether its time has passed at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        !self.expires_at.is_zero() && self.expires_at <= now
    }
}

/// A metadata value: the arm it came in is the arm it goes out (R-META-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataValue {
    /// Text, often JSON.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl DataValue {
    /// Size in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a USSD phone shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UssdMenu {
    /// At most 182 characters (R-HOOK-4).
    pub text: String,
    /// Ends the session after showing it.
    pub is_terminal: bool,
}

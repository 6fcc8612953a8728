//! What messages, tags and metadata consist of.

use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

/// The kind of a media file (`MediaType` of the contract).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MediaKind {
    /// The sender did not say.
    #[default]
    #[strum(serialize = "media")]
    Unspecified,
    Image,
    Audio,
    Video,
    /// Any other file, such as a PDF.
    Document,
    /// A recorded voice message.
    Voice,
    Sticker,
}

impl MediaKind {
    /// The kind in lower case, such as `image`. For `Unspecified` it is `media`.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// A file on the web. The hub and its clients pass on the address and never fetch it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// The address, as the sender gave it.
    pub url: String,
    /// The kind that the sender says it is.
    pub kind: MediaKind,
}

/// A place on earth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// In degrees, from -90 in the south to 90 in the north.
    pub latitude: f64,
    /// In degrees, from -180 in the west to 180 in the east.
    pub longitude: f64,
}

/// A template that the network has approved, and what to fill into it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// The name under which the network approved it.
    pub name: String,
    /// What to fill in, in the order of the template's gaps.
    pub params: Vec<String>,
}

/// The content of a message. An outbound message has exactly one of text, one media file and
/// location; an inbound one may have several (R-MSG-6).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// An empty text is not the same as none.
    pub text: Option<String>,
    /// Goes only together with text.
    pub template: Option<Template>,
    /// At most one in an outbound message.
    pub media: Vec<Media>,
    pub location: Option<Location>,
}

impl Body {
    /// A body that has only text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }
}

/// A tag on a customer. A customer has at most one value per key (R-TAG-1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    pub key: String,
    /// Never empty once the hub has accepted it.
    pub value: String,
    /// When it loses its effect; `None` if it never does (R-TAG-2, R-EXP-1).
    pub expires_at: Option<Timestamp>,
}

impl Tag {
    /// Whether the tag has lost its effect at the time `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// A metadata value. It is returned in the same arm of the contract's oneof in which
/// it came (R-META-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataValue {
    /// Text, which is JSON for most SDKs.
    Text(String),
    Bytes(Vec<u8>),
}

impl DataValue {
    /// The text, without the quotes that the SDKs' JSON serializer puts around one; `None` for bytes.
    #[must_use]
    pub fn plain(&self) -> Option<&str> {
        let Self::Text(text) = self else { return None };
        let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        Some(quoted.filter(|text| !text.contains('\\')).unwrap_or(text))
    }
    /// The size of the text or the bytes, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a USSD phone shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UssdMenu {
    /// At most 182 septets, or 80 units of UCS-2 (R-TEXT-2).
    pub text: String,
    /// Whether the session ends once this is shown.
    pub is_terminal: bool,
}

//! The small pieces that entries, requests, states and notifications share: times, numbers,
//! channels, tags, values and bodies of messages.
//!
//! A provider, channel or media type that this version does not know reads as `Unspecified`, as in
//! the contract's own SDKs. What times have below a microsecond is cut off.

use super::{
    DecodeError,
    pair::Wire as _,
    proto::{hera, v1},
};
use crate::model::{
    Body, Channel, ChannelNumber, CustomerNumber, DataValue, Location, Media, MediaKind, Provider,
    Reminder, SecondaryId, Tag, TagPair, Template, Timestamp,
};
use std::time::Duration;

/// A time for the wire, always `Some`. The contract reads zero as "never".
#[must_use]
pub fn time(at: Timestamp) -> Option<prost_types::Timestamp> {
    Some(at.to_wire())
}

/// A time from the wire. If it is absent it is zero, which means "never" in the contract (R-TAG-2), as does
/// every time before 1970 (D-ZERO); those are kept as they are, and whoever reads an expiry takes them so.
#[must_use]
pub fn from_time(at: Option<prost_types::Timestamp>) -> Timestamp {
    let Some(at) = at else { return Timestamp::ZERO };
    let micros = i128::from(at.seconds) * 1_000_000 + i128::from(at.nanos / 1_000);
    let clamped = micros.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    Timestamp::from_micros(i64::try_from(clamped).unwrap_or_default())
}

/// A length of time for the wire.
#[must_use]
pub fn duration(length: Duration) -> Option<prost_types::Duration> {
    Some(length.to_wire())
}

/// A length of time from the wire. If it is absent or negative it is zero.
#[must_use]
pub fn from_duration(length: Option<prost_types::Duration>) -> Duration {
    let Some(length) = length else { return Duration::ZERO };
    let Ok(seconds) = u64::try_from(length.seconds) else { return Duration::ZERO };
    let nanos = u32::try_from(length.nanos).unwrap_or(0).min(999_999_999);
    Duration::new(seconds, nanos)
}

/// The contract's number for a value of ours. A value that is not in the table gets the number of
/// the first row.
fn to_code<M: Copy + PartialEq, P: Copy + Into<i32>>(table: &[(M, P)], of: M) -> i32 {
    table.iter().find(|(ours, _)| *ours == of).unwrap_or(&table[0]).1.into()
}

/// Our value for a number of the contract. A number that is not in the table gets the value of
/// the first row.
fn from_code<M: Copy, P: Copy + Into<i32>>(table: &[(M, P)], code: i32) -> M {
    table.iter().find(|(_, theirs)| (*theirs).into() == code).unwrap_or(&table[0]).0
}

const PROVIDERS: [(Provider, hera::CustomerNumberProvider); 4] = [
    (Provider::Unspecified, hera::CustomerNumberProvider::Unspecified),
    (Provider::Facebook, hera::CustomerNumberProvider::Facebook),
    (Provider::Telco, hera::CustomerNumberProvider::Telco),
    (Provider::Telegram, hera::CustomerNumberProvider::Telegram),
];

const CHANNELS: [(Channel, v1::Channel); 9] = [
    (Channel::Unspecified, v1::Channel::Unspecified),
    (Channel::Sms, v1::Channel::Sms),
    (Channel::Whatsapp, v1::Channel::Whatsapp),
    (Channel::Telegram, v1::Channel::Telegram),
    (Channel::Messenger, v1::Channel::Messenger),
    (Channel::Rcs, v1::Channel::Rcs),
    (Channel::Ussd, v1::Channel::Ussd),
    (Channel::Voice, v1::Channel::Voice),
    (Channel::Payment, v1::Channel::Payment),
];

const MESSAGING: [(Channel, hera::MessagingChannel); 6] = [
    (Channel::Unspecified, hera::MessagingChannel::Unspecified),
    (Channel::Rcs, hera::MessagingChannel::GoogleRcs),
    (Channel::Messenger, hera::MessagingChannel::FbMessenger),
    (Channel::Sms, hera::MessagingChannel::Sms),
    (Channel::Telegram, hera::MessagingChannel::Telegram),
    (Channel::Whatsapp, hera::MessagingChannel::Whatsapp),
];

const USSD: [(Channel, hera::UssdChannel); 2] = [
    (Channel::Unspecified, hera::UssdChannel::Unspecified),
    (Channel::Ussd, hera::UssdChannel::Telco),
];

const VOICE: [(Channel, hera::VoiceChannel); 2] = [
    (Channel::Unspecified, hera::VoiceChannel::Unspecified),
    (Channel::Voice, hera::VoiceChannel::Telco),
];

const PAYMENT: [(Channel, hera::PaymentChannel); 2] = [
    (Channel::Unspecified, hera::PaymentChannel::Unspecified),
    (Channel::Payment, hera::PaymentChannel::Telco),
];

const MEDIA: [(MediaKind, hera::MediaType); 7] = [
    (MediaKind::Unspecified, hera::MediaType::Unspecified),
    (MediaKind::Image, hera::MediaType::Image),
    (MediaKind::Audio, hera::MediaType::Audio),
    (MediaKind::Video, hera::MediaType::Video),
    (MediaKind::Document, hera::MediaType::Document),
    (MediaKind::Voice, hera::MediaType::Voice),
    (MediaKind::Sticker, hera::MediaType::MeduaTypeSticker),
];

impl From<&CustomerNumber> for hera::CustomerNumber {
    fn from(number: &CustomerNumber) -> Self {
        Self {
            provider: to_code(&PROVIDERS, number.provider),
            number: number.number.clone(),
            partition: number.partition.clone(),
        }
    }
}

impl From<hera::CustomerNumber> for CustomerNumber {
    fn from(number: hera::CustomerNumber) -> Self {
        let provider = from_code(&PROVIDERS, number.provider);
        Self { partition: number.partition, ..Self::new(provider, &number.number) }
    }
}

/// Writes the two `From`s of each channel number message. Towards the wire, a channel that the
/// message cannot name becomes `Unspecified`.
macro_rules! channel_numbers {
    ($($theirs:ty, $table:ident;)*) => {$(
        impl From<&ChannelNumber> for $theirs {
            fn from(number: &ChannelNumber) -> Self {
                Self { channel: to_code(&$table, number.channel), number: number.number.clone() }
            }
        }
        impl From<$theirs> for ChannelNumber {
            fn from(number: $theirs) -> Self {
                Self::new(from_code(&$table, number.channel), &number.number)
            }
        }
    )*};
}

channel_numbers! {
    v1::ChannelNumber, CHANNELS;
    hera::MessagingChannelNumber, MESSAGING;
    hera::UssdChannelNumber, USSD;
    hera::VoiceChannelNumber, VOICE;
    hera::PaymentChannelNumber, PAYMENT;
}

impl From<&SecondaryId> for hera::IndexMapping {
    fn from(id: &SecondaryId) -> Self {
        Self { key: id.key.clone(), value: Some(id.value.clone()) }
    }
}

impl From<hera::IndexMapping> for SecondaryId {
    fn from(mapping: hera::IndexMapping) -> Self {
        Self { key: mapping.key, value: mapping.value.unwrap_or_default() }
    }
}

/// An expiry on the wire, where never is zero (R-TAG-2).
fn never_or(expires_at: Option<Timestamp>) -> Option<prost_types::Timestamp> {
    time(expires_at.unwrap_or_default())
}

/// A secondary id with its expiry. Mapping, value and expiration are always set (R-STATE-1).
pub(super) fn index((id, expires_at): &(SecondaryId, Option<Timestamp>)) -> hera::CustomerIndex {
    hera::CustomerIndex { mapping: Some(id.into()), expiration: never_or(*expires_at) }
}

/// Zero and whatever is before 1970 mean never (D-ZERO). The zero time of Go, for one, is in the year 1.
pub(super) fn from_index(index: hera::CustomerIndex) -> (SecondaryId, Option<Timestamp>) {
    let expires_at = Some(from_time(index.expiration)).filter(|at| *at > Timestamp::ZERO);
    (index.mapping.unwrap_or_default().into(), expires_at)
}

impl From<&Tag> for hera::CustomerIndex {
    fn from(tag: &Tag) -> Self {
        let mapping = hera::IndexMapping { key: tag.key.clone(), value: Some(tag.value.clone()) };
        Self { mapping: Some(mapping), expiration: never_or(tag.expires_at) }
    }
}

impl From<hera::CustomerIndex> for Tag {
    fn from(index: hera::CustomerIndex) -> Self {
        let (SecondaryId { key, value }, expires_at) = from_index(index);
        Self { key, value, expires_at }
    }
}

impl From<&DataValue> for hera::DataMapValue {
    fn from(value: &DataValue) -> Self {
        use hera::data_map_value::Value;
        Self {
            value: Some(match value {
                DataValue::Text(text) => Value::StringVal(text.clone()),
                DataValue::Bytes(bytes) => Value::BytesVal(bytes.clone()),
            }),
        }
    }
}

impl TryFrom<hera::DataMapValue> for DataValue {
    type Error = DecodeError;
    /// A value with neither arm set is an error (R-META-1).
    fn try_from(value: hera::DataMapValue) -> Result<Self, DecodeError> {
        use hera::data_map_value::Value;
        match value.value {
            Some(Value::StringVal(text)) => Ok(Self::Text(text)),
            Some(Value::BytesVal(bytes)) => Ok(Self::Bytes(bytes)),
            None => Err(DecodeError::new("a metadata value is neither text nor bytes")),
        }
    }
}

impl From<&Media> for hera::MediaMessageBody {
    fn from(media: &Media) -> Self {
        Self { url: media.url.clone(), media: to_code(&MEDIA, media.kind) }
    }
}

impl From<hera::MediaMessageBody> for Media {
    fn from(media: hera::MediaMessageBody) -> Self {
        Self { url: media.url, kind: from_code(&MEDIA, media.media) }
    }
}

impl From<&Template> for hera::TextMessageTemplate {
    fn from(template: &Template) -> Self {
        Self { name: template.name.clone(), params: template.params.clone() }
    }
}

impl From<hera::TextMessageTemplate> for Template {
    fn from(template: hera::TextMessageTemplate) -> Self {
        Self { name: template.name, params: template.params }
    }
}

impl From<&Location> for hera::LocationMessageBody {
    fn from(at: &Location) -> Self {
        Self { latitude: at.latitude, longitude: at.longitude }
    }
}

impl From<hera::LocationMessageBody> for Location {
    fn from(at: hera::LocationMessageBody) -> Self {
        Self { latitude: at.latitude, longitude: at.longitude }
    }
}

impl From<&Body> for v1::Body {
    fn from(body: &Body) -> Self {
        Self {
            text: body.text.clone(),
            template: body.template.as_ref().map(Into::into),
            media: body.media.iter().map(Into::into).collect(),
            location: body.location.as_ref().map(Into::into),
        }
    }
}

impl From<v1::Body> for Body {
    fn from(body: v1::Body) -> Self {
        Self {
            text: body.text,
            template: body.template.map(Into::into),
            media: body.media.into_iter().map(Into::into).collect(),
            location: body.location.map(Into::into),
        }
    }
}

impl From<&TagPair> for hera::IndexMapping {
    fn from(tag: &TagPair) -> Self {
        Self { key: tag.key.clone(), value: Some(tag.value.clone()) }
    }
}

impl From<hera::IndexMapping> for TagPair {
    fn from(mapping: hera::IndexMapping) -> Self {
        Self { key: mapping.key, value: mapping.value.unwrap_or_default() }
    }
}

/// A reminder for a request. If it names no app, it gets the one on whose behalf the request is
/// made, as in the contract's own SDKs (R-CLIENT-2).
pub fn reminder_of(reminder: &Reminder, app: String) -> hera::CustomerReminder {
    let whole = hera::CustomerReminder::from(reminder);
    if whole.app_id.is_empty() { hera::CustomerReminder { app_id: app, ..whole } } else { whole }
}

impl From<&Reminder> for hera::CustomerReminder {
    /// The payload is always set, because some SDKs read through its wrapper without
    /// a check (R-EVT-6).
    fn from(reminder: &Reminder) -> Self {
        Self {
            app_id: reminder.app.to_string(),
            key: reminder.key.clone(),
            expiration: time(reminder.remind_at),
            interval: reminder.interval.and_then(duration),
            payload: Some(reminder.payload.clone()),
        }
    }
}

impl From<hera::CustomerReminder> for Reminder {
    /// An interval of zero is none, because some clients cannot leave it out (D-ZERO). One below zero is
    /// no length of time; it becomes one that the rules refuse (R-REM-3).
    fn from(reminder: hera::CustomerReminder) -> Self {
        Self {
            app: reminder.app_id.into(),
            key: reminder.key,
            remind_at: from_time(reminder.expiration),
            interval: reminder
                .interval
                .filter(|every| *every != prost_types::Duration::default())
                .map(|every| from_duration(Some(every))),
            payload: reminder.payload.unwrap_or_default(),
        }
    }
}

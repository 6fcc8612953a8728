//! Entries and their parts, as stored and as streamed.

use super::{
    DecodeError, kind,
    parts::{from_time, time},
    proto::v1,
};
use crate::model::{Actor, Entry, EntryId, Event, Seq, StoredCall};
use bytes::Bytes;
use prost::Message as _;

/// Encodes an entry for the log and the feed.
#[must_use]
pub fn encode(entry: &Entry) -> Bytes {
    v1::Entry::from(entry).encode_to_vec().into()
}

/// Decodes a stored entry. An event of an unknown kind becomes `EventKind::Unreadable`, never an error.
pub fn decode(bytes: &[u8]) -> Result<Entry, DecodeError> {
    v1::Entry::decode(bytes)?.try_into()
}

impl From<&Entry> for v1::Entry {
    fn from(entry: &Entry) -> Self {
        Self {
            org_id: entry.org.to_string(),
            seq: entry.seq.0,
            id: id_bytes(entry.id),
            prev_id: id_bytes(entry.prev_id),
            at: time(entry.at),
            events: entry.events.iter().map(Into::into).collect(),
            call: entry.call.as_ref().map(|call| v1::Call {
                key: call.id.to_string(),
                digest: call.digest.to_vec(),
                receipt: Some((&call.receipt).into()),
            }),
        }
    }
}

impl TryFrom<v1::Entry> for Entry {
    type Error = DecodeError;
    fn try_from(entry: v1::Entry) -> Result<Self, DecodeError> {
        Ok(Self {
            org: entry.org_id.into(),
            seq: Seq(entry.seq),
            id: from_id_bytes(&entry.id)?,
            prev_id: from_id_bytes(&entry.prev_id)?,
            at: from_time(entry.at),
            events: entry.events.into_iter().map(Into::into).collect(),
            call: entry.call.map(from_call).transpose()?,
        })
    }
}

/// The zero id, which is "before the first", is written as nothing.
fn id_bytes(id: EntryId) -> Vec<u8> {
    if id == EntryId::default() { Vec::new() } else { id.0.to_vec() }
}

fn from_id_bytes(bytes: &[u8]) -> Result<EntryId, DecodeError> {
    if bytes.is_empty() {
        return Ok(EntryId::default());
    }
    bytes.try_into().map(EntryId).map_err(|_| DecodeError::new("an entry id is not 16 bytes"))
}

fn from_call(call: v1::Call) -> Result<StoredCall, DecodeError> {
    Ok(StoredCall {
        id: call.key.into(),
        digest: call
            .digest
            .as_slice()
            .try_into()
            .map_err(|_| DecodeError::new("a request digest is not 32 bytes"))?,
        receipt: call.receipt.unwrap_or_default().into(),
    })
}

impl From<&Event> for v1::Event {
    fn from(event: &Event) -> Self {
        Self {
            at: time(event.at),
            customer_id: event.customer.clone().map(Into::into),
            app_id: event.app.clone().map(Into::into),
            actor: Some((&event.actor).into()),
            customer_number: event.number.as_ref().map(Into::into),
            channel_number: event.channel.as_ref().map(Into::into),
            customer_name: event.name.clone(),
            kind: kind::encode(&event.kind),
        }
    }
}

impl From<v1::Event> for Event {
    fn from(event: v1::Event) -> Self {
        Self {
            at: from_time(event.at),
            customer: event.customer_id.map(Into::into),
            app: event.app_id.map(Into::into),
            actor: event.actor.unwrap_or_default().into(),
            number: event.customer_number.map(Into::into),
            channel: event.channel_number.map(Into::into),
            name: event.customer_name,
            kind: kind::decode(event.kind),
        }
    }
}

impl From<&Actor> for v1::Actor {
    fn from(actor: &Actor) -> Self {
        use v1::actor::Kind;
        let (kind, name) = match actor {
            Actor::Hub => (Kind::Hub, ""),
            Actor::Customer => (Kind::Customer, ""),
            Actor::Key(label) => (Kind::Key, label.as_str()),
            Actor::Network => (Kind::Network, ""),
        };
        Self { kind: kind.into(), name: name.to_owned() }
    }
}

impl From<v1::Actor> for Actor {
    fn from(actor: v1::Actor) -> Self {
        use v1::actor::Kind;
        match actor.kind() {
            Kind::Hub | Kind::Unspecified => Self::Hub,
            Kind::Customer => Self::Customer,
            Kind::Key => Self::Key(actor.name),
            Kind::Network => Self::Network,
        }
    }
}

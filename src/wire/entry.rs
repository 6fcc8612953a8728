//! Entries of the log and their parts, in the form in which they are stored and streamed.

use super::{
    DecodeError,
    pair::{Wire, struct_pairs},
    proto::v1,
};
use crate::model::{Actor, Entry, EntryId, Event, Seq, StoredCall};
use bytes::Bytes;
use prost::Message as _;

/// Encodes an entry once; the log stores these bytes and the feed streams them.
#[must_use]
pub fn encode(entry: &Entry) -> Bytes {
    v1::Entry::from(entry).encode_to_vec().into()
}

/// Decodes a stored entry. An event of an unknown kind is no error but becomes `EventKind::Unreadable`.
pub fn decode(bytes: &[u8]) -> Result<Entry, DecodeError> {
    v1::Entry::decode(bytes)?.try_into()
}

/// Encodes one event in its stored form behind its length, so that it can be found again among others
/// that are put one after the other.
#[must_use]
pub fn encode_event(event: &Event) -> Vec<u8> {
    v1::Event::from(event).encode_length_delimited_to_vec()
}

/// The stored form of the event with this number among those that [`encode_event`] has encoded; `None`
/// if there is none.
#[must_use]
pub fn nth_event(events: &[u8], nth: usize) -> Option<&[u8]> {
    let mut rest = events;
    for _ in 0..nth {
        let length = prost::decode_length_delimiter(&mut rest).ok()?;
        rest = rest.get(length..)?;
    }
    let length = prost::decode_length_delimiter(&mut rest).ok()?;
    rest.get(..length)
}

/// Decodes what [`nth_event`] has found; `None` if it cannot be read.
#[must_use]
pub fn decode_event(stored: &[u8]) -> Option<Event> {
    v1::Event::decode(stored).ok()?.try_into().ok()
}

/// What places an entry in its org's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryLink {
    pub seq: Seq,
    pub id: EntryId,
    /// The id of the valid entry before it.
    pub prev_id: EntryId,
}

impl From<&Entry> for EntryLink {
    fn from(entry: &Entry) -> Self {
        Self { seq: entry.seq, id: entry.id, prev_id: entry.prev_id }
    }
}

/// The fields of `switchboard.v1.Entry` that make a [`EntryLink`]. What it does not name is skipped, which costs a
/// fraction of decoding it.
#[derive(Clone, PartialEq, prost::Message)]
struct LinkFields {
    #[prost(uint64, tag = "2")]
    seq: u64,
    #[prost(bytes = "bytes", tag = "3")]
    id: Bytes,
    #[prost(bytes = "bytes", tag = "4")]
    prev_id: Bytes,
}

/// Reads no more of a stored entry than its place in the chain.
pub fn link(bytes: &Bytes) -> Result<EntryLink, DecodeError> {
    let read = LinkFields::decode(bytes.clone())?;
    let (id, prev_id) = (entry_id(&read.id)?, entry_id(&read.prev_id)?);
    Ok(EntryLink { seq: Seq(read.seq), id, prev_id })
}

/// The zero id stands before the first entry and is written as an empty field.
fn entry_id(wire: &[u8]) -> Result<EntryId, DecodeError> {
    if wire.is_empty() {
        return Ok(EntryId::default());
    }
    wire.try_into().map(EntryId).map_err(|_| DecodeError::new("an entry id is not 16 bytes"))
}

struct_pairs! {
    Entry { org, seq, id, prev_id, at, events, call }
        = v1::Entry { org_id: org, seq, id, prev_id, at, events, call };
    StoredCall { id, digest, receipt } = v1::Call { key: id, digest, receipt };
    Event { at, customer, app, actor, number, channel, name, kind with kind }
        = v1::Event {
            at,
            customer_id: customer,
            app_id: app,
            actor,
            customer_number: number,
            channel_number: channel,
            customer_name: name,
            kind,
        };
}

impl Wire<Vec<u8>> for EntryId {
    fn to_wire(&self) -> Vec<u8> {
        if *self == Self::default() { Vec::new() } else { self.0.to_vec() }
    }
    fn from_wire(wire: Vec<u8>) -> Result<Self, DecodeError> {
        entry_id(&wire)
    }
}

/// The digest of a request.
impl Wire<Vec<u8>> for [u8; 32] {
    fn to_wire(&self) -> Vec<u8> {
        self.to_vec()
    }
    fn from_wire(wire: Vec<u8>) -> Result<Self, DecodeError> {
        wire.try_into().map_err(|_| DecodeError::new("a request digest is not 32 bytes"))
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
            Actor::Program(label) => (Kind::Program, label.as_str()),
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
            Kind::Program => Self::Program(actor.name),
        }
    }
}

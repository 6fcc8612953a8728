//! What is written of an entry is what is read, and what a newer hub writes is still shown.

use crate::{
    model::{Actor, Entry, EntryId, Event, EventKind, OrgId, Seq, Timestamp, arbitrary},
    wire::{digest, entry, proto::v1, sandbox},
};
use proptest::prelude::*;
use prost::Message as _;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_entry_comes_back_as_it_was(given in arbitrary::entry()) {
        let bytes = entry::encode(&given);
        prop_assert_eq!(entry::decode(&bytes), Ok(given));
    }

    #[test]
    fn an_event_is_found_by_its_number(given in proptest::collection::vec(arbitrary::event(), 0..9)) {
        let mut bytes = Vec::new();
        for event in &given {
            bytes.extend(entry::encode_event(event));
        }
        for nth in 0..=given.len() {
            let event = entry::nth_event(&bytes, nth).and_then(entry::decode_event);
            prop_assert_eq!(event, given.get(nth).cloned());
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = entry::nth_event(&bytes, 1).and_then(entry::decode_event);
        if let Ok(read) = entry::decode(&bytes) {
            let again = entry::encode(&read);
            prop_assert!(entry::decode(&again).is_ok());
        }
    }

    #[test]
    fn what_reaches_a_phone_is_the_event(given in arbitrary::event()) {
        if let Some(seen) = sandbox::phone_event(&given) {
            let back = sandbox::from_phone_event(seen);
            prop_assert_eq!((back.at, back.channel, back.kind), (given.at, given.channel, given.kind));
        }
    }
}

fn entry_of(kind: EventKind) -> Entry {
    Entry {
        org: OrgId::from("org"),
        seq: Seq(7),
        id: EntryId([1; 16]),
        prev_id: EntryId::default(),
        at: Timestamp::from_micros(-1),
        events: vec![Event {
            at: Timestamp::from_secs(1),
            customer: Some("el_cst_1".into()),
            app: None,
            actor: Actor::Hub,
            number: None,
            channel: None,
            name: Some("Amina".into()),
            kind,
        }],
        call: None,
    }
}

#[test]
fn an_unknown_kind_is_unreadable_and_keeps_its_envelope() {
    // Given an event behind a known envelope whose kind is 99, which no version has.
    let mut event = v1::Event::from(&entry_of(EventKind::CustomerMet).events[0]);
    event.kind = None;
    let mut bytes = event.encode_to_vec();
    prost::encoding::bytes::encode(99, &b"future".to_vec(), &mut bytes);
    let mut stored =
        v1::Entry { events: vec![], ..(&entry_of(EventKind::Unreadable)).into() }.encode_to_vec();
    prost::encoding::bytes::encode(6, &bytes, &mut stored);
    // When it is read.
    let read = entry::decode(&stored).unwrap();
    // Then it is there as an unreadable one.
    assert_eq!(read, entry_of(EventKind::Unreadable));
}

#[test]
fn a_known_kind_with_an_unknown_code_is_unreadable() {
    let mut entry = v1::Entry::from(&entry_of(EventKind::CustomerMet));
    entry.events[0].kind = Some(v1::event::Kind::MessageStatusChanged(v1::MessageStatusChanged {
        message_id: "el_msg_1".into(),
        status: 999,
    }));
    assert_eq!(entry::decode(&entry.encode_to_vec()).unwrap(), entry_of(EventKind::Unreadable));
}

#[test]
fn broken_bytes_are_an_error() {
    let bytes = entry::encode(&entry_of(EventKind::CustomerMet));
    assert!(entry::decode(&bytes[..bytes.len() - 1]).is_err());
    let short = v1::Entry { id: vec![1; 15], ..(&entry_of(EventKind::CustomerMet)).into() };
    let error = entry::decode(&short.encode_to_vec()).unwrap_err();
    assert_eq!(error.to_string(), "an entry id is not 16 bytes");
}

#[test]
fn microseconds_travel_in_the_nanos() {
    let at = Timestamp::from_micros(1_500_000_000_123_456);
    let wire = crate::wire::time(at).unwrap();
    assert_eq!((wire.seconds, wire.nanos), (1_500_000_000, 123_456_000));
    assert_eq!(crate::wire::from_time(None), Timestamp::ZERO);
}

#[test]
fn a_digest_tells_paths_and_requests_apart() {
    let one = digest("/a", b"bc");
    assert_eq!(one, digest("/a", b"bc"));
    assert_ne!(one, digest("/ab", b"c"));
    assert_ne!(one, digest("/a", b"bd"));
}

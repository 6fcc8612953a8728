//! A log that the first build wrote. `tests/data/first.log` has 320 entries of its sandbox, each after its
//! length in four bytes. Every later version reads it, folds it, and would write it alike.

use crate::{
    model::{CallId, Entry, MessageStatus, PaymentStatus},
    rules::World,
    wire::entry,
};

const WRITTEN: &[u8] = include_bytes!("../../../../tests/data/first.log");

fn payloads() -> Vec<&'static [u8]> {
    let (mut rest, mut all) = (WRITTEN, Vec::new());
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).expect("a length");
        let (payload, tail) = tail.split_at(length);
        all.push(payload);
        rest = tail;
    }
    all
}

#[test]
fn what_the_first_build_wrote_is_read_and_folded_as_it_was_meant() {
    let payloads = payloads();
    let entries: Vec<Entry> =
        payloads.iter().map(|bytes| entry::decode(bytes).expect("readable")).collect();
    assert_eq!(entries.len(), 320);
    let mut world = World::default();
    for (entry, payload) in entries.iter().zip(payloads) {
        assert!(world.apply(entry), "entry {:?} follows the one before", entry.seq);
        assert_eq!(entry::encode(entry), payload, "a new field has no place where it is not set");
    }
    let all: Vec<_> = world.customers().collect();
    let of = |count: fn(&crate::model::CustomerState) -> usize| all.iter().map(|c| count(c)).sum();
    let sums: [usize; 6] = [
        all.len(),
        of(|c| c.messages.len()),
        of(|c| c.messages.iter().filter(|m| m.status == MessageStatus::Delivered).count()),
        of(|c| c.ussd.len()),
        of(|c| c.calls.len()),
        of(|c| c.payments.len()),
    ];
    // These are the numbers that the first build counted itself.
    assert_eq!(sums, [54, 109, 6, 18, 7, 15]);
    // There was no ledger yet, but what those payments put into the purse is in it now.
    let paid = all.iter().flat_map(|c| &c.payments).filter(|p| p.status == PaymentStatus::Success);
    let paid: i64 = paid.map(|p| p.value.minor).sum();
    let till =
        world.purses().find(|(id, ..)| *id == "till").map(|(_, account, _)| account.available);
    assert_eq!(till, Some(paid));
    for key in ["old-key-0001", "old-key-0002"] {
        assert!(world.call(&CallId::from(key)).is_some(), "the answer to {key} is kept");
    }
}

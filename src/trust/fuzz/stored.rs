//! What lies on disk: entries of the log, and the rows of a stored World. The checksums that would refuse changed bytes are
//! left out here, because what they let through must not be able to do harm either; that they refuse them is shown where
//! bits of whole files are flipped (`hub/copies/tests/damage.rs`).

use super::head;
use crate::{
    model::{Entry, EntryId, OrgSettings, Timestamp},
    rules::{Base, MemoryBase, Table, World},
    wire::entry::{self, EntryLink},
};
use bytes::Bytes;
use std::sync::{Arc, LazyLock};

/// A log that the first build wrote: each entry after its length in four bytes.
const LOG: &[u8] = include_bytes!("../../../tests/data/first.log");

/// The stored entries of that log.
pub fn entries() -> Vec<&'static [u8]> {
    let (mut rest, mut all) = (LOG, Vec::new());
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let (payload, tail) = tail.split_at(length.min(tail.len()));
        all.push(payload);
        rest = tail;
    }
    all
}

/// The World of a sandbox with some fifty customers.
pub static WORLD: LazyLock<World> = LazyLock::new(|| folded(usize::MAX));

/// The World after so many entries.
fn folded(count: usize) -> World {
    let mut world = World::default();
    for bytes in entries().into_iter().take(count) {
        let entry = entry::decode(bytes).expect("the log can be read");
        assert!(world.apply(&entry), "entry {} follows", entry.seq);
    }
    world
}

/// The time of the newest entry of that World.
pub static NOW: LazyLock<Timestamp> = LazyLock::new(|| {
    let newest = entries().into_iter().filter_map(|bytes| entry::decode(bytes).ok()).next_back();
    newest.map_or(Timestamp::ZERO, |entry| entry.at)
});

/// Bytes of an entry.
pub(super) fn entry(bytes: &[u8]) {
    let Ok(read) = entry::decode(bytes) else { return };
    let link = entry::link(&Bytes::copy_from_slice(bytes));
    assert_eq!(link, Ok(EntryLink::from(&read)), "both readers find the same place");
    written_again(&read);
    let mut world = World::default();
    let first = Entry { prev_id: EntryId::default(), ..read };
    assert!(world.apply(&first));
}

/// Expects that an entry is read as it was written. Bytes are compared, because a number may be
/// none, which is equal to nothing.
pub(super) fn written_again(of: &Entry) {
    let written = entry::encode(of);
    let again = entry::decode(&written).map(|again| entry::encode(&again));
    assert_eq!(again, Ok(written), "{of:?}");
}

type StoredRow = ((Table, Vec<u8>), Vec<u8>);

/// How many entries lead to a World that is stored: enough for a row in most tables, and few enough to read it often.
const STORED: usize = 60;

/// A World of some customers, its rows, and a base that has them.
static ROWS: LazyLock<(World, Vec<StoredRow>, MemoryBase)> = LazyLock::new(|| {
    let world = folded(STORED);
    let mut stored = world.clone();
    stored.settle();
    let base = MemoryBase::default().and(&stored);
    (world, base.rows.iter().map(|(key, row)| (key.clone(), row.clone())).collect(), base)
});

/// The number of a row, in two bytes, and what is stored in it instead.
pub(super) fn snapshot(bytes: &[u8]) {
    let (number, value) = head::<2>(bytes);
    let (whole, rows, base) = &*ROWS;
    let number = usize::from(u16::from_be_bytes(number)) % rows.len();
    let (key, row) = &rows[number];
    let mut changed = MemoryBase::default();
    changed.rows = base.rows.clone();
    changed.rows.insert(key.clone(), value.to_vec());
    let changed: Arc<dyn Base> = Arc::new(changed);
    let Some(world) = World::open(&changed) else {
        assert_eq!(key.0, Table::Rest, "only one row is needed to open a World");
        return;
    };
    let settings = OrgSettings::default();
    let read = world.customers().map(|customer| customer.messages.iter().count()).sum::<usize>();
    let _ = (world.next_due(&settings), world.in_flight(), world.works().count(), read);
    if value == row {
        assert_eq!((world.difference(whole), world.trouble()), (None, None));
    }
}

//! One contract for every backend: what `Log` promises, and what survives a log that breaks its
//! promises (`Faults`), because the chain decides and not the acknowledgement.

mod contract;
mod disk;

use super::{Log, Stored, memory::MemoryLog, sqlite::SqliteLog};
use crate::{
    hub::clock,
    model::{Actor, Body, Entry, EntryId, Event, EventKind, OrgId, Seq, Timestamp},
};
use std::sync::Arc;
use tempfile::TempDir;

/// A log, and the folder that it needs, if it needs one.
pub(in crate::hub) struct Bench {
    pub(in crate::hub) log: Arc<dyn Log>,
    _dir: Option<TempDir>,
}

pub(in crate::hub) fn memory() -> Bench {
    Bench { log: Arc::new(MemoryLog::new()), _dir: None }
}

pub(in crate::hub) fn sqlite() -> Bench {
    let dir = TempDir::new().expect("a folder");
    Bench { log: Arc::new(SqliteLog::open(dir.path()).expect("a log")), _dir: Some(dir) }
}

pub(in crate::hub) fn org(name: &str) -> OrgId {
    name.into()
}

/// An entry with a message `text`, decided after the entry `prev`.
fn entry(org: &OrgId, prev: Option<&Stored>, text: &str) -> Stored {
    let (seq, prev_id) = prev.map_or((Seq(0), EntryId::default()), |p| (p.entry.seq, p.entry.id));
    let at = Timestamp::from_secs(1_700_000_000);
    let kind = EventKind::MessageReceived { id: "el_msg_1".into(), body: Body::text(text) };
    let event = Event {
        at,
        customer: Some("el_cst_1".into()),
        app: None,
        actor: Actor::Customer,
        number: None,
        channel: None,
        name: None,
        kind,
    };
    Stored::new(Entry {
        org: org.clone(),
        seq: seq.next(),
        id: EntryId(clock::fresh()),
        prev_id,
        at,
        events: vec![event],
        call: None,
    })
}

/// Makes so many entries, each of which names the one before it.
pub(in crate::hub) fn chain(org: &OrgId, prev: Option<&Stored>, count: usize) -> Vec<Stored> {
    let mut made: Vec<Stored> = Vec::with_capacity(count);
    for i in 0..count {
        let next = entry(org, made.last().or(prev), &format!("message {i}"));
        made.push(next);
    }
    made
}

fn ids(rows: &[Stored]) -> Vec<EntryId> {
    rows.iter().map(|stored| stored.entry.id).collect()
}

//! How every reader tells valid entries from void ones. An entry is valid if its `prev_id` names the
//! last valid entry before it, whatever the log said about the append. So a retry after a lost
//! acknowledgement is harmless: at most one of the two attempts fits the chain.

use super::{Log, LogError, PageSize, Pos, RawEntry, Stored};
use crate::{
    model::{EntryId, OrgId, Seq},
    wire::entry::EntryLink,
};

/// How far a reader has read in an org's log, and the last valid entry up to there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainCursor {
    /// The position of the last entry that was read, valid or void.
    pub pos: Pos,
    /// The place of the last valid entry; 0 before the first.
    pub seq: Seq,
    /// The id of that entry, which the next valid one must name.
    pub id: EntryId,
}

impl ChainCursor {
    /// Moves over the entry at `pos` and returns whether it is valid.
    pub fn step(&mut self, pos: Pos, entry: impl Into<EntryLink>) -> bool {
        let EntryLink { seq, id, prev_id } = entry.into();
        self.pos = pos;
        let valid = prev_id == self.id;
        if valid {
            (self.seq, self.id) = (seq, id);
        }
        valid
    }

    /// Moves to where the log begins, if that is further on: what is before went out of it.
    pub fn begin_with(&mut self, log: &dyn Log, org: &OrgId) {
        let begin = log.begin(org).place;
        if self.seq < begin.seq {
            *self = begin;
        }
    }

    /// Whether what follows has gone out of the log.
    fn is_before(&self, log: &dyn Log, org: &OrgId) -> bool {
        self.seq < log.begin(org).place.seq
    }
}

/// The next valid entries after `place`, which moves over them and over the void entries between
/// them. Fewer than `limit` means that the log ends there.
pub async fn follow(
    log: &dyn Log,
    org: &OrgId,
    place: &mut ChainCursor,
    limit: usize,
) -> Result<Vec<(Pos, Stored)>, LogError> {
    place.begin_with(log, org);
    let mut valid = Vec::new();
    while valid.len() < limit {
        let asked = limit - valid.len();
        let rows = log.read(org, place.pos, asked).await?;
        if place.is_before(log, org) {
            // It went while this was read.
            valid.clear();
            place.begin_with(log, org);
            continue;
        }
        let end = rows.len() < asked;
        valid.extend(rows.into_iter().filter(|(pos, stored)| place.step(*pos, &*stored.entry)));
        if end {
            break;
        }
    }
    Ok(valid)
}

/// A page of the valid entries after `place` for whoever hands them on, with their positions; it moves over them.
/// None means that the log ends there.
pub async fn follow_raw(
    log: &dyn Log,
    org: &OrgId,
    place: &mut ChainCursor,
    page: PageSize,
) -> Result<Vec<(Pos, RawEntry)>, LogError> {
    place.begin_with(log, org);
    loop {
        let rows = log.scan(org, place.pos, page).await?;
        if place.is_before(log, org) {
            place.begin_with(log, org);
            continue;
        }
        let end = rows.is_empty();
        let valid = rows.into_iter().filter(|(pos, raw)| place.step(*pos, raw.link));
        let valid: Vec<_> = valid.collect();
        if end || !valid.is_empty() {
            return Ok(valid);
        }
    }
}

/// Decodes an entry that a log has handed out; `row` names its row for the error.
pub fn decode(
    org: &OrgId,
    raw: RawEntry,
    row: impl FnOnce(Seq) -> String,
) -> Result<Stored, LogError> {
    let RawEntry { link, bytes } = raw;
    Stored::decode(bytes).map_err(|error| LogError::Corrupt {
        org: org.clone(),
        what: format!("{}: {error}", row(link.seq)),
    })
}

/// Whether the log holds the entry that `place` stands at. If not, the place belongs to another log or
/// to a newer copy of this one.
pub async fn holds(log: &dyn Log, org: &OrgId, place: &ChainCursor) -> Result<bool, LogError> {
    if place.seq == Seq(0) || *place == log.begin(org).place {
        return Ok(true);
    }
    let found = log.at(org, &[place.pos]).await?;
    Ok(found.first().is_some_and(|stored| stored.entry.id == place.id))
}

/// Says that a log does not hold the entry that `place` stands at, which a file of the same folder has seen.
#[must_use]
pub fn lacks(org: &OrgId, place: &ChainCursor, seen_by: &str) -> String {
    format!(
        "the log of {org} lacks entry {}, which {seen_by} has seen: log.db lost its end or is an older copy. \
         What came after is gone, and so are its idempotency keys: a call of then that is repeated would be \
         done twice. Put the right log.db back, or start once with --accept-loss",
        place.seq
    )
}

/// Says that a file of a data folder has seen entries of another log than the one that is there.
#[must_use]
pub fn is_of_another_log(seen_by: &str) -> String {
    format!(
        "log.db is not the log that {seen_by} has seen, nor one that was restored or repaired from it: it may have been \
         moved away, replaced or emptied, or its disk is not mounted. Everything that is in the right one would be \
         missing, and so would its idempotency keys: a call of then that is repeated would be done twice. Put the right \
         log.db back, restore a backup, or start once with --accept-loss"
    )
}

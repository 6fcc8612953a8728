//! How every reader tells valid entries from void ones: the chain decides, not the
//! acknowledgement. An entry is valid if it names the last valid one before it.

use super::{Log, LogError, Pos, Stored};
use crate::model::{Entry, EntryId, OrgId, Seq};

/// A reader's place: how far it has read, and the last valid entry up to there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Read up to here, void entries included.
    pub pos: Pos,
    /// The place of the last valid entry.
    pub seq: Seq,
    /// Its name.
    pub id: EntryId,
}

impl Place {
    /// Steps over the entry at `pos`; whether it is valid.
    pub fn step(&mut self, pos: Pos, entry: &Entry) -> bool {
        self.pos = pos;
        let valid = entry.prev_id == self.id;
        if valid {
            (self.seq, self.id) = (entry.seq, entry.id);
        }
        valid
    }
}

/// The next valid entries, up to `limit`; fewer only at the end of the log. Moves `place`.
pub async fn follow(
    log: &dyn Log,
    org: &OrgId,
    place: &mut Place,
    limit: usize,
) -> Result<Vec<(Pos, Stored)>, LogError> {
    let mut valid = Vec::new();
    while valid.len() < limit {
        let asked = limit - valid.len();
        let rows = log.read(org, place.pos, asked).await?;
        let end = rows.len() < asked;
        valid.extend(rows.into_iter().filter(|(pos, stored)| place.step(*pos, &stored.entry)));
        if end {
            break;
        }
    }
    Ok(valid)
}

/// Whether the log holds the entry of that place, as it does unless it is another log, or an older
/// copy of this one.
pub async fn holds(log: &dyn Log, org: &OrgId, place: &Place) -> Result<bool, LogError> {
    if place.seq == Seq(0) {
        return Ok(true);
    }
    let found = log.at(org, &[place.pos]).await?;
    Ok(found.first().is_some_and(|stored| stored.entry.id == place.id))
}

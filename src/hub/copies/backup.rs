//! `switchboard backup`: brings a backup up to where the log is now, also while a hub writes to it (R-COPY-1 to 4).
//!
//! A log only grows, so what it holds up to any place is consistent for ever, and a backup is such a beginning. Nothing
//! has to be locked or frozen: the ends of all orgs are noted at one moment, and what lies before them is copied in
//! pages, each in a transaction of its own on both sides.

use super::{
    CopiedOrg, CopyError, CopyProgress, PAGE, Watcher, begin, fits, is_still_there, meant,
};
use crate::{
    hub::{
        log::{
            Pos, RawEntry,
            folder::{Folder, FolderError},
            sqlite::{FILE, LogCopy, LogFile},
        },
        origins::Origins,
    },
    model::OrgId,
};
use std::path::Path;
use tokio::time::Instant;

/// What a run has brought into a backup.
#[derive(Clone, Debug)]
pub struct BackedUp {
    pub orgs: Vec<CopiedOrg>,
    /// How many orgs of the log were not meant.
    pub left_out: usize,
}

/// Copies into the backup `to` what the log of the data folder holds and the backup does not, of all orgs or of one.
/// The backup is made if it is not there. What was copied is durable when this returns, and whatever was copied
/// before an error or a crash is kept.
pub fn backup(
    data: &Path,
    to: &Path,
    only: Option<&OrgId>,
    watch: &mut Watcher<'_>,
) -> Result<BackedUp, CopyError> {
    let log = LogFile::open(data)?;
    let (ends, left_out) = meant(&log, only)?;
    let folder = Folder::claim(to).map_err(|error| match error {
        FolderError::InUse(path) => CopyError::InUse(path),
        FolderError::Unusable { folder, error } => CopyError::unwritten(&folder, error),
        other @ (FolderError::Exposed(_)
        | FolderError::Damaged { .. }
        | FolderError::Unreadable { .. }) => other.into(),
    })?;
    let file = folder.private(FILE)?;
    let identity = log.identity().of_backup();
    let mut copy = match LogCopy::open(&file, &identity) {
        Ok(Ok(copy)) => copy,
        Ok(Err(other)) => {
            let what = if other.is_backup { "a backup of another log" } else { "the log of a hub" };
            let of = log.path().to_owned();
            return Err(CopyError::AnotherLog { folder: to.to_owned(), of, what });
        }
        Err(why) => return Err(CopyError::unwritten(&file, why)),
    };
    // A backup that does not fit is found before anything is written to it.
    let origins = (Origins::of(data), Origins::of(to));
    for org in ends.keys() {
        begin(&mut copy, &log, org, (&origins.0, &origins.1))?;
        fits(&mut copy, &log, org)?;
    }
    let orgs = ends.iter().map(|(org, until)| one(&log, &mut copy, org, *until, watch));
    Ok(BackedUp { orgs: orgs.collect::<Result<_, _>>()?, left_out })
}

fn one(
    log: &LogFile,
    copy: &mut LogCopy,
    org: &OrgId,
    until: Pos,
    watch: &mut Watcher<'_>,
) -> Result<CopiedOrg, CopyError> {
    let began = Instant::now();
    let (first, from) = fits(copy, log, org)?;
    let (mut at, mut entries, mut bytes) = (first, 0, 0);
    while at < until {
        let mut rows = log.page(org, at, PAGE)?;
        is_still_there(log, org, at)?;
        rows.retain(|(pos, _)| *pos <= until);
        let Some((last, _)) = rows.last() else { break };
        at = *last;
        copy.append(org, &rows).map_err(|error| CopyError::unwritten(copy.path(), error))?;
        entries += rows.len() as u64;
        bytes += rows.iter().map(|(_, raw): &(Pos, RawEntry)| raw.bytes.len() as u64).sum::<u64>();
        watch(CopyProgress { org, entries, fresh: rows.len(), from: first, at, until });
    }
    let (_, to) = copy.place(org).map_err(|error| CopyError::unwritten(copy.path(), error))?;
    Ok(CopiedOrg { org: org.clone(), from, to, entries, bytes, took: began.elapsed() })
}

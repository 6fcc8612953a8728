//! Copies of a hub's data, and what becomes of damaged ones: back up, restore, verify, repair (docs/COPIES.md).
//!
//! All of it works on files and needs no hub. What is copied is the log alone, because everything else in a data
//! folder is made from it. `walk` reads an org's log and is the only one who judges whether it is right. Nothing here
//! asks or prints; whoever calls does that, and may look on (`Watcher`).

mod backup;
mod repair;
mod restore;
#[cfg(test)]
mod tests;
mod verify;
mod walk;

pub use backup::{BackedUp, backup};
pub use repair::{LogCut, RepairPlan, RepairedLog};
pub use restore::{RestoredLog, restore};
pub use verify::{Compared, VerifiedOrg, verify};
pub use walk::{LogDamage, LogWalk, WalkEnd, WalkError, WalkedRow};

use super::{
    log::{
        LogError, PageSize, Pos,
        folder::FolderError,
        sqlite::{LogCopy, LogFile},
    },
    origins::Origins,
};
use crate::model::{OrgId, Seq};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// How much is read and written at once. A hub that writes to the same file meanwhile is held up by no more.
const PAGE: PageSize = PageSize { entries: 4_096, bytes: 4 << 20 };

/// Why a copy was not made, or not read. Each message says what happened to which file, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The log that is read is damaged or cannot be read now.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Somebody else writes this backup.
    #[error(
        "the backup {} is being written or restored by another switchboard; wait until that one is done", .0.display()
    )]
    InUse(PathBuf),
    /// A hub is working in the folder that would be changed.
    #[error("a hub is running on {}; stop it first", .0.display())]
    HubRuns(PathBuf),
    /// The folder has a log that this is not a backup of.
    #[error(
        "{} holds {what}, and not a backup of the log in {}: nothing was changed there; name another folder",
        .folder.display(), .of.display()
    )]
    AnotherLog { folder: PathBuf, of: PathBuf, what: &'static str },
    /// The copy ends in an entry that the log does not have.
    #[error(
        "the backup in {} does not fit the log in {}: the log has another entry {place} of {org}, or has lost it. \
         One of them went another way, as after a restore from an older copy. Nothing was changed; keep this backup, \
         and name another folder for the next",
        .folder.display(), .of.display()
    )]
    Fork { org: OrgId, place: Seq, folder: PathBuf, of: PathBuf },
    /// What the copy lacks is in the log no more.
    #[error(
        "the backup in {} ends at entry {place} of {org}, and the log in {} begins after entry {begin}: what is between \
         went out of it. Nothing was changed; keep this backup, and name another folder for the next",
        .folder.display(), .of.display()
    )]
    Pruned { org: OrgId, place: Seq, begin: Seq, folder: PathBuf, of: PathBuf },
    /// The log begins elsewhere than when the copy began.
    #[error("entries of {org} went out of the log in {} meanwhile; run it again", .of.display())]
    PrunedMeanwhile { org: OrgId, of: PathBuf },
    /// A log is there already, and is not written over.
    #[error("{} is there already and stays as it is: name another data folder, or move it away", .0.display())]
    Occupied(PathBuf),
    /// The log has no entry, and what lies beside it is damaged or has seen those of another log.
    #[error("{0}")]
    Begun(String),
    /// Even the list of orgs in the log is damaged.
    #[error("nobody can tell which orgs are in {}: {why}; restore a backup", .file.display())]
    Unlisted { file: PathBuf, why: String },
    /// The log has nothing of that org.
    #[error("the log in {} has no entries of an org {org}", .of.display())]
    NoSuchOrg { org: OrgId, of: PathBuf },
    /// Another org would be cut too.
    #[error(
        "the log of {org} is damaged too, at {what}: leave out --org, and all damaged orgs are cut"
    )]
    AlsoDamaged { org: OrgId, what: String },
    /// What was to be written could not be.
    #[error("{} cannot be written: {why}", .file.display())]
    Unwritten { file: PathBuf, why: String },
}

impl CopyError {
    fn unwritten(file: &Path, why: impl std::fmt::Display) -> Self {
        Self::Unwritten { file: file.to_owned(), why: why.to_string() }
    }
    fn io(file: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::unwritten(file, error)
    }
}

/// How far a walk through an org's log has come.
#[derive(Clone, Copy, Debug)]
pub struct CopyProgress<'a> {
    pub org: &'a OrgId,
    /// How many entries were read in this org's log so far, and how many just now.
    pub entries: u64,
    pub fresh: usize,
    from: Pos,
    at: Pos,
    until: Pos,
}

impl CopyProgress<'_> {
    /// How much of the org's log was read, in percent.
    #[must_use]
    pub fn percent(&self) -> u64 {
        let (all, done) = (self.until.0 - self.from.0.min(self.until.0), self.at.0 - self.from.0);
        done.saturating_mul(100).checked_div(all).unwrap_or(100).min(100)
    }
}

/// Is told after every page. It may take its time, which slows the work down.
pub type Watcher<'a> = dyn FnMut(CopyProgress<'_>) + 'a;

/// What was copied of one org.
#[derive(Clone, Debug)]
pub struct CopiedOrg {
    pub org: OrgId,
    /// The last entry that the copy had before, and the last one that it has now.
    pub from: Seq,
    pub to: Seq,
    /// How many entries were copied, and their bytes.
    pub entries: u64,
    pub bytes: u64,
    pub took: Duration,
}

/// Where the orgs end that are meant, which are all of the log or one, and how many others there are.
fn meant(log: &LogFile, only: Option<&OrgId>) -> Result<(BTreeMap<OrgId, Pos>, usize), CopyError> {
    let mut ends = log.ends().map_err(|error| CopyError::Unlisted {
        file: log.path().to_owned(),
        why: error.to_string(),
    })?;
    let Some(org) = only else { return Ok((ends, 0)) };
    match ends.remove_entry(org) {
        Some(end) => Ok(([end].into(), ends.len())),
        None => Err(CopyError::NoSuchOrg { org: org.clone(), of: log.path().to_owned() }),
    }
}

/// How often it is tried to copy an origin, which a hub may remove meanwhile because the log begins with another one.
const TRIES: usize = 3;

/// Has an org begin in a copy where it begins in the log, with the World of that place, unless the copy has rows of it.
fn begin(
    copy: &mut LogCopy,
    log: &LogFile,
    org: &OrgId,
    (from, to): (&Origins, &Origins),
) -> Result<(), CopyError> {
    let file = copy.path().to_owned();
    let read = |error: rusqlite::Error| CopyError::unwritten(&file, error);
    let mut tries = 0;
    loop {
        let begin = copy.begin_with(log, org).map_err(read)?;
        match to.take(from, org, &begin) {
            Ok(()) => return Ok(()),
            Err(_) if tries < TRIES => tries += 1,
            Err(why) => return Err(CopyError::unwritten(&file.with_file_name("origin"), why)),
        }
    }
}

/// Says that nothing went out of the log that the copy was about to read after this position.
fn is_still_there(log: &LogFile, org: &OrgId, at: Pos) -> Result<(), CopyError> {
    let begin = log.begin(org).map_err(|error| CopyError::unwritten(log.path(), error))?;
    if begin.place.pos > at {
        return Err(CopyError::PrunedMeanwhile { org: org.clone(), of: log.path().to_owned() });
    }
    Ok(())
}

/// Says that the copy has the same rows as the log up to its end, or why it is not so.
fn fits(copy: &mut LogCopy, log: &LogFile, org: &OrgId) -> Result<(Pos, Seq), CopyError> {
    let file = copy.path().to_owned();
    let read = |error| CopyError::unwritten(&file, error);
    let (pos, place) = copy.place(org).map_err(read)?;
    let (folder, of) = (file.with_file_name(""), log.path().to_owned());
    let begin = log.begin(org).map_err(read)?.place;
    if pos < begin.pos && copy.is_empty(org).map_err(read)? {
        return Err(CopyError::PrunedMeanwhile { org: org.clone(), of });
    }
    if pos < begin.pos {
        return Err(CopyError::Pruned { org: org.clone(), place, begin: begin.seq, folder, of });
    }
    if copy.is_beginning_of(log, org).map_err(read)? {
        return Ok((pos, place));
    }
    Err(CopyError::Fork { org: org.clone(), place, folder, of })
}

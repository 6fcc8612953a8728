//! `switchboard restore`: makes the data folder of a hub from a backup (R-COPY-5, R-COPY-6).
//!
//! The log gets a new name, because what comes after the backup from now on is another history than the one that the
//! old log had or goes on to have. It remembers the old name, so that a console which comes with a cursor of the old
//! log is told the reason and not only that something is missing.

use super::{
    CopiedOrg, CopyError, CopyProgress, LogWalk, PAGE, WalkEnd, WalkError, Watcher, begin, meant,
};
use crate::{
    hub::{
        log::{
            LogError, Pos, RawEntry,
            folder::{Folder, FolderError},
            sqlite::{FILE, LogCopy, LogFile, LogIdentity},
        },
        origins::Origins,
        private, state_store,
    },
    model::{OrgId, Seq},
};
use std::{fs, io, path::Path};
use tokio::time::Instant;

/// The file that becomes the log when it is whole.
const UNFINISHED: &str = "log.db.unfinished";
/// What SQLite may have beside a file. A new file under the old name would be taken for what they belong to.
pub(super) const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A log that was restored.
#[derive(Clone, Debug)]
pub struct RestoredLog {
    /// The new name of the log, and that of the one which the backup is of.
    pub id: String,
    pub was: String,
    pub orgs: Vec<CopiedOrg>,
}

/// Makes the log of the data folder from a backup, or from the data folder of a hub, of all orgs or of one. Every row is
/// verified on the way. The log is there whole and durable when this returns, and not at all before.
pub fn restore(
    from: &Path,
    data: &Path,
    only: Option<&OrgId>,
    watch: &mut Watcher<'_>,
) -> Result<RestoredLog, CopyError> {
    let log = LogFile::open(from)?;
    let (ends, _) = meant(&log, only)?;
    let folder = claim(data)?;
    let place = folder.path().join(FILE);
    for beside in [""].into_iter().chain(BESIDE) {
        let file = folder.path().join(format!("{FILE}{beside}"));
        if file.exists() {
            return Err(CopyError::Occupied(file));
        }
    }
    let identity = log.identity().renewed();
    let orgs = write(&folder, &log, &identity, &ends.into_iter().collect::<Vec<_>>(), watch)?;
    put(&folder, &place)?;
    forget_made(&folder)?;
    Ok(RestoredLog { id: identity.id, was: log.identity().id.clone(), orgs })
}

/// Claims a data folder that is to be changed, on which no hub may run.
pub(super) fn claim(data: &Path) -> Result<Folder, CopyError> {
    Folder::claim(data).map_err(|error| match error {
        FolderError::InUse(path) => CopyError::HubRuns(path),
        other => other.into(),
    })
}

/// Writes the rows of these orgs up to these positions into an unfinished log of this identity. Nothing is left of it
/// after an error.
pub(super) fn write(
    folder: &Folder,
    log: &LogFile,
    identity: &LogIdentity,
    orgs: &[(OrgId, Pos)],
    watch: &mut Watcher<'_>,
) -> Result<Vec<CopiedOrg>, CopyError> {
    let file = folder.path().join(UNFINISHED);
    // Somebody may have been killed at this before.
    clear(&file).map_err(CopyError::io(&file))?;
    let file = folder.private(UNFINISHED)?;
    let written = LogCopy::open(&file, identity)
        .and_then(|copy| copy.map_err(|_| "it is another log".into()))
        .map_err(|why| CopyError::unwritten(&file, why))
        .and_then(|mut copy| {
            let of = |file: &Path| Origins::of(&file.with_file_name(""));
            let origins = (of(log.path()), of(&file));
            for (org, _) in orgs {
                begin(&mut copy, log, org, (&origins.0, &origins.1))?;
            }
            orgs.iter().map(|(org, until)| one(log, &mut copy, org, *until, watch)).collect()
        });
    if written.is_err() {
        // The error that led here says more than one about this.
        let _ = clear(&file);
    }
    written
}

/// Puts the unfinished log, which is whole by now, in the place of the log.
pub(super) fn put(folder: &Folder, place: &Path) -> Result<(), CopyError> {
    let file = folder.path().join(UNFINISHED);
    let moved = fs::rename(&file, place).and_then(|()| private::sync_folder(folder.path()));
    moved.map_err(CopyError::io(place))
}

/// Removes what was made from the log that was here before, so that the next start does not take the restored one for a
/// log that was put in its place by accident (R-LOG-4).
fn forget_made(folder: &Folder) -> Result<(), CopyError> {
    for file in ["shelf.sums", "shelf.db"].map(|name| folder.path().join(name)) {
        clear(&file).map_err(CopyError::io(&file))?;
    }
    let state = folder.path().join(state_store::FOLDER);
    private::remove_folder(&state).map_err(CopyError::io(&state))
}

fn clear(file: &Path) -> io::Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    for beside in [""].into_iter().chain(BESIDE) {
        match fs::remove_file(file.with_file_name(format!("{name}{beside}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn one(
    log: &LogFile,
    copy: &mut LogCopy,
    org: &OrgId,
    until: Pos,
    watch: &mut Watcher<'_>,
) -> Result<CopiedOrg, CopyError> {
    let began = Instant::now();
    let mut walk = LogWalk::new(log, org, WalkEnd::At(until));
    let (mut entries, mut bytes) = (0, 0);
    loop {
        let page = walk.next_page(PAGE).map_err(|error| match error {
            WalkError::Damage(damage) => {
                CopyError::Log(LogError::Corrupt { org: damage.org, what: damage.what })
            }
            WalkError::Log(error) => CopyError::Log(error),
        })?;
        let Some(last) = page.last() else { break };
        let (at, fresh) = (last.pos, page.len());
        let rows: Vec<(Pos, RawEntry)> =
            page.into_iter().map(|row| (row.pos, row.stored.into())).collect();
        copy.append(org, &rows).map_err(|error| CopyError::unwritten(copy.path(), error))?;
        entries += fresh as u64;
        bytes += rows.iter().map(|(_, raw)| raw.bytes.len() as u64).sum::<u64>();
        watch(CopyProgress { org, entries, fresh, from: Pos(0), at, until });
    }
    let (_, to) = copy.place(org).map_err(|error| CopyError::unwritten(copy.path(), error))?;
    Ok(CopiedOrg { org: org.clone(), from: Seq(0), to, entries, bytes, took: began.elapsed() })
}

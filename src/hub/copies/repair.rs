//! `switchboard repair`: cuts a damaged log to what is right of it (R-COPY-9, R-COPY-10).
//!
//! The damaged file is not touched. What is right of it is written into a new file, which takes its place in one
//! step, and the old one is kept under another name with everything that it had. So a repair that is stopped, or that
//! turns out to be a mistake, has lost nothing.

use super::{
    CopyError, CopyProgress, LogWalk, PAGE, WalkEnd, WalkError, Watcher, meant,
    restore::{self, BESIDE},
};
use crate::{
    hub::{
        clock,
        log::{
            Pos,
            folder::Folder,
            sqlite::{self, FILE, LogFile},
        },
        private,
    },
    model::{OrgId, Seq},
};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// What is cut off an org's log.
#[derive(Clone, Debug)]
pub struct LogCut {
    pub org: OrgId,
    /// The last entry that stays.
    pub last: Seq,
    /// Why the rest does not: the row, the file, and what is wrong with it.
    pub what: String,
    /// How many rows are cut off, and the bytes of their entries; `None` if the file is too damaged to say.
    pub rows: Option<(u64, u64)>,
}

/// A repair that somebody has to agree to. No hub can start on the folder while this lives.
pub struct RepairPlan {
    folder: Folder,
    log: LogFile,
    keeps: Vec<(OrgId, Pos)>,
    cuts: Vec<LogCut>,
}

/// What a repair has done.
#[derive(Clone, Debug)]
pub struct RepairedLog {
    /// The name of the log from now on.
    pub id: String,
    /// The file with the log as it was.
    pub kept: PathBuf,
}

impl RepairPlan {
    /// Walks through the whole log. `None` if all of it is right. With `only`, damage to another org is an error,
    /// because it would be cut too.
    pub fn make(
        data: &Path,
        only: Option<&OrgId>,
        watch: &mut Watcher<'_>,
    ) -> Result<Option<Self>, CopyError> {
        // The folder is not made if it is not there.
        let log = LogFile::open(data)?;
        let folder = restore::claim(data)?;
        if let Some(org) = only {
            meant(&log, Some(org))?;
        }
        let (ends, _) = meant(&log, None)?;
        let (mut keeps, mut cuts) = (Vec::new(), Vec::new());
        for (org, until) in ends {
            let (kept, cut) = one(&log, &org, until, watch)?;
            if let Some(cut) = cut {
                if only.is_some_and(|only| *only != org) {
                    return Err(CopyError::AlsoDamaged { org, what: cut.what });
                }
                cuts.push(cut);
            }
            keeps.push((org, kept));
        }
        let plan = Self { folder, log, keeps, cuts };
        Ok((!plan.cuts.is_empty()).then_some(plan))
    }

    #[must_use]
    pub fn cuts(&self) -> &[LogCut] {
        &self.cuts
    }

    /// Cuts the log. The index and the stored Worlds are made anew at the next start, because the log has another name
    /// then; that of a backup stays, so that the next run can fill it up again.
    pub fn carry_out(self, watch: &mut Watcher<'_>) -> Result<RepairedLog, CopyError> {
        let Self { folder, log, keeps, cuts } = self;
        let place = folder.path().join(FILE);
        let identity = match log.identity() {
            backup if backup.is_backup => backup.clone(),
            damaged => damaged.renewed(),
        };
        restore::write(&folder, &log, &identity, &keeps, watch)?;
        drop(log);
        // What SQLite keeps beside the old file would be taken for the new one's.
        sqlite::settle(&place).map_err(|why| CopyError::unwritten(&place, why))?;
        for beside in BESIDE {
            let file = folder.path().join(format!("{FILE}{beside}"));
            if file.exists() {
                return Err(CopyError::unwritten(
                    &file,
                    "another program has the log open; close it",
                ));
            }
        }
        let kept = folder.path().join(name(&cuts));
        keep(&place, &kept).map_err(CopyError::io(&kept))?;
        private::sync_folder(folder.path()).map_err(CopyError::io(&kept))?;
        restore::put(&folder, &place)?;
        Ok(RepairedLog { id: identity.id, kept })
    }
}

fn one(
    log: &LogFile,
    org: &OrgId,
    until: Pos,
    watch: &mut Watcher<'_>,
) -> Result<(Pos, Option<LogCut>), CopyError> {
    let mut walk = LogWalk::new(log, org, WalkEnd::Log);
    let mut entries = 0;
    loop {
        match walk.next_page(PAGE) {
            Ok(rows) if rows.is_empty() => return Ok((walk.at().pos, None)),
            Ok(rows) => {
                entries += rows.len() as u64;
                let (at, fresh) = (walk.at().pos, rows.len());
                watch(CopyProgress { org, entries, fresh, from: Pos(0), at, until });
            }
            Err(WalkError::Log(error)) => return Err(error.into()),
            Err(WalkError::Damage(damage)) => {
                let pos = damage.good.pos;
                let rows = log.count_after(org, pos);
                let (last, what) = (damage.good.seq, damage.what);
                return Ok((pos, Some(LogCut { org: org.clone(), last, what, rows })));
            }
        }
    }
}

/// The name under which the damaged file is kept: when it was cut, and where.
fn name(cuts: &[LogCut]) -> String {
    let now: String = clock::now().to_string();
    let now: String = now.chars().take(19).filter(char::is_ascii_alphanumeric).collect();
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let cut = |cut: &LogCut| {
        let org: String = cut.org.as_str().chars().take(40).map(plain).collect();
        format!("-{org}-{}", cut.last)
    };
    let cuts: String = cuts.iter().take(3).map(cut).collect();
    format!("{FILE}.cut-{now}Z{cuts}")
}

/// Gives the file another name beside its own, or copies it where a file can have only one. Nothing is written over.
fn keep(file: &Path, kept: &Path) -> io::Result<()> {
    match fs::hard_link(file, kept) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            let mut copy = private::new_file(kept)?;
            io::copy(&mut File::open(file)?, &mut copy)?;
            copy.sync_all()
        }
        linked => linked,
    }
}

//! The Worlds with which pruned logs begin (R-KEEP-3). What went out of a log has led to something, which nobody can fold
//! any more. So before entries go, the World of the last one of them is stored here: in the folder `origin` of the data
//! folder, in a folder of its own for each org and place.
//!
//! Unlike the folder `state` it is no cache, and nothing makes it anew. An origin is made under another name, from the one
//! before it and the entries after that, and gets its name when it is whole and on disk. The log names it from the moment
//! on in which it begins there, and then it never changes; the one before is removed.

use super::{
    log::{
        Log, LogBegin,
        chain::{self, ChainCursor},
    },
    private,
    state_store::{OrgState, StateStore},
};
use crate::{
    model::{OrgId, id::hex},
    rules::World,
};
use sha2::{Digest as _, Sha256};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::sleep;

/// The name of the folder in the data folder.
pub const FOLDER: &str = "origin";
/// What the name of an origin ends with while it is being made.
const UNFINISHED: &str = ".new";
/// The log that origins say they are of, because the log gets another name when it is restored.
const LOG: &str = "origin";
/// How many entries are folded at once, and how long the hub is left alone after that.
const PAGE: usize = 1_024;
const PAUSE: Duration = Duration::from_millis(2);
/// After how many events of the fold a layer of the World is brought to the disk.
const SETTLE_EVERY: usize = 5_000;

/// The origins of the logs of a data folder, or of a backup.
#[derive(Clone, Debug)]
pub struct Origins(PathBuf);

/// An origin that is open.
pub struct Origin {
    state: OrgState,
    pub world: World,
}

impl Origin {
    /// Its rows, for whoever begins with them.
    #[must_use]
    pub const fn state(&self) -> &OrgState {
        &self.state
    }
}

impl Origins {
    #[must_use]
    pub fn of(data: &Path) -> Self {
        Self(data.join(FOLDER))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Opens the origin of an org's log that begins there. The error says what is wrong with it, and what to do.
    pub fn open(&self, org: &OrgId, begin: &LogBegin) -> Result<Origin, String> {
        let path = self.path(&begin.origin);
        let advice = format!(
            "the log of {org} begins after entry {}, and what was before is nowhere else: put that folder back, or \
             restore a backup",
            begin.place.seq
        );
        let wrong = |why: String| format!("{} cannot be used: {why}; {advice}", path.display());
        let store =
            StateStore::inspect_at(path.clone()).map_err(|error| wrong(error.to_string()))?;
        let store = store.map_err(wrong)?.ok_or_else(|| wrong("it is not there".into()))?;
        let state = store.org(org, LOG).map_err(wrong)?;
        let (world, at) = state.load().ok_or_else(|| {
            wrong("it is damaged, or of another version of switchboard than this one".into())
        })?;
        if at != begin.place {
            return Err(wrong(format!("it is of entry {}", at.seq)));
        }
        Ok(Origin { state, world })
    }

    /// Makes the origin of an org's log for a later place than where the log begins now, and returns its name. It takes
    /// its time beside the work.
    pub async fn advance(
        &self,
        org: &OrgId,
        log: &dyn Log,
        to: ChainCursor,
    ) -> Result<String, String> {
        let begin = log.begin(org);
        let name = format!("{}-{}", &hex(&Sha256::digest(org.as_str()))[..12], to.seq);
        let (path, unfinished) = (self.path(&name), self.path(&format!("{name}{UNFINISHED}")));
        let text = |error: io::Error| error.to_string();
        private::folder(&self.0).map_err(text)?;
        for old in [&path, &unfinished] {
            remove(old).map_err(text)?;
        }
        if begin.origin.is_empty() {
            private::folder(&unfinished).map_err(text)?;
        } else {
            copy(&self.path(&begin.origin), &unfinished).map_err(text)?;
        }
        let folded = fold(&unfinished, org, log, begin.place, to).await;
        if let Err(why) = folded {
            // What is left of it is removed the next time.
            let _ = remove(&unfinished);
            return Err(why);
        }
        fs::rename(&unfinished, &path).map_err(text)?;
        private::sync_folder(&self.0).map_err(text)?;
        Ok(name)
    }

    /// Removes what no log begins with.
    pub fn sweep(&self, named: &[String]) -> io::Result<()> {
        let Ok(folders) = fs::read_dir(&self.0) else { return Ok(()) };
        for folder in folders {
            let folder = folder?;
            let name = folder.file_name();
            if !named.iter().any(|named| **named == *name.to_string_lossy()) {
                remove(&folder.path())?;
            }
        }
        Ok(())
    }

    /// Takes an origin from another folder, and leaves it as it is if it is here already.
    pub fn take(&self, from: &Self, name: &str) -> io::Result<()> {
        let (path, unfinished) = (self.path(name), self.path(&format!("{name}{UNFINISHED}")));
        if name.is_empty() || path.exists() {
            return Ok(());
        }
        private::folder(&self.0)?;
        remove(&unfinished)?;
        copy(&from.path(name), &unfinished)?;
        fs::rename(&unfinished, &path)?;
        private::sync_folder(&self.0)
    }
}

/// Folds the entries after one place up to another onto the World in a folder.
async fn fold(
    folder: &Path,
    org: &OrgId,
    log: &dyn Log,
    from: ChainCursor,
    to: ChainCursor,
) -> Result<(), String> {
    let store = StateStore::open_at(folder.to_owned()).map_err(|error| error.to_string())?;
    let state = store.org(org, LOG)?;
    let (mut world, mut at) = match state.load() {
        Some(loaded) => loaded,
        None if from == ChainCursor::default() => (World::default(), from),
        None => return Err(format!("{} cannot be read", folder.display())),
    };
    let mut events = 0;
    while at.seq < to.seq {
        let left = usize::try_from(to.seq.0 - at.seq.0).unwrap_or(PAGE).min(PAGE);
        let rows = chain::follow(log, org, &mut at, left).await.map_err(|e| e.to_string())?;
        if rows.is_empty() {
            return Err(format!("the log ends at entry {}", at.seq));
        }
        for (_, stored) in rows {
            world.apply(&stored.entry);
            events += stored.entry.events.len();
        }
        if events >= SETTLE_EVERY || at.seq >= to.seq {
            events = 0;
            world.settle();
            let at = if at.seq >= to.seq { to } else { at };
            let base = state.store(&world, at)?;
            world.rebase(&base);
        }
        sleep(PAUSE).await;
    }
    if let Some(why) = state.why_not() {
        return Err(why);
    }
    state.persist();
    Ok(())
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Copies a folder with everything in it, which is on disk when this returns.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    private::folder(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            let mut file = private::new_file(&target)?;
            io::copy(&mut fs::File::open(entry.path())?, &mut file)?;
            file.sync_all()?;
        }
    }
    private::sync_folder(to)
}

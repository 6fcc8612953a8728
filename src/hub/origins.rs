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
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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

/// The origins of the logs of a data folder, or of a backup. It is cheap to clone.
#[derive(Clone)]
pub struct Origins {
    folder: PathBuf,
    /// Those that are open, by their names. A tree can be open once, and whoever asks shares it.
    open: Arc<Mutex<BTreeMap<String, StateStore>>>,
}

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
        Self { folder: data.join(FOLDER), open: Arc::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn trees(&self) -> MutexGuard<'_, BTreeMap<String, StateStore>> {
        // Only whole values are put in and taken out under this lock.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the origin of an org's log that begins there. The error says what is wrong with it, and what to do.
    pub fn open(&self, org: &OrgId, begin: &LogBegin) -> Result<Origin, String> {
        let path = self.path(&begin.origin);
        let wrong = |why: String| {
            format!(
                "{} cannot be used: {why}; the log of {org} begins after entry {}, and what was before is nowhere \
                 else: put that folder back, or restore a backup into another data folder",
                path.display(),
                begin.place.seq
            )
        };
        let mut trees = self.trees();
        let store = match trees.get(&begin.origin) {
            Some(open) => open.clone(),
            None if !path.exists() => return Err(wrong("it is not there".into())),
            None => StateStore::open_for_good(path.clone()).map_err(wrong)?,
        };
        let origin = loaded(&store, org, begin.place).map_err(wrong)?;
        trees.insert(begin.origin.clone(), store);
        Ok(origin)
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
        self.begin_folder().map_err(text)?;
        for old in [&path, &unfinished] {
            private::remove_folder(old).map_err(text)?;
        }
        if begin.origin.is_empty() {
            private::folder(&unfinished).map_err(text)?;
        } else {
            copy(&self.path(&begin.origin), &unfinished).map_err(text)?;
        }
        let made = fold(&unfinished, org, log, begin.place, to).await;
        // All of it is read once more, because the rows that it was made from go for good.
        let made = made.and_then(|()| whole(&unfinished, org, to));
        let made = made.and_then(|()| private::sync_all(&unfinished).map_err(text));
        if let Err(why) = made {
            // What is left of it is removed the next time.
            let _ = private::remove_folder(&unfinished);
            return Err(why);
        }
        fs::rename(&unfinished, &path).map_err(text)?;
        private::sync_folder(&self.folder).map_err(text)?;
        Ok(name)
    }

    /// Makes the folder, so that it is there after a power cut too.
    fn begin_folder(&self) -> io::Result<()> {
        if self.folder.exists() {
            return Ok(());
        }
        private::folder(&self.folder)?;
        self.folder.parent().map_or(Ok(()), private::sync_folder)
    }

    /// Removes what no log begins with.
    pub fn sweep(&self, named: &[String]) -> io::Result<()> {
        // A World may still be read from what is open, which goes after the next start.
        let open: Vec<String> = self.trees().keys().cloned().collect();
        let is_named = |name: &str| named.iter().chain(&open).any(|named| named == name);
        let Ok(folders) = fs::read_dir(&self.folder) else { return Ok(()) };
        for folder in folders {
            let folder = folder?;
            if !is_named(&folder.file_name().to_string_lossy()) {
                private::remove_folder(&folder.path())?;
            }
        }
        Ok(())
    }

    /// Takes the origin of an org's log from another folder, unless it is here and right.
    pub fn take(&self, from: &Self, org: &OrgId, begin: &LogBegin) -> Result<(), String> {
        let name = &begin.origin;
        if name.is_empty() || self.folder == from.folder {
            return Ok(());
        }
        let (path, unfinished) = (self.path(name), self.path(&format!("{name}{UNFINISHED}")));
        if path.exists() && check(&path, org, begin.place).is_ok() {
            return Ok(());
        }
        let text = |error: io::Error| error.to_string();
        self.begin_folder().map_err(text)?;
        private::remove_folder(&unfinished).map_err(text)?;
        copy(&from.path(name), &unfinished).map_err(text)?;
        whole(&unfinished, org, begin.place)?;
        private::sync_all(&unfinished).map_err(text)?;
        private::remove_folder(&path).map_err(text)?;
        fs::rename(&unfinished, &path).map_err(text)?;
        private::sync_folder(&self.folder).map_err(text)
    }
}

/// The World of an org in an open tree, which must be that of a place.
fn loaded(store: &StateStore, org: &OrgId, place: ChainCursor) -> Result<Origin, String> {
    let state = store.org(org, LOG)?;
    let (world, at) =
        state.load().ok_or("it is damaged, or of another version of switchboard than this one")?;
    if at != place {
        return Err(format!("it is of entry {}", at.seq));
    }
    Ok(Origin { state, world })
}

/// Whether a folder that nobody has open has the World of an org at a place.
fn check(folder: &Path, org: &OrgId, place: ChainCursor) -> Result<(), String> {
    let store = StateStore::open_for_good(folder.to_owned())?;
    loaded(&store, org, place).map(drop)
}

/// The same, and all of it can be read.
fn whole(folder: &Path, org: &OrgId, place: ChainCursor) -> Result<(), String> {
    let store = StateStore::open_for_good(folder.to_owned())?;
    loaded(&store, org, place)?.state().read_all()
}

/// Folds the entries after one place up to another onto the World in a folder, and brings it to the disk.
async fn fold(
    folder: &Path,
    org: &OrgId,
    log: &dyn Log,
    from: ChainCursor,
    to: ChainCursor,
) -> Result<(), String> {
    let store = StateStore::open_for_good(folder.to_owned())?;
    let state = store.org(org, LOG)?;
    let (mut world, mut at) = match state.load() {
        Some((world, at)) if at == from => (world, at),
        None if from == ChainCursor::default() => (World::default(), from),
        _ => return Err(format!("{} is not of entry {}", folder.display(), from.seq)),
    };
    let mut events = 0;
    while at.seq < to.seq {
        let left = usize::try_from(to.seq.0 - at.seq.0).unwrap_or(PAGE).min(PAGE);
        let rows = chain::follow(log, org, &mut at, left).await.map_err(|e| e.to_string())?;
        if rows.is_empty() {
            return Err(format!("the log ends at entry {}", at.seq));
        }
        for (_, stored) in rows {
            if !world.apply(&stored.entry) {
                return Err(format!("entry {} does not follow", stored.entry.seq));
            }
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
    if world.head() != (to.seq, to.id) {
        return Err(format!("the log has another entry {}", to.seq));
    }
    if let Some(why) = state.why_not() {
        return Err(why);
    }
    state.persist()
}

/// Copies a folder with everything in it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    private::folder(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            io::copy(&mut fs::File::open(entry.path())?, &mut private::new_file(&target)?)?;
        }
    }
    Ok(())
}

//! The data folder of a hub. It is made private (mode 0700), refused if others can write to what the hub keeps
//! there, and claimed by one process at a time, because two hubs on one SQLite log would each believe that it is
//! the only writer.

use crate::hub::private::{self, ExposedPath};
use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// Why a data folder cannot be used. Each message names the folder and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has claimed it.
    #[error(
        "the data folder {} is in use by another switchboard; stop that one, or choose another folder with --data-dir", .0.display()
    )]
    InUse(PathBuf),
    /// The folder cannot be made, written or locked.
    #[error("cannot use the data folder {}: {error}; make it writable, or choose another with --data-dir", .folder.display())]
    Unusable { folder: PathBuf, error: io::Error },
    /// Others can write to it, or to a file in it.
    #[error("the data folder is not used: {0}")]
    Exposed(#[from] ExposedPath),
    /// The log cannot be opened, because its file is damaged.
    #[error(
        "cannot read {}: {why}. The file is damaged where nothing can be cut away: restore a backup into another folder \
         (`switchboard restore`), and keep this file", .file.display()
    )]
    Damaged { file: PathBuf, why: String },
    /// A file in it is not a log that this version can read.
    #[error("cannot read {}: {why}", .file.display())]
    Unreadable { file: PathBuf, why: String },
}

/// The files that the hub's state is in, and those that SQLite makes beside them.
const STATE: [&str; 5] = [LOCK, "log.db", "shelf.db", "shelf.sums", "parts.db"];
const LOCK: &str = "lock";

/// A claimed folder. It is free again when this is dropped or the process dies, because the operating
/// system holds the locks and not a file that could be left behind.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _locks: [Option<File>; 2],
}

impl Folder {
    /// Makes the folder if it is not there, and claims it.
    ///
    /// The folder itself is locked, because a lock on a file in it is gone once that file is removed: whoever makes a
    /// new one locks that. The file is locked too, for systems that cannot lock folders (NFS) and for hubs of older
    /// versions, which know only the file.
    pub fn claim(path: &Path) -> Result<Self, FolderError> {
        let unusable = |error| FolderError::Unusable { folder: path.to_owned(), error };
        private::folder(path).map_err(unusable)?;
        private::check(path)?;
        let whole = match locked(File::open(path).map_err(unusable)?) {
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse(path.to_owned())),
            lock => lock.ok(),
        };
        check_files(path)?;
        match locked(private::file(&path.join(LOCK)).map_err(unusable)?) {
            Ok(lock) => Ok(Self { path: path.to_owned(), _locks: [whole, Some(lock)] }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in the folder that only its owner may read; the file is made if it is not
    /// there. SQLite gives the same mode to the files that it makes beside it.
    pub(in crate::hub) fn private(&self, name: &str) -> Result<PathBuf, FolderError> {
        let file = self.path.join(name);
        let unusable = |error| FolderError::Unusable { folder: self.path.clone(), error };
        let known = file.exists();
        private::file(&file).map_err(unusable)?;
        if !known {
            // The new file's name must survive a power cut too, and it is kept in the folder
            // (D-DURABLE).
            private::sync_folder(&self.path).map_err(unusable)?;
        }
        Ok(file)
    }
}

fn locked(file: File) -> Result<File, TryLockError> {
    file.try_lock().map(|()| file)
}

/// Refuses a folder in which others can write to a file of the hub's state.
fn check_files(folder: &Path) -> Result<(), FolderError> {
    let unusable = |error| FolderError::Unusable { folder: folder.to_owned(), error };
    for entry in fs::read_dir(folder).map_err(unusable)? {
        let name = entry.map_err(unusable)?.file_name();
        if STATE.iter().any(|state| name.to_string_lossy().starts_with(state)) {
            private::check(&folder.join(name))?;
        }
    }
    Ok(())
}

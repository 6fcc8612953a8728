//! The data folder of a hub. It is made private (mode 0700) and claimed by one process at a time,
//! because two hubs on one SQLite log would each believe that it is the only writer.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
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
    /// A file in it is not a log that this version can read.
    #[error("cannot read {}: {why}", .file.display())]
    Unreadable { file: PathBuf, why: String },
}

/// A claimed folder. It is free again when this is dropped or the process dies, because the operating
/// system holds the lock and not a file that could be left behind.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if it is not there, and claims it.
    pub fn claim(path: &Path) -> Result<Self, FolderError> {
        let unusable = |error| FolderError::Unusable { folder: path.to_owned(), error };
        private_dir(path).map_err(unusable)?;
        let lock = private_file(&path.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
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
        private_file(&file).map_err(unusable)?;
        if !known {
            // The new file's name must survive a power cut too, and it is kept in the folder
            // (D-DURABLE).
            File::open(&self.path).and_then(|dir| dir.sync_all()).map_err(unusable)?;
        }
        Ok(file)
    }
}

/// Makes a folder and the missing ones above it, each with mode 0700.
pub(crate) fn private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Opens a file for reading and writing, and makes it with mode 0600 if it is not there.
pub(in crate::hub) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

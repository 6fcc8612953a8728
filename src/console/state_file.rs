//! Files in the state folder. They may have what customers wrote, so only their owner can read them; they are
//! replaced as a whole, and one that cannot be read is put aside and not lost.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

/// Reads a file; `None` if there is none. The error says what cannot be read, and why.
pub fn read(path: &Path, what: &str) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let words = format!("{what} cannot be read from {}: {error}", path.display());
            Err(io::Error::new(error.kind(), words))
        }
    }
}

/// Puts a file aside that cannot be read. Returns what to say about it.
#[must_use]
pub fn set_aside(path: &Path, what: &str, why: &str) -> String {
    let aside = path.with_extension("broken");
    match fs::rename(path, &aside) {
        Ok(()) => format!("{what} were not readable ({why}); kept as {}", aside.display()),
        Err(error) => format!("{what} are not readable ({why}) and cannot be moved: {error}"),
    }
}

/// Makes the folder of a file, for its owner alone, if there is none yet.
pub fn make_folder(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Locks a file that is read, changed and replaced, until the lock is dropped. The file itself cannot be the lock,
/// because it is replaced. The lock goes with the process if that is killed.
///
/// # Errors
///
/// If the folder or the lock beside the file cannot be made, or locking is not possible there.
pub fn lock(path: &Path) -> io::Result<fs::File> {
    make_folder(path)?;
    let mut options = fs::OpenOptions::new();
    options.create(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(path.with_extension("lock"))?;
    lock.lock()?;
    Ok(lock)
}

/// Writes a file atomically, so that only its owner can read it. If it fails, the file of before is still there.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    make_folder(path)?;
    let temporary = path.with_extension("new");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&temporary)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(&temporary, path)
}

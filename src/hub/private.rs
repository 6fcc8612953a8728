//! Files and folders that belong to one user: how they are made, whatever the umask, and what is refused because
//! others could have written to it or can read it (R-SECRET-3).
//!
//! What exists is checked and never tightened. By the time the hub looks, others may have written already, and a
//! mode that is mended in silence would hide that. So the operator is told, looks, and says `chmod`.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Why a file or folder is not trusted. Each message names it and says what mends it.
#[derive(Debug, thiserror::Error)]
pub enum ExposedPath {
    #[error(
        "others can write to {} (mode {mode:04o}) and may have changed it; look at it, then run `chmod go-w {}`",
        .path.display(), .path.display()
    )]
    Writable { path: PathBuf, mode: u32 },
    #[error("others can read {} (mode {mode:04o}); run `chmod 600 {}`", .path.display(), .path.display())]
    Readable { path: PathBuf, mode: u32 },
    #[error(
        "{} belongs to the user {owner}, who can change it at any time; run `chown {us} {}` if it is meant for this user",
        .path.display(), .path.display()
    )]
    Foreign { path: PathBuf, owner: u32, us: u32 },
    #[error("{} is not a plain file", .0.display())]
    NotPlain(PathBuf),
    #[error("cannot read {}: {error}", .path.display())]
    Unreadable { path: PathBuf, error: io::Error },
}

/// Makes a folder and the missing ones above it, each with mode 0700.
pub fn folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file for reading and writing, and makes it with mode 0600 if it is not there.
pub fn file(path: &Path) -> io::Result<File> {
    options().read(true).create(true).truncate(false).open(path)
}

/// Makes a file of mode 0600 that must not be there yet.
pub fn new_file(path: &Path) -> io::Result<File> {
    options().create_new(true).open(path)
}

/// Writes a file of mode 0600 that must not be there yet.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    new_file(path)?.write_all(text.as_bytes())
}

/// Writes a file of mode 0600 in the place of an old one, whose mode and contents do not matter.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => write_new(path, text),
    }
}

/// Writes a file of mode 0600 in the place of an old one in one step, so that whoever reads it finds the old one or the
/// new one, and the old one stays if that fails. What is returned as done is so after a power cut too.
pub fn exchange(path: &Path, text: &str) -> io::Result<()> {
    let next = path.with_added_extension("new");
    replace(&next, text)?;
    File::open(&next)?.sync_all()?;
    fs::rename(&next, path)?;
    sync_folder(path.parent().filter(|at| !at.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Keeps others who ask for the same lock waiting, until what is returned is dropped or the process ends.
pub fn lock(path: &Path) -> io::Result<File> {
    let lock = file(path)?;
    lock.lock()?;
    Ok(lock)
}

/// How many bytes may still be written on the disk of a folder, and how many it has; `None` if the system does not say.
#[must_use]
pub fn room(folder: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        let disk = rustix::fs::statvfs(folder).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Some((bytes(disk.f_bavail), bytes(disk.f_blocks)))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// Removes a folder with everything in it, if it is there.
pub fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Brings a folder with everything in it to the disk.
pub fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_all(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    sync_folder(folder)
}

/// Brings the names in a folder to the disk: a file that was made, moved or removed is so after a power cut too.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Checks that nobody but its owner can write to a file or folder, and that the owner is this user or root, who
/// can write everywhere. What is not there is nobody's.
pub fn check(path: &Path) -> Result<(), ExposedPath> {
    match fs::metadata(path) {
        Ok(meta) => check_meta(path, &meta),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(ExposedPath::Unreadable { path: path.to_owned(), error }),
    }
}

/// Reads a secret from a file that its owner alone can read, and that nobody else can exchange for another. A link is
/// followed. What was opened is what is checked, so that it cannot be exchanged in between.
pub fn secret(path: &Path) -> Result<Zeroizing<String>, ExposedPath> {
    let unreadable = |error| ExposedPath::Unreadable { path: path.to_owned(), error };
    // A pipe is not opened at all, because that would wait for somebody who writes to it.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(ExposedPath::NotPlain(path.to_owned()));
    }
    let mut opened = File::open(path).map_err(unreadable)?;
    let meta = opened.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(ExposedPath::NotPlain(path.to_owned()));
    }
    check_unread(path, &meta)?;
    check_meta(path, &meta)?;
    // Whoever can write to the folder can put another file there; behind a link there are two folders.
    let target = fs::canonicalize(path).map_err(unreadable)?;
    for folder in [path.parent(), target.parent()].into_iter().flatten() {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        check_folder(here)?;
    }
    let mut text = Zeroizing::new(String::new());
    opened.read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

#[cfg(unix)]
fn check_meta(path: &Path, meta: &fs::Metadata) -> Result<(), ExposedPath> {
    use std::os::unix::fs::MetadataExt as _;
    let (owner, us) = (meta.uid(), rustix::process::geteuid().as_raw());
    if !is_trusted(owner, us) {
        return Err(ExposedPath::Foreign { path: path.to_owned(), owner, us });
    }
    let mode = meta.mode() & 0o7777;
    if mode & 0o022 != 0 {
        return Err(ExposedPath::Writable { path: path.to_owned(), mode });
    }
    Ok(())
}

/// Whether the owner of a file is one who may change it: this user, or root, against whom no mode helps.
#[cfg(unix)]
const fn is_trusted(owner: u32, us: u32) -> bool {
    owner == us || owner == 0
}

/// The same for the folder of a secret. In a folder with the sticky bit, as `/tmp` is one, others can add
/// files but not exchange ours.
#[cfg(unix)]
fn check_folder(path: &Path) -> Result<(), ExposedPath> {
    use std::os::unix::fs::MetadataExt as _;
    match fs::metadata(path) {
        Ok(meta) if meta.mode() & 0o1000 != 0 && is_trusted(meta.uid(), meta.uid()) => Ok(()),
        Ok(meta) => check_meta(path, &meta),
        Err(error) => Err(ExposedPath::Unreadable { path: path.to_owned(), error }),
    }
}

#[cfg(unix)]
fn check_unread(path: &Path, meta: &fs::Metadata) -> Result<(), ExposedPath> {
    use std::os::unix::fs::MetadataExt as _;
    let mode = meta.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(ExposedPath::Readable { path: path.to_owned(), mode });
    }
    Ok(())
}

// Where there are no modes, the folder of a user is private by itself.
#[cfg(not(unix))]
fn check_meta(_: &Path, _: &fs::Metadata) -> Result<(), ExposedPath> {
    Ok(())
}
#[cfg(not(unix))]
fn check_folder(_: &Path) -> Result<(), ExposedPath> {
    Ok(())
}
#[cfg(not(unix))]
fn check_unread(_: &Path, _: &fs::Metadata) -> Result<(), ExposedPath> {
    Ok(())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use tempfile::TempDir;

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// What is said about a secret, or the secret.
    fn read(path: &Path) -> String {
        secret(path).map_or_else(|why| why.to_string(), |text| text.to_string())
    }

    #[test]
    fn r_secret_3_a_secret_is_read_only_if_nobody_else_can_read_or_exchange_it() {
        let dir = TempDir::new().unwrap();
        let key = dir.path().join("key");
        write_new(&key, "s3cret").unwrap();
        assert_eq!((mode(&key), &*read(&key)), (0o600, "s3cret"));
        for (bits, said) in [
            (0o400, "s3cret"),
            (0o640, "chmod 600"),
            (0o604, "chmod 600"),
            (0o610, "chmod 600"),
            (0o620, "chmod 600"),
            (0o602, "chmod 600"),
        ] {
            set(&key, bits);
            let got = read(&key);
            assert!(got.contains(said), "{bits:o}: {got}");
            assert!(said == "s3cret" || !got.contains("s3cret"), "{bits:o}: {got}");
        }
        set(&key, 0o600);
        for (bits, is_read) in [(0o755, true), (0o1777, true), (0o775, false), (0o757, false)] {
            set(dir.path(), bits);
            let got = read(&key);
            assert_eq!(got == "s3cret", is_read, "a folder of mode {bits:o}: {got}");
            assert!(is_read || got.contains("chmod go-w"), "{got}");
        }
        set(dir.path(), 0o700);
        assert!(read(dir.path()).contains("not a plain file"));
        assert!(read(&dir.path().join("none")).contains("cannot read"));
    }

    #[test]
    fn r_secret_3_a_link_is_followed_and_its_target_is_what_counts() {
        let (dir, far) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let (link, key) = (dir.path().join("link"), far.path().join("key"));
        write_new(&key, "s3cret").unwrap();
        symlink(&key, &link).unwrap();
        assert_eq!(read(&link), "s3cret");
        set(&key, 0o644);
        assert!(read(&link).contains("chmod 600"), "{}", read(&link));
        set(&key, 0o600);
        for folder in [dir.path(), far.path()] {
            set(folder, 0o777);
            assert!(read(&link).contains("chmod go-w"), "{}", read(&link));
            set(folder, 0o700);
        }
    }

    #[test]
    fn r_secret_3_files_are_this_user_s_or_root_s() {
        assert!(is_trusted(1000, 1000) && is_trusted(0, 1000) && is_trusted(0, 0));
        assert!(!is_trusted(1001, 1000) && !is_trusted(1000, 0));
        let dir = TempDir::new().unwrap();
        let key = dir.path().join("key");
        write_new(&key, "s3cret").unwrap();
        // Only root may give a file away, so only root can show the whole way.
        if std::os::unix::fs::chown(&key, Some(4_000_000), None).is_ok() {
            let said = read(&key);
            assert!(
                said.contains("belongs to the user 4000000") && said.contains("chown"),
                "{said}"
            );
        }
    }

    #[test]
    fn what_others_can_write_to_is_not_trusted_and_what_is_replaced_is_private() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("listening");
        check(&path).unwrap();
        fs::write(&path, "evil").unwrap();
        set(&path, 0o666);
        let why = check(&path).unwrap_err().to_string();
        assert!(why.contains("mode 0666") && why.contains("chmod go-w"), "{why}");
        replace(&path, "127.0.0.1:1").unwrap();
        assert_eq!(mode(&path), 0o600);
        check(&path).unwrap();
        let deep = dir.path().join("a/b");
        folder(&deep).unwrap();
        assert_eq!((mode(&deep), mode(&dir.path().join("a"))), (0o700, 0o700));
        assert!(file(&path).is_ok());
    }
}

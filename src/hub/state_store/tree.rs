//! Opens the tree of the state, and tells whether its files can be believed and what its errors mean.

use super::{BLOCKS, JOURNALS, MOST_WAITS, WAIT};
use crate::hub::private;
use fjall::Database;
use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    thread,
};
use xxhash_rust::xxh3::xxh3_128;

/// Opens the tree. The inner error says what is wrong with its files.
pub(super) fn tree(folder: &Path) -> io::Result<Result<Database, String>> {
    let tree = folder.join("tree");
    if let Err(why) = versions_fit(&tree) {
        return Ok(Err(why));
    }
    let open = || {
        let builder = Database::builder(&tree);
        builder.cache_size(BLOCKS).max_journaling_size(JOURNALS).worker_threads(1).open()
    };
    let mut waits = 0;
    loop {
        // The tree asserts what it expects of its files, so that a damaged one can make it panic.
        return match catch_unwind(AssertUnwindSafe(open)) {
            Ok(Ok(db)) => Ok(Ok(db)),
            // The folder is ours, so this is a hub of this process that is about to end.
            Ok(Err(fjall::Error::Locked)) if waits < MOST_WAITS => {
                waits += 1;
                thread::park_timeout(WAIT);
                continue;
            }
            Ok(Err(fjall::Error::Locked)) => Err(io::Error::new(
                io::ErrorKind::WouldBlock,
                format!("{} is in use", folder.display()),
            )),
            Ok(Err(error)) => match no_room(&error) {
                Some(why) => Err(why),
                None => Ok(Err(error.to_string())),
            },
            Err(_) => Ok(Err("its files contradict each other".into())),
        };
    }
}

/// Whether an error says something of the disk and nothing of what is on it.
pub(super) fn no_room(error: &(dyn std::error::Error + 'static)) -> Option<io::Error> {
    use io::ErrorKind as Kind;
    let io = error.downcast_ref::<io::Error>();
    let room = |kind| {
        matches!(
            kind,
            Kind::StorageFull
                | Kind::QuotaExceeded
                | Kind::ReadOnlyFilesystem
                | Kind::PermissionDenied
        )
    };
    match io.filter(|io| room(io.kind())) {
        Some(io) => Some(io::Error::new(io.kind(), io.to_string())),
        None => error.source().and_then(no_room),
    }
}

/// Checks the lists of the files that make up the tree against the checksums beside them, which the tree
/// writes but does not read. Everything else in its files is checked as it is read.
fn versions_fit(tree: &Path) -> Result<(), String> {
    let Ok(keyspaces) = fs::read_dir(tree.join("keyspaces")) else { return Ok(()) };
    for keyspace in keyspaces.filter_map(Result::ok).map(|entry| entry.path()) {
        // The number of the list, and its XXH3.
        let Ok(current) = fs::read(keyspace.join("current")) else { continue };
        let number = current.first_chunk().map(|number| u64::from_le_bytes(*number));
        let sum = current.get(8..24).and_then(|sum| sum.try_into().ok()).map(u128::from_le_bytes);
        let list = keyspace.join(format!("v{}", number.unwrap_or_default()));
        let read = fs::read(&list).map_err(|error| format!("{}: {error}", list.display()))?;
        if sum != Some(xxh3_128(&read)) {
            return Err(format!("{} has another checksum", list.display()));
        }
    }
    Ok(())
}

/// Removes everything in the folder.
pub(super) fn anew(folder: &Path, why: &str) -> io::Result<()> {
    tracing::warn!("{} is damaged: {why}; it is being rebuilt from the log", folder.display());
    fs::remove_dir_all(folder)?;
    private::folder(folder)
}

//! What the files of a data folder take, and what room there is on its disk. It reads names and sizes only. A file that is
//! taken away meanwhile takes nothing.

use crate::{hub::private, model::DiskUse};
use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

/// How many bytes a block has in which the system says what a file takes.
const BLOCK: u64 = 512;

/// Measures a data folder. It blocks.
pub(super) fn measure(folder: &Path) -> DiskUse {
    let mut disk = DiskUse::default();
    for (name, bytes) in sizes(folder) {
        if name.starts_with("log.db") {
            disk.log += bytes;
        } else if name.starts_with("shelf.") {
            disk.index += bytes;
        } else if name == "state" || name == "origin" {
            disk.state += bytes;
        }
    }
    (disk.free, disk.size) = private::room(folder).unwrap_or_default();
    disk
}

/// What stands in a folder by its names, with how many bytes each takes: a folder with all that is below it.
fn sizes(folder: &Path) -> impl Iterator<Item = (String, u64)> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        // What a link leads to is not the hub's.
        let bytes = match entry.metadata() {
            Ok(data) if data.is_dir() => sizes(&entry.path()).map(|(_, bytes)| bytes).sum(),
            // A file with holes, such as a journal that is made in advance, takes what is written of it.
            Ok(data) if data.is_file() => data.len().min(data.blocks().saturating_mul(BLOCK)),
            Ok(_) | Err(_) => 0,
        };
        (name, bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_count_for_what_they_are_and_others_for_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: usize| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, vec![0; bytes]).unwrap();
        };
        write("log.db", 80_000);
        write("log.db-wal", 20_000);
        write("shelf.db", 30_000);
        write("shelf.sums", 10_000);
        write("state/tree/1/a", 70_000);
        write("state/tree/b", 20_000);
        let sparse = fs::File::create(dir.path().join("state/tree/journal")).unwrap();
        sparse.set_len(64 << 20).unwrap();
        write("keys.toml", 1_000);
        let disk = measure(dir.path());
        assert_eq!((disk.log, disk.index, disk.state), (100_000, 40_000, 90_000));
        assert!(disk.free > 0 && disk.size >= disk.free, "{disk:?}");
        assert_eq!(measure(&dir.path().join("gone")).used(), 0);
    }
}

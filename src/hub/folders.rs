//! Copies of data folders, for tests that damage them.

use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// All files in a folder and in those below it, in the order of their paths.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for file in fs::read_dir(folder).expect("a folder") {
        let file = file.expect("a file");
        if file.file_type().expect("known").is_dir() {
            all.extend(files_in(&file.path()));
        } else {
            all.push(file.path());
        }
    }
    all.sort();
    all
}

/// The same without files that have nothing in them.
pub fn filled_files_in(folder: &Path) -> Vec<PathBuf> {
    let mut all = files_in(folder);
    all.retain(|file| fs::metadata(file).is_ok_and(|file| file.len() > 0));
    all
}

/// A copy of a folder with all that is in it.
pub fn copy(from: &Path) -> TempDir {
    let dir = TempDir::new().expect("a folder");
    for file in files_in(from) {
        let to = dir.path().join(file.strip_prefix(from).expect("below it"));
        fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        fs::copy(file, to).expect("copied");
    }
    dir
}

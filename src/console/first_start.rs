//! Whether the card of the first start has been closed before. A file in the folder of the drafts says so by
//! being there, so that the card never comes again by itself (R-CONSOLE-17). The loop reads and writes it,
//! because it knows the folder.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// The file, beside the one with the drafts.
#[must_use]
pub fn file_beside(drafts: &Path) -> PathBuf {
    drafts.with_file_name("first-start")
}

/// Remembers that the card has been closed.
///
/// # Errors
///
/// If the file cannot be written.
pub fn remember(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(b"The card of the first start has been closed.\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_there_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let file = file_beside(&folder.path().join("drafts.json"));
        assert!(!file.exists());
        remember(&file).unwrap();
        remember(&file).unwrap();
        assert!(file.exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0);
        }
        assert!(remember(&folder.path().join("gone/first-start")).is_err());
    }
}

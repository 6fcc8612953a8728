//! Whether the card of the first start has been closed before. A file in the folder of the drafts says so by
//! being there, so that the card never comes again by itself (R-CONSOLE-17). The loop reads and writes it,
//! because it knows the folder.

use super::state_file;
use std::{
    io,
    path::{Path, PathBuf},
};

/// The file, beside the one with the drafts.
#[must_use]
pub fn file_beside(drafts: &Path) -> PathBuf {
    drafts.with_file_name("first-start")
}

/// Remembers that the card has been closed. It fails if the file cannot be written, and then the card comes again.
pub fn remember(file: &Path) -> io::Result<()> {
    state_file::write(file, b"The card of the first start has been closed.\n")
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
        assert!(remember(&file.join("first-start")).is_err());
    }
}

//! Stories: files of steps that are played against a sandbox and say what must come of each.
//!
//! `file` reads and checks one without a hub, `ask` makes an app's command of a step, `play`
//! performs. docs/sandbox.md describes the format.

mod ask;
mod file;
mod play;
#[cfg(test)]
mod tests;

pub use file::Story;
pub use play::play;

use crate::cli::exit::Failure;
use std::{fs, io::ErrorKind, path::Path};

/// The stories that come with the program.
const BUILT_IN: &[(&str, &str)] =
    &[("registration", include_str!("../../../../assets/stories/registration.toml"))];

/// Reads a story from a file, or a built-in one by its name.
pub fn read(path: &Path) -> Result<Story, Failure> {
    let name = path.display().to_string();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => match BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
            Some((_, text)) if error.kind() == ErrorKind::NotFound => (*text).to_owned(),
            _ => {
                let names: Vec<_> = BUILT_IN.iter().map(|(name, _)| *name).collect();
                return Err(Failure::usage(format!(
                    "the story {name} cannot be read: {error}\nBuilt in: {}",
                    names.join(", ")
                )));
            }
        },
    };
    Story::parse(&text).map_err(|wrong| Failure::usage(format!("{name}: {wrong}")))
}

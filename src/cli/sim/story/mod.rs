//! Stories: files of steps that are played against a sandbox, each with what must come of it.
//!
//! `file` reads and checks a story without a hub, `ask` makes the commands of its steps, and `play`
//! plays it. docs/sandbox.md describes the format.

mod ask;
mod file;
mod play;
#[cfg(test)]
mod tests;

pub use file::StoryScript;
pub use play::play;

use crate::{cli::exit::CliError, model::file_text::without_mark};
use std::{fs, io::ErrorKind, path::Path};

/// The stories that come with the program.
const BUILT_IN: &[(&str, &str)] =
    &[("registration", include_str!("../../../../assets/stories/registration.toml"))];

/// Reads a story from a file, or a built-in one by its name.
pub fn read(path: &Path) -> Result<StoryScript, CliError> {
    let name = path.display().to_string();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => match BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
            Some((_, text)) if error.kind() == ErrorKind::NotFound => (*text).to_owned(),
            _ => {
                let names: Vec<_> = BUILT_IN.iter().map(|(name, _)| *name).collect();
                return Err(CliError::usage(format!(
                    "the story {name} cannot be read: {error}\nBuilt in: {}",
                    names.join(", ")
                )));
            }
        },
    };
    StoryScript::parse(without_mark(&text))
        .map_err(|wrong| CliError::usage(format!("{name}: {wrong}")))
}

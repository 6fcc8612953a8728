//! Why a settings file cannot be used. The message names the file, the line, and the nearest word
//! that is known.

use crate::model::nearest;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Why a settings file cannot be used. It reads `file:line: message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    pub file: PathBuf,
    /// The line at fault, counted from 1; `None` if it is the file as a whole.
    pub line: Option<usize>,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    /// A fault of the file as a whole.
    pub(super) fn of(file: &Path, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, message: message.into() }
    }

    /// A fault that the TOML reader found, in our words. What stands in the file is not repeated, but for names, because
    /// it may be a secret that somebody wrote where the name of its file should stand.
    #[must_use]
    pub fn from_toml(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let before = |at: usize| &text[..text.floor_char_boundary(at)];
        let line = error.span().map(|span| before(span.start).matches('\n').count() + 1);
        Self { file: file.to_owned(), line, message: in_our_words(error.message()) }
    }
}

/// Makes a suggestion of serde's message about an unknown word. serde lists all known words between
/// backticks after it, and the nearest of them is probably what was meant. A long list helps less, so it
/// is given only if no word is near.
fn in_our_words(message: &str) -> String {
    let first = message.lines().next().unwrap_or(message);
    let kind = if first.starts_with("unknown field `") {
        "key"
    } else if first.starts_with("unknown variant `") {
        "word"
    } else {
        return without_value(message.trim_end()).replace('\n', "; ");
    };
    let mut quoted = first.split('`').skip(1).step_by(2);
    let word = quoted.next().unwrap_or_default();
    let known: Vec<_> = quoted.collect();
    match nearest(word, &known) {
        Some(meant) => format!("unknown {kind} `{word}`: did you mean `{meant}`?"),
        None => format!("unknown {kind} `{word}`; known are: {}", known.join(", ")),
    }
}

/// Leaves a text of the file out of serde's message about it.
fn without_value(message: &str) -> String {
    let invalid = ["invalid type: string \"", "invalid value: string \""];
    let value = invalid.iter().find_map(|invalid| message.strip_prefix(invalid));
    match value.and_then(|value| value.rsplit_once("\", expected ")) {
        Some((_, expected)) => format!("expected {expected}, not a text"),
        None => message.to_owned(),
    }
}

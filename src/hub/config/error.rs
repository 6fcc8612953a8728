//! Why a settings file cannot be used: which file, which line, and the nearest word that exists.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Which file.
    pub file: PathBuf,
    /// Which line, from 1, when one is to blame.
    pub line: Option<usize>,
    /// What is wrong and what to do.
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

    /// What the TOML reader found, in our words.
    pub(super) fn from_toml(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let line =
            error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Self { file: file.to_owned(), line, message: in_our_words(error.message()) }
    }
}

/// serde lists what it knows between backticks after the unknown word; the nearest of them is
/// what was meant. A list of every key helps nobody, so it is said only when nothing is near.
fn in_our_words(message: &str) -> String {
    let first = message.lines().next().unwrap_or(message);
    let kind = if first.starts_with("unknown field `") {
        "key"
    } else if first.starts_with("unknown variant `") {
        "word"
    } else {
        return message.trim_end().replace('\n', "; ");
    };
    let mut quoted = first.split('`').skip(1).step_by(2);
    let word = quoted.next().unwrap_or_default();
    let known: Vec<_> = quoted.collect();
    match nearest(word, &known) {
        Some(meant) => format!("unknown {kind} `{word}`: did you mean `{meant}`?"),
        None => format!("unknown {kind} `{word}`; known are: {}", known.join(", ")),
    }
}

fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .map(|(_, candidate)| candidate)
}

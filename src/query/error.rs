//! Why a filter cannot be used, and where.

use std::{fmt, ops::Range};

/// Why a text is no filter. It reads as a sentence; `span` says which part of the text is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The bytes of the text that are wrong. It is empty where something is missing.
    pub span: Range<usize>,
    /// What is wrong. It may have words of the text in it, as they were typed.
    pub what: String,
    /// What would be right.
    pub expected: String,
    /// The word that was probably meant.
    pub suggestion: Option<String>,
}

impl FilterError {
    pub(super) fn new(
        span: Range<usize>,
        what: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self { span, what: what.into(), expected: expected.into(), suggestion: None }
    }
    /// Whether a text is a filter as far as it goes, and only something at its end is missing.
    #[must_use]
    pub fn is_unfinished(&self, text: &str) -> bool {
        self.span.is_empty() && self.span.start >= text.trim_end().len()
    }
    /// How many columns precede what is wrong, and how many it has, at least one. For a line with carets
    /// under the text, of which each character takes a column.
    #[must_use]
    pub fn columns(&self, text: &str) -> (usize, usize) {
        let count = |range: Range<usize>| text.get(range).map_or(0, |part| part.chars().count());
        (count(0..self.span.start), count(self.span.clone()).max(1))
    }
}

impl fmt::Display for FilterError {
    /// What is wrong, what was probably meant, and what was expected, in this order of importance: a narrow screen
    /// cuts the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, expected, suggestion, .. } = self;
        f.write_str(what)?;
        match suggestion {
            Some(meant) if expected.is_empty() => write!(f, "; did you mean `{meant}`?"),
            Some(meant) => write!(f, "; did you mean `{meant}`? expected {expected}"),
            None if expected.is_empty() => Ok(()),
            None => write!(f, "; expected {expected}"),
        }
    }
}

impl std::error::Error for FilterError {}

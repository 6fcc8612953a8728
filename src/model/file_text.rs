//! What a file says, apart from how an editor marked it.

/// The text without the byte order mark that some editors and shells, most of them on Windows, put
/// before UTF-8. It says nothing in UTF-8, is seen nowhere, and would otherwise be the first letter
/// of a key or of a setting's name.
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

//! How text is cut into words for the full-text index, and how the words of an agent become a query. No
//! raw text ever reaches the query language of FTS5, which would take some of it as operators.

/// How many words of a query count. Further ones would only narrow the result.
const MAX_WORDS: usize = 16;

/// Whether a letter is indexed as a word of its own. That is so for scripts that are written without
/// blanks between words, so that a query finds any part of a sentence.
pub(super) fn stands_alone(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF
        | 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF
        | 0x2_0000..=0x3_FFFF)
}

/// The text as it is indexed, with blanks around the letters that are words of their own.
pub(super) fn apart(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if stands_alone(c) {
            out.extend([' ', c, ' ']);
        } else {
            out.push(c);
        }
    }
    out
}

/// The FTS5 query for entries that have all the words, each as the beginning of a word; `None` if there
/// is no letter or digit in them.
pub(super) fn query(words: &str) -> Option<String> {
    let quoted: Vec<String> = words
        .split_whitespace()
        .map(|word| word.replace(['\0', '"'], " "))
        .filter(|word| word.chars().any(|c| !c.is_ascii() || c.is_ascii_alphanumeric()))
        .take(MAX_WORDS)
        .map(|word| format!("\"{}\"*", apart(&word)))
        .collect();
    (!quoted.is_empty()).then(|| quoted.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_and_letters_without_blanks_stand_apart() {
        assert_eq!(query("hello wor"), Some("\"hello\"* \"wor\"*".into()));
        assert_eq!(query("  \t "), None);
        assert_eq!(query("-- \" ! *"), None);
        assert_eq!(query("a\"b OR"), Some("\"a b\"* \"OR\"*".into()));
        assert_eq!(query("世界"), Some("\" 世  界 \"*".into()));
    }
}

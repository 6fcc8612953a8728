//! The words by which customers opt out, come back or ask for help, and how a message is compared with
//! them (R-CONSENT-5). A word counts only if it is the whole message; how it is dressed does not matter.

use super::fold::fold;
use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// The built-in words, with where they were published. Every line that is no comment is a list's name, a
/// colon, and words between commas.
const BUILT_IN: &str = include_str!("../../assets/opt_words.txt");
/// The length in bytes beyond which a text is no word, without what surrounds it.
const LONGEST: usize = 1024;

/// What a customer says with a message that is one of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptWord {
    /// They want no more messages.
    Out,
    /// They want messages again, or agree to a request.
    In,
    /// They ask who writes to them. It changes nothing, and is never one of the other two.
    Help,
}

impl OptWord {
    pub const ALL: [Self; 3] = [Self::Out, Self::In, Self::Help];

    /// The name of its list in the settings.
    #[must_use]
    pub const fn list(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
            Self::Help => "help",
        }
    }
}

/// The three lists of an org.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptWords {
    /// The words of each list in the order of [`OptWord::ALL`], as [`bare`] leaves them.
    lists: [BTreeSet<String>; 3],
}

impl OptWords {
    /// The built-in lists, which hold for every org whose settings do not replace them.
    #[must_use]
    pub fn built_in() -> Arc<Self> {
        static WORDS: LazyLock<Arc<OptWords>> = LazyLock::new(|| {
            let mut words = OptWords::default();
            for line in BUILT_IN.lines().filter(|line| !line.starts_with('#')) {
                let Some((name, listed)) = line.split_once(':') else { continue };
                if let Some(list) = OptWord::ALL.into_iter().find(|list| list.list() == name) {
                    words.list_mut(list).extend(listed.split(',').filter_map(bare));
                }
            }
            Arc::new(words)
        });
        Arc::clone(&WORDS)
    }

    /// Adds a word to a list. The error says why it cannot be told apart from something else.
    pub fn add(&mut self, list: OptWord, word: &str) -> Result<(), String> {
        let name = list.list();
        let Some(bare) = bare(word) else {
            return Err(format!(
                "`{name}` has `{word}`, which has no letter or digit, or too many"
            ));
        };
        let other =
            OptWord::ALL.into_iter().find(|other| *other != list && self.has(*other, &bare));
        if let Some(other) = other {
            let other = other.list();
            return Err(format!(
                "`{word}` cannot be in `{name}`, because `{other}` has it: take it from there \
                 (`defaults = false` drops the built-in words)"
            ));
        }
        self.list_mut(list).insert(bare);
        Ok(())
    }

    /// What a message says, if it is one of the words and nothing else. It is read twice, because some
    /// symbols fold to letters: those of a word in a fancy script are its letters, and those around a
    /// word, such as the sign of a trade mark, are not.
    #[must_use]
    pub fn read(&self, message: &str) -> Option<OptWord> {
        let readings = [message, undressed(message)];
        readings
            .into_iter()
            .filter_map(bare)
            .find_map(|said| OptWord::ALL.into_iter().find(|list| self.has(*list, &said)))
    }

    /// The words of a list, in the form in which they are compared.
    pub fn list(&self, list: OptWord) -> impl Iterator<Item = &str> {
        self.lists[list as usize].iter().map(String::as_str)
    }

    fn has(&self, list: OptWord, bare: &str) -> bool {
        self.lists[list as usize].contains(bare)
    }

    fn list_mut(&mut self, list: OptWord) -> &mut BTreeSet<String> {
        &mut self.lists[list as usize]
    }
}

/// A text folded, without what surrounds its words, and with single blanks. `None` if nothing is left, or
/// the text is too long to be a word.
fn bare(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let folded = fold(text);
    let words: Vec<_> = undressed(&folded).split_whitespace().collect();
    Some(words.join(" ")).filter(|bare| !bare.is_empty())
}

/// A text from its first letter or digit to the last one with the marks on it. What is around that is no
/// part of a word: punctuation, symbols with emoji among them, blanks, controls, and what cannot be seen.
fn undressed(text: &str) -> &str {
    let (Some(first), Some(last)) = (text.find(is_base), text.rfind(is_base)) else { return "" };
    let mut ends = text[last..].char_indices().skip(1);
    let end = ends.find(|(_, c)| !is_mark(*c)).map_or(text.len(), |(at, _)| last + at);
    &text[first..end]
}

/// Whether a word can begin with this character.
fn is_base(c: char) -> bool {
    match c.general_category_group() {
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number => true,
        GeneralCategoryGroup::Mark
        | GeneralCategoryGroup::Punctuation
        | GeneralCategoryGroup::Symbol
        | GeneralCategoryGroup::Separator
        | GeneralCategoryGroup::Other => false,
    }
}

/// Whether this is an accent or a vowel sign. A mark that encloses others, as on the emoji of a key,
/// is a symbol.
fn is_mark(c: char) -> bool {
    use GeneralCategory::{NonspacingMark, SpacingMark};
    matches!(c.general_category(), NonspacingMark | SpacingMark)
}

#[cfg(test)]
mod tests;

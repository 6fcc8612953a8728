//! Finds what somebody probably meant who misspelt a word.

/// The known word that is nearest to this one. `None` if none is near enough, because a suggestion that is
/// far from the word only leads astray.
#[must_use]
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .map(|(_, candidate)| candidate)
}

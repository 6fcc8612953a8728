//! Reads the section `[notify]` of `config.toml`. A line that cannot be used is off and is named, and
//! all others count.

use super::AlertRules;
use crate::{console::alert::AlertMeans, model::nearest};
use std::{ops::Range, time::Duration};
use strum::VariantArray as _;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The keys of the section.
const KEYS: [&str; 6] = ["live", "waiting", "problems", "view", "title", "every"];
/// The longest time that can be asked for between two alerts, in seconds.
const LONGEST: u64 = 3_600;

/// Where something is wrong, and why.
type Wrong = (Range<usize>, String);

/// Reads the rules from the text of `config.toml`. `views` are the names of all views, in their order. The
/// second part says in words, with the line, what could not be used.
#[must_use]
pub fn read(text: &str, views: &[&str]) -> (AlertRules, Vec<String>) {
    let mut rules = AlertRules::default();
    let mut wrong: Vec<Wrong> = Vec::new();
    // Whoever reads the profiles says where a file is no TOML.
    let file = DeTable::parse(text).map(Spanned::into_inner).unwrap_or_default();
    let section = file.iter().find(|(key, _)| key.get_ref() == "notify");
    match section.map(|(_, value)| (value.span(), value.get_ref())) {
        None => {}
        Some((_, DeValue::Table(section))) => {
            for (key, value) in section {
                let read = one(&mut rules, key.get_ref(), value, views, &mut wrong);
                wrong.extend(read.err().map(|why| {
                    let at = if KEYS.contains(&key.get_ref().as_ref()) {
                        value.span()
                    } else {
                        key.span()
                    };
                    (at, format!("{} is not used: {why}", key.get_ref()))
                }));
            }
        }
        Some((at, _)) => wrong.push((at, "it is not used: expected a section [notify]".to_owned())),
    }
    wrong.sort_by_key(|(at, _)| at.start);
    let line = |at: &Range<usize>| text.get(..at.start).unwrap_or("").matches('\n').count() + 1;
    let said = wrong.iter().map(|(at, why)| format!("{}: [notify] {why}", line(at))).collect();
    (rules, said)
}

/// Reads one key of the section. What is wrong with single views is noted in `wrong`.
fn one(
    rules: &mut AlertRules,
    key: &str,
    value: &Spanned<DeValue<'_>>,
    views: &[&str],
    wrong: &mut Vec<Wrong>,
) -> Result<(), String> {
    match key {
        "live" => rules.live = means(value.get_ref())?,
        "waiting" => rules.waiting = means(value.get_ref())?,
        "problems" => rules.problems = means(value.get_ref())?,
        "title" => {
            rules.title = value.get_ref().as_bool().ok_or("expected true or false")?;
        }
        "every" => {
            let number = value.get_ref().as_integer();
            let number = number.and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
            let seconds = number.filter(|seconds| (1..=LONGEST).contains(seconds));
            let seconds = seconds.ok_or_else(|| format!("expected seconds from 1 to {LONGEST}"))?;
            rules.every = Duration::from_secs(seconds);
        }
        "view" => {
            let table = value.get_ref().as_table();
            let table = table.ok_or("expected names of views, each with a list of means")?;
            for (name, value) in table {
                let name_of = name.get_ref().as_ref();
                let read = match views.iter().position(|view| *view == name_of) {
                    Some(at) => means(value.get_ref()).map(|means| (at, means)),
                    None => Err(unknown("view", name_of, views)),
                };
                match read {
                    Ok((at, means)) => drop(rules.views.insert(at, means)),
                    Err(why) => wrong.push((name.span(), format!("view is not used: {why}"))),
                }
            }
        }
        other => return Err(unknown("key", other, &KEYS)),
    }
    Ok(())
}

/// Reads a list of means; it may be empty.
fn means(value: &DeValue<'_>) -> Result<Vec<AlertMeans>, String> {
    let known: Vec<&str> = AlertMeans::VARIANTS.iter().map(Into::into).collect();
    let expected = || format!("expected a list of {}", known.join(", "));
    let list = value.as_array().ok_or_else(expected)?;
    let mean = |value: &Spanned<DeValue<'_>>| {
        let word = value.get_ref().as_str().ok_or_else(expected)?;
        let at = known.iter().position(|known| *known == word);
        let mean = at.and_then(|at| AlertMeans::VARIANTS.get(at));
        mean.copied().ok_or_else(|| unknown("means", word, &known))
    };
    list.iter().map(mean).collect()
}

/// Says that there is no such thing, and what was probably meant.
fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("there is no {what} {word:?}; did you mean {near:?}?"),
        None if known.is_empty() => format!("there is no {what} {word:?}"),
        None => format!("there is no {what} {word:?}; there are {}", known.join(", ")),
    }
}

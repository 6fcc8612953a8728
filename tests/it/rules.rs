//! docs/RULES.md against the tree: a rule that no test cites is a wish, an id that the list does
//! not have is a slip of the pen. Which test is the right one for a rule, only people can say.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The ids of the table's rows.
fn listed() -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("docs/RULES.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    rows.filter_map(|row| row.split_once(" |"))
        .map(|(id, _)| id.to_owned())
        .filter(|id| ids(id).contains(id))
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Every id in a text: `R-` or `D-` and words of capitals, with a number or not; `M1` to `M6`.
fn ids(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words
        .filter(|word| {
            let mut parts = word.split('-');
            let family = parts.next().unwrap_or_default();
            let capitals =
                |part: &str| part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase());
            let number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
            let rest: Vec<&str> = parts.collect();
            match (family, rest.split_last()) {
                ("R", Some((last, subject))) => {
                    number(last) && !subject.is_empty() && subject.iter().all(|part| capitals(part))
                }
                ("D", Some((last, subject))) => {
                    capitals(last) && subject.iter().all(|part| capitals(part))
                }
                (m, None) => matches!(m.strip_prefix('M'), Some("1" | "2" | "3" | "4" | "5" | "6")),
                _ => false,
            }
        })
        .map(str::to_owned)
        .collect()
}

/// What of a file is tests: all of it, what stands at its end, or nothing.
fn tests<'t>(path: &Path, text: &'t str) -> &'t str {
    let below = path.strip_prefix(root()).unwrap();
    let all = below.components().any(|part| part.as_os_str() == "tests");
    let at = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    if all || below.ends_with("tests.rs") { text } else { &text[at..] }
}

/// The ids in the names of tests: `fn r_lease_2_...` cites R-LEASE-2, `fn m1_m6_...` M1 and M6,
/// `fn r_ord_4_5_...` R-ORD-4 and R-ORD-5.
fn named(text: &str, listed: &BTreeSet<String>) -> BTreeSet<String> {
    let names: Vec<String> = text
        .lines()
        .filter_map(|line| line.trim_start().split_once("fn "))
        .map(|(_, name)| format!("_{}_", name.split('(').next().unwrap_or_default()))
        .collect();
    let cited = |id: &&String| {
        let whole = format!("_{}_", id.to_lowercase().replace('-', "_"));
        let (family, number) = whole.trim_end_matches('_').rsplit_once('_').unwrap_or_default();
        let also = |name: &String| {
            let after = name.split_once(&format!("{family}_")).map(|(_, rest)| rest);
            let numbers = after.into_iter().flat_map(|rest| rest.split('_'));
            let mut numbers = numbers.take_while(|part| part.chars().all(|c| c.is_ascii_digit()));
            id.starts_with("R-") && numbers.any(|part| part == number)
        };
        names.iter().any(|name| name.contains(&whole) || also(name))
    };
    listed.iter().filter(cited).cloned().collect()
}

#[test]
fn every_rule_is_cited_by_a_test_and_every_cited_rule_is_listed() {
    let listed = listed();
    assert!(listed.len() > 110, "{} rules: the table is not read", listed.len());
    let mut files = Vec::new();
    for folder in ["src", "tests", "examples"] {
        sources(&root().join(folder), &mut files);
    }
    let (mut tested, mut unknown) = (BTreeSet::new(), Vec::new());
    for path in files.iter().filter(|path| !path.ends_with("tests/it/rules.rs")) {
        let text = fs::read_to_string(path).unwrap();
        for id in ids(&text).difference(&listed) {
            unknown.push(format!("{}: {id}", path.display()));
        }
        let tests = tests(path, &text);
        tested.extend(ids(tests));
        tested.extend(named(tests, &listed));
    }
    let untested: Vec<_> = listed.difference(&tested).collect();
    assert!(untested.is_empty(), "no test cites {untested:?}");
    assert!(unknown.is_empty(), "docs/RULES.md does not have\n{}", unknown.join("\n"));
}

#[test]
fn ids_are_found_in_prose_and_in_names() {
    let text = "(R-LEASE-2, D-IDEM); M1 and D-CONSENT-MERGE, not R-2-D2, R-MSG, D-day or UTF-8";
    let found = ["D-CONSENT-MERGE", "D-IDEM", "M1", "R-LEASE-2"].map(str::to_owned);
    assert_eq!(ids(text), BTreeSet::from(found));
    let listed: Vec<String> =
        ["R-PAY-1", "R-PAY-2", "R-PAY-4", "M1", "M6", "D-IDEM"].map(str::to_owned).into();
    let names = "fn r_pay_1_4_who() {\n    async fn m1_m6_books() {\nfn d_idem_once() {";
    let cited = named(names, &listed.into_iter().collect());
    let expected = ["D-IDEM", "M1", "M6", "R-PAY-1", "R-PAY-4"].map(str::to_owned);
    assert_eq!(cited, BTreeSet::from(expected));
}

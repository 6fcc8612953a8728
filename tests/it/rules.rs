//! `docs/rules/` against the tree. A rule that no test holds is a wish, and an id that no page
//! states is a slip of the pen. A rule is held if a test cites its id, in its name or beside it, or
//! if the page names the test. Which test is the right one for a rule, only people can say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the pages say: each rule with the page that states it, and with the tests that its line
/// `Test:` names. Panics if a rule is stated twice.
fn stated() -> BTreeMap<String, (PathBuf, Vec<String>)> {
    let mut rules = BTreeMap::new();
    for page in files(&root().join("docs/rules"), "md") {
        let text = fs::read_to_string(&page).unwrap();
        for (id, tests) in rules_of(&text) {
            let twice = rules.insert(id.clone(), (page.clone(), tests));
            assert!(twice.is_none(), "{id} is stated in {} too", page.display());
        }
    }
    rules
}

/// The rules of a page: a heading that is an id, then text, then perhaps `Test:` and names.
fn rules_of(text: &str) -> Vec<(String, Vec<String>)> {
    let mut rules: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim())
        {
            // A heading that is no id ends the rule before it.
            rules.push((title.to_owned(), Vec::new()));
        } else if let (Some(names), Some((_, tests))) =
            (line.strip_prefix("Test: "), rules.last_mut())
        {
            tests.extend(names.split(',').map(|name| name.trim().trim_matches('`').to_owned()));
        }
    }
    rules.retain(|(title, _)| ids(title).contains(title));
    rules
}

/// All files below a folder whose names end so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|end| end == ending) {
            found.push(path);
        }
    }
    found
}

/// Every id in a text: `R-`, words of capitals and a number, or `D-` and words of capitals.
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

/// The names of the functions of a text.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter_map(|line| line.trim_start().split_once("fn "));
    lines.map(|(_, rest)| rest.split('(').next().unwrap_or_default())
}

/// The ids in the names of tests: `fn r_lease_2_...` cites R-LEASE-2, and `fn r_ord_4_5_...` cites
/// R-ORD-4 and R-ORD-5.
fn named(text: &str, stated: &BTreeSet<String>) -> BTreeSet<String> {
    let names: Vec<String> = functions(text).map(|name| format!("_{name}_")).collect();
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
    stated.iter().filter(cited).cloned().collect()
}

#[test]
fn every_rule_is_cited_by_a_test_and_every_cited_rule_is_listed() {
    let rules = stated();
    let ids_stated: BTreeSet<String> = rules.keys().cloned().collect();
    assert!(rules.len() > 160, "{} rules: the pages are not read", rules.len());
    let sources = ["src", "tests", "examples", "benches"]
        .into_iter()
        .flat_map(|folder| files(&root().join(folder), "rs"))
        .chain(files(&root().join("proto"), "proto"));
    let (mut tested, mut unknown) = (BTreeSet::new(), Vec::new());
    let mut test_names = BTreeSet::new();
    for path in sources.filter(|path| !path.ends_with("tests/it/rules.rs")) {
        let text = fs::read_to_string(&path).unwrap();
        for id in ids(&text).difference(&ids_stated) {
            unknown.push(format!("{}: {id}", path.display()));
        }
        let tests = tests(&path, &text);
        tested.extend(ids(tests));
        tested.extend(named(tests, &ids_stated));
        test_names.extend(functions(tests).map(str::to_owned));
    }
    let mut missing = Vec::new();
    for (id, (page, tests)) in &rules {
        for test in tests.iter().filter(|test| !test_names.contains(*test)) {
            missing.push(format!("{}: {id} names {test}", page.display()));
        }
        if !tests.is_empty() {
            tested.insert(id.clone());
        }
    }
    assert!(missing.is_empty(), "there are no such tests\n{}", missing.join("\n"));
    let untested: Vec<_> = ids_stated.difference(&tested).collect();
    assert!(untested.is_empty(), "no test cites {untested:?}, and their pages name none");
    assert!(unknown.is_empty(), "docs/rules/ does not state\n{}", unknown.join("\n"));
}

#[test]
fn the_index_has_every_page_and_the_pages_refer_to_rules_that_exist() {
    let stated: BTreeSet<String> = stated().into_keys().collect();
    let index = fs::read_to_string(root().join("docs/rules/README.md")).unwrap();
    for page in files(&root().join("docs/rules"), "md") {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name == "README.md" || index.contains(&format!("({name})")), "no link to {name}");
        let text = fs::read_to_string(&page).unwrap();
        // The index names what is gone, so that nobody uses it again.
        let gone = ["R-EVT-5", "R-LEASE-6"];
        let odd: Vec<_> = ids(&text)
            .into_iter()
            .filter(|id| id.starts_with("R-") && !stated.contains(id))
            .filter(|id| name != "README.md" || !gone.contains(&id.as_str()))
            .collect();
        assert!(odd.is_empty(), "{name} refers to {odd:?}");
    }
}

#[test]
fn ids_are_found_in_prose_in_headings_and_in_names() {
    let text = "(R-LEASE-2, D-IDEM); R-PAY-10, D-CONSENT-MERGE, not R-2-D2, R-MSG, D-day, UTF-8";
    let found = ["D-CONSENT-MERGE", "D-IDEM", "R-LEASE-2", "R-PAY-10"].map(str::to_owned);
    assert_eq!(ids(text), BTreeSet::from(found));

    let page = "# Leases\n### R-LEASE-2\nSee R-META-2.\nTest: `one`, `two`\n## More\nTest: `x`\n";
    let tests = ["one", "two"].map(str::to_owned).to_vec();
    assert_eq!(rules_of(page), [("R-LEASE-2".to_owned(), tests)]);

    let stated: Vec<String> =
        ["R-PAY-1", "R-PAY-2", "R-PAY-4", "R-BOOKS-1", "D-IDEM"].map(str::to_owned).into();
    let names = "fn r_pay_1_4_who() {\n    async fn m1_m6_books() {\nfn d_idem_once() {";
    let cited = named(names, &stated.into_iter().collect());
    let expected = ["D-IDEM", "R-PAY-1", "R-PAY-4"].map(str::to_owned);
    assert_eq!(cited, BTreeSet::from(expected));
}

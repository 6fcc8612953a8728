//! CONTRIBUTING.md against the tree: what its two lists name exists, each item says what asks for
//! it, and a new command or event kind takes no more places than the page promises.

use std::{fs, path::Path};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The numbered items under a heading, each joined into one line.
fn items(heading: &str) -> Vec<String> {
    let page = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let mut items: Vec<String> = Vec::new();
    for line in section.lines() {
        let begins = line.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        match items.last_mut() {
            _ if begins => items.push(line.to_owned()),
            Some(item) if line.starts_with("  ") => *item = format!("{item} {}", line.trim()),
            _ => {}
        }
    }
    items
}

/// Everything that stands between backticks.
fn quoted(item: &str) -> impl Iterator<Item = &str> {
    item.split('`').skip(1).step_by(2)
}

/// The name of every `fn` in the sources.
fn functions(folder: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, names);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn "));
            names.extend(lines.filter_map(|rest| Some(rest.split_once('(')?.0.to_owned())));
        }
    }
}

/// Panics with every item of a list that is wrong.
fn check(heading: &str, most: usize) {
    let mut tests = Vec::new();
    functions(&root().join("src"), &mut tests);
    functions(&root().join("tests"), &mut tests);
    let items = items(heading);
    assert!(!items.is_empty() && items.len() <= most, "{heading}: {} places", items.len());
    let mut wrong = Vec::new();
    for (number, item) in (1..).zip(&items) {
        let (paths, words): (Vec<_>, Vec<_>) = quoted(item).partition(|word| word.contains('/'));
        let named: Vec<_> = words.into_iter().filter(|w| w.matches('_').count() > 2).collect();
        let missing = |path: &&&str| !root().join(path).exists();
        wrong.extend(paths.iter().filter(missing).map(|path| format!("{number}: no {path}")));
        let unknown = |test: &&&str| !tests.iter().any(|known| known == **test);
        wrong.extend(named.iter().filter(unknown).map(|test| format!("{number}: no test {test}")));
        if !item.starts_with(&format!("{number}. `")) || paths.is_empty() {
            wrong.push(format!("{number}: no place, or not in order: {item}"));
        }
        if named.is_empty() && !item.to_lowercase().contains("compiler asks for") {
            wrong.push(format!("{number}: nobody asks for it: {item}"));
        }
    }
    assert!(wrong.is_empty(), "{heading}\n{}", wrong.join("\n"));
}

#[test]
fn a_new_command_has_at_most_12_places_and_they_exist() {
    check("Add a command", 12);
}

#[test]
fn a_new_event_kind_has_at_most_8_places_and_they_exist() {
    check("Add an event kind", 8);
}

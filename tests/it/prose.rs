//! What comments and pages say, as far as a test can tell: a doc comment is a sentence or absent,
//! whatever is cited can be opened by a reader of this repository, pages name files that are there,
//! links lead somewhere, and pages that must stay short do. Every offender is named with its line.

use super::tidy::{report, sources};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files of these endings below the crate's root, with their texts and paths from there.
fn files(folders: &[&str], ends: &[&str]) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    for folder in folders {
        walk(&root().join(folder), ends, &mut paths);
    }
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/"), text)
    };
    paths.into_iter().map(read).collect()
}

fn walk(folder: &Path, ends: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, ends, found);
        } else if path.extension().is_some_and(|end| ends.iter().any(|e| end == *e)) {
            found.push(path);
        }
    }
}

/// The pages at the root and in `docs/`, licences aside.
fn pages() -> Vec<(String, String)> {
    let mut found = files(&["docs"], &["md"]);
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        found.push((name.to_owned(), fs::read_to_string(root().join(name)).unwrap()));
    }
    found
}

/// Paragraphs of the doc comments of a file, each with the number of its first line and its lines. Code blocks,
/// tables, lists and headings are none.
fn paragraphs(text: &str) -> Vec<(usize, Vec<&str>)> {
    let mut found: Vec<(usize, Vec<&str>)> = Vec::new();
    let (mut is_open, mut is_code) = (false, false);
    for (n, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let said = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        let Some(said) = said.map(str::trim) else {
            (is_open, is_code) = (false, false);
            continue;
        };
        let is_fence = said.starts_with("```");
        is_code ^= is_fence;
        let is_item = said.starts_with(['-', '*', '|', '#', '<', '['])
            || said.split_once(". ").is_some_and(|(first, _)| first.parse::<u32>().is_ok());
        if said.is_empty() || is_fence || is_code || is_item {
            is_open = false;
        } else if is_open {
            found.last_mut().unwrap().1.push(said);
        } else {
            is_open = true;
            found.push((n + 1, vec![said]));
        }
    }
    found
}

#[test]
fn a_doc_comment_is_a_sentence_or_absent() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| source.path.starts_with("src/")) {
        for (line, lines) in paragraphs(&source.text) {
            let said = lines.join(" ");
            let words = said.split_whitespace().filter(|w| w.contains(char::is_alphanumeric));
            // What a test holds may be said by the id of the rule alone.
            let is_rule =
                source.path.contains("/tests") && said.contains(['R', 'D']) && said.contains('-');
            if words.count() < 3 && !is_rule {
                problems.push(format!("{}:{line}: `{said}` says too little", source.path));
            }
        }
    }
    report(&problems);
}

#[test]
fn no_doc_comment_ends_in_a_line_of_a_word_or_two() {
    let mut problems = Vec::new();
    for source in &sources() {
        for (line, lines) in paragraphs(&source.text) {
            let last = lines[lines.len() - 1];
            if lines.len() > 1 && last.split_whitespace().count() < 3 {
                let at = line + lines.len() - 1;
                problems.push(format!("{}:{at}: `{last}` has a line of its own", source.path));
            }
        }
    }
    report(&problems);
}

#[test]
fn paragraphs_are_found_and_lists_and_code_are_not() {
    let text =
        "//! One\n//! two.\n//!\n//! - item\n//! ```\n//! code\n//! ```\nfn a() {}\n/// Three.\n";
    assert_eq!(paragraphs(text), [(1, vec!["One", "two."]), (9, vec!["Three."])]);
}

/// The comment of a line, if it has one.
fn comment(line: &str) -> Option<&str> {
    let text = line.trim_start();
    if text.starts_with("//") || text.starts_with('#') {
        return Some(text);
    }
    text.split_once(" // ").map(|(_, said)| said)
}

/// Words of letters, digits and what stands within paths and numbers.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || "_./-".contains(c);
    text.split(move |c: char| !is_part(c)).map(|word| word.trim_end_matches('.'))
}

/// Whether a word is a number of a section that stands alone: `3.18`.
fn is_section(word: &str) -> bool {
    let numbers: Vec<_> = word.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    (2..=3).contains(&numbers.len()) && numbers.iter().all(is_number)
}

/// Whether a word is a mark such as `H2` or `W3`, with which documents elsewhere name their parts.
/// `R0` to `R4` are risks, `F1` to `F12` keys, `C0` and `C1` control characters.
fn is_mark(word: &str) -> bool {
    let digits =
        word.strip_prefix(['B', 'C', 'D', 'E', 'G', 'H', 'M', 'S', 'W']).unwrap_or_default();
    (1..=2).contains(&digits.len())
        && digits.chars().all(|c| c.is_ascii_digit())
        && !["C0", "C1"].contains(&word)
}

/// What a line cites that no reader of this repository can open.
fn cited(path: &str, line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let is_page = |word: &&str| Path::new(word).extension().is_some_and(|end| end == "md");
    for word in words(line).filter(is_page) {
        if !root().join(word.trim_start_matches("../")).exists() {
            found.push(word.to_owned());
        }
    }
    let Some(said) = comment(line) else { return found };
    let in_parentheses = said.split('(').skip(1).filter_map(|part| part.split(')').next());
    for part in in_parentheses {
        let first = part.split([',', ' ', ';']).next().unwrap_or_default();
        let is_alone = first.len() == part.len() || !part[first.len()..].starts_with(" s");
        if is_section(first) && is_alone {
            found.push(format!("({first})"));
        }
    }
    found.extend(words(said).filter(|word| is_mark(word)).map(str::to_owned));
    if said.contains("reliability rule") || said.contains("reliability S") {
        found.push("reliability".to_owned());
    }
    let speaks_of_the_sdk = ["sdk", "model", "wire", "catalog", "cli"]
        .iter()
        .any(|r| path.starts_with(&format!("src/{r}")));
    if speaks_of_the_sdk && (said.contains("the seed") || said.contains("The seed")) {
        found.push("the seed, which is Elarian's JavaScript SDK".to_owned());
    }
    found
}

#[test]
fn what_is_cited_can_be_opened_here() {
    let folders = ["src", "tests/it", "benches", "examples", "proto", "assets"];
    let mut problems = Vec::new();
    for (path, text) in files(&folders, &["rs", "proto", "toml"]) {
        if path == "tests/it/prose.rs" {
            continue;
        }
        for (n, line) in text.lines().enumerate() {
            let found = cited(&path, line);
            problems.extend(found.iter().map(|what| format!("{path}:{}: cites {what}", n + 1)));
        }
    }
    report(&problems);
}

#[test]
fn citations_are_told_from_numbers_and_words() {
    let none: [&str; 6] = [
        "// waits (0.25 s) and then",
        "// RFC 9113 (section 3.4 of it), HTTP/1.1, README.md",
        "let x = (3.18, 4);",
        "// the key F5, C1 controls and R2 (R-LEASE-2)",
        "let url = \"http://host/H2\";",
        "// a phone (3GPP TS 23.038)",
    ];
    for line in none {
        assert_eq!(cited("src/sdk/a.rs", line), Vec::<String>::new(), "{line}");
    }
    let all: [(&str, &str); 5] = [
        ("/// Set tags (3.5).", "(3.5)"),
        ("// locked (H2)", "H2"),
        ("//! (operations.md 3.26):", "operations.md"),
        ("let a = 1; // (reliability rule 11)", "reliability"),
        ("/// As in the seed.", "the seed, which is Elarian's JavaScript SDK"),
    ];
    for (line, what) in all {
        assert_eq!(cited("src/sdk/a.rs", line), [what], "{line}");
    }
}

/// The anchor that a heading has.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Why a link of a page leads nowhere; `None` if it leads somewhere, or out of the repository.
fn broken(page: &str, target: &str) -> Option<String> {
    if target.contains("://") {
        return None;
    }
    let (file, part) = target.split_once('#').unwrap_or((target, ""));
    let folder = root().join(page);
    let path = if file.is_empty() { folder } else { folder.parent().unwrap().join(file) };
    if !path.exists() {
        return Some(format!("{page}: no {target}"));
    }
    let text = fs::read_to_string(&path).ok().filter(|_| !part.is_empty())?;
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    (!headings.any(|heading| anchor(heading) == part)).then(|| format!("{page}: no part {target}"))
}

#[test]
fn links_of_pages_lead_somewhere() {
    let mut problems = Vec::new();
    let mut links = 0;
    for (page, text) in pages() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            links += 1;
            problems.extend(broken(&page, link));
        }
    }
    assert!(links > 20, "only {links} links found");
    report(&problems);
}

/// A path as pages name one, without the part that is not there yet: `app/` of `app/...`.
fn is_there(word: &str) -> bool {
    let candidates = [word.to_owned(), format!("src/{word}"), format!("src/{word}.rs")];
    let rooms = ["src/console", "src/hub", "src/sdk"].map(|room| format!("{room}/{word}"));
    candidates
        .iter()
        .chain(&rooms)
        .any(|path| root().join(path).exists() || root().join(format!("{path}.rs")).exists())
}

#[test]
fn files_that_pages_name_are_there() {
    let mut problems = Vec::new();
    for (page, text) in pages() {
        if !["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"].contains(&page.as_str()) {
            continue;
        }
        for (n, line) in text.lines().enumerate() {
            for word in line.split('`').skip(1).step_by(2) {
                let is_path = word.contains('/')
                    && word.chars().all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c));
                if is_path && !is_there(word.trim_end_matches('/')) {
                    problems.push(format!("{page}:{}: there is no `{word}`", n + 1));
                }
            }
        }
    }
    report(&problems);
}

#[test]
fn the_readme_is_short_and_lines_fit() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 130, "the README has {} lines", readme.lines().count());
    let mut problems = Vec::new();
    for (page, text) in pages() {
        // One sentence a line: as long as it is. Rows of tables are as wide as they must be.
        let is_free = |line: &str| {
            page == "ARCHITECTURE.md" || page.starts_with("docs/rules/") || line.starts_with('|')
        };
        for (n, line) in text.lines().enumerate().filter(|(_, line)| !is_free(line)) {
            if line.chars().count() > 140 {
                problems.push(format!("{page}:{}: more than 140 characters", n + 1));
            }
        }
    }
    report(&problems);
}

#[test]
fn the_architecture_has_one_sentence_a_line() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut problems = Vec::new();
    let mut is_code = false;
    for (n, line) in page.lines().enumerate() {
        is_code ^= line.starts_with("```");
        let text = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
        let text = text.trim_start_matches([' ', '.']);
        let ends = [". ", "? ", ".** ", "! "].iter().any(|end| {
            let after = text.split(end).skip(1);
            after.filter_map(|rest| rest.chars().next()).any(char::is_uppercase)
        });
        if !is_code && !line.starts_with('|') && ends {
            problems.push(format!("ARCHITECTURE.md:{}: more than one sentence", n + 1));
        }
    }
    report(&problems);
}

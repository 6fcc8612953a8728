//! Hygiene as a test: who may import whom, file length, opening words, one type for each name, and
//! no clock, async or raw output where they do not belong. Who may import whom and the glossary are
//! read from ARCHITECTURE.md. What comments and pages say is checked in `prose.rs`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Rooms without clock, async or output of their own.
const PURE: &[&str] = &["model", "query", "rules", "catalog", "console/pane", "console/text"];

/// Words that a pure room does not say, each with the reason.
const IMPURE: &[(&str, &str)] = &[
    ("async fn", "pure rooms do not wait"),
    (".await;", "pure rooms do not wait"),
    (".await?", "pure rooms do not wait"),
    ("SystemTime", "time comes in as an argument"),
    ("Instant::", "time comes in as an argument"),
    ("Timestamp::now", "time comes in as an argument"),
    ("std::fs", "pure rooms do no I/O"),
    ("tokio::", "pure rooms do not wait"),
];

/// Words that no file says outside the places named.
const RESERVED: &[(&str, &[&str], &str)] = &[
    ("println!", &[], "a closed pipe must be success: use cli/out.rs"),
    ("eprintln!", &["src/main.rs"], "the screen may be ours: use cli/out.rs"),
    ("SetTitle", &[], "crossterm writes it unfiltered"),
    ("todo!(", &[], "nothing is left to do in what users get"),
    ("unimplemented!(", &[], "nothing is left to do in what users get"),
    ("dbg!(", &[], "left over"),
    ("#[ignore", &[], "a test that does not run tests nothing"),
    ("unbounded_channel", &[], "a queue without a bound hides overload"),
    ("ratatui::init", &[], "writes through a small line buffer and restores too little"),
];

const LONGEST_FILE: usize = 500;

pub(super) struct Source {
    /// Below the crate's root, with `/`.
    pub path: String,
    pub text: String,
}

impl Source {
    /// `hub/log/sqlite` for `src/hub/log/sqlite.rs`; `None` for lib.rs, main.rs and
    /// everything outside src.
    fn module(&self) -> Option<&str> {
        let inner = self.path.strip_prefix("src/")?.trim_end_matches(".rs");
        let inner = inner.trim_end_matches("/mod");
        (!["lib", "main"].contains(&inner)).then_some(inner)
    }
    /// Without the part that is compiled for tests only (by convention the last `mod tests {`).
    fn shipped(&self) -> &str {
        if self.path.contains("/tests")
            || self.path.ends_with("arbitrary.rs")
            || self.path.ends_with("faulty.rs")
        {
            return "";
        }
        self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or("")
    }
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.shipped().lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//"))
    }
}

/// Which rooms there are and what each may import, as ARCHITECTURE.md says: the lines of the block
/// under "Who may import whom", each `room, room -> room, room`. `hub` alone means every room of it.
struct Rooms(BTreeMap<String, Vec<String>>);

impl Rooms {
    fn read() -> Self {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
        let page = fs::read_to_string(page).unwrap();
        let (_, section) = page.split_once("## Who may import whom").expect("the section");
        let block = section.split("```").nth(1).expect("its table");
        let names = |text: &str| text.split(',').map(|name| name.trim().to_owned()).collect();
        let mut rooms = BTreeMap::new();
        for line in block.lines().skip(1).filter(|line| !line.trim().is_empty()) {
            let (whose, may) = line.split_once("->").unwrap_or_else(|| panic!("no arrow: {line}"));
            let may: Vec<String> = names(may);
            let may = if may == ["nothing of ours"] { Vec::new() } else { may };
            let whose: Vec<String> = names(whose);
            for room in whose {
                assert!(rooms.insert(room, may.clone()).is_none(), "twice in the table: {line}");
            }
        }
        assert!(rooms.len() > 20, "only {} rooms in the table", rooms.len());
        Self(rooms)
    }
    /// The room of a module: the one whose name is the longest beginning of its path.
    fn of(&self, module: &str) -> Option<&str> {
        let rooms = self.0.keys().map(String::as_str).filter(|room| is_inside(module, room));
        rooms.max_by_key(|room| room.len())
    }
    /// The rooms that one may import, each by its own name.
    fn open_to<'a>(&'a self, room: &str) -> impl Iterator<Item = &'a str> {
        let may = &self.0[room];
        self.0.keys().map(String::as_str).filter(|to| may.iter().any(|may| is_inside(to, may)))
    }
}

/// Whether a path is that room or below it.
fn is_inside(path: &str, room: &str) -> bool {
    path.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(super) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for dir in ["src", "tests", "benches"] {
        walk(&root.join(dir), &mut found);
    }
    found.push(root.join("build.rs"));
    let sources: Vec<_> = found
        .into_iter()
        .map(|path| Source {
            text: fs::read_to_string(&path).unwrap(),
            path: path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/"),
        })
        .collect();
    assert!(sources.len() > 60, "only {} files found: the walk is broken", sources.len());
    sources
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

pub(super) fn report(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// Every path of ours that a file names, with the line it starts on: `use` trees flattened, `super`
/// resolved against the file's own module, and `crate::…` wherever else it stands.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let module =
        source.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let mut found = Vec::new();
    let mut tree: Option<(usize, String)> = None;
    for (n, line) in source.lines() {
        let text = line.trim();
        let opens = text.strip_prefix("pub ").unwrap_or(text).strip_prefix("use ");
        match (&mut tree, opens) {
            (None, Some(rest)) => tree = Some((n, rest.to_owned())),
            (Some((_, open)), _) => open.push_str(text),
            (None, None) => found.extend(
                text.replace("(in crate::", "(").match_indices("crate::").map(|(at, _)| {
                    let rest = &text[at + "crate::".len()..];
                    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
                    (n, rest[..end.unwrap_or(rest.len())].replace("::", "/"))
                }),
            ),
        }
        if let Some((at, open)) = tree.take_if(|(_, open)| open.ends_with(';')) {
            let mut paths = Vec::new();
            flatten("", open.trim_end_matches(';'), &mut paths);
            found.extend(paths.iter().filter_map(|path| Some((at, resolve(path, module)?))));
        }
    }
    found
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn flatten(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let Some(open) = tree.find('{') else {
        paths.push(format!("{prefix}{}", tree.trim()));
        return;
    };
    let prefix = format!("{prefix}{}", tree[..open].trim());
    let close = tree.rfind('}').unwrap_or(tree.len());
    let (mut depth, mut part) = (0, String::new());
    for c in tree[open + 1..close].chars().chain([',']) {
        match c {
            ',' if depth == 0 => {
                if !part.trim().is_empty() {
                    flatten(&prefix, part.trim(), paths);
                }
                part.clear();
                continue;
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        part.push(c);
    }
}

/// A path of ours as `rules/World`; `None` for other crates.
fn resolve(path: &str, module: &str) -> Option<String> {
    if let Some(rest) = path.strip_prefix("crate::") {
        return Some(rest.replace("::", "/"));
    }
    let mut rest = path.strip_prefix("super::")?;
    let mut parts: Vec<_> = module.split('/').collect();
    parts.pop();
    while let Some(up) = rest.strip_prefix("super::") {
        parts.pop();
        rest = up;
    }
    parts.extend(rest.split("::"));
    Some(parts.join("/"))
}

#[test]
fn trees_flatten_and_super_resolves() {
    let mut paths = Vec::new();
    flatten("", "crate::{a::{b, c::{d, e}}, f}", &mut paths);
    assert_eq!(paths, ["crate::a::b", "crate::a::c::d", "crate::a::c::e", "crate::f"]);
    assert_eq!(resolve("super::super::engine::Hub", "hub/log/sqlite").unwrap(), "hub/engine/Hub");
    assert_eq!(resolve("std::fmt", "hub"), None);
}

#[test]
fn nobody_imports_against_the_arrows() {
    let rooms = Rooms::read();
    let (mut problems, mut checked) = (Vec::new(), 0);
    for source in sources() {
        let Some(module) = source.module() else { continue };
        let Some(room) = rooms.of(module) else {
            problems.push(format!("{}: is of no room in ARCHITECTURE.md", source.path));
            continue;
        };
        for (n, import) in imports(&source) {
            let Some(target) = rooms.of(&import) else { continue };
            checked += 1;
            if target != room && !rooms.open_to(room).any(|to| to == target) {
                let place = format!("{}:{}", source.path, n + 1);
                problems.push(format!("{place}: {room} imports {import} of {target}"));
            }
        }
    }
    assert!(checked > 300, "only {checked} imports seen: the check is broken");
    report(&problems);
}

#[test]
fn no_arrow_leads_back() {
    // Rooms from which everything they may import is already settled, again and again: what is
    // never settled is on a circle or above one.
    let rooms = Rooms::read();
    let mut open: Vec<&str> = rooms.0.keys().map(String::as_str).collect();
    loop {
        let before = open.len();
        let still = open.clone();
        open.retain(|room| rooms.open_to(room).any(|to| to != *room && still.contains(&to)));
        if open.len() == before {
            break;
        }
    }
    assert!(open.is_empty(), "the table of ARCHITECTURE.md has a circle among {open:?}");
}

#[test]
fn every_room_of_the_table_is_there_and_uses_what_it_may() {
    let rooms = Rooms::read();
    let mut used: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let sources = sources();
    for source in &sources {
        let Some(room) = source.module().and_then(|module| rooms.of(module)) else { continue };
        *used.entry((room, "")).or_default() += 1;
        for (_, import) in imports(source) {
            if let Some(target) = rooms.of(&import) {
                *used.entry((room, target)).or_default() += 1;
            }
        }
    }
    let mut problems = Vec::new();
    for (room, may) in &rooms.0 {
        if !used.contains_key(&(room.as_str(), "")) {
            problems.push(format!("{room}: no such file or folder in src"));
        }
        let imports = |to: &str| used.keys().any(|(of, at)| of == room && is_inside(at, to));
        problems.extend(may.iter().filter(|to| !imports(to)).map(|to| {
            format!("{room} may import {to} and does not: take it out of ARCHITECTURE.md")
        }));
    }
    report(&problems);
}

/// Where each struct, enum, trait and type alias is declared, tests and generated code aside. A
/// `type` that is indented belongs to a trait.
fn declared(sources: &[Source]) -> BTreeMap<&str, Vec<(&str, usize)>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path.starts_with("src/")) {
        for (n, line) in source.lines() {
            let text = line.trim_start();
            let text = match text.strip_prefix("pub(") {
                Some(scope) => scope.split_once(") ").map_or("", |(_, rest)| rest),
                None => text.strip_prefix("pub ").unwrap_or(text),
            };
            let Some((kind, rest)) = text.split_once(' ') else { continue };
            let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let is_type = ["struct", "enum", "union", "trait"].contains(&kind)
                || (kind == "type" && !line.starts_with(' '));
            if is_type && name.starts_with(char::is_uppercase) {
                found.entry(name).or_default().push((source.path.as_str(), n + 1));
            }
        }
    }
    assert!(found.len() > 300, "only {} types found: the check is broken", found.len());
    found
}

#[test]
fn a_type_name_is_declared_once() {
    let sources = sources();
    let several = declared(&sources).into_iter().filter(|(_, places)| places.len() > 1);
    let told = several.flat_map(|(name, places)| {
        places.into_iter().map(move |(path, line)| {
            format!(
                "{path}:{line}: `{name}` is declared elsewhere too: give it the field's own word"
            )
        })
    });
    report(&told.collect::<Vec<_>>());
}

#[test]
fn the_glossary_names_types_that_are_there_once() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let page = fs::read_to_string(page).unwrap();
    let section = page.split("\n## ").find(|part| part.starts_with("Glossary")).unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")).skip(1);
    let rows: Vec<Vec<&str>> = rows
        .map(|row| row.split('|').map(|cell| cell.trim().trim_matches('`')).collect())
        .collect();
    assert!((10..=25).contains(&rows.len()), "{} words: a newcomer learns 25", rows.len());
    let sources = sources();
    let declared = declared(&sources);
    let mut problems = Vec::new();
    for row in rows {
        let [word, name, file, ..] = row[..] else { panic!("not four cells: {row:?}") };
        let places = declared.get(name).map_or(&[][..], Vec::as_slice);
        if !matches!(places, [(path, _)] if path.strip_prefix("src/") == Some(file)) {
            problems.push(format!("{word}: `{name}` of {file} is declared in {places:?}"));
        }
    }
    report(&problems);
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut problems = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > LONGEST_FILE {
            problems.push(format!("{}: {lines} lines; split it by subject", source.path));
        }
        if !source.text.starts_with("//!") {
            problems.push(format!("{}: does not open with //!", source.path));
        }
        let name = source.path.rsplit('/').next().unwrap_or("");
        if ["utils.rs", "helpers.rs", "common.rs", "misc.rs", "util.rs"].contains(&name)
            && !source.path.starts_with("src/wire/")
        {
            problems.push(format!("{}: name it after its subject", source.path));
        }
    }
    report(&problems);
}

#[test]
fn pure_rooms_have_no_clock_no_waiting_and_no_output() {
    let mut problems = Vec::new();
    for source in sources() {
        let Some(module) = source.module() else { continue };
        if !PURE.iter().any(|pure| is_inside(module, pure)) {
            continue;
        }
        for (n, line) in source.lines() {
            for (word, reason) in IMPURE.iter().filter(|(word, _)| line.contains(word)) {
                problems.push(format!("{}:{}: `{word}`: {reason}", source.path, n + 1));
            }
        }
    }
    report(&problems);
}

#[test]
fn reserved_words_stay_where_they_belong() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|s| s.path.starts_with("src/")) {
        for (n, line) in source.lines() {
            for (word, places, reason) in RESERVED {
                let said = line.match_indices(word).any(|(at, _)| {
                    // `eprintln!` contains `println!`.
                    *word != "println!" || !line[..at].ends_with('e')
                });
                if said && !places.contains(&source.path.as_str()) {
                    problems.push(format!("{}:{}: `{word}`: {reason}", source.path, n + 1));
                }
            }
        }
    }
    report(&problems);
}

#[test]
fn only_safe_text_is_drawn() {
    // Spans of our own words are made in view/ and text.rs; foreign text gets there as Safe only.
    let mut problems = Vec::new();
    for source in sources().iter().filter(|s| s.path.starts_with("src/console/")) {
        let may = source.path.starts_with("src/console/view/")
            || source.path.starts_with("src/console/text");
        for (n, line) in source.lines() {
            for word in [
                "Span::raw",
                "Span::styled",
                "Line::from",
                "Line::raw",
                "Line::styled",
                "Text::from",
                "Text::raw",
                "set_string",
                "set_stringn",
            ] {
                if line.contains(word) && !may {
                    problems.push(format!(
                        "{}:{}: `{word}` outside view/ and text.rs",
                        source.path,
                        n + 1
                    ));
                }
            }
        }
    }
    report(&problems);
}

#[test]
fn the_manifest_forbids_unsafe_code() {
    let manifest =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    assert!(manifest.contains("pedantic"));
}

//! Hygiene as a test: who may import whom, file length, opening words, and no clock, async or
//! raw output where they do not belong. The table is ARCHITECTURE.md's, in code.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A room and what it may import of ours. A path is of the room whose prefix is the longest match.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &["model"]),
    ("query", &["model", "query"]),
    ("rules", &["model", "rules"]),
    ("catalog", &["model", "catalog"]),
    ("wire", &["model", "wire"]),
    ("sdk", &["model", "wire", "sdk"]),
    ("hub/log", &["model", "wire", "hub/log", "hub/clock"]),
    ("hub/shelf", &["model", "wire", "rules", "hub/log", "hub/shelf", "hub/clock"]),
    ("hub/engine", &["model", "wire", "rules", "hub/log", "hub/shelf", "hub/clock", "hub/engine"]),
    ("hub", &["model", "wire", "rules", "hub"]),
    ("sandbox", &["model", "wire", "rules", "hub", "sandbox"]),
    ("console/link", &["model", "sdk", "console"]),
    ("console/text", &["console/text"]),
    (
        "console/pane",
        &[
            "model",
            "query",
            "catalog",
            "console/pane",
            "console/msg",
            "console/actions",
            "console/keymap",
            "console/layout",
            "console/drafts",
        ],
    ),
    ("console/view", &["model", "query", "catalog", "console"]),
    ("console", &["model", "query", "catalog", "console"]),
    ("cli", &["model", "query", "catalog", "wire", "sdk", "hub", "sandbox", "console", "cli"]),
];

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

struct Source {
    /// Below the crate's root, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// `hub/rules` for `src/hub/rules/mod.rs`; `None` for lib.rs, main.rs and everything outside src.
    fn room(&self) -> Option<&'static str> {
        let inner = self.path.strip_prefix("src/")?;
        room_of(inner.trim_end_matches(".rs"))
    }
    /// Without the part that is compiled for tests only (by convention the last `mod tests {`).
    fn shipped(&self) -> &str {
        if self.path.contains("/tests")
            || self.path.ends_with("arbitrary.rs")
            || self.path.ends_with("faulty.rs")
        {
            return "";
        }
        self.text.split("#[cfg(test)]\nmod ").next().unwrap_or("")
    }
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.shipped().lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//"))
    }
}

fn room_of(path: &str) -> Option<&'static str> {
    MAY_IMPORT
        .iter()
        .map(|(room, _)| *room)
        .filter(|room| path == *room || path.starts_with(&format!("{room}/")))
        .max_by_key(|room| room.len())
}

fn sources() -> Vec<Source> {
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

fn report(problems: &[String]) {
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
    let mut problems = Vec::new();
    let mut checked = 0;
    for source in sources() {
        let Some(room) = source.room() else { continue };
        let may = MAY_IMPORT.iter().find(|(r, _)| *r == room).map_or(&[][..], |(_, may)| may);
        for (n, import) in imports(&source) {
            let Some(target) = room_of(&import) else { continue };
            checked += 1;
            let inside = |room: &str| import == room || import.starts_with(&format!("{room}/"));
            if !may.iter().any(|room| inside(room)) {
                problems.push(format!(
                    "{}:{}: {room} imports {import} of {target}",
                    source.path,
                    n + 1
                ));
            }
        }
    }
    assert!(checked > 300, "only {checked} imports seen: the check is broken");
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
        let Some(room) = source.room() else { continue };
        if !PURE.iter().any(|pure| room == *pure || room.starts_with(&format!("{pure}/"))) {
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

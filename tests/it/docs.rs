//! The tables in `docs/` and what the pages name. A table stands between two marks of its page and is made here from what
//! the program declares: actions and keymap, command line and man page, the settings that the hub and the profiles accept.
//! A test fails when a table is out of date; `UPDATE_DOCS=1 cargo test --test it docs` writes it anew. docs/CONTRACT.md has
//! a test of its own (`contract_table.rs`), and the magic numbers of docs/sandbox.md are checked in `model/magic.rs`.

mod outcomes;
mod settings;
mod trust;

use super::support::{binary, binary_in};
use clap::CommandFactory as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};
use switchboard::{
    catalog,
    cli::args::Cli,
    console::{actions::Action, keymap::Keymap},
    hub::metrics::METRICS,
    query::{FIELDS, FilterField},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares tables with what stands between their marks in a page, or writes them there.
pub fn check(page: &str, tables: &[(&str, String)]) {
    let path = root().join(page);
    let text = fs::read_to_string(&path).unwrap();
    let mut made = text.clone();
    for (name, table) in tables {
        let (open, close) = (format!("<!-- made: {name} -->\n"), format!("<!-- end: {name} -->"));
        let (before, rest) =
            made.split_once(&open).unwrap_or_else(|| panic!("{page} has no mark {open}"));
        let (_, after) =
            rest.split_once(&close).unwrap_or_else(|| panic!("{page} has no mark {close}"));
        made = format!("{before}{open}\n{}\n\n{close}{after}", table.trim());
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(&path, made).unwrap();
    }
    let differs = text.lines().zip(made.lines()).find(|(is, should)| is != should);
    let line = differs.map_or("", |(_, should)| should);
    assert!(
        text == made,
        "{page} is out of date, first at: {line}\n`UPDATE_DOCS=1 cargo test --test it docs` writes it"
    );
}

/// A Markdown table; a bar within a cell is escaped.
pub fn table<const N: usize>(top: [&str; N], all: impl IntoIterator<Item = [String; N]>) -> String {
    let mut out = format!("| {} |\n|{}\n", top.join(" | "), "---|".repeat(N));
    for row in all {
        let cells = row.map(|cell| cell.replace('|', "\\|").replace('\n', " "));
        writeln!(out, "| {} |", cells.join(" | ")).unwrap();
    }
    out
}

pub fn code(word: impl std::fmt::Display) -> String {
    format!("`{word}`")
}

#[test]
fn the_keys_are_those_of_the_actions_and_the_default_keymap() {
    let keymap = Keymap::default();
    let mut groups: Vec<(String, Vec<[String; 4]>)> = Vec::new();
    for row in Action::table() {
        let keys: Vec<_> = keymap.keys(row.action).iter().map(code).collect();
        let risk = switchboard::console::actions::risk_word(row.risk).to_owned();
        let cells = [keys.join(" "), code(row.id), row.help.to_owned(), risk];
        let place = place(row.contexts);
        match groups.iter_mut().find(|(known, _)| *known == place) {
            Some((_, rows)) => rows.push(cells),
            None => groups.push((place, vec![cells])),
        }
    }
    let mut made = String::new();
    for (place, rows) in groups {
        let rows = table(["key", "name in `keymap.toml`", "what it does", "risk"], rows);
        writeln!(made, "### {place}\n\n{rows}").unwrap();
    }
    check("docs/keys.md", &[("keys", made)]);
}

#[test]
fn the_fields_of_the_filter_are_those_of_the_parser() {
    let fields = FIELDS.iter().map(|row| {
        let word = if row.field == FilterField::Meta { "meta.KEY" } else { row.word };
        let operators: Vec<_> = row.compares.operators().iter().map(code).collect();
        [code(word), row.help.to_owned(), operators.join(" "), code(row.example)]
    });
    let fields = table(["field", "what it asks for", "comparisons", "for example"], fields);
    let words = |of: fn(&FilterField) -> bool| {
        let rows = FIELDS.iter().map(|row| row.field).filter(of).flat_map(|field| {
            let word = move |(word, help)| [code(format!("{}:{word}", field.row().word)), help];
            field.words().into_iter().map(word)
        });
        table(["clause", "what it means"], rows)
    };
    let tables = [
        ("fields", fields),
        ("words", words(|field| *field != FilterField::St)),
        ("statuses", words(|field| *field == FilterField::St)),
    ];
    check("docs/FILTER.md", &tables);
}

#[test]
fn the_metrics_are_those_that_the_hub_tells() {
    let rows = METRICS.iter().map(|row| {
        let labels: Vec<_> = row.labels.iter().map(code).collect();
        let kind = format!("{:?}", row.kind).to_lowercase();
        [code(row.name), kind, labels.join(" "), row.help.trim_end_matches('.').to_owned()]
    });
    let table = table(["metric", "kind", "labels", "what it says"], rows);
    check("docs/METRICS.md", &[("metrics", table)]);
}

/// Where actions of these contexts can be pressed, as a heading.
fn place(contexts: &[impl std::fmt::Debug]) -> String {
    let words: Vec<_> = contexts.iter().map(|one| format!("{one:?}").to_lowercase()).collect();
    let browse = ["feed", "inspector", "activity", "lists", "works"];
    match &words[..] {
        [one] => match one.as_str() {
            "filter" => "While the filter is typed".into(),
            "form" => "In a form".into(),
            "review" => "On the review sheet".into(),
            "picker" => "In the palette and in help".into(),
            "leaving" => "In the question before leaving".into(),
            "throwingaway" => "In the question before a draft is thrown away".into(),
            "welcome" => "On the card of the first start".into(),
            "works" => "In the list of work by tag".into(),
            pane => format!("In the {pane}"),
        },
        words if words == browse => "In every pane".into(),
        words if words == &browse[..4] => "In every pane but the list of work: commands".into(),
        words if words == &browse[3..] => "In the lists".into(),
        words if words.len() > browse.len() + 2 => "Everywhere".into(),
        words => format!("In {}", words.join(", ")),
    }
}

/// A verb as the man page has it.
struct VerbHelp {
    /// With the verb before it, if it is one of `sim`.
    name: String,
    /// What must and what may be given, without the options.
    arguments: String,
    about: String,
    /// What `--confirm` takes, if there is that option.
    confirm: Option<String>,
    is_command: bool,
}

/// The man page as plain text with its section marks.
fn man() -> String {
    let page = binary().arg("man").output().unwrap();
    let page = String::from_utf8(page.stdout).unwrap();
    let marks =
        [("\\-", "-"), ("\\*(Aq", "'"), ("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\&", "")];
    marks.iter().fold(page, |page, (mark, plain)| page.replace(mark, plain))
}

/// Every verb, in the order of the page.
fn verbs() -> Vec<VerbHelp> {
    let page = man();
    let (_, verbs) = page.split_once(".SH VERBS\n").expect("the verbs");
    let (verbs, _) = verbs.split_once("\n.SH ").expect("their end");
    let sections = verbs.split(".SS \"switchboard ").skip(1);
    let verbs: Vec<_> = sections
        .map(|section| {
            let (name, text) = section.split_once("\"\n").expect("a name");
            let mut paragraphs = text.split(".PP\n").skip(1);
            let synopsis = paragraphs.next().unwrap_or_default().trim();
            let arguments = synopsis.trim_start_matches(&format!("switchboard {name}"));
            let arguments = arguments.split_whitespace().filter(|word| !word.contains("--"));
            let about = paragraphs.next().unwrap_or_default().lines().next().unwrap_or_default();
            let confirm = text.split_once("--confirm <").and_then(|(_, rest)| rest.lines().nth(1));
            VerbHelp {
                name: name.to_owned(),
                arguments: arguments.collect::<Vec<_>>().join(" "),
                about: about.to_owned(),
                confirm: confirm.map(str::to_owned),
                is_command: text.contains("--dry-run"),
            }
        })
        .collect();
    assert!(verbs.len() > 40, "only {} verbs are found", verbs.len());
    verbs
}

#[test]
fn the_verbs_are_those_of_the_man_page_and_options_those_of_the_command_line() {
    let verbs = verbs();
    let (commands, others): (Vec<_>, Vec<_>) =
        verbs.iter().filter(|verb| !verb.name.contains(' ')).partition(|verb| verb.is_command);
    assert_eq!(commands.len(), catalog::ALL.len(), "a verb for each command");
    let commands = commands.iter().map(|verb| {
        let confirm = verb.confirm.as_deref().unwrap_or_default();
        let confirm = confirm.split_once(": ").map_or(confirm, |(_, value)| value);
        [code(&verb.name), verb.about.clone(), confirm.to_owned()]
    });
    let others = others.iter().map(|verb| [code(&verb.name), verb.about.clone()]);
    let cli = Cli::command();
    let options = cli.get_arguments().filter_map(|arg| {
        let env = arg.get_env().map(|name| code(name.to_string_lossy())).unwrap_or_default();
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let value = arg.get_value_names().filter(|_| arg.get_action().takes_values());
        let value = value.map(|names| format!(" {}", names.join(" "))).unwrap_or_default();
        Some([code(format!("--{}{value}", arg.get_long()?)), help, env])
    });
    check(
        "docs/cli.md",
        &[
            ("commands", table(["verb", "what it does", "`--confirm` takes"], commands)),
            ("verbs", table(["verb", "what it does"], others)),
            ("options", table(["option", "what it does", "variable"], options)),
            ("exit codes", exit_codes()),
        ],
    );
}

#[test]
fn the_sim_verbs_are_those_of_the_man_page() {
    let rows = verbs().into_iter().filter_map(|verb| {
        let own = verb.name.strip_prefix("sim ")?;
        Some([code(format!("{own} {}", verb.arguments).trim()), verb.about])
    });
    check(
        "docs/sandbox.md",
        &[("sim verbs", table(["`switchboard sim …`", "what happens"], rows))],
    );
}

/// The codes as the man page says them, which has one for every kind of end.
fn exit_codes() -> String {
    let page = man();
    let (_, section) = page.split_once(".SH \"EXIT STATUS\"\n").expect("the section");
    let (section, _) = section.split_once(".SH ").expect("its end");
    let ends = section.split(".TP\n").filter_map(|end| end.trim().split_once('\n'));
    let ends: Vec<_> =
        ends.map(|(code, means)| [code.to_owned(), means.replace('\n', " ")]).collect();
    let declared = fs::read_to_string(root().join("src/cli/exit.rs")).unwrap();
    let declared = declared.lines().filter_map(|line| line.trim().strip_suffix(','));
    let declared = declared.filter_map(|line| line.rsplit_once(" = ")).map(|(_, code)| code);
    let declared: BTreeSet<_> = declared.filter(|code| code.parse::<u8>().is_ok()).collect();
    let told: BTreeSet<_> = ends.iter().map(|[code, _]| code.as_str()).collect();
    assert!(declared.len() > 5 && told == declared, "the man page says {told:?} of {declared:?}");
    table(["exit code", "means"], ends)
}

/// The keys of a profile. The binary is asked whether it knows exactly these.
#[rustfmt::skip]
const PROFILE: &[(&str, &str)] = &[
    ("endpoint", "the hub, as `http://host:port` or `https://host:port`"),
    ("org", "the org"),
    ("app", "the app in whose name commands are sent"),
    ("api_key_file", "a file that holds nothing but the key; its owner alone may read it (`chmod 600`)"),
    ("auth_token_file", "the same for an auth token, in place of a key; it is read once, at start"),
    ("views", "a file of [views](#views) that several people share; one's own of the same name win"),
    ("replies", "a file of [canned replies](#canned-replies) that several people share; one's own of the same name win"),
    ("insecure", "`true` lets the key travel in the clear to another machine"),
    ("ca", "a file with the certificates of the authorities to trust in place of the web's, in PEM ([TLS](#tls))"),
    ("client_cert", "a file with the certificate to show to a hub that asks for one, in PEM"),
    ("client_key", "a file with its key in PEM; its owner alone may read it (`chmod 600`)"),
];

fn profiles() -> String {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/switchboard");
    fs::create_dir_all(&folder).unwrap();
    let known = |text: &str| {
        fs::write(folder.join("config.toml"), text).unwrap();
        let said = binary_in(home.path()).args(["--profile", "x", "leases"]).output().unwrap();
        let said = String::from_utf8(said.stderr).unwrap();
        let (_, known) = said.split_once("known are: ").unwrap_or_else(|| panic!("{said}"));
        let words = known.lines().next().unwrap().split(", ");
        words.map(str::to_owned).collect::<BTreeSet<String>>()
    };
    assert_eq!(known("zzzz = 1\n"), ["default", "notify", "profile"].map(str::to_owned).into());
    let listed: BTreeSet<String> = PROFILE.iter().map(|(key, _)| (*key).to_owned()).collect();
    assert_eq!(known("[profile.x]\nzzzz = 1\n"), listed, "the keys of a profile");
    table(["key", "what it says"], PROFILE.iter().map(|(key, says)| [code(key), (*says).into()]))
}

/// The variables that the program reads and that no option stands for.
#[rustfmt::skip]
const VARIABLES: &[(&str, &str)] = &[
    ("SWITCHBOARD_API_KEY", "the API key; wins over the files of a profile"),
    ("SWITCHBOARD_AUTH_TOKEN", "an auth token, in place of a key; it ends by itself, and both at once are refused"),
    ("NO_COLOR", "set to anything, it turns colours off in the console"),
    ("RUST_LOG", "how much `switchboard serve` says in its log: a level such as `debug`, or `info,switchboard=trace`; `info` without it"),
    ("VISUAL", "the editor that `F4` opens in a form; without it `EDITOR`, and without both `vi`"),
    ("EDITOR", "the same, if `VISUAL` says none"),
    ("TERM", "where it says `dumb` the console does not start, because it cannot draw there"),
    ("TZ", "the time zone of times that are typed and shown; one that is not known is an error, and without it the machine's counts"),
    ("SSH_CONNECTION", "if it is set, the console starts without taking the mouse (`F2` takes it)"),
    ("XDG_CONFIG_HOME", "where `switchboard/config.toml`, `keymap.toml`, `views.toml` and `replies.toml` are (`~/.config`)"),
    ("XDG_DATA_HOME", "where the embedded hub's `switchboard` folder is (`~/.local/share`)"),
    ("XDG_STATE_HOME", "where drafts, marks, filters, texts of editors and the console's log file are (`~/.local/state`)"),
];

fn environment() -> String {
    let mut rows: BTreeMap<String, String> = BTreeMap::new();
    let cli = Cli::command();
    for arg in cli.get_arguments() {
        if let (Some(name), Some(long)) = (arg.get_env(), arg.get_long()) {
            rows.insert(name.to_string_lossy().into(), format!("the same as `--{long}`"));
        }
    }
    let read = variables_in_sources();
    let told = VARIABLES.iter().map(|(name, _)| *name).chain(rows.keys().map(String::as_str));
    let told: BTreeSet<String> = told.map(str::to_owned).collect();
    let missing: Vec<_> = read.difference(&told).collect();
    assert!(missing.is_empty(), "the sources read {missing:?}, of which nothing is said");
    rows.extend(VARIABLES.iter().map(|(name, says)| ((*name).into(), (*says).into())));
    table(["variable", "what it says"], rows.into_iter().map(|(name, says)| [code(name), says]))
}

/// Names of variables in the code that is shipped: those it reads by name, and all of our own.
fn variables_in_sources() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut files = Vec::new();
    files_below(&root().join("src"), &["rs"], &mut files);
    // The tests that `trust` runs are no part of what is shipped either.
    let is_shipped = |path: &&PathBuf| {
        let path = path.to_string_lossy();
        !path.contains("/tests") && !path.contains("/trust/")
    };
    for path in files.iter().filter(is_shipped) {
        let text = fs::read_to_string(path).unwrap();
        for (before, name) in text.split('"').collect::<Vec<_>>().windows(2).map(|w| (w[0], w[1])) {
            let is_name = !name.is_empty()
                && name.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit());
            let is_read = ["var(", "var_os("].iter().any(|read| before.ends_with(read));
            if is_name && (is_read || name.starts_with("SWITCHBOARD_")) {
                found.insert(name.to_owned());
            }
        }
    }
    assert!(found.len() > 4, "only {found:?}: the sources are not read");
    found
}

fn files_below(folder: &Path, ends: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, ends, found);
        } else if path.extension().is_some_and(|end| ends.iter().any(|e| end == *e)) {
            found.push(path);
        }
    }
}

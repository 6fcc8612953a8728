//! The page of `switchboard --help`, and the examples below the help of each verb.
//!
//! The parser's own page lists the verbs in one column and takes three screens. This one puts them
//! under headings, a line each, and fits two screens of 80 columns and 25 lines. Its words are those
//! of the verbs themselves: the first sentence of each stands here, all of it in its own help.

use crate::catalog::{ALL, VerbGroup};
use clap::{Arg, Command};
use std::fmt::Write as _;

/// What stands under a heading.
enum Section {
    /// Verbs that are no commands, by name.
    Named(&'static [&'static str]),
    /// Verbs whose names say it all, side by side.
    Short(&'static [&'static str]),
    /// The commands whose declaration names this group.
    Commands(VerbGroup),
}

/// The headings from top to bottom. The second line of a heading stands beside the second verb.
const SECTIONS: &[(&str, Section)] = &[
    ("Look", Section::Named(&["tail", "get", "listen", "export"])),
    (
        "Lists",
        Section::Short(&["waiting", "live", "works", "scheduled", "reminders", "leases", "purses"]),
    ),
    ("Messages", Section::Commands(VerbGroup::Messages)),
    ("Customers", Section::Commands(VerbGroup::Customers)),
    ("Reminders", Section::Commands(VerbGroup::Reminders)),
    ("By tag", Section::Commands(VerbGroup::ByTag)),
    ("Money and\nvoice", Section::Commands(VerbGroup::MoneyAndVoice)),
    ("Networks", Section::Commands(VerbGroup::Networks)),
    ("Run", Section::Named(&["init", "serve", "sim"])),
    ("Hub", Section::Short(&["admin", "status", "backup", "restore", "verify", "repair"])),
    ("Shell", Section::Short(&["doctor", "token", "man", "completions"])),
];

/// How many columns the headings and the verbs take.
const MARGIN: usize = 11;
const VERBS: usize = 24;

/// The lines that go below the help of a verb. `line` is a whole example without the word
/// `switchboard` in front.
pub fn example(line: &str) -> String {
    format!("Example:\n  switchboard {line}")
}

/// The names of the verbs, heading by heading.
fn sections() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    SECTIONS.iter().map(|(heading, section)| {
        let verbs = match section {
            Section::Named(verbs) | Section::Short(verbs) => verbs.to_vec(),
            Section::Commands(group) => {
                let of_group = ALL.iter().filter(|spec| spec.verb.group == *group);
                of_group.map(|spec| spec.verb.name).collect()
            }
        };
        (*heading, verbs)
    })
}

/// The page for the whole program. `cli` is the parser with all its verbs.
pub fn page(cli: &Command) -> String {
    let about = cli.get_about().map(ToString::to_string).unwrap_or_default();
    let mut page = format!(
        "{about}\n\
         Usage: switchboard [OPTIONS] [VERB ...]   without a verb: the console\n\
         \x20      VERB --help has an example; --version says which\n"
    );
    for ((heading, verbs), (_, section)) in sections().zip(SECTIONS) {
        if let Section::Short(verbs) = section {
            let _ = writeln!(page, "{heading:<MARGIN$}{}", verbs.join("  "));
            continue;
        }
        let rows = verbs.iter().filter_map(|name| cli.find_subcommand(name));
        rows_under(
            &mut page,
            heading,
            rows.map(|verb| (verb.get_name().to_owned(), summary(verb))),
        );
    }
    let options = |of_hub: bool| {
        // What is rarely needed is in the man page only.
        let is_rare = |arg: &&Arg| arg.is_hide_set() || arg.is_hide_short_help_set();
        let seen = cli.get_arguments().filter(move |arg| !is_rare(arg));
        let all = seen.filter(move |arg| arg.is_global_set() == of_hub);
        all.filter(|arg| arg.get_long().is_some()).map(option)
    };
    rows_under(&mut page, "Which hub", options(true));
    rows_under(&mut page, "Console", options(false));
    page
}

/// Writes a line for each row, with the heading in the margin.
fn rows_under(page: &mut String, heading: &str, rows: impl Iterator<Item = (String, String)>) {
    let mut heading = heading.lines();
    for (name, does) in rows {
        let margin = heading.next().unwrap_or_default();
        let line = format!("{margin:<MARGIN$}{name:<VERBS$}{does}");
        page.push_str(line.trim_end());
        page.push('\n');
    }
}

/// The first sentence of what a verb says of itself.
fn summary(verb: &Command) -> String {
    let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
    about.split_once(". ").map_or(about.as_str(), |(first, _)| first).to_owned()
}

/// An option as it is typed, and its help.
fn option(arg: &Arg) -> (String, String) {
    let names = arg.get_value_names().filter(|_| arg.get_action().takes_values());
    let value = names.and_then(<[_]>::first).map_or_else(String::new, |name| format!(" {name}"));
    let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    if let [default] = arg.get_default_values() {
        let _ = write!(help, " [{}]", default.display());
    }
    (format!("--{}{value}", arg.get_long().unwrap_or_default()), help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command;

    #[test]
    fn the_help_of_the_program_fits_two_screens() {
        let page = page(&command());
        let lines = page.lines().count();
        assert!(lines <= 50, "{lines} lines:\n{page}");
        for line in page.lines() {
            assert!(line.chars().count() <= 80, "wider than a screen: {line}");
        }
        let rendered = command().render_long_help().to_string();
        assert_eq!(rendered.trim_end(), page.trim_end());
        assert_eq!(command().render_help().to_string(), rendered, "-h and --help say the same");
    }

    #[test]
    fn every_verb_stands_under_one_heading() {
        let mut listed: Vec<_> = sections().flat_map(|(_, verbs)| verbs).collect();
        listed.sort_unstable();
        let cli = command();
        let mut verbs: Vec<_> = cli.get_subcommands().map(Command::get_name).collect();
        verbs.sort_unstable();
        assert_eq!(listed, verbs);
    }
}

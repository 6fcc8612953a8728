//! The man page and the shell completions, made from the same declarations as the parser: one page
//! with every verb, or the page of a single verb.

use super::{exit::CliError, out};
use clap::Command;
use clap_mangen::Man;
use std::io::{self, Write as _};

const DETAILS: &str = "\
.SH \"EXIT STATUS\"
.TP
0
Done; or a dry run of what would be done. A closed pipe too.
.TP
1
The hub refused, or would refuse, or there is no such customer. Nothing changed.
.TP
2
The arguments, a settings file or the terminal cannot be used. Nothing was sent.
.TP
3
No hub could be reached or started.
.TP
4
The key is not accepted, or not for this.
.TP
5
It may or may not have been done: repeat it with the same \\-\\-idempotency.
.TP
6
Somebody else has answered the customer since the entry of \\-\\-seen. Nothing was sent.
.TP
7
The hub or this machine is in trouble, as `status` or `doctor` found.
.TP
74
The hub's log failed or is damaged, or writing to stdout, the terminal or a copy did.
.SH ENVIRONMENT
.TP
SWITCHBOARD_API_KEY
The key to a hub elsewhere. Never an argument: other users can read those.
.TP
SWITCHBOARD_AUTH_TOKEN
A token of `switchboard token`, in place of a key. It ends by itself.
.TP
SWITCHBOARD_ENDPOINT, SWITCHBOARD_ORG, SWITCHBOARD_APP, SWITCHBOARD_PROFILE, SWITCHBOARD_DATA_DIR
The same as the options of these names.
.TP
NO_COLOR
If set, the console uses no colours.
.TP
RUST_LOG
How much serve says in its log: a level such as debug, or info,switchboard=trace.
.TP
VISUAL, EDITOR
The editor that F4 opens in a form; without them vi.
.SH FILES
.TP
config.toml
Profiles, in the XDG configuration folder below switchboard.
.TP
keymap.toml
Other keys for the console, in the same folder.
.TP
log.db, shelf.db, shelf.sums
What the embedded hub keeps, in the XDG data folder below switchboard or in the folder of
\\-\\-data\\-dir.
";

/// The page of one verb, or of all verbs for `None`, as input for `man -l -`.
pub fn page(mut cli: Command, verb: Option<&str>) -> Result<String, CliError> {
    cli.build();
    let mut page = Vec::new();
    let rendered = match verb {
        None => whole(&cli, &mut page),
        Some(verb) => {
            let found = cli.get_subcommands().find(|command| command.get_name() == verb);
            let found = found.ok_or_else(|| {
                CliError::usage(format!("there is no verb {verb}; `switchboard --help` lists them"))
            })?;
            one(found, &mut page)
        }
    };
    rendered.map_err(|error| CliError::usage(format!("the page cannot be made: {error}")))?;
    String::from_utf8(page).map_err(|error| CliError::usage(error.to_string()))
}

fn whole(cli: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let man = Man::new(cli.clone());
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    page.write_all(b".SH VERBS\n")?;
    verbs(cli, "switchboard", page)?;
    page.write_all(DETAILS.as_bytes())
}

fn one(verb: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let name = format!("switchboard-{}", verb.get_name());
    let source = concat!("switchboard ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(verb.clone()).title(name).source(source);
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if let Some(more) = verb.get_after_help() {
        page.write_all(b".SH EXAMPLE\n")?;
        let more = more.to_string();
        page.write_all(verbatim(more.trim_start_matches("Example:\n")).as_bytes())?;
    }
    if verb.has_subcommands() {
        page.write_all(b".SH VERBS\n")?;
        verbs(verb, &format!("switchboard {}", verb.get_name()), page)?;
    }
    Ok(())
}

/// Writes a section for each verb below a command, and for the verbs below those.
fn verbs(cli: &Command, path: &str, page: &mut Vec<u8>) -> io::Result<()> {
    for verb in cli.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let path = format!("{path} {}", verb.get_name());
        // The options that every verb has stand once, under OPTIONS of the page.
        let own = verb.clone().mut_args(|arg| {
            let shared = arg.is_global_set() || arg.get_id() == "help";
            arg.hide(shared)
        });
        let more = own.get_after_help().map(ToString::to_string);
        let man = Man::new(own);
        let mut section = Vec::new();
        man.render_synopsis_section(&mut section)?;
        man.render_description_section(&mut section)?;
        man.render_options_section(&mut section)?;
        writeln!(page, ".SS \"{}\"", path.replace('-', "\\-"))?;
        page.write_all(demoted(&String::from_utf8_lossy(&section)).as_bytes())?;
        if let Some(more) = more {
            page.write_all(verbatim(&more).as_bytes())?;
        }
        verbs(verb, &path, page)?;
    }
    Ok(())
}

/// Turns the sections of a verb's own page into paragraphs within its section of the whole page.
fn demoted(section: &str) -> String {
    let mut out = String::with_capacity(section.len());
    // Every section begins with the same two definitions, which the page needs only once.
    let known = |line: &&str| !line.starts_with(".ie ") && !line.starts_with(".el ");
    for line in section.lines().filter(known) {
        match line.strip_prefix(".SH ") {
            Some("OPTIONS") => out.push_str(".PP\nOptions:"),
            Some(_) => out.push_str(".PP"),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

/// A text whose lines stay as they are, and in which nothing is a command of the man page.
fn verbatim(text: &str) -> String {
    let mut out = String::from(".PP\n.nf\n");
    for line in text.lines() {
        let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
        out.push_str(guard);
        out.push_str(&line.replace('\\', "\\e").replace('-', "\\-"));
        out.push('\n');
    }
    out.push_str(".fi\n");
    out
}

pub fn run(cli: Command, verb: Option<&str>) -> Result<(), CliError> {
    out::line(page(cli, verb)?.trim_end()).map(|_| ())
}

/// Prints the completions for a shell.
pub fn completions(mut cli: Command, shell: clap_complete::Shell) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli, "switchboard", &mut script);
    out::line(String::from_utf8_lossy(&script).trim_end()).map(|_| ())
}

//! The command line: arguments, profiles, and the verbs that work without a screen.
//!
//! This is the thin edge that joins the rooms, and the only one that knows both the console and the
//! hub. Every run ends with one exit code (`exit::Code`) and, unless that is success, a sentence on
//! stderr. Verbs that are commands are made from the catalog (`verb`); nothing here decides what a
//! command may do.

mod admin;
pub mod args;
mod copies;
pub mod exit;
mod export;
mod get;
mod help;
mod hub_log;
mod init;
mod list;
mod listen;
mod local;
mod man;
mod open;
mod out;
pub(crate) mod profile;
mod seeing;
mod serve;
mod sim;
mod tail;
#[cfg(test)]
mod tests;
mod times;
mod verb;
mod whom;
mod zone;

use crate::console::pane::feed::Depth;
use crate::{
    console::replay::Replay,
    model::{RecipientOutcome, Seq, nearest},
    sdk::Client,
};
use args::{AdminVerb, Cli, ConnectionArgs, OutputFormat, ReadVerb, TableFormat, Verb, WhichArgs};
use clap::{
    ArgMatches, Command, CommandFactory as _, FromArgMatches as _,
    error::{ContextKind, ContextValue},
    parser::ValueSource,
};
use exit::{CliError, Code};
use std::{ffi::OsStr, path::PathBuf, process::ExitCode};
use tail::TailStart;

/// Parses the arguments of the process, does what they say, and tells how it ended.
#[must_use]
pub fn run() -> ExitCode {
    // What this makes is its user's alone, also what libraries make (R-SECRET-3).
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return usage(&only_near_tips(error)),
    };
    let format = format_of(&matches);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return end(Err(CliError::new(Code::Unreachable, error.to_string())), format);
        }
    };
    let result = runtime.block_on(act(&matches));
    // Whatever still runs, such as a slow connection attempt, must not delay the exit.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    end(result, format)
}

/// How the verb that was called prints, also one below another verb.
fn format_of(matches: &ArgMatches) -> OutputFormat {
    let own = matches.try_get_one::<OutputFormat>("format").ok().flatten().copied();
    let table = matches.try_get_one::<TableFormat>("format").ok().flatten();
    // What is printed for a spreadsheet ends for people.
    let table = table.map(|table| table.plain().unwrap_or(OutputFormat::Text));
    let json = matches.try_get_one::<bool>("json").ok().flatten() == Some(&true);
    let own = if json { Some(OutputFormat::Json) } else { own };
    let below = matches.subcommand().map(|(_, below)| format_of(below));
    own.or(table).or(below).unwrap_or(OutputFormat::Text)
}

/// The same for arguments that the parser does not take, so that nobody else can say it.
fn format_asked() -> OutputFormat {
    let args: Vec<_> = std::env::args_os().collect();
    let is_json = |word: &OsStr| word == "json" || word == "ndjson";
    let flag = args.iter().any(|arg| arg == "--json");
    let apart = args.windows(2).any(|pair| pair[0] == "--format" && is_json(&pair[1]));
    let joint = args.iter().filter_map(|arg| arg.to_str()?.strip_prefix("--format="));
    if flag || apart || joint.map(OsStr::new).any(is_json) {
        OutputFormat::Json
    } else {
        OutputFormat::Text
    }
}

/// The parser of the whole command line, with the verbs of the catalog and a help page of our own.
pub(crate) fn command() -> Command {
    // What an environment variable holds at the moment is no part of a help page.
    let cli = Cli::command().mut_args(|arg| arg.hide_env_values(true));
    let cli = cli.subcommands(verb::commands());
    let page = help::page(&cli);
    cli.override_help(page)
}

/// The options of the console that a verb does not take before it. What would be ignored there could make a verb work on
/// another hub than the one that was meant.
const OF_THE_CONSOLE: [&str; 7] =
    ["listen", "plaintext", "config", "replay", "speed", "hold", "views"];

/// Refuses options of the console that stand before a verb.
fn check_order(matches: &ArgMatches, verb: &str) -> Result<(), CliError> {
    let is_given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    // These two take the views of a team from there.
    let is_taken = |id: &str| id == "views" && ["tail", "export"].contains(&verb);
    match OF_THE_CONSOLE.into_iter().find(|id| is_given(id) && !is_taken(id)) {
        Some(id) => Err(CliError::usage(format!(
            "--{id} before `{verb}` is an option of the console, and `{verb}` would not look at it: write after \
             `{verb}` what it takes (`switchboard {verb} --help`)"
        ))),
        None => Ok(()),
    }
}

async fn act(matches: &ArgMatches) -> Result<(), CliError> {
    if let Some((verb, _)) = matches.subcommand() {
        check_order(matches, verb)?;
    }
    if let Some((name, args)) = matches.subcommand()
        && let Some(spec) = verb::find(name)
    {
        return verb::run(spec, args).await;
    }
    let cli = Cli::from_arg_matches(matches).map_err(|e| CliError::usage(e.to_string()))?;
    let connection = &cli.connection;
    match cli.verb {
        None => {
            let hold = std::time::Duration::from_secs(cli.hold);
            let replay = cli.replay.as_deref();
            let replay = replay.map(|file| Replay::open(file, cli.speed)).transpose();
            let replay = replay.map_err(CliError::usage)?;
            let Cli { listen, plaintext, config, views, .. } = cli;
            let wishes = open::ConsoleWishes { listen, plaintext, config, hold, replay, views };
            Box::pin(open::console(connection, wishes)).await
        }
        Some(Verb::Serve(args)) => serve::run(connection, args).await,
        Some(Verb::Admin { of: AdminVerb::Key { config, verb } }) => {
            admin::run(connection, config.as_deref(), verb)
        }
        Some(Verb::Init { answers, file }) => {
            init::run(&file, connection.org.as_deref(), answers).await
        }
        Some(Verb::Tail { which, after, times, last, format, no_follow }) => {
            let (query, depth) = filter_of(connection, which, cli.views)?;
            let tail = tail::Tail {
                query,
                depth,
                start: match (after, last) {
                    (Some(seq), _) => TailStart::After(Seq(seq)),
                    (None, Some(last)) => TailStart::Last(last),
                    (None, None) if times.since.is_some() => TailStart::Since,
                    (None, None) => TailStart::Last(LAST),
                },
                times,
                format,
                follow: !no_follow,
            };
            open::with_client(connection, async |client| tail::run(client, tail).await).await
        }
        Some(Verb::Sim(sim)) => sim::run(connection, sim).await,
        Some(Verb::Get { customer, at, format }) => {
            open::with_client(connection, async |client| {
                get::run(client, &customer, at.as_deref(), format).await
            })
            .await
        }
        Some(Verb::Man { of }) => man::run(command(), of.as_deref()),
        Some(Verb::Completions { shell }) => man::completions(command(), shell),
        Some(Verb::Export { which, times, format, unmasked, file }) => {
            let (query, depth) = filter_of(connection, which, cli.views)?;
            let wanted = export::Exported { query, depth, times, masked: !unmasked };
            open::with_client(connection, async |client| {
                export::run(client, &wanted, format, &file).await
            })
            .await
        }
        Some(Verb::Seeing(verb)) => seeing::run(connection, matches, verb).await,
        Some(Verb::Copy(verb)) => copies::run(connection, verb),
        Some(Verb::Read(verb)) => {
            open::with_client(connection, async |client| read(client, verb).await).await
        }
    }
}

/// How many events `tail` begins with if nothing is said.
const LAST: u32 = 10;

/// The filter and the depth that are meant: those of a view, or a filter at every depth.
fn filter_of(
    connection: &ConnectionArgs,
    which: WhichArgs,
    shared: Option<PathBuf>,
) -> Result<(String, Depth), CliError> {
    match which.view {
        Some(name) => open::view(connection, which.views.or(shared), &name),
        None => Ok((which.query, Depth::All)),
    }
}

async fn read(client: &Client, verb: ReadVerb) -> Result<(), CliError> {
    match verb {
        ReadVerb::Listen { events, count } => {
            listen::run(client, &listen::topics(&events)?, count).await
        }
        ReadVerb::Token { format } => list::token(client, format).await,
        ReadVerb::Works { work: Some(work), outcome, format, .. } => {
            let outcome = outcome.map(RecipientOutcome::from);
            list::recipients(client, &work.as_str().into(), outcome, format).await
        }
        ReadVerb::Works { limit, format, .. } => list::works(client, limit, format.plain()?).await,
        ReadVerb::Reminders { customer, limit, format } => {
            list::reminders(client, customer.as_deref(), limit, format).await
        }
        ReadVerb::Scheduled { customer, limit, format } => {
            list::scheduled(client, customer.as_deref(), limit, format).await
        }
        ReadVerb::Waiting { limit, format } => list::waiting(client, limit, format).await,
        ReadVerb::Live { format } => list::live(client, format).await,
        ReadVerb::Leases { format } => list::leases(client, format).await,
        ReadVerb::Purses { format } => list::purses(client, format).await,
    }
}

/// Takes out the parser's tips that are far from what was typed: it measures by shared letters and so offers
/// `--insecure` for `--since`.
pub(crate) fn only_near_tips(mut error: clap::Error) -> clap::Error {
    for (typed, tip) in [
        (ContextKind::InvalidArg, ContextKind::SuggestedArg),
        (ContextKind::InvalidSubcommand, ContextKind::SuggestedSubcommand),
        (ContextKind::InvalidValue, ContextKind::SuggestedValue),
        (ContextKind::InvalidArg, ContextKind::Suggested),
    ] {
        let Some(ContextValue::String(typed)) = error.get(typed).cloned() else { continue };
        let is_near = |tip: &str| nearest(bare(&typed), &[bare(tip)]).is_some();
        let kept = match error.remove(tip) {
            Some(ContextValue::String(tip)) => is_near(&tip).then_some(ContextValue::String(tip)),
            Some(ContextValue::Strings(mut tips)) => {
                tips.retain(|tip| is_near(tip));
                (!tips.is_empty()).then_some(ContextValue::Strings(tips))
            }
            // The flag of another verb is told in a sentence: `'send --text' exists`.
            Some(ContextValue::StyledStrs(mut tips)) => {
                tips.retain(|tip| match tip.to_string().strip_suffix("' exists") {
                    Some(other) => is_near(other.rsplit(' ').next().unwrap_or_default()),
                    None => true,
                });
                (!tips.is_empty()).then_some(ContextValue::StyledStrs(tips))
            }
            other => other,
        };
        match kept {
            Some(kept) => drop(error.insert(tip, kept)),
            // The usage line is made around the flag that was guessed, and says nothing without it.
            None if tip == ContextKind::SuggestedArg => drop(error.remove(ContextKind::Usage)),
            None => {}
        }
    }
    error
}

/// A flag without its dashes and its value.
fn bare(flag: &str) -> &str {
    flag.trim_start_matches('-').split('=').next().unwrap_or_default()
}

/// Prints what the parser says. Help and version are success, anything else is a usage error, which repeats
/// arguments and so goes through `complain`: they may be another program's text. It is not an error if
/// nobody reads the help any more, but it is one if it cannot be written.
fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        let said = error.render().to_string();
        out::complain(said.trim_end());
        tell(&CliError::usage(said.trim()), format_asked());
        return Code::Usage.into();
    }
    end(out::written(error.print()).map(drop), format_asked())
}

fn end(result: Result<(), CliError>, format: OutputFormat) -> ExitCode {
    match result {
        Ok(()) => Code::Done.into(),
        Err(failure) => {
            out::complain(&format!("switchboard: {failure}"));
            tell(&failure, format);
            failure.code.into()
        }
    }
}

/// Tells a program how the run ends, so that it need not read sentences. It is the last line of stdout.
fn tell(failure: &CliError, format: OutputFormat) {
    if format == OutputFormat::Json
        && let Ok(line) = out::json(&failure.json())
    {
        // A program that does not read any more finds the exit code.
        let _ = out::line(&line);
    }
}

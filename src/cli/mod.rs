//! The command line: arguments, profiles, and the verbs that work without a screen.
//!
//! This is the thin edge that joins the rooms, and the only one that knows both the console and the
//! hub. Every run ends with one exit code (`exit::Code`) and, unless that is success, a sentence on
//! stderr. Verbs that are commands are made from the catalog (`verb`); nothing here decides what a
//! command may do.

pub mod args;
pub mod exit;
mod get;
mod help;
mod list;
mod listen;
mod local;
mod man;
mod open;
mod out;
mod profile;
mod serve;
mod sim;
mod tail;
#[cfg(test)]
mod tests;
mod verb;
mod whom;

use crate::sdk::Client;
use args::{Cli, ReadVerb, Verb};
use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _};
use exit::{CliError, Code};
use std::process::ExitCode;

/// Parses the arguments of the process, does what they say, and tells how it ended.
#[must_use]
pub fn run() -> ExitCode {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(Err(CliError::new(Code::Unreachable, error.to_string()))),
    };
    let result = runtime.block_on(act(&matches));
    // Whatever still runs, such as a slow connection attempt, must not delay the exit.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    end(result)
}

/// The parser of the whole command line, with the verbs of the catalog and a help page of our own.
pub(crate) fn command() -> Command {
    // What an environment variable holds at the moment is no part of a help page.
    let cli = Cli::command().mut_args(|arg| arg.hide_env_values(true));
    let cli = cli.subcommands(verb::commands());
    let page = help::page(&cli);
    cli.override_help(page)
}

async fn act(matches: &ArgMatches) -> Result<(), CliError> {
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
            open::console(connection, cli.listen, hold).await
        }
        Some(Verb::Serve { config, listen }) => {
            serve::run(&config, listen, connection.data_dir.as_deref(), connection.accept_loss)
                .await
        }
        Some(Verb::Tail { query, after, last, format, no_follow }) => {
            let tail = tail::Tail {
                words: crate::query::Words::parse(&query),
                start: tail::start(after, last),
                format,
                follow: !no_follow,
            };
            open::with_client(connection, async |client| tail::run(client, tail).await).await
        }
        Some(Verb::Sim(sim)) => sim::run(connection, sim).await,
        Some(Verb::Get { customer, format }) => {
            open::with_client(connection, async |client| get::run(client, &customer, format).await)
                .await
        }
        Some(Verb::Man { of }) => man::run(command(), of.as_deref()),
        Some(Verb::Completions { shell }) => man::completions(command(), shell),
        Some(Verb::Read(verb)) => {
            open::with_client(connection, async |client| read(client, verb).await).await
        }
    }
}

async fn read(client: &Client, verb: ReadVerb) -> Result<(), CliError> {
    match verb {
        ReadVerb::Listen { events, count } => {
            listen::run(client, &listen::topics(&events)?, count).await
        }
        ReadVerb::Token { format } => list::token(client, format).await,
        ReadVerb::Works { limit, format } => list::works(client, limit, format).await,
        ReadVerb::Reminders { customer, limit, format } => {
            list::reminders(client, customer.as_deref(), limit, format).await
        }
        ReadVerb::Leases { format } => list::leases(client, format).await,
        ReadVerb::Purses { format } => list::purses(client, format).await,
    }
}

/// Prints what the parser says. Help and version are success, anything else is a usage error, which repeats
/// arguments and so goes through `complain`: they may be another program's text. It is not an error if
/// nobody reads the output any more.
fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        out::complain(error.render().to_string().trim_end());
        return Code::Usage.into();
    }
    let _ = error.print();
    Code::Done.into()
}

fn end(result: Result<(), CliError>) -> ExitCode {
    match result {
        Ok(()) => Code::Done.into(),
        Err(failure) => {
            out::complain(&format!("switchboard: {failure}"));
            failure.code.into()
        }
    }
}

//! Arguments, profiles and the headless verbs: the thin edge that joins the rooms.
//!
//! With `main.rs` this is the only room that knows both the console and the hub. Every end of a run
//! has one exit code (`exit::Code`) and, unless it is success, one sentence on stderr.

pub mod args;
pub mod exit;
mod get;
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
use args::{Cli, Look, Verb};
use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _};
use exit::{Code, Failure};
use std::process::ExitCode;

/// Parses the process's arguments and does what they say.
#[must_use]
pub fn run() -> ExitCode {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(Err(Failure::new(Code::Unreachable, error.to_string()))),
    };
    let result = runtime.block_on(act(&matches));
    // Whatever still runs (a slow connection attempt) must not hold the exit.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    end(result)
}

/// Everything that can be said on the command line; the verbs of the catalog among it.
pub(crate) fn command() -> Command {
    Cli::command().subcommands(verb::commands())
}

async fn act(matches: &ArgMatches) -> Result<(), Failure> {
    if let Some((name, args)) = matches.subcommand()
        && let Some(spec) = verb::find(name)
    {
        return verb::run(spec, args).await;
    }
    let cli = Cli::from_arg_matches(matches).map_err(|e| Failure::usage(e.to_string()))?;
    let target = &cli.target;
    match cli.verb {
        None => open::console(target, cli.listen, std::time::Duration::from_secs(cli.hold)).await,
        Some(Verb::Serve { config, listen }) => {
            serve::run(&config, listen, target.data_dir.as_deref()).await
        }
        Some(Verb::Tail { query, after, last, format, no_follow }) => {
            let tail = tail::Tail {
                words: crate::query::Words::parse(&query),
                start: tail::start(after, last),
                format,
                follow: !no_follow,
            };
            open::with_client(target, async |client| tail::run(client, tail).await).await
        }
        Some(Verb::Sim(sim)) => sim::run(target, sim).await,
        Some(Verb::Get { customer, format }) => {
            open::with_client(target, async |client| get::run(client, &customer, format).await)
                .await
        }
        Some(Verb::Man { of }) => man::run(command(), of.as_deref()),
        Some(Verb::Completions { shell }) => man::completions(command(), shell),
        Some(Verb::Look(look)) => {
            open::with_client(target, async |client| read(client, look).await).await
        }
    }
}

async fn read(client: &Client, look: Look) -> Result<(), Failure> {
    match look {
        Look::Listen { events, count } => {
            listen::run(client, &listen::topics(&events)?, count).await
        }
        Look::Token { format } => list::token(client, format).await,
        Look::Works { limit, format } => list::works(client, limit, format).await,
        Look::Reminders { customer, limit, format } => {
            list::reminders(client, customer.as_deref(), limit, format).await
        }
        Look::Leases { format } => list::leases(client, format).await,
        Look::Purses { format } => list::purses(client, format).await,
    }
}

/// Help and version are success; anything else is a usage error. A closed pipe is neither.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { Code::Usage.into() } else { Code::Done.into() }
}

fn end(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => Code::Done.into(),
        Err(failure) => {
            out::complain(&format!("switchboard: {failure}"));
            failure.code.into()
        }
    }
}

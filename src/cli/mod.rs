//! Arguments, profiles and the headless verbs: the thin edge that joins the rooms.
//!
//! With `main.rs` this is the only room that knows both the console and the hub. Every end of a run
//! has one exit code (`exit::Code`) and, unless it is success, one sentence on stderr.

pub mod args;
pub mod exit;
mod get;
mod local;
mod open;
mod out;
mod profile;
mod serve;
mod tail;
mod verb;

use args::{Cli, Verb};
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use exit::{Code, Failure};
use std::process::ExitCode;

/// Parses the process's arguments and does what they say.
#[must_use]
pub fn run() -> ExitCode {
    let command = Cli::command().subcommands(verb::commands());
    let matches = match command.try_get_matches() {
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
        Some(Verb::Get { customer, format }) => {
            open::with_client(target, async |client| get::run(client, &customer, format).await)
                .await
        }
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

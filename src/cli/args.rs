//! The command line.

use super::sim::args::Sim;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{net::SocketAddr, path::PathBuf};

/// A terminal console for support agents. Without arguments it runs on a hub of its own, with
/// sandbox traffic and nothing to set up.
#[derive(Debug, Parser)]
#[command(name = "switchboard", version, about, args_conflicts_with_subcommands = false)]
pub struct Cli {
    /// What to do; nothing opens the console.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// Which hub, as whom.
    #[command(flatten)]
    pub target: Target,
    /// The embedded hub also listens for gRPC here (port 0 picks one).
    #[arg(long, value_name = "ADDR", help_heading = "Console")]
    pub listen: Option<SocketAddr>,
    /// Seconds that a message is held before it leaves, 0 to 30; `u` takes it back meanwhile.
    #[arg(long, help_heading = "Console", value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=30))]
    pub hold: u64,
}

/// Which hub, as whom.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Which hub, as whom")]
pub struct Target {
    /// A hub elsewhere: http://host:port or https://host:port.
    #[arg(long, global = true, value_name = "URL", env = "SWITCHBOARD_ENDPOINT")]
    pub endpoint: Option<String>,
    /// The org.
    #[arg(long, global = true, value_name = "ORG", env = "SWITCHBOARD_ORG")]
    pub org: Option<String>,
    /// The app in whose name commands are sent.
    #[arg(long, global = true, value_name = "APP", env = "SWITCHBOARD_APP")]
    pub app: Option<String>,
    /// A profile of config.toml (endpoint, org, app, key file).
    #[arg(long, global = true, value_name = "NAME", env = "SWITCHBOARD_PROFILE")]
    pub profile: Option<String>,
    /// Let the API key travel in the clear to another machine.
    #[arg(long, global = true)]
    pub insecure: bool,
    /// Where the embedded hub keeps its data (by default in the XDG data folder).
    #[arg(long, global = true, value_name = "DIR", env = "SWITCHBOARD_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

/// The verbs that are not commands; those come from the catalog.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run a hub alone, for a team. Prints `listening on ADDR` when it is ready.
    Serve {
        /// The settings file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Listen here instead of where the settings say (port 0 picks one).
        #[arg(long, value_name = "ADDR")]
        listen: Option<SocketAddr>,
    },
    /// Follow the org's events.
    Tail {
        /// Only events that contain all these words.
        #[arg(short = 'q', long = "query", value_name = "WORDS", default_value = "")]
        query: String,
        /// Start after this place in the log.
        #[arg(long, value_name = "SEQ")]
        after: Option<u64>,
        /// Start with the last N entries.
        #[arg(short = 'n', value_name = "N", default_value_t = 10)]
        last: u32,
        /// How to print.
        #[arg(long, value_enum, default_value_t = TailFormat::Table)]
        format: TailFormat,
        /// Stop at the newest entry instead of waiting for more.
        #[arg(long)]
        no_follow: bool,
    },
    /// Act as a customer, a network and time, in an org whose settings say `sandbox`.
    Sim(Sim),
    /// Show a customer. Never creates one.
    Get {
        /// An id, a number (+254…, telegram:…), or a secondary id (key:value).
        customer: String,
        /// How to print.
        #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
        format: AnswerFormat,
    },
    /// Those that read what the hub keeps beside events.
    #[command(flatten)]
    Look(Look),
    /// Print the man page: of every verb, or of one.
    Man {
        /// Only of this verb.
        of: Option<String>,
    },
    /// Print the completions for a shell.
    Completions {
        /// Which.
        shell: clap_complete::Shell,
    },
}

/// The verbs that only read and need nothing but a client.
#[derive(Debug, Subcommand)]
pub enum Look {
    /// Follow an app's notifications, one JSON object per line. Each goes to one stream of the app
    /// only; `tail` looks on without taking anything away.
    Listen {
        /// Only these kinds, such as receivedMessage; may be repeated.
        #[arg(long = "event", value_name = "EVENT")]
        events: Vec<String>,
        /// Stop after so many.
        #[arg(short = 'n', value_name = "N")]
        count: Option<u64>,
    },
    /// Print a token and how long it lasts. It is a secret.
    Token {
        /// How to print.
        #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
        format: AnswerFormat,
    },
    /// List works by tag, newest first.
    Works {
        /// At most so many.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        /// How to print.
        #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
        format: AnswerFormat,
    },
    /// List reminders with their next firings.
    Reminders {
        /// Only of this customer: an id, a number, or a secondary id (key:value).
        #[arg(long, value_name = "CUSTOMER")]
        customer: Option<String>,
        /// At most so many.
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        /// How to print.
        #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
        format: AnswerFormat,
    },
    /// List running leases: who holds what, for how long, and how many wait.
    Leases {
        /// How to print.
        #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
        format: AnswerFormat,
    },
    /// List the org's purses with what may be spent.
    Purses {
        /// How to print.
        #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
        format: AnswerFormat,
    },
}

/// How an answer, a customer or a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How `tail` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TailFormat {
    /// For people.
    Table,
    /// For programs: one JSON object per line.
    Ndjson,
}

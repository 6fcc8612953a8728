//! What can be written on the command line, as the parser `clap` derives it: the options of the
//! whole program and the verbs that are no commands.
//!
//! Doc comments here are help texts. The first sentence of a verb is its line in
//! `switchboard --help`, and an option has one line without a full stop. Verbs that are commands
//! come from the catalog (`verb`), and those of `sim` have a file of their own.

use super::{
    copies::args::CopyVerb, exit::CliError, export::FileKind, help::example, list::MOST,
    seeing::args::SeeingVerb, serve::ServeArgs, sim::args::Sim, times::TimesArgs,
};
use crate::{console::replay::SPEEDS, model::RecipientOutcome};
use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use std::{net::SocketAddr, path::PathBuf};

#[derive(Debug, Parser)]
#[command(
    name = "switchboard",
    version,
    about,
    subcommand_value_name = "VERB",
    args_conflicts_with_subcommands = false
)]
pub struct Cli {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Let others reach the embedded hub here
    #[arg(long, value_name = "ADDR", help_heading = "Console")]
    pub listen: Option<SocketAddr>,
    /// Let them come without TLS, if the settings say `plaintext = true` too
    #[arg(long, hide_short_help = true, help_heading = "Console")]
    pub plaintext: bool,
    /// Run the embedded hub with these settings
    #[arg(long, help_heading = "Console", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Play an exported file, with --speed N
    #[arg(long, help_heading = "Console", value_name = "FILE")]
    pub replay: Option<PathBuf>,
    /// Times as fast as it happened, with --replay
    #[arg(long, hide = true, help_heading = "Console", value_name = "N", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// Seconds to take a message back, 0 to 30
    #[arg(long, help_heading = "Console", value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=30))]
    pub hold: u64,
    /// A file of views that a team shares
    #[arg(long, hide = true, value_name = "FILE", help_heading = "Console")]
    pub views: Option<PathBuf>,
}

/// Which events are meant: by a filter, or by a view of the console.
#[derive(Args, Clone, Debug, Default)]
pub struct WhichArgs {
    /// Only events that match this filter: words, fields, patterns, as in docs/FILTER.md
    #[arg(
        short = 'q',
        long = "query",
        value_name = "FILTER",
        default_value = "",
        hide_default_value = true
    )]
    pub query: String,
    /// Only what this view of the console shows, by its name in views.toml
    #[arg(long, value_name = "NAME", conflicts_with = "query")]
    pub view: Option<String>,
    /// A file of views that a team shares, beside your own views.toml
    #[arg(long, value_name = "FILE", requires = "view")]
    pub views: Option<PathBuf>,
}

/// Which hub is meant, and as whom it is spoken to. A flag wins over its environment variable, and
/// that over the profile. The API key is no flag, because other users of a machine can read those.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Which hub, as whom")]
pub struct ConnectionArgs {
    /// The hub's address, such as `https://hub:7400`
    #[arg(long, global = true, value_name = "URL", env = "SWITCHBOARD_ENDPOINT")]
    pub endpoint: Option<String>,
    /// The org to work in
    #[arg(long, global = true, value_name = "ORG", env = "SWITCHBOARD_ORG")]
    pub org: Option<String>,
    /// The app in whose name commands are sent
    #[arg(long, global = true, value_name = "APP", env = "SWITCHBOARD_APP")]
    pub app: Option<String>,
    /// A profile of config.toml: hub, org, app, key
    #[arg(long, global = true, value_name = "NAME", env = "SWITCHBOARD_PROFILE")]
    pub profile: Option<String>,
    /// Let the API key travel unencrypted
    #[arg(long, global = true)]
    pub insecure: bool,
    /// Trust this authority (PEM) and not the web's
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_name = "FILE",
        env = "SWITCHBOARD_CA"
    )]
    pub ca: Option<PathBuf>,
    /// The certificate (PEM) for a hub that asks for one
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_name = "FILE",
        env = "SWITCHBOARD_CLIENT_CERT"
    )]
    pub client_cert: Option<PathBuf>,
    /// The key (PEM) of --client-cert
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_name = "FILE",
        env = "SWITCHBOARD_CLIENT_KEY"
    )]
    pub client_key: Option<PathBuf>,
    /// Where the embedded hub keeps its data
    #[arg(long, global = true, value_name = "DIR", env = "SWITCHBOARD_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Start on a data folder whose log lacks entries that were there before
    #[arg(long, global = true, hide = true)]
    pub accept_loss: bool,
}

/// What `init` asks for otherwise. The password is no flag, because other users of a machine can read those.
#[derive(Args, Clone, Debug)]
pub struct InitArgs {
    /// What the network speaks: it is asked for first
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<NetworkKind>,
    /// The country of the org, as two letters
    #[arg(long, value_name = "COUNTRY")]
    pub region: Option<String>,
    /// The network's host and port, or the address to call
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,
    /// The name that the network knows you by
    #[arg(long, value_name = "NAME", alias = "system-id")]
    pub account: Option<String>,
    /// The file with the network's password, token or key
    #[arg(long, value_name = "FILE", alias = "password-file")]
    pub secret_file: Option<PathBuf>,
    /// The number or name that messages come from
    #[arg(long, value_name = "SENDER")]
    pub sender: Option<String>,
    /// Where the network calls the hub, if it does
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7480")]
    pub public_url: String,
    /// Encrypt the connection (--kind smpp)
    #[arg(long)]
    pub tls: bool,
    /// Who issued the network's certificate, if browsers do not trust them (PEM)
    #[arg(long, value_name = "FILE")]
    pub network_ca: Option<PathBuf>,
    /// Write the file without asking the network
    #[arg(long)]
    pub no_check: bool,
}

/// The kinds of networks that settings can be written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NetworkKind {
    Smpp,
    Kannel,
    Telegram,
    Webhook,
    Africastalking,
}

/// The verbs that are no commands.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run a hub alone, for a team. It prints `listening on ADDR` when it is ready.
    #[command(after_help = example("serve --config hub.toml --listen 0.0.0.0:7400"))]
    Serve(ServeArgs),
    /// Say who may call a hub: add, list and revoke API keys. It works on the files of the hub's machine, and a
    /// running hub takes what changes within a second.
    #[command(subcommand_value_name = "VERB", subcommand_help_heading = "Verbs", after_help = example("admin key add --config hub.toml --label wanjiku"))]
    Admin {
        #[command(subcommand)]
        of: AdminVerb,
    },
    /// Write the settings for a real network. It asks for whatever no flag says, asks the network
    /// whether that works, sends nothing to a customer, and never writes over a file.
    #[command(after_help = example("init\n  switchboard init --kind telegram --org bahari desk.toml"))]
    Init {
        #[command(flatten)]
        answers: InitArgs,
        /// The file to write
        #[arg(value_name = "FILE", default_value = "hub.toml")]
        file: PathBuf,
    },
    /// Follow the org's events.
    #[command(after_help = example("tail -q 'refund type:msg age<2h'\n  switchboard tail --since 'yesterday 14:00' --until 'yesterday 15:00'\n  switchboard tail -n 100 --no-follow --format json"))]
    Tail {
        #[command(flatten)]
        which: WhichArgs,
        /// Start after this place in the log
        #[arg(long, value_name = "SEQ", conflicts_with = "since")]
        after: Option<u64>,
        #[command(flatten)]
        times: TimesArgs,
        /// Start with the last N events that match, a line each; 10, or with --since all of them
        #[arg(short = 'n', value_name = "N")]
        last: Option<u32>,
        /// Print a table, or one JSON object per line
        #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = tail_format())]
        format: OutputFormat,
        /// Stop at the newest entry instead of waiting for more
        #[arg(long)]
        no_follow: bool,
    },
    /// Write events to a file, masked. Names, numbers and texts are only shapes then. The whole log is searched,
    /// the oldest event comes first, and a file that is there already is never written over.
    #[command(after_help = example("export -q 'type:pay age<30d' payments.csv\n  switchboard export --unmasked all.ndjson"))]
    Export {
        #[command(flatten)]
        which: WhichArgs,
        #[command(flatten)]
        times: TimesArgs,
        /// NDJSON or CSV; otherwise what the name of the file ends in
        #[arg(long, value_enum, value_name = "FORMAT")]
        format: Option<FileKind>,
        /// Write names, numbers and texts as they are
        #[arg(long)]
        unmasked: bool,
        /// The file, or - for standard output
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Act as a customer, a network or time. Only in an org whose settings say `sandbox`.
    #[command(subcommand_value_name = "VERB", subcommand_help_heading = "Verbs", after_help = example("sim message +254711000101 'Habari'"))]
    Sim(Sim),
    /// Show a customer. Asking for one never creates one.
    #[command(after_help = example("get +254711000001\n  switchboard get passport:808083 --format json\n  switchboard get +254711000001 --at 'yesterday 14:00'"))]
    Get {
        /// An id, a number (+254…, telegram:…), or a secondary id (key:value)
        customer: String,
        /// As they were then: -2h, 'yesterday 14:00', 2026-08-21, or the number of an entry
        #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
        at: Option<String>,
        /// How to print the customer
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    #[command(flatten)]
    Read(ReadVerb),
    #[command(flatten)]
    Seeing(SeeingVerb),
    #[command(flatten)]
    Copy(CopyVerb),
    /// Print the man page of every verb, or of one.
    #[command(after_help = example("man | man -l -\n  switchboard man send"))]
    Man {
        /// Only the page of this verb
        #[arg(value_name = "VERB")]
        of: Option<String>,
    },
    /// Print the completions for a shell.
    #[command(after_help = example("completions zsh > ~/.zfunc/_switchboard"))]
    Completions {
        /// The shell that reads them
        shell: clap_complete::Shell,
    },
}

/// What is administered.
#[derive(Debug, Subcommand)]
pub enum AdminVerb {
    /// The API keys. Those of the settings are listed too; they are added and taken out there, and SIGHUP has the hub
    /// read them again.
    #[command(subcommand_value_name = "VERB", subcommand_help_heading = "Verbs", after_help = example("admin key list --config hub.toml"))]
    Key {
        /// The hub's settings file; without it the embedded hub is meant
        #[arg(long, value_name = "FILE", global = true, id = "hub_config")]
        config: Option<PathBuf>,
        #[command(subcommand)]
        verb: KeyVerb,
    },
}

/// What is done with API keys.
#[derive(Debug, Subcommand)]
pub enum KeyVerb {
    /// List the keys, with label, prefix and last use. The last use is a minute old at most.
    #[command(after_help = example("admin key list --config hub.toml --format json"))]
    List {
        /// How to print the keys
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    /// Add a key and print it, this once. The hub keeps its hash only.
    #[command(after_help = example("admin key add --config hub.toml --label wanjiku"))]
    Add {
        /// Who holds it, as events and logs will say
        #[arg(long, value_name = "LABEL")]
        label: String,
        /// The apps that it may act for, with commas; without it all apps of the org
        #[arg(long, value_name = "APPS", value_delimiter = ',')]
        apps: Vec<String>,
    },
    /// Revoke a key. Calls with it are refused, and its tokens and open streams end within a second.
    #[command(after_help = example("admin key revoke --config hub.toml sb_x1Y2z3A4"))]
    Revoke {
        /// Its prefix, or its label if that is the only one
        key: String,
    },
}

/// The verbs that only read and need nothing but a client.
#[derive(Debug, Subcommand)]
pub enum ReadVerb {
    /// Follow an app's notifications. They come as one JSON object per line. Each goes to one stream
    /// of the app only, so what is printed here does not reach the app; `tail` takes nothing away.
    #[command(after_help = example("listen --event receivedMessage -n 1"))]
    Listen {
        /// Only this kind, such as receivedMessage; may be repeated
        #[arg(long = "event", value_name = "EVENT")]
        events: Vec<String>,
        /// Stop after so many
        #[arg(short = 'n', value_name = "N")]
        count: Option<u64>,
    },
    /// Print a token that stands for the API key. It is a secret, and --format json says how
    /// long it lasts.
    #[command(after_help = example("token --format json"))]
    Token {
        /// How to print the token
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    /// List works by tag, newest first. With --work it lists whom that work has selected, and what
    /// became of it for each of them.
    #[command(after_help = example("works --limit 5\n  switchboard works --work el_wrk_1 --outcome failed --format csv"))]
    Works {
        /// List at most so many works
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST)), conflicts_with = "work")]
        limit: u32,
        /// List the people of the work with this id, all of them
        #[arg(long, value_name = "WORK")]
        work: Option<String>,
        /// Only the people for whom this became of it
        #[arg(long, value_enum, requires = "work")]
        outcome: Option<OutcomeWord>,
        /// How to print the list; csv goes with --work
        #[arg(long, value_enum, default_value_t = TableFormat::Text)]
        format: TableFormat,
    },
    /// List reminders with their next firings.
    #[command(after_help = example("reminders --customer +254711000001"))]
    Reminders {
        /// Only of this customer: an id, a number, or a secondary id (key:value)
        #[arg(long, value_name = "CUSTOMER")]
        customer: Option<String>,
        /// List at most so many
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST)))]
        limit: u32,
        /// How to print the list
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    /// List messages that have not left yet.
    #[command(after_help = example("scheduled --customer +254711000001"))]
    Scheduled {
        /// Only to this customer: an id, a number, or a secondary id (key:value)
        #[arg(long, value_name = "CUSTOMER")]
        customer: Option<String>,
        /// List at most so many
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST)))]
        limit: u32,
        /// How to print the list
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    /// List customers who wait, the longest first. Each shows since when and what they wrote last; only a
    /// person's answer, or `no-answer-needed`, takes somebody off the list.
    #[command(after_help = example("waiting --limit 20"))]
    Waiting {
        /// List at most so many
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST)))]
        limit: u32,
        /// How to print the list
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    /// List who waits on the line. A USSD session waits for a menu and a call for a plan, the least time
    /// first; `answer-ussd` and `answer-call` answer them.
    #[command(after_help = example("live"))]
    Live {
        /// How to print the list
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    /// List running leases. Each shows who holds what, for how long, and how many wait.
    #[command(after_help = example("leases"))]
    Leases {
        /// How to print the list
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    /// List the org's purses with what may be spent.
    #[command(after_help = example("purses --format json"))]
    Purses {
        /// How to print the list
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
}

/// Reads how many times as fast a file is played.
fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.trim_end_matches(['x', 'X']).parse().map_err(|_| "it is no number")?;
    if SPEEDS.contains(&speed) {
        Ok(speed)
    } else {
        Err(format!("it takes {} to {}", SPEEDS.start(), SPEEDS.end()))
    }
}

/// How a verb prints: for people, or as JSON for programs. What comes bit by bit is one JSON object
/// per line. (The variants have no doc comments, because those would be help texts, and help texts
/// of values make the parser print three lines for every option.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    Text,
    Json,
}

/// How a table is printed, which may also be for a spreadsheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    Text,
    Json,
    Csv,
}

impl TableFormat {
    /// The format of what is no table.
    pub fn plain(self) -> Result<OutputFormat, CliError> {
        match self {
            Self::Text => Ok(OutputFormat::Text),
            Self::Json => Ok(OutputFormat::Json),
            Self::Csv => Err(CliError::usage("--format csv prints people: say whose with --work")),
        }
    }
}

/// What became of a work by tag for somebody, by the words of `--outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutcomeWord {
    NotYet,
    Waiting,
    Delivered,
    Read,
    Failed,
    Skipped,
    Done,
}

impl From<OutcomeWord> for RecipientOutcome {
    fn from(word: OutcomeWord) -> Self {
        match word {
            OutcomeWord::NotYet => Self::NotYet,
            OutcomeWord::Waiting => Self::Waiting,
            OutcomeWord::Delivered => Self::Delivered,
            OutcomeWord::Read => Self::Read,
            OutcomeWord::Failed => Self::Failed,
            OutcomeWord::Skipped => Self::Skipped,
            OutcomeWord::Done => Self::Done,
        }
    }
}

/// Reads the format of `tail`, which has other names for both that scripts use: `table` and `ndjson`.
fn tail_format() -> impl TypedValueParser<Value = OutputFormat> {
    let text = PossibleValue::new("text").alias("table");
    let json = PossibleValue::new("json").alias("ndjson");
    PossibleValuesParser::new([text, json]).map(|word| {
        if matches!(word.as_str(), "json" | "ndjson") {
            OutputFormat::Json
        } else {
            OutputFormat::Text
        }
    })
}

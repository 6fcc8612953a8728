//! The verbs about how a hub and this machine are, as the parser derives them.

use crate::cli::{args::OutputFormat, help::example};
use clap::{Args, Subcommand};

/// How a report is printed.
#[derive(Args, Clone, Copy, Debug)]
pub struct ReportArgs {
    /// How to print the report
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl ReportArgs {
    /// Which of the two was asked for.
    pub const fn chosen(self) -> OutputFormat {
        if self.json { OutputFormat::Json } else { self.format }
    }
}

/// The verbs that say how something is and change nothing.
#[derive(Debug, Subcommand)]
pub enum SeeingVerb {
    /// Say how the hub is, and what to do if not well. It shows the org of the key: its log, who reads it, its networks,
    /// and how long the disk lasts. The exit code is 7 if something is in trouble.
    #[command(after_help = example("status\n  switchboard status --json | jq .troubles"))]
    Status {
        #[command(flatten)]
        report: ReportArgs,
    },
    /// Say what this machine is like for the console. It looks at paths, settings, the terminal and the way to the hub,
    /// shows no secret, and its text can be put into a bug report. The exit code is 7 if something fails.
    #[command(after_help = example("doctor\n  switchboard doctor --profile desk --json"))]
    Doctor {
        #[command(flatten)]
        report: ReportArgs,
    },
}

//! The verbs about copies of a hub's data, as the parser derives them.

use crate::cli::{args::OutputFormat, help::example};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Which data folder is meant. `--data-dir` wins over the settings.
#[derive(Args, Clone, Debug)]
pub struct DataArgs {
    /// The settings file of the hub, which names its data folder; no key or secret is read
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The verbs that work on the files of a hub and need no hub.
#[derive(Debug, Subcommand)]
pub enum CopyVerb {
    /// Bring a backup of a hub's log up to now. The hub may run meanwhile, nothing is copied twice, and
    /// what was copied is on the disk when it says so.
    #[command(after_help = example("backup --config hub.toml --to /backup/hub"))]
    Backup {
        #[command(flatten)]
        data: DataArgs,
        /// The folder of the backup; it is made if it is not there
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// How to print what was copied
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    /// Make the data folder of a hub from a backup. A log that is there already is never written over, and
    /// the new one has a name of its own, so that consoles of the old one are told.
    #[command(after_help = example("restore --from /backup/hub --config hub.toml"))]
    Restore {
        #[command(flatten)]
        data: DataArgs,
        /// The folder of the backup
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// How to print what was restored
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    /// Check a log, its index, and its stored state. Every row is checked against the one before it, and what was
    /// made from the log is compared with what is made anew. A hub may run meanwhile; then the log alone is checked.
    #[command(after_help = example("verify --config hub.toml --per-second 20000\n  switchboard verify --from /backup/hub"))]
    Verify {
        #[command(flatten)]
        data: DataArgs,
        /// The folder of a backup, in place of the data folder
        #[arg(long, value_name = "DIR", conflicts_with = "config")]
        from: Option<PathBuf>,
        /// Read so many entries a second at most
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        per_second: Option<u32>,
        /// How to print what was found
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    /// Cut a damaged log to what is right of it. It asks first, keeps the file as it was under another name, and
    /// changes nothing if nothing is wrong. The hub must not run.
    #[command(after_help = example("repair --config hub.toml --org acme"))]
    Repair {
        #[command(flatten)]
        data: DataArgs,
        /// Cut without asking
        #[arg(long)]
        yes: bool,
        /// How to print what was cut
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
}

//! The log of a hub on stderr (R-SEE-1): as text for people, or as one JSON object a line for programs that gather logs.
//! `RUST_LOG` says how much of it there is.
//!
//! What libraries below the hub say is cut at `debug`, whatever is asked for: at `trace` they print what goes over the
//! wire, and keys and texts are in that.

use super::exit::CliError;
use crate::hub::config::LogFormat;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::env;
use tracing::Level;
use tracing_subscriber::{
    Layer as _,
    filter::{FilterExt as _, Targets, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// What this program calls its own lines.
const OWN: &str = env!("CARGO_PKG_NAME");

/// Reads what `--log` says.
pub fn format() -> impl TypedValueParser<Value = LogFormat> {
    PossibleValuesParser::new(["text", "json"])
        .map(|word| if word == "json" { LogFormat::Json } else { LogFormat::Text })
}

/// Begins to write the log. What `RUST_LOG` says is a level, or levels of targets with commas between them.
pub fn start(format: LogFormat) -> Result<(), CliError> {
    let asked = env::var("RUST_LOG").unwrap_or_default();
    let asked = match asked.trim() {
        "" => Targets::new().with_default(Level::INFO),
        asked => asked.parse::<Targets>().map_err(|_| {
            CliError::usage(format!(
                "RUST_LOG is {asked:?}, which is no filter: write a level such as `debug`, or `info,{OWN}=trace`"
            ))
        })?,
    };
    let told = asked
        .and(filter_fn(|meta| meta.target().starts_with(OWN) || *meta.level() <= Level::DEBUG));
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
    };
    // A test that has set up a log in this process keeps its own.
    let _ = tracing_subscriber::registry().with(lines.with_filter(told)).try_init();
    Ok(())
}

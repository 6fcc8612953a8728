//! `switchboard status`: how a hub is; and `switchboard doctor`: how this machine is. What is trouble is decided in `model/status_report`; here it is printed, and ends
//! with an exit code of its own, so that whatever watches a hub need not read sentences (R-SEE-5).

pub mod args;
mod doctor;
mod finding;
mod status;
mod terminal;

use super::{
    args::{ConnectionArgs, OutputFormat},
    exit::{CliError, Code},
    open, out,
};
use crate::console::text::Safe;
use args::SeeingVerb;
use clap::ArgMatches;
use serde_json::Value;

/// Does what a verb says.
pub async fn run(
    connection: &ConnectionArgs,
    matches: &ArgMatches,
    verb: SeeingVerb,
) -> Result<(), CliError> {
    match verb {
        SeeingVerb::Status { report } => {
            open::with_client(connection, async |client| {
                let org = client.org().to_string();
                finish(&status::report(&org, &client.status().await?), report.chosen())
            })
            .await
        }
        SeeingVerb::Doctor { report } => {
            let found = doctor::findings(connection, matches).await;
            let home = etcetera::home_dir().ok().map(|home| home.display().to_string());
            finish(&finding::report(&found, home.as_deref()), report.chosen())
        }
    }
}

/// What was found, for people and for programs, and what of it is trouble.
struct FoundReport {
    /// A name and what is said of it; foreign text is made safe when it is printed.
    lines: Vec<(String, String)>,
    json: Value,
    /// What is in trouble, in a word each; empty if all is well.
    troubles: Vec<String>,
}

/// Prints a report, and ends with the exit code of trouble if there is any.
fn finish(report: &FoundReport, format: OutputFormat) -> Result<(), CliError> {
    let FoundReport { lines, json, troubles } = report;
    let trouble = (!troubles.is_empty()).then(|| {
        let why = format!("something is in trouble: {}", troubles.join(", "));
        CliError::new(Code::Trouble, why)
    });
    match (format, trouble) {
        // What programs read is one object: that of the report says how the run ends too.
        (OutputFormat::Json, Some(trouble)) => return Err(trouble.answered(json.clone())),
        (OutputFormat::Json, None) => out::line(&out::json(json)?)?,
        (OutputFormat::Text, trouble) => {
            for (name, says) in lines {
                let line = format!("{name:<12}{says}");
                if out::line(Safe::new(line.trim_end()).as_str())? == out::PipeState::Closed {
                    break;
                }
            }
            return trouble.map_or(Ok(()), Err);
        }
    };
    Ok(())
}

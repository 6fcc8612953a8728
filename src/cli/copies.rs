//! `switchboard backup`, `restore`, `verify`, `repair`: copies of a hub's data. The work is done in `hub/copies`; here stands what
//! is asked, printed, and said of an end that was not the wished one.

pub mod args;
mod check;

use super::{
    args::{ConnectionArgs, OutputFormat},
    exit::{CliError, Code},
    local, out,
};
use crate::{
    console::text::Safe,
    hub::{
        config::HubConfig,
        copies::{self, CopiedOrg, CopyError, CopyProgress},
        log::{LogError, folder::FolderError},
    },
    model::{OrgId, Seq},
};
use args::{CopyVerb, DataArgs};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};
use tokio::time::Instant;

/// How often a line on a terminal says how far the work has come.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// Does what a verb says.
pub fn run(connection: &ConnectionArgs, verb: CopyVerb) -> Result<(), CliError> {
    let org = connection.org.as_deref().map(OrgId::from);
    match verb {
        CopyVerb::Backup { data, to, format } => {
            backup(&folder(connection, &data)?, &to, org.as_ref(), format)
        }
        CopyVerb::Restore { data, from, format } => {
            restore(&from, &folder(connection, &data)?, org.as_ref(), format)
        }
        CopyVerb::Verify { data, from, per_second, format } => {
            let folder = from.map_or_else(|| folder(connection, &data), Ok)?;
            check::verify(&folder, org.as_ref(), per_second, format)
        }
        CopyVerb::Repair { data, yes, format } => {
            check::repair(&folder(connection, &data)?, org.as_ref(), yes, format)
        }
    }
}

/// The data folder that is meant: what `--data-dir` says, else what the settings name, else that of the hub which
/// the console starts by itself.
fn folder(connection: &ConnectionArgs, data: &DataArgs) -> Result<PathBuf, CliError> {
    match (&connection.data_dir, &data.config) {
        (None, Some(settings)) => {
            let named = HubConfig::data_dir_of(settings);
            named.map_err(|error| CliError::usage(error.to_string()))?.ok_or_else(|| {
                CliError::usage(format!(
                    "{} names no `data_dir`: name the data folder with --data-dir",
                    settings.display()
                ))
            })
        }
        (asked, _) => local::data_dir(asked.as_deref()),
    }
}

fn backup(
    data: &Path,
    to: &Path,
    org: Option<&OrgId>,
    format: OutputFormat,
) -> Result<(), CliError> {
    let done = watched("copied", |watch| copies::backup(data, to, org, watch))?;
    let first = done.orgs.iter().all(|copied| copied.from == Seq(0));
    if format == OutputFormat::Json {
        let all: Vec<_> = done.orgs.iter().map(copied_json).collect();
        let said = json!({ "ok": true, "to": to, "orgs": all, "left_out": done.left_out });
        out::line(&out::json(&said)?)?;
    } else {
        for copied in &done.orgs {
            out::line(&sentence(copied))?;
        }
    }
    if done.left_out > 0 {
        out::complain(&format!(
            "only {}, as --org or SWITCHBOARD_ORG says: {} other orgs of the log are not in it",
            org.map(OrgId::as_str).unwrap_or_default(),
            done.left_out
        ));
    }
    if first {
        out::complain(
            "a backup has the log and nothing else: keep the settings file, and the secrets that it names, elsewhere",
        );
    }
    Ok(())
}

fn restore(
    from: &Path,
    data: &Path,
    org: Option<&OrgId>,
    format: OutputFormat,
) -> Result<(), CliError> {
    let done = watched("restored", |watch| copies::restore(from, data, org, watch))?;
    if format == OutputFormat::Json {
        let all: Vec<_> = done.orgs.iter().map(copied_json).collect();
        let said = json!({
            "ok": true, "data_dir": data, "log_id": done.id, "copy_of": done.was, "orgs": all,
        });
        out::line(&out::json(&said)?)?;
        return Ok(());
    }
    for copied in &done.orgs {
        out::line(&sentence(copied))?;
    }
    out::complain(
        "what came after these entries is gone: what waits to be sent or is due goes out when the hub starts, \
         also what the old hub has sent since (docs/COPIES.md)",
    );
    Ok(())
}

fn sentence(copied: &CopiedOrg) -> String {
    let CopiedOrg { org, from, to, entries, bytes, took } = copied;
    let org = Safe::identity(org.as_str());
    let org = org.as_str();
    if *entries == 0 {
        return format!("{org}: nothing new after entry {from}");
    }
    let (first, took) = (from.next(), took.as_secs_f64());
    format!("{org}: entries {first} to {to}, {bytes} bytes, {took:.2} s")
}

fn copied_json(copied: &CopiedOrg) -> Value {
    let CopiedOrg { org, from, to, entries, bytes, took } = copied;
    json!({
        "org": org, "from": from, "to": to, "entries": entries, "bytes": bytes,
        "seconds": took.as_secs_f64(),
    })
}

/// Does the work, and says on a terminal how far it has come.
fn watched<T>(
    says: &str,
    work: impl FnOnce(&mut copies::Watcher<'_>) -> Result<T, CopyError>,
) -> Result<T, CliError> {
    paced(says, None, work)
}

/// The same with so many entries a second at most.
fn paced<T>(
    says: &str,
    per_second: Option<u32>,
    work: impl FnOnce(&mut copies::Watcher<'_>) -> Result<T, CopyError>,
) -> Result<T, CliError> {
    let (is_watched, mut told) = (out::is_watched(), None::<Instant>);
    let (began, mut done) = (Instant::now(), 0_u64);
    let mut watch = |come: CopyProgress<'_>| {
        if is_watched && told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            told = Some(Instant::now());
            let org = Safe::identity(come.org.as_str());
            let (org, percent, entries) = (org.as_str(), come.percent(), come.entries);
            out::progress(&format!("{org}: {percent} % {says}, {entries} entries"));
        }
        done += come.fresh as u64;
        let Some(per_second) = per_second else { return };
        let due = done.saturating_mul(1_000_000) / u64::from(per_second);
        let due = began + Duration::from_micros(due);
        // It may be woken early.
        while let left = due.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            thread::park_timeout(left);
        }
    };
    let done = work(&mut watch);
    if told.is_some() {
        out::progress("");
    }
    done.map_err(|error| failed(&error))
}

/// The end of a run whose work was not done.
fn failed(error: &CopyError) -> CliError {
    let code = match error {
        CopyError::InUse(_)
        | CopyError::HubRuns(_)
        | CopyError::Folder(FolderError::InUse(_))
        | CopyError::PrunedMeanwhile { .. }
        | CopyError::Log(LogError::Unavailable(_)) => Code::Unreachable,
        CopyError::AnotherLog { .. }
        | CopyError::Fork { .. }
        | CopyError::Pruned { .. }
        | CopyError::Occupied(_)
        | CopyError::AlsoDamaged { .. }
        | CopyError::NoSuchOrg { .. } => Code::Refused,
        CopyError::Folder(
            FolderError::Unusable { .. } | FolderError::Exposed(_) | FolderError::Unreadable { .. },
        ) => Code::Usage,
        CopyError::Log(LogError::Fatal(_) | LogError::Corrupt { .. })
        | CopyError::Folder(FolderError::Damaged { .. })
        | CopyError::Begun(_)
        | CopyError::Unlisted { .. }
        | CopyError::Unwritten { .. } => Code::LogFailed,
    };
    CliError::new(code, error.to_string())
}

//! `switchboard verify` and `repair`: what was found is printed for each org, and damage ends the run with a code of
//! its own, so that whatever runs it every night can tell.

use super::{paced, watched};
use crate::{
    cli::{
        args::OutputFormat,
        exit::{CliError, Code},
        out,
    },
    console::text::Safe,
    hub::copies::{self, Compared, LogCut, RepairPlan, VerifiedOrg},
    model::OrgId,
};
use serde_json::{Value, json};
use std::{
    io::{self, BufRead as _, IsTerminal as _},
    path::Path,
};

/// How often a second a run that is slowed down reads something.
const STEPS_A_SECOND: u32 = 20;

/// Verifies a folder, prints what was found, and fails if anything is wrong.
pub(super) fn verify(
    folder: &Path,
    org: Option<&OrgId>,
    per_second: Option<u32>,
    format: OutputFormat,
) -> Result<(), CliError> {
    let at_once = per_second.map_or(u32::MAX, |n| n.div_ceil(STEPS_A_SECOND));
    let at_once = usize::try_from(at_once).unwrap_or(usize::MAX);
    let found = paced("verified", per_second, |watch| copies::verify(folder, org, at_once, watch))?;
    if format == OutputFormat::Json {
        let all: Vec<_> = found.iter().map(found_json).collect();
        let is_right = found.iter().all(|org| org.wrongs().next().is_none());
        out::line(&out::json(&json!({ "ok": is_right, "folder": folder, "orgs": all }))?)?;
    } else {
        for org in &found {
            for line in lines(org) {
                out::line(&line)?;
            }
        }
    }
    let wrongs: Vec<&str> = found.iter().flat_map(VerifiedOrg::wrongs).collect();
    if wrongs.is_empty() {
        return Ok(());
    }
    Err(CliError::new(Code::LogFailed, wrongs.join("\n")))
}

/// What was found of an org. What is wrong with it is said at the end of the run.
fn lines(found: &VerifiedOrg) -> [String; 3] {
    let VerifiedOrg { org, entries, void, bytes, place, damage, index, world } = found;
    let org = Safe::identity(org.as_str());
    let org = org.as_str();
    let word = if damage.is_some() { "DAMAGED after that" } else { "right" };
    let void = if *void > 0 { format!(", {void} rows of which are void") } else { String::new() };
    let compared = |compared: &Compared| match compared {
        Compared::Equal(place) => format!("what the log says, up to entry {place}"),
        Compared::NotCompared(why) => format!("not compared: {why}"),
        Compared::Wrong(_) => "WRONG".into(),
    };
    let made = |what: &str, how: &Compared| {
        format!("{org}: {what}: {}", Safe::new(&compared(how)).as_str())
    };
    [
        format!("{org}: log: {word}, {entries} rows up to entry {place}, {bytes} bytes{void}"),
        made("index", index),
        made("stored state", world),
    ]
}

fn found_json(found: &VerifiedOrg) -> Value {
    let VerifiedOrg { org, entries, void, bytes, place, damage, index, world } = found;
    let compared = |compared: &Compared| match compared {
        Compared::Equal(place) => json!({ "is": "equal", "place": place }),
        Compared::NotCompared(why) => json!({ "is": "not-compared", "why": why }),
        Compared::Wrong(why) => json!({ "is": "wrong", "why": why }),
    };
    json!({
        "org": org, "rows": entries, "void": void, "bytes": bytes, "place": place, "damage": damage,
        "index": compared(index), "state": compared(world),
    })
}

/// Cuts a damaged log after it was said what goes, and agreed to.
pub(super) fn repair(
    data: &Path,
    org: Option<&OrgId>,
    yes: bool,
    format: OutputFormat,
) -> Result<(), CliError> {
    let is_json = format == OutputFormat::Json;
    let plan = watched("verified", |watch| RepairPlan::make(data, org, watch))?;
    let Some(plan) = plan else {
        let said = "nothing is wrong with the log, and nothing was changed";
        let line =
            if is_json { out::json(&json!({ "ok": true, "cut": [] }))? } else { said.into() };
        return out::line(&line).map(drop);
    };
    let cuts = plan.cuts().to_vec();
    for cut in cuts.iter().filter(|_| !is_json) {
        out::line(&sentence(cut))?;
    }
    if !yes {
        agree()?;
    }
    let done = watched("written", |watch| plan.carry_out(watch))?;
    if is_json {
        let all: Vec<_> = cuts.iter().map(cut_json).collect();
        let said = json!({ "ok": true, "cut": all, "kept": done.kept, "log_id": done.id });
        return out::line(&out::json(&said)?).map(drop);
    }
    let kept = Safe::new(&done.kept.display().to_string()).as_str().to_owned();
    out::line(&format!("the log as it was is kept in {kept}"))?;
    out::complain(
        "idempotency keys of what was cut are gone too: a call of then that is repeated is done again",
    );
    Ok(())
}

fn sentence(cut: &LogCut) -> String {
    let LogCut { org, last, what, rows } = cut;
    let rows = match rows {
        Some((0, _)) => "no row follows it".into(),
        Some((rows, bytes)) => format!("cut off: {rows} rows of {bytes} bytes"),
        None => "cut off: what follows, which cannot be counted".into(),
    };
    let said = format!("{org}: entry {last} is the last one that stays; {rows}. Damaged: {what}");
    Safe::new(&said).as_str().to_owned()
}

fn cut_json(cut: &LogCut) -> Value {
    let LogCut { org, last, what, rows } = cut;
    let (rows, bytes) = rows.unzip();
    json!({ "org": org, "last": last, "damaged": what, "rows": rows, "bytes": bytes })
}

/// Asks on a terminal; elsewhere somebody must have said `--yes`.
fn agree() -> Result<(), CliError> {
    let refused = |why: &str| {
        let more = "nothing was changed. A backup that reaches further is worth more than a cut";
        CliError::usage(format!("{why}: {more}"))
    };
    if !io::stdin().is_terminal() {
        return Err(refused("say --yes to cut the log there"));
    }
    out::line("cut the log there? Type yes:")?;
    let mut said = String::new();
    let read = io::stdin().lock().read_line(&mut said);
    read.map_err(|error| CliError::new(Code::LogFailed, format!("cannot read stdin: {error}")))?;
    if said.trim() == "yes" { Ok(()) } else { Err(refused("it was not agreed to")) }
}

//! Canned replies as they are written in TOML files: `replies.toml` of whoever sits here, and a file that is shared.
//! The hub has more of them in its settings. One that cannot be used is off, and the others work.
//!
//! Reading a file is not here, and neither is which files there are.

use super::table_file::{self, FieldProblem};
use crate::{
    catalog::Spec,
    model::canned::{CannedReply, MOST_REPLIES, ReplyStep, ReplyTable, STEP_FORM, StepValue},
};
use serde::Deserialize;

/// The forms that can follow a reply: each changes what is known of the customer, and can be taken back.
const STEPS_OF: &[&str] = &["tag", "untag", "data", "ids", "remind", "unremind"];

/// From where a reply is. One's own wins over a shared one of the same name, and that over the hub's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReplySource {
    Own,
    Shared,
    Hub,
}

impl ReplySource {
    /// The heading of its rows.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Own => "your own",
            Self::Shared => "shared",
            Self::Hub => "of the hub",
        }
    }
}

/// The contents of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RepliesFile {
    #[serde(default)]
    reply: Vec<toml::Value>,
}

/// Reads the replies of a file. The second part says in words, with the line, what could not be used of it.
#[must_use]
pub fn read(text: &str) -> (Vec<CannedReply>, Vec<String>) {
    let clash = |known: &[CannedReply], reply: &CannedReply| {
        if known.iter().any(|own| own.name == reply.name) {
            return Err(("name", "another reply has this name".to_owned()));
        }
        if known.len() >= MOST_REPLIES {
            return Err(("name", format!("there are more than {MOST_REPLIES} replies")));
        }
        Ok(())
    };
    table_file::read(text, "reply", |file: RepliesFile| file.reply, reply, clash)
}

/// Reads one reply. The error names the field that is wrong, and what was expected.
fn reply(written: toml::Value) -> Result<CannedReply, FieldProblem> {
    let table: ReplyTable =
        written.try_into().map_err(|error: toml::de::Error| ("", error.message().to_owned()))?;
    let reply = table.read()?;
    check_steps(&reply)?;
    Ok(reply)
}

/// Whether what follows a reply are forms that may.
fn check_steps(reply: &CannedReply) -> Result<(), FieldProblem> {
    reply.then.iter().try_for_each(|step| check_step(step).map_err(|why| ("then", why)))
}

/// A step may change what is known of the customer, and nothing else: what reaches them or moves money has a sheet
/// of its own.
fn check_step(step: &ReplyStep) -> Result<(), String> {
    let form = &step.form;
    let spec = Spec::by_id(form).filter(|spec| is_step(spec)).ok_or_else(|| {
        let all = crate::catalog::ALL.iter().filter(|spec| is_step(spec));
        let known: Vec<_> = all.map(|spec| spec.id).collect();
        format!("`{STEP_FORM}` is {form:?}; what can follow is {}", known.join(", "))
    })?;
    for value in &step.values {
        let StepValue { field, .. } = value;
        if !spec.fields.iter().any(|known| known.name == field) {
            let known: Vec<_> = spec.fields.iter().map(|field| field.name).collect();
            return Err(format!("{form} has no field {field:?}; it has {}", known.join(", ")));
        }
    }
    Ok(())
}

fn is_step(spec: &Spec) -> bool {
    STEPS_OF.contains(&spec.id)
}

/// All replies, of each name the nearest one, each with where it is from. What is off of the hub's is said in words.
#[must_use]
pub fn merged(
    own: Vec<CannedReply>,
    shared: Vec<CannedReply>,
    hub: &[CannedReply],
) -> (Vec<(ReplySource, CannedReply)>, Vec<String>) {
    let mut problems = Vec::new();
    let mut usable = Vec::new();
    for reply in hub {
        match reply.check().and_then(|()| check_steps(reply)) {
            Ok(()) => usable.push(reply.clone()),
            Err((_, why)) => {
                problems.push(format!("the hub's reply {:?} is off: {why}", reply.name));
            }
        }
    }
    let mut all: Vec<(ReplySource, CannedReply)> = Vec::new();
    let sources =
        [(ReplySource::Own, own), (ReplySource::Shared, shared), (ReplySource::Hub, usable)];
    for (source, replies) in sources {
        for reply in replies {
            if all.iter().all(|(_, known)| known.name != reply.name) {
                all.push((source, reply));
            }
        }
    }
    (all, problems)
}

#[cfg(test)]
mod tests;

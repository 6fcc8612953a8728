//! Canned replies as they are written in TOML files: `replies.toml` of whoever sits here, and a file that is shared.
//! The hub has more of them in its settings. One that cannot be used is off, and the others work.
//!
//! Reading a file is not here, and neither is which files there are.

use super::table_file;
use crate::{
    catalog::{Spec, commands::positions},
    model::{
        canned::{self, CannedReply, Gap, MOST_REPLIES, ReplyStep, StepValue},
        limits::TEXT_CHARS,
    },
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The longest name in characters.
const LONGEST: usize = 60;
/// How many steps may follow a reply.
const STEPS: usize = 10;
/// The forms that can follow a reply: each changes what is known of the customer, and can be taken back.
const STEPS_OF: &[&str] = &["tag", "untag", "data", "ids", "remind", "unremind"];
/// The key of a step that says which form it is of.
const FORM: &str = "do";

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

/// A reply as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenReply {
    name: String,
    text: String,
    #[serde(default)]
    template: String,
    #[serde(default)]
    params: Vec<String>,
    #[serde(default)]
    then: Vec<BTreeMap<String, String>>,
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
fn reply(written: toml::Value) -> Result<CannedReply, (&'static str, String)> {
    let written: WrittenReply =
        written.try_into().map_err(|error: toml::de::Error| ("", error.message().to_owned()))?;
    let steps = written.then.into_iter().map(|mut fields| {
        let form = fields.remove(FORM).unwrap_or_default();
        let values = fields.into_iter().map(|(field, text)| StepValue { field, text }).collect();
        ReplyStep { form, values }
    });
    let reply = CannedReply {
        name: written.name,
        text: written.text,
        template: written.template,
        params: written.params,
        then: steps.collect(),
    };
    check(&reply)?;
    Ok(reply)
}

/// Whether a reply can be used, wherever it is from. The error names the field that is wrong.
pub fn check(reply: &CannedReply) -> Result<(), (&'static str, String)> {
    let CannedReply { name, text, then, template, params } = reply;
    if name.trim().is_empty() || name.chars().count() > LONGEST {
        return Err(("name", format!("a name has 1 to {LONGEST} characters")));
    }
    if text.trim().is_empty() || text.chars().count() > TEXT_CHARS {
        return Err(("text", format!("a text has 1 to {TEXT_CHARS} characters")));
    }
    if let Some(gap) = canned::gaps(text).into_iter().find(|gap| !canned::is_known(gap)) {
        return Err(("text", unknown(&gap)));
    }
    let places = positions(text);
    if template.is_empty() && !params.is_empty() {
        return Err(("params", "only a template has values: which one?".to_owned()));
    }
    if !template.is_empty() && places != params.len() {
        let why = format!("the text has {places} places, and there are {} values", params.len());
        return Err(("params", why));
    }
    let gaps = params.iter().flat_map(|param| canned::gaps(param));
    if let Some(gap) = gaps.into_iter().find(|gap| !canned::is_known(gap)) {
        return Err(("params", unknown(&gap)));
    }
    if then.len() > STEPS {
        return Err(("then", format!("at most {STEPS} steps can follow")));
    }
    then.iter().try_for_each(|step| check_step(step).map_err(|why| ("then", why)))
}

fn unknown(gap: &Gap) -> String {
    let written = gap.written;
    format!(
        "{written} is no gap: name, first-name, number, tag.KEY, data.KEY and id.KEY are, and {{{{?word}}}} asks"
    )
}

/// A step may change what is known of the customer, and nothing else: what reaches them or moves money has a sheet
/// of its own.
fn check_step(step: &ReplyStep) -> Result<(), String> {
    let form = &step.form;
    let spec = Spec::by_id(form).filter(|spec| is_step(spec)).ok_or_else(|| {
        let all = crate::catalog::ALL.iter().filter(|spec| is_step(spec));
        let known: Vec<_> = all.map(|spec| spec.id).collect();
        format!("`{FORM}` is {form:?}; what can follow is {}", known.join(", "))
    })?;
    for value in &step.values {
        let StepValue { field, text } = value;
        if !spec.fields.iter().any(|known| known.name == field) {
            let known: Vec<_> = spec.fields.iter().map(|field| field.name).collect();
            return Err(format!("{form} has no field {field:?}; it has {}", known.join(", ")));
        }
        if let Some(gap) = canned::gaps(text).into_iter().find(|gap| !canned::is_known(gap)) {
            return Err(unknown(&gap));
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
        match check(reply) {
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

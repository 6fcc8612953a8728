//! Replies that are used often (R-CANNED-2), and the gaps in them, which are filled for each customer (R-CANNED-1).
//!
//! A gap is a name in two pairs of braces: `{{first-name}}`. It may have a fallback for whoever has no such value,
//! `{{tag.tier|member}}`, and a question mark for what only the agent knows, `{{?amount}}`. A number is no gap of
//! this kind, because `{{1}}` is a place in an approved template.

use super::{CustomerNumber, CustomerState, Timestamp, limits::TEXT_CHARS};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest gap that is one, in bytes with its braces.
pub const LONGEST_GAP: usize = 128;
/// How many replies an org may have.
pub const MOST_REPLIES: usize = 200;

/// The longest name of a reply in characters.
const LONGEST_NAME: usize = 60;
/// How many steps may follow a reply.
const MOST_STEPS: usize = 10;
/// The key of a step that says which form it is of.
pub const STEP_FORM: &str = "do";

/// A reply that is used often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CannedReply {
    /// By this it is found.
    pub name: String,
    /// What it says, with gaps; of a template, what the customer reads, with `{{1}}` for the first value.
    pub text: String,
    /// The name of the approved template that it is; empty for a text.
    pub template: String,
    /// The values of the template, with gaps.
    pub params: Vec<String>,
    /// What is done after it was sent, in this order.
    pub then: Vec<ReplyStep>,
}

/// What is done after a reply was sent: a command, as its form would be filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyStep {
    /// The id of the form.
    pub form: String,
    /// What is in its fields, with gaps.
    pub values: Vec<StepValue>,
}

/// What is in a field of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepValue {
    pub field: String,
    pub text: String,
}

/// A reply as it is written in a TOML file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyTable {
    name: String,
    text: String,
    #[serde(default)]
    template: String,
    #[serde(default)]
    params: Vec<String>,
    #[serde(default)]
    then: Vec<BTreeMap<String, String>>,
}

impl ReplyTable {
    /// The name that is written, which may be none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The reply, if it can be used as far as its texts go. Whether its steps are forms is for whoever has those. The
    /// error names the field that is wrong, and says why.
    pub fn read(self) -> Result<CannedReply, (&'static str, String)> {
        let Self { name, text, template, params, then } = self;
        let step = |mut fields: BTreeMap<String, String>| {
            let form = fields.remove(STEP_FORM).unwrap_or_default();
            let values = fields.into_iter().map(|(field, text)| StepValue { field, text });
            ReplyStep { form, values: values.collect() }
        };
        let then = then.into_iter().map(step).collect();
        let reply = CannedReply { name, text, template, params, then };
        reply.check().map(|()| reply)
    }
}

impl CannedReply {
    /// Whether it can be used as far as its texts go. The error names the field that is wrong, and says why.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let Self { name, text, then, template, params } = self;
        if name.trim().is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(("name", format!("a name has 1 to {LONGEST_NAME} characters")));
        }
        if text.trim().is_empty() || text.chars().count() > TEXT_CHARS {
            return Err(("text", format!("a text has 1 to {TEXT_CHARS} characters")));
        }
        known("text", text)?;
        if template.is_empty() && !params.is_empty() {
            return Err(("params", "only a template has values: which one?".to_owned()));
        }
        let (places, values) = (positions(text), params.len());
        if !template.is_empty() && places != values {
            let why = format!("the text has {places} places, and there are {values} values");
            return Err(("params", why));
        }
        params.iter().try_for_each(|param| known("params", param))?;
        if then.len() > MOST_STEPS {
            return Err(("then", format!("at most {MOST_STEPS} steps can follow")));
        }
        let mut fields = then.iter().flat_map(|step| &step.values);
        fields.try_for_each(|field| known("then", &field.text))
    }
}

/// Whether every gap of a text is one.
fn known(field: &'static str, text: &str) -> Result<(), (&'static str, String)> {
    let Some(Gap { written, .. }) = gaps(text).into_iter().find(|gap| !is_known(gap)) else {
        return Ok(());
    };
    let why = format!(
        "{written} is no gap: name, first-name, number, tag.KEY, data.KEY and id.KEY are, and {{{{?word}}}} asks"
    );
    Err((field, why))
}

/// The highest n of any `{{n}}` in a text, which is how many values a template needs.
#[must_use]
pub fn positions(text: &str) -> usize {
    let mut most = 0;
    for part in text.split("{{").skip(1) {
        let number = part.split("}}").next().and_then(|n| n.trim().parse::<usize>().ok());
        most = most.max(number.filter(|n| *n <= 999).unwrap_or(0));
    }
    most
}

/// A place in a text that waits for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap<'a> {
    /// As it is written, with its braces.
    pub written: &'a str,
    /// What it is called, without its mark and its fallback.
    pub name: &'a str,
    /// Whether the agent is asked for it, because nothing else knows it.
    pub is_asked: bool,
    /// What stands for it where there is no value.
    pub fallback: Option<&'a str>,
}

impl<'a> Gap<'a> {
    /// The first gap of a text, and where it begins.
    #[must_use]
    pub fn first(text: &'a str) -> Option<(usize, Self)> {
        let mut from = 0;
        while let Some(open) = text[from..].find("{{").map(|at| from + at) {
            let close = text[open..].find("}}").map(|at| open + at + 2)?;
            // `{{{name}}` has its gap inside.
            let open = text[open..close].rfind("{{").map_or(open, |at| open + at);
            if let Some(gap) = Self::read(&text[open..close]) {
                return Some((open, gap));
            }
            from = close;
        }
        None
    }
    fn read(written: &'a str) -> Option<Self> {
        let inside = written.strip_prefix("{{")?.strip_suffix("}}")?;
        let (name, fallback) = match inside.split_once('|') {
            Some((name, fallback)) => (name, Some(fallback.trim())),
            None => (inside, None),
        };
        let name = name.trim();
        let (name, is_asked) = match name.strip_prefix('?') {
            Some(name) => (name.trim(), true),
            None => (name, false),
        };
        let fits = |c: char| c.is_alphanumeric() || "._- ".contains(c);
        let is_number = name.chars().all(|c| c.is_ascii_digit());
        let is_gap = written.len() <= LONGEST_GAP && !is_number && name.chars().all(fits);
        is_gap.then_some(Self { written, name, is_asked, fallback })
    }
}

/// Fills the gaps of a text. Where there is no value the fallback stands, and without one the gap. A value is not
/// searched for further gaps, because it may come from a customer.
#[must_use]
pub fn filled(text: &str, mut value: impl FnMut(&Gap) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, gap)) = Gap::first(rest) {
        out.push_str(&rest[..at]);
        let value = value(&gap).filter(|value| !value.trim().is_empty());
        let fallback = || gap.fallback.filter(|_| !gap.is_asked).map(str::to_owned);
        out.push_str(&value.or_else(fallback).unwrap_or_else(|| gap.written.to_owned()));
        rest = &rest[at + gap.written.len()..];
    }
    out + rest
}

/// The gaps of a text in their order, each once.
#[must_use]
pub fn gaps(text: &str) -> Vec<Gap<'_>> {
    let mut found: Vec<Gap> = Vec::new();
    let mut rest = text;
    while let Some((at, gap)) = Gap::first(rest) {
        if found.iter().all(|known| known.written != gap.written) {
            found.push(gap);
        }
        rest = &rest[at + gap.written.len()..];
    }
    found
}

/// The value of a gap for a customer, at a number of theirs; `None` if they have none. It is raw.
#[must_use]
pub fn value_of(
    gap: &Gap,
    customer: &CustomerState,
    number: Option<&CustomerNumber>,
    now: Timestamp,
) -> Option<String> {
    if gap.is_asked {
        return None;
    }
    match gap.name {
        "name" => customer.name().map(str::to_owned),
        "first-name" => customer.name()?.split_whitespace().next().map(str::to_owned),
        "number" => number.or_else(|| customer.numbers.first()).map(|number| number.number.clone()),
        name => match name.split_once('.')? {
            ("tag", key) => {
                let tag = customer.tags.iter().find(|tag| tag.key == key)?;
                (!tag.is_expired(now)).then(|| tag.value.clone())
            }
            ("data", key) => customer.metadata.get(key)?.plain().map(str::to_owned),
            ("id", key) => {
                let live = |expires: &Option<Timestamp>| expires.is_none_or(|at| at > now);
                let ids = customer.secondary_ids.iter();
                let own = ids.filter(|(id, expires)| id.key == key && live(expires));
                own.map(|(id, _)| id.value.clone()).next()
            }
            _ => None,
        },
    }
}

/// Whether this is the name of a gap that a customer could have a value for. Any other is a mistake, unless the
/// agent is asked.
#[must_use]
pub fn is_known(gap: &Gap) -> bool {
    let is_of_customer = || match gap.name.split_once('.') {
        Some((part, key)) => matches!(part, "tag" | "data" | "id") && !key.is_empty(),
        None => matches!(gap.name, "name" | "first-name" | "number"),
    };
    gap.is_asked && !gap.name.is_empty() || !gap.is_asked && is_of_customer()
}

#[cfg(test)]
mod tests;

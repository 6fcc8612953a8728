//! Reads the file format of stories, version 1. Everything that can be wrong with a file is found
//! here, before anything is done, and the error names the line and the step.

use crate::{
    catalog::{ALL, Needs, Spec},
    cli::sim::args::ActVerb,
    model::nearest,
};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt, time::Duration};
use toml::{Spanned, Table, Value};

/// The version of the format that this program plays.
const VERSION: i64 = 1;
/// How long a `wait` without `within` waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest `within`, in seconds.
const LONGEST: i64 = 600;
/// The names that every story may refer to without setting them.
pub const GIVEN: [&str; 9] =
    ["run", "sms", "whatsapp", "telegram", "messenger", "ussd", "voice", "payment", "purse"];
/// The kinds of steps. A step has exactly one of these keys.
const KINDS: [&str; 4] = ["sim", "command", "wait", "look"];

/// A story without a fault in its form, ready to be played.
#[derive(Debug)]
pub struct StoryScript {
    /// What it is about, in a line.
    pub title: String,
    /// What a `${name}` stands for at the beginning. A value may refer to names that are given or were
    /// set before it.
    pub set: Vec<(String, String)>,
    /// What is done, one step after the other.
    pub steps: Vec<StoryStep>,
}

/// One step of a story.
#[derive(Debug)]
pub struct StoryStep {
    /// Its place in the story, counted from 1.
    pub number: usize,
    /// Its line in the file, counted from 1.
    pub line: usize,
    /// What is done. Its texts still have their `${names}`.
    pub action: StepAction,
    /// The names that it refers to.
    pub refers: Vec<String>,
    /// The name under which later steps know its result, if any does.
    pub keep: Option<String>,
    pub expect: Expect,
}

/// What a step does.
#[derive(Debug)]
pub enum StepAction {
    /// An act of a phone, a network or the clock. The table becomes an `ActVerb` once its names
    /// are filled in.
    Sim(Table),
    /// A command of the catalog, with its target and fields by name.
    Command(&'static Spec, BTreeMap<String, String>),
    /// Waits for an event.
    Wait(WaitFor),
    /// Looks a customer up.
    Look(String),
}

/// Which event a step waits for. All of it must fit.
#[derive(Debug)]
pub struct WaitFor {
    /// Words that occur in the event. If the first is three capitals, it is the code of its kind.
    pub words: String,
    /// The event is about the customer with this number.
    pub phone: Option<String>,
    /// The event names this message, session, payment, work or customer.
    pub of: Option<String>,
    /// How long the event may take to come.
    pub within: Duration,
}

/// What must come of a step. A step that says nothing about it must be accepted.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Whether it must be accepted.
    pub ok: Option<bool>,
    /// The code that the answer must have.
    pub code: Option<i32>,
    /// The answer must contain each of these.
    #[serde(default)]
    pub text: Texts,
    /// The answer must contain none of these.
    #[serde(default)]
    pub without: Texts,
}

/// One text or a list of them, as a file may write either.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Texts {
    #[default]
    None,
    One(String),
    All(Vec<String>),
}

impl Texts {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (one, all): (Option<&String>, &[String]) = match self {
            Self::None => (None, &[]),
            Self::One(text) => (Some(text), &[]),
            Self::All(texts) => (None, texts),
        };
        one.into_iter().chain(all).map(String::as_str)
    }
}

/// What is wrong with a file, and where.
#[derive(Debug, PartialEq)]
pub struct StoryError {
    /// The line, counted from 1; `None` if it is about the whole file.
    pub line: Option<usize>,
    /// The number of the step, counted from 1; `None` if it is about none of them.
    pub step: Option<usize>,
    /// The reason in a sentence.
    pub why: String,
}

impl fmt::Display for StoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(step) = self.step {
            write!(f, "step {step}: ")?;
        }
        f.write_str(&self.why)
    }
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoryFile {
    version: i64,
    #[serde(default)]
    title: String,
    #[serde(default)]
    set: Table,
    #[serde(default)]
    step: Vec<Spanned<Table>>,
}

impl StoryScript {
    /// Reads a story, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, StoryError> {
        let line_of = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let whole = |why: String| StoryError { line: None, step: None, why };
        let file: StoryFile = toml::from_str(text).map_err(|error| StoryError {
            line: error.span().map(|span| line_of(span.start)),
            step: None,
            why: error.message().replace('\n', " "),
        })?;
        if file.version != VERSION {
            let why = format!("version {}: this program plays version {VERSION}", file.version);
            return Err(whole(why));
        }
        if file.step.is_empty() {
            return Err(whole("no [[step]]: nothing would happen".into()));
        }
        let mut known: Vec<String> = GIVEN.iter().map(|name| (*name).to_owned()).collect();
        let mut set = Vec::new();
        for (name, value) in file.set {
            let value = plain(&value).ok_or_else(|| whole(format!("[set] {name}: a text")))?;
            named(&name)
                .and_then(|()| refers(&value, &known))
                .map_err(|why| whole(format!("[set] {name}: {why}")))?;
            known.push(name.clone());
            set.push((name, value));
        }
        let mut steps = Vec::new();
        for (index, spanned) in file.step.into_iter().enumerate() {
            let (line, number) = (line_of(spanned.span().start), index + 1);
            let wrong = |why| StoryError { line: Some(line), step: Some(number), why };
            let step = step(number, line, spanned.into_inner(), &known).map_err(wrong)?;
            if let Some(name) = &step.keep {
                known.extend([name.clone(), format!("{name}.customer")]);
            }
            steps.push(step);
        }
        Ok(Self { title: file.title, set, steps })
    }
}

fn step(number: usize, line: usize, mut all: Table, known: &[String]) -> Result<StoryStep, String> {
    let refers = refer(&Value::Table(all.clone()), known)?;
    let keep = match all.remove("as") {
        None => None,
        Some(name) => Some(plain(&name).ok_or("`as` is a name")?),
    };
    if let Some(name) = &keep {
        named(name)?;
    }
    let expect = match all.remove("expect") {
        None => Expect::default(),
        Some(expect) => {
            Expect::deserialize(expect).map_err(|e| format!("expect: {}", e.message()))?
        }
    };
    let kinds: Vec<_> = KINDS.into_iter().filter(|kind| all.contains_key(*kind)).collect();
    let action = match kinds[..] {
        ["sim"] => {
            let verb = ActVerb::deserialize(all.clone());
            verb.map_err(|error| format!("sim: {}", error.message()))?;
            StepAction::Sim(all)
        }
        ["command"] => command(all)?,
        ["wait"] => wait(all)?,
        ["look"] => {
            let whom = text(&mut all, "look")?.unwrap_or_default();
            nothing_else(&all, "look", &[])?;
            StepAction::Look(whom)
        }
        [] => return Err(format!("one of {} says what is done", KINDS.join(", "))),
        _ => return Err(format!("{} in one step: make two of it", kinds.join(" and "))),
    };
    Ok(StoryStep { number, line, action, refers, keep, expect })
}

fn command(mut all: Table) -> Result<StepAction, String> {
    let verb = text(&mut all, "command")?.unwrap_or_default();
    let spec = ALL.iter().copied().find(|spec| spec.verb.name == verb).ok_or_else(|| {
        let known: Vec<_> = ALL.iter().map(|spec| spec.verb.name).collect();
        match nearest(&verb, &known) {
            Some(near) => format!("there is no command `{verb}`; did you mean `{near}`?"),
            None => format!("there is no command `{verb}`; there are {}", known.join(", ")),
        }
    })?;
    let (needed, allowed) = whom(spec);
    let mut values = BTreeMap::new();
    for (name, value) in all {
        if spec.field(&name).is_none() && !allowed.contains(&name.as_str()) {
            let fields = spec.fields.iter().map(|field| field.name);
            let names: Vec<_> = allowed.iter().copied().chain(fields).collect();
            return Err(format!("`{verb}` has no `{name}`; it has {}", names.join(", ")));
        }
        let value = plain(&value).ok_or_else(|| format!("`{name}` is a text"))?;
        values.insert(name, value);
    }
    for name in needed {
        if !values.contains_key(*name) {
            return Err(format!("`{verb}` needs `{name}`"));
        }
    }
    let missing = spec
        .fields
        .iter()
        .find(|field| field.required && field.when.is_empty() && !values.contains_key(field.name));
    match missing {
        Some(field) => Err(format!("`{verb}` needs `{}`: {}", field.name, field.help.flag)),
        None => Ok(StepAction::Command(spec, values)),
    }
}

/// The keys by which a step says whom its command is for: those it must have, and those it may have.
fn whom(spec: &Spec) -> (&'static [&'static str], &'static [&'static str]) {
    match spec.needs {
        Needs::Customer if spec.names_recipient() => (&[], &["customer"]),
        Needs::Customer | Needs::Scheduled => (&["customer"], &["customer"]),
        Needs::Message => (&["customer", "message"], &["customer", "message"]),
        Needs::Ussd | Needs::Call => (&["session"], &["session"]),
        Needs::Work => (&["work"], &["work"]),
        Needs::Anyone => (&[], &["customer"]),
        Needs::Nothing | Needs::Unknown | Needs::Carrier => (&[], &[]),
    }
}

fn wait(mut all: Table) -> Result<StepAction, String> {
    let words = text(&mut all, "wait")?.unwrap_or_default();
    let (phone, of) = (text(&mut all, "phone")?, text(&mut all, "of")?);
    let within = match all.remove("within") {
        None => PATIENCE,
        Some(Value::Integer(secs @ 1..=LONGEST)) => Duration::from_secs(secs.unsigned_abs()),
        Some(_) => return Err(format!("`within` is 1 to {LONGEST} seconds")),
    };
    nothing_else(&all, "wait", &["phone", "of", "within"])?;
    if words.trim().is_empty() && phone.is_none() && of.is_none() {
        return Err("wait for what: words of an event, such as `PAY received`".into());
    }
    Ok(StepAction::Wait(WaitFor { words, phone, of, within }))
}

fn nothing_else(all: &Table, kind: &str, may: &[&str]) -> Result<(), String> {
    let rest: Vec<_> = all.keys().filter(|key| *key != kind).cloned().collect();
    if rest.is_empty() {
        return Ok(());
    }
    let known = ["as", "expect"].into_iter().chain(may.iter().copied());
    let known: Vec<_> = known.collect();
    Err(format!("`{kind}` has no `{}`; it has {}", rest.join("`, `"), known.join(", ")))
}

fn text(all: &mut Table, key: &str) -> Result<Option<String>, String> {
    match all.remove(key) {
        None => Ok(None),
        Some(value) => Ok(Some(plain(&value).ok_or_else(|| format!("`{key}` is a text"))?)),
    }
}

/// A value as the text that would be written on the command line; `None` for lists and tables.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn named(name: &str) -> Result<(), String> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || !name.chars().all(fine) {
        return Err(format!("`{name}` is no name: use a to z, 0 to 9 and _"));
    }
    Ok(())
}

/// Every `${name}` in a value. One that is not known at that step is an error.
fn refer(value: &Value, known: &[String]) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    match value {
        Value::String(text) => {
            refers(text, known)?;
            all.extend(names(text)?.into_iter().map(str::to_owned));
        }
        Value::Array(values) => {
            for value in values {
                all.extend(refer(value, known)?);
            }
        }
        Value::Table(table) => {
            for value in table.values() {
                all.extend(refer(value, known)?);
            }
        }
        _ => {}
    }
    Ok(all)
}

fn refers(text: &str, known: &[String]) -> Result<(), String> {
    match names(text)?.into_iter().find(|name| !known.iter().any(|known| known == name)) {
        None => Ok(()),
        Some(name) => {
            let known = known.join(", ");
            Err(format!("nothing is called `${{{name}}}` yet; known: {known}"))
        }
    }
}

fn names(text: &str) -> Result<Vec<&str>, String> {
    let starts = text.match_indices("${").map(|(at, _)| &text[at + 2..]);
    starts
        .map(|rest| rest.split_once('}').map(|(name, _)| name).ok_or("a } is missing".to_owned()))
        .collect()
}

/// Fills in the `${names}` of a text. A name without a value stays as it is.
pub fn fill(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        match values.get(name) {
            Some(value) => out.push_str(value),
            None => out.extend(["${", name, "}"]),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Fills in every text of a value.
pub fn fill_all(value: &Value, values: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(fill(text, values)),
        Value::Array(all) => {
            Value::Array(all.iter().map(|value| fill_all(value, values)).collect())
        }
        Value::Table(all) => {
            let filled = all.iter().map(|(key, value)| (key.clone(), fill_all(value, values)));
            Value::Table(filled.collect())
        }
        other => other.clone(),
    }
}

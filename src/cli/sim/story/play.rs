//! Plays a story against a hub. Each step prints a line, and the first that does not come out as the
//! story says ends the run.

use super::{
    ask,
    file::{Expect, StepAction, StoryScript, StoryStep, WaitFor, fill, fill_all},
};
use crate::{
    cli::{
        args::OutputFormat,
        exit::{CliError, Code},
        get, out,
        sim::{act, args::ActVerb},
    },
    console::text::Safe,
    model::{
        Channel, CustomerRef, DataValue, Entry, Event, EventKind, FeedEvent, FeedStart, Hello,
        LeaseReceipt, Receipt,
    },
    query::Filter,
    sdk::{Client, Feed, fresh_call},
};
use serde::Deserialize as _;
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};
use toml::Value;

/// Plays a story. The error names the step that did not come out right and what came instead.
pub async fn play(
    client: &Client,
    story: &StoryScript,
    format: OutputFormat,
) -> Result<(), CliError> {
    let hello = client.hello().await?;
    let after = FeedStart::After { log_id: hello.log_id.clone(), seq: hello.head };
    let mut player = StoryPlayer {
        client,
        values: given(client, &hello).await?,
        feed: client.feed(after),
        seen: Vec::new(),
    };
    for (name, value) in &story.set {
        let value = fill(value, &player.values);
        player.values.insert(name.clone(), value);
    }
    for step in &story.steps {
        let result = player.step(step).await.map_err(|failure| at(step, &failure))?;
        print(step, &result, format)?;
        if let Some(wrong) = result.contradicts(&step.expect, &player.values) {
            return Err(at(step, &CliError::new(Code::Refused, wrong)));
        }
        player.keep(step, &result);
    }
    if format == OutputFormat::Text {
        out::line(Safe::new(&format!("{} steps: {}", story.steps.len(), story.title)).as_str())?;
    }
    Ok(())
}

/// The error of a step, with the place of the step in front.
fn at(step: &StoryStep, failure: &CliError) -> CliError {
    let place = format!("step {} (line {}), {}", step.number, step.line, verb(&step.action));
    CliError::new(failure.code, format!("{place}: {}", failure.message))
}

fn verb(action: &StepAction) -> String {
    match action {
        StepAction::Sim(table) => {
            format!("sim {}", table.get("sim").and_then(Value::as_str).unwrap_or_default())
        }
        StepAction::Command(spec, _) => spec.verb.name.to_owned(),
        StepAction::Wait(_) => "wait".to_owned(),
        StepAction::Look(_) => "look".to_owned(),
    }
}

/// The names that every story may refer to: the org's first numbers, its first purse, and digits that
/// differ from run to run, so that a story meets new customers.
async fn given(client: &Client, hello: &Hello) -> Result<BTreeMap<String, String>, CliError> {
    let mut values = BTreeMap::new();
    let mut random = [0; 4];
    getrandom::fill(&mut random)
        .map_err(|e| CliError::new(Code::Unreachable, format!("no randomness: {e}")))?;
    values.insert("run".into(), format!("{:06}", u32::from_be_bytes(random) % 1_000_000));
    for channel in Channel::ALL {
        let bound = hello.channels.iter().find(|bound| bound.channel.channel == channel);
        if let Some(bound) = bound {
            values.insert(channel.word().into(), bound.channel.to_string());
        }
    }
    if let Some(purse) = client.purses().await?.first() {
        values.insert("purse".into(), purse.id.clone());
    }
    Ok(values)
}

struct StoryPlayer<'c> {
    client: &'c Client,
    /// What each `${name}` stands for.
    values: BTreeMap<String, String>,
    feed: Feed,
    /// The entries since the beginning, and for each of their events whether a step has found it.
    seen: Vec<(Arc<Entry>, Vec<bool>)>,
}

/// What came of a step: of an answer, an event, or a customer.
struct StepResult {
    ok: bool,
    code: Option<i32>,
    text: String,
    /// The message, session, payment or work that it is about.
    id: Option<String>,
    customer: Option<String>,
}

impl StoryPlayer<'_> {
    async fn step(&mut self, step: &StoryStep) -> Result<StepResult, CliError> {
        if let Some(name) = step.refers.iter().find(|name| !self.values.contains_key(*name)) {
            return Err(CliError::new(Code::Refused, format!("the org has no {name} number")));
        }
        match &step.action {
            StepAction::Sim(table) => {
                let table = fill_all(&Value::Table(table.clone()), &self.values);
                let verb = ActVerb::deserialize(table)
                    .map_err(|error| CliError::usage(error.message().to_owned()))?;
                let hello = self.client.hello().await?;
                Ok(act::perform(self.client, &hello, &verb).await?.into())
            }
            StepAction::Command(spec, fields) => {
                let fields = fields.iter().map(|(k, v)| (k.clone(), fill(v, &self.values)));
                let hello = self.client.hello().await?;
                let command = ask::command(self.client, &hello, spec, &fields.collect()).await?;
                Ok(self.client.send(&fresh_call()?, &command).await?.into())
            }
            StepAction::Wait(awaited) => self.wait(awaited).await,
            StepAction::Look(whom) => {
                let named = fill(whom, &self.values);
                let whom = CustomerRef::parse(&named)
                    .ok_or_else(|| CliError::usage("look at whom: an id or a number"))?;
                let view = self.client.customer(&whom).await?;
                Ok(StepResult {
                    ok: view.is_some(),
                    code: None,
                    text: view.as_ref().map_or_else(|| format!("no customer {whom}"), get::page),
                    id: view.as_ref().map(|view| view.customer.id.to_string()),
                    customer: view.as_ref().map(|view| view.customer.id.to_string()),
                })
            }
        }
    }

    async fn wait(&mut self, awaited: &WaitFor) -> Result<StepResult, CliError> {
        let wanted = EventPattern {
            words: fill(&awaited.words, &self.values),
            phone: awaited.phone.as_deref().map(|phone| fill(phone, &self.values)),
            of: awaited.of.as_deref().map(|of| fill(of, &self.values)),
        };
        let found = tokio::time::timeout(awaited.within, self.find(&wanted)).await;
        found.unwrap_or_else(|_| {
            let last = self.seen.iter().rev().flat_map(|(entry, _)| entry.events.iter().rev());
            let last: Vec<_> = last.take(5).map(row).collect();
            let within = awaited.within.as_secs();
            let why = format!(
                "expected {wanted} within {within} s; the last events, newest first:\n  {}",
                if last.is_empty() { "none".into() } else { last.join("\n  ") }
            );
            Err(CliError::new(Code::Refused, why))
        })
    }

    /// The first event since the beginning of the story that fits and that no earlier step found.
    async fn find(&mut self, wanted: &EventPattern) -> Result<StepResult, CliError> {
        loop {
            for (entry, found) in &mut self.seen {
                let events = entry.events.iter().zip(found.iter_mut());
                for (event, found) in events.filter(|(_, found)| !**found) {
                    if wanted.matches(event) {
                        *found = true;
                        return Ok(event.into());
                    }
                }
            }
            self.seen.retain(|(_, found)| found.iter().any(|found| !found));
            match self.feed.next().await {
                FeedEvent::Entry(entry) => {
                    let found = vec![false; entry.events.len()];
                    self.seen.push((entry, found));
                }
                FeedEvent::Down { error, retry_in: None, .. } => return Err(error.into()),
                _ => {}
            }
        }
    }

    /// Makes the result known under the name that the step gives it.
    fn keep(&mut self, step: &StoryStep, result: &StepResult) {
        let Some(name) = &step.keep else { return };
        let id = result.id.as_ref().or(result.customer.as_ref());
        self.values.insert(name.clone(), id.cloned().unwrap_or_default());
        let customer = result.customer.clone().unwrap_or_default();
        self.values.insert(format!("{name}.customer"), customer);
    }
}

/// Which event is waited for, with every name filled in.
struct EventPattern {
    words: String,
    phone: Option<String>,
    of: Option<String>,
}

impl EventPattern {
    fn matches(&self, event: &Event) -> bool {
        let (code, words) = self.code();
        code.is_none_or(|code| event.kind.code() == code)
            && self.phone.as_ref().is_none_or(|phone| {
                event.number.as_ref().is_some_and(|number| number.to_string() == *phone)
            })
            && self.of.as_ref().is_none_or(|id| mentions(event, id))
            && Filter::of_words(words).matches(event)
    }
    /// The code of the kind and the other words. A first word of three capitals is a code.
    fn code(&self) -> (Option<&str>, &str) {
        let (first, rest) = self.words.split_once(' ').unwrap_or((&self.words, ""));
        let is_code = first.len() == 3 && first.chars().all(|c| c.is_ascii_uppercase());
        if is_code { (Some(first), rest) } else { (None, &self.words) }
    }
}

impl std::fmt::Display for EventPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "an event `{}`", self.words)?;
        if let Some(phone) = &self.phone {
            write!(f, " of {phone}")?;
        }
        match &self.of {
            Some(id) => write!(f, " about {id}"),
            None => Ok(()),
        }
    }
}

/// Whether an id stands anywhere in an event.
fn mentions(event: &Event, id: &str) -> bool {
    serde_json::to_string(event).is_ok_and(|text| text.contains(&format!("\"{id}\"")))
}

fn row(event: &Event) -> String {
    let number = event.number.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{} {number} {}", event.kind.code(), event.sentence())
}

impl From<Receipt> for StepResult {
    fn from(receipt: Receipt) -> Self {
        let mut text = receipt.description().to_owned();
        if let Receipt::Lease(LeaseReceipt { value: Some(DataValue::Text(value)), .. }) = &receipt {
            text = format!("{text}: {value}");
        }
        Self {
            ok: receipt.is_ok(),
            code: receipt.code(),
            text,
            id: receipt.subject().map(str::to_owned),
            customer: receipt.customer().map(ToString::to_string),
        }
    }
}

impl From<&Event> for StepResult {
    fn from(event: &Event) -> Self {
        use EventKind as K;
        let id = match &event.kind {
            K::MessageSent { id, .. }
            | K::MessageReceived { id, .. }
            | K::MessageStatusChanged { id, .. } => Some(id.to_string()),
            K::UssdInput { session, .. }
            | K::UssdMenuShown { session, .. }
            | K::UssdEnded { session, .. }
            | K::CallChanged { session, .. }
            | K::CallPlanned { session, .. }
            | K::PromptMissed { session } => Some(session.to_string()),
            K::PaymentStarted { id, .. }
            | K::PaymentReceived { id, .. }
            | K::PaymentContradicted { id, .. }
            | K::PaymentStatusChanged { id, .. } => Some(id.to_string()),
            K::WorkStarted { work, .. }
            | K::WorkAdvanced { work, .. }
            | K::WorkChanged { work, .. } => Some(work.to_string()),
            _ => None,
        };
        Self {
            ok: true,
            code: None,
            text: row(event),
            id,
            customer: event.customer.as_ref().map(ToString::to_string),
        }
    }
}

impl StepResult {
    /// A sentence about what was expected and what came; `None` if they agree.
    fn contradicts(&self, expect: &Expect, values: &BTreeMap<String, String>) -> Option<String> {
        let came = || {
            let code = self.code.map_or_else(String::new, |code| format!(" {code}"));
            let word = if self.ok { "accepted" } else { "refused" };
            format!("{word}{code}: {}", self.text)
        };
        // An expected code says already whether it is a refusal.
        let ok = expect.ok.or(expect.code.is_none().then_some(true));
        if let Some(ok) = ok.filter(|ok| *ok != self.ok) {
            let word = if ok { "accepted" } else { "refused" };
            return Some(format!("expected {word}, came {}", came()));
        }
        if expect.code.is_some() && expect.code != self.code {
            let code = expect.code.unwrap_or_default();
            return Some(format!("expected code {code}, came {}", came()));
        }
        let says = |text: &str| self.text.contains(text);
        let texts = expect.text.iter().map(|text| fill(text, values));
        if let Some(text) = texts.into_iter().find(|text| !says(text)) {
            return Some(format!("expected \u{201c}{text}\u{201d}, came {}", came()));
        }
        let texts = expect.without.iter().map(|text| fill(text, values));
        let found = texts.into_iter().find(|text| says(text))?;
        Some(format!("expected nothing of \u{201c}{found}\u{201d}, came {}", came()))
    }
}

fn print(step: &StoryStep, result: &StepResult, format: OutputFormat) -> Result<(), CliError> {
    let verb = verb(&step.action);
    let text = match format {
        OutputFormat::Json => out::json(&json!({
            "step": step.number,
            "line": step.line,
            "verb": verb,
            "ok": result.ok,
            "code": result.code,
            "text": result.text,
            "id": result.id,
            "customer": result.customer,
        }))?,
        OutputFormat::Text => {
            let first = result.text.lines().next().unwrap_or_default();
            let code = result.code.map_or_else(String::new, |code| format!("{code} "));
            let id = result.id.as_ref().map_or_else(String::new, |id| format!(" {id}"));
            let line = format!("{:>3} {verb:<22} {code}{first}{id}", step.number);
            Safe::new(&line).as_str().to_owned()
        }
    };
    out::line(&text).map(|_| ())
}

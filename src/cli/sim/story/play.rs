//! Plays a story, one line per step, and stops at the first that does not come out as it says.

use super::{
    ask,
    file::{Awaited, Expect, Step, Story, What, fill, fill_all},
};
use crate::{
    cli::{
        exit::{Code, Failure},
        get, out,
        sim::{
            act,
            args::{ActVerb, SimFormat},
        },
    },
    console::text::Safe,
    model::{
        Channel, CustomerRef, DataValue, Entry, Event, EventKind, FeedEvent, FeedStart, Hello,
        LeaseReceipt, Receipt,
    },
    query::Words,
    sdk::{Client, Feed, fresh_call},
};
use serde::Deserialize as _;
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};
use toml::Value;

/// Plays it against a hub.
pub async fn play(client: &Client, story: &Story, format: SimFormat) -> Result<(), Failure> {
    let hello = client.hello().await?;
    let after = FeedStart::After { log_id: hello.log_id.clone(), seq: hello.head };
    let mut play = Play {
        client,
        values: given(client, &hello).await?,
        feed: client.feed(after),
        seen: Vec::new(),
    };
    for (name, value) in &story.set {
        let value = fill(value, &play.values);
        play.values.insert(name.clone(), value);
    }
    for step in &story.steps {
        let came = play.step(step).await.map_err(|failure| at(step, &failure))?;
        print(step, &came, format)?;
        if let Some(wrong) = came.contradicts(&step.expect, &play.values) {
            return Err(at(step, &Failure::new(Code::Refused, wrong)));
        }
        play.keep(step, &came);
    }
    if format == SimFormat::Text {
        out::line(Safe::new(&format!("{} steps: {}", story.steps.len(), story.title)).as_str())?;
    }
    Ok(())
}

fn at(step: &Step, failure: &Failure) -> Failure {
    let place = format!("step {} (line {}), {}", step.number, step.line, verb(&step.what));
    Failure::new(failure.code, format!("{place}: {}", failure.message))
}

fn verb(what: &What) -> String {
    match what {
        What::Sim(table) => {
            format!("sim {}", table.get("sim").and_then(Value::as_str).unwrap_or_default())
        }
        What::Command(spec, _) => spec.verb.to_owned(),
        What::Wait(_) => "wait".to_owned(),
        What::Look(_) => "look".to_owned(),
    }
}

/// What every story may refer to: the org's first numbers, and digits that no other run has.
async fn given(client: &Client, hello: &Hello) -> Result<BTreeMap<String, String>, Failure> {
    let mut values = BTreeMap::new();
    let mut random = [0; 4];
    getrandom::fill(&mut random)
        .map_err(|e| Failure::new(Code::Unreachable, format!("no randomness: {e}")))?;
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

struct Play<'c> {
    client: &'c Client,
    values: BTreeMap<String, String>,
    feed: Feed,
    /// Entries since the begin, and which of their events a step has found.
    seen: Vec<(Arc<Entry>, Vec<bool>)>,
}

/// What came of a step.
struct Came {
    ok: bool,
    code: Option<i32>,
    text: String,
    /// The message, session, payment or work.
    id: Option<String>,
    customer: Option<String>,
}

impl Play<'_> {
    async fn step(&mut self, step: &Step) -> Result<Came, Failure> {
        if let Some(name) = step.refers.iter().find(|name| !self.values.contains_key(*name)) {
            return Err(Failure::new(Code::Refused, format!("the org has no {name} number")));
        }
        match &step.what {
            What::Sim(table) => {
                let table = fill_all(&Value::Table(table.clone()), &self.values);
                let verb = ActVerb::deserialize(table)
                    .map_err(|error| Failure::usage(error.message().to_owned()))?;
                let hello = self.client.hello().await?;
                Ok(act::perform(self.client, &hello, &verb).await?.into())
            }
            What::Command(spec, fields) => {
                let fields = fields.iter().map(|(k, v)| (k.clone(), fill(v, &self.values)));
                let hello = self.client.hello().await?;
                let command = ask::command(self.client, &hello, spec, &fields.collect()).await?;
                Ok(self.client.send(&fresh_call()?, &command).await?.into())
            }
            What::Wait(awaited) => self.wait(awaited).await,
            What::Look(whom) => {
                let named = fill(whom, &self.values);
                let whom = CustomerRef::parse(&named)
                    .ok_or_else(|| Failure::usage("look at whom: an id or a number"))?;
                let view = self.client.customer(&whom).await?;
                Ok(Came {
                    ok: view.is_some(),
                    code: None,
                    text: view.as_ref().map_or_else(|| format!("no customer {whom}"), get::page),
                    id: view.as_ref().map(|view| view.customer.id.to_string()),
                    customer: view.as_ref().map(|view| view.customer.id.to_string()),
                })
            }
        }
    }

    async fn wait(&mut self, awaited: &Awaited) -> Result<Came, Failure> {
        let wanted = Wanted {
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
            Err(Failure::new(Code::Refused, why))
        })
    }

    /// The first event since the begin of the story that is wanted and that no earlier step found.
    async fn find(&mut self, wanted: &Wanted) -> Result<Came, Failure> {
        loop {
            for (entry, found) in &mut self.seen {
                let events = entry.events.iter().zip(found.iter_mut());
                for (event, found) in events.filter(|(_, found)| !**found) {
                    if wanted.is(event) {
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

    fn keep(&mut self, step: &Step, came: &Came) {
        let Some(name) = &step.keep else { return };
        let id = came.id.as_ref().or(came.customer.as_ref());
        self.values.insert(name.clone(), id.cloned().unwrap_or_default());
        let customer = came.customer.clone().unwrap_or_default();
        self.values.insert(format!("{name}.customer"), customer);
    }
}

/// The event a step waits for.
struct Wanted {
    words: String,
    phone: Option<String>,
    of: Option<String>,
}

impl Wanted {
    fn is(&self, event: &Event) -> bool {
        let (code, words) = self.code();
        code.is_none_or(|code| event.kind.code() == code)
            && self.phone.as_ref().is_none_or(|phone| {
                event.number.as_ref().is_some_and(|number| number.to_string() == *phone)
            })
            && self.of.as_ref().is_none_or(|id| names(event, id))
            && Words::parse(words).matches(event)
    }
    /// Three capitals at the begin are the code of the kind.
    fn code(&self) -> (Option<&str>, &str) {
        let (first, rest) = self.words.split_once(' ').unwrap_or((&self.words, ""));
        let is_code = first.len() == 3 && first.chars().all(|c| c.is_ascii_uppercase());
        if is_code { (Some(first), rest) } else { (None, &self.words) }
    }
}

impl std::fmt::Display for Wanted {
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
fn names(event: &Event, id: &str) -> bool {
    serde_json::to_string(event).is_ok_and(|text| text.contains(&format!("\"{id}\"")))
}

fn row(event: &Event) -> String {
    let number = event.number.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{} {number} {}", event.kind.code(), event.sentence())
}

impl From<Receipt> for Came {
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

impl From<&Event> for Came {
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

impl Came {
    /// What was expected and what came, if they differ.
    fn contradicts(&self, expect: &Expect, values: &BTreeMap<String, String>) -> Option<String> {
        let came = || {
            let code = self.code.map_or_else(String::new, |code| format!(" {code}"));
            let word = if self.ok { "accepted" } else { "refused" };
            format!("{word}{code}: {}", self.text)
        };
        // Whoever expects a code has said whether it is a refusal.
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

fn print(step: &Step, came: &Came, format: SimFormat) -> Result<(), Failure> {
    let verb = verb(&step.what);
    let text = match format {
        SimFormat::Json => out::json(&json!({
            "step": step.number,
            "line": step.line,
            "verb": verb,
            "ok": came.ok,
            "code": came.code,
            "text": came.text,
            "id": came.id,
            "customer": came.customer,
        }))?,
        SimFormat::Text => {
            let first = came.text.lines().next().unwrap_or_default();
            let code = came.code.map_or_else(String::new, |code| format!("{code} "));
            let id = came.id.as_ref().map_or_else(String::new, |id| format!(" {id}"));
            let line = format!("{:>3} {verb:<22} {code}{first}{id}", step.number);
            Safe::new(&line).as_str().to_owned()
        }
    };
    out::line(&text).map(|_| ())
}

//! The cast of the sandbox: invented customers, what they say and what they do, read from
//! `assets/cast.toml` and `assets/script.toml` or from a file of the operator's.
//!
//! This file owns the words. When customers say something is decided in `traffic`, and which messages
//! they answer in `network`. The words are foreign text like any other: some attack the reader's
//! screen on purpose.

use crate::model::{
    Channel, Currency, CustomerNumber, CustomerRef, Money, SecondaryId, Tag,
    file_text::without_mark, limits,
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

const CAST: &str = include_str!("../../assets/cast.toml");
const SCRIPT: &str = include_str!("../../assets/script.toml");

/// The length in bytes of the line that customers with `long_line` write, which is the most that a message
/// may have (D-SIZE).
pub const LONG_LINE: usize = limits::MESSAGE_BYTES;

/// Why a file of customers cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox's cast {file}: {why}")]
pub struct CastError {
    pub file: String,
    pub why: String,
}

/// The invented customers of an org, with an index of their numbers.
#[derive(Debug, Default)]
pub struct Cast {
    people: Vec<Person>,
    by_number: HashMap<CustomerNumber, usize>,
}

/// One invented customer, with everything that they say and do.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: String,
    /// The language of the script that they speak.
    pub language: String,
    pub currency: Currency,
    pub numbers: Vec<CustomerNumber>,
    /// The channels on which they write, the favourite first.
    pub channels: Vec<Channel>,
    pub tags: Vec<Tag>,
    pub ids: Vec<SecondaryId>,
    /// What is known about them besides the name and the language.
    pub metadata: BTreeMap<String, String>,
    /// The USSD sessions that they may hold, each as the keys that they type after dialling.
    pub ussd: Vec<Vec<String>>,
    /// The amounts that they may pay.
    pub pays: Vec<Money>,
    /// Whether they call the org.
    pub calls: bool,
    /// Whether they write text that attacks screens.
    pub hostile: bool,
    /// The conversations that they may hold, each an opening line and then the answers to whatever comes.
    pub threads: Vec<Vec<String>>,
    /// What they may say when nobody has answered.
    pub nudges: Vec<String>,
    /// What they may say when a thread is over.
    pub thanks: Vec<String>,
    /// What they may say after they have thanked.
    pub acks: Vec<String>,
}

impl Cast {
    /// Reads the cast of a file, or the built-in one with `None`. `hostile` says whether customers who
    /// write what attacks screens are part of it.
    pub fn load(file: Option<&Path>, hostile: bool) -> Result<Self, CastError> {
        let Some(path) = file else { return Self::parse("(built in)", CAST, hostile) };
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&name, without_mark(&text), hostile),
            Err(e) => Err(CastError { file: name, why: format!("cannot be read: {e}") }),
        }
    }

    /// Reads the cast of a text; errors name `file`. Customers whose language has no script in the text
    /// speak the built-in one.
    pub fn parse(file: &str, text: &str, hostile: bool) -> Result<Self, CastError> {
        let fail = |why: String| CastError { file: file.to_owned(), why };
        let written = |text| toml::from_str::<CastFile>(text).map_err(|e| fail(e.to_string()));
        let mut scripts = written(SCRIPT)?.script;
        let file = written(text)?;
        scripts.extend(file.script);
        let mut cast = Self::default();
        for customer in file.customer.into_iter().filter(|c| hostile || !c.hostile) {
            let person = customer.read(&scripts).map_err(fail)?;
            for number in &person.numbers {
                if cast.by_number.insert(number.clone(), cast.people.len()).is_some() {
                    return Err(fail(format!("two customers have the number {number}")));
                }
            }
            cast.people.push(person);
        }
        Ok(cast)
    }

    /// All customers, in the order of the file.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }
    /// The customer who has this number.
    #[must_use]
    pub fn by_number(&self, number: &CustomerNumber) -> Option<&Person> {
        self.people.get(*self.by_number.get(number)?)
    }
}

impl Person {
    /// The number that they use on a channel; `None` if they have none of that channel's provider.
    #[must_use]
    pub fn number_on(&self, channel: Channel) -> Option<&CustomerNumber> {
        self.numbers.iter().find(|n| n.provider == channel.provider())
    }

    /// What they answer to a message. `said` is what they said before on that channel, newest first: the
    /// conversation itself shows where in a thread they are, so nothing has to be remembered. `pick`
    /// chooses where several answers would do.
    pub fn answer<'a>(&self, said: impl IntoIterator<Item = &'a str>, pick: usize) -> Option<&str> {
        let last = said.into_iter().find(|line| !self.nudges.iter().any(|nudge| nudge == line));
        let next = last.and_then(|line| {
            self.threads.iter().find_map(|thread| {
                let at = thread.iter().position(|spoken| spoken == line)?;
                thread.get(at + 1).or_else(|| nth(&self.thanks, pick))
            })
        });
        next.or_else(|| nth(&self.acks, pick)).map(String::as_str)
    }
}

fn nth(lines: &[String], pick: usize) -> Option<&String> {
    lines.get(pick.checked_rem(lines.len())?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CastFile {
    #[serde(default)]
    customer: Vec<CastCustomer>,
    #[serde(default)]
    script: BTreeMap<String, Script>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    nudges: Vec<String>,
    thanks: Vec<String>,
    acks: Vec<String>,
    #[serde(default)]
    thread: Vec<Thread>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Thread {
    /// Says to readers of the file what the thread is about; nothing else uses it.
    #[serde(rename = "topic")]
    _topic: String,
    lines: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CastCustomer {
    name: String,
    language: String,
    currency: String,
    numbers: Vec<String>,
    channels: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    ussd: Vec<String>,
    #[serde(default)]
    pays: Vec<i64>,
    #[serde(default)]
    calls: bool,
    #[serde(default)]
    hostile: bool,
    #[serde(default)]
    long_line: bool,
    #[serde(default)]
    lines: Vec<String>,
}

impl CastCustomer {
    fn read(self, scripts: &BTreeMap<String, Script>) -> Result<Person, String> {
        let wrong = |what: &str, text: &str| format!("{}: {what} `{text}`", self.name);
        let currency =
            Currency::new(&self.currency).ok_or_else(|| wrong("no currency", &self.currency))?;
        let numbers = read_all(&self.numbers, number).map_err(|t| wrong("no number", t))?;
        let channels =
            read_all(&self.channels, Channel::from_word).map_err(|t| wrong("no channel", t))?;
        let tags = read_all(&self.tags, tag).map_err(|t| wrong("no key=value", t))?;
        let ids = read_all(&self.ids, secondary).map_err(|t| wrong("no key:value", t))?;
        let script = scripts
            .get(&self.language)
            .ok_or_else(|| wrong("there is no script in", &self.language))?;
        let scale = 10_i64.pow(currency.exponent());
        let pays: Vec<Money> =
            self.pays.iter().map(|n| Money { currency, minor: n.saturating_mul(scale) }).collect();
        let fill = |lines: &[String]| lines.iter().map(|l| self.fill(l, &pays)).collect::<Vec<_>>();

        let mut own = fill(&self.lines);
        if self.long_line {
            own.insert(0, "long line ".chars().cycle().take(LONG_LINE).collect());
        }
        // Customers with lines of their own say nothing else, and each line is a thread by itself.
        let threads = if own.is_empty() {
            script.thread.iter().map(|thread| fill(&thread.lines)).collect()
        } else {
            own.iter().map(|line| vec![line.clone()]).collect()
        };
        let last = own.len().saturating_sub(1);
        let or_own = |lines: &[String]| match own.get(last) {
            Some(line) => vec![line.clone()],
            None => fill(lines),
        };
        Ok(Person {
            nudges: if own.is_empty() { fill(&script.nudges) } else { Vec::new() },
            thanks: or_own(&script.thanks),
            acks: or_own(&script.acks),
            threads,
            currency,
            numbers,
            channels,
            tags,
            ids,
            pays,
            ussd: self
                .ussd
                .iter()
                .map(|keys| keys.split(' ').map(str::to_owned).collect())
                .collect(),
            name: self.name,
            language: self.language,
            metadata: self.metadata,
            calls: self.calls,
            hostile: self.hostile,
        })
    }

    /// Fills in the words of a line that differ between customers who speak the same script.
    fn fill(&self, line: &str, pays: &[Money]) -> String {
        let order: u32 = self.name.chars().map(u32::from).sum();
        let amount = pays.first().map_or_else(|| "1,500".to_owned(), ToString::to_string);
        line.replace("{order}", &(70_000 + order % 20_000).to_string())
            .replace("{amount}", &amount)
            .replace("{city}", self.metadata.get("city").map_or("", String::as_str))
            .replace("{name}", &self.name)
    }
}

/// Reads every text, or returns the first one that cannot be read.
fn read_all<'t, T>(
    texts: &'t [String],
    read: impl Fn(&'t str) -> Option<T>,
) -> Result<Vec<T>, &'t str> {
    texts.iter().map(|text| read(text).ok_or(text.as_str())).collect()
}

fn number(text: &str) -> Option<CustomerNumber> {
    match CustomerRef::parse(text) {
        Some(CustomerRef::Number(number)) => Some(number),
        _ => None,
    }
}

fn tag(text: &str) -> Option<Tag> {
    let (key, value) = text.split_once('=')?;
    Some(Tag { key: key.to_owned(), value: value.to_owned(), ..Tag::default() })
}

fn secondary(text: &str) -> Option<SecondaryId> {
    let (key, value) = text.split_once(':')?;
    Some(SecondaryId { key: key.to_owned(), value: value.to_owned() })
}

#[cfg(test)]
mod tests;

//! The review sheet: exactly what would happen, to whom, and what is known to speak against it.
//! The command is made before the sheet opens and does not change while it is open.

use crate::{
    console::{
        catalog::{Quoted, Risk, Spec, Target, Values, command_line::command_line},
        pane::scroll::Scroll,
    },
    model::{ChannelNumber, CustomerCommand, CustomerNumber, Tag, Timestamp},
};
use std::time::Duration;

/// How long a sheet ignores every key after it opens, and after a key that came too early.
const ARMING: Duration = Duration::from_millis(400);
const REARMING: Duration = Duration::from_millis(150);

/// How a pre-flight line turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nothing speaks against it.
    Ok,
    /// Look at this.
    Warn,
    /// It cannot be said.
    Unknown,
}

impl Level {
    /// Its mark.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "!!",
            Self::Unknown => "??",
        }
    }
}

/// A pre-flight line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// How it turned out.
    pub level: Level,
    /// In words; may name foreign text.
    pub words: String,
}

impl Check {
    pub(super) fn ok(words: impl Into<String>) -> Self {
        Self { level: Level::Ok, words: words.into() }
    }
    pub(super) fn warn(words: impl Into<String>) -> Self {
        Self { level: Level::Warn, words: words.into() }
    }
    pub(super) fn unknown(words: impl Into<String>) -> Self {
        Self { level: Level::Unknown, words: words.into() }
    }
}

/// Who gets it, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Name; raw, may be empty.
    pub name: String,
    /// The last four of the customer id; empty if it is not known.
    pub id_end: String,
    /// The number, for a message.
    pub number: Option<CustomerNumber>,
    /// The org's number, for a message.
    pub channel: Option<ChannelNumber>,
}

impl Recipient {
    /// Of a command for a target.
    #[must_use]
    pub fn of(target: &Target, command: &CustomerCommand) -> Self {
        let id = target.customer.as_ref().map_or("", |id| id.as_str());
        let tail = id.char_indices().rev().nth(3).map_or(id, |(start, _)| &id[start..]);
        let quoted = target.reply_to.as_ref();
        let (number, channel) = match command {
            CustomerCommand::SendMessage { to, from, .. } => (Some(to.clone()), Some(from.clone())),
            CustomerCommand::ReplyToMessage { .. } => {
                (quoted.map(|q| q.number.clone()), quoted.map(|q| q.channel.clone()))
            }
            _ => (None, None),
        };
        Self { name: target.name.clone(), id_end: tail.to_owned(), number, channel }
    }
    /// In one line; raw.
    #[must_use]
    pub fn line(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        if !self.name.is_empty() {
            words.push(self.name.clone());
        }
        if let Some(number) = &self.number {
            words.push(number.to_string());
        } else if !self.id_end.is_empty() {
            words.push(format!("…{}", self.id_end));
        }
        words.join(" ")
    }
}

/// What a key on the sheet means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Stay,
    /// Back to the fields.
    Edit,
    /// Do it.
    Send,
}

/// An open review sheet.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What will be done.
    pub command: CustomerCommand,
    /// To whom.
    pub to: Recipient,
    /// The message answered.
    pub quoted: Option<Quoted>,
    /// What it says: a label of ours and raw text, which stands alone on its lines.
    pub says: Vec<(&'static str, String)>,
    /// What is known to speak for or against it.
    pub checks: Vec<Check>,
    /// The same for a shell.
    pub command_line: String,
    /// What must be typed before `s` means anything (R3).
    pub word: Option<&'static str>,
    /// What was typed of it.
    pub typed: String,
    /// How far it is scrolled.
    pub scroll: Scroll,
    armed_at: Timestamp,
}

impl Sheet {
    /// Opens a sheet over a command.
    #[must_use]
    pub fn new(
        spec: &Spec,
        target: &Target,
        values: &Values,
        command: CustomerCommand,
        at: Timestamp,
    ) -> Self {
        Self {
            to: Recipient::of(target, &command),
            quoted: target.reply_to.clone().filter(|_| spec.id == "reply"),
            says: says(&command),
            checks: Vec::new(),
            command_line: command_line(spec, target, values),
            word: (spec.risk >= Risk::R3).then_some("delete"),
            typed: String::new(),
            scroll: Scroll::default(),
            armed_at: at.after(ARMING),
            command,
        }
    }
    /// Whether keys count yet.
    #[must_use]
    pub fn is_armed(&self, at: Timestamp) -> bool {
        at >= self.armed_at
    }
    /// When keys begin to count.
    #[must_use]
    pub const fn armed_at(&self) -> Timestamp {
        self.armed_at
    }
    /// Something changed under the reader's eyes: keys wait again.
    pub fn disarm(&mut self, at: Timestamp) {
        self.armed_at = self.armed_at.max(at.after(ARMING));
    }
    /// Whether `s` would send.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.word.is_none_or(|word| word == self.typed)
    }
    /// A plain character.
    pub fn char(&mut self, c: char, at: Timestamp) -> Verdict {
        if !self.is_armed(at) {
            self.armed_at = self.armed_at.max(at.after(REARMING));
            return Verdict::Stay;
        }
        match c {
            's' if self.is_confirmed() => Verdict::Send,
            'e' if self.word.is_none() => Verdict::Edit,
            c if self.word.is_some_and(|word| self.typed.len() < word.len()) && c.is_ascii() => {
                self.typed.push(c);
                Verdict::Stay
            }
            _ => Verdict::Stay,
        }
    }
    /// Takes back a typed character.
    pub fn backspace(&mut self) {
        self.typed.pop();
    }
}

/// What a command says, block by block.
fn says(command: &CustomerCommand) -> Vec<(&'static str, String)> {
    match command {
        CustomerCommand::SendMessage { body, .. }
        | CustomerCommand::ReplyToMessage { body, .. } => {
            vec![("text", body.text.clone().unwrap_or_default())]
        }
        CustomerCommand::UpdateTags { tags, .. } => vec![("set tags", tag_lines(tags))],
        CustomerCommand::DeleteTags { keys, .. } => vec![("remove tags", keys.join("\n"))],
        CustomerCommand::UpdateMetadata { values, .. } => values
            .iter()
            .flat_map(|(key, value)| [("set data", key.clone()), ("to", value.summary())])
            .collect(),
        CustomerCommand::DeleteMetadata { keys, .. } => vec![("delete data", keys.join("\n"))],
        CustomerCommand::Meet(_) | CustomerCommand::UpdateSecondaryIds { .. } => Vec::new(),
    }
}

fn tag_lines(tags: &[Tag]) -> String {
    let all: Vec<_> = tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
    all.join("\n")
}

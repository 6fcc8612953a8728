//! One event as one line of a file: JSON that can be read back, or the cells of a row for a spreadsheet.

use super::{
    event::{Event, EventKind},
    id::{OrgId, Seq},
    money::Money,
    status::Direction,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// An event with its place. The names of its JSON are read by scripts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventLine {
    /// The place of its entry.
    pub seq: Seq,
    /// The place of the event within its entry, counted from 0.
    pub index: usize,
    pub org: OrgId,
    /// The three letters of its kind.
    pub code: String,
    /// What happened, in one sentence.
    pub text: String,
    #[serde(flatten)]
    pub event: Event,
}

impl EventKind {
    /// The money that it is about; `None` if it is about none. What became of a payment has its amount again.
    #[must_use]
    pub const fn value(&self) -> Option<Money> {
        match self {
            Self::PaymentStarted { value, .. }
            | Self::PaymentReceived { value, .. }
            | Self::PaymentContradicted { value, .. }
            | Self::PurseFunded { value, .. } => Some(*value),
            Self::PaymentStatusChanged { value, .. } => *value,
            Self::CallChanged { cost, .. } => *cost,
            Self::CustomerMet
            | Self::TagsUpdated(_)
            | Self::TagsDeleted(_)
            | Self::MetadataUpdated { .. }
            | Self::MetadataDeleted(_)
            | Self::SecondaryIdsUpdated(_)
            | Self::SecondaryIdsDeleted(_)
            | Self::EntriesExpired { .. }
            | Self::MessageSent { .. }
            | Self::MessageReceived { .. }
            | Self::MessageStatusChanged { .. }
            | Self::MessageScheduled { .. }
            | Self::ScheduledCancelled { .. }
            | Self::MessageCarried { .. }
            | Self::CarrierLinkChanged { .. }
            | Self::LogPruned { .. }
            | Self::CarrierPauseChanged { .. }
            | Self::SessionChanged { .. }
            | Self::ConsentChanged(_)
            | Self::ConsentRequested { .. }
            | Self::ConsentLapsed
            | Self::UssdInput { .. }
            | Self::UssdMenuShown { .. }
            | Self::UssdEnded { .. }
            | Self::CallPlanned { .. }
            | Self::PromptMissed { .. }
            | Self::WalletPaymentChanged { .. }
            | Self::CustomerAdopted { .. }
            | Self::CustomerReplaced { .. }
            | Self::ReminderAdded(_)
            | Self::ReminderCancelled { .. }
            | Self::ReminderFired(_)
            | Self::LeaseGranted(_)
            | Self::LeaseEnded { .. }
            | Self::WorkAdded(_)
            | Self::WorkStarted { .. }
            | Self::WorkAdvanced { .. }
            | Self::WorkChanged { .. }
            | Self::NoAnswerNeeded { .. }
            | Self::ClockMoved { .. }
            | Self::NotificationsDropped { .. }
            | Self::Unreadable => None,
        }
    }
}

impl EventLine {
    /// The columns of a spreadsheet, in the order of `cells`.
    pub const COLUMNS: [&str; 14] = [
        "time",
        "seq",
        "index",
        "code",
        "direction",
        "customer",
        "name",
        "number",
        "channel",
        "actor",
        "app",
        "amount",
        "currency",
        "text",
    ];

    #[must_use]
    pub fn new(seq: Seq, index: usize, org: &OrgId, event: Event) -> Self {
        let (code, text) = (event.kind.code().to_owned(), event.sentence());
        Self { seq, index, org: org.clone(), code, text, event }
    }

    /// The event as JSON on one line, without the end of the line.
    #[must_use]
    pub fn json(&self) -> String {
        json_line(self).unwrap_or_default()
    }

    /// Reads a line of `json`. A kind that this version does not know becomes `Unreadable`.
    ///
    /// # Errors
    ///
    /// Why it is no event, in words.
    pub fn read(line: &str) -> Result<Self, String> {
        let mut object: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| error.to_string())?;
        let seq = part(&mut object, "seq")?;
        let index = part(&mut object, "index")?;
        let org = part(&mut object, "org")?;
        let code = part(&mut object, "code")?;
        let text = part(&mut object, "text")?;
        // Not by `flatten`, which reads no number that is the key of a map.
        let event = serde_json::from_value(Value::Object(object.clone())).or_else(|error| {
            let unreadable = serde_json::to_value(EventKind::Unreadable);
            let had = object.insert("kind".into(), unreadable.unwrap_or_default());
            let known = had.and_then(|_| serde_json::from_value(Value::Object(object)).ok());
            known.ok_or_else(|| error.to_string())
        })?;
        Ok(Self { seq, index, org, code, text, event })
    }

    /// One text for each of the `COLUMNS`, none of which a spreadsheet takes for a formula or a terminal obeys.
    #[must_use]
    pub fn cells(&self) -> [String; Self::COLUMNS.len()] {
        let Event { at, customer, app, actor, number, channel, name, kind } = &self.event;
        // Whoever adds up the column counts each payment once: where it begins.
        let value =
            kind.value().filter(|_| !matches!(kind, EventKind::PaymentStatusChanged { .. }));
        let direction = match kind.direction() {
            Direction::Inbound => "in",
            Direction::Outbound => "out",
            Direction::Unspecified => "",
        };
        let text = |shown: Option<String>| shown.unwrap_or_default();
        let cells = [
            at.to_string(),
            self.seq.to_string(),
            self.index.to_string(),
            self.code.clone(),
            direction.into(),
            text(customer.as_ref().map(ToString::to_string)),
            text(name.clone()),
            text(number.as_ref().map(ToString::to_string)),
            text(channel.as_ref().map(ToString::to_string)),
            actor.to_string(),
            text(app.as_ref().map(ToString::to_string)),
            text(value.map(|value| value.digits())),
            text(value.map(|value| value.currency.code().to_owned())),
            self.text.clone(),
        ];
        cells.map(|cell| plain_cell(&cell))
    }
}

/// Takes a part of a line out of it.
fn part<T: DeserializeOwned>(object: &mut Map<String, Value>, name: &str) -> Result<T, String> {
    let value = object.remove(name).ok_or_else(|| format!("it has no `{name}`"))?;
    serde_json::from_value(value).map_err(|error| format!("`{name}`: {error}"))
}

/// Marks a cell as text if a spreadsheet would take it for a formula: an apostrophe is what one types
/// for that. The signs are those that OWASP names under "CSV Injection", and their wide forms. What a terminal obeys
/// or a reader cannot see is left out, because a table may be read in a terminal.
#[must_use]
pub fn plain_cell(cell: &str) -> String {
    const BEGINS: &[char] = &['=', '+', '-', '@', '\t', '\n', '＝', '＋', '－', '＠'];
    let mut cell = without_hidden(cell);
    if cell.starts_with(BEGINS) {
        cell.insert(0, '\'');
    }
    cell
}

/// A value as JSON on one line, in which every control, bidirectional and invisible character is `\uXXXX`. It
/// is the same JSON to a program, but can fool neither a terminal nor a reader.
///
/// # Errors
///
/// If the value has no form in JSON, such as a map whose keys are no text.
pub fn json_line(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let raw = serde_json::to_string(value)?;
    let mut out = String::with_capacity(raw.len());
    let mut units = [0; 2];
    for c in raw.chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Ok(out)
}

/// A text without the characters that a terminal obeys or a reader cannot see, for whatever it is pasted into.
/// Ends of lines and tabs stay.
#[must_use]
pub fn without_hidden(text: &str) -> String {
    let stays = |c: &char| matches!(c, '\n' | '\t') || !(c.is_control() || is_hidden(*c));
    text.chars().filter(stays).collect()
}

/// Whether a terminal obeys a character or a reader cannot see it. The characters below 0x20 are not
/// among these, because JSON itself escapes them.
const fn is_hidden(c: char) -> bool {
    matches!(c as u32,
        0x7f..=0x9f | 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
        | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe0fff)
}

#[cfg(test)]
mod tests;

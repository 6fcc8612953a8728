//! A command as text: the line for a shell that a review sheet shows and `y` copies, and the short
//! summary that lists show.

use super::{FieldKind, FieldSpec, Needs, Spec, Target, Values};
use crate::model::CustomerRef;

/// The line that gives the same command in a shell. What must be typed to confirm is left out, so
/// that whoever pastes the line is asked once more.
#[must_use]
pub fn command_line(spec: &Spec, target: &Target, values: &Values) -> String {
    let mut words = vec!["switchboard".to_owned(), spec.verb.name.to_owned()];
    for (name, value) in locked(spec, target) {
        flag(&mut words, name, &value);
    }
    for field in spec.fields.iter().filter(|field| spec.is_shown(field, values)) {
        let value = values.get(field.name);
        // A choice that other fields depend on is implied by those, so its first word is left out.
        // Every other choice is written even where it has its first word.
        let shapes = |f: &FieldSpec| f.when.iter().any(|(name, _)| *name == field.name);
        let implied = value == field.initial() && spec.fields.iter().any(shapes);
        if value.is_empty() || implied {
            continue;
        }
        match (field.kind, value.split_once(' ')) {
            (FieldKind::Channel(needed), Some((channel, number))) => {
                if needed.only().is_none() {
                    flag(&mut words, "channel", channel);
                }
                flag(&mut words, field.name, number);
            }
            _ => flag(&mut words, field.name, value),
        }
    }
    words.join(" ")
}

/// What a command does in one line for lists: the text alone for a message, else every field.
#[must_use]
pub fn summary(spec: &Spec, values: &Values) -> String {
    let filled = |f: &&FieldSpec| spec.is_shown(f, values) && !values.get(f.name).trim().is_empty();
    let mut all = spec.fields.iter().filter(filled);
    let says = |f: &FieldSpec| matches!(f.kind, FieldKind::Text | FieldKind::Menu);
    match spec.fields.iter().filter(filled).find(|field| says(field)) {
        Some(text) => values.get(text.name).to_owned(),
        None if spec.fields.iter().any(|f| f.kind == FieldKind::Data && f.required) => {
            let pair: Vec<_> = all.map(|f| values.get(f.name)).collect();
            pair.join(" = ")
        }
        None => {
            let first = all.next().map(|f| values.get(f.name)).unwrap_or_default();
            let rest = all.filter(|f| values.get(f.name) != f.initial());
            let rest: Vec<_> =
                rest.map(|f| format!("{} {}", f.label, values.get(f.name))).collect();
            [vec![first.to_owned()], rest].concat().join(", ")
        }
    }
}

/// Flags and values for what the form has locked, such as the customer.
fn locked(spec: &Spec, target: &Target) -> Vec<(&'static str, String)> {
    let customer = || {
        let text = match target.customer_ref()? {
            CustomerRef::Number(number) => super::choice::number_text(&number),
            id @ (CustomerRef::Id(_) | CustomerRef::Secondary(_)) => id.to_string(),
        };
        Some(("customer", text))
    };
    let session = || target.session.as_ref().map(|s| ("session", s.id.to_string()));
    match spec.needs {
        Needs::Customer if spec.names_recipient() => Vec::new(),
        Needs::Customer | Needs::Scheduled | Needs::Anyone => customer().into_iter().collect(),
        Needs::Message => {
            let message = target.reply_to.as_ref().map(|q| ("message", q.id.to_string()));
            customer().into_iter().chain(message).collect()
        }
        Needs::Ussd | Needs::Call => session().into_iter().collect(),
        Needs::Work => target.work.iter().map(|work| ("work", work.to_string())).collect(),
        Needs::Nothing | Needs::Unknown | Needs::Carrier => Vec::new(),
    }
}

fn flag(words: &mut Vec<String>, name: &str, value: &str) {
    let joint = if value.starts_with('-') { '=' } else { ' ' };
    words.push(format!("--{name}{joint}{}", quoted(value)));
}

/// Quotes a word for a POSIX-like shell. A word with line breaks becomes `$'…'`, which keeps the
/// command on one line.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-_./:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if word.contains('\n') {
        let inner = word.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n");
        return format!("$'{inner}'");
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

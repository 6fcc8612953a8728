//! The same command as a line for a shell: what a review sheet shows and `y` copies.

use super::{FieldKind, Spec, Target, Values};
use crate::model::CustomerRef;

/// The headless form of a command.
#[must_use]
pub fn command_line(spec: &Spec, target: &Target, values: &Values) -> String {
    let mut words = vec!["switchboard".to_owned(), spec.verb.to_owned()];
    let names_recipient = spec.fields.iter().any(|f| f.kind == FieldKind::Number);
    if !names_recipient && let Some(customer) = target.customer_ref() {
        let text = match &customer {
            CustomerRef::Number(number) => super::choice::number_text(number),
            other => other.to_string(),
        };
        flag(&mut words, "customer", &text);
    }
    if spec.id == super::REPLY.id
        && let Some(quoted) = &target.reply_to
    {
        flag(&mut words, "message", quoted.id.as_str());
    }
    for field in spec.fields {
        let value = values.get(field.name);
        if value.is_empty() {
            continue;
        }
        match (field.kind, value.split_once(' ')) {
            (FieldKind::Channel, Some((channel, number))) => {
                flag(&mut words, "channel", channel);
                flag(&mut words, field.name, number);
            }
            _ => flag(&mut words, field.name, value),
        }
    }
    words.join(" ")
}

fn flag(words: &mut Vec<String>, name: &str, value: &str) {
    let joint = if value.starts_with('-') { '=' } else { ' ' };
    words.push(format!("--{name}{joint}{}", quoted(value)));
}

/// A word for a POSIX-like shell; `$'…'` where line breaks must be written.
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

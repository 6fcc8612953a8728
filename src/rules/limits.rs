//! Checks of what an app may choose, with words that name the limit to an agent. The limits themselves
//! are in `model::limits`.

use crate::model::{Body, CustomerNumber};

pub use crate::model::limits::*;

/// Checks that a customer number has text, and that neither it nor its partition is too long.
pub fn number(number: &CustomerNumber) -> Result<(), String> {
    word("customer number", number.number.trim())?;
    match &number.partition {
        Some(partition) if partition.chars().nth(WORD_CHARS).is_some() => {
            Err(format!("a partition longer than {WORD_CHARS} characters"))
        }
        _ => Ok(()),
    }
}

/// Checks that a key, value or number is neither empty nor too long; `what` names it in the refusal.
pub fn word(what: &str, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("an empty {what}"));
    }
    if text.chars().nth(WORD_CHARS).is_some() {
        return Err(format!("a {what} longer than {WORD_CHARS} characters"));
    }
    Ok(())
}

/// How many bytes of text from outside a body has.
pub fn weight(body: &Body) -> usize {
    let text = body.text.as_ref().map_or(0, String::len);
    let template = body
        .template
        .as_ref()
        .map_or(0, |t| t.name.len() + t.params.iter().map(String::len).sum::<usize>());
    let media: usize = body.media.iter().map(|m| m.url.len()).sum();
    text + template + media
}

/// Checks what must hold for a body in either direction: its size, and that a place is on the globe.
pub fn body(body: &Body) -> Result<(), String> {
    if weight(body) > MESSAGE_BYTES {
        return Err(format!("a message may have {} KiB at most", MESSAGE_BYTES / 1024));
    }
    let params = body.template.as_ref().map_or(0, |template| template.params.len());
    if params.max(body.media.len()) > MESSAGE_PARTS {
        return Err(format!("a message may have {MESSAGE_PARTS} parts at most"));
    }
    if let Some(at) = body.location {
        let valid =
            (-90.0..=90.0).contains(&at.latitude) && (-180.0..=180.0).contains(&at.longitude);
        if !valid {
            return Err("that place is not on the globe".into());
        }
    }
    Ok(())
}

/// Cuts a history to the newest `HISTORY` entries (R-STATE-2). Returns what was cut off.
pub fn cut<T>(list: &mut Vec<T>) -> Vec<T> {
    let surplus = list.len().saturating_sub(HISTORY);
    list.drain(..surplus).collect()
}

/// A number with its noun: "no tags", "1 tag", "2 tags".
pub fn count(n: usize, what: &str) -> String {
    match n {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

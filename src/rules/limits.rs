//! The checks of what an app may choose, which name a limit to the operator. The limits themselves
//! are `model::limits`.

use crate::model::{Body, CustomerNumber};

pub use crate::model::limits::*;

/// Checks the number of a customer, whoever they are.
pub fn number(number: &CustomerNumber) -> Result<(), String> {
    word("customer number", number.number.trim())?;
    match &number.partition {
        Some(partition) if partition.chars().nth(WORD_CHARS).is_some() => {
            Err(format!("a partition longer than {WORD_CHARS} characters"))
        }
        _ => Ok(()),
    }
}

/// Checks a key, value or number; `what` names it in the refusal.
pub fn word(what: &str, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("an empty {what}"));
    }
    if text.chars().nth(WORD_CHARS).is_some() {
        return Err(format!("a {what} longer than {WORD_CHARS} characters"));
    }
    Ok(())
}

/// Bytes of foreign text in a body.
pub fn weight(body: &Body) -> usize {
    let text = body.text.as_ref().map_or(0, String::len);
    let template = body
        .template
        .as_ref()
        .map_or(0, |t| t.name.len() + t.params.iter().map(String::len).sum::<usize>());
    let media: usize = body.media.iter().map(|m| m.url.len()).sum();
    text + template + media
}

/// Checks what holds for a body in either direction: size and place.
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

/// Keeps the newest `HISTORY` of a list; returns what was cut off.
pub fn cut<T>(list: &mut Vec<T>) -> Vec<T> {
    let surplus = list.len().saturating_sub(HISTORY);
    list.drain(..surplus).collect()
}

/// "1 tag", "2 tags", "no tags".
pub fn count(n: usize, what: &str) -> String {
    match n {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

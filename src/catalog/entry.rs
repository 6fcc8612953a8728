//! Reads lists that stand in one field (pairs, keys, values), and single values with a form of
//! their own (a tag, a line, a URL, a place).
//!
//! The parts of a list are separated by commas or line breaks; a value with a comma stands in double
//! quotes. Every error is a sentence for the user.

use crate::model::{
    Location, SecondaryId, TagPair,
    limits::{URL_BYTES, WORD_CHARS},
};

/// Splits at commas and line breaks outside double quotes. Blanks around a part are removed, and so
/// are empty parts.
fn parts(text: &str) -> Vec<&str> {
    let mut quoted = false;
    text.split(move |c: char| {
        if c == '"' {
            quoted = !quoted;
        }
        !quoted && matches!(c, ',' | '\n')
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
    .collect()
}

/// What stands between the quotes, or the text if there are none. A quote in it is doubled.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.map_or_else(|| text.to_owned(), |inner| inner.replace("\"\"", "\""))
}

/// A value as a list has it, so that it is read as that one value whatever is in it.
#[must_use]
pub fn quoted(value: &str) -> String {
    format!("\"{}\"", within_quotes(value))
}

/// A value as it stands between the quotes of a list.
#[must_use]
pub fn within_quotes(value: &str) -> String {
    value.replace('"', "\"\"")
}

/// The same for a value that is one anyhow, which is left as it is.
#[must_use]
pub fn quoted_if_needed(value: &str) -> String {
    let splits = |c: char| matches!(c, ',' | '"' | '\n');
    let is_one = value.trim() == value && !value.is_empty() && !value.contains(splits);
    if is_one { value.to_owned() } else { quoted(value) }
}

/// Reads one key of 1 to 255 characters.
pub fn key(text: &str) -> Result<String, String> {
    let key = unquoted(text);
    match key.chars().count() {
        0 => Err("a key is missing".into()),
        n if n > WORD_CHARS => Err(format!("a key has {n} characters; {WORD_CHARS} are possible")),
        _ => Ok(key),
    }
}

/// Reads a list of keys. The same key twice counts once.
pub fn keys(text: &str) -> Result<Vec<String>, String> {
    let mut out: Vec<String> = Vec::new();
    for part in parts(text) {
        if part.contains('=') {
            return Err("keys only, without = and value: every value under a key goes".into());
        }
        let key = key(part)?;
        if !out.contains(&key) {
            out.push(key);
        }
    }
    Ok(out)
}

/// Reads a list of `key=value` pairs. Of the same key twice the last wins (R-TAG-1).
pub fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut out: Vec<(String, String)> = Vec::new();
    for part in parts(text) {
        let (name, value) =
            part.split_once('=').ok_or_else(|| format!("{part}: write it as key=value"))?;
        let name = key(name)?;
        let value = sized(unquoted(value), &name)?;
        out.retain(|(known, _)| *known != name);
        out.push((name, value));
    }
    Ok(out)
}

/// Reads a list of secondary ids. The same pair twice counts once, but a key may have several values
/// (R-SID-1). With `bare`, a key alone is taken too and means every id with that key (R-SID-3).
pub fn ids(text: &str, bare: bool) -> Result<Vec<SecondaryId>, String> {
    let mut out: Vec<SecondaryId> = Vec::new();
    for part in parts(text) {
        let id = match part.split_once(['=', ':']) {
            Some((name, value)) => {
                let value = unquoted(value);
                SecondaryId { value: sized(value, name)?, key: key(name)? }
            }
            None if bare => SecondaryId { key: key(part)?, value: String::new() },
            None => return Err(format!("{part}: write it as key=value, such as passport=808083")),
        };
        if !out.contains(&id) {
            out.push(id);
        }
    }
    Ok(out)
}

/// Checks that a value has 1 to 255 characters; `name` is its key, for the error.
fn sized(value: String, name: &str) -> Result<String, String> {
    match value.chars().count() {
        0 => Err(format!("{name} has no value: write it as {name}=value")),
        n if n > WORD_CHARS => Err(format!("{name} has {n} characters; {WORD_CHARS} are possible")),
        _ => Ok(value),
    }
}

/// Reads a list of values and keeps their order. An empty value counts only if it is quoted.
#[must_use]
pub fn items(text: &str) -> Vec<String> {
    parts(text).into_iter().map(unquoted).collect()
}

/// Reads the one tag that selects customers.
pub fn tag(text: &str) -> Result<TagPair, String> {
    let mut all = pairs(text)?;
    match (all.pop(), all.is_empty()) {
        (Some((key, value)), true) => Ok(TagPair { key, value }),
        (None, _) => Err("whose tag: key=value, such as tier=gold".into()),
        _ => Err("one tag: key=value".into()),
    }
}

/// Reads a line of 1 to 255 characters; `missing` is the error for an empty one.
pub fn line(text: &str, missing: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err(missing.into()),
        text if text.chars().count() > WORD_CHARS => {
            Err(format!("{} characters; {WORD_CHARS} are possible", text.chars().count()))
        }
        text => Ok(text.to_owned()),
    }
}

/// Reads a URL with `http` or `https`. It is never fetched here, so only its form is checked.
pub fn url(text: &str) -> Result<String, String> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let host = rest.map_or("", |rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    if host.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("an address such as https://example.org/menu.pdf".into());
    }
    if text.len() > URL_BYTES {
        return Err(format!("{} bytes; {URL_BYTES} are possible", text.len()));
    }
    Ok(text.to_owned())
}

/// Reads a place as latitude and longitude in degrees, within their bounds (R-MSG-1,
/// its first check).
pub fn place(text: &str) -> Result<Location, String> {
    const HOW: &str = "latitude and longitude in degrees, such as -1.2921, 36.8219";
    let (latitude, longitude) = text.split_once(',').ok_or(HOW)?;
    // No `NaN`, `inf` or `1e2`: those are numbers to a parser, not to an agent.
    let degrees = |text: &str| -> Result<f64, String> {
        let text = text.trim();
        let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.'));
        text.parse().ok().filter(|_| plain).ok_or_else(|| HOW.to_owned())
    };
    let (latitude, longitude) = (degrees(latitude)?, degrees(longitude)?);
    if !(-90.0..=90.0).contains(&latitude) {
        return Err("a latitude is between -90 and 90".into());
    }
    if !(-180.0..=180.0).contains(&longitude) {
        return Err("a longitude is between -180 and 180".into());
    }
    Ok(Location { latitude, longitude })
}

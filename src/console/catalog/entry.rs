//! How lists are written in one field: `key=value` pairs and keys, separated by commas or line
//! breaks; a value with a comma stands in double quotes.

/// The longest key and tag value (R-TAG-1, R-META-2).
pub const LONGEST: usize = 255;

/// Splits at commas and line breaks outside double quotes; blanks around and empty parts fall away.
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

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text)
}

/// Checks a key.
pub fn key(text: &str) -> Result<String, String> {
    let key = unquoted(text);
    match key.chars().count() {
        0 => Err("a key is missing".into()),
        n if n > LONGEST => Err(format!("a key has {n} characters; {LONGEST} are possible")),
        _ => Ok(key.to_owned()),
    }
}

/// Keys. The same key twice counts once.
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

/// Pairs. The same key twice: the last wins (R-TAG-1).
pub fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut out: Vec<(String, String)> = Vec::new();
    for part in parts(text) {
        let (name, value) =
            part.split_once('=').ok_or_else(|| format!("{part}: write it as key=value"))?;
        let name = key(name)?;
        let value = unquoted(value).to_owned();
        match value.chars().count() {
            0 => return Err(format!("{name} has no value: write it as {name}=value")),
            n if n > LONGEST => {
                return Err(format!("{name} has {n} characters; {LONGEST} are possible"));
            }
            _ => {}
        }
        out.retain(|(known, _)| *known != name);
        out.push((name, value));
    }
    Ok(out)
}

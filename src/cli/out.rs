//! What goes to stdout and stderr. Two rules: a closed pipe is success, and no text of customers
//! or servers reaches a terminal (or a file) with its control characters alive.

use super::exit::{Code, Failure};
use crate::{console::text::Safe, model::Event};
use std::{
    fmt::Write as _,
    io::{self, Write},
};

/// Whether the reader is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Go on.
    Listening,
    /// The pipe is closed: stop, that is success.
    Gone,
}

/// Writes one line and flushes it.
pub fn line(text: &str) -> Result<Reader, Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::Listening),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => {
            Err(Failure::new(Code::Unreachable, format!("cannot write to stdout: {error}")))
        }
    }
}

/// A complaint on stderr, made safe; a closed stderr is ignored.
pub fn complain(text: &str) {
    let mut err = io::stderr().lock();
    for line in Safe::lines(text) {
        let _ = writeln!(err, "{}", line.as_str());
    }
}

/// JSON in which every control, bidi and invisible format scalar is `\uXXXX`, so that neither a
/// terminal nor a line-oriented reader can be fooled. Still the same JSON.
pub fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    let raw = serde_json::to_string(value)
        .map_err(|e| Failure::new(Code::Refused, format!("cannot be shown as JSON: {e}")))?;
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

/// Scalars that a reader cannot see or a terminal obeys. (C0 is already escaped by JSON itself.)
const fn is_hidden(c: char) -> bool {
    matches!(c as u32,
        0x7f..=0x9f | 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
        | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe0fff)
}

/// One table line of `tail`: seq, time (UTC), code, direction, number, name, channel, words.
#[must_use]
pub fn row(seq: u64, event: &Event) -> String {
    let cell = |text: &str, width: usize| Safe::identity(text).fit(width).as_str().to_owned();
    let number = event.number.as_ref().map(ToString::to_string).unwrap_or_default();
    let channel = event.channel.as_ref().map(ToString::to_string).unwrap_or_default();
    let arrow = match event.kind.direction() {
        crate::model::Direction::Inbound => "<",
        crate::model::Direction::Outbound => ">",
        crate::model::Direction::Unspecified => ".",
    };
    let at = event.at.to_string();
    format!(
        "{seq:>7} {} {} {arrow} {} {} {} {}",
        at.get(..19).unwrap_or(&at),
        event.kind.code(),
        cell(&number, 15),
        cell(event.name.as_deref().unwrap_or("-"), 16),
        cell(&channel, 16),
        Safe::new(&event.sentence()).as_str(),
    )
}

//! The only way to stdout and stderr. It keeps two rules: a closed pipe is success, and no text of a
//! customer or server arrives with its control characters, because a terminal obeys those.

use super::exit::{CliError, Code};
use crate::{
    console::text::Safe,
    model::{Event, event_line::json_line},
};
use std::io::{self, IsTerminal as _, Write};

/// Whether anybody still reads what is written to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipeState {
    Open,
    /// Nobody reads any more, as behind `head`. Whoever prints stops, and that is success.
    Closed,
}

/// Writes one line to stdout and flushes it. The caller has made the text safe.
pub fn line(text: &str) -> Result<PipeState, CliError> {
    let mut out = io::stdout().lock();
    written(writeln!(out, "{text}").and_then(|()| out.flush()))
}

/// Tells whether something that was to be written to stdout is there.
pub fn written(result: io::Result<()>) -> Result<PipeState, CliError> {
    match result {
        Ok(()) => Ok(PipeState::Open),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(PipeState::Closed),
        Err(error) => {
            Err(CliError::new(Code::LogFailed, format!("cannot write to stdout: {error}")))
        }
    }
}

/// Writes lines to stderr, after making them safe. A closed stderr is ignored.
pub fn complain(text: &str) {
    let mut err = io::stderr().lock();
    for line in Safe::lines(text) {
        let _ = writeln!(err, "{}", line.as_str());
    }
}

/// Whether somebody watches stderr on a terminal.
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Writes words of our own over the last line on a terminal, and nothing but that line is changed by it.
pub fn progress(words: &str) {
    let mut err = io::stderr().lock();
    let _ = write!(err, "\r\x1b[K{words}").and_then(|()| err.flush());
}

/// Writes a value as JSON on one line, in which every control, bidirectional and invisible character
/// is `\uXXXX`. It is the same JSON to a program, but can fool neither a terminal nor a reader.
pub fn json(value: &impl serde::Serialize) -> Result<String, CliError> {
    json_line(value)
        .map_err(|e| CliError::new(Code::Refused, format!("cannot be shown as JSON: {e}")))
}

/// One line of `tail` for people: sequence number, time in UTC, code of the kind, direction, the
/// customer's number and name, channel, and the event in words.
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

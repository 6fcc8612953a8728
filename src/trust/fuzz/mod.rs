//! What reads bytes from outside, and what must hold whatever they are. A target is a function of bytes that panics if
//! something does not hold: not only that nobody falls, but that what was read is written and read again as the same, that
//! an error points into its text, that books balance.
//!
//! Three play them. libFuzzer (`tests/fuzz`) searches for bytes that go new ways. `tests` plays every file of
//! `tests/data/corpus` and mutations of each (`mutation`) in `cargo test`, so that whatever was found once stays found. And
//! `streams` throws mutations of recorded calls (`recording`, of the messages that `sample` makes) at a hub.

mod asked;
mod brought;
mod drawn;
pub mod mutation;
pub mod recording;
mod sample;
mod settings;
mod stored;
pub mod streams;
#[cfg(test)]
mod tests;
mod typed;

use std::borrow::Cow;

/// Something that reads what comes from outside.
#[derive(Clone, Copy, Debug)]
pub struct FuzzTarget {
    /// Its name, which is that of its folder in `tests/data/corpus` too.
    pub name: &'static str,
    /// What the bytes are taken for, and what must hold.
    pub fed: &'static str,
    /// Panics if something does not hold.
    pub run: fn(&[u8]),
}

const fn target(name: &'static str, fed: &'static str, run: fn(&[u8])) -> FuzzTarget {
    FuzzTarget { name, fed, run }
}

/// All targets, in the order in which they are listed and played.
pub const TARGETS: &[FuzzTarget] = &[
    target(
        "entry",
        "a stored entry: what is read is written and read again as the same",
        stored::entry,
    ),
    target(
        "snapshot",
        "a row of a stored World: the rest of it is read as it was",
        stored::snapshot,
    ),
    target(
        "request",
        "dry runs, which are all commands: decided, folded, and the books balance",
        asked::request,
    ),
    target(
        "filter",
        "a filter: it means the same when it is written again, for every event",
        typed::filter,
    ),
    target("amount", "an amount of money: it is read again to the minor unit", typed::amount),
    target("date", "a time or a length of time: what is said back is the same second", typed::date),
    target("party", "who pays or receives: it is read again as the same", typed::party),
    target("plan", "what a call does next: it is read again as the same", typed::plan),
    target(
        "settings",
        "settings of a hub or a console: what is wrong is said without a secret",
        settings::settings,
    ),
    target("callback", "what a network says by HTTP: it can be stored", brought::callback),
    target("smpp", "what an SMSC says: in pieces it is the same as at once", brought::smpp),
    target(
        "safe",
        "text that is drawn: nothing forbidden, and never wider than asked",
        drawn::safe,
    ),
    target(
        "stream",
        "what a client writes to a hub: the connection ends and the hub goes on",
        streams::stream,
    ),
];

/// The target of that name; `None` if there is none.
#[must_use]
pub fn named(name: &str) -> Option<&'static FuzzTarget> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Bytes as text; what is no UTF-8 becomes replacement characters.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The first bytes, with zeros for those that are missing, and the rest.
fn head<const N: usize>(bytes: &[u8]) -> ([u8; N], &[u8]) {
    let (first, rest) = bytes.split_at(N.min(bytes.len()));
    let mut head = [0; N];
    head[..first.len()].copy_from_slice(first);
    (head, rest)
}

/// Reads a text, writes what it means, and expects the same when that is read.
fn read_again<T: PartialEq + std::fmt::Debug>(
    text: &str,
    read: impl Fn(&str) -> Result<T, String>,
    written: impl Fn(&T) -> String,
) -> Option<T> {
    match read(text) {
        Ok(meant) => {
            let again = written(&meant);
            assert_eq!(read(&again).as_ref(), Ok(&meant), "{text:?} was written as {again:?}");
            Some(meant)
        }
        Err(why) => {
            assert!(!why.trim().is_empty(), "nobody says what is wrong with {text:?}");
            None
        }
    }
}

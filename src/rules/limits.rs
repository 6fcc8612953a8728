//! The limits of the hub, in one place, and the checks that name them to the operator.
//! Configurable times live in `OrgSettings`; these are fixed because every client relies on them.

use crate::model::{Body, CustomerNumber};
use std::time::Duration;

/// Characters in a key, tag value, secondary id, number (R-TAG-1, R-META-2).
pub const WORD_CHARS: usize = 255;
/// Bytes in one metadata value (D-SIZE).
pub const VALUE_BYTES: usize = 64 * 1024;
/// Metadata keys of one customer (D-SIZE).
pub const METADATA_KEYS: usize = 256;
/// Bytes of all metadata of one customer, keys and values (D-SIZE).
pub const METADATA_BYTES: usize = 1024 * 1024;
/// Tags, secondary ids, and numbers, of one customer: with the longest words still far below
/// D-SIZE. Every merge adds a number, so that merges have an end too.
pub const WORDS_PER_CUSTOMER: usize = 256;
/// Bytes in one message, either way.
pub const MESSAGE_BYTES: usize = 64 * 1024;
/// Parameters of a template, and media of an inbound message: empty ones weigh nothing.
pub const MESSAGE_PARTS: usize = 256;
/// Newest entries kept of each history (R-STATE-2).
pub const HISTORY: usize = 500;
/// Bytes kept of one customer's messages (D-SIZE: histories are cut by bytes as well).
pub const HISTORY_BYTES: usize = 1024 * 1024;
/// The furthest a sandbox's clock moves at once, and in all.
pub const CLOCK_STEP: Duration = Duration::from_hours(366 * 24);
/// See `CLOCK_STEP`.
pub const CLOCK_AHEAD: Duration = Duration::from_hours(3_660 * 24);
/// How long a lease lasts (decision D-LEASE).
pub const LEASE: Duration = Duration::from_secs(90);
/// Reminders of one customer.
pub const REMINDERS: usize = 256;
/// Bytes of a reminder's payload.
pub const PAYLOAD_BYTES: usize = 16 * 1024;
/// Bytes of the keys and payloads of all reminders of one customer (D-SIZE).
pub const REMINDER_BYTES: usize = 512 * 1024;
/// Customers per slice of work by tag (R-ORD-9).
pub const SLICE: usize = 100;
/// Things that one sweep does, and as many payments.
pub const SWEEP: usize = 200;
/// Bytes of foreign text that what happens by itself puts into one entry: whoever follows the log
/// takes 4 MiB at once, and an entry is never split (decision D-FEED).
pub const ENTRY_BYTES: usize = 1024 * 1024;
/// Works that are kept: unfinished ones for ever, finished ones so many.
pub const WORKS_KEPT: usize = 200;
/// Unfinished works and schedules at once.
pub const WORKS_OPEN: usize = 1_000;
/// Wallets of one customer.
pub const WALLETS: usize = 256;
/// Actions in one plan (R-HOOK-4).
pub const ACTIONS: usize = 20;
/// The shortest and the longest timeout of an action (R-HOOK-4).
pub const TIMEOUT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(5));
/// Numbers that one action dials.
pub const DIALLED: usize = 20;
/// Characters that are read aloud at once.
pub const SPOKEN_CHARS: usize = 2_000;
/// Characters of a reason.
pub const REASON_CHARS: usize = 255;
/// Characters a USSD phone shows or sends (R-HOOK-4).
pub const USSD_CHARS: usize = 182;
/// Bytes of a recording's address.
pub const URL_BYTES: usize = 2048;
/// How long a call may have lasted at most; longer is a mistaken report.
pub const CALL_LENGTH: Duration = Duration::from_hours(24);
/// How long idempotency keys are kept (D-IDEM).
pub const CALLS_KEPT: Duration = Duration::from_hours(7 * 24);
/// How long after an inbound message it may be answered whatever the consent (R-REPLYTO-1).
pub const REPLY_WINDOW: Duration = Duration::from_hours(24);
/// A renewed session is notified if its end moves by more than this (R-SESS-1).
pub const RENEWAL_NOTIFIED: Duration = Duration::from_mins(1);

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

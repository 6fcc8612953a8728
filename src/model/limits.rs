//! Every limit of the domain, each in one place: what an app may choose, how much is kept,
//! and how long things last. Clients may rely on them. Times that a hub's settings can change
//! are in `OrgSettings`, and limits of the transport, such as how much travels in one piece,
//! are in `hub/limits.rs`.

use std::{ops::RangeInclusive, time::Duration};

/// Characters in a key, a tag value, a secondary id or a number (R-TAG-1, R-META-2).
pub const WORD_CHARS: usize = 255;
/// Bytes in one metadata value (D-SIZE).
pub const VALUE_BYTES: usize = 64 * 1024;
/// Metadata keys of one customer (D-SIZE).
pub const METADATA_KEYS: usize = 256;
/// Bytes of all metadata of one customer, keys and values together (D-SIZE).
pub const METADATA_BYTES: usize = 1024 * 1024;
/// Tags of one customer, secondary ids of one customer, and numbers of one customer. Even with
/// the longest words that stays far below D-SIZE. Every merge adds at least one number, so this
/// bounds merges too.
pub const WORDS_PER_CUSTOMER: usize = 256;
/// Characters in a text that an agent types, which is what WhatsApp carries. Apps may send longer ones.
pub const TEXT_CHARS: usize = 4_096;
/// Bytes in one message, in either direction.
pub const MESSAGE_BYTES: usize = 64 * 1024;
/// Parameters of a template, and media of an inbound message. Empty ones have no bytes
/// that would count.
pub const MESSAGE_PARTS: usize = 256;
/// How much is shown of the last message of a customer who waits for an answer, in characters (R-WAIT-3).
pub const UNANSWERED_CHARS: usize = 160;
/// Entries that are kept of each history: the newest (R-STATE-2).
pub const HISTORY: usize = 500;
/// Bytes that are kept of one customer's messages, because 500 large ones would break D-SIZE.
pub const HISTORY_BYTES: usize = 1024 * 1024;
/// How far a sandbox's clock may move in one step.
pub const CLOCK_STEP: Duration = Duration::from_hours(366 * 24);
/// How far a sandbox's clock may be ahead in all.
pub const CLOCK_AHEAD: Duration = Duration::from_hours(3_660 * 24);
/// How long a lease lasts, and how long a lease call waits for one at most (D-LEASE).
pub const LEASE: Duration = Duration::from_secs(90);
/// How long a lease call may take in all. It is longer than other calls, because waiting for others
/// is its purpose (R-LEASE-2).
pub const LEASE_CALL: Duration = Duration::from_secs(100);
/// Reminders about one customer.
pub const REMINDERS: usize = 256;
/// Messages to one customer that wait for their time (R-LATER-1), and bytes of text in all of them (D-SIZE).
pub const SCHEDULED: usize = 64;
pub const SCHEDULED_BYTES: usize = 512 * 1024;
/// How far ahead a message may be scheduled.
pub const SCHEDULED_AHEAD: Duration = Duration::from_hours(366 * 24);
/// A message that leaves so much after its time, because the hub was down, waits for the end of quiet hours
/// that its own time did not lie in (R-QUIET-4).
pub const SCHEDULED_LATE: Duration = Duration::from_mins(5);
/// Bytes in the payload of a reminder.
pub const PAYLOAD_BYTES: usize = 16 * 1024;
/// Bytes in the keys and payloads of all reminders about one customer (D-SIZE).
pub const REMINDER_BYTES: usize = 512 * 1024;
/// Customers that work by tag handles in one entry of the log (R-ORD-9).
pub const SLICE: usize = 100;
/// How many due things one sweep does, and in addition how many payments.
pub const SWEEP: usize = 200;
/// Bytes of text from outside that a sweep or a slice of work may put into one entry. An entry is
/// never split, and whoever follows the log takes at most 4 MiB at once (D-FEED).
pub const ENTRY_BYTES: usize = 1024 * 1024;
/// How many finished works are kept. Unfinished ones are kept for ever.
pub const WORKS_KEPT: usize = 200;
/// Of how many finished works it is known whom they reached: the newest (R-TAGWORK-9). Whom a message goes to again
/// follows from it when the log is read, so that a larger number is safe and a smaller one is not.
pub const WORKS_WITH_PEOPLE: usize = 20;
/// How many people they may have together; the newest work is known however many it has.
pub const PEOPLE_KEPT: usize = 1_000_000;
/// Unfinished works and scheduled reminders by tag at a time.
pub const WORKS_OPEN: usize = 1_000;
/// Wallets of one customer.
pub const WALLETS: usize = 256;
/// Actions in one answer to a voice prompt (R-HOOK-4).
pub const ACTIONS: usize = 20;
/// The shortest and the longest timeout of an action (R-HOOK-4).
pub const TIMEOUT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(5));
/// Numbers that one action may dial.
pub const DIALLED: usize = 20;
/// Characters that one action may read aloud.
pub const SPOKEN_CHARS: usize = 2_000;
/// Characters in the reason that goes with a consent request.
pub const REASON_CHARS: usize = 255;
/// Septets of the GSM alphabet that a USSD phone shows or sends, because a USSD string has 160 octets (R-TEXT-2).
pub const USSD_SEPTETS: usize = 182;
/// Units of UCS-2 that a USSD phone shows or sends if one character is not in the GSM alphabet (R-TEXT-2).
pub const USSD_UNITS: usize = 80;
/// Bytes in a web address.
pub const URL_BYTES: usize = 2048;
/// How long a call or a recording may last. A report of a longer one is taken for a mistake.
pub const CALL_LENGTH: Duration = Duration::from_hours(24);
/// How long an app may take to answer a prompt, unless the settings say otherwise (R-HOOK-1). Clients ask the hub
/// instead (`Hello::answer_within`), and count with this only if it does not say.
pub const PROMPT_WINDOW: Duration = Duration::from_secs(15);
/// How long an opt-in request waits for the customer's answer (R-CONSENT-6).
pub const CONSENT_LAPSE: Duration = Duration::from_hours(24);
/// How long a phone rings before the call counts as not answered (R-CALL-3).
pub const RINGING: Duration = Duration::from_secs(45);
/// How long a call that an app places may wait before the phone rings (R-CALL-3).
pub const QUEUED: Duration = Duration::from_mins(5);
/// The shortest interval of a repeated reminder, whatever the settings say (R-REM-3).
pub const REMINDER_INTERVAL: Duration = Duration::from_secs(1);
/// Characters in an idempotency key (D-IDEM).
pub const CALL_ID_CHARS: RangeInclusive<usize> = 8..=255;
/// How long the hub remembers idempotency keys (D-IDEM). Those of payments it remembers for ever.
pub const CALLS_KEPT: Duration = Duration::from_hours(7 * 24);
/// How long after an inbound message it may be answered whatever the consent (R-REPLYTO-1).
pub const REPLY_WINDOW: Duration = Duration::from_hours(24);
/// Apps are notified of a renewed session only if its end moves by more than this (R-SESS-1).
pub const RENEWAL_NOTIFIED: Duration = Duration::from_mins(1);

//! The limits of the language, once: what an app may choose, how much is kept, how long things
//! last. Every client may rely on them; times that a hub's settings can change are `OrgSettings`,
//! and how much travels in one piece is the business of `hub/limits.rs`.

use std::{ops::RangeInclusive, time::Duration};

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
/// Characters of a text that an agent types: what WhatsApp carries. Apps may send more.
pub const TEXT_CHARS: usize = 4_096;
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
/// How long a lease lasts (decision D-LEASE), and how long a call waits for one at most.
pub const LEASE: Duration = Duration::from_secs(90);
/// How long a lease call may take in all: it waits for others by design (R-LEASE-2).
pub const LEASE_CALL: Duration = Duration::from_secs(100);
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
/// Characters of the reason for asking for consent.
pub const REASON_CHARS: usize = 255;
/// Characters a USSD phone shows or sends (R-HOOK-4).
pub const USSD_CHARS: usize = 182;
/// Bytes of an address on the web.
pub const URL_BYTES: usize = 2048;
/// How long a call, or a recording of one, may last at most; longer is a mistake.
pub const CALL_LENGTH: Duration = Duration::from_hours(24);
/// How long an app may take to answer a prompt (R-HOOK-1), unless the settings say otherwise: who
/// does not know them, such as a form or an SDK, counts by this.
pub const PROMPT_WINDOW: Duration = Duration::from_secs(15);
/// How long an opt-in request waits for its answer (events.md 4.4).
pub const CONSENT_LAPSE: Duration = Duration::from_hours(24);
/// How long a phone rings before nobody has answered (events.md 4.2).
pub const RINGING: Duration = Duration::from_secs(45);
/// How long a call that an app places may take to ring (events.md 4.2).
pub const QUEUED: Duration = Duration::from_mins(5);
/// The shortest interval of a reminder, whatever the settings say (R-REM-3).
pub const REMINDER_INTERVAL: Duration = Duration::from_secs(1);
/// Characters of an idempotency key (decision D-IDEM).
pub const CALL_ID_CHARS: RangeInclusive<usize> = 8..=255;
/// How long idempotency keys are kept (D-IDEM).
pub const CALLS_KEPT: Duration = Duration::from_hours(7 * 24);
/// How long after an inbound message it may be answered whatever the consent (R-REPLYTO-1).
pub const REPLY_WINDOW: Duration = Duration::from_hours(24);
/// A renewed session is notified if its end moves by more than this (R-SESS-1).
pub const RENEWAL_NOTIFIED: Duration = Duration::from_mins(1);

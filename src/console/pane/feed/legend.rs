//! What the signs and short words of the feed mean, for the help.

/// Each sign or word with its meaning, which fits beside it on a screen of 80 columns.
pub const LEGEND: &[(&str, &str)] = &[
    ("..", "under way, such as sent and not delivered yet"),
    ("ok", "done: delivered, received, completed"),
    ("read", "the customer has read it"),
    ("wait", "a USSD session or call waits: r answers it"),
    ("!!", "went wrong; the reason comes first; e finds the next"),
    ("Name", "the customer did it; bold: wrote, or waits"),
    ("you > Name", "you did it for them; another word: that key or app"),
    ("sms wa tg fb rcs", "SMS, WhatsApp, Telegram, Messenger, RCS"),
    ("ussd call pay", "a USSD session, call, payment: one row, as it stands"),
    ("talk", "what was said and done, once each, and all failures"),
    ("all", "every event, also reports, tags, data and leases"),
    ("problems", "only what went wrong"),
    ("-- gap", "entries that are not here and will not come, and why"),
];

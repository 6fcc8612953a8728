//! What the signs and short words of the feed mean, for the help.

/// Each sign or word with its meaning.
pub const LEGEND: &[(&str, &str)] = &[
    ("..", "under way: sent and not delivered yet, a payment or call not done"),
    ("ok", "done: delivered, received, completed"),
    ("read", "the customer has read it"),
    ("wait", "a USSD session or call waits for an answer: r answers it"),
    ("!!", "went wrong; the reason comes first; e and E go from one to another"),
    ("Name", "the customer did it; in bold: wrote, or waits on the line"),
    ("you > Name", "you did it for them; another word is the key of an app or colleague"),
    ("sms wa tg fb rcs", "SMS, WhatsApp, Telegram, Messenger, RCS"),
    ("ussd call pay", "a USSD session, a call, a payment: one row, as it stands now"),
    ("talk", "what was said and done, each thing once, and all that went wrong"),
    ("all", "every event, also reports, tags, data and leases"),
    ("problems", "only what went wrong"),
    ("-- gap", "entries that are not here and will not come, and why"),
];

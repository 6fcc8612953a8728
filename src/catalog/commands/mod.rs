//! The declarations, one file per family, and what they share: the fields that several commands
//! have, and the readers of messages, keys and numbers.
//!
//! A builder collects every error instead of stopping at the first, so that a form can show them all.

mod messaging;
mod money;
mod networks;
mod state;
mod tags;
mod talk;

pub use messaging::*;
pub use money::*;
pub use networks::*;
pub use state::*;
pub use tags::*;
pub use talk::*;

use super::{
    BuildContext, BuildResult, ChannelUse, FieldErrors, FieldHelp, FieldKind, FieldSpec, Spec,
    Target, Values,
};
use super::{choice, entry};
use crate::model::{
    Body, Channel, ChannelNumber, CustomerCommand, CustomerNumber, CustomerRef, Media, MediaKind,
    Reminder, Template,
    canned::{self, Gap},
    limits::{PAYLOAD_BYTES, TEXT_CHARS, URL_BYTES},
    when,
};

/// The most that a list of keys, pairs or actions may hold, in characters.
const LONGEST_LIST: usize = 16 * 1024;

/// The families, in the order of the console's menus.
const FAMILIES: &[&[&Spec]] = &[
    messaging::FAMILY,
    state::FAMILY,
    tags::FAMILY,
    money::FAMILY,
    talk::FAMILY,
    networks::FAMILY,
];

/// Every command an agent can give.
pub const ALL: &[&Spec] = &joined::<{ counted(FAMILIES) }>(FAMILIES);

const fn counted(mut families: &[&[&Spec]]) -> usize {
    let mut count = 0;
    while let [family, rest @ ..] = families {
        (count, families) = (count + family.len(), rest);
    }
    count
}

const fn joined<const N: usize>(mut families: &[&[&'static Spec]]) -> [&'static Spec; N] {
    let mut all = [&MESSAGE; N];
    let mut at = 0;
    while let [family, rest @ ..] = families {
        let mut family = *family;
        while let [spec, others @ ..] = family {
            all[at] = *spec;
            (at, family) = (at + 1, others);
        }
        families = rest;
    }
    all
}

const BODIES: &[&str] = &["text", "template", "media", "location"];
const MEDIA_KINDS: &[&str] = &["image", "audio", "video", "document", "voice", "sticker"];

const TEXT: FieldSpec = FieldSpec::new(
    "text",
    FieldKind::Text,
    FieldHelp {
        form: "Enter makes a new line, not a send.",
        flag: "What the message says; for a template, its text with {{1}} for the first value",
    },
)
.required()
.placeholder("write to the customer")
.max(TEXT_CHARS)
.when(&[("body", &["text", "template"])]);
const TEMPLATE: FieldSpec = FieldSpec::new(
    "template",
    FieldKind::Line,
    FieldHelp {
        form: "Its name as approved; the text above is what the customer reads, {{1}} the first value.",
        flag: "Send the approved template of this name, with its text in --text",
    },
)
.label("name")
.required()
.placeholder("order_update")
.when(&[("body", &["template"])]);
const PARAMS: FieldSpec = FieldSpec::new(
    "params",
    FieldKind::Items,
    FieldHelp {
        form: "For {{1}}, {{2}} in order, with commas or lines between; \"a, b\" if it has one.",
        flag: "The values for {{1}}, {{2}} in order, with commas between; quote one that has a comma: \"a, b\"",
    },
)
.label("values")
.placeholder("8841, today")
.max(TEXT_CHARS)
.when(&[("body", &["template"])]);
const MEDIA: FieldSpec = FieldSpec::new(
    "media",
    FieldKind::Url,
    FieldHelp {
        form: "Where the network fetches it; we never do.",
        flag: "Send the file at this address on the web, which the network fetches",
    },
)
.required()
.placeholder("https://example.org/menu.pdf")
.max(URL_BYTES)
.when(&[("body", &["media"])]);
const MEDIA_KIND: FieldSpec = FieldSpec::new(
    "media-kind",
    FieldKind::Choice(MEDIA_KINDS),
    FieldHelp { form: "What it is.", flag: "What kind of file --media is" },
)
.label("kind")
.when(&[("body", &["media"])]);
const PLACE: FieldSpec = FieldSpec::new(
    "place",
    FieldKind::Place,
    FieldHelp {
        form: "Latitude and longitude in degrees.",
        flag: "Send a place: latitude and longitude in degrees, such as -1.2921,36.8219",
    },
)
.required()
.placeholder("-1.2921, 36.8219")
.max(60)
.when(&[("body", &["location"])]);
const BODY: FieldSpec = FieldSpec::new(
    "body",
    FieldKind::Choice(BODIES),
    FieldHelp {
        form: "What is sent: text, an approved template, a file on the web, a place.",
        flag: "What is sent; --template, --media and --place imply theirs",
    },
);
const NUMBER: FieldSpec = FieldSpec::new(
    "to",
    FieldKind::Number,
    FieldHelp {
        form: "Which of the customer's numbers.",
        flag: "The customer's number, such as +254711000001 or telegram:4417",
    },
)
.label("number")
.required()
.placeholder("no number known");
const FROM: FieldSpec = FieldSpec::new(
    "from",
    FieldKind::Channel(ChannelUse::Messages),
    FieldHelp {
        form: "Which of the org's numbers writes.",
        flag: "The org's number that writes, such as 40404",
    },
)
.required()
.placeholder("no channel number");
const KEYS: FieldSpec = FieldSpec::new(
    "keys",
    FieldKind::Keys,
    FieldHelp {
        form: "Keys, separated by commas or lines.",
        flag: "The keys to remove, with commas between",
    },
)
.required()
.placeholder("tier, lang")
.max(LONGEST_LIST);
const TAG: FieldSpec = FieldSpec::new(
    "tag",
    FieldKind::TagPair,
    FieldHelp {
        form: "Everyone who has this tag now, unexpired.",
        flag: "Everyone who has this tag, such as tier=gold",
    },
)
.required()
.placeholder("tier=gold")
.max(600);
const REMINDER_KEY: FieldSpec = FieldSpec::new(
    "key",
    FieldKind::Line,
    FieldHelp {
        form: "Its name; the app's one of this name is replaced.",
        flag: "The name of the reminder; the app's reminder of the same name is replaced",
    },
)
.required()
.placeholder("renewal");
const AT: FieldSpec = FieldSpec::new(
    "at",
    FieldKind::Moment,
    FieldHelp {
        form: "+2h, tomorrow 9, mon 14:30, +1mo or 2026-12-24 09:00, in your time (docs/TIMES.md).",
        flag: "When it fires: +2h, 'tomorrow 9', 'mon 14:30', +1mo or '2026-12-24 09:00', in your time zone",
    },
)
.required()
.placeholder("tomorrow 9")
.max(40);
const EVERY: FieldSpec = FieldSpec::new(
    "every",
    FieldKind::Every,
    FieldHelp {
        form: "Again and again: 1d, 12h, 90m; none for once.",
        flag: "Fire again and again at this distance: 1d, 12h, 90m [default: once]",
    },
)
.placeholder("none")
.max(40);
const PAYLOAD: FieldSpec = FieldSpec::new(
    "payload",
    FieldKind::Data,
    FieldHelp {
        form: "Handed to the app as it is, when it fires.",
        flag: "Data that the app is handed when it fires, exactly as written",
    },
)
.placeholder("nothing")
.max(PAYLOAD_BYTES);

/// The value, or `None` with the reason added to the errors of that field.
fn take<T>(name: &'static str, result: Result<T, String>, errors: &mut FieldErrors) -> Option<T> {
    result.map_err(|why| errors.add(name, why)).ok()
}

/// The command, if there is one and nothing was wrong; else the errors. Without a command there is
/// at least one error, because whatever could not be read has left one.
fn done(command: Option<CustomerCommand>, errors: FieldErrors) -> BuildResult {
    match command {
        Some(command) if errors.is_empty() => Ok(command),
        _ => Err(errors),
    }
}

/// The customer that a command about a customer's state is for.
fn customer(target: &Target, name: &'static str, errors: &mut FieldErrors) -> Option<CustomerRef> {
    take(name, target.customer_ref().ok_or_else(|| "no customer is named".into()), errors)
}

/// Passes a list on and adds an error if it is empty.
fn filled<T>(
    list: Option<Vec<T>>,
    name: &'static str,
    why: &str,
    errors: &mut FieldErrors,
) -> Option<Vec<T>> {
    if list.as_ref().is_some_and(Vec::is_empty) {
        errors.add(name, why);
    }
    list
}

fn keys(v: &Values, errors: &mut FieldErrors) -> Option<Vec<String>> {
    filled(take("keys", entry::keys(v.get("keys")), errors), "keys", "which keys", errors)
}

/// Reads the customer's number of the field `to` and the org's number of the field `from`, which must
/// be able to reach it (R-MSG-1, its third check).
fn pair(
    v: &Values,
    target: &Target,
    cx: &BuildContext,
    needed: ChannelUse,
    errors: &mut FieldErrors,
) -> Option<(CustomerNumber, ChannelNumber)> {
    let to = choice::parse_number(v.get("to"), target, needed, cx.hello);
    let to = take("to", to, errors);
    let from = take("from", choice::parse_channel(v.get("from"), cx.hello, needed), errors);
    let (to, from) = (to?, from?);
    if let Some(why) = choice::unreachable(from.channel, &to) {
        errors.add("from", why);
    }
    Some((to, from))
}

/// Reads what a message says. What the hub would refuse is an error (R-MSG-1, its first and third
/// check), and so is a variable of a template that was not filled in.
fn body(v: &Values, channel: Option<Channel>, errors: &mut FieldErrors) -> Body {
    body_with(v, channel, false, errors)
}

/// The same where the hub fills the gaps of a text for each customer (R-CANNED-4).
fn personal(v: &Values, channel: Option<Channel>, errors: &mut FieldErrors) -> Body {
    body_with(v, channel, true, errors)
}

fn body_with(v: &Values, channel: Option<Channel>, fills: bool, errors: &mut FieldErrors) -> Body {
    let kind = v.get("body").trim().to_ascii_lowercase();
    if matches!(kind.as_str(), "media" | "location") && channel == Some(Channel::Sms) {
        errors.add("body", format!("sms cannot carry {kind}: choose another channel or send text"));
    }
    match kind.as_str() {
        "" | "text" => Body::text(text(v, &[], fills, "write something", errors)),
        "template" => template(v, errors),
        "media" => {
            let url = take("media", entry::url(v.get("media")), errors).unwrap_or_default();
            let kind = media_kind(v, errors);
            Body { media: vec![Media { url, kind }], ..Body::default() }
        }
        "location" => {
            let place = take("place", entry::place(v.get("place")), errors);
            Body { location: Some(place.unwrap_or_default()), ..Body::default() }
        }
        _ => {
            errors.add("body", "one of text, template, media or location");
            Body::default()
        }
    }
}

fn media_kind(v: &Values, errors: &mut FieldErrors) -> MediaKind {
    const ALL: [MediaKind; 6] = [
        MediaKind::Image,
        MediaKind::Audio,
        MediaKind::Video,
        MediaKind::Document,
        MediaKind::Voice,
        MediaKind::Sticker,
    ];
    let word = v.get("media-kind").trim();
    let word = if word.is_empty() { MEDIA_KINDS[0] } else { word };
    ALL.into_iter().find(|kind| kind.word().eq_ignore_ascii_case(word)).unwrap_or_else(|| {
        errors.add("media-kind", format!("one of {}", MEDIA_KINDS.join(", ")));
        MediaKind::Unspecified
    })
}

/// Reads the text and fills the values into their positions.
fn text(
    v: &Values,
    params: &[String],
    fills: bool,
    missing: &str,
    errors: &mut FieldErrors,
) -> String {
    let written = v.get("text");
    let text = filled_in(written, params);
    let length = text.chars().count();
    let left = gap_left(&filled_in(written, &vec![String::new(); params.len()]), fills);
    if text.trim().is_empty() {
        errors.add("text", missing);
    } else if length > TEXT_CHARS {
        let over = length - TEXT_CHARS;
        errors.add("text", format!("{over} characters too long; {TEXT_CHARS} are possible"));
    } else if let Some(left) = left {
        errors.add("text", left);
    }
    text
}

/// What is said about a gap that is left in a text, whether or not it has a fallback: nobody but whoever writes it can
/// fill it. Where the hub fills gaps for each customer, the ones that it knows may stay.
fn gap_left(text: &str, fills: bool) -> Option<String> {
    let is_left = |gap: &Gap| !(fills && !gap.is_asked && canned::is_known(gap));
    let gap = canned::gaps(text).into_iter().find(is_left).map(|gap| gap.written.to_owned());
    let other = || variable(&canned::filled(text, |_| Some("x".to_owned()))).map(str::to_owned);
    Some(format!("{} has no value: fill it in", gap.or_else(other)?))
}

/// Reads an approved template: its name, its values, and its text, which becomes what the customer
/// reads (R-MSG-1, its first and sixth check).
fn template(v: &Values, errors: &mut FieldErrors) -> Body {
    let params = entry::items(v.get("params"));
    let name = take("template", entry::line(v.get("template"), "its name, as approved"), errors);
    let needs = canned::positions(v.get("text"));
    if needs > params.len() {
        errors.add("params", format!("needs {needs} values, has {}", params.len()));
    } else if needs > 0 && needs < params.len() {
        let why = "a value with a comma stands in double quotes";
        errors.add("params", format!("needs {needs} values, has {}; {why}", params.len()));
    }
    // A place such as `{{1}}` in a value is no gap, and is not looked into.
    if let Some((_, gap)) = params.iter().find_map(|param| Gap::first(param)) {
        errors.add("params", format!("{} has no value: fill it in", gap.written));
    }
    // Where a value is missing, the error above says so; the same is not said again about the text.
    let enough = needs <= params.len();
    let mut quiet = FieldErrors::default();
    let missing = "what the customer reads: the template's text, {{1}} for the first value";
    let text = text(v, &params, false, missing, if enough { &mut *errors } else { &mut quiet });
    let template = name.map(|name| Template { name, params });
    Body { text: Some(text), template, ..Body::default() }
}

/// Fills the values into their places in a template's text. A value is not searched for further
/// places, because it may come from a customer.
#[must_use]
pub fn filled_in(text: &str, params: &[String]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let after = &rest[start + 2..];
        let end = after.find("}}");
        let value = end
            .and_then(|end| after[..end].trim().parse::<usize>().ok())
            .and_then(|n| params.get(n.checked_sub(1)?));
        out.push_str(&rest[..start]);
        if let (Some(value), Some(end)) = (value, end) {
            out.push_str(value);
            rest = &after[end + 2..];
        } else {
            out.push_str("{{");
            rest = after;
        }
    }
    out + rest
}

/// The first `{{variable}}` that is left in a text.
fn variable(text: &str) -> Option<&str> {
    let start = text.find("{{")?;
    let end = text[start..].find("}}")? + start + 2;
    (end - start <= 64).then(|| &text[start..end])
}

/// Reads a reminder. Its app is left empty, because it is the app in whose name the command is sent
/// and the SDK fills that in (R-CLIENT-2).
fn reminder(v: &Values, cx: &BuildContext, errors: &mut FieldErrors) -> Option<Reminder> {
    let key = take("key", entry::key(v.get("key")), errors);
    let remind_at = take("at", when::ahead(v.get("at"), cx.at, cx.zone), errors);
    let interval = take("every", when::every(v.get("every")), errors);
    let payload = v.get("payload").to_owned();
    if payload.len() > PAYLOAD_BYTES {
        errors.add("payload", format!("{} bytes; {PAYLOAD_BYTES} are possible", payload.len()));
    }
    let (key, remind_at, interval) = (key?, remind_at?.at, interval?);
    Some(Reminder { key, remind_at, interval, payload, ..Reminder::default() })
}

//! The declarations, one file per family, and what their builders share: messages, keys, checks
//! that collect every error instead of the first.

mod messaging;
mod money;
mod state;
mod tags;
mod talk;

pub use messaging::*;
pub use money::*;
pub use state::*;
pub use tags::*;
pub use talk::*;

use super::{Context, FieldErrors, FieldKind, FieldSpec, Lines, Spec, Target, Values};
use super::{choice, entry, expiry};
use crate::model::{
    Body, Channel, ChannelNumber, CustomerCommand, CustomerNumber, CustomerRef, Media, MediaKind,
    Reminder, Template,
    limits::{PAYLOAD_BYTES, TEXT_CHARS, URL_BYTES},
};

/// The most that a list of keys, pairs or actions may hold, in characters.
const LONGEST_LIST: usize = 16 * 1024;

/// The families, in the order of menus.
const FAMILIES: &[&[&Spec]] =
    &[messaging::FAMILY, state::FAMILY, tags::FAMILY, money::FAMILY, talk::FAMILY];

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

const TEXT: FieldSpec =
    FieldSpec::new("text", FieldKind::Text, "Enter makes a new line, not a send.")
        .required()
        .placeholder("write to the customer")
        .max(TEXT_CHARS)
        .when(&[("body", &["text", "template"])]);
const TEMPLATE: FieldSpec = FieldSpec::new(
    "template",
    FieldKind::Line,
    "Its name as approved; the text above is what the customer reads, {{1}} the first value.",
)
.label("name")
.required()
.placeholder("order_update")
.when(&[("body", &["template"])]);
const PARAMS: FieldSpec = FieldSpec::new(
    "params",
    FieldKind::Items,
    "For {{1}}, {{2}} in order, with commas or lines between; \"a, b\" if it has one.",
)
.label("values")
.placeholder("8841, today")
.max(TEXT_CHARS)
.when(&[("body", &["template"])]);
const MEDIA: FieldSpec =
    FieldSpec::new("media", FieldKind::Url, "Where the network fetches it; we never do.")
        .required()
        .placeholder("https://example.org/menu.pdf")
        .max(URL_BYTES)
        .when(&[("body", &["media"])]);
const MEDIA_KIND: FieldSpec =
    FieldSpec::new("media-kind", FieldKind::Choice(MEDIA_KINDS), "What it is.")
        .label("kind")
        .when(&[("body", &["media"])]);
const PLACE: FieldSpec =
    FieldSpec::new("place", FieldKind::Place, "Latitude and longitude in degrees.")
        .required()
        .placeholder("-1.2921, 36.8219")
        .max(60)
        .when(&[("body", &["location"])]);
const BODY: FieldSpec = FieldSpec::new(
    "body",
    FieldKind::Choice(BODIES),
    "What is sent: text, an approved template, a file on the web, a place.",
);
const NUMBER: FieldSpec =
    FieldSpec::new("to", FieldKind::Number, "Which of the customer's numbers.")
        .label("number")
        .required()
        .placeholder("no number known");
const FROM: FieldSpec = FieldSpec::new(
    "from",
    FieldKind::Channel(Lines::Messages),
    "Which of the org's numbers writes.",
)
.required()
.placeholder("no channel number");
const KEY: FieldSpec =
    FieldSpec::new("key", FieldKind::Line, "Its name.").required().placeholder("name");
const KEYS: FieldSpec =
    FieldSpec::new("keys", FieldKind::Keys, "Keys, separated by commas or lines.")
        .required()
        .placeholder("tier, lang")
        .max(LONGEST_LIST);
const TAG: FieldSpec =
    FieldSpec::new("tag", FieldKind::TagPair, "Everyone who has this tag now, unexpired.")
        .required()
        .placeholder("tier=gold")
        .max(600);
const REMINDER_KEY: FieldSpec =
    FieldSpec::new("key", FieldKind::Line, "Its name; the app's one of this name is replaced.")
        .required()
        .placeholder("renewal");
const AT: FieldSpec = FieldSpec::new(
    "at",
    FieldKind::Moment,
    "+2h, in 3d, tomorrow 09:00 or 2026-12-24 09:00, in your time.",
)
.required()
.placeholder("tomorrow 09:00")
.max(40);
const EVERY: FieldSpec =
    FieldSpec::new("every", FieldKind::Every, "Again and again: 1d, 12h, 90m; none for once.")
        .placeholder("none")
        .max(40);
const PAYLOAD: FieldSpec =
    FieldSpec::new("payload", FieldKind::Data, "Handed to the app as it is, when it fires.")
        .placeholder("nothing")
        .max(PAYLOAD_BYTES);

fn take<T>(name: &'static str, result: Result<T, String>, errors: &mut FieldErrors) -> Option<T> {
    result.map_err(|why| errors.add(name, why)).ok()
}

/// A command of parts that were all read; else the errors, of which there is then at least one.
fn done(
    command: Option<CustomerCommand>,
    errors: FieldErrors,
) -> Result<CustomerCommand, FieldErrors> {
    match command {
        Some(command) if errors.is_empty() => Ok(command),
        _ => Err(errors),
    }
}

/// The customer of a command about state.
fn customer(target: &Target, name: &'static str, errors: &mut FieldErrors) -> Option<CustomerRef> {
    take(name, target.customer_ref().ok_or_else(|| "no customer is named".into()), errors)
}

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

/// A customer number and one of the org's numbers that can reach it (R-MSG-1 step 3).
fn pair(
    v: &Values,
    target: &Target,
    cx: &Context,
    lines: Lines,
    errors: &mut FieldErrors,
) -> Option<(CustomerNumber, ChannelNumber)> {
    let to = take("to", choice::parse_number(v.get("to"), target), errors);
    let from = take("from", choice::parse_channel(v.get("from"), cx.hello, lines), errors);
    let (to, from) = (to?, from?);
    if let Some(why) = choice::unreachable(from.channel, &to) {
        errors.add("from", why);
    }
    Some((to, from))
}

/// What a message says; refuses what the hub would (R-MSG-1 steps 1 and 3) and unfilled variables.
fn body(v: &Values, channel: Option<Channel>, errors: &mut FieldErrors) -> Body {
    let kind = v.get("body").trim().to_ascii_lowercase();
    if matches!(kind.as_str(), "media" | "location") && channel == Some(Channel::Sms) {
        errors.add("body", format!("sms cannot carry {kind}: choose another channel or send text"));
    }
    match kind.as_str() {
        "" | "text" => Body::text(text(v, &[], "write something", errors)),
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

/// The text with its positions filled.
fn text(v: &Values, params: &[String], missing: &str, errors: &mut FieldErrors) -> String {
    let written = v.get("text");
    let text = filled_in(written, params);
    let length = text.chars().count();
    if text.trim().is_empty() {
        errors.add("text", missing);
    } else if length > TEXT_CHARS {
        let over = length - TEXT_CHARS;
        errors.add("text", format!("{over} characters too long; {TEXT_CHARS} are possible"));
    } else if let Some(variable) = variable(&filled_in(written, &vec![String::new(); params.len()]))
    {
        errors.add("text", format!("{variable} has no value: fill it in"));
    }
    text
}

/// An approved template: what the customer reads, its name, its values (R-MSG-1 steps 1 and 6).
fn template(v: &Values, errors: &mut FieldErrors) -> Body {
    let params = entry::items(v.get("params"));
    let name = take("template", entry::line(v.get("template"), "its name, as approved"), errors);
    let needs = positions(v.get("text"));
    if needs > params.len() {
        errors.add("params", format!("needs {needs} values, has {}", params.len()));
    }
    // With a value missing, its position is named above, not once more as a variable.
    let enough = needs <= params.len();
    let mut quiet = FieldErrors::default();
    let missing = "what the customer reads: the template's text, {{1}} for the first value";
    let text = text(v, &params, missing, if enough { &mut *errors } else { &mut quiet });
    let template = name.map(|name| Template { name, params });
    Body { text: Some(text), template, ..Body::default() }
}

/// The highest `{{n}}` of a text.
fn positions(text: &str) -> usize {
    let mut most = 0;
    for part in text.split("{{").skip(1) {
        let number = part.split("}}").next().and_then(|n| n.trim().parse::<usize>().ok());
        most = most.max(number.filter(|n| *n <= 999).unwrap_or(0));
    }
    most
}

/// A template's text with its values in their places. A value is never looked into again.
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

/// A `{{variable}}` that was left in the text.
fn variable(text: &str) -> Option<&str> {
    let start = text.find("{{")?;
    let end = text[start..].find("}}")? + start + 2;
    (end - start <= 64).then(|| &text[start..end])
}

/// A reminder. Its app is the one in whose name it is sent: the SDK fills it in (3.9).
fn reminder(v: &Values, cx: &Context, errors: &mut FieldErrors) -> Option<Reminder> {
    let key = take("key", entry::key(v.get("key")), errors);
    let remind_at = take("at", expiry::moment(v.get("at"), cx.at, cx.zone), errors);
    let interval = take("every", expiry::every(v.get("every")), errors);
    let payload = v.get("payload").to_owned();
    if payload.len() > PAYLOAD_BYTES {
        errors.add("payload", format!("{} bytes; {PAYLOAD_BYTES} are possible", payload.len()));
    }
    let (key, remind_at, interval) = (key?, remind_at?, interval?);
    Some(Reminder { key, remind_at, interval, payload, ..Reminder::default() })
}

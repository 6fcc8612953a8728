//! The declarations: one per command, and how each is built from its fields.

use super::{Context, FieldErrors, FieldKind, FieldSpec, Risk, Spec, Target, Values};
use super::{choice, entry, expiry};
use crate::model::{Body, CustomerCommand, CustomerRef, DataValue, Tag};

/// The longest message: what WhatsApp carries.
const LONGEST_TEXT: usize = 4_096;
/// The most a metadata value may hold (R-META-2), in bytes.
const LARGEST_VALUE: usize = 64 * 1024;

/// Every command an agent can give.
pub const ALL: &[&Spec] =
    &[&MESSAGE, &REPLY, &UPDATE_TAGS, &DELETE_TAGS, &UPDATE_METADATA, &DELETE_METADATA];

const TEXT: FieldSpec = FieldSpec {
    name: "text",
    label: "text",
    kind: FieldKind::Text,
    required: true,
    help: "Enter makes a new line, not a send.",
    placeholder: "write to the customer",
    max: LONGEST_TEXT,
};

/// Write to one of a customer's numbers.
pub static MESSAGE: Spec = Spec {
    id: "message",
    title: "Message",
    verb: "send",
    help: "Write to one of the customer's numbers.",
    risk: Risk::R2,
    hold: true,
    fields: &[
        TEXT,
        FieldSpec {
            name: "to",
            label: "number",
            kind: FieldKind::Number,
            required: true,
            help: "Which of the customer's numbers.",
            placeholder: "no number known",
            max: 255,
        },
        FieldSpec {
            name: "from",
            label: "from",
            kind: FieldKind::Channel,
            required: true,
            help: "Which of the org's numbers writes to it.",
            placeholder: "no channel number",
            max: 255,
        },
    ],
    build: message,
};

/// Answer a message where it came.
pub static REPLY: Spec = Spec {
    id: "reply",
    title: "Reply",
    verb: "reply",
    help: "Answer a message on the channel it came on.",
    risk: Risk::R2,
    hold: true,
    fields: &[TEXT],
    build: reply,
};

/// Set tags.
pub static UPDATE_TAGS: Spec = Spec {
    id: "tag",
    title: "Tag",
    verb: "tag",
    help: "Set tags; a key that exists gets the new value and expiry.",
    risk: Risk::R1,
    hold: false,
    fields: &[
        FieldSpec {
            name: "tags",
            label: "tags",
            kind: FieldKind::Pairs,
            required: true,
            help: "key=value, with commas or lines between; \"a, b\" if it has one.",
            placeholder: "tier=vip, lang=sw",
            max: 16 * 1024,
        },
        FieldSpec {
            name: "expires",
            label: "expires",
            kind: FieldKind::Expiry,
            required: false,
            help: "+7d, +2h, in 3d, 2026-12-24 09:00 or never. An expired tag selects nobody.",
            placeholder: "never",
            max: 40,
        },
    ],
    build: update_tags,
};

/// Remove tags.
pub static DELETE_TAGS: Spec = Spec {
    id: "untag",
    title: "Untag",
    verb: "untag",
    help: "Remove tags by key.",
    risk: Risk::R1,
    hold: false,
    fields: &[FieldSpec {
        name: "keys",
        label: "keys",
        kind: FieldKind::Keys,
        required: true,
        help: "Keys, separated by commas or lines.",
        placeholder: "tier, lang",
        max: 16 * 1024,
    }],
    build: delete_tags,
};

/// Set one metadata value.
pub static UPDATE_METADATA: Spec = Spec {
    id: "data",
    title: "Set data",
    verb: "set-data",
    help: "Set one metadata value. It is stored as text, exactly as written.",
    risk: Risk::R1,
    hold: false,
    fields: &[
        FieldSpec {
            name: "key",
            label: "key",
            kind: FieldKind::Line,
            required: true,
            help: "Its name; what is under it is replaced.",
            placeholder: "name",
            max: entry::LONGEST,
        },
        FieldSpec {
            name: "value",
            label: "value",
            kind: FieldKind::Data,
            required: true,
            help: "Apps often store JSON; text of the SDKs is in double quotes.",
            placeholder: "\"Jane W.\"",
            max: LARGEST_VALUE,
        },
    ],
    build: update_metadata,
};

/// Remove metadata.
pub static DELETE_METADATA: Spec = Spec {
    id: "undata",
    title: "Delete data",
    verb: "delete-data",
    help: "Remove metadata by key. Nothing brings a value back.",
    risk: Risk::R3,
    hold: false,
    fields: &[FieldSpec {
        name: "keys",
        label: "keys",
        kind: FieldKind::Keys,
        required: true,
        help: "Keys, separated by commas or lines.",
        placeholder: "survey",
        max: 16 * 1024,
    }],
    build: delete_metadata,
};

/// What a message says; refuses what the hub would (R-MSG-1 step 1) and unfilled variables.
fn body(values: &Values, errors: &mut FieldErrors) -> Body {
    let text = values.get("text");
    if text.trim().is_empty() {
        errors.add("text", "write something");
    } else if text.chars().count() > LONGEST_TEXT {
        let over = text.chars().count() - LONGEST_TEXT;
        errors.add("text", format!("{over} characters too long; {LONGEST_TEXT} are possible"));
    } else if let Some(variable) = variable(text) {
        errors.add("text", format!("{variable} has no value: fill it in"));
    }
    Body::text(text)
}

/// A `{{variable}}` that was left in the text.
fn variable(text: &str) -> Option<&str> {
    let start = text.find("{{")?;
    let end = text[start..].find("}}")? + start + 2;
    (end - start <= 64).then(|| &text[start..end])
}

fn take<T: Default>(name: &'static str, result: Result<T, String>, errors: &mut FieldErrors) -> T {
    result.unwrap_or_else(|why| {
        errors.add(name, why);
        T::default()
    })
}

fn done(command: CustomerCommand, errors: FieldErrors) -> Result<CustomerCommand, FieldErrors> {
    if errors.is_empty() { Ok(command) } else { Err(errors) }
}

fn message(v: &Values, target: &Target, cx: &Context) -> Result<CustomerCommand, FieldErrors> {
    let mut errors = FieldErrors::default();
    let body = body(v, &mut errors);
    let to = take("to", choice::parse_number(v.get("to"), target), &mut errors);
    let from = take("from", choice::parse_channel(v.get("from"), cx.hello), &mut errors);
    if errors.get("to").is_none()
        && errors.get("from").is_none()
        && let Some(why) = choice::unreachable(from.channel, &to)
    {
        errors.add("from", why);
    }
    done(CustomerCommand::SendMessage { to, from, body }, errors)
}

fn reply(v: &Values, target: &Target, _: &Context) -> Result<CustomerCommand, FieldErrors> {
    let mut errors = FieldErrors::default();
    let body = body(v, &mut errors);
    let (Some(customer), Some(quoted)) = (&target.customer, &target.reply_to) else {
        errors.add("text", "no message of the customer is selected: write a message instead");
        return Err(errors);
    };
    let (customer, message) = (customer.clone(), quoted.id.clone());
    done(CustomerCommand::ReplyToMessage { customer, message, body }, errors)
}

/// The customer of a command about state.
fn customer(target: &Target, name: &'static str, errors: &mut FieldErrors) -> CustomerRef {
    target.customer_ref().unwrap_or_else(|| {
        errors.add(name, "no customer is named");
        CustomerRef::Id(String::new().into())
    })
}

fn filled<T>(list: Vec<T>, name: &'static str, why: &str, errors: &mut FieldErrors) -> Vec<T> {
    if list.is_empty() && errors.get(name).is_none() {
        errors.add(name, why);
    }
    list
}

fn update_tags(v: &Values, target: &Target, cx: &Context) -> Result<CustomerCommand, FieldErrors> {
    let mut errors = FieldErrors::default();
    let pairs = take("tags", entry::pairs(v.get("tags")), &mut errors);
    let pairs = filled(pairs, "tags", "which tags: key=value", &mut errors);
    let ends = take("expires", expiry::parse(v.get("expires"), cx.at, cx.zone), &mut errors);
    let customer = customer(target, "tags", &mut errors);
    let tags = pairs.into_iter().map(|(key, value)| Tag { key, value, expires_at: ends }).collect();
    done(CustomerCommand::UpdateTags { customer, tags }, errors)
}

fn keys(v: &Values, errors: &mut FieldErrors) -> Vec<String> {
    let keys = take("keys", entry::keys(v.get("keys")), errors);
    filled(keys, "keys", "which keys", errors)
}

fn delete_tags(v: &Values, target: &Target, _: &Context) -> Result<CustomerCommand, FieldErrors> {
    let mut errors = FieldErrors::default();
    let keys = keys(v, &mut errors);
    let customer = customer(target, "keys", &mut errors);
    done(CustomerCommand::DeleteTags { customer, keys }, errors)
}

fn update_metadata(
    v: &Values,
    target: &Target,
    _: &Context,
) -> Result<CustomerCommand, FieldErrors> {
    let mut errors = FieldErrors::default();
    let key = take("key", entry::key(v.get("key")), &mut errors);
    let value = v.get("value");
    if value.is_empty() {
        errors.add("value", "which value; delete data removes one");
    } else if value.len() > LARGEST_VALUE {
        errors.add("value", format!("{} bytes; {LARGEST_VALUE} are possible", value.len()));
    }
    let customer = customer(target, "key", &mut errors);
    let values = vec![(key, DataValue::Text(value.to_owned()))];
    done(CustomerCommand::UpdateMetadata { customer, values }, errors)
}

fn delete_metadata(
    v: &Values,
    target: &Target,
    _: &Context,
) -> Result<CustomerCommand, FieldErrors> {
    let mut errors = FieldErrors::default();
    let keys = keys(v, &mut errors);
    let customer = customer(target, "keys", &mut errors);
    done(CustomerCommand::DeleteMetadata { customer, keys }, errors)
}

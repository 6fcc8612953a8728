//! What is known here to speak for or against a command before it leaves (domain.md C and G).
//! Nothing is asked of the hub here: the lines say what the last look at the customer showed, and
//! how old that look is. What the hub itself expects stands beside them (`foresight`).

use super::sheet::{Check, Recipient};
use crate::{
    catalog::{Context, Quoted, expiry, segments::measure},
    model::{
        Body, Channel, ConsentStatus, Customer, CustomerCommand, CustomerView, DataValue,
        Direction, Reminder, Tag, Timestamp,
    },
};
use std::time::Duration;

/// The same message to the same number within this time is probably a slip.
const TWICE: Duration = Duration::from_mins(2);
/// Facts older than this are said to be old.
const OLD: Duration = Duration::from_secs(30);
/// How long after a message its writer may be answered, whatever else (R-REPLYTO-1).
const ANSWERABLE: Duration = Duration::from_hours(24);

/// How the line about a value begins that looks like JSON and is none.
const NOT_JSON: &str = "not JSON: ";

/// A look at a customer and when it came.
pub type Look<'a> = Option<(&'a CustomerView, Timestamp)>;

/// Every line about a command, worst news not hidden behind good.
#[must_use]
pub fn checks(
    command: &CustomerCommand,
    to: &Recipient,
    quoted: Option<&Quoted>,
    known: Look,
    opened: Timestamp,
    cx: &Context,
) -> Vec<Check> {
    let customer = known.map(|(view, _)| &*view.customer);
    let mut out = Vec::new();
    match command {
        CustomerCommand::SendMessage { body, .. }
        | CustomerCommand::ReplyToMessage { body, .. } => {
            message(body, to, quoted, customer, opened, cx, &mut out);
        }
        CustomerCommand::UpdateTags { tags, .. } => update_tags(tags, customer, cx, &mut out),
        CustomerCommand::DeleteTags { keys, .. } => missing(
            keys,
            customer.map(|c| c.tags.iter().map(|t| t.key.as_str()).collect()),
            "tag",
            &mut out,
        ),
        CustomerCommand::UpdateMetadata { values, .. } => {
            for (key, value) in values {
                data(key, value, customer, &mut out);
            }
        }
        CustomerCommand::DeleteMetadata { keys, .. } => missing(
            keys,
            customer.map(|c| c.metadata.keys().map(String::as_str).collect()),
            "data",
            &mut out,
        ),
        CustomerCommand::CancelReminder { key, .. } => missing(
            std::slice::from_ref(key),
            customer.map(|c| c.reminders.iter().map(|r| r.key.as_str()).collect()),
            "reminder",
            &mut out,
        ),
        CustomerCommand::AddReminder { reminder, .. } => {
            let same = |old: &&Reminder| (&old.app, &old.key) == (&reminder.app, &reminder.key);
            if let Some(old) = customer.and_then(|c| c.reminders.iter().find(same)) {
                let when = expiry::show(old.remind_at, cx.at, cx.zone);
                out.push(Check::warn(format!("replaces the one at {when}")));
            }
        }
        CustomerCommand::LeaseMetadata { key, .. } => {
            let lease = customer.and_then(|c| c.lease(key)).filter(|l| l.expires_at > cx.at);
            if let Some(lease) = lease {
                let left = short(lease.expires_at.since(cx.at));
                out.push(Check::warn(format!("someone holds it, {left} left")));
            }
        }
        _ => {}
    }
    match known {
        // What is about a tag or a work is about no customer whose state could be known.
        None if to.id_end.is_empty() || matches!(command, CustomerCommand::SteerWork { .. }) => {}
        None => out.push(Check::unknown("the customer's state is not known here; the hub decides")),
        Some((_, at)) if cx.at.since(at) > OLD => {
            out.push(Check::unknown(format!("these facts are {} old", short(cx.at.since(at)))));
        }
        Some(_) => {}
    }
    out
}

fn message(
    body: &Body,
    to: &Recipient,
    quoted: Option<&Quoted>,
    customer: Option<&Customer>,
    opened: Timestamp,
    cx: &Context,
    out: &mut Vec<Check>,
) {
    if let Some(quoted) = quoted {
        let age = cx.at.since(quoted.at);
        let words = format!("answers a message of {} ago", short(age));
        out.push(if age > ANSWERABLE { Check::warn(words) } else { Check::ok(words) });
    }
    if let Some(customer) = customer {
        let answerable = quoted.is_some_and(|q| cx.at.since(q.at) <= ANSWERABLE);
        reach(to, customer, answerable, cx, out);
        recent(body, to, customer, opened, cx.at, out);
    }
    if let (Some(Channel::Sms), Some(text)) =
        (to.channel.as_ref().map(|c| c.channel), body.text.as_deref())
    {
        out.push(parts(text));
    }
}

/// Number, consent, session.
fn reach(
    to: &Recipient,
    customer: &Customer,
    answerable: bool,
    cx: &Context,
    out: &mut Vec<Check>,
) {
    let (Some(number), Some(channel)) = (&to.number, &to.channel) else {
        return;
    };
    out.push(if customer.numbers.contains(number) {
        Check::ok("the number is this customer's")
    } else {
        Check::warn("the number is not among this customer's numbers")
    });
    let pair = customer.channel(number, channel);
    let date =
        |at| expiry::show(at, Timestamp::from_micros(i64::MAX), cx.zone).replace(", over", "");
    out.push(match pair.and_then(|pair| pair.consent) {
        None => Check::ok("no consent record, which allows it"),
        Some((ConsentStatus::OptInCompleted, at)) => Check::ok(format!("opted in {}", date(at))),
        Some((ConsentStatus::OptOutCompleted, at)) if answerable => Check::warn(format!(
            "opted out {}; an answer within 24 h of their message is still allowed",
            date(at)
        )),
        Some((ConsentStatus::OptOutCompleted, at)) => {
            Check::warn(format!("opted out {}: the hub will refuse this (401)", date(at)))
        }
        Some((status, at)) => Check::warn(format!("consent: {} {}", status.words(), date(at))),
    });
    let session = pair.and_then(|pair| pair.session.as_ref()).filter(|s| s.expires_at > cx.at);
    match session {
        Some(session) => {
            let left = short(session.expires_at.since(cx.at));
            out.push(Check::ok(format!("session open, {left} left")));
        }
        None if channel.channel.needs_session() => {
            out.push(Check::warn("no open session: only a template may be sent (404)"));
        }
        None => {}
    }
}

/// Slips and collisions: said already, someone else was faster, the customer wrote again.
fn recent(
    body: &Body,
    to: &Recipient,
    customer: &Customer,
    opened: Timestamp,
    at: Timestamp,
    out: &mut Vec<Check>,
) {
    let newest = |direction| customer.messages.iter().rev().find(move |m| m.direction == direction);
    let twice = customer.messages.iter().rev().find(|m| {
        m.direction == Direction::Outbound
            && to.number.as_ref() == Some(&m.number)
            && m.body == *body
            && at.since(m.created_at) <= TWICE
    });
    if let Some(same) = twice {
        let ago = short(at.since(same.created_at));
        out.push(Check::warn(format!("the same message went to this number {ago} ago")));
    }
    if let Some(other) = newest(Direction::Outbound).filter(|m| m.created_at > opened) {
        let ago = short(at.since(other.created_at));
        out.push(Check::warn(format!("someone wrote to this customer {ago} ago, after you began")));
    }
    if let Some(new) = newest(Direction::Inbound).filter(|m| m.created_at > opened) {
        let ago = short(at.since(new.created_at));
        out.push(Check::warn(format!("the customer wrote again {ago} ago, after you began")));
    }
}

/// Parts and encoding of a short message.
fn parts(text: &str) -> Check {
    let meter = measure(text);
    let mut words = format!(
        "{} {}, {}, {} left in the last",
        meter.parts,
        if meter.parts == 1 { "part" } else { "parts" },
        meter.encoding.word(),
        meter.left
    );
    if let Some((c, place)) = meter.culprit.filter(|_| meter.parts > 1) {
        words = format!("{words}; UCS-2 because of {c} at {place}");
    }
    if meter.parts > 3 || (meter.parts > 1 && meter.culprit.is_some()) {
        Check::warn(words)
    } else {
        Check::ok(words)
    }
}

fn update_tags(tags: &[Tag], customer: Option<&Customer>, cx: &Context, out: &mut Vec<Check>) {
    if let Some(tag) = tags.first() {
        out.push(Check::ok(format!("expires: {}", expiry::show(tag.expires_at, cx.at, cx.zone))));
    }
    for tag in tags {
        let old = customer.and_then(|c| c.tags.iter().find(|old| old.key == tag.key));
        if let Some(old) = old.filter(|old| old.value != tag.value) {
            out.push(Check::warn(format!("replaces {}={}", old.key, old.value)));
        }
    }
}

/// Keys that are not there.
fn missing(keys: &[String], there: Option<Vec<&str>>, what: &str, out: &mut Vec<Check>) {
    let Some(there) = there else {
        return;
    };
    for key in keys {
        out.push(if there.contains(&key.as_str()) {
            Check::ok(format!("{what} {key} is there"))
        } else {
            Check::warn(format!("no {what} {key} on this customer"))
        });
    }
}

fn data(key: &str, value: &DataValue, customer: Option<&Customer>, out: &mut Vec<Check>) {
    let words = json_word(&value.summary());
    out.push(if words.starts_with(NOT_JSON) { Check::warn(words) } else { Check::ok(words) });
    if let Some(old) = customer.and_then(|c| c.metadata.get(key)).filter(|old| *old != value) {
        let old: String = old.summary().chars().take(200).collect();
        out.push(Check::warn(format!("replaces {old}")));
    }
}

/// What a text is as JSON: shown, never corrected.
#[must_use]
pub fn json_word(text: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(map)) => format!("JSON object, {} keys", map.len()),
        Ok(serde_json::Value::Array(list)) => format!("JSON list, {} items", list.len()),
        Ok(serde_json::Value::String(_)) => "JSON text".into(),
        Ok(_) => "JSON value".into(),
        Err(error) if text.trim_start().starts_with(['{', '[', '"']) => {
            format!("{NOT_JSON}{error}")
        }
        Err(_) => "plain text, not JSON; SDK programs expect JSON".into(),
    }
}

/// A duration in one unit.
pub(super) fn short(time: Duration) -> String {
    match time.as_secs() {
        secs @ 0..=119 => format!("{secs} s"),
        secs @ 120..=7_199 => format!("{} min", secs / 60),
        secs @ 7_200..=172_799 => format!("{} h", secs / 3_600),
        secs => format!("{} days", secs / 86_400),
    }
}

//! What helps with the focused field: what the last paste did, how its value is read, else its
//! help. A few rows; what is read is said in the words in which it will be done.

use super::Look;
use crate::{
    catalog::{
        FieldKind, amount, entry, expiry, party, plan,
        segments::{MenuMeter, Meter, measure_menu},
    },
    console::pane::form::{Form, field::Field},
    model::{CustomerRef, PaymentParty, describe::as_json, limits},
};

/// The words for a field; `None` while its error says enough.
pub(super) fn hint(form: &Form, field: &Field, look: &Look) -> Option<String> {
    if let Some(notice) = &field.notice {
        return Some(notice.clone());
    }
    let value = field.value();
    let read = if value.trim().is_empty() { None } else { read(form, field, &value, look) };
    read.or_else(|| field.error.is_none().then(|| help(field)))
}

fn help(field: &Field) -> String {
    let help = field.spec.help;
    match field.suggestions.len() {
        0 => help.to_owned(),
        _ => format!("{help} PgDn writes one."),
    }
}

/// How a value is read.
fn read(form: &Form, field: &Field, value: &str, look: &Look) -> Option<String> {
    match field.spec.kind {
        FieldKind::Text => {
            form.meter().filter(|meter| meter.units > 0).map(meter_words).or_else(|| preview(form))
        }
        FieldKind::Items => preview(form),
        FieldKind::Menu => Some(menu_words(measure_menu(value.trim_end()))),
        FieldKind::Expiry => {
            let ends = expiry::parse(value, look.now, form.zone()).ok()?;
            Some(expiry::show(ends, look.now, form.zone()))
        }
        FieldKind::Moment => {
            let at = expiry::moment(value, look.now, form.zone()).ok()?;
            Some(expiry::show(at, look.now, form.zone()))
        }
        FieldKind::Every => Some(match expiry::every(value).ok()? {
            Some(every) => format!("again every {}", expiry::span(every)),
            None => "once".into(),
        }),
        FieldKind::Data => Some(as_json(value).1),
        FieldKind::Amount => amount::parse(value).ok().map(|money| money.to_string()),
        FieldKind::Party => {
            let read = party::parse(value, form.target().customer.as_ref()).ok()?;
            Some(party_words(&read))
        }
        FieldKind::Actions => plan::parse(value).ok().map(|plan| match plan.len() {
            0 => "hangs up".into(),
            n => format!("{n} of {} actions", limits::ACTIONS),
        }),
        FieldKind::Customer => CustomerRef::parse(value).map(|other| match other {
            CustomerRef::Id(_) => "a customer, by id".into(),
            CustomerRef::Number(number) => format!("by {} number", number.provider.word()),
            CustomerRef::Secondary(id) => format!("by the id {} of value {}", id.key, id.value),
        }),
        FieldKind::Place => entry::place(value)
            .ok()
            .map(|place| format!("latitude {}, longitude {}", place.latitude, place.longitude)),
        _ => None,
    }
}

/// A template as the customer reads it.
fn preview(form: &Form) -> Option<String> {
    let is_template = form.shown().any(|(_, field)| field.spec.kind == FieldKind::Items);
    form.rendered().filter(|_| is_template).map(|text| format!("reads: {text}"))
}

fn party_words(read: &party::Written) -> String {
    match read {
        party::Written::Customer => "the customer's own money: number and channel below".into(),
        party::Written::Party(PaymentParty::Purse(id)) => format!("money of the org: purse {id}"),
        party::Written::Party(PaymentParty::Wallet { customer, wallet }) => {
            format!("wallet {wallet} of {customer}")
        }
        party::Written::Party(PaymentParty::Channel { channel, code, account }) => {
            let account = account.as_ref().map_or_else(String::new, |a| format!(", account {a}"));
            format!("{channel}, code {code}{account}")
        }
        party::Written::Party(PaymentParty::Customer { number, .. }) => number.to_string(),
    }
}

/// The measure of a short message, and what made it dear.
fn meter_words(meter: Meter) -> String {
    let parts = if meter.parts == 1 { "1 part".into() } else { format!("{} parts", meter.parts) };
    let culprit = meter.culprit.map_or(String::new(), |(c, at)| format!(" for {c} at {at}"));
    let (word, units, left) = (meter.encoding.word(), meter.units, meter.left);
    format!("sms: {parts}, {word}{culprit}, {units} units, {left} left")
}

/// The measure of a menu, against what a phone shows.
fn menu_words(meter: MenuMeter) -> String {
    let culprit = meter.culprit.map_or(String::new(), |(c, at)| format!(" for {c} at {at}"));
    let (word, units, room) = (meter.encoding.word(), meter.units, meter.room);
    match room.checked_sub(units) {
        Some(left) => format!("ussd: {units} of {room}, {word}{culprit}, {left} left"),
        None => format!("ussd: {units} of {room}, {word}{culprit}, {} too long", units - room),
    }
}

//! The hint below the focused field: what the last paste did, else how the value is understood, else the
//! field's help. The value is shown in the words in which it will be acted on (`KES 1,500.00`, a date, a
//! count of message parts), so that a misunderstanding shows before the review.

use super::DrawContext;
use crate::{
    catalog::{
        FieldKind, amount, entry, expiry, party, plan,
        segments::{MenuMeter, Meter, measure_menu},
    },
    console::pane::form::{Form, field::Field},
    model::{CustomerRef, PaymentParty, describe::as_json, limits},
};

/// The hint for a field, or `None` where its error already says what is needed.
pub(super) fn hint(form: &Form, field: &Field, ctx: &DrawContext) -> Option<String> {
    if let Some(notice) = &field.notice {
        return Some(notice.clone());
    }
    let value = field.value();
    let read = if value.trim().is_empty() { None } else { read(form, field, &value, ctx) };
    read.or_else(|| field.error.is_none().then(|| help(field)))
}

fn help(field: &Field) -> String {
    let help = field.spec.help.form;
    match field.suggestions.len() {
        0 => help.to_owned(),
        _ => format!("{help} PgDn writes one."),
    }
}

/// How a value is understood; `None` where it cannot be read, or where the text itself says it all.
fn read(form: &Form, field: &Field, value: &str, ctx: &DrawContext) -> Option<String> {
    match field.spec.kind {
        FieldKind::Text => {
            form.meter().filter(|meter| meter.units > 0).map(meter_words).or_else(|| preview(form))
        }
        FieldKind::Items => preview(form),
        FieldKind::Menu => Some(menu_words(measure_menu(value.trim_end()))),
        FieldKind::Expiry => {
            let ends = expiry::parse(value, ctx.now, form.zone()).ok()?;
            Some(expiry::show_end(ends, ctx.now, form.zone()))
        }
        FieldKind::Moment => {
            let at = expiry::moment(value, ctx.now, form.zone()).ok()?;
            Some(expiry::show(at, ctx.now, form.zone()))
        }
        FieldKind::Every => Some(match expiry::every(value).ok()? {
            Some(every) => format!("again every {}", expiry::span(every)),
            None => "once".into(),
        }),
        FieldKind::Data => Some(as_json(value).1),
        FieldKind::Amount => amount::parse(value).ok().map(|money| money.to_string()),
        FieldKind::Party(side) => {
            let read = party::parse(value, form.target().customer.as_ref(), side).ok()?;
            Some(party_words(&read))
        }
        FieldKind::Actions => plan::parse(value, form.hello()).ok().map(|plan| match plan.len() {
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

/// The message as the customer will read it, if it is made from a template.
fn preview(form: &Form) -> Option<String> {
    let is_template = form.shown().any(|(_, field)| field.spec.kind == FieldKind::Items);
    form.rendered().filter(|_| is_template).map(|text| format!("reads: {text}"))
}

fn party_words(read: &party::PartyInput) -> String {
    match read {
        party::PartyInput::Customer => "the customer's own money: number and channel below".into(),
        party::PartyInput::Party(PaymentParty::Purse(id)) => {
            format!("money of the org: purse {id}")
        }
        party::PartyInput::Party(PaymentParty::Wallet { customer, wallet }) => {
            format!("wallet {wallet} of {customer}")
        }
        party::PartyInput::Party(PaymentParty::Channel { channel, code, account }) => {
            let account = account.as_ref().map_or_else(String::new, |a| format!(", account {a}"));
            format!("{channel}, code {code}{account}")
        }
        party::PartyInput::Party(PaymentParty::Customer { number, .. }) => number.to_string(),
    }
}

/// How many parts a short message takes (R-TEXT-1), and the character because of which it takes that many.
fn meter_words(meter: Meter) -> String {
    let parts = if meter.parts == 1 { "1 part".into() } else { format!("{} parts", meter.parts) };
    let culprit = meter.culprit.map_or(String::new(), |(c, at)| format!(" for {c} at {at}"));
    let (word, units, left) = (meter.encoding.word(), meter.units, meter.left);
    format!("sms: {parts}, {word}{culprit}, {units} units, {left} left")
}

/// How long a menu is compared with what phones show (R-TEXT-2), and the character that makes that less.
fn menu_words(meter: MenuMeter) -> String {
    let culprit = meter.culprit.map_or(String::new(), |(c, at)| format!(" for {c} at {at}"));
    let (word, units, room) = (meter.encoding.word(), meter.units, meter.room);
    match room.checked_sub(units) {
        Some(left) => format!("ussd: {units} of {room}, {word}{culprit}, {left} left"),
        None => format!("ussd: {units} of {room}, {word}{culprit}, {} too long", units - room),
    }
}

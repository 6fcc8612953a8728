//! The hint below the focused field: what the last paste did, else how the value is understood, else the
//! field's help. The value is shown in the words in which it will be acted on (`KES 1,500.00`, a date, a
//! count of message parts), so that a misunderstanding shows before the review.

use super::DrawContext;
use crate::{
    catalog::{BuildContext, FieldKind, amount, entry, party, plan, said},
    console::pane::form::{
        Form,
        field::Field,
        meter::{self, MeterLine},
    },
    model::{CustomerRef, PaymentParty, Tone, describe::as_json, limits},
};

/// The lines of the hint for a field; none where its error already says what is needed.
pub(super) fn hint(form: &Form, field: &Field, ctx: &DrawContext) -> Vec<MeterLine> {
    let plain = |words: String| MeterLine { tone: Tone::Plain, words };
    let mut out: Vec<_> = field.notice.iter().cloned().map(plain).collect();
    let value = field.value();
    let is_read = matches!(field.spec.kind, FieldKind::Text | FieldKind::Items | FieldKind::Menu);
    if is_read && !value.trim().is_empty() {
        out.extend(arriving(form));
    } else if out.is_empty() && !value.trim().is_empty() {
        let cx = BuildContext { hello: form.hello(), at: ctx.now, zone: form.zone() };
        let times = said::time(form.spec(), field.spec.kind, &value, form.target(), &cx);
        out.extend(times.into_iter().map(plain));
        out.extend(read(form, field, &value).map(plain));
    }
    if out.is_empty() && field.error.is_none() {
        out.push(plain(help(field)));
    }
    out
}

/// What is said of the text as the customer will read it.
fn arriving(form: &Form) -> Vec<MeterLine> {
    let Some((text, carrier)) = form.arriving() else { return Vec::new() };
    let mut lines = meter::lines(&text, carrier);
    if form.is_template() {
        lines.push(MeterLine { tone: Tone::Plain, words: format!("reads: {text}") });
    }
    lines
}

fn help(field: &Field) -> String {
    let help = field.spec.help.form;
    match field.suggestions.len() {
        0 => help.to_owned(),
        _ => format!("{help} PgDn writes one."),
    }
}

/// How a value is understood; `None` where it cannot be read, or where the text itself says it all.
fn read(form: &Form, field: &Field, value: &str) -> Option<String> {
    match field.spec.kind {
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

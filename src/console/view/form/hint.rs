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
    model::{CustomerRef, Money, PaymentParty, PurseBalance, Tone, describe::as_json, limits},
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
        let cx = form.context(ctx.now);
        let times = said::time(form.spec(), field.spec.kind, &value, form.target(), &cx);
        out.extend(times.into_iter().map(plain));
        out.extend(read(form, field, &value).map(plain));
        out.extend(money(form, field.spec.kind, &value, &cx));
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

/// How an amount is understood, whether the purse that pays has as much, and what is in a purse (R-PAY-12).
fn money(form: &Form, kind: FieldKind, value: &str, cx: &BuildContext) -> Vec<MeterLine> {
    let line = |tone, words| MeterLine { tone, words };
    let values = form.values();
    let into = cx.purse(values.get("into").trim());
    let pays = party::purse(values.get("from"), cx);
    match kind {
        FieldKind::Amount => {
            let purse = into.map(|purse| purse.actual.currency);
            let currency = purse.or_else(|| party::currency(&values, cx));
            let Ok(amount) = amount::parse_in(value, currency) else { return Vec::new() };
            let mut out = vec![line(Tone::Plain, amount.to_string())];
            let has = pays.map(|purse| (purse, purse.available));
            out.extend(has.filter(|(_, has)| has.currency != amount.currency).map(
                |(purse, has)| {
                    let code = has.currency.code();
                    line(
                        Tone::Bad,
                        format!("purse {} is in {code}: nothing is converted", purse.id),
                    )
                },
            ));
            let short = |has: Money| has.currency == amount.currency && has.minor < amount.minor;
            out.extend(has.filter(|(_, has)| short(*has)).map(|(purse, has)| {
                line(Tone::Bad, format!("purse {} has only {has} available", purse.id))
            }));
            out
        }
        FieldKind::Purse => cx
            .purse(value.trim())
            .map(|purse| line(Tone::Plain, available(purse)))
            .into_iter()
            .collect(),
        FieldKind::Party(_) => {
            let purse = party::purse(value, cx);
            purse.map(|purse| line(Tone::Plain, available(purse))).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// What a purse has, in words.
pub(super) fn available(purse: &PurseBalance) -> String {
    format!("{} available", purse.available)
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

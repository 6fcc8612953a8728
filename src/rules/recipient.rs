//! One recipient of what is done by tag: the number that is written to, and the text that they get.

use crate::model::{
    Body, CustomerNumber, CustomerState, Provider, Timestamp, canned, limits::TEXT_CHARS,
};
use std::cmp::Reverse;

/// A message as one customer gets it, with the gaps of its text filled (R-CANNED-4). `None` if a gap has no value, or
/// if the text is then too long.
pub fn filled(
    body: &Body,
    customer: &CustomerState,
    number: &CustomerNumber,
    now: Timestamp,
) -> Option<Body> {
    let Some(text) = &body.text else { return Some(body.clone()) };
    let mut has_all = true;
    let text = canned::filled(text, |gap| {
        let value = canned::value_of(gap, customer, Some(number), now);
        let value = value.filter(|value| !value.trim().is_empty());
        has_all &= value.is_some() || (gap.fallback.is_some() && !gap.is_asked);
        value
    });
    let fits = has_all && !text.trim().is_empty() && text.chars().count() <= TEXT_CHARS;
    fits.then(|| Body { text: Some(text), ..body.clone() })
}

/// The number to write to: of those that fit, the one used last, or the one known longest if none was
/// ever used (R-TAGWORK-5).
pub fn reach(customer: &CustomerState, provider: Provider) -> Option<&CustomerNumber> {
    let mut fitting = customer.numbers.iter().filter(|number| number.provider == provider);
    let (first, second) = (fitting.next()?, fitting.next());
    // Most people have one number, and then no history has to be searched.
    let Some(second) = second else { return Some(first) };
    [first, second]
        .into_iter()
        .chain(fitting)
        .enumerate()
        .max_by_key(|(at, number)| (used(customer, number), Reverse(*at)))
        .map(|(_, n)| n)
}

/// When a number was last used, for anything.
fn used(customer: &CustomerState, number: &CustomerNumber) -> Option<Timestamp> {
    use crate::model::PaymentParty as P;
    let paid = |party: &P| matches!(party, P::Customer { number: by, .. } if by == number);
    let messages = customer.messages.iter().rev().find(|m| m.number == *number);
    let ussd = customer.ussd.iter().rev().find(|s| s.number == *number);
    let calls = customer.calls.iter().rev().find(|c| c.number == *number);
    let payments = customer
        .payments
        .iter()
        .rev()
        .find(|p| paid(&p.debit) || p.credit.as_ref().is_some_and(paid));
    [
        messages.map(|m| m.created_at),
        ussd.map(|s| s.updated_at),
        calls.map(|c| c.updated_at),
        payments.map(|p| p.created_at),
    ]
    .into_iter()
    .flatten()
    .max()
}

//! Reads an amount of money with its currency from one field: `KES 1,500.00`, `1500
//! KES` or `kes1500`; and `1500` alone where a purse says which currency is meant (R-PAY-12).
//!
//! Digits are read as digits, never through floating point (D-CASH), so that exactly what is written
//! is moved, or the amount is refused. More decimals than the currency has are refused even if they
//! are zeros, because `1.500` means fifteen hundred where people group thousands with dots.

use crate::model::{Currency, Money};

const HOW: &str = "write the amount with its currency, such as KES 1,500.00";

/// Reads an amount. The error is a sentence for the user that says how to write it.
pub fn parse(text: &str) -> Result<Money, String> {
    parse_in(text, None)
}

/// Reads an amount that is meant in this currency if it names none.
pub fn parse_in(text: &str, usual: Option<Currency>) -> Result<Money, String> {
    let text = text.trim();
    let digit = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | ',');
    let (code, figures) = if text.starts_with(digit) {
        let end = text.rfind(digit).map_or(0, |at| at + 1);
        (&text[end..], &text[..end])
    } else {
        let start = text.find(digit).unwrap_or(text.len());
        (&text[..start], &text[start..])
    };
    let (code, figures) = (code.trim(), figures.trim());
    if figures.is_empty() {
        return Err(if text.is_empty() { HOW.into() } else { format!("{text}: {HOW}") });
    }
    if let ("", Some(currency)) = (code, usual) {
        return minor(figures, currency).map(|minor| Money { currency, minor });
    }
    if code.is_empty() {
        return Err(format!("in which currency: a code of three letters, such as KES {figures}"));
    }
    let currency = Currency::new(code)
        .ok_or_else(|| format!("{code} is not a currency code of three letters: {HOW}"))?;
    minor(figures, currency).map(|minor| Money { currency, minor })
}

/// Reads plain or grouped figures as minor units of the currency.
fn minor(figures: &str, currency: Currency) -> Result<i64, String> {
    if figures.starts_with('-') {
        return Err("an amount is more than zero".into());
    }
    let figures = figures.strip_prefix('+').unwrap_or(figures);
    let (whole, decimals) = figures.split_once('.').unwrap_or((figures, ""));
    let plain = ungrouped(whole).ok_or_else(|| format!("{figures} is not a number: {HOW}"))?;
    let is_odd = !decimals.bytes().all(|b| b.is_ascii_digit());
    if is_odd || (figures.contains('.') && decimals.is_empty()) {
        return Err(format!("{figures} is not a number: {HOW}"));
    }
    let exponent = currency.exponent() as usize;
    if decimals.len() > exponent {
        let code = currency.code();
        return Err(match exponent {
            0 => format!("{code} has no decimals: write {code} {plain}"),
            n => format!("{code} has {n} decimals, not {}", decimals.len()),
        });
    }
    let all = format!("{plain}{decimals:0<exponent$}");
    let most = Money::MAX_UNITS.saturating_mul(10_i64.saturating_pow(currency.exponent()));
    match all.parse::<i64>() {
        Ok(0) => Err("an amount is more than zero".into()),
        Ok(minor) if minor <= most => Ok(minor),
        _ => Err("more than a million million is not possible".into()),
    }
}

/// Removes the commas that group thousands. `None` if one stands anywhere but before every third
/// digit from the end, or if anything else is not a digit.
fn ungrouped(whole: &str) -> Option<String> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next().filter(|first| digits(first) && !first.is_empty())?;
    let mut plain = first.to_owned();
    for group in groups {
        if first.len() > 3 || group.len() != 3 || !digits(group) {
            return None;
        }
        plain.push_str(group);
    }
    Some(plain)
}

/// The amount as it is typed to confirm a payment: figures without the currency, as short as
/// possible, such as `1500` or `0.07`.
#[must_use]
pub fn bare(value: Money) -> String {
    let shown = value.to_string();
    let figures = shown.split(' ').nth(1).unwrap_or_default().replace(',', "");
    match figures.split_once('.') {
        Some((whole, decimals)) if decimals.bytes().all(|b| b == b'0') => whole.to_owned(),
        _ => figures,
    }
}

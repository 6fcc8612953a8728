//! Times and amounts as people write them in a filter. A time is a stretch: `14:00` is the whole minute and
//! `2026-08-21` the whole day, so that "after" and "up to" mean what people mean by them. How times are written
//! is the grammar of `model::when`, as everywhere else (R-TIME-1).

use super::Asker;
use crate::model::when::{self, Toward};
use std::ops::Range;

/// From the first microsecond to the one behind the last. Wider than any time, so that nothing overflows.
pub(super) type Stretch = Range<i128>;

/// Reads a time. The error is what is wrong with it.
pub(super) fn stretch(text: &str, asker: &Asker) -> Result<Stretch, String> {
    let when = when::read(text, asker.now, &asker.zone, Toward::Past)?;
    Ok(when.at.micros().into()..i128::from(when.last.micros()) + 1)
}

/// Reads a length of time, in microseconds.
pub(super) fn length(text: &str) -> Result<i128, String> {
    let length = when::length(text)?;
    i128::try_from(length.as_micros()).map_err(|_| format!("`{text}` is no length of time"))
}

/// How many parts of a whole unit an amount is counted in. No currency has finer ones.
const PARTS: i128 = 1_000_000;

/// Reads an amount in whole units, such as `1000` or `0.5`, in parts of a unit.
pub(super) fn amount(text: &str) -> Result<i128, String> {
    let wrong = || format!("`{text}` is no amount");
    let (sign, plain) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, "0"));
    let is_number = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !is_number(whole, 18) || !is_number(fraction, 6) {
        return Err(wrong());
    }
    let whole: i128 = whole.parse().map_err(|_| wrong())?;
    let fraction: i128 = format!("{fraction:0<6}").parse().map_err(|_| wrong())?;
    Ok(sign * (whole * PARTS + fraction))
}

/// An amount of money in parts of a unit.
pub(super) fn parts(money: crate::model::Money) -> i128 {
    i128::from(money.minor) * (PARTS / 10_i128.pow(money.currency.exponent()))
}

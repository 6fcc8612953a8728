//! The edge where money changes form: `Cash` (a double) outside, integer minor units inside.
//! The only place of the house where an amount is a floating point number (D-CASH).

use super::{
    DecodeError,
    proto::{hera, v1},
};
use crate::model::{Currency, Money};

/// How far an amount may lie from a whole number of minor units (D-CASH).
const TOLERANCE: f64 = 1e-6;

/// Ten to the exponent of the currency.
fn scale(currency: Currency) -> f64 {
    f64::from(10_u32.pow(currency.exponent()))
}

/// An amount to be moved. Refused with 200 by the caller (D-CASH): a code that is not three
/// letters; not finite; zero or less; above 10^12 units; not a whole number of minor units.
pub fn amount(cash: Option<&hera::Cash>) -> Result<Money, DecodeError> {
    let cash = cash.ok_or_else(|| DecodeError::new("no amount given"))?;
    let money = balance(cash)?;
    if money.minor <= 0 {
        return Err(DecodeError::new("the amount must be more than zero"));
    }
    Ok(money)
}

/// What is somewhere: as `amount`, but zero and less are fine.
pub(super) fn balance(cash: &hera::Cash) -> Result<Money, DecodeError> {
    let currency = Currency::new(&cash.currency_code)
        .ok_or_else(|| DecodeError::new("the currency code is not three letters"))?;
    if !cash.amount.is_finite() {
        return Err(DecodeError::new("the amount is not a number"));
    }
    let scale = scale(currency);
    let exact = cash.amount * scale;
    let whole = exact.round();
    // Far from zero a double is coarser than the tolerance; there the nearest double of a whole
    // number of minor units is that number.
    #[expect(clippy::float_cmp, reason = "the question is whether it is the same double")]
    let is_whole = (exact - whole).abs() <= TOLERANCE || whole / scale == cash.amount;
    if !is_whole {
        return Err(DecodeError::new(format!(
            "the amount is not a whole number of minor units of {}",
            currency.code()
        )));
    }
    #[expect(clippy::cast_precision_loss, reason = "10^12 is exact")]
    if cash.amount.abs() > Money::MAX_UNITS as f64 {
        return Err(DecodeError::new("the amount is more than 10^12 units"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and at most 10^15")]
    Ok(Money { currency, minor: whole as i64 })
}

impl From<Money> for hera::Cash {
    fn from(money: Money) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 minor units")]
        let amount = money.minor as f64 / scale(money.currency);
        Self { currency_code: money.currency.code().to_owned(), amount }
    }
}

/// A price that may not be known yet: zero of no currency then, because SDKs read through it
/// without a check (events.md 1.8).
pub(super) fn price(cost: Option<Money>) -> hera::Cash {
    cost.map(Into::into).unwrap_or_default()
}

/// The price, if one is known.
pub(super) fn from_price(cash: Option<hera::Cash>) -> Option<Money> {
    cash.and_then(|cash| balance(&cash).ok())
}

impl From<Money> for v1::Money {
    fn from(money: Money) -> Self {
        Self { currency_code: money.currency.code().to_owned(), minor: money.minor }
    }
}

/// `None` if the currency is not one.
pub(super) fn from_money(money: &v1::Money) -> Option<Money> {
    Some(Money { currency: Currency::new(&money.currency_code)?, minor: money.minor })
}
